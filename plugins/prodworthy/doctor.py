"""Whether everything is at hand to judge a target, and what would be asked of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from prodworthy.evidence import browser, validator
from prodworthy.evidence.client import Client
from prodworthy.evidence.errors import LookError
from prodworthy.hosting.connection import connect
from prodworthy.hosting.errors import HostingError, Refused
from prodworthy.hosting.explaining import refusal as explained
from prodworthy.hosting.host import Host
from prodworthy.local import parts, running
from prodworthy.model import Addresses, Exchange, Target
from prodworthy.model.commit import short
from prodworthy.model.hosting import Project
from prodworthy.model.text import clean
from prodworthy.model.wall import PROTECTION
from prodworthy.model.wording import counted
from prodworthy.targets.listing import chosen

LONGEST = 400  # characters of what is said
OF_THE_HOST = ".vercel.app"  # below which every project has a domain of its own, whatever else it has


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
        *_host(target),
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


def _asked_alone(target: Target, urls: Sequence[str], addresses: Addresses | None) -> list[Exchange]:
    """Addresses that the target does not name, as if it did: the bypass goes to those of a target only."""
    return [
        exchange
        for url in urls
        for exchange in asyncio.run(_asked(replace(target, url=url, domains=(url,), addresses=addresses), [url]))
    ]


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


def _host(target: Target) -> Iterator[Symptom]:
    """What the host says of the project, read only; of an embedded one as long as it is up."""
    hosting = target.hosting
    if hosting is None:
        yield Symptom(
            about="host", well=True, said="not asked: the target has no [vercel] table, so verdicts name no deployment"
        )
        return
    addresses = running.find(target.embedded) if target.embedded else None
    if target.embedded and addresses is None:
        said = f"the emulated one runs with every verification; to keep it: prodworthy up --target={target.name}"
        yield Symptom(about="host", well=True, said=said)
        return
    if hosting.token is None:
        said = 'no token is named, so only addresses are judged: token = { env = "VERCEL_TOKEN" } in the [vercel] table'
        yield Symptom(about="host", well=True, said=said)
        return
    try:
        with connect(hosting, addresses=addresses) as host:
            yield from _project(target, host, addresses)
    except Refused as refusal:
        yield Symptom(about="host", well=False, said=f"{refusal}: {refusal.remedy}")
    except HostingError as error:
        told = explained(error, hosting)
        yield Symptom(about="host", well=False, said=clean(f"{told.sentence}: {told.remedy}", LONGEST))


def _project(target: Target, host: Host, addresses: Addresses | None) -> Iterator[Symptom]:
    """Raises HostingError."""
    project, current = host.project(), host.current()
    yield Symptom(about="host", well=True, said=clean(f"project {project.name} ({project.id}) can be read"))
    if current is None:
        said = "nothing is live yet: there is nothing to compare with or to go back to"
        yield Symptom(about="production", well=True, said=said)
    else:
        about = short(current.commit or "") or "no commit told"
        yield Symptom(about="production", well=True, said=clean(f"{current.id} ({about}) is current"))
    known = sorted(each.name for each in host.domains())
    yield _domains(target, known)
    yield from _unasked(target, known, addresses)
    yield from _ways_back(host, project)
    if current and current.url:
        yield _bypass(target, current.url, addresses)


def _domains(target: Target, known: Sequence[str]) -> Symptom:
    """Whether all that the host calls production is declared: what is not is never looked at."""
    declared = [each for each in known if each in target.hosts]
    others = [each for each in known if each not in target.hosts and each.endswith(OF_THE_HOST)]
    missing = [each for each in known if each not in [*declared, *others]]
    strange = [each for each in target.hosts if each not in known and not each.endswith(OF_THE_HOST)]
    if missing:
        lines = ", ".join(f'"https://{each}"' for each in missing)
        said = f"production domains that are not declared: add {lines} to the target's domains"
    elif strange:
        said = f"the project has no production domain {', '.join(strange)}: assign it, or correct the targets file"
    else:
        said = f"{', '.join(declared)}, all of them declared" if declared else "none of the project's own"
        said += f"; besides {', '.join(others)}, of the host's own" if others else ""
    return Symptom(about="domains", well=not missing and not strange, said=clean(said, LONGEST))


def _unasked(target: Target, known: Sequence[str], addresses: Addresses | None) -> Iterator[Symptom]:
    """Domains of the host's own that no target declares, and a move has to prove all the same: whether they answer."""
    urls = [f"https://{each}" for each in known if each.endswith(OF_THE_HOST) and each not in target.hosts]
    for exchange in _asked_alone(target, urls, addresses):
        if gap := exchange.gap:
            instead = "; a move is proved there by the host's word alone" if exchange.wall == PROTECTION else ""
            said = f"{exchange.url}: {gap.why}{instead}"
            yield Symptom(about="of the host's own", well=False, said=clean(said, LONGEST))


def _ways_back(host: Host, project: Project) -> Iterator[Symptom]:
    plan, rolling = host.plan(), host.rolling_release()
    limit = " (rollback to the previous deployment only)" if plan == "hobby" else ""
    yield Symptom(about="plan", well=True, said=f"{clean(plan or '') or 'not told'}{limit}")
    if rolling and rolling.active:
        said = "a rolling release is under way: nothing can be rolled back or promoted until it is complete or aborted"
        yield Symptom(about="rolling", well=False, said=said)
    if project.rolled_back:
        said = "production is rolled back: new deployments do not go live until one is promoted (prodworthy status)"
        yield Symptom(about="rolled back", well=True, said=said)


def _bypass(target: Target, url: str, addresses: Addresses | None) -> Symptom:
    """Whether the immutable address of what is live lets us in: candidates are judged on theirs."""
    (exchange,) = _asked_alone(target, [url], addresses)
    gap = exchange.gap
    opened = "with the bypass" if target.hosting and target.hosting.bypass else "without a bypass"
    said = f"{url}: {gap.why}" if gap else f"{url} answers {_status(exchange)} {opened}"
    return Symptom(about="bypass", well=gap is None, said=said)


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
