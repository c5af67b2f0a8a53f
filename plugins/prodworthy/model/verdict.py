"""What a run makes of its targets: the outcome of every question, and one verdict a target."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from prodworthy.model.exchange import Gap
from prodworthy.model.finding import Finding, Severity
from prodworthy.model.hosting import Deployment, Served
from prodworthy.model.measurement import Measurement
from prodworthy.model.standing import Standing


class Result(StrEnum):
    """How a question, a check or a whole target came out."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not applicable"


class State(StrEnum):
    """How one test of a run ended."""

    SOUND = "sound"  # looked, judged, nothing at or above the gate
    BROKEN = "broken"  # looked, judged, findings at or above the gate
    UNOBSERVED = "unobserved"  # could not look, or a fault of ours
    NOT_APPLICABLE = "not applicable"  # declared so, with a reason
    SKIPPED = "skipped"  # by a team's own test


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One test of a run: what was asked of which target, and how it ended."""

    id: str  # pytest's node id; differs between the ways of running, so nothing lasting is keyed on it
    title: str
    target: str | None  # None: a test that takes no target
    check: str | None  # one of the seven, or None for a team's own
    state: State
    rules: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()  # all, also those below the gate
    gaps: tuple[Gap, ...] = ()
    measured: tuple[Measurement, ...] = ()
    not_asked: tuple[str, ...] = ()  # optional, and why it was left out
    standing: Standing = field(default_factory=Standing)  # what its evidence amounts to
    reason: str = ""  # why it does not apply, was skipped, or could not look
    looked: float = 0.0  # seconds that the slowest of its evidence took
    duration: float = 0.0  # seconds of judging


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Which deployment a verdict is about, and whether it was that one alone from beginning to end."""

    deployment: Deployment | None = None  # None: the address as given, or nobody can say
    before: tuple[Served, ...] = ()  # what every production domain served when the run began; empty: not looked at
    after: tuple[Served, ...] = ()  # and when it ended
    mixed: tuple[str, ...] = ()  # why it may have been several, so that nothing found is known to be of one of them
    unasked: tuple[str, ...] = ()  # what could not be looked at
    reserved: tuple[str, ...] = ()  # what is known by the host's word alone, which prevents nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Whether everything that belongs to a verdict was asked."""

    partial: str | None = None  # why the selection is not the whole suite: "-k tls"
    unreported: tuple[str, ...] = ()  # collected, but never reported: a worker died, or the run was stopped
    trouble: tuple[str, ...] = ()  # collection errors, internal errors, crashed workers
    interrupted: bool = False
    impossible: str = ""  # why nothing of the target could be looked at; what to do, line by line


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One of the seven, on one target."""

    check: str
    title: str
    result: Result
    reason: str = ""  # why it is inconclusive or does not apply
    rules: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()  # each once, worst first
    gaps: tuple[Gap, ...] = ()
    measured: tuple[Measurement, ...] = ()
    not_asked: tuple[str, ...] = ()  # optional, and why it was left out
    questions: tuple[Question, ...] = ()
    looked: float = 0.0  # seconds that the slowest of its evidence took


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer for one target."""

    target: str
    url: str
    stage: str
    subject: str  # what was judged, in words
    gate: Severity
    result: Result
    reasons: tuple[str, ...]  # sentences, most important first
    checks: tuple[CheckResult, ...]
    own: tuple[Question, ...] = ()  # the team's own tests
    standing: Standing = field(default_factory=Standing)  # what the next release is held against
    upkeep: tuple[Finding, ...] = ()  # of the target's own policy: waivers that expired, or that nothing needs
    started: datetime  # UTC
    ended: datetime  # UTC
    binding: Binding = field(default_factory=Binding)
    impossible: str = ""  # why nothing of it could be judged; then it is the first of the reasons

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding, of the seven and of the team's own tests."""
        own = [finding for question in self.own for finding in question.findings]
        return (*(finding for check in self.checks for finding in check.findings), *own, *self.upkeep)

    @property
    def failing(self) -> tuple[Finding, ...]:
        """The findings that reach the gate and are not waived."""
        return tuple(finding for finding in self.findings if finding.fails(self.gate))

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Everything that could not be observed, each once."""
        own = [gap for question in self.own for gap in question.gaps]
        return tuple(dict.fromkeys([*(gap for check in self.checks for gap in check.gaps), *own]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a run comes to."""

    verdicts: tuple[Verdict, ...]  # one a target
    code: int  # the exit code
