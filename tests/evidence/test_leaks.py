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
        pytest.param("sk_" + "live_51H8x2KqLmNoPqRsTuVwXyZ", "Stripe or Clerk secret key", id="a payment key"),
        pytest.param(
            "sk_" + "test_aB3dE6gH9jK2mN5pQ8sT1vXyZ0aB3dE6gH9jK2mN5p",
            "Stripe or Clerk secret key",
            id="a sign-in service's key",
        ),
        pytest.param("rk_" + "live_51H8x2KqLmNoPqRsTuVwXyZ", "Stripe restricted key", id="a restricted payment key"),
        pytest.param("whsec" + f"_{'aB3dE6gH9' * 4}", "Stripe webhook secret", id="a webhook's secret"),
        pytest.param(f"ghp_{'aB3dE6gH9' * 4}", "GitHub token", id="a GitHub token"),
        pytest.param(f"github_pat_{'aB3dE6gH9_' * 8}", "GitHub token", id="a fine-grained GitHub token"),
        pytest.param(f"ghu_{'aB3dE6gH9' * 4}", "GitHub token", id="a GitHub app's token for a user"),
        pytest.param(f"ghr_{'aB3dE6gH9' * 8}aB3d", "GitHub token", id="a GitHub refresh token"),
        pytest.param(
            f"github_pat_11ABCDEFG0aB3dE6gH9jK2_{'aB3dE6gH9jK2mN5pQ8sT1' * 2}{'vXyZ4' * 3}7k",
            "GitHub token",
            id="a fine-grained GitHub token as it is issued",
        ),
        pytest.param(f"re_{'aB3dE6gH'}_{'jK2mN5pQ8sT1' * 2}", "Resend API key", id="a Resend key"),
        pytest.param(
            f"https://api.telegram.org/bot5123456789:AA{'aB3dE6gH9jK' * 3}/sendMessage",
            "Telegram bot token",
            id="a Telegram bot's token in an address",
        ),
        pytest.param(
            f"r8_{'aB3dE6gH9jK2mN5pQ8sT1vXyZ4'}{'cD7fG0hJ2kL'}", "Replicate API token", id="a Replicate token"
        ),
        pytest.param(f"pcsk_2aBcDe_{'aB3dE6gH9' * 7}", "Pinecone API key", id="a Pinecone key"),
        pytest.param(f"xai-{'aB3dE6gH9j' * 8}", "xAI API key", id="an xAI key"),
        pytest.param(f"ntn_48215739046{'aB3dE6g' * 5}", "Notion token", id="a Notion token"),
        pytest.param(f"lin_api_{'aB3dE6gH9j' * 4}", "Linear API key", id="a Linear key"),
        pytest.param(f"glpat-{'aB3dE6gH9' * 3}", "GitLab token", id="a GitLab token"),
        pytest.param(f"npm_{'aB3dE6gH9' * 4}", "npm token", id="an npm token"),
        pytest.param(f"sk-proj-{'aB3dE6gH9_' * 5}", "OpenAI API key", id="an OpenAI key"),
        pytest.param(
            f"sk-{'aB3dE6gH9j' * 2}T3BlbkFJ{'K2mN5pQ8sT' * 2}", "OpenAI API key", id="an OpenAI key of the older kind"
        ),
        pytest.param(f"sk-ant-api03-{'aB3dE6gH9_' * 9}", "Anthropic API key", id="an Anthropic key"),
        pytest.param(f"sk-or-v1-{'0f1e2d3c' * 8}", "OpenRouter API key", id="an OpenRouter key"),
        pytest.param("AKIA" + "Q3EGRIZ7WOPN5K2L", "AWS access key id", id="an AWS key id"),
        pytest.param(
            'secretAccessKey:"' + "wJ4lrXUtnFEM2K7MDENG/bPxRfiCYz9hTQ3aVbL0" + '"',
            "AWS secret access key",
            id="its secret",
        ),
        pytest.param(f"xoxb-{'123456789-' * 2}{'aB3dE6gH9' * 3}", "Slack token", id="a Slack token"),
        pytest.param(
            "https://hooks.slack.com/services/" + "T0A1B2C3D/B4E5F6G7H/aB3dE6gH9jK2mN5pQ8sT1vXy",
            "Slack webhook address",
            id="a Slack webhook",
        ),
        pytest.param(
            f"https://discord.com/api/webhooks/1098765432123456789/{'aB3dE6gH9_' * 7}",
            "Discord webhook address",
            id="a Discord webhook",
        ),
        pytest.param(f"GOCSPX-{'aB3dE6g' * 4}", "Google OAuth client secret", id="a Google client's secret"),
        pytest.param(f"SG.{'aB3dE6gH9jK' * 2}.{'aB3dE6gH9jK' * 4}"[:69], "SendGrid key", id="a SendGrid key"),
        pytest.param(f"hf_{'aBcDeFgHiJkLmNoPq' * 2}", "Hugging Face token", id="a Hugging Face token"),
        pytest.param(f"gsk_{'aB3dE6gH9jK2m' * 4}", "Groq API key", id="a Groq key"),
        pytest.param(f"shpat_{'0f1e2d3c' * 4}", "Shopify token", id="a Shopify token"),
        pytest.param(f"sk.eyJ1IjoiYWJj{'aB3dE6gH9' * 2}.{'aB3dE6gH9' * 3}", "Mapbox secret token", id="a Mapbox token"),
        pytest.param(f"AccountKey={'aB3dE6gH9jK2m/' * 6}Zz==", "Azure storage account key", id="an Azure key"),
        pytest.param("mysql://shop:hUnt3r2!zz@db.shop.com/shop", "MySQL URL with a password", id="a MySQL URL"),
        pytest.param(
            "mongodb+srv://shop:hUnt3r2!zz@c0.mongodb.net/shop", "MongoDB URL with a password", id="a MongoDB URL"
        ),
        pytest.param(
            "mongodb://shop:Zx9$kLm2@myapp-shard-00.ab1cd.mongodb.net:27017,h2.ab1cd.mongodb.net:27017/shop",
            "MongoDB URL with a password",
            id="a MongoDB URL of several machines",
        ),
        pytest.param(
            "redis://default:hUnt3r2!zz@my-eu1.upstash.io:6379", "Redis URL with a password", id="a Redis URL"
        ),
        pytest.param("amqps://shop:hUnt3r2!zz@cow.rmq2.cloudamqp.com/shop", "AMQP URL with a password", id="a queue's"),
        pytest.param(
            "rediss://:hUnt3r2!zz@eu1.upstash.io:6379", "Redis URL with a password", id="a Redis URL over TLS"
        ),
        pytest.param(
            jwt(iss="supabase", role="authenticated", sub="1", session_id="2"),
            "Supabase session of a user (JWT)",
            id="a user's session",
        ),
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
        pytest.param("redis://alice:foobared@server:6379", id="a machine that is none"),
        pytest.param(jwt(role="authenticated", sub="1"), id="a token that is no session"),
        pytest.param("AKIAIOSFODNN7EXAMPLE", id="the example of a manual"),
        pytest.param("sk_test" + "_4eC39HqLyjWDarjtT1zdp7dc", id="the test key that everybody has"),
        pytest.param("pk_" + "live_51H8x2KqLmNoPqRsTuVwXyZ", id="a payment key for browsers"),
        pytest.param(f"AIza{'aB3dE6g' * 5}", id="a Google key for browsers"),
        pytest.param(f"data:image/png;base64,iVBORw{'gkAKIAQ3EGRIZ7WOPN5K2Lxx' * 3}", id="letters in a picture"),
        pytest.param("mask-proj-" + "a-very-long-name-of-a-style-in-a-sheet-of-styles", id="a class of a style"),
        pytest.param(f"re_{'aB3dE6gH'}_{'abcdefgh' * 3}", id="a name in snake case"),
        pytest.param(f"core_aB3dE6gH_{'jK2mN5pQ8sT1' * 2}", id="a name that ends like a mark"),
        pytest.param(f"{{12345678:AA{'bcdefghijk' * 4}}}", id="a number and a name"),
        pytest.param("re_xxxxxxxx_xxxxxxxxxxxxxxxxxxxxxxxx", id="a key crossed out"),
        pytest.param("xai-grok-4-fast-reasoning", id="a model's name"),
        pytest.param("amqp://guest:guest@rabbit.shop.com:5672", id="the password that everybody's queue has"),
        pytest.param("amqp://shop:hUnt3r2zz@localhost:5672", id="a queue of one's own machine"),
        pytest.param("redis://default:${PASSWORD}@eu1.upstash.io:6379", id="a password put in at run time"),
        pytest.param("mongodb+srv://user:<db_password>@c0.mongodb.net", id="a password to fill in"),
        pytest.param("mongodb://myUser:$PASSWORD@db.shop.com/x", id="a variable of a shell"),
        pytest.param("mongodb://me:hUnt3r2zz@mydb.shop.com/x", id="a tutorial's machine"),
        pytest.param(f"/assets/task-{'aB3dE6gH9j' * 5}.js", id="a file whose name ends like a mark"),
    ],
)
def test_what_is_no_secret_is_left_alone(source: str) -> None:
    assert leaks(source.encode()) == ()


