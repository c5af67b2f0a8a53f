"""How long the client goes on asking, by its own patience and by what the platform says."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest

from prodworthy.hosting import manners
from prodworthy.hosting.errors import HostingError, Throttled, Unavailable
from prodworthy.hosting.patience import Patience
from tests.hosting.answering import PROJECT, Platform, Said, Time, asking, item, page, says

READ = "GET /v9/projects/prj_1"
NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
DATE = "Thu, 01 Jan 2026 12:00:00 GMT"
RESET = int(NOW.timestamp())


def test_waits_grow_up_to_the_longest() -> None:
    assert list(Patience(attempts=5, first=0.5, growth=2, longest=3).waits()) == [0.5, 1.0, 2.0, 3.0]
    assert list(Patience(attempts=1).waits()) == []
    assert list(Patience(attempts=3, first=5, longest=1).waits()) == [1.0, 1.0]
    endless = Patience(attempts=None, first=0.25, growth=2, longest=1).waits()
    assert list(itertools.islice(endless, 5)) == [0.25, 0.5, 1.0, 1.0, 1.0]


def test_chance_makes_a_wait_longer_never_shorter() -> None:
    assert Patience(jitter=0.5, chance=lambda: 0.0).varied(2.0) == 2.0
    assert Patience(jitter=0.5, chance=lambda: 0.5).varied(2.0) == 2.5


def test_a_read_that_fails_is_asked_four_times_with_growing_waits() -> None:
    time = Time()
    with pytest.raises(Unavailable):
        asking(Platform().lay(READ, Said(503)), time).project()
    assert time.slept == [0.25, 0.75, 2.25]


@pytest.mark.parametrize(
    ("headers", "slept"),
    [
        pytest.param({"retry-after": "7"}, [7.0], id="seconds"),
        pytest.param({"retry-after": "0"}, [0.25], id="at-once-is-not-sooner-than-our-own-wait"),
        pytest.param({"retry-after": "Thu, 01 Jan 2026 12:00:09 GMT", "date": DATE}, [9.0], id="http-date"),
        pytest.param(
            {"retry-after": "Thu, 01 Jan 2026 11:00:00 GMT", "date": DATE}, [0.25], id="http-date-that-is-past"
        ),
        pytest.param({"x-ratelimit-reset": str(RESET + 5), "date": DATE}, [5.0], id="reset"),
        pytest.param({"retry-after": "soon"}, [1.0], id="not-understood"),
        pytest.param({"retry-after": "-5"}, [1.0], id="negative"),
        pytest.param({}, [1.0], id="not-said"),
    ],
)
def test_a_throttled_read_waits_as_long_as_the_platform_says(headers: dict[str, str], slept: list[float]) -> None:
    time = Time()
    platform = Platform().lay(READ, Said(429, b"", headers), says(PROJECT))
    asking(platform, time).project()
    assert time.slept == pytest.approx(slept)


@pytest.mark.parametrize("wait", [45, 90])
@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_longer_than_our_patience_is_handed_to_the_caller(status: int, wait: int) -> None:
    time = Time()
    platform = Platform().lay(READ, Said(status, b"", {"retry-after": str(wait)}))
    with pytest.raises((Throttled, Unavailable)) as caught:
        asking(platform, time).project()
    assert caught.value.retry_after == wait
    assert time.slept == []


def test_a_platform_that_asks_for_little_gets_our_own_longer_wait() -> None:
    time = Time()
    with pytest.raises(Unavailable):
        asking(Platform().lay(READ, Said(503, b"", {"retry-after": "1"})), time).project()
    assert time.slept == [1.0, 1.0, 2.25]


def test_no_attempt_begins_when_the_time_is_up() -> None:
    time = Time()
    platform = Platform().lay(READ, Said(429, b"", {"retry-after": "25"}))
    with pytest.raises(Throttled):
        asking(platform, time).project()
    assert time.slept == [25.0, 25.0]  # a third wait would end after 75 of 60 seconds


def test_a_reset_in_the_body_counts_where_no_header_says_it() -> None:
    body = {"error": {"code": "rate_limited", "message": "…", "limit": {"reset": RESET + 4, "remaining": 0}}}
    time = Time()
    asking(Platform().lay(READ, says(body, 429, date=DATE), says(PROJECT)), time).project()
    assert time.slept == [4.0]


def test_a_post_that_is_throttled_says_for_how_long() -> None:
    platform = Platform().lay("POST /v10/projects/prj_1/promote/dpl_A", Said(429, b"", {"retry-after": "3"}))
    time = Time()
    with pytest.raises(Throttled) as caught:
        asking(platform, time).promote("dpl_A")
    assert caught.value.retry_after == 3.0
    assert time.slept == []


HOSTILE: list[Any] = [
    "9" * 400, "1e9", "inf", "nan", "٣", "Thu, 99 Foo 99999999 99:99:99 GMT", "\x00", "1 Jan 0001 00:00:00 +2359", ",",
]  # fmt: skip


@pytest.mark.parametrize("said", HOSTILE)
def test_nonsense_in_the_header_fields_is_not_said(said: str) -> None:
    for name in ("retry-after", "x-ratelimit-reset", "date"):
        wait = manners.retry_after({name: said}, {"limit": {"reset": said}}, NOW)
        assert wait is None or 0 <= wait <= manners.LONGEST
    fields = {"x-ratelimit-remaining": said, "x-ratelimit-limit": said, "x-ratelimit-reset": said}
    assert manners.pause(fields, NOW) == 0.0


def test_nobody_waits_for_ever() -> None:
    assert manners.retry_after({"retry-after": "999999999"}, {}, NOW) == manners.LONGEST
    assert manners.retry_after({"x-ratelimit-reset": "9999999999"}, {}, NOW) == manners.LONGEST


def fields(remaining: int, seconds: int, limit: int = 500) -> dict[str, str]:
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": str(RESET + seconds),
        "date": DATE,
    }


@pytest.mark.parametrize(
    ("remaining", "seconds", "slept"),
    [
        pytest.param(400, 60, [], id="plenty-left"),
        pytest.param(26, 60, [], id="more-than-a-twentieth-left"),
        pytest.param(24, 20, [0.8], id="few-left-are-spread-over-the-time"),
        pytest.param(0, 60, [2.0], id="none-left-waits-two-seconds-at-most"),
        pytest.param(0, -5, [], id="the-reset-has-passed"),
    ],
)
def test_reads_slow_down_when_few_are_left(remaining: int, seconds: int, slept: list[float]) -> None:
    time = Time()
    host = asking(Platform().lay(READ, Said(200, says(PROJECT).content, fields(remaining, seconds))), time)
    host.project()
    assert time.slept == []
    host.project()
    assert time.slept == pytest.approx(slept)


def test_calls_of_another_kind_and_the_two_posts_do_not_slow_down() -> None:
    time = Time()
    platform = Platform().lay(READ, Said(200, says(PROJECT).content, fields(0, 60)))
    platform.lay("GET /v7/deployments", page(item())).lay("POST /v10/projects/prj_1/promote/dpl_A", Said(201))
    host = asking(platform, time)
    host.project()
    host.deployments()
    host.promote("dpl_A")
    assert time.slept == []


def test_an_error_that_is_worth_no_repetition_ends_at_once() -> None:
    time = Time()
    with pytest.raises(HostingError):
        asking(Platform().lay(READ, Said(403)), time).project()
    assert time.slept == []
