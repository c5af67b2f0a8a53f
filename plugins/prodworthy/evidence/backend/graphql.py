"""Asking the GraphQL service for its schema, as anybody on the internet can; a query, so nothing changes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from prodworthy.evidence.backend.project import public_project
from prodworthy.evidence.pieces import Look, piece
from prodworthy.model import Exchange
from prodworthy.model.insight import GraphQL
from prodworthy.model.text import clean

QUESTION = "{ __schema { queryType { fields { name } } mutationType { fields { name } } } }"
MOST = 500  # names that are kept


@piece("supabase")
async def graphql(look: Look) -> GraphQL:
    """Introspection: which queries and mutations the public key is told of."""
    project = public_project(look)
    exchange = await project.ask(
        "/graphql/v1",
        purpose="GraphQL's schema as anon",
        method="POST",
        json_body={"query": QUESTION},
        repeatable=True,
    )
    fields = tuple(_fields(exchange))[:MOST]
    return GraphQL(
        url=project.url, exchange=_reduced(exchange, fields), declared=project.declared.tables, fields=fields
    )


def _fields(exchange: Exchange) -> list[str]:
    try:
        told = exchange.answered.json() if exchange.answered and exchange.answered.status == 200 else None
    except ValueError:
        told = None
    schema = _at(_at(told, "data"), "__schema")
    kinds = [_at(_at(schema, kind), "fields") for kind in ("queryType", "mutationType")]
    return [clean(str(_at(each, "name"))) for found in kinds if isinstance(found, list) for each in found]


def _at(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _reduced(exchange: Exchange, fields: tuple[str, ...]) -> Exchange:
    if exchange.answer is None or exchange.answer.status != 200 or not fields:
        return exchange
    return replace(exchange, answer=replace(exchange.answer, body=json.dumps({"fields": fields}).encode()))
