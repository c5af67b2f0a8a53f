"""What a rollback or promotion changes beside the domains, what it leaves as it is, and how it is undone."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from prodworthy.model.codes import Code
from prodworthy.model.hosting import JobKind, Move, Moved, Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """One thing that somebody who moves production should know of."""

    about: str
    said: str  # one sentence


STILL_OFF = Consequence(
    about="new pushes",
    said="do not go live: automatic assignment is off, and only the promotion of another deployment turns it on",
)


def changed(move: Move) -> tuple[Consequence, ...]:
    """What will change beside the domains."""
    to = move.destination.id
    if move.already:
        return ()
    if move.kind is JobKind.ROLLBACK:
        pushes = "stop going live: the host turns automatic assignment off until something is promoted"
    elif move.project.auto_assign is False:
        pushes = "go live by themselves from then on: a promotion turns automatic assignment on, and it is off now"
    else:
        pushes = "go live by themselves, as a promotion leaves it"
    return (
        Consequence(about="new pushes", said=pushes),
        Consequence(about="cron jobs", said=f"become those of {to}"),
    )


def unchanged(move: Move) -> tuple[Consequence, ...]:
    """What will not, however much one might wish it."""
    to = move.destination.id
    before = move.origin.id if move.origin else "what was served before"
    return (
        Consequence(about="database", said="stays as it is, and so do its migrations: this build meets today's schema"),
        Consequence(about="edge functions", said="stay as they are deployed"),
        Consequence(about="environment", said=f"values are those baked into {to} when it was built, not today's"),
        Consequence(
            about="open pages",
            said=f"stay on {before} until loaded anew: tabs, clients pinned by skew protection, browser caches",
        ),
    )


def afterwards(moved: Moved, project: Project | None) -> tuple[Consequence, ...]:
    """What is different now; `project` as read after the move, None when that failed.

    Of a move that is not proved only what the host says now: nobody knows yet which build is served.
    """
    if not moved.requested:
        return (STILL_OFF,) if project and project.auto_assign is False else ()
    told = (_pushes(moved, project), _crons(moved, project))
    return (*told, *unchanged(moved.move)) if moved.proved else told


def unmoved(moved: Moved) -> bool:
    """Whether it came to its end and every domain is where it was, by the host's word."""
    ended = moved.code in {Code.JOB_FAILED, Code.JOB_SKIPPED, Code.JOB_LOST}
    led = {each.domain: each.deployment for each in moved.served}
    before = moved.move.origin.id if moved.move.origin else None
    demanded = moved.move.demanded
    return bool(ended and before and demanded) and all(led.get(each) == before for each in demanded)


def undo(moved: Moved, *, where: str) -> str | None:
    """The command that leads back; None when nothing was moved, there is nothing to go back to, or it would be refused.

    A rolling release is ended at the host; only then is there something to undo.
    """
    origin = moved.move.origin
    in_stages = moved.code in {Code.ROLLING_RELEASE_STARTED, Code.QUEUED}
    if not moved.requested or origin is None or in_stages or unmoved(moved):
        return None
    back = "promote" if moved.move.kind is JobKind.ROLLBACK else "rollback"
    return f"prodworthy {back} {shlex.quote(origin.id)} {where}"


def _pushes(moved: Moved, project: Project | None) -> Consequence:
    if project is None or project.auto_assign is None:
        said = "may or may not go live: the host did not say whether automatic assignment is on"
    elif project.auto_assign:
        said = "go live by themselves: automatic assignment is on"
        if moved.proved and moved.move.kind is JobKind.ROLLBACK:
            said += ", although this was a rollback: the next push takes production"
    else:
        said = "do not go live: automatic assignment is off until something is promoted"
    return Consequence(about="new pushes", said=said)


def _crons(moved: Moved, project: Project | None) -> Consequence:
    if project is None or project.crons is None:
        return Consequence(about="cron jobs", said="the host did not say which deployment's run")
    to = moved.move.destination.id
    stale = f", not of {to}" if moved.proved and project.crons != to else ""
    return Consequence(about="cron jobs", said=f"are those of {project.crons}{stale}")
