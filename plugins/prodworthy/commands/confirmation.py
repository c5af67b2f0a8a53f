"""What a person is shown and asked before production is moved."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import click

from prodworthy.commands.aftermath import Consequence, changed, unchanged
from prodworthy.commands.phrases import age, quoted, short
from prodworthy.hosting.errors import Refused
from prodworthy.hosting.proof import Mark
from prodworthy.model.codes import Code
from prodworthy.model.hosting import SHORT, Deployment, JobKind, Move
from prodworthy.model.text import clean

WIDTH = 100  # columns, at most
NARROWEST = 40
NARROW, WIDE = 16, 34  # columns of names
MOVING = {JobKind.ROLLBACK: "This rolls production back", JobKind.PROMOTE: "This promotes to production"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one production domain serves, before it is moved."""

    domain: str
    origin: str | None  # id, by the host; None: it leads nowhere, or was not told
    redirect: str | None = None


def changes(move: Move) -> tuple[Change, ...]:
    """Every domain of the move; one that the host could not tell of stands in nobody's way."""
    led = {each.domain: each.deployment for each in move.led}
    return tuple(
        Change(domain=each.name, redirect=each.redirect, origin=None if each.redirect else led.get(each.name))
        for each in move.domains
    )


def shown(target: str, move: Move, domains: Sequence[Change], now: datetime) -> Iterator[str]:
    """What will change and what will not, in lines for a terminal."""
    column = column_for(each.domain for each in domains)
    if move.already:
        yield f"Production is there already: target {target}, project {clean(move.project.name)}."
        yield ""
        yield from entry("current", described(move.destination, now), column)
        yield ""
        yield "changes"
        yield from entry("  nothing", "it is what the host calls current; nothing is asked for", column)
        return
    yield f"{MOVING[move.kind]}: target {target}, project {clean(move.project.name)}."
    yield ""
    if move.origin:
        yield from entry("from", described(move.origin, now), column)
    yield from entry("to", described(move.destination, now), column)
    yield ""
    yield "changes"
    yield from (line for each in domains for line in entry(f"  {clean(each.domain)}", _change(each, move), column))
    yield from consequences(changed(move), column)
    yield ""
    yield "does not change"
    yield from consequences(unchanged(move), column)


def warnings(move: Move, mark: Mark) -> Iterator[str]:
    """What somebody who decides must not overlook, in lines for a terminal; it stands last, beside the question."""
    for said in _warned(move, mark):
        yield from entry("WARNING", said, len("WARNING"))


def _warned(move: Move, mark: Mark) -> Iterator[str]:
    project = move.project
    if move.kind is JobKind.ROLLBACK and project.rolled_back:
        yield "production is rolled back ALREADY, by the last move: this goes on from there"
    if move.kind is JobKind.ROLLBACK and project.rolled_back is None:
        yield "production may be rolled back already, which the host does not tell: this goes on from there"
    if project.paused:
        yield (
            "the project is PAUSED: whatever is moved, visitors get an error page, and no domain can prove anything, "
            "until it is resumed in the dashboard"
        )
    if move.kind is JobKind.PROMOTE and project.rolling:
        yield (
            "the project has rolling releases: the promotion may begin one, with stages that have to be approved in "
            "the dashboard, and until its end some visitors get the one build and some the other; nothing is proved "
            "until then"
        )
    if not mark.comparable:
        why = clean(mark.trouble or "it does not say", 200)
        yield (
            f"nothing will be proved, because the app does not tell which build it is ({why}): "
            "name an identity in the targets file, of a file that holds the commit"
        )
    elif mark.stamp is None:
        why = clean(mark.trouble or "it does not say", 200)
        yield (
            f"{move.destination.id} did not tell which build it is ({why}): it is proved only if the domains then name "
            "its commit, its id or its address"
        )
    elif mark.shared:
        yield (
            "the app cannot tell these two builds apart, so that nothing will be proved: name an identity in the "
            "targets file, of a file that holds VERCEL_DEPLOYMENT_ID"
        )


