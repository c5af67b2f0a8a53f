"""Side by side on one emulated platform: what the vendor's command line calls a rollback, and what ours does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prodworthy.local import running
from prodworthy.targets import listing
from tests.oracles.vercel.emulated import ALIAS, DOMAIN, OWN, CommandLine, Emulated, emulated, write_app
from tests.oracles.vercel.situations import BAD, BOTH, GOOD, OLD, SITUATIONS, Situation

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
TARGETS = f"""
[targets.local]
domains = ["https://{DOMAIN}", "https://{ALIAS}"]
identity = {{ path = "/version.json", pointer = "/commit" }}

[targets.local.embedded]
app = "app"
domain = "{DOMAIN}"
"""
LOOKS, BETWEEN = 200, 0.05  # times, seconds
TOGETHER = pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS.keys())


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Emulated, Path]]:
    """A platform that is up as with `prodworthy up`, and the targets file that names it."""
    folder = tmp_path_factory.mktemp("team")
    write_app(folder / "app")
    (folder / "targets.toml").write_text(TARGETS)
    (folder / "run").mkdir(mode=0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder / "run"))
        embedded = listing.load(str(folder / "targets.toml"), "local").embedded
        assert embedded
        with emulated(folder, embedded=embedded) as platform, running.announce(embedded, platform.addresses):
            yield platform, folder


@pytest.fixture(scope="module")
def cli(vercel_clients: Path, node: str, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    program = vercel_clients / "node_modules" / "vercel" / "dist" / "vc.js"
    return CommandLine(program=program, home=tmp_path_factory.mktemp("home"), node=node)


def begun(platform: Emulated, situation: Situation) -> dict[str, str]:
    """Three releases, the bad one live, and what will go wrong; the ids by the names of the table."""
    old, good, bad = platform.begin()
    if situation.promoted:
        platform.control("POST", "/actor", {"kind": "promote", "deployment": bad})
        platform.settle()
    faults = {name: old if value == "old" else value for name, value in situation.faults.items()}
    platform.control("PUT", "/faults", faults)
    platform.control("DELETE", "/log")
    return {"good": good, "bad": bad, "old": old}


def served(platform: Emulated, ids: dict[str, str]) -> str:
    """What the domains themselves serve now, in the words of the table."""
    names = {ids["good"]: GOOD, ids["bad"]: BAD, ids["old"]: OLD}
    edge = {domain: names[deployment] for domain, deployment in platform.state["edge"].items()}
    assert set(edge) == {DOMAIN, ALIAS, OWN}
    assert edge[OWN] == edge[DOMAIN]
    if edge[ALIAS] == edge[DOMAIN]:
        return edge[DOMAIN]
    return BOTH if (edge[DOMAIN], edge[ALIAS]) == (GOOD, BAD) else str(edge)


def ends(platform: Emulated, ids: dict[str, str], situation: Situation) -> str:
    """The same when all is done, also by a job that the project does not show yet."""
    platform.settle()
    for _ in range(LOOKS):
        if served(platform, ids) == situation.serves:
            break
        time.sleep(BETWEEN)
    return served(platform, ids)


@TOGETHER
def test_the_vendors(up: tuple[Emulated, Path], cli: CommandLine, situation: Situation) -> None:
    platform, _ = up
    ids = begun(platform, situation)
    ended = cli.run(platform, "rollback", ids["good"])
    assert ended.returncode == situation.vendor, ended.stderr
    for part in situation.says.format(**ids).split("…"):
        assert part.strip() in ended.stderr
    assert platform.reasons == [None] * situation.posts
    assert ends(platform, ids, situation) == situation.serves


@TOGETHER
def test_ours(up: tuple[Emulated, Path], situation: Situation) -> None:
    platform, folder = up
    ids = begun(platform, situation)
    answer, code = ours(folder, ids["good"])
    assert (answer["code"], answer["exit_code"], code) == (situation.code, situation.exit, situation.exit)
    assert platform.reasons == [answer["reason"]]
    assert f"from={ids['bad']} to={ids['good']}" in answer["reason"]
    assert ends(platform, ids, situation) == situation.serves
    told = {each["domain"]: (each["deployment"], set(each["stamps"])) for each in answer["domains"]}
    state = platform.state
    truth = {name: (id_, {state["deployments"][id_]["commit"]}) for name, id_ in state["edge"].items()}
    assert told == truth, "the report does not say what the domains serve"


def ours(folder: Path, deployment: str) -> tuple[Any, int]:
    """What our command line says of a rollback to that deployment, and how it ends."""
    command = [sys.executable, "-m", "prodworthy.cli", "rollback", deployment, "--target=local"]
    ended = subprocess.run(
        [*command, "--yes", "--no-verify", "--json", "--timeout=5s"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "plugins")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.stdout, ended.stderr
    return json.loads(ended.stdout), ended.returncode
