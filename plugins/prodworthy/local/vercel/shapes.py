"""What the API says of a deployment, a domain, an alias and the project: the published schema's full variants.

Contract: https://vercel.com/docs/rest-api. Where an answer misses one field, the vendor's own client falls back to a
reduced variant without a word, so that nothing here is left out because nobody reads it.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import cache
from typing import Any

from publicsuffixlist import PublicSuffixList

from prodworthy.local.vercel import holding
from prodworthy.local.vercel.state import AliasJob, Deployed, ProductionDomain, ProjectState

Json = dict[str, Any]

NAME = "embedded"  # of the user
EMAIL = "embedded@example.com"
REGION = "iad1"
NODE = "22.x"
REPOSITORY = 1  # id of the repository that builds come from
WAYS = ("cli", "clone/repo", "git", "git-deploy-hook", "import", "import/repo", "redeploy")
AGE = 86_400  # seconds for which skew protection pins clients


def deployment_listed(state: ProjectState, deployed: Deployed) -> Json:
    """As in a list: the id is `uid` there, and the command line reads `id`; what is deleted is told of only there."""
    state_listed = "DELETED" if deployed.deleted else deployed.state
    return {
        "uid": deployed.id,
        "id": deployed.id,
        "name": project_name(state, deployed),
        "projectId": deployed.project or state.id,
        "url": deployed.host,
        "created": deployed.created,
        "createdAt": deployed.created,
        "buildingAt": deployed.created,
        **_given("ready", deployed.ready),
        "type": "LAMBDAS",
        "state": state_listed,
        "readyState": state_listed,
        **_given("readySubstate", _substate(deployed)),
        "target": deployed.target,
        "isRollbackCandidate": deployed.candidate,
        "aliasAssigned": deployed.ready if _assigned(state, deployed) else None,
        "aliasError": None,
        "source": deployed.source,
        "inspectorUrl": inspector(state, deployed),
        "creator": {"uid": state.user, "username": NAME, "email": EMAIL},
        "meta": meta(deployed),
        "projectSettings": {},
        "softDeletedByRetention": deployed.deleted,
        **holding.told(state, deployed),
    }


def deployment(state: ProjectState, deployed: Deployed, *, git: bool = False) -> Json:
    """As asked for alone, by its owner; `git`: with where it was built from."""
    assigned = _assigned(state, deployed)
    return {
        "id": deployed.id,
        "name": project_name(state, deployed),
        "projectId": deployed.project or state.id,
        "project": {"id": deployed.project or state.id, "name": project_name(state, deployed), "framework": "vite"},
        "ownerId": state.owner,
        **({"team": _team(state)} if state.team else {}),
        "plan": state.plan,
        "url": deployed.host,
        "alias": aliases_of(state, deployed) if assigned else [],
        "automaticAliases": [],
        "aliasAssigned": assigned,
        "aliasAssignedAt": deployed.ready if assigned else None,
        "aliasFinal": None,
        "aliasError": None,
        "aliasWarning": None,
        "autoAssignCustomDomains": deployed.target == "production" and deployed.substate == "PROMOTED",
        "bootedAt": deployed.created,
        "build": {"env": []},
        "buildSkipped": False,
        "buildingAt": deployed.created,
        "createdAt": deployed.created,
        "createdIn": REGION,
        "creator": {"uid": state.user, "username": NAME},
        "crons": [],
        "env": [],
        **({"errorCode": "BUILD_FAILED", "errorMessage": "The build failed"} if deployed.state == "ERROR" else {}),
        "inspectorUrl": inspector(state, deployed),
        "isInConcurrentBuildsQueue": False,
        "isInSystemBuildsQueue": False,
        "meta": meta(deployed),
        "nodeVersion": NODE,
        "projectSettings": {"framework": "vite", "nodeVersion": NODE},
        "public": False,
        **_given("ready", deployed.ready),
        "readyState": deployed.state,
        **_given("readySubstate", _substate(deployed)),
        "regions": [REGION],
        "routes": None,
        "source": deployed.source,
        "status": deployed.state,
        "target": deployed.target,
        "type": "LAMBDAS",
        "version": 2,
        **holding.told(state, deployed),
        **({"gitSource": _git_source(deployed)} if git and deployed.commit else {}),
    }


def deployment_of_project(state: ProjectState, deployed: Deployed) -> Json:
    """As a project tells of one."""
    assigned = _assigned(state, deployed)
    return {
        "id": deployed.id,
        "name": state.name,
        "url": deployed.host,
        "deploymentHostname": deployed.host,
        "alias": aliases_of(state, deployed) if assigned else [],
        "aliasAssigned": deployed.ready if assigned else None,
        "aliasError": None,
        "aliasFinal": None,
        "automaticAliases": [],
        "buildingAt": deployed.created,
        "builds": [],
        "createdAt": deployed.created,
        "createdIn": REGION,
        "creator": {"uid": state.user, "username": NAME, "email": EMAIL},
        "meta": meta(deployed),
        "plan": state.plan,
        "private": state.protection is not None,
        **_given("readyAt", deployed.ready),
        "readyState": deployed.state,
        **_given("readySubstate", _substate(deployed)),
        "requestedAt": deployed.created,
        "target": deployed.target,
        "teamId": state.team,
        "type": "LAMBDAS",
        "userId": state.user,
    }


def project(state: ProjectState, *, rollback_info: bool = False) -> Json:
    """The last job is told only to those who ask for `rollback_info`."""
    current = state.deployments.get(state.current or "")
    newest = [each for each in reversed(state.deployments.values()) if not each.deleted][:3]
    return {
        "id": state.id,
        "name": state.name,
        "accountId": state.owner,
        "alias": [_project_alias(state, domain) for domain in state.domains.values()],
        "autoAssignCustomDomains": state.auto_assign,
        "autoAssignCustomDomainsUpdatedBy": state.user,
        "autoExposeSystemEnvs": True,
        "createdAt": state.created,
        "updatedAt": state.created,
        "crons": {
            "definitions": [],
            "deploymentId": state.crons,
            "enabledAt": state.created,
            "disabledAt": None,
            "updatedAt": state.created,
        },
        "defaultResourceConfig": {"functionDefaultRegions": [REGION]},
        "resourceConfig": {"functionDefaultRegions": [REGION]},
        "deploymentExpiration": {},
        "directoryListing": False,
        "framework": "vite",
        **({"lastAliasRequest": alias_job(state.last_job)} if rollback_info else {}),
        "lastRollbackTarget": None,
        "latestDeployments": [deployment_of_project(state, each) for each in newest if each.state != "DELETED"],
        "live": not state.paused,
        "nodeVersion": NODE,
        "passwordProtection": None,
        "paused": state.paused,
        "protectionBypass": protection_bypass(state),
        **_given("rollbackDescription", state.rollback_description),
        "rollingRelease": rolling_release_config(state),
        "skewProtectionMaxAge": AGE,
        "ssoProtection": {"deploymentType": state.protection} if state.protection else None,
        "targets": {"production": deployment_of_project(state, current)} if current else {},
        "trustedIps": None,
    }


def alias_job(job: AliasJob | None) -> Json | None:
    """The project's last promotion or rollback."""
    if job is None:
        return None
    return {
        "type": job.kind,
        "jobStatus": job.status,
        "requestedAt": job.requested,
        "fromDeploymentId": job.origin,
        "toDeploymentId": job.destination,
    }


