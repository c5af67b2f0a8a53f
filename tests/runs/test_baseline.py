"""No worse than the release before: what an earlier run saved, or what production serves in the same run."""

from __future__ import annotations

import json
import mimetypes
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from prodworthy.reporting import files
from tests.runs.hostile import Request, serving
from tests.runs.team import PAGE, TARGETS, Team

BASELINE = 'baseline = "{}"\n'
AFTER = "[targets.kiosk]\n"


def named(baseline: str) -> str:
    return TARGETS.replace(AFTER, AFTER + BASELINE.format(baseline))


def grow(team: Team) -> None:
    """By more than a tenth: letters that gzip cannot shorten much."""
    filling = "".join(random.Random(7).choices("abcdefghijklmnopqrstuvwxyz", k=20_000))
    script = team.folder / "dist/assets/index-Dk3s9aQx.js"
    script.write_text(f'globalThis.filling = "{filling}"\n{script.read_text()}')


def worsen(team: Team) -> None:
    """In everything that can be compared without waiting."""
    grow(team)
    team.headers(content_security_policy="default-src *; script-src * 'unsafe-inline'")
    team.write("dist/index.html", PAGE.replace("<main>", "<main><p><div>twice</div></p>"))


@pytest.fixture
def saved(team: Team) -> Team:
    """A team whose release before was judged."""
    ended = team.pytest("--target=kiosk")
    assert ended.code == 0, ended.output
    Draft202012Validator(files.schema()).validate(ended.verdict())
    team.write("before.json", json.dumps(ended.verdict()))
    team.write("targets.toml", named("before.json"))
    return team


def test_without_a_baseline_the_report_says_that_nothing_was_compared(team: Team) -> None:
    ended = team.pytest("--target=kiosk")
    assert "not asked: whether it is worse than the release before: name one" in ended.output
    assert "bundle.growth" not in {rule["rule"] for check in ended.verdict()["checks"] for rule in check["rules"]}


def test_the_same_release_is_no_worse_than_itself(saved: Team) -> None:
    ended = saved.pytest("--target=kiosk")
    assert (ended.code, ended.rules()) == (0, set()), ended.output
    asked = {rule["rule"] for check in ended.verdict()["checks"] for rule in check["rules"]}
    assert {"bundle.growth", "headers.grade-worse", "html.new-errors", "health.slower"} <= asked


def test_a_worse_release_than_the_saved_one_fails_and_names_what_became_worse(saved: Team) -> None:
    worsen(saved)
    ended = saved.pytest("--target=kiosk")
    assert ended.code == 1, ended.output
    assert {"bundle.growth", "headers.grade-worse", "html.new-errors"} <= ended.rules()
    assert "before.json has" in ended.output


def test_a_baseline_that_was_not_wholly_seen_is_not_compared_with(saved: Team) -> None:
    kept = json.loads((saved.folder / "before.json").read_text())
    kept["standing"]["sizes"] = None
    saved.write("before.json", json.dumps(kept))
    grow(saved)
    ended = saved.pytest("--target=kiosk")
    assert (ended.code, ended.rules()) == (0, set()), ended.output
    assert "there are no sizes in before.json" in ended.output


def static(folder: Path) -> Callable[[Request], None]:
    """The files of a folder, as a plain server sends them."""

    def speak(request: Request) -> None:
        path = request.path.partition("?")[0]
        file = folder / ("index.html" if path == "/" else path.lstrip("/"))
        body = file.read_bytes() if file.is_file() else b"<!doctype html><title>Not here</title>"
        kind = mimetypes.guess_type(file.name)[0] or "text/html" if file.is_file() else "text/html"
        status = "200 OK" if file.is_file() else "404 Not Found"
        head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        request.send(head.encode(), b"" if request.method == "HEAD" else body)

    return speak


@pytest.fixture
def live(team: Team, another: Callable[[str], Team]) -> Iterator[tuple[str, str, Team]]:
    """Addresses of what production serves and of a candidate, and the candidate's folder."""
    candidate = another("candidate")
    with ExitStack() as servers:
        now = servers.enter_context(serving(static(team.folder / "dist")))
        then = servers.enter_context(serving(static(candidate.folder / "dist")))
        team.write("targets.toml", _targets(now))
        yield now, then, candidate


def _targets(url: str) -> str:
    table = TARGETS.replace('[targets.kiosk.embedded]\napp = "."\n', "")
    return table.replace(AFTER, f'{AFTER}url = "{url}"\n{BASELINE.format("live")}')


def test_a_candidate_is_held_against_what_production_serves_now(team: Team, live: tuple[str, str, Team]) -> None:
    _, then, candidate = live
    grow(candidate)
    ended = team.pytest("--target=kiosk", f"--deployment={then}")
    assert "bundle.growth" in ended.rules(), ended.output
    assert "live has" in ended.output
    (found,) = [f for c in ended.verdict()["checks"] for f in c["findings"] if f["rule"] == "bundle.growth"][:1]
    assert "/assets/index-*.js grew by" in found["got"]


def test_what_production_serves_now_is_not_compared_with_itself(team: Team, live: tuple[str, str, Team]) -> None:
    ended = team.pytest("--target=kiosk")
    assert "bundle.growth" not in ended.rules(), ended.output
    assert "what is judged is what production serves now" in ended.output
