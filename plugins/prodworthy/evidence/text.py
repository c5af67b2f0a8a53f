"""Text that a target sent, made fit to be shown: valid, printable, bounded."""

from __future__ import annotations

from prodworthy.model.text import one_line, spaced


def field_text(value: bytes) -> str:
    """A header field as text: UTF-8 where it is, no control characters."""
    try:
        text = value.decode("ascii")
    except UnicodeDecodeError:
        text = value.decode("utf-8", "replace")
    return spaced(text)


def clean(text: str, length: int = 300) -> str:
    """One line of at most so many characters, without control characters."""
    line = one_line(text)
    return line if len(line) <= length else f"{line[: length - 1]}…"
