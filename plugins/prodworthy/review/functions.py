"""Rules about edge functions: who answered, whom they let in, and whether a page can read what they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from statistics import median

from prodworthy.model import Answer, Cure, Exchange, Severity, Shortfall
from prodworthy.model.functions import Functions, Preflight, SeenFunction, served
from prodworthy.model.platform import body, code, describe
from prodworthy.review.rules import rule, together
from prodworthy.review.schemas import misfit

CODES = "Supabase docs, Edge Functions error codes: https://supabase.com/docs/guides/functions/error-codes"
CORS = "Supabase docs, CORS for browsers: https://supabase.com/docs/guides/functions/cors"
JWT = "Supabase docs, Function configuration, verify_jwt: https://supabase.com/docs/guides/functions/function-configuration"
LIMITS = "Supabase docs, Edge Functions limits: https://supabase.com/docs/guides/functions/limits"
FETCH = "WHATWG Fetch, 3.2 CORS protocol: https://fetch.spec.whatwg.org/#http-cors-protocol"
WSTG_CORS = "OWASP WSTG, Testing Cross Origin Resource Sharing (WSTG-CLNT-07)"
ASVS_ACCESS = "OWASP ASVS 5.0, 8.2 General Authorization Design"

ALLOWED = "access-control-allow-origin"
REFUSED = "UNAUTHORIZED"  # what the platform's refusals for want of a token begin with
HANGS = "See what the function waits for; give every fetch in it a limit: signal: AbortSignal.timeout(5000)"
EXPLAINED = {
    "BOOT_ERROR": "the function does not start: a syntax error, a failing import or a missing secret",
    "EDGE_FUNCTION_ERROR": "the function's own code threw or answered with an error",
    "IDLE_TIMEOUT": "the function did not answer within 150 s",
    "LOAD_FUNCTION_ERROR": "the platform could not load the function",
    "RATE_LIMIT_EXCEEDED": "too many calls from function to function",
    "WORKER_ERROR": "the function threw outside its handler",
    "WORKER_LIMIT": "the function used more CPU time or memory than it may",
    "WORKER_RESOURCE_LIMIT": "the function used more CPU time or memory than it may",
}


def _where(seen: SeenFunction, exchange: Exchange) -> str:
    return f"function {seen.declared.name}: {exchange.purpose}"


def _ran(answer: Answer) -> bool | None:
    """Whether the function's own code gave this answer; None: the server does not tell."""
    if answer.header("x-deno-execution-id"):
        return True
    if answer.header("x-served-by") or (code(answer) or "").startswith(REFUSED):
        return False
    return None


def _no_token(answer: Answer) -> bool:
    """Whether the platform refused for want of a good token."""
    if answer.status != 401 or _ran(answer):
        return False
    error = code(answer) or str(body(answer).get("code", ""))
    return error.startswith(REFUSED) or _ran(answer) is False or "jwt" in answer.text.lower()


def _unknown(answer: Answer) -> bool:
    """Whether the platform knows no such function."""
    return answer.status == 404 and not _ran(answer) and (code(answer) or "").startswith("NOT_FOUND")


def _told(answer: Answer) -> str:
    explained = EXPLAINED.get(code(answer) or "")
    return f"{describe(answer)}: {explained}" if explained else describe(answer)


def _calls(seen: SeenFunction) -> Iterator[tuple[Exchange, Answer]]:
    """The calls as declared that were answered, without those that found no function or lacked a token."""
    for exchange in seen.calls:
        answer = exchange.answered
        if answer and not _unknown(answer) and not _no_token(answer):
            yield exchange, answer


def _as_declared(seen: SeenFunction) -> Iterator[tuple[Exchange, Answer]]:
    return ((exchange, answer) for exchange, answer in _calls(seen) if answer.status == seen.declared.status)


def _dead(seen: SeenFunction) -> Iterator[tuple[Exchange, Answer]]:
    """Answers that tell of a function that does not start, whatever it is asked."""
    answers = ((each, each.answered) for each in seen.exchanges)
    return ((each, answer) for each, answer in answers if answer and code(answer) in {"BOOT_ERROR", "WORKER_ERROR"})


def _first(found: Iterable[tuple[Exchange, Answer]]) -> Iterable[tuple[Exchange, Answer]]:
    """One finding is enough where several calls fall short in the same way."""
    return [each for each, _ in zip(found, range(1), strict=False)]


