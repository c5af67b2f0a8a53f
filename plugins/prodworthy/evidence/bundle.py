"""The bundle: following a deployment's pages into every script, stylesheet and asset that they lead to."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePosixPath
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

from prodworthy.evidence import javascript, stylesheets
from prodworthy.evidence.errors import NotConfigured
from prodworthy.evidence.leaks import leaks
from prodworthy.evidence.markup import Markup, origin, resolved
from prodworthy.evidence.pages import pages
from prodworthy.evidence.pieces import Look, piece
from prodworthy.model import HTML, Answer, Cause, Exchange, Gap
from prodworthy.model.bundle import Bundle, Delivery, Entry, File, How, Kind, Leak
from prodworthy.model.elements import LONGEST
from prodworthy.model.measurement import retries_in
from prodworthy.model.pages import Pages, ServedPage, addresses

FILES = 2_000  # of one deployment
BYTES = 100_000_000  # decoded, of one deployment
THREADS = 2  # parsing holds the interpreter, compressing does not

Result = TypeVar("Result")
Mention = tuple[How, str]  # way and absolute URL

_KINDS = {
    **dict.fromkeys(("js", "mjs", "cjs"), Kind.SCRIPT),
    "css": Kind.STYLE,
    **dict.fromkeys(("json", "wasm"), Kind.DATA),
    **dict.fromkeys(("avif", "gif", "ico", "jpeg", "jpg", "png", "svg", "webp"), Kind.ASSET),
    **dict.fromkeys(("eot", "otf", "ttf", "woff", "woff2"), Kind.ASSET),
    **dict.fromkeys(("html", "mp3", "mp4", "ogg", "pdf", "txt", "webm"), Kind.ASSET),
}
_ASSETS = {How.CSS_URL, How.URL, How.PRELOAD, How.NAME}
_STYLES = {How.STYLESHEET, How.CSS_IMPORT}
_DOCUMENT = re.compile(  # comments are possessed: given back, each would be tried again with every other
    rb"\s*+(?:(?><!--(?:-?>|.*?-->))\s*+)*+<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_BARE = re.compile(r"(?!\.{0,2}/|[a-z][a-z0-9+.-]*:)", re.IGNORECASE)


@piece("bundle")
async def bundle(look: Look) -> Bundle:
    """Everything that the declared pages lead to on their own origin, asked for as soon as it is known of."""
    if not look.target.pages:
        raise NotConfigured("bundle", 'pages = ["/"]')
    served = await look.at(pages)
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="prodworthy-bundle")
    crawl = _Crawl(look, threads)
    try:
        await crawl.run(page for page in served.served if page.exchange.answered)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
    return crawl.bundle(served)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contents:
    """What was read in one file or document."""

    mentions: tuple[Mention, ...] = ()
    leaks: tuple[Leak, ...] = ()
    source_map: str | None = None  # absolute URL, or "inline"
    gzip: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Surroundings:
    """What a script's addresses depend on besides its own: the document that runs it."""

    base: str
    imports: Mapping[str, str] = field(default_factory=dict)  # the import map: bare specifier -> URL


@dataclass(slots=True)
class _Found:
    """One file while the crawl lasts."""

    kind: Kind
    delivery: Delivery | None = None
    contents: _Contents = _Contents()
    source_map: str | None = None


