"""What came of moving production, for a script and for a person: outcome, domains, times, what is different now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click

from prodworthy.commands import shapes
from prodworthy.commands.aftermath import Consequence, unmoved
from prodworthy.commands.confirmation import column_for, consequences, described, entry
from prodworthy.commands.invocation import addressed
from prodworthy.commands.phrases import NOUNS, short
from prodworthy.commands.verification import FAILED, INCONCLUSIVE, INTERRUPTED, STAGES, VERIFIED, Verification
from prodworthy.model.codes import Code
from prodworthy.model.hosting import JobKind, Milestone, Move, Moved, Served
from prodworthy.model.text import clean

TOOK = {
    Milestone.REQUESTED: "asked",
    Milestone.SWITCHED: "switched",
    Milestone.PROVED: "proved",
    Milestone.VERIFIED: "verified",
}
DONE = {JobKind.ROLLBACK: "Rolled back", JobKind.PROMOTE: "Promoted"}
VERDICTS = {
    VERIFIED: ", and the verification passed",
    FAILED: ", BUT THE VERIFICATION FAILED",
    INCONCLUSIVE: ", but the verification is inconclusive",
    INTERRUPTED: ", but the verification was interrupted",
}
# what to do now; nothing of it asks the host a second time before somebody has looked
LOOK = "see what became of it before you ask again: prodworthy status {where}"
OTHERS = "somebody else moves production too: agree with them, then prodworthy current {where}"
DOMAINS = "see what every domain serves: prodworthy current {where}"
STAGES_OF_IT = "approve or abort it in the dashboard, or with `vercel rolling-release`; prodworthy does neither"
NEXT = {
    Code.JOB_OVERTAKEN: OTHERS,
    Code.JOB_FAILED: DOMAINS,
    Code.JOB_SKIPPED: DOMAINS,
    Code.NOT_PROVED: DOMAINS,
    Code.INDISTINGUISHABLE: "let a build say which it is: identity in the targets file, of a file that holds "
    "VERCEL_DEPLOYMENT_ID",
    Code.ROLLING_RELEASE_STARTED: f"its stages go on: {STAGES_OF_IT}",
    Code.QUEUED: f"it waits for the rolling release that is under way: {STAGES_OF_IT}",
}
BROKEN = {
    JobKind.ROLLBACK: "what was rolled back to is broken too, or what both share is: read the report, then fix forward "
    "or go further back (prodworthy candidates {where})",
    JobKind.PROMOTE: "read the report; if visitors suffer, undo it",
}
AGAIN = "verify once more: pytest {where} --stage={stage} --rollback=off"
# what is not proved, in one line
UNPROVED = {
    Code.INDISTINGUISHABLE: "NOT PROVED: the host leads every domain there, but the app cannot tell both builds apart.",
    Code.ROLLING_RELEASE_STARTED: "NOT PROVED: a rolling release has begun, and visitors get one build or the other.",
    Code.QUEUED: "NOT PROVED: the promotion waits behind a rolling release, and nothing has moved yet.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Everything there is to say of one move."""

    moved: Moved
    where: str  # the options that lead to the target
    aftermath: tuple[Consequence, ...] = ()
    undo: str | None = None  # a command
    current: str | None = None  # id of what the host calls current, as last seen
    reason: str = ""  # the operator's own, which the host keeps of a rollback only
    verification: Verification | None = None  # None: none was asked for, or there was nothing to verify
    steps: tuple[str, ...] = ()  # of a plan


def as_json(account: Account, now: datetime) -> dict[str, Any]:
    """As the schemas of `rollback` and `promote` say."""
    moved = account.moved
    move = moved.move
    current = account.current
    return {
        "code": moved.code.value,
        "said": clean(moved.said, 2000),
        "requested": moved.requested,
        "reason": moved.reason or account.reason or None,
        "from": None if move.origin is None else shapes.deployment(move.origin, current=current, now=now),
        "to": shapes.deployment(move.destination, current=current, now=now),
        "job": shapes.known(moved.job, shapes.job),
        "domains": [shapes.served(each) for each in moved.served],
        "moments": shapes.moments(moved.moments),
        "aftermath": [{"about": each.about, "said": clean(each.said, 2000)} for each in account.aftermath],
        "undo": account.undo,
        "verification": _verification(account.verification),
        "steps": list(account.steps),
    }


def shown(account: Account, now: datetime) -> Iterator[str]:
    """For a terminal; a plan is shown by what is asked before it would be carried out."""
    moved, verification = account.moved, account.verification
    column = column_for(each.domain for each in moved.served)
    yield click.style(headline(account), bold=True, fg="green" if _good(account) else "red")
    yield ""
    if not moved.proved:
        yield from entry("what is known", f"{clean(moved.said, 2000)} ({moved.code.value})", column)
    if moved.code is Code.INTERRUPTED_AFTER_REQUEST:
        yield from entry("its job", _job(moved), column)
    if moved.move.origin and moved.requested:
        yield from entry("from", described(moved.move.origin, now), column)
    yield from entry("to", described(moved.move.destination, now), column)
    if times := _times(moved):
        yield from entry("time", times, column)
    yield from ("", "domains") if moved.served else ()
    for each in moved.served:
        yield from entry(f"  {clean(each.domain)}", _served(each, moved), column)
    if verification:
        yield ""
        yield from entry("verification", verification.said, column)
        yield from entry("  report", verification.report, column) if verification.report else ()
        yield from entry("  verdict", verification.verdict, column) if verification.verdict else ()
    if account.aftermath:
        yield from ("", "now")
        yield from consequences(account.aftermath, column)
    following = _next(account)
    yield from [""] if following or account.undo else ()
    yield from entry("next", following, column) if following else ()
    way_back = "undo" if moved.proved else "undo, later"
    yield from entry(way_back, account.undo, column) if account.undo else ()


