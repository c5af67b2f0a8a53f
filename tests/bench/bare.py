"""Bare httpx: the same requests with nothing around them; the floor that evidence is measured against."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter

import httpx

from prodworthy.evidence.client import user_agent
from prodworthy.evidence.decoding import ACCEPTED
from prodworthy.evidence.manners import AT_HOME
from prodworthy.model import Addresses
from tests.bench.names import AsyncMapped, Mapped, trusting
from tests.bench.recording import Asked

HEADERS = {"user-agent": user_agent(), "accept-encoding": ACCEPTED}
PATIENCE = 30.0  # seconds


def at_once(addresses: Addresses, asked: Sequence[Asked]) -> list[int]:
    """All over HTTP/2 at the same time, with as many streams a host as evidence may use; returns the statuses."""
    return asyncio.run(_fetch(addresses, [asked]))


def wave_by_wave(addresses: Addresses, asked: Sequence[Asked]) -> list[int]:
    """The same, but nothing before what it depends on has been answered."""
    by_wave = attrgetter("wave")
    return asyncio.run(_fetch(addresses, [list(wave) for _, wave in groupby(asked, by_wave)]))


def one_by_one(addresses: Addresses, asked: Sequence[Asked]) -> list[int]:
    """Over HTTP/1.1 and kept connections, one after the other."""
    transport = Mapped(addresses.hosts, verify=trusting(addresses.ca_pem))
    with httpx.Client(transport=transport, headers=HEADERS, timeout=PATIENCE) as client:
        return [client.send(_request(client, each), follow_redirects=each.follow).status_code for each in asked]


async def _fetch(addresses: Addresses, waves: Iterable[Sequence[Asked]]) -> list[int]:
    transport = AsyncMapped(addresses.hosts, verify=trusting(addresses.ca_pem), http2=True)
    streams: dict[str, asyncio.Semaphore] = {}
    statuses: list[int] = []

    async with httpx.AsyncClient(transport=transport, headers=HEADERS, timeout=PATIENCE) as client:

        async def fetch(each: Asked) -> int:
            request = _request(client, each)
            async with streams.setdefault(request.url.host, asyncio.Semaphore(AT_HOME.streams)):
                return (await client.send(request, follow_redirects=each.follow)).status_code

        for wave in waves:
            statuses += await asyncio.gather(*map(fetch, wave))
    return statuses


def _request(client: httpx.Client | httpx.AsyncClient, asked: Asked) -> httpx.Request:
    return client.build_request(asked.method, asked.url, headers=asked.headers, content=asked.content)
