"""Where in a TOML file a key stands, which the standard library's parser does not tell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence

Path = tuple[str | int, ...]

_TABLE = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")


def line_of(text: str, path: Sequence[str | int]) -> int:
    """The line (from 1) of the deepest part of `path` that can be found in `text`; 1 when none can."""
    lines = _positions(text)
    for length in range(len(path), 0, -1):
        if (found := lines.get(tuple(path[:length]))) is not None:
            return found
    return 1


def _positions(text: str) -> dict[Path, int]:
    lines: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _TABLE.match(line):
            names = _names(header[2])
            table = _indexed(lines, names) if header[1] == "[[" else names
            _note(lines, table, number)
        elif key := _KEY.match(line):
            _note(lines, table + _names(key[1]), number)
    return lines


def _names(dotted: str) -> Path:
    """The parts of a dotted key, by the parser that knows the quoting rules."""
    try:
        node = tomllib.loads(f"{dotted} = 0")
    except tomllib.TOMLDecodeError:
        return (dotted,)
    names: list[str] = []
    value: object = node
    while isinstance(value, dict):
        name, value = next(iter(value.items()))
        names.append(name)
    return tuple(names)


def _indexed(lines: dict[Path, int], names: Path) -> Path:
    index = 0
    while (*names, index) in lines:
        index += 1
    return (*names, index)


def _note(lines: dict[Path, int], path: Path, number: int) -> None:
    for length in range(1, len(path) + 1):
        lines.setdefault(path[:length], number)
