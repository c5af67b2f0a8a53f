"""What a service is asked and what it answers, free of the server that carries it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request, its body read; `path` is percent-decoded and begins with a slash."""

    method: str
    path: str
    raw_path: str
    query: tuple[tuple[str, str], ...] = ()
    query_string: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # lower-case names; repeated ones joined by a comma
    body: bytes = b""

    def asked(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return next((value for key, value in self.query if key == name), default)

    def json(self) -> Any:
        """The body as JSON; None for an empty one. Raises ValueError."""
        return json.loads(self.body) if self.body else None

    @property
    def bearer(self) -> str | None:
        """The token of `Authorization: Bearer`, if there is one."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token.strip() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer; a body that is an iterator is sent as it comes."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)  # lower-case names
    body: bytes | AsyncIterator[bytes] = b""

    def with_headers(self, headers: Mapping[str, str]) -> Response:
        """The same answer with further headers; those that it has already win."""
        return Response(status=self.status, headers={**headers, **self.headers}, body=self.body)


def json_response(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that carries a value as JSON."""
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    return Response(status=status, headers={"content-type": JSON, **(headers or {})}, body=body)


async def read(scope: Scope, receive: Receive) -> Request:
    """The request that a server announced, with all of its body."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    parts: list[bytes] = []
    more = scope["type"] == "http"
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message["type"] == "http.request" and message.get("more_body", False)
    query_string = scope.get("query_string", b"").decode("latin-1")
    return Request(
        method=scope.get("method", "GET"),
        path=scope["path"],
        raw_path=(scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0],
        query=tuple(parse_qsl(query_string, keep_blank_values=True)),
        query_string=query_string,
        headers=headers,
        body=b"".join(parts),
    )


async def write(response: Response, send: Send, *, bodiless: bool = False) -> None:
    """Send an answer: exactly one content-type and one length. `bodiless` answers a HEAD."""
    headers = dict(response.headers)
    if isinstance(response.body, bytes) and response.status not in {204, 304}:
        headers.setdefault("content-length", str(len(response.body)))
    await send({"type": "http.response.start", "status": response.status, "headers": _raw(headers)})
    if bodiless:
        if not isinstance(response.body, bytes):
            async for _ in response.body:
                pass
        await send({"type": "http.response.body", "body": b""})
    elif isinstance(response.body, bytes):
        await send({"type": "http.response.body", "body": response.body})
    else:
        async for part in response.body:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Header lines; a header that is sent several times (`set-cookie`) holds its values in lines of its own."""
    return [
        (name.encode("latin-1"), line.encode("latin-1"))
        for name, value in headers.items()
        for line in value.split("\n")
    ]
