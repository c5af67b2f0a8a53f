"""Which deployment is meant where none is named, or where a commit names it; what is in doubt is never guessed."""

from __future__ import annotations

from collections.abc import Sequence

from prodworthy.hosting.errors import Refused
from prodworthy.hosting.host import Filter, Host
from prodworthy.hosting.naming import newly_staged
from prodworthy.model.codes import Code
from prodworthy.model.commit import COMMIT, same_commit
from prodworthy.model.hosting import SHORT, Deployment, DeploymentState, JobKind, JobState, Project, Substate
from prodworthy.model.text import clean

SHOWN = 5  # deployments that a refusal names
LOOKED_AT = 100  # the newest production deployments, among which one is looked for
FORWARD = "fix forward: deploy a corrected build"


def previous(host: Host, project: Project, origin: Deployment | None) -> Deployment:
    """What was live before what is current; never what production was rolled back from. Raises Refused."""
    candidates = [each for each in host.candidates() if origin is None or each.id != origin.id]
    fit = [each for each in _live(candidates) if each.id != project.rolled_back_from]
    replaced = [each for each in fit if each.id == _replaced(project)]
    if found := [*replaced, *_older(fit, origin)]:
        return found[0]
    text = "nothing that was live before the current deployment can be rolled back to"
    if fit:
        remedy = f"name one of them: {listed('rollback', fit)}"
        raise Refused(Code.NO_CANDIDATE, f"{text}, only newer deployments", remedy)
    if candidates:
        left = "only what production was rolled back from" if project.rolled_back_from else "and none other is ready"
        raise Refused(Code.NO_CANDIDATE, f"{text}, {left}", FORWARD)
    raise Refused(Code.NO_CANDIDATE, "there is no earlier production deployment to go back to", FORWARD)


def older(host: Host, origin: Deployment | None) -> list[Deployment]:
    """Candidates that were live before what is current, the newest first; never what came after it."""
    return _older(_live(host.candidates()), origin)


def only_staged(host: Host, origin: Deployment | None) -> Deployment:
    """The one that can be promoted next; raises Refused where there is none, or more than one."""
    ready = host.deployments(Filter(production=True, state=DeploymentState.READY), limit=LOOKED_AT)
    newer = newly_staged(ready, origin)
    if len(newer) == 1:
        return newer[0]
    if newer:
        text = f"{len(newer)} staged deployments are newer than what is live"
        raise Refused(Code.SEVERAL_CANDIDATES, text, f"name the one to promote: {listed('promote', newer)}")
    text = "no staged deployment is newer than what is live"
    raise Refused(
        Code.NO_CANDIDATE, text, "build one without giving it the domains (`vercel deploy --prod --skip-domain`)"
    )


def of_commit(host: Host, kind: JobKind, wanted: str) -> Deployment | None:
    """The production deployment of a commit, or of its first characters; None: it names none. Raises Refused."""
    if not COMMIT.fullmatch(wanted):
        return None
    known = [*host.deployments(Filter(production=True), limit=LOOKED_AT), *host.candidates()]
    built = {each.id: each for each in known if each.production}.values()
    fit = [each for each in built if each.commit and same_commit(each.commit, wanted)]
    fit = [each for each in fit if each.state is DeploymentState.READY] or fit
    if len(fit) > 1:
        text = f"{len(fit)} production deployments are built from a commit {clean(wanted, 40)}"
        raise Refused(Code.USAGE, text, f"name one by its id: {listed(kind.value, fit)}")
    return fit[0] if fit else None


def listed(command: str, deployments: Sequence[Deployment]) -> str:
    """The commands to type, the newest first."""
    shown = [f"`prodworthy {command} {each.id}`{_about(each)}" for each in deployments[:SHOWN]]
    more = f", or one of {len(deployments) - SHOWN} more" if len(deployments) > SHOWN else ""
    return ", ".join(shown) + more


def _live(candidates: Sequence[Deployment]) -> list[Deployment]:
    """The newest first."""
    ready = [each for each in candidates if each.production and each.state is DeploymentState.READY]
    live = [each for each in ready if each.substate is Substate.PROMOTED or each.candidate]
    return sorted(live, key=lambda each: each.created, reverse=True)


def _older(live: Sequence[Deployment], origin: Deployment | None) -> list[Deployment]:
    return [each for each in live if origin is None or (each.id != origin.id and each.created < origin.created)]


def _replaced(project: Project) -> str | None:
    """Id of what the promotion to what is current replaced, which may be newer; None: no promotion did that."""
    job = project.last_job
    promoted = job and job.kind is JobKind.PROMOTE and job.state is JobState.SUCCEEDED
    return job.origin if job and promoted and job.destination == project.current else None


def _about(deployment: Deployment) -> str:
    said = [(deployment.commit or "")[:SHORT], clean(deployment.message or "", 40)]
    return f" ({' '.join(filter(None, said))})" if any(said) else ""
