"""Every rule of the documents catches its fault, and a sound page passes all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from prodworthy.model import Cure, Ignored, Markup, Severity
from prodworthy.model.documents import Document, Documents, Downgrade, Engine, Facts, Fragment, Level, Link, Message
from prodworthy.model.exchange import Cause, Gap
from prodworthy.model.standing import Before, Errors, Standing
from prodworthy.review import html as review
from prodworthy.review.html import body, validity
from prodworthy.review.rules import CATALOGUE

URL = "https://shop.test"
FACTS = Facts(
    base=f"{URL}/",
    title="Shop",
    language="en",
    viewport="width=device-width, initial-scale=1",
    description="Hats and mugs.",
    encoded=True,
    canonicals=(),
    refresh=None,
    headings=((1, "Shop"),),
    prose=1000,
)
OBSOLETE = "The “center” element is obsolete. Use CSS instead."
ALIGN = "The “align” attribute on the “table” element is obsolete. Use CSS instead."
NO_ALT = "An “img” element must have an “alt” attribute, except under certain conditions."
LANGUAGE = "Bad value “en_US” for attribute “lang” on element “html”: The language subtag “en_us” is not valid."


def document(**changes: Any) -> Document:
    facts = {name: changes.pop(name) for name in set(changes) & set(Facts.__slots__)}
    sound = Document(
        urls=(f"{URL}/",),
        paths=("/",),
        status=200,
        declared_status=200,
        media_type="text/html",
        size=1000,
        facts=replace(FACTS, **facts),
        messages=(),
    )
    return replace(sound, **changes)


def documents(*seen: Document, **changes: Any) -> Documents:
    sound = Documents(
        markup=Markup(), hosts=("shop.test",), engine=Engine(name="Nu Html Checker", version="1"), documents=seen
    )
    return replace(sound, **changes)


def message(text: str, level: Level = Level.ERROR, line: int = 7) -> Message:
    return Message(level=level, text=text, line=line, column=3, extract="<div><center>x")


def page(*texts: str, level: Level = Level.ERROR) -> Document:
    return document(messages=tuple(message(text, level) for text in texts))


def link(**changes: Any) -> Documents:
    sound = Link(url=f"{URL}/a", element="a", pages=(f"{URL}/",), status=200, media_type="text/html")
    return documents(document(), links=(replace(sound, **changes),))


def canonical(*written: str, **changes: Any) -> Documents:
    return documents(document(canonicals=written, **changes))


def titled(path: str, title: str, *canonicals: str) -> Document:
    return document(urls=(f"{URL}{path}",), paths=(path,), title=title, canonicals=canonicals)


def found(judged: Documents) -> list[str]:
    rules = [rule for name, rule in CATALOGUE.items() if name.startswith("html.") and name != "html.new-errors"]
    return [finding.rule for rule in rules for finding in rule(judged)]


@pytest.mark.parametrize(
    ("judged", "rule", "where"),
    [
        pytest.param(
            documents(replace(page(OBSOLETE), status=500, facts=replace(FACTS, title=None))),
            "html.not-html",
            f"{URL}/",
            id="an error page, whose markup is not worth a word",
        ),
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
        *(
            pytest.param(
                documents(page(ALIGN, level=Level.WARNING), markup=markup), "html.obsolete", f"{URL}/:7:3", id=name
            )
            for markup, name in (
                (Markup(obsolete=True), "an obsolete attribute, when they are asked for"),
                (Markup(warnings=True), "an obsolete attribute, when all warnings are asked for"),
            )
        ),
        pytest.param(
            documents(replace(page(OBSOLETE), rendered=True)),
            "html.rendered-invalid",
            f"{URL}/ (rendered):7:3",
            id="an error that scripts made",
        ),
        pytest.param(
            documents(replace(page(OBSOLETE), urls=(f"{URL}/gone",), unknown=True, status=404, declared_status=404)),
            "html.invalid",
            f"{URL}/gone:7:3",
            id="an error of the 404 page",
        ),
        pytest.param(
            documents(page(OBSOLETE, OBSOLETE), markup=Markup(tolerance=0)),
            "html.invalid",
            f"{URL}/:7:3",
            id="the same error twice",
        ),
        pytest.param(documents(page(NO_ALT)), "html.alt-missing", f"{URL}/:7:3", id="an image without alt"),
        pytest.param(documents(page(LANGUAGE)), "html.language-invalid", f"{URL}/:7:3", id="no language at all"),
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
        *(
            pytest.param(
                documents(document(viewport=f"width=device-width, {content}")),
                "html.zoom-blocked",
                f"{URL}/",
                id=content,
            )
            for content in (
                "user-scalable=no",
                "user-scalable = 0;",
                "maximum-scale=1",
                "maximum-scale=1.0, x",
                "maximum-scale=.5",
            )
        ),
        pytest.param(documents(document(encoded=False)), "html.encoding-missing", f"{URL}/", id="no encoding"),
        *(
            pytest.param(documents(document(refresh=content)), "html.refresh", f"{URL}/", id=f"refresh {content}")
            for content in ("30", "5; url=/next", "0", " 1.5")
        ),
        pytest.param(
            documents(document(base="https://cdn.test/")), "html.base-elsewhere", f"{URL}/", id="a base elsewhere"
        ),
        pytest.param(
            documents(titled("/a", "Shop"), titled("/b", "Shop")), "html.title-repeated", f"{URL}/a", id="a title twice"
        ),
        *(
            pytest.param(
                documents(document(description=text)), "html.description-missing", f"{URL}/", id=f"description {text}"
            )
            for text in (None, " ")
        ),
        pytest.param(canonical("/"), "html.canonical-relative", f"{URL}/", id="a relative canonical"),
        pytest.param(canonical(""), "html.canonical-relative", f"{URL}/", id="an empty canonical"),
        pytest.param(
            canonical(f"{URL}/", f"{URL}/a"), "html.canonical-several", f"{URL}/", id="two canonical addresses"
        ),
        pytest.param(
            canonical("https://staging.test/"), "html.canonical-elsewhere", f"{URL}/", id="a canonical elsewhere"
        ),
        pytest.param(documents(document(headings=())), "html.h1-missing", f"{URL}/", id="no heading"),
        pytest.param(documents(document(headings=((2, "Shop"),))), "html.h1-missing", f"{URL}/", id="no main heading"),
        pytest.param(
            documents(document(headings=((1, "Shop"), (1, "Sale")))),
            "html.h1-several",
            f"{URL}/",
            id="two main headings",
        ),
        pytest.param(link(moved=f"{URL}/b"), "html.link-moved", f"{URL}/a", id="a link that moved"),
        pytest.param(
            documents(document(), downgrades=(Downgrade(page=f"{URL}/", url="http://shop.test/a"),)),
            "html.link-insecure",
            "http://shop.test/a",
            id="a link to plain HTTP",
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
        pytest.param(
            documents(document(headings=(), description=None, prose=0)), id="a shell that waits for its scripts"
        ),
        pytest.param(
            documents(document(urls=(f"{URL}/", f"{URL}/cart"), paths=("/", "/cart"))), id="one shell for two pages"
        ),
        pytest.param(
            documents(titled("/a", "Shop", f"{URL}/a"), titled("/a?page=2", "Shop", f"{URL}/a")),
            id="two addresses of one page",
        ),
        pytest.param(
            documents(titled("/", "Shop"), replace(titled("/x", "Shop"), unknown=True)), id="a 404 page of that title"
        ),
        pytest.param(documents(page(ALIGN, level=Level.WARNING)), id="an obsolete attribute that nobody asked about"),
        pytest.param(documents(page(OBSOLETE), markup=Markup(tolerance=1)), id="an error that is tolerated"),
        pytest.param(documents(document(status=404, unknown=True)), id="a 404 page where 200 is declared: health's"),
        pytest.param(
            documents(document(viewport="width=device-width, maximum-scale=5, user-scalable=yes")), id="zoom enough"
        ),
        pytest.param(
            documents(document(viewport="width=device-width, maximum-scale=.")), id="a scale that is no number"
        ),
        pytest.param(documents(document(refresh="0; url=/next")), id="a redirect at once"),
        pytest.param(documents(document(refresh="99999999999")), id="a refresh after more than a day"),
        pytest.param(documents(document(refresh="soon")), id="a refresh that is none"),
        pytest.param(
            canonical(f"{URL}/", urls=("https://shop-abc.vercel.app/",), base="https://shop-abc.vercel.app/"),
            id="a deployment's own address",
        ),
        pytest.param(canonical("https://["), id="a canonical that is no address"),
        pytest.param(canonical("https://SHOP.test/"), id="a canonical in capitals"),
        pytest.param(documents(), id="no page was answered: gaps tell"),
    ],
)
def test_what_is_sound_passes(judged: Documents) -> None:
    assert found(judged) == []


def test_the_same_message_on_many_pages_is_one_finding_that_names_them() -> None:
    pages = [replace(page(OBSOLETE), urls=(f"{URL}/{name}",)) for name in "abcdefg"]
    (finding,) = validity.invalid(documents(*pages))
    assert finding.where == f"{URL}/a:7:3"
    assert "7 times" in finding.got
    assert f"{URL}/e and 2 more pages" in finding.got


def test_the_shell_of_a_single_page_app_is_one_finding_that_names_its_pages() -> None:
    shell = replace(page(OBSOLETE), urls=(f"{URL}/", f"{URL}/cart"))
    (finding,) = validity.invalid(documents(shell))
    assert finding.got == f"{OBSOLETE} At: <div><center>x; on {URL}/, {URL}/cart"


def test_different_messages_are_different_findings() -> None:
    assert len(validity.invalid(documents(page(OBSOLETE, "Stray end tag “p”.")))) == 2


def test_more_different_errors_than_are_tolerated_are_all_told() -> None:
    judged = documents(page(OBSOLETE, OBSOLETE, "Stray end tag “p”."), markup=Markup(tolerance=1))
    assert len(validity.invalid(judged)) == 2


def test_an_id_is_counted_with_its_first_use() -> None:
    twice = message("Duplicate ID “a”.")
    (finding,) = body.duplicate_id(documents(document(messages=(twice, twice))))
    assert finding.got.startswith("3 times")


def test_no_page_at_all_is_critical_and_cured_by_rolling_back() -> None:
    assert (validity.not_html.severity, validity.not_html.cure) == (Severity.CRITICAL, Cure.ROLLBACK)


def test_every_rule_is_asked_by_the_check() -> None:
    questions = (review.real, review.valid, review.complete, review.described, review.connected, review.rendered)
    asked = {rule for question in questions for rule in question(documents()).rules}
    asked |= set(review.no_worse((documents(), Before(source="live"))).rules)
    assert asked == {name for name in CATALOGUE if name.startswith("html.")}


def test_a_message_about_no_markup_in_particular_quotes_none() -> None:
    malformed = replace(message("Malformed byte sequence: “ff”."), extract="")
    (finding,) = review.valid(documents(document(messages=(malformed, malformed))))
    assert finding.got == "Malformed byte sequence: “ff”.; 2 times"


def test_a_canonical_that_is_no_address_is_no_fault_of_the_rules() -> None:
    assert found(canonical("//[", f"{URL}/")) == ["html.canonical-relative", "html.canonical-several"]


def test_an_image_without_alt_on_many_pages_is_one_finding_and_another_image_another() -> None:
    one, other = message(NO_ALT), replace(message(NO_ALT), extract="<img src=b>")
    pages = [document(urls=(f"{URL}/{name}",), messages=(one, other)) for name in "ab"]
    first, second = body.alt_missing(documents(*pages))
    assert first.got.endswith(f"2 times; on {URL}/a, {URL}/b")
    assert "<img src=b>" in second.got


def test_errors_are_told_by_declared_path_each_once_and_without_what_is_ignored() -> None:
    judged = documents(
        replace(page(OBSOLETE, OBSOLETE, "Duplicate ID “a”.", "Stray end tag “p”."), paths=("/", "/cart")),
        replace(page("Stray end tag “p”."), paths=("/old",), messages=None),
        replace(page("Stray start tag “p”."), paths=(), unknown=True),
        replace(page("Stray start tag “p”."), rendered=True),
        markup=Markup(ignore=(Ignored(pattern="^Stray end", reason="known"),)),
    )
    shell = (OBSOLETE, "Duplicate ID “a”.")
    told = review.errors(judged)
    assert told is not None
    assert told.pages == {"/": shell, "/cart": shell, validity.UNKNOWN: ("Stray start tag “p”.",)}


def test_what_was_not_judged_is_no_standing() -> None:
    assert review.errors(documents(document(messages=None), engine=None)) is None
    assert review.errors(documents(replace(page(OBSOLETE), rendered=True))) is None


def saved(*texts: str, path: str = "/") -> Before[Documents]:
    return Before(source="live", saved=Standing(errors=Errors(pages={path: texts})))


NEW = "Stray end tag “p”."


@pytest.mark.parametrize(
    ("before", "new"),
    [
        pytest.param(saved(OBSOLETE), [f"{URL}/:7:3"], id="a saved standing"),
        pytest.param(
            Before(source="live", evidence=documents(page(OBSOLETE))), [f"{URL}/:7:3"], id="what is served now"
        ),
        pytest.param(saved(OBSOLETE, NEW), [], id="as many as before"),
        pytest.param(saved(OBSOLETE, NEW, path="/other"), [], id="known from another page"),
        pytest.param(Before(source="live", saved=Standing()), [], id="a standing without errors"),
        pytest.param(
            Before(source="live", evidence=documents(document(messages=None), engine=None)), [], id="nothing to compare"
        ),
        pytest.param(
            Before(
                source="live",
                evidence=documents(
                    replace(page(OBSOLETE), paths=("/a",)), gaps=(Gap(what="/", why="reset", cause=Cause.NETWORK),)
                ),
            ),
            [],
            id="a page that could not be seen before",
        ),
    ],
)
def test_an_error_that_the_release_before_did_not_have_is_new_whatever_is_tolerated(
    before: Before[Documents], new: list[str]
) -> None:
    now = documents(page(OBSOLETE, NEW), markup=Markup(tolerance=5))
    found = review.no_worse((now, before))
    assert [finding.where for finding in found] == new
    assert validity.invalid(now) == []


def test_messages_are_counted_whether_or_not_they_are_findings() -> None:
    judged = documents(page(OBSOLETE, NEW), page(ALIGN, level=Level.WARNING))
    assert [str(each.value) + " " + each.what for each in judged.measured] == [
        "2 errors by the HTML checker",
        "1 warnings by the HTML checker",
    ]
    assert documents(engine=None).measured == ()
