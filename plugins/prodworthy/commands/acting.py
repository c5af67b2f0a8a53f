"""The commands that act: rollback and promote. They look, show, ask, move, prove, verify, and say what is true now."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

import click

from prodworthy.commands import options
from prodworthy.commands.told import Telling, telling
from prodworthy.hosting.errors import HostingError, Refused
from prodworthy.model.codes import Code
from prodworthy.model.hosting import JobKind, Milestone, Moment

if TYPE_CHECKING:
    from prodworthy.commands.verification import Verification
    from prodworthy.hosting.host import Host
    from prodworthy.hosting.patience import Patience
    from prodworthy.hosting.proof import Prober
    from prodworthy.model import Addresses, Target
    from prodworthy.model.hosting import Move, Moved, Project, Served

TIMEOUT = "3m"
SHORTEST = 1.0  # seconds
BRIEFLY = 2.0  # seconds

Found = TypeVar("Found")


class Duration(click.ParamType[float]):
    """A time as people write it: "90s", "3m"; converts to seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds; click's own error otherwise."""
        import re  # noqa: PLC0415

        from prodworthy.targets.units import DURATION, duration  # noqa: PLC0415

        if isinstance(value, float):
            return value
        if not re.fullmatch(DURATION, value):
            self.fail(f"{value!r} is no time such as 90s or 3m", param, ctx)
        if (seconds := duration(value)) < SHORTEST:
            self.fail(f"{value!r} is too short; not to wait at all is --no-wait", param, ctx)
        return seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was typed."""

    kind: JobKind
    wanted: str | None  # id, URL or host
    previous: bool = False
    target: str | None
    targets_file: str | None
    as_json: bool
    yes: bool
    plan: bool
    reason: str
    wait: bool
    timeout: float  # seconds
    verify: bool


def _acting(command: Callable[..., None]) -> Callable[..., None]:
    """The options that both commands have, in the order in which help lists them."""
    for option in reversed(
        (
            options.target,
            options.targets_file,
            click.option("--reason", default="", metavar="TEXT", help="Why; the host keeps it with a rollback."),
            click.option("--plan", is_flag=True, help="Show what would be done, and change nothing."),
            click.option("--yes", "-y", is_flag=True, help="Do not ask."),
            click.option("--wait/--no-wait", default=True, help="Follow it until every domain proves it (default)."),
            click.option(
                "--timeout",
                type=Duration(),
                default=TIMEOUT,
                show_default=True,
                help="How long to follow it: 90s, 3m. What was asked for goes on at the host.",
            ),
            click.option("--no-verify", "verify", is_flag=True, flag_value=False, default=True, help="Run no checks."),
            options.as_json,
        )
    ):
        command = option(command)
    return command


@click.command()
@click.argument("deployment", required=False, metavar="[URL|ID]")
@click.option("--previous", is_flag=True, help="Go back to what was live before the current deployment.")
@_acting
def rollback(deployment: str | None, previous: bool, name: str | None, **given: Any) -> None:
    """Move production back to a deployment that has been live, and prove it.

    Without an argument you are shown what production can go back to, and asked.

    \b
    Exit code 0: every domain proves it, and its verification passed.
              2: stopped before anything was asked for.    4: what was typed or configured.
             10: could not look.                          22: a rule refuses.
             21: rolled back, but its verification failed.
             23: asked for and not proved, or its verification is inconclusive.
    """
    if deployment and previous:
        raise click.UsageError("a deployment and --previous: give one of them")
    _carry_out(Order(kind=JobKind.ROLLBACK, wanted=deployment, previous=previous, target=name, **given))


@click.command()
@click.argument("deployment", required=False, metavar="[URL|ID]")
@_acting
def promote(deployment: str | None, name: str | None, **given: Any) -> None:
    """Make a deployment live that was built for production, and prove it; nothing is built again.

    Without an argument: the only staged deployment that is newer than what is live.

    \b
    Exit code 0: every domain proves it, and its verification passed.
              1: promoted, but its verification failed.   10: could not look, or it is inconclusive.
              2: stopped before anything was asked for.    4: what was typed or configured.
             22: a rule refuses.                          23: asked for and not proved.
    """
    _carry_out(Order(kind=JobKind.PROMOTE, wanted=deployment, target=name, **given))


COMMANDS: tuple[click.Command, ...] = (rollback, promote)


def _carry_out(order: Order) -> None:
    with _interruptible(), telling(order.kind.value, order.as_json) as told:
        from prodworthy.commands.project import chosen, opened  # noqa: PLC0415  # --help needs none of this

        target = chosen(order.target, order.targets_file)
        told.target, told.hosting = target.name, target.hosting
        host, addresses = opened(target)
        with ExitStack() as stack:
            stack.callback(host.close)
            Acting(told, order, target, host, addresses).act()


class Acting:
    """One run of one of the two commands."""

    def __init__(self, told: Telling, order: Order, target: Target, host: Host, addresses: Addresses | None) -> None:
        self._told = told
        self._order = order
        self._target = target
        self._host = host
        self._addresses = addresses

    def act(self) -> None:
        """From the first look to the last word; raises Refused and HostingError while nothing was asked for."""
        from prodworthy.commands import verification  # noqa: PLC0415
        from prodworthy.commands.account import Account, as_json, shown  # noqa: PLC0415
        from prodworthy.commands.aftermath import afterwards, undo  # noqa: PLC0415
        from prodworthy.commands.told import exit_code  # noqa: PLC0415

        order = self._order
        # what is not usable for the verification is said before anything is changed
        environment = verification.allowed(self._target, order.targets_file, os.environ) if order.verify else {}
        move = self._prepared()
        if order.plan:
            self._plan(move)
            return
        if not move.already:
            self._show(move)
            if not order.yes:
                self._confirm()
        moved = self._moved(move)
        self._note("")
        verified = self._verified(moved, environment) if moved.proved and order.verify else None
        if verified:
            moment = Moment(what=Milestone.VERIFIED, at=datetime.now(UTC), said=verified.said)
            moved = replace(moved, moments=(*moved.moments, moment))
            self._note("")
        project = self._project(moved)
        account = Account(
            moved=moved,
            target=self._target.name,
            current=project.current if project else None,
            aftermath=afterwards(moved, project),
            undo=undo(moved, target=self._target.name, targets_file=order.targets_file),
            reason=order.reason,
            verification=verified,
        )
        now = datetime.now(UTC)
        self._told.end(
            as_json(account, now),
            lambda: click.echo("\n".join(shown(account, now))),
            exit_code=exit_code(moved.code, order.kind, verified.exit_code if verified else None),
        )

    def _prepared(self) -> Move:
        from prodworthy.hosting.preflight import prepare  # noqa: PLC0415

        wanted = self._order.wanted
        if wanted is None and self._order.kind is JobKind.ROLLBACK and not self._order.previous:
            wanted = self._chosen()
        return prepare(self._host, self._order.kind, wanted, declared=self._target.hosts)

    def _chosen(self) -> str:
        from prodworthy.commands.confirmation import choose, terminal  # noqa: PLC0415

        if not terminal():
            said = "no deployment was named, and this is no terminal to ask at"
            raise Refused(Code.USAGE, said, "add its id or URL (see `prodworthy candidates`), or --previous")
        if not (candidates := self._host.candidates()):
            said = "there is no deployment that production can be rolled back to"
            raise Refused(Code.NO_CANDIDATE, said, "fix forward: deploy a corrected build")
        return choose(candidates, datetime.now(UTC))

    def _show(self, move: Move) -> None:
        from prodworthy.commands.confirmation import changes, shown  # noqa: PLC0415

        lines = shown(self._target.name, move, changes(self._host, move), datetime.now(UTC))
        self._note("\n".join([*lines, ""]))

    def _confirm(self) -> None:
        from prodworthy.commands.confirmation import confirm  # noqa: PLC0415

        confirm(self._order.kind)

    def _plan(self, move: Move) -> None:
        from prodworthy.commands import verification  # noqa: PLC0415
        from prodworthy.commands.account import Account, as_json, as_planned, plan, planned  # noqa: PLC0415
        from prodworthy.commands.confirmation import changes, shown  # noqa: PLC0415

        order, now = self._order, datetime.now(UTC)
        stage = verification.STAGES[order.kind]
        steps = plan(
            move,
            reason=order.reason or "(none)",
            timeout=order.timeout,
            verify=f"pytest --target={self._target.name} --stage={stage} --rollback=off" if order.verify else None,
        )
        account = Account(
            moved=as_planned(move, order.reason), target=self._target.name, current=move.project.current, steps=steps
        )
        lines = [*shown(self._target.name, move, changes(self._host, move), now), *planned(account)]
        self._told.end(as_json(account, now), lambda: click.echo("\n".join(lines)))

    def _moved(self, move: Move) -> Moved:
        """Moves production; whatever happens after the request, it returns what is known."""
        from prodworthy.commands.progress import Progress  # noqa: PLC0415
        from prodworthy.hosting.move import Interrupted, carry_out  # noqa: PLC0415
        from prodworthy.model.run import new_id  # noqa: PLC0415

        order = self._order
        self._told.requested = True  # until it is known better: a fault of ours must not say that nothing was changed
        try:
            with Progress(order.kind) as progress:
                moved = carry_out(
                    self._host,
                    move,
                    reason=order.reason,
                    run=new_id(),
                    prober=self._prober(),
                    patience=self._patience(),
                    tell=progress.tell,
                    wait=order.wait,
                )
        except Interrupted as interrupted:
            moved = self._seen_briefly(interrupted.moved)
        except (Refused, HostingError, KeyboardInterrupt):
            self._told.requested = False
            raise
        self._told.requested = moved.requested
        if not moved.requested and not moved.proved:
            raise Refused(moved.code, moved.said, "look at `prodworthy status`, and decide anew")
        return moved

    def _verified(self, moved: Moved, environment: dict[str, str]) -> Verification:
        from prodworthy.commands.verification import INCONCLUSIVE, INTERRUPTED, Verification, verify  # noqa: PLC0415

        try:
            return verify(
                self._target,
                moved,
                targets_file=self._order.targets_file,
                environment=environment,
                look=self._look(moved),
                out=sys.stderr.buffer if sys.stderr else None,
                colour=_in_colour(),
            )
        except KeyboardInterrupt:
            return Verification(exit_code=INTERRUPTED, said="the verification was interrupted")
        except Exception as error:  # noqa: BLE001  # production was moved: that must be told whatever happens here
            with suppress(OSError):
                traceback.print_exc(file=sys.stderr)
            said = f"the verification could not be carried out: {type(error).__name__}"
            return Verification(exit_code=INCONCLUSIVE, said=said)

    def _note(self, text: str) -> None:
        """On stderr; that nobody reads it is no reason to stop."""
        with suppress(OSError):
            self._told.note(text)

    def _look(self, moved: Moved) -> Callable[[], Sequence[Served]]:
        from prodworthy.hosting.proof import mark, serving  # noqa: PLC0415

        ours = [each.name for each in moved.move.domains]
        # one that the host sends to a stranger serves no deployment
        asked = [each.name for each in moved.move.domains if each.redirect is None or each.redirect in ours]
        known = mark(self._prober(), moved.move.destination, moved.move.origin, asked)
        return lambda: serving(self._host, asked, known.prober, own=ours, expected=known)

    def _seen_briefly(self, moved: Moved) -> Moved:
        """With what the domains serve by the host's word, if it says so at once."""
        from prodworthy.hosting.proof import serving  # noqa: PLC0415

        names = [each.name for each in moved.move.domains]
        served = None if moved.served else _briefly(lambda: serving(self._host, names, None))
        return replace(moved, served=served) if served else moved

    def _project(self, moved: Moved) -> Project | None:
        if moved.code is Code.INTERRUPTED_AFTER_REQUEST:
            return _briefly(self._host.project)
        with suppress(HostingError, KeyboardInterrupt):
            return self._host.project()
        return None

    def _prober(self) -> Prober:
        from prodworthy.hosting.proof import Prober  # noqa: PLC0415

        bypass = self._target.hosting.bypass if self._target.hosting else None
        return Prober(self._target.identity, bypass=bypass, addresses=self._addresses)

    def _patience(self) -> Patience:
        from prodworthy.hosting.watching import WATCHING  # noqa: PLC0415

        return replace(WATCHING, total=self._order.timeout)


def _briefly(look: Callable[[], Found]) -> Found | None:
    """What it returns within moments, else None: who interrupts does not wait, who cancels a pipeline kills soon."""
    found: list[Found] = []

    def run() -> None:
        with suppress(HostingError):
            found.append(look())

    thread = Thread(target=run, daemon=True)
    thread.start()
    with suppress(KeyboardInterrupt):
        thread.join(BRIEFLY)
    return found[0] if found else None


def _in_colour() -> bool:
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    return not plain and sys.stderr is not None and sys.stderr.isatty()


@contextmanager
def _interruptible() -> Iterator[None]:
    """A pipeline that cancels, or a terminal that is closed, is as good as Ctrl-C: what is known is still said."""
    before = {}
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
            before[number] = signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
