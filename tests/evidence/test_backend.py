"""The back end looked at over real sockets: what is open is seen, what is closed too, and nothing is left behind."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import psycopg
import pytest

from prodworthy.evidence.backend import auth, catalog, realtime, searches, storage, tables
from prodworthy.evidence.backend.project import key_of
from prodworthy.evidence.client import Bounds, Client
from prodworthy.evidence.errors import NotConfigured, Unobserved
from prodworthy.evidence.walls import CHALLENGE
from prodworthy.local.deployment import Deployment
from prodworthy.model import (
    Addresses,
    Answer,
    Bucket,
    Cause,
    Embedded,
    Exchange,
    Search,
    Secret,
    Supabase,
    Table,
    Target,
    User,
)
from prodworthy.plain import to_plain
from prodworthy.review import supabase as review

HOST = "abcdefghijklmnopqrst.supabase.co"
KEY = "sb_publishable_for_the_tests"
EMAIL, PASSWORD = "ada@shop.test", "correct horse"
MIGRATION = """
create extension if not exists vector with schema extensions;

create table public.products (id int primary key, name text not null, embedding extensions.vector(3));
insert into public.products values (1, 'hat', '[1,0,0]'), (2, 'cap', '[0.9,0.1,0]'), (3, 'pan', '[0,1,0]');
alter table public.products enable row level security;
create policy "everybody reads" on public.products for select using (true);
grant select on public.products to anon;

create table public.reviews (id int primary key, body text not null, customer text);
insert into public.reviews values (1, 'warm', 'ada');
grant select (id, body) on public.reviews to anon;

create table public.orders (id int generated always as identity primary key, country text not null);
insert into public.orders (country) values ('DE');
alter table public.orders enable row level security;

create table public.diary (id int generated always as identity primary key, entry text default 'dear diary');
insert into public.diary default values;
alter table public.diary enable row level security;
grant all on public.diary to anon;

create table public.leaky (id int primary key, secret text not null);
insert into public.leaky values (1, 'the values of this row must not be kept');
grant all on public.leaky to anon;

create table public.guestbook (id int generated always as identity primary key, entry text default 'hello');
grant insert on public.guestbook to anon;

create table public.members (id int primary key);
insert into public.members values (1);
create function public.asks_a_ghost() returns boolean language plpgsql stable as 'begin return ghost(); end';
alter table public.members enable row level security;
create policy "as the ghost says" on public.members for select to anon using (public.asks_a_ghost());
grant select on public.members to anon;

create function public.match_products(query_embedding extensions.vector(3), match_count int default 3)
returns table (id int, similarity float8) language sql stable set search_path = '' as $$
  select p.id, 1 - (p.embedding operator(extensions.<=>) query_embedding) from public.products p
  order by p.embedding operator(extensions.<=>) query_embedding limit match_count
$$;
create function public.match_nothing() returns table (id int) language sql stable as 'select 1 where false';
create function public.match_upside_down() returns table (id int, similarity float8) language sql stable as
  'values (1, 0.1::float8), (2, 0.9)';
create function public.match_slowly() returns int language sql volatile as 'select 1 from pg_sleep(30)';
revoke execute on function public.match_products from public;
grant execute on function public.match_products to anon;

insert into storage.buckets (id, name, public) values ('pictures', 'pictures', true), ('papers', 'papers', false),
  ('letters', 'letters', false), ('posters', 'posters', true);
