"""Migrations: in order, one transaction a file, recorded; a failure says exactly where."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest

from prodworthy.local.errors import DeploymentFailed
from prodworthy.local.migrations import MigrationFailed, apply, split
from prodworthy.local.postgres import Postgres


def _app(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / "supabase" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "supabase" / "migrations"


def _after(
    folder: Path, query: str, *, seeds: list[Path] | None = None, said: list[str] | None = None
) -> list[tuple[object, ...]]:
    """Apply a folder's migrations to a fresh database, then ask it something; also when applying failed."""

    async def main() -> list[tuple[object, ...]]:
        server = await Postgres.start()
        try:
            try:
                await apply(
                    server.socket("postgres"),
                    folder,
                    seeds=seeds or [],
                    progress=(said if said is not None else []).append,
                )
            finally:
                async with await psycopg.AsyncConnection.connect(server.url) as connection:
                    rows = await (await connection.execute(query.encode())).fetchall()
        finally:
            await server.stop()
        return rows

    return asyncio.run(main())


def _failure(folder: Path) -> MigrationFailed:
    with pytest.raises(MigrationFailed) as caught:
        _after(folder, "select 1")
    return caught.value


def test_files_are_applied_in_order_and_recorded(tmp_path: Path) -> None:
    folder = _app(
        tmp_path,
        {
            "migrations/20260102000000_second.sql": "insert into t values ('a;b'); -- the end\n",
            "migrations/20260101000000_first.sql": "create table t (a text);\n\ncomment on table t is 'x';",
        },
    )
    rows = _after(folder, "select version, name, statements from supabase_migrations.schema_migrations order by 1")
    assert rows == [
        ("20260101000000", "first", ["create table t (a text)", "comment on table t is 'x'"]),
        ("20260102000000", "second", ["insert into t values ('a;b')"]),
    ]


def test_a_failing_statement_is_named_with_file_number_and_line(tmp_path: Path) -> None:
    folder = _app(
        tmp_path,
        {
            "migrations/20260101000000_first.sql": "-- é\ncreate table t (a int);\n\n-- why\n"
            "insert into t\nvalues (1, 2);\n"
        },
    )
    failure = _failure(folder)
    assert (failure.file, failure.number, failure.line) == ("supabase/migrations/20260101000000_first.sql", 2, 6)
    assert "`insert into t`" in str(failure)
    assert "more expressions than target columns" in str(failure)


def test_a_syntax_error_is_named_as_well(tmp_path: Path) -> None:
    folder = _app(
        tmp_path, {"migrations/1_a.sql": "create table t (a int);\nselect 'é;';\ncreat table u (a int);\nselect 1;"}
    )
    failure = _failure(folder)
    assert (failure.number, failure.line) == (3, 3)
    assert 'syntax error at or near "creat"' in str(failure)


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    folder = _app(tmp_path, {"migrations/1_a.sql": ""})
    (folder / "1_a.sql").write_bytes(b"select 1;\nselect '\xff';")
    with pytest.raises(DeploymentFailed, match=r"supabase/migrations/1_a\.sql, line 2: not valid UTF-8"):
        _after(folder, "select 1")


def test_nothing_of_a_failing_file_is_kept(tmp_path: Path) -> None:
    folder = _app(
        tmp_path,
        {
            "migrations/1_good.sql": "create table good (a int);",
            "migrations/2_bad.sql": "create table half (a int); select 1/0;",
        },
    )
    query = (
        "select to_regclass('good') is not null, to_regclass('half') is null, array_agg(version) "
        "from supabase_migrations.schema_migrations"
    )
    seen: list[tuple[object, ...]] = []

    async def main() -> None:
        server = await Postgres.start()
        try:
            with pytest.raises(MigrationFailed, match="division by zero"):
                await apply(server.socket("postgres"), folder, seeds=[], progress=print)
            async with await psycopg.AsyncConnection.connect(server.url) as connection:
                seen.extend(await (await connection.execute(query.encode())).fetchall())
        finally:
            await server.stop()

    asyncio.run(main())
    assert seen == [(True, True, ["1"])]


def test_other_names_and_rollbacks_are_passed_over(tmp_path: Path) -> None:
    folder = _app(
        tmp_path,
        {
            "migrations/1_a.sql": "create table t (a int);",
            "migrations/notes.sql": "select 1/0;",
            "rollbacks/1_a.sql": "drop table t;",
        },
    )
    said: list[str] = []
    assert _after(folder, "select to_regclass('t')::text", said=said) == [("t",)]
    assert said == ["passed over notes.sql: a migration is named <digits>_<name>.sql"]


def test_seeds_come_after_migrations_and_are_recorded(tmp_path: Path) -> None:
    folder = _app(tmp_path, {"migrations/1_a.sql": "create table t (a int);", "seed.sql": "insert into t values (7);"})
    query = "select a, path, length(hash) from t, supabase_migrations.seed_files"
    assert _after(folder, query, seeds=[folder.parent / "seed.sql"]) == [(7, "supabase/seed.sql", 64)]


def test_settings_of_one_file_do_not_reach_the_next(tmp_path: Path) -> None:
    folder = _app(
        tmp_path,
        {
            "migrations/1_a.sql": "set search_path = ''; set role anon;",
            "migrations/2_b.sql": "create table t as select current_user;",
        },
    )
    assert _after(folder, "select * from public.t") == [("postgres",)]


@pytest.mark.parametrize(
    ("sql", "statements"),
    [
        pytest.param("select 1; select 2", ["select 1", "select 2"], id="last-semicolon-may-be-missing"),
        pytest.param("select ';';select \";\"", ["select ';'", 'select ";"'], id="quotes"),
        pytest.param(
            "select 1 /* a; /* b; */ c; */; -- d;\nselect 2;",
            ["select 1 /* a; /* b; */ c; */", "select 2"],
            id="comments",
        ),
        pytest.param(
            "do $x$ begin perform $$;$$; end $x$; select 1",
            ["do $x$ begin perform $$;$$; end $x$", "select 1"],
            id="dollar-quotes",
        ),
        pytest.param("select E'\\';'; select 1", ["select E'\\';'", "select 1"], id="escape-strings"),
        pytest.param(
            "create function f() returns int begin atomic select 1; select 2; end; select 'é;'; select 3",
            ["create function f() returns int begin atomic select 1; select 2; end", "select 'é;'", "select 3"],
            id="sql-standard-function-bodies-and-wide-characters",
        ),
        pytest.param("-- nothing\n", [], id="nothing"),
    ],
)
def test_a_script_is_split_as_postgres_reads_it(sql: str, statements: list[str]) -> None:
    assert [statement.text for statement in split(sql)] == statements
    assert all(sql[statement.start :].startswith(statement.text) for statement in split(sql))
