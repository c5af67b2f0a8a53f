"""The edge as an ASGI app: many immutable deployments, and domains that can be switched between them."""

from __future__ import annotations

import html
import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from prodworthy.local.edge.build import Build
from prodworthy.local.edge.files import File, accepted_encoding
from prodworthy.local.edge.front import Answered, Closed, Front, Shown
from prodworthy.local.edge.request import Request, request_from
from prodworthy.local.edge.routing import Missing, Moved, Proxied, Served, route
from prodworthy.local.server import App, Message, Receive, Send

Headers = dict[str, str]

NOT_INDEXED = {"x-robots-tag": "noindex"}
_REVALIDATE = "public, max-age=0, must-revalidate"
_WORDS = {
    "DEPLOYMENT_DELETED": "The deployment has been deleted.",
    "DEPLOYMENT_DISABLED": "Payment required",
    "DEPLOYMENT_NOT_FOUND": "The deployment could not be found on Vercel.",
    "DEPLOYMENT_PAUSED": "This deployment is temporarily paused",
    "INVALID_REQUEST_METHOD": "The request method is not supported.",
    "NOT_FOUND": "The page could not be found",
    "ROUTER_EXTERNAL_TARGET_CONNECTION_ERROR": "The external target could not be reached.",
}

log = logging.getLogger(__name__)


