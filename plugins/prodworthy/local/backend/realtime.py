"""Channels over websockets (`/realtime/v1`): joining, broadcast and presence, in both versions of the protocol.

Frames of version 1.0.0 are objects, those of 2.0.0 arrays `[join_ref, ref, topic, event, payload]`, and broadcasts may
be binary (`supabase/realtime-js: src/lib/serializer.ts`). Changes of tables are not streamed: who asks is told so.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg

from prodworthy.local.backend.database import Pool, rows
from prodworthy.local.backend.keys import BadToken, Caller, Keyring
from prodworthy.local.backend.messages import Receive, Request, Response, Send, json_response

_PUSH, _BROADCAST = 3, 4  # kinds of binary frames: from a client, to a client
_BINARY, _JSON = 0, 1  # encodings of a payload in them
_NOT_STREAMED = "changes of tables are not streamed by the embedded deployment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message of the protocol, whatever its version."""

    topic: str
    event: str
    payload: Any
    ref: str | None = None
    join_ref: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Membership:
    """One client on one topic."""

    client: Client
    topic: str
    join_ref: str | None
    config: Mapping[str, Any]
    may_write: bool = True
    presence_key: str = field(default_factory=lambda: str(uuid.uuid4()))
    presence: dict[str, Any] | None = None

    def broadcast_option(self, name: str) -> bool:
        """A switch of `config.broadcast`: self, ack."""
        return bool((self.config.get("broadcast") or {}).get(name))


@dataclass(slots=True, kw_only=True, eq=False)
class Client:
    """One websocket."""

    send: Send
    version: str
    caller: Caller
    members: dict[str, Membership] = field(default_factory=dict)

    async def tell(self, frame: Frame) -> None:
        """Send a frame in the client's version; a client that has gone is none of the sender's business."""
        values = [frame.join_ref, frame.ref, frame.topic, frame.event, frame.payload]
        names = ("join_ref", "ref", "topic", "event", "payload")
        shown = values if self.version.startswith("2") else dict(zip(names, values, strict=True))
        with contextlib.suppress(OSError, RuntimeError):
            if isinstance(frame.payload, dict) and isinstance(frame.payload.get("payload"), bytes):
                await self.send({"type": "websocket.send", "bytes": _binary(frame)})
            else:
                await self.send({"type": "websocket.send", "text": json.dumps(shown)})


