"""Served code tells which project it talks to; its public keys are told by a prefix only."""

from __future__ import annotations

from prodworthy.evidence.signs import signs
from prodworthy.model.bundle import Sign
from tests.evidence.test_leaks import jwt

REF = "abcdefghijklmnopqrst"
KEY = "sb_publishable_aB3dE6gH9jK2mN5pQ8sT1v"


def test_addresses_and_keys_are_told_with_their_lines() -> None:
    token = jwt(iss="supabase", role="anon", ref=REF)
    told = signs(f"a\nc('https://{REF}.supabase.co/rest/v1')\nk='{KEY}'\nt='{token}'".encode(), KEY)
    assert [(each.what, each.ref, each.line, each.declared) for each in told] == [
        ("address", REF, 2, None),
        ("publishable key", None, 3, True),
        ("anon key", REF, 4, False),
    ]
    assert not any(whole in str(told) for whole in (KEY, token))


def test_without_a_declared_key_none_is_another() -> None:
    (sign,) = signs(KEY.encode(), None)
    assert sign.declared is None


def test_a_sign_is_told_once() -> None:
    assert len(signs(f"{KEY} {KEY} https://{REF}.supabase.co https://{REF}.supabase.co".encode(), None)) == 2


def test_what_is_no_project_is_no_sign() -> None:
    others = (
        "https://xyzcompany.supabase.co",
        "https://supabase.com",
        f"https://{REF}.supabase.com",
        f"http://{REF}.supabase.co",
        f"https://{REF}.supabase.co.example.com",
        f"{REF}.supabase.co",
        jwt(iss="supabase", role="service_role", ref=REF),
        jwt(iss="somebody", role="anon", ref=REF),
        "sb_publishable_",
    )
    assert [each for other in others for each in signs(other.encode(), None)] == []


def test_a_reference_that_is_no_text_is_none() -> None:
    (sign,) = signs(jwt(iss="supabase", role="anon", ref=["x"]).encode(), None)
    assert isinstance(sign, Sign)
    assert sign.ref is None
