"""How places in documents are told in findings, and the pages that findings refer to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from prodworthy.model import Shortfall
from prodworthy.model.documents import Document, Message

STANDARD = "https://html.spec.whatwg.org/multipage/"
WCAG = "https://www.w3.org/TR/WCAG22/"
NU = "https://validator.w3.org/nu/about.html"
GOOGLE = "https://developers.google.com/search/docs/"

MESSAGE = 400  # characters
PAGES = 5  # that a finding names
PROSE = 200  # bytes of text; with less a document is a shell that waits for its scripts


@dataclass(slots=True)
class _Saying:
    """The same message, wherever it was said."""

    first: Message
    where: str
    pages: list[str] = field(default_factory=list)
    count: int = 0


def told_once(said: Iterable[tuple[Document, Message]], wanted: str) -> Iterator[Shortfall]:
    """One shortfall for each different message: a layout that many pages share is one mistake."""
    sayings: dict[str, _Saying] = {}
    for document, message in said:
        saying = sayings.setdefault(message.text, _Saying(message, place(document, message)))
        saying.count += 1
        saying.pages += [url for url in document.urls if url not in saying.pages]
    for text, saying in sayings.items():
        yield Shortfall(where=saying.where, wanted=wanted, got=_told(text, saying))


def place(document: Document, message: Message) -> str:
    """Address, line and column."""
    return f"{document.where}:{message.line}:{message.column}"


def named(urls: Iterable[str]) -> str:
    """The first of some addresses, and how many more there are."""
    first, *others = urls
    return f"{first} and {len(others)} more" if others else first


def page(document: Document) -> str:
    """The pages that a document stands for."""
    return document.where if document.rendered else named(document.urls)


def quoted(text: str) -> str:
    """What the page says, short enough to be read."""
    return repr(text[:100])


def _told(text: str, saying: _Saying) -> str:
    often = f"; {saying.count} times" if saying.count > 1 else ""
    pages = f"; on {', '.join(saying.pages[:PAGES])}" if len(saying.pages) > 1 else ""
    more = f" and {len(saying.pages) - PAGES} more pages" if len(saying.pages) > PAGES else ""
    at = f" At: {saying.first.extract}" if saying.first.extract else ""
    return f"{text[:MESSAGE]}{at}{often}{pages}{more}"
