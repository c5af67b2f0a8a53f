"""What more than the public key can tell, looked at over real sockets: secrets go nowhere else, and nothing is kept."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus

import psycopg
import pytest

from prodworthy.evidence.backend import auth, catalog, graphql, inventory, ownership, project_state, tables
from prodworthy.evidence.client import Client
from prodworthy.evidence.errors import NotAsked, Unobserved
from prodworthy.local.deployment import Deployment
from prodworthy.model import Addresses, Answer, Cause, Embedded, Exchange, Secret, Supabase, Table, Target, User
from prodworthy.plain import to_plain
from prodworthy.review import supabase as review

HOST = "abcdefghijklmnopqrst.supabase.co"
KEY, SECRET = "sb_publishable_for_the_tests", "sb_secret_for_the_tests"
TOKEN = "sbp_" + "0123456789abcdef" * 2 + "01234567"
ADA, GRACE = "ada@shop.test", "grace@shop.test"
PASSWORD = "correct horse"
DIARY, LETTERS = Table(name="diary", owner="writer"), Table(name="letters", owner="writer")
MIGRATION = """
create table public.articles (id int primary key, title text not null);
insert into public.articles values (1, 'a draft');
alter table public.articles enable row level security;
grant select on public.articles to anon;
grant select on public.articles to service_role;

create table public.forgotten (id int primary key, words text);
insert into public.forgotten values (1, 'these words must not be kept');
grant select on public.forgotten to anon, service_role;

create table public.diary (id int primary key, writer uuid references auth.users, entry text);
alter table public.diary enable row level security;
grant select on public.diary to authenticated;
create policy "own pages" on public.diary for select to authenticated using (writer = (select auth.uid()));

create table public.letters (id int primary key, writer uuid references auth.users, words text);
alter table public.letters enable row level security;
grant select on public.letters to authenticated;
create policy "all letters" on public.letters for select to authenticated using (true);
"""


@dataclass(slots=True)
class Looking:
    """A `Look` with the real client, which remembers what it asked."""

    target: Target
    client: Client
    asked: list[Exchange] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    async def ask(self, url: str, **request: Any) -> Exchange:
        exchange = await self.client.ask(url, **request)
        self.asked.append(exchange)
        self.headers.append(dict(request.get("headers") or {}))
        return exchange

    async def through(self, exchange: Exchange, send: Any) -> Exchange:
        return await self.client.through(exchange, send)

    async def at(self, piece: Any) -> Any:
        return await piece.gather(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A running back end, with its platform."""

    addresses: Addresses

    def target(self, **declared: Any) -> Target:
        own = {"management_token": Secret(name="TOKEN", value=TOKEN), "secret_key": Secret(name="SECRET", value=SECRET)}
        public = {"url": f"https://{HOST}", "key": Secret(name="KEY", value=KEY)}
        supabase = Supabase(**{**public, **own, **declared})
        return Target(name="shop", url="https://shop.test", supabase=supabase, addresses=self.addresses)

    def sql(self, text: str) -> None:
        assert self.addresses.database_url
        with psycopg.connect(self.addresses.database_url, autocommit=True) as connection:
            connection.execute(text.encode())


def look(target: Target, piece: Any) -> tuple[Any, Looking]:
    async def gather() -> tuple[Any, Looking]:
        async with Client(target) as client:
            looking = Looking(target, client)
            return await piece.gather(looking), looking

    return asyncio.run(gather())


def without_connection(target: Target) -> Target:
    assert target.addresses
    return replace(target, addresses=replace(target.addresses, database_url=None))


