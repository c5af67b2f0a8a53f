"""The `prodworthy` command: what an operator or a new user types besides pytest."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from prodworthy import __version__
from prodworthy.commands import acting, deploying, looking, published
from prodworthy.commands import completion as completing
from prodworthy.commands.options import embedded_target, required_target, targets_file
from prodworthy.commands.told import Commands
from prodworthy.model import CHECKS, Embedded, Target

Read = TypeVar("Read")

EPILOG = """\b
Judge a target:      pytest verify --target=prod
Without a checkout:  pytest --pyargs prodworthy.verify --target=prod
"""


@click.group(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="prodworthy")
def main() -> None:
    """Is this deployment worthy of production? Seven checks, one verdict."""


# what is imported here is imported by `prodworthy --help`: the modules of commands import what they need when they run
for command in (*looking.COMMANDS, *acting.COMMANDS, *deploying.COMMANDS):
    main.add_command(command)


@main.command()
@click.option(
    "--of",
    type=click.Choice(["targets", "verdict", *published.COMMANDS]),
    default="targets",
    show_default=True,
    help="The targets file, verdict.json, or what a command prints with --json.",
)
def schema(of: str) -> None:
    """Print a JSON Schema: of the targets file (for editors), of verdict.json or of a command (for scripts)."""
    from prodworthy.reporting import files  # noqa: PLC0415  # each command imports what it needs
    from prodworthy.targets import file  # noqa: PLC0415

    ours = {"targets": file.schema, "verdict": files.schema}
    click.echo(json.dumps(ours[of]() if of in ours else published.schema(of), indent=2))


@main.command()
@targets_file
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def targets(targets_file: str | None, as_json: bool) -> None:
    """List the targets and check their file."""
    from prodworthy.targets.listing import chosen, listed  # noqa: PLC0415

    rows = _usable(lambda: listed(targets_file))
    _rules_are_known(chosen(targets_file, "all"))
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo(f"{row['name']:<16} {row['url'] or '-':<44} {row['about']}")


@main.command()
@click.option("--check", type=click.Choice([check.name for check in CHECKS]), help="Only those of one check.")
@click.option("--json", "as_json", is_flag=True, help="For scripts: everything about each rule.")
def rules(check: str | None, as_json: bool) -> None:
    """List the rules: what each demands, and how severe a finding of it is."""
    from prodworthy.review.catalogue import every_rule  # noqa: PLC0415
    from prodworthy.rulebook import as_json as whole  # noqa: PLC0415

    listed = [rule for rule in every_rule() if check in (None, rule.check)]
    if as_json:
        click.echo(json.dumps([whole(rule) for rule in listed], indent=2))
        return
    for rule in listed:
        click.echo(f"{rule.id:<40} {rule.severity:<9} {rule.title}")


@main.command()
@click.argument("rule")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def explain(rule: str, as_json: bool) -> None:
    """Say all about one RULE: what it demands, why, what to do, and where it comes from."""
    from prodworthy.review.catalogue import rule_called, unknown_rule  # noqa: PLC0415
    from prodworthy.rulebook import as_json as whole  # noqa: PLC0415
    from prodworthy.rulebook import as_text  # noqa: PLC0415

    if (found := rule_called(rule)) is None:
        click.echo(f"error: {unknown_rule([rule]) or 'tests of a team explain themselves'}", err=True)
        sys.exit(4)
    click.echo(json.dumps(whole(found), indent=2) if as_json else as_text(found))


@main.command()
@required_target
@targets_file
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def doctor(name: str, targets_file: str | None, as_json: bool) -> None:
    """Say whether everything is at hand to judge a target: secrets, addresses, browser, Java; and what is asked.

    Exit code 0: ready. 10: something is missing, each with its remedy.
    """
    from prodworthy.doctor import examine  # noqa: PLC0415
    from prodworthy.targets.listing import chosen  # noqa: PLC0415

    _rules_are_known(_usable(lambda: chosen(targets_file, name)))
    examined = _usable(lambda: examine(name, targets_file))
    if as_json:
        told = {target: [each.as_json() for each in symptoms] for target, symptoms in examined.items()}
        click.echo(json.dumps(told, indent=2))
    else:
        for target, symptoms in examined.items():
            click.echo(target)
            for each in symptoms:
                click.echo(f"  {'✓' if each.well else '✗'} {each.about:<12} {each.said}")
    sys.exit(0 if all(each.well for symptoms in examined.values() for each in symptoms) else 10)


@main.command()
@click.argument("app", default=".", type=click.Path(exists=True, file_okay=False))
@embedded_target
@targets_file
def up(app: str, name: str | None, targets_file: str | None) -> None:
    """Keep the embedded deployment of APP (or of an embedded target) running, and print its addresses."""
    from prodworthy.local import parts  # noqa: PLC0415

    if absent := parts.absent():
        raise click.ClickException(absent)
    from prodworthy.local.up import run  # noqa: PLC0415
    from prodworthy.targets import listing  # noqa: PLC0415

    embedded = _usable(
        lambda: listing.embedded_target(name, targets_file) if name else listing.embedded_folder(Path(app))
    )
    sys.exit(run(embedded, click.echo, target=name or _named(embedded, targets_file)))


@main.command()
@click.argument("folder", default=".", type=click.Path(file_okay=False))
@click.option("--url", help="Where production is; fills in the first target.")
def init(folder: str, url: str | None) -> None:
    """Write a first targets.toml and a thin verify/ folder for a team's own tests. Never overwrites."""
    from prodworthy.starter import write  # noqa: PLC0415

    for path, written in write(Path(folder), url):
        click.echo(f"{'wrote' if written else 'kept '}  {path}")
    click.echo("next     prodworthy targets, then pytest verify --target=prod")


