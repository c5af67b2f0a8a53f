"""The table: every figure beside its aim, for people or for scripts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.bench.rounds import Figure

HEAD = ("", "median", "min - max", "aim", "met", "medians of both sides")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Figures that were measured together."""

    title: str
    fairness: str  # what exactly was compared, and why that is fair
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()


def as_text(measurements: Iterable[Measurement]) -> str:
    """One table a measurement."""
    return "\n\n".join("\n".join(_lines(each)) for each in measurements)


def as_json(measurements: Iterable[Measurement], **about: object) -> str:
    """The same with every round's value; ratios have the unit "x"."""
    return json.dumps({**about, "measurements": [_plain(each) for each in measurements]}, indent=2)


def _lines(measurement: Measurement) -> Iterator[str]:
    rows = [HEAD, *map(_row, measurement.figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    yield measurement.title
    yield from _wrapped(measurement.fairness)
    for row in rows:
        first, *rest = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(("", row[0].ljust(len(first)), *rest[:-1], row[-1])).rstrip()
    for note in measurement.notes:
        yield from _wrapped(f"note: {note}")


def _wrapped(text: str, width: int = 116) -> Iterator[str]:
    line = " "
    for word in text.split():
        if len(line) + len(word) >= width:
            yield line
            line = " "
        line += f" {word}"
    yield line


def _row(figure: Figure) -> tuple[str, ...]:
    met = {None: "", True: "yes", False: "no"}[figure.met]
    aim = "" if figure.aim is None else f"<= {figure.aim:g} {figure.unit}"
    spread = f"{min(figure.values):.2f} - {max(figure.values):.2f}" if len(figure.values) > 1 else ""
    return (figure.what, f"{figure.median:.2f} {figure.unit}", spread, aim, met, figure.basis)


def _plain(measurement: Measurement) -> dict[str, object]:
    return {
        "title": measurement.title,
        "fairness": measurement.fairness,
        "notes": list(measurement.notes),
        "figures": [
            {
                "what": figure.what,
                "unit": figure.unit,
                "values": [round(value, 4) for value in figure.values],
                "median": round(figure.median, 4),
                "min": round(min(figure.values), 4),
                "max": round(max(figure.values), 4),
                "aim": figure.aim,
                "met": figure.met,
            }
            for figure in measurement.figures
        ],
    }
