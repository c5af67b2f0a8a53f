"""The verdict fails closed: no evidence is never a pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from prodworthy.model import CHECKS, Cause, Finding, Gap, Severity, Target
from prodworthy.model.hosting import Deployment, DeploymentState, Served
from prodworthy.model.verdict import Binding, Coverage, Question, Result, State, Verdict
from prodworthy.review.verdict import decide, exit_code

TARGET = Target(name="prod", url="https://shop.example.com")
NOW = datetime(2026, 11, 22, tzinfo=UTC)
GAP = Gap(what="GET https://shop.example.com/", why="timed out", cause=Cause.NETWORK)


def finding(severity: Severity = Severity.HIGH, rule: str = "health.endpoint-status") -> Finding:
    return Finding(rule=rule, where="/", wanted="200", got="500", remedy="mend it", severity=severity)


def question(check: str | None, state: State = State.SOUND, **more: object) -> Question:
    sound = Question(
        id=f"{check}", title=f"{check} is sound", target="prod", check=check, state=state, rules=(f"{check}.rule",)
    )
    return replace(sound, **more)  # type: ignore[arg-type]


def seven(**instead: Question | None) -> list[Question]:
    asked = {check.name: question(check.name) for check in CHECKS} | instead
    return [each for each in asked.values() if each is not None]


def judge(questions: list[Question], target: Target = TARGET, **coverage: object) -> Verdict:
    return decide(target, questions, Coverage(**coverage), started=NOW, ended=NOW)  # type: ignore[arg-type]


def test_seven_sound_checks_pass() -> None:
    verdict = judge(seven())
    assert (verdict.result, exit_code([verdict])) == (Result.PASS, 0)
    assert verdict.reasons == ("7 of 7 checks passed, 0 not applicable, no finding",)


def test_a_finding_below_the_gate_is_shown_and_does_not_fail() -> None:
    verdict = judge(seven(health=question("health", findings=(finding(Severity.LOW),))))
    assert verdict.result is Result.PASS
    assert verdict.findings == (finding(Severity.LOW),)


def test_a_finding_at_the_gate_fails_even_when_other_things_could_not_be_observed() -> None:
    broken = question("health", State.BROKEN, findings=(finding(Severity.MEDIUM),))
    lost = question("smoke", State.UNOBSERVED, gaps=(GAP,))
    verdict = judge(seven(health=broken, smoke=lost))
    assert (verdict.result, exit_code([verdict])) == (Result.FAIL, 1)
    assert verdict.gaps == (GAP,)
    assert any("Browser smoke" in reason for reason in verdict.reasons)


def test_a_check_declared_not_applicable_does_not_stop_a_pass() -> None:
    target = replace(TARGET, not_applicable={"supabase": "no back end"})
    verdict = judge(seven(supabase=question("supabase", State.NOT_APPLICABLE, rules=())), target)
    assert verdict.result is Result.PASS
    assert next(check for check in verdict.checks if check.check == "supabase").reason == "no back end"


def test_seven_checks_that_do_not_apply_are_not_a_pass() -> None:
    target = replace(TARGET, not_applicable={check.name: "none" for check in CHECKS})
    verdict = judge([question(check.name, State.NOT_APPLICABLE, rules=()) for check in CHECKS], target)
    assert verdict.result is Result.INCONCLUSIVE


@pytest.mark.parametrize(
    ("questions", "coverage"),
    [
        pytest.param([], {}, id="zero-tests"),
        pytest.param(seven(smoke=None), {}, id="a-check-did-not-run"),
        pytest.param(seven(smoke=question("smoke", State.UNOBSERVED, gaps=(GAP,))), {}, id="a-gap"),
        pytest.param(seven(smoke=question("smoke", gaps=(GAP,))), {}, id="a-gap-of-a-sound-test"),
        pytest.param(seven(smoke=question("smoke", State.UNOBSERVED, reason="KeyError")), {}, id="a-bug-in-a-check"),
        pytest.param(seven(smoke=question("smoke", State.SKIPPED)), {}, id="a-skipped-check"),
        pytest.param(seven(smoke=question("smoke", rules=())), {}, id="a-check-that-asked-no-rule"),
        pytest.param([*seven(), question(None, State.UNOBSERVED, gaps=(GAP,))], {}, id="own-test-could-not-look"),
        pytest.param(seven(), {"partial": "-k tls"}, id="a-partial-selection"),
        pytest.param(seven(), {"unreported": ("verify/test_health.py::test_x",)}, id="a-test-never-reported"),
        pytest.param(seven(), {"trouble": ("worker gw0 crashed",)}, id="a-crashed-worker"),
        pytest.param(seven(), {"interrupted": True}, id="interrupted"),
    ],
)
def test_what_was_not_seen_is_inconclusive(questions: list[Question], coverage: dict[str, object]) -> None:
    verdict = judge(questions, **coverage)
    assert (verdict.result, exit_code([verdict])) == (Result.INCONCLUSIVE, 10)
    assert verdict.reasons


def test_the_teams_own_findings_count() -> None:
    own = question(None, State.BROKEN, rules=(), findings=(finding(rule="own.test_flow"),))
    verdict = judge([*seven(), own])
    assert verdict.result is Result.FAIL
    assert "own.test_flow" in verdict.reasons[0]


def test_the_gate_is_the_targets_own() -> None:
    medium = question("health", findings=(finding(Severity.MEDIUM),))
    assert judge(seven(health=medium), replace(TARGET, gate=Severity.HIGH)).result is Result.PASS


def test_another_targets_questions_do_not_count() -> None:
    foreign = [replace(each, target="preview") for each in seven()]
    assert judge(foreign).result is Result.INCONCLUSIVE


@pytest.mark.parametrize(
    ("results", "code"),
    [
        pytest.param((Result.PASS, Result.PASS), 0, id="all-pass"),
        pytest.param((Result.PASS, Result.INCONCLUSIVE), 10, id="one-inconclusive"),
        pytest.param((Result.INCONCLUSIVE, Result.FAIL, Result.PASS), 1, id="a-failure-is-the-worst"),
        pytest.param((), 10, id="no-target"),
    ],
)
def test_of_several_targets_the_worst_decides(results: tuple[Result, ...], code: int) -> None:
    assert exit_code([replace(judge(seven()), result=result) for result in results]) == code


def test_equal_findings_are_told_once_and_the_worst_first() -> None:
    low, high = finding(Severity.LOW), finding(Severity.HIGH)
    (check,) = [c for c in judge(seven(health=question("health", findings=(low, high, high)))).checks if c.findings]
    assert check.findings == (high, low)


def test_why_something_could_not_be_observed_is_told_with_the_verdict() -> None:
    twice = (GAP, replace(GAP, what="GET https://shop.example.com/about"))
    verdict = judge(seven(smoke=question("smoke", State.UNOBSERVED, gaps=twice)))
    assert verdict.reasons == ("Browser smoke: 2 things could not be observed: timed out",)


def test_one_cause_that_several_checks_share_is_told_once() -> None:
    wall = [replace(GAP, what=what, why="a wall\nhow to open it") for what in ("a", "b", "c")]
    verdict = judge(
        seven(
            health=question("health", State.UNOBSERVED, gaps=tuple(wall[:2])),
            html=question("html", State.UNOBSERVED, gaps=tuple(wall[2:])),
            smoke=question("smoke", State.UNOBSERVED, gaps=(GAP,)),
        )
    )
    assert verdict.reasons == (
        "Health, HTML validation: 3 things could not be observed: a wall",
        "Browser smoke: 1 thing could not be observed: timed out",
    )


def test_of_several_reasons_the_first_is_told_and_the_others_counted() -> None:
    gaps = (GAP, replace(GAP, why="too large\nand more"), replace(GAP, why="reset"))
    verdict = judge(seven(smoke=question("smoke", State.UNOBSERVED, gaps=gaps)))
    assert verdict.reasons == ("Browser smoke: 3 things could not be observed: timed out, and 2 other reasons",)


def test_what_a_failing_check_could_not_observe_is_among_the_reasons() -> None:
    crashed = question("html", State.UNOBSERVED, reason="KeyError: 'boom'")
    found = question("html", State.BROKEN, findings=(finding(rule="html.invalid"),))
    verdict = judge([*seven(html=found), crashed])
    assert verdict.result is Result.FAIL
    assert verdict.reasons[1] == "HTML validation: html is sound: KeyError: 'boom'"


def test_a_reason_that_every_check_shares_is_told_once() -> None:
    lost = {check.name: question(check.name, State.UNOBSERVED, gaps=(GAP,)) for check in CHECKS}
    assert judge(list(lost.values())).reasons == ("every check: 1 thing could not be observed: timed out",)


DEPLOYMENT = Deployment(
    id="dpl_a",
    host="shop-a-acme.vercel.app",
    name="shop",
    project="prj_shop",
    created=NOW,
    state=DeploymentState.READY,
    commit="0123456789abcdef0123456789abcdef01234567",
    branch="main",
)
SERVED = (Served(domain="shop.example.com", deployment="dpl_a"), Served(domain="www.shop.example.com"))


def bound(questions: list[Question], target: Target = TARGET, **told: object) -> Verdict:
    binding = Binding(**told)  # type: ignore[arg-type]
    return decide(target, questions, Coverage(), binding, started=NOW, ended=NOW)


@pytest.mark.parametrize(
    ("told", "subject"),
    [
        pytest.param(
            {"deployment": DEPLOYMENT},
            "deployment dpl_a (commit 0123456, main) at https://shop-a-acme.vercel.app",
            id="on-its-own-address",
        ),
        pytest.param(
            {"deployment": DEPLOYMENT, "before": SERVED},
            "deployment dpl_a (commit 0123456, main) as shop.example.com, www.shop.example.com served it",
            id="on-the-domains",
        ),
        pytest.param(
            {"before": SERVED},
            "what shop.example.com, www.shop.example.com served, which is not one deployment for sure",
            id="not-one-for-sure",
        ),
        pytest.param({}, "https://shop.example.com: the address as given, not bound to a deployment", id="unbound"),
    ],
)
def test_a_verdict_says_what_it_is_about(told: dict[str, object], subject: str) -> None:
    assert bound(seven(), **told).subject == subject


def test_what_strangers_named_a_branch_moves_no_line() -> None:
    branch = replace(DEPLOYMENT, branch="main\x1b[2J\nPASS")
    assert bound(seven(), deployment=branch).subject.isprintable()


@pytest.mark.parametrize("questions", [seven(), seven(health=question("health", findings=(finding(),)))])
def test_what_was_perhaps_several_deployments_neither_passes_nor_fails(questions: list[Question]) -> None:
    verdict = bound(questions, before=SERVED, mixed=("production changed during the run",))
    assert (verdict.result, exit_code([verdict])) == (Result.INCONCLUSIVE, 10)
    assert verdict.reasons[0] == "production changed during the run"


def test_a_host_that_could_not_be_asked_prevents_a_pass_and_hides_no_finding() -> None:
    broken = seven(health=question("health", findings=(finding(),)))
    assert bound(seven(), unasked=("no answer",)).result is Result.INCONCLUSIVE
    assert bound(broken, unasked=("no answer",)).result is Result.FAIL
    assert bound(broken, unasked=("no answer",)).reasons[-1] == "no answer"


def test_domains_that_were_looked_at_and_serve_no_known_deployment_are_no_pass() -> None:
    verdict = bound(seven(), before=SERVED)
    assert verdict.result is Result.INCONCLUSIVE
    assert verdict.reasons[-1] == "the domains were looked at, and nobody said which deployment they serve"
    assert bound(seven(), before=SERVED, deployment=DEPLOYMENT).result is Result.PASS


def test_what_is_known_by_the_hosts_word_alone_is_said_and_prevents_no_pass() -> None:
    verdict = bound(seven(), before=SERVED, deployment=DEPLOYMENT, reserved=("by its word alone",))
    assert (verdict.result, verdict.reasons[-1]) == (Result.PASS, "by its word alone")


def test_why_nothing_could_be_judged_is_told_once() -> None:
    gap = Gap(what="target prod", why="nothing is staged\ntype this", cause=Cause.ENGINE)
    lost = seven(**{check.name: question(check.name, State.UNOBSERVED, gaps=(gap,)) for check in CHECKS})
    own = question(None, State.UNOBSERVED, gaps=(gap,), reason="target prod: nothing is staged")
    verdict = judge([*lost, own], impossible="nothing is staged\ntype this")
    assert (verdict.result, verdict.subject) == (Result.INCONCLUSIVE, "nothing was judged")
    assert verdict.reasons == ("nothing is staged\ntype this",)
    assert not any("nothing is staged" in check.reason for check in verdict.checks)
