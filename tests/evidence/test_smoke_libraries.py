"""The libraries of others that run inside pages are the ones that they are said to be."""

from __future__ import annotations

import hashlib
import json

import pytest

from prodworthy.evidence.smoke import scripts

SAID = json.loads((scripts.LIBRARIES / "versions.json").read_text("utf-8"))["scripts"]


@pytest.mark.parametrize("said", SAID, ids=lambda said: said["package"])
def test_a_library_is_what_its_authors_published(said: dict[str, str]) -> None:
    content = (scripts.LIBRARIES / said["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == said["sha256"]


def test_a_library_says_its_version_itself() -> None:
    (axe,) = (said for said in SAID if said["package"] == "axe-core")
    assert f"/*! axe v{axe['version']}\n".encode() in (scripts.LIBRARIES / axe["file"]).read_bytes()


def test_every_file_is_listed_and_comes_with_its_license() -> None:
    listed = {name for said in SAID for name in (said["file"], *said["notices"])}
    assert {path.name for path in scripts.LIBRARIES.iterdir()} == {*listed, "versions.json"}
    assert all((scripts.LIBRARIES / name).stat().st_size > 1000 for said in SAID for name in said["notices"])


def test_what_runs_in_pages_holds_the_libraries() -> None:
    assert "webVitals.onLCP" in scripts.watch()
    assert "axe v4" in scripts.axe()
    assert "/* axe-core */" not in scripts.axe()
