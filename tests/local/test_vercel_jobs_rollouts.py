"""Rolling releases on the emulated platform: production is two deployments, and a client is kept on one side."""

from __future__ import annotations

import httpx
import pytest

from tests.local.vercel import DOMAINS, PROJECT, Vercel, refused

OLD, NEW, NEWER = "a" * 40, "b" * 40, "c" * 40
CANARY, STABLE = "/version.json?vcrrForceCanary=true", "/version.json?vcrrForceStable=true"


@pytest.fixture
def canary(vercel: Vercel) -> str:
    """The id of a deployment that is being rolled out to a tenth of all visitors."""
    vercel.configure(stages=[10, 50, 100])
    staged = vercel.deploy(NEW, staged=True)
    assert vercel.promote(staged).status_code == 201
    return staged


def call(vercel: Vercel, path: str, **body: object) -> httpx.Response:
    return vercel.api.post(f"/v1/projects/{PROJECT}/rolling-release/{path}", json=body)


def sides(vercel: Vercel) -> tuple[str, str]:
    """What a client gets that asks for the new and for the old deployment."""
    return vercel.commit(path=CANARY), vercel.commit(path=STABLE)


def test_a_promotion_starts_a_rollout_when_stages_are_configured(vercel: Vercel, canary: str) -> None:
    state = vercel.state
    assert state["current"] != canary
    assert (state["rollout"]["state"], state["rollout"]["canary"]) == ("ACTIVE", canary)
    assert (state["rollout"]["base"], state["rollout"]["stage"]) == (state["current"], 0)
    assert vercel.deployment(canary)["substate"] == "ROLLING"
    assert state["last_job"] is None


def test_either_side_can_be_asked_for_on_every_domain(vercel: Vercel, canary: str) -> None:
    assert sides(vercel) == (NEW, OLD)
    assert [vercel.commit(domain, CANARY) for domain in DOMAINS] == [NEW, NEW]


def test_a_client_stays_on_the_side_that_it_was_put_on(vercel: Vercel, canary: str) -> None:
    first = vercel.ask(DOMAINS[0], "/version.json")
    name, value = first.headers["set-cookie"].partition(";")[0].split("=", 1)
    assert name.startswith("_vcrr_")
    assert value.split("|")[0] == canary
    assert {vercel.commit() for _ in range(3)} == {first.json()["commit"]}
    assert {vercel.commit(cookie=f"{name}={value}") for _ in range(3)} == {first.json()["commit"]}


def test_the_cookie_of_a_forced_side_holds_it(vercel: Vercel, canary: str) -> None:
    for path, commit in ((CANARY, NEW), (STABLE, OLD)):
        cookie = vercel.ask(DOMAINS[0], path).headers["set-cookie"].partition(";")[0]
        assert cookie.endswith("|forced")
        assert vercel.commit(cookie=cookie) == commit


@pytest.mark.parametrize(
    ("bucket", "at_ten", "at_fifty"), [(9, NEW, NEW), (10, OLD, NEW), (49, OLD, NEW), (50, OLD, OLD)]
)
def test_the_bucket_decides_by_the_percentage(
    vercel: Vercel, canary: str, bucket: int, at_ten: str, at_fifty: str
) -> None:
    name = vercel.ask(DOMAINS[0]).headers["set-cookie"].partition("=")[0]
    cookie = f"{name}={canary}|{bucket}"
    assert vercel.commit(cookie=cookie) == at_ten
    vercel.told("POST", "/rollout", {"approve": 1})
    assert vercel.commit(cookie=cookie) == at_fifty


def test_a_cookie_of_an_earlier_rollout_counts_for_nothing(vercel: Vercel, canary: str) -> None:
    name = vercel.ask(DOMAINS[0]).headers["set-cookie"].partition("=")[0]
    fresh = vercel.ask(DOMAINS[0], cookie=f"{name}=dpl_earlier|0|forced")
    assert fresh.headers["set-cookie"].startswith(f"{name}={canary}|")


def test_without_a_rollout_nobody_can_ask_for_a_side(vercel: Vercel) -> None:
    vercel.deploy(NEW, staged=True)
    answer = vercel.ask(DOMAINS[0], CANARY)
    assert (answer.json()["commit"], "set-cookie" in answer.headers) == (OLD, False)


def test_the_last_stage_completes_it(vercel: Vercel, canary: str) -> None:
    assert call(vercel, "approve-stage", nextStageIndex=1, canaryDeploymentId=canary).is_success
    assert vercel.state["rollout"]["stage"] == 1
    assert call(vercel, "approve-stage", nextStageIndex=2, canaryDeploymentId=canary).is_success
    state = vercel.state
    assert (state["rollout"]["state"], state["current"], state["auto_assign"]) == ("COMPLETE", canary, True)
    assert [vercel.commit(domain, STABLE) for domain in DOMAINS] == [NEW, NEW]


