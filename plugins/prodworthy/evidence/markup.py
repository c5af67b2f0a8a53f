"""Markup: one HTML document, parsed as browsers parse it, and what it leads to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urldefrag, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from prodworthy.model.bundle import How

# https://mimesniff.spec.whatwg.org/#javascript-mime-type, as far as anybody writes them into a type attribute
_CLASSIC = {"", "text/javascript", "application/javascript", "application/x-javascript", "text/ecmascript"}
_LINKED = ("a[href]", "area[href]", "link[href]")
_SHOWN = ("img", "source", "video", "audio", "track", "iframe", "embed")
_RELATIONS = {"icon", "apple-touch-icon", "manifest", "canonical", "alternate", "next", "prev", "help", "license"}


def origin(url: str) -> str:
    """Scheme, host and port; the scheme's own port is left out. Empty for what is not http(s)."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    own = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in {None, own} else "")


def resolved(base: str, url: str) -> str | None:
    """The absolute http(s) address without its fragment; None for anything else."""
    try:
        address = urldefrag(urljoin(base, url.strip())).url
    except ValueError:
        return None
    return address if origin(address) else None


class Markup:
    """One document. `url` is its own address, against which and its `<base href>` addresses are resolved."""

    def __init__(self, url: str, body: bytes) -> None:
        self._tree = LexborHTMLParser(body.decode("utf-8", "replace"))
        self.base = self._base(url)

    def _base(self, url: str) -> str:
        node = self._tree.css_first("base[href]")
        return (resolved(url, _attribute(node, "href")) if node else None) or url

    # what it loads

    def mentions(self) -> Iterator[tuple[How, str]]:
        """The scripts, stylesheets and preloads that the document names, as (way, URL as written)."""
        for node in self._tree.css("script[src]"):
            if (how := _script(node)) is not None:
                yield how, _attribute(node, "src")
        for node in self._tree.css("link[href]"):
            if (how := _link(node)) is not None:
                yield how, _attribute(node, "href")

    def scripts(self) -> Iterator[bytes]:
        """The sources of inline scripts."""
        for node in self._tree.css("script:not([src])"):
            if _script(node) is not None:
                yield node.text().encode()

    def styles(self) -> Iterator[bytes]:
        """The sources of inline stylesheets."""
        for node in self._tree.css("style"):
            yield node.text().encode()

    def import_map(self) -> dict[str, str]:
        """What the first import map says of bare specifiers; scopes are left out."""
        node = self._tree.css_first('script[type="importmap" i]')
        try:
            imports = json.loads(node.text())["imports"] if node else {}
            return {str(name): str(url) for name, url in imports.items()}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {}

    # what it is

    @property
    def title(self) -> str | None:
        """The text of the title element; None when there is none."""
        node = self._tree.css_first("head > title")
        return " ".join(node.text().split()) if node else None

    @property
    def language(self) -> str | None:
        """The lang attribute of the root element."""
        root = self._tree.root
        return root.attributes.get("lang") if root else None

    def meta(self, name: str) -> str | None:
        """The content of the meta element of that name."""
        node = self._tree.css_first(f'meta[name="{name}" i]')
        return _attribute(node, "content") if node else None

    @property
    def canonical(self) -> str | None:
        """The canonical address, resolved."""
        node = self._tree.css_first('link[rel~="canonical" i][href]')
        return resolved(self.base, _attribute(node, "href")) if node else None

    @property
    def headings(self) -> tuple[tuple[int, str], ...]:
        """Level and text of every heading, in order."""
        nodes = self._tree.css("h1, h2, h3, h4, h5, h6")
        return tuple((int((node.tag or "h0")[1]), " ".join(node.text().split())[:120]) for node in nodes)

    @property
    def unnamed_images(self) -> int:
        """How many images have no alt attribute."""
        return len(self._tree.css("img:not([alt])"))

    @property
    def ids(self) -> Counter[str]:
        """How often each id is used; names of anchors count as ids do for fragments."""
        named = Counter(_attribute(node, "id") for node in self._tree.css("[id]"))
        return named + Counter(dict.fromkeys((_attribute(node, "name") for node in self._tree.css("a[name]")), 1))

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it: no text and no element that a browser would not have put there."""
        body = self._tree.body
        return not self._tree.css_first("head > *") and (body is None or not (body.text().strip() or body.child))

    def links(self) -> Iterator[tuple[str, str]]:
        """Every address that people or the page itself follow, as (element, URL as written)."""
        for node in self._tree.css(", ".join(_LINKED)):
            if node.tag != "link" or _RELATIONS & _tokens(node, "rel"):
                yield str(node.tag), _attribute(node, "href")
        for node in self._tree.css(", ".join(_SHOWN)):
            for name in ("src", "poster"):
                if url := _attribute(node, name):
                    yield str(node.tag), url
            for candidate in _attribute(node, "srcset").split(", "):
                if url := candidate.strip().partition(" ")[0]:
                    yield str(node.tag), url


def _attribute(node: LexborNode, name: str) -> str:
    return node.attributes.get(name) or ""


def _tokens(node: LexborNode, name: str) -> set[str]:
    return set(_attribute(node, name).lower().split())


def _script(node: LexborNode) -> How | None:
    kind = _attribute(node, "type").strip().lower()
    if kind == "module":
        return How.MODULE
    if kind not in _CLASSIC:
        return None
    return How.FALLBACK if "nomodule" in node.attributes else How.SCRIPT


def _link(node: LexborNode) -> How | None:
    relations = _tokens(node, "rel")
    if "modulepreload" in relations:
        return How.MODULEPRELOAD
    if "stylesheet" in relations and "alternate" not in relations and "disabled" not in node.attributes:
        return How.STYLESHEET
    return How.PRELOAD if "preload" in relations else None
