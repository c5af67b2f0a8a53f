"""docs/rollback-procedures.md: its examples, run against an app that is up, and its tables of codes.

`python -m tests.commands.procedures` brings the page up to date; a test fails when it is not.
"""

from __future__ import annotations

import re
import shlex
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.commands.operating import BAD, Kiosk, install, up

PAGE = Path(__file__).parents[2] / "docs" / "rollback-procedures.md"
STALE = "docs/rollback-procedures.md is stale: PYTHONPATH=plugins python -m tests.commands.procedures"
EXAMPLE = re.compile(
    r"<!-- scene: (?P<scene>[a-z -]+)(?:; typed: (?P<typed>\w+))? -->\n```console\n\$ (?P<words>[^\n]*)\n.*?```\n",
    re.DOTALL,
)
TARGETS = """\
[targets.prod]
domains = ["https://shop.example.com", "https://www.shop.example.com"]
pages = [{ path = "/", text = "And another." }]
identity = { path = "/version.json" }

[targets.prod.embedded]
app = "."
domain = "shop.example.com"

[targets.prod.vercel]
project = "prj_shop"
team = "team_acme"

[targets.prod.not_applicable]
supabase = "the shop has no back end"
functions = "the shop has no functions"
"""
GOOD = "4f0c2b9d8e7a6153c4d2e1f00a9b8c7d6e5f4a3b"
FIX = "e3a9f04b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f"
MINUTE = 60_000  # milliseconds

# what differs from run to run: how it is found, and what stands for it when two are compared
VARYING = (
    (r"\s+", " "),  # first: lines are broken anywhere
    (r"\d+\.\d\d s", "0.00 s"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d UTC)?", "2026-03-14 02:45"),
    (r"\d+ (s|min|h|d) (old|ago)", "2 h old"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "RUN"),
)
CHECKS = "(here the checks run, some ten seconds to some minutes, and print their verdict)"


class Scenes:
    """The app in every situation that the page shows."""

    def __init__(self, shop: Kiosk) -> None:
        self._shop = shop
        self._ids: dict[str, str] = {}
        self._scenes: dict[str, Callable[[], None]] = {
            "as it is": lambda: None,
            "rolled back": self._rolled_back,
            "a fix is staged": self._staged,
            "the host hangs": lambda: shop.faults(stuck=True),
        }

    def run(self, scene: str, words: str, typed: str | None) -> str:
        """What a person then sees."""
        self._as_it_is()
        self._scenes[scene]()
        command = shlex.split(words)
        assert command[0] == "prodworthy"
        with self._shop.terminal(*command[1:], environment={"TERM": "dumb"}) as terminal:
            if typed:
                terminal.until("to go on").type(f"{typed}\n")
            ended = terminal.ended()
        code = f"\n# exit code {ended.code}" if ended.code else ""
        return self._legible(ended.err.rstrip()) + code

    def _as_it_is(self) -> None:
        """The new release is live; the one before it is a day old."""
        shop, now = self._shop, int(time.time() * 1000)
        shop.ask("POST", "/reset")
        first = shop.state["current"]
        told = {"branch": "main"}
        self._ids = {
            "AAAw3nXz6rTbQ8vKp1mDs5yHc9jL": shop.deploy(
                GOOD, at=now - 26 * 60 * MINUTE, message="Show delivery dates", author="carol", **told
            ),
            "BBBmR7tKq2xWv9sYcN4pLd8hJ5gF": shop.deploy(
                BAD, at=now - 22 * MINUTE, message="Round quantities in the cart", author="alice", **told
            ),
        }
        shop.ask("PATCH", f"/deployments/{first}", {"deleted": True, "candidate": False})

    def _rolled_back(self) -> None:
        ended = self._shop.run("rollback", "--previous", "--yes", "--no-verify", "--reason=checkout fails")
        assert ended.code == 0, ended.err

    def _staged(self) -> None:
        self._rolled_back()
        now = int(time.time() * 1000)
        self._ids["CCCq8nTk4wRz7vXm2sLp9dYh3bGf"] = self._shop.deploy(
            FIX, at=now - 3 * MINUTE, message="Round quantities up", author="alice", branch="main"
        )

    def _legible(self, shown: str) -> str:
        """With ids that a reader can tell apart, and without the checks' own output."""
        shown = re.sub(
            r"=+ test session starts =+\n.*\n=+ [^\n]* in [^\n]* =+\n", f"{CHECKS}\n\n", shown, flags=re.DOTALL
        )
        for told, known in self._ids.items():
            host = self._shop.state["deployments"][known]["host"]
            shown = shown.replace(known, f"dpl_{told}").replace(host, f"shop-{told[:9].lower()}-acme.vercel.app")
        return shown.replace(str(self._shop.folder), "/home/you/shop")


def up_to_date(page: str, shop: Kiosk) -> str:
    """The page with what its examples print now."""
    scenes = Scenes(shop)

    def example(found: re.Match[str]) -> str:
        head = found[0][: found.start("words") - found.start()]
        return f"{head}{found['words']}\n{scenes.run(found['scene'], found['words'], found['typed'])}\n```\n"

    return EXAMPLE.sub(example, page)


def compared(page: str) -> str:
    """The page without what differs from run to run."""
    for varying, instead in VARYING:
        page = re.sub(varying, instead, page)
    return page


def main() -> None:
    """Writes the page."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        with up(work / "shop", install(work / "site"), work / "noted", name="prod", targets=TARGETS) as shop:
            PAGE.write_text(up_to_date(PAGE.read_text(encoding="utf-8"), shop), encoding="utf-8")


if __name__ == "__main__":
    main()
