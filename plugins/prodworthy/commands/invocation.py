"""Commands for somebody to type: they always say which target they are for."""

from __future__ import annotations

import re
import shlex

MENTIONED = re.compile(r"`(prodworthy (?:candidates|current|deploy|list|promote|rollback|status)\b[^`]*)`")


def where(target: str, targets_file: str | None) -> str:
    """The options that lead to a target, here as in the command that was typed."""
    return shlex.join([f"--target={target}", *(["--targets-file", targets_file] if targets_file else [])])


def addressed(text: str, options: str) -> str:
    """The text with these options in every command that it mentions, for who pastes it must not act on another."""

    def said(found: re.Match[str]) -> str:
        return found[0] if "--target" in found[1] else f"`{found[1]} {options}`"

    return MENTIONED.sub(said, text)