insert into storage.objects (bucket_id, name) values ('letters', 'to-grandmother.txt'), ('papers', 'contract.pdf');
create policy "anybody lists letters" on storage.objects for select to anon using (bucket_id = 'letters');
"""

Found = TypeVar("Found")


@dataclass(slots=True)
class Looking:
    """A `Look` with the real client, for one question."""

    target: Target
    client: Client
    asked: list[Exchange] = field(default_factory=list)

    async def ask(self, url: str, **request: Any) -> Exchange:
        exchange = await self.client.ask(url, **request)
        self.asked.append(exchange)
        return exchange

    async def through(self, exchange: Exchange, send: Any) -> Exchange:
        return await self.client.through(exchange, send)

    async def at(self, piece: Any) -> Any:
        return await piece.gather(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A running back end."""

    addresses: Addresses

    def target(self, **declared: Any) -> Target:
        supabase = Supabase(url=f"https://{HOST}", key=Secret(name="SUPABASE_KEY", value=KEY))
        changes = {name: declared.pop(name) for name in list(declared) if name in Supabase.__slots__}
        own = {"addresses": self.addresses, "supabase": replace(supabase, **changes)}
        return Target(name="shop", url="https://shop.test", **{**own, **declared})

    def sql(self, text: str) -> list[tuple[Any, ...]]:
        assert self.addresses.database_url
        with psycopg.connect(self.addresses.database_url, autocommit=True) as connection:
            cursor = connection.execute(text.encode())
            return cursor.fetchall() if cursor.description else []

    def content(self) -> dict[str, list[Any]]:
        """Every row of the app and of its services; but when a user signed in last stays, as after any visit."""
        named = self.sql(
            "select format('%I.%I', schemaname, tablename) from pg_tables"
            " where schemaname in ('public', 'auth', 'storage', 'realtime')"
        )
        row = "to_jsonb(t) - 'last_sign_in_at' - 'updated_at'"
        return {name: sorted(map(str, self.sql(f"select {row} from {name} t"))) for (name,) in named}


def look(target: Target, piece: Any) -> Any:
    async def gather() -> Any:
        async with Client(target) as client:
            return await piece.gather(Looking(target, client))

    return run(gather())


def run(work: Coroutine[Any, Any, Found]) -> Found:
    return asyncio.run(work)


def answered(piece: Any, answer: Answer, **declared: Any) -> Any:
    """What the piece makes of a back end that gives this answer to everything."""

    class Server:
        target = Target(
            name="shop", url="https://shop.test", supabase=Supabase(url=f"https://{HOST}", key=keyed(KEY), **declared)
        )

        async def ask(self, url: str, *, method: str = "GET", **request: Any) -> Exchange:
            return Exchange(method=method, url=url, purpose=str(request["purpose"]), answer=answer)

    return run(piece.gather(Server()))


def rules(judged: Any) -> set[str]:
    return {finding.rule.removeprefix("supabase.") for finding in judged}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    app = tmp_path_factory.mktemp("shop")
    (app / "dist").mkdir()
    (app / "dist" / "index.html").write_text("<!doctype html><title>shop</title>")
    (app / "supabase" / "migrations").mkdir(parents=True)
    (app / "supabase" / "migrations" / "20260101000000_shop.sql").write_text(MIGRATION)
    embedded = Embedded(
        app=str(app),
        domain="shop.test",
        backend=f"https://{HOST}",
        keys={"publishable": KEY},
        users=({"email": EMAIL, "password": PASSWORD},),
    )
    with Deployment.start(embedded) as deployment:
        yield Shop(addresses=deployment.ready())


def user(password: str | None = PASSWORD) -> User:
    return User(email=EMAIL, password=Secret(name="TEST_PASSWORD", value=password))


# what is declared, and sound


def test_a_sound_back_end_gives_no_finding_and_no_gap(shop: Shop) -> None:
    target = shop.target(
        tables=(Table(name="products", anon=("select",), min_rows=3), Table(name="orders")),
        buckets=(Bucket(name="pictures", public=True), Bucket(name="papers")),
        searches=(Search(rpc="match_products", args={"query_embedding": [1, 0, 0]}, expect=1),),
        user=user(),
    )
    seen = {piece.name: look(target, piece) for piece in (auth, tables, storage, realtime, searches)}
    asked = [exchange for piece in seen.values() for exchange in piece.exchanges]
    findings = [
        *review.key_is_secret(seen["auth"]),
        *review.wrong_key((seen["auth"], asked)),
        *review.auth_service(seen["auth"]),
        *review.signin_failed(seen["auth"]),
        *review.database(asked),
        *review.declared_access(seen["tables"]),
        *review.undeclared_access(seen["tables"]),
        *review.buckets(seen["storage"]),
        *review.undeclared_files(seen["storage"]),
        *review.realtime_refused(seen["realtime"]),
        *review.every_search((seen["searches"], seen["tables"])),
    ]
    assert [str(finding) for finding in findings] == []
    assert [gap for piece in seen.values() for gap in piece.gaps] == []


