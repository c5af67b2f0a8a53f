"""What a served document says about its own protection, and what it loads from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urljoin

from prodworthy.model.elements import Element, elements

ACTIVE = {"script": "src", "iframe": "src", "embed": "src", "object": "data", "form": "action"}
PASSIVE = {"img": "src", "audio": "src", "video": "src", "source": "src", "track": "src"}


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


@lru_cache(maxsize=256)
def read(body: bytes, url: str) -> Document:
    """Read a document as browsers do; `url` is its own address, for resolving."""
    found = elements(body)
    base = next((each.get("href") for each in found if each.tag == "base" and each.get("href")), "")
    reader = _Reader(elements=found, base=_joined(url, base))
    scripts = tuple(reader.resources({"script": "src"}))
    styles = tuple(reader.stylesheets())
    return Document(
        policies=tuple(reader.metas("http-equiv", "content-security-policy")),
        referrers=tuple(reader.metas("name", "referrer")),
        robots=(*reader.metas("name", "robots"), *reader.metas("name", "googlebot")),
        code=scripts + styles,
        active=tuple(reader.resources(ACTIVE)) + styles,
        passive=tuple(reader.resources(PASSIVE)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    elements: tuple[Element, ...]
    base: str

    def metas(self, attribute: str, value: str) -> Iterator[str]:
        # outside the head they have no effect
        for each in self.elements:
            if each.tag == "meta" and each.head and each.get(attribute).strip().lower() == value:
                yield each.get("content")

    def resources(self, attributes: dict[str, str]) -> Iterator[Resource]:
        for tag, attribute in attributes.items():
            for each in self.elements:
                if each.tag == tag and attribute in each.attributes:
                    yield self._resource(each, attribute)

    def stylesheets(self) -> Iterator[Resource]:
        for each in self.elements:
            if each.tag == "link" and "href" in each.attributes and "stylesheet" in each.words("rel"):
                yield self._resource(each, "href")

    def _resource(self, element: Element, attribute: str) -> Resource:
        return Resource(
            element=element.tag,
            url=_joined(self.base, element.get(attribute).strip()),
            integrity=element.attributes.get("integrity"),
            crossorigin="crossorigin" in element.attributes,
        )


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address)
    except ValueError:  # "https://[": browsers load nothing from it either
        return base
