"""Who stands before the deployments: may turn a request away, or say which deployment answers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from prodworthy.local.edge.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The deployment `id` answers, with these headers besides its own."""

    id: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The platform's error page answers, with this code in its `x-vercel-error`."""

    code: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The platform itself answers."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Front(Protocol):
    """Decides about every request before any deployment sees it."""

    def __call__(self, request: Request) -> Shown | Closed | Answered:
        """What becomes of it."""
        ...
