"""What would be done is found out by reads alone; what must not be done has a word, a sentence and a remedy."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from prodworthy.hosting.errors import HostingError, Refused, Rejected, Unavailable
from prodworthy.hosting.preflight import prepare
from prodworthy.model.codes import Code
from prodworthy.model.hosting import (
    DeploymentState,
    Domain,
    Job,
    JobKind,
    JobState,
    Move,
    RollingRelease,
    Substate,
)
from tests.hosting.world import Host, World, deployment

ROLLBACK, PROMOTE = JobKind.ROLLBACK, JobKind.PROMOTE
BOTH = (ROLLBACK, PROMOTE)

ANCIENT, OLDER, GOOD = deployment("Ancient", 20), deployment("Older", 9), deployment("Good", 5)
BAD = deployment("Bad", 1)
STAGED = deployment("Staged", 0.5, substate=Substate.STAGED, message="fix the cart")


def a_world(*more: object, current: str = BAD.id) -> World:
    return World.of(ANCIENT, OLDER, GOOD, BAD, *more, current=current)  # type: ignore[arg-type]


def prepared(world: World, kind: JobKind, wanted: str | None, declared: tuple[str, ...] = ()) -> Move:
    move = prepare(Host(world), kind, wanted, declared=declared)  # type: ignore[arg-type]
    assert world.asked == []
    return move


def running(kind: JobKind, state: JobState) -> Callable[[World], None]:
    def run(world: World) -> None:
        world.last_job = Job(kind=kind, state=state, requested=1_772_366_400_000, origin=None, destination=OLDER.id)

    return run


def rolling(world: World) -> None:
    world.rolling = RollingRelease(state="ACTIVE", base=GOOD.id, canary=BAD.id, percentage=10)


def on_hobby(world: World) -> None:
    world.account = "hobby"


def as_it_is(world: World) -> None:
    """Nothing special."""


def only(*known: str, current: str = BAD.id) -> Callable[[World], None]:
    def leave(world: World) -> None:
        world.deployments = {id: each for id, each in world.deployments.items() if id in known}  # noqa: A001
        world.current = current

    return leave


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.value) for kind in BOTH])
@pytest.mark.parametrize(
    ("given", "wanted", "code", "says", "remedy"),
    [
        pytest.param(as_it_is, "dpl_nothing", Code.DEPLOYMENT_UNKNOWN, "dpl_nothing", "prodworthy list", id="unknown"),
        pytest.param(as_it_is, "dpl_Foreign", Code.DEPLOYMENT_FOREIGN, "other", "--target", id="another-projects"),
        pytest.param(as_it_is, "dpl_Outside", Code.DEPLOYMENT_FOREIGN, "elsewhere", "list", id="one-seen-from-outside"),
        pytest.param(as_it_is, "dpl_Preview", Code.DEPLOYMENT_PREVIEW, "preview", "--prod", id="a-preview"),
        pytest.param(as_it_is, "dpl_Qa", Code.DEPLOYMENT_PREVIEW, "built for qa", "--prod", id="another-environment"),
        pytest.param(as_it_is, "dpl_Building", Code.DEPLOYMENT_UNREADY, "building", "wait", id="one-being-built"),
        pytest.param(as_it_is, "dpl_Failed", Code.DEPLOYMENT_UNREADY, "error", "build log", id="one-that-failed"),
        pytest.param(as_it_is, "dpl_Odd", Code.DEPLOYMENT_UNREADY, "unknown", "build log", id="a-state-nobody-knows"),
        pytest.param(as_it_is, "dpl_Gone", Code.DEPLOYMENT_DELETED, "dpl_Gone", "restore", id="a-deleted-one"),
        pytest.param(
            running(ROLLBACK, JobState.IN_PROGRESS),
            GOOD.id,
            Code.JOB_ACTIVE,
            "a rollback to dpl_Older runs since 2026-03-01 12:00:00 UTC",
            "prodworthy status",
            id="while-a-rollback-runs",
        ),
        pytest.param(
            running(PROMOTE, JobState.PENDING), GOOD.id, Code.JOB_ACTIVE, "a promotion to", "wait", id="while-one-waits"
        ),
        pytest.param(
            running(JobKind.UNKNOWN, JobState.UNKNOWN),
            GOOD.id,
            Code.JOB_ACTIVE,
            "its state is unknown",
            "prodworthy status",
            id="while-something-unknown-may-run",
        ),
        pytest.param(
            rolling, GOOD.id, Code.ROLLING_RELEASE_ACTIVE, "10 %", "prodworthy status", id="in-a-rolling-release"
        ),
    ],
)
def test_neither_command_goes_on(
    given: Callable[[World], None], wanted: str, code: Code, says: str, remedy: str, kind: JobKind
) -> None:
    world = a_world(
        deployment("Foreign", 2, project="prj_other", name="other"),
        deployment("Outside", 2, project=None, name="elsewhere"),
        deployment("Preview", 2, environment="preview", substate=None),
        deployment("Qa", 2, environment="qa", substate=None),
        deployment("Building", 0.1, state=DeploymentState.BUILDING, substate=None),
        deployment("Failed", 2, state=DeploymentState.ERROR, substate=None),
        deployment("Odd", 2, state=DeploymentState.UNKNOWN),
        deployment("Gone", 90, state=DeploymentState.DELETED),
    )
    given(world)
    refused = refusal(world, kind, wanted)
    assert (refused.code, says in str(refused), remedy in refused.remedy) == (code, True, True), (
        refused,
        refused.remedy,
    )
    assert "\n" not in str(refused)


@pytest.mark.parametrize(
    ("kind", "given", "wanted", "code", "says", "remedy"),
    [
        pytest.param(
            ROLLBACK, as_it_is, STAGED.id, Code.DEPLOYMENT_NEVER_LIVE, "never", "promote", id="rollback-to-a-staged-one"
        ),
        pytest.param(
            ROLLBACK,
            on_hobby,
            OLDER.id,
            Code.PLAN_LIMIT,
            "Hobby",
            f"rollback {GOOD.id}",
            id="rollback-too-far-on-hobby",
        ),
        pytest.param(
            ROLLBACK, only(BAD.id), None, Code.NO_CANDIDATE, "no earlier", "fix forward", id="rollback-of-the-first"
        ),
        pytest.param(
            ROLLBACK,
            only(GOOD.id, BAD.id, current=GOOD.id),
            None,
            Code.NO_CANDIDATE,
            "only newer",
            f"rollback {BAD.id}",
            id="rollback-where-only-newer-ones-are-left",
        ),
        pytest.param(PROMOTE, as_it_is, None, Code.NO_CANDIDATE, "no staged", "--skip-domain", id="promote-nothing"),
    ],
)
def test_one_of_the_commands_does_not_go_on(
    kind: JobKind, given: Callable[[World], None], wanted: str | None, code: Code, says: str, remedy: str
) -> None:
    world = a_world(*([STAGED] if wanted == STAGED.id else []))
    given(world)
    refused = refusal(world, kind, wanted)
    assert (refused.code, says in str(refused), remedy in refused.remedy) == (code, True, True), (
        refused,
        refused.remedy,
    )


def test_of_several_staged_deployments_a_person_chooses() -> None:
    another = deployment("Another", 0.2, substate=Substate.STAGED)
    refused = refusal(a_world(STAGED, another), PROMOTE, None)
    assert refused.code is Code.SEVERAL_CANDIDATES
    first, second = refused.remedy.index(another.id), refused.remedy.index(STAGED.id)
    assert first < second, "the newest first"
    assert "fix the cart" in refused.remedy


def test_a_promotion_takes_the_only_staged_deployment_that_is_newer_than_what_is_live() -> None:
    long_forgotten = deployment("Forgotten", 7, substate=Substate.STAGED)
    assert prepared(a_world(STAGED, long_forgotten), PROMOTE, None).destination == STAGED


def test_what_was_staged_before_the_current_release_is_not_promoted_by_itself() -> None:
    refused = refusal(a_world(deployment("Forgotten", 7, substate=Substate.STAGED)), PROMOTE, None)
    assert refused.code is Code.NO_CANDIDATE


def test_the_previous_one_is_the_newest_that_was_live_before_what_is_current() -> None:
    never_live = deployment("Skipped", 2, substate=Substate.STAGED)
    failed = deployment("Failed", 3, state=DeploymentState.ERROR, substate=None)
    assert prepared(a_world(never_live, failed), ROLLBACK, None).destination == GOOD


def test_after_a_rollback_the_previous_one_is_not_what_was_rolled_back_from() -> None:
    assert prepared(a_world(current=GOOD.id), ROLLBACK, None).destination == OLDER


@pytest.mark.parametrize("kind", BOTH)
def test_what_is_current_already_is_told_and_not_refused(kind: JobKind) -> None:
    move = prepared(a_world(), kind, BAD.id)
    assert (move.already, move.destination) == (True, BAD)


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("wanted", [GOOD.id, GOOD.host, GOOD.url])
def test_a_deployment_is_named_by_id_host_or_url(kind: JobKind, wanted: str) -> None:
    move = prepared(a_world(), kind, wanted)
    assert (move.kind, move.origin, move.destination, move.already) == (kind, BAD, GOOD, False)
    assert move.last_job
    assert move.last_job.requested == 1_000


def test_on_hobby_the_previous_one_may_be_rolled_back_to() -> None:
    world = a_world()
    on_hobby(world)
    assert prepared(world, ROLLBACK, GOOD.id).destination == GOOD


def test_on_hobby_what_production_came_from_may_be_rolled_back_to_also_where_it_is_newer() -> None:
    world = a_world(current=GOOD.id)
    on_hobby(world)
    world.last_job = Job(kind=ROLLBACK, state=JobState.SUCCEEDED, requested=2_000, origin=BAD.id, destination=GOOD.id)
    assert prepared(world, ROLLBACK, BAD.id).destination == BAD


def test_a_promotion_of_an_older_one_is_how_a_rollback_beyond_the_plan_is_made_and_is_not_refused() -> None:
    world = a_world()
    on_hobby(world)
    assert prepared(world, PROMOTE, OLDER.id).destination == OLDER


def test_a_deployment_of_which_the_platform_says_no_project_is_taken_by_its_name() -> None:
    assert prepared(a_world(deployment("Quiet", 3, project=None)), ROLLBACK, "dpl_Quiet").destination.id == "dpl_Quiet"


def test_a_candidate_by_the_platforms_word_is_one_whatever_its_substate_is_called() -> None:
    new_word = deployment("Word", 3, substate=Substate.UNKNOWN, candidate=True)
    assert prepared(a_world(new_word), ROLLBACK, new_word.id).destination == new_word


def test_a_project_without_production_can_be_given_its_first() -> None:
    world = a_world(STAGED)
    world.current, world.last_job = None, None
    move = prepared(world, PROMOTE, STAGED.id)
    assert (move.origin, move.destination) == (None, STAGED)


def test_the_move_concerns_every_verified_domain_of_the_platform_and_every_declared_one() -> None:
    world = a_world()
    world.domains = (
        Domain(name="shop.test"),
        Domain(name="www.shop.test", redirect="shop.test"),
        Domain(name="claimed.test", verified=False),
        Domain(name="*.shop.test"),
        Domain(name="shop.vercel.app"),
    )
    move = prepared(world, ROLLBACK, GOOD.id, declared=("shop.test", "eu.shop.test"))
    assert [each.name for each in move.domains] == ["shop.test", "eu.shop.test", "www.shop.test", "shop.vercel.app"]
    assert move.domains[2].redirect == "shop.test"
    assert [each.declared for each in move.domains] == [True, True, False, False]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_not_taken_for_a_deployment_that_is_unknown(status: int) -> None:
    world = a_world()
    world.faults["deployment"] = [None, Rejected("GET: not authorized", status=status)]
    with pytest.raises(Rejected):
        prepare(Host(world), ROLLBACK, "dpl_Good", declared=())  # type: ignore[arg-type]


def test_a_deployment_past_retention_is_told_from_one_that_never_was() -> None:
    world = a_world()
    world.faults["deployment"] = [None, Rejected("GET: 410", status=410)]
    assert refusal(world, ROLLBACK, "dpl_Good").code is Code.DEPLOYMENT_DELETED


@pytest.mark.parametrize("call", ["project", "deployment", "rolling_release", "candidates", "domains"])
def test_what_cannot_be_looked_at_is_not_guessed(call: str) -> None:
    world = a_world()
    world.faults[call] = [Unavailable("GET: 500", status=500)]
    with pytest.raises(HostingError):
        prepare(Host(world), ROLLBACK, None, declared=())  # type: ignore[arg-type]


def test_a_token_that_may_not_ask_for_rolling_releases_can_move_a_project_that_has_none() -> None:
    world = a_world()
    world.faults["rolling_release"] = [Rejected("GET: 403", status=403)]
    assert prepared(world, ROLLBACK, GOOD.id).destination == GOOD


@pytest.mark.parametrize("status", [401, 403])
def test_where_there_may_be_a_rolling_release_that_nobody_may_see_nothing_is_moved(status: int) -> None:
    world = a_world()
    world.rolling = RollingRelease(state="COMPLETE", base=GOOD.id, canary=BAD.id)
    world.faults["rolling_release"] = [Rejected(f"GET: {status}", status=status)]
    with pytest.raises(Rejected):
        prepare(Host(world), ROLLBACK, GOOD.id, declared=())  # type: ignore[arg-type]


def test_where_the_domains_lead_when_it_is_decided_is_noted() -> None:
    world = a_world()
    world.led["www.shop.test"] = OLDER.id
    world.faults["serving shop.test"] = [Unavailable("GET: 500", status=500)]
    move = prepared(world, ROLLBACK, GOOD.id)
    assert [(each.domain, each.deployment, bool(each.trouble)) for each in move.led] == [
        ("shop.test", None, True),
        ("www.shop.test", OLDER.id, False),
    ]


def test_domains_that_the_platform_sends_to_strangers_are_not_demanded() -> None:
    world = a_world()
    world.domains = (
        Domain(name="shop.test"),
        Domain(name="www.shop.test", redirect="shop.test"),
        Domain(name="old.test", redirect="elsewhere.test"),
    )
    assert prepared(world, ROLLBACK, GOOD.id).demanded == ("shop.test", "www.shop.test")


def test_no_control_character_of_what_was_typed_or_built_reaches_a_terminal() -> None:
    hostile = deployment("Hostile", 2, project="prj_other", name="\x1b[2Jshop\nshop")
    refused = refusal(a_world(hostile), ROLLBACK, hostile.id)
    assert str(refused).isprintable()
    assert str(refusal(a_world(), ROLLBACK, "dpl\x1b[31m")).isprintable()


def refusal(world: World, kind: JobKind, wanted: str | None) -> Refused:
    with pytest.raises(Refused) as raised:
        prepare(Host(world), kind, wanted, declared=())  # type: ignore[arg-type]
    assert world.asked == []
    assert raised.value.remedy
    return raised.value
