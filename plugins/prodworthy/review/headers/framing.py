"""Rules about who may show the pages in a frame."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from prodworthy.model import Answer, Severity, Shortfall
from prodworthy.model.surface import Served, Surface
from prodworthy.review import csp, sites
from prodworthy.review.headers.reading import (
    ASVS,
    OSHP,
    documents,
    from_header,
    in_vercel_json,
    items,
    listed,
    markup,
    quoted,
)
from prodworthy.review.rules import rule

FIELD = "x-frame-options"
WANTED = "frame-ancestors 'none' (or 'self', or the hosts that may) in the Content-Security-Policy header"
_REMEDY = (
    "Add `frame-ancestors 'none'` to the Content-Security-Policy header, and for old browsers "
    + in_vercel_json("X-Frame-Options", "DENY")
    + "."
)


class Options(StrEnum):
    """What X-Frame-Options comes to in browsers (HTML Standard, section 7.6.1)."""

    ABSENT = "absent"
    VOID = "void"
    EFFECTIVE = "effective"
    CONFLICTING = "conflicting"  # framing is blocked, but not on purpose


def options(answer: Answer) -> Options:
    """What the field lines come to together."""
    values = {item.lower() for item in items(answer.lines(FIELD))}
    if not values:
        return Options.ABSENT
    if len(values) > 1:
        return Options.CONFLICTING if values & {"deny", "sameorigin", "allowall"} else Options.VOID
    return Options.EFFECTIVE if values & {"deny", "sameorigin"} else Options.VOID


def _ancestors(served: Served) -> tuple[csp.Directive, ...]:
    """The frame-ancestors that are enforced; they override X-Frame-Options altogether."""
    return csp.restricting(from_header(served.answer), ("frame-ancestors",))


def _only_in_meta(served: Served) -> bool:
    return any("frame-ancestors" in csp.parse_meta(text).ignored for text in markup(served).policies)


def _without_ancestors(surface: Surface) -> Iterator[tuple[Served, Options]]:
    for served in documents(surface):
        if not _ancestors(served):
            yield served, options(served.answer)


@rule(
    "headers.framing-missing",
    title="Pages say who may show them in a frame",
    severity=Severity.MEDIUM,
    reason="A page that anybody may frame can be laid invisibly over another one, so that people click what they do "
    "not see.",
    remedy=_REMEDY,
    references=[ASVS + "3.4.6", OSHP + "X-Frame-Options"],
)
def framing_missing(surface: Surface) -> Iterator[Shortfall]:
    """Neither frame-ancestors nor X-Frame-Options."""
    for served, found in _without_ancestors(surface):
        if found is Options.ABSENT and not _only_in_meta(served) and not markup(served).controls:
            yield Shortfall(served.where, WANTED, "neither frame-ancestors nor X-Frame-Options")


@rule(
    "headers.framing-controls",
    title="Pages with forms that change something cannot be framed by strangers",
    severity=Severity.HIGH,
    reason="Laid invisibly over another page, the form is sent by people who mean to click something else.",
    remedy=_REMEDY,
    references=[ASVS + "3.4.6", OSHP + "X-Frame-Options"],
)
def framing_controls(surface: Surface) -> Iterator[Shortfall]:
    """Neither frame-ancestors nor X-Frame-Options, and a form that is posted or a field for a password."""
    for served, found in _without_ancestors(surface):
        if found is Options.ABSENT and not _only_in_meta(served) and markup(served).controls:
            yield Shortfall(served.where, WANTED, "neither frame-ancestors nor X-Frame-Options, beside a form")


@rule(
    "headers.framing-meta-only",
    title="frame-ancestors is sent as a header",
    severity=Severity.MEDIUM,
    reason="Browsers ignore frame-ancestors in a meta element, so the page can be framed by anybody.",
    remedy=_REMEDY,
    references=["CSP Level 3, section 3.3", ASVS + "3.4.6"],
)
def framing_meta_only(surface: Surface) -> Iterator[Shortfall]:
    """frame-ancestors in a meta element, and nothing that counts."""
    for served, found in _without_ancestors(surface):
        if found is Options.ABSENT and _only_in_meta(served):
            yield Shortfall(served.where, WANTED, "frame-ancestors in a meta element only")


@rule(
    "headers.framing-void",
    title="X-Frame-Options has a value that browsers know",
    severity=Severity.MEDIUM,
    reason="ALLOW-FROM and unknown values protect nothing: the page can be framed by anybody.",
    remedy=_REMEDY,
    references=["HTML Standard, section 7.6.1", ASVS + "3.4.6"],
)
def framing_void(surface: Surface) -> Iterator[Shortfall]:
    """X-Frame-Options without effect, and no frame-ancestors."""
    for served, found in _without_ancestors(surface):
        if found is Options.VOID:
            yield Shortfall(served.where, "DENY or SAMEORIGIN", quoted(served.answer.lines(FIELD)))


@rule(
    "headers.framing-open",
    title="frame-ancestors leaves somebody out",
    severity=Severity.MEDIUM,
    reason="frame-ancestors with * or a scheme lets any site frame the page, and it overrides X-Frame-Options.",
    remedy="Write `frame-ancestors 'none'`, `'self'`, or the exact origins that embed the page.",
    references=["CSP Level 3, section 6.4.2", ASVS + "3.4.6"],
)
def framing_open(surface: Surface) -> Iterator[Shortfall]:
    """Every enforced frame-ancestors admits any host, or any below a public suffix."""
    for served in documents(surface):
        if open_to_all := csp.unanimous(_ancestors(served), lambda sources: bool(_anybodys(sources))):
            yield Shortfall(served.where, WANTED, f"frame-ancestors {listed(_anybodys(open_to_all.sources))}")


def _anybodys(sources: csp.Sources) -> tuple[str, ...]:
    """What matches every host, or every name below a public suffix, which anybody can have."""
    wild = (host for host in sources.hosts if host.host.startswith("*."))
    return (*sources.broad, *(host.text for host in wild if sites.is_public(host.host[2:])))


@rule(
    "headers.framing-conflict",
    title="X-Frame-Options says one thing",
    severity=Severity.INFO,
    reason="Browsers block framing when two values disagree, which is safe but hardly meant.",
    remedy="Send X-Frame-Options in one place only.",
    references=["HTML Standard, section 7.6.1"],
)
def framing_conflict(surface: Surface) -> Iterator[Shortfall]:
    """Several different values."""
    for served, found in _without_ancestors(surface):
        if found is Options.CONFLICTING:
            yield Shortfall(served.where, "one value", quoted(served.answer.lines(FIELD)))


@rule(
    "headers.framing-options-only",
    title="Framing is restricted by frame-ancestors",
    severity=Severity.LOW,
    reason="X-Frame-Options is obsolete and cannot name the sites that may embed a page.",
    remedy="Add `frame-ancestors 'none'` to the Content-Security-Policy header.",
    references=[ASVS + "3.4.6"],
)
def framing_options_only(surface: Surface) -> Iterator[Shortfall]:
    """X-Frame-Options protects, frame-ancestors is absent."""
    for served, found in _without_ancestors(surface):
        if found in {Options.EFFECTIVE, Options.CONFLICTING}:
            yield Shortfall(served.where, WANTED, "X-Frame-Options only")
