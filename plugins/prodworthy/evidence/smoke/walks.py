"""Walks: declared click paths, each in a browser without a past, one step after the other."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Error, Locator, TimeoutError  # noqa: A004  # Playwright's own
from playwright.sync_api import Page as Tab

from prodworthy.evidence.smoke import looking
from prodworthy.evidence.smoke.contexts import Visitor
from prodworthy.evidence.smoke.hearing import SHORT, VIOLATIONS, Hearing, answered_by
from prodworthy.evidence.smoke.looking import ANSWER, QUIET, first_line, ms
from prodworthy.evidence.smoke.masks import Mask
from prodworthy.evidence.smoke.recordings import Recorder, named
from prodworthy.evidence.smoke.visits import not_a_page
from prodworthy.model import Cause, Failure, Target
from prodworthy.model.path import Action, ClickPath, Element, Step
from prodworthy.model.smoke import Vitals, Walk
from prodworthy.model.text import clean

STEP = 10.0  # seconds for one step, and never more than for a page
ECHO = 0.3  # seconds after the last step, for what it sets off
CONTROLS = ("link", "button", "tab", "menuitem", "checkbox", "radio", "switch", "option")
CLICKED = {Action.CLICK, Action.CHECK}
TYPED = {Action.FILL, Action.PRESS, Action.SELECT}
HINDERED = re.compile(
    r"(<[^>]*>[^\n]* intercepts pointer events|element is not \w+|element is outside of the viewport)"
)


class Walker:
    """Walks one path; what is filled in from the environment never leaves this module."""

    def __init__(self, visitor: Visitor, target: Target, path: ClickPath, folder: Path | None) -> None:
        self._target = target
        self._path = path
        self._url = urljoin(target.url + "/", path.start)
        self._mask = Mask(path.secrets)
        # a trace and a video show what is typed and sent
        self._recorder = Recorder(visitor, path.viewport, None if path.secrets else folder)
        self._seen: dict[str, Any] = {}
        self._tab: Tab | None = None
        self.walk = self._walked(failure=Failure(cause=Cause.BOUND, text="the browser was not done with it in time"))

    @property
    def longest(self) -> float:
        """Seconds that a walk can take, with some room."""
        waits = sum(step.seconds for step in self._path.steps)
        return self._target.browsing.timeout + QUIET + waits + (STEP + ANSWER) * len(self._path.steps) + 4 * ANSWER

    def make(self) -> None:
        """Leaves what was seen in `walk`; raises Playwright's Error only when there is no tab to be had."""
        if unset := [secret.name for secret in self._path.secrets if not secret.value]:
            text = f"{' and '.join(dict.fromkeys(unset))} is not set"
            self.walk = self._walked(failure=Failure(cause=Cause.SECRET, text=text))
            return
        begun = time.monotonic()
        with self._recorder.context() as context:
            tab = context.new_page()
            heard = Hearing(tab, self._target, self._mask)
            seen: dict[str, Any] = {}
            try:
                self._go(tab, heard, seen)
            except Error as error:
                seen["failure"] = Failure(cause=Cause.ENGINE, text=first_line(error, self._mask))
            if heard.crashed:
                seen["failure"] = Failure(cause=Cause.ENGINE, text="the page's process crashed")
            elif seen.get("broken") and heard.broken_off:
                seen.update(_unreached(heard.broken_off))
            told = {**heard.told(), **seen, "elapsed": time.monotonic() - begun}
            self.walk = self._mask.over(self._walked(**told))
            if self.walk.troubled:
                self._recorder.keep(context, named("path", self._path.name, self._path.viewport))
                self.walk = replace(self.walk, recordings=self._recorder.kept)

    def leave(self) -> None:
        """Nothing is left: the context is closed with all that was in it."""

    def _walked(self, **seen: Any) -> Walk:
        path = self._path
        return Walk(name=path.name, viewport=path.viewport, url=self._url, steps=tuple(map(str, path.steps)), **seen)

    def _go(self, tab: Tab, heard: Hearing, seen: dict[str, Any]) -> None:
        seen.update(self._arrive(tab, heard))
        if "broken" in seen or "failure" in seen or heard.wall:
            return
        felt: list[float] = []
        for number, step in enumerate(self._path.steps, start=1):
            if why := _hindered(tab, step, min(STEP, self._target.browsing.timeout), self._mask):
                seen.update(broken=number, wanted=str(step), got=why)
                break
            felt += _felt(tab)
        tab.wait_for_timeout(ECHO * 1000)
        told = looking.glance(tab, self._mask) or {}
        felt += _felt(tab)
        heard.drop(VIOLATIONS, told.get("unkept", 0))
        seen.update(
            address=clean(self._mask(tab.url), SHORT),
            violations=told.get("violations", ()),
            vitals=Vitals(interaction=max(felt, default=None)),
            screenshot=looking.picture(tab, self._mask) if told else b"",
        )
        if "broken" in seen:
            shows = clean(told["text"], SHORT // 2) if told else ""
            seen["got"] += f"; {seen['address']} shows “{shows}”" if shows else f", at {seen['address']}"

    def _arrive(self, tab: Tab, heard: Hearing) -> dict[str, Any]:
        """Open the start; what went wrong, if something did."""
        patience = self._target.browsing.timeout
        wanted = {"broken": 0, "wanted": f"a page at {self._path.start}"}
        try:
            response = tab.goto(self._url, wait_until="commit", timeout=patience * 1000)
        except TimeoutError:
            return {"failure": Failure(cause=Cause.NETWORK, text=f"no answer within {patience:g} s")}
        except Error as error:
            return _unreached(first_line(error)) or {**wanted, "got": first_line(error)}
        if response is None:
            return {"failure": Failure(cause=Cause.ENGINE, text="the browser shows no document")}
        heard.wall = heard.wall or answered_by(self._target, response, response.headers.items())
        looking.settle(tab, time.monotonic() + patience)
        if heard.broken_off:
            return _unreached(heard.broken_off) or {**wanted, "got": heard.broken_off}
        return {**wanted, "got": f"status {response.status}"} if response.status >= 400 else {}


def _unreached(error: str) -> dict[str, Any]:
    """The reason why nothing was reached, unless the app itself answered."""
    told = not_a_page(error)
    return {"failure": told["failure"]} if "failure" in told else {}


def _hindered(tab: Tab, step: Step, patience: float, mask: Mask) -> str | None:
    """Do one step within so many seconds; why it did not work, None when it did."""
    deadline = time.monotonic() + patience
    try:
        _do(tab, step, deadline)
    except _Missing:
        return f"nothing of that kind is visible within {patience:g} s"
    except TimeoutError as error:
        found = HINDERED.findall(mask(error.message))
        return _late(step, patience) if not found else clean(f"{found[-1]} for {patience:g} s", SHORT)
    except Error as error:
        return first_line(error, mask)
    return None


class _Missing(Exception):
    """No element of that kind is visible."""


def _do(tab: Tab, step: Step, deadline: float) -> None:
    value = step.secret.value if step.secret and step.secret.value else step.value
    match step.action:
        case Action.CLICK:
            _found(tab, step, deadline).click(timeout=ms(deadline))
        case Action.FILL:
            _found(tab, step, deadline).fill(value, timeout=ms(deadline))
        case Action.SELECT:
            _found(tab, step, deadline).select_option(label=value, timeout=ms(deadline))
        case Action.CHECK:
            _found(tab, step, deadline).check(timeout=ms(deadline))
        case Action.PRESS:
            tab.wait_for_function("() => true", timeout=ms(deadline))  # a key has no time limit of its own
            tab.keyboard.press(value)
        case Action.EXPECT:
            _found(tab, step, deadline)
        case Action.EXPECT_GONE:
            for each in _candidates(tab, step):
                each.filter(visible=True).first.wait_for(state="hidden", timeout=ms(deadline))
        case Action.EXPECT_URL:
            tab.wait_for_url(lambda url: _leads_to(url, value), wait_until="commit", timeout=ms(deadline))
        case Action.WAIT:
            tab.wait_for_timeout(step.seconds * 1000)


def _late(step: Step, patience: float) -> str:
    if step.action is Action.EXPECT_GONE:
        return f"it is still there after {patience:g} s"
    if step.action is Action.SELECT:
        return f"no such option within {patience:g} s"
    return f"not so within {patience:g} s"


def _leads_to(url: str, path: str) -> bool:
    there, wanted = urlsplit(url), urlsplit(path)
    query = not wanted.query or there.query == wanted.query
    return there.path.rstrip("/") == wanted.path.rstrip("/") and query


def _found(tab: Tab, step: Step, deadline: float) -> Locator:
    """The first visible element of the best kind there is; raises _Missing."""
    candidates = [each.filter(visible=True) for each in _candidates(tab, step)]
    some = candidates[0]
    for each in candidates[1:]:
        some = some.or_(each)
    if not looking.came(lambda: some.first.wait_for(state="visible", timeout=ms(deadline))):
        raise _Missing
    return next((each.first for each in candidates if each.count()), some.first)


def _candidates(tab: Tab, step: Step) -> list[Locator]:
    """What an element may be, best first: what is called exactly so before what holds the words."""
    element = step.element or Element()
    if element.role:
        role = cast(Any, element.role)
        names = _names(element.name) if element.name else [None]
        return [tab.get_by_role(role, name=name) if name else tab.get_by_role(role) for name in names]
    if element.label:
        return [tab.get_by_label(name) for name in _names(element.label)]
    if element.placeholder:
        return [tab.get_by_placeholder(name) for name in _names(element.placeholder)]
    words = element.words or ""
    if step.action not in CLICKED:
        return [tab.get_by_text(words)]
    return [*(_control(tab, name) for name in _names(words)), tab.get_by_label(words), tab.get_by_text(words)]


def _control(tab: Tab, name: re.Pattern[str] | str) -> Locator:
    first, *rest = (tab.get_by_role(cast(Any, role), name=name) for role in CONTROLS)
    for each in rest:
        first = first.or_(each)
    return first


def _names(words: str) -> list[re.Pattern[str] | str]:
    whole = r"\s+".join(map(re.escape, words.split()))
    return [re.compile(rf"^\s*{whole}\s*$", re.IGNORECASE), words]


def _felt(tab: Tab) -> list[float]:
    """Seconds to the next paint, of what was clicked and pressed in this document."""
    felt = looking.interaction(tab)
    return [] if felt is None else [felt]
