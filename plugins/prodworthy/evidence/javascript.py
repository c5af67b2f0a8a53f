"""JavaScript: the files that a script leads to, found by a parser so that text in strings and comments never counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node, Parser, Query, QueryCursor

from prodworthy.evidence import webpack
from prodworthy.evidence.syntax import LANGUAGE, text
from prodworthy.model.bundle import How

# bundlers write static imports at the very start, where nothing can make a string or comment of them
_LEADING = re.compile(
    rb"""\s*import\b(?:\s*(?:[\w$]+|\*\s*as\s+[\w$]+|\{[\w$\s,]*\})(?:\s*,\s*(?:\*\s*as\s+[\w$]+|\{[\w$\s,]*\}))?"""
    rb"""\s*from)?\s*(["'])([^"'\\\n]*)\1\s*;""",
)

# only what passes here is parsed: most chunks mention nothing beyond their leading imports
_WORTH_PARSING = re.compile(
    rb"\bimport\s*[(\"'/]|\bfrom\s*[\"']|\bimport\.meta\.url|__vite__mapDeps|Worker\b|importScripts|Worklet\b|"
    rb"System\.(?:register|import)\b|" + webpack.SIGN
)

# grammars and locales come as JSON in a string of up to a megabyte: most of what there would be to parse
_DATA = re.compile(
    rb"""JSON\.parse\((?:'(?:[^'\\]++|\\.)*+'|`(?:[^`\\]++|\\.)*+`|"(?:[^"\\]++|\\.)*+")\)""",
    re.DOTALL,
)
_MUCH = 4096  # bytes of such a string, so that an odd quote in a comment cannot hide code from the parser

# minifiers write strings as templates without substitutions, and import.meta.url as ""+import.meta.url
_QUERY = Query(
    LANGUAGE,
    """
    (import_statement source: (string) @import)
    (export_statement source: (string) @import)
    (call_expression
      function: (import)
      arguments: (arguments . [(string) (template_string)] @dynamic))
    (call_expression
      function: (import)
      arguments: (arguments . (comment)+ . [(string) (template_string)] @dynamic))
    (variable_declarator
      name: (identifier) @_list
      value: (arrow_function
        parameters: (formal_parameters
          (assignment_pattern right: (parenthesized_expression (binary_expression right: (parenthesized_expression
            (assignment_expression right: (array [(string) (template_string)] @dependency))))))))
      (#eq? @_list "__vite__mapDeps"))
    (new_expression
      constructor: (identifier) @_url
      arguments: (arguments
        . [(string) (template_string)] @url
        . [(member_expression) @_meta (binary_expression right: (member_expression) @_meta)])
      (#eq? @_url "URL")
      (#eq? @_meta "import.meta.url"))
    (new_expression
      constructor: (identifier) @_worker
      arguments: (arguments . [(string) (template_string)] @worker)
      (#match? @_worker "^(Shared)?Worker$"))
    (new_expression
      constructor: (identifier) @_beside
      arguments: (arguments . (new_expression
        constructor: (identifier) @_address
        arguments: (arguments
          . [(string) (template_string)] @worker_url
          . [(member_expression) @_here (binary_expression right: (member_expression) @_here)])))
      (#match? @_beside "^(Shared)?Worker$")
      (#eq? @_address "URL")
      (#eq? @_here "import.meta.url"))
    (call_expression
      function: (member_expression
        object: [(identifier) (member_expression)] @_worklet
        property: (property_identifier) @_add)
      arguments: (arguments . [(string) (template_string)] @worklet)
      (#match? @_worklet "Worklet$")
      (#eq? @_add "addModule"))
    (call_expression
      function: (member_expression object: (identifier) @_system property: (property_identifier) @_systems)
      arguments: (arguments . (array [(string) (template_string)] @import))
      (#eq? @_system "System")
      (#eq? @_systems "register"))
    (call_expression
      function: (member_expression object: (identifier) @_system property: (property_identifier) @_systems)
      arguments: (arguments . [(string) (template_string)] @dynamic)
      (#eq? @_system "System")
      (#eq? @_systems "import"))
    (call_expression
      function: (identifier) @_scripts
      arguments: (arguments [(string) (template_string)] @script)
      (#eq? @_scripts "importScripts"))
    (call_expression
      function: (member_expression
        object: (member_expression property: (property_identifier) @_service)
        property: (property_identifier) @_register)
      arguments: (arguments . [(string) (template_string)] @service)
      (#eq? @_service "serviceWorker")
      (#eq? @_register "register"))
    """,
)
_HOW = {
    "import": How.IMPORT,
    "dynamic": How.DYNAMIC,
    "dependency": How.DEPENDENCIES,
    "worker": How.WORKER,
    "worker_url": How.WORKER_URL,
    "service": How.SERVICE_WORKER,
    "worklet": How.WORKLET,
    "script": How.IMPORT_SCRIPTS,
    "url": How.URL,
}

# a whole string that names a hashed file: how bundlers hand the address of an imported image to the code
_NAMED_ASSET = re.compile(
    rb"""["'`](/[\w./~@%+-]*-[\w-]{8}\.(?:avif|gif|ico|jpe?g|js|json|mp3|mp4|ogg|otf|pdf|png|svg|ttf|wasm|webm|webp|woff2?))["'`]""",
    re.ASCII,
)
_SOURCE_MAP = re.compile(rb"//[#@][ \t]*sourceMappingURL=([^\s'\"`]+)\s*\Z")


@dataclass(frozen=True, slots=True)
class Script:
    """What a script leads to."""

    mentions: tuple[tuple[How, str], ...] = ()  # way and specifier, each once and in the order of the ways
    webpack: webpack.Webpack | None = None


def read(source: bytes) -> Script:
    """Every file that the script leads to; those that webpack names by number have to be asked for."""
    leading, rest = _leading(source)
    if not _WORTH_PARSING.search(source, rest):
        return Script(tuple(dict.fromkeys([*leading, *_named(source)])))
    root = Parser(LANGUAGE).parse(_DATA.sub(_without_data, source[rest:])).root_node
    return Script(tuple(dict.fromkeys([*leading, *_parsed(root), *_named(source)])), webpack.read(source, root))


def source_map(source: bytes) -> str | None:
    """The specifier in the comment that ends the script (ECMA-426, "Linking generated code to source maps")."""
    start = source.rfind(b"sourceMappingURL=")
    found = _SOURCE_MAP.match(source, max(source.rfind(b"//", 0, start), 0)) if start >= 0 else None
    return found[1].decode("utf-8", "replace") if found else None


def _leading(source: bytes) -> tuple[list[tuple[How, str]], int]:
    """The static imports at the start, and where they end."""
    found, start = [], 0
    while leading := _LEADING.match(source, start):
        found.append((How.IMPORT, leading[2].decode("utf-8", "replace")))
        start = leading.end()
    return found, start


def _parsed(root: Node) -> Iterator[tuple[How, str]]:
    found = QueryCursor(_QUERY).captures(root)
    for name, how in _HOW.items():
        for node in sorted(found.get(name, ()), key=lambda each: each.start_byte):
            if (written := text(node)) is not None:
                yield how, written


def _without_data(found: re.Match[bytes]) -> bytes:
    return b"0" if len(found[0]) > _MUCH else found[0]


def _named(source: bytes) -> Iterator[tuple[How, str]]:
    for found in _NAMED_ASSET.finditer(source):
        yield How.NAME, found[1].decode("ascii")
