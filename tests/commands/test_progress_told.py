"""The progress of a move: one line a milestone where nothing can move, a line that moves where it can."""

from __future__ import annotations

import io
import re
from datetime import timedelta

from rich.console import Console

from prodworthy.commands.progress import Progress
from prodworthy.model.hosting import JobKind, Milestone, Moment
from tests.commands.moves import NOW

MOMENTS = [
    Moment(what=Milestone.DECIDED, at=NOW, said="rollback to dpl_good"),
    Moment(what=Milestone.REQUESTED, at=NOW + timedelta(seconds=0.21), said=""),
    Moment(what=Milestone.SWITCHED, at=NOW + timedelta(seconds=12.5), said="done \x1b[2J\nfine [bold]really[/bold]"),
]


def shown(*, terminal: bool, term: str = "xterm-256color") -> str:
    out = io.StringIO()
    told = {"TERM": term, "NO_COLOR": "1"}
    console = Console(file=out, force_terminal=terminal, width=80, soft_wrap=True, highlight=False, _environ=told)
    with Progress(JobKind.ROLLBACK, console) as progress:
        for moment in MOMENTS:
            progress.tell(moment)
    return out.getvalue()


def test_without_a_terminal_every_milestone_is_one_line_with_its_time() -> None:
    assert shown(terminal=False).splitlines() == [
        "   0.00 s  rollback to dpl_good",
        "   0.21 s  asked the host",
        "  12.50 s  done [2J fine [bold]really[/bold]",
    ]


def test_a_terminal_that_cannot_move_its_cursor_is_told_the_same() -> None:
    assert shown(terminal=True, term="dumb") == shown(terminal=False)


def test_on_a_terminal_it_is_said_what_is_waited_for_and_the_milestones_stay() -> None:
    raw = shown(terminal=True)
    assert "\x1b[2J" not in raw
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", raw)
    for words in ("rolling back: waiting for the host to switch", "   0.21 s  asked the host", "  12.50 s  done"):
        assert words in text
