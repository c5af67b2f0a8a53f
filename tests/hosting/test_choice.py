"""What is meant without a name, or by a commit, is found by what was live, and never guessed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from prodworthy.hosting.errors import Refused
from prodworthy.hosting.preflight import prepare
from prodworthy.model.codes import Code
from prodworthy.model.hosting import Deployment, DeploymentState, Job, JobKind, JobState, Move, Substate
from tests.hosting.world import Host, World, deployment

ROLLBACK, PROMOTE = JobKind.ROLLBACK, JobKind.PROMOTE
FIRST, SECOND, THIRD = deployment("First", 9), deployment("Second", 5), deployment("Third", 1)


def a_world(*more: Deployment, current: Deployment = THIRD, auto_assign: bool = True) -> World:
    world = World.of(FIRST, SECOND, THIRD, *more, current=current.id)
    world.auto_assign = auto_assign
    world.last_job = None
    return world


def after(world: World, kind: JobKind, origin: Deployment, state: JobState = JobState.SUCCEEDED) -> World:
    world.last_job = Job(kind=kind, state=state, requested=2_000, origin=origin.id, destination=world.current)
    return world


def prepared(world: World, wanted: str | None = None, kind: JobKind = ROLLBACK) -> Move:
    given: Any = Host(world)
    return prepare(given, kind, wanted, declared=())


def refusal(world: World, wanted: str | None = None, kind: JobKind = ROLLBACK) -> Refused:
    with pytest.raises(Refused) as caught:
        prepared(world, wanted, kind)
    return caught.value


def test_after_a_promotion_the_previous_one_is_what_it_replaced_though_that_is_newer() -> None:
    world = after(a_world(current=SECOND), PROMOTE, THIRD)
    assert prepared(world).destination == THIRD


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.SKIPPED])
def test_a_promotion_that_was_not_carried_out_replaced_nothing(state: JobState) -> None:
    assert prepared(after(a_world(current=SECOND), PROMOTE, THIRD, state)).destination == FIRST


def test_a_promotion_of_long_ago_tells_nothing_of_what_was_live_before_now() -> None:
    world = after(a_world(current=SECOND), PROMOTE, FIRST)
    world.current = THIRD.id  # which was deployed since
    assert prepared(world).destination == SECOND


def test_what_a_promotion_replaced_is_no_previous_one_once_it_is_gone() -> None:
    world = after(a_world(current=SECOND), PROMOTE, THIRD)
    del world.deployments[THIRD.id]
    assert prepared(world).destination == FIRST


def test_what_production_was_rolled_back_from_is_never_the_previous_one() -> None:
    older_one = after(a_world(current=THIRD, auto_assign=False), ROLLBACK, SECOND)
    assert prepared(older_one).destination == FIRST


def test_where_only_that_is_left_the_remedy_is_no_way_back_to_it() -> None:
    refused = refusal(after(a_world(current=FIRST, auto_assign=False), ROLLBACK, THIRD))
    assert SECOND.id in refused.remedy
    world = World.of(FIRST, THIRD, current=FIRST.id)
    world.auto_assign = False
    refused = refusal(after(world, ROLLBACK, THIRD))
    assert refused.code is Code.NO_CANDIDATE
    assert "rolled back from" in str(refused)
    assert refused.remedy == "fix forward: deploy a corrected build"


@pytest.mark.parametrize("kind", [ROLLBACK, PROMOTE])
@pytest.mark.parametrize("length", [7, 12, 40])
def test_a_commit_names_the_only_production_deployment_of_it(kind: JobKind, length: int) -> None:
    built = deployment("Built", 3, commit="8162F92" + "a" * 33)
    preview = deployment("Preview", 2, commit=built.commit, environment="preview", substate=None)
    failed = deployment("Failed", 2, commit=built.commit, state=DeploymentState.ERROR, substate=None)
    wanted = ("8162f92" + "a" * 33)[:length]
    assert prepared(a_world(built, preview, failed), wanted, kind).destination == built


def test_a_commit_that_was_built_twice_names_none_of_both() -> None:
    twice = [deployment(each, age, commit="8162f92" + "a" * 33) for each, age in (("Once", 3), ("Again", 2))]
    refused = refusal(a_world(*twice), "8162f92")
    assert refused.code is Code.USAGE
    assert all(f"`prodworthy rollback {each.id}`" in refused.remedy for each in twice)


@pytest.mark.parametrize("wanted", ["8162f9", "0000000", "8162f92x"], ids=["too-short", "unknown", "no-commit"])
def test_what_is_no_known_commit_is_no_deployment(wanted: str) -> None:
    built = deployment("Built", 3, commit="8162f92" + "a" * 33)
    assert refusal(a_world(built), wanted).code is Code.DEPLOYMENT_UNKNOWN


def test_what_a_commit_names_is_refused_for_what_it_is() -> None:
    staged = replace(deployment("Staged", 0.5, commit="8162f92" + "a" * 33), substate=Substate.STAGED)
    assert refusal(a_world(staged), "8162f92").code is Code.DEPLOYMENT_NEVER_LIVE
