"""Rules about the REST data plane: what anybody may read and write, and what nobody may."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from prodworthy.model import Answer, Control, Cure, Exchange, Severity, Shortfall
from prodworthy.model.backend import Probe, SeenTable, Tables
from prodworthy.model.catalog import identifier
from prodworthy.model.platform import STALE, STALE_CACHE, Sign, body, describe, of_the_data_plane, sign
from prodworthy.review.rules import rule
from prodworthy.review.supabase.answers import denied, own, place, value

RLS = "Supabase docs, Row Level Security: https://supabase.com/docs/guides/database/postgres/row-level-security"
GRANTS = "Supabase docs, Securing your API: https://supabase.com/docs/guides/api/securing-your-api"
ERRORS = "PostgREST docs, Errors: https://docs.postgrest.org/en/stable/references/errors.html"
STATUSES = "Supabase docs, HTTP status codes: https://supabase.com/docs/guides/troubleshooting/http-status-codes"
ASVS_ACCESS = "OWASP ASVS 5.0 8.2.1"

TRIGGERS = "Try the write in the SQL editor as role anon; look at the table's triggers and what they call."
UNKNOWN = frozenset({Sign.NO_TABLE, Sign.NO_SCHEMA, Sign.NO_COLUMN})
REFUSED = frozenset({Sign.NO_GRANT, Sign.POLICY})
NAMED = UNKNOWN | REFUSED  # errors of a read that have a rule of their own, or are what a private table should say


@rule(
    "supabase.rest-down",
    title="The REST data plane answers",
    severity=Severity.CRITICAL,
    reason="Every query of the app goes through it.",
    remedy="See the project's health in the dashboard and its API logs; restart it if PostgREST does not come up.",
    references=[STATUSES],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def rest_down(tables: Tables) -> Iterator[Shortfall]:
    """Everything that neither is an answer of the data plane nor has a rule of its own."""
    odd = [(exchange, answer) for exchange, answer in _down(tables) if not of_the_data_plane(answer)]
    if odd:
        exchange, answer = odd[0]
        many = f"; so did {len(odd) - 1} more" if len(odd) > 1 else ""
        yield Shortfall(place(exchange), "an answer of the data plane", f"{describe(answer)}{many}")


def _down(tables: Tables) -> Iterator[tuple[Exchange, Answer]]:
    """What the data plane would not answer to the description, to a read, to a write."""
    if (answer := own(tables.root)) and answer.status not in {200, 401, 403}:
        yield tables.root, answer
    for seen in tables.seen:
        if (answer := own(seen.read)) and not isinstance(_rows(answer), list):
            yield seen.read, answer
        for exchange in (probe.exchange for probe in seen.probes if probe.exchange):
            if (answer := own(exchange)) and answer.status >= 500:
                yield exchange, answer


def _rows(answer: Answer) -> Any:
    return value(answer) if answer.status in {200, 206} else None


@rule(
    "supabase.table-broken",
    title="Declared tables are read without an error",
    severity=Severity.HIGH,
    reason="The database gives up where it should give rows: everybody who reads this table gets the error.",
    remedy="Run the query in the SQL editor as role anon; look at what the table's policies and views call.",
    references=[ERRORS, RLS],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def table_broken(tables: Tables) -> Iterator[Shortfall]:
    """Every error of the data plane that has no rule of its own, of private tables too: their users meet it as well."""
    for seen in tables.seen:
        answer = own(seen.read)
        if answer and answer.status >= 400 and of_the_data_plane(answer) and sign(answer) not in NAMED:
            yield Shortfall(_name(seen), "rows, or a refusal", describe(answer), _broken_remedy(seen, answer))


def _broken_remedy(seen: SeenTable, answer: Answer) -> str | None:
    if sign(answer) is Sign.NO_FUNCTION:
        return (
            f"A policy of {_name(seen)}, or a view that it reads, calls a function that is not there: "
            "create the function again in a migration, or change the policy."
        )
    return None


@rule(
    "supabase.schema-listed",
    title="The schema's description is not public",
    severity=Severity.LOW,
    reason="GET /rest/v1/ lists every table, column and function of the role: a map for whoever looks for holes.",
    remedy="Hosted projects refuse this to public keys by themselves; self-hosted: set PGRST_OPENAPI_MODE=disabled.",
    references=["PostgREST docs, OpenAPI: https://docs.postgrest.org/en/stable/references/api/openapi.html"],
    cure=Cure.NONE,
)
def schema_listed(tables: Tables) -> Iterator[Shortfall]:
    """An OpenAPI document for the public key."""
    answer = tables.root.answered
    if answer and answer.status == 200 and {"paths", "definitions"} & body(answer).keys():
        paths = body(answer).get("paths")
        count = len(paths) if isinstance(paths, dict) else 0
        yield Shortfall(place(tables.root), "a refusal (401 or 403)", f"200 with the description of {count} paths")


@rule(
    "supabase.table-missing",
    title="Every declared table is there",
    severity=Severity.HIGH,
    reason="The app asks for a table that the data plane does not know: a migration is missing, or a schema hidden.",
    remedy="Run `supabase db push`; if the table is there: notify pgrst, 'reload schema'; and see the exposed schemas.",
    references=[ERRORS],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def table_missing(tables: Tables) -> Iterator[Shortfall]:
    """Asked again for a few seconds before, because the schema cache lags behind migrations."""
    for seen in tables.seen:
        answer = own(seen.read)
        if answer and sign(answer) in {Sign.NO_TABLE, Sign.NO_SCHEMA}:
            yield Shortfall(
                _name(seen), "a table that the data plane knows", describe(answer), _missing_remedy(seen, answer)
            )


def _missing_remedy(seen: SeenTable, answer: Answer) -> str | None:
    if sign(answer) is Sign.NO_SCHEMA:
        return f"Expose the schema {seen.declared.schema} (Project Settings, Data API), and grant usage on it to anon."
    return None


@rule(
    "supabase.column-missing",
    title="Every declared column is there",
    severity=Severity.HIGH,
    reason="The app asks for a column that the table does not have: a migration is missing, or it was renamed.",
    remedy="Run `supabase db push`; if the column is there: notify pgrst, 'reload schema';",
    references=[ERRORS],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def column_missing(tables: Tables) -> Iterator[Shortfall]:
    """Of the columns that the target names."""
    for seen in tables.seen:
        answer = own(seen.read)
        if answer and sign(answer) is Sign.NO_COLUMN:
            wanted = f"the columns {', '.join(seen.declared.columns) or 'of the table'}"
            yield Shortfall(_name(seen), wanted, describe(answer))


@rule(
    "supabase.schema-cache-stale",
    title="The data plane knows the schema at once",
    severity=Severity.LOW,
    reason="For some seconds after a migration visitors get errors for tables and functions that are there.",
    remedy="End each migration with: notify pgrst, 'reload schema';",
    references=["PostgREST docs, Schema cache: https://docs.postgrest.org/en/stable/references/schema_cache.html"],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def schema_cache_stale(exchanges: Sequence[Exchange]) -> Iterator[Shortfall]:
    """Where a later try of the same question was answered."""
    for exchange in exchanges:
        stale = [each for each in exchange.attempts if each.text.startswith(STALE_CACHE)]
        answer = exchange.answered
        if stale and answer and sign(answer) not in STALE:
            yield Shortfall(place(exchange), "an answer at the first try", f"{stale[0].text}; then {describe(answer)}")


@rule(
    "supabase.table-not-readable",
    title="Anybody can read the tables that are declared so",
    severity=Severity.HIGH,
    reason="Visitors who are not signed in get an error where they should see data.",
    remedy="Grant it in a migration: tables in public get no grants by themselves.",
    references=[GRANTS],
    cure=Cure.NONE,
)
def table_not_readable(tables: Tables) -> Iterator[Shortfall]:
    """A missing grant; what row-level security hides is an empty answer, not an error."""
    closed: set[str] = set()  # schemas, each told once
    for seen in tables.seen:
        answer = own(seen.read)
        if "select" not in seen.declared.anon or answer is None or sign(answer) not in REFUSED:
            continue
        kind, name = denied(answer)
        where = f"schema {name}" if kind == "schema" else _name(seen)
        if where not in closed:
            yield Shortfall(where, "rows for anon", describe(answer), _grant(seen, kind, name))
        closed |= {where} if kind == "schema" else set()


def _grant(seen: SeenTable, kind: str, name: str) -> str:
    """What to write in a migration; the table itself may be granted, and what its policies ask for may not."""
    if kind == "schema":
        return f"grant usage on schema {name} to anon;"
    if kind == "function":
        return f"grant execute on function {name} to anon; a policy of {_name(seen)}, or a view, calls it."
    if name and name != seen.declared.name:
        return f"A policy of {_name(seen)}, or a view, reads {name}: ask for it in a security definer function instead."
    grant = f"grant select on {_sql(seen)} to anon;"
    if not seen.declared.columns:
        grant += " Where columns are granted one by one, name them in the targets file: columns = [...]"
    return grant


@rule(
    "supabase.table-empty",
    title="Readable tables hold the rows that are declared",
    severity=Severity.HIGH,
    reason="An empty answer is what a missing policy, a lost seed and a deleted table's content all look like.",
    remedy="Check that the table has a select policy for anon, and that the data is there.",
    references=[RLS],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def table_empty(tables: Tables) -> Iterator[Shortfall]:
    """Fewer rows than `min_rows`, as anon counts them."""
    for seen in tables.seen:
        wanted = seen.declared.min_rows
        if "select" in seen.declared.anon and seen.rows is not None and seen.rows < wanted:
            policy = f'create policy "Everybody reads" on {_sql(seen)} for select to anon using (true);'
            remedy = f"If the rows are there, row-level security hides them: {policy}"
            yield Shortfall(_name(seen), f"{wanted} rows or more for anon", f"{seen.rows} rows", remedy)


@rule(
    "supabase.table-readable-by-anon",
    title="Nobody from outside reads a private table",
    severity=Severity.CRITICAL,
    reason="The publishable key is in every visitor's browser: what anon can read, the whole internet can.",
    remedy="Switch row-level security on, and take the grant away.",
    references=[RLS, ASVS_ACCESS],
    cure=Cure.NONE,
)
def table_readable_by_anon(tables: Tables) -> Iterator[Shortfall]:
    """Rows of a table that anon is not declared to select; none of their values is kept."""
    for seen in tables.seen:
        if "select" in seen.declared.anon or not seen.rows:
            continue
        name = _name(seen)
        columns = ", ".join(_columns(seen))[:120]
        yield Shortfall(name, "no row for anon", f"rows with the columns {columns}", _closing(_sql(seen), "select"))


@rule(
    "supabase.table-writable-by-anon",
    title="Nobody from outside writes where it is not declared",
    severity=Severity.CRITICAL,
    reason="Anybody with the publishable key, that is any visitor, could fill this table with what they like.",
    remedy="Switch row-level security on, and take the grant away.",
    references=[RLS, ASVS_ACCESS],
    cure=Cure.NONE,
)
def table_writable_by_anon(tables: Tables) -> Iterator[Shortfall]:
    """An insert that met no grant and no policy on its way, and was then undone by its own design."""
    for seen in tables.seen:
        for probe in seen.probes:
            if probe.subject == "policy" and (got := _written(probe)):
                name = _name(seen)
                yield Shortfall(name, "42501: anon may not insert", got, _closing(_sql(seen), "insert"))


def _fails(answer: Answer) -> bool:
    """Whether a write cannot go through; a data plane that is down has its own rule."""
    broken = {Sign.NO_FUNCTION, Sign.NO_TABLE, Sign.NO_SCHEMA, Sign.BROKEN}
    return of_the_data_plane(answer) and sign(answer) in REFUSED | broken


def _closing(name: str, privilege: str) -> str:
    return f"alter table {name} enable row level security; revoke {privilege} on table {name} from anon;"


def _written(probe: Probe) -> str | None:
    """How it shows that neither grant nor policy stopped an insert; policies are checked before constraints."""
    answer = probe.exchange.answered if probe.exchange else None
    if answer is None:
        return None
    if sign(answer) is Sign.CONSTRAINT:
        return f"only a constraint stopped the insert: {describe(answer)}"
    if sign(answer) is Sign.NOT_SINGLE and (count := _count(answer)):
        return f"{count} rows were inserted and rolled back"
    return f"the insert went through: {describe(answer)}; look for a row that was left" if answer.status < 300 else None


def _count(answer: Answer) -> int:
    told = re.search(r"(\d+) rows", f"{body(answer).get('details')}")
    return int(told[1]) if told else 0


@rule(
    "supabase.table-not-writable",
    title="Anybody can write where it is declared",
    severity=Severity.HIGH,
    reason="Visitors who are not signed in get an error where they should be able to write.",
    remedy="Grant it in a migration: tables in public get no grants by themselves.",
    references=[GRANTS],
    cure=Cure.NONE,
)
def table_not_writable(tables: Tables) -> Iterator[Shortfall]:
    """A missing grant, or an error; what policies say of a real row is not asked: that would leave one behind."""
    for seen in tables.seen:
        for probe in seen.probes:
            answer = own(probe.exchange)
            if probe.write in seen.declared.anon and answer and _fails(answer):
                missing = sign(answer) is Sign.NO_GRANT
                remedy = f"grant {probe.write} on {_sql(seen)} to anon;" if missing else TRIGGERS
                yield Shortfall(_name(seen), f"anon may {probe.write}", describe(answer), remedy)


@rule(
    "supabase.grant-unneeded",
    title="Anon holds no privilege that is not declared",
    severity=Severity.INFO,
    reason="With a grant, only row-level security stands between visitors and the data; one wrong policy opens it.",
    remedy="Revoke what anon does not need.",
    references=[GRANTS],
    cure=Cure.NONE,
)
def grant_unneeded(tables: Tables) -> Iterator[Shortfall]:
    """Told apart from open tables: here the policies hold, or whether they do cannot be seen without changing a row.

    No rows for a private table are no proof either: they are what an empty table looks like too.
    """
    for seen in tables.seen:
        held = [write for write in _granted(seen) if write not in seen.declared.anon]
        if held and not seen.rows and not _insertable(seen):
            name, privileges = _name(seen), ", ".join(held)
            remedy = f"revoke {privileges} on {_sql(seen)} from anon;"
            yield Shortfall(name, "no privileges for anon beyond the declared ones", f"anon holds {privileges}", remedy)


def _granted(seen: SeenTable) -> Iterator[str]:
    if seen.rows == 0:
        yield "select"
    for probe in seen.probes:
        answer = probe.exchange.answered if probe.exchange else None
        if probe.subject == "grant" and answer and sign(answer) is Sign.NOT_SINGLE:
            yield probe.write


def _insertable(seen: SeenTable) -> bool:
    return any(probe.subject == "policy" and _written(probe) for probe in seen.probes)


def _sql(seen: SeenTable) -> str:
    """The name as a statement writes it."""
    return f"{identifier(seen.declared.schema)}.{identifier(seen.declared.name)}"


def _name(seen: SeenTable) -> str:
    return f"{seen.declared.schema}.{seen.declared.name}"


def _columns(seen: SeenTable) -> list[str]:
    rows = value(seen.read.answered) if seen.read.answered else None
    return [str(name) for name in rows[0]] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else []