class _Crawl:
    """Follows mentions, each file once; nothing waits for a whole level to be complete."""

    def __init__(self, look: Look, threads: ThreadPoolExecutor) -> None:
        self._look = look
        self._threads = threads
        self._entries: dict[str, tuple[ServedPage, _Contents]] = {}
        self._files: dict[str, _Found] = {}
        self._maps: dict[str, tuple[Leak, ...]] = {}
        self._gaps: dict[Gap, None] = {}
        self._asked: list[Exchange] = []
        self._bytes = 0

    async def run(self, served: Iterable[ServedPage]) -> None:
        """Returns when there is nothing left to follow."""
        async with asyncio.TaskGroup() as self._tasks:
            for page in served:
                self._tasks.create_task(self._enter(page))

    def bundle(self, served: Pages) -> Bundle:
        """All that was found, in an order that does not depend on which answer came first."""
        entries = tuple(self._entry(page, contents) for _, (page, contents) in sorted(self._entries.items()))
        asked = sorted(self._asked, key=lambda exchange: exchange.url)
        files = tuple(sorted(self._reached(), key=lambda file: (not file.initial, file.path)))
        return Bundle(
            budgets=self._look.target.budgets,
            entries=entries,
            files=files,
            maps=tuple(sorted(self._maps.items())),
            gaps=(*served.gaps, *sorted(self._gaps, key=lambda gap: gap.what), *_elsewhere(entries, files)),
            retries=retries_in((*(page.exchange for page in served.served), *asked)),
        )

    # following

    async def _enter(self, page: ServedPage) -> None:
        answer = page.exchange.answered
        assert answer is not None
        surroundings, contents = await self._read(_document, page.url, answer.body)
        self._entries[page.page.path] = (page, contents)
        if len(answer.body) > LONGEST:
            why = f"larger than {LONGEST // 1_000_000} MB; the rest was not read"
            self._gaps[Gap(what=f"what {page.url} loads", why=why, cause=Cause.BOUND)] = None
        self._follow(contents.mentions, origin(page.url), surroundings)

    def _follow(self, mentions: Iterable[Mention], own: str, surroundings: _Surroundings) -> None:
        for how, url in mentions:
            if url in self._files or origin(url) != own:
                continue
            if len(self._files) >= FILES or self._bytes > BYTES:
                what = f"the bundle of {own}"
                why = f"more than {FILES:,} files or {BYTES // 1_000_000} MB; the rest was not looked at"
                self._gaps[Gap(what=what, why=why, cause=Cause.BOUND)] = None
                return
            self._files[url] = found = _Found(kind=_kind(how, url))
            self._tasks.create_task(self._fetch(url, how, found, surroundings))

    async def _fetch(self, url: str, how: How, found: _Found, surroundings: _Surroundings) -> None:
        method = "HEAD" if found.kind is Kind.ASSET else "GET"
        exchange = await self._look.ask(url, purpose=f"bundle: {how}", method=method)
        self._asked.append(exchange)
        if gap := exchange.gap:
            self._gaps[gap] = None
        if (answer := exchange.answered) is None:
            return
        found.delivery = delivery = _delivery(answer, method)
        self._bytes += delivery.raw
        if delivery.sound and method == "GET":
            own = addresses(exchange)[-1]
            found.contents = await self._read(_leading, found.kind, own, answer.body, surroundings)
            self._follow(found.contents.mentions, origin(own), surroundings)
            # only now: whatever is asked next need not wait for this
            found.contents = await self._read(_weighed, found.contents, answer.body)
            found.delivery = _delivery(answer, method, found.contents.gzip)
            await self._find_map(found, own, named=how in {How.MODULE, How.SCRIPT})

    async def _find_map(self, found: _Found, url: str, *, named: bool) -> None:
        """Whether the source map can be fetched by everybody; tried unnamed too for scripts that a page names."""
        address = found.contents.source_map or (f"{url.partition('?')[0]}.map" if named else None)
        if address is None or address == "inline":
            found.source_map = address
            return
        if origin(address) != origin(url) or address in self._maps:
            return
        exchange = await self._look.ask(address, purpose="bundle: source map")
        self._asked.append(exchange)
        if gap := exchange.gap:
            self._gaps[gap] = None
        answer = exchange.answered
        if answer and answer.status == 200 and b'"mappings"' in answer.body and not _is_markup(answer):
            found.source_map = address
            self._maps[address] = await self._read(leaks, answer.body)

    async def _read(self, read: Callable[..., Result], *arguments: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(read, *arguments))

    # telling

    def _entry(self, page: ServedPage, contents: _Contents) -> Entry:
        own = origin(page.url)
        loaded = [(how, url) for how, url in contents.mentions if how.eager]
        return Entry(
            page=page.page.path,
            url=page.url,
            initial=tuple(url for _, url, _ in self._walk((page.url, loaded), eager=True)),
            foreign=tuple(dict.fromkeys(url for _, url in loaded if origin(url) != own)),
            leaks=contents.leaks,
        )

    def _reached(self) -> Iterator[File]:
        """Every file with the way in which it was first reached: eager ways from all pages, then the others."""
        starts = [(page.url, contents.mentions) for _, (page, contents) in sorted(self._entries.items())]
        ways: dict[str, tuple[How, str, bool]] = {}
        for eager in (True, False):
            for how, url, importer in self._walk(*starts, eager=eager):
                ways.setdefault(url, (how, importer, eager))
        modules = {url for mentions in self._all_mentions() for how, url in mentions if how.module}
        for url, (how, importer, initial) in ways.items():
            found = self._files[url]
            yield File(
                url=url,
                path=_path(url),
                kind=found.kind,
                how=how,
                importer=importer,
                initial=initial,
                module=url in modules and found.kind is Kind.SCRIPT,
                delivery=found.delivery,
                mentions=tuple(each for each in found.contents.mentions if each[1] in self._files),
                leaks=found.contents.leaks,
                source_map=found.source_map,
            )

    def _walk(self, *starts: tuple[str, Iterable[Mention]], eager: bool) -> Iterator[tuple[How, str, str]]:
        """Breadth first from documents, as (way, URL, importer), each file once; over eager mentions only, or all."""
        seen: set[str] = set()
        waiting = deque(starts)
        while waiting:
            importer, mentions = waiting.popleft()
            for how, url in mentions:
                if url in self._files and url not in seen and (how.eager or not eager):
                    seen.add(url)
                    yield how, url, importer
                    waiting.append((url, self._files[url].contents.mentions))

    def _all_mentions(self) -> Iterator[tuple[Mention, ...]]:
        yield from (contents.mentions for _, contents in self._entries.values())
        yield from (found.contents.mentions for found in self._files.values())


