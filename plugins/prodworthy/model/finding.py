"""Rules and findings: what a check demands, and one way in which a target falls short of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from prodworthy.model.text import one_line

Evidence = TypeVar("Evidence")


class Severity(StrEnum):
    """How much a finding matters; declared from worst to least, which is also the order."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    def reaches(self, gate: Severity) -> bool:
        """Whether this is at least as bad as `gate`."""
        order = list(Severity)
        return order.index(self) <= order.index(gate)


class Subject(StrEnum):
    """What a rule's findings are true of."""

    DEPLOYMENT = "deployment"  # the build, wherever it is served
    DOMAIN = "domain"  # one address


class Cure(StrEnum):
    """What would end a rule's findings."""

    ROLLBACK = "rollback"  # serving the previous build
    NONE = "none"  # nothing the host can do: row-level security, certificates, quotas


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One way a target falls short of one rule."""

    rule: str  # stable id such as "headers.csp-missing"; waivers and history key on it
    where: str
    wanted: str
    got: str
    remedy: str
    severity: Severity
    subject: Subject = Subject.DEPLOYMENT
    cure: Cure = Cure.NONE

    @property
    def check(self) -> str:
        """The check this finding belongs to: the part of the rule's id before the dot."""
        return self.rule.partition(".")[0]

    def __str__(self) -> str:
        return (
            f"{self.rule} ({self.severity})\n"
            f"  where   {self.where}\n"
            f"  wanted  {self.wanted}\n"
            f"  got     {self.got}\n"
            f"  remedy  {self.remedy}"
        )


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What a rule's function yields: a finding before the rule has put its name, severity and remedy to it."""

    where: str
    wanted: str
    got: str
    remedy: str | None = None  # more to the point than the rule's own


class Judged(list[Finding]):
    """Findings together with the ids of the rules that were asked, so that silence can be told from absence."""

    def __init__(self, findings: Iterable[Finding], rules: Iterable[str]) -> None:
        super().__init__(findings)
        self.rules = tuple(rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Generic[Evidence]):
    """One thing a check demands, with a stable id; calling it judges evidence."""

    id: str  # "<check>.<what>"
    title: str  # what holds when the rule is met, as a sentence
    severity: Severity
    reason: str  # why it matters
    remedy: str  # what a web developer does about it
    references: tuple[str, ...]  # document and section
    subject: Subject
    cure: Cure
    judge: Callable[[Evidence], Iterable[Shortfall]]

    def __call__(self, evidence: Evidence) -> Judged:
        """Judge `evidence`; pure: the same evidence always gives the same findings."""
        return Judged([self._finding(shortfall) for shortfall in self.judge(evidence)], [self.id])

    def _finding(self, shortfall: Shortfall) -> Finding:
        return Finding(
            rule=self.id,
            where=one_line(shortfall.where),
            wanted=one_line(shortfall.wanted),
            got=one_line(shortfall.got),
            remedy=shortfall.remedy or self.remedy,
            severity=self.severity,
            subject=self.subject,
            cure=self.cure,
        )
