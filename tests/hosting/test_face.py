"""The host's face in a run: which targets are bound, what is handed to the others, and who has the token."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from prodworthy.hosting import binding, plugin
from prodworthy.hosting.errors import Unavailable
from prodworthy.hosting.plugin import BindingFace, Custody, bindings_key
from prodworthy.local.plugin import failures_key
from prodworthy.model import Embedded, Identity, Secret, Stage, Target
from prodworthy.model.hosting import Bound, Hosting, Substate, Token
from prodworthy.model.verdict import Binding
from prodworthy.plain import to_plain
from prodworthy.targets.plugin import targets_key
from tests.hosting.world import DOMAINS, Apps, Host, World, deployment

TOKEN = "SHOP_VERCEL_TOKEN"
HOSTING = Hosting(project="prj_shop", token=Token(name=TOKEN))
LIVE = Target(
    name="prod",
    url="https://shop.test",
    domains=tuple(f"https://{name}" for name in DOMAINS),
    identity=Identity(pointer="/commit"),
    hosting=HOSTING,
    stage=Stage.LIVE,
)
BEFORE = replace(LIVE, stage=Stage.PRE_PROMOTE)
CLOSED = replace(HOSTING, bypass=Secret(name="SHOP_BYPASS"))


class Configured:
    """What the face asks of pytest's configuration."""

    def __init__(self, *targets: Target, **options: str) -> None:
        self.stash = pytest.Stash()
        self.stash[targets_key] = {each.name: each for each in targets}
        self.stash[failures_key] = {}
        self.options = options
        self.cleanups: list[Callable[[], None]] = []

    def getoption(self, name: str) -> str | None:
        return self.options.get(name.removeprefix("prodworthy_"))

    def add_cleanup(self, cleanup: Callable[[], None]) -> None:
        self.cleanups.append(cleanup)


