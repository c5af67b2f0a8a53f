"""The routes of the management API that only read, with its tokens, its limit and its refusals.

Contract: https://api.supabase.com/api/v1. Nothing here changes a project.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from prodworthy.local.backend.database import Pool
from prodworthy.local.backend.keys import Keyring
from prodworthy.local.backend.management import advisors, queries
from prodworthy.local.backend.management.deployed import Deployed
from prodworthy.local.backend.messages import (
    Receive,
    Request,
    Response,
    Scope,
    Send,
    json_response,
    read,
    write,
)

ORGANIZATION = "embedded"
REGION = "local"
TOKEN = re.compile(r"sbp_(oauth_|v0_)?[a-f0-9]{40}")
SERVICES = ("auth", "db", "db_postgres_user", "pooler", "realtime", "rest", "storage", "pg_bouncer")
PER_MINUTE = 120  # requests of one token
WINDOW = 60.0  # seconds

Permissions = frozenset[str]
EVERYTHING: Permissions = frozenset(
    {"projects:read", "edge_functions:read", "database:read", "advisors:read", "api_keys:read"}
)


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.response = json_response(status, {"message": message}, headers)


Answering = Callable[["Management", Request, Sequence[str]], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One kind of request: its path below /v1, what a token must permit for it, and who answers."""

    method: str
    path: re.Pattern[str]
    permission: str
    answer: Answering


ROUTES: list[Route] = []


def _route(method: str, path: str, permission: str) -> Callable[[Answering], Answering]:
    """Declare a coroutine function as the answer to `path`, in which `{}` stands for a segment that it is given."""
    pattern = re.compile(path.replace("{}", "([^/]+)"))

    def declare(answer: Answering) -> Answering:
        ROUTES.append(Route(method=method, path=pattern, permission=permission, answer=answer))
        return answer

    return declare


@dataclass(kw_only=True)
class Management:
    """The ASGI app of the management API's host; it knows one project, and the tokens that it was given."""

    keyring: Keyring
    deployed: Deployed
    reader: Pool  # as supabase_read_only_user
    full: Pool
    schemas: tuple[str, ...]
    name: str
    scoped: Mapping[str, Permissions] = field(default_factory=dict)  # further tokens, and what each may see
    per_minute: int = PER_MINUTE
    clock: Callable[[], float] = time.monotonic
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    asked: dict[str, list[float]] = field(default_factory=dict)  # token -> when, within the window

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: http only."""
        request = await read(scope, receive)
        try:
            response = await self.answer(request)
        except Refused as refused:
            response = refused.response
        await write(response, send, bodiless=request.method == "HEAD")

    async def answer(self, request: Request) -> Response:
        """Raises Refused: 401 before anything else, then 429, 404, and 403 for what the token does not permit."""
        token = self._token(request)
        counted = self._count(token)
        route, segments = _find(request)
        if route.permission not in self._tokens[token]:
            raise Refused(403, "Forbidden action", counted)
        return (await route.answer(self, request, segments)).with_headers(counted)

    def known(self, ref: str) -> None:
        """Raises Refused for a project that is not ours; the platform does not tell whether it exists."""
        if not re.fullmatch("[a-z]{20}", ref):
            raise Refused(400, "ref: Invalid project ref")
        if ref != self.keyring.ref:
            raise Refused(403, "Your account does not have the necessary privileges to access this endpoint.")

    def project(self) -> dict[str, Any]:
        """The project's record."""
        return {
            "id": self.keyring.ref,
            "ref": self.keyring.ref,
            "organization_id": ORGANIZATION,
            "organization_slug": ORGANIZATION,
            "name": self.name,
            "region": REGION,
            "created_at": self.created.isoformat(),
            "status": "ACTIVE_HEALTHY",
            "database": {
                "host": f"db.{self.keyring.ref}.supabase.co",
                "version": "18",
                "postgres_engine": "18",
                "release_channel": "ga",
            },
        }

    @property
    def _tokens(self) -> Mapping[str, Permissions]:
        return {**self.scoped, self.keyring.management: EVERYTHING}

    def _token(self, request: Request) -> str:
        token = request.bearer or ""
        if not TOKEN.fullmatch(token):
            raise Refused(401, "JWT could not be decoded" if token else "Unauthorized")
        if token not in self._tokens:
            raise Refused(401, "Unauthorized")
        return token

    def _count(self, token: str) -> dict[str, str]:
        """What the platform says of its limit in every answer. Raises Refused when it is reached."""
        now = self.clock()
        self.asked[token] = recent = [when for when in self.asked.get(token, []) if now - when < WINDOW]
        reset = str(int(WINDOW - (now - recent[0])) + 1) if recent else str(int(WINDOW))
        told = {"x-ratelimit-limit": str(self.per_minute), "x-ratelimit-reset": reset}
        if len(recent) >= self.per_minute:
            headers = told | {"x-ratelimit-remaining": "0", "retry-after": reset}
            raise Refused(429, "ThrottlerException: Too Many Requests", headers)
        recent.append(now)
        return told | {"x-ratelimit-remaining": str(self.per_minute - len(recent))}


