"""Changes to the platform's state by hand, each checked: a test that sets what does not exist would prove nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from prodworthy.local.vercel.platform import PLANS, PLANS_SAID
from prodworthy.local.vercel.protection import KINDS, MITIGATIONS
from prodworthy.local.vercel.state import Deployed, ProjectState

STATES = ("QUEUED", "INITIALIZING", "BUILDING", "READY", "ERROR", "CANCELED", "BLOCKED", "DELETED")
SUBSTATES = (None, "STAGED", "ROLLING", "PROMOTED")

Check = Callable[[Any], bool]


class BadChange(ValueError):
    """A change that cannot be made; the text names it."""


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_stages(value: Any) -> bool:
    """Growing percentages that end with 100; none turns rolling releases off."""
    whole = isinstance(value, list) and all(_is_number(each) and 0 < each <= 100 for each in value)
    return whole and (value == [] or (value[-1] == 100 and value == sorted(set(value))))


def _is_host(value: Any) -> bool:
    """Also what goes into a header field of redirects."""
    return value is None or (isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9.-]{1,253}", value) is not None)


_PROJECT: dict[str, tuple[Check, str]] = {
    "plan": (lambda value: value in PLANS, PLANS_SAID),
    "auto_assign": (_is_flag, "true or false"),
    "protection": (lambda value: value is None or value in KINDS, f"null, {', '.join(KINDS)}"),
    "bypass": (_is_text, "a text or null"),
    "mitigation": (lambda value: value in (None, *MITIGATIONS), f"null, {', '.join(MITIGATIONS)}"),
    "stages": (_are_stages, "a list of growing percentages, the last one 100, or an empty one"),
    "paused": (_is_flag, "true or false"),
    "disabled": (_is_flag, "true or false"),
    "crons": (_is_text, "the id of a deployment or null"),
}
_DEPLOYMENT: dict[str, tuple[Check, str]] = {
    "state": (lambda value: value in STATES, ", ".join(STATES)),
    "substate": (lambda value: value in SUBSTATES, "null, STAGED, ROLLING or PROMOTED"),
    "candidate": (_is_flag, "true or false"),
    "deleted": (_is_flag, "true or false"),
    "target": (_is_text, "production, another environment, or null for a preview"),
    "commit": (_is_text, "a text or null"),
    "branch": (_is_text, "a text or null"),
    "message": (_is_text, "a text or null"),
    "author": (_is_text, "a text or null"),
    "source": (lambda value: isinstance(value, str), "a text"),
    "project": (_is_text, "the id of another project, or null"),
    "created": (_is_number, "milliseconds"),
}
_DOMAIN: dict[str, tuple[Check, str]] = {
    "redirect": (_is_host, "a host or null"),
    "verified": (_is_flag, "true or false"),
}


def change_project(state: ProjectState, given: Mapping[str, Any]) -> None:
    """Sets what is given; `domains` holds the changes of each by its name. Raises BadChange, and changes nothing."""
    rest = {name: value for name, value in given.items() if name != "domains"}
    _check(rest, _PROJECT, also=("domains",))
    domains = given.get("domains", {})
    if not isinstance(domains, Mapping) or not all(isinstance(each, Mapping) for each in domains.values()):
        raise BadChange("`domains` must be an object with an object for each name")
    for name, changes in domains.items():
        if name not in state.domains:
            raise BadChange(f"there is no domain {name}; there are: {', '.join(state.domains)}")
        _check(changes, _DOMAIN)
    _set(state, rest)
    for name, changes in domains.items():
        _set(state.domains[name], changes)


def change_deployment(deployed: Deployed, given: Mapping[str, Any]) -> None:
    """Sets what is given. Raises BadChange, and changes nothing."""
    _check(given, _DEPLOYMENT)
    gone = given.get("deleted") is True or given.get("state") == "DELETED"
    _set(deployed, {"candidate": False, **given} if gone else given)


def _check(given: Mapping[str, Any], known: Mapping[str, tuple[Check, str]], also: tuple[str, ...] = ()) -> None:
    for name, value in given.items():
        if name not in known:
            raise BadChange(f"there is no `{name}` to change; there are: {', '.join([*known, *also])}")
        fits, wanted = known[name]
        if not fits(value):
            raise BadChange(f"`{name}` must be {wanted}, not {value!r}"[:200])


def _set(thing: object, given: Mapping[str, Any]) -> None:
    for name, value in given.items():
        setattr(thing, name, value)
