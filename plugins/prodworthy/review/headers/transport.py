"""Rules about Strict-Transport-Security."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from prodworthy.model import Severity, Shortfall
from prodworthy.model.surface import Kind, Served, Surface
from prodworthy.review import hsts
from prodworthy.review.headers.reading import ASVS, OSHP, in_vercel_json, quoted
from prodworthy.review.rules import rule

FIELD = "strict-transport-security"
WANTED = "max-age=63072000; includeSubDomains"
_REMEDY = f"Send one field line: {in_vercel_json('Strict-Transport-Security', WANTED)}."


def _over_tls(surface: Surface) -> Iterator[Served]:
    """Answers in which browsers read the field: over TLS, from a name; also redirects."""
    return filter(over_tls, surface.served)


def over_tls(served: Served) -> bool:
    """Whether browsers heed the field here: over TLS, and from a name, not an address."""
    return urlsplit(served.url).scheme == "https" and not _is_address(served.url)


def _is_address(url: str) -> bool:
    try:
        ip_address(urlsplit(url).hostname or "")
    except ValueError:
        return False
    return True


def _parsed(served: Served) -> hsts.Hsts | None:
    """What the first field line asks for, the only one that counts; None when there is none or it is void."""
    line = served.answer.header(FIELD)
    try:
        return None if line is None else hsts.parse(line)
    except hsts.Void:
        return None


def _in_force(surface: Surface) -> Iterator[tuple[Served, hsts.Hsts]]:
    """Content with a policy that is switched on; what a redirect asks for is replaced by what follows it."""
    for served in _over_tls(surface):
        policy = _parsed(served)
        if served.kind is not Kind.REDIRECT and policy is not None and policy.max_age > 0:
            yield served, policy


@rule(
    "headers.hsts-missing",
    title="Every answer over HTTPS tells browsers to stay on HTTPS",
    severity=Severity.HIGH,
    reason="Without Strict-Transport-Security the first request of a visit may go out unencrypted, where anybody on "
    "the way can answer it and take over the session.",
    remedy=_REMEDY,
    references=[ASVS + "3.4.1", OSHP + "Strict-Transport-Security", "RFC 6797, section 7.1"],
)
def hsts_missing(surface: Surface) -> Iterator[Shortfall]:
    """No field line on a page, or on anything of a host of which no page sends it."""
    protected = _protected(surface)
    for served in _without(surface):
        if served.kind is Kind.PAGE or _host(served) not in protected:
            yield Shortfall(served.where, f"Strict-Transport-Security: {WANTED}", "no such header")


@rule(
    "headers.hsts-incomplete",
    title="Redirects, error pages and files tell browsers to stay on HTTPS too",
    severity=Severity.LOW,
    reason="Somebody whose first request of a visit meets such an answer is not protected yet.",
    remedy=_REMEDY + " In nginx, `add_header … always` sends it with error pages too.",
    references=[ASVS + "3.4.1", "RFC 6797, section 7.1"],
)
def hsts_incomplete(surface: Surface) -> Iterator[Shortfall]:
    """No field line on anything but a page, although pages of the same host send it."""
    protected = _protected(surface)
    for served in _without(surface):
        if served.kind is not Kind.PAGE and _host(served) in protected:
            yield Shortfall(served.where, f"Strict-Transport-Security: {WANTED}", "no such header")


def _without(surface: Surface) -> Iterator[Served]:
    return (served for served in _over_tls(surface) if not served.answer.lines(FIELD))


def _protected(surface: Surface) -> set[str]:
    """The hosts whose pages send the field."""
    return {_host(each) for each in _over_tls(surface) if each.kind is Kind.PAGE and each.answer.lines(FIELD)}


def _host(served: Served) -> str:
    return urlsplit(served.url).hostname or ""


@rule(
    "headers.hsts-void",
    title="Strict-Transport-Security is written so that browsers understand it",
    severity=Severity.HIGH,
    reason="Browsers drop the whole field over one mistake, so the site is as unprotected as without it, while its "
    "owners believe otherwise.",
    remedy=_REMEDY,
    references=[ASVS + "3.4.1", "RFC 6797, section 6.1"],
)
def hsts_void(surface: Surface) -> Iterator[Shortfall]:
    """The first field line does not parse."""
    for served in _over_tls(surface):
        line = served.answer.header(FIELD)
        try:
            if line is not None:
                hsts.parse(line)
        except hsts.Void as problem:
            yield Shortfall(served.where, WANTED, f"{quoted([line or ''])}: {problem}")


@rule(
    "headers.hsts-off",
    title="Strict-Transport-Security is not switched off",
    severity=Severity.HIGH,
    reason="max-age=0 makes browsers forget that this site is to be visited over HTTPS only.",
    remedy=_REMEDY,
    references=[ASVS + "3.4.1", "RFC 6797, section 6.1.1"],
)
def hsts_off(surface: Surface) -> Iterator[Shortfall]:
    """max-age is 0."""
    for served in _over_tls(surface):
        policy = _parsed(served)
        if policy is not None and policy.max_age == 0:
            yield Shortfall(served.where, WANTED, quoted(served.answer.lines(FIELD)))


@rule(
    "headers.hsts-short",
    title="Strict-Transport-Security lasts for at least half a year",
    severity=Severity.MEDIUM,
    reason="A visitor who stays away for longer than max-age is unprotected on the next visit.",
    remedy=_REMEDY,
    references=[ASVS + "3.4.1", "MDN HTTP Observatory, strict-transport-security"],
)
def hsts_short(surface: Surface) -> Iterator[Shortfall]:
    """max-age is below 15,552,000 seconds."""
    for served, policy in _in_force(surface):
        if policy.max_age < hsts.HALF_A_YEAR:
            yield Shortfall(served.where, f"max-age of {hsts.HALF_A_YEAR} or more", f"max-age={policy.max_age}")


@rule(
    "headers.hsts-under-a-year",
    title="Strict-Transport-Security lasts for at least a year",
    severity=Severity.LOW,
    reason="ASVS asks for a year, so that rare visitors are protected too.",
    remedy=_REMEDY,
    references=[ASVS + "3.4.1"],
)
def hsts_under_a_year(surface: Surface) -> Iterator[Shortfall]:
    """max-age is half a year or more, but below 31,536,000 seconds."""
    for served, policy in _in_force(surface):
        if hsts.HALF_A_YEAR <= policy.max_age < hsts.A_YEAR:
            yield Shortfall(served.where, f"max-age of {hsts.A_YEAR} or more", f"max-age={policy.max_age}")


@rule(
    "headers.hsts-subdomains",
    title="Strict-Transport-Security covers subdomains",
    severity=Severity.LOW,
    reason="Without includeSubDomains an attacker can answer for an unused subdomain over plain HTTP and set cookies "
    "for the whole site.",
    remedy="When every subdomain is served over HTTPS: " + in_vercel_json("Strict-Transport-Security", WANTED) + ".",
    references=[ASVS + "3.4.1", "RFC 6797, section 14.4"],
)
def hsts_subdomains(surface: Surface) -> Iterator[Shortfall]:
    """includeSubDomains is absent."""
    for served, policy in _in_force(surface):
        if not policy.subdomains:
            yield Shortfall(served.where, "includeSubDomains", quoted(served.answer.lines(FIELD)))


@rule(
    "headers.hsts-repeated",
    title="Strict-Transport-Security is sent once",
    severity=Severity.LOW,
    reason="Browsers read only the first field line; a second one shows that two places set the policy, and the "
    "weaker may win.",
    remedy="Set the header in one place only: the host's configuration or the app, not both.",
    references=["RFC 6797, section 8.1"],
)
def hsts_repeated(surface: Surface) -> Iterator[Shortfall]:
    """More than one field line."""
    for served in _over_tls(surface):
        lines = served.answer.lines(FIELD)
        if len(lines) > 1:
            yield Shortfall(served.where, "one field line", quoted(lines))


@rule(
    "headers.hsts-preload",
    title="Strict-Transport-Security asks for preloading only where it can be granted",
    severity=Severity.LOW,
    reason="The preload list refuses sites without a year of max-age and without includeSubDomains, and leaving the "
    "list takes months.",
    remedy="Leave `preload` out, or meet its conditions: max-age of 31536000 or more, and includeSubDomains.",
    references=[ASVS + "3.7.4", "hstspreload.org, submission requirements"],
)
def hsts_preload(surface: Surface) -> Iterator[Shortfall]:
    """`preload` is there, its conditions are not met."""
    for served, policy in _in_force(surface):
        if policy.preload and not (policy.max_age >= hsts.A_YEAR and policy.subdomains):
            wanted = "no preload, or max-age=31536000 or more with includeSubDomains"
            yield Shortfall(served.where, wanted, quoted(served.answer.lines(FIELD)))


@rule(
    "headers.redirect-plain",
    title="Redirects stay on HTTPS",
    severity=Severity.MEDIUM,
    reason="The next request goes out unencrypted, where anybody on the way can read it and answer in the site's "
    "place.",
    remedy="Write https:// in the redirect's destination, or a path without a host.",
    references=[ASVS + "12.2.1", "MDN HTTP Observatory, redirection"],
)
def redirect_plain(surface: Surface) -> Iterator[Shortfall]:
    """From HTTPS to HTTP; where the root of a domain leads is judged by the health check."""
    for served in surface.served:
        parts = urlsplit(served.url)
        location = (served.answer.header("location") or "").strip()
        below = served.kind is Kind.REDIRECT and parts.scheme == "https" and parts.path.strip("/")
        if below and location.lower().startswith("http:"):
            yield Shortfall(served.where, "a redirect to https://", quoted([location]))
