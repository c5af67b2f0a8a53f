"""What the rest of prodworthy asks of a host; which vendor answers is known in this folder only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from prodworthy.model.hosting import (
    Deployment,
    DeploymentState,
    Domain,
    Job,
    JobKind,
    MovedAlias,
    Project,
    RollingRelease,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which deployments are listed."""

    production: bool = False  # only those that were built for production
    state: DeploymentState | None = None
    candidates: bool = False  # only those that the platform would roll back to
    commit: str | None = None  # whole
    branch: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The platform took a request to move production; that it is carried out is another matter."""

    queued: bool = False  # behind an active rolling release


class Host(Protocol):
    """One project at the host. Every call raises HostingError; reads are repeated where that can help, POSTs never."""

    def project(self) -> Project:
        """What is current, the last job, auto-assign: one read, always fresh."""
        ...

    def current(self) -> Deployment | None:
        """What the project calls its production deployment; None before the first."""
        ...

    def deployments(self, asked: Filter = Filter(), *, limit: int = 20) -> Sequence[Deployment]:
        """The newest first, of this project only, over as many pages as it takes."""
        ...

    def deployment(self, name: str) -> Deployment:
        """By id, URL or host; also one of another project, for the caller to refuse. Rejected 404 or 410 if none."""
        ...

    def candidates(self) -> Sequence[Deployment]:
        """What production can be rolled back to, the newest first; never what is current."""
        ...

    def domains(self) -> Sequence[Domain]:
        """Every production domain, those that redirect too."""
        ...

    def serving(self, domain: str) -> str | None:
        """The id of the deployment that the platform leads a host to; None: to none."""
        ...

    def job(self) -> Job | None:
        """The last promotion or rollback, whoever asked for it; always fresh."""
        ...

    def moved(self, kind: JobKind) -> Sequence[MovedAlias]:
        """What the last job of that kind did to each domain."""
        ...

    def rolling_release(self) -> RollingRelease | None:
        """The one that is active; None: none is."""
        ...

    def plan(self) -> str | None:
        """Of the account, in lower case: "hobby", "pro", "enterprise"; None: not said."""
        ...

    def rollback(self, deployment: str, *, reason: str) -> Accepted:
        """One POST, never repeated. `reason` is kept by the platform, 250 characters of it."""
        ...

    def promote(self, deployment: str) -> Accepted:
        """One POST, never repeated; never a new build."""
        ...

    def close(self) -> None:
        """Ends its connections."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...
