"""The client against servers that do whatever they like, over real sockets."""

from __future__ import annotations

import asyncio
import gzip
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import brotli
import h2.config
import h2.connection
import h2.events
import pytest

from prodworthy.evidence.client import Client
from prodworthy.evidence.coming import Bounds
from prodworthy.evidence.manners import AT_HOME, SILENT, Gate, Gates, Manners
from prodworthy.evidence.sending import user_agent
from prodworthy.local.authority import Authority
from prodworthy.model import Addresses, Cause, Endpoint, Exchange, Secret, Supabase, Target

NOTHING = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
SMALL = Bounds(decoded=100_000, transferred=50_000, seconds=2.0)

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


@dataclass
class Raw:
    """A server of plain bytes: what it is asked, it remembers; what it says, the test writes."""

    port: int = 0
    heads: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def target(self) -> Target:
        return Target(name="raw", url=f"http://127.0.0.1:{self.port}")


@asynccontextmanager
async def raw(speak: Callable[[bytes, asyncio.StreamWriter], Awaitable[bool]]) -> AsyncIterator[Raw]:
    """`speak` gets each request's head and writes the answer; True keeps the connection."""
    server = Raw()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                server.heads.append(head)
                if not await speak(head, writer):
                    break
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    listening = await asyncio.start_server(accept, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


def says(*pieces: bytes, keep: bool = True) -> Callable[[bytes, asyncio.StreamWriter], Awaitable[bool]]:
    async def speak(head: bytes, writer: asyncio.StreamWriter) -> bool:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return keep

    return speak


def answer(body: bytes = b"", *fields: str, status: str = "200 OK") -> bytes:
    lines = "".join(f"{line}\r\n" for line in (f"content-length: {len(body)}", *fields))
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode("latin-1") + body


async def asked(
    speak: Callable[[bytes, asyncio.StreamWriter], Awaitable[bool]], path: str = "/", **options: Any
) -> Exchange:
    async with raw(speak) as server, Client(server.target, SMALL) as client:
        return await client.ask(path, purpose="test", **options)


def test_an_answer_keeps_its_field_lines_apart_and_in_order() -> None:
    speak = says(answer(b"hi", "Set-Cookie: a=1", "X-Other: x", "set-cookie: b=2"))
    exchange = run(asked(speak))
    assert exchange.answered is not None
    assert exchange.answered.lines("set-cookie") == ("a=1", "b=2")
    assert [name for name, _ in exchange.answered.fields] == ["content-length", "set-cookie", "x-other", "set-cookie"]
    assert (exchange.answered.body, exchange.answered.transferred, exchange.answered.http) == (b"hi", 2, "HTTP/1.1")


def test_field_values_become_printable_text() -> None:
    speak = says(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-a: caf\xc3\xa9 \xff\xed\xa0\x80\tb\x80\r\n\r\n")
    value = run(asked(speak)).answered.header("x-a")
    assert value is not None
    assert value.startswith("café ")
    assert value.encode("utf-8")
    assert value.replace("\ufffd", "").isprintable()


def test_one_connection_serves_the_whole_run_and_a_fresh_one_only_who_asks_for_it() -> None:
    async def work() -> tuple[list[Exchange], int]:
        async with raw(says(NOTHING)) as server, Client(server.target) as client:
            seen = [await client.ask("/", purpose="test") for _ in range(3)]
            seen.append(await client.ask("/", purpose="test", fresh=True))
            return seen, server.connections

    seen, connections = run(work())
    assert connections == 2
    assert [each.answer.timings.connect is not None for each in seen] == [True, False, False, True]


def test_a_connection_that_the_server_ended_meanwhile_is_not_used_again() -> None:
    async def work() -> list[Exchange]:
        async with raw(says(NOTHING, keep=False)) as server, Client(server.target) as client:
            seen = []
            for _ in range(3):
                seen.append(await client.ask("/", purpose="test", method="POST"))
                await asyncio.sleep(0.05)
            return seen

    assert [each.failure for each in run(work())] == [None, None, None]


def test_secrets_are_sent_and_not_shown() -> None:
    async def work() -> tuple[Exchange, bytes]:
        async with raw(says(NOTHING)) as server, Client(server.target) as client:
            headers = {"Authorization": "Bearer s3cret", "apikey": "s3cret", "Cookie": "s=s3cret", "X-Own": "shown"}
            headers["x-vercel-protection-bypass"] = "s3cret"
            exchange = await client.ask("/?apikey=s3cret&a=1", purpose="test", headers=headers)
            return exchange, server.heads[0]

    exchange, head = run(work())
    assert head.count(b"s3cret") == 5
    assert "s3cret" not in repr(exchange)
    assert dict(exchange.sent)["x-own"] == "shown"
    assert exchange.url.endswith("?apikey=***&a=1")


def test_a_secret_with_a_line_break_is_a_clear_failure_that_does_not_show_it() -> None:
    exchange = run(asked(says(NOTHING), headers={"authorization": "Bearer s3cret\n"}))
    assert exchange.failure.cause is Cause.CONFIGURATION
    assert "authorization" in exchange.failure.text
    assert "s3cret" not in repr(exchange)


def test_the_client_says_who_it_is() -> None:
    async def work() -> bytes:
        async with raw(says(NOTHING)) as server, Client(server.target) as client:
            await client.ask("/", purpose="test")
            return server.heads[0]

    assert user_agent().startswith("prodworthy/")
    assert f"user-agent: {user_agent()}".encode() in run(work())


def test_cookies_of_one_answer_are_not_sent_with_the_next_request() -> None:
    async def work() -> bytes:
        async with (
            raw(says(answer(b"", "set-cookie: _vercel_jwt=x; Path=/"))) as server,
            Client(server.target) as client,
        ):
            await client.ask("/", purpose="test")
            await client.ask("/", purpose="test")
            return server.heads[1]

    assert b"cookie" not in run(work()).lower()


# Bodies


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        pytest.param("gzip", gzip.compress(b"x" * 5000), id="gzip"),
        pytest.param("br", brotli.compress(b"x" * 5000), id="br"),
        pytest.param("br, gzip", gzip.compress(brotli.compress(b"x" * 5000)), id="stacked"),
        pytest.param("identity", b"x" * 5000, id="identity"),
    ],
)
def test_a_coded_body_is_decoded_and_its_bytes_on_the_wire_counted(coding: str, body: bytes) -> None:
    seen = run(asked(says(answer(body, f"content-encoding: {coding}")))).answered
    assert seen.body == b"x" * 5000
    assert seen.transferred == len(body)


