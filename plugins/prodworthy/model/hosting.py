"""The host of the front end as prodworthy sees it: a project, its deployments, its domains, and who switched them last.

Made from the platform's answers at the edge of `hosting`; a word that the platform says and that is not known here
becomes UNKNOWN, which is never read as success.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from prodworthy.model.codes import Code
from prodworthy.model.secret import Secret
from prodworthy.model.text import clean

SHORT = 7  # characters of a commit, as people say it
API = "https://api.vercel.com"

_OURS = re.compile(r"\s*\[prodworthy run=\S+ from=(\S+) to=(\S+)\]\s*$")  # what our own rollbacks add to a reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """Where the host's token is found; its value is no part of a target, so that no worker and no test ever has it."""

    name: str  # of the environment variable, or what is shown for a made-up one
    file: str | None = None  # absolute path of a dotenv file, for when the variable is not set
    made_up: str | None = None  # of an embedded deployment, where it protects nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosting:
    """The project at the host that a target is served from, as the targets file names it."""

    project: str  # id or name
    team: str | None = None  # id or slug; None: a personal account
    token: Token | None = None  # None: nothing is asked of the host
    bypass: Secret | None = None  # what opens deployment protection for automation
    api: str = API


class DeploymentState(StrEnum):
    """How far a deployment has come."""

    QUEUED = "queued"
    INITIALIZING = "initializing"
    BUILDING = "building"
    READY = "ready"
    ERROR = "error"
    CANCELED = "canceled"
    BLOCKED = "blocked"
    DELETED = "deleted"
    UNKNOWN = "unknown"


