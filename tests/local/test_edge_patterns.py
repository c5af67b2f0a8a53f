"""Path patterns of vercel.json against what path-to-regexp 6.1 makes of them."""

from __future__ import annotations

import pytest

from prodworthy.local.edge.patterns import BadPattern, compile_pattern, expand


@pytest.mark.parametrize(
    ("source", "path", "values"),
    [
        pytest.param("/(.*)", "/a/b", {"1": "a/b"}, id="everything"),
        pytest.param("/(.*)", "/", {"1": ""}, id="everything-is-also-the-root"),
        pytest.param("/assets/(.*)", "/assets/x.js", {"1": "x.js"}, id="below-a-folder"),
        pytest.param("/assets/(.*)", "/assets", None, id="the-folder-itself-is-not-below-it"),
        pytest.param("/assets/(.*)", "/Assets/x.js", None, id="case-matters"),
        pytest.param("/:path*", "/", {"1": "", "path": ""}, id="any-number-of-segments-may-be-none"),
        pytest.param("/:path*", "/a/b", {"1": "a/b", "path": "a/b"}, id="any-number-of-segments"),
        pytest.param("/:path+", "/", None, id="at-least-one-segment"),
        pytest.param("/blog/:slug", "/blog/one", {"1": "one", "slug": "one"}, id="one-segment"),
        pytest.param("/blog/:slug", "/blog/one/two", None, id="one-segment-is-not-two"),
        pytest.param("/blog/:slug", "/blog/one/", None, id="strict-about-the-last-slash"),
        pytest.param("/blog/:slug?", "/blog", {"1": "", "slug": ""}, id="an-optional-segment-takes-its-slash-along"),
        pytest.param("/post/:id(\\d+)", "/post/12", {"1": "12", "id": "12"}, id="own-pattern"),
        pytest.param("/post/:id(\\d+)", "/post/ab", None, id="own-pattern-not-met"),
        pytest.param("/post/:id(\\d+)", "/post/\u0661", None, id="digits-are-ascii-as-in-javascript"),
        pytest.param("/((?!api/).*)", "/shop", {"1": "shop"}, id="lookahead"),
        pytest.param("/((?!api/).*)", "/api/x", None, id="lookahead-excludes"),
        pytest.param("/:file.:ext", "/a.js", {"1": "a", "2": "js", "file": "a", "ext": "js"}, id="dot-prefix"),
        pytest.param("/a{-:b}?", "/a-1", {"1": "1", "b": "1"}, id="braces"),
        pytest.param("/a{-:b}?", "/a", {"1": "", "b": ""}, id="braces-optional"),
        pytest.param("/(en|fr)/:rest+", "/fr/a/b", {"1": "fr", "2": "a/b", "rest": "a/b"}, id="alternatives"),
        pytest.param("/a\\:b", "/a:b", {}, id="escaped-colon"),
        pytest.param("/a.b", "/axb", None, id="a-dot-is-a-dot"),
        pytest.param("about", "/about", {}, id="without-a-leading-slash"),
    ],
)
def test_a_source_matches_as_on_the_platform(source: str, path: str, values: dict[str, str] | None) -> None:
    assert compile_pattern(source).match(path) == values


@pytest.mark.parametrize(
    "source",
    ["/(", "/:", "/*", "/()", "/(?:a)", "/a(b(c))", "/{a", "/a}", "/([)", "/:a((?<year>\\d+))"],
)
def test_what_the_platform_refuses_is_refused(source: str) -> None:
    with pytest.raises(BadPattern):
        compile_pattern(source)


@pytest.mark.parametrize(
    ("template", "expanded"),
    [
        pytest.param("/b/:path*", "/b/x/y", id="name-with-modifier"),
        pytest.param("/b/$1", "/b/one", id="number"),
        pytest.param("/b/:id(\\d+)", "/b/7", id="name-with-pattern"),
        pytest.param("https://h.test:8080/:id", "https://h.test:8080/7", id="a-port-is-no-name"),
        pytest.param("/:unknown/$9", "/:unknown/$9", id="the-unknown-stays"),
        pytest.param("/:idea", "/:idea", id="a-longer-name-is-another-name"),
    ],
)
def test_placeholders_are_filled_in(template: str, expanded: str) -> None:
    assert expand(template, {"path": "x/y", "id": "7", "1": "one"}) == expanded
