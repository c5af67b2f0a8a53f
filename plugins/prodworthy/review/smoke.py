"""What the declared pages must do in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urlsplit

from prodworthy.model import Cure, Ignored, Severity, Shortfall, Subject
from prodworthy.model.smoke import FailedRequest, Message, Smoke, View
from prodworthy.review.rules import rule, together

BEHAVIOUR = {"script", "stylesheet", "fetch", "xhr", "document", "eventsource", "manifest"}
SHOWN = 200  # characters of a page's text in a finding

Told = tuple[str, str]  # wanted, got


@rule(
    "smoke.page-status",
    title="Every declared page is answered with a page of the declared status",
    severity=Severity.CRITICAL,
    reason="What people came for is not there.",
    remedy="Open the address: if the host does not know it, add the route or the rewrite to vercel.json; "
    "if it answers 5xx, look into the host's logs; if the page is gone for good, take it out of `pages`.",
    references=["RFC 9110 §15", "Vercel: Project configuration, rewrites"],
)
def page_status(smoke: Smoke) -> Iterator[Shortfall]:
    """The status of the document that is shown in the end."""

    def told(view: View) -> Iterator[Told]:
        wanted = f"a page with status {view.page.status}"
        if view.looping:
            return
        if view.refused:
            yield wanted, f"{view.refused}, status {view.status}" if view.status else view.refused
        elif view.status != view.page.status:
            yield wanted, f"status {view.status}"

    return _by_page(smoke.seen, told)


@rule(
    "smoke.navigation-loop",
    title="Every declared page comes to rest",
    severity=Severity.CRITICAL,
    reason="A page that redirects to or reloads itself never shows anything, and loads the host without end.",
    remedy="Follow the Location headers (curl -IL): usually two redirects undo each other, such as trailingSlash "
    "against a rule of your own, or a script calls location.reload() on every load.",
    references=["Fetch standard, HTTP-redirect fetch: at most 20", "Vercel: Project configuration, redirects"],
)
def navigation_loop(smoke: Smoke) -> Iterator[Shortfall]:
    """Redirects until the browser gives up, or documents until we do."""

    def told(view: View) -> Iterator[Told]:
        if view.looping:
            got = view.refused or f"{view.documents} documents one after the other, then it was stopped"
            yield "a page that stays", got

    return _by_page(smoke.seen, told)


@rule(
    "smoke.page-elsewhere",
    title="Every declared page stays on the target's own addresses",
    severity=Severity.HIGH,
    reason="People who open this page end up at somebody else's.",
    remedy="Remove the redirect, or name the host in `domains` if it is yours.",
    references=["OWASP ASVS 5.0 V3.7", "OWASP: Unvalidated Redirects and Forwards Cheat Sheet"],
)
def page_elsewhere(smoke: Smoke) -> Iterator[Shortfall]:
    """Where the page ended, scripts and meta refresh included."""

    def told(view: View) -> Iterator[Told]:
        if _elsewhere(smoke, view):
            yield f"an address at {' or '.join(smoke.hosts)}", view.address

    return _by_page(smoke.seen, told)


@rule(
    "smoke.page-frozen",
    title="Every declared page answers",
    severity=Severity.CRITICAL,
    reason="While a script runs without end, nothing on the page can be clicked, typed or read.",
    remedy="Look for a loop without end, or for a state update that triggers itself: record a profile in the "
    "browser's performance panel.",
    references=["web.dev: Optimize long tasks"],
)
def page_frozen(smoke: Smoke) -> Iterator[Shortfall]:
    """Whether the main thread answered within ten seconds after the page had settled."""
    return _by_page(
        _arrived(smoke),
        lambda view: [] if view.responsive else [("an answer of the page's main thread", "none within 10 s")],
    )


@rule(
    "smoke.blank-page",
    title="Every declared page shows something",
    severity=Severity.CRITICAL,
    reason="A blank page is an outage, whatever the status says.",
    remedy="Open the page with the browser's console: usually the entry script failed to load or threw before it "
    "rendered (see smoke.uncaught-exception and bundle.chunk-missing for the same page).",
    references=["web.dev: First Contentful Paint"],
)
def blank_page(smoke: Smoke) -> Iterator[Shortfall]:
    """No visible text, picture or control ten seconds after the network fell silent."""

    def told(view: View) -> Iterator[Told]:
        if view.responsive and view.blank:
            cause = f"; {view.exceptions[0]}" if view.exceptions else ""
            yield "text, a picture or a control that is visible", f"nothing{cause}"

    return _by_page(_arrived(smoke), told)


@rule(
    "smoke.text-missing",
    title="Every declared page shows its declared text",
    severity=Severity.CRITICAL,
    reason="The page loads, but not what it is for.",
    remedy="Look at the screenshot. If the page is right and its words have changed, change `text` in the targets "
    "file.",
    references=["Playwright: getByText, visibility"],
)
def text_missing(smoke: Smoke) -> Iterator[Shortfall]:
    """The text is searched without regard to case and runs of white space."""

    def told(view: View) -> Iterator[Told]:
        if view.text_seen is False:
            yield f"the text “{view.page.text}”", _shown(view)

    return _by_page(_rendered(smoke), told)


@rule(
    "smoke.role-missing",
    title="Every declared page shows an element of its declared role",
    severity=Severity.CRITICAL,
    reason="The page loads, but what people work with is not there.",
    remedy="Look at the screenshot. If the page is right, give the element its role by the right HTML element "
    "(<main>, <nav>, <table>), or change `role` in the targets file.",
    references=["WAI-ARIA 1.2 §5.3", "HTML-AAM 1.0 §3"],
)
def role_missing(smoke: Smoke) -> Iterator[Shortfall]:
    """Roles as assistive technology sees them: implicit ones count, hidden elements do not."""

    def told(view: View) -> Iterator[Told]:
        if view.role_seen is False:
            yield f"a visible element with the role {view.page.role}", _shown(view)

    return _by_page(_rendered(smoke), told)


@rule(
    "smoke.title-unexpected",
    title="Every declared page has its declared title once rendered",
    severity=Severity.MEDIUM,
    reason="Tabs, bookmarks, history and screen readers name the page by its title.",
    remedy="Set document.title when the route changes, or change `title` in the targets file.",
    references=["WCAG 2.2 SC 2.4.2", "HTML standard §4.2.2"],
)
def title_unexpected(smoke: Smoke) -> Iterator[Shortfall]:
    """The whole title is compared, white space aside."""

    def told(view: View) -> Iterator[Told]:
        wanted = " ".join((view.page.title or "").split())
        if wanted and view.title != wanted:
            yield f"the title “{wanted}”", f"“{view.title}”" if view.title else "no title"

    return _by_page(_rendered(smoke), told)


@rule(
    "smoke.title-missing",
    title="Every declared page has a title once rendered",
    severity=Severity.LOW,
    reason="Tabs, bookmarks, history and screen readers name the page by its title.",
    remedy="Put a <title> into index.html, and set document.title when the route changes.",
    references=["WCAG 2.2 SC 2.4.2", "HTML standard §4.2.2"],
)
def title_missing(smoke: Smoke) -> Iterator[Shortfall]:
    """For pages that declare no title of their own."""
    return _by_page(
        _rendered(smoke),
        lambda view: [] if view.title or view.page.title else [("a title", "none")],
    )


@rule(
    "smoke.uncaught-exception",
    title="No declared page throws",
    severity=Severity.HIGH,
    reason="A script that dies leaves the page half done: a button without effect, a list that stays empty.",
    remedy="Reproduce it in the browser's console with source maps at hand. What is known and harmless goes into "
    "`smoke.ignore_console`, with the reason.",
    references=["HTML standard §8.1.4.6 (runtime script errors), §8.1.4.7 (unhandled promise rejections)"],
)
def uncaught_exception(smoke: Smoke) -> Iterator[Shortfall]:
    """Uncaught exceptions and unhandled rejections."""

    def told(view: View) -> Iterator[Told]:
        for text in view.exceptions:
            if not _ignored(smoke.ignore_console, text):
                yield "no uncaught exception", text

    return _by_page(_arrived(smoke), told)


@rule(
    "smoke.console-error",
    title="No declared page writes errors to the console",
    severity=Severity.MEDIUM,
    reason="Errors that are there when the page is sound hide those that come when it is not.",
    remedy="Fix what it says. What is known and harmless goes into `smoke.ignore_console`, with the reason.",
    references=["Console standard §2.3"],
)
def console_error(smoke: Smoke) -> Iterator[Shortfall]:
    """console.error, failed console.assert, and the browser's own complaints that no other rule tells better."""

    def told(view: View) -> Iterator[Told]:
        for message in view.messages:
            if message.level == "error" and not _ignored(smoke.ignore_console, message.text, message.source):
                yield "no error in the console", _said(message)

    return _by_page(_arrived(smoke), told)


