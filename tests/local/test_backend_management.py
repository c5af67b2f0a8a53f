"""The management API of an embedded project: who may ask it, and what it tells of the real database and functions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from email.parser import BytesParser
from typing import Any

import httpx
import pytest

REF = "abcdefghijklmnopqrst"
SCOPED = f"sbp_v0_{'5' * 40}"
FILES = {
    "config.toml": "[functions.open]\nverify_jwt = false\n",
    "functions/open/index.ts": "import { word } from '../_shared/word.ts'\nDeno.serve(() => new Response(word))\n",
    "functions/closed/index.ts": "Deno.serve(() => new Response('closed'))\n",
    "functions/_shared/word.ts": "export const word = 'open'\n",
    "migrations/1_shop.sql": """
        create table public.leaky (id bigint primary key, at timestamptz, price numeric);
        insert into public.leaky values (9007199254740993, '2026-01-02 03:04:05+00', 1.50);
        grant select on public.leaky to anon;
        create policy "unused" on public.leaky for select using (true);
        create table public.locked (id int primary key);
        alter table public.locked enable row level security;
        create table public.orders (id int primary key);
        alter table public.orders enable row level security;
        create policy "anybody writes" on public.orders for insert to anon with check (true);
        create policy "anybody reads" on public.orders for select to anon using (true);
        create policy "by metadata" on public.orders for delete to authenticated
          using ((auth.jwt() -> 'user_metadata' ->> 'admin') = 'true');
        create view public.owners as select id from public.locked;
        grant select on public.owners to anon;
        create view public.people with (security_invoker = on) as select email from auth.users;
        grant select on public.people to authenticated;
        create materialized view public.totals as select count(*) from public.leaky;
        grant select on public.totals to anon;
        create function public.all_powerful() returns int language sql security definer as 'select 1';
        create function public.harmless() returns int language sql set search_path = '' as 'select 1';
        create extension pg_trgm with schema public;
        insert into storage.buckets (id, name, public) values ('pictures', 'pictures', true);
        create policy "list" on storage.objects for select using (bucket_id = 'pictures');
    """,
}


@pytest.fixture(scope="module")
def project(serve_project: Callable[..., Any]) -> Any:
    project = serve_project(FILES)
    project.backend.management.scoped = {SCOPED: frozenset({"projects_read"})}
    return project


@pytest.fixture(scope="module")
def ask(project: Any) -> Callable[..., httpx.Response]:
    def asking(path: str, *, method: str = "GET", token: str | None = "", **request: Any) -> httpx.Response:
        headers = {"host": "api.supabase.com", **request.pop("headers", {})}
        if token is not None:
            headers["authorization"] = f"Bearer {token or project.backend.management.keyring.management}"
        return httpx.request(method, f"{project.url}/v1/projects{path}", headers=headers, **request)

    return asking


def query(ask: Callable[..., httpx.Response], sql: str, *parameters: object) -> httpx.Response:
    body = {"query": sql, "parameters": list(parameters)}
    return ask(f"/{REF}/database/query/read-only", method="POST", json=body)


def lints(ask: Callable[..., httpx.Response]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for each in ask(f"/{REF}/advisors/security").json()["lints"]:
        found.setdefault(each["name"], []).append(each)
    return found


def test_the_projects_own_address_is_another_host(project: Any) -> None:
    assert httpx.get(f"{project.url}/v1/projects").status_code == 404


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(None, id="none"),
        pytest.param("sbp_short", id="of-no-known-form"),
        pytest.param(f"sbp_{'0' * 40}", id="of-somebody-else"),
    ],
)
def test_without_a_good_token_nothing_is_told(ask: Callable[..., httpx.Response], token: str | None) -> None:
    assert ask(f"/{REF}", token=token).status_code == 401


def test_a_scoped_token_sees_no_more_than_it_may(ask: Callable[..., httpx.Response]) -> None:
    assert ask(f"/{REF}", token=SCOPED).status_code == 200
    refused = ask(f"/{REF}/functions", token=SCOPED)
    assert (refused.status_code, refused.json()) == (403, {"message": "Forbidden action"})


def test_other_projects_and_malformed_refs_are_refused(ask: Callable[..., httpx.Response]) -> None:
    assert ask(f"/{'z' * 20}").status_code == 403
    assert ask("/tooshort").status_code == 400


def test_the_project_and_its_health_are_told(ask: Callable[..., httpx.Response]) -> None:
    record = ask(f"/{REF}").json()
    assert (record["ref"], record["status"]) == (REF, "ACTIVE_HEALTHY")
    health = ask(f"/{REF}/health", params={"services": ["auth", "db"]}).json()
    assert [(each["name"], each["healthy"]) for each in health] == [("auth", True), ("db", True)]
    assert ask(f"/{REF}/health").status_code == 400


def test_keys_are_listed_but_never_revealed(project: Any, ask: Callable[..., httpx.Response]) -> None:
    answer = ask(f"/{REF}/api-keys", params={"reveal": "true"})
    assert [each["type"] for each in answer.json()] == ["publishable", "secret"]
    assert project.publishable not in answer.text
    assert project.secret not in answer.text


def test_functions_are_recorded_as_they_were_deployed(ask: Callable[..., httpx.Response]) -> None:
    records = ask(f"/{REF}/functions").json()
    assert [(each["slug"], each["verify_jwt"], each["status"]) for each in records] == [
        ("closed", True, "ACTIVE"),
        ("open", False, "ACTIVE"),
    ]
    assert ask(f"/{REF}/functions/open").json() == records[1]
    assert ask(f"/{REF}/functions/absent").status_code == 404


def test_the_body_holds_every_file_byte_for_byte(ask: Callable[..., httpx.Response]) -> None:
    answer = ask(f"/{REF}/functions/open/body", headers={"accept": "multipart/form-data"})
    head = f"content-type: {answer.headers['content-type']}\r\n\r\n".encode()
    parts = BytesParser().parsebytes(head + answer.content).get_payload()
    assert isinstance(parts, list)
    told = {part.get_filename() or part.get_param("name", header="content-disposition"): part for part in parts}
    assert json.loads(told["metadata"].get_payload(decode=True)) == {
        "deno2_entrypoint_path": "supabase/functions/open/index.ts"
    }
    for name in ("functions/open/index.ts", "functions/_shared/word.ts"):
        assert told[f"supabase/{name}"].get_payload(decode=True) == FILES[name].encode()


def test_sql_is_answered_with_rows_as_json_can_hold_them(ask: Callable[..., httpx.Response]) -> None:
    answer = query(ask, "select id, at, price, array[1, 2] as list, null as nothing from public.leaky")
    assert answer.status_code == 201
    assert answer.json() == [
        {
            "id": "9007199254740993",
            "at": "2026-01-02 03:04:05+00",
            "price": "1.50",
            "list": [1, 2],
            "nothing": None,
        }
    ]
    assert query(ask, "select $1::int + 1 as n", 41).json() == [{"n": 42}]


def test_sql_runs_as_a_reader_who_changes_nothing(ask: Callable[..., httpx.Response]) -> None:
    assert query(ask, "select current_user as who").json() == [{"who": "supabase_read_only_user"}]
    for statement in ("delete from public.leaky", "commit; delete from public.leaky"):
        refused = query(ask, statement)
        assert refused.status_code == 400
        assert refused.json()["message"].startswith("Failed to run sql query: ERROR:  ")
    assert query(ask, "select count(*) from public.leaky").json() == [{"count": 1}]


def test_names_must_be_qualified(ask: Callable[..., httpx.Response]) -> None:
    assert "42P01" in query(ask, "select * from leaky").json()["message"]


@pytest.mark.parametrize(
    ("name", "of"),
    [
        pytest.param("rls_disabled_in_public", ["leaky"], id="table-without-row-security"),
        pytest.param("policy_exists_rls_disabled", ["leaky"], id="policy-that-is-not-applied"),
        pytest.param("rls_enabled_no_policy", ["locked"], id="row-security-without-policy"),
        pytest.param("rls_policy_always_true", ["orders"], id="write-policy-without-condition"),
        pytest.param("rls_references_user_metadata", ["orders"], id="policy-by-user-metadata"),
        pytest.param("security_definer_view", ["owners"], id="view-with-its-owners-rights"),
        pytest.param("auth_users_exposed", ["people"], id="view-of-users"),
        pytest.param("materialized_view_in_api", ["totals"], id="materialized-view"),
        pytest.param("function_search_path_mutable", ["all_powerful"], id="function-without-search-path"),
        pytest.param("anon_security_definer_function_executable", ["all_powerful"], id="definer-for-anon"),
        pytest.param("authenticated_security_definer_function_executable", ["all_powerful"], id="definer-for-users"),
        pytest.param("extension_in_public", ["pg_trgm"], id="extension-in-public"),
        pytest.param("public_bucket_allows_listing", ["pictures"], id="bucket-listing"),
    ],
)
def test_the_advisor_finds_exactly_what_is_there(ask: Callable[..., httpx.Response], name: str, of: list[str]) -> None:
    found = lints(ask)[name]
    assert [each["metadata"]["name"] for each in found] == of
    assert all(each["cache_key"].startswith(f"{name}_") for each in found)


def test_the_advisor_tells_each_lint_in_the_documented_shape(ask: Callable[..., httpx.Response]) -> None:
    (lint,) = lints(ask)["rls_disabled_in_public"]
    assert lint | {"description": "", "remediation": ""} == {
        "name": "rls_disabled_in_public",
        "title": "RLS Disabled in Public",
        "level": "ERROR",
        "facing": "EXTERNAL",
        "categories": ["SECURITY"],
        "description": "",
        "detail": "Table `public.leaky` is public, but RLS has not been enabled.",
        "remediation": "",
        "metadata": {"schema": "public", "name": "leaky", "type": "table"},
        "cache_key": "rls_disabled_in_public_public_leaky",
    }


def test_whoever_asks_too_much_is_told_when_to_come_back(project: Any, ask: Callable[..., httpx.Response]) -> None:
    management = project.backend.management
    before, management.per_minute, management.asked = management.per_minute, 1, {}
    try:
        assert ask(f"/{REF}").headers["x-ratelimit-remaining"] == "0"
        refused = ask(f"/{REF}")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, refused.headers["x-ratelimit-reset"])
        assert ask(f"/{REF}", token=SCOPED).status_code == 200, "the limit is a token's own"
    finally:
        management.per_minute, management.asked = before, {}
