"""Header sets, each on a host of its own: what the Observatory's engine and ours are to agree on."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Fields = tuple[tuple[str, str], ...]

PRELOADED = {"app": True}  # of Chromium's list, what these hosts need: name -> with its subdomains
TO_HTTPS = "https"
CLOSED = "closed"
SERVES = "serves"


def page(head: str = "", body: str = "") -> str:
    return f"<!doctype html><html lang=en><head><title>Shop</title>{head}</head><body><h1>Shop</h1>{body}</body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """One host and all that it answers."""

    name: str
    fields: Fields = ()  # of every answer over HTTPS, beside what the edge sends by itself
    without: tuple[str, ...] = ()  # of what the edge sends by itself
    html: str = page()
    status: int | None = None
    moved: Mapping[str, str] | None = None  # path over HTTPS -> where it redirects to
    plain: str | tuple[str, ...] = TO_HTTPS  # port 80: or one location after the other, the last one serves
    preflight: Fields | None = None  # of an answer with 204; None: the edge refuses OPTIONS
    preflight_status: int = 204
    suffix: str = "test"
    trusted: bool = True

    @property
    def host(self) -> str:
        return f"{self.name}.{self.suffix}"


CSP = "content-security-policy"
HSTS = "strict-transport-security"
XFO = "x-frame-options"
XCTO = "x-content-type-options"
CORP = "cross-origin-resource-policy"
REFERRER = "referrer-policy"
COOKIE = "set-cookie"
ALLOW = "access-control-allow-origin"
CREDENTIALS = "access-control-allow-credentials"

STRICT = "default-src 'none'; script-src 'self'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"
GOOD: Fields = (
    (CSP, STRICT),
    (HSTS, "max-age=63072000; includeSubDomains"),
    (XCTO, "nosniff"),
    (REFERRER, "no-referrer"),
    (CORP, "same-origin"),
)
HASH = "sha256-hqBEA/HXB3aJU2FgOnYN8rkAgEVgyfi3Vs1j2/XMPBA="
SRI = "sha384-zTm/dblzLXQNp3CgY+hfaC/WJ6h4XtNrePh2CW2+rO9GPuNiPb9jmthvAL+oI/dQ"


def script(src: str, *, integrity: str = "") -> str:
    pinned = f' integrity="{integrity}" crossorigin' if integrity else ""
    return f'<script src="{src}"{pinned}></script>'


def meta_csp(policy: str) -> str:
    return f'<meta http-equiv="Content-Security-Policy" content="{policy}">'


def of(name: str, *fields: tuple[str, str], **rest: object) -> Set:
    return Set(name=name, fields=fields, **rest)  # type: ignore[arg-type]


def _policies() -> Iterator[Set]:
    """One policy each, for what it does to the test of the policy and of framing."""
    texts = {
        "self": "default-src 'self'",
        "strict": STRICT,
        "default-none": "default-src 'none'",
        "default-none-and-more": "default-src 'none' https://cdn.example",
        "no-value": "default-src",
        "empty-policy": "",
        "too-short": "defa",
        "semicolons-only": ";;;;;;;;",
        "semicolons-and-spaces": " ;; default-src   'self' ;;;script-src 'none';  ",
        "upper-case": "DEFAULT-SRC 'SELF'; SCRIPT-SRC 'UNSAFE-INLINE'",
        "unquoted-keyword": "default-src self; script-src none",
        "unknown-directive": "frame-anchestors 'none'",
        "only-ancestors": "frame-ancestors 'self'",
        "ancestors-anybody": "default-src 'self'; frame-ancestors *",
        "only-upgrade": "upgrade-insecure-requests",
        "only-sandbox": "sandbox allow-scripts",
        "inline-scripts": "default-src 'self'; script-src 'self' 'unsafe-inline'",
        "inline-scripts-with-nonce": "default-src 'self'; script-src 'unsafe-inline' 'nonce-r4nd0mr4nd0m'",
        "inline-scripts-with-hash": f"default-src 'self'; script-src 'unsafe-inline' '{HASH}'",
        "inline-by-default-with-nonce": "default-src 'unsafe-inline' 'nonce-r4nd0mr4nd0m'",
        "none-by-default-with-nonce": "default-src 'none' 'unsafe-inline' 'nonce-r4nd0mr4nd0m'",
        "strict-dynamic": "script-src 'strict-dynamic' 'nonce-r4nd0mr4nd0m' https: 'self'; object-src 'none'",
        "strict-dynamic-alone": "default-src 'none'; script-src 'strict-dynamic'; frame-ancestors 'none'",
        "strict-dynamic-by-default": "default-src 'strict-dynamic' 'nonce-r4nd0mr4nd0m' https: 'unsafe-inline'",
        "strict-dynamic-with-wildcard": "script-src 'strict-dynamic' 'nonce-r4nd0mr4nd0m' *; object-src 'none'",
        "strict-dynamic-with-data": "script-src 'strict-dynamic' 'nonce-r4nd0mr4nd0m' data:; object-src 'none'",
        "eval": "default-src 'self'; script-src 'self' 'unsafe-eval'",
        "eval-in-styles": "default-src 'self'; style-src 'unsafe-eval'",
        "wasm-eval": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
        "scripts-from-data": "default-src 'self'; script-src data:",
        "scripts-from-blob": "default-src 'self'; script-src blob:",
        "scripts-from-any-https": "default-src 'self'; script-src https:",
        "scripts-from-anywhere": "default-src 'self'; script-src http://*.*",
        "scripts-from-subdomains": "default-src 'self'; script-src https://*.example.com",
        "objects-from-anywhere": "default-src 'self'; object-src *",
        "objects-open": "script-src 'self'; style-src 'self'",
        "http-scripts": "default-src 'self'; script-src http://cdn.example",
        "http-connections": "default-src 'self'; connect-src http://api.example",
        "http-reports": "default-src 'self'; report-uri http://reports.example/csp",
        "http-images": "default-src 'self'; img-src http://cdn.example",
        "http-media-and-inline-styles": "default-src 'self'; media-src http:; style-src 'unsafe-inline'",
        "ftp-images": "default-src 'none'; img-src ftp:",
        "http-by-default": "default-src http://cdn.example; script-src 'self'",
        "websockets": "default-src 'self'; connect-src ws://api.example wss:",
        "inline-styles": "default-src 'self'; style-src 'self' 'unsafe-inline'",
        "inline-styles-with-hash": f"default-src 'self'; style-src 'unsafe-inline' '{HASH}'",
        "styles-from-anywhere": "default-src 'none'; style-src *",
        "twice-the-same": "default-src 'self'; script-src 'self'; default-src 'none'",
        "twice-report-uri": "default-src 'self'; report-uri /a; report-uri /b",
        "twice-report-to-unsafe": "script-src 'unsafe-inline'; report-to a; report-to b",
        "superfluous-paths": "default-src https://a.example https://a.example/b https://a.example/b/c 'self' 'self'",
        "broad-covers-hosts": "default-src 'none'; script-src https://a.example https: 'unsafe-inline'",
        "tabs-between": "default-src\t'none';\tscript-src\t'self'",
        "missing-semicolon": "default-src 'self' script-src 'unsafe-inline'",
        "comma-two-policies": "default-src 'self', script-src 'none'; object-src 'none'",
        "elements-and-attributes": "default-src 'self'; script-src-elem *; script-src-attr 'unsafe-inline'",
        "trusted-types": "default-src 'none'; require-trusted-types-for 'script'; trusted-types app",
    }  # fmt: skip
    for name, text in texts.items():
        yield of(f"csp-{name}", (CSP, text))
    other = "default-src https:; script-src 'self' https://a.example; object-src 'none'"
    yield of("csp-two-lines", (CSP, "default-src 'self'"), (CSP, "script-src 'self'"))
    yield of("csp-two-lines-alike", (CSP, "default-src 'self'"), (CSP, "default-src 'self'"))
    yield of("csp-report-only", ("content-security-policy-report-only", STRICT))
    yield of("csp-report-only-beside", (CSP, "default-src 'self'"), ("content-security-policy-report-only", STRICT))
    yield of("csp-meta", html=page(meta_csp("default-src 'none'; script-src 'self'")))
    yield of("csp-meta-ancestors-only", html=page(meta_csp("frame-ancestors 'none'")))
    yield of("csp-meta-with-ancestors", html=page(meta_csp("default-src 'self'; frame-ancestors 'none'")))
    yield of("csp-meta-in-body", html=page("", meta_csp("default-src 'none'")))
    yield of("csp-meta-in-noscript", html=page(f"<noscript>{meta_csp('default-src https:')}</noscript>"))
    yield of("csp-meta-in-template", html=page("", f"<template>{meta_csp('default-src https:')}</template>"))
    yield of("csp-meta-in-comment", html=page(f"<!-- {meta_csp('default-src https:')} -->"))
    yield of("csp-meta-twice", html=page(meta_csp("default-src 'none'") + meta_csp("default-src 'self'; img-src *")))
    yield of("csp-meta-void", html=page(meta_csp("none")))
    yield of("csp-meta-empty", html=page(meta_csp("")))
    yield of("csp-meta-tightens", (CSP, other), html=page(meta_csp("script-src https://a.example/b")))
    yield of("csp-meta-adds", (CSP, "img-src 'none'"), html=page(meta_csp("default-src 'self'; script-src 'self'")))
    yield of("csp-meta-three", (CSP, other), html=page(meta_csp("script-src 'self'") + meta_csp("script-src 'none'")))
    yield of("csp-meta-paths", (CSP, "script-src https://a.example/; object-src 'none'"),
             html=page(meta_csp("script-src https://a.example/js/; object-src 'none'")))  # fmt: skip
    yield of("csp-meta-percent", (CSP, "script-src https://a.example/%41; object-src 'none'"),
             html=page(meta_csp("script-src https://a.example/%zz; object-src 'none'")))  # fmt: skip
    yield of("csp-meta-report-only",
             html=page('<meta http-equiv="content-security-policy-report-only" content="default-src *">'))  # fmt: skip
    yield of("csp-in-text", ("content-type", "text/plain"), html=page(meta_csp("default-src 'none'")))


def _transport() -> Iterator[Set]:
    values = {
        "year": "max-age=31536000",
        "six-months": "max-age=15552000",
        "day-less": "max-age=15465600; includeSubDomains",
        "zero": "max-age=0",
        "preload": "max-age=63072000; includeSubDomains; preload",
        "quoted": 'max-age="31536000"',
        "spaces-around": "max-age = 31536000",
        "upper-case": "MAX-AGE=31536000; INCLUDESUBDOMAINS",
        "no-age": "includeSubDomains",
        "empty": "",
        "comma": "max-age=31536000, max-age=31536000",
        "twice-inside": "max-age=31536000; max-age=60",
        "no-number": "max-age=year",
        "negative": "max-age=-1",
        "fraction": "max-age=31536000.5",
    }
    for name, value in values.items():
        yield of(f"hsts-{name}", (HSTS, value), without=(HSTS,))
    yield of("hsts-missing", without=(HSTS,))
    yield of("hsts-two-lines", (HSTS, "max-age=31536000"))
    yield of("hsts-preloaded-suffix", without=(HSTS,), suffix="app")
    yield of("hsts-preloaded-and-good", *GOOD, suffix="app")


def _ways() -> Iterator[Set]:
    yield of("plain-closed", plain=CLOSED)
    yield of("plain-serves", plain=SERVES)
    yield of("plain-stays", plain=("http://plain-stays.test/home",))
    yield of("plain-detour", plain=("http://plain-detour.test/home", "https://plain-detour.test/"))
    yield of("plain-www-first", plain=("http://www.plain-www-first.test/", "https://plain-www-first.test/"))
    yield of("plain-to-www", plain=("https://www.plain-to-www.test/",))
    yield of("plain-to-www-preloaded", plain=("https://www.plain-to-www-preloaded.app/",), suffix="app")
    yield of("moved-within", *GOOD, (COOKIE, "a=1; Secure"), moved={"/": "/home"})
    yield of("moved-to-www", *GOOD, moved={"/": "https://www.moved-to-www.test/"})
    yield of("moved-twice", *GOOD, moved={"/": "/a", "/a": "/b"})
    yield of("moved-to-plain", *GOOD, moved={"/": "http://moved-to-plain.test/"}, plain=())
    yield of("moved-in-a-circle", *GOOD, moved={"/": "/a", "/a": "/"})
    yield of("moved-away", moved={"/": "https://whole-good.test/"})
    yield of("certificate-of-a-stranger", *GOOD, trusted=False)
    yield of("status-401", *GOOD, status=401)
    yield of("status-403", *GOOD, status=403)
    yield of("status-404", *GOOD, status=404)
    yield of("status-500", *GOOD, status=500)
    yield of("status-203", *GOOD, status=203)


def _framing() -> Iterator[Set]:
    values = {
        "deny": "DENY",
        "sameorigin": "sameorigin",
        "allow-from": "ALLOW-FROM https://other.example",
        "allow-all": "ALLOWALL",
        "list": "DENY, SAMEORIGIN",
        "list-alike": "DENY, DENY",
        "empty": "",
        "quoted": '"DENY"',
    }
    for name, value in values.items():
        yield of(f"xfo-{name}", (XFO, value))
    yield of("xfo-two-lines", (XFO, "DENY"), (XFO, "DENY"))
    yield of("xfo-beside-ancestors", (XFO, "whimsy"), (CSP, "default-src 'self'; frame-ancestors 'none'"))
    yield of("xfo-beside-void-policy", (XFO, "DENY"), (CSP, "frame-ancestors 'none'; frame-ancestors 'none'"))
    yield of("xfo-strict-dynamic-alone", (CSP, "script-src 'strict-dynamic'; frame-ancestors 'none'"))


def _small_fields() -> Iterator[Set]:
    for name, value in {
        "right": "nosniff", "upper-case": "NoSniff", "list": "nosniff, nosniff", "typo": "no-sniff", "empty": "",
    }.items():  # fmt: skip
        yield of(f"xcto-{name}", (XCTO, value))
    yield of("xcto-two-lines", (XCTO, "nosniff"), (XCTO, "nosniff"))
    for name, value in {
        "same-origin": "same-origin", "same-site": "same-site", "cross-origin": "cross-origin",
        "upper-case": "Same-Origin", "typo": "sameorigin", "empty": "", "list": "same-origin, same-origin",
    }.items():  # fmt: skip
        yield of(f"corp-{name}", (CORP, value))
    yield of("corp-two-lines", (CORP, "same-origin"), (CORP, "cross-origin"))
    for name, value in {
        "same-origin": "same-origin", "popups": "same-origin-allow-popups", "none": "unsafe-none", "typo": "sameorigin",
        "quoted": '"same-origin"', "parameter": 'same-origin; report-to="x"',
    }.items():  # fmt: skip
        yield of(
            f"coop-{name}", ("cross-origin-opener-policy", value), ("cross-origin-embedder-policy", "require-corp")
        )
    yield of("coep-two-lines", *[("cross-origin-embedder-policy", "require-corp")] * 2)
    for name, value in {
        "no-referrer": "no-referrer", "same-origin": "same-origin", "strict": "strict-origin",
        "default": "strict-origin-when-cross-origin", "upper-case": "No-Referrer", "origin": "origin",
        "downgrade": "no-referrer-when-downgrade", "unsafe": "unsafe-url", "unknown": "never", "empty": "",
        "fallbacks": "no-referrer, strict-origin-when-cross-origin", "bad-last": "no-referrer, unsafe-url",
        "unknown-last": "no-referrer, brand-new-policy",
    }.items():  # fmt: skip
        yield of(f"referrer-{name}", (REFERRER, value))
    yield of("referrer-two-lines", (REFERRER, "unsafe-url"), (REFERRER, "no-referrer"))
    yield of("referrer-meta", html=page('<meta name="Referrer" content="no-referrer">'))
    yield of("referrer-meta-wins", (REFERRER, "unsafe-url"), html=page('<meta name=referrer content="same-origin">'))
    yield of("referrer-meta-unknown", (REFERRER, "no-referrer"), html=page('<meta name=referrer content="always">'))
    two = '<meta name=referrer content="no-referrer"><meta name=referrer content="unsafe-url">'
    yield of("referrer-meta-last", html=page(two))
    yield of("referrer-meta-empty", html=page("<meta name=referrer content>"))


def _cookies() -> Iterator[Set]:
    lines = {
        "perfect": ("__Host-session=1; Path=/; Secure; HttpOnly; SameSite=Lax",),
        "without-same-site": ("session=1; Secure; HttpOnly",),
        "preferences": ("theme=dark; Secure; SameSite=Lax",),
        "insecure": ("theme=dark",),
        "insecure-session": ("sessionid=1; HttpOnly; SameSite=Lax",),
        "readable-session": ("PHPSESSID=1; Secure; SameSite=Lax",),
        "login": ("loggedin=1; Secure; SameSite=Lax", "login=1; Secure; SameSite=Lax"),
        "csrf-without": ("csrftoken=1; Secure",),
        "csrf-with": ("csrftoken=1; Secure; SameSite=Strict",),
        "same-site-unknown": ("a=1; Secure; SameSite=Sometimes",),
        "same-site-empty": ("a=1; Secure; SameSite",),
        "same-site-none": ("a=1; Secure; SameSite=None",),
        "same-site-none-insecure": ("a=1; SameSite=None",),
        "named-same-site": ("SameSite=Lax; Secure",),
        "host-prefix-broken": ("__Host-id=1; Path=/; HttpOnly; SameSite=Lax",),
        "host-prefix-domain": ("__Host-id=1; Secure; Domain=cookie-host-prefix-domain.test",),
        "host-prefix-no-path": ("__Host-id=1; Secure; HttpOnly; SameSite=Lax",),
        "secure-prefix-broken": ("__Secure-id=1; SameSite=Lax",),
        "deleted": ("session=; Max-Age=0",),
        "expired": ("session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly",),
        "other-domain": ("a=1; Domain=other.test",),
        "own-domain": ("a=1; Domain=.cookie-own-domain.test; Secure",),
        "public-suffix": ("a=1; Domain=test",),
        "no-name": ("=1; Secure", "alone; Secure"),
        "overlooked": ("heroku-session-affinity=1",),
        "overwritten": ("session=1", "session=1; Secure; HttpOnly; SameSite=Lax"),
        "same-name-two-paths": ("a=1; Path=/", "a=1; Path=/b; Secure; SameSite=Lax"),
        "mixed": ("session=1; Secure; HttpOnly; SameSite=Lax", "theme=dark; Secure"),
        "attributes-twice": ("a=1; Secure; SameSite=Lax; SameSite=Strict",),
        "with-comma": ("a=1; Expires=Wed, 09 Jun 2100 10:18:14 GMT; Secure; SameSite=Lax",),
    }
    for name, values in lines.items():
        yield of(f"cookie-{name}", *((COOKIE, value) for value in values))
    yield of("cookie-insecure-no-hsts", (COOKIE, "theme=dark"), without=(HSTS,))
    yield of("cookie-insecure-session-no-hsts", (COOKIE, "session=1; HttpOnly"), without=(HSTS,))
    yield of("cookie-insecure-short-hsts", (COOKIE, "theme=dark"), (HSTS, "max-age=60"), without=(HSTS,))
    yield of("cookie-insecure-preloaded", (COOKIE, "theme=dark"), without=(HSTS,), suffix="app")


def _sharing() -> Iterator[Set]:
    echo = (ALLOW, "{origin}")
    yield of("cors-refused", preflight=None)
    yield of("cors-silent", preflight=(), without=(ALLOW,))
    yield of("cors-public", preflight=((ALLOW, "*"),))
    yield of("cors-public-credentials", preflight=((ALLOW, "*"), (CREDENTIALS, "true")))
    yield of("cors-fixed", preflight=((ALLOW, "https://partner.example"), (CREDENTIALS, "true")))
    yield of("cors-echo", preflight=(echo,))
    yield of("cors-echo-credentials", preflight=(echo, (CREDENTIALS, "true")))
    yield of("cors-echo-credentials-upper-case", preflight=(echo, (CREDENTIALS, "TRUE")))
    yield of("cors-echo-credentials-false", preflight=(echo, (CREDENTIALS, "false")))
    yield of("cors-null", preflight=((ALLOW, "null"), (CREDENTIALS, "true")))
    yield of("cors-two-lines", preflight=(echo, echo, (CREDENTIALS, "true")))
    yield of("cors-echo-not-found", preflight=(echo, (CREDENTIALS, "true")), preflight_status=404)
    yield of("cors-echo-200", preflight=(echo, (CREDENTIALS, "true")), preflight_status=200)
    yield of("cors-echo-moved", *GOOD, moved={"/": "/home"}, preflight=(echo, (CREDENTIALS, "true")))


def _integrity() -> Iterator[Set]:
    cdn = "https://cdn.example/a.js"
    bodies = {
        "none": "",
        "inline": "<script>1</script>",
        "data-block": '<script type="application/ld+json">{}</script>',
        "own": script("/a.js"),
        "own-absolute": script("https://sri-own-absolute.test/a.js"),
        "own-subdomain": script("https://static.sri-own-subdomain.test/a.js"),
        "own-http": script("http://sri-own-http.test/a.js"),
        "own-integrity": script("/a.js", integrity=SRI),
        "elsewhere": script(cdn),
        "elsewhere-integrity": script(cdn, integrity=SRI),
        "elsewhere-http": script("http://cdn.example/a.js"),
        "elsewhere-http-integrity": script("http://cdn.example/a.js", integrity=SRI),
        "elsewhere-no-scheme": script("//cdn.example/a.js"),
        "elsewhere-no-scheme-integrity": script("//cdn.example/a.js", integrity=SRI),
        "own-no-scheme": script("//sri-own-no-scheme.test/a.js"),
        "mixed": script("/a.js") + script(cdn, integrity=SRI) + script("https://other.example/b.js"),
        "both-integrity": script("/a.js", integrity=SRI) + script(cdn, integrity=SRI),
        "worst-first": script("http://cdn.example/a.js") + script(cdn, integrity=SRI),
        "upper-case-scheme": script("HTTPS://CDN.example/a.js"),
        "in-noscript": f"<noscript>{script(cdn)}</noscript>",
        "in-template": f"<template>{script(cdn)}</template>",
        "in-comment": f"<!--{script(cdn)}-->",
        "in-svg": "<svg><script>1</script></svg>",
        "in-textarea": f"<textarea>{script(cdn)}</textarea>",
        "data-address": script("data:text/javascript,1"),
        "empty-address": '<script src=""></script>',
        "module": '<script type=module src="/assets/index-abc.js"></script>',
    }
    for name, body in bodies.items():
        yield of(f"sri-{name}", html=page("", body))
    yield of("sri-base", html=page('<base href="https://cdn.example/x/">', script("a.js")))
    yield of("sri-base-relative", html=page('<base href="/x/">', script("a.js")))
    yield of("sri-text", ("content-type", "text/plain"), html=page("", script(cdn)))
    yield of("sri-xhtml", ("content-type", "application/xhtml+xml"), html=page("", script(cdn)))
    yield of("sri-type-upper-case", ("content-type", "Text/HTML"), html=page("", script(cdn)))
    yield of("sri-type-space", ("content-type", "text/html ; charset=utf-8"), html=page("", script(cdn)))
    yield of("sri-no-type", without=("content-type",), html=page("", script(cdn)))


def _wholes() -> Iterator[Set]:
    helmet = "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests"  # noqa: E501
    yield of("whole-nothing", without=(HSTS, ALLOW))
    yield of("whole-platform")
    yield of("whole-good", *GOOD)
    yield of("whole-good-cookie", *GOOD, (COOKIE, "__Host-session=1; Path=/; Secure; HttpOnly; SameSite=Lax"))
    yield of("whole-good-but-echo", *GOOD, preflight=((ALLOW, "{origin}"), (CREDENTIALS, "true")))
    yield of("whole-helmet", (CSP, helmet), (REFERRER, "no-referrer"), (XCTO, "nosniff"), (XFO, "SAMEORIGIN"),
             (CORP, "same-origin"), ("x-xss-protection", "0"))  # fmt: skip
    yield of("whole-django", (XFO, "DENY"), (XCTO, "nosniff"), (REFERRER, "same-origin"))
    yield of("whole-just-enough-for-bonus", *GOOD[1:], (CSP, "default-src 'self'; script-src 'self' 'unsafe-eval'"),
             (XFO, "DENY"))  # fmt: skip
    ordinary = ((CSP, "default-src 'self'; style-src 'self' 'unsafe-inline'"), (XFO, "DENY"))
    yield of("whole-short-hsts", *ordinary, (XCTO, "nosniff"), (HSTS, "max-age=60"), without=(HSTS,))
    yield of("whole-short-hsts-no-nosniff", *ordinary, (HSTS, "max-age=60"), without=(HSTS,))
    yield of("whole-no-hsts", *ordinary, (XCTO, "nosniff"), without=(HSTS,))
    yield of("whole-no-nosniff", *ordinary)
    yield of("whole-just-too-little", *GOOD[2:], (HSTS, "max-age=60"), (XFO, "DENY"), (CSP, "default-src 'self'"),
             (COOKIE, "a=1; Secure"), without=(HSTS,))  # fmt: skip
    yield of("whole-everything-wrong", (CSP, "default-src *"), (XFO, "ALLOWALL"), (XCTO, "sniff"),
             (REFERRER, "unsafe-url"), (CORP, "whimsy"), (HSTS, "off"), (COOKIE, "session=1"),
             without=(HSTS,), plain=SERVES, html=page("", script("http://cdn.example/a.js")),
             preflight=((ALLOW, "{origin}"), (CREDENTIALS, "true")))  # fmt: skip


SETS: tuple[Set, ...] = (
    *_policies(),
    *_transport(),
    *_ways(),
    *_framing(),
    *_small_fields(),
    *_cookies(),
    *_sharing(),
    *_integrity(),
    *_wholes(),
)


DIRECTIVES = (
    *("default-src", "script-src", "style-src", "object-src", "img-src", "media-src", "connect-src", "base-uri"),
    *("frame-ancestors", "form-action", "report-uri", "upgrade-insecure-requests", "Script-Src", "frame-src"),
)
SOURCES = (
    *("'self'", "'none'", "'unsafe-inline'", "'unsafe-eval'", "'strict-dynamic'", "'nonce-r4nd0m'", f"'{HASH}'", "*"),
    *("https:", "http:", "data:", "blob:", "https://*", "https://a.example", "https://a.example/", "http://b.example"),
    *("https://a.example/js/", "https://a.example/js/x.js", "a.example", "*.a.example", "HTTPS://A.EXAMPLE", "ftp:"),
)


def policy(dice: random.Random) -> str:
    """Anything that looks like one."""
    names = dice.sample(DIRECTIVES, dice.randrange(1, 6))
    return "; ".join(" ".join([name, *dice.choices(SOURCES, k=dice.randrange(4))]) for name in names)


def drawn(seed: int, count: int) -> tuple[Set, ...]:
    """Random combinations of what the sets above are made of, and random policies."""
    dice = random.Random(seed)
    pool = [each for each in SETS if not each.moved and not each.status and each.suffix == "test" and each.trusted]

    def pick(*names: str) -> Fields:
        found = [each.fields for each in pool if each.fields and all(name in names for name, _ in each.fields)]
        return dice.choice(found) if dice.random() < 0.7 else ()

    def one(number: int) -> Set:
        fields = [(CSP, policy(dice))] * dice.randrange(2) or [*pick(CSP)]
        fields += [*pick(XFO), *pick(XCTO), *pick(CORP), *pick(REFERRER), *pick(HSTS)]
        for _ in range(dice.randrange(3)):
            fields += pick(COOKIE)
        return Set(
            name=f"drawn-{number}",
            fields=tuple(fields),
            without=dice.choice([(), (HSTS,)]),
            html=page(meta_csp(policy(dice))) if dice.random() < 0.4 else dice.choice([each.html for each in pool]),
            plain=dice.choice([TO_HTTPS, TO_HTTPS, CLOSED, SERVES]),
            preflight=dice.choice([each.preflight for each in pool]),
            suffix=dice.choice(["test", "test", "app"]),
        )

    return tuple(one(number) for number in range(count))
