"""One move of production under way: what was done, what was seen of every domain, and what can be said of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from prodworthy.hosting.host import Host
from prodworthy.hosting.patience import Patience
from prodworthy.hosting.preflight import WORDS
from prodworthy.hosting.proof import TIMES, Mark, closed, serving
from prodworthy.hosting.watching import Watch, waits
from prodworthy.model.codes import Code
from prodworthy.model.hosting import Job, JobKind, Milestone, Moment, Move, Moved, MovedAlias, RollingRelease, Served
from prodworthy.model.text import clean

LEAST = 3.0  # seconds of that which they have even if the job took all the patience
MOST = 24  # answers in a row that are asked for where an edge has often answered with another build

REMEDY_ALIKE = (
    "let every build name itself: serve its commit, or the id in VERCEL_DEPLOYMENT_ID, and say where with `identity` "
    "in the targets file"
)
REMEDY_ROLLING = "complete or abort the rolling release, and look at `prodworthy current`"

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")  # what can be pasted into a shell


@dataclass(slots=True)
class Act:
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
        who = whose(other) if other else "another job"
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


def whose(job: Job) -> str:
    """A job in words."""
    return f"a {WORDS[job.kind]} to {job.destination or 'another deployment'}"


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
