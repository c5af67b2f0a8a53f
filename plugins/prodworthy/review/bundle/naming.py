"""Names: what a file's name says of its content, and how places and sizes are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from prodworthy.model.bundle import File

_SUFFIX = re.compile(r"(?:\.(?:chunk|bundle|min|module|legacy))*\.\w+$")
_HASH = re.compile(r"(?:^|[-._])([A-Za-z0-9_-]{8})$|[-._]([A-Za-z0-9]{8,64})$")
# https://semver.org/#backusnaur-form-grammar-for-valid-semver-versions, whole: a major version alone moves on
_VERSION = re.compile(r"(?:^|[/@._-])v?\d{1,5}\.\d{1,5}\.\d{1,5}(?:[-+][\w.+-]+)?(?=[/._-]|$)")
_QUERY_HASH = re.compile(r"[?&](?:v|h|hash)?=?([A-Za-z0-9_-]{6,64})(?:&|$)")


def hashed(path: str) -> bool:
    """Whether a file's name, or its query, changes with its content, as far as the name can tell.

    Bundlers write at least eight characters of base64 or hexadecimal before the suffix. Words look like that too, so
    a digit or a capital inside is asked for; one real hash in about seven hundred has neither.
    """
    found = token(path)
    return any(each.isdigit() for each in found) or found[1:].lower() != found[1:]


def versioned(path: str) -> bool:
    """Whether a folder or the file is called after a version, under which nobody publishes anything else."""
    return _VERSION.search(path.partition("?")[0]) is not None


def token(path: str) -> str:
    """What of a file's name could be a hash; empty when nothing is long enough."""
    name, _, query = path.rpartition("/")[2].partition("?")
    found = _HASH.search(_SUFFIX.sub("", name)) or _QUERY_HASH.search(f"?{query}")
    return next(filter(None, found.groups()), "") if found else ""


def lasting_name(path: str) -> str:
    """The part of a path that the next release's file has too."""
    return path.replace(token(path), "*") if hashed(path) else path


def folder(file: File) -> str:
    """The folder of a file's path."""
    return file.path.partition("?")[0].rpartition("/")[0]


def folders_of_hashed(files: Iterable[File]) -> set[str]:
    """Folders in which most files carry a hash: a bundler wrote them all."""
    names: dict[str, list[bool]] = {}
    for file in files:
        names.setdefault(folder(file), []).append(hashed(file.path))
    return {place for place, each in names.items() if sum(each) * 2 > len(each)}


def named(urls: Sequence[str]) -> str:
    """The first URL, and how many more; order is kept."""
    more = f" and {len(urls) - 1} more" if len(urls) > 1 else ""
    return f"{urls[0]}{more}" if urls else "no page"


def readable(size: int) -> str:
    """Bytes as people write them: 1 kB is 1,000 bytes, as in the budgets."""
    if size < 1000:
        return f"{size} B"
    value, unit = (size / 1e6, "MB") if size >= 1e6 else (size / 1e3, "kB")
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}"
