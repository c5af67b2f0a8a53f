"""The query language of the data API: what is asked for in the parameters of an address.

Grammar: PostgREST's documentation, "Tables and Views" and "Resource Embedding".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from prodworthy.local.backend.rest.problem import Problem

COMPARISONS = {
    "eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=",
    "like": "LIKE", "ilike": "ILIKE", "match": "~", "imatch": "~*",
    "in": "IN", "is": "IS", "isdistinct": "IS DISTINCT FROM",
    "cs": "@>", "cd": "<@", "ov": "&&", "sl": "<<", "sr": ">>", "nxr": "&<", "nxl": "&>", "adj": "-|-",
    "fts": "to_tsquery", "plfts": "plainto_tsquery", "phfts": "phraseto_tsquery", "wfts": "websearch_to_tsquery",
}  # fmt: skip
TEXT_SEARCHES = frozenset({"fts", "plfts", "phfts", "wfts"})
_QUANTIFIABLE = frozenset({"eq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch"})
_RESERVED = frozenset(
    {"select", "order", "limit", "offset", "columns", "on_conflict", "and", "or", "not.and", "not.or"}
)
_CONDITION = re.compile(r"(?P<negated>not\.)?(?P<operator>[a-z]+)(\((?P<modifier>[^)]*)\))?\.(?P<value>.*)", re.DOTALL)
_CAST = re.compile(r"[A-Za-z_][A-Za-z0-9_ ]*(\[\])?")
_ARROW = re.compile(r"(->>?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column, or a place inside of a JSON column: `data->a->>b`."""

    name: str
    path: tuple[tuple[str, str], ...] = ()  # ("->" or "->>", key)

    @property
    def last_key(self) -> str | None:
        """The name that a place inside of JSON takes in the answer: its last key that is not an index."""
        return next((key for _, key in reversed(self.path) if not re.fullmatch(r"-?\d+", key)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One comparison of a field with a value."""

    field: Field
    operator: str
    value: str
    negated: bool = False
    modifier: str | None = None  # "any", "all", or a text search's language


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Conditions joined by and / or."""

    joint: str
    parts: tuple[Condition | Group, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the answer; `*` stands for all of them."""

    field: Field
    alias: str | None = None
    cast: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Embed:
    """Related rows inside of a row: `alias:target!hint!inner(selection)`, or spread into it with `...`."""

    target: str
    alias: str | None
    hint: str | None
    inner: bool
    spread: bool
    selection: Selection

    @property
    def name(self) -> str:
        """How other parameters and the answer speak of it."""
        return self.alias or self.target


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One key of a sorting."""

    field: Field
    descending: bool = False
    nulls: str | None = None  # "first" or "last"


@dataclass(slots=True, kw_only=True)
class Selection:
    """What is wanted of one table; filled while the parameters are read."""

    items: list[Column | Embed] = field(default_factory=list)
    where: list[Condition | Group] = field(default_factory=list)
    order: list[Order] = field(default_factory=list)
    limit: int | None = None
    offset: int = 0

    def embeds(self) -> Iterator[Embed]:
        """The related tables asked for."""
        return (item for item in self.items if isinstance(item, Embed))

    def columns(self) -> Iterator[Column]:
        """The table's own columns asked for."""
        return (item for item in self.items if isinstance(item, Column))


def selection(parameters: Sequence[tuple[str, str]]) -> Selection:
    """The selection that a request's parameters describe. Raises Problem PGRST100, PGRST108."""
    chosen = next((value for name, value in parameters if name == "select"), "*")
    root = Selection(items=_items(chosen or "*"))
    for name, value in parameters:
        if name not in {"select", "columns", "on_conflict"}:
            _take(root, name, value)
    return root


def is_filter(name: str) -> bool:
    """Whether a parameter restricts rows, as against shaping the answer."""
    return name not in _RESERVED - {"and", "or", "not.and", "not.or"}


def names(text: str) -> list[str]:
    """A comma-separated list of column names, quoted or not."""
    return [_unquoted(part) for part in _split(text, ",") if part]


def listed(text: str) -> list[str]:
    """The values of a `(a,"b,c",d)` list."""
    inside = text[1:-1] if text.startswith("(") and text.endswith(")") else text
    return [_unquoted(part) for part in _split(inside, ",")] if inside else []


def _take(root: Selection, name: str, value: str) -> None:
    *path, last = _split(name, ".")
    if path and path[-1] == "not" and last in {"and", "or"}:
        path, last = path[:-1], f"not.{last}"
    place = _place(root, [_unquoted(part) for part in path])
    if last == "order":
        place.order = [_order(part) for part in _split(value, ",") if part]
    elif last == "limit":
        place.limit = _number(value)
    elif last == "offset":
        place.offset = _number(value)
    elif last in {"and", "or", "not.and", "not.or"}:
        place.where.append(_group(last, value))
    else:
        place.where.append(_condition(_field(last), value))


def _place(root: Selection, path: list[str]) -> Selection:
    place = root
    for step in path:
        found = next((embed for embed in place.embeds() if embed.name == step), None)
        if found is None:
            hint = f"Verify that '{step}' is included in the 'select' query parameter."
            raise Problem(400, "PGRST108", f"'{step}' is not an embedded resource in this request", hint=hint)
        place = found.selection
    return place


def _items(text: str) -> list[Column | Embed]:
    return [_item(part) for part in _split(text, ",") if part]


def _item(text: str) -> Column | Embed:
    text = text.strip()
    if text.endswith(")"):
        opened = _opening(text)
        head, inside = text[:opened], text[opened + 1 : -1]
        if head.split(".")[-1] in {"count", "sum", "avg", "max", "min"} and not inside:
            raise Problem(400, "PGRST123", "Use of aggregate functions is not allowed")
        return _embed(head, inside)
    alias, rest = _aliased(text)
    name, *casts = rest.split("::")
    cast = casts[0] if casts else None
    if cast and not _CAST.fullmatch(cast):
        raise _unreadable("select", text)
    return Column(field=_field(name), alias=alias, cast=cast)


def _embed(head: str, inside: str) -> Embed:
    spread = head.startswith("...")
    alias, rest = _aliased(head.removeprefix("..."))
    target, *hints = _split(rest, "!")
    joins = [hint for hint in hints if hint in {"inner", "left"}]
    others = [hint for hint in hints if hint not in {"inner", "left"}]
    return Embed(
        target=_unquoted(target),
        alias=alias,
        hint=_unquoted(others[0]) if others else None,
        inner="inner" in joins,
        spread=spread,
        selection=Selection(items=_items(inside)),
    )


def _aliased(text: str) -> tuple[str | None, str]:
    """An `alias:` in front, and the rest; `::` is a cast."""
    match = re.match(r'("(?:[^"\\]|\\.)*"|[^:"(]+):(?!:)', text)
    return (_unquoted(match[1]), text[match.end() :]) if match else (None, text)


def _field(text: str) -> Field:
    name, *steps = _ARROW.split(text) if not text.startswith('"') else [text]
    path = tuple((steps[n], _unquoted(steps[n + 1])) for n in range(0, len(steps), 2))
    return Field(name=_unquoted(name.strip()), path=path)


def _condition(target: Field, text: str) -> Condition:
    match = _CONDITION.fullmatch(text)
    if not match or match["operator"] not in COMPARISONS:
        raise _unreadable("filter", text)
    operator, modifier = match["operator"], match["modifier"]
    if modifier is not None and operator not in TEXT_SEARCHES and (
        operator not in _QUANTIFIABLE or modifier not in {"any", "all"}
    ):  # fmt: skip
        raise _unreadable("filter", text)
    if operator == "is" and match["value"].lower() not in {"null", "not_null", "true", "false", "unknown"}:
        raise _unreadable("filter", text)
    return Condition(
        field=target, operator=operator, value=match["value"], negated=bool(match["negated"]), modifier=modifier
    )


def _group(joint: str, text: str) -> Group:
    if not (text.startswith("(") and text.endswith(")")):
        raise _unreadable("logic tree", text)
    parts = tuple(_part(part.strip()) for part in _split(text[1:-1], ",") if part.strip())
    return Group(joint=joint.removeprefix("not."), parts=parts, negated=joint.startswith("not."))


def _part(text: str) -> Condition | Group:
    if match := re.match(r"(not\.)?(and|or)\(", text):
        return _group(text[: match.end() - 1], text[match.end() - 1 :])
    named = re.match(r'((?:"(?:[^"\\]|\\.)*"|[^."])+)\.(.*)', text, re.DOTALL)
    if not named:
        raise _unreadable("logic tree", text)
    return _condition(_field(named[1]), _unquoted_value(named[2]))


def _unquoted_value(text: str) -> str:
    """In a logic tree a value may be quoted to hold commas: `name.eq."a,b"`."""
    match = re.fullmatch(r'((?:not\.)?[a-z]+(?:\([^)]*\))?\.)("(?:[^"\\]|\\.)*")', text, re.DOTALL)
    return match[1] + _unquoted(match[2]) if match else text


def _order(text: str) -> Order:
    name, *words = _split(text, ".")
    if not set(words) <= {"asc", "desc", "nullsfirst", "nullslast"}:
        raise _unreadable("order", text)
    nulls = next((word.removeprefix("nulls") for word in words if word.startswith("nulls")), None)
    return Order(field=_field(name), descending="desc" in words, nulls=nulls)


def _number(text: str) -> int:
    try:
        return max(0, int(text))
    except ValueError:
        raise _unreadable("limit or offset", text) from None


def _split(text: str, separator: str) -> list[str]:
    """Parts between separators that stand outside of quotes, parentheses and braces."""
    parts, depth, quoted, start, skip = [], 0, False, 0, False
    for place, character in enumerate(text):
        if skip:
            skip = False
        elif character == "\\":
            skip = quoted
        elif character == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif character in "({[":
            depth += 1
        elif character in ")}]":
            depth -= 1
        elif character == separator and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _opening(text: str) -> int:
    """Where the parenthesis opens that the last character closes."""
    depth = 0
    for place in range(len(text) - 1, -1, -1):
        depth += (text[place] == ")") - (text[place] == "(")
        if depth == 0:
            return place
    raise _unreadable("select", text)


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
    return text


def _unreadable(what: str, text: str) -> Problem:
    return Problem(400, "PGRST100", f'"failed to parse {what} ({text})" (line 1, column 1)', details="unexpected input")
