"""A real browser comes through deployment protection, and nobody but the shop ever learns how; no file does either."""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from prodworthy.evidence import smoke as looking
from prodworthy.evidence.browser import launch_options
from prodworthy.evidence.client import Client
from prodworthy.evidence.passes import Pass, passes
from prodworthy.evidence.sending import BYPASS
from prodworthy.evidence.smoke.contexts import admit
from prodworthy.evidence.smoke.purging import purge
from prodworthy.local.vercel.protection import COOKIE
from prodworthy.model import Browsing, Page, Target
from prodworthy.model.path import Action, ClickPath, Element, Step
from prodworthy.model.smoke import Smoke
from prodworthy.model.wall import BYPASS_REFUSED, PROTECTION
from prodworthy.plain import to_plain
from tests.evidence.protected import BACKEND, BELOW, CDN, OPEN, OTHER, SECRET, SHOP, World, standing
from tests.evidence.serving import Looking

QUICK = Browsing(viewports=("desktop",), timeout=10.0, accessibility=None)
LOADED = "'things', 42, cookies: ()"  # what the page's own script got, and what it can read


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with standing() as world:
        yield world


@pytest.fixture(autouse=True)
def forgotten(world: World) -> None:
    world.sent.clear()
    world.cookies.clear()


@pytest.fixture(scope="module")
def browser(world: World) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(**launch_options([world.target()]))
        yield launched
        launched.close()


def let_in(target: Target) -> tuple[Pass, ...]:
    async def asked() -> Any:
        async with Client(target) as client:
            return await Looking(target, client).at(passes)

    found: tuple[Pass, ...] = asyncio.run(asked())
    return found


def look(browser: Browser, target: Target, folder: Path | None = None) -> Smoke:
    # Playwright's own loop runs in this thread, so that ours needs another one
    with ThreadPoolExecutor(1) as elsewhere:
        given = elsewhere.submit(let_in, target).result()
    return looking.gather(browser, target, folder, given)


def shop(world: World, *pages: Page, **more: Any) -> Target:
    return world.target(pages=pages or (Page(path="/", text=LOADED),), browsing=QUICK, **more)


def test_pages_are_seen_through_the_protection_and_nobody_else_learns_how(world: World, browser: Browser) -> None:
    smoke = look(browser, shop(world))
    (view,) = smoke.views
    assert (view.status, view.wall, view.text_seen) == (200, None, True)
    assert (view.messages, view.exceptions, view.failed, view.violations) == ((), (), (), ())
    assert {each.host for each in world.sent if each.browser} >= {SHOP, CDN, BACKEND, BELOW}
    assert world.learnt(*OPEN) == []


def test_the_secret_itself_never_enters_the_browser(world: World, browser: Browser) -> None:
    look(browser, shop(world))
    seen = [each for each in world.to(SHOP) if each.browser]
    assert seen
    assert [each for each in seen if SECRET.encode() in each.everything or BYPASS in each.fields] == []
    assert {COOKIE in each.fields.get("cookie", "") for each in seen} == {True}


def test_a_page_that_leads_to_another_site_does_not_take_it_there(world: World, browser: Browser) -> None:
    look(browser, shop(world, Page(path="/"), Page(path="/away")))
    assert [each.path for each in world.to(OTHER) if each.browser][:1] == ["/welcome"]
    assert world.learnt(*OPEN) == []


def test_a_walk_goes_through_and_takes_it_nowhere_else(world: World, browser: Browser) -> None:
    steps = (Step(action=Action.CLICK, element=Element(words="Away")), Step(action=Action.EXPECT_URL, value="/welcome"))
    path = ClickPath(name="away", steps=steps, start="/", viewport="desktop")
    (walk,) = look(browser, shop(world, paths=(path,))).walks
    assert (walk.broken, walk.failure, walk.wall) == (None, None, None)
    assert world.to(OTHER)
    assert world.learnt(*OPEN) == []


