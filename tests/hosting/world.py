"""A made-up platform without sockets: its own clock, jobs that take time, and a fault before or after any call."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from prodworthy.hosting.errors import HostingError, Rejected
from prodworthy.hosting.host import Accepted, Filter
from prodworthy.hosting.patience import Patience
from prodworthy.hosting.prober import Said
from prodworthy.hosting.watching import WATCHING
from prodworthy.model.hosting import (
    Deployment,
    DeploymentState,
    Domain,
    Job,
    JobKind,
    JobState,
    MovedAlias,
    Project,
    RollingRelease,
    Substate,
)

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
DOMAINS = ("shop.test", "www.shop.test")


def deployment(id: str, age: float = 0.0, **more: Any) -> Deployment:  # noqa: A002
    """A ready production deployment that was live once, so many hours old."""
    told: dict[str, Any] = {
        "host": f"{id.lower()}.vercel.app",
        "name": "shop",
        "project": "prj_shop",
        "created": START - timedelta(hours=age),
        "state": DeploymentState.READY,
        "substate": Substate.PROMOTED,
        "environment": "production",
        "commit": (id.encode().hex() * 8)[:40],
    }
    return Deployment(id=f"dpl_{id}", **told | more)


@dataclass(slots=True, kw_only=True)
class Course:
    """What becomes of the next job."""

    state: JobState = JobState.SUCCEEDED
    lost: bool = False
    hidden: float = 0.0  # seconds until the project shows it
    switch: float = 0.4  # seconds until it has ended
    behind: Collection[str] = ()  # domains that stay where they are
    lag: float = 0.0  # seconds by which the edge follows
    flapping: int = 0  # answers of the edge after the switch that come in turns from both
    stale: Callable[[], bool] = lambda: False  # whether the next answer of the edge after the switch is the old one
    queued: bool = False
    in_stages: bool = False


@dataclass(slots=True)
class World:
    """Host, edge and clock in one; `faults` are errors for the calls to come, by name of the call."""

    deployments: dict[str, Deployment] = field(default_factory=dict)
    current: str | None = None
    domains: tuple[Domain, ...] = tuple(Domain(name=name) for name in DOMAINS)
    auto_assign: bool = True
    account: str = "pro"
    course: Course = field(default_factory=Course)
    last_job: Job | None = None
    rolling: RollingRelease | None = None
    led: dict[str, str | None] = field(default_factory=dict)
    edge: dict[str, str] = field(default_factory=dict)
    faults: dict[str, list[HostingError | None]] = field(default_factory=dict)
    after: dict[str, HostingError] = field(default_factory=dict)  # raised when the call has had its effect
    heard: dict[str, str] = field(default_factory=dict)  # whose answer a domain gave last
    before_request: list[Callable[[], None]] = field(default_factory=list)
    asked: list[tuple[JobKind, str, str]] = field(default_factory=list)  # every POST
    taken: list[str] = field(default_factory=list)  # destinations of those that had an effect
    current_when_asked: list[str | None] = field(default_factory=list)  # before what happens just before a POST
    calls: list[str] = field(default_factory=list)
    now: float = 0.0
    jobs: int = 1_000
    _events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _number: itertools.count[int] = field(default_factory=itertools.count)
    _turns: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    _stale: dict[str, tuple[Callable[[], bool], str]] = field(default_factory=dict)
    _told: dict[str, JobState] = field(default_factory=dict)
    _shown: Job | None = None

    @classmethod
    def of(cls, *known: Deployment, current: str) -> World:
        """All domains lead to `current`, which a promotion made live."""
        world = cls({each.id: each for each in known}, current)
        world.led = {each.name: current for each in world.domains}
        world.edge = {each.name: current for each in world.domains}
        world.last_job = Job(
            kind=JobKind.PROMOTE, state=JobState.SUCCEEDED, requested=1_000, origin=None, destination=current
        )
        return world

    @property
    def patience(self) -> Patience:
        """Which waits by this clock."""
        return replace(WATCHING, sleep=self.sleep, clock=lambda: self.now)

    def sleep(self, seconds: float) -> None:
        """Lets happen what happens in the meantime."""
        assert 0 <= seconds < 3600
        until = self.now + seconds
        while self._events and self._events[0][0] <= until:
            self.now, _, event = heapq.heappop(self._events)
            event()
        self.now = until

    def at(self, seconds: float, event: Callable[[], None]) -> None:
        """Lets it happen so many seconds from now."""
        heapq.heappush(self._events, (self.now + seconds, next(self._number), event))

    def somebody(self, kind: JobKind, to: str, course: Course | None = None) -> None:
        """Somebody else moves production."""
        self._start(kind, to, course or Course(switch=0.0))

    # Host

    def project(self) -> Project:
        self._call("project")
        return Project(
            id="prj_shop",
            name="shop",
            account="team_acme",
            current=self.current,
            auto_assign=self.auto_assign,
            last_job=self.last_job,
            rolling=self.rolling is not None,
        )

    def current_deployment(self) -> Deployment | None:
        return self.deployments.get(self.current or "")

    def deployments_of(self, asked: Filter) -> Sequence[Deployment]:
        newest = sorted(self.deployments.values(), key=lambda each: each.created, reverse=True)
        fit = [each for each in newest if each.project == "prj_shop"]
        if asked.production:
            fit = [each for each in fit if each.production]
        if asked.state:
            fit = [each for each in fit if each.state is asked.state]
        return fit

    def deployment(self, name: str) -> Deployment:
        self._call("deployment")
        plain = name.removeprefix("https://")
        for each in self.deployments.values():
            if plain in {each.id, each.host}:
                return each
        raise Rejected(f"GET /v13/deployments/{name}: 404", status=404)

    def candidates(self) -> Sequence[Deployment]:
        self._call("candidates")
        fit = self.deployments_of(Filter(production=True, state=DeploymentState.READY))
        return [each for each in fit if each.substate is Substate.PROMOTED and each.id != self.current]

    def serving(self, domain: str) -> str | None:
        self._call("serving")
        self._fail(f"serving {domain}")  # of each for itself: they are asked at the same time
        return self.led.get(domain)

    def job(self) -> Job | None:
        return self.project().last_job

    def moved(self, kind: JobKind) -> Sequence[MovedAlias]:
        self._call("moved")
        return [MovedAlias(domain=name, state=state) for name, state in self._told.items()]

    def rolling_release(self) -> RollingRelease | None:
        self._call("rolling_release")
        return self.rolling

    def plan(self) -> str | None:
        self._call("plan")
        return self.account

    def rollback(self, deployment: str, *, reason: str) -> Accepted:
        return self._request(JobKind.ROLLBACK, deployment, reason)

    def promote(self, deployment: str) -> Accepted:
        return self._request(JobKind.PROMOTE, deployment, "")

    def close(self) -> None:
        pass

    # what happens

    def _call(self, name: str) -> None:
        self.calls.append(name)
        self._fail(name)

    def _fail(self, name: str) -> None:
        waiting = self.faults.get(name)
        error = waiting.pop(0) if waiting else None
        if error is not None:
            raise error

    def _request(self, kind: JobKind, to: str, reason: str) -> Accepted:
        self.current_when_asked.append(self.current)
        for event in self.before_request:
            event()
        self.asked.append((kind, to, reason))
        self._call("request")
        self.taken.append(to)
        if not (self.course.lost or self.course.queued):
            self._start(kind, to, self.course)
        if "request" in self.after:
            raise self.after["request"]
        return Accepted(queued=self.course.queued)

    def _start(self, kind: JobKind, to: str, course: Course) -> None:
        self.jobs += 10
        job = Job(kind=kind, state=JobState.PENDING, requested=self.jobs, origin=self.current, destination=to)
        if course.in_stages:
            self.rolling = RollingRelease(state="ACTIVE", base=self.current, canary=to, percentage=10)
            return
        self.at(course.hidden, lambda: self._show(job))
        self.at(course.switch, lambda: self._end(job, course))
        self.sleep(0)

    def _show(self, job: Job) -> None:
        shown = self.last_job
        if shown is None or shown.requested <= job.requested:
            ended = self._shown if self._shown and self._shown.requested == job.requested else job
            self.last_job = ended

    def _end(self, job: Job, course: Course) -> None:
        ended = replace(job, state=course.state)
        if self.last_job and self.last_job.requested == job.requested:
            self.last_job = ended
        self._shown = ended
        partly = course.state is JobState.FAILED and course.behind
        if course.state is not JobState.SUCCEEDED and not partly:
            return
        assert job.destination
        self.current = job.destination
        self.auto_assign = job.kind is JobKind.PROMOTE
        self._told = {}
        for domain in self.domains:
            behind = domain.name in course.behind
            self._told[domain.name] = JobState.FAILED if behind else JobState.SUCCEEDED
            if not behind:
                self.led[domain.name] = job.destination
                self.at(course.lag, lambda name=domain.name: self._follow(name, course))  # type: ignore[misc]

    def _follow(self, name: str, course: Course) -> None:
        to = self.led[name]
        assert to
        self._turns[name] = (course.flapping, self.edge[name], to)
        self._stale[name] = (course.stale, self.edge[name])
        self.edge[name] = to

    def answers(self, name: str) -> str:
        """Whose answer a domain gives now."""
        left, before, after = self._turns.get(name, (0, "", ""))
        self._turns[name] = (max(0, left - 1), before, after)
        stale, old = self._stale.get(name, (lambda: False, ""))
        self.heard[name] = before if left % 2 else old if stale() else self.edge[name]
        return self.heard[name]


class Host:
    """The world as the product sees it: where the Protocol's names are taken by what the world knows."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __getattr__(self, name: str) -> Any:
        return getattr(self.world, name)

    def current(self) -> Deployment | None:
        return self.world.current_deployment()

    def deployments(self, asked: Filter = Filter(), *, limit: int = 20) -> Sequence[Deployment]:  # noqa: B008
        self.world._call("deployments")
        return self.world.deployments_of(asked)[:limit]

    def domains(self) -> Sequence[Domain]:
        self.world._call("domains")
        return self.world.domains


