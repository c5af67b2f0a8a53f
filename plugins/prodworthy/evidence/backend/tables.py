"""Asking for the declared tables as anybody on the internet can, and whether anybody may write them.

No probe can change a row. Each asks PostgREST for "exactly one row" (its singular media type) of a request that
yields none or two, and then PostgREST rolls the transaction back, whatever the schema is:
https://docs.postgrest.org/en/stable/references/api/resource_representation.html#singular-or-plural
No rollback sets a sequence back, so the rows of a probe hold null wherever a default would take a number from one:
every such column where the catalog is known, else the key ("id"), or all columns that were seen. Policies are asked
before constraints, so the null does not hide their answer. An identity column that is "generated always" takes its
number whatever the request says: then nothing is sent, and the catalog alone can tell.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from prodworthy.evidence.backend.catalog import known
from prodworthy.evidence.backend.project import Project, public_project
from prodworthy.evidence.pieces import Look, piece
from prodworthy.model import Answer, Exchange, Table
from prodworthy.model.backend import Probe, SeenTable, Tables, Write
from prodworthy.model.catalog import Relation
from prodworthy.model.platform import Sign, sign

SINGLE = {"accept": "application/vnd.pgrst.object+json", "prefer": "return=minimal"}
NO_ROW = "ctid=is.null&ctid=not.is.null"  # every table has a ctid, and nothing is null and not null
WRITES: tuple[Write, ...] = ("insert", "update", "delete")


@piece("supabase")
async def tables(look: Look) -> Tables:
    """Every declared table, read and probed at once with the public key and nobody signed in."""
    project = public_project(look)
    root, seen = await asyncio.gather(
        project.ask("/rest/v1/", purpose="the schema's description"),
        asyncio.gather(*(_table(look, project, table) for table in project.declared.tables)),
    )
    return Tables(url=project.url, key=project.key, root=root, seen=tuple(seen))


async def _table(look: Look, project: Project, table: Table) -> SeenTable:
    read = await _read(project, table)
    rows = rows_of(read)
    read = without_values(read)
    if read.answered is None or sign(read.answered) not in {None, Sign.NO_GRANT}:
        return SeenTable(declared=table, read=read)  # there is nothing to probe, or nobody who answers
    told = await known(look)
    relation = told.relation(table) if told else None
    probes = await asyncio.gather(*(_probes(project, table, write, read, relation) for write in WRITES))
    return SeenTable(declared=table, read=read, rows=rows, probes=tuple(each for some in probes for each in some))


async def _read(project: Project, table: Table) -> Exchange:
    query = urlencode({"select": ",".join(table.columns) or "*", "limit": 1}, safe="*,")
    count = {"prefer": "count=exact"} if table.min_rows > 1 else {}
    return await project.ask_settled(
        f"{_path(table)}?{query}",
        purpose=f"read {table.name} as anon",
        headers={"accept-profile": table.schema, **count},
    )


async def _probes(
    project: Project, table: Table, write: Write, read: Exchange, relation: Relation | None
) -> list[Probe]:
    column = _column(table, read)
    grant = Probe(write=write, subject="grant", exchange=await _ask_grant(project, table, write, column))
    if write != "insert" or write in table.anon:
        return [grant]
    return [grant, *await _policy(project, table, grant, _nulls(table, read, relation))]


async def _policy(project: Project, table: Table, grant: Probe, nulls: dict[str, None] | None) -> list[Probe]:
    """Two rows, and "exactly one" is asked for; only where the first probe has shown that this undoes them."""
    answer = grant.exchange.answered if grant.exchange else None
    if answer and answer.status < 300:
        why = "the rows would be undone, but this server does not say so"
        return [Probe(write="insert", subject="policy", unasked=why)]
    if answer is None or sign(answer) is not Sign.NOT_SINGLE:
        return []
    if nulls is None:
        why = "any insert would take a number from a sequence, and no rollback gives it back"
        return [Probe(write="insert", subject="policy", unasked=f"{why}; the catalog tells of its policies")]
    purpose = f"whether policies let anon insert into {table.name}"
    exchange = await _write(project, table, "POST", [nulls, nulls], purpose=purpose)
    return [Probe(write="insert", subject="policy", exchange=exchange)]


async def _ask_grant(project: Project, table: Table, write: Write, column: str) -> Exchange:
    purpose = f"whether anon may {write} {table.name}"
    if write == "insert":
        return await _write(project, table, "POST", [], purpose=purpose)
    if write == "update":
        return await _write(project, table, "PATCH", {column: None}, purpose=purpose, query=f"?{NO_ROW}")
    return await _write(project, table, "DELETE", None, purpose=purpose, query=f"?{NO_ROW}")


async def _write(
    project: Project, table: Table, method: str, payload: Any, *, purpose: str, query: str = ""
) -> Exchange:
    headers = {**SINGLE, "content-profile": table.schema}
    return await project.ask(
        f"{_path(table)}{query}", purpose=purpose, method=method, headers=headers, json_body=payload
    )


def _path(table: Table) -> str:
    return f"/rest/v1/{quote(table.name, safe='')}"


def _nulls(table: Table, read: Exchange, relation: Relation | None) -> dict[str, None] | None:
    """What the rows of a probe hold, so that no sequence moves; None: one would, whatever they hold."""
    if relation and relation.kind == "table":
        numbered = [each for each in relation.columns if each.sequence]
        return None if any(each.generated for each in numbered) else dict.fromkeys(each.name for each in numbered)
    rows = _list(read.answered) if read.answered else None
    seen = [*table.columns, *(rows[0] if rows and isinstance(rows[0], dict) else {})]
    return {"id": None} if "id" in seen or not seen else dict.fromkeys(seen)


def _column(table: Table, read: Exchange) -> str:
    """A column to name in an update of no row; "id" is only a guess, and a wrong one is told by its own error."""
    rows = _list(read.answered) if read.answered else None
    first = rows[0] if rows and isinstance(rows[0], dict) else {}
    known = [*table.columns, *first]
    return known[-1] if known else "id"  # rarely the key, which may be one that the database alone sets


def rows_of(read: Exchange) -> int | None:
    """How many rows an answer tells of; None: it is no list of rows."""
    rows = _list(read.answered) if read.answered else None
    if read.answered is None or rows is None:
        return None
    total = re.fullmatch(r".*/(\d+)", read.answered.header("content-range") or "")
    return int(total[1]) if total else len(rows)


def _list(answer: Answer) -> list[Any] | None:
    """The rows; None for an error, and for whatever is no list of rows."""
    try:
        parsed = answer.json()
    except ValueError:
        return None
    return parsed if answer.status < 300 and isinstance(parsed, list) else None


def without_values(read: Exchange) -> Exchange:
    """Evidence lasts, so other people's data may not be in it."""
    answer = read.answer
    if answer is None or answer.status >= 300:
        return read
    rows = _list(answer)
    blank = [dict.fromkeys(row) if isinstance(row, dict) else None for row in rows or ()]
    kept = b"(no list of rows; blanked out)" if rows is None else json.dumps(blank).encode()
    return replace(read, answer=replace(answer, body=kept))
