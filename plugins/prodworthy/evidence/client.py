"""The one HTTP client: polite, bounded, and never surprised by what a target answers."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Self, cast
from urllib.parse import urlsplit

import httpcore

from prodworthy.evidence.bypass import Bypass
from prodworthy.evidence.coming import Bounds, Coming, failure_of
from prodworthy.evidence.manners import Gate, Gates
from prodworthy.evidence.sending import BYPASS, BYPASS_COOKIE, Sending, absolute, shown, user_agent
from prodworthy.evidence.transport import Network, tls_context
from prodworthy.evidence.walls import WITHDRAW, limits_itself, wall
from prodworthy.model import Answer, Attempt, Cause, Exchange, Failure, Target
from prodworthy.model.text import clean

__all__ = ["Bounds", "Client", "user_agent"]

EMBEDDED = 60.0  # seconds for one exchange
REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})


class Client:
    """Asks a target's hosts over connections that are kept for the whole run; belongs to one event loop.

    Clients with the same `gates` are polite together.
    """

    def __init__(self, target: Target, bounds: Bounds | None = None, gates: Gates | None = None) -> None:
        self.target = target
        # an embedded deployment shares its processors with the browser, the validator and us
        self.bounds = bounds or (Bounds(seconds=EMBEDDED) if target.embedded else Bounds())
        self._bypass = Bypass(target)
        self._context = tls_context(target)
        self._gates = gates or Gates()
        self._lines: dict[str, Line] = {}
        self._requests = 0
        self._began: float | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End every connection."""
        for line in self._lines.values():
            await line.aclose()
        await asyncio.sleep(0)  # lets the transports see it

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

        See `Look.ask`. Nothing that one answer holds, cookies for one, is sent with another request.
        """
        address = absolute(self.target, url)
        exchange = Exchange(method=method, url=shown(address), purpose=purpose)
        try:
            request = Sending.of(method, address, headers or {}, content)
            request = request.carrying(self._bypass.fields(request.origin))
        except ValueError as error:
            return replace(exchange, failure=Failure(cause=Cause.CONFIGURATION, text=str(error)))
        exchange = replace(exchange, sent=request.shown)
        again = method in REPEATABLE if repeatable is None else repeatable
        return await self._follow(exchange, request, follow=follow, fresh=fresh, again=again)

    async def through(self, exchange: Exchange, send: Callable[[], Awaitable[Exchange]]) -> Exchange:
        """Ask in a way of one's own, with a websocket for one; see `Look.through`."""
        parts = urlsplit(exchange.url.replace("ws", "http", 1))
        origin, host = f"{parts.scheme}://{parts.netloc}", parts.hostname or ""
        gate = self._gates.gate(self.target, origin)
        async with gate:
            if refusal := self._refusal(gate, origin, fresh=False):
                return replace(exchange, failure=refusal)
            told = await send()
        self._withdraw(gate, host, told.wall)
        return told

    async def _follow(
        self, exchange: Exchange, request: Sending, *, follow: bool, fresh: bool, again: bool
    ) -> Exchange:
        left = self.bounds.seconds
        seen = {(request.method, str(request.url))}
        while True:
            tried = await self._persist(request, fresh=fresh, again=again, seconds=left)
            exchange = replace(
                exchange,
                answer=tried.answer,
                failure=tried.failure,
                wall=tried.wall,
                attempts=exchange.attempts + tried.attempts,
            )
            answer = exchange.answered
            following = request.redirected(answer) if follow and answer else None
            if answer is None or following is None:
                return exchange
            place = (following.method, str(following.url))
            if place in seen or len(exchange.hops) >= self.bounds.redirects:
                text = f"redirects in a loop: back to {following.url}"
                if place not in seen:
                    text = f"more than {self.bounds.redirects} redirects, the last to {following.url}"
                return replace(exchange, failure=Failure(cause=Cause.BOUND, text=clean(text), redirect_loop=True))
            seen.add(place)
            left -= tried.seconds
            exchange = replace(exchange, hops=(*exchange.hops, answer))
            request = following

    async def _persist(self, request: Sending, *, fresh: bool, again: bool, seconds: float) -> Tried:
        """One request, tried again where that can help."""
        gate = self._gates.gate(self.target, request.origin)
        waits = gate.manners.waits if again else ()
        attempts: list[Attempt] = []
        spent = 0.0
        since = asyncio.get_running_loop().time()
        for wait in (*waits, None):
            async with gate:
                if refusal := self._refusal(gate, request.origin, fresh=fresh):
                    return Tried(failure=refusal, attempts=tuple(attempts))
                tried = await self._try(request, fresh=fresh, seconds=max(seconds - spent, 0.01))
            self._note(gate, request, tried)
            spent += tried.seconds
            if wait is None or tried.failure is None or not tried.again or spent >= seconds:
                break
            attempts.append(Attempt(text=tried.failure.text, elapsed=tried.seconds))
            await asyncio.sleep(wait)
        if tried.answer is None and not fresh:
            self._missed(gate, request, tried.failure, since)
        return replace(tried, attempts=tuple(attempts), seconds=spent)

    async def _try(self, request: Sending, *, fresh: bool, seconds: float) -> Tried:
        line = Line(self.target, self._context) if fresh else self._line(request)
        pool = line.pool
        coming = Coming(self.bounds)
        began = time.perf_counter()
        failure, again = None, False
        try:
            async with asyncio.timeout(seconds):
                await self._exchange(pool, request, coming)
        except Exception as error:  # noqa: BLE001  # hostile bytes make the libraries below raise nearly anything
            failure, again = failure_of(error, coming, self.bounds.seconds)
            await line.upset(pool, error, coming)
        finally:
            if fresh:
                await line.aclose()
        answer = coming.answer(time.perf_counter() - began) if coming.keep(failure) else None
        if answer and request.carries(BYPASS):
            answer = self._bypass.without(answer, cookie=request.carries(BYPASS_COOKIE))
        return Tried(
            answer=answer,
            failure=failure,
            wall=self._wall(request, answer) if answer and failure is None else None,
            again=again,
            seconds=time.perf_counter() - began,
        )

    async def _exchange(self, pool: httpcore.AsyncConnectionPool, request: Sending, coming: Coming) -> None:
        extensions = {"trace": coming.trace, "timeout": {"connect": self.bounds.connect}}
        response = await pool.handle_async_request(request.plain(extensions))
        try:
            coming.begin(response)
            chunks = cast(AsyncIterable[bytes], response.stream)
            async for chunk in chunks:
                coming.take(chunk)
            coming.finish()
        finally:
            await response.aclose()

    def _refusal(self, gate: Gate, origin: str, *, fresh: bool) -> Failure | None:
        """Why a request is not sent at all; counts the ones that are."""
        now = time.monotonic()
        self._began = self._began or now
        if now - self._began > self.bounds.run:
            return Failure(cause=Cause.BOUND, text=f"not asked: the run has lasted {self.bounds.run:.0f} s already")
        if self._requests >= self.bounds.requests:
            return Failure(
                cause=Cause.BOUND, text=f"not asked: {self._requests} requests were sent in this run already"
            )
        if closed := gate.closed("" if fresh else origin):
            return closed
        self._requests += 1
        return None

    def _note(self, gate: Gate, request: Sending, tried: Tried) -> None:
        """What a try means for the requests that follow."""
        if tried.answer:
            gate.heard(request.origin)
        self._withdraw(gate, request.url.host, tried.wall)

    def _withdraw(self, gate: Gate, host: str, met: str | None) -> None:
        if met in WITHDRAW:
            gate.close(Failure(cause=Cause.WALL, text=f"not asked: {met} met an earlier request to {host}"))

    def _missed(self, gate: Gate, request: Sending, failure: Failure | None, since: float) -> None:
        """Ask an origin no more whose certificate is not trusted, or that gives no answers at all."""
        if failure is None or gate.closed(request.origin):
            return
        if failure.cause is Cause.CERTIFICATE:
            gate.close(failure, request.origin)
        elif gate.missed(request.origin, since):
            text = clean(f"not asked: {request.url.host} has answered none of the last requests ({failure.text})")
            gate.close(replace(failure, text=text), request.origin)

    def _wall(self, request: Sending, answer: Answer) -> str | None:
        return wall(answer, limits=self._limits(request), bypassed=request.carries(BYPASS))

    def _limits(self, request: Sending) -> bool:
        """Whether a 429 is no wall here; the back end's are told apart by those who ask it."""
        backend = self.target.supabase and urlsplit(self.target.supabase.url).hostname
        return request.url.host == backend or limits_itself(self.target, str(request.url))

    def _line(self, request: Sending) -> Line:
        if request.origin not in self._lines:
            self._lines[request.origin] = Line(self.target, self._context)
        return self._lines[request.origin]


