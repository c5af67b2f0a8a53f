"""What the database's own catalog must say."""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import Cure, Severity, Shortfall
from prodworthy.model.catalog import Catalog
from prodworthy.review.rules import rule


@rule(
    "supabase.row-security-off",
    title="Every table in an exposed schema has row-level security",
    severity=Severity.HIGH,
    reason="Without it a grant opens the whole table, to whoever holds the public key or an account.",
    remedy="In a migration: alter table … enable row level security; then a policy for each role that needs rows.",
    references=[
        "Supabase docs, Database: Row Level Security",
        "Supabase database linter 0013_rls_disabled_in_public",
        "OWASP ASVS 5.0, 8.2.1",
    ],
    cure=Cure.NONE,
)
def row_security_off(catalog: Catalog) -> Iterator[Shortfall]:
    """Also where nobody from outside holds a privilege yet: it is one grant away."""
    for relation in catalog.relations:
        if not relation.row_security:
            held = ", ".join(relation.privileges) or "nobody from outside holds a privilege yet"
            name = f"{relation.schema}.{relation.name}"
            yield Shortfall(
                f"table {name}",
                "row-level security enabled",
                f"off; {held}",
                f"In a migration: alter table {name} enable row level security; then a policy for each role.",
            )
