"""Moving production, once, and proving what came of it.

One request is sent, never a second; whatever becomes of it, what every domain serves is looked at afresh before
anything is said. Only that is believed: neither an accepted request nor a job that succeeded is a success by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from prodworthy.hosting.errors import HostingError, NotSent, Refused, Rejected, Throttled
from prodworthy.hosting.explaining import already_current, refusal
from prodworthy.hosting.host import Accepted, Host
from prodworthy.hosting.patience import Patience
from prodworthy.hosting.preflight import WORDS, refuse_if_busy
from prodworthy.hosting.proof import TIMES, Mark, Prober, mark, serving
from prodworthy.hosting.watching import VISIBLE, WATCHING, Ending, Watch, Watched, waits
from prodworthy.model.codes import Code
from prodworthy.model.hosting import (
    Job,
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
LEAST = 3.0  # seconds of that which they have even if the job took all the patience

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
    act.mark = mark(prober, move.destination, move.origin, act.demanded)
    act.move = move = _reread(host, move)
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


def _reread(host: Host, move: Move) -> Move:
    """The move with the project as it is now; raises Refused when that is not what was decided by."""
    now = host.project()
    if now.current != move.project.current:
        text = f"production is {now.current or 'nothing'} by now, no longer {move.project.current or 'nothing'}"
        raise Refused(Code.CURRENT_CHANGED, text, "look at `prodworthy current`, and decide anew")
    refuse_if_busy(host, now, read=False)
    return replace(move, project=now, last_job=now.last_job)


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
    act.reached(Milestone.REQUESTED, "accepted" if unknown is None else f"no answer that tells: {unknown}")
    if accepted.queued:
        act.look()
        said = f"{act.to} waits behind a rolling release that is under way: nothing has changed yet"
        return act.moved(Code.QUEUED, said)
    watch = act.watch = Watch(act.host, act.move, patience=act.patience, visible=visible)
    watched = watch.follow() if wait else watch.once()
    if not wait and watched.ending in {Ending.SUCCEEDED, Ending.UNFINISHED, Ending.UNSEEN}:
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
    state = f"the job is {watched.job.state.value}" if watched.job else "the host shows no job yet"
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
            which = f" for {', '.join(each.domain for each in act.failed)}" if act.failed else ""
            return act.moved(Code.JOB_FAILED, f"the host says that the job failed{which}; {act.told}")
        case Ending.SKIPPED:
            return act.moved(Code.JOB_SKIPPED, f"the host skipped the job, so that nothing is promised; {act.told}")
        case Ending.IN_STAGES:
            canary = watched.release.canary if watched.release else None
            text = f"a rolling release to {canary or 'another'} began instead of a switch; {act.told}"
            return act.moved(Code.NOT_PROVED, text)
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
    """What the domains serve after our job succeeded; somebody else's job may still come in between."""

    def overtaken() -> bool:
        watch.look()
        return watch.other is not None

    proved = act.prove(stop=overtaken)
    if overtaken():
        act.look()
        return act.overtaken(watch.other)
    if not proved:
        act.failed = _failed(act.host, act.move.kind)
        return act.moved(Code.NOT_PROVED, f"the host says that the job succeeded, but {act.unproved}")
    act.reached(Milestone.PROVED, act.told)
    return act.moved(Code.DONE, f"{act.told}{act.reservation}")


def _failed(host: Host, kind: JobKind) -> tuple[MovedAlias, ...]:
    try:
        return tuple(each for each in host.moved(kind) if each.state is not JobState.SUCCEEDED)
    except HostingError:
        return ()


def _project(host: Host) -> Project | None:
    try:
        return host.project()
    except HostingError:
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
    def demanded(self) -> tuple[str, ...]:
        """Those that serve a deployment; one that the platform itself sends to a stranger serves none."""
        own = set(self.names)
        return tuple(each.name for each in self.move.domains if each.redirect is None or each.redirect in own)

    @property
    def all_proved(self) -> bool:
        """Whether every demanded domain was last seen to serve the destination; of no domain nothing is proved."""
        return bool(self.demanded) and not self._lacking()

    @property
    def told(self) -> str:
        """One clause: what the domains serve."""
        if not self.served:
            return "what the domains serve was not seen"
        if self.all_proved:
            return f"{self.to} is served by {', '.join(self.demanded)}"
        return "; ".join(map(_told, self.served))

    @property
    def unproved(self) -> str:
        """One clause: which domains do not prove the destination, with what they serve."""
        if not self.demanded:
            return "no production domain is known that could prove it"
        lacking = set(self._lacking())
        clause = "; ".join(_told(each) for each in self.served if each.domain in lacking)
        if not self.mark.comparable:
            clause += f"; which build that is cannot be told: {self.mark.trouble}"
        return clause

    @property
    def reservation(self) -> str:
        """What has to be added to a proof."""
        if self.mark.shared:
            return "; both builds say the same of themselves, so that the host alone tells them apart"
        return ""

    def reached(self, what: Milestone, said: str) -> None:
        """Notes a moment, and tells it."""
        moment = Moment(what=what, at=datetime.now(UTC), said=clean(said))
        self.moments.append(moment)
        self.tell(moment)

    def look(self, names: Iterable[str] | None = None) -> None:
        """What these domains serve now, or all of them."""
        asked = self.names if names is None else tuple(names)
        seen = serving(self.host, asked, self.mark.prober, own=self.names, times=TIMES, expected=self.mark)
        fresh = {each.domain: each for each in seen}
        known = {each.domain: each for each in self.served} | fresh
        self.served = tuple(known[name] for name in self.names if name in known)

    def prove(self, stop: Callable[[], bool] = lambda: False) -> bool:
        """Whether every domain comes to serve the destination, seen of all of them at one time."""
        now = self.patience.clock()
        until = min(now + self.settling, max(self.began + self.patience.total, now + LEAST))
        asked = self.names
        for wait in waits(self.patience):
            self.look(asked)
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
            return self.moved(Code.NOT_PROVED, f"{self.to} is what the host calls current, but {self.unproved}")
        self.reached(Milestone.PROVED, self.told)
        return self.moved(Code.ALREADY_CURRENT, f"nothing had to be changed: {self.told}{self.reservation}")

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

    def moved(self, code: Code, said: str) -> Moved:
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
            served=self.served,
            failed=self.failed,
            moments=tuple(self.moments),
        )

    def _lacking(self) -> tuple[str, ...]:
        proved = {each.domain for each in self.served if each.proved}
        return tuple(name for name in self.demanded if name not in proved)

    def _hopeless(self) -> bool:
        """Whether waiting cannot help: the platform leads all domains there, and what they say cannot be compared."""
        led = {each.domain for each in self.served if each.deployment == self.to}
        return not self.demanded or (not self.mark.comparable and led >= set(self.demanded))


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
