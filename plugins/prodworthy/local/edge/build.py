"""One immutable deployment: the files and the configuration of a build, frozen when it was added."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote_to_bytes

from prodworthy.local.edge.files import File, read_files
from prodworthy.local.edge.vercel_config import VercelConfig, read_config
from prodworthy.local.errors import DeploymentFailed

_LONGEST_LABEL = 63  # of a host name
_LETTERS = string.ascii_lowercase + string.digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What one deployment serves, and the host that will always serve exactly this."""

    id: str  # "dpl_..."
    host: str  # "<project>-<random>.vercel.app"
    files: Mapping[str, File]
    config: VercelConfig = field(default_factory=VercelConfig)

    def find(self, path: str) -> File | None:
        """The file that answers `path` (percent-encoded, as sent): itself, a directory's index, or a clean URL."""
        try:
            name = unquote_to_bytes(path).decode("utf-8").removeprefix("/")
        except UnicodeDecodeError:
            return None
        bare = name.removesuffix("/")
        candidates = [] if name.endswith("/") else [name]
        if self.config.clean_urls and bare:
            candidates.append(f"{bare}.html")
        candidates.append(f"{bare}/index.html".removeprefix("/"))
        return next((self.files[candidate] for candidate in candidates if candidate in self.files), None)


def read_build(app: Path, dist: str, *, project: str, team: str | None = None) -> Build:
    """Reads `dist` and vercel.json of the app folder. Raises DeploymentFailed naming what is missing or wrong."""
    if not app.is_dir():
        raise DeploymentFailed(f"{app} is not a folder")
    folder = app / dist
    if not folder.is_dir():
        raise DeploymentFailed(f"{app} has no {dist}/: run `npm run build` there first")
    files = read_files(folder)
    if not files:
        raise DeploymentFailed(f"{folder} is empty: run `npm run build` in {app} first")
    return build_of(files, read_config(app / "vercel.json"), project=project, team=team)


def build_of(files: Mapping[str, File], config: VercelConfig, *, project: str, team: str | None = None) -> Build:
    """These files as a deployment with an id and a host of its own; `team` is the slug that its host ends with."""
    tail = "-".join(filter(None, [_random(9), team]))
    name = project[: _LONGEST_LABEL - len(tail) - 1].rstrip("-")
    return Build(id=f"dpl_{_random(28)}", host=f"{name}-{tail}.vercel.app", files=files, config=config)


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))
