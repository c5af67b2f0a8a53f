"""vercel.json: what an app tells the platform about serving its static output.

Source of the rules: https://vercel.com/docs/project-configuration/vercel-json and https://openapi.vercel.sh/vercel.json
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prodworthy.local.edge.patterns import BadPattern, Pattern, compile_pattern, python_expression
from prodworthy.local.edge.request import Request
from prodworthy.local.errors import DeploymentFailed

SERVED = {"cleanUrls", "headers", "redirects", "rewrites", "trailingSlash"}
# these say how to build, run and bill, which changes nothing in how static output is served
OTHERS = {
    "$schema", "alias", "build", "buildCommand", "bunVersion", "crons", "devCommand", "env", "fluid", "framework",
    "functionFailoverRegions", "functions", "git", "github", "ignoreCommand", "images", "installCommand", "name",
    "outputDirectory", "passiveRegions", "public", "regions", "relatedProjects", "scope", "version",
}  # fmt: skip
REFUSED = {
    "builds": "the embedded edge serves the output of your own build",
    "bulkRedirectsPath": "write them as `redirects`",
    "routes": "write it as `redirects`, `headers` and `rewrites`",
}
_TYPES = {"a text": str, "a list": list, "true or false": bool, "a number": int, "an object": dict}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One entry of `has` or `missing`."""

    kind: str  # "header", "cookie", "query" or "host"
    key: str
    test: Callable[[str], Mapping[str, str] | None]  # what it captured; None: not met

    def met(self, request: Request) -> Mapping[str, str] | None:
        """What the request's own value filled in, or None when it has none that fits."""
        sources = {"header": lambda: request.headers, "cookie": request.cookies, "query": request.queries}
        value = request.host if self.kind == "host" else sources[self.kind]().get(self.key)
        return None if value is None else self.test(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Which requests an entry of `redirects`, `rewrites` or `headers` is about."""

    source: Pattern
    has: tuple[Condition, ...] = ()
    missing: tuple[Condition, ...] = ()

    def match(self, request: Request, path: str) -> dict[str, str] | None:
        """The values for its placeholders when it applies to `path` of this request."""
        values = self.source.match(path)
        if values is None or any(condition.met(request) is not None for condition in self.missing):
            return None
        for condition in self.has:
            captured = condition.met(request)
            if captured is None:
                return None
            values.update(captured)
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect(Rule):
    """Answered with `status` before anything is looked up."""

    destination: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite(Rule):
    """Tried, in order, only when no file answers the path."""

    destination: str
    status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderRule(Rule):
    """Added to whatever is answered; of two rules for one name the later wins."""

    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VercelConfig:
    """The part of vercel.json that decides how static output is served."""

    clean_urls: bool = False
    trailing_slash: bool | None = None
    redirects: tuple[Redirect, ...] = ()
    rewrites: tuple[Rewrite, ...] = ()
    headers: tuple[HeaderRule, ...] = ()


def read_config(path: Path) -> VercelConfig:
    """Reads `path`; a missing file means the platform's defaults. Raises DeploymentFailed naming file and key."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return VercelConfig()
    except (OSError, UnicodeDecodeError) as error:
        raise DeploymentFailed(f"{path} cannot be read: {error}") from None
    try:
        return _config(_Place(json.loads(text), ""))
    except json.JSONDecodeError as error:
        raise DeploymentFailed(f"{path} is not JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
    except _Wrong as error:
        raise DeploymentFailed(f"{path}: {error}") from None


class _Wrong(Exception):
    """One problem, said as a sentence without the file's name."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A value and where in the file it stands."""

    value: Any
    where: str

    def wrong(self, problem: str) -> _Wrong:
        return _Wrong(f"`{self.where}` {problem}" if self.where else problem)

    def expect(self, kind: str) -> Any:
        if not isinstance(self.value, _TYPES[kind]) or (kind == "a number" and isinstance(self.value, bool)):
            raise self.wrong(f"must be {kind}, not {json.dumps(self.value)[:60]}")
        return self.value

    def only(self, allowed: Iterable[str]) -> None:
        allowed = sorted(allowed)
        for key in self.expect("an object"):
            if key not in allowed:
                near = difflib.get_close_matches(key, allowed, 1)
                hint = f"did you mean `{near[0]}`?" if near else f"known keys: {', '.join(allowed)}"
                raise self.wrong(f"{'has' if self.where else 'There is'} the unknown key `{key}`; {hint}")

    def get(self, key: str, kind: str) -> Any:
        if key not in self.value:
            raise self.wrong(f"lacks `{key}`")
        return self._at(key).expect(kind)

    def maybe(self, key: str, kind: str, default: Any = None) -> Any:
        return self._at(key).expect(kind) if key in self.value else default

    def each(self, key: str) -> list[_Place]:
        return [_Place(entry, f"{self._at(key).where}[{n}]") for n, entry in enumerate(self.maybe(key, "a list", []))]

    def _at(self, key: str) -> _Place:
        return _Place(self.value[key], f"{self.where}.{key}".removeprefix("."))


def _config(root: _Place) -> VercelConfig:
    if not isinstance(root.value, dict):
        raise _Wrong("the whole file must be one JSON object")
    for key, remedy in REFUSED.items():
        if key in root.value:
            raise _Wrong(f"`{key}` is not supported by the embedded deployment: {remedy}")
    root.only(SERVED | OTHERS)
    return VercelConfig(
        clean_urls=root.maybe("cleanUrls", "true or false", False),
        trailing_slash=root.maybe("trailingSlash", "true or false"),
        redirects=tuple(map(_redirect, root.each("redirects"))),
        rewrites=tuple(map(_rewrite, root.each("rewrites"))),
        headers=tuple(map(_header_rule, root.each("headers"))),
    )


def _redirect(place: _Place) -> Redirect:
    place.only({"source", "destination", "permanent", "statusCode", "has", "missing", "env"})
    permanent, status = place.maybe("permanent", "true or false"), place.maybe("statusCode", "a number")
    if permanent is not None and status is not None:
        raise place.wrong("has both `permanent` and `statusCode`; only one is possible")
    if status is not None and not 300 <= status <= 399:
        raise place.wrong(f"has the `statusCode` {status}, which is no redirect")
    chosen = status or (307 if permanent is False else 308)
    return Redirect(**_rule(place), destination=place.get("destination", "a text"), status=chosen)


def _rewrite(place: _Place) -> Rewrite:
    place.only({"source", "destination", "statusCode", "has", "missing", "env", "respectOriginCacheControl"})
    status = place.maybe("statusCode", "a number")
    return Rewrite(**_rule(place), destination=place.get("destination", "a text"), status=status)


def _header_rule(place: _Place) -> HeaderRule:
    place.only({"source", "headers", "has", "missing"})
    place.get("headers", "a list")
    return HeaderRule(**_rule(place), headers=tuple(map(_header, place.each("headers"))))


def _header(place: _Place) -> tuple[str, str]:
    place.only({"key", "value"})
    name, value = place.get("key", "a text"), place.get("value", "a text")
    if not re.fullmatch(r"[!#$%&'*+.^_`|~:\w-]+", name, re.ASCII) or re.search(r"[\r\n\0]", value):
        raise place.wrong(f"is not a header that can be sent: {name!r}")
    return name, value


def _rule(place: _Place) -> dict[str, Any]:
    source = place.get("source", "a text")
    try:
        pattern = compile_pattern(source)
    except BadPattern as error:
        raise place.wrong(f"has the `source` {source!r}, which is no pattern: {error}") from None
    return {"source": pattern, "has": _conditions(place, "has"), "missing": _conditions(place, "missing")}


def _conditions(place: _Place, key: str) -> tuple[Condition, ...]:
    return tuple(map(_condition, place.each(key)))


def _condition(place: _Place) -> Condition:
    place.only({"type", "key", "value"})
    kind = place.get("type", "a text")
    if kind not in {"header", "cookie", "query", "host"}:
        raise place.wrong(f"has the `type` {kind!r}; possible are header, cookie, query, host")
    key = "host" if kind == "host" else place.get("key", "a text")
    value = place.value.get("value")
    test = _operations(place, value) if isinstance(value, dict) else _expression(place, value, key)
    return Condition(kind=kind, key=key.lower() if kind == "header" else key, test=test)


def _expression(place: _Place, value: object, key: str) -> Callable[[str], Mapping[str, str] | None]:
    """A regular expression for the whole value; without one, any value will do and is captured under its key."""
    if value is None:
        return lambda given: {key: given}
    try:
        wanted = re.compile(python_expression(place.get("value", "a text")))
    except re.error as error:
        raise place.wrong(f"has the `value` {value!r}, which is no regular expression: {error}") from None

    def test(given: str) -> Mapping[str, str] | None:
        found = wanted.fullmatch(given)
        return None if found is None else {name: text or "" for name, text in found.groupdict().items()}

    return test


_OPERATIONS: dict[str, Callable[[str, Any], bool]] = {
    "eq": lambda given, wanted: given == str(wanted),
    "neq": lambda given, wanted: given != wanted,
    "inc": lambda given, wanted: given in wanted,
    "ninc": lambda given, wanted: given not in wanted,
    "pre": lambda given, wanted: given.startswith(wanted),
    "suf": lambda given, wanted: given.endswith(wanted),
    "re": lambda given, wanted: re.search(python_expression(wanted), given) is not None,
    "gt": lambda given, wanted: _number(given) > wanted,
    "gte": lambda given, wanted: _number(given) >= wanted,
    "lt": lambda given, wanted: _number(given) < wanted,
    "lte": lambda given, wanted: _number(given) <= wanted,
}


def _operations(place: _Place, wanted: dict[str, Any]) -> Callable[[str], Mapping[str, str] | None]:
    _Place(wanted, f"{place.where}.value").only(_OPERATIONS)
    return lambda given: {} if all(_OPERATIONS[name](given, value) for name, value in wanted.items()) else None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")  # compares as false with everything
