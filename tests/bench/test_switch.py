"""The contest over moving production counts nothing that was not moved, and says who did not take part."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench import switch


@pytest.fixture(scope="module")
def contest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[switch.Contest]:
    with switch._standing(tmp_path_factory.mktemp("bench")) as contest:
        yield contest


def test_both_ways_really_move_production(contest: switch.Contest) -> None:
    for move in (contest.within, contest.ours):
        move()
        assert len(contest.platform.posts) == 1
        assert contest.platform.state["last_job"]["status"] == "succeeded"


def test_a_command_that_moved_nothing_is_not_counted(contest: switch.Contest) -> None:
    _, good, _ = contest.platform.begin()
    with pytest.raises(switch.NotMoved, match="ended with 0"):
        contest._timed(good, lambda: subprocess.run(["true"], check=False, capture_output=True))


def test_a_vendor_that_cannot_be_installed_is_left_out_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert switch._vendor(tmp_path) == (
        None,
        "the vendor's command line does not take part: Node.js is not installed",
    )
