"""Is it small enough, and no larger than before?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from math import ceil

from prodworthy.model import Severity, Shortfall
from prodworthy.model.bundle import Bundle, Entry, File, weight
from prodworthy.model.standing import Before, Sizes
from prodworthy.review.bundle.naming import lasting_name, named, readable
from prodworthy.review.rules import rule

NAMED = 5  # files that are named in one finding
TOLERANCE = 0.10  # of the release before, where the target sets no budgets.growth
LEAST = 2_000  # bytes of growth below which nothing is said then
TWICE = 2_000  # bytes of sources

PERFORMANCE = "https://web.dev/articles/performance-budgets-101#quantity-based-metrics"
SPLITTING = "https://web.dev/articles/reduce-javascript-payloads-with-code-splitting"


@rule(
    "bundle.over-initial-budget",
    title="What a page loads at once stays within the budget",
    severity=Severity.MEDIUM,
    reason="Everybody waits for these bytes before the page does anything, longest on phones.",
    remedy="load what the first view does not need through import(), or drop it; raise budgets.initial, or "
    "budgets.pages for one page, if it is meant",
    references=[PERFORMANCE, SPLITTING],
)
def over_initial_budget(bundle: Bundle) -> Iterator[Shortfall]:
    pages: dict[tuple[frozenset[str], int | None], list[Entry]] = {}
    for entry in bundle.entries:
        budget = bundle.budgets.pages.get(entry.page, bundle.budgets.initial)
        pages.setdefault((frozenset(entry.initial), budget), []).append(entry)
    for (_, budget), entries in pages.items():
        files = bundle.loaded_by(entries[0])
        if budget is not None and bundle.size(files) > budget:
            yield Shortfall(
                where=named([entry.url for entry in entries]),
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
            where=named([entry.url for entry in bundle.entries]),
            wanted=f"at most {readable(budget)} ({bundle.budgets.measure})",
            got=_sizes(bundle, bundle.code),
        )


@rule(
    "bundle.over-largest-budget",
    title="No single file is larger than the budget",
    severity=Severity.MEDIUM,
    reason="One large file cannot be loaded in parts, and changes as a whole with every release.",
    remedy="split it: import() what is not needed at once; raise budgets.largest if the size is meant",
    references=[PERFORMANCE, SPLITTING],
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


@rule(
    "bundle.package-twice",
    title="No package is loaded twice",
    severity=Severity.LOW,
    reason="The same code in two chunks, or in two versions, is paid for twice, and two copies do not share state.",
    remedy="one version: npm dedupe, or resolve: { dedupe: [...] } in vite.config; one chunk: "
    "build.rolldownOptions.output.codeSplitting, in webpack optimization.splitChunks",
    references=[SPLITTING, "https://vite.dev/config/shared-options#resolve-dedupe"],
)
def package_twice(bundle: Bundle) -> Iterator[Shortfall]:
    for each in bundle.duplicates:
        if each.copies:
            got = ", ".join(each.copies)[:300]
        elif each.size >= TWICE:
            got = f"the same {readable(each.size)} of sources once more than needed"
        else:
            continue
        yield Shortfall(where=named(each.files), wanted=f"{each.package} once", got=got)


@rule(
    "bundle.growth",
    title="The bundle is no larger than that of the release before",
    severity=Severity.MEDIUM,
    reason="Nobody decides that an app becomes slow: every release adds a little, and a dependency a lot.",
    remedy="look at what is new and what grew; load it through import() or drop it; if it is meant, raise "
    'budgets.growth for this release: growth = "25 %"',
    references=[PERFORMANCE, "https://web.dev/articles/incorporate-performance-budgets-into-your-build-tools"],
)
def growth(compared: tuple[Bundle, Before[Bundle]]) -> Iterator[Shortfall]:
    now, before = compared
    was = before.saved.sizes if before.saved else sizes(before.evidence) if before.evidence else None
    if was is None:
        return
    size = sizes(now)
    pages: dict[tuple[int, int], list[Entry]] = {}
    for entry in now.entries:
        pages.setdefault((was.pages.get(entry.page, 0), size.pages[entry.page]), []).append(entry)
    for (old, new), entries in pages.items():
        if _grown(now, old, new):
            earlier = _entry(before.evidence, entries[0].page)
            files = _changes(now.loaded_by(entries[0]), earlier)
            yield _growth(now, before.source, [entry.url for entry in entries], "at first", old, new, files)
    told = {(old, new) for old, new in pages if _grown(now, old, new)}  # of an app that loads all of it at first
    if _grown(now, was.total, size.total) and (was.total, size.total) not in told:
        files = _changes(now.code, before.evidence.code if before.evidence else None)
        everywhere = [entry.url for entry in now.entries]
        yield _growth(now, before.source, everywhere, "in all", was.total, size.total, files)


def sizes(bundle: Bundle) -> Sizes:
    """What a later release is held against: bytes after gzip, whatever the budgets measure."""
    each = {file.url: weight(file, "gzip") for file in bundle.code}
    return Sizes(
        total=sum(each.values()),
        largest=max(each.values(), default=0),
        pages={entry.page: sum(each.get(url, 0) for url in entry.initial) for entry in bundle.entries},
    )


def _grown(now: Bundle, old: int, new: int) -> bool:
    """Whether it is more than is tolerated; what was not there before, or not seen, cannot grow."""
    return old > 0 and new > _allowed(now, old)


def _allowed(now: Bundle, old: int) -> int:
    if now.budgets.growth is not None:
        return int(old * (1 + now.budgets.growth))
    return old + max(int(old * TOLERANCE), LEAST)


def _growth(now: Bundle, source: str, where: list[str], what: str, old: int, new: int, files: str) -> Shortfall:
    return Shortfall(
        where=named(where),
        wanted=f"at most {readable(_allowed(now, old))} (gzip) {what}: {source} has {readable(old)}",
        got=f"{readable(new)}, {readable(new - old)} ({(new - old) / old:.0%}) more{files}",
        remedy="look at what is new and what grew; load it through import() or drop it; if it is meant, let it grow "
        f'for this release: budgets.growth = "{ceil(100 * (new - old) / old)} %"',
    )


def _entry(before: Bundle | None, page: str) -> Iterable[File] | None:
    if before is None:
        return None
    return next((before.loaded_by(entry) for entry in before.entries if entry.page == page), ())


def _changes(now: Iterable[File], before: Iterable[File] | None) -> str:
    """The files that account for most of it, told by the part of their names that lasts."""
    if before is None:
        return ""
    new, old = _by_name(now), _by_name(before)
    most = sorted(((size - old[name], name) for name, size in new.items() if size > old[name]), reverse=True)[:NAMED]
    told = [f"{name} {'grew by' if name in old else 'is new:'} {readable(more)}" for more, name in most]
    return f"; {', '.join(told)}" if told else ""


def _by_name(files: Iterable[File]) -> Counter[str]:
    found: Counter[str] = Counter()
    for file in files:
        found[lasting_name(file.path)] += weight(file, "gzip")
    return found


def _sizes(bundle: Bundle, files: Iterable[File]) -> str:
    """The sum, and the largest of what it is made of."""
    by_size = sorted(files, key=bundle.size_of, reverse=True)
    largest = ", ".join(f"{file.path} {readable(bundle.size_of(file))}" for file in by_size[:NAMED])
    count = f"{len(by_size)} files" if len(by_size) != 1 else "1 file"
    return f"{readable(bundle.size(by_size))} in {count}; the largest: {largest}"
