"""Deployments and domains as tables: one line each where the terminal is wide enough, some lines each where not.

Nothing is read as markup, and no text of the platform keeps a character that acts on a terminal. What is cut when
room is short is a commit's message, never an id or an address: these are folded, as people copy them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len
from rich.console import Console, Group, JustifyMethod, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from prodworthy.commands.phrases import age, short
from prodworthy.model.hosting import Deployment, DeploymentState, Project, Served, Substate
from prodworthy.model.text import clean

PIPE = 10_000  # columns where no terminal sets any: a line for each, for grep and cut
CREATED = "created (UTC)"
URL = "url"
CUT = {"message": 20, "branch": 10, "author": 8}  # what is cut, in this order, and to how many columns at the least
GAP = 2  # columns between two
LONGEST = 100  # characters of a message, where there is room
CURRENT, CANDIDATE, PREVIOUS, LEFT = "current", "candidate", "previous", "rolled back from"
STYLES = {CURRENT: "bold green", CANDIDATE: "cyan", PREVIOUS: "cyan", LEFT: "bold red"}
PROOFS = {True: "ok", False: "DIFFERS", None: "not told"}
BAD = {DeploymentState.ERROR, DeploymentState.CANCELED, DeploymentState.BLOCKED, DeploymentState.DELETED}


def console() -> Console:
    """Where answers go: stdout, in colour only where a terminal wants it (NO_COLOR, TERM=dumb, a pipe do not)."""
    if not (sys.stdout.encoding or "").lower().startswith("utf") and hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    made = Console(markup=False, emoji=False, highlight=False, soft_wrap=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = PIPE
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One deployment, and what it is to production."""

    deployment: Deployment
    mark: str = ""  # one of the four, or nothing


def rows(
    deployments: Iterable[Deployment], seen: Project, *, previous: str | None = None, candidates: str = CANDIDATE
) -> list[Row]:
    """What each is to production, in the order given; `previous`: the id that --previous means."""
    marks = {seen.rolled_back_from: LEFT, previous: PREVIOUS, seen.current: CURRENT}
    return [Row(deployment=each, mark=marks.get(each.id, candidates if each.candidate else "")) for each in deployments]


def show_deployments(out: Console, shown: Sequence[Row], now: datetime) -> None:
    """The newest first, as they come; the date and then the address, which the id leads to, go before lines break."""
    if not shown:
        return
    for left_out in ((), (CREATED,), (CREATED, URL)):
        lines = Lines([(name, cell) for name, cell in LINE if name not in left_out], shown, now)
        if table := lines.drawn(out.width):
            _print(out, table)
            return
    _print(out, _stacked(shown, now))


