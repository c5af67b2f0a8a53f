"""From the decision to move production until every domain is proved to serve it, and the vendor's own command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

from prodworthy.hosting.connection import connect
from prodworthy.hosting.move import carry_out
from prodworthy.hosting.preflight import prepare
from prodworthy.hosting.proof import Prober
from prodworthy.local import running
from prodworthy.model import Identity, Secret
from prodworthy.model.codes import Code
from prodworthy.model.hosting import Hosting, JobKind, Milestone, Token
from prodworthy.model.network import HOST
from prodworthy.targets import listing
from tests.bench.rounds import Figure, interleaved, ratio, say
from tests.bench.setting import DELAY, ROOT
from tests.bench.table import Measurement
from tests.oracles.vercel.emulated import ALIAS, DOMAIN, CommandLine, Emulated, emulated, write_app

SWITCH = 0.4  # seconds from the platform's yes until it has switched all domains
AIM = 1.0  # seconds beyond that
FAIRNESS = (
    f"An emulated platform that takes {SWITCH:g} s to switch two domains, {DELAY} away, every round begun anew. Beyond "
    "the switch: from the decision to the last domain's proof (control plane, and three answers in a row of the app "
    "itself on fresh connections, on every domain), less the time that the platform takes. Whole commands: processes "
    "of their own, from start to end, prodworthy rollback --yes --no-verify and vercel rollback, which looks at no "
    "domain."
)
TARGETS = f"""
[targets.local]
domains = ["https://{DOMAIN}", "https://{ALIAS}"]
identity = {{ path = "/version.json" }}
[targets.local.embedded]
app = "app"
domain = "{DOMAIN}"
delay = "{DELAY}"
"""
VENDORS = ROOT / "tests" / "oracles" / "vercel"
OURS, THEIRS, WITHIN = "prodworthy rollback", "vercel rollback", "decision to proof"


class NotMoved(Exception):
    """A contestant did not do what is measured; one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """The platform, and the folder of the team that it is up for."""

    platform: Emulated
    folder: Path

    def within(self) -> float:
        """Seconds from the decision to the proof, less the switch."""
        _, good, _ = self.platform.begin()
        hosting = Hosting(
            project=HOST["project"], team=HOST["team"], token=Token(name="embedded", made_up=HOST["token"])
        )
        prober = Prober(
            Identity(), bypass=Secret(name="embedded", value=HOST["bypass"]), addresses=self.platform.addresses
        )
        with connect(hosting, addresses=self.platform.addresses, environment={}) as host:
            move = prepare(host, JobKind.ROLLBACK, good, declared=(DOMAIN, ALIAS))
            moved = carry_out(host, move, reason="benchmark", run="bench", prober=prober)
        if moved.code is not Code.DONE:
            raise NotMoved(f"the move was not proved: {moved.said}")
        at = {each.what: each.at for each in moved.moments}
        return (at[Milestone.PROVED] - at[Milestone.DECIDED]).total_seconds() - SWITCH

    def ours(self) -> float:
        """Seconds for the whole command."""
        _, good, _ = self.platform.begin()
        command = [sys.executable, "-m", "prodworthy.cli", "rollback", good, "--target=local", "--yes", "--no-verify"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "plugins")}
        return self._timed(
            good, lambda: subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, check=False)
        )

    def theirs(self, vendor: CommandLine) -> float:
        """The same of the vendor's."""
        _, good, _ = self.platform.begin()
        return self._timed(good, lambda: vendor.run(self.platform, "rollback", good, "--yes"))

    def _timed(self, good: str, run: Callable[[], subprocess.CompletedProcess[object]]) -> float:
        began = time.perf_counter()
        done = run()
        elapsed = time.perf_counter() - began
        if done.returncode or set(self.platform.led().values()) != {good}:
            raise NotMoved(f"{done.args!r} ended with {done.returncode}: {str(done.stderr)[-300:]}")
        return elapsed


def measure(rounds: int) -> Measurement:
    """The time beyond the switch, and the ratio of the two commands where Node is there."""
    with tempfile.TemporaryDirectory(prefix="prodworthy-bench-") as name, _standing(Path(name)) as contest:
        vendor, lacking = _vendor(Path(name))
        contestants = {WITHIN: contest.within, OURS: contest.ours}
        if vendor:
            contestants[THEIRS] = lambda: contest.theirs(vendor)
        say("one turn each that does not count")
        for contestant in contestants.values():
            contestant()
        took = interleaved(contestants, rounds)
    beyond = Figure(what=f"{WITHIN}, beyond the switch", values=tuple(took[WITHIN]), unit="s", aim=AIM)
    figures = [replace(beyond, basis=f"the switch takes {SWITCH:g} s")]
    if vendor:
        figures.append(ratio(f"{OURS} / {THEIRS}", took[OURS], took[THEIRS]))
    else:
        figures.append(Figure(what=OURS, values=tuple(took[OURS]), unit="s"))
    notes = (lacking,) if lacking else ()
    return Measurement(title="Moving production", fairness=FAIRNESS, figures=tuple(figures), notes=notes)


@contextmanager
def _standing(folder: Path) -> Iterator[Contest]:
    write_app(folder / "app")
    (folder / "targets.toml").write_text(TARGETS, encoding="utf-8")
    (folder / "runtime").mkdir(mode=0o700)
    with mock.patch.dict(os.environ, {"XDG_RUNTIME_DIR": str(folder / "runtime")}):
        embedded = listing.load(str(folder / "targets.toml"), "local").embedded
        assert embedded is not None
        embedded = replace(embedded, host={**embedded.host, "switch": str(SWITCH)})
        say("starting the emulated platform")
        with emulated(folder, embedded=embedded) as platform, running.announce(embedded, platform.addresses):
            yield Contest(platform=platform, folder=folder)


def _vendor(folder: Path) -> tuple[CommandLine | None, str]:
    """The vendor's command line, installed for this; else why it does not take part."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None, "the vendor's command line does not take part: Node.js is not installed"
    say("installing the vendor's command line")
    place = folder / "vendor"
    place.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(VENDORS / name, place)
    command = [npm, "ci", "--ignore-scripts", "--no-progress", "--loglevel=error"]
    if subprocess.run(command, cwd=place, stdout=subprocess.DEVNULL, check=False).returncode:
        return None, "the vendor's command line does not take part: npm could not install it"
    (folder / "home").mkdir()
    return CommandLine(program=place / "node_modules/vercel/dist/vc.js", home=folder / "home", node=node), ""
