"""Rules of the bundle check: is the whole build served, quickly, and without what should stay at home?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from prodworthy.model import Cure, Severity, Shortfall
from prodworthy.model.bundle import Bundle, Entry, File, Kind
from prodworthy.review.rules import rule, together

# https://mimesniff.spec.whatwg.org/#javascript-mime-type
_ESSENCES = """
    application/ecmascript application/javascript application/x-ecmascript application/x-javascript text/ecmascript
    text/javascript text/javascript1.0 text/javascript1.1 text/javascript1.2 text/javascript1.3 text/javascript1.4
    text/javascript1.5 text/jscript text/livescript text/x-ecmascript text/x-javascript
"""
JAVASCRIPT = frozenset(_ESSENCES.split())
BLOCKED = ("image/", "audio/", "video/", "text/csv")  # as scripts, with or without nosniff (Fetch, section 3.6)
COMPRESSIBLE = 2_000  # bytes: below it compression saves no packet
MONTH, WEEK = 2_592_000, 604_800  # seconds
NAMED = 5  # files that are named in one finding

FETCH = "https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-mime-type?"
MODULES = "https://html.spec.whatwg.org/multipage/webappapis.html#fetch-a-single-module-script"
CACHING = "https://vercel.com/docs/caching/cache-control-headers"
VITE = "https://vite.dev/guide/build#load-error-handling"
HTTP_CACHING = "https://developer.mozilla.org/docs/Web/HTTP/Guides/Caching#cache_busting"
API_KEYS = "https://supabase.com/docs/guides/api/api-keys"
PERFORMANCE = "https://web.dev/articles/performance-budgets-101"

IMMUTABLE = (
    'in vercel.json: "headers": [{ "source": "/assets/(.*)", "headers": [{ "key": "cache-control", '
    '"value": "public, max-age=31536000, immutable" }] }]'
)
NO_FALLBACK = (
    "build and deploy again from a clean checkout; keep the catch-all rewrite in vercel.json away from files: "
    '{ "source": "/((?!assets/).*)", "destination": "/index.html" }'
)


# Is everything there?


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
            where=_named([entry.url for entry in bundle.entries]),
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
            yield Shortfall(where=file.url, wanted=f"status 200 and the {file.kind}", got=_instead(file))


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
            yield Shortfall(where=file.url, wanted="status 200", got=_instead(file))


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
            yield Shortfall(where=file.url, wanted=f"the {file.kind}", got=_instead(file))


@rule(
    "bundle.asset-missing",
    title="Every image, font and other file that code names is served",
    severity=Severity.MEDIUM,
    reason="People see a broken image or a substitute font.",
    remedy="put the file where it is looked for, or remove what names it; files in public/ are named from the root",
    references=["https://vite.dev/guide/assets"],
)
def asset_missing(bundle: Bundle) -> Iterator[Shortfall]:
    for file in bundle.files:
        if file.kind is Kind.ASSET and file.delivery and not _asset_there(file):
            yield Shortfall(where=file.url, wanted="status 200 and the file", got=_instead(file))


@rule(
    "bundle.chunk-type",
    title="Every script and stylesheet has the media type that browsers demand",
    severity=Severity.HIGH,
    reason="Browsers refuse a module script that is not called JavaScript, and a stylesheet that is not text/css.",
    remedy="leave the type to the host: remove the content-type header from vercel.json, and name the file .js or .css",
    references=[MODULES, FETCH],
)
def chunk_type(bundle: Bundle) -> Iterator[Shortfall]:
    for file in _sound(bundle):
        if (wanted := _refused(file)) is not None:
            got = file.delivery.media_type if file.delivery else ""
            yield Shortfall(where=file.url, wanted=wanted, got=got[:100] or "no content-type")


# Is it small enough?


@rule(
    "bundle.over-initial-budget",
    title="What a page loads at once stays within the budget",
    severity=Severity.MEDIUM,
    reason="Everybody waits for these bytes before the page does anything, longest on phones.",
    remedy="load what the first view does not need through import(), or drop it; raise budgets.initial if it is meant",
    references=[PERFORMANCE],
)
def over_initial_budget(bundle: Bundle) -> Iterator[Shortfall]:
    budget = bundle.budgets.initial
    pages: dict[frozenset[str], list[Entry]] = {}
    for entry in bundle.entries:
        pages.setdefault(frozenset(entry.initial), []).append(entry)
    for entries in pages.values():
        files = bundle.loaded_by(entries[0])
        if budget is not None and bundle.size(files) > budget:
            yield Shortfall(
                where=_named([entry.url for entry in entries]),
                wanted=f"at most {readable(budget)} ({bundle.budgets.measure})",
                got=_sizes(bundle, files),
            )


@rule(
    "bundle.over-total-budget",
    title="All code together stays within the budget",
    severity=Severity.MEDIUM,
    reason="Code that is only ever added makes every later view, release and check slower.",
    remedy="look for what came with the last dependency; raise budgets.total if the growth is meant",
    references=[PERFORMANCE],
)
def over_total_budget(bundle: Bundle) -> Iterator[Shortfall]:
    budget = bundle.budgets.total
    if budget is not None and bundle.size(bundle.code) > budget:
        yield Shortfall(
            where=_named([entry.url for entry in bundle.entries]),
            wanted=f"at most {readable(budget)} ({bundle.budgets.measure})",
            got=_sizes(bundle, bundle.code),
        )


@rule(
    "bundle.over-largest-budget",
    title="No single file is larger than the budget",
    severity=Severity.MEDIUM,
    reason="One large file cannot be loaded in parts, and changes as a whole with every release.",
    remedy="split it: import() what is not needed at once; raise budgets.largest if the size is meant",
    references=[PERFORMANCE],
)
def over_largest_budget(bundle: Bundle) -> Iterator[Shortfall]:
    budget = bundle.budgets.largest
    for file in bundle.code:
        if budget is not None and bundle.size_of(file) > budget:
            yield Shortfall(
                where=file.url,
                wanted=f"at most {readable(budget)} ({bundle.budgets.measure})",
                got=readable(bundle.size_of(file)),
            )


# Is it served well?


@rule(
    "bundle.not-compressed",
    title="Code is served compressed",
    severity=Severity.MEDIUM,
    reason="Uncompressed code is three to five times as many bytes for everybody.",
    remedy="let the host compress: no cache-control with no-transform, a media type that is text, no proxy in front "
    "that decodes",
    references=["https://vercel.com/docs/how-vercel-cdn-works/compression"],
)
def not_compressed(bundle: Bundle) -> Iterator[Shortfall]:
    files = [file for file in _sound(bundle) if _worth_compressing(file) and _plain(file)]
    if files:
        size = sum(file.delivery.raw for file in files if file.delivery)
        yield Shortfall(
            where=_named([file.url for file in files]),
            wanted="content-encoding br, gzip or zstd",
            got=f"none; {readable(size)} as they are",
        )


@rule(
    "bundle.hashed-not-immutable",
    title="Files that carry a hash in their name are cached for long",
    severity=Severity.LOW,  # it works, only slower: every visit asks again for what cannot have changed
    reason="Their content never changes under that name; asking again at every visit costs a round trip a file.",
    remedy=IMMUTABLE,
    references=[HTTP_CACHING, CACHING],
)
def hashed_not_immutable(bundle: Bundle) -> Iterator[Shortfall]:
    files = [file for file in _sound(bundle) if hashed(file.path) and not _lasting(file, MONTH)]
    if files:
        seen = sorted({file.delivery.cache_control or "no cache-control" for file in files if file.delivery})
        yield Shortfall(
            where=_named([file.url for file in files]),
            wanted="cache-control with immutable, or a max-age of at least 30 days",
            got=", or ".join(seen)[:200],
        )


@rule(
    "bundle.unhashed-cached-forever",
    title="Code without a hash in its name is not cached for long",
    severity=Severity.MEDIUM,
    reason="After the next release browsers keep the old file and mix it with the new ones; not even a rollback "
    "reaches them.",
    remedy="let the build put a hash into the name (Vite does unless entryFileNames says otherwise), or serve it with "
    "cache-control: public, max-age=0, must-revalidate",
    references=[HTTP_CACHING],
)
def unhashed_cached_forever(bundle: Bundle) -> Iterator[Shortfall]:
    files = list(_sound(bundle))
    named_so = _folders_of_hashed(files)
    for file in files:
        # among hashed neighbours a token that happens to look like a word is a hash too
        named = _token(file.path) if _folder(file) in named_so else hashed(file.path)
        if not named and _lasting(file, WEEK) and file.delivery:
            yield Shortfall(
                where=file.url,
                wanted="a hash in the name, or a max-age below a week",
                got=file.delivery.cache_control[:200],
            )


# Does it tell more than it should?


@rule(
    "bundle.source-map-public",
    title="Source maps are not served to everybody",
    severity=Severity.LOW,  # code in a browser is public anyway; comments and names of files are what is added
    reason="Whoever wants can read the sources with their comments; they may be meant for an error tracker only.",
    remedy='build: { sourcemap: false } in vite.config, or "hidden", and delete the .map files after uploading them',
    references=["https://vite.dev/config/build-options#build-sourcemap"],
)
def source_map_public(bundle: Bundle) -> Iterator[Shortfall]:
    mapped = [file for file in bundle.files if file.source_map]
    if mapped:
        maps = [file.url if file.source_map == "inline" else str(file.source_map) for file in mapped]
        inline = sum(file.source_map == "inline" for file in mapped)
        yield Shortfall(
            where=_named(maps),
            wanted="no source map that everybody can fetch",
            got=f"{len(maps)} of them" + (f", {inline} inside the file itself" if inline else ""),
        )


@rule(
    "bundle.secret",
    title="Nothing that is served holds a secret",
    severity=Severity.CRITICAL,
    reason="Everybody can read it, and with it the database or the account; search engines of leaked keys find it "
    "within hours.",
    remedy="revoke it first, at the service that issued it; then keep it on the server: a variable named VITE_... is "
    "written into the build",
    references=[API_KEYS, "https://vite.dev/guide/env-and-mode#env-files", "OWASP ASVS 5.0, 13.3.1"],
    cure=Cure.NONE,  # it is out, and the old build stays readable at its own address: only revoking it helps
)
def secret(bundle: Bundle) -> Iterator[Shortfall]:
    pages = ((entry.url, entry.leaks) for entry in bundle.entries)
    files = ((file.url, file.leaks) for file in bundle.files)
    places: dict[tuple[str, str], list[str]] = {}
    for url, leaks in (*pages, *files, *bundle.maps):
        for leak in leaks:
            places.setdefault((leak.what, leak.shown), []).append(f"{url}:{leak.line}")
    for (what, shown), where in places.items():
        yield Shortfall(where=_named(where), wanted="no secret", got=f"{what}, {shown}")


whole = together(empty, entry_missing, chunk_missing, chunk_is_html, asset_missing, chunk_type)
small = together(over_initial_budget, over_total_budget, over_largest_budget)
well_served = together(not_compressed, hashed_not_immutable, unhashed_cached_forever)
discreet = together(source_map_public, secret)


def readable(size: int) -> str:
    """Bytes as people write them: 1 kB is 1,000 bytes, as in the budgets."""
    if size < 1000:
        return f"{size} B"
    value, unit = (size / 1e6, "MB") if size >= 1e6 else (size / 1e3, "kB")
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}"


_SUFFIX = re.compile(r"(?:\.(?:chunk|bundle|min|module|legacy))*\.\w+$")
_HASH = re.compile(r"(?:^|[-._])([A-Za-z0-9_-]{8})$|[-._]([A-Za-z0-9]{8,64})$")
_QUERY_HASH = re.compile(r"[?&](?:v|h|hash)?=?([A-Za-z0-9_-]{6,64})(?:&|$)")


def hashed(path: str) -> bool:
    """Whether a file's name, or its query, changes with its content, as far as the name can tell.

    Bundlers write at least eight characters of base64 or hexadecimal before the suffix. Words look like that too, so
    a digit or a capital inside is asked for; one real hash in about seven hundred has neither.
    """
    token = _token(path)
    return any(each.isdigit() for each in token) or token[1:].lower() != token[1:]


def _token(path: str) -> str:
    """What of a file's name could be a hash; empty when nothing is long enough."""
    name, _, query = path.rpartition("/")[2].partition("?")
    found = _HASH.search(_SUFFIX.sub("", name)) or _QUERY_HASH.search(f"?{query}")
    return next(filter(None, found.groups()), "") if found else ""


