"""Rules about the body of a document: its elements' names, pictures and headings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodworthy.model import Severity, Shortfall
from prodworthy.model.documents import Document, Documents, Level, Message
from prodworthy.review.html.validity import sound
from prodworthy.review.html.wording import PROSE, STANDARD, WCAG, page, place, told_once
from prodworthy.review.rules import rule

_DUPLICATE = re.compile(r"^Duplicate ID “(.*)”\.?$", re.DOTALL)
_NO_ALT = "An “img” element must have an “alt” attribute"


@rule(
    "html.duplicate-id",
    title="No id is used twice in a page",
    severity=Severity.MEDIUM,
    reason="Labels, fragments and scripts find only the first of them.",
    remedy="give each element an id of its own; components that may stand twice in a page need generated ids",
    references=[f"{STANDARD}dom.html#the-id-attribute"],
)
def duplicate_id(documents: Documents) -> Iterator[Shortfall]:
    for document in sound(documents):
        places: dict[str, list[Message]] = {}
        for message in document.messages or ():
            if message.level is Level.ERROR and (found := _DUPLICATE.match(message.text)):
                places.setdefault(found[1], []).append(message)
        for name, messages in places.items():
            yield Shortfall(
                where=place(document, messages[0]),
                wanted=f"the id {name[:100]!r} once",
                got=f"{len(messages) + 1} times: {messages[0].extract}",
            )


@rule(
    "html.alt-missing",
    title="Every image says in words what it shows",
    severity=Severity.MEDIUM,
    reason="Who does not see the picture gets its file name read out, or nothing.",
    remedy='write what the picture tells: alt="A grey wool hat"; where it only decorates: alt=""',
    references=[f"{WCAG}#non-text-content", f"{STANDARD}images.html#alt"],
)
def alt_missing(documents: Documents) -> Iterator[Shortfall]:
    said = (
        (document, message)
        for document in sound(documents)
        for message in document.messages or ()
        if message.level is Level.ERROR and message.text.startswith(_NO_ALT)
    )
    by_image: dict[str, list[tuple[Document, Message]]] = {}
    for document, message in said:
        by_image.setdefault(message.extract, []).append((document, message))
    for alike in by_image.values():
        yield from told_once(alike, "an alt attribute")


@rule(
    "html.h1-missing",
    title="Every page with content of its own has a main heading",
    severity=Severity.LOW,
    reason="Screen readers jump to it, and search engines read it as what the page is about.",
    remedy="make the page's own heading the <h1>; the site's name in the header need be none",
    references=[
        f"{STANDARD}sections.html#headings-and-outlines-2",
        "https://www.w3.org/WAI/tutorials/page-structure/headings/",
    ],
)
def h1_missing(documents: Documents) -> Iterator[Shortfall]:
    for document in sound(documents):
        facts = document.facts
        if facts and facts.prose >= PROSE and all(level > 1 for level, _ in facts.headings):
            first = f"<h{facts.headings[0][0]}> {facts.headings[0][1]!r} first" if facts.headings else "no heading"
            yield Shortfall(where=page(document), wanted="an <h1>", got=first)


@rule(
    "html.h1-several",
    title="No page has several main headings",
    severity=Severity.INFO,  # the standard allows it
    reason="Which of them names the page is left to guess.",
    remedy="keep the page's own heading as <h1>, and make the others <h2>",
    references=["https://www.w3.org/WAI/tutorials/page-structure/headings/#organize-passages-of-text"],
)
def h1_several(documents: Documents) -> Iterator[Shortfall]:
    for document in sound(documents):
        texts = [text for level, text in document.facts.headings if level == 1] if document.facts else []
        if len(texts) > 1:
            told = ", ".join(repr(text[:60]) for text in texts[:4])
            yield Shortfall(where=page(document), wanted="one <h1>", got=f"{len(texts)}: {told}")
