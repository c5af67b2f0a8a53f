"""One ASGI app behind one loopback port: HTTP/2, HTTP/1.1 and websockets, with TLS or without."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

from hypercorn.asyncio.run import worker_serve
from hypercorn.config import Config, Sockets
from hypercorn.typing import ASGIFramework
from hypercorn.utils import wrap_app

from prodworthy.local.authority import Leaf

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

GRACE = 2.0  # seconds that answers under way get to finish when the server closes
SLOWEST_REQUEST = 30.0  # seconds that an answer waits for the rest of the request it answers

log = logging.getLogger(__name__)


class Server:
    """A running server; made by `serve`."""

    def __init__(self, port: int, task: asyncio.Task[None], closing: asyncio.Event) -> None:
        self.port = port
        self._task = task
        self._closing = closing

    async def close(self) -> None:
        """Takes no more requests, lets answers under way finish for at most a few seconds, frees the port."""
        self._closing.set()
        await asyncio.wait({self._task}, timeout=2 * GRACE)
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


async def serve(app: App, *, tls: Leaf | None) -> Server:
    """Serves `app` on a free port of 127.0.0.1; listening when this returns."""
    listener = _listener()
    port = listener.getsockname()[1]
    closing = asyncio.Event()
    config = _Settings(tls)
    sockets = Sockets([listener], [], []) if tls else Sockets([], [listener], [])
    framework = wrap_app(cast(ASGIFramework, _answering(app)), config.wsgi_max_body_size, "asgi")
    running = worker_serve(framework, config, sockets=sockets, shutdown_trigger=closing.wait)
    return Server(port, asyncio.create_task(running, name=f"server on port {port}"), closing)


def _listener() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(512)  # from here on the kernel accepts, whenever the server's loop gets to it
    listener.setblocking(False)
    return listener


class _Settings(Config):
    """Hypercorn, silent and nameless, with a TLS context of ours instead of files."""

    accesslog = None
    errorlog = log
    backlog = 512
    graceful_timeout = GRACE
    h2_max_concurrent_streams = 250
    include_server_header = False  # the app says who it pretends to be
    keep_alive_max_requests = 1_000_000  # never in the middle of somebody's run
    keep_alive_timeout = 75.0

    def __init__(self, tls: Leaf | None) -> None:
        self._tls = tls

    @property
    def ssl_enabled(self) -> bool:
        return self._tls is not None

    def create_ssl_context(self) -> ssl.SSLContext | None:
        return self._tls.context if self._tls else None


def _answering(app: App) -> App:
    """`app`, but a request that it fails on is logged and answered, so that no client waits for ever."""

    async def answering(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        exchange = _Exchange(receive, send)
        try:
            if scope["type"] == "http":
                await app(scope, exchange.receive, exchange.send)
            else:
                await app(scope, receive, send)
        except Exception:
            log.exception("%s %s failed", scope.get("method", scope["type"]), scope["path"])
            if scope["type"] != "http":
                raise
            await exchange.give_up()

    return answering


class _Exchange:
    """One HTTP request and its answer, which ends only after the request has.

    Hypercorn 0.18 drops the whole HTTP/2 connection when more of a request's body arrives after its answer is complete.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._started = False
        self._read = False  # the request, to its end

    async def receive(self) -> Message:
        message = await self._receive()
        self._read = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        self._started = self._started or message["type"] == "http.response.start"
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            await self._read_on()
        await self._send(message)

    async def give_up(self) -> None:
        """Status 500 if there is no status yet; else the answer ends short of what it promised."""
        if not self._started:
            await self.send({"type": "http.response.start", "status": 500, "headers": [(b"content-length", b"0")]})
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _read_on(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SLOWEST_REQUEST):
                while not self._read:
                    await self.receive()


async def _live(receive: Receive, send: Send) -> None:
    while True:
        stage = (await receive())["type"]
        await send({"type": f"{stage}.complete"})
        if stage == "lifespan.shutdown":
            return
