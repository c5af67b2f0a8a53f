"""How findings are shown: once each, with all their places."""

from __future__ import annotations

from dataclasses import replace

from prodworthy.model import Finding, Severity
from prodworthy.reporting.grouping import PLACES, grouped

FINDING = Finding(
    rule="headers.csp-missing", where="/", wanted="a policy", got="none", remedy="add one", severity=Severity.HIGH
)


def at(*places: str, **changes: str) -> list[Finding]:
    return [replace(FINDING, where=place, **changes) for place in places]


def test_findings_that_say_the_same_are_shown_once_with_all_their_places() -> None:
    (group,) = grouped(at("/", "/about"))
    assert (group.finding, group.where) == (FINDING, ("/", "/about"))


def test_findings_that_differ_stay_apart() -> None:
    assert len(grouped([*at("/"), *at("/", got="a broken one"), *at("/about")])) == 2


def test_many_places_are_cut_short() -> None:
    (group,) = grouped(at(*map(str, range(PLACES + 3))))
    assert len(group.places) == PLACES + 3
    assert group.where[-1] == "and 3 more"
