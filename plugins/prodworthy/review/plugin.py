"""Judging's face: what a test found becomes part of its report, and findings are told from everything else.

Only findings make a target broken. Whatever else goes wrong in a test, a fault of ours included, means that
something could not be observed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Sequence
from typing import Any
from urllib.parse import urlsplit

import pytest

from prodworthy.evidence.plugin import took_key
from prodworthy.model import Cure, Finding, Gap, Judged, Severity, Subject, Target
from prodworthy.model.text import lines, one_line
from prodworthy.model.verdict import Question, State
from prodworthy.plain import to_plain
from prodworthy.targets.plugin import targets_key

kept_key = pytest.StashKey["Keep"]()
not_applicable_key = pytest.StashKey[str]()
CARRIED = "prodworthy"  # the attribute of a report that carries its Question, as plain data

_SOUND_ENDS = {"passed": State.SOUND, "skipped": State.SKIPPED}


class NotAskedFor(pytest.skip.Exception):  # type: ignore[name-defined,misc]  # pytest sets it on a function
    """Skips a question whose optional secret is not named; it changes no verdict."""


class Keep:
    """Records every finding of a test and returns those that fail it."""

    def __init__(self, gate: Severity) -> None:
        self.gate = gate
        self.findings: list[Finding] = []
        self.rules: list[str] = []

    def __call__(self, judged: Sequence[Finding]) -> list[Finding]:
        """What of `judged` is at or above the gate."""
        self.findings += judged
        self.rules += judged.rules if isinstance(judged, Judged) else [finding.rule for finding in judged]
        return [finding for finding in judged if finding.severity.reaches(self.gate)]


class Judging:
    """Turns outcomes into questions with findings or gaps, and says so in the report."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip a check that its target declares not applicable, before anything is gathered for it."""
        target, check = _target(item), _check(item)
        if target and check and (reason := target.not_applicable.get(check)):
            item.stash[not_applicable_key] = reason
            pytest.skip(f"not applicable: {reason}")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach a Question to every report that ends something; findings and gaps replace tracebacks."""
        report = yield
        if report.when == "call" or report.outcome != "passed":
            question = _question(item, report, call.excinfo)
            setattr(report, CARRIED, _legible(to_plain(question)))
            _rewrite(report, question, call.excinfo)
        _make_legible(report)
        return report

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> list[str] | None:
        """One block a finding instead of a comparison of lists."""
        if op == "==" and right == [] and isinstance(left, list) and left and isinstance(left[0], Finding):
            return [f"{len(left)} finding(s)", *(line for each in left for line in str(each).splitlines())]
        return None


def _question(item: pytest.Item, report: pytest.TestReport, excinfo: pytest.ExceptionInfo[Any] | None) -> Question:
    target = _target(item)
    check = _check(item)
    keep = item.stash.get(kept_key, None)
    findings = tuple(dict.fromkeys(keep.findings)) if keep else ()
    if check is None and target is not None and (own := _own_finding(item, target, report, excinfo)):
        findings = (*findings, own)
    gaps = tuple(dict.fromkeys(_gaps(item, excinfo)))
    state, reason = _state(item, report, excinfo, findings, gaps, check)
    return Question(
        id=item.nodeid,
        title=_sentence(item),
        target=target.name if target else None,
        check=check,
        state=state,
        rules=tuple(dict.fromkeys(keep.rules)) if keep else (),
        findings=findings,
        gaps=gaps,
        measured=tuple(dict.fromkeys(each for value in _evidence(item) for each in getattr(value, "measured", ()))),
        reason=reason,
        looked=_looked(item, target),
        duration=report.duration,
    )


def _state(
    item: pytest.Item,
    report: pytest.TestReport,
    excinfo: pytest.ExceptionInfo[Any] | None,
    findings: Sequence[Finding],
    gaps: Sequence[Gap],
    check: str | None,
) -> tuple[State, str]:
    target = _target(item)
    gate = target.gate if target else Severity.MEDIUM
    if any(finding.severity.reaches(gate) for finding in findings) and report.when == "call":
        return State.BROKEN, ""
    if report.when == "call" and any(finding.rule.startswith("own.") for finding in findings):
        return State.SOUND, "shown, below the gate"
    if reason := item.stash.get(not_applicable_key, ""):
        return State.NOT_APPLICABLE, reason
    if excinfo and isinstance(excinfo.value, NotAskedFor):
        return State.NOT_APPLICABLE, f"not asked: {excinfo.value.msg}"
    if gaps:
        return State.UNOBSERVED, f"{gaps[0].what}: {gaps[0].why}"
    if report.outcome == "failed":
        what = one_line(f"{excinfo.typename}: {excinfo.value}")[:300] if excinfo else "failed"
        return State.UNOBSERVED, f"not a finding but a fault of the test or of prodworthy: {what}"
    if report.outcome == "skipped" and check:
        return State.UNOBSERVED, f"skipped: {report.longrepr[2] if isinstance(report.longrepr, tuple) else ''}"
    if check and not (kept_key in item.stash and item.stash[kept_key].rules):
        return State.UNOBSERVED, "asked no rule"
    return _SOUND_ENDS[report.outcome], ""


def _gaps(item: pytest.Item, excinfo: pytest.ExceptionInfo[Any] | None) -> list[Gap]:
    """What the test's evidence lacks, and what an exception of looking says."""
    found = [each for value in _evidence(item) for each in getattr(value, "gaps", ())]
    gap = getattr(excinfo.value, "gap", None) if excinfo else None
    return [gap, *found] if isinstance(gap, Gap) else found


