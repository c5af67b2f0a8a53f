"""Who answered: the app, or somebody in its place."""

from __future__ import annotations

import re

import pytest

from prodworthy.evidence.walls import VERCEL, limits_itself, wall
from prodworthy.model import Answer, Endpoint, Exchange, Page, Target
from prodworthy.model import wall as walls
from prodworthy.model.wall import CHALLENGE, CLOUDFLARE, DENIAL, LIMIT, MAINTENANCE, PROTECTION

CLOSED = b"<!doctype html><title>Scheduled maintenance</title>"


def answer(status: int, body: bytes = b"", **fields: str) -> Answer:
    lines = tuple((name.replace("_", "-"), value) for name, value in fields.items())
    return Answer(status=status, http="HTTP/2", fields=lines, body=body)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        pytest.param(answer(401, set_cookie="_vercel_sso_nonce=abc; Path=/"), PROTECTION, id="sign-in-page"),
        pytest.param(answer(302, location="https://vercel.com/sso-api?url=x"), PROTECTION, id="sign-in-redirect"),
        pytest.param(answer(403, x_vercel_mitigated="challenge"), CHALLENGE, id="challenge"),
        pytest.param(answer(429, x_vercel_mitigated="challenge"), CHALLENGE, id="challenge-by-rate"),
        pytest.param(answer(403, x_vercel_mitigated="deny"), DENIAL, id="denial"),
        pytest.param(answer(403, cf_mitigated="challenge"), CLOUDFLARE, id="cloudflare"),
        pytest.param(answer(429, retry_after="60"), LIMIT, id="too-many-requests"),
        pytest.param(answer(402, x_vercel_error="DEPLOYMENT_DISABLED"), "suspended", id="suspended"),
        pytest.param(answer(503, x_vercel_error="DEPLOYMENT_PAUSED"), "paused Vercel", id="paused"),
        pytest.param(answer(403, x_vercel_error="DEPLOYMENT_BLOCKED"), "block", id="blocked"),
        pytest.param(answer(404, x_vercel_error="DEPLOYMENT_NOT_FOUND"), "no deployment", id="no-deployment"),
        pytest.param(answer(303, x_vercel_error="DEPLOYMENT_NOT_READY_REDIRECTING"), "being built", id="not-ready"),
        pytest.param(answer(540, b"Project paused"), "paused Supabase", id="supabase-paused"),
        pytest.param(answer(544), "time limit", id="supabase-time-limit"),
        pytest.param(answer(402, b'{"message":"exceed_egress_quota"}'), "restricted", id="quota"),
        pytest.param(answer(402, b"Restricted: exceeded_db_size_quota"), "restricted", id="quota-other-spelling"),
        pytest.param(answer(402, b"overdue_payment"), "restricted", id="unpaid"),
        pytest.param(answer(503, CLOSED, content_type="text/html"), MAINTENANCE, id="maintenance"),
    ],
)
def test_somebody_else_is_named(given: Answer, named: str) -> None:
    assert named in (wall(given) or "")


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(answer(200), id="a-page"),
        pytest.param(answer(401, www_authenticate="Bearer"), id="a-sign-in-of-its-own"),
        pytest.param(answer(401, set_cookie="session=abc"), id="a-session-of-its-own"),
        pytest.param(answer(200, set_cookie="_vercel_sso_nonce=abc"), id="a-page-behind-protection"),
        pytest.param(answer(302, location="https://vercel.com/"), id="a-link-to-vercel"),
        pytest.param(answer(302, location="/login"), id="a-login-page"),
        pytest.param(answer(402, b'{"error":"card declined"}'), id="a-payment-of-its-own"),
        pytest.param(answer(403), id="a-refusal-of-its-own"),
        pytest.param(answer(503, b"<title>Error</title>", content_type="text/html"), id="an-error-of-its-own"),
        pytest.param(answer(200, CLOSED, content_type="text/html"), id="a-page-about-maintenance"),
        pytest.param(
            answer(503, b'{"message": "maintenance"}', content_type="application/json"), id="an-api-in-trouble"
        ),
        pytest.param(answer(404, x_vercel_error="NOT_FOUND"), id="a-missing-file"),
        pytest.param(answer(500, x_vercel_error="FUNCTION_INVOCATION_FAILED"), id="a-function-that-failed"),
        pytest.param(answer(504, x_vercel_error="FUNCTION_INVOCATION_TIMEOUT"), id="a-function-that-hung"),
    ],
)
def test_the_apps_own_answer_is_no_wall(given: Answer) -> None:
    assert wall(given) is None


@pytest.mark.parametrize("name", [each for each in dir(walls) if each.isupper() and not each.startswith("_")])
def test_every_wall_is_told_with_what_to_do_about_it(name: str) -> None:
    named = getattr(walls, name)
    gap = Exchange(method="GET", url="https://shop.test/", purpose="test", wall=named).gap
    assert gap is not None
    assert re.fullmatch(rf"{re.escape(named)} answered instead of the app: \w.{{20,}}", gap.why)


def test_every_code_of_the_platform_has_a_name_of_its_own() -> None:
    assert len(set(VERCEL.values())) == len(VERCEL)


@pytest.mark.parametrize(
    ("url", "judged"),
    [
        pytest.param("https://shop.test/limited", True, id="a-declared-endpoint"),
        pytest.param("https://shop.test/busy", True, id="a-declared-page"),
        pytest.param("https://abc.supabase.co/functions/v1/search", True, id="a-function"),
        pytest.param("https://shop.test/assets/app.js", False, id="an-asset"),
        pytest.param("https://abc.supabase.co/rest/v1/products", False, id="the-back-end"),
    ],
)
def test_a_limit_is_judged_where_it_is_declared(url: str, judged: bool) -> None:
    target = Target(
        name="shop",
        url="https://shop.test",
        pages=(Page(path="/"), Page(path="/busy", status=429)),
        endpoints=(Endpoint(path="/limited", status=429), Endpoint(path="/assets/app.js")),
    )
    assert limits_itself(target, url) is judged
    assert wall(answer(429), limits=limits_itself(target, url)) == (None if judged else LIMIT)
