"""A target that is only compared with is read, and nothing else."""

from __future__ import annotations

import pytest

from prodworthy.model import Addresses, Embedded, Endpoint, Function, Secret, Supabase, Target
from prodworthy.model.standing import Baseline

LIVE = "https://shop.example.com"
TARGET = Target(
    name="prod",
    url="https://candidate.vercel.app",
    domains=("https://candidate.vercel.app", "https://www.example.com"),
    endpoints=(
        Endpoint(path="/api/health"),
        Endpoint(path="/api/head", method="HEAD"),
        Endpoint(path="/api/orders", method="POST", json={"sku": "A-1"}, repeatable=False),
        Endpoint(path="/api/search", method="POST", repeatable=True),
        Endpoint(path="/api/cart", method="DELETE"),
        Endpoint(path="/api/counter", repeatable=False),
    ),
    supabase=Supabase(url="https://abcdefghijklmnopqrst.supabase.co", key=Secret(name="KEY", value="x")),
    functions=(Function(name="quote"),),
    baseline=Baseline(source="live", url=LIVE),
    embedded=Embedded(app="."),
    addresses=Addresses(hosts={"shop.example.com:443": "127.0.0.1:1"}, ca_pem="", spki=""),
)


def test_only_what_can_be_read_again_is_asked_of_what_production_serves() -> None:
    there = TARGET.looked_at_elsewhere(LIVE)
    assert (there.url, there.domains) == (LIVE, (LIVE,))
    assert [each.path for each in there.endpoints] == ["/api/health", "/api/head"]


@pytest.mark.parametrize("part", ["supabase", "functions", "paths", "embedded", "addresses", "baseline"])
def test_nothing_of_production_is_called_written_or_mistaken_for_what_is_here(part: str) -> None:
    assert not getattr(TARGET.looked_at_elsewhere(LIVE), part)
