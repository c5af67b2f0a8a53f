"""Completion in the shell: the script that asks for it, and the names of targets."""

from __future__ import annotations

import tomllib
from pathlib import Path

import click

SHELLS = ("bash", "zsh", "fish")
PROGRAM = "prodworthy"
VARIABLE = "_PRODWORTHY_COMPLETE"


def script(shell: str, commands: click.Command) -> str:
    """What the shell has to read for `prodworthy` to be completed in it."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415

    kind = get_completion_class(shell)
    assert kind is not None
    return kind(commands, {}, PROGRAM, VARIABLE).source()


def target_names(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """The names in the targets file that begin so; none when it cannot be read, as nobody reads errors here."""
    given = context.params.get("targets_file")
    try:
        with Path(given or "targets.toml").open("rb") as file:
            targets = tomllib.load(file).get("targets", {})
    except (OSError, ValueError):
        return []
    return [name for name in targets if name.startswith(begun)] if isinstance(targets, dict) else []
