"""Rules about keeping the page apart from other sites' windows, embedders and readers."""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import Answer, Severity, Shortfall
from prodworthy.model.surface import Surface
from prodworthy.review import structured
from prodworthy.review.headers.reading import ASVS, MDN, OSHP, contents, documents, in_vercel_json, quoted
from prodworthy.review.rules import rule

OPENER = "cross-origin-opener-policy"
EMBEDDER = "cross-origin-embedder-policy"
RESOURCE = "cross-origin-resource-policy"

_OPENER_VALUES = frozenset({"same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none"})
_EMBEDDER_VALUES = frozenset({"require-corp", "credentialless", "unsafe-none"})
_RESOURCE_VALUES = frozenset({"same-origin", "same-site", "cross-origin"})
_OPENER_REMEDY = f"Send it {in_vercel_json('Cross-Origin-Opener-Policy', 'same-origin')}."


def _invalid(answer: Answer, name: str, allowed: frozenset[str]) -> str | None:
    """Why the field has no effect; None when it is absent or as it should be."""
    lines = answer.lines(name)
    if not lines:
        return None
    try:
        value = structured.token(lines)
    except structured.Void as problem:
        return f"{quoted(lines)}: {problem}"
    return None if value in allowed else quoted(lines)


@rule(
    "headers.coop-missing",
    title="Pages keep other sites' windows at a distance",
    severity=Severity.LOW,
    reason="Without Cross-Origin-Opener-Policy a site that opens the page keeps a handle on its window.",
    remedy=_OPENER_REMEDY + " Where sign-in opens a window of another site: same-origin-allow-popups.",
    references=[ASVS + "3.4.8", OSHP + "Cross-Origin-Opener-Policy"],
)
def coop_missing(surface: Surface) -> Iterator[Shortfall]:
    """No field line, or unsafe-none."""
    for served in documents(surface):
        lines = served.answer.lines(OPENER)
        open_to_all = not lines or (
            _invalid(served.answer, OPENER, _OPENER_VALUES) is None and structured.token(lines) == "unsafe-none"
        )
        if open_to_all:
            yield Shortfall(served.where, "same-origin", quoted(lines) if lines else "no such header")


@rule(
    "headers.coop-void",
    title="Cross-Origin-Opener-Policy is written so that browsers understand it",
    severity=Severity.MEDIUM,
    reason="A quoted value, a typo or a repeated header means unsafe-none: no protection at all.",
    remedy=_OPENER_REMEDY,
    references=["HTML Standard, section 7.1.3", ASVS + "3.4.8"],
)
def coop_void(surface: Surface) -> Iterator[Shortfall]:
    """Not one known bare word."""
    for served in documents(surface):
        if problem := _invalid(served.answer, OPENER, _OPENER_VALUES):
            yield Shortfall(served.where, "same-origin or same-origin-allow-popups, once", problem)


@rule(
    "headers.coep-void",
    title="Cross-Origin-Embedder-Policy is written so that browsers understand it",
    severity=Severity.MEDIUM,
    reason="A quoted value, a typo or a repeated header means unsafe-none: the page is not isolated.",
    remedy="Send require-corp or credentialless once, without quotes, or leave the header out.",
    references=["HTML Standard, section 7.1.4", MDN + "Cross-Origin-Embedder-Policy"],
)
def coep_void(surface: Surface) -> Iterator[Shortfall]:
    """Not one known bare word."""
    for served in documents(surface):
        if problem := _invalid(served.answer, EMBEDDER, _EMBEDDER_VALUES):
            yield Shortfall(served.where, "require-corp or credentialless, once", problem)


@rule(
    "headers.corp-missing",
    title="Pages say which sites may load them as a resource",
    severity=Severity.LOW,
    reason="Without Cross-Origin-Resource-Policy another site can pull the page into its own process.",
    remedy=f"Send it {in_vercel_json('Cross-Origin-Resource-Policy', 'same-origin')}.",
    references=[ASVS + "3.5.8", OSHP + "Cross-Origin-Resource-Policy"],
)
def corp_missing(surface: Surface) -> Iterator[Shortfall]:
    """No field line."""
    for served in documents(surface):
        if not served.answer.lines(RESOURCE):
            yield Shortfall(served.where, "same-origin", "no such header")


@rule(
    "headers.corp-void",
    title="Cross-Origin-Resource-Policy is written so that browsers understand it",
    severity=Severity.MEDIUM,
    reason="The value is compared letter by letter; anything else, and a repeated header, protects nothing.",
    remedy="Send exactly same-origin, same-site or cross-origin, in lower case, once.",
    references=["Fetch Standard, section 3.9", ASVS + "3.5.8"],
)
def corp_void(surface: Surface) -> Iterator[Shortfall]:
    """Not exactly one of the three values."""
    for served in contents(surface):
        lines = served.answer.lines(RESOURCE)
        if lines and (len(lines) > 1 or lines[0].strip(" \t") not in _RESOURCE_VALUES):
            yield Shortfall(served.where, "same-origin, same-site or cross-origin, once", quoted(lines))


@rule(
    "headers.isolation-partial",
    title="Isolation that was begun is complete",
    severity=Severity.INFO,
    reason="Cross-origin isolation needs an opener policy and an embedder policy together; one alone only restricts.",
    remedy="Send Cross-Origin-Opener-Policy: same-origin as well, or leave Cross-Origin-Embedder-Policy out.",
    references=["HTML Standard, section 7.1.4", MDN + "Cross-Origin-Embedder-Policy"],
)
def isolation_partial(surface: Surface) -> Iterator[Shortfall]:
    """require-corp or credentialless without same-origin."""
    for served in documents(surface):
        embedder, opener = _value(served.answer, EMBEDDER), _value(served.answer, OPENER)
        if embedder in {"require-corp", "credentialless"} and opener in {None, *_OPENER_VALUES} - {"same-origin"}:
            yield Shortfall(served.where, "same-origin beside it", f"{embedder} beside {opener or 'no opener policy'}")


def _value(answer: Answer, name: str) -> str | None:
    """The word; empty when there is no telling, None when there is no field."""
    lines = answer.lines(name)
    try:
        return structured.token(lines) if lines else None
    except structured.Void:
        return ""
