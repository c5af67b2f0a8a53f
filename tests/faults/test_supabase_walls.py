"""Somebody else before the back end: named, with what to do about it, inconclusive, and never a finding."""

from __future__ import annotations

import re

import pytest

from tests.faults.breaks import answer
from tests.faults.catalogue import Catalogue, Fault, Judged, judging, sampled
from tests.faults.supabase import BACKEND, BASE

OVER_HTTP = r"/(?!realtime/v1/websocket).*"
RESTRICTED = '{"message": "Service for this project is restricted", "description": "exceed_egress_quota"}'


def wall(name: str, told: str, status: int, body: str, *fields: tuple[str, str]) -> Fault:
    """All answers of the back end replaced; `told` is a regular expression for why nothing could be observed."""
    plain = [("content-type", "text/plain"), *fields]
    replaced = answer(host=BACKEND, path=OVER_HTTP, status=status, body=body, without=["content-type"], fields=plain)
    return Fault(name=name, rule="", where=told, breaks=(replaced,))


WALLS = (
    wall("project-paused", "^a paused Supabase project .*: restore", 540, "Project paused"),
    wall("project-too-slow", "^the Supabase gateway's time limit ", 544, "Project request timeout"),
    wall("organisation-restricted", "^a restricted Supabase .*: pay", 402, RESTRICTED),
    wall("organisation-that-owes", "^a restricted Supabase .*: pay", 402, '{"description": "overdue_payment"}'),
    wall("project-limited", r"^(a|the project's) rate limit \(429\)", 429, "Too Many Requests", ("retry-after", "60")),
    wall("project-behind-a-challenge", "^a Cloudflare challenge ", 403, "", ("cf-mitigated", "challenge")),
)
judged = judging(Catalogue(check="supabase", file="test_supabase.py", base=BASE, faults=WALLS))


@pytest.mark.parametrize("fault", sampled(WALLS))
def test_a_wall_is_named_and_never_a_finding(judged: Judged, fault: Fault) -> None:
    seen = judged.results[fault.name]
    assert (seen["result"], seen["findings"]) == ("inconclusive", [])
    why = [gap["why"] for gap in seen["gaps"] if gap["cause"] == "wall"]
    assert any(re.search(fault.where, each) for each in why), seen["gaps"]
