"""The line between the API and its clients: every request is logged here, and disturbed as the faults say."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NoReturn

from prodworthy.local.backend.messages import JSON, Request, Response, json_response, read, write
from prodworthy.local.server import App, Message, Receive, Scope, Send, cut
from prodworthy.local.vercel.faults import Failing, Faults, Garbling, Requests, Throttling
from prodworthy.local.vercel.state import Logged

if TYPE_CHECKING:
    from prodworthy.local.vercel.platform import Platform


# in the order in which a request meets them; the first that strikes it decides
BEFORE = ("cut_before", "fail_before", "throttle", "expired_token")
AFTER = ("cut_after", "fail_after", "malformed")
LONGEST_LOG = 10_000  # requests
LIMITS = {"limit": "total", "remaining": "remaining", "reset": "reset"}  # header field -> what the body calls it


class Line:
    """The API as its clients meet it."""

    def __init__(self, api: App, platform: Platform) -> None:
        self._api = api
        self._platform = platform

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, as ASGI wants it."""
        if scope["type"] != "http":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
            return
        at, request = self._platform.now(), await read(scope, receive)
        faults = self._platform.faults
        slow = faults.slow if faults.slow and faults.slow.strike(request.method, request.path) else None
        call = _Call(self._platform, at, request, send, late=slow.seconds if slow and slow.after else 0.0)
        try:
            await asyncio.sleep(slow.seconds if slow and not slow.after else 0.0)
            await self._take(call, scope, _replayed(request.body, receive))
        except Exception:
            call.log(500)  # which the server answers
            raise
        finally:
            call.log(None)

    async def _take(self, call: _Call, scope: Scope, receive: Receive) -> None:
        faults = self._platform.faults
        striking = _striking(faults, call.request)
        if striking is None:
            await self._api(scope, receive, call.pass_on)
            return
        if striking in AFTER:
            await self._api(scope, receive, _swallow)
        if striking.startswith("cut"):
            call.cut()
        await call.answer(_disturbed(striking, faults, call.at))


class _Call:
    """One request under way; it is logged once, as soon as its outcome is known."""

    def __init__(self, platform: Platform, at: int, request: Request, send: Send, *, late: float) -> None:
        self._platform = platform
        self.at = at
        self.request = request
        self._send = send
        self._late = late  # seconds
        self._logged = False

    def cut(self) -> NoReturn:
        """The client gets no answer."""
        self.log(None)
        cut()

    async def answer(self, response: Response) -> None:
        """The client gets this one."""
        await self._begin(response.status)
        await write(response, self._send, bodiless=self.request.method == "HEAD")

    async def pass_on(self, message: Message) -> None:
        """The client gets what the API sends."""
        if message["type"] == "http.response.start":
            await self._begin(message["status"])
        await self._send(message)

    async def _begin(self, status: int) -> None:
        self.log(status)
        await asyncio.sleep(self._late)

    def log(self, status: int | None) -> None:
        """How it ended; what was said first holds."""
        if self._logged:
            return
        self._logged = True
        self._platform.log.append(
            Logged(
                at=self.at,
                method=self.request.method,
                path=self.request.path,
                query=dict(self.request.query),
                body=self.request.body.decode("utf-8", "replace"),
                status=status,
            )
        )
        del self._platform.log[:-LONGEST_LOG]


def _striking(faults: Faults, request: Request) -> str | None:
    for name in (*BEFORE, *AFTER):
        fault = getattr(faults, name)
        if isinstance(fault, Requests) and fault.strike(request.method, request.path):
            return name
        if fault is True:
            return name
    return None


def _disturbed(striking: str, faults: Faults, at: int) -> Response:
    """What the client gets in place of the API's own answer."""
    match getattr(faults, striking):
        case Throttling() as throttle:
            return _throttled(throttle, at)
        case Garbling() as garbling:
            kind = "text/html; charset=utf-8" if garbling.body.startswith("<") else JSON
            return Response(status=garbling.status, headers={"content-type": kind}, body=garbling.body.encode())
        case Failing() as failing:
            return _error(failing.status, "internal_server_error", "An unexpected error happened.")
        case _:
            return _error(403, "forbidden", "Not authorized", invalidToken=True)


def _throttled(throttle: Throttling, at: int) -> Response:
    seconds = throttle.retry_after
    limit = {"total": 500, "remaining": 0, "reset": at // 1000 + seconds, "resetMs": at + seconds * 1000}
    told = {f"x-ratelimit-{key}": str(limit[name]) for key, name in LIMITS.items()}
    refused = _error(429, "rate_limited", f"Too many requests. Try again in {seconds} seconds", limit=limit)
    return refused.with_headers(told | ({"retry-after": str(seconds)} if throttle.header else {}))


def _error(status: int, code: str, message: str, **more: object) -> Response:
    return json_response(status, {"error": {"code": code, "message": message, **more}})


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The request's body once more, and then what comes after it."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return first.pop() if first else await receive()

    return replayed


async def _swallow(message: Message) -> None:
    """What the API said is lost."""
