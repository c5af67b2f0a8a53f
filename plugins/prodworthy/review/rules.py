"""How a rule is declared, and the catalogue of all that are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from prodworthy.model import Control, Cure, Judged, Rule, Severity, Shortfall, Subject

Evidence = TypeVar("Evidence")

CATALOGUE: dict[str, Rule[Any]] = {}

# what a check's rules support unless they say otherwise
_CONTROLS = {
    "health": (Control.CP, Control.SI),
    "headers": (Control.SC,),
    "supabase": (Control.AC, Control.SI),
    "functions": (Control.SI,),
    "bundle": (Control.CM,),
    "html": (Control.SI,),
    "smoke": (Control.SI,),
    "waivers": (Control.RA,),
}


def rule(
    id: str,  # noqa: A002  # it is the field's own name
    *,
    title: str,
    severity: Severity,
    reason: str,
    remedy: str,
    references: Iterable[str],
    subject: Subject = Subject.DEPLOYMENT,
    cure: Cure = Cure.ROLLBACK,
    controls: Iterable[Control] = (),
) -> Callable[[Callable[[Evidence], Iterable[Shortfall]]], Rule[Evidence]]:
    """Declare a rule beside the function that judges it, and enter it into the catalogue.

    The function yields a `Shortfall` for each way in which the evidence falls short. It is pure: no clock, no
    network, no files; moments are taken from the evidence itself. Raises ValueError for an id that is taken.
    """

    def declare(judge: Callable[[Evidence], Iterable[Shortfall]]) -> Rule[Evidence]:
        if id in CATALOGUE:
            raise ValueError(f"two rules are called {id}")
        declared = Rule(
            id=id,
            title=title,
            severity=severity,
            reason=reason,
            remedy=remedy,
            references=tuple(references),
            subject=subject,
            cure=cure,
            controls=tuple(controls) or _CONTROLS.get(id.partition(".")[0], ()),
            judge=judge,
        )
        CATALOGUE[id] = declared
        return declared

    return declare


def together(*rules: Callable[[Evidence], Judged]) -> Callable[[Evidence], Judged]:
    """Several rules as one question of a check: all are asked, all findings are kept, in the order given."""

    def ask(evidence: Evidence) -> Judged:
        answers = [each(evidence) for each in rules]
        return Judged([f for answer in answers for f in answer], [r for answer in answers for r in answer.rules])

    return ask
