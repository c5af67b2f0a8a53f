"""Looking at the declared pages in a real browser, many tabs at once."""

from __future__ import annotations

import contextlib
import json
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Error,
    Locator,
    Request,
    Response,
    TimeoutError,  # noqa: A004  # Playwright's own
)
from playwright.sync_api import Page as Tab

from prodworthy.evidence.errors import Unobserved
from prodworthy.evidence.sending import REDIRECTS
from prodworthy.evidence.tabs import side_by_side
from prodworthy.evidence.walls import limits_itself, wall
from prodworthy.model import Answer, Cause, Failure, Page, Target
from prodworthy.model.smoke import FailedRequest, Message, Smoke, View, Violation, Vitals
from prodworthy.model.text import clean

TABS = 6  # at once; more make nothing faster on two cores
QUIET = 5.0  # seconds that a page which never falls silent gets after its load event
AFTERWARDS = 10.0  # seconds for what is declared to show once nothing is on the wire any more
ANSWER = 10.0  # seconds for the page's main thread to answer us
LAST_LOOK = 1.0  # seconds for a wait whose time is already over
RELOADS = 10  # documents in one tab, before a page that reloads itself is stopped
DIALOGS = 20  # dismissed; after that the page is left waiting
KEPT = 50  # of a kind
ERRORS, WARNINGS, EXCEPTIONS, DIALOGS_SHOWN = "errors in the console", "warnings", "uncaught exceptions", "dialogs"
OWN, FOREIGN = "failed requests to the target's own hosts", "failed requests to others"
VIOLATIONS = "violations of the Content-Security-Policy"
JUDGED = {ERRORS, EXCEPTIONS, DIALOGS_SHOWN, OWN, VIOLATIONS}  # so that one too many is a gap
MARKUP = 5_000_001  # characters of the DOM: one more than is validated
SHORT = 300  # characters of an address or a title
LONG = 500  # characters of a message

WATCH = Path(__file__).with_name("watch.js").read_text("utf-8")
LOOK = Path(__file__).with_name("look.js").read_text("utf-8")

DOM = "(most) => document.documentElement.outerHTML.slice(0, most).toWellFormed()"

CODE = re.compile(r"net::ERR_\w+")
# what a server really answered; any other code of the browser's network layer says that it was not reached
ANSWERED = re.compile(
    r"net::ERR_(ABORTED|BLOCKED_BY_\w+|CONTENT_DECODING_\w+|FAILED|HTTP_RESPONSE_CODE_FAILURE|INVALID_\w+"
    r"|RESPONSE_HEADERS_\w+|TOO_MANY_REDIRECTS|UNKNOWN_URL_SCHEME|UNSAFE_REDIRECT)$"
)
# the browser's own lines about what other events tell better, its own request for a favicon included
TOLD_ELSEWHERE = re.compile(r"^Failed to load resource|Content Security Policy")


def gather(browser: Browser, target: Target) -> Smoke:
    """Every declared page in every viewport; only in the main thread. Raises Unobserved when the browser fails."""
    try:
        with contextlib.ExitStack() as leaving:
            # pages share what is cached, as in somebody's browser: without that it takes half as much work again
            contexts = {name: _context(browser, name, leaving) for name in target.browsing.viewports}
            visits = [_Visit(contexts[name], target, page, name) for page in target.pages for name in contexts]
            _make(browser, visits)
    except Error as error:
        raise _unobserved(_first_line(error)) from None
    if not browser.is_connected():
        raise _unobserved("it ended while it looked")
    return Smoke(
        hosts=target.declared_hosts,
        views=tuple(visit.view for visit in visits),
        ignore_console=target.browsing.ignore_console,
        ignore_requests=target.browsing.ignore_requests,
    )


def _make(browser: Browser, visits: Sequence[_Visit]) -> None:
    if not visits:
        return
    lanes = min(TABS, len(visits))
    patience = math.ceil(len(visits) / lanes) * max(visit.longest for visit in visits)
    with contextlib.suppress(TimeoutError):  # what is not done by then says so itself
        side_by_side(browser, visits, lanes=lanes, patience=patience)


def _unobserved(why: str) -> Unobserved:
    return Unobserved.because("pages in the browser", f"the browser did not do its work: {why}", Cause.ENGINE)


