"""Faults of the back end: keys, services, grants, policies, views, files, searches, and what the platform says."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.faults.breaks import ROOT, Break, answer, append, expects, replace, sql
from tests.faults.catalogue import Catalogue, Fault

REF = "prodworthystorefront"
BACKEND = rf"{REF}\.supabase\.co"
PLATFORM = r"api\.supabase\.com"
SECRET = "sb_secret_of_the_faulty_storefront"
NOT_OPEN = r"/(?!auth/v1/\.well-known)(?!realtime/v1/websocket).*"  # what needs the key, without the websocket
REST = r"/rest/v1/[a-z].*"
TABLES: list[dict[str, Any]] = [
    {"name": "products", "anon": ["select"], "min_rows": 1},
    {"name": "categories", "anon": ["select"], "min_rows": 1},
    {"name": "reviews", "anon": ["select"]},
    {"name": "orders"},
    {"name": "supplier_prices"},
]
SEARCH = (ROOT / "examples/storefront/supabase/migrations/20260112101500_search.sql").read_text(encoding="utf-8")
FUNCTION = SEARCH[SEARCH.index("create function") : SEARCH.index("revoke")].replace("create", "create or replace", 1)
FUNCTION = FUNCTION.strip().removesuffix(";")
ERROR, WARNING, NOTE = (frozenset({f"supabase.advisor-{level}"}) for level in ("error", "warning", "note"))

BASE: dict[str, Any] = {"pages": ["/"], "endpoints": None, "functions": None, "budgets": None}


def rules(*names: str) -> frozenset[str]:
    return frozenset(f"supabase.{name}" for name in names)


def at(path: str) -> str:
    """Where a finding about one request is."""
    return rf"^[A-Z]+ (https|wss)://{REF}\.supabase\.co{path}"


def says(path: str, status: int, body: Any, *, host: str = BACKEND, **more: Any) -> Break:
    """The answer to a path, as the service words it."""
    text = body if isinstance(body, str) else json.dumps(body)
    fields = [("content-type", "text/html" if isinstance(body, str) else "application/json")]
    return answer(host=host, path=path, status=status, body=text, without=["content-type"], fields=fields, **more)


def refuses(path: str, message: str, hint: str = "") -> Break:
    return says(path, 401, {"message": message, "hint": hint})


def fails(status: int, code: str, message: str, path: str = REST) -> Break:
    return says(path, status, {"code": code, "message": message, "details": None, "hint": None})


def platform(path: str, body: Any) -> Break:
    return says(rf"/v1/projects/{REF}{path}", 200, body, host=PLATFORM)


def seed(*statements: str) -> Break:
    """What changes the rows, which come after the migrations."""
    return append("supabase/seed.sql", "".join(f"\n{each};" for each in statements) + "\n")


def tables(*more: Mapping[str, Any]) -> Break:
    """Further tables, or others of the same name."""
    named = {table["name"] for table in more}
    return expects(supabase={"tables": [*(each for each in TABLES if each["name"] not in named), *map(dict, more)]})


def keyed(name: str) -> Break:
    return expects(supabase={"key": {"env": name}})


def token(**claims: str) -> str:
    """A legacy key, which is a JWT; its signature is nobody's."""
    parts = ({"alg": "HS256", "typ": "JWT"}, {"iss": "supabase", **claims})
    return ".".join([*(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts), "c2ln"])


def with_secret_key() -> Break:
    """The server's own key, named and known to the embedded project."""

    def inflict(copy: Any) -> None:
        append(".env", f"\nSTOREFRONT_SECRET={SECRET}\n")(copy)
        file = str(Path(copy.folder) / ".env")
        expects(supabase={"secret_key": {"env": "STOREFRONT_SECRET", "file": file}})(copy)

    return inflict


