"""What a verdict is bound to: one deployment on every domain, from the first look to the last, or nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from prodworthy.hosting import binding, production, proof
from prodworthy.hosting.binding import Judged
from prodworthy.hosting.errors import HostingError, Unavailable
from prodworthy.hosting.host import Host as Asked_Host
from prodworthy.hosting.subject import Asked
from prodworthy.model import Identity, Target
from prodworthy.model.hosting import Bound, Domain, JobKind, RollingRelease, Served
from prodworthy.model.verdict import Binding
from tests.hosting.world import DOMAINS, Apps, Host, World, deployment

TARGET = Target(
    name="prod",
    url="https://shop.test",
    domains=tuple(f"https://{name}" for name in DOMAINS),
    identity=Identity(pointer="/commit"),
)
OWN = "shop.vercel.app"  # an address that the host gave of itself, which nobody declares
CLOSED = "deployment protection answered instead of the app"
BUSY = Unavailable("GET /v13/deployments: 503", status=503)


class Watched:
    """A world that serves C, with A before it and S staged, and what is seen of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        staged = deployment("S", 0, substate=None)
        self.world = World.of(deployment("C", 1), deployment("A", 2), staged, current="dpl_C")
        self.apps = Apps(self.world)
        monkeypatch.setattr(binding, "prober", lambda target: self.apps)
        monkeypatch.setattr(production, "serving", self._serving)

    def _serving(self, *asked: Any) -> tuple[Served, ...]:
        return tuple(replace(each, walled=each.domain in self.apps.closed) for each in proof.serving(*asked))

    @property
    def host(self) -> Asked_Host:
        return cast("Asked_Host", Host(self.world))

    def live(self, target: Target = TARGET, **asked: Any) -> Judged:
        return binding.live(target, self.host, Asked(**asked))

    def ended(self, judged: Judged) -> Binding:
        return binding.still(judged, self.host)

    def bound(self, to: str = "C", domains: tuple[str, ...] = DOMAINS) -> tuple[Judged, Bound]:
        told = Bound(deployment=self.world.deployments[f"dpl_{to}"], domains=domains)
        return binding.bound(TARGET, told), told

    def serve(self, id: str, *domains: str) -> None:  # noqa: A002
        """By the host and by the edge."""
        self.world.led |= dict.fromkeys(domains or DOMAINS, id)
        self.world.edge |= dict.fromkeys(domains or DOMAINS, id)

    def fail(self, *errors: HostingError | None) -> None:
        """The next answers about domains."""
        self.world.faults["serving"] = list(errors)

    def also(self, name: str) -> None:
        """One more production domain, which the target does not declare."""
        self.world.domains = (*self.world.domains, Domain(name=name))
        self.serve("dpl_C", name)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Watched:
    return Watched(monkeypatch)


def only(told: tuple[str, ...], start: str) -> None:
    """One reason, which begins so."""
    assert [each[: len(start)] for each in told] == [start], told


def nothing(bound: Binding) -> None:
    """Neither passes nor names a deployment, and why is said."""
    assert bound.deployment is None
    assert bound.mixed or bound.unasked


def test_one_deployment_on_every_domain_is_what_is_judged(seen: Watched) -> None:
    judged = seen.live()
    ended = seen.ended(judged)
    assert ended.deployment == judged.binding.deployment == seen.world.deployments["dpl_C"]
    assert (ended.mixed, ended.unasked, ended.reserved) == ((), (), ())
    assert [(each.domain, each.deployment) for each in ended.after] == [(name, "dpl_C") for name in DOMAINS]


@pytest.mark.parametrize("silent", [1, 2], ids=["of-one-domain", "of-every-domain"])
def test_a_host_that_does_not_say_where_domains_lead_binds_nothing(seen: Watched, silent: int) -> None:
    seen.fail(*[BUSY] * silent)
    bound = seen.live().binding
    nothing(bound)
    assert [each.split(":")[0] for each in bound.unasked] == list(DOMAINS[:silent])
    assert all("the host did not say where it leads" in each for each in bound.unasked)


def test_a_domain_that_the_host_leads_nowhere_is_not_bound_by_what_the_app_says(seen: Watched) -> None:
    seen.world.led["www.shop.test"] = None
    bound = seen.live().binding
    nothing(bound)
    only(bound.unasked, "www.shop.test: the host leads it to no deployment")


def test_a_domain_where_the_app_is_not_heard_is_not_bound_by_what_the_host_says(seen: Watched) -> None:
    seen.apps.troubles["www.shop.test"] = ["no answer from www.shop.test: refused"]
    bound = seen.live().binding
    nothing(bound)
    only(bound.unasked, "www.shop.test: no answer from www.shop.test")


