"""Masks: the names of secrets in place of their values, however a page or the browser spells those."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from html.entities import html5
from typing import Any, TypeVar, cast

from prodworthy.model import Secret

Told = TypeVar("Told")

STARS = "***"
LEAST = 4  # characters of a value that has been cut, for it to be known again
MOST = 40  # of them that are compared
LONGEST = 8_000  # characters of a text that are looked at; nobody shows more
# what escapes, being escaped itself up to so many times: no text can make the search long
_PERCENT = "%(?:25){0,4}"
_SLASH = rf"(?:\\|{_PERCENT}5c){{1,8}}"
_AND = "&(?:amp;){0,4}"
_BACKSLASHES = rf"(?:{_PERCENT}5c|{_AND}(?:#0{{0,8}}92|#x0{{0,8}}5c|bsol);?|\\u005c|\\u\{{5c\}}|\\x5c|\\){{1,64}}"
# between the words of a value: runs of white space, which browsers fold
_SPACE = (
    rf"(?:\s|\+|{_PERCENT}(?:20|09|0a|0d|c2{_PERCENT}a0)"
    rf"|{_AND}(?:nbsp|#0{{0,8}}(?:9|10|13|32|160)|#x0{{0,8}}(?:9|a|d|20|a0));?"
    rf"|{_SLASH}(?:[nrt]|u00(?:20|09|0a|0d|a0)|x(?:20|09|0a|0d|a0)))+"
)


class Mask:
    """Puts the name of every secret in place of its value."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        named = {value: secret.name for secret in secrets if (value := secret.value) and value.strip()}
        longest_first = sorted(named, key=len, reverse=True)
        spelled = {value: _spelled(value) for value in longest_first}
        self.patterns = tuple(re.compile("".join(each), re.IGNORECASE) for each in spelled.values())
        self._hidden = [
            (re.compile(pattern, re.IGNORECASE), named[value])
            for value, characters in spelled.items()
            for pattern in ("".join(characters), *_halves(characters))
        ]

    def __call__(self, text: str) -> str:
        """The text without the values: whole in any spelling, and the parts that are left of them beside a “…”."""
        if self._hidden and len(text) > LONGEST:
            text = f"{text[:LONGEST]}…"
        for pattern, name in self._hidden:
            text = pattern.sub(lambda _, name=name: name, text)  # type: ignore[misc]
        return text

    def over(self, told: Told) -> Told:
        """The same plain data, every text in it masked; keys aside."""
        return cast(Told, self._over(told))

    def _over(self, told: Any) -> Any:
        if isinstance(told, str):
            return self(told)
        if isinstance(told, list | tuple):
            return type(told)(map(self._over, told))
        if isinstance(told, dict):
            return {key: self._over(each) for key, each in told.items()}
        if is_dataclass(told) and not isinstance(told, type):
            return replace(told, **{each.name: self._over(getattr(told, each.name)) for each in fields(told)})
        return told


class Hush(Mask):
    """Puts stars in place of values that nobody would escape, however long the text."""

    def __init__(self, values: Iterable[str]) -> None:
        super().__init__()
        self._values = tuple(filter(None, values))

    def __call__(self, text: str) -> str:
        """The text without them."""
        for value in self._values:
            text = text.replace(value, STARS)
        return text


NOTHING = Mask()  # to hide


def _spelled(value: str) -> list[str]:
    """A regular expression for each character, good in a browser too."""
    first, *others = value.split()
    return [*_word(first), *(each for word in others for each in (_SPACE, *_word(word)))]


def _word(word: str) -> list[str]:
    # backslashes in a row are one: how many escape each other nobody can tell
    return [_BACKSLASHES if each[0] == "\\" else _character(each) for each in re.findall(r"\\+|[^\\]", word)]


def _character(character: str) -> str:
    """As it is, and escaped for an address, a form, JSON, a script or a document, once or again."""
    point = ord(character)
    wide = character.encode("utf-16-be", "surrogatepass")
    octets = [character.encode("utf-8", "surrogatepass"), *([bytes([point])] if 127 < point < 256 else [])]
    names = [name.removesuffix(";") for name, meant in html5.items() if meant == character and name.endswith(";")]
    spellings = [
        *("".join(f"{_PERCENT}{octet:02x}" for octet in each) for each in octets),
        "".join(f"{_SLASH}u{wide[at]:02x}{wide[at + 1]:02x}" for at in range(0, len(wide), 2)),
        rf"{_SLASH}u\{{0{{0,8}}{point:x}\}}",
        *([f"{_SLASH}x{point:02x}"] if point < 256 else []),
        f"{_AND}#0{{0,8}}{point};?",
        f"{_AND}#x0{{0,8}}{point:x};?",
        *(f"{_AND}{name};?" for name in names),
        *([f"(?:{_SLASH})?(?:{re.escape(character)}|{_PERCENT}{point:02x})"] if character in "\"'`/" else []),
        *([character.upper()] if len(character.upper()) > 1 else []),
        re.escape(character),  # the last, lest it take the beginning of another
    ]
    return f"(?:{'|'.join(spellings)})"


def _halves(characters: list[str]) -> tuple[str, ...]:
    """The beginning before a “…”, cut within an escape perhaps, and the end after one."""
    if len(characters) <= LEAST:
        return ()
    more = "[^…]*?" if len(characters) > MOST else ""
    beginning, end = "", ""
    for each in reversed(characters[LEAST:MOST]):
        beginning = f"(?:{each}{beginning or more})?"
    for each in characters[-MOST:-LEAST]:
        end = f"(?:{end or more}{each})?"
    first, last = "".join(characters[:LEAST]), "".join(characters[-LEAST:])
    return rf"{first}{beginning}(?:[%&\\][^\s…]{{0,9}})?(?=…)", rf"(?<=…)[^\s…]{{0,9}}?{end}{last}"
