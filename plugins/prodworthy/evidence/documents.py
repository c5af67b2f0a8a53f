"""The declared pages as documents: validated in one go, and their own links asked for once each."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urldefrag, urljoin

from prodworthy.evidence.errors import NotConfigured, Unobserved
from prodworthy.evidence.markup import Markup, origin, resolved
from prodworthy.evidence.pages import pages
from prodworthy.evidence.pieces import Look, piece
from prodworthy.evidence.validator import PAGE, Validation, validate
from prodworthy.model import HTML, Cause, Exchange, Gap
from prodworthy.model.documents import Document, Documents, Facts, Fragment, Link
from prodworthy.model.measurement import retries_in
from prodworthy.model.pages import ServedPage

LINKS = 500  # of one target that are asked
SUFFIXES = {"application/xhtml+xml": ".xhtml"}  # which choose the checker's parser; else ".html"
REFUSED = frozenset({405, 501})  # HEAD is not for everybody

Found = Iterable[tuple[str, str]]


@piece("html")
async def documents(look: Look) -> Documents:
    """Every declared page: the checker's messages, what it says of itself, and where its links lead."""
    if not look.target.pages:
        raise NotConfigured("html", 'pages = ["/"]')
    served = await look.at(pages)
    answered = [page for page in served.served if page.exchange.answered]
    gathered = await asyncio.to_thread(_distinct, answered)  # megabytes of markup take seconds
    (validation, gaps), (links, unasked, asked) = await asyncio.gather(
        _validated(gathered, look.target.markup.jar), _asked(look, gathered)
    )
    return Documents(
        markup=look.target.markup,
        engine=validation.engine if validation else None,
        documents=tuple(each.document(validation) for each in gathered),
        links=links,
        lost_fragments=await asyncio.to_thread(_lost, gathered),
        gaps=(*served.gaps, *gaps, *unasked),
        measured=retries_in((*(page.exchange for page in served.served), *asked)),
    )


@dataclass(slots=True, kw_only=True)
class _Gathered:
    """One distinct document, before the checker has spoken."""

    name: str  # of its file, for the checker
    served: list[ServedPage]
    body: bytes = field(repr=False)
    markup: Markup | None  # None: it is not HTML, or empty
    facts: Facts | None

    @property
    def url(self) -> str:
        return self.served[0].url

    def document(self, validation: Validation | None) -> Document:
        page = self.served[0]
        answer = page.exchange.answered
        assert answer is not None
        return Document(
            urls=tuple(each.url for each in self.served),
            status=answer.status,
            declared_status=page.page.status,
            media_type=answer.media_type,
            size=len(self.body),
            facts=self.facts,
            messages=validation.messages.get(self.name) if validation else None,
            unsaid=validation.unsaid.get(self.name, 0) if validation else 0,
        )


def _distinct(served: Iterable[ServedPage]) -> list[_Gathered]:
    """Documents by their bytes: a single-page app answers every path with one."""
    found: dict[tuple[object, ...], _Gathered] = {}
    for page in served:
        answer = page.exchange.answered
        assert answer is not None
        key = (answer.body, answer.media_type, answer.status, page.page.status)
        if key in found:
            found[key].served.append(page)
            continue
        markup = Markup(page.url, answer.body) if answer.media_type in HTML and answer.body.strip() else None
        name = f"{len(found):04}{SUFFIXES.get(answer.media_type, '.html')}"
        found[key] = _Gathered(name=name, served=[page], body=answer.body, markup=markup, facts=_facts(markup))
    return list(found.values())


async def _validated(gathered: Iterable[_Gathered], jar: str | None) -> tuple[Validation | None, list[Gap]]:
    markup = [each for each in gathered if each.markup]
    small = {each.name: each.body for each in markup if len(each.body) <= PAGE}
    gaps = [
        Gap(what=f"HTML of {each.url}", why=f"larger than {PAGE // 1_000_000} MB; not validated", cause=Cause.BOUND)
        for each in markup
        if each.name not in small
    ]
    if not small:
        return None, gaps
    try:
        validation = await validate(small, jar=jar)
    except Unobserved as error:
        return None, [*gaps, error.gap]
    urls = {each.name: each.url for each in markup}
    for name, why in validation.failed.items():
        gaps.append(Gap(what=f"HTML of {urls[name]}", why=f"the checker failed: {why}", cause=Cause.ENGINE))
    return validation, gaps


