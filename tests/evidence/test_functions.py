"""Edge functions called over real sockets: who answered, whom they let in, and what a page could read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from prodworthy.evidence.client import Bounds, Client
from prodworthy.evidence.errors import NotConfigured, Unobserved
from prodworthy.evidence.functions import functions
from prodworthy.local.deployment import Deployment
from prodworthy.model import (
    Addresses,
    BuildStamp,
    Cause,
    Embedded,
    Exchange,
    Failure,
    Function,
    Identity,
    Latency,
    Refusal,
    Request,
    Secret,
    Supabase,
    Target,
    User,
)
from prodworthy.model.functions import UNLISTED, Functions
from prodworthy.model.platform import code
from prodworthy.plain import to_plain
from prodworthy.review import functions as review
from prodworthy.targets.sources import sources

HOST = "abcdefghijklmnopqrst.supabase.co"
KEY = "sb_publishable_for_the_tests"
TOKEN = f"sbp_{'5' * 40}"
EMAIL, PASSWORD = "ada@shop.test", "correct horse"

CORS = """
const cors = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, x-client-info, apikey, content-type',
}
"""
SOUND = f"""{CORS}
Deno.serve(async (request) => {{
  if (request.method === 'OPTIONS') return new Response('ok', {{ headers: cors }})
  const body = request.method === 'POST' ? await request.json() : {{}}
  if (!body.sku) return Response.json({{ error: 'bad_sku' }}, {{ status: 400, headers: cors }})
  return Response.json({{ sku: body.sku, total: 5 }}, {{ headers: cors }})
}})
"""
SOURCES = {
    "quote": SOUND,
    "checkout": SOUND,
    "unlocked": SOUND,
    "locked": SOUND,
    "crash": "import './nowhere.ts'\nDeno.serve(() => new Response('never'))",
    "throws": f"""{CORS}
Deno.serve((request) => {{
  if (request.method === 'OPTIONS') return new Response('ok', {{ headers: cors }})
  throw new Error('out of stock')
}})""",
    "hangs": f"""{CORS}
const never = new Promise(() => {{}})
Deno.serve((request) => request.method === 'OPTIONS' ? new Response('ok', {{ headers: cors }}) : never)
""",
    "stalls": f"""{CORS}
const never = () => new ReadableStream({{ start: (body) => body.enqueue(new TextEncoder().encode('{{')) }})
Deno.serve((request) => new Response(request.method === 'OPTIONS' ? 'ok' : never(), {{ headers: cors }}))
""",
    "deaf": "Deno.serve(() => new Promise(() => {}))",
    "raises": "Deno.serve(() => { throw new Error('out of stock') })",
    "page": f"""{CORS}
Deno.serve(() => new Response('<!doctype html><title>shop</title>', {{ headers: cors }}))
""",
    "mute": SOUND.replace("status: 400, headers: cors", "status: 400"),
    "silent": "Deno.serve(() => Response.json({ total: 5 }))",
    "forgetful": f"""{CORS}
Deno.serve((request) => {{
  if (request.method === 'OPTIONS') return new Response('ok', {{ headers: {{ ...cors,
    'access-control-allow-headers': 'authorization, content-type' }} }})
  return Response.json({{ total: 5 }}, {{ headers: cors }})
}})""",
    "decodes": f"""{CORS}
Deno.serve((request) => {{
  if (request.method === 'OPTIONS') return new Response('ok', {{ headers: cors }})
  const token = (request.headers.get('authorization') ?? '').replace('Bearer ', '')
  try {{
    const claims = JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')))
    return Response.json({{ total: 5, who: claims.sub }}, {{ headers: cors }})
  }} catch {{
    return Response.json({{ error: 'sign in' }}, {{ status: 401, headers: cors }})
  }}
}})""",
    "verifies": f"""{CORS}
