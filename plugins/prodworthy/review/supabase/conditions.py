"""Conditions of policies as the database prints them: which of them hold for every row, whoever of a role asks.

Read are and, or, not, parentheses, comparisons, and what Supabase offers to tell who asks. Anything else is a value
that is not known, and a condition that depends on one is not said to hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

DEEPEST = 40  # parentheses in each other; what is deeper is not read
LONGEST = 10_000  # characters
TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^'\\]|'')*')
    | (?P<number>\d+(?:\.\d+)?)
    | ::\s*(?P<cast>(?:character\ varying|double\ precision|bit\ varying|[\w."]+)
                    (?:\([\d,]+\))?(?:\ with(?:out)?\ time\ zone)?(?:\[\])*)
    | (?P<name>(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)(?:\.(?:"(?:[^"]|"")+"|[^\W\d][\w$]*))*)
    | (?P<operator>[-+*/<>=~!@\#%^&|`?]+)
    | (?P<mark>[()\[\],.])
    )\s*""",
    re.VERBOSE,
)
FAITHFUL = frozenset({"text", "character varying", "name", "uuid", "boolean"})  # casts that keep what a value is


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What is known of a value, for any row."""

    text: str | None = None
    name: str | None = None  # two values of one name are equal
    null: bool | None = None


UNKNOWN, NULL = Value(), Value(null=True)
TRUE, FALSE = Value(text="true", null=False), Value(text="false", null=False)


def holds(condition: str, role: str, row: Mapping[str, str] | None = None) -> bool:
    """Whether a condition is known to hold for every row, or for those with these values, whoever of `role` asks.

    A column compared with itself is taken to hold: it spares no row but those without a value.
    """
    tokens = list(_tokens(condition))
    known = _asking(role) | {name: _constant(value) for name, value in (row or {}).items()}
    try:
        return _Reader(tokens=tokens, known=known, closing=_closing(tokens)).whole() == TRUE
    except _UnreadError:
        return False


def _asking(role: str) -> dict[str, Value]:
    """What Supabase's functions tell of somebody of this role; anon has no id."""
    users = role == "authenticated"
    identity = Value(name="auth.uid()", null=False) if users else NULL
    token = Value(name="auth.jwt()", null=False if users else None)
    asking = _constant(role)
    return {
        "auth.uid()": identity,
        "auth.role()": asking,
        "current_user": asking,
        "auth.jwt()": token,
        "auth.jwt() ->> sub": identity,
        "auth.jwt() ->> role": asking,
    }


