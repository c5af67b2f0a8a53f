"""The commands that act, rollback and promote: what is typed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import click

from prodworthy.commands import options
from prodworthy.commands.signals import Signals
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


def _wanted(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise click.BadParameter("the name of the deployment is empty; a variable that is not set?")
    return value and value.strip()


wanted = click.argument("wanted", required=False, metavar="[ID|URL|COMMIT]", callback=_wanted)


def _reason(kept: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option("--reason", default="", metavar="TEXT", help=f"Why; {kept}")


def _acting(command: Callable[..., None]) -> Callable[..., None]:
    """The options that both commands have, in the order in which help lists them."""
    for option in reversed(
        (
            options.target,
            options.targets_file,
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
@wanted
@click.option("--previous", is_flag=True, help="Go back to what was live before the current deployment.")
@_acting
@_reason("the host keeps it, for everybody to see.")
def rollback(wanted: str | None, previous: bool, name: str | None, **given: Any) -> None:
    """Move production back to a deployment that has been live, and prove it.

    Without an argument you are shown what production can go back to, and asked.

    \b
    Exit code 0: every domain proves it, and its verification passed.
              2: stopped before anything was asked for.    4: what was typed or configured.
             10: could not look.                          22: a rule refuses.
             21: rolled back, but its verification failed.
             23: asked for and not proved, or its verification is inconclusive.
    """
    if wanted and previous:
        raise click.UsageError("a deployment and --previous: give one of them")
    _carry_out(JobKind.ROLLBACK, name, wanted=wanted, previous=previous, **given)


@click.command()
@wanted
@_acting
@_reason("it stands in what is printed here alone, for of a promotion the host keeps none.")
def promote(wanted: str | None, name: str | None, **given: Any) -> None:
    """Make a deployment live that was built for production, and prove it; nothing is built again.

    Without an argument: the only staged deployment that is newer than what is live.

    \b
    Exit code 0: every domain proves it, and its verification passed.
              1: promoted, but its verification failed.   10: could not look, or it is inconclusive.
              2: stopped before anything was asked for.    4: what was typed or configured.
             22: a rule refuses.                          23: asked for and not proved.
    """
    _carry_out(JobKind.PROMOTE, name, wanted=wanted, **given)


COMMANDS: tuple[click.Command, ...] = (rollback, promote)


def _carry_out(kind: JobKind, name: str | None, **given: Any) -> None:
    with Signals() as signals, telling(kind.value, given["as_json"]) as told:
        from prodworthy.commands import project  # noqa: PLC0415  # --help needs none of this
        from prodworthy.commands.operation import Operation, Order  # noqa: PLC0415

        order = Order(kind=kind, **given)
        told.targets_file = order.targets_file
        if name is None:
            _refuse_to_guess(order.targets_file)
        target = project.chosen(name, order.targets_file)
        told.target, told.hosting = target.name, target.hosting
        host, addresses = project.opened(target, waiting=told.waiting)
        with ExitStack() as stack:
            stack.callback(host.close)
            Operation(told, signals, order, target, host, addresses).act()


def _refuse_to_guess(targets_file: str | None) -> None:
    """Raises Refused where a rehearsal could be taken for production, or the other way round."""
    from pathlib import Path  # noqa: PLC0415

    from prodworthy.hosting.errors import Refused  # noqa: PLC0415
    from prodworthy.model.codes import Code  # noqa: PLC0415
    from prodworthy.targets import file  # noqa: PLC0415

    found = file.read(file.find(targets_file, [Path.cwd()])).targets
    embedded = [name for name, raw in found.items() if "embedded" in raw]
    hosted = [name for name, raw in found.items() if "vercel" in raw and name not in embedded]
    if embedded and len(meant := [*hosted, *embedded]) > 1:
        said = f"{len(meant)} targets could be meant, and a rehearsal is one of them: {', '.join(meant)}"
        raise Refused(Code.USAGE, said, f"say which one: --target={meant[0]}")
