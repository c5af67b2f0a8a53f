"""The fixtures of the checks; registered only when a target was named."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response
from playwright.sync_api import Error as PlaywrightError

from prodworthy.evidence import browser as browsers
from prodworthy.evidence import rendered as rendering
from prodworthy.evidence import smoke as smoking
from prodworthy.evidence.bypass import Bypass
from prodworthy.evidence.errors import NotAsked, Unobserved
from prodworthy.evidence.passes import Pass
from prodworthy.evidence.pieces import PIECES
from prodworthy.evidence.plugin import evidence_key, took_key
from prodworthy.evidence.smoke.contexts import admit
from prodworthy.evidence.smoke.purging import purge
from prodworthy.evidence.walls import wall
from prodworthy.local.plugin import failures_key
from prodworthy.model import Answer, Cause, Target
from prodworthy.model.arrival import Graded
from prodworthy.model.documents import Documents
from prodworthy.model.smoke import Smoke
from prodworthy.model.surface import Surface
from prodworthy.review import headers
from prodworthy.review.plugin import Keep, NotAskedFor, kept_key, walls_key
from prodworthy.targets.plugin import targets_key

RECORDS = {".zip", ".har", ".json", ".jsonl", ".network"}  # endings of what may list requests

passes_key = pytest.StashKey[tuple[Pass, ...]]()  # of a test: what its browser was let through with
written_key = pytest.StashKey[list[Path]]()  # of a test: files and folders that its browser writes
smoked_key = pytest.StashKey[dict[str, Smoke]]()  # by target


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Target:
    """The target that is judged: `target.url`, `target.pages`, ..."""
    config = request.config
    chosen = config.stash[targets_key][request.param]
    if why := config.stash[failures_key].get(chosen.name):
        raise Unobserved.because(f"target {chosen.name}", why, Cause.ENGINE)
    config.stash[evidence_key].begin(chosen)
    return chosen


@pytest.fixture
def keep(request: pytest.FixtureRequest, target: Target) -> Keep:
    """Record findings; returns those that fail: `assert keep(rule(evidence)) == []`."""
    keep = Keep(target.gate, target.policy)
    request.node.stash[kept_key] = keep
    return keep


def _evidence(name: str) -> Callable[..., Any]:
    """A session fixture that waits for the piece of evidence of its name."""

    def gathered(request: pytest.FixtureRequest, target: Target) -> Any:
        try:
            return request.config.stash[evidence_key].piece(target, name)
        except NotAsked as optional:
            raise NotAskedFor(optional.why) from None

    gathered.__doc__ = (PIECES[name].gather.__doc__ or f"The piece of evidence called {name}.").partition("\n")[0]
    return pytest.fixture(scope="session", name=name)(gathered)


# health
endpoints = _evidence("endpoints")
domains = _evidence("domains")
unknown_page = _evidence("unknown_page")
identity = _evidence("identity")
# security headers, and the documents that others start from
pages = _evidence("pages")
surface = _evidence("surface")
function_answers = _evidence("function_answers")
# supabase
auth = _evidence("auth")
tables = _evidence("tables")
catalog = _evidence("catalog")
storage = _evidence("storage")
realtime = _evidence("realtime")
searches = _evidence("searches")
graphql = _evidence("graphql")
ownership = _evidence("ownership")
inventory = _evidence("inventory")
project_state = _evidence("project_state")
# edge functions
functions = _evidence("functions")
# bundle and HTML
bundle = _evidence("bundle")
documents = _evidence("documents")
# what lets a browser through deployment protection
passes = _evidence("passes")
# the release before, for "no worse than"
endpoints_before = _evidence("endpoints_before")
surface_before = _evidence("surface_before")
bundle_before = _evidence("bundle_before")
documents_before = _evidence("documents_before")


@pytest.fixture(scope="session")
def graded(surface: Surface, target: Target) -> Graded:
    """What the root gets by the method of the MDN HTTP Observatory."""
    seen = headers.graded(surface)
    asked = target.protection.grade or target.baseline
    return seen if asked else replace(seen, gaps=())  # where nobody asks for it, nothing is missing


@pytest.fixture(scope="session")
def least_grade(target: Target) -> str:
    """The letter that the team demands."""
    if target.protection.grade is None:
        raise NotAskedFor('whether the MDN Observatory grade is good enough: name the least, headers.grade = "B"')
    return target.protection.grade


@pytest.fixture(scope="session")
def smoke(target: Target, browser: Browser, passes: tuple[Pass, ...], pytestconfig: pytest.Config) -> Smoke:
    """Every declared page as a real browser showed it."""
    began = time.monotonic()
    try:
        folder = Path(pytestconfig.getoption("--output")).absolute() / target.name
        seen = smoking.gather(browser, target, folder, passes)
        pytestconfig.stash.setdefault(smoked_key, {})[target.name] = seen
        return seen
    finally:
        pytestconfig.stash[took_key][target.name, "smoke"] = time.monotonic() - began


@pytest.fixture(scope="session")
def rendered(target: Target, request: pytest.FixtureRequest) -> Documents:
    """What the browser made of every declared page, validated; only where the target asks for it."""
    if not target.markup.rendered:
        raise NotAskedFor("whether what the browser makes of the pages is valid too: html.rendered = true")
    # tests that name no browser get a fixture of their own: pages must not be visited twice, nor paths walked twice
    smoked = request.config.stash.get(smoked_key, {}).get(target.name)
    return rendering.gather(target, smoked or request.getfixturevalue("smoke"))


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], target: Target) -> dict[str, Any]:
    """Addresses in a team's own tests are relative to the target: `page.goto("/cart")`."""
    return {"base_url": target.url, **browser_context_args}


