"""From the name of a target to the project at its host."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from prodworthy.hosting.errors import Refused
from prodworthy.model.codes import Code

if TYPE_CHECKING:
    from prodworthy.hosting.host import Host
    from prodworthy.model import Addresses, Target

DECLARE = """give it a table [targets.{name}.vercel] with project, team and token = {{ env = "VERCEL_TOKEN" }}"""


def chosen(name: str | None, targets_file: str | None) -> Target:
    """The target that was named, else the only one that has a host; raises TargetsError, or Refused to guess.

    An embedded deployment is what a name is left out for only where there is nothing else.
    """
    from prodworthy.targets import file, listing  # noqa: PLC0415  # these take a while, and --help needs none of them

    if name is None:
        found = file.read(file.find(targets_file, [Path.cwd()])).targets
        hosted = [each for each, raw in found.items() if "vercel" in raw and "embedded" not in raw]
        hosted = hosted or [each for each, raw in found.items() if "embedded" in raw]
        name = _only(hosted, list(found))
    return listing.load(targets_file, name)


def opened(target: Target, *, waiting: Callable[[str, float], None] | None = None) -> tuple[Host, Addresses | None]:
    """The target's project, to be closed after use, and where its names lead if it is embedded; raises Refused.

    `waiting` is told why, and for how many seconds, before the host is waited for.
    """
    from prodworthy.hosting.connection import connect  # noqa: PLC0415

    if target.hosting is None:
        said = f"target {target.name} has no host: only its address is known"
        raise Refused(Code.HOST_UNDECLARED, said, DECLARE.format(name=target.name))
    addresses = _up(target)
    return connect(target.hosting, addresses=addresses, environment=os.environ, waiting=waiting), addresses


def _only(hosted: list[str], known: list[str]) -> str:
    match hosted:
        case [one]:
            return one
        case []:
            said = f"no target has a host: {', '.join(known)}"
            raise Refused(Code.HOST_UNDECLARED, said, DECLARE.format(name=known[0] if known else "prod"))
        case _:
            said = f"{len(hosted)} targets have a host: {', '.join(hosted)}"
            raise Refused(Code.USAGE, said, f"say which one: --target={hosted[0]}")


def _up(target: Target) -> Addresses | None:
    """Where the embedded deployment of a target listens; None for one that is not embedded."""
    if target.embedded is None:
        return None
    if target.addresses is not None:
        return target.addresses
    from prodworthy.local import running  # noqa: PLC0415

    if (addresses := running.find(target.embedded)) is None:
        said = f"target {target.name} is an embedded deployment, and it is not up"
        raise Refused(Code.NOT_UP, said, f"start it in another terminal: prodworthy up --target={target.name}")
    return addresses
