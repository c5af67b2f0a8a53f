"""Every fault of the smoke catalogue, on copies of the storefront, judged by the real check in a real browser."""

from __future__ import annotations

import pytest

from tests.faults.catalogue import Fault, Judged, judging, sampled
from tests.faults.smoke import FAULTS, SMOKE

judged = judging(SMOKE)


@pytest.mark.parametrize("fault", sampled(FAULTS))
def test_a_fault_is_reported_by_its_rule_and_by_nothing_else(judged: Judged, fault: Fault) -> None:
    judged.expect(fault)


def test_the_sound_storefront_gives_no_finding(judged: Judged) -> None:
    judged.expect_sound()
