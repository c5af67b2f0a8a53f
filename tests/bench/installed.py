"""What an installed prodworthy costs a project that does not use it: the import of its plugin."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.bench.rounds import Figure, say
from tests.bench.setting import ROOT
from tests.bench.table import Measurement

FAIRNESS = (
    "Every round a new Python that has imported pytest already, as any run has; then the module that pytest's entry "
    "point names."
)
TIMED = "import time, pytest; began = time.perf_counter(); import prodworthy.plugin; print(time.perf_counter() - began)"


def measure(rounds: int) -> Measurement:
    """One figure: milliseconds."""
    say("importing the plugin in a foreign project")
    times = tuple(_import() * 1000 for _ in range(rounds))
    figure = Figure(what="import of the installed plugin", values=times, unit="ms", aim=20)
    return Measurement(title="In a project that does not use it", fairness=FAIRNESS, figures=(figure,))


def _import() -> float:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "plugins")}
    done = subprocess.run([sys.executable, "-c", TIMED], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)
