"""The platform's JSON made into our words; pure functions that raise Unintelligible for what is not documented so.

What is only described by others, or may be missing, is read leniently: it becomes None or UNKNOWN. The raw JSON stays
here: a project's body holds live secrets as keys.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeGuard, TypeVar

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
Word = TypeVar("Word", bound=StrEnum)

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})+")
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
        details=found,
    )


def deployment(body: Json) -> Deployment:
    """Of a list or by itself: `id` or `uid`, `readyState` or `state`."""
    meta = _part(body, "meta")
    source = _part(body, "gitSource")
    return Deployment(
        id=identified(body),
        host=_host_or_none(body.get("url"), "a deployment's url"),
        name=_text(body.get("name")) or "",
        project=_optional_id(body.get("projectId")) or _optional_id(_part(body, "project").get("id")),
        created=_moment(_first(body, "createdAt", "created"), "a deployment's time of creation"),
        state=_state(body),
        substate=None if body.get("readySubstate") is None else _word(Substate, body["readySubstate"]),
        environment=_environment(body),
        candidate=_bool(body.get("isRollbackCandidate")),
        commit=_named(meta, _COMMITS, _COMMIT) or _matching(source.get("sha"), _COMMIT),
        branch=_text(_first(meta, *_BRANCHES)) or _text(source.get("ref")),
        message=_text(_first(meta, *_MESSAGES)),
        author=_text(_first(meta, *_AUTHORS)) or _text(_part(body, "creator").get("username")),
        source=_text(body.get("source")),
        plan=(_text(body.get("plan")) or "").lower() or None,
        team=_optional_id(_part(body, "team").get("id")) or _team(body.get("ownerId")),
        aliases=tuple(name for name in map(_lenient_host, _strings(body.get("alias"))) if name),
        assigned=_assigned(body.get("aliasAssigned")),
    )


def identified(body: Json) -> str:
    """The id alone, which is all that some answers hold."""
    return _id(body.get("id") or body.get("uid"), "a deployment's id")


def project(body: Json) -> Project:
    """With `lastAliasRequest`, which has to be asked for."""
    production = _part(_part(body, "targets"), "production")
    job_body = body.get("lastAliasRequest")
    return Project(
        id=_id(body.get("id"), "a project's id"),
        name=_text(body.get("name")) or "",
        account=_optional_id(body.get("accountId")),
        current=_id(_first(production, "id", "uid"), "the id of the production deployment") if production else None,
        auto_assign=_bool(body.get("autoAssignCustomDomains")),
        last_job=None if job_body is None else job(job_body),
        reason=_reason(_part(body, "rollbackDescription")),
        rolling=_rolling(body.get("rollingRelease")),
        crons=_optional_id(_part(body, "crons").get("deploymentId")),
        paused=body.get("paused") is True,
    )


def job(body: Any) -> Job:
    """`lastAliasRequest`."""
    held = _object(body, "the last promotion or rollback")
    return Job(
        kind=_word(JobKind, held.get("type")),
        state=_word(JobState, held.get("jobStatus")),
        requested=round(_milliseconds(held.get("requestedAt"), "the time of the last promotion or rollback")),
        origin=_optional_id(held.get("fromDeploymentId")),
        destination=_optional_id(held.get("toDeploymentId")),
    )


def domain(body: Any) -> Domain | None:
    """None for one that is not production's: of a branch, or of an environment of the team's own."""
    held = _object(body, "a domain")
    if held.get("gitBranch") or held.get("customEnvironmentId"):
        return None
    redirect = held.get("redirect")
    return Domain(
        name=_host(held.get("name"), "a domain's name"),
        redirect=_host(redirect, "where a domain redirects to") if redirect else None,
        verified=held.get("verified") is not False,
    )


def moved(body: Any) -> MovedAlias:
    """Whose `alias` is an object, or the domain alone."""
    held = _object(body, "what was done to a domain")
    alias = held.get("alias")
    inner = alias if isinstance(alias, dict) else {"alias": alias}
    status = held.get("status")
    return MovedAlias(
        domain=_host(inner.get("alias"), "the domain that was moved"),
        state=JobState.SUCCEEDED if status == "completed" else _word(JobState, status),
        deployment=_optional_id(inner.get("deploymentId")) or _optional_id(held.get("deploymentId")),
    )


def leads_to(body: Json) -> str | None:
    """The deployment of an alias."""
    return _optional_id(body.get("deploymentId")) or _optional_id(_part(body, "deployment").get("id"))


def rolling_release(body: Json) -> RollingRelease | None:
    """None where there is none, or none that is active."""
    if "rollingRelease" not in body:
        raise Unintelligible("an answer about rolling releases without one")
    if body["rollingRelease"] is None:
        return None
    held = _object(body["rollingRelease"], "a rolling release")
    percentage = held.get("currentCanaryPercentage")
    if percentage is None:
        percentage = _part(held, "activeStage").get("targetPercentage")
    found = RollingRelease(
        state=_text(held.get("state")) or "UNKNOWN",
        base=_optional_id(_part(held, "currentDeployment").get("id")),
        canary=_optional_id(_part(held, "canaryDeployment").get("id")),
        percentage=float(percentage) if _is_number(percentage) else None,
        queued=_optional_id(held.get("queuedDeploymentId")),
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
    after = _part(body, "pagination").get("next")
    return None if after is None else round(_milliseconds(after, "the next page"))


def named_host(text: str) -> str | None:
    """The host in what a person typed or the platform answered: a URL or a host; None: neither."""
    stripped = text.strip().lower()
    _, found, rest = stripped.partition("://")
    host = (rest if found else stripped).partition("/")[0].partition("?")[0].partition("#")[0]
    host = host.rpartition("@")[2].partition(":")[0].rstrip(".")
    return host if _HOST.fullmatch(host) else None


def _state(body: Json) -> DeploymentState:
    if body.get("softDeletedByRetention") is True or _is_number(body.get("deleted")):
        return DeploymentState.DELETED
    return _word(DeploymentState, _first(body, "readyState", "state"))


def _assigned(said: Any) -> bool | None:
    """A truth, or the moment at which it became true."""
    return bool(said) if isinstance(said, bool) or _is_number(said) else None


def _environment(body: Json) -> str:
    own = _text(_part(body, "customEnvironment").get("slug"))
    return own or _text(body.get("target")) or "preview"


def _reason(body: Json) -> Reason | None:
    text = body.get("description")
    if not isinstance(text, str):
        return None
    at = body.get("createdAt")
    return Reason(
        text=clean(text, 300),
        by=_text(body.get("username")) or _text(body.get("userId")),
        at=_moment(at, "the time of a reason") if at is not None else None,
    )


def _rolling(body: Any) -> bool:
    return body is not None and not (isinstance(body, dict) and body.get("state") in {"COMPLETE", "ABORTED"})


def _team(owner: Any) -> str | None:
    found = _optional_id(owner)
    return found if found and found.startswith("team_") else None


def _word(kind: type[Word], said: Any) -> Word:
    """What is not known is UNKNOWN, never a guess."""
    try:
        return kind(said.lower()) if isinstance(said, str) else kind("unknown")
    except ValueError:
        return kind("unknown")


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unintelligible(f"{what} is no object")
    return value


def _part(body: Any, name: str) -> Json:
    """An object within; what is missing, null or something else is empty."""
    found = body.get(name) if isinstance(body, Mapping) else None
    return found if isinstance(found, dict) else {}


def _first(body: Json, *names: str) -> Any:
    return next((body[name] for name in names if body.get(name) is not None), None)


def _named(body: Json, names: tuple[str, ...], shape: re.Pattern[str]) -> str | None:
    return next((found for name in names if (found := _matching(body.get(name), shape))), None)


def _matching(value: Any, shape: re.Pattern[str]) -> str | None:
    return value if isinstance(value, str) and shape.fullmatch(value) else None


def _text(value: Any) -> str | None:
    return clean(value) or None if isinstance(value, str) else None


def _strings(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _bool(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _id(value: Any, what: str) -> str:
    found = _matching(value, _ID)
    if found is None:
        raise Unintelligible(f"{what} is missing or malformed")
    return found


def _optional_id(value: Any) -> str | None:
    return _matching(value, _ID)


def _host(value: Any, what: str) -> str:
    found = _lenient_host(value)
    if found is None:
        raise Unintelligible(f"{what} is missing or malformed")
    return found


def _host_or_none(value: Any, what: str) -> str | None:
    return None if value is None or value == "" else _host(value, what)


def _lenient_host(value: Any) -> str | None:
    return named_host(value) if isinstance(value, str) else None


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _milliseconds(value: Any, what: str) -> float:
    if not _is_number(value) or not 0 <= value < 253_402_300_800_000:  # the year 10000
        raise Unintelligible(f"{what} is missing or malformed")
    return float(value)


def _moment(value: Any, what: str) -> datetime:
    return datetime.fromtimestamp(_milliseconds(value, what) / 1000, UTC)
