"""Faults of the bundle check: files that are gone, wrong, too large, badly served, or that tell too much."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.faults.breaks import Break, Copy, answer, append, config, expects, header, remove, replace, write
from tests.faults.catalogue import Catalogue, Fault

SHOP = r"^https://storefront\.test"
HOME = rf"{SHOP}/$"
BUILDS = Path(__file__).parents[1] / "evidence" / "builds"  # as bundlers wrote them
FOREVER = "public, max-age=31536000, immutable"
MAPPED = frozenset({"bundle.source-map-public"})

BASE: dict[str, Any] = {
    "pages": ["/"],
    "endpoints": None,
    "identity": None,
    "embedded": {"users": None},
    "supabase": None,
    "functions": None,
    "not_applicable": {"supabase": "not of the bundle", "functions": "not of the bundle"},
}
PROJECT = {"url": "https://prodworthystorefront.supabase.co", "key": {"env": "PRODWORTHY_FAULT_KEY"}}
KEY = {"PRODWORTHY_FAULT_KEY": "sb_publishable_storefrontdemo"}

# the storefront, with a piece of its code changed
ENTRY, PRODUCTS, STYLES = "dist/assets/index-*.js", "dist/assets/products-*.js", "dist/assets/styles-*.css"
FALLBACK = config(rewrites=[{"source": "/(.*)", "destination": "/"}])

# a page of the storefront's host with code of its own: quicker to look at
MAIN = '<script type="module" src="/assets/main-Aa1Bb2Cc.js"></script>'


def page(tags: str) -> Break:
    return write("dist/index.html", f"<!doctype html><html lang=en><head><title>Shop</title>{tags}</head></html>")


def app(source: str, files: Mapping[str, str | bytes] | None = None, *, tags: str = "") -> tuple[Break, ...]:
    """A page with one module and the files beside it."""
    written = {"main-Aa1Bb2Cc.js": source, **(files or {})}
    return page(tags + MAIN), *(write(f"dist/assets/{name}", text) for name, text in written.items())


def built(name: str, *, without: str) -> Break:
    """A real build in place of the storefront's, one file left out."""

    def inflict(copy: Copy) -> None:
        for source in (BUILDS / name).rglob("*"):
            place = copy.folder / "dist" / source.relative_to(BUILDS / name)
            if source.is_file() and not source.match(without):
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(source.read_bytes())

    return inflict


def beside(pattern: str, suffix: str, text: str) -> Break:
    """A file with the name of another and more."""

    def inflict(copy: Copy) -> None:
        (file,) = copy.folder.glob(pattern)
        file.with_name(file.name + suffix).write_text(text)

    return inflict


def everywhere(pattern: str, old: str, new: str) -> Break:
    """One piece of text in all files of a pattern."""

    def inflict(copy: Copy) -> None:
        holding = [file for file in copy.folder.glob(pattern) if old in file.read_text(encoding="utf-8")]
        assert holding, f"no file of {pattern} holds {old!r}"
        for file in holding:
            file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    return inflict


def typed(path: str, media_type: str | None) -> Break:
    return answer(path=path, without=["content-type"], fields=[("content-type", media_type)] if media_type else [])


def cached(pattern: str) -> Break:
    return header("cache-control", FOREVER, at=pattern)


def source_map(sources: Mapping[str, str]) -> str:
    return json.dumps(
        {"version": 3, "sources": list(sources), "sourcesContent": list(sources.values()), "mappings": ""}
    )


def sheet(more: str = "") -> str:
    return f'<link rel="stylesheet" href="/assets/s-Aa1Bb2Cc.css"{more}>'


def integrity(text: str) -> str:
    return f"sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}"


