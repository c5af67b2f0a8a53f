"""Rules about the auth service and signing in."""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import Cure, Severity, Shortfall
from prodworthy.model.backend import Auth
from prodworthy.model.platform import body, describe
from prodworthy.review.rules import rule
from prodworthy.review.supabase.answers import own, place

STATUSES = "Supabase docs, HTTP status codes: https://supabase.com/docs/guides/troubleshooting/http-status-codes"
SIGNING = "Supabase docs, JWT signing keys: https://supabase.com/docs/guides/auth/signing-keys"
SIGN_IN = "Supabase docs, Auth error codes: https://supabase.com/docs/guides/auth/debugging/error-codes"


@rule(
    "supabase.auth-down",
    title="The auth service answers",
    severity=Severity.CRITICAL,
    reason="Without it nobody can sign in, and sessions end when their tokens run out.",
    remedy="See the project's health in the dashboard and its Auth logs; restart the project if the service hangs.",
    references=[STATUSES],
    cure=Cure.NONE,
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
)
def jwks_symmetric_key(auth: Auth) -> Iterator[Shortfall]:
    """Of the key nothing is shown but its id."""
    answer = auth.jwks.answered if auth.jwks else None
    keys = body(answer).get("keys") if answer else None
    for key in keys if isinstance(keys, list) else ():
        if isinstance(key, dict) and key.get("kty") == "oct" and auth.jwks:
            got = f"a symmetric key (kty oct, kid {str(key.get('kid'))[:40]})"
            yield Shortfall(place(auth.jwks), "asymmetric keys only (kty EC, RSA or OKP)", got)


@rule(
    "supabase.signin-failed",
    title="The test user signs in and out",
    severity=Severity.HIGH,
    reason="If a known user with a known password cannot sign in, customers probably cannot either.",
    remedy="Try the same in the app; check that the user exists and is confirmed, and that passwords are enabled.",
    references=[SIGN_IN],
    cure=Cure.NONE,
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
