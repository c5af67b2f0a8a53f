"""Nothing that is filled in from the environment can be read anywhere, however a page or the browser spells it."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from prodworthy.evidence.smoke.masks import Mask
from prodworthy.model import Secret
from prodworthy.model.smoke import FailedRequest, Walk

VALUES = ["Correct!Horse@1", "a~b cd", 'pa"qu\\ro', "it's(ok)*&", "x  yz", "50%25 off", "grüße 🐎 hü", "<b>&amp;</b>"]
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as-it-is": str,
    "encodeURIComponent": lambda value: quote(value, safe="!'()*~-._"),
    "encodeURI": lambda value: quote(value, safe=";,/?:@&=+$-_.!~*'()#"),
    "every-octet": lambda value: "".join(f"%{octet:02X}" for octet in value.encode()),
    "lower-case-hexadecimals": lambda value: "".join(f"%{octet:02x}" for octet in value.encode()),
    "twice": lambda value: quote(quote(value, safe=""), safe=""),
    "of-a-form": lambda value: quote_plus(value, safe="*-._").replace("~", "%7E"),
    "of-a-form-by-python": quote_plus,
    "json": lambda value: json.dumps(value, ensure_ascii=False)[1:-1],
    "json-in-ascii": lambda value: json.dumps(value)[1:-1],
    "json-in-json": lambda value: json.dumps(json.dumps(value))[3:-3],
    "json-in-an-address": lambda value: quote(json.dumps(value)[1:-1], safe=""),
    "escapes-of-a-script": lambda value: "".join(f"\\x{ord(c):02x}" if ord(c) < 256 else c for c in value),
    "entities": html.escape,
    "decimal-entities": lambda value: "".join(f"&#{ord(each)};" for each in value),
    "hexadecimal-entities": lambda value: "".join(f"&#x{ord(each):X};" for each in value),
    "entities-in-entities": lambda value: html.escape(html.escape(value)),
    "capitals": str.upper,
    "on-one-line": lambda value: " ".join(value.split()),
}


def masked(text: str, value: str) -> str:
    return Mask([Secret(name="PROBE_PASSWORD", value=value)])(text)


@pytest.mark.parametrize("spelled", SPELLINGS.values(), ids=list(SPELLINGS))
@pytest.mark.parametrize("value", VALUES)
def test_the_name_stands_in_place_of_the_value_in_every_spelling(value: str, spelled: Callable[[str], str]) -> None:
    assert masked(f"GET https://shop.test/?p={spelled(value)}&n=1", value) == (
        "GET https://shop.test/?p=PROBE_PASSWORD&n=1"
    )


@pytest.mark.parametrize("length", [5, 12, 23, 60, 300])
@pytest.mark.parametrize("half", ["{}…", "…{}", "{{token: {}…}}"], ids=["beginning", "end", "in-an-object"])
def test_what_somebody_else_has_cut_leaves_no_half(half: str, length: int) -> None:
    value = base64.b64encode(bytes(range(240))).decode()
    part = value[-length:] if half.startswith("…") else value[:length]
    assert part[:5] not in masked(half.format(part), value)
    assert part[-5:] not in masked(half.format(part), value)


def test_a_value_cut_in_its_middle_leaves_neither_side() -> None:
    value = base64.b64encode(bytes(range(240))).decode()
    assert masked(f"{{token: {value[:49]}…{value[-50:]}, n: 1}}", value) == (
        "{token: PROBE_PASSWORD…PROBE_PASSWORD, n: 1}"
    )


def test_a_value_cut_within_an_escape_leaves_nothing_of_it() -> None:
    assert masked("?p=Correct%2…", "Correct!Horse@1") == "?p=PROBE_PASSWORD…"


def test_words_that_only_begin_alike_stay() -> None:
    text = "Correct! Horses… are at the correct place"
    assert masked(text, "Correct!Horse@1") == text


def test_the_longer_of_two_values_goes_first() -> None:
    mask = Mask([Secret(name="SHORT", value="horse"), Secret(name="LONG", value="horse battery")])
    assert mask("a horse battery, a horse") == "a LONG, a SHORT"


@pytest.mark.parametrize("value", ["", None, "  "])
def test_a_value_that_is_none_hides_nothing(value: str | None) -> None:
    assert Mask([Secret(name="EMPTY", value=value)])("all of it") == "all of it"


def test_all_parts_of_what_was_seen_are_masked() -> None:
    failed = FailedRequest(method="GET", url="https://shop.test/?p=it%27s%20me", kind="fetch", own=True, status=404)
    seen = Walk(name="in", viewport="desktop", url="https://shop.test/", steps=("see “it's me”",), failed=(failed,))
    told = Mask([Secret(name="WORD", value="it's me")]).over(seen)
    assert (told.steps, told.failed[0].url, told.failed[0].status) == (
        ("see “WORD”",),
        "https://shop.test/?p=WORD",
        404,
    )
    assert Mask([Secret(name="WORD", value="it's me")]).over({"a": ["it's me", 1]}) == {"a": ["WORD", 1]}
