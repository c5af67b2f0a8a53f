"""The client against the emulated platform, over the sockets of an embedded deployment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from prodworthy.hosting.connection import connect
from prodworthy.hosting.errors import HostingError, OutcomeUnknown, Rejected, Throttled, Unavailable
from prodworthy.hosting.explaining import already_current, refusal
from prodworthy.hosting.host import Filter, Host
from prodworthy.local.deployment import Deployment
from prodworthy.model import Embedded
from prodworthy.model.codes import Code
from prodworthy.model.hosting import DeploymentState, Hosting, Job, JobKind, JobState, Substate, Token
from prodworthy.model.network import HOST
from tests.hosting.emulated import DOMAINS, Emulated
from tests.local.vercel import eventually

P = f"/v9/projects/{HOST['project']}"


@pytest.fixture
def host(emulated: Emulated) -> Iterator[Host]:
    with emulated.host() as opened:
        yield opened


def declared(**more: str | None) -> Hosting:
    token = Token(name="VERCEL_TOKEN", made_up=more.pop("token", HOST["token"]))
    return Hosting(**{"project": HOST["project"], "team": HOST["team"], "token": token, **more})  # type: ignore[arg-type]


@contextmanager
def asking(emulated: Emulated, **more: str | None) -> Iterator[Host]:
    with connect(declared(**more), addresses=emulated.vercel.addresses, environment={}) as opened:
        yield opened


def ended(host: Host) -> Job:
    job = eventually(host.job, lambda job: job is not None and not job.active)
    assert isinstance(job, Job)
    return job


def refused(call: Callable[[], object]) -> HostingError:
    with pytest.raises(HostingError) as caught:
        call()
    return caught.value


# what it reads


def test_the_project_is_on_its_last_promotion(emulated: Emulated, host: Host) -> None:
    project = host.project()
    assert (project.id, project.account, project.current) == (HOST["project"], HOST["team"], emulated.ids["bad"])
    assert project.auto_assign
    assert not project.rolled_back
    assert not project.rolling
    job = project.last_job
    assert job is not None
    assert (job.kind, job.state, job.destination) == (JobKind.PROMOTE, JobState.SUCCEEDED, emulated.ids["bad"])
    assert host.rolling_release() is None
    assert host.plan() == HOST["plan"]


def test_deployments_are_told_the_newest_first(emulated: Emulated, host: Host) -> None:
    found = host.deployments()
    assert [emulated.name(each.id) for each in found] == ["next", "bad", "good", "ancient"]
    assert [each.substate for each in found] == [
        Substate.STAGED,
        Substate.PROMOTED,
        Substate.PROMOTED,
        Substate.PROMOTED,
    ]
    assert all(each.production and each.state is DeploymentState.READY for each in found)
    assert {each.project for each in found} == {HOST["project"]}


def test_a_list_on_many_pages_is_the_same_list(emulated: Emulated, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = host.deployments()
    domains = host.domains()
    monkeypatch.setattr("prodworthy.hosting.vercel.PAGE", 1)
    emulated.vercel.told("DELETE", "/log")
    assert host.deployments() == whole
    assert len([each for each in emulated.vercel.log if each["path"] == "/v7/deployments"]) >= len(whole)
    assert host.domains() == domains


def test_a_deployment_is_the_same_by_id_host_url_and_domain(emulated: Emulated, host: Host) -> None:
    current = host.current()
    assert current is not None
    assert current.id == emulated.ids["bad"]
    assert current.host is not None
    for name in (current.id, current.host, f"{current.url}/some/page?x", DOMAINS[0], f"https://{DOMAINS[1]}"):
        assert host.deployment(name).id == current.id
    assert host.deployment(emulated.ids["good"]).host != current.host


def test_a_commit_is_found(emulated: Emulated, host: Host) -> None:
    other = emulated.deploy("other", "e" * 40, branch="next", message="a\x1b[31m\nb", author="bo")
    found = host.deployments(Filter(production=True, commit="e" * 40))
    assert [each.id for each in found] == [other]
    assert (found[0].branch, found[0].message, found[0].author) == ("next", "a [31m b", "bo")
    assert host.deployments(Filter(branch="next")) == found
    assert host.deployments(Filter(commit="f" * 40)) == []


def test_candidates_were_live_and_are_not_current(emulated: Emulated, host: Host) -> None:
    assert [emulated.name(each.id) for each in host.candidates()] == ["good", "ancient"]
    emulated.vercel.change(emulated.ids["good"], candidate=False)
    assert [emulated.name(each.id) for each in host.candidates()] == ["ancient"]


def test_previews_are_told_from_production(emulated: Emulated, host: Host) -> None:
    preview = emulated.deploy("preview", "f" * 40, target=None)
    assert preview in [each.id for each in host.deployments()]
    assert preview not in [each.id for each in host.deployments(Filter(production=True))]
    assert not host.deployment(preview).production


def test_every_domain_leads_to_what_is_current(emulated: Emulated, host: Host) -> None:
    assert set(DOMAINS) <= {each.name for each in host.domains()}
    assert {host.serving(name) for name in DOMAINS} == {emulated.ids["bad"]}
    assert host.serving("nobody.test") is None


# what it asks for


def test_a_rollback_is_accepted_carried_out_and_remembered(emulated: Emulated, host: Host) -> None:
    before = host.job()
    assert before is not None
    assert not host.rollback(emulated.ids["good"], reason="smoke & mirrors + 100 %").queued
    job = ended(host)
    assert (job.kind, job.state, job.destination) == (JobKind.ROLLBACK, JobState.SUCCEEDED, emulated.ids["good"])
    assert job.origin == emulated.ids["bad"]
    assert job.requested > before.requested
    project = host.project()
    assert project.rolled_back
    assert project.current == emulated.ids["good"]
    assert project.reason is not None
    assert project.reason.text == "smoke & mirrors + 100 %"
    moved = {each.domain: each.state for each in host.moved(JobKind.ROLLBACK)}
    assert {moved[name] for name in DOMAINS} == {JobState.SUCCEEDED}
    assert {host.serving(name) for name in DOMAINS} == {emulated.ids["good"]}
    assert len(emulated.posts) == 1


def test_a_promotion_ends_a_rollback(emulated: Emulated, host: Host) -> None:
    host.rollback(emulated.ids["good"], reason="x")
    ended(host)
    host.promote(emulated.ids["next"])
    assert ended(host).destination == emulated.ids["next"]
    assert host.project().auto_assign
    assert not host.project().rolled_back
    assert {each.state for each in host.moved(JobKind.PROMOTE)} == {JobState.SUCCEEDED}


def test_a_plan_without_rolling_releases_has_none(emulated: Emulated, host: Host) -> None:
    emulated.configure(plan="hobby")
    assert host.rolling_release() is None
    refusals = [each["status"] for each in emulated.vercel.log if each["path"].endswith("/rolling-release")]
    assert refusals == [403]


def test_a_rolling_release_is_seen(emulated: Emulated, host: Host) -> None:
    emulated.configure(stages=[10, 100])
    host.promote(emulated.ids["next"])
    found = eventually(host.rolling_release)
    assert (found.base, found.canary, found.percentage) == (emulated.ids["bad"], emulated.ids["next"], 10.0)
    assert found.active


def test_every_call_names_the_team_and_none_asks_for_people(emulated: Emulated, host: Host) -> None:
    host.rollback(emulated.ids["good"], reason="x")
    ended(host)
    host.candidates()
    host.domains()
    host.serving(DOMAINS[0])
    host.moved(JobKind.ROLLBACK)
    host.plan()
    host.rolling_release()
    log = emulated.vercel.log
    assert len(log) > 8
    assert {each["query"].get("teamId") for each in log} == {HOST["team"]}
    assert not [each["path"] for each in log if "/user" in each["path"] or "/teams" in each["path"]]


def test_a_personal_project_is_asked_without_a_team(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "index.html").write_text("<!doctype html><title>shop</title>", encoding="utf-8")
    embedded = Embedded(app=str(tmp_path), domain="shop.test", host={"team": ""})
    with (
        Deployment.start(embedded) as deployment,
        connect(declared(team=""), addresses=deployment.ready(), environment={}) as host,
    ):
        current = host.current()
        assert current is not None
        assert current.team is None
        assert [each.id for each in host.deployments()] == [current.id]
        assert host.serving("shop.test") == current.id


# what goes wrong


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"fail_before": {"path": P, "status": 502}}, id="502"),
        pytest.param({"cut_before": {"path": P}}, id="cut-before"),
        pytest.param({"cut_after": {"path": P}}, id="cut-after"),
        pytest.param({"malformed": {"path": P, "body": "<html>"}}, id="html"),
        pytest.param({"malformed": {"path": P, "body": ""}}, id="empty"),
    ],
)
def test_a_read_that_failed_is_asked_again(fault: dict[str, object], emulated: Emulated, host: Host) -> None:
    emulated.break_(**fault)
    assert host.project().current == emulated.ids["bad"]
    assert len([each for each in emulated.vercel.log if each["path"] == P]) == 2


@pytest.mark.parametrize("header", [True, False])
def test_a_throttled_read_is_asked_again_when_the_platform_says(header: bool, emulated: Emulated, host: Host) -> None:
    emulated.break_(throttle={"path": P, "times": 1, "retry_after": 1, "header": header})
    assert host.project().current == emulated.ids["bad"]
    first, second = [each["at"] for each in emulated.vercel.log if each["path"] == P]
    assert second - first > 900  # milliseconds


@pytest.mark.parametrize(
    ("fault", "kind", "carried_out"),
    [
        pytest.param("fail_before", Unavailable, False, id="500-before"),
        pytest.param("fail_after", Unavailable, True, id="500-after"),
        pytest.param("cut_before", OutcomeUnknown, False, id="cut-before"),
        pytest.param("cut_after", OutcomeUnknown, True, id="cut-after"),
        pytest.param("throttle", Throttled, False, id="throttled"),
    ],
)
def test_a_request_that_was_not_answered_is_not_sent_again(
    fault: str, kind: type[HostingError], carried_out: bool, emulated: Emulated, host: Host
) -> None:
    emulated.break_(**{fault: {"method": "POST", "path": "/", "times": 5}})
    error = refused(lambda: host.rollback(emulated.ids["good"], reason="x"))
    assert type(error) is kind
    assert len(emulated.posts) == 1
    job = ended(host)
    assert (job.destination == emulated.ids["good"]) is carried_out


@pytest.mark.parametrize(
    ("more", "code"),
    [
        pytest.param({"token": "vcp_wrong"}, Code.TOKEN_REFUSED, id="wrong-token"),
        pytest.param({"project": "prj_other"}, Code.PROJECT_UNKNOWN, id="wrong-project"),
    ],
)
def test_what_is_declared_wrongly_is_said(more: dict[str, str], code: Code, emulated: Emulated) -> None:
    with asking(emulated, **more) as host:
        assert refusal(refused(host.project), declared(**more)).code is code


@pytest.mark.parametrize("team", ["team_other", "other", None])
def test_a_wrong_team_is_not_called_a_wrong_token(team: str | None, emulated: Emulated) -> None:
    with asking(emulated, team=team) as host:
        told = refusal(refused(host.project), declared(team=team))
    assert told.code in {Code.SCOPE_REFUSED, Code.PROJECT_UNKNOWN}
    assert "`team`" in told.remedy


def test_a_token_that_expires_is_said(emulated: Emulated, host: Host) -> None:
    host.project()
    emulated.break_(expired_token=True)
    assert refusal(refused(host.project), declared()).code is Code.TOKEN_REFUSED


def test_deployments_that_cannot_be_had_are_told_apart(emulated: Emulated, host: Host) -> None:
    assert refusal(refused(lambda: host.deployment("dpl_Nobody")), declared()).code is Code.DEPLOYMENT_UNKNOWN
    emulated.vercel.change(emulated.ids["good"], deleted=True)
    assert refusal(refused(lambda: host.deployment(emulated.ids["good"])), declared()).code is Code.DEPLOYMENT_DELETED


def test_what_the_platform_forbids_is_told_apart(emulated: Emulated, host: Host) -> None:
    current, oldest = emulated.ids["bad"], emulated.ids["ancient"]
    assert already_current(refused(lambda: host.promote(current)))
    assert already_current(refused(lambda: host.rollback(current, reason="x")))
    emulated.configure(plan="hobby")
    error = refused(lambda: host.rollback(oldest, reason="x"))
    assert isinstance(error, Rejected)
    assert refusal(error, declared()).code is Code.PLAN_LIMIT
    emulated.break_(stuck=True)
    host.rollback(emulated.ids["good"], reason="x")
    busy = refused(lambda: host.rollback(oldest, reason="x"))
    assert refusal(busy, declared()).code is Code.JOB_ACTIVE
    emulated.quiet()
