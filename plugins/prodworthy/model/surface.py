"""Everything that a target serves over HTTP, whatever kind of thing it is: what header rules judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from prodworthy.model.exchange import Answer, Exchange, Gap, unread_in
from prodworthy.model.measurement import Measurement, retries_in
from prodworthy.model.pages import addresses


class Kind(StrEnum):
    """What was asked for; which rules apply follows from it."""

    PAGE = "page"
    UNKNOWN_PAGE = "unknown page"
    REDIRECT = "redirect"
    ASSET = "asset"
    FUNCTION = "function"


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One answer and where it came from."""

    url: str
    kind: Kind
    answer: Answer

    @property
    def where(self) -> str:
        """The address, with the kind where it is not an ordinary page."""
        return self.url if self.kind is Kind.PAGE else f"{self.url} ({self.kind})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """All answers that were observed, and what could not be."""

    served: tuple[Served, ...] = ()
    gaps: tuple[Gap, ...] = ()
    measured: tuple[Measurement, ...] = ()  # what took several tries


def surface_of(asked: Iterable[tuple[Kind, Exchange]], missing: Iterable[Gap] = ()) -> Surface:
    """All that several exchanges brought, each address once; `missing` is what could not even be asked for."""
    exchanges = tuple(asked)
    served = [served for kind, exchange in exchanges for served in answers(exchange, kind)]
    return Surface(
        served=tuple({each.where: each for each in reversed(served)}.values())[::-1],
        gaps=(*missing, *unread_in(exchange for _, exchange in exchanges)),
        measured=retries_in(exchange for _, exchange in exchanges),
    )


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