@dataclass(slots=True, kw_only=True)
class Telling:
    """A `Look` at servers that repeat what they are sent, in every spelling."""

    target: Target
    status: int = 200
    token: str | None = None
    asked: list[str] = field(default_factory=list)
    sent: str = ""

    async def ask(self, url: str, *, method: str = "GET", **request: Any) -> Exchange:
        content, headers = (request.get("content") or b"").decode(), dict(request.get("headers") or {})
        self.asked.append(url)
        self.sent += f"{headers} {content}"
        given = json.loads(content or "{}").get("password", "")
        spelt = [given, quote(given, safe=""), quote_plus(given), escape(given)]
        body = {"headers": headers, "sent": content, "spelt": spelt, "access_token": self.token}
        fields = (("x-echo", f"{spelt} {headers}"),)
        text = json.dumps(body, ensure_ascii=self.status == 400).encode()
        return Exchange(
            method=method,
            url=url,
            purpose="",
            answer=Answer(status=self.status, http="HTTP/2", fields=fields, body=text),
        )


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
        keys={"publishable": KEY, "secret": SECRET, "management": TOKEN},
        users=tuple({"email": each, "password": PASSWORD} for each in (ADA, GRACE)),
    )
    with Deployment.start(embedded) as deployment:
        shop = Shop(addresses=deployment.ready())
        for table in ("diary", "letters"):
            shop.sql(f"insert into public.{table} select 1, id, 'x' from auth.users where email = '{ADA}'")
        yield shop


def user(email: str, password: str | None = PASSWORD) -> User:
    return User(email=email, password=Secret(name="PASSWORD", value=password))


# the server


def test_the_secret_key_counts_what_anon_does_not_see_and_finds_what_was_forgotten(shop: Shop) -> None:
    target = shop.target(tables=(Table(name="articles", anon=("select",)),))
    seen, _ = look(target, inventory)
    assert seen.gaps == ()
    assert [(each.declared.name, each.rows) for each in seen.counted] == [("articles", 1)]
    assert [(each.name, each.rows) for each in seen.undeclared if each.rows] == [("forgotten", 1)]
    (hidden,) = review.rows_hidden((seen, look(target, tables)[0]))
    assert hidden.where == "public.articles"
    (forgotten,) = review.rows_undeclared(seen)
    assert (forgotten.where, forgotten.got) == ("public.forgotten", "rows with the columns id, words")


def test_the_secret_key_is_shown_nowhere_and_goes_to_the_project_alone_by_an_honest_name(shop: Shop) -> None:
    seen, looking = look(shop.target(tables=(Table(name="articles"),)), inventory)
    kept = json.dumps(to_plain(seen)) + repr(seen)
    assert SECRET not in kept
    assert "must not be kept" not in kept
    carried = [each for each, sent in zip(looking.asked, looking.headers, strict=True) if SECRET in sent.values()]
    assert carried
    for exchange in carried:
        assert exchange.url.startswith(f"https://{HOST}/rest/v1/")
        assert exchange.method in {"GET", "HEAD"}
        assert dict(exchange.sent)["apikey"] == "***"
        assert dict(exchange.sent)["user-agent"].startswith("prodworthy/")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        pytest.param(None, "SECRET is not set", id="not set"),
        pytest.param(KEY, "no secret key of Supabase", id="the public key"),
        pytest.param("sk_live_0123456789", "no secret key of Supabase", id="somebody else's"),
        pytest.param("sb_secret_x\r\nhost: evil", "no secret key of Supabase", id="with a line break"),
    ],
)
def test_a_key_that_is_none_of_the_server_s_is_sent_nowhere(shop: Shop, value: str | None, why: str) -> None:
    with pytest.raises(Unobserved, match=why):
        look(shop.target(secret_key=Secret(name="SECRET", value=value)), inventory)


def test_a_secret_key_that_the_project_refuses_is_a_gap(shop: Shop) -> None:
    seen, _ = look(shop.target(secret_key=Secret(name="SECRET", value="sb_secret_of_somebody_else")), inventory)
    (gap,) = seen.gaps
    assert gap.cause is Cause.SECRET
    assert "SECRET" in gap.why


def test_without_a_secret_key_it_is_said_that_nobody_counts(shop: Shop) -> None:
    with pytest.raises(NotAsked, match=r"supabase\.secret_key"):
        look(shop.target(secret_key=None), inventory)


def in_the_open(front: str, back: str, addresses: Addresses | None = None) -> Target:
    """A target whose back end and platform are asked without TLS."""
    plain = Supabase(
        url=back,
        key=Secret(name="KEY", value=KEY),
        secret_key=Secret(name="SECRET", value=SECRET),
        management_token=Secret(name="TOKEN", value=TOKEN),
        management_url=back,
        ref="abcdefghijklmnopqrst",
        tables=(DIARY,),
        user=user(ADA),
    )
    return Target(name="shop", url=front, supabase=plain, addresses=addresses)


