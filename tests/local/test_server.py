"""The server, over real sockets: protocols, failures of the app, and its end."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import h2.exceptions
import httpx
import pytest
from websockets.asyncio.client import connect

from prodworthy.local.authority import Authority
from prodworthy.local.server import App, Server, serve

HOST = "shop.test"
TO_HOST = {"headers": {"host": HOST}, "extensions": {"sni_hostname": HOST}}


async def greet(scope, receive, send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"server", b"Vercel")]})
    await send({"type": "http.response.body", "body": f"{scope['scheme']} {scope['http_version']}".encode()})


def against(app: App, visit: Callable[[httpx.AsyncClient, Server], Awaitable[None]], *, http2: bool = True) -> None:
    """Runs `visit` with a client that trusts the server's authority."""

    async def run() -> None:
        authority = Authority()
        server = await serve(app, tls=authority.issue([HOST]))
        url = f"https://127.0.0.1:{server.port}"
        async with httpx.AsyncClient(http2=http2, verify=authority.trusting(), base_url=url) as client:
            await visit(client, server)
        await server.close()

    asyncio.run(run())


@pytest.mark.parametrize(("http2", "version"), [(True, "HTTP/2"), (False, "HTTP/1.1")])
def test_a_client_gets_the_protocol_it_speaks(http2: bool, version: str) -> None:
    async def visit(client: httpx.AsyncClient, server: Server) -> None:
        answer = await client.get("/", **TO_HOST)
        assert answer.http_version == version
        assert answer.text.startswith("https ")

    against(greet, visit, http2=http2)


def test_the_server_does_not_give_its_name_away() -> None:
    async def visit(client: httpx.AsyncClient, server: Server) -> None:
        answer = await client.get("/", **TO_HOST)
        assert answer.headers.get_list("server") == ["Vercel"]

    against(greet, visit)


def test_two_hundred_streams_share_one_connection() -> None:
    async def visit(client: httpx.AsyncClient, server: Server) -> None:
        answers = await asyncio.gather(*(client.get(f"/{n}", **TO_HOST) for n in range(200)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({id(answer.extensions["network_stream"]) for answer in answers}) == 1

    against(greet, visit)


def test_it_serves_plainly_without_a_leaf() -> None:
    async def run() -> None:
        server = await serve(greet, tls=None)
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"http://127.0.0.1:{server.port}/")).text == "http 1.1"
        await server.close()

    asyncio.run(run())


def test_a_websocket_goes_both_ways_over_tls() -> None:
    async def echo(scope, receive, send) -> None:
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        said = await receive()
        await send({"type": "websocket.send", "text": said["text"].upper()})
        await send({"type": "websocket.close", "code": 1000})

    async def visit(client: httpx.AsyncClient, server: Server) -> None:
        context = client._transport._pool._ssl_context
        url = f"wss://{HOST}:{server.port}/socket"
        async with connect(url, host="127.0.0.1", server_hostname=HOST, ssl=context) as websocket:
            await websocket.send("hello")
            assert await websocket.recv() == "HELLO"

    against(echo, visit)


def test_an_app_that_raises_is_answered_with_500_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(scope, receive, send) -> None:
        raise RuntimeError("out of order")

    async def visit(client: httpx.AsyncClient, server: Server) -> None:
        assert (await client.get("/x", **TO_HOST)).status_code == 500

    against(broken, visit)
    assert "GET /x failed" in caplog.text
    assert "out of order" in caplog.text


