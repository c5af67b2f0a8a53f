"""Rules about the one database beneath all services."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prodworthy.model import Control, Cure, Exchange, Severity, Shortfall
from prodworthy.model.platform import Sign, describe
from prodworthy.review.rules import rule
from prodworthy.review.supabase.answers import grouped, place, with_sign

ERRORS = "PostgREST docs, Errors: https://docs.postgrest.org/en/stable/references/errors.html"
STATUSES = "Supabase docs, HTTP status codes: https://supabase.com/docs/guides/troubleshooting/http-status-codes"
TIMEOUTS = "Supabase docs, Timeouts: https://supabase.com/docs/guides/database/postgres/timeouts"
READ_ONLY = "Supabase docs, Read-only mode: https://supabase.com/docs/guides/platform/database-size#read-only-mode"


@rule(
    "supabase.database-unavailable",
    title="The database answers",
    severity=Severity.CRITICAL,
    reason="The data plane is up, but has no database to ask: the app shows errors or nothing.",
    remedy="See Database in the dashboard; end what holds the connections, or restart the project.",
    references=[ERRORS, STATUSES],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def database_unavailable(exchanges: Sequence[Exchange]) -> Iterator[Shortfall]:
    """PGRST000 to PGRST003, and Postgres' own classes 08, 53 and 57."""
    yield from grouped(exchanges, "an answer from the database", Sign.DATABASE)


@rule(
    "supabase.statement-timeout",
    title="Queries end within the time that their role has",
    severity=Severity.HIGH,
    reason="The database cancelled a query that visitors run too: anon has 3 s, authenticated 8 s by default.",
    remedy="Look at the query with EXPLAIN ANALYZE (Query Performance in the dashboard); add the index that it lacks.",
    references=[TIMEOUTS],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def statement_timeout(exchanges: Sequence[Exchange]) -> Iterator[Shortfall]:
    """Postgres' code 57014; each query is its own finding, because each needs its own index."""
    for exchange, answer in with_sign(exchanges, Sign.TIMEOUT):
        yield Shortfall(place(exchange), "an answer within the statement timeout", describe(answer))


@rule(
    "supabase.read-only",
    title="The database accepts writes",
    severity=Severity.HIGH,
    reason="A database over its size limit is switched to read-only: every order, sign-up and change fails.",
    remedy="Free or buy space (Database, Disk), then leave read-only mode: set default_transaction_read_only = 'off'.",
    references=[READ_ONLY],
    cure=Cure.NONE,
    controls=[Control.CP, Control.SI],
)
def read_only(exchanges: Sequence[Exchange]) -> Iterator[Shortfall]:
    """Postgres' code 25006."""
    yield from grouped(exchanges, "a database that can be written", Sign.READ_ONLY)
