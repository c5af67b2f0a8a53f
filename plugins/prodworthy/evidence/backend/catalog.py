"""Reading the database's own catalog: read-only and bounded in time, over a connection or over the management API."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from prodworthy.evidence.backend.management import Management, management_of
from prodworthy.evidence.errors import LookError, NotAsked, Unobserved
from prodworthy.evidence.pieces import Look, piece
from prodworthy.model import Cause, Supabase, Target
from prodworthy.model.catalog import Catalog, Column, Extension, Function, Index, KeptBucket, Policy, Relation
from prodworthy.model.platform import describe
from prodworthy.model.text import clean

PATIENCE = 10  # seconds to connect
# for one transaction, because poolers keep no settings; no search path, so that conditions name every schema
BOUNDS = "select set_config('statement_timeout', '10s', true), set_config('search_path', '', true)"
WHAT = "the database's catalog"
LONGEST = 2000  # characters of a condition that are kept
BUCKETS = "select pg_catalog.json_agg(pg_catalog.json_build_object('name', b.id, 'public', coalesce(b.public, false))\
 order by b.id) as buckets from storage.buckets b where $1::text is not null"

Query = Callable[[str, Sequence[Any]], Awaitable[Any]]  # a query that gives one value, and its parameters


@piece("supabase")
async def catalog(look: Look) -> Catalog:
    """Row-level security, policies, grants, functions, vectors and buckets of the exposed schemas."""
    if url := _address(look.target):
        return await _over_a_connection(url, look.target)
    api = management_of(look)
    if api is None:
        why = "neither supabase.database nor supabase.management_token is given"
        raise NotAsked(f"{why}, so the database's own catalog is not read")

    async def query(text: str, parameters: Sequence[Any]) -> Any:
        return await _ask(api, text, parameters)

    return await _read(query, look.target)


async def known(look: Look) -> Catalog | None:
    """The catalog for who can do without it: None when it cannot be read."""
    try:
        return await look.at(catalog)
    except LookError:
        return None


async def _read(query: Query, target: Target) -> Catalog:
    declared = target.supabase
    assert declared is not None  # nobody asks for the catalog of an app without a back end
    schemas = sorted({"public", *(table.schema for table in declared.tables)})
    try:
        told = _cleaned(await query(_question(), [json.dumps(schemas)]))
        buckets = _cleaned(await query(BUCKETS, ["any"]) or []) if told["buckets_seen"] else None
        return _catalog(told, buckets, declared)
    except (KeyError, TypeError, AttributeError) as error:
        raise Unobserved.because(WHAT, f"the answer has another shape: {error!r}", Cause.ENGINE) from None


def _cleaned(told: Any) -> Any:
    """Names and conditions are strangers' text, and end up in remedies."""
    if isinstance(told, dict):
        return {clean(name): _cleaned(value) for name, value in told.items()}
    if isinstance(told, list):
        return [_cleaned(each) for each in told]
    return clean(told, LONGEST) if isinstance(told, str) else told


def _catalog(told: dict[str, Any], buckets: list[dict[str, Any]] | None, declared: Supabase) -> Catalog:
    return Catalog(
        declared=declared.tables,
        searches=declared.searches,
        relations=tuple(map(_relation, told["relations"])),
        functions=tuple(Function(**_tuples(each)) for each in told["functions"]),
        extensions=tuple(Extension(**each) for each in told["extensions"]),
        bypassing=tuple(told["bypassing"]),
        buckets=None if buckets is None else tuple(KeptBucket(**each) for each in buckets),
        declared_buckets=declared.buckets,
        file_policies=tuple(Policy(**_tuples(each)) for each in told["file_policies"] or ()),
    )


def _relation(raw: dict[str, Any]) -> Relation:
    parts = {
        "policies": tuple(Policy(**_tuples(each)) for each in raw["policies"]),
        "columns": tuple(Column(**each) for each in raw["columns"]),
        "indexes": tuple(Index(**each) for each in raw["indexes"]),
        "privileges": {role: tuple(held) for role, held in (raw["privileges"] or {}).items()},
    }
    return Relation(**{**raw, **parts})


def _tuples(raw: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()}


@cache
def _question() -> str:
    return Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")


def _address(target: Target) -> str | None:
    if target.addresses and target.addresses.database_url:
        return target.addresses.database_url
    declared = target.supabase.database if target.supabase else None
    if declared is None:
        return None
    if not declared.value:
        raise Unobserved.because(WHAT, f"{declared.name} is not set", Cause.SECRET)
    return declared.value


async def _over_a_connection(url: str, target: Target) -> Catalog:
    try:
        import psycopg  # noqa: PLC0415  # of the [local] extra
    except ImportError:
        raise Unobserved.because(WHAT, "psycopg is missing: pip install 'prodworthy[local]'", Cause.ENGINE) from None
    try:
        async with (
            await psycopg.AsyncConnection.connect(url, connect_timeout=PATIENCE, prepare_threshold=None) as connection,
            psycopg.AsyncRawCursor(connection) as cursor,
        ):
            await connection.set_read_only(True)
            await connection.execute(BOUNDS)

            async def query(text: str, parameters: Sequence[Any]) -> Any:
                await cursor.execute(text.encode(), parameters)
                row = await cursor.fetchone()
                return row[0] if row else None

            return await _read(query, target)
    except psycopg.Error as error:
        # the library's words can hold the address, and the address a password
        why = f"{type(error).__name__}: the database did not answer the question"
        raise Unobserved.because(WHAT, why, Cause.NETWORK) from None


async def _ask(api: Management, text: str, parameters: Sequence[Any]) -> Any:
    """The one value of the one row; raises Unobserved."""
    exchange = await api.ask(
        "/database/query/read-only",
        purpose="the database's catalog, read-only",
        method="POST",
        json_body={"query": text, "parameters": list(parameters)},
    )
    if exchange.gap:
        raise Unobserved(exchange.gap)
    answer = exchange.answered
    try:
        rows = answer.json() if answer and answer.status in {200, 201} else None
    except ValueError:
        rows = None
    if not isinstance(rows, list) or not rows or not isinstance(rows[0], dict) or not rows[0]:
        why = f"the management API answered {describe(answer)}" if answer else "no answer"
        raise Unobserved.because(WHAT, why, Cause.SECRET)
    return next(iter(rows[0].values()))
