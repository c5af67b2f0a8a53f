"""The client over real sockets: connections that fail, end early, or never end, and where it connects to at all."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator

import pytest
import trustme

from prodworthy.hosting import transport
from prodworthy.hosting.connection import connect
from prodworthy.hosting.errors import NotSent, OutcomeUnknown, Rejected, Unintelligible
from prodworthy.hosting.host import Host
from prodworthy.model.network import Addresses
from tests.hosting.answering import TOKEN, Time, hosting

BODY = b'{"id": "prj_1", "targets": {}}'
OK = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(BODY), BODY)
DONE = b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n"


class Server:
    """Plays one part for every connection, and remembers the requests' heads."""

    def __init__(self, play: Callable[[Server, socket.socket], None]) -> None:
        self.heads: list[bytes] = []
        self.connections = 0
        self.over = threading.Event()
        server = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                server.connections += 1
                with contextlib.suppress(OSError):
                    play(server, self.request)

        self._tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._tcp.daemon_threads = True
        self._thread = threading.Thread(target=self._tcp.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._tcp.server_address[1])

    def head(self, connection: socket.socket) -> bytes:
        """The next request's head, empty when the client is gone."""
        got = b""
        while not got.endswith(b"\r\n\r\n"):
            more = connection.recv(1)
            if not more:
                return b""
            got += more
        length = next((int(line[15:]) for line in got.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        if length:
            connection.recv(length)
        self.heads.append(got)
        return got

    def close(self) -> None:
        self.over.set()
        self._tcp.shutdown()
        self._tcp.server_close()


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Server, socket.socket], None]], Server]]:
    with contextlib.ExitStack() as stack:

        def start(play: Callable[[Server, socket.socket], None]) -> Server:
            server = Server(play)
            stack.callback(server.close)
            return server

        yield start


@pytest.fixture(scope="module")
def nowhere() -> Addresses:
    """An embedded deployment of which nothing listens."""
    return Addresses(hosts={}, ca_pem=trustme.CA().cert_pem.bytes().decode(), spki="")


def asking(server: Server, attempts: int = 2) -> Host:
    patience = Time().patience(attempts=attempts)
    return connect(hosting(api=f"http://127.0.0.1:{server.port}"), environment={}, patience=patience)


def dripping(first: bytes) -> Callable[[Server, socket.socket], None]:
    """Says a little, and then a byte now and then for ever, so that no single read takes long."""

    def play(server: Server, connection: socket.socket) -> None:
        server.head(connection)
        connection.sendall(first)
        while not server.over.wait(0.02):
            connection.sendall(b"x")

    return play


def once(answer: bytes) -> Callable[[Server, socket.socket], None]:
    """Answers one request and ends the connection without a word about it, as load balancers do."""

    def play(server: Server, connection: socket.socket) -> None:
        if server.head(connection):
            connection.sendall(answer)

    return play


