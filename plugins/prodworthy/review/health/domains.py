"""Rules about where domains lead: from plain HTTP, to each other, and to the app."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from prodworthy.model import Answer, Cure, Severity, Shortfall, Subject
from prodworthy.model.health import Domains, DomainSeen, destination, origin_of
from prodworthy.model.text import clean
from prodworthy.review.health.wording import ASVS, VERCEL_ERRORS, status
from prodworthy.review.rules import rule, together

PERMANENT = frozenset({301, 308})
HSTS = "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Strict-Transport-Security"


@rule(
    "health.http-not-redirected",
    title="Plain HTTP leads to HTTPS",
    severity=Severity.HIGH,
    reason="Who types the bare name, or follows an old link, gets pages that anybody on the way can change.",
    remedy="redirect all of port 80 to https:// with status 308 (nginx: return 308 https://$host$request_uri); "
    "the host does so unless a proxy is before it",
    references=["https://developer.mozilla.org/docs/Web/HTTP/Guides/Redirections", f"{ASVS} 12.2.1"],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def http_not_redirected(domains: Domains) -> Iterator[Shortfall]:
    """A closed port and a refusal are as good as a redirect."""
    for domain in domains.seen:
        answer = domain.plain.answered if domain.plain else None
        if domain.plain and answer and answer.status < 400 and not any(_onward(domain, "http", "https")):
            yield Shortfall(domain.plain.url, "a redirect to https://", status(answer))


@rule(
    "health.http-stays-plain",
    title="The first redirect from plain HTTP is the one to HTTPS",
    severity=Severity.MEDIUM,
    reason="Every step over plain HTTP can be changed on the way, and the browser learns nothing for the next visit.",
    remedy="let the first redirect go to https:// of the same host, and every other one come after it",
    references=[HSTS, f"{ASVS} 12.2.1"],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def http_stays_plain(domains: Domains) -> Iterator[Shortfall]:
    for domain in domains.seen:
        for url, answer, _ in _onward(domain, "http"):
            yield Shortfall(url, f"a redirect to {domain.origin}/", status(answer))


@rule(
    "health.http-elsewhere-first",
    title="Plain HTTP leads to HTTPS of the same host first",
    severity=Severity.LOW,
    reason="A host that never answers over HTTPS never sends its HSTS: every visit to this name begins unprotected.",
    remedy="redirect http:// to https:// of the same host, and only from there to the other host",
    references=[HSTS, "https://hstspreload.org/"],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def http_elsewhere_first(domains: Domains) -> Iterator[Shortfall]:
    for domain in domains.seen:
        for url, answer, onward in _onward(domain, "https"):
            if urlsplit(onward).hostname != urlsplit(url).hostname:
                yield Shortfall(url, f"a redirect to {domain.origin}/", status(answer))


@rule(
    "health.http-temporary",
    title="The redirect from plain HTTP to HTTPS is permanent",
    severity=Severity.INFO,
    reason="Browsers and search engines keep asking over plain HTTP, since the redirect says that it may change.",
    remedy="answer with status 308 (or 301) instead",
    references=["https://www.rfc-editor.org/rfc/rfc9110#section-15.4.9"],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def http_temporary(domains: Domains) -> Iterator[Shortfall]:
    for domain in domains.seen:
        for url, answer, _ in _onward(domain, "https"):
            if answer.status not in PERMANENT:
                yield Shortfall(url, "status 308", status(answer))


@rule(
    "health.domain-loop",
    title="No domain redirects in a loop",
    severity=Severity.CRITICAL,
    reason="Browsers give up on a redirect loop: nothing at this address can be opened.",
    remedy="look at the domain's redirect in the host's dashboard and at a proxy before it (SSL mode \"flexible\")",
    references=["https://vercel.com/docs/domains/working-with-domains"],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def domain_loop(domains: Domains) -> Iterator[Shortfall]:
    """A loop within the target's own address is left to health.redirect-loop."""
    for domain in domains.seen:
        if {origin_of(leg.url) for leg in domain.journey} == {domains.url}:
            continue
        visited = [leg.url.rstrip("/") for leg in domain.journey]
        onward = destination(domain.journey[-1]) if domain.journey else None
        if onward and onward.rstrip("/") in visited:
            got = clean(" → ".join([*visited, onward]))
            yield Shortfall(domain.origin, "redirects that end", got)


@rule(
    "health.domain-astray",
    title="Every domain leads to the target",
    severity=Severity.HIGH,
    reason="Visitors of this domain land somewhere that the target does not know.",
    remedy="point the domain to the project, or declare where it leads under `domains`",
    references=["https://vercel.com/docs/domains/working-with-domains"],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def domain_astray(domains: Domains) -> Iterator[Shortfall]:
    known = {urlsplit(origin).hostname for origin in (domains.url, *(domain.origin for domain in domains.seen))}
    for domain in domains.seen:
        onward = destination(domain.journey[-1]) if domain.journey else None
        if onward and urlsplit(onward).hostname not in known:
            yield Shortfall(domain.origin, "the target itself, or one of its domains", clean(origin_of(onward)))


@rule(
    "health.domain-downgrade",
    title="No domain leads from HTTPS back to HTTP",
    severity=Severity.HIGH,
    reason="One step without TLS is enough to be led elsewhere.",
    remedy="write the redirect's destination with https://",
    references=[HSTS],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def domain_downgrade(domains: Domains) -> Iterator[Shortfall]:
    for domain in domains.seen:
        for leg in domain.journey:
            onward = destination(leg)
            if leg.url.startswith("https://") and onward and onward.startswith("http://"):
                yield Shortfall(leg.url, "a redirect that stays with https://", clean(onward))


@rule(
    "health.domain-status",
    title="Every domain answers with the app",
    severity=Severity.CRITICAL,
    reason="Visitors of this domain get an error, whatever the other domains do.",
    remedy="look at the domain in the host's dashboard: is it assigned to this project, and is its DNS as told there?",
    references=["https://vercel.com/docs/domains/working-with-domains", VERCEL_ERRORS],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def domain_status(domains: Domains) -> Iterator[Shortfall]:
    """The target's own address is left to health.endpoint-status."""
    for domain in domains.seen:
        answer = domain.journey[-1].answered if domain.journey else None
        if answer and answer.status >= 400 and origin_of(domain.journey[-1].url) != domains.url:
            yield Shortfall(domain.journey[-1].url, "a status below 400", status(answer))


every_route = together(
    http_not_redirected,
    http_stays_plain,
    http_elsewhere_first,
    http_temporary,
    domain_loop,
    domain_astray,
    domain_downgrade,
    domain_status,
)


def _onward(domain: DomainSeen, *schemes: str) -> Iterator[tuple[str, Answer, str]]:
    """Where a domain's plain HTTP answer leads, when it is an address of one of the schemes: asked, answer, onward."""
    answer = domain.plain.answered if domain.plain else None
    onward = destination(domain.plain) if domain.plain else None
    if domain.plain and answer and onward and urlsplit(onward).scheme in schemes:
        yield domain.plain.url, answer, onward