@pytest.mark.parametrize(
    ("coding", "bomb"),
    [
        pytest.param("gzip", gzip.compress(bytes(30_000_000)), id="gzip"),
        pytest.param("br", brotli.compress(bytes(30_000_000), quality=5), id="br"),
        pytest.param("gzip, gzip", gzip.compress(gzip.compress(bytes(30_000_000))), id="twice"),
    ],
)
def test_a_compressed_bomb_ends_at_the_cap(coding: str, bomb: bytes) -> None:
    exchange = run(asked(says(answer(bomb, f"content-encoding: {coding}"))))
    assert exchange.failure.cause is Cause.BOUND
    assert len(exchange.answer.body) == SMALL.decoded
    assert exchange.answered is None


def test_an_endless_body_ends_at_the_cap() -> None:
    async def speak(head: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n")
        while True:
            writer.write(b"x" * 10_000)
            await writer.drain()

    exchange = run(asked(speak))
    assert exchange.failure.cause is Cause.BOUND
    assert exchange.gap.cause is Cause.BOUND
    assert exchange.answer.media_type == "text/html"


def test_a_body_that_drips_ends_with_the_time_of_the_whole_request() -> None:
    async def speak(head: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    exchange = run(asked(speak))
    assert exchange.failure == exchange.failure.__class__(
        cause=Cause.BOUND, text="the answer was not complete after 2 s", late=True
    )
    assert exchange.answer.body.startswith(b"xx")


def test_a_server_that_says_nothing_is_a_network_failure() -> None:
    async def speak(head: bytes, writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(60)
        return False

    exchange = run(asked(speak))
    assert (exchange.failure.cause, exchange.failure.text) == (Cause.NETWORK, "no answer within 2 s")


def test_a_flood_of_interim_answers_ends_with_the_time() -> None:
    async def speak(head: bytes, writer: asyncio.StreamWriter) -> bool:
        while True:
            writer.write(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" * 50)
            await writer.drain()

    assert run(asked(speak)).failure.text == "no answer within 2 s"


def test_interim_answers_before_the_real_one_are_passed_over() -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
    assert run(asked(says(hints * 3, answer(b"hi")))).answered.body == b"hi"


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"\x00\xff garbage\r\n\r\n", id="no-http-at-all"),
        pytest.param(b"HTTP/1.1 abc OK\r\n\r\n", id="a-status-that-is-no-number"),
        pytest.param(b"HTTP/1.1 200 OK\r\n: no name\r\n\r\n", id="a-field-without-a-name"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", id="a-negative-length"),
        pytest.param(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", id="a-bad-chunk"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort", id="a-body-that-ends-early"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 20_000, id="a-head-without-end"),
        pytest.param(b"", id="goodbye-at-once"),
        pytest.param(answer(b"no gzip", "content-encoding: gzip"), id="a-body-that-is-not-what-its-coding-says"),
        pytest.param(answer(gzip.compress(b"x")[:-4], "content-encoding: gzip"), id="a-coded-body-without-its-end"),
        pytest.param(answer(b"x", "content-encoding: zstd"), id="a-coding-that-nobody-asked-for"),
        pytest.param(answer(b"x", "content-encoding: gzip, br, gzip, br"), id="too-many-codings"),
    ],
)
def test_what_is_not_intelligible_is_a_failure_in_one_line(said: bytes) -> None:
    exchange = run(asked(says(said, keep=False)))
    assert exchange.failure is not None
    assert exchange.answered is None
    assert exchange.gap is not None
    assert exchange.failure.text.isprintable()
    assert 0 < len(exchange.failure.text) <= 300


def test_too_many_field_lines_are_a_bound() -> None:
    exchange = run(asked(says(answer(b"", *(f"x-{i}: 1" for i in range(300))))))
    assert exchange.failure.cause is Cause.BOUND


# Redirects


def redirects(steps: dict[str, str]) -> Callable[[bytes, asyncio.StreamWriter], Awaitable[bool]]:
    async def speak(head: bytes, writer: asyncio.StreamWriter) -> bool:
        path = head.split(b" ")[1].decode()
        onward = steps.get(path)
        writer.write(answer(b"", f"location: {onward}", status="307 Again") if onward else answer(path.encode()))
        return True

    return speak


def test_redirects_within_the_origin_are_followed_and_kept() -> None:
    exchange = run(asked(redirects({"/": "/a", "/a": "b?c=d"})))
    assert exchange.answered.body == b"/b?c=d"
    assert [hop.header("location") for hop in exchange.hops] == ["/a", "b?c=d"]


def test_a_redirect_loop_is_told_as_what_it_is() -> None:
    exchange = run(asked(redirects({"/": "/a", "/a": "/"})))
    assert exchange.failure.redirect_loop
    assert exchange.gap is None
    assert len(exchange.hops) == 1


def test_redirects_that_never_come_back_end_too() -> None:
    numbers = itertools.count()

    async def speak(head: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(answer(b"", f"location: /{next(numbers)}", status="302 Found"))
        return True

    exchange = run(asked(speak))
    assert exchange.failure.redirect_loop
    assert len(exchange.hops) == SMALL.redirects


@pytest.mark.parametrize("location", ["https://elsewhere.test/", "//elsewhere.test/", "http://[", "javascript:x", ""])
def test_a_redirect_elsewhere_is_the_answer_itself(location: str) -> None:
    exchange = run(asked(says(answer(b"", f"location: {location}", status="302 Found"))))
    assert exchange.answered.status == 302
    assert exchange.hops == ()


def test_a_redirect_is_not_followed_where_nobody_wants_it() -> None:
    assert run(asked(redirects({"/": "/a"}), follow=False)).answered.status == 307


def test_a_posted_form_becomes_a_read_after_see_other() -> None:
    async def work() -> list[bytes]:
        async def speak(head: bytes, writer: asyncio.StreamWriter) -> bool:
            done = head.startswith(b"GET")
            writer.write(NOTHING if done else answer(b"", "location: /done", status="303 See Other"))
            return True

        async with raw(speak) as server, Client(server.target) as client:
            await client.ask("/", purpose="test", method="POST")
            return [head.split(b"\r\n")[0] for head in server.heads]

    assert run(work()) == [b"POST / HTTP/1.1", b"GET /done HTTP/1.1"]


# Failures and tries


def test_a_closed_port_says_that_nothing_listens_there() -> None:
    async def work() -> Exchange:
        async with raw(says(NOTHING)) as server:
            port = server.port
        target = Target(name="closed", url=f"http://127.0.0.1:{port}")
        async with Client(target) as client:
            return await client.ask("/", purpose="test")

    exchange = run(work())
    assert exchange.failure.cause is Cause.NETWORK
    assert exchange.failure.text.startswith("nothing listens at 127.0.0.1:")
    assert len(exchange.attempts) == len(AT_HOME.waits)


def test_a_read_that_the_network_lost_is_tried_again_and_every_try_is_kept() -> None:
    async def work() -> tuple[Exchange, int]:
        answers = iter([b"", b"", answer(b"third")])

        async def speak(head: bytes, writer: asyncio.StreamWriter) -> bool:
            writer.write(next(answers))
            await writer.drain()
            return False

        async with raw(speak) as server, Client(server.target) as client:
            return await client.ask("/", purpose="test"), len(server.heads)

    exchange, requests = run(work())
    assert exchange.answered.body == b"third"
    assert requests == 3
    assert len(exchange.attempts) == 2
    assert all(attempt.text for attempt in exchange.attempts)


@pytest.mark.parametrize("options", [{"method": "POST"}, {"repeatable": False}], ids=["post", "declared"])
def test_what_may_not_be_repeated_is_sent_once(options: dict[str, Any]) -> None:
    async def work() -> tuple[Exchange, int]:
        async with raw(says(keep=False)) as server, Client(server.target) as client:
            return await client.ask("/", purpose="test", **options), len(server.heads)

    exchange, requests = run(work())
    assert requests == 1
    assert exchange.failure is not None
    assert exchange.attempts == ()


def test_an_error_of_the_app_is_an_answer_and_not_tried_again() -> None:
    exchange = run(asked(says(answer(b"oh", status="500 Oh"))))
    assert exchange.answered.status == 500
    assert exchange.attempts == ()


@pytest.mark.parametrize("url", ["ftp://shop.test/", "https://", "http://[", "https://a b/", "mailto:x://y"])
def test_what_is_no_address_is_a_failure(url: str) -> None:
    assert run(asked(says(NOTHING), url)).failure is not None


def test_a_name_that_does_not_exist_says_so() -> None:
    async def work() -> Exchange:
        async with Client(Target(name="none", url="http://127.0.0.1:1")) as client:
            return await client.ask("https://prodworthy.invalid/", purpose="test", repeatable=False)

    assert "prodworthy.invalid" in run(work()).failure.text


def test_a_host_that_never_answers_is_left_alone_after_a_while() -> None:
    async def work() -> tuple[list[Exchange], int]:
        async with raw(says(keep=False)) as server, Client(server.target) as client:
            seen = [await client.ask(f"/{i}", purpose="test", repeatable=False) for i in range(20)]
            return seen, len(server.heads)

    seen, requests = run(work())
    assert requests == SILENT
    assert seen[-1].failure.text.startswith("not asked: 127.0.0.1 has answered none of the last requests")


def test_requests_that_were_lost_together_count_as_one_loss() -> None:
    async def work() -> Exchange:
        async def speak(head: bytes, writer: asyncio.StreamWriter) -> bool:
            lost = head.startswith(b"GET /lost")
            writer.write(b"" if lost else NOTHING)
            return not lost

        async with raw(speak) as server, Client(server.target) as client:
            await asyncio.gather(*(client.ask(f"/lost-{i}", purpose="test", repeatable=False) for i in range(20)))
            return await client.ask("/", purpose="test")

    assert run(work()).answered is not None


# Bounds of a run, walls, politeness


def test_a_run_sends_no_more_requests_than_it_may() -> None:
    async def work() -> list[Exchange]:
        async with raw(says(NOTHING)) as server, Client(server.target, Bounds(requests=3)) as client:
            return [await client.ask("/", purpose="test") for _ in range(5)]

    assert [each.failure and each.failure.cause for each in run(work())] == [None] * 3 + [Cause.BOUND] * 2


def test_a_run_ends_in_time() -> None:
    async def work() -> Exchange:
        async with raw(says(NOTHING)) as server, Client(server.target, Bounds(run=0.0)) as client:
            await client.ask("/", purpose="test")
            await asyncio.sleep(0.01)
            return await client.ask("/", purpose="test")

    assert run(work()).failure.cause is Cause.BOUND


def test_the_firewalls_first_challenge_ends_all_asking_of_that_host() -> None:
    async def work() -> tuple[list[Exchange], int]:
        challenge = says(answer(b"", "x-vercel-mitigated: challenge", status="403 No"))
        async with raw(challenge) as server, Client(server.target) as client:
            return [await client.ask("/", purpose="test") for _ in range(3)], len(server.heads)

    (first, *later), requests = run(work())
    assert requests == 1
    assert first.gap.cause is Cause.WALL
    assert first.answered is None
    assert {each.failure.cause for each in later} == {Cause.WALL}


@pytest.mark.parametrize("sign", ["retry-after: 60", "cf-mitigated: challenge"])
def test_whoever_is_asked_too_much_is_asked_no_more(sign: str) -> None:
    async def work() -> tuple[list[Exchange], int]:
        async with raw(says(answer(b"", sign, status="429 No"))) as server, Client(server.target) as client:
            return [await client.ask("/", purpose="test") for _ in range(3)], len(server.heads)

    (first, *later), requests = run(work())
    assert requests == 1
    assert {first.gap.cause, *(each.failure.cause for each in later)} == {Cause.WALL}


def test_a_declared_limit_is_judged_and_ends_nothing() -> None:
    async def work() -> list[Exchange]:
        async with raw(says(answer(b"", status="429 No"))) as server:
            target = replace(server.target, endpoints=(Endpoint(path="/limited", status=429),))
            async with Client(target) as client:
                return [await client.ask("/limited", purpose="test") for _ in range(2)]

    assert [each.answered and each.answered.status for each in run(work())] == [429, 429]


def test_the_back_ends_own_limits_are_left_to_those_who_ask_it() -> None:
    async def work() -> Exchange:
        async with raw(says(answer(b"", status="429 No"))) as server:
            project = Supabase(url=server.target.url, key=Secret(name="KEY", value="x"))
            async with Client(replace(server.target, supabase=project)) as client:
                return await client.ask("/rest/v1/products", purpose="test")

    assert run(work()).wall is None


def test_targets_that_share_a_host_are_polite_to_it_together() -> None:
    async def work() -> tuple[Exchange, int]:
        challenge = says(answer(b"", "x-vercel-mitigated: challenge", status="403 No"))
        async with raw(challenge) as server:
            gates = Gates()
            async with (
                Client(server.target, gates=gates) as client,
                Client(replace(server.target, name="preview"), gates=gates) as other,
            ):
                await client.ask("/", purpose="test")
                return await other.ask("/", purpose="test"), len(server.heads)

    later, requests = run(work())
    assert requests == 1
    assert later.failure.cause is Cause.WALL


def test_targets_share_the_gate_of_a_host_unless_its_name_is_their_own() -> None:
    prod, preview = (Target(name=name, url=f"https://{name}.shop.test") for name in ("prod", "preview"))
    embedded = [
        replace(each, addresses=Addresses(hosts={"db.test:443": "127.0.0.1:1"}, ca_pem="", spki=""))
        for each in (prod, preview)
    ]
    gates = Gates()
    url = "https://db.test"
    assert gates.gate(prod, url) is gates.gate(preview, url) is gates.gate(preview, f"{url}:8443")
    assert len({id(gates.gate(each, url)) for each in (prod, *embedded)}) == 3


def test_every_port_of_this_machine_has_a_gate_of_its_own() -> None:
    target = Target(name="here", url="http://127.0.0.1:1")
    gates = Gates()
    assert gates.gate(target, "http://127.0.0.1:1") is gates.gate(target, "http://127.0.0.1:1")
    assert gates.gate(target, "http://127.0.0.1:1") is not gates.gate(target, "http://127.0.0.1:2")


def test_a_host_gets_a_burst_and_then_evenly_spaced_requests() -> None:
    async def work() -> list[float]:
        gate = Gate(Manners(streams=4, rate=100.0, waits=()))
        loop = asyncio.get_running_loop()
        times = []
        for _ in range(12):
            async with gate:
                times.append(loop.time())
        return times

    times = run(work())
    assert times[11] - times[0] >= 0.07  # 8 after the burst of 4, 10 ms apart, less the first's own


def test_no_more_requests_are_under_way_than_a_host_may_get() -> None:
    async def work() -> int:
        gate = Gate(Manners(streams=3, rate=None, waits=()))
        inside = most = 0

        async def one() -> None:
            nonlocal inside, most
            async with gate:
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0.001)
                inside -= 1

        await asyncio.gather(*(one() for _ in range(12)))
        return most

    assert run(work()) == 3


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "[::1]", "[fd00::1]"])
def test_a_distant_target_does_not_lead_into_this_network(address: str) -> None:
    async def work() -> Exchange:
        async with Client(Target(name="far", url="https://shop.example")) as client:
            return await client.ask(f"http://{address}/latest/meta-data/", purpose="test")

    failure = run(work()).failure
    assert failure.cause is Cause.BOUND
    assert "private address" in failure.text


