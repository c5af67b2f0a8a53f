"""Completion in the shell: the script that asks for it, and the names of targets."""

from __future__ import annotations

import tomllib
from pathlib import Path

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    get_completion_class,
)

SHELLS = ("bash", "zsh", "fish")
PROGRAM = "prodworthy"
VARIABLE = "_PRODWORTHY_COMPLETE"


class Bash(BashComplete):
    """Bash parts `--target=lo` in three."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """As if it had been typed with a blank."""
        words, begun = super().get_completion_args()
        return (words[:-1], begun) if words[-1:] == ["="] else (words, begun)


class _InOneWord(ShellComplete):
    """Other shells complete `--target=lo` as the one word that it is."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """With what stands before the value."""
        found = super().get_completions(args, incomplete)
        option, equals, _ = incomplete.partition("=")
        if option.startswith("--") and equals:
            for each in found:
                each.value = f"{option}={each.value}"
        return found


class Zsh(_InOneWord, ZshComplete):
    """See above."""


class Fish(_InOneWord, FishComplete):
    """See above."""


for kind in (Bash, Zsh, Fish):
    add_completion_class(kind)


def script(shell: str, commands: click.Command) -> str:
    """What the shell has to read for `prodworthy` to be completed in it."""
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
