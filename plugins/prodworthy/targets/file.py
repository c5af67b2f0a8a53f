"""The targets file: found, parsed and checked, with errors that say where and what is allowed."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prodworthy.model.wording import counted
from prodworthy.targets.errors import TargetsError
from prodworthy.targets.lines import line_of

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

NAME = "targets.toml"
SHOWN = 10  # problems printed at once
VARIABLE = "^[A-Za-z_][A-Za-z0-9_]*$"  # as the schema has it


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetsFile:
    """A targets file that fits the schema."""

    path: Path
    text: str
    targets: dict[str, dict[str, Any]]

    def error(self, key: str, sentence: str) -> TargetsError:
        """What is wrong at a dotted key, and on which line."""
        return TargetsError(f"{self.path}:{line_of(self.text, key.split('.'))}: {key}: {sentence}")

    @property
    def folder(self) -> Path:
        """What paths in the file are relative to."""
        return self.path.parent


def find(given: str | None, folders: Sequence[Path]) -> Path:
    """The file that was named, or the first targets.toml in `folders`; raises TargetsError when there is none."""
    places = [Path(given)] if given else [folder / NAME for folder in folders]
    for place in places:
        if place.is_file():
            return place
    looked = " or ".join(str(place) for place in dict.fromkeys(places))
    raise TargetsError(f"no targets file: looked for {looked}; write one with `prodworthy init`")


def read(path: Path) -> TargetsFile:
    """Parse and check; raises TargetsError naming file, line, key, what was found and what is allowed."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TargetsError(f"{path}: cannot be read: not UTF-8 (byte {error.start})") from None
    except OSError as error:
        raise TargetsError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        data = _instants_as_text(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise TargetsError(f"{path}: not valid TOML: {error}") from None
    if problems := list(_problems(path, text, data)):
        rest = f"\n… and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise TargetsError("\n".join(problems[:SHOWN]) + rest)
    return TargetsFile(path=path, text=text, targets=data["targets"])


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the targets file."""
    text = files("prodworthy.targets").joinpath("targets.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _instants_as_text(value: Any) -> Any:
    """TOML knows instants, JSON Schema does not."""
    if isinstance(value, dict):
        return {key: _instants_as_text(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_instants_as_text(each) for each in value]
    return value.isoformat() if isinstance(value, date | time) else value


def _problems(path: Path, text: str, data: dict[str, Any]) -> Iterator[str]:
    from jsonschema import Draft202012Validator  # noqa: PLC0415  # slow to import, and not needed without targets

    errors = Draft202012Validator(schema(), format_checker=Draft202012Validator.FORMAT_CHECKER).iter_errors(data)
    told = []
    for error in map(_deepest, errors):
        for key, sentence in _said(error):
            where = (*error.absolute_path, *key)
            name = ".".join(str(part) for part in where) or "the file"
            told.append((line_of(text, where), f"{name}: {sentence}"))
    yield from (f"{path}:{line}: {sentence}" for line, sentence in sorted(dict.fromkeys(told)))


def _deepest(error: ValidationError) -> ValidationError:
    """Of several alternatives that all failed, the one that came furthest: that is what was meant."""
    while error.context:
        if error.validator == "anyOf" and all(each.validator == "required" for each in error.context):
            return error
        error = max(error.context, key=lambda each: (len(each.absolute_path), each.validator != "type"))
    return error


def _said(error: ValidationError) -> Iterator[tuple[tuple[str, ...], str]]:
    """Key below the error's own path, and the sentence: found, allowed."""
    value: Any = error.validator_value
    found: Any = error.instance
    here: Any = error.schema
    if "propertyNames" in error.absolute_schema_path:
        yield (str(found),), "not a usable name; allowed: letters, digits, - and _ (and 'all' stands for every target)"
        return
    match error.validator:
        case "additionalProperties":
            allowed = sorted(here["properties"])
            for key in sorted(set(found) - set(allowed)):
                yield (str(key),), f"unknown key; {_nearest(key, allowed)}allowed: {', '.join(allowed)}"
        case "required":
            missing = [key for key in value if key not in found]
            yield (), f"lacks {' and '.join(repr(key) for key in missing)}"
        case "anyOf":
            alternatives = " or ".join(repr(key) for each in value for key in each.get("required", []))
            yield (), f"lacks {alternatives}"
        case "enum":
            nearest = _nearest(error.instance, [str(each) for each in value])
            yield (), f"found {_shown(error.instance)}; {nearest}allowed: {', '.join(map(repr, value))}"
        case "minLength":
            yield (), f"found {_shown(found)}; allowed: text of at least {counted(value, 'character')}"
        case "maxProperties":
            yield (), f"found {', '.join(map(str, found))}; allowed: {value} of them at most"
        case "type" if value == "boolean":
            yield (), f"found {_shown(found)}; allowed: true or false"
        case "type" if "env" in (here.get("properties") or {}):
            kind = type(found).__name__  # never the value: it may be a secret that was pasted by mistake
            yield (), f'found a value of type {kind}; secrets are not written here: {{ env = "NAME" }}'
        case "type":
            kinds = value if isinstance(value, list) else [value]
            meant = here.get("description") or " or ".join(kinds)
            yield (), f"found {_shown(error.instance)}; allowed: {meant}"
        case "pattern" if value == VARIABLE:
            yield (), "not the name of an environment variable, such as VERCEL_TOKEN"  # perhaps a secret: not shown
        case "format":
            yield (), f"found {_shown(error.instance)}; not a {value}: {error.cause}"
        case "pattern":
            meant = here.get("description") or f"text that matches {value}"
            yield (), f"found {_shown(error.instance)}; allowed: {meant}"
        case _:
            yield (), error.message[:300]


def _nearest(found: object, allowed: Sequence[str]) -> str:
    near = difflib.get_close_matches(str(found), allowed, n=1, cutoff=0.5)
    return f'did you mean "{near[0]}"? ' if near else ""


def _shown(value: object) -> str:
    """The value, shortened; a long string could be a secret that was pasted by mistake."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:20]}…"