def jwt(**claims: object) -> str:
    parts = (json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + f".{'s7Q' * 15}"


def standing(name: str, **sizes: Any) -> tuple[Break, ...]:
    """The sizes that an earlier run saved, as what the release is held against."""
    saved = {"standing": {"sizes": {"total": 10_000_000, "largest": 1, "pages": {}} | sizes}}
    return write("before.json", json.dumps(saved)), expects(baseline=f"{name}/before.json")


A_STYLE = integrity("a{}")  # what only one file is

MISSING = (
    Fault(
        name="no-scripts",
        rule="bundle.empty",
        where=HOME,
        breaks=(page(""),),
    ),
    Fault(
        name="entry-gone",
        rule="bundle.entry-missing",
        where=rf"{SHOP}/assets/index-.*\.js$",
        got=r"status 404.*<script type=module>",
        breaks=(remove(ENTRY),),
    ),
    Fault(
        name="entry-is-the-fallback",
        rule="bundle.entry-missing",
        where=rf"{SHOP}/assets/index-.*\.js$",
        got="a page in its place",
        breaks=(remove(ENTRY), FALLBACK),
    ),
    Fault(
        name="stylesheet-gone",
        rule="bundle.entry-missing",
        where=rf"{SHOP}/assets/styles-.*\.css$",
        got="<link rel=stylesheet>",
        breaks=(remove(STYLES),),
    ),
    Fault(
        name="preloaded-module-gone",
        rule="bundle.entry-missing",
        where=rf"{SHOP}/assets/vendor-Aa1Bb2Cc\.js$",
        got="<link rel=modulepreload>",
        breaks=(
            replace(
                "dist/index.html", "</title>", '</title><link rel="modulepreload" href="/assets/vendor-Aa1Bb2Cc.js">'
            ),
        ),
    ),
    Fault(
        name="static-import-gone",
        rule="bundle.entry-missing",
        where=rf"{SHOP}/assets/deep-Aa1Bb2Cc\.js$",
        got=r"named by https://storefront\.test/assets/near-Aa1Bb2Cc\.js \(import\)",
        breaks=app('import"./near-Aa1Bb2Cc.js";', {"near-Aa1Bb2Cc.js": 'export*from"./deep-Aa1Bb2Cc.js";'}),
    ),
    Fault(
        name="imported-stylesheet-gone",
        rule="bundle.entry-missing",
        where=rf"{SHOP}/assets/base-Aa1Bb2Cc\.css$",
        got="@import",
        breaks=app(
            "1",
            {"s-Aa1Bb2Cc.css": '@import "base-Aa1Bb2Cc.css" layer(base);'},
            tags=sheet(),
        ),
    ),
    Fault(
        name="chunk-gone",
        rule="bundle.chunk-missing",
        where=rf"{SHOP}/assets/products-.*\.js$",
        got=r"status 404.*import\(\)",
        breaks=(remove(PRODUCTS),),
    ),
    Fault(
        name="chunk-answers-an-error",
        rule="bundle.chunk-missing",
        where=rf"{SHOP}/assets/products-.*\.js$",
        got="status 500",
        breaks=(answer(path=r"/assets/products-.*", status=500, body="oops"),),
    ),
    Fault(
        name="chunk-spelled-in-another-case",
        rule="bundle.chunk-missing",
        where=rf"{SHOP}/assets/Products-.*\.js$",
        got=r"/assets/products-.*\.js is there, spelled otherwise",
        breaks=(replace(ENTRY, "import(`./products-", "import(`./Products-"),),
    ),
    Fault(
        name="style-of-a-chunk-gone",
        rule="bundle.chunk-missing",
        where=rf"{SHOP}/assets/cart-Zz9Yy8Xx\.css$",
        got="__vite__mapDeps",
        breaks=(replace(ENTRY, '(m.f=["', '(m.f=["assets/cart-Zz9Yy8Xx.css","'),),
    ),
    Fault(
        name="chunk-of-a-webpack-table-gone",
        rule="bundle.chunk-missing",
        where=rf"{SHOP}/js/689\.a3ae9352\.chunk\.js$",
        got=r"__webpack_require__\.u",
        breaks=(built("webpack5-hashed", without="689.*"), *map(cached, ("/js/(.*)", "/css/(.*)", "/media/(.*)"))),
    ),
    Fault(
        name="chunk-of-a-webpack-number-gone",
        rule="bundle.chunk-missing",
        where=rf"{SHOP}/js/526\.js$",
        got=r"named by https://storefront\.test/js/949\.js \(__webpack_require__\.u\)",
        breaks=(built("webpack5-auto", without="526.js"), cached("/css/(.*)")),
    ),
    Fault(
        name="style-of-a-webpack-chunk-gone",
        rule="bundle.chunk-missing",
        where=rf"{SHOP}/static/css/cart\.38e3951e\.chunk\.css$",
        got=r"__webpack_require__\.miniCssF",
        breaks=(built("webpack5-split", without="cart*.css"), cached("/static/(.*)")),
    ),
    Fault(
        name="chunk-of-a-module-build-gone",
        rule="bundle.chunk-missing",
        where=rf"{SHOP}/526\.368df9d6\.mjs$",
        breaks=(built("webpack5-module", without="526*.mjs"), *map(cached, ("/(.*).mjs", "/css/(.*)"))),
    ),
    Fault(
        name="module-of-the-import-map-gone",
        rule="bundle.chunk-missing",
        where=rf"{SHOP}/assets/kit/cart-Aa1Bb2Cc\.js$",
        breaks=app(
            'import("kit/cart-Aa1Bb2Cc.js")',
            tags='<script type="importmap">{"imports":{"kit/":"/assets/kit/"}}</script>',
        ),
    ),
    Fault(
        name="module-of-an-import-maps-scope-gone",
        rule="bundle.chunk-missing",
        where=rf"{SHOP}/assets/old-Aa1Bb2Cc\.js$",
        breaks=app(
            'import("kit")',
            {"new-Aa1Bb2Cc.js": "1"},
            tags='<script type="importmap">{"imports":{"kit":"/assets/new-Aa1Bb2Cc.js"},'
            '"scopes":{"/assets/":{"kit":"/assets/old-Aa1Bb2Cc.js"}}}</script>',
        ),
    ),
    Fault(
        name="worker-gone",
        rule="bundle.chunk-missing",
        where=rf"{SHOP}/assets/work-Aa1Bb2Cc\.js$",
        got=r"new Worker\(\)",
        breaks=app("new Worker('/assets/work-Aa1Bb2Cc.js')"),
    ),
    Fault(
        name="worker-beside-the-script-gone",
        rule="bundle.chunk-missing",
        where=rf"{SHOP}/assets/work-Aa1Bb2Cc\.js$",
        got=r"new Worker\(new URL\(\)\)",
        breaks=app("new SharedWorker(new URL('work-Aa1Bb2Cc.js', import.meta.url), { type: 'module' })"),
    ),
    Fault(
        name="script-of-a-worker-gone",
        rule="bundle.chunk-missing",
        where=rf"{SHOP}/assets/part-Aa1Bb2Cc\.js$",
        got=r"importScripts\(\)",
        breaks=app("new Worker('/assets/work-Aa1Bb2Cc.js')", {"work-Aa1Bb2Cc.js": "importScripts('part-Aa1Bb2Cc.js')"}),
    ),
    Fault(
        name="service-worker-gone",
        rule="bundle.chunk-missing",
        where=rf"{SHOP}/sw\.js$",
        got=r"serviceWorker\.register\(\)",
        breaks=app("navigator.serviceWorker.register('/sw.js')"),
    ),
    Fault(
        name="worklet-gone",
        rule="bundle.chunk-missing",
        where=rf"{SHOP}/assets/noise-Aa1Bb2Cc\.js$",
        got=r"addModule\(\)",
        breaks=app("context.audioWorklet.addModule('/assets/noise-Aa1Bb2Cc.js')"),
    ),
    Fault(
        name="webassembly-gone",
        rule="bundle.chunk-missing",
        where=rf"{SHOP}/assets/fast-Aa1Bb2Cc\.wasm$",
        breaks=app("fetch(new URL('fast-Aa1Bb2Cc.wasm', import.meta.url))"),
    ),
    Fault(
        name="chunk-is-the-fallback",
        rule="bundle.chunk-is-html",
        where=rf"{SHOP}/assets/products-.*\.js$",
        got="status 200, text/html: a page in its place",
        breaks=(remove(PRODUCTS), FALLBACK),
    ),
    Fault(
        name="chunk-is-a-page-that-is-called-a-script",
        rule="bundle.chunk-is-html",
        where=rf"{SHOP}/assets/late-Aa1Bb2Cc\.js$",
        got="status 200, (text|application)/javascript: a page in its place",
        breaks=app(
            "import('./late-Aa1Bb2Cc.js')", {"late-Aa1Bb2Cc.js": "<!-- gone --><!doctype html><title>Shop</title>"}
        ),
    ),
    Fault(
        name="image-of-the-code-gone",
        rule="bundle.asset-missing",
        where=rf"{SHOP}/assets/logo-Aa1Bb2Cc\.svg$",
        breaks=(append(ENTRY, ";globalThis.logo=`/assets/logo-Aa1Bb2Cc.svg`"),),
    ),
    Fault(
        name="font-of-a-stylesheet-gone",
        rule="bundle.asset-missing",
        where=rf"{SHOP}/assets/pine\.woff2$",
        got=r"url\(\)",
        breaks=(append(STYLES, "@font-face{font-family:Pine;src:url(pine.woff2)format('woff2')}"),),
    ),
    Fault(
        name="image-of-a-set-gone",
        rule="bundle.asset-missing",
        where=rf"{SHOP}/assets/sea@2x\.avif$",
        breaks=(append(STYLES, "body{background:image-set('../favicon.svg' 1x,'sea@2x.avif' type('image/avif') 2x)}"),),
    ),
    Fault(
        name="preloaded-image-gone",
        rule="bundle.asset-missing",
        where=rf"{SHOP}/hero\.webp$",
        got="<link rel=preload>",
        breaks=(replace("dist/index.html", "</title>", '</title><link rel="preload" as="image" href="/hero.webp">'),),
    ),
    Fault(
        name="image-is-the-fallback",
        rule="bundle.asset-missing",
        where=rf"{SHOP}/assets/logo-Aa1Bb2Cc\.svg$",
        got="a page in its place",
        breaks=(*app("new URL('logo-Aa1Bb2Cc.svg', import.meta.url)"), FALLBACK),
    ),
)

REFUSED = (
    Fault(
        name="chunk-called-text",
        rule="bundle.chunk-type",
        where=rf"{SHOP}/assets/products-.*\.js$",
        got=r"^text/plain",
        breaks=(typed("/assets/products-.*", "text/plain"),),
    ),
    Fault(
        name="chunk-without-a-type",
        rule="bundle.chunk-type",
        where=rf"{SHOP}/assets/products-.*\.js$",
        got="^no content-type",
        breaks=(typed("/assets/products-.*", None),),
    ),
    Fault(
        name="stylesheet-called-text",
        rule="bundle.chunk-type",
        where=rf"{SHOP}/assets/styles-.*\.css$",
        breaks=(typed("/assets/styles-.*", "text/plain"),),
    ),
    Fault(
        name="classic-script-called-text-without-sniffing",
        rule="bundle.chunk-type",
        where=rf"{SHOP}/old\.js$",
        breaks=(page("<script src=/old.js></script>"), write("dist/old.js", "1"), typed("/old.js", "text/plain")),
    ),
    Fault(
        name="worker-called-bytes",
        rule="bundle.chunk-type",
        where=rf"{SHOP}/assets/work-Aa1Bb2Cc\.js$",
        breaks=(
            *app("new Worker('/assets/work-Aa1Bb2Cc.js')", {"work-Aa1Bb2Cc.js": "1"}),
            typed("/assets/work-.*", "application/octet-stream"),
        ),
    ),
    Fault(
        name="json-module-called-text",
        rule="bundle.chunk-type",
        where=rf"{SHOP}/assets/prices-Aa1Bb2Cc\.json$",
        breaks=(
            *app("import p from './prices-Aa1Bb2Cc.json' with { type: 'json' }", {"prices-Aa1Bb2Cc.json": "{}"}),
            typed("/assets/prices-.*", "text/plain"),
        ),
    ),
    Fault(
        name="webassembly-called-bytes",
        rule="bundle.wasm-type",
        where=rf"{SHOP}/assets/fast-Aa1Bb2Cc\.wasm$",
        breaks=(
            *app("globalThis.fast='/assets/fast-Aa1Bb2Cc.wasm'", {"fast-Aa1Bb2Cc.wasm": b"\0asm\1\0\0\0"}),
            typed("/assets/fast-.*", "application/octet-stream"),
        ),
    ),
    Fault(
        name="script-of-another-hash",
        rule="bundle.integrity-mismatch",
        where=rf"{SHOP}/assets/index-.*\.js$",
        breaks=(replace("dist/index.html", "<script ", f'<script integrity="sha384-{"A" * 64}" '),),
    ),
    Fault(
        name="stylesheet-changed-on-its-way",
        rule="bundle.integrity-mismatch",
        where=rf"{SHOP}/assets/s-Aa1Bb2Cc\.css$",
        breaks=(
            *app(
                "1",
                {"s-Aa1Bb2Cc.css": "a{}"},
                tags=sheet(f' integrity="{A_STYLE}"'),
            ),
            answer(path=r"/assets/s-.*", swap=("a{}", "b{}")),
        ),
    ),
    Fault(
        name="chunk-of-another-hash-than-the-import-map-says",
        rule="bundle.integrity-mismatch",
        where=rf"{SHOP}/assets/late-Aa1Bb2Cc\.js$",
        breaks=app(
            "import('./late-Aa1Bb2Cc.js')",
            {"late-Aa1Bb2Cc.js": "1"},
            tags='<script type="importmap">{"integrity":{"/assets/late-Aa1Bb2Cc.js":"' + A_STYLE + '"}}</script>',
        ),
    ),
    Fault(
        name="package-left-out-of-the-build",
        rule="bundle.import-unresolved",
        where=rf"{SHOP}/assets/products-.*\.js$",
        got="^import react$",
        breaks=(append(PRODUCTS, ';import"react"'),),
    ),
    Fault(
        name="module-of-node-in-the-page",
        rule="bundle.import-unresolved",
        where=HOME,
        got="^import node:fs$",
        breaks=(replace("dist/index.html", "</body>", "<script type=module>import 'node:fs'</script></body>"),),
    ),
    Fault(
        name="stylesheet-in-another-encoding",
        rule="bundle.garbled",
        where=rf"{SHOP}/assets/s-Aa1Bb2Cc\.css$",
        got="bytes that are not UTF-8",
        breaks=app(
            "1",
            {"s-Aa1Bb2Cc.css": b"a::after{content:'\xa3'}"},
            tags=sheet(),
        ),
    ),
    Fault(
        name="stylesheet-said-to-be-in-another-encoding",
        rule="bundle.garbled",
        where=rf"{SHOP}/assets/styles-.*\.css$",
        got="charset=iso-8859-1",
        breaks=(append(STYLES, "a::after{content:'£'}"), typed("/assets/styles-.*", "text/css; charset=iso-8859-1")),
    ),
)

LARGE = (
    Fault(
        name="page-over-its-budget",
        rule="bundle.over-initial-budget",
        where=HOME,
        got=r"in 2 files; the largest: /assets/index-",
        breaks=(expects(budgets={"initial": "5 kB"}),),
    ),
    Fault(
        name="one-page-over-a-budget-of-its-own",
        rule="bundle.over-initial-budget",
        where=HOME,
        breaks=(expects(budgets={"pages": {"/": "5 kB"}}),),
    ),
    Fault(
        name="all-code-over-its-budget",
        rule="bundle.over-total-budget",
        where=HOME,
        breaks=(expects(budgets={"total": "500 kB"}),),
    ),
    Fault(
        name="one-file-over-its-budget",
        rule="bundle.over-largest-budget",
        where=rf"{SHOP}/assets/chart-.*\.js$",
        breaks=(expects(budgets={"largest": "60 kB"}),),
    ),
    Fault(
        name="one-file-over-its-budget-after-brotli",
        rule="bundle.over-largest-budget",
        where=rf"{SHOP}/assets/main-Aa1Bb2Cc\.js$",
        breaks=(
            *app("/*" + "".join(f"{number * 7919:x} " for number in range(3_000)) + "*/"),
            expects(budgets={"measure": "brotli", "largest": "2 kB"}),
        ),
    ),
    Fault(
        name="one-file-over-its-budget-as-it-is-sent",
        rule="bundle.over-largest-budget",
        where=rf"{SHOP}/assets/main-Aa1Bb2Cc\.js$",
        got="^1[0-9].* kB$",
        may=frozenset({"bundle.not-compressed"}),
        breaks=(
            *app("1"),
            answer(path="/assets/main-.*", body="/* the same words again */" * 600),
            expects(budgets={"measure": "transferred", "largest": "2 kB"}),
        ),
    ),
    Fault(
        name="package-in-two-chunks",
        rule="bundle.package-twice",
        where=rf"{SHOP}/assets/a-Aa1Bb2Cc\.js and 1 more$",
        got="the same 3.00 kB of sources",
        may=MAPPED,
        breaks=app(
            "import('./a-Aa1Bb2Cc.js');import('./b-Aa1Bb2Cc.js')",
            {
                f"{name}-Aa1Bb2Cc.js{suffix}": text
                for name in "ab"
                for suffix, text in (
                    ("", f"1//# sourceMappingURL={name}-Aa1Bb2Cc.js.map"),
                    (".map", source_map({"../node_modules/three/src/math.js": "x" * 3_000, f"../src/{name}.js": "1"})),
                )
            },
        ),
    ),
    Fault(
        name="package-in-two-folders",
        rule="bundle.package-twice",
        where=rf"{SHOP}/assets/main-Aa1Bb2Cc\.js$",
        got="node_modules/lodash, node_modules/old/node_modules/lodash",
        may=MAPPED,
        breaks=app(
            "1//# sourceMappingURL=main-Aa1Bb2Cc.js.map",
            {
                "main-Aa1Bb2Cc.js.map": source_map(
                    {"../node_modules/lodash/a.js": "1", "../node_modules/old/node_modules/lodash/a.js": "2"}
                )
            },
        ),
    ),
    Fault(
        name="package-in-two-versions",
        rule="bundle.package-twice",
        where=rf"{SHOP}/assets/late-Aa1Bb2Cc\.js and 1 more$",
        got=r"0\.150\.0, 0\.170\.0",
        breaks=app(
            "/*! three v0.170.0 */import('./late-Aa1Bb2Cc.js')",
            {"late-Aa1Bb2Cc.js": "/**\n * @license three v0.150.0\n */1"},
        ),
    ),
    Fault(
        name="all-code-grown",
        rule="bundle.growth",
        where=HOME,
        got=r"in all|more",
        breaks=standing("all-code-grown", total=400_000),
    ),
    Fault(
        name="page-grown",
        rule="bundle.growth",
        where=HOME,
        breaks=standing("page-grown", pages={"/": 5_000}),
    ),
    Fault(
        name="grown-more-than-was-allowed",
        rule="bundle.growth",
        where=HOME,
        breaks=(
            *standing("grown-more-than-was-allowed", pages={"/": 9_700}),
            expects(budgets={"growth": "0 %"}),
        ),
    ),
)

SERVED = (
    Fault(
        name="code-not-compressed",
        rule="bundle.not-compressed",
        where=rf"{SHOP}/assets/main-Aa1Bb2Cc\.js$",
        breaks=(*app("1"), answer(path="/assets/main-.*", body="/* the same words again */" * 200)),
    ),
    Fault(
        name="hashed-files-asked-for-again",
        rule="bundle.hashed-not-immutable",
        where=rf"{SHOP}/assets/index-.* and \d+ more$",
        breaks=(header("cache-control", None, at="/assets/(.*)"),),
    ),
    Fault(
        name="hashed-files-never-kept",
        rule="bundle.hashed-not-immutable",
        where=rf"{SHOP}/assets/main-Aa1Bb2Cc\.js$",
        got="no-store",
        breaks=(*app("1"), header("cache-control", "no-store, max-age=31536000", at="/assets/(.*)")),
    ),
    Fault(
        name="hashed-images-asked-for-again",
        rule="bundle.hashed-not-immutable",
        where=rf"{SHOP}/assets/logo-Aa1Bb2Cc\.svg$",
        breaks=(
            *app("globalThis.logo='/assets/logo-Aa1Bb2Cc.svg'", {"logo-Aa1Bb2Cc.svg": "<svg/>"}),
            header("cache-control", "public, max-age=600", at="/assets/(.*).svg"),
        ),
    ),
    Fault(
        name="fixed-name-kept-for-a-year",
        rule="bundle.unhashed-cached-forever",
        where=rf"{SHOP}/assets/app\.js$",
        breaks=(page('<script type="module" src="/assets/app.js"></script>'), write("dist/assets/app.js", "1")),
    ),
    Fault(
        name="name-with-half-a-version-kept-for-a-year",
        rule="bundle.unhashed-cached-forever",
        where=rf"{SHOP}/vendor/tinymce/7/tinymce\.min\.js$",
        breaks=(
            page(
                '<script src="/vendor/tinymce/7/tinymce.min.js"></script>'
                '<script src="/vendor/tinymce/7.1.0/tinymce.min.js"></script>'
            ),
            *(write(f"dist/vendor/tinymce/{version}/tinymce.min.js", "1") for version in ("7", "7.1.0")),
            cached("/vendor/(.*)"),
        ),
    ),
    Fault(
        name="fixed-name-among-hashed-ones-kept-for-a-year",
        rule="bundle.unhashed-cached-forever",
        where=rf"{SHOP}/assets/settings\.js$",
        breaks=app("import'./settings.js';", {"settings.js": "1"}),
    ),
)

# never whole in this file, so that nobody who looks for secrets finds one
SERVICE = jwt(iss="supabase", ref="abcdefghijklmnopqrst", role="service_role")
SESSION = jwt(iss="supabase", role="authenticated", sub="6f1c", session_id="9a2b")
SECRETS = {
    "secret-key-of-the-project": ("Supabase secret key", "sb_" + "secret_aB3dE6gH9jK2mN5pQ8sT1v"),
    "service-role-token": (r"Supabase service_role key \(JWT\)", SERVICE),
    "session-of-a-user": (r"Supabase session of a user \(JWT\)", SESSION),
    "management-token": ("Supabase management token", "sb" + "p_" + "0f1e2d3c4b" * 4),
    "database-url": (
        "Postgres URL with a password",
        "postgresql://postgres:hJ8-kd92!x@db.abc.supabase.co:5432/postgres",
    ),
    "payment-key": ("Stripe or Clerk secret key", "sk_" + "live_51H8x2KqLmNoPqRsTuVwXyZ"),
    "language-model-key": ("OpenAI API key", "sk-" + "proj-" + "aB3dE6gH9_" * 5),
    "cloud-key": ("AWS access key id", "AK" + "IA" + "Q3EGRIZ7WOPN5K2L"),
    "code-hosting-token": ("GitHub token", "gh" + "p_" + "aB3dE6gH9" * 4),
    "mail-key": ("Resend API key", "re" + "_aB3dE6gH_jK2mN5pQ8sT1jK2mN5pQ8sT1"),
    "bots-token": ("Telegram bot token", "5123456789" + ":AA" + "aB3dE6gH9jK" * 3),
    "model-hosting-token": ("Replicate API token", "r8" + "_aB3dE6gH9jK2mN5pQ8sT1vXyZ4cD7fG0hJ2kL"),
    "vector-store-key": ("Pinecone API key", "pc" + "sk_2aBcDe_" + "aB3dE6gH9" * 7),
    "notes-token": ("Notion token", "nt" + "n_48215739046" + "aB3dE6g" * 5),
    "tracker-key": ("Linear API key", "lin" + "_api_" + "aB3dE6gH9j" * 4),
    "queue-url": ("AMQP URL with a password", "amqps://shop:hJ8-kd92!x@cow.rmq2.cloudamqp.com/shop"),
    "chat-webhook": (
        "Slack webhook address",
        "https://hooks.slack.com/services/" + "T0A1B2C3D/B4E5F6G7H/aB3dE6gH9jK2mN5pQ8sT1vXy",
    ),
}
MATERIAL = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ"

TELLING = (
    *(
        Fault(
            name=name,
            rule="bundle.secret",
            where=rf"{SHOP}/assets/main-Aa1Bb2Cc\.js:2$",
            got=rf"^{what}, .{{1,15}}$",
            breaks=app(f"\nglobalThis.secret={json.dumps(secret)}"),
        )
        for name, (what, secret) in SECRETS.items()
    ),
    Fault(
        name="private-key-in-the-page",
        rule="bundle.secret",
        where=rf"{SHOP}/:1$",
        got="^private key",
        breaks=app("1", tags=f"<script type=json>-----BEGIN PRIVATE KEY-----\\n{MATERIAL}</script>"),
    ),
    Fault(
        name="secret-in-a-stylesheet",
        rule="bundle.secret",
        where=rf"{SHOP}/assets/styles-.*\.css:\d+$",
        breaks=(append(STYLES, f"/* {SERVICE} */"),),
    ),
    Fault(
        name="secret-in-imported-data",
        rule="bundle.secret",
        where=rf"{SHOP}/assets/settings-Aa1Bb2Cc\.json:1$",
        breaks=app(
            "import s from './settings-Aa1Bb2Cc.json' with { type: 'json' }",
            {"settings-Aa1Bb2Cc.json": json.dumps({"key": SERVICE})},
        ),
    ),
    Fault(
        name="secret-in-a-source-map",
        rule="bundle.secret",
        where=rf"{SHOP}/assets/main-Aa1Bb2Cc\.js\.map:1$",
        may=MAPPED,
        breaks=app(
            "1//# sourceMappingURL=main-Aa1Bb2Cc.js.map", {"main-Aa1Bb2Cc.js.map": source_map({"../.env": SERVICE})}
        ),
    ),
    Fault(
        name="secret-in-a-source-map-inside-the-script",
        rule="bundle.secret",
        where=rf"{SHOP}/assets/main-Aa1Bb2Cc\.js:1$",
        may=MAPPED,
        breaks=app(
            "1//# sourceMappingURL=data:application/json;base64,"
            + base64.b64encode(source_map({"../.env": SERVICE}).encode()).decode()
        ),
    ),
    Fault(
        name="variable-called-a-secret",
        rule="bundle.secret-variable",
        where=rf"{SHOP}/assets/main-Aa1Bb2Cc\.js:1$",
        breaks=app("const e={BASE_URL:`/`,DEV:!1,VITE_WEBHOOK_SECRET:`wk_9f8e7d6c5b4a3f2e`};use(e)"),
    ),
    Fault(
        name="variable-of-another-bundler-called-private",
        rule="bundle.secret-variable",
        where=rf"{SHOP}/assets/main-Aa1Bb2Cc\.js:1$",
        breaks=app('window.env={"NEXT_PUBLIC_SIGNING_PRIVATE_KEY":"m4Kq9Zt2Wv7Xc1Rb"}'),
    ),
    *(
        Fault(
            name=name,
            rule="bundle.private-file",
            where=rf"{SHOP}{re.escape(path)}$",
            got=rf"^{what}$",
            breaks=(*app("1"), write(f"dist{path}", text)),
        )
        for name, path, what, text in (
            (
                "environment-file-among-the-files",
                "/.env",
                "an environment file with SUPABASE_SERVICE_ROLE_KEY and 1 more",
                f"VITE_A=1\n# of the back end\nSUPABASE_SERVICE_ROLE_KEY={SECRETS['secret-key-of-the-project'][1]}\n",
            ),
            (
                "environment-file-of-production-among-the-files",
                "/.env.production",
                "an environment file with SMTP_PASSWORD",
                "export SMTP_PASSWORD='hJ8-kd92!x'\n",
            ),
            ("repository-among-the-files", "/.git/HEAD", "a Git repository, .*", "ref: refs/heads/main\n"),
            ("backup-among-the-files", "/backup.sql", "a database in SQL", "create table orders (id bigint);\n"),
        )
    ),
    Fault(
        name="source-map-named",
        rule="bundle.source-map-public",
        where=rf"{SHOP}/assets/products-.*\.js\.map$",
        breaks=(
            beside(PRODUCTS, ".map", source_map({"../src/products.ts": "1"})),
            append(PRODUCTS, "\n//# sourceMappingURL=products-Aa1Bb2Cc.js.map"),
            write("dist/assets/products-Aa1Bb2Cc.js.map", source_map({"../src/products.ts": "1"})),
        ),
    ),
    Fault(
        name="source-map-not-named-and-there",
        rule="bundle.source-map-public",
        where=rf"{SHOP}/assets/index-.*\.js\.map$",
        breaks=(beside(ENTRY, ".map", source_map({"../src/main.ts": "1"})),),
    ),
    Fault(
        name="source-map-of-a-stylesheet",
        rule="bundle.source-map-public",
        where=rf"{SHOP}/assets/styles\.css\.map$",
        breaks=(
            append(STYLES, "\n/*# sourceMappingURL=styles.css.map */"),
            write("dist/assets/styles.css.map", source_map({"../src/styles.scss": "a{}"})),
        ),
    ),
    Fault(
        name="source-map-inside-the-script",
        rule="bundle.source-map-public",
        where=rf"{SHOP}/assets/main-Aa1Bb2Cc\.js$",
        got="1 inside the file itself",
        breaks=app("1//# sourceMappingURL=data:application/json,%7B%7D"),
    ),
)

CONNECTED = (
    Fault(
        name="built-for-another-project",
        rule="bundle.other-project",
        where=rf"{SHOP}/assets/(guides|backend)-.*:\d+$",
        got="^https://stagingstorefrontxyz.supabase.co$",
        environment=KEY,
        breaks=(
            everywhere("dist/assets/*.js", "prodworthystorefront.supabase.co", "stagingstorefrontxyz.supabase.co"),
            expects(supabase=PROJECT, not_applicable={"supabase": None}),
        ),
    ),
    *(
        Fault(
            name=f"built-for-{name}",
            rule="bundle.other-project",
            where=rf"{SHOP}/assets/(guides|backend)-.*:\d+$",
            got=f"^{address}$",
            environment=KEY,
            breaks=(
                everywhere("dist/assets/*.js", "https://prodworthystorefront.supabase.co", address),
                expects(supabase=PROJECT, not_applicable={"supabase": None}),
            ),
        )
        for name, address in (
            ("the-local-stack", "http://127.0.0.1:54321"),
            ("the-local-stack-by-its-name", "http://localhost:54321"),
            ("a-server-on-the-developers-machine", "http://localhost:8000"),
        )
    ),
    Fault(
        name="built-for-the-local-stack-and-not-for-a-domain-of-ones-own",
        rule="bundle.other-project",
        where=rf"{SHOP}/assets/main-Aa1Bb2Cc\.js:1$",
        got="^http://127.0.0.1:54321$",
        environment=KEY,
        breaks=(
            *app("connect('http://127.0.0.1:54321')"),
            expects(supabase=PROJECT | {"url": "https://api.storefront.test"}, not_applicable={"supabase": None}),
        ),
    ),
    Fault(
        name="key-of-another-project",
        rule="bundle.other-project",
        where=rf"{SHOP}/assets/main-Aa1Bb2Cc\.js:1$",
        got="anon key eyJ.* of the project abcdefghijklmnopqrst",
        environment=KEY,
        breaks=(
            *app(f"connect({jwt(iss='supabase', ref='abcdefghijklmnopqrst', role='anon')!r})"),
            expects(supabase=PROJECT, not_applicable={"supabase": None}),
        ),
    ),
    Fault(
        name="another-key-than-the-targets",
        rule="bundle.key-not-declared",
        where=rf"{SHOP}/assets/main-Aa1Bb2Cc\.js:1$",
        got="^publishable key sb_publi",
        environment=KEY,
        breaks=(
            *app("connect('sb_publishable_aB3dE6gH9jK2mN5pQ8sT1v')"),
            expects(supabase=PROJECT, not_applicable={"supabase": None}),
        ),
    ),
)

FAULTS: tuple[Fault, ...] = (*MISSING, *REFUSED, *LARGE, *SERVED, *TELLING, *CONNECTED)
BUNDLE = Catalogue(check="bundle", file="test_bundle_size.py", base=BASE, faults=FAULTS)
