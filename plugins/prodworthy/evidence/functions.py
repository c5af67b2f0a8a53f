"""Calling the declared edge functions as a page would, and as nobody should be able to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from prodworthy.evidence.backend.auth import Session, missing_password, signed_in
from prodworthy.evidence.backend.project import LINES as PROJECT_LINES
from prodworthy.evidence.backend.project import Project, public_project
from prodworthy.evidence.errors import NotConfigured
from prodworthy.evidence.pieces import Look, piece
from prodworthy.model import Cause, Exchange, Function, Gap, Request
from prodworthy.model.backend import NO_USER
from prodworthy.model.functions import Functions, Preflight, SeenFunction

FOREIGN = "https://foreign.example"  # nobody's origin: RFC 2606
SAMPLES = 3  # calls of a repeatable function; the first may find it cold

LINES = """[targets.{name}.functions.<function>]
request = {{ method = "POST", json = {{ }} }}
verify_jwt = true                # as in supabase/config.toml
repeatable = false               # true when calling it more than once does no harm

[targets.{name}.not_applicable]
functions = "why this app has no edge functions\""""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bearer:
    """What a call of a function with verify_jwt carries, or why there is nothing to carry."""

    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    gap: Gap | None = None  # there should be a token
    unasked: str | None = None  # there need not be one
    session: Session | None = None  # whose token it is

    @property
    def missing(self) -> bool:
        """Whether the function cannot be called as declared."""
        return self.gap is not None or self.unasked is not None


@piece("functions")
async def functions(look: Look) -> Functions:
    """Every declared function, asked at once; one that is not repeatable is called once."""
    if not look.target.functions:
        raise NotConfigured("functions", LINES.format(name=look.target.name))
    project = public_project(look, check="functions", lines=PROJECT_LINES)
    (guarded, sign_out), unguarded = await asyncio.gather(_guarded(project), _open(project))
    seen = {each.declared.name: each for each in (*guarded, *unguarded)}
    ordered = tuple(seen[each.name] for each in look.target.functions)
    return Functions(url=project.url, seen=ordered, sign_out=sign_out)


async def _open(project: Project) -> list[SeenFunction]:
    declared = [each for each in project.look.target.functions if not each.verify_jwt]
    return await asyncio.gather(*(_function(project, each, _Bearer()) for each in declared))


async def _guarded(project: Project) -> tuple[list[SeenFunction], Exchange | None]:
    """Those with verify_jwt, and the test user's way out."""
    declared = [each for each in project.look.target.functions if each.verify_jwt]
    if not declared:
        return [], None
    async with AsyncExitStack() as stack:
        bearer = await _bearer(project, stack)
        seen = await asyncio.gather(*(_function(project, each, bearer) for each in declared))
    return seen, bearer.session.sign_out if bearer.session else None


async def _bearer(project: Project, stack: AsyncExitStack) -> _Bearer:
    user = project.declared.user
    if user is None and project.key.kind == "legacy":
        return _Bearer(fields={"authorization": f"Bearer {project.value}"})  # it is a JWT of the project itself
    if user is None:
        return _Bearer(unasked=NO_USER)
    if gap := missing_password(user):
        return _Bearer(gap=gap)
    session = await stack.enter_async_context(signed_in(project, user))
    if session.token:
        return _Bearer(fields=session.bearer, session=session)
    why = "the test user could not sign in; see the Supabase check"
    return _Bearer(gap=session.sign_in.gap or Gap(what="functions", why=why, cause=Cause.CONFIGURATION))


async def _function(project: Project, declared: Function, bearer: _Bearer) -> SeenFunction:
    caller = _Caller(project=project, declared=declared, bearer=bearer)
    first = await caller.first()  # before anything else wakes it
    if any(each.answered is None for each in first):
        caller = replace(caller, unanswered=True)
    preflights, foreign, unsigned, later, refusal = await asyncio.gather(
        asyncio.gather(*(caller.preflight(origin) for origin in caller.origins)),
        caller.foreign(),
        caller.unsigned(),
        caller.later(),
        caller.refusal(),
    )
    return SeenFunction(
        declared=declared,
        origin=caller.origin,
        preflights=tuple(preflights),
        foreign=foreign,
        unsigned=unsigned,
        calls=(*first, *later),
        refusal=refusal,
        uncalled=bearer.gap,
        unasked=bearer.unasked,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Caller:
    """Sends the requests of one function."""

    project: Project
    declared: Function
    bearer: _Bearer
    unanswered: bool = False  # the first call, so that there is no use in waiting for further ones

    @property
    def origins(self) -> tuple[str, ...]:
        """Whose pages may call it; none for a function that only servers call."""
        if not self.declared.browser:
            return ()
        return self.declared.origins or (self.project.look.target.url,)

    @property
    def origin(self) -> str:
        return next(iter(self.origins), self.project.look.target.url)

    async def preflight(self, origin: str) -> Preflight:
        asked = {
            "origin": origin,
            "access-control-request-method": self.declared.request.method,
            "access-control-request-headers": ",".join(sorted(map(str.lower, self.declared.headers))),
        }
        exchange = await self._ask("", f"preflight of {self.declared.name} for {origin}", "OPTIONS", asked, key=False)
        return Preflight(origin=origin, exchange=exchange)

    async def foreign(self) -> Preflight | None:
        return await self.preflight(FOREIGN) if self.declared.browser else None

    async def unsigned(self) -> Exchange | None:
        """Without a token. A GET without a body: should the platform let it through, it does the least harm."""
        if not self.declared.verify_jwt:
            return None
        return await self._ask("", f"{self.declared.name} without a token", "GET", {"origin": self.origin})

    async def first(self) -> list[Exchange]:
        """On a connection of its own, where no other request can hold up the answer."""
        return [] if self.bearer.missing else [await self._call(fresh=True)]

    async def later(self) -> list[Exchange]:
        if self.bearer.missing or self.unanswered or not self.declared.repeatable:
            return []
        return [await self._call() for _ in range(SAMPLES - 1)]

    async def refusal(self) -> Exchange | None:
        if self.declared.refusal is None or self.bearer.missing or self.unanswered:
            return None
        return await self._send(self.declared.refusal.request, f"what {self.declared.name} must refuse")

    async def _call(self, *, fresh: bool = False) -> Exchange:
        return await self._send(self.declared.request, f"call {self.declared.name}", fresh=fresh)

    async def _send(self, request: Request, purpose: str, *, fresh: bool = False) -> Exchange:
        declared = {name.lower(): value for name, value in request.headers.items()}
        fields = {"origin": self.origin, **self.bearer.fields, **declared}
        return await self._ask(request.path, purpose, request.method, fields, json_body=request.json, fresh=fresh)

    async def _ask(
        self,
        path: str,
        purpose: str,
        method: str,
        headers: Mapping[str, str],
        *,
        json_body: Any = None,
        key: bool = True,
        fresh: bool = False,
    ) -> Exchange:
        return await self.project.ask(
            f"/functions/v1/{quote(self.declared.name, safe='')}{_below(path)}",
            purpose=purpose,
            method=method,
            headers=headers,
            json_body=json_body,
            repeatable=None if method in {"GET", "HEAD", "OPTIONS"} else self.declared.repeatable,
            key=key,
            fresh=fresh,
        )


def _below(path: str) -> str:
    return path if path.startswith(("/", "?")) or not path else f"/{path}"
