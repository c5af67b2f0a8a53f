"""Faults of the security headers check: in vercel.json, in documents, and in what answers carry besides."""

from __future__ import annotations

import json
from typing import Any

from tests.faults.breaks import STOREFRONT, Break, answer, config, expects, header, replace
from tests.faults.catalogue import Catalogue, Fault
from tests.faults.headers_grade import GRADE

SHOP = r"^https://storefront\.test"
ROOT = rf"{SHOP}/$"
ABOUT = rf"{SHOP}/about$"
UNKNOWN = r"\(unknown page\)$"
REDIRECT = r"/old \(redirect\)$"
SCRIPT = r"\.js \(asset\)$"
STYLE = r"\.css \(asset\)$"
DATA = r"/version\.json \(endpoint\)$"
QUOTE = r"/functions/v1/quote \(function\)$"
CHECKOUT = r"/functions/v1/checkout \(function\)$"

BASE: dict[str, Any] = {
    "pages": ["/", "/about"],
    "endpoints": [{"path": "/version.json"}],
    "embedded": {"users": None},
    "supabase": None,
    "functions": None,
    "budgets": None,
    "not_applicable": {"supabase": "not of headers", "functions": "not of headers"},
}
# the functions need the back end that they run on
BACK_END: dict[str, Any] = {
    "supabase": {
        "url": {"env": "VITE_SUPABASE_URL", "file": f"{STOREFRONT}/.env"},
        "key": {"env": "VITE_SUPABASE_KEY", "file": f"{STOREFRONT}/.env"},
    },
    "functions": {
        "quote": {
            "request": {"method": "POST", "json": {"sku": "HW-101", "quantity": 2}},
            "refusal": {"request": {"method": "POST", "json": {"sku": 7}}, "status": 400},
            "verify_jwt": False,
            "repeatable": True,
        }
    },
    "not_applicable": {"functions": None},
}

_BLOCKS = json.loads((STOREFRONT / "vercel.json").read_text(encoding="utf-8"))["headers"]
POLICY: str = next(each["value"] for each in _BLOCKS[0]["headers"] if each["key"] == "content-security-policy")
HASH = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
DIGEST = "sha384-" + "A" * 64
STRICT_NONCE = "'nonce-{random}' 'strict-dynamic'"


def hsts(value: str | None) -> Break:
    return header("strict-transport-security", value)


def csp(text: str | None) -> Break:
    return header("content-security-policy", text)


def instead(old: str, new: str) -> Break:
    """The storefront's policy with one piece in another's place."""
    assert old in POLICY, old
    return csp(POLICY.replace(old, new))


def scripts(sources: str) -> Break:
    return instead("script-src 'self'", f"script-src {sources}")


def unframed() -> Break:
    """Nobody says who may frame the pages."""
    return instead("frame-ancestors 'none'; ", "")


def in_head(markup: str) -> Break:
    return replace("dist/index.html", '<meta charset="utf-8">', f'<meta charset="utf-8">{markup}')


def in_body(markup: str) -> Break:
    return replace("dist/index.html", "</footer>", f"</footer>{markup}")


def further(name: str, value: str, at: str = "/") -> Break:
    """One more field line, even of a name that is there."""
    return answer(path=at, fields=[(name, value)])


def sends(name: str, *values: str, at: str = "/") -> Break:
    """These field lines in place of what is there."""
    return answer(path=at, without=[name], fields=[(name, value) for value in values])


def cookie(text: str, at: str = "/") -> Break:
    return further("set-cookie", text, at)


def shared(
    *, at: str, origin: str, credentials: bool = False, vary: str | None = "Origin", method: str = ".*"
) -> Break:
    """The origin that asks is let in, if it is one of these."""
    fields = [("access-control-allow-origin", "{origin}")]
    fields += [("access-control-allow-credentials", "true")] if credentials else []
    fields += [("vary", vary)] if vary else []
    return answer(path=at, origin=origin, method=method, without=["access-control-allow-origin"], fields=fields)


def called(*breaks: Break) -> tuple[Break, ...]:
    """With the functions, and these spoils of what they answer."""
    return (expects(**BACK_END), *breaks)


def from_quote(**spoil: Any) -> Break:
    return answer(host=r".*supabase\.co", path="/functions/v1/quote", method="POST", **spoil)


