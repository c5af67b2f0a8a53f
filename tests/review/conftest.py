"""Says at the end how many of the labelled header sets are judged as they should be."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for report in terminalreporter.stats.get("passed", []) if report.when == "call"]
    for text in (text for report in reports for name, text in report.user_properties if name == "labelled header sets"):
        terminalreporter.write_line(f"labelled header sets: {text}")
