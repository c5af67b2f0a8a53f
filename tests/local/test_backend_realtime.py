"""Channels: joining, broadcast and presence, over real websockets and in both versions of the protocol."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

USER = {"email": "ada@example.com", "password": "correct horse"}
MIGRATION = """
create policy members_listen on realtime.messages for select to authenticated using (realtime.topic() = 'private-room');
"""


@pytest.fixture(scope="module")
def project(serve_project: Callable[..., Any]) -> Any:
    return serve_project({"migrations/1_channels.sql": MIGRATION}, users=[USER])


def _address(project: Any, *, key: str | None = None, version: str = "1.0.0") -> str:
    base = project.url.replace("http://", "ws://")
    return f"{base}/realtime/v1/websocket?apikey={key or project.publishable}&vsn={version}"


async def _say(socket: ClientConnection, topic: str, event: str, payload: Any, ref: str = "1") -> None:
    await socket.send(json.dumps({"topic": topic, "event": event, "payload": payload, "ref": ref, "join_ref": ref}))


async def _hear(socket: ClientConnection, event: str) -> Any:
    """The next frame of this event; a frame that never comes is what the timeout is for."""
    async with asyncio.timeout(20):
        while True:
            frame = json.loads(await socket.recv())
            if frame["event"] == event:
                return frame


async def _join(socket: ClientConnection, topic: str, **config: Any) -> Any:
    token = config.pop("access_token", None)
    await _say(socket, topic, "phx_join", {"config": config, **({"access_token": token} if token else {})})
    return (await _hear(socket, "phx_reply"))["payload"]


def test_a_channel_is_joined_and_beats(project: Any) -> None:
    async def session() -> tuple[Any, ...]:
        async with connect(_address(project)) as socket:
            reply = await _join(socket, "realtime:room", broadcast={"self": False})
            state = await _hear(socket, "presence_state")
            await _say(socket, "phoenix", "heartbeat", {}, ref="7")
            beat = await _hear(socket, "phx_reply")
            await _say(socket, "realtime:room", "phx_leave", {})
            left = await _hear(socket, "phx_close")
            return reply, state["payload"], (beat["topic"], beat["ref"], beat["payload"]), left["topic"]

    reply, state, beat, left = asyncio.run(session())
    assert reply == {"status": "ok", "response": {"postgres_changes": []}}
    assert state == {}
    assert beat == ("phoenix", "7", {"status": "ok", "response": {}})
    assert left == "realtime:room"


def test_a_broadcast_reaches_the_others_on_its_topic_only(project: Any) -> None:
    async def session() -> tuple[Any, Any]:
        async with (
            connect(_address(project)) as one,
            connect(_address(project)) as two,
            connect(_address(project)) as three,
        ):
            await _join(one, "realtime:a", broadcast={"ack": True})
            await _join(two, "realtime:a")
            await _join(three, "realtime:b")
            said = {"type": "broadcast", "event": "ping", "payload": {"n": 1}}
            await _say(one, "realtime:a", "broadcast", said, ref="5")
            heard, acknowledged = await _hear(two, "broadcast"), await _hear(one, "phx_reply")
            await _say(three, "phoenix", "heartbeat", {})
            assert (await _hear(three, "phx_reply"))["topic"] == "phoenix"  # and nothing before it
            return heard, acknowledged["ref"]

    heard, acknowledged = asyncio.run(session())
    assert (heard["topic"], heard["payload"]) == (
        "realtime:a",
        {"type": "broadcast", "event": "ping", "payload": {"n": 1}},
    )
    assert acknowledged == "5"


def test_presence_is_shared_and_ends_with_the_connection(project: Any) -> None:
    async def session() -> tuple[Any, ...]:
        async with connect(_address(project)) as watcher:
            await _join(watcher, "realtime:who")
            async with connect(_address(project)) as guest:
                await _join(guest, "realtime:who", presence={"key": "ada"})
                await _say(
                    guest,
                    "realtime:who",
                    "presence",
                    {"type": "presence", "event": "track", "payload": {"mood": "fine"}},
                )
                came = await _hear(watcher, "presence_diff")
            return came["payload"], (await _hear(watcher, "presence_diff"))["payload"]

    came, went = asyncio.run(session())
    assert came["joins"]["ada"]["metas"][0]["mood"] == "fine"
    assert (list(went["leaves"]), went["joins"]) == (["ada"], {})


def test_the_array_form_of_the_protocol_is_spoken_too(project: Any) -> None:
    async def session() -> Any:
        async with connect(_address(project, version="2.0.0")) as socket:
            await socket.send(json.dumps(["1", "2", "realtime:v2", "phx_join", {"config": {}}]))
            return json.loads(await socket.recv())

    assert asyncio.run(session()) == [
        "1", "2", "realtime:v2", "phx_reply", {"status": "ok", "response": {"postgres_changes": []}},
    ]  # fmt: skip


def test_changes_of_tables_are_acknowledged_but_said_not_to_be_streamed(project: Any) -> None:
    async def session() -> tuple[Any, Any]:
        async with connect(_address(project)) as socket:
            wanted = [{"event": "*", "schema": "public", "table": "orders"}]
            return await _join(socket, "realtime:db", postgres_changes=wanted), await _hear(socket, "system")

    reply, told = asyncio.run(session())
    assert reply["response"]["postgres_changes"] == [{"id": 1, "event": "*", "schema": "public", "table": "orders"}]
    assert (told["payload"]["status"], told["payload"]["extension"]) == ("error", "postgres_changes")


@pytest.mark.parametrize("key", ["sb_publishable_wrong", ""])
def test_a_wrong_key_does_not_get_in(project: Any, key: str) -> None:
    async def attempt() -> int:
        address = _address(project, key="x").replace("apikey=x", f"apikey={key}")
        with pytest.raises(InvalidStatus) as caught:
            async with connect(address):
                pass
        return int(caught.value.response.status_code)

    assert asyncio.run(attempt()) == 401


def test_a_bad_token_or_topic_is_refused_at_the_join(project: Any) -> None:
    async def session() -> list[Any]:
        async with connect(_address(project)) as socket:
            bad_token = await _join(socket, "realtime:x", access_token="not.a.token")
            bad_topic = await _join(socket, "elsewhere")
            await _say(socket, "realtime:x", "broadcast", {"type": "broadcast", "event": "e", "payload": {}})
            not_joined = (await _hear(socket, "phx_reply"))["payload"]
            return [bad_token, bad_topic, not_joined]

    replies = asyncio.run(session())
    assert [reply["status"] for reply in replies] == ["error", "error", "error"]
    assert "MalformedJWT" in replies[0]["response"]["reason"]


def test_a_private_channel_is_ruled_by_policies(project: Any) -> None:
    keyed = {"apikey": project.publishable}
    token = httpx.post(f"{project.url}/auth/v1/token?grant_type=password", json=USER, headers=keyed).json()[
        "access_token"
    ]

    async def session() -> list[Any]:
        async with connect(_address(project)) as socket:
            return [
                await _join(socket, "realtime:private-room", private=True),
                await _join(socket, "realtime:private-room", private=True, access_token=token),
                await _join(socket, "realtime:other-room", private=True, access_token=token),
            ]

    replies = asyncio.run(session())
    assert [reply["status"] for reply in replies] == ["error", "ok", "error"]
    assert "permissions to read from this Channel topic: private-room" in replies[0]["response"]["reason"]


def test_a_broadcast_can_be_posted(project: Any) -> None:
    async def session() -> Any:
        async with connect(_address(project)) as socket, httpx.AsyncClient() as http:
            await _join(socket, "realtime:posted")
            body = {"messages": [{"topic": "posted", "event": "note", "payload": {"n": 2}}]}
            answer = await http.post(
                f"{project.url}/realtime/v1/api/broadcast", json=body, headers={"apikey": project.publishable}
            )
            return answer.status_code, (await _hear(socket, "broadcast"))["payload"]["payload"]

    assert asyncio.run(session()) == (202, {"n": 2})


def test_the_ping_answers(project: Any) -> None:
    answer = httpx.get(f"{project.url}/realtime/v1/api/ping", headers={"apikey": project.publishable})
    assert (answer.status_code, answer.json()) == (200, {"message": "Success"})
