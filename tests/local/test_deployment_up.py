"""`prodworthy up`: says how to reach what it started, stays, and ends cleanly."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

import prodworthy
from prodworthy.cli import main
from prodworthy.local import handout, running, up
from prodworthy.local.vercel import changes
from prodworthy.local.vercel.control import Control
from prodworthy.local.vercel.faults import Failing, Faults, Garbling, Requests, Slowing, Throttling, read_faults
from prodworthy.model import Addresses, Embedded

PROGRAM = """
import sys
from prodworthy.local.up import run
from prodworthy.model import Embedded
sys.exit(run(Embedded(app=sys.argv[1], domain="shop.test"), lambda line: print(line, flush=True)))
"""
ADDRESSES = Addresses(
    hosts={
        "shop.test:443": "127.0.0.1:41001",
        "shop.test:80": "127.0.0.1:41002",
        "ref.supabase.co:443": "127.0.0.1:41003",
    },
    ca_pem="-----BEGIN CERTIFICATE-----\n",
    spki="c3BraQ==",
    database_url="postgresql://postgres:hunter2@127.0.0.1:41004/postgres",
    control="http://127.0.0.1:41005",
    hosting_url="http://127.0.0.1:41006",
)


@pytest.fixture(autouse=True)
def runtime(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("runtime")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    return folder


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    (folder / "dist").mkdir(parents=True)
    (folder / "dist" / "index.html").write_text("<!doctype html><title>shop</title>")
    return folder


def test_it_tells_how_to_reach_everything_in_lines_that_a_terminal_holds(tmp_path: Path) -> None:
    embedded = Embedded(app="shop", domain="shop.test", backend="https://ref.supabase.co")
    lines = list(up.instructions(embedded, ADDRESSES, tmp_path, "local"))
    short = [line.replace(str(tmp_path), "/tmp/prodworthy-up-abcdefgh") for line in lines]
    assert max(map(len, short)) <= 80
    assert [line for line in lines if line.startswith("  sh ")] == [f"  sh {tmp_path}/browser"]
    assert [line for line in lines if line.startswith("  curl --config")] == [
        f"  curl --config {tmp_path}/curl https://shop.test/",
        f"  curl --config {tmp_path}/curl https://ref.supabase.co",
    ]
    rules = (
        "MAP shop.test:443 127.0.0.1:41001, MAP shop.test:80 127.0.0.1:41002, MAP ref.supabase.co:443 127.0.0.1:41003"
    )
    assert shlex.split((tmp_path / "browser").read_text()) == [
        "exec",
        "chromium",
        f"--user-data-dir={tmp_path / 'profile'}",
        f"--host-resolver-rules={rules}",
        "--ignore-certificate-errors-spki-list=c3BraQ==",
        "https://shop.test/",
    ]
    assert (tmp_path / "ca.pem").read_text() == ADDRESSES.ca_pem
    text = "\n".join(lines)
    assert "at http://127.0.0.1:41005" in text
    assert "vercel --api http://127.0.0.1:41006 --token vcp_embedded --scope embedded" in text


def test_no_password_stands_on_the_screen(tmp_path: Path) -> None:
    text = "\n".join(up.instructions(Embedded(app="shop", domain="shop.test"), ADDRESSES, tmp_path))
    assert "hunter2" not in text
    assert "at 127.0.0.1:41004/postgres" in text
    assert (tmp_path / "database").read_text().strip() == ADDRESSES.database_url
    assert (tmp_path / "database").stat().st_mode & 0o077 == 0


def test_curl_itself_takes_the_options_that_are_written_for_it(tmp_path: Path) -> None:
    handout.write(tmp_path, ADDRESSES, "https://shop.test/")
    command = ["curl", "--config", str(tmp_path / "curl"), "--max-time", "2", "-sS", "https://shop.test/"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode in {7, 35, 60, 77}, ended.stderr  # nobody listens there, and the authority is made up
    assert "127.0.0.1" in ended.stderr or "shop.test" in ended.stderr or "ca.pem" in ended.stderr


def test_what_a_killed_one_left_is_taken_away_and_what_is_held_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handout.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(handout.tempfile, "tempdir", str(tmp_path))
    left, fresh = tmp_path / "prodworthy-up-left", tmp_path / "prodworthy-up-fresh"
    for each in (left, fresh):
        each.mkdir()
        (each / "ca.pem").write_text("old")
    with handout.folder() as held:
        for each in (left, held):
            os.utime(each, (1, 1))
        with handout.folder() as another:
            assert sorted(tmp_path.iterdir()) == sorted([fresh, held, another])
    assert list(tmp_path.iterdir()) == [fresh]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_stays_until_it_is_told_to_end(app: Path, number: signal.Signals, runtime: Path) -> None:
    plugins = str(Path(prodworthy.__file__).parents[1])
    environment = {"PYTHONPATH": plugins, "TMPDIR": str(app.parent), "XDG_RUNTIME_DIR": str(runtime)}
    command = [sys.executable, "-c", PROGRAM, str(app)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        shown = ""
        while "Ctrl-C ends it" not in shown:
            line = process.stdout.readline()
            assert line, shown
            shown += line
        authority = re.search(r"--config (\S+)", shown)
        assert authority is not None
        assert Path(authority[1]).is_file()
        up = running.found(Embedded(app=str(app), domain="shop.test"))
        assert up is not None
        assert up.process == process.pid
        os.kill(process.pid, number)
        rest, complaints = process.communicate()
    assert (process.returncode, rest, complaints) == (0, "ending\n", "")
    assert not Path(authority[1]).parent.exists()
    assert running.found(Embedded(app=str(app), domain="shop.test")) is None
    assert [path for path in runtime.rglob("*") if path.is_file()] == []


def test_what_cannot_be_started_is_said_and_counts_as_failure(tmp_path: Path) -> None:
    said: list[str] = []
    assert up.run(Embedded(app=str(tmp_path)), said.append) == 1
    assert said == [f"error: {tmp_path} has no dist/: run `npm run build` there first"]


def test_an_end_by_itself_is_a_failure(app: Path) -> None:
    said: list[str] = []

    def end_it(line: str) -> None:
        said.append(line)
        if line == "Ctrl-C ends it":
            children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
            for child in children:
                if "prodworthy.local" in Path(f"/proc/{child}/cmdline").read_text():
                    os.kill(int(child), signal.SIGKILL)

    assert up.run(Embedded(app=str(app)), end_it) == 1
    assert said[-1].startswith("error: the embedded deployment ended by itself")


def test_it_says_what_to_type_in_another_terminal(tmp_path: Path) -> None:
    told = list(up.instructions(Embedded(app="shop", domain="shop.test"), ADDRESSES, tmp_path, "my shop"))
    typed = [shlex.split(line.partition("  what")[0]) for line in told if line.startswith("  prodworthy list")]
    assert typed == [["prodworthy", "list", "--target=my shop"]]
    named = {line.split()[1] for line in told if line.startswith("  prodworthy")}
    assert named == {"list", "deploy", "rollback"}
    assert set(main.commands) >= named


def test_what_no_targets_file_names_comes_without_commands_that_could_not_find_it(tmp_path: Path) -> None:
    told = list(up.instructions(Embedded(app="shop", domain="shop.test"), ADDRESSES, tmp_path))
    assert not any(line.startswith("  prodworthy") for line in told)


def test_the_second_of_one_app_is_refused_before_anything_is_started(app: Path) -> None:
    said: list[str] = []
    embedded = Embedded(app=str(app), domain="shop.test")
    with running.announce(embedded, ADDRESSES):
        assert up.run(embedded, said.append) == 4
    sentence = f"it is up already, in process {os.getpid()}: end that one first, or use it"
    assert said == [f"error: {app}: {sentence}\n       (already-up)"]


PAGE = (Path(__file__).parents[2] / "docs" / "embedded.md").read_text(encoding="utf-8")


def listed(about: str) -> list[str]:
    """The first column of a table of the page."""
    table = PAGE.partition(f"<!-- {about} -->")[2].partition(f"<!-- /{about} -->")[0]
    return re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)


def test_the_page_lists_every_fault() -> None:
    assert sorted(listed("faults")) == sorted(each.name for each in fields(Faults))


def test_the_page_lists_every_route_of_the_control_port() -> None:
    routes = Control(None, app=Path(), dist="dist")._routes  # type: ignore[arg-type]
    known = [" ".join(each) for each in routes] + ["PATCH /deployments/<id>"]
    assert sorted(listed("routes")) == sorted(known)


def test_what_the_page_says_of_requests_and_of_the_project_is_so() -> None:
    for kind in (Requests, Failing, Throttling, Garbling, Slowing):
        for each in fields(kind):
            assert each.name == "struck" or f"`{each.name}`" in PAGE
    row = next(line for line in PAGE.splitlines() if line.startswith("| `PATCH /project`"))
    assert set(re.findall(r"`([a-z_]+)`", row)) == {*changes._PROJECT, "domains"}
    example = re.search(r'`(\{"throttle".*?\}\})`', PAGE, re.DOTALL)
    assert example
    assert read_faults(json.loads(example[1])).throttle is not None
