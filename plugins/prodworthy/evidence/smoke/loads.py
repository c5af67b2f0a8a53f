"""Loads: a page visited while no other tab is open, as if for the first time, so that its web vitals are its own."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace

from playwright.sync_api import Error

from prodworthy.evidence.smoke import looking
from prodworthy.evidence.smoke.contexts import Visitor
from prodworthy.evidence.smoke.hearing import Hearing
from prodworthy.evidence.smoke.visits import Visit, longest
from prodworthy.model import Budgets, Page, Target
from prodworthy.model.smoke import View, Vitals

TRIES = 3  # while a budget is not kept: noise only ever adds


class Load:
    """A visit in a browser without a past; repeated for its vitals alone while a budget is not kept."""

    def __init__(self, visitor: Visitor, target: Target, page: Page, viewport: str) -> None:
        self._visitor = visitor
        self._target = target
        self._page = page
        self._viewport = viewport
        self.made = False
        self.view = View(page=page, viewport=viewport, url=target.url)

    @property
    def longest(self) -> float:
        """Seconds that it can take, with some room."""
        return TRIES * longest(self._target)

    def make(self) -> None:
        """Leaves what was seen in `view`; raises Playwright's Error only when there is no tab to be had."""
        with contextlib.ExitStack() as leaving:
            context = self._visitor.context(self._viewport, leaving)
            visit = Visit(context, self._target, self._page, self._viewport, alone=True)
            self.view = visit.view
            visit.make()
            self.view = visit.view
        self.made = True
        for _ in range(TRIES - 1):
            if _kept(self.view, self._target.budgets) or (vitals := self._again()) is None:
                return
            self.view = replace(self.view, again=(*self.view.again, vitals))

    def leave(self) -> None:
        """Nothing is left: the context is closed with all that was in it."""

    def _again(self) -> Vitals | None:
        with contextlib.ExitStack() as leaving:
            tab = self._visitor.context(self._viewport, leaving).new_page()
            Hearing(tab, self._target)  # dismisses dialogs
            deadline = time.monotonic() + self._target.browsing.timeout
            try:
                tab.goto(self.view.url, wait_until="commit", timeout=looking.ms(deadline))
                looking.settle(tab, deadline)
                return (looking.glance(tab) or {}).get("vitals")
            except Error:
                return None  # it has been looked at before: there is nothing new to say of it


def wanted(budgets: Budgets) -> bool:
    """Whether every page's vitals are judged."""
    return budgets.lcp is not None or budgets.cls is not None


def _kept(view: View, budgets: Budgets) -> bool:
    pairs = ((view.felt.largest_paint, budgets.lcp), (view.felt.layout_shift, budgets.cls))
    return all(most is None or value is None or value <= most for value, most in pairs)
