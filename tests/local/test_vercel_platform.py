"""What the emulated platform makes of deployments: which go live, which are shown where, and under which names."""

from __future__ import annotations

from pathlib import Path

import pytest

from prodworthy.local.deployment import Deployment
from prodworthy.local.edge import Edge, build_of
from prodworthy.local.edge.files import File
from prodworthy.local.edge.front import Shown
from prodworthy.local.edge.request import Request
from prodworthy.local.edge.vercel_config import VercelConfig
from prodworthy.local.errors import DeploymentFailed
from prodworthy.local.vercel.platform import Platform
from prodworthy.model import Addresses, Embedded
from tests.local.vercel import DOMAINS, OWN, PROJECT, Vercel

OLD, NEW, NEWER = "a" * 40, "b" * 40, "c" * 40


def test_the_first_deployment_is_live_and_known_by_its_commit(vercel: Vercel) -> None:
    state = vercel.state
    (first,) = state["deployments"].values()
    assert (state["current"], state["crons"], first["commit"]) == (first["id"], first["id"], OLD)
    assert (first["state"], first["substate"], first["candidate"]) == ("READY", "PROMOTED", False)
    assert state["edge"] == dict.fromkeys((*DOMAINS, OWN), first["id"])
    assert {vercel.commit(host) for host in (*DOMAINS, OWN, first["host"])} == {OLD}


def test_names_are_made_of_project_and_team(vercel: Vercel) -> None:
    state = vercel.state
    assert (state["id"], state["name"], state["team_slug"]) == (PROJECT, "shop", "embedded")
    name, _, rest = vercel.host(vercel.current).partition("-")
    random, _, tail = rest.partition("-")
    assert (name, len(random), tail) == ("shop", 9, "embedded.vercel.app")


def test_a_new_production_deployment_goes_live_by_itself(vercel: Vercel) -> None:
    old = vercel.current
    new = vercel.deploy(NEW)
    assert (vercel.current, [vercel.commit(domain) for domain in DOMAINS]) == (new, [NEW, NEW])
    assert (vercel.deployment(old)["substate"], vercel.candidates) == ("PROMOTED", {old})
    assert vercel.state["last_job"] is None, "which is no promotion"


@pytest.mark.parametrize(
    ("project", "deployment", "substate"),
    [
        pytest.param({"auto_assign": False}, {}, "STAGED", id="auto-assign-off"),
        pytest.param({}, {"staged": True}, "STAGED", id="staged"),
        pytest.param({}, {"target": None}, None, id="preview"),
        pytest.param({}, {"state": "BUILDING"}, None, id="not-ready"),
        pytest.param({}, {"project": "prj_other"}, "STAGED", id="foreign"),
    ],
)
def test_others_do_not(
    vercel: Vercel, project: dict[str, bool], deployment: dict[str, object], substate: str | None
) -> None:
    old = vercel.current
    vercel.configure(**project)
    new = vercel.deploy(NEW, **deployment)
    assert (vercel.current, vercel.commit()) == (old, OLD)
    assert (vercel.deployment(new)["substate"], vercel.deployment(new)["candidate"]) == (substate, False)


def test_a_deployment_serves_its_build_on_its_own_host_for_ever(vercel: Vercel) -> None:
    old = vercel.host(vercel.current)
    new = vercel.host(vercel.deploy(NEW))
    staged = vercel.host(vercel.deploy(NEWER, staged=True))
    assert [vercel.commit(host) for host in (old, new, staged)] == [OLD, NEW, NEWER]


def test_search_engines_get_what_is_current_and_nothing_else(vercel: Vercel) -> None:
    old = vercel.current
    current = vercel.deploy(NEW)
    preview = vercel.deploy(NEWER, target=None, domain="shop-git-fix-embedded.vercel.app")
    shown = {
        host: vercel.ask(host).headers.get("x-robots-tag")
        for host in (*DOMAINS, OWN, *map(vercel.host, (old, current, preview)), "shop-git-fix-embedded.vercel.app")
    }
    assert list(shown.values()) == [None, None, None, "noindex", None, "noindex", "noindex"]
    vercel.rollback(old)
    vercel.done()
    assert vercel.ask(vercel.host(old)).headers.get("x-robots-tag") is None
    assert vercel.ask(vercel.host(current)).headers["x-robots-tag"] == "noindex"


