"""The platform's JSON, as documented and otherwise, made into our words."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prodworthy.hosting import reading
from prodworthy.hosting.errors import Unintelligible
from prodworthy.model.hosting import DeploymentState, Job, JobKind, JobState, Reason, RollingRelease, Substate
from tests.hosting.answering import AT, BYPASS, PROJECT, item

SHA = "4f0c" * 10
HUGE = 10**400  # beyond what a float can hold


def str_of(value: object) -> str:
    return str(value)[:20]


# what the platform is documented to say, whole
LISTED = {
    "uid": "dpl_AAA",
    "name": "shop",
    "url": "shop-abc123-acme.vercel.app",
    "projectId": "prj_1",
    "type": "LAMBDAS",
    "created": AT,
    "createdAt": AT,
    "buildingAt": AT + 5000,
    "ready": AT + 60000,
    "state": "READY",
    "readyState": "READY",
    "readySubstate": "PROMOTED",
    "target": "production",
    "isRollbackCandidate": True,
    "aliasAssigned": AT + 62000,
    "aliasError": None,
    "source": "git",
    "inspectorUrl": "https://vercel.com/acme/shop/AAA",
    "creator": {"uid": "usr_1", "username": "alice"},
    "meta": {"githubCommitSha": SHA, "githubCommitRef": "main", "githubCommitMessage": "fix cart\n\nlonger"},
}
SINGLE = {
    **{name: value for name, value in LISTED.items() if name != "uid"},
    "id": "dpl_AAA",
    "alias": ["shop.test", "www.shop.test"],
    "aliasAssigned": True,
    "aliasAssignedAt": AT + 62000,
    "plan": "pro",
    "team": {"id": "team_1", "slug": "acme", "name": "Acme"},
    "ownerId": "team_1",
    "version": 2,
}


def test_a_deployment_of_a_list() -> None:
    found = reading.deployment(LISTED)
    assert (found.id, found.host, found.name, found.project) == (
        "dpl_AAA",
        "shop-abc123-acme.vercel.app",
        "shop",
        "prj_1",
    )
    assert found.created == datetime(2026, 1, 1, tzinfo=UTC)
    assert (found.state, found.substate) == (DeploymentState.READY, Substate.PROMOTED)
    assert (found.environment, found.production, found.candidate) == ("production", True, True)
    assert (found.commit, found.branch, found.message, found.author) == (SHA, "main", "fix cart longer", "alice")
    assert (found.source, found.plan) == ("git", None)


def test_a_deployment_by_itself_is_the_same_one_with_more() -> None:
    found = reading.deployment(SINGLE)
    assert found.id == reading.deployment(LISTED).id
    assert (found.plan, found.team) == ("pro", "team_1")


@pytest.mark.parametrize(
    ("more", "attribute", "expected"),
    [
        pytest.param({"id": "dpl_I", "uid": "dpl_U"}, "id", "dpl_I", id="id-before-uid"),
        pytest.param({"id": None, "uid": "dpl_U"}, "id", "dpl_U", id="uid-where-id-is-null"),
        pytest.param({"readyState": "ERROR", "state": "READY"}, "state", DeploymentState.ERROR, id="readyState-first"),
        pytest.param({"readyState": None, "state": "QUEUED"}, "state", DeploymentState.QUEUED, id="state-where-null"),
        pytest.param({"readyState": "SHINY"}, "state", DeploymentState.UNKNOWN, id="a-new-state-is-unknown"),
        pytest.param({"readyState": "UNKNOWN"}, "state", DeploymentState.UNKNOWN, id="unknown"),
        pytest.param({"readyState": None, "state": None}, "state", DeploymentState.UNKNOWN, id="no-state-is-unknown"),
        pytest.param({"readyState": 1}, "state", DeploymentState.UNKNOWN, id="a-number-is-unknown"),
        pytest.param({"readyState": ["READY"]}, "state", DeploymentState.UNKNOWN, id="a-list-is-unknown"),
        pytest.param({"readyState": "ready "}, "state", DeploymentState.UNKNOWN, id="a-blank-more-is-unknown"),
        pytest.param({"softDeletedByRetention": True}, "state", DeploymentState.DELETED, id="past-retention"),
        pytest.param({"deleted": AT}, "state", DeploymentState.DELETED, id="deleted-at"),
        pytest.param({"deletedAt": AT}, "state", DeploymentState.DELETED, id="deleted-by-itself"),
        pytest.param({"deletedAt": None}, "state", DeploymentState.READY, id="never-deleted"),
        pytest.param({"deletedAt": AT, "undeletedAt": AT + 1}, "state", DeploymentState.READY, id="restored-by-itself"),
        pytest.param({"deleted": AT, "undeleted": AT + 1}, "state", DeploymentState.READY, id="restored"),
        pytest.param({"deleted": AT + 1, "undeleted": AT}, "state", DeploymentState.DELETED, id="deleted-once-more"),
        pytest.param({"deleted": AT, "undeleted": None}, "state", DeploymentState.DELETED, id="not-restored"),
        pytest.param({"readySubstate": "SHINY"}, "substate", Substate.UNKNOWN, id="a-new-substate-is-unknown"),
        pytest.param({"readySubstate": None}, "substate", None, id="no-substate"),
        pytest.param({"target": None}, "environment", "preview", id="no-target-is-a-preview"),
        pytest.param({"target": "staging"}, "environment", "staging", id="staging"),
        pytest.param({"target": 1}, "environment", "preview", id="a-target-that-is-none"),
        pytest.param(
            {"target": None, "customEnvironment": {"id": "env_1", "slug": "qa"}}, "environment", "qa", id="their-own"
        ),
        pytest.param({"isRollbackCandidate": None}, "candidate", None, id="candidate-not-said"),
        pytest.param({"isRollbackCandidate": "true"}, "candidate", None, id="candidate-as-text-is-not-said"),
        pytest.param({"isRollbackCandidate": 1}, "candidate", None, id="candidate-as-a-number-is-not-said"),
        pytest.param({"url": None}, "host", None, id="no-url-while-it-is-uploaded"),
        pytest.param({"url": ""}, "host", None, id="an-empty-url"),
        pytest.param({"url": "https://Shop-A.vercel.app/"}, "host", "shop-a.vercel.app", id="a-url-with-a-scheme"),
        pytest.param({"meta": None}, "commit", None, id="no-meta"),
        pytest.param({"meta": []}, "commit", None, id="meta-of-another-kind"),
        pytest.param({"meta": {"gitlabCommitSha": SHA}}, "commit", SHA, id="gitlab"),
        pytest.param({"meta": {"bitbucketCommitSha": SHA}}, "commit", SHA, id="bitbucket"),
        pytest.param({"meta": {"gitCommitSha": SHA}}, "commit", SHA, id="command-line"),
        pytest.param({"meta": {"githubCommitSha": "a b"}}, "commit", None, id="a-commit-that-is-none"),
        pytest.param({"meta": {}, "gitSource": {"sha": SHA, "ref": "next"}}, "commit", SHA, id="git-source"),
        pytest.param({"meta": {}, "gitSource": {"sha": SHA, "ref": "next"}}, "branch", "next", id="git-source-branch"),
        pytest.param({"meta": {"githubCommitAuthorName": "Bo"}}, "author", "Bo", id="author-of-the-commit"),
        pytest.param({"creator": None, "meta": {}}, "author", None, id="nobody"),
        pytest.param({"plan": "Enterprise"}, "plan", "enterprise", id="plan-in-lower-case"),
        pytest.param({"projectId": None, "project": {"id": "prj_9"}}, "project", "prj_9", id="project-as-an-object"),
        pytest.param({"projectId": None}, "project", None, id="project-not-said"),
        pytest.param({"team": None, "ownerId": "usr_1"}, "team", None, id="a-person-is-no-team"),
        pytest.param({"team": None, "ownerId": "team_2"}, "team", "team_2", id="the-owner-is-a-team"),
        pytest.param({"name": "a\x1b[31mb\u202e"}, "name", "a [31mb", id="control-characters"),
        pytest.param({"meta": {"githubCommitMessage": "\ud800\n" + "x" * 10**6}}, "branch", None, id="long-and-torn"),
    ],
)
def test_of_a_deployment_every_variant_is_understood(more: dict[str, Any], attribute: str, expected: object) -> None:
    assert getattr(reading.deployment({**item(), **more}), attribute) == expected


def test_the_time_of_creation_has_two_names() -> None:
    assert reading.deployment(item(createdAt=None, created=AT + 1000)).created == datetime(
        2026, 1, 1, 0, 0, 1, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"uid": None}, id="no-id"),
        pytest.param({"uid": 7}, id="id-is-a-number"),
        pytest.param({"uid": "../../x"}, id="id-is-a-path"),
        pytest.param({"uid": "dpl_A\n"}, id="id-with-a-line-break"),
        pytest.param({"uid": "x" * 129}, id="id-too-long"),
        pytest.param({"url": 7}, id="url-is-a-number"),
        pytest.param({"url": "not a host"}, id="url-is-no-host"),
        pytest.param({"url": "a.test\r\nx: y"}, id="url-with-a-line-break"),
        pytest.param({"createdAt": None}, id="no-time"),
        pytest.param({"createdAt": "2026-01-01"}, id="time-is-text"),
        pytest.param({"createdAt": True}, id="time-is-a-truth"),
        pytest.param({"createdAt": -1}, id="time-before-all"),
        pytest.param({"createdAt": 10**18}, id="time-after-all"),
        pytest.param({"createdAt": math.inf}, id="time-is-endless"),
        pytest.param({"createdAt": math.nan}, id="time-is-no-number"),
    ],
)
def test_a_deployment_without_what_it_is_known_by_is_unintelligible(more: dict[str, Any]) -> None:
    with pytest.raises(Unintelligible):
        reading.deployment({**item(), **more})


# the project

JOB = {
    "type": "rollback",
    "jobStatus": "succeeded",
    "requestedAt": AT,
    "fromDeploymentId": "dpl_B",
    "toDeploymentId": "dpl_A",
}
READ_JOB = Job(
    kind=JobKind.ROLLBACK, state=JobState.SUCCEEDED, requested=AT, origin="dpl_B", destination="dpl_A"
)  # fmt: skip
REASON = {"userId": "usr_1", "username": "alice", "description": "smoke failed", "createdAt": AT}


def test_a_project_that_is_rolled_back() -> None:
    body = {**PROJECT, "autoAssignCustomDomains": False, "lastAliasRequest": JOB, "rollbackDescription": REASON}
    found = reading.project({**body, "crons": {"deploymentId": "dpl_A"}, "paused": True})
    assert (found.id, found.name, found.account, found.current) == ("prj_1", "shop", "team_1", "dpl_B")
    assert found.last_job == READ_JOB
    assert found.rolled_back
    assert found.reason is not None
    assert (found.reason.text, found.reason.by, found.reason.at) == (
        "smoke failed",
        "alice",
        datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert (found.crons, found.paused, found.rolling) == ("dpl_A", True, False)


@pytest.mark.parametrize(
    ("more", "attribute", "expected"),
    [
        pytest.param({"targets": None}, "current", None, id="no-targets"),
        pytest.param({"targets": {"production": None}}, "current", None, id="before-the-first"),
        pytest.param({"targets": {"production": {"uid": "dpl_U"}}}, "current", "dpl_U", id="uid"),
        pytest.param({"autoAssignCustomDomains": None}, "auto_assign", None, id="auto-assign-not-said"),
        pytest.param({"autoAssignCustomDomains": 0}, "auto_assign", None, id="auto-assign-as-a-number-is-not-said"),
        pytest.param({"rollingRelease": {"stages": []}}, "rolling", True, id="rolling-releases-are-configured"),
        pytest.param({"rollingRelease": "yes"}, "rolling", True, id="in-a-way-that-is-not-understood"),
        pytest.param({"paused": None}, "paused", False, id="not-paused"),
        pytest.param({"crons": None}, "crons", None, id="no-crons"),
        pytest.param({"rollbackDescription": {"description": None}}, "reason", None, id="no-reason"),
        pytest.param(
            {"rollbackDescription": {"description": "x", "createdAt": "now"}}, "reason", Reason(text="x"), id="timeless"
        ),
        pytest.param({"accountId": 7}, "account", None, id="an-owner-that-is-none"),
    ],
)
def test_of_a_project_every_variant_is_understood(more: dict[str, Any], attribute: str, expected: object) -> None:
    assert getattr(reading.project({**PROJECT, **more}), attribute) == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param({"type": "promote"}, JobKind.PROMOTE, id="promote"),
        pytest.param({"type": "teleport"}, JobKind.UNKNOWN, id="a-new-kind"),
        pytest.param({"type": None}, JobKind.UNKNOWN, id="no-kind"),
    ],
)
def test_a_kind_of_job_that_is_not_known_is_unknown(more: dict[str, Any], expected: JobKind) -> None:
    assert reading.job({**JOB, **more}).kind is expected


@pytest.mark.parametrize(
    ("said", "expected", "active"),
    [
        ("pending", JobState.PENDING, True),
        ("in-progress", JobState.IN_PROGRESS, True),
        ("succeeded", JobState.SUCCEEDED, False),
        ("failed", JobState.FAILED, False),
        ("skipped", JobState.SKIPPED, False),
        ("succeeded-ish", JobState.UNKNOWN, True),
        ("completed", JobState.UNKNOWN, True),
        ("", JobState.UNKNOWN, True),
        (None, JobState.UNKNOWN, True),
        (True, JobState.UNKNOWN, True),
    ],
)
def test_a_state_that_is_not_known_is_no_success(said: object, expected: JobState, active: bool) -> None:
    found = reading.job({**JOB, "jobStatus": said})
    assert (found.state, found.active) == (expected, active)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({**PROJECT, "id": None}, id="no-id"),
        pytest.param({**PROJECT, "targets": {"production": {"id": 7}}}, id="current-is-a-number"),
        pytest.param({**PROJECT, "targets": {"production": {"url": "a.test"}}}, id="current-without-an-id"),
        pytest.param({**PROJECT, "lastAliasRequest": "rollback"}, id="job-is-text"),
        pytest.param({**PROJECT, "lastAliasRequest": {**JOB, "requestedAt": None}}, id="job-without-a-time"),
        pytest.param({**PROJECT, "lastAliasRequest": {**JOB, "requestedAt": "now"}}, id="job-with-a-text-for-a-time"),
        pytest.param({**PROJECT, "lastAliasRequest": []}, id="job-is-a-list"),
    ],
)
def test_a_project_whose_state_cannot_be_read_is_unintelligible(body: dict[str, Any]) -> None:
    with pytest.raises(Unintelligible):
        reading.project(body)


def test_a_rolling_release() -> None:
    body = {
        "rollingRelease": {
            "state": "ACTIVE",
            "currentDeployment": {"id": "dpl_A"},
            "canaryDeployment": {"id": "dpl_B"},
            "activeStage": {"index": 0, "targetPercentage": 10},
            "queuedDeploymentId": "dpl_C",
        }
    }
    expected = RollingRelease(state="ACTIVE", base="dpl_A", canary="dpl_B", percentage=10.0, queued="dpl_C")
    assert reading.rolling_release(body) == expected


@pytest.mark.parametrize("said", [math.inf, math.nan, HUGE, -HUGE, "10", True, None], ids=str_of)
def test_a_share_of_visitors_that_is_no_number_is_not_said(said: object) -> None:
    found = reading.rolling_release({"rollingRelease": {"state": "ACTIVE", "currentCanaryPercentage": said}})
    assert found is not None
    assert found.percentage is None


@pytest.mark.parametrize(
    ("document", "active"),
    [
        (None, False),
        ({"state": "COMPLETE"}, False),
        ({"state": "ABORTED", "activeStage": None}, False),
        ({"state": "SHINY"}, True),
        ({}, True),
    ],
)
def test_a_rolling_release_that_is_not_known_to_have_ended_has_not(document: object, active: bool) -> None:
    assert (reading.rolling_release({"rollingRelease": document}) is not None) is active


@pytest.mark.parametrize("body", [{}, {"rollingRelease": []}, {"rollingRelease": "no"}])
def test_no_word_about_rolling_releases_is_not_the_word_that_there_is_none(body: dict[str, Any]) -> None:
    with pytest.raises(Unintelligible):
        reading.rolling_release(body)


@pytest.mark.parametrize("name", [None, 7, "", "a b.test", "a.test\n.evil", "*.", "*.*.test", "a.*.test", "*", {}])
def test_a_domain_without_a_name_is_unintelligible(name: object) -> None:
    with pytest.raises(Unintelligible):
        reading.domain({"name": name})
    with pytest.raises(Unintelligible):
        reading.moved({"alias": name, "status": "completed"})


@pytest.mark.parametrize("body", [{}, {"domains": None}, {"domains": {}}, {"domains": "x"}])
def test_a_page_without_items_is_not_an_empty_one(body: dict[str, Any]) -> None:
    with pytest.raises(Unintelligible):
        reading.listed(body, "domains")


# nothing that is JSON makes a reader stumble in another way than by saying so

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(HUGE) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
READERS: list[tuple[Callable[[Any], Any], dict[str, Any]]] = [
    (reading.deployment, {**SINGLE, "uid": "dpl_A", "gitSource": {}, "project": {}, "customEnvironment": {}}),
    (
        reading.project,
        {**PROJECT, "lastAliasRequest": JOB, "rollbackDescription": REASON, "crons": {}, "rollingRelease": None},
    ),
    (reading.job, JOB),
    (reading.domain, {"name": "shop.test", "redirect": None, "verified": True, "gitBranch": None}),
    (reading.moved, {"alias": {"alias": "shop.test", "deploymentId": "dpl_A"}, "status": "completed"}),
    (reading.rolling_release, {"rollingRelease": {"state": "ACTIVE", "activeStage": {}, "currentCanaryPercentage": 1}}),
    (reading.leads_to, {"deploymentId": "dpl_A", "deployment": {"id": "dpl_A"}}),
    (reading.following, {"pagination": {"next": AT}}),
    (reading.problem, {"error": {"code": "x", "message": "y", "saml": True}}),
]


@pytest.mark.parametrize(("read", "body"), READERS, ids=[read.__name__ for read, _ in READERS])
def test_anything_may_stand_in_the_place_of_anything(read: Callable[[Any], Any], body: dict[str, Any]) -> None:
    read(body)  # as documented

    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.sampled_from(sorted(body)), JSON)
    def replaced(name: str, other: Any) -> None:
        try:
            found = read({**body, name: other})
        except Unintelligible:
            return
        assert BYPASS not in repr(found)
        if read is reading.deployment:
            assert isinstance(found.state, DeploymentState)
            assert all(text.isprintable() for text in (found.id, found.host or "", found.name, found.message or ""))

    replaced()


@pytest.mark.parametrize("read", [reading.deployment, reading.job, reading.domain, reading.moved])
@pytest.mark.parametrize("item", [0, None, True, "dpl_A", [], ["dpl_A"], HUGE], ids=str_of)
def test_an_item_of_a_list_that_is_no_object_is_unintelligible(read: Callable[[Any], Any], item: object) -> None:
    with pytest.raises(Unintelligible):
        read(item)
