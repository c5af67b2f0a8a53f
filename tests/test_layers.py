"""Who knows what: the imports of every concern stay within what it may know."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from prodworthy import plugin
from prodworthy.model import CHECKS as CHECKED

PACKAGE = Path(__file__).parents[1] / "plugins" / "prodworthy"
CHECKS = PACKAGE.parents[1] / "verify"
FACES = {"plugin.py", "fixtures.py", "faces.py"}

# folder -> what of prodworthy, and of others, it must not know
FORBIDDEN = {
    "model": {"prodworthy.", "httpx", "playwright", "pytest"},
    "targets": {
        "prodworthy.hosting",
        "prodworthy.evidence",
        "prodworthy.review",
        "prodworthy.local",
        "prodworthy.reporting",
        "httpx",
    },
    "evidence": {
        "prodworthy.hosting",
        "prodworthy.review",
        "prodworthy.reporting",
        "prodworthy.local",
        "prodworthy.targets",
        "pytest",
    },
    "review": {
        "prodworthy.hosting",
        "prodworthy.evidence",
        "prodworthy.local",
        "prodworthy.reporting",
        "prodworthy.targets",
        "httpx",
        "os",
    },
    "reporting": {"prodworthy.hosting", "prodworthy.evidence", "prodworthy.local", "httpx", "playwright"},
    "hosting": {
        "prodworthy.evidence",
        "prodworthy.review",
        "prodworthy.local",
        "prodworthy.reporting",
        "prodworthy.targets",
        "prodworthy.commands",
        "playwright",
    },
    "local": {
        "prodworthy.hosting",
        "prodworthy.evidence",
        "prodworthy.review",
        "prodworthy.reporting",
        "prodworthy.targets",
    },
    "commands": {
        "prodworthy.evidence",
        "prodworthy.review",
        "prodworthy.reporting",
        "prodworthy.hosting.vercel",
        "prodworthy.hosting.transport",
        "playwright",
    },
}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def knows(path: Path, forbidden: set[str]) -> set[str]:
    return {
        name
        for name in imports(path)
        for part in forbidden
        if name.startswith(part if part.endswith(".") else f"{part}.") or name == part
    }


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_a_concern_knows_only_what_it_may(folder: str) -> None:
    forbidden = FORBIDDEN[folder]
    own = f"prodworthy.{folder}."
    files = [path for path in (PACKAGE / folder).rglob("*.py") if path.name not in FACES]
    assert files
    told = {
        str(path.relative_to(PACKAGE)): {n for n in knows(path, forbidden) if not n.startswith(own)} for path in files
    }
    assert {name: found for name, found in told.items() if found} == {}


def test_only_faces_know_pytest() -> None:
    files = [path for path in PACKAGE.rglob("*.py") if path.name not in FACES]
    assert [str(path.relative_to(PACKAGE)) for path in files if knows(path, {"pytest", "_pytest"})] == [
        "reporting/terminal.py"  # for the type of what it writes to
    ]


def test_the_checks_know_rules_and_vocabulary_only() -> None:
    told = {name for path in CHECKS.glob("test_*.py") for name in imports(path)}
    assert {
        n for n in told if not n.startswith(("prodworthy.review", "prodworthy.model", "pytest", "__future__"))
    } == set()


def test_the_face_that_imports_nothing_knows_the_seven_files_all_the_same() -> None:
    assert set(plugin.FILES) == {check.file for check in CHECKED} == {path.name for path in CHECKS.glob("test_*.py")}
