"""JavaScript: the files that a script leads to, found by a parser so that text in strings and comments never counts."""

from __future__ import annotations

import re
from collections.abc import Iterator

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser, Query, QueryCursor

from prodworthy.model.bundle import How

_LANGUAGE = Language(tree_sitter_javascript.language())

# bundlers write static imports at the very start, where nothing can make a string or comment of them
_LEADING = re.compile(
    rb"""\s*import\b(?:\s*(?:[\w$]+|\*\s*as\s+[\w$]+|\{[\w$\s,]*\})(?:\s*,\s*(?:\*\s*as\s+[\w$]+|\{[\w$\s,]*\}))?"""
    rb"""\s*from)?\s*(["'])([^"'\\\n]*)\1\s*;""",
)

# only what passes here is parsed: most chunks mention nothing beyond their leading imports
_WORTH_PARSING = re.compile(
    rb"\bimport\s*[(\"'/]|\bfrom\s*[\"']|\bimport\.meta\.url|__vite__mapDeps|Worker\b|importScripts"
)

# grammars and locales come as JSON in a string of up to a megabyte: most of what there would be to parse
_DATA = re.compile(
    rb"""JSON\.parse\((?:'(?:[^'\\]++|\\.)*+'|`(?:[^`\\]++|\\.)*+`|"(?:[^"\\]++|\\.)*+")\)""",
    re.DOTALL,
)
_MUCH = 4096  # bytes of such a string, so that an odd quote in a comment cannot hide code from the parser

# minifiers write strings as templates without substitutions, and import.meta.url as ""+import.meta.url
_QUERY = Query(
    _LANGUAGE,
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
    (call_expression
      function: (identifier) @_scripts
      arguments: (arguments [(string) (template_string)] @script)
      (#eq? @_scripts "importScripts"))
    (call_expression
      function: (member_expression
        object: (member_expression property: (property_identifier) @_service)
        property: (property_identifier) @_register)
      arguments: (arguments . [(string) (template_string)] @worker)
      (#eq? @_service "serviceWorker")
      (#eq? @_register "register"))
    """,
)
_HOW = {
    "import": How.IMPORT,
    "dynamic": How.DYNAMIC,
    "dependency": How.DEPENDENCIES,
    "url": How.URL,
    "worker": How.WORKER,
    "script": How.SCRIPT,
}

# a whole string that names a hashed file: how bundlers hand the address of an imported image to the code
_NAMED_ASSET = re.compile(
    rb"""["'`](/[\w./~@%+-]*-[\w-]{8}\.(?:avif|gif|ico|jpe?g|mp3|mp4|ogg|otf|pdf|png|svg|ttf|webm|webp|woff2?))["'`]""",
    re.ASCII,
)
_SOURCE_MAP = re.compile(rb"//[#@][ \t]*sourceMappingURL=([^\s'\"`]+)\s*\Z")


def mentions(source: bytes) -> Iterator[tuple[How, str]]:
    """Every file that the script leads to, as (way, specifier), each once and in the order of the ways."""
    seen = dict.fromkeys([*_parsed(source), *_named(source)])
    yield from seen


def source_map(source: bytes) -> str | None:
    """The specifier in the comment that ends the script (ECMA-426, "Linking generated code to source maps")."""
    start = source.rfind(b"sourceMappingURL=")
    found = _SOURCE_MAP.match(source, max(source.rfind(b"//", 0, start), 0)) if start >= 0 else None
    return found[1].decode("utf-8", "replace") if found else None


def _parsed(source: bytes) -> Iterator[tuple[How, str]]:
    start = 0
    while leading := _LEADING.match(source, start):
        yield How.IMPORT, leading[2].decode("utf-8", "replace")
        start = leading.end()
    if not _WORTH_PARSING.search(source, start):
        return
    tree = Parser(_LANGUAGE).parse(_DATA.sub(_without_data, source[start:]))
    found = QueryCursor(_QUERY).captures(tree.root_node)
    for name, how in _HOW.items():
        for node in sorted(found.get(name, ()), key=lambda each: each.start_byte):
            if (text := _text(node)) is not None:
                yield how, text


def _without_data(found: re.Match[bytes]) -> bytes:
    return b"0" if len(found[0]) > _MUCH else found[0]


def _named(source: bytes) -> Iterator[tuple[How, str]]:
    for found in _NAMED_ASSET.finditer(source):
        yield How.NAME, found[1].decode("ascii")


def _text(node: Node) -> str | None:
    """The value of a string literal; None for a template with substitutions."""
    if any(part.type == "template_substitution" for part in node.named_children):
        return None
    raw = (node.text or b"")[1:-1].decode("utf-8", "replace")
    return _unescaped(raw) if "\\" in raw else raw


_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)


def _unescaped(raw: str) -> str:
    def character(found: re.Match[str]) -> str:
        code = found[1] or found[2] or found[3]
        return chr(min(int(code, 16), 0x10FFFF)) if code else found[4]

    return _ESCAPE.sub(character, raw)
