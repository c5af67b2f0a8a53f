"""What the browser made of the pages is validated like what was served; what it does not tell is never valid."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from prodworthy.evidence import documents as describing
from prodworthy.evidence.rendered import gather
from prodworthy.evidence.validator import Validation
from prodworthy.model import Cause, Failure, Markup, Page, Target
from prodworthy.model.documents import Documents, Engine, Level
from prodworthy.model.smoke import Smoke, View

URL = "https://app.test"
TARGET = Target(name="app", url=URL, markup=Markup(rendered=True))
SOUND = '<!doctype html><html lang="en"><head><title>Kiosk</title></head><body><h1>Kiosk</h1></body></html>'
BROKEN = '<!doctype html><html lang="en"><head><title>Bag</title></head><body><ul><div>no item</div></ul></body></html>'


def view(path: str, rendered: str | None, **changes: Any) -> View:
    told: dict[str, Any] = {"viewport": "desktop", "status": 200, "loaded": True, "responsive": True}
    told |= {"page": Page(path=path), "url": f"{URL}{path}", "address": f"{URL}{path}", "rendered": rendered}
    return View(**told | changes)


def seen(*views: View) -> Smoke:
    return Smoke(hosts=TARGET.hosts, views=views)


def test_the_dom_of_every_page_is_a_document_with_its_messages_and_facts() -> None:
    found = gather(TARGET, seen(view("/", SOUND), view("/bag", BROKEN)))
    assert found.gaps == ()
    home, bag = found.documents
    assert (home.where, home.paths, home.messages) == (f"{URL}/ (rendered)", ("/",), ())
    assert home.facts is not None
    assert (home.facts.title, home.facts.encoded) == ("Kiosk", True)
    errors = [message.text for message in bag.messages or () if message.level is Level.ERROR]
    assert [text[:43] for text in errors] == ["Element “div” not allowed as child of eleme"]


def test_what_is_no_character_does_not_stop_the_look() -> None:
    (document,) = gather(TARGET, seen(view("/", SOUND.replace("Kiosk<", "Kiosk \ud800<")))).documents
    assert document.messages == ()


def test_each_page_is_judged_once_however_many_viewports_there_are() -> None:
    found = gather(TARGET, seen(view("/", SOUND), view("/", BROKEN, viewport="mobile")))
    assert [document.messages for document in found.documents] == [()]


@pytest.mark.parametrize(
    ("untold", "cause"),
    [
        pytest.param(view("/", None), Cause.ENGINE, id="the browser told none"),
        pytest.param(
            view("/", None, status=None, failure=Failure(cause=Cause.NETWORK, text="reset")),
            Cause.NETWORK,
            id="no page",
        ),
        pytest.param(view("/", SOUND + "x" * 5_000_000), Cause.BOUND, id="too large"),
    ],
)
def test_a_page_whose_dom_is_not_known_is_a_gap(untold: View, cause: Cause) -> None:
    found = gather(TARGET, seen(untold))
    assert [gap.cause for gap in found.gaps] == [cause]
    assert all(document.messages is None for document in found.documents)
    assert found.engine is None


def test_the_checker_runs_although_the_main_thread_has_the_browser_s_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = Engine(name="silent", version="1")

    async def validate(bodies: dict[str, bytes], **_: Any) -> Validation:
        return Validation(engine=silent, messages=dict.fromkeys(bodies, ()))

    async def within() -> Documents:
        return gather(TARGET, seen(view("/", SOUND)))

    monkeypatch.setattr(describing, "validate", validate)
    assert asyncio.run(within()).engine == silent
