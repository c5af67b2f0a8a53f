"""What the commands that look say of a project, to a person and to a script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from prodworthy.cli import main
from prodworthy.commands.phrases import age, by_platform
from prodworthy.commands.situation import Situation
from prodworthy.hosting.errors import Rejected, Throttled
from prodworthy.hosting.host import Filter
from prodworthy.hosting.prober import Said
from prodworthy.model.hosting import (
    DeploymentState,
    Domain,
    Job,
    JobKind,
    JobState,
    Project,
    Reason,
    RollingRelease,
)
from tests.commands.shop import BAD, GOOD, NOW, OLD, Shop

# list


def test_list_shows_each_deployment_with_who_it_is_to_production(shop: Shop) -> None:
    lines = shop.run("list").stdout.splitlines()
    assert len(lines) == 5
    assert "Try a darker header" in lines[1]
    assert "preview" in lines[1]
    assert lines[2].startswith("current ")
    assert lines[3].startswith("candidate ")
    assert "candidate" not in lines[1]
    assert all(word in lines[2] for word in ("9a1e77c", "main", "alice", "22 min", "2026-03-14 02:45", "promoted"))


def test_list_asks_the_host_for_what_was_typed(shop: Shop) -> None:
    shop.run("list", "--production", "--branch=main", "--state=ready", "--limit=2")
    assert shop.host.asked == [Filter(production=True, branch="main", state=DeploymentState.READY)]


def test_list_gives_scripts_everything_and_the_message_in_its_lines(shop: Shop) -> None:
    told = shop.json("list", "--limit=2")
    assert [each["current"] for each in told["deployments"]] == [False, True]
    assert told["deployments"][1] == {
        "id": "dpl_BBBmR7tKq2xWv9sYcN4pLd8hJ5gF",
        "url": "https://shop-bbbmr7tkq-acme.vercel.app",
        "commit": BAD,
        "branch": "main",
        "message": "Round quantities in the cart\n\nCloses #812",
        "author": "alice",
        "created": "2026-03-14T02:45:30.000Z",
        "age_seconds": 22 * 60,
        "state": "ready",
        "substate": "promoted",
        "environment": "production",
        "current": True,
        "candidate": False,
        "source": "git",
    }


def test_a_list_of_nothing_says_so_beside_the_answer(shop: Shop) -> None:
    shop.host.listed = []
    ended = shop.run("list")
    assert (ended.exit_code, ended.stdout) == (0, "")
    assert "no such deployment" in ended.stderr
    assert shop.json("list")["deployments"] == []


def test_a_deployment_of_which_little_is_known_is_listed_too(shop: Shop) -> None:
    bare = replace(shop.host.listed[0], host=None, commit=None, branch=None, message=None, author=None, source=None)
    shop.host.listed = [replace(bare, state=DeploymentState.BUILDING, candidate=None)]
    assert "building" in shop.run("list", width=80).stdout
    assert "building" in shop.run("list").stdout
    told = shop.json("list")["deployments"][0]
    assert (told["url"], told["commit"], told["candidate"]) == (None, None, None)


def test_the_connections_are_closed_whatever_happens(shop: Shop) -> None:
    shop.host.errors["deployments"] = Throttled("GET /v7/deployments: 429", retry_after=7)
    assert shop.run("list").exit_code == 10
    assert shop.host.closed


# current


def test_current_is_proved_on_every_domain_by_the_host_and_by_the_app(shop: Shop) -> None:
    ended = shop.run("current")
    assert ended.exit_code == 0
    assert "Every domain serves it" in ended.stdout
    told = shop.json("current")
    assert told["agreed"] is True
    assert told["current"]["commit"] == BAD
    assert [(each["domain"], each["stamps"], each["leads_to"], each["proved"]) for each in told["domains"]] == [
        ("shop.example.com", [BAD] * 3, None, True),
        ("www.shop.example.com", [BAD] * 3, "shop.example.com", True),
    ]


def test_a_domain_whose_app_is_another_build_is_said_loudly(shop: Shop) -> None:
    shop.app.says["shop.example.com"] = GOOD
    ended = shop.run("current")
    assert ended.exit_code == 10
    assert "DISAGREEMENT: the host leads shop.example.com to what is current, but the app there says" in ended.stdout
    assert "4f0c2b9, which is dpl_AAAw3nXz6rTbQ8vKp1mDs5yHc9jL" in ended.stdout
    assert ended.stdout.count("DISAGREEMENT") == 1  # the other one redirects to it
    told = shop.json("current")
    assert told["agreed"] is False
    assert [each["proved"] for each in told["domains"]] == [False, False]


def test_a_domain_that_the_host_leads_elsewhere_is_said_loudly(shop: Shop) -> None:
    shop.host.known_domains = (Domain(name="shop.example.com"), Domain(name="pay.example.com"))
    shop.host.led["pay.example.com"] = shop.host.listed[3].id
    ended = shop.run("current")
    assert ended.exit_code == 10
    disagreements = [line for line in ended.stdout.splitlines() if "DISAGREEMENT" in line]
    assert len(disagreements) == 1
    assert "leads pay.example.com to another deployment, dpl_OOOk8sVd4gNf2hPz7tWq3xRb6mCy" in disagreements[0]
    assert [each["proved"] for each in shop.json("current")["domains"]] == [True, False]


def test_the_host_is_not_overruled_by_an_app_that_says_what_is_wanted(shop: Shop) -> None:
    shop.host.led["shop.example.com"] = shop.host.listed[3].id
    shop.app.says["shop.example.com"] = BAD
    told = shop.json("current")
    assert (told["exit_code"], told["agreed"]) == (10, False)
    assert "to another deployment, dpl_OOOk8sVd4gNf2hPz7tWq3xRb6mCy" in told["said"][0]


def test_a_domain_that_leads_nowhere_is_not_confirmed(shop: Shop) -> None:
    shop.host.led["shop.example.com"] = None
    shop.app.says["shop.example.com"] = BAD
    told = shop.json("current")
    assert (told["exit_code"], told["agreed"]) == (10, None)
    assert told["said"] == ["NOT CONFIRMED: the host leads shop.example.com to no deployment."]


def test_a_domain_that_the_host_sends_to_somebody_else_counts_for_nothing(shop: Shop) -> None:
    shop.host.known_domains = (Domain(name="shop.example.com"), Domain(name="old.example", redirect="blog.example"))
    told = shop.json("current")
    assert (told["agreed"], told["exit_code"]) == (True, 0)
    assert told["domains"][1] == {
        "domain": "old.example",
        "deployment": None,
        "stamps": [],
        "leads_to": "blog.example",
        "proved": None,
        "trouble": None,
    }
    assert "The host redirects old.example to blog.example" in shop.run("current").stdout


def test_a_domain_of_which_only_the_app_is_heard_is_no_place_for_another_build(shop: Shop) -> None:
    shop.host.led["shop.example.com"] = None
    shop.app.says["shop.example.com"] = GOOD
    told = shop.json("current")
    assert told["agreed"] is False
    assert told["said"][0].startswith("DISAGREEMENT: the host does not say where shop.example.com leads")


def test_an_app_that_stops_answering_half_way_confirms_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = type(shop.app).stamp
    asked: list[str] = []

    def failing(app: Any, host: str, *, own: Any = ()) -> Any:
        asked.append(host)
        return Said(trouble="it answers 500") if asked.count("shop.example.com") == 3 else honest(app, host, own=own)

    monkeypatch.setattr(type(shop.app), "stamp", failing)
    shop.host.known_domains = (Domain(name="shop.example.com"),)
    told = shop.json("current")
    assert (told["agreed"], told["domains"][0]["stamps"]) == (None, [BAD, BAD])


def test_the_app_saying_one_thing_and_then_another_is_a_disagreement(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([BAD, BAD, OLD, BAD, BAD, BAD, BAD, BAD])
    honest = type(shop.app).stamp

    def flapping(app: Any, host: str, *, own: Any = ()) -> Any:
        said = honest(app, host, own=own)
        return replace(said, stamp=next(answers)) if host == "shop.example.com" else said

    monkeypatch.setattr(type(shop.app), "stamp", flapping)
    ended = shop.run("current")
    assert ended.exit_code == 10
    assert (
        "says 9a1e77c, which is dpl_BBBmR7tKq2xWv9sYcN4pLd8hJ5gF, and then 1c5d9e2, which is dpl_OOOk8" in ended.stdout
    )


@pytest.mark.parametrize("said", ["deployment protection answered instead of the app", "it did not answer in time"])
def test_an_app_that_could_not_be_asked_confirms_nothing_and_contradicts_nothing(shop: Shop, said: str) -> None:
    shop.app.troubles["shop.example.com"] = said
    ended = shop.run("current")
    assert ended.exit_code == 10
    assert f"NOT CONFIRMED: on shop.example.com: {said}" in ended.stdout
    assert "DISAGREEMENT" not in ended.stdout
    told = shop.json("current")
    assert told["agreed"] is None
    assert told["domains"][0]["trouble"] == said


def test_a_stamp_that_nothing_of_its_kind_is_known_of_is_no_contradiction(shop: Shop) -> None:
    shop.app.troubles["shop-bbbmr7tkq-acme.vercel.app"] = "deployment protection answered instead of the app"
    shop.app.says["shop.example.com"] = "files-0123456789ab"
    told = shop.json("current")
    assert told["agreed"] is None
    assert "on its own address neither: deployment protection" in " ".join(told["said"])
    assert "(identity)" in told["said"][-1]


def test_a_domain_that_the_host_fails_to_answer_for_is_not_confirmed(shop: Shop) -> None:
    shop.host.errors["serving shop.example.com"] = Throttled("GET /v4/aliases/shop.example.com: 429")
    told = shop.json("current")
    assert told["exit_code"] == 10
    assert told["agreed"] is None


def test_before_the_first_promotion_nothing_is_current(shop: Shop) -> None:
    shop.host.change(current=None)
    told = shop.json("current")
    assert (told["current"], told["agreed"], told["domains"]) == (None, None, [])
    assert "no production deployment" in shop.run("current").stdout


def rolling(shop: Shop) -> str:
    """Two deployments serve production; the id of the new one."""
    canary = shop.host.listed[2].id
    shop.host.rollout = RollingRelease(state="ACTIVE", base=shop.host.state.current, canary=canary, percentage=20.0)
    shop.host.change(rolling=True)
    return canary


@pytest.mark.parametrize("led", ["base", "canary"])
@pytest.mark.parametrize("says", [BAD, GOOD])
def test_nothing_is_what_every_visitor_gets_while_a_rolling_release_is_active(shop: Shop, led: str, says: str) -> None:
    canary = rolling(shop)
    shop.app.says["shop.example.com"] = says
    shop.host.led["shop.example.com"] = canary if led == "canary" else shop.host.state.current
    told = shop.json("current")
    assert (told["exit_code"], told["agreed"]) == (10, None)
    assert told["domains"][0]["proved"] is (True if (led, says) in {("base", BAD), ("canary", GOOD)} else None)
    assert told["rolling_release"]["percentage"] == 20
    said = " ".join(told["said"])
    assert f"visitors get {shop.host.state.current} or {canary}" in said
    assert "NOT CONFIRMED: a rolling release is active" in said
    assert "Every domain serves it" not in said


def test_a_third_build_is_a_disagreement_during_a_rolling_release_too(shop: Shop) -> None:
    rolling(shop)
    shop.app.says["shop.example.com"] = OLD
    assert shop.json("current")["agreed"] is False


def test_an_edge_that_has_not_followed_is_known_by_what_was_live_before(shop: Shop) -> None:
    shop.host.rolled_back()
    shop.app.says["shop.example.com"] = BAD
    told = shop.json("current")
    assert told["agreed"] is False
    assert "says 9a1e77c, which is dpl_BBBmR7tKq2xWv9sYcN4pLd8hJ5gF (9a1e77c" in told["said"][0]
    assert told["said"][0].endswith("live before.")


def test_what_the_app_says_in_the_build_before_too_confirms_nothing(shop: Shop) -> None:
    """After a rollback between two builds of one commit an edge that has not followed says just the same."""
    shop.host.rolled_back()
    shop.host.listed[1] = replace(shop.host.listed[1], commit=GOOD)
    told = shop.json("current")
    assert (told["exit_code"], told["agreed"]) == (10, None)
    assert "the app says the same in dpl_BBBmR7tKq2xWv9sYcN4pLd8hJ5gF" in " ".join(told["said"])
    assert "VERCEL_DEPLOYMENT_ID" in told["said"][-1]


def test_a_running_job_is_named_beside_a_disagreement(shop: Shop) -> None:
    job = Job(kind=JobKind.PROMOTE, state=JobState.IN_PROGRESS, requested=0, origin=None, destination="dpl_next")
    shop.host.change(last_job=job)
    shop.app.says["shop.example.com"] = GOOD
    assert "A promotion to dpl_next is under way: look again" in shop.run("current").stdout


# candidates


def test_candidates_say_which_one_previous_means_and_why(shop: Shop) -> None:
    ended = shop.run("candidates")
    assert ended.exit_code == 0
    assert ended.stdout.splitlines()[1].startswith("previous ")
    assert "goes to dpl_AAAw3nXz6rTbQ8vKp1mDs5yHc9jL" in ended.stdout
    assert "the newest that is older than dpl_BBBmR7tKq2xWv9sYcN4pLd8hJ5gF" in ended.stdout
    told = shop.json("candidates")
    assert told["previous"] == "dpl_AAAw3nXz6rTbQ8vKp1mDs5yHc9jL"
    assert [each["commit"] for each in told["candidates"]] == [GOOD, OLD]
    assert (told["plan"], told["refusal"]) == ("pro", None)


def test_candidates_name_the_limit_of_the_plan(shop: Shop) -> None:
    shop.host.account_plan = "hobby"
    assert "(hobby) allows the previous production deployment only" in shop.run("candidates").stdout
    assert shop.json("candidates")["plan"] == "hobby"


def test_candidates_say_why_a_rollback_would_be_refused_now(shop: Shop) -> None:
    job = Job(kind=JobKind.PROMOTE, state=JobState.PENDING, requested=0, origin=None, destination="dpl_next")
    shop.host.change(last_job=job)
    told = shop.json("candidates")
    assert (told["exit_code"], told["previous"], told["refusal"]["code"]) == (0, None, "job-active")
    assert len(told["candidates"]) == 2
    assert "refuses now: " in shop.run("candidates").stdout


def test_without_candidates_it_is_said_what_to_do(shop: Shop) -> None:
    shop.host.listed = shop.host.listed[:2]
    told = shop.json("candidates")
    assert (told["candidates"], told["refusal"]["code"]) == ([], "no-candidate")
    assert "fix forward" in shop.run("candidates").stdout


def test_what_production_was_rolled_back_from_is_nowhere_to_go(shop: Shop) -> None:
    shop.host.rolled_back()
    shop.host.listed[1] = replace(shop.host.listed[1], candidate=True)
    bad, good, old = (each.id for each in shop.host.listed[1:])
    listed = shop.run("list").stdout.splitlines()
    assert [line.partition("  ")[0] for line in listed[1:]] == ["", "rolled back from", "current", "candidate"]
    told = shop.json("list", "--limit=1")
    assert (told["rolled_back_from"], told["current"], told["project"]["id"]) == (bad, good, "prj_shop")
    told = shop.json("candidates")
    assert [each["id"] for each in told["candidates"]] == [old, bad]
    assert (told["rolled_back_from"], told["current"], told["project"]["name"]) == (bad, good, "shop")
    assert told["said"][-1] == f"Production was rolled back from {bad}: do not go back to it."
    shown = shop.run("candidates").stdout.splitlines()
    assert shown[1].startswith("previous ")
    assert shown[2].startswith("rolled back from ")


def test_a_list_without_what_is_current_says_so(shop: Shop) -> None:
    assert (
        "what is current, dpl_BBBmR7tKq2xWv9sYcN4pLd8hJ5gF, is not among these" in shop.run("list", "--limit=1").stderr
    )
    assert "not among these" not in shop.run("list").stderr


# status


def test_status_asks_where_the_host_leads_the_domains(shop: Shop) -> None:
    """A job that is called a success can have left one behind."""
    shop.host.rolled_back()
    assert "The host leads shop.example.com there." in sentences(shop)["domains"]
    shop.host.led["shop.example.com"] = shop.host.listed[1].id
    told = shop.json("status")
    assert told["exit_code"] == 10
    assert [(each["domain"], each["deployment"]) for each in told["domains"]] == [
        ("shop.example.com", shop.host.listed[1].id)
    ]
    assert f"NOT ALL: the host leads shop.example.com to {shop.host.listed[1].id}" in sentences(shop)["domains"]


def test_a_domain_of_which_the_host_does_not_tell_is_no_disagreement(shop: Shop) -> None:
    shop.host.led["shop.example.com"] = None
    assert shop.json("status")["exit_code"] == 0
    assert "to no deployment" in sentences(shop)["domains"]
    shop.host.errors["serving shop.example.com"] = Throttled("GET /v4/aliases/shop.example.com: 429")
    assert "does not say where it leads shop.example.com" in sentences(shop)["domains"]
    assert "there." not in sentences(shop)["domains"].partition("What the app")[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[prodworthy run=r1 from=dpl_1 to=dpl_2]", "No reason was given."),
        ("checkout fails [prodworthy run=r1 from=dpl_1 to=dpl_2]", "Reason: checkout fails."),
        ("it fails! [prodworthy run=r1 from=none to=dpl_2]", "Reason: it fails!"),
        ("see [the board]", "Reason: see [the board]."),
    ],
)
def test_a_reason_is_what_a_person_wrote(shop: Shop, text: str, said: str) -> None:
    shop.host.rolled_back(reason=Reason(text=text, by="dana", at=NOW))
    assert sentences(shop)["rolled back"].endswith(f"by dana. {said}")
    assert "prodworthy run" not in shop.run("status", "--json").stdout


def sentences(shop: Shop) -> dict[str, str]:
    """What status says, by what it is about."""
    found: dict[str, str] = {}
    for line in shop.run("status").stdout.splitlines():
        about, _, said = line.partition("  ")
        found[about.strip() or "command"] = said.strip()
    return found


def test_status_of_what_nobody_rolled_back(shop: Shop) -> None:
    told = sentences(shop)
    assert told["rolled back"] == "No: production is not rolled back."
    assert told["new pushes"] == "They go live by themselves once they are built."
    assert "to undo" not in told
    data = shop.json("status")
    assert (data["rolled_back"], data["undo"], data["auto_assign"], data["paused"]) == (False, None, True, False)


def test_status_of_a_rollback_says_who_why_since_when_and_how_to_undo_it(shop: Shop) -> None:
    shop.host.rolled_back(reason=Reason(text="checkout fails", by="dana", at=NOW))
    told = sentences(shop)
    assert told["rolled back"].startswith("YES, from dpl_BBBmR7tKq2xWv9sYcN4pLd8hJ5gF (9a1e77c ")
    assert "since 2026-03-14 02:57:30 UTC (10 min ago), by dana. Reason: checkout fails." in told["rolled back"]
    assert "do NOT go live" in told["new pushes"]
    assert told["command"] == "prodworthy promote dpl_BBBmR7tKq2xWv9sYcN4pLd8hJ5gF --target=prod"
    data = shop.json("status")
    assert data["rolled_back"] is True
    assert data["undo"] == "prodworthy promote dpl_BBBmR7tKq2xWv9sYcN4pLd8hJ5gF --target=prod"
    assert data["reason"] == {"text": "checkout fails", "by": "dana", "at": "2026-03-14T03:07:30.000Z"}


def test_the_undo_command_names_the_targets_file_that_was_used(shop: Shop) -> None:
    shop.host.rolled_back()
    assert shop.json("status", "--targets-file=my targets.toml")["undo"] == (
        "prodworthy promote dpl_BBBmR7tKq2xWv9sYcN4pLd8hJ5gF --target=prod --targets-file 'my targets.toml'"
    )


def test_the_undo_is_not_a_deployment_that_is_gone(shop: Shop) -> None:
    shop.host.rolled_back()
    del shop.host.listed[1]
    data = shop.json("status")
    assert (data["rolled_back"], data["undo"]) == (True, None)
    assert "no longer there to be promoted" in " ".join(data["said"])


def test_the_reason_of_an_earlier_rollback_is_not_that_of_the_last(shop: Shop) -> None:
    shop.host.rolled_back(reason=Reason(text="another story", by="dana", at=NOW - timedelta(days=3)))
    assert shop.json("status")["reason"] is None
    assert "another story" not in shop.run("status").stdout
    assert "No reason was given." in shop.run("status").stdout


def test_a_project_that_always_stages_is_not_rolled_back(shop: Shop) -> None:
    shop.host.change(auto_assign=False)
    told = sentences(shop)
    assert told["rolled back"] == "No: production is not rolled back."
    assert "stages every deployment" in told["new pushes"]


def test_a_rollback_after_which_pushes_go_live_again_is_over(shop: Shop) -> None:
    shop.host.rolled_back(auto_assign=True)
    assert shop.json("status")["rolled_back"] is False
    assert "but new pushes go live again" in sentences(shop)["rolled back"]


def test_what_the_host_does_not_say_is_not_guessed(shop: Shop) -> None:
    shop.host.rolled_back(auto_assign=None)
    assert shop.json("status")["rolled_back"] is None
    told = sentences(shop)
    assert told["rolled back"].startswith("It cannot be told")
    assert told["new pushes"] == "The host does not say whether they go live."


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.SKIPPED, JobState.PENDING, JobState.UNKNOWN])
@pytest.mark.parametrize("kind", [JobKind.ROLLBACK, JobKind.PROMOTE])
def test_a_job_that_did_not_succeed_hides_whether_production_is_rolled_back(
    shop: Shop, kind: JobKind, state: JobState
) -> None:
    """It ended no rollback; "No" would send somebody to sleep who has to promote."""
    bad, good = shop.host.listed[1].id, shop.host.listed[2].id
    ours = Reason(text=f"checkout fails [prodworthy run=r1 from={bad} to={good}]", by="dana", at=NOW)
    job = shop.host.rolled_back(reason=ours)
    shop.host.change(last_job=replace(job, kind=kind, state=state, origin=good, destination="dpl_next"))
    data = shop.json("status")
    assert data["rolled_back"] is None
    assert data["undo"] == f"prodworthy promote {bad} --target=prod"
    told = sentences(shop)
    assert told["rolled back"].startswith("It cannot be told")
    assert f"from {bad}" in told["rolled back"]
    assert "to undo" in told
    assert "stages every deployment" not in told["new pushes"]
    shop.host.change(reason=None)
    assert shop.json("status")["undo"] is None


def test_a_running_job_is_named(shop: Shop) -> None:
    job = shop.host.rolled_back()
    shop.host.change(last_job=replace(job, state=JobState.IN_PROGRESS), current=job.origin)
    assert "is RUNNING" in sentences(shop)["last job"]
    assert shop.json("status")["job"]["state"] == "in-progress"


def test_what_is_neither_end_of_the_rollback_is_said(shop: Shop) -> None:
    shop.host.rolled_back(current=shop.host.listed[3].id)
    assert "current, which is neither" in sentences(shop)["rolled back"]


def test_rolling_release_pause_and_crons_of_another_deployment_are_told(shop: Shop) -> None:
    bad, good = shop.host.listed[1].id, shop.host.listed[2].id
    shop.host.rollout = RollingRelease(state="ACTIVE", base=good, canary=bad, percentage=12.5, queued="dpl_waits")
    shop.host.change(paused=True, crons=good)
    told = sentences(shop)
    assert told["rolling release"].startswith(f"ACTIVE: 12.5 % of visitors get {bad}")
    assert "dpl_waits waits" in told["rolling release"]
    assert told["paused"].startswith("The project is paused")
    assert "NOT what production serves" in told["cron jobs"]


def test_watching_ends_with_the_job(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("prodworthy.commands.looking.time.sleep", waits.append)
    running = Job(kind=JobKind.PROMOTE, state=JobState.IN_PROGRESS, requested=0, origin=None, destination="dpl_x")
    shop.host.jobs = [running, running, replace(running, state=JobState.SUCCEEDED)]
    ended = shop.run("status", "--watch")
    assert ended.exit_code == 0
    assert len(waits) == 2
    assert "waiting for the promotion that is in-progress" in ended.stderr


def test_watching_does_not_wait_for_a_state_that_is_not_known(shop: Shop) -> None:
    strange = Job(kind=JobKind.PROMOTE, state=JobState.UNKNOWN, requested=0, origin=None, destination="dpl_x")
    shop.host.change(last_job=strange)
    ended = shop.run("status", "--watch")
    assert ended.exit_code == 0
    assert "is not said to have ended" in ended.stdout


def test_a_current_deployment_that_the_host_no_longer_has_is_said(shop: Shop) -> None:
    shop.host.change(current="dpl_gone")
    assert sentences(shop)["current"] == "dpl_gone, which the host no longer has."
    assert shop.json("status")["current"] is None
    assert shop.json("current")["error"]["code"] == "deployment-unknown"


def test_an_error_that_is_no_absence_ends_the_look(shop: Shop) -> None:
    shop.host.rolled_back()
    shop.host.errors["deployment"] = Rejected("GET /v13/deployments/x: 403", status=403, platform_code="forbidden")
    assert shop.run("status").exit_code == 4


def test_a_situation_before_anything_was_deployed(shop: Shop) -> None:
    empty = Project(id="prj_shop", name="shop", account=None, current=None, auto_assign=True)
    said = dict(Situation(target="prod", project=empty, now=NOW).said())
    assert said["current"] == "Nothing serves production yet."


# which target


TWO = """
[targets.prod]
url = "https://shop.example.com"
[targets.prod.vercel]
project = "prj_1"
[targets.preview]
url = "https://preview.example.com"
{more}
"""


@pytest.mark.parametrize("command", ["list", "current", "candidates", "status"])
def test_without_a_name_the_only_target_with_a_host_is_meant(written: Callable[[str], object], command: str) -> None:
    written(TWO.format(more=""))
    ended = CliRunner().invoke(main, [command])
    assert ended.exit_code == 4
    assert "target: prod" in ended.stderr
    assert "token-missing" in ended.stderr


def test_a_rehearsal_on_this_machine_is_not_meant_where_there_is_a_real_host(written: Callable[[str], object]) -> None:
    local = '[targets.local.embedded]\napp = "."\n[targets.local.vercel]\nproject = "prj_2"'
    written(TWO.format(more=local))
    assert "target: prod" in CliRunner().invoke(main, ["list"]).stderr


def test_of_two_targets_that_have_a_host_none_is_guessed(written: Callable[[str], object]) -> None:
    written(TWO.format(more='[targets.preview.vercel]\nproject = "prj_2"'))
    ended = CliRunner().invoke(main, ["list"])
    assert ended.exit_code == 4
    assert "2 targets have a host: prod, preview" in ended.stderr
    assert "--target=prod" in ended.stderr


def test_a_target_without_a_host_is_told_the_lines_to_add(written: Callable[[str], object]) -> None:
    written(TWO.format(more=""))
    ended = CliRunner().invoke(main, ["list", "--target=preview"])
    assert ended.exit_code == 4
    assert "[targets.preview.vercel]" in ended.stderr
    assert "host-undeclared" in ended.stderr


@pytest.mark.parametrize(
    ("seconds", "said"), [(-5, "0 s"), (59, "59 s"), (61, "1 min"), (7200, "2 h"), (90_000, "1 d"), (4e7, "1 y")]
)
def test_an_age_is_told_in_its_largest_unit(seconds: float, said: str) -> None:
    assert age(seconds) == said


def test_a_time_that_there_is_not_is_none() -> None:
    assert by_platform(10**30) is None


LONG = "release/2026-11-a-rather-long-name-for-a-branch"


def test_a_terminal_of_160_columns_holds_a_line_for_each(shop: Shop) -> None:
    shop.host.listed = [replace(each, branch=LONG, author="somebody-with-a-long-name") for each in shop.host.listed]
    lines = shop.run("list", width=160).stdout.splitlines()
    assert len(lines) == 5
    assert max(map(len, lines)) <= 160
    assert "Round quantities in" in lines[2]
    assert lines[2].endswith("dpl_BBBmR7tKq2xWv9sYcN4pLd8hJ5gF  https://shop-bbbmr7tkq-acme.vercel.app")


def test_a_long_address_does_not_break_the_lines_of_a_wide_terminal(shop: Shop) -> None:
    host = "harbour-and-pine-storefront-oc948qt2e-harbour-and-pine.vercel.app"
    shop.host.listed = [replace(each, host=host, author="somebody", message="word " * 30) for each in shop.host.listed]
    shop.host.rolled_back()
    lines = shop.run("list", width=160).stdout.splitlines()
    assert len(lines) == 5
    assert lines[2].startswith("rolled back from")
    assert lines[2].endswith("dpl_BBBmR7tKq2xWv9sYcN4pLd8hJ5gF")


def test_a_terminal_of_80_columns_gets_lines_that_fit(shop: Shop) -> None:
    shop.host.listed = [replace(each, message="many words " * 30) for each in shop.host.listed]
    lines = shop.run("list", width=80).stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) == 16
    assert sum(line.endswith("…") for line in lines) == 4
    assert "  dpl_BBBmR7tKq2xWv9sYcN4pLd8hJ5gF" in lines
