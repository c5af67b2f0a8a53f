"""Pieces of evidence: what can be looked at, each gathered once per target and only when somebody needs it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from prodworthy.model import Exchange, Gap, Target

Found = TypeVar("Found")


class Look(Protocol):
    """What a piece is given to look with."""

    @property
    def target(self) -> Target:
        """The target that is looked at."""

    async def ask(
        self,
        url: str,
        *,
        purpose: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        follow: bool = True,
        fresh: bool = False,
        repeatable: bool | None = None,
    ) -> Exchange:
        """Send one request and tell all that came of it; never raises for what a target does.

        `url` is absolute, or a path of the target. `follow`: same-origin redirects. `fresh`: on a connection of its
        own. `repeatable`: network errors may be retried; None: for GET, HEAD and OPTIONS only. The values of the
        header fields authorization, apikey, cookie and x-vercel-protection-bypass are masked in the exchange.
        """

    async def through(self, exchange: Exchange, send: Callable[[], Awaitable[Exchange]]) -> Exchange:
        """Ask in a way of one's own, as politely and within the same bounds: what `send` came back with.

        It is not called when nothing more is asked of that host; the exchange then comes back with the reason.
        """

    async def at(self, piece: Piece[Found]) -> Found:
        """Another piece of the same target, gathered once however many ask; raises its LookError."""

    def beside(self, url: str) -> Look:
        """The same expectations at another origin: the release that production serves now."""


@runtime_checkable
class Observed(Protocol):
    """What every piece of evidence can tell about its own holes."""

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What of it could not be observed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece(Generic[Found]):
    """One thing to look at: the name is also its fixture's."""

    name: str
    check: str | None  # whose `not_applicable` covers it; None: shared by several
    gather: Callable[[Look], Awaitable[Found]]


PIECES: dict[str, Piece[Any]] = {}


def piece(check: str | None) -> Callable[[Callable[[Look], Awaitable[Found]]], Piece[Found]]:
    """Declare a coroutine function as a piece of evidence under its own name."""

    def declare(gather: Callable[[Look], Awaitable[Found]]) -> Piece[Found]:
        declared = Piece(name=gather.__name__, check=check, gather=gather)
        PIECES[declared.name] = declared
        return declared

    return declare