@pytest.mark.parametrize(
    ("secret", "wall"),
    [
        pytest.param(None, PROTECTION, id="none-declared"),
        pytest.param("another0projects0secret0000000000", BYPASS_REFUSED, id="of-another-project"),
    ],
)
def test_without_the_right_secret_the_wall_is_named(
    world: World, browser: Browser, secret: str | None, wall: str
) -> None:
    (view,) = look(browser, shop(world, secret=secret)).views
    assert view.wall == wall
    assert wall.partition(",")[0] in view.gaps[0].why


def test_a_pass_that_an_app_says_back_is_not_told(world: World, browser: Browser) -> None:
    smoke = look(browser, shop(world, Page(path="/echo", text="no such words")))
    assert COOKIE.encode() in world.sent[-1].everything or world.cookies
    told = json.dumps(to_plain(smoke), default=str) + repr(smoke)
    assert [each for each in (SECRET, *world.cookies) if each in told] == []


def test_no_file_of_a_page_that_went_wrong_holds_it(world: World, browser: Browser, tmp_path: Path) -> None:
    smoke = look(browser, shop(world, Page(path="/", text="no such words")), tmp_path)
    assert any(kept.name.endswith(".trace.zip") for kept in smoke.replays)
    (trace,) = tmp_path.glob("*.trace.zip")
    assert unpacked(trace)
    assert sum(f"{COOKIE}=***".encode() in content for content in unpacked(trace)) > 0, "the trace tells of no cookie"
    assert [
        value for value in (SECRET, *world.cookies) if any(value.encode() in each for each in unpacked(trace))
    ] == []


def test_traces_and_archives_of_a_team_are_written_anew(world: World, browser: Browser, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as elsewhere:
        given = elsewhere.submit(let_in, world.target()).result()
    trace, archive = tmp_path / "trace.zip", tmp_path / "all.har"
    context = browser.new_context(record_har_path=archive)
    context.tracing.start(snapshots=True, screenshots=True)
    admit(context, given)
    tab = context.new_page()
    tab.goto(f"https://{SHOP}/")
    context.tracing.stop(path=trace)
    context.close()
    (value,) = [each.value for each in given]
    assert any(value.encode() in each for each in unpacked(trace)), "a trace holds what is sent"
    assert value in archive.read_text()
    for path in (trace, archive):
        purge(path, [value])
    assert not any(value.encode() in each for each in unpacked(trace))
    assert value not in archive.read_text()
    assert json.loads(archive.read_text())["log"]["entries"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.har", "trace.zip"]


def test_a_renewed_cookie_goes_too(tmp_path: Path) -> None:
    log = tmp_path / "trace.network"
    log.write_text(
        f'{{"name":"cookie","value":"a=1; {COOKIE}=renewed.by.them; b=2"}}\n'
        f'{{"name":"{COOKIE}","value":"renewed.by.them"}}\n{{"value":"renewed.by.them", "name": "{COOKIE}"}}\n'
    )
    purge(log, ["known"])
    assert "renewed" not in log.read_text()
    assert "a=1" in log.read_text()
    assert "b=2" in log.read_text()


def test_a_file_that_cannot_be_read_is_not_kept(tmp_path: Path) -> None:
    broken = tmp_path / "trace.zip"
    with zipfile.ZipFile(broken, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("trace.network", "known " * 1000)
    content = bytearray(broken.read_bytes())
    content[45:60] = b"\0" * 15
    broken.write_bytes(bytes(content))
    purge(broken, ["known"])
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_touched_where_nothing_is_hidden(tmp_path: Path) -> None:
    log = tmp_path / "trace.network"
    log.write_text(f"{COOKIE}=its-own")
    purge(log, [])
    purge(tmp_path / "absent.zip", ["known"])
    assert log.read_text() == f"{COOKIE}=its-own"


def unpacked(path: Path) -> list[bytes]:
    with zipfile.ZipFile(path) as opened:
        return [opened.read(name) for name in opened.namelist()]
