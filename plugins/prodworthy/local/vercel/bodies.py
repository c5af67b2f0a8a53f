"""What is sent to the emulated platform, taken only if it could be told again: all that it keeps is shown later."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, TypeGuard

from prodworthy.local.backend.messages import Request


def body(request: Request) -> Any:
    """The JSON that was sent; None for an empty body.

    Raises ValueError for what is none, for halves of characters, for numbers without end, and for what is too deep.
    """
    try:
        value = request.json()
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError:
        raise ValueError("too deep") from None
    return value


def is_one_of(value: Any, words: Collection[str]) -> TypeGuard[str]:
    """Whether it is a text, and one of these."""
    return isinstance(value, str) and value in words
