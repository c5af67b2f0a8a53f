"""Joining a channel over a real websocket, as a page would; protocol version 1.0.0, whose frames are JSON objects."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidHandshake, InvalidStatus

from prodworthy.evidence.backend.project import Project, public_project, with_limit, with_name_hint
from prodworthy.evidence.pieces import Look, piece
from prodworthy.evidence.sending import user_agent
from prodworthy.evidence.transport import address_of, tls_context
from prodworthy.evidence.walls import wall
from prodworthy.model import Answer, Cause, Exchange, Failure, Timings
from prodworthy.model.backend import Realtime, Reply
from prodworthy.model.text import clean

OPENING = 10.0  # seconds for connection and handshake
JOINING = 10.0  # seconds for the reply to the join
PUBLIC = {"broadcast": {"ack": False, "self": False}, "presence": {"key": ""}, "postgres_changes": [], "private": False}


@piece("supabase")
async def realtime(look: Look) -> Realtime:
    """One channel, joined and left again."""
    project = public_project(look)
    channel = project.declared.realtime
    if channel is None:
        return Realtime(url=project.url, key=project.key)
    url = f"{project.url.replace('http', 'ws', 1)}/realtime/v1/websocket"
    asked = Exchange(method="GET", url=f"{url}?vsn=1.0.0", purpose=f"join the channel {channel}")
    replies: list[Reply] = []

    async def join() -> Exchange:
        visit = await _visit(project, channel, asked)
        replies.extend([visit.reply] if visit.reply else ())
        return with_limit(visit.handshake)

    handshake, ping = await asyncio.gather(
        look.through(asked, join), project.ask("/realtime/v1/api/ping", purpose="realtime's HTTP half")
    )
    return Realtime(
        url=project.url,
        key=project.key,
        channel=channel,
        handshake=with_name_hint(handshake, project.url),
        reply=next(iter(replies), None),
        ping=ping,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    handshake: Exchange
    reply: Reply | None = None


async def _visit(project: Project, channel: str, asked: Exchange) -> _Visit:
    url = asked.url.replace("?", f"?apikey={quote(project.value, safe='')}&", 1)
    began = time.perf_counter()
    try:
        async with _opening(project, url) as socket:
            opened = replace(asked, answer=_switched(time.perf_counter() - began))
            return await _join(socket, channel, opened)
    except InvalidStatus as refused:
        answer = _refusal(refused, time.perf_counter() - began)
        return _Visit(handshake=replace(asked, answer=answer, wall=wall(answer)))
    except TimeoutError:
        return _Visit(handshake=_failed(asked, f"no websocket within {OPENING:.0f} s", Cause.NETWORK))
    except InvalidHandshake as error:
        return _Visit(handshake=_failed(asked, f"no websocket: {clean(str(error))}", Cause.NETWORK))
    except OSError as error:
        return _Visit(handshake=_failed(asked, f"no connection: {error.strerror or clean(str(error))}", _cause(error)))


def _opening(project: Project, url: str) -> connect:
    target = project.look.target
    host, port = address_of(target, url)
    secure = urlsplit(url).scheme == "wss"
    tls: dict[str, Any] = {"ssl": tls_context(target), "server_hostname": urlsplit(url).hostname} if secure else {}
    return connect(
        url,
        host=host,
        port=port,
        open_timeout=OPENING,
        close_timeout=1.0,
        user_agent_header=user_agent(),
        max_size=2**20,
        proxy=None,
        **tls,
    )


async def _join(socket: ClientConnection, channel: str, opened: Exchange) -> _Visit:
    topic = f"realtime:{channel}"
    began = time.perf_counter()
    try:
        async with asyncio.timeout(JOINING):
            await socket.send(_frame(topic, "phx_join", {"config": PUBLIC}, "1"))
            status, reason = await _reply(socket, "1")
            elapsed = time.perf_counter() - began
            await socket.send(_frame(topic, "phx_leave", {}, "2"))
    except TimeoutError:
        return _Visit(handshake=_failed(opened, f"no reply to the join within {JOINING:.0f} s", Cause.BOUND))
    except ConnectionClosed as closed:
        return _closed(opened, closed, time.perf_counter() - began)
    return _Visit(handshake=opened, reply=Reply(status=status, reason=reason, elapsed=elapsed))


async def _reply(socket: ClientConnection, ref: str) -> tuple[str, str]:
    while True:
        match _parsed(await socket.recv()):
            case {"event": "phx_reply", "ref": str(found), "payload": {"status": str(status)} as payload} if (
                found == ref
            ):
                return status, _reason(payload.get("response"))


def _parsed(frame: str | bytes) -> Any:
    try:
        return json.loads(frame)
    except (ValueError, RecursionError):
        return None


def _reason(response: Any) -> str:
    told = response.get("reason", "") if isinstance(response, dict) else response
    return clean(str(told or ""), 200)


def _frame(topic: str, event: str, payload: dict[str, Any], ref: str) -> str:
    return json.dumps({"topic": topic, "event": event, "payload": payload, "ref": ref, "join_ref": "1"})


def _closed(opened: Exchange, closed: ConnectionClosed, elapsed: float) -> _Visit:
    if isinstance(closed, ConnectionClosedError) and closed.rcvd is None:
        return _Visit(handshake=_failed(opened, "the connection was lost before the reply to the join", Cause.NETWORK))
    said = clean(f"{closed.rcvd.code} {closed.rcvd.reason}", 200) if closed.rcvd else ""
    return _Visit(handshake=opened, reply=Reply(status="closed", reason=said, elapsed=elapsed))


def _switched(elapsed: float) -> Answer:
    return Answer(status=101, http="HTTP/1.1", fields=(), timings=Timings(total=elapsed))


def _refusal(refused: InvalidStatus, elapsed: float) -> Answer:
    response = refused.response
    fields = tuple((name.lower(), value) for name, value in response.headers.raw_items())
    body = bytes(response.body or b"")[:4096]
    return Answer(
        status=response.status_code, http="HTTP/1.1", fields=fields, body=body, timings=Timings(total=elapsed)
    )


def _failed(exchange: Exchange, text: str, cause: Cause) -> Exchange:
    return replace(exchange, failure=Failure(cause=cause, text=text))


def _cause(error: OSError) -> Cause:
    return Cause.CERTIFICATE if "CERTIFICATE_VERIFY_FAILED" in str(error) else Cause.NETWORK
