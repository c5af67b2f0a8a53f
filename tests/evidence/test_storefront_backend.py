"""The storefront's back end, broken as releases break them: each fault is one finding, of the rule that names it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from prodworthy.evidence.backend import auth, catalog, realtime, searches, storage, tables
from prodworthy.evidence.client import Client
from prodworthy.local.deployment import Deployment
from prodworthy.model import Addresses, Bucket, Embedded, Exchange, Search, Secret, Supabase, Table, Target
from prodworthy.review import supabase as review

STOREFRONT = Path(__file__).parents[2] / "examples" / "storefront"
HOST = "abcdefghijklmnopqrst.supabase.co"
KEY = "sb_publishable_for_the_tests"
PIECES = (auth, tables, storage, realtime, searches, catalog)

SEARCH = (STOREFRONT / "supabase/migrations/20260112101500_search.sql").read_text(encoding="utf-8")
FUNCTION = SEARCH[SEARCH.index("create function") : SEARCH.index("revoke")].replace("create", "create or replace", 1)
UPSIDE_DOWN = FUNCTION.replace("query_embedding\n  limit", "query_embedding desc\n  limit")
# in PL/pgSQL, because only there the operator is looked for when the function runs
UNSCHEMED = (
    FUNCTION.replace("operator(extensions.<=>)", "<=>")
    .replace("language sql", "language plpgsql")
    .replace("as $$\n", "as $$ #variable_conflict use_column\nbegin return query\n")
    .replace("24)\n$$", "24); end\n$$")
)
POLICY = '"Everybody reads products" on public.products'


@dataclass(slots=True)
class Looking:
    """A `Look` with the real client."""

    target: Target
    client: Client

    async def ask(self, url: str, **request: Any) -> Exchange:
        return await self.client.ask(url, **request)

    async def through(self, exchange: Exchange, send: Any) -> Exchange:
        return await self.client.through(exchange, send)

    async def at(self, piece: Any) -> Any:
        return await piece.gather(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """The storefront's running back end."""

    addresses: Addresses

    @contextmanager
    def broken(self, fault: str, mend: str) -> Iterator[None]:
        self._sql(fault)
        try:
            yield
        finally:
            self._sql(mend)

    def _sql(self, text: str) -> None:
        assert self.addresses.database_url
        with psycopg.connect(self.addresses.database_url, autocommit=True) as connection:
            connection.execute(text.encode())
            connection.execute("notify pgrst, 'reload schema'")

    def findings(self) -> list[str]:
        """The ids of the rules that object, one for each finding."""
        a, t, st, rt, se, ca = asyncio.run(self._seen())
        asked = (*a.exchanges, *t.exchanges, *st.exchanges, *rt.exchanges, *se.exchanges)
        assert [gap for piece in (a, t, st, rt, se, ca) for gap in piece.gaps] == []
        judged = [
            *review.key_is_secret(a),
            *review.wrong_key((a, asked)),
            *review.auth_service(a),
            *review.database(asked),
            *review.declared_access(t),
            *review.undeclared_access(t),
            *review.buckets(st),
            *review.undeclared_files(st),
            *review.realtime_refused(rt),
            *review.every_search((se, t)),
            *review.row_security_off(ca),
        ]
        found = [finding.rule.removeprefix("supabase.") for finding in judged]
        return [each for each in found if each != "schema-cache-stale"]  # each fault is a moment old

    async def _seen(self) -> list[Any]:
        target = Target(name="shop", url="https://shop.test", supabase=declared(), addresses=self.addresses)
        async with Client(target) as client:
            return await asyncio.gather(*(piece.gather(Looking(target, client)) for piece in PIECES))


