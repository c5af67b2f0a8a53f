"""Whatever is deployed, promoted, rolled back and broken, in whatever order: what always holds on the platform."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from prodworthy.local.edge import Edge, build_of
from prodworthy.local.edge.files import File
from prodworthy.local.edge.vercel_config import VercelConfig
from prodworthy.local.vercel.faults import read_faults
from prodworthy.local.vercel.platform import Platform
from prodworthy.local.vercel.refusals import Refusal
from prodworthy.local.vercel.state import ProjectState

DOMAINS = ("shop.test", "www.shop.test")
FAULTS = st.sampled_from(
    [
        {},
        {"job_hidden": 0.001},
        {"job_lost": True},
        {"job_skipped": True},
        {"job_failed": True},
        {"partial": ["www.shop.test"]},
        {"partial": ["www.shop.test"], "job_failed": True},
    ]
)
STEP = st.one_of(
    st.tuples(st.just("deploy"), st.sampled_from(["production", None]), st.booleans()),
    st.tuples(st.sampled_from(["rollback", "promote"]), st.integers(0, 5), st.booleans()),
    st.tuples(st.just("faults"), FAULTS, st.none()),
    st.tuples(st.just("stages"), st.sampled_from([[], [10, 100], [10, 50, 100]]), st.none()),
    st.tuples(st.just("plan"), st.sampled_from(["hobby", "pro"]), st.none()),
    st.tuples(st.just("rollout"), st.booleans(), st.none()),
    st.tuples(st.just("wait"), st.none(), st.none()),
)


def one_more(platform: Platform, **more: object) -> None:
    build = build_of({"index.html": File("index.html", b"x", 0)}, VercelConfig(), project="shop")
    platform.deploy(build, **more)  # type: ignore[arg-type]


async def take(platform: Platform, step: tuple[object, object, object]) -> None:
    state, (kind, one, other) = platform.state, step
    if kind == "deploy":
        one_more(platform, target=one, staged=other)
    elif kind in {"rollback", "promote"} and isinstance(one, int):
        names = list(state.deployments)
        move: Callable[[str], Awaitable[int]] = getattr(platform, str(kind))
        await move(names[one % len(names)])
        if other:
            await ended(platform)
    elif kind == "faults":
        platform.faults = read_faults(one)
    elif kind == "stages" and platform.rollouts.active is None:
        state.stages = list(one)  # type: ignore[call-overload]
    elif kind == "plan":
        state.plan = str(one)
        platform.choose_candidates()
    elif kind == "rollout" and (rollout := platform.rollouts.active):
        if one:
            platform.rollouts.complete(rollout.canary)
        else:
            platform.rollouts.approve(rollout.stage + 1, rollout.canary)
    else:
        await ended(platform)


async def ended(platform: Platform) -> None:
    while platform.jobs.active:  # noqa: ASYNC110 - jobs take no time here, but for the turns of the loop
        await asyncio.sleep(0)


def holds(state: ProjectState, edge: Edge, lagging: set[str]) -> None:
    current = state.deployments[str(state.current)]
    assert (current.state, current.target, current.substate) == ("READY", "production", "PROMOTED")
    assert state.crons == current.id
    assert not current.candidate
    for each in state.deployments.values():
        assert not each.candidate or each.substate == "PROMOTED"
        assert each.target == "production" or each.substate is None
    if state.plan == "hobby":
        assert sum(each.candidate for each in state.deployments.values()) <= 1
    for domain in state.domains.values():
        assert edge.current(domain.name) == domain.deployment
        assert domain.deployment == current.id or domain.name in lagging
    rolling = [each.id for each in state.deployments.values() if each.substate == "ROLLING"]
    active = state.rollout is not None and state.rollout.state == "ACTIVE"
    assert rolling == ([state.rollout.canary] if active and state.rollout else [])


@settings(deadline=None, max_examples=150)
@given(st.lists(STEP, max_size=20))
def test_production_is_always_one_deployment_that_was_promoted(steps: list[tuple[object, object, object]]) -> None:
    async def run() -> None:
        edge = Edge()
        platform = Platform(edge, settings={"switch": "0.0"}, domains=DOMAINS)
        one_more(platform)
        for step in steps:
            before = platform.state.auto_assign, platform.state.current
            try:
                await take(platform, step)
            except Refusal:
                assert (platform.state.auto_assign, platform.state.current) == before, "a refusal changes nothing"
            holds(platform.state, edge, {"www.shop.test"})
        await ended(platform)
        platform.close()
        holds(platform.state, edge, {"www.shop.test"})

    asyncio.run(run())
