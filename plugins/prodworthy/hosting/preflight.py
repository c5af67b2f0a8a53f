"""Before production is moved: what exactly would be done, found out by reads alone, or why it must not be.

Every refusal says what was found and what to do about it, and leaves everything as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from prodworthy.hosting.errors import Refused, Rejected
from prodworthy.hosting.explaining import STUCK
from prodworthy.hosting.host import Filter, Host
from prodworthy.hosting.naming import deleted, named, newly_staged
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

SHOWN = 5  # deployments that a refusal names
LOOKED_AT = 100  # the newest production deployments, among which a staged one is looked for
STATUS = "look at `prodworthy status`"
_ENDING = f"{STATUS}; complete or abort the rolling release first"
WORDS = {JobKind.ROLLBACK: "rollback", JobKind.PROMOTE: "promotion", JobKind.UNKNOWN: "move of production"}


def prepare(host: Host, kind: JobKind, wanted: str | None, *, declared: Sequence[str]) -> Move:
    """What is going to be done. Raises Refused, or HostingError when the platform cannot be asked.

    `wanted` is an id, a URL or a host. Without it a rollback goes to the newest candidate that is older than what is
    current, and a promotion takes the only staged deployment that is newer; `declared` are hosts of the target.
    """
    project = host.project()
    refuse_if_busy(host, project)
    origin = host.deployment(project.current) if project.current else None
    if wanted is not None:
        destination = named(host, project, wanted)
    elif kind is JobKind.ROLLBACK:
        destination = _previous(host, origin)
    else:
        destination = _only_staged(host, origin)
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
    by_age = [each.id for each in _older(host, origin)[:1]]
    return by_age + by_job


def _previous(host: Host, origin: Deployment | None) -> Deployment:
    older = _older(host, origin)
    if older:
        return older[0]
    newer = [each for each in host.candidates() if origin is None or each.id != origin.id]
    if newer:
        text = "nothing that was live before the current deployment can be rolled back to, only newer deployments"
        raise Refused(Code.NO_CANDIDATE, text, f"name one of them: {_listed('rollback', newer)}")
    text = "there is no earlier production deployment to go back to"
    raise Refused(Code.NO_CANDIDATE, text, "fix forward: deploy a corrected build")


def _older(host: Host, origin: Deployment | None) -> list[Deployment]:
    """Candidates that were live before what is current, the newest first; never what came after it."""
    ready = [each for each in host.candidates() if each.production and each.state is DeploymentState.READY]
    live = [each for each in ready if each.substate is Substate.PROMOTED or each.candidate]
    older = [each for each in live if origin is None or (each.id != origin.id and each.created < origin.created)]
    return sorted(older, key=lambda each: each.created, reverse=True)


def _only_staged(host: Host, origin: Deployment | None) -> Deployment:
    ready = host.deployments(Filter(production=True, state=DeploymentState.READY), limit=LOOKED_AT)
    newer = newly_staged(ready, origin)
    if len(newer) == 1:
        return newer[0]
    if newer:
        text = f"{len(newer)} staged deployments are newer than what is live"
        raise Refused(Code.SEVERAL_CANDIDATES, text, f"name the one to promote: {_listed('promote', newer)}")
    text = "no staged deployment is newer than what is live"
    raise Refused(
        Code.NO_CANDIDATE, text, "build one without giving it the domains (`vercel deploy --prod --skip-domain`)"
    )


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


def _listed(command: str, deployments: Sequence[Deployment]) -> str:
    """The commands to type, the newest first."""
    shown = [f"`prodworthy {command} {each.id}`{_about(each)}" for each in deployments[:SHOWN]]
    more = f", or one of {len(deployments) - SHOWN} more" if len(deployments) > SHOWN else ""
    return ", ".join(shown) + more


def _about(deployment: Deployment) -> str:
    said = [(deployment.commit or "")[:7], clean(deployment.message or "", 40)]
    return f" ({' '.join(filter(None, said))})" if any(said) else ""
