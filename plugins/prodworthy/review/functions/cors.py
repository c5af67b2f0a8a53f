"""Rules about what pages may ask of a function, and read of its answers."""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import Answer, Control, Cure, Severity, Shortfall
from prodworthy.model.functions import FOREIGN, Functions, Preflight, SeenFunction
from prodworthy.review.functions.answering import (
    answers,
    as_declared,
    dead,
    explained,
    first,
    no_token,
    ran,
    told,
    unknown,
    where,
)
from prodworthy.review.functions.contract import broken_anyway
from prodworthy.review.rules import rule

CORS = "Supabase docs, CORS for browsers: https://supabase.com/docs/guides/functions/cors"
FETCH = "WHATWG Fetch, 3.2 CORS protocol: https://fetch.spec.whatwg.org/#http-cors-protocol"
WSTG = "OWASP WSTG, Testing Cross Origin Resource Sharing (WSTG-CLNT-07)"
ASVS = "OWASP ASVS 5.0, 3.4.2 Access-Control-Allow-Origin"

ALLOWED = "access-control-allow-origin"
CREDENTIALS = "access-control-allow-credentials"
SIMPLE = frozenset({"GET", "HEAD", "POST"})  # methods that need no consent


def _allows(answer: Answer, origin: str) -> bool:
    """Browsers want exactly one value; two, even the same one twice, are none."""
    lines = answer.lines(ALLOWED)
    return len(lines) == 1 and lines[0].strip() in {"*", origin}


def _shown(answer: Answer) -> str:
    return f"{ALLOWED}: {', '.join(answer.lines(ALLOWED)) or 'missing'}"[:160]


def _credentials(answer: Answer) -> bool:
    return answer.header(CREDENTIALS) == "true"


def _listed(answer: Answer, name: str) -> set[str]:
    return {each.strip().lower() for line in answer.lines(name) for each in line.split(",") if each.strip()}


def _missing_headers(seen: SeenFunction, answer: Answer) -> list[str]:
    allowed = _listed(answer, "access-control-allow-headers")
    everything = "*" in allowed and not _credentials(answer)
    # the wildcard never covers authorization: Fetch, 3.2.4
    return [
        each for each in seen.declared.headers if each not in allowed and (each == "authorization" or not everything)
    ]


def _answered(seen: SeenFunction, preflight: Preflight) -> Answer | None:
    """Nothing where it was not found, or where a handler that throws is a finding already."""
    answer = preflight.exchange.answered
    thrown = answer is not None and explained(answer) and broken_anyway(seen, answer)
    return None if answer is None or unknown(answer) or thrown else answer


def _browsed(functions: Functions) -> Iterator[SeenFunction]:
    """Those that pages call; one that does not even start has its finding already."""
    return (seen for seen in functions.seen if seen.declared.browser and not any(dead(seen)))


@rule(
    "functions.preflight-refused",
    title="Browsers may call every function from the app's pages",
    severity=Severity.HIGH,
    reason="Before a page may call the function, the browser asks by OPTIONS; without consent no call is ever sent.",
    remedy="Answer OPTIONS first: if (req.method === 'OPTIONS') return new Response('ok', { headers: corsHeaders })",
    references=[CORS, FETCH],
    cure=Cure.NONE,
)
def preflight_refused(functions: Functions) -> Iterator[Shortfall]:
    """A 2xx that allows the origin, and the method unless it is one that needs no consent."""
    for seen in _browsed(functions):
        for preflight in seen.preflights:
            if (answer := _answered(seen, preflight)) and (got := _objection(seen, preflight, answer)):
                wanted = f"2xx that allows {seen.declared.request.method} from {preflight.origin}"
                yield Shortfall(where(seen, preflight.exchange), wanted, got)


