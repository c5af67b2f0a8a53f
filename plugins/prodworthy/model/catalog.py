"""What the database itself says of its tables: facts that cannot be seen from outside."""

from __future__ import annotations

from dataclasses import dataclass

from prodworthy.model.exchange import Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One table of an exposed schema."""

    schema: str
    name: str
    row_security: bool
    policies: int
    privileges: tuple[str, ...] = ()  # "anon: SELECT", "authenticated: INSERT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """The tables of the exposed schemas; an extension's own are left out."""

    relations: tuple[Relation, ...] = ()
    gaps: tuple[Gap, ...] = ()