@pytest.mark.parametrize("http2", [True, False], ids=["http2", "http1"])
def test_an_app_that_raises_half_way_ends_the_answer_too_short(http2: bool, caplog: pytest.LogCaptureFixture) -> None:
    async def broken(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise RuntimeError("out of order")

    async def visit(client: httpx.AsyncClient, server: Server) -> None:
        with pytest.raises((httpx.RemoteProtocolError, h2.exceptions.ProtocolError)):
            await client.get("/", **TO_HOST)

    against(broken, visit, http2=http2)
    assert "out of order" in caplog.text


def test_an_app_that_answers_nothing_is_a_500() -> None:
    async def silent(scope, receive, send) -> None:
        return

    async def visit(client: httpx.AsyncClient, server: Server) -> None:
        assert (await client.get("/", **TO_HOST)).status_code == 500

    against(silent, visit)


@pytest.mark.parametrize("http2", [True, False], ids=["http2", "http1"])
def test_a_body_that_nobody_reads_does_not_end_the_connection(http2: bool, caplog: pytest.LogCaptureFixture) -> None:
    async def visit(client: httpx.AsyncClient, server: Server) -> None:
        first, *others = [await client.post("/", content=b"x" * 300_000, **TO_HOST) for _ in range(3)]
        assert first.status_code == 200
        assert {id(answer.extensions["network_stream"]) for answer in others} == {
            id(first.extensions["network_stream"])
        }

    against(greet, visit, http2=http2)
    assert caplog.text == ""


@pytest.mark.parametrize("http2", [True, False], ids=["http2", "http1"])
def test_a_client_that_leaves_half_way_ends_its_answer(http2: bool, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        ended = asyncio.Event()

        async def endless(scope, receive, send) -> None:
            try:
                await send({"type": "http.response.start", "status": 200, "headers": []})
                while True:
                    await send({"type": "http.response.body", "body": b"x" * 50_000, "more_body": True})
            finally:
                ended.set()

        authority = Authority()
        server = await serve(endless, tls=authority.issue([HOST]))
        url = f"https://127.0.0.1:{server.port}/"
        client = httpx.AsyncClient(http2=http2, verify=authority.trusting())
        async with client, client.stream("GET", url, **TO_HOST) as answer:
            await anext(answer.aiter_raw())
        await ended.wait()
        await server.close()

    asyncio.run(run())
    assert caplog.text == ""


def test_closing_frees_the_port_and_lets_an_answer_under_way_finish() -> None:
    started = asyncio.Event()

    async def slow(scope, receive, send) -> None:
        started.set()
        await asyncio.sleep(0.2)
        await greet(scope, receive, send)

    async def visit(client: httpx.AsyncClient, server: Server) -> None:
        answering = asyncio.create_task(client.get("/", **TO_HOST))
        await started.wait()
        await server.close()
        assert (await answering).status_code == 200
        with pytest.raises(httpx.ConnectError):
            await client.get("/", **TO_HOST)

    against(slow, visit)


def test_closing_does_not_wait_for_a_request_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prodworthy.local.server.GRACE", 0.1)
    started = asyncio.Event()

    async def endless(scope, receive, send) -> None:
        started.set()
        await asyncio.Event().wait()

    async def visit(client: httpx.AsyncClient, server: Server) -> None:
        asking = asyncio.create_task(client.get("/", timeout=60, **TO_HOST))
        await started.wait()
        await server.close()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)

    against(endless, visit)


def test_what_is_no_tls_at_all_does_not_disturb_the_server(caplog: pytest.LogCaptureFixture) -> None:
    async def visit(client: httpx.AsyncClient, server: Server) -> None:
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert (await client.get("/", **TO_HOST)).status_code == 200

    against(greet, visit)
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("names", "days", "reason"),
    [
        pytest.param([HOST], -1, "certificate has expired", id="expired"),
        pytest.param(["other.test"], 1, "Hostname mismatch", id="wrong-name"),
    ],
)
def test_a_bad_certificate_can_be_made_and_is_refused(names: list[str], days: int, reason: str) -> None:
    async def run() -> None:
        authority = Authority()
        now = datetime.now(UTC)
        leaf = authority.issue(names, not_before=now - timedelta(days=9), not_after=now + timedelta(days=days))
        server = await serve(greet, tls=leaf)
        async with httpx.AsyncClient(verify=authority.trusting()) as client:
            with pytest.raises(httpx.ConnectError, match=reason):
                await client.get(f"https://127.0.0.1:{server.port}/", **TO_HOST)
        await server.close()

    asyncio.run(run())


def test_nobody_else_trusts_the_authority_of_a_run() -> None:
    async def run() -> None:
        server = await serve(greet, tls=Authority().issue([HOST]))
        for context in (ssl.create_default_context(), Authority().trusting()):
            async with httpx.AsyncClient(verify=context) as client:
                with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                    await client.get(f"https://127.0.0.1:{server.port}/", **TO_HOST)
        await server.close()

    asyncio.run(run())
