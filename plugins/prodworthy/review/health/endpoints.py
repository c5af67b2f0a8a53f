"""Rules about declared endpoints and pages."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from prodworthy.model import HTML, Answer, Cure, Exchange, Severity, Shortfall
from prodworthy.model.health import Endpoints, EndpointSeen
from prodworthy.model.standing import Before, Medians
from prodworthy.model.text import clean
from prodworthy.review.health.wording import VERCEL_CONFIG, VERCEL_ERRORS, status
from prodworthy.review.rules import rule, together
from prodworthy.review.schemas import misfit

SAMPLES = 3  # from which on there is a median worth its name
SLOWER = 1.5  # times the median before
NOTICEABLE = 0.1  # seconds
BODILESS = frozenset({204, 205, 304})
STATUS_CODES = "https://www.rfc-editor.org/rfc/rfc9110#section-15"


@rule(
    "health.endpoint-status",
    title="Every declared endpoint and page answers with its declared status",
    severity=Severity.CRITICAL,
    reason="People and other systems that ask for this address get an error instead of the app.",
    remedy="look at the deployment's log for this path; if the status is intended, declare it: status = ...",
    references=[STATUS_CODES, VERCEL_ERRORS],
)
def endpoint_status(endpoints: Endpoints) -> Iterator[Shortfall]:
    for seen in endpoints.seen:
        wrong = [answer for answer in seen.answers if answer.status != seen.declared.status]
        if wrong:
            often = f", in {len(wrong)} of {len(seen.answers)} tries" if len(seen.answers) > 1 else ""
            yield Shortfall(
                where=_asked(seen),
                wanted=f"status {seen.declared.status}",
                got=status(wrong[0]) + often,
                remedy=_missing_route(wrong[0]) if seen.page else None,
            )


@rule(
    "health.endpoint-empty",
    title="Whatever promises a body has one",
    severity=Severity.CRITICAL,
    reason="An empty answer with a good status is a blank page, or an API that fools its monitors.",
    remedy="look at what the build or the function writes for this path; an empty file in dist/ is served as it is",
    references=[STATUS_CODES],
)
def endpoint_empty(endpoints: Endpoints) -> Iterator[Shortfall]:
    for seen in endpoints.seen:
        promised = seen.page or seen.declared.schema is not None or seen.declared.media_type
        if promised and any(_is_empty(answer) for answer in _as_declared(seen)):
            yield Shortfall(where=_asked(seen), wanted="a body", got=f"status {seen.declared.status} and 0 bytes")


@rule(
    "health.endpoint-media-type",
    title="Every declared endpoint and page has the media type that it should have",
    severity=Severity.HIGH,
    reason="A page in place of JSON, or the other way round, breaks whoever asked; catch-all rewrites do that.",
    remedy='exclude the path from the catch-all rewrite in vercel.json: "source": "/((?!api/).*)"',
    references=["https://www.rfc-editor.org/rfc/rfc9110#section-8.3", VERCEL_CONFIG],
)
def endpoint_media_type(endpoints: Endpoints) -> Iterator[Shortfall]:
    for seen in endpoints.seen:
        wanted = _wanted_type(seen)
        for answer in _as_declared(seen):
            if wanted and not _is_empty(answer) and not _fits(answer.media_type, wanted):
                yield Shortfall(where=_asked(seen), wanted=wanted, got=clean(answer.media_type) or "no content-type")
                break


@rule(
    "health.endpoint-body",
    title="Every declared endpoint's body fits its JSON Schema",
    severity=Severity.HIGH,
    reason="Whoever relies on this answer gets something else than was agreed.",
    remedy="bring the answer back into its declared shape, or change the schema together with those who rely on it",
    references=["https://json-schema.org/draft/2020-12/json-schema-validation#section-6"],
)
def endpoint_body(endpoints: Endpoints) -> Iterator[Shortfall]:
    for seen in endpoints.seen:
        if seen.declared.schema is None:
            continue
        for answer in _as_declared(seen):
            if not _is_empty(answer) and (problem := misfit(answer, seen.declared.schema)):
                yield Shortfall(where=_asked(seen), wanted="a body that fits the declared schema", got=problem)
                break


@rule(
    "health.endpoint-slow",
    title="Every declared endpoint keeps its latency budget",
    severity=Severity.MEDIUM,
    reason="The team has declared how long this answer may take.",
    remedy="compare with the last good release; a cold start, a missing index or a distant region are the usual causes",
    references=["https://vercel.com/docs/functions/configuring-functions/region"],
    cure=Cure.NONE,
)
def endpoint_slow(endpoints: Endpoints) -> Iterator[Shortfall]:
    for seen in endpoints.seen:
        times = seen.times
        if not times:
            continue
        budget = seen.declared.latency
        for name, limit, took in (
            ("median", budget.median, median(times)),
            ("worst", budget.worst, max(times)),
        ):
            if limit is not None and took > limit:
                wanted = f"{name} of at most {limit * 1000:.0f} ms"
                yield Shortfall(where=_asked(seen), wanted=wanted, got=f"{took * 1000:.0f} ms ({_shares(seen)})")


@rule(
    "health.redirect-loop",
    title="No declared endpoint or page redirects in a loop",
    severity=Severity.CRITICAL,
    reason="Browsers give up on a redirect loop: the page cannot be opened at all.",
    remedy='look for redirects in vercel.json that undo each other, also "cleanUrls" and "trailingSlash"',
    references=["https://www.rfc-editor.org/rfc/rfc9110#section-15.4", VERCEL_CONFIG],
)
def redirect_loop(endpoints: Endpoints) -> Iterator[Shortfall]:
    for seen in endpoints.seen:
        for exchange in seen.exchanges:
            if exchange.failure and exchange.failure.redirect_loop:
                got = clean(f"{exchange.failure.text}; by way of {_ways(exchange)}")
                yield Shortfall(where=_asked(seen), wanted="an answer after at most 10 redirects", got=got)
                break


@rule(
    "health.slower",
    title="No declared endpoint is slower than in the release before",
    severity=Severity.LOW,
    reason="What visitors wait for has grown by more than chance explains.",
    remedy="compare what the two releases do for this answer: queries, calls to others, the size of the body",
    references=["https://web.dev/articles/ttfb", "https://vercel.com/docs/functions/configuring-functions/region"],
    cure=Cure.NONE,
)
def slower(compared: tuple[Endpoints, Before[Endpoints]]) -> Iterator[Shortfall]:
    """Half as long again and a tenth of a second more: a few samples over the internet differ by less on their own.

    A cached answer may well take three times as long as another and nobody notices, and 100 ms more are no news for an
    answer that takes a second; so both must hold.
    """
    now, before = compared
    earlier = before.saved.medians if before.saved else before.evidence and medians(before.evidence)
    for seen in now.seen:
        took, was = _median(seen), earlier.endpoints.get(seen.name) if earlier else None
        if took is not None and was is not None and took > max(was * SLOWER, was + NOTICEABLE):
            wanted = f"a median of about {was * 1000:.0f} ms, as in {clean(before.source)}"
            yield Shortfall(where=_asked(seen), wanted=wanted, got=f"{took * 1000:.0f} ms ({_shares(seen)})")


def medians(endpoints: Endpoints) -> Medians:
    """What a later release is held against; endpoints that were asked too seldom for a median are left out."""
    return Medians(endpoints={seen.name: took for seen in endpoints.seen if (took := _median(seen)) is not None})


every_endpoint = together(
    endpoint_status, endpoint_empty, endpoint_media_type, endpoint_body, endpoint_slow, redirect_loop
)


def _asked(seen: EndpointSeen) -> str:
    return f"{seen.declared.method} {seen.url}"


def _as_declared(seen: EndpointSeen) -> tuple[Answer, ...]:
    """Answers with the declared status; what others hold is not what was declared."""
    if seen.declared.method == "HEAD" or seen.declared.status in BODILESS or 300 <= seen.declared.status < 400:
        return ()
    return tuple(answer for answer in seen.answers if answer.status == seen.declared.status)


def _is_empty(answer: Answer) -> bool:
    return not answer.body.strip()


def _wanted_type(seen: EndpointSeen) -> str | None:
    if seen.declared.media_type:
        return seen.declared.media_type.lower()
    if seen.page:
        return "text/html"
    return "application/json" if seen.declared.schema is not None else None


def _fits(found: str, wanted: str) -> bool:
    if wanted == "application/json":
        return found == wanted or found.endswith("+json")
    return found in HTML if wanted == "text/html" else found == wanted


def _median(seen: EndpointSeen) -> float | None:
    return median(seen.times) if len(seen.times) >= SAMPLES else None


def _shares(seen: EndpointSeen) -> str:
    """Every time, and how much of it went by before the answer began."""
    each = f"ms of all: {_milliseconds(seen.times)}"
    return f"{each}; to the first byte: {_milliseconds(seen.first_bytes)}" if seen.first_bytes else each


def _milliseconds(times: tuple[float, ...]) -> str:
    return ", ".join(f"{time * 1000:.0f}" for time in times)


def _missing_route(answer: Answer) -> str | None:
    if answer.status != 404:
        return None
    return 'a route of a single-page app needs a rewrite in vercel.json: {"source": "/the-path", "destination": "/"}'


def _ways(exchange: Exchange) -> str:
    return ", ".join(hop.header("location") or "?" for hop in exchange.hops)
