"""The one HTTP client: polite, bounded, and never surprised by what a target answers."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
import unicodedata
from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Self, cast

import h2.events
import httpcore
import httpx

from prodworthy.evidence.decoding import ACCEPTED, Decoding, Overfull, Undecodable
from prodworthy.evidence.manners import AT_HOME, POLITE, Gate
from prodworthy.evidence.transport import Network, Unreachable, Wire, tls_context
from prodworthy.evidence.walls import CHALLENGE, DENIAL, wall
from prodworthy.model import Answer, Attempt, Cause, Exchange, Failure, Target, Timings

REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})
SECRETS = frozenset({"authorization", "apikey", "cookie", "x-vercel-protection-bypass"})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERHAPS_OUR_OWN = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException)
MASK = "***"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a target cannot exceed; beyond it, looking stops."""

    decoded: int = 25_000_000  # bytes of a body
    transferred: int = 20_000_000  # bytes of a body as they cross the wire
    lines: int = 200  # of a header
    head: int = 60_000  # bytes of a header
    seconds: float = 20.0  # for one exchange, from its first byte sent to its last byte received
    connect: float = 10.0  # seconds for a connection and its TLS
    redirects: int = 10
    requests: int = 5000  # in a run
    run: float = 600.0  # seconds from the first request to the last


class Exceeded(Exception):
    """A bound was reached."""


