"""Which targets were asked for: names, globs, or all."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from fnmatch import fnmatchcase

from prodworthy.targets.errors import TargetsError


def choose(wanted: Sequence[str], known: Sequence[str]) -> list[str]:
    """The known names that are wanted, each once, in the order wanted; raises TargetsError for one that is unknown."""
    chosen: dict[str, None] = {}
    for each in wanted:
        matches = [name for name in known if each in ("all", name) or fnmatchcase(name, each)]
        if not matches:
            raise TargetsError(unknown(each, known))
        chosen.update(dict.fromkeys(matches))
    return list(chosen)


def unknown(wanted: str, known: Sequence[str]) -> str:
    """That there is no such target, with the nearest name that there is."""
    near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.4)
    hint = f'did you mean "{near[0]}"? ' if near else ""
    return f"no target is called {wanted!r}; {hint}known: {', '.join(known)}"
