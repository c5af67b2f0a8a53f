"""Watching a request to move production, until the platform shows how our own job ended, or that it is not ours.

A job is ours when its kind and destination are and it was requested later than the one noted before the request. The
platform's times are compared with each other only: whose clock is right nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from prodworthy.hosting.abreast import answer
from prodworthy.hosting.errors import HostingError, Rejected, Throttled, Unavailable
from prodworthy.hosting.host import Host
from prodworthy.hosting.patience import Patience
from prodworthy.model.hosting import Job, JobState, Move, Project, RollingRelease

# so that a switch is seen and proved within a second, at no more requests than the vendor's own client sends
WATCHING = Patience(attempts=None, first=0.25, growth=1.2, longest=0.6, total=180.0, jitter=0.0)
VISIBLE = 15.0  # seconds within which the platform must show the job that it accepted
LOOKING = 10.0  # seconds for a look that no patience bounds
LEAST = 2.0  # seconds that a look has even if hardly any patience is left
REFUSALS = 3  # in a row, after which the platform will not let us look any more


class Ending(Enum):
    """How the watch ended."""

    SUCCEEDED = auto()  # our job; on the control plane
    FAILED = auto()
    SKIPPED = auto()
    OVERTAKEN = auto()  # another's job came after ours, or in its place
    UNSEEN = auto()  # no job of ours was shown
    UNFINISHED = auto()  # ours was, and has not ended
    IN_STAGES = auto()  # a rolling release began instead of a switch
    BLIND = auto()  # the platform does not let us look any more


_ENDINGS = {
    JobState.SUCCEEDED: Ending.SUCCEEDED,
    JobState.FAILED: Ending.FAILED,
    JobState.SKIPPED: Ending.SKIPPED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What the platform showed of it."""

    ending: Ending
    job: Job | None = None  # ours
    other: Job | None = None  # another's that was requested later than the noted one
    release: RollingRelease | None = None  # that is active
    trouble: str | None = None  # of the last read that failed


class Watch:
    """Looks at the project again and again; `noted` in the move is the last job before the request."""

    def __init__(self, host: Host, move: Move, *, patience: Patience, visible: float = VISIBLE) -> None:
        self._host = host
        self._move = move
        self._patience = patience
        self._visible = visible
        self._trouble: str | None = None
        self.release: RollingRelease | None = None
        self.ours: Job | None = None
        self.other: Job | None = None

    def follow(self) -> Watched:
        """Until the job has ended or the patience has; never raises what a look may raise."""
        began, refusals = self._patience.clock(), 0
        for wait in waits(self._patience):
            asked = self.look(max(self._patience.total - (self._patience.clock() - began), LEAST))
            refusals = refusals + 1 if isinstance(asked, Rejected) else 0
            elapsed = self._patience.clock() - began
            ending = Ending.BLIND if refusals >= REFUSALS else self._ending(elapsed)
            if ending is not None:
                return self._watched(ending)
            left = self._patience.total - elapsed
            self._patience.sleep(min(max(wait, _asked_to_wait(asked)), max(left, 0.01)))
        raise AssertionError("waits never end")  # pragma: no cover

    def once(self) -> Watched:
        """One look, for those who do not wait."""
        self.look()
        return self._watched(self._ending(self._patience.total) or Ending.UNFINISHED)

    @property
    def rolling(self) -> bool:
        """Whether a rolling release is under way, as far as was last seen."""
        return self.release is not None and self.release.active

    def look(self, seconds: float = LOOKING) -> Exception | None:
        """Reads the project; what could not be read is returned, not raised, whatever it is: a move is under way."""
        try:
            project, self.release = answer(self._read, seconds)
        except HostingError as error:
            self._trouble = str(error)
            return error
        except Exception as error:  # noqa: BLE001  # a fault of ours must not cost the report
            self._trouble = f"the answer could not be read: {type(error).__name__}"
            return error
        self._trouble = None
        job = project.last_job
        if is_ours(self._move, job):
            self.ours = job
            if self.other and job and later(job, self.other):
                self.other = None
        elif job is not None and later(job, self.ours or self._move.last_job):
            self.other = job
        return None

    def _read(self) -> tuple[Project, RollingRelease | None]:
        project = self._host.project()
        return project, self._host.rolling_release() if project.rolling else None

    def _ending(self, elapsed: float) -> Ending | None:
        """None: not yet."""
        over = elapsed >= self._patience.total
        late = over or elapsed >= self._visible  # for a job that is not shown yet
        if self.other is not None:
            ended = not self.other.active and (self.ours is not None or late)
            return Ending.OVERTAKEN if ended or over else None
        if self.rolling:
            return Ending.IN_STAGES  # none was when we asked
        if self.ours is None:
            unseen = Ending.UNSEEN if self._trouble is None else Ending.BLIND
            return unseen if late else None
        return _ENDINGS.get(self.ours.state) or (Ending.UNFINISHED if over else None)

    def _watched(self, ending: Ending) -> Watched:
        return Watched(
            ending=ending,
            job=self.ours,
            other=self.other,
            release=self.release,
            trouble=self._trouble,
        )


def is_ours(move: Move, job: Job | None) -> bool:
    """Whether a job is the one that we asked for."""
    if job is None or job.kind is not move.kind or job.destination != move.destination.id:
        return False
    return later(job, move.last_job)


def later(job: Job, noted: Job | None) -> bool:
    """Whether a job was requested after another; after none, whatever there is."""
    return noted is None or job.requested > noted.requested


def waits(patience: Patience) -> Iterator[float]:
    """Seconds between looks, for as long as somebody asks: how often is not what ends a watch."""
    wait = patience.first
    while True:
        yield patience.varied(min(wait, patience.longest))
        wait = min(wait * patience.growth, patience.longest)


def _asked_to_wait(error: Exception | None) -> float:
    return (error.retry_after or 0.0) if isinstance(error, Throttled | Unavailable) else 0.0
