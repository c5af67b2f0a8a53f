"""Rules and findings: what a check demands, and one way in which a target falls short of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from prodworthy.model.text import one_line
from prodworthy.model.waiver import Waiver

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


class Control(StrEnum):
    """Families of security and quality controls, by NIST SP 800-53, revision 5: what evidence of a rule supports."""

    AC = "access control"
    AU = "audit and accountability"
    CM = "configuration management"
    CP = "contingency planning"
    IA = "identification and authentication"
    RA = "risk assessment"
    SA = "system and services acquisition"
    SC = "system and communications protection"
    SI = "system and information integrity"


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
    changed: str = ""  # why its severity is not the rule's own
    waiver: Waiver | None = None  # that covers it

    def fails(self, gate: Severity) -> bool:
        """Whether it is at or above the gate and nobody has accepted it."""
        return self.waiver is None and self.severity.reaches(gate)

    @property
    def check(self) -> str:
        """The check this finding belongs to: the part of the rule's id before the dot."""
        return self.rule.partition(".")[0]

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """All that is told of it besides rule and severity: what, and the text."""
        told = (("where", self.where), ("wanted", self.wanted), ("got", self.got), ("remedy", self.remedy))
        policy = (("changed", self.changed), ("waived", str(self.waiver) if self.waiver else ""))
        return (*told, *((name, text) for name, text in policy if text))

    def __str__(self) -> str:
        return "\n".join([f"{self.rule} ({self.severity})", *(f"  {name:<7} {text}" for name, text in self.facts)])


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
    controls: tuple[Control, ...]
    judge: Callable[[Evidence], Iterable[Shortfall]]

    @property
    def check(self) -> str:
        """The check that the rule belongs to."""
        return self.id.partition(".")[0]

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
