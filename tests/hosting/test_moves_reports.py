"""What a move says of itself: the reason that is sent, its moments, what is proved and with which reservation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from random import Random
from threading import Event
from typing import Any

import pytest

from prodworthy.hosting import watching
from prodworthy.hosting.act import MOST
from prodworthy.hosting.errors import (
    HostingError,
    NotSent,
    OutcomeUnknown,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Unintelligible,
)
from prodworthy.hosting.move import LONGEST, Interrupted, carry_out
from prodworthy.hosting.preflight import prepare
from prodworthy.hosting.proof import SPACING, TIMES
from prodworthy.hosting.watching import WATCHING
from prodworthy.model.codes import Code
from prodworthy.model.hosting import Domain, Job, JobKind, JobState, Milestone, Moment, Moved, RollingRelease
from tests.bench.switch import AIM
from tests.hosting.world import DOMAINS, Apps, Course, Host, World, deployment

ROLLBACK, PROMOTE = JobKind.ROLLBACK, JobKind.PROMOTE
OLDER, GOOD, BAD = deployment("Older", 9), deployment("Good", 5), deployment("Bad", 1)


@pytest.fixture
def world() -> World:
    return World.of(OLDER, GOOD, BAD, current=BAD.id)


def moved(world: World, kind: JobKind = ROLLBACK, *, to: str = GOOD.id, apps: Apps | None = None, **more: Any) -> Moved:
    host: Any = Host(world)
    told: dict[str, Any] = {
        "reason": "the cart is broken",
        "run": "run-1",
        "prober": apps or Apps(world),
        "patience": world.patience,
        "tell": lambda _: None,
    }
    return carry_out(host, prepare(host, kind, to, declared=()), **told | more)


# the request


def test_the_reason_carries_run_origin_and_destination(world: World) -> None:
    report = moved(world)
    wanted = f"the cart is broken [prodworthy run=run-1 from={BAD.id} to={GOOD.id}]"
    assert (report.reason, world.asked) == (wanted, [(ROLLBACK, GOOD.id, wanted)])


@pytest.mark.parametrize("reason", ["x" * 1_000, "ä" * 250, "a\nb\x1b[31m\u202e" * 90])
def test_a_long_reason_is_cut_and_the_bracket_never(world: World, reason: str) -> None:
    sent = moved(world, reason=reason).reason
    assert len(sent) <= LONGEST
    assert sent.endswith(f" [prodworthy run=run-1 from={BAD.id} to={GOOD.id}]")
    assert sent.isprintable()
    assert len(sent) > LONGEST - 40, "what fits is kept"


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_without_a_reason_the_bracket_stands_alone(world: World, reason: str) -> None:
    assert moved(world, reason=reason).reason.startswith("[prodworthy ")


def test_a_promotion_sends_no_reason_and_says_so(world: World) -> None:
    report = moved(world, PROMOTE)
    assert (report.code, report.reason, world.asked) == (Code.DONE, "", [(PROMOTE, GOOD.id, "")])


def test_what_is_current_already_is_asked_for_by_nobody(world: World) -> None:
    report = moved(world, to=BAD.id)
    assert (report.code, report.requested, world.asked) == (Code.ALREADY_CURRENT, False, [])
    assert "reservation" not in report.said
    assert "nothing had to be changed" in report.said
    assert all(each.proved for each in report.served)


def test_what_is_current_already_but_not_served_everywhere_is_not_proved(world: World) -> None:
    world.led["www.shop.test"] = world.edge["www.shop.test"] = OLDER.id
    report = moved(world, to=BAD.id)
    assert (report.code, report.requested, world.asked) == (Code.NOT_PROVED, False, [])
    assert f"www.shop.test: the host leads it to {OLDER.id}" in report.said
    assert "shop.test: the host leads it to dpl_Bad" not in report.said, "only who does not serve it is named"


def test_a_move_whose_origin_has_changed_meanwhile_asks_for_nothing(world: World) -> None:
    host: Any = Host(world)
    move = prepare(host, ROLLBACK, GOOD.id, declared=())
    world.somebody(PROMOTE, OLDER.id)
    world.sleep(1)
    with pytest.raises(Refused) as refused:
        carry_out(host, move, reason="", run="r", prober=Apps(world), patience=world.patience, tell=lambda _: None)  # type: ignore[arg-type]
    assert (refused.value.code, world.asked) == (Code.CURRENT_CHANGED, [])
    assert OLDER.id in str(refused.value)
    assert BAD.id in str(refused.value)


def test_a_project_that_cannot_be_read_again_is_asked_for_nothing(world: World) -> None:
    host: Any = Host(world)
    move = prepare(host, ROLLBACK, GOOD.id, declared=())
    world.faults["project"] = [Unavailable("GET: 500", status=500)]
    with pytest.raises(HostingError):
        carry_out(host, move, reason="", run="r", prober=Apps(world), patience=world.patience, tell=lambda _: None)  # type: ignore[arg-type]
    assert world.asked == []


# moments


def test_the_moments_come_in_their_order_and_are_told_as_they_come(world: World) -> None:
    told: list[Moment] = []
    report = moved(world, tell=told.append)
    wanted = [Milestone.DECIDED, Milestone.REQUESTED, Milestone.SWITCHED, Milestone.PROVED]
    assert [each.what for each in told] == wanted
    assert report.moments == tuple(told)
    assert all(each.at.tzinfo is UTC and each.said for each in told)
    assert [each.at for each in told] == sorted(each.at for each in told)


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.SUCCEEDED])
def test_no_moment_says_switched_or_proved_of_a_job_that_did_not_succeed(world: World, state: JobState) -> None:
    world.course = Course(state=state)
    report = moved(world)
    assert [each.what for each in report.moments] == [Milestone.DECIDED, Milestone.REQUESTED]
    assert not report.proved


# Ctrl-C


@pytest.mark.parametrize("milestone", [Milestone.REQUESTED, Milestone.SWITCHED, Milestone.PROVED])
def test_ctrl_c_after_the_request_carries_what_is_known(world: World, milestone: Milestone) -> None:
    def tell(moment: Moment) -> None:
        if moment.what is milestone:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as interrupted:
        moved(world, tell=tell)
    report = interrupted.value.moved
    assert (report.code, report.requested, report.proved) == (Code.INTERRUPTED_AFTER_REQUEST, True, False)
    assert report.reason
    assert report.moments[-1].what is milestone
    assert len(world.asked) == 1


def test_ctrl_c_in_the_request_itself_counts_as_after_it(world: World) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    world.before_request.append(interrupt)
    with pytest.raises(Interrupted):
        moved(world)


def test_ctrl_c_while_the_job_runs_keeps_the_job(world: World) -> None:
    world.course = Course(switch=9.0)

    def sleep(seconds: float) -> None:
        if world.now > 2:
            raise KeyboardInterrupt
        world.sleep(seconds)

    with pytest.raises(Interrupted) as interrupted:
        moved(world, patience=replace(world.patience, sleep=sleep))
    job = interrupted.value.moved.job
    assert job
    assert (job.state, job.destination) == (JobState.PENDING, GOOD.id)


def test_ctrl_c_before_the_request_is_nothing_but_that(world: World) -> None:
    def tell(moment: Moment) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as interrupted:
        moved(world, tell=tell)
    assert not isinstance(interrupted.value, Interrupted)
    assert world.asked == []


# whose job it is


@pytest.mark.parametrize(
    ("kind", "to"),
    [
        pytest.param(ROLLBACK, OLDER.id, id="to-another-deployment"),
        pytest.param(PROMOTE, GOOD.id, id="of-another-kind-to-the-same"),
        pytest.param(PROMOTE, OLDER.id, id="all-different"),
    ],
)
@pytest.mark.parametrize("lost", [False, True], ids=["after-ours", "in-place-of-ours"])
def test_somebody_elses_job_is_no_success_of_ours(world: World, kind: JobKind, to: str, lost: bool) -> None:
    world.course = Course(lost=lost)
    world.at(0.1, lambda: world.somebody(kind, to))
    report = moved(world)
    assert report.code is Code.JOB_OVERTAKEN
    assert report.job
    assert (report.job.kind, report.job.destination) == (kind, to)
    assert f"to {to} (succeeded) in the meantime" in report.said
    assert [each.deployment for each in report.served] == [world.led[name] for name in DOMAINS]


def test_a_job_of_somebody_else_that_comes_with_the_proof_is_no_success_of_ours(world: World) -> None:
    def tell(moment: Moment) -> None:
        if moment.what is Milestone.SWITCHED:
            world.somebody(PROMOTE, OLDER.id, Course(switch=60.0))

    report = moved(world, tell=tell)
    assert report.code is Code.JOB_OVERTAKEN
    assert {each.deployment for each in report.served} == {GOOD.id}, "theirs has not switched yet"


def test_an_earlier_job_of_the_same_kind_to_the_same_deployment_is_not_ours(world: World) -> None:
    world.last_job = Job(kind=ROLLBACK, state=JobState.SUCCEEDED, requested=500, origin=OLDER.id, destination=GOOD.id)
    world.course = Course(lost=True)
    report = moved(world)
    assert (report.code, report.job) == (Code.JOB_LOST, None)


@pytest.mark.parametrize("state", [JobState.SUCCEEDED, JobState.FAILED, JobState.SKIPPED])
def test_a_job_that_ended_since_the_decision_asks_for_a_new_one(world: World, state: JobState) -> None:
    host: Any = Host(world)
    move = prepare(host, ROLLBACK, GOOD.id, declared=())
    world.last_job = Job(kind=ROLLBACK, state=state, requested=1_001, origin=BAD.id, destination=OLDER.id)
    with pytest.raises(Refused) as refused:
        carry_out(host, move, reason="", run="r", prober=Apps(world), patience=world.patience)  # type: ignore[arg-type]
    assert (refused.value.code, world.asked) == (Code.CURRENT_CHANGED, [])
    assert f"a rollback to {OLDER.id}" in str(refused.value)


def test_a_domain_that_leads_elsewhere_by_now_asks_for_a_new_decision_although_the_project_says_the_same(
    world: World,
) -> None:
    host: Any = Host(world)
    move = prepare(host, ROLLBACK, GOOD.id, declared=())
    world.led["www.shop.test"] = OLDER.id
    with pytest.raises(Refused) as refused:
        carry_out(host, move, reason="", run="r", prober=Apps(world), patience=world.patience)  # type: ignore[arg-type]
    assert (refused.value.code, world.asked) == (Code.CURRENT_CHANGED, [])
    assert str(refused.value) == f"the host leads www.shop.test to {OLDER.id} by now, no longer to {BAD.id}"


@pytest.mark.parametrize("looks", [[Unavailable("GET: 500", status=500)], [None, Unavailable("GET: 500", status=500)]])
def test_a_domain_of_which_one_of_the_two_looks_says_nothing_is_in_nobodys_way(
    world: World, looks: list[HostingError | None]
) -> None:
    world.faults["serving shop.test"] = looks
    assert moved(world).code is Code.DONE


def test_a_domain_that_always_led_elsewhere_is_in_nobodys_way(world: World) -> None:
    world.led["www.shop.test"] = world.edge["www.shop.test"] = OLDER.id
    assert moved(world).code is Code.DONE


def test_what_somebody_else_does_is_waited_for_before_it_is_told(world: World) -> None:
    world.at(0.1, lambda: world.somebody(PROMOTE, OLDER.id, Course(switch=40.0)))
    report = moved(world)
    assert report.code is Code.JOB_OVERTAKEN
    assert {each.deployment for each in report.served} == {OLDER.id}


@pytest.mark.parametrize(
    ("state", "code"),
    [(JobState.SKIPPED, Code.JOB_SKIPPED), (JobState.FAILED, Code.JOB_FAILED), (JobState.SUCCEEDED, Code.DONE)],
)
def test_how_our_job_ended_is_how_the_move_ended(world: World, state: JobState, code: Code) -> None:
    world.course = Course(state=state)
    report = moved(world)
    assert (report.code, report.job and report.job.state) == (code, state)
    assert {each.deployment for each in report.served} == {GOOD.id if code is Code.DONE else BAD.id}


def test_what_is_queued_has_changed_nothing(world: World) -> None:
    world.course = Course(queued=True)
    report = moved(world, PROMOTE)
    assert (report.code, report.requested, {each.deployment for each in report.served}) == (Code.QUEUED, True, {BAD.id})


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotSent("POST: not sent"), Code.UNREACHABLE),
        (Throttled("POST: 429", retry_after=9), Code.THROTTLED),
        (Rejected("POST: 402", status=402), Code.PLAN_LIMIT),
        (Rejected("POST: 404", status=404), Code.DEPLOYMENT_UNKNOWN),
        (Rejected("POST: 410", status=410), Code.DEPLOYMENT_DELETED),
        (Rejected("POST: 409", status=409, message="no"), Code.REJECTED),
        (Rejected("POST: 400", status=400), Code.REJECTED),
    ],
)
def test_a_request_that_was_certainly_not_taken_has_asked_for_nothing(
    world: World, error: HostingError, code: Code
) -> None:
    world.faults["request"] = [error]
    report = moved(world)
    assert (report.code, report.requested, len(world.asked)) == (code, False, 1)
    assert [each.deployment for each in report.served] == [BAD.id, BAD.id]


@pytest.mark.parametrize("taken", [False, True])
@pytest.mark.parametrize(
    "error", [Unavailable("POST: 500", status=500), OutcomeUnknown("POST: cut"), Unintelligible("POST: odd")]
)
def test_of_a_request_without_an_answer_the_job_tells(world: World, error: HostingError, taken: bool) -> None:
    if taken:
        world.after["request"] = error
    else:
        world.faults["request"] = [error]
    report = moved(world)
    assert (report.code, report.requested) == (Code.DONE if taken else Code.OUTCOME_UNKNOWN, True)
    assert len(world.asked) == 1


# the proof


def test_builds_that_say_the_same_are_told_apart_by_their_files(world: World) -> None:
    report = moved(world, apps=Apps(world, stamps={GOOD.id: "same", BAD.id: "same"}))
    assert (report.code, report.served[0].stamps) == (Code.DONE, (f"files-{GOOD.id}",) * 3)
    assert "say the same" not in report.said


@pytest.mark.parametrize("lag", [0.0, 3000.0])
def test_builds_that_cannot_be_told_apart_are_never_proved(world: World, lag: float) -> None:
    world.course = Course(lag=lag)
    report = moved(world, apps=Alike(world))
    assert (report.code, report.requested, report.proved) == (Code.INDISTINGUISHABLE, True, False)
    assert "which of the two is served cannot be told" in report.said
    assert "identity" in report.remedy
    assert "VERCEL_DEPLOYMENT_ID" in report.remedy
    assert [each.what for each in report.moments][-1] is Milestone.SWITCHED
    assert [(each.deployment, each.proved) for each in report.served] == [(GOOD.id, None)] * 2
    assert world.now < 5, "waiting would tell nothing more"


def test_asking_again_does_not_make_a_proof_of_what_cannot_be_told_apart(world: World) -> None:
    world.course = Course(lag=3000.0)
    moved(world, apps=Alike(world))
    report = moved(world, apps=Alike(world))
    assert (report.code, report.requested, len(world.asked)) == (Code.INDISTINGUISHABLE, False, 1)


def test_what_was_live_before_and_is_gone_stands_in_no_proofs_way(world: World) -> None:
    moved(world)
    del world.deployments[BAD.id]
    assert moved(world).code is Code.ALREADY_CURRENT


def test_what_cannot_be_told_apart_is_not_said_to_be_served_either(world: World) -> None:
    world.course = Course(hidden=3000.0, switch=0.2)
    report = moved(world, apps=Alike(world))
    assert report.code is Code.JOB_LOST
    assert "is served by" not in report.said
    assert not any(each.proved for each in report.served)


def test_what_only_the_platform_tells_apart_still_needs_the_platform(world: World) -> None:
    world.course = Course(behind=["www.shop.test"])
    assert moved(world, apps=Alike(world)).code is Code.NOT_PROVED


class Alike(Apps):
    """All builds say the same, and are made of the same files."""

    def by_files(self) -> Apps:
        return self

    def says(self, deployment: str) -> str:
        return "files-of-all"


def test_without_asking_the_app_nothing_is_proved_and_nobody_waits_in_vain(world: World) -> None:
    report = moved(world, prober=None)
    assert (report.code, {each.deployment for each in report.served}) == (Code.NOT_PROVED, {GOOD.id})
    assert "the app was not asked" in report.said
    assert world.now < 2


def test_a_project_without_domains_proves_nothing(world: World) -> None:
    world.domains = ()
    report = moved(world)
    assert (report.code, report.served) == (Code.NOT_PROVED, ())
    assert "no production domain is known" in report.said


def test_a_domain_that_the_platform_sends_to_a_stranger_is_shown_and_asked_for_no_proof(world: World) -> None:
    world.domains = (*world.domains, Domain(name="old.test", redirect="elsewhere.test"))
    world.led["old.test"] = world.edge["old.test"] = BAD.id
    report = moved(world)
    assert report.code is Code.DONE
    stranger = next(each for each in report.served if each.domain == "old.test")
    assert (stranger.leads_to, stranger.proved) == ("elsewhere.test", False)


def test_only_domains_that_lead_to_strangers_prove_nothing(world: World) -> None:
    world.domains = (Domain(name="old.test", redirect="elsewhere.test"),)
    world.led["old.test"] = world.edge["old.test"] = BAD.id
    assert moved(world).code is Code.NOT_PROVED


def test_a_domain_counts_as_the_one_that_it_redirects_to(world: World) -> None:
    world.domains = (Domain(name="shop.test"), Domain(name="www.shop.test", redirect="shop.test"))
    world.course = Course(behind=["www.shop.test"])  # of which nobody sees anything
    report = moved(world)
    assert report.code is Code.DONE
    assert [(each.deployment, each.leads_to) for each in report.served] == [(GOOD.id, None), (GOOD.id, "shop.test")]


def test_a_domain_that_cannot_be_asked_is_not_proved_by_the_others(world: World) -> None:
    apps = Apps(world, closed=["www.shop.test"])
    report = moved(world, apps=apps)
    assert report.code is Code.NOT_PROVED
    assert "www.shop.test" in report.said
    assert "deployment protection answered" in report.said
    assert [each.proved for each in report.served] == [True, False]


def test_two_right_answers_and_a_wrong_one_are_no_proof(world: World) -> None:
    apps = Apps(world)
    apps.troubles["shop.test"] = [None, None, None, "no answer", None, None, "no answer"]
    report = moved(world, apps=apps)
    assert report.code is Code.DONE
    assert len(report.served[0].stamps) == 3


def test_an_edge_that_once_answered_with_the_old_build_has_to_answer_longer_with_the_new_one(world: World) -> None:
    for misses, needed in ((0, TIMES), (1, 2 * TIMES), (2, 4 * TIMES), (9, MOST)):
        again = World.of(OLDER, GOOD, BAD, current=BAD.id)
        again.domains = (Domain(name="shop.test"),)
        answers = iter([True] * misses)
        again.course = Course(stale=lambda answers=answers: next(answers, False))  # type: ignore[misc]
        report = moved(again)
        assert (report.code, [len(each.stamps) for each in report.served]) == (Code.DONE, [needed])


def test_one_domain_that_wavers_lengthens_the_proof_of_all_for_they_share_the_edge(world: World) -> None:
    answers = iter([True])
    world.course = Course(stale=lambda: next(answers, False))
    assert [len(each.stamps) for each in moved(world).served] == [2 * TIMES] * 2


def test_a_domain_that_the_platform_itself_leads_elsewhere_says_nothing_of_the_edge(world: World) -> None:
    world.course = Course(behind=["www.shop.test"])
    assert len(moved(world).served[0].stamps) == TIMES


def test_an_edge_that_goes_on_wavering_is_proved_by_no_lucky_moment() -> None:
    chance = Random(4)
    for _ in range(30):
        world = World.of(OLDER, GOOD, BAD, current=BAD.id)
        answers = iter([True])  # it shows at once that it wavers
        world.course = Course(stale=lambda answers=answers: next(answers, False) or chance.random() < 0.7)  # type: ignore[misc]
        assert moved(world).code is Code.NOT_PROVED


def test_the_answers_that_prove_are_not_all_of_one_moment(world: World) -> None:
    """An edge that falls back within two tenths of a second is seen."""
    world.course = Course(switch=0.0)
    world.at(1.5 * SPACING, lambda: world.edge.update({"shop.test": BAD.id}))
    report = moved(world)
    assert (report.code, report.served[0].stamps[-1]) == (Code.NOT_PROVED, BAD.commit)


@pytest.mark.parametrize("switch", [each * 0.13 for each in range(40)])
def test_from_our_jobs_success_to_the_proof_is_within_the_aim(world: World, switch: float) -> None:
    world.course = Course(switch=switch)
    report = moved(world)
    assert report.code is Code.DONE
    assert world.now - switch <= AIM


def test_an_own_address_of_the_platform_that_is_closed_counts_by_its_word_and_that_is_said(world: World) -> None:
    world = with_own_address(world)
    report = moved(world, apps=Apps(world, closed=[OWN]))
    assert report.code is Code.DONE
    assert f"{GOOD.id} is served by shop.test, www.shop.test; deployment protection closes {OWN}" in report.said
    assert [each.proved for each in report.served] == [True, True, None]


def test_an_own_address_that_is_closed_and_leads_elsewhere_is_no_proof(world: World) -> None:
    world = with_own_address(world)
    world.course = Course(behind=[OWN])
    report = moved(world, apps=Apps(world, closed=[OWN]))
    assert report.code is Code.NOT_PROVED
    assert f"but {OWN}: the host leads it to {BAD.id}" in report.said


def test_an_own_address_that_answers_otherwise_than_closed_has_to_prove_it(world: World) -> None:
    world = with_own_address(world)
    apps = Apps(world)
    apps.troubles[OWN] = ["it answers 500"] * 1_000
    assert moved(world, apps=apps).code is Code.NOT_PROVED


def test_closed_addresses_alone_prove_nothing(world: World) -> None:
    world.domains = (Domain(name=OWN),)
    world.led[OWN] = world.edge[OWN] = BAD.id
    report = moved(world, apps=Apps(world, closed=[OWN]))
    assert report.code is Code.NOT_PROVED
    assert "deployment protection answered" in report.said
    assert world.now < 5, "and nobody waits for it"


OWN = "shop.vercel.app"


def with_own_address(world: World) -> World:
    world.domains = (*world.domains, Domain(name=OWN))
    world.led[OWN] = world.edge[OWN] = BAD.id
    return world


def test_a_domain_that_stayed_behind_has_a_way_out_that_is_not_asking_again(world: World) -> None:
    world.course = Course(behind=["www.shop.test"])
    for _ in range(2):
        report = moved(world)
        assert report.code is Code.NOT_PROVED
        assert f"`vercel alias set {GOOD.host} www.shop.test`" in report.remedy
        assert "to another deployment and back" in report.remedy
    assert len(world.asked) == 1


def test_a_name_that_a_shell_would_not_take_as_one_is_in_no_command(world: World) -> None:
    hostile = "x.test;reboot"
    world.domains = (*world.domains, Domain(name=hostile))
    world.led[hostile] = world.edge[hostile] = BAD.id
    world.course = Course(behind=[hostile])
    assert "reboot" not in moved(world).remedy


def test_only_what_the_platform_calls_failed_has_failed(world: World) -> None:
    world.course = Course(behind=["www.shop.test"])

    def tell(moment: Moment) -> None:
        if moment.what is Milestone.SWITCHED:
            world._told |= {"shop.test": JobState.PENDING, "eu.test": JobState.IN_PROGRESS, "de.test": JobState.UNKNOWN}

    report = moved(world, tell=tell)
    assert [each.domain for each in report.failed] == ["www.shop.test"]
    assert report.said.endswith("the host itself says that it failed for www.shop.test")


def test_a_domain_that_was_proved_early_is_looked_at_again_with_the_last(world: World) -> None:
    world.course = Course(switch=0.0)
    apps = Apps(world)
    apps.troubles["www.shop.test"] = ["no answer"] * 4

    def fall_back() -> None:
        world.edge["shop.test"] = BAD.id

    world.at(0.5, fall_back)
    report = moved(world, apps=apps)
    assert report.code is Code.NOT_PROVED
    assert [each.proved for each in report.served] == [False, True]


def test_after_a_rolling_release_has_begun_instead_nothing_is_proved(world: World) -> None:
    world.course = Course(in_stages=True)
    report = moved(world, PROMOTE)
    assert report.code is Code.ROLLING_RELEASE_STARTED
    assert f"a rolling release to {GOOD.id} began" in report.said


def test_a_rolling_release_that_begins_with_the_proof_leaves_nothing_proved(world: World) -> None:
    world.rolling = RollingRelease(state="COMPLETE", base=OLDER.id, canary=BAD.id)  # so that one may begin

    def tell(moment: Moment) -> None:
        if moment.what is Milestone.SWITCHED:
            world.rolling = RollingRelease(state="ACTIVE", base=GOOD.id, canary=OLDER.id, percentage=10)

    report = moved(world, tell=tell)
    assert (report.code, report.proved) == (Code.NOT_PROVED, False)
    assert f"a rolling release to {OLDER.id} began while the domains were looked at" in report.said
    assert "complete or abort" in report.remedy


def test_a_project_that_merely_has_rolling_releases_configured_is_moved(world: World) -> None:
    world.rolling = RollingRelease(state="COMPLETE", base=OLDER.id, canary=BAD.id)
    assert moved(world).code is Code.DONE


# waiting


def test_a_platform_that_wants_to_be_left_alone_is(world: World) -> None:
    host: Any = Host(world)
    move = prepare(host, ROLLBACK, GOOD.id, declared=())
    world.faults["project"] = [None, Throttled("GET: 429", retry_after=20.0)]
    report = carry_out(
        host,
        move,
        reason="",
        run="r",
        prober=Apps(world),
        patience=world.patience,
        tell=lambda _: None,  # type: ignore[arg-type]
    )
    assert report.code is Code.DONE
    assert 20 <= world.now < 22


def test_looks_are_few_while_nothing_happens(world: World) -> None:
    world.course = Course(state=JobState.IN_PROGRESS)
    report = moved(world)
    assert (report.code, report.job and report.job.state) == (Code.JOB_UNFINISHED, JobState.IN_PROGRESS)
    assert world.patience.total <= world.now < world.patience.total + 5
    assert world.calls.count("project") < 2 * world.patience.total


def test_an_unknown_state_is_waited_for_and_never_a_success(world: World) -> None:
    world.course = Course(state=JobState.UNKNOWN)
    report = moved(world)
    assert report.code is Code.JOB_UNFINISHED
    assert "still unknown after 180 s" in report.said


@pytest.mark.parametrize("times", [1, 1_000])
def test_a_look_that_fails_in_any_way_costs_no_report(world: World, times: int) -> None:
    fault: Any = AttributeError("'int' object has no attribute 'get'")
    world.faults["project"] = [None, None, *[fault] * times]
    report = moved(world)
    assert (report.code, len(world.asked)) == (Code.DONE if times == 1 else Code.OUTCOME_UNKNOWN, 1)
    assert (times == 1) or "could not be read: AttributeError" in report.said


def test_a_request_that_fails_in_any_way_is_looked_after(world: World) -> None:
    world.after["request"] = RecursionError()  # type: ignore[assignment]
    report = moved(world)
    assert (report.code, report.requested, len(world.asked)) == (Code.DONE, True, 1)


@pytest.mark.parametrize("call", ["moved", "serving www.shop.test"])
def test_what_is_looked_at_for_the_report_costs_none_either(world: World, call: str) -> None:
    fault: Any = OverflowError()
    world.course = Course(behind=["www.shop.test"])
    world.faults[call] = [None, None, *[fault] * 1_000] if call != "moved" else [fault]
    assert moved(world).code is Code.NOT_PROVED


def test_nobody_says_that_the_platform_shows_no_job_who_was_not_let_look(world: World) -> None:
    world.faults["project"] = [None, None, None, *[Unavailable("GET: 500", status=500)] * 1_000]
    world.course = Course(lost=True)
    report = moved(world)
    assert report.code is Code.OUTCOME_UNKNOWN
    assert "GET: 500" in report.said
    assert "shows no such job" not in report.said


def test_a_look_lasts_no_longer_than_the_operator_waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    never = Event()
    monkeypatch.setattr(watching, "LEAST", 0.05)

    def tell(moment: Moment) -> None:
        if moment.what is Milestone.REQUESTED:
            monkeypatch.setattr(World, "project", lambda _: never.wait())

    report = moved(world, tell=tell, patience=replace(WATCHING, total=0.2))
    never.set()
    assert report.code is Code.OUTCOME_UNKNOWN
    assert "no answer within" in report.said
    assert [each.deployment for each in report.served] == [BAD.id, BAD.id]


def test_three_refused_looks_in_a_row_end_the_watch(world: World) -> None:
    host: Any = Host(world)
    move = prepare(host, ROLLBACK, GOOD.id, declared=())
    world.course = Course(switch=60.0)
    refused = Rejected("GET: 403", status=403)
    world.faults["project"] = [None, None, refused, refused, refused]
    report = carry_out(
        host,
        move,
        reason="",
        run="r",
        prober=Apps(world),
        patience=world.patience,
        tell=lambda _: None,  # type: ignore[arg-type]
    )
    assert report.code is Code.JOB_UNFINISHED
    assert "does not let us look" in report.said
    assert world.now < 5


@pytest.mark.parametrize("domain", DOMAINS)
def test_what_is_said_names_only_the_domains_that_do_not_serve_it(world: World, domain: str) -> None:
    world.course = Course(behind=[domain])
    report = moved(world)
    assert report.code is Code.NOT_PROVED
    assert f"but {domain}: the host leads it to {BAD.id}, it says " in report.said
    assert [each.domain for each in report.failed] == [domain]
    assert [each.proved for each in report.served] == [name != domain for name in DOMAINS]


@pytest.mark.parametrize(("total", "most"), [(5.0, 6.0), (0.5, 4.5), (180.0, 33.0)])
def test_domains_are_waited_for_no_longer_than_the_operator_waits(world: World, total: float, most: float) -> None:
    world.course = Course(behind=[DOMAINS[0]], switch=0.2)
    report = moved(world, patience=replace(world.patience, total=total))
    assert report.code is Code.NOT_PROVED
    assert min(total, 3.0) <= world.now <= most


def test_a_domain_that_falls_back_while_another_is_waited_for_is_reported_as_it_is(world: World) -> None:
    world.course = Course(behind=["www.shop.test"])
    world.at(9.0, lambda: world.edge.update({"shop.test": OLDER.id}))
    report = moved(world)
    assert [(each.stamps[-1], each.proved) for each in report.served] == [(OLDER.commit, False), (BAD.commit, False)]


def test_a_job_that_runs_at_the_last_look_is_left_alone(world: World) -> None:
    host: Any = Host(world)
    move = prepare(host, ROLLBACK, GOOD.id, declared=())
    world.somebody(PROMOTE, OLDER.id, Course(switch=60.0))
    with pytest.raises(Refused) as refused:
        carry_out(host, move, reason="", run="r", prober=Apps(world), patience=world.patience)  # type: ignore[arg-type]
    assert (refused.value.code, world.asked) == (Code.JOB_ACTIVE, [])


def test_a_conflict_while_somebodys_job_runs_is_about_that_job(world: World) -> None:
    world.before_request.append(lambda: world.somebody(PROMOTE, OLDER.id, Course(switch=60.0)))
    world.faults["request"] = [Rejected("POST: 409", status=409, message="no")]
    report = moved(world)
    assert (report.code, report.requested) == (Code.JOB_ACTIVE, False)
    assert f"a promotion to {OLDER.id} runs" in report.said
