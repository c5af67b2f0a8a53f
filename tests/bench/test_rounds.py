"""The contest is fair, and its figures say what was measured."""

from __future__ import annotations

import json

import pytest

from tests.bench import table
from tests.bench.rounds import Figure, interleaved, ratio


def test_contestants_take_turns(capsys: pytest.CaptureFixture[str]) -> None:
    turns: list[str] = []
    interleaved({"a": lambda: turns.append("a"), "b": lambda: turns.append("b")}, 3)
    assert turns == ["a", "b", "a", "b", "a", "b"]


def test_each_ratio_is_of_one_round() -> None:
    figure = ratio("a / b", [2.0, 9.0, 4.0], [1.0, 3.0, 1.0])
    assert figure.values == (2.0, 3.0, 4.0)


@pytest.mark.parametrize(
    ("aim", "met"),
    [
        pytest.param(1.5, True, id="one-slow-round-does-not-miss-the-aim"),
        pytest.param(1.0, False, id="a-median-above-the-aim-misses-it"),
        pytest.param(None, None, id="without-an-aim-nothing-is-met"),
    ],
)
def test_the_median_meets_the_aim(aim: float | None, met: bool | None) -> None:
    assert Figure(what="a / b", values=(1.1, 1.2, 7.0), aim=aim).met is met


def test_the_table_and_the_json_tell_the_same() -> None:
    figure = Figure(what="a / b", values=(1.1, 1.2, 7.0), aim=1.0, basis="3.00 s / 2.00 s")
    measurement = table.Measurement(title="A / B", fairness="both alike", figures=(figure,), notes=("noisy",))
    (told,) = json.loads(table.as_json([measurement], rounds=3))["measurements"]
    assert told["figures"][0]["median"] == 1.2
    (line,) = [line for line in table.as_text([measurement]).splitlines() if "a / b" in line]
    assert line.split("  ")[-1] == "3.00 s / 2.00 s"
    assert [part for part in ("1.20 x", "1.10 - 7.00", "<= 1 x", "no") if part not in line] == []