def consequences(told: Iterable[Consequence], column: int) -> Iterator[str]:
    """One a line, indented, and as many lines as it takes."""
    yield from (line for each in told for line in entry(f"  {each.about}", each.said, column))


def column_for(domains: Iterable[str]) -> int:
    """How many columns names take, so that those of most domains stand beside what is said of them."""
    return max(NARROW, min(WIDE, max((len(each) + 3 for each in domains), default=0)))


def entry(name: str, said: str, column: int) -> list[str]:
    """A name and what is said of it, in a hanging paragraph; a long name has a line of its own."""
    head = f"{name:<{column}} "
    if len(head) > column + 1:
        return [name, *_paragraph(said, " " * (column + 1), " " * (column + 1))]
    return _paragraph(said, head, " " * (column + 1))


def described(deployment: Deployment, now: datetime) -> str:
    """A deployment in one line: id, commit, branch, author, age, and the commit's message."""
    made_of = [f"commit {short(deployment.commit)}" if deployment.commit else "no commit told"]
    made_of += [f"on {deployment.branch}"] if deployment.branch else []
    parts = [deployment.id, " ".join(made_of)]
    parts += [f"by {deployment.author}"] if deployment.author else []
    parts += [f"{age((now - deployment.created).total_seconds())} old"]
    parts += [quoted(deployment.message)] if deployment.message else []
    return clean(", ".join(parts))


def confirm(kind: JobKind) -> None:
    """Asks for the word; raises Refused when there is nobody to ask, or the answer is anything else."""
    word = kind.value
    if not terminal():
        said = f"a {word} has to be confirmed, and this is no terminal"
        raise Refused(Code.CONFIRMATION_NEEDED, said, "add --yes to go on without being asked, or --plan to look only")
    if answer(f'Type "{word}" (or y) to go on, anything else to stop: ').lower() not in {word, "y", "yes"}:
        raise Refused(Code.DECLINED, f"the {word} was not confirmed", "")


def choose(candidates: Sequence[Deployment], now: datetime, *, left: str | None = None) -> str:
    """Asks which of them production goes back to; the id. Raises Refused when none is chosen.

    The one that production was rolled back from, `left`, comes last: hardly ever is it the one that is meant.
    """
    offered = sorted(candidates, key=lambda each: each.id == left)
    click.echo("Production can be rolled back to:", err=True)
    for number, each in enumerate(offered, 1):
        mark = "ROLLED BACK FROM THIS ONE: " if each.id == left else ""
        click.echo("\n".join(entry(f"{number:>4}", mark + described(each, now), column=5)), err=True)
    while given := answer(f"Which one? A number from 1 to {len(offered)}, an id, or nothing to stop: "):
        if not given.isdecimal() or len(given) >= SHORT:  # a commit may have no letter in it
            return given
        if 1 <= int(given) <= len(offered):
            return offered[int(given) - 1].id
        click.echo(f"There is no number {clean(given, 20)} in that list.", err=True)
    raise Refused(Code.DECLINED, "no deployment was chosen", "")


def terminal() -> bool:
    """Whether somebody can be shown something and asked."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def answer(question: str) -> str:
    """What was typed; empty at the end of input."""
    click.echo(question, err=True, nl=False)
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        click.echo(err=True)  # Ctrl-D leaves the cursor behind the question
    return line.strip()


def _change(change: Change, move: Move) -> str:
    if change.redirect:
        return f"redirects to {clean(change.redirect)}, as before"
    to = move.destination.id
    if change.origin == to:
        return f"serves {to} already"
    return f"{clean(change.origin) if change.origin else 'what is not known'} -> {to}"


def _paragraph(said: str, first: str, rest: str) -> list[str]:
    width = max(NARROWEST, min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns))
    return textwrap.wrap(
        said, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
