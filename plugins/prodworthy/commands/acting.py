"""The commands that act: rollback and promote; what is typed, and which signals end them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any, NoReturn

import click

from prodworthy.commands import options
from prodworthy.commands.told import telling
from prodworthy.model.hosting import JobKind

TIMEOUT = "3m"
SHORTEST = 1.0  # seconds


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
    _carry_out(JobKind.ROLLBACK, name, wanted=deployment, previous=previous, **given)


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
    _carry_out(JobKind.PROMOTE, name, wanted=deployment, **given)


COMMANDS: tuple[click.Command, ...] = (rollback, promote)


def _carry_out(kind: JobKind, name: str | None, **given: Any) -> None:
    with _interruptible(), telling(kind.value, given["as_json"]) as told:
        from prodworthy.commands import project  # noqa: PLC0415  # --help needs none of this
        from prodworthy.commands.operation import Operation, Order  # noqa: PLC0415

        order = Order(kind=kind, **given)
        target = project.chosen(name, order.targets_file)
        told.target, told.hosting = target.name, target.hosting
        host, addresses = project.opened(target)
        with ExitStack() as stack:
            stack.callback(host.close)
            Operation(told, order, target, host, addresses).act()


class Stopped(KeyboardInterrupt):
    """A signal that ends us.

    KeyboardInterrupt itself, raised while an import makes a dataclass, would let Python end by SIGINT at last, although
    it was caught and everything was said.
    """


@contextmanager
def _interruptible() -> Iterator[None]:
    """A pipeline that cancels, or a terminal that is closed, is as good as Ctrl-C: what is known is still said."""
    before = {}
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup, or in a shell's background
            before[number] = signal.signal(number, _stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(_: int, __: FrameType | None) -> NoReturn:
    raise Stopped
