"""The setting: the storefront, running once for all contestants, as far away as a distant host."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from prodworthy.local.deployment import Deployment
from prodworthy.model import Target
from prodworthy.targets import file
from prodworthy.targets.build import Builder, Order
from tests.bench.rounds import say

ROOT = Path(__file__).parents[2]
APP = "examples/storefront"
TABLE = "[targets.local.embedded]\n"
DELAY = "50 ms"
PYTEST_INI = "[pytest]\naddopts = --import-mode=importlib -p no:cacheprovider\n"


class NotBuilt(Exception):
    """There is nothing to serve; one sentence that says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A folder that every run of pytest has as its root, and the target with the addresses it is reached at."""

    folder: Path
    target: Target

    @property
    def addresses(self) -> Path:
        """The addresses as JSON, for other processes."""
        return self.folder / "addresses.json"


@contextmanager
def standing(folder: Path) -> Iterator[Setting]:
    """The storefront of this checkout, up until the context ends; `folder` gets its targets file. Raises NotBuilt."""
    if not (ROOT / APP / "dist" / "index.html").is_file():
        raise NotBuilt(f"{APP}/dist is missing: run `make setup`")
    path = folder / file.NAME
    path.write_text(_targets(), encoding="utf-8")
    (folder / "pytest.ini").write_text(PYTEST_INI, encoding="utf-8")
    target = Builder(file.read(path), Order()).build("local")
    assert target.embedded is not None
    with Deployment.start(target.embedded, progress=say) as deployment:
        setting = Setting(folder=folder, target=replace(target, addresses=deployment.ready()))
        setting.addresses.write_text(json.dumps(asdict(deployment.ready())), encoding="utf-8")
        yield setting


def _targets() -> str:
    """The checkout's own targets file, readable from any folder, with the delay."""
    text = (ROOT / file.NAME).read_text(encoding="utf-8")
    assert TABLE in text
    text = text.replace(f'"{APP}', f'"{(ROOT / APP).as_posix()}')
    return text.replace(TABLE, f'{TABLE}delay = "{DELAY}"\n')
