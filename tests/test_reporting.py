"""How a verdict is shown: findings and causes once each, and what every domain served."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from prodworthy.model import Cause, Finding, Gap, Severity, Target
from prodworthy.model.hosting import Deployment, DeploymentState, Served
from prodworthy.model.run import Run, new_id
from prodworthy.model.verdict import Binding, Coverage, Verdict
from prodworthy.reporting import files, page
from prodworthy.reporting.grouping import PLACES, grouped, hidden
from prodworthy.review.verdict import decide

FINDING = Finding(
    rule="headers.csp-missing", where="/", wanted="a policy", got="none", remedy="add one", severity=Severity.HIGH
)


def at(*places: str, **changes: str) -> list[Finding]:
    return [replace(FINDING, where=place, **changes) for place in places]


def test_findings_that_say_the_same_are_shown_once_with_all_their_places() -> None:
    (group,) = grouped(at("/", "/about"))
    assert (group.finding, group.where) == (FINDING, ("/", "/about"))


def test_findings_that_differ_stay_apart() -> None:
    assert len(grouped([*at("/"), *at("/", got="a broken one"), *at("/about")])) == 2


def test_many_places_are_cut_short() -> None:
    (group,) = grouped(at(*map(str, range(PLACES + 3))))
    assert len(group.places) == PLACES + 3
    assert group.where[-1] == "and 3 more"


def test_what_one_cause_hides_is_shown_once_with_all_its_things() -> None:
    gaps = [Gap(what=what, why=why, cause=Cause.WALL) for what, why in (("a", "wall"), ("b", "slow"), ("c", "wall"))]
    assert [(each.why, each.what) for each in hidden(gaps)] == [("wall", ("a", "c")), ("slow", ("b",))]


NOW = datetime(2026, 11, 22, tzinfo=UTC)
HOSTILE = '<img src=x onerror="alert(1)">'
DEPLOYMENT = Deployment(
    id="dpl_a",
    host="shop-a-acme.vercel.app",
    name="shop",
    project="prj_shop",
    created=NOW,
    state=DeploymentState.READY,
    commit="a" * 40,
    message=HOSTILE,
)


def verdict(**told: object) -> Verdict:
    target, binding = Target(name="prod", url="https://shop.example.com"), Binding(**told)  # type: ignore[arg-type]
    return decide(target, [], Coverage(), binding, started=NOW, ended=NOW)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(id=new_id(), folder=tmp_path, started=NOW)


def served(*stamps: str, **more: str) -> tuple[Served, ...]:
    return (Served(domain="shop.example.com", deployment="dpl_a", stamps=stamps, **more),)  # type: ignore[arg-type]


def test_the_report_shows_what_every_domain_served_and_whether_it_changed(run: Run) -> None:
    same = page.verdicts(run, [verdict(before=served("a" * 40), after=served("a" * 40))], {})
    assert "<td>dpl_a, stamp aaaaaaa</td><td>the same</td>" in same
    changed = page.verdicts(run, [verdict(before=served("v1"), after=served("v2"), mixed=("it changed",))], {})
    assert "<td>dpl_a, stamp v1</td><td>dpl_a, stamp v2</td>" in changed
    assert '<details class="pw-served" open>' in changed
    assert "pw-served" not in page.verdicts(run, [verdict()], {})


def test_the_report_says_that_a_last_look_is_missing(run: Run) -> None:
    assert "<td>dpl_a, stamp v1</td><td>not looked at</td>" in page.verdicts(run, [verdict(before=served("v1"))], {})


def test_the_report_shows_where_a_domain_was_not_heard_and_one_that_came_later(run: Run) -> None:
    later = (*served("v1"), Served(domain="new.example.com", trouble="no answer"))
    told = page.verdicts(run, [verdict(before=served(trouble="a wall"), after=later)], {})
    assert "<td>dpl_a, a wall</td><td>dpl_a, stamp v1</td>" in told
    assert '<th scope="row">new.example.com</th><td>not looked at</td><td>no answer</td>' in told


def test_what_a_domain_says_of_itself_is_text_in_the_report(run: Run) -> None:
    told = page.verdicts(run, [verdict(before=served(HOSTILE, leads_to=HOSTILE), mixed=(HOSTILE,))], {})
    assert "<img" not in told
    assert "&lt;img" in told


def test_the_verdict_file_names_the_deployment_and_what_was_served(run: Run) -> None:
    looked = {"before": served("v1"), "after": served("v2", trouble="slow")}
    written = json.loads(files.write_verdict(run, verdict(deployment=DEPLOYMENT, **looked), 10).read_text())
    Draft202012Validator(files.schema(), format_checker=Draft202012Validator.FORMAT_CHECKER).validate(written)
    assert written["deployment"] == {
        "id": "dpl_a",
        "url": "https://shop-a-acme.vercel.app",
        "project": "prj_shop",
        "commit": "a" * 40,
        "branch": None,
        "message": HOSTILE,
        "author": None,
        "created": "2026-11-22T00:00:00+00:00",
        "environment": "preview",
        "source": None,
    }
    assert written["served"]["after"] == [
        {
            "domain": "shop.example.com",
            "deployment": "dpl_a",
            "stamps": ["v2"],
            "leads_to": None,
            "trouble": "slow",
        }
    ]
    unbound = json.loads(files.write_verdict(run, verdict(), 10).read_text())
    Draft202012Validator(files.schema()).validate(unbound)
    assert (unbound["deployment"], unbound["served"]) == (None, {"before": [], "after": []})
