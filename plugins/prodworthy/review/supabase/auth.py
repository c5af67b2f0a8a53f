"""Rules about the auth service and signing in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prodworthy.model import Control, Cure, Severity, Shortfall
from prodworthy.model.backend import Auth
from prodworthy.model.platform import body, describe
from prodworthy.review.rules import rule
from prodworthy.review.supabase.answers import own, place

STATUSES = "Supabase docs, HTTP status codes: https://supabase.com/docs/guides/troubleshooting/http-status-codes"
SIGNING = "Supabase docs, JWT signing keys: https://supabase.com/docs/guides/auth/signing-keys"
SETTINGS = "Supabase docs, General configuration: https://supabase.com/docs/guides/auth/general-configuration"
SIGN_IN = "Supabase docs, Auth error codes: https://supabase.com/docs/guides/auth/debugging/error-codes"


@rule(
    "supabase.auth-down",
    title="The auth service answers",
    severity=Severity.CRITICAL,
    reason="Without it nobody can sign in, and sessions end when their tokens run out.",
    remedy="See the project's health in the dashboard and its Auth logs; restart the project if the service hangs.",
    references=[STATUSES],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def auth_down(auth: Auth) -> Iterator[Shortfall]:
    """Health and settings must be JSON objects, and the signing keys too; older services have no route for those."""
    for exchange in (auth.health, auth.settings):
        answer = own(exchange)
        if exchange and answer and (answer.status != 200 or not body(answer)):
            yield Shortfall(place(exchange), "200 and a JSON object", describe(answer))
    jwks = own(auth.jwks)
    if auth.jwks and jwks and jwks.status != 404 and (jwks.status != 200 or not body(jwks)):
        yield Shortfall(place(auth.jwks), "200 and the signing keys", describe(jwks))


@rule(
    "supabase.jwks-symmetric-key",
    title="The published signing keys are public ones",
    severity=Severity.CRITICAL,
    reason="A symmetric key (kty oct) both checks and makes tokens: with it anybody signs in as anybody.",
    remedy="Rotate to an asymmetric signing key (Project Settings, JWT Keys) and revoke the one that was published.",
    references=[SIGNING, "RFC 7517, 9.2 Security Considerations"],
    cure=Cure.NONE,
    controls=[Control.IA, Control.SC],
)
def jwks_symmetric_key(auth: Auth) -> Iterator[Shortfall]:
    """A shared secret, or the private half of a pair; of the key nothing is shown but its id."""
    for key in _keys(auth):
        kind = (
            "a symmetric key (kty oct" if key.get("kty") == "oct" else "a private key (with d" if "d" in key else None
        )
        if kind and auth.jwks:
            got = f"{kind}, kid {str(key.get('kid'))[:40]})"
            yield Shortfall(place(auth.jwks), "public halves of asymmetric keys only", got)


@rule(
    "supabase.jwt-shared-secret",
    title="Sessions are signed with a key pair",
    severity=Severity.INFO,
    reason="With a shared secret, whoever checks tokens can make them too, and changing it ends every session.",
    remedy="Migrate to an asymmetric signing key (Project Settings, JWT Keys).",
    references=[SIGNING],
    cure=Cure.NONE,
    controls=[Control.IA, Control.SC],
)
def jwt_shared_secret(auth: Auth) -> Iterator[Shortfall]:
    """An empty list of public keys."""
    answer = own(auth.jwks)
    if auth.jwks and answer and answer.status == 200 and body(answer).get("keys") == []:
        yield Shortfall(place(auth.jwks), "an asymmetric signing key", "no public key: a shared secret signs")


def _keys(auth: Auth) -> list[dict[str, Any]]:
    answer = auth.jwks.answered if auth.jwks else None
    keys = body(answer).get("keys") if answer else None
    return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []


@rule(
    "supabase.email-unconfirmed",
    title="New users prove their e-mail address",
    severity=Severity.LOW,
    reason="Anybody can sign up with somebody else's address, and is taken for them wherever the address counts.",
    remedy="Switch Confirm email on (Authentication, Sign In / Providers, Email).",
    references=[SETTINGS],
    cure=Cure.NONE,
    controls=[Control.IA, Control.SC],
)
def email_unconfirmed(auth: Auth) -> Iterator[Shortfall]:
    """Where anybody may sign up with an e-mail address, and where a telephone number is not proved either."""
    told = _settings(auth)
    if told.get("disable_signup") or not auth.settings:
        return
    for provider, setting in (("email", "mailer_autoconfirm"), ("phone", "phone_autoconfirm")):
        if told.get(setting) is True and _external(auth).get(provider) is True:
            yield Shortfall(f"{place(auth.settings)}, {setting}", "false", "true, and anybody may sign up")


@rule(
    "supabase.anonymous-users",
    title="Everybody who is authenticated has an account",
    severity=Severity.INFO,
    reason="With anonymous sign-ins every visitor can get the role authenticated: its policies are open to everybody.",
    remedy="Check is_anonymous in the policies of authenticated (auth.jwt()), or switch anonymous sign-ins off.",
    references=["Supabase docs, Anonymous sign-ins: https://supabase.com/docs/guides/auth/auth-anonymous"],
    cure=Cure.NONE,
    controls=[Control.IA, Control.SC],
)
def anonymous_users(auth: Auth) -> Iterator[Shortfall]:
    """By the service's settings."""
    if auth.settings and _external(auth).get("anonymous_users") is True:
        yield Shortfall(f"{place(auth.settings)}, external.anonymous_users", "false", "true")


