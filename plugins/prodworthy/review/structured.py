"""Structured fields (RFC 9651): fields that are dropped as a whole over one mistake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import http_sf


class Void(ValueError):
    """The field does not parse, so browsers drop it; the message says why."""


def dictionary(lines: Iterable[str]) -> Mapping[str, tuple[Any, ...]]:
    """A dictionary whose members are lists of bare values (an item is a list of one); raises Void."""
    parsed = _parsed(lines, "dictionary")
    return {
        key: tuple(item for item, _ in value) if isinstance(value, list) else (value,)
        for key, (value, _) in parsed.items()
    }


def token(lines: Iterable[str]) -> str:
    """A single token, its parameters left aside; raises Void, also for a string in its place."""
    value, _ = _parsed(lines, "item")
    if not isinstance(value, http_sf.Token):
        raise Void("not a bare word" if not isinstance(value, str) else "quotes make it a string, not a word")
    return str(value)


def is_list(lines: Iterable[str], key: str) -> bool:
    """Whether a dictionary's member is an inner list, as opposed to a single item; raises Void."""
    member = _parsed(lines, "dictionary").get(key)
    return member is not None and isinstance(member[0], list)


def parameter(lines: Iterable[str], name: str) -> Iterator[str]:
    """The string parameter of a single item, if it is there; what does not parse has none."""
    lines = tuple(lines)
    try:
        _, parameters = _parsed(lines, "item") if lines else (None, {})
    except Void:
        return
    if is_string(parameters.get(name)):
        yield parameters[name]


def is_string(value: Any) -> bool:
    """Whether a bare value is a string, as opposed to a token."""
    return isinstance(value, str) and not is_token(value)


def is_token(value: Any) -> bool:
    """Whether a bare value is a token, as opposed to a string."""
    return isinstance(value, http_sf.Token)


def _parsed(lines: Iterable[str], kind: str) -> Any:
    text = ", ".join(lines)
    try:
        return http_sf.parse(text.encode("ascii"), tltype=kind)
    except UnicodeEncodeError:
        raise Void("only ASCII is allowed") from None
    except (http_sf.StructuredFieldError, ValueError, RecursionError) as problem:
        raise Void(str(problem) or "does not parse") from None
