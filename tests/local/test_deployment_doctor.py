"""`prodworthy doctor` on the host: what is missing is named with its remedy, and no secret is ever told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from prodworthy import doctor
from prodworthy.local import running
from prodworthy.local.deployment import Deployment
from prodworthy.model import Addresses, Embedded, Secret, Target
from prodworthy.model.hosting import Hosting, Token
from prodworthy.model.network import HOST

WRONG = "vcp_wrong0token0of0somebody"
HOSTING = Hosting(
    project=HOST["project"],
    team=HOST["team"],
    token=Token(name="VERCEL_TOKEN"),
    bypass=Secret(name="SHOP_BYPASS", value=HOST["bypass"]),
)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Embedded:
    app = tmp_path_factory.mktemp("app")
    (app / "dist").mkdir()
    (app / "dist" / "index.html").write_text("<!doctype html><title>shop</title>")
    return Embedded(app=str(app), domain="shop.test", aliases=("www.shop.test",))


@pytest.fixture(scope="module")
def started(embedded: Embedded) -> Iterator[Addresses]:
    with Deployment.start(embedded) as deployment:
        yield deployment.ready()


@pytest.fixture
def change(started: Addresses) -> Callable[[str, str, Any], None]:
    def change(method: str, path: str, body: Any) -> None:
        headers = {"x-prodworthy-control": "1"}
        httpx.request(method, f"{started.control}{path}", json=body, headers=headers).raise_for_status()

    change("POST", "/reset", None)
    return change


@pytest.fixture
def shop(embedded: Embedded, started: Addresses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """As it is declared, with the right token in the environment, and up."""
    (tmp_path / "runtime").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("VERCEL_TOKEN", HOST["token"])
    domains = ("https://shop.test", "https://www.shop.test")
    with running.announce(embedded, started):
        yield Target(name="shop", url=domains[0], domains=domains, hosting=HOSTING, embedded=embedded)


def looked(target: Target, monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[bool, str]]:
    monkeypatch.setattr(doctor, "chosen", lambda targets_file, wanted: [target])
    told = doctor.examine("shop", None)["shop"]
    assert [each for each in told for secret in (HOST["token"], HOST["bypass"], WRONG) if secret in repr(each)] == []
    return {each.about: (each.well, each.said) for each in told}


@pytest.mark.usefixtures("change")
def test_all_is_well_where_all_is_at_hand(shop: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    told = looked(shop, monkeypatch)
    assert told["host"] == (True, "project shop (prj_embedded) can be read")
    assert told["domains"] == (
        True,
        "shop.test, www.shop.test, all of them declared; besides shop.vercel.app, of the host's own",
    )
    assert "of the host's own" not in told, "which lets us in"
    assert told["plan"] == (True, "pro")
    well, said = told["bypass"]
    assert (well, said.endswith("vercel.app answers 200 with the bypass")) == (True, True)


def test_the_bypass_is_tried_on_the_immutable_address(
    shop: Target, change: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    change("PATCH", "/project", {"protection": "all_except_custom_domains"})
    assert looked(shop, monkeypatch)["bypass"][0]
    none = replace(shop, hosting=replace(HOSTING, bypass=None))
    well, said = looked(none, monkeypatch)["bypass"]
    assert (well, "deployment protection answered instead of the app: make a secret" in said) == (False, True)
    change("PATCH", "/project", {"bypass": "of0another0project0entirely00000"})
    well, said = looked(shop, monkeypatch)["bypass"]
    assert (well, "of its own project only" in said) == (False, True)


def test_a_domain_of_the_hosts_own_that_does_not_let_us_in_is_named(
    shop: Target, change: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    change("PATCH", "/project", {"protection": "all_except_custom_domains"})
    assert "of the host's own" not in looked(shop, monkeypatch), "the bypass opens it"
    none = replace(shop, hosting=replace(HOSTING, bypass=None))
    well, said = looked(none, monkeypatch)["of the host's own"]
    assert not well
    assert said.startswith("https://shop.vercel.app/: deployment protection answered instead of the app: make a secret")
    assert said.endswith("; a move is proved there by the host's word alone")
    declared = replace(none, domains=(*none.domains, "https://shop.vercel.app"))
    told = looked(declared, monkeypatch)
    assert "of the host's own" not in told, "what is declared is asked with the other addresses"
    assert told["domains"] == (True, "shop.test, shop.vercel.app, www.shop.test, all of them declared")
    change("PATCH", "/project", {"domains": {"shop.vercel.app": {"redirect": "shop.test"}}})
    assert "of the host's own" not in looked(none, monkeypatch), "what only redirects shows nothing"


@pytest.mark.usefixtures("change")
def test_a_project_without_domains_of_its_own_is_not_said_to_have_declared_them(
    shop: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = looked(replace(shop, url="https://a.vercel.app", domains=("https://a.vercel.app",)), monkeypatch)
    assert not told["domains"][0]


@pytest.mark.usefixtures("change")
@pytest.mark.parametrize(
    ("token", "wanted"),
    [
        pytest.param("", "VERCEL_TOKEN, which must hold the host's token, is not set", id="no-token"),
        pytest.param(WRONG, "token", id="wrong-token"),
    ],
)
def test_a_token_that_opens_nothing_is_named(
    shop: Target, monkeypatch: pytest.MonkeyPatch, token: str, wanted: str
) -> None:
    monkeypatch.setenv("VERCEL_TOKEN", token)
    told = looked(shop, monkeypatch)
    assert not told["host"][0]
    assert wanted in told["host"][1]
    assert "plan" not in told


@pytest.mark.usefixtures("change")
def test_a_project_that_is_not_there_is_named(shop: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    well, said = looked(replace(shop, hosting=replace(HOSTING, project="prj_none")), monkeypatch)["host"]
    assert (well, "prj_none" in said) == (False, True)


@pytest.mark.usefixtures("change")
def test_domains_that_are_not_declared_come_with_the_line_to_add(shop: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    told = looked(replace(shop, domains=("https://shop.test",)), monkeypatch)
    assert told["domains"] == (
        False,
        'production domains that are not declared: add "https://www.shop.test" to the target\'s domains',
    )
    more = (*shop.domains, "https://old.shop.test")
    told = looked(replace(shop, domains=more), monkeypatch)
    assert told["domains"][1].startswith("the project has no production domain old.shop.test")


def test_what_keeps_production_from_moving_is_said(
    shop: Target, change: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    change("PATCH", "/project", {"plan": "hobby"})
    assert looked(shop, monkeypatch)["plan"] == (True, "hobby (rollback to the previous deployment only)")


def test_one_that_is_not_up_is_not_asked(shop: Target, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    told = looked(shop, monkeypatch)
    assert told["host"] == (
        True,
        "the emulated one runs with every verification; to keep it: prodworthy up --target=shop",
    )


def test_a_target_without_a_host_is_no_trouble(shop: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    assert looked(replace(shop, hosting=None), monkeypatch)["host"][0]
