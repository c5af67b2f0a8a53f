"""What is up is what a run judges as live, and stays up; a candidate is judged on a deployment of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runs import hosted
from tests.runs.hosted import Platform
from tests.runs.team import Team

SECOND = "a" * 40


@pytest.fixture
def platform(team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    (tmp_path / "runtime").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    with hosted.up(team) as platform:
        yield platform


@pytest.mark.parametrize("workers", [[], ["-n2"]], ids=["alone", "two-workers"])
def test_live_is_what_is_up_and_it_stays(platform: Platform, workers: list[str]) -> None:
    live = platform.deploy(SECOND, staged=False)
    ended = platform.team.pytest("--target=kiosk", "--stage=live", *workers)
    assert ended.code == 0, ended.output
    assert ended.verdict()["deployment"]["id"] == live
    assert platform.current == live, "it was ended with the run"


def test_before_promotion_the_build_is_judged_on_a_deployment_of_its_own(platform: Platform) -> None:
    platform.deploy(SECOND, staged=False)
    platform.ask("PATCH", "/project", {"paused": True})  # whoever looks at what is up meets a wall
    ended = platform.team.pytest("--target=kiosk")
    assert ended.code == 0, ended.output
    looked = platform.team.pytest("--target=kiosk", "--stage=live")
    assert looked.code == 10, looked.output


def test_one_that_was_started_from_other_settings_is_not_taken_for_this(platform: Platform) -> None:
    targets = platform.team.folder / "targets.toml"
    targets.write_text(targets.read_text().replace('app = "."', 'app = "."\ndelay = "1 ms"'))
    ended = platform.team.pytest("--target=kiosk", "--stage=live")
    assert ended.code == 10, ended.output
    assert "was started from other settings than the targets file's now" in ended.output
    assert "prodworthy up --target=kiosk" in ended.output


def test_a_deployment_that_is_named_is_judged_where_it_was_deployed(platform: Platform) -> None:
    staged = platform.deploy(SECOND, staged=True)
    ended = platform.team.pytest("--target=kiosk", f"--deployment={staged}")
    assert ended.code == 0, ended.output
    assert ended.verdict()["deployment"]["id"] == staged
