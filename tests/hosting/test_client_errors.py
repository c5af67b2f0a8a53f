"""What the client makes of every way in which a call can end, for reads and for the two POSTs."""

from __future__ import annotations

import gzip
import json

import httpx
import pytest

from prodworthy.hosting.errors import (
    HostingError,
    NotSent,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unavailable,
    Unintelligible,
)
from prodworthy.hosting.host import Host
from tests.hosting.answering import PROJECT, Answer, Platform, Said, Time, asking, refuses, says

ROLLBACK = "POST /v1/projects/prj_1/rollback/dpl_A"
PROMOTE = "POST /v10/projects/prj_1/promote/dpl_A"
READ = "GET /v9/projects/prj_1"

DEEP = Said(200, b"[" * 200_000)
HUGE = Said(200, b'{"id": "' + b"x" * (17 * 2**20) + b'"}')
BROTLI = Said(200, b"x", {"content-encoding": "br"})
ELSEWHERE = Said(307, b"", {"location": "https://evil.test/"})
BOMB = Said(200, gzip.compress(b" " * (64 * 2**20)), {"content-encoding": "gzip"})


def roll_back(host: Host) -> object:
    return host.rollback("dpl_A", reason="smoke failed")


ENDS = [
    pytest.param(httpx.ConnectError("refused"), NotSent, id="connection-refused-is-not-sent"),
    pytest.param(httpx.ConnectTimeout("slow"), NotSent, id="connection-timeout-is-not-sent"),
    pytest.param(httpx.PoolTimeout("full"), NotSent, id="no-free-connection-is-not-sent"),
    pytest.param(httpx.ProxyError("407"), NotSent, id="a-proxy-that-refuses-is-not-sent"),
    pytest.param(httpx.ReadTimeout("slow"), OutcomeUnknown, id="read-timeout-is-unknown"),
    pytest.param(httpx.ReadError("reset"), OutcomeUnknown, id="reset-is-unknown"),
    pytest.param(httpx.WriteError("reset"), OutcomeUnknown, id="write-error-is-unknown"),
    pytest.param(httpx.WriteTimeout("slow"), OutcomeUnknown, id="write-timeout-is-unknown"),
    pytest.param(httpx.RemoteProtocolError("no HTTP"), OutcomeUnknown, id="no-http-is-unknown"),
    pytest.param(RuntimeError("a library's own fault"), OutcomeUnknown, id="a-library's-fault-is-unknown"),
    pytest.param(refuses(429, "rate_limited"), Throttled, id="429-is-throttled"),
    pytest.param(refuses(500, "internal_server_error"), Unavailable, id="500-is-unavailable"),
    pytest.param(Said(502, b"<h1>Bad gateway</h1>"), Unavailable, id="502-html-is-unavailable"),
    pytest.param(Said(599), Unavailable, id="599-empty-is-unavailable"),
    pytest.param(refuses(400, "bad_request"), Rejected, id="400-is-rejected"),
    pytest.param(refuses(402), Rejected, id="402-is-rejected"),
    pytest.param(refuses(403, "forbidden"), Rejected, id="403-is-rejected"),
    pytest.param(refuses(404), Rejected, id="404-is-rejected"),
    pytest.param(says({"err": {"message": "x"}}, 409), Rejected, id="409-without-a-code-is-rejected"),
    pytest.param(refuses(408, "timeout", "too late"), OutcomeUnknown, id="408-is-unknown"),
    pytest.param(Said(425), OutcomeUnknown, id="425-is-unknown"),
    pytest.param(Said(499), OutcomeUnknown, id="499-is-unknown"),
    pytest.param(refuses(410), Rejected, id="410-is-rejected"),
    pytest.param(refuses(422), Rejected, id="422-is-rejected"),
    pytest.param(ELSEWHERE, Unintelligible, id="307-not-followed"),
    pytest.param(Said(304), Unintelligible, id="304-is-unintelligible"),
    pytest.param(HUGE, Unintelligible, id="17-megabytes-are-not-read"),
    pytest.param(BOMB, Unintelligible, id="a-gzip-bomb-is-not-unpacked"),
    pytest.param(BROTLI, Unintelligible, id="brotli-is-not-asked-for"),
]


@pytest.mark.parametrize(("answer", "kind"), ENDS)
@pytest.mark.parametrize("call", [ROLLBACK, PROMOTE])
def test_a_post_is_sent_once_whatever_comes_of_it(answer: Answer, kind: type[HostingError], call: str) -> None:
    platform, time = Platform().lay(call, answer), Time()
    with asking(platform, time) as host, pytest.raises(kind) as caught:
        roll_back(host) if call == ROLLBACK else host.promote("dpl_A")
    assert type(caught.value) is kind
    assert platform.asked == [call]
    assert time.slept == []
    assert caught.value.changing
    assert str(caught.value).startswith(call)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Said(403), id="empty"),
        pytest.param(Said(404, b"<h1>Not found</h1>"), id="html"),
        pytest.param(says({"message": "Forbidden"}, 403), id="a-gateway's-json"),
        pytest.param(says({"error": "conflict"}, 409), id="a-text-for-an-error"),
        pytest.param(says({"error": {"reason": "x"}}, 400), id="an-error-of-another-shape"),
        pytest.param(says(["no"], 422), id="a-list"),
    ],
)
@pytest.mark.parametrize("call", [ROLLBACK, PROMOTE])
def test_what_is_no_refusal_of_the_apis_own_does_not_say_that_nothing_was_done(answer: Said, call: str) -> None:
    """Something in between may have answered in its place, after it was passed on."""
    platform = Platform().lay(call, answer).lay(READ, answer)
    with asking(platform) as host:
        with pytest.raises(OutcomeUnknown, match="not the API's own refusal"):
            roll_back(host) if call == ROLLBACK else host.promote("dpl_A")
        with pytest.raises(Rejected):
            host.project()
    assert len(platform.asked) == 2


@pytest.mark.parametrize(("answer", "kind"), ENDS)
def test_a_read_is_repeated_unless_it_was_refused_for_good(answer: Answer, kind: type[HostingError]) -> None:
    platform = Platform().lay(READ, answer)
    with pytest.raises(kind) as caught:
        asking(platform).project()
    assert len(platform.asked) == (1 if kind is Rejected else 4)
    assert not caught.value.changing


@pytest.mark.parametrize(("answer", "kind"), ENDS)
def test_a_read_goes_on_when_the_second_attempt_gets_through(answer: Answer, kind: type[HostingError]) -> None:
    if kind is Rejected:
        return
    platform = Platform().lay(READ, answer, says(PROJECT))
    assert asking(platform).project().current == "dpl_B"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Said(200), id="empty"),
        pytest.param(Said(200, b" \n"), id="blank"),
        pytest.param(Said(200, b"<!doctype html><title>Sign in</title>"), id="html"),
        pytest.param(Said(200, b'{"id": "prj_1"'), id="cut-off"),
        pytest.param(Said(200, b"\xff\xfe\x00"), id="no-text"),
        pytest.param(Said(200, b"null"), id="null"),
        pytest.param(Said(200, b"[1]"), id="a-list"),
        pytest.param(Said(200, b'"prj_1"'), id="a-string"),
        pytest.param(Said(200, b'{"a":' + b"9" * 5000 + b"}"), id="a-number-of-5000-digits"),
        pytest.param(DEEP, id="200000-deep"),
        pytest.param(Said(200, b"{}", {"content-encoding": "gzip"}), id="gzip-that-is-none"),
        pytest.param(says({}), id="an-object-without-anything"),
        pytest.param(says({"id": 7, "targets": "x"}), id="wrong-types"),
    ],
)
def test_an_answer_that_is_no_project_is_unintelligible(answer: Said) -> None:
    with pytest.raises(Unintelligible, match=r"^GET /v9/projects/prj_1: ") as caught:
        asking(Platform().lay(READ, answer)).project()
    assert caught.value.call == "GET /v9/projects/prj_1"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Said(201), id="201-empty"),
        pytest.param(says({}, 201), id="201-object"),
        pytest.param(Said(201, b"<p>done</p>"), id="201-html"),
        pytest.param(Said(200), id="200"),
        pytest.param(Said(204), id="204"),
    ],
)
def test_an_accepted_request_needs_no_body(answer: Said) -> None:
    host = asking(Platform().lay(ROLLBACK, answer).lay(PROMOTE, answer))
    assert not host.rollback("dpl_A", reason="x").queued
    assert not host.promote("dpl_A").queued


def test_a_promotion_behind_a_rolling_release_is_queued() -> None:
    assert asking(Platform().lay(PROMOTE, Said(202))).promote("dpl_A").queued


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        pytest.param({"error": {"code": "not_found", "message": "No."}}, "not_found", "No.", id="error"),
        pytest.param({"err": {"code": "not_found", "message": "No."}}, "not_found", "No.", id="err"),
        pytest.param({"code": "not_found", "message": "No."}, "not_found", "No.", id="bare"),
        pytest.param({"error": None, "err": {"code": "gone"}}, "gone", "", id="error-null"),
        pytest.param({"error": "No."}, "", "No.", id="error-is-text"),
        pytest.param({"error": {"code": 7, "message": ["No."]}}, "", "", id="wrong-types"),
        pytest.param({"error": {"code": "a b\n", "message": "x"}}, "", "x", id="a-code-that-is-none"),
        pytest.param([], "", "", id="a-list"),
        pytest.param("No.", "", "No.", id="text"),
        pytest.param(7, "", "", id="a-number"),
        pytest.param({"error": {"message": "a\x1b[31m\r\nb\u202ec"}}, "", "a [31m b c", id="control-characters"),
    ],
)
def test_what_the_platform_says_of_a_refusal_is_found_wherever_it_stands(body: object, code: str, message: str) -> None:
    with pytest.raises(Rejected) as caught:
        asking(Platform().lay(READ, says(body, 422))).project()
    error = caught.value
    assert (error.status, error.platform_code, error.message) == (422, code, message)
    assert str(error).isprintable()
    assert message in str(error)


def test_a_message_without_end_is_cut() -> None:
    with pytest.raises(Rejected) as caught:
        roll_back(asking(Platform().lay(ROLLBACK, refuses(400, "x", "long " * 100_000))))
    assert len(str(caught.value)) <= 400
    assert len(caught.value.message) <= 400


def test_flags_of_a_403_are_kept_and_nothing_else_of_the_body() -> None:
    answer = refuses(403, "forbidden", "Not authorized", invalidToken=True, saml="yes", teamId="team_9", other=True)
    with pytest.raises(Rejected) as caught:
        roll_back(asking(Platform().lay(ROLLBACK, answer)))
    assert caught.value.flags == {"invalidToken"}
    assert "team_9" not in str(vars(caught.value))


def test_gzip_is_understood() -> None:
    body = Said(200, gzip.compress(json.dumps(PROJECT).encode()), {"content-encoding": "gzip"})
    assert asking(Platform().lay(READ, body)).project().id == "prj_1"
