"""Edge functions called over real sockets: who answered, whom they let in, and what a page could read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
import pytest

from prodworthy.evidence.client import Bounds, Client
from prodworthy.evidence.errors import NotConfigured, Unobserved
from prodworthy.evidence.functions import functions
from prodworthy.local.deployment import Deployment
from prodworthy.model import (
    Addresses,
    Cause,
    Embedded,
    Exchange,
    Failure,
    Function,
    Latency,
    Refusal,
    Request,
    Secret,
    Supabase,
    Target,
    User,
)
from prodworthy.model.functions import Functions
from prodworthy.plain import to_plain
from prodworthy.review import functions as review

HOST = "abcdefghijklmnopqrst.supabase.co"
KEY = "sb_publishable_for_the_tests"
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
        keys={"publishable": KEY},
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
    questions = (review.presence, review.tokens, review.contract, review.cors, review.slow)
    return {f.rule.removeprefix("functions.") for question in questions for f in question(evidence)}


def declared(name: str, **changes: Any) -> Function:
    return Function(name=name, **{"request": ASK, "verify_jwt": False, **changes})


@pytest.mark.parametrize(
    ("function", "found"),
    [
        pytest.param(declared("quote", refusal=BAD, schema=TOTAL, repeatable=True), set(), id="sound"),
        pytest.param(declared("checkout", refusal=BAD, verify_jwt=True, schema=TOTAL), set(), id="sound for users"),
        pytest.param(declared("nowhere"), {"not-found"}, id="not deployed"),
        pytest.param(declared("crash"), {"status-unexpected"}, id="does not boot"),
        pytest.param(declared("throws"), {"status-unexpected"}, id="throws"),
        pytest.param(declared("raises", refusal=BAD), {"status-unexpected"}, id="throws at preflights too"),
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
        pytest.param(declared("quote", latency=Latency(worst=1e-6)), {"slow"}, id="slow"),
    ],
)
def test_a_function_is_seen_as_it_is(addresses: Addresses, function: Function, found: set[str]) -> None:
    if function.name == "forgetful" and function.refusal:
        function = replace(function, headers=("authorization", "content-type"))
    evidence, _ = gather(target(addresses, function))
    assert judged(evidence) == found
    assert evidence.gaps == ()


@pytest.mark.parametrize("name", ["hangs", "stalls"])
def test_a_function_that_hangs_is_one_finding_and_not_waited_for_again(addresses: Addresses, name: str) -> None:
    hanging = declared(name, refusal=BAD, repeatable=True)
    evidence, asked = gather(target(addresses, hanging), Bounds(seconds=1.5))
    (finding,) = review.presence(evidence)
    assert finding.rule == "functions.status-unexpected"
    assert "1.5 s" in finding.got or "2 s" in finding.got
    assert judged(evidence) == {"status-unexpected"}
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
    (finding,) = review.status_unexpected(evidence)
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
    assert [exchange.method for exchange in asked if exchange.method != "OPTIONS"] == ["GET"]
    (sentence,) = evidence.not_asked
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
