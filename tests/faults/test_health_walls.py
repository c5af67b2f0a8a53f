"""Somebody else before the app: named, with what to do about it, inconclusive, and never a finding."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.faults.breaks import answer
from tests.faults.catalogue import Catalogue, Fault, Judged, judging, sampled
from tests.faults.health import BASE


def wall(name: str, told: str, status: int, *fields: tuple[str, str], body: str = "", **spoil: Any) -> Fault:
    """All answers over TLS replaced; `told` is a regular expression for why nothing could be observed."""
    replaced = answer(
        secure=True,
        status=status,
        body=body,
        without=["content-type"],
        fields=[("content-type", "text/html"), *fields],
        **spoil,
    )
    return Fault(name=name, rule="", where=told, breaks=(replaced,))


def vercel(code: str) -> tuple[str, str]:
    return ("x-vercel-error", code)


WALLS = (
    # an embedded target brings a bypass, which no wall of a fault takes
    wall("protected", "^deployment protection, .*: a secret opens", 401, ("set-cookie", "_vercel_sso_nonce=x; Path=/")),
    wall("protected-by-sign-in", "^deployment protection", 302, ("location", "https://vercel.com/sso-api?url=x")),
    wall("challenged", "^the firewall's challenge .*: let this machine pass", 403, ("x-vercel-mitigated", "challenge")),
    wall("denied", "^the firewall's refusal .*: look which", 403, ("x-vercel-mitigated", "deny")),
    wall("challenged-by-cloudflare", "^a Cloudflare challenge .*: let", 403, ("cf-mitigated", "challenge")),
    wall("limited", r"^a rate limit \(429\) .*: wait", 429, ("retry-after", "60")),
    wall("suspended", "^a suspended Vercel account .*: pay", 402, vercel("DEPLOYMENT_DISABLED")),
    wall("paused", "^a paused Vercel project .*: resume", 503, vercel("DEPLOYMENT_PAUSED")),
    wall("blocked", "^a block by Vercel .*: ask", 403, vercel("DEPLOYMENT_BLOCKED")),
    wall("unassigned", "^Vercel, which knows no deployment .*: assign", 404, vercel("DEPLOYMENT_NOT_FOUND")),
    wall(
        "unfinished", "still being built .*: wait", 303, vercel("DEPLOYMENT_NOT_READY_REDIRECTING"), ("location", "/")
    ),
    wall("under-repair", "^a maintenance page .*: end", 503, body="<!doctype html><h1>Down for maintenance</h1>"),
    wall("supabase-paused", "^a paused Supabase project .*: restore", 540, path="/version.json"),
    wall(
        "supabase-restricted", "^a restricted Supabase .*: pay", 402, body="exceed_egress_quota", path="/version.json"
    ),
)
judged = judging(Catalogue(check="health", file="test_health.py", base=BASE, faults=WALLS, batch=15))


@pytest.mark.parametrize("fault", sampled(WALLS))
def test_a_wall_is_named_and_never_a_finding(judged: Judged, fault: Fault) -> None:
    seen = judged.results[fault.name]
    assert (seen["result"], seen["findings"]) == ("inconclusive", [])
    assert {gap["cause"] for gap in seen["gaps"]} == {"wall"}
    why = [gap["why"] for gap in seen["gaps"] if not gap["why"].startswith("not asked: ")]
    assert why
    assert all(re.search(fault.where, each) and " answered instead of the app: " in each for each in why)
