"""The bundle: every script, stylesheet and asset that a deployment's pages lead to, as it is really served."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from prodworthy.model.exchange import Gap
from prodworthy.model.measurement import Measurement
from prodworthy.model.target import Budgets


class Kind(StrEnum):
    """What a file is used as, whatever its server calls it."""

    SCRIPT = "script"
    STYLE = "style"
    DATA = "data"  # JSON and WebAssembly that scripts import
    ASSET = "asset"  # images, fonts, media: asked for by HEAD, not counted in budgets


class How(StrEnum):
    """The way in which one file mentions another."""

    SCRIPT = "<script>"
    MODULE = "<script type=module>"
    FALLBACK = "<script nomodule>"  # browsers that know modules never load it
    STYLESHEET = "<link rel=stylesheet>"
    MODULEPRELOAD = "<link rel=modulepreload>"
    PRELOAD = "<link rel=preload>"
    IMPORT = "import"
    DYNAMIC = "import()"
    DEPENDENCIES = "__vite__mapDeps"  # what Vite preloads before a dynamic import; names the chunk's stylesheets
    URL = "new URL()"
    WORKER = "worker"
    NAME = "file name in a string"  # how Vite hands the address of an imported image to the code
    CSS_IMPORT = "@import"
    CSS_URL = "url()"

    @property
    def eager(self) -> bool:
        """Whether a browser loads the file as soon as it has the one that mentions it."""
        return self in _EAGER

    @property
    def module(self) -> bool:
        """Whether the file is asked for as a module, for which browsers demand a JavaScript type."""
        return self in _MODULE


_EAGER = {
    How.SCRIPT,
    How.MODULE,
    How.STYLESHEET,
    How.MODULEPRELOAD,
    How.PRELOAD,
    How.IMPORT,
    How.CSS_IMPORT,
}
_MODULE = {How.MODULE, How.MODULEPRELOAD, How.IMPORT, How.DYNAMIC}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A secret that is served to everybody."""

    what: str  # "Supabase secret key"
    shown: str  # a prefix of it, never the whole
    line: int  # from 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How one file came over the wire."""

    status: int
    media_type: str
    encoding: str  # content-encoding, in lower case; empty: none
    cache_control: str
    nosniff: bool  # x-content-type-options: the type is binding, also for classic scripts
    raw: int  # bytes of the body, decoded
    gzip: int  # bytes of it after gzip at zlib's default level, which is what Vite's build prints; 0 for assets
    transferred: int  # bytes that crossed the wire
    markup: bool  # the body is an HTML document

    @property
    def sound(self) -> bool:
        """Whether it is the file that was asked for, not an error page or the fallback of a single-page app."""
        return self.status == 200 and not self.markup


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of the bundle."""

    url: str
    path: str  # with the query, without the origin: how it is shown
    kind: Kind
    how: How  # the way in which it was first reached; eager ways before lazy ones
    importer: str  # URL of the page or file that mentions it so
    initial: bool  # some page loads it without waiting for code to ask
    module: bool  # somebody asks for it as a module
    delivery: Delivery | None  # None: not observed
    mentions: tuple[tuple[How, str], ...] = ()  # the files that it leads to: way and URL
    leaks: tuple[Leak, ...] = ()
    source_map: str | None = None  # its address, when everybody can fetch it; "inline" when it is part of the file


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One page as a way into the bundle."""

    page: str  # as declared
    url: str
    initial: tuple[str, ...]  # URLs of the files that the page loads without waiting for code to ask
    foreign: tuple[str, ...] = ()  # scripts and stylesheets of other origins: named, not asked for
    leaks: tuple[Leak, ...] = ()  # in the document itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What the declared pages load, may load later, and how it is served."""

    budgets: Budgets
    entries: tuple[Entry, ...] = ()
    files: tuple[File, ...] = ()  # initial ones first, then by path
    maps: tuple[tuple[str, tuple[Leak, ...]], ...] = ()  # public source maps: address and the secrets in them
    gaps: tuple[Gap, ...] = ()  # what could not be observed
    retries: tuple[Measurement, ...] = ()  # what took several tries

    @property
    def code(self) -> tuple[File, ...]:
        """What budgets count: scripts, stylesheets and the data that scripts import."""
        return tuple(file for file in self.files if file.kind is not Kind.ASSET)

    def loaded_by(self, entry: Entry) -> tuple[File, ...]:
        """The code that a page loads without waiting for code to ask."""
        wanted = set(entry.initial)
        return tuple(file for file in self.code if file.url in wanted)

    def size(self, files: Iterable[File]) -> int:
        """Bytes of these files together, measured as the budgets say; what is not there counts nothing."""
        return sum(self.size_of(file) for file in files)

    def size_of(self, file: File) -> int:
        """Bytes of one file, measured as the budgets say."""
        if file.delivery is None or not file.delivery.sound:
            return 0
        return file.delivery.gzip if self.budgets.measure == "gzip" else file.delivery.transferred

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """Sizes as the budgets measure them, and what took several tries."""
        unit = self.budgets.measure
        largest = max((self.size_of(file) for file in self.code), default=0)
        pages = (
            Measurement(what=f"{entry.page} loads at first, {unit}", value=self.size(self.loaded_by(entry)), unit="B")
            for entry in self.entries
        )
        return (
            Measurement(what="files", value=len(self.code), unit=""),
            Measurement(what=f"total, {unit}", value=self.size(self.code), unit="B"),
            Measurement(what="total, raw", value=self._raw, unit="B"),
            Measurement(what=f"largest file, {unit}", value=largest, unit="B"),
            *pages,
            *self.retries,
        )

    @property
    def _raw(self) -> int:
        return sum(file.delivery.raw for file in self.code if file.delivery and file.delivery.sound)
