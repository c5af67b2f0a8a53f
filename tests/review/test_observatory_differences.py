"""Where the score and our own findings part, and why: every row of the tables in docs/grade.md, tried."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from prodworthy.model import Answer, Exchange
from prodworthy.model.arrival import Arrival
from prodworthy.model.surface import Kind, Probe, Served, Stranger, Surface
from prodworthy.review import headers
from prodworthy.review.observatory import grading

PAGE = Path(__file__).parents[2] / "docs" / "grade.md"
FOREIGN = "https://foreign.example"
CSP = "content-security-policy"
HSTS = "strict-transport-security"
COOKIE = "set-cookie"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is served, what the method makes of it, and what we find."""

    fields: tuple[tuple[str, str], ...] = ()
    head: str = ""
    host: str = "shop.test"
    preflight: tuple[tuple[str, str], ...] = ()
    result: str
    rule: str | None  # of ours, without "headers."; None: nothing of its kind


def row(result: str, rule: str | None, *fields: tuple[str, str], **rest: object) -> Row:
    return Row(fields=fields, result=result, rule=rule, **rest)  # type: ignore[arg-type]


SOUND = "csp-implemented-with-no-unsafe"
VIA_CSP = "x-frame-options-implemented-via-csp"
LONG = "hsts-implemented-max-age-at-least-six-months"
META = '<meta http-equiv="Content-Security-Policy" content="{}">'
OUTSIDE = META.format("default-src 'self'")
PINNED = '<script src="https://cdn.example/a.js" integrity="{}" crossorigin></script>'

# the score lets it pass, or gives points for it; we report it
STRICTER = {
    "frame-ancestors-in-meta": row(
        VIA_CSP, "framing-meta-only", head=META.format("default-src 'self'; frame-ancestors 'none'")
    ),
    "frame-ancestors-anybody": row(VIA_CSP, "framing-open", (CSP, "frame-ancestors *"), ("x-frame-options", "DENY")),
    "allow-from": row(
        "x-frame-options-allow-from-origin", "framing-void", ("x-frame-options", "ALLOW-FROM https://a.example")
    ),
    "unquoted-keyword": row(SOUND, "csp-syntax", (CSP, "default-src self")),
    "missing-semicolon": row(SOUND, "csp-syntax", (CSP, "script-src 'self' object-src 'none'; default-src 'self'")),
    "inline-in-elements": row(SOUND, "csp-unsafe-inline", (CSP, "default-src 'self'; script-src-elem 'unsafe-inline'")),
    "scripts-from-blob": row(SOUND, "csp-broad-script-source", (CSP, "default-src 'self'; script-src blob:")),
    "scripts-from-jsonp": row(
        SOUND, "csp-jsonp-host", (CSP, "default-src 'self'; script-src https://cdn.jsdelivr.net")
    ),
    "short-nonce": row(SOUND, "csp-nonce-weak", (CSP, "default-src 'self'; script-src 'nonce-abc'")),
    "open-base-with-nonce": row(
        SOUND, "csp-base-uri-nonce", (CSP, "default-src 'self'; script-src 'nonce-abcdefghijkl'")
    ),
    "policy-outside-head": row(SOUND, "csp-missing", head=f"</head><p>Hats</p>{OUTSIDE}"),
    "hsts-by-list-only": row("hsts-preloaded", "hsts-missing", host="shop.app"),
    "hsts-quoted-short": row(LONG, "hsts-short", (HSTS, 'max-age="60"; includeSubDomains')),
    "hsts-twice-in-one": row(LONG, "hsts-void", (HSTS, "max-age=31536000; includeSubDomains; max-age=31536000")),
    "hsts-no-number": row(LONG, "hsts-void", (HSTS, "max-age=year; includeSubDomains")),
    "hsts-under-a-year": row(LONG, "hsts-under-a-year", (HSTS, "max-age=15552000; includeSubDomains")),
    "corp-upper-case": row(
        "corp-implemented-with-same-origin", "corp-void", ("cross-origin-resource-policy", "Same-Origin")
    ),
    "rejected-cookie": row(
        "cookies-not-found", "cookie-rejected", (COOKIE, "__Host-id=1; Path=/; HttpOnly; SameSite=Lax")
    ),
    "session-by-another-name": row(
        "cookies-secure-with-httponly-sessions-and-samesite",
        "cookie-session-readable",
        (COOKIE, "auth_token=1; Path=/; Secure; SameSite=Lax"),
    ),
    "shared-with-null": row(
        "cross-origin-resource-sharing-implemented-with-restricted-access",
        "cors-null",
        preflight=(("access-control-allow-origin", "null"), ("access-control-allow-credentials", "true")),
    ),
    "integrity-that-pins-nothing": row(
        "sri-implemented-and-external-scripts-loaded-securely", "sri-void", head=PINNED.format("sha512")
    ),
    "foreign-stylesheet": row(
        "sri-not-implemented-but-no-scripts-loaded",
        "sri-missing",
        head='<link rel=stylesheet href="https://cdn.example/a.css">',
    ),
}

