"""Documents are validated, described, and their links followed, over real sockets and with the real checker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from prodworthy.evidence import documents as describing
from prodworthy.evidence import links as following
from prodworthy.evidence.documents import documents
from prodworthy.evidence.errors import NotConfigured
from prodworthy.evidence.validator import Validation
from prodworthy.model import Cause, Markup
from prodworthy.model.documents import Documents, Engine, Level
from prodworthy.plain import from_plain, to_plain
from tests.evidence.serving import URL, built, look

HEAD = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Kiosk</title>'


UNKNOWN = f"{URL}/prodworthy-ec1efbbcf1ee"


def page(body: str, head: str = HEAD) -> str:
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{body}</body></html>\n'


HOME = page('<h1>Kiosk</h1><a href="/about">About</a> <a href="about#top">up</a> <img src="/logo.svg" alt="">')
ABOUT = page('<h1 id="us">About</h1><a href="/about#us">us</a><a href="#them">them</a><a href="/gone">gone</a>')
FILES = {"index.html": HOME, "about.html": ABOUT, "logo.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>"}
CONFIG = {"cleanUrls": True}


def gathered(folder: Path, files: dict[str, Any], config: Any = CONFIG, **options: Any) -> Documents:
    return look(built(folder, files, config), documents, **options)[0]


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, bytes]]:
    """A checker that has nothing to say; remembers what it was given."""
    given: list[dict[str, bytes]] = []

    async def validate(bodies: dict[str, bytes], **_: Any) -> Validation:
        given.append(bodies)
        return Validation(engine=Engine(name="silent", version="1"), messages=dict.fromkeys(bodies, ()))

    monkeypatch.setattr(describing, "validate", validate)
    return given


def test_every_page_is_validated_by_the_reference_checker(tmp_path: Path) -> None:
    broken = page('<main><p id="a">one</p><div id="a"><p><center>old</center></div></main>')
    found = gathered(tmp_path, FILES | {"broken.html": broken}, pages=("/", "/about", "/broken"))
    assert found.engine is not None
    assert found.engine.name == "Nu Html Checker"
    assert found.gaps == ()
    home, about, bad = found.documents
    assert (home.messages, about.messages) == ((), ())
    errors = [message for message in bad.messages or () if message.level is Level.ERROR]
    assert [(error.text, error.line) for error in errors] == [
        ("Duplicate ID “a”.", 3),
        ("The “center” element is obsolete. Use CSS instead.", 3),
    ]
    assert "<center>" in errors[1].extract


def test_a_page_says_what_it_is(tmp_path: Path, silent: Any) -> None:
    body = f'<h1>One</h1><h2>Two <b>bold</b></h2><p>{"prose " * 50}</p><img src="/logo.svg" alt="">'
    head = (
        f'{HEAD}<meta name="description" content="A kiosk."><meta http-equiv="Refresh" content="5; url=/next">'
        '<link rel="canonical" href="/home"><link rel="canonical" href="/home"><base href="/below/">'
    )
    facts = gathered(tmp_path, FILES | {"index.html": page(body, head)}).documents[0].facts
    assert facts is not None
    assert (facts.title, facts.language, facts.viewport) == ("Kiosk", "en", "width=device-width")
    assert (facts.description, facts.refresh, facts.encoded) == ("A kiosk.", "5; url=/next", True)
    assert (facts.base, facts.canonicals) == (f"{URL}/below/", ("/home",))
    assert facts.headings == ((1, "One"), (2, "Two bold"))
    assert facts.prose == 260


def test_a_page_that_does_not_exist_is_a_document_too(tmp_path: Path, silent: list[dict[str, bytes]]) -> None:
    missing = page('<h1>Gone</h1><a href="/left">left</a>')
    found = gathered(tmp_path, FILES | {"404.html": missing})
    home, unknown = found.documents
    assert (unknown.unknown, unknown.status, unknown.declared_status, unknown.paths) == (True, 404, 404, ())
    assert unknown.urls[0].startswith(f"{URL}/prodworthy-")
    assert (home.unknown, home.paths) == (False, ("/",))
    assert len(silent[0]) == 2
    assert {link.url: link.pages for link in found.links}[f"{URL}/left"] == unknown.urls


def test_a_fallback_or_what_the_platform_says_of_a_missing_page_is_no_document_of_its_own(
    tmp_path: Path, silent: Any
) -> None:
    assert [document.unknown for document in gathered(tmp_path / "platform", FILES).documents] == [False]
    config = {"rewrites": [{"source": "/(.*)", "destination": "/index.html"}]}
    found = gathered(tmp_path / "fallback", {"index.html": HOME}, config, unknown_path="fallback")
    assert [document.urls for document in found.documents] == [(f"{URL}/",)]


def test_the_shell_of_a_single_page_app_is_one_document(tmp_path: Path, silent: list[dict[str, bytes]]) -> None:
    config = {"rewrites": [{"source": "/(.*)", "destination": "/index.html"}]}
    found = gathered(tmp_path, {"index.html": HOME}, config, pages=("/", "/cart", "/search"))
    (document,) = found.documents
    assert document.urls == (f"{URL}/", f"{URL}/cart", f"{URL}/search")
    assert [len(given) for given in silent] == [1]


def test_each_link_is_asked_once_and_declared_pages_not_again(tmp_path: Path, silent: Any) -> None:
    found, looking = look(built(tmp_path, FILES, CONFIG), documents, pages=("/", "/about"))
    assert sorted(looking.asked) == [
        ("GET", f"{URL}/"),
        ("GET", f"{URL}/about"),
        ("GET", f"{URL}/gone"),  # bad news is asked for a second time
        ("GET", UNKNOWN),
        ("HEAD", f"{URL}/gone"),
        ("HEAD", f"{URL}/logo.svg"),
    ]
    assert {link.url: link.status for link in found.links} == {
        f"{URL}/about": 200,
        f"{URL}/logo.svg": 200,
        f"{URL}/gone": 404,
    }


@pytest.mark.parametrize(
    ("redirects", "moved"),
    [
        pytest.param([{"source": "/old", "destination": "/about"}], f"{URL}/about", id="for good"),
        pytest.param([{"source": "/old", "destination": "/about", "permanent": False}], None, id="for a while"),
        pytest.param(
            [
                {"source": "/old", "destination": "/older"},
                {"source": "/older", "destination": "/about", "permanent": False},
            ],
            None,
            id="for good and then for a while",
        ),
    ],
)
def test_a_link_to_what_has_moved_for_good_tells_where(
    tmp_path: Path, silent: Any, redirects: Any, moved: str | None
) -> None:
    found = gathered(tmp_path, FILES | {"index.html": page('<a href="/old">x</a>')}, CONFIG | {"redirects": redirects})
    (link,) = found.links
    assert (link.url, link.status, link.moved) == (f"{URL}/old", 200, moved)


def test_links_to_the_apps_own_plain_http_are_told_once(tmp_path: Path, silent: Any) -> None:
    linked = page(
        '<a href="http://app.test/a">a</a><a href="http://app.test/a">a</a><a href="http://other.test/">b</a>'
    )
    found = gathered(tmp_path, {"index.html": linked})
    assert [(each.page, each.url) for each in found.downgrades] == [(f"{URL}/", "http://app.test/a")]


def test_links_to_places_that_are_not_there_are_told(tmp_path: Path, silent: Any) -> None:
    found = gathered(tmp_path, FILES, pages=("/", "/about"))
    assert [(lost.page, lost.url, lost.fragment) for lost in found.lost_fragments] == [
        (f"{URL}/about", f"{URL}/about", "them")
    ]


@pytest.mark.parametrize(
    "href", ["mailto:a@b.test", "https://other.test/x", "javascript:void 0", "#", "#/route", "http://["]
)
def test_what_is_no_link_of_the_apps_own_is_not_asked(tmp_path: Path, silent: Any, href: str) -> None:
    found, looking = look(built(tmp_path, {"index.html": page(f'<a href="{href}">x</a>')}), documents)
    assert sorted(looking.asked) == [("GET", f"{URL}/"), ("GET", UNKNOWN)]
    assert found.lost_fragments == ()


@pytest.mark.parametrize(
    ("name", "content", "pages"),
    [
        pytest.param("data.json", "{}", ("/data.json",), id="JSON"),
        pytest.param("empty.html", "", ("/empty",), id="an empty body"),
        pytest.param("index.html", HOME, ("/gone",), id="a status that was not declared"),
    ],
)
def test_what_is_no_document_is_kept_and_not_called_valid(
    tmp_path: Path, silent: list[Any], name: str, content: str, pages: tuple[str, ...]
) -> None:
    found = gathered(tmp_path, {name: content}, pages=pages)
    (document,) = found.documents
    assert document.facts is None or document.status != document.declared_status
    assert found.engine is None or document.status == 404


def test_a_page_that_is_too_large_is_a_gap(tmp_path: Path, silent: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describing, "PAGE", 100)
    found = gathered(tmp_path, FILES)
    assert silent == []
    assert [gap.cause for gap in found.gaps] == [Cause.BOUND]
    assert found.documents[0].messages is None


def test_more_links_than_the_bound_are_a_gap(tmp_path: Path, silent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "LINKS", 2)
    many = page("".join(f'<a href="/{number}">x</a>' for number in range(5)))
    found = gathered(tmp_path, {"index.html": many})
    assert len(found.links) == 2
    assert [gap.cause for gap in found.gaps] == [Cause.BOUND]


def test_without_a_checker_pages_are_described_and_the_gap_is_told(tmp_path: Path) -> None:
    found = gathered(tmp_path, FILES, markup=Markup(jar=str(tmp_path / "no.jar")))
    assert found.engine is None
    assert [gap.cause for gap in found.gaps] == [Cause.ENGINE]
    assert found.documents[0].facts is not None
    assert found.documents[0].messages is None


def test_a_target_without_pages_is_not_configured(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured):
        gathered(tmp_path, FILES, pages=())


def test_documents_survive_being_plain_data(tmp_path: Path, silent: Any) -> None:
    found = gathered(tmp_path, FILES, pages=("/", "/about"))
    assert from_plain(Documents, json.loads(json.dumps(to_plain(found)))) == found
