"""The made-up shop, and folders with a targets.toml, for the tests of commands."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.commands.shop import Shop, opened_shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    with opened_shop() as opened:
        yield opened


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], object]:
    """Writes a targets.toml into an empty folder, which is the present one."""
    monkeypatch.chdir(tmp_path)
    return lambda text: (tmp_path / "targets.toml").write_text(text, encoding="utf-8")


@pytest.fixture(autouse=True)
def as_wide_as_it_likes() -> Iterator[None]:
    """What is told is broken by the width of whoever reads it, and workers of a run are given one.

    By a patch of its own: `monkeypatch` must be undone before `shop` is, which it would begin before.
    """
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("COLUMNS", raising=False)
        yield


@pytest.fixture(autouse=True)
def signals_as_they_were() -> Iterator[None]:
    """A command that acted ignores them until its process ends, which here is that of every later test."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {each: signal.getsignal(each) for each in numbers}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)
