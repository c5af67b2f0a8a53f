"""Sign-in (`/auth/v1`): users, sessions and tokens, with GoTrue's answers."""

from __future__ import annotations

import json
import secrets
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from prodworthy.local.backend.database import Pool
from prodworthy.local.backend.keys import BadToken, Caller, Keyring
from prodworthy.local.backend.messages import Request, Response, json_response
from prodworthy.local.backend.project import Project

_VERSION = "2024-01-01"  # of the API: the first whose errors carry their code in `code`
_PROVIDERS = (
    *("anonymous_users", "apple", "azure", "bitbucket", "discord", "email", "facebook", "figma", "fly", "github"),
    *("gitlab", "google", "kakao", "keycloak", "linkedin", "linkedin_oidc", "notion", "phone", "slack", "slack_oidc"),
    *("spotify", "twitch", "twitter", "workos", "zoom"),
)
_INSERT_USER = """
insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data,
                        raw_user_meta_data, created_at, updated_at)
values ('00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'authenticated', 'authenticated', lower($1),
        extensions.crypt($2, extensions.gen_salt('bf')), case when $3 then now() end,
        '{"provider": "email", "providers": ["email"]}'::jsonb || $5::jsonb, $4::jsonb, now(), now())
on conflict do nothing returning *
"""
_INSERT_IDENTITY = """
insert into auth.identities (provider_id, user_id, identity_data, provider, last_sign_in_at)
values ($1::text, $1::uuid, jsonb_build_object('sub', $1::text, 'email', $2::text, 'email_verified', false),
        'email', now())
"""