Deno.serve(async (request) => {{
  if (request.method === 'OPTIONS') return new Response('ok', {{ headers: cors }})
  const authorization = request.headers.get('authorization') ?? ''
  const headers = {{ apikey: Deno.env.get('SUPABASE_ANON_KEY')!, authorization }}
  const user = await fetch(`${{Deno.env.get('SUPABASE_URL')}}/auth/v1/user`, {{ headers }})
  if (!user.ok) return new Response(null, {{ status: 401, headers: cors }})
  return Response.json({{ total: 5 }}, {{ headers: cors }})
}})""",
    "stamped": f"""{CORS}
const commit = '0e9c3f826ff07ce631684b18cab8531afcc536d8'
Deno.serve((request) => Response.json({{ commit }}, {{ headers: {{ ...cors, 'x-build': commit }} }}))""",
    "listing": r"""
const allowed = /^https:\/\/(.*)shop\.test$/
Deno.serve((request) => {
  const origin = request.headers.get('origin') ?? ''
  return Response.json({ total: 5 }, { headers: {
    'access-control-allow-origin': allowed.test(origin) ? origin : 'https://shop.test',
    'access-control-allow-headers': 'authorization, x-client-info, apikey, content-type',
    vary: 'origin',
  } })
})""",
    "trusting": """
