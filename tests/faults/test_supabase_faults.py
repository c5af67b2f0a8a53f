"""Every fault of the back end, on copies of the storefront, judged by the real check."""

from __future__ import annotations

import pytest

from prodworthy.review import supabase  # noqa: F401  # enters its rules into the catalogue
from prodworthy.review.rules import CATALOGUE
from tests.faults.catalogue import Fault, Judged, judging, sampled
from tests.faults.supabase import FAULTS, SUPABASE

judged = judging(SUPABASE)


@pytest.mark.parametrize("fault", sampled(FAULTS))
def test_a_fault_is_reported_by_its_rule_and_by_nothing_else(judged: Judged, fault: Fault) -> None:
    judged.expect(fault)


def test_the_sound_storefront_gives_no_finding(judged: Judged) -> None:
    judged.expect_sound()


def test_every_rule_has_a_fault() -> None:
    known = {rule for rule in CATALOGUE if rule.startswith("supabase.")}
    assert {fault.rule for fault in FAULTS} == known
