"""Rules about a path that does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import HTML, Severity, Shortfall
from prodworthy.model.health import UnknownPage
from prodworthy.review.health.wording import VERCEL_CONFIG, VERCEL_ERRORS, kind
from prodworthy.review.rules import rule, together


@rule(
    "health.unknown-path",
    title="A path that does not exist answers 404",
    severity=Severity.MEDIUM,
    reason="With 200 for everything, broken links look sound, search engines index them, and a missing script is HTML.",
    remedy='let vercel.json rewrite the app\'s own routes only, not "/(.*)", and add a 404.html; '
    'or declare: unknown_path = "fallback"',
    references=["https://developers.google.com/search/docs/crawling-indexing/http-network-errors", VERCEL_CONFIG],
)
def unknown_path(page: UnknownPage) -> Iterator[Shortfall]:
    answer, failure = page.exchange.answered, page.exchange.failure
    if page.expected == "404" and answer and answer.status not in {404, 410}:
        broken = (
            "look at the log for this path: the app fails on what it does not know" if answer.status >= 500 else None
        )
        yield Shortfall(page.exchange.url, "status 404", kind(answer), broken)
    if page.expected == "404" and failure and failure.redirect_loop:
        yield Shortfall(page.exchange.url, "status 404", failure.text)


@rule(
    "health.fallback-missing",
    title="A path that does not exist answers with the declared fallback",
    severity=Severity.MEDIUM,
    reason="The target says that the app itself answers every path, so links into it depend on that.",
    remedy='add the rewrite to vercel.json: {"source": "/(.*)", "destination": "/index.html"}; '
    'or declare: unknown_path = "404"',
    references=[VERCEL_CONFIG],
)
def fallback_missing(page: UnknownPage) -> Iterator[Shortfall]:
    answer, failure = page.exchange.answered, page.exchange.failure
    if page.expected == "fallback" and answer and not (answer.status == 200 and answer.media_type in HTML):
        yield Shortfall(page.exchange.url, "status 200 with the app's page", kind(answer))
    if page.expected == "fallback" and failure and failure.redirect_loop:
        yield Shortfall(page.exchange.url, "status 200 with the app's page", failure.text)


@rule(
    "health.not-found-bare",
    title="A path that does not exist answers with a page of the app's own",
    severity=Severity.INFO,
    reason="Who follows a broken link sees the platform's error text and no way back into the app.",
    remedy="add public/404.html, with a link to the start page: the host serves it for every path that does not exist",
    references=[f"{VERCEL_ERRORS}/NOT_FOUND"],
)
def not_found_bare(page: UnknownPage) -> Iterator[Shortfall]:
    answer = page.exchange.answered
    if page.expected != "404" or answer is None or answer.status not in {404, 410}:
        return
    if answer.media_type not in HTML or answer.header("x-vercel-error"):
        yield Shortfall(page.exchange.url, "status 404 with an HTML page of the app", kind(answer))


@rule(
    "health.fallback-for-scripts",
    title="The fallback answers pages only, not scripts that do not exist",
    severity=Severity.LOW,
    reason="After a release, open tabs ask for chunks of the build before: told a page, they fail with a MIME type "
    "error and cannot tell that reloading would help.",
    remedy='keep files out of the rewrite in vercel.json: {"source": "/((?!assets/).*)", "destination": "/index.html"}',
    references=[VERCEL_CONFIG, "https://vite.dev/guide/build#load-error-handling"],
)
def fallback_for_scripts(page: UnknownPage) -> Iterator[Shortfall]:
    answer = page.asset.answered if page.asset else None
    if page.asset and answer and answer.status < 300 and answer.media_type in HTML:
        yield Shortfall(page.asset.url, "status 404", kind(answer))


every_path = together(unknown_path, fallback_missing, not_found_bare, fallback_for_scripts)
