"""Every rule of the edge functions catches its cause, and only its own."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from prodworthy.model import Answer, Cause, Exchange, Failure, Function, Gap, Latency, Refusal, Request, Timings
from prodworthy.model.functions import Functions, Preflight, SeenFunction
from prodworthy.plain import from_plain, to_plain
from prodworthy.review import functions as review
from prodworthy.review.rules import CATALOGUE

URL = "https://abcdefghijklmnopqrst.supabase.co"
ORIGIN = "https://shop.test"
FOREIGN = "https://foreign.example"
RAN = {"x-served-by": "supabase-edge-runtime", "x-deno-execution-id": "1"}
PLATFORM = {"x-served-by": "supabase-edge-runtime"}
CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "authorization, x-client-info, apikey, content-type",
}


def said(status: int, body: Any = None, *fields: dict[str, str], seconds: float = 0.1) -> Exchange:
    lines = tuple((name, value) for each in fields for name, value in each.items())
    content = b"" if body is None else json.dumps(body).encode()
    answer = Answer(status=status, http="HTTP/2", fields=lines, body=content, timings=Timings(total=seconds))
    return Exchange(method="POST", url=f"{URL}/functions/v1/quote", purpose="call quote", answer=answer)


def platform(status: int, code: str) -> Exchange:
    return said(status, {"code": code, "message": "said the platform"}, PLATFORM, {"sb-error-code": code})


def preflight(*fields: dict[str, str], status: int = 200, origin: str = ORIGIN) -> Preflight:
    return Preflight(origin=origin, exchange=said(status, None, RAN, *fields))


def connected(exchange: Exchange) -> Exchange:
    """The same over a connection that took 0.6 s to open."""
    assert exchange.answer
    timings = replace(exchange.answer.timings, connect=0.4, tls=0.2)
    return replace(exchange, answer=replace(exchange.answer, timings=timings))


GOOD = said(200, {"total": 5}, RAN, CORS)
BAD_REQUEST = said(400, {"error": "bad_sku"}, RAN, CORS)
NO_TOKEN = platform(401, "UNAUTHORIZED_NO_AUTH_HEADER")
OLD_NO_TOKEN = said(401, {"code": 401, "message": "Invalid JWT"})
NOT_FOUND = platform(404, "NOT_FOUND")
BOOT_ERROR = platform(503, "BOOT_ERROR")
LOST = Exchange(method="POST", url=URL, purpose="", failure=Failure(cause=Cause.NETWORK, text="reset"))
LATE = Exchange(
    method="POST", url=URL, purpose="", failure=Failure(cause=Cause.NETWORK, text="no answer within 20 s", late=True)
)
REFUSAL = Refusal(request=Request(json={}), status=400)


def seen(**changes: Any) -> SeenFunction:
    declared = {name: changes.pop(name) for name in set(changes) & set(Function.__slots__) - {"refusal"}}
    function = Function(**{"name": "quote", "verify_jwt": False, "refusal": REFUSAL, **declared})
    sound: dict[str, Any] = {
        "origin": ORIGIN,
        "preflights": (preflight(CORS),),
        "foreign": preflight(CORS, origin=FOREIGN),
        "unsigned": NO_TOKEN if function.verify_jwt else None,
        "calls": (GOOD,),
        "refusal": BAD_REQUEST,
    }
    return SeenFunction(declared=function, **{**sound, **changes})


def judged(function: SeenFunction) -> set[str]:
    evidence = Functions(url=URL, seen=(function,))
    questions = (review.presence, review.tokens, review.contract, review.cors, review.slow)
    return {f.rule.removeprefix("functions.") for question in questions for f in question(evidence)}


NOWHERE = {"preflights": (Preflight(origin=ORIGIN, exchange=NOT_FOUND),), "foreign": None, "refusal": NOT_FOUND}
TOTAL = {"type": "object", "required": ["total"], "properties": {"total": {"type": "integer"}}}
STRICT = {"access-control-allow-origin": ORIGIN, "access-control-allow-headers": CORS["access-control-allow-headers"]}
ECHO = {**STRICT, "access-control-allow-origin": FOREIGN}
CREDENTIALS = {"access-control-allow-credentials": "true"}

CAUGHT = {
    "a function that is not deployed": (seen(calls=(NOT_FOUND,), **NOWHERE), "not-found"),
    "a function whose bundle is missing": (
        seen(calls=(platform(404, "NOT_FOUND_FUNCTION_BLOB"),), **NOWHERE),
        "not-found",
    ),
    "a function that does not boot": (
        seen(
            calls=(BOOT_ERROR,),
            refusal=BOOT_ERROR,
            preflights=(Preflight(origin=ORIGIN, exchange=BOOT_ERROR),),
            foreign=None,
        ),
        "status-unexpected",
    ),
    "a function that does not boot and cannot be called": (
        seen(
            verify_jwt=True,
            calls=(),
            refusal=None,
            preflights=(Preflight(origin=ORIGIN, exchange=BOOT_ERROR),),
            unasked="no test user",
        ),
        "status-unexpected",
    ),
    "a handler that throws": (
        seen(calls=(said(500, {}, RAN, {"sb-error-code": "EDGE_FUNCTION_ERROR"}),)),
        "status-unexpected",
    ),
    "a function that returns 500 to everything": (
        seen(calls=(said(500, {}, RAN, CORS),), refusal=said(500, {}, RAN, CORS)),
        "status-unexpected",
    ),
    "too much memory": (seen(calls=(platform(546, "WORKER_LIMIT"),)), "status-unexpected"),
    "no answer in time": (seen(calls=(platform(504, "IDLE_TIMEOUT"),)), "status-unexpected"),
    "no answer, though the platform is there": (seen(calls=(LATE,), refusal=None), "status-unexpected"),
    "a handler that throws at preflights too": (
        seen(
            calls=(said(500, {}, RAN, {"sb-error-code": "EDGE_FUNCTION_ERROR"}),),
            preflights=(preflight({"sb-error-code": "EDGE_FUNCTION_ERROR"}, status=500),),
            foreign=None,
        ),
        "status-unexpected",
    ),
    "one page for everything": (
        seen(schema=TOTAL, calls=(said(200, "x", RAN, CORS),), refusal=said(200, "x", RAN, CORS)),
        "body-schema",
    ),
    "another status than declared": (seen(status=201), "status-unexpected"),
    "a later call that fails": (seen(calls=(GOOD, said(502, {}, RAN, CORS))), "status-unexpected"),
    "the platform gives the expected error": (
        seen(status=429, calls=(platform(429, "RATE_LIMIT_EXCEEDED"),)),
        "platform-answered",
    ),
    "the platform refuses what the code should": (seen(refusal=said(400, {}, PLATFORM)), "platform-answered"),
    "the code runs without a token": (seen(verify_jwt=True, unsigned=said(405, {}, RAN, CORS)), "open-without-jwt"),
    "the code itself refuses without a token": (
        seen(verify_jwt=True, unsigned=said(401, {"code": "no_session"}, RAN, CORS)),
        "open-without-jwt",
    ),
    "an answer without a token from an unmarked server": (
        seen(verify_jwt=True, unsigned=said(200, {})),
        "open-without-jwt",
    ),
    "the platform wants a token of everybody": (seen(calls=(NO_TOKEN,), refusal=NO_TOKEN), "refused-without-jwt"),
    "an older platform wants a token": (seen(calls=(OLD_NO_TOKEN,), refusal=OLD_NO_TOKEN), "refused-without-jwt"),
    "the user's token is refused": (
        seen(verify_jwt=True, calls=(platform(401, "UNAUTHORIZED_ASYMMETRIC_JWT"),), refusal=None),
        "token-refused",
    ),
    "a body of another shape": (seen(schema=TOTAL, calls=(said(200, {"sum": 5}, RAN, CORS),)), "body-schema"),
    "a body that is not JSON": (seen(schema=TOTAL, calls=(replace(said(200, None, RAN, CORS)),)), "body-schema"),
    "bad input is accepted": (seen(refusal=GOOD), "refusal-missed"),
    "bad input breaks it": (seen(refusal=said(500, {}, RAN, CORS)), "refusal-missed"),
    "OPTIONS is not answered": (seen(preflights=(preflight(CORS, status=405),)), "preflight-refused"),
    "OPTIONS allows nobody": (seen(preflights=(preflight(),)), "preflight-refused"),
    "OPTIONS allows another origin": (seen(preflights=(preflight(ECHO),)), "preflight-refused"),
    "OPTIONS does not allow the method": (seen(request=Request(method="PUT")), "preflight-refused"),
    "one header is not allowed": (
        seen(preflights=(preflight({**CORS, "access-control-allow-headers": "authorization, apikey, content-type"}),)),
        "preflight-header-missing",
    ),
    "a wildcard that does not cover authorization": (
        seen(preflights=(preflight({**CORS, "access-control-allow-headers": "*"}),)),
        "preflight-header-missing",
    ),
    "no header is allowed": (
        seen(preflights=(preflight({"access-control-allow-origin": "*"}),)),
        "preflight-header-missing",
    ),
    "the answer is closed to pages": (seen(calls=(said(200, {"total": 5}, RAN),)), "cors-missing"),
    "the answer is open to another origin": (seen(calls=(said(200, {}, RAN, ECHO),)), "cors-missing"),
    "the refusal is closed to pages": (seen(refusal=said(400, {}, RAN)), "cors-missing-on-error"),
    "an allow-list that is not kept": (
        seen(origins=(ORIGIN,), preflights=(preflight(STRICT),), foreign=preflight(ECHO, origin=FOREIGN)),
        "foreign-origin-allowed",
    ),
    "an allow-list that is a wildcard": (seen(origins=(ORIGIN,)), "foreign-origin-allowed"),
    "every origin is echoed, with cookies": (
        seen(foreign=preflight(ECHO, CREDENTIALS, origin=FOREIGN)),
        "foreign-origin-allowed",
    ),
    "a slow first call": (
        seen(latency=Latency(worst=0.5), calls=(said(200, {}, RAN, CORS, seconds=0.9), GOOD, GOOD)),
        "slow",
    ),
    "slow calls": (seen(latency=Latency(median=0.05), calls=(GOOD, GOOD, GOOD)), "slow"),
}

PASSED = {
    "a sound function": seen(),
    "a sound function that wants a token": seen(verify_jwt=True),
    "a token is wanted in the older words": seen(verify_jwt=True, unsigned=OLD_NO_TOKEN),
    "a server that does not say who answered": seen(calls=(said(200, {}, CORS),), refusal=said(400, {}, CORS)),
    "a body that fits": seen(schema=TOTAL),
    "an allow-list that is kept": seen(
        origins=(ORIGIN,), preflights=(preflight(STRICT),), foreign=preflight(STRICT, origin=FOREIGN)
    ),
    "every origin is echoed, without cookies": seen(foreign=preflight(ECHO, origin=FOREIGN)),
    "a declared error": seen(status=404, calls=(said(404, {"code": "no_such_sku"}, RAN, CORS),)),
    "a function that no page calls": seen(
        browser=False, preflights=(), foreign=None, calls=(said(200, {}, RAN),), refusal=said(400, {}, RAN)
    ),
    "a slow call without a budget": seen(calls=(said(200, {}, RAN, CORS, seconds=30),)),
    "a slow first call within the median": seen(
        latency=Latency(median=0.5), calls=(said(200, {}, RAN, CORS, seconds=0.9), GOOD, GOOD)
    ),
    "a slow connection": seen(
        latency=Latency(worst=0.5), calls=(connected(said(200, {"total": 5}, RAN, CORS, seconds=0.9)),)
    ),
    "no answer in time from anybody": seen(
        calls=(LATE,), refusal=None, preflights=(Preflight(origin=ORIGIN, exchange=LATE),), foreign=None
    ),
    "nothing could be observed": seen(
        verify_jwt=True,
        calls=(LOST,),
        refusal=LOST,
        unsigned=LOST,
        preflights=(Preflight(origin=ORIGIN, exchange=LOST),),
        foreign=Preflight(origin=FOREIGN, exchange=LOST),
    ),
}


@pytest.mark.parametrize(("function", "rule"), CAUGHT.values(), ids=CAUGHT.keys())
def test_this_is_caught_by_its_rule_and_no_other(function: SeenFunction, rule: str) -> None:
    assert judged(function) == {rule}


@pytest.mark.parametrize("function", PASSED.values(), ids=PASSED.keys())
def test_this_passes(function: SeenFunction) -> None:
    assert judged(function) == set()


def test_every_rule_has_a_case_that_it_catches() -> None:
    known = {rule.removeprefix("functions.") for rule in CATALOGUE if rule.startswith("functions.")}
    assert {rule for _, rule in CAUGHT.values()} == known


def test_the_platform_s_error_is_named_and_explained() -> None:
    (finding,) = review.presence(Functions(url=URL, seen=(seen(calls=(BOOT_ERROR,)),)))
    assert finding.got.startswith("503 BOOT_ERROR said the platform: the function does not start")


def test_a_function_that_should_have_been_called_leaves_a_gap() -> None:
    gap = Gap(what="functions", why="the test user could not sign in", cause=Cause.CONFIGURATION)
    assert Functions(url=URL, seen=(seen(verify_jwt=True, calls=(), uncalled=gap),)).gaps == (gap,)


def test_a_function_without_a_test_user_to_call_it_leaves_no_gap_and_is_said() -> None:
    uncalled = seen(verify_jwt=True, calls=(), refusal=None, unasked="no test user is given")
    evidence = Functions(url=URL, seen=(uncalled, seen(name="other")))
    assert evidence.gaps == ()
    assert evidence.not_asked == ("quote as declared, only without a token: no test user is given",)


def test_evidence_survives_being_stored() -> None:
    evidence = Functions(url=URL, seen=(seen(), seen(verify_jwt=True)))
    assert from_plain(Functions, to_plain(evidence)) == evidence
