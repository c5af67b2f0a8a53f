"""Promotions and rollbacks on the emulated platform: asynchronous, one at a time, by the platform's rules."""

from __future__ import annotations

import pytest

from tests.local.vercel import ACTIVE, DOMAINS, Vercel, eventually, refused

OLD, NEW, NEWER = "a" * 40, "b" * 40, "c" * 40


@pytest.fixture
def old(vercel: Vercel) -> str:
    """The id of the deployment that was live before the one that is."""
    before = vercel.current
    vercel.deploy(NEW)
    return before


def test_a_rollback_is_accepted_first_and_carried_out_later(vercel: Vercel, old: str) -> None:
    new = vercel.current
    vercel.break_(switch=2.0)
    answer = vercel.rollback(old)
    assert (answer.status_code, answer.content) == (201, b"")
    seen = [vercel.job or {}]
    assert vercel.commit() == NEW
    while seen[-1]["jobStatus"] in ACTIVE:
        seen.append(vercel.job or {})
    assert list(dict.fromkeys(job["jobStatus"] for job in seen)) == ["pending", "in-progress", "succeeded"]
    assert {(job["type"], job["fromDeploymentId"], job["toDeploymentId"]) for job in seen} == {("rollback", new, old)}
    assert [vercel.commit(domain) for domain in DOMAINS] == [OLD, OLD]


def test_a_rollback_takes_the_time_of_a_switch(vercel: Vercel, old: str) -> None:
    vercel.break_(switch=0.5)
    vercel.rollback(old)
    at = vercel.done()["requestedAt"]
    assert vercel.state["rollback_description"]["createdAt"] - at >= 490


def test_after_a_rollback_new_deployments_stay_staged_and_the_reason_is_kept(vercel: Vercel, old: str) -> None:
    vercel.rollback(old, reason="smoke failed")
    vercel.done()
    state = vercel.state
    assert (state["current"], state["crons"], state["auto_assign"]) == (old, old, False)
    assert state["rollback_description"]["description"] == "smoke failed"
    later = vercel.deploy(NEWER)
    assert (vercel.deployment(later)["substate"], vercel.commit()) == ("STAGED", OLD)


def test_a_promotion_undoes_a_rollback_and_turns_auto_assign_on(vercel: Vercel, old: str) -> None:
    new = vercel.current
    vercel.rollback(old)
    vercel.done()
    assert vercel.promote(new).status_code == 201
    assert vercel.done()["type"] == "promote"
    assert (vercel.current, vercel.state["crons"], vercel.state["auto_assign"], vercel.commit()) == (
        new,
        new,
        True,
        NEW,
    )
    vercel.deploy(NEWER)
    assert vercel.commit() == NEWER


def test_a_staged_deployment_serves_production_once_it_is_promoted(vercel: Vercel, old: str) -> None:
    staged = vercel.deploy(NEWER, staged=True)
    assert vercel.commit() == NEW
    assert vercel.deployment(staged)["substate"] == "STAGED"
    vercel.promote(staged)
    vercel.done()
    assert [vercel.commit(domain) for domain in DOMAINS] == [NEWER, NEWER]
    assert vercel.deployment(staged)["substate"] == "PROMOTED"
    assert vercel.candidates == set(vercel.state["deployments"]) - {staged}


def test_every_job_is_later_than_the_one_before(vercel: Vercel, old: str) -> None:
    new, times = vercel.current, []
    for move, to in ((vercel.rollback, old), (vercel.promote, new), (vercel.rollback, old)):
        assert move(to).status_code == 201
        times.append(vercel.done()["requestedAt"])
    assert times == sorted(set(times))


def test_only_one_runs_at_a_time(vercel: Vercel, old: str) -> None:
    staged = vercel.deploy(NEWER, staged=True)
    vercel.break_(stuck=True)
    assert vercel.rollback(old).status_code == 201
    for second in (vercel.rollback(old), vercel.promote(staged)):
        assert refused(second) == (409, "Another promotion or rollback is in progress for this project.")
    vercel.break_()
    assert vercel.done()["toDeploymentId"] == old
    assert vercel.promote(staged).status_code == 201


