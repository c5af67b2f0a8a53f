"""Tokens for calling functions: the test user's good one, and those that nobody may accept."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from prodworthy.evidence.backend.auth import Session, missing_password, signed_in
from prodworthy.evidence.backend.project import Project, claims_of
from prodworthy.model import Cause, Gap
from prodworthy.model.backend import NO_USER

HOUR = 3600  # seconds that a forged token says it is good for
NOBODY = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """What a call of a function that wants a token carries, or why there is nothing to carry."""

    token: str | None = field(default=None, repr=False)
    gap: Gap | None = None  # there should be a token
    unasked: str | None = None  # there need not be one
    session: Session | None = None  # whose token it is

    @property
    def fields(self) -> Mapping[str, str]:
        """For the header."""
        return {"authorization": f"Bearer {self.token}"} if self.token else {}

    @property
    def of_a_user(self) -> Bearer:
        """The same for functions that want somebody who is signed in: a key will not do."""
        return self if self.session or self.missing else Bearer(unasked=NO_USER)

    @property
    def missing(self) -> bool:
        """Whether the function cannot be called as declared."""
        return self.gap is not None or self.unasked is not None


async def bearer(project: Project, stack: AsyncExitStack) -> Bearer:
    """The test user's token, good until the stack is left; without a user, a key that is itself a token."""
    user = project.declared.user
    if user is None and project.key.kind == "legacy":
        return Bearer(token=project.value)
    if user is None:
        return Bearer(unasked=NO_USER)
    if gap := missing_password(user):
        return Bearer(gap=gap)
    opened = await stack.enter_async_context(signed_in(project, user))
    if opened.token:
        return Bearer(token=opened.token, session=opened)
    why = "the test user could not sign in; see the Supabase check"
    return Bearer(gap=opened.sign_in.gap or Gap(what="functions", why=why, cause=Cause.CONFIGURATION))


def forgeries(project: Project, good: str | None) -> Iterator[tuple[str, str]]:
    """Each in words, and the token itself. RFC 8725 tells why each must be refused."""
    claims = {**_claims(project.url), **({} if good is None else dict(claims_of(good)))}
    yield "an unsigned token (alg none)", f"{_written({'alg': 'none', 'typ': 'JWT'}, claims)}."
    yield "a token signed with another secret (HS256)", _signed(claims)
    made_up = _written({"alg": "ES256", "typ": "JWT", "kid": NOBODY}, claims)
    yield "a token with a made-up signature (ES256)", f"{made_up}.{_encoded(os.urandom(64))}"
    if good is not None and good.count(".") == 2:
        head, _, signature = good.split(".")
        yield "a token whose claims were changed", f"{head}.{_part({**claims, 'role': 'service_role'})}.{signature}"
    if project.key.kind == "publishable":
        yield "the publishable key in place of a token", project.value


def _claims(url: str) -> dict[str, Any]:
    now = int(time.time())
    issuer = f"{url}/auth/v1"
    return {
        "iss": issuer,
        "sub": NOBODY,
        "aud": "authenticated",
        "role": "authenticated",
        "iat": now,
        "exp": now + HOUR,
    }


def _signed(claims: Mapping[str, Any]) -> str:
    text = _written({"alg": "HS256", "typ": "JWT"}, claims)
    return f"{text}.{_encoded(hmac.new(os.urandom(32), text.encode(), hashlib.sha256).digest())}"


def _written(head: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    return f"{_part(head)}.{_part(claims)}"


def _part(value: Mapping[str, Any]) -> str:
    return _encoded(json.dumps(value, separators=(",", ":")).encode())


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
