"""Signals that come at the worst of moments: who asked production to move never says that nothing was changed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.commands.operating import Ended, Kiosk, Waiting, install, up

# where the next signal comes, in what the command runs anyway
WHILE = {
    "the-spinner-is-stopped": """
from prodworthy.commands.progress import Progress as where
name = "__exit__"
""",
    "the-outcome-is-prepared": """
from prodworthy.commands import operation as where
name = "exit_code"
""",
    "the-answer-is-printed": """
from prodworthy.commands.told import Telling as where
name = "print"
""",
    "the-host-is-left": """
from prodworthy.hosting.calls import Calls as where
name = "close"
""",
    "the-process-ends": """
import atexit
where, name = type("Nowhere", (), {"nothing": None}), "nothing"
atexit.register(signal.raise_signal, NUMBER)
""",
}
PROGRAM = """
import signal
NUMBER = signal.Signals({number})
{where}
original = getattr(where, name)
def interrupted(*given, **named):
    signal.raise_signal(NUMBER)
    return original(*given, **named)
setattr(where, name, interrupted)
from prodworthy.cli import main
main(prog_name="prodworthy")
"""
SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    work = tmp_path_factory.mktemp("signals")
    with up(work / "kiosk", install(work / "site"), work / "noted") as kiosk:
        yield kiosk


@pytest.fixture
def kiosk(running: Kiosk) -> Kiosk:
    """Fresh: the good deployment was live before the bad one, which is."""
    running.ask("POST", "/reset")
    running.bad = running.deploy()
    running.ask("DELETE", "/log")
    return running


def started(kiosk: Kiosk, where: str, number: signal.Signals) -> Waiting:
    """A rollback without a terminal, in which the signal comes just there."""
    program = PROGRAM.format(number=int(number), where=WHILE[where])
    words = ("rollback", kiosk.first, "--target=kiosk", "--yes", "--no-verify", "--json")
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", program, *words],
        cwd=kiosk.folder,
        env=dict(kiosk.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    kiosk.started.append(process)
    return Waiting(process)


@SIGNALS
@pytest.mark.parametrize("where", WHILE)
def test_a_second_signal_takes_nothing_back(kiosk: Kiosk, where: str, number: signal.Signals) -> None:
    kiosk.faults(stuck=True)
    ended = started(kiosk, where, number).until("accepted").signal(number).ended()
    assert ended.code == 23, ended.err
    assert (ended.json["code"], ended.json["requested"]) == ("interrupted-after-request", True)
    assert len(kiosk.posts) == 1


def test_a_signal_between_the_proof_and_what_is_said_of_it_is_no_excuse(kiosk: Kiosk) -> None:
    ended = started(kiosk, "the-spinner-is-stopped", signal.SIGINT).ended()
    assert ended.code == 23, ended.err
    assert (ended.json["code"], ended.json["requested"]) == ("interrupted-after-request", True)
    assert {each["deployment"] for each in ended.json["domains"]} == {kiosk.first}


@pytest.mark.parametrize("where", [each for each in WHILE if each != "the-spinner-is-stopped"])
def test_what_is_proved_is_said_whatever_comes(kiosk: Kiosk, where: str) -> None:
    ended = started(kiosk, where, signal.SIGINT).ended()
    assert (ended.code, ended.json["code"]) == (0, "done"), ended.err


def test_a_fault_before_the_request_was_no_request(kiosk: Kiosk) -> None:
    """Such as one in the look at both builds, which comes before it."""
    program = """
from prodworthy.hosting import move
def broken(*_): raise UnicodeEncodeError("ascii", "", 0, 1, "no")
move.mark = broken
from prodworthy.cli import main
main(prog_name="prodworthy")
"""
    words = ("rollback", kiosk.first, "--target=kiosk", "--yes", "--no-verify", "--json")
    ended = subprocess.run(
        [sys.executable, "-P", "-c", program, *words],
        cwd=kiosk.folder,
        env=dict(kiosk.environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    told = Ended(code=ended.returncode, out=ended.stdout.decode(), err=ended.stderr.decode())
    assert (told.code, told.json["error"]["code"], told.json["error"]["changed"]) == (10, "fault", False), told.err
    assert kiosk.posts == []
