"""Rules about the vector searches and their canaries."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from prodworthy.model import Answer, Control, Cure, Severity, Shortfall
from prodworthy.model.backend import Searches, SeenSearch, Tables
from prodworthy.model.platform import code, describe
from prodworthy.review.rules import rule
from prodworthy.review.supabase.answers import denied, own, value
from prodworthy.review.supabase.tables import table_broken, table_empty, table_not_readable

RLS = "Supabase docs, Row Level Security: https://supabase.com/docs/guides/database/postgres/row-level-security"
ERRORS = "PostgREST docs, Errors: https://docs.postgrest.org/en/stable/references/errors.html"
VECTORS = "Supabase docs, Semantic search: https://supabase.com/docs/guides/ai/semantic-search"


@rule(
    "supabase.search-failed",
    title="The declared searches run",
    severity=Severity.HIGH,
    reason="Visitors who search get an error.",
    remedy="Call the function in the SQL editor with the same arguments, as role anon.",
    references=[VECTORS, ERRORS],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def search_failed(evidence: tuple[Searches, Tables]) -> Iterator[Shortfall]:
    """An error, or an answer that is no list of rows; not what a table's finding tells of already."""
    searches, tables = evidence
    told = {finding.got for rule in (table_broken, table_not_readable) for finding in rule(tables)}
    for seen in searches.seen:
        answer = own(seen.exchange)
        if answer and _rows(seen) is None and describe(answer) not in told:
            yield Shortfall(_rpc(seen), "200 and a list of rows", describe(answer), _search_remedy(seen, answer))


def _search_remedy(seen: SeenSearch, answer: Answer) -> str | None:
    rpc, (kind, name) = seen.declared.rpc, denied(answer)
    if code(answer) == "PGRST202":
        return f"Run `supabase db push`, or correct the names of the arguments: {', '.join(seen.declared.args)}"
    if code(answer) == "22000":
        return (
            "The query vector has another dimension than the rows: embed the query with the model that embedded them."
        )
    if code(answer) == "42883":
        return (
            f"{rpc} uses an operator or function that is not on its search path: "
            "write it with its schema, such as operator(extensions.<=>)."
        )
    grants = {
        "schema": f"grant usage on schema {name} to anon;",
        "function": f"grant execute on function {name} to anon;",
        "table": f"{rpc} runs with its caller's rights: grant select on {name} to anon; and let a policy decide.",
    }
    return grants.get(kind)


@rule(
    "supabase.search-empty",
    title="The declared searches find something",
    severity=Severity.HIGH,
    reason="A search that always comes back empty looks like a shop without goods, and raises no error anywhere.",
    remedy="Check that the rows are there, have embeddings, and that anon may read them: policies hold here too.",
    references=[VECTORS, RLS],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def search_empty(evidence: tuple[Searches, Tables]) -> Iterator[Shortfall]:
    """No row for the canary, though the declared tables hold theirs."""
    searches, tables = evidence
    for seen in searches.seen:
        if _rows(seen) == [] and not table_empty(tables):
            yield Shortfall(_rpc(seen), f"{_canary(seen)} first", "no rows")


@rule(
    "supabase.search-wrong",
    title="The declared searches find their canary first",
    severity=Severity.HIGH,
    reason="A known query no longer finds its known row: embeddings, operator and index do not fit together.",
    remedy="Embed all rows again with the model that embeds the queries; check the operator class of the index.",
    references=[VECTORS],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def search_wrong(evidence: tuple[Searches, Tables]) -> Iterator[Shortfall]:
    """The first row's column against the declared value."""
    for seen in evidence[0].seen:
        if (rows := _rows(seen)) and not _first(seen, rows):
            got = f"{seen.declared.column} = {_cell(rows[0], seen.declared.column)!r}"[:160]
            yield Shortfall(_rpc(seen), f"{_canary(seen)} first", got)


@rule(
    "supabase.search-unordered",
    title="The declared searches give the most similar first",
    severity=Severity.MEDIUM,
    reason="Visitors read the first results only.",
    remedy="Order by the distance itself (order by embedding <=> query), not by an alias or after the limit.",
    references=[VECTORS],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def search_unordered(evidence: tuple[Searches, Tables]) -> Iterator[Shortfall]:
    """Judged where rows carry a number called similarity, and the canary is first: else it is another finding."""
    for seen in evidence[0].seen:
        rows = _rows(seen)
        similar = (
            [row.get("similarity") for row in rows if isinstance(row, dict)] if rows and _first(seen, rows) else []
        )
        numbers = [each for each in similar if isinstance(each, int | float)]
        rise = next((i for i, (a, b) in enumerate(pairwise(numbers)) if b > a), None)
        if rise is not None:
            got = f"row {rise + 1} has {numbers[rise]:.6g}, row {rise + 2} has {numbers[rise + 1]:.6g}"
            yield Shortfall(_rpc(seen), "similarities that never rise", got)


def _rows(seen: SeenSearch) -> list[Any] | None:
    answer = own(seen.exchange)
    found = value(answer) if answer and answer.status == 200 else None
    return found if isinstance(found, list) else None


def _cell(row: Any, column: str) -> Any:
    return row.get(column) if isinstance(row, dict) else row


def _first(seen: SeenSearch, rows: list[Any]) -> bool:
    return bool(_cell(rows[0], seen.declared.column) == seen.declared.expect)


def _canary(seen: SeenSearch) -> str:
    return f"{seen.declared.column} = {seen.declared.expect!r}"[:160]


def _rpc(seen: SeenSearch) -> str:
    return f"search {seen.declared.rpc}"