KEYS = (
    Fault(
        name="key-of-nobody",
        rule="supabase.wrong-key",
        where="^environment variable VITE_SUPABASE_KEY$",
        got="^the API key is not known",
        breaks=(refuses(NOT_OPEN, "Invalid API key", "Double check your Supabase `anon` or `service_role` API key."),),
    ),
    Fault(
        name="key-lost-on-the-way",
        rule="supabase.wrong-key",
        where="^environment variable VITE_SUPABASE_KEY$",
        got="^no API key arrived",
        breaks=(refuses(REST, "No API key found in request", "No `apikey` request header or url param was found."),),
    ),
    Fault(
        name="token-of-another-project",
        rule="supabase.wrong-key",
        where="^environment variable VITE_SUPABASE_KEY$",
        got="^the token does not belong to this project: 401 PGRST301",
        breaks=(fails(401, "PGRST301", "JWSError JWSInvalidSignature"),),
    ),
    Fault(
        name="legacy-keys-switched-off",
        rule="supabase.legacy-keys-disabled",
        where="^environment variable VITE_SUPABASE_KEY$",
        breaks=(refuses(NOT_OPEN, "Legacy API keys are disabled", "Use the publishable key."),),
    ),
    Fault(
        name="key-past-its-end",
        rule="supabase.key-expired",
        where="^environment variable VITE_SUPABASE_KEY$",
        got="PGRST303 JWT expired",
        breaks=(fails(401, "PGRST303", "JWT expired"),),
    ),
    Fault(
        name="key-that-is-secret",
        rule="supabase.key-is-secret",
        where="^environment variable FAULTY_SECRET$",
        got="sb_secret_",
        breaks=(keyed("FAULTY_SECRET"),),
        environment={"FAULTY_SECRET": "sb_secret_0123456789"},
        may=rules("key-unlisted"),
    ),
    Fault(
        name="key-of-the-service-role",
        rule="supabase.key-is-secret",
        where="^environment variable FAULTY_SERVICE$",
        got="role service_role",
        breaks=(keyed("FAULTY_SERVICE"),),
        environment={"FAULTY_SERVICE": token(role="service_role", ref=REF)},
    ),
    Fault(
        name="key-of-another-service",
        rule="supabase.key-is-secret",
        where="^environment variable FAULTY_FOREIGN$",
        got="sk_live_",
        breaks=(keyed("FAULTY_FOREIGN"),),
        environment={"FAULTY_FOREIGN": "sk_live_0123456789"},
    ),
    Fault(
        name="key-of-another-project",
        rule="supabase.key-elsewhere",
        where="^environment variable FAULTY_ELSEWHERE$",
        got="of the project z{20}",
        breaks=(keyed("FAULTY_ELSEWHERE"),),
        environment={"FAULTY_ELSEWHERE": token(role="anon", ref="z" * 20)},
    ),
    Fault(
        name="key-of-the-old-kind",
        rule="supabase.legacy-key",
        where="^environment variable FAULTY_LEGACY$",
        breaks=(keyed("FAULTY_LEGACY"),),
        environment={"FAULTY_LEGACY": token(role="anon", ref=REF)},
    ),
    Fault(
        name="key-that-is-not-in-the-list",
        rule="supabase.key-unlisted",
        where="^environment variable VITE_SUPABASE_KEY$",
        breaks=(
            platform(r"/api-keys\?reveal=false", [{"name": "default", "type": "publishable", "prefix": "another"}]),
        ),
    ),
)

AUTH = (
    Fault(
        name="auth-behind-a-bad-gateway",
        rule="supabase.auth-down",
        where=at("/auth/v1/health$"),
        breaks=(says("/auth/v1/health", 502, "<h1>Bad Gateway</h1>"),),
    ),
    Fault(
        name="auth-settings-that-are-a-page",
        rule="supabase.auth-down",
        where=at("/auth/v1/settings$"),
        breaks=(says("/auth/v1/settings", 200, "<!doctype html>"),),
    ),
    Fault(
        name="signing-keys-that-fail",
        rule="supabase.auth-down",
        where=at(r"/auth/v1/\.well-known/jwks\.json$"),
        breaks=(says(r"/auth/v1/\.well-known/jwks\.json", 500, {"msg": "oh no"}),),
    ),
    Fault(
        name="signing-key-that-is-shared",
        rule="supabase.jwks-symmetric-key",
        where=at(r"/auth/v1/\.well-known/jwks\.json$"),
        got="kty oct, kid 7",
        breaks=(says(r"/auth/v1/\.well-known/jwks\.json", 200, {"keys": [{"kty": "oct", "kid": "7", "k": "c2Vj"}]}),),
    ),
    Fault(
        name="signing-key-with-its-private-half",
        rule="supabase.jwks-symmetric-key",
        where=at(r"/auth/v1/\.well-known/jwks\.json$"),
        got="private key",
        breaks=(says(r"/auth/v1/\.well-known/jwks\.json", 200, {"keys": [{"kty": "EC", "kid": "8", "d": "c2Vj"}]}),),
    ),
    Fault(
        name="sessions-signed-with-a-shared-secret",
        rule="supabase.jwt-shared-secret",
        where=at(r"/auth/v1/\.well-known/jwks\.json$"),
        breaks=(says(r"/auth/v1/\.well-known/jwks\.json", 200, {"keys": []}),),
    ),
    Fault(
        name="addresses-that-nobody-proves",
        rule="supabase.email-unconfirmed",
        where="mailer_autoconfirm$",
        breaks=(replace("supabase/config.toml", "enable_confirmations = true", "enable_confirmations = false"),),
    ),
    Fault(
        name="numbers-that-nobody-proves",
        rule="supabase.email-unconfirmed",
        where="phone_autoconfirm$",
        breaks=(
            answer(host=BACKEND, path="/auth/v1/settings", swap=['"phone":false', '"phone":true']),
            answer(
                host=BACKEND, path="/auth/v1/settings", swap=['"phone_autoconfirm":false', '"phone_autoconfirm":true']
            ),
        ),
    ),
    Fault(
        name="users-without-an-account",
        rule="supabase.anonymous-users",
        where=r"external\.anonymous_users$",
        breaks=(
            answer(host=BACKEND, path="/auth/v1/settings", swap=['"anonymous_users":false', '"anonymous_users":true']),
        ),
    ),
    Fault(
        name="sign-ups-that-should-be-closed",
        rule="supabase.signups-unexpected",
        where="disable_signup$",
        got="disable_signup = false",
        breaks=(expects(supabase={"signups": False}),),
    ),
    Fault(
        name="sign-ups-that-should-be-open",
        rule="supabase.signups-unexpected",
        where="disable_signup$",
        got="disable_signup = true",
        breaks=(
            replace("supabase/config.toml", "enable_signup = true", "enable_signup = false"),
            expects(supabase={"signups": True}),
        ),
    ),
    Fault(
        name="test-user-with-another-password",
        rule="supabase.signin-failed",
        where=at(r"/auth/v1/token\?grant_type=password$"),
        got="invalid_credentials",
        breaks=(expects(supabase={"user": {"password": {"env": "FAULTY_PASSWORD"}}}),),
        environment={"FAULTY_PASSWORD": "not the one"},
    ),
    Fault(
        name="tokens-that-auth-itself-refuses",
        rule="supabase.signin-failed",
        where=at("/auth/v1/user$"),
        breaks=(says("/auth/v1/user", 403, {"code": "bad_jwt", "message": "invalid JWT"}),),
    ),
    Fault(
        name="sessions-that-do-not-end",
        rule="supabase.signin-failed",
        where=at("/auth/v1/logout"),
        breaks=(says("/auth/v1/logout.*", 500, {"code": "unexpected_failure", "message": "oh no"}),),
    ),
)

