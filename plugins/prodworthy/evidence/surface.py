"""Putting together everything that a target serves, for rules that judge answers of every kind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from prodworthy.evidence.errors import LookError
from prodworthy.evidence.health import unknown_page
from prodworthy.evidence.pages import pages
from prodworthy.evidence.pieces import Look, piece
from prodworthy.model import Exchange, Gap
from prodworthy.model.surface import Kind, Surface, surface_of

Exchanges = Callable[[Look], Awaitable[list[Exchange]]]


@piece("headers")
async def surface(look: Look) -> Surface:
    """The declared pages, a page that does not exist, and every redirect on the way to them."""
    asked: list[tuple[Kind, Exchange]] = []
    missing: list[Gap] = []
    for kind, exchanges in PARTS:
        try:
            asked += [(kind, exchange) for exchange in await exchanges(look)]
        except LookError as error:  # what the other parts show is judged all the same
            missing.append(error.gap)
    return surface_of(asked, missing)


async def _pages(look: Look) -> list[Exchange]:
    return [page.exchange for page in (await look.at(pages)).served]


async def _unknown_page(look: Look) -> list[Exchange]:
    return [(await look.at(unknown_page)).exchange]


PARTS: tuple[tuple[Kind, Exchanges], ...] = ((Kind.PAGE, _pages), (Kind.UNKNOWN_PAGE, _unknown_page))
