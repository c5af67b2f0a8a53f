"""From what was seen of a root to its grade, and the two rules about it; plain data, no network."""

from __future__ import annotations

from dataclasses import replace

import pytest

from prodworthy.model import Answer, Cause, Exchange, Failure
from prodworthy.model.arrival import Arrival, Graded
from prodworthy.model.standing import Before, Grade, Standing
from prodworthy.model.surface import Surface
from prodworthy.review import headers
from prodworthy.review.observatory import grading, preload
from prodworthy.review.observatory.seen import jar
from prodworthy.review.observatory.visit import Kept, Visit

URL = "https://shop.test/"
STRICT = (
    ("content-type", "text/html; charset=utf-8"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("strict-transport-security", "max-age=63072000"),
    ("x-content-type-options", "nosniff"),
)
PAGE = Answer(status=200, http="HTTP/2", fields=STRICT, body=b"<!doctype html><title>Shop</title>")
MOVED = Answer(status=308, http="HTTP/1.1", fields=(("location", URL),))


def asked(url: str, answer: Answer | None = None, **rest: object) -> Exchange:
    return Exchange(method="GET", url=url, purpose="the root", answer=answer, **rest)  # type: ignore[arg-type]


def arrived(page: Answer | None = PAGE, **rest: object) -> Surface:
    way = (asked(URL, page),)
    plain = (asked("http://shop.test/", MOVED), *way)
    return Surface(arrival=Arrival(**{"way": way, "plain": plain, **rest}))  # type: ignore[arg-type]


def told(surface: Surface) -> Grade:
    grade = headers.grade(surface)
    assert grade is not None
    return grade


def test_a_strict_page_gets_points_beyond_a_hundred() -> None:
    assert (told(arrived()).score, told(arrived()).letter) == (115, "A+")


def test_points_are_added_only_where_ninety_are_left() -> None:
    thin = replace(PAGE, fields=STRICT[:1] + STRICT[2:3])  # no policy, no framing, no nosniff
    assert (told(arrived(thin)).score, told(arrived(thin)).letter) == (100 - 25 - 20 - 5, "C")


def test_a_score_never_falls_below_zero() -> None:
    worst = {
        "cookies": "cookies-session-without-secure-flag",
        "sri": "sri-not-implemented-and-external-scripts-not-loaded-securely",
        "cors": "cross-origin-resource-sharing-implemented-with-universal-access",
    }
    assert (grading.graded(worst).score, grading.graded(worst).letter) == (0, "F")


def test_the_opener_policy_counts_from_version_6_on() -> None:
    visit = Visit(host="shop.test", url=URL, fields=(*STRICT, ("cross-origin-opener-policy", "same-origin")))
    scores = {version: grading.graded(grading.results(visit, version), version).score for version in (4, 5, 6)}
    assert scores[6] == scores[5] + 10 == scores[4] + 10


def test_a_comma_separates_policies_from_version_5_on() -> None:
    fields = (("content-security-policy", "default-src 'none', default-src 'none'; img-src 'self'"),)
    visit = Visit(host="shop.test", url=URL, fields=fields)
    results = [grading.results(visit, version)["content-security-policy"] for version in (4, 5)]
    assert results == ["csp-implemented-with-no-unsafe", "csp-implemented-with-no-unsafe-default-src-none"]


@pytest.mark.parametrize(
    ("plain", "result"),
    [
        pytest.param((asked("http://shop.test/", MOVED), asked(URL, PAGE)), "redirection-to-https", id="moved"),
        pytest.param((asked("http://shop.test/", PAGE),), "redirection-missing", id="stays"),
        pytest.param((asked("http://shop.test/", MOVED),), "redirection-to-https", id="not-followed"),
        pytest.param((), "redirection-not-needed-no-http", id="not-asked"),
        pytest.param(
            (asked("http://shop.test/", failure=Failure(cause=Cause.NETWORK, text="nothing listens")),),
            "redirection-not-needed-no-http",
            id="closed",
        ),
        pytest.param(
            (
                asked("http://shop.test/", MOVED),
                asked(URL, failure=Failure(cause=Cause.CERTIFICATE, text="expired")),
            ),
            "redirection-invalid-cert",
            id="untrusted",
        ),
    ],
)
def test_where_plain_http_leads_is_one_of_the_results(plain: tuple[Exchange, ...], result: str) -> None:
    assert told(arrived(plain=plain)).results["redirection"] == result


@pytest.mark.parametrize(
    ("status", "result"), [(204, "universal-access"), (200, "universal-access"), (405, None), (308, None)]
)
def test_an_answer_to_a_preflight_counts_only_as_a_2xx(status: int, result: str | None) -> None:
    fields = (("access-control-allow-origin", "https://x.example"), ("access-control-allow-credentials", "true"))
    answer = Answer(status=status, http="HTTP/2", fields=fields)
    preflight = asked(URL, answer, sent=(("origin", "https://x.example"),))
    code = told(arrived(preflight=preflight)).results["cross-origin-resource-sharing"]
    assert code.endswith(f"implemented-with-{result}" if result else "not-implemented")


@pytest.mark.parametrize(
    ("surface", "why"),
    [
        pytest.param(Surface(), "the root was not looked at", id="not-looked-at"),
        pytest.param(arrived(None), "the page at the root was not seen", id="not-seen"),
        pytest.param(arrived(replace(PAGE, status=404)), f"{URL} answers with status 404", id="404"),
        pytest.param(
            arrived(replace(MOVED, fields=(("location", "https://else.example/"),))),
            "the root leads to https://else.example/, which is not followed",
            id="leads-away",
        ),
    ],
)
def test_there_is_no_grade_without_a_page(surface: Surface, why: str) -> None:
    graded = headers.graded(surface)
    assert (graded.grade, graded.why) == (None, why)
    assert graded.measured == ()


@pytest.mark.parametrize("status", [401, 403, 203])
def test_a_refusal_is_graded_as_a_page(status: int) -> None:
    assert told(arrived(replace(PAGE, status=status))).letter == "A+"


def test_the_score_is_shown_as_a_measurement() -> None:
    (shown,) = headers.graded(arrived()).measured
    assert f"{shown.what}: {shown}" == "MDN Observatory grade A+: 115 of 100"


def test_what_could_not_be_seen_is_a_gap_of_the_grade() -> None:
    lost = Failure(cause=Cause.NETWORK, text="reset")
    assert [gap.why for gap in headers.graded(arrived(preflight=asked(URL, failure=lost))).gaps] == ["reset"]
    assert headers.graded(arrived()).gaps == ()


# the rules

THIN = Graded(url=URL, grade=Grade(score=80, letter="B+", results={"redirection": "redirection-missing"}))
NONE = Graded(url=URL, grade=None, why="it answers with status 404")


@pytest.mark.parametrize(
    ("graded", "least", "got"),
    [
        pytest.param(THIN, "B+", [], id="as-demanded"),
        pytest.param(THIN, "F", [], id="better"),
        pytest.param(THIN, "A-", ["B+ (80 of 100): redirection-missing -20"], id="worse"),
        pytest.param(NONE, "F", ["no grade: it answers with status 404"], id="none"),
    ],
)
def test_a_grade_below_the_one_demanded_is_found(graded: Graded, least: str, got: list[str]) -> None:
    assert [finding.got for finding in headers.grade_below((graded, least))] == got


def test_a_page_that_could_not_be_seen_is_no_finding() -> None:
    unseen = arrived(None, way=(asked(URL, failure=Failure(cause=Cause.NETWORK, text="reset")),))
    assert headers.grade_below((headers.graded(unseen), "A+")) == []


def saved(letter: str, **results: str) -> Before[Surface]:
    return Before(source="before.json", saved=Standing(grade=Grade(score=100, letter=letter, results=results)))


def test_a_grade_worse_than_the_saved_one_names_what_changed() -> None:
    (finding,) = headers.grade_worse((THIN, saved("A+", redirection="redirection-to-https", old="gone-code")))
    assert finding.wanted == "A+ (100 of 100), as before.json has it, or better"
    assert finding.got == "B+ (80 of 100): redirection-missing instead of redirection-to-https -20"


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(saved("B+"), id="the-same"),
        pytest.param(saved("D"), id="better-now"),
        pytest.param(saved("excellent"), id="not-a-letter"),
        pytest.param(Before(source="before.json", saved=Standing()), id="nothing-saved"),
        pytest.param(Before(source="live", evidence=Surface()), id="nothing-seen"),
    ],
)
def test_nothing_is_found_where_the_grade_is_no_worse(before: Before[Surface]) -> None:
    assert headers.grade_worse((THIN, before)) == []


