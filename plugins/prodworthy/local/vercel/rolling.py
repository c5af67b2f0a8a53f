"""The API's answers about rolling releases: what is configured, the one under way, and its steps."""

from __future__ import annotations

from typing import Any

from prodworthy.local.backend.messages import Response
from prodworthy.local.vercel import shapes
from prodworthy.local.vercel.asking import Asked, answer, bad_request
from prodworthy.local.vercel.refusals import Refusal
from prodworthy.local.vercel.state import ProjectState, Rollout

WITHOUT = {"hobby"}  # plans
STATES = {"ACTIVE", "COMPLETE", "ABORTED"}


async def one(asked: Asked) -> Response:
    """The last one; with `state`, only if it is in that state. Raises Refusal on a plan that has none."""
    state = asked.project()
    if state.plan in WITHOUT and not state.stages and state.rollout is None:
        raise Refusal(403, "forbidden", "Rolling Releases are not available on this plan.")
    wanted = asked.text("state")
    if wanted and wanted not in STATES:
        raise bad_request(f"Invalid request: `state` should be one of {sorted(STATES)}.")
    rollout = state.rollout
    return answer({"rollingRelease": document(state) if rollout and wanted in {None, rollout.state} else None})


async def config(asked: Asked) -> Response:
    """Null when none is configured."""
    return answer({"rollingRelease": shapes.rolling_release_config(asked.project())})


async def configure(asked: Asked) -> Response:
    """Stages with rising percentages, the last one of all visitors."""
    state = asked.project()
    state.stages = _percentages(asked.body())
    return answer({"rollingRelease": shapes.rolling_release_config(state)})


async def unconfigure(asked: Asked) -> Response:
    """One that is under way goes on at the platform; here it ends with its next step."""
    state = asked.project()
    state.stages = []
    return answer({"rollingRelease": None})


async def start(asked: Asked) -> Response:
    """The same canary again changes nothing."""
    state = asked.project()
    asked.platform.rollouts.begin(_canary(asked))
    return answer({"rollingRelease": document(state)})


async def approve(asked: Asked) -> Response:
    """On to the next stage, which must be named."""
    state = asked.project()
    stage = asked.body().get("nextStageIndex")
    if not isinstance(stage, int) or isinstance(stage, bool):
        raise bad_request("Invalid request: `nextStageIndex` should be number.")
    asked.platform.rollouts.approve(stage, _canary(asked))
    return answer({"rollingRelease": document(state)})


async def complete(asked: Asked) -> Response:
    """All visitors at once."""
    state = asked.project()
    asked.platform.rollouts.complete(_canary(asked))
    return answer({"rollingRelease": document(state)})


async def billing(asked: Asked) -> Response:
    """How many projects the plan allows to use them."""
    plan = asked.project().plan
    told: dict[str, Any] = {
        "hobby": {"availableSlots": 0, "reason": "plan_not_supported", "message": "Not on this plan."},
        "enterprise": {"availableSlots": "unlimited", "reason": "unlimited_slots", "message": "No limit."},
    }
    slots = {"availableSlots": 1, "reason": "available_slots", "message": "One project may use them."}
    return answer(told.get(plan, slots))


def document(state: ProjectState) -> shapes.Json | None:
    """The last rolling release; durations are seconds here, and minutes in the configuration."""
    rollout = state.rollout
    if rollout is None:
        return None
    stages = [_stage(index, state.stages) for index in range(len(state.stages))]
    active = stages[rollout.stage] if rollout.state != "ABORTED" and rollout.stage < len(stages) else None
    following = stages[rollout.stage + 1] if rollout.state == "ACTIVE" and rollout.stage + 1 < len(stages) else None
    return {
        "state": rollout.state,
        "substate": None,
        "currentDeployment": _deployment(state, rollout.base),
        "canaryDeployment": _deployment(state, rollout.canary),
        "queuedDeploymentId": rollout.queued,
        "advancementType": "manual-approval",
        "stages": stages,
        "activeStage": active,
        "nextStage": following,
        **({"currentCanaryPercentage": _percentage(rollout, active)} if active else {}),
        "startedAt": rollout.started,
        "updatedAt": rollout.updated,
    }


def _percentage(rollout: Rollout, active: shapes.Json) -> int:
    return 100 if rollout.state == "COMPLETE" else int(active["targetPercentage"])


def _stage(index: int, percentages: list[int]) -> shapes.Json:
    final = index == len(percentages) - 1
    return {
        "index": index,
        "isFinalStage": final,
        "targetPercentage": percentages[index],
        "requireApproval": not final,
        "duration": None,
    }


def _deployment(state: ProjectState, id: str) -> shapes.Json | None:  # noqa: A002 - the platform's own word
    deployed = state.deployments.get(id)
    if deployed is None:
        return None
    return {
        "id": deployed.id,
        "name": state.name,
        "url": deployed.host,
        "target": deployed.target,
        **({"source": deployed.source} if deployed.source in shapes.WAYS else {}),
        "createdAt": deployed.created,
        "readyState": deployed.state,
        **({"readyStateAt": deployed.ready} if deployed.ready else {}),
    }


def _canary(asked: Asked) -> str:
    canary = asked.body().get("canaryDeploymentId")
    if not isinstance(canary, str):
        raise bad_request("Invalid request: missing required property `canaryDeploymentId`.")
    return canary


def _percentages(body: shapes.Json) -> list[int]:
    stages = body.get("stages")
    if not isinstance(stages, list):
        raise bad_request("Invalid request: `stages` should be array.")
    found = [each.get("targetPercentage") for each in stages if isinstance(each, dict)]
    numbers = [each for each in found if isinstance(each, int) and not isinstance(each, bool) and 0 < each <= 100]
    if len(numbers) < 2 or len(numbers) != len(stages) or numbers != sorted(set(numbers)) or numbers[-1] != 100:
        raise bad_request("Invalid request: `stages` should have rising percentages, the last one 100.")
    return numbers
