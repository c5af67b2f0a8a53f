"""Asking the auth service, and signing the configured test user in and out again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from prodworthy.evidence.backend.project import Project, project_of, protected, ref_of, scrubbed
from prodworthy.evidence.pieces import Look, piece
from prodworthy.model import Cause, Exchange, Failure, Gap, User
from prodworthy.model.backend import Auth
from prodworthy.model.platform import body

API = {"x-supabase-api-version": "2024-01-01"}  # errors carry their code under "code"


@dataclass(slots=True, kw_only=True)
class Session:
    """A signed-in user, or why there is none; ended when the context is left."""

    sign_in: Exchange
    token: str | None = field(default=None, repr=False)
    sign_out: Exchange | None = None

    @property
    def bearer(self) -> dict[str, str]:
        """What a request of this user carries."""
        return {"authorization": f"Bearer {self.token}"} if self.token else {}


@asynccontextmanager
async def signed_in(project: Project, user: User) -> AsyncIterator[Session]:
    """A session of the test user, removed from the target's database again, with its refresh tokens, by signing out.

    What stays is the service's own account of it: when the user signed in last, and its audit log.
    """
    answered = await _credentials_sent(project, user)
    session = Session(sign_in=_without_tokens(answered), token=_token(answered))
    try:
        yield session
    finally:
        if session.token:
            ended = await project.ask(
                "/auth/v1/logout?scope=local",
                purpose="sign out again",
                method="POST",
                headers={**API, **session.bearer},
            )
            session.sign_out = scrubbed(ended, session.token)


async def _credentials_sent(project: Project, user: User) -> Exchange:
    """The wish to sign in and its answer, in which the password may be repeated no more; in the open it is not sent."""
    path, password = "/auth/v1/token?grant_type=password", user.password.value or ""
    purpose = "sign in as the test user"
    if not protected(project.look.target, project.url):
        why = "the address is not https://, so the password is sent nowhere"
        failure = Failure(cause=Cause.CONFIGURATION, text=why)
        return Exchange(method="POST", url=f"{project.url}{path}", purpose=purpose, failure=failure)
    credentials: dict[str, Any] = {"email": user.email, "password": password, "gotrue_meta_security": {}}
    answered = await project.ask(path, purpose=purpose, method="POST", headers=API, json_body=credentials)
    return scrubbed(answered, password)


def missing_password(user: User) -> Gap | None:
    """Why the user cannot sign in at all."""
    if user.password.value:
        return None
    why = f"the environment variable {user.password.name} is not set"
    return Gap(what=f"signing in as {user.email}", why=why, cause=Cause.SECRET)


@piece("supabase")
async def auth(look: Look) -> Auth:
    """The service's health, settings and signing keys; with a configured user also the way in and out."""
    project = project_of(look)
    declared = project.declared
    seen = Auth(url=project.url, key=project.key, ref=ref_of(declared), signups=declared.signups)
    if not project.key.public:
        return seen  # judged for what it is, and never sent
    health, settings, jwks, seen = await asyncio.gather(
        project.ask("/auth/v1/health", purpose="auth health"),
        project.ask("/auth/v1/settings", purpose="auth settings"),
        project.ask("/auth/v1/.well-known/jwks.json", purpose="signing keys"),
        _user(project, seen),
    )
    return replace(seen, health=health, settings=settings, jwks=jwks)


async def _user(project: Project, seen: Auth) -> Auth:
    user = project.declared.user
    if user is None:
        return seen
    if gap := missing_password(user):
        return replace(seen, unasked=gap)
    asked = None
    async with signed_in(project, user) as session:
        if session.token:
            asked = await project.ask("/auth/v1/user", purpose="who is signed in", headers={**API, **session.bearer})
            asked = scrubbed(asked, session.token)
    return replace(seen, sign_in=session.sign_in, user=asked, sign_out=session.sign_out)


def _token(exchange: Exchange) -> str | None:
    token = body(exchange.answered).get("access_token") if exchange.answered else None
    return token if isinstance(token, str) else None


def _without_tokens(exchange: Exchange) -> Exchange:
    """Evidence lasts, so no token may be in it; the names of the fields stay, to be judged."""
    exchange = scrubbed(exchange, _token(exchange) or "")
    answer = exchange.answer
    if answer is None or answer.status >= 400:
        return exchange
    blank = {key: "(blanked out)" if isinstance(value, str) else None for key, value in body(answer).items()}
    return replace(exchange, answer=replace(answer, body=json.dumps(blank).encode()))
