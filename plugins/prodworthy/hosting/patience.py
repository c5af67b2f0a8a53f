"""How long we go on trying: how often, with which waits in between, and by which clock."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Waits that grow; all times in seconds. The clock and the sleep are fields, so that tests do not wait."""

    attempts: int | None = 4  # in all; None: as many as the time allows
    first: float = 0.25  # wait after the first attempt
    growth: float = 3.0  # of each wait to the next
    longest: float = 3.0  # wait of our own
    asked: float = 30.0  # the longest wait that the platform may ask for; for a longer one we give up
    total: float = 60.0  # after which no further attempt begins
    jitter: float = 0.2  # share of a wait that is added by chance, so that many clients do not come back together
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random  # in [0, 1)

    def waits(self) -> Iterator[float]:
        """The wait after each attempt but the last, without chance."""
        made, wait = 1, self.first
        while self.attempts is None or made < self.attempts:
            yield min(wait, self.longest)
            made, wait = made + 1, min(wait * self.growth, self.longest)

    def varied(self, wait: float) -> float:
        """The wait with its share of chance; never shorter."""
        return wait * (1 + self.jitter * self.chance())