def _find(request: Request) -> tuple[Route, Sequence[str]]:
    for route in ROUTES:
        if route.method == request.method and (match := route.path.fullmatch(request.path)):
            return route, match.groups()
    raise Refused(404, f"Cannot {request.method} {request.path}")


@_route("GET", "/v1/projects", "projects:read")
async def _projects(api: Management, request: Request, segments: Sequence[str]) -> Response:
    return json_response(200, [api.project()])


@_route("GET", "/v1/projects/{}", "projects:read")
async def _project(api: Management, request: Request, segments: Sequence[str]) -> Response:
    api.known(segments[0])
    return json_response(200, api.project())


@_route("GET", "/v1/projects/{}/health", "projects:read")
async def _health(api: Management, request: Request, segments: Sequence[str]) -> Response:
    """Of the services that are named; the database's is really asked."""
    api.known(segments[0])
    asked = [part for key, value in request.query if key in {"services", "services[]"} for part in value.split(",")]
    if not asked or not set(asked) <= set(SERVICES):
        raise Refused(400, f"services: each must be one of {', '.join(SERVICES)}")
    await api.reader.rows("select 1")
    return json_response(200, [_state(name, api.keyring.ref) for name in dict.fromkeys(asked)])


def _state(name: str, ref: str) -> dict[str, Any]:
    told: dict[str, Any] = {"name": name, "healthy": True, "status": "ACTIVE_HEALTHY"}
    if name == "auth":
        told["info"] = {"name": "GoTrue", "version": "v2.197.0", "description": "GoTrue is a user registration service"}
    return told


@_route("GET", "/v1/projects/{}/api-keys", "api_keys:read")
async def _api_keys(api: Management, request: Request, segments: Sequence[str]) -> Response:
    """Names and prefixes; the values are never told, whatever `reveal` says."""
    api.known(segments[0])
    keys = (("publishable", api.keyring.publishable), ("secret", api.keyring.secret))
    return json_response(200, [_key(kind, value) for kind, value in keys])


def _key(kind: str, value: str) -> dict[str, Any]:
    prefix = value.removeprefix(f"sb_{kind}_")[:5]
    return {
        "name": "default",
        "id": None,
        "type": kind,
        "prefix": prefix,
        "hash": queries.digest(value),
        "description": None,
        "api_key": f"sb_{kind}_{prefix}" + "·" * 8,
    }


@_route("GET", "/v1/projects/{}/functions", "edge_functions:read")
async def _functions(api: Management, request: Request, segments: Sequence[str]) -> Response:
    api.known(segments[0])
    return json_response(200, [api.deployed.record(slug) for slug in api.deployed.slugs])


@_route("GET", "/v1/projects/{}/functions/{}", "edge_functions:read")
async def _function(api: Management, request: Request, segments: Sequence[str]) -> Response:
    api.known(segments[0])
    return json_response(200, api.deployed.record(_slug(api, segments[1])))


@_route("GET", "/v1/projects/{}/functions/{}/body", "edge_functions:read")
async def _body(api: Management, request: Request, segments: Sequence[str]) -> Response:
    """The source files where they are asked for; the bundle itself is the platform's own format, which is not made here."""
    api.known(segments[0])
    slug = _slug(api, segments[1])
    if "multipart/form-data" not in request.headers.get("accept", ""):
        raise Refused(406, "only multipart/form-data is served here")
    kind, body = api.deployed.multipart(slug)
    return Response(headers={"content-type": kind}, body=body)


def _slug(api: Management, slug: str) -> str:
    if slug not in api.deployed.slugs:
        raise Refused(404, "Function not found")
    return slug


@_route("POST", "/v1/projects/{}/database/query/read-only", "database:read")
async def _query(api: Management, request: Request, segments: Sequence[str]) -> Response:
    api.known(segments[0])
    try:
        asked = request.json()
        query, parameters = asked["query"], asked.get("parameters", [])
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Refused(400, "query: Required") from None
    if not isinstance(query, str) or not isinstance(parameters, list):
        raise Refused(400, "query: Expected string")
    try:
        return json_response(201, await queries.read_only(api.reader, query, parameters))
    except queries.QueryFailed as failed:
        raise Refused(400, f"Failed to run sql query: {failed}") from None


@_route("GET", "/v1/projects/{}/advisors/security", "advisors:read")
async def _advisors(api: Management, request: Request, segments: Sequence[str]) -> Response:
    api.known(segments[0])
    return json_response(200, {"lints": await advisors.security(api.full, api.schemas)})
