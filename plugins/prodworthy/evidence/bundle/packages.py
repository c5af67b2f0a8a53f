"""Packages: which of npm's a file is made of, as source maps and licence comments tell, and which are there twice."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from prodworthy.model.bundle import Duplicate

_FOLDER = re.compile(r"^(.*(?:^|/)node_modules/((?:@[^/]+/)?[^/@][^/]*))/(.+)$", re.DOTALL)
_PNPM = re.compile(r"/\.pnpm/((?:@[^/+]+\+)?[^/@]+@[^/_(]+)[^/]*/node_modules/")
# "/*! Chart.js v4.6.1", "/** @license lucide v1.65.0": name and version in a comment that minifiers keep
_COMMENT = re.compile(
    rb"/\*[!*](?:[\s*]|@license\b|@preserve\b)*+"
    rb"((?:@[\w.-]{1,60}/)?[A-Za-z][\w.-]{1,60}) +[vV](\d{1,4}\.\d{1,4}\.\d[\w.+-]{0,40})"
)


@dataclass(frozen=True, slots=True)
class Found:
    """The packages of one file."""

    versions: frozenset[tuple[str, str]] = frozenset()  # name in lower case and version, of comments
    sources: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # package's folder -> source -> bytes


NONE = Found()


def in_comments(source: bytes) -> Found:
    """What licence comments tell."""
    if b"/*" not in source:
        return NONE
    found = _COMMENT.findall(source)
    return Found(frozenset((name.decode().lower(), version.decode()) for name, version in found)) if found else NONE


def in_map(source: bytes) -> Found:
    """What a source map tells (ECMA-426, section 4); nothing when it is not one."""
    try:
        document = json.loads(source)
        paths, texts = document["sources"], document.get("sourcesContent") or []
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return NONE
    if not isinstance(paths, list) or not isinstance(texts, list):
        return NONE
    folders: dict[str, dict[str, int]] = defaultdict(dict)
    for number, path in enumerate(paths):
        if isinstance(path, str) and (found := _FOLDER.match(path.partition("?")[0])):
            written = texts[number] if number < len(texts) else ""
            folder = _from_modules(found[1])
            folders[folder][found[3]] = len(written) if isinstance(written, str) else 0
    return Found(sources=folders)


def duplicates(files: Mapping[str, Found]) -> Iterator[Duplicate]:
    """The packages that are there more than once. Files: those that may share modules with each other, by URL."""
    folders: dict[str, dict[str, Mapping[str, int]]] = defaultdict(dict)
    versions: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for url, found in sorted(files.items()):
        for folder, sources in found.sources.items():
            folders[folder][url] = sources
        for name, version in found.versions:
            versions[name][version].add(url)
    told = [*_same_folder(folders), *_several_folders(folders)]
    yield from told
    names = {each.package.lower() for each in told}
    for name, copies in sorted(versions.items()):
        if len(copies) > 1 and name not in names:
            urls = sorted({url for each in copies.values() for url in each})
            yield Duplicate(package=name, files=tuple(urls), copies=tuple(sorted(copies)))


def _same_folder(folders: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Iterator[Duplicate]:
    """One copy of a package, whose very same sources went into several files."""
    for folder, places in sorted(folders.items()):
        shared: dict[str, list[str]] = defaultdict(list)
        for url, sources in places.items():
            for source in sources:
                shared[source].append(url)
        twice = {source: urls for source, urls in shared.items() if len(urls) > 1}
        if twice:
            size = sum(places[urls[0]][source] * (len(urls) - 1) for source, urls in twice.items())
            yield Duplicate(package=_name(folder), files=_urls(twice.values()), size=size)


def _several_folders(folders: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Iterator[Duplicate]:
    """Several copies of a package, as its dependants demand different versions."""
    copies: dict[str, list[str]] = defaultdict(list)
    for folder in sorted(folders):
        copies[_name(folder)].append(folder)
    for name, each in copies.items():
        if len(each) > 1:
            sizes = sorted(sum(size for file in folders[one].values() for size in file.values()) for one in each)
            yield Duplicate(
                package=name, files=_urls(folders[one] for one in each), copies=tuple(each), size=sum(sizes[:-1])
            )


def _urls(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(sorted({url for group in groups for url in group}))


def _from_modules(folder: str) -> str:
    """The folder without what is above: "node_modules/a/node_modules/b"; pnpm's with the version that it names."""
    if versioned := _PNPM.search(folder):
        return f"node_modules/{versioned[1].replace('+', '/')}"
    return folder[folder.index("node_modules/") :]


def _name(folder: str) -> str:
    last = folder.rpartition("node_modules/")[2]
    head, at, _ = last.rpartition("@")
    return head if at and head else last
