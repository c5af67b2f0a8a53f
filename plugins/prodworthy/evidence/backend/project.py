"""A target's Supabase project: its address, its public key, and how it is asked."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

from prodworthy.evidence.errors import NotConfigured, Unobserved
from prodworthy.evidence.pieces import Look
from prodworthy.evidence.sending import MASK
from prodworthy.evidence.transport import address_of
from prodworthy.model import Attempt, Cause, Exchange, Secret, Supabase, Target
from prodworthy.model.backend import Key
from prodworthy.model.platform import STALE, STALE_CACHE, Sign, describe, sign

REF = re.compile(r"[a-z]{20}")
HOSTED = ".supabase.co"
SETTLING = (0.5, 1.0, 2.0)  # seconds between tries while the schema cache may lag behind a migration
PUBLISHABLE = re.compile(r"sb_publishable_[\w-]+", re.ASCII)
JWT = re.compile(r"eyJ[\w-]*\.([\w-]+)", re.ASCII)
# what ends up in the wrong variable; anywhere in the value, because it may be quoted, or pasted with its name
SECRET = re.compile(
    r"(?<![A-Za-z0-9])(?P<shape>sb_secret_|sbp_|sk_live_|sk_test_|rk_live_|whsec_|gh[opsu]_|github_pat_|glpat-|vcp_|npm_"
    r"|xox[abp]-|AKIA|-----BEGIN|\w+://(?=[^\s/]*@))"
)
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
CAREFUL = str.maketrans({each: f"\\u{ord(each):04x}" for each in "<>&"})  # what Go's JSON escapes beyond the standard
SHOWN = 20  # letters of a key that may be shown: the prefix and very little else

LINES = """[targets.{name}.supabase]
url = "https://<project ref>.supabase.co"
key = {{ env = "SUPABASE_PUBLISHABLE_KEY" }}
tables = [{{ name = "products", anon = ["select"] }}, {{ name = "orders", anon = [] }}]

[targets.{name}.not_applicable]
supabase = "why this app has no Supabase back end\""""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One project, and the key to ask it with."""

    look: Look
    declared: Supabase
    key: Key
    settling: tuple[float, ...] = SETTLING
    value: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """The project's own address."""
        return self.declared.url

    async def ask(
        self,
        path: str,
        *,
        purpose: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        json_body: Any = None,
        repeatable: bool | None = None,
        key: bool = True,
        fresh: bool = False,
    ) -> Exchange:
        """One request, by default with the public key."""
        fields = {**(self._credentials(path) if key else {}), **(headers or {})}
        if json_body is not None:
            fields.setdefault("content-type", "application/json")
        exchange = await self.look.ask(
            f"{self.url}{path}",
            purpose=purpose,
            method=method,
            headers=fields,
            content=None if json_body is None else json.dumps(json_body).encode(),
            follow=False,
            fresh=fresh,
            repeatable=repeatable,
        )
        return with_name_hint(with_limit(exchange), self.url)

    def _credentials(self, path: str) -> dict[str, str]:
        """As the vendor's clients send them; a legacy key is a token too, which functions would take for a user's."""
        if self.key.kind != "legacy" or path.startswith("/functions/"):
            return {"apikey": self.value}
        return {"apikey": self.value, "authorization": f"Bearer {self.value}"}

    async def ask_settled(self, path: str, **request: Any) -> Exchange:
        """A request that changes nothing, repeated for a few seconds while the schema cache may not know the name."""
        exchange = await self.ask(path, repeatable=True, **request)
        for pause in self.settling:
            answer = exchange.answered
            if answer is None or sign(answer) not in STALE:
                break
            stale = Attempt(text=f"{STALE_CACHE}: {describe(answer)}", elapsed=answer.timings.total)
            await asyncio.sleep(pause)
            again = await self.ask(path, repeatable=True, **request)
            exchange = replace(again, attempts=(*exchange.attempts, stale, *again.attempts))
        return exchange


def project_of(look: Look, *, check: str = "supabase", lines: str = LINES) -> Project:
    """The target's project; raises NotConfigured, or Unobserved when its key is not set."""
    declared = look.target.supabase
    if declared is None:
        raise NotConfigured(check, lines.format(name=look.target.name))
    if not declared.key.value:
        why = f"the environment variable {declared.key.name} is not set"
        raise Unobserved.because(f"the Supabase key of {look.target.name}", why, Cause.SECRET)
    return Project(look=look, declared=declared, key=key_of(declared.key), value=declared.key.value)