def _context(browser: Browser, viewport: str, leaving: contextlib.ExitStack) -> BrowserContext:
    if viewport == "desktop":
        context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=False)
    else:
        chromium = browser.browser_type.name == "chromium"
        context = browser.new_context(
            viewport={"width": 390, "height": 844},
            device_scale_factor=2,
            has_touch=True,
            is_mobile=chromium or None,  # Firefox cannot
            user_agent=_phone(browser) if chromium else None,
            accept_downloads=False,
        )
    leaving.callback(_close, context)
    context.add_init_script(WATCH)
    return context


def _phone(browser: Browser) -> str:
    """What Chrome says of itself on every Android phone: https://www.chromium.org/updates/ua-reduction/."""
    major = browser.version.partition(".")[0]
    return (
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
        f"Chrome/{major}.0.0.0 Mobile Safari/537.36"
    )


def _close(thing: BrowserContext | Tab) -> None:
    with contextlib.suppress(Error):
        thing.close()


class _Visit:
    """One tab's life: opened, filled, watched until it has settled, looked at, closed."""

    def __init__(self, context: BrowserContext, target: Target, page: Page, viewport: str) -> None:
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
        return self._patience + QUIET + AFTERWARDS + 4 * ANSWER

    def make(self) -> None:
        """Leaves what was seen in `view`; raises Playwright's Error only when there is no tab to be had."""
        begun = time.monotonic()
        self._tab = tab = self._context.new_page()
        heard = _Heard(tab, self._target)
        seen: dict[str, Any] = {}
        try:
            self._follow(tab, heard, seen, deadline=begun + self._patience)
        except Error as error:
            text = "the page's process crashed" if heard.crashed else _first_line(error)
            seen["failure"] = Failure(cause=Cause.ENGINE, text=text)
        self.view = self._viewed(elapsed=time.monotonic() - begun, **{**heard.told(), **seen})

    def leave(self) -> None:
        """Close a tab that has come to rest; any other, which may never close, is left for its context to close."""
        if self._tab and self.view.loaded and self.view.responsive and not self.view.hindrances:
            _close(self._tab)
        elif self._tab:
            with contextlib.suppress(Error):
                self._tab.goto("about:blank", wait_until="commit", timeout=LAST_LOOK * 1000)

    def _viewed(self, **seen: Any) -> View:
        return View(page=self._page, viewport=self._viewport, url=self._url, **seen)

    def _follow(self, tab: Tab, heard: _Heard, seen: dict[str, Any], *, deadline: float) -> None:
        try:
            response = tab.goto(self._url, wait_until="commit", timeout=_ms(deadline))
        except TimeoutError:
            text = f"no answer within {self._patience:g} s"
            seen["failure"] = Failure(cause=Cause.NETWORK, text=text)
            return
        except Error as error:
            if heard.crashed:
                raise
            seen.update(_not_a_page(_first_line(error)))
            return
        if response is None:
            seen["failure"] = Failure(cause=Cause.ENGINE, text="the browser shows no document")
            return
        heard.status = heard.status or response.status
        fields = [(line["name"], line["value"]) for line in response.headers_array()]
        heard.wall = heard.wall or _wall(self._target, response, fields)
        if heard.wall:
            return
        seen["loaded"] = _came(lambda: tab.wait_for_load_state("load", timeout=_ms(deadline)))
        _came(lambda: tab.wait_for_load_state("networkidle", timeout=QUIET * 1000))
        if heard.broken_off:  # the document's rest, or the one that the page went on to, never came
            seen.update(_not_a_page(heard.broken_off))
            return
        looked = _look(tab)
        heard.drop(VIOLATIONS, looked.pop("unkept", 0))
        seen.update(self._declared(tab), **looked, address=clean(tab.url, SHORT))
        if seen.get("responsive"):
            seen["screenshot"] = _picture(tab)
        if seen.get("responsive") and self._target.markup.rendered:
            seen["rendered"] = _rendered(tab)

    def _declared(self, tab: Tab) -> dict[str, bool]:
        deadline = time.monotonic() + AFTERWARDS
        seen = {}
        if self._page.text is not None:
            seen["text_seen"] = _visible(tab.get_by_text(self._page.text), deadline)
        if self._page.role is not None:
            seen["role_seen"] = _visible(tab.get_by_role(cast(Any, self._page.role)), deadline)
        return seen


