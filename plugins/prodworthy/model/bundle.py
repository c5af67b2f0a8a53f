"""The bundle: every script, stylesheet and asset that a deployment's pages lead to, as it is really served."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from prodworthy.model.exchange import Gap
from prodworthy.model.measurement import Measurement
from prodworthy.model.target import Budgets

Measure = Literal["raw", "gzip", "brotli", "transferred"]


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
    PREFETCH = "<link rel=prefetch>"
    IMPORT = "import"
    DYNAMIC = "import()"
    DEPENDENCIES = "__vite__mapDeps"  # what Vite preloads before a dynamic import; names the chunk's stylesheets
    CHUNK = "__webpack_require__.u"  # webpack's table of chunks
    STYLE_CHUNK = "__webpack_require__.miniCssF"  # and of their stylesheets
    URL = "new URL()"
    WORKER = "new Worker()"
    WORKER_URL = "new Worker(new URL())"
    SERVICE_WORKER = "serviceWorker.register()"  # browsers ask again at least once a day, whatever its cache-control
    WORKLET = "addModule()"
    IMPORT_SCRIPTS = "importScripts()"
    NAME = "file name in a string"  # how bundlers hand the address of an imported image to the code
    CSS_IMPORT = "@import"
    CSS_URL = "url()"

    @property
    def eager(self) -> bool:
        """Whether a browser loads the file as soon as it has the one that mentions it."""
        return self in _EAGER

    @property
    def strict(self) -> bool:
        """Whether browsers demand the right media type of a file that is asked for so, with or without nosniff."""
        return self in _STRICT

    @property
    def apart(self) -> bool:
        """Whether the file runs in a world of its own, which cannot share modules with the page."""
        return self in _APART


_EAGER = {
    How.SCRIPT,
    How.MODULE,
    How.STYLESHEET,
    How.MODULEPRELOAD,
    How.PRELOAD,
    How.IMPORT,
    How.CSS_IMPORT,
    How.IMPORT_SCRIPTS,
}
_APART = {How.WORKER, How.WORKER_URL, How.SERVICE_WORKER, How.WORKLET, How.FALLBACK}
# modules: HTML, "fetch a single module script"; workers: "fetch a classic worker script" and importScripts()
_STRICT = (_APART | {How.MODULE, How.MODULEPRELOAD, How.IMPORT, How.DYNAMIC, How.IMPORT_SCRIPTS}) - {How.FALLBACK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A secret that is served to everybody."""

    what: str  # "Supabase secret key"
    shown: str  # a prefix of it, never the whole
    line: int  # from 1
    variable: str | None = None  # the variable of the build's environment whose name gives it away


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateFile:
    """A file that is served to everybody, though it belongs to whoever deploys."""

    url: str
    what: str  # "an environment file with DATABASE_URL", never a value


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """A sign of the back end that served code talks to: its address, or one of its public keys."""

    what: str  # "address", "anon key", "publishable key"
    ref: str | None  # the project; None: opaque keys, domains of one's own and local addresses do not tell
    shown: str  # the address, or a prefix of the key
    line: int  # from 1
    declared: bool | None = None  # whether it is the very key, or address, that the target names; None: it names none

    @property
    def key(self) -> bool:
        """Whether it is a key, not an address."""
        return self.what != "address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Integrity:
    """What a page demands of a file's bytes, and what they are (W3C Subresource Integrity, section 3.3)."""

    page: str  # URL of the document that demands it
    wanted: tuple[str, ...]  # of the strongest algorithm that is named: "sha384-..."; any of them will do
    got: str  # by the same algorithm

    @property
    def holds(self) -> bool:
        """Whether browsers take the file."""
        return self.got in self.wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """A package that browsers load more than once, as public source maps or licence comments tell."""

    package: str
    files: tuple[str, ...]  # URLs, at least two unless there are several copies
    copies: tuple[str, ...] = ()  # versions, or folders, when they differ
    size: int = 0  # bytes of its sources that are there once more than needed; 0: not known


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
    brotli: int = 0  # as served when that is brotli, else after brotli at quality 5; 0 for assets
    transferred: int  # bytes that crossed the wire
    markup: bool  # the body is an HTML document
    charset: str = ""  # of the content type, in lower case
    letters: Literal["ascii", "utf-8", "other"] = "ascii"  # what the body's bytes are

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
    strict: bool  # somebody asks for it in a way in which browsers insist on its media type
    delivery: Delivery | None  # None: not observed
    mentions: tuple[tuple[How, str], ...] = ()  # the files that it leads to: way and URL
    leaks: tuple[Leak, ...] = ()
    signs: tuple[Sign, ...] = ()
    integrity: tuple[Integrity, ...] = ()
    unresolved: tuple[str, ...] = ()  # what it imports statically, and browsers cannot find: "react", "node:fs"
    source_map: str | None = None  # its address, when everybody can fetch it; "inline" when it is part of the file


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One page as a way into the bundle."""

    page: str  # as declared
    url: str
    initial: tuple[str, ...]  # URLs of the files that the page loads without waiting for code to ask
    foreign: tuple[str, ...] = ()  # scripts and stylesheets of other origins: named, not asked for
    leaks: tuple[Leak, ...] = ()  # in the document itself
    signs: tuple[Sign, ...] = ()
    unresolved: tuple[str, ...] = ()  # what its inline scripts import, likewise


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What the declared pages load, may load later, and how it is served."""

    budgets: Budgets
    entries: tuple[Entry, ...] = ()
    files: tuple[File, ...] = ()  # initial ones first, then by path
    maps: tuple[tuple[str, tuple[Leak, ...]], ...] = ()  # public source maps: address and the secrets in them
    private: tuple[PrivateFile, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    project: str | None = None  # the Supabase project that the target names, where its address tells
    gaps: tuple[Gap, ...] = ()  # what could not be observed
    retries: tuple[Measurement, ...] = ()  # what took several tries

    @property
    def code(self) -> tuple[File, ...]:
        """What budgets count: scripts, stylesheets and the data that scripts import."""
        return tuple(file for file in self.files if file.kind is not Kind.ASSET)

    @property
    def sound(self) -> tuple[File, ...]:
        """The code that is really there."""
        return tuple(file for file in self.code if file.delivery and file.delivery.sound)

    def loaded_by(self, entry: Entry) -> tuple[File, ...]:
        """The code that a page loads without waiting for code to ask."""
        wanted = set(entry.initial)
        return tuple(file for file in self.code if file.url in wanted)

    def size(self, files: Iterable[File]) -> int:
        """Bytes of these files together, measured as the budgets say; what is not there counts nothing."""
        return sum(self.size_of(file) for file in files)

    def size_of(self, file: File) -> int:
        """Bytes of one file, measured as the budgets say."""
        return weight(file, self.budgets.measure)

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """Sizes in every measure; pages and the largest file as the budgets say; what took several tries."""
        unit = self.budgets.measure
        largest = max((self.size_of(file) for file in self.code), default=0)
        totals = (
            Measurement(what=f"total, {measure}", value=sum(weight(file, measure) for file in self.code), unit="B")
            for measure in (unit, *(each for each in MEASURES if each != unit))
        )
        pages = (
            Measurement(what=f"{entry.page} loads at first, {unit}", value=self.size(self.loaded_by(entry)), unit="B")
            for entry in self.entries
        )
        return (
            Measurement(what="files", value=len(self.code), unit=""),
            *totals,
            Measurement(what=f"largest file, {unit}", value=largest, unit="B"),
            *pages,
            *self.retries,
        )


MEASURES: tuple[Measure, ...] = ("raw", "gzip", "brotli", "transferred")


def weight(file: File, measure: Measure) -> int:
    """Bytes of one file; what is not there, or is not the file, weighs nothing."""
    if file.delivery is None or not file.delivery.sound:
        return 0
    size: int = getattr(file.delivery, measure)
    return size
