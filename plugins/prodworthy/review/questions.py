"""Questions: what one test was told, and how it ended.

Only findings make a target broken. Whatever else goes wrong in a test, a fault of ours included, means that
something could not be observed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from prodworthy.model import Cure, Finding, Gap, Severity, Subject, Target
from prodworthy.model.standing import Standing
from prodworthy.model.text import one_line
from prodworthy.model.verdict import Question, State
from prodworthy.review.standing import standing

SAID = 300  # characters of what somebody else said


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is known of one test when one of its phases has ended."""

    id: str
    name: str  # of the function: "test_the_cart_opens"
    file: str
    parameters: str = ""  # of its own: "size=3"
    phase: str  # "setup", "call" or "teardown"
    outcome: str  # "passed", "failed" or "skipped"
    duration: float  # seconds
    target: Target | None
    check: str | None
    error: BaseException | None = None
    skipped: str = ""  # why
    not_applicable: str = ""  # the declared reason
    not_asked: str = ""  # why an optional piece of evidence was not gathered
    rules: Sequence[str] = ()
    switched_off: Sequence[str] = ()  # rules, each with the reason
    findings: Sequence[Finding] = ()
    evidence: Sequence[Any] = ()  # the pieces that the test was given
    looked: float = 0.0  # seconds that the slowest of them took
    page: str | None = None  # where the browser stands; None: the test has no browser
    walls: Sequence[str] = ()  # who answered the browser instead of the app
    settings: Mapping[str, Any] = field(default_factory=dict)  # of the marker `prodworthy`


def question(told: Told) -> Question:
    """What the test amounts to."""
    findings = tuple(dict.fromkeys([*told.findings, *_own_findings(told)]))
    gaps = tuple(dict.fromkeys(_gaps(told)))
    state, reason = _state(told, findings, gaps)
    return Question(
        id=told.id,
        title=sentence(told.name) + (f" [{told.parameters}]" if told.parameters else ""),
        target=told.target.name if told.target else None,
        check=told.check,
        state=state,
        rules=tuple(dict.fromkeys(told.rules)),
        findings=findings,
        gaps=gaps,
        measured=_gathered(told, "measured"),
        not_asked=(*told.switched_off, *_gathered(told, "not_asked")),
        standing=standing(told.evidence) if told.check else Standing(),
        reason=reason,
        looked=told.looked,
        duration=told.duration,
    )


def sentence(name: str) -> str:
    """The test's name as the sentence that it is."""
    return name.removeprefix("test_").replace("_", " ")


def expectation(error: BaseException) -> bool:
    """Whether an exception says that the target is not as a team expects it, and not that a test is at fault."""
    if isinstance(error, AssertionError):
        return True
    kind = type(error)
    return kind.__name__ == "TimeoutError" and kind.__module__.startswith("playwright.")


def _state(told: Told, findings: Sequence[Finding], gaps: Sequence[Gap]) -> tuple[State, str]:
    gate = told.target.gate if told.target else Severity.MEDIUM
    if told.phase == "call" and any(finding.fails(gate) for finding in findings):
        return State.BROKEN, ""
    if told.phase == "call" and any(finding.check == "own" for finding in findings):
        return State.SOUND, "waived" if findings[0].waiver else "shown, below the gate"
    if told.not_applicable:
        return State.NOT_APPLICABLE, told.not_applicable
    if told.not_asked:
        return State.NOT_APPLICABLE, f"not asked: {told.not_asked}"
    if gaps:
        return State.UNOBSERVED, f"{gaps[0].what}: {gaps[0].why}"
    return _unjudged(told)


def _unjudged(told: Told) -> tuple[State, str]:
    """How a test without findings and gaps ended."""
    if told.outcome == "failed":
        return State.UNOBSERVED, _fault(told)
    if told.check is None:
        return (State.SKIPPED, told.skipped) if told.outcome == "skipped" else (State.SOUND, "")
    if told.outcome == "skipped":
        return State.UNOBSERVED, f"skipped: {told.skipped}"
    asked = told.rules or told.switched_off
    return (State.SOUND, "") if asked else (State.UNOBSERVED, "asked no rule")


def _fault(told: Told) -> str:
    said = one_line(f"{type(told.error).__name__}: {told.error}")[:SAID] if told.error else "it failed"
    if told.check is None and told.error and expectation(told.error):
        if told.page is None:
            return f"it takes no page, so nothing shows that the target was reached: {said}"
        if told.walls:
            return f"{told.walls[0]} answered the browser instead of the app: {said}"
        return f"its page was not reached, so this says nothing about the target: {said}"
    if told.error is None:
        return "it failed without an exception: expected to fail, and did not"
    return f"not a finding but a fault of the test or of prodworthy: {said}"


def _gaps(told: Told) -> list[Gap]:
    """What the test's evidence lacks, and what an exception of looking says."""
    found = [gap for piece in told.evidence for gap in getattr(piece, "gaps", ())]
    raised = getattr(told.error, "gap", None)
    return [raised, *found] if isinstance(raised, Gap) and not told.not_asked else found


def _gathered(told: Told, name: str) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(each for piece in told.evidence for each in getattr(piece, name, ())))


def _own_findings(told: Told) -> list[Finding]:
    """A failed expectation of a team's own test, once the target's page was reached."""
    if told.check is not None or told.target is None or told.error is None:
        return []
    if (told.phase, told.outcome) != ("call", "failed") or not expectation(told.error) or not _reached(told):
        return []
    said = one_line(str(told.error)) or type(told.error).__name__
    found = Finding(
        rule=f"own.{told.name}",
        where=one_line(told.page or told.target.url),
        wanted=sentence(told.name),
        got=said[:SAID],
        remedy=f"see {told.file}, which says what this team expects",
        severity=Severity(told.settings.get("severity", "high")),
        subject=Subject.DEPLOYMENT,
        cure=Cure(told.settings.get("cure", "none")),
    )
    return told.target.policy.applied([found])


def _reached(told: Told) -> bool:
    """Whether the browser stands on a page that the target itself answered with."""
    if told.target is None or told.page is None or told.walls:
        return False
    hosts = {urlsplit(each).netloc for each in (told.target.url, *told.target.domains)}
    return urlsplit(told.page).netloc in hosts
