"""Stylesheets: the files that CSS leads to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import tinycss2
from tinycss2.ast import AtRule, FunctionBlock, Node, StringToken, URLToken

from prodworthy.model.bundle import How

_WORTH_PARSING = re.compile(rb"@import|url\(", re.IGNORECASE)
_INLINE = re.compile(rb"url\(\s*([\"']?)data:[^\"')]*\1\s*\)", re.IGNORECASE)
_SOURCE_MAP = re.compile(rb"/\*#[ \t]*sourceMappingURL=([^\s*]+)\s*\*/\s*\Z")
_BLOCKS = ("() block", "[] block", "{} block")


def mentions(source: bytes) -> Iterator[tuple[How, str]]:
    """Every file that the stylesheet leads to, as (way, URL as written), each once."""
    if not _WORTH_PARSING.search(source):
        return
    # images and fonts inside the stylesheet are most of its bytes and lead nowhere
    rules = tinycss2.parse_stylesheet(_INLINE.sub(b"url()", source).decode("utf-8", "replace"), skip_comments=True)
    seen = dict.fromkeys(_mentions(rules))
    yield from ((how, url) for how, url in seen if url.strip())


def source_map(source: bytes) -> str | None:
    """The URL in the comment that ends the stylesheet (ECMA-426, "Linking generated code to source maps")."""
    found = _SOURCE_MAP.search(source, max(source.rfind(b"/*"), 0))
    return found[1].decode("utf-8", "replace") if found else None


def _mentions(nodes: Iterable[Node]) -> Iterator[tuple[How, str]]:
    for node in nodes:
        if isinstance(node, AtRule) and node.lower_at_keyword == "import":
            yield from _imported(node)
        else:
            for url in _urls(node):
                yield How.CSS_URL, url


def _imported(rule: AtRule) -> Iterator[tuple[How, str]]:
    for node in rule.prelude:
        if isinstance(node, StringToken):
            yield How.CSS_IMPORT, node.value
            return
        for url in _urls(node):
            yield How.CSS_IMPORT, url
            return


def _urls(root: Node) -> Iterator[str]:
    """The URLs anywhere below a node; a stack, since a hostile stylesheet nests deeper than Python's."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, URLToken):
            yield node.value
        elif isinstance(node, FunctionBlock) and node.lower_name == "url":
            yield from (each.value for each in node.arguments if isinstance(each, StringToken))
        else:
            waiting += reversed(_below(node))


def _below(node: Node) -> list[Node]:
    children: list[Node] = []
    for name in ("prelude", "arguments", "content"):
        children += getattr(node, name, None) or ()
    return children
