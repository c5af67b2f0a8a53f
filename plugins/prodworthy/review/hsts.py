"""Strict-Transport-Security, read as browsers read it (RFC 6797, section 6.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

HALF_A_YEAR = 15_552_000  # seconds
A_YEAR = 31_536_000  # seconds

_DIRECTIVE = re.compile(
    r"[ \t]*(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*"
    r"(?:=[ \t]*(?P<value>[!#$%&'*+.^_`|~0-9A-Za-z-]+|\"[^\"\\]*\")[ \t]*)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hsts:
    """What one field line asks for."""

    max_age: int  # seconds
    subdomains: bool
    preload: bool


class Void(ValueError):
    """The field is dropped by browsers; the message says why."""


def parse(line: str) -> Hsts:
    """One field line; raises Void when browsers drop it."""
    directives: dict[str, str | None] = {}
    for part in line.split(";"):
        if not part.strip(" \t"):
            continue
        match = _DIRECTIVE.fullmatch(part)
        if match is None:
            raise Void("a comma: several values in one field" if "," in part else "not a list of directives")
        name = match["name"].lower()
        if name in directives:
            raise Void(f"{name} is there twice")
        directives[name] = match["value"]
    if directives.get("includesubdomains") is not None:
        raise Void("includeSubDomains takes no value")
    return Hsts(
        max_age=_seconds(directives),
        subdomains="includesubdomains" in directives,
        preload="preload" in directives,
    )


def _seconds(directives: dict[str, str | None]) -> int:
    value = (directives.get("max-age") or "").strip('"').strip(" \t")
    if "max-age" not in directives:
        raise Void("max-age is missing")
    if not re.fullmatch(r"[0-9]+", value):
        raise Void("max-age is not a number of seconds")
    # a hundred digits are as good as for ever, and int() refuses more than 4300 of them
    return int(value[:100])
