"""An embedded deployment with three releases, and the vendor's own clients of its platform's API."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx

from prodworthy.local.deployment import Deployment
from prodworthy.model import Addresses, Embedded
from prodworthy.model.network import HOST

HEADER = {"x-prodworthy-control": "1"}
DOMAIN, ALIAS = "shop.test", "www.shop.test"
OWN = "shop.vercel.app"  # which the platform gives to the project besides
SWITCH = "0.3"  # seconds
OLD, GOOD, BAD = ("1" * 40, "2" * 40, "3" * 40)  # commits
NEVER = 10_000  # times that a client looks again
BETWEEN = 0.02  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulated:
    """It, by its control port; `scope` is what the command line must be told, empty for a personal account."""

    addresses: Addresses
    scope: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """Of the platform's API, over plain HTTP."""
        assert self.addresses.hosting_url
        return self.addresses.hosting_url

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """One order."""
        answer = httpx.request(method, f"{self.addresses.control}{path}", json=body, headers=HEADER)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def begin(self) -> tuple[str, str, str]:
        """Everything anew: the ids of what was live first, of what was live then, and of what is live now."""
        self.control("POST", "/reset")
        first = self.state["current"]
        return first, self.deploy(GOOD), self.deploy(BAD)

    def deploy(self, commit: str, **told: Any) -> str:
        """One more release, which tells its commit; the id."""
        stamp = {"version.json": json.dumps({"commit": commit})}
        made: str = self.control("POST", "/deploy", {"change": stamp, "commit": commit} | told)["id"]
        return made

    @property
    def state(self) -> Any:
        """All that the platform knows."""
        return self.control("GET", "/state")

    @property
    def asked(self) -> list[str]:
        """What the API was asked since the log was last cleared: method and path."""
        return [f"{each['method']} {each['path']}" for each in self.control("GET", "/log")]

    @property
    def posts(self) -> list[str]:
        """The paths that something was posted to."""
        return [each.removeprefix("POST ") for each in self.asked if each.startswith("POST ")]

    @property
    def reasons(self) -> list[str | None]:
        """What was given as the reason with each of them."""
        log = self.control("GET", "/log")
        return [each["query"].get("description") for each in log if each["method"] == "POST"]

    def settle(self) -> None:
        """Waits for the last job to end."""
        for _ in range(NEVER):
            job = self.state["last_job"]
            if job is None or job["status"] not in {"pending", "in-progress"}:
                return
            time.sleep(BETWEEN)
        raise AssertionError("the job does not end")

    def host(self, id: str) -> str:  # noqa: A002
        """The immutable one of a deployment."""
        found: str = self.state["deployments"][id]["host"]
        return found

    def led(self) -> dict[str, str]:
        """Where the control plane leads every domain."""
        return {name: each["deployment"] for name, each in self.state["domains"].items()}


def write_app(folder: Path) -> Path:
    """A front end of one page, which tells its commit."""
    dist = folder / "dist"
    dist.mkdir(parents=True)
    (dist / "index.html").write_text('<!doctype html><html lang="en"><title>shop</title>\n')
    (dist / "version.json").write_text(json.dumps({"commit": OLD}))
    return folder


@contextmanager
def emulated(app: Path, *, team: str = HOST["team"], embedded: Embedded | None = None) -> Iterator[Emulated]:
    """Runs for as long as the block; `embedded` in place of one that is made for it."""
    made = Embedded(app=str(app), domain=DOMAIN, aliases=(ALIAS,), host={"team": team, "switch": SWITCH})
    embedded = embedded or made
    with Deployment.start(embedded) as deployment:
        scope = ("--scope", team.removeprefix("team_")) if team else ()
        yield Emulated(addresses=deployment.ready(), scope=scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLine:
    """The vendor's, unmodified, pointed at an emulated platform."""

    program: Path
    home: Path
    node: str

    def run(
        self, platform: Emulated, *arguments: str, token: str = HOST["token"], scope: Sequence[str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Ends when it does; what it prints to people is on stderr."""
        place = ("--api", platform.url, "--token", token, "--global-config", str(self.home / "config"))
        command = [self.node, str(self.program), *arguments, *place, *(platform.scope if scope is None else scope)]
        return subprocess.run(
            command, cwd=self.home, env=self._environment, capture_output=True, text=True, timeout=120, check=False
        )

    @property
    def _environment(self) -> Mapping[str, str]:
        settings = {"VERCEL_TELEMETRY_DISABLED": "1", "NO_UPDATE_NOTIFIER": "1", "NO_COLOR": "1", "CI": "1"}
        return {"HOME": str(self.home), "PATH": str(Path(self.node).parent), **settings}


class Sdk:
    """The vendor's library in a process of its own, which is told one call a line."""

    def __init__(self, platform: Emulated, folder: Path, node: str) -> None:
        place = {"url": platform.url, "token": HOST["token"]}
        self._process = subprocess.Popen(
            [node, "client.mjs", json.dumps(place)],
            cwd=folder,
            env={"PATH": str(Path(node).parent)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def call(self, name: str, **arguments: Any) -> dict[str, Any]:
        """What came over the line (`status`, `raw`), and what the library made of it (`parsed`, or `error`)."""
        stdin = self._pipe(self._process.stdin)
        stdin.write(json.dumps({"call": name, "arguments": arguments}) + "\n")
        stdin.flush()
        line = self._pipe(self._process.stdout).readline()
        assert line, "the library's process has ended"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """Ends its process."""
        self._pipe(self._process.stdin).close()
        self._process.wait(30)
        self._pipe(self._process.stdout).close()

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe
        return pipe
