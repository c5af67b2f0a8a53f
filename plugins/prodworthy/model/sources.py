"""The source files of functions, known by their digests: evidence and targets hold no code."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

Sources = Mapping[str, str]  # path below supabase/functions -> digest of its content


def digest(content: bytes) -> str:
    """The same for the same text, whichever line ends a checkout gave it."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()
