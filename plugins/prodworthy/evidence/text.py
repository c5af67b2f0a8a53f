"""What a target sent as bytes, made text that is fit to be shown."""

from __future__ import annotations

from prodworthy.model.text import spaced


def field_text(value: bytes) -> str:
    """A header field as text: UTF-8 where it is, no control characters."""
    try:
        text = value.decode("ascii")
    except UnicodeDecodeError:
        text = value.decode("utf-8", "replace")
    return spaced(text)