@pytest.mark.parametrize(
    ("source", "variable"),
    [
        pytest.param('{VITE_WEBHOOK_SECRET:"wk_9f8e7d6c5b4a3f2e"}', "VITE_WEBHOOK_SECRET", id="an object of Vite's"),
        pytest.param("VITE_DB_PASSWORD:`k9f8e7d6c5b4a3f2e`", "VITE_DB_PASSWORD", id="in a template"),
        pytest.param('"NEXT_PUBLIC_SERVICE_ROLE_KEY":"k9f8e7d6c5b4a3f2e"', "NEXT_PUBLIC_SERVICE_ROLE_KEY", id="Next's"),
        pytest.param('REACT_APP_PRIVATE_KEY="k9f8e7d6c5b4a3f2e"', "REACT_APP_PRIVATE_KEY", id="Create React App's"),
        pytest.param('PUBLIC_ADMIN_TOKEN="k9f8e7d6c5b4a3f2e"', "PUBLIC_ADMIN_TOKEN", id="SvelteKit's"),
    ],
)
def test_a_variable_that_is_called_a_secret_is_told_by_its_name(source: str, variable: str) -> None:
    (leak,) = leaks(source.encode())
    assert (leak.variable, leak.line) == (variable, 1)
    assert leak.shown.removesuffix("…") in source
    assert len(leak.shown) <= 8


