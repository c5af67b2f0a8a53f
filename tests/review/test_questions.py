"""What one test amounts to: only findings make a target broken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from prodworthy.model import Cause, Finding, Gap, Severity, Target
from prodworthy.model.verdict import State
from prodworthy.review.questions import Told, question

TARGET = Target(name="prod", url="https://shop.example.com")
GAP = Gap(what="GET /", why="timed out", cause=Cause.NETWORK)
LOW = Finding(rule="health.x", where="/", wanted="a", got="b", remedy="c", severity=Severity.LOW)
HIGH = Finding(rule="health.y", where="/", wanted="a", got="b", remedy="c", severity=Severity.HIGH)


@dataclass(frozen=True)
class Piece:
    gaps: tuple[Gap, ...] = ()
    measured: tuple[str, ...] = ()
    not_asked: tuple[str, ...] = ()


class LookedInVain(Exception):
    gap = GAP


def told(**changes: Any) -> Told:
    sound: dict[str, Any] = {
        "id": "verify/test_x.py::test_x",
        "name": "test_it_is_sound",
        "file": "verify/test_x.py",
        "phase": "call",
        "outcome": "passed",
        "duration": 0.1,
        "target": TARGET,
        "check": "health",
        "rules": ("health.x",),
    }
    return Told(**(sound | changes))


def own(error: BaseException, **changes: Any) -> Told:
    reached: dict[str, Any] = {"check": None, "rules": (), "outcome": "failed", "page": f"{TARGET.url}/cart"}
    return told(error=error, **(reached | changes))


@pytest.mark.parametrize(
    ("given", "state"),
    [
        pytest.param(told(), State.SOUND, id="passed"),
        pytest.param(told(findings=[LOW]), State.SOUND, id="a-finding-below-the-gate"),
        pytest.param(told(findings=[HIGH], outcome="failed", error=AssertionError()), State.BROKEN, id="a-finding"),
        pytest.param(told(evidence=[Piece(gaps=(GAP,))]), State.UNOBSERVED, id="passed-over-a-gap"),
        pytest.param(told(findings=[HIGH], evidence=[Piece(gaps=(GAP,))]), State.BROKEN, id="a-finding-beside-a-gap"),
        pytest.param(told(phase="setup", outcome="failed", error=LookedInVain()), State.UNOBSERVED, id="no-evidence"),
        pytest.param(told(outcome="failed", error=KeyError("x")), State.UNOBSERVED, id="a-bug"),
        pytest.param(told(outcome="failed", error=AssertionError()), State.UNOBSERVED, id="an-assertion-of-ours"),
        pytest.param(told(phase="teardown", outcome="failed", error=OSError()), State.UNOBSERVED, id="teardown"),
        pytest.param(told(rules=()), State.UNOBSERVED, id="asked-nothing"),
        pytest.param(told(outcome="skipped", skipped="no time"), State.UNOBSERVED, id="a-skipped-check"),
        pytest.param(told(outcome="skipped", not_applicable="none"), State.NOT_APPLICABLE, id="not-applicable"),
        pytest.param(told(outcome="skipped", not_asked="no key"), State.NOT_APPLICABLE, id="not-asked"),
        pytest.param(told(check=None, rules=()), State.SOUND, id="own-test-passed"),
        pytest.param(told(check=None, outcome="skipped", skipped="later"), State.SKIPPED, id="own-test-skipped"),
        pytest.param(own(AssertionError("no price")), State.BROKEN, id="own-expectation"),
        pytest.param(own(PlaywrightTimeout("30 s")), State.BROKEN, id="own-browser-timeout"),
        pytest.param(own(AssertionError(), outcome="skipped"), State.SKIPPED, id="own-test-expected-to-fail"),
        pytest.param(own(AssertionError(), page=None), State.UNOBSERVED, id="own-test-without-a-browser"),
        pytest.param(own(AssertionError(), page="about:blank"), State.UNOBSERVED, id="page-never-reached"),
        pytest.param(own(AssertionError(), walls=["deployment protection"]), State.UNOBSERVED, id="own-test-at-a-wall"),
        pytest.param(own(TimeoutError()), State.UNOBSERVED, id="another-timeout"),
        pytest.param(own(AssertionError(), settings={"severity": "low"}), State.SOUND, id="own-finding-below-the-gate"),
    ],
)
def test_a_test_amounts_to(given: Told, state: State) -> None:
    asked = question(given)
    assert asked.state is state
    assert (state is State.UNOBSERVED) <= bool(asked.reason)


def test_an_own_finding_says_where_what_and_how_bad() -> None:
    (finding,) = question(own(AssertionError("no price\nat line 3"), settings={"severity": "low"})).findings
    assert (finding.rule, finding.severity) == ("own.test_it_is_sound", Severity.LOW)
    assert (finding.where, finding.wanted) == (f"{TARGET.url}/cart", "it is sound")
    assert finding.got == "no price at line 3"


def test_what_was_measured_and_what_was_left_out_are_kept() -> None:
    asked = question(told(evidence=[Piece(measured=("fast",), not_asked=("no user",)), Piece(measured=("fast",))]))
    assert (asked.measured, asked.not_asked) == (("fast",), ("no user",))