class Edge:
    """Serves every added build on its own host for ever, and on the domains that point at it for as long as they do."""

    def __init__(self, origins: Mapping[str, App] | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self._builds: dict[str, Build] = {}  # by id
        self._hosts: dict[str, Build] = {}  # immutable hosts
        self._domains: dict[str, Build] = {}
        self._origins = dict(origins or {})  # hosts that rewrites may lead to, and what answers there
        self._seen: dict[File, float] = {}  # since when the cache has held it
        self._clock = clock
        self.front: Front = self._as_pointed  # a platform puts itself in this place

    def add(self, build: Build) -> Build:
        """From now on `build.host` serves it."""
        self._builds[build.id] = self._hosts[build.host] = build
        return build

    def point(self, domain: str, id: str) -> None:  # noqa: A002 - the platform's own word
        """`domain` serves the deployment `id` from the next request on. Raises KeyError for an unknown one."""
        self._domains[domain.lower()] = self._builds[id]

    def current(self, domain: str) -> str | None:
        """The id of the deployment that `domain` serves."""
        build = self._domains.get(domain.lower())
        return build.id if build else None

    def join(self, host: str, app: App) -> None:
        """Rewrites that lead to https://`host` are answered by `app`."""
        self._origins[host.lower()] = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answers one request, as ASGI wants it."""
        if scope["type"] != "http":
            await _refuse_websocket(receive, send)
            return
        request = request_from(scope)
        match self.front(request):
            case Shown() as shown:
                await self._show(request, self._builds[shown.id], dict(shown.headers), scope, receive, send)
            case Closed() as closed:
                await _send_error(request, send, closed.status, closed.code, {})
            case Answered() as answered:
                await _send(request, send, answered.status, dict(answered.headers), answered.body)

    def _as_pointed(self, request: Request) -> Shown | Closed:
        """What stands here without a platform: domains as they point, and every deployment on its own host."""
        if build := self._domains.get(request.host):
            return Shown(id=build.id)
        if build := self._hosts.get(request.host):
            return Shown(id=build.id, headers=NOT_INDEXED)
        return Closed(code="DEPLOYMENT_NOT_FOUND", status=404)

    async def _show(
        self,
        request: Request,
        build: Build,
        extra: Headers,
        scope: MutableMapping[str, Any],
        receive: Receive,
        send: Send,
    ) -> None:
        match route(build, request):
            case Moved() as moved:
                await _send_redirect(request, send, moved, extra)
            case Served() as served:
                await self._send_file(request, send, served, extra)
            case Proxied() as proxied:
                await self._forward(request, scope, receive, send, proxied, extra)
            case Missing(page=None, headers=own):
                await _send_error(request, send, 404, "NOT_FOUND", {**extra, **own})
            case Missing(page=File() as page, headers=own):
                await self._send_file(request, send, Served(file=page, status=404, headers=own), extra)

    async def _send_file(self, request: Request, send: Send, served: Served, extra: Headers) -> None:
        if request.method not in {"GET", "HEAD"}:
            await _send_error(request, send, 405, "INVALID_REQUEST_METHOD", extra | {"allow": "GET, HEAD"})
            return
        file = served.file
        encoding = accepted_encoding(request.headers.get("accept-encoding", "")) if file.compressible else ""
        headers = {**self._file_headers(file, encoding), **extra, **served.headers}
        if served.status == 200 and _unchanged(request, headers):
            for name in ("content-type", "content-encoding", "content-disposition"):
                headers.pop(name, None)
            await _send(request, send, 304, headers, b"")
            return
        await _send(request, send, served.status, headers, await file.encoded(encoding))

    def _file_headers(self, file: File, encoding: str) -> Headers:
        now = self._clock()
        first = self._seen.setdefault(file, now)
        headers = {
            "access-control-allow-origin": "*",  # the platform says so of all static output
            "age": str(int(now - first)),
            "cache-control": _REVALIDATE,
            "content-disposition": f'inline; filename="{quote(file.name)}"',
            "content-type": file.type,
            "etag": f'W/"{file.etag}"' if encoding else f'"{file.etag}"',
            "last-modified": file.modified,
            "x-vercel-cache": "MISS" if first == now else "HIT",
        }
        if file.compressible:
            headers["vary"] = "accept-encoding"
        if encoding:
            headers["content-encoding"] = encoding
        return headers

    async def _forward(
        self,
        request: Request,
        scope: MutableMapping[str, Any],
        receive: Receive,
        send: Send,
        proxied: Proxied,
        extra: Headers,
    ) -> None:
        url = urlsplit(proxied.url)
        origin = self._origins.get((url.hostname or "").lower())
        if origin is None:
            log.warning("a rewrite leads to %s, which the embedded edge does not ask", url.hostname)
            await _send_error(request, send, 502, "ROUTER_EXTERNAL_TARGET_CONNECTION_ERROR", dict(proxied.headers))
            return
        kept = [(name, value) for name, value in scope["headers"] if name.lower() != b"host"]
        there = {
            "headers": [(b"host", url.netloc.encode()), (b"x-forwarded-host", request.host.encode()), *kept],
            "path": unquote(url.path) or "/",
            "raw_path": url.path.encode() or b"/",
            "query_string": url.query.encode(),
        }
        ours = {**_platform_headers(), **extra, **proxied.headers}

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                theirs = [(n, v) for n, v in message.get("headers", []) if n.decode("latin-1").lower() not in ours]
                message = {**message, "headers": [*theirs, *_encoded(ours)]}
            await send(message)

        await origin({**scope, **there}, receive, adding)


async def to_https(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """What the platform answers on port 80 of every host: the same host and path over HTTPS."""
    if scope["type"] != "http":
        await _refuse_websocket(receive, send)
        return
    request = request_from(scope)
    location = f"https://{request.host}{request.path}{request.suffix}"
    await _send_redirect(request, send, Moved(location=location, status=308), {})


async def _refuse_websocket(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 1000})


async def _send_redirect(request: Request, send: Send, moved: Moved, extra: Headers) -> None:
    headers = {"cache-control": _REVALIDATE, "content-type": "text/plain", "location": moved.location}
    if moved.status == 308:
        headers["refresh"] = f"0;url={moved.location}"  # for clients from before the status existed
    await _send(request, send, moved.status, headers | extra, b"Redirecting...\n")


async def _send_error(request: Request, send: Send, status: int, code: str, extra: Mapping[str, str]) -> None:
    own = _platform_headers()
    lines = (_WORDS[code], code, own["x-vercel-id"])
    if "text/html" in request.headers.get("accept", ""):
        kind, body = "text/html; charset=utf-8", _page(status, *lines)
    else:
        kind, body = "text/plain; charset=utf-8", "\n\n".join(lines) + "\n"
    headers = {**own, "cache-control": _REVALIDATE, "content-type": kind, "x-vercel-error": code, **extra}
    await _send(request, send, status, headers, body.encode())


def _page(status: int, words: str, code: str, id: str) -> str:  # noqa: A002
    title = html.escape(f"{status}: {code}")
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{status}</h1><p>{html.escape(words)}</p><p>Code: <code>{code}</code></p>"
        f"<p>ID: <code>{html.escape(id)}</code></p></body></html>\n"
    )


async def _send(request: Request, send: Send, status: int, headers: Headers, body: bytes) -> None:
    headers = _platform_headers() | headers
    if status != 304:
        headers["content-length"] = str(len(body))
    await send({"type": "http.response.start", "status": status, "headers": list(_encoded(headers))})
    await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else body})


def _platform_headers() -> Headers:
    return {
        "server": "Vercel",
        "strict-transport-security": "max-age=63072000",
        "x-vercel-id": f"dev1::{secrets.token_hex(3)[:5]}-{time.time_ns() // 1_000_000}-{secrets.token_hex(6)}",
    }


def _encoded(headers: Mapping[str, str]) -> Iterator[tuple[bytes, bytes]]:
    """A header that is sent several times (`set-cookie`) holds its values in lines of its own."""
    return (
        (name.encode("latin-1"), line.encode("utf-8")) for name, value in headers.items() for line in value.split("\n")
    )


def _unchanged(request: Request, headers: Headers) -> bool:
    """RFC 9110, 13.2.2: tags decide, the date only without them; compared weakly, as for GET."""
    if tags := request.headers.get("if-none-match"):
        current = headers["etag"].removeprefix("W/")
        return any(tag.strip().removeprefix("W/") in {current, "*"} for tag in tags.split(","))
    return request.headers.get("if-modified-since") == headers.get("last-modified")
