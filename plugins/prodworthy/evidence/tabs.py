"""Several tabs at once, from code that uses Playwright's synchronous interface."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterable

from playwright.sync_api import BrowserContext, ConsoleMessage, Error


def side_by_side(context: BrowserContext, jobs: Iterable[Callable[[], None]], *, lanes: int) -> None:
    """Run `jobs`, at most `lanes` at a time, and return when all have ended.

    Playwright gives every event handler a greenlet of its own, in which a synchronous call waits without holding up
    the others (https://playwright.dev/python/docs/pages#handling-new-pages does so too). So a blank tab of `context`
    says one word a lane into its console, and each handler works through what is left. Raises what a job raised.
    """
    waiting = deque(jobs)
    errors: list[Exception] = []
    running = lanes
    starter = context.new_page()

    def lane(_: ConsoleMessage) -> None:
        nonlocal running
        try:
            while waiting:
                waiting.popleft()()
        except Exception as error:  # noqa: BLE001  # raised below: here it would end in Playwright's dispatcher
            errors.append(error)
            waiting.clear()
        running -= 1
        if not running:
            with contextlib.suppress(Error):
                starter.close()

    starter.on("console", lane)
    with starter.expect_event("close", timeout=0):
        starter.evaluate("lanes => { while (lanes--) console.log('') }", lanes)
    if errors:
        raise errors[0]
