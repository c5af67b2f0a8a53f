"""The JSON Schemas (draft 2020-12) of what commands print with --json, each complete in itself."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

COMMANDS = ("list", "current", "candidates", "status", "rollback", "promote", "deploy", "error")
PARTS = "parts.json"
_REFERENCE = re.compile(r'"#/\$defs/(\w+)"')


@cache
def schema(of: str) -> dict[str, Any]:
    """Of one command, with the parts that it refers to."""
    whole: dict[str, Any] = json.loads(_text(f"{of}.json").replace(f'"{PARTS}#', '"#'))
    parts: dict[str, Any] = json.loads(_text(PARTS))["$defs"]
    needed: dict[str, Any] = {}
    waiting = _referred(whole)
    while waiting:
        name = waiting.pop()
        needed[name] = parts[name]
        waiting |= _referred(parts[name]) - set(needed)
    return {**whole, "$defs": {name: needed[name] for name in sorted(needed)}}


def _referred(part: dict[str, Any]) -> set[str]:
    return set(_REFERENCE.findall(json.dumps(part)))


def _text(name: str) -> str:
    return files("prodworthy.commands").joinpath("schemas", name).read_text(encoding="utf-8")
