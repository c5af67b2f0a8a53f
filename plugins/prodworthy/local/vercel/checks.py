"""The API's answers about checks: the second kind, which may hold a deployment back, and the deprecated first.

A check of the project that blocks `deployment-alias` keeps a new production deployment from its domains until its run
has passed. Contract: https://vercel.com/docs/deployment-checks.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from prodworthy.local.backend.messages import Response
from prodworthy.local.vercel import holding
from prodworthy.local.vercel.asking import Asked, answer, bad_request
from prodworthy.local.vercel.bodies import is_one_of
from prodworthy.local.vercel.refusals import Refusal
from prodworthy.local.vercel.shapes import Json
from prodworthy.local.vercel.state import Check, CheckRun, Deployed, ProjectState

BLOCKS = {"build-start", "deployment-start", holding.ALIAS, "deployment-promotion", "none"}
REQUIRES = {"build-ready", "deployment-url", "none"}
KINDS = {"integration", "webhook", "git-provider"}
STATUSES = {"queued", "running", "completed"}
CONCLUSIONS = {"succeeded", "failed", "neutral", "canceled", "skipped", "timeout"}
SAID = ("externalId", "externalUrl", "output", "conclusionText")


async def listed(asked: Asked) -> Response:
    """The project's checks."""
    state = asked.project()
    blocks = asked.text("blocks")
    return answer({"checks": [_check(state, each) for each in state.checks.values() if blocks in {None, each.blocks}]})


async def one(asked: Asked) -> Response:
    """One of them."""
    return answer(_check(asked.project(), _found(asked)))


async def create(asked: Asked) -> Response:
    """A new check, which concerns deployments from now on."""
    state = asked.project()
    check = Check(id=f"chk_{secrets.token_hex(8)}", name="", created=asked.platform.now())
    _fill(check, {"name": None, **asked.body()}, asked.platform.now())
    state.checks[check.id] = check
    return answer(_check(state, check))


async def change(asked: Asked) -> Response:
    """What is named is changed."""
    state = asked.project()
    check = _found(asked)
    _fill(check, asked.body(), asked.platform.now())
    return answer(_check(state, check))


async def delete(asked: Asked) -> Response:
    """What it alone held back is let through."""
    state = asked.project()
    check = state.checks.pop(_found(asked).id)
    runs = [each for each in state.check_runs.values() if each.check == check.id]
    for run in runs:
        del state.check_runs[run.id]
    for run in runs:
        _let_through(asked, run.deployment)
    return answer({"success": True})


async def runs_of_check(asked: Asked) -> Response:
    """All runs of one check."""
    state = asked.project()
    check = _found(asked)
    return answer({"runs": [_run(state, each) for each in state.check_runs.values() if each.check == check.id]})


async def runs(asked: Asked) -> Response:
    """All runs about one deployment."""
    deployed = _owned(asked)
    return answer({"runs": [_run(asked.state, each) for each in _runs(asked.state, deployed)]})


async def run(asked: Asked) -> Response:
    """One of them."""
    return answer(_run(asked.state, _found_run(asked)))


async def begin(asked: Asked) -> Response:
    """A new run of a check that exists."""
    deployed = _owned(asked)
    check = asked.state.checks.get(str(asked.body().get("checkId")))
    if check is None:
        raise Refusal(404, "not_found", "Check not found.")
    return answer(_run(asked.state, holding.run(asked.state, check, deployed, asked.platform.now())))


async def conclude(asked: Asked) -> Response:
    """Says how far a run has come; one that passes may let the deployment through to its domains."""
    found = _found_run(asked)
    body = asked.body()
    status, conclusion = body.get("status", found.status), body.get("conclusion", found.conclusion)
    if not is_one_of(status, STATUSES) or not (conclusion is None or is_one_of(conclusion, CONCLUSIONS)):
        raise bad_request("Invalid request: `status` or `conclusion` is not one of the allowed values.")
    if status == "completed" and conclusion is None:
        raise bad_request("Invalid request: a run that is completed has a `conclusion`.")
    found.status, found.conclusion, found.updated = status, conclusion, asked.platform.now()
    found.said |= {name: body[name] for name in SAID if name in body}
    if status == "completed":
        found.completed = body.get("completedAt") or found.updated
        _let_through(asked, found.deployment)
    return answer(_run(asked.state, found))


