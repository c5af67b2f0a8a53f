"""The header sets on real sockets: the embedded edge serves each, scanned by the Observatory's engine and by us."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prodworthy.evidence.arrival import arrival
from prodworthy.evidence.client import Client
from prodworthy.local.authority import Authority
from prodworthy.local.edge.app import Edge, to_https
from prodworthy.local.edge.build import read_build
from prodworthy.local.server import App, Message, Receive, Scope, Send, serve
from prodworthy.model import Addresses, Page, Target
from prodworthy.model.arrival import Graded
from prodworthy.model.surface import Surface
from prodworthy.review import headers
from tests.evidence.serving import Looking, write
from tests.oracles.observatory.sets import CLOSED, PRELOADED, SERVES, TO_HTTPS, Set

HERE = Path(__file__).parent
VERSION = 4  # of the algorithm in the npm package
OF_THE_EDGE = frozenset({"access-control-allow-origin", "content-type", "strict-transport-security"})
AT_ONCE = 8
PATIENCE = 1200  # seconds for all scans
PATIENT = {
    "ABORT_TIMEOUT": "120000",
    "CLIENT_TIMEOUT": "120000",
}  # ms; the engine's own are too short for a busy machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What both say of one set: score, letter and every result; None where they give no grade."""

    theirs: tuple[int, str, Mapping[str, str]] | None
    ours: tuple[int, str, Mapping[str, str]] | None
    why: str


