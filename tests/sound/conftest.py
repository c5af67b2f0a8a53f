"""Says at the end which apps were found sound, and by how many rules."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for report in terminalreporter.stats.get("passed", []) if report.when == "call"]
    told = [text for report in reports for name, text in report.user_properties if name == "sound app"]
    if told:
        terminalreporter.write_line(f"sound apps: {len(told)}")
    for text in told:
        terminalreporter.write_line(f"  {text}")
