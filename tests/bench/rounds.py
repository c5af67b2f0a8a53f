"""Rounds: the contestants take turns, so that whatever else the machine does falls on all of them alike."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table: a value a round, and what it should be at most."""

    what: str
    values: tuple[float, ...]
    unit: str = "x"
    aim: float | None = None  # None: shown, not aimed at
    basis: str = ""  # what it was computed from

    @property
    def median(self) -> float:
        """Of all rounds."""
        return statistics.median(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the median is within the aim; None: there is no aim."""
        return None if self.aim is None else self.median <= self.aim


def interleaved(contestants: Mapping[str, Callable[[], Result]], rounds: int) -> dict[str, list[Result]]:
    """What each returned in each round: A B C, A B C, ..."""
    results: dict[str, list[Result]] = {name: [] for name in contestants}
    for number in range(1, rounds + 1):
        for name, contestant in contestants.items():
            say(f"round {number} of {rounds}: {name}")
            results[name].append(contestant())
    return results


def ratio(what: str, over: Sequence[float], under: Sequence[float], *, aim: float | None = None) -> Figure:
    """Round by round: what a round's first took, in terms of what its second took (seconds both)."""
    values = tuple(one / other for one, other in zip(over, under, strict=True))
    return Figure(what=what, values=values, aim=aim, basis=f"{_median(over)} / {_median(under)}")


def say(text: str) -> None:
    """Progress, for people."""
    print(f"bench: {text}", file=sys.stderr, flush=True)  # noqa: T201  # a program's own output


def _median(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds):.2f} s"
