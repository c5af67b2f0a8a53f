"""The emulated platform's API, route by route; what its vendor's own clients make of it is asked in tests/oracles."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from prodworthy.local.edge import Build, Edge
from prodworthy.local.vercel import limits, service
from prodworthy.local.vercel.limits import Counter, Limit
from prodworthy.local.vercel.platform import Platform
from prodworthy.local.vercel.service import ROUTES, Service
from prodworthy.local.vercel.state import Check, CheckRun
from prodworthy.model.network import HOST

TEAM = {"teamId": HOST["team"]}
PROJECT = HOST["project"]
DOMAINS = ("shop.test", "www.shop.test")
OWN = "shop.vercel.app"


class Cloud:
    """A platform with three releases, the last of them live, and its API without a server."""

    def __init__(self, stack: ExitStack, **settings: str) -> None:
        self._runner = stack.enter_context(asyncio.Runner())
        self.platform = Platform(Edge(), settings={"switch": "0.02"} | settings, domains=DOMAINS)
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=Service(self.platform)), base_url="https://api.vercel.com"
        )
        stack.callback(lambda: self._runner.run(self._client.aclose()))
        self.team = {"teamId": settings.get("team", HOST["team"])} if settings.get("team", HOST["team"]) else {}
        self.deploy("dpl_old", at=1_000, commit="a" * 40, message="first", author="alice")
        self.deploy("dpl_good", at=2_000, commit="b" * 40, branch="main")
        self.deploy("dpl_bad", at=3_000, commit="c" * 40, branch="fix")

    def deploy(self, id: str, **told: Any) -> None:  # noqa: A002
        build = Build(id=id, host=f"{id.removeprefix('dpl_')}-embedded.vercel.app", files={})

        async def deploying() -> None:
            self.platform.deploy(build, **told)

        self._runner.run(deploying())

    def ask(self, path: str, method: str = "GET", *, token: str | None = "", **request: Any) -> httpx.Response:
        query = request.pop("params", {})
        headers = {} if token is None else {"authorization": f"Bearer {token or self.platform.token}"}
        scope = request.pop("scope", self.team)
        return self._runner.run(
            self._client.request(method, path, params={**scope, **query}, headers=headers, **request)
        )

    def told(self, path: str, **params: Any) -> Any:
        answered = self.ask(path, params=params)
        assert answered.status_code == 200, answered.text
        assert answered.headers["content-type"].startswith("application/json")
        return answered.json()

    def post(self, path: str, body: Any = None, method: str = "POST", **params: Any) -> httpx.Response:
        return self.ask(path, method, params=params, json={} if body is None else body)

    def settle(self) -> None:
        """Waits for the last job to end."""

        async def waiting() -> None:
            while (job := self.platform.state.last_job) and job.active:  # noqa: ASYNC110
                await asyncio.sleep(0.005)

        self._runner.run(waiting())


@pytest.fixture
def made() -> Iterator[Callable[..., Cloud]]:
    with ExitStack() as stack:
        yield lambda **settings: Cloud(stack, **settings)


@pytest.fixture
def cloud(made: Callable[..., Cloud]) -> Cloud:
    return made()


def refusal(answered: httpx.Response) -> tuple[int, str]:
    assert set(answered.json()) == {"error"}
    return answered.status_code, answered.json()["error"]["code"]


# who asks


def test_a_request_without_a_token_is_told_so(cloud: Cloud) -> None:
    answered = cloud.ask("/v2/user", token=None)
    assert refusal(answered) == (403, "forbidden")
    assert answered.json()["error"]["missingToken"] is True


def test_a_token_that_is_not_known_is_refused_like_a_wrong_scope(cloud: Cloud) -> None:
    answered = cloud.ask("/v2/user", token="vcp_other")
    assert refusal(answered) == (403, "forbidden")
    assert answered.json()["error"]["invalidToken"] is True
    assert "vcp_" not in answered.text


@pytest.mark.parametrize("scope", [{"teamId": "team_other"}, {"slug": "other"}])
def test_another_team_is_refused_by_name(cloud: Cloud, scope: dict[str, str]) -> None:
    answered = cloud.ask(f"/v9/projects/{PROJECT}", scope=scope)
    assert answered.status_code == 403
    message = answered.json()["error"]["message"]
    assert message.startswith("Not authorized: Trying to access resource under scope")
    assert (scope.get("slug") or scope["teamId"]) in message


def test_a_team_is_named_by_its_slug_as_well(cloud: Cloud) -> None:
    assert cloud.ask(f"/v9/projects/{PROJECT}", scope={"slug": "embedded"}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        f"/v9/projects/{PROJECT}",
        f"/v9/projects/{PROJECT}/domains",
        f"/v1/projects/{PROJECT}/rolling-release",
        "/v4/aliases/shop.test",
        "/v2/deployments/dpl_bad/check-runs",
    ],
)
def test_a_teams_objects_do_not_exist_for_the_personal_account(cloud: Cloud, path: str) -> None:
    assert cloud.ask(path).status_code == 200
    assert refusal(cloud.ask(path, scope={})) == (404, "not_found")


def test_a_deployment_says_which_team_it_is_of_to_those_who_forgot_to_name_it(cloud: Cloud) -> None:
    told = cloud.ask("/v13/deployments/dpl_bad", scope={}).json()
    assert told["team"]["id"] == TEAM["teamId"]
    assert cloud.ask("/v7/deployments", scope={}).json()["deployments"] == []


def test_a_personal_project_is_of_no_team(made: Callable[..., Cloud]) -> None:
    cloud = made(team="")
    assert "team" not in cloud.told("/v13/deployments/dpl_bad")
    assert cloud.told(f"/v9/projects/{PROJECT}")["accountId"] == "usr_embedded"
    assert cloud.told("/v2/teams")["teams"] == []
    assert cloud.ask(f"/v9/projects/{PROJECT}", scope=TEAM).status_code == 403


def test_the_team_is_found_by_id_and_slug_with_and_without_a_version(cloud: Cloud) -> None:
    (listed,) = cloud.told("/v1/teams")["teams"]
    for path in ("/teams/team_embedded", "/v2/teams/embedded", "/v1/teams/embedded"):
        assert cloud.told(path) == listed
    assert refusal(cloud.ask("/teams/team_other")) == (404, "not_found")
    assert cloud.told("/v2/user")["user"]["username"] == "embedded"


# routes


def test_an_unknown_route_is_loud(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, service.__name__):
        answered = cloud.ask(f"/v9/projects/{PROJECT}/nonsense")
    assert refusal(answered) == (404, "not_found")
    assert "nonsense" in answered.json()["error"]["message"]
    assert "nonsense" in caplog.text


@pytest.mark.parametrize("path", ["/v12/deployments", "/v1/projects/shop", "/deployments", "/v0009/projects/shop"])
def test_a_version_that_does_not_exist_is_an_unknown_route(cloud: Cloud, path: str) -> None:
    assert refusal(cloud.ask(path)) == (404, "not_found")


def test_no_two_routes_mean_the_same_request() -> None:
    for route in ROUTES:
        example = route.path.replace("{", "x").replace("}", "x")
        matching = [
            other
            for other in ROUTES
            if other.method == route.method
            and set(other.versions) & set(route.versions)
            and other.named(example) is not None
        ]
        assert matching == [route], example


# deployments


def ids(answer: Any) -> list[str]:
    return [each["uid"] for each in answer["deployments"]]


@pytest.mark.parametrize("version", ["v6", "v7"])
def test_deployments_are_listed_the_newest_first(cloud: Cloud, version: str) -> None:
    answer = cloud.told(f"/{version}/deployments", projectId=PROJECT)
    assert ids(answer) == ["dpl_bad", "dpl_good", "dpl_old"]
    assert answer["pagination"] == {"count": 3, "next": None, "prev": None}
    assert [each["id"] for each in answer["deployments"]] == ids(answer)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"projectId": "shop"}, ["dpl_preview", "dpl_bad", "dpl_good", "dpl_old"]),
        ({"projectId": "prj_other"}, ["dpl_foreign"]),
        ({"app": "shop"}, ["dpl_preview", "dpl_bad", "dpl_good", "dpl_old"]),
        ({"target": "production", "projectId": PROJECT}, ["dpl_bad", "dpl_good", "dpl_old"]),
        ({"target": "preview"}, ["dpl_preview"]),
        ({"state": "ERROR,BUILDING"}, []),
        ({"state": "READY", "rollbackCandidate": "true"}, ["dpl_good", "dpl_old"]),
        ({"branch": "fix"}, ["dpl_bad"]),
        ({"sha": "a" * 40}, ["dpl_old"]),
        ({"meta-githubCommitSha": "b" * 40}, ["dpl_good"]),
        ({"since": "1000", "until": "3000"}, ["dpl_good"]),
        ({"limit": "1", "target": "production", "projectId": PROJECT}, ["dpl_bad"]),
    ],
    ids=str,
)
def test_lists_of_deployments_are_filtered(cloud: Cloud, params: dict[str, str], expected: list[str]) -> None:
    cloud.deploy("dpl_preview", target=None, at=4_000)
    cloud.deploy("dpl_foreign", project="prj_other", at=5_000)
    assert ids(cloud.told("/v7/deployments", **params)) == expected


def test_pages_lead_to_every_deployment_once(cloud: Cloud) -> None:
    for number in range(5):
        cloud.deploy(f"dpl_{number}", at=10_000)
    seen, until = [], {}
    while True:
        answer = cloud.told("/v7/deployments", limit=3, **until)
        seen += ids(answer)
        if answer["pagination"]["next"] is None:
            break
        until = {"until": answer["pagination"]["next"]}
    assert len(seen) == len(set(seen)) == 8


@pytest.mark.parametrize("limit", ["0", "101", "many"])
def test_a_page_has_at_most_a_hundred(cloud: Cloud, limit: str) -> None:
    assert refusal(cloud.ask("/v7/deployments", params={"limit": limit})) == (400, "bad_request")


@pytest.mark.parametrize("name", ["dpl_bad", "bad-embedded.vercel.app", "shop.test", "www.shop.test", OWN])
def test_a_deployment_is_found_by_every_name(cloud: Cloud, name: str) -> None:
    told = cloud.told(f"/v13/deployments/{name}", withGitRepoInfo="true")
    assert (told["id"], told["plan"], told["version"]) == ("dpl_bad", "pro", 2)
    assert told["gitSource"]["sha"] == told["meta"]["githubCommitSha"] == "c" * 40
    assert told["alias"] == [*DOMAINS, OWN]


def test_a_staged_deployment_has_no_alias_and_is_told_so(cloud: Cloud) -> None:
    cloud.deploy("dpl_new", staged=True)
    told = cloud.told("/v13/deployments/dpl_new")
    assert (told["readySubstate"], told["aliasAssigned"], told["alias"]) == ("STAGED", False, [])


def test_what_is_deleted_is_gone_and_only_lists_still_tell_of_it(cloud: Cloud) -> None:
    cloud.platform.state.deployments["dpl_old"].deleted = True
    assert cloud.ask("/v13/deployments/dpl_old").status_code == 410
    (listed,) = cloud.told("/v7/deployments", state="DELETED")["deployments"]
    assert (listed["uid"], listed["state"], listed["softDeletedByRetention"]) == ("dpl_old", "DELETED", True)
    assert refusal(cloud.ask("/v13/deployments/dpl_nowhere")) == (404, "not_found")


def test_builds_events_and_aliases_of_a_deployment(cloud: Cloud) -> None:
    (build,) = cloud.told("/v11/deployments/dpl_bad/builds")["builds"]
    assert (build["deploymentId"], build["readyState"]) == ("dpl_bad", "READY")
    assert {each["type"] for each in cloud.told("/v3/deployments/dpl_bad/events")} == {"stdout", "alias-assigned"}
    lines = cloud.ask("/v3/now/deployments/dpl_bad/events", params={"format": "lines", "follow": ""}).text.splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["stdout", "alias-assigned"]
    followed = cloud.ask("/v3/deployments/dpl_bad/events", params={"follow": "1"})
    assert followed.headers["content-type"] == "application/stream+json"
    assert [each["alias"] for each in cloud.told("/v2/deployments/dpl_bad/aliases")["aliases"]] == [*DOMAINS, OWN]


def test_an_alias_is_found_by_host_and_by_id(cloud: Cloud) -> None:
    cloud.platform.state.aliases["old.shop.test"] = "dpl_old"
    told = cloud.told("/v4/aliases/old.shop.test")
    assert (told["deploymentId"], told["deployment"]["id"], told["projectId"]) == ("dpl_old", "dpl_old", PROJECT)
    assert cloud.told(f"/v4/aliases/{told['uid']}") == told
    listed = cloud.told("/v4/aliases", projectId=PROJECT)["aliases"]
    assert {each["alias"] for each in listed} == {*DOMAINS, OWN, "old.shop.test"}
    assert len(cloud.told("/v4/aliases", rollbackDeploymentId="dpl_old")["aliases"]) == 3
    assert cloud.told("/v4/aliases", domain="old.shop.test")["pagination"]["count"] == 1
    assert refusal(cloud.ask("/v4/aliases/nowhere.test")) == (404, "not_found")


# the project


def test_the_last_job_is_told_to_those_who_ask_for_it_alone(cloud: Cloud) -> None:
    cloud.post(f"/v9/projects/{PROJECT}/rollback/dpl_good")
    cloud.settle()
    assert "lastAliasRequest" not in cloud.told(f"/v9/projects/{PROJECT}")
    told = cloud.told("/v9/projects/shop", rollbackInfo="true")["lastAliasRequest"]
    assert told.pop("requestedAt") > 0
    assert told == {
        "type": "rollback", "jobStatus": "succeeded", "fromDeploymentId": "dpl_bad", "toDeploymentId": "dpl_good",
    }  # fmt: skip


def test_the_project_is_listed_to_its_account_alone(cloud: Cloud) -> None:
    assert [each["id"] for each in cloud.told("/v10/projects")["projects"]] == [PROJECT]
    assert cloud.ask("/v9/projects", scope={}).json()["projects"] == []


def test_a_project_tells_what_is_current_and_holds_its_secret_as_a_key(cloud: Cloud) -> None:
    told = cloud.told(f"/v9/projects/{PROJECT}")
    assert told["targets"]["production"]["id"] == "dpl_bad"
    assert list(told["protectionBypass"]) == [HOST["bypass"]]
    assert (told["autoAssignCustomDomains"], told["rollingRelease"], told["lastRollbackTarget"]) == (True, None, None)
    assert "rollbackDescription" not in told
    assert refusal(cloud.ask("/v9/projects/other")) == (404, "not_found")


def test_the_settings_that_exist_are_changed_and_others_refused(cloud: Cloud) -> None:
    body = {"autoAssignCustomDomains": False, "ssoProtection": {"deploymentType": "all"}}
    told = cloud.post(f"/v9/projects/{PROJECT}", body, "PATCH").json()
    assert (told["autoAssignCustomDomains"], told["ssoProtection"]) == (False, {"deploymentType": "all"})
    for wrong in ({"nonsense": 1}, {"autoAssignCustomDomains": "no"}, {"ssoProtection": {"deploymentType": "x"}}, [1]):
        assert cloud.post(f"/v9/projects/{PROJECT}", wrong, "PATCH").status_code == 400
    assert cloud.ask(f"/v9/projects/{PROJECT}", "PATCH", content=b"{").status_code == 400


def test_domains_that_redirect_can_be_left_out(cloud: Cloud) -> None:
    cloud.platform.state.domains["www.shop.test"].redirect = "shop.test"
    cloud.platform.state.domains["shop.test"].verified = False
    told = cloud.told(f"/v9/projects/{PROJECT}/domains", production="true")["domains"]
    assert {(each["name"], each["redirect"], each["verified"]) for each in told} == {
        ("shop.test", None, False), ("www.shop.test", "shop.test", True), (OWN, None, True),
    }  # fmt: skip
    assert {each["name"]: each["apexName"] for each in told} == dict.fromkeys(DOMAINS, "shop.test") | {
        OWN: "vercel.app"
    }
    names = [each["name"] for each in cloud.told(f"/v9/projects/{PROJECT}/domains", redirects="false")["domains"]]
    assert names == [OWN, "shop.test"]
    assert cloud.told(f"/v9/projects/{PROJECT}/domains", target="preview")["domains"] == []
    assert cloud.told(f"/v9/projects/{PROJECT}/domains/www.shop.test")["redirect"] == "shop.test"
    assert refusal(cloud.ask(f"/v9/projects/{PROJECT}/domains/other.test")) == (404, "not_found")


def test_domains_come_in_pages(cloud: Cloud) -> None:
    first = cloud.told(f"/v9/projects/{PROJECT}/domains", limit=2)
    second = cloud.told(f"/v9/projects/{PROJECT}/domains", limit=2, until=first["pagination"]["next"])
    assert [len(each["domains"]) for each in (first, second)] == [2, 1]
    assert {each["name"] for page in (first, second) for each in page["domains"]} == {*DOMAINS, OWN}
    assert second["pagination"]["next"] is None


@pytest.mark.parametrize("version", ["v9", "v10"])
def test_variables_are_listed_without_their_values(cloud: Cloud, version: str) -> None:
    answered = cloud.ask(f"/{version}/projects/{PROJECT}/env", params={"decrypt": "true"})
    assert [each["key"] for each in answered.json()["envs"]] == ["VERCEL_AUTOMATION_BYPASS_SECRET"]
    assert HOST["bypass"] not in answered.text


def test_a_bypass_secret_is_generated_revoked_and_chosen(cloud: Cloud) -> None:
    path = f"/v1/projects/{PROJECT}/protection-bypass"
    (made,) = cloud.post(path, {}, "PATCH").json()["protectionBypass"]
    assert made == cloud.platform.state.bypass != HOST["bypass"]
    revoked = cloud.post(path, {"revoke": {"secret": made, "regenerate": False}}, "PATCH")
    assert revoked.json()["protectionBypass"] == {}
    assert cloud.post(path, {"revoke": {"secret": made, "regenerate": True}}, "PATCH").status_code == 404
    assert list(cloud.post(path, {"generate": {"secret": "x" * 32}}, "PATCH").json()["protectionBypass"]) == ["x" * 32]
    assert cloud.post(path, {"generate": {"secret": "short"}}, "PATCH").status_code == 400
    assert cloud.post(path, {"nonsense": {}}, "PATCH").status_code == 400


# moving production


@pytest.mark.parametrize("version", ["v1", "v9"])
def test_a_rollback_is_accepted_with_its_reason_and_carried_out_later(cloud: Cloud, version: str) -> None:
    answered = cloud.post(f"/{version}/projects/{PROJECT}/rollback/dpl_good", description="smoke failed")
    assert (answered.status_code, answered.content) == (201, b"")
    assert cloud.platform.state.current == "dpl_bad"
    cloud.settle()
    told = cloud.told(f"/v9/projects/{PROJECT}")
    assert told["targets"]["production"]["id"] == "dpl_good"
    assert told["rollbackDescription"]["description"] == "smoke failed"
    assert told["autoAssignCustomDomains"] is False
    assert cloud.told("/v13/deployments/shop.test")["id"] == "dpl_good"


@pytest.mark.parametrize("version", ["v1", "v9", "v10"])
def test_a_promotion_is_accepted_and_carried_out_later(cloud: Cloud, version: str) -> None:
    cloud.deploy("dpl_new", staged=True)
    answered = cloud.post(f"/{version}/projects/shop/promote/dpl_new")
    assert (answered.status_code, answered.content) == (201, b"")
    cloud.settle()
    assert cloud.platform.state.current == "dpl_new"


def test_the_reason_can_be_said_better_afterwards(cloud: Cloud) -> None:
    path = f"/v1/projects/{PROJECT}/rollback/dpl_good/update-description"
    assert cloud.post(path, {"description": "x"}, "PATCH").status_code == 404
    cloud.post(f"/v1/projects/{PROJECT}/rollback/dpl_good", description="hasty")
    cloud.settle()
    assert cloud.post(path, {"description": "x" * 251}, "PATCH").status_code == 400
    assert cloud.post(path, {"description": "the cart was empty"}, "PATCH").status_code == 200
    assert cloud.told(f"/v9/projects/{PROJECT}")["rollbackDescription"]["description"] == "the cart was empty"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("rollback/dpl_bad", 422),
        ("promote/dpl_bad", 409),
        ("rollback/dpl_nowhere", 404),
        ("rollback/dpl_staged", 422),
        ("rollback/dpl_preview", 422),
        ("promote/dpl_preview", 422),
        ("rollback/dpl_foreign", 404),
    ],
)
def test_what_cannot_be_moved_is_refused_in_the_platforms_shape(cloud: Cloud, path: str, expected: int) -> None:
    cloud.deploy("dpl_staged", staged=True, at=4_000)
    cloud.deploy("dpl_preview", target=None, at=5_000)
    cloud.deploy("dpl_foreign", project="prj_other", at=6_000)
    assert refusal(cloud.post(f"/v9/projects/{PROJECT}/{path}"))[0] == expected
    assert cloud.platform.state.last_job is None


def test_the_hobby_plan_goes_back_one_step(made: Callable[..., Cloud]) -> None:
    cloud = made(plan="hobby")
    answered = cloud.post(f"/v9/projects/{PROJECT}/rollback/dpl_old")
    assert answered.status_code == 402
    assert "upgrade to pro" in answered.json()["error"]["message"]
    assert cloud.post(f"/v9/projects/{PROJECT}/rollback/dpl_good").status_code == 201


def test_the_last_jobs_domains_are_told_in_both_shapes(cloud: Cloud) -> None:
    cloud.platform.faults.partial = ("www.shop.test",)
    cloud.platform.faults.job_failed = True
    cloud.post(f"/v9/projects/{PROJECT}/rollback/dpl_good")
    cloud.settle()
    (failed,) = cloud.told(f"/v9/projects/{PROJECT}/rollback/aliases", failedOnly="true", limit=20)["aliases"]
    assert (failed["alias"]["alias"], failed["status"]) == ("www.shop.test", "failed")
    assert cloud.told(f"/v1/projects/{PROJECT}/promote/aliases")["aliases"] == []
    cloud.platform.faults.partial, cloud.platform.faults.job_failed = (), False
    cloud.post(f"/v10/projects/{PROJECT}/promote/dpl_bad")
    cloud.settle()
    flat = cloud.told(f"/v1/projects/{PROJECT}/promote/aliases")["aliases"]
    assert {(each["alias"], each["status"]) for each in flat} == {(name, "completed") for name in (*DOMAINS, OWN)}
    nested = cloud.told(f"/v9/projects/{PROJECT}/promote/aliases")["aliases"]
    assert {each["alias"]["deploymentId"] for each in nested} == {"dpl_bad"}


# rolling releases

ROLLING = f"/v1/projects/{PROJECT}/rolling-release"
STAGES = {"stages": [{"targetPercentage": 10}, {"targetPercentage": 50}, {"targetPercentage": 100}]}


def test_a_plan_without_rolling_releases_is_refused_the_look_at_one(cloud: Cloud) -> None:
    cloud.platform.state.plan = "hobby"
    assert refusal(cloud.ask(ROLLING, params={"state": "ACTIVE"})) == (403, "forbidden")
    assert cloud.told(f"/v9/projects/{PROJECT}")["rollingRelease"] is None
    cloud.platform.state.plan = "pro"
    assert cloud.told(ROLLING) == {"rollingRelease": None}


def test_a_rolling_release_goes_through_its_stages(cloud: Cloud) -> None:
    assert cloud.told(ROLLING) == {"rollingRelease": None}
    assert cloud.post(f"{ROLLING}/config", STAGES, "PATCH").status_code == 200
    assert len(cloud.told(f"{ROLLING}/config")["rollingRelease"]["stages"]) == 3
    cloud.deploy("dpl_new", staged=True)
    assert cloud.post(f"/v10/projects/{PROJECT}/promote/dpl_new").status_code == 201
    told = cloud.told(ROLLING, state="ACTIVE")["rollingRelease"]
    assert (told["canaryDeployment"]["id"], told["currentDeployment"]["id"]) == ("dpl_new", "dpl_bad")
    assert (told["activeStage"]["index"], told["nextStage"]["targetPercentage"]) == (0, 50)
    cloud.deploy("dpl_newer", staged=True)
    assert cloud.post(f"/v10/projects/{PROJECT}/promote/dpl_newer").status_code == 202
    approved = cloud.post(f"{ROLLING}/approve-stage", {"nextStageIndex": 1, "canaryDeploymentId": "dpl_new"})
    told = approved.json()["rollingRelease"]
    assert (told["activeStage"]["index"], told["queuedDeploymentId"]) == (1, "dpl_newer")
    wrong = {"nextStageIndex": 9, "canaryDeploymentId": "dpl_new"}
    assert cloud.post(f"{ROLLING}/approve-stage", wrong).status_code == 409
    assert cloud.post(f"{ROLLING}/complete", {"canaryDeploymentId": "dpl_new"}).status_code == 200
    assert cloud.platform.state.current == "dpl_new"


def test_a_rolling_release_is_started_by_name_and_aborted_by_a_rollback_to_its_base(cloud: Cloud) -> None:
    cloud.post(f"{ROLLING}/config", STAGES, "PATCH")
    cloud.deploy("dpl_new", staged=True)
    started = cloud.post(f"{ROLLING}/start", {"canaryDeploymentId": "dpl_new"}).json()["rollingRelease"]
    assert started["state"] == "ACTIVE"
    assert cloud.post(f"/v9/projects/{PROJECT}/rollback/dpl_bad").status_code == 201
    cloud.settle()
    told = cloud.told(ROLLING)["rollingRelease"]
    assert (told["state"], told["activeStage"]) == ("ABORTED", None)
    assert cloud.told(ROLLING, state="ACTIVE") == {"rollingRelease": None}


@pytest.mark.parametrize(
    "stages",
    [
        [],
        [{"targetPercentage": 100}],
        [{"targetPercentage": 50}, {"targetPercentage": 10}, {"targetPercentage": 100}],
        [{"targetPercentage": 10}, {"targetPercentage": 50}],
        [1, 2],
        None,
    ],
)
def test_stages_that_do_not_rise_to_all_visitors_are_refused(cloud: Cloud, stages: object) -> None:
    assert refusal(cloud.post(f"{ROLLING}/config", {"stages": stages}, "PATCH")) == (400, "bad_request")


@pytest.mark.parametrize(
    ("plan", "reason"),
    [("hobby", "plan_not_supported"), ("pro", "available_slots"), ("enterprise", "unlimited_slots")],
)
def test_plans_allow_different_numbers_of_rolling_releases(made: Callable[..., Cloud], plan: str, reason: str) -> None:
    cloud = made(plan=plan)
    assert cloud.told(f"{ROLLING}/billing")["reason"] == reason
    assert cloud.ask(f"{ROLLING}/config", "DELETE").json() == {"rollingRelease": None}
    assert cloud.post(f"{ROLLING}/complete", {"canaryDeploymentId": "dpl_bad"}).status_code == 404


# previews


def test_a_preview_is_promoted_by_a_build_of_its_own(cloud: Cloud) -> None:
    cloud.deploy("dpl_preview", target=None, commit="d" * 40)
    body = {"deploymentId": "dpl_preview", "name": "shop", "target": "production", "meta": {"action": "promote"}}
    made = cloud.post("/v13/deployments", body).json()
    assert (made["id"] != "dpl_preview", made["target"], made["meta"]["githubCommitSha"]) == (
        True,
        "production",
        "d" * 40,
    )
    assert cloud.platform.state.current == made["id"]
    assert refusal(cloud.post("/v13/deployments", body | {"deploymentId": "dpl_nowhere"})) == (404, "not_found")
    assert refusal(cloud.post("/v13/deployments", body | {"target": "staging"})) == (400, "bad_request")


# checks

CHECKS = f"/v2/projects/{PROJECT}/checks"
BLOCKING = {"name": "prodworthy", "blocks": "deployment-alias", "targets": ["production"]}


def test_a_check_holds_a_new_deployment_back_until_it_passes(cloud: Cloud) -> None:
    check = cloud.post(CHECKS, BLOCKING).json()
    cloud.deploy("dpl_new")
    assert cloud.platform.state.current == "dpl_bad"
    (run,) = cloud.told("/v2/deployments/dpl_new/check-runs")["runs"]
    assert (run["checkId"], run["status"]) == (check["id"], "queued")
    told = cloud.told("/v13/deployments/dpl_new")
    assert (told["checks"]["deployment-alias"]["state"], told["checksState"]) == ("pending", "running")
    path = f"/v2/deployments/dpl_new/check-runs/{run['id']}"
    cloud.post(path, {"status": "running"}, "PATCH")
    assert cloud.platform.state.current == "dpl_bad"
    done = cloud.post(path, {"status": "completed", "conclusion": "succeeded", "conclusionText": "sound"}, "PATCH")
    assert done.json()["conclusionText"] == "sound"
    assert cloud.platform.state.current == "dpl_new"
    assert cloud.told("/v13/deployments/dpl_new")["checksConclusion"] == "succeeded"
    assert cloud.told(path) == cloud.told(f"{CHECKS}/{check['id']}/runs")["runs"][0]


@pytest.mark.parametrize("conclusion", ["failed", "canceled", "timeout"])
def test_a_check_that_does_not_pass_keeps_the_deployment_back(cloud: Cloud, conclusion: str) -> None:
    cloud.post(CHECKS, BLOCKING)
    cloud.deploy("dpl_new")
    (run,) = cloud.told("/v2/deployments/dpl_new/check-runs")["runs"]
    path = f"/v2/deployments/dpl_new/check-runs/{run['id']}"
    cloud.post(path, {"status": "completed", "conclusion": conclusion}, "PATCH")
    assert cloud.platform.state.current == "dpl_bad"
    assert cloud.told("/v7/deployments", limit=1)["deployments"][0]["checksConclusion"] == "failed"


def test_a_check_of_previews_holds_no_production_back(cloud: Cloud) -> None:
    cloud.post(CHECKS, BLOCKING | {"targets": ["preview"]})
    cloud.deploy("dpl_new")
    assert cloud.platform.state.current == "dpl_new"
    assert cloud.told("/v2/deployments/dpl_new/check-runs") == {"runs": []}


def test_what_a_check_held_back_does_not_overtake_a_newer_one(cloud: Cloud) -> None:
    check = cloud.post(CHECKS, BLOCKING).json()
    cloud.deploy("dpl_new", at=10_000)
    cloud.post(f"{CHECKS}/{check['id']}", {"targets": ["preview"]}, "PATCH")
    cloud.deploy("dpl_newer", at=20_000)
    assert cloud.platform.state.current == "dpl_newer"
    cloud.ask(f"{CHECKS}/{check['id']}", "DELETE")
    assert cloud.platform.state.current == "dpl_newer"


def test_a_check_holds_nothing_back_where_people_promote(cloud: Cloud) -> None:
    cloud.platform.state.auto_assign = False
    cloud.post(CHECKS, BLOCKING)
    cloud.deploy("dpl_new")
    (run,) = cloud.told("/v2/deployments/dpl_new/check-runs")["runs"]
    path = f"/v2/deployments/dpl_new/check-runs/{run['id']}"
    cloud.post(path, {"status": "completed", "conclusion": "succeeded"}, "PATCH")
    assert cloud.platform.state.current == "dpl_bad"


def test_checks_are_changed_listed_and_taken_away_with_what_they_held_back(cloud: Cloud) -> None:
    check = cloud.post(CHECKS, BLOCKING).json()
    other = cloud.post(CHECKS, {"name": "other", "blocks": "none"}).json()
    assert [each["id"] for each in cloud.told(CHECKS, blocks="none")["checks"]] == [other["id"]]
    path = f"{CHECKS}/{check['id']}"
    assert cloud.post(path, {"timeout": 60}, "PATCH").json()["timeout"] == cloud.told(path)["timeout"] == 60
    cloud.deploy("dpl_new")
    assert cloud.platform.state.current == "dpl_bad"
    assert cloud.ask(path, "DELETE").status_code == 200
    assert cloud.platform.state.current == "dpl_new"
    assert refusal(cloud.ask(path)) == (404, "not_found")


def test_a_run_is_begun_by_hand(cloud: Cloud) -> None:
    check = cloud.post(CHECKS, {"name": "by hand"}).json()
    run = cloud.post("/v2/deployments/dpl_bad/check-runs", {"checkId": check["id"]}).json()
    assert cloud.told(f"/v2/deployments/dpl_bad/check-runs/{run['id']}") == run
    assert cloud.post("/v2/deployments/dpl_bad/check-runs", {"checkId": "chk_none"}).status_code == 404
    assert cloud.ask(f"/v2/deployments/dpl_old/check-runs/{run['id']}").status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": "x", "blocks": "all"}, {"name": "x", "source": {"kind": "other"}}]
)
def test_a_check_that_is_not_as_documented_is_refused(cloud: Cloud, body: dict[str, Any]) -> None:
    assert refusal(cloud.post(CHECKS, body)) == (400, "bad_request")
    assert cloud.told(CHECKS) == {"checks": []}


def test_a_run_without_a_conclusion_is_not_completed(cloud: Cloud) -> None:
    cloud.post(CHECKS, BLOCKING)
    cloud.deploy("dpl_new")
    (run,) = cloud.told("/v2/deployments/dpl_new/check-runs")["runs"]
    for body in ({"status": "completed"}, {"status": "nonsense"}, {"conclusion": "green"}):
        answered = cloud.post(f"/v2/deployments/dpl_new/check-runs/{run['id']}", body, "PATCH")
        assert refusal(answered) == (400, "bad_request")


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("PATCH", "/chk_1"), ("POST", "/chk_1/rerequest")])
def test_the_first_kind_of_checks_is_for_integrations_alone(cloud: Cloud, method: str, path: str) -> None:
    assert cloud.told("/v1/deployments/dpl_bad/checks") == {"checks": []}
    body = {"name": "x", "blocking": True}
    assert refusal(cloud.post(f"/v1/deployments/dpl_bad/checks{path}", body, method)) == (400, "bad_request")


# limits


def test_answers_tell_of_their_limit(cloud: Cloud) -> None:
    first, second = (cloud.ask("/v13/deployments/dpl_bad").headers for _ in range(2))
    assert (first["x-ratelimit-limit"], first["x-ratelimit-remaining"]) == ("500", "499")
    assert second["x-ratelimit-remaining"] == "498"
    assert "x-ratelimit-limit" not in cloud.ask(f"/v9/projects/{PROJECT}").headers


def test_the_limit_is_kept(cloud: Cloud) -> None:
    for _ in range(limits.ALIAS.most):
        cloud.ask("/v4/aliases/shop.test")
    answered = cloud.ask("/v4/aliases/shop.test")
    assert refusal(answered) == (429, "rate_limited")
    assert answered.headers["x-ratelimit-remaining"] == "0"
    assert 1 <= int(answered.headers["retry-after"]) <= 600
    assert answered.json()["error"]["limit"]["total"] == 300
    assert cloud.ask("/v4/aliases").status_code == 200


def test_a_platform_that_was_reset_was_not_asked_yet(cloud: Cloud) -> None:
    cloud.ask("/v4/aliases/shop.test")
    cloud.platform.reset()
    assert cloud.ask("/v4/aliases/shop.test").headers["x-ratelimit-remaining"] == "299"


def test_the_limit_is_over_after_its_window() -> None:
    now = 1_000.0
    counter, limit = Counter(clock=lambda: now), Limit(name="x", most=1)
    assert counter.count(limit)[1] is None
    assert counter.count(limit)[1] is not None
    now += 60
    assert counter.count(limit)[1] is None


# what nobody should send

BODIES = [
    b"{", b"[]", b"1", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000,
    b'{"description":"\\ud800"}', b'{"name":"\\udfff"}', b'{"stages":[{"targetPercentage":1e400}]}',
    b'{"stages":1}', b'{"stages":{}}', b'{"generate":1}', b'{"generate":[1]}', b'{"update":{"secret":{}}}',
    b'{"ssoProtection":{"deploymentType":[]}}', b'{"ssoProtection":1}', b'{"description":{}}',
    b'{"name":"x","source":{"kind":[]}}', b'{"name":"x","blocks":[]}', b'{"name":"x","requires":{}}',
    b'{"name":"x","targets":1}', b'{"name":"x","timeout":"x"}', b'{"name":"x","timeout":null}',
    b'{"canaryDeploymentId":[]}', b'{"nextStageIndex":1e9,"canaryDeploymentId":"x"}', b'{"checkId":[]}',
    b'{"status":[]}', b'{"status":"completed","conclusion":{}}', b'{"deploymentId":{}}',
]  # fmt: skip
WRITES = [
    ("POST", "/v13/deployments"),
    ("PATCH", f"/v9/projects/{PROJECT}"),
    ("PATCH", f"/v1/projects/{PROJECT}/protection-bypass"),
    ("PATCH", f"/v1/projects/{PROJECT}/rollback/dpl_good/update-description"),
    ("PATCH", f"{ROLLING}/config"),
    ("POST", f"{ROLLING}/start"),
    ("POST", f"{ROLLING}/approve-stage"),
    ("POST", CHECKS),
    ("PATCH", f"{CHECKS}/chk_1"),
    ("POST", "/v2/deployments/dpl_bad/check-runs"),
    ("PATCH", "/v2/deployments/dpl_bad/check-runs/run_1"),
]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_body_that_makes_no_sense_is_refused_and_nothing_is_kept_of_it(cloud: Cloud, method: str, path: str) -> None:
    state = cloud.platform.state
    state.checks["chk_1"] = Check(id="chk_1", name="x")
    state.check_runs["run_1"] = CheckRun(id="run_1", check="chk_1", deployment="dpl_bad")
    answers = {content: cloud.ask(path, method, content=content).status_code for content in BODIES}
    assert {content: status for content, status in answers.items() if status >= 500} == {}
    assert {answers[content] for content in BODIES[:9]} == {400}
    for told in ("/v7/deployments", f"/v9/projects/{PROJECT}", "/v13/deployments/dpl_bad", CHECKS):
        cloud.told(told)
