"""The platform's JSON made into our words; pure functions that raise Unintelligible for what is not documented so.

What is only described by others, or may be missing, is read leniently: it becomes None or UNKNOWN. The raw JSON stays
here: a project's body holds live secrets as keys.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prodworthy.hosting import fields
from prodworthy.hosting.errors import Unintelligible
from prodworthy.model.hosting import (
    Deployment,
    DeploymentState,
    Domain,
    Job,
    JobKind,
    JobState,
    MovedAlias,
    Project,
    Reason,
    RollingRelease,
    Substate,
)
from prodworthy.model.text import clean

Json = Mapping[str, Any]

_COMMIT = re.compile(r"[0-9A-Za-z._-]{1,128}")
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,80}")
_FLAGS = frozenset({"invalidToken", "missingToken", "saml"})

# `meta` of a deployment: the platform's names for the same thing, by where the code comes from
_COMMITS = ("githubCommitSha", "gitlabCommitSha", "bitbucketCommitSha", "gitCommitSha", "commitSha")
_BRANCHES = ("githubCommitRef", "gitlabCommitRef", "bitbucketCommitRef", "gitCommitRef", "commitRef")
_MESSAGES = (
    "githubCommitMessage",
    "gitlabCommitMessage",
    "bitbucketCommitMessage",
    "gitCommitMessage",
    "commitMessage",
)
_AUTHORS = (
    "githubCommitAuthorLogin",
    "githubCommitAuthorName",
    "gitlabCommitAuthorLogin",
    "gitlabCommitAuthorName",
    "bitbucketCommitAuthorName",
    "gitCommitAuthorName",
    "commitAuthorName",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What an error's body says; empty where it says nothing."""

    code: str = ""
    message: str = ""
    flags: frozenset[str] = frozenset()
    own: bool = False  # in the API's own shape: an error object of its own, which others' pages do not have
    details: Json = field(default_factory=dict, repr=False)


def problem(body: Any) -> Problem:
    """Of `error`, else of `err`, else of the bare object."""
    found = body
    if isinstance(body, dict):
        found = next((body[name] for name in ("error", "err") if body.get(name) is not None), body)
    if isinstance(found, str):
        return Problem(message=found)
    if not isinstance(found, dict):
        return Problem()
    code, message = found.get("code"), found.get("message")
    return Problem(
        code=code if isinstance(code, str) and _CODE.fullmatch(code) else "",
        message=message if isinstance(message, str) else "",
        flags=frozenset(name for name in _FLAGS if found.get(name) is True),
        own=found is not body and any(isinstance(each, str) for each in (code, message)),
        details=found,
    )


def deployment(said: Any) -> Deployment:
    """Of a list or by itself: `id` or `uid`, `readyState` or `state`."""
    body = fields.whole(said, "a deployment")
    meta = fields.part(body, "meta")
    source = fields.part(body, "gitSource")
    return Deployment(
        id=identified(body),
        host=_host_or_none(body.get("url"), "a deployment's url"),
        name=fields.text(body.get("name")) or "",
        project=fields.known_identifier(body.get("projectId"))
        or fields.known_identifier(fields.part(body, "project").get("id")),
        created=fields.moment(fields.first(body, "createdAt", "created"), "a deployment's time of creation"),
        state=_state(body),
        substate=None if body.get("readySubstate") is None else fields.word(Substate, body["readySubstate"]),
        environment=_environment(body),
        candidate=fields.flag(body.get("isRollbackCandidate")),
        commit=_named(meta, _COMMITS, _COMMIT) or fields.matching(source.get("sha"), _COMMIT),
        branch=fields.text(fields.first(meta, *_BRANCHES)) or fields.text(source.get("ref")),
        message=fields.text(fields.first(meta, *_MESSAGES)),
        author=fields.text(fields.first(meta, *_AUTHORS)) or fields.text(fields.part(body, "creator").get("username")),
        source=fields.text(body.get("source")),
        plan=(fields.text(body.get("plan")) or "").lower() or None,
        team=fields.known_identifier(fields.part(body, "team").get("id")) or _team(body.get("ownerId")),
    )


def identified(body: Json) -> str:
    """The id alone, which is all that some answers hold."""
    return fields.identifier(body.get("id") or body.get("uid"), "a deployment's id")


def outsiders(body: Json) -> bool:
    """Whether a deployment is told as to people without rights: neither whose it is nor since when it is there."""
    return not any(body.get(name) for name in ("projectId", "project", "createdAt", "created"))


def project(body: Json) -> Project:
    """With `lastAliasRequest`, which has to be asked for."""
    production = fields.part(fields.part(body, "targets"), "production")
    job_body = body.get("lastAliasRequest")
    return Project(
        id=fields.identifier(body.get("id"), "a project's id"),
        name=fields.text(body.get("name")) or "",
        account=fields.known_identifier(body.get("accountId")),
        current=fields.identifier(fields.first(production, "id", "uid"), "the id of the production deployment")
        if production
        else None,
        auto_assign=fields.flag(body.get("autoAssignCustomDomains")),
        last_job=None if job_body is None else job(job_body),
        reason=_reason(fields.part(body, "rollbackDescription")),
        rolling=body.get("rollingRelease") is not None,
        crons=fields.known_identifier(fields.part(body, "crons").get("deploymentId")),
        paused=body.get("paused") is True,
    )


