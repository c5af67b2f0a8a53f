"""Remedies can be pasted: every key of targets.toml that a rule names is one that the file takes."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import prodworthy.review
from prodworthy.review.rules import CATALOGUE
from prodworthy.targets.file import schema

NAMED = re.compile(r"\b(html|smoke|supabase|budgets|embedded|identity|markup|browsing)\.([a-z_]+)\b(?!-)")


def catalogue() -> Iterator[Any]:
    for module in pkgutil.walk_packages(prodworthy.review.__path__, "prodworthy.review."):
        importlib.import_module(module.name)
    yield from CATALOGUE.values()


def test_every_key_that_a_remedy_names_is_in_the_schema() -> None:
    rules = list(catalogue())
    defined = schema()["$defs"]
    named = {
        (rule.id, table, key)
        for rule in rules
        for table, key in NAMED.findall(f"{rule.remedy} {rule.reason}")
        if (table, key) != ("supabase", "com")
    }
    assert len(rules) > 100
    assert {each for each in named if each[2] not in defined.get(each[1], {}).get("properties", {})} == set()


def test_every_rule_says_what_to_do_and_where_it_comes_from() -> None:
    for rule in catalogue():
        assert re.fullmatch(r"[a-z]+\.[a-z0-9-]+", rule.id)
        assert rule.title, rule.id
        assert rule.reason, rule.id
        assert rule.remedy, rule.id
        assert rule.references, rule.id
