"""The deployment that somebody means by an id, a URL or a host; one of another project is never taken for ours."""

from __future__ import annotations

from collections.abc import Iterable

from prodworthy.hosting.errors import Refused, Rejected
from prodworthy.hosting.host import Host
from prodworthy.model.codes import Code
from prodworthy.model.hosting import Deployment, DeploymentState, Project, Substate
from prodworthy.model.text import clean


def named(host: Host, project: Project, wanted: str) -> Deployment:
    """The project's own deployment. Raises Refused, or HostingError when the platform cannot be asked."""
    shown = clean(wanted, 100)
    try:
        found = host.deployment(wanted)
    except Rejected as error:
        if error.status == 410:
            raise deleted(shown) from None
        if error.status in {400, 404}:
            text = f"there is no deployment {shown} in the project {project.name}"
            remedy = "take an id or a URL from `prodworthy list`; one of another team is not seen with this token"
            raise Refused(Code.DEPLOYMENT_UNKNOWN, text, remedy) from None
        raise
    if found.project not in {None, project.id} or (found.project is None and found.name != project.name):
        text = f"{shown} is a deployment of the project {clean(found.name, 60)}, not of {project.name}"
        raise Refused(Code.DEPLOYMENT_FOREIGN, text, "take an id or a URL from `prodworthy list`, or another --target")
    return found


def deleted(name: str) -> Refused:
    """Why nothing can be done with a deployment that is gone."""
    text = f"{name} was deleted, or is past the project's retention"
    remedy = "restore it in the dashboard within 30 days, or take another from `prodworthy candidates`"
    return Refused(Code.DEPLOYMENT_DELETED, text, remedy)


def newly_staged(listed: Iterable[Deployment], live: Deployment | None) -> list[Deployment]:
    """Of those listed, in their order, what can be promoted next: ready, staged, and newer than what is live."""
    ready = [each for each in listed if each.production and each.state is DeploymentState.READY]
    staged = [each for each in ready if each.substate is Substate.STAGED]
    return [each for each in staged if live is None or each.created > live.created]
