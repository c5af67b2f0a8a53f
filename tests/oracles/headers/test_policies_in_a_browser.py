"""What scripts a Content-Security-Policy lets run is what a real browser lets run, for policies of every shape."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, sync_playwright

from prodworthy.evidence.browser import launch_options
from prodworthy.review import csp
from prodworthy.review.csp import Sources

pytestmark = pytest.mark.long

SEED, POLICIES = 20261122, 160
URL = "https://shop.example/"
DOCUMENT = """<!doctype html><title>What runs?</title>
<script>window.inline = true</script><p id=p onclick="window.handler = true"></p>
<script src="https://foreign.test/a.js"></script><script src="data:text/javascript,window.data=true"></script>"""
AT_LOAD = """addEventListener('load', () => {
  try { window.evaluated = eval('true') } catch { }
  document.getElementById('p').click()
})"""
WHAT_RAN = "names => Object.fromEntries(names.map(name => [name, window[name] === true]))"
NAMES = ("default-src", "script-src", "script-src-elem", "script-src-attr", "SCRIPT-SRC", "object-src", "script-scr")
_SOURCES = """
    'self' 'none' 'unsafe-inline' 'UNSAFE-INLINE' 'unsafe-eval' 'strict-dynamic' 'nonce-r4nd0mr4nd0m' 'nonce-%' https:
    'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' 'sha256-abcd' 'md5-abcd' * http: HTTPS: data: blob: self
    none unsafe-inline 'unsafe-inlin' "unsafe-inline" https://a.example *.example https://* 'wasm-unsafe-eval' img-src
    'report-sample' 'unsafe-hashes' 'nonce-Ab_-9/+==' *:443 https://*:* https a/b 'sha512-abcd' filesystem:
"""
SOURCES = tuple(_SOURCES.split())


def policies() -> Iterator[str]:
    """Policies as people and accidents write them; the same ones in every run."""
    drawn = random.Random(SEED)

    def directive() -> str:
        sources = drawn.sample(SOURCES, drawn.choice((0, 1, 1, 2, 2, 3)))
        return drawn.choice((" ", "\t")).join([drawn.choice(NAMES), *sources])

    for _ in range(POLICIES):
        directives = [directive() for _ in range(drawn.choice((1, 1, 2, 3)))]
        yield drawn.choice((";", "; ", " ;; ", "; ", ", ")).join(directives)


def allowed(text: str, chain: tuple[str, ...], permits: Callable[[Sources], bool]) -> bool:
    """What our rules take for granted: every policy that governs it permits."""
    governing = csp.restricting(csp.parse(text), chain)
    return all(permits(directive.sources) for directive in governing)


def expected(text: str) -> dict[str, bool]:
    return {
        "inline": allowed(text, csp.SCRIPT_ELEMENTS, lambda sources: sources.inline),
        "handler": allowed(text, csp.SCRIPT_ATTRIBUTES, lambda sources: sources.inline),
        "evaluated": allowed(text, csp.EVALUATION, lambda sources: "unsafe-eval" in sources.keywords),
        "foreign": allowed(text, csp.SCRIPT_ELEMENTS, lambda sources: not sources.strict and reaches_far(sources)),
        "data": allowed(text, csp.SCRIPT_ELEMENTS, lambda sources: not sources.strict and "data" in sources.schemes),
    }


def reaches_far(sources: Sources) -> bool:
    return bool({"http", "https"} & set(sources.schemes)) or any(host.host == "*" for host in sources.hosts)


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options([]))
        page = browser.new_page()
        page.add_init_script(AT_LOAD)
        yield page
        browser.close()


def seen(tab: Page, text: str) -> dict[str, bool]:
    def answer(route: Route) -> None:
        if route.request.url == URL:
            fields = {"content-type": "text/html", "content-security-policy": text}
            route.fulfill(status=200, headers=fields, body=DOCUMENT)
        else:
            route.fulfill(status=200, headers={"content-type": "text/javascript"}, body="window.foreign = true")

    tab.route("**/*", answer)
    tab.goto(URL)
    names = ["inline", "handler", "evaluated", "foreign", "data"]
    ran: dict[str, bool] = tab.evaluate(
        "names => Object.fromEntries(names.map(name => [name, window[name] === true]))", names
    )
    tab.unroute("**/*", answer)
    return ran


def test_the_browser_runs_what_we_say_it_runs(tab: Page) -> None:
    wrong = {text: (ours, theirs) for text in policies() if (ours := expected(text)) != (theirs := seen(tab, text))}
    assert wrong == {}


def test_the_policies_are_of_every_kind() -> None:
    kinds = [tuple(expected(text).values()) for text in policies()]
    assert all({kind[place] for kind in kinds} == {True, False} for place in range(5))
    assert len(set(kinds)) >= 10
