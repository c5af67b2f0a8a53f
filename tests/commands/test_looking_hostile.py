"""What strangers write into commits, branches and reasons acts on nobody's terminal and hides no id."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodworthy.model.hosting import Domain, Reason, RollingRelease
from tests.commands.shop import NOW, Shop, opened_shop

CLEAR = "\x1b[2J\x1b[1;1H"
TITLE = "\x1b]0;you are root\x07"
HIDDEN = "\x1b[8m"
HOSTILE = {
    "escape sequences": f"fix{CLEAR}{TITLE}{HIDDEN} cart",
    "eight-bit controls": "fix\x9b2J\x9d0;title\x9c cart",
    "lines": "fix cart\r\nerror: nothing\r\ncurrent    dpl_fake",
    "other lines": "fix\u2028cart\u2029\x0b\x0c\x85now",
    "directions": "fix \u202egnol\u202c \u2066cart\u2069",
    "a bell and blanks": "\x07\x00\x08\x08\x08fix cart\t\t\t",
    "markup of the table's library": "[bold red]fix[/] [link=https://evil.test]cart[/link] :skull: [/]",
    "a lone surrogate": "fix \ud83d cart",
    "wide letters": "修正カート" * 20,
    "much": "fix cart " * 1200,
    "one word": "x" * 10_240,
    "joined marks": "a" + "\u0301" * 400,
}
ACTING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.fixture(params=HOSTILE.values(), ids=list(HOSTILE))
def shop_of_a_stranger(request: pytest.FixtureRequest, shop: Shop) -> Shop:
    text: str = request.param
    shop.host.listed = [
        replace(each, message=text, branch=text, author=text, source=text, environment=text)
        if not each.production
        else replace(each, message=text, branch=text, author=text, source=text)
        for each in shop.host.listed
    ]
    shop.host.rolled_back(reason=Reason(text=text, by=text, at=NOW))
    shop.host.known_domains = (*shop.host.known_domains, Domain(name=f"x{text[:40]}.example.com"))
    shop.host.rollout = RollingRelease(state=text, base=text, canary=None, percentage=None, queued=text)
    shop.app.troubles["shop.example.com"] = text
    return shop


@pytest.mark.parametrize("width", [20, 80, 160, None])
@pytest.mark.parametrize("command", ["list", "current", "candidates", "status"])
def test_nothing_that_acts_on_a_terminal_comes_out(shop_of_a_stranger: Shop, command: str, width: int | None) -> None:
    ended = shop_of_a_stranger.run(command, width=width)
    assert ended.exit_code in {0, 10}
    assert ended.stdout
    assert ACTING.search(ended.output) is None


@pytest.mark.parametrize("command", ["list", "current", "candidates", "status"])
def test_nothing_comes_out_in_json_either(shop_of_a_stranger: Shop, command: str) -> None:
    ended = shop_of_a_stranger.run(command, "--json")
    assert ended.stdout.isascii()
    assert ACTING.search(ended.stdout) is None
    told = shop_of_a_stranger.json(command)
    assert [
        text for text in _texts(told) if re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", text)
    ] == []


@pytest.mark.parametrize("width", [20, 40, 80, 160, None])
def test_an_id_is_whole_whatever_stands_beside_it(shop_of_a_stranger: Shop, width: int | None) -> None:
    listed = shop_of_a_stranger.run("list", width=width).stdout
    shown = "".join(listed.split())
    for each in shop_of_a_stranger.host.listed:
        assert each.id in shown
        # a line for each may be without addresses, and then without all
        assert str(each.url) in shown or ("vercel.app" not in shown and len(listed.splitlines()) == 5)


@pytest.mark.parametrize("width", [80, 160])
def test_no_line_is_longer_than_the_terminal(shop_of_a_stranger: Shop, width: int) -> None:
    from rich.cells import cell_len

    lines = shop_of_a_stranger.run("list", width=width).stdout.splitlines()
    assert max(cell_len(line) for line in lines) <= width


def test_a_list_has_as_many_lines_as_deployments_in_a_pipe(shop_of_a_stranger: Shop) -> None:
    assert len(shop_of_a_stranger.run("list").stdout.splitlines()) == 1 + len(shop_of_a_stranger.host.listed)


def test_what_looks_like_an_option_or_a_command_is_quoted_in_the_undo(shop: Shop) -> None:
    hostile = "dpl_x; rm -rf $HOME"
    job = shop.host.rolled_back()
    shop.host.listed[1] = replace(shop.host.listed[1], id=hostile)
    shop.host.change(last_job=replace(job, origin=hostile))
    assert shop.json("status")["undo"] == f"prodworthy promote '{hostile}' --target=prod"


@given(text=st.text(max_size=60), width=st.sampled_from([30, 80, 160, None]))
@settings(max_examples=80, deadline=None)
def test_no_text_at_all_breaks_the_table(text: str, width: int | None) -> None:
    with opened_shop() as shop:
        shop.host.listed = [replace(each, message=text, branch=text, author=text) for each in shop.host.listed]
        shown = shop.run("list", width=width).stdout
    assert ACTING.search(shown) is None
    whole = "".join(shown.split())
    assert all(each.id in whole for each in shop.host.listed)
    if width is None:
        assert len(shown.splitlines()) == 1 + len(shop.host.listed)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    return [text for each in value for text in _texts(each)] if isinstance(value, list) else []
