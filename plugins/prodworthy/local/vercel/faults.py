"""Everything that can be made to go wrong on the emulated platform, as its control port takes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any


class BadFaults(ValueError):
    """A fault that does not exist, or not like this; the text names it."""


@dataclass(slots=True, kw_only=True)
class Requests:
    """Which requests to the API a fault strikes, and how often."""

    path: str = "/"  # how it begins; `*` stands for anything
    method: str | None = None  # None: any
    times: int | None = 1  # None: always
    struck: int = 0  # times so far

    def strike(self, method: str, path: str) -> bool:
        """Whether the fault strikes this request, which is counted then."""
        pattern = ".*".join(map(re.escape, self.path.split("*")))
        if (self.method or method) != method or not re.match(pattern, path):
            return False
        if self.times is not None and self.struck >= self.times:
            return False
        self.struck += 1
        return True


@dataclass(slots=True, kw_only=True)
class Failing(Requests):
    """Answered with an error of the platform's own."""

    status: int = 500


@dataclass(slots=True, kw_only=True)
class Throttling(Requests):
    """Answered with 429."""

    retry_after: int = 1  # seconds
    header: bool = True  # whether Retry-After says so; the body does in any case


@dataclass(slots=True, kw_only=True)
class Garbling(Requests):
    """Answered with something else than is documented."""

    body: str = "<html>not JSON"
    status: int = 200


@dataclass(slots=True, kw_only=True)
class Slowing(Requests):
    """Answered late."""

    times: int | None = None
    seconds: float = 1.0
    after: bool = False  # whether what was asked is done at once, and the answer alone is late


@dataclass(slots=True, kw_only=True)
class Faults:
    """What goes wrong now, all of it at a time if wanted; what is said of jobs holds for those accepted from now on."""

    job_hidden: float = 0.0
    """Seconds for which the project still shows the job before."""
    job_lost: bool = False
    """A job is accepted, and then neither shown nor carried out."""
    job_skipped: bool = False
    """A job ends as skipped; nothing is switched."""
    job_failed: bool = False
    """A job ends as failed; nothing is switched, or with `partial` all but those domains."""
    partial: tuple[str, ...] = ()
    """Domains that stay behind, while the job is called a success (unless with `job_failed`)."""
    foreign_job: str | None = None
    """The id of the deployment that somebody else rolls back to right after ours was accepted: theirs is shown at once,
    carried out after ours."""
    stuck: bool = False
    """Jobs stay in progress, until this is taken back."""
    switch: float | None = None
    """Seconds from acceptance until a job is done; None: as the deployment was told."""
    edge_lag: float = 0.0
    """Seconds by which the edge follows the control plane."""
    flapping: float = 0.0
    """Seconds after a switch in which the edge answers in turns with what was and what is."""
    flapping_share: float | None = None
    """While the edge flaps, the share of requests, drawn at random, that get what was; None: every other one."""
    fail_before: Failing | None = None
    """An error instead of doing what was asked."""
    fail_after: Failing | None = None
    """An error after having done what was asked."""
    cut_before: Requests | None = None
    """The connection ends before anything is done."""
    cut_after: Requests | None = None
    """The connection ends after it was done, before it is answered."""
    throttle: Throttling | None = None
    """Too many requests."""
    malformed: Garbling | None = None
    """Done, and answered with something else than is documented."""
    expired_token: bool = False
    """No token is good any more."""
    slow: Slowing | None = None
    """Answered late."""


_NUMBERS = {"job_hidden", "switch", "edge_lag", "flapping"}
_FLAGS = {"job_lost", "job_skipped", "job_failed", "stuck", "expired_token"}
_REQUESTS: dict[str, type[Requests]] = {
    "fail_before": Failing,
    "fail_after": Failing,
    "cut_before": Requests,
    "cut_after": Requests,
    "throttle": Throttling,
    "malformed": Garbling,
    "slow": Slowing,
}
_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "path": (lambda value: isinstance(value, str) and value.startswith("/"), "a text that begins with /"),
    "method": (lambda value: value is None or isinstance(value, str), "a text or null"),
    "times": (lambda value: value is None or _is_number(value, int), "a whole number or null"),
    "status": (lambda value: _is_number(value, int) and 200 <= value <= 599, "a status"),
    "retry_after": (lambda value: _is_number(value, int), "whole seconds"),
    "header": (lambda value: isinstance(value, bool), "true or false"),
    "body": (lambda value: isinstance(value, str), "a text"),
    "after": (lambda value: isinstance(value, bool), "true or false"),
    "seconds": (lambda value: _is_number(value, (int, float)), "seconds"),
}


def read_faults(value: object) -> Faults:
    """Faults from the JSON of the control port. Raises BadFaults."""
    if not isinstance(value, Mapping):
        raise BadFaults("faults are one JSON object")
    known = {each.name for each in fields(Faults)}
    for name in value:
        if name not in known:
            raise BadFaults(f"there is no fault `{name}`; there are: {', '.join(sorted(known))}")
    return Faults(**{name: _one(name, given) for name, given in value.items()})


def _one(name: str, given: Any) -> Any:
    if name in _REQUESTS:
        return None if given is None else _requests(name, given)
    if name in _NUMBERS:
        return _expect(name, given, (name == "switch" and given is None) or _is_number(given, (int, float)), "seconds")
    if name == "flapping_share":
        fits = given is None or (_is_number(given, (int, float)) and given <= 1)
        return _expect(name, given, fits, "a share from 0 to 1, or null")
    if name in _FLAGS:
        return _expect(name, given, isinstance(given, bool), "true or false")
    if name == "partial":
        listed = isinstance(given, list) and all(isinstance(each, str) for each in given)
        return tuple(_expect(name, given, listed, "a list of domains"))
    return _expect(name, given, given is None or isinstance(given, str), "the id of a deployment, or null")


def _requests(name: str, given: Any) -> Requests:
    kind = _REQUESTS[name]
    allowed = {each.name for each in fields(kind)} - {"struck"}
    _expect(name, given, isinstance(given, Mapping), "an object")
    for key, value in given.items():
        if key not in allowed:
            raise BadFaults(f"`{name}` has no `{key}`; it has: {', '.join(sorted(allowed))}")
        fits, wanted = _KINDS[key]
        _expect(f"{name}.{key}", value, fits(value), wanted)
    return kind(**given)


def _expect(name: str, given: Any, fits: bool, wanted: str) -> Any:
    if not fits:
        raise BadFaults(f"`{name}` must be {wanted}, not {given!r}"[:200])
    return given


def _is_number(value: object, kind: type | tuple[type, ...]) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool) and value >= 0  # type: ignore[operator]
