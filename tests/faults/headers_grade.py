"""Faults of the grade: each costs points of the MDN Observatory's, and breaks no other rule of the headers check."""

from __future__ import annotations

import json
from typing import Any

from tests.faults.breaks import Break, answer, expects, plain, write
from tests.faults.catalogue import Fault

ROOT = r"^https://storefront\.test/$"
ORIGIN = [["access-control-allow-origin", "{origin}"], ["access-control-allow-credentials", "true"]]
ELSEWHERE = [["location", "https://elsewhere.example/"]]


def before(name: str, letter: str, score: int, **results: str) -> tuple[Break, Break]:
    """A release that got this, as an earlier run saved it."""
    standing: dict[str, Any] = {"grade": {"letter": letter, "score": score, "results": results}}
    return (
        write("before.json", json.dumps({"standing": standing})),
        expects(baseline=f"{name}/before.json"),
    )


def demanding(letter: str, **table: Any) -> Break:
    return expects(headers={"grade": letter}, **table)


def below(name: str, got: str, *breaks: Break) -> Fault:
    return Fault(name=name, rule="headers.grade-below", where=ROOT, got=got, breaks=breaks)


GRADE = (
    below(
        "grade-lost-to-plain-http", r"^B\+ \(80 of 100\): redirection-missing -20$", demanding("A"), plain(serves=True)
    ),
    below(
        "grade-lost-to-an-echoed-origin",
        r"^C \(50 of 100\): .*with-universal-access -50$",
        demanding("C+"),
        answer(path="/", method="OPTIONS", status=204, body="", without=["access-control-allow-origin"], fields=ORIGIN),
    ),
    below(
        "grade-of-a-root-that-is-gone",
        "^no grade: https://storefront.test/ answers with status 404$",
        demanding("B", pages=["/about"]),
        answer(path="/", secure=True, status=404),
    ),
    below(
        "grade-of-a-root-that-leads-away",
        "^no grade: the root leads to https://elsewhere.example/, which is not followed$",
        demanding("F", pages=["/about"]),
        answer(path="/", secure=True, status=308, fields=ELSEWHERE),
    ),
    Fault(
        name="grade-worse-than-before",
        rule="headers.grade-worse",
        where=ROOT,
        got=r"^B\+ \(80 of 100\): redirection-missing instead of redirection-to-https -20$",
        breaks=(plain(serves=True), *before("grade-worse-than-before", "A+", 130, redirection="redirection-to-https")),
    ),
)
