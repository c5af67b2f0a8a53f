"""Rules about what pages of other sites may read (Access-Control-Allow-Origin and its companions)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodworthy.model import Answer, Severity, Shortfall
from prodworthy.model.surface import Probe, Served, Stranger, Surface
from prodworthy.review.headers.reading import ASVS, items, quoted, scheme
from prodworthy.review.rules import rule

ORIGIN = "access-control-allow-origin"
CREDENTIALS = "access-control-allow-credentials"

_NAMED = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#\s,*]+", re.IGNORECASE)
_BY_NAME = (
    "Compare the Origin with a list of whole origins, and answer with one of them and `Vary: Origin`, or nothing."
)
_FETCH = "Fetch Standard, section 3.3"


def _answers(surface: Surface) -> Iterator[Served]:
    """Every answer, strangers' included."""
    yield from surface.served
    yield from (probe.served for probe in surface.probes)


def _with_credentials(answer: Answer) -> bool:
    return answer.header(CREDENTIALS) == "true"


def _echoes(probe: Probe) -> bool:
    """Whether the stranger is named in person; for a preflight, whether browsers take it for a yes."""
    accepted = not probe.preflight or 200 <= probe.served.answer.status < 300
    return accepted and probe.served.answer.lines(ORIGIN) == (probe.origin,)


def _named(surface: Surface, *strangers: Stranger) -> Iterator[Probe]:
    """The first of these strangers that is named at each address."""
    seen: set[str] = set()
    for probe in surface.probes:
        if probe.stranger in strangers and probe.served.where not in seen and _echoes(probe):
            seen.add(probe.served.where)
            yield probe


def _anybody(surface: Surface) -> set[str]:
    """Where any origin at all is named, so that those that look like the app's own say nothing more."""
    return {probe.served.where for probe in _named(surface, Stranger.FOREIGN)}


def _shown(probe: Probe) -> str:
    request = "the preflight of" if probe.preflight else ""
    credentials = ", with credentials" if _with_credentials(probe.served.answer) else ""
    return f"{request} {probe.origin}: {ORIGIN}: {probe.origin}{credentials}".strip()


@rule(
    "headers.cors-reflected-credentials",
    title="Answers with credentials are not shared with every origin that asks",
    severity=Severity.HIGH,
    reason="Any site can send requests with the visitor's cookies and read the answers.",
    remedy=_BY_NAME,
    references=[ASVS + "3.4.2", _FETCH],
)
def cors_reflected_credentials(surface: Surface) -> Iterator[Shortfall]:
    """A foreign origin is named together with Access-Control-Allow-Credentials: true."""
    seen: set[str] = set()
    for probe in surface.probes:
        shared = probe.stranger is Stranger.FOREIGN and _echoes(probe) and _with_credentials(probe.served.answer)
        if shared and probe.served.where not in seen:
            seen.add(probe.served.where)
            yield Shortfall(probe.served.where, "only origins that the app trusts", _shown(probe))


@rule(
    "headers.cors-null",
    title="Answers with credentials are not shared with the null origin",
    severity=Severity.HIGH,
    reason="Any page can make its requests come from the origin null, and then read the answers as the visitor.",
    remedy="Name the trusted origins one by one; never answer null.",
    references=[ASVS + "3.4.2", _FETCH],
)
def cors_null(surface: Surface) -> Iterator[Shortfall]:
    """The origin null is allowed together with credentials."""
    for served in _null(surface):
        if _with_credentials(served.answer):
            yield Shortfall(served.where, "a named origin", "null, with credentials")


@rule(
    "headers.cors-null-public",
    title="The null origin is not trusted",
    severity=Severity.LOW,
    reason="Every sandboxed frame and local file has the origin null: naming it trusts everybody, which is hardly "
    "meant.",
    remedy="Leave Access-Control-Allow-Origin out, name an origin, or write * for what is public.",
    references=[ASVS + "3.4.2", "MDN, HTTP reference, Access-Control-Allow-Origin"],
)
def cors_null_public(surface: Surface) -> Iterator[Shortfall]:
    """The origin null is allowed without credentials."""
    for served in _null(surface):
        if not _with_credentials(served.answer):
            yield Shortfall(served.where, "a named origin, * or nothing", "null")


def _null(surface: Surface) -> Iterator[Served]:
    """The first answer at each address that names null; not where any origin is named."""
    seen = _anybody(surface)
    for served in _answers(surface):
        if served.where not in seen and served.answer.lines(ORIGIN) == ("null",):
            seen.add(served.where)
            yield served


@rule(
    "headers.cors-lookalike",
    title="Origins are compared as a whole",
    severity=Severity.MEDIUM,
    reason="A comparison with the beginning or the end of a name trusts names that anybody can register.",
    remedy=_BY_NAME,
    references=[ASVS + "3.4.2", _FETCH],
)
def cors_lookalike(surface: Surface) -> Iterator[Shortfall]:
    """A foreign origin that begins or ends with the app's own name is named, others are not."""
    anybody = _anybody(surface)
    for probe in _named(surface, Stranger.BEGINS, Stranger.ENDS):
        if probe.served.where not in anybody:
            yield Shortfall(probe.served.where, "only origins that the app trusts", _shown(probe))


