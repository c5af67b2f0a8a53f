"""The options that several commands have."""

from __future__ import annotations

import click

from prodworthy.commands.completion import target_names

targets_file = click.option(
    "--targets-file", type=click.Path(dir_okay=False), help="The targets file (default: targets.toml here)."
)
target = click.option(
    "--target",
    "-t",
    "name",
    metavar="NAME",
    shell_complete=target_names,
    help="The target (default: the only one that has a host).",
)
required_target = click.option(
    "--target",
    "-t",
    "name",
    required=True,
    shell_complete=target_names,
    help="The target to look into; a glob or 'all' for several.",
)
embedded_target = click.option(
    "--target",
    "-t",
    "name",
    metavar="NAME",
    shell_complete=target_names,
    help="An embedded target of the targets file, instead of a folder.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="For scripts: JSON on stdout, messages on stderr.")
