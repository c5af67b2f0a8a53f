"""Looking at tables whose rows have owners, as signed-in test users: whose rows do they see?"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from prodworthy.evidence.backend.auth import missing_password, signed_in
from prodworthy.evidence.backend.project import Project, claims_of, public_project
from prodworthy.evidence.backend.tables import rows_of, without_values
from prodworthy.evidence.errors import NotAsked
from prodworthy.evidence.pieces import Look, piece
from prodworthy.model import Cause, Exchange, Gap, Table, User
from prodworthy.model.insight import Ownership, SeenRows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """What one user saw."""

    sessions: tuple[Exchange, ...] = ()
    seen: tuple[SeenRows, ...] = ()
    unasked: tuple[Gap, ...] = ()


@piece("supabase")
async def ownership(look: Look) -> Ownership:
    """Every table with an owner, read by each test user: rows of somebody else, and rows of their own."""
    project = public_project(look)
    declared = project.declared
    owned = [table for table in declared.tables if table.owner]
    if not owned:
        raise NotAsked(
            'no table names the column of its owner (supabase.tables = [{ name = "orders", owner = "user_id" }])'
        )
    users = [(name, user) for name, user in (("user", declared.user), ("stranger", declared.stranger)) if user]
    if not users:
        raise NotAsked("supabase.user is not given, so nobody looks at the rows of others as a signed-in user")
    visits = await asyncio.gather(*(_visit(project, name, user, owned) for name, user in users))
    return Ownership(
        url=project.url,
        sessions=tuple(each for visit in visits for each in visit.sessions),
        seen=tuple(each for visit in visits for each in visit.seen),
        unasked=tuple(each for visit in visits for each in visit.unasked),
    )


async def _visit(project: Project, name: str, user: User, owned: list[Table]) -> _Visit:
    if gap := missing_password(user):
        return _Visit(unasked=(gap,))
    seen: tuple[SeenRows, ...] = ()
    async with signed_in(project, user) as session:
        identity = claims_of(session.token or "").get("sub")
        if isinstance(identity, str):
            seen = tuple(
                await asyncio.gather(*(_rows(project, name, table, identity, session.bearer) for table in owned))
            )
    out = (session.sign_out,) if session.sign_out else ()
    why = f"supabase.{name} did not get a session"
    lost = (
        ()
        if seen or session.sign_in.gap
        else (Gap(what=f"signing in as {user.email}", why=why, cause=Cause.CONFIGURATION),)
    )
    return _Visit(sessions=(session.sign_in, *out), seen=seen, unasked=lost)


async def _rows(project: Project, name: str, table: Table, identity: str, bearer: dict[str, str]) -> SeenRows:
    others, own = await asyncio.gather(
        _ask(project, table, f"neq.{identity}", f"rows of others in {table.name}, as {name}", bearer),
        _ask(project, table, f"eq.{identity}", f"own rows in {table.name}, as {name}", bearer),
    )
    return SeenRows(
        declared=table,
        user=name,
        others=without_values(others),
        own=without_values(own),
        others_seen=_any(others),
        own_seen=_any(own),
    )


async def _ask(project: Project, table: Table, condition: str, purpose: str, bearer: dict[str, str]) -> Exchange:
    owner = table.owner or ""
    query = urlencode({"select": owner, owner: condition, "limit": 1})
    return await project.ask(
        f"/rest/v1/{quote(table.name, safe='')}?{query}",
        purpose=purpose,
        headers={"accept-profile": table.schema, **bearer},
    )


def _any(exchange: Exchange) -> bool | None:
    rows = rows_of(exchange)
    return None if rows is None else rows > 0
