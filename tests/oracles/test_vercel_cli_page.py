"""docs/vercel-cli.md shows the situations that the tests run, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from tests.oracles.vercel.situations import GOOD, SITUATIONS, table

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "vercel-cli.md"


def test_the_page_shows_the_table_that_is_tested() -> None:
    page = PAGE.read_text()
    shown = "\n".join(line for line in page.splitlines() if line.startswith("|"))
    assert shown == table(), f"replace the table in {PAGE.name} by:\n{table()}"


def test_the_page_names_the_versions_that_are_tested() -> None:
    pinned = json.loads((Path(__file__).parent / "vercel" / "package.json").read_text())["dependencies"]
    page = PAGE.read_text()
    for name, version in pinned.items():
        assert f"`{name}` {version}" in page


def test_the_vendors_zero_means_nothing_alone_and_ours_does() -> None:
    assert {name for name, each in SITUATIONS.items() if each.wrong} >= {"stale", "foreign", "skipped", "lost"}
    assert all((each.exit == 0) is (each.serves == GOOD) for each in SITUATIONS.values())
