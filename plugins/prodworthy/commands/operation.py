"""One run of rollback or promote: look, show, ask, move, prove, verify, and say what is true now."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Thread
from typing import TypeVar

import click

from prodworthy.commands.account import Account, as_json, as_planned, plan, planned
from prodworthy.commands.account import shown as accounted
from prodworthy.commands.aftermath import afterwards, undo
from prodworthy.commands.asking import noting
from prodworthy.commands.confirmation import changes, choose, confirm, shown, terminal, warnings
from prodworthy.commands.invocation import where
from prodworthy.commands.progress import Progress
from prodworthy.commands.signals import Signals
from prodworthy.commands.told import Telling, exit_code
from prodworthy.commands.verification import INCONCLUSIVE, INTERRUPTED, STAGES, Verification, allowed, verify
from prodworthy.hosting import proof
from prodworthy.hosting.errors import HostingError, Refused
from prodworthy.hosting.host import Host
from prodworthy.hosting.move import Interrupted, carry_out
from prodworthy.hosting.patience import Patience
from prodworthy.hosting.preflight import prepare
from prodworthy.hosting.watching import WATCHING
from prodworthy.model import Addresses, Target
from prodworthy.model.codes import Code
from prodworthy.model.hosting import JobKind, Milestone, Moment, Move, Moved, Project, Served
from prodworthy.model.run import new_id

BRIEFLY = 2.0  # seconds

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was typed."""

    kind: JobKind
    wanted: str | None  # id, URL, host or commit
    previous: bool = False
    targets_file: str | None
    as_json: bool
    yes: bool
    plan: bool
    reason: str
    wait: bool
    timeout: float  # seconds
    verify: bool


