"""Commits: when two of them are the same."""

from __future__ import annotations

import re

COMMIT = re.compile(r"[0-9a-f]{7,40}", re.IGNORECASE)  # whole, or abbreviated as git does


def same_commit(one: str, other: str) -> bool:
    """Whether two commits are the same, either of them perhaps abbreviated to seven characters or more."""
    one, other = one.lower(), other.lower()
    if one == other:
        return True
    both = COMMIT.fullmatch(one) and COMMIT.fullmatch(other)
    return bool(both) and (one.startswith(other) or other.startswith(one))


def short(text: str) -> str:
    """A whole commit as people say it; everything else as it is."""
    return text[:7] if len(text) == 40 and COMMIT.fullmatch(text) else text
