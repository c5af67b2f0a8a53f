"""The crawl: every file asked for once, as soon as somebody mentions it, within bounds."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from prodworthy.evidence.bundle import graph, reading
from prodworthy.evidence.bundle.addresses import Mention, Surroundings
from prodworthy.evidence.bundle.builds import Build, Member
from prodworthy.evidence.bundle.reading import Contents
from prodworthy.evidence.markup import origin
from prodworthy.evidence.pieces import Look
from prodworthy.evidence.signs import Declared
from prodworthy.model import Cause, Exchange, Gap
from prodworthy.model.bundle import Bundle, Delivery, How, Kind, Leak
from prodworthy.model.elements import LONGEST
from prodworthy.model.measurement import retries_in
from prodworthy.model.pages import Pages, ServedPage, addresses

FILES = 2_000  # of one deployment
BYTES = 100_000_000  # decoded, of one deployment

Result = TypeVar("Result")


class Crawl:
    """Follows mentions; nothing waits for a whole level to be complete."""

    def __init__(self, look: Look, threads: ThreadPoolExecutor) -> None:
        self._look = look
        self._threads = threads
        supabase = look.target.supabase
        host = origin(supabase.url).partition("://")[2] if supabase else ""
        self._declared = Declared(key=supabase.key.value if supabase else None, host=host or None)
        self._entries: dict[str, tuple[ServedPage, Contents]] = {}
        self._files: dict[str, graph.Found] = {}
        self._maps: dict[str, tuple[Leak, ...]] = {}
        self._gaps: dict[Gap, None] = {}
        self._asked: list[Exchange] = []
        self._bytes = 0
        self._builds: dict[bytes, Build] = defaultdict(Build)  # of webpack, by the global that holds each together

    async def run(self, served: Iterable[ServedPage]) -> None:
        """Returns when there is nothing left to follow."""
        async with asyncio.TaskGroup() as self._tasks:
            for page in served:
                self._tasks.create_task(self._enter(page))

    async def bundle(self, served: Pages) -> Bundle:
        """All that was found, in an order that does not depend on which answer came first."""
        found = graph.Graph(entries=self._entries, files=self._files)
        bodies = {exchange.url: exchange.answer.body for exchange in self._asked if exchange.answer}
        entries, files, duplicates = await self._read(found.told, bodies)
        asked = sorted(self._asked, key=lambda exchange: exchange.url)
        return Bundle(
            budgets=self._look.target.budgets,
            entries=entries,
            files=files,
            maps=tuple(sorted(self._maps.items())),
            duplicates=duplicates,
            project=_project(self._look.target.supabase.url) if self._look.target.supabase else None,
            gaps=(*served.gaps, *sorted(self._gaps, key=lambda gap: gap.what), *graph.elsewhere(entries, files)),
            retries=retries_in((*(page.exchange for page in served.served), *asked)),
        )

    async def _enter(self, page: ServedPage) -> None:
        answer = page.exchange.answered
        assert answer is not None
        surroundings, contents = await self._read(reading.document, page.url, answer.body, self._declared)
        self._entries[page.page.path] = (page, contents)
        if len(answer.body) > LONGEST:
            why = f"larger than {LONGEST // 1_000_000} MB; the rest was not read"
            self._gaps[Gap(what=f"what {page.url} loads", why=why, cause=Cause.BOUND)] = None
        self._follow(contents.mentions, origin(page.url), surroundings)

    def _follow(self, mentions: Iterable[Mention], own: str, surroundings: Surroundings) -> None:
        for how, url in mentions:
            if url in self._files or origin(url) != own:
                continue
            if len(self._files) >= FILES or self._bytes > BYTES:
                what = f"the bundle of {own}"
                why = f"more than {FILES:,} files or {BYTES // 1_000_000} MB; the rest was not looked at"
                self._gaps[Gap(what=what, why=why, cause=Cause.BOUND)] = None
                return
            self._files[url] = found = graph.Found(kind=reading.kind(how, url))
            self._tasks.create_task(self._fetch(url, how, found, surroundings))

    async def _fetch(self, url: str, how: How, found: graph.Found, surroundings: Surroundings) -> None:
        method = "HEAD" if found.kind is Kind.ASSET else "GET"
        exchange = await self._ask(url, f"bundle: {how}", method)
        if (answer := exchange.answered) is None:
            return
        found.delivery = reading.delivery(answer, method)
        self._bytes += found.delivery.raw
        if not found.delivery.sound or method == "HEAD":
            return
        own = addresses(exchange)[-1]
        found.contents = await self._read(reading.leading, found.kind, own, answer.body, surroundings)
        self._follow(found.contents.mentions, origin(own), surroundings)
        self._join(url, own, found, surroundings)
        # only now: whatever is asked next need not wait for this
        told, found.delivery = await self._read(_weighed, found, answer.body, self._declared)
        found.contents = replace(told, mentions=found.contents.mentions)  # webpack may have added some meanwhile
        await self._find_map(found, own, named=how in {How.MODULE, How.SCRIPT})

    def _join(self, url: str, own: str, found: graph.Found, surroundings: Surroundings) -> None:
        """Follow what webpack names by number, in this file and in those that only waited for its runtime."""
        built = found.contents.webpack
        if built is None or (not built.build and not built.runtime):
            return
        build = self._builds[built.build or own.encode()]  # without a global, a runtime knows only its own file
        for member, mentions in build.joined(Member(url, own, surroundings, built)):
            contents = self._files[member.url].contents
            added = tuple(dict.fromkeys([*contents.mentions, *mentions]))
            self._files[member.url].contents = replace(contents, mentions=added)
            self._follow(mentions, origin(member.own), member.surroundings)

    async def _find_map(self, found: graph.Found, url: str, *, named: bool) -> None:
        """Whether the source map can be fetched by everybody; tried unnamed too for scripts that a page names."""
        address = found.contents.source_map or (f"{url.partition('?')[0]}.map" if named else None)
        if address is None or address == "inline":
            found.source_map = address
            return
        if origin(address) != origin(url) or address in self._maps:
            return
        exchange = await self._ask(address, "bundle: source map")
        answer = exchange.answered
        if answer and answer.status == 200 and b'"mappings"' in answer.body and not reading.is_markup(answer):
            found.source_map = address
            self._maps[address], packages = await self._read(reading.mapped, answer.body)
            found.contents = replace(found.contents, packages=packages)

    async def _ask(self, url: str, purpose: str, method: str = "GET") -> Exchange:
        exchange = await self._look.ask(url, purpose=purpose, method=method)
        self._asked.append(exchange)
        if gap := exchange.gap:
            self._gaps[gap] = None
        return exchange

    async def _read(self, read: Callable[..., Result], *arguments: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, read, *arguments)


def _weighed(found: graph.Found, body: bytes, declared: Declared) -> tuple[Contents, Delivery]:
    assert found.delivery is not None
    return reading.weighed(found.contents, body, declared), reading.packed(found.delivery, body)


def _project(url: str) -> str | None:
    """The project of https://<project>.supabase.co; a domain of one's own does not tell."""
    host = origin(url).partition("://")[2]
    return host.removesuffix(".supabase.co") if host.endswith(".supabase.co") else None
