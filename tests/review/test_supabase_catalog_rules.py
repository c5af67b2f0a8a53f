"""Every rule about what the database, the platform, the server and signed-in users say catches its cause only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from prodworthy.model import Bucket, Cause, Search, Severity, Table
from prodworthy.model.backend import Tables
from prodworthy.model.catalog import Catalog, Column, Extension, Function, Index, KeptBucket, Policy, Relation
from prodworthy.model.insight import Counted, GraphQL, Inventory, Ownership, SeenRows, Undeclared
from prodworthy.model.project import ProjectState
from prodworthy.plain import from_plain, to_plain
from prodworthy.review import supabase as review
from prodworthy.review.rules import CATALOGUE
from tests.review.test_supabase_rules import CAUGHT as CAUGHT_FROM_OUTSIDE
from tests.review.test_supabase_rules import LOST, PUBLIC, SECRET_ONLY, URL, error, readable, said, tables

OWN = Policy(
    name="Own rows",
    command="select",
    roles=("authenticated",),
    using="(customer = ( SELECT auth.uid() AS uid))",
)
OPEN = Policy(name="Everybody reads", command="select", roles=("anon", "authenticated"), using="true")
PRODUCTS = Relation(
    schema="public",
    name="products",
    policies=(OPEN,),
    privileges={"anon": ("select",), "authenticated": ("select",)},
    columns=(Column(name="id"), Column(name="embedding", dimensions=256, embedded=1.0)),
    indexes=(Index(column="embedding", method="hnsw", operators="vector_cosine_ops"),),
    rows=50_000,
)
ORDERS = Relation(
    schema="public",
    name="orders",
    policies=(OWN,),
    privileges={"anon": (), "authenticated": ("select", "insert", "update", "delete")},
)
SERVER_ONLY = Relation(schema="public", name="jobs", privileges={"anon": (), "authenticated": ()})
MATCH = Function(schema="public", name="match", callers=("anon",), distances=("<=>",))
DECLARED = (Table(name="products", anon=("select",)), Table(name="orders"))
NO_USERS = Relation(schema="public", name="people", kind="view", privileges={"anon": ("select",), "authenticated": ()})


def catalog(*more: Relation, products: Relation = PRODUCTS, orders: Relation = ORDERS, **changes: Any) -> Catalog:
    sound: dict[str, Any] = {
        "declared": DECLARED,
        "searches": (Search(rpc="match"),),
        "functions": (MATCH,),
        "extensions": (Extension(name="vector", schema="extensions"),),
        "buckets": (KeptBucket(name="pictures", public=True),),
        "declared_buckets": (Bucket(name="pictures", public=True),),
    }
    return Catalog(relations=(products, orders, SERVER_ONLY, *more), **{**sound, **changes})


def with_policy(relation: Relation, **policy: Any) -> Relation:
    return replace(relation, policies=(*relation.policies, Policy(**{"name": "P", **policy})))


def may(relation: Relation, role: str, *privileges: str) -> Relation:
    return replace(relation, privileges={**relation.privileges, role: (*relation.privileges[role], *privileges)})


def seen_by(relation: Relation, *declared: Table) -> Catalog:
    return catalog(relation, declared=(*DECLARED, *declared))


def platform(**changes: Any) -> ProjectState:
    sound: dict[str, Any] = {
        "ref": "abcdefghijklmnopqrst",
        "key": PUBLIC,
        "project": said(200, {"status": "ACTIVE_HEALTHY"}),
        "health": said(200, [{"name": "db", "healthy": True, "status": "ACTIVE_HEALTHY"}]),
        "advisors": said(200, {"lints": []}),
        "keys": said(200, []),
        "listed": True,
    }
    return ProjectState(**{**sound, **changes})


def advised(level: str) -> ProjectState:
    lint = {
        "name": "rls_disabled_in_public",
        "title": "RLS Disabled in Public",
        "level": level,
        "detail": "Table `public.leaky` is public",
        "cache_key": "rls_disabled_in_public_public_leaky",
        "remediation": "https://supabase.com/docs/guides/database/database-linter",
    }
    return platform(advisors=said(200, {"lints": [lint, "not a lint"]}))


OWNED = Table(name="orders", owner="customer")


def ownership(*, others: bool | None = False, own: bool | None = True) -> Ownership:
    seen = [
        SeenRows(declared=OWNED, user=user, others=said(200, []), own=said(200, []), others_seen=found, own_seen=own)
        for user, found in (("user", others), ("stranger", False))
    ]
    return Ownership(url=URL, seen=tuple(seen))


def inventory(rows: int | None = 1, *, undeclared: int | None = 0, columns: tuple[str, ...] = ("title",)) -> Inventory:
    drafts = said(200, [dict.fromkeys(columns)] if undeclared else [])
    return Inventory(
        url=URL,
        key=PUBLIC,
        root=said(200, {"undeclared": ["drafts"]}),
        counted=(Counted(declared=Table(name="products", anon=("select",)), exchange=said(200), rows=rows),),
        undeclared=(Undeclared(schema="public", name="drafts", read=drafts, rows=undeclared),),
    )


EMPTY = tables(readable(said(200, []), 0))


def graphql(*fields: str, status: int = 200) -> GraphQL:
    return GraphQL(url=URL, exchange=said(status, {"fields": list(fields)}), declared=DECLARED, fields=fields)


SOUND: dict[str, Any] = {
    "catalog": catalog(),
    "platform": platform(),
    "ownership": ownership(),
    "inventory": inventory(),
    "tables": tables(readable(said(200, [{"id": None}]), 1)),
    "graphql": graphql("node", "productsCollection"),
}


def judged(**changes: Any) -> set[str]:
    """The ids of all rules that object, with everything sound but what is given."""
    c, p, o, i, t, g = ({**SOUND, **changes}[name] for name in SOUND)
    by_catalog = (
        review.row_security,
        review.policies,
        review.privileges,
        review.views,
        review.functions,
        review.file_policies,
        review.vectors,
    )
    findings = [
        *(finding for question in by_catalog for finding in question(c)),
        *review.platform(p),
        *review.advisors(p),
        *review.rows_of_others(o),
        *review.rows_hidden((i, t)),
        *review.rows_undeclared(i),
        *review.graphql_open(g),
    ]
    return {finding.rule.removeprefix("supabase.") for finding in findings}


FILES = {"name": "Files", "roles": ("anon",)}
IN_PICTURES = "(bucket_id = 'pictures'::text)"
VIEW = replace(NO_USERS, name="stock")

CAUGHT: dict[str, tuple[dict[str, Any], str]] = {
    "a table without row-level security": (
        {"catalog": catalog(orders=replace(ORDERS, row_security=False))},
        "row-security-off",
    ),
    "row-level security off, and nobody holds a privilege": (
        {"catalog": catalog(replace(SERVER_ONLY, name="plans", row_security=False))},
        "row-security-off",
    ),
    "anon passes by every policy": ({"catalog": catalog(bypassing=("anon",))}, "role-bypasses-policies"),
    "a grant without a policy": ({"catalog": catalog(orders=replace(ORDERS, policies=()))}, "policies-missing"),
    "everybody may delete": (
        {
            "catalog": catalog(
                products=with_policy(may(PRODUCTS, "anon", "delete"), command="delete", using="true"),
            )
        },
        "policy-open-to-anon",
    ),
    "everybody may add, against the declaration": (
        {"catalog": catalog(products=with_policy(may(PRODUCTS, "anon", "insert"), command="insert", check="(true)"))},
        "policy-open-to-anon",
    ),
    "everybody may read what is declared private": (
        {"catalog": catalog(orders=with_policy(may(ORDERS, "anon", "select"), command="select", using="1 = 1"))},
        "policy-open-to-anon",
    ),
    "everybody may do everything": (
        {"catalog": catalog(orders=with_policy(may(ORDERS, "anon", "select"), command="all", using="true"))},
        "policy-open-to-anon",
    ),
    "a condition that was left out": (
        {"catalog": catalog(products=with_policy(may(PRODUCTS, "anon", "update"), command="update"))},
        "policy-open-to-anon",
    ),
    "every user may change every row": (
        {"catalog": catalog(orders=with_policy(ORDERS, command="update", roles=("authenticated",), using="true"))},
        "policy-open-to-users",
    ),
    "every user may read everybody's rows": (
        {
            "catalog": catalog(
                orders=with_policy(ORDERS, command="select", using="(( SELECT auth.uid() AS uid) IS NOT NULL)"),
                declared=(*DECLARED[:1], OWNED),
            )
        },
        "policy-shows-rows-of-others",
    ),
    "every user may do everything with everybody's rows": (
        {
            "catalog": catalog(
                orders=with_policy(ORDERS, command="delete", using="(auth.role() = 'authenticated'::text)"),
            )
        },
        "policy-open-to-users",
    ),
    "a restrictive policy that restricts nobody": (
        {
            "catalog": catalog(
                orders=replace(
                    ORDERS,
                    policies=(
                        OWN,
                        Policy(name="A", command="update", using="true"),
                        Policy(name="B", command="all", permissive=False, using="(auth.uid() IS NOT NULL)"),
                    ),
                )
            )
        },
        "policy-open-to-users",
    ),
    "a policy that trusts what users write": (
        {
            "catalog": catalog(
                orders=with_policy(
                    ORDERS,
                    command="select",
                    roles=("authenticated",),
                    using="(((auth.jwt() -> 'user_metadata'::text) ->> 'role'::text) = 'admin'::text)",
                )
            )
        },
        "policy-trusts-user-metadata",
    ),
    "a table that nobody declared": (
        {"catalog": catalog(may(replace(PRODUCTS, name="tags"), "anon"))},
        "table-undeclared",
    ),
    "truncate for anon": ({"catalog": catalog(products=may(PRODUCTS, "anon", "truncate"))}, "grant-beside-policies"),
    "a view over the accounts": (
        {"catalog": seen_by(replace(VIEW, reads_users=True), Table(name="stock"))},
        "view-shows-users",
    ),
    "a materialized view over the accounts": (
        {"catalog": seen_by(replace(VIEW, kind="materialized view", reads_users=True), Table(name="stock"))},
        "view-shows-users",
    ),
    "a view with its owner's rights": ({"catalog": seen_by(VIEW, Table(name="stock"))}, "view-definer"),
    "a materialized view for anon": (
        {"catalog": seen_by(replace(VIEW, kind="materialized view"), Table(name="stock"))},
        "materialized-view-exposed",
    ),
    "a foreign table for anon": (
        {"catalog": seen_by(replace(VIEW, kind="foreign table"), Table(name="stock"))},
        "foreign-table-exposed",
    ),
    "a function with its owner's rights": (
        {"catalog": catalog(functions=(replace(MATCH, definer=True),))},
        "function-definer-open",
    ),
    "a function on its caller's search path": (
        {"catalog": catalog(functions=(replace(MATCH, search_path=False),))},
        "function-search-path",
    ),
    "an extension in public": (
        {"catalog": catalog(extensions=(Extension(name="vector", schema="public"),))},
        "extension-in-public",
    ),
    "a declared bucket that is not there": (
        {"catalog": catalog(declared_buckets=(Bucket(name="pictures", public=True), Bucket(name="papers")))},
        "bucket-absent",
    ),
    "a public bucket that nobody declared": (
        {"catalog": catalog(declared_buckets=())},
        "bucket-undeclared",
    ),
    "files that everybody lists": (
        {"catalog": catalog(file_policies=(Policy(command="select", using=IN_PICTURES, **FILES),))},
        "bucket-listing-open",
    ),
    "files that everybody lists by a roundabout condition": (
        {
            "catalog": catalog(
                file_policies=(
                    Policy(command="select", using=f"({IN_PICTURES} AND (auth.role() = 'anon'::text))", **FILES),
                )
            )
        },
        "bucket-listing-open",
    ),
    "files of all buckets that everybody lists": (
        {"catalog": catalog(file_policies=(Policy(command="select", using="true", **FILES),))},
        "bucket-listing-open",
    ),
    "files that everybody adds": (
        {"catalog": catalog(file_policies=(Policy(command="insert", check=IN_PICTURES, **FILES),))},
        "files-open-to-writes",
    ),
    "files that everybody deletes": (
        {"catalog": catalog(file_policies=(Policy(command="delete", using="true", **FILES),))},
        "files-open-to-writes",
    ),
    "vectors without an index": (
        {"catalog": catalog(products=replace(PRODUCTS, indexes=()))},
        "vector-index-missing",
    ),
    "an index that failed to build": (
        {"catalog": catalog(products=replace(PRODUCTS, indexes=(replace(PRODUCTS.indexes[0], valid=False),)))},
        "vector-index-missing",
    ),
    "an index of another operator": (
        {
            "catalog": catalog(
                products=replace(PRODUCTS, indexes=(replace(PRODUCTS.indexes[0], operators="vector_l2_ops"),))
            )
        },
        "vector-index-unused",
    ),
    "vectors of any length": (
        {"catalog": catalog(products=replace(PRODUCTS, columns=(Column(name="embedding", dimensions=0),)))},
        "vector-without-dimensions",
    ),
    "rows without a vector": (
        {
            "catalog": catalog(
                products=replace(PRODUCTS, columns=(Column(name="embedding", dimensions=256, embedded=0.9),))
            )
        },
        "embeddings-missing",
    ),
    "a paused project": ({"platform": platform(project=said(200, {"status": "INACTIVE"}))}, "project-inactive"),
    "a project that is not well": (
        {"platform": platform(project=said(200, {"status": "ACTIVE_UNHEALTHY"}))},
        "project-inactive",
    ),
    "a service that is not well": (
        {"platform": platform(health=said(200, [{"name": "rest", "healthy": False, "status": "UNHEALTHY"}]))},
        "service-unhealthy",
    ),
    "an advisor's error": ({"platform": advised("ERROR")}, "advisor-error"),
    "an advisor's warning": ({"platform": advised("WARN")}, "advisor-warning"),
    "an advisor's note": ({"platform": advised("INFO")}, "advisor-note"),
    "a key that is not in the list": ({"platform": platform(listed=False)}, "key-unlisted"),
    "rows of somebody else": ({"ownership": ownership(others=True)}, "rows-of-others"),
    "rows that only the server sees": ({"tables": EMPTY}, "rows-hidden"),
    "rows that nobody declared": ({"inventory": inventory(undeclared=1)}, "rows-undeclared"),
    "people's rows that nobody declared": (
        {"inventory": inventory(undeclared=1, columns=("id", "contactEmail"))},
        "private-rows-undeclared",
    ),
    "queries of a private table": ({"graphql": graphql("ordersCollection")}, "graphql-open"),
    "mutations of a public table": ({"graphql": graphql("deleteFromproductsCollection")}, "graphql-open"),
}

PASSED: dict[str, dict[str, Any]] = {
    "all is sound": {},
    "a view that asks as its caller": {"catalog": seen_by(replace(VIEW, invoker=True), Table(name="stock"))},
    "a view that is declared public": {"catalog": seen_by(VIEW, Table(name="stock", anon=("select",)))},
    "a view that nobody from outside reads": {
        "catalog": catalog(replace(VIEW, reads_users=True, privileges={"anon": (), "authenticated": ()}))
    },
    "a view over the accounts that asks as its caller": {
        "catalog": seen_by(replace(VIEW, reads_users=True, invoker=True), Table(name="stock"))
    },
    "an open policy behind a restrictive one": {
        "catalog": catalog(
            products=replace(
                may(PRODUCTS, "anon", "delete"),
                policies=(
                    Policy(name="A", command="delete", using="true"),
                    Policy(name="B", command="all", permissive=False, using="(select is_admin())"),
                ),
            )
        )
    },
    "an open policy without a grant": {"catalog": catalog(products=with_policy(PRODUCTS, command="all", using="true"))},
    "a declared write for everybody": {
        "catalog": catalog(
            products=with_policy(may(PRODUCTS, "anon", "insert"), command="insert", check="true"),
            declared=(Table(name="products", anon=("select", "insert")), Table(name="orders")),
        )
    },
    "tables for all users to read": {
        "catalog": catalog(
            orders=with_policy(ORDERS, command="select", roles=("authenticated",), using="(auth.uid() IS NOT NULL)")
        )
    },
    "rows with owners that everybody may read": {
        "catalog": catalog(
            products=with_policy(PRODUCTS, command="select", using="true"),
            declared=(Table(name="products", anon=("select",), owner="seller"), Table(name="orders")),
        )
    },
    "users who add without a condition": {
        "catalog": catalog(orders=with_policy(ORDERS, command="insert", roles=("authenticated",), check="true"))
    },
    "a trigger with its owner's rights": {
        "catalog": catalog(functions=(MATCH, replace(MATCH, name="stamp", definer=True, trigger=True, distances=())))
    },
    "a function with its owner's rights for users": {
        "catalog": catalog(functions=(replace(MATCH, definer=True, callers=("authenticated",)),))
    },
    "files that users add": {
        "catalog": catalog(file_policies=(Policy(name="F", command="insert", roles=("authenticated",), check="true"),))
    },
    "files in folders of their own": {
        "catalog": catalog(
            file_policies=(
                Policy(
                    command="insert", check=f"({IN_PICTURES} AND ((storage.foldername(name))[1] = 'x'::text))", **FILES
                ),
            )
        )
    },
    "a listing of a private bucket is told from outside": {
        "catalog": catalog(file_policies=(Policy(command="select", using="(bucket_id = 'letters'::text)", **FILES),))
    },
    "buckets that may not be seen": {"catalog": catalog(buckets=None, declared_buckets=(Bucket(name="papers"),))},
    "few vectors without an index": {"catalog": catalog(products=replace(PRODUCTS, indexes=(), rows=500))},
    "searches whose operator is not known": {
        "catalog": catalog(
            functions=(replace(MATCH, distances=()),),
            products=replace(PRODUCTS, indexes=(replace(PRODUCTS.indexes[0], operators="vector_l2_ops"),)),
        )
    },
    "a table that was never sampled": {
        "catalog": catalog(products=replace(PRODUCTS, columns=(Column(name="e", dimensions=3),), indexes=(), rows=0))
    },
    "a platform that does not say": {"platform": platform(project=said(200, {"status": "UNKNOWN"}), listed=None)},
    "a platform in another shape": {
        "platform": platform(project=said(200, []), health=said(200, {}), advisors=said(200, b"<html>"))
    },
    "a table that is empty for the server too": {"tables": EMPTY, "inventory": inventory(0)},
    "a server that did not count": {"tables": EMPTY, "inventory": inventory(None)},
    "an empty table that must not be is the other rule's": {"tables": tables(readable(said(200, []), 0, min_rows=1))},
    "rows that were not told": {"ownership": ownership(others=None)},
    "no GraphQL": {"graphql": graphql(status=404)},
    "nothing could be observed": {
        "platform": platform(project=LOST, health=LOST, advisors=LOST, keys=LOST, listed=None),
        "graphql": GraphQL(url=URL, exchange=LOST),
    },
}


EVERY_USER = (
    "(auth.uid() IS NOT NULL)",
    "(( SELECT auth.uid() AS uid) IS NOT NULL)",
    "(auth.role() = 'authenticated'::text)",
    "((auth.jwt() ->> 'role'::text) = 'authenticated'::text)",
    "((auth.uid() IS NOT NULL) OR true)",
    "((auth.uid() = user_id) OR true)",
    "(auth.uid() = auth.uid())",
    "(id = id)",
    "(1 = 1)",
)
OWNERS = (
    "(auth.uid() = user_id)",
    "((( SELECT auth.uid() AS uid) = owner) AND (status = 'draft'::text))",
    "is_admin()",
    "(EXISTS ( SELECT 1\n   FROM members\n  WHERE (members.user_id = auth.uid())))",
)


@pytest.mark.parametrize("roles", [("authenticated",), ()], ids=["users", "public"])
@pytest.mark.parametrize("command", ["update", "delete", "all"])
@pytest.mark.parametrize("using", EVERY_USER)
def test_every_way_to_let_all_users_change_all_rows_is_caught(using: str, command: Any, roles: tuple[str, ...]) -> None:
    open_one = with_policy(ORDERS, command=command, roles=roles, using=using)
    assert judged(catalog=catalog(orders=open_one)) == {"policy-open-to-users"}


@pytest.mark.parametrize("command", ["select", "update", "delete", "all"])
@pytest.mark.parametrize("using", OWNERS)
def test_a_policy_that_tells_whose_row_it_is_passes(using: str, command: Any) -> None:
    sound = with_policy(may(ORDERS, "anon", "update"), command=command, using=using)
    assert judged(catalog=catalog(orders=sound, declared=(*DECLARED[:1], OWNED))) == set()


def test_a_policy_of_users_is_not_said_to_let_strangers_in() -> None:
    held = may(ORDERS, "anon", "select", "insert", "update", "delete")
    found = review.policies(catalog(orders=with_policy(held, command="all", using="(auth.uid() IS NOT NULL)")))
    assert [(each.rule, each.severity) for each in found] == [("supabase.policy-open-to-users", Severity.MEDIUM)]
    assert "(auth.uid() IS NOT NULL)" in found[0].got


@pytest.mark.parametrize("column", ["email", "user_email", "phoneNumber", "API_TOKEN", "password_hash", "dateOfBirth"])
def test_columns_about_people_and_secrets_are_known_by_their_names(column: str) -> None:
    assert judged(inventory=inventory(undeclared=1, columns=("id", column))) == {"private-rows-undeclared"}


@pytest.mark.parametrize("column", ["mailbox", "tokens", "headphones", "birthplace_of_art", "emailed", "secretary"])
def test_columns_that_only_sound_like_it_are_not(column: str) -> None:
    assert judged(inventory=inventory(undeclared=1, columns=("id", column))) == {"rows-undeclared"}


@pytest.mark.parametrize(("broken", "rule"), CAUGHT.values(), ids=CAUGHT.keys())
def test_this_is_caught_by_its_rule_and_no_other(broken: dict[str, Any], rule: str) -> None:
    assert judged(**broken) == {rule}


@pytest.mark.parametrize("evidence", PASSED.values(), ids=PASSED.keys())
def test_this_passes(evidence: dict[str, Any]) -> None:
    assert judged(**evidence) == set()


def test_every_rule_has_a_case_that_it_catches() -> None:
    known = {rule.removeprefix("supabase.") for rule in CATALOGUE if rule.startswith("supabase.")}
    assert {rule for _, rule in (*CAUGHT.values(), *CAUGHT_FROM_OUTSIDE.values())} == known


def test_what_a_sound_app_may_have_never_fails_a_run() -> None:
    """Older projects granted everything, use legacy keys, and keep extensions in public."""
    ordinary = (
        "grant-beside-policies",
        "table-undeclared",
        "rows-undeclared",
        "extension-in-public",
        "legacy-key",
        "function-definer-open",
    )
    assert all(not CATALOGUE[f"supabase.{rule}"].severity.reaches(Severity.MEDIUM) for rule in ordinary)


def test_an_advisor_s_finding_is_named_so_that_it_can_be_waived() -> None:
    (finding,) = review.advisor_error(advised("ERROR"))
    assert finding.where == "advisor rls_disabled_in_public: public_leaky"


def test_the_line_to_write_names_what_it_changes() -> None:
    (finding,) = review.row_security_off(catalog(orders=replace(ORDERS, row_security=False)))
    assert "alter table public.orders enable row level security;" in finding.remedy
    assert "1 policy is not applied" in finding.got
    view = review.view_definer(seen_by(VIEW, Table(name="stock")))
    assert [each.remedy for each in view] == ["alter view public.stock set (security_invoker = true);"]


def test_the_line_to_write_quotes_names_that_need_it() -> None:
    odd = replace(ORDERS, name='My "Orders"', row_security=False)
    (finding,) = review.row_security_off(catalog(orders=odd))
    assert 'alter table public."My ""Orders""" enable row level security;' in finding.remedy
    assert finding.where == 'table public.My "Orders"'


@pytest.mark.parametrize("refused", [error(401, "x"), error(403, "x", "Forbidden action"), said(500)])
def test_a_token_that_is_refused_is_a_gap_and_no_finding(refused: Any) -> None:
    state = platform(advisors=refused)
    assert judged(platform=state) == set()
    (gap,) = state.gaps
    assert gap.cause is Cause.SECRET
    assert "advisors" not in gap.why


def test_seeing_nothing_where_nobody_owns_anything_proves_nothing() -> None:
    (told,) = ownership(own=False).not_asked
    assert "no test user owns a row there" in told
    assert ownership().not_asked == ()


def test_a_catalog_without_buckets_says_so() -> None:
    (told,) = catalog(buckets=None).not_asked
    assert "storage.buckets" in told


@pytest.mark.parametrize("name", list(SOUND))
def test_evidence_survives_being_stored(name: str) -> None:
    evidence = SOUND[name]
    assert from_plain(type(evidence), to_plain(evidence)) == evidence


def test_tables_that_refuse_their_description_are_sound() -> None:
    assert review.schema_listed(Tables(url=URL, key=PUBLIC, root=SECRET_ONLY)) == []
