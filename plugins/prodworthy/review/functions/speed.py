"""The rule about how long functions take."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from prodworthy.model import Control, Cure, Severity, Shortfall
from prodworthy.model.functions import Functions, served
from prodworthy.review.functions.answering import LIMITS, as_declared
from prodworthy.review.rules import rule


@rule(
    "functions.slow",
    title="Every function answers within its latency budget",
    severity=Severity.MEDIUM,
    reason="People wait for it.",
    remedy="Look at what the function waits for; make fewer calls to the database, and import less at the start.",
    references=[LIMITS],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def slow(functions: Functions) -> Iterator[Shortfall]:
    """Judged only where the target sets a budget; the first call may have found the function cold."""
    for seen in functions.seen:
        times = [served(answer).timings.total for _, answer in as_declared(seen)]
        budget = seen.declared.latency
        measured = (("median", budget.median, median), ("worst", budget.worst, max)) if times else ()
        for name, limit, of in measured:
            if limit is not None and (took := of(times)) > limit:
                got = f"{name} {took:.2f} s of {len(times)} calls, the first {times[0]:.2f} s"
                yield Shortfall(f"function {seen.declared.name}", f"{name} of at most {limit:g} s", got)