def test_a_stage_cannot_be_left_out(vercel: Vercel, canary: str) -> None:
    assert refused(call(vercel, "approve-stage", nextStageIndex=2, canaryDeploymentId=canary))[0] == 409
    assert vercel.state["rollout"]["stage"] == 0


def test_another_canary_is_refused(vercel: Vercel, canary: str) -> None:
    for path, more in (("approve-stage", {"nextStageIndex": 1}), ("complete", {})):
        assert call(vercel, path, canaryDeploymentId="dpl_other", **more).status_code == 409
    assert vercel.state["rollout"]["state"] == "ACTIVE"


def test_a_second_promotion_is_queued_and_begins_when_the_first_is_complete(vercel: Vercel, canary: str) -> None:
    second = vercel.deploy(NEWER, staged=True)
    assert vercel.promote(second).status_code == 202
    assert vercel.state["rollout"]["queued"] == second
    assert sides(vercel) == (NEW, OLD)
    assert call(vercel, "complete", canaryDeploymentId=canary).is_success
    assert vercel.state["rollout"]["canary"] == second
    assert sides(vercel) == (NEWER, NEW)


def test_a_rollback_to_the_base_aborts_it(vercel: Vercel, canary: str) -> None:
    base = vercel.current
    assert vercel.rollback(base).status_code == 201
    job = vercel.done()
    assert (job["type"], job["jobStatus"], job["toDeploymentId"]) == ("rollback", "succeeded", base)
    state = vercel.state
    assert (state["rollout"]["state"], state["current"], state["auto_assign"]) == ("ABORTED", base, False)
    assert sides(vercel) == (OLD, OLD)


def test_a_rollback_to_anything_else_has_to_wait(vercel: Vercel) -> None:
    old = vercel.current
    vercel.deploy(NEW)
    vercel.configure(stages=[10, 100])
    vercel.promote(vercel.deploy(NEWER, staged=True))
    assert refused(vercel.rollback(old)) == (409, "A rolling release is active.")


def test_a_new_deployment_is_rolled_out_too(vercel: Vercel) -> None:
    vercel.configure(stages=[50, 100])
    new = vercel.deploy(NEW)
    assert (vercel.state["rollout"]["canary"], sides(vercel)) == (new, (NEW, OLD))


def test_to_start_the_same_rollout_again_changes_nothing(vercel: Vercel, canary: str) -> None:
    before = vercel.state
    assert call(vercel, "start", canaryDeploymentId=canary).is_success
    assert vercel.state == before
    other = vercel.deploy(NEWER, staged=True)
    assert call(vercel, "start", canaryDeploymentId=other).status_code == 409


def test_without_stages_no_rollout_starts(vercel: Vercel) -> None:
    staged = vercel.deploy(NEW, staged=True)
    assert call(vercel, "start", canaryDeploymentId=staged).status_code == 422


def test_to_promote_the_canary_again_changes_nothing(vercel: Vercel, canary: str) -> None:
    before = vercel.state
    assert vercel.promote(canary).status_code == 202
    assert vercel.state == before


def test_what_was_queued_and_is_gone_by_then_begins_nothing(vercel: Vercel, canary: str) -> None:
    second = vercel.deploy(NEWER, staged=True)
    vercel.promote(second)
    vercel.change(second, deleted=True)
    assert call(vercel, "complete", canaryDeploymentId=canary).is_success
    assert (vercel.current, vercel.state["rollout"]["state"]) == (canary, "COMPLETE")


def test_a_canary_that_had_served_production_before_is_a_candidate_again_after_the_abort(vercel: Vercel) -> None:
    old = vercel.current
    new = vercel.deploy(NEW)
    vercel.configure(stages=[10, 100])
    vercel.promote(old)
    assert (vercel.deployment(old)["substate"], vercel.candidates) == ("ROLLING", set())
    vercel.rollback(new)
    vercel.done()
    assert (vercel.deployment(old)["substate"], vercel.candidates) == ("PROMOTED", {old})


def test_somebody_elses_promotion_ends_it(vercel: Vercel, canary: str) -> None:
    other = vercel.deploy(NEWER, staged=True)
    vercel.told("POST", "/actor", {"kind": "promote", "deployment": other})
    vercel.done()
    assert (vercel.current, vercel.state["rollout"]["state"]) == (other, "ABORTED")
    assert sides(vercel) == (NEWER, NEWER)
