"""Subresource Integrity of the page's scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

from publicsuffixlist import PublicSuffixList

from prodworthy.review.observatory.visit import Lines, Script, Visit, joined, worse

NAME = "subresource-integrity"
HTML = frozenset({"text/html", "application/xhtml+xml"})
AS_WRITTEN = 5  # the version from which on addresses are taken as they are written, without <base href>

_ALL = "sri-implemented-and-all-scripts-loaded-securely"
_EXTERNAL = "sri-implemented-and-external-scripts-loaded-securely"
_ORDER = (
    _ALL,
    _EXTERNAL,
    "sri-implemented-but-external-scripts-not-loaded-securely",
    "sri-not-implemented-but-external-scripts-loaded-securely",
    "sri-not-implemented-and-external-scripts-not-loaded-securely",
)
_FULL = re.compile("https?://")
_WITHOUT_SCHEME = re.compile("//[^/]")


def is_html(fields: Lines, version: int) -> bool:
    """Whether the method looks for scripts; it reads the type by the letter."""
    kind = (joined(fields, "content-type") or "").partition(";")[0]
    return kind in HTML or (not kind and version >= AS_WRITTEN)


def result(visit: Visit, version: int) -> str:
    """The worst of what its scripts come to."""
    if not is_html(visit.fields, version):
        return "sri-not-implemented-response-not-html"
    if not visit.scripts:
        return "sri-not-implemented-but-no-scripts-loaded"
    found: str | None = None
    foreign = False
    for script, src in _loaded(visit, version):
        own = _is_own(src, visit.host)
        foreign = foreign or not own
        if own and script.integrity and _is_secure(src, visit):
            found = found or _ALL
        elif not own and (problem := _problem(script, secure=_is_secure(src, visit))):
            found = worse(found, problem, _ORDER)
    return found or (_EXTERNAL if foreign else "sri-not-implemented-but-all-scripts-loaded-from-secure-origin")


def _loaded(visit: Visit, version: int) -> Iterator[tuple[Script, str]]:
    for script in visit.scripts:
        if script.src:
            yield script, script.src if version >= AS_WRITTEN else _resolved(visit.base, script.src)


def _resolved(base: str, src: str) -> str:
    try:
        resolved = urljoin(base, src.strip())
        scheme, rest = resolved.split(":", 1) if urlsplit(resolved).scheme else ("", resolved)
    except ValueError:
        return src
    return f"{scheme.lower()}:{rest}" if scheme else src


def _is_own(src: str, host: str) -> bool:
    """Whether it is of the same registrable domain; an address without a scheme never is."""
    if _WITHOUT_SCHEME.match(src):
        return False
    if not _FULL.match(src):
        return True
    try:
        return _domain(urlsplit(src).hostname or "") == _domain(host)
    except ValueError:
        return False


def _domain(host: str) -> str | None:
    """The registrable domain by what registries say; hosts such as vercel.app that let others in below are one domain.

    None for addresses and single words, which the method takes for one another.
    """
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        found: str | None = _list().privatesuffix(host.lower())
        return found
    return None


@cache
def _list() -> PublicSuffixList:
    return PublicSuffixList(only_icann=True)


def _is_secure(src: str, visit: Visit) -> bool:
    if _FULL.match(src) or _WITHOUT_SCHEME.match(src):
        return src.startswith("https:")
    return visit.url.startswith("https:")


def _problem(script: Script, *, secure: bool) -> str | None:
    """What is wrong with a script from elsewhere."""
    if script.integrity:
        return None if secure else "sri-implemented-but-external-scripts-not-loaded-securely"
    loaded = "but-external-scripts-loaded-securely" if secure else "and-external-scripts-not-loaded-securely"
    return f"sri-not-implemented-{loaded}"
