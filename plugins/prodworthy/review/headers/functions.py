"""Rules about what edge functions answer: their own code sets these headers, so no rollback of the host helps."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodworthy.model import HTML, Cure, Severity, Shortfall
from prodworthy.model.surface import Served, Surface
from prodworthy.model.text import clean
from prodworthy.review import cookies, hsts
from prodworthy.review.disclosure import is_version
from prodworthy.review.headers.reading import ASVS, MDN, OSHP, items, listed, quoted
from prodworthy.review.headers.transport import FIELD as HSTS
from prodworthy.review.headers.transport import over_tls
from prodworthy.review.headers.types import NOSNIFF
from prodworthy.review.rules import rule

_SET = "Set it with the other headers of every answer of the function: `new Response(body, { headers: { %s } })`."
_SHARED = re.compile(r"public|s-maxage\s*=\s*\"?0*[1-9][0-9]*\"?")


def _own(surface: Surface) -> Iterator[Served]:
    """What the functions' own code answered; the platform says so by the id of the execution."""
    for served in surface.served:
        if not served.answer.lines("x-served-by") or served.answer.lines("x-deno-execution-id"):
            yield served


def _once(shortfalls: Iterator[Shortfall]) -> Iterator[Shortfall]:
    """A function's answers are often all alike."""
    return iter(dict.fromkeys(shortfalls))


@rule(
    "headers.function-hsts",
    title="Functions tell browsers to stay on HTTPS",
    severity=Severity.LOW,
    reason="A host that people's browsers reach only through functions is protected only if these say so.",
    remedy=_SET % '"Strict-Transport-Security": "max-age=63072000; includeSubDomains"',
    references=[ASVS + "3.4.1", OSHP + "Strict-Transport-Security"],
    cure=Cure.NONE,
)
def function_hsts(surface: Surface) -> Iterator[Shortfall]:
    """No field line, a void one, or max-age=0."""
    yield from _once(
        Shortfall(served.where, "max-age=63072000; includeSubDomains", problem)
        for served in _own(surface)
        if over_tls(served) and (problem := _hsts_problem(served))
    )


def _hsts_problem(served: Served) -> str | None:
    line = served.answer.header(HSTS)
    if line is None:
        return "no such header"
    try:
        return None if hsts.parse(line).max_age else quoted([line])
    except hsts.Void as problem:
        return f"{quoted([line])}: {problem}"


@rule(
    "headers.function-nosniff",
    title="Functions tell browsers not to guess content types",
    severity=Severity.LOW,
    reason="Without nosniff a browser that opens the address may take data for a page or a script.",
    remedy=_SET % '"X-Content-Type-Options": "nosniff"',
    references=[ASVS + "3.4.4", OSHP + "X-Content-Type-Options"],
    cure=Cure.NONE,
)
def function_nosniff(surface: Surface) -> Iterator[Shortfall]:
    """No field line, or another word."""
    yield from _once(
        Shortfall(served.where, "nosniff", quoted(lines) if lines else "no such header")
        for served in _own(surface)
        if not (lines := served.answer.lines(NOSNIFF)) or items(lines)[0].lower() != "nosniff"
    )


@rule(
    "headers.function-content-type",
    title="Functions say what they answer with",
    severity=Severity.MEDIUM,
    reason="Without a Content-Type clients guess: supabase-js hands out text where data was meant, browsers may see a "
    "page.",
    remedy="Answer with `Response.json(data)`, or set `Content-Type` yourself.",
    references=[ASVS + "4.1.1", MDN + "Content-Type"],
    cure=Cure.NONE,
)
def function_content_type(surface: Surface) -> Iterator[Shortfall]:
    """A body, and no usable Content-Type."""
    yield from _once(
        Shortfall(served.where, "a Content-Type such as application/json", quoted(lines) if lines else "none")
        for served in _own(surface)
        for lines in [served.answer.lines("content-type")]
        if served.answer.body and "/" not in served.answer.media_type
    )


@rule(
    "headers.function-data-as-html",
    title="Functions do not send data as a page",
    severity=Severity.MEDIUM,
    reason="Whatever the data quotes from a request becomes markup, scripts included, when somebody opens the address.",
    remedy="Answer with `Response.json(data)`.",
    references=[ASVS + "4.1.1", "OWASP Cross Site Scripting Prevention Cheat Sheet"],
    cure=Cure.NONE,
)
def function_data_as_html(surface: Surface) -> Iterator[Shortfall]:
    """JSON with the type of a document."""
    yield from _once(
        Shortfall(served.where, "application/json", quoted(served.answer.lines("content-type")))
        for served in _own(surface)
        if served.answer.media_type in HTML and served.answer.body.lstrip()[:1] in {b"{", b"["}
    )


@rule(
    "headers.function-cached",
    title="What a function answers to one person is not kept for others",
    severity=Severity.MEDIUM,
    reason="public and s-maxage let shared caches keep answers to requests with a token, and hand them to others.",
    remedy=_SET % '"Cache-Control": "no-store"',
    references=[ASVS + "14.3.2", "RFC 9111, section 3.5"],
    cure=Cure.NONE,
)
def function_cached(surface: Surface) -> Iterator[Shortfall]:
    """public or s-maxage on the answer to a call with a token."""
    yield from _once(
        Shortfall(served.where, "no-store, or private", quoted(served.answer.lines("cache-control")))
        for served in _own(surface)
        for words in [{item.lower() for item in items(served.answer.lines("cache-control"))}]
        if served.private and "no-store" not in words and any(map(_SHARED.fullmatch, words))
    )


@rule(
    "headers.function-cookie",
    title="Cookies that functions set are safe from theft",
    severity=Severity.MEDIUM,
    reason="A session cookie without Secure travels in the clear; without HttpOnly any script can take it away.",
    remedy="Set it as `__Host-…; Path=/; Secure; HttpOnly; SameSite=Lax`.",
    references=[ASVS + "3.3.1", ASVS + "3.3.4", OSHP + "Set-Cookie"],
    cure=Cure.NONE,
)
def function_cookie(surface: Surface) -> Iterator[Shortfall]:
    """No Secure, or no HttpOnly on a session cookie."""
    yield from _once(
        Shortfall(served.where, lacking, clean(str(cookie)))
        for served in _own(surface)
        for line in served.answer.lines("set-cookie")
        for cookie in [cookies.parse(line, served.answer.received)]
        if not cookie.expired and (lacking := _lacking(cookie))
    )


def _lacking(cookie: cookies.Cookie) -> str:
    readable = cookie.is_session and not cookie.http_only
    return " and ".join(["Secure"] * (not cookie.secure) + ["HttpOnly"] * readable)


@rule(
    "headers.function-leak",
    title="Functions do not tell the version of their software",
    severity=Severity.LOW,
    reason="A version tells an attacker which known holes to try.",
    remedy="Switch the header off in the framework that the function uses.",
    references=[ASVS + "13.4.6", OSHP + "headers to remove"],
    cure=Cure.NONE,
)
def function_leak(surface: Surface) -> Iterator[Shortfall]:
    """A field names software with its version."""
    yield from _once(
        Shortfall(served.where, "no version", listed(told))
        for served in _own(surface)
        if (told := [f"{name}: {value}" for name, value in served.answer.fields if is_version(name, value)])
    )
