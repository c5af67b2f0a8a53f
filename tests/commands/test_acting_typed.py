"""What is typed, and what is told to be typed next: always for one target and no other."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner

from prodworthy.cli import main
from prodworthy.commands.invocation import addressed, where
from prodworthy.commands.signals import ENDING

URL, DOMAINS = 'url = "https://shop.example.com"', 'domains = ["https://shop.example.com"]'
SHOP = """
[targets.{name}]
{address}
pages = [{{ path = "/", text = "Shop" }}]
[targets.{name}.not_applicable]
supabase = "none"
functions = "none"
"""
VERCEL = (
    SHOP
    + """[targets.{name}.vercel]
project = "prj_1"
token = {{ env = "NO_SUCH_TOKEN" }}
"""
)
EMBEDDED = (
    SHOP
    + """[targets.{name}.embedded]
app = "."
"""
)


def test_the_options_that_lead_to_a_target_can_be_pasted() -> None:
    assert where("prod", None) == "--target=prod"
    assert where("prod", "my targets.toml") == "--target=prod --targets-file 'my targets.toml'"


def test_commands_in_a_sentence_get_the_target_that_they_are_for() -> None:
    said = "look at `prodworthy status`, or `prodworthy rollback dpl_1 --target=local`; not at `vercel list`"
    assert addressed(said, "--target=prod") == (
        "look at `prodworthy status --target=prod`, or `prodworthy rollback dpl_1 --target=local`; not at `vercel list`"
    )


@pytest.mark.parametrize("command", ["rollback", "promote"])
def test_where_a_rehearsal_could_be_meant_the_target_has_to_be_named(
    written: Callable[[str], object], command: str
) -> None:
    written(VERCEL.format(name="prod", address=URL) + EMBEDDED.format(name="local", address=DOMAINS))
    ended = CliRunner().invoke(main, [command, "--json"])
    answer = json.loads(ended.stdout)
    assert (ended.exit_code, answer["error"]["code"]) == (4, "usage")
    assert "prod, local" in answer["error"]["message"]
    assert "--target=prod" in answer["error"]["remedy"]
    assert "token-missing" in CliRunner().invoke(main, [command, "--target=prod", "dpl_1"]).output


def test_the_only_target_that_has_a_host_needs_no_name(written: Callable[[str], object]) -> None:
    written(VERCEL.format(name="prod", address=URL) + SHOP.format(name="plain", address=URL))
    assert "token-missing" in CliRunner().invoke(main, ["rollback", "dpl_1"]).output


@pytest.mark.parametrize("given", ["", "  "])
@pytest.mark.parametrize("command", ["rollback", "promote"])
def test_an_empty_name_is_no_name(written: Callable[[str], object], command: str, given: str) -> None:
    written(VERCEL.format(name="prod", address=URL))
    ended = CliRunner().invoke(main, [command, given, "--json"])
    assert (ended.exit_code, json.loads(ended.stdout)["error"]["code"]) == (4, "usage")
    assert "empty" in ended.stderr


def test_help_says_what_becomes_of_a_reason() -> None:
    told = {
        each: " ".join(CliRunner().invoke(main, [each, "--help"]).output.split()) for each in ("rollback", "promote")
    }
    assert "the host keeps it" in told["rollback"]
    assert "of a promotion the host keeps none" in told["promote"]


@pytest.fixture(autouse=True)
def signals_as_before() -> Iterator[None]:
    """Commands end their process, and ignore signals from then on."""
    before = {number: signal.getsignal(number) for number in ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
