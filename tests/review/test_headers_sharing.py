"""What strangers' pages may read: each way of trusting too many is told by its own rule, the sound ways by none."""

from __future__ import annotations

import pytest

from prodworthy.model.surface import Kind, Probe, Served, Stranger, Surface
from prodworthy.review import headers
from tests.review.served import PAGE, Lines, answer, rules, surface

ORIGINS = {
    Stranger.FOREIGN: "https://foreign.example",
    Stranger.NULL: "null",
    Stranger.BEGINS: "https://shop.test.foreign.example",
    Stranger.ENDS: "https://foreignshop.test",
}
NAMED: dict[str, Lines] = {"access-control-allow-origin": "{origin}", "vary": "accept-encoding, Origin"}
WITH_CREDENTIALS: dict[str, Lines] = {**NAMED, "access-control-allow-credentials": "true"}
SILENT: dict[str, Lines] = {"access-control-allow-origin": None}


def probe(stranger: Stranger, changes: dict[str, Lines], *, method: str = "GET", private: bool = False) -> Probe:
    origin = ORIGINS[stranger]
    told = {
        key: value.replace("{origin}", origin) if isinstance(value, str) else value for key, value in changes.items()
    }
    status = 204 if method == "OPTIONS" else 200
    served = Served(url=PAGE, kind=Kind.PAGE, answer=answer(told, status=status), private=private)
    return Probe(stranger=stranger, origin=origin, method=method, served=served)


def told(*probes: Probe) -> set[str]:
    return {finding.rule.removeprefix("headers.") for finding in headers.sharing(Surface(probes=probes))}


def everybody(changes: dict[str, Lines], *, private: bool = False) -> tuple[Probe, ...]:
    return tuple(probe(stranger, changes, private=private) for stranger in Stranger)


def only(*strangers: Stranger, changes: dict[str, Lines]) -> tuple[Probe, ...]:
    return tuple(probe(each, changes if each in strangers else SILENT) for each in Stranger)


CASES = [
    pytest.param(everybody(SILENT), set(), id="nobody-is-named"),
    pytest.param(everybody({}), set(), id="a-star-for-what-is-public"),
    pytest.param(everybody(NAMED), set(), id="an-echo-of-what-is-public-is-as-good-as-a-star"),
    pytest.param(
        everybody({"access-control-allow-origin": "https://shop.test", "access-control-allow-credentials": "true"}),
        set(),
        id="one-fixed-origin-with-credentials",
    ),
    pytest.param(everybody(WITH_CREDENTIALS), {"cors-reflected-credentials"}, id="everybody-with-credentials"),
    pytest.param(
        only(Stranger.NULL, changes=WITH_CREDENTIALS), {"cors-null"}, id="null-with-credentials-and-nobody-else"
    ),
    pytest.param(only(Stranger.NULL, changes=NAMED), {"cors-null-public"}, id="null-without-credentials"),
    pytest.param(
        everybody({"access-control-allow-origin": "null"}), {"cors-null-public"}, id="null-whoever-asks-needs-no-vary"
    ),
    pytest.param(only(Stranger.BEGINS, changes=NAMED), {"cors-lookalike"}, id="a-name-that-begins-like-the-own"),
    pytest.param(only(Stranger.ENDS, changes=WITH_CREDENTIALS), {"cors-lookalike"}, id="a-name-that-ends-like-the-own"),
    pytest.param(everybody({**NAMED, "vary": None}), {"cors-vary"}, id="an-echo-that-caches-mix-up"),
    pytest.param(everybody({**NAMED, "vary": "accept"}), {"cors-vary"}, id="an-echo-that-varies-by-something-else"),
    pytest.param(everybody({**NAMED, "vary": "*"}), set(), id="an-echo-that-nothing-keeps"),
    pytest.param(everybody(NAMED, private=True), {"cors-private-reflected"}, id="an-echo-of-what-is-personal"),
    pytest.param(everybody({}, private=True), {"cors-private-wildcard"}, id="a-star-for-what-is-personal"),
    pytest.param(
        everybody({"access-control-allow-credentials": "true"}),
        {"cors-wildcard-credentials"},
        id="a-star-with-credentials",
    ),
    pytest.param(
        everybody({"access-control-allow-origin": "http://localhost:3000"}), {"cors-plain-origin"}, id="a-plain-origin"
    ),
    pytest.param(
        (probe(Stranger.FOREIGN, WITH_CREDENTIALS, method="OPTIONS"), probe(Stranger.FOREIGN, SILENT)),
        {"cors-reflected-credentials"},
        id="only-the-preflight-says-yes",
    ),
    pytest.param(
        (probe(Stranger.FOREIGN, {**NAMED, "vary": None}, method="OPTIONS"),), set(), id="preflights-need-no-vary"
    ),
]


@pytest.mark.parametrize(("probes", "expected"), CASES)
def test_what_strangers_get_decides(probes: tuple[Probe, ...], expected: set[str]) -> None:
    assert told(*probes) == expected


@pytest.mark.parametrize(
    "value",
    [
        "https://a.example, https://b.example",
        ("https://a.example", "https://b.example"),
        ("*", "*"),
        "https://*.example.com",
        "https://a.example/",
        "a.example",
        "all",
        "",
    ],
)
def test_a_value_that_is_no_single_origin_matches_nobody(value: Lines) -> None:
    assert rules(surface(answer({"access-control-allow-origin": value}))) == {"cors-malformed"}


@pytest.mark.parametrize(
    ("value", "expected"), [("True", {"cors-malformed"}), ("yes", {"cors-malformed"}), ("false", set())]
)
def test_credentials_are_true_in_lower_case_or_nothing(value: str, expected: set[str]) -> None:
    fields: dict[str, Lines] = {
        "access-control-allow-origin": "https://a.example",
        "access-control-allow-credentials": value,
    }
    assert rules(surface(answer(fields))) == expected


def test_a_preflight_that_is_refused_is_no_yes() -> None:
    refused = answer({"access-control-allow-origin": ORIGINS[Stranger.FOREIGN]}, status=403)
    served = Served(url=PAGE, kind=Kind.PAGE, answer=refused)
    asked = Probe(stranger=Stranger.FOREIGN, origin=ORIGINS[Stranger.FOREIGN], method="OPTIONS", served=served)
    assert told(asked) == set()


def test_each_address_is_told_once_and_says_who_was_let_in() -> None:
    judged = headers.sharing(Surface(probes=everybody(WITH_CREDENTIALS)))
    assert [(finding.where, finding.got) for finding in judged] == [
        (PAGE, "https://foreign.example: access-control-allow-origin: https://foreign.example, with credentials")
    ]
