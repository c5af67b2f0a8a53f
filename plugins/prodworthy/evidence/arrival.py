"""Arriving at a target's root as the MDN HTTP Observatory does: over HTTPS, plain HTTP, and for a foreign page."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from prodworthy.evidence.errors import LookError
from prodworthy.evidence.pages import DOCUMENT, pages
from prodworthy.evidence.pieces import Look, piece
from prodworthy.model import Exchange
from prodworthy.model.arrival import Arrival
from prodworthy.model.health import destination
from prodworthy.model.pages import addresses

LEGS = 10  # origins on the way
FOREIGN = "https://foreign.example"  # nobody's: RFC 2606


@piece("headers")
async def arrival(look: Look) -> Arrival:
    """The root of the target's address, where plain HTTP leads, and the answer to a preflight."""
    way, plain = await asyncio.gather(_way(look, look.target.url), _plain(look))
    last = way[-1]
    if last.answered is None:
        return Arrival(way=way, plain=plain)
    preflight = await look.ask(
        addresses(last)[-1],
        purpose="what the root lets pages of a foreign origin do",
        method="OPTIONS",
        headers={"origin": FOREIGN, "access-control-request-method": "GET"},
    )
    return Arrival(way=way, plain=plain, preflight=preflight)


async def arrived(look: Look) -> Arrival | None:
    """The same for who can do without: None when it could not be looked at."""
    try:
        return await look.at(arrival)
    except LookError:
        return None


async def _plain(look: Look) -> tuple[Exchange, ...]:
    parts = urlsplit(look.target.url)
    if parts.scheme == "http" or parts.port is not None:  # the way itself, or nobody knows which port
        return ()
    return await _way(look, f"http://{parts.hostname}")


async def _way(look: Look, origin: str) -> tuple[Exchange, ...]:
    """From an origin's root along its redirects, as long as they lead to hosts that are the target's own."""
    legs = [await _leg(look, f"{origin}/")]
    while len(legs) < LEGS:
        onward = destination(legs[-1])
        seen = {url for leg in legs for url in addresses(leg)}
        if onward is None or onward in seen or urlsplit(onward).hostname not in look.target.hosts:
            break
        legs.append(await _leg(look, onward))
    return tuple(legs)


async def _leg(look: Look, url: str) -> Exchange:
    """A declared page is asked for anyway, and often the end of both ways."""
    for page in (await look.at(pages)).served:
        if page.exchange.url == url:
            return page.exchange
    return await look.ask(url, purpose="how one arrives at the root", headers=DOCUMENT)
