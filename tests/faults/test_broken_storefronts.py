"""Copies of the storefront, each broken in one way, judged side by side with a sound one in one run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults import storefronts
from tests.faults.storefronts import ROOT, Fault

FAULTS = (
    Fault(
        name="chunkless",
        inflict=storefronts.delete_a_chunk,
        check="bundle",
        must=frozenset({"bundle.chunk-missing"}),
    ),
    Fault(
        name="lawless",
        inflict=storefronts.drop_the_policy,
        check="headers",
        must=frozenset({"headers.csp-missing"}),
        may=frozenset({"headers.framing-options-only"}),
    ),
    Fault(
        name="throwing",
        inflict=storefronts.throw_at_the_start,
        check="smoke",
        must=frozenset({"smoke.uncaught-exception", "smoke.text-missing"}),
        may=frozenset({"smoke.blank-page"}),
    ),
    Fault(
        name="unguarded",
        inflict=storefronts.turn_row_security_off,
        check="supabase",
        must=frozenset({"supabase.row-security-off"}),
        may=frozenset({"supabase.advisor-error"}),
    ),
    Fault(
        name="open",
        inflict=storefronts.open_a_private_table,
        check="supabase",
        must=frozenset({"supabase.row-security-off", "supabase.table-readable-by-anon"}),
        may=frozenset({"supabase.advisor-error"}),
    ),
    Fault(
        name="failing",
        inflict=storefronts.break_a_function,
        check="functions",
        must=frozenset({"functions.status-unexpected"}),
        may=frozenset({"functions.preflight-refused", "functions.cors-missing", "functions.refusal-missed"}),
    ),
    Fault(
        name="heavy",
        inflict=storefronts.add_a_megabyte,
        check="bundle",
        must=frozenset({"bundle.over-initial-budget", "bundle.over-largest-budget"}),
        may=frozenset({"bundle.over-total-budget"}),
    ),
    Fault(
        name="tangled",
        inflict=storefronts.break_the_markup,
        check="html",
        must=frozenset({"html.invalid"}),
        may=frozenset({"html.duplicate-id"}),
    ),
)
SOUND = "sound"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What became of the copies."""

    codes: tuple[int, ...]  # one a run
    outputs: tuple[str, ...]
    verdicts: dict[str, dict[str, Any]]

    def found(self, target: str) -> dict[str, set[str]]:
        """Check -> ids of the rules that found something at or above the gate, or below it."""
        checks = self.verdicts[target]["checks"]
        return {c["check"]: {f["rule"] for f in c["findings"]} for c in checks if c["findings"]}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    work = tmp_path_factory.mktemp("storefronts")
    folders = {SOUND: storefronts.copy(work / SOUND)}
    for fault in FAULTS:
        folders[fault.name] = storefronts.copy(work / fault.name)
        fault.inflict(folders[fault.name])
    targets = work / "targets.toml"
    targets.write_text(storefronts.targets(folders))
    runs = [judge(targets, names) for names in batches(list(folders), 3)]
    verdicts = {path.parent.name: json.loads(path.read_text()) for _, _, folder in runs for path in verdicts_in(folder)}
    return Judged(codes=tuple(c for c, _, _ in runs), outputs=tuple(o for _, o, _ in runs), verdicts=verdicts)


def batches(names: list[str], size: int) -> Iterator[list[str]]:
    """Few enough at once that two cores can carry their databases."""
    return (names[start : start + size] for start in range(0, len(names), size))


def judge(targets: Path, names: list[str]) -> tuple[int, str, Path]:
    """Run the checks as a user of this checkout does; returns exit code, output, and the run's folder."""
    command = [sys.executable, "-m", "pytest", "verify", "-p", "no:cacheprovider", f"--targets-file={targets}"]
    command += [f"--target={name}" for name in names]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    output = ended.stdout + ended.stderr
    run = re.search(r"^prodworthy run (\S+)$", output, re.MULTILINE)
    assert run is not None, output
    return ended.returncode, output, ROOT / "reports" / run[1]


def verdicts_in(folder: Path) -> Iterator[Path]:
    return folder.glob("*/verdict.json")


def test_the_worst_of_the_copies_decides(judged: Judged) -> None:
    assert set(judged.codes) == {1}, judged.outputs
    assert set(judged.verdicts) == {SOUND, *(fault.name for fault in FAULTS)}


def test_the_sound_copy_passes_with_no_finding_at_all(judged: Judged) -> None:
    assert (judged.verdicts[SOUND]["verdict"], judged.found(SOUND)) == ("pass", {}), judged.outputs[0]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_exactly_the_right_check_fails_with_the_right_rule(judged: Judged, fault: Fault) -> None:
    found = judged.found(fault.name)
    assert set(found) == {fault.check}, judged.verdicts[fault.name]["reasons"]
    assert fault.must <= found[fault.check] <= fault.must | fault.may
    results = {check["check"]: check["result"] for check in judged.verdicts[fault.name]["checks"]}
    assert {check for check, result in results.items() if result != "pass"} == {fault.check}


def test_the_overview_tells_two_broken_copies_from_the_sound_one(judged: Judged) -> None:
    output = judged.outputs[0]
    overview = output[output.rindex("= targets =") :].splitlines()[1:]
    marks = {line.split()[1]: line.split()[0] for line in overview if line.startswith("  ")}
    assert marks == {SOUND: "✓", FAULTS[0].name: "✗", FAULTS[1].name: "✗"}
