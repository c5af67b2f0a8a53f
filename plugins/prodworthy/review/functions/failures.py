"""Rules about functions that are there and fail: each cause by the name that the platform gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prodworthy.model import Answer, Control, Cure, Severity, Shortfall
from prodworthy.model.functions import Functions, SeenFunction
from prodworthy.model.platform import body, code
from prodworthy.review.functions import answering
from prodworthy.review.functions.answering import CODES, LIMIT, LIMITS, STATUSES, THREW, calls, dead, first, told, where
from prodworthy.review.rules import rule

LOGS = "Supabase docs, Logging: https://supabase.com/docs/guides/functions/logging"
HANGS = "See what the function waits for; give every fetch in it a limit: signal: AbortSignal.timeout(5000)"


def _threw(answer: Answer) -> bool:
    """Whether the platform had to answer for code that threw; an error that the code gave itself has its own body."""
    return code(answer) in THREW and (str(body(answer).get("code")) in THREW or answer.text == "Internal Server Error")


def _exhausted(answer: Answer) -> bool:
    return answer.status == 546 or code(answer) in LIMIT


def _late(answer: Answer) -> bool:
    return code(answer) == "IDLE_TIMEOUT"


def _limited(answer: Answer) -> bool:
    return code(answer) == "RATE_LIMIT_EXCEEDED"


CAUSES: tuple[Callable[[Answer], bool], ...] = (answering.does_not_start, _threw, _exhausted, _late, _limited)


def _failed(functions: Functions, cause: Callable[[Answer], bool]) -> Iterator[Shortfall]:
    """One finding a function: the first answer that fails for this cause."""
    for seen in functions.seen:
        for exchange, answer in first(each for each in _unexpected(seen) if cause(each[1])):
            yield Shortfall(where(seen, exchange), str(seen.declared.status), told(answer))


def _unexpected(seen: SeenFunction) -> Iterator[answering.Answered]:
    found = dict.fromkeys((*calls(seen), *dead(seen)))
    return ((each, answer) for each, answer in found if answer.status != seen.declared.status)


@rule(
    "functions.does-not-start",
    title="Every function starts",
    severity=Severity.CRITICAL,
    reason="Whatever the app asks of this function fails before its code runs.",
    remedy="See its logs for the first error: a syntax error, an import that cannot be resolved, or a secret that is "
    "read at the start and not set (supabase secrets set NAME=...); then: supabase functions deploy <name>",
    references=[CODES, LOGS],
    cure=Cure.NONE,
)
def does_not_start(functions: Functions) -> Iterator[Shortfall]:
    """BOOT_ERROR and LOAD_FUNCTION_*, of any request."""
    return _failed(functions, answering.does_not_start)


@rule(
    "functions.crashes",
    title="No function throws at its declared request",
    severity=Severity.HIGH,
    reason="The platform answers for code that threw: the caller gets no message, and no CORS headers.",
    remedy="See the function's logs; catch what the handler throws: try { ... } catch (error) { console.error(error); "
    "return Response.json({ error: 'internal' }, { status: 500, headers: corsHeaders }) }",
    references=[CODES, LOGS, "OWASP ASVS 5.0, 16.5 Error Handling"],
    cure=Cure.NONE,
)
def crashes(functions: Functions) -> Iterator[Shortfall]:
    """EDGE_FUNCTION_ERROR where the handler threw, WORKER_ERROR where something outside of it did."""
    return _failed(functions, _threw)


@rule(
    "functions.out-of-resources",
    title="Every function gets by with the CPU time and memory that it may use",
    severity=Severity.HIGH,
    reason="The platform ends it in the middle of its work (status 546); what it had begun stays half done.",
    remedy="Do less at a time: stream instead of collecting, leave long work to a queue or the database; 2 s of CPU "
    "time and 256 MB are allowed.",
    references=[LIMITS, STATUSES],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def out_of_resources(functions: Functions) -> Iterator[Shortfall]:
    """WORKER_LIMIT and WORKER_RESOURCE_LIMIT."""
    return _failed(functions, _exhausted)


@rule(
    "functions.no-answer-in-time",
    title="Every function answers in time",
    severity=Severity.HIGH,
    reason="People wait, and then get an error.",
    remedy=HANGS,
    references=[LIMITS, STATUSES],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def no_answer_in_time(functions: Functions) -> Iterator[Shortfall]:
    """The platform's IDLE_TIMEOUT, or no answer before we gave up while the platform answers elsewhere."""
    for seen in functions.seen:
        if functions.reached and (late := seen.late) and late.failure:
            yield Shortfall(where(seen, late), str(seen.declared.status), late.failure.text)
    yield from _failed(functions, _late)


@rule(
    "functions.rate-limited",
    title="No function is held back for being called too often",
    severity=Severity.MEDIUM,
    reason="The platform refuses calls from function to function above a limit: what needs them fails.",
    remedy="Call shared code by import instead of by request, or fewer times.",
    references=[LIMITS, CODES],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def rate_limited(functions: Functions) -> Iterator[Shortfall]:
    """RATE_LIMIT_EXCEEDED."""
    return _failed(functions, _limited)


@rule(
    "functions.status-unexpected",
    title="Every function answers its declared request with its declared status",
    severity=Severity.HIGH,
    reason="What the app asks of this function fails.",
    remedy="See the function's logs (Edge Functions, Logs); run it with `supabase functions serve`.",
    references=[CODES, STATUSES],
    cure=Cure.NONE,
)
def status_unexpected(functions: Functions) -> Iterator[Shortfall]:
    """For every other cause than those that have a rule of their own."""
    return _failed(functions, lambda answer: not any(cause(answer) for cause in CAUSES))