def _folder(file: File) -> str:
    return file.path.partition("?")[0].rpartition("/")[0]


def _folders_of_hashed(files: Iterable[File]) -> set[str]:
    """Folders in which most files carry a hash: a bundler wrote them all."""
    names: dict[str, list[bool]] = {}
    for file in files:
        names.setdefault(_folder(file), []).append(hashed(file.path))
    return {folder for folder, each in names.items() if sum(each) * 2 > len(each)}


def _sound(bundle: Bundle) -> Iterator[File]:
    return (file for file in bundle.code if file.delivery and file.delivery.sound)


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
    if file.kind is not Kind.SCRIPT or seen in JAVASCRIPT:
        return None
    strict = file.strict or file.delivery.nosniff or seen.startswith(BLOCKED)
    return "text/javascript" if strict else None


def _worth_compressing(file: File) -> bool:
    assert file.delivery is not None
    return file.delivery.raw >= COMPRESSIBLE and file.delivery.gzip < 0.9 * file.delivery.raw


def _plain(file: File) -> bool:
    return file.delivery is not None and file.delivery.encoding in {"", "identity"}


_MAX_AGE = re.compile(r"(?:^|,)\s*max-age\s*=\s*\"?(\d{1,12})", re.IGNORECASE)


def _lasting(file: File, seconds: int) -> bool:
    """Whether browsers keep the file so long without asking."""
    control = file.delivery.cache_control.lower() if file.delivery else ""
    if "no-store" in control or "no-cache" in control:
        return False
    age = _MAX_AGE.search(control)
    return age is not None and int(age[1]) >= seconds


def _instead(file: File) -> str:
    assert file.delivery is not None
    what = file.delivery.media_type[:60] or "no content-type"
    fallback = ": a page in its place" if file.delivery.status == 200 and file.delivery.markup else ""
    return f"status {file.delivery.status}, {what}{fallback}; named by {file.importer} ({file.how})"


def _named(urls: Sequence[str]) -> str:
    """The first URL, and how many more; order is kept."""
    more = f" and {len(urls) - 1} more" if len(urls) > 1 else ""
    return f"{urls[0]}{more}" if urls else "no page"


def _sizes(bundle: Bundle, files: Iterable[File]) -> str:
    """The sum, and the largest of what it is made of."""
    by_size = sorted(files, key=bundle.size_of, reverse=True)
    largest = ", ".join(f"{file.path} {readable(bundle.size_of(file))}" for file in by_size[:NAMED])
    count = f"{len(by_size)} files" if len(by_size) != 1 else "1 file"
    return f"{readable(bundle.size(by_size))} in {count}; the largest: {largest}"
