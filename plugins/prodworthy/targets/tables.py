"""Tables of a targets file that need nothing but themselves, as the model has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prodworthy.model import (
    Browsing,
    BuildStamp,
    Ignored,
    Latency,
    Markup,
    Page,
    Protection,
    Request,
    Table,
)
from prodworthy.targets.units import duration

Raw = Mapping[str, Any]


def page(raw: str | Raw) -> Page:
    """A page: a path, or a table."""
    return Page(path=raw) if isinstance(raw, str) else Page(**raw)


def table(raw: Raw) -> Table:
    """A table of the back end."""
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
    return Table(**fields)


def request(raw: Raw) -> Request:
    """What a function is asked."""
    return Request(
        method=raw.get("method", "POST"),
        path=raw.get("path", ""),
        json=raw.get("json"),
        headers=raw.get("headers", {}),
    )


def stamp(raw: Raw) -> BuildStamp:
    """Where a function says which build it is."""
    return BuildStamp(header=raw["header"].lower()) if "header" in raw else BuildStamp(**raw)


def latency(raw: Raw) -> Latency:
    """Latency budgets."""
    return Latency(**{key: duration(value) for key, value in raw.items()})


def ignored(raw: list[Raw]) -> tuple[Ignored, ...]:
    """Patterns that are accepted, each with its reason."""
    return tuple(Ignored(**each) for each in raw)


def protection(raw: Raw) -> Protection:
    """What is asked of the headers."""
    return Protection(private=tuple(raw.get("private", ())), grade=raw.get("grade"))


def markup(raw: Raw) -> Markup:
    """How strictly pages are validated."""
    return Markup(**{**raw, "ignore": ignored(raw.get("ignore", []))})


def browsing(raw: Raw) -> Browsing:
    """How the browser looks."""
    optional: dict[str, Any] = {}
    if "viewports" in raw:
        optional["viewports"] = tuple(raw["viewports"])
    if "timeout" in raw:
        optional["timeout"] = duration(raw["timeout"])
    if "accessibility" in raw:
        optional["accessibility"] = raw["accessibility"] or None
    return Browsing(
        ignore_console=ignored(raw.get("ignore_console", [])),
        ignore_requests=ignored(raw.get("ignore_requests", [])),
        dark=raw.get("dark", False),
        **optional,
    )
