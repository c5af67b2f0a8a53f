"""What the platform itself says of a Supabase project: its state, its services, and the findings of its advisors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prodworthy.model.backend import Key
from prodworthy.model.exchange import Cause, Exchange, Gap, gaps_in
from prodworthy.model.measurement import Measurement, retries_in
from prodworthy.model.platform import describe
from prodworthy.model.text import clean

LONGEST = 500  # characters of what the platform says of one thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One of the project's services."""

    name: str
    healthy: bool
    status: str = ""  # "ACTIVE_HEALTHY", "COMING_UP", "UNHEALTHY"
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """One finding of the official advisors."""

    name: str  # "rls_disabled_in_public"
    level: str  # "ERROR", "WARN", "INFO"
    title: str = ""
    detail: str = ""
    key: str = ""  # the same for the same finding, run after run
    remediation: str = ""  # an address


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectState:
    """The management API's answers."""

    ref: str
    key: Key  # that the app uses
    project: Exchange
    health: Exchange
    advisors: Exchange
    keys: Exchange  # names and kinds of the keys; the rest is blanked out
    listed: bool | None = None  # whether the app's key is among the project's; None: not told

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that was asked."""
        return (self.project, self.health, self.advisors, self.keys)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be observed, and what was refused: the token was named to be asked with."""
        needed = (self.project, self.health, self.advisors)
        return (*gaps_in(self.exchanges), *(gap for each in needed if (gap := _refused(each))))

    @property
    def measured(self) -> tuple[Measurement, ...]:
        """What took more than one try."""
        return retries_in(self.exchanges)

    @property
    def status(self) -> str | None:
        """Of the project: "ACTIVE_HEALTHY", "INACTIVE"; None: not told."""
        told = _object(self.project).get("status")
        return told if isinstance(told, str) else None

    @property
    def services(self) -> tuple[Service, ...]:
        """Those that were asked for."""
        found = (
            each for each in _list(self.health) if isinstance(each, dict) and isinstance(each.get("healthy"), bool)
        )
        return tuple(
            Service(
                name=_text(each, "name"),
                healthy=each["healthy"],
                status=_text(each, "status"),
                error=_text(each, "error"),
            )
            for each in found
        )

    @property
    def lints(self) -> tuple[Lint, ...]:
        """What the security advisor found."""
        found = _object(self.advisors).get("lints")
        return tuple(
            Lint(
                name=_text(each, "name"),
                level=_text(each, "level"),
                title=_text(each, "title"),
                detail=_text(each, "detail"),
                key=_text(each, "cache_key"),
                remediation=_text(each, "remediation"),
            )
            for each in (found if isinstance(found, list) else ())
            if isinstance(each, dict)
        )


def _refused(exchange: Exchange) -> Gap | None:
    answer = exchange.answered
    if answer is None or answer.status < 400:
        return None
    hint = {401: "; is the token right?", 403: "; the token lacks this permission"}.get(answer.status, "")
    why = f"the management API answered {describe(answer)}{hint}"
    return Gap(what=f"{exchange.method} {exchange.url}", why=why, cause=Cause.SECRET)


def _json(exchange: Exchange) -> Any:
    answer = exchange.answered
    if answer is None or answer.status >= 400:
        return None
    try:
        return answer.json()
    except ValueError:
        return None


def _object(exchange: Exchange) -> dict[str, Any]:
    told = _json(exchange)
    return told if isinstance(told, dict) else {}


def _list(exchange: Exchange) -> list[Any]:
    told = _json(exchange)
    return told if isinstance(told, list) else []


def _text(raw: dict[str, Any], name: str) -> str:
    told = raw.get(name)
    return clean(told, LONGEST) if isinstance(told, str) else ""
