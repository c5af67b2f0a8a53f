"""Gathering what a browser sees of a target: pages, links, paths and loads, many tabs at once where that is fair."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from playwright.sync_api import Browser, Error, TimeoutError  # noqa: A004  # Playwright's own

from prodworthy.evidence.errors import Unobserved
from prodworthy.evidence.passes import Pass
from prodworthy.evidence.smoke import contexts, loads, recordings
from prodworthy.evidence.smoke.contexts import Visitor
from prodworthy.evidence.smoke.crossings import Tour
from prodworthy.evidence.smoke.loads import Load
from prodworthy.evidence.smoke.looking import first_line
from prodworthy.evidence.smoke.masks import Hush
from prodworthy.evidence.smoke.recordings import Replay
from prodworthy.evidence.smoke.tabs import Job, side_by_side
from prodworthy.evidence.smoke.visits import Visit
from prodworthy.evidence.smoke.walks import Walker
from prodworthy.model import Cause, Target
from prodworthy.model.smoke import Smoke, View

TABS = 6  # at once; more make nothing faster on two cores


class Bounded(Job, Protocol):
    """A job that says how long it can take."""

    @property
    def longest(self) -> float:
        """Seconds, with some room."""


def gather(browser: Browser, target: Target, folder: Path | None = None, passes: Iterable[Pass] = ()) -> Smoke:
    """Every declared page and path; only in the main thread. Raises Unobserved when the browser fails.

    What shows how something went wrong is written into `folder`. With `passes` the browser comes through deployment
    protection; what they hold is nowhere in what comes back, nor in a file.
    """
    visitor = Visitor(browser=browser, passes=tuple(passes))
    try:
        with contextlib.ExitStack() as leaving:
            smoke = _gathered(visitor, target, folder, leaving)
    except Error as error:
        raise _unobserved(first_line(error)) from None
    if not browser.is_connected():
        raise _unobserved("it ended while it looked")
    return Hush(each.value for each in visitor.passes).over(smoke) if visitor.passes else smoke


def _gathered(visitor: Visitor, target: Target, folder: Path | None, leaving: contextlib.ExitStack) -> Smoke:
    browser = visitor.browser
    names = contexts.names(target.browsing)
    shown = [(page, name) for name in names for page in target.pages]
    # pages share what is cached, as in somebody's browser: without that it takes half as much work again
    opened = {name: visitor.context(name, leaving) for name in names}
    visits: Sequence[Visit | Load] = (
        [Load(visitor, target, page, name) for page, name in shown]
        if loads.wanted(target.budgets)
        else [Visit(opened[name], target, page, name, alone=each == 0) for each, (page, name) in enumerate(shown)]
    )
    tour = Tour(opened[names[0]], target, visits[: len(target.pages)])
    walkers = [Walker(visitor, target, path, folder) for path in target.paths]
    # what is judged by the clock is alone in the browser; the first page always is, for its numbers
    lone = len(visits) if loads.wanted(target.budgets) else 1
    felt = walkers if target.budgets.inp is not None else []
    _make(browser, visits[:lone], lanes=1)
    _make(browser, [*(each for each in walkers if each not in felt), *visits[lone:], tour])
    _make(browser, felt, lanes=1)
    views = [visit.view for visit in visits]
    replays = [Replay(visitor, target, view, folder) for view in _troubled(views) if folder]
    _make(browser, replays)
    return Smoke(
        hosts=target.declared_hosts,
        views=tuple(views),
        crossings=tour.crossings,
        walks=tuple(walker.walk for walker in walkers),
        replays=tuple(kept for replay in replays for kept in replay.kept),
        budgets=target.budgets,
        ignore_console=target.browsing.ignore_console,
        ignore_requests=target.browsing.ignore_requests,
    )


def _troubled(views: Sequence[View]) -> list[View]:
    """Those to record, each page once."""
    pages = {view.page.path: view for view in reversed(views) if view.troubled}
    return list(reversed(pages.values()))[: recordings.MOST]


def _make(browser: Browser, jobs: Sequence[Bounded], *, lanes: int = TABS) -> None:
    if not jobs:
        return
    lanes = min(lanes, len(jobs))
    patience = sum(job.longest for job in jobs) / lanes + max(job.longest for job in jobs)
    with contextlib.suppress(TimeoutError):  # what is not done by then says so itself
        side_by_side(browser, jobs, lanes=lanes, patience=patience)


def _unobserved(why: str) -> Unobserved:
    return Unobserved.because("pages in the browser", f"the browser did not do its work: {why}", Cause.ENGINE)