@pytest.mark.parametrize(
    "source",
    [
        pytest.param('VITE_SUPABASE_KEY:"sb_publishable_aB3dE6gH9"', id="a publishable key"),
        pytest.param('VITE_EMAILJS_SERVICE_ID:"service_9f8e7d6c5b"', id="an id of a service"),
        pytest.param('VITE_SERVICE_URL:"https://api.shop.com/v1"', id="an address of a service"),
        pytest.param('VITE_PRIVATE_BETA:"true"', id="a switch"),
        pytest.param('VITE_SECRET_KEY:"your-secret-key-here-1"', id="a placeholder"),
        pytest.param('VITE_SECRET_KEY:""', id="nothing"),
        pytest.param('if(!e.VITE_SECRET_KEY)throw Error("VITE_SECRET_KEY is missing")', id="its name alone"),
        pytest.param('VITE_PRIVATE_ROUTES:"account-orders-settings"', id="words"),
        pytest.param('VITE_STRIPE_KEY:"pk_live_51H8x2KqLmNoPqRs"', id="a key for browsers"),
    ],
)
def test_other_variables_are_left_alone(source: str) -> None:
    assert leaks(source.encode()) == ()


def test_a_secret_key_in_a_telling_variable_is_one_secret() -> None:
    (leak,) = leaks(f'VITE_SUPABASE_SECRET_KEY:"{KEY}"'.encode())
    assert (leak.what, leak.variable) == ("Supabase secret key", None)


@pytest.mark.parametrize(
    "piece",
    [
        "eyJ-",
        "-----BEGIN A ",
        "sk-",
        "postgres://a:",
        "VITE_A_",
        "xoxb-1-",
        "ghp_a",
        "_APP_",
        "1:AAa",
        "re_a_",
        "amqp://a:",
    ],
)
def test_no_mark_makes_a_text_be_read_over_and_over(piece: str) -> None:
    """Read to the end from every place that looks like a beginning, this would take hours."""
    assert leaks(piece.encode() * (1_000_000 // len(piece))) == ()


def test_a_secret_is_told_once_with_its_line() -> None:
    assert [leak.line for leak in leaks(f"a\nb\n{KEY}\n{KEY}".encode())] == [3]


def test_of_many_secrets_the_first_are_told() -> None:
    found = leaks("\n".join(f"ghp_{'aB3dE6gH9' * 3}{number:09}" for number in range(1000)).encode())
    assert [leak.line for leak in found] == list(range(1, 21))