DATABASE = (
    Fault(
        name="schema-cache-that-cannot-be-loaded",
        rule="supabase.database-unavailable",
        where=at("/rest/v1/"),
        got="503 PGRST002",
        breaks=(fails(503, "PGRST002", "Could not query the database for the schema cache. Retrying."),),
    ),
    Fault(
        name="connections-used-up",
        rule="supabase.database-unavailable",
        where=at("/rest/v1/rpc/match_products"),
        got="53300",
        breaks=(fails(503, "53300", "sorry, too many clients already", "/rest/v1/rpc/.*"),),
    ),
    Fault(
        name="policy-that-takes-seconds",
        rule="supabase.statement-timeout",
        where=at(r"/rest/v1/reviews\?"),
        got="57014",
        breaks=(sql("create policy slow on public.reviews as restrictive for select using (pg_sleep(9) is not null)"),),
    ),
    Fault(
        name="database-over-its-limit",
        rule="supabase.read-only",
        where=at("/rest/v1/"),
        got="25006",
        breaks=(sql("alter role anon set transaction_read_only = on"),),
    ),
    Fault(
        name="schema-cache-that-lags",
        rule="supabase.schema-cache-stale",
        where=at(r"/rest/v1/categories\?"),
        got="404 PGRST205",
        breaks=(
            says(
                r"/rest/v1/categories\?.*",
                404,
                {"code": "PGRST205", "message": "Could not find the table 'public.categories' in the schema cache"},
                first=1,
            ),
        ),
    ),
)