@rule(
    "headers.cors-private-reflected",
    title="Personal answers are not shared with every origin that asks",
    severity=Severity.MEDIUM,
    reason="Any site that a visitor opens can read what was meant for one person or one network.",
    remedy=_BY_NAME,
    references=[ASVS + "3.4.2", _FETCH],
)
def cors_private_reflected(surface: Surface) -> Iterator[Shortfall]:
    """A foreign origin is named without credentials, on what is declared personal or asked for with a key."""
    for probe in _named(surface, Stranger.FOREIGN):
        if probe.served.private and not _with_credentials(probe.served.answer):
            yield Shortfall(probe.served.where, "only origins that the app trusts", _shown(probe))


@rule(
    "headers.cors-private-wildcard",
    title="Personal answers are not shared with all origins",
    severity=Severity.LOW,
    reason="* is for what everybody may read; here it opens to every site whatever is not kept back by cookies.",
    remedy="Leave Access-Control-Allow-Origin out where answers are personal.",
    references=[ASVS + "3.4.2", _FETCH],
)
def cors_private_wildcard(surface: Surface) -> Iterator[Shortfall]:
    """The origin * on what is declared personal or asked for with a key."""
    for where in dict.fromkeys(s.where for s in _answers(surface) if s.private and s.answer.lines(ORIGIN) == ("*",)):
        yield Shortfall(where, "no such header, or a named origin", "*")


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
    found = (s for s in _answers(surface) if "*" in items(s.answer.lines(ORIGIN)) and _with_credentials(s.answer))
    for where in dict.fromkeys(served.where for served in found):
        yield Shortfall(where, "a named origin", "*, with credentials")


@rule(
    "headers.cors-vary",
    title="Answers that depend on the Origin say so to caches",
    severity=Severity.LOW,
    reason="Without Vary: Origin a cache hands what was answered to one origin to the next, which cannot read it.",
    remedy="Send `Vary: Origin` with every answer of that address, or * where the answer is public.",
    references=["Fetch Standard, section 3.3.7", ASVS + "3.4.2"],
)
def cors_vary(surface: Surface) -> Iterator[Shortfall]:
    """An origin is named because it asked, and Vary does not name Origin."""
    for probe in _named(surface, Stranger.FOREIGN, Stranger.BEGINS, Stranger.ENDS):
        varying = {item.lower() for item in items(probe.served.answer.lines("vary"))}
        if not probe.preflight and not varying & {"origin", "*"}:
            got = quoted(probe.served.answer.lines("vary")) if varying else "no Vary"
            yield Shortfall(probe.served.where, "Vary: Origin", got)


@rule(
    "headers.cors-malformed",
    title="Access-Control-Allow-Origin is written so that browsers understand it",
    severity=Severity.LOW,
    reason="Browsers compare the value letter by letter with one origin: lists, paths and wildcards within a name "
    "match nobody, so what was meant to work does not.",
    remedy="Send one whole origin (https://app.example.com, without a slash at the end), or *; credentials: true.",
    references=["Fetch Standard, section 3.3.4", "MDN, HTTP reference, Access-Control-Allow-Origin"],
)
def cors_malformed(surface: Surface) -> Iterator[Shortfall]:
    """Neither *, null nor one origin; or credentials that are neither true nor false."""
    found = {served.where: lines for served in _answers(surface) if (lines := _malformed(served.answer))}
    for where, lines in found.items():
        yield Shortfall(where, "one origin, or *", quoted(lines))


def _malformed(answer: Answer) -> tuple[str, ...]:
    lines = answer.lines(ORIGIN)
    if lines and (len(lines) > 1 or not (lines[0] in {"*", "null"} or _NAMED.fullmatch(lines[0]))):
        return lines
    credentials = answer.lines(CREDENTIALS)
    meant = [line for line in credentials if line.strip().lower() not in {"true", "false"}]
    return credentials if meant or (credentials and credentials[0] in {"True", "TRUE"}) else ()


@rule(
    "headers.cors-plain-origin",
    title="Origins that are trusted are reached over HTTPS",
    severity=Severity.LOW,
    reason="Anybody on the way can put a script into a page that comes over plain HTTP, and read in its name.",
    remedy="Write https:// in the origin; leave origins of development such as http://localhost out of production.",
    references=[ASVS + "3.4.2", ASVS + "12.2.1"],
)
def cors_plain_origin(surface: Surface) -> Iterator[Shortfall]:
    """An http origin is named over HTTPS."""
    seen: set[str] = set()
    for served in _answers(surface):
        plain = [line for line in served.answer.lines(ORIGIN) if line.lower().startswith("http:")]
        if plain and scheme(served) == "https" and served.where not in seen:
            seen.add(served.where)
            yield Shortfall(served.where, "https", quoted(plain))
