"""Deployments and domains as tables: one line each where the terminal is wide enough, some lines each where not.

Nothing is read as markup, and no text of the platform keeps a character that acts on a terminal. What is cut when
room is short is a commit's message, never an id or an address: these are folded, as people copy them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from prodworthy.commands.phrases import age, short
from prodworthy.model.hosting import Deployment, DeploymentState, Served, Substate
from prodworthy.model.text import clean

PIPE = 10_000  # columns where no terminal sets any: a line for each, for grep and cut
MESSAGE = 20  # columns that a message needs to be worth a place in a line
LONGEST = 100  # characters of a message, where there is room
STYLES = {"current": "bold green", "candidate": "cyan"}
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
    mark: str = ""  # "current", "candidate", or what the list is about
    why: str = ""  # one sentence more


def rows(deployments: Iterable[Deployment], current: str | None) -> list[Row]:
    """Who is current, and who is a candidate, in the order given."""
    return [Row(deployment=each, mark=mark(each, current)) for each in deployments]


def mark(deployment: Deployment, current: str | None) -> str:
    """What a deployment is to production."""
    if deployment.id == current:
        return "current"
    return "candidate" if deployment.candidate else ""


def show_deployments(out: Console, shown: Sequence[Row], now: datetime) -> None:
    """The newest first, as they come."""
    wide = _wide(shown, now)
    if _needed(out, wide) <= out.width:
        out.print(wide)
    else:
        out.print(_stacked(shown, now))


def show_served(out: Console, domains: Sequence[Served]) -> None:
    """What every domain serves, by the platform and by the app."""
    table = Table(
        Column("domain", overflow="fold"),
        Column("the host leads it to", overflow="fold"),
        Column("the app there says", overflow="fold"),
        Column("", no_wrap=True),
        box=None,
        header_style="dim",
        pad_edge=False,
    )
    for each in domains:
        table.add_row(_plain(each.domain), _plain(each.deployment or "?"), _said(each), _proof(each))
        if each.trouble:
            table.add_row("", "", Text(clean(each.trouble), style="yellow"), "")
    out.print(table)


def show_facts(out: Console, facts: Iterable[tuple[str, str]]) -> None:
    """Sentences, each beside what it is about."""
    table = Table(Column(no_wrap=True, style="bold"), Column(overflow="fold"), box=None, show_header=False)
    table.pad_edge = False
    for about, said in facts:
        table.add_row(Text(about), Text(said, style="bold red" if said.startswith("YES") else ""))
    out.print(table)


def show_sentences(out: Console, sentences: Iterable[str]) -> None:
    """One after the other; what begins in capitals is a warning."""
    for each in sentences:
        out.print(Text(each, style="bold red" if each[:3].isupper() else ""))


def _wide(shown: Sequence[Row], now: datetime) -> Table:
    table = Table(
        Column("", no_wrap=True),
        Column("created (UTC)", no_wrap=True),
        Column("age", no_wrap=True, justify="right"),
        Column("state", no_wrap=True),
        Column("commit", no_wrap=True),
        Column("branch", no_wrap=True),
        Column("message", no_wrap=True, overflow="ellipsis", min_width=MESSAGE),
        Column("author", no_wrap=True),
        Column("id", no_wrap=True),
        Column("url", no_wrap=True),
        box=None,
        header_style="dim",
        pad_edge=False,
    )
    for row in shown:
        each = row.deployment
        table.add_row(
            _mark(row),
            each.created.strftime("%Y-%m-%d %H:%M"),
            _age(each, now),
            _state(each),
            short(each.commit) or "-",
            _plain(each.branch, 30),
            Text(clean(" ".join(filter(None, (row.why, each.message))), LONGEST)),
            _plain(each.author, 24),
            _plain(each.id),
            _plain(each.url),
        )
    return table


def _stacked(shown: Sequence[Row], now: datetime) -> RenderableType:
    """Some lines for each: what it is, what it says, and where it is."""
    blocks: list[RenderableType] = []
    for row in shown:
        each = row.deployment
        first = Table.grid(Column(min_width=9), Column(overflow="fold"), padding=(0, 2))
        known = [f"{_age(each, now)} old", str(_state(each)), short(each.commit), clean(each.branch or "", 30)]
        first.add_row(_mark(row), " · ".join(filter(None, [*known, clean(each.author or "", 24)])))
        lines = [row.why, clean(each.message or "", LONGEST)]
        message = [Text(line, no_wrap=True, overflow="ellipsis") for line in lines if line]
        where = [Text(clean(line), overflow="fold") for line in (each.id, each.url) if line]
        blocks.append(Group(first, Padding(Group(*message, *where), (0, 0, 0, 2))))
    return Group(*blocks)


def _needed(out: Console, table: Table) -> int:
    """The columns that a table takes with its messages cut to the least."""
    return out.measure(table).minimum


def _mark(row: Row) -> Text:
    return Text(row.mark, style=STYLES.get(row.mark, ""))


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
    if served.leads_to and not served.stamps:
        return Text(f"redirects to {clean(served.leads_to)}")
    told = ", ".join(dict.fromkeys(short(each) for each in served.stamps)) or "-"
    lead = f" (redirects to {clean(served.leads_to)})" if served.leads_to else ""
    return Text(told + lead)


def _proof(served: Served) -> Text:
    match served.proved:
        case True:
            return Text("ok", style="green")
        case False:
            return Text("DIFFERS", style="bold red")
    return Text("not told", style="yellow")


def _plain(text: str | None, most: int = 240) -> Text:
    return Text(clean(text, most) if text else "-")