def _elsewhere(entries: Iterable[Entry], files: Iterable[File]) -> Iterator[Gap]:
    """What is missing when all code comes from other origins."""
    origins = sorted({origin(url) for entry in entries for url in entry.foreign})
    if origins and all(file.kind is Kind.ASSET for file in files):
        why = f"all of it comes from {', '.join(origins[:3])}, and only the target's own origin is looked at"
        yield Gap(what="the bundle", why=why, cause=Cause.CONFIGURATION)


# reading: pure, in threads


def _document(url: str, body: bytes) -> tuple[_Surroundings, _Contents]:
    markup = Markup(url, body)
    surroundings = _Surroundings(base=markup.base, imports=markup.import_map())
    mentions = list(_absolute(markup.base, markup.mentions()))
    for script in markup.scripts():
        mentions += _from_script(markup.base, script, surroundings)
    for style in markup.styles():
        mentions += _absolute(markup.base, stylesheets.mentions(style))
    return surroundings, _Contents(mentions=tuple(dict.fromkeys(mentions)), leaks=leaks(body))


def _leading(kind: Kind, url: str, body: bytes, surroundings: _Surroundings) -> _Contents:
    """Where a file leads to."""
    mentions: Iterable[Mention] = ()
    source_map = None
    if kind is Kind.SCRIPT:
        mentions = _from_script(url, body, surroundings)
        source_map = javascript.source_map(body)
    elif kind is Kind.STYLE:
        mentions = _absolute(url, stylesheets.mentions(body))
        source_map = stylesheets.source_map(body)
    if source_map and not source_map.startswith("data:"):
        source_map = resolved(url, source_map)
    return _Contents(mentions=tuple(dict.fromkeys(mentions)), source_map=source_map)


