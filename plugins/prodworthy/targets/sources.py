"""The functions' source files of a checkout, as they should be deployed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from prodworthy.model.sources import Sources, digest

LEFT_OUT = "node_modules"  # and whatever is hidden: neither is deployed


def sources(folder: Path) -> Sources:
    """Every file of `folder`, which is an app's supabase/functions. Raises OSError."""
    return {path.relative_to(folder).as_posix(): digest(path.read_bytes()) for path in sorted(_files(folder))}


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name.startswith(".") or path.name == LEFT_OUT:
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.is_file():
            yield path
