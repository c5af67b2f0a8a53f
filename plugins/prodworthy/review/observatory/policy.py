"""Content-Security-Policy, as the Observatory reads it: several policies are merged into one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import unquote

from prodworthy.review.observatory.visit import Visit, joined

NAME = "content-security-policy"
SPLITS = 5  # the version from which on a comma separates policies

_BROAD = frozenset({"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"})
_INLINE = frozenset({"'unsafe-inline'", "data:"})
_PLAIN = ("http:", "ftp:")
_TRUST = ("'sha256-", "'sha384-", "'sha512-", "'nonce-")
_PASSIVE = ("img-src", "media-src")
_NOT_IN_META = ("frame-ancestors", "report-uri", "sandbox")
_REPEATABLE = frozenset({"report-uri", "report-to"})
_MALFORMED = re.compile("%(?![0-9a-f]{2})")
_SHORTEST = 6  # characters of a policy
# how the method's sorting ranks characters; what stands beside what decides which sources it drops
_RANKS = {
    each: rank for rank, each in enumerate(" _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz")
}

Sources = dict[str, None]  # an ordered set
Directives = dict[str, Sources]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the test says."""

    result: str
    ancestors: bool = False  # whether the policy names frame-ancestors, wherever it stands


class Invalid(ValueError):
    """A policy that the method refuses as a whole."""


@dataclass(slots=True)
class _Source:
    text: str
    policy: int  # whose it is
    keep: bool


def judged(visit: Visit, version: int) -> Judgement:
    """The test's result, and what the test of framing wants to know of the policy."""
    header, meta = _texts(visit, version)
    try:
        directives, repeated = parsed([*header, *meta])
    except Invalid:
        return Judgement(result="csp-header-invalid")
    if not _said(header) and not {name for name in _said(meta) if name not in _NOT_IN_META}:
        reporting = joined(visit.fields, "content-security-policy-report-only")
        return Judgement(result="csp-not-implemented" + ("-but-reporting-enabled" if reporting else ""))
    result, sound = _weighed(directives, https=visit.url.startswith("https:"))
    if sound and repeated:
        result = "csp-implemented-but-duplicate-directives"
    return Judgement(result=result, ancestors="frame-ancestors" in directives)


def _texts(visit: Visit, version: int) -> tuple[list[str], list[str]]:
    value = joined(visit.fields, NAME)
    header, meta = ([] if value is None else [value]), list(visit.policies)
    if version < SPLITS:
        return header, meta
    return [part for text in header for part in text.split(",")], [part for text in meta for part in text.split(",")]


def _said(policies: list[str]) -> Directives:
    try:
        return parsed(policies)[0]
    except Invalid:
        return {}


def _weighed(directives: Directives, *, https: bool) -> tuple[str, bool]:
    """The result, and whether the test is passed."""
    default = directives.get("default-src")
    objects = directives.get("object-src", default) or {"*": None}
    # where script-src is missing, what is ignored in it is ignored in default-src too: it is the same list
    scripts = directives.get("script-src", default) or {"*": None}
    styles = directives.get("style-src", default) or {"*": None}
    for sources in (scripts, styles):
        if _trusts(sources):
            sources.pop("'unsafe-inline'", None)
    strict = "'strict-dynamic'" in scripts
    if strict and not _trusts(scripts):
        return "csp-header-invalid", False
    if strict:
        for source in [each for each in scripts if _ignored(each)]:
            del scripts[source]
    active = {each for name, sources in directives.items() if name not in (*_PASSIVE, "script-src") for each in sources}
    passive = {each for name in _PASSIVE for each in directives.get(name, default) or ()}
    if any(each in _BROAD | _INLINE for each in scripts) or any(each in _BROAD for each in objects):
        return "csp-implemented-with-unsafe-inline", False
    if https and any(each.startswith(_PLAIN) for each in active | set(scripts)):
        return "csp-implemented-with-insecure-scheme", False
    if "'unsafe-eval'" in scripts or "'unsafe-eval'" in styles:
        return "csp-implemented-with-unsafe-eval", False
    if https and any(each.startswith(_PLAIN) for each in passive):
        return "csp-implemented-with-insecure-scheme-in-passive-content-only", True
    if any(each in _BROAD | _INLINE for each in styles):
        return "csp-implemented-with-unsafe-inline-in-style-src-only", True
    if default is not None and list(default) == ["'none'"]:
        return "csp-implemented-with-no-unsafe-default-src-none", True
    return "csp-implemented-with-no-unsafe", True


def _trusts(sources: Iterable[str]) -> bool:
    return any(each.startswith(_TRUST) for each in sources)


def _ignored(source: str) -> bool:
    """Whether 'strict-dynamic' makes it void."""
    return source.startswith(tuple(_BROAD)) or source in {"'self'", "'unsafe-inline'"}


def parsed(policies: list[str]) -> tuple[Directives, bool]:
    """All policies as one, and whether a directive of reporting is there twice. Raises Invalid.

    A later policy leaves of a directive only what both name, and 'none' where they name nothing in common.
    """
    cleaned = [text.replace("\r", "").replace("\n", "").strip() for text in policies]
    if any(len(text) < _SHORTEST for text in cleaned):
        raise Invalid
    found: dict[str, list[_Source]] = {}
    repeated = False
    for number, text in enumerate(cleaned):
        seen: set[str] = set()
        for name, values in _directives(text):
            if name in seen and name not in _REPEATABLE:
                raise Invalid
            repeated = repeated or name in seen
            seen.add(name)
            mine = [_Source(value, number, number == 0) for value in values]
            found[name] = _merged(mine if number == 0 else [*found.get(name, ()), *mine])
            if number == 0 and len(cleaned) > 1:  # kept only if a later policy names it too
                for source in found[name]:
                    source.keep = False
    merged = {name: dict.fromkeys(each.text for each in sources) for name, sources in found.items()}
    return {name: sources or {"'none'": None} for name, sources in merged.items()}, repeated


def _directives(text: str) -> Iterable[tuple[str, list[str]]]:
    for part in text.split(";"):
        name, *values = part.split() or [""]
        if name:
            empty = ["'none'"] if name.lower().endswith("-src") else []
            yield name.lower(), [value.lower() for value in values] or empty


def _merged(sources: list[_Source]) -> list[_Source]:
    ordered = sorted(sources, key=lambda each: [_RANKS.get(character, ord(character)) for character in each.text])
    for before, source in pairwise(ordered):
        if source.policy == before.policy and source.text.startswith(before.text):
            source.keep = False  # the shorter one says as much
        if source.policy != before.policy and _covers(before.text, source.text):
            source.keep = True
    return [each for each in ordered if each.keep]


def _covers(one: str, other: str) -> bool:
    """Whether `one` stands for `other` too, piece by piece between slashes."""
    if not one or (one == "/" and not other):
        return True
    ours, theirs = one.split("/"), other.split("/")
    if one.endswith("/"):
        ours.pop()
        return len(ours) < len(theirs) and all(map(_same, ours, theirs))
    return len(ours) == len(theirs) and all(map(_same, ours, theirs))


def _same(one: str, other: str) -> bool:
    return _decoded(one) == _decoded(other)


def _decoded(piece: str) -> str:
    if _MALFORMED.search(piece):
        raise Invalid
    try:
        return unquote(piece, errors="strict")
    except UnicodeDecodeError:
        raise Invalid from None
