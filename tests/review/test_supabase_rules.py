"""Every rule of the back end catches its cause, and only its own."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from prodworthy.model import Answer, Attempt, Bucket, Cause, Exchange, Failure, Search, Severity, Table
from prodworthy.model.backend import (
    Auth,
    Key,
    Probe,
    Realtime,
    Reply,
    Searches,
    SeenBucket,
    SeenSearch,
    SeenTable,
    Storage,
    Tables,
)
from prodworthy.model.platform import STALE_CACHE, Sign, describe, sign
from prodworthy.plain import from_plain, to_plain
from prodworthy.review import supabase as review
from prodworthy.review.rules import CATALOGUE

URL = "https://abcdefghijklmnopqrst.supabase.co"
PUBLIC = Key(name="SUPABASE_KEY", kind="publishable", shown="sb_publishable_abcde…")


def said(status: int, body: Any = None, **fields: str) -> Exchange:
    lines = tuple((name.replace("_", "-"), value) for name, value in fields.items())
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Exchange(
        method="GET",
        url=f"{URL}/x",
        purpose="a question",
        answer=Answer(status=status, http="HTTP/2", fields=lines, body=content),
    )


def error(status: int, code: str, message: str = "", **more: Any) -> Exchange:
    return said(status, {"code": code, "message": message, "details": None, "hint": None, **more})


LOST = Exchange(method="GET", url=URL, purpose="", failure=Failure(cause=Cause.NETWORK, text="reset"))
WALLED = replace(said(540, b"Project paused"), wall="a paused Supabase project")
NO_GRANT = error(401, "42501", "permission denied for table orders")
BLOCKED = error(401, "42501", 'new row violates row-level security policy for table "orders"')
NOT_NULL = error(400, "23502", 'null value in column "country" violates not-null constraint')
NO_ROWS = error(406, "PGRST116", "Cannot coerce the result", details="The result contains 0 rows")
TWO_ROWS = error(406, "PGRST116", "Cannot coerce the result", details="The result contains 2 rows")
WRONG_KEY = said(
    401, {"message": "Invalid API key", "hint": "Double check your Supabase `anon` or `service_role` API key."}
)
NO_KEY = said(
    401, {"message": "No API key found in request", "hint": "No `apikey` request header or url param was found."}
)
SECRET_ONLY = said(
    401, {"message": "Secret API key required", "hint": "Only secret API keys can be used for this endpoint."}
)
NO_DATABASE = error(503, "PGRST002", "Could not query the database for the schema cache. Retrying.")
TIMED_OUT = error(500, "57014", "canceling statement due to statement timeout")
FROZEN = error(405, "25006", "cannot execute INSERT in a read-only transaction")
NO_OPERATOR = error(404, "42883", "operator does not exist: uuid = text")
LIMITED = replace(said(429, {"message": "too many requests"}), wall="the project's rate limit (429)")
PAGE = said(200, b"<html>")
STALE = Attempt(text=f"{STALE_CACHE}: 404 PGRST205", elapsed=0.1)
LEGACY = Key(name="K", kind="legacy", role="anon")
BUCKET_UNKNOWN = said(400, {"statusCode": "404", "error": "Bucket not found", "message": "Bucket not found"})
OBJECT_UNKNOWN = said(400, {"statusCode": "404", "error": "not_found", "message": "Object not found"})


def auth(**changes: Any) -> Auth:
    sound = {
        "health": said(200, {"version": "v2.197.0", "name": "GoTrue"}),
        "settings": said(200, {"external": {"email": True}}),
        "jwks": said(200, {"keys": [{"kty": "EC", "kid": "1"}]}),
        "sign_in": said(200, {"access_token": "(blanked out)"}),
        "user": said(200, {"id": "1"}),
        "sign_out": said(204),
    }
    return Auth(url=URL, key=changes.pop("key", PUBLIC), **{**sound, **changes})


def readable(read: Exchange, rows: int | None, **declared: Any) -> SeenTable:
    return SeenTable(declared=Table(name="products", anon=("select",), **declared), read=read, rows=rows)


def private(read: Exchange = NO_GRANT, rows: int | None = None, **probes: Exchange) -> SeenTable:
    asked = {"insert_grant": NO_GRANT, "update_grant": NO_GRANT, "delete_grant": NO_GRANT, **probes}
    told = tuple(
        Probe(write=name.split("_")[0], subject=name.split("_")[1], exchange=each)  # type: ignore[arg-type]
        for name, each in asked.items()
    )
    return SeenTable(declared=Table(name="orders"), read=read, rows=rows, probes=told)


def tables(*seen: SeenTable, root: Exchange = SECRET_ONLY) -> Tables:
    return Tables(url=URL, key=PUBLIC, root=root, seen=seen or (readable(said(200, [{"id": None}]), 1), private()))


def storage(**changes: Any) -> Storage:
    seen = (bucket(public=True), bucket(public=False))
    return Storage(url=URL, key=PUBLIC, **{"status": said(200), "buckets": said(200, []), "seen": seen, **changes})


def bucket(*, public: bool, answer: Exchange | None = None, listing: Exchange | None = None) -> SeenBucket:
    return SeenBucket(
        declared=Bucket(name="pictures", public=public),
        public=answer or (OBJECT_UNKNOWN if public else BUCKET_UNKNOWN),
        listing=listing or said(200, []),
    )


def realtime(status: int = 101, reply: Reply | None = None, handshake: Exchange | None = None) -> Realtime:
    return Realtime(
        url=URL, key=PUBLIC, channel="news", handshake=handshake or said(status), reply=reply or Reply(status="ok")
    )


def searches(exchange: Exchange) -> Searches:
    declared = Search(rpc="match", args={"query_embedding": [1, 0]}, column="id", expect=7)
    return Searches(url=URL, key=PUBLIC, seen=(SeenSearch(declared=declared, exchange=exchange),))


def found(*rows: tuple[Any, Any]) -> Searches:
    return searches(said(200, [{"id": id_, "similarity": similarity} for id_, similarity in rows]))


SOUND = {
    "auth": auth(),
    "tables": tables(),
    "storage": storage(),
    "realtime": realtime(),
    "searches": found((7, 1), (8, 0.5), (9, 0.5)),
}


def judged(**changes: Any) -> set[str]:
    """The ids of all rules that object, with everything sound but what is given."""
    a, t, st, rt, se = ({**SOUND, **changes}[name] for name in SOUND)
    asked = (*t.exchanges, *st.exchanges, *rt.exchanges, *se.exchanges)
    findings = [
        *review.the_key(a),
        *review.key_accepted((a, asked)),
        *review.auth_service(a),
        *review.signing_up(a),
        *review.signin_failed(a),
        *review.database((*a.exchanges, *asked)),
        *review.declared_access(t),
        *review.undeclared_access(t),
        *review.buckets(st),
        *review.undeclared_files(st),
        *review.live_channels(rt),
        *review.every_search((se, t)),
    ]
    return {finding.rule.removeprefix("supabase.") for finding in findings}


CAUGHT = {
    "a secret key": ({"auth": Auth(url=URL, key=Key(name="K", kind="secret"))}, "key-is-secret"),
    "a legacy service_role key": (
        {"auth": Auth(url=URL, key=Key(name="K", kind="legacy", role="service_role"))},
        "key-is-secret",
    ),
    "a key that is not known": (
        {"auth": auth(health=WRONG_KEY, settings=WRONG_KEY, sign_in=WRONG_KEY, user=None)},
        "wrong-key",
    ),
    "a legacy key": ({"auth": auth(key=LEGACY)}, "legacy-key"),
    "a key of another project": (
        {"auth": auth(key=replace(LEGACY, ref="z" * 20), ref="abcdefghijklmnopqrst", health=WRONG_KEY)},
        "key-elsewhere",
    ),
    "legacy keys that are switched off": (
        {"tables": tables(readable(said(401, {"message": "Legacy API keys are disabled"}), None))},
        "legacy-keys-disabled",
    ),
    "a key that has ended": ({"tables": tables(readable(error(401, "PGRST303", "JWT expired"), None))}, "key-expired"),
    "claims that are not valid": (
        {"tables": tables(readable(error(401, "PGRST303", "JWT not yet valid"), None))},
        "wrong-key",
    ),
    "a secret key that seems to come from a browser": (
        {"storage": storage(buckets=said(401, {"message": "Forbidden use of secret API key in browser"}))},
        "wrong-key",
    ),
    "a private key is published": (
        {"auth": auth(jwks=said(200, {"keys": [{"kty": "EC", "d": "c2VjcmV0"}]}))},
        "jwks-symmetric-key",
    ),
    "a shared secret signs sessions": ({"auth": auth(jwks=said(200, {"keys": []}))}, "jwt-shared-secret"),
    "an address that nobody proves": (
        {"auth": auth(settings=said(200, {"external": {"email": True}, "mailer_autoconfirm": True}))},
        "email-unconfirmed",
    ),
    "a number that nobody proves": (
        {"auth": auth(settings=said(200, {"external": {"phone": True}, "phone_autoconfirm": True}))},
        "email-unconfirmed",
    ),
    "users without an account": (
        {"auth": auth(settings=said(200, {"external": {"anonymous_users": True}}))},
        "anonymous-users",
    ),
    "sign-ups that should be closed": (
        {"auth": auth(signups=False, settings=said(200, {"disable_signup": False}))},
        "signups-unexpected",
    ),
    "sign-ups that should be open": (
        {"auth": auth(signups=True, settings=said(200, {"disable_signup": True}))},
        "signups-unexpected",
    ),
    "storage's database is down": ({"storage": storage(health=said(200, {"healthy": False}))}, "storage-down"),
    "realtime's HTTP half fails": ({"realtime": replace(realtime(), ping=said(500, b"oh no"))}, "realtime-ping"),
    "a cache that lags": (
        {"tables": tables(readable(replace(said(200, [{"id": None}]), attempts=(STALE,)), 1))},
        "schema-cache-stale",
    ),
    "a key that does not arrive": ({"tables": tables(readable(NO_KEY, None))}, "wrong-key"),
    "a key that a self-hosted gateway refuses": ({"storage": storage(buckets=said(401, b"Unauthorized"))}, "wrong-key"),
    "a token of another project": ({"tables": tables(readable(error(401, "PGRST301", "JWSError"), None))}, "wrong-key"),
    "a key refused by realtime": ({"realtime": realtime(handshake=WRONG_KEY)}, "wrong-key"),
    "auth answers 502": ({"auth": auth(health=said(502, b"Bad Gateway"))}, "auth-down"),
    "auth answers with a page": ({"auth": auth(settings=said(200, b"<html>"))}, "auth-down"),
    "signing keys answer 500": ({"auth": auth(jwks=said(500))}, "auth-down"),
    "signing keys are a page": ({"auth": auth(jwks=PAGE)}, "auth-down"),
    "auth has no database": ({"auth": auth(health=NO_DATABASE)}, "database-unavailable"),
    "realtime has no database": ({"realtime": realtime(handshake=NO_DATABASE)}, "database-unavailable"),
    "a symmetric signing key is published": (
        {"auth": auth(jwks=said(200, {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}))},
        "jwks-symmetric-key",
    ),
    "a wrong password": (
        {"auth": auth(sign_in=error(400, "invalid_credentials", "Invalid login credentials"), user=None)},
        "signin-failed",
    ),
    "a user who cannot sign out": ({"auth": auth(sign_out=said(500))}, "signin-failed"),
    "a token that auth itself refuses": ({"auth": auth(user=error(401, "no_authorization"))}, "signin-failed"),
    "no schema cache": ({"tables": tables(readable(NO_DATABASE, None))}, "database-unavailable"),
    "too many connections": ({"searches": searches(error(503, "53300", "too many clients"))}, "database-unavailable"),
    "a query that is cancelled": ({"searches": searches(TIMED_OUT)}, "statement-timeout"),
    "a table that is cancelled": ({"tables": tables(readable(TIMED_OUT, None))}, "statement-timeout"),
    "a database over its limit": (
        {"tables": tables(private(insert_grant=FROZEN, update_grant=FROZEN, delete_grant=FROZEN))},
        "read-only",
    ),
    "a gateway without PostgREST": ({"tables": tables(readable(said(502, b"Bad Gateway"), None))}, "rest-down"),
    "a page instead of rows": ({"tables": tables(readable(PAGE, None, min_rows=1))}, "rest-down"),
    "a move to elsewhere": ({"tables": tables(readable(said(301), None))}, "rest-down"),
    "a data plane that is switched off": ({"tables": tables(readable(SECRET_ONLY, None, min_rows=1))}, "rest-down"),
    "a write that the gateway answers": (
        {"tables": tables(private(insert_grant=said(502), update_grant=said(502), delete_grant=said(502)))},
        "rest-down",
    ),
    "no data plane at this address": ({"tables": tables(root=said(404, b"<html>"))}, "rest-down"),
    "a policy that calls a function that is gone": (
        {"tables": tables(readable(NO_OPERATOR, None, min_rows=1))},
        "table-broken",
    ),
    "a broken policy of a private table": ({"tables": tables(private(NO_OPERATOR))}, "table-broken"),
    "a policy that raises": ({"tables": tables(readable(error(400, "P0001", "no tenant"), None))}, "table-broken"),
    "a fault inside the database": ({"tables": tables(readable(error(500, "XX000"), None))}, "table-broken"),
    "a read that a constraint stops": ({"tables": tables(readable(error(409, "23505"), None))}, "table-broken"),
    "one row was wanted": ({"tables": tables(readable(NO_ROWS, None))}, "table-broken"),
    "a description that fails": ({"tables": tables(root=said(500))}, "rest-down"),
    "a description for everybody": (
        {"tables": tables(root=said(200, {"paths": {"/": {}}, "swagger": "2.0"}))},
        "schema-listed",
    ),
    "an unknown table": (
        {"tables": tables(readable(error(404, "PGRST205", "Could not find the table"), None))},
        "table-missing",
    ),
    "an unknown private table": ({"tables": tables(private(error(404, "42P01", "does not exist")))}, "table-missing"),
    "a schema that is not exposed": ({"tables": tables(readable(error(406, "PGRST106"), None))}, "table-missing"),
    "an unknown column": ({"tables": tables(readable(error(400, "42703"), None, columns=("nope",)))}, "column-missing"),
    "no grant to read": ({"tables": tables(readable(NO_GRANT, None))}, "table-not-readable"),
    "fewer rows than declared": ({"tables": tables(readable(said(200, [{"id": None}]), 4, min_rows=5))}, "table-empty"),
    "no rows at all": ({"tables": tables(readable(said(200, []), 0, min_rows=1))}, "table-empty"),
    "a private table with rows": ({"tables": tables(private(said(200, [{"id": None}]), 1))}, "table-readable-by-anon"),
    "an insert that only a constraint stops": (
        {"tables": tables(private(insert_grant=NO_ROWS, insert_policy=NOT_NULL))},
        "table-writable-by-anon",
    ),
    "an insert that nothing stops": (
        {"tables": tables(private(insert_grant=NO_ROWS, insert_policy=TWO_ROWS))},
        "table-writable-by-anon",
    ),
    "an insert that goes through": (
        {"tables": tables(private(insert_grant=NO_ROWS, insert_policy=said(201)))},
        "table-writable-by-anon",
    ),
    "a declared write without a grant": (
        {
            "tables": tables(
                SeenTable(
                    declared=Table(name="mails", anon=("insert",)),
                    read=NO_GRANT,
                    probes=(Probe(write="insert", subject="grant", exchange=NO_GRANT),),
                )
            )
        },
        "table-not-writable",
    ),
    "a declared write whose trigger calls what is not there": (
        {
            "tables": tables(
                SeenTable(
                    declared=Table(name="mails", anon=("insert",)),
                    read=NO_GRANT,
                    probes=(Probe(write="insert", subject="grant", exchange=NO_OPERATOR),),
                )
            )
        },
        "table-not-writable",
    ),
    "an insert grant behind a policy": (
        {"tables": tables(private(insert_grant=NO_ROWS, insert_policy=BLOCKED))},
        "grant-unneeded",
    ),
    "a delete grant": ({"tables": tables(private(delete_grant=NO_ROWS))}, "grant-unneeded"),
    "a private table that answers without rows": ({"tables": tables(private(said(200, []), 0))}, "grant-unneeded"),
    "storage answers 503": ({"storage": storage(status=said(503))}, "storage-down"),
    "storage lists no buckets": ({"storage": storage(buckets=said(500, {"message": "x"}))}, "storage-down"),
    "a declared bucket's address fails": (
        {"storage": storage(seen=(bucket(public=True, answer=said(500, b"oh no")), bucket(public=False)))},
        "storage-down",
    ),
    "a private bucket's listing fails": (
        {
            "storage": storage(
                seen=(bucket(public=False, listing=said(400, {"statusCode": "500", "error": "DatabaseError"})),)
            )
        },
        "storage-down",
    ),
    "a private bucket's object is there": (
        {"storage": storage(seen=(bucket(public=False, answer=said(200, {"name": "x"})),))},
        "bucket-public",
    ),
    "a public bucket that is not found": (
        {"storage": storage(seen=(bucket(public=True, answer=BUCKET_UNKNOWN),))},
        "bucket-missing",
    ),
    "a public bucket that is private": (
        {
            "storage": storage(
                buckets=said(200, [{"id": "pictures", "public": False}]),
                seen=(bucket(public=True, answer=BUCKET_UNKNOWN),),
            )
        },
        "bucket-private",
    ),
    "a private bucket that is public": (
        {"storage": storage(seen=(bucket(public=False, answer=OBJECT_UNKNOWN),))},
        "bucket-public",
    ),
    "a private bucket that lists its files": (
        {"storage": storage(seen=(bucket(public=False, listing=said(200, [{}])),))},
        "bucket-readable-by-anon",
    ),
    "a public bucket that lists its files": (
        {"storage": storage(seen=(bucket(public=True, listing=said(200, [{}])),))},
        "bucket-listed",
    ),
    "a websocket that does not open": ({"realtime": realtime(503)}, "realtime-refused"),
    "a join that is refused": (
        {"realtime": realtime(reply=Reply(status="error", reason="PrivateOnly"))},
        "realtime-refused",
    ),
    "an unknown search": (
        {"searches": searches(error(404, "PGRST202", "Could not find the function"))},
        "search-failed",
    ),
    "a search without a grant": (
        {"searches": searches(error(401, "42501", "permission denied for function match"))},
        "search-failed",
    ),
    "a query of another dimension": (
        {"searches": searches(error(400, "22000", "different vector dimensions 2 and 64"))},
        "search-failed",
    ),
    "a table without a grant, and the search that reads it": (
        {"tables": tables(readable(NO_GRANT, None)), "searches": searches(NO_GRANT)},
        "table-not-readable",
    ),
    "a table that breaks, and the search that reads it": (
        {"tables": tables(readable(NO_OPERATOR, None)), "searches": searches(NO_OPERATOR)},
        "table-broken",
    ),
    "a table that lost its rows, and the search that finds none": (
        {"tables": tables(readable(said(200, []), 0, min_rows=1)), "searches": found()},
        "table-empty",
    ),
    "a search that anon may not run beside a private table": ({"searches": searches(NO_GRANT)}, "search-failed"),
    "a search that answers with an object": ({"searches": searches(said(200, {"id": 7}))}, "search-failed"),
    "a search that finds nothing": ({"searches": found()}, "search-empty"),
    "another row first": ({"searches": found((8, 1), (7, 0.9))}, "search-wrong"),
    "a search that is upside down": ({"searches": found((9, 0.1), (8, 0.5), (7, 1))}, "search-wrong"),
    "the canary's id as text": ({"searches": found(("7", 1))}, "search-wrong"),
    "rising similarities": ({"searches": found((7, 0.5), (8, 0.9))}, "search-unordered"),
}

PASSED = {
    "a sound back end": {},
    "a legacy key of this project": {"auth": auth(ref="abcdefghijklmnopqrst")},
    "addresses that are not proved where nobody may sign up": {
        "auth": auth(
            settings=said(200, {"external": {"email": True}, "mailer_autoconfirm": True, "disable_signup": True})
        )
    },
    "a health that only servers may ask": {"storage": storage(health=said(400, {"statusCode": "403"}))},
    "a ping that this project does not offer": {"realtime": replace(realtime(), ping=said(404))},
    "a cache that never learned it is the missing table alone": {
        "searches": searches(replace(said(200, [{"id": 7}]), attempts=(Attempt(text="reset", elapsed=0.1),)))
    },
    "a description that a self-hosted gateway refuses": {"tables": tables(root=said(403))},
    "a description that PostgREST does not give": {"tables": tables(root=error(404, "PGRST126"))},
    "an auth service from before signing keys": {"auth": auth(jwks=said(404, {"error": "not found"}))},
    "no user configured": {"auth": auth(sign_in=None, user=None, sign_out=None)},
    "as many rows as declared": {"tables": tables(readable(said(206, [{"id": None}]), 5, min_rows=5))},
    "an empty table that may be empty": {"tables": tables(readable(said(200, []), 0))},
    "a declared write that is granted": {
        "tables": tables(
            SeenTable(
                declared=Table(name="mails", anon=("insert",)),
                read=NO_GRANT,
                probes=(Probe(write="insert", subject="grant", exchange=NO_ROWS),),
            )
        )
    },
    "a probe that a trigger stopped": {
        "tables": tables(private(insert_grant=error(400, "P0001"), insert_policy=error(400, "P0001")))
    },
    "a public bucket in the list": {
        "storage": storage(buckets=said(200, [{"id": "pictures", "public": True}]), seen=(bucket(public=True),))
    },
    "a private bucket that refuses to be listed": {
        "storage": storage(
            seen=(bucket(public=False, listing=said(400, {"statusCode": "403", "error": "Unauthorized"})),)
        )
    },
    "an app without realtime": {"realtime": Realtime(url=URL, key=PUBLIC)},
    "a search without similarities": {"searches": searches(said(200, [{"id": 7}, {"id": 8}]))},
    "falling distances are not similarities": {
        "searches": searches(said(200, [{"id": 7, "distance": 0}, {"id": 8, "distance": 1}]))
    },
    "nothing could be observed": {
        "auth": auth(health=LOST, settings=LOST, jwks=LOST, sign_in=LOST, user=LOST),
        "tables": tables(readable(LOST, None), root=LOST),
        "storage": storage(status=LOST, buckets=LOST, seen=(bucket(public=True, answer=LOST, listing=LOST),)),
        "realtime": realtime(handshake=LOST),
        "searches": searches(LOST),
    },
    "a paused project": {
        "auth": auth(health=WALLED, settings=WALLED, jwks=WALLED, sign_in=WALLED, user=None),
        "tables": tables(readable(WALLED, None), root=WALLED),
        "storage": storage(status=WALLED, buckets=WALLED, seen=()),
        "realtime": realtime(handshake=WALLED),
        "searches": searches(WALLED),
    },
}


@pytest.mark.parametrize(("broken", "rule"), CAUGHT.values(), ids=CAUGHT.keys())
def test_this_is_caught_by_its_rule_and_no_other(broken: dict[str, Any], rule: str) -> None:
    assert judged(**broken) == {rule}


@pytest.mark.parametrize("evidence", PASSED.values(), ids=PASSED.keys())
def test_this_passes(evidence: dict[str, Any]) -> None:
    assert judged(**evidence) == set()


SIGNS: dict[Sign | None, Exchange] = {
    Sign.THROTTLED: LIMITED,
    Sign.NO_KEY: NO_KEY,
    Sign.WRONG_KEY: WRONG_KEY,
    Sign.WRONG_TOKEN: error(401, "PGRST301", "JWSError"),
    Sign.EXPIRED: error(401, "PGRST303", "JWT expired"),
    Sign.LEGACY_OFF: said(401, {"message": "Legacy API keys are disabled"}),
    Sign.IN_BROWSER: said(401, {"message": "Forbidden use of secret API key in browser"}),
    Sign.SECRET_ONLY: SECRET_ONLY,
    Sign.DATABASE: NO_DATABASE,
    Sign.TIMEOUT: TIMED_OUT,
    Sign.READ_ONLY: FROZEN,
    Sign.NO_GRANT: NO_GRANT,
    Sign.POLICY: BLOCKED,
    Sign.NO_TABLE: error(404, "PGRST205", "Could not find the table"),
    Sign.NO_SCHEMA: error(406, "PGRST106", "Invalid schema"),
    Sign.NO_FUNCTION: NO_OPERATOR,
    Sign.NO_COLUMN: error(400, "42703", "column does not exist"),
    Sign.NOT_SINGLE: NO_ROWS,
    Sign.CONSTRAINT: error(409, "23505", "duplicate key"),
    Sign.BROKEN: said(500, b"oh no"),
    None: error(400, "P0001", "raised by a trigger"),
}
ASKED = {
    "a readable table": lambda answer: {"tables": tables(readable(answer, None, min_rows=1))},
    "a search": lambda answer: {"searches": searches(answer)},
    "a channel": lambda answer: {"realtime": realtime(handshake=answer)},
    "auth's health": lambda answer: {"auth": auth(health=answer)},
    "signing in": lambda answer: {"auth": auth(sign_in=answer, user=None, sign_out=None)},
    "storage's status": lambda answer: {"storage": storage(status=answer)},
    "the list of buckets": lambda answer: {"storage": storage(buckets=answer)},
    "a public bucket": lambda answer: {"storage": storage(seen=(bucket(public=True, answer=answer),))},
    "a private bucket": lambda answer: {"storage": storage(seen=(bucket(public=False, answer=answer),))},
}


def gaps(**evidence: Any) -> list[Any]:
    return [gap for piece in evidence.values() for gap in piece.gaps]


@pytest.mark.parametrize("means", SIGNS, ids=str)
def test_an_example_means_what_it_is_called(means: Sign | None) -> None:
    answer = SIGNS[means].answer
    assert answer is not None
    assert sign(answer) is means


def test_every_cause_has_an_example() -> None:
    assert set(SIGNS) == {*Sign, None}


@pytest.mark.parametrize("means", SIGNS, ids=str)
@pytest.mark.parametrize("evidence", ASKED.values(), ids=ASKED.keys())
def test_no_error_of_any_service_goes_unnoticed(evidence: Any, means: Sign | None) -> None:
    broken = evidence(SIGNS[means])
    assert len(judged(**broken)) == (0 if gaps(**broken) else 1)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(PAGE, id="a page"),
        pytest.param(said(301), id="a move"),
        pytest.param(said(400, {"statusCode": "418", "message": "I am a teapot"}), id="unknown words"),
        pytest.param(said(404, b"not here"), id="a 404 that is not storage's"),
    ],
)
@pytest.mark.parametrize("asked", ["answer", "listing"])
def test_a_bucket_that_is_not_told_of_is_a_gap(asked: str, answer: Exchange) -> None:
    for public in (True, False):
        seen = storage(seen=(bucket(public=public, **{asked: answer}),))
        assert judged(storage=seen) == set()
        (gap,) = seen.gaps
        assert "does not tell" in gap.why


@pytest.mark.parametrize("means", [each for each in SIGNS if each not in {Sign.NO_GRANT, Sign.POLICY}], ids=str)
def test_no_error_of_a_private_table_goes_unnoticed(means: Sign | None) -> None:
    broken = {"tables": tables(private(SIGNS[means]))}
    assert len(judged(**broken)) == (0 if gaps(**broken) else 1)


WRITABLE = Table(name="mails", anon=("insert", "update"))


def writable(**probes: Exchange) -> Tables:
    asked = (Probe(write=write, subject="grant", exchange=each) for write, each in probes.items())  # type: ignore[arg-type]
    return tables(SeenTable(declared=WRITABLE, read=NO_GRANT, probes=tuple(asked)))


LEFT_OUT: dict[str, tuple[Any, str]] = {
    "nobody to sign in": (auth(sign_in=None, user=None, sign_out=None), "no test user is given"),
    "no table declared": (Tables(url=URL, key=PUBLIC, root=SECRET_ONLY), "tables: none is declared"),
    "a table without a row": (tables(readable(said(200, []), 0)), "whether anybody sees the rows of public.products"),
    "an insert that a trigger stops": (
        tables(private(insert_grant=NO_ROWS, insert_policy=error(400, "P0001", "not you"))),
        "whether anon may insert in public.orders: the answer 400 P0001 not you does not tell",
    ),
    "a server that does not undo": (
        tables(
            SeenTable(
                declared=Table(name="orders"),
                read=NO_GRANT,
                probes=(Probe(write="insert", subject="policy", unasked="this server does not say so"),),
            )
        ),
        "whether anon may insert in public.orders: this server does not say so",
    ),
    "an update of a column that is not there": (
        writable(insert=NO_ROWS, update=error(400, "PGRST204", "no column id")),
        "whether anon may update in public.mails",
    ),
    "no bucket declared": (storage(seen=()), "buckets: none is declared"),
    "a private bucket that may be missing": (storage(), "whether these private buckets exist: pictures"),
    "no channel": (Realtime(url=URL, key=PUBLIC), "supabase.realtime = false"),
    "no search declared": (Searches(url=URL, key=PUBLIC), "searches: none is declared"),
}


@pytest.mark.parametrize(("evidence", "words"), LEFT_OUT.values(), ids=LEFT_OUT.keys())
def test_what_is_left_out_is_said(evidence: Any, words: str) -> None:
    (sentence,) = evidence.not_asked
    assert words in sentence
    assert evidence.gaps == ()


def fits(lines: str) -> bool:
    """Whether the targets file may hold these lines of a target."""
    schema = json.loads(resources.files("prodworthy.targets").joinpath("targets.schema.json").read_text())
    needed = {"url": "https://x.supabase.co", "key": {"env": "KEY"}}
    told = tomllib.loads(lines)
    document = {"targets": {"x": {"url": "https://x.test", "supabase": {**needed, **told["supabase"]}}}}
    return Draft202012Validator(schema).is_valid(document)


def test_what_is_told_to_be_written_may_be_written() -> None:
    texts = [rule.remedy for rule in CATALOGUE.values()] + [each for e, _ in LEFT_OUT.values() for each in e.not_asked]
    lines = [
        text[text.index("supabase.") :].removesuffix(")") for text in texts if re.search(r"supabase\.\w+ = ", text)
    ]
    assert len(lines) >= 6
    assert [line for line in lines if not fits(line)] == []


KNOWN = {
    "a user who signed in": auth(),
    "a secret key, which is a finding": Auth(url=URL, key=Key(name="K", kind="secret")),
    "tables that told all": tables(),
    "a public bucket": storage(seen=(bucket(public=True),)),
    "a private bucket in the list": storage(
        buckets=said(200, [{"id": "pictures", "public": False}]), seen=(bucket(public=False),)
    ),
    "a channel": realtime(),
    "a search": found((7, 1)),
}


@pytest.mark.parametrize("evidence", KNOWN.values(), ids=KNOWN.keys())
def test_nothing_is_left_out_where_all_was_asked(evidence: Any) -> None:
    assert evidence.not_asked == ()


@pytest.mark.parametrize(
    ("denied", "remedy"),
    [
        ("table products", "grant select on public.products to anon;"),
        ("schema public", "grant usage on schema public to anon;"),
        ("function is_member", "grant execute on function is_member to anon;"),
        ("table members", "reads members"),
        ("materialized view stock", "reads stock"),
    ],
)
def test_what_was_denied_decides_what_to_grant(denied: str, remedy: str) -> None:
    refused = error(401, "42501", f"permission denied for {denied}")
    (finding,) = review.declared_access(tables(readable(refused, None)))
    assert remedy in finding.remedy


def test_a_schema_that_is_closed_is_told_once() -> None:
    closed = error(401, "42501", "permission denied for schema public")
    (finding,) = review.declared_access(tables(readable(closed, None), readable(closed, None)))
    assert (finding.where, finding.remedy) == ("schema public", "grant usage on schema public to anon;")


@pytest.mark.parametrize(
    ("answer", "remedy"),
    [
        (error(404, "PGRST202", "Could not find the function"), "arguments: query_embedding"),
        (error(404, "42883", "operator does not exist: extensions.vector <=> extensions.vector"), "search path"),
        (error(400, "22000", "different vector dimensions 2 and 64"), "another dimension"),
        (error(401, "42501", "permission denied for function match"), "grant execute on function match to anon;"),
        (error(401, "42501", "permission denied for schema extensions"), "grant usage on schema extensions to anon;"),
        (error(401, "42501", "permission denied for table parts"), "grant select on parts to anon;"),
    ],
)
def test_a_search_that_fails_says_what_to_do_about_it(answer: Exchange, remedy: str) -> None:
    (finding,) = review.search_failed((searches(answer), tables()))
    assert remedy in finding.remedy


def test_what_is_merely_a_guess_never_fails_a_run() -> None:
    assert CATALOGUE["supabase.grant-unneeded"].severity is Severity.INFO


def test_a_key_of_another_project_is_named() -> None:
    key = Key(name="K", kind="legacy", role="anon", ref="zzzzzzzzzzzzzzzzzzzz")
    seen = auth(key=key, ref="abcdefghijklmnopqrst", health=WRONG_KEY)
    (finding,) = review.key_elsewhere(seen)
    assert (finding.wanted, finding.got) == (
        "a key of the project abcdefghijklmnopqrst",
        "a key of the project zzzzzzzzzzzzzzzzzzzz",
    )
    assert review.wrong_key((seen, ())) == []


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (NO_KEY, "no API key arrived"),
        (WRONG_KEY, "the API key is not known"),
        (error(401, "PGRST301", "JWSError"), "the token does not belong to this project"),
    ],
)
def test_why_a_key_is_refused_is_told_by_name(refused: Exchange, words: str) -> None:
    (finding,) = review.wrong_key((auth(health=refused), ()))
    assert finding.got.startswith(words)


def test_one_cause_is_told_once_however_many_requests_meet_it() -> None:
    many = tables(readable(NO_DATABASE, None), readable(NO_DATABASE, None), private(NO_DATABASE))
    (finding,) = review.database(many.exchanges)
    assert finding.got.startswith("503 PGRST002")


def test_what_a_server_says_is_shown_in_one_bounded_line() -> None:
    answer = said(500, {"code": "XX000", "message": "line\nbreak " * 100}).answer
    assert answer is not None
    assert len(describe(answer)) < 240
    assert "\n" not in describe(answer)


@pytest.mark.parametrize("name", list(SOUND))
def test_evidence_survives_being_stored(name: str) -> None:
    evidence = SOUND[name]
    assert from_plain(type(evidence), to_plain(evidence)) == evidence