class Line:
    """The connections to one origin; those that went wrong are left to end, and new ones opened."""

    def __init__(self, target: Target, context: ssl.SSLContext) -> None:
        self._target = target
        self._context = context
        self._network = Network(target)
        self._pool = self._opened()
        self._left: list[httpcore.AsyncConnectionPool] = []

    @property
    def pool(self) -> httpcore.AsyncConnectionPool:
        """For the next request; never one whose connection the server has ended meanwhile."""
        if self._network.ended:
            self._leave()
        return self._pool

    async def upset(self, pool: httpcore.AsyncConnectionPool, error: Exception, coming: Coming) -> None:
        """Keep one exchange that went wrong from harming those beside it and after it.

        httpcore gives no window back for an HTTP/2 stream that was given up, and hears nothing more on a connection
        with a protocol error, though others may wait there.
        """
        if not coming.multiplexed:
            return
        if pool is self._pool:
            self._leave()
        if coming.breaks(error):
            with contextlib.suppress(Exception):
                await pool.aclose()
        else:
            await coming.abandon()

    def _leave(self) -> None:
        """Send nothing more over the present connections; what is under way there may finish."""
        self._left = [*(pool for pool in self._left if pool.connections), self._pool]
        self._network = Network(self._target)
        self._pool = self._opened()

    async def aclose(self) -> None:
        """End them all."""
        for pool in (*self._left, self._pool):
            with contextlib.suppress(Exception):  # a connection that cannot even be closed is closed
                await pool.aclose()

    def _opened(self) -> httpcore.AsyncConnectionPool:
        return httpcore.AsyncConnectionPool(
            ssl_context=self._context,
            max_connections=100,
            http2=True,
            network_backend=self._network,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of one try."""

    answer: Answer | None = None
    failure: Failure | None = None
    wall: str | None = None
    again: bool = False  # whether another try may help
    attempts: tuple[Attempt, ...] = ()
    seconds: float = 0.0
