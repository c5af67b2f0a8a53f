"""What the catalog says of vectors: that a search over them can be fast, and finds every row."""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import Control, Cure, Severity, Shortfall
from prodworthy.model.catalog import Catalog, Column, Index, Relation, identifier
from prodworthy.review.rules import rule

INDEXES = "Supabase docs, Vector indexes: https://supabase.com/docs/guides/ai/vector-indexes"
COLUMNS = "Supabase docs, Vector columns: https://supabase.com/docs/guides/ai/vector-columns"
PGVECTOR = "pgvector, Indexing: https://github.com/pgvector/pgvector#indexing"
MANY = 10_000  # rows; fewer are scanned fast enough
DISTANCES = {"l2": "<->", "ip": "<#>", "cosine": "<=>", "l1": "<+>"}  # part of an operator class's name -> operator


@rule(
    "supabase.vector-index-missing",
    title="Large tables of vectors have an index",
    severity=Severity.LOW,
    reason="Without one every search compares the query with every row; anon's searches are cancelled after 3 s.",
    remedy="create index on … using hnsw (… vector_cosine_ops); with the operator class of the search's operator.",
    references=[INDEXES, PGVECTOR],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def vector_index_missing(catalog: Catalog) -> Iterator[Shortfall]:
    """From 10,000 rows on, as the planner estimates them. An index that failed to build is none."""
    for relation, column in _vectors(catalog):
        indexes = [each for each in relation.indexes if each.column == column.name]
        if relation.rows >= MANY and not any(each.valid for each in indexes):
            got = "an index that is not valid, so that it is not used" if indexes else "none"
            column_and_class = f"{identifier(column.name)} extensions.vector_cosine_ops"
            remedy = f"create index concurrently on {relation.sql_name} using hnsw ({column_and_class});"
            yield Shortfall(_where(relation, column), f"an hnsw or ivfflat index for {relation.rows} rows", got, remedy)


@rule(
    "supabase.vector-index-unused",
    title="The index over vectors is of the operator that searches use",
    severity=Severity.LOW,
    reason="An index of another operator class is kept up to date with every write, and used by no search.",
    remedy="Build it with the class of the operator: <=> vector_cosine_ops, <-> vector_l2_ops, <#> vector_ip_ops.",
    references=[INDEXES, PGVECTOR],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def vector_index_unused(catalog: Catalog) -> Iterator[Shortfall]:
    """Against the declared searches' functions, else all; silent where none of them names an operator."""
    used = _operators(catalog)
    for relation, column in _vectors(catalog):
        own = [each for each in relation.indexes if each.column == column.name and each.valid]
        if used and own and not used & {_operator(each) for each in own}:
            got = f"{own[0].operators}, and searches order by {' and '.join(sorted(used))}"
            yield Shortfall(_where(relation, column), "an operator class of the operator that searches use", got)


def _operators(catalog: Catalog) -> set[str]:
    declared = {search.rpc for search in catalog.searches}
    ours = [each for each in catalog.functions if each.distances]
    chosen = [each for each in ours if each.name in declared] or ours
    return {operator for function in chosen for operator in function.distances}


def _operator(index: Index) -> str | None:
    """By the class's name, such as halfvec_ip_ops; None: of no distance that is known here."""
    return next((operator for part, operator in DISTANCES.items() if f"_{part}_ops" in index.operators), None)


@rule(
    "supabase.vector-without-dimensions",
    title="Columns of vectors say how long they are",
    severity=Severity.INFO,
    reason="Without it vectors of two models end up in one column: comparing them fails, and no index can be built.",
    remedy="alter table … alter column … type extensions.vector(<dimensions>);",
    references=[COLUMNS, PGVECTOR],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def vector_without_dimensions(catalog: Catalog) -> Iterator[Shortfall]:
    """vector, halfvec and sparsevec."""
    for relation, column in _vectors(catalog):
        if column.dimensions == 0:
            yield Shortfall(_where(relation, column), "a number of dimensions: vector(1536)", "any number")


@rule(
    "supabase.embeddings-missing",
    title="Every row has its embedding",
    severity=Severity.INFO,
    reason="A row without one is found by no search, and raises no error anywhere.",
    remedy="Embed the rows whose column is null, and new ones as they come (a trigger or a queue).",
    references=["Supabase docs, Automatic embeddings: https://supabase.com/docs/guides/ai/automatic-embeddings"],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def embeddings_missing(catalog: Catalog) -> Iterator[Shortfall]:
    """As the database last sampled the table; a table that was never analyzed tells nothing."""
    for relation, column in _vectors(catalog):
        if column.embedded is not None and column.embedded < 1 and relation.rows:
            got = f"{column.embedded:.0%} of about {relation.rows} rows have one"
            yield Shortfall(_where(relation, column), "one in every row", got)


def _vectors(catalog: Catalog) -> Iterator[tuple[Relation, Column]]:
    for relation in catalog.tables:
        for column in relation.columns:
            if column.dimensions is not None:
                yield relation, column


def _where(relation: Relation, column: Column) -> str:
    return f"column {relation.full_name}.{column.name}"
