"""A target's policy: what counts otherwise counts with a reason, and what is waived stays in sight."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from prodworthy.model import Finding, Judged, Severity, Target
from prodworthy.model.policy import Policy, Setting
from prodworthy.model.verdict import Coverage, Result, Verdict
from prodworthy.model.waiver import Waiver
from prodworthy.review.plugin import Keep
from prodworthy.review.verdict import decide
from tests.review.test_verdict import question, seven

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
RULE = "headers.csp-style-unsafe-inline"
FOUND = Finding(
    rule=RULE,
    where="https://shop.example.com/legacy/[id]",
    wanted="no 'unsafe-inline'",
    got="style-src 'self' 'unsafe-inline'",
    remedy="move styles into files",
    severity=Severity.MEDIUM,
)
WAIVER = Waiver(
    rule=RULE,
    where="https://shop.example.com/legacy/*",
    reason="the legacy pages go in January",
    owner="web team",
    expires=NOW + timedelta(days=30),
)


def applied(*waivers: Waiver, settings: tuple[Setting, ...] = (), found: Finding = FOUND) -> list[Finding]:
    return Policy(waivers=waivers, settings=settings, now=NOW).applied([found])


def test_a_waived_finding_stays_and_fails_nothing() -> None:
    (finding,) = applied(WAIVER)
    assert replace(finding, waiver=None) == FOUND
    assert finding.waiver == WAIVER
    assert not finding.fails(Severity.INFO)
    assert "waived  the legacy pages go in January (web team, until 2026-12-22 12:00 UTC)" in str(finding)


@pytest.mark.parametrize(
    "waiver",
    [
        pytest.param(replace(WAIVER, rule="headers.csp-unsafe-inline"), id="another-rule"),
        pytest.param(replace(WAIVER, where="https://shop.example.com/"), id="another-place"),
        pytest.param(replace(WAIVER, where="legacy"), id="a-part-of-the-place"),
        pytest.param(replace(WAIVER, expires=NOW), id="expired-this-instant"),
        pytest.param(replace(WAIVER, expires=NOW.astimezone(timezone(timedelta(hours=9)))), id="in-another-zone"),
    ],
)
def test_a_waiver_covers_only_what_it_says_and_only_so_long(waiver: Waiver) -> None:
    (finding,) = applied(waiver)
    assert finding.waiver is None
    assert finding.fails(Severity.MEDIUM)


@pytest.mark.parametrize(
    "where",
    ["*", "https://shop.example.com/legacy/[id]", "*/legacy/?id?", "**legacy**"],
)
def test_brackets_in_a_place_are_text_and_stars_are_not(where: str) -> None:
    assert applied(replace(WAIVER, where=where))[0].waiver is not None


def test_a_changed_severity_is_told_with_its_reason() -> None:
    (finding,) = applied(settings=(Setting(rule=RULE, severity=Severity.LOW, reason="styles are inlined on purpose"),))
    assert finding.severity is Severity.LOW
    assert finding.changed == "medium by the rule, low here: styles are inlined on purpose"
    assert not finding.fails(Severity.MEDIUM)


def test_a_severity_can_be_raised() -> None:
    low = replace(FOUND, severity=Severity.LOW)
    (finding,) = applied(settings=(Setting(rule=RULE, severity=Severity.CRITICAL, reason="we promise it"),), found=low)
    assert finding.fails(Severity.CRITICAL)


def test_a_rule_that_is_switched_off_is_not_among_those_asked_but_told() -> None:
    keep = Keep(Severity.MEDIUM, Policy(settings=(Setting(rule=RULE, reason="not for us"),)))
    assert keep(Judged([FOUND], [RULE, "headers.csp-missing"])) == []
    assert (keep.findings, keep.rules) == ([], ["headers.csp-missing"])
    assert keep.not_asked == [f"{RULE} is switched off: not for us"]


def test_keep_returns_what_fails_and_records_what_does_not() -> None:
    keep = Keep(Severity.MEDIUM, Policy(waivers=(WAIVER,), now=NOW))
    other = replace(FOUND, where="https://shop.example.com/")
    assert keep(Judged([FOUND, other], [RULE])) == [other]
    assert [bool(finding.waiver) for finding in keep.findings] == [True, False]


def judge(
    *waivers: Waiver,
    finding: Finding | None = None,
    partial: str | None = None,
    settings: tuple[Setting, ...] = (),
    asked: tuple[str, ...] = (RULE,),
) -> Verdict:
    policy = Policy(waivers=waivers, settings=settings, now=NOW)
    target = Target(name="prod", url="https://shop.example.com", policy=policy)
    found = tuple(policy.applied([finding])) if finding else ()
    questions = seven(headers=question("headers", findings=found, rules=asked))
    return decide(target, questions, Coverage(partial=partial), started=NOW, ended=NOW)


def test_a_deployment_whose_findings_are_all_waived_passes_and_says_so() -> None:
    verdict = judge(WAIVER, finding=FOUND)
    assert verdict.result is Result.PASS
    assert verdict.reasons == ("7 of 7 checks passed, 0 not applicable, no finding, 1 waived",)
    assert [finding.waiver for finding in verdict.findings] == [WAIVER]


def test_an_expired_waiver_is_a_finding_of_its_own_and_no_longer_covers() -> None:
    verdict = judge(replace(WAIVER, expires=NOW - timedelta(days=1)), finding=FOUND)
    assert verdict.result is Result.FAIL
    (upkeep,) = verdict.upkeep
    assert upkeep.rule == "waivers.expired"
    assert upkeep.where == f"waiver of {RULE} at https://shop.example.com/legacy/*"
    assert "owner web team; it would cover 1 now" in upkeep.got


def test_an_expired_waiver_alone_does_not_fail_a_sound_deployment() -> None:
    verdict = judge(replace(WAIVER, expires=NOW - timedelta(days=1)))
    assert verdict.result is Result.PASS
    assert {finding.rule for finding in verdict.upkeep} == {"waivers.expired", "waivers.unused"}


def test_a_waiver_that_matched_nothing_is_reported_as_unused() -> None:
    assert [finding.rule for finding in judge(WAIVER).upkeep] == ["waivers.unused"]


def test_a_partial_look_cannot_say_that_a_waiver_is_unused() -> None:
    assert judge(WAIVER, partial="-k tls").upkeep == ()


def test_nothing_is_said_of_a_waiver_whose_rule_was_not_asked() -> None:
    assert judge(WAIVER, asked=("headers.hsts-missing",)).upkeep == ()


def test_a_waiver_of_a_teams_own_test_can_be_unused_too() -> None:
    assert [finding.rule for finding in judge(replace(WAIVER, rule="own.test_cart")).upkeep] == ["waivers.unused"]


def test_how_much_an_expired_waiver_matters_is_the_teams_to_say() -> None:
    late = replace(WAIVER, expires=NOW - timedelta(days=1))
    raised = Setting(rule="waivers.expired", severity=Severity.HIGH, reason="we keep our days")
    off = Setting(rule="waivers.unused", reason="we look after them elsewhere")
    verdict = judge(late, settings=(raised, off))
    assert verdict.result is Result.FAIL
    assert [(finding.rule, finding.severity) for finding in verdict.upkeep] == [("waivers.expired", Severity.HIGH)]


def test_a_waiver_holds_for_a_whole_run_or_not_at_all() -> None:
    ends_meanwhile = replace(WAIVER, expires=NOW + timedelta(seconds=1))
    policy = Policy(waivers=(ends_meanwhile,), now=NOW)
    target = Target(name="prod", url="https://shop.example.com", policy=policy)
    questions = seven(headers=question("headers", findings=tuple(policy.applied([FOUND])), rules=(RULE,)))
    verdict = decide(target, questions, Coverage(), started=NOW, ended=NOW + timedelta(minutes=1))
    assert (verdict.result, verdict.upkeep) == (Result.PASS, ())