ELSEWHERE = Addresses(hosts={"shop.test:443": "127.0.0.1:1"}, ca_pem="", spki="")
PLAIN = [
    pytest.param(("https://shop.example.com", "http://back.example.com", None), id="everything is far away"),
    pytest.param(
        ("http://localhost:5173", "http://back.example.com", None), id="the front end alone is on this machine"
    ),
    pytest.param(("https://shop.test", "http://back.example.com", ELSEWHERE), id="other names are on this machine"),
]


@pytest.mark.parametrize("where", PLAIN)
@pytest.mark.parametrize("piece", [inventory, project_state, catalog])
def test_no_secret_goes_over_a_plain_connection(where: Any, piece: Any) -> None:
    with pytest.raises(Unobserved, match="not https://"):
        asyncio.run(piece.gather(Telling(target=in_the_open(*where))))


@pytest.mark.parametrize("where", PLAIN)
@pytest.mark.parametrize("piece", [auth, ownership])
def test_no_password_goes_over_a_plain_connection(where: Any, piece: Any) -> None:
    target = in_the_open(*where)
    server = Telling(target=target)
    seen = asyncio.run(piece.gather(server))
    assert [gap.why for gap in seen.gaps if gap.cause is Cause.CONFIGURATION] == [
        "the address is not https://, so the password is sent nowhere"
    ]
    assert not [url for url in server.asked if "/token" in url]


@pytest.mark.parametrize("back", ["http://localhost:54321", "http://127.0.0.1:54321", "http://[::1]:54321"])
def test_secrets_go_to_this_machine_without_tls(back: str) -> None:
    server = Telling(target=in_the_open("https://shop.example.com", back))
    for piece in (inventory, project_state, auth):
        asyncio.run(piece.gather(server))
    assert {SECRET, TOKEN, PASSWORD} == {each for each in (SECRET, TOKEN, PASSWORD) if each in server.sent}


def test_secrets_go_without_tls_to_a_name_that_leads_to_this_machine() -> None:
    mapped = replace(ELSEWHERE, hosts={"back.test:80": "127.0.0.1:1"})
    server = Telling(target=in_the_open("https://shop.test", "http://back.test", mapped))
    asyncio.run(project_state.gather(server))
    assert TOKEN in server.sent


# the platform


def test_the_platform_says_that_a_sound_project_is_well(shop: Shop) -> None:
    seen, looking = look(shop.target(), project_state)
    assert (seen.gaps, seen.status, seen.listed) == ((), "ACTIVE_HEALTHY", True)
    assert {service.name for service in seen.services} == {"auth", "db", "rest", "storage", "realtime"}
    assert review.platform(seen) == []
    assert TOKEN not in json.dumps(to_plain(seen)) + repr(seen)
    assert {each.url.split("/v1/")[0] for each in looking.asked} == {"https://api.supabase.com"}
    assert all(dict(each.sent)["authorization"] == "***" for each in looking.asked)


def test_the_official_advisors_findings_are_findings(shop: Shop) -> None:
    seen, _ = look(shop.target(), project_state)
    assert [each.where for each in review.advisor_error(seen)] == [
        "advisor rls_disabled_in_public: public_forgotten",
    ]


def test_a_key_of_another_project_is_not_in_the_list(shop: Shop) -> None:
    seen, _ = look(shop.target(key=Secret(name="KEY", value="sb_publishable_elsewhere")), project_state)
    assert seen.listed is False
    assert "publishable_elsewhere" not in json.dumps(to_plain(seen.keys))


