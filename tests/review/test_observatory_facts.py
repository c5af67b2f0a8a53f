"""The 204 published facts: what a test of the Observatory was given, and the result code it came back with."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from prodworthy.review.observatory import grading
from prodworthy.review.observatory.visit import Kept, Lines, Script, Visit

FACTS = json.loads((Path(__file__).parents[1] / "oracles" / "observatory" / "facts.json").read_text())
VERSIONS = {"1.4.8": (4,), "main 2026-08-20": (5, 6)}  # 6 is 5 with two tests more
ONLY_IN_6 = {"cross-origin-opener-policy", "cross-origin-embedder-policy"}


def lines(headers: dict[str, list[str]]) -> Lines:
    return tuple((name, value) for name, values in headers.items() for value in values)


def visit(given: dict[str, Any]) -> Visit:
    """A visit that shows what the fact's test was given."""
    fields = lines(given.get("headers", {}))
    url = given.get("url", "https://mozilla.org/")
    if "content_type" in given:
        fields += (("content-type", given["content_type"]),)
    cookies = tuple(
        Kept(name=each["name"], secure=each["secure"], http_only=each["httpOnly"], same_site=each["sameSite"])
        for each in given.get("cookies", [])
    )
    route = tuple(address for address, _ in given["redirects"]) if given.get("http_reachable") else None
    return Visit(
        host=given.get("host", "mozilla.org"),
        url=url,
        fields=fields,
        https=given.get("https_reachable", True),
        trusted=given.get("tls_verified") is not False,
        policies=tuple(given.get("in_page", {}).get("content-security-policy", [])),
        referrers=tuple(given.get("in_page", {}).get("referrer-policy", [])),
        scripts=tuple(
            Script(src=each["src"], integrity=each.get("integrity", "")) for each in given.get("scripts", [])
        ),
        cookies=cookies,
        preflight=fields if "request_origin" in given else None,
        origin=given.get("request_origin") or "",
        route=route,
        route_trusted=given.get("tls_verified") is not False,
    )


@pytest.mark.parametrize("fact", FACTS["cases"], ids=lambda fact: fact["id"])
def test_a_published_fact_is_met_in_every_version_that_it_is_true_of(fact: dict[str, Any]) -> None:
    asked = [version for name in fact["in"] for version in VERSIONS[name]]
    versions = [version for version in asked if version >= 6 or fact["test"] not in ONLY_IN_6]
    assert versions
    for version in versions:
        result = grading.results(visit(fact["given"]), version)[fact["test"]]
        assert (version, result) == (version, fact["expect"]["result"])
        assert grading.passed(result) is fact["expect"]["pass"]
        assert grading.modifier(result, version) == fact["modifier"][f"v{version}"]


def test_there_are_204_facts_about_all_twelve_tests() -> None:
    counts = Counter(fact["test"] for fact in FACTS["cases"])
    assert counts.total() == 204
    assert set(counts) == set(grading.results(Visit(host="a.test", url="https://a.test/"), version=6))


@pytest.mark.parametrize("version", [4, 5, 6])
def test_every_result_has_the_points_that_the_version_gives(version: int) -> None:
    published = {result: points[f"v{version}"] for result, points in FACTS["scoring"]["modifiers"].items()}
    known = {result: points for result, points in published.items() if points is not None}
    assert {result: grading.modifier(result, version) for result in known} == known


def test_every_score_has_the_published_letter() -> None:
    for floor, letter in FACTS["scoring"]["grades"]:
        assert grading.letter(floor) == letter
    assert [grading.letter(score) for score in (145, 101, 99, 24, 3)] == ["A+", "A+", "A", "F", "F"]
    assert (FACTS["scoring"]["base"], FACTS["scoring"]["bonus_needs"]) == (grading.BASE, grading.WORTHY_OF_BONUS)
