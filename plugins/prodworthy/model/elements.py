"""The elements of an HTML document, in the order in which they stand there.

No tree is built. A tree of a hostile document takes time with the square of its length and more: many a tag makes a
parser look through all open elements, some make it repeat them. Whatever is asked of documents here needs none, only
that tags are told from comments and from the text of scripts as the standard does:
https://html.spec.whatwg.org/multipage/parsing.html#tokenization
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from html.entities import html5

LONGEST = 5_000_000  # bytes of a document that are read

_MARKUP = re.compile(r"<(?=[A-Za-z/!?])")
_BEGINNING = re.compile(r"</?[A-Za-z]")
_ATTRIBUTE = (
    r"[\s/]*+([^\s/>][^\s/>=]*+)"
    r"(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|(?![\"'])([^\s>]*+)))?+"
)
_ATTRIBUTES = re.compile(_ATTRIBUTE, re.ASCII)
_TAG = re.compile(rf"<(/?+)([A-Za-z][^\s/>]*+)((?:{_ATTRIBUTE})*+)(?P<close>[\s/]*+)>", re.ASCII)
_COMMENT_END = re.compile(r"--!?>")
_REFERENCE = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31})(;|(?![=A-Za-z0-9]))")

_TEXT_ONLY = {"script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "plaintext"}
_ESCAPED = {"title", "textarea"}  # text in which references count
_FOREIGN = {"svg", "math"}  # in which <style/> is empty
_OF_HEAD = {"html", "head", "title", "base", "link", "meta", "script", "style", "noscript", "template"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element that a document shows or acts by; those in a `<template>` do neither."""

    tag: str  # in lower case, as the attributes' names
    attributes: Mapping[str, str] = field(default_factory=dict)  # empty for one without a value
    text: str = ""  # of headings, and of elements that hold nothing but text
    head: bool = False  # in the head, and not in its <noscript>

    def get(self, name: str) -> str:
        """The attribute's value; empty also when there is none."""
        return self.attributes.get(name, "")

    def words(self, name: str) -> frozenset[str]:
        """The attribute's value as a set of words in lower case."""
        return frozenset(self.get(name).lower().split())


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str
    end: bool
    attributes: str
    text: str  # when it holds nothing else


def elements(body: bytes) -> tuple[Element, ...]:
    """All elements in the first bytes of a document; what is not UTF-8 is replaced."""
    return tuple(_elements(body[:LONGEST].decode("utf-8", "replace")))


def _elements(text: str) -> Iterator[Element]:
    head, hidden, templates = True, 0, 0
    heading: tuple[_Tag, list[str]] | None = None
    for token in _tokens(text):
        if isinstance(token, str):
            head = head and (hidden > 0 or templates > 0 or not token.strip())
            if heading:
                heading[1].append(token)
            continue
        step = -1 if token.end else 1
        if token.name == "template":
            templates = max(0, templates + step)
        elif token.name == "noscript":
            hidden = max(0, hidden + step)
        if heading and token.name in _HEADINGS:
            yield _element(heading[0], text=unreferenced("".join(heading[1])))
            heading = None
        if token.end or templates:
            head = head and token.name not in {"body", "html"}
            continue
        head = head and (token.name in _OF_HEAD or hidden > 0)
        if token.name in _HEADINGS:
            heading = (token, [])
        else:
            yield _element(token, text=token.text, head=head and not hidden)
    if heading:
        yield _element(heading[0], text=unreferenced("".join(heading[1])))


def _element(tag: _Tag, *, text: str, head: bool = False) -> Element:
    attributes: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTES.findall(tag.attributes):
        attributes.setdefault(name.lower(), unreferenced(double or single or bare))
    return Element(tag=tag.name, attributes=attributes, text=text, head=head)


def _tokens(text: str) -> Iterator[_Tag | str]:
    """Tags, and the text between them; comments and declarations are left out."""
    place, foreign = 0, 0
    while markup := _MARKUP.search(text, place):
        if markup.start() > place:
            yield text[place : markup.start()]
        start = markup.start()
        if not _BEGINNING.match(text, start):
            place = _behind_comment(text, start)
            continue
        if (found := _TAG.match(text, start)) is None:  # it does not end
            return
        name, end, place = found[2].lower(), bool(found[1]), found.end()
        closed = "/" in found["close"]
        if name in _FOREIGN and not closed:
            foreign = max(0, foreign - 1 if end else foreign + 1)
        content = ""
        if name in _TEXT_ONLY and not end and not (foreign and closed):
            content, place = _text_of(name, text, place)
        yield _Tag(name, end, found[3], content)
    if place < len(text):
        yield text[place:]


def _behind_comment(text: str, start: int) -> int:
    if not text.startswith("<!--", start):
        return text.find(">", start) + 1 or len(text)
    found = _COMMENT_END.search(text, start + 2)
    return found.end() if found else len(text)


def _text_of(name: str, text: str, start: int) -> tuple[str, int]:
    """What an element holds that holds no other, and the place of its end tag."""
    found = _end_of(name).search(text, start)
    end = found.start() if found else len(text)
    return unreferenced(text[start:end]) if name in _ESCAPED else text[start:end], end


@cache
def _end_of(name: str) -> re.Pattern[str]:
    return re.compile(r"(?!)" if name == "plaintext" else rf"</{name}(?=[\s/>])", re.IGNORECASE | re.ASCII)


def unreferenced(text: str) -> str:
    """The text with characters in place of references to them; "&copy=1" in an address is none."""
    return _REFERENCE.sub(_character, text) if "&" in text else text


def _character(reference: re.Match[str]) -> str:
    name, end = reference.groups()
    known = name[0] == "#" or name + end in html5
    return unescape(f"&{name}{end or ';'}" if name[0] == "#" else reference[0]) if known else reference[0]
