"""Stylesheets: the files that CSS leads to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodworthy.model.bundle import How

# CSS Syntax Level 3, section 4.3, as far as addresses need it; nothing is given back, so that no byte is read often
_STRING = rb"""(?:"(?:[^"\\\n]++|\\.)*+(?:"|\Z)|'(?:[^'\\\n]++|\\.)*+(?:'|\Z))"""
_TOKEN = re.compile(
    rb"/\*.*?(?:\*/|\Z)"
    rb"|(?P<rule>@import(?![\w-]))"
    rb"|url\(\s*+(?:(?P<quoted>" + _STRING + rb")|(?P<bare>(?:[^\"'()\\\s]++|\\.)*+)\s*+(?:\)|\Z))"
    rb"|(?P<set>(?:-webkit-)?image-set\()"
    rb"|(?P<open>[\w\x80-\xff-]*+\()"
    rb"|(?P<close>\))"
    rb"|[\w\x80-\xff-]++"  # a name of which "url" may be the end
    rb"|(?P<string>" + _STRING + rb")"
    rb"|\"[^\"\n]*+|'[^'\n]*+"  # a string that ends with its line is none
    rb"|(?P<mark>[;{}])",
    re.IGNORECASE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|\n|(.))", re.DOTALL)
_SOURCE_MAP = re.compile(rb"/\*#[ \t]*sourceMappingURL=([^\s*]+)\s*\*/\s*\Z")


def mentions(source: bytes) -> Iterator[tuple[How, str]]:
    """Every file that the stylesheet leads to, as (way, URL as written), each once."""
    yield from dict.fromkeys((how, url) for how, url in _mentions(source) if url.strip())


def source_map(source: bytes) -> str | None:
    """The URL in the comment that ends the stylesheet (ECMA-426, "Linking generated code to source maps")."""
    found = _SOURCE_MAP.search(source, max(source.rfind(b"/*"), 0))
    return found[1].decode("utf-8", "replace") if found else None


def _mentions(source: bytes) -> Iterator[tuple[How, str]]:
    depth, importing = 0, False
    inside = 0  # parentheses since "image-set(", whose own strings are addresses (CSS Images Level 4, section 2.4)
    for token in _TOKEN.finditer(source):
        match token.lastgroup:
            case "rule":
                importing = depth == 0
            case "mark":
                importing, inside = False, 0
                depth = max(0, depth + {b"{": 1, b"}": -1}.get(token[0], 0))
            case "quoted" | "bare":
                yield How.CSS_IMPORT if importing else How.CSS_URL, _text(token)
                importing = False
            case "string" if importing or inside == 1:
                yield How.CSS_IMPORT if importing else How.CSS_URL, _text(token)
                importing = False
            case "set" | "open" if inside or token.lastgroup == "set":
                inside += 1
            case "close" if inside:
                inside -= 1


def _text(token: re.Match[bytes]) -> str:
    """The address of a token; empty for what is written out in place, most of a stylesheet's bytes."""
    written = token[str(token.lastgroup)].strip(b"\"'")
    if written[:5].lower() == b"data:":
        return ""
    text = written.decode("utf-8", "replace")
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(escape: re.Match[str]) -> str:
    if not escape[1]:
        return escape[2] or ""
    code = int(escape[1], 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\N{REPLACEMENT CHARACTER}"
