"""The surface is looked at over real sockets: pages, redirects, an unknown page, files, and what strangers get."""

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
from prodworthy.evidence.strangers import APART, origins
from prodworthy.evidence.surface import function_answers, surface
from prodworthy.model import Answer, Cause, Endpoint, Exchange, Function, Protection, Target
from prodworthy.model.functions import Functions, SeenFunction
from prodworthy.model.pages import Pages
from prodworthy.model.surface import Kind, Stranger, Surface
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


ASSETS = {
    "index.html": PAGE.replace(
        "</head>", '<script type=module src="/a.js"></script><link rel=stylesheet href=a.css></head>'
    ),
    "a.js": "export {}",
    "a.css": "p { color: red }",
}


def test_a_script_and_a_stylesheet_are_asked_for_once_by_their_heads(tmp_path: Path) -> None:
    found, looking = look(built(tmp_path, ASSETS), surface)
    assets = [(served.url, served.answer.media_type) for served in found.served if served.kind is Kind.ASSET]
    assert assets == [(f"{URL}/a.js", "application/javascript"), (f"{URL}/a.css", "text/css")]
    assert [asked for asked in looking.asked if ".js" in asked[1]] == [("HEAD", f"{URL}/a.js?{APART}")]


def test_a_file_that_is_missing_is_left_to_the_bundle_check(tmp_path: Path) -> None:
    found, _ = look(built(tmp_path, {"index.html": ASSETS["index.html"]}), surface)
    assert [served.kind for served in found.served] == [Kind.PAGE, Kind.UNKNOWN_PAGE]


def test_strangers_ask_for_the_first_page_the_first_personal_one_and_two_endpoints(tmp_path: Path) -> None:
    endpoints = tuple(Endpoint(path=path) for path in ("/version.json", "https://elsewhere.test/a", "/a", "/b"))
    protection = Protection(private=("/me*",))
    build = {**BUILD, "me.html": PAGE, "me-too.html": PAGE, "version.json": "{}"}
    config = {"cleanUrls": True}
    found, _ = look(
        built(tmp_path, build, config),
        surface,
        pages=("/", "/about", "/me", "/me-too"),
        endpoints=endpoints,
        protection=protection,
    )
    asked = [(probe.served.url.removeprefix(URL), probe.method, probe.stranger) for probe in found.probes]
    everybody = list(Stranger)
    assert asked == [
        *(("/", "GET", each) for each in everybody),
        ("/", "OPTIONS", Stranger.FOREIGN),
        *(("/me", "GET", each) for each in everybody),
        *(("/version.json", "GET", each) for each in everybody),
        *(("/a", "GET", each) for each in everybody),
    ]
    assert [probe.served.private for probe in found.probes] == [False] * 5 + [True] * 4 + [False] * 8


def test_what_is_asked_for_with_a_key_is_personal(tmp_path: Path) -> None:
    endpoint = Endpoint(path="/version.json", headers={"Authorization": "Bearer secret"})
    found, _ = look(built(tmp_path, {**BUILD, "version.json": "{}"}), surface, endpoints=(endpoint,))
    assert {probe.served.private for probe in found.probes if probe.served.kind is Kind.ENDPOINT} == {True}


@pytest.mark.parametrize(
    ("url", "alike"),
    [
        ("https://shop.example.com", ["https://shop.example.com.foreign.example", "https://foreignexample.com"]),
        ("https://shop.vercel.app", ["https://shop.vercel.app.foreign.example", "https://foreignshop.vercel.app"]),
        ("https://shop.co.uk:8443", ["https://shop.co.uk.foreign.example", "https://foreignshop.co.uk"]),
        ("https://192.0.2.7", []),
        ("https://[::1]:8443", []),
    ],
)
def test_origins_that_look_like_the_own_could_be_anybodys(url: str, alike: list[str]) -> None:
    found = origins(url)
    assert [found[each] for each in (Stranger.BEGINS, Stranger.ENDS) if each in found] == alike
    assert (found[Stranger.FOREIGN], found[Stranger.NULL]) == ("https://foreign.example", "null")


def test_functions_that_could_not_be_seen_are_their_own_checks_matter() -> None:
    class Blind:
        target = Target(name="app", url=URL, functions=(Function(name="quote"),))

        async def at(self, piece: Piece[Any]) -> Any:
            raise Unobserved.because(piece.name, "timed out", Cause.NETWORK)

    assert asyncio.run(function_answers.gather(Blind())) == Surface()  # type: ignore[arg-type]


def test_the_first_call_and_the_refusal_of_a_function_are_judged() -> None:
    def asked(status: int, **sent: str) -> Exchange:
        answer = Answer(status=status, http="HTTP/2", fields=())
        return Exchange(method="POST", url=f"{URL}/f", purpose="", sent=tuple(sent.items()), answer=answer)

    seen = SeenFunction(
        declared=Function(name="f"),
        origin=URL,
        calls=(asked(200, authorization="***"), asked(200)),
        refusal=asked(400, authorization="***"),
    )

    class Looked:
        target = Target(name="app", url=URL, functions=(seen.declared,))

        async def at(self, piece: Piece[Any]) -> Any:
            return Functions(url=URL, seen=(seen,))

    found = asyncio.run(function_answers.gather(Looked()))  # type: ignore[arg-type]
    assert [(each.kind, each.answer.status, each.private) for each in found.served] == [
        (Kind.FUNCTION, 200, True),
        (Kind.FUNCTION, 400, False),
    ]


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