async def first_kind(asked: Asked) -> Response:
    """The deprecated checks; there are none, since only integrations may make them."""
    _owned(asked)
    return answer({"checks": []})


async def first_kind_refused(asked: Asked) -> Response:
    """A token of a person may write none of them. Raises Refusal."""
    _owned(asked)
    raise bad_request("The access token used is not an OAuth2 integration token.")


def _let_through(asked: Asked, id: str) -> None:  # noqa: A002 - the platform's own word
    """What a check held back goes to its domains as soon as none does any more."""
    if deployed := asked.state.deployments.get(id):
        asked.platform.let_through(deployed)


def _runs(state: ProjectState, deployed: Deployed) -> Iterable[CheckRun]:
    return [each for each in state.check_runs.values() if each.deployment == deployed.id]


def _owned(asked: Asked) -> Deployed:
    if asked.owner != asked.state.owner:
        raise Refusal(404, "not_found", "The deployment could not be found.")
    return asked.deployment()


def _found(asked: Asked) -> Check:
    found = asked.project().checks.get(asked.named["check"])
    if found is None:
        raise Refusal(404, "not_found", "Check not found.")
    return found


def _found_run(asked: Asked) -> CheckRun:
    deployed = _owned(asked)
    found = asked.state.check_runs.get(asked.named["run"])
    if found is None or found.deployment != deployed.id:
        raise Refusal(404, "not_found", "Check run not found.")
    return found


def _fill(check: Check, body: Mapping[str, Any], now: int) -> None:
    """Raises Refusal, and then nothing is changed."""
    name, source = body.get("name", check.name), body.get("source", check.source)
    if not isinstance(name, str) or not name:
        raise bad_request("Invalid request: missing required property `name`.")
    blocks, requires = body.get("blocks", check.blocks), body.get("requires", check.requires)
    if not is_one_of(blocks, BLOCKS) or not is_one_of(requires, REQUIRES):
        raise bad_request("Invalid request: `blocks` or `requires` is not one of the allowed values.")
    if not isinstance(source, dict) or not is_one_of(source.get("kind"), KINDS):
        raise bad_request(f"Invalid request: `source.kind` should be one of {sorted(KINDS)}.")
    targets, timeout = body.get("targets", check.targets), body.get("timeout", check.timeout)
    if not isinstance(targets, list) or not isinstance(timeout, int) or isinstance(timeout, bool):
        raise bad_request("Invalid request: `targets` should be array, `timeout` should be number.")
    check.name, check.blocks, check.requires, check.source = name, blocks, requires, source
    check.targets, check.timeout = list(targets), timeout
    check.rerequestable = bool(body.get("isRerequestable", check.rerequestable))
    check.updated = now


def _check(state: ProjectState, check: Check) -> Json:
    return {
        "id": check.id,
        "name": check.name,
        "ownerId": state.owner,
        "projectId": state.id,
        "blocks": check.blocks,
        "requires": check.requires,
        "targets": check.targets,
        "timeout": check.timeout,
        "isRerequestable": check.rerequestable,
        "source": check.source,
        "sourceKind": check.source["kind"],
        "createdAt": check.created,
        "updatedAt": check.updated,
    }


def _run(state: ProjectState, run: CheckRun) -> Json:
    check = state.checks[run.check]
    return {
        "id": run.id,
        "checkId": run.check,
        "name": check.name,
        "deploymentId": run.deployment,
        "projectId": state.id,
        "ownerId": state.owner,
        "blocks": check.blocks,
        "requires": check.requires,
        "targets": check.targets,
        "timeout": check.timeout,
        "source": check.source,
        "status": run.status,
        **({"conclusion": run.conclusion} if run.conclusion else {}),
        **run.said,
        "createdAt": run.created,
        "updatedAt": run.updated,
        **({"completedAt": run.completed} if run.completed else {}),
    }
