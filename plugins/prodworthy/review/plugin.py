"""Judging's face: what a test found becomes part of its report; at the end all of it becomes the verdict."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from prodworthy.evidence.plugin import took_key
from prodworthy.hosting.plugin import bindings_key
from prodworthy.local.plugin import failures_key
from prodworthy.model import Cure, Finding, Judged, Severity, Target
from prodworthy.model.policy import Policy
from prodworthy.model.text import lines
from prodworthy.model.verdict import Binding, Coverage, Decision, Question, State
from prodworthy.plain import from_plain, to_plain
from prodworthy.review.catalogue import unknown_rule
from prodworthy.review.questions import Told, question
from prodworthy.review.verdict import decide, exit_code
from prodworthy.targets.plugin import partial_key, targets_key

kept_key = pytest.StashKey["Keep"]()
not_applicable_key = pytest.StashKey[str]()
walls_key = pytest.StashKey[list[str]]()  # who answered a test's browser instead of the app
decision_key = pytest.StashKey[Decision]()  # there from the end of the session on, in the controlling process
carried_key = "prodworthy"  # the attribute of a report that carries its Question, as plain data


class NotAskedFor(pytest.skip.Exception):  # type: ignore[name-defined,misc]  # pytest sets it on a function
    """Skips a question whose optional secret is not named; it changes no verdict."""


class Keep:
    """Records every finding of a test, as the target's policy has it, and returns those that fail it."""

    def __init__(self, gate: Severity, policy: Policy | None = None) -> None:
        self.gate = gate
        self.policy = policy or Policy()
        self.findings: list[Finding] = []
        self.rules: list[str] = []
        self.not_asked: list[str] = []

    def __call__(self, judged: Sequence[Finding]) -> list[Finding]:
        """What of `judged` is at or above the gate and not waived."""
        off = self.policy.off
        asked = judged.rules if isinstance(judged, Judged) else [finding.rule for finding in judged]
        self.rules += [rule for rule in asked if rule not in off]
        self.not_asked += [f"{rule} is switched off: {off[rule]}" for rule in asked if rule in off]
        counted = self.policy.applied(judged)
        self.findings += counted
        return [finding for finding in counted if finding.fails(self.gate)]


class Judging:
    """In every process that runs tests: turns outcomes into questions, and says so in the report."""

    def __init__(self, config: pytest.Config) -> None:
        for target in config.stash[targets_key].values():
            if why := unknown_rule(target.policy.rules):
                raise pytest.UsageError(f"targets.{target.name}: {why}")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """A marker that cannot be understood is said before anything is asked."""
        for item in items:
            if marker := item.get_closest_marker("prodworthy"):
                _check_settings(item, marker)

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
            asked = question(_told(item, report, call.excinfo.value if call.excinfo else None))
            setattr(report, carried_key, _legible(to_plain(asked)))
            _rewrite(report, asked, failed_by_itself=call.excinfo is not None)
        _make_legible(report)
        return report

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> list[str] | None:
        """One block a finding instead of a comparison of lists."""
        if op == "==" and right == [] and isinstance(left, list) and left and isinstance(left[0], Finding):
            return [f"{len(left)} finding(s)", *(line for each in left for line in str(each).splitlines())]
        return None


