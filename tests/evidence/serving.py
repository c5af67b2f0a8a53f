"""Small builds served by the embedded edge, looked at through the real client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prodworthy.evidence.client import Client
from prodworthy.evidence.pieces import Piece
from prodworthy.local.authority import Authority
from prodworthy.local.edge.app import Edge
from prodworthy.local.edge.build import read_build
from prodworthy.local.server import App, serve
from prodworthy.model import Addresses, Exchange, Page, Target

HOST = "app.test"
URL = f"https://{HOST}"


@dataclass(slots=True)
class Looking:
    """What pieces look with, without a thread of its own; remembers what it asked."""

    target: Target
    client: Client
    found: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)  # method and URL

    async def ask(self, url: str, **options: Any) -> Exchange:
        exchange = await self.client.ask(url, **options)
        self.asked.append((exchange.method, exchange.url))
        return exchange

    async def through(self, exchange: Exchange, send: Any) -> Exchange:
        told = await self.client.through(exchange, send)
        self.asked.append((told.method, told.url))
        return told

    async def at(self, piece: Piece[Any]) -> Any:
        if piece.name not in self.found:
            self.found[piece.name] = await piece.gather(self)
        return self.found[piece.name]


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def built(folder: Path, files: Mapping[str, str | bytes], config: Mapping[str, Any] | None = None) -> App:
    """The edge over an app folder with these files in dist/ and this vercel.json."""
    write(folder / "dist", files)
    write(folder, {"vercel.json": json.dumps(config or {})})
    edge = Edge()
    edge.point(HOST, edge.add(read_build(folder, "dist", project="app")).id)
    return edge


def look(app: App, piece: Piece[Any], *, pages: tuple[str, ...] = ("/",), **target: Any) -> tuple[Any, Looking]:
    """What the piece gathers from `app`, and the look that it took."""
    return asyncio.run(_look(app, piece, pages, target))


async def _look(app: App, piece: Piece[Any], pages: tuple[str, ...], target: dict[str, Any]) -> tuple[Any, Looking]:
    authority = Authority()
    server = await serve(app, tls=authority.issue([HOST]))
    addresses = Addresses(hosts={f"{HOST}:443": f"127.0.0.1:{server.port}"}, ca_pem=authority.ca_pem, spki="")
    declared = Target(
        name="app", url=URL, pages=tuple(Page(path=path) for path in pages), addresses=addresses, **target
    )
    try:
        async with Client(declared) as client:
            looking = Looking(declared, client)
            return await looking.at(piece), looking
    finally:
        await server.close()
