"""What the data API knows of the database: tables, their relations, functions, and the settings of roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from prodworthy.local.backend.database import Pool, rows
from prodworthy.local.backend.rest.problem import Problem

Name = tuple[str, str]  # schema, table


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table or view."""

    schema: str
    name: str
    columns: Mapping[str, str]  # name -> type, in the table's order
    key: tuple[str, ...]
    required: tuple[str, ...]  # columns that cannot be left out of a new row
    defaults: Mapping[str, str] = field(default_factory=dict)  # column -> expression

    def type_of(self, column: str) -> str:
        """A column's type. Raises Problem PGRST204 for one that the schema cache does not have."""
        if column not in self.columns:
            message = f"Could not find the '{column}' column of '{self.name}' in the schema cache"
            raise Problem(400, "PGRST204", message)
        return self.columns[column]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """A reference from some columns of one table to some of another."""

    name: str
    source: Name
    columns: tuple[str, ...]
    target: Name
    target_columns: tuple[str, ...]
    single: bool  # at most one source row for each target row


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """How rows of one table find their rows in another: pairs of equal columns, through a table between them or not."""

    source: Name
    target: Name
    many: bool
    pairs: tuple[tuple[str, str], ...]  # source column = target column (or the between's)
    between: Name | None = None
    onward: tuple[tuple[str, str], ...] = ()  # the between's column = target column
    names: tuple[str, ...] = ()  # by which a hint can single this relation out
    targets: tuple[str, ...] = ()  # what a request can call it instead of the target table's name

    @property
    def described(self) -> str:
        """PostgREST's words for the kind of relation."""
        return "many-to-many" if self.between else "one-to-many" if self.many else "many-to-one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """An input of a function."""

    name: str
    type: str
    required: bool
    variadic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function that can be called."""

    schema: str
    name: str
    arguments: tuple[Argument, ...]
    volatility: str  # i, s or v
    many: bool
    nothing: bool
    composite: bool
    table: Name | None

    def takes(self, names: frozenset[str]) -> bool:
        """Whether it can be called with arguments of these names."""
        required = {argument.name for argument in self.arguments if argument.required and not argument.variadic}
        return required <= names <= {argument.name for argument in self.arguments}

    @property
    def takes_whole_body(self) -> bool:
        """Whether its only argument is an unnamed JSON document."""
        return [(a.name, a.type) for a in self.arguments] in ([("", "json")], [("", "jsonb")])


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """The schema cache."""

    tables: Mapping[Name, Table]
    keys: tuple[ForeignKey, ...]
    functions: tuple[Function, ...]
    role_settings: Mapping[str, Mapping[str, str]]

    def table(self, schema: str, name: str) -> Table:
        """A table by name. Raises Problem PGRST205."""
        if found := self.tables.get((schema, name)):
            return found
        near = get_close_matches(name, [other for space, other in self.tables if space == schema], 1)
        hint = f"Perhaps you meant the table '{schema}.{near[0]}'" if near else None
        raise Problem(404, "PGRST205", f"Could not find the table '{schema}.{name}' in the schema cache", hint=hint)

    def function(self, schema: str, name: str, names: frozenset[str]) -> Function:
        """The function that takes arguments of these names. Raises Problem PGRST202, PGRST203."""
        same = [function for function in self.functions if (function.schema, function.name) == (schema, name)]
        fitting = [function for function in same if function.takes(names)]
        fitting = fitting or [function for function in same if function.takes_whole_body]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            options = ", ".join(_signature(function) for function in fitting)
            hint = "Try renaming the parameters or the function itself in the database so function overloading "
            hint += "can be resolved"
            message = f"Could not choose the best candidate function between: {options}"
            raise Problem(300, "PGRST203", message, hint=hint)
        raise self._unknown_function(schema, name, names, same)

    def relation(self, source: Table, target: str, hint: str | None) -> Relation:
        """How a table is related to what a request calls `target`. Raises Problem PGRST200, PGRST201."""
        found = [relation for relation in self._relations(source) if self._meant(relation, target, hint)]
        if len(found) == 1:
            return found[0]
        if not found:
            told = f" using the hint '{hint}'" if hint else ""
            raise Problem(
                400,
                "PGRST200",
                f"Could not find a relationship between '{source.name}' and '{target}' in the schema cache",
                details=f"Searched for a foreign key relationship between '{source.name}' and '{target}'{told} in the "
                f"schema '{source.schema}', but no matches were found.",
            )
        choices = ", ".join(f"'{target}!{relation.names[0]}'" for relation in found)
        raise Problem(
            300,
            "PGRST201",
            f"Could not embed because more than one relationship was found for '{source.name}' and '{target}'",
            details=[
                {
                    "cardinality": relation.described,
                    "embedding": f"{source.name} with {relation.target[1]}",
                    "relationship": f"{relation.names[0]} using {source.name} and {relation.target[1]}",
                }
                for relation in found
            ],
            hint=f"Try changing '{target}' to one of the following: {choices}. "
            "Find the desired relationship in the 'details' key.",
        )

    @staticmethod
    def _meant(relation: Relation, target: str, hint: str | None) -> bool:
        named = target == relation.target[1] or target in relation.targets
        return named and (hint is None or hint in relation.names)

    def _relations(self, source: Table) -> Iterator[Relation]:
        name = (source.schema, source.name)
        for key in self.keys:
            if key.source == name:
                yield _forward(key)
            if key.target == name:
                yield _backward(key)
                yield from self._through(key)

    def _through(self, near: ForeignKey) -> Iterator[Relation]:
        """Many-to-many: a table whose primary key holds both references."""
        key = set(self.tables[near.source].key)
        for far in self.keys:
            if far is not near and far.source == near.source and key >= {*near.columns, *far.columns}:
                yield Relation(
                    source=near.target,
                    target=far.target,
                    many=True,
                    pairs=tuple(zip(near.target_columns, near.columns, strict=True)),
                    between=near.source,
                    onward=tuple(zip(far.columns, far.target_columns, strict=True)),
                    names=(near.source[1],),
                )

    def _unknown_function(self, schema: str, name: str, names: frozenset[str], same: Sequence[Function]) -> Problem:
        asked = f"{schema}.{name}({', '.join(sorted(names))})" if names else f"{schema}.{name}"
        without = "without parameters" if not names else f"with parameters {', '.join(sorted(names))}"
        near = get_close_matches(name, {f.name for f in self.functions if f.schema == schema}, 1)
        suggested = same[0] if same else next((f for f in self.functions if near and f.name == near[0]), None)
        return Problem(
            404,
            "PGRST202",
            f"Could not find the function {asked} in the schema cache" if names else
            f"Could not find the function {asked} without parameters in the schema cache",
            details=f"Searched for the function {schema}.{name} {without} or with a single unnamed json/jsonb "
            "parameter, but no matches were found in the schema cache.",
            hint=f"Perhaps you meant to call the function {_call(suggested)}" if suggested else None,
        )  # fmt: skip