def protection_bypass(state: ProjectState) -> Json:
    """The secrets themselves are the keys, as at the platform."""
    told = {"scope": "automation-bypass", "isEnvVar": True, "createdAt": state.created, "createdBy": state.user}
    return {state.bypass: told} if state.bypass else {}


def rolling_release_config(state: ProjectState) -> Json | None:
    """Of the project; whether a release is under way is told elsewhere."""
    if not state.stages:
        return None
    stages = [{"targetPercentage": each, "requireApproval": each < 100} for each in state.stages]
    return {"target": "production", "stages": stages}


def project_domain(state: ProjectState, domain: ProductionDomain) -> Json:
    """A domain as the project's settings list it."""
    return {
        "name": domain.name,
        "apexName": "vercel.app" if domain.name.endswith(".vercel.app") else _registrable(domain.name),
        "projectId": state.id,
        "redirect": domain.redirect,
        "redirectStatusCode": 308 if domain.redirect else None,
        "gitBranch": None,
        "customEnvironmentId": None,
        "createdAt": state.created,
        "updatedAt": state.created,
        "verified": domain.verified,
        **({} if domain.verified else {"verification": [_challenge(domain)]}),
    }


def alias(state: ProjectState, host: str, deployed: Deployed | None, redirect: str | None = None) -> Json:
    """A host, and where the control plane leads it."""
    led = {"deployment": {"id": deployed.id, "url": deployed.host, "meta": "{}"}} if deployed else {}
    return {
        "uid": alias_id(host),
        "alias": host,
        "created": iso(state.created),
        "createdAt": state.created,
        "updatedAt": state.created,
        "creator": {"uid": state.user, "username": NAME, "email": EMAIL},
        "deploymentId": deployed.id if deployed else None,
        **led,
        "projectId": state.id,
        "redirect": redirect,
        "redirectStatusCode": 308 if redirect else None,
    }


