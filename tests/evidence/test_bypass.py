"""The bypass secret reaches the origins under verification and nobody else, and is written down nowhere."""

from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from prodworthy.evidence.client import Client
from prodworthy.evidence.passes import Pass, passes
from prodworthy.evidence.sending import BYPASS
from prodworthy.local.vercel.protection import COOKIE
from prodworthy.model import Cause, Exchange, Target
from prodworthy.model.wall import BYPASS_REFUSED, PROTECTION
from prodworthy.plain import to_plain
from tests.evidence.protected import BACKEND, BELOW, CDN, OPEN, OTHER, SECRET, SHOP, WWW, World, standing
from tests.evidence.serving import Looking


@pytest.fixture
def world() -> Iterator[World]:
    with standing() as world:
        yield world


def ask(target: Target, *urls: str, **how: Any) -> list[Exchange]:
    async def asked() -> list[Exchange]:
        async with Client(target) as client:
            return [await client.ask(url, purpose="test", **how) for url in urls]

    return asyncio.run(asked())


def passes_of(target: Target) -> tuple[Pass, ...]:
    async def asked() -> Any:
        async with Client(target) as client:
            return await Looking(target, client).at(passes)

    found: tuple[Pass, ...] = asyncio.run(asked())
    return found


def carried(world: World) -> list[str]:
    """Scheme, host and path of each request, in order, with a mark where it carried the secret."""
    return [f"{each.scheme}://{each.host}{each.path}{' !' if BYPASS in each.fields else ''}" for each in world.sent]


def test_what_is_under_verification_is_opened(world: World) -> None:
    (exchange,) = ask(world.target(), "/")
    assert exchange.answered is not None
    assert exchange.answered.status == 200
    assert carried(world) == [f"https://{SHOP}/ !"]


def test_every_declared_domain_is_opened_and_no_other(world: World) -> None:
    target = world.target(domains=(f"https://{SHOP}", f"https://{WWW}"))
    ask(target, f"https://{SHOP}/", f"https://{WWW}/", f"https://{BELOW}/")
    assert carried(world) == [f"https://{SHOP}/ !", f"https://{WWW}/ !", f"https://{BELOW}/"]


def test_a_domain_that_is_not_declared_stays_closed(world: World) -> None:
    (exchange,) = ask(world.target(), f"https://{WWW}/")
    assert exchange.wall == PROTECTION
    assert carried(world) == [f"https://{WWW}/"]


@pytest.mark.parametrize("fresh", [False, True], ids=["kept-connection", "fresh-connection"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
def test_it_is_carried_whatever_is_asked(world: World, method: str, fresh: bool) -> None:
    ask(world.target(), "/", method=method, fresh=fresh)
    assert carried(world) == [f"https://{SHOP}/ !"]


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(f"https://{CDN}/cdn.js", id="third-party"),
        pytest.param(f"https://{BACKEND}/rest/v1/things", id="back-end"),
        pytest.param(f"https://{BACKEND}/functions/v1/quote", id="function"),
        pytest.param(f"https://{BELOW}/", id="name-below"),
        pytest.param(f"https://{SHOP}:8443/", id="another-port"),
        pytest.param(f"http://{SHOP}/", id="plain-http"),
    ],
)
def test_nobody_else_is_shown_it(world: World, url: str) -> None:
    ask(world.target(), url)
    assert len(world.sent) == 1
    assert SECRET.encode() not in world.sent[0].everything
    assert BYPASS not in world.sent[0].fields


def test_the_origin_is_the_same_however_it_is_written(world: World) -> None:
    ask(world.target(), f"https://{SHOP.upper()}:443/")
    assert carried(world) == [f"https://{SHOP}/ !"]


def test_a_redirect_within_the_origin_keeps_it(world: World) -> None:
    (exchange,) = ask(world.target(), "/within")
    assert exchange.answered is not None
    assert carried(world) == [f"https://{SHOP}/within !", f"https://{SHOP}/ !"]


