"""The rules can be listed, explained and read: nothing that is said of them stands anywhere but beside them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from prodworthy import rulebook
from prodworthy.cli import main
from prodworthy.model import CHECKS, Rule
from prodworthy.review.catalogue import every_rule, unknown_rule

PAGE = Path(__file__).parents[1] / "docs" / "rules.md"


def test_the_page_of_rules_is_what_the_code_says() -> None:
    stale = "docs/rules.md is stale: python -m prodworthy.rulebook > docs/rules.md"
    assert PAGE.read_text(encoding="utf-8") == rulebook.page(every_rule()), stale


def test_every_check_has_rules() -> None:
    assert {rule.check for rule in every_rule()} == {*(check.name for check in CHECKS), "waivers"}


@pytest.mark.parametrize("rule", every_rule(), ids=lambda rule: rule.id)
def test_a_rule_says_everything_that_is_to_be_said(rule: Rule[object]) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z0-9-]+", rule.id)
    assert rule.title
    assert not rule.title.endswith(".")
    assert rule.reason
    assert rule.remedy
    assert rule.controls
    assert rule.references


def test_rules_are_listed_for_scripts() -> None:
    listed = json.loads(CliRunner().invoke(main, ["rules", "--json"]).output)
    assert [each["id"] for each in listed] == [rule.id for rule in every_rule()]
    keys = {"id", "check", "title", "severity", "reason", "remedy", "references", "controls", "subject", "cure"}
    assert all(set(each) == keys for each in listed)


def test_rules_of_one_check_are_listed() -> None:
    listed = CliRunner().invoke(main, ["rules", "--check", "html"]).output.splitlines()
    assert listed
    assert all(line.startswith("html.") for line in listed)


def test_a_rule_is_explained() -> None:
    ended = CliRunner().invoke(main, ["explain", "headers.csp-missing"])
    assert ended.exit_code == 0
    assert ended.output.startswith("headers.csp-missing (medium)\nPages carry a Content-Security-Policy\n")
    assert "OWASP ASVS" in ended.output


def test_the_nearest_rule_is_offered_for_one_that_is_unknown() -> None:
    ended = CliRunner().invoke(main, ["explain", "headers.csp-mising"])
    assert ended.exit_code == 4
    assert 'did you mean "headers.csp-missing"?' in ended.output


def test_a_word_offers_the_rules_that_hold_it() -> None:
    told = unknown_rule(["csp-missing"])
    assert told is not None
    assert 'did you mean "headers.csp-missing"?' in told


@pytest.mark.parametrize("command", [["targets"], ["doctor", "--target=shop"]])
def test_a_targets_file_that_names_no_rule_is_refused_before_a_run(tmp_path: Path, command: list[str]) -> None:
    file = tmp_path / "targets.toml"
    policy = '[targets.shop.rules]\n"html.invald" = { off = true, reason = "we say so" }\n'
    file.write_text(f'[targets.shop]\nurl = "https://shop.example.com"\n{policy}')
    ended = CliRunner().invoke(main, [*command, f"--targets-file={file}"])
    assert ended.exit_code == 4
    assert "targets.shop: no rule is called 'html.invald'; did you mean \"html.invalid\"?" in ended.output


def test_the_rules_of_a_teams_own_tests_are_not_unknown() -> None:
    assert unknown_rule(["own.test_checkout"]) is None
