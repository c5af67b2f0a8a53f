"""docs/rollback-procedures.md: what it shows is what happens, and what it tells to do there is a way to do it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from prodworthy.cli import main
from prodworthy.commands.told import ENDINGS
from prodworthy.model.codes import Code
from tests.commands.operating import Kiosk, install, up
from tests.commands.procedures import EXAMPLE, PAGE, STALE, TARGETS, compared, up_to_date

TEXT = PAGE.read_text(encoding="utf-8")
NO_TROUBLE = {Code.DONE, Code.ALREADY_CURRENT, Code.PLANNED}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    work = tmp_path_factory.mktemp("procedures")
    with up(work / "shop", install(work / "site"), work / "noted", name="prod", targets=TARGETS) as shop:
        yield shop


def test_the_page_shows_what_the_commands_print(shop: Kiosk) -> None:
    assert compared(up_to_date(TEXT, shop)) == compared(TEXT), STALE


def test_every_example_is_one_that_is_run() -> None:
    assert len(EXAMPLE.findall(TEXT)) == TEXT.count("```console") >= 7


def test_what_is_masked_for_comparing_is_not_all_there_is() -> None:
    one = "   0.11 s  accepted, 22 min old\ndpl_AAA serves shop.example.com"
    assert compared(one) == compared("   3.42 s  accepted, 7 d old\n  dpl_AAA serves shop.example.com")
    assert compared(one) != compared(one.replace("dpl_AAA", "dpl_BBB"))


def test_every_code_that_stops_somebody_is_there_with_its_exit_code_and_what_to_do() -> None:
    unproved, refused = TEXT.split("## It was refused")
    told = dict(re.findall(r"^\| `([a-z-]+)` \| (\d+) \| [^|]{10,} \|$", refused, re.MULTILINE))
    told |= dict.fromkeys(re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| [^|]{10,} \|$", unproved, re.MULTILINE), "23")
    assert told == {code.value: str(ENDINGS[code].exit_code) for code in Code if code not in NO_TROUBLE}


def test_every_command_and_option_that_it_names_exists() -> None:
    named = re.findall(r"(?:^\$ |`|^)prodworthy ([a-z]+)([^`\n#|]*)", TEXT, re.MULTILINE)
    assert len(named) > 20
    for name, rest in named:
        known = {option for each in main.commands[name].params for option in (*each.opts, *each.secondary_opts)}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known | {"--help"}, (name, rest)


def test_it_leads_nowhere_that_is_not() -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    }
    for anchor in re.findall(r"\]\(#([^)]+)\)", TEXT):
        assert anchor in headings
    for page in re.findall(r"\]\(([a-z-]+\.md)", TEXT):
        assert (Path(PAGE.parent) / page).is_file()