@pytest.mark.parametrize("path", ["/away", "/plain"])
def test_a_redirect_out_of_the_origin_is_not_followed_with_it(world: World, path: str) -> None:
    ask(world.target(), path)
    assert carried(world) == [f"https://{SHOP}{path} !"]
    assert world.learnt(*OPEN) == []


def test_what_is_looked_at_elsewhere_gets_none(world: World) -> None:
    there = replace(world.target().looked_at_elsewhere(f"https://{OTHER}"), addresses=world.addresses)
    ask(there, "/", f"https://{SHOP}/")
    assert carried(world) == [f"https://{OTHER}/", f"https://{SHOP}/"]


def test_a_target_without_a_secret_sends_none_and_learns_how_to_declare_one(world: World) -> None:
    (exchange,) = ask(world.target(secret=None), "/")
    assert exchange.wall == PROTECTION
    assert exchange.gap is not None
    assert exchange.gap.cause is Cause.WALL
    assert 'protection_bypass = { env = "VERCEL_AUTOMATION_BYPASS_SECRET" }' in exchange.gap.why
    assert carried(world) == [f"https://{SHOP}/"]


def test_the_secret_of_another_project_is_named_as_such(world: World) -> None:
    (exchange,) = ask(world.target(secret="another0projects0secret0000000000"), "/")
    assert exchange.wall == BYPASS_REFUSED
    assert exchange.gap is not None
    assert "did not take the bypass secret, answered instead of the app" in exchange.gap.why
    assert "of its own project only" in exchange.gap.why
    assert "another0projects0secret" not in exchange.gap.why


def test_a_secret_that_no_header_field_can_hold_is_not_told(world: World) -> None:
    (exchange,) = ask(world.target(secret=f"{SECRET}\nx"), "/")
    assert exchange.failure is not None
    assert BYPASS in exchange.failure.text
    assert SECRET not in exchange.failure.text
    assert world.sent == []


@pytest.mark.parametrize("path", ["/", "/echo", "/sets", "/within", "/away"])
def test_no_exchange_holds_it(world: World, path: str) -> None:
    target = world.target()
    (exchange,) = ask(target, path)
    assert (BYPASS, "***") in exchange.sent
    told = [repr(exchange), json.dumps(to_plain(exchange), default=str), repr(target)]
    assert [each for each in told if SECRET in each] == []
    assert SECRET.encode() not in pickle.dumps(exchange)


def test_the_platforms_own_cookie_is_not_the_apps(world: World) -> None:
    (exchange,) = ask(world.target(), "/sets")
    assert exchange.answered is not None
    assert exchange.answered.lines("set-cookie") == ()


def test_a_browser_gets_a_pass_for_each_origin_in_place_of_the_secret(world: World) -> None:
    found = passes_of(world.target(domains=(f"https://{SHOP}", f"https://{WWW}", f"http://{OTHER}")))
    assert {each.origin for each in found} == {f"https://{SHOP}", f"https://{WWW}"}
    assert {each.value for each in found} == world.cookies
    assert [each for each in found if SECRET in repr(each) or each.value in repr(each)] == []
    assert world.learnt(*OPEN) == []


def test_an_origin_that_is_open_needs_no_pass(world: World) -> None:
    world.state.protection = None
    assert passes_of(world.target()) == ()


@pytest.mark.parametrize("secret", [None, "another0projects0secret0000000000"])
def test_who_is_not_let_in_gets_no_pass(world: World, secret: str | None) -> None:
    assert passes_of(world.target(secret=secret)) == ()


def test_a_pass_is_for_one_host_and_for_no_script() -> None:
    cookie = Pass(origin=f"https://{SHOP}", value="x").as_cookie()
    assert cookie == {
        "name": COOKIE,
        "value": "x",
        "url": f"https://{SHOP}/",
        "secure": True,
        "httpOnly": True,
        "sameSite": "Lax",
    }
