"""Faults of the health check: addresses, certificates, redirects, answers and stamps."""

from __future__ import annotations

import json
from typing import Any

from tests.faults.breaks import Break, answer, certificate, config, expects, header, plain, remove, replace, write
from tests.faults.catalogue import Catalogue, Fault

SHOP = "storefront.test"
WWW = "www.storefront.test"
PARKED = "shop.storefront.test"
OTHER = "fedcba9876543210fedcba9876543210fedcba98"  # a commit that the storefront never had
STAMP = json.dumps({"name": "storefront", "commit": OTHER, "built_at": "2026-01-01T00:00:00Z"})
PLAIN = rf"^http://{SHOP}/$"
ROOT = rf"^https://{SHOP}/?$"
ROOT_OF_WWW = rf"^https://{WWW}/?$"
STAMPED = rf"^https://{SHOP}/version\.json$"
ABOUT = rf"^GET https://{SHOP}/about$"
VERSION = rf"^GET https://{SHOP}/version\.json$"
ICON = rf"^GET https://{SHOP}/favicon\.svg$"
UNKNOWN = rf"^https://{SHOP}/prodworthy-"

BASE: dict[str, Any] = {
    "pages": ["/", "/products", "/about"],
    "endpoints": [
        {
            "path": "/version.json",
            "schema": "examples/storefront/schemas/version.json",
            "media_type": "application/json",
        }
    ],
    "embedded": {"users": None},
    "supabase": None,
    "functions": None,
    "budgets": None,
    "not_applicable": {"supabase": "not of health", "functions": "not of health"},
}


def domains(*hosts: str) -> Break:
    return expects(domains=[f"https://{host}" for host in (SHOP, *hosts)])


def leads(host: str, to: str, *, path: str = "/", secure: bool = True, status: int = 308) -> Break:
    """A redirect, wherever the app itself would have led."""
    return answer(
        host=host, path=path, secure=secure, status=status, body="", without=["location"], fields=[("location", to)]
    )


def typed(path: str, media_type: str | None) -> Break:
    return answer(path=path, without=["content-type"], fields=[("content-type", media_type)] if media_type else [])


def icon(**declared: Any) -> Break:
    """An endpoint that nobody but this question asks for, so that every n-th request is every n-th sample."""
    return expects(endpoints=[{"path": "/favicon.svg", **declared}])


def robots(text: str) -> Break:
    return write("dist/robots.txt", text)


