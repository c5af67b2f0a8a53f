"""The token and the bypass secret are in nothing that the client says, whatever the platform echoes."""

from __future__ import annotations

import base64
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from prodworthy.hosting.connection import connect
from prodworthy.hosting.errors import HostingError, Refused
from prodworthy.hosting.explaining import refusal
from prodworthy.hosting.host import Host
from prodworthy.model.hosting import Token
from tests.hosting.answering import BYPASS, PROJECT, TOKEN, Answer, Platform, Said, asking, hosting, item, page, says

READ = "GET /v9/projects/prj_1"
ROLLBACK = "POST /v1/projects/prj_1/rollback/dpl_A"
ECHO = f"Bearer {TOKEN} and {BYPASS}"


def echoed(request: httpx.Request) -> str:
    """Everything that was sent, as careless servers and proxies repeat it."""
    return f"{request.method} {request.url} {dict(request.headers)} {BYPASS}"


def failing(kind: type[Exception]) -> Callable[[httpx.Request], Said]:
    def fail(request: httpx.Request) -> Said:
        raise kind(echoed(request))

    return fail


def answering(status: int, shape: Callable[[str], Any]) -> Callable[[httpx.Request], Said]:
    return lambda request: says(shape(echoed(request)), status)


ANSWERS: list[Any] = [
    pytest.param(failing(httpx.ConnectError), id="connect-error"),
    pytest.param(failing(httpx.ReadError), id="read-error"),
    pytest.param(failing(httpx.LocalProtocolError), id="illegal-header"),
    pytest.param(failing(RuntimeError), id="a-library's-fault"),
    pytest.param(answering(400, lambda text: {"error": {"code": "x", "message": text}}), id="message"),
    pytest.param(answering(400, lambda text: {"error": {"code": TOKEN, "message": "x"}}), id="code"),
    pytest.param(answering(400, lambda text: {"error": text}), id="error-is-text"),
    pytest.param(answering(400, lambda text: text), id="body-is-text"),
    pytest.param(answering(400, lambda text: {"message": "x" * 380 + text}), id="cut-within-the-secret"),
    pytest.param(answering(400, lambda text: {"message": f"\x1b]8;;{text}\x07"}), id="among-control-characters"),
    pytest.param(answering(422, lambda text: {"error": {"message": "x", "token": text, text: True}}), id="beside-it"),
    pytest.param(answering(429, lambda text: {"error": {"message": text}}), id="429"),
    pytest.param(answering(503, lambda text: {"error": {"message": text}}), id="503"),
    pytest.param(answering(200, lambda text: [text]), id="not-an-object"),
    pytest.param(answering(200, lambda text: {"id": text}), id="malformed"),
    pytest.param(lambda request: Said(200, echoed(request).encode()), id="not-json"),
    pytest.param(lambda request: Said(302, b"", {"location": f"https://evil.test/{TOKEN}"}), id="redirect"),
]


def spellings(secret: str) -> Iterator[str]:
    yield secret
    yield secret[:12]
    yield secret[-12:]
    yield quote(secret, safe="")
    yield base64.b64encode(secret.encode()).decode().rstrip("=")


def all_said_of(error: BaseException) -> str:
    told = [str(error), repr(error), *map(str, error.args), *traceback.format_exception(error)]
    told += [repr(getattr(error, name)) for name in dir(error) if not name.startswith("__")]
    told += [repr(error.__cause__), repr(error.__context__)]
    if isinstance(error, HostingError):
        told += list(map(str, refusal(error, hosting(), "dpl_A")))
    return "\n".join(told)


def nothing_secret_in(text: str) -> None:
    assert text
    for secret in (TOKEN, BYPASS):
        for spelling in spellings(secret):
            assert spelling not in text


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("call", ["read", "post"])
def test_no_error_holds_a_secret(answer: Answer, call: str, caplog: pytest.LogCaptureFixture) -> None:
    platform = Platform().lay(READ, answer).lay(ROLLBACK, answer)
    told = []
    with caplog.at_level(logging.DEBUG), asking(platform) as host:
        try:
            host.project() if call == "read" else host.rollback("dpl_A", reason="x")
        except HostingError as error:
            told = [all_said_of(error), repr(host)]
    if not told:
        assert call == "post"  # its body is not looked at once it is accepted
        return
    nothing_secret_in("\n".join([*told, caplog.text]))
    assert platform.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda host: host.deployment(TOKEN), id="refused-before-it-is-sent"),
        pytest.param(lambda host: host.deployment(f"https://{TOKEN.replace('_', '-')}.test/{TOKEN}"), id="url"),
        pytest.param(lambda host: host.rollback(TOKEN, reason=TOKEN), id="rollback"),
        pytest.param(lambda host: host.promote(BYPASS), id="promote"),
    ],
)
def test_a_secret_pasted_in_the_wrong_place_is_not_repeated(call: Callable[[Host], object]) -> None:
    def refused(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404)

    host = asking(httpx.MockTransport(refused))
    with pytest.raises(HostingError) as caught:
        call(host)
    assert TOKEN not in all_said_of(caught.value)
    assert BYPASS not in all_said_of(caught.value)