def test_what_is_current_is_neither_promoted_nor_rolled_back_to(vercel: Vercel, old: str) -> None:
    new = vercel.current
    said = f"The provided deploymentId ({new}) is already the current production deployment"
    assert refused(vercel.promote(new)) == (409, said)
    assert refused(vercel.rollback(new)) == (422, said)


def test_a_hobby_project_goes_back_one_deployment_and_no_further(vercel: Vercel, old: str) -> None:
    middle = vercel.current
    vercel.deploy(NEWER)
    vercel.configure(plan="hobby")
    assert vercel.candidates == {middle}
    message = "To roll back further than the previous production deployment, upgrade to pro"
    assert refused(vercel.rollback(old)) == (402, message)
    assert vercel.rollback(middle).status_code == 201


def test_a_staged_deployment_is_not_previous_on_hobby(vercel: Vercel, old: str) -> None:
    vercel.deploy(NEWER, staged=True)
    vercel.configure(plan="hobby")
    assert vercel.rollback(old).status_code == 201


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        pytest.param({"substate": "STAGED"}, 422, id="never-live"),
        pytest.param({"candidate": False}, 422, id="no-candidate"),
        pytest.param({"target": None}, 422, id="preview"),
        pytest.param({"state": "ERROR"}, 422, id="not-ready"),
        pytest.param({"deleted": True}, 410, id="past-retention"),
        pytest.param({"state": "DELETED"}, 410, id="deleted"),
        pytest.param({"project": "prj_other"}, 404, id="foreign"),
    ],
)
def test_what_cannot_be_rolled_back_to_is_refused_and_changes_nothing(
    vercel: Vercel, old: str, changes: dict[str, object], status: int
) -> None:
    vercel.change(old, **changes)
    before = vercel.state
    assert vercel.rollback(old).status_code == status
    assert vercel.state == before


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        pytest.param({"target": None}, 422, id="preview"),
        pytest.param({"state": "BUILDING"}, 422, id="not-ready"),
        pytest.param({"deleted": True}, 410, id="past-retention"),
        pytest.param({"project": "prj_other"}, 404, id="foreign"),
    ],
)
def test_what_cannot_be_promoted_is_refused_and_changes_nothing(
    vercel: Vercel, changes: dict[str, object], status: int
) -> None:
    staged = vercel.deploy(NEW, staged=True)
    vercel.change(staged, **changes)
    before = vercel.state
    assert vercel.promote(staged).status_code == status
    assert vercel.state == before


def test_what_does_not_exist_is_not_found(vercel: Vercel) -> None:
    assert [vercel.rollback("dpl_nothing").status_code, vercel.promote("dpl_nothing").status_code] == [404, 404]


def test_a_reason_is_at_most_250_characters_long(vercel: Vercel, old: str) -> None:
    assert vercel.rollback(old, reason="x" * 251).status_code == 400
    assert vercel.rollback(old, reason="x" * 250).status_code == 201


def test_an_alias_on_the_old_production_moves_with_a_rollback(vercel: Vercel) -> None:
    old = vercel.current
    vercel.deploy(NEW, domain="extra-embedded.vercel.app")
    other = vercel.deploy(NEWER, staged=True, domain="other-embedded.vercel.app")
    vercel.rollback(old)
    vercel.done()
    assert vercel.state["aliases"] == {"extra-embedded.vercel.app": old, "other-embedded.vercel.app": other}


def test_somebody_elses_job_is_told_like_ours(vercel: Vercel, old: str) -> None:
    vercel.told("POST", "/actor", {"kind": "rollback", "deployment": old})
    assert vercel.done()["toDeploymentId"] == old
    assert eventually(vercel.commit, lambda commit: commit == OLD)
    assert vercel.state["last_job"]["by"] == "usr_somebody_else"
