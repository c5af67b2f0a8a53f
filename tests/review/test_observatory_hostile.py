"""Whatever a target sends, the method comes to a result that it knows, and soon."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodworthy.model import Answer, Exchange
from prodworthy.model.arrival import Arrival
from prodworthy.model.surface import Surface
from prodworthy.review import headers
from prodworthy.review.observatory import grading, policy
from prodworthy.review.observatory.seen import jar

FIELDS = (
    "content-security-policy",
    "content-security-policy-report-only",
    "content-type",
    "strict-transport-security",
    "x-frame-options",
    "x-content-type-options",
    "referrer-policy",
    "cross-origin-resource-policy",
    "cross-origin-opener-policy",
    "set-cookie",
    "location",
)
PIECES = (
    *("default-src", "script-src", "'none'", "'self'", "'nonce-", "https:", "http://[", "%zz", "%ff", "*", ",", ";"),
    *("=", '"', "max-age=", "99999999999999999999", "samesite", "domain=", "..", "path", "__Host-a", "deny", "é"),
    *("text/html", "\ufeff", "<meta name=referrer content=", "<meta http-equiv=content-security-policy content='"),
    *("<script src=", "<base href=//[", ">"),
)
TEXT = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map(" ".join) | st.text(max_size=40)
LINES = st.lists(st.tuples(st.sampled_from(FIELDS), TEXT), max_size=8)


@settings(deadline=None)
@given(
    lines=LINES,
    preflight=LINES,
    body=TEXT,
    status=st.sampled_from([200, 204, 302, 401]),
    version=st.sampled_from([4, 5, 6]),
)
def test_any_answer_has_a_grade_or_a_reason(
    lines: list[tuple[str, str]], preflight: list[tuple[str, str]], body: str, status: int, version: int
) -> None:
    page = Answer(status=status, http="HTTP/2", fields=tuple(lines), body=body.encode("utf-8", "replace"))
    way = (Exchange(method="GET", url="https://shop.test/", purpose="", answer=page),)
    plain = (Exchange(method="GET", url="http://shop.test/", purpose="", answer=page),)
    allowed = Answer(status=204, http="HTTP/2", fields=tuple(preflight))
    probe = Exchange(method="OPTIONS", url="https://shop.test/", purpose="", answer=allowed)
    surface = Surface(arrival=Arrival(way=way, plain=plain, preflight=probe))
    graded = headers.graded(surface, version)
    if graded.grade is None:
        assert graded.why
    else:
        assert all(map(grading.is_known, graded.grade.results.values()))
        assert 0 <= graded.grade.score <= 145
        assert graded.grade.letter in grading.RANKS


@settings(deadline=None)
@given(line=TEXT, host=st.sampled_from(["shop.test", "127.0.0.1", "localhost", "shop.vercel.app", "[::1]"]))
def test_any_cookie_is_kept_or_not(line: str, host: str) -> None:
    assert len(jar([(f"https://{host}/", line)])) <= 1


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("default-src " + "https://a.example/b " * 50_000, id="long-list"),
        pytest.param("; ".join(f"x{number} y" for number in range(50_000)), id="many-directives"),
        pytest.param("," * 100_000, id="many-policies"),
        pytest.param("default-src " + "a" * 1_000_000, id="long-word"),
        pytest.param("default-src " + "/" * 200_000, id="many-slashes"),
    ],
)
def test_a_huge_policy_is_read_to_its_end(text: str) -> None:
    for policies in ([text], [text, text]):
        try:
            directives, _ = policy.parsed(policies)
        except policy.Invalid:
            continue
        assert directives
