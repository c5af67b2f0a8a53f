"""Sound apps as teams begin them: today's templates of create-vite, with headers, a 404 page and a stamp added."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TEMPLATES = ("react-ts", "vue-ts", "svelte-ts", "solid-ts", "vanilla-ts")
STAMP = {"commit": "0123456789abcdef0123456789abcdef01234567"}
# what a template leaves out and the checks rightly miss: file, text, and what stands there instead
HERO = 'class="base" width="170" height="179"'
REPAIRS = {"vanilla-ts": [("src/main.ts", f"{HERO}>", f'{HERO} alt="">')]}
TARGET = """\
[targets.{name}]
pages = [{{ path = "/", text = "Get started" }}]
identity = {{ path = "/version.json" }}

[targets.{name}.embedded]
app = "{name}"

[targets.{name}.not_applicable]
supabase = "the template has no back end"
functions = "the template has no functions"
"""
PATIENCE = 900  # seconds for a step


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What became of the apps in one run."""

    code: int
    output: str
    verdicts: Mapping[str, Mapping[str, Any]]  # template -> verdict.json


def built(work: Path) -> None:
    """Every template as a built app in a folder of its name; needs npm and its registry."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, work)
    run("npm", "ci", "--ignore-scripts", cwd=work)
    for name in TEMPLATES:
        run("npx", "--no-install", "create-vite", name, "--template", name, "--no-interactive", cwd=work)
        app = work / name
        shutil.copy(HERE / "vercel.json", app)
        shutil.copy(HERE / "404.html", app / "public")
        (app / "public" / "version.json").write_text(json.dumps(STAMP))
        for file, old, new in REPAIRS.get(name, ()):
            repair(app / file, old, new)
        run("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", cwd=app)
        run("npm", "run", "build", cwd=app)


def repair(file: Path, old: str, new: str) -> None:
    """Replace a piece of text; one that is no longer there needs no repair any more."""
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file} no longer holds {old!r}"
    file.write_text(text.replace(old, new), encoding="utf-8")


def judged(work: Path) -> Judged:
    """All of them by all the checks, in one run, as a user of this checkout does it."""
    targets = work / "targets.toml"
    targets.write_text("\n".join(TARGET.format(name=name) for name in TEMPLATES))
    command = [sys.executable, "-m", "pytest", str(ROOT / "verify"), f"--rootdir={work}"]
    command += ["-c", str(ROOT / "pyproject.toml"), "-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
    command += [f"--targets-file={targets}", "--target=all"]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment = inherited | {"PYTHONPATH": str(ROOT / "plugins")}
    ended = subprocess.run(
        command, cwd=work, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    found = (work / "reports").glob("*/*/verdict.json")
    verdicts = {path.parent.name: json.loads(path.read_text()) for path in found}
    return Judged(code=ended.returncode, output=ended.stdout + ended.stderr, verdicts=verdicts)


def run(*command: str, cwd: Path) -> None:
    """One step of the way; what it printed is told when it fails."""
    ended = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=PATIENCE, check=False)
    said = re.sub(r"\x1b\[[0-9;]*m", "", ended.stdout + ended.stderr)
    assert ended.returncode == 0, f"{' '.join(command)} ended with {ended.returncode}:\n{said[-4000:]}"
