"""Telling the app's own answer from one that somebody else gave in its place."""

from __future__ import annotations

import re

from prodworthy.evidence.sending import absolute
from prodworthy.model import Answer, Target

PROTECTION = "deployment protection"
CHALLENGE = "the firewall's challenge"
DENIAL = "the firewall's refusal"
CLOUDFLARE = "a Cloudflare challenge"
LIMIT = "a rate limit (429)"
WITHDRAW = frozenset({CHALLENGE, DENIAL, CLOUDFLARE, LIMIT})  # which more requests would only make worse

VERCEL = {
    "DEPLOYMENT_DISABLED": "a suspended Vercel account (DEPLOYMENT_DISABLED)",
    "DEPLOYMENT_PAUSED": "a paused Vercel project (DEPLOYMENT_PAUSED)",
    "DEPLOYMENT_BLOCKED": "a block by Vercel (DEPLOYMENT_BLOCKED)",
    "DEPLOYMENT_NOT_FOUND": "Vercel, which knows no deployment under this name (DEPLOYMENT_NOT_FOUND),",
    "DEPLOYMENT_NOT_READY_REDIRECTING": "a deployment that is still being built",
}
SUPABASE = {540: "a paused Supabase project", 544: "the Supabase gateway's time limit"}
FUNCTIONS = "/functions/v1/"
RESTRICTED = "a restricted Supabase organisation"
RESTRICTION = re.compile(
    rb"exceed(ed)?_\w+|overdue_payment"
)  # the codes of https://supabase.com/docs/guides/platform/http-status-codes


def wall(answer: Answer, *, limits: bool = False) -> str | None:
    """Who answered in place of the app, in words that go before "answered instead of the app"; None: the app did.

    A 401, 403 or 404 of the app itself is no wall: each needs the platform's own sign. Signs are those that Vercel,
    Cloudflare and Supabase put on the answers they give themselves. A 429 has none, and says only that we ask too
    much; with `limits` it is the app's own (see `limits_itself`).
    """
    limit = LIMIT if answer.status == 429 and not limits else None
    return _firewall(answer) or _protection(answer) or _vercel_error(answer) or _supabase(answer) or limit


def limits_itself(target: Target, url: str) -> bool:
    """Whether a 429 from an address is judged: where it is declared, and of functions, which are the app's own code."""
    declared = [each.path for each in target.endpoints if each.status == 429]
    declared += [page.path for page in target.pages if page.status == 429]
    return FUNCTIONS in url or any(absolute(target, path) == url for path in declared)


def _firewall(answer: Answer) -> str | None:
    # https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
    cloudflare = CLOUDFLARE if _value(answer, "cf-mitigated") == "challenge" else None
    return {"challenge": CHALLENGE, "deny": DENIAL}.get(_value(answer, "x-vercel-mitigated")) or cloudflare


def _protection(answer: Answer) -> str | None:
    cookies = answer.lines("set-cookie")
    asked_to_sign_in = answer.status == 401 and any(line.startswith("_vercel_sso_nonce=") for line in cookies)
    location = answer.header("location") or ""
    sent_to_sign_in = 300 <= answer.status < 400 and location.startswith("https://vercel.com/sso-api")
    return PROTECTION if asked_to_sign_in or sent_to_sign_in else None


def _vercel_error(answer: Answer) -> str | None:
    return VERCEL.get((answer.header("x-vercel-error") or "").strip().upper())


def _supabase(answer: Answer) -> str | None:
    if answer.status == 402 and RESTRICTION.search(answer.body[:4096]):
        return RESTRICTED
    return SUPABASE.get(answer.status)


def _value(answer: Answer, name: str) -> str:
    return (answer.header(name) or "").strip().lower()
