"""From the click paths of a targets file to the vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from prodworthy.model import Secret
from prodworthy.model.path import Action, ClickPath, Element, Step
from prodworthy.targets.units import duration

Raw = Mapping[str, Any]
ReadSecret = Callable[[Raw], Secret]


def click_path(raw: Raw, viewport: str, secret: ReadSecret) -> ClickPath:
    """One declared path; `viewport` is the one it is walked in when it names none."""
    return ClickPath(
        name=raw["name"],
        start=raw.get("start", "/"),
        viewport=raw.get("viewport", viewport),
        steps=tuple(_step(each, secret) for each in raw["steps"]),
    )


def _step(raw: Raw, secret: ReadSecret) -> Step:
    ((key, value),) = raw.items()  # the schema has checked that it is one
    action = Action(key)
    match action:
        case Action.FILL:
            given = value["with"]
            hidden = None if isinstance(given, str) else secret(given)
            return Step(action=action, element=_element(value), value="" if hidden else given, secret=hidden)
        case Action.SELECT:
            return Step(action=action, element=_element(value), value=value["option"])
        case Action.PRESS | Action.EXPECT_URL:
            return Step(action=action, value=value)
        case Action.WAIT:
            return Step(action=action, seconds=duration(value))
        case _:
            return Step(action=action, element=_element(value))


def _element(raw: str | Raw) -> Element:
    if isinstance(raw, str):
        return Element(words=raw)
    named = ("role", "name", "label", "placeholder")
    return Element(words=raw.get("text"), **{key: raw[key] for key in named if key in raw})
