"""`make bench`: how fast prodworthy is, as ratios against floors and peers, never as a bare time."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "plugins")]

# a checkout need not be installed
from prodworthy.local.errors import DeploymentFailed  # noqa: E402
from tests.bench import checks, evidence, installed, setting, switch, table  # noqa: E402
from tests.bench.rounds import say  # noqa: E402

PARTS = ("checks", "evidence", "switch", "installed")


def main() -> int:
    """Prints the table; returns 0 whether the aims are met or not, 2 when nothing could be measured."""
    options = _options()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)  # both end it in good order
    try:
        measurements = list(_measured(options.only or PARTS, options.rounds))
    except (setting.NotBuilt, switch.NotMoved, DeploymentFailed) as error:
        say(str(error))
        return 2
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    if options.json:
        print(table.as_json(measurements, rounds=options.rounds, delay=setting.DELAY))  # noqa: T201
    else:
        print(f"{_about(options.rounds)}\n")  # noqa: T201
        print(table.as_text(measurements))  # noqa: T201
    return 0


def _measured(parts: Iterable[str], rounds: int) -> Iterator[table.Measurement]:
    if "checks" in parts or "evidence" in parts:
        with tempfile.TemporaryDirectory(prefix="prodworthy-bench-") as folder, setting.standing(Path(folder)) as up:
            if "checks" in parts:
                yield checks.measure(up, rounds)
            if "evidence" in parts:
                yield evidence.measure(up, rounds)
    if "switch" in parts:
        yield switch.measure(rounds)
    if "installed" in parts:
        yield installed.measure(rounds)


def _about(rounds: int) -> str:
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    return (
        f"The storefront, {setting.DELAY} away, {rounds} rounds, each contestant in turn; {load} at the end.\n"
        "A ratio is the median of the rounds' own ratios, which under load need not be that of the medians beside it."
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rounds", type=_positive, default=5, help="how often each contestant has its turn (default: 5)"
    )
    parser.add_argument("--only", action="append", choices=PARTS, help="only this part; repeatable (default: all)")
    parser.add_argument("--json", action="store_true", help="for scripts: every round's value")
    return parser.parse_args()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