ACCESS = (
    Fault(
        name="data-plane-behind-a-bad-gateway",
        rule="supabase.rest-down",
        where=at(r"/rest/v1/(products|categories)\?"),
        breaks=(says(r"/rest/v1/(products|categories)\?.*", 502, "<h1>Bad Gateway</h1>"),),
    ),
    Fault(
        name="page-instead-of-rows",
        rule="supabase.rest-down",
        where=at(r"/rest/v1/reviews\?"),
        breaks=(says(r"/rest/v1/reviews\?.*", 200, "<!doctype html>"),),
    ),
    Fault(
        name="policy-that-calls-what-is-gone",
        rule="supabase.table-broken",
        where=r"^public\.reviews$",
        got="42883",
        breaks=(
            sql(
                "create function public.asks() returns boolean language plpgsql set search_path = '' as "
                "'begin return public.ghost(); end'",
                "create policy asks on public.reviews as restrictive for select using (public.asks())",
            ),
        ),
    ),
    Fault(
        name="policy-that-raises",
        rule="supabase.table-broken",
        where=r"^public\.reviews$",
        got="P0001 no tenant",
        breaks=(
            sql(
                "create function public.tenant() returns boolean language plpgsql set search_path = '' as "
                "'begin raise exception ''no tenant''; end'",
                "create policy tenants on public.reviews as restrictive for select using (public.tenant())",
            ),
        ),
    ),
    Fault(
        name="description-for-everybody",
        rule="supabase.schema-listed",
        where=at("/rest/v1/$"),
        breaks=(says("/rest/v1/", 200, {"swagger": "2.0", "paths": {"/products": {}}, "definitions": {}}),),
    ),
    Fault(
        name="table-that-was-renamed",
        rule="supabase.table-missing",
        where=r"^public\.supplier_prices$",
        got="PGRST205",
        breaks=(seed("alter table public.supplier_prices rename to prices_of_suppliers"),),
    ),
    Fault(
        name="schema-that-is-not-exposed",
        rule="supabase.table-missing",
        where=r"^internal\.jobs$",
        got="PGRST106",
        breaks=(
            sql(
                "create schema internal",
                "create table internal.jobs (id int primary key)",
                "alter table internal.jobs enable row level security",
            ),
            tables({"name": "jobs", "schema": "internal"}),
        ),
        may=NOTE,
    ),
    Fault(
        name="column-that-is-not-there",
        rule="supabase.column-missing",
        where=r"^public\.categories$",
        got="colour",
        breaks=(tables({"name": "categories", "anon": ["select"], "columns": ["slug", "colour"]}),),
    ),
    Fault(
        name="grant-that-was-forgotten",
        rule="supabase.table-not-readable",
        where=r"^public\.categories$",
        got="42501 permission denied for table categories",
        breaks=(sql("revoke select on public.categories from anon"),),
    ),
    Fault(
        name="schema-that-is-closed",
        rule="supabase.table-not-readable",
        where="^schema public$",
        breaks=(sql("revoke usage on schema public from anon, public"),),
        may=rules("search-failed"),
    ),
    Fault(
        name="policy-that-was-lost",
        rule="supabase.table-empty",
        where=r"^public\.products$",
        got="^0 rows",
        breaks=(sql('drop policy "Everybody reads products" on public.products'),),
        may=rules("policies-missing") | NOTE,
    ),
    Fault(
        name="rows-that-were-lost",
        rule="supabase.table-empty",
        where=r"^public\.categories$",
        breaks=(tables({"name": "categories", "anon": ["select"], "min_rows": 1000}),),
    ),
    Fault(
        name="private-table-with-an-open-policy",
        rule="supabase.table-readable-by-anon",
        where=r"^public\.supplier_prices$",
        got="rows with the columns product_id, supplier, cost_cents",
        breaks=(
            sql(
                "grant select on public.supplier_prices to anon",
                'alter policy "Nobody from outside" on public.supplier_prices using (true)',
            ),
        ),
        may=rules("policy-open-to-anon") | WARNING,
    ),
    Fault(
        name="private-table-without-row-level-security",
        rule="supabase.table-readable-by-anon",
        where=r"^public\.supplier_prices$",
        breaks=(
            sql(
                "alter table public.supplier_prices disable row level security",
                "grant select on public.supplier_prices to anon",
            ),
        ),
        may=rules("row-security-off") | ERROR,
    ),
    Fault(
        name="private-table-that-everybody-fills",
        rule="supabase.table-writable-by-anon",
        where=r"^public\.supplier_prices$",
        got="only a constraint stopped the insert",
        breaks=(
            sql(
                "grant insert on public.supplier_prices to anon",
                'alter policy "Nobody from outside" on public.supplier_prices with check (true)',
            ),
        ),
        may=rules("policy-open-to-anon") | WARNING,
    ),
    Fault(
        name="guestbook-that-asks-for-nothing",
        rule="supabase.table-writable-by-anon",
        where=r"^public\.guestbook$",
        got="2 rows were inserted and rolled back",
        breaks=(
            sql(
                "create table public.guestbook (words text default 'hello')",
                "grant insert on public.guestbook to anon",
            ),
            tables({"name": "guestbook"}),
        ),
        may=rules("row-security-off") | ERROR,
    ),
    Fault(
        name="privilege-that-nobody-needs",
        rule="supabase.grant-unneeded",
        where=r"^public\.supplier_prices$",
        got="anon holds select, delete",
        breaks=(sql("grant select, delete on public.supplier_prices to anon"),),
    ),
    Fault(
        name="privilege-that-only-a-policy-stops",
        rule="supabase.grant-unneeded",
        where=r"^public\.supplier_prices$",
        got="anon holds insert",
        breaks=(sql("grant insert on public.supplier_prices to anon"),),
    ),
    Fault(
        name="declared-write-without-a-grant",
        rule="supabase.table-not-writable",
        where=r"^public\.reviews$",
        got="42501",
        breaks=(tables({"name": "reviews", "anon": ["select", "insert"]}),),
    ),
    Fault(
        name="declared-write-with-a-broken-trigger",
        rule="supabase.table-not-writable",
        where=r"^public\.mails$",
        got="42883",
        breaks=(
            sql(
                "create table public.mails (id uuid primary key default gen_random_uuid(), body text not null)",
                "alter table public.mails enable row level security",
                'create policy "Everybody writes" on public.mails for insert to anon with check (true)',
                "grant insert on public.mails to anon",
                "create function public.tell() returns trigger language plpgsql set search_path = '' as "
                "'begin perform public.ghost(); return null; end'",
                "revoke execute on function public.tell() from public",
                "create trigger tell before insert on public.mails for each statement execute function public.tell()",
            ),
            tables({"name": "mails", "anon": ["insert"]}),
        ),
        may=WARNING,
    ),
    Fault(
        name="rows-of-other-customers",
        rule="supabase.rows-of-others",
        where=r"^public\.orders, as supabase\.user$",
        breaks=(
            sql('create policy "All orders" on public.orders for select to authenticated using (true)'),
            seed(
                "insert into auth.users (id, email) values ('11111111-1111-4111-8111-111111111111', 'x@shop.test')",
                "insert into public.orders (customer, lines, country) select '11111111-1111-4111-8111-111111111111', "
                "jsonb_build_array(jsonb_build_object('sku', sku, 'quantity', 1)), 'DE' from public.products limit 1",
            ),
            tables({"name": "orders", "owner": "customer"}),
        ),
        may=rules("policy-shows-rows-of-others"),
    ),
    Fault(
        name="rows-that-only-the-server-sees",
        rule="supabase.rows-hidden",
        where=r"^public\.reviews$",
        breaks=(sql('drop policy "Everybody reads reviews" on public.reviews'), with_secret_key()),
    ),
    Fault(
        name="rows-that-everybody-forgot",
        rule="supabase.rows-undeclared",
        where=r"^public\.drafts$",
        got="rows with the columns id, words",
        breaks=(
            sql(
                "create table public.drafts (id int primary key, words text)",
                "insert into public.drafts values (1, 'not for the public')",
                "alter table public.drafts enable row level security",
                'create policy "Everybody reads" on public.drafts for select using (true)',
                "grant select on public.drafts to anon, service_role",
            ),
            with_secret_key(),
        ),
        may=rules("table-undeclared"),
    ),
    Fault(
        name="people-whom-everybody-forgot",
        rule="supabase.private-rows-undeclared",
        where=r"^public\.subscribers$",
        got="rows with the columns e_mail_token, email",
        breaks=(
            sql(
                "create table public.subscribers (id int primary key, e_mail_token text, email text)",
                "insert into public.subscribers values (1, 'secret', 'ada@shop.test')",
                "alter table public.subscribers enable row level security",
                'create policy "Everybody reads" on public.subscribers for select using (true)',
                "grant select on public.subscribers to anon, service_role",
            ),
            with_secret_key(),
        ),
        may=rules("table-undeclared"),
    ),
    Fault(
        name="graphql-that-offers-private-tables",
        rule="supabase.graphql-open",
        where=at("/graphql/v1$"),
        got="select orders, delete reviews",
        breaks=(
            says(
                "/graphql/v1",
                200,
                {
                    "data": {
                        "__schema": {
                            "queryType": {"fields": [{"name": "productsCollection"}, {"name": "ordersCollection"}]},
                            "mutationType": {"fields": [{"name": "deleteFromreviewsCollection"}]},
                        }
                    }
                },
            ),
        ),
    ),
)

