"""Asking for the declared pages as a browser asks for documents."""

from __future__ import annotations

import asyncio

from prodworthy.evidence.pieces import Look, piece
from prodworthy.model.pages import Pages, ServedPage
from prodworthy.model.target import Page

DOCUMENT = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@piece(None)
async def pages(look: Look) -> Pages:
    """Every declared page, asked for all at once; same-origin redirects are followed."""

    async def served(page: Page) -> ServedPage:
        exchange = await look.ask(page.path, purpose=f"page {page.path}", headers=DOCUMENT)
        return ServedPage(page=page, exchange=exchange)

    return Pages(served=tuple(await asyncio.gather(*map(served, look.target.pages))))
