"""What a tab says of itself while it is open: its console, exceptions, requests and dialogs."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Dialog, Error, Request, Response
from playwright.sync_api import Page as Tab

from prodworthy.evidence.bypass import Bypass
from prodworthy.evidence.sending import REDIRECTS
from prodworthy.evidence.smoke.masks import NOTHING, Mask
from prodworthy.evidence.walls import limits_itself, wall
from prodworthy.model import Answer, Cause, Target
from prodworthy.model.smoke import FailedRequest, Message
from prodworthy.model.text import clean

RELOADS = 10  # documents in one tab, before a page that reloads itself is stopped
DIALOGS = 20  # dismissed; after that the page is left waiting
KEPT = 50  # of a kind
ERRORS, WARNINGS, EXCEPTIONS, DIALOGS_SHOWN = "errors in the console", "warnings", "uncaught exceptions", "dialogs"
OWN, FOREIGN = "failed requests to the target's own hosts", "failed requests to others"
VIOLATIONS = "violations of the Content-Security-Policy"
JUDGED = {ERRORS, EXCEPTIONS, DIALOGS_SHOWN, OWN, VIOLATIONS}  # so that one too many is a gap
SHORT = 300  # characters of an address or a title
LONG = 500  # characters of a message

# what a server really answered; any other code of the browser's network layer says that it was not reached
ANSWERED = re.compile(
    r"net::ERR_(ABORTED|BLOCKED_BY_\w+|CONTENT_DECODING_\w+|FAILED|HTTP_RESPONSE_CODE_FAILURE|INVALID_\w+"
    r"|RESPONSE_HEADERS_\w+|TOO_MANY_REDIRECTS|UNKNOWN_URL_SCHEME|UNSAFE_REDIRECT)$"
)
# the browser's own lines about what other events tell better, its own request for a favicon included
TOLD_ELSEWHERE = re.compile(r"^Failed to load resource|Content Security Policy")

# and those about one address, with what no other event tells of somebody else's
ABOUT = re.compile(
    r"(?P<what>Access to [\w ]+ at|WebSocket connection to|Refused to (?:execute|apply) (?:script|style) from)"
    r" '(?P<url>(?:https?|wss?)://[^']+)'(?: \(redirected from '(?P<first>[^']+)'\))?[\s:]*(?:failed: )?(?P<why>.*)",
    re.DOTALL,
)
KINDS = {
    "WebSocket connection to": "websocket",
    "Refused to execute script from": "script",
    "Refused to apply style from": "stylesheet",
}


def cause_of(code: str) -> Cause:
    """Why a server was not reached, by the browser's own code."""
    return Cause.CERTIFICATE if code.startswith("net::ERR_CERT_") else Cause.NETWORK


def answered_by(target: Target, response: Response, fields: Iterable[tuple[str, str]]) -> str | None:
    """Who answered instead of the app, if somebody did."""
    answer = Answer(status=response.status, http="", fields=tuple((name.lower(), value) for name, value in fields))
    bypassed = Bypass(target).opens(response.url)
    return wall(answer, limits=limits_itself(target, response.url), bypassed=bypassed)


def place(url: str, line: int) -> str:
    """Where something was said: address and line."""
    return f"{clean(url, SHORT)}:{line}" if url else ""


class Hearing:
    """Listens to one tab from before its first document on; what is to be hidden is masked before anything is cut."""

    def __init__(self, tab: Tab, target: Target, mask: Mask = NOTHING) -> None:
        self.status: int | None = None
        self.wall: str | None = None
        self.looping = False
        self.crashed = False
        self.broken_off: str | None = None  # why the last document did not come
        self._tab = tab
        self._target = target
        self._mask = mask
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
        """The fields of a model's Heard."""
        return {
            "wall": self.wall,
            "messages": tuple(self._messages),
            "exceptions": tuple(self._exceptions),
            "failed": tuple(self._failed),
            "dialogs": tuple(self._dialogs),
            "dropped": tuple(self._dropped.items()),
        }

    def document(self) -> dict[str, Any]:
        """The fields of a View that tell of its document."""
        return {"status": self.status, "looping": self.looping, "documents": self._documents}

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
        if level is None or (by_browser and (TOLD_ELSEWHERE.search(message.text) or self._of_others(message.text))):
            return
        said = message.location
        source = place(self._mask(said["url"]), said["lineNumber"] + 1)
        text = clean(self._mask(message.text), LONG)
        told = Message(level=level, text=text, source=source, by_browser=by_browser)  # type: ignore[arg-type]
        self._keep(ERRORS if level == "error" else WARNINGS, self._messages, told)

    def _of_others(self, line: str) -> bool:
        """Whether the browser complains of somebody else's address only; kept as their failure then."""
        about = ABOUT.match(line)
        if about is None or any(self._is_own(url) for url in about.group("url", "first") if url):
            return False
        if kind := KINDS.get(about["what"]):
            url, why = (clean(self._mask(about[name]), SHORT) for name in ("url", "why"))
            self._keep(FOREIGN, self._failed, FailedRequest(method="GET", url=url, kind=kind, own=False, error=why))
        return True

    def _exception(self, error: Error) -> None:
        text = f"{error.name}: {error.message}" if error.name and error.message else error.message or str(error)
        text = clean(self._mask(text), LONG)
        thrown = re.search(r"https?://[^\s)]+", self._mask(error.stack or ""))
        told = clean(f"{text} ({thrown.group()})", LONG + SHORT) if thrown else text
        self._keep(EXCEPTIONS, self._exceptions, told)

    def _response(self, response: Response) -> None:
        request = response.request
        if self._is_document(request):
            self._document(response)
        elif response.status >= 400:
            self._fail(
                request, status=response.status, wall=answered_by(self._target, response, response.headers.items())
            )

    def _document(self, response: Response) -> None:
        self.wall = self.wall or answered_by(self._target, response, response.headers.items())
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
            self._fail(request, error=clean(error, SHORT), cause=None if reached else cause_of(error))

    def _fail(self, request: Request, **what: Any) -> None:
        own = self._is_own(request.url)
        url = clean(self._mask(request.url), SHORT)
        failed = FailedRequest(method=request.method, url=url, kind=request.resource_type, own=own, **what)
        self._keep(OWN if own else FOREIGN, self._failed, failed)

    def _is_own(self, url: str) -> bool:
        return urlsplit(url).hostname in self._hosts

    def _is_document(self, request: Request) -> bool:
        try:
            return request.is_navigation_request() and request.frame == self._tab.main_frame
        except Error:  # asked by a service worker, which has no frame
            return False

    def _dialog(self, dialog: Dialog) -> None:
        self._keep(DIALOGS_SHOWN, self._dialogs, clean(f"{dialog.type}: {self._mask(dialog.message)}", LONG))
        if len(self._dialogs) <= DIALOGS:
            with contextlib.suppress(Error):
                dialog.dismiss()

    def _crash(self, _: Tab) -> None:
        self.crashed = True
