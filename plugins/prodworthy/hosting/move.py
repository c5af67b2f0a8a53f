"""Moving production, once, and proving what came of it.

One request is sent, never a second; whatever becomes of it, what every domain serves is looked at afresh before
anything is said. Only that is believed: neither an accepted request nor a job that succeeded is a success by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from prodworthy.hosting.abreast import Asked, answer
from prodworthy.hosting.errors import HostingError, NotSent, Refused, Rejected, Throttled
from prodworthy.hosting.explaining import already_current, refusal
from prodworthy.hosting.host import Accepted, Host
from prodworthy.hosting.patience import Patience
from prodworthy.hosting.preflight import WORDS, refuse_if_busy
from prodworthy.hosting.proof import TIMES, Mark, Prober, closed, led, mark, serving
from prodworthy.hosting.watching import LOOKING, VISIBLE, WATCHING, Ending, Watch, Watched, later, waits
from prodworthy.model.codes import Code
from prodworthy.model.hosting import (
    Deployment,
    Job,
    JobKind,
    JobState,
    Milestone,
    Moment,
    Move,
    Moved,
    MovedAlias,
    Project,
    RollingRelease,
    Served,
)
from prodworthy.model.text import clean

LONGEST = 250  # characters of a reason that the platform keeps
SETTLING = 30.0  # seconds that the domains have to follow a job that succeeded, within the whole patience
LEAST = 3.0  # seconds of that which they have even if the job took all the patience
MOST = 24  # answers in a row that are asked for where an edge has often answered with another build

REMEDY_ALIKE = (
    "let every build name itself: serve its commit, or the id in VERCEL_DEPLOYMENT_ID, and say where with `identity` "
    "in the targets file"
)
REMEDY_ROLLING = "complete or abort the rolling release, and look at `prodworthy current`"

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")  # what can be pasted into a shell
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
    act = _Act(host, move, patience=patience, settling=settling, tell=tell)
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
            raise _changed(f"somebody else asked for {_whose(job)} in the meantime ({job.state.value})")
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


def _ask(act: _Act, *, wait: bool, visible: float) -> Moved:
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


def _request(act: _Act) -> Accepted:
    if act.move.kind is JobKind.ROLLBACK:
        return act.host.rollback(act.to, reason=act.reason)
    return act.host.promote(act.to)


def _rejected(act: _Act, error: Rejected) -> Moved:
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
        return act.moved(Code.JOB_ACTIVE, f"the host refuses while {_whose(job)} runs: {clean(str(error))}")
    if (now and now.current == act.to) or already_current(error):
        return act.proved_already()
    act.look()
    return act.proved_already() if act.all_proved else act.moved(code, said)


def _not_waited(act: _Act, watched: Watched, unknown: str | None) -> Moved:
    act.look()
    if unknown and watched.job is None:
        return act.moved(Code.OUTCOME_UNKNOWN, f"whether {act.to} was asked for is not known: {unknown}")
    unseen = f"the host does not let us look: {watched.trouble}" if watched.trouble else "the host shows no job yet"
    state = f"the job is {watched.job.state.value}" if watched.job else unseen
    return act.moved(Code.NOT_WAITED, f"{act.to} was asked for and nothing was waited for: {state}")


def _ended(act: _Act, watch: Watch, watched: Watched, unknown: str | None) -> Moved:
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


def _proved(act: _Act, watch: Watch) -> Moved:
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


def _whose(job: Job) -> str:
    return f"a {WORDS[job.kind]} to {job.destination or 'another deployment'}"


@dataclass(slots=True)
class _Act:
    """One move under way: what was done, what was seen, and what can be said of it at any moment."""

    host: Host
    move: Move
    patience: Patience = field(kw_only=True)
    settling: float = field(kw_only=True)
    tell: Callable[[Moment], None] = field(kw_only=True)
    mark: Mark = field(init=False)
    began: float = field(init=False)  # by the clock of the patience
    reason: str = ""
    requested: bool = False
    watch: Watch | None = None  # once it was asked for
    job: Job | None = None  # the last one that was seen, where there is no watch
    served: tuple[Served, ...] = ()
    failed: tuple[MovedAlias, ...] = ()
    streak: int = TIMES  # answers in a row that prove a domain; longer with every look that shows that the edge wavers
    moments: list[Moment] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.began = self.patience.clock()

    @property
    def to(self) -> str:
        """The id of the destination."""
        return self.move.destination.id

    @property
    def names(self) -> tuple[str, ...]:
        """Every domain that the move concerns."""
        return tuple(each.name for each in self.move.domains)

    @property
    def all_proved(self) -> bool:
        """Whether every demanded domain was last seen to serve the destination; of no domain nothing is proved."""
        return any(each.proved for each in self.served if each.domain in self.move.demanded) and not self._lacking()

    @property
    def told(self) -> str:
        """One clause: what the domains serve."""
        if not self.served:
            return "what the domains serve was not seen"
        if self.all_proved and not self.mark.shared:
            return f"{self.to} is served by {', '.join(each for each in self.move.demanded if each not in self.closed)}"
        return "; ".join(map(_told, self.served))

    @property
    def unproved(self) -> str:
        """One clause: which domains do not prove the destination, with what they serve."""
        if not self.move.demanded:
            return "no production domain is known that could prove it"
        lacking = set(self._lacking() or self.closed)
        clause = "; ".join(_told(each) for each in self.served if each.domain in lacking)
        if not self.mark.comparable:
            clause += f"; which build that is cannot be told: {self.mark.trouble}"
        return clause

    @property
    def closed(self) -> tuple[str, ...]:
        """Demanded domains of which only the host's word can be had, and is what it has to be."""
        seen = {each.domain: each for each in self.served}
        found = [each for each in self.move.domains if each.name in seen and closed(each, seen[each.name])]
        led_there = [each.name for each in found if seen[each.name].deployment == self.to]
        return tuple(name for name in led_there if name in self.move.demanded)

    @property
    def reservation(self) -> str:
        """What has to be added to a proof."""
        if not self.closed:
            return ""
        which = ", ".join(self.closed)
        return f"; deployment protection closes {which}, so that only the host's word is known of it: it leads there"

    @property
    def failures(self) -> str:
        """The domains that the platform itself says it could not move."""
        return ", ".join(each.domain for each in self.failed)

    @property
    def way_out(self) -> str:
        """How a domain that stayed behind is moved: asked for once more, the platform does nothing, as it is there."""
        behind = [each.domain for each in self.served if each.deployment not in {None, self.to}]
        behind = [name for name in behind if name in self.move.demanded and _HOST.fullmatch(name)]
        host = self.move.destination.host
        if not behind or len(behind) == len(self.move.demanded) or host is None or not _HOST.fullmatch(host):
            return ""
        commands = " and ".join(f"`vercel alias set {host} {name}`" for name in behind)
        return (
            f"asking once more moves nothing, because the host calls it current: give it the domain by hand with "
            f"{commands}, or move production to another deployment and back"
        )

    def reached(self, what: Milestone, said: str) -> None:
        """Notes a moment, and tells it."""
        moment = Moment(what=what, at=datetime.now(UTC), said=clean(said))
        self.moments.append(moment)
        self.tell(moment)

    def look(self, names: Iterable[str] | None = None) -> bool:
        """What these domains serve now, or all of them; whether the edge contradicts the platform of one of them."""
        asked = self.names if names is None else tuple(names)
        seen = serving(
            self.host,
            asked,
            self.mark.prober,
            own=self.names,
            times=self.streak,
            expected=self.mark,
            pace=self.patience,
        )
        fresh = {each.domain: each for each in seen}
        known = {each.domain: each for each in self.served} | fresh
        self.served = tuple(known[name] for name in self.names if name in known)
        self.served = tuple(replace(each, proved=None) if each.domain in self.closed else each for each in self.served)
        return any(each.deployment == self.to and self._denies(each) for each in seen)

    def prove(self, stop: Callable[[], bool] = lambda: False) -> bool:
        """Whether every domain comes to serve the destination, seen of all of them at one time."""
        now = self.patience.clock()
        until = min(now + self.settling, max(self.began + self.patience.total, now + LEAST))
        asked = self.names
        for wait in waits(self.patience):
            if self.look(asked):
                self.streak = min(2 * self.streak, MOST)
            if self.all_proved:
                if asked == self.names:
                    return True
                asked = self.names  # some were proved a while ago
                continue
            over = self.patience.clock() >= until or self._hopeless()
            if over or stop():
                break
            asked = self._lacking()
            self.patience.sleep(min(wait, max(until - self.patience.clock(), 0.01)))
        if asked != self.names:
            self.look()
        return self.all_proved

    def proved_already(self) -> Moved:
        """Nothing has to be changed; whether the domains agree is another matter."""
        if not self.prove():
            text = f"{self.to} is what the host calls current, but {self.unproved}"
            return self.moved(Code.NOT_PROVED, text, remedy=self.way_out)
        if self.mark.shared:
            return self.indistinguishable()
        self.reached(Milestone.PROVED, self.told)
        return self.moved(Code.ALREADY_CURRENT, f"nothing had to be changed: {self.told}{self.reservation}")

    def indistinguishable(self) -> Moved:
        """The platform's word alone, where the app would say the same of what was live before."""
        where = ", ".join(self.move.demanded)
        text = f"the host leads {where} to {self.to}, but the build before it says the same of itself"
        said = f"{text}: which of the two is served cannot be told"
        return self.moved(Code.INDISTINGUISHABLE, said, remedy=REMEDY_ALIKE)

    def in_stages(self, release: RollingRelease | None, when: str) -> Moved:
        """Visitors get one of two deployments, so that no answer of a domain proves anything."""
        canary = release.canary if release else None
        text = f"a rolling release to {canary or 'another'} began {when}; {self.told}"
        if self.move.kind is JobKind.PROMOTE and canary == self.to:
            return self.moved(Code.ROLLING_RELEASE_STARTED, text)
        return self.moved(Code.NOT_PROVED, text, remedy=REMEDY_ROLLING)

    def overtaken(self, other: Job | None) -> Moved:
        """Another's job is the last one now."""
        who = _whose(other) if other else "another job"
        state = f" ({other.state.value})" if other else ""
        return self.moved(Code.JOB_OVERTAKEN, f"somebody else asked for {who}{state} in the meantime; {self.told}")

    def unasked(self, code: Code, said: str) -> Moved:
        """The request was certainly not taken."""
        self.requested = False
        self.look()
        return self.moved(code, said)

    def moved(self, code: Code, said: str, *, remedy: str = "") -> Moved:
        """What can be said now."""
        watch = self.watch
        job = self.job if watch is None else watch.other if code is Code.JOB_OVERTAKEN else watch.ours or watch.other
        return Moved(
            move=self.move,
            code=code,
            said=clean(said, 1000),
            requested=self.requested,
            reason=self.reason,
            job=job,
            served=tuple(replace(each, proved=None) for each in self.served) if self.mark.shared else self.served,
            failed=self.failed,
            remedy=remedy,
            moments=tuple(self.moments),
        )

    def _lacking(self) -> tuple[str, ...]:
        proved = {each.domain for each in self.served if each.proved} | set(self.closed)
        return tuple(name for name in self.move.demanded if name not in proved)

    def _denies(self, served: Served) -> bool:
        return served.domain in self.move.demanded and any(not self.mark.on(each) for each in served.stamps)

    def _hopeless(self) -> bool:
        """Whether waiting cannot help: the platform leads all domains there, and what they say cannot be compared."""
        there = {each.domain for each in self.served if each.deployment == self.to}
        demanded = set(self.move.demanded)
        return not demanded or demanded == set(self.closed) or (not self.mark.comparable and there >= demanded)


def _told(served: Served) -> str:
    """What one domain serves."""
    said = list(dict.fromkeys(served.stamps))
    parts = [f"the host leads it to {served.deployment or 'no deployment'}"]
    if said:
        parts.append(f"it says {' and '.join(said)}")
    if served.trouble:
        parts.append(served.trouble)
    via = f" (through {served.leads_to})" if served.leads_to else ""
    return f"{served.domain}{via}: {', '.join(parts)}"
