"""Asking as a page of another site would, to see what the app shares with whom."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

from prodworthy.evidence.pieces import Look
from prodworthy.evidence.sending import shown
from prodworthy.model import Exchange
from prodworthy.model.surface import Kind, Probe, Served, Stranger

FOREIGN = "foreign.example"  # nobody's name: RFC 2606
# on an address of its own, so that no shared cache keeps for the app's people what a stranger was answered
APART = "prodworthy=stranger"
PREFLIGHT = {"access-control-request-method": "PUT", "access-control-request-headers": "authorization"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Something that strangers ask for."""

    url: str
    kind: Kind
    strangers: tuple[Stranger, ...] = tuple(Stranger)
    method: str = "GET"
    preflight: bool = False
    private: bool = False
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def origins(url: str) -> dict[Stranger, str]:
    """Each stranger's origin; an address that is no name has none that looks like it."""
    host = urlsplit(url).hostname or ""
    found = {Stranger.FOREIGN: f"https://{FOREIGN}", Stranger.NULL: "null"}
    if not _is_address(host):
        found[Stranger.BEGINS] = f"https://{host}.{FOREIGN}"
        # one label before the name that its owner registered: anybody can register that one
        found[Stranger.ENDS] = f"https://foreign{_list().privatesuffix(host) or host}"
    return found


async def probes(look: Look, subjects: Iterable[Subject]) -> tuple[list[Probe], list[Exchange]]:
    """Every stranger at every subject, all at once: what came back, and all exchanges."""
    asked = [(each, *asking) for each in subjects for asking in _askings(each)]
    exchanges = await asyncio.gather(*(_ask(look, *each) for each in asked))
    answered = [
        Probe(
            stranger=stranger,
            origin=origin,
            method=method,
            served=Served(url=shown(subject.url), kind=subject.kind, answer=exchange.answered, private=subject.private),
        )
        for (subject, stranger, origin, method), exchange in zip(asked, exchanges, strict=True)
        if exchange.answered
    ]
    return answered, list(exchanges)


def _askings(subject: Subject) -> Iterator[tuple[Stranger, str, str]]:
    """Stranger, its origin, and the method."""
    known = origins(subject.url)
    for stranger in subject.strangers:
        if stranger in known:
            yield stranger, known[stranger], subject.method
    if subject.preflight:
        yield Stranger.FOREIGN, known[Stranger.FOREIGN], "OPTIONS"


async def _ask(look: Look, subject: Subject, stranger: Stranger, origin: str, method: str) -> Exchange:
    preflight = PREFLIGHT if method == "OPTIONS" else {}
    return await look.ask(
        f"{subject.url}{'&' if urlsplit(subject.url).query else '?'}{APART}",
        purpose=f"what {stranger} gets of the {subject.kind}",
        method=method,
        headers={**subject.headers, **preflight, "origin": origin},
        follow=False,
    )


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


@cache
def _list() -> PublicSuffixList:
    return PublicSuffixList()
