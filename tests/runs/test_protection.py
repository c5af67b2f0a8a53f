"""Whole runs before deployment protection: let in with the bypass, inconclusive without, and nothing of it written."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from prodworthy.local.vercel.protection import COOKIE
from prodworthy.model.network import HOST
from tests.runs import hosted
from tests.runs.hosted import TOKEN, Platform
from tests.runs.team import TARGETS, Team

VARIABLE = "KIOSK_BYPASS"
DECLARED = f'[targets.prod.vercel]\nprotection_bypass = {{ env = "{VARIABLE}" }}\n'
OWN = """\
def test_the_kiosk_shows_its_thing(page, target):
    page.goto("/")
    assert "One thing, well made." in page.inner_text("main")
    assert page.evaluate("document.cookie") == ""
"""


@pytest.fixture
def platform(team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    (tmp_path / "runtime").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    with hosted.up(team) as platform:
        yield platform


def everywhere(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below, and what is in archives."""
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            yield str(path), content
            if zipfile.is_zipfile(io.BytesIO(content)):
                with zipfile.ZipFile(path) as opened:
                    yield from ((f"{path}!{name}", opened.read(name)) for name in opened.namelist())


@pytest.fixture
def whole(platform: Platform) -> Platform:
    """All seven checks of the kiosk, which is protected on every address, and a test of the team's own."""
    # what is up was started from the same settings: only what is asked of it differs
    domains = 'domains = ["https://kiosk.test", "https://www.kiosk.test"]\npages ='
    platform.team.write("targets.toml", TARGETS.replace("pages =", domains, 1))
    platform.team.write("verify/test_own.py", OWN)
    platform.ask("PATCH", "/project", {"protection": "all"})
    return platform


@pytest.mark.parametrize(
    "workers", [pytest.param([], id="alone"), pytest.param(["-n2"], id="two-workers", marks=pytest.mark.long)]
)
def test_with_the_bypass_everything_is_judged_and_nothing_of_it_is_written(whole: Platform, workers: list[str]) -> None:
    ended = whole.team.pytest("verify", "--target=kiosk", "--stage=live", "--tracing=on", *workers)
    assert ended.code == 0, ended.output
    assert {name for name, result in ended.results().items() if result == "pass"} >= {"health", "html", "smoke"}
    files = dict(everywhere(whole.team.folder / "reports")) | dict(everywhere(whole.team.folder / "test-results"))
    traces = [content for name, content in files.items() if name.endswith(".network")]
    assert any(f"{COOKIE}=***".encode() in each for each in traces), "no trace tells of the pass"
    secret = HOST["bypass"]
    assert [name for name, content in files.items() if secret.encode() in content] == []
    assert [name for name, content in files.items() if f"{COOKIE}=ey".encode() in content] == []
    assert secret not in ended.output


@pytest.mark.long
def test_with_the_secret_of_another_project_the_run_is_inconclusive_and_says_so(whole: Platform) -> None:
    whole.ask("PATCH", "/project", {"bypass": "of0another0project0entirely00000"})
    ended = whole.team.pytest("verify", "--target=kiosk", "--stage=live")
    assert ended.code == 10, ended.output
    assert ended.rules() == set(), "a wall was taken for the app"
    assert "deployment protection, which did not take the bypass secret, answered instead of the app" in ended.output
    assert HOST["bypass"] not in ended.output


def test_before_promotion_a_protected_candidate_is_judged_with_the_declared_bypass(platform: Platform) -> None:
    platform.deploy("a" * 40)
    platform.ask("PATCH", "/project", {"protection": "all_except_custom_domains"})
    given = {TOKEN: HOST["token"]}
    closed = platform.team.pytest("-p", "names", "--target=prod", environment=given)
    assert closed.code == 10, closed.output
    assert closed.rules("prod") == set()
    assert "deployment protection answered instead of the app: make a secret" in closed.output
    targets = platform.team.folder / "targets.toml"
    targets.write_text(targets.read_text().replace("[targets.prod.vercel]\n", DECLARED))
    opened = platform.team.pytest("-p", "names", "--target=prod", environment=given | {VARIABLE: HOST["bypass"]})
    assert (opened.code, opened.rules("prod")) == (0, set()), opened.output
    assert HOST["bypass"] not in opened.output
