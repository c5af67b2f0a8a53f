"""What a served document says about its own protection, and what it loads from elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

ACTIVE = {"script": "src", "iframe": "src", "embed": "src", "object": "data", "form": "action"}
PASSIVE = {"img": "src", "audio": "src", "video": "src", "source": "src", "track": "src"}

DEEPEST = 5_000  # elements within one another; browsers stop at 512
_TAG = re.compile(r"<(/?)([A-Za-z][^\s/>]{0,40})")
_CLOSE_THEMSELVES = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
    | {"p", "li", "dt", "dd", "tr", "td", "th", "option", "path"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Something that a document loads or sends to."""

    element: str  # "script", "link", "form"
    url: str  # resolved
    integrity: str | None
    crossorigin: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The parts of a document that matter for header rules; addresses are as written."""

    policies: tuple[str, ...]  # contents of meta elements with a Content-Security-Policy
    referrers: tuple[str, ...]  # contents of meta elements named referrer
    code: tuple[Resource, ...]  # scripts and stylesheets
    active: tuple[Resource, ...]  # what can act on the page, code included
    passive: tuple[Resource, ...]  # images, sound and film


@lru_cache(maxsize=256)
def read(body: bytes, url: str) -> Document:
    """Parse a document as browsers do; `url` is its own address, for resolving."""
    tree = LexborHTMLParser(_within_depth(body.decode("utf-8", "replace")))
    base = next((href for node in tree.css("base[href]") if (href := node.attributes.get("href"))), "")
    reader = _Reader(tree=tree, base=_joined(url, base))
    scripts = tuple(reader.resources({"script": "src"}))
    styles = tuple(reader.stylesheets())
    return Document(
        policies=tuple(reader.metas("http-equiv", "content-security-policy")),
        referrers=tuple(reader.metas("name", "referrer")),
        code=scripts + styles,
        active=tuple(reader.resources(ACTIVE)) + styles,
        passive=tuple(reader.resources(PASSIVE)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    tree: LexborHTMLParser
    base: str

    def metas(self, attribute: str, value: str) -> Iterator[str]:
        # outside the head they have no effect
        for node in self.tree.css(f"head meta[{attribute}]"):
            if (node.attributes.get(attribute) or "").strip().lower() == value:
                yield node.attributes.get("content") or ""

    def resources(self, attributes: dict[str, str]) -> Iterator[Resource]:
        for element, attribute in attributes.items():
            for node in self.tree.css(f"{element}[{attribute}]"):
                yield self._resource(node, element, attribute)

    def stylesheets(self) -> Iterator[Resource]:
        for node in self.tree.css("link[rel][href]"):
            if "stylesheet" in (node.attributes.get("rel") or "").lower().split():
                yield self._resource(node, "link", "href")

    def _resource(self, node: LexborNode, element: str, attribute: str) -> Resource:
        return Resource(
            element=element,
            url=_joined(self.base, (node.attributes.get(attribute) or "").strip()),
            integrity=node.attributes.get("integrity"),
            crossorigin="crossorigin" in node.attributes,
        )


def _within_depth(text: str) -> str:
    """The document up to where it nests too deeply; the count may be too high, never too low.

    The parser's time grows with the square of the depth: a few megabytes of open elements would take it hours.
    """
    if text.count("<") <= DEEPEST:
        return text
    opened: Counter[str] = Counter()
    depth = 0
    for tag in _TAG.finditer(text):
        name = tag[2].lower()
        if not tag[1]:
            opened[name] += 1
            depth += name not in _CLOSE_THEMSELVES
        elif opened[name]:
            opened[name] -= 1
            depth -= name not in _CLOSE_THEMSELVES
        if depth > DEEPEST:
            return text[: tag.start()]
    return text


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address)
    except ValueError:  # "https://[": browsers load nothing from it either
        return base
