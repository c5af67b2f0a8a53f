"""prodworthy as a team has it: the wheel installed, a repository of their own, pytest started as a command."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runs.team import ENTRY, ICON, MISSING, MORE, PAGE, ROOT, STYLE, TARGETS, Team


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel, built from this checkout, is installed."""
    work = tmp_path_factory.mktemp("wheel")
    python = [sys.executable, "-m"]
    subprocess.run(
        [*python, "build", "--wheel", "--no-isolation", "--outdir", work, ROOT], check=True, capture_output=True
    )
    (wheel,) = work.glob("*.whl")
    site = work / "site"
    install = [*python, "pip", "install", "-q", "--no-deps", "--no-index", "--disable-pip-version-check"]
    subprocess.run([*install, "--target", site, wheel], check=True, capture_output=True)
    return site


@pytest.fixture
def team(tmp_path: Path, site: Path) -> Team:
    team = Team(folder=tmp_path / "kiosk", site=site)
    team.write("dist/index.html", PAGE)
    team.write("dist/404.html", MISSING)
    team.write("dist/assets/index-Dk3s9aQx.js", ENTRY)
    team.write("dist/assets/more-B1x2y3Z4.js", MORE)
    team.write("dist/assets/index-Ck0a1b2C.css", STYLE)
    team.write("dist/icon.svg", ICON)
    team.write("dist/version.json", '{"commit": "0123456789abcdef0123456789abcdef01234567"}')
    team.write("targets.toml", TARGETS)
    team.headers()
    return team


@pytest.fixture
def another(team: Team) -> Callable[[str], Team]:
    """Copy the team's app into a folder beside it, to be broken."""

    def copy(name: str) -> Team:
        shutil.copytree(team.folder, team.folder / name, ignore=shutil.ignore_patterns("reports", "verify", name))
        return Team(folder=team.folder / name, site=team.site)

    return copy