@pytest.fixture
def new_context(
    new_context: Callable[..., BrowserContext],
    browser_context_args: dict[str, Any],
    passes: tuple[Pass, ...],
    request: pytest.FixtureRequest,
) -> Callable[..., BrowserContext]:
    """pytest-playwright's, whose contexts come through deployment protection: no header field of theirs says how."""
    request.node.stash[passes_key] = passes

    def admitted(**options: Any) -> BrowserContext:
        if archive := {**browser_context_args, **options}.get("record_har_path"):
            request.node.stash[written_key].append(Path(archive))
        context = new_context(**options)
        admit(context, passes)
        return context

    return admitted


@pytest.fixture
def output_path(output_path: str, request: pytest.FixtureRequest) -> str:
    """pytest-playwright's; noted, for what it writes there when the test is over."""
    request.node.stash[written_key] = [Path(output_path)]
    return output_path


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """What a browser wrote of a test holds no pass once the test is over: traces are lists of header fields."""
    try:
        return (yield)
    finally:
        values = [each.value for each in item.stash.get(passes_key, ())]
        for place in item.stash.get(written_key, ()) if values else ():
            for path in (place, *place.rglob("*")):
                if path.suffix in RECORDS:
                    purge(path, values)


@pytest.fixture
def page(page: Page, target: Target, request: pytest.FixtureRequest) -> Page:
    """pytest-playwright's, which also notes when somebody else answers instead of the app."""
    walls: list[str] = []
    opening = Bypass(target)
    request.node.stash[walls_key] = walls

    def note(response: Response) -> None:
        fields = tuple((name.lower(), value) for name, value in response.headers.items())
        if response.request.is_navigation_request():
            bypassed = opening.opens(response.url)
            found = wall(Answer(status=response.status, http="", fields=fields), bypassed=bypassed)
            walls.extend([found] if found else [])

    page.on("response", note)
    return page


@pytest.fixture(scope="session")
def browser(
    target: Target, browser_name: str, browser_type_launch_args: dict[str, Any], launch_browser: Callable[..., Browser]
) -> Iterator[Browser]:
    """pytest-playwright's browser, one a target: embedded targets may give one name to different deployments."""
    options: dict[str, Any] = {}
    if browser_name == "chromium":
        options = browsers.launch_options([target])
        options["args"] = [*browser_type_launch_args.get("args", []), *options["args"]]
        if "channel" in browser_type_launch_args:
            options.pop("executable_path", None)
    try:
        launched = launch_browser(**options)
    except PlaywrightError as error:
        raise browsers.did_not_start(error) from None
    yield launched
    launched.close()
