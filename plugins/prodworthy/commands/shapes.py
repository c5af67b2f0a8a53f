"""What deployments, jobs and moves look like in the JSON of commands: the shapes that schemas/parts.json publishes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from prodworthy.commands.phrases import by_platform
from prodworthy.model.hosting import Deployment, Job, Moment, Project, Reason, RollingRelease, Served
from prodworthy.model.text import clean, lines

Thing = TypeVar("Thing")
LONGEST = 4000  # characters of a message


def instant(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, to the millisecond, ending in Z."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def deployment(of: Deployment, *, current: str | None, now: datetime) -> dict[str, Any]:
    """`current`: the id of what is. The message keeps its lines; nothing in any value acts on a terminal."""
    return {
        "id": clean(of.id),
        "url": of.url and clean(of.url),
        "commit": of.commit and clean(of.commit),
        "branch": of.branch and clean(of.branch),
        "message": None if of.message is None else lines(of.message[:LONGEST]),
        "author": of.author and clean(of.author),
        "created": instant(of.created),
        "age_seconds": max(0, int((now - of.created).total_seconds())),
        "state": of.state.value,
        "substate": of.substate and of.substate.value,
        "environment": clean(of.environment),
        "current": of.id == current,
        "candidate": of.candidate,
        "source": of.source and clean(of.source),
    }


def deployments(these: Iterable[Deployment], *, current: str | None, now: datetime) -> list[dict[str, Any]]:
    """In the order given."""
    return [deployment(each, current=current, now=now) for each in these]


def project(of: Project) -> dict[str, Any]:
    """The project at the host."""
    return {"id": clean(of.id), "name": clean(of.name)}


def job(of: Job) -> dict[str, Any]:
    """The last promotion or rollback."""
    return {
        "kind": of.kind.value,
        "state": of.state.value,
        "requested": instant(by_platform(of.requested)),
        "origin": of.origin and clean(of.origin),
        "destination": of.destination and clean(of.destination),
    }


def reason(of: Reason) -> dict[str, Any]:
    """Of a rollback."""
    return {"text": clean(of.said), "by": of.by and clean(of.by), "at": instant(of.at)}


def rolling_release(of: RollingRelease) -> dict[str, Any]:
    """A promotion in stages."""
    return {
        "state": clean(of.state),
        "base": of.base and clean(of.base),
        "canary": of.canary and clean(of.canary),
        "percentage": of.percentage,
        "queued": of.queued and clean(of.queued),
    }


def served(of: Served) -> dict[str, Any]:
    """What one domain serves."""
    return {
        "domain": clean(of.domain),
        "deployment": of.deployment and clean(of.deployment),
        "stamps": [clean(each) for each in of.stamps],
        "leads_to": of.leads_to and clean(of.leads_to),
        "proved": of.proved,
        "trouble": of.trouble and clean(of.trouble),
    }


def moments(these: Sequence[Moment]) -> list[dict[str, Any]]:
    """Milestones, each with the seconds since the first."""
    return [
        {
            "what": each.what.value,
            "at": instant(each.at),
            "said": clean(each.said),
            "seconds": round((each.at - these[0].at).total_seconds(), 3),
        }
        for each in these
    ]


def known(thing: Thing | None, shape: Callable[[Thing], dict[str, Any]]) -> dict[str, Any] | None:
    """The shape of what may not be there."""
    return None if thing is None else shape(thing)
