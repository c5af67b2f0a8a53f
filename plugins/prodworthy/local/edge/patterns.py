"""The path patterns of vercel.json: path-to-regexp, version 6, strict and case-sensitive, as the platform uses it.

Source of the rules: https://vercel.com/docs/project-configuration and https://github.com/pillarjs/path-to-regexp/tree/v6.1.0
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_TOKEN = re.compile(
    r"\\(?P<escaped>.)|:(?P<name>\w+)|(?P<group>\()|(?P<open>\{)|(?P<close>\})|(?P<modifier>[*+?])|(?P<char>.)",
    re.ASCII | re.DOTALL,
)
_REFERENCE = re.compile(r":(?P<name>[A-Za-z_]\w*)(?:\((?:\\.|[^()\\])*\))?[*+?]?|\$(?P<number>\w+)", re.ASCII)
_ANYTHING = "[^/]+?"


class BadPattern(ValueError):
    """A pattern that the platform would refuse too."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled `source`; its groups are known by number ("1") and, where they have one, by name."""

    expression: re.Pattern[str]
    names: tuple[str, ...]

    def match(self, path: str) -> dict[str, str] | None:
        """What `path` (as sent, without the query) fills in, or None when it does not match as a whole."""
        found = self.expression.fullmatch(path) or self.expression.fullmatch(path.removeprefix("/"))
        if found is None:
            return None
        values = [value or "" for value in found.groups()]
        return {str(n): value for n, value in enumerate(values, 1)} | dict(zip(self.names, values, strict=True))


def compile_pattern(source: str) -> Pattern:
    """Raises BadPattern, saying what is wrong with `source`."""
    parser = _Parser(source)
    try:
        expression = re.compile(parser.parse(), re.ASCII)
    except re.error as error:
        raise BadPattern(f"not a regular expression: {error}") from None
    if expression.groups != len(parser.names):
        raise BadPattern("named groups are not possible here, use :name(...)")
    return Pattern(expression, tuple(parser.names))


def expand(template: str, values: Mapping[str, str]) -> str:
    """`template` with `:name`, `:name*`, `$1` and `$name` replaced; what is not in `values` stays as it is."""
    return _REFERENCE.sub(lambda found: values.get(found["name"] or found["number"], found[0]), template)


def python_expression(expression: str) -> str:
    """A JavaScript regular expression in Python's spelling (named groups are all that differs in practice)."""
    return re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", expression)


class _Parser:
    """Turns one source into one regular expression, from left to right."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.names: list[str] = []

    def parse(self) -> str:
        out: list[str] = []
        prefix = ""  # a "/" or "." just before a parameter belongs to it: "/:a?" may be missing as a whole
        while token := self._next():
            kind, text = token
            if kind in {"name", "group"}:
                out.append(self._parameter(kind, text, prefix, ""))
                prefix = ""
                continue
            if token == ("char", ":"):
                raise BadPattern(f"missing name after the colon at position {self.at - 1}")
            out.append(re.escape(prefix))
            prefix = ""
            if kind == "char" and text in "/.":
                prefix = text
            elif kind in {"char", "escaped"}:
                out.append(re.escape(text))
            elif kind == "open":
                out.append(self._braces())
            else:
                raise BadPattern(f"unexpected {text!r} at position {self.at - 1}")
        return "".join(out) + re.escape(prefix)

    def _next(self) -> tuple[str, str] | None:
        found = _TOKEN.match(self.source, self.at)
        if found is None:
            return None
        self.at = found.end()
        kind = str(found.lastgroup)
        return kind, self._group() if kind == "group" else found[kind]

    def _peek(self) -> tuple[str, str] | None:
        at = self.at
        token = self._next()
        self.at = at
        return token

    def _take(self, *kinds: str) -> str:
        token = self._peek()
        if token is None or token[0] not in kinds:
            return ""
        self._next()
        return token[1]

    def _group(self) -> str:
        """The text of a parenthesis just opened; its own parentheses may not capture."""
        start, depth = self.at, 1
        while self.at < len(self.source):
            char = self.source[self.at]
            self.at += 2 if char == "\\" else 1
            depth += (char == "(") - (char == ")")
            if depth == 0:
                break
            if char == "(" and self.source[self.at : self.at + 1] != "?":
                raise BadPattern(f"capturing group inside a group at position {self.at - 1}")
        text = self.source[start : self.at - 1]
        if depth or not text or text.startswith("?"):
            raise BadPattern(f"unbalanced or empty group, or one that starts with ?, at position {start - 1}")
        return python_expression(text)

    def _parameter(self, kind: str, text: str, prefix: str, suffix: str) -> str:
        pattern = text if kind == "group" else self._take("group") or _ANYTHING
        self.names.append(text if kind == "name" else str(len(self.names) + 1))
        return _repeated(pattern, prefix, suffix, self._take("modifier"))

    def _braces(self) -> str:
        prefix = self._text()
        name, group = self._take("name"), self._take("group")
        suffix = self._text()
        if not self._take("close"):
            raise BadPattern(f"missing }} at position {self.at}")
        modifier = self._take("modifier")
        if not (name or group):
            return f"(?:{re.escape(prefix + suffix)}){modifier}"
        self.names.append(name or str(len(self.names) + 1))
        return _repeated(group or _ANYTHING, prefix, suffix, modifier)

    def _text(self) -> str:
        text = ""
        while part := self._take("char", "escaped"):
            text += part
        return text


def _repeated(pattern: str, prefix: str, suffix: str, modifier: str) -> str:
    before, after = re.escape(prefix), re.escape(suffix)
    if not (prefix or suffix):
        return f"({pattern}){modifier}" if modifier in {"", "?"} else f"((?:{pattern}){modifier})"
    if modifier in {"*", "+"}:
        optional = "?" if modifier == "*" else ""
        return f"(?:{before}((?:{pattern})(?:{after}{before}(?:{pattern}))*){after}){optional}"
    return f"(?:{before}({pattern}){after}){modifier}"
