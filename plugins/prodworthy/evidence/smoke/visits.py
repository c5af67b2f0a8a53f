"""Visits: a declared page in one viewport, from its first request until it is looked at."""

from __future__ import annotations

import contextlib
import re
import time
from typing import Any, cast
from urllib.parse import urljoin

from playwright.sync_api import BrowserContext, Error, Response, TimeoutError  # noqa: A004  # Playwright's own
from playwright.sync_api import Page as Tab

from prodworthy.evidence.smoke import looking
from prodworthy.evidence.smoke.contexts import close
from prodworthy.evidence.smoke.hearing import ANSWERED, SHORT, VIOLATIONS, Hearing, answered_by, cause_of
from prodworthy.evidence.smoke.looking import first_line, ms
from prodworthy.evidence.walls import wall
from prodworthy.model import Answer, Cause, Failure, Page, Target
from prodworthy.model.smoke import View
from prodworthy.model.text import clean

CODE = re.compile(r"net::ERR_\w+")


class Visit:
    """One tab's life: opened, filled, watched until it has settled, looked at, closed."""

    def __init__(
        self, context: BrowserContext, target: Target, page: Page, viewport: str, *, alone: bool = False
    ) -> None:
        self.made = False
        self._alone = alone
        self._context = context
        self._tab: Tab | None = None
        self._page = page
        self._viewport = viewport
        self._url = urljoin(target.url + "/", page.path)
        self._patience = target.browsing.timeout
        self._target = target
        self.view = self._viewed(failure=Failure(cause=Cause.BOUND, text="the browser was not done with it in time"))

    @property
    def longest(self) -> float:
        """Seconds that a visit can take, all its waits together, with some room."""
        return longest(self._target)

    def make(self) -> None:
        """Leaves what was seen in `view`; raises Playwright's Error only when there is no tab to be had."""
        begun = time.monotonic()
        self._tab = tab = self._context.new_page()
        heard = Hearing(tab, self._target)
        seen: dict[str, Any] = {}
        try:
            self._follow(tab, heard, seen, deadline=begun + self._patience)
        except Error as error:
            text = "the page's process crashed" if heard.crashed else first_line(error)
            seen["failure"] = Failure(cause=Cause.ENGINE, text=text)
        told = {**heard.told(), **heard.document()}
        self.view = self._viewed(elapsed=time.monotonic() - begun, **{**told, **seen})
        self.made = True

    def leave(self) -> None:
        """Close a tab that has come to rest; any other, which may never close, is left for its context to close.

        A wall is left as it is: where it has led to another site, going to a blank page takes so long that the context
        may be closed in between, and Chromium then never says that it is.
        """
        rested = self.view.loaded and self.view.responsive and not self.view.hindrances
        if self._tab and (rested or (self.view.wall and not self.view.looping)):
            close(self._tab)
        elif self._tab:
            with contextlib.suppress(Error):
                self._tab.goto("about:blank", wait_until="commit", timeout=looking.LAST_LOOK * 1000)

    def _viewed(self, **seen: Any) -> View:
        return View(page=self._page, viewport=self._viewport, url=self._url, alone=self._alone, **seen)

    def _follow(self, tab: Tab, heard: Hearing, seen: dict[str, Any], *, deadline: float) -> None:
        try:
            response = tab.goto(self._url, wait_until="commit", timeout=ms(deadline))
        except TimeoutError:
            text = f"no answer within {self._patience:g} s"
            seen["failure"] = Failure(cause=Cause.NETWORK, text=text)
            return
        except Error as error:
            if heard.crashed:
                raise
            seen.update(not_a_page(first_line(error)))
            return
        if response is None:
            seen["failure"] = Failure(cause=Cause.ENGINE, text="the browser shows no document")
            return
        heard.status = heard.status or response.status
        fields = [(line["name"], line["value"]) for line in response.headers_array()]
        heard.wall = heard.wall or answered_by(self._target, response, fields)
        if heard.wall:
            return
        seen["loaded"] = looking.settle(tab, deadline)
        if heard.broken_off:  # the document's rest, or the one that the page went on to, never came
            seen.update(not_a_page(heard.broken_off))
            return
        self._look(tab, heard, seen)
        seen["workers"] = tuple(clean(worker.url, SHORT) for worker in self._context.service_workers)
        heard.wall = heard.wall or _closed(tab, response, seen)

    def _look(self, tab: Tab, heard: Hearing, seen: dict[str, Any]) -> None:
        looked = looking.look(tab, self._patience)
        if heard.status == self._page.status and not looked.get("blank", True):
            declared = self._declared(tab)
            looked = {**((declared and looking.glance(tab)) or looked), **declared}  # it may have come late
        heard.drop(VIOLATIONS, looked.pop("unkept", 0))
        seen.update(looked, address=clean(tab.url, SHORT))
        if not seen.get("responsive"):
            return
        if self._target.markup.rendered:
            seen["rendered"] = looking.rendered(tab)
        seen["screenshot"] = looking.picture(tab)
        if (level := self._target.browsing.accessibility) and not seen["blank"]:
            seen["accessibility"] = looking.examine(tab, level)

    def _declared(self, tab: Tab) -> dict[str, bool]:
        deadline = time.monotonic() + min(looking.AFTERWARDS, self._patience)
        seen = {}
        if self._page.text is not None:
            seen["text_seen"] = looking.visible(tab.get_by_text(self._page.text), deadline)
        if self._page.role is not None:
            seen["role_seen"] = looking.visible(tab.get_by_role(cast(Any, self._page.role)), deadline)
        return seen


def longest(target: Target) -> float:
    """Seconds that one visit can take."""
    return target.browsing.timeout + looking.QUIET + looking.AFTERWARDS + looking.EXAMINED + 5 * looking.ANSWER


def not_a_page(error: str) -> dict[str, Any]:
    """What a navigation that failed says: of the app, if it answered, else only of the way to it."""
    found = CODE.search(error)
    code = found.group() if found else error
    if "Download is starting" in error:
        return {"refused": "a download"}
    if code == "net::ERR_TOO_MANY_REDIRECTS":
        return {"refused": code, "looping": True}
    if ANSWERED.match(code):
        return {"refused": code}
    return {"failure": Failure(cause=cause_of(code), text=f"the browser got no answer: {code}")}


def _closed(tab: Tab, response: Response, seen: dict[str, Any]) -> str | None:
    """A maintenance page, which only its words tell from the app's own 503."""
    if response.status != 503 or not seen.get("responsive"):
        return None
    fields = (("content-type", response.headers.get("content-type", "")),)
    body = (looking.rendered(tab) or "").encode("utf-8", "replace")
    return wall(Answer(status=503, http="", fields=fields, body=body))
