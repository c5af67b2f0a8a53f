"""What documents say of themselves, and how much of it people can read without scripts."""

from __future__ import annotations

import pytest

from prodworthy.evidence.facts import Described, prose

HTML = "text/html"


def described(head: str, content_type: str = HTML) -> Described:
    return Described("https://app.test/", f"<!doctype html><html><head>{head}</head></html>".encode(), content_type)


@pytest.mark.parametrize(
    ("head", "content_type", "encoded"),
    [
        pytest.param("", HTML, False, id="nowhere"),
        pytest.param("", "text/html; Charset=UTF-8", True, id="by content-type"),
        pytest.param('<meta charset="utf-8">', HTML, True, id="by meta"),
        pytest.param('<meta http-equiv=content-type content="text/html; charset=utf-8">', HTML, True, id="by pragma"),
        pytest.param('<meta http-equiv=content-type content="text/html">', HTML, False, id="by a pragma without it"),
        pytest.param('<!-- <meta charset="utf-8"> -->', HTML, False, id="in a comment"),
    ],
)
def test_the_encoding_is_named_or_not(head: str, content_type: str, encoded: bool) -> None:
    assert described(head, content_type).facts.encoded is encoded


def test_a_byte_order_mark_names_the_encoding() -> None:
    assert Described("https://app.test/", b"\xef\xbb\xbf<!doctype html>", HTML).facts.encoded


@pytest.mark.parametrize(
    ("body", "read"),
    [
        pytest.param("<p>four <b>four</b>", 8, id="text"),
        pytest.param('<div id="root"></div><script>let long = "text"</script>', 0, id="a shell"),
        pytest.param("<noscript>You need to enable JavaScript</noscript>", 0, id="for whom scripts are off"),
        pytest.param("<title>Shop</title><STYLE>p {}</STYLE><!-- <p>no --><svg><text>no</text></svg>", 0, id="unread"),
        pytest.param("1 < 2 <", 2, id="no tag"),
        pytest.param("<p", 0, id="a tag without an end"),
        pytest.param("<!-- no end <p>no", 0, id="a comment without an end"),
        pytest.param("<script>no end <p>no", 0, id="a script without an end"),
        pytest.param("<scripts>four</scripts>", 4, id="a name that begins alike"),
    ],
)
def test_prose_is_what_people_can_read_before_any_script_runs(body: str, read: int) -> None:
    assert prose(body.encode()) == read


@pytest.mark.parametrize("piece", ["<", "<a ", "<!--", "<script>", "</script", "<script></script"])
def test_megabytes_of_hostile_markup_are_read_once(piece: str) -> None:
    prose((piece * 2_000_000)[:5_000_000].encode())  # with the square of its length this would not end


def test_a_flood_of_canonical_addresses_is_cut() -> None:
    links = "".join(f'<link rel="canonical" href="/{number}">' for number in range(100))
    assert len(described(links).facts.canonicals) == 20
