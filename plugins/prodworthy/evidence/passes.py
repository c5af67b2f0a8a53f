"""Passes: the cookies that open a protected deployment to a browser, in place of the secret.

A header field set on a browser context would go to every origin that a page loads from, and would break their CORS.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any

from prodworthy.evidence.bypass import COOKIE, Bypass, is_pass, origins
from prodworthy.evidence.pieces import Look, piece
from prodworthy.evidence.sending import BYPASS_COOKIE
from prodworthy.model import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """The cookie that lets a browser through to one origin."""

    origin: str
    value: str = field(repr=False)
    name: str = COOKIE

    def as_cookie(self) -> dict[str, Any]:
        """As Playwright wants it: for the very host, no name below it, and no script."""
        own = {"name": self.name, "value": self.value, "url": f"{self.origin}/"}
        return {**own, "secure": True, "httpOnly": True, "sameSite": "Lax"}


@piece(None)
async def passes(look: Look) -> tuple[Pass, ...]:
    """A cookie for every origin that gives one; an origin that is open, or not reached, gives none.

    What is wrong with an origin is told by whoever looks at its pages. Nobody keeps the exchanges, which hold cookies.
    """
    bypass = Bypass(look.target)
    asked = [each for each in origins(look.target) if bypass.opens(each)]
    return tuple(one for found in await asyncio.gather(*(_pass(look, each) for each in asked)) if (one := found))


async def _pass(look: Look, origin: str) -> Pass | None:
    exchange = await look.ask(
        f"{origin}/",
        purpose="the cookie that opens deployment protection to a browser",
        headers={BYPASS_COOKIE: "true"},
        follow=False,
    )
    return next((Pass(origin=origin, value=value) for value in _cookies(exchange)), None)


def _cookies(exchange: Exchange) -> Iterator[str]:
    for line in exchange.answer.lines("set-cookie") if exchange.answer else ():
        if is_pass("set-cookie", line):
            try:
                jar = SimpleCookie(line.partition(";")[0])
            except CookieError:
                continue
            yield from (each.coded_value for each in jar.values())
