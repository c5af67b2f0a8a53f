"""Sending one function's requests: as a page would, as a stranger's page would, and as nobody should be able to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlsplit

from prodworthy.evidence.backend.project import Project
from prodworthy.evidence.functions.tokens import Bearer, forgeries
from prodworthy.model import Exchange, Function, Request
from prodworthy.model.functions import FOREIGN, Forged, Preflight, RegionSeen, SeenFunction

SAMPLES = 3  # calls of a repeatable function, the first may find it cold; and how often a stamp is read
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
NOTHING: Mapping[str, str] = MappingProxyType({})


async def seen(project: Project, declared: Function, bearer: Bearer) -> SeenFunction:
    """Everything about one function; what needs no other answer is asked at once."""
    caller = Caller(project=project, declared=declared, bearer=bearer)
    first = await caller.first()  # before anything else wakes it
    if any(each.answered is None for each in first):
        caller = replace(caller, unanswered=True)
    (preflights, strangers), (unsigned, forged), later, refusal, others = await asyncio.gather(
        caller.consents(), caller.locks(), caller.later(), caller.refusal(), caller.others()
    )
    stranger, bare, stamps, regions = others
    return SeenFunction(
        declared=declared,
        origin=caller.origin,
        preflights=preflights,
        strangers=strangers,
        stranger=stranger,
        unsigned=unsigned,
        forged=forged,
        calls=(*first, *later),
        refusal=refusal,
        bare=bare,
        stamps=stamps,
        regions=regions,
        uncalled=bearer.gap,
        unasked=bearer.unasked,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Sends the requests of one function."""

    project: Project
    declared: Function
    bearer: Bearer
    unanswered: bool = False  # the first call, so that there is no use in waiting for further ones

    @property
    def origins(self) -> tuple[str, ...]:
        """Whose pages may call it; none for a function that only servers call."""
        if not self.declared.browser:
            return ()
        return self.declared.origins or (self.project.look.target.url,)

    @property
    def origin(self) -> str:
        """What calls give as theirs."""
        return next(iter(self.origins), self.project.look.target.url)

    @property
    def callable(self) -> bool:
        """Whether it is of any use to call it as declared."""
        return not (self.bearer.missing or self.unanswered)

    @property
    def again(self) -> bool:
        """Whether it may be called more than once."""
        return self.callable and self.declared.repeatable

    async def first(self) -> list[Exchange]:
        """On a connection of its own, where no other request can hold up the answer."""
        return [] if self.bearer.missing else [await self._call(f"call {self.declared.name}", fresh=True)]

    async def later(self) -> list[Exchange]:
        """One after the other, so that they do not slow each other down."""
        return [await self._call(f"call {self.declared.name}") for _ in range(SAMPLES - 1)] if self.again else []

    async def refusal(self) -> Exchange | None:
        """What it must refuse."""
        if self.declared.refusal is None or not self.callable:
            return None
        return await self._send(self.declared.refusal.request, f"what {self.declared.name} must refuse")

    async def consents(self) -> tuple[tuple[Preflight, ...], tuple[Preflight, ...]]:
        """Preflights for pages that may call it, and for pages that nobody declared."""
        asked = await asyncio.gather(*(self._preflight(each) for each in (*self.origins, *self._strangers)))
        return tuple(asked[: len(self.origins)]), tuple(asked[len(self.origins) :])

    async def locks(self) -> tuple[Exchange | None, tuple[Forged, ...]]:
        """Without a token, then with bad ones; one that lets in whoever has none is not asked further."""
        if not (self.declared.verify_jwt or self.declared.signed_in):
            return None, ()
        unsigned = await self._knock(f"{self.declared.name} without a token")
        answer = unsigned.answered
        if answer is None or answer.status < 400:
            return unsigned, ()
        tokens = list(forgeries(self.project, self.bearer.token))
        asked = [self._knock(f"{self.declared.name} with {words}", token) for words, token in tokens]
        exchanges = await asyncio.gather(*asked)
        named = zip(tokens, exchanges, strict=True)
        return unsigned, tuple(Forged(token=words, exchange=exchange) for (words, _), exchange in named)

    async def others(
        self,
    ) -> tuple[Exchange | None, Exchange | None, tuple[Exchange, ...], tuple[RegionSeen, ...]]:
        """A stranger's call, a bare GET, the stamps, and the regions."""
        stranger, bare, stamps, regions = await asyncio.gather(
            self._stranger(),
            self._bare(),
            self._stamps(),
            asyncio.gather(*(self._region(each) for each in self.declared.regions)),
        )
        return stranger, bare, stamps, tuple(regions)

    @property
    def _strangers(self) -> tuple[str, ...]:
        """Origins that must not be let in; where there is a list to keep to, also those that careless lists let in."""
        if not self.declared.origins:
            return (FOREIGN,) if self.declared.browser else ()
        parts = urlsplit(self.origin)
        longer = f"{parts.scheme}://{parts.hostname}.{urlsplit(FOREIGN).hostname}"
        return (FOREIGN, "null", longer, f"{parts.scheme}://foreign{parts.hostname}")

    async def _preflight(self, origin: str, more: Mapping[str, str] = NOTHING) -> Preflight:
        asked = {
            "origin": origin,
            "access-control-request-method": self.declared.request.method,
            "access-control-request-headers": ",".join(sorted(map(str.lower, self.declared.headers))),
            **more,
        }
        where = f" in {more['x-region']}" if more else ""
        purpose = f"preflight of {self.declared.name} for {origin}{where}"
        return Preflight(origin=origin, exchange=await self._ask("", purpose, "OPTIONS", asked, key=False))

    async def _knock(self, purpose: str, token: str | None = None) -> Exchange:
        """Where the platform is to refuse, a GET without a body: should it let that through, it does the least harm.

        The function's own code may look at the request first, so that it gets what is declared; but no body that would
        do something, where that must not be done twice.
        """
        fields = {"origin": self.origin, **({"authorization": f"Bearer {token}"} if token else {})}
        if self.declared.verify_jwt:
            return await self._ask("", purpose, "GET", fields)
        request = self.declared.request
        declared = {name.lower(): value for name, value in request.headers.items() if name.lower() != "authorization"}
        body = request.json if self.declared.repeatable else None
        return await self._ask(request.path, purpose, request.method, {**declared, **fields}, json_body=body)

    async def _stranger(self) -> Exchange | None:
        if not (self.again and self.declared.origins and self.declared.browser):
            return None
        return await self._call(f"call {self.declared.name} for {FOREIGN}", {"origin": FOREIGN})

    async def _bare(self) -> Exchange | None:
        if not self.again or self.declared.request.method in SAFE:
            return None
        fields = {"origin": self.origin, **self.bearer.fields}
        path = self.declared.request.path
        return await self._ask(path, f"{self.declared.name} by GET, without a body", "GET", fields)

    async def _stamps(self) -> tuple[Exchange, ...]:
        """Each time as somebody who comes anew: who answers may differ from one to the next."""
        stamp = self.declared.stamp
        if stamp is None or stamp.header or not self.callable:
            return ()
        return tuple([await self._stamp(fresh=True) for _ in range(SAMPLES)])

    async def _stamp(self, region: str | None = None, *, fresh: bool = False) -> Exchange:
        assert self.declared.stamp is not None
        where = f" in {region}" if region else ""
        fields = {"accept": "application/json", **self.bearer.fields, **({"x-region": region} if region else {})}
        purpose = f"which build {self.declared.name} is{where}"
        return await self._ask(self.declared.stamp.path, purpose, "GET", fields, fresh=fresh)

    async def _region(self, region: str) -> RegionSeen:
        """The declared call where it may be repeated, else the preflight, which the function's own code answers too."""
        called = self.again
        purpose = f"call {self.declared.name} in {region}"
        exchange = (
            await self._call(purpose, {"x-region": region})
            if called
            else (await self._preflight(self.origin, {"x-region": region})).exchange
        )
        stamped = self.declared.stamp is not None and not self.declared.stamp.header and self.callable
        stamp = await self._stamp(region) if stamped else None
        return RegionSeen(region=region, exchange=exchange, called=called, stamp=stamp)

    async def _call(self, purpose: str, more: Mapping[str, str] = NOTHING, *, fresh: bool = False) -> Exchange:
        return await self._send(self.declared.request, purpose, more, fresh=fresh)

    async def _send(
        self, request: Request, purpose: str, more: Mapping[str, str] = NOTHING, *, fresh: bool = False
    ) -> Exchange:
        declared = {name.lower(): value for name, value in request.headers.items()}
        fields = {"origin": self.origin, **self.bearer.fields, **declared, **more}
        return await self._ask(request.path, purpose, request.method, fields, json_body=request.json, fresh=fresh)

    async def _ask(
        self,
        path: str,
        purpose: str,
        method: str,
        headers: Mapping[str, str],
        *,
        json_body: Any = None,
        key: bool = True,
        fresh: bool = False,
    ) -> Exchange:
        return await self.project.ask(
            f"/functions/v1/{quote(self.declared.name, safe='')}{_below(path)}",
            purpose=purpose,
            method=method,
            headers=headers,
            json_body=json_body,
            repeatable=None if method in SAFE else self.declared.repeatable,
            key=key,
            fresh=fresh,
        )


def _below(path: str) -> str:
    return path if path.startswith(("/", "?")) or not path else f"/{path}"
