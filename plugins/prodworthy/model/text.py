"""Strangers' text, made fit for a terminal and a report: nothing in it moves a cursor, a colour or a line."""

from __future__ import annotations

import re

# C0 and C1 controls, lone surrogates, and what changes the direction of writing (https://trojansource.codes/)
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BUT_LINES = re.compile(f"(?![\t\n]){CONTROL.pattern}")
_COLOUR = re.compile("\x1b\\[[0-9;]*m")


def spaced(text: str) -> str:
    """The text with a space for every control character."""
    return text if text.isprintable() else CONTROL.sub(" ", text)


def one_line(text: str) -> str:
    """The text on one line, in single spaces."""
    return " ".join(spaced(text).split())


def clean(text: str, most: int = 240) -> str:
    """The text on one line of at most so many characters."""
    line = one_line(text[: 8 * most])  # of megabytes the beginning is enough
    return line if len(line) <= most else f"{line[: most - 1]}…"


def lines(text: str) -> str:
    """The text in its own lines, without colours; other control characters are shown as replaced."""
    return _BUT_LINES.sub("\N{REPLACEMENT CHARACTER}", _COLOUR.sub("", text.replace("\r\n", "\n")))
