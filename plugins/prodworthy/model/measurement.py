"""Numbers that are always taken and shown, whether or not a budget judges them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Literal

from prodworthy.model.exchange import Answer, Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One number of one target."""

    what: str  # "GET /version.json, median of 3"
    value: float
    unit: Literal["s", "B", "of 100", ""]

    def __str__(self) -> str:
        if self.unit == "s":
            return f"{self.value * 1000:.0f} ms" if self.value < 1 else f"{self.value:.2f} s"
        if self.unit == "B":
            return f"{self.value / 1000:.1f} kB" if self.value < 1e6 else f"{self.value / 1e6:.2f} MB"
        return f"{self.value:g} {self.unit}".rstrip()


def latencies(what: str, answers: Iterable[Answer]) -> tuple[Measurement, ...]:
    """Median and worst of the time from asking to the last byte; nothing when nobody answered."""
    times = [answer.timings.total for answer in answers]
    if not times:
        return ()
    if len(times) == 1:
        return (Measurement(what=what, value=times[0], unit="s"),)
    return (
        Measurement(what=f"{what}, median of {len(times)}", value=median(times), unit="s"),
        Measurement(what=f"{what}, worst of {len(times)}", value=max(times), unit="s"),
    )


def retries_in(exchanges: Iterable[Exchange | None]) -> tuple[Measurement, ...]:
    """The exchanges that took more than one try: how many, and what became of the earlier ones."""
    tried = (exchange for exchange in exchanges if exchange and exchange.attempts)
    return tuple(dict.fromkeys(Measurement(what=_tried(each), value=len(each.attempts) + 1, unit="") for each in tried))


def _tried(exchange: Exchange) -> str:
    end = "answered" if exchange.answer else "given up"
    lost = "; ".join(dict.fromkeys(attempt.text for attempt in exchange.attempts))
    return f"{exchange.method} {exchange.url} ({lost}), {end} at try"