def installed() -> None:
    """The engine beside its package.json, by the lock file."""
    modules = HERE / "node_modules"
    mark = modules / ".package-lock.json"
    if not mark.exists() or mark.stat().st_mtime < (HERE / "package-lock.json").stat().st_mtime:
        shutil.rmtree(modules, ignore_errors=True)
        command = ["npm", "ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=HERE, check=True, capture_output=True, text=True)


def scanned(sets: Sequence[Set], work: Path) -> dict[str, Told]:
    """Every set by name."""
    return asyncio.run(_scanned(sets, work))


async def _scanned(sets: Sequence[Set], work: Path) -> dict[str, Told]:
    authority, stranger = Authority(), Authority()
    by_host = {name: each for each in sets for name in (each.host, f"www.{each.host}")}
    secure, plain = _dressed(_edge(sets, work), by_host), _plain(by_host)
    async with AsyncExitStack() as stack:

        async def listening(app: App, tls: Any) -> int:
            server = await serve(app, tls=tls)
            stack.push_async_callback(server.close)
            return server.port

        trusted = await listening(secure, authority.issue(by_host))
        distrusted = await listening(secure, stranger.issue(by_host))
        served, moved = await listening(secure, None), await listening(plain, None)
        hosts = {f"{host}:443": trusted if each.trusted else distrusted for host, each in by_host.items()}
        hosts |= {f"{host}:80": served if each.plain == SERVES else moved
                  for host, each in by_host.items() if each.plain != CLOSED}  # fmt: skip
        places = {name: f"127.0.0.1:{port}" for name, port in hosts.items()}
        addresses = Addresses(hosts=places, ca_pem=authority.ca_pem, spki="")
        theirs = await _by_the_engine(sets, addresses, work)
        ours = await _by_us(sets, addresses)
    return {
        each.name: Told(
            theirs=_summed(theirs[each.host], "score", "grade") if "results" in theirs[each.host] else None,
            ours=(grade.score, grade.letter, grade.results) if (grade := ours[each.host].grade) else None,
            why=ours[each.host].why or theirs[each.host].get("refused", ""),
        )
        for each in sets
    }


def _summed(told: Mapping[str, Any], *names: str) -> tuple[int, str, Mapping[str, str]]:
    assert told["version"] == VERSION
    score, letter = (told[name] for name in names)
    return score, letter, told["results"]


async def _by_the_engine(sets: Sequence[Set], addresses: Addresses, work: Path) -> dict[str, dict[str, Any]]:
    (work / "ca.pem").write_text(addresses.ca_pem)
    order = {"addresses": addresses.hosts, "preloaded": PRELOADED, "hosts": [each.host for each in sets]}
    scan = await asyncio.create_subprocess_exec(
        "node", str(HERE / "scan.mjs"), cwd=HERE,
        env={**os.environ, **PATIENT, "NODE_EXTRA_CA_CERTS": str(work / "ca.pem")},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(scan.communicate(json.dumps(order).encode()), PATIENCE)
    assert scan.returncode == 0, err.decode()
    return {told["host"]: told for told in map(json.loads, out.decode().splitlines())}


async def _by_us(sets: Sequence[Set], addresses: Addresses) -> dict[str, Graded]:
    slots = asyncio.Semaphore(AT_ONCE)

    async def graded(each: Set) -> Graded:
        url = f"https://{each.host}"
        target = Target(
            name=each.name, url=url, domains=(url, f"https://www.{each.host}"), pages=(Page(path="/"),),
            addresses=addresses,
        )  # fmt: skip
        async with slots, Client(target) as client:
            seen = await Looking(target, client).at(arrival)
        return headers.graded(Surface(arrival=seen), version=VERSION)

    return dict(zip([each.host for each in sets], await asyncio.gather(*map(graded, sets)), strict=True))


def _edge(sets: Iterable[Set], work: Path) -> Edge:
    edge = Edge()
    for each in sets:
        folder = work / each.name
        config: dict[str, Any] = {"rewrites": [{"source": "/(.*)", "destination": "/index.html"}]}
        if by_config := [{"key": name, "value": value} for name, value in each.fields if _is_simple(each, name, value)]:
            config["headers"] = [{"source": "/(.*)", "headers": by_config}]
        if each.moved:
            config["redirects"] = [
                {
                    "source": source,
                    "destination": there,
                    "permanent": True,
                    "has": [{"type": "host", "value": each.host}],
                }
                for source, there in each.moved.items()
            ]
        write(folder / "dist", {"index.html": each.html})
        write(folder, {"vercel.json": json.dumps(config)})
        build = edge.add(read_build(folder, "dist", project="set"))
        for host in (each.host, f"www.{each.host}"):
            edge.point(host, build.id)
    return edge


def _is_simple(each: Set, name: str, value: str) -> bool:
    """Whether vercel.json can say it: once, not empty, and nothing that the edge says by itself."""
    lines = [known for known, _ in each.fields if known == name]
    return len(lines) == 1 and bool(value.strip()) and name not in OF_THE_EDGE


def _dressed(app: App, sets: Mapping[str, Set]) -> App:
    """The edge, with what no vercel.json can say put into its answers on the way out."""

    async def dressed(scope: Scope, receive: Receive, send: Send) -> None:
        sent = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        each = sets[sent.get("host", "").partition(":")[0]]
        further = [(name, value) for name, value in each.fields if not _is_simple(each, name, value)]

        async def dressing(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [field for field in message["headers"] if field[0].decode().lower() not in each.without]
                status = each.status if each.status and message["status"] == 200 else message["status"]
                message = {**message, "status": status, "headers": [*kept, *_encoded(further)]}
            await send(message)

        if scope["method"] == "OPTIONS" and each.preflight is not None:
            allowed = [(name, value.replace("{origin}", sent.get("origin", ""))) for name, value in each.preflight]
            fields = list(_encoded([*allowed, ("content-length", "0")]))
            await send({"type": "http.response.start", "status": each.preflight_status, "headers": fields})
            await send({"type": "http.response.body", "body": b""})
        else:
            await app(scope, receive, dressing)

    return dressed


def _plain(sets: Mapping[str, Set]) -> App:
    """Port 80: the platform's redirect, or the set's own, one after the other, the last of which serves."""

    async def plain(scope: Scope, receive: Receive, send: Send) -> None:
        host = dict(scope["headers"])[b"host"].decode().partition(":")[0]
        each = sets[host]
        if each.plain == TO_HTTPS:
            await to_https(scope, receive, send)
            return
        here = [f"http://{each.host}/", *each.plain]
        place = here.index(f"http://{host}{scope['path']}") + 1
        there = here[place] if place < len(here) else None
        fields = [("location", there)] if there else [("content-type", "text/html")]
        start = {"type": "http.response.start", "status": 302 if there else 200, "headers": list(_encoded(fields))}
        await send(start)
        await send({"type": "http.response.body", "body": b"<title>Shop</title>"})

    return plain


def _encoded(fields: Iterable[tuple[str, str]]) -> Iterable[tuple[bytes, bytes]]:
    return ((name.encode(), value.encode()) for name, value in fields)
