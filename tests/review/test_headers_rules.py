"""Header rules: each catches what it is about and nothing else, and a sound site gets no finding at all."""

from __future__ import annotations

import pytest

from prodworthy.model import Answer, Cause, Exchange, Failure, Severity
from prodworthy.model.surface import Kind, Probe, Served, Stranger, Surface, surface_of
from prodworthy.review import headers
from prodworthy.review.rules import CATALOGUE
from tests.review.served import A_HASH, CSP, PAGE, SOUND, Lines, answer, rules, surface


def script_src(sources: str) -> dict[str, Lines]:
    return {"content-security-policy": CSP.replace("script-src 'self'", f"script-src {sources}")}


def policy(text: str, old: str) -> dict[str, Lines]:
    assert old in CSP
    return {"content-security-policy": CSP.replace(old, text)}


def test_a_sound_page_gets_no_finding_at_all() -> None:
    assert headers.everything(surface(answer())) == []


def test_every_rule_of_the_check_is_asked() -> None:
    asked = (*headers.everything(surface()).rules, *headers.called_functions(surface()).rules)
    assert sorted(asked) == sorted(f"headers.{rule}" for rule in DECLARED)


def test_every_rule_is_caught_by_a_case_here_or_beside() -> None:
    caught = {rule for case in [*FAULTS, *IN_DOCUMENTS] for rule in case.values[-1]}
    in_tests_of_their_own = {"csp-nonce-reused", "hsts-incomplete", "redirect-plain", "private-stored"}
    beside = {rule for rule in DECLARED if rule.startswith(("function-", "cors-"))}
    assert DECLARED - caught - in_tests_of_their_own - beside == set()


# the grade has evidence and tests of its own
DECLARED = {rule.removeprefix("headers.") for rule in CATALOGUE if rule.startswith("headers.") and "grade-" not in rule}
CSP_FIELD = "content-security-policy"
HSTS = "strict-transport-security"

JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"  # {"alg": "HS256", "typ": "JWT"}

