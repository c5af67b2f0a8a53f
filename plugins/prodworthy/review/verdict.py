"""The verdict: what a target's questions and their coverage amount to. Fails closed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import PurePath

from prodworthy.model import CHECKS, Check, Finding, Gap, Severity, Stage, Target
from prodworthy.model.policy import Policy
from prodworthy.model.standing import merged
from prodworthy.model.text import clean
from prodworthy.model.verdict import Binding, CheckResult, Coverage, Question, Result, State, Verdict
from prodworthy.model.wording import counted
from prodworthy.review.waivers import Waivers, every_waiver

SUBJECT = 400  # characters
NOT_JUDGED = "nothing of this target could be looked at"
EXIT = {Result.PASS: 0, Result.FAIL: 1, Result.INCONCLUSIVE: 10}
_WORST_FIRST = (Result.FAIL, Result.INCONCLUSIVE, Result.PASS)


def decide(
    target: Target,
    questions: Sequence[Question],
    coverage: Coverage,
    binding: Binding | None = None,
    *,
    started: datetime,
    ended: datetime,
) -> Verdict:
    """Judge one target by its questions; no evidence is never a pass."""
    binding = binding or Binding()
    mine = [question for question in questions if question.target in (target.name, None)]
    checks = tuple(_check(check, target, mine, coverage) for check in CHECKS)
    own = tuple(question for question in mine if question.check is None)
    upkeep = _upkeep(target.policy, mine, coverage)
    result = _result(target.gate, checks, own, upkeep, coverage)
    # of what was several deployments no finding is known to be of any one, and of what nobody asked none is whole
    unbound = _unbound(binding)
    if binding.mixed or (unbound and result is Result.PASS):
        result = Result.INCONCLUSIVE
    return Verdict(
        target=target.name,
        url=target.url,
        stage=target.stage,
        subject="nothing was judged" if coverage.impossible else clean(_subject(target, binding), SUBJECT),
        gate=target.gate,
        result=result,
        reasons=(
            *binding.mixed,
            *_reasons(result, target.gate, checks, own, upkeep, coverage),
            *unbound,
            *binding.reserved,
        ),
        checks=checks,
        own=own,
        standing=merged(question.standing for question in mine),
        upkeep=upkeep,
        started=started,
        ended=ended,
        binding=binding,
        impossible=coverage.impossible,
    )


def exit_code(verdicts: Sequence[Verdict]) -> int:
    """The worst of several targets; no target at all is inconclusive."""
    results = {verdict.result for verdict in verdicts}
    return next((EXIT[result] for result in _WORST_FIRST if result in results), EXIT[Result.INCONCLUSIVE])


def _unbound(binding: Binding) -> tuple[str, ...]:
    """Why it is not known to be about one deployment; domains were looked at, so there is one or a reason."""
    if binding.before and binding.deployment is None and not (binding.mixed or binding.unasked):
        return ("the domains were looked at, and nobody said which deployment they serve",)
    return binding.unasked


def _subject(target: Target, binding: Binding) -> str:
    if (deployment := binding.deployment) is not None:
        served = [each.domain for each in binding.before]
        where = f"as {', '.join(served)} served it" if served else f"at {deployment.url}"
        return f"deployment {deployment.described} {where}"
    if binding.before:
        return f"what {', '.join(each.domain for each in binding.before)} served, which is not one deployment for sure"
    if target.embedded is not None:
        folder = "/".join(PurePath(target.embedded.app).parts[-2:])  # reports travel, and paths of a machine do not
        return f"the build of {folder}, served on this machine as {target.url}"
    if target.stage is Stage.LIVE:
        return f"what {target.url} serves now"
    return f"{target.url}: the address as given, not bound to a deployment"


def _check(check: Check, target: Target, questions: Sequence[Question], coverage: Coverage) -> CheckResult:
    mine = tuple(question for question in questions if question.check == check.name)
    findings = _once(question.findings for question in mine)
    gaps = tuple(dict.fromkeys(gap for question in mine for gap in question.gaps))
    failing = any(finding.fails(target.gate) for finding in findings)
    reason = _unsettled(mine, gaps, coverage)
    result = Result.FAIL if failing else Result.INCONCLUSIVE if reason else Result.PASS
    if not failing and check.name in target.not_applicable:
        result, reason = Result.NOT_APPLICABLE, target.not_applicable[check.name]
    return CheckResult(
        check=check.name,
        title=check.title,
        result=result,
        reason=reason,
        rules=tuple(dict.fromkeys(rule for question in mine for rule in question.rules)),
        findings=findings,
        gaps=gaps,
        measured=tuple(dict.fromkeys(each for question in mine for each in question.measured)),
        not_asked=tuple(dict.fromkeys([*(t for q in mine for t in q.not_asked), *_left_out(mine)])),
        questions=mine,
        looked=max((question.looked for question in mine), default=0.0),
    )


def _left_out(questions: Sequence[Question]) -> list[str]:
    """Optional questions for which nothing was given."""
    asked_not = [question for question in questions if question.state is State.NOT_APPLICABLE]
    return [q.reason.removeprefix("not asked: ") for q in asked_not if q.reason.startswith("not asked: ")]


def _unsettled(mine: Sequence[Question], gaps: Sequence[Gap], coverage: Coverage) -> str:
    """Why a check cannot be said to have passed, whatever it found; empty when it can."""
    if coverage.impossible:
        return NOT_JUDGED
    if not mine:
        return "did not run"
    if gaps:
        return _unobserved(gaps)
    lost = [question for question in mine if question.state in (State.UNOBSERVED, State.SKIPPED)]
    if lost:
        return f"{lost[0].title}: {lost[0].reason or lost[0].state}"
    if not any(question.rules for question in mine):
        return "asked no rule"
    return "not all of it was asked" if coverage.partial or coverage.unreported else ""


def _unobserved(gaps: Sequence[Gap]) -> str:
    """How much is missing, and why the first of it; several gaps often have one cause."""
    first, *others = _causes(gaps)
    more = f", and {counted(len(others), 'other reason')}" if others else ""
    return f"{counted(len(gaps), 'thing')} could not be observed: {first}{more}"


def _upkeep(policy: Policy, questions: Sequence[Question], coverage: Coverage) -> tuple[Finding, ...]:
    """What became of the waivers; of one that matched nothing only a whole look can say that nothing needs it."""
    found = tuple(finding for question in questions for finding in question.findings)
    lost = any(question.state is State.UNOBSERVED or question.gaps for question in questions)
    whole = not (lost or coverage.partial or coverage.unreported or coverage.trouble or coverage.interrupted)
    asked = frozenset(rule for question in questions for rule in question.rules)
    told = Waivers(waivers=policy.waivers, findings=found, asked=asked, whole=whole, now=policy.now)
    return tuple(policy.applied(every_waiver(told)))


def _result(
    gate: Severity,
    checks: Sequence[CheckResult],
    own: Sequence[Question],
    upkeep: Sequence[Finding],
    coverage: Coverage,
) -> Result:
    others = [*(finding for question in own for finding in question.findings), *upkeep]
    if any(check.result is Result.FAIL for check in checks) or any(finding.fails(gate) for finding in others):
        return Result.FAIL
    whole = not (coverage.partial or coverage.unreported or coverage.trouble or coverage.interrupted)
    settled = all(check.result in (Result.PASS, Result.NOT_APPLICABLE) for check in checks)
    judged = any(check.result is Result.PASS for check in checks)
    observed = all(question.state is not State.UNOBSERVED and not question.gaps for question in own)
    return Result.PASS if whole and settled and judged and observed else Result.INCONCLUSIVE


def _reasons(
    result: Result,
    gate: Severity,
    checks: Sequence[CheckResult],
    own: Sequence[Question],
    upkeep: Sequence[Finding],
    coverage: Coverage,
) -> list[str]:
    """Why the verdict is what it is; what could not be observed is told beside findings too."""
    if coverage.impossible:
        return [
            coverage.impossible,
            *(["interrupted before the end"] if coverage.interrupted else []),
            *coverage.trouble,
        ]
    reasons = []
    findings = _once([*(check.findings for check in checks), *(question.findings for question in own), upkeep])
    if failing := [finding for finding in findings if finding.fails(gate)]:
        rules = dict.fromkeys(finding.rule for finding in failing)
        of = f" of {counted(len(rules), 'rule')}" if len(rules) < len(failing) else ""
        reasons.append(f"{counted(len(failing), 'finding')}{of} at or above {gate}: {', '.join(rules)}")
    if coverage.interrupted:
        reasons.append("interrupted before the end")
    if coverage.partial:
        reasons.append(f"a partial selection ({coverage.partial}): sound as far as asked at best, not a gate")
    reasons += coverage.trouble
    if coverage.unreported:
        reasons.append(f"{counted(len(coverage.unreported), 'test')} collected but never reported")
    # of a partial selection or an interrupted run it is said once already that most was not asked
    told = coverage.partial or coverage.interrupted
    lost = [each for each in checks if each.result in (Result.INCONCLUSIVE, Result.FAIL) and each.reason]
    reasons += _once_each([check for check in lost if not told or check.gaps], len(checks))
    reasons += [f"{q.title}: {q.reason or q.state}" for q in own if q.state is State.UNOBSERVED]
    if result is not Result.PASS:
        return reasons
    waived = sum(finding.waiver is not None for finding in findings)
    below = counted(len(findings) - waived, "finding") + " below the gate" if len(findings) > waived else "no finding"
    below += f", {waived} waived" if waived else ""
    asked = sum(check.result is Result.PASS for check in checks)
    return [f"{asked} of {len(checks)} checks passed, {len(checks) - asked} not applicable, {below}"]


def _once_each(lost: Sequence[CheckResult], number: int) -> list[str]:
    """One cause that several checks share is told once, however many things each of them misses for it."""
    shared: dict[tuple[str, ...], list[CheckResult]] = {}
    for check in lost:
        shared.setdefault(_causes(check.gaps) or (check.reason,), []).append(check)
    return [f"{_titles(checks, number)}: {_reason(checks)}" for checks in shared.values()]


def _causes(gaps: Sequence[Gap]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(gap.why.partition("\n")[0] for gap in gaps))


def _titles(checks: Sequence[CheckResult], number: int) -> str:
    return "every check" if len(checks) == number else ", ".join(check.title for check in checks)


def _reason(checks: Sequence[CheckResult]) -> str:
    gaps = tuple(dict.fromkeys(gap for check in checks for gap in check.gaps))
    return _unobserved(gaps) if gaps else checks[0].reason


def _once(groups: Iterable[Iterable[Finding]]) -> tuple[Finding, ...]:
    findings = dict.fromkeys(finding for group in groups for finding in group)
    order = list(Severity)
    return tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))