class Operation:
    """One run of one of the two commands."""

    def __init__(
        self,
        told: Telling,
        signals: Signals,
        order: Order,
        target: Target,
        host: Host,
        addresses: Addresses | None,
    ) -> None:
        self._told = told
        self._signals = signals
        self._order = order
        self._target = target
        self._host = host
        self._addresses = addresses

    def act(self) -> None:
        """From the first look to the last word; raises Refused and HostingError while nothing was asked for."""
        order = self._order
        # what is not usable for the verification is said before anything is changed
        environment = allowed(self._target, order.targets_file, os.environ) if order.verify else {}
        move = self._prepared()
        if order.plan:
            self._plan(move)
            return
        if not move.already:
            self._refuse_further_back(move)
            self._show(move)
            if not order.yes:
                confirm(order.kind)
        moved = self._moved(move)
        self._note("")
        verified = self._verified(moved, environment) if moved.proved and order.verify and order.wait else None
        self._end(moved, verified)

    def _prepared(self) -> Move:
        wanted = self._order.wanted
        if wanted is None and self._order.kind is JobKind.ROLLBACK and not self._order.previous:
            wanted = self._chosen()
        return prepare(self._host, self._order.kind, wanted, declared=self._target.hosts)

    def _chosen(self) -> str:
        if not terminal():
            said = "no deployment was named, and this is no terminal to ask at"
            raise Refused(Code.USAGE, said, "add its id or URL (see `prodworthy candidates`), or --previous")
        if not (candidates := self._host.candidates()):
            said = "there is no deployment that production can be rolled back to"
            raise Refused(Code.NO_CANDIDATE, said, "fix forward: deploy a corrected build")
        return choose(candidates, datetime.now(UTC), left=self._host.project().rolled_back_from)

    def _refuse_further_back(self, move: Move) -> None:
        """A script that is run again would go one step further each time."""
        order = self._order
        if order.previous and order.yes and move.project.rolled_back is not False:
            may = "is" if move.project.rolled_back else "may be"
            said = f"production {may} rolled back already, and --previous would go further back: {move.destination.id}"
            remedy = f"see `prodworthy status`; if that is meant, name it: `prodworthy rollback {move.destination.id}`"
            raise Refused(Code.ALREADY_ROLLED_BACK, said, remedy)

    def _show(self, move: Move) -> None:
        lines = shown(self._target.name, move, changes(move), datetime.now(UTC))
        self._note("\n".join([*lines, *self._warned(move), ""]))

    def _warned(self, move: Move) -> list[str]:
        told = [] if move.already else list(warnings(move, self._mark(move)))
        return ["", *told] if told else []

    def _plan(self, move: Move) -> None:
        order, now = self._order, datetime.now(UTC)
        stage = STAGES[order.kind]
        run = f"pytest {self._where} --stage={stage} --rollback=off"
        steps = plan(
            move,
            reason=order.reason,
            timeout=order.timeout,
            wait=order.wait,
            verify=run if order.verify else None,
        )
        account = Account(
            moved=as_planned(move, order.reason), where=self._where, current=move.project.current, steps=steps
        )
        warned = self._warned(move)
        lines = [*shown(self._target.name, move, changes(move), now), *warned, *planned(account)]
        if order.as_json and warned:
            self._note("\n".join(warned[1:]))
        self._told.end(as_json(account, now), lambda: click.echo("\n".join(lines)))

    def _moved(self, move: Move) -> Moved:
        """Moves production; whatever happens after the request, it returns what is known."""
        order = self._order
        try:
            with Progress(order.kind) as progress:
                moved = carry_out(
                    noting(self._host, self._asked),
                    move,
                    reason=order.reason,
                    run=new_id(),
                    prober=self._prober(),
                    patience=self._patience(),
                    tell=progress.tell,
                    wait=order.wait,
                )
        except Interrupted as interrupted:
            self._signals.hold()
            moved = self._seen_briefly(interrupted.moved)
        except KeyboardInterrupt:
            if not self._told.requested:
                raise
            self._signals.hold()
            moved = self._seen_briefly(interrupted_late(move, order.reason))
        self._told.requested = moved.requested
        self._signals.hold()
        if not moved.requested and not moved.proved and moved.code not in {Code.NOT_PROVED, Code.INDISTINGUISHABLE}:
            raise Refused(moved.code, moved.said, moved.remedy or "look at `prodworthy status`, and decide anew")
        return moved

    def _asked(self) -> None:
        self._told.requested = True  # from here on nobody can say that nothing was changed

    def _verified(self, moved: Moved, environment: dict[str, str]) -> Verification:
        try:
            with self._signals.each():
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

    def _end(self, moved: Moved, verified: Verification | None) -> None:
        if verified:
            moment = Moment(what=Milestone.VERIFIED, at=datetime.now(UTC), said=verified.said)
            moved = replace(moved, moments=(*moved.moments, moment))
            self._note("")
        project = self._project(moved)
        account = Account(
            moved=moved,
            where=self._where,
            current=project.current if project else None,
            aftermath=afterwards(moved, project),
            undo=undo(moved, where=self._where),
            reason=self._order.reason,
            verification=verified,
        )
        now = datetime.now(UTC)
        self._told.end(
            as_json(account, now),
            lambda: click.echo("\n".join(accounted(account, now))),
            exit_code=exit_code(moved.code, self._order.kind, verified.exit_code if verified else None),
        )

    def _note(self, text: str) -> None:
        """On stderr; that nobody reads it is no reason to stop."""
        with suppress(OSError):
            self._told.note(text)

    def _look(self, moved: Moved) -> Callable[[], Sequence[Served]]:
        ours = [each.name for each in moved.move.domains]
        asked = moved.move.demanded
        known = self._mark(moved.move)
        return lambda: proof.serving(self._host, asked, known.prober, own=ours, expected=known)

    def _mark(self, move: Move) -> proof.Mark:
        return proof.mark(self._prober(), move.destination, move.origin, move.demanded)

    def _seen_briefly(self, moved: Moved) -> Moved:
        """With what the domains serve by the host's word, if it says so at once."""
        names = [each.name for each in moved.move.domains]
        served = None if moved.served else _briefly(lambda: proof.serving(self._host, names, None))
        return replace(moved, served=served) if served else moved

    def _project(self, moved: Moved) -> Project | None:
        if moved.code is Code.INTERRUPTED_AFTER_REQUEST:
            return _briefly(self._host.project)
        with suppress(HostingError, KeyboardInterrupt), self._signals.each():
            return self._host.project()
        return None

    @property
    def _where(self) -> str:
        return where(self._target.name, self._order.targets_file)

    def _prober(self) -> proof.Prober:
        bypass = self._target.hosting.bypass if self._target.hosting else None
        return proof.Prober(self._target.identity, bypass=bypass, addresses=self._addresses)

    def _patience(self) -> Patience:
        return replace(WATCHING, total=self._order.timeout)


def interrupted_late(move: Move, reason: str) -> Moved:
    """Of a move that was asked for, and of which a signal took all that was known."""
    said = "interrupted after the request: look what became of it"
    return Moved(move=move, code=Code.INTERRUPTED_AFTER_REQUEST, said=said, requested=True, reason=reason)


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
