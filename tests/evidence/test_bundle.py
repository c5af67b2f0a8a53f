"""The bundle is followed over real sockets, as far as it reaches and no further."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from prodworthy.evidence.bundle import bundle
from prodworthy.evidence.bundle import crawl as following
from prodworthy.evidence.errors import NotConfigured
from prodworthy.model import Cause
from prodworthy.model.bundle import Bundle, File, How, Kind
from prodworthy.plain import from_plain, to_plain
from tests.evidence.serving import URL, Looking, built, look

SHELL = """<!doctype html><html lang="en"><head><title>Kiosk</title>
<link rel="modulepreload" href="/assets/vendor-Aa0Bb1Cc.js">
<link rel="stylesheet" href="/assets/main-Dd2Ee3Ff.css">
<script type="module" src="/assets/main-Gg4Hh5Ii.js"></script></head><body></body></html>"""

# as Vite 8 writes it
KIOSK = {
    "index.html": SHELL,
    "assets/main-Gg4Hh5Ii.js": 'const __vite__mapDeps=(i,m=__vite__mapDeps,d=(m.f||(m.f=["assets/cart-Jj6Kk7Ll.js",'
    '"assets/cart-Mm8Nn9Oo.css"])))=>i.map(i=>d[i]);import{v}from"./vendor-Aa0Bb1Cc.js";'
    "const logo=`/assets/logo-Pp0Qq1Rr.svg`;new Worker(new URL(`/assets/work-Ss2Tt3Uu.js`,``+import.meta.url));"
    "v(()=>import(`./cart-Jj6Kk7Ll.js`),__vite__mapDeps([0,1]));",
    "assets/vendor-Aa0Bb1Cc.js": 'export const v=()=>{};import"./main-Gg4Hh5Ii.js";',
    "assets/main-Dd2Ee3Ff.css": '@import "./base-Vv4Ww5Xx.css";body{background:url(./bg-Yy6Zz7Aa.png)}',
    "assets/base-Vv4Ww5Xx.css": "a{color:#00f}",
    "assets/bg-Yy6Zz7Aa.png": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "assets/logo-Pp0Qq1Rr.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "assets/cart-Jj6Kk7Ll.js": 'import{v}from"./vendor-Aa0Bb1Cc.js";v("import(\'./sample.js\')") // import("./old.js")',
    "assets/cart-Mm8Nn9Oo.css": "b{color:red}",
    "assets/work-Ss2Tt3Uu.js": "postMessage(1)",
}
EVERYTHING = {f"/{name}" for name in KIOSK if name.startswith("assets/")}


def gathered(folder: Path, files: dict[str, Any], **options: Any) -> Bundle:
    return looked(folder, files, **options)[0]


def looked(folder: Path, files: dict[str, Any], config: Any = None, **options: Any) -> tuple[Bundle, Looking]:
    return look(built(folder, files, config), bundle, **options)


def files(found: Bundle) -> dict[str, File]:
    return {file.path: file for file in found.files}


def test_every_file_of_a_vite_build_is_reached_and_nothing_else(tmp_path: Path) -> None:
    found = gathered(tmp_path, KIOSK)
    assert set(files(found)) == EVERYTHING
    assert found.gaps == ()


def test_each_file_is_asked_once_though_imports_go_round_in_a_circle(tmp_path: Path) -> None:
    _, looking = looked(tmp_path, KIOSK, pages=("/", "/?again"))
    asked = [url for _, url in looking.asked if "/assets/" in url and not url.endswith(".map")]
    assert len(asked) == len(set(asked)) == len(EVERYTHING)


def test_what_a_page_loads_at_once_is_told_from_what_it_may_load_later(tmp_path: Path) -> None:
    found = gathered(tmp_path, KIOSK)
    initial = {path for path, file in files(found).items() if file.initial}
    assert initial == {
        "/assets/main-Gg4Hh5Ii.js",
        "/assets/vendor-Aa0Bb1Cc.js",
        "/assets/main-Dd2Ee3Ff.css",
        "/assets/base-Vv4Ww5Xx.css",
    }
    assert set(found.entries[0].initial) == {URL + path for path in initial}


def test_the_way_to_a_file_and_who_names_it_are_told(tmp_path: Path) -> None:
    found = files(gathered(tmp_path, KIOSK))
    main = f"{URL}/assets/main-Gg4Hh5Ii.js"
    assert (found["/assets/cart-Jj6Kk7Ll.js"].how, found["/assets/cart-Jj6Kk7Ll.js"].importer) == (How.DYNAMIC, main)
    assert found["/assets/cart-Mm8Nn9Oo.css"].how is How.DEPENDENCIES
    assert found["/assets/vendor-Aa0Bb1Cc.js"].importer == f"{URL}/"


def test_images_and_fonts_are_asked_for_by_head(tmp_path: Path) -> None:
    found, looking = looked(tmp_path, KIOSK)
    heads = {url for method, url in looking.asked if method == "HEAD"}
    assert heads == {file.url for file in found.files if file.kind is Kind.ASSET} != set()


def test_sizes_are_those_of_the_file_and_of_the_wire(tmp_path: Path) -> None:
    source = "/* " + "the same words again and again " * 400 + "*/"
    found = files(gathered(tmp_path, KIOSK | {"assets/vendor-Aa0Bb1Cc.js": source}))
    delivery = found["/assets/vendor-Aa0Bb1Cc.js"].delivery
    assert delivery is not None
    assert delivery.raw == len(source)
    assert 0 < delivery.transferred < delivery.raw / 10
    assert 0 < delivery.gzip < delivery.raw / 10
    assert delivery.encoding in {"br", "gzip"}


def test_a_missing_chunk_is_told_with_its_status(tmp_path: Path) -> None:
    broken = {name: content for name, content in KIOSK.items() if name != "assets/cart-Jj6Kk7Ll.js"}
    delivery = files(gathered(tmp_path, broken))["/assets/cart-Jj6Kk7Ll.js"].delivery
    assert delivery is not None
    assert (delivery.status, delivery.sound) == (404, False)


def test_the_fallback_in_place_of_a_chunk_is_seen_to_be_a_page(tmp_path: Path) -> None:
    broken = {name: content for name, content in KIOSK.items() if name != "assets/cart-Jj6Kk7Ll.js"}
    config = {"rewrites": [{"source": "/(.*)", "destination": "/index.html"}]}
    delivery = files(gathered(tmp_path, broken, config=config))["/assets/cart-Jj6Kk7Ll.js"].delivery
    assert delivery is not None
    assert (delivery.status, delivery.markup, delivery.sound) == (200, True, False)


@pytest.mark.parametrize(
    ("base", "listed"),
    [
        pytest.param("/shop/", "assets/x-Aa0Bb1Cc.js", id="a base of its own"),
        pytest.param("/", "./x-Aa0Bb1Cc.js", id="a relative base"),
        pytest.param("/", f"{URL}/assets/x-Aa0Bb1Cc.js", id="an absolute address"),
    ],
)
def test_vites_preload_lists_are_resolved_against_its_base(tmp_path: Path, base: str, listed: str) -> None:
    at = base.strip("/")
    place = f"{at}/assets" if at else "assets"
    found = gathered(
        tmp_path,
        {
            "index.html": f'<!doctype html><script type=module src="{base}assets/m.js"></script>',
            f"{place}/m.js": f"const __vite__mapDeps=(i,m=__vite__mapDeps,d=(m.f||(m.f=[`{listed}`])))=>d",
            f"{place}/x-Aa0Bb1Cc.js": "1",
        },
    )
    delivery = files(found)[f"{base}assets/x-Aa0Bb1Cc.js"].delivery
    assert delivery is not None
    assert delivery.sound


def test_documents_own_base_and_import_map_count(tmp_path: Path) -> None:
    page = """<!doctype html><base href="/v2/">
        <script type="importmap">{"imports": {"ui": "./ui.js", "k/": "/k/"}}</script>
        <script type="module">import "ui"; import("k/lazy.js"); import("node:fs")</script>"""
    found = gathered(tmp_path, {"index.html": page, "v2/ui.js": "1", "k/lazy.js": "2"})
    assert {path: file.initial for path, file in files(found).items()} == {"/v2/ui.js": True, "/k/lazy.js": False}


def test_scripts_of_other_origins_are_named_and_not_asked(tmp_path: Path) -> None:
    page = '<!doctype html><script src="https://cdn.example/a.js"></script><script src="/b.js"></script>'
    found, looking = looked(tmp_path, {"index.html": page, "b.js": 'import("https://cdn.example/c.js")'})
    assert found.entries[0].foreign == ("https://cdn.example/a.js",)
    assert all(url.startswith(URL) for _, url in looking.asked)


def test_an_app_whose_code_is_all_elsewhere_was_not_looked_at(tmp_path: Path) -> None:
    found = gathered(tmp_path, {"index.html": "<!doctype html><script src='https://cdn.example/a.js'></script>"})
    assert [gap.cause for gap in found.gaps] == [Cause.CONFIGURATION]


def test_secrets_are_found_wherever_they_are_served_and_shown_in_part(tmp_path: Path) -> None:
    key = "sb_secret_aB3dE6gH9jK2mN5pQ8sT1v"
    claims = base64.urlsafe_b64encode(b'{"iss":"supabase","role":"service_role"}').rstrip(b"=").decode()
    token = f"eyJhbGciOiJIUzI1NiJ9.{claims}.{'s' * 43}"
    database = "postgresql://postgres:hJ8-kd92!x@db.abcdefghijklmnopqrst.supabase.co:5432/postgres"
    leaking = {
        "index.html": SHELL.replace("<body>", f"<body><script>k='{key}'</script>"),
        "assets/cart-Jj6Kk7Ll.js": f"\nk='{token}'\n//# sourceMappingURL=cart-Jj6Kk7Ll.js.map",
        "assets/cart-Jj6Kk7Ll.js.map": json.dumps({"version": 3, "sources": [database], "mappings": ""}),
    }
    found = gathered(tmp_path, KIOSK | leaking)
    assert [leak.what for leak in found.entries[0].leaks] == ["Supabase secret key"]
    assert [(leak.what, leak.line) for leak in files(found)["/assets/cart-Jj6Kk7Ll.js"].leaks] == [
        ("Supabase service_role key (JWT)", 2)
    ]
    assert [leak.what for _, leaks in found.maps for leak in leaks] == ["Postgres URL with a password"]
    assert not any(secret in str(to_plain(found)) for secret in (key, token, "hJ8-kd92!x"))


def test_a_source_map_is_public_only_when_it_is_really_served(tmp_path: Path) -> None:
    mapped = {"assets/cart-Jj6Kk7Ll.js": "1\n//# sourceMappingURL=cart-Jj6Kk7Ll.js.map"}
    there = {"assets/cart-Jj6Kk7Ll.js.map": '{"version":3,"mappings":""}'}
    config = {"rewrites": [{"source": "/(.*)", "destination": "/index.html"}]}
    public = gathered(tmp_path / "public", KIOSK | mapped | there)
    kept = gathered(tmp_path / "kept", KIOSK | mapped)
    fallback = gathered(tmp_path / "fallback", KIOSK | mapped, config=config)
    maps = [files(each)["/assets/cart-Jj6Kk7Ll.js"].source_map for each in (public, kept, fallback)]
    assert maps == [f"{URL}/assets/cart-Jj6Kk7Ll.js.map", None, None]


def test_a_source_map_that_the_entry_does_not_name_is_found_too(tmp_path: Path) -> None:
    hidden = {"assets/main-Gg4Hh5Ii.js.map": '{"version":3,"mappings":""}'}
    found = files(gathered(tmp_path, KIOSK | hidden))
    assert found["/assets/main-Gg4Hh5Ii.js"].source_map == f"{URL}/assets/main-Gg4Hh5Ii.js.map"


def test_an_endless_graph_ends_in_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "FILES", 5)
    chain = {f"c{number}.js": f'import"./c{number + 1}.js"' for number in range(20)}
    found = gathered(tmp_path, {"index.html": "<!doctype html><script type=module src=/c0.js></script>", **chain})
    assert len(found.files) == 5
    assert [gap.cause for gap in found.gaps] == [Cause.BOUND]


def test_a_chunk_that_cannot_be_read_is_a_gap(tmp_path: Path) -> None:
    edge = built(tmp_path, KIOSK)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"].startswith("/assets/cart-Jj"):
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-encoding", b"gzip")]})
            await send({"type": "http.response.body", "body": b"this is not gzip"})
        else:
            await edge(scope, receive, send)

    found, _ = look(app, bundle)
    assert [gap.what for gap in found.gaps] == [f"GET {URL}/assets/cart-Jj6Kk7Ll.js"]
    assert files(found)["/assets/cart-Jj6Kk7Ll.js"].delivery is None


def test_a_target_without_pages_is_not_configured(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured):
        gathered(tmp_path, KIOSK, pages=())


def test_two_looks_at_the_same_build_tell_the_same(tmp_path: Path) -> None:
    first, second = (gathered(tmp_path, KIOSK, pages=("/", "/index.html")) for _ in range(2))
    assert first == second


def test_a_bundle_survives_being_plain_data(tmp_path: Path) -> None:
    found = gathered(tmp_path, KIOSK)
    assert from_plain(Bundle, json.loads(json.dumps(to_plain(found)))) == found


@pytest.mark.parametrize("comments", ["<!-->", "<!--->", "<!---->\n", "<!-- a --b> -->", "<!----><!-- <p> -->"])
def test_comments_before_a_document_hide_nothing(comments: str, tmp_path: Path) -> None:
    lazy = "import('./gone-Jj6Kk7Ll.js')"
    found = gathered(
        tmp_path,
        {"index.html": SHELL, "assets/main-Gg4Hh5Ii.js": lazy, "assets/gone-Jj6Kk7Ll.js": f"{comments * 40} <HTML>"},
    )
    delivery = files(found)["/assets/gone-Jj6Kk7Ll.js"].delivery
    assert delivery
    assert delivery.markup


def test_comments_without_end_are_read_once(tmp_path: Path) -> None:
    """Tried in every combination, these forty would outlast everybody."""
    found = gathered(tmp_path, {"index.html": SHELL, "assets/main-Gg4Hh5Ii.js": "<!---->" * 40 + "x"})
    delivery = files(found)["/assets/main-Gg4Hh5Ii.js"].delivery
    assert delivery
    assert not delivery.markup
