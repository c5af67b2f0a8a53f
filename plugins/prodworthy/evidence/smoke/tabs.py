"""Several tabs at once, from code that uses Playwright's synchronous interface."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterable
from typing import Protocol

from playwright.sync_api import Browser, ConsoleMessage, Error


class Job(Protocol):
    """Something to do in a tab."""

    def make(self) -> None:
        """Do it."""

    def leave(self) -> None:
        """Clean up behind it; nobody waits for the end of this."""


def side_by_side(browser: Browser, jobs: Iterable[Job], *, lanes: int, patience: float) -> None:
    """Make `jobs`, at most `lanes` at a time, and return when all are made.

    Playwright gives every event handler a greenlet of its own, in which a synchronous call waits without holding up
    the others (https://playwright.dev/python/docs/pages#handling-new-pages does so too). So a blank tab says one word
    a lane into its console, and each handler works through what is left. Raises what a job raised, and Playwright's
    TimeoutError when they are not all made after `patience` seconds.
    """
    waiting = deque(jobs)
    errors: list[Exception] = []
    unmade = len(waiting)
    starter = browser.new_page()

    def lane(_: ConsoleMessage) -> None:
        nonlocal unmade
        try:
            while waiting:
                job = waiting.popleft()
                job.make()
                unmade -= 1
                if not unmade:
                    starter.close()
                job.leave()
        except Exception as error:  # noqa: BLE001  # raised below: here it would end in Playwright's dispatcher
            errors.append(error)
            waiting.clear()
            with contextlib.suppress(Error):
                starter.close()

    starter.on("console", lane)
    with starter.expect_event("close", timeout=patience * 1000):
        # later, so that this call has ended before a job that has nothing to do closes the tab
        starter.evaluate("lanes => { setTimeout(() => { while (lanes--) console.log('') }) }", lanes)
    if errors:
        raise errors[0]
