"""Click paths: what a visitor does, step by step, declared for people who do not write tests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from prodworthy.model.secret import Secret


class Action(StrEnum):
    """What one step does; the name is the key in the targets file."""

    CLICK = "click"
    FILL = "fill"
    SELECT = "select"
    CHECK = "check"
    PRESS = "press"
    EXPECT = "expect"
    EXPECT_GONE = "expect_gone"
    EXPECT_URL = "expect_url"
    WAIT = "wait"


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """What a step is about, as a visitor would name it; exactly one of `words`, `role`, `label` and `placeholder`."""

    words: str | None = None  # the name of a control, else a label, else text
    role: str | None = None
    name: str | None = None  # the accessible name of the role
    label: str | None = None
    placeholder: str | None = None

    def __str__(self) -> str:
        if self.role:
            return f"{self.role} “{self.name}”" if self.name else self.role
        if self.label:
            return f"the field labelled “{self.label}”"
        return f"the field that holds “{self.placeholder}”" if self.placeholder else f"“{self.words}”"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that is done or expected."""

    action: Action
    element: Element | None = None  # of all but press, expect_url and wait
    value: str = ""  # what is filled in, the option, the key, the address
    secret: Secret | None = None  # what is filled in, when it comes from the environment
    seconds: float = 0.0  # to wait

    def __str__(self) -> str:
        match self.action:
            case Action.FILL:
                return f"fill {self.element} with {self.secret.name if self.secret else f'“{self.value}”'}"
            case Action.SELECT:
                return f"select “{self.value}” in {self.element}"
            case Action.PRESS:
                return f"press {self.value}"
            case Action.EXPECT_GONE:
                return f"expect {self.element} to be gone"
            case Action.EXPECT_URL:
                return f"expect the address {self.value}"
            case Action.WAIT:
                return f"wait {self.seconds:g} s"
            case _:
                return f"{self.action} {self.element}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickPath:
    """What a visitor does, from where, and on which screen."""

    name: str
    steps: tuple[Step, ...]
    start: str = "/"
    viewport: Literal["desktop", "mobile"] = "desktop"

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What it fills in from the environment."""
        return tuple(step.secret for step in self.steps if step.secret)
