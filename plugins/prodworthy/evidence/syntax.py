"""Syntax: the grammar of JavaScript, and what its literals say."""

from __future__ import annotations

import re

import tree_sitter_javascript
from tree_sitter import Language, Node

LANGUAGE = Language(tree_sitter_javascript.language())

_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)


def text(node: Node) -> str | None:
    """The value of a literal as a string; None for a template with substitutions, and for what is no literal."""
    if node.type == "number":
        return (node.text or b"").decode()
    if node.type not in {"string", "template_string"}:
        return None
    if any(part.type == "template_substitution" for part in node.named_children):
        return None
    raw = (node.text or b"")[1:-1].decode("utf-8", "replace")
    return _unescaped(raw) if "\\" in raw else raw


def _unescaped(raw: str) -> str:
    def character(found: re.Match[str]) -> str:
        code = found[1] or found[2] or found[3]
        return chr(min(int(code, 16), 0x10FFFF)) if code else found[4]

    return _ESCAPE.sub(character, raw)
