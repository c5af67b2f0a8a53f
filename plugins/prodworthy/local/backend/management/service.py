"""What of the management API only reads, with its tokens, its limit and its refusals; nothing here changes a project.

Contract: https://api.supabase.com/api/v1.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Mapping
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
REF = re.compile("[a-z]{20}")
SERVICES = ("auth", "db", "db_postgres_user", "pooler", "realtime", "rest", "storage", "pg_bouncer")
PER_MINUTE = 120  # requests of one token
WINDOW = 60.0  # seconds

Permissions = frozenset[str]  # of a token: what it may read
EVERYTHING: Permissions = frozenset(  # by the vendor's names
    {"projects_read", "edge_functions_read", "database_read", "advisors_read", "api_gateway_keys_read"}
)


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.response = json_response(status, {"message": message}, headers)


@dataclass(kw_only=True)
class Management:
    """The ASGI app of the management API's host; it knows one project, and that project's tokens."""

    keyring: Keyring
    deployed: Deployed
    reader: Pool  # as supabase_read_only_user
    full: Pool
    schemas: tuple[str, ...]  # that the data API exposes
    name: str
    scoped: Mapping[str, Permissions] = field(default_factory=dict)  # further tokens, and what each may read
    per_minute: int = PER_MINUTE
    clock: Callable[[], float] = time.monotonic
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    asked: dict[str, list[float]] = field(default_factory=dict)  # token -> when, within the window

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: http only."""
        request = await read(scope, receive)
        await write(await self.answer(request), send, bodiless=request.method == "HEAD")

    async def answer(self, request: Request) -> Response:
        """401 for a bad token comes before anything else, then 429."""
        counted: dict[str, str] = {}
        try:
            token = self._token(request)
            counted = self._count(token)
            response = await self._answer(request, token)
        except Refused as refused:
            response = refused.response
        return response.with_headers(counted)

    async def _answer(self, request: Request, token: str) -> Response:
        """Raises Refused."""
        match (request.method, *request.path.removeprefix("/v1/").split("/")):
            case ("GET", "projects"):
                self._permit(token, "projects_read")
                return json_response(200, [self._project()])
            case ("GET", "projects", ref):
                self._permit(token, "projects_read", ref)
                return json_response(200, self._project())
            case ("GET", "projects", ref, "health"):
                self._permit(token, "projects_read", ref)
                return json_response(200, await self._health(request))
            case ("GET", "projects", ref, "api-keys"):
                self._permit(token, "api_gateway_keys_read", ref)
                return json_response(200, self._api_keys())
            case ("GET", "projects", ref, "api-keys", "legacy"):
                self._permit(token, "api_gateway_keys_read", ref)
                return json_response(200, {"enabled": True})
            case ("GET", "projects", ref, "functions"):
                self._permit(token, "edge_functions_read", ref)
                return json_response(200, [self.deployed.record(slug) for slug in self.deployed.slugs])
            case ("GET", "projects", ref, "functions", slug):
                self._permit(token, "edge_functions_read", ref)
                return json_response(200, self.deployed.record(self._slug(slug)))
            case ("GET", "projects", ref, "functions", slug, "body"):
                self._permit(token, "edge_functions_read", ref)
                return self._body(request, self._slug(slug))
            case ("POST", "projects", ref, "database", "query", "read-only"):
                self._permit(token, "database_read", ref)
                return json_response(201, await self._query(request))
            case ("GET", "projects", ref, "advisors", "security"):
                self._permit(token, "advisors_read", ref)
                return json_response(200, {"lints": await advisors.security(self.full, self.schemas)})
        raise Refused(404, f"Cannot {request.method} {request.path}")

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

    def _permit(self, token: str, permission: str, ref: str | None = None) -> None:
        """A project that is not ours is refused in the same way whether it exists or not."""
        if permission not in self._tokens[token]:
            raise Refused(403, "Forbidden action")
        if ref is not None and not REF.fullmatch(ref):
            raise Refused(400, "ref: Invalid project ref")
        if ref not in {None, self.keyring.ref}:
            raise Refused(403, "Your account does not have the necessary privileges to access this endpoint.")

    def _count(self, token: str) -> dict[str, str]:
        """What every answer tells of the limit. Raises Refused when it is reached."""
        now = self.clock()
        self.asked[token] = recent = [when for when in self.asked.get(token, []) if now - when < WINDOW]
        reset = str(int(WINDOW - (now - recent[0])) + 1 if recent else int(WINDOW))
        told = {"x-ratelimit-limit": str(self.per_minute), "x-ratelimit-reset": reset}
        if len(recent) >= self.per_minute:
            headers = told | {"x-ratelimit-remaining": "0", "retry-after": reset}
            raise Refused(429, "ThrottlerException: Too Many Requests", headers)
        recent.append(now)
        return told | {"x-ratelimit-remaining": str(self.per_minute - len(recent))}

    def _project(self) -> dict[str, Any]:
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

    async def _health(self, request: Request) -> list[dict[str, Any]]:
        """Of the services that are named; the database is really asked."""
        asked = [part for key, value in request.query if key in {"services", "services[]"} for part in value.split(",")]
        if not asked or not set(asked) <= set(SERVICES):
            raise Refused(400, f"services: each must be one of {', '.join(SERVICES)}")
        await self.reader.rows("select 1")
        return [{"name": name, "healthy": True, "status": "ACTIVE_HEALTHY"} for name in dict.fromkeys(asked)]

    def _api_keys(self) -> list[dict[str, Any]]:
        """Names, kinds and prefixes; the values are never told, whatever `reveal` says."""
        keys = (("publishable", self.keyring.publishable), ("secret", self.keyring.secret))
        return [_key(kind, value) for kind, value in keys]

    def _slug(self, slug: str) -> str:
        if slug not in self.deployed.slugs:
            raise Refused(404, "Function not found")
        return slug

    def _body(self, request: Request, slug: str) -> Response:
        """The source files; the bundle itself is a format of the platform's own, which is not made here."""
        if "multipart/form-data" not in request.headers.get("accept", ""):
            raise Refused(406, "only multipart/form-data is served here")
        kind, body = self.deployed.multipart(slug)
        return Response(headers={"content-type": kind}, body=body)

    async def _query(self, request: Request) -> list[dict[str, Any]]:
        try:
            asked = request.json()
            query, parameters = asked["query"], asked.get("parameters", [])
        except (ValueError, TypeError, KeyError, AttributeError):
            raise Refused(400, "query: Required") from None
        if not isinstance(query, str) or not isinstance(parameters, list):
            raise Refused(400, "query: Expected string")
        try:
            return await queries.read_only(self.reader, query, parameters)
        except queries.QueryFailed as failed:
            raise Refused(400, f"Failed to run sql query: {failed}") from None


def _key(kind: str, value: str) -> dict[str, Any]:
    prefix = value.removeprefix(f"sb_{kind}_")[:5]
    return {
        "name": "default",
        "id": None,
        "type": kind,
        "prefix": prefix,
        "hash": hashlib.sha256(value.encode()).hexdigest(),
        "description": None,
        "api_key": f"sb_{kind}_{prefix}{'·' * 8}",
    }