@rule(
    "functions.not-found",
    title="Every declared function is deployed",
    severity=Severity.CRITICAL,
    reason="The app calls a function that the platform does not know.",
    remedy="supabase functions deploy <name>",
    references=[CODES],
    cure=Cure.NONE,
)
def not_found(functions: Functions) -> Iterator[Shortfall]:
    """The platform's own 404, of any request; a 404 by the function's code is judged as a status."""
    for seen in functions.seen:
        answers = [(each, each.answered) for each in seen.exchanges]
        for exchange, answer in _first((each, found) for each, found in answers if found and _unknown(found)):
            remedy = f"supabase functions deploy {seen.declared.name}"
            if code(answer) == "NOT_FOUND_FUNCTION_BLOB":
                remedy += " (it is registered, but its bundle is missing: two deploys at once)"
            yield Shortfall(_where(seen, exchange), "a deployed function", describe(answer), remedy)


@rule(
    "functions.status-unexpected",
    title="Every function answers its declared request with its declared status",
    severity=Severity.HIGH,
    reason="What the app asks of this function fails.",
    remedy="See the function's logs (Edge Functions, Logs); run it with `supabase functions serve`.",
    references=[CODES, LIMITS],
    cure=Cure.NONE,
)
def status_unexpected(functions: Functions) -> Iterator[Shortfall]:
    """With the platform's own name of the error where there is one; no answer in time is none, too."""
    for seen in functions.seen:
        if functions.reached and (late := seen.late) and late.failure:
            yield Shortfall(_where(seen, late), str(seen.declared.status), late.failure.text, HANGS)
        odd = (each for each in (*_calls(seen), *_dead(seen)) if each[1].status != seen.declared.status)
        for exchange, answer in _first(odd):
            yield Shortfall(_where(seen, exchange), str(seen.declared.status), _told(answer))


@rule(
    "functions.platform-answered",
    title="The function's own code gives its answers",
    severity=Severity.HIGH,
    reason="The status is the expected one, but the platform gave it: the code behind it never ran.",
    remedy="Look at the code of the error; a declared refusal should get as far as the function's own code.",
    references=[CODES],
    cure=Cure.NONE,
)
def platform_answered(functions: Functions) -> Iterator[Shortfall]:
    """Told by the headers of the edge runtime; servers without them cannot be judged."""
    for seen in functions.seen:
        refusal = seen.refusal.answered if seen.refusal else None
        answers = list(_first(_as_declared(seen)))
        if seen.refusal and refusal and seen.declared.refusal and refusal.status == seen.declared.refusal.status:
            answers.append((seen.refusal, refusal))
        for exchange, answer in answers:
            if _ran(answer) is False and not _no_token(answer) and not _unknown(answer):
                yield Shortfall(_where(seen, exchange), "an answer by the function's code", _told(answer))


@rule(
    "functions.open-without-jwt",
    title="Functions with verify_jwt refuse whoever has no token",
    severity=Severity.CRITICAL,
    reason="Anybody on the internet runs code that is meant for signed-in users.",
    remedy="Set verify_jwt = true in supabase/config.toml and deploy again, without --no-verify-jwt.",
    references=[JWT, CODES, ASVS_ACCESS],
    cure=Cure.NONE,
)
def open_without_jwt(functions: Functions) -> Iterator[Shortfall]:
    """The platform must refuse with 401; if the code ran, or anything but an error came, it did not."""
    for seen in functions.seen:
        answer = seen.unsigned.answered if seen.unsigned else None
        if seen.unsigned and answer and (_ran(answer) or answer.status < 400):
            remedy = (
                f"[functions.{seen.declared.name}] verify_jwt = true in supabase/config.toml, "
                f"then: supabase functions deploy {seen.declared.name}"
            )
            got = f"{describe(answer)}, by the function's code" if _ran(answer) else describe(answer)
            yield Shortfall(_where(seen, seen.unsigned), "401 by the platform", got, remedy)


@rule(
    "functions.refused-without-jwt",
    title="Functions without verify_jwt let everybody in",
    severity=Severity.HIGH,
    reason="Visitors who are not signed in get a 401 from the platform; the function's code never sees them.",
    remedy="Set verify_jwt = false in supabase/config.toml and deploy again: it is true by default.",
    references=[JWT, CODES],
    cure=Cure.NONE,
)
def refused_without_jwt(functions: Functions) -> Iterator[Shortfall]:
    """The platform's own 401 for a function that is declared open."""
    for seen in functions.seen:
        if seen.declared.verify_jwt:
            continue
        for exchange, answer in _first((each, a) for each in seen.calls if (a := each.answered) and _no_token(a)):
            remedy = (
                f"[functions.{seen.declared.name}] verify_jwt = false in supabase/config.toml, "
                f"then: supabase functions deploy {seen.declared.name}"
            )
            yield Shortfall(_where(seen, exchange), "an answer by the function's code", describe(answer), remedy)