CATALOG = (
    Fault(
        name="row-level-security-off",
        rule="supabase.row-security-off",
        where=r"^table public\.supplier_prices$",
        got="nobody from outside holds a privilege yet, and 1 policy is not applied",
        breaks=(sql("alter table public.supplier_prices disable row level security"),),
        may=ERROR,
    ),
    Fault(
        name="new-table-without-row-level-security",
        rule="supabase.row-security-off",
        where=r"^table public\.newsletter$",
        got="authenticated: select",
        breaks=(
            sql(
                "create table public.newsletter (email text primary key)",
                "grant select on public.newsletter to authenticated",
            ),
        ),
        may=ERROR,
    ),
    Fault(
        name="role-that-no-policy-stops",
        rule="supabase.role-bypasses-policies",
        where="^role authenticated$",
        breaks=(sql("alter role authenticated bypassrls"),),
    ),
    Fault(
        name="grant-without-a-policy",
        rule="supabase.policies-missing",
        where=r"^table public\.wishes$",
        breaks=(
            sql(
                "create table public.wishes (id uuid primary key default gen_random_uuid())",
                "alter table public.wishes enable row level security",
                "grant select on public.wishes to authenticated",
            ),
        ),
        may=NOTE,
    ),
    Fault(
        name="everybody-changes-everything",
        rule="supabase.policy-open-to-anon",
        where=r'^policy "Anybody edits" on public\.reviews$',
        got="anon may update any row",
        breaks=(
            sql(
                "grant update on public.reviews to anon",
                'create policy "Anybody edits" on public.reviews for update to anon using (true) with check (true)',
            ),
        ),
        may=rules("grant-unneeded") | WARNING,
    ),
    Fault(
        name="policy-for-all-commands-and-roles",
        rule="supabase.policy-open-to-anon",
        where=r'^policy "Open" on public\.categories$',
        got="anon may delete any row",
        breaks=(
            sql(
                "grant delete on public.categories to anon",
                'create policy "Open" on public.categories for all using (1 = 1)',
            ),
        ),
        may=rules("grant-unneeded") | WARNING,
    ),
    Fault(
        name="every-user-changes-every-order",
        rule="supabase.policy-open-to-users",
        where=r'^policy "Users change orders" on public\.orders$',
        got="authenticated may update any row",
        breaks=(
            sql(
                "grant update on public.orders to authenticated",
                'create policy "Users change orders" on public.orders for update to authenticated using (true)',
            ),
        ),
        may=WARNING,
    ),
    Fault(
        name="every-user-who-is-signed-in-changes-every-order",
        rule="supabase.policy-open-to-users",
        where=r'^policy "Users change orders" on public\.orders$',
        got=r"SELECT auth\.uid\(\).* IS NOT NULL.*authenticated may update any row",
        breaks=(
            sql(
                "grant update on public.orders to authenticated",
                'create policy "Users change orders" on public.orders for update to authenticated '
                "using ((select auth.uid()) is not null)",
            ),
        ),
    ),
    Fault(
        name="every-user-by-role-deletes-every-review",
        rule="supabase.policy-open-to-users",
        where=r'^policy "Users do everything" on public\.reviews$',
        got="authenticated may delete any row",
        breaks=(
            sql(
                "grant delete on public.reviews to authenticated",
                'create policy "Users do everything" on public.reviews for all '
                "using (auth.role() in ('authenticated', 'service_role'))",
            ),
        ),
    ),
    Fault(
        name="policy-with-a-way-around-it",
        rule="supabase.policy-open-to-anon",
        where=r'^policy "Writers edit" on public\.reviews$',
        got="OR true.*anon may update any row",
        breaks=(
            sql(
                "grant update on public.reviews to anon",
                'create policy "Writers edit" on public.reviews for update using (customer = auth.uid() or true)',
            ),
        ),
        may=rules("grant-unneeded"),
    ),
    Fault(
        name="every-user-reads-every-order",
        rule="supabase.policy-shows-rows-of-others",
        where=r'^policy "Users read" on public\.orders$',
        got="authenticated may select any row",
        breaks=(
            sql(
                'create policy "Users read" on public.orders for select '
                "using ((auth.jwt() ->> 'role') = 'authenticated')"
            ),
            tables({"name": "orders", "owner": "customer"}),
        ),
    ),
    Fault(
        name="policy-that-trusts-what-users-write",
        rule="supabase.policy-trusts-user-metadata",
        where=r'^policy "Admins read" on public\.orders$',
        breaks=(
            sql(
                'create policy "Admins read" on public.orders for select to authenticated '
                "using ((auth.jwt() -> 'user_metadata' ->> 'role') = 'admin')"
            ),
        ),
        may=ERROR,
    ),
    Fault(
        name="table-that-nobody-declared",
        rule="supabase.table-undeclared",
        where=r"^table public\.tags$",
        got="anon may select",
        breaks=(
            sql(
                "create table public.tags (id int primary key, name text)",
                "alter table public.tags enable row level security",
                'create policy "Everybody reads" on public.tags for select using (true)',
                "grant select on public.tags to anon",
            ),
        ),
    ),
    Fault(
        name="truncate-for-everybody",
        rule="supabase.grant-beside-policies",
        where=r"^table public\.products$",
        got="truncate",
        breaks=(sql("grant truncate on public.products to anon"),),
    ),
    Fault(
        name="view-over-the-accounts",
        rule="supabase.view-shows-users",
        where=r"^view public\.people$",
        breaks=(
            sql(
                "create view public.people as select id, email from auth.users",
                "grant select on public.people to authenticated",
            ),
        ),
        may=ERROR,
    ),
    Fault(
        name="materialized-view-over-a-view-over-the-accounts",
        rule="supabase.view-shows-users",
        where=r"^materialized view public\.people$",
        breaks=(
            sql(
                "create schema hidden",
                "create view hidden.people as select id, email from auth.users",
                "create materialized view public.people as select email from hidden.people",
                "grant select on public.people to authenticated",
            ),
        ),
        may=ERROR | WARNING,
    ),
    Fault(
        name="view-with-its-owner-s-rights",
        rule="supabase.view-definer",
        where=r"^view public\.margins$",
        breaks=(
            sql(
                "create view public.margins as select product_id, cost_cents from public.supplier_prices",
                "grant select on public.margins to authenticated",
            ),
        ),
        may=ERROR,
    ),
    Fault(
        name="materialized-view-for-users",
        rule="supabase.materialized-view-exposed",
        where=r"^materialized view public\.bestsellers$",
        breaks=(
            sql(
                "create materialized view public.bestsellers as select sku from public.products",
                "grant select on public.bestsellers to authenticated",
            ),
        ),
        may=WARNING,
    ),
    Fault(
        name="foreign-table-for-users",
        rule="supabase.foreign-table-exposed",
        where=r"^foreign table public\.warehouse$",
        breaks=(
            sql(
                "create foreign data wrapper elsewhere",
                "create server warehouse foreign data wrapper elsewhere",
                "create foreign table public.warehouse (sku text) server warehouse",
                "grant select on public.warehouse to authenticated",
            ),
        ),
        may=WARNING,
    ),
    Fault(
        name="function-with-its-owner-s-rights",
        rule="supabase.function-definer-open",
        where=r"^function public\.orders_today\(\)$",
        breaks=(
            sql(
                "create function public.orders_today() returns bigint language sql stable security definer "
                "set search_path = '' as 'select count(*) from public.orders'"
            ),
        ),
        may=WARNING,
    ),
    Fault(
        name="function-on-its-caller-s-search-path",
        rule="supabase.function-search-path",
        where=r"^function public\.gross\(cents integer\)$",
        breaks=(
            sql("create function public.gross(cents integer) returns integer language sql immutable as 'select cents'"),
        ),
        may=WARNING,
    ),
    Fault(
        name="extension-in-public",
        rule="supabase.extension-in-public",
        where="^extension uuid-ossp$",
        breaks=(sql('alter extension "uuid-ossp" set schema public'),),
        may=WARNING,
    ),
)

