"""Score, grade and every result code equal those of the Observatory's own engine (npm, algorithm 4), set by set."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.oracles.observatory.serving import Told, installed, scanned
from tests.oracles.observatory.sets import SETS, Set, drawn

SEED, DRAWN = 20260820, 120
ALL = (*SETS, *drawn(SEED, DRAWN))

# sets of which both say something else, with the reason
DIFFERENT = {
    "moved-in-a-circle": "it grades the eleventh redirect; to us there is no page, and the health check says why",
    "moved-away": "it follows to anybody's host and grades that; we ask nobody but the target's own hosts",
    "certificate-of-a-stranger": "it asks again without trust; we send nothing there, and the health check says why",
}

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    installed()
    return scanned(ALL, tmp_path_factory.mktemp("sets"))


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.name)
def test_both_engines_say_the_same_of_a_header_set(told: dict[str, Told], each: Set) -> None:
    said = told[each.name]
    assert (said.ours == said.theirs) is (each.name not in DIFFERENT), differences(said)


def differences(said: Told) -> str:
    if said.ours is None or said.theirs is None:
        return f"ours {said.ours}, theirs {said.theirs}: {said.why}"
    codes = [f"{test}: ours {said.ours[2].get(test)}, theirs {code}" for test, code in said.theirs[2].items()]
    unequal = [code for code, (test, theirs) in zip(codes, said.theirs[2].items(), strict=True)
               if said.ours[2].get(test) != theirs]  # fmt: skip
    return f"ours {said.ours[:2]}, theirs {said.theirs[:2]}; {'; '.join(unequal)}"


def test_the_sets_reach_most_results_and_every_letter(
    told: dict[str, Told], record_property: Callable[[str, object], None]
) -> None:
    graded = [said.theirs for said in told.values() if said.theirs]
    results = {result for _, _, codes in graded for result in codes.values()}
    letters = {letter for _, letter, _ in graded}
    record_property(
        "counted",
        f"MDN Observatory: {len(told) - len(DIFFERENT)} of {len(told)} header sets agree in score, grade and all "
        f"10 results ({len(SETS)} written, {DRAWN} drawn with seed {SEED}); {len(results)} results and "
        f"{len(letters)} letters occur; {len(told) - len(graded)} get no grade",
    )
    assert len(SETS) >= 80
    assert len(DIFFERENT) == 3
    assert letters >= {"A+", "A", "A-", "B+", "B", "C", "D", "F"}
