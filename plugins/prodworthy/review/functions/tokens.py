"""Rules about whom a function lets in: the platform's verify_jwt, and the function's own lock."""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import Answer, Control, Cure, Severity, Shortfall
from prodworthy.model.functions import Functions, SeenFunction
from prodworthy.model.platform import describe
from prodworthy.review.functions.answering import CODES, Answered, answers, first, no_token, ran, where
from prodworthy.review.rules import rule

JWT = "Supabase docs, Function configuration, verify_jwt: https://supabase.com/docs/guides/functions/function-configuration"
AUTH = "Supabase docs, Securing Edge Functions: https://supabase.com/docs/guides/functions/auth"
ASVS_ACCESS = "OWASP ASVS 5.0, 8.2 General Authorization Design"
ASVS_TOKENS = "OWASP ASVS 5.0, 9.1 Token source and integrity"
BEST = "RFC 8725, JSON Web Token Best Current Practices, 3.1 and 3.2: https://www.rfc-editor.org/rfc/rfc8725#section-3"
LOCK = [Control.AC, Control.IA]


def _let_in(seen: SeenFunction, answer: Answer) -> bool:
    """Whether the lock was open: the code ran where the platform should refuse, or anything but an error came."""
    return answer.status < 400 or bool(seen.declared.verify_jwt and ran(answer))


def _wanted(seen: SeenFunction) -> str:
    return "401 by the platform" if seen.declared.verify_jwt else "401 or 403"


def _got(answer: Answer) -> str:
    return f"{describe(answer)}, by the function's code" if ran(answer) else describe(answer)


def _set(name: str, locked: bool) -> str:
    return (
        f"[functions.{name}] verify_jwt = {str(locked).lower()} in supabase/config.toml, "
        f"then: supabase functions deploy {name}"
    )


def _open(seen: SeenFunction) -> list[Answered]:
    return [each for each in answers([seen.unsigned]) if _let_in(seen, each[1])]


def _turned_away(seen: SeenFunction) -> list[Answered]:
    return first(each for each in answers(seen.calls) if no_token(each[1]))


@rule(
    "functions.open-without-jwt",
    title="Functions for signed-in users refuse whoever has no token",
    severity=Severity.CRITICAL,
    reason="Anybody on the internet runs code that is meant for signed-in users.",
    remedy="Set verify_jwt = true in supabase/config.toml and deploy again, without --no-verify-jwt.",
    references=[JWT, CODES, ASVS_ACCESS],
    cure=Cure.NONE,
    controls=LOCK,
)
def open_without_jwt(functions: Functions) -> Iterator[Shortfall]:
    """With verify_jwt the platform must refuse with 401; a lock of the function's own must not give success."""
    for seen in functions.seen:
        for exchange, answer in _open(seen):
            name = seen.declared.name
            remedy = (
                _set(name, True)
                if seen.declared.verify_jwt
                else (
                    "ask auth before anything else: const { data, error } = await client.auth.getUser(token); "
                    "if (error) return new Response(null, { status: 401, headers: corsHeaders })"
                )
            )
            yield Shortfall(where(seen, exchange), _wanted(seen), _got(answer), remedy)


@rule(
    "functions.forged-token-accepted",
    title="Functions for signed-in users refuse tokens that are not good",
    severity=Severity.CRITICAL,
    reason="Anybody can write a token: without a check of its signature, everybody is whoever they say they are.",
    remedy="Never only decode a token. Set verify_jwt = true, or verify it: await jwtVerify(token, "
    "createRemoteJWKSet(new URL(`${url}/auth/v1/.well-known/jwks.json`)), { algorithms: ['ES256'] })",
    references=[AUTH, BEST, ASVS_TOKENS],
    cure=Cure.NONE,
    controls=LOCK,
)
def forged_token_accepted(functions: Functions) -> Iterator[Shortfall]:
    """Unsigned, wrongly signed or changed tokens, and the publishable key in place of one."""
    for seen in functions.seen:
        accepted = [
            (each, answer) for each in seen.forged if (answer := each.exchange.answered) and _let_in(seen, answer)
        ]
        if accepted and not _open(seen):
            each, answer = accepted[0]
            named = "; ".join(forged.token for forged, _ in accepted)
            yield Shortfall(where(seen, each.exchange), _wanted(seen), f"{_got(answer)}, to {named}")


@rule(
    "functions.refused-without-jwt",
    title="Functions without verify_jwt let everybody in",
    severity=Severity.HIGH,
    reason="Visitors who are not signed in get a 401 from the platform; the function's code never sees them.",
    remedy="Set verify_jwt = false in supabase/config.toml and deploy again: it is true by default.",
    references=[JWT, CODES],
    cure=Cure.NONE,
)
def refused_without_jwt(functions: Functions) -> Iterator[Shortfall]:
    """The platform's own 401 for a function that is declared open."""
    for seen in functions.seen:
        for exchange, answer in () if seen.declared.verify_jwt else _turned_away(seen):
            remedy = _set(seen.declared.name, False)
            yield Shortfall(where(seen, exchange), "an answer by the function's code", describe(answer), remedy)


@rule(
    "functions.token-refused",
    title="Functions with verify_jwt accept the test user's token",
    severity=Severity.HIGH,
    reason="A user who has just signed in is turned away.",
    remedy="See the project's JWT signing keys; after a rotation, deploy the functions again.",
    references=[JWT, CODES, "Supabase docs, JWT signing keys: https://supabase.com/docs/guides/auth/signing-keys"],
    cure=Cure.NONE,
    controls=LOCK,
)
def token_refused(functions: Functions) -> Iterator[Shortfall]:
    """The platform's own 401 for a call with a token that auth has just given."""
    for seen in functions.seen:
        for exchange, answer in _turned_away(seen) if seen.declared.verify_jwt else ():
            yield Shortfall(where(seen, exchange), "an answer by the function's code", describe(answer))


@rule(
    "functions.jwt-setting",
    title="verify_jwt is deployed as it is declared",
    severity=Severity.MEDIUM,
    reason="Another setting is on record than the one that was seen: with the next deploy, or in another region, the "
    "function is open where it should be locked, or locked where it should be open.",
    remedy="Set verify_jwt in supabase/config.toml and deploy again; the dashboard and --no-verify-jwt overwrite it.",
    references=[JWT],
    cure=Cure.NONE,
    controls=[Control.AC, Control.CM],
)
def jwt_setting(functions: Functions) -> Iterator[Shortfall]:
    """By the platform's own record; where the answers show it already, they are the finding."""
    for seen in functions.seen:
        name, wanted = seen.declared.name, seen.declared.verify_jwt
        record = functions.records.get(name)
        if record is None or record.verify_jwt in {None, wanted} or _open(seen) or _turned_away(seen):
            continue
        got = f"verify_jwt = {str(record.verify_jwt).lower()}, version {record.version}"
        yield Shortfall(f"function {name}", f"verify_jwt = {str(wanted).lower()}", got, _set(name, wanted))