def _facts(markup: Markup | None) -> Facts | None:
    if markup is None:
        return None
    return Facts(
        title=markup.title,
        language=markup.language,
        viewport=markup.meta("viewport"),
        canonical=markup.canonical,
        headings=markup.headings,
        unnamed_images=markup.unnamed_images,
    )


async def _asked(look: Look, gathered: Iterable[_Gathered]) -> tuple[tuple[Link, ...], list[Gap], list[Exchange]]:
    """Where the documents' own links lead, and what was asked; declared pages are known already."""
    known = {page.url: page.exchange for each in gathered for page in each.served}
    known |= {page.exchange.url: page.exchange for each in gathered for page in each.served}
    named = await asyncio.to_thread(_named, gathered)
    asked = [url for url in named if url not in known]
    answers = await asyncio.gather(*(_status(look, url) for url in asked[:LINKS]))
    known |= dict(zip(asked, answers, strict=False))
    links = tuple(_link(url, *named[url], known[url]) for url in named if url in known)
    gaps = [gap for exchange in answers if (gap := exchange.gap)]
    if len(asked) > LINKS:
        why = f"only the first {LINKS} of {len(asked)} were asked"
        gaps.append(Gap(what=f"links of {look.target.url}", why=why, cause=Cause.BOUND))
    return links, gaps, answers


def _named(gathered: Iterable[_Gathered]) -> Mapping[str, tuple[str, list[str]]]:
    """Every same-origin address in the documents, with the first element that names it, and the documents that do."""
    named: dict[str, tuple[str, list[str]]] = {}
    for each in gathered:
        for element, written in each.markup.links() if each.markup else ():
            url = resolved(each.markup.base, written) if each.markup else None
            if url and written.strip() and origin(url) == origin(each.url):
                _, documents = named.setdefault(url, (element, []))
                if each.url not in documents:
                    documents.append(each.url)
    return named


async def _status(look: Look, url: str) -> Exchange:
    exchange = await look.ask(url, purpose="link", method="HEAD")
    answer = exchange.answered
    return await look.ask(url, purpose="link") if answer and answer.status in REFUSED else exchange


def _link(url: str, element: str, documents: list[str], exchange: Exchange) -> Link:
    answer = exchange.answered
    return Link(
        url=url,
        element=element,
        pages=tuple(documents),
        status=answer.status if answer else None,
        media_type=answer.media_type if answer else "",
        loop=bool(exchange.failure and exchange.failure.redirect_loop),
    )


def _lost(gathered: Iterable[_Gathered]) -> tuple[Fragment, ...]:
    """Links to places inside the declared pages that are not there; hash routes and text directives are not places."""
    places = {page.url: ids for each in gathered for ids in _ids(each) for page in each.served}
    lost: dict[tuple[str, str], Fragment] = {}
    for each in gathered:
        for element, written in each.markup.links() if each.markup else ():
            if element not in {"a", "area"} or "#" not in written or each.markup is None:
                continue
            url, fragment = _parted(each.markup.base, written)
            found = places.get(url)
            if found is not None and not _no_place(fragment) and not {fragment, unquote(fragment)} & found.keys():
                lost.setdefault((url, fragment), Fragment(page=each.url, url=url, fragment=fragment))
    return tuple(lost.values())


def _ids(gathered: _Gathered) -> Iterable[Counter[str]]:
    return [gathered.markup.ids] if gathered.markup else []


def _parted(base: str, written: str) -> tuple[str, str]:
    try:
        return urldefrag(urljoin(base, written.strip()))
    except ValueError:
        return "", ""


def _no_place(fragment: str) -> bool:
    return not fragment or fragment.lower() == "top" or fragment[0] in "/!:" or ":~:" in fragment
