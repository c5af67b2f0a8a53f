"""Rules about what may be kept: by browsers, by caches on the way, and by the site in people's browsers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from prodworthy.model import Severity, Shortfall
from prodworthy.model.surface import Kind, Surface
from prodworthy.review import cookies
from prodworthy.review.headers.reading import ASVS, MDN, OSHP, documents, items, listed, quoted
from prodworthy.review.rules import rule

CLEAR = "clear-site-data"
A_DAY = 86_400  # seconds

_FRESH = re.compile(r"(?:s-maxage|max-age)\s*=\s*\"?0*[1-9][0-9]*\"?")
_CLEARED = frozenset(
    {"cache", "cookies", "storage", "executionContexts", "clientHints", "prefetchCache", "prerenderCache", "*"}
)
_SIGNS_OUT = frozenset({"cookies", "storage", "*"})
_WAY_OUT = re.compile(r"log-?_?(?:out|off)|sign-?_?(?:out|off)", re.IGNORECASE)


@rule(
    "headers.document-cached",
    title="Browsers ask again for documents",
    severity=Severity.MEDIUM,
    reason="A document that browsers keep for days names files of a build that is gone: neither a release nor a "
    "rollback reaches its readers.",
    remedy="Send documents with `Cache-Control: public, max-age=0, must-revalidate` and keep `immutable` for files "
    "with a hash in their name.",
    references=["RFC 9111, section 5.2.2", "Vercel, Cache-Control headers"],
)
def document_cached(surface: Surface) -> Iterator[Shortfall]:
    """Fresh for more than a day in browsers, or immutable."""
    for served in documents(surface):
        words = [item.lower() for item in items(served.answer.lines("cache-control"))]
        if "no-store" in words or "no-cache" in words:
            continue
        if "immutable" in words or any(_seconds(word) > A_DAY for word in words):
            yield Shortfall(served.where, "max-age=0, must-revalidate", quoted(served.answer.lines("cache-control")))


def _seconds(word: str) -> int:
    match = re.fullmatch(r"max-age\s*=\s*\"?([0-9]{1,18})[0-9]*\"?", word)
    return int(match[1]) if match else 0


@rule(
    "headers.session-cached",
    title="Answers that set a session are not kept by caches",
    severity=Severity.MEDIUM,
    reason="A cache that keeps such an answer hands one person's session to the next.",
    remedy="Send `Cache-Control: no-store` with answers that set a session cookie.",
    references=[ASVS + "14.3.2", OSHP + "Cache-Control"],
)
def session_cached(surface: Surface) -> Iterator[Shortfall]:
    """A session cookie is set, and shared caches may serve the answer again without asking."""
    for served in surface.served:
        words = [item.lower() for item in items(served.answer.lines("cache-control"))]
        if {"no-store", "private", "no-cache"} & set(words) or not any(map(_FRESH.fullmatch, words)):
            continue
        lines = served.answer.lines("set-cookie")
        set_here = [each for line in lines if (each := cookies.parse(line)).is_session]
        if any(not each.expired for each in set_here):
            yield Shortfall(served.where, "no-store", quoted(served.answer.lines("cache-control")))


@rule(
    "headers.private-stored",
    title="Personal answers are kept nowhere",
    severity=Severity.MEDIUM,
    reason="What a cache or a shared computer keeps can be read by the next person, also after signing out.",
    remedy='Send `Cache-Control: no-store` with these pages: { "source": "/account(.*)", "headers": [{ "key": '
    '"Cache-Control", "value": "no-store" }] } in vercel.json.',
    references=[ASVS + "14.3.2", OSHP + "Cache-Control"],
)
def private_stored(surface: Surface) -> Iterator[Shortfall]:
    """A page that is declared personal (`headers.private`), without no-store; a redirect to sign in holds nothing."""
    for served in surface.served:
        if served.private and served.kind is Kind.PAGE and served.answer.status < 400:
            lines = served.answer.lines("cache-control")
            if "no-store" not in {item.lower() for item in items(lines)}:
                yield Shortfall(served.where, "no-store", quoted(lines) if lines else "no Cache-Control")


def _cleared(lines: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    """Each item, and the type that browsers take it for."""
    for item in items(lines):
        word = item[1:-1] if len(item) > 2 and item[0] == item[-1] == '"' else None
        yield item or "nothing", word if word in _CLEARED else None


@rule(
    "headers.clear-site-data-void",
    title="Clear-Site-Data is written so that browsers understand it",
    severity=Severity.LOW,
    reason="Types without double quotes, or with other names, clear nothing: the data outlives the signing out.",
    remedy='Send `Clear-Site-Data: "cache", "cookies", "storage"`, with the double quotes.',
    references=[ASVS + "14.3.1", "Clear Site Data, section 3.1"],
)
def clear_site_data_void(surface: Surface) -> Iterator[Shortfall]:
    """An item that is no quoted type."""
    for served in surface.served:
        lines = served.answer.lines(CLEAR)
        if lines and (unknown := [item for item, word in _cleared(lines) if word is None]):
            yield Shortfall(served.where, 'quoted types such as "cookies"', listed(unknown))


@rule(
    "headers.clear-site-data-everywhere",
    title="Only signing out clears what browsers keep for the site",
    severity=Severity.MEDIUM,
    reason="Everybody who opens the page is signed out and loses what the app has kept in the browser.",
    remedy="Send Clear-Site-Data with the answer to signing out only.",
    references=[OSHP + "Clear-Site-Data", MDN + "Clear-Site-Data"],
)
def clear_site_data_everywhere(surface: Surface) -> Iterator[Shortfall]:
    """A page whose address says nothing of signing out clears cookies or storage."""
    for served in documents(surface):
        words = {word for _, word in _cleared(served.answer.lines(CLEAR))}
        if words & _SIGNS_OUT and not _WAY_OUT.search(urlsplit(served.url).path):
            yield Shortfall(served.where, "no such header", quoted(served.answer.lines(CLEAR)))
