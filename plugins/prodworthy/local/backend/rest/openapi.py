"""The description of the data API that its root gives to holders of a secret key: OpenAPI 2.0, like PostgREST's."""

from __future__ import annotations

from typing import Any

from prodworthy.local.backend.rest.catalog import Catalog, Table

_NUMBERS = {"smallint", "integer", "bigint", "real", "double precision", "numeric"}


def describe(catalog: Catalog, schema: str, host: str) -> dict[str, Any]:
    """The document for one schema."""
    tables = [table for table in catalog.tables.values() if table.schema == schema]
    functions = [function for function in catalog.functions if function.schema == schema]
    paths: dict[str, Any] = {f"/{table.name}": _operations(table) for table in tables}
    paths |= {f"/rpc/{function.name}": {"post": {"tags": [f"(rpc) {function.name}"]}} for function in functions}
    return {
        "swagger": "2.0",
        "info": {"title": "standard public schema", "description": "", "version": "14.1"},
        "host": host,
        "basePath": "/rest/v1/",
        "schemes": ["https"],
        "consumes": ["application/json", "application/vnd.pgrst.object+json"],
        "produces": ["application/json", "application/vnd.pgrst.object+json"],
        "paths": {"/": {"get": {"tags": ["Introspection"]}}, **paths},
        "definitions": {table.name: _definition(table) for table in tables},
    }


def _operations(table: Table) -> dict[str, Any]:
    return {
        verb: {"tags": [table.name], "responses": {"200": {"description": "OK"}}}
        for verb in ("get", "post", "patch", "delete")
    }


def _definition(table: Table) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(table.required),
        "properties": {name: {"type": _kind(kind), "format": kind} for name, kind in table.columns.items()},
    }


def _kind(kind: str) -> str:
    if kind.endswith("[]"):
        return "array"
    if kind in {"smallint", "integer", "bigint"}:
        return "integer"
    if kind.split("(", maxsplit=1)[0] in _NUMBERS:
        return "number"
    return "boolean" if kind == "boolean" else "string"
