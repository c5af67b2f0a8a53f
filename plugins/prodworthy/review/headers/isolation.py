"""Rules about keeping the page apart from other sites' windows, embedders and readers."""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import Answer, Severity, Shortfall
from prodworthy.model.surface import Surface
from prodworthy.review import structured
from prodworthy.review.headers.reading import ASVS, MDN, OSHP, contents, documents, in_vercel_json, items, quoted
from prodworthy.review.rules import rule

OPENER = "cross-origin-opener-policy"
EMBEDDER = "cross-origin-embedder-policy"
RESOURCE = "cross-origin-resource-policy"
ORIGIN = "access-control-allow-origin"
CREDENTIALS = "access-control-allow-credentials"

_OPENER_VALUES = frozenset({"same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none"})
_EMBEDDER_VALUES = frozenset({"require-corp", "credentialless", "unsafe-none"})
_RESOURCE_VALUES = frozenset({"same-origin", "same-site", "cross-origin"})
_OPENER_REMEDY = f"Send {in_vercel_json('Cross-Origin-Opener-Policy', 'same-origin')}."


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
    remedy=f"Send {in_vercel_json('Cross-Origin-Resource-Policy', 'same-origin')}.",
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


def _shares_credentials(answer: Answer) -> bool:
    return answer.header(CREDENTIALS) == "true"


@rule(
    "headers.cors-null",
    title="Answers with credentials are not shared with the null origin",
    severity=Severity.HIGH,
    reason="Any page can make its requests come from the origin null, and then read the answers as the visitor.",
    remedy="Name the trusted origins one by one; never answer null.",
    references=[ASVS + "3.4.2", "Fetch Standard, section 3.3"],
)
def cors_null(surface: Surface) -> Iterator[Shortfall]:
    """The origin null is allowed together with credentials."""
    for served in surface.served:
        if served.answer.header(ORIGIN) == "null" and _shares_credentials(served.answer):
            yield Shortfall(served.where, "a named origin", "null, with credentials")


@rule(
    "headers.cors-wildcard-credentials",
    title="Credentials are shared with named origins only",
    severity=Severity.LOW,
    reason="Browsers refuse * together with credentials: what was meant to work does not.",
    remedy="Answer the trusted origin by name with `Vary: Origin`, or leave Access-Control-Allow-Credentials out.",
    references=["Fetch Standard, section 3.3.3", ASVS + "3.4.2"],
)
def cors_wildcard_credentials(surface: Surface) -> Iterator[Shortfall]:
    """The origin * together with credentials."""
    for served in surface.served:
        if "*" in items(served.answer.lines(ORIGIN)) and _shares_credentials(served.answer):
            yield Shortfall(served.where, "a named origin", "*, with credentials")
