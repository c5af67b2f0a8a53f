# ruff: noqa: S608  (making SQL is this module's job: identifiers are quoted by `identifier`, values are bound)
"""SQL for what the data API is asked: identifiers quoted, values bound, the answer made by the database itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from prodworthy.local.backend.rest.catalog import Catalog, Function, Name, Relation, Table
from prodworthy.local.backend.rest.problem import Problem
from prodworthy.local.backend.rest.query import (
    COMPARISONS,
    TEXT_SEARCHES,
    Column,
    Condition,
    Embed,
    Field,
    Group,
    Order,
    Selection,
    listed,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """In which form rows become the body of an answer."""

    single: bool = False  # one object instead of an array
    strip_nulls: bool = False
    counted: bool = False
    bodiless: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """What a request changes."""

    verb: str  # insert, update, delete
    columns: tuple[str, ...] = ()
    missing_default: bool = False
    on_conflict: tuple[str, ...] = ()
    resolution: str | None = None  # merge-duplicates, ignore-duplicates
    returning: bool = False


def identifier(name: str) -> str:
    """A quoted identifier."""
    return '"' + name.replace('"', '""').replace("\0", "") + '"'


def qualified(name: Name) -> str:
    """A quoted name with its schema."""
    return f"{identifier(name[0])}.{identifier(name[1])}"


@dataclass(slots=True, kw_only=True)
class Statement:
    """One statement in the making: its parameters, and the aliases that it has used up."""

    catalog: Catalog
    parameters: list[object] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def bind(self, value: object) -> str:
        """Add a parameter; its placeholder."""
        self.parameters.append(value)
        return f"${len(self.parameters)}"

    # what is read ----------------------------------------------------------------------------------------------------

    def read(self, table: Table, selection: Selection, shape: Shape) -> str:
        """The answer for rows of a table."""
        alias = identifier(table.name)
        source = f"{qualified((table.schema, table.name))} AS {alias}"
        inner = self._select(table, alias, source, selection)
        total = self._count(table, alias, source, selection) if shape.counted else "NULL"
        return self._answer(inner, total, shape)

    def write(self, table: Table, write: Write, selection: Selection, body: str | None, shape: Shape) -> str:
        """The answer for rows that a request inserts, updates or deletes."""
        returning = self._returning(table, selection) if write.returning else "1"
        changed = f"{self._change(table, write, selection, body)} RETURNING {returning}"
        alias = identifier(table.name)
        if write.returning:
            shown = Selection(items=selection.items, order=selection.order)
            inner = self._select(table, alias, f"pgrst_source AS {alias}", shown)
        else:
            inner = "SELECT * FROM pgrst_source"
        total = "(SELECT count(*) FROM pgrst_source)"
        return f"WITH pgrst_source AS ({changed}) {self._answer(inner, total, shape)}"

    def call(self, function: Function, given: dict[str, object], body: str, selection: Selection, shape: Shape) -> str:
        """The answer for what a function returns."""
        called = self._call(function, given, body)
        if function.nothing:
            return f"SELECT NULL::bigint AS total, 1 AS page, ''::text AS body, {_SETTINGS} FROM {called} AS pgrst_call"
        alias = identifier(function.name)
        if function.composite:
            table = self.catalog.tables.get(function.table) if function.table else None
            table = table or Table(schema=function.schema, name=function.name, columns={}, key=(), required=())
            inner = self._select(table, alias, f"{called} AS {alias}", selection)
            total = self._count(table, alias, f"{called} AS {alias}", selection) if shape.counted else "NULL"
            return self._answer(inner, total, shape, one=not function.many)
        inner = f"SELECT pgrst_call.value FROM {called} AS pgrst_call(value)"
        total = f"(SELECT count(*) FROM ({inner}) AS _)" if shape.counted else "NULL"
        return self._answer(inner, total, shape, one=not function.many, element="_postgrest_t.value")

    def _answer(self, inner: str, total: str, shape: Shape, *, one: bool = False, element: str = "_postgrest_t") -> str:
        rows = f"json_agg({element})"
        if shape.strip_nulls:
            rows = f"json_strip_nulls({rows})"
        whole = f"coalesce(({rows})->0, 'null')" if one or shape.single else f"coalesce({rows}, '[]')"
        body = "''" if shape.bodiless else f"({whole})::text"
        return f"SELECT {total} AS total, count(*) AS page, {body} AS body, {_SETTINGS} FROM ({inner}) AS _postgrest_t"

    def _select(self, table: Table, alias: str, source: str, selection: Selection, on: Sequence[str] = ()) -> str:
        joins, items, presence = self._embeds(table, alias, selection)
        columns = [self._column(alias, column) for column in selection.columns()]
        needed = [presence[embed.name] for embed in selection.embeds() if embed.inner]
        conditions = [*on, *needed, *(self._condition(alias, part, presence) for part in selection.where)]
        parts = [f"SELECT {', '.join([*columns, *items]) or '1'}", f"FROM {source}", *joins]
        if conditions:
            parts.append(f"WHERE {' AND '.join(conditions)}")
        if selection.order:
            parts.append(f"ORDER BY {', '.join(self._order(alias, key) for key in selection.order)}")
        if selection.limit is not None:
            parts.append(f"LIMIT {selection.limit}")
        if selection.offset:
            parts.append(f"OFFSET {selection.offset}")
        return " ".join(parts)

    def _count(self, table: Table, alias: str, source: str, selection: Selection) -> str:
        bare = Selection(items=list(selection.embeds()), where=selection.where)
        return f"(SELECT count(*) FROM ({self._select(table, alias, source, bare)}) AS _)"

    # related rows ----------------------------------------------------------------------------------------------------

    def _embeds(self, table: Table, alias: str, selection: Selection) -> tuple[list[str], list[str], dict[str, str]]:
        """For the related tables of a selection: joins, items of the select list, and how to ask if there are rows."""
        joins: list[str] = []
        items: list[str] = []
        presence: dict[str, str] = {}
        for embed in selection.embeds():
            relation = self.catalog.relation(table, embed.target, embed.hint)
            inside = identifier(f"{relation.target[1]}_{next(self._numbers)}")
            joined = identifier(f"embed_{next(self._numbers)}")
            rows = self._related(relation, alias, inside, embed)
            if relation.many and embed.spread:
                message = "A spread operation on a to-many relationship is not available here"
                raise Problem(400, "PGRST119", message)
            if relation.many:
                rows = f"SELECT json_agg({joined}) AS {joined} FROM ({rows}) AS {joined}"
            joins.append(f"LEFT JOIN LATERAL ({rows}) AS {joined} ON TRUE")
            items += self._embedded(relation, embed, joined)
            found = f"{joined}.{joined}" if relation.many else joined
            presence[embed.name] = f"{found} IS DISTINCT FROM NULL"
        return joins, items, presence

    def _related(self, relation: Relation, alias: str, inside: str, embed: Embed) -> str:
        """The related rows of one row."""
        target = self.catalog.tables[relation.target]
        source = f"{qualified(relation.target)} AS {inside}"
        if relation.between is None:
            on = [f"{inside}.{identifier(theirs)} = {alias}.{identifier(ours)}" for ours, theirs in relation.pairs]
        else:
            between = identifier(f"{relation.between[1]}_{next(self._numbers)}")
            source += f", {qualified(relation.between)} AS {between}"
            on = [f"{between}.{identifier(theirs)} = {alias}.{identifier(ours)}" for ours, theirs in relation.pairs]
            on += [f"{inside}.{identifier(theirs)} = {between}.{identifier(ours)}" for ours, theirs in relation.onward]
        return self._select(target, inside, source, embed.selection, on)

    def _embedded(self, relation: Relation, embed: Embed, joined: str) -> list[str]:
        """How related rows appear in the row that they belong to."""
        if not embed.selection.items:  # `orders()` only restricts
            return []
        if embed.spread:
            return [f"{joined}.{identifier(name)}" for name in self._outputs(relation, embed.selection)]
        if relation.many:
            return [f"coalesce({joined}.{joined}, '[]') AS {identifier(embed.name)}"]
        return [f"row_to_json({joined}.*) AS {identifier(embed.name)}"]

    def _outputs(self, relation: Relation, selection: Selection) -> list[str]:
        names: list[str] = []
        for item in selection.items:
            if isinstance(item, Embed):
                names.append(item.name)
            elif item.field.name == "*":
                names += self.catalog.tables[relation.target].columns
            else:
                names.append(item.alias or item.field.last_key or item.field.name)
        return names

    # fields and conditions -------------------------------------------------------------------------------------------

    def _column(self, alias: str, column: Column) -> str:
        if column.field.name == "*":
            return f"{alias}.*"
        text = self._field(alias, column.field)
        if column.cast:
            text = f"CAST({text} AS {column.cast})"
        name = column.alias or column.field.last_key or (column.field.name if column.cast else None)
        return f"{text} AS {identifier(name)}" if name else text

    def _field(self, alias: str, target: Field) -> str:
        text = f"{alias}.{identifier(target.name)}"
        if target.path:
            text = f"to_jsonb({text})"
            for arrow, key in target.path:
                index = key.lstrip("-").isdecimal() and key.isascii()
                text += f"{arrow}{int(key)}" if index else f"{arrow}{self.bind(key)}::text"
            text = f"({text})"
        return text

    def _order(self, alias: str, key: Order) -> str:
        nulls = f" NULLS {key.nulls.upper()}" if key.nulls else ""
        return f"{self._field(alias, key.field)} {'DESC' if key.descending else 'ASC'}{nulls}"

    def _condition(self, alias: str, part: Condition | Group, presence: Mapping[str, str] | None = None) -> str:
        if isinstance(part, Group):
            joined = f" {part.joint.upper()} ".join(self._condition(alias, one, presence) for one in part.parts)
            text = f"({joined or 'TRUE'})"
        elif presence and part.field.name in presence and part.operator == "is":  # rows whose relatives are (not) there
            text = f"NOT ({presence[part.field.name]})" if part.value == "null" else presence[part.field.name]
        else:
            text = self._comparison(self._field(alias, part.field), part)
        return f"NOT ({text})" if part.negated else text

    def _comparison(self, target: str, condition: Condition) -> str:
        operator, value = condition.operator, condition.value
        if operator == "is":
            return f"{target} IS {value.upper().replace('_', ' ')}"
        if operator in TEXT_SEARCHES:
            language = f"{self.bind(condition.modifier)}::regconfig, " if condition.modifier else ""
            return f"{target} @@ {COMPARISONS[operator]}({language}{self.bind(value)})"
        if operator == "in":
            return f"{target} = ANY ({self.bind(_array(listed(value)))})"
        if operator in {"like", "ilike"}:
            value = value.replace("*", "%")
        if condition.modifier:
            return f"{target} {COMPARISONS[operator]} {condition.modifier.upper()} ({self.bind(value)})"
        return f"{target} {COMPARISONS[operator]} {self.bind(value)}"

    # what is written -------------------------------------------------------------------------------------------------

    def _change(self, table: Table, write: Write, selection: Selection, body: str | None) -> str:
        match write.verb:
            case "insert":
                return self._insert(table, write, body)
            case "update":
                return self._update(table, write, selection, body)
        return self._delete(table, selection)

    def _insert(self, table: Table, write: Write, body: str | None) -> str:
        into = f"INSERT INTO {qualified((table.schema, table.name))}"
        columns = ", ".join(identifier(column) for column in write.columns)
        if not write.columns:
            return f"{into} SELECT FROM json_array_elements({self.bind(body)}::json)"  # a row of defaults for each
        if write.missing_default:
            return self._insert_with_defaults(table, write, into, columns, body)
        rows = f"json_to_recordset({self.bind(body)}::json) AS _ ({self._typed(table, write.columns)})"
        return f"{into} ({columns}) SELECT {columns} FROM {rows}{self._conflict(table, write)}"

    def _insert_with_defaults(self, table: Table, write: Write, into: str, columns: str, body: str | None) -> str:
        """Columns that a row does not mention take their default: every row is completed by it before it is read."""
        completed = f"{self._defaults(table, write.columns)} || element"
        rows = (
            f"(SELECT {completed} AS row FROM jsonb_array_elements({self.bind(body)}::jsonb) AS _(element)) "
            "AS completed, "
            f"jsonb_to_record(completed.row) AS _ ({self._typed(table, write.columns)})"
        )
        return f"{into} ({columns}) SELECT {columns} FROM {rows}{self._conflict(table, write)}"

    def _defaults(self, table: Table, columns: Sequence[str]) -> str:
        pairs = [
            f"{self.bind(column)}::text, {table.defaults[column]}" for column in columns if column in table.defaults
        ]
        return f"jsonb_build_object({', '.join(pairs)})" if pairs else "'{}'::jsonb"

    def _typed(self, table: Table, columns: Sequence[str]) -> str:
        return ", ".join(f"{identifier(column)} {table.type_of(column)}" for column in columns)

    def _conflict(self, table: Table, write: Write) -> str:
        target = write.on_conflict or table.key
        if not write.resolution or not target:
            return ""
        on = ", ".join(identifier(column) for column in target)
        changed = [column for column in write.columns if column not in target]
        if write.resolution == "ignore-duplicates":
            return f" ON CONFLICT ({on}) DO NOTHING"
        changed = changed or list(write.columns)
        sets = ", ".join(f"{identifier(column)} = EXCLUDED.{identifier(column)}" for column in changed)
        return f" ON CONFLICT ({on}) DO UPDATE SET {sets}"

    def _update(self, table: Table, write: Write, selection: Selection, body: str | None) -> str:
        name = qualified((table.schema, table.name))
        where = self._where(name, selection, "UPDATE")
        if not write.columns:  # an empty object changes nothing
            return f"UPDATE {name} SET {identifier(next(iter(table.columns)))} = DEFAULT WHERE FALSE"
        sets = ", ".join(f"{identifier(c)} = pgrst_body.{identifier(c)}" for c in write.columns)
        record = f"json_to_record({self.bind(body)}::json) AS pgrst_body ({self._typed(table, write.columns)})"
        return f"UPDATE {name} SET {sets} FROM {record}{where}"

    def _delete(self, table: Table, selection: Selection) -> str:
        name = qualified((table.schema, table.name))
        return f"DELETE FROM {name}{self._where(name, selection, 'DELETE')}"

    def _where(self, name: str, selection: Selection, verb: str) -> str:
        """The restriction of a change; the platform's `safeupdate` refuses a change without one."""
        if not selection.where:
            raise Problem(400, "21000", f"{verb} requires a WHERE clause")
        return f" WHERE {' AND '.join(self._condition(name, part) for part in selection.where)}"

    def _returning(self, table: Table, selection: Selection) -> str:
        """The columns that the answer needs, and no other: a caller may lack the right to see the rest."""
        names = [column.field.name for column in selection.columns()]
        names += [key.field.name for key in selection.order]
        for embed in selection.embeds():
            names += [ours for ours, _ in self.catalog.relation(table, embed.target, embed.hint).pairs]
        name = qualified((table.schema, table.name))
        if "*" in names or not names:
            return f"{name}.*"
        return ", ".join(f"{name}.{identifier(one)}" for one in dict.fromkeys(names))

    # functions -------------------------------------------------------------------------------------------------------

    def _call(self, function: Function, given: dict[str, object], body: str) -> str:
        name = qualified((function.schema, function.name))
        if function.takes_whole_body and not given.keys() <= {argument.name for argument in function.arguments}:
            return f"{name}({self.bind(body)}::{function.arguments[0].type})"
        used = [argument for argument in function.arguments if argument.name in given]
        if not used:
            return f"{name}()"
        types = ", ".join(f"{identifier(argument.name)} {argument.type}" for argument in used)
        record = f"json_to_record({self.bind(body)}::json) AS _ ({types})"
        values = ", ".join(
            f"{'VARIADIC ' if argument.variadic else ''}{identifier(argument.name)} := "
            f"(SELECT {identifier(argument.name)} FROM {record})"
            for argument in used
        )
        return f"{name}({values})"


_SETTINGS = (
    "nullif(current_setting('response.headers', true), '') AS response_headers, "
    "nullif(current_setting('response.status', true), '') AS response_status"
)


def _array(values: Sequence[str]) -> str:
    """An array literal of text elements."""
    escaped = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in escaped) + "}"
