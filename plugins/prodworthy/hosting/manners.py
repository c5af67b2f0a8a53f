"""When the platform wants to be asked again: what it says in header fields and errors, and how we slow down by it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

LONGEST = 3600.0  # seconds; what asks for more is read as this
FEW = 0.05  # share of the allowed requests from which we slow down
SLOWEST = 2.0  # seconds between two requests of ours, when few are left

_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


def retry_after(headers: Mapping[str, str], error: Mapping[str, Any], now: datetime) -> float | None:
    """Seconds to wait: `Retry-After`, else when the limit is reset; None: not said.

    A moment is compared with the answer's own `Date`, so that a wrong clock of ours makes no difference.
    """
    said = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(said):
        return min(float(said), LONGEST)
    there = _moment(headers.get("date", "")) or now
    until = _moment(said) or _reset(headers, error)
    return None if until is None else min(max((until - there).total_seconds(), 0.0), LONGEST)


def pause(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds to leave before the next request of this kind, so that what is left lasts until the limit's reset."""
    left, limit = _number(headers.get("x-ratelimit-remaining")), _number(headers.get("x-ratelimit-limit"))
    reset = _reset(headers, {})
    if left is None or reset is None or left > max((limit or 0) * FEW, 3):
        return 0.0
    there = _moment(headers.get("date", "")) or now
    return min(max((reset - there).total_seconds(), 0.0) / (left + 1), SLOWEST)


def _reset(headers: Mapping[str, str], error: Mapping[str, Any]) -> datetime | None:
    limit = error.get("limit")
    inside = limit.get("reset") if isinstance(limit, dict) else None
    seconds = _number(headers.get("x-ratelimit-reset"))
    return _at(_number(str(inside)) if seconds is None else seconds)


def _at(seconds: float | None) -> datetime | None:
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _moment(text: str) -> datetime | None:
    """An HTTP date."""
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(text: str | None) -> float | None:
    stripped = (text or "").strip()
    return float(stripped) if re.fullmatch(r"[0-9]{1,12}", stripped) else None
