"""Gathering: every piece of evidence once per target, all at once, on one background event loop."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from prodworthy.evidence.client import Client
from prodworthy.evidence.errors import Unobserved
from prodworthy.evidence.manners import Gates
from prodworthy.evidence.pieces import PIECES, Piece
from prodworthy.model import Cause, Exchange, Target

Found = TypeVar("Found")
PATIENCE = 180.0  # seconds for one piece, beyond every bound of its own: a hang becomes a gap


class Gathering:
    """Owns the loop and its thread; the only place where evidence runs concurrently."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="prodworthy-evidence", daemon=True)
        self._looks: dict[str, _Look] = {}
        self._gates = Gates()
        self._thread.start()

    def start(self, target: Target, pieces: Iterable[str], *, after: Target | None = None) -> None:
        """Begin to gather these pieces of `target`, once those of `after` are done; nothing is begun twice."""
        names = list(pieces)
        asyncio.run_coroutine_threadsafe(self._begin(target, names, after), self._loop)

    def piece(self, target: Target, name: str) -> Any:
        """Wait for one piece; raises its LookError, or whatever a bug of ours raised."""
        waiting: Future[Any] = asyncio.run_coroutine_threadsafe(self._wait(target, name), self._loop)
        return waiting.result()

    def took(self, target: Target, name: str) -> float:
        """Seconds from the beginning of a piece to its end; 0 when it has not ended."""
        look = self._looks.get(target.name)
        return look.took.get(name, 0.0) if look else 0.0

    def close(self) -> None:
        """Stop everything that still runs and end the thread."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _begin(self, target: Target, names: Iterable[str], after: Target | None) -> None:
        look = self._look(target)
        if after is not None:
            await self._look(after).finished()
        for name in names:
            look.begin(PIECES[name])

    async def _wait(self, target: Target, name: str) -> Any:
        return await self._look(target).at(PIECES[name])

    async def _end(self) -> None:
        for look in self._looks.values():
            await look.close()
        await self._loop.shutdown_default_executor()

    def _look(self, target: Target) -> _Look:
        if target.name not in self._looks:
            self._looks[target.name] = _Look(target, self._patience, self._gates, self._look)
        return self._looks[target.name]


@dataclass(slots=True)
class _Look:
    """One target's client and pieces; implements `pieces.Look`."""

    target: Target
    patience: float
    gates: Gates
    looks: Callable[[Target], _Look]  # at other targets
    took: dict[str, float] = field(default_factory=dict)
    _client: Client | None = None
    _tasks: dict[str, asyncio.Task[Any]] = field(default_factory=dict)

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
        return await self._asking().ask(
            url,
            purpose=purpose,
            method=method,
            headers=headers,
            content=content,
            follow=follow,
            fresh=fresh,
            repeatable=repeatable,
        )

    async def through(self, exchange: Exchange, send: Callable[[], Awaitable[Exchange]]) -> Exchange:
        return await self._asking().through(exchange, send)

    def _asking(self) -> Client:
        if self._client is None:
            self._client = Client(self.target, gates=self.gates)
        return self._client

    async def at(self, piece: Piece[Found]) -> Found:
        # shielded: one asker that gives up must not take the piece from the others
        found: Found = await asyncio.shield(self.begin(piece))
        return found

    def beside(self, url: str) -> _Look:
        return self.looks(self.target.looked_at_elsewhere(url))

    def begin(self, piece: Piece[Any]) -> asyncio.Task[Any]:
        if piece.name not in self._tasks:
            task = asyncio.ensure_future(self._gather(piece))
            task.add_done_callback(_retrieved)
            self._tasks[piece.name] = task
        return self._tasks[piece.name]

    async def _gather(self, piece: Piece[Found]) -> Found:
        began = time.monotonic()
        try:
            async with asyncio.timeout(self.patience):
                return await piece.gather(self)
        except TimeoutError:
            why = f"not finished after {self.patience:.0f} s"
            raise Unobserved.because(f"{piece.name} of {self.target.name}", why, Cause.BOUND) from None
        finally:
            self.took[piece.name] = time.monotonic() - began

    async def finished(self) -> None:
        """Wait for all that has begun, however it ends."""
        if self._tasks:
            await asyncio.wait(self._tasks.values())

    async def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()


def _retrieved(task: asyncio.Task[Any]) -> None:
    """Look at the outcome, so that a piece nobody waits for any more makes no noise on the way out."""
    if not task.cancelled():
        task.exception()
