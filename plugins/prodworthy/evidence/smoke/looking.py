"""Looking at what a tab shows: what counts is asked of the page itself, within a time limit each."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from playwright.sync_api import Error, Locator, TimeoutError  # noqa: A004  # Playwright's own
from playwright.sync_api import Page as Tab

from prodworthy.evidence.smoke import scripts
from prodworthy.evidence.smoke.hearing import KEPT, LONG, SHORT, place
from prodworthy.evidence.smoke.masks import NOTHING, Mask
from prodworthy.model import Cause, Failure
from prodworthy.model.smoke import Accessibility, Barrier, Violation, Vitals
from prodworthy.model.text import clean

QUIET = 5.0  # seconds that a page which never falls silent gets after its load event
AFTERWARDS = 10.0  # seconds for what is declared to show once nothing is on the wire, and never more than for a page
ANSWER = 10.0  # seconds for the page's main thread to answer us
EXAMINED = 20.0  # seconds for axe-core
LAST_LOOK = 1.0  # seconds for a wait whose time is already over
RENDERED = 5_000_000  # characters of a document as the browser made it
MAIN = 2000  # characters of a page's main part
LEVELS = {
    "A": ("wcag2a", "wcag21a", "wcag22a"),
    "AA": ("wcag2aa", "wcag21aa", "wcag22aa"),
    "AAA": ("wcag2aaa", "wcag21aaa", "wcag22aaa"),
}  # https://github.com/dequelabs/axe-core/blob/develop/doc/API.md#axe-core-tags
JUNK = (ValueError, TypeError, KeyError, AttributeError)  # what a page that tampers with its own language gives us
NOT_LOOKED_AT = Failure(cause=Cause.ENGINE, text="the page does not let itself be looked at")


def came(wait: Callable[[], object]) -> bool:
    """Whether `wait` ended before its time."""
    try:
        wait()
    except TimeoutError:
        return False
    return True


def settle(tab: Tab, deadline: float) -> bool:
    """Wait until nothing is on the wire any more; returns whether the load event came before `deadline`."""
    loaded = came(lambda: tab.wait_for_load_state("load", timeout=ms(deadline)))
    came(lambda: tab.wait_for_load_state("networkidle", timeout=QUIET * 1000))
    return loaded


def ms(deadline: float) -> float:
    """Milliseconds until then, and never too few for one last look."""
    return max(LAST_LOOK, deadline - time.monotonic()) * 1000


def visible(wanted: Locator, deadline: float) -> bool:
    """Whether one of them shows in time."""
    shown = wanted.filter(visible=True).first
    return came(lambda: shown.wait_for(state="visible", timeout=ms(deadline)))


def look(tab: Tab, patience: float = ANSWER) -> dict[str, Any]:
    """What the page shows, as fields of a View and `unkept`; a blank one gets so many seconds to show something."""
    try:
        return _seen(tab, patient=True, seconds=min(ANSWER, patience)) or _seen(tab) or {}
    except JUNK:
        return {"failure": NOT_LOOKED_AT}


def glance(tab: Tab, mask: Mask = NOTHING) -> dict[str, Any] | None:
    """The same at once; None when the page does not tell."""
    try:
        return _seen(tab, mask)
    except (*JUNK, Error):
        return None


def _seen(tab: Tab, mask: Mask = NOTHING, *, patient: bool = False, seconds: float = ANSWER) -> dict[str, Any] | None:
    """None when the page does not answer, or, being `patient`, shows nothing."""
    said = _ask(tab, scripts.look(), arg=patient, seconds=seconds)
    if said is None:
        return None
    told = mask.over(json.loads(said))
    return {
        "responsive": True,
        "blank": bool(told["blank"]),
        "dark": None if told["dark"] is None else bool(told["dark"]),
        "title": clean(told["title"], SHORT),
        "text": clean(told["text"], LONG),
        "text_length": int(told["textLength"]),
        "main": clean(told["main"], MAIN),
        "violations": tuple(_violation(each) for each in told["violations"][: 2 * KEPT]),
        "unkept": int(told["unkept"]),
        "vitals": _vitals(told["vitals"]),
    }


def examine(tab: Tab, level: str) -> Accessibility:
    """What axe-core finds up to a level of WCAG; frames aside."""
    levels = list(LEVELS)
    tags = [tag for each in levels[: levels.index(level) + 1] for tag in LEVELS[each]]
    try:
        said = _ask(tab, scripts.axe(), arg=tags, seconds=EXAMINED)
        if said is None:
            text = f"axe-core was not done with it after {EXAMINED:.0f} s"
            return Accessibility(level=level, failure=Failure(cause=Cause.BOUND, text=text))
        told = json.loads(said)
        if "error" in told:
            text = f"axe-core failed on it: {clean(told['error'], SHORT)}"
            return Accessibility(level=level, failure=Failure(cause=Cause.ENGINE, text=text))
        return Accessibility(level=level, barriers=tuple(map(_barrier, told["barriers"])))
    except (*JUNK, Error):
        return Accessibility(level=level, failure=NOT_LOOKED_AT)


def interaction(tab: Tab) -> float | None:
    """Seconds from the slowest click or key in this document to the next paint; None: none was told yet."""
    try:
        said = _ask(
            tab, "() => JSON.stringify((window[Symbol.for('prodworthy')] || {}).vitals || {})", arg=None, seconds=ANSWER
        )
        return _vitals(json.loads(said)).interaction if said else None
    except (*JUNK, Error):
        return None


def rendered(tab: Tab) -> str | None:
    """The document as the browser made it, cut; None when the page does not tell."""
    script = f"() => '<!doctype html>' + document.documentElement.outerHTML.slice(0, {RENDERED})"
    try:
        return _ask(tab, script, arg=None, seconds=ANSWER)
    except TypeError:
        return None


def picture(tab: Tab, mask: Mask = NOTHING) -> bytes:
    """For people to look at: what counts has been asked already, so that none is no loss."""
    hidden = [*_showing(tab, mask)]
    try:
        return tab.screenshot(type="jpeg", quality=60, scale="css", caret="initial", timeout=ANSWER * 1000, mask=hidden)
    except Error:
        return b""


def first_line(error: Error, mask: Mask = NOTHING) -> str:
    """What Playwright says, without the log of how it came to it."""
    return clean(mask(error.message).partition("\n")[0], LONG)


def _showing(tab: Tab, mask: Mask) -> Iterator[Locator]:
    """What may show something that is to be hidden: all that holds it, and every field, whose contents are no text."""
    for frame in tab.frames if mask.patterns else ():
        yield frame.locator("input:not([type=button], [type=submit], [type=checkbox], [type=radio]), textarea")
        for pattern in mask.patterns:
            yield frame.get_by_text(pattern)


def _ask(tab: Tab, script: str, *, arg: object, seconds: float) -> str | None:
    # wait_for_function and not evaluate: only the former has a time limit
    try:
        handle = tab.wait_for_function(script, arg=arg, timeout=seconds * 1000, polling=50)
    except TimeoutError:
        return None
    said = handle.json_value()
    if not isinstance(said, str):
        raise TypeError(said)
    return said


def _violation(told: dict[str, Any]) -> Violation:
    return Violation(
        directive=clean(told["directive"], SHORT),
        blocked=clean(told["blocked"], SHORT),
        source=place(told["source"], int(told["line"])),
        enforced=bool(told["enforced"]),
    )


def _barrier(told: dict[str, Any]) -> Barrier:
    impact = told["impact"]
    return Barrier(
        rule=clean(told["rule"], SHORT),
        impact=impact if impact in {"minor", "moderate", "serious", "critical"} else "minor",
        help=clean(told["help"], SHORT),
        address=clean(told["address"], SHORT),
        selectors=tuple(clean(each, SHORT) for each in told["selectors"]),
        count=int(told["count"]),
        detail=clean(told["detail"], LONG),
    )


def _vitals(told: dict[str, Any]) -> Vitals:
    def seconds(name: str) -> float | None:
        value = told.get(name)
        return float(value) / 1000 if value else None

    shift = told.get("cls")
    return Vitals(
        first_byte=seconds("ttfb"),
        first_paint=seconds("fcp"),
        largest_paint=seconds("lcp"),
        interaction=seconds("inp"),
        layout_shift=None if shift is None else float(shift),
    )
