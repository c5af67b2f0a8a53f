"""Rules about the key that the app shows to everybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prodworthy.model import Cure, Exchange, Severity, Shortfall
from prodworthy.model.backend import Auth
from prodworthy.model.platform import KEY, describe
from prodworthy.review.rules import rule
from prodworthy.review.supabase.answers import place, with_sign

KEYS = "Supabase docs, Understanding API keys: https://supabase.com/docs/guides/api/api-keys"
STATUSES = "Supabase docs, HTTP status codes: https://supabase.com/docs/guides/troubleshooting/http-status-codes"
ASVS_SECRETS = "OWASP ASVS 5.0, 13.3 Secret Management"


@rule(
    "supabase.key-is-secret",
    title="The key of the target is one that a browser may hold",
    severity=Severity.CRITICAL,
    reason="A secret or service_role key bypasses row-level security: whoever has it reads and writes everything.",
    remedy="Use the publishable key (Project Settings, API Keys: sb_publishable_...) here and in the app; revoke this.",
    references=[KEYS, ASVS_SECRETS],
    cure=Cure.NONE,
)
def key_is_secret(auth: Auth) -> Iterator[Shortfall]:
    """Judged by its form alone, other services' secrets too; such a key is sent nowhere."""
    key = auth.key
    if not key.public:
        got = f"a token with the role {key.role}" if key.kind == "legacy" else f"a secret ({key.shown})"
        yield Shortfall(f"environment variable {key.name}", "a publishable or legacy anon key", got)


@rule(
    "supabase.wrong-key",
    title="The project accepts the key",
    severity=Severity.CRITICAL,
    reason="With a key that the project does not know, every request of the app is refused.",
    remedy="Copy the publishable key of this project (Project Settings, API Keys) and build the app with it again.",
    references=[KEYS, STATUSES],
    cure=Cure.NONE,
)
def wrong_key(evidence: tuple[Auth, Sequence[Exchange]]) -> Iterator[Shortfall]:
    """The key, and everything that was asked with it."""
    auth, exchanges = evidence
    if found := with_sign((*auth.exchanges, *exchanges), *KEY):
        key, (exchange, answer) = auth.key, found[0]
        odd = _odd(auth)
        got = f"{describe(answer)} for {place(exchange)}, {len(found)} requests refused in all{odd}"
        yield Shortfall(f"environment variable {key.name}", f"accepted by {auth.url}", got)


def _odd(auth: Auth) -> str:
    host = auth.url.partition("://")[2]
    ref = host.removesuffix(".supabase.co")
    if auth.key.ref and ref not in {host, auth.key.ref}:
        return f"; the key was made for the project {auth.key.ref}, this is {ref}"
    if auth.key.kind == "unknown":
        return f"; {auth.key.shown} is neither a publishable key nor a JWT"
    return ""
