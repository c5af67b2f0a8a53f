"""Every fault of the HTML catalogue, on copies of the storefront, judged by the real check."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.breaks import expects
from tests.faults.catalogue import Fault, Judged, judge, judging, sampled
from tests.faults.html import FAULTS, HTML, STRAY, body

judged = judging(HTML)


@pytest.mark.parametrize("fault", sampled(FAULTS))
def test_a_fault_is_reported_by_its_rule_and_by_nothing_else(judged: Judged, fault: Fault) -> None:
    judged.expect(fault)


def test_the_sound_storefront_gives_no_finding(judged: Judged) -> None:
    judged.expect_sound()


def test_without_a_checker_that_works_nothing_is_called_valid(tmp_path: Path) -> None:
    """Also where nothing else is wrong, and where the page is broken: nobody has looked."""
    jars = {
        "no-checker": expects(html={"jar": "nowhere/vnu.jar"}),
        "checker-that-is-none": expects(html={"jar": str(Path(__file__))}),
        "no-checker-for-a-broken-page": expects(html={"jar": "nowhere/vnu.jar"}),
    }
    broken = {"no-checker-for-a-broken-page": (body(STRAY),)}
    faults = [
        Fault(name=name, rule="html.invalid", where="", breaks=(jar, *broken.get(name, ())))
        for name, jar in jars.items()
    ]
    judged = judge(HTML, faults, tmp_path)
    told = {
        name: (result["result"], result["findings"], len(result["gaps"])) for name, result in judged.results.items()
    }
    assert told == {"sound": ("pass", [], 0)} | dict.fromkeys(jars, ("inconclusive", [], 1))
    why = {name: judged.results[name]["gaps"][0]["why"] for name in jars}
    assert why["no-checker"] == "there is no vnu.jar at nowhere/vnu.jar, which html.jar names"
    assert why["checker-that-is-none"].startswith("the checker ended with exit code 1")
