"""Whether everything is at hand to judge a target, and what would be asked of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from prodworthy.evidence import browser, validator
from prodworthy.evidence.client import Client
from prodworthy.evidence.errors import LookError
from prodworthy.local import parts
from prodworthy.model import Exchange, Target
from prodworthy.model.wording import counted
from prodworthy.targets.listing import chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """One thing that was looked at."""

    about: str
    well: bool
    said: str  # what was found, with the remedy when it is not well

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return asdict(self)


def examine(wanted: str, targets_file: str | None) -> dict[str, list[Symptom]]:
    """Everything about each target that is wanted; raises TargetsError for a file or a name that is not usable."""
    return {target.name: _symptoms(target) for target in chosen(targets_file, wanted)}


def _symptoms(target: Target) -> list[Symptom]:
    return [
        *_secrets(target),
        *(_embedded(target) if target.embedded else _addresses(target) if not target.unusable else ()),
        _browser(),
        _validator(target),
        *_questions(target),
    ]


def _secrets(target: Target) -> Iterator[Symptom]:
    if target.unusable:
        yield Symptom(about="address", well=False, said=f"{target.unusable}: export it before the run")
    for secret in target.secrets:
        said = f"{secret.name} is set" if secret.value else f"{secret.name} is not set: export it before the run"
        yield Symptom(about="secret", well=bool(secret.value), said=said)


def _addresses(target: Target) -> Iterator[Symptom]:
    addresses = list(dict.fromkeys([target.url, *target.domains, *([target.supabase.url] if target.supabase else [])]))
    for exchange in asyncio.run(_asked(target, addresses)):
        gap = exchange.gap
        said = f"{exchange.url}: {gap.why}" if gap else f"{exchange.url} answers {_status(exchange)}"
        yield Symptom(about="address", well=gap is None, said=said)


async def _asked(target: Target, addresses: list[str]) -> list[Exchange]:
    async with Client(target) as client:
        return await asyncio.gather(*(client.ask(f"{each}/", purpose="doctor", follow=False) for each in addresses))


def _status(exchange: Exchange) -> str:
    return str(exchange.answer.status) if exchange.answer else "nothing"


def _embedded(target: Target) -> Iterator[Symptom]:
    assert target.embedded is not None
    app = Path(target.embedded.app)
    built = (app / target.embedded.dist / "index.html").is_file()
    said = f"{app / target.embedded.dist}" + ("" if built else " has no index.html: build the app first")
    yield Symptom(about="build", well=built, said=said)
    absent = parts.absent()
    yield Symptom(about="embedded", well=absent is None, said=absent or "all parts are installed")


def _browser() -> Symptom:
    found = browser.find()
    return Symptom(about="browser", well=found is not None, said=found or f"there is none: {browser.INSTALL}")


def _validator(target: Target) -> Symptom:
    try:
        said = f"{validator.find_jar(target.markup.jar)} on {validator.java()}"
    except LookError as error:
        return Symptom(about="HTML", well=False, said=str(error))
    return Symptom(about="HTML", well=True, said=said)


def _questions(target: Target) -> Iterator[Symptom]:
    """What each check will ask."""
    backend = target.supabase
    asked = {
        "health": f"{counted(len(target.endpoints), 'endpoint')}, {counted(len(target.pages), 'page')}, "
        f"{counted(len(target.domains), 'domain')}, an unknown path"
        + (f", identity at {target.identity.path}" if target.identity else ", no identity declared"),
        "headers": counted(len(target.pages), "page"),
        "supabase": f"{counted(len(backend.tables), 'table')}, {counted(len(backend.buckets), 'bucket')}, "
        f"{counted(len(backend.searches), 'canary row')}" + (", realtime" if backend.realtime else "")
        if backend
        else None,
        "functions": ", ".join(each.name for each in target.functions) or None,
        "bundle": "everything that the pages load",
        "html": counted(len(target.pages), "page"),
        "smoke": f"{counted(len(target.pages), 'page')}, {' and '.join(target.browsing.viewports)}"
        + (f", {counted(len(target.paths), 'click path')}" if target.paths else ""),
    }
    for check, what in asked.items():
        if reason := target.not_applicable.get(check):
            yield Symptom(about=check, well=True, said=f"not applicable: {reason}")
        else:
            missing = f"nothing declared: add it, or list it in [targets.{target.name}.not_applicable] with a reason"
            yield Symptom(about=check, well=what is not None, said=what or missing)
