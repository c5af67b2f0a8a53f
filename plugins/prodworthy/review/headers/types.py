"""Rules about what an answer says it is, and how long it may be kept."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodworthy.model import Severity, Shortfall
from prodworthy.model.surface import Surface
from prodworthy.review import cookies
from prodworthy.review.headers.reading import (
    ASVS,
    MDN,
    OSHP,
    contents,
    documents,
    in_vercel_json,
    items,
    quoted,
)
from prodworthy.review.rules import rule

NOSNIFF = "x-content-type-options"
A_DAY = 86_400  # seconds
_REMEDY = f"Send it with every answer: {in_vercel_json('X-Content-Type-Options', 'nosniff')}."
_FRESH = re.compile(r"(?:s-maxage|max-age)\s*=\s*\"?0*[1-9][0-9]*\"?")


@rule(
    "headers.nosniff-missing",
    title="Browsers are told not to guess content types",
    severity=Severity.MEDIUM,
    reason="Without nosniff a browser may run as a script what was served as text or as an upload.",
    remedy=_REMEDY,
    references=[ASVS + "3.4.4", OSHP + "X-Content-Type-Options"],
)
def nosniff_missing(surface: Surface) -> Iterator[Shortfall]:
    """No field line."""
    for served in contents(surface):
        if not served.answer.lines(NOSNIFF):
            yield Shortfall(served.where, "X-Content-Type-Options: nosniff", "no such header")


@rule(
    "headers.nosniff-void",
    title="X-Content-Type-Options says nosniff",
    severity=Severity.MEDIUM,
    reason="Only the word nosniff, standing first, has any effect.",
    remedy=_REMEDY,
    references=["Fetch Standard, section 3.7", ASVS + "3.4.4"],
)
def nosniff_void(surface: Surface) -> Iterator[Shortfall]:
    """The first item is another word."""
    for served in contents(surface):
        lines = served.answer.lines(NOSNIFF)
        if lines and items(lines)[0].lower() != "nosniff":
            yield Shortfall(served.where, "nosniff", quoted(lines))


@rule(
    "headers.content-type-missing",
    title="Every answer with a body says what it is",
    severity=Severity.MEDIUM,
    reason="Without a Content-Type browsers guess, or with nosniff refuse to show or run what came.",
    remedy="Send a Content-Type that matches the body, with `charset=utf-8` for text.",
    references=[ASVS + "4.1.1", MDN + "Content-Type"],
)
def content_type_missing(surface: Surface) -> Iterator[Shortfall]:
    """A body, and no usable Content-Type."""
    for served in contents(surface):
        if served.answer.body and "/" not in served.answer.media_type:
            got = quoted(served.answer.lines("content-type")) if served.answer.lines("content-type") else "none"
            yield Shortfall(served.where, "a Content-Type such as text/html; charset=utf-8", got)


@rule(
    "headers.document-cached",
    title="Browsers ask again for documents",
    severity=Severity.MEDIUM,
    reason="A document that browsers keep for days names files of a build that is gone: neither a release nor a "
    "rollback reaches its readers.",
    remedy="Send documents with `Cache-Control: public, max-age=0, must-revalidate` and keep `immutable` for files "
    "with a hash in their name.",
    references=["RFC 9111, section 5.2.2", "Vercel, Cache-Control headers"],
)
def document_cached(surface: Surface) -> Iterator[Shortfall]:
    """Fresh for a day or more in browsers, or immutable."""
    for served in documents(surface):
        words = [item.lower() for item in items(served.answer.lines("cache-control"))]
        if "no-store" in words or "no-cache" in words:
            continue
        if "immutable" in words or any(_seconds(word) >= A_DAY for word in words):
            yield Shortfall(served.where, "max-age=0, must-revalidate", quoted(served.answer.lines("cache-control")))


def _seconds(word: str) -> int:
    match = re.fullmatch(r"max-age\s*=\s*\"?([0-9]{1,18})[0-9]*\"?", word)
    return int(match[1]) if match else 0


@rule(
    "headers.session-cached",
    title="Answers that set a session are not kept by caches",
    severity=Severity.MEDIUM,
    reason="A cache that keeps such an answer hands one person's session to the next.",
    remedy="Send `Cache-Control: no-store` with answers that set a session cookie.",
    references=[ASVS + "14.3.2", OSHP + "Cache-Control"],
)
def session_cached(surface: Surface) -> Iterator[Shortfall]:
    """A session cookie is set, and shared caches may serve the answer again without asking."""
    for served in surface.served:
        words = [item.lower() for item in items(served.answer.lines("cache-control"))]
        if {"no-store", "private", "no-cache"} & set(words) or not any(map(_FRESH.fullmatch, words)):
            continue
        lines = served.answer.lines("set-cookie")
        set_here = [each for line in lines if (each := cookies.parse(line)).is_session]
        if any(not each.expired for each in set_here):
            yield Shortfall(served.where, "no-store", quoted(served.answer.lines("cache-control")))
