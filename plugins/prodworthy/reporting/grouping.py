"""Findings that say the same of several places, and causes that hide several things, shown once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from prodworthy.model import Finding, Gap

PLACES = 10  # that are named


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One finding and all the places of which it holds."""

    finding: Finding  # of the first place
    places: tuple[str, ...]

    @property
    def where(self) -> tuple[str, ...]:
        """The places, cut short when there are many; the verdict file names all."""
        return _cut(self.places)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """One cause, and all that could not be observed for it."""

    why: str
    things: tuple[str, ...]

    @property
    def what(self) -> tuple[str, ...]:
        """The things, cut short likewise."""
        return _cut(self.things)


def grouped(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """In the order of the first of each."""
    groups: dict[Finding, list[str]] = {}
    first: dict[Finding, Finding] = {}
    for finding in findings:
        alike = replace(finding, where="")
        groups.setdefault(alike, []).append(finding.where)
        first.setdefault(alike, finding)
    return tuple(Group(finding=first[alike], places=tuple(places)) for alike, places in groups.items())


def hidden(gaps: Iterable[Gap]) -> tuple[Hidden, ...]:
    """In the order of the first thing of each cause."""
    causes: dict[str, list[str]] = {}
    for gap in gaps:
        causes.setdefault(gap.why, []).append(gap.what)
    return tuple(Hidden(why=why, things=tuple(dict.fromkeys(things))) for why, things in causes.items())


def _cut(places: tuple[str, ...]) -> tuple[str, ...]:
    return places if len(places) <= PLACES else (*places[:PLACES], f"and {len(places) - PLACES} more")
