"""What `prodworthy up` keeps running, for whoever looks for it: one file for each app and domain, its owner's alone.

The process that keeps it holds a lock on the file, which the kernel takes from it however it ends: a file without one
is a leftover, and no number of a process, which may long be somebody else's, has to be believed.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from prodworthy.local.errors import AlreadyUp, LocalError
from prodworthy.model import Addresses, Embedded

LOOKING = 1.0  # seconds that others' looks may keep a file from being locked
AGAIN = 0.02  # seconds between two tries
LARGEST = 1 << 20  # bytes of a file that is believed
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Up:
    """An embedded deployment that somebody keeps running."""

    addresses: Addresses
    process: int  # of `prodworthy up`
    since: datetime  # UTC
    settings: str  # what it was started from, as `settings_of` tells

    def started_from(self, embedded: Embedded) -> bool:
        """Whether it is what would be started now; the build aside."""
        return self.settings == settings_of(embedded)


@contextmanager
def claim(embedded: Embedded) -> Iterator[Claim]:
    """The right to be the one that is up, for as long as the block lasts.

    Raises AlreadyUp, and LocalError where nothing can be noted, or somebody else could have noted it.
    """
    path = _path(embedded)
    _own_folder(path.parent)
    file = _locked(path)
    try:
        os.ftruncate(file, 0)  # what one that was killed left here
        yield Claim(embedded, file)
    finally:
        path.unlink(missing_ok=True)
        os.close(file)


@contextmanager
def announce(embedded: Embedded, addresses: Addresses) -> Iterator[None]:
    """Lets others find it, for as long as the block lasts; raises like `claim`."""
    with claim(embedded) as claimed:
        claimed.announce(addresses)
        yield


class Claim:
    """Held by the one process that keeps this deployment up."""

    def __init__(self, embedded: Embedded, file: int) -> None:
        self._embedded = embedded
        self._file = file

    def announce(self, addresses: Addresses) -> None:
        """It is ready: from now on others find it."""
        told = {
            "format": FORMAT,
            "process": os.getpid(),
            "since": datetime.now(UTC).isoformat(),
            "settings": settings_of(self._embedded),
            "addresses": asdict(addresses),
        }
        os.pwrite(self._file, json.dumps(told, default=dict).encode(), 0)


def find(embedded: Embedded) -> Addresses | None:
    """Where the one that is up is reached; None: there is none, or it is not ready yet."""
    up = found(embedded)
    return up.addresses if up else None


def found(embedded: Embedded) -> Up | None:
    """The same with all that is known of it."""
    path = _path(embedded)
    if not _ours(path.parent, folder=True):
        return None
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        return _read(os.pread(file, LARGEST, 0)) if _held(file) else None
    finally:
        os.close(file)


def settings_of(embedded: Embedded) -> str:
    """A fingerprint of what a deployment is started from; the keys in it stay unreadable."""
    return sha256(json.dumps(asdict(embedded), sort_keys=True, default=dict).encode()).hexdigest()


def _path(embedded: Embedded) -> Path:
    root = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    app = os.path.realpath(embedded.app)
    name = sha256(f"{app}\0{embedded.domain.lower()}".encode()).hexdigest()
    return Path(root) / f"prodworthy-{os.geteuid()}" / f"{name}.json"


def _own_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LocalError(f"{folder}, where it is noted what is up, cannot be made: {error.strerror}") from None
    if not _ours(folder, folder=True):
        sentence = f"{folder}, where it is noted what is up, must be a folder that is yours alone"
        raise LocalError(f"{sentence}: remove it, or chmod 700 it")


def _ours(path: Path, *, folder: bool) -> bool:
    """Whether nobody else could have put there what is in it."""
    try:
        told = path.lstat()
    except OSError:
        return False
    kind = stat.S_ISDIR(told.st_mode) if folder else stat.S_ISREG(told.st_mode)
    return kind and told.st_uid == os.geteuid() and not told.st_mode & 0o077


def _locked(path: Path) -> int:
    """The file, locked; raises AlreadyUp when another process holds it."""
    import fcntl  # noqa: PLC0415 - not everywhere, but wherever a deployment can be embedded

    deadline = time.monotonic() + LOOKING
    while True:
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise LocalError(f"{path}, where it is noted what is up, cannot be written: {error.strerror}") from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            up = _read(os.pread(file, LARGEST, 0))
            os.close(file)
            if time.monotonic() > deadline:  # a look of somebody else is over sooner
                raise AlreadyUp(up.process if up else None) from None
            time.sleep(AGAIN)
            continue
        if _is_at(file, path):
            return file
        os.close(file)  # whoever had it has just ended, and taken the file away


def _is_at(file: int, path: Path) -> bool:
    with suppress(OSError):
        return os.path.samestat(os.fstat(file), path.lstat())
    return False


def _held(file: int) -> bool:
    """Whether the process that announced this still runs."""
    import fcntl  # noqa: PLC0415 - not everywhere, but wherever a deployment can be embedded

    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _read(content: bytes) -> Up | None:
    """What is announced; None while nothing is, and for what another version wrote."""
    try:
        told: dict[str, Any] = json.loads(content)
        if told["format"] != FORMAT:
            return None
        return Up(
            addresses=Addresses(**told["addresses"]),
            process=int(told["process"]),
            since=datetime.fromisoformat(told["since"]),
            settings=str(told["settings"]),
        )
    except (ValueError, TypeError, KeyError):
        return None