FILES = (
    Fault(
        name="storage-that-is-away",
        rule="supabase.storage-down",
        where=at("/storage/v1/status$"),
        breaks=(says("/storage/v1/status", 503, "<h1>Service Unavailable</h1>"),),
    ),
    Fault(
        name="storage-that-says-it-is-not-well",
        rule="supabase.storage-down",
        where=at("/storage/v1/health$"),
        breaks=(says("/storage/v1/health", 200, {"healthy": False}),),
    ),
    Fault(
        name="storage-without-its-database",
        rule="supabase.storage-down",
        where=at("/storage/v1/bucket$"),
        breaks=(says("/storage/v1/bucket", 500, {"statusCode": "500", "error": "DatabaseError", "message": "no"}),),
    ),
    Fault(
        name="bucket-that-was-deleted",
        rule="supabase.bucket-missing",
        where="^bucket product-images$",
        breaks=(seed("delete from storage.objects", "delete from storage.buckets"),),
    ),
    Fault(
        name="bucket-that-is-private-by-mistake",
        rule="supabase.bucket-private",
        where="^bucket product-images$",
        breaks=(
            seed("update storage.buckets set public = false"),
            sql('create policy "Everybody sees buckets" on storage.buckets for select using (true)'),
        ),
    ),
    Fault(
        name="bucket-that-is-public-by-mistake",
        rule="supabase.bucket-public",
        where="^bucket product-images$",
        breaks=(expects(supabase={"buckets": [{"name": "product-images", "public": False}]}),),
    ),
    Fault(
        name="private-files-that-everybody-lists",
        rule="supabase.bucket-readable-by-anon",
        where="^bucket invoices$",
        breaks=(
            seed(
                "insert into storage.buckets (id, name, public) values ('invoices', 'invoices', false)",
                "insert into storage.objects (bucket_id, name) values ('invoices', '2026/1.pdf')",
            ),
            sql("create policy \"Invoices\" on storage.objects for select to anon using (bucket_id = 'invoices')"),
            expects(supabase={"buckets": [{"name": "product-images", "public": True}, {"name": "invoices"}]}),
        ),
    ),
    Fault(
        name="public-files-that-everybody-lists",
        rule="supabase.bucket-listed",
        where="^bucket product-images$",
        breaks=(
            seed("insert into storage.objects (bucket_id, name) values ('product-images', 'secret-campaign.png')"),
            sql("create policy \"Pictures\" on storage.objects for select using (bucket_id = 'product-images')"),
        ),
        may=rules("bucket-listing-open") | WARNING,
    ),
    Fault(
        name="policy-that-lets-everybody-list-files",
        rule="supabase.bucket-listing-open",
        where=r'^policy "All files" on storage\.objects$',
        got="anon lists product-images",
        breaks=(sql('create policy "All files" on storage.objects for select using (true)'),),
        may=rules("bucket-listed") | WARNING,
    ),
    Fault(
        name="private-bucket-that-is-not-there",
        rule="supabase.bucket-absent",
        where="^bucket invoices$",
        breaks=(expects(supabase={"buckets": [{"name": "product-images", "public": True}, {"name": "invoices"}]}),),
    ),
    Fault(
        name="public-bucket-that-nobody-declared",
        rule="supabase.bucket-undeclared",
        where="^bucket uploads$",
        breaks=(seed("insert into storage.buckets (id, name, public) values ('uploads', 'uploads', true)"),),
    ),
    Fault(
        name="files-that-everybody-uploads",
        rule="supabase.files-open-to-writes",
        where=r'^policy "Uploads" on storage\.objects$',
        got="anon may insert files in product-images",
        breaks=(
            sql(
                'create policy "Uploads" on storage.objects for insert to anon '
                "with check (bucket_id = 'product-images')"
            ),
        ),
    ),
    Fault(
        name="files-that-strangers-replace-by-a-roundabout-condition",
        rule="supabase.files-open-to-writes",
        where=r'^policy "Replaces" on storage\.objects$',
        got="anon may update files in product-images",
        breaks=(
            sql(
                'create policy "Replaces" on storage.objects for update '
                "using (bucket_id = 'product-images' and auth.role() in ('anon', 'authenticated'))"
            ),
        ),
    ),
    Fault(
        name="files-that-everybody-deletes",
        rule="supabase.files-open-to-writes",
        where=r'^policy "Deletes" on storage\.objects$',
        got="anon may delete files in every bucket",
        breaks=(sql('create policy "Deletes" on storage.objects for delete using (true)'),),
    ),
)

