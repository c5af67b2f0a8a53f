"""What is kept between runs to make the next one faster; losing it costs time and nothing else."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def cache() -> Path:
    """The folder for it: `$XDG_CACHE_HOME/prodworthy`, as the XDG base directory specification has it."""
    if chosen := os.environ.get("XDG_CACHE_HOME"):
        return Path(chosen) / "prodworthy"
    try:
        return Path.home() / ".cache" / "prodworthy"
    except RuntimeError:  # a user without a home, as in some containers: nothing is found there by the next run
        return Path(tempfile.gettempdir()) / f"prodworthy-cache-{os.getpid()}"
