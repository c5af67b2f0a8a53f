"""Secrets of ours taken out of what others say: servers and proxies repeat what they were sent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

MASK = "***"
SHORTEST = 8  # characters of a secret that is looked for in data, where a word of three stands for itself


class Mask:
    """Finds the secrets as they are and as addresses spell them, in any case; shows none of them itself."""

    def __init__(self, secrets: Iterable[str | None]) -> None:
        known = sorted({secret.strip() for secret in secrets if secret and secret.strip()}, key=len, reverse=True)
        self._anywhere = _pattern(known)
        self._in_data = _pattern([secret for secret in known if len(secret) >= SHORTEST])

    def __repr__(self) -> str:
        return "Mask()"

    def text(self, text: str) -> str:
        """To be applied before anything is cut, so that no part of a secret is left."""
        return self._anywhere.sub(MASK, text) if self._anywhere else text

    def data(self, value: Any) -> Any:
        """JSON with all its texts masked; not its names, of which none is shown. Raises RecursionError."""
        match value:
            case str():
                return self._in_data.sub(MASK, value) if self._in_data else value
            case dict():
                return {name: self.data(held) for name, held in value.items()}
            case list():
                return [self.data(each) for each in value]
        return value


def _pattern(secrets: list[str]) -> re.Pattern[str] | None:
    spellings = [
        re.escape(spelling) for secret in secrets for spelling in (secret, quote(secret, safe="", errors="replace"))
    ]
    return re.compile("|".join(spellings), re.IGNORECASE) if spellings else None
