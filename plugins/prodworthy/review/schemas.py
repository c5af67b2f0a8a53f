"""Whether an answer's body is what a JSON Schema declares, told in one bounded line."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry
from referencing.exceptions import Unresolvable

from prodworthy.model import Answer
from prodworthy.model.text import clean

ENOUGH = 20  # errors that are looked at; a body of megabytes could hold as many as it likes


def misfit(answer: Answer, schema: Mapping[str, Any]) -> str | None:
    """How the body falls short of `schema` (draft 2020-12); None when it does not.

    References outside the schema are not fetched: they are a misfit that names them.
    """
    try:
        body = answer.json()
    except ValueError as error:
        return clean(f"not JSON ({error}): {answer.text}")
    validator = Draft202012Validator(schema, registry=Registry())
    try:
        errors = list(islice(validator.iter_errors(body), ENOUGH))
    except Unresolvable as error:
        return clean(f"the schema refers to {error.ref}, which is not in it")
    except RecursionError:
        return "nested too deeply to be judged"
    return _told(errors) if errors else None


def _told(errors: list[ValidationError]) -> str:
    worst = best_match(errors)
    assert worst is not None
    pointer = "".join(f"/{step}" for step in worst.absolute_path) or "the whole body"
    more = {1: "", ENOUGH: f" (and at least {ENOUGH - 1} more)"}.get(len(errors), f" (and {len(errors) - 1} more)")
    return clean(f"{pointer}: {worst.message}") + more