def _picture(tab: Tab) -> bytes:
    """For people to look at: what counts has been asked already, so that none is no loss."""
    try:
        return tab.screenshot(type="jpeg", quality=60, scale="css", caret="initial", timeout=ANSWER * 1000)
    except Error:
        return b""


def _rendered(tab: Tab) -> str | None:
    """The DOM as HTML, without its doctype; None when the page does not let itself be read."""
    try:
        return str(tab.wait_for_function(DOM, arg=MARKUP, timeout=ANSWER * 1000).json_value())
    except Error:
        return None


def _ms(deadline: float) -> float:
    return max(LAST_LOOK, deadline - time.monotonic()) * 1000


def _came(wait: Callable[[], object]) -> bool:
    try:
        wait()
    except TimeoutError:
        return False
    return True


def _visible(wanted: Locator, deadline: float) -> bool:
    shown = wanted.filter(visible=True).first
    return _came(lambda: shown.wait_for(state="visible", timeout=_ms(deadline)))


def _not_a_page(error: str) -> dict[str, Any]:
    """What a navigation that failed says: of the app, if it answered, else only of the way to it."""
    found = CODE.search(error)
    code = found.group() if found else error
    if "Download is starting" in error:
        return {"refused": "a download"}
    if code == "net::ERR_TOO_MANY_REDIRECTS":
        return {"refused": code, "looping": True}
    if ANSWERED.match(code):
        return {"refused": code}
    return {"failure": Failure(cause=_cause(code), text=f"the browser got no answer: {code}")}


def _cause(code: str) -> Cause:
    return Cause.CERTIFICATE if code.startswith("net::ERR_CERT_") else Cause.NETWORK


def _look(tab: Tab) -> dict[str, Any]:
    """What the page shows; a blank one gets some time to show something."""
    try:
        told = _ask(tab, patient=True) or _ask(tab, patient=False)
    except (ValueError, TypeError, KeyError, AttributeError):
        return {"failure": Failure(cause=Cause.ENGINE, text="the page does not let itself be looked at")}
    return told or {}


def _ask(tab: Tab, *, patient: bool) -> dict[str, Any] | None:
    # wait_for_function and not evaluate: only the former has a time limit
    try:
        handle = tab.wait_for_function(LOOK, arg=patient, timeout=ANSWER * 1000, polling=100)
    except TimeoutError:
        return None
    told = json.loads(handle.json_value())
    return {
        "responsive": True,
        "blank": bool(told["blank"]),
        "title": clean(told["title"], SHORT),
        "text": clean(told["text"], LONG),
        "text_length": int(told["textLength"]),
        "violations": tuple(_violation(each) for each in told["violations"][: 2 * KEPT]),
        "unkept": int(told["unkept"]),
        "vitals": _vitals(told["vitals"]),
    }


def _violation(told: dict[str, Any]) -> Violation:
    return Violation(
        directive=clean(told["directive"], SHORT),
        blocked=clean(told["blocked"], SHORT),
        source=_place(told["source"], int(told["line"])),
        enforced=bool(told["enforced"]),
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
        layout_shift=None if shift is None else float(shift),
    )


