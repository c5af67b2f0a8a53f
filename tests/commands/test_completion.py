"""Completion in shells: the scripts, and what is offered."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from prodworthy.cli import main
from prodworthy.commands import told
from prodworthy.commands.completion import PROGRAM, SHELLS, VARIABLE, Fish, Zsh

PACKAGES = Path(told.__file__).parents[2]
TARGETS = '[targets.prod]\nurl = "https://shop.example.com"\n[targets.preview]\nurl = "https://preview.example.com"\n'


def offered(*words: str) -> list[str]:
    """What is offered for the last word."""
    return [
        each.value for each in ShellComplete(main, {}, PROGRAM, VARIABLE).get_completions(list(words[:-1]), words[-1])
    ]


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_its_script(shell: str) -> None:
    ended = CliRunner().invoke(main, ["completion", shell])
    assert ended.exit_code == 0
    assert VARIABLE in ended.stdout
    assert PROGRAM in ended.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_one_for_that_shell(shell: str, tmp_path: Path) -> None:
    if (program := shutil.which(shell)) is None:
        pytest.skip(f"{shell} is not on this machine")
    script = tmp_path / "script"
    script.write_text(CliRunner().invoke(main, ["completion", shell]).stdout, encoding="utf-8")
    assert subprocess.run([program, "-n", script], check=False).returncode == 0


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["status", "--target", "pr"], ["prod", "preview"]),
        (["status", "--target", "=", "pre"], ["preview"]),  # as bash parts --target=pre
        (["status", "--target", "="], ["prod", "preview"]),
        (["up", "-t", "pre"], ["preview"]),
    ],
)
def test_bash_itself_completes_the_name_of_a_target(
    written: Callable[[str], object], tmp_path: Path, words: list[str], offered: list[str]
) -> None:
    written(TARGETS)
    program = tmp_path / "prodworthy"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m prodworthy.cli "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    script = f"""
eval "$(prodworthy completion bash)"
COMP_WORDS=(prodworthy {" ".join(words)})
COMP_CWORD={len(words)}
_prodworthy_completion prodworthy {words[-1]} {words[-2]}
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(PACKAGES)}
    ended = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == offered


@pytest.mark.parametrize("kind", [Zsh, Fish])
def test_a_shell_that_takes_it_for_one_word_gets_one_word(
    written: Callable[[str], object], kind: type[ShellComplete]
) -> None:
    written(TARGETS)
    found = kind(main, {}, PROGRAM, VARIABLE).get_completions(["status"], "--target=pre")
    assert [each.value for each in found] == ["--target=preview"]
    assert [each.value for each in kind(main, {}, PROGRAM, VARIABLE).get_completions(["list"], "--sta")] == ["--state"]


def test_commands_and_options_are_offered() -> None:
    assert "candidates" in offered("c")
    assert offered("list", "--sta") == ["--state"]
    assert "ready" in offered("list", "--state", "")
    assert set(offered("schema", "--of", "")) >= {"list", "rollback", "error"}


@pytest.mark.parametrize("command", ["list", "current", "candidates", "status", "rollback", "promote", "up", "doctor"])
def test_the_names_of_targets_are_offered(written: Callable[[str], object], command: str) -> None:
    written(TARGETS)
    assert offered(command, "--target", "") == ["prod", "preview"]
    assert offered(command, "--target", "pre") == ["preview"]


def test_they_come_from_the_targets_file_that_was_named(written: Callable[[str], object], tmp_path: Path) -> None:
    written(TARGETS)
    (tmp_path / "other.toml").write_text('[targets.elsewhere]\nurl = "https://x.example"\n', encoding="utf-8")
    assert offered("list", "--targets-file", "other.toml", "--target", "") == ["elsewhere"]


@pytest.mark.parametrize("text", [None, "no toml [", "targets = 7", "other = 1", '["a\\nb"]'])
def test_nothing_is_offered_from_a_file_that_says_nothing(written: Callable[[str], object], text: str | None) -> None:
    if text is not None:
        written(text)
    assert offered("list", "--target", "") == []


def test_help_imports_nothing_that_only_a_command_needs() -> None:
    slow = {"httpx", "rich", "jsonschema", "playwright", "prodworthy.evidence", "prodworthy.local", "asyncio", "pytest"}
    code = f"import sys, prodworthy.cli; print(*sorted(set(sys.modules) & {slow!r}))"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(PACKAGES)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.split() == []


@pytest.mark.parametrize("command", ["list", "current", "candidates", "status"])
def test_help_teaches_with_examples(command: str) -> None:
    shown = CliRunner().invoke(main, [command, "--help"], prog_name="prodworthy").stdout
    _, _, examples = shown.partition("--help")
    assert "  prodworthy " in examples


def test_every_command_has_its_place_in_the_help_with_its_whole_sentence() -> None:
    shown = " ".join(CliRunner().invoke(main, ["--help"]).stdout.split())
    assert set(main.commands) == {name for names in told.SECTIONS.values() for name in names}
    assert "Others" not in shown
    assert "..." not in shown.partition("Production:")[2]
    assert "by the host's word, and by the app's own." in shown
