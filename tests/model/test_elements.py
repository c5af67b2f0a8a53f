"""Elements are told from all that only looks like them, as the standard's tokenizer does, and in time."""

from __future__ import annotations

import pytest

from prodworthy.model.elements import LONGEST, elements, unreferenced


def tags(text: str) -> list[str]:
    return [each.tag for each in elements(text.encode())]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("<DIV><p>x</p><br/></DIV>", ["div", "p", "br"], id="any case, ended or not"),
        pytest.param("a < b <3 </ c> </> <?php <b ?> <!x <b>", [], id="what begins no tag"),
        pytest.param("<!-- <a> --><b><!--><i><!---><u><!-- x --!><s>", ["b", "i", "u", "s"], id="comments"),
        pytest.param("<!-- <a>", [], id="a comment without an end"),
        pytest.param("<script>'<a>'//</scriptx></script ><b>", ["script", "b"], id="text of a script"),
        pytest.param("<title><a></title><style><a></style><textarea><a></textarea>", ["title", "style", "textarea"],
                     id="elements that hold text"),
        pytest.param("<svg><style/><path/></svg><b>", ["svg", "style", "path", "b"], id="empty in a drawing"),
        pytest.param("<style/><b></style><i>", ["style", "i"], id="not empty in HTML"),
        pytest.param("<a title='>' href=\">\"><b>", ["a", "b"], id="what would end a tag, in quotes"),
        pytest.param("<a href=x><b title=", ["a"], id="a tag without an end"),
        pytest.param("<template><a><template><b></template><i></template><u>", ["u"], id="templates"),
        pytest.param("<plaintext><a></plaintext><b>", ["plaintext"], id="text to the end"),
    ],
)  # fmt: skip
def test_elements(text: str, found: list[str]) -> None:
    assert tags(text) == found


@pytest.mark.parametrize(
    ("text", "attributes"),
    [
        pytest.param("<a b=c D='e' f = \"g\" h>", {"b": "c", "d": "e", "f": "g", "h": ""}, id="each way of writing"),
        pytest.param("<a b=1 B=2>", {"b": "1"}, id="the first of two"),
        pytest.param("<a/b/c=d/e>", {"b": "", "c": "d/e"}, id="slashes"),
        pytest.param("<a b='1'c=2>", {"b": "1", "c": "2"}, id="nothing in between"),
        pytest.param("<a =b>", {"=b": ""}, id="a name that begins with a sign"),
        pytest.param("<a b='&amp;&lt;&#x41;'>", {"b": "&<A"}, id="references"),
        pytest.param("<a b='?x=1&copy=2&lang=de'>", {"b": "?x=1&copy=2&lang=de"}, id="an address"),
    ],
)
def test_attributes(text: str, attributes: dict[str, str]) -> None:
    assert elements(text.encode())[0].attributes == attributes


@pytest.mark.parametrize(
    ("text", "heads"),
    [
        pytest.param("<html><head><meta></head><meta><body><meta>", [True, True, True, True, False, False], id="body"),
        pytest.param("<meta> x <meta>", [True, False], id="text"),
        pytest.param("<meta><div><meta>", [True, False, False], id="an element of the body"),
        pytest.param("<noscript><img></noscript><meta>", [False, False, True], id="for those without scripts"),
        pytest.param("<template><div></template><script>1</script><meta>", [True, True], id="a template"),
    ],
)
def test_what_is_in_the_head(text: str, heads: list[bool]) -> None:
    found = [each.head for each in elements(text.encode())]
    assert found == ([True, *heads[1:]] if text.startswith("<html>") else heads)


def test_headings_have_their_text_without_tags() -> None:
    found = elements(b"<h1>Two <b>bold</b> &amp; more</h1><h2>open<h3>next")
    assert [(each.tag, each.text) for each in found if each.text] == [
        ("h1", "Two bold & more"),
        ("h2", "open"),
        ("h3", "next"),
    ]


def test_references_that_are_none_stay() -> None:
    assert unreferenced(f"&nosuch; & &#{'9' * 5000}; &eacute; &copy") == f"&nosuch; & &#{'9' * 5000}; é ©"


@pytest.mark.parametrize(
    "piece",
    ["<div>", "<p><b a=1>", "<h1><a x>", "<div><template></div></template>", "<object></x>", "<", "<!--", "<a b='",
     "</", "<a b=", "<svg><path>", "<table><b>"],
)  # fmt: skip
def test_no_document_takes_longer_than_its_length_allows(piece: str) -> None:
    """Parsers that build a tree need hours for some of these, or more memory than there is."""
    assert len(elements(piece.encode() * (500_000 // len(piece)))) <= 500_000


def test_an_element_with_attributes_without_number_is_read_once() -> None:
    (found,) = elements(("<a " + " ".join(f"a{number}" for number in range(200_000)) + ">").encode())
    assert len(found.attributes) == 200_000


def test_of_what_is_too_long_the_beginning_is_read() -> None:
    assert tags("<p>" + " " * LONGEST + "<b>") == ["p"]
