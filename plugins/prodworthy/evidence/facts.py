"""Facts: what one HTML document says of itself, beyond what it leads to."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from prodworthy.evidence.markup import Markup
from prodworthy.model.documents import Facts
from prodworthy.model.elements import LONGEST

MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)
KEPT = 20  # canonical addresses
LONG = 2000  # characters of one

_NAME = re.compile(rb"[a-z]++")
_UNREAD = {b"iframe", b"noscript", b"script", b"select", b"style", b"svg", b"template", b"textarea", b"title"}


class Described(Markup):
    """One document with its facts; `content_type` is the header field, parameters included."""

    def __init__(self, url: str, body: bytes, content_type: str) -> None:
        super().__init__(url, body)
        self.facts = Facts(
            base=self.base,
            title=self.title,
            language=self.language,
            viewport=self.meta("viewport"),
            description=self.meta("description"),
            encoded="charset=" in content_type.lower() or body.startswith(MARKS) or self._names_encoding(),
            canonicals=tuple(dict.fromkeys(address[:LONG] for address in self._canonicals()))[:KEPT],
            refresh=next(self._pragmas("refresh"), None),
            headings=self.headings,
            prose=prose(body[:LONGEST]),
        )

    def _names_encoding(self) -> bool:
        """Wherever in the document: that it stands too late is the checker's to say."""
        by_type = any("charset=" in content.lower() for content in self._pragmas("content-type"))
        return by_type or any("charset" in each.attributes for each in self._tagged("meta"))

    def _pragmas(self, name: str) -> Iterator[str]:
        return (each.get("content") for each in self._tagged("meta") if each.get("http-equiv").strip().lower() == name)

    def _canonicals(self) -> Iterator[str]:
        links = (each for each in self._tagged("link") if each.head and "canonical" in each.words("rel"))
        return (each.get("href").strip() for each in links if "href" in each.attributes)


def prose(body: bytes) -> int:
    """Bytes of text that people can read before any script has run, white space aside.

    A shell that waits for its scripts has next to none. Nothing is looked at twice, so that no document is slow.
    """
    body = body.lower()
    read, place = 0, 0
    while (start := body.find(b"<", place)) >= 0:
        read += _ink(body[place:start])
        place = _behind(body, start)
    return read + _ink(body[place:])


def _behind(body: bytes, start: int) -> int:
    """The place behind a tag or a comment, or the end tag of an element whose text nobody reads."""
    if body.startswith(b"<!--", start):
        return _end(body, b"-->", start, 3)
    name = _NAME.match(body, start + 1)
    if name and name[0] in _UNREAD:
        return _end(body, b"</" + name[0], start, 0)
    return _end(body, b">", start, 1) if name or body[start + 1 : start + 2] in {b"/", b"!", b"?"} else start + 1


def _end(body: bytes, what: bytes, start: int, length: int) -> int:
    found = body.find(what, start)
    return found + length if found >= 0 else len(body)


def _ink(text: bytes) -> int:
    return len(b"".join(text.split()))