def alias_id(host: str) -> str:
    """The same for the same host."""
    return hashlib.sha256(host.encode()).hexdigest()[:24]


def aliases_of(state: ProjectState, deployed: Deployed) -> list[str]:
    """The hosts that lead to it now."""
    domains = [each.name for each in state.domains.values() if each.deployment == deployed.id and not each.redirect]
    return domains + [host for host, id_ in state.aliases.items() if id_ == deployed.id]


def meta(deployed: Deployed) -> dict[str, str]:
    """What git knew of it; empty for a build from a folder without a repository."""
    told = {
        "githubCommitSha": deployed.commit,
        "githubCommitRef": deployed.branch,
        "githubCommitMessage": deployed.message,
        "githubCommitAuthorName": deployed.author,
        "githubCommitAuthorLogin": deployed.author,
    }
    return {key: value for key, value in told.items() if value is not None} if deployed.commit else {}


def inspector(state: ProjectState, deployed: Deployed) -> str:
    """Its page in the dashboard."""
    return f"https://vercel.com/{state.team_slug or NAME}/{state.name}/{deployed.id.removeprefix('dpl_')}"


def iso(milliseconds: int) -> str:
    """As the few fields have it that are no numbers."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def project_name(state: ProjectState, deployed: Deployed) -> str:
    """Of the project; another one's is made of its id."""
    return deployed.project.removeprefix("prj_") if deployed.project else state.name


def _assigned(state: ProjectState, deployed: Deployed) -> bool:
    """Whether it ever got the aliases it was made for."""
    return deployed.state == "READY" and (
        deployed.target != "production" or deployed.substate != "STAGED" or bool(aliases_of(state, deployed))
    )


def _substate(deployed: Deployed) -> str | None:
    return deployed.substate if deployed.state == "READY" else None


def _team(state: ProjectState) -> Json:
    return {"id": state.team, "name": state.team_slug, "slug": state.team_slug}


def _git_source(deployed: Deployed) -> Json:
    return {"type": "github", "repoId": REPOSITORY, "ref": deployed.branch or "main", "sha": deployed.commit}


def _project_alias(state: ProjectState, domain: ProductionDomain) -> Json:
    deployed = state.deployments.get(domain.deployment or "")
    return {
        "domain": domain.name,
        "environment": "production",
        "target": "PRODUCTION",
        "redirect": domain.redirect,
        "deployment": deployment_of_project(state, deployed) if deployed and not domain.redirect else None,
    }


def _challenge(domain: ProductionDomain) -> Json:
    name = f"_vercel.{_registrable(domain.name)}"
    return {
        "type": "TXT",
        "domain": name,
        "value": f"vc-domain-verify={domain.name}",
        "reason": "pending_domain_verification",
    }


def _given(name: str, value: object) -> Json:
    """A field that is left out rather than null."""
    return {} if value is None else {name: value}


def _registrable(host: str) -> str:
    return _suffixes().privatesuffix(host.lower()) or host


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
