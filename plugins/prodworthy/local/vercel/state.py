"""What the emulated platform knows; times are milliseconds since the epoch, as everywhere in its API."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from prodworthy.local.edge import Build


@dataclass(slots=True, kw_only=True)
class Deployed:
    """One deployment; what it serves is `build`, for ever."""

    id: str  # "dpl_..."
    host: str  # "<project>-<random>-<team>.vercel.app"
    build: Build | None  # None: it never came so far
    created: int
    ready: int | None = None
    state: str = "READY"  # QUEUED, INITIALIZING, BUILDING, READY, ERROR, CANCELED, BLOCKED, DELETED
    substate: str | None = "STAGED"  # STAGED, ROLLING, PROMOTED; None unless READY
    target: str | None = "production"  # None: a preview
    served: bool = False  # production, whole, at any time
    candidate: bool = False  # isRollbackCandidate
    commit: str | None = None
    branch: str | None = "main"
    message: str | None = None
    author: str | None = None
    source: str = "git"
    deleted: bool = False  # past retention: 410
    held: bool = False  # by a check, which keeps it from its domains
    project: str | None = None  # id of the other project that it belongs to; None: ours


@dataclass(slots=True, kw_only=True)
class ProductionDomain:
    """A domain of the project, and where it leads."""

    name: str
    deployment: str | None = None  # id, by the control plane; the edge may lag behind
    redirect: str | None = None
    verified: bool = True


@dataclass(slots=True, kw_only=True)
class AliasJob:
    """A promotion or rollback; the project remembers the last."""

    kind: str  # "promote", "rollback"
    status: str  # pending, in-progress, succeeded, failed, skipped
    requested: int
    origin: str | None
    destination: str
    aliases: dict[str, str] = field(default_factory=dict)  # domain -> completed, in-progress, pending, failed
    by: str = "usr_embedded"

    @property
    def active(self) -> bool:
        """Whether it still runs."""
        return self.status in {"pending", "in-progress"}


@dataclass(slots=True, kw_only=True)
class Rollout:
    """A rolling release."""

    base: str
    canary: str
    state: str = "ACTIVE"  # COMPLETE, ABORTED
    stage: int = 0
    started: int = 0
    updated: int = 0
    queued: str | None = None


@dataclass(slots=True, kw_only=True)
class Check:
    """A check that the project demands of its deployments."""

    id: str
    name: str
    blocks: str = "none"  # build-start, deployment-start, deployment-alias, deployment-promotion, none
    requires: str = "none"  # build-ready, deployment-url, none
    targets: list[str] = field(default_factory=list)  # "production", "preview"; empty: every one
    timeout: int = 300  # seconds
    rerequestable: bool = False
    source: dict[str, Any] = field(default_factory=lambda: {"kind": "webhook"})
    created: int = 0
    updated: int = 0


@dataclass(slots=True, kw_only=True)
class CheckRun:
    """One answer to a check, about one deployment."""

    id: str
    check: str  # id
    deployment: str  # id
    status: str = "queued"  # running, completed
    conclusion: str | None = None  # succeeded, failed, neutral, canceled, skipped, timeout
    said: dict[str, Any] = field(default_factory=dict)  # conclusionText, externalId, externalUrl, output
    created: int = 0
    updated: int = 0
    completed: int | None = None


@dataclass(slots=True, kw_only=True)
class ProjectState:
    """The project: everything that the API shows of it, and that the edge serves by."""

    id: str
    name: str
    team: str | None  # id; None: a personal account
    team_slug: str | None
    user: str = "usr_embedded"
    plan: str = "pro"
    created: int = 0
    deployments: dict[str, Deployed] = field(default_factory=dict)  # by id, the oldest first
    domains: dict[str, ProductionDomain] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)  # further hosts -> id of a deployment
    current: str | None = None  # targets.production.id
    crons: str | None = None  # id of the deployment whose cron jobs run
    last_job: AliasJob | None = None  # as the API shows it, which may be later than it began
    auto_assign: bool = True
    rollback_description: dict[str, Any] | None = None
    rollout: Rollout | None = None
    stages: list[int] = field(default_factory=list)  # percentages of rolling releases; empty: none are configured
    protection: str | None = None  # ssoProtection.deploymentType; None: open
    bypass: str | None = None  # the secret that opens it for automation
    checks: dict[str, Check] = field(default_factory=dict)  # by id
    check_runs: dict[str, CheckRun] = field(default_factory=dict)  # by id, the oldest first
    mitigation: str | None = None  # what the firewall does to everybody: challenge, deny; None: nothing
    paused: bool = False
    disabled: bool = False  # the account, for what it owes or uses

    @property
    def owner(self) -> str:
        """Whose it is: the team, else the user."""
        return self.team or self.user


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A request that the API was sent; header fields and tokens are not kept."""

    at: int
    method: str
    path: str
    query: dict[str, str]
    body: str
    status: int | None  # None: the connection was cut before an answer
