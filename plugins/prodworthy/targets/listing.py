"""Targets as the command line shows and uses them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prodworthy.model import Embedded, Target
from prodworthy.model.wording import counted
from prodworthy.targets import file
from prodworthy.targets.build import Builder, Order
from prodworthy.targets.choice import choose, unknown
from prodworthy.targets.errors import TargetsError


def load(given: str | None, name: str) -> Target:
    """One target; raises TargetsError for a file or a name that is not usable."""
    found = file.read(file.find(given, [Path.cwd()]))
    if name not in found.targets:
        raise TargetsError(unknown(name, list(found.targets)))
    return Builder(found, Order()).build(name)


def chosen(given: str | None, wanted: str) -> list[Target]:
    """The targets that a name, a glob or `all` stands for; raises TargetsError."""
    found = file.read(file.find(given, [Path.cwd()]))
    builder = Builder(found, Order())
    return [builder.build(name) for name in choose([wanted], list(found.targets))]


def listed(given: str | None) -> list[dict[str, Any]]:
    """Every target of the file, with what is asked of it; raises TargetsError when one cannot be built."""
    found = file.read(file.find(given, [Path.cwd()]))
    builder = Builder(found, Order())
    return [_row(builder.build(name)) for name in found.targets]


def embedded_target(name: str, given: str | None) -> Embedded:
    """What an embedded target is made of; raises TargetsError for one that is not embedded."""
    target = load(given, name)
    if target.embedded is None:
        raise TargetsError(f"target {name!r} is an address ({target.url}), not an embedded deployment")
    return target.embedded


def embedded_folder(app: Path) -> Embedded:
    """An app's folder: the embedded target that a targets.toml in or above it describes, else its front end."""
    app = app.resolve()
    for folder in (app, *app.parents):
        if (folder / file.NAME).is_file():
            found = file.read(folder / file.NAME)
            for name, raw in found.targets.items():
                if "embedded" in raw and (folder / raw["embedded"]["app"]).resolve() == app:
                    embedded = Builder(found, Order()).build(name).embedded
                    assert embedded is not None
                    return embedded
    return Embedded(app=str(app), domain=f"{app.name.lower().replace('_', '-')}.test")


def _row(target: Target) -> dict[str, Any]:
    unset = [secret.name for secret in target.secrets if secret.value is None]
    about = [counted(len(target.pages), "page")]
    about += [counted(len(target.functions), "function")] if target.functions else []
    about += [counted(len(target.supabase.tables), "table")] if target.supabase else []
    about += [f"embedded: {target.embedded.app}"] if target.embedded else []
    about += [f"host: {target.hosting.project}"] if target.hosting and not target.embedded else []
    about += [f"not set: {', '.join(unset)}"] if unset else []
    about += [target.unusable] if target.unusable else []
    return {
        "name": target.name,
        "url": target.url,
        "about": ", ".join(about),
        "embedded": target.embedded is not None,
        "unset": unset,
        "unusable": target.unusable,
    }
