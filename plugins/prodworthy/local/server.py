"""One ASGI app behind one loopback port: HTTP/2, HTTP/1.1 and websockets, with TLS or without.

Hypercorn speaks the protocols; listening, logging and ending are done here, because its own end waits for clients.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextvars import ContextVar
from typing import Any, NoReturn, cast

from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.typing import ASGIFramework, ConnectionState
from hypercorn.utils import wrap_app

from prodworthy.local.authority import Leaf

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

GRACE = 2.0  # seconds that answers under way get to finish when the server closes
FAREWELL = 0.2  # seconds that a client gets to agree to the end of its connection
SLOWEST_REQUEST = 30.0  # seconds that an answer waits for the rest of the request it answers

log = logging.getLogger(__name__)


async def serve(app: App, *, tls: Leaf | None) -> Server:
    """Serves `app` on a free port of 127.0.0.1; listening when this returns."""
    server = Server(app)
    await server.listen(tls)
    return server


def by_host(apps: Mapping[str, App], others: App) -> App:
    """Each of `apps` answers for its host (without port, in lower case), `others` for the rest."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        given = next((value for name, value in scope["headers"] if name.lower() == b"host"), b"")
        host = given.decode("latin-1").rsplit(":", 1)[0].lower()
        await apps.get(host, others)(scope, receive, send)

    return answer


def cut() -> NoReturn:
    """Ends the connection of the request that is being answered, at once and without a word."""
    _connection.get().cut()
    raise _Gone


class Server:
    """A running server; made by `serve`."""

    port: int

    def __init__(self, app: App) -> None:
        self._app = app
        self._settings = _Settings()
        self._context = WorkerContext(None)
        self._framework = wrap_app(cast(ASGIFramework, self._answer), self._settings.wsgi_max_body_size, "asgi")
        self._answering: set[asyncio.Task[Any]] = set()  # one a request
        self._talking: set[asyncio.Task[Any]] = set()  # one a websocket
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def listen(self, tls: Leaf | None) -> None:
        """Called once, by `serve`."""
        listener = _listener()
        self.port = listener.getsockname()[1]
        self._listening = await asyncio.start_server(
            self._connected,
            sock=listener,
            backlog=512,
            ssl=tls.context if tls else None,
            ssl_shutdown_timeout=FAREWELL if tls else None,
        )

    async def close(self) -> None:
        """Takes no more requests, lets answers under way finish for at most a few seconds, frees the port."""
        self._listening.close()
        await self._context.terminated.set()  # connections without a request end themselves now
        await _end(self._talking, patience=0)
        await _end(self._answering, patience=GRACE)
        if self._connections:
            await asyncio.wait(self._connections, timeout=2 * FAREWELL)
        for writer in self._connections.values():
            writer.transport.abort()
        await _end(set(self._connections), patience=FAREWELL)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        attending = asyncio.create_task(self._attend(reader, writer))
        self._connections[attending] = writer
        attending.add_done_callback(self._connections.pop)

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(writer)
        _connection.set(connection)
        protocol = TCPServer(
            self._framework,
            asyncio.get_running_loop(),
            self._settings,
            self._context,
            ConnectionState({}),
            reader,
            writer,
        )
        talking = asyncio.create_task(protocol.run())
        await asyncio.wait({talking, asyncio.create_task(connection.lost())}, return_when=asyncio.FIRST_COMPLETED)
        await _end(connection.apps, patience=FAREWELL)  # left alone, hypercorn lets both outlive their client
        await _end({talking}, patience=FAREWELL)
        if not talking.cancelled() and (error := talking.exception()):
            log.error("a connection broke", exc_info=error)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The app, but what it fails on is logged and answered, so that no client waits for ever."""
        is_request = scope["type"] == "http"
        connection = _connection.get()
        exchange = _Exchange(receive, send, connection)
        with _counted(connection.apps, self._answering if is_request else self._talking):
            try:
                await self._app(scope, *((exchange.receive, exchange.send) if is_request else (receive, send)))
            except _Gone:
                return
            except Exception:
                log.exception("%s %s failed", scope.get("method", scope["type"]), scope["path"])
                if not is_request:
                    raise  # hypercorn closes the websocket
                with contextlib.suppress(_Gone):
                    await exchange.give_up()


class _Connection:
    """One client's connection, and the apps that answer on it."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.apps: set[asyncio.Task[Any]] = set()

    @property
    def closing(self) -> bool:
        return self._writer.is_closing()

    def cut(self) -> None:
        """Gone for both sides; what was not sent yet never is."""
        self._writer.transport.abort()

    async def lost(self) -> None:
        """Returns when the connection is gone, from whichever side."""
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


class _Gone(ConnectionResetError):
    """What an app gets that goes on sending when nobody is there, as ASGI 2.4 wants it."""


_connection: ContextVar[_Connection] = ContextVar("connection")


@contextlib.contextmanager
def _counted(*groups: set[asyncio.Task[Any]]) -> Iterator[None]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("an app is called outside any task")
    for group in groups:
        group.add(task)
    try:
        yield
    finally:
        for group in groups:
            group.discard(task)


async def _end(tasks: set[asyncio.Task[Any]], *, patience: float) -> None:
    """Returns when all of them are done; after `patience` seconds they are cancelled, and soon after given up."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=patience)
    for task in late:
        task.cancel()
    if late:
        _, stuck = await asyncio.wait(late, timeout=GRACE)
        for task in stuck:
            log.error("%s does not end", task)


def _listener() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind(("127.0.0.1", 0))
    listener.setblocking(False)
    return listener


class _Settings(Config):
    """Hypercorn, silent and nameless."""

    accesslog = None
    errorlog = log
    h2_max_concurrent_streams = 250
    include_server_header = False  # the app says who it pretends to be
    keep_alive_max_requests = 1_000_000  # never in the middle of somebody's run
    keep_alive_timeout = 75.0


class _Exchange:
    """One HTTP request and its answer, which ends only after the request has.

    Hypercorn 0.18 drops the whole HTTP/2 connection when more of a request's body arrives after its answer is complete.
    """

    def __init__(self, receive: Receive, send: Send, connection: _Connection) -> None:
        self._receive = receive
        self._send = send
        self._connection = connection
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
        if self._connection.closing:
            raise _Gone
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