@rule(
    "smoke.request-failed",
    title="No declared page asks its own host or back end for code or data in vain",
    severity=Severity.HIGH,
    reason="A part of the page that does not load is a part that does not work.",
    remedy="Open the address: if it is gone, an old page asks for a file of another build, or a rewrite is missing; "
    "if the back end refuses, check key, grants and CORS. What is expected goes into `smoke.ignore_requests`, with "
    "the reason.",
    references=["RFC 9110 §15.5, §15.6", "Fetch standard, CORS protocol"],
)
def request_failed(smoke: Smoke) -> Iterator[Shortfall]:
    """Scripts, stylesheets, fetches and frames."""
    return _failed(smoke, lambda request: request.own and request.kind in BEHAVIOUR)


@rule(
    "smoke.asset-failed",
    title="No declared page asks its own host for pictures, fonts or media in vain",
    severity=Severity.MEDIUM,
    reason="People see a gap where a picture should be.",
    remedy="Add the file to the build or correct its address. What is expected goes into `smoke.ignore_requests`, "
    "with the reason.",
    references=["RFC 9110 §15.5, §15.6"],
)
def asset_failed(smoke: Smoke) -> Iterator[Shortfall]:
    """All kinds of requests that are neither code nor data."""
    return _failed(smoke, lambda request: request.own and request.kind not in BEHAVIOUR)


