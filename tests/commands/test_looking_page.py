"""docs/commands.md says what the commands do now."""

from __future__ import annotations

import re

from prodworthy.cli import main
from prodworthy.commands import published
from prodworthy.model.codes import Code
from tests.commands.page import CODES, EXAMPLE, PAGE, STALE, up_to_date

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_page_shows_what_the_commands_print_and_every_code() -> None:
    assert up_to_date(TEXT) == TEXT, STALE


def test_every_example_of_the_page_is_one_that_is_run() -> None:
    assert len(EXAMPLE.findall(TEXT)) == TEXT.count("```console") >= 8


def test_the_page_holds_every_code() -> None:
    table = CODES.search(TEXT)
    assert table
    assert set(re.findall(r"^\| `([a-z-]+)`", table[0], re.MULTILINE)) == {code.value for code in Code}


def test_the_page_names_every_option_of_the_commands_that_it_is_about() -> None:
    for name in set(published.COMMANDS) - {"error", "deploy"}:
        options = [option for each in main.commands[name].params for option in each.opts if option.startswith("--")]
        assert options
        assert [option for option in options if option not in TEXT] == []


def test_the_page_leads_nowhere_that_is_not() -> None:
    for link in re.findall(r"\]\(([a-z-]+\.md)", TEXT):
        assert (PAGE.parent / link).is_file(), link
