"""What `prodworthy status` says: whether production is rolled back, what a push does now, and how to undo it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from prodworthy.commands import shapes
from prodworthy.commands.invocation import where
from prodworthy.commands.phrases import NOUNS, ago, by_platform, named
from prodworthy.model.hosting import Deployment, Job, JobKind, JobState, Project, Reason, RollingRelease, Served
from prodworthy.model.text import clean

LATE = timedelta(minutes=1)  # a reason that is so much older than the last rollback belongs to one before


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """How production stands, by the platform's word alone; `prodworthy current` asks the app too."""

    target: str
    project: Project
    now: datetime  # UTC
    current: Deployment | None = None
    rolling: RollingRelease | None = None
    domains: tuple[Served, ...] = ()  # where the platform leads each
    known: Mapping[str, Deployment] = field(default_factory=dict)  # by id: those that are named here and still exist
    targets_file: str | None = None

    @property
    def rolled_back(self) -> bool | None:
        """None: the platform does not say enough to tell."""
        return self.project.rolled_back

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
        """The command that leads back to what production was rolled back from; None: nothing is known to be undone."""
        origin = self.project.rolled_back_from
        there = origin in self.known and origin != self.project.current
        return self._command("promote", origin) if origin and there else None

    @property
    def astray(self) -> tuple[Served, ...]:
        """Domains that the platform leads to something else than what it calls current, or one of a rolling release."""
        pair = {self.rolling.base, self.rolling.canary} if self.rolling and self.rolling.active else set()
        right = {self.project.current, *pair, None}
        return tuple(each for each in self.domains if each.deployment not in right)

    def said(self) -> list[tuple[str, str]]:
        """What each sentence is about, and the sentence."""
        return [
            ("rolled back", " ".join(self._rolled_back())),
            ("current", self._current()),
            *([("domains", " ".join(self._domains()))] if self.current else []),
            ("new pushes", self._pushes()),
            ("last job", self._job()),
            *([("rolling release", self._rolling(self.rolling))] if self.rolling else []),
            ("cron jobs", self._crons()),
            *([("paused", "The project is paused: visitors get an error page.")] if self.project.paused else []),
            *([("to undo", self._undo())] if self.rolled_back or self.undo else []),
        ]

    def as_json(self) -> dict[str, Any]:
        """The same for scripts."""
        project = self.project
        return {
            "project": shapes.project(project),
            "rolled_back": self.rolled_back,
            "reason": shapes.known(self.reason, shapes.reason),
            "auto_assign": project.auto_assign,
            "rolled_back_from": project.rolled_back_from and clean(project.rolled_back_from),
            "current": self.current and shapes.deployment(self.current, current=project.current, now=self.now),
            "domains": [shapes.served(each) for each in self.domains],
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
            yield from self._untold(job)
            return
        yield f"YES, {self._way(job)}, since {ago(by_platform(job.requested), self.now)}{self._by()}."
        yield self._why()
        if self.project.current != job.destination:
            yield f"But the host now calls {self._name(self.project.current)} current, which is neither."

    def _untold(self, job: Job) -> Iterator[str]:
        if job.state is JobState.SUCCEEDED and job.kind is not JobKind.UNKNOWN:
            yield "It cannot be told: the host does not say whether new pushes go live."
            return
        yield "It cannot be told: automatic assignment is off, and the last job, which has not succeeded, hides the one"
        yield "before it. Treat production as rolled back until something is promoted."
        if (origin := self.project.rolled_back_from) is not None:
            yield f"The last rollback with prodworthy went from {self._name(origin)} to what is current."

    def _by(self) -> str:
        return f", by {clean(self.reason.by)}" if self.reason and self.reason.by else ""

    def _why(self) -> str:
        said = clean(self.reason.said, 300) if self.reason else ""
        if not said:
            return "No reason was given."
        return f"Reason: {said}" if said.endswith((".", "!", "?")) else f"Reason: {said}."

    def _current(self) -> str:
        if self.current is None:
            gone = self.project.current
            return f"{clean(gone)}, which the host no longer has." if gone else "Nothing serves production yet."
        return f"{named(self.current)}, built {ago(self.current.created, self.now)}."

    def _domains(self) -> Iterator[str]:
        """By the host's word, which is all that is asked for here."""
        for each in self.astray:
            yield f"NOT ALL: the host leads {clean(each.domain)} to {self._name(each.deployment)}."
        for each in self.domains:
            if each.trouble:
                yield f"The host does not say where it leads {clean(each.domain)}: {clean(each.trouble)}."
            elif each.deployment is None:
                yield f"The host leads {clean(each.domain)} to no deployment."
        heard = [each for each in self.domains if each.deployment]
        if heard and len(heard) == len(self.domains) and not self.astray:
            yield f"The host leads {'all of them' if len(heard) > 1 else clean(heard[0].domain)} there."
        yield f"What the app itself says there: {self._command('current')}"

    def _pushes(self) -> str:
        match self.project.auto_assign:
            case True:
                return "They go live by themselves once they are built."
            case None:
                return "The host does not say whether they go live."
        if self.rolled_back:
            return "They do NOT go live: they are built and stay staged until something is promoted."
        if self.rolled_back is None:
            return "They do NOT go live until something is promoted: after a rollback, or because the project stages."
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
        origin = self._name(self.project.rolled_back_from)
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
        return f"{shlex.join(['prodworthy', *map(clean, words)])} {where(self.target, self.targets_file)}"
