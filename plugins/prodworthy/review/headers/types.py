"""Rules about what an answer says it is."""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import Severity, Shortfall
from prodworthy.model.surface import Kind, Surface
from prodworthy.review.headers.reading import (
    ASVS,
    MDN,
    OSHP,
    contents,
    documents,
    in_vercel_json,
    items,
    markup,
    quoted,
)
from prodworthy.review.rules import rule

NOSNIFF = "x-content-type-options"
_REMEDY = f"Send it with every answer: {in_vercel_json('X-Content-Type-Options', 'nosniff')}."


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
    """A body, and no usable Content-Type; of files only the head is asked for."""
    for served in contents(surface):
        if (served.answer.body or served.kind is Kind.ASSET) and "/" not in served.answer.media_type:
            got = quoted(served.answer.lines("content-type")) if served.answer.lines("content-type") else "none"
            yield Shortfall(served.where, "a Content-Type such as text/html; charset=utf-8", got)


@rule(
    "headers.content-type-charset",
    title="Documents say in which encoding they are",
    severity=Severity.LOW,
    reason="Browsers guess the encoding: letters go wrong, and a guess that an attacker steers can turn text into "
    "markup.",
    remedy="Send `Content-Type: text/html; charset=utf-8`, or begin the document with <meta charset=utf-8>.",
    references=[ASVS + "4.1.1", "HTML Standard, section 4.2.5.4"],
)
def content_type_charset(surface: Surface) -> Iterator[Shortfall]:
    """Neither a parameter of Content-Type, nor a meta element, nor a byte order mark."""
    for served in documents(surface):
        declared = "charset=" in (served.answer.header("content-type") or "").lower().replace(" ", "")
        marked = served.answer.body.startswith((b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe"))
        if served.answer.media_type == "text/html" and not (declared or marked or markup(served).charset):
            yield Shortfall(served.where, "charset=utf-8", quoted(served.answer.lines("content-type")))