class Refusal(Exception):
    """An error of the auth service."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """Answers the auth service's requests."""

    pool: Pool  # with full rights
    keyring: Keyring
    project: Project

    async def answer(self, request: Request, caller: Caller | None) -> Response:
        """Answer one request; its caller is None on routes that are open to everybody."""
        try:
            return await self._route(request, caller)
        except Refusal as refusal:
            return _refused(refusal, request)

    async def create_user(
        self,
        email: str,
        password: str,
        *,
        confirmed: bool = True,
        user_metadata: Mapping[str, Any] | None = None,
        app_metadata: Mapping[str, Any] | None = None,
    ) -> dict[str, Any] | None:
        """A new user; None if the address is taken."""
        values = (
            email,
            password,
            confirmed,
            json.dumps(dict(user_metadata or {})),
            json.dumps(dict(app_metadata or {})),
        )
        rows = await self.pool.rows(_INSERT_USER, values)
        if not rows:
            return None
        await self.pool.rows(_INSERT_IDENTITY, (str(rows[0]["id"]), rows[0]["email"]))
        return rows[0]

    async def _route(self, request: Request, caller: Caller | None) -> Response:
        match request.method, request.path.rstrip("/"):
            case "GET", "/health":
                return json_response(200, _HEALTH)
            case "GET", "/settings":
                return json_response(200, self._settings())
            case "GET", "/.well-known/jwks.json":
                return json_response(200, self.keyring.jwks(), {"cache-control": "public, max-age=600"})
            case "POST", "/token":
                return await self._token(request)
            case "POST", "/signup":
                return await self._sign_up(request)
            case "GET", "/user":
                return json_response(200, await self._described((await self._user(request))[0]))
            case "PUT", "/user":
                return await self._change(request)
            case "POST", "/logout":
                return await self._log_out(request)
        if request.path.startswith("/admin/users"):
            return await self._administer(request, caller)
        raise Refusal(404, "not_found", "404 page not found")

    def _settings(self) -> dict[str, Any]:
        return {
            "external": {name: name == "email" for name in _PROVIDERS},
            "disable_signup": not self.project.enable_signup,
            "mailer_autoconfirm": not self.project.confirm_email,
            "phone_autoconfirm": False,
            "sms_provider": "",
            "saml_enabled": False,
        }

    # tokens ----------------------------------------------------------------------------------------------------------

    async def _token(self, request: Request) -> Response:
        body = _body(request)
        match request.asked("grant_type"):
            case "password":
                return await self._by_password(body)
            case "refresh_token":
                return await self._by_refresh(str(body.get("refresh_token", "")))
        raise Refusal(400, "validation_failed", "unsupported_grant_type")

    async def _by_password(self, body: Mapping[str, Any]) -> Response:
        if not body.get("email"):
            raise Refusal(400, "validation_failed", "missing email or phone")
        found = await self.pool.rows(
            "select * from auth.users where email = lower($1) and encrypted_password like '$local$%' "
            "and encrypted_password = extensions.crypt($2, encrypted_password)",
            (str(body["email"]), str(body.get("password", ""))),
        )
        if not found:
            raise Refusal(400, "invalid_credentials", "Invalid login credentials")
        if found[0]["email_confirmed_at"] is None:
            raise Refusal(400, "email_not_confirmed", "Email not confirmed")
        return json_response(200, await self._open_session(found[0]))

    async def _by_refresh(self, token: str) -> Response:
        used = await self.pool.rows(
            "update auth.refresh_tokens set revoked = true, updated_at = now() where token = $1 and not revoked "
            "returning user_id::uuid, session_id",
            (token,),
        )
        if not used:
            raise Refusal(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
        user = (await self.pool.rows("select * from auth.users where id = $1", (used[0]["user_id"],)))[0]
        return json_response(200, await self._session(user, used[0]["session_id"], parent=token))

    async def _open_session(self, user: Mapping[str, Any]) -> dict[str, Any]:
        await self.pool.rows("update auth.users set last_sign_in_at = now() where id = $1", (user["id"],))
        session = await self.pool.rows("insert into auth.sessions (user_id) values ($1) returning id", (user["id"],))
        signed_in = (await self.pool.rows("select * from auth.users where id = $1", (user["id"],)))[0]
        return await self._session(signed_in, session[0]["id"])

    async def _session(self, user: Mapping[str, Any], session: uuid.UUID, parent: str | None = None) -> dict[str, Any]:
        refresh, now = secrets.token_urlsafe(9), int(time.time())
        await self.pool.rows(
            "insert into auth.refresh_tokens (token, user_id, session_id, parent) values ($1, $2, $3, $4)",
            (refresh, str(user["id"]), session, parent),
        )
        claims = {
            "iss": self.keyring.issuer,
            "sub": str(user["id"]),
            "aud": user["aud"] or "authenticated",
            "exp": now + self.project.jwt_expiry,
            "iat": now,
            "email": user["email"] or "",
            "phone": user["phone"] or "",
            "app_metadata": user["raw_app_meta_data"] or {},
            "user_metadata": user["raw_user_meta_data"] or {},
            "role": user["role"] or "authenticated",
            "aal": "aal1",
            "amr": [{"method": "password", "timestamp": now}],
            "session_id": str(session),
            "is_anonymous": user["is_anonymous"],
        }
        return {
            "access_token": self.keyring.sign(claims),
            "token_type": "bearer",
            "expires_in": self.project.jwt_expiry,
            "expires_at": now + self.project.jwt_expiry,
            "refresh_token": refresh,
            "user": await self._described(user),
            "weak_password": None,
        }

    async def _user(self, request: Request) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The signed-in user behind a request, and what the token says."""
        token = request.bearer
        if token is None:
            raise Refusal(401, "no_authorization", "This endpoint requires a valid Bearer token")
        if self.keyring.kind(token):
            raise Refusal(403, "bad_jwt", "invalid claim: missing sub claim")
        try:
            claims = self.keyring.claims(token)
        except BadToken as error:
            reason = "token is expired" if error.expired else "unable to parse or verify signature"
            raise Refusal(403, "bad_jwt", f"invalid JWT: {reason}") from error
        if not claims.get("sub"):
            raise Refusal(403, "bad_jwt", "invalid claim: missing sub claim")
        found = await self.pool.rows(
            "select u.* from auth.users u join auth.sessions s on s.user_id = u.id "
            "where u.id::text = $1 and s.id::text = $2",
            (claims["sub"], claims.get("session_id", "")),
        )
        if not found:
            message = "Session from session_id claim in JWT does not exist"
            raise Refusal(403, "session_not_found", message)
        return found[0], claims

    async def _log_out(self, request: Request) -> Response:
        user, claims = await self._user(request)
        which = {"local": "id::text = $2", "others": "id::text <> $2"}.get(request.asked("scope", "global"), "$2 = $2")
        await self.pool.rows(
            f"delete from auth.sessions where user_id = $1 and {which}",  # noqa: S608  (one of three constants)
            (user["id"], claims["session_id"]),
        )
        return Response(status=204)

    # users -----------------------------------------------------------------------------------------------------------

    async def _sign_up(self, request: Request) -> Response:
        body = _body(request)
        if not self.project.enable_signup:
            raise Refusal(422, "signup_disabled", "Signups not allowed for this instance")
        if not body.get("email"):
            raise Refusal(422, "anonymous_provider_disabled", "Anonymous sign-ins are disabled")
        confirmed = not self.project.confirm_email
        self._check_password(body)
        metadata = body.get("data") or {}
        user = await self.create_user(body["email"], body["password"], confirmed=confirmed, user_metadata=metadata)
        if user is None:
            raise Refusal(422, "user_already_exists", "User already registered")
        return json_response(200, await self._open_session(user) if confirmed else await self._described(user))

    def _check_password(self, body: Mapping[str, Any]) -> None:
        least = self.project.minimum_password_length
        if len(str(body.get("password") or "")) < least:
            raise Refusal(422, "weak_password", f"Password should be at least {least} characters.")

    async def _change(self, request: Request) -> Response:
        user, _ = await self._user(request)
        body = _body(request)
        if body.get("password"):
            self._check_password(body)
            await self.pool.rows(
                "update auth.users set encrypted_password = extensions.crypt($2, extensions.gen_salt('bf')) "
                "where id = $1",
                (user["id"], body["password"]),
            )
        changed = await self.pool.rows(
            "update auth.users set raw_user_meta_data = raw_user_meta_data || $2::jsonb, updated_at = now() "
            "where id = $1 returning *",
            (user["id"], json.dumps(body.get("data") or {})),
        )
        return json_response(200, await self._described(changed[0]))

    async def _administer(self, request: Request, caller: Caller | None) -> Response:
        if caller is None or caller.role != "service_role":
            raise Refusal(403, "not_admin", "User not allowed")
        identity = request.path.removeprefix("/admin/users").strip("/")
        if request.method == "POST" and not identity:
            return await self._admin_create(_body(request))
        if request.method == "GET" and not identity:
            users = await self.pool.rows("select * from auth.users order by created_at desc")
            return json_response(
                200, {"users": [await self._described(user) for user in users], "aud": "authenticated"}
            )
        verb = {"GET": "select *", "DELETE": "delete"}.get(request.method)
        if verb is None:
            raise Refusal(405, "not_found", "405 method not allowed")
        query = f"{verb} from auth.users where id::text = $1{' returning *' if verb == 'delete' else ''}"
        found = await self.pool.rows(query, (identity,))
        if not found:
            raise Refusal(404, "user_not_found", "User not found")
        return json_response(200, await self._described(found[0]))

    async def _admin_create(self, body: Mapping[str, Any]) -> Response:
        user = await self.create_user(
            str(body.get("email", "")),
            str(body.get("password") or secrets.token_urlsafe(18)),
            confirmed=bool(body.get("email_confirm")),
            user_metadata=body.get("user_metadata"),
            app_metadata=body.get("app_metadata"),
        )
        if user is None:
            raise Refusal(422, "email_exists", "A user with this email address has already been registered")
        return json_response(200, await self._described(user))

    async def _described(self, user: Mapping[str, Any]) -> dict[str, Any]:
        identities = await self.pool.rows("select * from auth.identities where user_id = $1", (user["id"],))
        described = {
            "id": str(user["id"]),
            "aud": user["aud"] or "authenticated",
            "role": user["role"] or "authenticated",
            "email": user["email"] or "",
            "email_confirmed_at": _time(user["email_confirmed_at"]),
            "phone": user["phone"] or "",
            "confirmed_at": _time(user["confirmed_at"]),
            "last_sign_in_at": _time(user["last_sign_in_at"]),
            "app_metadata": user["raw_app_meta_data"] or {},
            "user_metadata": user["raw_user_meta_data"] or {},
            "identities": [_identity(row) for row in identities],
            "created_at": _time(user["created_at"]),
            "updated_at": _time(user["updated_at"]),
            "is_anonymous": user["is_anonymous"],
        }
        return {name: value for name, value in described.items() if value is not None}


_HEALTH = {
    "version": "v2.197.0",
    "name": "GoTrue",
    "description": "GoTrue is a user registration and authentication API",
}


def _body(request: Request) -> dict[str, Any]:
    try:
        body = request.json()
    except ValueError:
        raise Refusal(400, "bad_json", "Could not parse request body as JSON") from None
    return body if isinstance(body, dict) else {}


def _refused(refusal: Refusal, request: Request) -> Response:
    """An error in the form that the asked version of the API has."""
    headers = {"x-sb-error-code": refusal.code}
    if request.headers.get("x-supabase-api-version", "") >= _VERSION:
        headers["x-supabase-api-version"] = _VERSION
        return json_response(refusal.status, {"code": refusal.code, "message": str(refusal)}, headers)
    body = {"code": refusal.status, "error_code": refusal.code, "msg": str(refusal)}
    return json_response(refusal.status, body, headers)


def _identity(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "identity_id": str(row["id"]),
        "id": row["provider_id"],
        "user_id": str(row["user_id"]),
        "identity_data": row["identity_data"],
        "provider": row["provider"],
        "last_sign_in_at": _time(row["last_sign_in_at"]),
        "created_at": _time(row["created_at"]),
        "updated_at": _time(row["updated_at"]),
        "email": row["email"],
    }


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
