"""Probing: files that were never meant to be served, asked for where careless deployments leave them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from prodworthy.evidence.bundle.reading import is_markup
from prodworthy.evidence.client import EMBEDDED, Bounds, Client
from prodworthy.evidence.leaks import leaks
from prodworthy.evidence.pieces import Look
from prodworthy.evidence.sending import absolute
from prodworthy.model import Answer, Exchange, Gap
from prodworthy.model.bundle import PrivateFile
from prodworthy.model.exchange import gaps_in

ENOUGH = 64_000  # bytes of a file, by which it is known for what it is: a dump may have gigabytes

_NAME = re.compile(r"(?:export\s+)?([A-Za-z_]\w{0,79})\s*=")
_CONTINUED = re.compile(r"[^<{]*\Z")  # a key's lines within quotes
# what builds write into the code anyway: Vite, Next, Nuxt, SvelteKit, Astro, Create React App, Vue CLI, Expo, Gatsby
_PUBLIC = re.compile(r"(?:VITE|(?:NEXT_|NUXT_|EXPO_)?PUBLIC|REACT_APP|VUE_APP|GATSBY)_|(?:NODE_ENV|BASE_URL|MODE)\Z")
_HEAD = re.compile(rb"(?:ref: refs/[\w./-]+|[0-9a-f]{40})\s*\Z")  # detached, in a pipeline's checkout
_SQL = re.compile(
    rb"^(?:--[^\n]{0,20}(?:PostgreSQL database|MySQL|MariaDB) dump\b|(?:CREATE|ALTER|DROP)\s+(?:TABLE|SCHEMA|DATABASE|"
    rb"EXTENSION|TYPE|FUNCTION)\s|INSERT\s+INTO\s|COPY\s+[\w.\"]+\s*\([^)]*\)\s+FROM\s+stdin|SET\s+statement_timeout\b)",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Probed:
    """What came of all probes."""

    found: tuple[PrivateFile, ...]
    gaps: tuple[Gap, ...]


async def probe(look: Look) -> Probed:
    """Every place, all at once and once each.

    Over connections of its own: a firewall that refuses `/.env` does what it should, and is no reason to ask the
    app's host nothing more. Who answers in the app's place serves no private file.
    """
    target = look.target
    bounds = Bounds(decoded=ENOUGH, seconds=EMBEDDED if target.embedded else Bounds().seconds)
    # in a thread: reading whom the machine trusts takes longer than all the answers
    async with await asyncio.to_thread(Client, target, bounds) as apart:
        seen = await asyncio.gather(*(_ask(look, apart, absolute(target, place)) for place in PLACES))
    found = (_found(exchange, judge) for exchange, judge in zip(seen, PLACES.values(), strict=True))
    lost = (exchange for exchange in seen if exchange.answer is None)
    return Probed(found=tuple(each for each in found if each), gaps=gaps_in(lost))


async def _ask(look: Look, apart: Client, address: str) -> Exchange:
    purpose = "bundle: private file"

    async def send() -> Exchange:
        exchange = await apart.ask(address, purpose=purpose, repeatable=False)
        return replace(exchange, wall=None, answer=None) if exchange.wall else exchange

    return await look.through(Exchange(method="GET", url=address, purpose=purpose), send)


def _found(exchange: Exchange, judge: Callable[[bytes], str | None]) -> PrivateFile | None:
    """Pages in a file's place, of the app's fallback for one, are none."""
    answer: Answer | None = exchange.answer  # its beginning will do
    if answer is None or answer.status != 200 or is_markup(answer):
        return None
    what = judge(answer.body)
    return PrivateFile(url=exchange.url, what=what) if what else None


def environment(body: bytes) -> str | None:
    """Names of variables, never their values; None when there are none but those that the build tells anyway."""
    names = list(dict.fromkeys(_names(body.decode("utf-8", "replace"))))
    private = [name for name in names if not _PUBLIC.match(name)]
    if not private and not (names and leaks(body)):
        return None
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"an environment file with {(private or names)[0]}{more}"


def _names(text: str) -> Iterator[str]:
    """Of a text that holds nothing but variables."""
    lines = [line for each in text.removeprefix("\ufeff").splitlines() if (line := each.strip()) and line[0] != "#"]
    named = [_NAME.match(line) for line in lines]
    if named and named[0] and all(name or _CONTINUED.match(line) for name, line in zip(named, lines, strict=True)):
        yield from (name[1] for name in named if name)


def head(body: bytes) -> str | None:
    """https://git-scm.com/docs/gitrepository-layout#Documentation/gitrepository-layout.txt-HEAD"""
    return "a Git repository, from which the sources can be fetched" if _HEAD.match(body) else None


def dump(body: bytes) -> str | None:
    """A database in statements."""
    return "a database in SQL" if _SQL.search(body) else None


PLACES: dict[str, Callable[[bytes], str | None]] = {
    **dict.fromkeys(("/.env", "/.env.local", "/.env.production"), environment),
    "/.git/HEAD": head,
    **dict.fromkeys(("/backup.sql", "/dump.sql"), dump),
}
