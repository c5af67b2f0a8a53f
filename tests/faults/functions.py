"""Faults of the edge functions check: what is deployed, who is let in, what callers and pages are told, and where."""

from __future__ import annotations

import json
from typing import Any

from tests.faults.breaks import Break, answer, expects, function, remove, replace, write
from tests.faults.catalogue import Catalogue, Fault

SHOP = "https://storefront.test"
QUOTE = "^function quote"
CHECKOUT = "^function checkout"
VERSION = "^function version"
PLATFORM = r"api\.supabase\.com"
HTTP = "supabase/functions/_shared/http.ts"
CONFIG = "supabase/config.toml"
OTHER = "fedcba9876543210fedcba9876543210fedcba98"  # a commit that the storefront never had
OURS = "0123456789abcdef0123456789abcdef01234567"
NEAR, FAR = "eu-central-1", "us-east-1"

BASE: dict[str, Any] = {
    "pages": ["/"],
    "endpoints": [],
    "identity": None,
    "supabase": {"sources": "examples/storefront/supabase/functions"},
    "functions": {
        "quote": {"media_type": "application/json", "regions": [NEAR]},
        "version": {"stamp": {"pointer": "/commit"}},
    },
}

PRELUDE = """
const cors = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, apikey, content-type, x-client-info',
}
const json = (value: unknown, status = 200, more = {}) =>
  Response.json(value, { status, headers: { ...cors, ...more } })
const refuse = (status: number) => json({ error: { code: 'refused', message: 'refused' } }, status)
const bearer = (request: Request) => (request.headers.get('authorization') ?? '').replace('Bearer ', '')
const decoded = (token: string, part: number) =>
  JSON.parse(atob(token.split('.')[part].replaceAll('-', '+').replaceAll('_', '/')))
"""
CONSENT = "if (request.method === 'OPTIONS') return new Response('ok', { headers: cors })"


def quoting(*lines: str, consent: str = CONSENT) -> Break:
    """Another handler for the quote function."""
    body = "\n".join(f"  {line}" for line in (consent, *lines))
    return function("quote", f"{PRELUDE}Deno.serve(async (request) => {{\n{body}\n}})\n")


def quote(**declared: Any) -> Break:
    """Other expectations of the quote function."""
    return expects(functions={"quote": declared})


def version(**declared: Any) -> Break:
    return expects(functions={"version": declared})


def platform(slug: str, status: int, name: str, *, method: str = "POST", **more: Any) -> Break:
    """The platform answers in place of the function."""
    return answer(
        path=f"/functions/v1/{slug}.*",
        method=method,
        status=status,
        body=json.dumps({"code": name, "message": "said the platform"}),
        without=["x-deno-execution-id", "access-control-allow-origin", "content-type", "sb-error-code"],
        fields=[("content-type", "application/json"), ("sb-error-code", name)],
        **more,
    )


def stamp(commit: str) -> str:
    return json.dumps({"commit": commit, "built_at": "2026-01-01T00:00:00Z"})


UNJUDGED = quote(schema=None, refusal=None, media_type=None)  # of the quote function's body
LISTED = quote(origins=[SHOP])
LOCKED = quote(signed_in=True, schema=None, refusal=None)
ALLOWED = "const allowed = (origin: string) => "
BY_LIST = (
    "const origin = request.headers.get('origin') ?? ''",
    f"const own = {{ 'access-control-allow-origin': allowed(origin) ? origin : '{SHOP}', vary: 'Origin' }}",
    "if (request.method === 'OPTIONS') return new Response('ok', { headers: { ...cors, ...own } })",
    "return json({ total: 5 }, 200, own)",
)


def listing(allowed: str) -> tuple[Break, ...]:
    """A list of origins that is kept by some comparison of its own."""
    return LISTED, UNJUDGED, quoting(f"{ALLOWED}{allowed}", *BY_LIST, consent="")


