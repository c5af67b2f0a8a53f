"""How one arrives at a root, over real sockets: over HTTPS, from plain HTTP, and for a page of a foreign origin."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from prodworthy.evidence.arrival import arrival, arrived
from prodworthy.evidence.client import Client
from prodworthy.evidence.errors import Unobserved
from prodworthy.evidence.pages import pages
from prodworthy.local.authority import Authority
from prodworthy.local.edge.app import Edge, to_https
from prodworthy.local.edge.build import read_build
from prodworthy.local.server import serve
from prodworthy.model import Addresses, Cause, Page, Target
from prodworthy.model.arrival import Arrival
from prodworthy.model.pages import addresses
from prodworthy.model.surface import Surface
from prodworthy.plain import from_plain, to_plain
from prodworthy.review import headers
from tests.evidence.serving import Looking, write

HOSTS = ("app.test", "www.app.test", "else.test")
PAGE = "<!doctype html><html lang=en><title>Shop</title></html>"
TO_WWW = {
    "source": "/",
    "has": [{"type": "host", "value": "app.test"}],
    "destination": "https://www.app.test/",
    "permanent": True,
}
TO_ELSE = {**TO_WWW, "destination": "https://else.test/"}


def seen(folder: Path, *redirects: dict[str, Any], closed: bool = False, **target: Any) -> tuple[Arrival, Looking]:
    return asyncio.run(_seen(folder, redirects, closed, target))


async def _seen(
    folder: Path, redirects: tuple[dict[str, Any], ...], closed: bool, target: dict[str, Any]
) -> tuple[Arrival, Looking]:
    write(
        folder, {"dist/index.html": PAGE, "dist/about.html": PAGE, "vercel.json": json.dumps({"redirects": redirects})}
    )
    edge, authority = Edge(), Authority()
    build = edge.add(read_build(folder, "dist", project="app"))
    for host in HOSTS:
        edge.point(host, build.id)
    async with AsyncExitStack() as stack:
        secure, plain = await serve(edge, tls=authority.issue(HOSTS)), await serve(to_https, tls=None)
        stack.push_async_callback(secure.close)
        stack.push_async_callback(plain.close)
        places = {f"{host}:443": f"127.0.0.1:{secure.port}" for host in HOSTS}
        places |= {} if closed else {f"{host}:80": f"127.0.0.1:{plain.port}" for host in HOSTS}
        declared = Target(
            name="app",
            url=target.pop("url", "https://app.test"),
            addresses=Addresses(hosts=places, ca_pem=authority.ca_pem, spki=""),
            **target,
        )
        client = await stack.enter_async_context(Client(declared))
        looking = Looking(declared, client)
        await looking.at(pages)  # which gathering would ask for once, however many wait for it
        return await looking.at(arrival), looking


def test_the_root_is_asked_for_once_though_it_is_a_page_and_the_end_of_both_ways(tmp_path: Path) -> None:
    found, looking = seen(tmp_path, pages=(Page(path="/"), Page(path="/about.html")))
    asked = [("GET", "http://app.test/"), ("GET", "https://app.test/"), ("GET", "https://app.test/about.html")]
    assert sorted(looking.asked) == [*asked, ("OPTIONS", "https://app.test/")]
    assert found.plain[1:] == found.way
    assert found.gaps == ()


def test_a_root_that_is_no_declared_page_is_asked_for_all_the_same(tmp_path: Path) -> None:
    found, _ = seen(tmp_path, pages=(Page(path="/about.html"),))
    assert [leg.url for leg in found.way] == ["https://app.test/"]
    assert headers.grade(Surface(arrival=found)) is not None


def test_the_preflight_comes_from_a_foreign_page_and_goes_to_the_end_of_the_way(tmp_path: Path) -> None:
    found, _ = seen(tmp_path, TO_WWW, domains=("https://app.test", "https://www.app.test"))
    assert found.preflight is not None
    sent = dict(found.preflight.sent)
    assert (found.preflight.method, found.preflight.url) == ("OPTIONS", "https://www.app.test/")
    assert (sent["origin"], sent["access-control-request-method"]) == ("https://foreign.example", "GET")


def test_redirects_are_followed_to_the_targets_own_hosts(tmp_path: Path) -> None:
    found, _ = seen(tmp_path, TO_WWW, domains=("https://app.test", "https://www.app.test"))
    assert [url for leg in found.way for url in addresses(leg)] == ["https://app.test/", "https://www.app.test/"]
    assert headers.grade(Surface(arrival=found)) is not None


def test_a_redirect_to_anybody_else_is_told_and_not_followed(tmp_path: Path) -> None:
    found, looking = seen(tmp_path, TO_ELSE)
    assert not any("else.test" in url for _, url in looking.asked)
    assert headers.graded(Surface(arrival=found)).why == "the root leads to https://else.test/, which is not followed"


def test_that_nothing_listens_for_plain_http_is_nothing_missing(tmp_path: Path) -> None:
    found, _ = seen(tmp_path, closed=True)
    assert found.plain[0].answer is None
    assert found.gaps == ()
    grade = headers.grade(Surface(arrival=found))
    assert grade is not None
    assert grade.results["redirection"] == "redirection-not-needed-no-http"


def test_an_address_with_a_port_has_no_known_plain_side(tmp_path: Path) -> None:
    found, looking = seen(tmp_path, url="https://app.test:8443")
    assert found.plain == ()
    assert [gap.cause for gap in found.gaps] == [Cause.NETWORK]
    assert all(url.startswith("https://app.test:8443/") for _, url in looking.asked)


def test_an_arrival_survives_being_handed_between_processes(tmp_path: Path) -> None:
    found, _ = seen(tmp_path, TO_WWW, domains=("https://app.test", "https://www.app.test"))
    assert from_plain(Arrival, json.loads(json.dumps(to_plain(found)))) == found


def test_who_can_do_without_gets_none_when_it_could_not_be_looked_at() -> None:
    class Blind:
        async def at(self, piece: Any) -> Any:
            raise Unobserved.because(piece.name, "timed out", Cause.NETWORK)

    assert asyncio.run(arrived(Blind())) is None  # type: ignore[arg-type]
