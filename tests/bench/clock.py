"""A pytest plugin that notes when a run began to verify, when it had its last answer, and what reporting took."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

MOMENTS = "BENCH_MOMENTS"  # the environment variable that names the file


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Clock(), "bench-clock")


class Clock:
    """Writes its three durations (seconds) when pytest ends."""

    def __init__(self) -> None:
        self._began = self._ended = time.perf_counter()
        self._reporting = 0.0
        self._outcomes: dict[str, int] = {}

    # after the embedded deployment is ready (tryfirst) and before the first piece of evidence is begun (trylast)
    def pytest_collection_finish(self) -> None:
        self._began = time.perf_counter()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, None, None]:
        self._ended = time.perf_counter()
        if report.when == "call" or report.outcome != "passed":
            self._outcomes[report.outcome] = self._outcomes.get(report.outcome, 0) + 1
        with self._timed():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None, None, None]:
        with self._timed():
            return (yield)

    def pytest_unconfigure(self) -> None:
        noted = {
            "verifying": self._ended - self._began,
            "reporting": self._reporting,
            "outcomes": self._outcomes,
        }
        Path(os.environ[MOMENTS]).write_text(json.dumps(noted), encoding="utf-8")

    @contextmanager
    def _timed(self) -> Generator[None, None, None]:
        began = time.perf_counter()
        yield
        self._reporting += time.perf_counter() - began