def _objection(seen: SeenFunction, preflight: Preflight, answer: Answer) -> str | None:
    if not 200 <= answer.status < 300:
        return told(answer)
    if not _allows(answer, preflight.origin):
        return _shown(answer)
    method, methods = seen.declared.request.method, _listed(answer, "access-control-allow-methods")
    anything = "*" in methods and not _credentials(answer)
    if method not in SIMPLE and method.lower() not in methods and not anything:
        return f"access-control-allow-methods: {', '.join(sorted(methods)) or 'missing'}"[:160]
    return None


@rule(
    "functions.preflight-header-missing",
    title="Preflights allow every header that the app sends",
    severity=Severity.HIGH,
    reason="A header that is not allowed keeps the browser from sending the call; supabase-js sends these by default.",
    remedy="'Access-Control-Allow-Headers': 'authorization, x-client-info, apikey, content-type'",
    references=[CORS, FETCH],
    cure=Cure.NONE,
)
def preflight_header_missing(functions: Functions) -> Iterator[Shortfall]:
    """A wildcard does not cover authorization."""
    for seen in _browsed(functions):
        for preflight in seen.preflights:
            answer = _answered(seen, preflight)
            if answer is None or _objection(seen, preflight, answer):
                continue
            if missing := _missing_headers(seen, answer):
                wanted = f"access-control-allow-headers with {', '.join(seen.declared.headers)}"
                remedy = f"'Access-Control-Allow-Headers': '{', '.join(seen.declared.headers)}'"
                yield Shortfall(where(seen, preflight.exchange), wanted, f"without {', '.join(missing)}", remedy)


@rule(
    "functions.cors-missing",
    title="Pages may read the functions' answers",
    severity=Severity.HIGH,
    reason="The call arrives and is carried out, but the browser keeps the answer from the page.",
    remedy="Put the same corsHeaders on the answer as on the preflight, once.",
    references=[CORS, FETCH],
    cure=Cure.NONE,
)
def cors_missing(functions: Functions) -> Iterator[Shortfall]:
    """Answers with the declared status."""
    for seen in _browsed(functions):
        own = ((each, answer) for each, answer in as_declared(seen) if ran(answer) is not False)
        for exchange, answer in first((each, answer) for each, answer in own if not _allows(answer, seen.origin)):
            yield Shortfall(where(seen, exchange), f"{ALLOWED}: * or {seen.origin}, once", _shown(answer))


@rule(
    "functions.cors-missing-on-error",
    title="Pages may read the functions' errors",
    severity=Severity.MEDIUM,
    reason="The page cannot tell what went wrong: the browser reports a network error, not the function's message.",
    remedy="Put the same corsHeaders on error answers too, and catch what the handler throws.",
    references=[CORS, FETCH],
    cure=Cure.NONE,
)
def cors_missing_on_error(functions: Functions) -> Iterator[Shortfall]:
    """Errors by the function's own code, its refusals of who has no good token among them.

    The platform's own errors never carry CORS headers; a function can do nothing about that but refuse by itself.
    """
    for seen in _browsed(functions):
        asked = (*seen.calls, seen.refusal, seen.unsigned)
        errors = (each for each in answers(asked) if _is_own_error(seen, each[1]))
        for exchange, answer in first((each, a) for each, a in errors if not _allows(a, seen.origin)):
            got = f"{answer.status} with {_shown(answer)}"
            yield Shortfall(where(seen, exchange), f"{ALLOWED}: * or {seen.origin}, once", got)


def _is_own_error(seen: SeenFunction, answer: Answer) -> bool:
    if answer.status < 400 or answer.status == seen.declared.status:
        return False
    theirs = ran(answer) is False or no_token(answer) or unknown(answer)
    return not theirs and not explained(answer)  # what was thrown is the finding, not how it looks to a page