APART = r"(\?prodworthy=stranger)?"
FOREIGN = r"https://foreign\.example"
ANYBODY = r".*"
EVERY_PAGE = r"/(about)?"
OLD = config(redirects=[{"source": "/old", "destination": "/about", "permanent": True}])
VISIT_OLD = (OLD, expects(pages=["/", "/old"]))
PERSONAL = expects(headers={"private": ["/about"]})
UNSHARED = answer(path=f"/about{APART}", without=["access-control-allow-origin"])
NOT_STORED = header("cache-control", "no-store", at="/about")


def fault(name: str, rule: str, where: str, *breaks: Break, may: str = "", got: str = "") -> Fault:
    """`may`: other rules of the check, without its name."""
    entailed = frozenset(f"headers.{each}" for each in may.split())
    return Fault(name=name, rule=f"headers.{rule}", where=where, breaks=breaks, may=entailed, got=got)


TRANSPORT = (
    fault("hsts-void-by-a-comma", "hsts-void", ROOT, hsts("max-age=63072000, includeSubDomains")),
    fault("hsts-void-by-repetition", "hsts-void", ROOT, hsts("max-age=63072000; max-age=63072000; includeSubDomains")),
    fault("hsts-without-seconds", "hsts-void", ROOT, hsts("includeSubDomains")),
    fault("hsts-in-words", "hsts-void", ROOT, hsts("max-age=two-years; includeSubDomains")),
    fault("hsts-subdomains-with-a-value", "hsts-void", ROOT, hsts("max-age=63072000; includeSubDomains=true")),
    fault("hsts-switched-off", "hsts-off", ROOT, hsts("max-age=0; includeSubDomains")),
    fault("hsts-for-a-day", "hsts-short", ROOT, hsts("max-age=86400; includeSubDomains")),
    fault("hsts-for-half-a-year", "hsts-under-a-year", ROOT, hsts("max-age=15552000; includeSubDomains")),
    fault("hsts-without-subdomains", "hsts-subdomains", ROOT, hsts("max-age=63072000")),
    fault(
        "hsts-sent-twice",
        "hsts-repeated",
        ROOT,
        further("strict-transport-security", "max-age=0"),
        got=r"\| max-age=0$",
    ),
    fault(
        "hsts-preload-without-subdomains",
        "hsts-preload",
        ROOT,
        hsts("max-age=63072000; preload"),
        may="hsts-subdomains",
    ),
    fault("hsts-missing-everywhere", "hsts-missing", ROOT, answer(without=["strict-transport-security"])),
    fault(
        "hsts-missing-on-one-page", "hsts-missing", ABOUT, answer(path="/about", without=["strict-transport-security"])
    ),
    fault(
        "hsts-missing-on-errors",
        "hsts-incomplete",
        UNKNOWN,
        answer(path="/prodworthy-.*", without=["strict-transport-security"]),
    ),
    fault(
        "hsts-missing-on-files",
        "hsts-incomplete",
        SCRIPT,
        answer(path=r"/assets/.*", without=["strict-transport-security"]),
    ),
    fault(
        "hsts-missing-on-redirects",
        "hsts-incomplete",
        REDIRECT,
        *VISIT_OLD,
        answer(path="/old", without=["strict-transport-security"]),
    ),
    fault(
        "redirect-to-plain-http",
        "redirect-plain",
        REDIRECT,
        expects(pages=["/", "/old"]),
        answer(path="/old", status=308, body="", fields=[("location", "http://storefront.test/about")]),
    ),
)

