"""What a real browser saw of the declared pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from prodworthy.model.exchange import Cause, Failure, Gap
from prodworthy.model.measurement import Measurement
from prodworthy.model.target import Ignored, Page
from prodworthy.model.wall import in_place_of_the_app


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One line of the console, of level warning or error."""

    level: Literal["warning", "error"]
    text: str
    source: str = ""  # URL and line of what said it
    by_browser: bool = False  # the browser itself complains, not a script


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRequest:
    """A request of the page, its document aside, that got an error status or no complete answer."""

    method: str
    url: str
    kind: str  # as the browser calls it: "script", "stylesheet", "image", "fetch"
    own: bool  # to an address of the target or its back end
    status: int | None = None
    error: str | None = None  # the browser's words: "net::ERR_FAILED"
    wall: str | None = None  # who answered instead of the app
    cause: Cause | None = None  # set when this says nothing about the app: it could not be reached

    @property
    def gap(self) -> Gap | None:
        """What is missing, when one of the app's own parts could not be asked."""
        what = f"{self.method} {self.url}"
        if self.own and self.wall:
            return Gap(what=what, why=in_place_of_the_app(self.wall), cause=Cause.WALL)
        if self.own and self.cause:
            return Gap(what=what, why=f"the browser got no answer: {self.error}", cause=self.cause)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Something that the page's Content-Security-Policy forbids and the page did."""

    directive: str  # the effective one: "script-src-elem"
    blocked: str  # URL, or "inline", "eval"
    source: str = ""  # URL and line of what caused it
    enforced: bool = True  # False: a report-only policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """How the load felt; taken while other tabs load too. None where the browser did not tell.

    https://web.dev/articles/vitals
    """

    first_byte: float | None = None  # seconds since the navigation began, as all but the last
    first_paint: float | None = None  # of text or an image (FCP)
    largest_paint: float | None = None  # LCP until we looked
    layout_shift: float | None = None  # CLS until we looked: the largest session window, no unit


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One declared page in one viewport."""

    page: Page
    viewport: str
    url: str  # as asked
    address: str = ""  # where it ended; empty when no document came
    status: int | None = None  # of the document that is shown in the end; None: no document came, or none that told
    documents: int = 1  # how many the tab was given: more than one when the page navigates by itself
    looping: bool = False  # redirected or reloaded itself until we, or the browser, stopped it
    refused: str | None = None  # why an answer did not become a page: "a download", "net::ERR_INVALID_RESPONSE"
    loaded: bool = False  # the load event came in time
    responsive: bool = False  # the page's main thread answered
    blank: bool = False  # nothing visible: no text, picture or control
    title: str = ""
    text: str = ""  # what is visible, cut
    text_length: int = 0
    text_seen: bool | None = None  # the declared text; None: none is declared, or nothing to look at
    role_seen: bool | None = None
    messages: tuple[Message, ...] = ()
    exceptions: tuple[str, ...] = ()  # uncaught, unhandled rejections included
    failed: tuple[FailedRequest, ...] = ()
    violations: tuple[Violation, ...] = ()
    dialogs: tuple[str, ...] = ()  # alert, confirm, prompt: dismissed
    dropped: tuple[tuple[str, int], ...] = ()  # what is judged and came after the first fifty of its kind: how many
    vitals: Vitals = Vitals()
    rendered: str | None = field(default=None, repr=False)  # the DOM as HTML, when the target asks for it
    screenshot: bytes = field(default=b"", repr=False)  # JPEG of the viewport; empty when there is nothing to show
    elapsed: float = 0.0  # seconds
    failure: Failure | None = None
    wall: str | None = None

    @property
    def hindrances(self) -> tuple[Gap, ...]:
        """Why this view cannot be judged. A page that lacks a part we could not reach is no evidence either."""
        if self.wall:
            return (self._gap(in_place_of_the_app(self.wall), Cause.WALL),)
        if self.failure:
            return (self._gap(self.failure.text, self.failure.cause),)
        if self.status is None and not self.refused and not self.looping:
            return (self._gap("the browser told no status of the document", Cause.ENGINE),)
        return tuple(dict.fromkeys(gap for request in self.failed if (gap := request.gap)))

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """All that is missing; what was too much to be kept hinders nobody from judging the rest."""
        lost = (self._gap(f"{count} more {what} came than are kept", Cause.BOUND) for what, count in self.dropped)
        return (*self.hindrances, *lost)

    def _gap(self, why: str, cause: Cause) -> Gap:
        return Gap(what=f"page {self.url} ({self.viewport})", why=why, cause=cause)

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """What the browser told of its vitals."""
        name = f"{self.page.path} {self.viewport}"
        timed = (("first paint", self.vitals.first_paint), ("largest paint", self.vitals.largest_paint))
        times = (
            Measurement(what=f"{name}, {what}", value=value, unit="s") for what, value in timed if value is not None
        )
        shift = self.vitals.layout_shift
        shifts = () if shift is None else (Measurement(what=f"{name}, layout shift", value=round(shift, 3), unit=""),)
        return (*times, *shifts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoke:
    """Every declared page in every viewport, and what is accepted of it."""

    hosts: tuple[str, ...] = ()  # the target's own
    views: tuple[View, ...] = ()
    ignore_console: tuple[Ignored, ...] = ()
    ignore_requests: tuple[Ignored, ...] = ()

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be observed, each once."""
        return tuple(dict.fromkeys(gap for view in self.views for gap in view.gaps))

    @property
    def seen(self) -> tuple[View, ...]:
        """The only views that rules may judge."""
        return tuple(view for view in self.views if not view.hindrances)

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """Web vitals of every view; taken while other tabs load too."""
        return tuple(each for view in self.views for each in view.measured)
