"""What the database itself says of what it exposes: facts that cannot be seen from outside."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from prodworthy.model.exchange import Gap
from prodworthy.model.target import Bucket, Search, Table

Kind = Literal["table", "view", "materialized view", "foreign table"]
Command = Literal["select", "insert", "update", "delete", "all"]
OUTSIDE = ("anon", "authenticated")  # the roles of everybody who comes over the network


def identifier(name: str) -> str:
    """A name as a statement writes it: in quotes where it is not plain lower case."""
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One row-level security policy, its conditions in the database's own spelling."""

    name: str
    command: Command
    permissive: bool = True
    roles: tuple[str, ...] = ()  # empty: all of them ("public")
    using: str | None = None
    check: str | None = None

    def covers(self, role: str) -> bool:
        """Whether it applies to what `role` asks."""
        return not self.roles or role in self.roles

    @property
    def commands(self) -> tuple[Command, ...]:
        """What it is about, one by one."""
        return ("select", "insert", "update", "delete") if self.command == "all" else (self.command,)

    @property
    def conditions(self) -> tuple[str, ...]:
        """Whatever it asks, for reading and for writing."""
        return tuple(each for each in (self.using, self.check) if each)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table, and what happens when nobody gives it a value."""

    name: str
    sequence: bool = False  # its default takes a number from a sequence
    generated: bool = False  # nobody may give it a value
    dimensions: int | None = None  # of a vector; 0: any
    embedded: float | None = None  # of a vector: the part of the rows that have one, as last sampled


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index over vectors."""

    column: str
    method: str  # "hnsw", "ivfflat"
    operators: str  # its operator class: "vector_cosine_ops"
    valid: bool = True  # False: a build that failed left it behind, unused


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One table or view of an exposed schema."""

    schema: str
    name: str
    kind: Kind = "table"
    row_security: bool = True
    policies: tuple[Policy, ...] = ()
    privileges: dict[str, tuple[str, ...]] = field(default_factory=dict)  # role -> "select", "truncate", ...
    invoker: bool = False  # a view with the rights of whoever asks
    reads_users: bool = False  # a view that reads auth.users, directly or through others
    columns: tuple[Column, ...] = ()
    indexes: tuple[Index, ...] = ()
    rows: int = 0  # as the planner estimates them

    @property
    def full_name(self) -> str:
        """With its schema."""
        return f"{self.schema}.{self.name}"

    @property
    def sql_name(self) -> str:
        """The same as a statement writes it."""
        return f"{identifier(self.schema)}.{identifier(self.name)}"

    def held(self, role: str, privilege: str) -> bool:
        """Whether a role holds a privilege, on the whole or on single columns."""
        return privilege in self.privileges.get(role, ())

    @property
    def readers(self) -> tuple[str, ...]:
        """Roles from outside that may select."""
        return tuple(role for role in OUTSIDE if self.held(role, "select"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function of an exposed schema."""

    schema: str
    name: str
    arguments: str = ""  # their types
    definer: bool = False  # runs with its owner's rights
    search_path: bool = True  # whether it has one of its own
    trigger: bool = False  # only the database can call it
    callers: tuple[str, ...] = ()  # roles from outside that may call it
    distances: tuple[str, ...] = ()  # vector operators in its source: "<=>"

    @property
    def signature(self) -> str:
        """As grants name it."""
        return f"{self.schema}.{self.name}({self.arguments})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """One installed extension."""

    name: str
    schema: str
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBucket:
    """A bucket as the database has it."""

    name: str
    public: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """The exposed schemas and what belongs to them; an extension's own tables and functions are left out."""

    declared: tuple[Table, ...] = ()
    searches: tuple[Search, ...] = ()
    relations: tuple[Relation, ...] = ()
    functions: tuple[Function, ...] = ()
    extensions: tuple[Extension, ...] = ()
    bypassing: tuple[str, ...] = ()  # roles from outside whom no policy stops
    buckets: tuple[KeptBucket, ...] | None = None  # None: the role that was asked may not see them
    declared_buckets: tuple[Bucket, ...] = ()
    file_policies: tuple[Policy, ...] = ()  # of storage.objects
    gaps: tuple[Gap, ...] = ()

    @property
    def not_asked(self) -> tuple[str, ...]:
        """What the role that was asked could not tell."""
        return () if self.buckets is not None else ("buckets by catalog: its role may not read storage.buckets",)

    @property
    def tables(self) -> tuple[Relation, ...]:
        """Without views and foreign tables."""
        return tuple(each for each in self.relations if each.kind == "table")

    def declaration(self, relation: Relation) -> Table | None:
        """What the team declares of it."""
        found = (each for each in self.declared if (each.schema, each.name) == (relation.schema, relation.name))
        return next(found, None)

    def relation(self, table: Table) -> Relation | None:
        """The declared table as it is; None: not there."""
        found = (each for each in self.relations if (each.schema, each.name) == (table.schema, table.name))
        return next(found, None)
