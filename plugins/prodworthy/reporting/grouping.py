"""Findings that say the same of several places, shown once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from prodworthy.model import Finding

PLACES = 10  # that are named


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One finding and all the places of which it holds."""

    finding: Finding  # of the first place
    places: tuple[str, ...]

    @property
    def where(self) -> tuple[str, ...]:
        """The places, cut short when there are many; the verdict file names all."""
        if len(self.places) <= PLACES:
            return self.places
        return (*self.places[:PLACES], f"and {len(self.places) - PLACES} more")


def grouped(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """In the order of the first of each."""
    groups: dict[Finding, list[str]] = {}
    first: dict[Finding, Finding] = {}
    for finding in findings:
        alike = replace(finding, where="")
        groups.setdefault(alike, []).append(finding.where)
        first.setdefault(alike, finding)
    return tuple(Group(finding=first[alike], places=tuple(places)) for alike, places in groups.items())
