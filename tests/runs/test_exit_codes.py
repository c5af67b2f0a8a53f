"""Every row of the table of exit codes that needs no host, by running pytest as a user does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
from jsonschema import Draft202012Validator

from prodworthy.reporting import files
from tests.runs.team import ROOT, TARGETS, Ended, Team

OWN = "import pytest\n\n"


def test_a_sound_app_passes_with_exit_0(team: Team) -> None:
    ended = team.pytest("--target=kiosk")
    assert (ended.code, ended.rules()) == (0, set()), ended.output
    assert set(ended.results().values()) == {"pass", "not applicable"}
    assert "kiosk: PASS" in ended.output
    Draft202012Validator(files.schema()).validate(ended.verdict())


def test_the_report_holds_the_verdict_the_cards_and_the_screenshots(team: Team) -> None:
    report = (team.pytest("--target=kiosk").run / "report.html").read_text()
    for wanted in ("pw-banner pw-pass", "Security headers", "not applicable", "data:image/jpeg;base64,"):
        assert wanted in report


def test_a_finding_fails_with_exit_1(team: Team) -> None:
    team.headers(x_content_type_options=None)
    ended = team.pytest("--target=kiosk")
    assert (ended.code, ended.rules()) == (1, {"headers.nosniff-missing"}), ended.output
    assert ended.results()["headers"] == "fail"
    for part in ("headers.nosniff-missing (", "where   ", "wanted  ", "got     ", "remedy  "):
        assert part in ended.output


@pytest.mark.parametrize(
    ("arguments", "targets", "said"),
    [
        pytest.param(["--target=kisok"], TARGETS, 'did you mean "kiosk"?', id="unknown-target"),
        pytest.param(["--target=kiosk"], TARGETS + "pagse = []\n", "targets.toml:11: ", id="broken-file"),
        pytest.param(["--target=kiosk", "--targets-file=no.toml"], TARGETS, "no targets file", id="missing-file"),
        pytest.param(["--target=kiosk", "--stage=later"], TARGETS, "invalid choice: 'later'", id="bad-option"),
        pytest.param(["--target=kiosk", "--expect-commit=abc"], TARGETS, "too short", id="short-commit"),
        pytest.param(["--target=kiosk", "--deployment=shop"], TARGETS, "starts with https://", id="bad-deployment"),
        pytest.param(["--target=kiosk", "nowhere"], TARGETS, "nowhere", id="no-such-path"),
    ],
)
def test_a_bad_request_ends_with_exit_4_and_one_sentence(
    team: Team, arguments: list[str], targets: str, said: str
) -> None:
    team.write("targets.toml", targets)
    ended = team.pytest(*arguments)
    assert ended.code == 4, ended.output
    assert said in ended.output
    assert "Traceback" not in ended.output


@pytest.mark.parametrize(
    "selection",
    [
        pytest.param(["-k", "policy"], id="by-keyword"),
        pytest.param(["-k", "matches_nothing_at_all"], id="nothing-selected"),
        pytest.param(["-m", "not check"], id="by-marker"),
    ],
)
def test_a_partial_selection_is_not_a_gate(team: Team, selection: list[str]) -> None:
    ended = team.pytest("--target=kiosk", *selection)
    assert ended.code == 10, ended.output
    assert "a partial selection" in ended.output


def test_a_copy_of_a_check_that_asks_less_than_the_packaged_one_is_not_a_gate(team: Team) -> None:
    whole = (ROOT / "verify" / "test_html.py").read_text()
    head, first, *others = whole.split("\n\n\ndef ")
    team.write("verify/test_html.py", "\n\n\ndef ".join([head, first]) + "\n")
    ended = team.pytest("--target=kiosk")
    assert ended.code == 10, ended.output
    assert f"test_html.py lacks {', '.join(each.partition('(')[0] for each in others)}" in ended.output


def test_a_target_that_nobody_answers_for_is_inconclusive(team: Team) -> None:
    targets = TARGETS.replace('[targets.kiosk.embedded]\napp = "."', "").replace(
        "pages =", 'url = "https://127.0.0.1:1"\npages ='
    )
    team.write("targets.toml", targets)
    ended = team.pytest("--target=kiosk")
    assert (ended.code, ended.rules()) == (10, set()), ended.output
    assert ended.verdict()["verdict"] == "inconclusive"
    assert ended.verdict()["gaps"]
    assert "Traceback" not in ended.output


def test_a_check_that_is_not_configured_prints_the_lines_to_paste(team: Team) -> None:
    team.write("targets.toml", TARGETS.replace('supabase = "the kiosk has no back end"\n', ""))
    ended = team.pytest("--target=kiosk")
    assert ended.code == 10, ended.output
    assert "[targets.kiosk.supabase]" in ended.output
    assert "[targets.kiosk.not_applicable]" in ended.output


def test_a_secret_that_is_not_set_is_named(team: Team) -> None:
    targets = TARGETS.replace('supabase = "the kiosk has no back end"\n', "")
    backend = (
        '[targets.kiosk.supabase]\nurl = "https://abcdefghijklmnopqrst.supabase.co"\nkey = { env = "KIOSK_KEY" }\n'
    )
    team.write("targets.toml", targets + backend)
    ended = team.pytest("--target=kiosk")
    assert ended.code == 10, ended.output
    assert "KIOSK_KEY" in ended.output


def test_a_missing_build_is_inconclusive_and_says_what_to_do(team: Team) -> None:
    team.write("targets.toml", TARGETS.replace('app = "."', 'app = "."\ndist = "out"'))
    ended = team.pytest("--target=kiosk")
    assert ended.code == 10, ended.output
    assert "npm run build" in ended.output
    assert "Traceback" not in ended.output


def test_a_failed_expectation_of_a_teams_own_test_is_a_finding(team: Team) -> None:
    own = "def test_the_price_is_shown(target, page):\n    page.goto('/')\n    assert 'EUR' in page.content()\n"
    team.write("verify/test_flow.py", own)
    ended = team.pytest("verify", "--target=kiosk")
    assert ended.code == 1, ended.output
    assert "own.test_the_price_is_shown" in ended.output
    assert ended.results()["health"] == "pass"  # the packaged seven have joined


def test_how_much_a_teams_own_test_counts_can_be_set(team: Team) -> None:
    own = "@pytest.mark.prodworthy(severity='low')\ndef test_banner(target, page):\n    page.goto(target.url)\n"
    team.write("verify/test_flow.py", OWN + own + "    assert 0\n")
    ended = team.pytest("verify", "--target=kiosk")
    assert ended.code == 0, ended.output
    assert "own.test_banner (low)" in ended.output


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param("page.goto(target.url); page.get_by_text('never').click(timeout=300)", 1, id="browser-timeout"),
        pytest.param("page.goto('about:blank'); assert 0", 10, id="before-the-page-was-reached"),
        pytest.param("raise KeyError('ours')", 10, id="any-other-exception"),
    ],
)
def test_only_expectations_on_the_targets_page_are_findings(team: Team, body: str, code: int) -> None:
    team.write("verify/test_flow.py", f"def test_flow(target, page):\n    {body}\n")
    ended = team.pytest("verify", "--target=kiosk")
    assert ended.code == code, ended.output


def test_a_teams_own_tests_may_be_expected_to_fail(team: Team) -> None:
    own = "@pytest.mark.xfail\ndef test_flow(target, page):\n    page.goto('/')\n    assert 0\n"
    team.write("verify/test_flow.py", OWN + own)
    ended = team.pytest("verify", "--target=kiosk")
    assert (ended.code, ended.rules()) == (0, set()), ended.output


def test_a_marker_that_cannot_be_understood_ends_with_exit_4(team: Team) -> None:
    own = "@pytest.mark.prodworthy(severity='hihg')\ndef test_flow(target):\n    pass\n"
    team.write("verify/test_flow.py", OWN + own)
    ended = team.pytest("verify", "--target=kiosk")
    assert ended.code == 4, ended.output
    assert "severity='hihg'" in ended.output


def test_an_own_file_may_have_the_name_of_one_of_the_seven(team: Team) -> None:
    team.write("verify/test_smoke.py", "def test_flow(target, page):\n    page.goto('/')\n")
    ended = team.pytest("verify", "--target=kiosk")
    assert ended.code == 0, ended.output
    assert set(ended.results().values()) == {"pass", "not applicable"}


def test_an_address_whose_variable_is_not_set_is_inconclusive(team: Team) -> None:
    targets = TARGETS.replace('[targets.kiosk.embedded]\napp = "."', "")
    team.write("targets.toml", targets.replace("pages =", 'url = { env = "KIOSK_URL" }\npages ='))
    ended = team.pytest("--target=kiosk")
    assert ended.code == 10, ended.output
    assert "KIOSK_URL" in ended.output


def test_a_file_that_cannot_be_collected_is_inconclusive(team: Team) -> None:
    team.write("verify/test_flow.py", "import nothing_of_that_name\n")
    ended = team.pytest("verify", "--target=kiosk")
    assert ended.code == 10, ended.output
    assert set(ended.results().values()) == {"pass", "not applicable"}  # the seven were judged all the same
    assert "nothing_of_that_name" in ended.output


def test_a_dead_worker_is_inconclusive(team: Team) -> None:
    team.write("verify/test_flow.py", "import os\n\ndef test_flow(target):\n    os._exit(3)\n")
    ended = team.pytest("verify", "--target=kiosk", "-n2", "--max-worker-restart=0")
    assert ended.code == 10, ended.output
    assert "crashed" in ended.output


@pytest.mark.parametrize(
    ("number", "deaf"),
    [
        pytest.param(signal.SIGINT, False, id="ctrl-c"),
        pytest.param(signal.SIGTERM, False, id="sigterm"),
        pytest.param(signal.SIGTERM, True, id="sigterm-in-the-background"),
    ],
)
def test_an_interrupted_run_ends_with_exit_2_and_keeps_what_it_saw(
    team: Team, number: signal.Signals, deaf: bool
) -> None:
    team.write(
        "verify/test_flow.py",
        "import time\n\ndef test_flow(target):\n    print('asleep', flush=True)\n    time.sleep(60)\n",
    )
    process = team.start("verify", "--target=kiosk", "-s", deaf=deaf)
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if "asleep" in line:
            process.send_signal(number)
    process.wait(timeout=60)
    process.stdout.close()
    ended = Ended(code=process.returncode, output=seen, folder=team.folder)
    assert ended.code == 2, seen
    assert ended.verdict()["verdict"] == "inconclusive"
    assert "interrupted" in ended.output
    assert (ended.run / "report.html").is_file()


def test_several_targets_are_told_apart_in_one_run(team: Team, another: Callable[[str], Team]) -> None:
    bare, gone = another("bare"), another("gone")
    bare.headers(x_content_type_options=None)
    (gone.folder / "dist/assets/more-B1x2y3Z4.js").unlink()
    targets = TARGETS + "".join(
        TARGETS.replace("targets.kiosk", f"targets.{name}").replace('app = "."', f'app = "{name}"')
        for name in ("bare", "gone")
    )
    team.write("all.toml", targets)
    ended = team.pytest("--targets-file=all.toml", "--target=all")
    assert ended.code == 1, ended.output
    assert ended.rules("kiosk") == set()
    assert ended.rules("bare") == {"headers.nosniff-missing"}
    assert "bundle.chunk-missing" in ended.rules("gone")
    overview = ended.output[ended.output.rindex("= targets =") :]
    assert [line.split()[:2] for line in overview.splitlines()[1:4]] == [["✓", "kiosk"], ["✗", "bare"], ["✗", "gone"]]


def test_two_workers_reach_the_same_verdict(team: Team) -> None:
    team.headers(referrer_policy="unsafe-url")
    alone, shared = (team.pytest("--target=kiosk", *workers) for workers in ([], ["-n2"]))
    assert (alone.code, shared.code) == (1, 1), shared.output
    kept = [{key: run.verdict()[key] for key in ("verdict", "reasons", "gaps")} for run in (alone, shared)]
    assert kept[0] == kept[1]
    assert alone.rules() == shared.rules() != set()


def test_without_a_target_the_checks_say_what_is_missing(team: Team) -> None:
    ended = team.pytest("--pyargs", "prodworthy.verify")
    assert ended.code == 4
    assert "--target=NAME" in ended.output


def test_listing_the_tests_judges_nothing(team: Team) -> None:
    ended = team.pytest("--target=kiosk", "--collect-only", "-q")
    assert ended.code == 0, ended.output
    assert not (team.folder / "reports").exists()


def test_a_foreign_run_does_not_notice_the_plugin(team: Team) -> None:
    team.write(
        "test_foreign.py", "import sys\n\ndef test_foreign():\n    assert 'prodworthy.model' not in sys.modules\n"
    )
    assert team.pytest("test_foreign.py").code == 0


def test_a_foreign_project_may_have_a_marker_called_check(team: Team) -> None:
    team.write("pytest.ini", "[pytest]\nmarkers = check\n")
    team.write("test_foreign.py", "import pytest\n\n@pytest.mark.check\ndef test_foreign():\n    pass\n")
    assert team.pytest("test_foreign.py").code == 0


def test_the_packaged_checks_run_by_their_name(team: Team) -> None:
    ended = team.pytest("--pyargs", "prodworthy.verify", "--target=kiosk")
    assert ended.code == 0, ended.output


def test_a_first_targets_file_and_own_tests_are_written_once(team: Team) -> None:
    python = [sys.executable, "-m", "prodworthy.cli", "init", "new", "--url", "https://kiosk.example"]
    environment = os.environ | {"PYTHONPATH": str(team.site)}
    for word in ("wrote", "kept"):
        told = subprocess.run(python, cwd=team.folder, env=environment, check=True, capture_output=True, text=True)
        assert told.stdout.count(word) == 2
    listed = subprocess.run(
        [*python[:3], "targets", "--json", "--targets-file", "new/targets.toml"],
        cwd=team.folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert [row["url"] for row in json.loads(listed.stdout)] == ["https://kiosk.example"]