class Realtime:
    """All clients of a project, and what they say to each other."""

    def __init__(self, *, pool: Pool, keyring: Keyring) -> None:
        self._pool = pool  # with full rights: it tries what a caller may
        self._keyring = keyring
        self._topics: dict[str, set[Membership]] = {}

    async def answer(self, request: Request) -> Response:
        """The HTTP half: a ping, and broadcasts without a socket."""
        if request.method == "GET" and request.path == "/api/ping":
            return json_response(200, {"message": "Success"})
        if request.method == "POST" and request.path.startswith("/api/broadcast"):
            body = request.json()
            for message in body.get("messages", []) if isinstance(body, dict) else []:
                payload = {"type": "broadcast", "event": message.get("event"), "payload": message.get("payload")}
                await self._spread(f"realtime:{message.get('topic')}", payload, None)
            return Response(status=202)
        return json_response(404, {"error": "not found"})

    async def connect(self, caller: Caller, version: str, receive: Receive, send: Send) -> None:
        """Carry one websocket to its end."""
        await send({"type": "websocket.accept"})
        client = Client(send=send, version=version, caller=caller)
        try:
            while (message := await receive())["type"] != "websocket.disconnect":
                if message["type"] == "websocket.receive":
                    await self._hear(client, message.get("text") or message.get("bytes") or b"")
        finally:
            for member in list(client.members.values()):
                await self._leave(member)

    async def _hear(self, client: Client, raw: str | bytes) -> None:
        try:
            frame = _unpacked(raw)
        except (ValueError, KeyError, IndexError, TypeError):
            return
        if frame.topic == "phoenix" and frame.event == "heartbeat":
            await _reply(client, frame, "ok", {})
        elif frame.event == "phx_join":
            await self._join(client, frame)
        elif (member := client.members.get(frame.topic)) is None:
            await _reply(client, frame, "error", {"reason": "unmatched topic"})
        elif frame.event == "phx_leave":
            await self._leave(member)
            await _reply(client, frame, "ok", {})
            await client.tell(
                Frame(topic=frame.topic, event="phx_close", payload={}, ref=frame.ref, join_ref=frame.join_ref)
            )
        elif frame.event == "broadcast":
            await self._broadcast(member, frame)
        elif frame.event == "presence":
            await self._presence(member, frame)
        elif frame.event == "access_token":
            await self._new_token(member, frame)

    # membership ------------------------------------------------------------------------------------------------------

    async def _join(self, client: Client, frame: Frame) -> None:
        payload = frame.payload if isinstance(frame.payload, dict) else {}
        config = payload.get("config") or {}
        try:
            caller = self._identified(client.caller, payload.get("access_token") or payload.get("user_token"))
            may_write = await self._admitted(caller, frame.topic, config)
        except (BadToken, PermissionError) as error:
            await _reply(client, frame, "error", {"reason": str(error)})
            return
        if not frame.topic.startswith("realtime:"):
            await _reply(client, frame, "error", {"reason": "unmatched topic"})
            return
        if old := client.members.get(frame.topic):
            await self._leave(old)
        member = Membership(
            client=client, topic=frame.topic, join_ref=frame.join_ref, config=config, may_write=may_write
        )
        member.presence_key = (config.get("presence") or {}).get("key") or member.presence_key
        client.members[frame.topic] = member
        self._topics.setdefault(frame.topic, set()).add(member)
        wanted = [{"id": number, **change} for number, change in enumerate(config.get("postgres_changes") or [], 1)]
        await _reply(client, frame, "ok", {"postgres_changes": wanted})
        await client.tell(self._to(member, "presence_state", self._present(frame.topic)))
        if wanted:
            channel = frame.topic.removeprefix("realtime:")
            told = {"extension": "postgres_changes", "status": "error", "message": _NOT_STREAMED, "channel": channel}
            await client.tell(self._to(member, "system", told))

    def _identified(self, caller: Caller, token: str | None) -> Caller:
        """Who joins: whoever the token names, else whoever the socket's key stands for."""
        if not token or self._keyring.kind(token):
            return caller
        try:
            claims = self._keyring.claims(token)
        except BadToken as error:
            reason = (
                "InvalidJWTToken: Token has expired"
                if error.expired
                else "MalformedJWT: The token provided is not a valid JWT"
            )
            raise BadToken(reason) from error
        return Caller(role=str(claims.get("role", "anon")), claims=claims, kind=caller.kind)

    async def _admitted(self, caller: Caller, topic: str, config: Mapping[str, Any]) -> bool:
        """Whether a caller may send on a topic. Raises PermissionError if it may not even listen.

        A private channel is ruled by the policies of `realtime.messages`: reading and writing are tried, then undone.
        """
        if not config.get("private"):
            return True
        name = topic.removeprefix("realtime:")
        async with self._pool.connection() as connection:
            await connection.execute(b"begin")
            try:
                await rows(
                    connection, "insert into realtime.messages (topic, extension) values ($1, 'broadcast')", (name,)
                )
                claims = json.dumps(dict(caller.claims))
                settings = (caller.role, claims, name)
                await rows(
                    connection,
                    "select set_config('role', $1, true), set_config('request.jwt.claims', $2, true), "
                    "set_config('realtime.topic', $3, true)",
                    settings,
                )
                if not await rows(connection, "select 1 from realtime.messages where topic = $1", (name,)):
                    raise PermissionError(
                        f"Unauthorized: You do not have permissions to read from this Channel topic: {name}"
                    )
                return await _may_insert(connection, name)
            finally:
                await connection.execute(b"rollback")

    async def _new_token(self, member: Membership, frame: Frame) -> None:
        try:
            self._identified(member.client.caller, (frame.payload or {}).get("access_token"))
        except BadToken as error:
            told = {"extension": "system", "status": "error", "message": str(error), "channel": member.topic}
            await member.client.tell(self._to(member, "system", told))
            await self._leave(member)
            await member.client.tell(self._to(member, "phx_close", {}))

    async def _leave(self, member: Membership) -> None:
        member.client.members.pop(member.topic, None)
        others = self._topics.get(member.topic, set())
        others.discard(member)
        if not others:
            self._topics.pop(member.topic, None)
        if member.presence is not None:
            await self._present_changed(member.topic, {}, {member.presence_key: {"metas": [member.presence]}})

    # what members say ------------------------------------------------------------------------------------------------

    async def _broadcast(self, member: Membership, frame: Frame) -> None:
        if member.may_write:
            await self._spread(member.topic, frame.payload, member)
        if member.broadcast_option("ack"):
            await _reply(member.client, frame, "ok", {})

    async def _spread(self, topic: str, payload: Any, sender: Membership | None) -> None:
        listeners = [one for one in self._topics.get(topic, ()) if one is not sender or one.broadcast_option("self")]
        await asyncio.gather(*(one.client.tell(self._to(one, "broadcast", payload)) for one in listeners))

    async def _presence(self, member: Membership, frame: Frame) -> None:
        said = frame.payload if isinstance(frame.payload, dict) else {}
        left = {member.presence_key: {"metas": [member.presence]}} if member.presence is not None else {}
        member.presence = None
        joined = {}
        if said.get("event") == "track":
            member.presence = {"phx_ref": uuid.uuid4().hex[:12], **(said.get("payload") or {})}
            joined = {member.presence_key: {"metas": [member.presence]}}
        await _reply(member.client, frame, "ok", {})
        await self._present_changed(member.topic, joined, left)

    def _present(self, topic: str) -> dict[str, Any]:
        state: dict[str, Any] = {}
        for member in self._topics.get(topic, ()):
            if member.presence is not None:
                state.setdefault(member.presence_key, {"metas": []})["metas"].append(member.presence)
        return state

    async def _present_changed(self, topic: str, joins: dict[str, Any], leaves: dict[str, Any]) -> None:
        members = list(self._topics.get(topic, ()))
        difference = {"joins": joins, "leaves": leaves}
        await asyncio.gather(*(one.client.tell(self._to(one, "presence_diff", difference)) for one in members))

    @staticmethod
    def _to(member: Membership, event: str, payload: Any) -> Frame:
        return Frame(topic=member.topic, event=event, payload=payload)