# HTTP/2


@asynccontextmanager
async def multiplexed(
    speak: Callable[[h2.connection.H2Connection, h2.events.RequestReceived, asyncio.StreamWriter], None],
) -> AsyncIterator[Target]:
    """An HTTP/2 server whose every answer `speak` makes; the window for the body is left to the protocol."""
    authority = Authority()
    context = authority.issue(["shop.test"]).context

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        try:
            while data := await reader.read(65536):
                for event in connection.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        speak(connection, event, writer)
                writer.write(connection.data_to_send())
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.transport.abort()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    port = listening.sockets[0].getsockname()[1]
    addresses = Addresses(hosts={"shop.test:443": f"127.0.0.1:{port}"}, ca_pem=authority.ca_pem, spki="")
    try:
        yield Target(name="h2", url="https://shop.test", addresses=addresses)
    finally:
        listening.close()
        await asyncio.sleep(0.01)


def good(connection: h2.connection.H2Connection, stream: int) -> None:
    connection.send_headers(stream, [(":status", "200")])
    connection.send_data(stream, b"good", end_stream=True)


def path_of(event: h2.events.RequestReceived) -> str:
    return dict(event.headers)[b":path"].decode()


async def beside(target: Target, bad: str) -> tuple[Exchange, list[Exchange]]:
    """One bad request amid many good ones, on one connection."""
    async with Client(target, SMALL) as client:
        await client.ask("/first", purpose="test")
        asks = [client.ask(bad, purpose="test"), *(client.ask(f"/{i}", purpose="test") for i in range(30))]
        seen = await asyncio.gather(*asks)
        seen += await asyncio.gather(*(client.ask(f"/later-{i}", purpose="test") for i in range(5)))
    return seen[0], seen[1:]


