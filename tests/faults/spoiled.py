"""The process of an embedded deployment that is spoiled: its answers and certificates, as its `spoils.json` says."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import socket
import ssl
import sys
import tempfile
from collections.abc import Iterable, MutableMapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import trustme

from prodworthy.local.__main__ import main
from prodworthy.local.authority import Authority, Leaf
from prodworthy.local.child import Composition, Progress
from prodworthy.local.server import App, Message, Receive, Send, Server
from prodworthy.model import Embedded

FILE = "spoils.json"
OWN = r"(?!127\.0\.0\.1).*"  # what functions ask of the gateway behind the scenes stays as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """What becomes of the answers that match."""

    path: str = r".*"  # regular expressions over all of: the path with its query,
    host: str = OWN  # the host,
    method: str = r".*"
    origin: str | None = None  # and that of the page that asks; None: whether or not a page does
    secure: bool | None = None  # over TLS, plain, or both
    status: int | None = None
    body: str | None = None
    swap: tuple[str, str] | None = None  # text of the body, and what stands there instead
    fields: tuple[tuple[str, str], ...] = ()  # further field lines
    without: tuple[str, ...] = ()  # field names, in lower case
    after: float = 0.0  # seconds
    every: int = 1  # of the matching requests, each n-th
    first: int | None = None  # of the matching requests, so many at the beginning; None: all of them

    def matches(self, scope: MutableMapping[str, Any], *, secure: bool) -> bool:
        query = scope["query_string"].decode("latin-1")
        path = scope["path"] + (f"?{query}" if query else "")
        host = _field(scope, "host") or ""
        return (
            self.secure in (None, secure)
            and re.fullmatch(self.path, path) is not None
            and re.fullmatch(self.host, host) is not None
            and re.fullmatch(self.method, scope.get("method", "GET")) is not None
            and (self.origin is None or re.fullmatch(self.origin, _field(scope, "origin") or "") is not None)
        )


@dataclass(slots=True)
class Counted:
    """One spoil and how often it was asked for."""

    answering: Answering
    count: int = 0

    def turn(self) -> bool:
        self.count += 1
        first = self.answering.first
        return self.count % self.answering.every == 0 and (first is None or self.count <= first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Presenting:
    """The certificate of one host, and how its server speaks TLS."""

    host: str
    days: float | None = None  # that it lasts from now on; negative: expired
    names: tuple[str, ...] = ()  # instead of the host's own
    stranger: bool = False  # signed by an authority that nobody knows
    alone: bool = False  # signed by itself
    newest: str | None = None  # "TLSv1.1"
    protocols: tuple[str, ...] = ("h2", "http/1.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """What listens on port 80 of one host."""

    host: str
    serves: bool = False  # the app, without redirecting; else nothing listens


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoils:
    """All that is spoiled."""

    answers: tuple[Answering, ...] = ()
    certificates: tuple[Presenting, ...] = ()
    plain: tuple[Plain, ...] = ()


def read(app: Path) -> Spoils:
    written = json.loads((app / FILE).read_text()) if (app / FILE).exists() else {}
    return Spoils(
        answers=tuple(Answering(**_tuples(each)) for each in written.get("answers", [])),
        certificates=tuple(Presenting(**_tuples(each)) for each in written.get("certificates", [])),
        plain=tuple(Plain(**each) for each in written.get("plain", [])),
    )


class Spoiled(Composition):
    """The same parts, with something between them and their clients."""

    def __init__(self, embedded: Embedded, stack: AsyncExitStack, progress: Progress) -> None:
        super().__init__(embedded, stack, progress)
        self._spoils = read(Path(embedded.app))
        self._counted = [Counted(each) for each in self._spoils.answers]

    async def serve(self, app: App, tls: Leaf | None, delay: float | None = None) -> Server:
        return await super().serve(spoiled(app, self._counted, secure=tls is not None), tls, delay)

    async def start_edge(self) -> None:
        await super().start_edge()
        await self._replace(self.edge, [self.embedded.domain, *self.embedded.aliases])

    async def start_backend(self) -> None:
        await super().start_backend()
        if self.backend_host and any(each.host == self.backend_host for each in self._spoils.certificates):
            raise NotImplementedError("spoil the certificate of a domain, not of the back end")

    async def _replace(self, app: App, hosts: Iterable[str]) -> None:
        for each in self._spoils.certificates:
            if each.host in hosts:
                self.map(each.host, 443, (await self.serve(app, _leaf(self.authority, each))).port)
        for plain in self._spoils.plain:
            port = (await self.serve(app, None)).port if plain.serves else _closed_port()
            self.map(plain.host, 80, port)


def spoiled(app: App, spoils: list[Counted], *, secure: bool) -> App:
    """`app` with every answer that a spoil matches changed; of several the last decides, as in vercel.json."""
    if not spoils:
        return app

    async def answer(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        mine = [each for each in spoils if each.answering.matches(scope, secure=secure) and each.turn()]
        for each in mine:
            await asyncio.sleep(each.answering.after)
        if scope["type"] == "websocket" and any(each.answering.status for each in mine):
            await receive()
            await send({"type": "websocket.close", "code": 1011})
        elif scope["type"] != "http" or not mine:
            await app(scope, receive, send)
        else:
            whole = _Whole()
            await app(scope, receive, whole.send)
            for each in mine:
                whole.change(each.answering, _field(scope, "origin"))
            await whole.pass_on(send, bodiless=scope["method"] == "HEAD")

    return answer


@dataclass(slots=True)
class _Whole:
    """An answer that is held back until it is complete."""

    status: int = 200
    fields: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.fields = [(n.decode("latin-1").lower(), v.decode("latin-1")) for n, v in message.get("headers", [])]
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    def change(self, spoil: Answering, origin: str | None) -> None:
        self.status = self.status if spoil.status is None else spoil.status
        if spoil.body is not None:
            self._replace(spoil.body.encode("utf-8", "surrogateescape"))
        if spoil.swap is not None:
            old, new = spoil.swap
            self._replace(self.body.decode().replace(old, new).encode())
        self.fields = [(name, value) for name, value in self.fields if name not in spoil.without]
        told = [(name, value) for name, value in spoil.fields if origin is not None or "{origin}" not in value]
        random = secrets.token_urlsafe(16)
        self.fields += [(n, v.replace("{origin}", origin or "").replace("{random}", random)) for n, v in told]

    async def pass_on(self, send: Send, *, bodiless: bool) -> None:
        headers = [(name.encode("latin-1"), value.encode("utf-8")) for name, value in self.fields]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if bodiless else self.body})

    def _replace(self, body: bytes) -> None:
        self.body = body
        kept = [(n, v) for n, v in self.fields if n not in ("content-length", "content-encoding", "etag")]
        self.fields = [*kept, ("content-length", str(len(body)))]


def _leaf(authority: Authority, spoil: Presenting) -> Leaf:
    issuer = Authority() if spoil.stranger else authority
    names = spoil.names or (spoil.host,)
    if spoil.days is None:
        leaf = issuer.issue(names)
    else:
        ends = datetime.now(UTC) + timedelta(days=spoil.days)
        leaf = issuer.issue(names, not_before=ends - timedelta(days=60), not_after=ends)
    if spoil.alone:
        _sign_by_itself(leaf.context)
    leaf.context.set_alpn_protocols(list(spoil.protocols))
    if spoil.newest is not None:
        leaf.context.minimum_version = leaf.context.maximum_version = _version(spoil.newest)
        leaf.context.set_ciphers("ALL:@SECLEVEL=0")
    return leaf


def _sign_by_itself(context: ssl.SSLContext) -> None:
    own = trustme.CA()
    with tempfile.NamedTemporaryFile() as pem:
        pem.write(own.private_key_pem.bytes() + own.cert_pem.bytes())
        pem.flush()
        context.load_cert_chain(pem.name)


def _version(name: str) -> ssl.TLSVersion:
    return ssl.TLSVersion[name.replace(".", "_")]


def _closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _field(scope: MutableMapping[str, Any], name: str) -> str | None:
    return next((v.decode("latin-1") for n, v in scope["headers"] if n.lower() == name.encode()), None)


def _tuples(written: dict[str, Any]) -> dict[str, Any]:
    return {
        key: tuple(tuple(each) if isinstance(each, list) else each for each in value)
        if isinstance(value, list)
        else value
        for key, value in written.items()
    }


if __name__ == "__main__":
    sys.exit(main(Spoiled))