def test_nothing_is_left_behind(shop: Shop) -> None:
    names = ("products", "orders", "diary", "leaky", "guestbook", "reviews", "missing")
    target = shop.target(
        tables=(*(Table(name=name) for name in names), Table(name="guestbook", anon=("insert", "update", "delete"))),
        buckets=(Bucket(name="pictures"), Bucket(name="letters"), Bucket(name="missing")),
        searches=(Search(rpc="match_products", args={"query_embedding": [1, 0, 0]}, expect=1),),
        user=user(),
    )
    before = shop.content()
    for piece in (auth, tables, storage, realtime, searches, catalog):
        look(target, piece)
    assert shop.content() == before


# tables


@pytest.mark.parametrize(
    ("table", "found"),
    [
        pytest.param(Table(name="orders"), set(), id="a private table is closed"),
        pytest.param(Table(name="products", anon=("select",), min_rows=4), {"table-empty"}, id="rows are missing"),
        pytest.param(Table(name="orders", anon=("select",)), {"table-not-readable"}, id="a grant is missing"),
        pytest.param(Table(name="orders", anon=("insert",)), {"table-not-writable"}, id="a grant to write is missing"),
        pytest.param(Table(name="nowhere"), {"table-missing"}, id="a table is missing"),
        pytest.param(Table(name="objects", schema="storage"), {"table-missing"}, id="a schema is not exposed"),
        pytest.param(Table(name="diary"), {"grant-unneeded"}, id="only row-level security stands in the way"),
        pytest.param(
            Table(name="leaky"), {"table-readable-by-anon", "table-writable-by-anon"}, id="row-level security is off"
        ),
        pytest.param(Table(name="guestbook"), {"table-writable-by-anon"}, id="every column has a default"),
        pytest.param(Table(name="members", anon=("select",)), {"table-broken"}, id="a policy calls what is not there"),
        pytest.param(Table(name="members"), {"table-broken"}, id="a private table's policy calls what is not there"),
        pytest.param(Table(name="reviews", anon=("select",), columns=("id", "body")), set(), id="columns are granted"),
        pytest.param(Table(name="reviews", columns=("body",)), {"table-readable-by-anon"}, id="one column leaks"),
    ],
)
def test_a_table_is_seen_as_it_is(shop: Shop, table: Table, found: set[str]) -> None:
    seen = look(shop.target(tables=(table,)), tables)
    assert rules([*review.declared_access(seen), *review.undeclared_access(seen)]) == found


def test_what_a_leaking_table_holds_is_not_kept(shop: Shop) -> None:
    seen = look(shop.target(tables=(Table(name="leaky"),)), tables)
    assert seen.seen[0].rows == 1
    assert json.loads(seen.seen[0].read.answer.body) == [{"id": None, "secret": None}]
    assert "must not be kept" not in json.dumps(to_plain(seen))


def test_a_table_that_the_schema_cache_learns_of_late_is_waited_for(shop: Shop) -> None:
    target = shop.target(tables=(Table(name="latecomer", anon=("select",)),))

    async def gather() -> Any:
        async with Client(target) as client:
            asking = asyncio.ensure_future(tables.gather(Looking(target, client)))
            await asyncio.sleep(0.2)
            await asyncio.to_thread(
                shop.sql,
                "create table public.latecomer (id int primary key); grant select on public.latecomer to anon;"
                "notify pgrst, 'reload schema'",
            )
            return await asking

    assert rules(review.declared_access(run(gather()))) == set()


