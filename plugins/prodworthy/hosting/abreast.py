"""Several questions at once, and none that is waited for longer than it is worth.

They are asked on threads that end with the process, so that whoever presses Ctrl-C waits for no answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Generic, Self, TypeVar

from prodworthy.hosting.errors import HostingError

AT_ONCE = 8
SLICE = 0.2  # seconds of one wait: a Ctrl-C that comes just before it is seen after it
LEFT = 10.0  # seconds for answers that nobody needs any more, so that no connection is given up in the middle

Answer = TypeVar("Answer")


class Late(HostingError):
    """No answer within the time that there was."""


class Asked(Generic[Answer]):
    """Questions that are being asked; what one of them raises is its answer.

    As a context it has its answers at the end, also when the body raises; only Ctrl-C waits for none.
    """

    def __init__(self, questions: Iterable[Callable[[], Answer]], *, at_once: int = AT_ONCE) -> None:
        self._questions = tuple(questions)
        self._found: dict[int, Answer | Exception] = {}
        self._waiting: SimpleQueue[int] = SimpleQueue()
        self._answers: SimpleQueue[tuple[int, Answer | Exception]] = SimpleQueue()
        for number in range(len(self._questions)):
            self._waiting.put(number)
        for _ in range(min(at_once, len(self._questions))):
            Thread(target=self._ask, name="asking", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None or issubclass(kind, Exception):
            self.answers(LEFT)

    def answers(self, seconds: float | None = None) -> list[Answer | Exception]:
        """In the order of the questions; those without an answer after so many seconds are Late."""
        until = None if seconds is None else time.monotonic() + seconds
        found = self._found
        while len(found) < len(self._questions):
            left = SLICE if until is None else until - time.monotonic()
            try:
                number, answer = self._answers.get(timeout=min(max(left, 0.0), SLICE))
            except Empty:
                if left <= 0:
                    break
                continue
            found[number] = answer
        late = Late(f"no answer within {seconds or 0:.0f} s")
        return [found.get(number, late) for number in range(len(self._questions))]

    def raising(self, seconds: float | None = None) -> list[Answer]:
        """The same; raises the first that is an error."""
        found: list[Answer] = []
        for each in self.answers(seconds):
            if isinstance(each, Exception):
                raise each
            found.append(each)
        return found

    def _ask(self) -> None:
        while True:
            try:
                number = self._waiting.get_nowait()
            except Empty:
                return
            try:
                self._answers.put((number, self._questions[number]()))
            except Exception as error:  # noqa: BLE001  # it is the answer
                self._answers.put((number, error))


def answer(question: Callable[[], Answer], seconds: float) -> Answer:
    """Of one question; raises Late, or what it raises."""
    return Asked([question]).raising(seconds)[0]