class Client:
    """Asks a target's hosts over connections that are kept for the whole run; belongs to one event loop."""

    def __init__(self, target: Target, bounds: Bounds | None = None) -> None:
        self.target = target
        self.bounds = bounds or Bounds()
        self._context = tls_context(target)
        self._gates: dict[str, Gate] = {}
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
        address = _absolute(self.target, url)
        exchange = Exchange(method=method, url=_shown(address), purpose=purpose)
        try:
            request = Sending.of(method, address, headers or {}, content)
        except ValueError as error:
            return replace(exchange, failure=Failure(cause=Cause.CONFIGURATION, text=str(error)))
        exchange = replace(exchange, sent=request.shown)
        again = method in REPEATABLE if repeatable is None else repeatable
        return await self._follow(exchange, request, follow=follow, fresh=fresh, again=again)

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
        gate = self._gate(request.url.host)
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
            failure, again = _failure(error, coming, seconds)
            await line.upset(pool, error, coming)
        finally:
            if fresh:
                await line.aclose()
        answer = coming.answer(time.perf_counter() - began) if coming.keep(failure) else None
        return Tried(
            answer=answer,
            failure=failure,
            wall=wall(answer) if answer and failure is None else None,
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
        if tried.wall in {CHALLENGE, DENIAL}:
            host = request.url.host
            gate.close(Failure(cause=Cause.WALL, text=f"not asked: {tried.wall} met an earlier request to {host}"))

    def _missed(self, gate: Gate, request: Sending, failure: Failure | None, since: float) -> None:
        """Ask an origin no more whose certificate is not trusted, or that gives no answers at all."""
        if failure is None or gate.closed(request.origin):
            return
        if failure.cause is Cause.CERTIFICATE:
            gate.close(failure, request.origin)
        elif gate.missed(request.origin, since):
            text = clean(f"not asked: {request.url.host} has answered none of the last requests ({failure.text})")
            gate.close(replace(failure, text=text), request.origin)

    def _gate(self, host: str) -> Gate:
        if host not in self._gates:
            self._gates[host] = Gate(AT_HOME if self._at_home(host) else POLITE)
        return self._gates[host]

    def _at_home(self, host: str) -> bool:
        if self.target.addresses is None:
            return self.target.loopback and host in {"localhost", "127.0.0.1", "::1"}
        return any(name.rpartition(":")[0] == host for name in self.target.addresses.hosts)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A request, ready to go."""

    method: str
    url: httpx.URL
    fields: tuple[tuple[str, str], ...]  # names in lower case
    content: bytes | None

    @classmethod
    def of(cls, method: str, address: str, headers: Mapping[str, str], content: bytes | None) -> Sending:
        """Raises ValueError, whose text holds no value of a field."""
        fields = {"user-agent": user_agent(), "accept": "*/*", "accept-encoding": ACCEPTED}
        fields |= {name.lower(): value for name, value in headers.items()}
        for name, value in fields.items():
            if any(ord(character) < 32 or ord(character) == 127 for character in value):
                raise ValueError(f"the value for the header field {name} holds a line break or control character")
        return cls(method=method, url=_url(address), fields=tuple(fields.items()), content=content)

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.url.scheme}://{self.url.netloc.decode('ascii')}"

    @property
    def shown(self) -> tuple[tuple[str, str], ...]:
        """The header fields without their secrets."""
        return tuple((name, MASK if name in SECRETS else value) for name, value in self.fields)

    def plain(self, extensions: dict[str, Any]) -> httpcore.Request:
        """The same in httpcore's words."""
        headers = [(b"host", self.url.netloc)]
        headers += [(name.encode("ascii", "replace"), value.encode()) for name, value in self.fields]
        if self.content is not None or self.method in {"POST", "PUT", "PATCH"}:
            headers.append((b"content-length", str(len(self.content or b"")).encode()))
        url = self.url
        return httpcore.Request(
            self.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=headers,
            content=self.content,
            extensions=extensions,
        )

    def redirected(self, answer: Answer) -> Sending | None:
        """The request that follows a redirect within the origin; None for any other answer."""
        location = answer.header("location")
        if answer.status not in REDIRECTS or not location:
            return None
        try:
            url = _url(str(self.url.join(location)))
        except (ValueError, httpx.InvalidURL):
            return None
        following = replace(self, url=url)
        if following.origin != self.origin:
            return None
        if answer.status == 303 or (answer.status in {301, 302} and self.method == "POST"):
            method = self.method if self.method == "HEAD" else "GET"  # as RFC 9110, section 15.4, lets clients do
            return replace(following, method=method, content=None)
        return following


class Coming:
    """An answer on its way in; what was there when a bound cut it short can still be told."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._moments: dict[str, float] = {}
        self._stream: int | None = None
        self._wire: Wire | None = None
        self._http = ""
        self._status = 0
        self._fields: tuple[tuple[str, str], ...] = ()
        self._decoding: Decoding | None = None
        self._transferred = 0

    @property
    def multiplexed(self) -> bool:
        """Whether the request went over HTTP/2, beside others."""
        return self._stream is not None

    @property
    def begun(self) -> bool:
        """Whether the answer's head is there."""
        return self._decoding is not None

    async def trace(self, name: str, info: dict[str, Any]) -> None:
        """Called by httpcore at every step."""
        step = name.partition(".")[2]
        self._moments[step] = time.perf_counter()
        if step == "send_request_headers.started":
            self._stream = info.get("stream_id")

    def begin(self, response: httpcore.Response) -> None:
        """The head is there. Raises Exceeded, Undecodable."""
        self._http = response.extensions.get("http_version", b"").decode("ascii", "replace")
        self._wire = response.extensions.get("network_stream")
        self._status = response.status
        size = sum(len(name) + len(value) for name, value in response.headers)
        if len(response.headers) > self._bounds.lines or size > self._bounds.head:
            raise Exceeded(f"the header has {len(response.headers)} lines in {size} bytes, which is too much")
        self._fields = tuple((_text(name).lower(), _text(value)) for name, value in response.headers)
        codings = ",".join(value for name, value in self._fields if name == "content-encoding")
        self._decoding = Decoding(codings, self._bounds.decoded)

    def take(self, chunk: bytes) -> None:
        """Some of the body. Raises Exceeded, Undecodable."""
        assert self._decoding is not None
        self._transferred += len(chunk)
        if self._transferred > self._bounds.transferred:
            raise Exceeded(f"the body is larger than {_megabytes(self._bounds.transferred)}; stopped reading")
        try:
            self._decoding.take(chunk)
        except Overfull:
            raise Exceeded(
                f"the body decodes to more than {_megabytes(self._bounds.decoded)}; stopped reading after "
                f"{self._transferred} bytes"
            ) from None

    def finish(self) -> None:
        """That was all of it. Raises Undecodable."""
        assert self._decoding is not None
        self._decoding.finish()

    def keep(self, failure: Failure | None) -> bool:
        """Whether what there is of the answer is worth telling."""
        return self.begun and (failure is None or failure.cause is Cause.BOUND)

    def answer(self, total: float) -> Answer:
        """What there is; `total` in seconds."""
        return Answer(
            status=self._status,
            http=self._http,
            fields=self._fields,
            body=bytes(self._decoding.body) if self._decoding else b"",
            transferred=self._transferred,
            timings=Timings(
                connect=self._between("connect_tcp.started", "connect_tcp.complete"),
                tls=self._between("start_tls.started", "start_tls.complete"),
                first_byte=self._between("send_request_headers.started", "receive_response_headers.complete"),
                total=total,
            ),
            tls=self._wire.tls if self._wire else None,
            received=datetime.now(UTC),
        )

    def breaks(self, error: Exception) -> bool:
        """Whether an HTTP/2 connection is of no use to anybody after `error`."""
        if not self.multiplexed or isinstance(error, TimeoutError | Exceeded | Undecodable):
            return False
        return not (error.args and isinstance(error.args[0], h2.events.StreamReset))

    async def abandon(self) -> None:
        """Tell the server that no more is wanted of this answer."""
        if self._wire and self._stream is not None:
            with contextlib.suppress(httpcore.NetworkError):
                await self._wire.reset(self._stream)

    def _between(self, start: str, end: str) -> float | None:
        if start not in self._moments or end not in self._moments:
            return None
        return self._moments[end] - self._moments[start]


def _failure(error: Exception, coming: Coming, seconds: float) -> tuple[Failure, bool]:
    """Why there is no complete answer, and whether another try may help."""
    match error:
        case Unreachable():
            return Failure(cause=error.cause, text=clean(str(error)), tls=error.tls), not error.final
        case Exceeded():
            return Failure(cause=Cause.BOUND, text=str(error)), False
        case Undecodable():
            return Failure(cause=Cause.NETWORK, text=clean(str(error))), True
        case TimeoutError() if coming.begun:
            return Failure(cause=Cause.BOUND, text=f"the answer was not complete after {seconds:.0f} s"), False
        case TimeoutError():
            return Failure(cause=Cause.NETWORK, text=f"no answer within {seconds:.0f} s"), False
        case httpcore.LocalProtocolError():
            return Failure(
                cause=Cause.NETWORK, text="the request cannot be said in HTTP, or the connection ended"
            ), True
        case _:
            return Failure(cause=Cause.NETWORK, text=_broken(error)), isinstance(error, PERHAPS_OUR_OWN)


def _broken(error: Exception) -> str:
    detail = error.args[0] if error.args else error
    if isinstance(detail, h2.events.StreamReset):
        return f"the server gave the request up (HTTP/2 stream reset, error {detail.error_code})"
    if isinstance(detail, h2.events.ConnectionTerminated):
        return f"the server ended the connection (HTTP/2 GOAWAY, error {detail.error_code})"
    if isinstance(error, httpcore.NetworkError):
        return clean(str(error))
    return clean(f"not intelligible as HTTP: {error or type(error).__name__}")


def _absolute(target: Target, url: str) -> str:
    return url if "://" in url.partition("?")[0] else f"{target.url.rstrip('/')}/{url.lstrip('/')}"


def _url(address: str) -> httpx.URL:
    """Raises ValueError."""
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ValueError(clean(f"not an address: {error}")) from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("not an address that can be asked: it needs http:// or https:// and a host")
    return url


def _shown(address: str) -> str:
    """An address without the secrets that its query may hold."""
    head, mark, query = address.partition("?")
    parts = [
        f"{part.partition('=')[0]}={MASK}" if part.partition("=")[0] in SECRETS else part for part in query.split("&")
    ]
    return clean(head, 2000) + mark + clean("&".join(parts), 2000)


def _text(value: bytes) -> str:
    """A header field as text: UTF-8 where it is, no control characters."""
    try:
        text = value.decode("ascii")
    except UnicodeDecodeError:
        text = value.decode("utf-8", "replace")
    return text if text.isprintable() else _printable(text)


def _printable(text: str) -> str:
    return "".join(" " if unicodedata.category(character) in {"Cc", "Cs"} else character for character in text)


def clean(text: str, length: int = 300) -> str:
    """One line of at most so many characters, without control characters."""
    line = " ".join(_printable(text).split())
    return line if len(line) <= length else f"{line[: length - 1]}…"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"


@lru_cache(maxsize=1)
def user_agent() -> str:
    """Who asks: stable and honest, so that a firewall can let it through by name."""
    try:
        return f"prodworthy/{version('prodworthy')} (+deployment verification)"
    except PackageNotFoundError:  # a checkout that is not installed
        return "prodworthy/0 (+deployment verification)"