@pytest.mark.parametrize("body", [b"<html>an app</html>", b'{"rows": ["private words"]}'], ids=["page", "object"])
def test_an_answer_that_is_no_list_of_rows_is_seen_as_such_and_not_kept(body: bytes) -> None:
    seen = answered(tables, Answer(status=200, http="HTTP/2", fields=(), body=body), tables=(Table(name="products"),))
    assert rules(review.declared_access(seen)) == {"rest-down"}
    assert rules(review.undeclared_access(seen)) == set()
    assert "private words" not in json.dumps(to_plain(seen.seen[0]))


def test_a_read_only_database_is_named(shop: Shop) -> None:
    shop.sql("alter role anon set transaction_read_only = on; notify pgrst, 'reload config'")
    try:
        shop.sql("select pg_sleep(0.5)")
        seen = look(shop.target(tables=(Table(name="orders"),)), tables)
    finally:
        shop.sql(
            "alter role anon reset all; alter role anon set statement_timeout = '3s'; notify pgrst, 'reload config'"
        )
        shop.sql("select pg_sleep(0.5)")
    assert rules(review.database(seen.exchanges)) == {"read-only"}


def test_the_database_s_own_catalog_tells_which_tables_are_unprotected(shop: Shop) -> None:
    found = {finding.where for finding in review.row_security_off(look(shop.target(), catalog))}
    assert {"table public.leaky", "table public.guestbook", "table public.reviews"} <= found
    assert not {"table public.orders", "table public.diary", "table public.products"} & found


# keys


def legacy(**claims: str) -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, claims)
    return ".".join([*(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts), "c2ln"])


def keyed(value: str | None) -> Secret:
    return Secret(name="SUPABASE_KEY", value=value)


def test_a_key_that_the_project_does_not_know_is_one_finding(shop: Shop) -> None:
    target = shop.target(key=keyed("sb_publishable_of_somebody_else"), tables=(Table(name="products"),), user=user())
    seen, others = look(target, auth), [look(target, piece) for piece in (tables, storage, realtime)]
    asked = [exchange for piece in others for exchange in piece.exchanges]
    found = [*review.wrong_key((seen, asked)), *review.auth_service(seen), *review.signin_failed(seen)]
    found += [*review.declared_access(others[0]), *review.undeclared_access(others[0])]
    found += [*review.buckets(others[1]), *review.realtime_refused(others[2])]
    assert rules(found) == {"wrong-key"}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("sb_secret_0123456789", id="secret"),
        pytest.param(legacy(role="service_role"), id="service_role"),
        pytest.param(legacy(role="service_role").rpartition(".")[0], id="service_role cut short"),
        pytest.param(f"Bearer {legacy(role='service_role')}", id="service_role as a header"),
        pytest.param(legacy(role="authenticated", sub="ada"), id="a user's token"),
        pytest.param(legacy(sub="ada"), id="another service's token"),
        pytest.param(' "sb_secret_0123456789"', id="quoted"),
        pytest.param("SUPABASE_SECRET_KEY=sb_secret_0123456789", id="pasted with its name"),
        pytest.param("sbp_" + "0123456789abcdef" * 2 + "01234567", id="management token"),
        pytest.param("postgresql://postgres:0123456789@db.abcdefghijklmnopqrst.supabase.co/postgres", id="database"),
        pytest.param("ghp_" + "0123456789ab" * 3, id="another platform's token"),
        pytest.param("-----BEGIN PRIVATE KEY-----0123456789", id="private key"),
    ],
)
def test_a_secret_key_is_a_finding_and_never_sent(shop: Shop, value: str) -> None:
    target = shop.target(key=keyed(value), tables=(Table(name="products"),), user=user())

    async def gather() -> list[Exchange]:
        async with Client(target) as client:
            looking = Looking(target, client)
            assert rules(review.key_is_secret(await auth.gather(looking))) == {"key-is-secret"}
            for piece in (tables, storage, realtime, searches):
                with pytest.raises(Unobserved, match="sent nowhere"):
                    await piece.gather(looking)
            return looking.asked

    assert run(gather()) == []
    assert "0123456789" not in repr(key_of(keyed(value)))


