"""Served code tells which project it talks to; its public keys are told by a prefix only."""

from __future__ import annotations

import pytest

from prodworthy.evidence.signs import Declared, signs
from prodworthy.model.bundle import Sign
from tests.evidence.test_leaks import jwt

HOST = "api.shop.test"
REF = "abcdefghijklmnopqrst"
KEY = "sb_publishable_aB3dE6gH9jK2mN5pQ8sT1v"


def test_addresses_and_keys_are_told_with_their_lines() -> None:
    token = jwt(iss="supabase", role="anon", ref=REF)
    told = signs(f"a\nc('https://{REF}.supabase.co/rest/v1')\nk='{KEY}'\nt='{token}'".encode(), Declared(key=KEY))
    assert [(each.what, each.ref, each.line, each.declared) for each in told] == [
        ("address", REF, 2, False),
        ("publishable key", None, 3, True),
        ("anon key", REF, 4, False),
    ]
    assert not any(whole in str(told) for whole in (KEY, token))


def test_without_a_declared_key_none_is_another() -> None:
    (sign,) = signs(KEY.encode(), Declared())
    assert sign.declared is None


def test_a_sign_is_told_once() -> None:
    assert len(signs(f"{KEY} {KEY} https://{REF}.supabase.co https://{REF}.supabase.co".encode(), Declared())) == 2


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
        "http://localhost:9999",
        "http://localhost:3000/callback",
        "http://localhost",
        "http://127.0.0.1:54321.example",
        "http://localhost:543210",
    )
    assert [each for other in others for each in signs(other.encode(), Declared(host=HOST))] == []


def test_a_reference_that_is_no_text_is_none() -> None:
    (sign,) = signs(jwt(iss="supabase", role="anon", ref=["x"]).encode(), Declared())
    assert isinstance(sign, Sign)
    assert sign.ref is None


@pytest.mark.parametrize(
    "source",
    [
        pytest.param('c("http://127.0.0.1:54321","k")', id="the local stack"),
        pytest.param("c('http://localhost:54321/rest/v1')", id="the local stack by its name"),
        pytest.param("postgres http://[::1]:54322", id="its database"),
        pytest.param(f'c("https://localhost:8000","{KEY}")', id="beside a publishable key"),
        pytest.param(f'k="{jwt(iss="supabase-demo", role="anon")}",u=`http://localhost:8000`', id="beside a token"),
    ],
)
def test_a_back_end_of_the_developers_machine_is_told(source: str) -> None:
    found = [each for each in signs(source.encode(), Declared(host=HOST)) if not each.key]
    assert [(each.ref, each.declared) for each in found] == [(None, False)]
    assert found[0].shown in source


@pytest.mark.parametrize(
    "declared",
    [
        pytest.param(Declared(), id="no back end is named"),
        pytest.param(Declared(host="127.0.0.1:54321"), id="the one that is named"),
        pytest.param(Declared(host="localhost:8000"), id="another one of this machine is named"),
    ],
)
def test_at_home_a_local_address_is_none_of_another(declared: Declared) -> None:
    assert [each for each in signs(b"http://127.0.0.1:54321", declared) if not each.declared] == []


def test_the_declared_address_is_told_with_or_without_its_scheme() -> None:
    for source in (f"https://{HOST}/rest", f'"//"+"{HOST}"'):
        (sign,) = signs(source.encode(), Declared(host=HOST))
        assert (sign.what, sign.declared, sign.shown) == ("address", True, HOST)
    (project,) = signs(f"https://{REF}.supabase.co".encode(), Declared(host=f"{REF}.supabase.co"))
    assert (project.ref, project.declared) == (REF, True)
