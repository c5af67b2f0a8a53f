"""Remedies can be pasted: every key of targets.toml that a rule names is one that the file takes."""

from __future__ import annotations

import re

from prodworthy.review.catalogue import every_rule
from prodworthy.targets.file import schema

NAMED = re.compile(r"\b(html|smoke|supabase|budgets|embedded|identity|markup|browsing)\.([a-z_]+)\b(?!-)")


def test_every_key_that_a_remedy_names_is_in_the_schema() -> None:
    rules = every_rule()
    defined = schema()["$defs"]
    named = {
        (rule.id, table, key)
        for rule in rules
        for table, key in NAMED.findall(f"{rule.remedy} {rule.reason}")
        if (table, key) != ("supabase", "com")
    }
    assert len(rules) > 100
    assert {each for each in named if each[2] not in defined.get(each[1], {}).get("properties", {})} == set()
