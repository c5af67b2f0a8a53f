"""The vendor's own command line against the emulated management API: it reads every answer with its own schemas."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from prodworthy.local.backend.management.advisors import LINTS
from prodworthy.local.server import serve
from tests.local.conftest import serve_project
from tests.local.test_backend_management import FILES, REF

__all__ = ["serve_project"]

pytestmark = pytest.mark.long

LOCKED = Path(__file__).parent / "supabase_cli"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command line itself: a program in a package of npm, no script of which is run."""
    folder = tmp_path_factory.mktemp("supabase-cli")
    for path in LOCKED.iterdir():
        shutil.copy(path, folder)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-progress", "--loglevel=error"], cwd=folder, check=True)
    return next(folder.glob("node_modules/@supabase/cli-*/bin/supabase"))


@pytest.fixture(scope="module")
def project(serve_project: Callable[..., Any]) -> Any:
    return serve_project(FILES)


@pytest.fixture(scope="module")
def cli(project: Any, program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    home = tmp_path_factory.mktemp("home")
    (home / "work").mkdir()
    server = project.do(serve(project.backend.management, tls=None))
    address = f"http://127.0.0.1:{server.port}"
    profile = home / "profile.yaml"
    profile.write_text(f"name: here\napi_url: {address}\ndashboard_url: {address}\nproject_host: supabase.co\n")
    environment = {
        "HOME": str(home),
        "PATH": os.defpath,
        "SUPABASE_ACCESS_TOKEN": project.backend.management.keyring.management,
        "SUPABASE_PROFILE": str(profile),
        "SUPABASE_TELEMETRY_DISABLED": "1",
    }

    def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        command = [str(program), *arguments, "--output-format", "json", "--workdir", str(home / "work")]
        return subprocess.run(
            command, cwd=home, env=environment | changes, capture_output=True, text=True, timeout=120, check=False
        )

    yield run
    project.do(server.close())


def told(ended: subprocess.CompletedProcess[str]) -> Mapping[str, Any]:
    assert ended.stdout, ended.stderr
    read: Mapping[str, Any] = json.loads(ended.stdout)
    return read


def keys(ended: subprocess.CompletedProcess[str]) -> set[str]:
    answer = told(ended)
    found = answer.get("advisors") or answer.get("lints") or answer.get("results") or []
    return {each.get("cacheKey") or each["cache_key"] for each in found}


def test_it_lists_the_project(cli: Run) -> None:
    (listed,) = told(cli("projects", "list"))["projects"]
    assert (listed["ref"], listed["status"]) == (REF, "ACTIVE_HEALTHY")


def test_it_lists_the_functions(cli: Run) -> None:
    listed = told(cli("functions", "list", f"--remote={REF}"))["functions"]
    assert [(each["slug"], each["verify_jwt"]) for each in listed] == [("closed", True), ("open", False)]


def test_it_lists_the_keys_without_their_values(project: Any, cli: Run) -> None:
    ended = cli("projects", "api-keys", f"--remote={REF}")
    assert [each["type"] for each in told(ended)["keys"]] == ["publishable", "secret"]
    assert project.secret not in ended.stdout


def test_what_it_downloads_is_what_was_deployed(cli: Run) -> None:
    ended = cli("functions", "download", "open", "--use-api", f"--remote={REF}")
    assert ended.returncode == 0, ended.stderr
    work = Path(ended.args[-1])
    for name in ("functions/open/index.ts", "functions/_shared/word.ts"):
        assert (work / "supabase" / name).read_text() == FILES[name]


def test_it_is_told_that_a_token_is_not_known(cli: Run) -> None:
    ended = cli("functions", "list", f"--remote={REF}", SUPABASE_ACCESS_TOKEN=f"sbp_{'0' * 40}")
    assert ended.returncode != 0
    assert "401" in ended.stdout + ended.stderr or "nauthorized" in ended.stdout + ended.stderr


def test_its_own_lints_over_the_database_agree_with_the_advisor(project: Any, cli: Run) -> None:
    """It brings a subset of the lints with it, to be run on any database: an oracle for those."""
    own = keys(cli("db", "advisors", f"--remote={project.backend.database_url}", "--type=security"))
    ours = keys(cli("db", "advisors", f"--remote={REF}", "--type=security"))
    kinds = {name for name in map(kind, own) if name}
    assert len(kinds) >= 8
    assert own == {key for key in ours if kind(key) in kinds}


def kind(key: str) -> str:
    """The lint that a cache key begins with."""
    return next((lint.name for lint in LINTS if key.startswith(lint.name)), key)