async def load(pool: Pool, schemas: Sequence[str]) -> Catalog:
    """Read the schema cache anew."""
    async with pool.connection() as connection:
        await connection.execute(b"begin")
        try:
            await connection.execute(b"set local search_path = ''")
            tables = await rows(connection, _query("tables"))
            keys = await rows(connection, _query("keys"))
            functions = await rows(connection, _query("functions"), [list(schemas)])
            roles = await rows(connection, _query("roles"))
        finally:
            await connection.execute(b"rollback")
    settings: dict[str, dict[str, str]] = {}
    for row in roles:
        settings.setdefault(row["role"], {})[row["name"]] = row["value"]
    return Catalog(
        tables={
            (row["schema"], row["name"]): Table(
                schema=row["schema"], name=row["name"], columns=row["columns"], key=tuple(row["key"]),
                required=tuple(row["required"]), defaults=row["defaults"],
            )
            for row in tables
        },
        keys=tuple(
            ForeignKey(
                name=row["name"], source=(row["schema"], row["table"]), columns=tuple(row["columns"]),
                target=(row["target_schema"], row["target"]), target_columns=tuple(row["target_columns"]),
                single=row["single"],
            )
            for row in keys
        ),
        functions=tuple(
            Function(
                schema=row["schema"], name=row["name"], volatility=row["volatility"], many=row["many"],
                nothing=row["nothing"], composite=row["composite"],
                table=(row["table_schema"], row["table"]) if row["table"] else None,
                arguments=tuple(Argument(**argument) for argument in row["arguments"]),
            )
            for row in functions
        ),
        role_settings=settings,
    )  # fmt: skip


def _query(name: str) -> str:
    return Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8")


def _forward(key: ForeignKey) -> Relation:
    pairs = tuple(zip(key.columns, key.target_columns, strict=True))
    names = (key.name, *key.columns)
    return Relation(source=key.source, target=key.target, many=False, pairs=pairs, names=names, targets=names)


def _backward(key: ForeignKey) -> Relation:
    pairs = tuple(zip(key.target_columns, key.columns, strict=True))
    return Relation(
        source=key.target,
        target=key.source,
        many=not key.single,
        pairs=pairs,
        names=(key.name, *key.columns),
        targets=(key.name,),
    )


def _signature(function: Function) -> str:
    arguments = ", ".join(f"{argument.name} => {argument.type}" for argument in function.arguments)
    return f"{function.schema}.{function.name}({arguments})"


def _call(function: Function) -> str:
    return f"{function.schema}.{function.name}({', '.join(argument.name for argument in function.arguments)})"
