"""The commands that look and change nothing: list, current, candidates, status."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from prodworthy.commands import options, project
from prodworthy.commands.told import CLEAN, UNSEEN, Telling, telling

if TYPE_CHECKING:
    from prodworthy.commands.agreement import Agreement
    from prodworthy.commands.situation import Situation
    from prodworthy.hosting.host import Host
    from prodworthy.hosting.proof import Mark
    from prodworthy.model import Addresses, Target
    from prodworthy.model.hosting import Deployment, Move, Project, Served

STATES = ("queued", "initializing", "building", "ready", "error", "canceled", "blocked")
RECENT = 50  # deployments among which a domain's stamp is looked for
WATCHING = 1.0  # seconds between two looks of --watch


def clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


@click.command(
    "list",
    epilog="""\b
What is live, and what was:        prodworthy list --production
What is built of a branch:         prodworthy list --branch=main --state=ready
The ids of the last 50:            prodworthy list --limit=50 --json | jq -r '.deployments[].id'
""",
)
@options.target
@options.targets_file
@click.option("--production", is_flag=True, help="Only what was built for production.")
@click.option("--branch", help="Only what was built from this branch.")
@click.option("--state", type=click.Choice(STATES), help="Only what has come so far.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many, newest first.")
@options.as_json
def list_(
    name: str | None,
    targets_file: str | None,
    production: bool,
    branch: str | None,
    state: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List deployments, the newest first: who is current, and who is a candidate for a rollback."""
    from prodworthy.commands import shapes, tables  # noqa: PLC0415  # each command imports what it needs
    from prodworthy.hosting.host import Filter  # noqa: PLC0415
    from prodworthy.model.hosting import DeploymentState  # noqa: PLC0415
    from prodworthy.model.text import clean  # noqa: PLC0415

    with telling("list", as_json) as told, _looking(told, name, targets_file) as (_, host, _addresses):
        asked = Filter(production=production, state=DeploymentState(state) if state else None, branch=branch)
        seen = host.project()
        found = host.deployments(asked, limit=limit)
        now = clock()
        data = {
            **_standing(seen),
            "deployments": shapes.deployments(found, current=seen.current, now=now),
        }

        def show() -> None:
            tables.show_deployments(tables.console(), tables.rows(found, seen), now)
            if not found:
                told.note("no such deployment")
            elif seen.current and all(each.id != seen.current for each in found):
                told.note(f"what is current, {clean(seen.current)}, is not among these")

        told.end(data, show)


@click.command(
    epilog="""\b
Exit code 0: every domain serves it. 10: a domain serves something else, or could not be asked.
The commit that visitors get:      prodworthy current --json | jq -r .current.commit
"""
)
@options.target
@options.targets_file
@options.as_json
def current(name: str | None, targets_file: str | None, as_json: bool) -> None:
    """Say what production is, and what every domain serves: by the host's word, and by the app's own."""
    from prodworthy.commands import shapes, tables  # noqa: PLC0415

    with telling("current", as_json) as told, _looking(told, name, targets_file) as (target, host, addresses):
        found = _agreement(target, host, addresses)
        now = clock()
        known = found.current and shapes.deployment(found.current, current=found.project.current, now=now)
        data = {
            "project": shapes.project(found.project),
            "current": known,
            "agreed": found.agreed,
            "domains": [shapes.served(each) for each in (*found.domains, *found.elsewhere)],
            "rolling_release": shapes.known(found.rolling, shapes.rolling_release),
            "said": found.said(),
        }

        def show() -> None:
            out = tables.console()
            if found.current:
                tables.show_deployments(out, tables.rows([found.current], found.project), now)
                out.print()
                tables.show_served(out, found.domains)
                out.print()
            tables.show_sentences(out, found.said())

        told.end(data, show, exit_code=CLEAN if found.agreed else UNSEEN)


