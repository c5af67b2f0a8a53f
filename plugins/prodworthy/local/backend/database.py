"""Connections to the project's Postgres, and transactions in which a caller has exactly its own rights."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import AsyncRawCursor
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, dict_row

Connection = psycopg.AsyncConnection[DictRow]


class PoolExhausted(Exception):
    """No connection came free in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a transaction runs as: `settings` are set for its length (claims, timeouts, search path)."""

    role: str
    claims: Mapping[str, Any]
    settings: Mapping[str, str] = field(default_factory=dict)
    read_only: bool = False


class Pool:
    """At most `limit` connections under one conninfo, opened when needed and replaced when broken."""

    def __init__(self, conninfo: str, *, limit: int = 10, patience: float = 10.0) -> None:
        self._conninfo = conninfo
        self._gate = asyncio.Semaphore(limit)
        self._patience = patience  # seconds
        self._idle: list[Connection] = []

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection outside of any transaction. Raises PoolExhausted, psycopg.OperationalError."""
        try:
            await asyncio.wait_for(self._gate.acquire(), self._patience)
        except TimeoutError:
            raise PoolExhausted from None
        connection = None
        try:
            connection = self._sound_one() or await self._connect()
            yield connection
        finally:
            self._gate.release()
            if connection is not None:
                await self._back(connection)

    async def rows(self, query: str, parameters: Sequence[object] = ()) -> list[DictRow]:
        """The rows of one statement with `$1` parameters, in a transaction of its own."""
        async with self.connection() as connection:
            return await rows(connection, query, parameters)

    async def close(self) -> None:
        """Close what is open."""
        for connection in self._idle:
            with suppress(psycopg.Error):
                await connection.close()
        self._idle.clear()

    def _sound_one(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed:
                return connection
        return None

    async def _connect(self) -> Connection:
        # prepared plans would break when a migration changes a table below them
        return await psycopg.AsyncConnection.connect(
            self._conninfo, autocommit=True, prepare_threshold=None, row_factory=dict_row, cursor_factory=AsyncRawCursor
        )

    async def _back(self, connection: Connection) -> None:
        if connection.info.transaction_status is TransactionStatus.IDLE:
            self._idle.append(connection)
        else:
            with suppress(psycopg.Error):
                await connection.close()


async def rows(connection: Connection, query: str, parameters: Sequence[object] = ()) -> list[DictRow]:
    """The rows of one statement with `$1` parameters; none for a statement that returns none."""
    cursor = await connection.execute(
        query.encode(), parameters or None
    )  # without any, several statements may stand in it
    return await cursor.fetchall() if cursor.description else []


@asynccontextmanager
async def acting(pool: Pool, identity: Identity) -> AsyncIterator[Connection]:
    """A transaction as somebody: committed at the end, rolled back if the block raises.

    What PostgREST does: the role is switched inside of the transaction, and the role's own settings are set by hand,
    because Postgres applies them at login only.
    """
    settings = {
        **identity.settings,
        "role": identity.role,
        "request.jwt.claims": json.dumps(dict(identity.claims), separators=(",", ":")),
    }
    calls = ", ".join(f"set_config(${2 * n + 1}, ${2 * n + 2}, true)" for n in range(len(settings)))
    async with pool.connection() as connection:
        await connection.execute(b"begin read only" if identity.read_only else b"begin")
        try:
            await connection.execute(f"select {calls}".encode(), [part for pair in settings.items() for part in pair])
            yield connection
            await connection.execute(b"commit")
        except BaseException:
            with suppress(psycopg.Error):
                await connection.execute(b"rollback")
            raise
