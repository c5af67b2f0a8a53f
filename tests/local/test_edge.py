"""The edge, asked over real sockets: what the platform would answer for a folder and its vercel.json."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import brotli
import httpx
import pytest

from prodworthy.local.authority import Authority
from prodworthy.local.edge import Edge, files, read_build, to_https
from prodworthy.local.edge.files import accepted_encoding
from prodworthy.local.errors import DeploymentFailed
from prodworthy.local.server import serve

SCRIPT = "console.log('a chunk');\n" * 400
FILES = {
    "index.html": "<!doctype html><title>shop</title>",
    "about.html": "<!doctype html><title>about</title>",
    "docs/index.html": "<!doctype html><title>docs</title>",
    "docs/a b.html": "<!doctype html><title>space</title>",
    "assets/app-abc123.js": SCRIPT,
    "assets/small.js": "1",
}
App = Path
Asked = tuple[str, dict[str, Any]]


@pytest.fixture
def app(tmp_path: Path) -> Callable[..., App]:
    """Makes an app folder of files (below dist/) and the keys of vercel.json."""
    made = 0

    def make(files: dict[str, str | bytes] | None = None, **config: object) -> App:
        nonlocal made
        made += 1
        folder = tmp_path / f"app{made}"
        for name, content in (FILES if files is None else files).items():
            path = folder / "dist" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        (folder / "vercel.json").write_text(json.dumps(config))
        return folder

    return make


def serving(app: App) -> Edge:
    """An edge with one deployment, which is what shop.test shows."""
    edge = Edge()
    edge.point("shop.test", edge.add(read_build(app, "dist", project="shop")).id)
    return edge


def ask(edge: Edge, *requests: str | Asked, host: str = "shop.test") -> list[httpx.Response]:
    """The answers to GET requests for paths, sent exactly as written; a pair adds what to do differently."""

    async def run() -> list[httpx.Response]:
        authority = Authority()
        server = await serve(edge, tls=authority.issue(["shop.test", "*.vercel.app", host]))
        async with httpx.AsyncClient(http2=True, verify=authority.trusting()) as client:
            answers = [await one(client, server.port, *as_pair(request)) for request in requests]
        await server.close()
        return answers

    async def one(client: httpx.AsyncClient, port: int, path: str, more: dict[str, Any]) -> httpx.Response:
        headers = {"host": host, "accept-encoding": "identity"} | more.get("headers", {})
        request = client.build_request(more.get("method", "GET"), f"https://127.0.0.1:{port}/", headers=headers)
        request.url = request.url.copy_with(raw_path=path.encode())
        request.extensions["sni_hostname"] = host
        return await client.send(request)

    return asyncio.run(run())


def as_pair(request: str | Asked) -> Asked:
    return (request, {}) if isinstance(request, str) else request


def statuses(answers: Iterable[httpx.Response]) -> list[int]:
    return [answer.status_code for answer in answers]


def one(edge: Edge, path: str, *, host: str = "shop.test", **more: Any) -> httpx.Response:
    return ask(edge, (path, more), host=host)[0]


def test_a_file_comes_with_the_headers_of_the_platform(app) -> None:
    answer = one(serving(app()), "/assets/app-abc123.js")
    assert answer.text == SCRIPT
    expected = {
        "access-control-allow-origin": "*",
        "age": "0",
        "cache-control": "public, max-age=0, must-revalidate",
        "content-disposition": 'inline; filename="app-abc123.js"',
        "content-length": str(len(SCRIPT)),
        "content-type": "application/javascript; charset=utf-8",
        "server": "Vercel",
        "strict-transport-security": "max-age=63072000",
        "vary": "accept-encoding",
        "x-vercel-cache": "MISS",
    }
    assert {name: answer.headers[name] for name in expected} == expected
    assert answer.headers["x-vercel-id"].startswith("dev1::")
    assert "x-robots-tag" not in answer.headers


def test_the_second_answer_comes_from_the_cache_and_has_an_age(app) -> None:
    now = [1000.0]
    edge = Edge(clock=lambda: now[0])
    edge.point("shop.test", edge.add(read_build(app(), "dist", project="shop")).id)
    assert one(edge, "/").headers["x-vercel-cache"] == "MISS"
    now[0] += 42
    later = one(edge, "/")
    assert (later.headers["x-vercel-cache"], later.headers["age"]) == ("HIT", "42")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.html", "text/html; charset=utf-8"),
        ("a.css", "text/css; charset=utf-8"),
        ("a.mjs", "application/javascript; charset=utf-8"),
        ("a.json", "application/json; charset=utf-8"),
        ("a.map", "application/json; charset=utf-8"),
        ("a.webmanifest", "application/manifest+json; charset=utf-8"),
        ("a.txt", "text/plain; charset=utf-8"),
        ("a.svg", "image/svg+xml"),
        ("a.png", "image/png"),
        ("a.avif", "image/avif"),
        ("a.ico", "image/x-icon"),
        ("a.woff2", "font/woff2"),
        ("a.wasm", "application/wasm"),
        ("a.PNG", "image/png"),
        ("a.unheard-of", "application/octet-stream"),
        ("CNAME", "application/octet-stream"),
    ],
)
def test_a_name_decides_the_type(app, name: str, kind: str) -> None:
    assert one(serving(app({name: b"x"})), f"/{name}").headers["content-type"] == kind


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("*", "br"),
        ("identity", ""),
        ("", ""),
        ("br;q=nonsense", ""),
        ("GZIP", "gzip"),
    ],
)
def test_brotli_is_chosen_before_gzip(accepted: str, chosen: str) -> None:
    assert accepted_encoding(accepted) == chosen


def test_text_is_compressed_as_the_client_accepts_it(app) -> None:
    edge = serving(app())
    plain, zipped, brotlied = ask(
        edge, *(("/assets/app-abc123.js", {"headers": {"accept-encoding": e}}) for e in ("identity", "gzip", "br"))
    )
    assert [a.headers.get("content-encoding") for a in (plain, zipped, brotlied)] == [None, "gzip", "br"]
    assert {a.text for a in (plain, zipped, brotlied)} == {SCRIPT}
    assert int(brotlied.headers["content-length"]) == len(brotli.compress(SCRIPT.encode(), quality=5))
    assert int(zipped.headers["content-length"]) < len(SCRIPT)
    assert brotlied.headers["etag"] == "W/" + plain.headers["etag"]


def test_what_is_small_or_compressed_already_stays_as_it_is(app) -> None:
    edge = serving(app({"small.js": "1", "photo.jpg": b"\xff" * 5000}))
    accepting = {"headers": {"accept-encoding": "br"}}
    for answer in ask(edge, ("/small.js", accepting), ("/photo.jpg", accepting)):
        assert "content-encoding" not in answer.headers
        assert "vary" not in answer.headers


def test_many_clients_share_one_compression(app, monkeypatch: pytest.MonkeyPatch) -> None:
    work = []
    monkeypatch.setitem(files._ENCODERS, "br", lambda content: work.append(1) or brotli.compress(content))
    file = read_build(app(), "dist", project="shop").find("/assets/app-abc123.js")

    async def run() -> None:
        await asyncio.gather(*(file.encoded("br") for _ in range(20)))

    asyncio.run(run())
    assert len(work) == 1


def test_an_unchanged_file_is_not_sent_again(app) -> None:
    edge = serving(app())
    first = one(edge, "/assets/app-abc123.js", headers={"accept-encoding": "br"})
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    path = "/assets/app-abc123.js"
    same, listed, strong, other, dated, both = ask(
        edge,
        (path, {"headers": {"if-none-match": etag}}),
        (path, {"headers": {"if-none-match": f'"x", {etag}'}}),
        (path, {"headers": {"if-none-match": etag.removeprefix("W/")}}),
        (path, {"headers": {"if-none-match": '"other"'}}),
        (path, {"headers": {"if-modified-since": modified}}),
        (path, {"headers": {"if-modified-since": modified, "if-none-match": '"other"'}}),
    )
    assert statuses([same, listed, strong, other, dated, both]) == [304, 304, 304, 200, 304, 200]
    assert same.content == b""
    assert "content-type" not in same.headers
    assert {"etag", "cache-control", "vary"} <= set(same.headers)


def test_head_is_get_without_the_body(app) -> None:
    edge = serving(app())
    got, headed = ask(edge, "/about.html", ("/about.html", {"method": "HEAD"}))
    assert headed.content == b""
    assert headed.headers["content-length"] == got.headers["content-length"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_file_cannot_be_written_to(app, method: str) -> None:
    answer = one(serving(app()), "/", method=method)
    assert (answer.status_code, answer.headers["x-vercel-error"]) == (405, "INVALID_REQUEST_METHOD")


@pytest.mark.parametrize(
    ("path", "title"),
    [
        pytest.param("/", "shop", id="root"),
        pytest.param("/?q=1", "shop", id="query"),
        pytest.param("/about.html", "about", id="file"),
        pytest.param("/docs", "docs", id="folder"),
        pytest.param("/docs/", "docs", id="folder-with-slash"),
        pytest.param("/docs/a%20b.html", "space", id="encoded"),
        pytest.param("/%64ocs/index.html", "docs", id="encoded-needlessly"),
    ],
)
def test_a_path_finds_its_file(app, path: str, title: str) -> None:
    answer = one(serving(app()), path)
    assert answer.status_code == 200
    assert f"<title>{title}</title>" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/About.html", "/about", "/about.html/", "/missing", "//about.html", "/%2e%2e/vercel.json", "/..%2fvercel.json",
        "/docs/%2e%2e/index.html", "/%ff", "/index.html%00",
    ],
)  # fmt: skip
def test_any_other_path_is_the_platforms_404(app, path: str) -> None:
    answer = one(serving(app()), path)
    assert (answer.status_code, answer.headers["x-vercel-error"]) == (404, "NOT_FOUND")
    assert answer.text.splitlines()[:3] == ["The page could not be found", "", "NOT_FOUND"]
    assert answer.text.splitlines()[4] == answer.headers["x-vercel-id"]


@pytest.mark.parametrize("path", ["/../vercel.json", "/docs/../../vercel.json", "/./../vercel.json"])
def test_dots_do_not_lead_out_of_the_build(app, path: str) -> None:
    async def run() -> bytes:
        server = await serve(serving(app()), tls=None)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        await server.close()
        return answer

    assert b"x-vercel-error: NOT_FOUND" in asyncio.run(run())


def test_a_browser_gets_the_platforms_404_as_a_page(app) -> None:
    answer = one(serving(app()), "/missing", headers={"accept": "text/html,*/*"})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>404: NOT_FOUND</title>" in answer.text


def test_a_link_that_leads_out_of_the_build_is_not_followed(app, tmp_path: Path) -> None:
    folder = app()
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "dist" / "secret.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "dist" / "same.html").symlink_to(folder / "dist" / "about.html")
    assert statuses(ask(serving(folder), "/secret.txt", "/same.html")) == [404, 200]


def test_the_apps_own_404_page_is_a_404_without_the_platforms_sign(app) -> None:
    answer = one(serving(app({"404.html": "<title>lost</title>"})), "/missing")
    assert answer.status_code == 404
    assert "lost" in answer.text
    assert "x-vercel-error" not in answer.headers
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_an_unknown_host_is_no_deployment(app) -> None:
    answer = one(serving(app()), "/", host="other.test")
    assert (answer.status_code, answer.headers["x-vercel-error"]) == (404, "DEPLOYMENT_NOT_FOUND")


def test_headers_of_the_app_win_over_the_platforms(app) -> None:
    folder = app(
        headers=[
            {
                "source": "/(.*)",
                "headers": [
                    {"key": "Strict-Transport-Security", "value": "max-age=1"},
                    {"key": "X-Frame-Options", "value": "SAMEORIGIN"},
                    {"key": "Content-Security-Policy", "value": "img-src 'self' data:; script-src 'sha256-$1:x'"},
                ],
            },
            {"source": "/assets/(.*)", "headers": [{"key": "cache-control", "value": "immutable"}]},
            {"source": "/about.html", "headers": [{"key": "X-FRAME-OPTIONS", "value": "DENY"}]},
            {"source": "/:page.html", "headers": [{"key": "x-page", "value": "it is :page"}]},
        ]
    )
    page, asset, missing = ask(serving(folder), "/about.html", "/assets/small.js", "/missing")
    assert page.headers.get_list("strict-transport-security") == ["max-age=1"]
    assert page.headers.get_list("x-frame-options") == ["DENY"]
    assert page.headers["x-page"] == "it is about"
    assert page.headers["content-security-policy"] == "img-src 'self' data:; script-src 'sha256-$1:x'"
    assert asset.headers["cache-control"] == "immutable"
    assert (missing.status_code, missing.headers["x-frame-options"]) == (404, "SAMEORIGIN")


@pytest.mark.parametrize(
    ("entry", "path", "status", "location"),
    [
        pytest.param({"source": "/a", "destination": "/b"}, "/a", 308, "/b", id="permanent-by-default"),
        pytest.param({"source": "/a", "destination": "/b", "permanent": False}, "/a", 307, "/b", id="temporary"),
        pytest.param({"source": "/a", "destination": "/b", "statusCode": 301}, "/a", 301, "/b", id="status"),
        pytest.param(
            {"source": "/p/:id(\\d+)", "destination": "/products/:id"}, "/p/7", 308, "/products/7", id="parameter"
        ),
        pytest.param({"source": "/old/(.*)", "destination": "/new/$1"}, "/old/a/b", 308, "/new/a/b", id="group"),
        pytest.param({"source": "/a", "destination": "/b?x=1"}, "/a?x=2&y=3", 308, "/b?x=1&y=3", id="query-travels"),
        pytest.param(
            {"source": "/out/:p*", "destination": "https://other.test/:p*"}, "/out/x/y", 308, "https://other.test/x/y",
            id="elsewhere",
        ),
        pytest.param({"source": "/about.html", "destination": "/b"}, "/about.html", 308, "/b", id="before-files"),
    ],
)  # fmt: skip
def test_a_redirect_goes_where_it_says(app, entry: dict[str, Any], path: str, status: int, location: str) -> None:
    answer = one(serving(app(redirects=[entry])), path)
    assert (answer.status_code, answer.headers["location"]) == (status, location)
    assert "content-security-policy" not in answer.headers


def test_rewrites_come_after_files_and_in_order(app) -> None:
    folder = app(
        rewrites=[
            {"source": "/guide/:page", "destination": "/docs/:page.html"},
            {"source": "/manual", "destination": "/docs"},
            {"source": "/(.*)", "destination": "/index.html"},
        ]
    )
    file, param, folder_index, fallback, chunk = ask(
        serving(folder), "/about.html", "/guide/a%20b", "/manual", "/any/deep/link", "/assets/gone.js"
    )
    titles = [answer.text.partition("<title>")[2].partition("<")[0] for answer in (file, param, folder_index, fallback)]
    assert titles == ["about", "space", "docs", "shop"]
    assert (chunk.status_code, chunk.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_a_rewrite_that_leads_nowhere_is_a_404(app) -> None:
    assert one(serving(app(rewrites=[{"source": "/x", "destination": "/y"}])), "/x").status_code == 404


def test_headers_follow_the_path_that_was_asked_for(app) -> None:
    folder = app(
        rewrites=[{"source": "/(.*)", "destination": "/index.html"}],
        headers=[{"source": "/index.html", "headers": [{"key": "x-from", "value": "file"}]},
                 {"source": "/deep", "headers": [{"key": "x-from", "value": "path"}]}],
    )  # fmt: skip
    assert one(serving(folder), "/deep").headers["x-from"] == "path"


@pytest.mark.parametrize(
    ("condition", "request_", "met"),
    [
        pytest.param({"type": "header", "key": "X-Beta"}, {"headers": {"x-beta": "1"}}, True, id="header-present"),
        pytest.param({"type": "header", "key": "x-beta"}, {}, False, id="header-absent"),
        pytest.param(
            {"type": "cookie", "key": "beta", "value": "y.s"},
            {"headers": {"cookie": "a=b; beta=yes"}},
            True,
            id="cookie",
        ),
        pytest.param(
            {"type": "cookie", "key": "beta", "value": "y"},
            {"headers": {"cookie": "beta=yes"}},
            False,
            id="whole-value",
        ),
        pytest.param({"type": "query", "key": "beta", "value": "(?<v>[0-9]+)"}, {"query": "beta=7"}, True, id="query"),
        pytest.param({"type": "host", "value": "shop\\.test"}, {}, True, id="host"),
        pytest.param({"type": "host", "value": "other\\.test"}, {}, False, id="other-host"),
        pytest.param(
            {"type": "header", "key": "n", "value": {"gte": 3, "lt": 5}}, {"headers": {"n": "4"}}, True, id="range"
        ),
        pytest.param(
            {"type": "header", "key": "n", "value": {"gte": 3}}, {"headers": {"n": "many"}}, False, id="no-number"
        ),
        pytest.param(
            {"type": "header", "key": "n", "value": {"inc": ["a", "b"]}}, {"headers": {"n": "b"}}, True, id="one-of"
        ),
        pytest.param(
            {"type": "header", "key": "n", "value": {"pre": "a", "suf": "c"}},
            {"headers": {"n": "abc"}},
            True,
            id="ends",
        ),
    ],
)
def test_a_rule_can_depend_on_the_request(app, condition: dict[str, Any], request_: dict[str, Any], met: bool) -> None:
    entry = {"source": "/a", "destination": "/b"}
    path = f"/a?{request_.pop('query', '')}"
    wanted = one(serving(app(redirects=[{**entry, "has": [condition]}])), path, **request_)
    unwanted = one(serving(app(redirects=[{**entry, "missing": [condition]}])), path, **request_)
    assert (wanted.status_code == 308, unwanted.status_code == 308) == (met, not met)


def test_what_a_condition_captures_can_be_used(app) -> None:
    has = [{"type": "host", "value": "(?<name>[a-z]+)\\.test"}, {"type": "query", "key": "page"}]
    folder = app(redirects=[{"source": "/a", "destination": "/:name/:page", "has": has}])
    assert one(serving(folder), "/a?page=2").headers["location"].startswith("/shop/2")


@pytest.mark.parametrize(
    ("config", "path", "answer"),
    [
        pytest.param({"cleanUrls": True}, "/about", 200, id="clean"),
        pytest.param({"cleanUrls": True}, "/about.html?x=1", "/about?x=1", id="clean-moves-the-extension-away"),
        pytest.param({"cleanUrls": True}, "/index.html", "/", id="clean-index"),
        pytest.param({"cleanUrls": True}, "/docs/index", "/docs", id="clean-folder-index"),
        pytest.param({"cleanUrls": True}, "/docs", 200, id="clean-folder"),
        pytest.param({"cleanUrls": False}, "/about", 404, id="not-clean"),
        pytest.param({"trailingSlash": False}, "/docs/", "/docs", id="no-slash"),
        pytest.param({"trailingSlash": False}, "/", 200, id="no-slash-root"),
        pytest.param({"trailingSlash": True}, "/docs?x=1", "/docs/?x=1", id="slash"),
        pytest.param({"trailingSlash": True}, "/docs/", 200, id="slash-there"),
        pytest.param({"trailingSlash": True}, "/about.html", 200, id="slash-not-for-files"),
        pytest.param({"trailingSlash": True}, "/about.html/", "/about.html", id="slash-off-files"),
        pytest.param({"trailingSlash": True}, "/.well-known/x", 404, id="slash-not-for-well-known"),
        pytest.param({"trailingSlash": True, "cleanUrls": True}, "/about.html", "/about/", id="clean-with-slash"),
        pytest.param({"trailingSlash": True, "cleanUrls": True}, "/about/", 200, id="clean-with-slash-there"),
        pytest.param({"trailingSlash": True, "cleanUrls": True}, "/index.html", "/", id="clean-index-with-slash"),
    ],
)
def test_urls_take_the_form_the_app_wants(app, config: dict[str, Any], path: str, answer: int | str) -> None:
    got = one(serving(app(**config)), path)
    assert (got.headers["location"] if got.status_code == 308 else got.status_code) == answer


def test_deployments_stay_as_they_are_while_the_domain_moves(app) -> None:
    edge = Edge()
    folder = app({"index.html": "old"})
    old = edge.add(read_build(folder, "dist", project="shop"))
    (folder / "dist" / "index.html").write_text("new")
    new = edge.add(read_build(folder, "dist", project="shop"))
    seen = []
    for build in (old, new, old):
        edge.point("Shop.test", build.id)
        assert edge.current("shop.test") == build.id
        seen.append(one(edge, "/").text)
    assert seen == ["old", "new", "old"]
    assert [one(edge, "/", host=build.host).text for build in (old, new)] == ["old", "new"]


def test_only_immutable_hosts_are_kept_from_search_engines(app) -> None:
    edge = Edge()
    build = edge.add(read_build(app(), "dist", project="shop"))
    edge.point("shop.test", build.id)
    assert one(edge, "/", host=build.host).headers["x-robots-tag"] == "noindex"
    assert "x-robots-tag" not in one(edge, "/").headers


def test_a_domain_cannot_point_at_what_is_not_there() -> None:
    with pytest.raises(KeyError):
        Edge().point("shop.test", "dpl_nothing")


def test_a_rewrite_to_another_origin_is_answered_by_it(app) -> None:
    async def backend(scope, receive, send) -> None:
        host = dict(scope["headers"])[b"host"].decode()
        text = f"{host} {scope['path']} {scope['query_string'].decode()}"
        headers = [(b"content-type", b"text/plain"), (b"server", b"theirs")]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": text.encode()})

    entry = {"source": "/api/:path*", "destination": "https://ref.supabase.co/functions/v1/:path*"}
    edge = serving(app(rewrites=[entry], headers=[{"source": "/(.*)", "headers": [{"key": "x-own", "value": "1"}]}]))
    edge.join("ref.supabase.co", backend)
    answer = one(edge, "/api/quote?sku=1", method="POST")
    assert (answer.status_code, answer.text) == (201, "ref.supabase.co /functions/v1/quote sku=1")
    assert (answer.headers["x-own"], answer.headers.get_list("server")) == ("1", ["Vercel"])


def test_a_rewrite_to_an_origin_outside_is_said_to_be_out_of_reach(app, caplog: pytest.LogCaptureFixture) -> None:
    edge = serving(app(rewrites=[{"source": "/api", "destination": "https://elsewhere.test/"}]))
    answer = one(edge, "/api")
    assert (answer.status_code, answer.headers["x-vercel-error"]) == (502, "ROUTER_EXTERNAL_TARGET_CONNECTION_ERROR")
    assert "elsewhere.test" in caplog.text


def test_port_80_sends_everybody_to_https() -> None:
    async def run() -> httpx.Response:
        server = await serve(to_https, tls=None)
        async with httpx.AsyncClient() as client:
            url = f"http://127.0.0.1:{server.port}/a%20b?c=d"
            answer = await client.get(url, headers={"host": "shop.test"})
        await server.close()
        return answer

    answer = asyncio.run(run())
    assert (answer.status_code, answer.headers["location"]) == (308, "https://shop.test/a%20b?c=d")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        pytest.param(lambda app: None, "is not a folder", id="no-app"),
        pytest.param(lambda app: app.mkdir(), "has no dist/: run `npm run build` there first", id="no-dist"),
        pytest.param(lambda app: (app / "dist").mkdir(parents=True), "is empty: run `npm run build`", id="empty-dist"),
    ],
)
def test_an_app_without_a_build_is_told_to_make_one(
    tmp_path: Path, make: Callable[[Path], None], sentence: str
) -> None:
    folder = tmp_path / "app"
    make(folder)
    with pytest.raises(DeploymentFailed, match=sentence):
        read_build(folder, "dist", project="shop")
