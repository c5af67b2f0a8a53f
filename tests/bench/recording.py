"""Recording: what gathering evidence asks over HTTP, and in how many waves it can be asked at the earliest."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from prodworthy.evidence import gathering
from prodworthy.evidence.client import Client
from prodworthy.evidence.errors import LookError
from prodworthy.evidence.gathering import Gathering
from prodworthy.model import Exchange, Target

IDLE = 0.4  # seconds in which nothing more is asked, and all has been answered: the wave is over


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it was asked, and the status of its answer."""

    method: str
    url: str
    headers: dict[str, str]
    content: str | None
    follow: bool  # same-origin redirects
    wave: int  # how many answers had to be there first, one because of the other
    status: int | None


@dataclass(slots=True)
class _Waves:
    """Holds every answer back until nothing more is asked without it, so that what depends on what can be seen."""

    asked: list[Asked] = field(default_factory=list)
    number: int = 0
    _waiting: int = 0
    _restless: asyncio.TimerHandle | None = None
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    def enter(self) -> int:
        self._waiting += 1
        self._hold()
        return self.number

    async def leave(self, wave: int) -> None:
        self._waiting -= 1
        over = self._over
        if not self._waiting:
            self._restless = asyncio.get_running_loop().call_later(IDLE, self._release)
        if wave == self.number:
            await over.wait()

    def _hold(self) -> None:
        if self._restless:
            self._restless.cancel()
            self._restless = None

    def _release(self) -> None:
        over, self._over = self._over, asyncio.Event()
        self.number += 1
        over.set()


def recorded(target: Target, pieces: Iterable[str]) -> list[Asked]:
    """What gathering these pieces asks, wave by wave; takes longer than gathering does."""
    waves = _Waves()

    class Recording(Client):
        async def ask(self, url: str, **options: Any) -> Exchange:
            wave = waves.enter()
            exchange = await super().ask(url, **options)
            content = options.get("content")
            asked = Asked(
                method=exchange.method,
                url=url if "://" in url else f"{target.url}/{url.lstrip('/')}",
                headers=dict(options.get("headers") or {}),
                content=content.decode() if content else None,
                follow=options.get("follow", True),
                wave=wave,
                status=exchange.answer.status if exchange.answer else None,
            )
            waves.asked.append(asked)
            await waves.leave(wave)
            return exchange

    with mock.patch.object(gathering, "Client", Recording):
        gather(target, pieces)
    return sorted(waves.asked, key=lambda each: each.wave)


def gather(target: Target, pieces: Iterable[str]) -> list[str]:
    """Gather these pieces as a run does; returns why some could not be."""
    names = list(pieces)
    troubles = []
    gathering_of_its_own = Gathering()
    try:
        gathering_of_its_own.start(target, names)
        for name in names:
            try:
                gathering_of_its_own.piece(target, name)
            except LookError as error:
                troubles.append(f"{name}: {error}")
    finally:
        gathering_of_its_own.close()
    return troubles
