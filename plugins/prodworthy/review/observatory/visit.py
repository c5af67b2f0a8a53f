"""What the Observatory's tests are given: one visit to a host, as the method's own client would have made it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Lines = tuple[tuple[str, str], ...]  # header fields as they came, names in lower case


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One script element."""

    src: str  # as written; empty for an inline script
    integrity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One cookie that stayed in the jar."""

    name: str
    secure: bool = False
    http_only: bool = False
    same_site: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Everything that was seen of a host."""

    host: str
    url: str  # where the way to the page began: "https://shop.test/", or http when nothing answers over TLS
    fields: Lines = ()  # of the page's own answer, behind redirects
    https: bool = True  # whether anything answers over TLS
    trusted: bool = True  # whether its certificate is
    base: str = ""  # of the document's <base href>, when that is absolute
    policies: tuple[str, ...] = ()  # the document's meta elements with a Content-Security-Policy
    referrers: tuple[str, ...] = ()  # its meta elements with a referrer policy
    scripts: tuple[Script, ...] = ()
    cookies: tuple[Kept, ...] = ()
    preflight: Lines | None = None  # of the answer to OPTIONS; None: there was none, or not with a 2xx
    origin: str = ""  # the Origin that was sent with it
    route: tuple[str, ...] | None = None  # every address from http:// on; None: nothing answers there
    route_trusted: bool = True


def joined(lines: Lines, name: str) -> str | None:
    """The value of a field as the method's client tells it: repeated lines as one, separated by commas."""
    found = [value for key, value in lines if key == name]
    return ", ".join(found) if found else None


def worse(one: str | None, other: str, order: Iterable[str]) -> str:
    """The later of two results in an order from best to worst; whatever is not in it is best of all."""
    places = list(order)
    rank = {result: place for place, result in enumerate(places)}
    return other if one is None or rank.get(other, -1) > rank.get(one, -1) else one