def test_a_declared_domain_that_the_project_does_not_have_is_not_bound(seen: Watched) -> None:
    declared = replace(TARGET, domains=(*TARGET.domains, "https://old.shop.test"))
    seen.world.edge["old.shop.test"] = "dpl_C"
    nothing(bound := seen.live(declared).binding)
    only(bound.unasked, "old.shop.test: the host leads it to no deployment")


def test_a_domain_that_redirects_to_another_is_bound_with_it(seen: Watched) -> None:
    seen.world.domains = (Domain(name="shop.test"), Domain(name="www.shop.test", redirect="shop.test"))
    seen.world.led["www.shop.test"] = None
    assert seen.live().binding.deployment == seen.world.deployments["dpl_C"]


@pytest.mark.parametrize(
    "heard",
    [pytest.param({"led": {"www.shop.test": None}}, id="by-the-host"), pytest.param({"closed": True}, id="by-the-app")],
)
def test_a_domain_that_falls_silent_during_the_run_binds_nothing(seen: Watched, heard: dict[str, Any]) -> None:
    judged = seen.live()
    assert judged.binding.deployment
    seen.world.led |= heard.get("led", {})
    seen.apps.closed = ["www.shop.test"] if heard.get("closed") else []
    nothing(ended := seen.ended(judged))
    only(ended.unasked, "at the end of the run www.shop.test: ")


def test_what_was_silent_from_the_beginning_is_told_once(seen: Watched) -> None:
    seen.apps.closed = ["www.shop.test"]
    ended = seen.ended(seen.live())
    nothing(ended)
    only(ended.unasked, f"www.shop.test: {CLOSED}")


def test_a_host_that_is_lost_at_the_end_leaves_nothing_bound(seen: Watched) -> None:
    ended = binding.lost(seen.live(), "it fails on its own side")
    nothing(ended)
    only(ended.unasked, "what production served at the end of the run is not known: it fails")


def test_an_address_of_the_hosts_own_that_is_closed_counts_by_its_word_and_that_is_said(seen: Watched) -> None:
    seen.also(OWN)
    seen.apps.closed = [OWN]
    ended = seen.ended(seen.live())
    assert (ended.deployment, ended.unasked) == (seen.world.deployments["dpl_C"], ())
    only(ended.reserved, f"what {OWN} serves is known by the host's word alone: {CLOSED}")


def test_it_does_not_count_where_it_is_declared_or_the_host_says_nothing_of_it(seen: Watched) -> None:
    seen.also(OWN)
    seen.apps.closed = [OWN]
    nothing(seen.live(replace(TARGET, domains=(*TARGET.domains, f"https://{OWN}"))).binding)
    seen.world.led[OWN] = None
    nothing(seen.live().binding)


def test_another_domain_that_is_closed_does_not_count_though_undeclared(seen: Watched) -> None:
    seen.also("shop.example")
    seen.apps.closed = ["shop.example"]
    nothing(seen.live().binding)


def test_what_the_host_itself_sends_to_a_stranger_serves_no_deployment_unless_it_is_declared(seen: Watched) -> None:
    away = Domain(name="old.test", redirect="elsewhere.test")
    seen.world.domains = (*seen.world.domains, away)
    assert [each.domain for each in seen.live().binding.before] == list(DOMAINS)
    assert seen.live().binding.deployment
    nothing(bound := seen.live(replace(TARGET, domains=(*TARGET.domains, "https://old.test"))).binding)
    assert {each.split(":")[0] for each in bound.unasked} == {"old.test"}


def test_an_edge_that_lags_behind_the_host_is_no_deployment(seen: Watched) -> None:
    seen.world.edge |= dict.fromkeys(DOMAINS, "dpl_A")
    nothing(bound := seen.live().binding)
    only(bound.mixed, "the host says dpl_C")


def test_without_an_identity_the_files_of_another_build_bind_nothing(seen: Watched) -> None:
    seen.apps.stamps = {each: f"files-{each}" for each in seen.world.deployments}
    assert seen.live().binding.deployment, "the same files on its own address and on the domains"
    seen.world.edge["www.shop.test"] = "dpl_A"
    nothing(bound := seen.live().binding)
    only(bound.unasked, "www.shop.test: its start page is made of other files than that of dpl_C")


def test_domains_that_disagree_are_each_named(seen: Watched) -> None:
    seen.serve("dpl_A", "www.shop.test")
    nothing(bound := seen.live().binding)
    (told,) = bound.mixed
    assert [line.split()[:3] for line in told.splitlines()[1:]] == [
        ["shop.test", "serves", "dpl_C"],
        ["www.shop.test", "serves", "dpl_A"],
    ]


def test_a_rolling_release_is_no_one_deployment(seen: Watched) -> None:
    seen.world.rolling = RollingRelease(state="ACTIVE", base="dpl_C", canary="dpl_S", percentage=10)
    nothing(seen.live().binding)