def _weighed(contents: _Contents, body: bytes) -> _Contents:
    """What a file weighs and tells."""
    found, source_map = leaks(body), contents.source_map
    if source_map and source_map.startswith("data:"):
        found += leaks(_inline(source_map))
        source_map = "inline"
    return replace(contents, leaks=found, source_map=source_map, gzip=_gzipped(body))


def _absolute(base: str, mentions: Iterable[tuple[How, str]]) -> Iterator[Mention]:
    for how, specifier in mentions:
        written = specifier.strip()
        if written and not written.startswith("#") and (url := resolved(base, written)):
            yield how, url


def _from_script(url: str, source: bytes, surroundings: _Surroundings) -> Iterator[Mention]:
    for how, specifier in javascript.mentions(source):
        if (address := _address(how, specifier, url, surroundings)) is not None:
            yield how, address


def _address(how: How, specifier: str, url: str, surroundings: _Surroundings) -> str | None:
    """Where a script's mention leads; each way has a base of its own."""
    match how:
        case How.IMPORT | How.DYNAMIC if _BARE.match(specifier):
            mapped = _mapped(specifier, surroundings.imports)
            return resolved(surroundings.base, mapped) if mapped else None
        case How.DEPENDENCIES if not specifier.startswith("."):
            return resolved(_root(specifier, url, surroundings.base), specifier)
        case How.WORKER:
            return resolved(surroundings.base, specifier)
        case How.URL if specifier.endswith("/") or specifier.strip(".") == "":
            return None  # a folder, to build other addresses from
        case How.NAME if specifier.split("/")[1] != urlsplit(url).path.split("/")[1]:
            return None  # only files beside the script's own are surely the build's
        case _:
            return resolved(url, specifier)


def _mapped(specifier: str, imports: Mapping[str, str]) -> str | None:
    """What the import map says: the specifier itself, else its longest prefix with a slash (HTML, section 8.1.6.2)."""
    if specifier in imports:
        return imports[specifier]
    prefixes = [each for each in imports if each.endswith("/") and specifier.startswith(each)]
    best = max(prefixes, key=len, default=None)
    return imports[best] + specifier[len(best) :] if best else None


def _root(specifier: str, url: str, base: str) -> str:
    """What Vite's `base` must have been: the part of the script's own address before the folder that both share."""
    folder = f"/{specifier.partition('/')[0]}/"
    path = urlsplit(url).path
    return urljoin(url, path[: path.rindex(folder) + 1]) if folder in path else base


def _inline(address: str) -> bytes:
    head, _, data = address.partition(",")
    try:
        return base64.b64decode(data) if head.endswith(";base64") else data.encode()
    except (ValueError, binascii.Error):
        return b""


def _kind(how: How, url: str) -> Kind:
    suffix = PurePosixPath(urlsplit(url).path).suffix[1:].lower()
    other = Kind.STYLE if how in _STYLES else Kind.ASSET if how in _ASSETS else Kind.SCRIPT
    if how in _STYLES or how in {How.SCRIPT, How.MODULE, How.FALLBACK, How.WORKER}:
        return other
    return _KINDS.get(suffix, other)


def _delivery(answer: Answer, method: str, gzip: int = 0) -> Delivery:
    length = answer.header("content-length") or ""
    announced = int(length) if method == "HEAD" and length.isascii() and length.isdigit() else 0
    return Delivery(
        status=answer.status,
        media_type=answer.media_type,
        encoding=(answer.header("content-encoding") or "").strip().lower(),
        cache_control=", ".join(answer.lines("cache-control")),
        nosniff=(answer.header("x-content-type-options") or "").strip().lower() == "nosniff",
        raw=len(answer.body) or announced,
        gzip=gzip,
        transferred=answer.transferred or announced,
        markup=_is_markup(answer),
    )


def _is_markup(answer: Answer) -> bool:
    return answer.media_type in HTML or bool(_DOCUMENT.match(answer.body[:2048]))


def _gzipped(body: bytes) -> int:
    packer = zlib.compressobj(wbits=31)
    return len(packer.compress(body)) + len(packer.flush())


def _path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")
