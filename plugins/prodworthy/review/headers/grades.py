"""The grade by the method of the MDN HTTP Observatory, and rules about it. See docs/grade.md."""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import Severity, Shortfall
from prodworthy.model.arrival import Graded
from prodworthy.model.pages import addresses
from prodworthy.model.standing import Before, Grade
from prodworthy.model.surface import Surface
from prodworthy.review.observatory import grading, seen
from prodworthy.review.rules import rule

_REFERENCE = (
    "MDN, HTTP Observatory, tests and scoring: https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring"
)


def grade(surface: Surface) -> Grade | None:
    """What the page at the root gets; None when there is no such page, or it was not seen."""
    return graded(surface).grade


def graded(surface: Surface, version: int = grading.CURRENT) -> Graded:
    """The same, with the reason when there is none."""
    arrival = surface.arrival
    if arrival is None:
        return Graded(url="", grade=None, why="the root was not looked at")
    url, last = arrival.way[0].url, arrival.way[-1]
    page = last.answered
    if page is None:
        return Graded(url=url, grade=None, why="the page at the root was not seen", gaps=arrival.gaps)
    if (onward := seen.leads_away(last)) is not None:
        return Graded(url=url, grade=None, why=f"the root leads to {onward}, which is not followed")
    if page.status not in grading.GRADED:
        return Graded(url=url, grade=None, why=f"{addresses(last)[-1]} answers with status {page.status}")
    results = grading.results(seen.visit(arrival, page, version), version)
    return Graded(url=url, grade=grading.graded(results, version), gaps=arrival.gaps)


@rule(
    "headers.grade-below",
    title="The MDN Observatory grade is at least the one that the team demands",
    severity=Severity.MEDIUM,
    reason="The team has named the least grade that a release may have.",
    remedy="Mend what costs points, the costliest first, or demand less with `grade` in [targets.x.headers].",
    references=[_REFERENCE],
)
def grade_below(told: tuple[Graded, str]) -> Iterator[Shortfall]:
    """What the root gets, and the least letter that it may get."""
    now, least = told
    if now.grade is None and not now.gaps:
        yield Shortfall(now.url, f"{least} or better", f"no grade: {now.why}")
    elif now.grade is not None and grading.is_worse(now.grade.letter, least):
        yield Shortfall(now.url, f"{least} or better", f"{_shown(now.grade)}: {_costs(now.grade)}")


@rule(
    "headers.grade-worse",
    title="The MDN Observatory grade is no worse than before",
    severity=Severity.MEDIUM,
    reason="A release that takes a protection away is seldom meant to.",
    remedy="Bring back what the release before had, or name another baseline if the change is meant.",
    references=[_REFERENCE],
)
def grade_worse(told: tuple[Graded, Before[Surface]]) -> Iterator[Shortfall]:
    """What the root gets now, and what it got before."""
    now, before = told
    then = _before(before)
    if now.grade and then and then.letter in grading.RANKS and grading.is_worse(now.grade.letter, then.letter):
        got = f"{_shown(now.grade)}: {_changes(then, now.grade)}"
        yield Shortfall(now.url, f"{_shown(then)}, as {before.source} has it, or better", got)


def _before(before: Before[Surface]) -> Grade | None:
    if before.evidence is not None:
        return grade(before.evidence)
    return before.saved.grade if before.saved else None


def _shown(grade: Grade) -> str:
    return f"{grade.letter} ({grade.score} of 100)"


def _costs(grade: Grade) -> str:
    """What takes points away, the costliest first."""
    costs = {result: grading.modifier(result) for result in grade.results.values()}
    return ", ".join(f"{result} {points:+}" for result, points in sorted(costs.items(), key=_by_points) if points < 0)


def _changes(then: Grade, now: Grade) -> str:
    """The results that give fewer points than before, the greatest loss first."""
    losses = {
        f"{result} instead of {was}": grading.modifier(result) - grading.modifier(was)
        for test, result in now.results.items()
        if (was := then.results.get(test)) is not None and grading.is_known(was)
    }
    return ", ".join(f"{what} {points:+}" for what, points in sorted(losses.items(), key=_by_points) if points < 0)


def _by_points(item: tuple[str, int]) -> int:
    return item[1]
