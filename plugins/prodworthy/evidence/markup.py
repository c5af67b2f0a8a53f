"""Markup: one HTML document, read as browsers read it, and what it leads to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from urllib.parse import urldefrag, urljoin, urlsplit

from prodworthy.model.bundle import How
from prodworthy.model.elements import Element, elements

# https://mimesniff.spec.whatwg.org/#javascript-mime-type, as far as anybody writes them into a type attribute
_CLASSIC = {"", "text/javascript", "application/javascript", "application/x-javascript", "text/ecmascript"}
_SHOWN = {"img", "source", "video", "audio", "track", "iframe", "embed"}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_RELATIONS = frozenset(
    {"icon", "apple-touch-icon", "manifest", "canonical", "alternate", "next", "prev", "help", "license"}
)


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
        self._elements = elements(body)
        base = next((each.get("href") for each in self._tagged("base") if "href" in each.attributes), "")
        self.base = resolved(url, base) or url

    def _tagged(self, *tags: str) -> Iterator[Element]:
        return (each for each in self._elements if each.tag in tags)

    # what it loads

    def mentions(self) -> Iterator[tuple[How, str]]:
        """The scripts, stylesheets and preloads that the document names, as (way, URL as written)."""
        for each in self._tagged("script"):
            if (how := _script(each)) is not None and (source := each.get("src") or _legacy(each, how)):
                yield how, source
        for each in self._tagged("link"):
            if "href" in each.attributes and (how := _link(each)) is not None:
                yield how, each.get("href")

    def scripts(self) -> Iterator[bytes]:
        """The sources of inline scripts."""
        for each in self._tagged("script"):
            if "src" not in each.attributes and _script(each) is not None:
                yield each.text.encode()

    def styles(self) -> Iterator[bytes]:
        """The sources of inline stylesheets."""
        for each in self._tagged("style"):
            yield each.text.encode()

    def import_maps(self) -> Iterator[str]:
        """The sources of import maps."""
        for each in self._tagged("script"):
            if each.get("type").strip().lower() == "importmap" and "src" not in each.attributes:
                yield each.text

    def integrity(self) -> Iterator[tuple[str, str]]:
        """What is demanded of the bytes of scripts and stylesheets, as (URL as written, metadata)."""
        for each in self._tagged("script", "link"):
            if each.tag == "link" and _link(each) not in {How.STYLESHEET, How.MODULEPRELOAD}:
                continue
            address = each.get("href" if each.tag == "link" else "src")
            if address and each.get("integrity").strip():
                yield address, each.get("integrity")

    # what it is

    @property
    def title(self) -> str | None:
        """The text of the title element; None when there is none."""
        return next((" ".join(each.text.split()) for each in self._tagged("title") if each.head), None)

    @property
    def language(self) -> str | None:
        """The lang attribute of the root element."""
        return next((each.attributes["lang"] for each in self._tagged("html") if "lang" in each.attributes), None)

    def meta(self, name: str) -> str | None:
        """The content of the meta element of that name."""
        return next((each.get("content") for each in self._tagged("meta") if each.get("name").lower() == name), None)

    @property
    def canonical(self) -> str | None:
        """The canonical address, resolved."""
        links = (each for each in self._tagged("link") if "href" in each.attributes)
        return next((resolved(self.base, each.get("href")) for each in links if "canonical" in each.words("rel")), None)

    @property
    def headings(self) -> tuple[tuple[int, str], ...]:
        """Level and text of every heading, in order."""
        found = self._tagged(*_HEADINGS)
        return tuple((_HEADINGS[each.tag], " ".join(each.text.split())[:120]) for each in found)

    @property
    def unnamed_images(self) -> int:
        """How many images have no alt attribute."""
        return sum("alt" not in each.attributes for each in self._tagged("img"))

    @property
    def ids(self) -> Counter[str]:
        """How often each id is used; names of anchors count as ids do for fragments."""
        named = Counter(each.get("id") for each in self._elements if "id" in each.attributes)
        return named + Counter({each.get("name") for each in self._tagged("a") if "name" in each.attributes})

    def links(self) -> Iterator[tuple[str, str]]:
        """Every address that people or the page itself follow, as (element, URL as written)."""
        for each in self._tagged("a", "area", "link"):
            if "href" in each.attributes and (each.tag != "link" or _RELATIONS & each.words("rel")):
                yield each.tag, each.get("href")
        for each in self._tagged(*_SHOWN):
            for url in (each.get("src"), each.get("poster"), *_candidates(each.get("srcset"))):
                if url:
                    yield each.tag, url


def _candidates(srcset: str) -> Iterator[str]:
    for candidate in srcset.split(", "):
        yield candidate.strip().partition(" ")[0]


def _script(element: Element) -> How | None:
    kind = element.get("type").strip().lower()
    if kind == "module":
        return How.MODULE
    if kind not in _CLASSIC:
        return None
    return How.FALLBACK if "nomodule" in element.attributes else How.SCRIPT


def _legacy(element: Element, how: How) -> str:
    """Where @vitejs/plugin-legacy names its entry: an inline script for old browsers reads it from there."""
    return element.get("data-src") if how is How.FALLBACK else ""


def _link(element: Element) -> How | None:
    relations = element.words("rel")
    if "modulepreload" in relations:
        return How.MODULEPRELOAD
    if "stylesheet" in relations and "alternate" not in relations and "disabled" not in element.attributes:
        return How.STYLESHEET
    if "preload" in relations:
        return How.PRELOAD
    return How.PREFETCH if "prefetch" in relations else None