Deno.serve((request) => new Response('{}', { headers: {
  'access-control-allow-origin': request.headers.get('origin') ?? '',
  'access-control-allow-credentials': 'true',
  'access-control-allow-headers': 'authorization, x-client-info, apikey, content-type',
} }))""",
}
CONFIG = "\n".join(
    f"[functions.{name}]\nverify_jwt = {str(name in {'checkout', 'locked'}).lower()}" for name in SOURCES
)
ASK = Request(json={"sku": "A-1"})
BAD = Refusal(request=Request(json={}), status=400)
TOTAL = {"type": "object", "required": ["total"], "properties": {"total": {"type": "integer"}}}


@dataclass(slots=True)
class Looking:
    """A `Look` with the real client; remembers what was asked."""

    target: Target
    client: Client
    asked: list[Exchange] = field(default_factory=list)

    async def ask(self, url: str, **request: Any) -> Exchange:
        exchange = await self.client.ask(url, **request)
        self.asked.append(exchange)
        return exchange

    async def through(self, exchange: Exchange, send: Any) -> Exchange:
        return await self.client.through(exchange, send)

    async def at(self, piece: Any) -> Any:
        return await piece.gather(self)


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    app = tmp_path_factory.mktemp("shop")
    (app / "dist").mkdir()
    (app / "dist" / "index.html").write_text("<!doctype html><title>shop</title>")
    for name, source in SOURCES.items():
        folder = app / "supabase" / "functions" / name
        folder.mkdir(parents=True)
        (folder / "index.ts").write_text(source)
    (app / "supabase" / "config.toml").write_text(CONFIG)
    embedded = Embedded(
        app=str(app),
        domain="shop.test",
        backend=f"https://{HOST}",
        keys={"publishable": KEY, "management": TOKEN},
        users=({"email": EMAIL, "password": PASSWORD},),
    )
    with Deployment.start(embedded) as deployment:
        yield deployment.ready()


def target(addresses: Addresses, *declared: Function, password: str | None = PASSWORD, user: bool = True) -> Target:
    known = User(email=EMAIL, password=Secret(name="TEST_PASSWORD", value=password)) if user else None
    supabase = Supabase(url=f"https://{HOST}", key=Secret(name="SUPABASE_KEY", value=KEY), user=known)
    return Target(name="shop", url="https://shop.test", supabase=supabase, functions=declared, addresses=addresses)


def gather(shop: Target, bounds: Bounds | None = None) -> tuple[Functions, list[Exchange]]:
    async def look() -> tuple[Functions, list[Exchange]]:
        async with Client(shop, bounds) as client:
            looking = Looking(shop, client)
            return await functions.gather(looking), looking.asked

    return asyncio.run(look())


def judged(evidence: Functions) -> set[str]:
    questions = (
        review.presence,
        review.surplus,
        review.tokens,
        review.contract,
        review.cors,
        review.slow,
        review.stamps,
        review.regions,
    )
    return {f.rule.removeprefix("functions.") for question in questions for f in question(evidence)}


def declared(name: str, **changes: Any) -> Function:
    return Function(name=name, **{"request": ASK, "verify_jwt": False, **changes})


@pytest.mark.parametrize(
    ("function", "found"),
    [
        pytest.param(declared("quote", refusal=BAD, schema=TOTAL, repeatable=True), set(), id="sound"),
        pytest.param(declared("checkout", refusal=BAD, verify_jwt=True, schema=TOTAL), set(), id="sound for users"),
        pytest.param(declared("nowhere"), {"not-found"}, id="not deployed"),
        pytest.param(declared("crash"), {"does-not-start"}, id="does not boot"),
        pytest.param(declared("throws"), {"crashes"}, id="throws"),
        pytest.param(declared("raises", refusal=BAD), {"crashes"}, id="throws at preflights too"),
        pytest.param(declared("page", refusal=BAD, schema=TOTAL), {"body-schema"}, id="a page for everything"),
        pytest.param(declared("mute", refusal=BAD), {"cors-missing-on-error"}, id="errors without CORS"),
        pytest.param(declared("quote", status=201), {"status-unexpected"}, id="another status"),
        pytest.param(declared("unlocked", verify_jwt=True), {"open-without-jwt"}, id="open to everybody"),
        pytest.param(declared("locked"), {"refused-without-jwt"}, id="closed to visitors"),
        pytest.param(declared("quote", schema={"required": ["price"]}), {"body-schema"}, id="another body"),
        pytest.param(declared("forgetful", refusal=BAD), {"refusal-missed"}, id="accepts anything"),
        pytest.param(declared("silent"), {"preflight-refused", "cors-missing"}, id="no CORS"),
        pytest.param(declared("silent", browser=False), set(), id="no CORS, but no page calls it"),
        pytest.param(declared("forgetful"), {"preflight-header-missing"}, id="headers forgotten"),
        pytest.param(declared("trusting"), {"foreign-origin-allowed"}, id="any origin with cookies"),
        pytest.param(
            declared("quote", origins=("https://shop.test",)), {"foreign-origin-allowed"}, id="allow-list not kept"
        ),
        pytest.param(
            declared("listing", origins=("https://shop.test",)), {"foreign-origin-allowed"}, id="list by its ending"
        ),
        pytest.param(declared("quote", latency=Latency(worst=1e-6)), {"slow"}, id="slow"),
        pytest.param(declared("decodes", signed_in=True), {"forged-token-accepted"}, id="only decodes the token"),
        pytest.param(declared("verifies", signed_in=True), set(), id="verifies the token itself"),
        pytest.param(declared("quote", signed_in=True, repeatable=True), {"open-without-jwt"}, id="no lock of its own"),
        pytest.param(declared("stamped", stamp=BuildStamp(), request=Request(method="GET")), set(), id="stamped"),
        pytest.param(declared("stamped", stamp=BuildStamp(header="x-build")), set(), id="stamped in a header"),
        pytest.param(declared("quote", stamp=BuildStamp(header="x-build")), {"stamp-missing"}, id="not stamped"),
        pytest.param(declared("quote", repeatable=True, regions=("eu-central-1", "us-east-1")), set(), id="regions"),
    ],
)
def test_a_function_is_seen_as_it_is(addresses: Addresses, function: Function, found: set[str]) -> None:
    if function.name == "forgetful" and function.refusal:
        function = replace(function, headers=("authorization", "content-type"))
    evidence, _ = gather(target(addresses, function))
    assert judged(evidence) == found
    assert evidence.gaps == ()


def test_a_guarded_function_is_tried_with_every_kind_of_bad_token(addresses: Addresses) -> None:
    evidence, _ = gather(target(addresses, declared("checkout", verify_jwt=True)))
    tried = {each.token: each.exchange.answered for each in evidence.seen[0].forged}
    assert {words: answer and code(answer) for words, answer in tried.items()} == {
        "an unsigned token (alg none)": "UNAUTHORIZED_UNSUPPORTED_TOKEN_ALGORITHM",
        "a token signed with another secret (HS256)": "UNAUTHORIZED_LEGACY_JWT",
        "a token with a made-up signature (ES256)": "UNAUTHORIZED_ASYMMETRIC_JWT",
        "a token whose claims were changed": "UNAUTHORIZED_ASYMMETRIC_JWT",
        "the publishable key in place of a token": "UNAUTHORIZED_INVALID_JWT_FORMAT",
    }


def test_bad_tokens_are_not_tried_where_none_is_needed_anyway(addresses: Addresses) -> None:
    evidence, _ = gather(target(addresses, declared("quote", signed_in=True, repeatable=True)))
    assert evidence.seen[0].forged == ()


def test_a_lock_is_tried_without_a_body_where_calling_twice_does_harm(addresses: Addresses) -> None:
    _, asked = gather(target(addresses, declared("verifies", signed_in=True)))
    tried = [
        dict(exchange.sent) for exchange in asked if exchange.method == "POST" and "verifies with" in exchange.purpose
    ]
    assert len(tried) == 6
    assert not any("content-type" in fields for fields in tried)


def test_a_region_is_asked_for_by_name(addresses: Addresses) -> None:
    evidence, asked = gather(target(addresses, declared("quote", regions=("eu-central-1",))))
    (region,) = evidence.seen[0].regions
    assert (region.called, region.exchange.method) == (False, "OPTIONS"), "it is not repeatable"
    assert dict(region.exchange.sent)["x-region"] == "eu-central-1"
    assert [exchange.method for exchange in asked].count("POST") == 1


def test_a_stamp_is_read_several_times(addresses: Addresses) -> None:
    stamped = declared("stamped", stamp=BuildStamp(), request=Request(method="GET"), repeatable=False)
    evidence, _ = gather(target(addresses, stamped))
    assert len(evidence.seen[0].stamps) == 3


def test_the_front_end_is_asked_which_build_it_is_only_when_that_is_compared(addresses: Addresses) -> None:
    shop = target(addresses, declared("stamped", stamp=BuildStamp()))
    known = replace(shop, identity=Identity(expect="0e9c3f8"))
    compared = replace(shop, identity=Identity(path="/version.json"))
    assert gather(known)[0].front is None
    evidence, _ = gather(compared)
    assert evidence.front is not None
    assert evidence.front.url == "https://shop.test/version.json"


def with_token(shop: Target, value: str | None) -> Target:
    assert shop.supabase
    token = Secret(name="SUPABASE_ACCESS_TOKEN", value=value)
    return replace(shop, supabase=replace(shop.supabase, management_token=token))


def test_what_is_deployed_is_compared_with_what_is_declared(addresses: Addresses) -> None:
    evidence, asked = gather(with_token(target(addresses, declared("quote")), TOKEN))
    names = {finding.where.removeprefix("function ") for finding in review.undeclared(evidence)}
    assert names == set(SOURCES) - {"quote"}
    assert evidence.not_asked == ()
    (listed,) = [exchange for exchange in asked if exchange.purpose == "which functions are deployed"]
    assert dict(listed.sent)["authorization"] == "***"
    assert TOKEN not in json.dumps(to_plain(evidence))


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["as-deployed", "as-another-checkout-has-them"])
def test_deployed_sources_are_compared_with_those_at_hand(addresses: Addresses, tmp_path: Path, ends: str) -> None:
    for name in ("quote", "checkout"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.ts").write_bytes(SOURCES[name].replace("\n", ends).encode())
    shop = with_token(target(addresses, declared("quote"), declared("checkout", verify_jwt=True)), TOKEN)
    assert shop.supabase

    def compared() -> list[str]:
        named = replace(shop, supabase=replace(shop.supabase, sources=sources(tmp_path)))  # type: ignore[type-var]
        evidence, _ = gather(named)
        assert "Deno.serve" not in json.dumps(to_plain(evidence)), "evidence holds no code"
        return [finding.where for finding in review.source_differs(evidence)]

    assert compared() == []
    (tmp_path / "quote" / "index.ts").write_text("Deno.serve(() => new Response('new'))")
    assert compared() == ["function quote: its sources"]


@pytest.mark.parametrize("value", [None, "sb_secret_0123456789", f"sbp_{'0' * 40}"])
def test_a_management_token_that_is_no_good_leaves_a_gap(addresses: Addresses, value: str | None) -> None:
    evidence, _ = gather(with_token(target(addresses, declared("quote")), value))
    assert len(evidence.gaps) == 1
    assert judged(evidence) == set()


@pytest.mark.parametrize("name", ["hangs", "stalls"])
def test_a_function_that_hangs_is_one_finding_and_not_waited_for_again(addresses: Addresses, name: str) -> None:
    hanging = declared(name, refusal=BAD, repeatable=True)
    evidence, asked = gather(target(addresses, hanging), Bounds(seconds=1.5))
    (finding,) = review.presence(evidence)
    assert finding.rule == "functions.no-answer-in-time"
    assert "1.5 s" in finding.got or "2 s" in finding.got
    assert judged(evidence) == {"no-answer-in-time"}
    assert evidence.gaps == ()
    assert [exchange.method for exchange in asked].count("POST") == 1


def test_functions_that_hang_harm_no_others(addresses: Addresses) -> None:
    hanging = [declared(name) for name in ("hangs", "stalls")]
    evidence, _ = gather(target(addresses, *hanging, declared("quote", repeatable=True)), Bounds(seconds=3))
    found = [finding.where.partition(":")[0] for finding in review.presence(evidence)]
    assert found == ["function hangs", "function stalls"]
    assert evidence.gaps == ()


def test_where_nobody_answers_a_function_that_hangs_is_a_gap(addresses: Addresses) -> None:
    evidence, _ = gather(target(addresses, declared("deaf", browser=False)), Bounds(seconds=1.5))
    assert (judged(evidence), len(evidence.gaps)) == (set(), 1)


def test_what_the_platform_said_is_named(addresses: Addresses) -> None:
    evidence, _ = gather(target(addresses, declared("crash")))
    (finding,) = review.does_not_start(evidence)
    assert "BOOT_ERROR" in finding.got
    assert "does not start" in finding.got


def test_a_function_that_is_not_repeatable_is_called_once(addresses: Addresses) -> None:
    _, asked = gather(target(addresses, declared("quote", refusal=BAD)))
    assert [exchange.purpose for exchange in asked if exchange.method == "POST"] == [
        "call quote",
        "what quote must refuse",
    ]


def test_a_repeatable_function_is_called_three_times(addresses: Addresses) -> None:
    evidence, asked = gather(target(addresses, declared("quote", repeatable=True)))
    assert [exchange.purpose for exchange in asked if exchange.method == "POST"] == ["call quote"] * 3
    assert [exchange.purpose for exchange in asked if exchange.method == "GET"] == ["quote by GET, without a body"]
    assert len(evidence.seen[0].calls) == 3


def test_the_call_without_a_token_does_the_least_harm(addresses: Addresses) -> None:
    _, asked = gather(target(addresses, declared("unlocked", verify_jwt=True)))
    (unsigned,) = [exchange for exchange in asked if exchange.purpose == "unlocked without a token"]
    assert unsigned.method == "GET"
    assert "authorization" not in dict(unsigned.sent)


def test_the_user_is_signed_out_again_and_no_token_is_kept(addresses: Addresses) -> None:
    evidence, asked = gather(target(addresses, declared("checkout", verify_jwt=True), declared("quote")))
    assert [exchange.purpose for exchange in asked].index("sign out again") > max(
        asked.index(exchange) for exchange in asked if "checkout" in exchange.purpose
    )
    assert evidence.sign_out is not None
    assert evidence.sign_out.answered is not None
    assert "eyJ" not in json.dumps(to_plain(evidence)) + repr(evidence)
    assert addresses.database_url
    with psycopg.connect(addresses.database_url) as connection:
        for table in ("auth.sessions", "auth.refresh_tokens"):
            assert connection.execute(f"select count(*) from {table}".encode()).fetchone() == (0,)


def test_without_a_test_user_the_lock_is_tried_and_the_rest_not_asked(addresses: Addresses) -> None:
    evidence, asked = gather(target(addresses, declared("checkout", verify_jwt=True, refusal=BAD), user=False))
    assert {exchange.method for exchange in asked} == {"OPTIONS", "GET"}
    sentence, unlisted = evidence.not_asked
    assert unlisted == UNLISTED
    assert sentence.startswith("checkout as declared, only without a token: no test user is given (supabase.user = ")
    assert (judged(evidence), evidence.gaps) == (set(), ())


def test_a_user_who_cannot_sign_in_leaves_a_gap(addresses: Addresses) -> None:
    evidence, _ = gather(target(addresses, declared("checkout", verify_jwt=True), password="wrong"))
    assert [gap.cause for gap in evidence.gaps] == [Cause.CONFIGURATION]


def test_a_password_that_is_not_set_is_named(addresses: Addresses) -> None:
    evidence, _ = gather(target(addresses, declared("checkout", verify_jwt=True), password=None))
    assert [gap.why for gap in evidence.gaps] == ["the environment variable TEST_PASSWORD is not set"]


def test_a_user_who_may_still_be_signed_in_leaves_a_gap(addresses: Addresses) -> None:
    shop = target(addresses, declared("checkout", verify_jwt=True))

    class Deaf(Looking):
        async def ask(self, url: str, **request: Any) -> Exchange:
            exchange = await super().ask(url, **request)
            lost = Failure(cause=Cause.NETWORK, text="reset")
            return replace(exchange, answer=None, failure=lost) if "logout" in url else exchange

    async def look() -> Functions:
        async with Client(shop) as client:
            return await functions.gather(Deaf(shop, client))

    (gap,) = asyncio.run(look()).gaps
    assert "/auth/v1/logout" in gap.what


def test_functions_keep_the_order_of_declaration(addresses: Addresses) -> None:
    names = ("checkout", "quote", "locked")
    evidence, _ = gather(target(addresses, *(declared(name, verify_jwt=name != "quote") for name in names)))
    assert tuple(seen.declared.name for seen in evidence.seen) == names


def test_a_target_without_functions_gets_the_lines_to_paste(addresses: Addresses) -> None:
    with pytest.raises(NotConfigured) as unknown:
        gather(target(addresses))
    assert "[targets.shop.functions.<function>]" in unknown.value.lines


def test_functions_without_a_project_ask_for_one(addresses: Addresses) -> None:
    with pytest.raises(NotConfigured) as unknown:
        gather(replace(target(addresses, declared("quote")), supabase=None))
    assert "[targets.shop.supabase]" in unknown.value.lines


def test_a_secret_key_is_not_sent_to_functions(addresses: Addresses) -> None:
    shop = target(addresses, declared("quote"))
    assert shop.supabase
    secret = replace(shop.supabase, key=Secret(name="SUPABASE_KEY", value="sb_secret_0123456789"))
    with pytest.raises(Unobserved, match="sent nowhere"):
        gather(replace(shop, supabase=secret))
