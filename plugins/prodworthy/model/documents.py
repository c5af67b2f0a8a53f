"""The declared pages as documents: what the reference checker says of them, and what pages need beyond that."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from prodworthy.model.exchange import Gap
from prodworthy.model.measurement import Measurement
from prodworthy.model.target import Markup


class Level(StrEnum):
    """How much the checker makes of a message."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Who validated."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing that the checker said about one document."""

    level: Level
    text: str
    line: int  # from 1; 0: of the document as a whole
    column: int  # from 1, of the last character it is about
    extract: str  # of the markup around it


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a page says of itself."""

    title: str | None  # None: there is no title element
    language: str | None
    viewport: str | None
    canonical: str | None
    headings: tuple[tuple[int, str], ...]  # level and text, in order
    unnamed_images: int  # without alt


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document, and all the declared pages that were answered with exactly these bytes."""

    urls: tuple[str, ...]  # behind redirects, in the order of declaration
    status: int
    declared_status: int
    media_type: str
    size: int  # bytes
    facts: Facts | None  # None: it is not HTML, or empty
    messages: tuple[Message, ...] | None  # None: not validated
    unsaid: int = 0  # messages beyond those that are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One address of the target's own that documents lead to, asked once."""

    url: str
    element: str  # "a", "img", ...
    pages: tuple[str, ...]  # URLs of the documents that name it
    status: int | None  # None: not observed
    media_type: str = ""
    loop: bool = False  # it redirects for ever


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """A link to a place inside a declared page that has no such place."""

    page: str  # URL of the document that names it
    url: str
    fragment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """Every declared page as markup."""

    markup: Markup
    engine: Engine | None  # None: nothing was validated, see the gaps
    documents: tuple[Document, ...] = ()
    links: tuple[Link, ...] = ()
    lost_fragments: tuple[Fragment, ...] = ()
    gaps: tuple[Gap, ...] = ()  # what could not be observed
    measured: tuple[Measurement, ...] = ()  # what took several tries