async def _may_insert(connection: Any, topic: str) -> bool:
    try:
        await rows(connection, "insert into realtime.messages (topic, extension) values ($1, 'broadcast')", (topic,))
    except psycopg.Error:
        return False
    return True


async def _reply(client: Client, frame: Frame, status: str, response: Mapping[str, Any]) -> None:
    payload = {"status": status, "response": dict(response)}
    await client.tell(
        Frame(topic=frame.topic, event="phx_reply", payload=payload, ref=frame.ref, join_ref=frame.join_ref)
    )


def _unpacked(raw: str | bytes) -> Frame:
    """A frame from the wire. Raises ValueError, KeyError, IndexError or TypeError for what is none."""
    if isinstance(raw, bytes):
        return _unpacked_binary(raw)
    message = json.loads(raw)
    if isinstance(message, list):
        join_ref, ref, topic, event, payload = message
    else:
        join_ref, ref = message.get("join_ref"), message.get("ref")
        topic, event, payload = message["topic"], message["event"], message.get("payload")
    return Frame(topic=str(topic), event=str(event), payload=payload, ref=ref, join_ref=join_ref)


def _unpacked_binary(raw: bytes) -> Frame:
    """A broadcast: seven bytes (kind, five lengths, encoding), then join_ref, ref, topic, event, metadata, payload."""
    if raw[0] != _PUSH:
        raise ValueError("unknown kind of frame")
    lengths, encoding, place = raw[1:6], raw[6], 7
    parts = []
    for length in lengths:
        parts.append(raw[place : place + length].decode())
        place += length
    join_ref, ref, topic, event, _ = parts
    content: Any = json.loads(raw[place:]) if encoding == _JSON else raw[place:]
    payload = {"type": "broadcast", "event": event, "payload": content}
    return Frame(topic=topic, event="broadcast", payload=payload, ref=ref or None, join_ref=join_ref or None)


def _binary(frame: Frame) -> bytes:
    """A broadcast with a binary payload: kind, three lengths, encoding, then topic, event, metadata, payload."""
    topic, event = frame.topic.encode(), str(frame.payload["event"]).encode()
    head = bytes([_BROADCAST, len(topic), len(event), 0, _BINARY])
    content: bytes = frame.payload["payload"]
    return head + topic + event + content
