"""Whatever happens between our calls, and whatever goes wrong in them: no false success, no second request."""

from __future__ import annotations

from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

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
from prodworthy.hosting.move import carry_out
from prodworthy.hosting.preflight import prepare
from prodworthy.model.codes import Code
from prodworthy.model.hosting import JobKind, JobState, Moved
from tests.hosting.world import DOMAINS, Apps, Course, Host, World, deployment

OLDER, GOOD, BAD = deployment("Older", 9), deployment("Good", 5), deployment("Bad", 1)
TIMES = st.sampled_from([0.0, 0.3, 1.0, 5.0, 14.0, 16.0, 29.0, 31.0, 170.0, 200.0])
READS = st.lists(
    st.sampled_from(
        [
            None,
            None,
            None,
            Unavailable("GET: 500", status=500),
            Throttled("GET: 429", retry_after=2.0),
            NotSent("GET: not sent"),
            OutcomeUnknown("GET: cut"),
            Unintelligible("GET: no JSON"),
            Rejected("GET: 403", status=403),
        ]
    ),
    max_size=12,
)
REQUESTS = st.sampled_from(
    [
        *[None] * 20,
        NotSent("POST: not sent"),
        Throttled("POST: 429", retry_after=60),
        OutcomeUnknown("POST: cut"),
        Unavailable("POST: 502", status=502),
        *(Rejected(f"POST: {status}", status=status) for status in (400, 402, 403, 404, 409, 410, 422)),
    ]
)
AFTERWARDS = st.sampled_from(
    [None, None, OutcomeUnknown("POST: cut"), Unavailable("POST: 500", status=500), Unintelligible("POST: no JSON")]
)
COURSES = st.builds(
    Course,
    state=st.sampled_from([*[JobState.SUCCEEDED] * 6, *JobState]),
    lost=st.sampled_from([False, False, False, True]),
    hidden=TIMES,
    switch=TIMES,
    behind=st.sampled_from([(), (), (), *[(name,) for name in DOMAINS], DOMAINS]),
    lag=TIMES,
    flapping=st.integers(0, 9),
    queued=st.sampled_from([False, False, False, False, True]),
    in_stages=st.sampled_from([False, False, False, False, True]),
)
OTHERS = st.tuples(st.sampled_from(JobKind), st.sampled_from([OLDER, GOOD, BAD]), COURSES)
TROUBLES = st.lists(st.sampled_from([None, None, "no answer"]), max_size=6)


@settings(max_examples=600, deadline=None)
@given(data=st.data(), kind=st.sampled_from([JobKind.ROLLBACK, JobKind.PROMOTE]))
def test_success_is_said_only_of_what_every_domain_serves_and_never_asked_for_twice(
    data: st.DataObject, kind: JobKind
) -> None:
    world = World.of(OLDER, GOOD, BAD, current=data.draw(st.sampled_from([*[BAD.id] * 9, GOOD.id])))
    world.course = data.draw(COURSES)
    move = prepare(Host(world), kind, GOOD.id, declared=())
    apps = _apps(data, world)
    decided_by = world.current
    for name in ("project", "moved", *(f"serving {each}" for each in DOMAINS)):
        world.faults[name] = data.draw(READS)
    if data.draw(st.integers(0, 9)):
        world.faults["project"].insert(0, None)  # else most runs end at the look before the request
    world.faults["request"] = [data.draw(REQUESTS)]
    if (error := data.draw(AFTERWARDS)) is not None:
        world.after["request"] = error
    _others(data, world)
    told: list[Any] = []
    try:
        moved = carry_out(
            Host(world), move, reason="r", run="run", prober=apps, patience=world.patience, tell=told.append
        )
    except (Refused, HostingError) as error:
        assert world.asked == [], "after the request nothing is raised"
        event(f"raised {type(error).__name__}")
        return
    event(moved.code)
    assert len(world.asked) <= 1
    assert world.current_when_asked in ([], [decided_by])
    assert tuple(told) == moved.moments
    _judge(world, apps, moved)


def _apps(data: st.DataObject, world: World) -> Apps:
    closed = [OLDER.host, GOOD.host, BAD.host] if data.draw(st.booleans()) else []
    alike = {GOOD.id: "same", BAD.id: "same"} if data.draw(st.integers(0, 9)) == 0 else {}
    apps = Apps(world, closed=closed, stamps=alike)
    apps.troubles = {name: data.draw(TROUBLES) for name in DOMAINS}
    return apps


def _others(data: st.DataObject, world: World) -> None:
    """Somebody else acts: before the last look, between it and the request, or at any time after."""
    for when in data.draw(st.lists(st.sampled_from(["before", "between", *range(40)]), max_size=2)):
        kind, to, course = data.draw(OTHERS)
        act = lambda kind=kind, to=to, course=course: world.somebody(kind, to.id, course)  # noqa: E731
        if when == "before":
            act()
        elif when == "between":
            world.before_request.append(act)
        else:
            world.at(float(when), act)


def _judge(world: World, apps: Apps, moved: Moved) -> None:
    if moved.proved:
        assert set(world.led.values()) == {GOOD.id}
        assert set(world.edge.values()) == {GOOD.id}
    if moved.code is Code.DONE:
        assert moved.requested
        assert moved.job
        assert (moved.job.kind, moved.job.destination) == (world.asked[0][0], GOOD.id)
        assert moved.job.state is JobState.SUCCEEDED
    for served in moved.served:
        assert served.deployment in {None, world.led[served.domain]}
        if served.proved:
            assert (world.led[served.domain], world.edge[served.domain]) == (GOOD.id, GOOD.id)
        if served.stamps:
            heard = world.heard[served.domain]
            assert served.stamps[-1] in {apps.says(heard), f"files-{heard}"}
    if moved.requested or world.asked:
        assert [served.domain for served in moved.served] == list(DOMAINS), "every domain was looked at"
    if not moved.requested:
        assert world.taken == []
