"""The API's answers about who asks: the user, and the team that the project may belong to."""

from __future__ import annotations

from prodworthy.local.backend.messages import Response
from prodworthy.local.vercel import shapes
from prodworthy.local.vercel.asking import Asked, answer
from prodworthy.local.vercel.refusals import Refusal
from prodworthy.local.vercel.state import ProjectState


async def user(asked: Asked) -> Response:
    """The one that every good token is of; an account of the older kind, which has a personal scope."""
    state = asked.state
    return answer(
        {
            "user": {
                "id": state.user,
                "uid": state.user,
                "username": shapes.NAME,
                "name": "Embedded",
                "email": shapes.EMAIL,
                "avatar": None,
                "billing": None,
                "createdAt": state.created,
                "defaultTeamId": None,
                "hasTrialAvailable": False,
                "resourceConfig": {},
                "softBlock": None,
                "stagingPrefix": shapes.NAME,
            }
        }
    )


async def teams(asked: Asked) -> Response:
    """The project's, if it has one."""
    mine = [_team(asked.state)] if asked.state.team else []
    return answer({"teams": mine, "pagination": {"count": len(mine), "next": None, "prev": None}})


async def team(asked: Asked) -> Response:
    """By id or slug. Raises Refusal."""
    state = asked.state
    if asked.named["team"] not in {state.team, state.team_slug}:
        raise Refusal(404, "not_found", "The team could not be found.")
    return answer(_team(state))


def _team(state: ProjectState) -> shapes.Json:
    return {
        "id": state.team,
        "slug": state.team_slug,
        "name": state.team_slug,
        "avatar": None,
        "billing": {"plan": state.plan},
        "createdAt": state.created,
        "updatedAt": state.created,
        "creatorId": state.user,
        "description": None,
        "stagingPrefix": state.team_slug,
    }