@click.command(
    epilog="""\b
Back to what was live before:      prodworthy rollback --previous
Back to one of these:              prodworthy rollback dpl_...
"""
)
@options.target
@options.targets_file
@options.as_json
def candidates(name: str | None, targets_file: str | None, as_json: bool) -> None:
    """List what production can be rolled back to, the newest first, and which one --previous means."""
    from prodworthy.commands import shapes, tables  # noqa: PLC0415
    from prodworthy.hosting.errors import Refused  # noqa: PLC0415
    from prodworthy.hosting.preflight import prepare  # noqa: PLC0415
    from prodworthy.model.hosting import JobKind  # noqa: PLC0415
    from prodworthy.model.text import clean  # noqa: PLC0415

    with telling("candidates", as_json) as told, _looking(told, name, targets_file) as (target, host, _addresses):
        seen = host.project()
        # what production was rolled back from is the last that anybody should go to
        found = sorted(host.candidates(), key=lambda each: each.id == seen.rolled_back_from)
        plan = host.plan()
        move: Move | None = None
        refusal: Refused | None = None
        try:
            move = prepare(host, JobKind.ROLLBACK, None, declared=_declared(target))
        except Refused as refused:
            refusal = refused
        previous = move.destination.id if move else None
        said = [told.to_type(each) for each in _choice(move, refusal, plan)]
        if any(each.id == seen.rolled_back_from for each in found):
            said.append(f"Production was rolled back from {clean(seen.rolled_back_from or '')}: do not go back to it.")
        now = clock()
        data = {
            **_standing(seen),
            "candidates": shapes.deployments(found, current=seen.current, now=now),
            "previous": previous and clean(previous),
            "plan": plan and clean(plan),
            "refusal": refusal and told.refusal(refusal),
            "said": said,
        }

        def show() -> None:
            out = tables.console()
            tables.show_deployments(out, tables.rows(found, seen, previous=previous, candidates=""), now)
            if found:
                out.print()
            tables.show_sentences(out, said)

        told.end(data, show)


@click.command(
    epilog="""\b
Exit code 0: looked. 10: the host leads a domain to something else than what it calls current.
Until a running job has ended:     prodworthy status --watch
Is production rolled back?         prodworthy status --json | jq .rolled_back
"""
)
@options.target
@options.targets_file
@click.option("--watch", is_flag=True, help="Wait until no promotion or rollback is running.")
@options.as_json
def status(name: str | None, targets_file: str | None, watch: bool, as_json: bool) -> None:
    """Say whether production is rolled back, by whom and why, whether new pushes go live, and how to undo it."""
    from prodworthy.commands import tables  # noqa: PLC0415

    with telling("status", as_json) as told, _looking(told, name, targets_file) as (target, host, _addresses):
        if watch:
            _until_ended(told, host)
        found = _situation(target, host, targets_file)

        def show() -> None:
            out = tables.console()
            tables.show_facts(out, found.said())
            if found.undo:
                tables.show_command(out, found.undo)

        told.end(found.as_json(), show, exit_code=UNSEEN if found.astray else CLEAN)


COMMANDS = (list_, current, candidates, status)


@contextmanager
def _looking(
    told: Telling, name: str | None, targets_file: str | None
) -> Iterator[tuple[Target, Host, Addresses | None]]:
    told.targets_file = targets_file
    target = project.chosen(name, targets_file)
    told.target, told.hosting = target.name, target.hosting
    if name is None and not told.as_json:
        told.note(f"target: {target.name}")
    host, addresses = project.opened(target, waiting=told.waiting)
    with closing(host):
        yield target, host, addresses


def _standing(seen: Project) -> dict[str, Any]:
    """What a script needs to know of the project to read a list of its deployments."""
    from prodworthy.commands import shapes  # noqa: PLC0415
    from prodworthy.model.text import clean  # noqa: PLC0415

    return {
        "project": shapes.project(seen),
        "current": seen.current and clean(seen.current),
        "rolled_back_from": seen.rolled_back_from and clean(seen.rolled_back_from),
    }


def _declared(target: Target) -> tuple[str, ...]:
    """The hosts that the team names as its production."""
    return () if target.unusable else target.hosts


def _agreement(target: Target, host: Host, addresses: Addresses | None) -> Agreement:
    from prodworthy.commands.agreement import Agreement, held_against  # noqa: PLC0415
    from prodworthy.hosting import proof  # noqa: PLC0415
    from prodworthy.hosting.host import Filter  # noqa: PLC0415
    from prodworthy.model.hosting import Served  # noqa: PLC0415

    seen = host.project()
    rolling = host.rolling_release() if seen.rolling else None
    if seen.current is None:
        return Agreement(project=seen, current=None, domains=(), rolling=rolling)
    serves = host.deployment(seen.current)
    bypass = target.hosting.bypass if target.hosting else None
    prober = proof.Prober(target.identity, bypass=bypass, addresses=addresses)
    all_of_them = proof.known_domains(host, _declared(target))
    ours = [each.name for each in all_of_them]
    domains = [each.name for each in all_of_them if each.redirect is None or each.redirect in ours]
    pair = {rolling.base, rolling.canary} if rolling and rolling.active else set()
    may_serve = [serves, *_existing(host, pair - {serves.id}).values()]
    before = may_serve[1] if len(may_serve) > 1 else _before(host, seen)
    marks: list[Mark] = [proof.mark(prober, each, before if each is serves else serves, domains) for each in may_serve]
    served = proof.serving(host, domains, marks[0].prober, times=proof.TIMES, own=ours)
    domains_now = held_against(served, marks)
    known = {each.id: each for each in may_serve}
    earlier: Mark | None = None
    if any(each.proved is False for each in domains_now):  # who is it then?
        earlier = proof.mark(marks[0].prober, before, None, domains) if before else None
        known |= {each.id: each for each in host.deployments(Filter(production=True), limit=RECENT)}
    known |= _existing(host, {each.deployment for each in domains_now} - set(known))
    return Agreement(
        project=seen,
        current=serves,
        domains=domains_now,
        elsewhere=tuple(
            Served(domain=each.name, leads_to=each.redirect) for each in all_of_them if each.name not in domains
        ),
        rolling=rolling,
        before=earlier,
        shared=before if marks[0].shared else None,
        unmarked=marks[0].trouble,
        known=known,
    )


