"""The emulated platform: one project with its deployments, and what they do to the edge."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from prodworthy.local.edge import Build, Edge
from prodworthy.local.errors import DeploymentFailed
from prodworthy.local.vercel import holding
from prodworthy.local.vercel.faults import Faults
from prodworthy.local.vercel.front import PlatformFront
from prodworthy.local.vercel.jobs import Jobs
from prodworthy.local.vercel.refusals import Refusal
from prodworthy.local.vercel.rollouts import Rollouts
from prodworthy.local.vercel.state import Deployed, Logged, ProductionDomain, ProjectState
from prodworthy.model.network import HOST

PLANS = ("hobby", "pro", "enterprise")
PLANS_SAID = "hobby, pro or enterprise"
OF_THE_HOST = ".vercel.app"  # below which every project has a production domain of its own, whatever else it has


class Platform:
    """What the API, the edge and the control port share; to be used from one event loop.

    Everything that the API refuses is raised as Refusal, everything that it shows is in `state`. Faults of requests,
    and the log of them, are the business of the `Line` that the API stands behind, so that it need not know them.
    """

    def __init__(
        self,
        edge: Edge,
        *,
        settings: Mapping[str, str] | None = None,
        domains: Sequence[str] = ("app.test",),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.edge = edge
        self.settings = _settings(settings or {})
        self.switch = _seconds(self.settings["switch"])
        self.token = self.settings["token"]
        self.log: list[Logged] = []
        self.faults = Faults()
        self.jobs = Jobs(self)
        self.rollouts = Rollouts(self)
        self.front = edge.front = PlatformFront(self)
        self._domains = tuple(map(str.lower, domains))
        self._clock = clock
        self._first: tuple[Build, dict[str, Any]] | None = None
        self.state = self._beginning()

    def now(self) -> int:
        """Milliseconds since the epoch, by the platform's clock."""
        return int(self._clock() * 1000)

    def begin(self, build: Build, **told: Any) -> Deployed:
        """The first deployment, which is live at once; `reset` comes back to it. Takes what `deploy` takes."""
        self._first = (build, told)
        return self.deploy(build, **told)

    def deploy(
        self,
        build: Build | None,
        *,
        id: str | None = None,  # noqa: A002 - the platform's own word
        host: str | None = None,
        target: str | None = "production",
        staged: bool = False,
        state: str = "READY",
        commit: str | None = None,
        branch: str | None = "main",
        message: str | None = None,
        author: str | None = None,
        source: str = "git",
        project: str | None = None,
        at: int | None = None,
    ) -> Deployed:
        """One more deployment; it goes live when it is for production and nothing holds it back.

        One without a build (ERROR, BUILDING) has no files to name it by, so `id` and `host` are given.
        """
        created = self._created(at)
        ready = state == "READY"
        deployed = Deployed(
            id=id or (build.id if build else ""),
            host=host or (build.host if build else ""),
            build=build,
            created=created,
            ready=created if ready else None,
            state=state,
            substate="STAGED" if ready and target == "production" else None,
            target=target,
            commit=commit,
            branch=branch,
            message=message,
            author=author,
            source=source,
            project=project,
        )
        if build:
            self.edge.add(build)
        self.state.deployments[deployed.id] = deployed
        self.state.deployments = dict(sorted(self.state.deployments.items(), key=lambda pair: pair[1].created))
        if ready and project is None:
            holding.begin(self.state, deployed, self.now())
        if ready and target == "production" and project is None and not staged and self.state.auto_assign:
            deployed.held = holding.held(self.state, deployed)
            if not deployed.held:
                self._assign(deployed)
        return deployed

    def let_through(self, deployed: Deployed) -> None:
        """What checks held back goes live when none does any more, unless people or a newer deployment came before."""
        if not deployed.held or holding.held(self.state, deployed):
            return
        deployed.held = False
        current = self.state.deployments.get(self.state.current or "")
        if self.state.auto_assign and (current is None or current.created < deployed.created):
            self._assign(deployed)

    async def rollback(self, id: str, description: str | None = None) -> int:  # noqa: A002
        """Accepts a rollback to a deployment by its id; the status to answer with. Raises Refusal."""
        return self.jobs.rollback(id, description)

    async def promote(self, id: str) -> int:  # noqa: A002
        """Accepts a promotion of a deployment by its id; the status to answer with. Raises Refusal."""
        return self.jobs.promote(id)

    def resolve(self, name: str) -> Deployed | None:
        """By id, own host, alias or production domain, by the control plane; also one that is deleted, or foreign."""
        name = name.removeprefix("https://").rstrip("/").lower() if not name.startswith("dpl_") else name
        if name in self.state.deployments:
            return self.state.deployments[name]
        domain = self.state.domains.get(name)
        led = domain.deployment if domain else self.state.aliases.get(name)
        hosted = (each for each in self.state.deployments.values() if each.host == name)
        return self.state.deployments.get(led or "") or next(hosted, None)

    def known(self, id: str) -> Deployed:  # noqa: A002
        """A deployment of this project. Raises Refusal: 404 for none and for a foreign one, 410 for a deleted one."""
        deployed = self.state.deployments.get(id)
        if deployed is None or deployed.project:
            raise Refusal(404, "not_found", "Deployment not found")
        if deployed.deleted or deployed.state == "DELETED":
            raise Refusal(410, "gone", "The deployment has been deleted")
        return deployed

    def promotable(self, id: str) -> Deployed:  # noqa: A002
        """A deployment that may be promoted now. Raises Refusal."""
        deployed = self.known(id)
        if id == self.state.current:
            message = f"The provided deploymentId ({id}) is already the current production deployment"
            raise Refusal(409, "conflict", message)
        if deployed.state != "READY" or deployed.target != "production":
            raise Refusal(422, "unprocessable_entity", "Only a ready production deployment can be promoted.")
        return deployed

    def previous(self) -> str | None:
        """The id of the production deployment before the current one; None: there is none."""
        before = None
        for deployed in self.state.deployments.values():
            if deployed.id == self.state.current:
                return before
            if deployed.substate == "PROMOTED" and not deployed.project and not deployed.deleted:
                before = deployed.id
        return None

    def go_live(self, id: str, faults: Faults | None = None) -> None:  # noqa: A002
        """Production is `id` from now on, but for the domains that faults hold back."""
        state, faults = self.state, faults or self.faults
        state.current = state.crons = id
        state.deployments[id].substate, state.deployments[id].served = "PROMOTED", True
        for domain in state.domains.values():
            if domain.name not in faults.partial:
                domain.deployment = id
                self._lead(domain, id, faults)
        self.choose_candidates()

    def choose_candidates(self) -> None:
        """What production can be rolled back to, by the plan."""
        previous = self.previous()
        for deployed in self.state.deployments.values():
            was_live = deployed.substate == "PROMOTED" and deployed.id != self.state.current
            within_plan = self.state.plan != "hobby" or deployed.id == previous
            deployed.candidate = was_live and within_plan and not deployed.deleted

    def reset(self) -> None:
        """As it was after the first deployment; nothing goes wrong, nothing was asked."""
        self.jobs.end()
        self.front.settle()
        self.log.clear()
        self.faults = Faults()
        self.state = self._beginning()
        if self._first:
            build, told = self._first
            self.deploy(build, **told)

    def close(self) -> None:
        """Ends what still runs."""
        self.jobs.end()

    def _beginning(self) -> ProjectState:
        team = self.settings["team"] or None
        name = self._domains[0].partition(".")[0]
        return ProjectState(
            id=self.settings["project"],
            name=name,
            team=team,
            team_slug=team.removeprefix("team_") if team else None,
            plan=self.settings["plan"],
            created=self.now(),
            domains={each: ProductionDomain(name=each) for each in (*self._domains, f"{name}{OF_THE_HOST}")},
            bypass=self.settings["bypass"],
        )

    def _created(self, at: int | None) -> int:
        """Times tell deployments apart in the API's pages, so that no two have the same."""
        created = self.now() if at is None else at
        taken = {each.created for each in self.state.deployments.values()}
        while created in taken:
            created += 1
        return created

    def _assign(self, deployed: Deployed) -> None:
        if self.rollouts.active:
            self.rollouts.queue(deployed.id)
        elif self.state.stages and self.state.current:
            self.rollouts.begin(deployed.id)
        else:
            self.go_live(deployed.id)

    def _lead(self, domain: ProductionDomain, id: str, faults: Faults) -> None:  # noqa: A002
        """The edge follows, sooner or later."""
        if faults.edge_lag:
            asyncio.get_running_loop().call_later(faults.edge_lag, self._point, domain, id, faults)
        else:
            self._point(domain, id, faults)

    def _point(self, domain: ProductionDomain, id: str, faults: Faults) -> None:  # noqa: A002
        """Unless it leads elsewhere by now."""
        if domain.deployment != id or self.state.domains.get(domain.name) is not domain:
            return
        before = self.edge.current(domain.name)
        self.edge.point(domain.name, id)
        if faults.flapping and before:
            self.front.flap(domain.name, before, id, faults)


def _settings(given: Mapping[str, str]) -> dict[str, str]:
    if unknown := sorted(set(given) - set(HOST)):
        raise DeploymentFailed(f"the emulated host knows no {', '.join(unknown)}; it knows {', '.join(HOST)}")
    settings = {**HOST, **given}
    if settings["plan"] not in PLANS:
        raise DeploymentFailed(f"the emulated host's `plan` must be {PLANS_SAID}, not {settings['plan']!r}")
    return settings


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise DeploymentFailed(f"the emulated host's `switch` must be seconds, not {text!r}")
    return seconds