# the score takes points away; browsers do not mind, so that we find nothing of the kind, or something lighter
LENIENT = {
    "nosniff-as-a-list": row(
        "x-content-type-options-header-invalid", None, ("x-content-type-options", "nosniff, nosniff")
    ),
    "hsts-spaces": row("hsts-header-invalid", None, (HSTS, "max-age = 63072000; includeSubDomains")),
    "hsts-two-lines": row("hsts-header-invalid", "hsts-repeated", *[(HSTS, "max-age=63072000; includeSubDomains")] * 2),
    "deny-twice": row("x-frame-options-header-invalid", None, *[("x-frame-options", "DENY")] * 2),
    "directive-twice": row("csp-header-invalid", "csp-syntax", (CSP, "default-src 'self'; img-src 'self'; img-src *")),
    "comma-at-the-end": row("csp-header-invalid", None, (CSP, "default-src 'self',")),
    "eval-in-styles": row(
        "csp-implemented-with-unsafe-eval", None, (CSP, "default-src 'self'; style-src 'unsafe-eval'")
    ),
    "images-over-http": row(
        "csp-implemented-with-insecure-scheme-in-passive-content-only",
        "csp-http-source",
        (CSP, "default-src 'self'; img-src http://cdn.example"),
    ),
    "reports-over-http": row(
        "csp-implemented-with-insecure-scheme", None, (CSP, "default-src 'self'; report-uri http://reports.example/")
    ),
    "deleted-cookie": row(
        "cookies-session-without-httponly-flag", None, (COOKIE, "session=; Path=/; Max-Age=0; Secure; SameSite=Lax")
    ),
    "anti-forgery-without-same-site": row(
        "cookies-anticsrf-without-samesite-flag", "cookie-samesite", (COOKIE, "csrftoken=1; Path=/; Secure")
    ),
}

KINDS = {  # result -> rules of ours that would be of its kind
    "x-content-type-options": "nosniff-",
    "hsts": "hsts-",
    "x-frame-options": "framing-void framing-conflict framing-missing",
    "csp-header": "csp-syntax csp-void csp-missing",
    "csp-implemented": "csp-unsafe csp-broad csp-http csp-syntax csp-style",
    "cookies": "cookie-",
}


def surface(row: Row) -> Surface:
    url = f"https://{row.host}/"
    body = f"<!doctype html><html lang=en><head>{row.head}<title>Shop</title></head><body></body></html>"
    fields = (("content-type", "text/html; charset=utf-8"), *row.fields)
    page = Answer(status=200, http="HTTP/2", fields=fields, body=body.encode())
    answer = Answer(status=204, http="HTTP/2", fields=row.preflight)
    served = Served(url=url, kind=Kind.PAGE, answer=page)
    shared = replace(page, fields=(*page.fields, *row.preflight))
    probe = Probe(stranger=Stranger.NULL, origin="null", method="GET", served=replace(served, answer=shared))
    way = (Exchange(method="GET", url=url, purpose="", answer=page),)
    preflight = Exchange(method="OPTIONS", url=url, purpose="", answer=answer, sent=(("origin", FOREIGN),))
    return Surface(
        served=(served,), probes=(probe,) if row.preflight else (), arrival=Arrival(way=way, preflight=preflight)
    )


def found(row: Row) -> set[str]:
    return {finding.rule.removeprefix("headers.") for finding in headers.everything(surface(row))}


def scored(row: Row) -> set[str]:
    grade = headers.grade(surface(row))
    assert grade is not None
    return set(grade.results.values())


@pytest.mark.parametrize("name", STRICTER)
def test_the_score_lets_pass_what_we_report(name: str) -> None:
    row = STRICTER[name]
    assert row.result in scored(row)
    assert grading.passed(row.result)
    assert row.rule in found(row)


@pytest.mark.parametrize("name", LENIENT)
def test_the_score_takes_points_for_what_we_do_not_mind_as_much(name: str) -> None:
    row = LENIENT[name]
    assert row.result in scored(row)
    assert grading.modifier(row.result) < 0
    words = next(words for kind, words in KINDS.items() if row.result.startswith(kind)).split()
    mine = {rule for rule in found(row) if rule.startswith(tuple(words))} - {"hsts-incomplete"}
    assert (row.rule in mine) if row.rule else not mine


def test_the_page_about_the_grade_names_every_difference_that_is_tried() -> None:
    text = PAGE.read_text(encoding="utf-8")
    _, *parts = re.split("## Where (?:we are|the score is) stricter", text)
    stricter, lenient = (part.partition("\nNot scored")[0] for part in parts)
    named = [set(re.findall(r"`headers\.([a-z-]+)`", part)) for part in (stricter, lenient)]
    assert named[0] == {row.rule for row in STRICTER.values()}
    assert named[1] == {row.rule for row in LENIENT.values() if row.rule}
    assert set(re.findall(r"`([a-z0-9-]+)` -[0-9]+", lenient)) == {row.result for row in LENIENT.values()}
