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

    base: str  # what its addresses are relative to: its own, or that of <base>
    title: str | None  # None: there is no title element
    language: str | None
    viewport: str | None
    description: str | None
    encoded: bool  # content-type, a byte order mark or a meta element names the encoding
    canonicals: tuple[str, ...]  # as written, each once
    refresh: str | None  # what <meta http-equiv="refresh"> says
    headings: tuple[tuple[int, str], ...]  # level and text, in order
    prose: int  # characters that people can read before any script has run


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document, and all the declared pages that were answered with exactly these bytes."""

    urls: tuple[str, ...]  # behind redirects, in the order of declaration
    paths: tuple[str, ...] = ()  # as declared
    status: int
    declared_status: int
    media_type: str
    size: int  # bytes
    facts: Facts | None  # None: it is not HTML, or empty
    messages: tuple[Message, ...] | None  # None: not validated
    unsaid: int = 0  # messages beyond those that are kept
    unknown: bool = False  # what the app answers for a path that does not exist
    rendered: bool = False  # not what was served, but what the browser made of it

    @property
    def where(self) -> str:
        """How findings name it."""
        return f"{self.urls[0]} (rendered)" if self.rendered else self.urls[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One address of the target's own that documents lead to, asked once."""

    url: str
    element: str  # "a", "img", ...
    pages: tuple[str, ...]  # URLs of the documents that name it
    status: int | None  # None: not observed
    media_type: str = ""
    loop: bool = False  # it redirects for ever
    moved: str | None = None  # where a permanent redirect leads


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """A link to a place inside a declared page that has no such place."""

    page: str  # URL of the document that names it
    url: str
    fragment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Downgrade:
    """A link of a page that came over TLS to the app's own plain HTTP side."""

    page: str  # URL of the document that names it
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """Documents of a target: every declared page and the answer for a path that does not exist, or the rendered."""

    markup: Markup
    hosts: tuple[str, ...] = ()  # the target's own
    engine: Engine | None  # None: nothing was validated, see the gaps
    documents: tuple[Document, ...] = ()
    links: tuple[Link, ...] = ()
    lost_fragments: tuple[Fragment, ...] = ()
    downgrades: tuple[Downgrade, ...] = ()
    gaps: tuple[Gap, ...] = ()  # what could not be observed
    retried: tuple[Measurement, ...] = ()  # what took several tries

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """How many messages of each level the checker had, and what took several tries."""
        return (*(self._count(level) for level in (Level.ERROR, Level.WARNING) if self.engine), *self.retried)

    def _count(self, level: Level) -> Measurement:
        said = [message for each in self.documents for message in each.messages or () if message.level is level]
        rendered = " of rendered pages" if any(each.rendered for each in self.documents) else ""
        return Measurement(what=f"{level}s{rendered} by the HTML checker", value=len(said), unit="")