@rule(
    "supabase.signups-unexpected",
    title="Whoever should be able to sign up can, and nobody else",
    severity=Severity.HIGH,
    reason="An app for invited users is open to everybody, or new customers are turned away.",
    remedy="Allow new users to sign up, or do not (Authentication, Sign In / Providers), as supabase.signups declares.",
    references=[SETTINGS],
    cure=Cure.NONE,
    controls=[Control.IA, Control.SC],
)
def signups_unexpected(auth: Auth) -> Iterator[Shortfall]:
    """Only where the target says what it should be."""
    closed = _settings(auth).get("disable_signup")
    if auth.settings and auth.signups is not None and isinstance(closed, bool) and closed is auth.signups:
        wanted = "sign-ups open" if auth.signups else "no sign-ups"
        got = f"disable_signup = {str(closed).lower()}"
        yield Shortfall(f"{place(auth.settings)}, disable_signup", wanted, got)


def _settings(auth: Auth) -> Mapping[str, Any]:
    answer = own(auth.settings)
    return body(answer) if answer and answer.status == 200 else {}


def _external(auth: Auth) -> Mapping[str, Any]:
    found = _settings(auth).get("external")
    return found if isinstance(found, dict) else {}


@rule(
    "supabase.signin-failed",
    title="The test user signs in and out",
    severity=Severity.HIGH,
    reason="If a known user with a known password cannot sign in, customers probably cannot either.",
    remedy="Try the same in the app; check that the user exists and is confirmed, and that passwords are enabled.",
    references=[SIGN_IN],
    cure=Cure.NONE,
    controls=[Control.IA, Control.SC],
)
def signin_failed(auth: Auth) -> Iterator[Shortfall]:
    """Signing in must give a token, good for asking who one is; signing out must end the session that we began."""
    answer = own(auth.sign_in)
    if auth.sign_in and answer and not body(answer).get("access_token"):
        yield Shortfall(place(auth.sign_in), "200 and an access token for the test user", describe(answer))
    who = own(auth.user)
    if auth.user and who and (who.status != 200 or not body(who)):
        yield Shortfall(place(auth.user), "200 and the user who signed in", describe(who))
    out = own(auth.sign_out)
    if auth.sign_out and out and out.status >= 300:
        remedy = "See the Auth logs; end the session that was left: delete from auth.sessions for this user."
        yield Shortfall(place(auth.sign_out), "204: signed out again", describe(out), remedy)
