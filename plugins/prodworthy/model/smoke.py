"""What a real browser saw of the declared pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from prodworthy.model.exchange import Cause, Failure, Gap
from prodworthy.model.measurement import Measurement
from prodworthy.model.target import Budgets, Ignored, Page
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
    def refused(self) -> bool:
        """Whether data was refused to a visitor who is not signed in, as it may well be."""
        return self.status in {401, 403} and self.kind in {"fetch", "xhr"}

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
    """How the load felt, by Google's web-vitals. None where the browser did not tell.

    https://web.dev/articles/vitals
    """

    first_byte: float | None = None  # seconds since the navigation began, as the next two
    first_paint: float | None = None  # of text or an image (FCP)
    largest_paint: float | None = None  # LCP until we looked
    interaction: float | None = None  # seconds from the slowest click or key to the next paint (INP)
    layout_shift: float | None = None  # CLS until we looked: the largest session window, no unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Barrier:
    """What axe-core says of one of its rules on one page."""

    rule: str  # axe's own id: "color-contrast"
    impact: Literal["minor", "moderate", "serious", "critical"]
    help: str  # what the rule wants, in axe's words
    address: str  # of axe's page about it
    selectors: tuple[str, ...]  # of the first elements
    count: int  # of all
    detail: str = ""  # what axe says of the first element


@dataclass(frozen=True, slots=True, kw_only=True)
class Accessibility:
    """What axe-core found on one page, or why it found nothing out."""

    level: str  # of WCAG 2.2: "A", "AA", "AAA"
    barriers: tuple[Barrier, ...] = ()
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A file in the run's folder that shows what went wrong."""

    name: str  # below the run's folder: "browser/prod/smoke-page-products-desktop.trace.zip"
    size: int  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a tab said of itself while it was open."""

    messages: tuple[Message, ...] = ()
    exceptions: tuple[str, ...] = ()  # uncaught, unhandled rejections included
    failed: tuple[FailedRequest, ...] = ()
    violations: tuple[Violation, ...] = ()
    dialogs: tuple[str, ...] = ()  # alert, confirm, prompt: dismissed
    dropped: tuple[tuple[str, int], ...] = ()  # what is judged and came after the first fifty of its kind: how many
    failure: Failure | None = None
    wall: str | None = None

    @property
    def hindrances(self) -> tuple[Gap, ...]:
        """Why this cannot be judged. A page that lacks a part we could not reach is no evidence either."""
        if self.wall:
            return (self._gap(in_place_of_the_app(self.wall), Cause.WALL),)
        if self.failure:
            return (self._gap(self.failure.text, self.failure.cause),)
        return self._obstacles() or tuple(dict.fromkeys(gap for request in self.failed if (gap := request.gap)))

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """All that is missing; what was too much to be kept hinders nobody from judging the rest."""
        lost = (self._gap(f"{count} more {what} came than are kept", Cause.BOUND) for what, count in self.dropped)
        return (*self.hindrances, *self._left_out(), *lost)

    @property
    def place(self) -> str:
        """What this is of, for people."""
        raise NotImplementedError

    @property
    def faulty(self) -> bool:
        """Whether it said something that may be a fault of the app."""
        said = self.exceptions or any(each.level == "error" for each in self.messages)
        asked = any(each.own and not each.refused for each in self.failed) or any(
            each.enforced for each in self.violations
        )
        return bool(said or asked)

    def _obstacles(self) -> tuple[Gap, ...]:
        return ()

    def _left_out(self) -> tuple[Gap, ...]:
        return ()

    def _gap(self, why: str, cause: Cause) -> Gap:
        return Gap(what=self.place, why=why, cause=cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class View(Heard):
    """One declared page in one viewport."""

    page: Page
    viewport: str  # "desktop", "mobile", "desktop dark"
    url: str  # as asked
    address: str = ""  # where it ended; empty when no document came
    status: int | None = None  # of the document that is shown in the end; None: no document came, or none that told
    documents: int = 1  # how many the tab was given: more than one when the page navigates by itself
    looping: bool = False  # redirected or reloaded itself until we, or the browser, stopped it
    refused: str | None = None  # why an answer did not become a page: "a download", "net::ERR_INVALID_RESPONSE"
    loaded: bool = False  # the load event came in time
    responsive: bool = False  # the page's main thread answered
    blank: bool = False  # nothing visible: no text, picture or control
    dark: bool | None = None  # whether its ground is dark; None: it cannot be told, from pictures for one
    title: str = ""
    text: str = ""  # what is visible, cut
    text_length: int = 0
    main: str = ""  # what is visible of the page's main part, cut
    text_seen: bool | None = None  # the declared text; None: none is declared, or nothing to look at
    role_seen: bool | None = None
    accessibility: Accessibility | None = None  # None: not asked, or nothing to look at
    rendered: str | None = field(default=None, repr=False)  # the document as the browser made it; None: not asked
    vitals: Vitals = Vitals()
    alone: bool = False  # whether no other tab was open meanwhile, so that the vitals are its own
    again: tuple[Vitals, ...] = ()  # of further loads alone, after a budget was not kept
    workers: tuple[str, ...] = ()  # addresses of the service workers that run
    screenshot: bytes = field(default=b"", repr=False)  # JPEG of the viewport; empty when there is nothing to show
    elapsed: float = 0.0  # seconds

    @property
    def place(self) -> str:
        """The page and its viewport."""
        return f"page {self.url} ({self.viewport})"

    @property
    def felt(self) -> Vitals:
        """The vitals of the best load: noise only ever adds."""
        loads = (self.vitals, *self.again)
        return Vitals(
            first_byte=_least(each.first_byte for each in loads),
            first_paint=_least(each.first_paint for each in loads),
            largest_paint=_least(each.largest_paint for each in loads),
            layout_shift=_least(each.layout_shift for each in loads),
        )

    @property
    def troubled(self) -> bool:
        """Whether somebody will want to see how it came to this."""
        if self.hindrances or self.refused or self.looping or not self.responsive:
            return False  # there is nothing more to see
        missing = self.text_seen is False or self.role_seen is False
        return self.blank or self.status != self.page.status or missing or self.faulty

    def _obstacles(self) -> tuple[Gap, ...]:
        if self.status is None and not self.refused and not self.looping:
            return (self._gap("the browser told no status of the document", Cause.ENGINE),)
        return ()

    def _left_out(self) -> tuple[Gap, ...]:
        failure = self.accessibility.failure if self.accessibility else None
        return (self._gap(failure.text, failure.cause),) if failure else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A declared page, reached by a click on a link instead of by its address."""

    page: Page
    viewport: str
    url: str  # as declared, asked directly
    clicked: bool = False  # False: no visible link leads there
    address: str = ""
    title: str = ""
    main: str = ""
    failure: Failure | None = None

    @property
    def gap(self) -> Gap | None:
        """What is missing when it could not be looked at."""
        if self.failure is None:
            return None
        return Gap(what=f"the way to {self.url} by a click", why=self.failure.text, cause=self.failure.cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk(Heard):
    """A declared path, walked once."""

    name: str
    viewport: str
    url: str  # where it starts
    steps: tuple[str, ...]  # in words, without secrets
    broken: int | None = None  # the step that did not work, from 1; 0: the start; None: all did
    wanted: str = ""
    got: str = ""
    address: str = ""  # where it ended
    vitals: Vitals = Vitals()  # only of what was clicked and pressed
    recordings: tuple[Recording, ...] = ()  # of how it broke
    screenshot: bytes = field(default=b"", repr=False)  # of its end
    elapsed: float = 0.0  # seconds

    @property
    def place(self) -> str:
        """The path and its viewport."""
        return f"path “{self.name}” ({self.viewport})"

    @property
    def troubled(self) -> bool:
        """Whether somebody will want to see how it came to this."""
        return not self.hindrances and (self.broken is not None or self.faulty)


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoke:
    """Every declared page in every viewport, every declared path, and what is accepted of them."""

    hosts: tuple[str, ...] = ()  # the target's own
    views: tuple[View, ...] = ()
    crossings: tuple[Crossing, ...] = ()
    walks: tuple[Walk, ...] = ()
    replays: tuple[Recording, ...] = ()  # of second visits to pages that went wrong
    budgets: Budgets = field(default_factory=Budgets)
    ignore_console: tuple[Ignored, ...] = ()
    ignore_requests: tuple[Ignored, ...] = ()

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be observed, each once."""
        heard = (gap for each in (*self.views, *self.walks) for gap in each.gaps)
        return tuple(dict.fromkeys([*heard, *(gap for each in self.crossings if (gap := each.gap))]))

    @property
    def seen(self) -> tuple[View, ...]:
        """The only views that rules may judge."""
        return tuple(view for view in self.views if not view.hindrances)

    @property
    def walked(self) -> tuple[Walk, ...]:
        """The only paths that rules may judge."""
        return tuple(walk for walk in self.walks if not walk.hindrances)

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """Web vitals of every page and path, service workers, and the files that were kept."""
        views = (each for view in self.views for each in _told(_conditions(view), view.felt))
        walks = (each for walk in self.walks for each in _told(f"path “{walk.name}” {walk.viewport}", walk.vitals))
        running = dict.fromkeys(worker for view in self.views for worker in view.workers)
        workers = (Measurement(what=f"service worker {each}", value=1, unit="") for each in running)
        kept = (*self.replays, *(each for walk in self.walks for each in walk.recordings))
        files = (Measurement(what=f"kept {each.name}", value=each.size, unit="B") for each in kept)
        return (*views, *walks, *workers, *files)

    @property
    def not_asked(self) -> tuple[str, ...]:
        """What the targets file leaves out, and what no link leads to."""
        unlinked = [each.page.path for each in self.crossings if not each.clicked and not each.failure]
        away = f"by click: no visible link leads to {', '.join(unlinked)}" if unlinked else ""
        return tuple(filter(None, (away,)))


def same_page(view: View, crossing: Crossing) -> bool:
    """Whether what a click led to is what its address shows; what changes from load to load is let pass."""
    one, other = urlsplit(view.address), urlsplit(crossing.address)
    here = (one.netloc, one.path.rstrip("/"), one.query) == (other.netloc, other.path.rstrip("/"), other.query)
    return here and view.title == crossing.title and alike(view.main, crossing.main)


def alike(one: str, other: str) -> bool:
    """Whether two texts have at least half of their words in common, as often as they occur; numbers do not count."""
    first, second = (Counter(re.findall(r"[^\W\d_]+", text.lower())) for text in (one, other))
    return 2 * (first & second).total() >= (first | second).total()


def _conditions(view: View) -> str:
    alone = "alone" if view.alone else "among other tabs"
    tries = f", best of {len(view.again) + 1}" if view.again else ""
    return f"{view.page.path} {view.viewport} {alone}{tries}"


def _told(name: str, vitals: Vitals) -> Iterator[Measurement]:
    timed = (
        ("first paint", vitals.first_paint),
        ("largest paint", vitals.largest_paint),
        ("interaction to next paint", vitals.interaction),
    )
    for what, value in timed:
        if value is not None:
            yield Measurement(what=f"{name}, {what}", value=value, unit="s")
    if vitals.layout_shift is not None:
        yield Measurement(what=f"{name}, layout shift", value=round(vitals.layout_shift, 3), unit="")


def _least(values: Iterable[float | None]) -> float | None:
    return min((value for value in values if value is not None), default=None)