class Deciding:
    """In the controlling process: sees every report, decides once, sets the exit code."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._started = datetime.now(UTC)
        self._questions: list[Question] = []
        self._collected: dict[str, None] = {}
        self._reported: set[str] = set()
        self._trouble: list[str] = []
        self._interrupted = False

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """What must be reported."""
        self._collected.update(dict.fromkeys(item.nodeid for item in session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """The same, from a worker."""
        self._collected.update(dict.fromkeys(ids))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be collected is a question that was not asked."""
        if report.failed:
            self._trouble.append(f"{report.nodeid or 'collection'} could not be collected: {_last_line(report)}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One question a test; setup and teardown count when they fail."""
        self._reported.add(report.nodeid)
        if carried := getattr(report, carried_key, None):
            self._questions.append(from_plain(Question, carried))
        elif report.failed:
            self._trouble.append(f"{report.nodeid}: {_last_line(report)}")

    def pytest_keyboard_interrupt(self) -> None:
        """Ctrl-C, SIGTERM or pytest.exit()."""
        self._interrupted = True

    def pytest_internalerror(self, excrepr: object) -> None:
        """A bug of pytest's, a plugin's or ours."""
        self._trouble.append(f"internal error: {str(excrepr).strip().splitlines()[-1][:300]}")

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """A worker ended: what it left out, and whether it died."""
        output = getattr(node, "workeroutput", None) or {}
        self._config.stash[partial_key].extend(output.get("prodworthy_partial", []))
        if error:
            self._trouble.append(f"worker {node.gateway.id} crashed")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Decide, before anybody writes or acts."""
        if session.exitstatus == pytest.ExitCode.USAGE_ERROR:
            return
        ended = datetime.now(UTC)
        bindings = self._config.stash[bindings_key]
        verdicts = tuple(
            decide(
                target,
                self._questions,
                self._coverage(target),
                bindings.get(target.name, Binding()),
                started=self._started,
                ended=ended,
            )
            for target in self._config.stash[targets_key].values()
        )
        code = int(pytest.ExitCode.INTERRUPTED) if self._interrupted else exit_code(verdicts)
        self._config.stash[decision_key] = Decision(verdicts=verdicts, code=code)
        session.exitstatus = code

    def _coverage(self, target: Target) -> Coverage:
        partial = self._config.stash[partial_key]
        missing = [name for name in self._collected if name not in self._reported]
        mine = [name for name in missing if not _parameters(name) or f"-{target.name}-" in f"-{_parameters(name)}-"]
        return Coverage(
            partial=", ".join(dict.fromkeys(partial)) or None,
            unreported=tuple(mine),
            trouble=tuple(dict.fromkeys(self._trouble)),
            interrupted=self._interrupted,
            impossible=lines(self._config.stash[failures_key].get(target.name, "")),
        )


def _parameters(nodeid: str) -> str:
    return nodeid.partition("[")[2].rstrip("]")


def _told(item: pytest.Item, report: pytest.TestReport, error: BaseException | None) -> Told:
    target, keep = _target(item), item.stash.get(kept_key, None)
    walls = item.stash.get(walls_key, None)
    given = getattr(item, "funcargs", {})
    page, marker = given.get("page"), item.get_closest_marker("prodworthy")
    return Told(
        id=item.nodeid,
        name=str(getattr(item, "originalname", None) or item.name),
        parameters=_own_parameters(item),
        file=item.location[0],
        phase=report.when or "",
        outcome=report.outcome,
        duration=report.duration,
        target=target,
        check=_check(item),
        error=error,
        skipped=report.longrepr[2] if isinstance(report.longrepr, tuple) else "",
        not_applicable=item.stash.get(not_applicable_key, ""),
        not_asked=str(error.msg) if isinstance(error, NotAskedFor) else "",
        rules=keep.rules if keep else (),
        switched_off=keep.not_asked if keep else (),
        findings=keep.findings if keep else (),
        evidence=[each for each in given.values() if dataclasses.is_dataclass(each) and hasattr(each, "gaps")],
        looked=_looked(item, target),
        page=str(page.url) if page is not None else None,
        walls=walls or (),
        settings=marker.kwargs if marker else {},
    )


def _own_parameters(item: pytest.Item) -> str:
    """What tells one case of a parametrized test from another: not the target, not the browser."""
    callspec = getattr(item, "callspec", None)
    params = dict(callspec.params) if callspec else {}
    return ", ".join(f"{name}={value}" for name, value in params.items() if name not in ("target", "browser_name"))


def _looked(item: pytest.Item, target: Target | None) -> float:
    """Seconds that the slowest of the test's evidence took; pieces are looked at side by side."""
    took = item.config.stash[took_key]
    names = getattr(item, "fixturenames", ())
    return max((took.get((target.name, name), 0.0) for name in names), default=0.0) if target else 0.0


def _check_settings(item: pytest.Item, marker: pytest.Mark) -> None:
    allowed: dict[str, list[str]] = {"severity": list(Severity), "cure": list(Cure)}
    for name, value in marker.kwargs.items():
        if value not in allowed.get(name, ()):
            known = ", ".join(map(str, allowed[name])) if name in allowed else f"only {' and '.join(allowed)} are known"
            raise pytest.UsageError(f"{item.nodeid}: @pytest.mark.prodworthy({name}={value!r}): {known}")


def _rewrite(report: pytest.TestReport, asked: Question, *, failed_by_itself: bool) -> None:
    """Say in the report what matters to the reader: findings, or what could not be observed."""
    if asked.state is State.SOUND:
        report.outcome, report.longrepr = "passed", None
    elif asked.check is None:
        return
    elif asked.state is State.BROKEN:
        report.longrepr = "\n\n".join(str(finding) for finding in asked.findings)
    elif asked.state is State.UNOBSERVED:
        traceback_tells = failed_by_itself and not asked.gaps and report.outcome != "skipped"
        report.outcome = "failed"
        if not traceback_tells:
            gaps = "\n".join(f"could not observe {gap.what}: {gap.why}" for gap in asked.gaps)
            report.longrepr = gaps or f"could not observe: {asked.reason}"


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


def _last_line(report: pytest.CollectReport | pytest.TestReport) -> str:
    told = [line for line in report.longreprtext.splitlines() if line.strip()]
    with contextlib.suppress(IndexError):
        return told[-1].strip()[:300]
    return "no reason was given"
