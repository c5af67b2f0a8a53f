"""The bundle as a picture: one rectangle a file, as large as the file is heavy. Everything from a target is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import count

from prodworthy.model.bundle import Bundle
from prodworthy.model.measurement import Measurement
from prodworthy.model.wording import counted

WIDTH, HEIGHT = 1000.0, 400.0  # of the picture's own units
SMALLEST = 90.0  # square units: what is smaller goes into one rectangle with its like
LETTER = 7.0  # units that a letter takes, about: some fonts are wide
LINE = 15.0
MARGIN = 5.0
LISTED = 40  # rows of the table
LONGEST = 160  # characters of a path

STYLE = """
.pw-map { color-scheme: light dark; --first: #2b5fc0; --on-first: #fff; --later: #d5deec; --on-later: #1d2838; }
@media (prefers-color-scheme: dark) {
  .pw-map { --first: #8ab4ff; --on-first: #0c1524; --later: #333e50; --on-later: #e3e9f4; }
}
.pw-map { margin: 1rem 0; } .pw-map > summary { font-weight: 600; cursor: pointer; }
.pw-map-frame { overflow-x: auto; margin-top: .7rem; }
.pw-map svg { display: block; width: 100%; min-width: 56rem; height: auto; }
.pw-map svg text { font: 12px system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; pointer-events: none; }
.pw-first rect { fill: var(--first); } .pw-first text { fill: var(--on-first); }
.pw-later rect { fill: var(--later); } .pw-later text { fill: var(--on-later); }
.pw-map svg .pw-size { opacity: .85; font-size: 11px; }
.pw-map rect:hover { opacity: .8; }
.pw-map-legend { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; margin: .5rem 0 0; padding: 0; list-style: none; }
.pw-map-legend i { display: inline-block; width: .8em; height: .8em; margin-right: .45em; border-radius: .15em; }
.pw-map-legend .pw-first i { background: var(--first); } .pw-map-legend .pw-later i { background: var(--later); }
.pw-map table { font-size: .8rem; border-collapse: collapse; }
.pw-map td, .pw-map th { padding: .1rem .8rem .1rem 0; border: 0; text-align: left; overflow-wrap: anywhere; }
.pw-map td + td, .pw-map th + th { text-align: right; white-space: nowrap; }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One file of the bundle; sizes in bytes."""

    name: str  # its path
    first: bool  # some page loads it at once
    size: int  # by which it is drawn
    measure: str  # of that: "gzip"
    raw: int
    gzip: int
    brotli: int
    transferred: int


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the picture."""

    x: float
    y: float
    width: float
    height: float


def tiles(bundle: Bundle) -> list[Tile]:
    """The code that is there, the heaviest first."""
    found = [
        Tile(
            name=file.path[:LONGEST],
            first=file.initial,
            size=bundle.size_of(file),
            measure=bundle.budgets.measure,
            raw=file.delivery.raw,
            gzip=file.delivery.gzip,
            brotli=file.delivery.brotli,
            transferred=file.delivery.transferred,
        )
        for file in bundle.sound
        if file.delivery
    ]
    return sorted(found, key=lambda tile: (-tile.size, tile.name))


def treemap(drawn: Sequence[Tile], *, shown: bool = True) -> str:
    """The picture, a legend and the same as a table; empty when there is nothing to draw. `shown`: unfolded."""
    seen = [tile for tile in drawn if tile.size > 0]
    if not seen:
        return ""
    groups = [[tile for tile in seen if tile.first is first] for first in (True, False)]
    told = [group for group in groups if group]
    boxes = laid_out([_sum(group) for group in told], Box(0, 0, WIDTH, HEIGHT))
    rectangles = "".join(_group(group, box) for group, box in zip(told, boxes, strict=True))
    state = " open" if shown else ""
    return (
        f'<details class="pw-map"{state}><style>{STYLE}</style><summary>What the bundle is made of</summary>'
        f'<div class="pw-map-frame"><svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" '
        f'aria-label="{escape(_said(seen))}">{rectangles}</svg></div>'
        f'<ul class="pw-map-legend">{"".join(map(_legend, told))}</ul>{_table(seen)}</details>'
    )


def laid_out(sizes: Sequence[float], within: Box) -> list[Box]:
    """A box for each size, in order and as square as can be (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000).

    Sizes are positive, and best told in descending order; the boxes fill `within`.
    """
    scale = within.width * within.height / sum(sizes) if sizes else 0
    areas = [size * scale for size in sizes]
    boxes: list[Box] = []
    while areas:
        row, side = 1, min(within.width, within.height)
        while row < len(areas) and _worst(areas[: row + 1], side) <= _worst(areas[:row], side):
            row += 1
        placed, within = _row(areas[:row], within)
        boxes += placed
        areas = areas[row:]
    return boxes


def _worst(areas: Sequence[float], side: float) -> float:
    """How far from a square the worst of a row is."""
    total = sum(areas)
    if total <= 0 or side <= 0:
        return float("inf")
    return max(side * side * max(areas) / total**2, total**2 / (side * side * min(areas)))


def _row(areas: Sequence[float], within: Box) -> tuple[list[Box], Box]:
    """A row along the shorter side, and what is left."""
    total, placed, start = sum(areas), [], 0.0
    if within.width >= within.height:
        depth = total / within.height if within.height else 0.0
        for area in areas:
            length = within.height * area / total
            placed.append(Box(within.x, within.y + start, depth, length))
            start += length
        return placed, Box(within.x + depth, within.y, max(within.width - depth, 0), within.height)
    depth = total / within.width if within.width else 0.0
    for area in areas:
        length = within.width * area / total
        placed.append(Box(within.x + start, within.y, length, depth))
        start += length
    return placed, Box(within.x, within.y + depth, within.width, max(within.height - depth, 0))


def _group(group: Sequence[Tile], within: Box) -> str:
    """The rectangles of one colour; the smallest as one."""
    kept, rest = _split(group, within)
    sizes = [tile.size for tile in kept] + ([_sum(rest)] if rest else [])
    boxes = laid_out(sizes, within)
    drawn = [_rectangle(tile.name, tile.size, box) for tile, box in zip(kept, boxes, strict=False)]
    if rest:
        drawn.append(_rectangle(counted(len(rest), "smaller file"), _sum(rest), boxes[-1]))
    return f'<g class="{_class(group[0])}">{"".join(drawn)}</g>'


def _split(group: Sequence[Tile], within: Box) -> tuple[Sequence[Tile], Sequence[Tile]]:
    least = SMALLEST * _sum(group) / (within.width * within.height)
    number = next((place for place in count() if place == len(group) or group[place].size < least), 0)
    return (group, ()) if len(group) - number < 2 else (group[:number], group[number:])


def _rectangle(name: str, size: int, box: Box) -> str:
    shown = _readable(size)
    width, height = max(box.width - 1.5, 0.5), max(box.height - 1.5, 0.5)
    room = int((width - 2 * MARGIN) / LETTER)
    lines = [(name.rpartition("/")[2] or name, "")] if room >= 4 else []
    lines += [(shown, ' class="pw-size"')] if room >= len(shown) else []
    fitting = lines[: max(int((height - MARGIN) / LINE), 0)]
    text = "".join(
        f'<text{kind} x="{box.x + MARGIN:.1f}" y="{box.y + LINE * number:.1f}">{escape(_cut(line, room))}</text>'
        for number, (line, kind) in enumerate(fitting, 1)
    )
    return (
        f"<g><title>{escape(name)}: {shown}</title>"
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2"/>{text}</g>'
    )


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…"


def _legend(group: Sequence[Tile]) -> str:
    when = "loaded at first by some page" if group[0].first else "loaded later"
    size = f"{_readable(_sum(group))} {escape(group[0].measure)}"
    return f'<li class="{_class(group[0])}"><i></i>{when}: {size}, {counted(len(group), "file")}</li>'


def _table(seen: Sequence[Tile]) -> str:
    head = "".join(
        f'<th scope="col">{name}</th>' for name in ("file", "loaded", "raw", "gzip", "brotli", "transferred")
    )
    rows = "".join(map(_table_row, seen[:LISTED]))
    rest = seen[LISTED:]
    more = f"<tr><td>and {counted(len(rest), 'smaller file')}</td><td></td>{_cells(rest)}</tr>" if rest else ""
    return (
        f"<details><summary>the same as a table</summary><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}{more}</tbody></table></details>"
    )


def _table_row(tile: Tile) -> str:
    return f"<tr><td>{escape(tile.name)}</td><td>{'at first' if tile.first else 'later'}</td>{_cells([tile])}</tr>"


def _cells(group: Iterable[Tile]) -> str:
    each = list(group)
    sums = (sum(getattr(tile, name) for tile in each) for name in ("raw", "gzip", "brotli", "transferred"))
    return "".join(f"<td>{_readable(size)}</td>" for size in sums)


def _said(seen: Sequence[Tile]) -> str:
    """What the picture shows, for who cannot see it."""
    first = [tile for tile in seen if tile.first]
    largest = ", ".join(f"{tile.name} {_readable(tile.size)}" for tile in seen[:3])
    return (
        f"Treemap of the bundle: {counted(len(seen), 'file')}, {_readable(_sum(seen))} {seen[0].measure}; "
        f"{_readable(_sum(first))} of it in {counted(len(first), 'file')} at first; the largest: {largest}. "
        "A table follows."
    )


def _class(tile: Tile) -> str:
    return "pw-first" if tile.first else "pw-later"


def _sum(group: Iterable[Tile]) -> int:
    return sum(tile.size for tile in group)


def _readable(size: int) -> str:
    return str(Measurement(what="", value=size, unit="B"))
