"""What an edge function imports, led to packages that are on this machine: nothing is downloaded during a run.

The app's `node_modules` holds them; `npm:` specifiers resolve there by themselves. Other registries' addresses of the
same packages (`jsr:`, esm.sh, ...) are mapped to it, and so is the one file of Deno's old standard library that many
examples name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

_SPECIFIER = re.compile(r"""["'](?P<specifier>(?:jsr:|https://)[^"'\s]+)["']""")
_COMMENT = re.compile(r"^\s*//.*$|,(?=\s*[}\]])", re.MULTILINE)
_REGISTRIES = re.compile(
    r"(?:jsr:|https://(?:esm\.sh|cdn\.jsdelivr\.net/npm|cdn\.skypack\.dev|unpkg\.com)/)/?(?:v\d+/)?"
    r"(?P<package>@[^/@]+/[^/@?]+|[^/@?]+)(?:@[^/?]*)?(?P<path>/[^?]*)?(?:\?.*)?"
)
_STANDARD_SERVER = re.compile(r"https://deno\.land/std(?:@[^/]+)?/http/server\.ts")
_STANDARD_SERVER_CODE = "export const serve = (handler, options = {}) => Deno.serve(options, handler)"
_TYPES_ONLY = re.compile(r"(?:jsr:|https://esm\.sh/)@supabase/functions-js(?:@[^/]*)?/.*\.d\.ts")


def import_map(sources: Iterable[Path], own: Path | None, packages: Path | None) -> dict[str, Any]:
    """The import map for a function: its own, and a place on this machine for what its sources name elsewhere."""
    imports: dict[str, str] = {}
    scopes: dict[str, Any] = {}
    if own:
        declared = json.loads(_COMMENT.sub("", own.read_text(encoding="utf-8")))
        imports = {name: _absolute(target, own.parent) for name, target in declared.get("imports", {}).items()}
        scopes = declared.get("scopes", {})
    named = {match["specifier"] for path in sources for match in _SPECIFIER.finditer(path.read_text(encoding="utf-8"))}
    local = {name: target for name in named | set(imports.values()) if (target := _local(name, packages))}
    imports = {name: local.get(target, target) for name, target in imports.items()}
    return {"imports": {**local, **imports}, "scopes": scopes}


def _local(specifier: str, packages: Path | None) -> str | None:
    """Where something from elsewhere is on this machine; None if it is not, and then Deno says what is missing."""
    if _TYPES_ONLY.fullmatch(specifier):
        return "data:application/javascript,"
    if _STANDARD_SERVER.fullmatch(specifier):
        return f"data:application/javascript,{quote(_STANDARD_SERVER_CODE)}"
    match = _REGISTRIES.fullmatch(specifier)
    if match and packages and (packages / match["package"]).is_dir():
        return f"npm:{match['package']}{match['path'] or ''}"
    return None


def _absolute(target: str, folder: Path) -> str:
    """A relative path of an import map, which is to be read from another place, as a file address."""
    if not target.startswith(("./", "../")):
        return target
    slash = "/" if target.endswith("/") else ""
    return (folder / target).resolve().as_uri() + slash
