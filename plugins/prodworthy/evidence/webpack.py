"""webpack: the files that its runtime names by tables and functions instead of imports.

A build is one or more files that hold the runtime, with `__webpack_require__.u` (chunk -> script), `.miniCssF` (chunk
-> stylesheet) and `.p` (the public path), and chunks that ask it by id: `__webpack_require__.e(949)`. Minifiers rename
the object, never its properties. https://webpack.js.org/configuration/output/#outputpublicpath
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tree_sitter import Node, Query, QueryCursor

from prodworthy.evidence.syntax import LANGUAGE, text
from prodworthy.model.bundle import How

MOST = 5_000  # chunks and assets that one file may ask for
LEVELS = 60  # of functions within each other, between a module and what it asks for

SIGN = rb"webpack(?:Chunk|Jsonp)|__webpack|data-webpack|Loading chunk |\.miniCssF\b"
_SIGN = re.compile(SIGN)
_BUILD = re.compile(rb"(?:self|globalThis|window|this)(?:\.|\[[\"'`])(webpack(?:Chunk|Jsonp)[^\"'`\]=;|\s]*)")
_AUTOMATIC = b"Automatic publicPath is not supported"  # from webpack's own code, which no minifier changes
_FUNCTIONS = {"arrow_function", "function_expression", "function_declaration", "method_definition"}

_QUERY = Query(
    LANGUAGE,
    """
    (assignment_expression
      left: (member_expression object: (identifier) property: (property_identifier) @_name)
      (#any-of? @_name "u" "miniCssF" "p")) @set
    (assignment_expression
      left: (member_expression
        object: (member_expression property: (property_identifier) @_handlers)
        property: (property_identifier) @_style)
      right: (_) @styled
      (#eq? @_handlers "f")
      (#eq? @_style "miniCss"))
    (call_expression
      function: (member_expression object: (identifier) property: (property_identifier) @_ask)
      arguments: (arguments . [(number) (string) (template_string)] @asked .)
      (#any-of? @_ask "e" "u"))
    (binary_expression
      left: (member_expression object: (identifier) property: (property_identifier) @_public)
      right: [(string) (template_string)] @asset
      (#eq? @_public "p"))
    """,
)

Name = Callable[[str], str | None]  # chunk -> file, below the public path; None: the chunk has none


@dataclass(frozen=True, slots=True)
class Naming:
    """One function of the runtime, and the chunks that its tables name."""

    how: How
    name: Name
    chunks: tuple[str, ...]
    open: bool  # other chunks have a name too


@dataclass(frozen=True, slots=True)
class Runtime:
    """Where a build's files are."""

    public: str  # what comes before their names
    beside: bool  # relative to the runtime's own folder, not to the document
    namings: tuple[Naming, ...]

    def files(self) -> Iterator[tuple[How, str]]:
        """The files of the chunks that its tables name."""
        for naming in self.namings:
            yield from self._named(naming, naming.chunks)

    def asked(self, chunks: Iterable[str]) -> Iterator[tuple[How, str]]:
        """The files of the chunks that code asks for, as far as no table has them already."""
        for naming in self.namings:
            if naming.open:
                yield from self._named(naming, chunks)

    def _named(self, naming: Naming, chunks: Iterable[str]) -> Iterator[tuple[How, str]]:
        names = (naming.name(chunk) for chunk in chunks)
        return ((naming.how, self.public + name) for name in names if name)


@dataclass(frozen=True, slots=True)
class Webpack:
    """What one file has to do with webpack."""

    build: bytes  # the global by which chunks of one build find its runtime
    runtime: Runtime | None
    asked: tuple[str, ...]  # chunks, by id
    assets: tuple[str, ...]  # names below the public path


def read(source: bytes, root: Node) -> Webpack | None:
    """What there is of webpack in a script; None: nothing, or nothing that is of any use."""
    if not _SIGN.search(source):
        return None
    try:
        return _read(source, root)
    except RecursionError:  # an expression that nobody writes
        return None


def _read(source: bytes, root: Node) -> Webpack | None:
    found = QueryCursor(_QUERY).captures(root)
    build = _BUILD.search(source)
    sets = list(_assignments(found.get("set", ())))
    required = next((name for name, each, _ in sets if each in {"u", "miniCssF"}), None)
    if build is None and required is None:
        return None
    calls, names = (found.get(each, [])[:MOST] for each in ("asked", "asset"))
    asked = (text(node) for node in calls if _required(node.parent and node.parent.parent, required))
    assets = (text(node) for node in names if _required(node.parent, required))
    return Webpack(
        build=build[1] if build else b"",
        runtime=_runtime(source, required, sets, found.get("styled", [])) if required else None,
        asked=tuple(dict.fromkeys(each for each in asked if each)),
        assets=tuple(dict.fromkeys(each for each in assets if each and "." in each)),
    )


def _assignments(nodes: Iterable[Node]) -> Iterator[tuple[str, str, Node]]:
    """Object, property and value, in the order of the source."""
    for node in sorted(nodes, key=lambda each: each.start_byte):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left and right:
            holder, name = left.child_by_field_name("object"), left.child_by_field_name("property")
            yield _written(holder), _written(name), right


def _required(mention: Node | None, required: str | None) -> bool:
    """Whether the object is webpack's: the runtime's own, or the third parameter of a module around."""
    node = mention.child_by_field_name("function") or mention.child_by_field_name("left") if mention else None
    holder = _written(node.child_by_field_name("object")) if node else ""
    if holder == required:
        return True
    for _ in range(LEVELS):
        if (node := node.parent if node else None) is None:
            break
        if node.type in _FUNCTIONS and (parameters := node.child_by_field_name("parameters")):
            names = [_written(each) for each in parameters.named_children]
            if len(names) == 3 and names[2] == holder:
                return True
    return False


def _runtime(source: bytes, required: str, sets: Iterable[tuple[str, str, Node]], styled: list[Node]) -> Runtime | None:
    own = [(name, value) for holder, name, value in sets if holder == required]
    paths = [_public(source, value) for name, value in own if name == "p"]
    if not paths or None in paths:
        return None  # decided when it runs
    public, beside = paths[-1] or ("", False)
    styles = _ids(styled)
    namings = [
        naming
        for name, value in own
        if (how := {"u": How.CHUNK, "miniCssF": How.STYLE_CHUNK}.get(name))
        and (naming := _naming(how, value, styles if name == "miniCssF" else None))
    ]
    return Runtime(public, beside, tuple(namings))


def _public(source: bytes, value: Node) -> tuple[str, bool] | None:
    """The public path, and whether it is relative to the script; None: not known before it runs."""
    if (written := text(value)) is not None:
        return written, False
    if _AUTOMATIC not in source:
        return None
    if value.type == "identifier":
        return "", True
    left, right = value.child_by_field_name("left"), value.child_by_field_name("right")
    if value.type == "binary_expression" and left and right and left.type == "identifier":
        above = text(right)
        return (above, True) if above is not None else None
    return None


def _ids(nodes: Iterable[Node]) -> tuple[str, ...]:
    """The chunks that have a stylesheet: the keys of {949:1}."""
    tables = (node for top in nodes for node in _within(top) if node.type == "object")
    pairs = (_table(node) for node in tables)
    return tuple(dict.fromkeys(key for table in pairs if table and set(table.values()) == {"1"} for key in table))


def _within(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        yield (each := waiting.pop())
        waiting.extend(each.named_children)


# the functions, taken apart


def _naming(how: How, value: Node, chunks: tuple[str, ...] | None) -> Naming | None:
    parameter, body = _function(value)
    name = _compiled(body, parameter) if body else None
    if name is None or body is None:
        return None
    known = tuple(dict.fromkeys(_keys(body)))
    closed = chunks is not None or any(_lookup(node) for node in _within(body) if not _has_fallback(node))
    constant = name("") is not None and name("") == name("0")
    if chunks is None:
        chunks = known
    elif not chunks:
        chunks = known or (("",) if constant else ())
    return Naming(how, name, chunks, not closed)


def _function(node: Node) -> tuple[str, Node | None]:
    parameter = node.child_by_field_name("parameter")
    if parameter is None and (parameters := node.child_by_field_name("parameters")) and parameters.named_children:
        parameter = parameters.named_children[0]
    return _written(parameter), node.child_by_field_name("body")


def _keys(body: Node) -> Iterator[str]:
    for node in _within(body):
        if node.type == "object":
            yield from _table(node) or ()
        elif compared := _compared(node):
            yield compared


def _compiled(node: Node, parameter: str) -> Name | None:
    """An expression of the chunk's id as a function; None: something in it is not known before it runs."""
    if (written := text(node)) is not None:
        return _literal(written)
    if node.type == "identifier":
        return (lambda chunk: chunk) if _written(node) == parameter else None
    if node.type == "parenthesized_expression":
        return _compiled(node.named_children[0], parameter) if node.named_children else None
    if node.type == "unary_expression":  # void 0
        return (lambda _: None) if _written(node.child_by_field_name("operator")) == "void" else None
    if node.type == "template_string":
        return _template(node, parameter)
    if (table := _lookup(node)) is not None:
        return table.get
    if node.type == "ternary_expression":
        return _choice(node, parameter)
    if node.type == "binary_expression":
        return _joined(node, parameter)
    return _returned(node, parameter) if node.type == "statement_block" else None


def _joined(node: Node, parameter: str) -> Name | None:
    left, right = (_compiled_field(node, name, parameter) for name in ("left", "right"))
    operator = _written(node.child_by_field_name("operator"))
    if left is None or right is None or operator not in {"+", "||"}:
        return None
    if operator == "||":
        return lambda chunk: left(chunk) or right(chunk)
    return lambda chunk: None if (a := left(chunk)) is None or (b := right(chunk)) is None else a + b


def _choice(node: Node, parameter: str) -> Name | None:
    condition = node.child_by_field_name("condition")
    compared = _compared(condition) if condition else None
    then, other = (_compiled_field(node, name, parameter) for name in ("consequence", "alternative"))
    if compared is None or then is None or other is None:
        return None
    return lambda chunk: then(chunk) if chunk == compared else other(chunk)


def _template(node: Node, parameter: str) -> Name | None:
    parts: list[Name] = []
    for child in node.named_children:
        if child.type != "template_substitution":
            parts.append(_literal(_written(child)))
        elif child.named_children and (part := _compiled(child.named_children[0], parameter)):
            parts.append(part)
        else:
            return None
    return lambda chunk: None if None in (got := [part(chunk) for part in parts]) else "".join(map(str, got))


def _literal(value: str) -> Name:
    return lambda _: value


def _returned(block: Node, parameter: str) -> Name | None:
    """`{ if (e === 1) return "a"; return ... }`, as webpack writes it when nothing is minified."""
    special: dict[str, Name] = {}
    for statement in block.named_children:
        if statement.type == "return_statement" and statement.named_children:
            name = _compiled(statement.named_children[0], parameter)
            return _special(special, name) if name else None
        if statement.type == "if_statement":
            condition, then = (statement.child_by_field_name(each) for each in ("condition", "consequence"))
            compared = _compared(condition) if condition else None
            value = then.named_children[0] if then and then.type == "return_statement" else None
            name = _compiled(value, parameter) if value else None
            if compared is None or name is None:
                return None
            special[compared] = name
        elif statement.type != "comment":
            return None
    return None


def _special(special: dict[str, Name], other: Name) -> Name:
    return lambda chunk: special.get(chunk, other)(chunk)


def _compiled_field(node: Node, field: str, parameter: str) -> Name | None:
    child = node.child_by_field_name(field)
    return _compiled(child, parameter) if child else None


def _lookup(node: Node) -> dict[str, str] | None:
    """The table of `{1:"a"}[e]`."""
    if node.type != "subscript_expression":
        return None
    table = node.child_by_field_name("object")
    while table and table.type == "parenthesized_expression" and table.named_children:
        table = table.named_children[0]
    return _table(table) if table and table.type == "object" else None


def _has_fallback(node: Node) -> bool:
    """Whether what a table lacks goes by another name: `{1:"a"}[e]||e`."""
    above = node.parent
    while above and above.type == "parenthesized_expression":
        above = above.parent
    return bool(above and above.type == "binary_expression" and _written(above.child_by_field_name("operator")) == "||")


def _table(node: Node) -> dict[str, str] | None:
    table = {}
    for pair in node.named_children:
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if key is None or value is None:
            return None
        name = text(key)
        table[name if name is not None else _written(key)] = text(value) or _written(value)
    return table


def _compared(node: Node) -> str | None:
    """The chunk of `949===e`."""
    while node.type == "parenthesized_expression" and node.named_children:
        node = node.named_children[0]
    if node.type != "binary_expression" or _written(node.child_by_field_name("operator")) not in {"==", "==="}:
        return None
    sides = [node.child_by_field_name(name) for name in ("left", "right")]
    return next((value for side in sides if side and (value := text(side)) is not None), None)


def _written(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node else ""
