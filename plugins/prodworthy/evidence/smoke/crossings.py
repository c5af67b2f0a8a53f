"""Crossings: every declared page once more, reached by a click on a link as visitors reach it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from playwright.sync_api import BrowserContext, ElementHandle, Error, TimeoutError  # noqa: A004  # Playwright's own
from playwright.sync_api import Page as Tab

from prodworthy.evidence.smoke import looking, scripts
from prodworthy.evidence.smoke.contexts import close
from prodworthy.evidence.smoke.hearing import SHORT, Hearing
from prodworthy.evidence.smoke.looking import first_line
from prodworthy.model import Cause, Failure, Target
from prodworthy.model.smoke import Crossing, View, same_page
from prodworthy.model.text import clean

MOST = 30  # pages
WHOLE = 120.0  # seconds for all of them
CLICK = 5.0  # seconds for a link to let itself be clicked
FIND = 2.0  # seconds for a link to show
AGAIN = 0.1  # seconds between two looks at where a click led


class Visited(Protocol):
    """A visit by address."""

    made: bool
    view: View


class Tour:
    """One tab that goes from page to page by links: those of the page where it is, else those of the start page."""

    def __init__(self, context: BrowserContext, target: Target, visits: Sequence[Visited]) -> None:
        self._context = context
        self._target = target
        self._visits = visits[: MOST + 1]
        self._tab: Tab | None = None
        self._there = False  # whether the tab shows a page of the app
        self.crossings: tuple[Crossing, ...] = ()

    @property
    def longest(self) -> float:
        """Seconds that a tour can take, with some room."""
        last = self._target.browsing.timeout + looking.QUIET + CLICK + looking.AFTERWARDS + 3 * looking.ANSWER
        return WHOLE + last

    def make(self) -> None:
        """Leaves what was seen in `crossings`; raises Playwright's Error only when there is no tab to be had."""
        if len(self._visits) < 2:
            return
        self._tab = tab = self._context.new_page()
        while not all(visit.made for visit in self._visits):
            tab.wait_for_timeout(AGAIN * 1000)
        start, *others = [visit.view for visit in self._visits]
        if _comparable(start):
            Hearing(tab, self._target)  # dismisses dialogs
            deadline = time.monotonic() + WHOLE
            self.crossings = tuple(self._cross(tab, start, view, deadline) for view in others if _comparable(view))

    def leave(self) -> None:
        """Close the tab."""
        if self._tab:
            close(self._tab)

    def _cross(self, tab: Tab, start: View, view: View, deadline: float) -> Crossing:
        crossing = Crossing(page=view.page, viewport=view.viewport, url=view.url)
        if time.monotonic() > deadline:
            text = f"the clicks before it took {WHOLE:.0f} s"
            return replace(crossing, failure=Failure(cause=Cause.BOUND, text=text))
        try:
            link = (self._there and _link(tab, view.url)) or self._from_start(tab, start, view)
            if not link:
                return crossing
            link.click(timeout=CLICK * 1000)
            return _landed(tab, view, crossing, min(looking.AFTERWARDS, self._target.browsing.timeout))
        except TimeoutError:
            self._there = False
            return crossing  # covered or moving: no link that a visitor can use now
        except Error as error:
            self._there = False
            return replace(crossing, failure=Failure(cause=Cause.ENGINE, text=first_line(error)))

    def _from_start(self, tab: Tab, start: View, view: View) -> ElementHandle | None:
        deadline = time.monotonic() + self._target.browsing.timeout
        tab.goto(start.url, wait_until="commit", timeout=looking.ms(deadline))
        looking.settle(tab, deadline)
        self._there = True
        return _link(tab, view.url)


def _comparable(view: View) -> bool:
    return not view.hindrances and view.responsive and not view.blank and view.status == 200 == view.page.status


def _link(tab: Tab, url: str) -> ElementHandle | None:
    try:
        handle = tab.wait_for_function(scripts.link(), arg=url, timeout=FIND * 1000, polling=50)
    except TimeoutError:
        return None
    return handle.as_element()


def _landed(tab: Tab, view: View, crossing: Crossing, patience: float) -> Crossing:
    """Where the click led, once it is the same page as `view` or the time is over."""
    deadline = time.monotonic() + patience
    while True:
        told = looking.glance(tab) or {}
        landed = replace(
            crossing,
            clicked=True,
            address=clean(tab.url, SHORT),
            title=str(told.get("title", "")),
            main=str(told.get("main", "")),
        )
        if time.monotonic() > deadline or same_page(view, landed):
            return landed
        tab.wait_for_timeout(AGAIN * 1000)
