"""Which hosts belong to one another, by the public suffix list."""

from __future__ import annotations

from functools import cache
from ipaddress import ip_address
from pathlib import Path

from publicsuffixlist import PSLFILE, PublicSuffixList


def same_site(one: str, other: str) -> bool:
    """Whether two host names are of the same registrable domain."""
    if one == other:
        return True
    if _is_address(one) or _is_address(other):
        return False
    site = _list().privatesuffix(one)
    return site is not None and site == _list().privatesuffix(other)


def is_public(host: str) -> bool:
    """Whether anybody can register a name directly below `host`: "com", "co.uk", "vercel.app"."""
    return not _is_address(host) and bool(_list().is_public(host))


def is_registry(host: str) -> bool:
    """The same, where it is a registry that sells the names ("com", "co.uk") and not a host that gives them away."""
    return not _is_address(host) and bool(_registries().is_public(host))


def is_above_public(host: str) -> bool:
    """Whether some name below `host` is public: "amazonaws.com" of "s3.amazonaws.com", "windows.net"."""
    return host in _above()


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


@cache
def _list() -> PublicSuffixList:
    return PublicSuffixList()


@cache
def _above() -> frozenset[str]:
    lines = Path(PSLFILE).read_text(encoding="utf-8").splitlines()
    suffixes = {line.split()[0].lstrip("!") for line in lines if line.strip() and not line.startswith("//")}
    names = {suffix.split(".", 1)[1] for suffix in suffixes if "." in suffix}
    found: set[str] = set()
    while names:
        found |= names
        names = {name.split(".", 1)[1] for name in names if "." in name} - found
    return frozenset(found)


@cache
def _registries() -> PublicSuffixList:
    return PublicSuffixList(only_icann=True, accept_unknown=False)