@main.command()
@click.argument("parts", nargs=-1, type=click.Choice(["browser", "html"]))
def install(parts: tuple[str, ...]) -> None:
    """Install what pip cannot: a browser, and the newest HTML checker. Without arguments: both, if missing."""
    from prodworthy.evidence import browser, validator  # noqa: PLC0415

    wanted = parts or ("browser", "html")
    try:
        if "html" in wanted:
            validator.install(click.echo)
        if "browser" in wanted:
            browser.install(click.echo)
    except browser.NoBrowser as error:
        raise click.ClickException(str(error)) from None


@main.command()
@click.argument("shell", type=click.Choice(completing.SHELLS))
def completion(shell: str) -> None:
    """Print the script that completes commands, options and targets in SHELL.

    \b
    bash:  eval "$(prodworthy completion bash)"       in ~/.bashrc
    zsh:   eval "$(prodworthy completion zsh)"        in ~/.zshrc
    fish:  prodworthy completion fish | source        in ~/.config/fish/config.fish
    """
    click.echo(completing.script(shell, main))


def _named(embedded: Embedded, targets_file: str | None) -> str | None:
    """What the targets file that is found from here calls it; None: nothing, so that no command could find it."""
    from prodworthy.targets.errors import TargetsError  # noqa: PLC0415
    from prodworthy.targets.listing import chosen  # noqa: PLC0415

    try:
        return next((each.name for each in chosen(targets_file, "all") if each.embedded == embedded), None)
    except TargetsError:
        return None


def _rules_are_known(targets: list[Target]) -> None:
    """A rule that a target's policy names and that is none ends with exit code 4, as it does under pytest."""
    from prodworthy.review.catalogue import unknown_rule  # noqa: PLC0415

    told = [f"targets.{each.name}: {why}" for each in targets if (why := unknown_rule(each.policy.rules))]
    if told:
        click.echo("\n".join(f"error: {each}" for each in told), err=True)
        sys.exit(4)


def _usable(read: Callable[[], Read]) -> Read:
    """What `read` returns; an unusable targets file ends with exit code 4, as it does under pytest."""
    from prodworthy.targets.errors import TargetsError  # noqa: PLC0415

    try:
        return read()
    except TargetsError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(4)


if __name__ == "__main__":
    main(prog_name="prodworthy")
