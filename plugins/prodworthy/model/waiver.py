"""A waiver: a finding that its team accepts, for a while, and who answers for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """What is accepted, why, by whom and until when."""

    rule: str
    where: str = "*"  # glob over the finding's own `where`: * any text, ? any character
    reason: str
    owner: str
    expires: datetime  # an instant, with its offset

    def expired(self, now: datetime) -> bool:
        """Whether it covers nothing any more."""
        return self.expires <= now

    def matches(self, rule: str, where: str) -> bool:
        """Whether such a finding is meant, however late it is."""
        return rule == self.rule and _glob(self.where).fullmatch(where) is not None

    def __str__(self) -> str:
        return f"{self.reason} ({self.owner}, until {self.expires:%Y-%m-%d %H:%M} {self.expires.tzname()})"


def _glob(text: str) -> re.Pattern[str]:
    """Brackets are no wildcards here: addresses and selectors hold them."""
    parts = re.split(r"(\*+|\?)", text)
    return re.compile("".join(".*" if "*" in p else "." if p == "?" else re.escape(p) for p in parts), re.DOTALL)
