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
        pytest.param(
            "a{b:-webkit-image-set('c.png' 1x,url(d.png)2x,\"e.avif\" type('image/avif') calc(1x*2))}",
            [(How.CSS_URL, "c.png"), (How.CSS_URL, "d.png"), (How.CSS_URL, "e.avif")],
            id="strings of an image set, its types left out",
        ),
        pytest.param("a{b:image-set('c.png' 1x}d{e:'f.png'}", [(How.CSS_URL, "c.png")], id="an image set cut off"),
        pytest.param("a{b:my-image-set('c.png')}", [], id="another function's strings"),
        pytest.param(
            "@import 'a.css' layer(x) supports(display:grid) print;", [(How.CSS_IMPORT, "a.css")], id="a layered import"
        ),
        pytest.param("a{b:url(data:image/png;base64,AA==)}", [], id="inline"),
        pytest.param("/* url(a.png) */ b::after{content:'url(c.png)'}", [], id="comments and strings"),
        pytest.param("a{color:red}", [], id="nothing"),
        pytest.param("a{@import 'b.css';c:d}@import 'e.css'", [(How.CSS_IMPORT, "e.css")], id="an import in a block"),
        pytest.param("@import\n/**/url( 'a.css' ) print;b{}", [(How.CSS_IMPORT, "a.css")], id="comments in between"),
        pytest.param("@namespace 'x';@important 'y';@import-z 'z'", [], id="strings of other rules"),
        pytest.param("a{b:myurl(c.png) -url(d.png)}", [], id="other functions"),
        pytest.param(r"a{b:url(c\ d\28.png)}", [(How.CSS_URL, "c d(.png")], id="escapes"),
        pytest.param(
            "a{b:'url(c.png)\n;d:url(e.png)}", [(How.CSS_URL, "e.png")], id="a string that ends with its line"
        ),
        pytest.param("a{b:url(c d.png);e:url(f.png)}", [(How.CSS_URL, "f.png")], id="a broken address"),
        pytest.param("a{b:url('c.png\n);e:url('f.png')}", [(How.CSS_URL, "f.png")], id="an address without an end"),
        pytest.param("a{b:url(c.png", [(How.CSS_URL, "c.png")], id="cut off"),
        pytest.param(f"a{{b:{'9' * 5000};c:url(d.png)}}", [(How.CSS_URL, "d.png")], id="a number beyond reason"),
    ],
)
def test_mentions(source: str, found: list[tuple[How, str]]) -> None:
    assert list(mentions(source.encode())) == found


def test_a_stylesheet_that_nests_without_end_is_no_accident() -> None:
    assert list(mentions(b"a{b:" + b"(" * 50_000 + b"url(c.png)")) == [(How.CSS_URL, "c.png")]


@pytest.mark.parametrize(
    "piece",
    [
        "url(data:",
        "url('data:",
        "url(data:x'",
        "url(",
        "/*",
        "'",
        "\\",
        "@import ",
        "!",
        "{",
        "image-set(",
        "f(",
        ")",
    ],
)
def test_no_stylesheet_is_read_more_than_once(piece: str) -> None:
    """Read from every opening to the end, a stylesheet of this size would take hours."""
    source = f"{piece * (1_000_000 // len(piece))}\n*/'\n')\n}}@import 'a.css';"
    assert set(mentions(source.encode())) <= {(How.CSS_IMPORT, "a.css"), (How.CSS_URL, "a.css")}


def test_its_source_map_is_named_in_the_last_comment() -> None:
    assert source_map(b"a{}\n/*# sourceMappingURL=a.css.map */\n") == "a.css.map"
    assert source_map(b"a{}/* no */") is None
