"""What teams begin with is sound: no check finds anything in it, not even below the gate."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.sound import apps
from tests.sound.apps import TEMPLATES, Judged

pytestmark = pytest.mark.long
NEITHER = {"supabase", "functions"}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    work = tmp_path_factory.mktemp("sound")
    apps.built(work)
    return apps.judged(work)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_new_app_passes_with_no_finding_at_all(
    judged: Judged, template: str, record_property: Callable[[str, object], None]
) -> None:
    verdict = judged.verdicts[template]
    checks = {check["check"]: check for check in verdict["checks"]}
    told = {name: [check["findings"], check["gaps"], check["reason"]] for name, check in checks.items()}
    assert [finding for check in checks.values() for finding in check["findings"]] == []
    asked = {name for name, check in checks.items() if check["result"] == "pass"}
    assert (verdict["verdict"], set(checks) - asked) == ("pass", NEITHER), json.dumps(told, indent=1)
    rules = {rule["rule"] for check in checks.values() for rule in check["rules"]}
    record_property("counted", f"sound app {template}: {len(asked)} checks, {len(rules)} rules, no finding")


def test_the_run_of_all_of_them_passes(judged: Judged) -> None:
    assert judged.code == 0, judged.output[-6000:]
    assert set(judged.verdicts) == set(TEMPLATES)
