"""Which signals end us, and when: never in the middle of telling what was done to production."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
UNHEARD = 5.0  # seconds after which a signal that had no effect, as one raised in a destructor, may be sent again


class Stopped(KeyboardInterrupt):
    """A signal that ends us.

    KeyboardInterrupt itself, raised while an import makes a dataclass, would let Python end by SIGINT at last, although
    it was caught and everything was said.
    """


class Signals:
    """A context manager: a pipeline that cancels, or a terminal that is closed, is as good as Ctrl-C.

    The first signal is heeded, and none that follows it: what the first sets going, a last look and what is said of
    it, is short and must come to its end. After the block all are ignored for good, so that the exit code is ours.
    """

    def __init__(self) -> None:
        self._held = False
        self._each = False
        self._last: float | None = None  # when one was heeded
        self._caught: list[signal.Signals] = []

    def __enter__(self) -> Self:
        for number in ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup, or in a shell's background
                signal.signal(number, self._arrived)
                self._caught.append(number)
        return self

    def __exit__(self, *_: object) -> None:
        for number in self._caught:
            signal.signal(number, signal.SIG_IGN)  # a handler Python takes back before it has ended

    def hold(self) -> None:
        """From now on none is heeded."""
        self._held = True

    @contextmanager
    def each(self) -> Iterator[None]:
        """In the block every one is heeded, for who sends a second one means it; after it none is."""
        self._held, self._each = False, True
        try:
            yield
        finally:
            self._held, self._each = True, False

    def _arrived(self, _: int, __: FrameType | None) -> None:
        now = time.monotonic()
        follows = self._last is not None and now - self._last < UNHEARD
        if self._held or (follows and not self._each):
            return
        self._last = now
        raise Stopped