def test_a_release_is_held_against_what_is_live() -> None:
    (finding,) = headers.grade_worse((THIN, Before(source="live", evidence=arrived())))
    assert finding.wanted == "A+ (115 of 100), as live has it, or better"


# what the method keeps of cookies

HERE = "https://www.shop.test/a/b"


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("a=1", True),
        ("__Host-a=1; Secure; Path=/", True),
        ("__Host-a=1; Secure", False),  # the default path here is /a
        ("__Host-a=1; Secure; Path=/; Domain=www.shop.test", False),
        ("__Host-a=1; Path=/", False),
        ("__Secure-a=1", False),
        ("a=1; Domain=shop.test", True),
        ("a=1; Domain=.www.shop.test", True),
        ("a=1; Domain=other.test", False),
        ("a=1; Domain=test", False),
        ("a=; Max-Age=0", True),
        ("=1", False),
        ("alone", False),
    ],
)
def test_a_cookie_is_kept_or_not(line: str, *, kept: bool) -> None:
    assert bool(jar([(HERE, line)])) is kept


def test_a_later_cookie_of_the_same_name_domain_and_path_replaces_an_earlier_one() -> None:
    lines = [(HERE, "a=1; Path=/"), (HERE, "a=2; Path=/; Secure"), (HERE, "a=3; Path=/b")]
    assert jar(lines) == (Kept(name="a", secure=True), Kept(name="a"))


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("shop.app", True),
        ("shop-git-main.vercel.app", True),
        ("www.cloudflare.com", True),
        ("shop.test", False),
        ("127.0.0.1", False),
        ("", False),
        ("bücher.example", False),
        ("a..b", False),
    ],
)
def test_the_preload_list_is_asked_for_hosts_and_their_parents(host: str, *, known: bool) -> None:
    assert preload.is_preloaded(host) is known
