"""Every rule of the edge functions catches its cause, and only its own."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from prodworthy.model import (
    Answer,
    BuildStamp,
    Cause,
    Exchange,
    Failure,
    Function,
    Gap,
    Identity,
    Latency,
    Refusal,
    Request,
    Timings,
)
from prodworthy.model.functions import UNLISTED, DeployedSources, Forged, Functions, Preflight, RegionSeen, SeenFunction
from prodworthy.plain import from_plain, to_plain
from prodworthy.review import functions as review
from prodworthy.review.rules import CATALOGUE

URL = "https://abcdefghijklmnopqrst.supabase.co"
ORIGIN = "https://shop.test"
FOREIGN = "https://foreign.example"
RAN = {"x-served-by": "supabase-edge-runtime", "x-deno-execution-id": "1"}
PLATFORM = {"x-served-by": "supabase-edge-runtime"}
TEXT = ("content-type", "text/plain; charset=utf-8")
GET = Request(method="GET")
CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "authorization, x-client-info, apikey, content-type",
}


def said(status: int, body: Any = None, *fields: dict[str, str], seconds: float = 0.1) -> Exchange:
    lines = tuple((name, value) for each in fields for name, value in each.items())
    content = b"" if body is None else json.dumps(body).encode()
    if content and not any("content-type" in each for each in fields):
        lines = (*lines, ("content-type", "application/json"))
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
CLI_NO_TOKEN = said(401, {"msg": "Error: Missing authorization header"})
NOT_FOUND = platform(404, "NOT_FOUND")
BOOT_ERROR = platform(503, "BOOT_ERROR")
THREW = said(500, {"code": "EDGE_FUNCTION_ERROR"}, RAN, {"sb-error-code": "EDGE_FUNCTION_ERROR"})
LOST = Exchange(method="POST", url=URL, purpose="", failure=Failure(cause=Cause.NETWORK, text="reset"))
LATE = Exchange(
    method="POST", url=URL, purpose="", failure=Failure(cause=Cause.NETWORK, text="no answer within 20 s", late=True)
)
REFUSAL = Refusal(request=Request(json={}), status=400)


def seen(**changes: Any) -> SeenFunction:
    declared = {name: changes.pop(name) for name in set(changes) & set(Function.__slots__) - {"refusal", "regions"}}
    function = Function(**{"name": "quote", "verify_jwt": False, "refusal": REFUSAL, **declared})
    sound: dict[str, Any] = {
        "origin": ORIGIN,
        "preflights": (preflight(CORS),),
        "strangers": (preflight(CORS, origin=FOREIGN),),
        "unsigned": NO_TOKEN if function.verify_jwt else said(401, {}, RAN, CORS) if function.signed_in else None,
        "calls": (GOOD,),
        "refusal": BAD_REQUEST,
    }
    return SeenFunction(declared=function, **{**sound, **changes})


QUESTIONS = (
    review.presence,
    review.surplus,
    review.tokens,
    review.contract,
    review.cors,
    review.slow,
    review.stamps,
    review.regions,
)


def judged(found: SeenFunction | Functions) -> set[str]:
    evidence = found if isinstance(found, Functions) else Functions(url=URL, seen=(found,))
    return {f.rule.removeprefix("functions.") for question in QUESTIONS for f in question(evidence)}


NOWHERE = {"preflights": (Preflight(origin=ORIGIN, exchange=NOT_FOUND),), "strangers": (), "refusal": NOT_FOUND}
TOTAL = {"type": "object", "required": ["total"], "properties": {"total": {"type": "integer"}}}
STRICT = {"access-control-allow-origin": ORIGIN, "access-control-allow-headers": CORS["access-control-allow-headers"]}
ECHO = {**STRICT, "access-control-allow-origin": FOREIGN}
CREDENTIALS = {"access-control-allow-credentials": "true"}
LIKE = "https://foreignshop.test"
BUILD = "0e9c3f826ff07ce631684b18cab8531afcc536d8"
OTHER = "f" * 40
STAMP = BuildStamp()
IN_HEADER = BuildStamp(header="x-build")
PAGE_AS_TEXT = Answer(
    status=200, http="HTTP/2", fields=(*RAN.items(), *CORS.items(), TEXT), body=b"<!DOCTYPE html><title>shop</title>"
)


def echo(origin: str) -> dict[str, str]:
    return {**STRICT, "access-control-allow-origin": origin}


def stamped(*builds: str | None) -> tuple[Exchange, ...]:
    return tuple(said(200, {"commit": build}, RAN, CORS) for build in builds)


def released(function: SeenFunction, front: str = BUILD) -> Functions:
    identity = Identity(path="/version.json", pointer="/commit")
    return Functions(url=URL, seen=(function,), identity=identity, front=said(200, {"commit": front}))


def on_record(function: SeenFunction, *records: dict[str, Any], status: int = 200) -> Functions:
    return Functions(url=URL, seen=(function,), listed=said(status, list(records)))


def on_file(files: dict[str, str] | None, *, status: int = 200) -> Functions:
    expected = {"quote/index.ts": "ours", "_shared/http.ts": "same", "quote/README.md": "not deployed"}
    sources = (DeployedSources(name="quote", exchange=said(status), files=files),)
    return Functions(url=URL, seen=(seen(),), listed=said(200, []), expected=expected, sources=sources)


def region(name: str, exchange: Exchange, *, called: bool = True, stamp: Exchange | None = None) -> RegionSeen:
    return RegionSeen(region=name, exchange=exchange, called=called, stamp=stamp)


def forged(exchange: Exchange) -> tuple[Forged, ...]:
    return (Forged(token="an unsigned token (alg none)", exchange=exchange),)


def got(body: Any, *fields: dict[str, str]) -> Exchange:
    return replace(said(200, body, RAN, CORS, *fields), method="GET")


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
            strangers=(),
        ),
        "does-not-start",
    ),
    "a function that does not boot and cannot be called": (
        seen(
            verify_jwt=True,
            calls=(),
            refusal=None,
            preflights=(Preflight(origin=ORIGIN, exchange=BOOT_ERROR),),
            unasked="no test user",
        ),
        "does-not-start",
    ),
    "a function that cannot be loaded": (
        seen(calls=(platform(503, "LOAD_FUNCTION_TIMEOUT"),), refusal=None),
        "does-not-start",
    ),
    "a handler that throws": (
        seen(calls=(THREW,)),
        "crashes",
    ),
    "a function that returns 500 to everything": (
        seen(calls=(said(500, {}, RAN, CORS),), refusal=said(500, {}, RAN, CORS)),
        "status-unexpected",
    ),
    "too much memory": (seen(calls=(platform(546, "WORKER_LIMIT"),)), "out-of-resources"),
    "too much of something": (seen(calls=(said(546, {}, PLATFORM),)), "out-of-resources"),
    "something outside the handler throws": (seen(calls=(platform(500, "WORKER_ERROR"),)), "crashes"),
    "too many calls": (seen(calls=(platform(429, "RATE_LIMIT_EXCEEDED"),)), "rate-limited"),
    "no answer in time": (seen(calls=(platform(504, "IDLE_TIMEOUT"),)), "no-answer-in-time"),
    "no answer, though the platform is there": (seen(calls=(LATE,), refusal=None), "no-answer-in-time"),
    "a handler that throws at preflights too": (
        seen(
            calls=(THREW,),
            preflights=(Preflight(origin=ORIGIN, exchange=THREW),),
            strangers=(),
        ),
        "crashes",
    ),
    "the code answers with an error of its own": (
        seen(calls=(said(500, {"error": "database"}, RAN, CORS, {"sb-error-code": "EDGE_FUNCTION_ERROR"}),)),
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
    "the command line's server wants a token": (
        seen(calls=(CLI_NO_TOKEN,), refusal=CLI_NO_TOKEN),
        "refused-without-jwt",
    ),
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
        seen(origins=(ORIGIN,), preflights=(preflight(STRICT),), strangers=(preflight(ECHO, origin=FOREIGN),)),
        "foreign-origin-allowed",
    ),
    "a list that goes by how origins end": (
        seen(
            origins=(ORIGIN,),
            preflights=(preflight(STRICT),),
            strangers=(preflight(STRICT, origin=FOREIGN), preflight(echo(LIKE), origin=LIKE)),
        ),
        "foreign-origin-allowed",
    ),
    "a list that only preflights keep to": (
        seen(
            origins=(ORIGIN,),
            preflights=(preflight(STRICT),),
            strangers=(preflight(STRICT, origin=FOREIGN),),
            stranger=said(200, {}, RAN, CORS),
        ),
        "foreign-origin-allowed",
    ),
    "an allow-list that is a wildcard": (seen(origins=(ORIGIN,)), "foreign-origin-allowed"),
    "every origin is echoed, with cookies": (
        seen(strangers=(preflight(ECHO, CREDENTIALS, origin=FOREIGN),)),
        "foreign-origin-allowed",
    ),
    "the wildcard twice": (
        seen(calls=(replace(GOOD, answer=replace(GOOD.answer, fields=(*GOOD.answer.fields, *CORS.items()))),)),  # type: ignore[union-attr, type-var]
        "cors-missing",
    ),
    "every origin with credentials": (seen(calls=(said(200, {}, RAN, CORS, CREDENTIALS),)), "credentials-wildcard"),
    "an answer that depends on the origin and may be cached": (
        seen(
            request=GET,
            origins=(ORIGIN,),
            preflights=(preflight(STRICT),),
            strangers=(),
            calls=(said(200, {}, RAN, STRICT),),
            stranger=said(200, {}, RAN),
        ),
        "vary-missing",
    ),
    "a forged token is as good as any": (
        seen(verify_jwt=True, forged=forged(said(200, {}, RAN))),
        "forged-token-accepted",
    ),
    "a lock of its own that only decodes": (
        seen(signed_in=True, forged=forged(said(200, {}, RAN))),
        "forged-token-accepted",
    ),
    "a lock of its own that is open": (seen(signed_in=True, unsigned=said(200, {}, RAN)), "open-without-jwt"),
    "a lock of its own that pages cannot read": (
        seen(signed_in=True, unsigned=said(401, {}, RAN)),
        "cors-missing-on-error",
    ),
    "another setting on record": (
        on_record(seen(), {"slug": "quote", "status": "ACTIVE", "verify_jwt": True}),
        "jwt-setting",
    ),
    "a function that is held back": (on_record(seen(), {"slug": "quote", "status": "THROTTLED"}), "not-active"),
    "a function that nobody declared": (
        on_record(seen(), {"slug": "quote", "status": "ACTIVE"}, {"slug": "debug", "status": "ACTIVE"}),
        "undeclared",
    ),
    "another type than declared": (
        seen(media_type="application/json", calls=(said(200, {}, RAN, CORS, dict([TEXT])),)),
        "media-type",
    ),
    "JSON that is said to be text": (
        seen(schema=TOTAL, calls=(said(200, {"total": 5}, RAN, CORS, dict([TEXT])),)),
        "json-as-text",
    ),
    "a page that is shown as source": (
        seen(request=GET, calls=(replace(GOOD, answer=PAGE_AS_TEXT),)),
        "html-as-text",
    ),
    "a GET that it does not expect": (seen(bare=said(500, {}, RAN, CORS)), "method-crash"),
    "no stamp": (seen(stamp=STAMP, stamps=stamped(None)), "stamp-missing"),
    "no stamp in the header": (seen(stamp=IN_HEADER), "stamp-missing"),
    "the stamp of another release": (released(seen(stamp=STAMP, stamps=stamped(OTHER))), "stamp-unexpected"),
    "two builds at once": (seen(stamp=STAMP, stamps=stamped(BUILD, OTHER, BUILD)), "stamp-flaps"),
    "a file that was edited where it is deployed": (
        on_file({"quote/index.ts": "edited", "_shared/http.ts": "same"}),
        "source-differs",
    ),
    "a file that nobody has": (on_file({"quote/index.ts": "ours", "_shared/left.ts": "theirs"}), "source-differs"),
    "another build elsewhere": (
        seen(
            stamp=STAMP,
            stamps=stamped(BUILD),
            regions=(region("us-east-1", GOOD, stamp=stamped(OTHER)[0]),),
        ),
        "stamp-flaps",
    ),
    "a region that fails": (seen(regions=(region("us-east-1", said(502, {}, RAN)),)), "region-failed"),
    "a region that does not start it": (
        seen(regions=(region("us-east-1", platform(504, "IDLE_TIMEOUT"), called=False),)),
        "region-failed",
    ),
    "another region than asked for": (
        seen(regions=(region("us-east-1", said(200, {}, RAN, {"x-sb-edge-region": "eu-west-1"})),)),
        "region-elsewhere",
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
        origins=(ORIGIN,), preflights=(preflight(STRICT),), strangers=(preflight(STRICT, origin=FOREIGN),)
    ),
    "every origin is echoed, without cookies": seen(strangers=(preflight(ECHO, origin=FOREIGN),)),
    "a declared error": seen(status=404, calls=(said(404, {"code": "no_such_sku"}, RAN, CORS),)),
    "a function that no page calls": seen(
        browser=False, preflights=(), strangers=(), calls=(said(200, {}, RAN),), refusal=said(400, {}, RAN)
    ),
    "a token that is not good is refused": seen(verify_jwt=True, forged=forged(NO_TOKEN)),
    "a lock of its own": seen(signed_in=True, forged=forged(said(401, {}, RAN, CORS))),
    "the settings on record": on_record(seen(), {"slug": "quote", "status": "ACTIVE", "verify_jwt": False}),
    "a record that says little": on_record(seen(), {"slug": "quote"}, {"version": 3}),
    "a list that was refused": on_record(seen(), status=403),
    "the files at hand": on_file({"quote/index.ts": "ours", "_shared/http.ts": "same"}),
    "files of other names": on_file({"index.ts": "theirs"}),
    "files that are not told": on_file(None, status=404),
    "JSON as text, but its type is declared": seen(
        schema=TOTAL, media_type="text/plain", calls=(said(200, {"total": 5}, RAN, CORS, dict([TEXT])),)
    ),
    "a GET is refused": seen(bare=said(405, {}, RAN, CORS)),
    "the stamp of this release": released(seen(stamp=STAMP, stamps=stamped(BUILD[:7]))),
    "a stamp in the header": released(seen(stamp=IN_HEADER, calls=(said(200, {}, RAN, CORS, {"x-build": BUILD}),))),
    "a stamp without anything to compare it with": seen(stamp=STAMP, stamps=stamped(BUILD, BUILD)),
    "an answer that no cache may keep": seen(
        request=GET,
        origins=(ORIGIN,),
        preflights=(preflight(STRICT),),
        strangers=(),
        calls=(said(200, {}, RAN, STRICT, {"cache-control": "no-store"}),),
        stranger=said(200, {}, RAN),
    ),
    "one fixed origin": seen(
        request=GET,
        origins=(ORIGIN,),
        preflights=(preflight(STRICT),),
        strangers=(),
        calls=(said(200, {}, RAN, STRICT),),
        stranger=said(200, {}, RAN, STRICT),
    ),
    "a region of a function that no page calls": seen(
        browser=False,
        preflights=(),
        strangers=(),
        calls=(said(200, {}, RAN),),
        refusal=said(400, {}, RAN),
        regions=(region("us-east-1", said(405, {}, RAN), called=False),),
    ),
    "another region that answers": seen(
        regions=(
            region("us-east-1", said(200, {}, RAN, CORS, {"x-sb-edge-region": "us-east-1"})),
            region("eu-west-1", said(204, None, RAN, CORS), called=False),
        )
    ),
    "a slow call without a budget": seen(calls=(said(200, {}, RAN, CORS, seconds=30),)),
    "a slow first call within the median": seen(
        latency=Latency(median=0.5), calls=(said(200, {}, RAN, CORS, seconds=0.9), GOOD, GOOD)
    ),
    "a slow connection": seen(
        latency=Latency(worst=0.5), calls=(connected(said(200, {"total": 5}, RAN, CORS, seconds=0.9)),)
    ),
    "no answer in time from anybody": seen(
        calls=(LATE,), refusal=None, preflights=(Preflight(origin=ORIGIN, exchange=LATE),), strangers=()
    ),
    "nothing could be observed": seen(
        verify_jwt=True,
        calls=(LOST,),
        refusal=LOST,
        unsigned=LOST,
        preflights=(Preflight(origin=ORIGIN, exchange=LOST),),
        strangers=(Preflight(origin=FOREIGN, exchange=LOST),),
    ),
}


@pytest.mark.parametrize(("function", "rule"), CAUGHT.values(), ids=CAUGHT.keys())
def test_this_is_caught_by_its_rule_and_no_other(function: SeenFunction | Functions, rule: str) -> None:
    assert judged(function) == {rule}


@pytest.mark.parametrize("function", PASSED.values(), ids=PASSED.keys())
def test_this_passes(function: SeenFunction | Functions) -> None:
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
    assert evidence.not_asked == ("quote as declared, only without a token: no test user is given", UNLISTED)


def test_evidence_survives_being_stored() -> None:
    whole = seen(
        verify_jwt=True,
        stamp=IN_HEADER,
        stranger=GOOD,
        bare=GOOD,
        forged=forged(NO_TOKEN),
        stamps=stamped(BUILD),
        regions=(region("us-east-1", GOOD, stamp=GOOD),),
    )
    evidence = replace(on_file({"quote/index.ts": "ours"}), seen=(seen(), whole), front=GOOD, identity=Identity())
    assert from_plain(Functions, to_plain(evidence)) == evidence


def test_an_open_lock_is_one_finding_and_not_two() -> None:
    open_to_all = said(405, {}, RAN, CORS)
    assert judged(seen(verify_jwt=True, unsigned=open_to_all, forged=forged(open_to_all))) == {"open-without-jwt"}


def test_every_stranger_who_is_let_in_is_named() -> None:
    welcomed = (preflight(echo(FOREIGN), origin=FOREIGN), preflight(echo("null"), origin="null"))
    evidence = Functions(url=URL, seen=(seen(origins=(ORIGIN,), preflights=(preflight(STRICT),), strangers=welcomed),))
    (finding,) = review.foreign_origin_allowed(evidence)
    assert finding.got == f"access-control-allow-origin: {FOREIGN}; also to null"


def test_every_token_that_is_taken_is_named() -> None:
    taken = (*forged(said(200, {}, RAN)), Forged(token="the publishable key", exchange=said(200, {}, RAN)))
    (finding,) = review.forged_token_accepted(Functions(url=URL, seen=(seen(verify_jwt=True, forged=taken),)))
    assert finding.got.endswith("to an unsigned token (alg none); the publishable key")


@pytest.mark.parametrize("status", [401, 403])
def test_a_management_token_that_is_refused_leaves_a_gap(status: int) -> None:
    (gap,) = on_record(seen(), status=status).gaps
    assert (gap.cause, str(status) in gap.why) == (Cause.SECRET, True)


def test_what_the_command_line_expects_goes_before_what_the_front_end_says() -> None:
    old = released(seen(stamp=STAMP, stamps=stamped(OTHER)), front=OTHER)
    expected = replace(old, identity=Identity(expect=BUILD), front=None)
    assert (judged(old), judged(expected)) == (set(), {"stamp-unexpected"})


def test_files_that_cannot_be_told_which_they_are_are_said_and_not_judged() -> None:
    (sentence,) = on_file({"index.ts": "theirs"}).not_asked
    assert sentence.startswith("whether quote was deployed from the files at hand")


def test_sources_that_the_token_may_not_read_leave_a_gap() -> None:
    assert [gap.cause for gap in on_file(None, status=403).gaps] == [Cause.SECRET]
