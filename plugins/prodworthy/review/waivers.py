"""Rules of a target's own waivers: they end, and they are taken away when nothing needs them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from prodworthy.model import Cure, Finding, Severity, Shortfall
from prodworthy.model.waiver import Waiver
from prodworthy.review.rules import rule, together


@dataclass(frozen=True, slots=True, kw_only=True)
class Waivers:
    """A target's waivers beside everything that was found."""

    waivers: tuple[Waiver, ...]
    findings: tuple[Finding, ...]
    asked: frozenset[str]  # the rules that were judged by
    whole: bool  # whether everything that was asked was seen
    now: datetime


@rule(
    "waivers.expired",
    title="Every waiver still holds",
    severity=Severity.LOW,  # what it covered counts again by itself
    reason="A waiver promises to mend something by a day; after it the finding counts as if nobody had accepted it.",
    remedy="mend what was waived and take the waiver out of the targets file, or decide anew: a new reason, a new day",
    references=["NIST SP 800-53 rev. 5: CA-5, plan of action and milestones"],
    cure=Cure.NONE,
)
def expired(evidence: Waivers) -> Iterator[Shortfall]:
    for waiver in evidence.waivers:
        if waiver.expired(evidence.now):
            covered = sum(waiver.matches(finding.rule, finding.where) for finding in evidence.findings)
            got = f"expired {waiver.expires.isoformat()}; owner {waiver.owner}; it would cover {covered} now"
            yield Shortfall(where=_named(waiver), wanted="an instant that is still to come", got=got)


@rule(
    "waivers.unused",
    title="Every waiver covers something",
    severity=Severity.INFO,
    reason="A waiver that covers nothing will one day cover something that nobody meant.",
    remedy="take it out of the targets file, or correct its rule and where",
    references=["NIST SP 800-53 rev. 5: CA-5, plan of action and milestones"],
    cure=Cure.NONE,
)
def unused(evidence: Waivers) -> Iterator[Shortfall]:
    for waiver in evidence.waivers if evidence.whole else ():
        # of a rule that was not asked, for want of a secret, nobody can say that there is nothing to waive
        known = waiver.rule in evidence.asked or waiver.rule.startswith("own.")
        if known and not any(waiver.matches(finding.rule, finding.where) for finding in evidence.findings):
            got = f"nothing was found there; owner {waiver.owner}"
            yield Shortfall(where=_named(waiver), wanted="a finding that it covers", got=got)


every_waiver = together(expired, unused)


def _named(waiver: Waiver) -> str:
    return f"waiver of {waiver.rule} at {waiver.where}"
