"""The commands that look and change nothing: list, current, candidates, status."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
