"""Rules of the HTML check: is every declared page a valid document, with what a page needs, and without dead ends?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from prodworthy.model import HTML, Severity, Shortfall
from prodworthy.model.documents import Document, Documents, Level, Link, Message
from prodworthy.review.rules import rule, together

GONE = frozenset({404, 410})
MESSAGE = 400  # characters
SHOWN = frozenset({"img", "source", "video", "audio", "track"})  # elements whose address is a file, not a page

STANDARD = "https://html.spec.whatwg.org/multipage/"
WCAG = "https://www.w3.org/TR/WCAG22/"

# what the checker says of things that rules of their own judge, more to the point
_ELSEWHERE = re.compile(
    r"^Duplicate ID |^The first occurrence of ID |^Element “title” must not be empty"
    r"|^Element “head” is missing a required instance of child element “title”"
    r"|^Consider adding a “lang” attribute"
)
_DUPLICATE = re.compile(r"^Duplicate ID “(.*)”\.?$", re.DOTALL)


@rule(
    "html.not-html",
    title="Every declared page is an HTML document",
    severity=Severity.CRITICAL,
    reason="What is not a document, or an error page, or empty, shows people no page at all.",
    remedy="look at the deployment's log and at what the build wrote for this path; a rewrite in vercel.json must lead "
    "to an .html file that is in the output directory",
    references=[f"{STANDARD}iana.html#text/html"],
)
def not_html(documents: Documents) -> Iterator[Shortfall]:
    for document in documents.documents:
        if (got := _no_document(document)) is not None:
            wanted = f"status {document.declared_status} and an HTML document"
            yield Shortfall(where=_named(document.urls), wanted=wanted, got=got)


@rule(
    "html.invalid",
    title="Every declared page is valid by the HTML standard",
    severity=Severity.MEDIUM,
    reason="Browsers repair invalid markup, each in its own way: what people, search engines and screen readers get "
    "is a guess.",
    remedy="change the markup at this place as the message says; if it is meant, say so: "
    '[[targets.<name>.html.ignore]] pattern = "...", reason = "..."',
    references=[STANDARD, "https://validator.w3.org/nu/about.html"],
)
def invalid(documents: Documents) -> Iterator[Shortfall]:
    return _said(documents, Level.ERROR, "no error")


@rule(
    "html.warning",
    title="The checker has no warning for any declared page",
    severity=Severity.MEDIUM,  # asked for by a setting: whoever sets it wants to be stopped
    reason="Warnings are likely mistakes in valid markup; this target asks for them: html.warnings = true.",
    remedy="change the markup at this place as the message says, or set html.warnings = false",
    references=["https://validator.w3.org/nu/about.html"],
)
def warning(documents: Documents) -> Iterator[Shortfall]:
    if documents.markup.warnings:
        yield from _said(documents, Level.WARNING, "no warning")


@rule(
    "html.duplicate-id",
    title="No id is used twice in a page",
    severity=Severity.MEDIUM,
    reason="Labels, fragments and scripts find only the first of them.",
    remedy="give each element an id of its own; components that may stand twice in a page need generated ids",
    references=[f"{STANDARD}dom.html#the-id-attribute"],
)
def duplicate_id(documents: Documents) -> Iterator[Shortfall]:
    for document in documents.documents:
        places: dict[str, list[Message]] = {}
        for message in document.messages or ():
            if message.level is Level.ERROR and (found := _DUPLICATE.match(message.text)):
                places.setdefault(found[1], []).append(message)
        for name, messages in places.items():
            yield Shortfall(
                where=_place(document, messages[0]),
                wanted=f"the id {name[:100]!r} once",
                got=f"{len(messages) + 1} times: {messages[0].extract}",
            )


@rule(
    "html.title-missing",
    title="Every page has a title",
    severity=Severity.MEDIUM,
    reason="The title names the tab, the bookmark and the search result, and is read out first.",
    remedy="write into the head of index.html: <title>What this page is about</title>",
    references=[f"{WCAG}#page-titled", f"{STANDARD}semantics.html#the-title-element"],
)
def title_missing(documents: Documents) -> Iterator[Shortfall]:
    for document in documents.documents:
        if document.facts and not document.facts.title:
            got = "an empty title" if document.facts.title is not None else "no title element"
            yield Shortfall(where=_named(document.urls), wanted="a title", got=got)


@rule(
    "html.language-missing",
    title="Every page says in which language it is",
    severity=Severity.MEDIUM,
    reason="Screen readers pronounce, browsers translate and hyphenate by it.",
    remedy='write: <html lang="en">, with the language of the page',
    references=[f"{WCAG}#language-of-page"],
)
def language_missing(documents: Documents) -> Iterator[Shortfall]:
    for document in documents.documents:
        if document.facts and not (document.facts.language or "").strip():
            yield Shortfall(where=_named(document.urls), wanted="a lang attribute on <html>", got="none")


@rule(
    "html.viewport-missing",
    title="Every page fits the width of the device",
    severity=Severity.MEDIUM,
    reason="Without it phones lay the page out for a desktop and shrink it until nobody can read it.",
    remedy='write into the head: <meta name="viewport" content="width=device-width, initial-scale=1">',
    references=["https://developer.mozilla.org/docs/Web/HTML/Reference/Elements/meta/name/viewport"],
)
def viewport_missing(documents: Documents) -> Iterator[Shortfall]:
    for document in documents.documents:
        if document.facts and "width" not in (document.facts.viewport or "").lower():
            got = "none" if document.facts.viewport is None else repr(document.facts.viewport[:100])
            yield Shortfall(where=_named(document.urls), wanted='meta viewport with "width=device-width"', got=got)


@rule(
    "html.dead-link",
    title="Every link and image of the app's own leads somewhere",
    severity=Severity.MEDIUM,
    reason="People who follow it get an error page, or see a broken image.",
    remedy="correct the address, or put the page or file back; after a move, redirect the old address in vercel.json",
    references=["https://developers.google.com/search/docs/crawling-indexing/http-network-errors"],
)
def dead_link(documents: Documents) -> Iterator[Shortfall]:
    for link in documents.links:
        if (got := _dead(link)) is not None:
            yield Shortfall(
                where=link.url, wanted="an address that answers", got=f"{got}; named by {_named(link.pages)}"
            )


@rule(
    "html.lost-fragment",
    title="Every link to a place inside a page finds it",
    severity=Severity.LOW,  # the place may come into being when the page's scripts run
    reason="The link leads to the top of the page instead.",
    remedy='put the id on the element that is meant: <section id="...">',
    references=[f"{STANDARD}browsing-the-web.html#scroll-to-fragid"],
)
def lost_fragment(documents: Documents) -> Iterator[Shortfall]:
    for lost in documents.lost_fragments:
        where = f"{lost.url}#{lost.fragment[:200]}"
        yield Shortfall(
            where=where, wanted="an element with that id", got=f"none in the served page; named by {lost.page}"
        )


real = together(not_html)
valid = together(invalid, warning, duplicate_id)
complete = together(title_missing, language_missing, viewport_missing)
connected = together(dead_link, lost_fragment)


def _no_document(document: Document) -> str | None:
    """What is there instead of a document; None when there is one."""
    if document.status != document.declared_status:
        return f"status {document.status}, {document.media_type[:60] or 'no content-type'}"
    if document.media_type not in HTML:
        return document.media_type[:100] or "no content-type"
    return "an empty body" if document.facts is None else None


@dataclass(slots=True)
class _Saying:
    """The same message, wherever it was said."""

    first: Message
    where: str
    pages: list[str] = field(default_factory=list)
    count: int = 0


def _said(documents: Documents, level: Level, wanted: str) -> Iterator[Shortfall]:
    """One shortfall for each different message: a layout that many pages share is one mistake."""
    sayings: dict[str, _Saying] = {}
    for document in documents.documents:
        for message in document.messages or ():
            if message.level is level and not _set_aside(documents, message):
                saying = sayings.setdefault(message.text, _Saying(message, _place(document, message)))
                saying.count += 1
                saying.pages += [url for url in document.urls if url not in saying.pages]
    for text, saying in sayings.items():
        yield Shortfall(where=saying.where, wanted=wanted, got=_told(text, saying))


def _set_aside(documents: Documents, message: Message) -> bool:
    return bool(_ELSEWHERE.search(message.text)) or any(
        re.search(ignored.pattern, message.text) for ignored in documents.markup.ignore
    )


def _told(text: str, saying: _Saying) -> str:
    often = f"; {saying.count} times" if saying.count > 1 else ""
    pages = f"; on {', '.join(saying.pages[:5])}" if len(saying.pages) > 1 else ""
    more = f" and {len(saying.pages) - 5} more pages" if len(saying.pages) > 5 else ""
    place = f" At: {saying.first.extract}" if saying.first.extract else ""
    return f"{text[:MESSAGE]}{place}{often}{pages}{more}"


def _place(document: Document, message: Message) -> str:
    return f"{document.urls[0]}:{message.line}:{message.column}"


def _named(urls: Iterable[str]) -> str:
    first, *others = urls
    return f"{first} and {len(others)} more" if others else first


def _dead(link: Link) -> str | None:
    if link.loop:
        return "redirects without end"
    if link.status is None:
        return None
    if link.status in GONE or link.status >= 500:
        return f"status {link.status}"
    if link.element in SHOWN and link.status == 200 and link.media_type in HTML:
        return "a page in its place"
    return None
