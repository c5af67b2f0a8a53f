"""What `prodworthy status` says: whether production is rolled back, what a push does now, and how to undo it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from prodworthy.commands import shapes
from prodworthy.commands.phrases import ago, by_platform, named
from prodworthy.model.hosting import Deployment, Job, JobKind, JobState, Project, Reason, RollingRelease
from prodworthy.model.text import clean

LATE = timedelta(minutes=1)  # a reason that is so much older than the last rollback belongs to one before
NOUNS = {JobKind.ROLLBACK: "rollback", JobKind.PROMOTE: "promotion", JobKind.UNKNOWN: "job of a kind that is not known"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """How production stands, by the platform's word alone; `prodworthy current` asks the app too."""

    target: str
    project: Project
    now: datetime  # UTC
    current: Deployment | None = None
    rolling: RollingRelease | None = None
    known: Mapping[str, Deployment] = field(default_factory=dict)  # by id: those that are named here and still exist
    targets_file: str | None = None

    @property
    def rolled_back(self) -> bool | None:
        """None: the platform does not say enough to tell."""
        job = self.project.last_job
        if job is None or job.kind is not JobKind.ROLLBACK or job.state is not JobState.SUCCEEDED:
            return None if job and JobKind.UNKNOWN is job.kind and not self.project.auto_assign else False
        return None if self.project.auto_assign is None else not self.project.auto_assign

    @property
    def reason(self) -> Reason | None:
        """Of the last job, if that is a rollback."""
        reason, job = self.project.reason, self.project.last_job
        if reason is None or job is None or job.kind is not JobKind.ROLLBACK:
            return None
        requested = by_platform(job.requested)
        earlier = reason.at is not None and requested is not None and requested - reason.at > LATE
        return None if earlier else reason

    @property
    def undo(self) -> str | None:
        """The command that leads back to what production was rolled back from; None: it is not rolled back."""
        job = self.project.last_job
        if self.rolled_back is False or job is None or job.kind is not JobKind.ROLLBACK or job.origin is None:
            return None
        there = job.origin in self.known and job.origin != self.project.current
        return self._command("promote", job.origin) if there else None

    def said(self) -> list[tuple[str, str]]:
        """What each sentence is about, and the sentence."""
        return [
            ("rolled back", " ".join(self._rolled_back())),
            ("current", self._current()),
            ("new pushes", self._pushes()),
            ("last job", self._job()),
            *([("rolling release", self._rolling(self.rolling))] if self.rolling else []),
            ("cron jobs", self._crons()),
            *([("paused", "The project is paused: visitors get an error page.")] if self.project.paused else []),
            *([("to undo", self._undo())] if self.rolled_back else []),
        ]

    def as_json(self) -> dict[str, Any]:
        """The same for scripts."""
        project = self.project
        return {
            "project": {"id": clean(project.id), "name": clean(project.name)},
            "rolled_back": self.rolled_back,
            "reason": shapes.known(self.reason, shapes.reason),
            "auto_assign": project.auto_assign,
            "current": self.current and shapes.deployment(self.current, current=project.current, now=self.now),
            "job": shapes.known(project.last_job, shapes.job),
            "rolling_release": shapes.known(self.rolling, shapes.rolling_release),
            "crons": project.crons and clean(project.crons),
            "paused": project.paused,
            "undo": self.undo,
            "said": [f"{about}: {sentence}" for about, sentence in self.said()],
        }

    def _rolled_back(self) -> Iterator[str]:
        job = self.project.last_job
        if self.rolled_back is False or job is None:
            yield "No: production is not rolled back."
            if job and job.kind is JobKind.ROLLBACK and job.state is JobState.SUCCEEDED:
                yield f"The last move was a rollback ({self._way(job)}), but new pushes go live again."
            return
        if self.rolled_back is None:
            yield "It cannot be told: the host does not say enough of the last move, or of automatic assignment."
            return
        yield f"YES, {self._way(job)}, since {ago(by_platform(job.requested), self.now)}{self._by()}."
        yield self._why()
        if self.project.current != job.destination:
            yield f"But the host now calls {self._name(self.project.current)} current, which is neither."

    def _by(self) -> str:
        return f", by {clean(self.reason.by)}" if self.reason and self.reason.by else ""

    def _why(self) -> str:
        return (
            f"Reason: {clean(self.reason.text, 300)}." if self.reason and self.reason.text else "No reason was given."
        )

    def _current(self) -> str:
        if self.current is None:
            gone = self.project.current
            return f"{clean(gone)}, which the host no longer has." if gone else "Nothing serves production yet."
        return f"{named(self.current)}, built {ago(self.current.created, self.now)}."

    def _pushes(self) -> str:
        match self.project.auto_assign:
            case True:
                return "They go live by themselves once they are built."
            case None:
                return "The host does not say whether they go live."
        if self.rolled_back:
            return "They do NOT go live: they are built and stay staged until something is promoted."
        return "They do NOT go live: the project stages every deployment until it is promoted."

    def _job(self) -> str:
        job = self.project.last_job
        if job is None:
            return "None: nothing was promoted or rolled back so far."
        if self.rolled_back:
            return "That rollback; none is running."
        about = f"{NOUNS[job.kind]} {self._way(job)}"
        asked = ago(by_platform(job.requested), self.now)
        if job.active:
            state = "is not said to have ended" if job.state is JobState.UNKNOWN else "is RUNNING"
            return f"A {about} {state}; it was asked for {asked}."
        return f"A {about} {job.state.value}; it was asked for {asked}. None is running."

    def _rolling(self, rolling: RollingRelease) -> str:
        if not rolling.active:
            return f"None is active; the last one ended as {clean(rolling.state).lower()}."
        share = "some visitors" if rolling.percentage is None else f"{rolling.percentage:g} % of visitors"
        queued = f" {clean(rolling.queued)} waits for its end." if rolling.queued else ""
        return f"ACTIVE: {share} get {self._name(rolling.canary)}, the others {self._name(rolling.base)}.{queued}"

    def _crons(self) -> str:
        crons = self.project.crons
        if crons is None:
            return "None, or the host does not say which deployment's run."
        if crons == self.project.current:
            return "Those of the current deployment run."
        return f"Those of {self._name(crons)} run, which is NOT what production serves."

    def _undo(self) -> str:
        job = self.project.last_job
        origin = self._name(job.origin if job else None)
        if self.undo is None:
            return f"Promote another deployment than the current one; {origin} is no longer there to be promoted."
        return f"Promote a deployment that is sound; what leads back to {origin}:"

    def _way(self, job: Job) -> str:
        origin = f"from {self._name(job.origin)} " if job.origin else ""
        return f"{origin}to {self._name(job.destination)}"

    def _name(self, deployment: str | None) -> str:
        if deployment is None:
            return "a deployment that the host does not name"
        return named(self.known[deployment]) if deployment in self.known else clean(deployment)

    def _command(self, *words: str) -> str:
        where = ["--targets-file", self.targets_file] if self.targets_file else []
        return shlex.join(["prodworthy", *map(clean, words), f"--target={self.target}", *where])
