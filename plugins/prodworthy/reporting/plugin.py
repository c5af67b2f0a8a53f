"""Reporting's face: collects every question in the controlling process, decides at the end, and shows it."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from prodworthy.model.run import Run, new_id
from prodworthy.model.smoke import Smoke
from prodworthy.model.verdict import Coverage, Question, Verdict
from prodworthy.plain import from_plain, to_plain
from prodworthy.reporting import files, page, terminal
from prodworthy.review.plugin import CARRIED
from prodworthy.review.verdict import decide, exit_code
from prodworthy.targets.plugin import partial_key, targets_key

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

PICTURES = "prodworthy_pictures"  # the attribute of a report that carries screenshots
DEFAULT_SUMMARY = "fE"  # pytest's own -r


class Screenshots:
    """Puts what the browser showed into the reports of tests, so that it reaches the controlling process."""

    def __init__(self) -> None:
        self._shown: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach each target's views once, to the first test that used them."""
        report = yield
        smoke = getattr(item, "funcargs", {}).get("smoke")
        name = str(getattr(getattr(item, "callspec", None), "params", {}).get("target"))
        if report.when == "call" and isinstance(smoke, Smoke) and name not in self._shown:
            self._shown.add(name)
            setattr(report, PICTURES, {"target": name, "pictures": to_plain(_pictures(smoke))})
        return report


class Reporting:
    """Lives in the controlling process; sees every report, decides once, writes whatever happens."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        run_id = new_id()
        self.run = Run(id=run_id, folder=config.rootpath / "reports" / run_id, started=datetime.now(UTC))
        self._questions: list[Question] = []
        self._collected: dict[str, None] = {}
        self._reported: set[str] = set()
        self._trouble: list[str] = []
        self._interrupted = False
        self._pictures: dict[str, list[page.Picture]] = {}
        self._verdicts: list[Verdict] = []
        self._code = 0
        _direct_output(config, self.run)

    def pytest_report_header(self) -> str:
        """Where everything will be."""
        return f"prodworthy run {self.run.id}"

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
        if shown := getattr(report, PICTURES, None):
            self._pictures[shown["target"]] = from_plain(list[page.Picture], shown["pictures"])
        self._reported.add(report.nodeid)
        if carried := getattr(report, CARRIED, None):
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
        """Decide, and write what lasts, before the HTML report is written."""
        if session.exitstatus == pytest.ExitCode.USAGE_ERROR:
            return
        ended = datetime.now(UTC)
        targets = self._config.stash[targets_key].values()
        coverage = self._coverage()
        self._verdicts = [
            decide(target, self._questions, coverage, started=self.run.started, ended=ended) for target in targets
        ]
        self._code = int(pytest.ExitCode.INTERRUPTED) if self._interrupted else exit_code(self._verdicts)
        session.exitstatus = self._code
        for verdict in self._verdicts:
            files.write_verdict(self.run, verdict, self._code)
        files.point_latest(self.run.folder)

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """The verdict, and where to read more."""
        if not self._verdicts:
            return
        terminal.show(terminalreporter, self._verdicts)
        terminalreporter.write_line("")
        if (path := self._report_path()).is_file():
            terminalreporter.write_line(f"report   {path}")
        for verdict in self._verdicts:
            terminalreporter.write_line(f"verdict  {self.run.folder / verdict.target / 'verdict.json'}")
        terminalreporter.write_line(f"exit     {self._code}")

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_report_title(self, report: Any) -> None:
        """The report's title, before anything is known."""
        targets = self._config.stash[targets_key]
        report.title = "prodworthy: " + ", ".join(targets)

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """Verdict and cards at the top of the HTML report."""
        prefix.append(page.verdicts(self.run, self._verdicts, self._pictures))

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, report: Any, cells: list[str]) -> None:
        """Escape what the HTML report does not: a node id can hold anything."""
        cells[1] = page.name_cell(report.nodeid, report.when)

    def _coverage(self) -> Coverage:
        partial = self._config.stash[partial_key]
        return Coverage(
            partial=", ".join(dict.fromkeys(partial)) or None,
            unreported=tuple(name for name in self._collected if name not in self._reported),
            trouble=tuple(dict.fromkeys(self._trouble)),
            interrupted=self._interrupted,
        )

    def _report_path(self) -> Path:
        return Path(self._config.option.htmlpath) if self._config.option.htmlpath else self.run.folder / "report.html"


def _direct_output(config: pytest.Config, run: Run) -> None:
    """Everything that a run writes goes into its own folder, unless the command line says otherwise."""
    run.folder.mkdir(parents=True, exist_ok=True)
    option = config.option
    if config.pluginmanager.hasplugin("html") and not option.htmlpath:
        option.htmlpath = str(run.folder / "report.html")
        option.self_contained_html = True
        option.css = [*option.css, str(page.STYLESHEET)]
    if getattr(option, "output", None) == "test-results":
        # pytest-playwright deletes this folder as tests start, so it must never be one that holds anything else
        option.output = str(run.folder / "browser")
    if option.reportchars == DEFAULT_SUMMARY:
        option.reportchars = ""  # the verdict says the same, better


def _pictures(smoke: Smoke) -> list[page.Picture]:
    return [
        page.Picture(
            caption=f"{view.page.path} · {view.viewport}",
            media_type="image/jpeg",
            base64=base64.b64encode(view.screenshot).decode(),
        )
        for view in smoke.views
        if view.screenshot
    ]


def _last_line(report: pytest.CollectReport | pytest.TestReport) -> str:
    lines = [line for line in report.longreprtext.splitlines() if line.strip()]
    with contextlib.suppress(IndexError):
        return lines[-1].strip()[:300]
    return "no reason was given"