@rule(
    "functions.token-refused",
    title="Functions with verify_jwt accept the test user's token",
    severity=Severity.HIGH,
    reason="A user who has just signed in is turned away.",
    remedy="See the project's JWT signing keys; after a rotation, deploy the functions again.",
    references=[JWT, CODES],
    cure=Cure.NONE,
)
def token_refused(functions: Functions) -> Iterator[Shortfall]:
    """The platform's own 401 for a call with a token that auth has just given."""
    for seen in functions.seen:
        if not seen.declared.verify_jwt:
            continue
        for exchange, answer in _first((each, a) for each in seen.calls if (a := each.answered) and _no_token(a)):
            yield Shortfall(_where(seen, exchange), "an answer by the function's code", describe(answer))


@rule(
    "functions.body-schema",
    title="Every function's answer is what its schema says",
    severity=Severity.HIGH,
    reason="The app reads fields that are not there, or not of the type that it expects.",
    remedy="Change the function, or the schema together with the code that reads the answer.",
    references=["JSON Schema 2020-12: https://json-schema.org/draft/2020-12"],
    cure=Cure.NONE,
)
def body_schema(functions: Functions) -> Iterator[Shortfall]:
    """Answers with the declared status only."""
    for seen in functions.seen:
        schema = seen.declared.schema
        for exchange, answer in _as_declared(seen) if schema is not None else ():
            if got := misfit(answer, schema or {}):
                yield Shortfall(_where(seen, exchange), "a body that fits its schema", got)
                break


@rule(
    "functions.refusal-missed",
    title="Every function refuses what it must refuse",
    severity=Severity.HIGH,
    reason="A request that is declared bad was accepted, or answered with another error than callers handle.",
    remedy="Check the input before acting on it, and answer with the declared status.",
    references=["OWASP ASVS 5.0, 2.2 Input Validation"],
    cure=Cure.NONE,
)
def refusal_missed(functions: Functions) -> Iterator[Shortfall]:
    """The declared refusal's status."""
    for seen in functions.seen:
        answer = seen.refusal.answered if seen.refusal else None
        declared = seen.declared.refusal
        if seen.refusal is None or answer is None or declared is None or _unknown(answer) or _no_token(answer):
            continue
        if answer.status != declared.status and not _broken_anyway(seen, answer):
            yield Shortfall(_where(seen, seen.refusal), str(declared.status), _told(answer))


def _broken_anyway(seen: SeenFunction, answer: Answer) -> bool:
    """Whether the function answers everything with this, an error or a wrong body, which is a finding already."""
    same = [found for _, found in _calls(seen) if found.status == answer.status]
    if answer.status >= 500:
        return bool(same)
    schema = seen.declared.schema
    return schema is not None and any(found.body == answer.body and misfit(found, schema) for found in same)


# CORS: what a page may read


def _allows(answer: Answer, origin: str) -> bool:
    return answer.header(ALLOWED) in {"*", origin}


def _listed(answer: Answer, name: str) -> set[str]:
    return {each.strip().lower() for line in answer.lines(name) for each in line.split(",") if each.strip()}


def _missing_headers(seen: SeenFunction, answer: Answer) -> list[str]:
    allowed = _listed(answer, "access-control-allow-headers")
    everything = "*" in allowed and answer.header("access-control-allow-credentials") != "true"
    # the wildcard never covers authorization: Fetch, 3.2.4
    return [
        each for each in seen.declared.headers if each not in allowed and (each == "authorization" or not everything)
    ]


def _answered(seen: SeenFunction, preflight: Preflight) -> Answer | None:
    """Nothing where it was not found, or where a handler that throws is a finding already."""
    answer = preflight.exchange.answered
    return None if answer is None or _unknown(answer) or _thrown(seen, answer) else answer


def _thrown(seen: SeenFunction, answer: Answer) -> bool:
    return code(answer) in EXPLAINED and _broken_anyway(seen, answer)


def _browsed(functions: Functions) -> Iterator[SeenFunction]:
    """Those that pages call; one that does not even start has its finding already."""
    return (seen for seen in functions.seen if seen.declared.browser and not any(_dead(seen)))


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
                yield Shortfall(_where(seen, preflight.exchange), wanted, got)


def _objection(seen: SeenFunction, preflight: Preflight, answer: Answer) -> str | None:
    if not 200 <= answer.status < 300:
        return _told(answer)
    if not _allows(answer, preflight.origin):
        return f"{ALLOWED}: {answer.header(ALLOWED) or 'missing'}"[:160]
    method, methods = seen.declared.request.method, _listed(answer, "access-control-allow-methods")
    if method not in {"GET", "HEAD", "POST"} and method.lower() not in methods and "*" not in methods:
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
                yield Shortfall(_where(seen, preflight.exchange), wanted, f"without {', '.join(missing)}", remedy)


