"""Every rule of the documents catches its fault, and a sound page passes all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from prodworthy.model import Cure, Ignored, Markup, Severity
from prodworthy.model.documents import Document, Documents, Engine, Facts, Fragment, Level, Link, Message
from prodworthy.review import html as review
from prodworthy.review.rules import CATALOGUE

URL = "https://shop.test"
FACTS = Facts(
    title="Shop",
    language="en",
    viewport="width=device-width, initial-scale=1",
    canonical=None,
    headings=((1, "Shop"),),
    unnamed_images=0,
)
OBSOLETE = "The “center” element is obsolete. Use CSS instead."


def document(**changes: Any) -> Document:
    facts = {name: changes.pop(name) for name in set(changes) & set(Facts.__slots__)}
    sound = Document(
        urls=(f"{URL}/",),
        status=200,
        declared_status=200,
        media_type="text/html",
        size=1000,
        facts=replace(FACTS, **facts),
        messages=(),
    )
    return replace(sound, **changes)


def documents(*seen: Document, **changes: Any) -> Documents:
    sound = Documents(markup=Markup(), engine=Engine(name="Nu Html Checker", version="1"), documents=seen)
    return replace(sound, **changes)


def message(text: str, level: Level = Level.ERROR, line: int = 7) -> Message:
    return Message(level=level, text=text, line=line, column=3, extract="<div><center>x")


def page(*texts: str, level: Level = Level.ERROR) -> Document:
    return document(messages=tuple(message(text, level) for text in texts))


def link(**changes: Any) -> Documents:
    sound = Link(url=f"{URL}/a", element="a", pages=(f"{URL}/",), status=200, media_type="text/html")
    return documents(document(), links=(replace(sound, **changes),))


def found(judged: Documents) -> list[str]:
    rules = [rule for name, rule in CATALOGUE.items() if name.startswith("html.")]
    return [finding.rule for rule in rules for finding in rule(judged)]


@pytest.mark.parametrize(
    ("judged", "rule", "where"),
    [
        pytest.param(documents(document(status=500)), "html.not-html", f"{URL}/", id="an error page"),
        pytest.param(
            documents(document(media_type="text/plain", facts=None)), "html.not-html", f"{URL}/", id="plain text"
        ),
        pytest.param(documents(document(facts=None, size=0)), "html.not-html", f"{URL}/", id="an empty body"),
        pytest.param(documents(page(OBSOLETE)), "html.invalid", f"{URL}/:7:3", id="an error"),
        pytest.param(
            documents(page("Consider avoiding h1", level=Level.WARNING), markup=Markup(warnings=True)),
            "html.warning",
            f"{URL}/:7:3",
            id="a warning, when they are asked for",
        ),
        pytest.param(documents(page("Duplicate ID “a”.")), "html.duplicate-id", f"{URL}/:7:3", id="an id twice"),
        pytest.param(documents(document(title=None)), "html.title-missing", f"{URL}/", id="no title"),
        pytest.param(
            documents(document(title="", messages=(message("Element “title” must not be empty."),))),
            "html.title-missing",
            f"{URL}/",
            id="an empty title, told once",
        ),
        pytest.param(documents(document(language=None)), "html.language-missing", f"{URL}/", id="no language"),
        pytest.param(documents(document(language=" ")), "html.language-missing", f"{URL}/", id="a blank language"),
        pytest.param(documents(document(viewport=None)), "html.viewport-missing", f"{URL}/", id="no viewport"),
        pytest.param(
            documents(document(viewport="initial-scale=1.0")), "html.viewport-missing", f"{URL}/", id="no width in it"
        ),
        pytest.param(link(status=404), "html.dead-link", f"{URL}/a", id="a link that is gone"),
        pytest.param(link(status=410), "html.dead-link", f"{URL}/a", id="a link that is gone for good"),
        pytest.param(link(status=502), "html.dead-link", f"{URL}/a", id="a link that fails"),
        pytest.param(link(status=None, loop=True), "html.dead-link", f"{URL}/a", id="a link that goes round"),
        pytest.param(link(element="img"), "html.dead-link", f"{URL}/a", id="a page for an image"),
        pytest.param(
            documents(document(), lost_fragments=(Fragment(page=f"{URL}/", url=f"{URL}/", fragment="x"),)),
            "html.lost-fragment",
            f"{URL}/#x",
            id="a place that is not there",
        ),
    ],
)
def test_a_fault_is_found_by_its_rule_alone_and_located(judged: Documents, rule: str, where: str) -> None:
    assert found(judged) == [rule]
    (finding,) = CATALOGUE[rule](judged)
    assert finding.where == where


@pytest.mark.parametrize(
    "judged",
    [
        pytest.param(documents(document()), id="a sound page"),
        pytest.param(documents(document(status=404, declared_status=404)), id="a 404 page that is declared"),
        pytest.param(documents(document(media_type="application/xhtml+xml")), id="XHTML"),
        pytest.param(documents(page("Trailing slash", level=Level.INFO), markup=Markup(warnings=True)), id="a remark"),
        pytest.param(
            documents(page("Consider avoiding h1", level=Level.WARNING)), id="a warning that nobody asked for"
        ),
        pytest.param(
            documents(page(OBSOLETE), markup=Markup(ignore=(Ignored(pattern="obsolete", reason="the shop is old"),))),
            id="an error that is accepted with a reason",
        ),
        pytest.param(documents(document(messages=None), engine=None), id="not validated: a gap, not a finding"),
        pytest.param(link(status=401), id="a link for members"),
        pytest.param(link(status=None), id="a link that could not be asked: a gap"),
        pytest.param(link(element="img", media_type="image/svg+xml"), id="an image"),
        pytest.param(documents(), id="no page was answered: gaps tell"),
    ],
)
def test_what_is_sound_passes(judged: Documents) -> None:
    assert found(judged) == []


def test_the_same_message_on_many_pages_is_one_finding_that_names_them() -> None:
    pages = [replace(page(OBSOLETE), urls=(f"{URL}/{name}",)) for name in "abcdefg"]
    (finding,) = review.invalid(documents(*pages))
    assert finding.where == f"{URL}/a:7:3"
    assert "7 times" in finding.got
    assert f"{URL}/e and 2 more pages" in finding.got


def test_the_shell_of_a_single_page_app_is_one_finding_that_names_its_pages() -> None:
    shell = replace(page(OBSOLETE), urls=(f"{URL}/", f"{URL}/cart"))
    (finding,) = review.invalid(documents(shell))
    assert finding.got == f"{OBSOLETE} At: <div><center>x; on {URL}/, {URL}/cart"


def test_different_messages_are_different_findings() -> None:
    assert len(review.invalid(documents(page(OBSOLETE, "Stray end tag “p”.")))) == 2


def test_an_id_is_counted_with_its_first_use() -> None:
    twice = message("Duplicate ID “a”.")
    (finding,) = review.duplicate_id(documents(document(messages=(twice, twice))))
    assert finding.got.startswith("3 times")


def test_no_page_at_all_is_critical_and_cured_by_rolling_back() -> None:
    assert (review.not_html.severity, review.not_html.cure) == (Severity.CRITICAL, Cure.ROLLBACK)


def test_every_rule_is_asked_by_the_check() -> None:
    questions = (review.real, review.valid, review.complete, review.connected)
    asked = [rule for question in questions for rule in question(documents()).rules]
    assert sorted(asked) == sorted(name for name in CATALOGUE if name.startswith("html."))


def test_a_message_about_no_markup_in_particular_quotes_none() -> None:
    malformed = replace(message("Malformed byte sequence: “ff”."), extract="")
    (finding,) = review.valid(documents(document(messages=(malformed, malformed))))
    assert finding.got == "Malformed byte sequence: “ff”.; 2 times"
