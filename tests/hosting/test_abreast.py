"""Questions that are asked at once: every answer in its place, none that is waited for too long."""

from __future__ import annotations

import os
import subprocess
import sys
from threading import Barrier, Event

import pytest

from prodworthy.hosting.abreast import Asked, Late, answer


def test_answers_come_in_the_order_of_the_questions_and_errors_are_answers() -> None:
    error = ValueError("odd")

    def fail() -> int:
        raise error

    assert Asked([lambda: 1, fail, lambda: 3], at_once=2).answers() == [1, error, 3]


def test_no_question_has_no_answer() -> None:
    assert Asked[int]([]).answers() == []


def test_they_are_asked_at_the_same_time() -> None:
    together = Barrier(4)
    assert sorted(map(str, Asked([together.wait] * 4).answers(60))) == ["0", "1", "2", "3"]


def test_one_without_an_answer_in_time_is_late_and_the_others_are_not() -> None:
    never = Event()
    first, second = Asked([never.wait, lambda: True]).answers(0.5)
    never.set()
    assert isinstance(first, Late)
    assert second is True


def test_a_single_one_raises_what_it_raises() -> None:
    def fail() -> int:
        raise LookupError

    never = Event()
    with pytest.raises(LookupError):
        answer(fail, 60)
    with pytest.raises(Late):
        answer(never.wait, 0.01)
    never.set()


def test_who_raises_meanwhile_has_had_the_answers_and_who_presses_ctrl_c_has_not() -> None:
    answered, go_on = Event(), Event()

    def ask() -> None:
        go_on.wait()
        answered.set()

    with pytest.raises(KeyboardInterrupt), Asked([ask]):
        raise KeyboardInterrupt
    assert not answered.is_set()
    with pytest.raises(LookupError), Asked([ask]):
        fail(go_on)
    assert answered.is_set()


def fail(go_on: Event) -> None:
    go_on.set()
    raise LookupError


def test_whoever_presses_ctrl_c_waits_for_nobody() -> None:
    script = """
import os, signal, sys, threading, time
from prodworthy.hosting.abreast import Asked
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell may have set to be ignored
asking = threading.Event()
def hang():
    asking.set()
    time.sleep(600)
def press():
    asking.wait()
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=press, daemon=True).start()
try:
    Asked([hang]).answers()
except KeyboardInterrupt:
    sys.exit(42)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", script], timeout=120, check=False, env=environment)
    assert done.returncode == 42
