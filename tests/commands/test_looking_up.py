"""The commands that look, from another terminal, at an app that is up: real sockets, processes and terminals."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from prodworthy.commands import published
from tests.commands.operating import BAD, GOOD, Kiosk, install, up, wait_for

HOSTILE = "Fix the \x1b[2J\x1b]0;pwned\x07 cart\n\u202edpl_fake"


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    """An app with a sound release and a bad one after it, which is live."""
    root = tmp_path_factory.mktemp("looking")
    (root / "kiosk").mkdir()
    with up(root / "kiosk", install(root / "site"), root / "noted") as kiosk:
        kiosk.bad = kiosk.deploy(BAD, message=HOSTILE, author="mallory")
        yield kiosk


@pytest.fixture(autouse=True)
def looked_only(kiosk: Kiosk) -> Iterator[None]:
    """No command of this file asks production to move."""
    yield
    kiosk.faults()
    assert kiosk.posts == []


def told(kiosk: Kiosk, command: str, *words: str, code: int = 0) -> dict[str, Any]:
    ended = kiosk.run(command, *words, "--json")
    assert ended.code == code, ended.err
    jsonschema.validate(ended.json, published.schema(command))
    return ended.json


def test_list_knows_what_the_platform_knows(kiosk: Kiosk) -> None:
    listed = told(kiosk, "list")["deployments"]
    assert [(each["id"], each["commit"], each["current"]) for each in listed] == [
        (kiosk.bad, BAD, True),
        (kiosk.first, GOOD, False),
    ]
    assert listed[1]["candidate"] is True
    assert listed[0]["author"] == "mallory"


def test_current_asks_the_app_itself_on_every_domain(kiosk: Kiosk) -> None:
    answer = told(kiosk, "current")
    assert answer["current"]["id"] == kiosk.bad
    assert [(each["domain"], set(each["stamps"]), each["proved"]) for each in answer["domains"]] == [
        ("kiosk.test", {BAD}, True),
        ("www.kiosk.test", {BAD}, True),
        ("kiosk.vercel.app", {BAD}, True),
    ]


def test_candidates_lead_to_the_release_before(kiosk: Kiosk) -> None:
    assert told(kiosk, "candidates")["previous"] == kiosk.first


def test_an_edge_that_lags_behind_is_a_disagreement(kiosk: Kiosk) -> None:
    """The platform says that the move is done; who asks the domains knows better."""
    kiosk.faults(edge_lag=3600.0)
    kiosk.ask("POST", "/actor", {"kind": "rollback", "deployment": kiosk.first})
    wait_for(lambda: kiosk.state["current"] == kiosk.first and kiosk.state["last_job"]["status"] == "succeeded")
    ended = kiosk.run("current")
    assert ended.code == 10
    assert "DISAGREEMENT: the host leads kiosk.test to what is current" in ended.out
    answer = told(kiosk, "current", code=10)
    assert answer["current"]["id"] == kiosk.first
    assert {each["proved"] for each in answer["domains"]} == {False}
    assert {stamp for each in answer["domains"] for stamp in each["stamps"]} == {BAD}


def test_status_says_that_production_is_rolled_back_and_how_to_undo_it(kiosk: Kiosk) -> None:
    kiosk.faults()
    if kiosk.state["current"] != kiosk.first:
        kiosk.ask("POST", "/actor", {"kind": "rollback", "deployment": kiosk.first})
        wait_for(lambda: kiosk.state["current"] == kiosk.first and kiosk.state["last_job"]["status"] == "succeeded")
    answer = told(kiosk, "status")
    assert answer["rolled_back"] is True
    assert answer["auto_assign"] is False
    assert answer["undo"] == f"prodworthy promote {kiosk.bad} --target=kiosk"
    assert answer["job"]["kind"] == "rollback"


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        ({"expired_token": True}, "token-refused"),
        ({"malformed": {"path": "/v9/projects", "times": 99, "body": "<html>"}}, "unintelligible"),
    ],
)
def test_what_the_platform_does_wrong_is_an_error_with_its_code(kiosk: Kiosk, faults: Any, code: str) -> None:
    kiosk.faults(**faults)
    ended = kiosk.run("status", "--json")
    jsonschema.validate(ended.json, published.schema("error"))
    assert ended.json["error"]["code"] == code
    assert ended.json["exit_code"] == ended.code


@pytest.mark.parametrize("command", ["list", "current", "candidates", "status"])
def test_on_a_terminal_a_strangers_message_does_nothing(kiosk: Kiosk, command: str) -> None:
    with kiosk.terminal(command) as terminal:
        ended = terminal.ended()
    assert ended.code in {0, 10}
    assert "\x1b[2J" not in terminal.shown
    assert "\x1b]0;" not in terminal.shown
    assert "\u202e" not in terminal.shown
    assert "dpl_" in ended.err


def test_colour_is_for_terminals_that_want_it(kiosk: Kiosk) -> None:
    with kiosk.terminal("list") as terminal:
        terminal.ended()
    assert "\x1b[" in terminal.shown
    with kiosk.terminal("list", environment={"NO_COLOR": "1"}) as terminal:
        terminal.ended()
    assert not any(f"\x1b[{colour}" in terminal.shown for colour in range(30, 38))
    assert "\x1b" not in kiosk.run("list").out


@pytest.mark.parametrize("words", [["list"], ["list", "--json"], ["status"]])
def test_a_reader_that_has_gone_is_no_fault(kiosk: Kiosk, words: list[str]) -> None:
    """As of `prodworthy list | head -1`; 1 would say that a verification failed."""
    process = kiosk.start(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert err.decode() in {"target: kiosk\n", ""}


@pytest.mark.parametrize(("words", "code"), [(["list"], 0), (["list", "--json", "--target=nobody"], 4)])
def test_the_answer_comes_although_nobody_reads_the_messages(kiosk: Kiosk, words: list[str], code: int) -> None:
    process = kiosk.start(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stderr.close()
    out, _ = process.communicate(timeout=60)
    assert process.returncode == code
    assert (kiosk.bad if code == 0 else "targets-unusable") in out.decode()


@pytest.mark.parametrize("command", ["list", "status", "candidates", "current"])
def test_a_terminal_that_knows_ascii_only_is_no_fault(kiosk: Kiosk, command: str) -> None:
    ended = kiosk.run(command, environment={"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"})
    assert ended.code in {0, 10}
    assert "Traceback" not in ended.err
    assert ended.out.isascii()
    assert kiosk.bad in ended.out


def test_what_is_not_up_is_said_with_the_command_that_starts_it(kiosk: Kiosk, tmp_path: Path) -> None:
    ended = kiosk.run("list", "--json", environment={"XDG_RUNTIME_DIR": str(tmp_path)})
    assert ended.code == 4
    error = json.loads(ended.out)["error"]
    assert error["code"] == "not-up"
    assert "prodworthy up --target=kiosk" in error["remedy"]
