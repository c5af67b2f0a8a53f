"""The vendor's own command line against the emulated platform: its exit code, what it asked, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from prodworthy.model.network import HOST
from tests.oracles.vercel.emulated import (
    ALIAS,
    BAD,
    DOMAIN,
    GOOD,
    OLD,
    OWN,
    CommandLine,
    Emulated,
    emulated,
    write_app,
)

pytestmark = pytest.mark.long

PROJECT = HOST["project"]
USER = ["GET /v2/user"]


@pytest.fixture(scope="module", params=["team", "personal"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    team = HOST["team"] if request.param == "team" else ""
    with emulated(write_app(tmp_path_factory.mktemp("app")), team=team) as platform:
        yield platform


@pytest.fixture(scope="module")
def cli(vercel_clients: Path, node: str, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    program = vercel_clients / "node_modules" / "vercel" / "dist" / "vc.js"
    return CommandLine(program=program, home=tmp_path_factory.mktemp("home"), node=node)


@pytest.fixture
def releases(running: Emulated) -> tuple[str, str, str]:
    """The ids of the first, the good and the bad one, which is live."""
    made = running.begin()
    running.control("DELETE", "/log")
    return made


def who(platform: Emulated) -> list[str]:
    """What is asked first of all."""
    return [*USER, "GET /v1/teams"] if platform.scope else USER


def without_polls(asked: list[str]) -> list[str]:
    """Each call once for as long as it is repeated."""
    return [each for index, each in enumerate(asked) if index == 0 or asked[index - 1] != each]


Way = Callable[[Emulated, str], str]
TEAMS = pytest.mark.parametrize("running", ["team"], indirect=True, scope="module")  # what only a team has
WAYS = [
    pytest.param(lambda _, deployment: deployment, id="by-id"),
    pytest.param(lambda platform, deployment: f"https://{platform.host(deployment)}", id="by-url"),
]


def test_it_lists_every_deployment(running: Emulated, cli: CommandLine, releases: tuple[str, str, str]) -> None:
    ended = cli.run(running, "ls", "shop", "-F", "json")
    assert ended.returncode == 0, ended.stderr
    listed = json.loads(ended.stdout)["deployments"]
    assert [each["id"] for each in listed] == list(reversed(releases))
    assert [each["meta"]["githubCommitSha"] for each in listed] == [BAD, GOOD, OLD]
    assert {(each["state"], each["target"]) for each in listed} == {("READY", "production")}
    assert [each for each in running.asked if each not in who(running)] == [
        "GET /v9/projects/shop",
        "GET /v6/deployments",
    ]


def test_it_lists_page_by_page(running: Emulated, cli: CommandLine, releases: tuple[str, str, str]) -> None:
    for _ in range(20):
        running.deploy(GOOD, staged=True)
    first = json.loads(cli.run(running, "ls", "shop", "-F", "json").stdout)
    assert len(first["deployments"]) == 20
    rest = cli.run(running, "ls", "shop", "-F", "json", "--next", str(first["pagination"]["next"]))
    assert [each["id"] for each in json.loads(rest.stdout)["deployments"]] == list(reversed(releases))


@pytest.mark.parametrize("name", ["id", "host", "domain"])
def test_it_inspects_by_every_name(
    running: Emulated, cli: CommandLine, releases: tuple[str, str, str], name: str
) -> None:
    bad = releases[2]
    ended = cli.run(running, "inspect", {"id": bad, "host": running.host(bad), "domain": DOMAIN}[name], "--json")
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert (told["id"], told["readyState"], told["aliases"]) == (bad, "READY", [DOMAIN, ALIAS, OWN])
    assert [build["deploymentId"] for build in told["builds"]] == [bad]
    assert running.asked[-1] == f"GET /v11/deployments/{bad}/builds"


def test_it_shows_the_log_of_a_build(running: Emulated, cli: CommandLine, releases: tuple[str, str, str]) -> None:
    ended = cli.run(running, "inspect", DOMAIN, "--logs")
    assert ended.returncode == 0, ended.stderr
    assert "Build Completed" in ended.stderr + ended.stdout
    assert running.asked[-1] == f"GET /v3/now/deployments/{releases[2]}/events"


def test_it_lists_the_checks(running: Emulated, cli: CommandLine, releases: tuple[str, str, str]) -> None:
    ended = cli.run(running, "project", "checks", "shop", "-F", "json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {"checks": []}


@pytest.mark.parametrize("way", WAYS)
def test_it_rolls_back(running: Emulated, cli: CommandLine, releases: tuple[str, str, str], way: Way) -> None:
    _, good, _ = releases
    name = way(running, good)
    ended = cli.run(running, "rollback", name)
    assert ended.returncode == 0, ended.stderr
    assert f"Success! shop was rolled back to {running.host(good)} ({good})" in ended.stderr
    looked = [
        *who(running),
        f"GET /v13/deployments/{name.removeprefix('https://')}",
        f"GET /v9/projects/{PROJECT}",
        f"POST /v9/projects/{PROJECT}/rollback/{good}",
        f"GET /v9/projects/{PROJECT}",
        f"GET /v13/deployments/{good}",
    ]
    assert without_polls(running.asked) == looked
    state = running.state
    assert (state["current"], state["auto_assign"], state["last_job"]["status"]) == (good, False, "succeeded")
    assert running.led() == dict.fromkeys((DOMAIN, ALIAS, OWN), good)


@pytest.mark.parametrize("way", WAYS)
def test_it_promotes(running: Emulated, cli: CommandLine, releases: tuple[str, str, str], way: Way) -> None:
    new = running.deploy(GOOD, staged=True)
    assert running.state["current"] == releases[2]
    ended = cli.run(running, "promote", way(running, new), "--yes")
    assert ended.returncode == 0, ended.stderr
    assert "Success!" in ended.stderr
    assert new in ended.stderr
    assert running.posts == [f"/v10/projects/{PROJECT}/promote/{new}"]
    assert (running.state["current"], running.state["auto_assign"]) == (new, True)
    assert running.led() == dict.fromkeys((DOMAIN, ALIAS, OWN), new)


def test_it_promotes_a_preview_by_building_it_anew(
    running: Emulated, cli: CommandLine, releases: tuple[str, str, str]
) -> None:
    preview = running.deploy(GOOD, target=None)
    ended = cli.run(running, "promote", preview, "--yes")
    assert ended.returncode == 0, ended.stderr
    assert running.posts == ["/v13/deployments"]
    state = running.state
    assert state["current"] not in {preview, releases[2]}
    assert state["deployments"][state["current"]]["commit"] == GOOD


def test_it_tells_of_a_rollback(running: Emulated, cli: CommandLine, releases: tuple[str, str, str]) -> None:
    _, good, _ = releases
    assert "No deployment rollback in progress" in cli.run(running, "rollback", "status", "shop").stderr
    assert cli.run(running, "rollback", good).returncode == 0
    running.control("DELETE", "/log")
    ended = cli.run(running, "rollback", "status", "shop")
    assert ended.returncode == 0, ended.stderr
    assert f"was rolled back to {running.host(good)}" in ended.stderr
    assert running.posts == []


def test_it_names_the_domains_that_failed(running: Emulated, cli: CommandLine, releases: tuple[str, str, str]) -> None:
    _, good, _ = releases
    running.control("PUT", "/faults", {"job_failed": True, "partial": [ALIAS]})
    ended = cli.run(running, "rollback", good)
    assert ended.returncode == 1
    assert ALIAS in ended.stderr
    assert f"GET /v9/projects/{PROJECT}/rollback/aliases" in running.asked
    assert running.led()[ALIAS] == releases[2]


def test_it_is_told_what_is_current_already(
    running: Emulated, cli: CommandLine, releases: tuple[str, str, str]
) -> None:
    bad = releases[2]
    for command, sentence in (("promote", "already the current production deployment (409)"), ("rollback", "(422)")):
        ended = cli.run(running, command, bad)
        assert ended.returncode == 1
        assert sentence in ended.stderr
    assert running.state["last_job"] is None


def test_it_is_told_of_the_plans_limit(running: Emulated, cli: CommandLine, releases: tuple[str, str, str]) -> None:
    running.control("PATCH", "/project", {"plan": "hobby"})
    ended = cli.run(running, "rollback", releases[0])
    assert ended.returncode == 1
    assert "To roll back further than the previous production deployment, upgrade to pro" in ended.stderr
    assert running.state["current"] == releases[2]


def test_it_is_told_that_a_token_is_not_good(
    running: Emulated, cli: CommandLine, releases: tuple[str, str, str]
) -> None:
    ended = cli.run(running, "rollback", releases[1], token="vcp_other")
    assert ended.returncode == 1
    refused = "do not have access to the specified account" if running.scope else "is not valid. Please provide a valid"
    assert refused in ended.stderr
    assert running.posts == []


@TEAMS
def test_without_its_team_it_finds_a_deployment_that_is_not_its_own(
    running: Emulated, cli: CommandLine, releases: tuple[str, str, str]
) -> None:
    ended = cli.run(running, "rollback", releases[1], scope=())
    assert ended.returncode == 1
    assert "Deployment belongs to a different team" in ended.stderr
    assert running.posts == []


@TEAMS
def test_it_reads_approves_and_completes_a_rolling_release(
    running: Emulated, cli: CommandLine, releases: tuple[str, str, str]
) -> None:
    running.control("PATCH", "/project", {"stages": [10, 50, 100]})
    canary = running.deploy(GOOD)
    assert running.state["current"] == releases[2]
    fetched = told_on_stderr(rolling(cli, running, "fetch"))
    assert (fetched["canaryDeployment"]["id"], fetched["activeStage"]["targetPercentage"]) == (canary, 10)
    approved = rolling(cli, running, "approve", f"--dpl={canary}", "--currentStageIndex=0")
    assert approved.returncode == 0, approved.stderr
    assert running.state["rollout"]["stage"] == 1
    completed = rolling(cli, running, "complete", f"--dpl={canary}")
    assert completed.returncode == 0, completed.stderr
    assert running.state["current"] == canary


@TEAMS
def test_it_aborts_a_rolling_release_by_its_base(
    running: Emulated, cli: CommandLine, releases: tuple[str, str, str]
) -> None:
    running.control("PATCH", "/project", {"stages": [10, 100]})
    running.deploy(GOOD)
    ended = rolling(cli, running, "abort", f"--dpl={releases[2]}")
    assert ended.returncode == 0, ended.stderr
    running.settle()
    assert (running.state["rollout"]["state"], running.state["current"]) == ("ABORTED", releases[2])


@TEAMS
def test_a_promotion_in_stages_is_none_yet(running: Emulated, cli: CommandLine, releases: tuple[str, str, str]) -> None:
    new, newer = (running.deploy(GOOD, staged=True) for _ in range(2))
    running.control("PATCH", "/project", {"stages": [10, 100]})
    ended = cli.run(running, "promote", new)
    assert ended.returncode == 0, ended.stderr
    assert "Rolling Release serving traffic at initial percentage 10" in ended.stderr
    assert running.state["current"] == releases[2]
    ended = cli.run(running, "promote", newer)
    assert ended.returncode == 0, ended.stderr
    assert "queued" in ended.stderr
    assert running.state["rollout"]["queued"] == newer


def rolling(cli: CommandLine, running: Emulated, *arguments: str) -> Any:
    """These commands want a folder that is linked to the project."""
    folder = cli.home / ".vercel"
    folder.mkdir(exist_ok=True)
    state = running.state
    linked = {"projectId": state["id"], "orgId": state["team"], "projectName": state["name"]}
    (folder / "project.json").write_text(json.dumps(linked))
    try:
        return cli.run(running, "rolling-release", *arguments)
    finally:
        (folder / "project.json").unlink()


def told_on_stderr(ended: Any) -> Any:
    """The JSON among what it says to people."""
    assert ended.returncode == 0, ended.stderr
    text = ended.stderr
    return json.loads(text[text.index("{") : text.rindex("}") + 1])
