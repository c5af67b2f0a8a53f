"""A shop behind deployment protection, and everybody else that its pages lead to: each remembers what it was sent."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from prodworthy.local.authority import Authority
from prodworthy.local.edge.request import request_from
from prodworthy.local.server import Receive, Send, serve
from prodworthy.local.vercel.protection import COOKIE, Wall
from prodworthy.local.vercel.state import Deployed, ProjectState
from prodworthy.model import Addresses, Secret, Supabase, Target
from prodworthy.model.hosting import Hosting

SECRET = "q8Zx0bypass4Secret7Kd2Lw9Tn5Vr1Yp"
SHOP, WWW, BELOW, CDN, BACKEND, OTHER = (
    "shop.test",
    "www.shop.test",
    "below.shop.test",
    "cdn.test",
    "ref.supabase.co",
    "other.test",
)
OPEN = (BELOW, CDN, BACKEND, OTHER)  # who must never learn anything
PAGE = f"""<!doctype html><html lang=en><title>Shop</title><main><h1>Shop</h1><p id=said>nothing</p></main>
<script type=module crossorigin src=https://{CDN}/cdn.js></script>
<script type=module crossorigin src=/own.js></script>
<img alt="" src=https://{CDN}/logo.png><img alt="" src=https://{BELOW}/logo.png>
<a href=/away>Away</a>"""
OWN = f"""const asked = await fetch("https://{BACKEND}/rest/v1/things", {{ headers: {{ apikey: "public" }} }})
const again = await fetch("/own.json")
said.textContent = `${{await asked.text()}}, ${{await again.text()}}, cookies: (${{document.cookie}})`"""
PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request, as it arrived."""

    scheme: str
    host: str
    port: int
    path: str
    method: str
    fields: Mapping[str, str]
    everything: bytes  # request line, all header lines and the body

    @property
    def browser(self) -> bool:
        """Whether a browser sent it."""
        return "sec-fetch-mode" in self.fields or "Chrome" in self.fields.get("user-agent", "")


@dataclass(slots=True)
class World:
    """All hosts on one machine."""

    addresses: Addresses
    state: ProjectState
    sent: list[Sent] = field(default_factory=list)
    cookies: set[str] = field(default_factory=set)  # that the platform gave out

    def target(self, *, secret: str | None = SECRET, **more: Any) -> Target:
        """`secret`: what the team declared; None: nothing."""
        bypass = Secret(name="SHOP_BYPASS", value=secret) if secret else None
        hosting = Hosting(project="prj_shop", bypass=bypass)
        supabase = Supabase(url=f"https://{BACKEND}", key=Secret(name="KEY", value="public"))
        told: dict[str, Any] = {"name": "shop", "url": f"https://{SHOP}", "supabase": supabase, "hosting": hosting}
        return Target(**{**told, "addresses": self.addresses, **more})

    def to(self, *hosts: str) -> list[Sent]:
        return [each for each in self.sent if each.host in hosts]

    def learnt(self, *hosts: str) -> list[Sent]:
        """Requests to these hosts that hold the secret, a cookie in its place, or the field's very name."""
        told = [SECRET.encode(), COOKIE.encode(), b"x-vercel", *(each.encode() for each in self.cookies)]
        return [each for each in self.to(*hosts) if any(thing in each.everything for thing in told)]

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        body = b""
        while scope["type"] == "http":
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        request = request_from(scope)
        raw = b"\n".join(b": ".join(each) for each in scope["headers"])
        path = scope["raw_path"].decode() + "?" + scope["query_string"].decode()
        fields = {name.decode(): value.decode() for name, value in scope["headers"]}
        sent = Sent(
            scheme=scope["scheme"],
            host=request.host,
            port=scope["server"][1],
            path=path.rstrip("?"),
            method=scope["method"],
            fields=fields,
            everything=path.encode() + b"\n" + raw + b"\n" + body,
        )
        self.sent.append(sent)
        await self._answer(sent, request, send)

    async def _answer(self, sent: Sent, request: Any, send: Send) -> None:
        if sent.host in (SHOP, WWW) and sent.scheme == "https":
            deployed = Deployed(id="dpl_1", host="shop-1.vercel.app", build=None, created=0)
            if stopped := WALL.stop(self.state, request, deployed, domain=True):
                given = stopped.headers.get("set-cookie", "").partition(";")[0]
                self.cookies |= {given.partition("=")[2]} if given.startswith(COOKIE) else set()
                await _send(send, stopped.status, dict(stopped.headers), stopped.body)
                return
            await _send(send, *_shop(sent))
            return
        headers = {"access-control-allow-origin": f"https://{SHOP}", "access-control-allow-headers": "apikey"}
        kind, content = ("image/gif", PIXEL) if sent.path.endswith(".png") else ("text/javascript", b"'things'")
        await _send(send, 200, {**headers, "content-type": kind}, content)


WALL = Wall()


def _shop(sent: Sent) -> tuple[int, dict[str, str], bytes]:
    html = {"content-type": "text/html; charset=utf-8"}
    match sent.path.partition("?")[0]:
        case "/own.js":
            return 200, {"content-type": "text/javascript"}, OWN.encode()
        case "/own.json":
            return 200, {"content-type": "application/json"}, b"42"
        case "/within":
            return 307, {"location": "/"}, b""
        case "/away":
            return 302, {"location": f"https://{OTHER}/welcome"}, b""
        case "/plain":
            return 302, {"location": f"http://{SHOP}/"}, b""
        case "/echo":  # an app that says back whatever it was sent
            told = sent.everything.decode()
            return 200, {**html, "x-echo": sent.fields.get("x-vercel-protection-bypass", "none")}, told.encode()
        case "/sets":
            return 200, {**html, "set-cookie": f"{COOKIE}=renewed; Path=/"}, b"<title>x</title>"
        case _:
            return 200, html, PAGE.encode()


async def _send(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    lines = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def standing() -> Iterator[World]:
    """The hosts, up for as long as the block lasts; the shop is protected, and `SECRET` opens it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> tuple[World, list[Any]]:
        authority = Authority()
        leaf = authority.issue([SHOP, WWW, BELOW, CDN, BACKEND, OTHER, "vercel.com"])
        state = ProjectState(id="prj_shop", name="shop", team=None, team_slug=None, protection="all", bypass=SECRET)
        world = World(Addresses(hosts={}, ca_pem=authority.ca_pem, spki=leaf.spki), state)
        secure, another, plain = (
            await serve(world, tls=leaf),
            await serve(world, tls=leaf),
            await serve(world, tls=None),
        )
        hosts = {f"{name}:443": f"127.0.0.1:{secure.port}" for name in (SHOP, WWW, *OPEN, "vercel.com")}
        hosts |= {f"{SHOP}:8443": f"127.0.0.1:{another.port}", f"{SHOP}:80": f"127.0.0.1:{plain.port}"}
        world.addresses = Addresses(hosts=hosts, ca_pem=authority.ca_pem, spki=leaf.spki)
        return world, [secure, another, plain]

    async def stop(servers: list[Any]) -> None:
        for server in servers:
            await server.close()

    world, servers = asyncio.run_coroutine_threadsafe(start(), loop).result()
    try:
        yield world
    finally:
        asyncio.run_coroutine_threadsafe(stop(servers), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
