"""Secrets: values from the environment."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A value from the environment; the name may be shown, the value never."""

    name: str  # of the environment variable, or of the key for a value written in the targets file
    value: str | None = field(default=None, repr=False)  # None: not set
    made_up: bool = False  # for an embedded deployment, where it protects nothing
