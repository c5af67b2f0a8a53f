"""Every fault that the control port can set, as a client of the platform meets it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import fields

import httpx
import pytest

from prodworthy.local.edge import Edge, build_of
from prodworthy.local.edge.vercel_config import VercelConfig
from prodworthy.local.vercel.faults import BadFaults, Faults, Requests, read_faults
from prodworthy.local.vercel.platform import Platform
from tests.local.vercel import DOMAINS, OWN, PROJECT, Vercel, eventually, refused

OLD, NEW, NEWER = "a" * 40, "b" * 40, "c" * 40
ROLLBACKS = "/v*/projects/*/rollback/*"


@pytest.fixture
def old(vercel: Vercel) -> str:
    before = vercel.current
    vercel.deploy(NEW)
    return before


def posts(vercel: Vercel) -> list[int | None]:
    """How the POSTs of the log were answered."""
    return [each["status"] for each in vercel.log if each["method"] == "POST"]


def test_job_hidden(vercel: Vercel, old: str) -> None:
    new = vercel.current
    vercel.rollback(old)
    before = vercel.done()
    vercel.break_(job_hidden=600.0, switch=0.1)
    assert vercel.promote(new).status_code == 201
    assert vercel.job == before
    assert eventually(vercel.commit, lambda commit: commit == NEW)
    assert vercel.job == before, "the domains are switched before the job is shown"


def test_a_hidden_job_is_shown_at_last(vercel: Vercel, old: str) -> None:
    vercel.break_(job_hidden=0.3, switch=0.0)
    vercel.rollback(old)
    job = eventually(lambda: vercel.job)
    assert (job["toDeploymentId"], job["jobStatus"]) == (old, "succeeded")


def test_a_hidden_job_keeps_no_later_one_waiting(vercel: Vercel, old: str) -> None:
    new = vercel.current
    vercel.break_(job_hidden=600.0, switch=0.0)
    vercel.rollback(old)
    eventually(lambda: vercel.current == old)
    vercel.break_(switch=0.0)
    assert vercel.promote(new).status_code == 201
    assert (vercel.done()["toDeploymentId"], vercel.current) == (new, new)


def test_job_lost(vercel: Vercel, old: str) -> None:
    new = vercel.current
    vercel.break_(job_lost=True, switch=0.0)
    assert vercel.rollback(old).status_code == 201
    assert (vercel.job, vercel.current, vercel.commit()) == (None, new, NEW)
    vercel.break_(switch=0.0)
    assert vercel.rollback(old).status_code == 201, "what is lost is in nobody's way"
    assert vercel.done()["toDeploymentId"] == old


def test_job_skipped(vercel: Vercel, old: str) -> None:
    new = vercel.current
    vercel.break_(job_skipped=True)
    vercel.rollback(old)
    assert (vercel.done()["jobStatus"], vercel.current, vercel.commit()) == ("skipped", new, NEW)
    assert vercel.state["auto_assign"] is True


def test_job_failed(vercel: Vercel, old: str) -> None:
    new = vercel.current
    vercel.break_(job_failed=True)
    vercel.rollback(old)
    assert (vercel.done()["jobStatus"], vercel.current, vercel.commit()) == ("failed", new, NEW)
    assert vercel.state["last_job"]["aliases"] == dict.fromkeys((*DOMAINS, OWN), "failed")


@pytest.mark.parametrize(("more", "status"), [({}, "succeeded"), ({"job_failed": True}, "failed")])
def test_partial(vercel: Vercel, old: str, more: dict[str, bool], status: str) -> None:
    vercel.break_(partial=["www.shop.test"], **more)
    vercel.rollback(old)
    assert vercel.done()["jobStatus"] == status
    assert vercel.state["last_job"]["aliases"] == {
        "shop.test": "completed",
        "www.shop.test": "failed",
        OWN: "completed",
    }
    assert [vercel.commit(domain) for domain in DOMAINS] == [OLD, NEW]
    assert vercel.current == old


def test_foreign_job(vercel: Vercel, old: str) -> None:
    staged = vercel.deploy(NEWER, staged=True)
    vercel.break_(foreign_job=staged, switch=1.0)
    vercel.rollback(old)
    job = vercel.job or {}
    assert (job["type"], job["toDeploymentId"]) == ("rollback", staged), "theirs is shown as soon as ours is accepted"
    assert eventually(vercel.commit, lambda commit: commit == OLD), "ours is carried out"
    assert eventually(vercel.commit, lambda commit: commit == NEWER), "and then theirs"
    assert (vercel.current, vercel.done()["toDeploymentId"]) == (staged, staged)


def test_stuck(vercel: Vercel, old: str) -> None:
    vercel.break_(stuck=True, switch=0.0)
    vercel.rollback(old)
    assert eventually(lambda: vercel.job, lambda job: job["jobStatus"] == "in-progress")
    assert vercel.commit() == NEW
    vercel.told("DELETE", "/faults")
    assert (vercel.done()["jobStatus"], vercel.commit()) == ("succeeded", OLD)


@pytest.mark.parametrize("seconds", [600.0, 0.3])
def test_edge_lag(vercel: Vercel, old: str, seconds: float) -> None:
    vercel.break_(edge_lag=seconds)
    vercel.rollback(old)
    assert vercel.done()["jobStatus"] == "succeeded"
    state = vercel.state
    assert [state["domains"][domain]["deployment"] for domain in DOMAINS] == [old, old]
    if seconds > 1:
        assert [vercel.commit(domain) for domain in DOMAINS] == [NEW, NEW]
    else:
        assert eventually(vercel.commit, lambda commit: commit == OLD)


class Hastened(asyncio.SelectorEventLoop):
    """A loop in which time passes as soon as nothing else is left to do: nobody waits, and nothing is early or late."""

    _ahead = 0.0

    def time(self) -> float:
        return super().time() + self._ahead

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:
            self._ahead += max(0.0, self._scheduled[0]._when - self.time())
        super()._run_once()


@pytest.fixture
def hastened() -> Iterator[tuple[Hastened, Platform, str, str]]:
    """A platform without sockets in such a loop, with the old deployment and the new one that is live."""
    loop = Hastened()
    platform = Platform(Edge(), settings={"switch": "0"}, domains=DOMAINS)
    builds = [build_of({}, VercelConfig(), project="shop", team="embedded") for _ in range(2)]
    old, new = (platform.deploy(build).id for build in builds)
    yield loop, platform, old, new
    platform.close()
    loop.close()


def test_a_stuck_job_stays_so_until_it_is_let_go(hastened: tuple[Hastened, Platform, str, str]) -> None:
    loop, platform, old, new = hastened

    async def play() -> list[tuple[str | None, str | None]]:
        platform.faults = Faults(stuck=True)
        await platform.rollback(old)
        seen = []
        for faults in (platform.faults, Faults()):
            platform.faults = faults
            await asyncio.sleep(60)
            job = platform.state.last_job
            seen.append((job.status if job else None, platform.edge.current(DOMAINS[0])))
        return seen

    assert loop.run_until_complete(play()) == [("in-progress", new), ("succeeded", old)]


def test_an_edge_that_lags_does_not_undo_what_came_after(hastened: tuple[Hastened, Platform, str, str]) -> None:
    loop, platform, old, new = hastened

    async def play() -> list[str | None]:
        platform.faults = Faults(edge_lag=60.0)
        await platform.rollback(old)
        await asyncio.sleep(1)
        platform.faults = Faults()
        await platform.promote(new)
        seen = []
        for _ in range(2):
            await asyncio.sleep(50)
            seen.append(platform.edge.current(DOMAINS[0]))
        return seen

    assert loop.run_until_complete(play()) == [new, new]


def test_an_edge_that_lags_follows_at_last(hastened: tuple[Hastened, Platform, str, str]) -> None:
    loop, platform, old, new = hastened

    async def play() -> list[str | None]:
        platform.faults = Faults(edge_lag=60.0)
        await platform.rollback(old)
        seen = []
        for _ in range(2):
            await asyncio.sleep(50)
            seen.append(platform.edge.current(DOMAINS[0]))
        return seen

    assert loop.run_until_complete(play()) == [new, old]


def test_flapping(vercel: Vercel, old: str) -> None:
    vercel.break_(flapping=600.0)
    vercel.rollback(old)
    vercel.done()
    assert [vercel.commit() for _ in range(4)] == [OLD, NEW, OLD, NEW]


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0, 0), (0.2, 4, 40), (1.0, 100, 100)])
def test_flapping_share(vercel: Vercel, old: str, share: float, least: int, most: int) -> None:
    vercel.break_(flapping=600.0, flapping_share=share)
    vercel.rollback(old)
    vercel.done()
    seen = [vercel.commit() for _ in range(100)]
    assert set(seen) <= {OLD, NEW}
    assert least <= seen.count(NEW) <= most, "the share gets what was"
    assert share in {0.0, 1.0} or seen != seen[:2] * 50, "and nobody can tell which"


def test_an_edge_that_flaps_comes_to_rest(vercel: Vercel, old: str) -> None:
    vercel.break_(flapping=0.3)
    vercel.rollback(old)
    vercel.done()
    assert eventually(lambda: [vercel.commit() for _ in range(4)], lambda seen: set(seen) == {OLD})


def test_fail_before(vercel: Vercel, old: str) -> None:
    vercel.break_(fail_before={"method": "POST", "path": ROLLBACKS, "times": 2, "status": 502})
    assert vercel.project().status_code == 200
    assert [vercel.rollback(old).status_code for _ in range(2)] == [502, 502]
    assert vercel.job is None
    assert vercel.rollback(old).status_code == 201
    assert posts(vercel) == [502, 502, 201]


def test_fail_after(vercel: Vercel, old: str) -> None:
    vercel.break_(fail_after={"method": "POST", "path": ROLLBACKS, "status": 503})
    assert vercel.rollback(old).status_code == 503
    assert (vercel.done()["toDeploymentId"], vercel.commit()) == (old, OLD)
    assert posts(vercel) == [503]


@pytest.mark.parametrize(("fault", "carried_out"), [("cut_before", False), ("cut_after", True)])
def test_cut(vercel: Vercel, old: str, fault: str, carried_out: bool) -> None:
    vercel.break_(**{fault: {"method": "POST", "path": ROLLBACKS}})
    with pytest.raises(httpx.TransportError):
        vercel.rollback(old)
    assert posts(vercel) == [None]
    assert (vercel.job is not None) is carried_out


def test_cut_over_the_edges_own_port(vercel: Vercel) -> None:
    vercel.break_(cut_before={"path": "/v9/projects"})
    with pytest.raises(httpx.TransportError):
        vercel.ask("api.vercel.com", f"/v9/projects/{PROJECT}")
    answer = vercel.ask("api.vercel.com", f"/v9/projects/{PROJECT}")
    assert (answer.status_code, answer.http_version) == (403, "HTTP/2")


@pytest.mark.parametrize("header", [True, False])
def test_throttle(vercel: Vercel, header: bool) -> None:
    vercel.break_(throttle={"path": "/v9/projects", "times": 1, "retry_after": 7, "header": header})
    answer = vercel.project()
    assert answer.status_code == 429
    assert answer.headers.get("retry-after") == ("7" if header else None)
    error = answer.json()["error"]
    assert (error["code"], error["limit"]["remaining"]) == ("rate_limited", 0)
    assert answer.headers["x-ratelimit-reset"] == str(error["limit"]["reset"])
    assert vercel.project().status_code == 200


def test_malformed(vercel: Vercel, old: str) -> None:
    vercel.break_(malformed={"path": "/v9/projects", "times": 1, "body": '{"id": '})
    answer = vercel.project()
    assert (answer.status_code, answer.text) == (200, '{"id": ')
    assert vercel.project().json()["id"] == PROJECT


def test_expired_token(vercel: Vercel) -> None:
    vercel.break_(expired_token=True)
    assert [refused(vercel.project()) for _ in range(2)] == [(403, "Not authorized")] * 2
    vercel.break_()
    assert vercel.project().status_code == 200


def test_slow(vercel: Vercel) -> None:
    vercel.break_(slow={"path": "/v9/projects", "seconds": 0.4})
    assert vercel.project().elapsed.total_seconds() >= 0.4


def test_a_client_that_does_not_wait_for_a_slow_answer_was_heard_all_the_same(vercel: Vercel, old: str) -> None:
    vercel.break_(slow={"path": ROLLBACKS, "seconds": 600, "after": True}, switch=0.0)
    with pytest.raises(httpx.ReadTimeout):
        vercel.rollback(old, timeout=0.5)
    assert (vercel.done()["toDeploymentId"], posts(vercel)) == (old, [201])


def test_a_request_that_is_late_is_carried_out_when_its_client_has_left(vercel: Vercel, old: str) -> None:
    vercel.break_(slow={"path": ROLLBACKS, "seconds": 2.0}, switch=0.0)
    with pytest.raises(httpx.ReadTimeout):
        vercel.rollback(old, timeout=0.2)
    assert vercel.job is None
    assert eventually(lambda: vercel.job)["toDeploymentId"] == old


def test_faults_combine(vercel: Vercel, old: str) -> None:
    vercel.break_(
        cut_after={"method": "POST", "path": ROLLBACKS},
        throttle={"method": "GET", "path": "/v9/projects"},
        job_skipped=True,
    )
    with pytest.raises(httpx.TransportError):
        vercel.rollback(old)
    assert vercel.project().status_code == 429
    assert vercel.done()["jobStatus"] == "skipped"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "faults are one JSON object"),
        ({"nonsense": 1}, "there is no fault `nonsense`"),
        ({"switch": "1"}, "`switch` must be seconds, not '1'"),
        ({"switch": -1}, "`switch` must be seconds"),
        ({"job_lost": 1}, "`job_lost` must be true or false, not 1"),
        ({"flapping_share": 1.1}, "`flapping_share` must be a share from 0 to 1, or null, not 1.1"),
        ({"partial": "shop.test"}, "`partial` must be a list of domains"),
        ({"foreign_job": True}, "`foreign_job` must be the id of a deployment, or null"),
        ({"cut_after": True}, "`cut_after` must be an object"),
        ({"cut_after": {"paths": "/"}}, "`cut_after` has no `paths`; it has: method, path, times"),
        ({"cut_after": {"struck": 1}}, "`cut_after` has no `struck`"),
        ({"fail_after": {"path": "v9"}}, "`fail_after.path` must be a text that begins with /"),
        ({"fail_after": {"status": 1}}, "`fail_after.status` must be a status"),
        ({"throttle": {"times": True}}, "`throttle.times` must be a whole number or null"),
    ],
)
def test_what_is_no_fault_is_refused_by_name(given: object, sentence: str) -> None:
    with pytest.raises(BadFaults) as told:
        read_faults(given)
    assert sentence in str(told.value)


@pytest.mark.parametrize(
    ("fault", "method", "path", "strikes"),
    [
        ({}, "GET", "/v9/projects/p", True),
        ({"method": "POST"}, "POST", "/v9/projects/p", True),
        ({"method": "POST"}, "GET", "/v9/projects/p", False),
        ({"path": "/v9/projects"}, "GET", "/v9/projects/p", True),
        ({"path": "/v9/projects/p"}, "GET", "/v9/projects", False),
        ({"path": "/v1/projects"}, "GET", "/v10/projects", False),
        ({"path": "/v*/projects"}, "GET", "/v10/projects", True),
        ({"path": "/v*/projects/*/rollback"}, "POST", "/v1/projects/p/rollback/d", True),
        ({"path": "/v*/projects/*/rollback"}, "POST", "/v1/projects/p/promote/d", False),
        ({"path": "/v.+"}, "GET", "/v9", False),
    ],
)
def test_a_request_is_struck_by_its_method_and_how_its_path_begins(
    fault: dict[str, str], method: str, path: str, strikes: bool
) -> None:
    assert Requests(**fault).strike(method, path) is strikes


@pytest.mark.parametrize(("times", "struck"), [(0, 0), (1, 1), (2, 2), (None, 5)])
def test_faults_strike_as_often_as_they_say(times: int | None, struck: int) -> None:
    fault = Requests(times=times)
    assert [fault.strike("GET", "/") for _ in range(5)] == [True] * struck + [False] * (5 - struck)


def test_no_faults_are_the_default() -> None:
    assert read_faults({}) == Faults()


def test_every_fault_is_shown_in_this_file() -> None:
    shown = {name.removeprefix("test_") for name in globals()} | {"cut_before", "cut_after"}
    elsewhere = {"switch"}  # where jobs take their time
    assert {each.name for each in fields(Faults)} - elsewhere <= shown