def test_a_stream_that_is_reset_harms_no_other() -> None:
    def speak(connection: h2.connection.H2Connection, event: h2.events.RequestReceived, _: Any) -> None:
        if path_of(event) == "/bad":
            connection.reset_stream(event.stream_id, error_code=7)
        else:
            good(connection, event.stream_id)

    async def work() -> tuple[Exchange, list[Exchange]]:
        async with multiplexed(speak) as target:
            return await beside(target, "/bad")

    bad, others = run(work())
    assert bad.failure.text == "the server gave the request up (HTTP/2 stream reset, error 7)"
    assert len(bad.attempts) == 2
    assert {other.answered.body for other in others} == {b"good"}


def test_a_stream_without_end_harms_no_other() -> None:
    def speak(connection: h2.connection.H2Connection, event: h2.events.RequestReceived, _: Any) -> None:
        if path_of(event) != "/endless":
            good(connection, event.stream_id)
            return
        connection.send_headers(event.stream_id, [(":status", "200")])
        while connection.local_flow_control_window(event.stream_id) > 2 * connection.max_outbound_frame_size:
            connection.send_data(event.stream_id, bytes(connection.max_outbound_frame_size))

    async def work() -> tuple[Exchange, list[Exchange]]:
        async with multiplexed(speak) as target:
            return await beside(target, "/endless")

    endless, others = run(work())
    assert endless.failure.cause is Cause.BOUND
    assert {other.answered.body for other in others} == {b"good"}