FAULTS = [
    # --- transport ---
    pytest.param({HSTS: None}, {"hsts-missing"}, id="hsts-is-missing"),
    pytest.param({HSTS: "includeSubDomains"}, {"hsts-void"}, id="hsts-without-max-age-is-void"),
    pytest.param({HSTS: ""}, {"hsts-void"}, id="empty-hsts-is-void"),
    pytest.param({HSTS: "max-age=63072000, includeSubDomains"}, {"hsts-void"}, id="a-comma-voids-hsts"),
    pytest.param({HSTS: "max-age=63072000; max-age=63072000"}, {"hsts-void"}, id="a-repeated-directive-voids-hsts"),
    pytest.param({HSTS: "max-age=two years"}, {"hsts-void"}, id="words-for-seconds-void-hsts"),
    pytest.param({HSTS: "max-age=-1"}, {"hsts-void"}, id="negative-seconds-void-hsts"),
    pytest.param(
        {HSTS: "max-age=63072000; includeSubDomains=1"}, {"hsts-void"}, id="a-value-for-subdomains-voids-hsts"
    ),
    pytest.param({HSTS: "max-age=0; includeSubDomains"}, {"hsts-off"}, id="hsts-is-switched-off"),
    pytest.param({HSTS: "max-age=86400; includeSubDomains"}, {"hsts-short"}, id="hsts-for-a-day"),
    pytest.param({HSTS: "max-age=15552000; includeSubDomains"}, {"hsts-under-a-year"}, id="hsts-for-half-a-year"),
    pytest.param({HSTS: "max-age=63072000"}, {"hsts-subdomains"}, id="hsts-without-subdomains"),
    pytest.param(
        {HSTS: ("max-age=63072000; includeSubDomains", "max-age=0")}, {"hsts-repeated"}, id="only-the-first-hsts-counts"
    ),
    pytest.param(
        {HSTS: ("max-age=0", "max-age=63072000; includeSubDomains")},
        {"hsts-repeated", "hsts-off"},
        id="a-later-hsts-does-not-help",
    ),
    pytest.param(
        {HSTS: "max-age=16000000; includeSubDomains; preload"},
        {"hsts-preload", "hsts-under-a-year"},
        id="preload-without-a-year",
    ),
    # --- policy: whether there is one ---
    pytest.param({CSP_FIELD: None}, {"csp-missing", "framing-options-only"}, id="csp-is-missing"),
    pytest.param(
        {CSP_FIELD: None, "content-security-policy-report-only": CSP},
        {"csp-report-only", "framing-options-only"},
        id="report-only-enforces-nothing",
    ),
    pytest.param({CSP_FIELD: ""}, {"csp-void", "framing-options-only"}, id="an-empty-policy-is-void"),
    pytest.param({CSP_FIELD: " ; ;; , "}, {"csp-void", "framing-options-only"}, id="separators-alone-are-void"),
    pytest.param({CSP_FIELD: "default_src: self"}, {"csp-void", "framing-options-only"}, id="an-unreadable-policy"),
    # --- policy: scripts ---
    pytest.param(
        {CSP_FIELD: "frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'"},
        {"csp-scripts-unrestricted"},
        id="nothing-governs-scripts",
    ),
    pytest.param(
        {CSP_FIELD: CSP.replace("default-src 'none'; script-src", "script-src-elem")},
        {"csp-scripts-unrestricted"},
        id="nothing-governs-inline-handlers",
    ),
    pytest.param(script_src("'self' 'unsafe-inline'"), {"csp-unsafe-inline"}, id="inline-scripts-run"),
    pytest.param(script_src("'self' 'UNSAFE-INLINE'"), {"csp-unsafe-inline"}, id="keywords-ignore-case"),
    pytest.param(
        script_src("'self'; script-src-attr 'unsafe-inline'"), {"csp-unsafe-inline"}, id="inline-handlers-run"
    ),
    pytest.param(script_src("*"), {"csp-broad-script-source"}, id="scripts-from-anywhere"),
    pytest.param(script_src("'self' https:"), {"csp-broad-script-source"}, id="scripts-from-any-https-host"),
    pytest.param(script_src("'self' data:"), {"csp-broad-script-source"}, id="scripts-from-data-addresses"),
    pytest.param(script_src("blob:"), {"csp-broad-script-source"}, id="scripts-from-blobs"),
    pytest.param(script_src("https://*:443"), {"csp-broad-script-source"}, id="any-host-on-a-port"),
    pytest.param(script_src("'self' *.vercel.app"), {"csp-broad-script-source"}, id="hosts-that-anybody-can-have"),
    pytest.param(script_src("https://*.co.uk"), {"csp-broad-script-source"}, id="a-whole-top-level-domain"),
    pytest.param(script_src("'self' 'unsafe-eval'"), {"csp-unsafe-eval"}, id="text-becomes-code"),
    pytest.param(script_src("'self' https://cdn.jsdelivr.net"), {"csp-jsonp-host"}, id="a-cdn-for-everybody"),
    pytest.param(script_src("'self' https://cdn.jsdelivr.net/npm/"), {"csp-jsonp-host"}, id="a-path-for-everybody"),
    pytest.param(
        script_src("'self' https://ajax.googleapis.com/ajax/libs/angularjs/1.8.2/angular.min.js"),
        {"csp-jsonp-host"},
        id="an-old-framework",
    ),
    pytest.param(script_src("'self' *.com"), {"csp-broad-script-source"}, id="a-wildcard-over-a-registry"),
    pytest.param(script_src("'self' *.googleapis.com"), {"csp-jsonp-host"}, id="a-wildcard-over-a-jsonp-host"),
    *(
        pytest.param(script_src(f"'self' {source}"), {"csp-broad-script-source"}, id=f"anybodys-files-{source}")
        for source in [
            "https://*.amazonaws.com",
            "https://*.eu-west-1.amazonaws.com",
            "https://*.s3.amazonaws.com",
            "https://*.s3.amazonaws.com/app/",
            "https://*.windows.net",
            "https://*.blob.core.windows.net",
            "https://*.storage.googleapis.com",
            "https://*.r2.dev",
            "https://*.supabase.co",
            "*.canva.site",
        ]
    ),
    *(
        pytest.param(script_src(f"'self' {source}"), {"csp-jsonp-host"}, id=f"everybodys-buckets-{source}")
        for source in [
            "https://s3.amazonaws.com",
            "https://s3.amazonaws.com/",
            "s3-us-west-2.amazonaws.com",
            "https://s3.eu-west-1.amazonaws.com",
            "https://s3.dualstack.eu-west-1.amazonaws.com",
            "https://s3.cn-north-1.amazonaws.com.cn",
            "https://storage.googleapis.com",
            "https://firebasestorage.googleapis.com/v0/b/",
            "https://f002.backblazeb2.com/file/",
            "https://fra1.digitaloceanspaces.com",
        ]
    ),
    pytest.param(script_src("'strict-dynamic'"), {"csp-strict-dynamic-alone"}, id="strict-dynamic-from-nothing"),
    pytest.param(script_src("'self' 'nonce-abc'"), {"csp-nonce-weak"}, id="a-nonce-to-be-guessed"),
    pytest.param(script_src(f"'self' 'unsafe-hashes' {A_HASH}"), {"csp-unsafe-hashes"}, id="handlers-by-hash"),
    # --- policy: what markup can do ---
    pytest.param(
        {CSP_FIELD: "script-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
        {"csp-object-src-open"},
        id="nothing-governs-plug-ins",
    ),
    pytest.param(policy("object-src *", "object-src 'none'"), {"csp-object-src-open"}, id="plug-ins-from-anywhere"),
    pytest.param(policy("", "base-uri 'none';"), {"csp-base-uri"}, id="an-open-base-address"),
    pytest.param(policy("base-uri *", "base-uri 'none'"), {"csp-base-uri"}, id="a-base-address-anywhere"),
    pytest.param(
        {CSP_FIELD: CSP.replace("base-uri 'none';", "").replace("'self';", "'nonce-0123456789abcdef';", 1)},
        {"csp-base-uri-nonce"},
        id="an-open-base-address-beside-a-nonce",
    ),
    pytest.param(policy("", "form-action 'self';"), {"csp-form-action"}, id="forms-go-anywhere"),
    pytest.param(policy("form-action *", "form-action 'self'"), {"csp-form-action"}, id="forms-to-anybody"),
    pytest.param(policy("form-action https:", "form-action 'self'"), {"csp-form-action"}, id="forms-by-scheme"),
    pytest.param(
        policy("form-action 'self' http:", "form-action 'self'"),
        {"csp-form-action", "csp-http-source"},
        id="forms-in-the-clear",
    ),
    pytest.param(policy("base-uri https:", "base-uri 'none'"), {"csp-base-uri"}, id="a-base-address-by-scheme"),
    pytest.param(
        policy("img-src http://img.example", "img-src 'self' https://shop.supabase.co"),
        {"csp-http-source"},
        id="a-plain-http-source",
    ),
    pytest.param(policy("img-src http:", "img-src 'self'"), {"csp-http-source"}, id="the-plain-http-scheme"),
    pytest.param(
        policy("style-src 'self' 'unsafe-inline'", "style-src 'self'"), {"csp-style-unsafe-inline"}, id="inline-styles"
    ),
    pytest.param(policy("img-src 192.0.2.7", "img-src 'self'"), {"csp-ip-source"}, id="an-address-as-a-source"),
    pytest.param(
        policy("img-src https://[::1]:8080", "img-src 'self'"), {"csp-ip-source"}, id="an-address-in-brackets"
    ),
    pytest.param(
        policy("block-all-mixed-content", "upgrade-insecure-requests"), {"csp-deprecated"}, id="a-directive-long-gone"
    ),
    # --- policy: syntax ---
    pytest.param(policy("style-src 'self' img-src", "style-src 'self'; img-src"), {"csp-syntax"}, id="no-semicolon"),
    pytest.param(policy("script-scr 'none'; style-src", "style-src"), {"csp-syntax"}, id="a-directive-nobody-knows"),
    pytest.param(policy("style-src self", "style-src 'self'"), {"csp-syntax"}, id="a-keyword-without-quotes"),
    pytest.param(policy("style-src 'slef'", "style-src 'self'"), {"csp-syntax"}, id="a-keyword-nobody-knows"),
    pytest.param(policy("style-src \u2018self\u2019", "style-src 'self'"), {"csp-syntax"}, id="typographic-quotes"),
    pytest.param(policy('style-src "self"', "style-src 'self'"), {"csp-syntax"}, id="double-quotes"),
    pytest.param(policy("style-src 'nonce-a b'", "style-src 'self'"), {"csp-syntax"}, id="a-nonce-with-a-space"),
    pytest.param(policy("style-src 'nonce-{{n}}'", "style-src 'self'"), {"csp-syntax"}, id="a-nonce-never-filled-in"),
    pytest.param(policy("style-src 'sha256-abcd'", "style-src 'self'"), {"csp-syntax"}, id="a-hash-cut-short"),
    pytest.param(policy("style-src 'md5-abcd'", "style-src 'self'"), {"csp-syntax"}, id="a-hash-nobody-accepts"),
    pytest.param(policy("style-src 'self' 'none'", "style-src 'self'"), {"csp-syntax"}, id="none-beside-others"),
    pytest.param(policy("style-src https//a.example", "style-src 'self'"), {"csp-syntax"}, id="a-broken-address"),
    pytest.param(policy("style-src a.*.example", "style-src 'self'"), {"csp-syntax"}, id="a-wildcard-in-the-middle"),
    pytest.param(
        policy("style-src 'self'; style-src 'none'", "style-src 'self'"), {"csp-syntax"}, id="a-directive-stands-twice"
    ),
    pytest.param(
        policy("sandbox allow-script; upgrade-insecure-requests", "upgrade-insecure-requests"),
        {"csp-syntax"},
        id="a-sandbox-flag-nobody-knows",
    ),
    pytest.param(
        policy("require-trusted-types-for script; base-uri", "base-uri"), {"csp-syntax"}, id="trusted-types-for-nothing"
    ),
    # --- framing ---
    pytest.param(
        {**policy("", "frame-ancestors 'none';"), "x-frame-options": None}, {"framing-missing"}, id="anybody-may-frame"
    ),
    pytest.param(
        {**policy("", "frame-ancestors 'none';"), "x-frame-options": "ALLOW-FROM https://a.example"},
        {"framing-void"},
        id="allow-from-protects-nothing",
    ),
    pytest.param(
        {**policy("", "frame-ancestors 'none';"), "x-frame-options": "NONE"}, {"framing-void"}, id="an-unknown-option"
    ),
    pytest.param(
        policy("frame-ancestors *", "frame-ancestors 'none'"), {"framing-open"}, id="a-star-overrides-x-frame-options"
    ),
    pytest.param(policy("frame-ancestors https:", "frame-ancestors 'none'"), {"framing-open"}, id="a-scheme-may-frame"),
    pytest.param(
        policy("frame-ancestors https://*.vercel.app", "frame-ancestors 'none'"), {"framing-open"}, id="anybodys-host"
    ),
    pytest.param(policy("", "frame-ancestors 'none';"), {"framing-options-only"}, id="only-x-frame-options"),
    pytest.param(
        {**policy("", "frame-ancestors 'none';"), "x-frame-options": ("DENY", "SAMEORIGIN")},
        {"framing-options-only", "framing-conflict"},
        id="two-options-that-disagree",
    ),
    # --- types and caches ---
    pytest.param({"x-content-type-options": None}, {"nosniff-missing"}, id="browsers-guess"),
    pytest.param({"x-content-type-options": "no-sniff"}, {"nosniff-void"}, id="no-sniff-with-a-hyphen"),
    pytest.param({"x-content-type-options": "1, nosniff"}, {"nosniff-void"}, id="the-first-item-decides"),
    pytest.param({"content-type": None}, {"content-type-missing"}, id="no-content-type"),
    pytest.param({"content-type": "text/html"}, {"content-type-charset"}, id="no-encoding"),
    pytest.param({"clear-site-data": "cookies"}, {"clear-site-data-void"}, id="a-type-to-clear-without-quotes"),
    pytest.param({"clear-site-data": '"cookie"'}, {"clear-site-data-void"}, id="a-type-to-clear-nobody-knows"),
    pytest.param({"clear-site-data": '"cache", "*"'}, {"clear-site-data-everywhere"}, id="every-visit-clears-all"),
    pytest.param({"cache-control": "public, max-age=31536000, immutable"}, {"document-cached"}, id="a-frozen-document"),
    pytest.param({"cache-control": "max-age=604800"}, {"document-cached"}, id="a-document-kept-for-a-week"),
    pytest.param(
        {
            "cache-control": "public, max-age=60",
            "set-cookie": "__Host-session=s; Path=/; Secure; HttpOnly; SameSite=Lax",
        },
        {"session-cached"},
        id="a-session-in-a-shared-cache",
    ),
    # --- privacy ---
    pytest.param({"referrer-policy": None}, {"referrer-policy-missing"}, id="no-referrer-policy"),
    pytest.param({"referrer-policy": "strict"}, {"referrer-policy-unknown"}, id="a-referrer-policy-nobody-knows"),
    pytest.param({"referrer-policy": "unsafe-url"}, {"referrer-policy-unsafe"}, id="whole-addresses-leave"),
    pytest.param(
        {"referrer-policy": "no-referrer, no-referrer-when-downgrade"}, {"referrer-policy-unsafe"}, id="the-last-wins"
    ),
    pytest.param({"referrer-policy": "origin"}, {"referrer-policy-origin"}, id="the-origin-over-plain-http"),
    pytest.param({"permissions-policy": None}, {"permissions-policy-missing"}, id="no-permissions-policy"),
    pytest.param({"permissions-policy": " "}, {"permissions-policy-missing"}, id="an-empty-permissions-policy"),
    pytest.param({"permissions-policy": "camera 'none'"}, {"permissions-policy-void"}, id="feature-policy-syntax"),
    pytest.param({"permissions-policy": "Camera=()"}, {"permissions-policy-void"}, id="upper-case-names"),
    pytest.param({"permissions-policy": "camera=(),"}, {"permissions-policy-void"}, id="a-trailing-comma"),
    pytest.param({"permissions-policy": "cam\u00e9ra=()"}, {"permissions-policy-void"}, id="letters-beyond-ascii"),
    pytest.param(
        {"permissions-policy": ("camera=()", "Usb=()")}, {"permissions-policy-void"}, id="one-bad-line-drops-all"
    ),
    pytest.param({"permissions-policy": "camera=*"}, {"permissions-policy-wildcard"}, id="the-camera-for-everybody"),
    pytest.param({"permissions-policy": "usb=(self *)"}, {"permissions-policy-wildcard"}, id="a-star-in-a-list"),
    pytest.param(
        {"permissions-policy": "geolocation=(https://a.example)"}, {"permissions-policy-ignored"}, id="a-bare-origin"
    ),
    pytest.param({"permissions-policy": 'camera=("self")'}, {"permissions-policy-ignored"}, id="self-in-quotes"),
    pytest.param({"permissions-policy": "camera"}, {"permissions-policy-ignored"}, id="a-name-without-a-value"),
    pytest.param({"permissions-policy": "camra=()"}, {"permissions-policy-unknown"}, id="a-feature-nobody-knows"),
    # --- other origins ---
    pytest.param({"cross-origin-opener-policy": None}, {"coop-missing"}, id="no-opener-policy"),
    pytest.param({"cross-origin-opener-policy": "unsafe-none"}, {"coop-missing"}, id="an-open-opener-policy"),
    pytest.param({"cross-origin-opener-policy": '"same-origin"'}, {"coop-void"}, id="a-quoted-opener-policy"),
    pytest.param({"cross-origin-opener-policy": "same-orign"}, {"coop-void"}, id="a-misspelt-opener-policy"),
    pytest.param({"cross-origin-opener-policy": "Same-Origin"}, {"coop-void"}, id="opener-policy-heeds-case"),
    pytest.param(
        {"cross-origin-opener-policy": ("same-origin", "same-origin")}, {"coop-void"}, id="a-repeated-opener-policy"
    ),
    pytest.param({"cross-origin-embedder-policy": "require_corp"}, {"coep-void"}, id="a-misspelt-embedder-policy"),
    pytest.param(
        {"cross-origin-embedder-policy": ("require-corp", "require-corp")},
        {"coep-void"},
        id="a-repeated-embedder-policy",
    ),
    pytest.param(
        {"cross-origin-embedder-policy": "require-corp", "cross-origin-opener-policy": "same-origin-allow-popups"},
        {"isolation-partial"},
        id="isolation-half-way",
    ),
    pytest.param({"cross-origin-resource-policy": None}, {"corp-missing"}, id="no-resource-policy"),
    pytest.param({"cross-origin-resource-policy": "Same-Origin"}, {"corp-void"}, id="resource-policy-heeds-case"),
    pytest.param(
        {"cross-origin-resource-policy": ("same-origin", "same-origin")}, {"corp-void"}, id="a-repeated-resource-policy"
    ),
    pytest.param(
        {"access-control-allow-origin": "null", "access-control-allow-credentials": "true"},
        {"cors-null"},
        id="shared-with-the-null-origin",
    ),
    pytest.param(
        {"access-control-allow-credentials": "true"}, {"cors-wildcard-credentials"}, id="a-star-with-credentials"
    ),
    # --- cookies ---
    pytest.param(
        {"set-cookie": "__Host-sid=s; Path=/app; Secure; HttpOnly; SameSite=Lax"},
        {"cookie-rejected"},
        id="host-prefix-with-another-path",
    ),
    pytest.param(
        {"set-cookie": "__Host-sid=s; Path=/; Domain=shop.test; Secure; HttpOnly; SameSite=Lax"},
        {"cookie-rejected"},
        id="host-prefix-with-a-domain",
    ),
    pytest.param({"set-cookie": "__Secure-a=1; SameSite=Lax"}, {"cookie-rejected"}, id="secure-prefix-without-secure"),
    pytest.param({"set-cookie": "a=1; SameSite=None"}, {"cookie-rejected"}, id="none-without-secure"),
    pytest.param({"set-cookie": "a=1; SameSite=Lax; Partitioned"}, {"cookie-rejected"}, id="partitioned-not-secure"),
    pytest.param(
        {"set-cookie": f"a={'x' * 4096}; SameSite=Lax; Secure"}, {"cookie-rejected"}, id="a-cookie-beyond-4096-bytes"
    ),
    pytest.param(
        {"set-cookie": "PHPSESSID=s; HttpOnly; SameSite=Lax"},
        {"cookie-session-insecure", "cookie-session-prefix"},
        id="a-session-in-the-clear",
    ),
    pytest.param({"set-cookie": "theme=dark; SameSite=Lax"}, {"cookie-insecure"}, id="a-cookie-in-the-clear"),
    pytest.param(
        {"set-cookie": "__Host-auth=s; Path=/; Secure; SameSite=Lax"},
        {"cookie-session-readable"},
        id="a-session-that-scripts-read",
    ),
    *(
        pytest.param(
            {"set-cookie": f"__Host-{pair}; Path=/; Secure; SameSite=Lax"},
            {"cookie-session-readable"},
            id=f"a-secret-that-scripts-read-{pair.partition('=')[0]}",
        )
        for pair in [
            f"refresh={JWT}",
            f"state={JWT}",
            f'me="{JWT}"',
            f"remember=Bearer%20{JWT}",
            f"session_count={JWT}",
            "connect.sid=s",
            "userSid=s",
            "sessionToken=s",
            "authorization=s",
            "login=s",
            "weblogin=s",
            "sb-access-token=s",
            "token_1=s",
        ]
    ),
    pytest.param(
        {"set-cookie": "__Host-refresh=eyJhbGciOiJIUzI1NiJ9; Path=/; Secure; SameSite=Lax"},
        {"cookie-session-readable"},
        id="a-refresh-token-cut-short",
    ),
    pytest.param(
        {"set-cookie": f"__Host-me={JWT}; Path=/; HttpOnly; Secure; SameSite=None"},
        {"cookie-session-cross-site"},
        id="a-signed-token-across-sites",
    ),
    *(
        pytest.param(
            {"set-cookie": f"{name}=base64-eyJhY2Nlc3NfdG9rZW4iOiJ4In0; Path=/; Secure; SameSite=Lax"},
            {"cookie-supabase-readable", "cookie-session-prefix"},
            id=f"a-session-of-supabase-{name}",
        )
        for name in ["sb-abcdefghijklmnopqrst-auth-token", "sb-127-auth-token.0"]
    ),
    pytest.param(
        {"set-cookie": "__Secure-jwt=s; Secure; HttpOnly; SameSite=None"},
        {"cookie-session-cross-site"},
        id="a-session-across-sites",
    ),
    pytest.param({"set-cookie": "theme=dark; Secure"}, {"cookie-samesite"}, id="no-samesite"),
    pytest.param({"set-cookie": "theme=dark; Secure; SameSite=Laxx"}, {"cookie-samesite"}, id="an-unknown-samesite"),
    pytest.param(
        {"set-cookie": "theme=dark; Secure; SameSite=Lax; Domain=other.test"}, {"cookie-rejected"}, id="anothers-domain"
    ),
    pytest.param({"set-cookie": "a=1; Secure; SameSite=Lax; Domain=test"}, {"cookie-rejected"}, id="a-public-suffix"),
    pytest.param(
        {"set-cookie": "__Http-sid=s; Secure; SameSite=Lax"}, {"cookie-rejected"}, id="http-prefix-for-scripts"
    ),
    pytest.param(
        {"set-cookie": "theme=dark; Secure; SameSite=Lax; Http-Only"},
        {"cookie-attribute-unknown"},
        id="http-only-misspelt",
    ),
    pytest.param(
        {"set-cookie": "theme=dark; Secure; SameSite=Lax; Max-Age=630720000"},
        {"cookie-lifetime"},
        id="a-cookie-for-ever",
    ),
    # --- reports ---
    pytest.param(
        policy("upgrade-insecure-requests; report-to csp", "upgrade-insecure-requests"),
        {"report-group-undeclared"},
        id="reports-to-a-group-that-is-none",
    ),
    pytest.param(
        {
            "cross-origin-opener-policy": 'same-origin; report-to="coop"',
            "reporting-endpoints": 'csp="https://a.example"',
        },
        {"report-group-undeclared"},
        id="reports-of-openers-to-a-group-that-is-none",
    ),
    pytest.param({"reporting-endpoints": "csp=https://a.example"}, {"report-endpoint-void"}, id="an-address-unquoted"),
    pytest.param(
        {"reporting-endpoints": 'csp="http://a.example"'}, {"report-endpoint-void"}, id="reports-in-the-clear"
    ),
    pytest.param(
        policy("upgrade-insecure-requests; report-uri http://a.example", "upgrade-insecure-requests"),
        {"report-endpoint-void"},
        id="a-plain-report-address",
    ),
    # --- leftovers ---
    pytest.param(
        {"integrity-policy": "blocked-destinations=script"},
        {"integrity-policy-void"},
        id="a-destination-without-brackets",
    ),
    pytest.param(
        {"integrity-policy": "blocked-destinations=(script), sources=(eval)"},
        {"integrity-policy-void"},
        id="odd-sources",
    ),
    pytest.param({"integrity-policy": "script"}, {"integrity-policy-void"}, id="an-integrity-policy-of-nothing"),
    pytest.param(
        {"integrity-policy": 'blocked-destinations=("script")'}, {"integrity-policy-void"}, id="a-destination-in-quotes"
    ),
    pytest.param({"integrity-policy": "blocked-destinations=("}, {"integrity-policy-void"}, id="a-bracket-open"),
    pytest.param(
        {"x-permitted-cross-domain-policies": "all"}, {"cross-domain-policies"}, id="plug-ins-from-anywhere-read"
    ),
    pytest.param({"x-content-security-policy": "default-src 'self'"}, {"deprecated"}, id="a-policy-under-its-old-name"),
    pytest.param({"x-gitlab-meta": "{}"}, {"leak-technology"}, id="what-serves-the-repository"),
    pytest.param({"server": "nginx/1.25.3"}, {"leak-version"}, id="a-server-with-its-version"),
    pytest.param({"x-powered-by": "PHP/8.1.2"}, {"leak-version"}, id="a-language-with-its-version"),
    pytest.param({"x-aspnet-version": "4"}, {"leak-version"}, id="a-version-in-a-field-of-its-own"),
    pytest.param({"x-powered-by": "Next.js"}, {"leak-technology"}, id="a-framework"),
    pytest.param({"server": "nginx"}, {"leak-technology"}, id="a-server"),
    pytest.param({"x-envoy-upstream-service-time": "12"}, {"leak-technology"}, id="the-proxy-inside"),
    pytest.param({"x-xss-protection": "1; mode=block"}, {"xss-protection"}, id="the-old-filter"),
    pytest.param({"expect-ct": "max-age=86400"}, {"deprecated"}, id="expect-ct"),
    pytest.param({"feature-policy": "camera 'none'"}, {"deprecated"}, id="feature-policy"),
]


@pytest.mark.parametrize(("changes", "expected"), FAULTS)
def test_a_fault_is_reported_by_its_own_rule_and_no_other(changes: dict[str, Lines], expected: set[str]) -> None:
    assert rules(surface(answer(changes))) == expected


SRI = "sha384-" + "A" * 64
NO_UPGRADE = {CSP_FIELD: CSP.replace("; upgrade-insecure-requests", "")}
NO_HEADER: dict[str, Lines] = {CSP_FIELD: None, "x-frame-options": None}
META = '<meta http-equiv="Content-Security-Policy" content="{}">'
FULL_META = META.format(CSP)

IN_DOCUMENTS = [
    pytest.param(NO_HEADER, FULL_META, "", {"framing-meta-only"}, id="frame-ancestors-in-a-meta-element"),
    pytest.param(
        NO_HEADER,
        META.format("frame-ancestors 'none'"),
        "",
        {"csp-missing", "framing-meta-only"},
        id="no-policy-in-meta",
    ),
    pytest.param(
        NO_HEADER, "", FULL_META, {"csp-missing", "framing-missing"}, id="a-policy-outside-the-head-does-not-count"
    ),
    pytest.param(
        NO_HEADER,
        '<meta http-equiv="Content-Security-Policy-Report-Only" content="default-src \'self\'">',
        "",
        {"csp-missing", "framing-missing", "meta-ignored"},
        id="report-only-is-not-allowed-in-meta",
    ),
    pytest.param(
        NO_HEADER,
        META.format("default-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'"),
        "",
        {"csp-unsafe-inline", "csp-style-unsafe-inline", "framing-missing"},
        id="a-policy-in-meta-is-judged-too",
    ),
    pytest.param(
        {},
        '<meta name="referrer" content="unsafe-url">',
        "",
        {"referrer-policy-unsafe"},
        id="the-document-overrides-the-referrer-policy",
    ),
    pytest.param(
        {},
        "",
        '<a href="https://a.example" referrerpolicy="unsafe-url">a</a>',
        {"referrer-policy-attribute"},
        id="a-link",
    ),
    pytest.param(
        {"x-frame-options": None},
        '<meta http-equiv="X-Frame-Options" content="DENY">',
        "",
        {"meta-ignored"},
        id="a-header-in-meta",
    ),
    pytest.param(
        {**policy("", "frame-ancestors 'none';"), "x-frame-options": None},
        "",
        '<form method="POST" action="/buy"><button>Buy</button></form>',
        {"framing-controls"},
        id="anybody-may-frame-a-form",
    ),
    pytest.param(
        {**policy("", "frame-ancestors 'none';"), "x-frame-options": None},
        "",
        '<input type="password">',
        {"framing-controls"},
        id="anybody-may-frame-the-signing-in",
    ),
    pytest.param({}, '<meta name="referrer" content="always">', "", {"referrer-policy-unsafe"}, id="an-old-keyword"),
    pytest.param(
        NO_UPGRADE, '<script src="http://shop.test/a.js"></script>', "", {"mixed-content-active"}, id="a-plain-script"
    ),
    pytest.param(
        NO_UPGRADE, "", '<form action="http://shop.test/buy"></form>', {"mixed-content-active"}, id="a-plain-form"
    ),
    pytest.param(
        NO_UPGRADE,
        '<base href="http://shop.test/"><script src="a.js"></script>',
        "",
        {"mixed-content-active"},
        id="a-plain-base-address",
    ),
    pytest.param(
        NO_UPGRADE, "", '<button formaction="http://shop.test/buy">', {"mixed-content-active"}, id="a-plain-button"
    ),
    pytest.param(
        NO_UPGRADE,
        '<link rel="manifest" href="http://a.example/m">',
        "",
        {"mixed-content-active"},
        id="a-plain-manifest",
    ),
    pytest.param(NO_UPGRADE, "", '<img src="http://a.example/i.png">', {"mixed-content-passive"}, id="a-plain-image"),
    pytest.param(
        NO_UPGRADE,
        "",
        '<img src="/i.png" srcset="/i.png 1x, http://a.example/i.png 2x">',
        {"mixed-content-passive"},
        id="a-plain-larger-image",
    ),
    pytest.param(
        NO_UPGRADE,
        "",
        '<video poster="http://a.example/i.png"></video>',
        {"mixed-content-passive"},
        id="a-plain-poster",
    ),
    pytest.param({}, '<script src="https://a.example/a.js"></script>', "", {"sri-missing"}, id="a-foreign-script"),
    pytest.param({}, '<script src="//a.example/a.js"></script>', "", {"sri-missing"}, id="a-script-without-a-scheme"),
    pytest.param(
        {}, '<link rel="preload stylesheet" href="https://a.example/a.css">', "", {"sri-missing"}, id="a-foreign-style"
    ),
    pytest.param({}, '<script src="https://js.stripe.com/v3"></script>', "", {"sri-evergreen"}, id="a-payment-service"),
    pytest.param(
        {},
        '<link rel="stylesheet" href="https://fonts.googleapis.com/css2">',
        "",
        {"sri-evergreen"},
        id="fonts-of-others",
    ),
    pytest.param(
        {},
        '<script src="https://a.example/a.js" integrity="sha384-abc" crossorigin></script>',
        "",
        {"sri-void"},
        id="half-a-digest",
    ),
    pytest.param(
        {}, f'<script src="https://a.example/a.js" integrity="{SRI}"></script>', "", {"sri-void"}, id="no-crossorigin"
    ),
]


@pytest.mark.parametrize(("changes", "head", "body", "expected"), IN_DOCUMENTS)
def test_documents_are_judged_too(changes: dict[str, Lines], head: str, body: str, expected: set[str]) -> None:
    assert rules(surface(answer(changes, head=head, body=body))) == expected


SOUND_WAYS = [
    pytest.param({HSTS: 'Max-Age = "63072000" ; INCLUDESUBDOMAINS; unknown=1;'}, "", id="hsts-in-an-odd-shape"),
    pytest.param({HSTS: "max-age=31536000; includeSubDomains; preload"}, "", id="preload-with-its-conditions"),
    pytest.param(
        script_src("'nonce-0123456789abcdef' 'strict-dynamic' https: 'unsafe-inline'"), "", id="a-strict-policy"
    ),
    pytest.param(script_src(f"'self' {A_HASH} 'unsafe-inline'"), "", id="a-hash-switches-unsafe-inline-off"),
    pytest.param(script_src("'self' 'wasm-unsafe-eval'"), "", id="webassembly-is-not-eval"),
    pytest.param(script_src("'self' https://cdn.jsdelivr.net/npm/react@18.2.0/index.js"), "", id="one-file-of-a-cdn"),
    pytest.param({CSP_FIELD: (CSP, "script-src 'unsafe-inline' *")}, "", id="a-second-policy-only-tightens"),
    pytest.param({CSP_FIELD: f"{CSP}, default-src 'self'"}, "", id="two-policies-in-one-line"),
    pytest.param(
        {CSP_FIELD: CSP.upper().replace("HTTPS://SHOP.SUPABASE.CO", "https://a.example")}, "", id="upper-case"
    ),
    pytest.param({"content-security-policy-report-only": "default-src 'none'"}, "", id="a-stricter-policy-on-trial"),
    pytest.param({"x-frame-options": None}, "", id="frame-ancestors-is-enough"),
    pytest.param({"x-frame-options": "ALLOW-FROM x"}, "", id="frame-ancestors-overrides-a-void-option"),
    pytest.param({"x-content-type-options": "NoSniff, nosniff"}, "", id="nosniff-twice"),
    pytest.param({"referrer-policy": "no-referrer, some-future-policy"}, "", id="unknown-policies-are-skipped"),
    pytest.param({"referrer-policy": None}, '<meta name="referrer" content="never">', id="referrer-policy-in-meta"),
    pytest.param({"permissions-policy": 'geolocation=(self "https://maps.example")'}, "", id="one-origin-allowed"),
    pytest.param({"permissions-policy": ("camera=()", "usb=()")}, "", id="permissions-over-two-lines"),
    pytest.param({"permissions-policy": "fullscreen=*, autoplay=*"}, "", id="harmless-features-for-everybody"),
    pytest.param(
        {"cross-origin-opener-policy": 'same-origin; report-to="x"', "reporting-endpoints": 'x="https://a.example/r"'},
        "",
        id="opener-policy-with-reports",
    ),
    pytest.param(
        {
            **policy("upgrade-insecure-requests; report-uri /r; report-to x", "upgrade-insecure-requests"),
            "report-to": '{"group": "x", "max_age": 1, "endpoints": [{"url": "https://a.example"}]}',
        },
        "",
        id="reports-the-old-way",
    ),
    pytest.param({"reporting-endpoints": 'default="/reports"'}, "", id="reports-to-oneself"),
    pytest.param({"content-type": "text/html"}, "<meta charset=utf-8>", id="the-encoding-in-the-document"),
    pytest.param({"content-type": "TEXT/HTML; Charset = utf-8"}, "", id="the-encoding-in-an-odd-shape"),
    pytest.param({"integrity-policy": "blocked-destinations=(script style), sources=(inline)"}, "", id="integrity"),
    pytest.param({"integrity-policy": "blocked-destinations=(script), endpoints=(x)"}, "", id="integrity-with-reports"),
    pytest.param({"x-permitted-cross-domain-policies": "none"}, "", id="old-plug-ins-kept-out"),
    pytest.param({"cross-origin-embedder-policy": "require-corp"}, "", id="full-isolation"),
    pytest.param({"access-control-allow-origin": "https://app.example.com:8443"}, "", id="one-trusted-origin"),
    pytest.param({"set-cookie": "theme=dark; Secure; SameSite=Lax; Domain=.shop.test"}, "", id="the-own-domain"),
    pytest.param({"set-cookie": "a=1; Secure; SameSite=Lax; Max-Age=34560000; Priority=High"}, "", id="400-days"),
    pytest.param({"cross-origin-opener-policy": "same-origin-allow-popups"}, "", id="popups-for-signing-in"),
    pytest.param({"cross-origin-embedder-policy": "credentialless"}, "", id="an-embedder-policy"),
    pytest.param({"cross-origin-resource-policy": "cross-origin"}, "", id="a-resource-for-everybody"),
    pytest.param(
        {"set-cookie": "__Host-session=s; path=/; secure; httponly; samesite=strict"}, "", id="a-guarded-session"
    ),
    pytest.param({"set-cookie": "csrftoken=t; Secure; SameSite=Lax"}, "", id="an-anti-forgery-token-is-readable"),
    pytest.param({"set-cookie": "assessment=1; Secure; SameSite=Lax"}, "", id="an-assessment-is-no-session"),
    *(
        pytest.param({"set-cookie": f"{pair}; Secure; SameSite=Lax"}, "", id=f"no-session-{pair.partition('=')[0]}")
        for pair in [
            "better-auth.last_used_login_method=google",
            "last_login_method=google",
            "lastLogin=2026-11-01",
            "last_login_at=1793000000",
            "login_hint=a%40b.example",
            "token_budget=4000",
            "auth_mode=dark",
            "session_count=3",
            "SessionCounter=3",
            "tokens_per_page=20",
            "session_expires_at=1793000000",
            "inside=1",
            "presidency=1",
            "residence=DE",
            "bloginfo=1",
            "catalogindex=1",
            "authority=1",
            "visid_incap_1=a",
            "version=1.2.3",
            "refresh=30",
            f"XSRF-TOKEN={JWT}",
            "data=eyJpdiI6IkEifQ.eyJ2IjoxfQ.c2ln",  # JSON, but no algorithm
            "cut=eyJ.eyJ.eyJ",
        ]
    ),
    *(
        pytest.param(script_src(f"'self' {source}"), "", id=f"one-owners-files-{source}")
        for source in [
            "https://s3.amazonaws.com/our-bucket/",
            "https://our-bucket.s3.eu-west-1.amazonaws.com",
            "https://storage.googleapis.com/our-bucket/app.js",
            "https://firebasestorage.googleapis.com/v0/b/our-app.appspot.com/o/",
            "https://our-space.fra1.digitaloceanspaces.com",
            "https://abcdefghijklmnopqrst.supabase.co",
            "https://*.our-company.com",
            "https://*.js.stripe.com",
        ]
    ),
    pytest.param({CSP_FIELD: (CSP, "form-action *; base-uri *")}, "", id="a-second-policy-for-forms-only-tightens"),
    pytest.param(policy("form-action 'self' https://pay.example", "form-action 'self'"), "", id="forms-to-one-more"),
    pytest.param({"cache-control": "public, max-age=86400"}, "", id="a-document-for-a-day"),
    pytest.param({"set-cookie": "sidebar_state=open; Secure; SameSite=Lax"}, "", id="sidebar-is-no-session"),
    pytest.param({"set-cookie": "session=; Max-Age=0"}, "", id="a-cookie-that-is-deleted"),
    pytest.param({"set-cookie": "session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}, "", id="a-cookie-long-expired"),
    pytest.param({"server": "cloudflare"}, "", id="a-host-that-names-itself"),
    pytest.param({"x-xss-protection": "0"}, "", id="the-old-filter-switched-off"),
    pytest.param({"cache-control": "no-store, max-age=0"}, "", id="nothing-is-kept"),
    pytest.param({}, '<script src="http://shop.test/a.js"></script>', id="plain-addresses-are-upgraded"),
    pytest.param({}, '<script src="https://cdn.shop.test/a.js"></script>', id="a-host-of-the-same-site"),
    pytest.param(
        {}, f'<script src="https://a.example/a.js" integrity="{SRI}" crossorigin></script>', id="a-pinned-script"
    ),
    pytest.param({}, '<link rel="icon" href="https://a.example/i.png">', id="a-foreign-icon"),
    pytest.param({}, '<script src="data:text/javascript,1"></script>', id="a-script-without-a-host"),
]


@pytest.mark.parametrize(("changes", "head"), SOUND_WAYS)
def test_other_sound_ways_get_no_finding(changes: dict[str, Lines], head: str) -> None:
    assert headers.everything(surface(answer(changes, head=head))) == []


def test_one_nonce_in_two_answers_is_reported_once_with_the_other_address() -> None:
    strict = answer(script_src("'nonce-0123456789abcdef' 'strict-dynamic'"))
    pages = [Served(url=f"{PAGE}{path}", kind=Kind.PAGE, answer=strict) for path in ("", "about")]
    judged = headers.everything(Surface(served=tuple(pages)))
    assert [(f.rule, f.where, f.got) for f in judged] == [
        ("headers.csp-nonce-reused", f"{PAGE}about", f"the nonce of an earlier answer of {PAGE}")
    ]


def test_a_nonce_that_a_stranger_gets_too_is_reported_once() -> None:
    page = Served(url=PAGE, kind=Kind.PAGE, answer=answer(script_src("'nonce-0123456789abcdef' 'strict-dynamic'")))
    probes = tuple(Probe(stranger=each, origin="null", method="GET", served=page) for each in Stranger)
    judged = headers.everything(Surface(served=(page,), probes=probes))
    assert [(f.rule, f.where) for f in judged] == [("headers.csp-nonce-reused", PAGE)]


def test_an_error_page_without_strict_transport_is_told_apart_from_a_site_without() -> None:
    bare = answer({HSTS: None}, status=404)
    lost = Served(url=f"{PAGE}x", kind=Kind.UNKNOWN_PAGE, answer=bare)
    with_it = Served(url=PAGE, kind=Kind.PAGE, answer=answer())
    assert rules(Surface(served=(with_it, lost))) == {"hsts-incomplete"}
    assert rules(Surface(served=(lost,))) == {"hsts-missing"}


def test_a_redirect_to_plain_http_is_reported_below_the_root_only() -> None:
    fields = (("location", "HTTP://shop.test/new"), (HSTS, SOUND[HSTS]))
    away = Answer(status=301, http="HTTP/2", fields=fields)
    assert rules(surface(away, kind=Kind.REDIRECT, url=f"{PAGE}old")) == {"redirect-plain"}
    assert rules(surface(away, kind=Kind.REDIRECT)) == set()


@pytest.mark.parametrize("value", [None, "private, max-age=0", "no-cache", "public, max-age=0, must-revalidate"])
def test_a_personal_page_must_be_kept_nowhere(value: str | None) -> None:
    page = Served(url=f"{PAGE}account", kind=Kind.PAGE, answer=answer({"cache-control": value}), private=True)
    assert rules(Surface(served=(page,))) == {"private-stored", "cors-private-wildcard"}


def test_a_personal_page_that_is_not_kept_and_not_shared_is_sound() -> None:
    sound = answer({"cache-control": "No-Store", "access-control-allow-origin": None})
    assert rules(Surface(served=(Served(url=PAGE, kind=Kind.PAGE, answer=sound, private=True),))) == set()


def test_the_way_out_may_clear_what_browsers_keep() -> None:
    leaving = answer({"clear-site-data": '"cache", "cookies", "storage"'})
    assert rules(surface(leaving, url=f"{PAGE}auth/sign-out")) == set()


def test_a_file_without_a_type_is_reported_although_only_its_head_was_asked_for() -> None:
    fields = ((HSTS, SOUND[HSTS]), ("x-content-type-options", "nosniff"))
    assert rules(surface(Answer(status=200, http="HTTP/2", fields=fields), kind=Kind.ASSET)) == {"content-type-missing"}


def test_globs_of_personal_pages_match_whole_paths() -> None:
    paths = ("", "account", "account/orders", "accounting")
    asked = [(Kind.PAGE, Exchange(method="GET", url=PAGE + path, purpose="", answer=answer())) for path in paths]
    seen = surface_of(asked, private=["/account", "/account/*"])
    assert [each.private for each in seen.served] == [False, True, True, False]


def test_over_plain_http_the_strict_transport_field_is_not_asked_for() -> None:
    plain = answer({HSTS: None})
    assert rules(surface(plain, url="http://shop.test/")) == set()


def test_an_address_of_numbers_cannot_have_strict_transport() -> None:
    assert rules(surface(answer({HSTS: None}), url="https://192.0.2.7/")) == set()


def test_a_redirect_is_judged_by_transport_cookies_and_leaks_only() -> None:
    bare = Answer(status=308, http="HTTP/2", fields=(("location", "/"), ("x-powered-by", "PHP/8.1")))
    assert rules(surface(bare, kind=Kind.REDIRECT)) == {"hsts-missing", "leak-version"}


def test_the_platforms_own_redirect_gets_no_finding() -> None:
    own = (("location", "/"), ("server", "Vercel"), (HSTS, "max-age=63072000"))
    assert rules(surface(Answer(status=308, http="HTTP/2", fields=own), kind=Kind.REDIRECT)) == set()


def test_an_unknown_page_is_judged_like_a_page_and_says_what_it_is() -> None:
    judged = headers.everything(surface(answer({CSP_FIELD: None}, status=404), kind=Kind.UNKNOWN_PAGE))
    assert {f.where for f in judged} == {"https://shop.test/ (unknown page)"}
    assert "headers.csp-missing" in {f.rule for f in judged}


def test_an_asset_needs_no_document_policies() -> None:
    fields = ((HSTS, SOUND[HSTS]), ("content-type", "text/javascript"), ("x-content-type-options", "nosniff"))
    script = Answer(status=200, http="HTTP/2", fields=fields, body=b"export {}")
    assert rules(surface(script, kind=Kind.ASSET)) == set()


def test_values_of_cookies_never_show() -> None:
    judged = headers.everything(surface(answer({"set-cookie": "session=hunter2; SameSite=None"})))
    assert judged
    assert "hunter2" not in str(judged)


SEVERITIES = {
    Severity.HIGH: "hsts-missing hsts-void hsts-off csp-void csp-scripts-unrestricted csp-unsafe-inline "
    "csp-broad-script-source csp-object-src-open cookie-session-insecure cookie-session-readable cors-null "
    "cors-reflected-credentials framing-controls mixed-content-active",
    Severity.MEDIUM: "hsts-short csp-missing csp-report-only csp-unsafe-eval csp-http-source csp-base-uri-nonce "
    "csp-nonce-weak csp-nonce-reused csp-jsonp-host csp-strict-dynamic-alone csp-syntax framing-missing framing-void "
    "framing-meta-only framing-open nosniff-missing nosniff-void content-type-missing referrer-policy-unsafe "
    "permissions-policy-void permissions-policy-wildcard coop-void coep-void corp-void cookie-insecure "
    "cookie-rejected cookie-session-cross-site document-cached session-cached sri-missing sri-void cors-lookalike "
    "cors-private-reflected private-stored clear-site-data-everywhere redirect-plain function-content-type "
    "function-data-as-html function-cached function-cookie",
    Severity.LOW: "hsts-under-a-year hsts-subdomains hsts-repeated hsts-preload csp-base-uri csp-form-action "
    "csp-style-unsafe-inline csp-unsafe-hashes csp-ip-source csp-deprecated framing-options-only "
    "referrer-policy-missing referrer-policy-unknown referrer-policy-origin permissions-policy-missing "
    "permissions-policy-ignored coop-missing corp-missing cookie-samesite cookie-session-prefix "
    "cors-wildcard-credentials leak-version xss-protection mixed-content-passive hsts-incomplete cors-null-public "
    "cors-private-wildcard cors-vary cors-malformed cors-plain-origin content-type-charset clear-site-data-void "
    "cookie-attribute-unknown referrer-policy-attribute sri-evergreen integrity-policy-void report-group-undeclared "
    "report-endpoint-void cross-domain-policies meta-ignored function-hsts function-nosniff function-leak "
    "cookie-supabase-readable",
    Severity.INFO: "framing-conflict permissions-policy-unknown leak-technology deprecated isolation-partial "
    "cookie-lifetime",
}


def test_severities_are_those_of_the_reference() -> None:
    declared = {rule.id.removeprefix("headers."): rule.severity for rule in CATALOGUE.values()}
    wanted = {name: severity for severity, names in SEVERITIES.items() for name in names.split()}
    assert {name: severity for name, severity in declared.items() if name in DECLARED} == wanted


HOSTILE = [
    pytest.param({CSP_FIELD: "; ".join(f"x{n} 'self'" for n in range(10_000))}, id="ten-thousand-directives"),
    pytest.param({CSP_FIELD: "script-src " + " ".join(f"a{n}" for n in range(10_000))}, id="ten-thousand-sources"),
    pytest.param({CSP_FIELD: "script-src " + " ".join(f"'x{n}'" for n in range(10_000))}, id="ten-thousand-mistakes"),
    pytest.param({CSP_FIELD: "default-src 'self'," * 10_000}, id="ten-thousand-policies"),
    pytest.param({CSP_FIELD: "a" * 1_000_000}, id="a-name-of-a-million-letters"),
    pytest.param({CSP_FIELD: "script-src " + "a." * 100_000}, id="a-host-of-a-hundred-thousand-labels"),
    pytest.param({CSP_FIELD: "script-src 'sha256-" + "=" * 100_000 + "'"}, id="a-hash-of-padding"),
    pytest.param({HSTS: "max-age=" + "9" * 100_000}, id="seconds-of-a-hundred-thousand-digits"),
    pytest.param({HSTS: ";" * 100_000}, id="nothing-but-semicolons"),
    pytest.param({"permissions-policy": "(" * 50_000}, id="brackets-without-an-end"),
    pytest.param({"permissions-policy": ", ".join(f"a{n}=()" for n in range(10_000))}, id="ten-thousand-features"),
    pytest.param({"permissions-policy": "camera=" + "9" * 5_000}, id="a-number-of-five-thousand-digits"),
    pytest.param({"cross-origin-opener-policy": "\x00\x1b[31m\ud800"}, id="control-characters-and-a-surrogate"),
    pytest.param({"set-cookie": tuple(f"session{n}=1" for n in range(3_000))}, id="three-thousand-cookies"),
    pytest.param({"set-cookie": "=" * 10_000}, id="a-cookie-of-equal-signs"),
    pytest.param({"set-cookie": "a=1" + "".join(f"; x{n}" for n in range(5_000))}, id="five-thousand-attributes"),
    pytest.param({"set-cookie": "a=1; Max-Age=" + "9" * 10_000}, id="a-cookie-until-the-end-of-time"),
    pytest.param({"report-to": "[" * 100_000}, id="groups-without-an-end"),
    pytest.param({"report-to": '{"group": {"a": []}}, 7, null'}, id="groups-that-are-none"),
    pytest.param({"reporting-endpoints": ", ".join(f"e{n}=1" for n in range(5_000))}, id="five-thousand-endpoints"),
    pytest.param({"reporting-endpoints": 'a="https://["'}, id="an-endpoint-that-is-no-address"),
    pytest.param({"clear-site-data": "," * 10_000}, id="nothing-to-clear-ten-thousand-times"),
    pytest.param({"integrity-policy": "blocked-destinations=" + "(" * 10_000}, id="destinations-without-an-end"),
    pytest.param({"access-control-allow-origin": "a://" + "a" * 100_000}, id="an-origin-without-an-end"),
    pytest.param({"access-control-allow-origin": ("https://[",) * 100}, id="origins-that-are-none"),
    pytest.param({"set-cookie": "a=1; Expires=Thu, 99 Foo 99999999999999 99:99:99 GMT"}, id="a-date-that-is-none"),
    pytest.param({"cache-control": "max-age=" + "9" * 100_000}, id="an-age-beyond-measure"),
    pytest.param({"server": "9." * 100_000}, id="a-version-without-an-end"),
    pytest.param({"content-type": "text/html;" * 10_000}, id="a-type-without-an-end"),
]


@pytest.mark.parametrize("changes", HOSTILE)
def test_hostile_values_end_in_findings_of_bounded_length(changes: dict[str, Lines]) -> None:
    judged = headers.everything(surface(answer(changes)))
    assert all(len(finding.got) < 800 for finding in judged)
    assert len(judged) <= 100


HOSTILE_DOCUMENTS = [
    pytest.param("<div>" * 200_000, id="deep-nesting"),
    pytest.param("<div></x>" * 200_000, id="deep-nesting-behind-stray-end-tags"),
    pytest.param("<script src=https://a.example/a.js></script>" * 5_000, id="five-thousand-scripts"),
    pytest.param("<script src='https://['></script><base href='http://['>", id="addresses-that-are-none"),
    pytest.param("<script src='https://a.example:99999999/'></script>", id="a-port-that-is-none"),
    pytest.param("\x00\ufffd<!--", id="a-comment-without-an-end"),
]


@pytest.mark.parametrize("body", HOSTILE_DOCUMENTS)
def test_hostile_documents_end_in_few_findings(body: str) -> None:
    assert len(headers.everything(surface(answer(body=body)))) <= 30


def test_what_was_not_answered_is_a_gap_and_not_judged() -> None:
    failed = Exchange(method="GET", url=PAGE, purpose="", failure=Failure(cause=Cause.NETWORK, text="timed out"))
    walled = Exchange(method="GET", url=f"{PAGE}a", purpose="", answer=answer({CSP_FIELD: None}), wall="a firewall")
    seen = surface_of([(Kind.PAGE, failed), (Kind.PAGE, walled)])
    assert (seen.served, len(seen.gaps)) == ((), 2)


def test_redirects_on_the_way_are_part_of_the_surface_with_their_addresses() -> None:
    hops = (answer({"location": "/b"}, status=307), answer({"location": "c"}, status=307))
    exchange = Exchange(method="GET", url=f"{PAGE}a", purpose="", hops=hops, answer=answer())
    seen = surface_of([(Kind.PAGE, exchange)])
    assert [(served.url, served.kind) for served in seen.served] == [
        ("https://shop.test/a", Kind.REDIRECT),
        ("https://shop.test/b", Kind.REDIRECT),
        ("https://shop.test/c", Kind.PAGE),
    ]


def test_a_redirect_to_another_origin_is_a_redirect() -> None:
    away = Exchange(method="GET", url=PAGE, purpose="", answer=answer({"location": "https://a.example"}, status=301))
    assert [served.kind for served in surface_of([(Kind.PAGE, away)]).served] == [Kind.REDIRECT]


def test_an_address_that_two_pages_lead_to_is_judged_once() -> None:
    exchange = Exchange(method="GET", url=PAGE, purpose="", answer=answer({CSP_FIELD: None}))
    later = Exchange(method="GET", url=PAGE, purpose="", answer=answer(), attempts=())
    seen = surface_of([(Kind.PAGE, exchange), (Kind.PAGE, later)])
    assert [served.answer for served in seen.served] == [exchange.answer]