def show_served(out: Console, domains: Sequence[Served]) -> None:
    """What every domain serves, by the host and by the app."""
    names = {each.domain for each in domains}
    widest = max((cell_len(clean(each.deployment or "")) for each in domains), default=0)
    table = Table(
        Column("domain", overflow="fold"),
        Column("the host leads to", overflow="fold", width=max(20, min(widest, out.width // 2))),
        Column("the app says", overflow="fold"),
        Column("", no_wrap=True, width=max(map(len, PROOFS.values()))),
        box=None,
        header_style="dim",
        pad_edge=False,
    )
    for each in domains:
        if each.leads_to in names:
            table.add_row(_plain(each.domain), Text(f"redirects to {clean(each.leads_to or '')}"), "", _proof(each))
        else:
            table.add_row(_plain(each.domain), _plain(each.deployment), _said(each), _proof(each))
    _print(out, table)


def show_facts(out: Console, facts: Iterable[tuple[str, str]]) -> None:
    """Sentences, each beside what it is about."""
    table = Table(Column(no_wrap=True, style="bold"), Column(overflow="fold"), box=None, show_header=False)
    table.pad_edge = False
    for about, said in facts:
        table.add_row(Text(about), Text(said, style="bold red" if said[:3].isupper() else ""))
    _print(out, table)


def show_sentences(out: Console, sentences: Iterable[str]) -> None:
    """One after the other; what begins in capitals is a warning."""
    for each in sentences:
        _print(out, Text(each, style="bold red" if each[:3].isupper() else ""))


def show_command(out: Console, command: str) -> None:
    """On a line of its own, which only the terminal itself breaks, so that it is copied whole."""
    out.print(Text(f"  {command}"), soft_wrap=True)


def _print(out: Console, what: RenderableType) -> None:
    """Without the blanks that fill up columns."""
    with out.capture() as captured:
        out.print(what)
    out.file.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def _stacked(shown: Sequence[Row], now: datetime) -> RenderableType:
    """Some lines for each: what it is, what it says, and where it is."""
    blocks: list[RenderableType] = []
    for row in shown:
        each = row.deployment
        first = Table.grid(Column(min_width=9), Column(overflow="fold"), padding=(0, 2))
        known = [f"{_age(each, now)} old", _state(each).plain, short(each.commit), clean(each.branch or "", 30)]
        first.add_row(_mark(row), " · ".join(filter(None, [*known, clean(each.author or "", 24), _created(each)])))
        message = [_message(each)] if each.message else []
        for line in message:
            line.no_wrap, line.overflow = True, "ellipsis"
        where = [Text(clean(line), overflow="fold") for line in (each.id, each.url) if line]
        blocks.append(Group(first, Padding(Group(*message, *where), (0, 0, 0, 2))))
    return Group(*blocks)


def _mark(row: Row) -> Text:
    return Text(row.mark, style=STYLES.get(row.mark, ""))


def _created(deployment: Deployment) -> str:
    return deployment.created.strftime("%Y-%m-%d %H:%M")


def _age(deployment: Deployment, now: datetime) -> str:
    return age((now - deployment.created).total_seconds())


def _state(deployment: Deployment) -> Text:
    """How far it has come; of a production build that is ready, whether it ever served."""
    said = deployment.state.value
    if deployment.state is DeploymentState.READY and deployment.substate not in (None, Substate.UNKNOWN):
        said = str(deployment.substate.value)
    if not deployment.production:
        said += f" {clean(deployment.environment, 20)}"
    return Text(said, style="red" if deployment.state in BAD else "")


def _said(served: Served) -> Text:
    if served.leads_to:
        return Text(f"redirects to {clean(served.leads_to)}")
    return Text(", ".join(dict.fromkeys(short(each) for each in served.stamps)) or "-")


def _proof(served: Served) -> Text:
    styles = {True: "green", False: "bold red", None: "yellow"}
    return Text(PROOFS[served.proved], style=styles[served.proved])


def _message(deployment: Deployment) -> Text:
    """Its first line, as git shows it in a list."""
    first = next((line for line in (deployment.message or "")[:10_000].splitlines() if line.strip()), "")
    return _plain(first, LONGEST)


def _plain(text: str | None, most: int = 240) -> Text:
    return Text(clean(text, most) if text else "-")


Cell = Callable[[Row, datetime], Text]
# what a line holds, in this order
LINE: tuple[tuple[str, Cell], ...] = (
    ("", lambda row, _: _mark(row)),
    (CREATED, lambda row, _: Text(_created(row.deployment))),
    ("age", lambda row, now: Text(_age(row.deployment, now))),
    ("state", lambda row, _: _state(row.deployment)),
    ("commit", lambda row, _: Text(short(row.deployment.commit) or "-")),
    ("branch", lambda row, _: _plain(row.deployment.branch, 30)),
    ("message", lambda row, _: _message(row.deployment)),
    ("author", lambda row, _: _plain(row.deployment.author, 24)),
    ("id", lambda row, _: _plain(row.deployment.id)),
    (URL, lambda row, _: _plain(row.deployment.url)),
)


class Lines:
    """One line for each deployment, of which only what people know it by is ever cut."""

    def __init__(self, columns: Sequence[tuple[str, Cell]], shown: Sequence[Row], now: datetime) -> None:
        self._names = [name for name, _ in columns]
        self._rows = [[cell(row, now) for _, cell in columns] for row in shown]
        widest = [max(cell_len(text.plain) for text in column) for column in zip(*self._rows, strict=True)]
        self._widths = [max(width, cell_len(name)) for name, width in zip(self._names, widest, strict=True)]

    def drawn(self, width: int) -> Table | None:
        """In so many columns of the terminal; None: that is too narrow."""
        too_wide = sum(self._widths) + GAP * (len(self._widths) - 1) - width
        widths = dict(zip(self._names, self._widths, strict=True))
        for name, least in CUT.items():
            cut = max(0, min(too_wide, widths[name] - least))
            widths[name] -= cut
            too_wide -= cut
        if too_wide > 0:
            return None
        table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, GAP, 0, 0))
        for name, wide in widths.items():
            justify: JustifyMethod = "right" if name == "age" else "left"
            table.add_column(name, no_wrap=True, overflow="ellipsis", width=wide, justify=justify)
        for row in self._rows:
            table.add_row(*row)
        return table
