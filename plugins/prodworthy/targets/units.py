"""Sizes, durations and percentages as people write them."""

from __future__ import annotations

import re

SIZE = r"^\s*\d+(\.\d+)?\s*(B|kB|KB|KiB|MB|MiB)\s*$"
DURATION = r"^\s*\d+(\.\d+)?\s*(ms|s|m|min)\s*$"
PERCENTAGE = r"^\s*\d+(\.\d+)?\s*%\s*$"

_BYTES = {"B": 1, "kB": 1000, "KB": 1000, "KiB": 1024, "MB": 1000**2, "MiB": 1024**2}
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0}


def size(text: str) -> int:
    """Bytes of "250 kB", "3 MB", "1.5 MiB"; the schema has checked the form."""
    number, unit = _split(text)
    return round(number * _BYTES[unit])


def duration(text: str) -> float:
    """Seconds of "300 ms", "1.5 s", "10 m"; the schema has checked the form."""
    number, unit = _split(text)
    return number * _SECONDS[unit]


def percentage(text: str) -> float:
    """The fraction that "10 %" is; the schema has checked the form."""
    return float(text.replace("%", " ")) / 100


def _split(text: str) -> tuple[float, str]:
    parts = re.fullmatch(r"\s*([\d.]+)\s*([A-Za-z]+)\s*", text)
    if parts is None:
        raise ValueError(f"not a number with a unit: {text!r}")
    return float(parts[1]), parts[2]
