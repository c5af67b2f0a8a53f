"""The front door of a project: API keys, CORS, and the way to each service."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from prodworthy.local.backend.auth import Auth
from prodworthy.local.backend.keys import Caller, Keyring, Kind
from prodworthy.local.backend.messages import (
    Message,
    Receive,
    Request,
    Response,
    Scope,
    Send,
    json_response,
    read,
    write,
)
from prodworthy.local.backend.rest import Rest

_OPEN_AUTH = ("/verify", "/callback", "/authorize", "/.well-known/", "/sso/saml/")  # routes that need no key
_CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, "
    "Preference-Applied, Proxy-Status, Server, Transfer-Encoding, Range-Unit, X-Sb-Error-Code, X-Supabase-Api-Version",
}
_PREFLIGHT = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS,TRACE,CONNECT",
    "access-control-max-age": "3600",
}
_NO_KEY = {"message": "No API key found in request", "hint": "No `apikey` request header or url param was found."}
_BAD_KEY = {"message": "Invalid API key", "hint": "Double check your Supabase `anon` or `service_role` API key."}
_BROWSER = {
    "message": "Forbidden use of secret API key in browser",
    "hint": "Secret API keys can only be used in a protected environment and should never be used in a browser. "
    "Delete this secret API key immediately.",
}
_ROOT_LEGACY = {
    "message": "Invalid API key",
    "hint": "Only the `service_role` API key can be used for this endpoint.",
}
_ROOT_PUBLISHABLE = {
    "message": "Secret API key required",
    "hint": "Only secret API keys can be used for this endpoint.",
}


class Service(Protocol):
    """What answers below a path of its own, and looks at keys itself."""

    async def answer(self, request: Request) -> Response:
        """Answer one request whose path is relative to the service."""


class Socket(Protocol):
    """What talks over websockets."""

    async def connect(self, caller: Caller, version: str, receive: Receive, send: Send) -> None:
        """Carry one connection to its end."""


class Refused(Exception):
    """A request that gets no further than the gateway."""

    def __init__(self, body: Mapping[str, str]) -> None:
        super().__init__(body["message"])
        self.response = json_response(401, body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """The ASGI app of a project's address."""

    keyring: Keyring
    auth: Auth
    rest: Rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: http and websocket."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            request = await read(scope, receive)
            response = await self._answer(request)
            own = {"sb-gateway-version": "1", "sb-project-ref": self.keyring.ref, "sb-request-id": str(uuid.uuid4())}
            await write(response.with_headers(own), send, bodiless=request.method == "HEAD")

    async def _answer(self, request: Request) -> Response:
        service, inner = _service(request)
        if service not in {"auth", "rest"}:
            return json_response(404, {"error": "requested path is invalid"}, _CORS)
        if request.method == "OPTIONS":
            return _preflight(request)
        try:
            response = await self._keyed(service, inner)
        except Refused as refused:
            response = refused.response
        return response.with_headers(_CORS)

    async def _keyed(self, service: str, request: Request) -> Response:
        """An answer of the services behind the key check."""
        if service == "auth" and request.path.startswith(_OPEN_AUTH):
            return await self.auth.answer(request, None)
        request, caller = self.identify(request)
        if service == "auth":
            return await self.auth.answer(request, caller)
        if request.path.strip("/") == "" and caller.role != "service_role":
            raise Refused(_ROOT_LEGACY if caller.kind.legacy else _ROOT_PUBLISHABLE)
        return await self.rest.answer(request, caller, self._token(request))

    def identify(self, request: Request) -> tuple[Request, Caller]:
        """The caller by its API key, and the request without it. Raises Refused."""
        key = request.headers.get("apikey") or request.asked("apikey")
        if not key:
            raise Refused(_NO_KEY)
        kind = self.keyring.kind(key)
        bearer = request.bearer
        if kind is None or (bearer is not None and bearer.startswith("sb_") and bearer != key):
            raise Refused(_BAD_KEY)
        if kind is Kind.SECRET and request.headers.get("user-agent", "").startswith("Mozilla/"):
            raise Refused(_BROWSER)
        query = tuple(pair for pair in request.query if pair[0] != "apikey")
        return replace(request, query=query), Caller(role=kind.role, claims={"role": kind.role}, kind=kind)

    def _token(self, request: Request) -> str | None:
        """The bearer token where it says more than the API key does."""
        bearer = request.bearer
        return None if bearer is None or self.keyring.kind(bearer) is not None and bearer.startswith("sb_") else bearer


def _service(request: Request) -> tuple[str, Request]:
    """Which service a path means, and the request as that service sees it."""
    name, _, rest = request.path.removeprefix("/").partition("/v1")
    if rest and not rest.startswith("/"):
        return "", request
    raw = request.raw_path.partition("/v1")[2]
    return name, replace(request, path=rest or "/", raw_path=raw or "/")


def _preflight(request: Request) -> Response:
    wanted = request.headers.get("access-control-request-headers")
    return Response(headers={**_PREFLIGHT, **({"access-control-allow-headers": wanted} if wanted else {})})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message: Message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
