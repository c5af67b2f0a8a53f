"""Politeness: how many requests a host gets at once and in a second, and when to stop asking it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urlsplit

from prodworthy.model import Failure, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How one host is treated."""

    streams: int  # requests under way at once
    rate: float | None  # requests a second; None: as fast as they are answered
    waits: tuple[float, ...]  # seconds before each further try of a request that the network lost


POLITE = Manners(streams=16, rate=40.0, waits=(0.25, 1.0))
AT_HOME = Manners(streams=100, rate=None, waits=(0.05, 0.2))  # for this machine itself

SILENT = 4  # requests in a row without any answer, after which an origin is left alone


class Gate:
    """Lets requests to one host through; an asynchronous context manager, held while a request is under way."""

    def __init__(self, manners: Manners) -> None:
        self.manners = manners
        self._slots = asyncio.Semaphore(manners.streams)
        self._next = 0.0  # loop time at which a request is due, were they evenly spaced
        self._closed: dict[str, Failure] = {}  # by origin; "" for the whole host
        self._silence: dict[str, tuple[int, float]] = {}  # by origin: misses in a row, loop time of the last

    def closed(self, origin: str) -> Failure | None:
        """Why nothing more is asked there."""
        return self._closed.get("") or self._closed.get(origin)

    def close(self, failure: Failure, origin: str = "") -> None:
        """Ask nothing more of an origin, or of the whole host."""
        self._closed.setdefault(origin, failure)

    def heard(self, origin: str) -> None:
        """An answer came."""
        self._silence.pop(origin, None)

    def missed(self, origin: str, since: float) -> bool:
        """No answer came to a request begun at `since` (loop time); whether that was once too often.

        Requests that were under way together may have been lost together, with one connection: they count once.
        """
        count, last = self._silence.get(origin, (0, 0.0))
        if since >= last:
            count += 1
            self._silence[origin] = (count, asyncio.get_running_loop().time())
        return count >= SILENT

    async def __aenter__(self) -> None:
        await self._slots.acquire()
        try:
            await asyncio.sleep(self._delay())
        except asyncio.CancelledError:
            self._slots.release()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._slots.release()

    def _delay(self) -> float:
        """Seconds until the next request may go: a burst of one per stream, then evenly spaced."""
        if self.manners.rate is None:
            return 0.0
        now = asyncio.get_running_loop().time()
        burst = self.manners.streams / self.manners.rate
        due = max(self._next, now - burst)
        self._next = due + 1 / self.manners.rate
        return max(0.0, due - now)


class Gates:
    """The gates of all hosts: what several targets share is asked no more often than what one has for itself."""

    def __init__(self) -> None:
        self._gates: dict[tuple[str, str], Gate] = {}

    def gate(self, target: Target, origin: str) -> Gate:
        """The gate before an origin's host. On this machine every port is somebody else, and an embedded target has
        its names to itself.
        """
        host = urlsplit(origin).hostname or ""
        home = _at_home(target, host)
        place = (target.name if target.addresses else "", origin if home else host)
        if place not in self._gates:
            self._gates[place] = Gate(AT_HOME if home else POLITE)
        return self._gates[place]


def _at_home(target: Target, host: str) -> bool:
    if target.addresses is None:
        return target.loopback and host in {"localhost", "127.0.0.1", "::1"}
    return target.addresses.knows(host)
