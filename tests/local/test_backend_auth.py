"""The gateway's key check and the auth service, as the vendor's client and plain HTTP see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import jwt
import psycopg
import pytest
from supabase import Client, ClientOptions, create_client
from supabase_auth.errors import AuthApiError

pytestmark = pytest.mark.filterwarnings("ignore:The '(timeout|verify)' parameter is deprecated")  # the client's own

USER = {"email": "ada@example.com", "password": "correct horse"}
VERSIONED = {"x-supabase-api-version": "2024-01-01"}


@pytest.fixture(scope="module")
def project(serve_project: Callable[..., Any]) -> Any:
    seed = """
    insert into auth.users (id, email, encrypted_password, email_confirmed_at)
    values ('11111111-1111-1111-1111-111111111111', 'seeded@example.com',
            extensions.crypt('from the seed', extensions.gen_salt('bf')), now());
    """
    return serve_project({"seed.sql": seed}, users=[USER])


@pytest.fixture(scope="module")
def http(project: Any) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=project.url, headers={"apikey": project.publishable}) as client:
        yield client


@pytest.fixture
def client(project: Any) -> Iterator[Client]:
    with httpx.Client() as carrier:
        yield create_client(
            project.url, project.publishable, ClientOptions(httpx_client=carrier, auto_refresh_token=False)
        )


# keys ----------------------------------------------------------------------------------------------------------------


def test_a_missing_key_and_a_wrong_key_are_told_apart(project: Any) -> None:
    missing = httpx.get(f"{project.url}/rest/v1/x")
    wrong = httpx.get(f"{project.url}/rest/v1/x", headers={"apikey": "sb_publishable_of_another_project"})
    assert (missing.status_code, missing.json()) == (
        401,
        {"message": "No API key found in request", "hint": "No `apikey` request header or url param was found."},
    )
    assert (wrong.status_code, wrong.json()) == (
        401,
        {"message": "Invalid API key", "hint": "Double check your Supabase `anon` or `service_role` API key."},
    )
    assert "proxy-status" not in wrong.headers


def test_a_key_may_stand_in_the_address(project: Any) -> None:
    assert httpx.get(f"{project.url}/auth/v1/health?apikey={project.publishable}").status_code == 200


def test_an_opaque_key_as_bearer_is_tolerated_only_beside_itself(project: Any) -> None:
    ask = f"{project.url}/auth/v1/health"
    bearer = {"authorization": f"Bearer {project.publishable}"}
    assert httpx.get(ask, headers=bearer).status_code == 401
    assert httpx.get(ask, headers={**bearer, "apikey": project.publishable}).status_code == 200
    assert httpx.get(ask, headers={**bearer, "apikey": project.secret}).status_code == 401


def test_a_secret_key_is_refused_to_a_browser(project: Any) -> None:
    headers = {"apikey": project.secret, "user-agent": "Mozilla/5.0 (X11; Linux x86_64)"}
    answer = httpx.get(f"{project.url}/auth/v1/health", headers=headers)
    assert (answer.status_code, answer.json()["message"]) == (401, "Forbidden use of secret API key in browser")


def test_an_unknown_service_is_a_404_in_json(http: httpx.Client) -> None:
    answer = http.get("/nothing/v1/here")
    assert (answer.status_code, answer.json()) == (404, {"error": "requested path is invalid"})


def test_a_browser_on_another_origin_may_ask(http: httpx.Client) -> None:
    asked = {
        "origin": "https://shop.test",
        "access-control-request-method": "POST",
        "access-control-request-headers": "apikey,authorization",
    }
    preflight = http.options("/rest/v1/books", headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-headers"] == "apikey,authorization"
    for path in ("/auth/v1/health", "/rest/v1/nope", "/storage/v1/bucket"):
        assert http.get(path).headers.get_list("access-control-allow-origin") == ["*"]


# open and health routes ----------------------------------------------------------------------------------------------


def test_health_and_settings_tell_what_they_are(http: httpx.Client) -> None:
    assert http.get("/auth/v1/health").json()["name"] == "GoTrue"
    settings = http.get("/auth/v1/settings").json()
    assert settings["external"]["email"] is True
    assert settings["disable_signup"] is False


def test_tokens_can_be_checked_with_the_published_keys(project: Any, client: Client) -> None:
    session = client.auth.sign_in_with_password(USER).session
    assert session is not None
    keys = httpx.get(f"{project.url}/auth/v1/.well-known/jwks.json").json()["keys"]
    assert [(key["kty"], key["alg"]) for key in keys] == [("EC", "ES256")]
    assert "d" not in keys[0]
    header = jwt.get_unverified_header(session.access_token)
    assert header["kid"] == keys[0]["kid"]
    claims = jwt.decode(session.access_token, jwt.PyJWK(keys[0]).key, algorithms=["ES256"], audience="authenticated")
    assert (claims["role"], claims["email"]) == ("authenticated", USER["email"])
    assert claims["iss"] == "https://abcdefghijklmnopqrst.supabase.co/auth/v1"


# users ---------------------------------------------------------------------------------------------------------------


def test_a_user_signs_in_is_known_and_signs_out(client: Client) -> None:
    client.auth.sign_in_with_password(USER)
    answer = client.auth.get_user()
    assert answer is not None
    assert answer.user.email == USER["email"]
    token = client.auth.get_session()
    assert token is not None
    client.auth.sign_out()
    with pytest.raises(AuthApiError) as caught:
        client.auth.get_user(token.access_token)
    assert (caught.value.status, caught.value.code) == (403, "session_not_found")


def test_a_session_is_renewed_once_with_each_refresh_token(client: Client, http: httpx.Client) -> None:
    first = client.auth.sign_in_with_password(USER).session
    assert first is not None
    second = client.auth.refresh_session().session
    assert second is not None
    assert second.refresh_token != first.refresh_token
    used = http.post("/auth/v1/token?grant_type=refresh_token", json={"refresh_token": first.refresh_token})
    assert (used.status_code, used.json()["error_code"]) == (400, "refresh_token_not_found")


def test_a_user_from_the_seed_signs_in(client: Client) -> None:
    answer = client.auth.sign_in_with_password({"email": "seeded@example.com", "password": "from the seed"})
    assert answer.user is not None
    assert answer.user.id == "11111111-1111-1111-1111-111111111111"


def test_a_new_user_signs_up_once(client: Client) -> None:
    new = {"email": "Grace@example.com", "password": "nanoseconds", "options": {"data": {"name": "Grace"}}}
    answer = client.auth.sign_up(new)
    assert answer.session is not None
    assert answer.user is not None
    assert (answer.user.email, answer.user.user_metadata) == ("grace@example.com", {"name": "Grace"})
    with pytest.raises(AuthApiError) as caught:
        client.auth.sign_up(new)
    assert caught.value.code == "user_already_exists"


def test_a_user_changes_the_password(client: Client) -> None:
    client.auth.sign_up({"email": "linus@example.com", "password": "penguins"})
    client.auth.update_user({"password": "more penguins", "data": {"likes": "C"}})
    client.auth.sign_out()
    answer = client.auth.sign_in_with_password({"email": "linus@example.com", "password": "more penguins"})
    assert answer.user is not None
    assert answer.user.user_metadata["likes"] == "C"


def test_users_are_administered_with_the_secret_key_only(project: Any, client: Client) -> None:
    with httpx.Client() as carrier:
        admin = create_client(project.url, project.secret, ClientOptions(httpx_client=carrier)).auth.admin
        made = admin.create_user({"email": "temp@example.com", "password": "temporary", "email_confirm": True}).user
        assert "temp@example.com" in [user.email for user in admin.list_users()]
        admin.delete_user(made.id)
        assert "temp@example.com" not in [user.email for user in admin.list_users()]
    with pytest.raises(AuthApiError) as caught:
        client.auth.admin.list_users()
    assert (caught.value.status, caught.value.code) == (403, "not_admin")


def test_no_password_is_kept_as_it_is(project: Any) -> None:
    with psycopg.connect(project.backend.database_url) as connection:
        kept = [text for (text,) in connection.execute("select encrypted_password from auth.users")]
    assert kept
    assert not [text for text in kept if USER["password"] in text]


def test_errors_have_the_form_of_the_version_that_was_asked_for(http: httpx.Client) -> None:
    wrong = {"json": {"email": USER["email"], "password": "wrong"}}
    old = http.post("/auth/v1/token?grant_type=password", **wrong)
    new = http.post("/auth/v1/token?grant_type=password", **wrong, headers=VERSIONED)
    assert old.json() == {"code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials"}
    assert new.json() == {"code": "invalid_credentials", "message": "Invalid login credentials"}
    assert (old.status_code, new.status_code) == (400, 400)
    assert new.headers["x-supabase-api-version"] == "2024-01-01"
    assert {old.headers["x-sb-error-code"], new.headers["x-sb-error-code"]} == {"invalid_credentials"}


@pytest.mark.parametrize(
    ("bearer", "status", "code"),
    [
        pytest.param(None, 401, "no_authorization", id="none"),
        pytest.param("sb_publishable_for_tests", 403, "bad_jwt", id="a-key"),
        pytest.param("not.a.token", 403, "bad_jwt", id="no-token"),
    ],
)
def test_nobody_is_a_user_without_a_users_token(http: httpx.Client, bearer: str | None, status: int, code: str) -> None:
    headers = VERSIONED | ({"authorization": f"Bearer {bearer}"} if bearer else {})
    answer = http.get("/auth/v1/user", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_closed_project_takes_no_new_users(serve_project: Callable[..., Any]) -> None:
    closed = serve_project({"config.toml": "[auth]\nenable_signup = false\n"})
    keyed = {"apikey": closed.publishable, **VERSIONED}
    answer = httpx.post(
        f"{closed.url}/auth/v1/signup", json={"email": "a@b.example", "password": "password"}, headers=keyed
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "signup_disabled")
    assert httpx.get(f"{closed.url}/auth/v1/settings", headers=keyed).json()["disable_signup"] is True
