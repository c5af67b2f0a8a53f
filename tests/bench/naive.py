"""A plain suite, as one writes it on a free afternoon: pytest, httpx and Playwright, one thing after the other.

Its plan is a JSON file (see `checks.py`), so that it does what the seven checks do. Named so that pytest finds it only
when it is told to.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext

from tests.bench.names import Mapped, trusting

PLAN = "BENCH_PLAN"  # the environment variable that names the file
SIZES = {"desktop": (1280, 800), "mobile": (390, 844)}


@cache
def plan() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(Path(os.environ[PLAN]).read_text(encoding="utf-8"))
    return loaded


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    names = metafunc.fixturenames
    if "asked" in names:
        metafunc.parametrize("asked", plan()["requests"], ids=str)
    if "visited" in names:
        metafunc.parametrize("visited", plan()["pages"], ids=lambda page: page["path"])
        metafunc.parametrize("viewport", plan()["viewports"])


@pytest.fixture(scope="session")
def client() -> Iterator[httpx.Client]:
    transport = Mapped(plan()["hosts"], verify=trusting(plan()["ca_pem"]))
    with httpx.Client(transport=transport, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, **plan()["browser"]}


def test_everything_is_answered(client: httpx.Client, asked: dict[str, Any]) -> None:
    request = client.build_request(asked["method"], asked["url"], headers=asked["headers"], content=asked["content"])
    assert client.send(request, follow_redirects=asked["follow"]).status_code == asked["status"]


def test_pages_are_valid(client: httpx.Client, tmp_path: Path) -> None:
    for number, page in enumerate(plan()["pages"]):
        (tmp_path / f"{number}.html").write_bytes(client.get(plan()["url"] + page["path"]).content)
    names = [path.name for path in tmp_path.iterdir()]
    done = subprocess.run([*plan()["checker"], *names], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert [each for each in json.loads(done.stdout)["messages"] if each["type"] == "error"] == []


def test_page_shows(
    new_context: Callable[..., BrowserContext], visited: dict[str, Any], viewport: str, tmp_path: Path
) -> None:
    width, height = SIZES[viewport]
    page = new_context(viewport={"width": width, "height": height}, is_mobile=viewport == "mobile").new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(plan()["url"] + visited["path"], wait_until="networkidle")
    if visited["text"]:
        page.get_by_text(visited["text"]).filter(visible=True).first.wait_for()
    page.screenshot(path=tmp_path / "page.jpg", type="jpeg", quality=60)
    assert errors == []