class Run:
    """One run's looks, from the first to the last."""

    def __init__(self, *targets: Target, **options: str) -> None:
        self.config = Configured(*targets, **options)
        config = cast("pytest.Config", self.config)
        self.face = BindingFace(config, Custody(config))

    def begin(self) -> Run:
        self.face.pytest_collection_finish()
        return self

    def end(self) -> Run:
        assert list(self.face.pytest_sessionfinish()) == [None]
        return self

    def binding(self, name: str = "prod") -> Binding:
        return self.config.stash[bindings_key][name]

    def target(self, name: str = "prod") -> Target:
        return self.config.stash[targets_key][name]

    @property
    def failures(self) -> dict[str, str]:
        return self.config.stash[failures_key]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Serves C, and S is staged; the token is set."""
    world = World.of(
        deployment("C", 2), deployment("S", 1, substate=Substate.STAGED), deployment("A", 3), current="dpl_C"
    )
    monkeypatch.setattr(plugin, "connect", lambda *asked, **more: Host(world))
    monkeypatch.setattr(binding, "prober", lambda target: Apps(world))
    monkeypatch.setenv(TOKEN, "tok0canary")
    return world


def test_a_candidate_before_promotion_and_the_domains_afterwards(world: World) -> None:
    run = Run(BEFORE, replace(LIVE, name="live")).begin().end()
    assert run.failures == {}
    assert run.target().url == "https://s.vercel.app"
    assert [run.binding(name).deployment for name in ("prod", "live")] == [
        world.deployments["dpl_S"],
        world.deployments["dpl_C"],
    ]
    assert len(run.binding("live").after) == len(DOMAINS)


def test_every_target_of_one_project_is_bound(world: World) -> None:
    run = Run(BEFORE, replace(BEFORE, name="twin")).begin()
    assert [run.binding(name).deployment for name in ("prod", "twin")] == [world.deployments["dpl_S"]] * 2


def test_nothing_to_judge_is_handed_to_the_tests_as_the_reason(world: World) -> None:
    del world.deployments["dpl_S"]
    run = Run(BEFORE, targets_file="my targets.toml").begin()
    assert run.failures["prod"].startswith("nothing to judge: no staged deployment is newer")
    assert "pytest verify --target=prod --targets-file='my targets.toml' --deployment=dpl_C" in run.failures["prod"]


def test_a_host_that_cannot_be_asked_stops_what_is_elsewhere_and_prevents_a_pass_of_what_is_live(world: World) -> None:
    world.faults["project"] = [Unavailable("GET /v9/projects: 503", status=503)]
    before = Run(BEFORE).begin()
    assert "fails on its own side" in before.failures["prod"]
    world.faults["project"] = [Unavailable("GET /v9/projects: 503", status=503)]
    live = Run(LIVE).begin().end()
    assert live.failures == {}
    assert live.binding().deployment is None
    assert "fails on its own side" in live.binding().unasked[0]


def test_a_host_that_is_lost_on_the_way_leaves_nothing_bound(world: World) -> None:
    run = Run(LIVE).begin()
    assert run.binding().deployment
    world.faults["project"] = [Unavailable("GET /v9/projects: 503", status=503)]
    bound = run.end().binding()
    assert bound.deployment is None
    assert bound.unasked[0].startswith("what production served at the end of the run is not known: ")


def test_a_fault_of_ours_is_named_without_its_text(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*asked: object) -> None:
        raise LookupError("tok0canary")

    monkeypatch.setattr(binding, "live", broken)
    bound = Run(LIVE).begin().binding()
    assert bound.unasked == ("a fault of prodworthy in asking the host: LookupError",)


def test_whoever_presses_ctrl_c_waits_for_no_host(world: World) -> None:
    run = Run(LIVE).begin()
    world.calls.clear()
    run.face.pytest_keyboard_interrupt()
    run.end()
    assert world.calls == []


def test_everything_is_looked_at_once_however_often_workers_come(world: World) -> None:
    run = Run(LIVE)
    run.face.pytest_configure_node()
    calls = list(world.calls)
    run.face.pytest_configure_node()
    run.face.pytest_collection_finish()
    assert calls == world.calls != []


def test_without_its_token_nothing_is_judged_and_the_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN, raising=False)
    why = Run(BEFORE).begin().failures["prod"]
    assert f"{TOKEN}, which must hold the host's token, is not set" in why
    assert "https://vercel.com/account/settings/tokens" in why
    (unasked,) = Run(LIVE).begin().binding().unasked
    assert TOKEN in unasked


def test_an_address_needs_no_token_and_is_bound_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN, raising=False)
    run = Run(BEFORE, deployment="https://s.vercel.app").begin().end()
    assert (run.failures, run.binding()) == ({}, Binding())


def test_with_a_token_the_address_names_the_deployment(world: World) -> None:
    bound = Run(LIVE, deployment="https://a.vercel.app").begin().binding()
    assert (bound.deployment, bound.before) == (world.deployments["dpl_A"], ())


def test_before_promotion_an_embedded_target_is_the_build_of_its_folder(world: World) -> None:
    embedded = replace(BEFORE, embedded=Embedded(app="shop", domain=DOMAINS[0], aliases=DOMAINS[1:]))
    assert Run(embedded).begin().binding() == Binding()
    assert Run(replace(embedded, stage=Stage.LIVE)).begin().binding().deployment == world.deployments["dpl_C"]
    assert Run(embedded, deployment="dpl_A").begin().binding().deployment == world.deployments["dpl_A"]


def test_a_bypass_that_is_named_and_not_set_is_missed_where_it_may_be_needed(world: World) -> None:
    run = Run(replace(BEFORE, hosting=CLOSED), replace(LIVE, name="live", hosting=CLOSED)).begin()
    assert run.binding("live").unasked == ()
    (why,) = run.binding().unasked
    assert why.startswith("SHOP_BYPASS, which must hold the secret")


def test_nothing_that_is_started_later_finds_the_token(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []
    monkeypatch.setattr(plugin, "connect", lambda *asked, environment, **more: given.append(environment) or Host(world))
    run = Run(LIVE)
    assert TOKEN not in os.environ
    run.begin()
    assert given == [{TOKEN: "tok0canary"}]
    for cleanup in run.config.cleanups:
        cleanup()
    assert os.environ[TOKEN] == "tok0canary"


def test_a_worker_has_no_token_either(world: World) -> None:
    config = Configured(LIVE)
    config.workerinput = {}  # type: ignore[attr-defined]
    assert Custody(cast("pytest.Config", config)).taken == {}
    assert TOKEN not in os.environ


def test_a_run_that_is_bound_asks_no_host(world: World, tmp_path: Path) -> None:
    path = tmp_path / "bound.json"
    path.write_text(json.dumps(to_plain(Bound(deployment=world.deployments["dpl_C"], domains=DOMAINS))))
    run = Run(LIVE, bound_to=str(path)).begin().end()
    assert run.binding().deployment == world.deployments["dpl_C"]
    assert world.calls == []
    with pytest.raises(pytest.UsageError, match="binds one target"):
        Run(LIVE, replace(LIVE, name="twin"), bound_to=str(path))


@pytest.mark.parametrize("content", ["", "{}", "[]", "\xff", '{"deployment": 3, "domains": []}', None])
def test_a_binding_that_is_unreadable_is_wrong_usage(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "bound.json"
    if content is not None:
        path.write_text(content, encoding="latin-1")
    with pytest.raises(pytest.UsageError, match="holds no deployment with its domains"):
        Run(LIVE, bound_to=str(path))
