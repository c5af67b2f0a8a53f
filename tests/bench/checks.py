"""The seven checks against the browser smoke alone, and against a plain suite that does one thing after the other."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from prodworthy.evidence import browser, validator
from prodworthy.evidence import plugin as _declares_pieces  # noqa: F401
from prodworthy.evidence.pieces import PIECES
from tests.bench import bare, clock, naive, standing
from tests.bench.evidence import NOT_HTTP
from tests.bench.recording import recorded
from tests.bench.rounds import Figure, interleaved, ratio, say
from tests.bench.setting import ROOT, Setting
from tests.bench.table import Measurement

FAIRNESS = (
    "Whole pytest runs, each a process of its own, against one embedded deployment that is up and warm. Verifying: "
    "from the moment that pytest knows its tests to the last test's report; the browser's start and end are in it on "
    "both sides, Python's start, collection and report files are not, because they would hide the difference. The "
    "plain suite (tests/bench/naive.py) asks what the seven checks ask (but joins no realtime channel), visits the "
    "same pages in the same viewports, and runs the same HTML checker once: pytest, httpx and Playwright, one thing "
    "after the other. Both without the pytest plugin of Hypothesis, which only those who work on prodworthy have."
)
PATIENCE = 600.0  # seconds for one run
GRACE = 30.0  # seconds for a run that is interrupted


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of pytest; durations in seconds."""

    verifying: float
    reporting: float
    whole: float
    outcomes: dict[str, int]
    code: int


def measure(setting: Setting, rounds: int) -> Measurement:
    """Both ratios, and what the reports of the seven took."""
    say("plain suite: recording what it has to ask")
    plan = _plan(setting)
    say("one run that does not count, to warm the deployment")
    _pytest(setting, *_SEVEN)
    runs = interleaved(
        {
            "seven checks": lambda: _pytest(setting, *_SEVEN),
            "browser smoke alone": lambda: _pytest(setting, *_SMOKE),
            "plain suite": lambda: _pytest(setting, *_naive(setting), **{naive.PLAN: str(plan)}),
        },
        rounds,
    )
    return Measurement(
        title="Seven checks / browser smoke alone",
        fairness=FAIRNESS,
        figures=(*_ratios(runs), *_reports(setting, runs["seven checks"])),
        notes=tuple(_outcome(name, each[-1]) for name, each in runs.items()),
    )


def _ratios(runs: dict[str, list[Run]]) -> Sequence[Figure]:
    seven, smoke, plain = ([run.verifying for run in each] for each in runs.values())
    whole = [[run.whole for run in each] for each in runs.values()]
    return (
        ratio("seven checks / browser smoke alone, verifying", seven, smoke, aim=1.2),
        ratio("the same, whole commands", whole[0], whole[1]),
        ratio("plain suite / seven checks, verifying", plain, seven),
        ratio("the same, whole commands", whole[2], whole[0]),
    )


def _reports(setting: Setting, seven: Sequence[Run]) -> Sequence[Figure]:
    """Terminal, HTML, verdict.json and JUnit XML together: everything that pytest does with a report."""
    times = tuple(run.reporting for run in seven)
    folder = setting.folder / "reports" / "latest"
    sizes = [(name, (folder / name).stat().st_size / 1000) for name in ("report.html", "local/verdict.json")]
    return (
        Figure(what="all report formats of the seven together", values=times, unit="s", aim=0.3),
        *(Figure(what=f"size of {name}", values=(size,), unit="kB") for name, size in sizes),
    )


def _outcome(name: str, run: Run) -> str:
    told = ", ".join(f"{number} {outcome}" for outcome, number in sorted(run.outcomes.items()))
    return f"{name}: {told}; exit code {run.code}"


_OURS = ("-p", "prodworthy.plugin", "-p", standing.__name__, "--target=local", "--junitxml=junit.xml")
_SEVEN = (str(ROOT / "verify"), *_OURS)
_SMOKE = (str(ROOT / "verify" / "test_smoke.py"), *_OURS)


def _naive(setting: Setting) -> Sequence[str]:
    html = setting.folder / "plain.html"
    return (naive.__file__, f"--html={html}", "--self-contained-html", "--junitxml=plain.xml")


def _pytest(setting: Setting, *arguments: str, **environment: str) -> Run:
    moments = setting.folder / "moments.json"
    paths = os.pathsep.join((str(ROOT), str(ROOT / "plugins")))
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    own = {"PYTHONPATH": paths, clock.MOMENTS: str(moments), standing.ADDRESSES: str(setting.addresses)}
    rooted = (
        "-p",
        "no:hypothesispytest",
        "-c",
        str(setting.folder / "pytest.ini"),
        f"--rootdir={setting.folder}",
        "-p",
        clock.__name__,
    )
    began = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", *arguments, *rooted]
    code, output = _ended(command, setting.folder, {**usual, **own, **environment})
    whole = time.perf_counter() - began
    if not moments.is_file():
        raise RuntimeError(f"pytest did not run:\n{output[-3000:]}")
    noted = json.loads(moments.read_text(encoding="utf-8"))
    moments.unlink()
    return Run(whole=whole, code=code, **noted)


def _ended(command: Sequence[str], folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Exit code and output; should we be interrupted, it is too, and ends in good order."""
    with subprocess.Popen(
        command, cwd=folder, env=environment, text=True, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        try:
            output, _ = process.communicate(timeout=PATIENCE)
        except BaseException:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=GRACE)
            process.kill()
            raise
    return process.returncode, output


def _plan(setting: Setting) -> Path:
    """What the plain suite has to do, as plain data: it knows nothing of prodworthy."""
    target = setting.target
    assert target.addresses is not None
    asked = recorded(target, PIECES.keys() - NOT_HTTP)
    statuses = bare.at_once(target.addresses, asked)  # not the recorded ones: its test user has signed out since
    requests = [{**asdict(each), "status": status} for each, status in zip(asked, statuses, strict=True)]
    plan: dict[str, Any] = {
        "url": target.url,
        "hosts": dict(target.addresses.hosts),
        "ca_pem": target.addresses.ca_pem,
        "requests": requests,
        "pages": [{"path": page.path, "text": page.text} for page in target.pages],
        "viewports": list(target.browsing.viewports),
        "browser": browser.launch_options([target]),
        "checker": [validator.java(), *validator.MACHINE, "-jar", str(validator.find_jar()), *validator.CHECKER],
    }
    path = setting.folder / "plan.json"
    path.write_text(json.dumps(plan, default=str), encoding="utf-8")
    return path
