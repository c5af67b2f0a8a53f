"""Checks that hold a new production deployment back from its domains until their runs have passed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from prodworthy.local.vercel.state import Check, CheckRun, Deployed, ProjectState

ALIAS = "deployment-alias"
GOOD = {"succeeded", "neutral", "skipped"}  # lets through what was held back


def begin(state: ProjectState, deployed: Deployed, now: int) -> None:
    """The runs that the project's checks demand of a new deployment."""
    for check in state.checks.values():
        if not check.targets or (deployed.target or "preview") in check.targets:
            run(state, check, deployed, now)


def run(state: ProjectState, check: Check, deployed: Deployed, now: int) -> CheckRun:
    """One run, not yet answered."""
    begun = CheckRun(id=f"chr_{secrets.token_hex(8)}", check=check.id, deployment=deployed.id, created=now, updated=now)
    state.check_runs[begun.id] = begun
    return begun


def held(state: ProjectState, deployed: Deployed) -> bool:
    """Whether a check that blocks the domains has not passed."""
    return any(not _passed(each) for each in _blocking(state, deployed))


def told(state: ProjectState, deployed: Deployed) -> dict[str, Any]:
    """What a deployment tells of the checks that hold it back; empty when none ever did."""
    runs = _blocking(state, deployed)
    if not runs:
        return {}
    running = any(each.status != "completed" for each in runs)
    verdict = "pending" if running else "succeeded" if all(map(_passed, runs)) else "failed"
    ended = {} if running else {"completedAt": max(each.completed or each.updated for each in runs)}
    return {
        "checks": {ALIAS: {"state": verdict, "startedAt": min(each.created for each in runs), **ended}},
        "checksState": "running" if running else "completed",
        **({} if running else {"checksConclusion": verdict}),
    }


def _blocking(state: ProjectState, deployed: Deployed) -> Sequence[CheckRun]:
    runs = (each for each in state.check_runs.values() if each.deployment == deployed.id)
    return [each for each in runs if state.checks[each.check].blocks == ALIAS]


def _passed(run: CheckRun) -> bool:
    return run.status == "completed" and run.conclusion in GOOD