def job(body: Any) -> Job:
    """`lastAliasRequest`."""
    held = fields.whole(body, "the last promotion or rollback")
    return Job(
        kind=fields.word(JobKind, held.get("type")),
        state=fields.word(JobState, held.get("jobStatus")),
        requested=fields.milliseconds(held.get("requestedAt"), "the time of the last promotion or rollback"),
        origin=fields.known_identifier(held.get("fromDeploymentId")),
        destination=fields.known_identifier(held.get("toDeploymentId")),
    )


def domain(body: Any) -> Domain | None:
    """None for one that is not production's: of a branch, or of an environment of the team's own."""
    held = fields.whole(body, "a domain")
    if held.get("gitBranch") or held.get("customEnvironmentId"):
        return None
    redirect = held.get("redirect")
    return Domain(
        name=fields.host(held.get("name"), "a domain's name"),
        redirect=fields.host(redirect, "where a domain redirects to") if redirect else None,
        verified=held.get("verified") is not False,
    )


def moved(body: Any) -> MovedAlias:
    """Whose `alias` is an object, or the domain alone."""
    held = fields.whole(body, "what was done to a domain")
    alias = held.get("alias")
    inner = alias if isinstance(alias, dict) else {"alias": alias}
    status = held.get("status")
    return MovedAlias(
        domain=fields.host(inner.get("alias"), "the domain that was moved"),
        state=JobState.SUCCEEDED if status == "completed" else fields.word(JobState, status),
        deployment=fields.known_identifier(inner.get("deploymentId"))
        or fields.known_identifier(held.get("deploymentId")),
    )


def leads_to(body: Json) -> str | None:
    """The deployment of an alias."""
    return fields.known_identifier(body.get("deploymentId")) or fields.known_identifier(
        fields.part(body, "deployment").get("id")
    )


def rolling_release(body: Json) -> RollingRelease | None:
    """None where there is none, or none that is active."""
    if "rollingRelease" not in body:
        raise Unintelligible("an answer about rolling releases without one")
    if body["rollingRelease"] is None:
        return None
    held = fields.whole(body["rollingRelease"], "a rolling release")
    percentage = held.get("currentCanaryPercentage")
    if percentage is None:
        percentage = fields.part(held, "activeStage").get("targetPercentage")
    found = RollingRelease(
        state=fields.text(held.get("state")) or "UNKNOWN",
        base=fields.known_identifier(fields.part(held, "currentDeployment").get("id")),
        canary=fields.known_identifier(fields.part(held, "canaryDeployment").get("id")),
        percentage=float(percentage) if fields.is_number(percentage) else None,
        queued=fields.known_identifier(held.get("queuedDeploymentId")),
    )
    return found if found.active else None


def listed(body: Json, name: str) -> list[Any]:
    """The items of one page."""
    items = body.get(name)
    if not isinstance(items, list):
        raise Unintelligible(f"a page without {name}")
    return items


def following(body: Json) -> int | None:
    """What the next page is asked with; None: this is the last."""
    after = fields.part(body, "pagination").get("next")
    return None if after is None else fields.milliseconds(after, "the next page")


def _state(body: Json) -> DeploymentState:
    if _deleted(body):
        return DeploymentState.DELETED
    return fields.word(DeploymentState, fields.first(body, "readyState", "state"))


def _deleted(body: Json) -> bool:
    """By a person or past retention, and not restored since."""
    at, restored = fields.first(body, "deletedAt", "deleted"), fields.first(body, "undeletedAt", "undeleted")
    if fields.is_number(restored) and (not fields.is_number(at) or restored >= at):
        return False
    return fields.is_number(at) or body.get("softDeletedByRetention") is True


def _environment(body: Json) -> str:
    own = fields.text(fields.part(body, "customEnvironment").get("slug"))
    return own or fields.text(body.get("target")) or "preview"


def _reason(body: Json) -> Reason | None:
    text = body.get("description")
    if not isinstance(text, str):
        return None
    at = body.get("createdAt")
    return Reason(
        text=clean(text, 300),
        by=fields.text(body.get("username")) or fields.text(body.get("userId")),
        at=fields.moment(at, "the time of a reason") if fields.is_time(at) else None,
    )


def _team(owner: Any) -> str | None:
    found = fields.known_identifier(owner)
    return found if found and found.startswith("team_") else None


def _named(body: Json, names: tuple[str, ...], shape: re.Pattern[str]) -> str | None:
    return next((found for name in names if (found := fields.matching(body.get(name), shape))), None)


def _host_or_none(value: Any, what: str) -> str | None:
    return None if value is None or value == "" else fields.host(value, what)
