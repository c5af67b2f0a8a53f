"""Does any page or path say that something in it went wrong?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urlsplit

from prodworthy.model import Cure, Ignored, Severity, Shortfall
from prodworthy.model.smoke import FailedRequest, Heard, Message, Smoke
from prodworthy.review.rules import rule
from prodworthy.review.smoke.sights import Told, by_place, heard

BEHAVIOUR = {"script", "stylesheet", "fetch", "xhr", "document", "eventsource", "manifest"}
NAMED = 3  # addresses in one finding
# what fetch() and import() throw when no answer can be had, in the words of Chromium, Firefox and WebKit
UNREACHED = re.compile(
    r"TypeError: (Failed to fetch|NetworkError when attempting to fetch resource\.|Load failed)( \([^)]*\))*$"
)
UNIMPORTED = re.compile(r"TypeError: (?:Failed to fetch|error loading) dynamically imported module: (\S+)")


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
    """Uncaught exceptions and unhandled rejections, but for those of smoke.third-party-uncaught."""

    def told(each: Heard) -> Iterator[Told]:
        for text in each.exceptions:
            if not _ignored(smoke.ignore_console, text) and not _by_others(smoke, each, text):
                yield "no uncaught exception", text

    return by_place(heard(smoke), told)


@rule(
    "smoke.third-party-uncaught",
    title="No declared page leaves it uncaught when somebody else cannot be reached",
    severity=Severity.LOW,
    reason="Who blocks it, or has a bad connection, runs into it too; whether it is down for all cannot be told here.",
    remedy="Catch it: fetch(…).catch(() => …), or try around await import(…). If the address is the app's own, declare "
    "it: `domains` or `supabase.url`. What is known and harmless goes into `smoke.ignore_console`, with the reason.",
    references=["Fetch standard §5.6 (fetch method)", "HTML standard §8.1.4.7 (unhandled promise rejections)"],
    cure=Cure.NONE,
)
def third_party_uncaught(smoke: Smoke) -> Iterator[Shortfall]:
    """A fetch() or import() that threw for want of an answer, where only addresses of others gave none."""

    def told(each: Heard) -> Iterator[Told]:
        for text in each.exceptions:
            if not _ignored(smoke.ignore_console, text) and (why := _by_others(smoke, each, text)):
                yield "no uncaught exception", f"{text}; {why}"

    return by_place(heard(smoke), told)


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

    def told(each: Heard) -> Iterator[Told]:
        for message in each.messages:
            if message.level == "error" and not _ignored(smoke.ignore_console, message.text, message.source):
                yield "no error in the console", _said(message)

    return by_place(heard(smoke), told)


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
    """Scripts, stylesheets, fetches and frames; a refusal for want of a sign-in is smoke.request-refused."""
    return _failed(smoke, _in_vain)


@rule(
    "smoke.request-refused",
    title="No declared page asks its own host or back end for data that signed-out visitors are refused",
    severity=Severity.LOW,
    reason="Asking who is signed in is often answered so. What the visitor misses is judged by what the page shows and "
    "says; the same answer comes for a key that has been withdrawn and for a grant that is missing.",
    remedy="If visitors need it, check the key that is built into the app, and the grants to anon. If not, ask only "
    "once somebody is signed in. What is expected goes into `smoke.ignore_requests`, with the reason.",
    references=["RFC 9110 §15.5.2, §15.5.4"],
)
def request_refused(smoke: Smoke) -> Iterator[Shortfall]:
    """Status 401 or 403 for a fetch; declare the page's `text` to have a page without its data found out."""
    return _failed(smoke, lambda request: request.own and request.refused)


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

    def told(each: Heard) -> Iterator[Told]:
        for violation in each.violations:
            if violation.enforced:
                by = f", by {violation.source}" if violation.source else ""
                yield f"nothing that {violation.directive} forbids", f"{violation.blocked}{by}"

    return by_place(heard(smoke), told)


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
    return by_place(heard(smoke), lambda each: (("no dialog", text) for text in each.dialogs))


def _by_others(smoke: Smoke, each: Heard, text: str) -> str:
    """Why an exception may come of other hosts alone; empty when it does not."""
    if module := UNIMPORTED.match(text):
        return "" if urlsplit(module[1]).hostname in smoke.hosts else "it is somebody else's module"
    forbidden = any(violation.enforced and violation.directive == "connect-src" for violation in each.violations)
    if not UNREACHED.match(text) or forbidden or any(map(_in_vain, each.failed)):
        return ""
    unreached = [r for r in each.failed if not r.own and r.kind == "fetch" and r.error]
    told = list(dict.fromkeys(f"{request.url} ({request.error})" for request in unreached))
    more = f" and {len(told) - NAMED} more" if len(told) > NAMED else ""
    return f"only requests to other hosts failed on this page: {', '.join(told[:NAMED])}{more}" if told else ""


def _in_vain(request: FailedRequest) -> bool:
    return request.own and request.kind in BEHAVIOUR and not request.refused


def _failed(smoke: Smoke, concerned: Callable[[FailedRequest], bool]) -> Iterator[Shortfall]:
    def told(each: Heard) -> Iterator[Told]:
        for request in each.failed:
            if concerned(request) and not _ignored(smoke.ignore_requests, request.url):
                what = f"status {request.status}" if request.status else request.error
                yield "an answer below 400", f"{what} for {request.method} {request.url} ({request.kind})"

    return by_place(heard(smoke), told)


def _ignored(accepted: Iterable[Ignored], *texts: str) -> bool:
    return any(re.search(each.pattern, text) for each in accepted for text in texts)


def _said(message: Message) -> str:
    return f"{message.text} ({message.source})" if message.source else message.text
