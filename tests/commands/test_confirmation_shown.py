"""What a person is shown before production moves: every domain, all that changes, all that does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from prodworthy.commands import account, aftermath
from prodworthy.commands.confirmation import Change, changes, entry, shown, warnings
from prodworthy.hosting.proof import Mark, Prober
from prodworthy.model import Identity
from prodworthy.model.codes import Code
from prodworthy.model.hosting import Domain, Job, JobKind, JobState, Move, Moved, Project, Served
from tests.commands.moves import DOMAINS, GOOD, NOW, PROJECT, move, moved


def text(of: Move, *domains: Change) -> str:
    return "\n".join(shown("prod", of, domains, NOW))


def test_both_deployments_are_told_with_commit_branch_author_age_and_message() -> None:
    lines = text(move()).splitlines()
    assert lines[0] == "This rolls production back: target prod, project shop."
    assert "from             dpl_bad, commit 9a1e2f0 on main, by alice, 20 min old, “new checkout”" in lines
    assert "to               dpl_good, commit 4f0c1a2 on main, by bob, 2 d old, “fix cart”" in lines


def test_every_domain_is_told_with_what_it_serves_and_will_serve() -> None:
    told = text(
        move(),
        Change(domain="shop.example.com", origin="dpl_bad"),
        Change(domain="www.shop.example.com", origin=None, redirect="shop.example.com"),
        Change(domain="eu.shop.example.com", origin="dpl_good"),
        Change(domain="us.shop.example.com", origin=None),
    )
    words = " ".join(told.split())
    assert "shop.example.com dpl_bad -> dpl_good" in words
    assert "www.shop.example.com redirects to shop.example.com, as before" in words
    assert "eu.shop.example.com serves dpl_good already" in words
    assert "us.shop.example.com what is not known -> dpl_good" in words


def test_a_domain_that_cannot_be_told_of_stands_in_nobodys_way() -> None:
    led = (
        Served(domain="shop.example.com", deployment="dpl_bad"),
        Served(domain="www.shop.example.com", deployment="dpl_bad"),
        Served(domain="eu.shop.example.com", trouble="GET /v4/aliases: 503"),
    )
    assert changes(move(domains=(*DOMAINS, Domain(name="eu.shop.example.com")), led=led)) == (
        Change(domain="shop.example.com", origin="dpl_bad"),
        Change(domain="www.shop.example.com", origin=None, redirect="shop.example.com"),
        Change(domain="eu.shop.example.com", origin=None),
    )


def test_what_a_rollback_changes_and_what_it_leaves_is_told() -> None:
    told = text(move())
    before, after = " ".join(told.split()).split("does not change")
    assert "stop going live" in before
    assert "cron jobs" in before
    for untouched in ("database", "migrations", "edge functions", "environment", "skew protection", "browser caches"):
        assert untouched in after


def warned(of: Move, **mark: object) -> str:
    known: dict[str, Any] = {"deployment": of.destination, "prober": Prober(None), "stamp": "files-abc", **mark}
    return " ".join(" ".join(warnings(of, Mark(**known))).split())


def test_a_rollback_of_what_is_rolled_back_is_called_so() -> None:
    done = Job(kind=JobKind.ROLLBACK, state=JobState.SUCCEEDED, requested=1, origin="dpl_worse", destination="dpl_bad")
    again = replace(PROJECT, auto_assign=False, last_job=done)
    assert "rolled back ALREADY" in warned(move(project=again))
    assert "may be rolled back already" in warned(move(project=replace(again, auto_assign=None)))
    assert warned(move()) == ""
    assert warned(move(JobKind.PROMOTE, project=again)) == ""


def test_that_visitors_get_an_error_page_anyway_is_told_beforehand() -> None:
    assert "PAUSED" in warned(move(project=replace(PROJECT, paused=True)))


def test_that_a_promotion_goes_out_in_stages_is_told_beforehand() -> None:
    staged = replace(PROJECT, rolling=True)
    assert "stages that have to be approved" in warned(move(JobKind.PROMOTE, project=staged))
    assert warned(move(project=staged)) == ""


def test_that_the_app_will_not_tell_is_told_beforehand() -> None:
    assert "its start page names no script" in warned(move(), stamp=None, trouble="its start page names no script")
    assert "name an identity" in warned(move(), stamp=None, trouble="its start page names no script")
    assert "cannot tell these two builds apart" in warned(move(), shared=True)
    identified = Prober(Identity(path="/version.json"))
    assert "did not tell which build it is (a wall)" in warned(move(), prober=identified, stamp=None, trouble="a wall")


def test_where_production_is_there_already_nothing_is_said_to_change() -> None:
    told = text(move(already=True), Change(domain="shop.example.com", origin="dpl_good"))
    assert "Production is there already" in told
    assert "new pushes" not in told
    assert "does not change" not in told


def test_a_promotion_in_a_project_that_always_stages_says_that_pushes_will_go_live() -> None:
    staging = move(JobKind.PROMOTE, project=replace(PROJECT, auto_assign=False))
    assert "a promotion turns automatic assignment on, and it is off now" in " ".join(text(staging).split())
    assert "it is off now" not in text(move(JobKind.PROMOTE))


@pytest.mark.parametrize("field", ["message", "author", "branch"])
def test_no_text_of_the_platform_acts_on_the_terminal(field: str) -> None:
    hostile = replace(GOOD, **{field: "fine\x1b[2J\x1b]0;owned\x07 all is well \u202e"})
    told = text(move(destination=hostile))
    assert not any(ord(character) < 32 and character != "\n" for character in told)
    assert "\u202e" not in told
    assert "fine [2J ]0;owned all is well" in " ".join(told.split())


def test_a_first_deployment_has_nothing_to_come_from() -> None:
    told = text(move(JobKind.PROMOTE, origin=None))
    assert not any(line.startswith("from") for line in told.splitlines())


def test_a_long_name_has_a_line_of_its_own() -> None:
    name = "a-very-long-subdomain.of-the.shop.example.com"
    assert entry(name, "dpl_bad -> dpl_good", 17) == [name, " " * 18 + "dpl_bad -> dpl_good"]


def test_names_of_usual_length_stand_beside_what_is_said_of_them() -> None:
    told = text(move(), Change(domain="checkout.shop.example.com", origin="dpl_bad")).splitlines()
    assert "  checkout.shop.example.com  dpl_bad -> dpl_good" in told


def told(moved: Moved, project: Project | None) -> dict[str, str]:
    return {each.about: each.said for each in aftermath.afterwards(moved, project)}


def test_afterwards_only_what_the_platform_says_is_said_of_pushes() -> None:
    off, on = (replace(PROJECT, auto_assign=each) for each in (False, True))
    assert "do not go live" in told(moved(), off)["new pushes"]
    assert "although this was a rollback" in told(moved(), on)["new pushes"]
    assert told(moved(JobKind.PROMOTE), on)["new pushes"] == "go live by themselves: automatic assignment is on"
    for silent in (None, replace(PROJECT, auto_assign=None)):
        assert "did not say" in told(moved(), silent)["new pushes"]


def test_afterwards_cron_jobs_of_another_deployment_are_told() -> None:
    assert told(moved(), replace(PROJECT, crons="dpl_good"))["cron jobs"] == "are those of dpl_good"
    assert told(moved(), PROJECT)["cron jobs"] == "are those of dpl_bad, not of dpl_good"
    assert "did not say" in told(moved(), None)["cron jobs"]


def test_of_a_move_that_is_not_proved_only_what_the_host_says_now_is_told() -> None:
    unproved = replace(moved(), code=Code.JOB_UNFINISHED)
    assert told(unproved, PROJECT) == {
        "new pushes": "go live by themselves: automatic assignment is on",
        "cron jobs": "are those of dpl_bad",
    }


def test_who_promotes_what_is_current_is_told_that_pushes_still_do_not_go_live() -> None:
    off = replace(PROJECT, auto_assign=False)
    assert "only the promotion of another deployment" in told(moved(requested=False), off)["new pushes"]


def test_nothing_is_different_where_nothing_was_asked_for() -> None:
    assert aftermath.afterwards(moved(requested=False), PROJECT) == ()
    assert aftermath.undo(moved(requested=False), where="--target=prod") is None


@pytest.mark.parametrize(
    ("kind", "command"),
    [(JobKind.ROLLBACK, "prodworthy promote dpl_bad"), (JobKind.PROMOTE, "prodworthy rollback dpl_bad")],
)
def test_the_way_back_is_a_command_to_type(kind: JobKind, command: str) -> None:
    assert aftermath.undo(moved(kind), where="--target=prod") == f"{command} --target=prod"


SERVED_AS_BEFORE = tuple(Served(domain=each.name, deployment="dpl_bad", proved=False) for each in DOMAINS)


@pytest.mark.parametrize("code", [Code.JOB_FAILED, Code.JOB_SKIPPED, Code.JOB_LOST])
def test_where_nothing_moved_there_is_nothing_to_undo(code: Code) -> None:
    ended = replace(moved(), code=code, served=SERVED_AS_BEFORE)
    assert aftermath.unmoved(ended)
    assert aftermath.undo(ended, where="--target=prod") is None
    assert account.headline(account.Account(moved=ended, where="")) == (
        "NOTHING MOVED: every domain leads to dpl_bad as before."
    )


@pytest.mark.parametrize("code", [Code.ROLLING_RELEASE_STARTED, Code.QUEUED])
def test_a_rolling_release_is_ended_at_the_host_and_undone_by_no_command(code: Code) -> None:
    begun = replace(moved(JobKind.PROMOTE), code=code)
    assert aftermath.undo(begun, where="--target=prod") is None
    told = list(account.shown(account.Account(moved=begun, where="--target=prod"), NOW))
    assert "NOT PROVED" in told[0]
    assert "in the dashboard, or with `vercel rolling-release`" in " ".join(" ".join(told).split())


def test_where_one_domain_moved_there_is() -> None:
    half = (SERVED_AS_BEFORE[0], replace(SERVED_AS_BEFORE[1], deployment="dpl_good"))
    for served in (half, SERVED_AS_BEFORE[:1], ()):
        ended = replace(moved(), code=Code.JOB_FAILED, served=served)
        assert not aftermath.unmoved(ended)
        assert aftermath.undo(ended, where="--target=prod")
        assert account.headline(account.Account(moved=ended, where="")).startswith("NOT PROVED")
    running = replace(moved(), code=Code.JOB_UNFINISHED, served=SERVED_AS_BEFORE)
    assert aftermath.undo(running, where="--target=prod")


def test_from_nothing_there_is_no_way_back() -> None:
    assert aftermath.undo(moved(JobKind.PROMOTE, origin=None), where="--target=prod") is None
