"""Edge functions: the app's own code in Deno, and what the platform answers in its place."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import jwt
import pytest

USER = {"email": "ada@example.com", "password": "correct horse"}
PUBLIC = ("open", "exported", "broken", "missing", "faulty", "idle", "old")
FILES = {
    "config.toml": "".join(f"[functions.{slug}]\nverify_jwt = false\n" for slug in PUBLIC),
    "migrations/1_a.sql": "create table a (id int); grant select on a to anon; insert into a values (7);",
    "functions/.env": "# comment\nGREETING='hello'\n",
    "functions/_shared/words.ts": "export const word = 'shared'",
    "functions/open/index.ts": """
      import 'jsr:@supabase/functions-js/edge-runtime.d.ts'
      import { word } from '../_shared/words.ts'
      Deno.serve({ port: 8000, hostname: '0.0.0.0' }, async (request) => {
        const url = new URL(request.url)
        const rows = await fetch(`${Deno.env.get('SUPABASE_URL')}/rest/v1/a`, {
          headers: { apikey: Deno.env.get('SUPABASE_ANON_KEY')! },
        })
        EdgeRuntime.waitUntil(Promise.resolve())
        return Response.json({
          path: url.pathname, host: url.host, query: url.search, method: request.method, word,
          body: await request.text(), greeting: Deno.env.get('GREETING'), rows: await rows.json(),
          secrets: Object.keys(Deno.env.toObject()).sort(),
        }, { headers: [['set-cookie', 'a=1'], ['set-cookie', 'b=2']] })
      })""",
    "functions/guarded/index.ts": """
      Deno.serve((request) => new Response(request.method === 'OPTIONS' ? 'preflight' : 'inside'))""",
    "functions/exported/index.ts": """
      export default {
        fetch: () => new Response('<b>page</b>', { headers: { 'content-type': 'text/html' } }),
      }""",
    "functions/old/index.ts": """
      import { serve } from 'https://deno.land/std@0.168.0/http/server.ts'
      serve(() => new Response('old style'))""",
    "functions/broken/index.ts": "Deno.serve(() => new Response('never'))\nthrow new Error('no such setting')",
    "functions/missing/index.ts": "import { x } from './not-there.ts'\nDeno.serve(() => new Response(x))",
    "functions/idle/index.ts": "console.log('I only log')",
    "functions/faulty/index.ts": """
      Deno.serve((request) => {
        const wanted = new URL(request.url).pathname.split('/').pop()
        if (wanted === 'throw') throw new Error('in the handler')
        if (wanted === 'exit') { setTimeout(() => { throw new Error('outside') }, 0); return new Promise(() => {}) }
        if (wanted === '500') return Response.json({ mine: true }, { status: 500 })
        if (wanted === 'stream') return new Response(new ReadableStream({
          start(to) {
            const say = (word) => to.enqueue(new TextEncoder().encode(word))
            say('one ')
            setTimeout(() => { say('two'); to.close() }, 50)
          },
        }))
        return new Response('fine')
      })""",
}


@pytest.fixture(scope="module")
def project(serve_project: Callable[..., Any]) -> Any:
    return serve_project(FILES, users=[USER])


@pytest.fixture(scope="module")
def http(project: Any) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{project.url}/functions/v1", timeout=60) as client:
        yield client


def test_a_function_runs_with_what_the_platform_gives_it(http: httpx.Client) -> None:
    answer = http.post("/open/deep/er?x=1", content="body", headers={"host": "abcdefghijklmnopqrst.supabase.co"})
    said = answer.json()
    assert said | {"secrets": None} == {
        "path": "/open/deep/er",
        "host": "abcdefghijklmnopqrst.supabase.co",
        "query": "?x=1",
        "method": "POST",
        "body": "body",
        "word": "shared",
        "greeting": "hello",
        "rows": [{"id": 7}],
        "secrets": None,
    }
    assert {"SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_DB_URL", "SUPABASE_JWKS"} <= set(said["secrets"])
    assert "HOME" not in said["secrets"]
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]


def test_an_answer_of_the_function_says_that_its_code_ran(http: httpx.Client) -> None:
    ran, platform = http.get("/open"), http.post("/guarded")
    for answer in (ran, platform):
        assert answer.headers["x-served-by"] == "supabase-edge-runtime"
        assert answer.headers["sb-project-ref"] == "abcdefghijklmnopqrst"
        assert answer.headers["sb-gateway-version"] == "1"
    assert "x-deno-execution-id" in ran.headers
    assert "x-deno-execution-id" not in platform.headers


def test_a_region_is_echoed(http: httpx.Client) -> None:
    assert http.get("/exported", headers={"x-region": "eu-west-1"}).headers["x-sb-edge-region"] == "eu-west-1"
    assert http.get("/exported?forceFunctionRegion=us-east-1").headers["x-sb-edge-region"] == "us-east-1"


def test_a_module_may_export_its_handler_and_pages_become_plain_text(http: httpx.Client) -> None:
    answer = http.get("/exported")
    assert (answer.text, answer.headers["content-type"]) == ("<b>page</b>", "text/plain")


def test_the_old_standard_server_works_without_a_download(http: httpx.Client) -> None:
    assert http.get("/old").text == "old style"


def test_a_preflight_passes_without_a_token(http: httpx.Client) -> None:
    assert http.options("/guarded").text == "preflight"


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        pytest.param(None, "UNAUTHORIZED_NO_AUTH_HEADER", id="none"),
        pytest.param("Bearer sb_publishable_for_tests", "UNAUTHORIZED_INVALID_JWT_FORMAT", id="a-key"),
        pytest.param("Basic eA==", "UNAUTHORIZED_INVALID_JWT_FORMAT", id="not-a-bearer"),
        pytest.param(
            f"Bearer {jwt.encode({'role': 'anon'}, 'x' * 40)}", "UNAUTHORIZED_LEGACY_JWT", id="another-secret"
        ),
        pytest.param(
            f"Bearer {jwt.encode({'role': 'anon'}, 'x' * 64, 'HS512')}",
            "UNAUTHORIZED_UNSUPPORTED_TOKEN_ALGORITHM",
            id="algorithm",
        ),
    ],
)
def test_a_guarded_function_is_not_reached_without_a_token(
    http: httpx.Client, authorization: str | None, code: str
) -> None:
    answer = http.post("/guarded", headers={"authorization": authorization} if authorization else {})
    assert (answer.status_code, answer.json()["code"], answer.headers["sb-error-code"]) == (401, code, code)


def test_a_guarded_function_is_reached_with_a_users_token(http: httpx.Client, project: Any) -> None:
    keyed = {"apikey": project.publishable}
    signed_in = httpx.post(f"{project.url}/auth/v1/token?grant_type=password", json=USER, headers=keyed).json()
    good = {"authorization": f"Bearer {signed_in['access_token']}"}
    late = project.backend._keyring.sign({"sub": "x", "exp": int(time.time()) - 60})
    assert http.post("/guarded", headers=good).text == "inside"
    refused = http.post("/guarded", headers={"authorization": f"Bearer {late}"})
    assert (refused.status_code, refused.json()["code"]) == (401, "UNAUTHORIZED_ASYMMETRIC_JWT")


@pytest.mark.parametrize(
    ("slug", "reason"),
    [
        pytest.param("broken", "no such setting", id="throws"),
        pytest.param("missing", "not-there.ts", id="imports-what-is-not-there"),
        pytest.param("idle", "neither calls Deno.serve", id="never-serves"),
    ],
)
def test_a_function_that_does_not_boot_is_a_503_and_a_line_in_the_log(
    http: httpx.Client, project: Any, slug: str, reason: str
) -> None:
    answer = http.post(f"/{slug}")
    assert (answer.status_code, answer.json()["code"], answer.headers["sb-error-code"]) == (
        503,
        "BOOT_ERROR",
        "BOOT_ERROR",
    )
    assert "x-deno-execution-id" not in answer.headers
    assert [line for line in project.log if line.startswith(f"function {slug} does not boot") and reason in line]


def test_an_unknown_function_is_a_404(http: httpx.Client) -> None:
    answer = http.post("/nope")
    assert (answer.status_code, answer.json()) == (
        404,
        {"code": "NOT_FOUND", "message": "Requested function was not found"},
    )
    assert http.post("/_shared").status_code == 404


def test_errors_of_the_code_are_told_from_errors_of_the_platform(http: httpx.Client) -> None:
    threw, own, died = http.get("/faulty/throw"), http.get("/faulty/500"), http.get("/faulty/exit")
    assert (threw.status_code, threw.json()["code"]) == (500, "EDGE_FUNCTION_ERROR")
    assert (own.status_code, own.json(), own.headers["sb-error-code"]) == (500, {"mine": True}, "EDGE_FUNCTION_ERROR")
    assert (died.status_code, died.json()["code"]) == (500, "WORKER_ERROR")
    assert http.get("/faulty").text == "fine"  # the next call finds a new process


def test_an_answer_is_passed_on_as_it_comes(http: httpx.Client) -> None:
    with http.stream("GET", "/faulty/stream", headers={"accept-encoding": "identity"}) as answer:
        parts = [part for part in answer.iter_text() if part]
    assert parts == ["one ", "two"]


def test_a_method_that_the_platform_does_not_know_is_a_405(http: httpx.Client) -> None:
    assert http.request("PURGE", "/open").status_code == 405
