"""Plain data for what travels or lasts: dataclasses to JSON-able values and back."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from cattrs.preconf.json import JsonConverter, make_converter

Data = TypeVar("Data")


@cache
def _converter() -> JsonConverter:
    converter = make_converter()
    # JSON takes a StrEnum for a string; the wire between pytest-xdist's processes does not
    converter.register_unstructure_hook(StrEnum, str.__str__)
    return converter


def to_plain(value: object) -> Any:
    """Dictionaries, lists, strings and numbers only: bytes become base85, moments ISO 8601."""
    return _converter().unstructure(value)


def from_plain(kind: type[Data], plain: Any) -> Data:
    """The inverse of `to_plain`; raises cattrs' ClassValidationError for what does not fit."""
    return _converter().structure(plain, kind)
