"""Rules about the head of a document: what browsers, search engines and screen readers read there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urljoin, urlsplit

from prodworthy.model import Severity, Shortfall
from prodworthy.model.documents import Document, Documents, Facts, Level
from prodworthy.review.html.validity import sound
from prodworthy.review.html.wording import GOOGLE, PROSE, STANDARD, WCAG, page, place, quoted
from prodworthy.review.rules import rule

VIEWPORT = "https://developer.mozilla.org/docs/Web/HTML/Reference/Elements/meta/name/viewport"
CANONICAL = f"{GOOGLE}crawling-indexing/consolidate-duplicate-urls"

_BAD_LANGUAGE = re.compile(r"^Bad value “(.*)” for attribute “lang” on element “html”", re.DOTALL)
_SCALE = re.compile(r"maximum-scale\s*=\s*([0-9.]+)")
_FIXED = re.compile(r"user-scalable\s*=\s*(?:no|0(?:\.0*)?|none|off|false)\s*(?:[,;]|$)")
_DELAY = re.compile(r"\s*([0-9]+)[^,;]*(?:[,;]\s*(.*))?", re.DOTALL)
ZOOM = 2.0  # times, WCAG 1.4.4
LONGEST_DELAY = 20 * 3600  # seconds: longer ones are no time limit, WCAG 2.2.1


@rule(
    "html.title-missing",
    title="Every page has a title",
    severity=Severity.MEDIUM,
    reason="The title names the tab, the bookmark and the search result, and is read out first.",
    remedy="write into the head of index.html: <title>What this page is about</title>",
    references=[f"{WCAG}#page-titled", f"{STANDARD}semantics.html#the-title-element"],
)
def title_missing(documents: Documents) -> Iterator[Shortfall]:
    def got(facts: Facts) -> str | None:
        if facts.title:
            return None
        return "an empty title" if facts.title is not None else "no title element"

    return _each(documents, "a title", got)


@rule(
    "html.title-repeated",
    title="Pages that differ have different titles",
    severity=Severity.LOW,
    reason="Tabs, bookmarks and search results of different pages cannot be told apart.",
    remedy="name the page first, then the site: <title>Products · Harbour &amp; Pine</title>",
    references=[f"{WCAG}#page-titled", f"{GOOGLE}appearance/title-link"],
)
def title_repeated(documents: Documents) -> Iterator[Shortfall]:
    titled: dict[str, list[Document]] = {}
    for document in _declared(documents):
        if document.facts and document.facts.title:
            titled.setdefault(document.facts.title, []).append(document)
    for title, alike in titled.items():
        # pages that name one canonical address are one page to everybody
        if len({each.facts.canonicals or each.where for each in alike if each.facts}) > 1:
            others = ", ".join(each.where for each in alike[1:4])
            yield Shortfall(where=alike[0].where, wanted="a title of its own", got=f"{quoted(title)}, as {others}")


@rule(
    "html.language-missing",
    title="Every page says in which language it is",
    severity=Severity.MEDIUM,
    reason="Screen readers pronounce, browsers translate and hyphenate by it.",
    remedy='write: <html lang="en">, with the language of the page',
    references=[f"{WCAG}#language-of-page"],
)
def language_missing(documents: Documents) -> Iterator[Shortfall]:
    return _each(
        documents,
        "a lang attribute on <html>",
        lambda facts: None if (facts.language or "").strip() else "none",
    )


@rule(
    "html.language-invalid",
    title="The language of every page is one that exists",
    severity=Severity.MEDIUM,
    reason="A language that nobody knows is none: screen readers fall back to the wrong voice.",
    remedy='write a language tag with hyphens: <html lang="en">, <html lang="pt-BR">, <html lang="zh-Hant">',
    references=[f"{WCAG}#language-of-page", "https://www.rfc-editor.org/info/bcp47#section-2.1"],
)
def language_invalid(documents: Documents) -> Iterator[Shortfall]:
    for document in sound(documents):
        for message in document.messages or ():
            if message.level is Level.ERROR and (found := _BAD_LANGUAGE.match(message.text)):
                why = message.text.partition("element “html”: ")[2]
                got = f"{quoted(found[1])}. {why}"
                yield Shortfall(where=place(document, message), wanted="a language tag by BCP 47", got=got)


@rule(
    "html.encoding-missing",
    title="Every page says how its characters are encoded",
    severity=Severity.MEDIUM,
    reason="Browsers guess, by the reader's own language: letters with accents turn into others.",
    remedy='write as the first line of the head: <meta charset="utf-8">',
    references=[f"{STANDARD}semantics.html#charset"],
)
def encoding_missing(documents: Documents) -> Iterator[Shortfall]:
    wanted = "utf-8, in content-type or <meta charset>"
    return _each(documents, wanted, lambda facts: None if facts.encoded else "none")


@rule(
    "html.viewport-missing",
    title="Every page fits the width of the device",
    severity=Severity.MEDIUM,
    reason="Without it phones lay the page out for a desktop and shrink it until nobody can read it.",
    remedy='write into the head: <meta name="viewport" content="width=device-width, initial-scale=1">',
    references=[VIEWPORT],
)
def viewport_missing(documents: Documents) -> Iterator[Shortfall]:
    def got(facts: Facts) -> str | None:
        if "width" in (facts.viewport or "").lower():
            return None
        return "none" if facts.viewport is None else quoted(facts.viewport)

    return _each(documents, 'meta viewport with "width=device-width"', got)


@rule(
    "html.zoom-blocked",
    title="People can enlarge every page",
    severity=Severity.LOW,  # iOS ignores it
    reason="Who sees badly cannot make the text large enough to read.",
    remedy='take user-scalable and maximum-scale out: content="width=device-width, initial-scale=1"',
    references=[f"{WCAG}#resize-text", VIEWPORT],
)
def zoom_blocked(documents: Documents) -> Iterator[Shortfall]:
    def got(facts: Facts) -> str | None:
        content = (facts.viewport or "").lower()
        scales = (float(found) for found in _SCALE.findall(content[:1000]) if found.count(".") < 2 and found != ".")
        return quoted(content) if _FIXED.search(content) or any(scale < ZOOM for scale in scales) else None

    return _each(documents, "zoom up to 200 %", got)


@rule(
    "html.description-missing",
    title="Every page with content of its own has a description",
    severity=Severity.INFO,
    reason="Search results and previews of links show it; without one they show whatever text comes first.",
    remedy='write into the head: <meta name="description" content="What this page is about, in a sentence or two.">',
    references=[f"{GOOGLE}appearance/snippet#meta-descriptions"],
)
def description_missing(documents: Documents) -> Iterator[Shortfall]:
    for document in _declared(documents):
        facts = document.facts
        if facts and facts.prose >= PROSE and not (facts.description or "").strip():
            got = "none" if facts.description is None else "an empty one"
            yield Shortfall(where=page(document), wanted="a meta description", got=got)


@rule(
    "html.canonical-relative",
    title="Canonical addresses are absolute",
    severity=Severity.INFO,
    reason="A relative one makes every domain that serves the page, previews included, call itself the original.",
    remedy='write the whole address: <link rel="canonical" href="https://shop.example.com/products">',
    references=[f"{CANONICAL}#rel-canonical-link-method"],
)
def canonical_relative(documents: Documents) -> Iterator[Shortfall]:
    for document, facts in _with_facts(documents):
        for written in facts.canonicals:
            if not written.lower().startswith(("https://", "http://")):
                got = quoted(written) if written else "an empty address"
                yield Shortfall(where=page(document), wanted="an absolute address", got=got)


@rule(
    "html.canonical-several",
    title="No page has two canonical addresses",
    severity=Severity.LOW,
    reason="Search engines ignore them all when they contradict each other.",
    remedy='keep one <link rel="canonical"> and let the framework write no second',
    references=[f"{CANONICAL}#best-practices"],
)
def canonical_several(documents: Documents) -> Iterator[Shortfall]:
    for document, facts in _with_facts(documents):
        if len(facts.canonicals) > 1:
            got = ", ".join(quoted(each) for each in facts.canonicals[:4])
            yield Shortfall(where=page(document), wanted="one canonical address", got=got)


@rule(
    "html.canonical-elsewhere",
    title="Canonical addresses are on the target's own domains",
    severity=Severity.LOW,
    reason="It hands the page's place in search results to another site: often a staging address that was left in.",
    remedy='name the page\'s own address: <link rel="canonical" href="https://shop.example.com/products">; if the '
    "other domain is yours too, list it: domains = [...]",
    references=[CANONICAL],
)
def canonical_elsewhere(documents: Documents) -> Iterator[Shortfall]:
    for document, facts in _with_facts(documents):
        host = urlsplit(document.urls[0]).hostname or ""
        if host.endswith(".vercel.app"):
            continue  # a deployment's own address: the domain is rightly another
        for written in facts.canonicals:
            there = _host(facts.base, written)
            if there and there not in {host, *documents.hosts}:
                yield Shortfall(where=page(document), wanted=f"an address on {host}", got=quoted(written))


@rule(
    "html.base-elsewhere",
    title="Relative addresses lead to the page's own origin",
    severity=Severity.LOW,  # some apps live below another's <base> on purpose
    reason="<base> sends every relative link, form and script of the page to another site.",
    remedy='write <base href="/">, or take it out',
    references=[f"{STANDARD}semantics.html#the-base-element"],
)
def base_elsewhere(documents: Documents) -> Iterator[Shortfall]:
    for document, facts in _with_facts(documents):
        if urlsplit(facts.base).netloc.lower() != urlsplit(document.urls[0]).netloc.lower():
            yield Shortfall(where=page(document), wanted="a base on its own origin", got=quoted(facts.base))


@rule(
    "html.refresh",
    title="No page reloads or leaves by itself after a while",
    severity=Severity.LOW,
    reason="It takes the page away from people who still read or write on it, and starts screen readers anew.",
    remedy="redirect in vercel.json instead, or let people ask for what is new; take the meta refresh out",
    references=[f"{WCAG}#timing-adjustable", f"{STANDARD}semantics.html#attr-meta-http-equiv-refresh"],
)
def refresh(documents: Documents) -> Iterator[Shortfall]:
    def got(facts: Facts) -> str | None:
        found = _DELAY.match(facts.refresh or "")
        if found is None:
            return None
        delay, onward = int(found[1][:9]), bool(found[2])
        return quoted(facts.refresh or "") if 0 < delay <= LONGEST_DELAY or (delay == 0 and not onward) else None

    return _each(documents, "no meta refresh", got)


def _each(documents: Documents, wanted: str, got: Callable[[Facts], str | None]) -> Iterator[Shortfall]:
    for document, facts in _with_facts(documents):
        if (found := got(facts)) is not None:
            yield Shortfall(where=page(document), wanted=wanted, got=found)


def _with_facts(documents: Documents) -> Iterator[tuple[Document, Facts]]:
    return ((document, document.facts) for document in sound(documents) if document.facts)


def _declared(documents: Documents) -> list[Document]:
    return [document for document in sound(documents) if not document.unknown]


def _host(base: str, written: str) -> str | None:
    try:
        return urlsplit(urljoin(base, written)).hostname
    except ValueError:  # such as "https://["
        return None
