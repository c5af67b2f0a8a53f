"""Every rule is proved able to fail: a rule without a fault fails the build, by its name."""

from __future__ import annotations

from collections import Counter

import pytest

from prodworthy.review.catalogue import every_rule
from tests.faults import bundle, functions, headers, health, html, smoke, supabase
from tests.faults.catalogue import Fault

CATALOGUES = {
    "health": health.FAULTS,
    "headers": headers.FAULTS,
    "supabase": supabase.FAULTS,
    "functions": functions.FAULTS,
    "bundle": bundle.FAULTS,
    "html": html.FAULTS,
    "smoke": smoke.FAULTS,
}
ELSEWHERE = {"waivers.expired", "waivers.unused"}  # they judge the targets file: tests/review/test_policy.py


@pytest.mark.parametrize("rule", [rule.id for rule in every_rule() if rule.id not in ELSEWHERE])
def test_a_rule_has_a_fault(rule: str) -> None:
    caught = {fault.rule for faults in CATALOGUES.values() for fault in faults}
    assert rule in caught, f"{rule} has no fault in tests/faults: nothing proves that it can fail"


@pytest.mark.parametrize("check", CATALOGUES)
def test_a_check_has_a_dozen_faults_or_more(check: str) -> None:
    assert len(CATALOGUES[check]) >= 12


@pytest.mark.parametrize("check", CATALOGUES)
def test_faults_name_rules_that_there_are(check: str) -> None:
    known = {rule.id for rule in every_rule()}
    assert {rule for fault in CATALOGUES[check] for rule in (fault.rule, *fault.may)} <= known


@pytest.mark.parametrize("check", CATALOGUES)
def test_no_fault_is_another_under_a_second_name(check: str) -> None:
    def made_of(fault: Fault) -> str:
        return repr(
            [(each.__qualname__, [cell.cell_contents for cell in each.__closure__ or ()]) for each in fault.breaks]
        )

    twice = [made for made, count in Counter(map(made_of, CATALOGUES[check])).items() if count > 1]
    assert twice == []
