"""Addresses are resolved as browsers do, import maps with scopes included."""

from __future__ import annotations

import json
from typing import Any

import pytest

from prodworthy.evidence.bundle.addresses import ImportMap, Surroundings, import_map
from prodworthy.model.bundle import How

BASE = "https://shop.test/app/"
MAIN = f"{BASE}js/main.js"


def mapped(*maps: dict[str, Any]) -> ImportMap:
    return import_map(BASE, [json.dumps(each) for each in maps])


IMPORTS = mapped(
    {
        "imports": {
            "ui": "./ui.js",
            "kit/": "/kit/",
            "kit/core/": "./core/",
            "kit/one.js": "./one.js",
            "/legacy.js": "./modern.js",
            "bad/": "./no-slash",
            "gone": None,
        },
        "scopes": {
            "./js/": {"ui": "./ui-of-js.js"},
            "./js/admin/": {"ui": "./ui-of-admin.js"},
            "./exact.js": {"ui": "./ui-of-one.js"},
        },
    }
)


@pytest.mark.parametrize(
    ("specifier", "importer", "found"),
    [
        pytest.param("ui", f"{BASE}other.js", f"{BASE}ui.js", id="a bare name"),
        pytest.param("kit/cart.js", MAIN, "https://shop.test/kit/cart.js", id="a folder"),
        pytest.param("kit/core/a.js", MAIN, f"{BASE}core/a.js", id="the longest folder"),
        pytest.param("kit/one.js", MAIN, f"{BASE}one.js", id="a name before a folder"),
        pytest.param("/legacy.js", MAIN, f"{BASE}modern.js", id="an address that is mapped"),
        pytest.param("./a.js", MAIN, f"{BASE}js/a.js", id="an address that is not"),
        pytest.param("https://cdn.test/a.js", MAIN, "https://cdn.test/a.js", id="another origin"),
        pytest.param("ui", MAIN, f"{BASE}ui-of-js.js", id="a scope's own"),
        pytest.param("ui", f"{BASE}js/admin/a.js", f"{BASE}ui-of-admin.js", id="the narrowest scope's"),
        pytest.param("ui", f"{BASE}exact.js", f"{BASE}ui-of-one.js", id="a scope of one file"),
        pytest.param("bad/a.js", MAIN, None, id="a folder that is none"),
        pytest.param("gone", MAIN, None, id="forbidden"),
        pytest.param("react", MAIN, None, id="a bare name that nobody maps"),
        pytest.param("node:fs", MAIN, None, id="a scheme of another world"),
    ],
)
def test_imports(specifier: str, importer: str, found: str | None) -> None:
    assert IMPORTS.address(specifier, importer) == found


def test_of_several_maps_the_first_word_holds() -> None:
    both = mapped({"imports": {"a": "./1.js"}}, {"imports": {"a": "./2.js", "b": "./3.js"}})
    assert (both.address("a", MAIN), both.address("b", MAIN)) == (f"{BASE}1.js", f"{BASE}3.js")


def test_hashes_are_kept_by_address() -> None:
    assert mapped({"integrity": {"./a.js": "sha384-x", "bare": "sha384-y"}}).integrity == {f"{BASE}a.js": "sha384-x"}


@pytest.mark.parametrize(
    "source", ["", "[]", "null", '{"imports":[]}', '{"scopes":{"x":1}}', '{"imports":{"a":7}}', "[" * 99_999]
)
def test_a_map_that_is_none_maps_nothing(source: str) -> None:
    assert import_map(BASE, [source]).address("a", MAIN) is None


@pytest.mark.parametrize(
    ("how", "specifier", "found"),
    [
        pytest.param(How.WORKER, "w.js", f"{BASE}w.js", id="a worker: against the document"),
        pytest.param(How.SERVICE_WORKER, "./sw.js", f"{BASE}sw.js", id="a service worker: against the document"),
        pytest.param(How.WORKLET, "p.js", f"{BASE}p.js", id="a worklet: against the document"),
        pytest.param(How.WORKER_URL, "w.js", f"{BASE}js/w.js", id="a worker beside the script"),
        pytest.param(How.IMPORT_SCRIPTS, "a.js", f"{BASE}js/a.js", id="a worker's script"),
        pytest.param(How.URL, "./", None, id="a folder"),
        pytest.param(How.NAME, "/app/a-Aa0Bb1Cc.svg", f"{BASE}a-Aa0Bb1Cc.svg", id="a name in the script's own place"),
        pytest.param(How.NAME, "/other/a-Aa0Bb1Cc.svg", None, id="a name elsewhere"),
        pytest.param(How.DEPENDENCIES, "js/a.js", f"{BASE}js/a.js", id="Vite's list"),
    ],
)
def test_every_way_has_a_base_of_its_own(how: How, specifier: str, found: str | None) -> None:
    assert Surroundings(base=BASE).address(how, specifier, MAIN) == found


@pytest.mark.parametrize(
    ("how", "specifier", "lost"),
    [
        pytest.param(How.IMPORT, "react", True, id="a bare name"),
        pytest.param(How.IMPORT, "node:fs", True, id="a module of Node"),
        pytest.param(How.IMPORT, "ui", False, id="mapped"),
        pytest.param(How.IMPORT, "./a.js", False, id="an address"),
        pytest.param(How.IMPORT, "data:text/javascript,1", False, id="written out in place"),
        pytest.param(How.DYNAMIC, "node:fs", False, id="perhaps never reached"),
    ],
)
def test_what_cannot_be_found_is_told(how: How, specifier: str, lost: bool) -> None:
    assert Surroundings(base=BASE, imports=IMPORTS).unresolved(how, specifier, MAIN) is lost
