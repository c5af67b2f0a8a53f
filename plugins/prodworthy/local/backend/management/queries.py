"""Somebody else's SQL on the project's database, with the rights of a reader and in the words of the platform."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.types.string import TextLoader

from prodworthy.local.backend.database import Connection, Pool

AS_TEXT = ("date", "time", "timetz", "timestamp", "timestamptz", "interval", "numeric", "uuid")
LARGEST = 2**53 - 1  # that JSON's readers keep exact


class QueryFailed(Exception):
    """The database refused it; says why as the platform does."""


async def read_only(pool: Pool, query: str, parameters: list[Any]) -> list[dict[str, Any]]:
    """The rows of the last statement. Names must be schema-qualified. Raises QueryFailed."""
    async with pool.connection() as connection:
        await connection.execute(b"begin read only")
        try:
            await connection.execute(b"set local search_path = ''; set local statement_timeout = '60s'")
            return await _rows(connection, query, parameters)
        except psycopg.Error as error:
            raise QueryFailed(_told(error)) from error
        finally:
            await connection.execute(b"rollback")


async def _rows(connection: Connection, query: str, parameters: list[Any]) -> list[dict[str, Any]]:
    cursor = connection.cursor()
    for name in AS_TEXT:
        cursor.adapters.register_loader(name, TextLoader)
    await cursor.execute(query.encode(), parameters or None)
    rows = await cursor.fetchall() if cursor.description else []
    while cursor.nextset():
        rows = await cursor.fetchall() if cursor.description else []
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    """A value as JSON has it: numbers that it cannot hold exactly become texts."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) <= LARGEST else str(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    return value if value is None or isinstance(value, bool | float | str) else str(value)


def _told(error: psycopg.Error) -> str:
    told = f"ERROR:  {error.sqlstate or 'XX000'}: {error.diag.message_primary or error}"
    return f"{told}\nHINT:  {error.diag.message_hint}" if error.diag.message_hint else told