def _evidence(item: pytest.Item) -> list[object]:
    """The pieces of evidence that a test was given: dataclasses that tell their own gaps."""
    values = getattr(item, "funcargs", {}).values()
    return [each for each in values if dataclasses.is_dataclass(each) and hasattr(each, "gaps")]


def _looked(item: pytest.Item, target: Target | None) -> float:
    """Seconds that the slowest of the test's evidence took; pieces are looked at side by side."""
    took = item.config.stash[took_key]
    names = getattr(item, "fixturenames", ())
    return max((took.get((target.name, name), 0.0) for name in names), default=0.0) if target else 0.0


def _own_finding(
    item: pytest.Item, target: Target, report: pytest.TestReport, excinfo: pytest.ExceptionInfo[Any] | None
) -> Finding | None:
    """A failed expectation of a team's own test, once the target's page was reached."""
    if report.when != "call" or excinfo is None or not _expectation(excinfo.value) or not _reached(item, target):
        return None
    marker = item.get_closest_marker("prodworthy")
    settings = marker.kwargs if marker else {}
    first_line = next(iter(str(excinfo.value).strip().splitlines()), excinfo.typename)
    return Finding(
        rule=f"own.{getattr(item, 'originalname', item.name)}",
        where=one_line(_page_url(item) or target.url),
        wanted=_sentence(item),
        got=one_line(first_line)[:300],
        remedy=f"see {item.location[0]}, which says what this team expects",
        severity=Severity(settings.get("severity", "high")),
        subject=Subject.DEPLOYMENT,
        cure=Cure(settings.get("cure", "none")),
    )


def _expectation(error: BaseException) -> bool:
    if isinstance(error, AssertionError):
        return True
    from playwright.sync_api import TimeoutError as PlaywrightTimeout  # noqa: PLC0415  # only when a test failed

    return isinstance(error, PlaywrightTimeout)


def _reached(item: pytest.Item, target: Target) -> bool:
    """Whether the browser stands on the target; a test without a browser has asked in its own way."""
    if "page" not in getattr(item, "funcargs", {}):
        return True
    return urlsplit(_page_url(item)).netloc in {urlsplit(each).netloc for each in (target.url, *target.domains)}


def _page_url(item: pytest.Item) -> str:
    page = getattr(item, "funcargs", {}).get("page")
    return str(page.url) if page is not None else ""


def _rewrite(report: pytest.TestReport, question: Question, excinfo: pytest.ExceptionInfo[Any] | None) -> None:
    """Say in the report what matters to the reader: findings, or what could not be observed."""
    if question.state is State.SOUND:
        report.outcome, report.longrepr = "passed", None
    elif question.state is State.BROKEN:
        if question.check is not None:
            report.longrepr = "\n\n".join(str(finding) for finding in question.findings)
    elif question.state is State.UNOBSERVED and question.check is not None:
        looked = bool(question.gaps) or excinfo is None or report.outcome == "skipped"
        report.outcome = "failed"
        if looked:
            gaps = "\n".join(f"could not observe {gap.what}: {gap.why}" for gap in question.gaps)
            report.longrepr = gaps or f"could not observe: {question.reason}"


def _make_legible(report: pytest.TestReport) -> None:
    """Let nothing that a target said reach the terminal as more than text, nor end a worker that sends it on."""
    report.sections = [(name, lines(content)) for name, content in report.sections]
    if report.longrepr is not None and not isinstance(report.longrepr, tuple):
        told = report.longreprtext
        if (legible := lines(told)) != told:
            report.longrepr = legible


def _legible(plain: Any) -> Any:
    if isinstance(plain, str):
        return lines(plain)
    if isinstance(plain, dict):
        return {key: _legible(value) for key, value in plain.items()}
    return [_legible(each) for each in plain] if isinstance(plain, list | tuple) else plain


def _target(item: pytest.Item) -> Target | None:
    callspec = getattr(item, "callspec", None)
    name = callspec.params.get("target") if callspec else None
    return item.config.stash[targets_key].get(name) if isinstance(name, str) else None


def _check(item: pytest.Item) -> str | None:
    marker = item.get_closest_marker("check")
    return str(marker.args[0]) if marker and marker.args else None


def _sentence(item: pytest.Item) -> str:
    """The test's name as the sentence that it is."""
    name = str(getattr(item, "originalname", None) or item.name)
    return name.removeprefix("test_").replace("_", " ")
