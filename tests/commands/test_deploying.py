"""`prodworthy deploy` against an embedded deployment that is up, and what it says where it cannot."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from prodworthy.cli import main
from prodworthy.local import running
from prodworthy.local.deployment import Deployment
from prodworthy.model import Addresses
from prodworthy.targets.listing import load
from tests.commands.shop import validated

FIRST, SECOND = "a" * 40, "b" * 40
TARGETS = """\
[targets.local]
[targets.local.embedded]
app = "app"
domain = "shop.test"
[targets.prod]
url = "https://shop.example.com"
[targets.prod.vercel]
project = "prj_shop"
"""


def build(folder: Path, commit: str | None, words: str = "shop") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(f"<!doctype html><title>{words}</title>")
    if commit:
        (folder / "version.json").write_text(json.dumps({"commit": commit}))
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("team")
    build(home / "app" / "dist", FIRST)
    (home / "targets.toml").write_text(TARGETS)
    (home / "runtime").mkdir(mode=0o700)
    return home


@pytest.fixture(autouse=True)
def there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home / "runtime"))


@pytest.fixture(scope="module")
def started(home: Path) -> Iterator[Addresses]:
    embedded = load(str(home / "targets.toml"), "local").embedded
    assert embedded is not None
    with Deployment.start(embedded) as deployment:
        yield deployment.ready()


@pytest.fixture
def up(started: Addresses, home: Path, there: None) -> Iterator[Addresses]:
    embedded = load(str(home / "targets.toml"), "local").embedded
    assert embedded is not None
    asked(started, "POST", "/reset")
    build(home / "app" / "dist", FIRST)
    with running.announce(embedded, started):
        yield started


def asked(addresses: Addresses, method: str, path: str, body: Any = None) -> Any:
    headers = {"x-prodworthy-control": "1"}
    answer = httpx.request(method, f"{addresses.control}{path}", json=body, headers=headers, timeout=30)
    return answer.raise_for_status().json() if answer.content else None


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["deploy", *words])


def told(*words: str) -> dict[str, Any]:
    return validated("deploy", run("--json", *words))


def test_the_present_build_goes_live_as_after_a_push(up: Addresses, home: Path) -> None:
    build(home / "app" / "dist", SECOND)
    result = run("--target=local")
    state = asked(up, "GET", "/state")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"deployed {state['current']} (bbbbbbb")
    assert "  live: https://shop.test serves it\n" in result.stdout
    assert state["deployments"][state["current"]]["commit"] == SECOND
    assert state["edge"]["shop.test"] == state["current"]


def test_a_script_learns_its_id_and_address(up: Addresses) -> None:
    made = told("--target=local", "--message", "Ship it", "--author", "ada", "--branch", "hotfix")
    known = asked(up, "GET", "/state")["deployments"][made["deployment"]["id"]]
    assert made["deployment"]["url"] == f"https://{known['host']}"
    assert (known["message"], known["author"], known["branch"]) == ("Ship it", "ada", "hotfix")
    assert (made["live"], made["next"], made["exit_code"]) == (True, None, 0)


def test_a_staged_one_says_how_it_goes_live(up: Addresses) -> None:
    before = asked(up, "GET", "/state")["current"]
    made = told("--target=local", "--staged")
    assert asked(up, "GET", "/state")["current"] == before
    assert (made["live"], made["deployment"]["substate"]) == (False, "staged")
    assert made["next"] == f"prodworthy promote {made['deployment']['id']} --target=local"


def test_a_preview_changes_nothing_in_production(up: Addresses) -> None:
    before = asked(up, "GET", "/state")["current"]
    made = told("--target=local", "--preview")
    assert (made["live"], made["next"], made["deployment"]["environment"]) == (False, None, "preview")
    assert asked(up, "GET", "/state")["current"] == before


def test_while_production_is_rolled_back_it_says_that_nothing_goes_live(up: Addresses) -> None:
    asked(up, "PATCH", "/project", {"auto_assign": False})
    result = run("--target=local")
    assert "  not live: new deployments do not go live by themselves\n  to make it live: prodworthy promote dpl_" in (
        result.stdout
    )


def test_another_folder_is_taken_from_where_one_stands(up: Addresses, home: Path) -> None:
    build(home / "broken", SECOND, "broken")
    made = told("--target=local", "--dist", "broken")
    assert made["deployment"]["commit"] == SECOND


def test_message_and_author_are_those_of_the_commit(up: Addresses, home: Path) -> None:
    app = home / "app"
    git = ["git", "-C", str(app), "-c", "user.name=Ada", "-c", "user.email=ada@shop.test"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "Round quantities"], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    build(app / "dist", commit)
    made = told("--target=local")
    assert (made["deployment"]["message"], made["deployment"]["author"]) == ("Round quantities", "Ada")


def test_a_commit_that_the_build_does_not_tell_is_noted(up: Addresses) -> None:
    result = run("--target=local", "--commit", SECOND)
    assert result.exit_code == 0
    assert f"note: the build says that it is {FIRST}: no domain will prove the commit that you gave" in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "message", "remedy"),
    [
        pytest.param(
            ["--target=prod"], "usage", "is no embedded deployment", "vercel deploy --prod", id="not-embedded"
        ),
        pytest.param(
            ["--target=local", "--dist=empty"], "usage", "empty has no index.html", "npm run build", id="no-build"
        ),
        pytest.param(["--target=local", "--staged", "--preview"], "usage", "exclude each other", "preview", id="both"),
        pytest.param(["--target=nothing"], "targets-unusable", "nothing", "prodworthy targets", id="unknown-target"),
    ],
)
def test_what_cannot_be_deployed_is_said_with_the_way_out(
    up: Addresses, home: Path, words: list[str], code: str, message: str, remedy: str
) -> None:
    (home / "empty").mkdir(exist_ok=True)
    before = asked(up, "GET", "/state")["deployments"]
    refused = told(*words)
    assert (refused["exit_code"], refused["error"]["code"], refused["error"]["changed"]) == (4, code, False)
    assert message in refused["error"]["message"]
    assert remedy in refused["error"]["remedy"]
    assert asked(up, "GET", "/state")["deployments"] == before


@pytest.mark.parametrize("option", ["--message=third", "--author=x", "--branch=main"])
def test_what_the_host_would_not_keep_is_refused_and_not_dropped(up: Addresses, home: Path, option: str) -> None:
    (home / "app" / "dist" / "version.json").unlink()
    refused = told("--target=local", option)
    assert (refused["exit_code"], refused["error"]["code"]) == (4, "usage")
    assert f"{option.partition('=')[0]} would be lost" in refused["error"]["message"]
    assert told("--target=local", option, "--commit", SECOND)["deployment"]["commit"] == SECOND


def test_what_is_not_up_is_said_with_the_command_that_starts_it(home: Path) -> None:
    refused = told("--target=local")
    assert (refused["exit_code"], refused["error"]["code"]) == (4, "not-up")
    assert "prodworthy up --target=local" in refused["error"]["remedy"]


def test_one_that_does_not_answer_any_more_is_no_traceback(home: Path) -> None:
    embedded = load(str(home / "targets.toml"), "local").embedded
    assert embedded is not None
    gone = Addresses(hosts={}, ca_pem="", spki="", control="http://127.0.0.1:1", hosting_url="http://127.0.0.1:1")
    with running.announce(embedded, gone):
        result = run("--target=local")
    assert result.exit_code == 10, result.output
    assert "the control port of what is up does not answer as it should: ConnectError" in result.stderr
    assert "Traceback" not in result.output