def test_what_a_key_tells_about_itself_never_holds_its_value() -> None:
    value = legacy(role="anon", ref="abcdefghijklmnopqrst")
    key = key_of(keyed(value))
    assert (key.kind, key.role, key.ref, key.public) == ("legacy", "anon", "abcdefghijklmnopqrst", True)
    assert value not in repr(key)


@pytest.mark.parametrize("value", [KEY, "sb_publishable_AbC-sk_live_9", legacy(role="anon"), "of-our-own-gateway"])
def test_a_public_key_may_be_sent(value: str) -> None:
    assert key_of(keyed(value)).public


@pytest.mark.parametrize("piece", [auth, tables, storage, realtime, searches], ids=lambda piece: str(piece.name))
def test_a_key_that_is_not_set_is_named_by_its_variable(shop: Shop, piece: Any) -> None:
    with pytest.raises(Unobserved, match="SUPABASE_KEY is not set") as unobserved:
        look(shop.target(key=keyed(None)), piece)
    assert unobserved.value.gap.cause is Cause.SECRET


@pytest.mark.parametrize("piece", [auth, tables, storage, realtime, searches], ids=lambda piece: str(piece.name))
def test_a_target_that_says_nothing_of_a_back_end_gets_the_lines_to_paste(piece: Any) -> None:
    with pytest.raises(NotConfigured) as unknown:
        look(Target(name="shop", url="https://shop.test"), piece)
    assert "[targets.shop.supabase]" in unknown.value.lines
    assert "[targets.shop.not_applicable]" in unknown.value.lines


# signing in


def test_the_test_user_signs_in_and_out_and_no_token_is_kept(shop: Shop) -> None:
    before = shop.content()
    seen = look(shop.target(user=user()), auth)
    assert rules(review.signin_failed(seen)) == set()
    assert seen.sign_out.answer.status == 204
    assert shop.content() == before
    assert ".eyJ" not in json.dumps(to_plain(seen)) + repr(seen)
    assert PASSWORD not in json.dumps(to_plain(seen)) + repr(seen)


def test_a_wrong_password_is_a_finding(shop: Shop) -> None:
    seen = look(shop.target(user=user("wrong")), auth)
    (finding,) = review.signin_failed(seen)
    assert "invalid_credentials" in finding.got


def test_a_password_that_is_not_set_is_a_gap_and_the_rest_is_seen(shop: Shop) -> None:
    seen = look(shop.target(user=user(None)), auth)
    assert [(gap.cause, gap.why) for gap in seen.gaps] == [
        (Cause.SECRET, "the environment variable TEST_PASSWORD is not set")
    ]
    assert seen.health.answered.status == 200


# storage


@pytest.mark.parametrize(
    ("bucket", "found"),
    [
        pytest.param(Bucket(name="pictures", public=True), set(), id="public as declared"),
        pytest.param(Bucket(name="papers"), set(), id="private as declared"),
        pytest.param(Bucket(name="posters"), {"bucket-public"}, id="public, but declared private"),
        pytest.param(Bucket(name="papers", public=True), {"bucket-missing"}, id="private, but declared public"),
        pytest.param(Bucket(name="nowhere", public=True), {"bucket-missing"}, id="not there"),
        pytest.param(Bucket(name="letters"), {"bucket-readable-by-anon"}, id="private, but listed for everybody"),
    ],
)
def test_a_bucket_is_seen_as_it_is(shop: Shop, bucket: Bucket, found: set[str]) -> None:
    seen = look(shop.target(buckets=(bucket,)), storage)
    assert rules([*review.buckets(seen), *review.undeclared_files(seen)]) == found
    assert "grandmother" not in json.dumps(to_plain(seen))