def _before(host: Host, seen: Project) -> Deployment | None:
    """Where the last job took production from, if what it led to is current: an edge that lags behind serves that."""
    job = seen.last_job
    if job is None or job.origin is None or job.destination != seen.current or job.origin == seen.current:
        return None
    return _existing(host, {job.origin}).get(job.origin)


def _situation(target: Target, host: Host, targets_file: str | None) -> Situation:
    from prodworthy.commands.situation import Situation  # noqa: PLC0415
    from prodworthy.hosting import proof  # noqa: PLC0415

    seen, rolling = host.project(), host.rolling_release()
    job = seen.last_job
    mentioned = {seen.current, seen.crons, *((job.origin, job.destination) if job else ())}
    mentioned |= {rolling.base, rolling.canary} if rolling else set()
    served: tuple[Served, ...] = ()
    if seen.current:
        all_of_them = proof.known_domains(host, _declared(target))
        served = proof.serving(host, [each.name for each in all_of_them if each.redirect is None], None)
    mentioned |= {seen.rolled_back_from, *(each.deployment for each in served)}
    known = _existing(host, mentioned)
    return Situation(
        target=target.name,
        project=seen,
        now=clock(),
        current=known.get(seen.current or ""),
        rolling=rolling,
        domains=served,
        known=known,
        targets_file=targets_file,
    )


def _existing(host: Host, wanted: Iterable[str | None]) -> dict[str, Deployment]:
    """Those that the platform still has, by id."""
    from prodworthy.hosting.errors import Rejected  # noqa: PLC0415

    found = {}
    for each in sorted(filter(None, wanted)):
        try:
            found[each] = host.deployment(each)
        except Rejected as error:
            if error.status not in {404, 410}:
                raise
    return found


def _choice(move: Move | None, refusal: Exception | None, plan: str | None) -> Iterator[str]:
    """Which one --previous means and why, and what the plan allows."""
    from prodworthy.commands.phrases import named  # noqa: PLC0415
    from prodworthy.model.text import clean  # noqa: PLC0415

    if move:
        yield f"`prodworthy rollback --previous` goes to {named(move.destination)}{_than(move)}."
    elif refusal:
        yield f"`prodworthy rollback --previous` refuses now: {clean(str(refusal), 600)}."
        yield f"Remedy: {clean(getattr(refusal, 'remedy', ''), 600)}."
    if plan == "hobby":
        yield "The account's plan (hobby) allows the previous production deployment only; the others are refused."
    elif plan is None:
        yield "The host does not say which plan the account has; on the hobby plan only the previous one is allowed."


def _than(move: Move) -> str:
    """Why that one."""
    from prodworthy.commands.phrases import named  # noqa: PLC0415
    from prodworthy.model.hosting import JobKind  # noqa: PLC0415

    if move.origin is None:
        return ""
    job = move.last_job
    if job and job.kind is JobKind.PROMOTE and (job.origin, job.destination) == (move.destination.id, move.origin.id):
        return f", which was live until {named(move.origin)} was promoted"
    return f", the newest that is older than {named(move.origin)}, which is current"


def _until_ended(told: Telling, host: Host) -> None:
    from prodworthy.commands.phrases import NOUNS  # noqa: PLC0415

    seen = False
    # a state that is not known here may be one that never ends
    while (job := host.job()) is not None and job.active and job.state.value != "unknown":
        if not seen:
            told.note(f"waiting for the {NOUNS[job.kind]} that is {job.state.value} (Ctrl-C ends the waiting only)")
        seen = True
        time.sleep(WATCHING)
