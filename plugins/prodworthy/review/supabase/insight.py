"""Rules about what the server and signed-in users see, and what GraphQL tells strangers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodworthy.model import Cure, Severity, Shortfall
from prodworthy.model.backend import Tables
from prodworthy.model.insight import GraphQL, Inventory, Ownership
from prodworthy.review.rules import rule
from prodworthy.review.supabase.answers import own, place, value

RLS = "Supabase docs, Row Level Security: https://supabase.com/docs/guides/database/postgres/row-level-security"
GRANTS = "Supabase docs, Securing your API: https://supabase.com/docs/guides/api/securing-your-api"
GRAPHQL = "Supabase docs, GraphQL security: https://supabase.com/docs/guides/graphql/security"
SENSITIVE = re.compile(
    r"_(email|phone|mobile|password|passwd|passwort|token|secret|iban|ssn|passport|birth|birthday|birthdate|dob|salary)_"
)
OPERATIONS = {"select": r"(?P<table>.+)Collection", "insert": r"insertInto(?P<table>.+)Collection",
              "update": r"update(?P<table>.+)Collection", "delete": r"deleteFrom(?P<table>.+)Collection"}  # fmt: skip


@rule(
    "supabase.rows-of-others",
    title="Signed-in users see their own rows only",
    severity=Severity.CRITICAL,
    reason="Every customer reads the rows of every other customer.",
    remedy="Compare the owner's column with (select auth.uid()) in the table's select policy.",
    references=[RLS, "OWASP ASVS 5.0 8.2.2", "OWASP API Security Top 10 2023 API1"],
    cure=Cure.NONE,
)
def rows_of_others(ownership: Ownership) -> Iterator[Shortfall]:
    """A row whose owner is somebody else, for a test user; nothing of it is kept."""
    for seen in ownership.seen:
        if seen.others_seen:
            name, owner = f"{seen.declared.schema}.{seen.declared.name}", seen.declared.owner
            policy = (
                f'create policy "Own rows" on {name} for select to authenticated using ({owner} = (select auth.uid()));'
            )
            remedy = f"enable row level security on it, drop what is wider, and: {policy}"
            yield Shortfall(
                f"{name}, as supabase.{seen.user}", f"no row of another {owner}", "rows of somebody else", remedy
            )


@rule(
    "supabase.rows-hidden",
    title="Anon sees rows of the tables that it may read",
    severity=Severity.MEDIUM,
    reason="The table holds rows, and visitors get an empty list without an error: a policy is lost, or filters all.",
    remedy="Look at the select policies for anon; a table that is not for visitors is declared with anon = [].",
    references=[RLS],
    cure=Cure.NONE,
)
def rows_hidden(evidence: tuple[Inventory, Tables]) -> Iterator[Shortfall]:
    """The server's count against what anon got; where `min_rows` is declared, that is the other rule's."""
    inventory, tables = evidence
    full = {each.declared for each in inventory.counted if each.rows}
    for seen in tables.seen:
        declared = seen.declared
        if "select" in declared.anon and not declared.min_rows and seen.rows == 0 and declared in full:
            name = f"{declared.schema}.{declared.name}"
            policy = f'create policy "Everybody reads" on {name} for select to anon using (true);'
            yield Shortfall(name, "some of its rows for anon", "no row for anon, and rows for the server", policy)


# Low, because many a sound app has public tables (tags, settings) that its targets file does not list, and the catalog
# tells those without row-level security apart. What no app publishes by habit has a rule of its own, below.
@rule(
    "supabase.rows-undeclared",
    title="Anon reads no table that nobody has declared",
    severity=Severity.LOW,
    reason="Rows are there for everybody, and nobody has said that they should be.",
    remedy="Declare the table in supabase.tables, or revoke select from anon.",
    references=[GRANTS, "OWASP ASVS 5.0 8.2.1"],
    cure=Cure.NONE,
)
def other_rows_undeclared(inventory: Inventory) -> Iterator[Shortfall]:
    """Of the tables in the schema's description, which only the secret key gets."""
    for name, columns in _forgotten(inventory):
        if not any(map(_sensitive, columns)):
            got = f"rows with the columns {', '.join(columns)[:120]}"
            yield Shortfall(name, "a declaration, or no row for anon", got, _revoke(name))


@rule(
    "supabase.private-rows-undeclared",
    title="Anon reads nothing about people, and no secret, that nobody has declared",
    severity=Severity.MEDIUM,
    reason="By its columns' names the table is about people or secrets; everybody reads it, and nobody said so.",
    remedy="Revoke select from anon; or declare the table in supabase.tables, if all of it is meant to be public.",
    references=[GRANTS, "OWASP ASVS 5.0 8.2.1", "OWASP ASVS 5.0 14.2.6"],
    cure=Cure.NONE,
)
def private_rows_undeclared(inventory: Inventory) -> Iterator[Shortfall]:
    """By whole words of the columns' names; their values are not kept."""
    for name, columns in _forgotten(inventory):
        if found := [each for each in columns if _sensitive(each)]:
            got = f"rows with the columns {', '.join(found)[:120]}"
            yield Shortfall(name, "a declaration, or no row for anon", got, _revoke(name))


def _forgotten(inventory: Inventory) -> Iterator[tuple[str, list[str]]]:
    """Undeclared tables whose rows anon reads, with their columns."""
    for each in inventory.undeclared:
        rows = value(each.read.answered) if each.rows and each.read.answered else None
        first = rows[0] if isinstance(rows, list) and rows else None
        if each.rows:
            yield f"{each.schema}.{each.name}", [str(name) for name in first] if isinstance(first, dict) else []


def _sensitive(column: str) -> bool:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column).lower()
    return SENSITIVE.search(f"_{words}_") is not None


def _revoke(name: str) -> str:
    return f"revoke select on {name} from anon; or declare it in supabase.tables."  # noqa: S608  # shown


@rule(
    "supabase.graphql-open",
    title="GraphQL offers nothing that is not declared",
    severity=Severity.INFO,
    reason="Introspection gives strangers a map of the tables that anon holds privileges on.",
    remedy="Revoke the privileges that anon does not need; drop extension pg_graphql; if the app does not use it.",
    references=[GRAPHQL],
    cure=Cure.NONE,
)
def graphql_open(graphql: GraphQL) -> Iterator[Shortfall]:
    """Collections and mutations of tables, against what anon is declared to do with them."""
    answer = own(graphql.exchange)
    if answer is None or answer.status != 200:
        return
    declared = {(table.name, write) for table in graphql.declared for write in table.anon}
    offered = [(name, operation) for field in graphql.fields for name, operation in _offered(field)]
    if odd := [f"{operation} {name}" for name, operation in offered if (name, operation) not in declared]:
        yield Shortfall(place(graphql.exchange), "declared tables only", f"it offers {', '.join(odd)}"[:300])


def _offered(field: str) -> Iterator[tuple[str, str]]:
    """Which table a field is about, by pg_graphql's names."""
    for operation in ("insert", "delete", "update", "select"):
        if match := re.fullmatch(OPERATIONS[operation], field):
            yield match["table"], operation
            return
