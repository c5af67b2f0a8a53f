"""A target's own policy: rules that count otherwise for it, or not at all, and findings that it waives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from prodworthy.model.finding import Finding, Severity
from prodworthy.model.waiver import Waiver

LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How one rule counts for one target, and why."""

    rule: str
    severity: Severity | None = None  # None: the rule is switched off
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a target's team decided about the rules."""

    settings: tuple[Setting, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    now: datetime = LATEST  # when the run began, the same in all its processes; unknown: every waiver has expired

    @property
    def off(self) -> dict[str, str]:
        """The rules that are not asked, and why."""
        return {each.rule: each.reason for each in self.settings if each.severity is None}

    @property
    def rules(self) -> tuple[str, ...]:
        """Every rule that is named."""
        return tuple(dict.fromkeys([*(each.rule for each in self.settings), *(each.rule for each in self.waivers)]))

    def applied(self, findings: Iterable[Finding]) -> list[Finding]:
        """As they count here: without rules that are off, with changed severities, waived where covered."""
        return [self._settled(finding) for finding in findings if finding.rule not in self.off]

    def _settled(self, finding: Finding) -> Finding:
        for setting in self.settings:
            if setting.rule == finding.rule and setting.severity not in (None, finding.severity):
                changed = f"{finding.severity} by the rule, {setting.severity} here: {setting.reason}"
                finding = replace(finding, severity=setting.severity, changed=changed)
        covers = (w for w in self.waivers if not w.expired(self.now) and w.matches(finding.rule, finding.where))
        return replace(finding, waiver=next(covers, None))
