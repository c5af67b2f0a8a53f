"""Files that were never meant to be served are asked for once, known by what they hold, and never quoted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prodworthy.evidence.bundle import bundle, probing
from prodworthy.evidence.bundle.probing import PLACES
from prodworthy.local.server import App
from prodworthy.model.bundle import Bundle
from prodworthy.plain import to_plain
from tests.evidence.serving import URL, Looking, built, look

SITE = {"index.html": '<!doctype html><script src="/a-Aa1Bb2Cc.js"></script>', "a-Aa1Bb2Cc.js": "1"}
KEY = "sb_secret_" + "aB3dE6gH9jK2mN5pQ8sT1v"
FALLBACK = {"rewrites": [{"source": "/(.*)", "destination": "/index.html"}]}


def gathered(folder: Path, files: dict[str, Any], config: Any = None) -> tuple[Bundle, Looking]:
    return look(built(folder, SITE | files, config), bundle)


def spoiled(app: App, place: str, status: int, fields: list[tuple[bytes, bytes]], body: bytes) -> App:
    """The same app, that answers otherwise at one place."""

    async def answering(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != place:
            await app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})

    return answering


@pytest.mark.parametrize(
    ("place", "body", "what"),
    [
        pytest.param(".env", f"A=1\n\nKEY={KEY}\n", "an environment file with A and 1 more", id="variables"),
        pytest.param(".env", f"# a\r\nexport KEY = '{KEY}'\r\n", "an environment file with KEY", id="exported"),
        pytest.param(".env.local", f"VITE_A=1\nKEY={KEY}", "an environment file with KEY and 1 more", id="some public"),
        pytest.param(".env.production", f"VITE_KEY={KEY}", "an environment file with VITE_KEY", id="a public secret"),
        pytest.param(".env", 'KEY="-----BEGIN\nabc\n-----END"\n', "an environment file with KEY", id="several lines"),
        pytest.param(
            ".git/HEAD", "ref: refs/heads/main\n", "a Git repository, from which the sources can be fetched", id="git"
        ),
        pytest.param(
            ".git/HEAD", "0f1e2d3c4b" * 4 + "\n", "a Git repository, from which the sources can be fetched", id="commit"
        ),
        pytest.param("backup.sql", "--\n-- PostgreSQL database dump\n--\n", "a database in SQL", id="a dump"),
        pytest.param("dump.sql", "set x;\nINSERT INTO orders VALUES (1);", "a database in SQL", id="statements"),
        pytest.param(
            "dump.sql", "create table a();\n" + "-- and more\n" * 9_000, "a database in SQL", id="a large one"
        ),
    ],
)
def test_a_private_file_is_known_by_what_it_holds(tmp_path: Path, place: str, body: str, what: str) -> None:
    found, _ = gathered(tmp_path, {place: body})
    assert [(each.url, each.what) for each in found.private] == [(f"{URL}/{place}", what)]
    assert found.gaps == ()
    assert KEY not in str(to_plain(found))


@pytest.mark.parametrize(
    ("place", "body"),
    [
        pytest.param(
            ".env", "VITE_SUPABASE_URL=https://a.supabase.co\nNEXT_PUBLIC_A=1\nNODE_ENV=production", id="told"
        ),
        pytest.param(".env", "", id="nothing"),
        pytest.param(".env", "# KEY=1", id="a comment"),
        pytest.param(".env", '{"error":"a=b"}', id="JSON"),
        pytest.param(".env", "not found", id="words"),
        pytest.param(".env", "KEY=1\n<html>", id="markup further down"),
        pytest.param(".git/HEAD", "not found", id="no reference"),
        pytest.param("backup.sql", "there is no table to create table from", id="a sentence"),
    ],
)
def test_what_is_nothing_private_is_left_alone(tmp_path: Path, place: str, body: str) -> None:
    found, _ = gathered(tmp_path, {place: body})
    assert (found.private, found.gaps) == ((), ())


def test_the_fallback_of_an_app_is_no_private_file(tmp_path: Path) -> None:
    page = SITE["index.html"] + "\n<pre>\nKEY=1\ncreate table a();\n</pre>" + " " * probing.ENOUGH
    found, _ = gathered(tmp_path, {"index.html": page}, FALLBACK)
    assert (found.private, found.gaps) == ((), ())


def test_every_place_is_asked_for_once_and_not_at_all_where_no_page_is_served(tmp_path: Path) -> None:
    _, looking = gathered(tmp_path, {})
    asked = [url.removeprefix(URL) for _, url in looking.asked]
    assert {place: asked.count(place) for place in PLACES} == dict.fromkeys(PLACES, 1)
    app = spoiled(built(tmp_path, SITE), "/", 403, [(b"x-vercel-mitigated", b"deny")], b"")
    _, refused = look(app, bundle)
    assert [url for _, url in refused.asked] == [f"{URL}/"]


def test_a_firewall_that_refuses_private_files_does_not_end_the_look(tmp_path: Path) -> None:
    app = spoiled(built(tmp_path, SITE), "/.env", 403, [(b"x-vercel-mitigated", b"deny")], b"")
    found, looking = look(app, bundle)
    assert (found.private, found.gaps) == ((), ())
    assert not looking.client._gates.gate(looking.target, URL).closed(URL)


def test_a_place_that_gives_no_answer_is_a_gap_and_is_not_tried_again(tmp_path: Path) -> None:
    app = spoiled(built(tmp_path, SITE), "/dump.sql", 200, [(b"content-encoding", b"gzip")], b"this is not gzip")
    found, looking = look(app, bundle)
    assert [gap.what for gap in found.gaps] == [f"GET {URL}/dump.sql"]
    assert found.retries == ()
    assert looking.asked.count(("GET", f"{URL}/dump.sql")) == 1
