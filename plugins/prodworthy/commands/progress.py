"""The line that says how far a move of production has come: one that moves on a terminal, else one a milestone."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from prodworthy.model.hosting import JobKind, Milestone, Moment
from prodworthy.model.text import clean

DOING = {JobKind.ROLLBACK: "rolling back", JobKind.PROMOTE: "promoting"}
REACHED = {
    Milestone.DECIDED: "decided",
    Milestone.REQUESTED: "asked the host",
    Milestone.SWITCHED: "the host has switched",
    Milestone.PROVED: "every domain proves it",
    Milestone.VERIFIED: "verified",
}
AWAITED = {
    Milestone.DECIDED: "asking the host",
    Milestone.REQUESTED: "waiting for the host to switch",
    Milestone.SWITCHED: "waiting for every domain to prove it",
}


class Steadfast(Console):
    """A console that goes on when nobody reads any more: what was asked of the host has to be seen to its end."""

    def on_broken_pipe(self) -> None:
        """In place of ending the process."""
        self.quiet = True


class Progress:
    """A context manager on stderr; `tell` takes every moment as it comes."""

    def __init__(self, kind: JobKind, console: Console | None = None) -> None:
        self._kind = kind
        self._console = console or Steadfast(stderr=True, highlight=False, soft_wrap=True)
        self._started: datetime | None = None
        self._bars: Bars | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
            self._bars = Bars(*columns, console=self._console, transient=True)
            self._bars.add_task(f"{DOING[self._kind]}: looking once more")
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars:
            self._bars.stop()

    def tell(self, moment: Moment) -> None:
        """One line that stays, and what is waited for next."""
        self._started = self._started or moment.at
        with suppress(OSError):  # a terminal that was closed
            self._console.print(Text(line(moment, self._started)))
        if self._bars and moment.what in AWAITED:
            description = f"{DOING[self._kind]}: {AWAITED[moment.what]}"
            self._bars.update(self._bars.task_ids[0], description=description, refresh=True)


def line(moment: Moment, started: datetime) -> str:
    """When, counted from the first moment, and what."""
    return f"{(moment.at - started).total_seconds():7.2f} s  {clean(moment.said) or REACHED[moment.what]}"
