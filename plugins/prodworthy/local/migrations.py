"""An app's migrations and seeds, applied the way `supabase db push` applies them: in order, one transaction a file."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pglast
import psycopg
from pglast.parser import ParseError

from prodworthy.local.errors import DeploymentFailed

_NAME = re.compile(r"(?P<version>\d+)_(?P<name>.*)\.sql")
_HISTORY = b"""
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (
  version text primary key, statements text[], name text
);
create table if not exists supabase_migrations.seed_files (path text primary key, hash text not null);
"""
_RECORD = b"insert into supabase_migrations.schema_migrations (version, statements, name) values (%s, %s, %s)"
_RECORD_SEED = b"insert into supabase_migrations.seed_files (path, hash) values (%s, %s) on conflict do nothing"


class MigrationFailed(DeploymentFailed):
    """Postgres refused a statement of a migration or seed; nothing of its file was kept."""

    def __init__(self, *, file: str, number: int, line: int, statement: str, reason: str) -> None:
        super().__init__(f"{file}, line {line}: statement {number} (`{_headline(statement)}`) failed: {reason}")
        self.file = file
        self.number = number  # of the statement in the file, from 1
        self.line = line  # in the file, from 1; where Postgres points at, or else where the statement begins
        self.statement = statement
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One SQL statement of a file, without its semicolon."""

    text: str
    start: int  # characters from the beginning of the file


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One file of `supabase/migrations`."""

    path: Path
    version: str
    name: str


def migrations(folder: Path) -> tuple[list[Migration], list[Path]]:
    """The migrations of a folder in the order of their versions, and the files in it that are not migrations.

    Like the vendor's tool: `<digits>_<name>.sql` directly in the folder, anything else is passed over.
    """
    found: list[Migration] = []
    others: list[Path] = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.is_file() and (match := _NAME.fullmatch(path.name)):
            found.append(Migration(path=path, version=match["version"], name=match["name"]))
        else:
            others.append(path)
    return found, others


def split(sql: str) -> list[Statement]:
    """The statements of a script. Raises pglast's ParseError, whose second argument is the offset of what is wrong."""
    return [Statement(text=sql[part], start=part.start) for part in pglast.split(sql, only_slices=True)]


async def apply(conninfo: str, folder: Path, *, seeds: Sequence[Path], progress: Callable[[str], None]) -> None:
    """Apply all migrations of a folder, then the seeds, to a database that has none. Raises MigrationFailed."""
    found, others = migrations(folder)
    for path in others:
        progress(f"passed over {path.name}: a migration is named <digits>_<name>.sql")
    for one, next_one in pairwise(found):
        if one.version == next_one.version:
            raise DeploymentFailed(f"{one.path.name} and {next_one.path.name} have the same version {one.version}")
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        await connection.execute(_HISTORY)
        for migration in found:
            await _apply(connection, migration)
        for seed in seeds:
            await _seed(connection, seed)


async def _apply(connection: psycopg.AsyncConnection, migration: Migration) -> None:
    async with connection.transaction():
        statements = await _run(connection, migration.path)
        await connection.execute("reset role")
        await connection.execute(_RECORD, (migration.version, statements, migration.name))
    await connection.execute("reset all")  # a `set` of one file is no business of the next


async def _seed(connection: psycopg.AsyncConnection, path: Path) -> None:
    async with connection.transaction():
        await _run(connection, path)
        await connection.execute("reset role")
        digest = hashlib.sha256(await asyncio.to_thread(path.read_bytes)).hexdigest()
        await connection.execute(_RECORD_SEED, (f"supabase/{path.name}", digest))
    await connection.execute("reset all")


async def _run(connection: psycopg.AsyncConnection, path: Path) -> list[str]:
    """Run a file's statements one by one; their texts, as the history keeps them."""
    sql = _text(await asyncio.to_thread(path.read_bytes), path)
    try:
        statements = split(sql)
    except ParseError as error:
        raise _unparsed(path, sql, error) from None
    for number, statement in enumerate(statements, 1):
        try:
            await connection.execute(statement.text.encode())
        except psycopg.Error as error:
            raise _refused(path, sql, number, statement, error) from error
    return [statement.text for statement in statements]


def _text(content: bytes, path: Path) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DeploymentFailed(f"{_shown(path)}, line {line}: not valid UTF-8") from error


def _refused(path: Path, sql: str, number: int, statement: Statement, error: psycopg.Error) -> MigrationFailed:
    within = int(error.diag.statement_position or 1) - 1
    reason = f"{error.diag.message_primary or error} ({error.sqlstate})"
    extras = [text for text in (error.diag.message_detail, error.diag.message_hint) if text]
    return MigrationFailed(
        file=_shown(path),
        number=number,
        line=_line(sql, statement.start + within),
        statement=statement.text,
        reason=". ".join([reason, *extras]),
    )


def _unparsed(path: Path, sql: str, error: ParseError) -> MigrationFailed:
    """What does not parse, placed: everything up to the semicolon before it does."""
    message, offset = (*error.args, len(sql))[:2]
    number, start = next(_sound_beginnings(sql, offset))
    statement = sql[start:].partition(";")[0]
    return MigrationFailed(
        file=_shown(path), number=number + 1, line=_line(sql, offset), statement=statement, reason=f"{message} (42601)"
    )


def _sound_beginnings(sql: str, before: int) -> Iterator[tuple[int, int]]:
    """Ever shorter beginnings of a script that parse: how many statements each holds, and where it ends."""
    ends = [match.end() for match in re.finditer(";", sql[:before])]
    for end in reversed(ends):
        try:
            yield len(split(sql[:end])), end
        except ParseError:
            continue
    yield 0, 0


def _shown(path: Path) -> str:
    """The path as its author would write it: from the app's folder on."""
    parts = path.parts
    return str(Path(*parts[parts.index("supabase") :])) if "supabase" in parts else path.name


def _line(sql: str, offset: int) -> int:
    return sql.count("\n", 0, offset) + 1


def _headline(statement: str) -> str:
    """The first line of a statement that is not a comment, cut to what fits a line."""
    lines = [line.strip() for line in statement.strip().splitlines()]
    first = next((line for line in lines if line and not line.startswith("--")), "")
    return first if len(first) <= 80 else f"{first[:79]}…"
