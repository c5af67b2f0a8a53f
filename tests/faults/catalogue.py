"""Faults and how they are tried: each on a copy of the storefront of its own, judged by the real check.

A check's faults stand in a module of its name beside this one, its tests in `test_<check>_faults.py`:

    HEALTH = Catalogue(check="health", file="test_health.py", base=BASE, faults=FAULTS)
    judged = judging(HEALTH)

    @pytest.mark.parametrize("fault", sampled(FAULTS))
    def test_a_fault_is_reported_by_its_rule_and_by_nothing_else(judged: Judged, fault: Fault) -> None:
        judged.expect(fault)

    def test_the_sound_storefront_gives_no_finding(judged: Judged) -> None:
        judged.expect_sound()
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from prodworthy.model import Severity
from tests.faults.breaks import ROOT, Break, Table, copied, merged

SEED = "FAULTS_SEED"  # the environment variable; see tests/conftest.py
SAMPLE = 0.08  # of a check's faults, in the short run
LEAST = 3
SOUND = "sound"
GATE = Severity.MEDIUM
NAMED = {"embedded": {"domain": "storefront.test"}}  # whatever the copy's folder is called
PATIENCE = 900  # seconds for one batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way in which a release goes wrong, and the rule that must say so."""

    name: str  # what is broken, as words-with-dashes; also the target's
    rule: str
    where: str  # regular expression that `where` of one of the rule's findings holds
    breaks: tuple[Break, ...]
    may: frozenset[str] = frozenset()  # other rules of the check that it entails
    got: str = ""  # regular expression that `got` of the same finding holds
    environment: Mapping[str, str] = field(default_factory=dict)  # names that no other fault uses


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All faults of one check."""

    check: str
    file: str  # of verify/
    faults: tuple[Fault, ...]
    base: Table = field(default_factory=dict)  # changes to the storefront's own target
    batch: int = 12  # targets in one run


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What became of the copies."""

    check: str
    results: Mapping[str, Table]  # target -> its entry of the check in verdict.json
    outputs: Mapping[str, str]  # target -> what the run printed

    def expect(self, fault: Fault) -> None:
        """Its rule, pointing at it, and nothing that it does not entail; the check fails when the gate says so."""
        result = self._result(fault.name)
        findings = result["findings"]
        told = json.dumps({key: result[key] for key in ("findings", "gaps", "reason")}, indent=1)[:6000]
        assert {f["rule"] for f in findings} - {fault.rule} <= fault.may, told
        mine = [f for f in findings if f["rule"] == fault.rule]
        assert any(re.search(fault.where, f["where"]) and re.search(fault.got, f["got"]) for f in mine), told
        fails = any(Severity(f["severity"]).reaches(GATE) for f in findings)
        assert (result["result"] == "fail") == fails, told

    def expect_sound(self) -> None:
        """No finding at all, and everything was seen."""
        result = self._result(SOUND)
        assert (result["result"], result["findings"], result["gaps"]) == ("pass", [], []), json.dumps(result)

    def _result(self, name: str) -> Table:
        assert name in self.results, self.outputs.get(name, "was not judged")[-6000:]
        return self.results[name]


def sampled(faults: Sequence[Fault]) -> list[Any]:
    """All faults as parameters; those that the seeded sample leaves out are marked long."""
    names = [fault.name for fault in faults]
    assert len(set(names)) == len(names), "two faults have one name"
    drawn = random.Random(os.environ[SEED]).sample(names, min(len(names), max(LEAST, round(SAMPLE * len(names)))))
    marks = {name: [] if name in drawn else [pytest.mark.long] for name in names}
    return [pytest.param(fault, id=fault.name, marks=marks[fault.name]) for fault in faults]


def judging(catalogue: Catalogue) -> Callable[..., Judged]:
    """A fixture: every selected fault of the module is judged once, batch by batch."""

    @pytest.fixture(scope="module")
    def judged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Judged:
        module = request.node
        items = [item for item in request.session.items if item.getparent(pytest.Module) is module]
        wanted = [item.callspec.params["fault"] for item in items if hasattr(item, "callspec")]
        return judge(catalogue, wanted, tmp_path_factory.mktemp(catalogue.check))

    return judged


def judge(catalogue: Catalogue, faults: Sequence[Fault], work: Path, *options: str) -> Judged:
    """Run the check on a sound copy and one of each fault."""
    wanted: list[Fault | None] = [None, *faults]
    results: dict[str, Table] = {}
    outputs: dict[str, str] = {}
    for number, start in enumerate(range(0, len(wanted), catalogue.batch)):
        folder = work / str(number)
        names = _prepare(catalogue, wanted[start : start + catalogue.batch], folder)
        output = _run(catalogue, wanted[start : start + catalogue.batch], folder, options)
        for name in names:
            outputs[name] = output
        for path in (folder / "reports").glob("*/*/verdict.json"):
            checks = json.loads(path.read_text())["checks"]
            results[path.parent.name] = next(each for each in checks if each["check"] == catalogue.check)
        for name in names:
            shutil.rmtree(folder / name)
    return Judged(check=catalogue.check, results=results, outputs=outputs)


def _prepare(catalogue: Catalogue, faults: Sequence[Fault | None], folder: Path) -> list[str]:
    own = tomllib.loads((ROOT / "targets.toml").read_text(encoding="utf-8"))["targets"]["local"]
    tables = {}
    for fault in faults:
        name = fault.name if fault else SOUND
        place = folder / name
        copy = copied(place, _moved(merged(merged(own, NAMED), catalogue.base), str(place)))
        for each in fault.breaks if fault else ():
            each(copy)
        tables[name] = copy.table
    lines = (f"{json.dumps(name)} = {_toml(table)}" for name, table in tables.items())
    (folder / "targets.toml").write_text("\n".join(["[targets]", *lines]) + "\n", encoding="utf-8")
    return list(tables)


def _run(catalogue: Catalogue, faults: Sequence[Fault | None], folder: Path, options: Sequence[str]) -> str:
    command = [sys.executable, "-m", "pytest", str(ROOT / "verify" / catalogue.file), f"--rootdir={folder}"]
    command += ["-c", str(ROOT / "pyproject.toml"), "-p", "tests.faults.spoiling", "-p", "no:cacheprovider"]
    command += ["-p", "no:hypothesispytest", f"--targets-file={folder / 'targets.toml'}", "--target=all", *options]
    extra = {name: value for fault in faults if fault for name, value in fault.environment.items()}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    paths = [str(ROOT / "plugins"), str(ROOT)]
    environment = inherited | extra | {"PYTHONPATH": os.pathsep.join(paths)}
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    return ended.stdout + ended.stderr


def _moved(value: Any, folder: str) -> Any:
    """The storefront's paths, as paths of its copy."""
    if isinstance(value, dict):
        return {key: _moved(each, folder) for key, each in value.items()}
    if isinstance(value, list):
        return [_moved(each, folder) for each in value]
    return value.replace("examples/storefront", folder) if isinstance(value, str) else value


def _toml(value: Any) -> str:
    """As an inline value; JSON's strings, numbers and booleans are TOML's too."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def every_fault(*catalogues: Catalogue) -> Iterator[Fault]:
    """Of all checks."""
    for catalogue in catalogues:
        yield from catalogue.faults
