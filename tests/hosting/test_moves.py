"""Production is moved over real sockets while everything goes wrong that can: the table of the cases.

Of every case holds: at most one request was sent, nothing is called proved that is not so, and the report says of every
domain what the control plane and the edge really have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from prodworthy.hosting.errors import Refused, Rejected
from prodworthy.hosting.host import Accepted, Host
from prodworthy.hosting.move import carry_out
from prodworthy.hosting.preflight import prepare
from prodworthy.hosting.proof import Prober
from prodworthy.hosting.watching import WATCHING
from prodworthy.model.codes import Code
from prodworthy.model.hosting import JobKind, JobState, Milestone, Moment, Move, Moved
from prodworthy.model.network import HOST
from tests.hosting.emulated import ALL, COMMITS, DOMAINS, Emulated, files
from tests.local.vercel import OWN

ROLLBACK, PROMOTE = JobKind.ROLLBACK, JobKind.PROMOTE
DESTINATIONS = {ROLLBACK: "good", PROMOTE: "next"}
BRIEF = {"whole": 2.5, "visible": 0.7, "settling": 0.7}  # seconds, where they are to run out; longer is slower
PATIENT = 30.0  # seconds, where they are not: also for what lasts a while, on a machine that has much to do
# what runs out, by how it ends
EXPIRES = {
    Code.JOB_UNFINISHED: {"whole"},
    Code.JOB_LOST: {"visible"},
    Code.OUTCOME_UNKNOWN: {"visible"},
    Code.JOB_OVERTAKEN: {"visible"},
    Code.NOT_PROVED: {"settling"},
}
LONG = 300.0  # seconds that outlast all of these

REQUEST = {"method": "POST", "path": "/v*/projects/*/*/dpl_"}
PROJECT = {"method": "GET", "path": f"/v9/projects/{HOST['project']}"}

Setting = Callable[[Emulated], None]


def nothing(emulated: Emulated) -> None:
    """All is well."""


def breaking(**faults: Any) -> Setting:
    return lambda emulated: emulated.break_(**faults)


def configuring(**changes: Any) -> Setting:
    return lambda emulated: emulated.configure(**changes)


def somebody(kind: JobKind, name: str, **faults: Any) -> Setting:
    def act(emulated: Emulated) -> None:
        if faults:
            emulated.break_(**faults)
        emulated.somebody(kind, name)

    return act


def somebody_is_through(kind: JobKind, name: str) -> Setting:
    def act(emulated: Emulated) -> None:
        somebody(kind, name, switch=0.0)(emulated)
        emulated.quiet()

    return act


def in_stages(emulated: Emulated) -> None:
    emulated.configure(stages=[10, 100])
    assert emulated.vercel.promote(emulated.ids["ancient"]).status_code == 201


def deleting(*names: str) -> Setting:
    def delete(emulated: Emulated) -> None:
        for name in names:
            emulated.vercel.change(emulated.ids[name], deleted=True)

    return delete


def twins(emulated: Emulated) -> None:
    """What is asked for is the same build as what is live, with perhaps other settings of its functions."""
    emulated.deploy("next", COMMITS["bad"], files=files(COMMITS["bad"], "bad"), staged=True)


@dataclass(frozen=True, kw_only=True)
class Case:
    """What goes wrong, when, and what must come of it."""

    code: Code
    before: Setting = nothing  # it is prepared
    between: Setting = nothing  # the decision and the last look before the request
    unnoticed: Setting | None = None  # after that last look, which still shows what was decided by
    asked: Setting = nothing  # as soon as the request was answered, or its answer given up
    switched: Setting = nothing  # as soon as the platform says that the job succeeded
    kinds: tuple[JobKind, ...] = (ROLLBACK, PROMOTE)
    destination: str | None = None  # None: DESTINATIONS
    statuses: tuple[int | None, ...] = (201,)  # of the requests that were sent; None: cut
    requested: bool = True
    says: str = ""  # a regular expression that is found in the sentence
    remedy: str = ""  # and one in its remedy
    declared: tuple[str, ...] = (DOMAINS[0],)
    job: JobState | None = None  # of the job that is reported; None: not compared
    blind: bool = False  # whether the platform lets nobody look at the end
    failed: tuple[str, ...] = ()
    prober: dict[str, Any] = field(default_factory=dict)
    wait: bool = True


FAULTS = {
    # nothing goes wrong, or nothing that lasts
    "all-is-well": Case(code=Code.DONE, job=JobState.SUCCEEDED, says=r"^{to} is served by [a-z.]+(, [a-z.]+){{3}}$"),
    "the-switch-is-slow": Case(before=breaking(switch=0.8), code=Code.DONE, job=JobState.SUCCEEDED),
    "the-job-is-shown-late": Case(before=breaking(job_hidden=0.35), code=Code.DONE, job=JobState.SUCCEEDED),
    "the-edge-follows-late": Case(before=breaking(edge_lag=0.4), code=Code.DONE),
    "the-edge-flaps-for-a-while": Case(before=breaking(flapping=0.4), code=Code.DONE),
    "the-request-is-answered-slowly": Case(before=breaking(slow={**REQUEST, "seconds": 0.5}), code=Code.DONE),
    "reads-fail-for-a-while": Case(asked=breaking(fail_before={**PROJECT, "times": 6}), code=Code.DONE),
    "reads-are-cut-for-a-while": Case(asked=breaking(cut_after={**PROJECT, "times": 6}), code=Code.DONE),
    "reads-are-garbled-for-a-while": Case(asked=breaking(malformed={**PROJECT, "times": 6}), code=Code.DONE),
    "reads-are-throttled-for-a-while": Case(
        asked=breaking(throttle={**PROJECT, "times": 1, "retry_after": 1}), code=Code.DONE
    ),
    # the job
    "the-job-is-lost": Case(before=breaking(job_lost=True), code=Code.JOB_LOST, says="shows no such job"),
    "the-job-is-never-shown-but-carried-out": Case(
        before=breaking(job_hidden=LONG), code=Code.JOB_LOST, says="shows no such job.* is served by"
    ),
    "the-job-is-skipped": Case(
        before=breaking(job_skipped=True), code=Code.JOB_SKIPPED, job=JobState.SKIPPED, says="leads it to {bad}"
    ),
    "the-job-fails": Case(
        before=breaking(job_failed=True), code=Code.JOB_FAILED, job=JobState.FAILED, failed=ALL, says="failed for"
    ),
    "the-job-fails-for-one-domain": Case(
        before=breaking(job_failed=True, partial=["www.shop.test"]),
        code=Code.JOB_FAILED,
        job=JobState.FAILED,
        failed=("www.shop.test",),
        says="www.shop.test: the host leads it to {bad}",
    ),
    "the-job-is-stuck": Case(
        before=breaking(stuck=True), code=Code.JOB_UNFINISHED, job=JobState.IN_PROGRESS, says="still in-progress"
    ),
    # the domains
    "a-domain-stays-behind-a-job-called-a-success": Case(
        before=breaking(partial=["www.shop.test"]),
        code=Code.NOT_PROVED,
        job=JobState.SUCCEEDED,
        failed=("www.shop.test",),
        says="but www.shop.test: the host leads it to {bad}, it says c{{40}}; the host .* failed for www.shop.test$",
        remedy="vercel alias set shop-[a-z0-9]+-[a-z0-9-]+.vercel.app www.shop.test",
    ),
    "all-domains-stay-behind": Case(before=breaking(partial=list(ALL)), code=Code.NOT_PROVED, failed=ALL),
    "the-edge-does-not-follow": Case(
        before=breaking(edge_lag=LONG), code=Code.NOT_PROVED, says="leads it to {to}, it says c{{40}}"
    ),
    "the-edge-goes-on-flapping": Case(
        before=breaking(flapping=LONG), code=Code.NOT_PROVED, says="says .* and", blind=True
    ),
    "the-edge-flaps-at-random-for-a-while": Case(
        before=breaking(flapping=0.6, flapping_share=0.3), code=Code.DONE, job=JobState.SUCCEEDED
    ),
    "the-edge-goes-on-flapping-at-random": Case(
        before=breaking(flapping=LONG, flapping_share=0.7), code=Code.NOT_PROVED, blind=True
    ),
    "the-project-is-paused": Case(
        asked=configuring(paused=True), code=Code.NOT_PROVED, says="DEPLOYMENT_PAUSED", blind=True
    ),
    # somebody else
    "somebodys-job-comes-right-after-ours": Case(
        before=lambda it: it.break_(foreign_job=it.ids["ancient"]),
        code=Code.JOB_OVERTAKEN,
        says="a rollback to {ancient}",
    ),
    "somebodys-job-is-shown-in-place-of-ours": Case(
        before=lambda it: it.break_(foreign_job=it.ids["ancient"], job_hidden=LONG),
        code=Code.JOB_OVERTAKEN,
        says="a rollback to {ancient}",
    ),
    "somebody-promotes-while-the-proof-is-under-way": Case(
        switched=somebody(PROMOTE, "ancient"), code=Code.JOB_OVERTAKEN, says="a promotion to {ancient}"
    ),
    "somebody-moves-production-before-the-last-look": Case(
        between=somebody_is_through(PROMOTE, "ancient"), code=Code.CURRENT_CHANGED, statuses=(), says="{ancient} by now"
    ),
    "somebody-makes-the-destination-current-before-the-last-look": Case(
        between=somebody_is_through(PROMOTE, "good"), code=Code.CURRENT_CHANGED, statuses=()
    ),
    "somebodys-job-runs-at-the-last-look": Case(
        between=somebody(PROMOTE, "ancient", switch=LONG), code=Code.JOB_ACTIVE, statuses=(), says="to {ancient}"
    ),
    "somebodys-job-begins-after-the-last-look": Case(
        unnoticed=somebody(ROLLBACK, "ancient", switch=LONG),
        code=Code.JOB_ACTIVE,
        statuses=(409,),
        requested=False,
        says="refuses while a rollback to {ancient} runs",
    ),
    "the-destination-becomes-current-after-the-last-look": Case(
        unnoticed=somebody_is_through(PROMOTE, "good"),
        kinds=(ROLLBACK,),
        code=Code.ALREADY_CURRENT,
        statuses=(422,),
        requested=False,
        says="nothing had to be changed",
    ),
    "the-staged-one-becomes-current-after-the-last-look": Case(
        unnoticed=somebody_is_through(PROMOTE, "next"),
        kinds=(PROMOTE,),
        code=Code.ALREADY_CURRENT,
        statuses=(409,),
        requested=False,
    ),
    # the request
    "a-500-before-it-is-taken": Case(
        before=breaking(fail_before=REQUEST), code=Code.OUTCOME_UNKNOWN, statuses=(500,), says="no job that is ours"
    ),
    "a-500-after-it-was-taken": Case(before=breaking(fail_after=REQUEST), code=Code.DONE, statuses=(500,)),
    "a-502-after-it-was-taken-and-the-job-fails": Case(
        before=breaking(fail_after={**REQUEST, "status": 502}, job_failed=True),
        code=Code.JOB_FAILED,
        failed=ALL,
        statuses=(502,),
    ),
    "it-is-cut-before-it-is-taken": Case(
        before=breaking(cut_before=REQUEST), code=Code.OUTCOME_UNKNOWN, statuses=(None,), says="no job that is ours"
    ),
    "it-is-cut-after-it-was-taken": Case(before=breaking(cut_after=REQUEST), code=Code.DONE, statuses=(None,)),
    "it-is-cut-after-it-was-taken-and-the-job-is-shown-late": Case(
        before=breaking(cut_after=REQUEST, job_hidden=0.35), code=Code.DONE, statuses=(None,)
    ),
    "it-is-cut-and-the-job-is-lost": Case(
        before=breaking(cut_after=REQUEST, job_lost=True), code=Code.OUTCOME_UNKNOWN, statuses=(None,)
    ),
    "it-is-cut-and-somebodys-job-is-shown": Case(
        before=lambda it: it.break_(cut_after=REQUEST, job_hidden=LONG, foreign_job=it.ids["ancient"]),
        code=Code.JOB_OVERTAKEN,
        statuses=(None,),
    ),
    "its-answer-is-garbled": Case(before=breaking(malformed=REQUEST), code=Code.DONE, statuses=(200,)),
    "it-is-throttled": Case(
        before=breaking(throttle={**REQUEST, "retry_after": 30}),
        code=Code.THROTTLED,
        statuses=(429,),
        requested=False,
        says="in 30 s",
    ),
    "the-destination-is-deleted-after-the-last-look": Case(
        unnoticed=deleting("good", "next"),
        code=Code.DEPLOYMENT_DELETED,
        statuses=(410,),
        requested=False,
    ),
    "the-plan-is-too-small-after-the-last-look": Case(
        unnoticed=configuring(plan="hobby"),
        kinds=(ROLLBACK,),
        destination="ancient",
        code=Code.PLAN_LIMIT,
        statuses=(402,),
        requested=False,
        says="upgrade to pro",
    ),
    "the-token-expires-before-the-request": Case(
        between=breaking(expired_token=True), code=Code.TOKEN_REFUSED, statuses=(), blind=True
    ),
    "the-token-expires-after-the-request": Case(
        asked=breaking(expired_token=True), code=Code.OUTCOME_UNKNOWN, says="Not authorized", blind=True
    ),
    # rolling releases
    "a-rolling-release-begins-before-the-last-look": Case(
        between=in_stages,
        code=Code.ROLLING_RELEASE_ACTIVE,
        statuses=(201,),  # which is not ours
        says="to {ancient} is under way, 10 %",
    ),
    "a-rolling-release-begins-after-the-last-look": Case(
        unnoticed=in_stages,
        kinds=(PROMOTE,),
        code=Code.QUEUED,
        statuses=(201, 202),  # of which the first is not ours
        says="waits behind a rolling release",
        blind=True,
    ),
    "rolling-releases-are-configured": Case(
        before=configuring(stages=[10, 100]),
        kinds=(PROMOTE,),
        code=Code.ROLLING_RELEASE_STARTED,
        says="a rolling release .*began instead of a switch",
        blind=True,
    ),
    "a-rolling-release-begins-with-the-proof": Case(
        switched=in_stages,
        kinds=(ROLLBACK,),
        code=Code.NOT_PROVED,
        statuses=(201, 201),  # of which the second is not ours
        says="a rolling release to {ancient} began while",
        remedy="complete or abort",
        blind=True,
    ),
    # what the app says
    "both-builds-are-the-same": Case(
        before=twins,
        kinds=(PROMOTE,),
        code=Code.INDISTINGUISHABLE,
        says="the build before it says the same",
        remedy="VERCEL_DEPLOYMENT_ID",
        blind=True,
    ),
    "both-builds-are-the-same-and-the-edge-does-not-follow": Case(
        before=lambda it: (twins(it), it.break_(edge_lag=LONG))[0],
        kinds=(PROMOTE,),
        code=Code.INDISTINGUISHABLE,
        blind=True,
    ),
    "the-platforms-own-address-is-closed": Case(
        before=configuring(protection="all_except_custom_domains"),
        prober={"bypass": False},
        code=Code.DONE,
        says="served by [a-z.]+(, [a-z.]+){{2}}; .* closes shop.vercel.app, so that only the host's word is known",
    ),
    "the-platforms-own-address-is-closed-and-stays-behind": Case(
        before=lambda it: (it.configure(protection="all_except_custom_domains"), it.break_(partial=[OWN]))[0],
        prober={"bypass": False},
        code=Code.NOT_PROVED,
        says="but shop.vercel.app: the host leads it to {bad}",
        failed=(OWN,),
    ),
    "the-platforms-own-address-is-declared-and-closed": Case(
        before=configuring(protection="all_except_custom_domains"),
        prober={"bypass": False},
        declared=(OWN,),
        code=Code.NOT_PROVED,
        says="but shop.vercel.app: .* deployment protection answered",
    ),
    "the-immutable-addresses-are-closed": Case(
        before=configuring(protection="all_except_custom_domains"), prober={"bypass": False}, code=Code.DONE
    ),
    "everything-is-closed-and-there-is-a-bypass": Case(before=configuring(protection="all"), code=Code.DONE),
    "everything-is-closed-and-there-is-none": Case(
        before=configuring(protection="all"),
        prober={"bypass": False},
        code=Code.NOT_PROVED,
        says="deployment protection answered instead of the app",
        blind=True,
    ),
    "no-stamp-is-declared": Case(prober={"identity": None}, code=Code.DONE, blind=True),
    "no-stamp-is-declared-and-a-domain-stays-behind": Case(
        before=breaking(partial=["eu.shop.test"]),
        prober={"identity": None},
        code=Code.NOT_PROVED,
        says="but eu.shop.test: the host leads it to {bad}, it says files-",
        failed=("eu.shop.test",),
        blind=True,
    ),
    "no-stamp-is-declared-and-immutable-addresses-are-closed": Case(
        before=configuring(protection="all_except_custom_domains"),
        prober={"identity": None, "bypass": False},
        code=Code.NOT_PROVED,
        says="which build that is cannot be told: deployment protection",
        blind=True,
    ),
    "a-domain-redirects-to-another": Case(
        before=configuring(domains={"www.shop.test": {"redirect": "shop.test"}}), code=Code.DONE
    ),
    "a-domain-that-is-not-verified-is-not-asked": Case(
        before=configuring(domains={"eu.shop.test": {"verified": False}}), code=Code.DONE, blind=True
    ),
    # those who do not wait
    "nobody-waits": Case(
        before=breaking(switch=LONG), wait=False, code=Code.NOT_WAITED, says="nothing was waited for: the job is"
    ),
    "nobody-waits-for-what-was-cut-before": Case(
        before=breaking(cut_before=REQUEST), wait=False, code=Code.OUTCOME_UNKNOWN, statuses=(None,)
    ),
}

CASES = [pytest.param(kind, case, id=f"{kind.value}: {name}") for name, case in FAULTS.items() for kind in case.kinds]


class Unnoticed:
    """A host at which something happens between the last look before the request and the request itself."""

    def __init__(self, host: Host, act: Callable[[], None]) -> None:
        self._host = host
        self._act = act

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    def rollback(self, deployment: str, *, reason: str) -> Accepted:
        self._act()
        return self._host.rollback(deployment, reason=reason)

    def promote(self, deployment: str) -> Accepted:
        self._act()
        return self._host.promote(deployment)


@dataclass
class Told:
    """What came of it: a report, or what was raised before anything was asked for."""

    code: Code
    said: str
    moved: Moved | None = None
    moments: list[Moment] = field(default_factory=list)


def carried_out(emulated: Emulated, kind: JobKind, case: Case) -> Told:
    moments: list[Moment] = []
    then = {Milestone.DECIDED: case.between, Milestone.REQUESTED: case.asked, Milestone.SWITCHED: case.switched}

    def tell(moment: Moment) -> None:
        moments.append(moment)
        then.get(moment.what, nothing)(emulated)

    case.before(emulated)
    host = emulated.host()
    try:
        move = prepared(emulated, host, kind, case)
        acting: Any = Unnoticed(host, lambda: (case.unnoticed or nothing)(emulated)) if case.unnoticed else host
        moved = moving(acting, move, emulated.prober(**case.prober), tell, case)
    except Refused as refused:
        return Told(refused.code, str(refused), moments=moments)
    except Rejected as error:
        code = Code.TOKEN_REFUSED if error.status == 403 else Code.REJECTED
        return Told(code, str(error), moments=moments)
    finally:
        host.close()
    assert moments == list(moved.moments)
    return Told(moved.code, moved.said, moved, moments)


def prepared(emulated: Emulated, host: Host, kind: JobKind, case: Case) -> Move:
    wanted = emulated.ids[case.destination or DESTINATIONS[kind]]
    return prepare(host, kind, wanted, declared=case.declared)


def moving(host: Host, move: Move, prober: Prober, tell: Callable[[Moment], None], case: Case) -> Moved:
    expires = EXPIRES.get(case.code, set())
    seconds = {name: brief if name in expires else PATIENT for name, brief in BRIEF.items()}
    return carry_out(
        host,
        move,
        reason="the cart is broken",
        run="20260301-x",
        prober=prober,
        patience=replace(WATCHING, total=seconds["whole"]),
        tell=tell,
        wait=case.wait,
        visible=seconds["visible"],
        settling=seconds["settling"],
    )


@pytest.fixture(autouse=True)
def _ended(emulated: Emulated) -> Iterator[None]:
    yield
    emulated.vercel.told("POST", "/reset")


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_whatever_happens_the_report_is_true(emulated: Emulated, kind: JobKind, case: Case) -> None:
    told = carried_out(emulated, kind, case)
    truth = emulated.truth
    to = emulated.ids[case.destination or DESTINATIONS[kind]]

    assert told.code is case.code, told.said
    assert re.search(case.says.format(to=to, **emulated.ids), told.said), told.said
    assert tuple(each["status"] for each in emulated.posts) == case.statuses
    moved = told.moved
    if moved is None:
        assert not any(f"/{to}" in each["path"] for each in emulated.posts), "a refusal asks for nothing"
        return
    assert moved.requested is case.requested
    assert case.job is None or (moved.job and moved.job.state is case.job)
    assert {each.domain for each in moved.failed} == set(case.failed)
    assert re.search(case.remedy, moved.remedy), moved.remedy
    if not case.blind:
        seen = [each.domain for each in moved.served if not each.walled]
        assert emulated.seen(moved.served) == {name: truth[name] for name in seen}
        assert {each.domain for each in moved.served} == set(ALL)
    if moved.proved:
        asked = {each.domain for each in moved.served}
        assert {truth[name] for name in asked} == {(to, to)}
    assert {each.domain for each in moved.served if each.proved} <= {
        name for name, served in truth.items() if served == (to, to)
    }
    assert HOST["token"] not in repr(moved)
    assert HOST["bypass"] not in repr(moved)
