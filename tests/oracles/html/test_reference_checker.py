"""Our verdict on a served page is the reference checker's own, page by page, and the one that the page was written for.

The checker is asked a second time, by itself: other files, another output format, another parser of it. Its own test
files are not kept here; `corpus.py` compares with a checkout of them.
"""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from prodworthy.evidence.documents import documents
from prodworthy.evidence.validator import MACHINE, find_jar, java
from prodworthy.model.documents import Documents
from prodworthy.review.html import validity
from tests.evidence.serving import URL, built, look
from tests.oracles.html import judging
from tests.oracles.html.corpus import disagreements, labelled
from tests.oracles.html.pages import Case, cases

CASES = {case.name: case for case in cases()}
ERROR = re.compile(r'^"file:[^"]*/([^/"]+)\.html":[0-9.\-]+: (error|warning|info|non-document-error)')


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Documents]:
    """Evidence of every page as it was served, by name."""
    files = {f"{case.name}.html": case.html for case in CASES.values()}
    folder = tmp_path_factory.mktemp("served")
    found, _ = look(built(folder, files), documents, pages=tuple(f"/{name}" for name in files))
    assert found.gaps == ()
    named = {each.urls[0].removeprefix(f"{URL}/").removesuffix(".html"): each for each in found.documents}
    return {
        name: Documents(markup=found.markup, engine=found.engine, documents=(each,)) for name, each in named.items()
    }


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Counter[str]:
    """How many errors the checker itself counts in every page."""
    folder = tmp_path_factory.mktemp("reference")
    for case in CASES.values():
        (folder / f"{case.name}.html").write_text(case.html)
    command = [java(), *MACHINE, "-jar", str(find_jar()), "--format", "gnu", "--stdout", "--exit-zero-always", "."]
    lines = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.splitlines()
    read = [found for line in lines if (found := ERROR.match(line))]
    assert len(read) == len(lines)
    return Counter(found[1] for found in read if found[2] != "warning" and found[2] != "info")


def fails(documents: Documents) -> bool:
    return any(finding.severity.reaches(judging.GATE) for finding in judging.asked(documents))


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES.values()])
def test_a_page_is_judged_as_the_checker_does(
    served: dict[str, Documents], reference: Counter[str], case: Case
) -> None:
    assert (fails(served[case.name]), reference[case.name] > 0) == (not case.valid, not case.valid)


def test_the_pages_are_many_and_of_both_kinds(
    served: dict[str, Documents], reference: Counter[str], record_property: Callable[[str, object], None]
) -> None:
    agree = sum(fails(served[name]) == (reference[name] > 0) for name in CASES)
    kinds = Counter(case.valid for case in CASES.values())
    counts = f"{agree} of {len(CASES)} pages judged as the checker does; {kinds[True]} valid, {kinds[False]} not"
    record_property("counted", f"HTML: {counts}")
    assert agree == len(CASES) >= 120
    assert min(kinds.values()) >= 50


def test_every_error_that_the_checker_counts_reaches_a_baseline(
    served: dict[str, Documents], reference: Counter[str]
) -> None:
    told = {name: errors for name, each in served.items() if (errors := validity.errors(each))}
    assert {name: any(each.pages.values()) for name, each in told.items()} == {
        name: reference[name] > 0 for name in CASES
    }


def test_a_file_that_is_judged_otherwise_than_its_name_says_is_told(tmp_path: Path) -> None:
    sound = CASES["root"].html
    names = ("sound-isvalid.html", "sound-novalid.html", "broken-isvalid.html", "broken-novalid.html", "other.html")
    for name in names:
        (tmp_path / name).write_text(CASES["center"].html if name.startswith("broken") else sound)
    files = list(labelled(tmp_path))
    assert [path.name for path in files] == sorted(names[:4])
    assert {path.name: got for path, got in disagreements(files)} == {
        "broken-isvalid.html": "html.invalid: The “center” element is obsolete. Use CSS instead. "
        "At: ad> <body><center>a</cen",
        "sound-novalid.html": "nothing found",
    }
