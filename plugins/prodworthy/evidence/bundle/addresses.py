"""Addresses: where the mentions in a document, a script or a stylesheet lead."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from prodworthy.evidence.markup import resolved
from prodworthy.model.bundle import How

Mention = tuple[How, str]  # way and absolute URL
Mapped = Mapping[str, str | None]  # specifier -> URL; None: the map forbids it

_URL_LIKE = re.compile(r"\.{0,2}/|[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_MAPPED = {How.IMPORT, How.DYNAMIC, How.DEPENDENCIES}
_OF_DOCUMENT = {How.WORKER, How.SERVICE_WORKER, How.WORKLET}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportMap:
    """What a document says of the modules that its scripts import (HTML, section 8.1.6, "Import maps")."""

    imports: Mapped = field(default_factory=dict)
    scopes: Mapping[str, Mapped] = field(default_factory=dict)  # URL of an importer, or of a folder of them
    integrity: Mapping[str, str] = field(default_factory=dict)  # URL -> metadata

    def address(self, specifier: str, importer: str) -> str | None:
        """The URL of an imported module; None: not one of http(s), or a bare name that is not mapped."""
        url = resolved(importer, specifier) if _URL_LIKE.match(specifier) else None
        name = url or specifier
        for scope in sorted(self.scopes, reverse=True):
            if scope == importer or (scope.endswith("/") and importer.startswith(scope)):
                known, mapped = _match(name, self.scopes[scope])
                if known:
                    return mapped
        known, mapped = _match(name, self.imports)
        return mapped if known else url


def import_map(base: str, sources: Iterable[str]) -> ImportMap:
    """The import maps of a document as one: what an earlier one says holds. What is not valid is left out."""
    imports: dict[str, str | None] = {}
    scopes: dict[str, dict[str, str | None]] = {}
    integrity: dict[str, str] = {}
    for source in sources:
        written = _table(_json(source))
        for name, url in _rules(base, written.get("imports")):
            imports.setdefault(name, url)
        for scope, rules in _table(written.get("scopes")).items():
            if place := resolved(base, scope):
                for name, url in _rules(base, rules):
                    scopes.setdefault(place, {}).setdefault(name, url)
        for name, metadata in _table(written.get("integrity")).items():
            if isinstance(metadata, str) and (url := _resolved(base, name)):
                integrity.setdefault(url, metadata)
    return ImportMap(imports=imports, scopes=scopes, integrity=integrity)


def _rules(base: str, written: object) -> Iterator[tuple[str, str | None]]:
    for name, address in _table(written).items():
        url = _resolved(base, address) if isinstance(address, str) else None
        if url and name.endswith("/") and not url.endswith("/"):
            url = None
        if name:
            yield _resolved(base, name) or name, url


def _match(name: str, rules: Mapped) -> tuple[bool, str | None]:
    if name in rules:
        return True, rules[name]
    best = max((each for each in rules if each.endswith("/") and name.startswith(each)), key=len, default=None)
    if best is None:
        return False, None
    folder = rules[best]
    return True, resolved(folder, name[len(best) :]) if folder else None


def _resolved(base: str, written: str) -> str | None:
    return resolved(base, written) if _URL_LIKE.match(written) else None


def _json(source: str) -> object:
    try:
        return json.loads(source)
    except (ValueError, RecursionError):
        return None


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a script's addresses depend on besides its own: the document that runs it."""

    base: str
    imports: ImportMap = ImportMap()

    def address(self, how: How, specifier: str, url: str) -> str | None:
        """Where a mention in the script at `url` leads; each way has a base of its own."""
        address = self._address(how, specifier, url)
        if how is How.DEPENDENCIES and address:  # as import.meta.resolve() would
            return self.imports.address(address, url)
        return address

    def unresolved(self, how: How, specifier: str, url: str) -> bool:
        """Whether a script imports what browsers cannot find, so that it does not start at all."""
        known = specifier.startswith(("data:", "blob:")) or not specifier
        return how is How.IMPORT and not known and self.imports.address(specifier, url) is None

    def _address(self, how: How, specifier: str, url: str) -> str | None:
        if how in _MAPPED and how is not How.DEPENDENCIES:
            return self.imports.address(specifier, url)
        if how is How.DEPENDENCIES and not specifier.startswith("."):
            return resolved(_root(specifier, url, self.base), specifier)
        if how in _OF_DOCUMENT:
            return resolved(self.base, specifier)
        if how is How.URL and (specifier.endswith("/") or specifier.strip(".") == ""):
            return None  # a folder, to build other addresses from
        if how is How.NAME and specifier.split("/")[1] != urlsplit(url).path.split("/")[1]:
            return None  # only files beside the script's own are surely the build's
        return resolved(url, specifier)


def absolute(base: str, mentions: Iterable[tuple[How, str]]) -> Iterator[Mention]:
    """What a document or stylesheet mentions, as far as it is an address."""
    for how, specifier in mentions:
        written = specifier.strip()
        if written and not written.startswith("#") and (url := resolved(base, written)):
            yield how, url


def _root(specifier: str, url: str, base: str) -> str:
    """What Vite's `base` must have been: the part of the script's own address before the folder that both share."""
    folder = f"/{specifier.partition('/')[0]}/"
    path = urlsplit(url).path
    return urljoin(url, path[: path.rindex(folder) + 1]) if folder in path else base
