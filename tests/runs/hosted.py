"""A team whose app is served by the emulated platform, kept up beside the runs as `prodworthy up` keeps it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import httpx

from prodworthy.local import running
from prodworthy.local.deployment import Deployment
from prodworthy.model import Addresses
from prodworthy.model.network import HOST
from prodworthy.targets.listing import load
from tests.runs.team import PAGE, Team

TOKEN = "KIOSK_VERCEL_TOKEN"
FIRST = "0123456789abcdef0123456789abcdef01234567"  # the commit of the team's dist/
OTHERS = "headers", "supabase", "functions", "bundle", "html", "smoke"

# what a target is asked here: enough to be judged, and quick
_ASKED = """\
pages = ["/"]
identity = {{ path = "/version.json" }}
environment = ["KIOSK_USER"]
[targets.{name}.not_applicable]
{others}
"""
_EMBEDDED = (
    '[targets.kiosk.embedded]\napp = "."\n[targets.kiosk]\ndomains = ["https://kiosk.test", "https://www.kiosk.test"]\n'
)
_HOSTED = f"""\
[targets.prod.vercel]
project = "{HOST["project"]}"
team = "{HOST["team"]}"
token = {{{{ env = "{TOKEN}" }}}}
[targets.prod]
url = "https://kiosk.test"
domains = ["https://kiosk.test", "https://www.kiosk.test"]
"""
# a target that is not embedded, whose names lead to this machine all the same
_NAMES = """\
import json
from dataclasses import replace
from pathlib import Path


def pytest_configure(config):
    from prodworthy.model import Addresses
    from prodworthy.targets.plugin import targets_key

    if hasattr(config, "workerinput") or targets_key not in config.stash:
        return
    addresses = Addresses(**json.loads(Path(__file__).with_name("addresses.json").read_text()))
    targets = config.stash[targets_key]
    targets.update({name: replace(each, addresses=addresses) for name, each in targets.items() if not each.embedded})
"""


def targets() -> str:
    """The same app as `kiosk`, embedded, and as `prod`, at an address."""
    others = "\n".join(f'{check} = "asked elsewhere"' for check in OTHERS)
    kiosk = _EMBEDDED + _ASKED.format(name="kiosk", others=others)
    return kiosk + _HOSTED.format() + _ASKED.format(name="prod", others=others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """What is up, moved through its control port."""

    team: Team
    addresses: Addresses

    def deploy(self, commit: str, *, staged: bool = True, **more: Any) -> str:
        """One more deployment, whose pages and stamp are its own; its id."""
        change = {
            "version.json": json.dumps({"commit": commit}),
            "index.html": PAGE.replace("<h1>Kiosk</h1>", f"<h1>Kiosk of {commit[:7]}</h1>"),
        }
        order = {"commit": commit, "staged": staged, "change": change, "branch": "main", **more}
        told: str = self.ask("POST", "/deploy", order)["id"]
        return told

    def state(self) -> dict[str, Any]:
        told: dict[str, Any] = self.ask("GET", "/state")
        return told

    @property
    def current(self) -> str:
        return str(self.state()["current"])

    def host(self, deployment: str) -> str:
        return str(self.state()["deployments"][deployment]["host"])

    def act(self, kind: str, deployment: str) -> None:
        """Somebody else moves production; returns when it is moved."""
        self.ask("POST", "/actor", {"kind": kind, "deployment": deployment})
        self.until(lambda state: state["current"] == deployment and set(state["edge"].values()) == {deployment})

    def promote(self, deployment: str) -> None:
        """We ask for it, by the platform's own API."""
        path = f"/v10/projects/{HOST['project']}/promote/{deployment}"
        asked = {"params": {"teamId": HOST["team"]}, "headers": {"authorization": f"Bearer {HOST['token']}"}}
        httpx.post(f"{self.addresses.hosting_url}{path}", timeout=30, **asked).raise_for_status()

    def until(self, holds: Callable[[dict[str, Any]], bool]) -> None:
        deadline = time.monotonic() + 60
        while not holds(self.state()):
            assert time.monotonic() < deadline, self.state()
            time.sleep(0.05)

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        answer = httpx.request(
            method, f"{self.addresses.control}{path}", json=body, headers={"x-prodworthy-control": "1"}, timeout=30
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None


@contextmanager
def up(team: Team) -> Iterator[Platform]:
    """Keeps it up for as long as the block lasts; `prod` reaches it through the plugin that is written beside it."""
    path = team.write("targets.toml", targets())
    embedded = load(str(path), "kiosk").embedded
    assert embedded is not None
    with Deployment.start(embedded) as deployment:
        addresses = deployment.ready()
        team.write("addresses.json", json.dumps(asdict(addresses)))
        team.write("names.py", _NAMES)
        with running.announce(embedded, addresses):
            yield Platform(team=team, addresses=addresses)
