"""A team's policy in whole runs: what is waived, changed and switched off, and how the reports tell it."""

from __future__ import annotations

from jsonschema import Draft202012Validator

from prodworthy.reporting import files
from tests.runs.team import TARGETS, Team

WAIVER = """
[[targets.kiosk.waivers]]
rule = "headers.nosniff-missing"
where = "https://kiosk.test/*"
reason = "the proxy adds it in January"
owner = "web team <b>"
expires = {expires}
"""
ANYWHERE = WAIVER.replace('where = "https://kiosk.test/*"\n', "")
STILL = "2999-01-01T00:00:00Z"
OVER = "2026-01-01T00:00:00Z"


def test_waived_findings_pass_and_stay_in_sight_everywhere(team: Team) -> None:
    team.headers(x_content_type_options=None)
    team.write("targets.toml", TARGETS + ANYWHERE.format(expires=STILL))
    ended = team.pytest("--target=kiosk", "-n2")
    assert (ended.code, ended.rules()) == (0, {"headers.nosniff-missing"}), ended.output
    Draft202012Validator(files.schema()).validate(ended.verdict())
    found = [f for check in ended.verdict()["checks"] for f in check["findings"]]
    assert {f["waiver"]["owner"] for f in found} == {"web team <b>"}
    assert "headers.nosniff-missing (medium) waived" in ended.output
    assert "waived  the proxy adds it in January (web team <b>, until 2999-01-01 00:00 UTC)" in ended.output
    report = (ended.run / "report.html").read_text()
    assert "pw-waived" in report
    assert "web team &lt;b&gt;" in report
    assert "web team <b>" not in report


def test_an_expired_waiver_covers_nothing_and_is_told(team: Team) -> None:
    team.headers(x_content_type_options=None)
    team.write("targets.toml", TARGETS + ANYWHERE.format(expires=OVER))
    ended = team.pytest("--target=kiosk")
    assert ended.code == 1, ended.output
    assert [f["rule"] for f in ended.verdict()["upkeep"]] == ["waivers.expired"]
    assert "waivers.expired (low)" in ended.output


def test_a_waiver_that_matched_nothing_is_told_and_a_finding_elsewhere_still_fails(team: Team) -> None:
    team.headers(referrer_policy="unsafe-url")
    team.write("targets.toml", TARGETS + WAIVER.format(expires=STILL))
    ended = team.pytest("--target=kiosk")
    assert (ended.code, ended.rules()) == (1, {"headers.referrer-policy-unsafe"}), ended.output
    assert [f["rule"] for f in ended.verdict()["upkeep"]] == ["waivers.unused"]


def test_a_teams_own_finding_can_be_waived(team: Team) -> None:
    team.write(
        "targets.toml", TARGETS + ANYWHERE.format(expires=STILL).replace("headers.nosniff-missing", "own.test_x")
    )
    team.write("verify/test_own.py", "def test_x(target, page):\n    page.goto('/')\n    assert False, 'we know'\n")
    ended = team.pytest("--target=kiosk")
    assert ended.code == 0, ended.output
    assert "own.test_x (high) waived" in ended.output


def test_rules_count_as_the_target_says(team: Team) -> None:
    team.headers(x_content_type_options=None, referrer_policy="unsafe-url")
    off = '"headers.nosniff-missing" = { off = true, reason = "an old proxy" }\n'
    less = '"headers.referrer-policy-unsafe" = { severity = "low", reason = "nothing in our addresses" }\n'
    team.write("targets.toml", f"{TARGETS}\n[targets.kiosk.rules]\n{off}{less}")
    ended = team.pytest("--target=kiosk")
    assert (ended.code, ended.rules()) == (0, {"headers.referrer-policy-unsafe"}), ended.output
    assert "not asked: headers.nosniff-missing is switched off: an old proxy" in ended.output
    assert "medium by the rule, low here: nothing in our addresses" in ended.output


def test_a_rule_that_does_not_exist_ends_with_exit_4_and_the_nearest(team: Team) -> None:
    team.write("targets.toml", TARGETS + WAIVER.format(expires=STILL).replace("nosniff-missing", "nosnif-missing"))
    ended = team.pytest("--target=kiosk")
    assert ended.code == 4, ended.output
    assert 'did you mean "headers.nosniff-missing"?' in ended.output
    assert "Traceback" not in ended.output
