"""The bundle: following a deployment's pages into every script, stylesheet and asset that they lead to."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from prodworthy.evidence.bundle.crawl import Crawl
from prodworthy.evidence.bundle.probing import Probed, probe
from prodworthy.evidence.errors import NotConfigured
from prodworthy.evidence.pages import pages
from prodworthy.evidence.pieces import Look, piece
from prodworthy.model.bundle import Bundle

THREADS = 2  # parsing holds the interpreter, compressing does not


@piece("bundle")
async def bundle(look: Look) -> Bundle:
    """Everything that the declared pages lead to on their own origin, asked for as soon as it is known of.

    A few places where private files lie by mistake are asked for beside it.
    """
    if not look.target.pages:
        raise NotConfigured("bundle", 'pages = ["/"]')
    served = await look.at(pages)
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="prodworthy-bundle")
    crawl = Crawl(look, threads)
    answered = [page for page in served.served if page.exchange.answered]
    try:
        _, probed = await asyncio.gather(crawl.run(answered), probe(look) if answered else _nothing())
        found = await crawl.bundle(served)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
    return replace(found, private=probed.found, gaps=(*found.gaps, *probed.gaps))


async def _nothing() -> Probed:
    """Whoever serves no page is asked no more."""
    return Probed((), ())
