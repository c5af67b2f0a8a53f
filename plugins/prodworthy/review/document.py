"""What a served document says about its own protection, and what it loads from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urljoin

from prodworthy.model.elements import Element, elements

ACTIVE = (
    ("script", "src"),
    ("iframe", "src"),
    ("frame", "src"),
    ("embed", "src"),
    ("object", "data"),
    ("form", "action"),
    ("button", "formaction"),
    ("input", "formaction"),
)
PASSIVE = (
    ("img", "src"),
    ("audio", "src"),
    ("video", "src"),
    ("video", "poster"),
    ("source", "src"),
    ("track", "src"),
    ("input", "src"),
)
_LOADED = frozenset({"preload", "modulepreload", "manifest"})  # links whose target acts, besides stylesheets
_SHOWN = frozenset({"icon", "apple-touch-icon", "prefetch"})


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
    robots: tuple[str, ...]  # contents of meta elements named robots or googlebot
    code: tuple[Resource, ...]  # scripts and stylesheets
    active: tuple[Resource, ...]  # what can act on the page, code included
    passive: tuple[Resource, ...]  # images, sound and film
    fields: tuple[str, ...] = ()  # names of header fields that meta elements imitate, in lower case
    leaks: tuple[tuple[str, str], ...] = ()  # elements with a referrer policy of their own, and that policy
    charset: bool = False  # whether a meta element names the encoding
    controls: bool = False  # whether it holds a form that changes something


@lru_cache(maxsize=256)
def read(body: bytes, url: str) -> Document:
    """Read a document as browsers do; `url` is its own address, for resolving."""
    found = elements(body)
    base = next((each.get("href") for each in found if each.tag == "base" and each.get("href")), "")
    reader = _Reader(elements=found, base=_joined(url, base))
    scripts = tuple(reader.resources([("script", "src")]))
    styles = tuple(reader.links(frozenset({"stylesheet"})))
    return Document(
        policies=tuple(reader.metas("http-equiv", "content-security-policy")),
        referrers=tuple(reader.metas("name", "referrer")),
        robots=(*reader.metas("name", "robots"), *reader.metas("name", "googlebot")),
        code=scripts + styles,
        active=(*reader.resources(ACTIVE), *styles, *reader.links(_LOADED)),
        passive=(*reader.resources(PASSIVE), *reader.candidates(), *reader.links(_SHOWN)),
        fields=tuple(each.get("http-equiv").strip().lower() for each in found if _imitates(each)),
        leaks=tuple(
            (each.tag, each.get("referrerpolicy").strip().lower()) for each in found if each.get("referrerpolicy")
        ),
        charset=any(each.tag == "meta" and _names_charset(each) for each in found),
        controls=any(_changes_something(each) for each in found),
    )


def _imitates(element: Element) -> bool:
    return element.tag == "meta" and "http-equiv" in element.attributes


def _names_charset(element: Element) -> bool:
    declared = element.get("http-equiv").strip().lower() == "content-type" and "charset=" in element.get("content")
    return "charset" in element.attributes or declared


def _changes_something(element: Element) -> bool:
    if element.tag == "form":
        return element.get("method").strip().lower() == "post"
    return element.tag == "input" and element.get("type").strip().lower() == "password"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    elements: tuple[Element, ...]
    base: str

    def metas(self, attribute: str, value: str) -> Iterator[str]:
        # outside the head they have no effect
        for each in self.elements:
            if each.tag == "meta" and each.head and each.get(attribute).strip().lower() == value:
                yield each.get("content")

    def resources(self, attributes: Iterable[tuple[str, str]]) -> Iterator[Resource]:
        for tag, attribute in attributes:
            for each in self.elements:
                if each.tag == tag and attribute in each.attributes:
                    yield self._resource(each, each.get(attribute))

    def links(self, relations: frozenset[str]) -> Iterator[Resource]:
        for each in self.elements:
            if each.tag == "link" and "href" in each.attributes and relations & each.words("rel"):
                yield self._resource(each, each.get("href"))

    def candidates(self) -> Iterator[Resource]:
        for each in self.elements:
            if each.tag in {"img", "source"}:
                for candidate in each.get("srcset").split(", "):
                    if address := candidate.strip().partition(" ")[0]:
                        yield self._resource(each, address)

    def _resource(self, element: Element, address: str) -> Resource:
        return Resource(
            element=element.tag,
            url=_joined(self.base, address.strip()),
            integrity=element.attributes.get("integrity"),
            crossorigin="crossorigin" in element.attributes,
        )


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address)
    except ValueError:  # "https://[": browsers load nothing from it either
        return base
