"""What the project's own test run tells: the seed of its sample of faults, and what catalogue and oracles counted.

It stands here because only the conftest.py of the folder that is asked for reaches the process that shows results.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from tests.faults.catalogue import SEED

COUNTED = "counted"  # tests tell with it: record_property("counted", "80 of 80 header sets agree")


def pytest_configure() -> None:
    os.environ.setdefault(SEED, str(datetime.now(UTC).toordinal()))  # workers inherit it


def pytest_report_header() -> str:
    return f"faults: a sample drawn with {SEED}={os.environ[SEED]}; `make test-long` tries all"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    stats = terminalreporter.stats
    tried = [report for kind in ("passed", "failed") for report in stats.get(kind, []) if report.when == "call"]
    faults = [report for report in tried if "_faults.py::test_a_fault_" in report.nodeid]
    told = [text for report in tried for name, text in report.user_properties if name == COUNTED]
    if faults or told:
        terminalreporter.write_sep("-", "counted")
    if faults:
        caught = sum(report.passed for report in faults)
        terminalreporter.write_line(f"faults: {caught} of {len(faults)} tried are caught ({SEED}={os.environ[SEED]})")
    for text in sorted(told):
        terminalreporter.write_line(text)
