"""What runs inside pages: our own scripts, and the two libraries of others that lie in `libraries/`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
LIBRARIES = FOLDER / "libraries"  # as their authors built them; versions.json says which


@cache
def watch() -> str:
    """For every frame, before the page's own scripts; brings Google's web-vitals along."""
    vitals = (LIBRARIES / "web-vitals.iife.js").read_text("utf-8")
    return f"(() => {{\n{vitals}\n{_own('watch.js')}\n}})()"


@cache
def look() -> str:
    """A function that tells what the page shows."""
    return _own("look.js")


@cache
def axe() -> str:
    """A function that tells what axe-core finds."""
    library = (LIBRARIES / "axe.min.js").read_text("utf-8")
    return _own("axe.js").replace("/* axe-core */", library)


@cache
def link() -> str:
    """A function that finds the visible link to an address."""
    return _own("link.js")


def _own(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")