def headline(account: Account) -> str:
    """What came of it, in one line."""
    moved = account.moved
    word = DONE[moved.move.kind] if moved.code is Code.DONE else "Nothing had to be changed"
    if not moved.proved and not moved.requested:
        return "NOT PROVED: it is what the host calls current, and not every domain proves it. Nothing was asked for."
    if unmoved(moved):
        before = moved.move.origin.id if moved.move.origin else "nothing"
        return f"NOTHING MOVED: every domain leads to {clean(before)} as before."
    if not moved.proved:
        about = f"the {NOUNS[moved.move.kind]} was asked for, and it is not proved what came of it."
        return UNPROVED.get(moved.code, f"NOT PROVED: {about}")
    domains = f"{word}: every domain proves it"
    return f"{domains}{VERDICTS[account.verification.exit_code]}." if account.verification else f"{domains}."


def planned(account: Account) -> Iterator[str]:
    """The steps, one a line."""
    yield from ("", "steps")
    for number, step in enumerate(account.steps, 1):
        yield from entry(f"{number:>4}.", clean(step, 2000), 5)
    yield from ("", account.moved.said)


def plan(move: Move, *, reason: str, timeout: float, wait: bool, verify: str | None) -> tuple[str, ...]:
    """What would be done, in this order; `verify`: the command line of the verification, None: there is none."""
    to = move.destination.id
    now = move.origin.id if move.origin else "nothing"
    proving = "let every production domain prove it, by the host and by the app itself"
    proving = f"{proving}: {', '.join(move.demanded)}" if move.demanded else "prove nothing: no domain is known"
    asking = f"ask the host, once, for the {NOUNS[move.kind]} to {to}"
    if move.kind is JobKind.ROLLBACK:
        asking += f', with the reason "{reason}"' if reason.strip() else ", with no reason but who asks"
    following = (
        f"follow that very job, for at most {timeout:g} s: its kind, its destination, and later than the last one"
    )
    verifying = "verify nothing, as you asked" if verify is None else f"verify it: {verify}"
    if move.already:
        steps = [f"nothing is asked for: production is on {to} already", proving]
    else:
        steps = [f"look once more whether production is on {now}; stop if somebody else has moved it", asking]
        steps += [following, proving] if wait else []
    return (*steps, verifying if wait else "wait for nothing and verify nothing, as you asked")


def as_planned(move: Move, reason: str) -> Moved:
    """A move that nobody asked for."""
    return Moved(move=move, code=Code.PLANNED, said="Nothing was changed.", requested=False, reason=reason)


def _served(served: Served, moved: Moved) -> str:
    to = moved.move.destination
    parts = [f"redirects to {clean(served.leads_to)}"] if served.leads_to else []
    parts += [f"serves {clean(served.deployment)}" if served.deployment else "serves what is not known"]
    if served.proved:
        return ", ".join([*parts, "proved"])
    stamps = ", ".join(dict.fromkeys(short(each) for each in served.stamps))
    unsaid = "the app did not say" if served.trouble else "the app was not asked"
    parts += [f"the app says {stamps}"] if stamps else [unsaid]
    parts += [f"not proved to be {to.id}"] if served.proved is False else []
    parts += [clean(served.trouble)] if served.trouble else []
    return "; ".join(parts)


def _times(moved: Moved) -> str:
    moments = moved.moments
    told = [
        f"{TOOK[each.what]} {(each.at - moments[0].at).total_seconds():.2f} s" for each in moments if each.what in TOOK
    ]
    return f"{', '.join(told)} after the decision" if told else ""


def _good(account: Account) -> bool:
    return account.moved.proved and not (account.verification and account.verification.exit_code)


def _next(account: Account) -> str | None:
    """What to do now, where that is not to lean back."""
    moved, where = account.moved, account.where
    if not moved.proved:
        return addressed(moved.remedy, where) or NEXT.get(moved.code, LOOK).format(where=where)
    code = account.verification.exit_code if account.verification else VERIFIED
    if code == FAILED:
        return BROKEN[moved.move.kind].format(where=where)
    return None if code == VERIFIED else AGAIN.format(where=where, stage=STAGES[moved.move.kind])


def _job(moved: Moved) -> str:
    job = moved.job
    if job is None:
        return "the host has shown none so far"
    return f"the host's last word of it: {job.state.value}, to {clean(job.destination or 'what is not known')}"


def _verification(verification: Verification | None) -> dict[str, Any] | None:
    if verification is None:
        return None
    return {
        "exit_code": verification.exit_code,
        "said": verification.said,
        "verdict": verification.verdict,
        "report": verification.report,
        "seconds": verification.seconds,
    }