PRESENCE = (
    Fault(
        name="not-deployed",
        rule="functions.not-found",
        where=QUOTE,
        got="404 NOT_FOUND",
        breaks=(remove("supabase/functions/quote/index.ts"),),
    ),
    Fault(
        name="bundle-missing",
        rule="functions.not-found",
        where=QUOTE,
        got="NOT_FOUND_FUNCTION_BLOB",
        breaks=(platform("quote", 404, "NOT_FOUND_FUNCTION_BLOB", method=".*"),),
    ),
    Fault(
        name="throttled",
        rule="functions.not-active",
        where=QUOTE,
        got="THROTTLED",
        breaks=(answer(host=PLATFORM, path=".*/functions", swap=['"status":"ACTIVE"', '"status":"THROTTLED"']),),
    ),
    Fault(
        name="left-behind",
        rule="functions.undeclared",
        where="^function debug$",
        got="verify_jwt = true",
        breaks=(function("debug", "Deno.serve(() => Response.json(Deno.env.toObject()))"),),
    ),
    Fault(
        name="refused-by-the-platform",
        rule="functions.platform-answered",
        where=f"{QUOTE}: what quote must refuse",
        breaks=(
            quote(refusal={"request": {"method": "POST", "path": "/bad", "json": {"sku": 7}}, "status": 400}),
            answer(path="/functions/v1/quote/bad", without=["x-deno-execution-id"]),
        ),
    ),
)
FAILURES = (
    Fault(
        name="import-unresolved",
        rule="functions.does-not-start",
        where=QUOTE,
        got="BOOT_ERROR",
        breaks=(replace("supabase/functions/quote/index.ts", "../_shared/http.ts", "../_shared/nowhere.ts"),),
    ),
    Fault(
        name="secret-unset",
        rule="functions.does-not-start",
        where=QUOTE,
        got="BOOT_ERROR",
        breaks=(function("quote", "const key = Deno.env.get('PAYMENT_KEY')!.trim()\nDeno.serve(() => json(key))"),),
    ),
    Fault(
        name="cannot-be-loaded",
        rule="functions.does-not-start",
        where=QUOTE,
        got="LOAD_FUNCTION_ERROR",
        breaks=(platform("quote", 503, "LOAD_FUNCTION_ERROR", method=".*"),),
    ),
    Fault(
        name="handler-throws",
        rule="functions.crashes",
        where=QUOTE,
        got="EDGE_FUNCTION_ERROR",
        breaks=(quoting("throw new Error('no stock')"),),
    ),
    Fault(
        name="process-ends",
        rule="functions.crashes",
        where=QUOTE,
        got="WORKER_ERROR",
        breaks=(quote(repeatable=False, refusal=None, regions=None), quoting("Deno.exit(1)")),
    ),
    Fault(
        name="out-of-memory",
        rule="functions.out-of-resources",
        where=QUOTE,
        got="546 WORKER_LIMIT",
        breaks=(platform("quote", 546, "WORKER_LIMIT"),),
        may=frozenset({"functions.refusal-missed"}),
    ),
    Fault(
        name="too-slow-for-the-platform",
        rule="functions.no-answer-in-time",
        where=QUOTE,
        got="504 IDLE_TIMEOUT",
        breaks=(platform("quote", 504, "IDLE_TIMEOUT"),),
    ),
    Fault(
        name="called-too-often",
        rule="functions.rate-limited",
        where=QUOTE,
        got="429 RATE_LIMIT_EXCEEDED",
        breaks=(quote(refusal=None), platform("quote", 429, "RATE_LIMIT_EXCEEDED")),
    ),
    Fault(
        name="says-that-it-broke",
        rule="functions.status-unexpected",
        where=QUOTE,
        got="^500",
        breaks=(quoting("return refuse(500)"),),
    ),
    Fault(
        name="accepted-instead-of-done",
        rule="functions.status-unexpected",
        where=QUOTE,
        got="^202",
        breaks=(UNJUDGED, quoting("return json({}, 202)")),
    ),
    Fault(
        name="fails-now-and-then",
        rule="functions.status-unexpected",
        where=QUOTE,
        got="^502",
        breaks=(
            quote(refusal=None, regions=None),
            answer(path="/functions/v1/quote", method="POST", every=2, status=502),
        ),
    ),
)
TOKENS = (
    Fault(
        name="deployed-without-verifying",
        rule="functions.open-without-jwt",
        where=CHECKOUT,
        got="by the function's code",
        breaks=(replace(CONFIG, "verify_jwt = true", "verify_jwt = false"),),
    ),
    Fault(
        name="no-lock-of-its-own",
        rule="functions.open-without-jwt",
        where=QUOTE,
        breaks=(quote(signed_in=True),),
    ),
    Fault(
        name="token-only-decoded",
        rule="functions.forged-token-accepted",
        where=QUOTE,
        got="another secret.*made-up signature.*changed",
        breaks=(
            LOCKED,
            quoting(
                "try { return json({ total: 5, who: decoded(bearer(request), 1).sub }) } catch { return refuse(401) }"
            ),
        ),
    ),
    Fault(
        name="any-token-will-do",
        rule="functions.forged-token-accepted",
        where=QUOTE,
        got="publishable key",
        breaks=(LOCKED, quoting("return bearer(request) ? json({ total: 5 }) : refuse(401)")),
    ),
    Fault(
        name="unsigned-token-trusted",
        rule="functions.forged-token-accepted",
        where=QUOTE,
        got="to an unsigned token \\(alg none\\)$",
        breaks=(
            LOCKED,
            quoting(
                "const authorization = request.headers.get('authorization') ?? ''",
                "try { if (decoded(bearer(request), 0).alg === 'none') return json({ total: 5 }) } catch { }",
                "const headers = { apikey: Deno.env.get('SUPABASE_ANON_KEY')!, authorization }",
                "const user = await fetch(`${Deno.env.get('SUPABASE_URL')}/auth/v1/user`, { headers })",
                "return user.ok ? json({ total: 5 }) : refuse(401)",
            ),
        ),
    ),
    Fault(
        name="locked-by-default",
        rule="functions.refused-without-jwt",
        where=QUOTE,
        got="UNAUTHORIZED_NO_AUTH_HEADER",
        breaks=(replace(CONFIG, "[functions.quote]\nverify_jwt = false", "[functions.quote]"),),
    ),
    Fault(
        name="signing-keys-rotated",
        rule="functions.token-refused",
        where=CHECKOUT,
        got="UNAUTHORIZED_ASYMMETRIC_JWT",
        breaks=(platform("checkout", 401, "UNAUTHORIZED_ASYMMETRIC_JWT"),),
    ),
    Fault(
        name="set-otherwise-in-the-dashboard",
        rule="functions.jwt-setting",
        where="^function quote$",
        got="verify_jwt = true, version 1",
        breaks=(
            answer(
                host=PLATFORM,
                path=".*/functions",
                swap=[
                    '"name":"quote","status":"ACTIVE","version":1,"verify_jwt":false',
                    '"name":"quote","status":"ACTIVE","version":1,"verify_jwt":true',
                ],
            ),
        ),
    ),
)
CONTRACT = (
    Fault(
        name="field-renamed",
        rule="functions.body-schema",
        where=QUOTE,
        got="unit_price",
        breaks=(replace("supabase/functions/quote/index.ts", "unit_price_cents:", "unit_price:"),),
    ),
    Fault(
        name="body-is-no-json",
        rule="functions.body-schema",
        where=QUOTE,
        got="not JSON",
        breaks=(quote(media_type=None), quoting("return new Response('five euros', { headers: cors })")),
    ),
    Fault(
        name="typed-otherwise",
        rule="functions.media-type",
        where=QUOTE,
        got="^application/octet-stream",
        breaks=(
            answer(
                path="/functions/v1/quote",
                method="POST",
                without=["content-type"],
                fields=[("content-type", "application/octet-stream")],
            ),
        ),
    ),
    Fault(
        name="page-where-none-is-served",
        rule="functions.media-type",
        where=VERSION,
        got=r"^text/plain \(the platform serves no HTML",
        breaks=(
            version(schema=None, stamp=None, media_type="text/html"),
            function(
                "version",
                f"{PRELUDE}const headers = {{ ...cors, 'content-type': 'text/html' }}\n"
                "Deno.serve(() => new Response('<!doctype html><title>1.0</title>', { headers }))",
            ),
        ),
    ),
    Fault(
        name="json-without-a-type",
        rule="functions.json-as-text",
        where=QUOTE,
        breaks=(
            quote(media_type=None),
            answer(
                path="/functions/v1/quote",
                method="POST",
                without=["content-type"],
                fields=[("content-type", "text/plain;charset=UTF-8")],
            ),
        ),
    ),
    Fault(
        name="page-shown-as-source",
        rule="functions.html-as-text",
        where=VERSION,
        breaks=(
            version(schema=None, stamp=None),
            function(
                "version",
                f"{PRELUDE}const headers = {{ ...cors, 'content-type': 'text/html; charset=utf-8' }}\n"
                "Deno.serve(() => new Response('<html><body>1.0</body></html>', { headers }))",
            ),
        ),
    ),
    Fault(
        name="anything-is-accepted",
        rule="functions.refusal-missed",
        where=f"{QUOTE}: what quote must refuse",
        got="^200",
        breaks=(quote(schema=None), quoting("return json({ total: 5 })")),
    ),
    Fault(
        name="bad-input-breaks-it",
        rule="functions.refusal-missed",
        where=f"{QUOTE}: what quote must refuse",
        got="EDGE_FUNCTION_ERROR",
        breaks=(
            quote(schema=None),
            quoting(
                "if (request.method !== 'POST') return refuse(405)",
                "const { sku } = await request.json()",
                "return json({ total: sku.toUpperCase().length })",
            ),
        ),
    ),
    Fault(
        name="breaks-without-a-body",
        rule="functions.method-crash",
        where=f"{QUOTE}: quote by GET",
        got="EDGE_FUNCTION_ERROR",
        breaks=(
            quote(schema=None),
            quoting(
                "const { sku } = await request.json()",
                "return typeof sku === 'string' ? json({ total: 5 }) : refuse(400)",
            ),
        ),
    ),
)
CORS = (
    Fault(
        name="token-before-consent",
        rule="functions.preflight-refused",
        where=f"{CHECKOUT}: preflight",
        got="^401",
        breaks=(
            replace(
                HTTP,
                "    if (request.method === 'OPTIONS') {",
                "    if (!request.headers.get('authorization') && request.url.includes('checkout'))\n"
                "      return new Response(null, { status: 401, headers })\n"
                "    if (request.method === 'OPTIONS') {",
            ),
        ),
    ),
    Fault(
        name="options-not-served",
        rule="functions.preflight-refused",
        where=f"{QUOTE}: preflight",
        got="^405",
        breaks=(replace(HTTP, "request.method === 'OPTIONS'", "request.method === 'TRACE'"),),
    ),
    Fault(
        name="another-apps-origin",
        rule="functions.preflight-refused",
        where=f"{QUOTE}: preflight",
        got=r"https://old\.example",
        breaks=(
            replace(HTTP, "'access-control-allow-origin': '*'", "'access-control-allow-origin': 'https://old.example'"),
        ),
        may=frozenset({"functions.cors-missing", "functions.cors-missing-on-error"}),
    ),
    Fault(
        name="method-not-listed",
        rule="functions.preflight-refused",
        where=f"{QUOTE}: preflight",
        got="access-control-allow-methods: missing",
        breaks=(
            UNJUDGED,
            quote(request={"method": "PATCH", "json": {"sku": "HW-101"}}),
            quoting("return json({ total: 5 })"),
        ),
    ),
    Fault(
        name="client-info-forgotten",
        rule="functions.preflight-header-missing",
        where=f"{QUOTE}: preflight",
        got="^without x-client-info$",
        breaks=(replace(HTTP, "  'x-client-info',\n", ""),),
    ),
    Fault(
        name="wildcard-of-headers",
        rule="functions.preflight-header-missing",
        where=f"{QUOTE}: preflight",
        got="^without authorization$",
        breaks=(replace(HTTP, "requestHeaders.join(', ')", "'*'"),),
    ),
    Fault(
        name="answer-without-cors",
        rule="functions.cors-missing",
        where=f"{QUOTE}: call quote",
        got="missing",
        breaks=(UNJUDGED, quoting("return Response.json({ total: 5 })")),
    ),
    Fault(
        name="cors-by-two-hands",
        rule="functions.cors-missing",
        where=f"{QUOTE}: call quote",
        got=r"\*, \*",
        breaks=(
            quote(refusal=None),
            answer(path="/functions/v1/quote", method="POST", fields=[("access-control-allow-origin", "*")]),
        ),
    ),
    Fault(
        name="error-without-cors",
        rule="functions.cors-missing-on-error",
        where=f"{QUOTE}: what quote must refuse",
        got="^400",
        breaks=(replace(HTTP, "{ status: error.status, headers }", "{ status: error.status }"),),
    ),
    Fault(
        name="own-lock-without-cors",
        rule="functions.cors-missing-on-error",
        where=f"{QUOTE}: quote without a token",
        got="^401",
        breaks=(
            LOCKED,
            quoting(
                "const authorization = request.headers.get('authorization') ?? ''",
                "const headers = { apikey: Deno.env.get('SUPABASE_ANON_KEY')!, authorization }",
                "const user = await fetch(`${Deno.env.get('SUPABASE_URL')}/auth/v1/user`, { headers })",
                "return user.ok ? json({ total: 5 }) : new Response('sign in', { status: 401 })",
            ),
        ),
    ),
    Fault(
        name="open-to-all-in-spite-of-a-list",
        rule="functions.foreign-origin-allowed",
        where=QUOTE,
        got=r"^access-control-allow-origin: \*",
        breaks=(LISTED,),
    ),
    Fault(
        name="list-by-beginning",
        rule="functions.foreign-origin-allowed",
        where=QUOTE,
        got=r"^access-control-allow-origin: https://storefront\.test\.foreign\.example$",
        breaks=listing(f"origin.startsWith('{SHOP}')"),
    ),
    Fault(
        name="list-by-ending",
        rule="functions.foreign-origin-allowed",
        where=QUOTE,
        got=r"^access-control-allow-origin: https://foreignstorefront\.test$",
        breaks=listing("origin.endsWith('storefront.test')"),
    ),
    Fault(
        name="list-with-null",
        rule="functions.foreign-origin-allowed",
        where=QUOTE,
        got="^access-control-allow-origin: null$",
        breaks=listing(f"['{SHOP}', 'null'].includes(origin)"),
    ),
    Fault(
        name="list-for-consent-only",
        rule="functions.foreign-origin-allowed",
        where=rf"{QUOTE}: call quote for https://foreign\.example",
        breaks=(
            LISTED,
            UNJUDGED,
            quoting(
                "return json({ total: 5 })",
                consent=CONSENT.replace("cors }", f"{{ ...cors, 'access-control-allow-origin': '{SHOP}' }} }}"),
            ),
        ),
    ),
    Fault(
        name="echo-with-credentials",
        rule="functions.foreign-origin-allowed",
        where=QUOTE,
        got="with credentials",
        breaks=(
            answer(
                path="/functions/v1/quote",
                method="OPTIONS",
                without=["access-control-allow-origin"],
                fields=[("access-control-allow-origin", "{origin}"), ("access-control-allow-credentials", "true")],
            ),
        ),
    ),
    Fault(
        name="everybody-with-credentials",
        rule="functions.credentials-wildcard",
        where=QUOTE,
        breaks=(answer(path="/functions/v1/quote", fields=[("access-control-allow-credentials", "true")]),),
    ),
    Fault(
        name="cached-for-another-origin",
        rule="functions.vary-missing",
        where=VERSION,
        breaks=(
            version(schema=None, stamp=None, origins=[SHOP]),
            function(
                "version",
                f"{PRELUDE}Deno.serve((request) => {{\n"
                f"  const own = request.headers.get('origin') === '{SHOP}' ? '{SHOP}' : 'https://nobody.invalid'\n"
                "  return json({ commit: 'unknown' }, 200, { 'access-control-allow-origin': own })\n})",
            ),
        ),
    ),
)
STAMPS = (
    Fault(
        name="stamp-empty",
        rule="functions.stamp-missing",
        where=VERSION,
        breaks=(version(schema=None), write("supabase/functions/version/stamp.json", stamp(""))),
    ),
    Fault(
        name="stamp-not-in-the-header",
        rule="functions.stamp-missing",
        where=QUOTE,
        breaks=(quote(stamp={"header": "x-build"}),),
    ),
    Fault(
        name="older-than-the-front-end",
        rule="functions.stamp-unexpected",
        where=VERSION,
        got=OTHER,
        breaks=(
            expects(identity={"path": "/version.json", "pointer": "/commit"}),
            write("dist/version.json", stamp(OURS)),
            write("supabase/functions/version/stamp.json", stamp(OTHER)),
        ),
    ),
    Fault(
        name="two-builds-at-once",
        rule="functions.stamp-flaps",
        where=VERSION,
        got=OTHER,
        breaks=(
            answer(
                path="/functions/v1/version", method="GET", every=2, swap=['"commit":"unknown"', f'"commit":"{OTHER}"']
            ),
        ),
    ),
    Fault(
        name="edited-in-the-dashboard",
        rule="functions.source-differs",
        where="^function quote: its sources",
        got="^quote/index.ts differs$",
        breaks=(answer(host=PLATFORM, path=".*/functions/quote/body", swap=["Open to everybody", "Open to all"]),),
    ),
    Fault(
        name="deployed-from-another-branch",
        rule="functions.source-differs",
        where="^function checkout: its sources",
        got="^_shared/prices.ts is not in the folder$",
        breaks=(
            answer(
                host=PLATFORM,
                path=".*/functions/checkout/body",
                swap=["functions/_shared/catalogue.ts", "functions/_shared/prices.ts"],
            ),
        ),
    ),
    Fault(
        name="older-in-one-region",
        rule="functions.stamp-flaps",
        where=rf"{VERSION}: which build version is in {FAR}",
        breaks=(
            version(regions=[NEAR, FAR]),
            replace(
                "supabase/functions/version/index.ts",
                "serve('GET', () => ({",
                f"serve('GET', (request) => request.headers.get('x-region') === '{FAR}'\n"
                f"  ? {{ name: 'storefront', commit: '{OTHER}', built_at: 'then' }} : ({{",
            ),
        ),
    ),
)
REGIONS = (
    Fault(
        name="region-fails",
        rule="functions.region-failed",
        where=rf"{QUOTE}: call quote in {NEAR}",
        got="^503",
        breaks=(
            UNJUDGED,
            quoting(f"return request.headers.get('x-region') === '{NEAR}' ? refuse(503) : json({{ total: 5 }})"),
        ),
    ),
    Fault(
        name="region-refuses-consent",
        rule="functions.region-failed",
        where=rf"{QUOTE}: preflight of quote for {SHOP} in {NEAR}",
        got="^404",
        breaks=(
            UNJUDGED,
            quote(repeatable=False),
            quoting(
                "return json({ total: 5 })",
                consent=f"if (request.headers.get('x-region') === '{NEAR}') return refuse(404)\n{CONSENT}",
            ),
        ),
    ),
    Fault(
        name="served-from-elsewhere",
        rule="functions.region-elsewhere",
        where=rf"{QUOTE}: call quote in {NEAR}",
        got=f"^{FAR}$",
        breaks=(answer(path="/functions/v1/quote", without=["x-sb-edge-region"], fields=[("x-sb-edge-region", FAR)]),),
    ),
)
SPEED = (
    Fault(
        name="always-slow",
        rule="functions.slow",
        where=QUOTE,
        got="^median",
        breaks=(quote(latency={"median": "400 ms"}), answer(path="/functions/v1/quote", method="POST", after=0.5)),
    ),
    Fault(
        name="slow-once",
        rule="functions.slow",
        where=QUOTE,
        got="^worst",
        breaks=(
            quote(latency={"worst": "1500 ms"}, refusal=None, regions=None),
            answer(path="/functions/v1/quote", method="POST", after=1.6, every=3),
        ),
    ),
)

FAULTS: tuple[Fault, ...] = (*PRESENCE, *FAILURES, *TOKENS, *CONTRACT, *CORS, *STAMPS, *REGIONS, *SPEED)
FUNCTIONS = Catalogue(check="functions", file="test_edge_functions.py", base=BASE, faults=FAULTS)
