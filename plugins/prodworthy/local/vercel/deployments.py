"""The API's answers about deployments: lists with their filters, one by any of its names, its builds and its events."""

from __future__ import annotations

import json
from collections.abc import Callable

from prodworthy.local.backend.messages import Response
from prodworthy.local.edge import build_of
from prodworthy.local.vercel import shapes
from prodworthy.local.vercel.asking import Asked, answer, bad_request, page
from prodworthy.local.vercel.refusals import Refusal
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


async def rebuild(asked: Asked) -> Response:
    """A preview is promoted by building it anew for production: another deployment, which is ready at once here."""
    body = asked.body()
    again = asked.state.deployments.get(str(body.get("deploymentId")))
    if again is None or again.project or asked.owner != asked.state.owner:
        raise Refusal(404, "not_found", "The deployment could not be found.")
    if body.get("target") != "production" or again.build is None:
        raise bad_request("Only a build that exists is deployed here, and only to production.")
    state = asked.state
    build = build_of(again.build.files, again.build.config, project=state.name, team=state.team_slug)
    told = {name: getattr(again, name) for name in ("commit", "branch", "message", "author")}
    return answer(shapes.deployment(state, asked.platform.deploy(build, source="redeploy", **told)))


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
    """The little that is told of a build here: JSON, or a line of it for each to those who follow or want lines."""
    deployed = asked.deployment()
    lines = asked.text("format") == "lines"
    told = [_line(deployed, "Build Completed", flat=lines)] if deployed.ready else []
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
    if lines or asked.flag("follow"):
        stream = "".join(json.dumps(each) + "\n" for each in told)
        return Response(headers={"content-type": "application/stream+json"}, body=stream.encode())
    return answer(told)


async def aliases(asked: Asked) -> Response:
    """The hosts that lead to it now."""
    deployed = asked.deployment()
    created = shapes.iso(asked.state.created)
    hosts = shapes.aliases_of(asked.state, deployed)
    return answer({"aliases": [{"uid": shapes.alias_id(host), "alias": host, "created": created} for host in hosts]})


def _line(deployed: Deployed, text: str, *, flat: bool) -> shapes.Json:
    """Of a build's log; `flat` as the command line reads it."""
    said = {
        "id": deployed.id,
        "deploymentId": deployed.id,
        "date": deployed.ready,
        "serial": str(deployed.ready),
        "text": text,
        "info": {"type": "build", "name": "build"},
    }
    return {"type": "stdout", "created": deployed.ready, **(said if flat else {"payload": said})}


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
