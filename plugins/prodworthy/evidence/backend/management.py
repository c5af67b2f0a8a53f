"""Asking the platform's management API about a project: only reads, and only with a token that was named for it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from typing import Any

from prodworthy.evidence.backend.project import key_of, protected, ref_of, scrubbed
from prodworthy.evidence.errors import NotAsked, Unobserved
from prodworthy.evidence.pieces import Look, piece
from prodworthy.model import Cause, Exchange, Supabase
from prodworthy.model.project import ProjectState

TOKEN = re.compile(r"sbp_(oauth_|v0_)?[a-f0-9]{40}")  # of the contract; anything else is somebody else's secret
SERVICES = ("auth", "db", "rest", "storage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Management:
    """The API, one project, and the token to ask about it with."""

    look: Look
    declared: Supabase
    ref: str
    token: str = field(repr=False)

    async def ask(
        self, path: str, *, purpose: str, method: str = "GET", json_body: Any = None, accept: str = "application/json"
    ) -> Exchange:
        """One request about the project; `path` goes on from its own."""
        headers = {"authorization": f"Bearer {self.token}", "accept": accept}
        if json_body is not None:
            headers["content-type"] = "application/json"
        exchange = await self.look.ask(
            f"{self.declared.management_url}/v1/projects/{self.ref}{path}",
            purpose=purpose,
            method=method,
            headers=headers,
            content=None if json_body is None else json.dumps(json_body).encode(),
            follow=False,
            repeatable=True,
        )
        return scrubbed(exchange, self.token)


def management_of(look: Look) -> Management | None:
    """The API with the target's token; None: no token is named. Raises Unobserved for one that must not be sent."""
    declared = look.target.supabase
    if declared is None or declared.management_token is None:
        return None
    name, token = declared.management_token.name, declared.management_token.value or ""
    secure = protected(look.target, declared.management_url)
    problem = (
        (f"{name} is not set", Cause.SECRET) if not token
        else (f"{name} does not hold an access token (sbp_…); it is sent nowhere", Cause.CONFIGURATION)
        if not TOKEN.fullmatch(token)
        else ("management_url is not https://, so the token is sent nowhere", Cause.CONFIGURATION) if not secure
        else None
    )  # fmt: skip
    ref = ref_of(declared)
    if problem is None and ref is None:
        problem = ('the address does not tell the project: write ref = "…" into the target', Cause.CONFIGURATION)
    if problem is not None:
        raise Unobserved.because("the management API", *problem)
    return Management(look=look, declared=declared, ref=ref or "", token=token)


@piece("supabase")
async def project_state(look: Look) -> ProjectState:
    """The project's state, its services' health, the security advisor's findings, and which keys it has."""
    api = management_of(look)
    if api is None:
        raise NotAsked(
            "supabase.management_token is not given, so the platform is not asked what it says of the project"
        )
    services = (*SERVICES, *(("realtime",) if api.declared.realtime else ()))
    project, health, advisors, keys = await asyncio.gather(
        api.ask("", purpose="the project's state"),
        api.ask(f"/health?{'&'.join(f'services={name}' for name in services)}", purpose="the services' health"),
        api.ask("/advisors/security", purpose="the security advisor's findings"),
        api.ask("/api-keys?reveal=false", purpose="which keys there are"),
    )
    return ProjectState(
        ref=api.ref,
        key=key_of(api.declared.key),
        project=project,
        health=health,
        advisors=advisors,
        keys=_without_values(keys),
        listed=_listed(keys, api.declared.key.value or ""),
    )


def _listed(keys: Exchange, value: str) -> bool | None:
    """Whether a key of ours is in the list, by its digest or its beginning; None where the list cannot tell."""
    known = [each for each in _entries(keys) if each.get("type") == "publishable"]
    if not value.startswith("sb_publishable_") or not known:
        return None
    digest = hashlib.sha256(value.encode()).hexdigest()
    return any(each.get("hash") == digest or _begins(value, each.get("prefix")) for each in known)


def _begins(value: str, prefix: object) -> bool:
    named = prefix if isinstance(prefix, str) else ""
    return bool(named) and value.startswith((named, f"sb_publishable_{named}"))


def _without_values(keys: Exchange) -> Exchange:
    """Evidence lasts, so nothing of a key may be in it."""
    if keys.answer is None or keys.answer.status >= 400:
        return keys
    kept = [{name: str(each.get(name, ""))[:40] for name in ("name", "type")} for each in _entries(keys)]
    return replace(keys, answer=replace(keys.answer, body=json.dumps(kept).encode()))


def _entries(keys: Exchange) -> list[dict[str, Any]]:
    try:
        told = keys.answered.json() if keys.answered and keys.answered.status < 400 else None
    except ValueError:
        told = None
    return [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []
