"""Real builds of several bundlers are followed to their last file."""

from __future__ import annotations

from pathlib import Path

import pytest

from prodworthy.evidence.bundle import bundle
from prodworthy.model.bundle import Bundle, File, How
from tests.evidence.serving import built, look

BUILDS = Path(__file__).with_name("builds")
NAMES = sorted(path.name for path in BUILDS.iterdir() if path.is_dir())


def contents(name: str) -> dict[str, bytes]:
    folder = BUILDS / name
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def gathered(folder: Path, files: dict[str, bytes]) -> Bundle:
    found: Bundle = look(built(folder, files), bundle)[0]
    return found


def told(found: Bundle) -> dict[str, File]:
    return {file.path: file for file in found.files}


def test_there_are_builds_of_every_bundler() -> None:
    assert {name.partition("-")[0] for name in NAMES} == {"vite6", "vite7", "vite8", "webpack5"}


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_reached_and_no_other_is_asked_for(name: str, tmp_path: Path) -> None:
    found = gathered(tmp_path, contents(name))
    assert set(told(found)) == {f"/{path}" for path in contents(name)} - {"/index.html"}
    assert all(file.delivery and file.delivery.sound for file in found.files)
    assert found.gaps == ()


@pytest.mark.parametrize("name", NAMES)
def test_what_loads_at_once_is_told_from_what_comes_later(name: str, tmp_path: Path) -> None:
    files = told(gathered(tmp_path, contents(name)))
    later = {path for path, file in files.items() if not file.initial and path.endswith(("js", "css"))}
    bodies = {path: contents(name)[path[1:]] for path in later}
    words = (b'"cart"', b"`cart`", b"teal", b"help", b"paid", b"onmessage")
    assert all(any(word in body for word in words) for path, body in bodies.items() if "775" not in path)
    assert sum(word in body for body in bodies.values() for word in words) >= 5


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_gone_is_missed(name: str, tmp_path: Path) -> None:
    """Whichever it is: each is left out in turn."""
    files = contents(name)
    for number, gone in enumerate(sorted(files.keys() - {"index.html"})):
        rest = {path: body for path, body in files.items() if path != gone}
        delivery = told(gathered(tmp_path / str(number), rest))[f"/{gone}"].delivery
        assert delivery
        assert delivery.status == 404, gone


def test_webpacks_ways_have_names(tmp_path: Path) -> None:
    ways = {
        file.path.rpartition("/")[2].partition(".")[0]: file.how
        for file in gathered(tmp_path, contents("webpack5-hashed")).files
    }
    assert (ways["cart"], ways["104"], ways["logo"]) == (How.CHUNK, How.CHUNK, How.NAME)
