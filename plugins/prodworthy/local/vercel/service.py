"""The platform's API as one ASGI app: who may ask, which route is meant, and how an answer is refused.

Contract: https://vercel.com/docs/rest-api. Versions are those of each endpoint; several of one live side by side, as
the vendor's own clients use them. What is logged, and what goes wrong on the way, is the business of `line`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from prodworthy.local.backend.messages import Receive, Request, Response, Scope, Send, json_response, read, write
from prodworthy.local.vercel import accounts, aliases, checks, deployments, limits, moves, projects, rolling
from prodworthy.local.vercel.asking import Asked
from prodworthy.local.vercel.limits import Counter, Limit
from prodworthy.local.vercel.platform import Platform
from prodworthy.local.vercel.refusals import Refusal
from prodworthy.local.vercel.state import ProjectState

Answering = Callable[[Asked], Awaitable[Response]]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One endpoint; `versions` are those that exist of it, 0 for none in the path."""

    method: str
    versions: tuple[int, ...]
    path: str  # "{name}" is one part of it
    answering: Answering
    limit: Limit | None = None

    def named(self, path: str) -> Mapping[str, str] | None:
        """What stands in the places of the path; None: another path is meant."""
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.path))
        found = re.fullmatch(pattern, path)
        return found.groupdict() if found else None


def _route(
    method: str, versions: tuple[int, ...], path: str, answering: Answering, limit: Limit | None = None
) -> Route:
    return Route(method=method, versions=versions, path=path, answering=answering, limit=limit)


_PROJECT = "/projects/{project}"
_DEPLOYMENT = "/deployments/{deployment}"

ROUTES = (
    _route("GET", (2,), "/user", accounts.user),
    _route("GET", (1, 2), "/teams", accounts.teams),
    _route("GET", (0, 1, 2), "/teams/{team}", accounts.team),
    _route("GET", (6, 7), "/deployments", deployments.listed, limits.DEPLOYMENTS),
    _route("POST", (13,), "/deployments", deployments.rebuild),
    _route("GET", (13,), _DEPLOYMENT, deployments.one, limits.DEPLOYMENT),
    _route("GET", (11,), f"{_DEPLOYMENT}/builds", deployments.builds),
    _route("GET", (2, 3), f"{_DEPLOYMENT}/events", deployments.events),
    _route("GET", (3,), f"/now{_DEPLOYMENT}/events", deployments.events),
    _route("GET", (2,), f"{_DEPLOYMENT}/aliases", deployments.aliases),
    _route("GET", (4,), "/aliases", aliases.listed, limits.ALIASES),
    _route("GET", (4,), "/aliases/{alias}", aliases.one, limits.ALIAS),
    _route("GET", (9, 10), "/projects", projects.listed),
    _route("GET", (9,), _PROJECT, projects.one),
    _route("PATCH", (9,), _PROJECT, projects.change),
    _route("GET", (9,), f"{_PROJECT}/domains", projects.domains, limits.DOMAINS),
    _route("GET", (9,), f"{_PROJECT}/domains/{{domain}}", projects.domain, limits.DOMAINS),
    _route("GET", (9, 10), f"{_PROJECT}/env", projects.variables, limits.VARIABLES),
    _route("PATCH", (1,), f"{_PROJECT}/protection-bypass", projects.protection_bypass, limits.BYPASS),
    _route("POST", (1, 9), f"{_PROJECT}/rollback/{{deployment}}", moves.rollback),
    _route("PATCH", (1,), f"{_PROJECT}/rollback/{{deployment}}/update-description", moves.describe),
    _route("GET", (1, 9), f"{_PROJECT}/rollback/aliases", moves.rollback_aliases),
    _route("POST", (1, 9, 10), f"{_PROJECT}/promote/{{deployment}}", moves.promote),
    _route("GET", (1,), f"{_PROJECT}/promote/aliases", moves.promote_aliases),
    _route("GET", (9,), f"{_PROJECT}/promote/aliases", moves.promote_aliases_of_the_command_line),
    _route("GET", (1,), f"{_PROJECT}/rolling-release", rolling.one),
    _route("GET", (1,), f"{_PROJECT}/rolling-release/config", rolling.config),
    _route("PATCH", (1,), f"{_PROJECT}/rolling-release/config", rolling.configure),
    _route("DELETE", (1,), f"{_PROJECT}/rolling-release/config", rolling.unconfigure),
    _route("GET", (1,), f"{_PROJECT}/rolling-release/billing", rolling.billing),
    _route("POST", (1,), f"{_PROJECT}/rolling-release/start", rolling.start),
    _route("POST", (1,), f"{_PROJECT}/rolling-release/approve-stage", rolling.approve),
    _route("POST", (1,), f"{_PROJECT}/rolling-release/complete", rolling.complete),
    _route("GET", (2,), f"{_PROJECT}/checks", checks.listed, limits.CHECKS),
    _route("POST", (2,), f"{_PROJECT}/checks", checks.create),
    _route("GET", (2,), f"{_PROJECT}/checks/{{check}}", checks.one, limits.CHECKS),
    _route("PATCH", (2,), f"{_PROJECT}/checks/{{check}}", checks.change),
    _route("DELETE", (2,), f"{_PROJECT}/checks/{{check}}", checks.delete),
    _route("GET", (2,), f"{_PROJECT}/checks/{{check}}/runs", checks.runs_of_check, limits.CHECK_RUNS),
    _route("GET", (2,), f"{_DEPLOYMENT}/check-runs", checks.runs, limits.CHECK_RUNS),
    _route("POST", (2,), f"{_DEPLOYMENT}/check-runs", checks.begin),
    _route("GET", (2,), f"{_DEPLOYMENT}/check-runs/{{run}}", checks.run, limits.CHECK_RUNS),
    _route("PATCH", (2,), f"{_DEPLOYMENT}/check-runs/{{run}}", checks.conclude),
    _route("GET", (1,), f"{_DEPLOYMENT}/checks", checks.first_kind),
    _route("POST", (1,), f"{_DEPLOYMENT}/checks", checks.first_kind_refused),
    _route("PATCH", (1,), f"{_DEPLOYMENT}/checks/{{check}}", checks.first_kind_refused),
    _route("POST", (1,), f"{_DEPLOYMENT}/checks/{{check}}/rerequest", checks.first_kind_refused),
)