def test_a_domain_may_redirect_to_another(vercel: Vercel) -> None:
    vercel.configure(domains={"www.shop.test": {"redirect": "shop.test"}})
    answer = vercel.ask("www.shop.test", "/about?x=1")
    assert (answer.status_code, answer.headers["location"]) == (308, "https://shop.test/about?x=1")
    assert vercel.commit("shop.test") == OLD


def test_hosts_of_later_deployments_have_an_address_and_others_have_none() -> None:
    hosts = {"*.vercel.app:443": "127.0.0.1:1", "a.vercel.app:443": "127.0.0.1:2"}
    addresses = Addresses(hosts=hosts, ca_pem="", spki="")
    assert addresses.of("a.vercel.app", 443) == "127.0.0.1:2"
    assert addresses.of("b.vercel.app", 443) == "127.0.0.1:1"
    for host, port in (("b.vercel.app", 80), ("vercel.app", 443), ("c.b.vercel.app", 443), ("b.test", 443)):
        assert addresses.of(host, port) is None


def test_a_personal_account_has_no_team_in_its_names() -> None:
    platform = Platform(Edge(), settings={"team": ""}, domains=("shop.test",))
    assert (platform.state.team, platform.state.team_slug, platform.state.owner) == (None, None, "usr_embedded")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"teams": "x"}, "the emulated host knows no teams; it knows project, team"),
        ({"switch": "soon"}, "the emulated host's `switch` must be seconds, not 'soon'"),
        ({"switch": "-1"}, "`switch` must be seconds"),
        ({"switch": "nan"}, "`switch` must be seconds"),
        ({"plan": "free"}, "the emulated host's `plan` must be hobby, pro or enterprise, not 'free'"),
    ],
)
def test_a_setting_that_makes_no_sense_is_said(settings: dict[str, str], sentence: str) -> None:
    with pytest.raises(DeploymentFailed, match=sentence):
        Platform(Edge(), settings=settings)


def test_a_platform_that_cannot_be_is_said_to_whoever_starts_it(tmp_path: Path) -> None:
    embedded = Embedded(app=str(tmp_path), host={"plans": "pro"})
    wrong = pytest.raises(DeploymentFailed, match="the emulated host knows no plans")
    with Deployment.start(embedded) as deployment, wrong:
        deployment.ready()


@pytest.mark.parametrize(
    ("protection", "opened"),
    [
        ("prod_deployment_urls_and_all_previews", {"shop.test", "shop.vercel.app"}),
        ("all_except_custom_domains", {"shop.test"}),
    ],
)
def test_neither_a_domain_of_the_platforms_own_nor_an_alias_is_a_custom_domain(
    protection: str, opened: set[str]
) -> None:
    platform = Platform(Edge(), domains=("Shop.test",))
    build = build_of({"index.html": File("index.html", b"x", 0)}, VercelConfig(), project="shop", team="embedded")
    platform.begin(build)
    platform.state.aliases["alias.test"] = build.id
    platform.state.protection = protection
    hosts = ("shop.test", "shop.vercel.app", "alias.test", build.host)
    requests = (Request(method="GET", host=host, path="/", query="", headers={}) for host in hosts)
    assert {each.host for each in requests if isinstance(platform.front(each), Shown)} == opened


def test_a_project_whose_declared_domain_is_the_platforms_own_has_it_once() -> None:
    assert list(Platform(Edge(), domains=("shop.vercel.app",)).state.domains) == ["shop.vercel.app"]


def test_the_host_of_a_build_is_a_host_name_however_long_its_project_is() -> None:
    build = build_of({}, VercelConfig(), project="a" * 60, team="embedded")
    assert max(map(len, build.host.split("."))) == 63
    assert build.host.endswith("-embedded.vercel.app")