@rule(
    "functions.foreign-origin-allowed",
    title="Functions with an allow-list of origins keep to it",
    severity=Severity.MEDIUM,
    reason="Pages of strangers can call the function and read its answers, with cookies if it allows those.",
    remedy="Compare the whole Origin with a list (no startsWith, endsWith or unanchored pattern), and answer with that "
    "origin and Vary: Origin only if it is in it.",
    references=[FETCH, WSTG, ASVS],
    cure=Cure.NONE,
    controls=[Control.AC, Control.SC],
)
def foreign_origin_allowed(functions: Functions) -> Iterator[Shortfall]:
    """Where origins are declared; without, only an echo of any origin together with credentials is a fault."""
    for seen in _browsed(functions):
        let_in = [
            (each, answer) for each in _strangers(seen) if (answer := _answered(seen, each)) and _welcome(seen, each)
        ]
        if let_in:
            preflight, answer = let_in[0]
            others = [each.origin for each, _ in let_in[1:] if each.origin != preflight.origin]
            got = _shown(answer) + (" with credentials" if _credentials(answer) else "")
            got += f"; also to {', '.join(others)}" if others else ""
            wanted = "only " + ", ".join(seen.declared.origins) if seen.declared.origins else "no echo with credentials"
            yield Shortfall(where(seen, preflight.exchange), wanted, got)


def _strangers(seen: SeenFunction) -> tuple[Preflight, ...]:
    """The preflights, and the call itself, which another piece of code may answer."""
    call = (Preflight(origin=FOREIGN, exchange=seen.stranger),) if seen.stranger else ()
    return (*seen.strangers, *call)


def _welcome(seen: SeenFunction, stranger: Preflight) -> bool:
    answer = stranger.exchange.answered
    if answer is None or not _allows(answer, stranger.origin):
        return False
    return bool(seen.declared.origins) or (_credentials(answer) and answer.header(ALLOWED) != "*")


@rule(
    "functions.credentials-wildcard",
    title="No function allows every origin and credentials at once",
    severity=Severity.LOW,
    reason="Browsers refuse this combination: calls with credentials: 'include' fail; an echo tends to be tried next.",
    remedy="Leave Access-Control-Allow-Credentials out: Supabase's tokens travel in a header, not in cookies.",
    references=[FETCH, WSTG],
    cure=Cure.NONE,
    controls=[Control.SC],
)
def credentials_wildcard(functions: Functions) -> Iterator[Shortfall]:
    """On preflights or answers of the function's own code."""
    for seen in _browsed(functions):
        asked = (*(each.exchange for each in seen.preflights), *seen.calls)
        both = (each for each in answers(asked) if each[1].header(ALLOWED) == "*" and _credentials(each[1]))
        for exchange, answer in first(both):
            yield Shortfall(where(seen, exchange), "one of the two", f"{_shown(answer)}, {CREDENTIALS}: true")


@rule(
    "functions.vary-missing",
    title="Answers that depend on the origin say so to caches",
    severity=Severity.LOW,
    reason="A cache may give a page the answer that was meant for another origin, and the browser keeps it back.",
    remedy="headers: { ...corsHeaders, Vary: 'Origin' }",
    references=[FETCH, "RFC 9110, 12.5.5 Vary: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.5"],
    cure=Cure.NONE,
)
def vary_missing(functions: Functions) -> Iterator[Shortfall]:
    """Answers to GET that caches may keep, of functions that answer a stranger's origin with another value."""
    for seen in _browsed(functions):
        theirs = {answer.header(ALLOWED) for _, answer in answers([seen.stranger])}
        kept = (each for each in as_declared(seen) if seen.declared.request.method == "GET" and _cacheable(each[1]))
        for exchange, answer in first(kept):
            mine = answer.header(ALLOWED)
            if theirs and mine not in {None, "*"} and mine not in theirs and "origin" not in _listed(answer, "vary"):
                yield Shortfall(where(seen, exchange), "vary: Origin", f"vary: {answer.header('vary') or 'missing'}")


def _cacheable(answer: Answer) -> bool:
    return not _listed(answer, "cache-control") & {"no-store", "private"}