@rule(
    "functions.cors-missing",
    title="Pages may read the functions' answers",
    severity=Severity.HIGH,
    reason="The call arrives and is carried out, but the browser keeps the answer from the page.",
    remedy="Put the same corsHeaders on the answer as on the preflight.",
    references=[CORS, FETCH],
    cure=Cure.NONE,
)
def cors_missing(functions: Functions) -> Iterator[Shortfall]:
    """Answers with the declared status."""
    for seen in _browsed(functions):
        own = ((each, answer) for each, answer in _as_declared(seen) if _ran(answer) is not False)
        for exchange, answer in _first((each, answer) for each, answer in own if not _allows(answer, seen.origin)):
            got = f"{ALLOWED}: {answer.header(ALLOWED) or 'missing'}"[:160]
            yield Shortfall(_where(seen, exchange), f"{ALLOWED}: * or {seen.origin}", got)


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
    """Errors by the function's own code; the platform's never carry CORS headers."""
    for seen in _browsed(functions):
        asked = [each for each in (*seen.calls, seen.refusal) if each]
        errors = ((each, answer) for each in asked if (answer := each.answered) and _is_own_error(seen, answer))
        for exchange, answer in _first((each, a) for each, a in errors if not _allows(a, seen.origin)):
            got = f"{answer.status} with {ALLOWED}: {answer.header(ALLOWED) or 'missing'}"[:160]
            yield Shortfall(_where(seen, exchange), f"{ALLOWED}: * or {seen.origin}", got)


def _is_own_error(seen: SeenFunction, answer: Answer) -> bool:
    if answer.status < 400 or answer.status == seen.declared.status:
        return False
    theirs = _ran(answer) is False or _no_token(answer) or _unknown(answer)
    return not theirs and code(answer) not in EXPLAINED  # what was thrown is the finding, not how it looks to a page


@rule(
    "functions.foreign-origin-allowed",
    title="Functions with an allow-list of origins keep to it",
    severity=Severity.MEDIUM,
    reason="Pages of strangers can call the function and read its answers, with cookies if it allows those.",
    remedy="Compare the Origin with a list, and answer with that origin and Vary: Origin only if it is in it.",
    references=[FETCH, WSTG_CORS],
    cure=Cure.NONE,
)
def foreign_origin_allowed(functions: Functions) -> Iterator[Shortfall]:
    """Where origins are declared; without, only an echo of any origin together with credentials is a fault."""
    for seen in _browsed(functions):
        answer = _answered(seen, seen.foreign) if seen.foreign else None
        if seen.foreign is None or answer is None or not _allows(answer, seen.foreign.origin):
            continue
        credentials = answer.header("access-control-allow-credentials") == "true"
        if seen.declared.origins or (credentials and answer.header(ALLOWED) != "*"):
            got = f"{ALLOWED}: {answer.header(ALLOWED)}" + (" with credentials" if credentials else "")
            wanted = "only " + ", ".join(seen.declared.origins) if seen.declared.origins else "no echo with credentials"
            yield Shortfall(_where(seen, seen.foreign.exchange), wanted, got)


# speed


@rule(
    "functions.slow",
    title="Every function answers within its latency budget",
    severity=Severity.MEDIUM,
    reason="People wait for it.",
    remedy="Look at what the function waits for; make fewer calls to the database, and import less at the start.",
    references=[LIMITS],
    cure=Cure.NONE,
)
def slow(functions: Functions) -> Iterator[Shortfall]:
    """Judged only where the target sets a budget; the first call may have found the function cold."""
    for seen in functions.seen:
        times = [served(answer).timings.total for _, answer in _as_declared(seen)]
        budget = seen.declared.latency
        measured = (("median", budget.median, median), ("worst", budget.worst, max)) if times else ()
        for name, limit, of in measured:
            if limit is not None and (took := of(times)) > limit:
                got = f"{name} {took:.2f} s of {len(times)} calls, the first {times[0]:.2f} s"
                yield Shortfall(f"function {seen.declared.name}", f"{name} of at most {limit:g} s", got)


presence = together(not_found, status_unexpected, platform_answered)
tokens = together(open_without_jwt, refused_without_jwt, token_refused)
contract = together(body_schema, refusal_missed)
cors = together(
    preflight_refused, preflight_header_missing, cors_missing, cors_missing_on_error, foreign_origin_allowed
)
