"""How often the API may be asked: counted by the minute, told with every answer that is counted."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from prodworthy.local.backend.messages import Response, json_response

WINDOW = 60.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Calls that are counted together. Numbers: https://vercel.com/docs/limits."""

    name: str
    most: int
    window: float = WINDOW


DEPLOYMENT = Limit(name="deployment retrieval", most=500)
DEPLOYMENTS = Limit(name="deployments list", most=1000)
ALIASES = Limit(name="aliases list", most=500)
ALIAS = Limit(name="alias retrieval", most=300, window=600.0)
DOMAINS = Limit(name="project domains retrieval", most=500)
VARIABLES = Limit(name="project environment retrieval", most=500)
CHECK_RUNS = Limit(name="check-run retrieval", most=500)
CHECKS = Limit(name="project checks retrieval", most=300)
BYPASS = Limit(name="project protection bypass change", most=100)


@dataclass(slots=True, kw_only=True)
class Counter:
    """What was asked lately."""

    clock: Callable[[], float] = time.time
    asked: dict[str, deque[float]] = field(default_factory=dict)

    def count(self, limit: Limit) -> tuple[dict[str, str], Response | None]:
        """The header fields that tell of the limit, and the refusal if it is reached."""
        now = self.clock()
        recent = self.asked.setdefault(limit.name, deque())
        while recent and now - recent[0] >= limit.window:
            recent.popleft()
        reached = len(recent) >= limit.most
        if not reached:
            recent.append(now)
        reset = recent[0] + limit.window
        told = {
            "x-ratelimit-limit": str(limit.most),
            "x-ratelimit-remaining": str(limit.most - len(recent)),
            "x-ratelimit-reset": str(math.ceil(reset)),
        }
        return told, _refusal(limit, reset, reset - now) if reached else None


def _refusal(limit: Limit, reset: float, wait: float) -> Response:
    seconds = math.ceil(wait)
    error = {
        "code": "rate_limited",
        "message": f"Too many requests ({limit.name}). Try again in {seconds} seconds",
        "limit": {"total": limit.most, "remaining": 0, "reset": math.ceil(reset), "resetMs": int(reset * 1000)},
    }
    return json_response(429, {"error": error}, {"retry-after": str(seconds)})