def test_production_must_serve_the_deployment_that_is_named(seen: Watched) -> None:
    assert seen.live(deployment="dpl_C").binding.deployment == seen.world.deployments["dpl_C"]
    nothing(bound := seen.live(deployment="dpl_A").binding)
    only(bound.mixed, "production does not serve dpl_A")
    assert "there is no deployment dpl_nowhere" in seen.live(deployment="dpl_nowhere").impossible


@pytest.mark.parametrize("kind", [JobKind.PROMOTE, JobKind.ROLLBACK])
def test_whoever_moves_production_during_the_run_is_named(seen: Watched, kind: JobKind) -> None:
    judged = seen.live()
    seen.world.somebody(kind, "dpl_A")
    seen.world.sleep(1)
    nothing(ended := seen.ended(judged))
    word = {JobKind.PROMOTE: "a promotion", JobKind.ROLLBACK: "a rollback"}[kind]
    only(ended.mixed, f"production changed during the run: {word} from dpl_C to dpl_A was asked for at ")
    assert "www.shop.test served dpl_C" in ended.mixed[0]


def test_the_commit_that_the_host_knows_must_stand_where_commits_stand(seen: Watched) -> None:
    commit = seen.world.deployments["dpl_C"].commit
    judged = seen.live().target.identity
    assert judged == replace(cast("Identity", TARGET.identity), expect=commit)
    seen.apps.stamps = {"dpl_C": "20261122"}
    numbered = seen.live(replace(TARGET, identity=Identity(pointer="/build"))).target.identity
    assert numbered == Identity(pointer="/build"), "what is no commit is compared with none"


def test_a_candidate_is_judged_on_its_own_address_and_never_looked_at_again(seen: Watched) -> None:
    judged = binding.candidate(TARGET, seen.host, Asked(deployment="dpl_A"))
    assert (judged.target.url, judged.target.domains) == ("https://a.vercel.app", ("https://a.vercel.app",))
    seen.world.calls.clear()
    assert seen.ended(judged).deployment == seen.world.deployments["dpl_A"]
    assert seen.world.calls == []


def test_a_verification_that_is_bound_asks_every_domain_and_no_host(seen: Watched) -> None:
    judged, told = seen.bound()
    ended = binding.bound_still(judged, told)
    assert (ended.deployment, ended.mixed, ended.unasked) == (told.deployment, (), ())
    assert [each.domain for each in ended.after] == list(DOMAINS)
    assert seen.world.calls == []


@pytest.mark.parametrize("domains", [(), ("shop.test",)], ids=["none", "one"])
def test_it_asks_what_the_target_declares_also_where_it_is_told_of_less(
    seen: Watched, domains: tuple[str, ...]
) -> None:
    seen.serve("dpl_A", "www.shop.test")
    judged, _ = seen.bound(domains=domains)
    nothing(judged.binding)
    only(judged.binding.mixed, "what is judged is not dpl_C")


def test_it_is_bound_to_nothing_where_a_domain_says_nothing(seen: Watched) -> None:
    seen.apps.closed = ["www.shop.test"]
    nothing(seen.bound()[0].binding)
    seen.apps.closed = []
    judged, told = seen.bound()
    seen.apps.closed = ["www.shop.test"]
    nothing(ended := binding.bound_still(judged, told))
    only(ended.unasked, f"at the end of the run www.shop.test: {CLOSED}")


def test_for_the_hosts_own_closed_address_the_word_of_the_command_has_to_do(seen: Watched) -> None:
    stamp = seen.apps.stamp
    seen.apps.stamp = lambda host, **more: (  # type: ignore[method-assign]
        proof.Said(trouble=CLOSED, walled=True) if host == OWN else stamp(host, **more)
    )
    judged, told = seen.bound(domains=(*DOMAINS, OWN))
    assert binding.bound_still(judged, told).deployment == told.deployment
    only(judged.binding.reserved, f"what {OWN} serves is known by the host's word alone")


def test_a_fault_of_ours_in_asking_is_no_answer_and_tells_no_text(seen: Watched) -> None:
    def broken(host: str, **more: object) -> proof.Said:
        raise LookupError("byp0canary")

    told = production.stamped(DOMAINS, cast("proof.Prober", type("Broken", (), {"stamp": staticmethod(broken)})()))
    assert {each.trouble for each in told} == {"it could not be asked (LookupError)"}


def test_it_is_bound_to_nothing_where_another_deployment_is_served_or_comes_meanwhile(seen: Watched) -> None:
    nothing(seen.bound(to="A")[0].binding)
    judged, told = seen.bound()
    seen.serve("dpl_A")
    nothing(ended := binding.bound_still(judged, told))
    only(ended.mixed, "production changed during the run")