class Apps:
    """Asks the world's apps; the stamp is the commit, unless `stamps` says something else of a deployment."""

    declared = True

    def __init__(self, world: World, *, closed: Collection[str] = (), stamps: dict[str, str] | None = None) -> None:
        self.world = world
        self.closed = closed  # hosts that protection closes
        self.stamps = stamps or {}
        self.troubles: dict[str, list[str | None]] = {}

    def by_files(self) -> Apps:
        return Apps(self.world, closed=self.closed, stamps={each: f"files-{each}" for each in self.world.deployments})

    def stamp(self, host: str, *, own: Collection[str] = ()) -> Said:
        waiting = self.troubles.get(host)
        trouble = waiting.pop(0) if waiting else None
        if trouble or host in self.closed:
            return Said(trouble=trouble or "deployment protection answered instead of the app", walled=trouble is None)
        redirect = next((each.redirect for each in self.world.domains if each.name == host), None)
        if redirect and redirect not in own:
            return Said(trouble=f"it leads to {redirect}, which is none of ours", leads_to=redirect)
        return Said(stamp=self._says(redirect or host), leads_to=redirect)

    def _says(self, host: str) -> str:
        by_host = {each.host: each.id for each in self.world.deployments.values()}
        known = self.world.deployments[by_host.get(host) or self.world.answers(host)]
        return self.says(known.id)

    def says(self, deployment: str) -> str:
        """What a deployment's app says of itself."""
        known = self.world.deployments[deployment]
        return self.stamps.get(known.id) or known.commit or known.id
