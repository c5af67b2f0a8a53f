"""Compares our verdicts with the names of the reference checker's own test files, file by file.

    python -m tests.oracles.html.corpus FOLDER [--sample N] [--seed TEXT]

FOLDER is `tests` in a checkout of https://github.com/validator/validator, which says in each file's name what its
checker must make of it. Nothing of it is kept here; `pages.py` holds pages of our own for every day. In November 2026,
with the checker's release 26.9.27, all 5,090 labelled files agreed.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.oracles.html.judging import findings

NAMED = re.compile(r"-(novalid|isvalid|haswarn|hasinfo)\.x?html$")
BATCH = 400  # files in one run of the checker


def labelled(folder: Path) -> Iterator[Path]:
    """The files whose names say what the checker must make of them, in order."""
    return (path for path in sorted(folder.rglob("*html")) if NAMED.search(path.name))


def disagreements(files: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Each file that we judge otherwise than its name says, and what we found."""
    for start in range(0, len(files), BATCH):
        batch = {f"{number:04}{path.suffix}": path for number, path in enumerate(files[start : start + BATCH])}
        for name, found in findings({name: path.read_bytes() for name, path in batch.items()}).items():
            label = NAMED.search(batch[name].name)
            assert label is not None
            if bool(found) != (label[1] == "novalid"):
                yield batch[name], "; ".join(f"{each.rule}: {each.got}" for each in found) or "nothing found"


def main() -> None:
    """Print every disagreement, then the counts."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sample", type=int, help="judge so many files only, drawn by the seed")
    parser.add_argument("--seed", default="prodworthy")
    options = parser.parse_args()
    files = list(labelled(options.folder))
    if options.sample:
        files = sorted(random.Random(options.seed).sample(files, min(options.sample, len(files))))
    wrong = list(disagreements(files))
    for path, got in wrong:
        sys.stdout.write(f"{path.relative_to(options.folder)}: {got}\n")
    labels = Counter(found[1] for path in files if (found := NAMED.search(path.name)))
    sys.stdout.write(f"{len(files) - len(wrong)} of {len(files)} agree; {dict(sorted(labels.items()))}\n")


if __name__ == "__main__":
    main()