@pytest.mark.parametrize("spelling", [str, lambda text: quote(text, safe=""), str.upper])
def test_a_secret_of_any_characters_is_hidden_as_it_is_and_as_addresses_spell_it(
    spelling: Callable[[str], str],
) -> None:
    odd = "canary+0/token=="
    platform = Platform().lay(ROLLBACK, says({"error": {"message": f"no such token: {spelling(odd)}"}}, 403))
    host = connect(hosting(token=Token(name="X", made_up=odd)), transport=platform, environment={})
    with pytest.raises(HostingError, match=r"no such token: \*\*\*$") as caught:
        host.rollback("dpl_A", reason="x")
    assert "canary" not in all_said_of(caught.value).lower()


def test_what_the_project_holds_is_not_kept() -> None:
    """`protectionBypass` has live secrets as its keys."""
    other = "another0live0secret0another0live"
    body = {**PROJECT, "protectionBypass": {BYPASS: {}, other: {}}, "passwordProtection": {"password": other}}
    project = asking(Platform().lay(READ, says(body))).project()
    nothing_secret_in(repr(project))
    assert other not in repr(project)


def test_what_the_platform_repeats_is_not_kept_in_what_is_told_of_the_project() -> None:
    told = {
        "name": f"shop {TOKEN.upper()}",
        "rollbackDescription": {"description": f"used {BYPASS} {'x' * 290}{BYPASS}", "username": ECHO, "createdAt": 1},
    }
    project = asking(Platform().lay(READ, says({**PROJECT, **told}))).project()
    nothing_secret_in(repr(project).lower())
    assert project.name == "shop ***"
    assert project.reason
    assert project.reason.by == "Bearer *** and ***"


def test_what_the_platform_repeats_is_not_kept_in_what_is_told_of_a_deployment() -> None:
    meta = {"githubCommitMessage": f"\x1b[2J{TOKEN}", "githubCommitRef": BYPASS, "githubCommitSha": TOKEN}
    listed = page(item(meta=meta, creator={"username": ECHO}, plan=TOKEN, source=BYPASS))
    (found,) = asking(Platform().lay("GET /v7/deployments", listed)).deployments()
    nothing_secret_in(repr(found))
    assert found.message
    assert found.message.endswith("***")


def test_a_secret_of_three_characters_makes_no_id_unreadable() -> None:
    host = connect(hosting(token=Token(name="X", made_up="prj")), transport=Platform(), environment={})
    assert host.project().id == "prj_1"


def test_an_answer_that_cannot_be_read_is_not_kept_by_its_error() -> None:
    """The libraries' own errors hold all that they were given."""
    body = f'{{"id": "prj_1", "protectionBypass": {{"{BYPASS}": {{}}}}, "targets": {{"production": {{"id": 7'.encode()
    for content in (body, body + b"}}}"):
        with pytest.raises(HostingError) as caught:
            asking(Platform().lay(READ, Said(200, content))).project()
        error: BaseException | None = caught.value
        while error is not None:
            assert BYPASS not in repr(vars(error)) + repr(error.args)
            error = error.__cause__ or error.__context__


def test_the_parts_of_a_client_show_no_secret() -> None:
    host = asking(Platform().lay("GET /v7/deployments", page(item())))
    host.deployments()
    shown = [repr(host), str(host), *(repr(value) for value in vars(host).values())]
    nothing_secret_in("\n".join(shown))
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
        pickle.dumps(host)  # it belongs to the process that has the token


@pytest.mark.parametrize("held", [f"{TOKEN} {TOKEN}", f"{TOKEN}\x00", f"{TOKEN}\n{TOKEN}"])
def test_a_token_that_is_refused_before_it_is_sent_is_not_shown(held: str) -> None:
    with pytest.raises(Refused) as caught:
        connect(hosting(token=Token(name="VERCEL_TOKEN")), environment={"VERCEL_TOKEN": held})
    nothing_secret_in(all_said_of(caught.value))
