"""Links: where documents lead within the target, each address asked for once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from prodworthy.evidence.drafts import Draft
from prodworthy.evidence.markup import origin, resolved
from prodworthy.evidence.pieces import Look
from prodworthy.model import Cause, Exchange, Gap
from prodworthy.model.documents import Downgrade, Fragment, Link
from prodworthy.model.pages import addresses

LINKS = 500  # of one target that are asked
PERMANENT = frozenset({301, 308})
FOLLOWED = frozenset({"a", "area"})  # by people


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What came of following the links of some documents."""

    links: tuple[Link, ...] = ()
    gaps: tuple[Gap, ...] = ()
    asked: tuple[Exchange, ...] = ()


@dataclass(slots=True)
class _Named:
    """One address: the first element that names it, and the documents that do."""

    element: str
    pages: list[str] = field(default_factory=list)


async def follow(look: Look, drafts: Sequence[Draft]) -> Followed:
    """Ask for every same-origin address that the documents name; declared pages are known already."""
    known = {page.url: page.exchange for each in drafts for page in each.served}
    known |= {page.exchange.url: page.exchange for each in drafts for page in each.served}
    named = await asyncio.to_thread(_named, drafts)
    unknown = [url for url in named if url not in known]
    asked = await asyncio.gather(*(_status(look, url) for url in unknown[:LINKS]))
    known |= dict(zip(unknown, asked, strict=False))
    gaps = [gap for exchange in asked if (gap := exchange.gap)]
    if len(unknown) > LINKS:
        why = f"only the first {LINKS} of {len(unknown)} were asked"
        gaps.append(Gap(what=f"links of {look.target.url}", why=why, cause=Cause.BOUND))
    links = tuple(_link(url, named[url], known[url]) for url in named if url in known)
    return Followed(links=links, gaps=tuple(gaps), asked=tuple(asked))


def lost_fragments(drafts: Sequence[Draft]) -> tuple[Fragment, ...]:
    """Links to places inside the declared pages that are not there; hash routes and text directives are not places."""
    places = {page.url: each.markup.ids for each in drafts if each.markup for page in each.served}
    lost: dict[tuple[str, str], Fragment] = {}
    for each in drafts:
        for element, written in each.markup.links() if each.markup else ():
            if element not in FOLLOWED or "#" not in written or each.markup is None:
                continue
            url, fragment = _parted(each.markup.base, written)
            found = places.get(url)
            if found is not None and not _no_place(fragment) and not {fragment, unquote(fragment)} & found.keys():
                lost.setdefault((url, fragment), Fragment(page=each.url, url=url, fragment=fragment))
    return tuple(lost.values())


def downgrades(drafts: Sequence[Draft], hosts: Iterable[str]) -> tuple[Downgrade, ...]:
    """Links of pages that came over TLS to plain HTTP of the target's own `hosts`, each address once."""
    own, found = set(hosts), dict[str, Downgrade]()
    for each in drafts:
        for element, url in _addresses(each) if each.url.startswith("https://") else ():
            if element in FOLLOWED and url.startswith("http://") and urlsplit(url).hostname in own:
                found.setdefault(url, Downgrade(page=each.url, url=url))
    return tuple(found.values())


def _named(drafts: Sequence[Draft]) -> Mapping[str, _Named]:
    """Every same-origin address in the documents."""
    named: dict[str, _Named] = {}
    for each in drafts:
        for element, url in _addresses(each):
            if origin(url) == origin(each.url):
                pages = named.setdefault(url, _Named(element)).pages
                if each.url not in pages:
                    pages.append(each.url)
    return named


def _addresses(draft: Draft) -> Iterator[tuple[str, str]]:
    """Every http(s) address that a document leads to, as (element, absolute URL)."""
    if draft.markup is None:
        return
    for element, written in draft.markup.links():
        url = resolved(draft.markup.base, written)
        if url and written.strip():
            yield element, url


async def _status(look: Look, url: str) -> Exchange:
    """Bad news is asked for as people do: not everybody answers HEAD as they answer GET."""
    exchange = await look.ask(url, purpose="link", method="HEAD")
    answer = exchange.answered
    return await look.ask(url, purpose="link") if answer and answer.status >= 400 else exchange


def _link(url: str, named: _Named, exchange: Exchange) -> Link:
    answer = exchange.answered
    return Link(
        url=url,
        element=named.element,
        pages=tuple(named.pages),
        status=answer.status if answer else None,
        media_type=answer.media_type if answer else "",
        loop=bool(exchange.failure and exchange.failure.redirect_loop),
        moved=_moved(exchange),
    )


def _moved(exchange: Exchange) -> str | None:
    """Where permanent redirects alone lead; a temporary one is meant to be asked every time."""
    answer = exchange.answered
    if answer is None or not exchange.hops or any(hop.status not in PERMANENT for hop in exchange.hops):
        return None
    return addresses(exchange)[-1]


def _parted(base: str, written: str) -> tuple[str, str]:
    try:
        return urldefrag(urljoin(base, written.strip()))
    except ValueError:
        return "", ""


def _no_place(fragment: str) -> bool:
    return not fragment or fragment.lower() == "top" or fragment[0] in "/!:" or ":~:" in fragment
