"""Who gave an answer, the function's own code or the platform, and what the platform's name for an error means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prodworthy.model import Answer, Exchange
from prodworthy.model.functions import SeenFunction
from prodworthy.model.platform import body, code, describe

CODES = "Supabase docs, Edge Functions error codes: https://supabase.com/docs/guides/functions/error-codes"
STATUSES = "Supabase docs, Edge Functions status codes: https://supabase.com/docs/guides/functions/status-codes"
LIMITS = "Supabase docs, Edge Functions limits: https://supabase.com/docs/guides/functions/limits"

REFUSED = "UNAUTHORIZED"  # what the platform's refusals for want of a token begin with
LOAD = "LOAD_FUNCTION"  # what its codes for functions that it cannot load begin with
THREW = frozenset({"EDGE_FUNCTION_ERROR", "WORKER_ERROR"})
LIMIT = frozenset({"WORKER_LIMIT", "WORKER_RESOURCE_LIMIT"})
EXPLAINED = {
    "BOOT_ERROR": "the function does not start: a syntax error, a failing import or a missing secret",
    "EDGE_FUNCTION_ERROR": "the function's own code threw or answered with an error",
    "IDLE_TIMEOUT": "the function did not answer within 150 s",
    "RATE_LIMIT_EXCEEDED": "too many calls from function to function",
    "WORKER_ERROR": "the function threw outside its handler",
    "WORKER_LIMIT": "the function used more CPU time or memory than it may",
    "WORKER_RESOURCE_LIMIT": "the function used more CPU time or memory than it may",
}

Answered = tuple[Exchange, Answer]


def where(seen: SeenFunction, exchange: Exchange) -> str:
    """For a finding."""
    return f"function {seen.declared.name}: {exchange.purpose}"


def ran(answer: Answer) -> bool | None:
    """Whether the function's own code gave this answer; None: the server does not tell."""
    if answer.header("x-deno-execution-id"):
        return True
    if answer.header("x-served-by") or (code(answer) or "").startswith(REFUSED):
        return False
    return None


def no_token(answer: Answer) -> bool:
    """Whether the platform refused for want of a good token."""
    if answer.status != 401 or ran(answer):
        return False
    error = code(answer) or str(body(answer).get("code", ""))
    text = answer.text.lower()  # older servers, and the one that the vendor's command line starts, have no code
    return error.startswith(REFUSED) or ran(answer) is False or "jwt" in text or "authorization header" in text


def unknown(answer: Answer) -> bool:
    """Whether the platform knows no such function."""
    return answer.status == 404 and not ran(answer) and (code(answer) or "").startswith("NOT_FOUND")


def does_not_start(answer: Answer) -> bool:
    """Whether the platform could not even begin to run it."""
    error = code(answer) or ""
    return error == "BOOT_ERROR" or error.startswith(LOAD)


def explained(answer: Answer) -> bool:
    """Whether the platform says by a name of its own what went wrong."""
    return (code(answer) or "") in EXPLAINED or does_not_start(answer)


def told(answer: Answer) -> str:
    """For a finding's `got`."""
    meaning = "the platform could not load the function" if (code(answer) or "").startswith(LOAD) else None
    meaning = EXPLAINED.get(code(answer) or "", meaning)
    return f"{describe(answer)}: {meaning}" if meaning else describe(answer)


def answers(exchanges: Iterable[Exchange | None]) -> Iterator[Answered]:
    """Those that somebody answered."""
    return ((exchange, answer) for exchange in exchanges if exchange and (answer := exchange.answered))


def calls(seen: SeenFunction) -> Iterator[Answered]:
    """The calls as declared that were answered, without those that found no function or lacked a token."""
    return ((each, answer) for each, answer in answers(seen.calls) if not unknown(answer) and not no_token(answer))


def as_declared(seen: SeenFunction) -> Iterator[Answered]:
    """The calls that were answered with the declared status."""
    return ((exchange, answer) for exchange, answer in calls(seen) if answer.status == seen.declared.status)


def dead(seen: SeenFunction) -> Iterator[Answered]:
    """Answers that tell of a function that does not run, whatever it is asked."""
    return (
        (each, answer)
        for each, answer in answers(seen.exchanges)
        if does_not_start(answer) or code(answer) == "WORKER_ERROR"
    )


def first(found: Iterable[Answered]) -> list[Answered]:
    """One finding is enough where several calls fall short in the same way."""
    return [each for each, _ in zip(found, range(1), strict=False)]
