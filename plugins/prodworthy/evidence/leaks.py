"""Leaks: secrets in what is served to everybody, told by their shape and never repeated in full.

Patterns are kept so narrow that a match is worth an alarm: placeholders of documentation, example projects' well-known
keys and the bare words around which cryptographic libraries build are left alone.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from prodworthy.model.bundle import Leak

MOST = 20  # secrets of a kind that are told of one text: whoever leaks more knows enough
SHOWN = 14  # characters of a secret that may be told, at most a third of it
_KEY = rb"[A-Za-z0-9+/=]"


@dataclass(frozen=True, slots=True)
class _Pattern:
    hint: bytes  # a plain search for it decides whether the regular expression is worth running
    pattern: re.Pattern[bytes]
    named: Callable[[re.Match[bytes]], str | None]  # what was found; None: harmless


def leaks(source: bytes) -> tuple[Leak, ...]:
    """The secrets in a served text, each once, in the order in which they stand there."""
    found = [leak for each in _PATTERNS if each.hint in source for leak in islice(_found(each, source), MOST)]
    return tuple(leak for _, leak in sorted(found, key=lambda each: each[0]))


def _found(pattern: _Pattern, source: bytes) -> Iterator[tuple[int, Leak]]:
    seen: set[bytes] = set()
    for found in pattern.pattern.finditer(source):
        secret = found[0]
        if secret not in seen and (what := pattern.named(found)):
            seen.add(secret)
            line = source.count(b"\n", 0, found.start()) + 1
            yield found.start(), Leak(what=what, shown=_redacted(secret), line=line)


def _redacted(secret: bytes) -> str:
    text = secret.decode("ascii", "replace")
    return text[: min(SHOWN, len(text) // 3)] + "…"


def _always(what: str) -> Callable[[re.Match[bytes]], str | None]:
    return lambda found: None if _placeholder(found[1]) else what


def _placeholder(secret: bytes) -> bool:
    """Whether it stands in documentation for the real thing: few distinct characters, or words that say so."""
    text = secret.lower()
    return len(set(text)) < 6 or any(word in text for word in (b"your", b"xxxx", b"example", b"placeholder"))


def _token(found: re.Match[bytes]) -> str | None:
    claims = _claims(found[1])
    if claims.get("iss") == "supabase-demo":  # the same on every developer's machine
        return None
    role = claims.get("role")
    return f"Supabase {role} key (JWT)" if role in {"service_role", "supabase_admin"} else None


def _claims(payload: bytes) -> dict[str, Any]:
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _database(found: re.Match[bytes]) -> str | None:
    password, host = found[1], found[2].lower()
    if re.search(rb"[\[\]<>{}$*]", password) or _placeholder(password) or password.lower() in _TAUGHT:
        return None
    if host.startswith((b"localhost", b"127.", b"0.0.0.0", b"host", b"example", b"db.example")):
        return None
    return "Postgres URL with a password"


_TAUGHT = {b"password", b"postgres", b"secret", b"passwd", b"mypassword", b"changeme", b"user_password", b"s3cret"}

_PATTERNS = (
    _Pattern(b"sb_secret_", re.compile(rb"\bsb_secret_([A-Za-z0-9_-]{10,})"), _always("Supabase secret key")),
    _Pattern(b"eyJ", re.compile(rb"(?<![\w-])eyJ[\w-]{10,}\.(eyJ[\w-]{10,})\.[\w-]{20,}", re.ASCII), _token),
    _Pattern(
        b"sbp_",
        re.compile(rb"\bsbp_(?:oauth_|v0_)?([a-f0-9]{40})\b"),
        _always("Supabase management token"),
    ),
    _Pattern(
        b"postgres",
        re.compile(rb"\bpostgres(?:ql)?://[^\s:/@\"'`]{1,128}:([^\s/@\"'`]{3,128})@([^\s/:\"'`]{1,255})"),
        _database,
    ),
    _Pattern(
        b"PRIVATE KEY-----",
        # libraries that read keys hold the header alone; a key has material behind it
        re.compile(rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?:\\[nr]|[\"'`+\s])*" + _KEY + rb"{40}"),
        lambda _: "private key",
    ),
    _Pattern(b"sk_live_", re.compile(rb"\bsk_live_([A-Za-z0-9]{20,})"), _always("Stripe secret key")),
    _Pattern(b"ghp_", re.compile(rb"\bghp_([A-Za-z0-9]{36})\b"), _always("GitHub token")),
)
