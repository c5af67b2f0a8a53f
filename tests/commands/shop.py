"""A made-up shop at a made-up host, and the commands run against it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import jsonschema
from click.testing import CliRunner, Result

from prodworthy.cli import main
from prodworthy.commands import looking, project, published
from prodworthy.hosting import proof
from prodworthy.hosting.errors import HostingError, Rejected
from prodworthy.hosting.host import Filter
from prodworthy.hosting.prober import Said
from prodworthy.model import Identity, Target
from prodworthy.model.hosting import (
    Deployment,
    DeploymentState,
    Domain,
    Hosting,
    Job,
    JobKind,
    JobState,
    Project,
    Reason,
    RollingRelease,
    Substate,
    Token,
)

NOW = datetime(2026, 3, 14, 3, 7, 30, tzinfo=UTC)
BAD = "9a1e77c04d5be2f83a6c1d90e4b7f25368ac01de"
GOOD = "4f0c2b9d8e7a6153c4d2e1f00a9b8c7d6e5f4a3b"
OLD = "1c5d9e20b7a84f63d1e2c3b4a5968778695a4b3c"


def deployment(id: str, commit: str, message: str, **more: Any) -> Deployment:  # noqa: A002
    told: dict[str, Any] = {
        "id": f"dpl_{id}",
        "host": f"shop-{id[:9].lower()}-acme.vercel.app",
        "name": "shop",
        "project": "prj_shop",
        "created": NOW - timedelta(hours=1),
        "state": DeploymentState.READY,
        "substate": Substate.PROMOTED,
        "environment": "production",
        "candidate": True,
        "commit": commit,
        "branch": "main",
        "message": message,
        "author": "alice",
        "source": "git",
        "plan": "pro",
    }
    return Deployment(**told | more)


def shop_deployments() -> list[Deployment]:
    """A preview, the bad release that is current, and what was live before it; the newest first."""
    return [
        deployment(
            "7hVnR2kQx5sYtB8mWcE3aLpJ4dZf",
            "c0ffee1234567890abcdef1234567890abcdef12",
            "Try a darker header",
            created=NOW - timedelta(minutes=4),
            environment="preview",
            substate=None,
            candidate=False,
            branch="header",
            author="bob",
        ),
        deployment(
            "BBBmR7tKq2xWv9sYcN4pLd8hJ5gF",
            BAD,
            "Round quantities in the cart\n\nCloses #812",
            created=NOW - timedelta(minutes=22),
            candidate=False,
        ),
        deployment(
            "AAAw3nXz6rTbQ8vKp1mDs5yHc9jL",
            GOOD,
            "Show delivery dates on the product page",
            created=NOW - timedelta(hours=26),
            author="carol",
        ),
        deployment("OOOk8sVd4gNf2hPz7tWq3xRb6mCy", OLD, "Upgrade to Vite 7", created=NOW - timedelta(days=6)),
    ]


PROJECT = Project(
    id="prj_shop",
    name="shop",
    account="team_acme",
    current="dpl_BBBmR7tKq2xWv9sYcN4pLd8hJ5gF",
    auto_assign=True,
    crons="dpl_BBBmR7tKq2xWv9sYcN4pLd8hJ5gF",
)
DOMAINS = (Domain(name="shop.example.com"), Domain(name="www.shop.example.com", redirect="shop.example.com"))
EVERYTHING = Filter()


@dataclass(slots=True)
class FakeHost:
    """What a host would say; a call that is named in `errors` fails."""

    listed: list[Deployment] = field(default_factory=shop_deployments)
    state: Project = PROJECT
    known_domains: tuple[Domain, ...] = DOMAINS
    led: dict[str, str | None] = field(default_factory=dict)  # domain -> id, where it is not the current one's
    errors: dict[str, HostingError] = field(default_factory=dict)
    rollout: RollingRelease | None = None
    account_plan: str | None = "pro"
    jobs: list[Job | None] = field(default_factory=list)  # for the looks to come; then the project's last one
    asked: list[Filter] = field(default_factory=list)
    closed: bool = False

    def change(self, **more: Any) -> None:
        self.state = replace(self.state, **more)

    def rolled_back(self, *, reason: Reason | None = None, **more: Any) -> Job:
        """From the bad release to the good one, ten minutes ago."""
        requested = NOW - timedelta(minutes=10)
        job = Job(
            kind=JobKind.ROLLBACK,
            state=JobState.SUCCEEDED,
            requested=int(requested.timestamp() * 1000),
            origin=self.listed[1].id,
            destination=self.listed[2].id,
        )
        self.change(current=job.destination, auto_assign=False, last_job=job, reason=reason, crons=job.destination)
        self.change(**more)
        return job

    def _may(self, call: str) -> None:
        if call in self.errors:
            raise self.errors[call]

    def project(self) -> Project:
        self._may("project")
        return self.state

    def current(self) -> Deployment | None:
        return next((each for each in self.listed if each.id == self.state.current), None)

    def deployments(self, asked: Filter = EVERYTHING, *, limit: int = 20) -> Sequence[Deployment]:
        self._may("deployments")
        self.asked.append(asked)
        return [each for each in self.listed if each.production or not asked.production][:limit]

    def deployment(self, name: str) -> Deployment:
        self._may("deployment")
        for each in self.listed:
            if name in (each.id, each.host):
                return each
        call = f"GET /v13/deployments/{name}"
        raise Rejected(f"{call}: 404", status=404, platform_code="not_found", call=call)

    def candidates(self) -> Sequence[Deployment]:
        self._may("candidates")
        return [each for each in self.listed if each.candidate and each.id != self.state.current]

    def domains(self) -> Sequence[Domain]:
        return self.known_domains

    def serving(self, domain: str) -> str | None:
        self._may(f"serving {domain}")
        return self.led.get(domain, self.state.current)

    def job(self) -> Job | None:
        return self.jobs.pop(0) if self.jobs else self.state.last_job

    def moved(self, kind: JobKind) -> Sequence[Any]:
        return []

    def rolling_release(self) -> RollingRelease | None:
        return self.rollout

    def plan(self) -> str | None:
        return self.account_plan

    def rollback(self, deployment: str, *, reason: str) -> Any:
        raise AssertionError("a command that looks has moved production")

    def promote(self, deployment: str) -> Any:
        raise AssertionError("a command that looks has moved production")

    def close(self) -> None:
        self.closed = True


@dataclass(slots=True)
class FakeApp:
    """What the app says of its build: by default the commit of whatever the host leads to."""

    host: FakeHost
    says: dict[str, str] = field(default_factory=dict)  # host -> stamp
    troubles: dict[str, str] = field(default_factory=dict)
    declared: bool = True

    def by_files(self) -> FakeApp:
        return self

    def stamp(self, host: str, *, own: Sequence[str] = ()) -> Said:
        redirects = {each.name: each.redirect for each in self.host.known_domains}
        place = redirects.get(host) or host
        if trouble := self.troubles.get(place):
            return Said(trouble=trouble)
        known = {each.host: each.commit for each in self.host.listed}
        by_id = {each.id: each.commit for each in self.host.listed}
        stamp = self.says.get(place) or known.get(place) or by_id.get(self.host.led.get(place, self.host.state.current))
        return Said(stamp=stamp, leads_to=place if place != host else None)


@dataclass(slots=True)
class Shop:
    """The target `prod`, its host, its app, and the commands."""

    host: FakeHost
    app: FakeApp
    target: Target

    def run(self, *words: str, width: int | None = None, **environment: str) -> Result:
        """Without a width it is a pipe that nobody told one."""
        sized = {} if width is None else {"COLUMNS": str(width)}
        return CliRunner(env={"COLUMNS": None, "NO_COLOR": None, **sized, **environment}).invoke(main, list(words))

    def json(self, command: str, *words: str) -> dict[str, Any]:
        """What a script gets; it fits the published schema, and nothing else is on stdout."""
        return validated(command, self.run(command, *words, "--json"))


def validated(command: str, result: Result) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(result.stdout)
    checker = jsonschema.Draft202012Validator(published.schema(command), format_checker=jsonschema.FormatChecker())
    assert [error.message for error in checker.iter_errors(told)] == []
    assert told["exit_code"] == result.exit_code
    assert told["command"] == command
    return told


@contextmanager
def opened_shop() -> Iterator[Shop]:
    """The commands find the shop wherever they look, and its clock stands still."""
    host = FakeHost()
    app = FakeApp(host)
    target = Target(
        name="prod",
        url="https://shop.example.com",
        identity=Identity(),
        hosting=Hosting(project="prj_shop", team="team_acme", token=Token(name="VERCEL_TOKEN")),
    )
    with (
        patch.object(project, "chosen", lambda name, targets_file: target),
        patch.object(project, "opened", lambda target, **more: (host, None)),
        patch.object(proof, "Prober", lambda *given, **named: app),
        patch.object(looking, "clock", lambda: NOW),
    ):
        yield Shop(host, app, target)
