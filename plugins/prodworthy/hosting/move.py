"""Moving production, once, and proving what came of it.

One request is sent, never a second; whatever becomes of it, what every domain serves is looked at afresh before
anything is said. Only that is believed: neither an accepted request nor a job that succeeded is a success by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from prodworthy.hosting.abreast import Asked, answer
from prodworthy.hosting.act import Act, whose
from prodworthy.hosting.errors import HostingError, NotSent, Refused, Rejected, Throttled
from prodworthy.hosting.explaining import already_current, refusal
from prodworthy.hosting.host import Accepted, Host
from prodworthy.hosting.patience import Patience
from prodworthy.hosting.preflight import WORDS, refuse_if_busy
from prodworthy.hosting.proof import Mark, Prober, led, mark
from prodworthy.hosting.watching import LOOKING, VISIBLE, WATCHING, Ending, Watch, Watched, later
from prodworthy.model.codes import Code
from prodworthy.model.hosting import (
    Deployment,
    JobKind,
    JobState,
    Milestone,
    Moment,
    Move,
    Moved,
    MovedAlias,
    Project,
    Served,
)
from prodworthy.model.text import clean

LONGEST = 250  # characters of a reason that the platform keeps
SETTLING = 30.0  # seconds that the domains have to follow a job that succeeded, within the whole patience
_CONFLICTS = {409, 422}  # perhaps because the destination is current already


class Interrupted(KeyboardInterrupt):
    """Ctrl-C after the request: `moved` is what is known so far, and production may still change."""

    def __init__(self, moved: Moved) -> None:
        super().__init__(moved.said)
        self.moved = moved


def carry_out(
    host: Host,
    move: Move,
    *,
    reason: str,
    run: str,
    prober: Prober | None,
    patience: Patience = WATCHING,
    tell: Callable[[Moment], None] = lambda _: None,
    wait: bool = True,
    visible: float = VISIBLE,
    settling: float = SETTLING,
) -> Moved:
    """Sends the one request and proves its outcome, or proves at once what is current already.

    Before the request it raises Refused or HostingError, and nothing has changed; after it only Interrupted. `visible`
    and `settling` are seconds: in which the platform must show the job, and the domains must follow it.
    """
    act = Act(host, move, patience=patience, settling=settling, tell=tell)
    act.reached(Milestone.DECIDED, f"{WORDS[move.kind]} to {move.destination.id}")
    with Asked([partial(_mark, host, move, prober)]) as marking:  # while the host is asked
        act.move = move = _reread(host, move)
        (act.mark,) = marking.raising()
    if move.already:
        return act.proved_already()
    act.reason = reasoned(reason, run, move) if move.kind is JobKind.ROLLBACK else ""
    try:
        act.requested = True  # from here on it may have been
        return _ask(act, wait=wait, visible=visible)
    except KeyboardInterrupt:
        said = (
            f"interrupted after the request for a {WORDS[move.kind]} to {move.destination.id}: look what became of it"
        )
        raise Interrupted(act.moved(Code.INTERRUPTED_AFTER_REQUEST, said)) from None


def reasoned(reason: str, run: str, move: Move) -> str:
    """The operator's reason with the mark by which the request is known again; the mark is never cut."""
    origin = move.origin.id if move.origin else "none"
    bracket = f"[prodworthy run={run} from={origin} to={move.destination.id}]"
    room = LONGEST - len(bracket) - 1
    return f"{clean(reason, room)} {bracket}" if reason.strip() and room > 1 else bracket


def _mark(host: Host, move: Move, prober: Prober | None) -> Mark:
    """How the destination is told from what was live before it, and what an edge may therefore still serve."""
    if not move.already:
        return mark(prober, move.destination, move.origin, move.demanded)
    return mark(prober, move.destination, _before(host, move) if prober else None)


