"""A stylesheet's mentions are what a parser finds."""

from __future__ import annotations

import pytest

from prodworthy.evidence.stylesheets import mentions, source_map
from prodworthy.model.bundle import How


@pytest.mark.parametrize(
    ("source", "found"),
    [
        pytest.param(
            "@import 'a.css';@import url(b.css) screen;",
            [(How.CSS_IMPORT, "a.css"), (How.CSS_IMPORT, "b.css")],
            id="imports",
        ),
        pytest.param(
            "@media print{@font-face{src:url( 'a.woff2' ),url(b.woff)}}",
            [(How.CSS_URL, "a.woff2"), (How.CSS_URL, "b.woff")],
            id="nested",
        ),
        pytest.param(
            'a{b:URL("c.png");--d:url(e.png)}',
            [(How.CSS_URL, "c.png"), (How.CSS_URL, "e.png")],
            id="any case, any property",
        ),
        pytest.param("a{b:image-set(url(c.png) 1x)}", [(How.CSS_URL, "c.png")], id="inside a function"),
        pytest.param("a{b:url(data:image/png;base64,AA==)}", [], id="inline"),
        pytest.param("/* url(a.png) */ b::after{content:'url(c.png)'}", [], id="comments and strings"),
        pytest.param("a{color:red}", [], id="nothing"),
    ],
)
def test_mentions(source: str, found: list[tuple[How, str]]) -> None:
    assert list(mentions(source.encode())) == found


def test_a_stylesheet_that_nests_without_end_is_no_accident() -> None:
    assert list(mentions(b"a{b:" + b"(" * 50_000 + b"url(c.png)")) == [(How.CSS_URL, "c.png")]


def test_its_source_map_is_named_in_the_last_comment() -> None:
    assert source_map(b"a{}\n/*# sourceMappingURL=a.css.map */\n") == "a.css.map"
    assert source_map(b"a{}/* no */") is None
