"""The graph: which files a page loads at once and which later, once everything was followed."""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from prodworthy.evidence.bundle import packages
from prodworthy.evidence.bundle.addresses import Mention
from prodworthy.evidence.bundle.reading import NOTHING, Contents
from prodworthy.evidence.markup import origin
from prodworthy.model import Cause, Gap
from prodworthy.model.bundle import Delivery, Duplicate, Entry, File, How, Integrity, Kind
from prodworthy.model.pages import ServedPage

_ALGORITHMS = ("sha512", "sha384", "sha256")  # strongest first (Subresource Integrity, section 3.3.4)


@dataclass(slots=True)
class Found:
    """One file while the crawl lasts."""

    kind: Kind
    delivery: Delivery | None = None
    contents: Contents = NOTHING
    source_map: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Pages, and the files that they lead to by URL."""

    entries: Mapping[str, tuple[ServedPage, Contents]]  # by declared path
    files: Mapping[str, Found]

    def told(self, bodies: Mapping[str, bytes]) -> tuple[tuple[Entry, ...], tuple[File, ...], tuple[Duplicate, ...]]:
        """Entries by path, files with the initial ones first, and the packages that are there twice."""
        entries = tuple(self._entry(page, contents) for _, (page, contents) in sorted(self.entries.items()))
        files = tuple(sorted(self._reached(bodies), key=lambda file: (not file.initial, file.path)))
        apart = self._apart()
        shared = {
            file.url: self.files[file.url].contents.packages
            for file in files
            if file.kind is Kind.SCRIPT and file.url not in apart
        }
        return entries, files, tuple(packages.duplicates(shared))

    def _entry(self, page: ServedPage, contents: Contents) -> Entry:
        own = origin(page.url)
        loaded = [(how, url) for how, url in contents.mentions if how.eager]
        return Entry(
            page=page.page.path,
            url=page.url,
            initial=tuple(url for _, url, _ in self._walk([(page.url, loaded)], _eager)),
            foreign=tuple(dict.fromkeys(url for _, url in loaded if origin(url) != own)),
            leaks=contents.leaks,
            signs=contents.signs,
            unresolved=contents.unresolved,
        )

    def _reached(self, bodies: Mapping[str, bytes]) -> Iterator[File]:
        """Every file with the way in which it was first reached: eager ways from all pages, then the others."""
        starts = [(page.url, contents.mentions) for _, (page, contents) in sorted(self.entries.items())]
        ways: dict[str, tuple[How, str, bool]] = {}
        for follows in (_eager, _always):
            for how, url, importer in self._walk(starts, follows):
                ways.setdefault(url, (how, importer, follows is _eager))
        strict = {url for mentions in self._all_mentions() for how, url in mentions if how.strict}
        demanded = self._demanded()
        for url, (how, importer, initial) in ways.items():
            found = self.files[url]
            sound = found.delivery is not None and found.delivery.sound
            yield File(
                url=url,
                path=_path(url),
                kind=found.kind,
                how=how,
                importer=importer,
                initial=initial,
                strict=url in strict and found.kind is not Kind.ASSET,
                delivery=found.delivery,
                mentions=tuple(each for each in found.contents.mentions if each[1] in self.files),
                leaks=found.contents.leaks,
                signs=found.contents.signs,
                integrity=tuple(_checked(bodies.get(url, b""), demanded[url])) if sound and url in demanded else (),
                unresolved=found.contents.unresolved,
                source_map=found.source_map,
            )

    def _walk(
        self, starts: Iterable[tuple[str, Iterable[Mention]]], follows: Callable[[How], bool]
    ) -> Iterator[tuple[How, str, str]]:
        """Breadth first from documents, as (way, URL, importer), each file once; over some ways only."""
        seen: set[str] = set()
        waiting = deque(starts)
        while waiting:
            importer, mentions = waiting.popleft()
            for how, url in mentions:
                if url in self.files and url not in seen and follows(how):
                    seen.add(url)
                    yield how, url, importer
                    waiting.append((url, self.files[url].contents.mentions))

    def _all_mentions(self) -> Iterator[tuple[Mention, ...]]:
        yield from (contents.mentions for _, contents in self.entries.values())
        yield from (found.contents.mentions for found in self.files.values())

    def _demanded(self) -> dict[str, list[tuple[str, str]]]:
        """What pages demand of files' bytes: URL -> page and metadata."""
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for _, (page, contents) in sorted(self.entries.items()):
            for url, metadata in contents.integrity:
                found[url].append((page.url, metadata))
        return found

    def _apart(self) -> set[str]:
        """The files that only workers run, or browsers without modules: they cannot share what the page has."""
        starts = [(page.url, contents.mentions) for page, contents in self.entries.values()]
        shared = {url for _, url, _ in self._walk(starts, lambda how: not how.apart)}
        return self.files.keys() - shared


def _eager(how: How) -> bool:
    return how.eager


def _always(_: How) -> bool:
    return True


def elsewhere(entries: Iterable[Entry], files: Iterable[File]) -> Iterator[Gap]:
    """What is missing when all code comes from other origins."""
    origins = sorted({origin(url) for entry in entries for url in entry.foreign})
    if origins and all(file.kind is Kind.ASSET for file in files):
        why = f"all of it comes from {', '.join(origins[:3])}, and only the target's own origin is looked at"
        yield Gap(what="the bundle", why=why, cause=Cause.CONFIGURATION)


def _checked(body: bytes, demands: Iterable[tuple[str, str]]) -> Iterator[Integrity]:
    """Metadata without an algorithm that browsers know demands nothing."""
    for page, metadata in demands:
        hashes = [each.partition("?")[0] for each in metadata.split()]
        for algorithm in _ALGORITHMS:
            if wanted := tuple(each for each in hashes if each.lower().startswith(f"{algorithm}-")):
                digest = base64.b64encode(hashlib.new(algorithm, body).digest()).decode()
                given = tuple(f"{algorithm}-{_standard(each.partition('-')[2])}" for each in wanted)
                yield Integrity(page=page, wanted=given, got=f"{algorithm}-{digest}")
                break


def _standard(value: str) -> str:
    """Base64 as we write it ourselves; the URL-safe alphabet is allowed too."""
    return value.replace("-", "+").replace("_", "/")


def _path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")
