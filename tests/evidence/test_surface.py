"""The surface is looked at over real sockets: pages, redirects on the way, and a page that does not exist."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from prodworthy.evidence.bundle import bundle
from prodworthy.evidence.documents import documents
from prodworthy.evidence.errors import Unobserved
from prodworthy.evidence.pages import pages
from prodworthy.evidence.pieces import Piece
from prodworthy.evidence.surface import surface
from prodworthy.model import Cause, Target
from prodworthy.model.pages import Pages
from prodworthy.model.surface import Kind, Surface
from prodworthy.plain import from_plain, to_plain
from prodworthy.review import headers
from tests.evidence.serving import URL, built, look

STOREFRONT = Path(__file__).parents[2] / "examples" / "storefront"
PAGE = "<!doctype html><html lang=en><head><title>Shop</title></head><body>Shop</body></html>"
BUILD = {"index.html": PAGE, "about.html": PAGE, "404.html": PAGE}


def vercel_json() -> dict[str, Any]:
    config: dict[str, Any] = json.loads((STOREFRONT / "vercel.json").read_text())
    return config


def test_every_declared_page_is_asked_once_as_browsers_ask(tmp_path: Path) -> None:
    found, looking = look(built(tmp_path, BUILD, {"cleanUrls": True}), pages, pages=("/", "/about", "/gone"))
    assert isinstance(found, Pages)
    assert [served.exchange.answer.status for served in found.served if served.exchange.answer] == [200, 200, 404]
    assert sorted(looking.asked) == [("GET", f"{URL}/"), ("GET", f"{URL}/about"), ("GET", f"{URL}/gone")]
    assert all("text/html" in dict(served.exchange.sent)["accept"] for served in found.served)


def test_a_page_behind_a_redirect_knows_its_own_address(tmp_path: Path) -> None:
    config = {"cleanUrls": True, "redirects": [{"source": "/old", "destination": "/about", "permanent": True}]}
    found, _ = look(built(tmp_path, BUILD, config), pages, pages=("/old",))
    assert found.served[0].url == f"{URL}/about"


def test_pages_redirects_and_the_unknown_page_are_told_apart(tmp_path: Path) -> None:
    config = {"cleanUrls": True, "redirects": [{"source": "/old", "destination": "/about", "permanent": True}]}
    found, _ = look(built(tmp_path, BUILD, config), surface, pages=("/", "/old"))
    assert [(served.url.removeprefix(URL), served.kind) for served in found.served[:3]] == [
        ("/", Kind.PAGE),
        ("/old", Kind.REDIRECT),
        ("/about", Kind.PAGE),
    ]
    assert [(served.kind, served.answer.status) for served in found.served[3:]] == [(Kind.UNKNOWN_PAGE, 404)]


def test_the_storefronts_headers_get_no_finding_at_all(tmp_path: Path) -> None:
    found, _ = look(built(tmp_path, BUILD, vercel_json()), surface, pages=("/", "/products", "/products/wool-hat"))
    assert headers.everything(found) == []
    assert len(found.served) == 4


def test_a_build_without_a_vercel_json_lacks_what_the_platform_does_not_send(tmp_path: Path) -> None:
    found, _ = look(built(tmp_path, BUILD), surface)
    missing = {"csp-missing", "framing-missing", "nosniff-missing", "permissions-policy-missing", "corp-missing"}
    missing |= {"hsts-subdomains", "referrer-policy-missing", "coop-missing"}
    assert {finding.rule.removeprefix("headers.") for finding in headers.everything(found)} == missing


def test_a_surface_survives_being_handed_between_processes(tmp_path: Path) -> None:
    found, _ = look(built(tmp_path, BUILD, vercel_json()), surface)
    assert from_plain(Surface, json.loads(json.dumps(to_plain(found)))) == found


def test_a_part_that_could_not_be_looked_at_is_a_gap_beside_what_was_seen() -> None:
    class Blind:
        target = Target(name="app", url=URL)

        async def at(self, piece: Piece[Any]) -> Any:
            if piece is pages:
                return Pages()
            raise Unobserved.because(piece.name, "timed out", Cause.NETWORK)

    found = asyncio.run(surface.gather(Blind()))  # type: ignore[arg-type]
    assert [(gap.what, gap.cause) for gap in found.gaps] == [("unknown_page", Cause.NETWORK)]


@pytest.mark.parametrize("piece", [pages, surface, bundle, documents], ids=lambda piece: piece.name)
def test_what_lies_behind_a_redirect_loop_was_not_seen(tmp_path: Path, piece: Piece[Any]) -> None:
    config = {"redirects": [{"source": "/", "destination": "/"}]}
    found, _ = look(built(tmp_path, BUILD, config), piece)
    assert [(gap.what, gap.why) for gap in found.gaps] == [(f"GET {URL}/", f"redirects in a loop: back to {URL}/")]
