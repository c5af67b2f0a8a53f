"""What production serves while it is judged: one deployment, or why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from prodworthy.hosting.production import (
    Look,
    by_host_alone,
    changes,
    denying,
    disagreement,
    is_commit,
    restamped,
    unheard,
    unled,
    unlike,
)
from prodworthy.hosting.proof import Mark
from prodworthy.model import Identity
from prodworthy.model.hosting import (
    Deployment,
    DeploymentState,
    Job,
    JobKind,
    JobState,
    Project,
    Reason,
    RollingRelease,
    Served,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ONE, OTHER = "a" * 40, "b" * 40
COMMITS = Identity(pointer="/commit")


def project(last: int | None = None, *, rolling: bool = False, **told: Any) -> Project:
    job = None
    if last is not None:
        moved = {"kind": JobKind.ROLLBACK, "state": JobState.SUCCEEDED, "origin": "dpl_b", "destination": "dpl_a"}
        job = Job(requested=last, **moved | told)
    return Project(id="p", name="shop", account=None, current="dpl_a", auto_assign=True, last_job=job, rolling=rolling)


def served(domain: str = "shop.test", deployment: str | None = "dpl_a", *stamps: str, **more: Any) -> Served:
    return Served(domain=domain, deployment=deployment, stamps=stamps, **more)


def seen(*domains: Served, of: Project | None = None) -> Look:
    return Look(project=of or project(), served=domains)


def known(stamp: str | None = ONE, commit: str | None = ONE) -> Mark:
    deployment = Deployment(
        id="dpl_a",
        host="a.vercel.app",
        name="shop",
        project="p",
        created=NOON,
        state=DeploymentState.READY,
        commit=commit,
    )
    return Mark(deployment=deployment, prober=None, stamp=stamp)


def test_one_deployment_on_every_domain_agrees() -> None:
    look = seen(served("a.test", "dpl_a", ONE), served("b.test", "dpl_a", ONE), served("c.test", None, ONE))
    assert list(disagreement(look, known(), COMMITS)) == []


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(served("b.test", "dpl_b", ONE), id="by-the-host"),
        pytest.param(served("b.test", "dpl_a", OTHER), id="by-the-app"),
        pytest.param(served("b.test", None, OTHER), id="where-the-host-leads-nowhere"),
    ],
)
def test_domains_that_differ_are_each_named(second: Served) -> None:
    (told,) = disagreement(seen(served("a.test", "dpl_a", ONE), second), known(), COMMITS)
    assert [line.split()[0] for line in told.splitlines()[1:]] == ["a.test", "b.test"]


def test_what_another_project_serves_is_not_what_is_meant() -> None:
    theirs = replace(known(), deployment=replace(known().deployment, project="prj_other", name="blog"))
    (told,) = disagreement(seen(served("a.test", "dpl_a", ONE)), theirs, COMMITS)
    assert told.startswith("what the domains serve is of the project blog, not of shop")


def test_the_files_of_two_addresses_are_not_compared() -> None:
    look = seen(served("a.test", "dpl_a", "files-1"), served("b.test", "dpl_a", "files-2"))
    assert list(disagreement(look, known("files-3"), None)) == []


def test_a_rolling_release_is_two_deployments() -> None:
    release = RollingRelease(state="ACTIVE", base="dpl_a", canary="dpl_b")
    (told,) = disagreement(replace(seen(served(), of=project(rolling=True)), release=release), known(), COMMITS)
    assert "rolling release" in told


def test_a_project_that_may_have_rolling_releases_serves_one_deployment_between_them() -> None:
    assert list(disagreement(seen(served(), of=project(rolling=True)), known(), COMMITS)) == []


@pytest.mark.parametrize(
    ("mark", "stamp", "identity", "denied"),
    [
        pytest.param(known(ONE), OTHER, COMMITS, True, id="its-own-address-says-another"),
        pytest.param(known("v1"), "v2", Identity(pointer="/v"), True, id="also-what-is-no-commit"),
        pytest.param(known(None), OTHER, COMMITS, True, id="another-commit-than-the-host-knows"),
        pytest.param(known(None), ONE[:8], COMMITS, False, id="the-commit-abbreviated"),
        pytest.param(
            known(None), "20261122", Identity(pointer="/build"), False, id="a-number-of-which-nothing-is-known"
        ),
        pytest.param(known(None), "v2", COMMITS, False, id="no-commit"),
        pytest.param(known(None, None), OTHER, COMMITS, False, id="the-host-knows-no-commit"),
        pytest.param(known("files-1"), "files-2", None, False, id="signatures-of-different-addresses"),
        pytest.param(known("files-1"), OTHER, COMMITS, True, id="a-commit-where-its-own-address-has-none"),
    ],
)
def test_an_app_denies_the_host_only_where_both_can_be_compared(
    mark: Mark, stamp: str, identity: Identity | None, denied: bool
) -> None:
    look = [served("shop.test", "dpl_a", stamp)]
    assert bool(denying(look, mark, identity)) is denied
    assert bool(list(disagreement(seen(*look), mark, identity))) is denied


@pytest.mark.parametrize(
    ("stamp", "pointer", "sure"),
    [
        pytest.param(ONE, "/v", True, id="whole"),
        pytest.param(ONE[:7], "/git/sha", True, id="abbreviated-where-commits-stand"),
        pytest.param(ONE[:7], "/build", False, id="abbreviated-anywhere"),
        pytest.param("v1.2.3", "/commit", False, id="a-version"),
        pytest.param("abc12", "/commit", False, id="too-short"),
    ],
)
def test_what_is_surely_a_commit(stamp: str, pointer: str, sure: bool) -> None:
    assert is_commit(stamp, Identity(pointer=pointer)) is sure


def test_nothing_changed() -> None:
    look = seen(served("a.test", "dpl_a", ONE), of=project(1))
    assert list(changes(look, look)) == []


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(served("a.test", "dpl_b", ONE), id="the-hosts-word"),
        pytest.param(served("a.test", "dpl_a", OTHER), id="the-apps-word"),
        pytest.param(served("a.test", "dpl_a", "files-2"), id="the-documents-files"),
    ],
)
def test_a_change_names_the_domain_with_before_and_after(after: Served) -> None:
    (told,) = changes(seen(served("a.test", "dpl_a", ONE)), seen(after))
    assert told.splitlines()[1].startswith("a.test served dpl_a (its stamp: aaaaaaa) before, and ")
    (by_the_app,) = restamped([served("a.test", "dpl_a", ONE)], [after]) if after.stamps != (ONE,) else ("production",)
    assert by_the_app.startswith("production")


def test_silence_is_no_change() -> None:
    before = seen(served("a.test", "dpl_a", ONE), served("b.test", "dpl_a", ONE))
    after = seen(served("a.test", None, trouble="no answer"), served("b.test", "dpl_a", trouble="it answers 500"))
    assert list(changes(before, after)) == []


def test_who_acted_is_told_with_the_reason() -> None:
    after = project(1_795_348_800_000)
    reason = Reason(text="smoke\x1b[31m failed", by="ada", at=NOON)
    acted = Project(**{name: getattr(after, name) for name in after.__slots__} | {"reason": reason})
    (told,) = changes(seen(served(deployment="dpl_b"), of=project(5)), seen(served(), of=acted))
    assert "a rollback from dpl_b to dpl_a was asked for at 12:00:00 UTC (succeeded) by ada: smoke [31m failed" in told


def test_the_reason_of_an_earlier_rollback_is_not_laid_on_a_promotion() -> None:
    reason = Reason(text="older", by="bob", at=NOON)
    after = project(9, kind=JobKind.PROMOTE)
    acted = Project(**{name: getattr(after, name) for name in after.__slots__} | {"reason": reason})
    (told,) = changes(seen(served(deployment="dpl_b")), seen(served(), of=acted))
    assert "a promotion" in told
    assert "older" not in told


def test_a_deployment_that_went_live_by_itself_is_nobodys_job() -> None:
    (told,) = changes(seen(served(deployment="dpl_b"), of=project(5)), seen(served(), of=project(5)))
    assert "went live by itself" in told


def test_there_and_back_again_is_a_change_too() -> None:
    (told,) = changes(seen(served(), of=project(5)), seen(served(), of=project(9)))
    assert told.startswith("production was moved during the run: a rollback")


def test_a_domain_is_led_and_heard_or_it_is_named_with_the_reason() -> None:
    looked = [
        served("a.test", "dpl_a", trouble="it answers 500"),
        served("b.test", None, ONE),
        served("c.test", None, trouble="no answer"),
        served("d.test", "dpl_a"),
        served("e.test", "dpl_a", ONE),
    ]
    assert list(unled(looked)) == ["b.test: the host leads it to no deployment", "c.test: no answer"]
    assert list(unheard(looked, [])) == [
        "a.test: it answers 500",
        "c.test: no answer",
        "d.test: the app does not say which build it is",
    ]


@pytest.mark.parametrize(
    ("domain", "walled", "alone"),
    [
        pytest.param("shop.vercel.app", True, True, id="of-the-hosts-own-and-walled"),
        pytest.param("shop.vercel.app", False, False, id="broken"),
        pytest.param("shop.vercel.app.evil.test", True, False, id="only-alike"),
        pytest.param("declared.vercel.app", True, False, id="declared"),
    ],
)
def test_the_hosts_word_alone_does_for_its_own_closed_addresses_only(domain: str, walled: bool, alone: bool) -> None:
    closed = served(domain, "dpl_a", trouble="a wall", walled=walled)
    assert bool(list(by_host_alone([closed], ["declared.vercel.app"]))) is alone
    assert bool(list(unheard([closed], ["declared.vercel.app"]))) is not alone


def test_only_files_are_held_against_the_files_of_its_own_address() -> None:
    looked = [
        served("a.test", "dpl_a", "files-1"),
        served("b.test", "dpl_a", "files-2"),
        served("c.test", "dpl_a", ONE),
    ]
    assert [each.split(":")[0] for each in unlike(looked, known("files-1"))] == ["b.test"]
    assert list(unlike(looked, known(ONE))) == list(unlike(looked, None)) == []