PRESENCE = (
    fault("no-policy", "csp-missing", ROOT, csp(None), may="framing-options-only"),
    fault(
        "no-policy-on-errors",
        "csp-missing",
        UNKNOWN,
        answer(path="/prodworthy-.*", without=["content-security-policy"]),
        may="framing-options-only",
    ),
    fault(
        "policy-on-trial-only",
        "csp-report-only",
        ROOT,
        csp(None),
        header("content-security-policy-report-only", POLICY),
        may="framing-options-only",
    ),
    fault("policy-of-separators", "csp-void", ROOT, csp("; ;"), may="framing-options-only"),
    fault("policy-of-unknown-words", "csp-void", ROOT, csp("default_src: self"), may="framing-options-only"),
    fault(
        "policy-outside-the-head",
        "csp-missing",
        ROOT,
        csp(None),
        in_body(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'),
        may="framing-options-only",
    ),
    fault("directive-unknown", "csp-syntax", ROOT, csp(f"{POLICY}; script-scr 'none'")),
    fault("directive-twice", "csp-syntax", ROOT, csp(f"{POLICY}; img-src *"), got="twice"),
    fault("semicolon-missing", "csp-syntax", ROOT, instead("style-src 'self';", "style-src 'self'"), got="semicolon"),
    fault("keyword-unquoted", "csp-syntax", ROOT, instead("style-src 'self'", "style-src self"), got="single quotes"),
    fault("keyword-unknown", "csp-syntax", ROOT, instead("style-src 'self'", "style-src 'self' 'unsafe-inlin'")),
    fault("scheme-without-a-colon", "csp-syntax", ROOT, instead("img-src 'self'", "img-src 'self' data"), got="colon"),
    fault(
        "none-beside-others", "csp-syntax", ROOT, instead("style-src 'self'", "style-src 'self' 'none'"), got="'none'"
    ),
    fault("hash-cut-short", "csp-syntax", ROOT, scripts("'self' 'sha256-abcd'"), got="digest"),
    fault("nonce-never-filled-in", "csp-syntax", ROOT, scripts("'self' 'nonce-{{nonce}}'"), got="base64"),
    fault("sandbox-flag-unknown", "csp-syntax", ROOT, csp(f"{POLICY}; sandbox allow-script"), got="allow-script"),
    fault("directive-long-gone", "csp-deprecated", ROOT, csp(f"{POLICY}; block-all-mixed-content")),
    fault(
        "policy-names-plain-http", "csp-http-source", ROOT, instead("img-src 'self'", "img-src 'self' http://a.example")
    ),
    fault("policy-allows-plain-http", "csp-http-source", ROOT, instead("img-src 'self'", "img-src 'self' http:")),
    fault("policy-names-an-address", "csp-ip-source", ROOT, instead("img-src 'self'", "img-src 'self' 192.0.2.7")),
)

SCRIPTS = (
    fault(
        "scripts-ungoverned",
        "csp-scripts-unrestricted",
        ROOT,
        csp("object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"),
    ),
    fault(
        "handlers-ungoverned",
        "csp-scripts-unrestricted",
        ROOT,
        instead("default-src 'none'; script-src", "script-src-elem"),
    ),
    fault("inline-scripts-run", "csp-unsafe-inline", ROOT, scripts("'self' 'unsafe-inline'")),
    fault("inline-handlers-run", "csp-unsafe-inline", ROOT, scripts("'self'; script-src-attr 'unsafe-inline'")),
    fault(
        "inline-scripts-run-by-default",
        "csp-unsafe-inline",
        ROOT,
        csp("default-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"),
        may="csp-style-unsafe-inline",
    ),
    fault("scripts-from-anywhere", "csp-broad-script-source", ROOT, scripts("*")),
    fault("scripts-from-any-https-host", "csp-broad-script-source", ROOT, scripts("'self' https:")),
    fault("scripts-from-data", "csp-broad-script-source", ROOT, scripts("'self' data:")),
    fault("scripts-from-anybodys-hosts", "csp-broad-script-source", ROOT, scripts("'self' https://*.vercel.app")),
    fault("text-becomes-code", "csp-unsafe-eval", ROOT, scripts("'self' 'unsafe-eval'")),
    fault("scripts-from-a-public-cdn", "csp-jsonp-host", ROOT, scripts("'self' https://cdn.jsdelivr.net")),
    fault("scripts-from-below-a-jsonp-host", "csp-jsonp-host", ROOT, scripts("'self' *.googleapis.com")),
    fault(
        "scripts-from-any-host-of-a-cloud", "csp-broad-script-source", ROOT, scripts("'self' https://*.amazonaws.com")
    ),
    fault("scripts-from-everybodys-buckets", "csp-jsonp-host", ROOT, scripts("'self' https://s3.amazonaws.com")),
    fault("strict-dynamic-from-nothing", "csp-strict-dynamic-alone", ROOT, scripts("'strict-dynamic'")),
    fault("nonce-too-short", "csp-nonce-weak", ROOT, scripts("'nonce-abc'"), may="csp-nonce-reused"),
    fault(
        "nonce-built-in",
        "csp-nonce-reused",
        rf"{SHOP}/",
        scripts("'nonce-rAnd0mButAlwaysTheSame'"),
        expects(pages=["/"]),
    ),
    fault(
        "nonce-kept-by-a-cache",
        "csp-nonce-reused",
        ABOUT,
        sends(
            "content-security-policy",
            POLICY.replace("script-src 'self'", "script-src 'nonce-{random}'"),
            at=f"(/|/prodworthy-.*){APART}",
        ),
        sends(
            "content-security-policy",
            POLICY.replace("script-src 'self'", "script-src 'nonce-rAnd0mButAlwaysTheSame'"),
            at=f"/about{APART}",
        ),
        expects(pages=["/about", "/"]),
    ),
    fault("handlers-by-hash", "csp-unsafe-hashes", ROOT, scripts(f"'self' 'unsafe-hashes' {HASH}")),
)

INJECTION = (
    fault("plug-ins-from-anywhere", "csp-object-src-open", ROOT, instead("object-src 'none'", "object-src *")),
    fault(
        "plug-ins-ungoverned",
        "csp-object-src-open",
        ROOT,
        csp("script-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"),
    ),
    fault("base-address-open", "csp-base-uri", ROOT, instead("base-uri 'none'; ", "")),
    fault("base-address-anywhere", "csp-base-uri", ROOT, instead("base-uri 'none'", "base-uri https:")),
    fault(
        "base-address-open-beside-a-hash",
        "csp-base-uri-nonce",
        ROOT,
        csp(
            POLICY.replace("base-uri 'none'; ", "").replace("script-src 'self'", f"script-src {HASH} 'strict-dynamic'")
        ),
    ),
    fault(
        "base-address-open-beside-a-nonce",
        "csp-base-uri-nonce",
        ROOT,
        sends(
            "content-security-policy",
            POLICY.replace("base-uri 'none'; ", "").replace("script-src 'self'", f"script-src {STRICT_NONCE}"),
            at=".*",
        ),
    ),
    fault("forms-go-anywhere", "csp-form-action", ROOT, instead("form-action 'self'; ", "")),
    fault(
        "forms-to-anybody", "csp-form-action", ROOT, instead("form-action 'self'", "form-action *"), got=r"action \*"
    ),
    fault(
        "inline-styles",
        "csp-style-unsafe-inline",
        ROOT,
        instead("style-src 'self'", "style-src 'self' 'unsafe-inline'"),
    ),
)

FRAMES = (
    fault("anybody-may-frame", "framing-missing", ROOT, unframed(), header("x-frame-options", None)),
    fault(
        "anybody-may-frame-a-form",
        "framing-controls",
        ROOT,
        unframed(),
        header("x-frame-options", None),
        in_body('<form method="post" action="/buy"><button>Buy</button></form>'),
        may="framing-missing",
    ),
    fault(
        "frame-ancestors-in-meta-only",
        "framing-meta-only",
        ROOT,
        unframed(),
        header("x-frame-options", None),
        in_head('<meta http-equiv="Content-Security-Policy" content="frame-ancestors \'none\'">'),
        may="framing-missing",
    ),
    fault("allow-from", "framing-void", ROOT, unframed(), header("x-frame-options", "ALLOW-FROM https://a.example")),
    fault("frame-option-unknown", "framing-void", ROOT, unframed(), header("x-frame-options", "NONE")),
    fault("frame-ancestors-star", "framing-open", ROOT, instead("frame-ancestors 'none'", "frame-ancestors *")),
    fault("frame-ancestors-scheme", "framing-open", ROOT, instead("frame-ancestors 'none'", "frame-ancestors https:")),
    fault(
        "frame-ancestors-anybodys",
        "framing-open",
        ROOT,
        instead("frame-ancestors 'none'", "frame-ancestors 'self' https://*.vercel.app"),
    ),
    fault("frame-options-only", "framing-options-only", ROOT, unframed()),
    fault(
        "frame-options-disagree",
        "framing-conflict",
        ROOT,
        unframed(),
        further("x-frame-options", "SAMEORIGIN"),
        may="framing-options-only",
    ),
)

CONTENT = (
    fault("nosniff-missing-on-pages", "nosniff-missing", ROOT, answer(path="/", without=["x-content-type-options"])),
    fault(
        "nosniff-missing-on-files",
        "nosniff-missing",
        SCRIPT,
        answer(path=".*[.]js.*", without=["x-content-type-options"]),
    ),
    fault(
        "nosniff-missing-on-errors",
        "nosniff-missing",
        UNKNOWN,
        answer(path="/prodworthy-.*", without=["x-content-type-options"]),
    ),
    fault("nosniff-misspelt", "nosniff-void", ROOT, header("x-content-type-options", "no-sniff")),
    fault("nosniff-behind-another-word", "nosniff-void", ROOT, header("x-content-type-options", "1, nosniff")),
    fault("file-without-a-type", "content-type-missing", STYLE, answer(path=".*[.]css.*", without=["content-type"])),
    fault("page-without-a-type", "content-type-missing", ROOT, answer(path="/", without=["content-type"])),
    fault(
        "encoding-unknown",
        "content-type-charset",
        ROOT,
        sends("content-type", "text/html", at=EVERY_PAGE),
        replace("dist/index.html", '<meta charset="utf-8">', ""),
    ),
    fault(
        "page-kept-for-a-year",
        "document-cached",
        ROOT,
        header("cache-control", "public, max-age=31536000, immutable", at="/"),
    ),
    fault("page-kept-for-a-week", "document-cached", ABOUT, header("cache-control", "max-age=604800", at="/about")),
    fault(
        "session-in-a-shared-cache",
        "session-cached",
        ROOT,
        header("cache-control", "public, max-age=60", at="/"),
        cookie("__Host-session=s; Path=/; Secure; HttpOnly; SameSite=Lax"),
    ),
    fault("personal-page-kept", "private-stored", ABOUT, PERSONAL, UNSHARED, got="max-age=0"),
    fault("clearing-unquoted", "clear-site-data-void", ROOT, further("clear-site-data", "cookies, storage")),
    fault("clearing-on-every-visit", "clear-site-data-everywhere", ROOT, further("clear-site-data", '"cookies"')),
)

PRIVACY = (
    fault("no-referrer-policy", "referrer-policy-missing", ROOT, header("referrer-policy", None)),
    fault("referrer-policy-misspelt", "referrer-policy-unknown", ROOT, header("referrer-policy", "no-referer")),
    fault("whole-addresses-leave", "referrer-policy-unsafe", ROOT, header("referrer-policy", "unsafe-url")),
    fault(
        "last-referrer-policy-wins",
        "referrer-policy-unsafe",
        ROOT,
        header("referrer-policy", "no-referrer, no-referrer-when-downgrade"),
    ),
    fault(
        "document-overrides-referrer-policy",
        "referrer-policy-unsafe",
        ROOT,
        in_head('<meta name="referrer" content="unsafe-url">'),
    ),
    fault("origin-over-plain-http", "referrer-policy-origin", ROOT, header("referrer-policy", "origin")),
    fault(
        "link-leaks-the-address",
        "referrer-policy-attribute",
        ROOT,
        in_body('<a href="https://a.example" referrerpolicy="unsafe-url">partner</a>'),
    ),
    fault("no-permissions-policy", "permissions-policy-missing", ROOT, header("permissions-policy", None)),
    fault("feature-policy-syntax", "permissions-policy-void", ROOT, header("permissions-policy", "camera 'none'")),
    fault("permission-in-capitals", "permissions-policy-void", ROOT, header("permissions-policy", "Camera=()")),
    fault("permissions-end-in-a-comma", "permissions-policy-void", ROOT, header("permissions-policy", "camera=(),")),
    fault("camera-for-everybody", "permissions-policy-wildcard", ROOT, header("permissions-policy", "camera=*")),
    fault(
        "origin-without-quotes",
        "permissions-policy-ignored",
        ROOT,
        header("permissions-policy", "geolocation=(self https://maps.example)"),
    ),
    fault("self-in-quotes", "permissions-policy-ignored", ROOT, header("permissions-policy", 'camera=("self")')),
    fault("feature-unknown", "permissions-policy-unknown", ROOT, header("permissions-policy", "camra=()")),
)

ISOLATION = (
    fault("no-opener-policy", "coop-missing", ROOT, header("cross-origin-opener-policy", None)),
    fault("opener-policy-open", "coop-missing", ROOT, header("cross-origin-opener-policy", "unsafe-none")),
    fault("opener-policy-quoted", "coop-void", ROOT, header("cross-origin-opener-policy", '"same-origin"')),
    fault("opener-policy-misspelt", "coop-void", ROOT, header("cross-origin-opener-policy", "same-orign")),
    fault("opener-policy-twice", "coop-void", ROOT, further("cross-origin-opener-policy", "same-origin")),
    fault("embedder-policy-misspelt", "coep-void", ROOT, header("cross-origin-embedder-policy", "require_corp")),
    fault(
        "embedder-policy-twice",
        "coep-void",
        ROOT,
        sends("cross-origin-embedder-policy", "require-corp", "require-corp"),
    ),
    fault(
        "isolation-half-way",
        "isolation-partial",
        ROOT,
        header("cross-origin-embedder-policy", "require-corp"),
        header("cross-origin-opener-policy", "same-origin-allow-popups"),
    ),
    fault("no-resource-policy", "corp-missing", ROOT, header("cross-origin-resource-policy", None)),
    fault("resource-policy-in-capitals", "corp-void", ROOT, header("cross-origin-resource-policy", "Same-Origin")),
    fault(
        "resource-policy-of-a-file-misspelt",
        "corp-void",
        STYLE,
        sends("cross-origin-resource-policy", "self", at=".*[.]css.*"),
    ),
)

SHARING = (
    fault(
        "everybody-with-credentials",
        "cors-reflected-credentials",
        ROOT,
        shared(at=f"/{APART}", origin=ANYBODY, credentials=True),
    ),
    fault(
        "data-for-everybody-with-credentials",
        "cors-reflected-credentials",
        DATA,
        shared(at=r"/version\.json.*", origin=ANYBODY, credentials=True),
    ),
    fault(
        "files-for-everybody-with-credentials",
        "cors-reflected-credentials",
        SCRIPT,
        shared(at=r".*\.js.*", origin=ANYBODY, credentials=True),
    ),
    fault(
        "preflight-for-everybody",
        "cors-reflected-credentials",
        ROOT,
        answer(
            path=f"/{APART}",
            method="OPTIONS",
            status=204,
            body="",
            without=["access-control-allow-origin"],
            fields=[("access-control-allow-origin", "{origin}"), ("access-control-allow-credentials", "true")],
        ),
        got="preflight",
    ),
    fault("null-with-credentials", "cors-null", DATA, shared(at=r"/version\.json.*", origin="null", credentials=True)),
    fault("null-named", "cors-null-public", ROOT, header("access-control-allow-origin", "null")),
    fault(
        "origin-compared-by-its-beginning",
        "cors-lookalike",
        DATA,
        shared(at=r"/version\.json.*", origin=r"https://storefront\.test.*"),
    ),
    fault(
        "origin-compared-by-its-end",
        "cors-lookalike",
        ROOT,
        shared(at=f"/{APART}", origin=r"https://.*storefront\.test", credentials=True),
    ),
    fault(
        "personal-page-for-everybody",
        "cors-private-reflected",
        ABOUT,
        PERSONAL,
        NOT_STORED,
        shared(at=r"/about\?.*", origin=ANYBODY),
        answer(path="/about", without=["access-control-allow-origin"]),
    ),
    fault("personal-page-for-all-to-read", "cors-private-wildcard", ABOUT, PERSONAL, NOT_STORED),
    fault(
        "data-behind-a-key-for-everybody",
        "cors-private-reflected",
        DATA,
        expects(endpoints=[{"path": "/version.json", "headers": {"apikey": "public-by-design"}}]),
        shared(at=r"/version\.json.*", origin=ANYBODY),
    ),
    fault(
        "star-with-credentials",
        "cors-wildcard-credentials",
        ROOT,
        header("access-control-allow-credentials", "true", at="/"),
    ),
    fault("echo-without-vary", "cors-vary", SCRIPT, shared(at=r".*\.js.*", origin=ANYBODY, vary=None)),
    fault(
        "two-origins-in-one-value",
        "cors-malformed",
        ROOT,
        header("access-control-allow-origin", "https://a.example, https://b.example"),
    ),
    fault(
        "wildcard-within-a-name", "cors-malformed", ROOT, header("access-control-allow-origin", "https://*.a.example")
    ),
    fault(
        "plain-origin-trusted",
        "cors-plain-origin",
        ROOT,
        header("access-control-allow-origin", "http://localhost:5173"),
    ),
)

SIGNED = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"  # {"alg": "HS256"}
COOKIES = (
    fault(
        "host-prefix-with-a-path",
        "cookie-rejected",
        ROOT,
        cookie("__Host-sid=s; Path=/a; Secure; HttpOnly; SameSite=Lax"),
    ),
    fault("cookie-none-not-secure", "cookie-rejected", ROOT, cookie("a=1; SameSite=None"), got="SameSite=None"),
    fault("cookie-partitioned-not-secure", "cookie-rejected", ROOT, cookie("a=1; SameSite=Lax; Partitioned")),
    fault("cookie-too-large", "cookie-rejected", ROOT, cookie(f"a={'x' * 4096}; Secure; SameSite=Lax"), got="4096"),
    fault("cookie-of-another-domain", "cookie-rejected", ROOT, cookie("a=1; Secure; SameSite=Lax; Domain=a.example")),
    fault(
        "session-in-the-clear",
        "cookie-session-insecure",
        ROOT,
        cookie("PHPSESSID=s; HttpOnly; SameSite=Lax"),
        may="cookie-session-prefix",
    ),
    fault("cookie-in-the-clear", "cookie-insecure", ROOT, cookie("theme=dark; SameSite=Lax")),
    fault(
        "cookie-of-a-redirect-in-the-clear",
        "cookie-insecure",
        REDIRECT,
        *VISIT_OLD,
        cookie("theme=dark; SameSite=Lax", at="/old"),
    ),
    fault(
        "session-for-scripts", "cookie-session-readable", ROOT, cookie("__Host-auth=s; Path=/; Secure; SameSite=Lax")
    ),
    fault(
        "signed-token-under-another-name",
        "cookie-session-readable",
        ROOT,
        cookie(f"__Host-refresh={SIGNED}; Path=/; Secure; SameSite=Lax"),
    ),
    fault(
        "session-of-supabase-for-scripts",
        "cookie-supabase-readable",
        ROOT,
        cookie("sb-abcdefghijklmnopqrst-auth-token=base64-eyJhIjoxfQ; Path=/; Secure; SameSite=Lax"),
        may="cookie-session-prefix",
    ),
    fault(
        "session-across-sites",
        "cookie-session-cross-site",
        ROOT,
        cookie("__Host-jwt=s; Path=/; Secure; HttpOnly; SameSite=None"),
    ),
    fault("cookie-without-samesite", "cookie-samesite", ROOT, cookie("theme=dark; Secure")),
    fault("cookie-samesite-misspelt", "cookie-samesite", ROOT, cookie("theme=dark; Secure; SameSite=Laxx")),
    fault(
        "session-without-a-prefix",
        "cookie-session-prefix",
        ROOT,
        cookie("session=s; Path=/; Secure; HttpOnly; SameSite=Lax"),
    ),
    fault(
        "cookie-attribute-misspelt",
        "cookie-attribute-unknown",
        ROOT,
        cookie("theme=dark; Secure; SameSite=Lax; Http-Only"),
    ),
    fault("cookie-for-ever", "cookie-lifetime", ROOT, cookie("theme=dark; Secure; SameSite=Lax; Max-Age=630720000")),
)

NO_UPGRADE = instead("; upgrade-insecure-requests", "")
ELSEWHERE = (
    fault(
        "plain-script",
        "mixed-content-active",
        ROOT,
        NO_UPGRADE,
        in_head('<script src="http://storefront.test/a.js"></script>'),
    ),
    fault(
        "plain-form",
        "mixed-content-active",
        ROOT,
        NO_UPGRADE,
        in_body('<form action="http://storefront.test/a"></form>'),
    ),
    fault(
        "plain-image", "mixed-content-passive", ROOT, NO_UPGRADE, in_body('<img alt="" src="http://a.example/i.png">')
    ),
    fault("foreign-script", "sri-missing", ROOT, in_head('<script src="https://a.example/a.js"></script>')),
    fault("foreign-style", "sri-missing", ROOT, in_head('<link rel="stylesheet" href="https://a.example/a.css">')),
    fault("script-of-a-service", "sri-evergreen", ROOT, in_head('<script src="https://js.stripe.com/v3"></script>')),
    fault(
        "integrity-cut-short",
        "sri-void",
        ROOT,
        in_head('<script src="https://a.example/a.js" integrity="sha384-abc" crossorigin></script>'),
    ),
    fault(
        "integrity-without-crossorigin",
        "sri-void",
        ROOT,
        in_head(f'<script src="https://a.example/a.js" integrity="{DIGEST}"></script>'),
        got="crossorigin",
    ),
    fault("integrity-policy-unquoted-nothing", "integrity-policy-void", ROOT, further("integrity-policy", "script")),
    fault("reports-to-nobody", "report-group-undeclared", ROOT, csp(f"{POLICY}; report-to csp")),
    fault(
        "reports-in-the-clear",
        "report-endpoint-void",
        ROOT,
        further("reporting-endpoints", 'default="http://a.example/reports"'),
    ),
    fault(
        "report-addresses-unquoted",
        "report-endpoint-void",
        ROOT,
        further("reporting-endpoints", "default=https://a.example"),
    ),
    fault("report-uri-in-the-clear", "report-endpoint-void", ROOT, csp(f"{POLICY}; report-uri http://a.example/r")),
)

DISCLOSURE = (
    fault("server-with-its-version", "leak-version", ROOT, sends("server", "nginx/1.25.3")),
    fault("language-with-its-version", "leak-version", SCRIPT, further("x-powered-by", "PHP/8.1.2", at=r".*\.js.*")),
    fault("framework-named", "leak-technology", ROOT, further("x-powered-by", "Next.js")),
    fault("proxy-told", "leak-technology", ROOT, further("x-envoy-upstream-service-time", "12")),
    fault("old-filter-on", "xss-protection", ROOT, header("x-xss-protection", "1; mode=block")),
    fault("pins-of-old", "deprecated", ROOT, header("public-key-pins", 'pin-sha256="a"; max-age=60')),
    fault("policy-under-its-old-name", "deprecated", ROOT, header("x-content-security-policy", "default-src 'self'")),
    fault("plug-ins-let-in", "cross-domain-policies", ROOT, header("x-permitted-cross-domain-policies", "all")),
    fault("header-in-meta", "meta-ignored", ROOT, in_head('<meta http-equiv="X-Frame-Options" content="DENY">')),
)

FUNCTIONS = (
    fault(
        "function-without-hsts",
        "function-hsts",
        QUOTE,
        *called(from_quote(without=["strict-transport-security"])),
    ),
    fault(
        "function-without-nosniff", "function-nosniff", QUOTE, *called(from_quote(without=["x-content-type-options"]))
    ),
    fault("function-without-a-type", "function-content-type", QUOTE, *called(from_quote(without=["content-type"]))),
    fault(
        "function-sends-data-as-a-page",
        "function-data-as-html",
        QUOTE,
        *called(from_quote(without=["content-type"], fields=[("content-type", "text/html")])),
    ),
    fault(
        "function-cached-for-all",
        "function-cached",
        QUOTE,
        *called(
            expects(functions={"quote": {"request": {"headers": {"authorization": "Bearer anybodys"}}}}),
            from_quote(without=["cache-control"], fields=[("cache-control", "public, max-age=60")]),
        ),
    ),
    fault(
        "function-sets-a-readable-session",
        "function-cookie",
        QUOTE,
        *called(from_quote(fields=[("set-cookie", "session=s; Secure; SameSite=Lax")])),
    ),
    fault(
        "function-tells-its-version", "function-leak", QUOTE, *called(from_quote(fields=[("x-powered-by", "Oak/12.6")]))
    ),
)

FAULTS = (
    *TRANSPORT,
    *PRESENCE,
    *SCRIPTS,
    *INJECTION,
    *FRAMES,
    *CONTENT,
    *PRIVACY,
    *ISOLATION,
    *SHARING,
    *COOKIES,
    *ELSEWHERE,
    *DISCLOSURE,
    *FUNCTIONS,
    *GRADE,
)
HEADERS = Catalogue(check="headers", file="test_security_headers.py", faults=FAULTS, base=BASE, batch=30)
