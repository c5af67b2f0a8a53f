"""Reporting's face: what was decided, written and shown."""

from __future__ import annotations

import base64
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from prodworthy.local.plugin import failures_key
from prodworthy.model.bundle import Bundle
from prodworthy.model.run import Run, new_id
from prodworthy.model.smoke import Smoke
from prodworthy.model.verdict import Decision
from prodworthy.plain import from_plain, to_plain
from prodworthy.reporting import files, page, terminal, treemap
from prodworthy.review.plugin import carried_key, decision_key
from prodworthy.targets.plugin import targets_key

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

PICTURES = "prodworthy_pictures"  # the attribute of a report that carries screenshots
TILES = "prodworthy_tiles"  # and the one that carries the bundle's files and sizes
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


class Treemaps:
    """Puts the sizes of the bundle's files into the reports of tests, likewise."""

    def __init__(self) -> None:
        self._shown: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach each target's once, to the first test that used them."""
        report = yield
        bundle = getattr(item, "funcargs", {}).get("bundle")
        name = str(getattr(getattr(item, "callspec", None), "params", {}).get("target"))
        if report.when == "call" and isinstance(bundle, Bundle) and name not in self._shown:
            self._shown.add(name)
            setattr(report, TILES, {"target": name, "tiles": to_plain(treemap.tiles(bundle))})
        return report


class Reporting:
    """In the controlling process: writes what was decided, whatever happened, and shows it."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        run_id = new_id()
        self.run = Run(id=run_id, folder=config.rootpath / "reports" / run_id, started=datetime.now(UTC))
        self._pictures: dict[str, list[page.Picture]] = {}
        self._tiles: dict[str, list[treemap.Tile]] = {}
        try:
            _direct_output(config, self.run)
        except OSError as error:
            raise pytest.UsageError(f"no report can be written: {error.filename}: {error.strerror}") from None

    def pytest_report_header(self) -> str:
        """Where everything will be."""
        return f"prodworthy run {self.run.id}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what the browser showed, and what the bundle is made of."""
        if shown := getattr(report, PICTURES, None):
            self._pictures[shown["target"]] = from_plain(list[page.Picture], shown["pictures"])
        if shown := getattr(report, TILES, None):
            self._tiles[shown["target"]] = from_plain(list[treemap.Tile], shown["tiles"])

    def pytest_sessionfinish(self) -> None:
        """Write what lasts, before the HTML report is written."""
        if decision := self._decision:
            for verdict in decision.verdicts:
                files.write_verdict(self.run, verdict, decision.code)
            files.point_latest(self.run.folder)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> Generator[None, None, None]:
        """The verdict after everything else; what it says in full need not stand among the failures too."""
        stats = terminalreporter.stats
        before = {kind: stats.get(kind, []) for kind in ("failed", "error")}
        stats.update({kind: [report for report in reports if not _told(report)] for kind, reports in before.items()})
        yield
        stats.update({kind: reports for kind, reports in before.items() if reports})
        if decision := self._decision:
            terminal.show(terminalreporter, decision.verdicts)
            terminalreporter.write_line("")
            if (path := self._report_path()).is_file():
                terminalreporter.write_line(f"report   {path}")
            for verdict in decision.verdicts:
                terminalreporter.write_line(f"verdict  {self.run.folder / verdict.target / 'verdict.json'}")
            terminalreporter.write_line(f"exit     {decision.code}")

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_report_title(self, report: Any) -> None:
        """The report's title, before anything is known."""
        targets = self._config.stash[targets_key]
        report.title = "prodworthy: " + ", ".join(targets)

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """Verdict and cards at the top of the HTML report."""
        if decision := self._decision:
            prefix.append(page.verdicts(self.run, decision.verdicts, self._pictures, self._tiles))

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, report: Any, cells: list[str]) -> None:
        """Escape what the HTML report does not: a node id can hold anything."""
        cells[1] = page.name_cell(report.nodeid, report.when)

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_html(self, report: Any, data: list[str]) -> None:
        """Why a test was skipped, without the place in our own code; what holds for all tests stands at the top."""
        if report.skipped and (carried := getattr(report, carried_key, None)):
            data[:] = [page.reason(carried["reason"])]
        elif self._unreached(report):
            data[:] = [page.reason("nothing of its target could be looked at: the verdict says why")]

    def _unreached(self, report: Any) -> bool:
        """Whether a test could not begin because its target cannot be looked at at all."""
        carried = getattr(report, carried_key, None) or {}
        lost = report.when == "setup" and bool(carried.get("gaps"))
        return lost and carried.get("target") in self._config.stash[failures_key]

    @property
    def _decision(self) -> Decision | None:
        return self._config.stash.get(decision_key, None)

    def _report_path(self) -> Path:
        return Path(self._config.option.htmlpath) if self._config.option.htmlpath else self.run.folder / "report.html"


def _direct_output(config: pytest.Config, run: Run) -> None:
    """Everything that a run writes goes into its own folder, unless the command line says otherwise."""
    new = not run.folder.parent.exists()
    run.folder.mkdir(parents=True, exist_ok=True)
    if new:
        (run.folder.parent / ".gitignore").write_text("*\n", encoding="utf-8")  # as pytest does for its cache
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
    views = [(f"{view.page.path} · {view.viewport}", view.screenshot) for view in smoke.views]
    walks = [(f"end of the {walk.place}", walk.screenshot) for walk in smoke.walks]
    return [
        page.Picture(caption=caption, media_type="image/jpeg", base64=base64.b64encode(shot).decode())
        for caption, shot in (*views, *walks)
        if shot
    ]


def _told(report: object) -> bool:
    """Whether the verdict says in full what a failed report says; a traceback it does not."""
    carried = getattr(report, carried_key, None) or {}
    if not carried.get("check"):  # of a team's own test a traceback is wanted, but not of a target that is not there
        return bool(carried.get("gaps") and getattr(report, "when", "") == "setup")
    return bool(carried["findings"] or carried["gaps"])
