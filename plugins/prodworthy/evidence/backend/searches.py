"""Asking the declared vector searches for their canaries."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from prodworthy.evidence.backend.project import Project, public_project
from prodworthy.evidence.pieces import Look, piece
from prodworthy.model import Search
from prodworthy.model.backend import Searches, SeenSearch


@piece("supabase")
async def searches(look: Look) -> Searches:
    """Every declared search, asked as anon: row-level security decides what it can find."""
    project = public_project(look)
    seen = await asyncio.gather(*(_search(project, search) for search in project.declared.searches))
    return Searches(url=project.url, key=project.key, seen=tuple(seen))


async def _search(project: Project, search: Search) -> SeenSearch:
    exchange = await project.ask_settled(
        f"/rest/v1/rpc/{quote(search.rpc, safe='')}",
        purpose=f"search with {search.rpc}",
        method="POST",
        json_body=dict(search.args),
    )
    return SeenSearch(declared=search, exchange=exchange)
