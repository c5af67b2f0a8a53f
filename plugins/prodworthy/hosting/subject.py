"""Which deployment is judged before it is promoted: found out by reads alone, and never guessed.

Nothing here falls back to what is live: a run that was meant for a candidate would call production sound instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prodworthy.hosting.errors import Refused
from prodworthy.hosting.host import Filter, Host
from prodworthy.hosting.naming import named, newly_staged
from prodworthy.model.commit import COMMIT, same_commit
from prodworthy.model.hosting import Deployment, DeploymentState, Project
from prodworthy.model.text import clean

LOOKED_AT = 100  # the newest production deployments, among which the one is looked for
SHOWN = 8  # deployments to choose from
WHOLE = 40  # characters of a commit

_UNDER_WAY = {DeploymentState.QUEUED, DeploymentState.INITIALIZING, DeploymentState.BUILDING}
_WAIT = "wait until it is ready, and run again"
_DEAD = "deploy a corrected build, and judge that one"


class Undecided(Exception):
    """Nothing can be judged; the first line says why, the others what there is to choose from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line says of the deployment, and how that command line begins."""

    deployment: str | None = None  # an id, a URL or a host
    commit: str | None = None  # perhaps abbreviated
    command: str = "pytest verify"  # to which an option is added


def judged(host: Host, asked: Asked) -> Deployment:
    """The one deployment that is meant. Raises Undecided, and HostingError when the host cannot be asked."""
    project = host.project()
    if asked.deployment is not None:
        found = _named(host, project, asked.deployment)
    elif asked.commit is not None:
        found = _of_commit(host, asked, asked.commit)
    else:
        found = _staged(host, project, asked)
    if found.host is None:
        raise Undecided(f"{found.described} has no address yet: {_WAIT}")
    return found


def _named(host: Host, project: Project, wanted: str) -> Deployment:
    try:
        found = named(host, project, wanted)
    except Refused as refused:
        raise Undecided(f"{refused}: {refused.remedy}") from None
    if found.state is not DeploymentState.READY:
        remedy = _WAIT if found.state in _UNDER_WAY else _DEAD
        raise Undecided(f"{found.described} is not ready, its state is {found.state.value}: {remedy}")
    return found


def _of_commit(host: Host, asked: Asked, commit: str) -> Deployment:
    listed = host.deployments(Filter(production=True), limit=LOOKED_AT)
    built = _built_from(commit, listed)
    if not built and len(commit) == WHOLE and COMMIT.fullmatch(commit):
        # perhaps an older one; the host can be asked for whole commits only
        built = _built_from(commit, host.deployments(Filter(production=True, commit=commit.lower())))
    ready = _ready(built)
    shown = clean(commit, WHOLE)
    if len(ready) == 1:
        return ready[0]
    if ready:
        said = f"{len(ready)} production deployments were built from commit {shown}; say which one is meant"
        raise Undecided(_with_choice(said, asked, ready))
    if waiting := [each for each in built if each.state in _UNDER_WAY]:
        raise Undecided(f"{waiting[0].described} is not ready, its state is {waiting[0].state.value}: {_WAIT}")
    if built:
        raise Undecided(f"{built[0].described} is not ready, its state is {built[0].state.value}: {_DEAD}")
    said = f"no production deployment was built from commit {shown}, as far as the host says"
    raise Undecided(_with_choice(said, asked, _ready(listed)[:SHOWN]))


def _built_from(commit: str, listed: Sequence[Deployment]) -> list[Deployment]:
    return [each for each in listed if each.production and each.commit and same_commit(each.commit, commit)]


def _staged(host: Host, project: Project, asked: Asked) -> Deployment:
    current = host.deployment(project.current) if project.current else None
    listed = host.deployments(Filter(production=True), limit=LOOKED_AT)
    newer = [each for each in listed if each.production and (current is None or each.created > current.created)]
    staged = newly_staged(listed, current)
    if len(staged) == 1:
        return staged[0]
    live = f"what is live, {current.described}" if current else "anything"
    if staged:
        said = f"{len(staged)} staged deployments are newer than {live}; say which one is meant"
        raise Undecided(_with_choice(said, asked, staged))
    said = f"nothing to judge: no staged deployment is newer than {live}"
    if waiting := [each for each in newer if each.state in _UNDER_WAY]:
        said += f" ({waiting[0].described} is not ready: {waiting[0].state.value})"
    raise Undecided(_with_choice(said, asked, _ready(listed)[:SHOWN], live=current))


def _ready(listed: Sequence[Deployment]) -> list[Deployment]:
    return [each for each in listed if each.state is DeploymentState.READY]


def _with_choice(said: str, asked: Asked, choice: Sequence[Deployment], *, live: Deployment | None = None) -> str:
    """The sentence, and below it the command to type for each, the newest first."""
    lines = [said]
    for each in choice[:SHOWN]:
        current = ", live" if live and each.id == live.id else ""
        lines.append(f"{asked.command} --deployment={clean(each.id, 60)}   # {_about(each)}{current}")
    if len(choice) > SHOWN:
        lines.append(f"... and {len(choice) - SHOWN} more: prodworthy list")
    if live:
        lines.append(f"{asked.command} --stage=live   # what is live, on the production domains")
    return "\n".join(lines)


def _about(deployment: Deployment) -> str:
    commit, _, message = (deployment.commit or "")[:7], "", (deployment.message or "").partition("\n")[0]
    told = [clean(commit, 7), clean(deployment.branch or "", 40), clean(message, 50)]
    substate = deployment.substate.value if deployment.substate else ""
    return ", ".join(filter(None, [*told, f"{deployment.created:%Y-%m-%d %H:%M} UTC", substate]))
