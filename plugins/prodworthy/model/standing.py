"""What a release amounts to in a few numbers, so that the next one can be held against it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Generic, TypeVar

from prodworthy.model.exchange import Gap
from prodworthy.model.measurement import Measurement

Evidence = TypeVar("Evidence")
UNCOMPARED = "it is the release before: to judge without comparing, take `baseline` out of the target"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Of the bundle, in bytes after gzip."""

    total: int
    largest: int
    pages: Mapping[str, int]  # declared path -> what the page loads at first


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """By the method of the MDN HTTP Observatory."""

    score: int
    letter: str  # "A+" to "F"
    results: Mapping[str, str]  # test -> result code


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """Of the HTML checker."""

    pages: Mapping[str, tuple[str, ...]]  # declared path -> messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Medians:
    """Of the declared endpoints' latency."""

    endpoints: Mapping[str, float]  # "GET /version.json" -> seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One release; what was not looked at is None."""

    sizes: Sizes | None = None
    grade: Grade | None = None
    errors: Errors | None = None
    medians: Medians | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a target is held against: a saved standing, or an address that is looked at in the same run."""

    source: str  # as shown: "live", an address, or a file's name
    url: str | None = None  # origin
    standing: Standing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Before(Generic[Evidence]):
    """The release before, as one "no worse than" rule needs it: its standing as it was saved, or evidence of now."""

    source: str
    saved: Standing | None = None
    evidence: Evidence | None = None

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What of it could not be observed."""
        gaps: tuple[Gap, ...] = getattr(self.evidence, "gaps", ())
        return tuple(replace(gap, why=f"{gap.why}; {UNCOMPARED}") for gap in gaps)

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """Nothing: what is shown are numbers of the release that is judged."""
        return ()


def merged(standings: Iterable[Standing]) -> Standing:
    """Several partial standings as one; a later part wins."""
    parts: dict[str, Any] = {}
    for each in standings:
        named = {part.name: getattr(each, part.name) for part in fields(Standing)}
        parts |= {name: part for name, part in named.items() if part is not None}
    return Standing(**parts)
