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
as_json = click.option("--json", "as_json", is_flag=True, help="For scripts: JSON on stdout, messages on stderr.")
