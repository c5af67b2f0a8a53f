"""Telling the app's own answer from one that somebody else gave in its place."""

from __future__ import annotations

import re

from prodworthy.evidence.sending import absolute
from prodworthy.model import HTML, Answer, Target
from prodworthy.model.wall import (
    BLOCKED,
    BYPASS_REFUSED,
    CHALLENGE,
    CLOUDFLARE,
    DENIAL,
    LIMIT,
    MAINTENANCE,
    PAUSED,
    PROTECTION,
    RESTRICTED,
    SUPABASE_LATE,
    SUPABASE_PAUSED,
    SUSPENDED,
    UNKNOWN,
    UNREADY,
)

WITHDRAW = frozenset({CHALLENGE, DENIAL, CLOUDFLARE, LIMIT})  # which more requests would only make worse

VERCEL = {
    "DEPLOYMENT_DISABLED": SUSPENDED,
    "DEPLOYMENT_PAUSED": PAUSED,
    "DEPLOYMENT_BLOCKED": BLOCKED,
    "DEPLOYMENT_NOT_FOUND": UNKNOWN,
    "DEPLOYMENT_NOT_READY_REDIRECTING": UNREADY,
}
SUPABASE = {540: SUPABASE_PAUSED, 544: SUPABASE_LATE}
FUNCTIONS = "/functions/v1/"
RESTRICTION = re.compile(
    rb"exceed(ed)?_\w+|overdue_payment"
)  # the codes of https://supabase.com/docs/guides/platform/http-status-codes
CLOSED = re.compile(rb"<(title|h1|h2)\b[^>]{0,200}>[^<]{0,200}\bmaintenance\b", re.IGNORECASE)


def wall(answer: Answer, *, limits: bool = False, bypassed: bool = False) -> str | None:
    """Who answered in place of the app, in words that go before "answered instead of the app"; None: the app did.

    A 401, 403 or 404 of the app itself is no wall: each needs the platform's own sign. Signs are those that Vercel,
    Cloudflare and Supabase put on the answers they give themselves. A 429 has none, and says only that we ask too
    much; with `limits` it is the app's own (see `limits_itself`). With `bypassed` the request carried what should have
    opened deployment protection. A maintenance page is put before an app on purpose.
    """
    limit = LIMIT if answer.status == 429 and not limits else None
    platform = _firewall(answer) or _protection(answer, bypassed) or _vercel_error(answer) or _supabase(answer)
    return platform or _maintenance(answer) or limit


def limits_itself(target: Target, url: str) -> bool:
    """Whether a 429 from an address is judged: where it is declared, and of functions, which are the app's own code."""
    declared = [each.path for each in target.endpoints if each.status == 429]
    declared += [page.path for page in target.pages if page.status == 429]
    return FUNCTIONS in url or any(absolute(target, path) == url for path in declared)


def _firewall(answer: Answer) -> str | None:
    # https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
    cloudflare = CLOUDFLARE if _value(answer, "cf-mitigated") == "challenge" else None
    return {"challenge": CHALLENGE, "deny": DENIAL}.get(_value(answer, "x-vercel-mitigated")) or cloudflare


def _protection(answer: Answer, bypassed: bool) -> str | None:
    cookies = answer.lines("set-cookie")
    asked_to_sign_in = answer.status == 401 and any(line.startswith("_vercel_sso_nonce=") for line in cookies)
    location = answer.header("location") or ""
    sent_to_sign_in = 300 <= answer.status < 400 and location.startswith("https://vercel.com/sso-api")
    if not asked_to_sign_in and not sent_to_sign_in:
        return None
    return BYPASS_REFUSED if bypassed else PROTECTION


def _vercel_error(answer: Answer) -> str | None:
    return VERCEL.get((answer.header("x-vercel-error") or "").strip().upper())


def _supabase(answer: Answer) -> str | None:
    if answer.status == 402 and RESTRICTION.search(answer.body[:4096]):
        return RESTRICTED
    return SUPABASE.get(answer.status)


def _maintenance(answer: Answer) -> str | None:
    closed = answer.status == 503 and answer.media_type in HTML and CLOSED.search(answer.body[:4096])
    return MAINTENANCE if closed else None


def _value(answer: Answer, name: str) -> str:
    return (answer.header(name) or "").strip().lower()