Starting = Callable[[Callable[[Server, socket.socket], None]], Server]


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nx-long: ", id="a-header-field-without-end"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n{", id="a-body-without-end"),
        pytest.param(b"", id="no-status-line"),
    ],
)
def test_an_answer_that_never_ends_is_given_up(first: bytes, serve: Starting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prodworthy.hosting.calls.WHOLE", 0.3)
    server = serve(dripping(first))
    with asking(server) as host, pytest.raises(OutcomeUnknown):
        host.promote("dpl_A")
    assert server.connections == 1


def test_a_connection_that_was_refused_sent_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listening
        host = connect(hosting(api=f"http://127.0.0.1:{taken.getsockname()[1]}"), environment={})
        with pytest.raises(NotSent):
            host.promote("dpl_A")


def test_a_name_that_does_not_exist_sent_nothing() -> None:
    host = connect(hosting(api="https://api.invalid"), environment={}, patience=Time().patience(attempts=1))
    with pytest.raises(NotSent):
        host.project()


def test_a_server_without_tls_was_sent_nothing(serve: Starting) -> None:
    server = serve(lambda server, connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    host = connect(hosting(api=f"https://127.0.0.1:{server.port}"), environment={})
    with pytest.raises(NotSent):
        host.promote("dpl_A")
    assert server.heads == []


def test_a_connection_cut_after_the_request_leaves_the_outcome_open(serve: Starting) -> None:
    server = serve(lambda server, connection: server.head(connection) and None)
    with asking(server) as host, pytest.raises(OutcomeUnknown):
        host.promote("dpl_A")
    assert len(server.heads) == 1


def test_a_request_that_changes_something_never_meets_a_connection_that_just_ends(serve: Starting) -> None:
    """Over a kept connection it would be lost in the moment in which the other side gives that up."""

    def play(server: Server, connection: socket.socket) -> None:
        if server.head(connection):
            connection.sendall(DONE)
            server.head(connection)  # a second request over it is never answered

    server = serve(play)
    with asking(server) as host:
        for _ in range(3):
            assert not host.promote("dpl_A").queued
    assert (len(server.heads), server.connections) == (3, 3)


def test_reads_share_a_connection(serve: Starting) -> None:
    def play(server: Server, connection: socket.socket) -> None:
        while server.head(connection):
            connection.sendall(OK)

    server = serve(play)
    with asking(server) as host:
        for _ in range(5):
            host.project()
    assert (len(server.heads), server.connections) == (5, 1)


def test_a_redirect_takes_the_token_nowhere(serve: Starting) -> None:
    elsewhere = serve(once(OK))
    target = f"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{elsewhere.port}/\r\ncontent-length: 0\r\n\r\n"
    server = serve(once(target.encode()))
    with asking(server, 1) as host, pytest.raises(Unintelligible, match="302, which is not followed"):
        host.project()
    assert elsewhere.heads == []


def test_hostile_bytes_are_an_unknown_outcome(serve: Starting) -> None:
    server = serve(once(b"SSH-2.0-OpenSSH\r\n\x00\xff\x1b[31m\r\n\r\n"))
    with asking(server, 1) as host, pytest.raises(OutcomeUnknown) as caught:
        host.project()
    assert str(caught.value).isprintable()


# where it connects to


def test_an_embedded_deployment_is_asked_here_and_nowhere_else(nowhere: Addresses) -> None:
    """Its token and its ids would mean nothing to the real platform, and must not get there."""
    host = connect(hosting(), addresses=nowhere, environment={}, patience=Time().patience(attempts=1))
    with pytest.raises(NotSent, match=r"nothing of the embedded deployment listens at api\.vercel\.com:443"):
        host.project()


def test_a_machine_s_proxy_is_used_and_an_embedded_deployment_s_is_none(
    serve: Starting, monkeypatch: pytest.MonkeyPatch, nowhere: Addresses
) -> None:
    proxy = serve(lambda server, connection: server.head(connection) and connection.sendall(b"HTTP/1.1 407 No\r\n\r\n"))
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    host = connect(hosting(), environment={})
    with pytest.raises(NotSent):
        host.promote("dpl_A")
    assert proxy.heads[0].startswith(b"CONNECT api.vercel.com:443 ")
    assert TOKEN.encode() not in b"".join(proxy.heads)
    embedded = connect(hosting(), addresses=nowhere, environment={}, patience=Time().patience(attempts=1))
    with pytest.raises(NotSent):
        embedded.project()
    assert len(proxy.heads) == 1


def test_what_no_proxy_names_is_asked_directly(serve: Starting, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = serve(once(OK))
    server = serve(once(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"))
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    with asking(server) as host, pytest.raises(Rejected):
        host.project()
    assert proxy.heads == []


def test_the_time_of_one_exchange_is_not_that_of_the_next() -> None:
    with transport.within(0.0), pytest.raises(transport.httpcore.ReadTimeout):
        transport._left(5.0, transport.httpcore.ReadTimeout)
    assert transport._left(5.0, transport.httpcore.ReadTimeout) == 5.0
    with transport.within(1000.0):
        assert transport._left(5.0, transport.httpcore.ReadTimeout) == 5.0
        assert (transport._left(None, transport.httpcore.ReadTimeout) or 0) > 900
