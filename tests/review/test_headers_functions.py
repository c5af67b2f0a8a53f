"""What edge functions answer is judged by what their own code can set."""

from __future__ import annotations

import pytest

from prodworthy.model import Answer, Cure
from prodworthy.model.surface import Kind, Served, Surface
from prodworthy.review import headers

URL = "https://ref.supabase.co/functions/v1/quote"
SOUND = {
    "x-served-by": "supabase-edge-runtime",
    "x-deno-execution-id": "1",
    "content-type": "application/json",
    "cache-control": "no-store",
    "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
    "x-content-type-options": "nosniff",
    "access-control-allow-origin": "*",
    "server": "cloudflare",
}


def served(changes: dict[str, str | None], body: bytes = b'{"price": 1}', *, private: bool = False) -> Served:
    fields = tuple((name, value) for name, value in {**SOUND, **changes}.items() if value is not None)
    answer = Answer(status=200, http="HTTP/2", fields=fields, body=body)
    return Served(url=URL, kind=Kind.FUNCTION, answer=answer, private=private)


def rules(*answers: Served) -> set[str]:
    judged = headers.called_functions(Surface(served=answers))
    return {finding.rule.removeprefix("headers.function-") for finding in judged}


FAULTS = [
    pytest.param({"strict-transport-security": None}, {"hsts"}, id="no-hsts"),
    pytest.param({"strict-transport-security": "max-age=0"}, {"hsts"}, id="hsts-switched-off"),
    pytest.param({"strict-transport-security": "31536000"}, {"hsts"}, id="hsts-void"),
    pytest.param({"x-content-type-options": None}, {"nosniff"}, id="no-nosniff"),
    pytest.param({"x-content-type-options": "no-sniff"}, {"nosniff"}, id="nosniff-misspelt"),
    pytest.param({"content-type": None}, {"content-type"}, id="no-type"),
    pytest.param({"content-type": "json"}, {"content-type"}, id="half-a-type"),
    pytest.param({"content-type": "text/html; charset=utf-8"}, {"data-as-html"}, id="data-as-a-page"),
    pytest.param({"set-cookie": "session=s; SameSite=Lax; Secure"}, {"cookie"}, id="a-session-for-scripts"),
    pytest.param({"set-cookie": "theme=dark; SameSite=Lax"}, {"cookie"}, id="a-cookie-in-the-clear"),
    pytest.param({"x-powered-by": "Oak/12.6"}, {"leak"}, id="a-version"),
]


@pytest.mark.parametrize(("changes", "expected"), FAULTS)
def test_a_fault_is_reported_by_its_own_rule_and_no_other(changes: dict[str, str | None], expected: set[str]) -> None:
    assert rules(served(changes)) == expected


@pytest.mark.parametrize("value", ["public, max-age=60", "s-maxage=60", "PUBLIC"])
def test_answers_to_somebodys_token_must_not_be_shared_by_caches(value: str) -> None:
    assert rules(served({"cache-control": value}, private=True)) == {"cached"}
    assert rules(served({"cache-control": value})) == set()


SOUND_WAYS = [
    pytest.param({}, b"{}", id="as-the-platform-sends-it"),
    pytest.param({"content-type": None}, b"", id="no-body-needs-no-type"),
    pytest.param({"content-type": "text/html"}, b"<p>hello", id="a-real-page"),
    pytest.param(
        {"set-cookie": "__Host-session=s; Path=/; Secure; HttpOnly; SameSite=Lax"}, b"{}", id="a-safe-session"
    ),
    pytest.param({"set-cookie": "session=; Max-Age=0"}, b"{}", id="a-cookie-that-is-deleted"),
    pytest.param({"cache-control": "public, no-store"}, b"{}", id="kept-nowhere-after-all"),
    pytest.param(
        {"x-deno-execution-id": None, "strict-transport-security": None, "x-content-type-options": None},
        b"{}",
        id="the-platforms-own-answer",
    ),
]


@pytest.mark.parametrize(("changes", "body"), SOUND_WAYS)
def test_sound_answers_get_no_finding(changes: dict[str, str | None], body: bytes) -> None:
    assert rules(served(changes, body, private=True)) == set()


def test_answers_alike_are_told_once_and_no_rollback_cures_them() -> None:
    judged = headers.called_functions(Surface(served=(served({"x-content-type-options": None}),) * 3))
    assert [(finding.where, finding.cure) for finding in judged] == [(f"{URL} (function)", Cure.NONE)]
