"""Fields of the platform's JSON: what must be there in its documented shape, and what may be missing or strange."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeGuard, TypeVar

from prodworthy.hosting.errors import Unintelligible
from prodworthy.model.text import clean

Json = Mapping[str, Any]
Word = TypeVar("Word", bound=StrEnum)

WILDCARD = "*."  # how a domain begins that stands for all names below it
LAST = 253_402_300_800_000  # milliseconds until the year 10000

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})+")


def named_host(text: str) -> str | None:
    """The host in what a person typed or the platform answered: a URL or a host; None: neither."""
    stripped = text.strip().lower()
    _, found, rest = stripped.partition("://")
    host = (rest if found else stripped).partition("/")[0].partition("?")[0].partition("#")[0]
    host = _ascii(host.rpartition("@")[2].partition(":")[0].rstrip("."))
    return host if _HOST.fullmatch(host) else None


def word(kind: type[Word], said: Any) -> Word:
    """What is not known is UNKNOWN, never a guess."""
    try:
        return kind(said.lower()) if isinstance(said, str) else kind("unknown")
    except ValueError:
        return kind("unknown")


def whole(value: Any, what: str) -> dict[str, Any]:
    """An object; raises Unintelligible."""
    if not isinstance(value, dict):
        raise Unintelligible(f"{what} is no object")
    return value


def part(body: Any, name: str) -> Json:
    """An object within; what is missing, null or something else is empty."""
    found = body.get(name) if isinstance(body, Mapping) else None
    return found if isinstance(found, dict) else {}


def first(body: Json, *names: str) -> Any:
    """What stands under the first of these names that has anything but null."""
    return next((body[name] for name in names if body.get(name) is not None), None)


def matching(value: Any, shape: re.Pattern[str]) -> str | None:
    """The text, if it is one and of that shape."""
    return value if isinstance(value, str) and shape.fullmatch(value) else None


def text(value: Any) -> str | None:
    """On one line, fit for a terminal; None for what is no text or empty."""
    return clean(value) or None if isinstance(value, str) else None


def flag(value: Any) -> bool | None:
    """None: not said."""
    return value if isinstance(value, bool) else None


def identifier(value: Any, what: str) -> str:
    """Raises Unintelligible."""
    found = known_identifier(value)
    if found is None:
        raise Unintelligible(f"{what} is missing or malformed")
    return found


def known_identifier(value: Any) -> str | None:
    """None: not said."""
    return matching(value, _ID)


def host(value: Any, what: str) -> str:
    """Perhaps one that stands for all names below it; raises Unintelligible."""
    found = known_host(value)
    if found is None:
        raise Unintelligible(f"{what} is missing or malformed")
    return found


def known_host(value: Any) -> str | None:
    """None: not said."""
    if not isinstance(value, str):
        return None
    star = WILDCARD if value.startswith(WILDCARD) else ""
    found = named_host(value.removeprefix(star))
    return f"{star}{found}" if found else None


def is_number(value: Any) -> TypeGuard[int | float]:
    """Finite, no truth, and no whole number beyond what a float can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= sys.float_info.max


def is_time(value: Any) -> TypeGuard[int | float]:
    """Milliseconds of the time that calendars know."""
    return is_number(value) and 0 <= value < LAST


def milliseconds(value: Any, what: str) -> int:
    """Raises Unintelligible."""
    if not is_time(value):
        raise Unintelligible(f"{what} is missing or malformed")
    return int(value)


def moment(value: Any, what: str) -> datetime:
    """In UTC, of milliseconds; raises Unintelligible."""
    return datetime.fromtimestamp(milliseconds(value, what) / 1000, UTC)


def _ascii(name: str) -> str:
    """As it stands in addresses: "bücher.test" is "xn--bcher-kva.test"."""
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
