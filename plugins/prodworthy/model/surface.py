"""Everything that a target serves over HTTP, whatever kind of thing it is: what header rules judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from prodworthy.model.arrival import Arrival
from prodworthy.model.exchange import Answer, Exchange, Gap, unread_in
from prodworthy.model.measurement import Measurement, retries_in
from prodworthy.model.pages import addresses


class Kind(StrEnum):
    """What was asked for; which rules apply follows from it."""

    PAGE = "page"
    UNKNOWN_PAGE = "unknown page"
    REDIRECT = "redirect"
    ASSET = "asset"
    ENDPOINT = "endpoint"  # asked by strangers only: the health check judges the rest of it
    FUNCTION = "function"  # of the back end, not of the build


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One answer and where it came from."""

    url: str
    kind: Kind
    answer: Answer
    private: bool = False  # meant for one person

    @property
    def where(self) -> str:
        """The address, with the kind where it is not an ordinary page."""
        return self.url if self.kind is Kind.PAGE else f"{self.url} ({self.kind})"


class Stranger(StrEnum):
    """Whose page it is that asks: nobody's whom the app has any reason to trust."""

    FOREIGN = "a foreign origin"
    NULL = "the origin null"
    BEGINS = "a foreign origin that begins with the app's own name"
    ENDS = "a foreign origin that ends with the app's own name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What came back to a stranger's page."""

    stranger: Stranger
    origin: str  # as sent
    method: str
    served: Served

    @property
    def preflight(self) -> bool:
        """Whether it is the question that browsers ask before the request itself."""
        return self.method == "OPTIONS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """All answers that were observed, and what could not be."""

    served: tuple[Served, ...] = ()
    probes: tuple[Probe, ...] = ()
    arrival: Arrival | None = None  # at the root; None: not looked at
    gaps: tuple[Gap, ...] = ()
    measured: tuple[Measurement, ...] = ()  # what took several tries


def surface_of(
    asked: Iterable[tuple[Kind, Exchange]], missing: Iterable[Gap] = (), *, private: Iterable[str] = ()
) -> Surface:
    """All that several exchanges brought, each address once; `missing` is what could not even be asked for.

    `private`: globs of paths whose answers are meant for one person.
    """
    exchanges, globs = tuple(asked), tuple(private)
    served = [served for kind, exchange in exchanges for served in answers(exchange, kind)]
    served = [replace(each, private=is_private(each.url, globs)) for each in served]
    return Surface(
        served=tuple({each.where: each for each in reversed(served)}.values())[::-1],
        gaps=(*missing, *unread_in(exchange for _, exchange in exchanges)),
        measured=retries_in(exchange for _, exchange in exchanges),
    )


def is_private(url: str, globs: Iterable[str]) -> bool:
    """Whether one of the globs matches the whole path of an address."""
    path = urlsplit(url).path or "/"
    return any(fnmatchcase(path, glob) for glob in globs)


def answers(exchange: Exchange, kind: Kind) -> Iterator[Served]:
    """Every answer of an exchange that may be judged: the redirects that were followed, then the final one.

    A final answer that redirects (to another origin, which is not followed) is a redirect too.
    """
    if exchange.answered is None:
        return
    *hops, last = zip(addresses(exchange), (*exchange.hops, exchange.answered), strict=True)
    for url, answer in hops:
        yield Served(url=url, kind=Kind.REDIRECT, answer=answer)
    url, answer = last
    yield Served(url=url, kind=Kind.REDIRECT if _redirects(answer) else kind, answer=answer)


def _redirects(answer: Answer) -> bool:
    return 300 <= answer.status < 400 and answer.header("location") is not None
