"""Secrets are told from what only looks like them."""

from __future__ import annotations

import base64
import json

import pytest

from prodworthy.evidence.leaks import leaks


def jwt(**claims: str) -> str:
    parts = (json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + f".{'s' * 43}"


KEY = "sb_secret_aB3dE6gH9jK2mN5pQ8sT1v_4wXyZ012"
PEM = "-----BEGIN PRIVATE KEY-----"
MATERIAL = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ"


@pytest.mark.parametrize(
    ("source", "what"),
    [
        pytest.param(f'createClient(u,"{KEY}")', "Supabase secret key", id="a secret key"),
        pytest.param(
            jwt(iss="supabase", role="service_role"), "Supabase service_role key (JWT)", id="a service role's token"
        ),
        pytest.param(f"sbp_{'0123456789abcdef' * 2}01234567", "Supabase management token", id="a management token"),
        pytest.param(
            "postgresql://postgres.ref:hUnt3r2!zz@aws-0.pooler.supabase.com:6543/postgres",
            "Postgres URL with a password",
            id="a database URL",
        ),
        pytest.param(f"{PEM}\\n{MATERIAL}", "private key", id="a private key in a string"),
        pytest.param(
            f"{PEM.replace('PRIVATE', 'RSA PRIVATE')}\n{MATERIAL}", "private key", id="a private key in a file"
        ),
        pytest.param("sk_live_51H8x2KqLmNoPqRsTuVwXyZ", "Stripe secret key", id="a payment key"),
        pytest.param(f"ghp_{'aB3dE6gH9' * 4}", "GitHub token", id="a GitHub token"),
    ],
)
def test_a_secret_is_found_and_not_repeated(source: str, what: str) -> None:
    (leak,) = leaks(source.encode())
    assert leak.what == what
    assert len(leak.shown) <= 15
    assert leak.shown.removesuffix("…") in source


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("sb_publishable_aB3dE6gH9jK2mN5pQ8sT1v", id="a publishable key"),
        pytest.param(jwt(iss="supabase", role="anon"), id="the anonymous role's token"),
        pytest.param(jwt(iss="supabase-demo", role="service_role"), id="every developer's local token"),
        pytest.param("eyJhbGciOiJIUzI1NiJ9.eyJ_not_base64_json.ssssssssssssssssssssss", id="not a token"),
        pytest.param("sb_secret_your_key_goes_here", id="documentation"),
        pytest.param("sb_secret_xxxxxxxxxxxxxxxxxx", id="crossed out"),
        pytest.param('if(key.startsWith("sb_secret_"))', id="a library that knows the prefix"),
        pytest.param(f'pem.indexOf("{PEM}")!==0', id="a library that reads keys"),
        pytest.param("postgresql://postgres:[YOUR-PASSWORD]@db.abc.supabase.co:5432/postgres", id="a form to fill in"),
        pytest.param("postgres://user:password@db.shop.com/shop", id="a tutorial's password"),
        pytest.param("postgres://me:s3cretWord@localhost:5432/shop", id="a database of one's own machine"),
        pytest.param("postgres://db.shop.com/shop", id="no password"),
    ],
)
def test_what_is_no_secret_is_left_alone(source: str) -> None:
    assert leaks(source.encode()) == ()


def test_a_secret_is_told_once_with_its_line() -> None:
    assert [leak.line for leak in leaks(f"a\nb\n{KEY}\n{KEY}".encode())] == [3]


def test_no_text_is_read_more_than_once() -> None:
    """Read to the end from every place that looks like a token's beginning, this would take hours."""
    assert leaks(b"eyJ-" * 1_000_000) == ()


def test_of_many_secrets_the_first_are_told() -> None:
    found = leaks("\n".join(f"ghp_{'aB3dE6gH9' * 3}{number:09}" for number in range(1000)).encode())
    assert [leak.line for leak in found] == list(range(1, 21))
