"""The front door of a project: API keys, CORS, and the way to each service."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

from prodworthy.local.backend.auth import Auth
from prodworthy.local.backend.functions import Functions
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
from prodworthy.local.backend.realtime import Realtime
from prodworthy.local.backend.rest import Rest
from prodworthy.local.backend.storage import Storage

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


class Refused(Exception):
    """A request that gets no further than the gateway."""

    def __init__(self, body: Mapping[str, str], *, status: int = 401) -> None:
        super().__init__(body["message"])
        self.response = json_response(status, body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """The ASGI app of a project's address."""

    keyring: Keyring
    auth: Auth
    rest: Rest
    storage: Storage
    realtime: Realtime
    functions: Functions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: http and websocket."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "websocket":
            await self._connect(scope, receive, send)
        else:
            request = await read(scope, receive)
            response = await self._answer(request)
            own = {"sb-gateway-version": "1", "sb-project-ref": self.keyring.ref, "sb-request-id": str(uuid.uuid4())}
            await write(response.with_headers(own), send, bodiless=request.method == "HEAD")

    async def _answer(self, request: Request) -> Response:
        service, inner = _service(request)
        if service == "functions":  # looks at tokens itself, and answers for its own CORS
            return await self.functions.answer(inner)
        if service not in {"auth", "rest", "storage", "realtime"}:
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
        if service == "storage" and "apikey" not in request.headers and not request.asked("apikey"):
            return await self.storage.answer(request, None)  # the only service that is let through without a key
        request, caller = self.identify(request)
        match service:
            case "auth":
                return await self.auth.answer(request, caller)
            case "storage":
                return await self.storage.answer(request, caller)
            case "realtime":
                return await self.realtime.answer(request)
        if request.path.strip("/") == "" and caller.role != "service_role":
            raise Refused(_ROOT_LEGACY if caller.kind and caller.kind.legacy else _ROOT_PUBLISHABLE)
        return await self.rest.answer(request, caller, self._token(request))

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A websocket: let in with a good key, else answered like any request."""
        request = await read(scope, receive)
        await receive()  # websocket.connect
        try:
            if request.path != "/realtime/v1/websocket":
                raise Refused({"message": "no websocket here"}, status=404)
            request, caller = self.identify(request)
        except Refused as refused:
            await _deny(refused.response, scope, send)
            return
        await self.realtime.connect(caller, request.asked("vsn", "1.0.0"), receive, send)

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
        return None if bearer is None or bearer.startswith("sb_") else bearer


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


async def _deny(response: Response, scope: Scope, send: Send) -> None:
    """Refuse a websocket with an ordinary answer, where the server can; else by closing it."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(name.encode(), value.encode()) for name, value in response.headers.items()]
    await send({"type": "websocket.http.response.start", "status": response.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": response.body})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message: Message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
