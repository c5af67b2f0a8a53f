"""Calling the declared edge functions, and asking the platform which ones there are."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from prodworthy.evidence.backend.project import LINES as PROJECT_LINES
from prodworthy.evidence.backend.project import Project, public_project
from prodworthy.evidence.errors import NotConfigured
from prodworthy.evidence.functions.calling import seen
from prodworthy.evidence.functions.deployed import deployed
from prodworthy.evidence.functions.tokens import Bearer, bearer
from prodworthy.evidence.pieces import Look, piece
from prodworthy.model import Exchange
from prodworthy.model.functions import Functions, SeenFunction

LINES = """[targets.{name}.functions.<function>]
request = {{ method = "POST", json = {{ }} }}
verify_jwt = true                # as in supabase/config.toml
repeatable = false               # true when calling it more than once does no harm

[targets.{name}.not_applicable]
functions = "why this app has no edge functions\""""


@piece("functions")
async def functions(look: Look) -> Functions:
    """Every declared function, asked at once; one that is not repeatable is called once."""
    if not look.target.functions:
        raise NotConfigured("functions", LINES.format(name=look.target.name))
    project = public_project(look, check="functions", lines=PROJECT_LINES)
    (guarded, sign_out), unguarded, front, platform = await asyncio.gather(
        _guarded(project), _open(project), _front(look), deployed(look)
    )
    found = {each.declared.name: each for each in (*guarded, *unguarded)}
    return Functions(
        url=project.url,
        seen=tuple(found[each.name] for each in look.target.functions),
        identity=look.target.identity,
        front=front,
        listed=platform.listed,
        unlisted=platform.unlisted,
        expected=project.declared.sources,
        sources=platform.sources,
        sign_out=sign_out,
    )


async def _open(project: Project) -> list[SeenFunction]:
    declared = [each for each in project.look.target.functions if not (each.verify_jwt or each.signed_in)]
    return await asyncio.gather(*(seen(project, each, Bearer()) for each in declared))


async def _guarded(project: Project) -> tuple[list[SeenFunction], Exchange | None]:
    """Those that want a token, and the test user's way out."""
    declared = [each for each in project.look.target.functions if each.verify_jwt or each.signed_in]
    if not declared:
        return [], None
    async with AsyncExitStack() as stack:
        token = await bearer(project, stack)
        found = await asyncio.gather(
            *(seen(project, each, token.of_a_user if each.signed_in else token) for each in declared)
        )
    return found, token.session.sign_out if token.session else None


async def _front(look: Look) -> Exchange | None:
    """The front end's own stamp, where it is what functions are to agree with."""
    identity = look.target.identity
    if identity is None or identity.expect or not any(each.stamp for each in look.target.functions):
        return None
    headers = {"accept": "application/json", "cache-control": "no-cache"}
    return await look.ask(identity.path, purpose="which build the front end is", headers=headers)
