"""The picture of the bundle: true to the sizes, escaped, and told in words too."""

from __future__ import annotations

import re

import pytest

from prodworthy.reporting.treemap import Box, Tile, laid_out, treemap

FRAME = Box(0, 0, 1000, 400)


def tile(name: str, size: int, *, first: bool = False) -> Tile:
    return Tile(
        name=name, first=first, size=size, measure="gzip", raw=size * 3, gzip=size, brotli=size, transferred=size
    )


SIZES = [
    pytest.param([1.0], id="one"),
    pytest.param([3.0, 1.0], id="two"),
    pytest.param([float(size) for size in range(200, 0, -1)], id="many"),
    pytest.param([1e6, *[1.0] * 50], id="one that dwarfs the others"),
    pytest.param([5.0] * 64, id="equals"),
    pytest.param([1.0, 9.0, 4.0], id="in any order"),
]


@pytest.mark.parametrize("sizes", SIZES)
def test_areas_are_as_the_sizes_and_fill_the_frame(sizes: list[float]) -> None:
    boxes = laid_out(sizes, FRAME)
    scale = FRAME.width * FRAME.height / sum(sizes)
    assert [box.width * box.height for box in boxes] == pytest.approx([size * scale for size in sizes])


@pytest.mark.parametrize("sizes", SIZES)
def test_boxes_stay_inside_and_do_not_overlap(sizes: list[float]) -> None:
    boxes = laid_out(sizes, FRAME)
    for number, box in enumerate(boxes):
        assert -1e-6 <= box.x <= box.x + box.width <= FRAME.width + 1e-6
        assert -1e-6 <= box.y <= box.y + box.height <= FRAME.height + 1e-6
        assert not any(overlap(box, other) for other in boxes[:number])


def overlap(one: Box, other: Box) -> bool:
    across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return across > 1e-6 and down > 1e-6


def test_equal_sizes_are_nearly_square() -> None:
    boxes = laid_out([1.0] * 40, FRAME)
    assert max(max(box.width / box.height, box.height / box.width) for box in boxes) < 1.6


def test_no_files_make_no_picture() -> None:
    assert treemap([]) == treemap([tile("/empty.js", 0)]) == ""


def test_what_a_target_named_is_escaped_everywhere() -> None:
    drawn = treemap([tile('/<script>alert("x")</script>&.js', 90_000)])
    assert "<script>" not in drawn
    assert drawn.count("&lt;script&gt;") == 3  # in the label for who cannot see, in the tooltip and in the table


def test_files_that_load_at_first_have_a_colour_of_their_own() -> None:
    drawn = treemap([tile("/a.js", 500, first=True), tile("/b.js", 1_500)])
    assert re.findall(r'<g class="(pw-\w+)">', drawn) == ["pw-first", "pw-later"]
    assert "loaded at first by some page: 0.5 kB gzip, 1 file" in drawn
    assert "loaded later: 1.5 kB gzip, 1 file" in drawn


def test_files_too_small_to_be_seen_are_drawn_as_one() -> None:
    drawn = treemap([tile("/large.js", 10_000_000), *(tile(f"/{number}.js", 10) for number in range(500))])
    assert drawn.count("<rect") == 2
    assert "500 smaller files: 5.0 kB" in drawn


def test_the_same_is_told_in_words_and_as_a_table() -> None:
    drawn = treemap([tile("/a.js", 3_000, first=True), *(tile(f"/{number}.js", 100) for number in range(50))])
    assert 'aria-label="Treemap of the bundle: 51 files, 8.0 kB gzip; 3.0 kB of it in 1 file at first;' in drawn
    assert drawn.count("<tr>") == 1 + 40 + 1
    assert "and 11 smaller files" in drawn


def test_text_that_does_not_fit_is_cut_or_left_out() -> None:
    drawn = treemap([tile(f"/assets/{'long' * 20}-{number:03}.js", 100) for number in range(120)])
    assert all(len(text) <= 20 for text in re.findall(r"<text[^>]*>([^<]*)", drawn))