class _Heard:
    """What a tab says of itself while it loads."""

    def __init__(self, tab: Tab, target: Target) -> None:
        self.status: int | None = None
        self.wall: str | None = None
        self.looping = False
        self.crashed = False
        self.broken_off: str | None = None  # why the last document did not come
        self._tab = tab
        self._target = target
        self._hosts = target.declared_hosts
        self._documents = 0
        self._messages: list[Message] = []
        self._exceptions: list[str] = []
        self._failed: list[FailedRequest] = []
        self._dialogs: list[str] = []
        self._kept: Counter[str] = Counter()  # by kind
        self._dropped: Counter[str] = Counter()
        tab.on("console", self._console)
        tab.on("pageerror", self._exception)
        tab.on("response", self._response)
        tab.on("requestfailed", self._request_failed)
        tab.on("dialog", self._dialog)
        tab.on("crash", self._crash)

    def told(self) -> dict[str, Any]:
        """The fields of a View that come from listening."""
        return {
            "status": self.status,
            "wall": self.wall,
            "looping": self.looping,
            "documents": self._documents,
            "messages": tuple(self._messages),
            "exceptions": tuple(self._exceptions),
            "failed": tuple(self._failed),
            "dialogs": tuple(self._dialogs),
            "dropped": tuple(self._dropped.items()),
        }

    def drop(self, kind: str, count: int) -> None:
        """Count what came and is not kept."""
        if kind in JUDGED and count > 0:
            self._dropped[kind] += count

    def _keep(self, kind: str, kept: list[Any], thing: object) -> None:
        self._kept[kind] += 1
        if self._kept[kind] <= KEPT:
            kept.append(thing)
        else:
            self.drop(kind, 1)

    def _console(self, message: ConsoleMessage) -> None:
        level = {"error": "error", "assert": "error", "warning": "warning"}.get(message.type)
        by_browser = not message.args
        if level is None or (by_browser and TOLD_ELSEWHERE.search(message.text)):
            return
        place = message.location
        source = _place(place["url"], place["lineNumber"] + 1)
        told = Message(level=level, text=clean(message.text, LONG), source=source, by_browser=by_browser)  # type: ignore[arg-type]
        self._keep(ERRORS if level == "error" else WARNINGS, self._messages, told)

    def _exception(self, error: Error) -> None:
        text = f"{error.name}: {error.message}" if error.name and error.message else error.message or str(error)
        place = re.search(r"https?://[^\s)]+", error.stack or "")
        told = clean(f"{clean(text, LONG)} ({place.group()})" if place else text, LONG + SHORT)
        self._keep(EXCEPTIONS, self._exceptions, told)

    def _response(self, response: Response) -> None:
        request = response.request
        if self._is_document(request):
            self._document(response)
        elif response.status >= 400:
            self._fail(request, status=response.status, wall=_wall(self._target, response, response.headers.items()))

    def _document(self, response: Response) -> None:
        self.wall = self.wall or _wall(self._target, response, response.headers.items())
        if response.status in REDIRECTS and "location" in response.headers:
            return
        self.status = response.status
        self._documents += 1
        if self._documents > RELOADS and not self.looping:
            self.looping = True
            with contextlib.suppress(Error):  # closing it would wait for a calm that never comes
                self._tab.route("**/*", lambda route: route.abort("aborted"))

    def _request_failed(self, request: Request) -> None:
        error = request.failure or "failed"
        if error in {"net::ERR_ABORTED", "csp"}:  # given up by the page or by us; told as a violation
            return
        if self._is_document(request):
            self.broken_off = error
        else:
            reached = ANSWERED.match(error) or not error.startswith("net::")
            self._fail(request, error=clean(error, SHORT), cause=None if reached else _cause(error))

    def _fail(self, request: Request, **what: Any) -> None:
        own = urlsplit(request.url).hostname in self._hosts
        url = clean(request.url, SHORT)
        failed = FailedRequest(method=request.method, url=url, kind=request.resource_type, own=own, **what)
        self._keep(OWN if own else FOREIGN, self._failed, failed)

    def _is_document(self, request: Request) -> bool:
        try:
            return request.is_navigation_request() and request.frame == self._tab.main_frame
        except Error:  # asked by a service worker, which has no frame
            return False

    def _dialog(self, dialog: Dialog) -> None:
        self._keep(DIALOGS_SHOWN, self._dialogs, clean(f"{dialog.type}: {dialog.message}", LONG))
        if len(self._dialogs) <= DIALOGS:
            with contextlib.suppress(Error):
                dialog.dismiss()

    def _crash(self, _: Tab) -> None:
        self.crashed = True


def _wall(target: Target, response: Response, fields: Iterable[tuple[str, str]]) -> str | None:
    lines = tuple((name.lower(), value) for name, value in fields)
    return wall(Answer(status=response.status, http="", fields=lines), limits=limits_itself(target, response.url))


def _place(url: str, line: int) -> str:
    return f"{clean(url, SHORT)}:{line}" if url else ""


def _first_line(error: Error) -> str:
    return clean(error.message.partition("\n")[0], LONG)