def declared() -> Supabase:
    canary = json.loads((STOREFRONT / "schemas/search-canary.json").read_text(encoding="utf-8"))["arguments"]
    return Supabase(
        url=f"https://{HOST}",
        key=Secret(name="SUPABASE_KEY", value=KEY),
        tables=(
            Table(name="products", anon=("select",), min_rows=1),
            Table(name="categories", anon=("select",), min_rows=1),
            Table(name="reviews", anon=("select",)),
            Table(name="orders"),
            Table(name="supplier_prices"),
        ),
        buckets=(Bucket(name="product-images", public=True),),
        searches=(Search(rpc="match_products", args=canary, column="slug", expect="wool-watch-hat"),),
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    app = tmp_path_factory.mktemp("storefront")
    (app / "dist").mkdir()
    (app / "dist" / "index.html").write_text("<!doctype html><title>shop</title>")
    for name in ("migrations", "seed.sql"):
        (app / "supabase").mkdir(exist_ok=True)
        (app / "supabase" / name).symlink_to(STOREFRONT / "supabase" / name)
    embedded = Embedded(app=str(app), domain="shop.test", backend=f"https://{HOST}", keys={"publishable": KEY})
    with Deployment.start(embedded) as deployment:
        yield Shop(addresses=deployment.ready())


def test_the_sound_storefront_gives_no_finding(shop: Shop) -> None:
    assert shop.findings() == []


@pytest.mark.parametrize(
    ("fault", "mend", "found"),
    [
        pytest.param(
            "revoke select on public.products from anon",
            "grant select on public.products to anon",
            "table-not-readable",
            id="a grant is lost",
        ),
        pytest.param(
            "revoke usage on schema public from anon, public",
            "grant usage on schema public to anon, public",
            "table-not-readable",
            id="the schema is closed",
        ),
        pytest.param(
            f"drop policy {POLICY}",
            f"create policy {POLICY} for select to anon, authenticated using (true)",
            "table-empty",
            id="a policy is lost",
        ),
        pytest.param(
            "create function public.asks() returns boolean language plpgsql as 'begin return ghost(); end';"
            "create policy asks on public.products as restrictive using (public.asks())",
            "drop policy asks on public.products; drop function public.asks",
            "table-broken",
            id="a policy calls what is gone",
        ),
        pytest.param(
            "alter table public.reviews rename to ratings",
            "alter table public.ratings rename to reviews",
            "table-missing",
            id="a table is renamed",
        ),
        pytest.param(
            "grant select on public.supplier_prices to anon;"
            'alter policy "Nobody from outside" on public.supplier_prices using (true)',
            "revoke select on public.supplier_prices from anon;"
            'alter policy "Nobody from outside" on public.supplier_prices using (false)',
            "table-readable-by-anon",
            id="a private table is opened",
        ),
        pytest.param(UPSIDE_DOWN, FUNCTION, "search-wrong", id="the search is upside down"),
        pytest.param(UNSCHEMED, FUNCTION, "search-failed", id="the search path lacks the operator"),
        pytest.param(
            "alter table public.products rename slug to handle",
            "alter table public.products rename handle to slug",
            "search-failed",
            id="a column that the search reads is renamed",
        ),
        pytest.param(
            "alter table public.products rename embedding to vector; alter table public.products"
            " add column embedding extensions.vector(256)",
            "alter table public.products drop column embedding; alter table public.products rename vector to embedding",
            "search-empty",
            id="the embeddings are lost",
        ),
        pytest.param(
            "revoke usage on schema extensions from anon, public",
            "grant usage on schema extensions to anon",
            "search-failed",
            id="the extension's schema is closed",
        ),
        pytest.param(
            "create table extensions.kept as select id, embedding::text from public.products;"
            "drop extension vector cascade",
            "create extension vector with schema extensions;"
            "alter table public.products add column embedding extensions.vector(256);"
            "update public.products p set embedding = k.embedding::extensions.vector from extensions.kept k"
            f" where k.id = p.id; drop table extensions.kept; {FUNCTION};"
            "grant execute on function public.match_products to anon",
            "search-failed",
            id="the extension is dropped, and the search with it",
        ),
        pytest.param(
            "update storage.buckets set public = false",
            "update storage.buckets set public = true",
            "bucket-missing",
            id="the bucket is private",
        ),
    ],
)
def test_one_fault_is_one_finding(shop: Shop, fault: str, mend: str, found: str) -> None:
    with shop.broken(fault, mend):
        assert shop.findings() == [found]
