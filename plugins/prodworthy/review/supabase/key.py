"""Rules about the key that the app shows to everybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prodworthy.model import Control, Cure, Exchange, Severity, Shortfall
from prodworthy.model.backend import Auth
from prodworthy.model.platform import Sign, describe, sign
from prodworthy.review.rules import rule
from prodworthy.review.supabase.answers import place, with_sign

KEYS = "Supabase docs, Understanding API keys: https://supabase.com/docs/guides/api/api-keys"
STATUSES = "Supabase docs, HTTP status codes: https://supabase.com/docs/guides/troubleshooting/http-status-codes"
ERRORS = "PostgREST docs, Errors: https://docs.postgrest.org/en/stable/references/errors.html"
ASVS_SECRETS = "OWASP ASVS 5.0 13.3.1"
WRONG = (Sign.NO_KEY, Sign.WRONG_KEY, Sign.WRONG_TOKEN, Sign.IN_BROWSER)
REMEDIES = {
    Sign.NO_KEY: "The apikey field is lost on the way: look at proxies, rewrites and a domain of your own before it.",
    Sign.WRONG_TOKEN: "The token is signed by another project's secret: take address and key from the same project.",
}

Asked = tuple[Auth, Sequence[Exchange]]  # the auth service, and everything else that was asked with the same key


@rule(
    "supabase.key-is-secret",
    title="The key of the target is one that a browser may hold",
    severity=Severity.CRITICAL,
    reason="A secret or service_role key bypasses row-level security: whoever has it reads and writes everything.",
    remedy="Use the publishable key (Project Settings, API Keys: sb_publishable_...) here and in the app; revoke this.",
    references=[KEYS, ASVS_SECRETS],
    cure=Cure.NONE,
    controls=[Control.IA, Control.SC],
)
def key_is_secret(auth: Auth) -> Iterator[Shortfall]:
    """Judged by its form alone, other services' secrets too; such a key is sent nowhere."""
    key = auth.key
    if not key.public:
        got = f"a token with the role {key.role}" if key.kind == "legacy" else f"a secret ({key.shown})"
        yield Shortfall(f"environment variable {key.name}", "a publishable or legacy anon key", got)


@rule(
    "supabase.key-elsewhere",
    title="The key was made for this project",
    severity=Severity.CRITICAL,
    reason="The app talks to one project with the key of another: every request is refused.",
    remedy="Take address and key from the same project (Project Settings, API Keys), and build the app again.",
    references=[KEYS],
    cure=Cure.NONE,
    controls=[Control.IA, Control.SC],
)
def key_elsewhere(auth: Auth) -> Iterator[Shortfall]:
    """The ref that a legacy key carries, against the project's; an opaque key does not tell."""
    if elsewhere(auth):
        got = f"a key of the project {auth.key.ref}"
        yield Shortfall(f"environment variable {auth.key.name}", f"a key of the project {auth.ref}", got)


def elsewhere(auth: Auth) -> bool:
    """Whether the key says that it belongs to another project."""
    return bool(auth.key.public and auth.key.ref and auth.ref and auth.key.ref != auth.ref)


@rule(
    "supabase.legacy-keys-disabled",
    title="The kind of key is still accepted",
    severity=Severity.CRITICAL,
    reason="The project has switched its legacy keys off, and the app still sends one: every request is refused.",
    remedy="Build the app with the publishable key (sb_publishable_...); until then enable the legacy keys again.",
    references=[KEYS, STATUSES],
    cure=Cure.NONE,
    controls=[Control.IA, Control.SC],
)
def legacy_keys_disabled(evidence: Asked) -> Iterator[Shortfall]:
    """By the gateway's own words."""
    yield from _refused(evidence, "the legacy key accepted", Sign.LEGACY_OFF)


@rule(
    "supabase.key-expired",
    title="The key has not expired",
    severity=Severity.CRITICAL,
    reason="A legacy key is a token with an end; after it every request of the app is refused.",
    remedy="Build the app with the publishable key (sb_publishable_...), which does not expire.",
    references=[KEYS, ERRORS],
    cure=Cure.NONE,
    controls=[Control.IA, Control.SC],
)
def key_expired(evidence: Asked) -> Iterator[Shortfall]:
    """PGRST303, where its words are of an expired token."""
    yield from _refused(evidence, "a key that is valid today", Sign.EXPIRED)


@rule(
    "supabase.wrong-key",
    title="The project accepts the key",
    severity=Severity.CRITICAL,
    reason="With a key that the project does not know, every request of the app is refused.",
    remedy="Copy the publishable key of this project (Project Settings, API Keys) and build the app with it again.",
    references=[KEYS, STATUSES],
    cure=Cure.NONE,
    controls=[Control.IA, Control.SC],
)
def wrong_key(evidence: Asked) -> Iterator[Shortfall]:
    """The key, and everything that was asked with it; no key at all, an unknown one, a token of another issuer."""
    auth, _ = evidence
    if not elsewhere(auth):
        odd = f"; {auth.key.shown} is neither a publishable key nor a JWT" if auth.key.kind == "unknown" else ""
        yield from _refused(evidence, f"accepted by {auth.url}", *WRONG, odd=odd)


def _refused(evidence: Asked, wanted: str, *signs: Sign, odd: str = "") -> Iterator[Shortfall]:
    """One shortfall for all that was refused for the same reason, which is named."""
    auth, exchanges = evidence
    if found := with_sign((*auth.exchanges, *exchanges), *signs):
        exchange, answer = found[0]
        named = sign(answer) or Sign.WRONG_KEY
        got = f"{named}: {describe(answer)} for {place(exchange)}, {len(found)} requests refused in all{odd}"
        yield Shortfall(f"environment variable {auth.key.name}", wanted, got, REMEDIES.get(named))


@rule(
    "supabase.legacy-key",
    title="The app uses a publishable key",
    severity=Severity.LOW,
    reason="Legacy anon keys are announced for retirement by the end of 2026; then the app stops at once.",
    remedy="Build the app with the publishable key (Project Settings, API Keys: sb_publishable_...).",
    references=[KEYS],
    cure=Cure.NONE,
    controls=[Control.IA, Control.SC],
)
def legacy_key(auth: Auth) -> Iterator[Shortfall]:
    """By the key's form; one with another role, or of another project, is another finding."""
    if auth.key.kind == "legacy" and auth.key.public and not elsewhere(auth):
        yield Shortfall(f"environment variable {auth.key.name}", "a publishable key", "a legacy anon key (a JWT)")
