"""Before production is moved: what exactly would be done, found out by reads alone, or why it must not be.

Every refusal says what was found and what to do about it, and leaves everything as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from prodworthy.hosting.choice import of_commit, older, only_staged, previous
from prodworthy.hosting.errors import Refused, Rejected
from prodworthy.hosting.explaining import STUCK
from prodworthy.hosting.host import Host
from prodworthy.hosting.naming import deleted, named
from prodworthy.hosting.proof import known_domains, led
from prodworthy.model.codes import Code
from prodworthy.model.hosting import (
    Deployment,
    DeploymentState,
    Job,
    JobKind,
    Move,
    Project,
    RollingRelease,
    Substate,
)
from prodworthy.model.text import clean

STATUS = "look at `prodworthy status`"
_ENDING = f"{STATUS}; complete or abort the rolling release first"
WORDS = {JobKind.ROLLBACK: "rollback", JobKind.PROMOTE: "promotion", JobKind.UNKNOWN: "move of production"}


def prepare(host: Host, kind: JobKind, wanted: str | None, *, declared: Sequence[str]) -> Move:
    """What is going to be done. Raises Refused, or HostingError when the platform cannot be asked.

    `wanted` is an id, a URL, a host, or the commit of one production deployment, seven characters of it at least.
    Without it a rollback goes to what was live before what is current, and a promotion takes the only staged deployment
    that is newer; `declared` are hosts of the target.
    """
    project = host.project()
    refuse_if_busy(host, project)
    origin = host.deployment(project.current) if project.current else None
    if wanted is not None:
        destination = of_commit(host, kind, wanted) or named(host, project, wanted)
    elif kind is JobKind.ROLLBACK:
        destination = previous(host, project, origin)
    else:
        destination = only_staged(host, origin)
    already = destination.id == project.current
    if not already:
        _refuse_unfit(destination)
        if kind is JobKind.ROLLBACK:
            _refuse_never_live(destination)
            _refuse_beyond_plan(host, project, origin, destination)
    domains = known_domains(host, declared)
    return Move(
        kind=kind,
        project=project,
        origin=origin,
        destination=destination,
        domains=domains,
        last_job=project.last_job,
        already=already,
        led=led(host, [each.name for each in domains]),
    )


def refuse_if_busy(host: Host, project: Project, *, read: bool = True) -> None:
    """Raises Refused while somebody's move is under way, at once or in stages.

    That a project says something of rolling releases means only that there may be one; without `read` it is asked for
    just then.
    """
    job = project.last_job
    if job is not None and job.active:
        since = datetime.fromtimestamp(job.requested / 1000, UTC)
        text = (
            f"a {WORDS[job.kind]} to {job.destination or 'a deployment'}{_by(project, job)} runs since {_time(since)}"
        )
        remedy = f"wait until it has ended: {STATUS}, then decide anew; {STUCK}"
        raise Refused(Code.JOB_ACTIVE, f"{text}: its state is {job.state.value}", remedy)
    release = _release(host, project) if read or project.rolling else None
    if release is not None and release.active:
        raise Refused(Code.ROLLING_RELEASE_ACTIVE, _rolling(release), _ENDING)


def _release(host: Host, project: Project) -> RollingRelease | None:
    """The one that is active; where the project has none, that the token may not ask for one stands in nobody's way."""
    try:
        return host.rolling_release()
    except Rejected as error:
        if project.rolling or error.status != 403:
            raise
        return None


def _refuse_unfit(found: Deployment) -> None:
    """Raises Refused for what can never serve production."""
    if found.state is DeploymentState.DELETED:
        raise deleted(found.id)
    if not found.production:
        text = f"{found.id} was built for {found.environment}, with the settings of that environment"
        remedy = "build it for production: push its commit to the production branch, or `vercel deploy --prod`"
        raise Refused(Code.DEPLOYMENT_PREVIEW, text, remedy)
    if found.state is not DeploymentState.READY:
        waits = found.state in {DeploymentState.QUEUED, DeploymentState.INITIALIZING, DeploymentState.BUILDING}
        remedy = "wait until it is ready" if waits else "look at its build log, or take another from `prodworthy list`"
        raise Refused(Code.DEPLOYMENT_UNREADY, f"{found.id} is not ready: its state is {found.state.value}", remedy)


def _refuse_never_live(found: Deployment) -> None:
    if found.substate is Substate.PROMOTED or found.candidate:
        return
    if found.substate is Substate.ROLLING:
        text = f"{found.id} served production only in a rolling release"
        raise Refused(Code.DEPLOYMENT_NEVER_LIVE, text, "take another from `prodworthy candidates`")
    text = f"{found.id} never served production, so that nothing can be rolled back to it"
    remedy = f"take one from `prodworthy candidates`, or make it live with `prodworthy promote {found.id}`"
    raise Refused(Code.DEPLOYMENT_NEVER_LIVE, text, remedy)


def _refuse_beyond_plan(host: Host, project: Project, origin: Deployment | None, wanted: Deployment) -> None:
    """On the Hobby plan only the production deployment before the current one is kept for a rollback."""
    plan = wanted.plan or (origin and origin.plan) or host.plan()
    if plan != "hobby":
        return
    allowed = _before(host, project, origin)
    if allowed and wanted.id not in allowed:
        text = f"the Hobby plan rolls back to the previous production deployment only, and {wanted.id} is older"
        remedy = f"`prodworthy rollback {allowed[0]}`, or upgrade the plan; `prodworthy promote {wanted.id}` may do too"
        raise Refused(Code.PLAN_LIMIT, text, remedy)


def _before(host: Host, project: Project, origin: Deployment | None) -> list[str]:
    """Ids of what may count as the previous production deployment: by the last job, and by age; in doubt both."""
    job = project.last_job
    by_job = [job.origin] if job and job.origin and job.destination == project.current else []
    by_age = [each.id for each in older(host, origin)[:1]]
    return by_age + by_job


def _rolling(release: RollingRelease) -> str:
    share = f", {release.percentage:g} % of the visitors" if release.percentage is not None else ""
    return f"a rolling release from {release.base or 'none'} to {release.canary or 'another'} is under way{share}"


def _by(project: Project, job: Job) -> str:
    """Whose rollback it is, where the platform kept a reason for it."""
    reason = project.reason
    mine = reason and reason.by and reason.at and abs(reason.at.timestamp() * 1000 - job.requested) < 5_000
    return f" by {clean(reason.by or '', 60)}" if reason and mine and job.kind is JobKind.ROLLBACK else ""


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