def test_a_server_that_breaks_the_protocol_is_asked_again_on_a_new_connection() -> None:
    broken = []

    def speak(connection: h2.connection.H2Connection, event: h2.events.RequestReceived, writer: Any) -> None:
        if path_of(event) == "/bad" and not broken:
            broken.append(True)
            writer.write(connection.data_to_send() + b"\x00\x00\x04\x00\x00\x00\x00\x00\x00oops")  # DATA on stream 0
        else:
            good(connection, event.stream_id)

    async def work() -> tuple[Exchange, list[Exchange]]:
        async with multiplexed(speak) as target:
            return await beside(target, "/bad")

    bad, others = run(work())
    assert bad.answered is not None
    assert {other.answered.body for other in others} == {b"good"}


def test_a_server_that_says_goodbye_is_asked_again_on_a_new_connection() -> None:
    gone = []

    def speak(connection: h2.connection.H2Connection, event: h2.events.RequestReceived, writer: Any) -> None:
        if path_of(event) == "/bad" and not gone:
            gone.append(True)
            connection.close_connection(error_code=2)
        elif connection.state_machine.state is not h2.connection.ConnectionState.CLOSED:
            good(connection, event.stream_id)

    async def work() -> tuple[Exchange, list[Exchange]]:
        async with multiplexed(speak) as target:
            return await beside(target, "/bad")

    bad, others = run(work())
    assert bad.answered is not None
    assert {other.answered.body for other in others} == {b"good"}


