"""Child processes that cannot outlive the process that started them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # prctl(2)


def dies_with_parent(with_signal: signal.Signals) -> Callable[[], None] | None:
    """What a child runs just before it becomes its program: the kernel then sends it the signal when its parent dies.

    Linux only; None elsewhere. The kernel watches the *thread* that starts the child, so that has to be one which stays
    to the end (the event loop's), and forgets the wish when the child changes its user afterwards.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # looked up before the fork, where loading could deadlock
    parent = os.getpid()

    def ask_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)
        if os.getppid() != parent:  # it died between the fork and the wish
            os._exit(1)

    return ask_kernel