def _before(host: Host, move: Move) -> Deployment | None:
    """What was live before what is current already, as far as the last job tells."""
    job = move.last_job
    if job is None or job.origin is None or job.destination != move.destination.id or job.origin == job.destination:
        return None
    try:
        return host.deployment(job.origin)
    except HostingError:
        return None


def _reread(host: Host, move: Move) -> Move:
    """The move with the project as it is now; raises Refused when that is not what was decided by."""
    asked = () if move.already else tuple(each.domain for each in move.led)
    with Asked([partial(led, host, asked)]) as leading:
        now = host.project()
        if now.current != move.project.current:
            raise _changed(
                f"production is {now.current or 'nothing'} by now, no longer {move.project.current or 'nothing'}"
            )
        refuse_if_busy(host, now, read=False)
        job = now.last_job
        if job is not None and later(job, move.last_job):
            raise _changed(f"somebody else asked for {whose(job)} in the meantime ({job.state.value})")
        (seen,) = leading.raising()
        _refuse_if_led_elsewhere(move, seen)
    return replace(move, project=now)


def _refuse_if_led_elsewhere(move: Move, now: Iterable[Served]) -> None:
    """The project's own word may lag behind where the domains lead."""
    noted = {each.domain: each for each in move.led}
    for seen in now:
        before = noted[seen.domain]
        if seen.deployment != before.deployment and not (seen.trouble or before.trouble):
            text = f"the host leads {seen.domain} to {seen.deployment or 'no deployment'} by now"
            raise _changed(f"{text}, no longer to {before.deployment or 'none'}")


def _changed(text: str) -> Refused:
    return Refused(Code.CURRENT_CHANGED, clean(text, 400), "look at `prodworthy current`, and decide anew")


def _ask(act: Act, *, wait: bool, visible: float) -> Moved:
    """The request, and what became of it."""
    unknown: str | None = None
    try:
        accepted = _request(act)
    except NotSent as error:
        return act.unasked(Code.UNREACHABLE, f"the host could not be reached, and was asked for nothing: {error}")
    except Throttled as error:
        again = f" in {error.retry_after:g} s" if error.retry_after else " later"
        return act.unasked(Code.THROTTLED, f"the host takes no more requests for now; try again{again}")
    except Rejected as error:
        return _rejected(act, error)
    except HostingError as error:
        accepted, unknown = Accepted(), str(error)
    except Exception as error:  # noqa: BLE001  # it may have been sent: whatever it is, what came of it is looked at
        accepted, unknown = Accepted(), type(error).__name__
    act.reached(Milestone.REQUESTED, "accepted" if unknown is None else f"no answer that tells: {unknown}")
    if accepted.queued:
        act.look()
        said = f"{act.to} waits behind a rolling release that is under way: nothing has changed yet"
        return act.moved(Code.QUEUED, said)
    watch = act.watch = Watch(act.host, act.move, patience=act.patience, visible=visible)
    watched = watch.follow() if wait else watch.once()
    if not wait and watched.ending in {Ending.SUCCEEDED, Ending.UNFINISHED, Ending.UNSEEN, Ending.BLIND}:
        return _not_waited(act, watched, unknown)
    return _ended(act, watch, watched, unknown)


def _request(act: Act) -> Accepted:
    if act.move.kind is JobKind.ROLLBACK:
        return act.host.rollback(act.to, reason=act.reason)
    return act.host.promote(act.to)


def _rejected(act: Act, error: Rejected) -> Moved:
    """A refusal for good; what a conflict is about the platform does not reliably say, so that a look decides."""
    said = f"the host refuses: {clean(str(error))}"
    code = refusal(error, None, act.to).code
    if error.status not in _CONFLICTS:
        return act.unasked(code, said)
    act.requested = False
    now = _project(act.host)
    job = act.job = now.last_job if now else None
    if job and job.active:
        act.look()
        return act.moved(Code.JOB_ACTIVE, f"the host refuses while {whose(job)} runs: {clean(str(error))}")
    if (now and now.current == act.to) or already_current(error):
        return act.proved_already()
    act.look()
    return act.proved_already() if act.all_proved else act.moved(code, said)