def test_a_status_that_is_no_number_is_a_failure_over_http2_too() -> None:
    def speak(connection: h2.connection.H2Connection, event: h2.events.RequestReceived, _: Any) -> None:
        connection.send_headers(event.stream_id, [(":status", "abc")], end_stream=True)

    async def work() -> Exchange:
        async with multiplexed(speak) as target, Client(target, SMALL) as client:
            return await client.ask("/", purpose="test")

    exchange = run(work())
    assert exchange.failure is not None
    assert exchange.failure.text.isprintable()


def test_http2_answers_tell_their_protocol_and_their_tls() -> None:
    async def work() -> Exchange:
        def speak(connection: h2.connection.H2Connection, event: h2.events.RequestReceived, _: Any) -> None:
            good(connection, event.stream_id)

        async with multiplexed(speak) as target, Client(target) as client:
            return await client.ask("/", purpose="test")

    seen = run(work()).answered
    assert seen.http == "HTTP/2"
    assert seen.tls.protocol == "TLSv1.3"
    assert seen.tls.certificate.names == ("shop.test",)
    assert None not in {seen.timings.connect, seen.timings.tls, seen.timings.first_byte}


def test_what_is_not_http_is_named_without_quoting_it() -> None:
    exchange = run(asked(says(b"\x00\xff\x1b[2J<b> garbage\r\n\r\n", keep=False)))
    assert exchange.failure.text == "not intelligible as HTTP: illegal status line"


def test_a_header_that_is_too_large_is_named_with_the_bound() -> None:
    exchange = run(asked(says(answer(b"", *(f"x-{number}: {'v' * 400}" for number in range(170))))))
    assert exchange.failure.cause is Cause.BOUND
    assert exchange.failure.text.endswith("; at most 200 lines in 60000 bytes are read")
