"""The seed of the short run's sample of faults: one a day, the same in every process, and told.

It stands here because only the conftest.py of the folder that is asked for reaches the process that shows results.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from tests.faults.catalogue import SEED


def pytest_configure() -> None:
    os.environ.setdefault(SEED, str(datetime.now(UTC).toordinal()))  # workers inherit it


def pytest_report_header() -> str:
    return f"faults: a sample drawn with {SEED}={os.environ[SEED]}; `make test-long` tries all"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    tried = [each for kind in ("passed", "failed") for each in terminalreporter.stats.get(kind, [])]
    faults = [each for each in tried if "_faults.py::test_a_fault_" in each.nodeid]
    if faults:
        terminalreporter.write_line(f"faults tried: {len(faults)} ({SEED}={os.environ[SEED]})")
