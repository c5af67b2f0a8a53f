"""JSON pointers (RFC 6901): where in a JSON value something stands."""

from __future__ import annotations

from typing import Any


def pointed(value: Any, pointer: str) -> Any:
    """What stands at `pointer` ("/a/0", "" for the whole); raises LookupError when nothing does."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list):
            value = value[int(name)] if name.isdigit() and int(name) < len(value) else _nothing(pointer)
        elif isinstance(value, dict) and name in value:
            value = value[name]
        else:
            _nothing(pointer)
    return value


def _nothing(pointer: str) -> Any:
    raise LookupError(f"nothing stands at {pointer}")
