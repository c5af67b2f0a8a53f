"""The vendor's own library against the emulated platform: it must know every field that is sent, and miss none.

It parses by the published schema. Where an answer falls short of the full variant it takes a reduced one without a word
and drops the rest, so that having parsed says nothing: what was sent and what was understood are compared by field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from prodworthy.model.network import HOST
from tests.oracles.vercel.emulated import ALIAS, DOMAIN, GOOD, OWN, Emulated, Sdk, emulated, write_app

pytestmark = pytest.mark.long

PROJECT, TEAM = HOST["project"], HOST["team"]
STAGES = [10, 50, 100]

# what we send beyond the schema, because the command line or people read it there
BEYOND = {
    "deployments.getDeployments": {"deployments[].id"},
    "user.getAuthUser": {"user.uid"},
}


@pytest.fixture(scope="module", params=["team", "personal"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    team = TEAM if request.param == "team" else ""
    with emulated(write_app(tmp_path_factory.mktemp("app")), team=team) as platform:
        yield platform


@pytest.fixture(scope="module")
def sdk(running: Emulated, vercel_clients: Path, node: str) -> Iterator[Sdk]:
    library = Sdk(running, vercel_clients, node)
    yield library
    library.close()


@pytest.fixture
def releases(running: Emulated) -> tuple[str, str, str]:
    """The ids of the first, the good and the bad one, which is live."""
    return running.begin()


def fields(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf and where it is; the places in a list are not told apart by number."""
    if isinstance(value, Mapping) and value:
        for key, each in value.items():
            yield from fields(each, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for each in value:
            yield from fields(each, f"{path}[]")
    else:
        yield path, value


def camel(path: str) -> str:
    """The library's spelling of a field's name."""
    return re.sub(r"-(\w)", lambda found: found[1].upper(), path)


def same(value: Any) -> Any:
    """Times as numbers, however they are written; a field that is null is one that is absent."""
    if isinstance(value, str) and value.endswith("Z"):
        return datetime.fromisoformat(value).astimezone(UTC)
    return repr(value)


def understood(sdk: Sdk, running: Emulated, name: str, **arguments: Any) -> Any:
    """What the library made of the answer, once it is sure that this is all that was sent."""
    answer = sdk.call(name, **arguments, **({"teamId": TEAM} if running.scope else {}))
    assert "error" not in answer, answer
    assert answer["status"] in {200, 201}, answer
    made: dict[str, set[Any]] = {}
    for path, value in fields(answer["parsed"]):
        made.setdefault(path, set()).add(same(value))
    lost = {
        path
        for path, value in fields(answer["raw"])
        if value not in (None, {}, [], "") and same(value) not in made.get(camel(path), set())
    }
    assert lost == BEYOND.get(name, set()), f"sent, and not understood: {sorted(lost)}"
    return answer["parsed"]


def test_a_list_of_deployments(running: Emulated, sdk: Sdk, releases: tuple[str, str, str]) -> None:
    running.deploy(GOOD, target=None)
    running.deploy(GOOD, state="ERROR")
    listed = understood(sdk, running, "deployments.getDeployments", projectId=PROJECT)["deployments"]
    assert [each["uid"] for each in listed][2:] == list(reversed(releases))
    wanted = {"target": "production", "state": "READY", "rollbackCandidate": True, "limit": 1}
    page = understood(sdk, running, "deployments.getDeployments", projectId=PROJECT, **wanted)
    assert [each["uid"] for each in page["deployments"]] == [releases[1]]
    assert page["pagination"]["next"] is not None


@pytest.mark.parametrize("kind", ["live", "staged", "preview", "failed"])
def test_a_deployment(running: Emulated, sdk: Sdk, releases: tuple[str, str, str], kind: str) -> None:
    told: dict[str, Any] = {"staged": {"staged": True}, "preview": {"target": None}, "failed": {"state": "ERROR"}}
    id = releases[2] if kind == "live" else running.deploy(GOOD, **told[kind])  # noqa: A001
    full = understood(sdk, running, "deployments.getDeployment", idOrUrl=id, withGitRepoInfo="true")
    assert (full["id"], full["projectId"], full["plan"], full["ownerId"]) == (
        id, PROJECT, "pro", TEAM if running.scope else "usr_embedded",
    )  # fmt: skip
    assert full["gitSource"]["type"] == "github"
    assert ("team" in full) is bool(running.scope)


def test_a_project(running: Emulated, sdk: Sdk, releases: tuple[str, str, str]) -> None:
    full = understood(sdk, running, "projects.getProject", idOrName="shop")
    assert full["targets"]["production"]["id"] == releases[2]
    (listed,) = understood(sdk, running, "projects.getProjects")["projects"]
    assert listed["id"] == PROJECT
    running.control("PATCH", "/project", {"stages": STAGES, "protection": "all_except_custom_domains"})
    full = understood(sdk, running, "projects.getProject", idOrName=PROJECT)
    assert [each["targetPercentage"] for each in full["rollingRelease"]["stages"]] == STAGES


def test_a_project_that_was_rolled_back(running: Emulated, sdk: Sdk, releases: tuple[str, str, str]) -> None:
    first = {"projectId": PROJECT, "deploymentId": releases[1], "description": "smoke failed"}
    understood(sdk, running, "projects.requestRollback", **first)
    running.settle()
    full = understood(sdk, running, "projects.getProject", idOrName=PROJECT)
    assert full["rollbackDescription"]["description"] == "smoke failed"
    assert (full["targets"]["production"]["id"], full["autoAssignCustomDomains"]) == (releases[1], False)


def test_a_promotion_and_its_domains(running: Emulated, sdk: Sdk, releases: tuple[str, str, str]) -> None:
    understood(sdk, running, "projects.requestPromote", projectId=PROJECT, deploymentId=releases[1])
    running.settle()
    assert running.led() == dict.fromkeys((DOMAIN, ALIAS, OWN), releases[1])
    moved = understood(sdk, running, "projects.listPromoteAliases", projectId=PROJECT)["aliases"]
    assert {(each["alias"], each["status"]) for each in moved} == {(name, "completed") for name in (DOMAIN, ALIAS, OWN)}
    assert understood(sdk, running, "projects.listPromoteAliases", projectId=PROJECT, failedOnly=True)["aliases"] == []


def test_what_is_refused(running: Emulated, sdk: Sdk, releases: tuple[str, str, str]) -> None:
    scope = {"teamId": TEAM} if running.scope else {}
    for name, id, status in (  # noqa: A001
        ("projects.requestPromote", releases[2], 409),
        ("projects.requestRollback", releases[2], 422),
        ("projects.requestRollback", "dpl_nowhere", 404),
    ):
        answer = sdk.call(name, projectId=PROJECT, deploymentId=id, **scope)
        assert (answer["status"], answer["statusCode"]) == (status, status)
        assert set(answer["raw"]["error"]) == {"code", "message"}
    refused = sdk.call("projects.getProject", idOrName=PROJECT, teamId="team_other")
    assert refused["statusCode"] == 403


def test_domains_and_aliases(running: Emulated, sdk: Sdk, releases: tuple[str, str, str]) -> None:
    asked = {"idOrName": PROJECT, "production": "true"}
    domains = understood(sdk, running, "projects.getProjectDomains", **asked)["domains"]
    assert {each["name"] for each in domains} == {DOMAIN, ALIAS, OWN}
    assert understood(sdk, running, "projects.getProjectDomain", idOrName=PROJECT, domain=DOMAIN)["verified"]
    listed = understood(sdk, running, "aliases.listAliases", projectId=PROJECT)["aliases"]
    assert {each["deploymentId"] for each in listed} == {releases[2]}
    assert understood(sdk, running, "aliases.getAlias", idOrAlias=DOMAIN)["deployment"]["id"] == releases[2]
    of_it = understood(sdk, running, "aliases.listDeploymentAliases", id=releases[2])["aliases"]
    assert {each["alias"] for each in of_it} == {DOMAIN, ALIAS, OWN}


def test_a_rolling_release(running: Emulated, sdk: Sdk, releases: tuple[str, str, str]) -> None:
    assert understood(sdk, running, "rollingRelease.getRollingRelease", idOrName=PROJECT)["rollingRelease"] is None
    running.control("PATCH", "/project", {"stages": STAGES})
    config = understood(sdk, running, "rollingRelease.getRollingReleaseConfig", idOrName=PROJECT)
    assert config["rollingRelease"]["target"] == "production"
    billing = understood(sdk, running, "rollingRelease.getRollingReleaseBillingStatus", idOrName=PROJECT)
    assert billing["reason"] == "available_slots"
    canary = running.deploy(GOOD, staged=True)
    step = {"idOrName": PROJECT, "requestBody": {"canaryDeploymentId": canary}}
    started = understood(sdk, running, "rollingRelease.startRollingRelease", **step)["rollingRelease"]
    assert (started["canaryDeployment"]["id"], started["currentDeployment"]["id"]) == (canary, releases[2])
    approval = {"idOrName": PROJECT, "requestBody": {"canaryDeploymentId": canary, "nextStageIndex": 1}}
    approved = understood(sdk, running, "rollingRelease.approveRollingReleaseStage", **approval)["rollingRelease"]
    assert (approved["activeStage"]["index"], approved["nextStage"]["isFinalStage"]) == (1, True)
    ended = understood(sdk, running, "rollingRelease.completeRollingRelease", **step)["rollingRelease"]
    assert ended["state"] == "COMPLETE"
    assert running.state["current"] == canary


def test_checks_and_their_runs(running: Emulated, sdk: Sdk, releases: tuple[str, str, str]) -> None:
    body = {
        "name": "prodworthy",
        "blocks": "deployment-alias",
        "requires": "deployment-url",
        "targets": ["production"],
        "source": {"kind": "webhook"},
    }
    check = understood(sdk, running, "checksV2.createProjectCheck", projectIdOrName=PROJECT, requestBody=body)
    assert check["blocks"] == "deployment-alias"
    named = {"projectIdOrName": PROJECT, "checkId": check["id"]}
    assert understood(sdk, running, "checksV2.getProjectCheck", **named)["id"] == check["id"]
    (listed,) = understood(sdk, running, "checksV2.listProjectChecks", projectIdOrName=PROJECT)["checks"]
    assert listed["id"] == check["id"]
    new = running.deploy(GOOD)
    assert running.state["current"] == releases[2]
    held = understood(sdk, running, "deployments.getDeployment", idOrUrl=new)
    assert held["checks"]["deploymentAlias"]["state"] == "pending"
    (run,) = understood(sdk, running, "checksV2.listDeploymentCheckRuns", deploymentId=new)["runs"]
    which = {"deploymentId": new, "checkRunId": run["id"]}
    passed = {"status": "completed", "conclusion": "succeeded", "conclusionText": "sound"}
    done = understood(sdk, running, "checksV2.updateDeploymentCheckRun", **which, requestBody=passed)
    assert (done["status"], done["conclusion"]) == ("completed", "succeeded")
    assert understood(sdk, running, "checksV2.getDeploymentCheckRun", **which)["conclusion"] == "succeeded"
    (one,) = understood(sdk, running, "checksV2.listCheckRuns", **named)["runs"]
    assert one["id"] == run["id"]
    assert running.state["current"] == new
    understood(sdk, running, "deployments.getDeployment", idOrUrl=new)
    again = {"deploymentId": new, "requestBody": {"checkId": check["id"]}}
    assert understood(sdk, running, "checksV2.createDeploymentCheckRun", **again)["status"] == "queued"


def test_the_first_kind_of_checks(running: Emulated, sdk: Sdk, releases: tuple[str, str, str]) -> None:
    assert understood(sdk, running, "checks.getAllChecks", deploymentId=releases[2])["checks"] == []
    scope = {"teamId": TEAM} if running.scope else {}
    body = {"name": "x", "blocking": True}
    refused = sdk.call("checks.createCheck", deploymentId=releases[2], requestBody=body, **scope)
    assert (refused["status"], refused["raw"]["error"]["code"]) == (400, "bad_request")


def test_variables_and_the_bypass(running: Emulated, sdk: Sdk, releases: tuple[str, str, str]) -> None:
    envs = understood(sdk, running, "projects.filterProjectEnvs", idOrName=PROJECT)["envs"]
    assert [each["key"] for each in envs] == ["VERCEL_AUTOMATION_BYPASS_SECRET"]
    made = understood(sdk, running, "projects.updateProjectProtectionBypass", idOrName=PROJECT, requestBody={})
    assert [each["scope"] for each in made["protectionBypass"].values()] == ["automation-bypass"]
    body = {"ssoProtection": {"deploymentType": "all"}}
    changed = understood(sdk, running, "projects.updateProject", idOrName=PROJECT, requestBody=body)
    assert changed["ssoProtection"]["deploymentType"] == "all"


def test_who_asks(running: Emulated, sdk: Sdk, releases: tuple[str, str, str]) -> None:
    user = understood(sdk, running, "user.getAuthUser")["user"]
    assert user["id"] == "usr_embedded"
    assert "limited" not in user
    listed = understood(sdk, running, "teams.getTeams")["teams"]
    assert [each["id"] for each in listed] == ([TEAM] if running.scope else [])
    if running.scope:
        assert understood(sdk, running, "teams.getTeam")["slug"] == "embedded"
