"""The API's answers about deployments: lists with their filters, one by any of its names, its builds and its events."""

from __future__ import annotations

import json
from collections.abc import Callable

from prodworthy.local.backend.messages import Response
from prodworthy.local.vercel import shapes
from prodworthy.local.vercel.asking import Asked, answer, page
from prodworthy.local.vercel.state import Deployed

META = "meta-"


async def listed(asked: Asked) -> Response:
    """Those of the project, or of all of the account's projects, the newest first."""
    state = asked.state
    mine = [each for each in state.deployments.values() if asked.owner == state.owner and _wanted(asked, each)]
    shown, pagination = page(asked, mine, lambda each: each.created)
    return answer(
        {
            "deployments": [shapes.deployment_listed(state, each) for each in shown],
            "pagination": pagination,
        }
    )


async def one(asked: Asked) -> Response:
    """By id, own host, alias or production domain."""
    git = asked.flag("withGitRepoInfo") is True
    return answer(shapes.deployment(asked.state, asked.deployment(), git=git))


async def builds(asked: Asked) -> Response:
    """Every deployment here has had one build."""
    deployed = asked.deployment()
    return answer(
        {
            "builds": [
                {
                    "id": f"bld_{deployed.id.removeprefix('dpl_')}",
                    "deploymentId": deployed.id,
                    "entrypoint": "package.json",
                    "readyState": deployed.state,
                    "readyStateAt": deployed.ready,
                    "createdAt": deployed.created,
                    "createdIn": shapes.REGION,
                    "use": "@vercel/static-build",
                    "config": {},
                    "output": [],
                }
            ]
        }
    )


async def events(asked: Asked) -> Response:
    """The little that is told of a build here; a stream of JSON lines to those who follow it."""
    deployed = asked.deployment()
    told = [_line(deployed, "Build completed")] if deployed.ready else []
    if hosts := shapes.aliases_of(asked.state, deployed):
        told.append(
            {
                "type": "alias-assigned",
                "date": deployed.ready,
                "deploymentId": deployed.id,
                "alias": hosts,
                "aliasError": None,
                "aliasWarning": None,
            }
        )
    if asked.flag("follow"):
        lines = "".join(json.dumps(each) + "\n" for each in told)
        return Response(headers={"content-type": "application/stream+json"}, body=lines.encode())
    return answer(told)


async def aliases(asked: Asked) -> Response:
    """The hosts that lead to it now."""
    deployed = asked.deployment()
    created = shapes.iso(asked.state.created)
    hosts = shapes.aliases_of(asked.state, deployed)
    return answer({"aliases": [{"uid": shapes.alias_id(host), "alias": host, "created": created} for host in hosts]})


def _line(deployed: Deployed, text: str) -> shapes.Json:
    return {
        "type": "stdout",
        "created": deployed.ready,
        "payload": {
            "id": deployed.id,
            "deploymentId": deployed.id,
            "date": deployed.ready,
            "serial": str(deployed.ready),
            "text": text,
        },
    }


def _wanted(asked: Asked, deployed: Deployed) -> bool:
    """Whether every filter lets it through."""
    state = asked.state
    project = deployed.project or state.id
    git = shapes.meta(deployed)
    filters: dict[str, Callable[[str], bool]] = {
        "projectId": lambda value: value in {project, state.name if project == state.id else project},
        "projectIds": lambda value: project in value.split(","),
        "app": lambda value: value == shapes.project_name(state, deployed),
        "target": lambda value: value == (deployed.target or "preview"),
        "state": lambda value: ("DELETED" if deployed.deleted else deployed.state) in value.upper().split(","),
        "rollbackCandidate": lambda value: deployed.candidate is (value.lower() == "true"),
        "branch": lambda value: value == git.get("githubCommitRef"),
        "sha": lambda value: value == git.get("githubCommitSha"),
        "users": lambda value: state.user in value.split(","),
    }
    for name, value in asked.request.query:
        if name.startswith(META) and git.get(name.removeprefix(META)) != value:
            return False
        if name in filters and value and not filters[name](value):
            return False
    return True