def public_project(look: Look, *, check: str = "supabase", lines: str = LINES) -> Project:
    """The target's project with a key that may be sent; raises Unobserved for one that no browser may hold."""
    project = project_of(look, check=check, lines=lines)
    if not project.key.public:
        why = f"{project.key.name} holds a secret where the public key belongs; it is sent nowhere"
        raise Unobserved.because(f"the Supabase key of {look.target.name}", why, Cause.CONFIGURATION)
    return project


def ref_of(declared: Supabase) -> str | None:
    """The project's ref, declared or by the address; None where a domain of one's own hides it."""
    host = urlsplit(declared.url).hostname or ""
    ref = host.removesuffix(HOSTED)
    return declared.ref or (ref if host.endswith(HOSTED) and REF.fullmatch(ref) else None)


def key_of(secret: Secret) -> Key:
    """What the key tells about itself, without asking anybody."""
    value = secret.value or ""
    if PUBLISHABLE.fullmatch(value):
        return Key(name=secret.name, kind="publishable", shown=f"{value[:SHOWN]}…")
    if found := SECRET.search(value):
        return Key(name=secret.name, kind="secret", shown=f"{found['shape']}…")
    claims = claims_of(value)
    if not claims:
        return Key(name=secret.name, kind="unknown", shown=f"{value[:3]}…")
    role, ref = claims.get("role"), claims.get("ref")
    return Key(
        name=secret.name,
        kind="legacy",
        role=role if isinstance(role, str) else None,
        ref=ref if isinstance(ref, str) else None,
        shown="eyJ…",
    )


def claims_of(text: str) -> Mapping[str, Any]:
    """The payload of the JWT in a text, unverified; empty for anything else."""
    token = JWT.search(text)
    try:
        payload = json.loads(base64.urlsafe_b64decode(token[1] + "=" * (-len(token[1]) % 4))) if token else {}
    except (ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}


def protected(target: Target, url: str) -> bool:
    """Whether a secret may be sent there: over TLS, or to this machine. Where the front end is does not matter."""
    host, _ = address_of(target, url)
    return urlsplit(url).scheme == "https" or host in LOOPBACK


def scrubbed(exchange: Exchange, secret: str) -> Exchange:
    """The exchange without a secret that the other side might have repeated."""
    answer = exchange.answer
    if answer is None or not secret:
        return exchange
    fields, body = answer.fields, answer.body
    for spelt in _spellings(secret):
        fields = tuple((name, value.replace(spelt, MASK)) for name, value in fields)
        body = body.replace(spelt.encode(), MASK.encode())
    return replace(exchange, answer=replace(answer, fields=fields, body=body))


def _spellings(secret: str) -> list[str]:
    """As JSON writes it, also within a string of JSON, and as URLs and HTML do; the longest first."""
    found = {secret}
    for _ in range(2):
        found |= {json.dumps(each, ensure_ascii=plain)[1:-1] for each in found for plain in (True, False)}
    found |= {each.translate(CAREFUL) for each in found}
    return sorted(found | {quote(secret, safe=""), quote_plus(secret), escape(secret)}, key=len, reverse=True)


def with_limit(exchange: Exchange) -> Exchange:
    """A rate limit is a wall, because it says nothing about the app; but a function may answer so by its own code."""
    answer = exchange.answered
    own = "/functions/v1/" in exchange.url
    if answer is not None and sign(answer) is Sign.THROTTLED and not own:
        return replace(exchange, wall="the project's rate limit (429)")
    return exchange


def with_name_hint(exchange: Exchange, url: str) -> Exchange:
    """A mistyped project ref looks like a network failure; say what is odd about it."""
    host = urlsplit(url).hostname or ""
    ref = host.removesuffix(HOSTED)
    if exchange.failure is None or exchange.failure.cause is not Cause.NETWORK or not host.endswith(HOSTED):
        return exchange
    if REF.fullmatch(ref):
        return exchange
    hint = f"{exchange.failure.text}; a project ref has 20 lower-case letters, {ref!r} has {len(ref)} characters"
    return replace(exchange, failure=replace(exchange.failure, text=hint))
