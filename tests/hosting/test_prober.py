"""The bypass secret: what of it is sent, what is not sent at all, and that nothing of it is ever told."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from prodworthy.hosting.prober import BYPASS, Prober, Said
from prodworthy.model import Identity, Secret

SECRET = "canary0bypass0canary0bypass0cana"
HERE = Identity(path="/version.json", pointer="/commit")
PAGE = '<script src="/assets/index-BxY12abZ.js"></script>'


def asked(
    answer: Callable[[httpx.Request], httpx.Response], value: str = SECRET, identity: Identity | None = HERE
) -> tuple[Said, list[httpx.Request]]:
    """What was found, and with which requests."""
    requests: list[httpx.Request] = []

    def remembered(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return answer(request)

    prober = Prober(identity, bypass=Secret(name="BYPASS", value=value), transport=httpx.MockTransport(remembered))
    return prober.stamp("shop.test"), requests


@pytest.mark.parametrize("pasted", [f"{SECRET}\n", f" {SECRET}\r\n", f"\t{SECRET} "])
def test_white_space_around_a_secret_that_was_pasted_is_not_sent(pasted: str) -> None:
    said, requests = asked(lambda _: httpx.Response(200, json={"commit": "abc"}), pasted)
    assert (said.stamp, said.trouble) == ("abc", None)
    assert [request.headers[BYPASS] for request in requests] == [SECRET]


@pytest.mark.parametrize("pasted", ["", " \n"])
def test_a_secret_of_nothing_is_not_sent(pasted: str) -> None:
    _, (request,) = asked(lambda _: httpx.Response(200, json={"commit": "abc"}), pasted)
    assert BYPASS not in request.headers


@pytest.mark.parametrize(
    "odd", ["s\u00e9kret0canary", "canary\nx-other: 1", "two canaries", "canary\x00", "can\ud800ary", "can\u0661ary"]
)
@pytest.mark.parametrize("identity", [HERE, None])
def test_a_secret_that_no_header_field_can_carry_is_neither_sent_nor_told(odd: str, identity: Identity | None) -> None:
    said, requests = asked(lambda _: httpx.Response(200, text=PAGE), odd, identity)
    assert said == Said(trouble="it was not asked: the protection bypass holds characters that no such secret has")
    assert requests == []


def echoing(request: httpx.Request) -> str:
    return request.headers[BYPASS]


def raising(request: httpx.Request) -> httpx.Response:
    raise httpx.LocalProtocolError(f"Illegal header value {echoing(request).encode()!r}")


def redirecting(request: httpx.Request) -> httpx.Response:
    return httpx.Response(307, headers={"location": f"https://{echoing(request)}.evil.test/"})


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda request: httpx.Response(200, json={"commit": echoing(request)}), id="as-the-stamp"),
        pytest.param(lambda request: httpx.Response(200, json={"commit": echoing(request).upper()}), id="in-capitals"),
        pytest.param(
            lambda request: httpx.Response(200, json={"commit": "x" * 100 + echoing(request)}), id="cut-within"
        ),
        pytest.param(
            lambda request: httpx.Response(500, headers={"x-vercel-error": echoing(request)}), id="error-code"
        ),
        pytest.param(
            lambda request: httpx.Response(500, headers={"x-vercel-error": "x" * 40 + echoing(request)}),
            id="error-code-cut-within",
        ),
        pytest.param(raising, id="a-library's-own-words"),
        pytest.param(redirecting, id="as-a-host"),
    ],
)
def test_what_an_app_repeats_of_the_secret_is_not_told(answer: Callable[[httpx.Request], httpx.Response]) -> None:
    said, _ = asked(answer)
    assert said.stamp or said.trouble
    told = repr(said).lower()
    assert "***" in told
    assert SECRET[:8] not in told
    assert SECRET[-8:] not in told


@pytest.mark.parametrize(
    ("answer", "walled"),
    [
        (httpx.Response(302, headers={"location": "https://vercel.com/sso-api?url=x"}), True),
        (httpx.Response(401, headers={"set-cookie": "_vercel_sso_nonce=x; Path=/"}), True),
        (httpx.Response(401), False),
        (httpx.Response(403, headers={"x-vercel-mitigated": "deny"}), False),
        (httpx.Response(503), False),
        (httpx.Response(200, json={"commit": "abc"}), False),
    ],
)
def test_a_wall_is_told_from_all_other_troubles(answer: httpx.Response, walled: bool) -> None:
    said, _ = asked(lambda _: httpx.Response(answer.status_code, headers=answer.headers, content=answer.content))
    assert said.walled is walled


def test_a_machine_whose_certificates_cannot_be_read_is_a_trouble_and_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: object, **__: object) -> httpx.BaseTransport:
        raise OSError("no such file")

    monkeypatch.setattr("prodworthy.hosting.prober.opened", unreadable)
    assert Prober(None).stamp("shop.test").trouble == "no answer from shop.test: no such file"
