"""The child process: one JSON line in says what to run, JSON lines out say how it goes, end of input ends it.

Out: `progress` (text), then one `ready` (an Addresses) or `failed` (error, detail); `log` (text) at any time.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import threading
import traceback
from dataclasses import asdict
from typing import Any, cast

from prodworthy.local.child import Composed, running
from prodworthy.local.errors import LocalError
from prodworthy.model import Embedded

LONGEST_ORDER = 1 << 20  # bytes
CHATTER = {"SSL connection is closed", "socket.send() raised exception."}  # asyncio, when a client left early


class Teller:
    """Writes events for the parent; nobody else can reach its stdout, whatever libraries print."""

    def __init__(self) -> None:
        self._out = os.dup(1)
        self._turn = threading.Lock()
        os.dup2(2, 1)

    def tell(self, event: str, **data: Any) -> None:
        """One line; a parent that is gone is no error here, its end of input is on the way."""
        line = json.dumps({"event": event, **data}) + "\n"
        with self._turn, contextlib.suppress(BrokenPipeError), os.fdopen(os.dup(self._out), "w") as out:
            out.write(line)

    def progress(self, text: str) -> None:
        """What is being done now, for a person who waits."""
        self.tell("progress", text=text)


class Reporter(logging.Handler):
    """Hands warnings and errors of all parts to the parent."""

    def __init__(self, teller: Teller) -> None:
        super().__init__(logging.WARNING)
        self._teller = teller

    def emit(self, record: logging.LogRecord) -> None:
        """As the logging module wants it."""
        if record.getMessage() not in CHATTER:
            self._teller.tell("log", text=self.format(record))


async def live(teller: Teller, composed: Composed | None = None) -> int:
    """Runs what is ordered on stdin until it ends; returns the exit code."""
    loop = asyncio.get_running_loop()
    order = asyncio.StreamReader(limit=LONGEST_ORDER)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(order), sys.stdin)
    line = await order.readline()
    if not line:
        return 0
    serving = asyncio.create_task(_serve(Embedded(**json.loads(line)), teller, composed))
    ending = asyncio.create_task(_ended(order))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: explain() if ending.done() else ending.cancel())
    await asyncio.wait({serving, ending}, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    serving.cancel()
    results = await asyncio.gather(serving, ending, return_exceptions=True)
    return 1 if results[0] == 1 else 0


def explain() -> None:
    """Says on stderr what every task waits for, outermost first: our last words, should the parent lose patience."""
    for task in asyncio.all_tasks():
        steps, step = [], cast("object | None", task.get_coro())
        while step is not None:
            steps.append(getattr(step, "__qualname__", repr(step)))
            step = getattr(step, "cr_await", None)
        sys.stderr.write(" > ".join(steps) + "\n")


async def _serve(embedded: Embedded, teller: Teller, composed: Composed | None) -> int:
    try:
        async with running(embedded, progress=teller.progress, composed=composed) as addresses:
            teller.tell("ready", **asdict(addresses))
            await asyncio.Event().wait()
    except LocalError as error:
        teller.tell("failed", error=str(error), detail=getattr(error, "detail", ""))
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent must hear of it instead of waiting
        teller.tell("failed", error=f"{type(error).__name__}: {error}", detail=traceback.format_exc())
    return 1


async def _ended(order: asyncio.StreamReader) -> None:
    """Returns when the parent closes our stdin or is gone (a copy of its pipe may live on in a fork of it)."""
    gone = asyncio.Event()
    parent = os.pidfd_open(os.getppid()) if hasattr(os, "pidfd_open") else None
    if parent is not None:
        asyncio.get_running_loop().add_reader(parent, gone.set)
    ends = {asyncio.create_task(order.read()), asyncio.create_task(gone.wait())}
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)


def main(composed: Composed | None = None) -> int:
    """The whole life of the process; `composed` puts the parts together in another way, as rehearsals of faults do."""
    teller = Teller()
    logging.getLogger().addHandler(Reporter(teller))
    return asyncio.run(live(teller, composed))


if __name__ == "__main__":
    sys.exit(main())