def test_the_catalog_is_the_same_over_a_connection_and_over_the_platform(shop: Shop) -> None:
    shop.sql("analyze")
    over_a_connection, _ = look(shop.target(), catalog)
    over_the_platform, looking = look(without_connection(shop.target()), catalog)
    assert over_the_platform == over_a_connection
    assert [each.method for each in looking.asked] == ["POST", "POST"]
    assert all(each.url.endswith("/database/query/read-only") for each in looking.asked)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        pytest.param(None, "TOKEN is not set", id="not set"),
        pytest.param(SECRET, "does not hold an access token", id="another secret"),
        pytest.param(TOKEN + "0", "does not hold an access token", id="too long"),
    ],
)
def test_what_is_no_access_token_is_sent_nowhere(shop: Shop, value: str | None, why: str) -> None:
    target = without_connection(shop.target(management_token=Secret(name="TOKEN", value=value)))
    for piece in (project_state, catalog):
        with pytest.raises(Unobserved, match=why):
            look(target, piece)


def test_a_token_that_the_platform_refuses_is_a_gap(shop: Shop) -> None:
    target = without_connection(shop.target(management_token=Secret(name="TOKEN", value="sbp_" + "f" * 40)))
    seen, _ = look(target, project_state)
    assert {gap.cause for gap in seen.gaps} == {Cause.SECRET}
    with pytest.raises(Unobserved, match="401"):
        look(target, catalog)


def test_a_project_behind_a_domain_of_one_s_own_needs_its_ref(shop: Shop) -> None:
    with pytest.raises(Unobserved, match="write ref ="):
        look(shop.target(url="https://api.shop.test"), project_state)
    named, _ = look(shop.target(url="https://api.shop.test", ref="abcdefghijklmnopqrst"), project_state)
    assert named.status == "ACTIVE_HEALTHY"


def test_without_a_token_it_is_said_what_is_not_asked(shop: Shop) -> None:
    target = without_connection(shop.target(management_token=None))
    with pytest.raises(NotAsked, match=r"supabase\.management_token"):
        look(target, project_state)
    with pytest.raises(NotAsked, match=r"supabase\.database"):
        look(target, catalog)


def answering(body: Any) -> Any:
    """A `Look` at a platform that gives this answer to everything."""
    supabase = Supabase(
        url=f"https://{HOST}", key=Secret(name="K", value=KEY), management_token=Secret(name="T", value=TOKEN)
    )

    class Server:
        target = Target(name="shop", url="https://shop.test", supabase=supabase)

        async def ask(self, url: str, *, method: str = "GET", **request: Any) -> Exchange:
            content = json.dumps(body).encode()
            answer = Answer(status=200, http="HTTP/2", fields=(("x-echo", f"Bearer {TOKEN}"),), body=content)
            return Exchange(method=method, url=url, purpose="", answer=answer)

    return Server()


@pytest.mark.parametrize(
    "body",
    [None, [], {}, "text", [[]], [{"catalog": {}}], [{"catalog": {"relations": [{}]}}], [{"catalog": "x"}], [{"a": 1}]],
    ids=repr,
)
def test_an_answer_in_another_shape_is_a_gap_and_no_fault_of_ours(body: Any) -> None:
    with pytest.raises(Unobserved):
        asyncio.run(catalog.gather(answering(body)))


@pytest.mark.parametrize(
    "body", [None, [], [None], {"lints": [None, {"name": 1}]}, "text", [{"type": "publishable"}]], ids=repr
)
def test_a_platform_that_talks_nonsense_is_no_finding_and_no_fault_of_ours(body: Any) -> None:
    seen = asyncio.run(project_state.gather(answering(body)))
    assert [
        each.rule for each in (*review.advisors(seen), *review.platform(seen)) if each.rule != "supabase.key-unlisted"
    ] == []


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("password", [PASSWORD, 'quo"ted', "schönes wort/ä&b", "<b>\\"])
def test_a_password_that_the_other_side_repeats_is_not_kept(status: int, password: str) -> None:
    server = Telling(target=in_the_open("https://shop.test", f"https://{HOST}"), status=status)
    declared = server.target.supabase
    assert declared
    server.target = replace(server.target, supabase=replace(declared, user=user(ADA, password)))
    seen = asyncio.run(auth.gather(server))
    assert server.sent.count("password") >= 1
    kept = json.dumps(to_plain(seen), ensure_ascii=False) + repr(seen)
    forms = (password, json.dumps(password)[1:-1], quote(password, safe=""), quote_plus(password), escape(password))
    held = seen.sign_in.answer.body.decode() + repr(seen.sign_in.answer.fields)
    assert not [form for form in forms if form in kept or form in held]


