"""Rules about what is deployed: every declared function and no other, and its own code behind it."""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import Control, Cure, Severity, Shortfall
from prodworthy.model.functions import Functions
from prodworthy.model.platform import code, describe
from prodworthy.review.functions.answering import (
    CODES,
    STATUSES,
    answers,
    as_declared,
    first,
    no_token,
    ran,
    told,
    unknown,
    where,
)
from prodworthy.review.rules import rule

DEPLOY = "Supabase docs, Deploy Edge Functions: https://supabase.com/docs/guides/functions/deploy"


@rule(
    "functions.not-found",
    title="Every declared function is deployed",
    severity=Severity.CRITICAL,
    reason="The app calls a function that the platform does not know.",
    remedy="supabase functions deploy <name>",
    references=[CODES, DEPLOY],
    cure=Cure.NONE,
)
def not_found(functions: Functions) -> Iterator[Shortfall]:
    """The platform's own 404, of any request; a 404 by the function's code is judged as a status."""
    for seen in functions.seen:
        for exchange, answer in first(each for each in answers(seen.exchanges) if unknown(each[1])):
            remedy = f"supabase functions deploy {seen.declared.name}"
            if code(answer) == "NOT_FOUND_FUNCTION_BLOB":
                remedy += " (it is registered, but its bundle is missing: two deploys at once)"
            yield Shortfall(where(seen, exchange), "a deployed function", describe(answer), remedy)


@rule(
    "functions.not-active",
    title="Every declared function is active",
    severity=Severity.MEDIUM,
    reason="The platform holds back or has taken away what the app calls.",
    remedy="See Edge Functions in the dashboard: THROTTLED ends when it is called less; for REMOVED, deploy it again.",
    references=[
        "Supabase docs, Management API, functions: https://supabase.com/docs/reference/api/v1-list-all-functions"
    ],
    cure=Cure.NONE,
)
def not_active(functions: Functions) -> Iterator[Shortfall]:
    """By the platform's own record, where a management token is given."""
    for seen in functions.seen:
        record = functions.records.get(seen.declared.name)
        if record and record.status not in {"", "ACTIVE"}:
            yield Shortfall(f"function {record.name}", "ACTIVE", record.status)


@rule(
    "functions.undeclared",
    title="No other function is deployed than the declared ones",
    severity=Severity.LOW,
    reason="What nobody knows of is looked after by nobody, and may still be called by everybody.",
    remedy="supabase functions delete <name>, or declare it in the targets file.",
    references=[
        DEPLOY,
        "OWASP ASVS 5.0, 13.4 Unintended Information Leakage",
        "OWASP API9:2023 Improper Inventory Management",
    ],
    cure=Cure.NONE,
    controls=[Control.CM, Control.RA],
)
def undeclared(functions: Functions) -> Iterator[Shortfall]:
    """By the platform's own list, where a management token is given."""
    declared = {seen.declared.name for seen in functions.seen}
    for name, record in functions.records.items():
        if name not in declared and record.status != "REMOVED":
            lock = {True: "verify_jwt = true", False: "open to everybody", None: "deployed"}[record.verify_jwt]
            remedy = f"supabase functions delete {name}, or declare it: [targets.<name>.functions.{name}]"
            yield Shortfall(f"function {name}", "declared, or not deployed", f"deployed, {lock}", remedy)


@rule(
    "functions.platform-answered",
    title="The function's own code gives its answers",
    severity=Severity.HIGH,
    reason="The status is the expected one, but the platform gave it: the code behind it never ran.",
    remedy="Look at the code of the error; a declared refusal should get as far as the function's own code.",
    references=[CODES, STATUSES],
    cure=Cure.NONE,
)
def platform_answered(functions: Functions) -> Iterator[Shortfall]:
    """Told by the headers of the edge runtime; servers without them cannot be judged."""
    for seen in functions.seen:
        refusals = [
            each
            for each in answers([seen.refusal])
            if seen.declared.refusal and each[1].status == seen.declared.refusal.status
        ]
        for exchange, answer in (*first(as_declared(seen)), *refusals):
            if ran(answer) is False and not no_token(answer) and not unknown(answer):
                yield Shortfall(where(seen, exchange), "an answer by the function's code", told(answer))
