"""A move of production from a bad deployment back to a good one, and what came of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from prodworthy.model.codes import Code
from prodworthy.model.hosting import Deployment, DeploymentState, Domain, JobKind, Move, Moved, Project

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
BAD = Deployment(
    id="dpl_bad",
    host="shop-bad-acme.vercel.app",
    name="shop",
    project="prj_1",
    created=NOW - timedelta(minutes=20),
    state=DeploymentState.READY,
    environment="production",
    commit="9a1e2f0c" * 5,
    branch="main",
    message="new checkout",
    author="alice",
)
GOOD = replace(
    BAD, id="dpl_good", created=NOW - timedelta(days=2), commit="4f0c1a2b" * 5, message="fix cart", author="bob"
)
DOMAINS = (Domain(name="shop.example.com"), Domain(name="www.shop.example.com", redirect="shop.example.com"))
PROJECT = Project(id="prj_1", name="shop", account="team_1", current="dpl_bad", auto_assign=True, crons="dpl_bad")


def move(kind: JobKind = JobKind.ROLLBACK, **instead: object) -> Move:
    made = Move(kind=kind, project=PROJECT, origin=BAD, destination=GOOD, domains=DOMAINS, last_job=None)
    return replace(made, **instead)  # type: ignore[arg-type]


def moved(kind: JobKind = JobKind.ROLLBACK, *, requested: bool = True, origin: Deployment | None = BAD) -> Moved:
    return Moved(move=move(kind, origin=origin), code=Code.DONE, said="done", requested=requested, reason="")
