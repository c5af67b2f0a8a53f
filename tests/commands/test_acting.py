"""rollback and promote as commands: over real sockets, against the embedded deployment that is up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.commands.operating import BAD, GOOD, PATIENCE, ROOT, Kiosk, install, up, wait_for

KIOSK = "--target=kiosk"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    work = tmp_path_factory.mktemp("operating")
    with up(work / "kiosk", install(work / "site"), work / "noted") as kiosk:
        yield kiosk


@pytest.fixture
def kiosk(running: Kiosk) -> Kiosk:
    """Fresh: the good deployment was live before the bad one, which is."""
    running.ask("POST", "/reset")
    running.bad = running.deploy(BAD, message="New checkout", author="alice")
    running.ask("DELETE", "/log")
    return running


@pytest.fixture
def unmoved(kiosk: Kiosk) -> Iterator[Kiosk]:
    """After the test production is where it was, and nobody was asked to move it."""
    yield kiosk
    assert kiosk.posts == []
    assert kiosk.state["current"] == kiosk.bad
    assert set(kiosk.state["edge"].values()) == {kiosk.bad}


def rollback(kiosk: Kiosk, *words: str) -> tuple[str, ...]:
    return ("rollback", *words, KIOSK, "--no-verify")


# what is confirmed, and how


@pytest.mark.parametrize("word", ["rollback", "y", "YES"])
def test_a_rollback_is_shown_confirmed_moved_and_proved(kiosk: Kiosk, word: str) -> None:
    with kiosk.terminal(*rollback(kiosk, kiosk.first)) as terminal:
        terminal.until("to go on, anything else to stop: ").type(f"{word}\n")
        ended = terminal.ended()
    assert ended.code == 0, ended.err
    before, after = ended.words.split("to go on, anything else to stop:")
    for domain in ("kiosk.test", "www.kiosk.test"):
        assert f"{domain} {kiosk.bad} -> {kiosk.first}" in before
        assert f"{domain} serves {kiosk.first}, proved" in after
    assert f"from {kiosk.bad}, commit 9a1e2f0 on main, by alice" in before
    assert "Rolled back: every domain proves it." in after
    assert f"undo prodworthy promote {kiosk.bad} --target=kiosk" in after
    assert "new pushes do not go live" in after
    assert kiosk.state["current"] == kiosk.first
    assert set(kiosk.state["edge"].values()) == {kiosk.first}
    assert len(kiosk.posts) == 1


def test_a_promotion_of_what_is_staged_is_confirmed_by_its_own_word(kiosk: Kiosk) -> None:
    staged = kiosk.deploy("c0ffee00" * 5, staged=True)
    with kiosk.terminal("promote", KIOSK, "--no-verify") as terminal:
        terminal.until('Type "promote"').type("promote\n")
        ended = terminal.ended()
    assert ended.code == 0, ended.err
    assert "Promoted: every domain proves it." in ended.words
    assert f"undo prodworthy rollback {kiosk.bad} --target=kiosk" in ended.words
    assert kiosk.state["current"] == staged


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("n\n", id="no"),
        pytest.param("\n", id="return"),
        pytest.param("promote\n", id="the-other-word"),
        pytest.param("rollbac\n", id="half-a-word"),
        pytest.param("\x04", id="ctrl-d"),
    ],
)
def test_anything_else_stops(unmoved: Kiosk, typed: str) -> None:
    with unmoved.terminal(*rollback(unmoved, "--previous")) as terminal:
        terminal.until("to go on, anything else to stop: ").type(typed)
        ended = terminal.ended()
    assert ended.code == 2
    assert "(declined; nothing was changed)" in ended.words


def test_without_a_terminal_nothing_is_done_unless_it_is_said_beforehand(unmoved: Kiosk) -> None:
    ended = unmoved.run(*rollback(unmoved, "--previous"), "--json")
    assert ended.code == 4
    assert ended.json["error"]["code"] == "confirmation-needed"
    assert ended.json["error"]["changed"] is False
    assert "--yes" in ended.json["error"]["remedy"]


def test_a_script_on_a_terminal_is_asked_too_and_its_json_stays_clean(kiosk: Kiosk) -> None:
    with kiosk.terminal(*rollback(kiosk, "--previous"), "--json") as terminal:
        terminal.until("to go on").type("y\n")
        ended = terminal.ended()
    assert (ended.code, ended.json["code"]) == (0, "done")


# which deployment


def test_without_a_name_the_candidates_are_shown_and_one_is_chosen(kiosk: Kiosk) -> None:
    newer = kiosk.deploy("c0ffee00" * 5, message="Third")
    with kiosk.terminal(*rollback(kiosk)) as terminal:
        terminal.until("Which one?").type("2\n")
        terminal.until("to go on").type("y\n")
        ended = terminal.ended()
    assert ended.code == 0, ended.err
    shown = ended.words.split("Which one?")[0]
    assert shown.index(f"1 {kiosk.bad}") < shown.index(f"2 {kiosk.first}")
    assert newer not in shown
    assert kiosk.state["current"] == kiosk.first


@pytest.mark.parametrize("typed", ["\n", "\x04"], ids=["return", "ctrl-d"])
def test_without_a_choice_nothing_is_done(unmoved: Kiosk, typed: str) -> None:
    with unmoved.terminal(*rollback(unmoved)) as terminal:
        terminal.until("Which one?").type(typed)
        ended = terminal.ended()
    assert ended.code == 2
    assert "nothing was changed" in ended.words


def test_a_number_that_is_not_in_the_list_is_asked_for_again(unmoved: Kiosk) -> None:
    with unmoved.terminal(*rollback(unmoved)) as terminal:
        terminal.until("Which one?").type("7\n").until("There is no number 7")
        terminal.until("nothing to stop: ").type("0\n").until("There is no number 0")
        terminal.type("1\n").until("to go on").type("n\n")
        ended = terminal.ended()
    assert ended.code == 2


def test_a_script_that_is_run_again_does_not_go_one_step_further_back(kiosk: Kiosk) -> None:
    newest = kiosk.deploy("c0ffee00" * 5)
    kiosk.ask("DELETE", "/log")
    words = (*rollback(kiosk, "--previous"), "--yes", "--json")
    assert kiosk.run(*words).code == 0
    again = kiosk.run(*words)
    assert (again.code, again.json["error"]["code"]) == (22, "already-rolled-back")
    assert f"`prodworthy rollback {kiosk.first} --target=kiosk`" in again.json["error"]["remedy"]
    assert kiosk.state["current"] == kiosk.bad
    assert len(kiosk.posts) == 1
    planned = kiosk.run(*rollback(kiosk, "--previous"), "--plan")
    assert planned.code == 0
    assert "WARNING production is rolled back ALREADY" in planned.words
    with kiosk.terminal(*rollback(kiosk)) as terminal:
        shown = terminal.until("Which one?").type("\n").ended().words
    assert shown.index(f"1 {kiosk.first}") < shown.index(f"2 ROLLED BACK FROM THIS ONE: {newest}")
    with kiosk.terminal(*rollback(kiosk, "--previous")) as terminal:
        terminal.until("rolled back ALREADY").until("to go on").type("y\n")
        assert terminal.ended().code == 0
    assert kiosk.state["current"] == kiosk.first


def test_without_a_name_and_a_terminal_the_remedy_is_told(unmoved: Kiosk) -> None:
    ended = unmoved.run(*rollback(unmoved), "--yes", "--json")
    assert (ended.code, ended.json["error"]["code"]) == (4, "usage")
    assert "--previous" in ended.json["error"]["remedy"]


def test_a_name_and_previous_are_one_too_many(unmoved: Kiosk) -> None:
    ended = unmoved.run(*rollback(unmoved, unmoved.first, "--previous"), "--yes")
    assert ended.code == 4
    assert "give one of them" in ended.err


@pytest.mark.parametrize("given", ["1", "soon", "0s", "500ms", "-3m"])
def test_a_time_that_is_none_is_refused_before_anything_is_asked(unmoved: Kiosk, given: str) -> None:
    ended = unmoved.run(*rollback(unmoved, "--previous"), "--yes", f"--timeout={given}")
    assert ended.code == 4, ended.err
    assert given in ended.err


@pytest.mark.parametrize("name", ["dpl_nobody", "https://nobody.example.com"])
def test_an_unknown_deployment_is_refused(unmoved: Kiosk, name: str) -> None:
    ended = unmoved.run(*rollback(unmoved, name), "--yes", "--json")
    assert (ended.code, ended.json["error"]["code"]) == (4, "deployment-unknown")


def test_what_never_served_is_refused(unmoved: Kiosk) -> None:
    staged = unmoved.deploy("c0ffee00" * 5, staged=True)
    ended = unmoved.run(*rollback(unmoved, staged), "--yes", "--json")
    assert (ended.code, ended.json["error"]["code"]) == (22, "deployment-never-live")


def test_a_deployment_may_be_named_by_its_url(kiosk: Kiosk) -> None:
    host = kiosk.state["deployments"][kiosk.first]["host"]
    ended = kiosk.run(*rollback(kiosk, f"https://{host}/"), "--yes", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["to"]["id"] == kiosk.first


# a plan


def test_the_plan_of_a_promotion_gives_the_host_no_reason_and_tells_of_stages(unmoved: Kiosk) -> None:
    staged = unmoved.deploy("c0ffee00" * 5, staged=True)
    unmoved.ask("PATCH", "/project", {"stages": [10, 100]})
    told = unmoved.run("promote", staged, KIOSK, "--plan", "--json", "--reason=why not")
    assert told.code == 0, told.err
    assert not any("reason" in step for step in told.json["steps"])
    assert "stages that have to be approved" in told.words


def test_a_plan_without_a_reason_claims_none(unmoved: Kiosk) -> None:
    steps = unmoved.run("rollback", "--previous", KIOSK, "--plan", "--json").json["steps"]
    assert "(none)" not in " ".join(steps)
    assert "with no reason" in steps[1]


def test_a_plan_tells_the_steps_and_changes_nothing(unmoved: Kiosk) -> None:
    told = unmoved.run("rollback", "--previous", KIOSK, "--plan", "--json")
    assert told.code == 0, told.err
    plan = told.json
    assert (plan["code"], plan["requested"], plan["undo"], plan["verification"]) == ("planned", False, None, None)
    assert (plan["from"]["id"], plan["to"]["id"]) == (unmoved.bad, unmoved.first)
    assert len(plan["steps"]) == 5
    assert "--stage=post-rollback --rollback=off" in plan["steps"][-1]
    shown = unmoved.run("rollback", "--previous", KIOSK, "--plan")
    assert (shown.code, shown.err) == (0, "")
    for words in (
        f"kiosk.test {unmoved.bad} -> {unmoved.first}",
        "does not change",
        "database",
        "Nothing was changed.",
    ):
        assert words in shown.words
    for step in plan["steps"]:
        assert step in shown.words


# what comes of it


def test_a_script_is_told_everything_on_stdout_and_a_person_the_milestones_on_stderr(kiosk: Kiosk) -> None:
    ended = kiosk.run(*rollback(kiosk, "--previous"), "--yes", "--json", "--reason=checkout is broken")
    assert ended.code == 0, ended.err
    told = ended.json
    assert (told["code"], told["requested"]) == ("done", True)
    assert (told["from"]["id"], told["from"]["current"]) == (kiosk.bad, False)
    assert (told["to"]["id"], told["to"]["current"]) == (kiosk.first, True)
    assert [(each["domain"], each["deployment"], each["proved"]) for each in told["domains"]] == [
        ("kiosk.test", kiosk.first, True),
        ("www.kiosk.test", kiosk.first, True),
        ("kiosk.vercel.app", kiosk.first, True),
    ]
    assert all(set(each["stamps"]) == {GOOD} for each in told["domains"])
    assert [each["what"] for each in told["moments"]] == ["decided", "requested", "switched", "proved"]
    seconds = [each["seconds"] for each in told["moments"]]
    assert seconds == sorted(seconds)
    assert told["reason"].startswith("checkout is broken [prodworthy run=")
    assert kiosk.state["rollback_description"]["description"] == told["reason"]
    assert {each["about"] for each in told["aftermath"]} >= {"new pushes", "cron jobs", "database", "environment"}
    milestones = [line for line in ended.err.splitlines() if " s  " in line and line.lstrip()[0].isdigit()]
    assert len(milestones) == len(told["moments"])
    assert "\x1b" not in ended.err


def test_the_undo_that_is_told_undoes_it(kiosk: Kiosk) -> None:
    told = kiosk.run(*rollback(kiosk, "--previous"), "--yes", "--json").json
    assert kiosk.state["auto_assign"] is False
    program, *words = told["undo"].split()
    assert program == "prodworthy"
    back = kiosk.run(*words, "--yes", "--json", "--no-verify")
    assert back.code == 0, back.err
    assert kiosk.state["current"] == kiosk.bad
    assert kiosk.state["auto_assign"] is True
    assert back.json["undo"] == f"prodworthy rollback {kiosk.first} --target=kiosk"


def test_what_is_current_already_is_proved_and_nothing_is_asked_for(unmoved: Kiosk) -> None:
    told = unmoved.run(*rollback(unmoved, unmoved.bad), "--json").json  # nothing changes, so nobody is asked either
    assert (told["code"], told["exit_code"], told["undo"], told["aftermath"]) == ("already-current", 0, None, [])


def test_a_plan_for_what_is_current_changes_nothing(unmoved: Kiosk) -> None:
    told = unmoved.run("rollback", unmoved.bad, KIOSK, "--plan")
    assert told.code == 0
    assert "Production is there already" in told.words
    assert "new pushes" not in told.words


def test_who_does_not_wait_for_what_is_current_waits_for_no_checks(unmoved: Kiosk) -> None:
    told = unmoved.run("promote", unmoved.bad, KIOSK, "--yes", "--no-wait", "--json")
    assert (told.code, told.json["code"], told.json["verification"]) == (0, "already-current", None)


def test_a_move_of_a_paused_project_is_warned_of(unmoved: Kiosk) -> None:
    unmoved.ask("PATCH", "/project", {"paused": True})
    try:
        told = unmoved.run("rollback", "--previous", KIOSK, "--plan", "--json")
        assert "the project is PAUSED" in told.words
    finally:
        unmoved.ask("PATCH", "/project", {"paused": False})


def test_a_promotion_that_goes_out_in_stages_is_told_as_what_it_is(kiosk: Kiosk) -> None:
    staged = kiosk.deploy("c0ffee00" * 5, staged=True)
    kiosk.ask("PATCH", "/project", {"stages": [10, 100]})
    ended = kiosk.run("promote", staged, KIOSK, "--yes", "--no-verify", "--json")
    assert (ended.code, ended.json["code"], ended.json["undo"]) == (23, "rolling-release-started", None)
    assert "stages that have to be approved" in ended.words  # before anything was asked for


def test_of_a_job_that_is_skipped_nothing_is_to_be_undone(kiosk: Kiosk) -> None:
    kiosk.faults(job_skipped=True)
    ended = kiosk.run(*rollback(kiosk, "--previous"), "--yes")
    assert ended.code == 23
    assert ended.out.startswith(f"NOTHING MOVED: every domain leads to {kiosk.bad} as before.")
    assert "(job-skipped)" in ended.words
    assert "undo" not in ended.out


def test_what_is_current_and_served_by_half_of_the_domains_is_not_proved(kiosk: Kiosk) -> None:
    kiosk.faults(partial=["www.kiosk.test"])
    halfway = kiosk.run(*rollback(kiosk, "--previous"), "--yes", "--json", "--reason=x", "--timeout=3s")
    assert (halfway.code, halfway.json["code"]) == (23, "not-proved")
    assert [each["proved"] for each in halfway.json["domains"]] == [True, False, True]
    again = kiosk.run(*rollback(kiosk, kiosk.first), "--json", "--timeout=1s")
    assert (again.code, again.json["code"], again.json["requested"]) == (23, "not-proved", False)
    assert [each["proved"] for each in again.json["domains"]] == [True, False, True]
    assert len(kiosk.posts) == 1


def test_not_waiting_is_no_success(kiosk: Kiosk) -> None:
    ended = kiosk.run(*rollback(kiosk, "--previous"), "--yes", "--json", "--no-wait")
    assert (ended.code, ended.json["code"], ended.json["requested"]) == (23, "not-waited", True)
    assert ended.json["undo"] == f"prodworthy promote {kiosk.bad} --target=kiosk"
    wait_for(lambda: kiosk.state["current"] == kiosk.first)


def test_what_is_not_done_in_time_is_told_as_it_is(kiosk: Kiosk) -> None:
    kiosk.faults(stuck=True)
    ended = kiosk.run(*rollback(kiosk, "--previous"), "--yes", "--timeout=1s")
    assert ended.code == 23
    assert ended.out.startswith("NOT PROVED")
    assert "(job-unfinished)" in ended.words
    assert f"kiosk.test serves {kiosk.bad}" in ended.words
    assert "next see what became of it before you ask again: prodworthy status --target=kiosk" in ended.words
    assert len(kiosk.posts) == 1


@pytest.mark.parametrize("closed", ["read-by-nobody", "closed-beforehand"])
def test_that_nobody_reads_the_messages_is_no_reason_to_stop(kiosk: Kiosk, closed: str) -> None:
    if closed == "read-by-nobody":
        theirs, ours = os.pipe()
        os.close(theirs)
        streams: dict[str, Any] = {"stderr": ours}
    else:
        streams = {"preexec_fn": lambda: os.close(2)}
    process = kiosk.start(
        *rollback(kiosk, "--previous"), "--yes", "--json", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, **streams
    )
    out, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, json.loads(out)["code"]) == (0, "done")


def test_a_refusal_of_the_platform_to_the_request_itself_is_an_error(kiosk: Kiosk) -> None:
    kiosk.faults(fail_before={"method": "POST", "status": 402})
    ended = kiosk.run(*rollback(kiosk, "--previous"), "--yes", "--json")
    assert (ended.code, ended.json["error"]["code"], ended.json["error"]["changed"]) == (22, "plan-limit", False)
    assert kiosk.state["current"] == kiosk.bad


# interrupted

SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])


def test_ctrl_c_at_the_question_changes_nothing(unmoved: Kiosk) -> None:
    with unmoved.terminal(*rollback(unmoved, "--previous")) as terminal:
        terminal.until("to go on, anything else to stop: ").type("\x03")
        ended = terminal.ended()
    assert ended.code == 2
    assert "(interrupted; nothing was changed)" in ended.words


@SIGNALS
def test_a_signal_while_it_looks_changes_nothing(unmoved: Kiosk, number: signal.Signals) -> None:
    unmoved.faults(slow={"path": "/", "method": "GET", "seconds": 30})
    waiting = unmoved.waiting(*rollback(unmoved, "--previous"), "--yes", "--json")
    wait_for(lambda: catches(waiting.process.pid, signal.SIGTERM))  # which Python by itself does not
    ended = waiting.signal(number).ended()
    assert ended.code == 2, ended.err
    assert (ended.json["error"]["code"], ended.json["error"]["changed"]) == ("interrupted", False)


@SIGNALS
def test_a_signal_after_the_request_is_no_excuse(kiosk: Kiosk, number: signal.Signals) -> None:
    kiosk.faults(stuck=True)
    waiting = kiosk.waiting(*rollback(kiosk, "--previous"), "--yes", "--json").until("accepted")
    ended = waiting.signal(number).ended()
    assert ended.code == 23, ended.err
    told = ended.json
    assert (told["code"], told["requested"]) == ("interrupted-after-request", True)
    assert told["undo"] == f"prodworthy promote {kiosk.bad} --target=kiosk"
    assert [(each["deployment"], each["stamps"], each["proved"]) for each in told["domains"]] == [
        (kiosk.bad, [], None)
    ] * 3
    assert len(kiosk.posts) == 1


def test_who_cancels_is_not_kept_waiting_by_a_host_that_does_not_answer(kiosk: Kiosk) -> None:
    kiosk.faults(stuck=True)
    waiting = kiosk.waiting(*rollback(kiosk, "--previous"), "--yes", "--json").until("accepted")
    kiosk.faults(stuck=True, slow={"path": "/", "method": "GET", "seconds": 600})
    ended = waiting.signal(signal.SIGTERM).ended()
    assert ended.code == 23, ended.err
    assert (ended.json["code"], ended.json["domains"]) == ("interrupted-after-request", [])


def test_ctrl_c_on_a_terminal_after_the_request_tells_what_is_known(kiosk: Kiosk) -> None:
    kiosk.faults(stuck=True)
    with kiosk.terminal(*rollback(kiosk, "--previous"), "--yes") as terminal:
        terminal.until("accepted").until("waiting for the host to switch").type("\x03")
        ended = terminal.ended()
    assert ended.code == 23
    assert "NOT PROVED" in ended.words
    assert "(interrupted-after-request)" in ended.words


def test_a_signal_while_modules_are_imported_leaves_the_exit_code_to_us() -> None:
    program = """
import signal, sys
from prodworthy.commands.signals import Signals
with Signals():
    try:
        exec("signal.raise_signal(signal.SIGINT)")  # as dataclasses does
    except KeyboardInterrupt:
        sys.exit(4)
"""
    ended = subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": str(ROOT / "plugins")}, check=False)
    assert ended.returncode == 4


def catches(pid: int, number: int) -> bool:
    """Whether the process has its own handler for a signal already."""
    (line,) = [each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if each.startswith("SigCgt")]
    return bool(int(line.split()[1], 16) >> (number - 1) & 1)
