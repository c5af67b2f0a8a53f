"""The process of an embedded deployment that writes down what its database held before a run and after it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import psycopg

from prodworthy.local.__main__ import main
from prodworthy.local.child import Composition

FILE = "dumps.json"
TABLES = """select format('%I.%I', schemaname, tablename) from pg_catalog.pg_tables
where schemaname not in ('pg_catalog', 'information_schema') order by 1"""
# what stays of signing in is the auth service's own account of it: when, and how many tokens it has ever made
ROWS = {"auth.users": "to_jsonb(t) - 'last_sign_in_at' - 'updated_at'"}
SEQUENCES = """select format('%I.%I', schemaname, sequencename), coalesce(last_value::text, 'never used')
from pg_catalog.pg_sequences where schemaname <> 'auth' order by 1"""
SCHEMA = """select 'relation', c.oid::regclass::text, concat(c.relkind, c.relrowsecurity, c.relacl)
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
union all select 'function', p.oid::regprocedure::text, concat(md5(p.prosrc), p.proacl)
from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public'
union all select 'policy', polname::text, polrelid::regclass::text from pg_catalog.pg_policy
union all select 'role', rolname::text, coalesce(rolconfig::text, '') from pg_catalog.pg_roles order by 1, 2, 3"""


class Dumped(Composition):
    """The same parts; the database is dumped when it is ready, and again before it ends."""

    async def start_backend(self) -> None:
        await super().start_backend()
        assert self.database_url
        before = await dump(self.database_url)

        async def compare() -> None:
            assert self.database_url
            told = {"before": before, "after": await dump(self.database_url)}
            (Path(self.embedded.app) / FILE).write_text(json.dumps(told))

        self.stack.push_async_callback(compare)


async def dump(url: str) -> dict[str, list[str]]:
    """Every row of every table, every sequence, and who may do what."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:

        async def rows(query: str) -> list[tuple[object, ...]]:
            return await (await connection.execute(query.encode())).fetchall()

        held = {
            str(name): sorted(
                str(row) for row in await rows(f"select {ROWS.get(str(name), 'to_jsonb(t)')} from {name} t")
            )
            for (name,) in await rows(TABLES)
        }
        others = {"sequences": SEQUENCES, "schema": SCHEMA}
        return held | {name: [str(row) for row in await rows(query)] for name, query in others.items()}


if __name__ == "__main__":
    sys.exit(main(Dumped))