class _UnreadError(Exception):
    """Here stands something that is not understood."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str

    @property
    def word(self) -> str:
        """A name or key word as it is compared; names in quotes keep them."""
        return self.text if '"' in self.text else self.text.lower()


def _tokens(condition: str) -> Iterator[_Token]:
    """Of a text with anything strange in it, or too long, no token at all is read."""
    at = 0
    found = []
    while at < len(condition) <= LONGEST:
        match = TOKEN.match(condition, at)
        if match is None or match.lastgroup is None:
            return
        found.append(_Token(match.lastgroup, match[match.lastgroup]))
        at = match.end()
    yield from found


def _closing(tokens: list[_Token]) -> dict[int, int]:
    """Where each opening parenthesis or bracket ends."""
    opened: list[int] = []
    closing = {}
    for at, token in enumerate(tokens):
        if token.kind == "mark" and token.text in "([":
            opened.append(at)
        elif token.kind == "mark" and token.text in ")]" and opened:
            closing[opened.pop()] = at
    return closing


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Reads one condition from left to right. What is not understood costs the innermost parentheses around it only."""

    tokens: list[_Token]
    known: Mapping[str, Value]
    closing: Mapping[int, int]
    at: int = 0
    depth: int = 0

    def whole(self) -> Value:
        value = self._either()
        if self.at < len(self.tokens):
            raise _UnreadError
        return value

    def _either(self) -> Value:
        return self._chain("or", self._both, _any)

    def _both(self) -> Value:
        return self._chain("and", self._negation, _all)

    def _chain(self, word: str, part: Callable[[], Value], joined: Callable[[Iterable[Value]], Value]) -> Value:
        parts = [part()]
        while self._took(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else joined(parts)

    def _negation(self) -> Value:
        odd = False
        while self._took("not"):
            odd = not odd
        value = self._comparison()
        return _negated(value) if odd else value

    def _comparison(self) -> Value:
        left = self._term()
        while True:
            if self._took("is"):
                left = self._test(left)
            elif (token := self._next()) and token.kind == "operator":
                self.at += 1
                left = self._compared(left, token.text)
            else:
                return left

    def _compared(self, left: Value, operator: str) -> Value:
        joined = _any if self._took("any") else _all if self._took("all") else None
        if joined:
            return self._group(lambda: joined([_related(left, operator, each) for each in self._array()]))
        right = self._term()
        if operator == "->>":
            return self.known.get(f"{left.name} ->> {right.text}", UNKNOWN)
        return _related(left, operator, right)

    def _array(self) -> list[Value]:
        self._expect("array")
        self._expect("[")
        values = [self._either()]
        while self._took(","):
            values.append(self._either())
        self._expect("]")
        return values

    def _test(self, value: Value) -> Value:
        """What stands behind `is`."""
        negated = self._took("not")
        if self._took("distinct"):
            self._expect("from")
            told = _distinct(value, self._term())
        elif self._took("null") or self._took("unknown"):
            told = _known(value.null)
        else:
            wanted = "true" if self._took("true") else self._expect("false")
            told = FALSE if value.null else UNKNOWN if value.text is None else _known(value.text == wanted)
        return _negated(told) if negated else told

    def _term(self) -> Value:
        value = self._primary()
        while token := self._next():
            if token.kind == "cast":
                self.at += 1
                value = value if token.text in FAITHFUL else Value(null=value.null)
            elif token.kind == "mark" and token.text == "[":
                value = self._skipped()
            elif token.kind == "mark" and token.text == ".":
                self.at += 2
                value = UNKNOWN
            else:
                break
        return value

    def _primary(self) -> Value:
        token = self._next()
        if token is None:
            raise _UnreadError
        if token.text == "(":
            return self._group(self._nested)
        self.at += 1
        if token.kind in {"text", "number"}:
            return _constant(token.text[1:-1] if token.kind == "text" else token.text)
        if token.kind != "name":
            raise _UnreadError
        if self._is("("):
            return self._call(token.word)
        words = {"true": TRUE, "false": FALSE, "null": NULL}
        return words.get(token.word) or self.known.get(token.word) or Value(name=token.word)

    def _call(self, name: str) -> Value:
        began = self.at
        value = self._skipped()
        return self.known.get(f"{name}()", UNKNOWN) if self.at == began + 2 else value

    def _nested(self) -> Value:
        """Within parentheses: an expression, or a select of one without a table."""
        selected = self._took("select")
        value = self._either()
        if selected and self._took("as"):
            self.at += 1
        return value

    def _group(self, inside: Callable[[], Value]) -> Value:
        """What `inside` reads between two parentheses; the value is unknown where that is not all of it."""
        began = self.at
        if not self._is("(") or began not in self.closing:
            raise _UnreadError
        self.at += 1
        self.depth += 1
        try:
            value = inside() if self.depth <= DEEPEST else UNKNOWN
        except _UnreadError:
            value = UNKNOWN
        finally:
            self.depth -= 1
        read, self.at = self.at == self.closing[began], self.closing[began] + 1
        return value if read else UNKNOWN

    def _skipped(self) -> Value:
        """Passes over what is in parentheses or brackets."""
        if self.at not in self.closing:
            raise _UnreadError
        self.at = self.closing[self.at] + 1
        return UNKNOWN

    def _next(self) -> _Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _is(self, word: str) -> bool:
        token = self._next()
        return token is not None and token.kind in {"name", "mark"} and token.word == word

    def _took(self, word: str) -> bool:
        found = self._is(word)
        self.at += found
        return found

    def _expect(self, word: str) -> str:
        if not self._took(word):
            raise _UnreadError
        return word


def _constant(text: str) -> Value:
    return Value(text=text, null=False)


def _known(told: bool | None) -> Value:
    return UNKNOWN if told is None else TRUE if told else FALSE


def _related(left: Value, operator: str, right: Value) -> Value:
    if operator == "=":
        return _equal(left, right)
    return _negated(_equal(left, right)) if operator == "<>" else UNKNOWN


def _equal(left: Value, right: Value) -> Value:
    if left.null or right.null:
        return NULL
    if left.text is not None and right.text is not None:
        return _known(left.text == right.text)
    return TRUE if left.name and left.name == right.name else UNKNOWN


def _distinct(left: Value, right: Value) -> Value:
    if not (left.null or right.null):
        return _negated(_equal(left, right))
    return _known(None if None in {left.null, right.null} else left.null != right.null)


def _negated(value: Value) -> Value:
    if value.null:
        return NULL
    return {TRUE: FALSE, FALSE: TRUE}.get(value, UNKNOWN)


def _all(values: Iterable[Value]) -> Value:
    told = {NULL if value.null else value for value in values}
    if FALSE in told:
        return FALSE
    return TRUE if told == {TRUE} else NULL if told <= {TRUE, NULL} else UNKNOWN


def _any(values: Iterable[Value]) -> Value:
    return _negated(_all([_negated(value) for value in values]))