REALTIME = (
    Fault(
        name="websocket-that-does-not-open",
        rule="supabase.realtime-refused",
        where=at("/realtime/v1/websocket"),
        breaks=(answer(host=BACKEND, path="/realtime/v1/websocket.*", status=500),),
    ),
    Fault(
        name="realtime-that-fails-over-http",
        rule="supabase.realtime-ping",
        where=at("/realtime/v1/api/ping$"),
        breaks=(says("/realtime/v1/api/ping", 500, {"error": "oh no"}),),
    ),
)


def search(**changed: Any) -> Break:
    """The declared search with another word in it; its arguments are those of the copy."""

    def inflict(copy: Any) -> None:
        declared = copy.table["supabase"]["searches"][0]
        expects(supabase={"searches": [{**declared, **changed}]})(copy)

    return inflict


SEARCHES = (
    Fault(
        name="search-that-anon-may-not-run",
        rule="supabase.search-failed",
        where="^search match_products$",
        got="42501",
        breaks=(sql("revoke execute on function public.match_products from anon"),),
    ),
    Fault(
        name="search-with-another-model",
        rule="supabase.search-failed",
        where="^search match_products$",
        got="different vector dimensions",
        breaks=(search(args={"query_embedding": [1, 0, 0], "match_count": 3}),),
    ),
    Fault(
        name="search-that-is-gone",
        rule="supabase.search-failed",
        where="^search match_products$",
        got="PGRST202",
        breaks=(sql("drop function public.match_products"),),
    ),
    Fault(
        name="search-that-finds-nothing",
        rule="supabase.search-empty",
        where="^search match_products$",
        breaks=(seed("update public.products set embedding = null"),),
    ),
    Fault(
        name="search-that-is-upside-down",
        rule="supabase.search-wrong",
        where="^search match_products$",
        got="slug = ",
        breaks=(sql(FUNCTION.replace("query_embedding\n  limit", "query_embedding desc\n  limit")),),
    ),
    Fault(
        name="search-whose-similarities-rise",
        rule="supabase.search-unordered",
        where="^search match_products$",
        breaks=(
            sql(
                FUNCTION.replace(
                    "1 - (p.embedding operator(extensions.<=>) query_embedding)",
                    "(p.embedding operator(extensions.<=>) query_embedding)",
                )
            ),
        ),
    ),
    Fault(
        name="vectors-without-an-index",
        rule="supabase.vector-index-missing",
        where=r"^column public\.passages\.embedding$",
        got="^none$",
        breaks=(
            sql(
                "create table public.passages (id int primary key, embedding extensions.vector(3))",
                "alter table public.passages enable row level security",
                "insert into public.passages select n, '[1,0,0]' from generate_series(1, 10000) as n",
                "analyze public.passages",
            ),
        ),
        may=NOTE,
    ),
    Fault(
        name="vectors-with-an-index-that-failed-to-build",
        rule="supabase.vector-index-missing",
        where=r"^column public\.passages\.embedding$",
        got="not valid",
        breaks=(
            sql(
                "create table public.passages (id int primary key, embedding extensions.vector(3))",
                "alter table public.passages enable row level security",
                "create index passages_idx on public.passages using ivfflat (embedding extensions.vector_cosine_ops)",
                "insert into public.passages select n, '[1,0,0]' from generate_series(1, 10000) as n",
                "analyze public.passages",
                "update pg_index set indisvalid = false where indexrelid = 'public.passages_idx'::regclass",
            ),
        ),
        may=NOTE,
    ),
    Fault(
        name="index-of-another-operator",
        rule="supabase.vector-index-unused",
        where=r"^column public\.products\.embedding$",
        got="vector_l2_ops, and searches order by <=>",
        breaks=(
            sql(
                "drop index public.products_embedding_idx",
                "create index products_l2_idx on public.products using hnsw (embedding extensions.vector_l2_ops)",
            ),
        ),
    ),
    Fault(
        name="vectors-of-any-length",
        rule="supabase.vector-without-dimensions",
        where=r"^column public\.products\.picture_embedding$",
        breaks=(sql("alter table public.products add column picture_embedding extensions.vector"),),
    ),
    Fault(
        name="rows-without-an-embedding",
        rule="supabase.embeddings-missing",
        where=r"^column public\.products\.embedding$",
        breaks=(seed("update public.products set embedding = null where slug < 'm'", "analyze public.products"),),
    ),
)