class Substate(StrEnum):
    """What became of a ready production deployment."""

    STAGED = "staged"  # never served production
    ROLLING = "rolling"  # in a rolling release
    PROMOTED = "promoted"  # has served production; says nothing about now
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One immutable build at the host."""

    id: str  # "dpl_..."
    host: str | None  # "shop-abc123-acme.vercel.app"; None while the upload is incomplete
    name: str  # of the project
    project: str | None  # its id; None: the platform did not say
    created: datetime  # UTC
    state: DeploymentState
    substate: Substate | None = None
    environment: str = "preview"  # "production", "preview", or the slug of another one
    candidate: bool | None = None  # whether the platform would roll back to it; None: not said
    commit: str | None = None
    branch: str | None = None
    message: str | None = None  # of the commit
    author: str | None = None
    source: str | None = None  # "git", "cli", ...; never decided by
    plan: str | None = None  # of the account: "hobby", "pro", "enterprise"; None: not said
    team: str | None = None  # id of the owning team

    @property
    def production(self) -> bool:
        """Whether it was built for production."""
        return self.environment == "production"

    @property
    def url(self) -> str | None:
        """Its immutable address."""
        return f"https://{self.host}" if self.host else None

    @property
    def described(self) -> str:
        """For people: "dpl_x (commit abc1234, main)"."""
        known = [f"commit {self.commit[:SHORT]}" if self.commit else "", self.branch or ""]
        about = ", ".join(clean(each, 60) for each in known if each)
        return clean(self.id, 60) + (f" ({about})" if about else "")


class JobKind(StrEnum):
    """What moves production."""

    ROLLBACK = "rollback"
    PROMOTE = "promote"
    UNKNOWN = "unknown"


class JobState(StrEnum):
    """How far a job has come; only `succeeded` says that it was carried out, and that on the control plane alone."""

    PENDING = "pending"
    IN_PROGRESS = "in-progress"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"  # neither success nor failure: look what is current
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The project's last promotion or rollback, whoever asked for it."""

    kind: JobKind
    state: JobState
    requested: int  # milliseconds by the platform's clock; compared with each other only, never with ours
    origin: str | None  # id of the deployment that production was on
    destination: str | None  # id of the deployment that it goes to

    @property
    def active(self) -> bool:
        """Whether it still runs, or may."""
        return self.state in {JobState.PENDING, JobState.IN_PROGRESS, JobState.UNKNOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A production domain of the project."""

    name: str  # host, without scheme
    redirect: str | None = None  # the host that it redirects to
    verified: bool = True
    declared: bool = False  # whether the team itself names it in the targets file


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedAlias:
    """What a job did to one domain."""

    domain: str
    state: JobState
    deployment: str | None = None  # id


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingRelease:
    """A promotion in stages."""

    state: str  # "ACTIVE", "COMPLETE", "ABORTED", or what the platform says else
    base: str | None  # id of the deployment that most visitors get
    canary: str | None  # id of the new one
    percentage: float | None = None  # of visitors who get the canary
    queued: str | None = None  # id of a deployment that waits for the end

    @property
    def active(self) -> bool:
        """Whether visitors get one of two deployments; what is not known to have ended has not."""
        return self.state not in {"COMPLETE", "ABORTED"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why production was rolled back, as whoever did it said."""

    text: str
    by: str | None = None
    at: datetime | None = None  # UTC

    @property
    def said(self) -> str:
        """What a person wrote, without what our own rollbacks add; empty: nothing."""
        return _OURS.sub("", self.text).strip()

    @property
    def way(self) -> tuple[str, str] | None:
        """The ids that production went from and to, where the rollback was ours."""
        found = _OURS.search(self.text)
        return (found[1], found[2]) if found and found[1] != "none" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The project as one read of the platform shows it."""

    id: str
    name: str
    account: str | None  # id of its owner
    current: str | None  # id of what the project calls its production deployment
    auto_assign: bool | None  # whether new production deployments go live by themselves; None: not said
    last_job: Job | None = None
    reason: Reason | None = None  # of the last rollback
    rolling: bool = False  # whether rolling releases are configured, so that one may be under way; `Host` tells
    crons: str | None = None  # id of the deployment whose cron jobs run
    paused: bool = False

    @property
    def rolled_back(self) -> bool | None:
        """None: it cannot be told, because a later job hides the one that did it, and did not undo it.

        Auto-assign off alone also means a team that always stages; a rollback alone may be long undone.
        """
        job = self.last_job
        if self.auto_assign or job is None:
            return False
        if job.state is not JobState.SUCCEEDED or job.kind is JobKind.UNKNOWN:
            return None
        if job.kind is JobKind.PROMOTE:
            return False
        return True if self.auto_assign is False else None

    @property
    def rolled_back_from(self) -> str | None:
        """Id of what production was rolled back from, if it still may be; None: nothing, or it cannot be told.

        Where a later job hides the rollback, the reason of our own still names it, as long as what it led to is live.
        """
        job = self.last_job
        if self.rolled_back is False or job is None:
            return None
        if job.kind is JobKind.ROLLBACK and job.state is JobState.SUCCEEDED:
            return job.origin
        origin, destination = (self.reason and self.reason.way) or (None, None)
        return origin if destination == self.current else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Which deployment one domain serves: what the platform says, and what the domain itself says."""

    domain: str  # host
    deployment: str | None = None  # id, by the platform
    stamps: tuple[str, ...] = ()  # by the app, in the order asked; empty: not asked, or not told
    leads_to: str | None = None  # the host that it redirects to, which counts in its place
    trouble: str | None = None  # why it could not be asked
    walled: bool = False  # whether that is because deployment protection answered in the app's place
    proved: bool | None = None  # whether it serves what production was moved to; None: compared with nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What a verification is told that it judges, by the command that starts it and that asks the host itself."""

    deployment: Deployment
    domains: tuple[str, ...]  # hosts, every one of which must serve it


class Milestone(StrEnum):
    """What happens when production is moved, in this order."""

    DECIDED = "decided"
    REQUESTED = "requested"  # the POST was answered, or its answer given up
    SWITCHED = "switched"  # our job ended on the control plane
    PROVED = "proved"  # every domain serves what was asked for
    VERIFIED = "verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One milestone."""

    what: Milestone
    at: datetime  # UTC
    said: str = ""  # one sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What is going to be done to production; made by reads alone."""

    kind: JobKind
    project: Project
    origin: Deployment | None  # what is current; None: before the first
    destination: Deployment
    domains: tuple[Domain, ...]  # all that the move concerns
    last_job: Job | None  # as noted before the request; ours is a later one
    already: bool = False  # whether the destination is current, so that nothing is asked for
    led: tuple[Served, ...] = ()  # where the platform led every domain when this was decided

    @property
    def demanded(self) -> tuple[str, ...]:
        """The domains that must prove it; one that the platform itself sends to a stranger serves no deployment."""
        own = {each.name for each in self.domains}
        return tuple(each.name for each in self.domains if each.redirect is None or each.redirect in own)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What came of it; `code` says whether it is proved, `served` what is true now."""

    move: Move
    code: Code
    said: str  # one sentence
    requested: bool  # whether the platform was asked, so that something may have changed
    reason: str  # as it was sent
    job: Job | None = None  # ours, else the last one that was seen
    served: tuple[Served, ...] = ()  # every domain, as it was last seen
    failed: tuple[MovedAlias, ...] = ()  # domains that the platform itself says it could not move
    remedy: str = ""  # what to do now, where this very outcome has a way out of its own
    moments: tuple[Moment, ...] = ()

    @property
    def proved(self) -> bool:
        """Whether every domain serves the destination, by the platform and by the app."""
        return self.code in {Code.DONE, Code.ALREADY_CURRENT}
