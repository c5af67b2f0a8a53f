"""Asking what only a secret key gets told: which tables there are, and how many rows; reads only, never from a browser.

The vendor's gateway refuses secret keys to whatever calls itself a browser; ours says who asks, as always.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from prodworthy.evidence.backend.project import Project, key_of, protected, public_project, scrubbed
from prodworthy.evidence.backend.tables import rows_of, without_values
from prodworthy.evidence.errors import NotAsked, Unobserved
from prodworthy.evidence.pieces import Look, piece
from prodworthy.model import Cause, Exchange, Gap, Secret, Table
from prodworthy.model.insight import Counted, Inventory, Undeclared
from prodworthy.model.platform import describe
from prodworthy.model.text import clean

SERVER = re.compile(r"sb_secret_[\w-]+", re.ASCII)
MOST = 40  # undeclared tables that are asked for


@piece("supabase")
async def inventory(look: Look) -> Inventory:
    """The tables of the data plane by the secret key, and what anon reads of those that nobody has declared."""
    anon = public_project(look)
    secret = anon.declared.secret_key
    if secret is None:
        raise NotAsked("supabase.secret_key is not given, so nobody counts the rows that anon does not see")
    server = _server(look, anon, secret)
    root, counted = await asyncio.gather(
        _ask(server, "/rest/v1/", purpose="the schema's description, for the server"),
        asyncio.gather(*(_count(server, table) for table in anon.declared.tables)),
    )
    names = _others(anon, root)
    undeclared = await asyncio.gather(*(_read(anon, name) for name in names[:MOST]))
    return Inventory(
        url=anon.url,
        key=server.key,
        root=_reduced(root, names),
        counted=tuple(counted),
        undeclared=tuple(undeclared),
        unread=len(names[MOST:]),
        refused=tuple(_refused(root, secret)),
    )


def _server(look: Look, anon: Project, secret: Secret) -> Project:
    """The project with its secret key; raises Unobserved for one that is not set, or not for this."""
    key, value = key_of(secret), secret.value or ""
    secure = protected(look.target, anon.url)
    ours = SERVER.fullmatch(value) or (key.kind == "legacy" and key.role == "service_role")
    problem = (
        (f"{secret.name} is not set", Cause.SECRET) if not value
        else (f"{secret.name} holds no secret key of Supabase; it is sent nowhere", Cause.CONFIGURATION) if not ours
        else ("the address is not https://, so the secret key is sent nowhere", Cause.CONFIGURATION) if not secure
        else None
    )  # fmt: skip
    if problem is not None:
        raise Unobserved.because("what the secret key gets told", *problem)
    return replace(anon, key=key, value=value)


async def _ask(server: Project, path: str, **request: Any) -> Exchange:
    """One request with the secret key, which nothing that is kept may hold."""
    return scrubbed(await server.ask(path, **request), server.value)


async def _count(server: Project, table: Table) -> Counted:
    exchange = await _ask(
        server,
        f"/rest/v1/{quote(table.name, safe='')}?select=*&limit=1",
        purpose=f"count {table.name} as the server",
        method="HEAD",
        headers={"accept-profile": table.schema},
    )
    answer = exchange.answered
    total = re.fullmatch(
        r"(.*)/(\d+|\*)", (answer.header("content-range") or "") if answer and answer.status < 300 else ""
    )
    # "0-0/*" is a row, "*/*" is none
    return Counted(declared=table, exchange=exchange, rows=None if total is None else int(total[1] != "*"))


def _others(anon: Project, root: Exchange) -> list[str]:
    """The described tables and views of the schema public that the target does not declare."""
    declared = {table.name for table in anon.declared.tables if table.schema == "public"}
    return sorted({name for name in _described(root) if name not in declared})


def _described(root: Exchange) -> Iterator[str]:
    try:
        told = root.answered.json() if root.answered and root.answered.status == 200 else None
    except ValueError:
        told = None
    paths = told.get("paths") if isinstance(told, dict) else None
    for path in paths if isinstance(paths, dict) else ():
        name = path.removeprefix("/")
        if name and not name.startswith("rpc/"):
            yield clean(name)


async def _read(anon: Project, name: str) -> Undeclared:
    read = await anon.ask(f"/rest/v1/{quote(name, safe='')}?select=*&limit=1", purpose=f"read {name} as anon")
    return Undeclared(schema="public", name=name, read=without_values(read), rows=rows_of(read))


def _reduced(root: Exchange, names: list[str]) -> Exchange:
    if root.answer is None or root.answer.status != 200:
        return root
    return replace(root, answer=replace(root.answer, body=json.dumps({"undeclared": names}).encode()))


def _refused(root: Exchange, secret: Secret) -> Iterator[Gap]:
    answer = root.answered
    if answer and answer.status != 200:
        why = f"with {secret.name} the answer was {describe(answer)}"
        yield Gap(what=f"{root.method} {root.url}", why=why, cause=Cause.SECRET)