UNDECLARED = expects(endpoints=[])  # of version.json the stamp alone is asked
CERTIFICATES = (
    Fault(
        name="certificate-expired",
        rule="health.certificate-untrusted",
        where=ROOT,
        got="it has expired on",
        breaks=(certificate(days=-2),),
    ),
    Fault(
        name="certificate-of-tomorrow",
        rule="health.certificate-untrusted",
        where=ROOT,
        got="not valid yet",
        breaks=(certificate(days=70),),
    ),
    Fault(
        name="certificate-for-another-name",
        rule="health.certificate-untrusted",
        where=ROOT,
        got=r"it is for elsewhere\.test",
        breaks=(certificate(names=["elsewhere.test"]),),
    ),
    Fault(
        name="certificate-signed-by-a-stranger",
        rule="health.certificate-untrusted",
        where=ROOT,
        got="signed by somebody who is not trusted",
        breaks=(certificate(stranger=True),),
    ),
    Fault(
        name="certificate-signed-by-itself",
        rule="health.certificate-untrusted",
        where=ROOT,
        got="self-signed",
        breaks=(certificate(alone=True),),
    ),
    Fault(
        name="certificate-of-one-domain-only",
        rule="health.certificate-untrusted",
        where=ROOT_OF_WWW,
        got=rf"it is for {SHOP}",
        breaks=(domains(WWW), certificate(host=WWW, names=[SHOP])),
    ),
    Fault(
        name="certificate-ends-soon",
        rule="health.certificate-expiring",
        where=ROOT,
        got="it ends in 4 days",
        breaks=(certificate(days=4.5),),
    ),
    Fault(
        name="certificate-shorter-than-wanted",
        rule="health.certificate-expiring",
        where=ROOT,
        got="it ends in 40 days",
        breaks=(certificate(days=40.5), expects(certificate_days=45)),
    ),
    Fault(
        name="tls-of-old",
        rule="health.tls-old",
        where=ROOT,
        got=r"TLSv1\.1",
        breaks=(certificate(newest="TLSv1.1"),),
    ),
    Fault(
        name="http-one-only",
        rule="health.http-version",
        where=ROOT,
        got=r"HTTP/1\.1",
        breaks=(certificate(protocols=["http/1.1"]),),
    ),
    Fault(
        name="domain-without-https",
        rule="health.https-missing",
        where=rf"^http://{WWW}$",
        breaks=(expects(domains=[f"https://{SHOP}", f"http://{WWW}"]),),
    ),
)
REDIRECTS = (
    Fault(
        name="plain-http-serves-the-app",
        rule="health.http-not-redirected",
        where=PLAIN,
        got="status 200",
        breaks=(plain(serves=True),),
    ),
    Fault(
        name="plain-http-to-another-scheme",
        rule="health.http-not-redirected",
        where=PLAIN,
        breaks=(leads(SHOP, "storefront://open", secure=False),),
    ),
    Fault(
        name="plain-http-to-plain-http",
        rule="health.http-stays-plain",
        where=PLAIN,
        breaks=(leads(SHOP, f"http://{WWW}/", secure=False),),
    ),
    Fault(
        name="plain-http-to-another-host",
        rule="health.http-elsewhere-first",
        where=PLAIN,
        breaks=(domains(WWW), leads(SHOP, f"https://{WWW}/", secure=False)),
    ),
    Fault(
        name="plain-http-led-on-for-now",
        rule="health.http-temporary",
        where=PLAIN,
        got="status 302",
        breaks=(leads(SHOP, f"https://{SHOP}/", secure=False, status=302),),
    ),
    Fault(
        name="domain-to-itself",
        rule="health.domain-loop",
        where=ROOT_OF_WWW,
        breaks=(domains(WWW), leads(WWW, f"https://{WWW}/")),
    ),
    Fault(
        name="domains-to-each-other",
        rule="health.domain-loop",
        where=ROOT_OF_WWW,
        got=f"{WWW}/? → https://{PARKED}/? → https://{WWW}",
        breaks=(domains(WWW, PARKED), leads(WWW, f"https://{PARKED}/"), leads(PARKED, f"https://{WWW}/")),
    ),
    Fault(
        name="domain-parked",
        rule="health.domain-astray",
        where=ROOT_OF_WWW,
        got=r"https://parking\.invalid",
        breaks=(domains(WWW), leads(WWW, "https://parking.invalid/lander", status=302)),
    ),
    Fault(
        name="domain-back-to-plain-http",
        rule="health.domain-downgrade",
        where=ROOT_OF_WWW,
        breaks=(domains(WWW), leads(WWW, f"http://{SHOP}/")),
    ),
    Fault(
        name="domain-back-to-plain-http-later",
        rule="health.domain-downgrade",
        where=rf"^https://{WWW}/en$",
        breaks=(domains(WWW), leads(WWW, "/en"), leads(WWW, f"http://{SHOP}/", path="/en")),
    ),
    Fault(
        name="domain-without-its-paths",
        rule="health.domain-path-lost",
        where=rf"^https://{WWW}/version\.json$",
        breaks=(domains(WWW), leads(WWW, f"https://{SHOP}/", path=".*")),
    ),
    Fault(
        name="domain-not-assigned",
        rule="health.domain-status",
        where=ROOT_OF_WWW,
        got="502.*DNS_HOSTNAME_NOT_FOUND",
        breaks=(
            domains(WWW),
            answer(host=WWW, path="/", secure=True, status=502, fields=[("x-vercel-error", "DNS_HOSTNAME_NOT_FOUND")]),
        ),
    ),
    Fault(
        name="pages-to-each-other",
        rule="health.redirect-loop",
        where=ABOUT,
        breaks=(
            config(
                redirects=[
                    {"source": "/about", "destination": "/products"},
                    {"source": "/products", "destination": "/about"},
                ]
            ),
        ),
    ),
    Fault(
        name="page-ever-deeper",
        rule="health.redirect-loop",
        where=rf"^GET https://{SHOP}/more$",
        got="more than 10 redirects",
        breaks=(
            config(redirects=[{"source": "/more:rest(.*)", "destination": "/more/on:rest"}]),
            expects(pages=["/", "/more"]),
        ),
    ),
)
ROBOTS = (
    Fault(
        name="noindex-for-all",
        rule="health.noindex",
        where=ROOT,
        got="x-robots-tag: noindex",
        breaks=(header("x-robots-tag", "noindex, nofollow"),),
    ),
    Fault(
        name="noindex-for-the-largest",
        rule="health.noindex",
        where=ROOT,
        got="googlebot",
        breaks=(header("x-robots-tag", "otherbot: index, googlebot: nofollow, none"),),
    ),
    Fault(
        name="noindex-in-the-page",
        rule="health.noindex",
        where=ROOT,
        got="<meta",
        breaks=(replace("dist/index.html", "<title>", '<meta name="robots" content="noindex"><title>'),),
    ),
    Fault(
        name="robots-kept-out",
        rule="health.robots-blocked",
        where=r"/robots\.txt$",
        breaks=(robots("User-agent: *\nDisallow: /\n"),),
    ),
    Fault(
        name="robots-of-one-engine-kept-out",
        rule="health.robots-blocked",
        where=r"/robots\.txt$",
        got="bingbot",
        breaks=(robots("User-agent: *\nAllow: /\n\nUser-agent: Bingbot\nDisallow: *\n"),),
    ),
    Fault(
        name="robots-file-in-trouble",
        rule="health.robots-blocked",
        where=r"/robots\.txt$",
        got="status 503",
        breaks=(answer(path="/robots.txt", status=503),),
    ),
)
ENDPOINTS = (
    Fault(
        name="route-forgotten",
        rule="health.endpoint-status",
        where=ABOUT,
        got=r"status 404 \(x-vercel-error|status 404",
        breaks=(replace("vercel.json", "cart|about", "cart"),),
    ),
    Fault(
        name="page-in-error",
        rule="health.endpoint-status",
        where=ABOUT,
        got="500.*FUNCTION_INVOCATION_FAILED",
        breaks=(answer(path="/about", status=500, fields=[("x-vercel-error", "FUNCTION_INVOCATION_FAILED")]),),
    ),
    Fault(
        name="page-behind-a-sign-in",
        rule="health.endpoint-status",
        where=ABOUT,
        got=r"status 302, to https://sign-in\.invalid/",
        breaks=(leads(SHOP, "https://sign-in.invalid/", path="/about", status=302),),
    ),
    Fault(
        name="endpoint-in-error-now-and-then",
        rule="health.endpoint-status",
        where=ICON,
        got="in 1 of 3 tries",
        breaks=(icon(), answer(path="/favicon.svg", status=503, every=3)),
    ),
    Fault(
        name="endpoint-closed",
        rule="health.endpoint-status",
        where=ICON,
        got="status 401",
        breaks=(icon(), answer(path="/favicon.svg", status=401)),
    ),
    Fault(
        name="page-blank",
        rule="health.endpoint-empty",
        where=ABOUT,
        breaks=(answer(path="/about", body=" \n"),),
    ),
    Fault(
        name="endpoint-without-its-body",
        rule="health.endpoint-empty",
        where=ICON,
        breaks=(icon(media_type="image/svg+xml"), answer(path="/favicon.svg", body="")),
    ),
    Fault(
        name="page-as-text",
        rule="health.endpoint-media-type",
        where=ABOUT,
        got="text/plain",
        breaks=(typed("/about", "text/plain"),),
    ),
    Fault(
        name="page-of-no-type",
        rule="health.endpoint-media-type",
        where=ABOUT,
        got="no content-type",
        breaks=(typed("/about", None),),
    ),
    Fault(
        name="page-in-place-of-json",
        rule="health.endpoint-media-type",
        where=VERSION,
        got="text/html",
        breaks=(remove("dist/version.json"), config(rewrites=[{"source": "/version.json", "destination": "/"}])),
        may=frozenset({"health.endpoint-body", "health.identity-missing"}),
    ),
    Fault(
        name="json-without-a-key",
        rule="health.endpoint-body",
        where=VERSION,
        got="'name' is a required property",
        breaks=(replace("dist/version.json", '"name":"storefront",', ""),),
    ),
    Fault(
        name="json-with-another-value",
        rule="health.endpoint-body",
        where=VERSION,
        got="^/name: 'storefront' was expected",
        breaks=(replace("dist/version.json", '"storefront"', '"backoffice"'),),
    ),
    Fault(
        name="json-cut-off",
        rule="health.endpoint-body",
        where=VERSION,
        got="^not JSON",
        breaks=(replace("dist/version.json", "}", ""),),
        may=frozenset({"health.identity-missing"}),
    ),
    Fault(
        name="endpoint-slow-as-a-rule",
        rule="health.endpoint-slow",
        where=ICON,
        got=r"to the first byte: \d{3,}",
        breaks=(icon(latency={"median": "200 ms"}), answer(path="/favicon.svg", after=0.3)),
    ),
    Fault(
        name="endpoint-slow-now-and-then",
        rule="health.endpoint-slow",
        where=ICON,
        breaks=(icon(latency={"worst": "2 s"}), answer(path="/favicon.svg", after=2.1, every=3)),
    ),
    Fault(
        name="slower-than-before",
        rule="health.slower",
        where=ICON,
        breaks=(
            icon(),
            answer(path="/favicon.svg", after=0.3),
            write("before.json", json.dumps({"standing": {"medians": {"endpoints": {"GET /favicon.svg": 0.005}}}})),
            expects(baseline="slower-than-before/before.json"),
        ),
    ),
)
STAMPS = (
    Fault(
        name="stamp-not-declared",
        rule="health.identity-undeclared",
        where=ROOT,
        breaks=(expects(identity=None),),
    ),
    Fault(
        name="stamp-not-written",
        rule="health.identity-missing",
        where=STAMPED,
        got="status 404",
        breaks=(UNDECLARED, remove("dist/version.json")),
    ),
    Fault(
        name="stamp-elsewhere",
        rule="health.identity-missing",
        where=STAMPED,
        got="status 200, application/json",
        breaks=(expects(identity={"pointer": "/build/commit"}),),
    ),
    Fault(
        name="stamp-empty",
        rule="health.identity-missing",
        where=STAMPED,
        breaks=(UNDECLARED, write("dist/version.json", '{"commit": ""}')),
    ),
    Fault(
        name="stamp-missing-now-and-then",
        rule="health.identity-missing",
        where=STAMPED,
        got="status 500.*, 1 of 3 times",
        breaks=(UNDECLARED, answer(path="/version.json", status=500, every=3)),
    ),
    Fault(
        name="stamp-missing-on-one-domain",
        rule="health.identity-missing",
        where=rf"^https://{WWW}/version\.json$",
        breaks=(domains(WWW), answer(host=WWW, path="/version.json", status=404)),
    ),
    Fault(
        name="build-not-expected",
        rule="health.identity-unexpected",
        where=STAMPED,
        breaks=(expects(identity={"expect": OTHER}),),
    ),
    Fault(
        name="build-of-another-release-on-one-domain",
        rule="health.identity-disagrees",
        where=rf"https://{SHOP}, https://{WWW}",
        got=OTHER,
        breaks=(domains(WWW), answer(host=WWW, path="/version.json", body=STAMP)),
        may=frozenset({"health.identity-contradicted"}),
    ),
    Fault(
        name="build-now-this-now-that",
        rule="health.identity-flaps",
        where=STAMPED,
        got=OTHER,
        breaks=(UNDECLARED, answer(path="/version.json", body=STAMP, every=2)),
    ),
    Fault(
        name="page-of-another-build",
        rule="health.identity-contradicted",
        where=rf"^https://{SHOP}/",
        got=OTHER[::-1],
        breaks=(
            write("dist/version.json", STAMP),
            replace("dist/index.html", "<title>", f'<meta name="commit" content="{OTHER[::-1]}"><title>'),
        ),
    ),
)
PATHS = (
    Fault(
        name="everything-is-a-page",
        rule="health.unknown-path",
        where=UNKNOWN,
        got="status 200, text/html",
        breaks=(config(rewrites=[{"source": "/(.*)", "destination": "/"}]),),
    ),
    Fault(
        name="unknown-path-in-error",
        rule="health.unknown-path",
        where=UNKNOWN,
        got="status 500",
        breaks=(answer(path="/prodworthy-.*", status=500),),
    ),
    Fault(
        name="unknown-path-in-a-loop",
        rule="health.unknown-path",
        where=UNKNOWN,
        got="loop",
        breaks=(leads(SHOP, "/prodworthy-again", path="/prodworthy-.*", status=307),),
    ),
    Fault(
        name="unknown-path-to-the-start-page",
        rule="health.unknown-path",
        where=UNKNOWN,
        got="status 200, text/html",
        breaks=(config(redirects=[{"source": "/prodworthy-:rest", "destination": "/"}]),),
    ),
    Fault(
        name="not-found-without-a-page",
        rule="health.not-found-bare",
        where=UNKNOWN,
        breaks=(remove("dist/404.html"),),
    ),
    Fault(
        name="fallback-forgotten",
        rule="health.fallback-missing",
        where=UNKNOWN,
        got="status 404",
        breaks=(expects(unknown_path="fallback"),),
    ),
    Fault(
        name="fallback-to-no-page",
        rule="health.fallback-missing",
        where=UNKNOWN,
        got="application/json",
        breaks=(
            expects(unknown_path="fallback"),
            config(rewrites=[{"source": "/prodworthy-:rest([^.]+)", "destination": "/version.json"}]),
        ),
    ),
    Fault(
        name="fallback-for-scripts-too",
        rule="health.fallback-for-scripts",
        where=rf"^https://{SHOP}/assets/prodworthy-",
        breaks=(expects(unknown_path="fallback"), config(rewrites=[{"source": "/(.*)", "destination": "/"}])),
    ),
)

FAULTS = (*CERTIFICATES, *REDIRECTS, *ROBOTS, *ENDPOINTS, *STAMPS, *PATHS)
HEALTH = Catalogue(check="health", file="test_health.py", base=BASE, faults=FAULTS)
