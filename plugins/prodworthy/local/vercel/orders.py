"""Orders to deploy, as the control port takes them: what is built of which files, and how it is told."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prodworthy.local.edge import Build, build_of, read_build
from prodworthy.local.edge.files import File
from prodworthy.local.edge.vercel_config import read_config

if TYPE_CHECKING:
    from prodworthy.local.vercel.platform import Platform
    from prodworthy.local.vercel.state import Deployed

# what is handed to Platform.deploy as it is, and of which type
TOLD: dict[str, tuple[type, ...]] = {
    "target": (str, type(None)),
    "staged": (bool,),
    "state": (str,),
    "commit": (str, type(None)),
    "branch": (str, type(None)),
    "message": (str, type(None)),
    "author": (str, type(None)),
    "source": (str,),
    "project": (str, type(None)),
    "at": (int,),
}
WHAT = ("app", "dist", "files", "change", "domain")


class BadOrder(ValueError):
    """An order that cannot be carried out; the text says why."""


class Orders:
    """Builds what is ordered, and deploys it."""

    def __init__(self, platform: Platform, *, app: Path, dist: str) -> None:
        self._platform = platform
        self._app = app
        self._dist = dist

    async def deploy(self, order: Mapping[str, Any]) -> Deployed:
        """One more deployment. Its files are those of a folder (`dist` of `app`, as the embedded deployment's are when
        nothing is said), or `files`, by path; `change` replaces some of them, also by path. `domain` is one more host
        that leads to it. Raises BadOrder, and LocalError for a folder that is none.
        """
        _check(order)
        build = await asyncio.to_thread(self._build, order)
        told = {name: order[name] for name in TOLD if name in order}
        told.setdefault("commit", stamped(build))
        if told.get("state", "READY") != "READY":
            deployed = self._platform.deploy(None, id=build.id, host=build.host, **told)
        else:
            deployed = self._platform.deploy(build, **told)
        if domain := order.get("domain"):
            self._platform.state.aliases[domain.lower()] = deployed.id
        return deployed

    def _build(self, order: Mapping[str, Any]) -> Build:
        state = self._platform.state
        app = self._app / order.get("app", "")
        if "files" in order:
            build = build_of(
                _files(order["files"]), read_config(app / "vercel.json"), project=state.name, team=state.team_slug
            )
        else:
            build = read_build(app, order.get("dist", self._dist), project=state.name, team=state.team_slug)
        changed = {**build.files, **_files(order.get("change", {}))}
        return Build(id=build.id, host=build.host, files=changed, config=build.config)


def stamped(build: Build) -> str | None:
    """The commit that the build itself tells, if it does: `/commit` of its version.json."""
    file = build.files.get("version.json")
    try:
        commit = json.loads(file.content)["commit"] if file else None
    except (ValueError, KeyError, TypeError):
        return None
    return commit if isinstance(commit, str) else None


def _files(texts: Mapping[str, str]) -> dict[str, File]:
    now = time.time()
    return {path: File(path.rpartition("/")[2], text.encode(), now) for path, text in texts.items()}


def _check(order: Mapping[str, Any]) -> None:
    for name, value in order.items():
        if name not in TOLD and name not in WHAT:
            raise BadOrder(f"a deployment has no `{name}`; it has: {', '.join([*WHAT, *TOLD])}")
        kinds = TOLD.get(name) or ((dict,) if name in {"files", "change"} else (str,))
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise BadOrder(f"`{name}` of a deployment cannot be {value!r}"[:200])
        if isinstance(value, dict) and not all(isinstance(text, str) for text in value.values()):
            raise BadOrder(f"`{name}` holds one text for each path")