def test_a_token_that_the_other_side_repeats_is_not_kept() -> None:
    server = Telling(target=in_the_open("https://shop.test", f"https://{HOST}"), token="ey.of.ada")
    seen = asyncio.run(auth.gather(server))
    assert "ey.of.ada" in server.sent
    assert "ey.of.ada" not in json.dumps(to_plain(seen)) + repr(seen)


def test_a_secret_that_the_other_side_repeats_is_not_kept() -> None:
    seen = asyncio.run(project_state.gather(answering({"message": f"I was told {TOKEN}"})))
    assert TOKEN not in json.dumps(to_plain(seen)) + repr(seen)


# signed-in users


def test_a_user_who_reads_the_rows_of_another_is_a_finding(shop: Shop) -> None:
    seen, _ = look(shop.target(tables=(DIARY, LETTERS), user=user(ADA), stranger=user(GRACE)), ownership)
    assert [(each.rule, each.where) for each in review.rows_of_others(seen)] == [
        ("supabase.rows-of-others", "public.letters, as supabase.stranger")
    ]
    assert (seen.gaps, seen.not_asked) == ((), ())
    kept = json.dumps(to_plain(seen)) + repr(seen)
    assert ".eyJ" not in kept
    assert PASSWORD not in kept


def test_one_user_alone_proves_nothing_where_nobody_else_owns_a_row(shop: Shop) -> None:
    seen, _ = look(shop.target(tables=(DIARY,), user=user(ADA)), ownership)
    (told,) = seen.not_asked
    assert "public.diary" in told
    alone, _ = look(shop.target(tables=(LETTERS,), user=user(GRACE)), ownership)
    assert [each.where for each in review.rows_of_others(alone)] == ["public.letters, as supabase.user"]


def test_a_user_who_cannot_sign_in_is_a_gap(shop: Shop) -> None:
    wrong, _ = look(shop.target(tables=(DIARY,), user=user(ADA, "wrong")), ownership)
    assert [gap.what for gap in wrong.gaps] == [f"signing in as {ADA}"]
    unset, _ = look(shop.target(tables=(DIARY,), user=user(ADA, None)), ownership)
    assert [gap.cause for gap in unset.gaps] == [Cause.SECRET]


def test_without_owners_or_users_it_is_said_what_is_not_asked(shop: Shop) -> None:
    with pytest.raises(NotAsked, match="owner"):
        look(shop.target(tables=(Table(name="diary"),), user=user(ADA)), ownership)
    with pytest.raises(NotAsked, match=r"supabase\.user"):
        look(shop.target(tables=(DIARY,)), ownership)


# the rest


def test_a_project_without_graphql_offers_nothing(shop: Shop) -> None:
    seen, _ = look(shop.target(), graphql)
    assert seen.fields == ()
    assert review.graphql_open(seen) == []


def test_what_graphql_offers_is_read_off_its_schema() -> None:
    fields = [{"name": "node"}, {"name": "ordersCollection"}, "nonsense"]
    body = {"data": {"__schema": {"queryType": {"fields": fields}, "mutationType": None}}}
    seen = asyncio.run(graphql.gather(answering(body)))
    assert seen.fields[:2] == ("node", "ordersCollection")
    (finding,) = review.graphql_open(seen)
    assert "select orders" in finding.got


def test_a_legacy_key_tells_which_project_it_was_made_for(shop: Shop) -> None:
    claims = {"iss": "supabase", "ref": "z" * 20, "role": "anon"}
    parts = (json.dumps(each).encode() for each in ({"alg": "HS256"}, claims))
    value = ".".join([*(base64.urlsafe_b64encode(each).decode().rstrip("=") for each in parts), "c2ln"])
    seen, _ = look(shop.target(key=Secret(name="KEY", value=value)), auth)
    (finding,) = review.key_elsewhere(seen)
    assert finding.got == f"a key of the project {'z' * 20}"
