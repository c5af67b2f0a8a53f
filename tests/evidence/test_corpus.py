"""No library that people really ship is taken for a leak: keys' beginnings, samples and key-like data included."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from prodworthy.evidence.bundle.packages import in_comments
from prodworthy.evidence.leaks import leaks
from prodworthy.evidence.signs import Declared, signs

CORPUS = Path(__file__).with_name("corpus")
STOREFRONT = Path(__file__).parents[2] / "examples" / "storefront"
ELSEWHERE = Declared(host="backend.shop.test")
SERVED = {".js", ".mjs", ".cjs", ".css", ".map", ".json", ".html"}


def served(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.suffix in SERVED and path.is_file())


def alarms(folder: Path) -> list[str]:
    texts = ((path, path.read_bytes()) for path in served(folder))
    return [
        f"{path.relative_to(folder)}: {each}"
        for path, text in texts
        for each in (*leaks(text), *signs(text, ELSEWHERE))
    ]


def test_the_storefronts_own_build_holds_no_secret() -> None:
    files = list(served(STOREFRONT / "dist"))
    assert len(files) > 100
    assert [leak for path in files for leak in leaks(path.read_bytes())] == []


@pytest.mark.parametrize("package", ["@supabase", "chart.js", "shiki", "vite"])
def test_a_library_of_the_storefront_is_no_leak(package: str) -> None:
    folder = STOREFRONT / "node_modules" / package
    assert any(served(folder))
    assert alarms(folder) == []


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Installed from their registry."""
    folder = tmp_path_factory.mktemp("corpus")
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(CORPUS / name, folder)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--silent"], cwd=folder, check=True)
    return folder / "node_modules"


@pytest.mark.long
def test_no_library_of_the_corpus_is_a_leak(libraries: Path) -> None:
    assert sum(1 for _ in served(libraries)) > 1_000
    assert alarms(libraries) == []


@pytest.mark.long
def test_no_library_of_the_corpus_says_that_it_is_two_versions(libraries: Path) -> None:
    told = {path: in_comments(path.read_bytes()).versions for path in served(libraries)}
    twice = [path for path, each in told.items() if len({name for name, _ in each}) < len(each)]
    assert sum(map(bool, told.values())) > 10
    assert twice == []