def lint(name: str, level: str) -> Break:
    found = {
        "name": name,
        "title": name,
        "level": level,
        "detail": f"the advisor's words about {name}",
        "cache_key": f"{name}_project",
        "remediation": "https://supabase.com/docs/guides/database/database-linter",
    }
    return platform("/advisors/security", {"lints": [found]})


THE_PLATFORM = (
    Fault(
        name="project-that-is-paused",
        rule="supabase.project-inactive",
        where=f"^project {REF}$",
        got="INACTIVE: the project is paused",
        breaks=(platform("", {"ref": REF, "status": "INACTIVE"}),),
    ),
    Fault(
        name="project-that-is-not-well",
        rule="supabase.project-inactive",
        where=f"^project {REF}$",
        got="ACTIVE_UNHEALTHY",
        breaks=(platform("", {"ref": REF, "status": "ACTIVE_UNHEALTHY"}),),
    ),
    Fault(
        name="service-that-is-not-well",
        rule="supabase.service-unhealthy",
        where=f"^project {REF}, service rest$",
        got="UNHEALTHY Service health check failed",
        breaks=(
            platform(
                r"/health.*",
                [{"name": "rest", "healthy": False, "status": "UNHEALTHY", "error": "Service health check failed"}],
            ),
        ),
    ),
    Fault(
        name="advisor-with-an-error",
        rule="supabase.advisor-error",
        where="^advisor insecure_queue_exposed_in_api: project$",
        breaks=(lint("insecure_queue_exposed_in_api", "ERROR"),),
    ),
    Fault(
        name="advisor-with-a-warning",
        rule="supabase.advisor-warning",
        where="^advisor auth_otp_long_expiry: project$",
        breaks=(lint("auth_otp_long_expiry", "WARN"),),
    ),
    Fault(
        name="advisor-with-a-note",
        rule="supabase.advisor-note",
        where="^advisor no_backup_admin: project$",
        breaks=(lint("no_backup_admin", "INFO"),),
    ),
)

FAULTS = (*KEYS, *AUTH, *DATABASE, *ACCESS, *CATALOG, *FILES, *REALTIME, *SEARCHES, *THE_PLATFORM)
SUPABASE = Catalogue(check="supabase", file="test_supabase.py", base=BASE, faults=FAULTS, batch=10)