class Service:
    """Answers for one platform, to anybody who has its token."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._counters: tuple[ProjectState, Counter] = (platform.state, Counter())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: http only."""
        request = await read(scope, receive)
        await write(await self.answer(request), send, bodiless=request.method == "HEAD")

    async def answer(self, request: Request) -> Response:
        """A bad token comes before an unknown route, and both before what is counted."""
        told: dict[str, str] = {}
        try:
            self._admit(request)
            route, named = self._find(request)
            if route.limit:
                told, refusal = self._counter().count(route.limit)
                if refusal:
                    return refusal.with_headers(told)
            asked = Asked(platform=self._platform, request=request, named=named, owner=self._owner(request))
            return (await route.answering(asked)).with_headers(told)
        except _Unadmitted as refused:
            return _error(403, {"code": "forbidden", "message": str(refused), **refused.flags})
        except Refusal as refused:
            error = {"code": refused.code, "message": refused.message}
            return _error(refused.status, error).with_headers(told)

    def _admit(self, request: Request) -> None:
        token = request.bearer
        if not token:
            raise _Unadmitted("The request is missing an authentication token", missingToken=True)
        if token != self._platform.token:
            raise _Unadmitted("Not authorized", invalidToken=True)

    def _counter(self) -> Counter:
        """A platform that was reset was not asked anything yet."""
        if self._counters[0] is not self._platform.state:
            self._counters = (self._platform.state, Counter())
        return self._counters[1]

    def _owner(self, request: Request) -> str:
        """The account that is asked for: a team, else the user's own."""
        state = self._platform.state
        team, slug = request.asked("teamId"), request.asked("slug")
        if not team and not slug:
            return state.user
        if state.team and team in {"", state.team} and slug in {"", state.team_slug}:
            return state.team
        named = slug or team
        message = (
            f'Not authorized: Trying to access resource under scope "{named}". '
            "You must re-authenticate to this scope or use a token with access to this scope."
        )
        raise _Unadmitted(message, scope=named)

    def _find(self, request: Request) -> tuple[Route, Mapping[str, str]]:
        version, path = _versioned(request.path)
        method = "GET" if request.method == "HEAD" else request.method
        other = []
        for route in ROUTES:
            named = route.named(path)
            if named is None:
                continue
            if route.method == method and version in route.versions:
                return route, named
            other.append(f"{route.method} {'|'.join(f'v{each}' for each in route.versions)}")
        near = f"; here are: {', '.join(other)}" if other else ""
        log.warning("the emulated platform has no %s %s%s", request.method, request.path, near)
        raise Refusal(404, "not_found", f"The emulated platform has no {request.method} {request.path}{near}")


class _Unadmitted(Exception):
    """A token that is missing, not good, or not for what is asked; all three are 403 at the platform."""

    def __init__(self, message: str, **flags: object) -> None:
        super().__init__(message)
        self.flags = flags


def _versioned(path: str) -> tuple[int, str]:
    """The version and the rest of a path; 0: it has none."""
    found = re.match(r"/v(\d{1,3})(?=/)", path)
    return (int(found[1]), path[found.end() :]) if found else (0, path)


def _error(status: int, error: Mapping[str, Any]) -> Response:
    return json_response(status, {"error": dict(error)})
