"""The verification that follows a move: the whole suite, in a process of its own that knows nothing it need not."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.operating import BAD, PAGE, Kiosk, install, up, wait_for

KIOSK = "--target=kiosk"
CANARIES = {name: f"canary-{name.lower()}" for name in ("VERCEL_TOKEN", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY")}
MADE_UP = "vcp_embedded"  # the embedded platform's token

ENVIRONMENT = """\
import json, os, pathlib

def test_what_a_team_may_know(target):
    pathlib.Path("environment.json").write_text(json.dumps(dict(os.environ)))
"""
MEDDLER = """\
import json, os, time, urllib.request

CONTROL, DEPLOYMENT = os.environ["E2E_USER"].split()

def ask(method, path, body=None):
    headers = {"x-prodworthy-control": "1"}
    data = json.dumps(body).encode() if body else None
    with urllib.request.urlopen(urllib.request.Request(CONTROL + path, data, headers, method=method)) as answer:
        return json.loads(answer.read() or "null")

def test_somebody_else_acts_meanwhile(target):
    ask("POST", "/actor", {"kind": "promote", "deployment": DEPLOYMENT})
    while set(ask("GET", "/state")["edge"].values()) != {DEPLOYMENT}:
        time.sleep(0.05)
"""
SLEEPER = """\
import pathlib, time

def test_asleep(target):
    pathlib.Path("asleep").touch()
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    work = tmp_path_factory.mktemp("verifying")
    with up(work / "kiosk", install(work / "site"), work / "noted") as kiosk:
        yield kiosk


@pytest.fixture
def kiosk(running: Kiosk) -> Iterator[Kiosk]:
    running.ask("POST", "/reset")
    running.bad = running.deploy(BAD)
    yield running
    for left in (*running.folder.glob("verify/*.py"), running.folder / "environment.json", running.folder / "asleep"):
        left.unlink(missing_ok=True)


def own_test(kiosk: Kiosk, text: str) -> None:
    (kiosk.folder / "verify").mkdir(exist_ok=True)
    (kiosk.folder / "verify" / "test_own.py").write_text(text)


def broken(kiosk: Kiosk, **told: object) -> str:
    """A deployment whose start page is not what is declared."""
    change = {"version.json": json.dumps({"commit": BAD}), "index.html": PAGE.replace("<title>Kiosk</title>", "")}
    deployed: str = kiosk.ask("POST", "/deploy", {"change": change, "commit": BAD, **told})["id"]
    return deployed


def test_a_rollback_that_restored_service_is_verified_by_a_run_that_knows_no_secret(kiosk: Kiosk) -> None:
    own_test(kiosk, ENVIRONMENT)
    environment = {**CANARIES, "E2E_USER": "visitor", "PYTEST_ADDOPTS": "-k nothing"}
    ended = kiosk.run("rollback", "--previous", KIOSK, "--yes", "--json", environment=environment)
    assert ended.code == 0, ended.err
    told = ended.json
    verification = told["verification"]
    assert (told["code"], verification["exit_code"]) == ("done", 0)
    assert [each["what"] for each in told["moments"]][-1] == "verified"
    verdict = json.loads(Path(verification["verdict"]).read_text())
    assert (verdict["verdict"], verdict["stage"], verdict["target"]) == ("pass", "post-rollback", "kiosk")
    assert kiosk.first in verdict["subject"]
    assert "5 of 7 checks passed" in ended.err  # its own output is shown as it comes

    known = json.loads((kiosk.folder / "environment.json").read_text())
    assert known["E2E_USER"] == "visitor"
    assert not {*CANARIES, "PYTEST_ADDOPTS"} & set(known)
    everything = "\n".join([ended.out, ended.err, json.dumps(known), *_texts(Path(verification["verdict"]).parents[1])])
    for secret in (*CANARIES.values(), MADE_UP):
        assert secret not in everything


@pytest.mark.parametrize(("word", "code"), [("rollback", 21), pytest.param("promote", 1, marks=pytest.mark.long)])
def test_what_was_moved_and_does_not_pass_is_no_success(kiosk: Kiosk, word: str, code: int) -> None:
    worse = broken(kiosk, staged=word == "promote")
    if word == "rollback":
        kiosk.deploy("c0ffee00" * 5)
    ended = kiosk.run(word, worse, KIOSK, "--yes", "--json")
    assert ended.code == code, ended.err
    told = ended.json
    assert (told["code"], told["verification"]["exit_code"]) == ("done", 1)
    assert kiosk.state["current"] == worse


@pytest.mark.parametrize(("word", "code"), [("rollback", 23), pytest.param("promote", 10, marks=pytest.mark.long)])
def test_a_run_during_which_somebody_moved_production_proves_nothing(kiosk: Kiosk, word: str, code: int) -> None:
    own_test(kiosk, MEDDLER)
    to = kiosk.first if word == "rollback" else kiosk.deploy("c0ffee00" * 5, staged=True)
    ended = kiosk.run(word, to, KIOSK, "--yes", environment={"E2E_USER": f"{kiosk.control} {kiosk.bad}"})
    assert ended.code == code, ended.err
    assert "every domain proves it, but the verification is inconclusive." in ended.words
    assert f"led to {kiosk.bad} after it, not to {to}" in ended.words
    assert "next verify once more: pytest --target=kiosk" in ended.words


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_still_reports_and_the_move_is_told(kiosk: Kiosk, number: signal.Signals) -> None:
    own_test(kiosk, SLEEPER)
    waiting = kiosk.waiting("rollback", "--previous", KIOSK, "--yes", "--json")
    wait_for((kiosk.folder / "asleep").exists)
    children = Path(f"/proc/{waiting.process.pid}/task/{waiting.process.pid}/children").read_text().split()
    ended = waiting.signal(number).ended()
    assert ended.code == 23, ended.err
    told = ended.json
    assert (told["code"], told["verification"]["exit_code"]) == ("done", 2)
    assert json.loads(Path(told["verification"]["verdict"]).read_text())["verdict"] == "inconclusive"
    assert Path(told["verification"]["report"]).is_file()
    assert children
    assert not any(Path(f"/proc/{each}").exists() for each in children)


def _texts(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes().decode("utf-8", "replace")
