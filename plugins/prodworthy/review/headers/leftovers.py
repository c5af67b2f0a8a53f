"""Rules about what headers give away, and headers that have had their day."""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import Severity, Shortfall
from prodworthy.model.surface import Surface
from prodworthy.review.disclosure import is_telling, is_version
from prodworthy.review.headers.reading import ASVS, MDN, OSHP, listed, quoted
from prodworthy.review.rules import rule

FILTER = "x-xss-protection"
DEPRECATED = ("expect-ct", "public-key-pins", "public-key-pins-report-only", "feature-policy", "pragma", "p3p")


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
    """Expect-CT, Public-Key-Pins, Feature-Policy, Pragma or P3P."""
    for served in surface.served:
        if sent := [name for name, _ in served.answer.fields if name in DEPRECATED]:
            yield Shortfall(served.where, "no such header", listed(sent))
