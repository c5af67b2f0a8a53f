"""Is everything there, and of a kind that browsers take?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from unicodedata import normalize
from urllib.parse import unquote

from prodworthy.model import Severity, Shortfall
from prodworthy.model.bundle import Bundle, File, How, Kind
from prodworthy.review.bundle.naming import named
from prodworthy.review.rules import rule

# https://mimesniff.spec.whatwg.org/#javascript-mime-type
_ESSENCES = """
    application/ecmascript application/javascript application/x-ecmascript application/x-javascript text/ecmascript
    text/javascript text/javascript1.0 text/javascript1.1 text/javascript1.2 text/javascript1.3 text/javascript1.4
    text/javascript1.5 text/jscript text/livescript text/x-ecmascript text/x-javascript
"""
JAVASCRIPT = frozenset(_ESSENCES.split())
BLOCKED = ("image/", "audio/", "video/", "text/csv")  # as scripts, with or without nosniff (Fetch, section 3.6)
UTF_8 = {"", "utf-8", "utf8", "unicode-1-1-utf-8", "x-unicode20utf8"}  # Encoding, section 4.2

FETCH = "https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-mime-type?"
MODULES = "https://html.spec.whatwg.org/multipage/webappapis.html#fetch-a-single-module-script"
SPECIFIERS = "https://html.spec.whatwg.org/multipage/webappapis.html#resolve-a-module-specifier"
INTEGRITY = "https://www.w3.org/TR/SRI/#does-response-match-metadatalist"
ENCODING = "https://html.spec.whatwg.org/multipage/webappapis.html#fetch-a-classic-script"
STREAMING = "https://webassembly.github.io/spec/web-api/#streaming-modules"
VITE = "https://vite.dev/guide/build#load-error-handling"

NO_FALLBACK = (
    "build and deploy again from a clean checkout; keep the catch-all rewrite in vercel.json away from files: "
    '{ "source": "/((?!assets/).*)", "destination": "/index.html" }'
)


@rule(
    "bundle.empty",
    title="The declared pages load scripts or stylesheets",
    severity=Severity.HIGH,
    reason="A page of an app without any script is blank, and nothing else of this check can be looked at.",
    remedy="look at the HTML that is served: the build's own index.html names its scripts; if the site really has "
    'none, say so: [targets.<name>.not_applicable] bundle = "plain HTML"',
    references=[VITE],
)
def empty(bundle: Bundle) -> Iterator[Shortfall]:
    if bundle.entries and not bundle.code and not any(entry.foreign for entry in bundle.entries):
        yield Shortfall(
            where=named([entry.url for entry in bundle.entries]),
            wanted="at least one script or stylesheet",
            got="none",
        )


@rule(
    "bundle.entry-missing",
    title="Every script and stylesheet that a page loads at once is served",
    severity=Severity.CRITICAL,
    reason="Without it the page stays blank, or has no styles, for everybody who opens it.",
    remedy=NO_FALLBACK,
    references=[VITE, MODULES],
)
def entry_missing(bundle: Bundle) -> Iterator[Shortfall]:
    for file in bundle.code:
        if file.initial and file.delivery and not file.delivery.sound:
            yield Shortfall(where=file.url, wanted=f"status 200 and the {file.kind}", got=_instead(file, bundle))


@rule(
    "bundle.chunk-missing",
    title="Every chunk that a page may load later is served",
    severity=Severity.HIGH,
    reason="The part of the app that needs it fails when people get there, often long after the deployment.",
    remedy="build and deploy again from a clean checkout: the build names a file that it does not contain",
    references=[VITE],
)
def chunk_missing(bundle: Bundle) -> Iterator[Shortfall]:
    for file in bundle.code:
        if not file.initial and file.delivery and file.delivery.status != 200:
            yield Shortfall(where=file.url, wanted="status 200", got=_instead(file, bundle))


@rule(
    "bundle.chunk-is-html",
    title="No chunk is answered with a page",
    severity=Severity.HIGH,
    reason="The fallback of a single-page app hides that the file is gone: browsers refuse HTML as a script, and the "
    "route stays blank.",
    remedy=NO_FALLBACK,
    references=[VITE, MODULES],
)
def chunk_is_html(bundle: Bundle) -> Iterator[Shortfall]:
    for file in bundle.code:
        if not file.initial and file.delivery and file.delivery.status == 200 and file.delivery.markup:
            yield Shortfall(where=file.url, wanted=f"the {file.kind}", got=_instead(file, bundle))


@rule(
    "bundle.asset-missing",
    title="Every image, font and other file that code names is served",
    severity=Severity.MEDIUM,
    reason="People see a broken image or a substitute font.",
    remedy="put the file where it is looked for, or remove what names it; files in public/ are named from the root",
    references=["https://vite.dev/guide/assets#the-public-directory"],
)
def asset_missing(bundle: Bundle) -> Iterator[Shortfall]:
    for file in bundle.files:
        if file.kind is Kind.ASSET and file.delivery and not _asset_there(file):
            yield Shortfall(where=file.url, wanted="status 200 and the file", got=_instead(file, bundle))


@rule(
    "bundle.chunk-type",
    title="Every script, stylesheet and JSON module has the media type that browsers demand",
    severity=Severity.HIGH,
    reason="Browsers refuse a module or worker that is not called JavaScript, and a stylesheet that is not text/css.",
    remedy="leave the type to the host: remove the content-type header from vercel.json, and name the file .js or .css",
    references=[MODULES, FETCH],
)
def chunk_type(bundle: Bundle) -> Iterator[Shortfall]:
    for file in bundle.sound:
        assert file.delivery is not None
        if (wanted := _refused(file)) is not None:
            yield Shortfall(where=file.url, wanted=wanted, got=_typed(file))


@rule(
    "bundle.wasm-type",
    title="WebAssembly is called application/wasm",
    severity=Severity.LOW,  # the loaders of Vite and wasm-bindgen try again in the slow way
    reason="Only then do browsers compile it while it loads; otherwise they load it whole first, or fail.",
    remedy='in vercel.json: "headers": [{ "source": "/(.*).wasm", "headers": [{ "key": "content-type", "value": '
    '"application/wasm" }] }]',
    references=[STREAMING],
)
def wasm_type(bundle: Bundle) -> Iterator[Shortfall]:
    for file in bundle.sound:
        assert file.delivery is not None
        fetched = file.kind is Kind.DATA and not file.strict and _suffix(file) == "wasm"
        if fetched and file.delivery.media_type != "application/wasm":
            yield Shortfall(where=file.url, wanted="application/wasm", got=_typed(file))


@rule(
    "bundle.integrity-mismatch",
    title="Every file is the one whose hash the page names",
    severity=Severity.CRITICAL,
    reason="Browsers throw away a script or stylesheet whose bytes are not those of its integrity attribute.",
    remedy="build and deploy again from a clean checkout; let nothing change files after the hashes were written: "
    "no injected snippets, no minifying host, no older file under the same name",
    references=[INTEGRITY, "OWASP ASVS 5.0, 3.6.1"],
)
def integrity_mismatch(bundle: Bundle) -> Iterator[Shortfall]:
    for file in bundle.files:
        broken = [each for each in file.integrity if not each.holds]
        if broken:
            got = f"{broken[0].got}; demanded by {named([each.page for each in broken])}"
            yield Shortfall(where=file.url, wanted=" or ".join(broken[0].wanted)[:300], got=got)


@rule(
    "bundle.import-unresolved",
    title="Every module imports only what browsers can find",
    severity=Severity.HIGH,
    reason="A bare name without an import map, or a module of Node, stops the script and everything that imports it.",
    remedy="let the build include the package: take it out of build.rollupOptions.external, or name it in the page: "
    '<script type="importmap">{"imports": {"react": "/vendor/react.js"}}</script>',
    references=[SPECIFIERS, "https://vite.dev/guide/troubleshooting#module-externalized-for-browser-compatibility"],
)
def import_unresolved(bundle: Bundle) -> Iterator[Shortfall]:
    pages = ((entry.url, entry.unresolved) for entry in bundle.entries)
    files = ((file.url, file.unresolved) for file in bundle.files)
    for url, names in (*pages, *files):
        if names:
            yield Shortfall(
                where=url, wanted="addresses, or names in the import map", got=f"import {', '.join(names)}"[:300]
            )


@rule(
    "bundle.garbled",
    title="Every script and stylesheet is read in the encoding that it is written in",
    severity=Severity.MEDIUM,
    reason="Letters beyond ASCII are shown wrongly: names, prices, whole languages.",
    remedy="write and serve UTF-8: leave the charset to the host, or content-type: text/javascript; charset=utf-8",
    references=[ENCODING, "https://www.w3.org/TR/css-syntax-3/#input-byte-stream"],
)
def garbled(bundle: Bundle) -> Iterator[Shortfall]:
    for file in bundle.sound:
        assert file.delivery is not None
        letters, charset = file.delivery.letters, file.delivery.charset
        always_utf_8 = file.strict and file.kind is Kind.SCRIPT  # modules and workers are, whatever the header says
        if file.kind is Kind.DATA or letters == "ascii":
            continue
        if letters == "other" and (charset in UTF_8 or always_utf_8):
            yield Shortfall(where=file.url, wanted="UTF-8", got="bytes that are not UTF-8")
        elif letters == "utf-8" and charset not in UTF_8 and not always_utf_8:
            yield Shortfall(where=file.url, wanted="charset=utf-8", got=f"charset={charset}, and the bytes are UTF-8")


def _asset_there(file: File) -> bool:
    if file.delivery is None or file.path.partition("?")[0].endswith((".html", ".htm")):
        return file.delivery is None or file.delivery.status == 200
    return file.delivery.sound


def _refused(file: File) -> str | None:
    """The media type that a browser demands of the file and does not get."""
    assert file.delivery is not None
    seen = file.delivery.media_type
    if file.kind is Kind.STYLE:
        return None if seen == "text/css" else "text/css"
    if file.kind is Kind.DATA:
        return _refused_data(file, seen) if file.strict else None
    if file.kind is not Kind.SCRIPT or seen in JAVASCRIPT:
        return None
    strict = file.strict or file.delivery.nosniff or seen.startswith(BLOCKED)
    return "text/javascript" if strict else None


def _refused_data(file: File, seen: str) -> str | None:
    if _suffix(file) == "wasm":
        return None if seen == "application/wasm" else "application/wasm"
    return None if seen in {"application/json", "text/json"} or seen.endswith("+json") else "application/json"


def _suffix(file: File) -> str:
    return file.path.partition("?")[0].rpartition(".")[2].lower()


def _typed(file: File) -> str:
    assert file.delivery is not None
    return f"{file.delivery.media_type[:100] or 'no content-type'}; named by {file.importer} ({file.how})"


def _instead(file: File, bundle: Bundle) -> str:
    assert file.delivery is not None
    what = file.delivery.media_type[:60] or "no content-type"
    fallback = ": a page in its place" if file.delivery.status == 200 and file.delivery.markup else ""
    near = next(_spelled_otherwise(file, bundle.sound), None)
    hint = f"; {near.path} is there, spelled otherwise" if near else ""
    return f"status {file.delivery.status}, {what}{fallback}; named by {file.importer} ({file.how}){hint}"


def _spelled_otherwise(file: File, files: Iterable[File]) -> Iterator[File]:
    """Files whose names differ in case or encoding only, which some disks and no host take for the same."""
    return (each for each in files if _spelled(each) == _spelled(file) and each.how is not How.CSS_URL)


def _spelled(file: File) -> str:
    return normalize("NFC", unquote(file.path)).casefold()