# realtime


def test_a_channel_is_joined_over_a_real_websocket(shop: Shop) -> None:
    seen = look(shop.target(realtime="news"), realtime)
    assert seen.handshake.answer.status == 101
    assert seen.reply.status == "ok"
    assert KEY not in repr(seen)


def test_no_websocket_is_opened_where_nothing_more_is_asked(shop: Shop) -> None:
    target = shop.target(realtime="news")

    async def gather() -> Any:
        async with Client(target, Bounds(requests=1)) as client:
            looking = Looking(target, client)
            assert (await looking.ask(f"https://{HOST}/auth/v1/health", purpose="")).answer is not None
            return await realtime.gather(looking)

    seen = run(gather())
    (gap,) = seen.gaps
    assert gap.why.startswith("not asked: 1 requests were sent")
    assert seen.reply is None


def test_a_challenge_of_the_websocket_ends_all_asking_of_that_host(shop: Shop) -> None:
    target = shop.target()
    asked = Exchange(method="GET", url=f"wss://{HOST}/realtime/v1/websocket", purpose="")

    async def challenged() -> Exchange:
        return replace(asked, wall=CHALLENGE)

    async def gather() -> tuple[Exchange, Exchange]:
        async with Client(target) as client:
            return await client.through(asked, challenged), await client.ask(f"https://{HOST}/rest/v1/", purpose="")

    met, after = run(gather())
    assert met.wall == CHALLENGE
    assert after.failure is not None
    assert after.failure.text.startswith("not asked: the firewall's challenge")


def test_an_app_without_realtime_is_not_asked(shop: Shop) -> None:
    assert look(shop.target(realtime=None), realtime).exchanges == ()


# searches


@pytest.mark.parametrize(
    ("search", "found"),
    [
        pytest.param(Search(rpc="match_products", args={"query_embedding": [1, 0, 0]}, expect=1), set(), id="sound"),
        pytest.param(
            Search(rpc="match_products", args={"query_embedding": [0, 1, 0]}, expect=1), {"search-wrong"}, id="wrong"
        ),
        pytest.param(
            Search(rpc="match_products", args={"query_embedding": [1, 0]}, expect=1), {"search-failed"}, id="dimension"
        ),
        pytest.param(Search(rpc="match_stars", expect=1), {"search-failed"}, id="unknown"),
        pytest.param(Search(rpc="match_nothing", expect=1), {"search-empty"}, id="empty"),
        pytest.param(Search(rpc="match_upside_down", expect=1), {"search-unordered"}, id="unordered"),
        pytest.param(Search(rpc="match_slowly", expect=1), {"statement-timeout"}, id="slow"),
    ],
)
def test_a_search_is_seen_as_it_is(shop: Shop, search: Search, found: set[str]) -> None:
    target = shop.target(searches=(search,))
    seen = look(target, searches)
    assert rules([*review.every_search((seen, look(target, tables))), *review.database(seen.exchanges)]) == found


# what is nobody's fault


def test_a_project_that_is_gone_is_a_gap_everywhere(shop: Shop) -> None:
    gone = shop.target(
        url="https://abcdefghijklmnopqrs.supabase.co",
        tables=(Table(name="products"),),
        addresses=replace(shop.addresses, hosts={"abcdefghijklmnopqrs.supabase.co:443": "127.0.0.1:9"}),
    )
    for piece in (auth, tables, storage, realtime):
        seen = look(gone, piece)
        assert {gap.cause for gap in seen.gaps} == {Cause.NETWORK}
        assert "a project ref has 20 lower-case letters" in seen.gaps[0].why


def test_a_rate_limit_says_nothing_about_the_app() -> None:
    limit = Answer(status=429, http="HTTP/2", fields=())
    for piece in (auth, tables, storage):
        seen = answered(piece, limit, tables=(Table(name="products", anon=("select",)),))
        assert {gap.cause for gap in seen.gaps} == {Cause.WALL}
