"""Rules about what headers give away, and headers that have had their day."""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import Severity, Shortfall
from prodworthy.model.surface import Surface
from prodworthy.review.disclosure import is_telling, is_version
from prodworthy.review.headers.reading import ASVS, MDN, OSHP, documents, listed, markup, quoted
from prodworthy.review.rules import rule

FILTER = "x-xss-protection"
DOMAINS = "x-permitted-cross-domain-policies"
DEPRECATED = (
    "expect-ct",
    "feature-policy",
    "p3p",
    "pragma",
    "public-key-pins",
    "public-key-pins-report-only",
    "x-content-security-policy",
    "x-webkit-csp",
)
_IMITATED = frozenset(
    {
        "content-security-policy-report-only",
        "cross-origin-opener-policy",
        "permissions-policy",
        "referrer-policy",
        "strict-transport-security",
        "x-content-type-options",
        "x-frame-options",
    }
)
_CLOSED = frozenset({"none", "none-this-response", "master-only", "by-content-type", "by-ftp-filename"})


@rule(
    "headers.leak-version",
    title="Headers do not tell the version of the software",
    severity=Severity.LOW,
    reason="A version tells an attacker which known holes to try.",
    remedy="Switch the header off in the server or framework (Express: `app.disable('x-powered-by')`, nginx: "
    "`server_tokens off`).",
    references=[ASVS + "13.4.6", OSHP + "headers to remove"],
)
def leak_version(surface: Surface) -> Iterator[Shortfall]:
    """A field names software with its version."""
    for served in surface.served:
        if told := [f"{name}: {value}" for name, value in served.answer.fields if is_version(name, value)]:
            yield Shortfall(served.where, "no version", listed(told))


@rule(
    "headers.leak-technology",
    title="Headers do not tell what the server is made of",
    severity=Severity.INFO,
    reason="Such fields help nobody but those who look for a way in.",
    remedy="Remove the header where the host lets you (Next.js: `poweredByHeader: false`).",
    references=[OSHP + "headers to remove"],
)
def leak_technology(surface: Surface) -> Iterator[Shortfall]:
    """A field on the list of headers to remove, without a version; hosts that name themselves do not count."""
    for served in surface.served:
        told = [
            f"{name}: {value}"
            for name, value in served.answer.fields
            if is_telling(name, value) and not is_version(name, value)
        ]
        if told:
            yield Shortfall(served.where, "no such header", listed(told))


@rule(
    "headers.xss-protection",
    title="The old cross-site scripting filter is not switched on",
    severity=Severity.LOW,
    reason="The filter is gone from current browsers; in old ones it can be turned against the page.",
    remedy="Remove X-XSS-Protection, or send 0; the Content-Security-Policy takes its place.",
    references=[OSHP + "X-XSS-Protection", MDN + "X-XSS-Protection"],
)
def xss_protection(surface: Surface) -> Iterator[Shortfall]:
    """Any value but 0."""
    for served in surface.served:
        lines = served.answer.lines(FILTER)
        if any(line.strip() != "0" for line in lines):
            yield Shortfall(served.where, "no such header, or 0", quoted(lines))


@rule(
    "headers.deprecated",
    title="No header is sent that browsers have given up",
    severity=Severity.INFO,
    reason="Such headers do nothing any more, and suggest a protection that is not there.",
    remedy="Remove them; Permissions-Policy takes the place of Feature-Policy.",
    references=[OSHP + "deprecated headers"],
)
def deprecated(surface: Surface) -> Iterator[Shortfall]:
    """Expect-CT, Public-Key-Pins, Feature-Policy, Pragma, P3P, or a Content-Security-Policy under its old names."""
    for served in surface.served:
        if sent := [name for name, _ in served.answer.fields if name in DEPRECATED]:
            yield Shortfall(served.where, "no such header", listed(sent))


@rule(
    "headers.cross-domain-policies",
    title="Old plug-ins are not let in from everywhere",
    severity=Severity.LOW,
    reason="all lets every policy file on the site decide who may read it; documents readers and plug-ins follow it.",
    remedy="Send `X-Permitted-Cross-Domain-Policies: none`, or no such header.",
    references=[OSHP + "X-Permitted-Cross-Domain-Policies"],
)
def cross_domain_policies(surface: Surface) -> Iterator[Shortfall]:
    """all, or a word that is none of its values."""
    for served in surface.served:
        lines = served.answer.lines(DOMAINS)
        if any(line.strip().lower() not in _CLOSED for line in lines):
            yield Shortfall(served.where, "none", quoted(lines))


@rule(
    "headers.meta-ignored",
    title="Protection is sent in headers, where browsers look for it",
    severity=Severity.LOW,
    reason="In a meta element browsers follow Content-Security-Policy only: the others do nothing there, while their "
    "owners believe otherwise.",
    remedy="Send it as a header; the referrer policy may also stand in <meta name=referrer>.",
    references=["HTML Standard, section 4.2.5.3", OSHP + "headers"],
)
def meta_ignored(surface: Surface) -> Iterator[Shortfall]:
    """A meta element with http-equiv that imitates a header in vain."""
    for served in documents(surface):
        if vain := [name for name in markup(served).fields if name in _IMITATED]:
            yield Shortfall(served.where, "a header", listed(f"<meta http-equiv={name}>" for name in vain))
