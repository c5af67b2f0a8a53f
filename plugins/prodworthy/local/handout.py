"""What `prodworthy up` writes for other programs: short commands for a terminal, long options and secrets in files.

The folder is its owner's alone, and is locked for as long as somebody needs it: one without a lock is a leftover of a
process that was killed, which the next one takes away.
"""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prodworthy.model import Addresses

CONTROL = "x-prodworthy-control"  # the header without which the control port listens to nobody
PREFIX = "prodworthy-up-"
SETTLED = 60.0  # seconds after which a folder that nobody has locked is a leftover


@contextmanager
def folder() -> Iterator[Path]:
    """A new one, for as long as the block lasts."""
    import fcntl  # noqa: PLC0415 - not everywhere, but wherever a deployment can be embedded

    sweep()
    with tempfile.TemporaryDirectory(prefix=PREFIX) as made:
        held = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield Path(made)
        finally:
            os.close(held)


def sweep() -> None:
    """Takes away what killed processes of ours have left."""
    for each in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if _left(each):
            shutil.rmtree(each, ignore_errors=True)


def write(to: Path, addresses: Addresses, url: str) -> None:
    """The certificate authority, options of curl and of a browser, and the address of the database."""
    authority = to / "ca.pem"
    authority.write_text(addresses.ca_pem, encoding="ascii")
    (to / "curl").write_text("\n".join(_curl(addresses, authority)) + "\n", encoding="utf-8")
    if addresses.control:
        (to / "faults").write_text("\n".join(_faults(addresses.control)) + "\n", encoding="utf-8")
    (to / "browser").write_text(f"exec {shlex.join(_browser(addresses, to, url))}\n", encoding="utf-8")
    if addresses.database_url:
        (to / "database").write_text(f"{addresses.database_url}\n", encoding="utf-8")
        (to / "database").chmod(0o600)


def _curl(addresses: Addresses, authority: Path) -> Iterator[str]:
    yield f'cacert = "{authority}"'
    yield from (f'connect-to = "{name}:{address}"' for name, address in addresses.hosts.items() if "*" not in name)


def _faults(control: str) -> Iterator[str]:
    yield f'url = "{control}/faults"'
    yield f'header = "{CONTROL}: 1"'
    yield 'request = "PUT"'


def _browser(addresses: Addresses, to: Path, url: str) -> list[str]:
    rules = ", ".join(f"MAP {name} {address}" for name, address in addresses.hosts.items())
    return [
        "chromium",
        f"--user-data-dir={to / 'profile'}",
        f"--host-resolver-rules={rules}",
        f"--ignore-certificate-errors-spki-list={addresses.spki}",
        url,
    ]


def _left(path: Path) -> bool:
    """Whether it is ours and nobody holds it; one that was made just now may not be locked yet."""
    import fcntl  # noqa: PLC0415 - not everywhere, but wherever a deployment can be embedded

    try:
        held = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        told = os.fstat(held)
        if told.st_uid != os.geteuid() or time.time() - told.st_mtime < SETTLED:
            return False
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(held)
