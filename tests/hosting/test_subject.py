"""Which deployment is judged before promotion: the one that is meant, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from prodworthy.hosting.errors import Rejected, Throttled
from prodworthy.hosting.host import Filter, Host
from prodworthy.hosting.subject import LOOKED_AT, SHOWN, Asked, Undecided, judged
from prodworthy.model.hosting import Deployment, DeploymentState, Project, Substate

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
OLD, NEW = "a" * 40, "b" * 40
EVERY = Filter()


def deployment(word: str, hour: int, **more: Any) -> Deployment:
    told = Deployment(
        id=f"dpl_{word}",
        host=f"shop-{word}-acme.vercel.app",
        name="shop",
        project="prj_shop",
        created=NOON + timedelta(hours=hour),
        state=DeploymentState.READY,
        substate=Substate.STAGED,
        environment="production",
    )
    return replace(told, **more)


LIVE = deployment("live", 0, substate=Substate.PROMOTED, commit=OLD)


@dataclass
class Shop:
    """A host that knows some deployments, and answers as Vercel does."""

    known: Sequence[Deployment] = ()
    current: str | None = "dpl_live"

    def project(self) -> Project:
        return Project(id="prj_shop", name="shop", account=None, current=self.current, auto_assign=False)

    def deployment(self, name: str) -> Deployment:
        for each in self.known:
            if name.removeprefix("https://") in (each.id, each.host):
                return each
        raise Rejected("GET /v13/deployments", status=410 if name == "dpl_gone" else 404)

    def deployments(self, asked: Filter = EVERY, *, limit: int = 20) -> Sequence[Deployment]:
        newest = sorted(self.known, key=lambda each: each.created, reverse=True)
        return [each for each in newest if asked.commit in (None, each.commit)][:limit]


def judge(known: Sequence[Deployment], current: str | None = "dpl_live", **asked: Any) -> Deployment:
    return judged(cast("Host", Shop(known, current)), Asked(**asked))


def why(known: Sequence[Deployment], current: str | None = "dpl_live", **asked: Any) -> str:
    with pytest.raises(Undecided) as caught:
        judge(known, current, **asked)
    return str(caught.value)


def test_the_only_staged_deployment_that_is_newer_is_judged() -> None:
    older, staged = deployment("older", -1), deployment("staged", 1)
    assert judge([older, LIVE, staged]) == staged


def test_before_anything_was_live_the_only_staged_one_is_judged() -> None:
    staged = deployment("staged", 1)
    assert judge([staged], current=None) == staged


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"substate": Substate.PROMOTED}, id="that-served-production-before"),
        pytest.param({"substate": Substate.ROLLING}, id="in-a-rolling-release"),
        pytest.param({"substate": Substate.UNKNOWN}, id="of-which-nothing-is-known"),
        pytest.param({"substate": None}, id="of-which-nothing-is-said"),
        pytest.param({"environment": "preview"}, id="of-a-preview"),
        pytest.param({"state": DeploymentState.UNKNOWN}, id="in-an-unknown-state"),
        pytest.param({"state": DeploymentState.ERROR}, id="that-failed"),
    ],
)
def test_nothing_else_counts_as_staged(other: dict[str, Any]) -> None:
    assert why([LIVE, deployment("other", 1, **other)]).startswith("nothing to judge: no staged deployment is newer")


def test_nothing_staged_names_what_is_live_and_how_to_judge_it() -> None:
    told = why([LIVE], command="pytest verify --target=prod").splitlines()
    assert told[0].endswith(f"what is live, dpl_live (commit {OLD[:7]})")
    assert told[1].startswith("pytest verify --target=prod --deployment=dpl_live   # ")
    assert told[-1].startswith("pytest verify --target=prod --stage=live ")


def test_of_many_staged_ones_the_newest_are_shown_and_the_others_counted() -> None:
    told = why([LIVE, *(deployment(f"n{number}", number) for number in range(1, SHOWN + 4))]).splitlines()
    assert len(told) == 1 + SHOWN + 1
    assert f"--deployment=dpl_n{SHOWN + 3} " in told[1]
    assert told[-1] == "... and 3 more: prodworthy list"


def test_the_deployment_of_a_commit_is_found_also_beyond_the_newest() -> None:
    many = [deployment(f"n{number}", number, commit=OLD) for number in range(1, LOOKED_AT + 1)]
    meant = deployment("meant", -1, commit=NEW)
    assert judge([LIVE, *many, meant], commit=NEW) == meant


def test_of_two_deployments_of_one_commit_the_ready_one_is_judged() -> None:
    ready, broken = deployment("ready", 1, commit=NEW), deployment("broken", 2, commit=NEW, state=DeploymentState.ERROR)
    assert judge([LIVE, ready, broken], commit=NEW[:39]) == ready


@pytest.mark.parametrize(
    ("known", "said"),
    [
        pytest.param([{}, {}], "2 production deployments were built from commit aaaaaaaa", id="several"),
        pytest.param(
            [{"state": DeploymentState.BUILDING}],
            "is not ready, its state is building: wait until it is ready",
            id="unready",
        ),
        pytest.param(
            [{"state": DeploymentState.ERROR}],
            "is not ready, its state is error: deploy a corrected build",
            id="failed",
        ),
        pytest.param(
            [{"environment": "preview"}], "no production deployment was built from commit aaaaaaaa", id="preview"
        ),
    ],
)
def test_a_commit_that_does_not_name_one_deployment_decides_nothing(known: list[dict[str, Any]], said: str) -> None:
    built = [deployment(f"n{number}", number, commit=OLD, **more) for number, more in enumerate(known, 1)]
    assert said in why([replace(LIVE, commit=NEW), *built], commit=OLD[:8])


def test_one_that_is_being_built_is_told_and_not_judged() -> None:
    building = deployment("new", 1, commit=NEW, state=DeploymentState.BUILDING)
    assert f"(dpl_new (commit {NEW[:7]}) is not ready: building)" in why([LIVE, building])
    assert "is not ready, its state is building: wait until it is" in why([building], deployment="dpl_new")


def test_one_that_was_canceled_is_not_judged_under_its_name_either() -> None:
    canceled = deployment("gone", 1, state=DeploymentState.CANCELED, substate=None)
    assert "is not ready, its state is canceled: deploy a corrected build" in why([canceled], deployment="dpl_gone")


def test_what_another_project_deployed_is_refused_also_when_the_host_does_not_say_whose_it_is() -> None:
    theirs = deployment("theirs", 1, project="prj_other", name="other")
    unsaid = deployment("unsaid", 1, project=None, name="other")
    assert "is a deployment of the project other, not of shop" in why([theirs], deployment="dpl_theirs")
    assert "is a deployment of the project other, not of shop" in why([unsaid], deployment=f"https://{unsaid.host}")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("dpl_nowhere", "there is no deployment dpl_nowhere in the project shop", id="unknown"),
        pytest.param("dpl_gone", "dpl_gone was deleted", id="deleted"),
        pytest.param("dpl_\x1b[2Jx", "there is no deployment dpl_ [2Jx in", id="with-controls"),
    ],
)
def test_a_name_that_leads_nowhere_is_told_on_one_line(name: str, said: str) -> None:
    told = why([LIVE], deployment=name)
    assert said in told
    assert told.isprintable()


def test_one_without_an_address_cannot_be_judged_yet() -> None:
    assert "has no address yet" in why([deployment("new", 1, host=None)], deployment="dpl_new")


def test_what_strangers_wrote_moves_no_line() -> None:
    staged = [deployment(f"n{number}", number, message="\x1b[31mx\r\ny", branch="m\u202en") for number in (1, 2)]
    assert all(line.isprintable() for line in why([LIVE, *staged]).splitlines())
    assert len(why([LIVE, *staged]).splitlines()) == 3


def test_a_host_that_cannot_be_asked_is_not_taken_for_one_that_knows_nothing() -> None:
    class Busy(Shop):
        def deployment(self, name: str) -> Deployment:
            raise Throttled("GET /v13/deployments", retry_after=1.0)

    with pytest.raises(Throttled):
        judged(cast("Host", Busy([LIVE])), Asked(deployment="dpl_live"))
