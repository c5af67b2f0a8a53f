"""webpack's naming functions are taken apart as far as they can be known, and no further."""

from __future__ import annotations

import pytest

from prodworthy.evidence.javascript import read
from prodworthy.model.bundle import How

AUTOMATIC = 'throw Error("Automatic publicPath is not supported in this browser")'


def named(source: str, *asked: str) -> list[str]:
    """The files that a runtime names, and those of the chunks that are asked for besides."""
    webpack = read(source.encode()).webpack
    assert webpack
    assert webpack.runtime
    return [name for _, name in (*webpack.runtime.files(), *webpack.runtime.asked([*webpack.asked, *asked]))]


@pytest.mark.parametrize(
    ("function", "files"),
    [
        pytest.param('e=>e+"."+{1:"ab",2:"cd"}[e]+".js"', ["1.ab.js", "2.cd.js"], id="hashes"),
        pytest.param('e=>({1:"cart"}[e]||e)+"."+{1:"ab",2:"cd"}[e]+".js"', ["cart.ab.js", "2.cd.js"], id="names"),
        pytest.param('e=>(1===e?"cart":e)+"."+{1:"ab"}[e]+".js"', ["cart.ab.js"], id="one name"),
        pytest.param('function(e){return""+{"a-b":"x"}[e]+".js"}', ["x.js"], id="an older function"),
        pytest.param("e=>`js/${e}.${{1:`ab`}[e]}.js`", ["js/1.ab.js"], id="a template"),
        pytest.param(
            '(e)=>{if(e===1)return"one.js";return e+"."+{2:"cd"}[e]+".js"}', ["one.js", "2.cd.js"], id="an if"
        ),
        pytest.param('e=>(({1:"cart"})[e]||e)+".js"', ["cart.js", "7.js"], id="no hashes: what is asked for too"),
        pytest.param('e=>e+".js"', ["7.js"], id="nothing but numbers"),
        pytest.param('e=>"only.js"', ["only.js"], id="a single chunk"),
        pytest.param('e=>void 0===e?"":e+".js"', None, id="a comparison of another kind"),
        pytest.param("e=>names[e]", None, id="a table that is elsewhere"),
        pytest.param('e=>e+Date.now()+".js"', None, id="a name that is made when it runs"),
    ],
)
def test_names_of_chunks(function: str, files: list[str] | None) -> None:
    source = f'var webpackChunkx;r.p="/";r.u={function}'
    assert sorted(named(source, "7")) == sorted(f"/{name}" for name in files or ())


@pytest.mark.parametrize(
    ("path", "found"),
    [
        pytest.param('r.p="/static/"', ("/static/", False), id="written out"),
        pytest.param('r.p=""', ("", False), id="relative to the page"),
        pytest.param(f"{AUTOMATIC};r.p=e", ("", True), id="the script's own folder"),
        pytest.param(f'{AUTOMATIC};r.p=e+"../"', ("../", True), id="the folder above"),
        pytest.param('r.p="/a/";r.p="/b/"', ("/b/", False), id="changed by the app"),
        pytest.param("r.p=window.base", None, id="known when it runs"),
        pytest.param('r.p="/";r.p=window.base', None, id="changed when it runs"),
        pytest.param("r.q=1", None, id="none"),
    ],
)
def test_public_paths(path: str, found: tuple[str, bool] | None) -> None:
    webpack = read(f'var webpackChunkx;{path};r.u=e=>"a.js"'.encode()).webpack
    assert webpack
    assert (webpack.runtime and (webpack.runtime.public, webpack.runtime.beside)) == found


def test_stylesheets_are_those_of_the_chunks_that_have_one() -> None:
    source = (
        'var webpackChunkx;r.p="/";r.miniCssF=e=>e+"."+{1:"ab",2:"31d6cfe0d16ae931b73c"}[e]+".css";'
        "r.f.miniCss=(e,t)=>{n[e]?t.push(n[e]):0!==n[e]&&{1:1}[e]&&t.push(load(e))}"
    )
    webpack = read(source.encode()).webpack
    assert webpack
    assert webpack.runtime
    assert list(webpack.runtime.files()) == [(How.STYLE_CHUNK, "/1.ab.css")]


def test_a_chunk_tells_its_build_and_what_it_asks_for() -> None:
    source = (
        '(self["webpackChunkmy-app"]=self["webpackChunkmy-app"]||[]).push([[9],{5:(e,t,n)=>{n.e(3).then(()=>n(4));'
        'e.exports=n.p+"media/sea.png";other.e(8);other.p+"no.png"}}])'
    )
    webpack = read(source.encode()).webpack
    assert webpack
    assert (webpack.build, webpack.runtime) == (b"webpackChunkmy-app", None)
    assert (webpack.asked, webpack.assets) == (("3",), ("media/sea.png",))


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("Math.e(3);a.p+'x.png'", id="a method of that name"),
        pytest.param("'webpackChunkapp'", id="a string"),
        pytest.param("", id="nothing"),
    ],
)
def test_other_scripts_have_nothing_to_do_with_it(source: str) -> None:
    assert read(source.encode()).webpack is None


def test_an_expression_without_end_is_no_accident() -> None:
    source = 'var webpackChunkx=self.webpackChunkx;r.p="/";r.u=e=>' + "(" * 20_000 + "e" + ")" * 20_000
    webpack = read(source.encode()).webpack
    assert webpack is None or webpack.runtime is None or list(webpack.runtime.files()) == []


def test_what_is_asked_for_a_hundred_thousand_times_is_looked_at_once() -> None:
    source = "self.webpackChunkx;" + "({1:(e,t,n)=>{" + "n.e(1);" * 100_000 + "}})"
    webpack = read(source.encode()).webpack
    assert webpack
    assert webpack.asked == ("1",)
