"""Rules about the Content-Security-Policy as such: that there is one, and that it says what it means."""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import Severity, Shortfall
from prodworthy.model.surface import Surface
from prodworthy.model.text import clean
from prodworthy.review import csp
from prodworthy.review.headers.enforced import everywhere, restricted
from prodworthy.review.headers.reading import (
    ASVS,
    OSHP,
    capped,
    documents,
    has_policy_text,
    in_vercel_json,
    listed,
    policies,
    quoted,
    scheme,
    written,
)
from prodworthy.review.rules import rule

FIELD = "content-security-policy"
REPORT_ONLY = "content-security-policy-report-only"
WANTED = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "upgrade-insecure-requests"
)
_REMEDY = (
    f"Start with this, and add the hosts that the app talks to: {in_vercel_json('Content-Security-Policy', WANTED)}."
)


@rule(
    "headers.csp-missing",
    title="Pages carry a Content-Security-Policy",
    severity=Severity.MEDIUM,
    reason="Without a policy a single injected script has the whole page, session and data included.",
    remedy=_REMEDY,
    references=[ASVS + "3.4.3", OSHP + "Content-Security-Policy", "CSP Level 3"],
)
def csp_missing(surface: Surface) -> Iterator[Shortfall]:
    """Neither a header nor a meta element, and nothing that reports either."""
    for served in documents(surface):
        if not has_policy_text(served) and not served.answer.lines(REPORT_ONLY):
            yield Shortfall(served.where, f"Content-Security-Policy: {WANTED}", "no such header")


@rule(
    "headers.csp-report-only",
    title="The Content-Security-Policy is enforced",
    severity=Severity.MEDIUM,
    reason="A report-only policy blocks nothing: it only tells what would have been blocked.",
    remedy="Send the policy as Content-Security-Policy once its reports are quiet.",
    references=["CSP Level 3, section 3.2", ASVS + "3.4.3"],
)
def csp_report_only(surface: Surface) -> Iterator[Shortfall]:
    """Only a report-only policy."""
    for served in documents(surface):
        reporting = served.answer.lines(REPORT_ONLY)
        if reporting and not has_policy_text(served):
            yield Shortfall(served.where, "Content-Security-Policy", f"Report-Only: {quoted(reporting)}")


@rule(
    "headers.csp-void",
    title="The Content-Security-Policy contains a directive that browsers know",
    severity=Severity.HIGH,
    reason="An empty or unreadable policy enforces nothing, while its owners believe otherwise.",
    remedy=_REMEDY,
    references=["CSP Level 3, section 2.2", ASVS + "3.4.3"],
)
def csp_void(surface: Surface) -> Iterator[Shortfall]:
    """A policy is there, and no directive of it is known."""
    for served in documents(surface):
        if has_policy_text(served) and not policies(served):
            yield Shortfall(served.where, WANTED, quoted(served.answer.lines(FIELD)))


@rule(
    "headers.csp-syntax",
    title="Everything in the policy means what it seems to mean",
    severity=Severity.MEDIUM,
    reason="Browsers skip what they do not understand without a word to visitors, so a slip of the pen opens a hole "
    "or blocks the app.",
    remedy="Correct the policy: directives are separated by semicolons, keywords stand in single quotes, every "
    "directive stands once.",
    references=["CSP Level 3, section 2"],
)
def csp_syntax(surface: Surface) -> Iterator[Shortfall]:
    """Something that browsers ignore or misread, beside a policy that they enforce."""
    wanted = "directives and sources that browsers know"
    yield from capped(
        Shortfall(served.where, wanted, f"{clean(words)}: {problem}")
        for served, _ in restricted(surface)
        for policy in written(served)
        for words, problem in csp.problems(policy)
    )


@rule(
    "headers.csp-deprecated",
    title="The policy uses directives that browsers still follow",
    severity=Severity.LOW,
    reason="Browsers have dropped these directives: what they were meant to do is not done.",
    remedy="Remove them; `upgrade-insecure-requests` takes the place of block-all-mixed-content.",
    references=["CSP Level 3, section 6", "MDN, Content-Security-Policy, deprecated directives"],
)
def csp_deprecated(surface: Surface) -> Iterator[Shortfall]:
    """A directive that has been dropped."""
    for served, enforced in restricted(surface):
        dropped = [name for policy in enforced for name in policy.directives if name in csp.DEPRECATED]
        if dropped:
            yield Shortfall(served.where, "current directives", listed(dropped))


@rule(
    "headers.csp-http-source",
    title="The policy of an HTTPS page names no plain HTTP source",
    severity=Severity.MEDIUM,
    reason="What comes over plain HTTP can be changed by anybody on the way.",
    remedy="Write https:// in its place, and add `upgrade-insecure-requests`.",
    references=["CSP Level 3, section 6.7.2.6", ASVS + "12.2.1"],
)
def csp_http_source(surface: Surface) -> Iterator[Shortfall]:
    """A source over http; the bare scheme for scripts and objects is judged by rules of its own."""
    for served, enforced in restricted(surface):
        plain = [host.text for _, sources in everywhere(enforced) for host in sources.hosts if host.scheme == "http"]
        for directive, sources in everywhere(enforced):
            if "http" in sources.schemes and directive.name not in {*csp.SCRIPT_ELEMENTS, "object-src"}:
                plain.append(f"{directive.name} http:")
        if plain and scheme(served) == "https":
            yield Shortfall(served.where, "https sources only", listed(plain))


@rule(
    "headers.csp-ip-source",
    title="The policy names hosts, not IP addresses",
    severity=Severity.LOW,
    reason="Browsers match no IP address but 127.0.0.1, and an address says nothing about who is behind it.",
    remedy="Name the host, or remove the source.",
    references=["CSP Level 3, section 6.7.2.9"],
)
def csp_ip_source(surface: Surface) -> Iterator[Shortfall]:
    """A source that is an IP address."""
    for served, enforced in restricted(surface):
        addresses = [h.text for _, sources in everywhere(enforced) for h in sources.hosts if h.is_address]
        if addresses:
            yield Shortfall(served.where, "host names", listed(addresses))
