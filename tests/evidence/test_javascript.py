"""A script's mentions are what a parser finds, and nothing that only looks like one."""

from __future__ import annotations

import pytest

from prodworthy.evidence.javascript import read, source_map
from prodworthy.model.bundle import How


@pytest.mark.parametrize(
    ("source", "found"),
    [
        pytest.param("import a from'./a.js'", [(How.IMPORT, "./a.js")], id="import"),
        pytest.param('import"./a.js";', [(How.IMPORT, "./a.js")], id="import for its effects"),
        pytest.param(
            'export*from"./a.js";export{b}from"./b.js"',
            [(How.IMPORT, "./a.js"), (How.IMPORT, "./b.js")],
            id="export from",
        ),
        pytest.param(
            "import a from'./a.json'with{type:'json'}", [(How.IMPORT, "./a.json")], id="import with attributes"
        ),
        pytest.param("x=()=>import('./a.js')", [(How.DYNAMIC, "./a.js")], id="dynamic import"),
        pytest.param("import(`./a.js`)", [(How.DYNAMIC, "./a.js")], id="dynamic import of a template"),
        pytest.param("import(/* @vite-ignore */'./a.js')", [(How.DYNAMIC, "./a.js")], id="a comment before it"),
        pytest.param("import('./caf\\u00e9.js')", [(How.DYNAMIC, "./café.js")], id="an escape"),
        pytest.param("import(`./${a}.js`);import('./a'+b)", [], id="not known before it runs"),
        pytest.param(
            "const __vite__mapDeps=(i,m=__vite__mapDeps,d=(m.f||(m.f=['a.js','b.css'])))=>i.map(i=>d[i]);",
            [(How.DEPENDENCIES, "a.js"), (How.DEPENDENCIES, "b.css")],
            id="Vite's list",
        ),
        pytest.param("new URL('./a.wasm',import.meta.url)", [(How.URL, "./a.wasm")], id="new URL"),
        pytest.param("new URL(`a.png`,``+import.meta.url)", [(How.URL, "a.png")], id="new URL as Rolldown writes it"),
        pytest.param("import.meta;new URL('/a',location.href)", [], id="new URL of something else"),
        pytest.param(
            "new SharedWorker('/w.js');new Worker(`/v.js`)",
            [(How.WORKER, "/w.js"), (How.WORKER, "/v.js")],
            id="workers",
        ),
        pytest.param(
            "let Worker;navigator.serviceWorker.register('/sw.js')",
            [(How.SERVICE_WORKER, "/sw.js")],
            id="service worker",
        ),
        pytest.param(
            "new Worker(new URL(`./w.js`,``+import.meta.url),{type:`module`})",
            [(How.WORKER_URL, "./w.js"), (How.URL, "./w.js")],
            id="a worker beside the script",
        ),
        pytest.param(
            "a.audioWorklet.addModule('/p.js');CSS.paintWorklet.addModule(`q.js`);worklet.addModule('no.js')",
            [(How.WORKLET, "/p.js"), (How.WORKLET, "q.js")],
            id="worklets",
        ),
        pytest.param(
            "System.register(['./a.js','b.js'],function(e){});System.import('./c.js')",
            [(How.IMPORT, "./a.js"), (How.IMPORT, "b.js"), (How.DYNAMIC, "./c.js")],
            id="SystemJS, for browsers without modules",
        ),
        pytest.param(
            "const f=`/assets/fast-Aa0Bb1Cc.wasm`",
            [(How.NAME, "/assets/fast-Aa0Bb1Cc.wasm")],
            id="WebAssembly's address",
        ),
        pytest.param(
            "importScripts('/a.js','/b.js')",
            [(How.IMPORT_SCRIPTS, "/a.js"), (How.IMPORT_SCRIPTS, "/b.js")],
            id="importScripts",
        ),
        pytest.param(
            "const a=`/assets/logo-Aa0Bb1Cc.svg`", [(How.NAME, "/assets/logo-Aa0Bb1Cc.svg")], id="an image's address"
        ),
        pytest.param("'import(\"./a.js\")'", [], id="code in a string"),
        pytest.param("`import a from './a.js'`", [], id="code in a template"),
        pytest.param("// import './a.js'\n/* import('./b.js') */", [], id="code in comments"),
        pytest.param("/import('a')/.test(b)", [], id="code in a regular expression"),
        pytest.param("a.import('./b.js')", [], id="a method of that name"),
        pytest.param("import('./a.js');import('./a.js')", [(How.DYNAMIC, "./a.js")], id="twice"),
    ],
)
def test_mentions(source: str, found: list[tuple[How, str]]) -> None:
    assert list(read(source.encode()).mentions) == found


@pytest.mark.parametrize("quote", ["'", "`", '"'])
def test_a_grammar_with_code_samples_does_not_hide_what_stands_around_it(quote: str) -> None:
    sample = r"import a from \"b\"; \' \` import(\"./no.js\") " * 300
    source = f"import x from './x.js';var g=JSON.parse({quote}{sample}{quote});import('./y.js')"
    assert list(read(source.encode()).mentions) == [(How.IMPORT, "./x.js"), (How.DYNAMIC, "./y.js")]


@pytest.mark.parametrize("source", [b"", b"\xff\xfe import", b"import(" * 5000, b"[" * 50_000 + b"import('a')"])
def test_what_is_no_script_is_no_accident(source: bytes) -> None:
    assert isinstance(read(source).mentions, tuple)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        pytest.param(b"a\n//# sourceMappingURL=a.js.map\n", "a.js.map", id="at the end"),
        pytest.param(
            b"a//# sourceMappingURL=data:application/json;base64,e30=", "data:application/json;base64,e30=", id="inline"
        ),
        pytest.param(b"'//# sourceMappingURL=a.js.map';b()", None, id="in a string"),
        pytest.param(b"//# sourceMappingURL=a.js.map\nb()", None, id="before more code"),
        pytest.param(b"sourceMappingURL=", None, id="not a comment"),
    ],
)
def test_source_map(source: bytes, found: str | None) -> None:
    assert source_map(source) == found