@rule(
    "smoke.third-party-failed",
    title="No declared page asks somebody else in vain",
    severity=Severity.INFO,
    reason="It may be the third party or the network of this run; what it breaks is judged by what the page shows.",
    remedy="See whether it fails for your users too; serve what the page cannot do without from your own host.",
    references=["web.dev: Efficiently load third-party JavaScript"],
    cure=Cure.NONE,
)
def third_party_failed(smoke: Smoke) -> Iterator[Shortfall]:
    """Never above info: from here it cannot be told whose fault it is."""
    return _failed(smoke, lambda request: not request.own)


@rule(
    "smoke.csp-violation",
    title="No declared page does what its own Content-Security-Policy forbids",
    severity=Severity.HIGH,
    reason="The browser has blocked a part of the page: the policy or the page is wrong.",
    remedy="If the page needs it, allow exactly that source in the Content-Security-Policy of vercel.json (a hash or "
    "nonce for inline code, never 'unsafe-inline'); otherwise remove it from the page.",
    references=["CSP Level 3 §5", "MDN: SecurityPolicyViolationEvent"],
)
def csp_violation(smoke: Smoke) -> Iterator[Shortfall]:
    """Enforced policies only; what a report-only one would forbid is what it is there to find out."""

    def told(view: View) -> Iterator[Told]:
        for violation in view.violations:
            if violation.enforced:
                by = f", by {violation.source}" if violation.source else ""
                yield f"nothing that {violation.directive} forbids", f"{violation.blocked}{by}"

    return _by_page(_arrived(smoke), told)


@rule(
    "smoke.dialog",
    title="No declared page opens a dialog by itself",
    severity=Severity.LOW,
    reason="alert, confirm and prompt stop the page until somebody clicks; on load they are left over from debugging.",
    remedy="Remove the call, or show the message in the page.",
    references=["HTML standard §8.8.1"],
)
def dialog(smoke: Smoke) -> Iterator[Shortfall]:
    """They were dismissed so that the page could go on."""
    return _by_page(_arrived(smoke), lambda view: (("no dialog", text) for text in view.dialogs))


@rule(
    "smoke.load-unfinished",
    title="Every declared page finishes loading in time",
    severity=Severity.LOW,
    reason="The tab spins, and what waits for the load event never runs.",
    remedy="Find the request that hangs in the browser's network panel; load what is not needed at first with "
    "loading=lazy or after the load event.",
    references=["HTML standard §13.2.7"],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def load_unfinished(smoke: Smoke) -> Iterator[Shortfall]:
    """The load event within `smoke.timeout`. What the page shows is judged all the same."""
    return _by_page(
        _arrived(smoke),
        lambda view: [] if view.loaded else [("the load event within `smoke.timeout`", "none")],
    )


answers = together(page_status, navigation_loop, page_elsewhere)
shows_something = together(blank_page, page_frozen)
shows_what_is_declared = together(text_missing, role_missing, title_unexpected, title_missing)
requests = together(request_failed, asset_failed, third_party_failed)
manners = together(dialog, load_unfinished)


def _arrived(smoke: Smoke) -> list[View]:
    """The views of the page that was asked for: whatever shows on an error page is no fault of its own."""
    return [
        view
        for view in smoke.seen
        if not view.looping and not view.refused and view.status == view.page.status and not _elsewhere(smoke, view)
    ]


def _rendered(smoke: Smoke) -> list[View]:
    return [view for view in _arrived(smoke) if view.responsive and not view.blank]


def _elsewhere(smoke: Smoke, view: View) -> bool:
    parts = urlsplit(view.address)
    return parts.scheme in {"http", "https"} and parts.hostname not in smoke.hosts


def _by_page(views: Iterable[View], told: Callable[[View], Iterable[Told]]) -> Iterator[Shortfall]:
    """One shortfall for each page and thing told; `where` names the viewports in which it was seen."""
    viewports: dict[tuple[str, Told], dict[str, None]] = {}
    for view in views:
        for each in told(view):
            viewports.setdefault((view.url, each), {})[view.viewport] = None
    for (url, (wanted, got)), names in viewports.items():
        yield Shortfall(where=f"{url} ({', '.join(names)})", wanted=wanted, got=got)


def _failed(smoke: Smoke, concerned: Callable[[FailedRequest], bool]) -> Iterator[Shortfall]:
    def told(view: View) -> Iterator[Told]:
        for request in view.failed:
            if concerned(request) and not _ignored(smoke.ignore_requests, request.url):
                what = f"status {request.status}" if request.status else request.error
                yield "an answer below 400", f"{what} for {request.method} {request.url} ({request.kind})"

    return _by_page(_arrived(smoke), told)


def _ignored(accepted: Iterable[Ignored], *texts: str) -> bool:
    return any(re.search(each.pattern, text) for each in accepted for text in texts)


def _said(message: Message) -> str:
    return f"{message.text} ({message.source})" if message.source else message.text


def _shown(view: View) -> str:
    text = view.text if len(view.text) <= SHOWN else f"{view.text[:SHOWN]}…"
    return f"“{text}”" if text else "no text at all"
