"""The catalogue: every rule of every check, for those who list, explain or name them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from prodworthy.model import CHECKS, Rule
from prodworthy.review import bundle, functions, headers, health, html, smoke, supabase, waivers  # noqa: F401  # declare
from prodworthy.review.rules import CATALOGUE

OWN = "own."  # tests of teams


def every_rule() -> tuple[Rule[Any], ...]:
    """Check by check, each in the order in which it was declared."""
    order = [*(check.name for check in CHECKS), "waivers"]
    return tuple(sorted(CATALOGUE.values(), key=lambda rule: order.index(rule.check)))


def rule_called(name: str) -> Rule[Any] | None:
    """The rule of that id."""
    return CATALOGUE.get(name)


def unknown_rule(names: Iterable[str]) -> str | None:
    """That one of `names` is the id of no rule, with the nearest that is; teams' own tests are not known here."""
    for name in names:
        if name not in CATALOGUE and not name.startswith(OWN):
            within = [rule for rule in CATALOGUE if name in rule]
            near = difflib.get_close_matches(name, CATALOGUE, n=1, cutoff=0.5) if not within else within[:5]
            quoted = " or ".join(f'"{rule}"' for rule in near)
            hint = f"did you mean {quoted}? " if near else ""
            return f"no rule is called {name!r}; {hint}`prodworthy rules` lists them"
    return None