def _not_waited(act: Act, watched: Watched, unknown: str | None) -> Moved:
    act.look()
    if unknown and watched.job is None:
        return act.moved(Code.OUTCOME_UNKNOWN, f"whether {act.to} was asked for is not known: {unknown}")
    unseen = f"the host does not let us look: {watched.trouble}" if watched.trouble else "the host shows no job yet"
    state = f"the job is {watched.job.state.value}" if watched.job else unseen
    return act.moved(Code.NOT_WAITED, f"{act.to} was asked for and nothing was waited for: {state}")


def _ended(act: Act, watch: Watch, watched: Watched, unknown: str | None) -> Moved:
    if watched.ending is Ending.SUCCEEDED:
        act.reached(Milestone.SWITCHED, "the host says that the job succeeded")
        return _proved(act, watch)
    act.look()
    match watched.ending:
        case Ending.OVERTAKEN:
            return act.overtaken(watched.other)
        case Ending.FAILED:
            act.failed = _failed(act.host, act.move.kind)
            which = f" for {act.failures}" if act.failed else ""
            text = f"the host says that the job failed{which}; {act.told}"
            return act.moved(Code.JOB_FAILED, text, remedy=act.way_out)
        case Ending.SKIPPED:
            return act.moved(Code.JOB_SKIPPED, f"the host skipped the job, so that nothing is promised; {act.told}")
        case Ending.IN_STAGES:
            return act.in_stages(watched.release, "instead of a switch")
    if watched.job is not None:
        state = f"the job is still {watched.job.state.value} after {act.patience.total:g} s"
        blind = f", and the host does not let us look: {watched.trouble}" if watched.trouble else ""
        return act.moved(Code.JOB_UNFINISHED, f"{state}{blind}; {act.told}")
    blind = f" ({watched.trouble})" if watched.trouble else ""
    if unknown is not None or watched.ending is Ending.BLIND:
        text = f"no answer to the request, and no job that is ours{blind}: {unknown or 'accepted'}; {act.told}"
        return act.moved(Code.OUTCOME_UNKNOWN, text)
    return act.moved(Code.JOB_LOST, f"the host accepted the request but shows no such job{blind}; {act.told}")


def _proved(act: Act, watch: Watch) -> Moved:
    """What the domains serve after our job succeeded; somebody else may still come in between."""

    def disturbed() -> bool:
        watch.look()
        return watch.other is not None or watch.rolling

    proved = act.prove(stop=disturbed)
    if disturbed():
        act.look()
        if watch.other is None:
            return act.in_stages(watch.release, "while the domains were looked at")
        return act.overtaken(watch.other)
    if not proved:
        act.failed = _failed(act.host, act.move.kind)
        itself = f"; the host itself says that it failed for {act.failures}" if act.failed else ""
        text = f"the host says that the job succeeded, but {act.unproved}{itself}"
        return act.moved(Code.NOT_PROVED, text, remedy=act.way_out)
    if act.mark.shared:
        return act.indistinguishable()
    act.reached(Milestone.PROVED, act.told)
    return act.moved(Code.DONE, f"{act.told}{act.reservation}")


def _failed(host: Host, kind: JobKind) -> tuple[MovedAlias, ...]:
    """What the platform says it could not move; what it has not come to yet is not among them."""
    try:
        moved = answer(lambda: host.moved(kind), LOOKING)
    except Exception:  # noqa: BLE001  # it only adds to a report that must be made
        return ()
    return tuple(each for each in moved if each.state is JobState.FAILED)


def _project(host: Host) -> Project | None:
    try:
        return answer(host.project, LOOKING)
    except Exception:  # noqa: BLE001  # after the request nothing may cost the report
        return None
