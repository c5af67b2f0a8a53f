"""The verdict in the terminal: one line a check, then what was found and what could not be seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from prodworthy.model import Finding
from prodworthy.model.verdict import CheckResult, Result, State, Verdict
from prodworthy.model.wording import counted
from prodworthy.reporting.grouping import Group, Hidden, grouped, hidden

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

OWN = {
    State.BROKEN: Result.FAIL,
    State.UNOBSERVED: Result.INCONCLUSIVE,
    State.SKIPPED: Result.NOT_APPLICABLE,
    State.NOT_APPLICABLE: Result.NOT_APPLICABLE,
}
MARKS = {
    Result.PASS: ("✓", {"green": True}),
    Result.FAIL: ("✗", {"red": True}),
    Result.INCONCLUSIVE: ("?", {"yellow": True}),
    Result.NOT_APPLICABLE: ("-", {"light": True}),
}


def show(terminal: TerminalReporter, verdicts: Sequence[Verdict]) -> None:
    """Every target's verdict; with several, an overview at the end, where the eye rests."""
    for verdict in verdicts:
        _show_one(terminal, verdict)
    if len(verdicts) > 1:
        terminal.write_sep("=", "targets")
        for verdict in verdicts:
            why = "; ".join(reason.partition("\n")[0] for reason in verdict.reasons)
            _line(terminal, verdict.result, f"{verdict.target:<20}", why[:160])


def _show_one(terminal: TerminalReporter, verdict: Verdict) -> None:
    _, colour = MARKS[verdict.result]
    terminal.write_sep("=", f"{verdict.target}: {verdict.result.upper()}", bold=True, **colour)
    terminal.write_line(verdict.subject)
    terminal.write_line("")
    if not verdict.impossible:  # which is said once, below, and not of every check and test
        _show_checks(terminal, verdict)
    for reason in verdict.reasons:
        terminal.write_line(reason.replace("\n", "\n  "))


def _show_checks(terminal: TerminalReporter, verdict: Verdict) -> None:
    for check in verdict.checks:
        _line(terminal, check.result, f"{check.title:<24}", _about(check))
    for question in verdict.own:
        _line(
            terminal, OWN.get(question.state, Result.PASS), f"{question.title:<24}", question.reason or question.state
        )
    for left_out in dict.fromkeys(each for check in verdict.checks for each in check.not_asked):
        terminal.write_line(f"    not asked: {left_out}", light=True)
    _blocks(terminal, verdict)
    terminal.write_line("")


def _blocks(terminal: TerminalReporter, verdict: Verdict) -> None:
    for group in grouped(verdict.findings):
        terminal.write_line("")
        failing = group.finding in verdict.failing
        terminal.write_line(_headed(group.finding), red=failing, yellow=not failing)
        for line in _places(group):
            terminal.write_line(line)
        for line in str(group.finding).splitlines()[2:]:
            terminal.write_line(line)
    for cause in hidden(verdict.gaps):
        terminal.write_line("")
        for line in _unseen(cause):
            terminal.write_line(line, yellow=True)


def _places(group: Group) -> Iterator[str]:
    for number, place in enumerate(group.where):
        yield f"  {'where' if number == 0 else '     '}   {place}"


def _headed(finding: Finding) -> str:
    return str(finding).partition("\n")[0] + (" waived" if finding.waiver else "")


def _unseen(cause: Hidden) -> Iterator[str]:
    first, *others = cause.what
    yield f"could not observe {first}"
    yield from (f"{'':<18}{each}" for each in others)
    yield from (f"  {line}" for line in cause.why.splitlines())


def _about(check: CheckResult) -> str:
    if check.result in (Result.NOT_APPLICABLE, Result.INCONCLUSIVE):
        return f"{check.result}: {check.reason.splitlines()[0] if check.reason else ''}"[:160]
    rules = counted(len(check.rules), "rule")
    findings = counted(len(check.findings), "finding") if check.findings else ""
    return ", ".join(part for part in (rules, findings, f"looked {check.looked:.1f} s") if part)


def _line(terminal: TerminalReporter, result: Result, name: str, about: str) -> None:
    mark, colour = MARKS[result]
    terminal.write(f"  {mark} ", **colour)
    terminal.write_line(f"{name} {about}")
