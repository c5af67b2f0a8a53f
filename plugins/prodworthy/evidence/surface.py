"""Putting together everything that a target serves, for rules that judge answers of every kind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice

from prodworthy.evidence.arrival import arrived
from prodworthy.evidence.errors import LookError
from prodworthy.evidence.functions import functions
from prodworthy.evidence.health import unknown_page
from prodworthy.evidence.markup import Markup, origin, resolved
from prodworthy.evidence.pages import DOCUMENT, pages
from prodworthy.evidence.pieces import Look, piece
from prodworthy.evidence.sending import SECRETS, absolute
from prodworthy.evidence.strangers import Subject, probes
from prodworthy.model import HTML, Endpoint, Exchange, Gap
from prodworthy.model.bundle import How
from prodworthy.model.exchange import unread_in
from prodworthy.model.measurement import retries_in
from prodworthy.model.surface import Kind, Served, Stranger, Surface, is_private, surface_of

Exchanges = Callable[[Look], Awaitable[list[Exchange]]]

ENDPOINTS = 2  # declared ones that strangers ask for
CODE = {How.SCRIPT: "script", How.MODULE: "script", How.STYLESHEET: "style"}


@piece("headers")
async def surface(look: Look) -> Surface:
    """The declared pages, a page that does not exist, every redirect on the way, an asset of each kind, and what
    strangers get of them.
    """
    asked: list[tuple[Kind, Exchange]] = []
    missing: list[Gap] = []
    for kind, exchanges in PARTS:
        try:
            asked += [(kind, exchange) for exchange in await exchanges(look)]
        except LookError as error:  # what the other parts show is judged all the same
            missing.append(error.gap)
    seen = surface_of(asked, missing, private=look.target.protection.private)
    subjects = await asyncio.to_thread(_subjects, look, seen)  # it reads documents
    (told, strangers), arrival = await asyncio.gather(probes(look, subjects), arrived(look))
    return replace(
        seen,
        served=(*seen.served, *(each.served for each in told if _is_asset(each.served))),
        probes=tuple(told),
        arrival=arrival,
        gaps=tuple(dict.fromkeys((*seen.gaps, *unread_in(strangers)))),
        measured=(*seen.measured, *retries_in(strangers)),
    )


@piece("headers")
async def function_answers(look: Look) -> Surface:
    """What the declared functions answered, errors included; what could not be seen of them their own check tells."""
    try:
        seen = (await look.at(functions)).seen if look.target.functions else ()
    except LookError:
        seen = ()
    asked = (exchange for each in seen for exchange in (*each.calls[:1], each.refusal) if exchange)
    return Surface(
        served=tuple(
            Served(
                url=exchange.url,
                kind=Kind.FUNCTION,
                answer=exchange.answered,
                private="authorization" in dict(exchange.sent) and exchange.answered.status < 400,
            )
            for exchange in asked
            if exchange.answered
        )
    )


async def _pages(look: Look) -> list[Exchange]:
    return [page.exchange for page in (await look.at(pages)).served]


async def _unknown_page(look: Look) -> list[Exchange]:
    return [(await look.at(unknown_page)).exchange]


PARTS: tuple[tuple[Kind, Exchanges], ...] = ((Kind.PAGE, _pages), (Kind.UNKNOWN_PAGE, _unknown_page))


def _is_asset(served: Served) -> bool:
    """Whether it is the file itself: one that is missing, or answered by a page, is the bundle check's."""
    answer = served.answer
    return served.kind is Kind.ASSET and answer.status < 300 and answer.media_type not in HTML


def _subjects(look: Look, seen: Surface) -> list[Subject]:
    """What strangers ask for: the first page, the first personal one, a few endpoints, an asset of each kind."""
    own = [each for each in seen.served if each.kind is Kind.PAGE]
    firsts: dict[bool, Served] = {}
    for page in own:
        firsts.setdefault(page.private, page)
    documents = [
        Subject(url=each.url, kind=each.kind, preflight=each is own[0], private=each.private, headers=DOCUMENT)
        for each in firsts.values()
    ]
    assets = [
        Subject(url=url, kind=Kind.ASSET, strangers=(Stranger.FOREIGN,), method="HEAD")
        for url in _assets(each for each in own if each.answer.media_type in HTML)
    ]
    return [*documents, *_endpoints(look), *assets]


def _endpoints(look: Look) -> Iterator[Subject]:
    read = ((each, absolute(look.target, each.path)) for each in look.target.endpoints if each.method == "GET")
    own = ((each, url) for each, url in read if origin(url) == origin(look.target.url))
    for endpoint, url in islice(own, ENDPOINTS):
        private = _is_private(look, url, endpoint)
        yield Subject(url=url, kind=Kind.ENDPOINT, private=private, headers=endpoint.headers)


def _is_private(look: Look, url: str, endpoint: Endpoint) -> bool:
    """Declared so, or asked for with somebody's credentials."""
    credentials = SECRETS & {name.lower() for name in endpoint.headers}
    return bool(credentials) or is_private(url, look.target.protection.private)


def _assets(documents: Iterable[Served]) -> list[str]:
    """The first script and the first stylesheet that a page takes from its own origin."""
    found: dict[str, str] = {}
    for page in documents:
        markup = Markup(page.url, page.answer.body)
        for how, written in markup.mentions():
            url = resolved(markup.base, written)
            if how in CODE and url and origin(url) == origin(page.url):
                found.setdefault(CODE[how], url)
        if len(found) == len(set(CODE.values())):
            break
    return list(found.values())
