"""What a run judges in every stage, by running pytest as a user does against the emulated platform.

One run of a kind is in the short run; the others say again, of the whole, what tests/hosting says of its parts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from prodworthy.model.hosting import Deployment, DeploymentState
from prodworthy.model.network import HOST
from prodworthy.plain import to_plain
from prodworthy.reporting import files
from tests.runs import hosted
from tests.runs.hosted import FIRST, TOKEN, Platform
from tests.runs.team import Ended, Team

DOMAINS = "kiosk.test", "www.kiosk.test", "kiosk.vercel.app"  # the last is the host's own, which nobody declares
SECOND, THIRD = "a" * 40, "b" * 40
GIVEN = {TOKEN: HOST["token"]}
ALONE_AND_WITH_WORKERS = pytest.mark.parametrize(
    "workers",
    [pytest.param([], id="alone", marks=pytest.mark.long), pytest.param(["-n2"], id="two-workers")],
)


@pytest.fixture
def platform(team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    (tmp_path / "runtime").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    with hosted.up(team) as platform:
        yield platform


def judge(team: Team, *arguments: str, target: str = "prod", environment: Mapping[str, str] = GIVEN) -> Ended:
    return team.pytest("-p", "names", f"--target={target}", *arguments, environment=environment)


def test_before_promotion_the_only_staged_deployment_is_judged(platform: Platform) -> None:
    staged = platform.deploy(SECOND, author="ada", message="a second thing")
    ended = judge(platform.team)
    verdict = ended.verdict("prod")
    assert (ended.code, ended.rules("prod")) == (0, set()), ended.output
    url = f"https://{platform.host(staged)}"
    assert verdict["url"] == url
    assert verdict["subject"] == f"deployment {staged} (commit aaaaaaa, main) at {url}"
    assert {key: verdict["deployment"][key] for key in ("id", "url", "commit", "author")} == {
        "id": staged,
        "url": url,
        "commit": SECOND,
        "author": "ada",
    }
    Draft202012Validator(files.schema()).validate(verdict)


@ALONE_AND_WITH_WORKERS
def test_nothing_staged_is_inconclusive_and_says_once_what_to_type(platform: Platform, workers: list[str]) -> None:
    ended = judge(platform.team, *workers)
    verdict = ended.verdict("prod")
    assert (ended.code, verdict["verdict"], verdict["deployment"]) == (10, "inconclusive", None), ended.output
    why = "nothing to judge: no staged deployment is newer than what is live"
    assert ended.output.count(why) == 1
    assert f"pytest verify --target=prod --deployment={platform.current}" in ended.output
    assert "pytest verify --target=prod --stage=live" in ended.output
    assert "Traceback" not in ended.output
    assert verdict["reasons"][0].startswith(why)
    assert (ended.run / "report.html").read_text().count(why) == 1
    Draft202012Validator(files.schema()).validate(verdict)


@pytest.mark.long
def test_of_several_staged_ones_each_is_named_with_the_command_to_type(platform: Platform) -> None:
    several = [platform.deploy(SECOND), platform.deploy(THIRD, message="the third")]
    ended = judge(platform.team)
    assert ended.code == 10, ended.output
    assert "2 staged deployments are newer than what is live" in ended.output
    for each in several:
        assert f"pytest verify --target=prod --deployment={each}" in ended.output
    assert "# bbbbbbb, main, the third" in ended.output
    assert ended.verdict("prod")["gaps"], "nothing was left unobserved"


@pytest.mark.long
def test_a_staged_one_that_is_older_than_what_is_live_is_not_judged(platform: Platform) -> None:
    platform.deploy(SECOND)
    platform.deploy(THIRD, staged=False)
    ended = judge(platform.team)
    assert ended.code == 10, ended.output
    assert "no staged deployment is newer" in ended.output


@pytest.mark.long
def test_one_that_is_being_built_is_told(platform: Platform) -> None:
    building = platform.deploy(SECOND, state="BUILDING")
    ended = judge(platform.team)
    assert ended.code == 10, ended.output
    assert f"{building} (commit aaaaaaa, main) is not ready: building" in ended.output


def test_the_deployment_of_the_expected_commit_is_judged(platform: Platform) -> None:
    platform.deploy(THIRD)
    meant = platform.deploy(SECOND)
    ended = judge(platform.team, f"--expect-commit={SECOND[:8]}")
    assert (ended.code, ended.verdict("prod")["deployment"]["id"]) == (0, meant), ended.output


@pytest.mark.long
@pytest.mark.parametrize(
    ("again", "said"),
    [
        pytest.param({}, "2 production deployments were built from commit aaaaaaaa", id="several"),
        pytest.param(
            {"state": "BUILDING"}, "is not ready, its state is building: wait until it is ready", id="unready"
        ),
        pytest.param({"state": "ERROR"}, "is not ready, its state is error: deploy a corrected build", id="failed"),
        pytest.param({"target": None}, "no production deployment was built from commit aaaaaaaa", id="preview"),
    ],
)
def test_a_commit_that_does_not_name_one_deployment_is_inconclusive(
    platform: Platform, again: dict[str, object], said: str
) -> None:
    platform.deploy(SECOND, **again)
    if not again:
        platform.deploy(SECOND)
    ended = judge(platform.team, "--expect-commit=aaaaaaaa")
    assert ended.code == 10, ended.output
    assert said in ended.output


@pytest.mark.parametrize("name", [pytest.param("id", marks=pytest.mark.long), "host"])
def test_a_deployment_is_judged_on_its_own_address_however_it_is_named(platform: Platform, name: str) -> None:
    platform.deploy(THIRD)
    meant = platform.deploy(SECOND)
    host = platform.host(meant)
    given = {"id": meant, "host": host}[name]
    ended = judge(platform.team, f"--deployment={given}")
    verdict = ended.verdict("prod")
    assert (ended.code, verdict["url"], verdict["deployment"]["id"]) == (0, f"https://{host}", meant), ended.output


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(
            {"project": "prj_others"}, "is a deployment of the project", id="of-another-project", marks=pytest.mark.long
        ),
        pytest.param(
            {"deleted": True}, "was deleted, or is past the project's retention", id="deleted", marks=pytest.mark.long
        ),
        pytest.param({"state": "CANCELED", "substate": None}, "is not ready, its state is canceled", id="canceled"),
    ],
)
def test_a_deployment_that_cannot_be_judged_is_inconclusive_and_never_asked(
    platform: Platform, change: dict[str, object], said: str
) -> None:
    host = platform.host(meant := platform.deploy(SECOND))
    platform.ask("PATCH", f"/deployments/{meant}", change)
    ended = judge(platform.team, f"--deployment=https://{host}")
    assert (ended.code, ended.verdict("prod")["subject"]) == (10, "nothing was judged"), ended.output
    assert ended.output.count(said) == 1, ended.output


@pytest.mark.long
def test_a_deployment_that_nobody_knows_is_inconclusive(platform: Platform) -> None:
    ended = judge(platform.team, "--deployment=dpl_nowhere")
    assert ended.code == 10, ended.output
    assert "there is no deployment dpl_nowhere in the project" in ended.output


def test_the_stamp_must_be_the_commit_that_the_host_knows(platform: Platform) -> None:
    meant = platform.deploy(SECOND)
    platform.ask("PATCH", f"/deployments/{meant}", {"commit": THIRD})
    ended = judge(platform.team)
    assert (ended.code, ended.rules("prod")) == (1, {"health.identity-unexpected"}), ended.output


@pytest.mark.long
def test_a_stamp_that_is_no_commit_is_not_compared_with_one(platform: Platform) -> None:
    text = (
        (platform.team.folder / "targets.toml")
        .read_text()
        .replace('"/version.json" }', '"/version.json", pointer = "/build" }')
    )
    platform.team.write("targets.toml", text)
    platform.deploy(SECOND, change={"version.json": '{"build": "20261122"}'})
    ended = judge(platform.team)
    assert (ended.code, ended.rules("prod")) == (0, set()), ended.output


def test_without_its_token_nothing_is_judged_and_the_variable_is_named(platform: Platform) -> None:
    ended = judge(platform.team, environment={})
    assert ended.code == 10, ended.output
    assert f"{TOKEN}, which must hold the host's token, is not set" in ended.output
    assert "https://vercel.com/account/settings/tokens" in ended.output


@pytest.mark.long
def test_the_token_may_be_in_a_dotenv_file(platform: Platform) -> None:
    text = (platform.team.folder / "targets.toml").read_text()
    platform.team.write("targets.toml", text.replace(f'env = "{TOKEN}"', f'env = "{TOKEN}", file = ".env"'))
    platform.team.write(".env", f'{TOKEN}="{HOST["token"]}"\n')
    staged = platform.deploy(SECOND)
    ended = judge(platform.team, environment={})
    assert (ended.code, ended.verdict("prod")["deployment"]["id"]) == (0, staged), ended.output


@pytest.mark.long
def test_a_bypass_that_is_named_and_not_set_is_inconclusive_where_it_may_be_needed(platform: Platform) -> None:
    text = (platform.team.folder / "targets.toml").read_text()
    named = text.replace("[targets.prod]", 'protection_bypass = { env = "KIOSK_BYPASS" }\n[targets.prod]', 1)
    platform.team.write("targets.toml", named)
    platform.deploy(SECOND)
    before, live = judge(platform.team), judge(platform.team, "--stage=live")
    assert (before.code, live.code) == (10, 0), before.output
    assert "KIOSK_BYPASS, which must hold the secret" in before.output


@pytest.mark.long
def test_a_protected_candidate_is_judged_with_the_bypass(platform: Platform) -> None:
    text = (platform.team.folder / "targets.toml").read_text()
    named = text.replace("[targets.prod]", 'protection_bypass = { env = "KIOSK_BYPASS" }\n[targets.prod]', 1)
    platform.team.write("targets.toml", named)
    platform.deploy(SECOND)
    platform.ask("PATCH", "/project", {"protection": "all_except_custom_domains"})
    ended = judge(platform.team, environment={**GIVEN, "KIOSK_BYPASS": HOST["bypass"]})
    assert (ended.code, ended.rules("prod")) == (0, set()), ended.output


def test_an_address_needs_no_token_and_is_bound_to_nothing(platform: Platform) -> None:
    url = f"https://{platform.host(platform.deploy(SECOND))}"
    ended = judge(platform.team, f"--deployment={url}", environment={})
    verdict = ended.verdict("prod")
    assert (ended.code, verdict["deployment"]) == (0, None), ended.output
    assert verdict["subject"] == f"{url}: the address as given, not bound to a deployment"


BROKEN = {"fail_before": {"method": "GET", "path": "/v9/projects", "times": 50, "status": 500}}
UNLED = {"malformed": {"method": "GET", "path": "/v13/deployments/www.kiosk.test", "times": 50, "body": "{"}}


@pytest.mark.parametrize(
    ("stage", "faults", "said"),
    [
        pytest.param("live", {"expired_token": True}, TOKEN, id="token-that-expired"),
        pytest.param("pre-promote", BROKEN, "fails on its own side", id="broken", marks=pytest.mark.long),
        pytest.param("live", BROKEN, "fails on its own side", id="broken-while-live", marks=pytest.mark.long),
        pytest.param(
            "live",
            UNLED,
            "www.kiosk.test: the host did not say where it leads",
            id="silent-about-one-domain",
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_host_that_does_not_answer_is_inconclusive_and_told_once(
    platform: Platform, stage: str, faults: dict[str, object], said: str
) -> None:
    platform.deploy(SECOND)
    platform.ask("PUT", "/faults", faults)
    ended = judge(platform.team, f"--stage={stage}")
    assert (ended.code, ended.rules("prod")) == (10, set()), ended.output
    assert said in ended.output
    assert "Traceback" not in ended.output
    if stage == "live":  # what is live can be looked at all the same
        assert ended.results("prod")["health"] == "pass"


@pytest.mark.parametrize(
    ("stage", "target"),
    [
        ("live", "prod"),
        ("post-promote", "kiosk"),
        pytest.param("post-rollback", "prod", marks=pytest.mark.long),
    ],
)
def test_the_domains_are_judged_with_the_deployment_that_they_serve(
    platform: Platform, stage: str, target: str
) -> None:
    current = platform.current
    platform.deploy(SECOND)
    ended = judge(platform.team, f"--stage={stage}", target=target)
    verdict = ended.verdict(target)
    assert (ended.code, ended.rules(target)) == (0, set()), ended.output
    assert (verdict["url"], verdict["deployment"]["id"]) == ("https://kiosk.test", current)
    assert verdict["subject"] == (f"deployment {current} (commit {FIRST[:7]}, main) as {', '.join(DOMAINS)} served it")
    for when in ("before", "after"):
        told = {each["domain"]: (each["deployment"], each["stamps"]) for each in verdict["served"][when]}
        assert told == dict.fromkeys(DOMAINS, (current, [FIRST]))
    Draft202012Validator(files.schema()).validate(verdict)


@pytest.mark.long
@pytest.mark.parametrize("target", ["prod", "kiosk"], ids=["at-an-address", "embedded"])
def test_production_must_serve_the_deployment_that_is_named(platform: Platform, target: str) -> None:
    current, staged = platform.current, platform.deploy(SECOND)
    served, other = (
        judge(platform.team, "--stage=live", f"--deployment={each}", target=target) for each in (current, staged)
    )
    assert (served.code, other.code) == (0, 10), other.output
    assert f"production does not serve {staged} (commit aaaaaaa, main)" in other.output


@pytest.mark.long
def test_before_promotion_an_embedded_target_is_the_build_of_its_folder(platform: Platform) -> None:
    platform.deploy(SECOND)
    ended = judge(platform.team, target="kiosk", environment={})
    verdict = ended.verdict("kiosk")
    assert (ended.code, verdict["deployment"]) == (0, None), ended.output
    assert verdict["subject"].startswith("the build of ")


@pytest.mark.long
def test_several_targets_of_one_project_are_told_apart(platform: Platform) -> None:
    staged = platform.deploy(SECOND)
    text = (platform.team.folder / "targets.toml").read_text()
    twin = (
        text[text.index("[targets.prod.vercel]") :]
        .replace("targets.prod", "targets.twin")
        .replace("prj_embedded", "kiosk")
    )
    platform.team.write("targets.toml", text + twin)
    ended = judge(platform.team, "--target=twin")
    assert ended.code == 0, ended.output
    assert [ended.verdict(name)["deployment"]["id"] for name in ("prod", "twin")] == [staged, staged]


SWITCH = """\
import json, time, urllib.request

def ask(target, path, body=None):
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(target.addresses.control + path, data, {{"x-prodworthy-control": "1"}})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or "null")

def test_somebody_acts_meanwhile(target):
    ask(target, "/actor", {{"kind": "{kind}", "deployment": "{deployment}"}})
    while set(ask(target, "/state")["edge"].values()) != {{"{deployment}"}}:
        time.sleep(0.05)
"""


@pytest.mark.parametrize(
    ("target", "workers"),
    [
        pytest.param("prod", [], id="at-an-address", marks=pytest.mark.long),
        pytest.param("kiosk", ["-n2"], id="embedded-with-two-workers"),
    ],
)
def test_a_domain_that_somebody_switches_during_the_run_is_inconclusive(
    platform: Platform, target: str, workers: list[str]
) -> None:
    first, staged = platform.current, platform.deploy(SECOND)
    platform.team.write("verify/test_switch.py", SWITCH.format(kind="promote", deployment=staged))
    ended = judge(platform.team, "verify", "--stage=live", *workers, target=target)
    verdict = ended.verdict(target)
    assert (ended.code, verdict["verdict"], verdict["deployment"]) == (10, "inconclusive", None), ended.output
    why = verdict["reasons"][0]
    for domain in ("kiosk.test", "www.kiosk.test"):
        moved = f"{domain} served {first} (its stamp: {FIRST[:7]}) before, and {staged} (its stamp: {SECOND[:7]}) after"
        assert moved in why.splitlines()
    assert f"a promotion from {first} to {staged} was asked for at " in why
    assert all(line in ended.output for line in why.splitlines())


@pytest.mark.long
def test_whoever_rolled_back_meanwhile_is_named_also_beside_findings(platform: Platform) -> None:
    first, second = platform.current, platform.deploy(SECOND, staged=False)
    platform.team.write("verify/test_switch.py", SWITCH.format(kind="rollback", deployment=first))
    own = "def test_flow(target, page):\n    page.goto('/')\n    assert 0\n"
    platform.team.write("verify/test_z_flow.py", own)
    ended = judge(platform.team, "verify", "--stage=live")
    verdict = ended.verdict("prod")
    assert (ended.code, verdict["verdict"]) == (10, "inconclusive"), ended.output
    assert f"a rollback from {second} to {first} was asked for at " in verdict["reasons"][0]
    assert "own.test_flow" in ended.output


@pytest.mark.long
def test_domains_that_disagree_are_inconclusive_and_each_is_named(platform: Platform) -> None:
    first, second = platform.current, platform.deploy(SECOND)
    platform.ask("PUT", "/faults", {"partial": ["www.kiosk.test"]})
    platform.promote(second)
    platform.until(lambda state: state["edge"]["kiosk.test"] == second)
    ended = judge(platform.team, "--stage=live")
    verdict = ended.verdict("prod")
    assert (ended.code, verdict["deployment"]) == (10, None), ended.output
    why = verdict["reasons"][0]
    assert f"kiosk.test serves {second} (its stamp: {SECOND[:7]})" in why.splitlines()
    assert f"www.kiosk.test serves {first} (its stamp: {FIRST[:7]})" in why.splitlines()


@pytest.mark.long
def test_an_edge_that_lags_behind_the_platform_is_inconclusive(platform: Platform) -> None:
    second = platform.deploy(SECOND)
    platform.ask("PUT", "/faults", {"edge_lag": 3600})
    platform.promote(second)
    platform.until(lambda state: state["last_job"] is not None and state["last_job"]["status"] == "succeeded")
    ended = judge(platform.team, "--stage=live")
    assert ended.code == 10, ended.output
    why = ended.verdict("prod")["reasons"][0]
    assert f"the host says {second} (commit aaaaaaa, main), and the app says something else" in why


CANARY = """\
import os, subprocess, sys

HELD = "{value}"

def test_nobody_has_the_token(target):
    child = subprocess.run([sys.executable, "-c", "import os; print(dict(os.environ))"], capture_output=True, text=True)
    seen = str(dict(os.environ)) + child.stdout + repr(target)
    print("looked at", len(seen))
    assert HELD not in seen and "{name}" not in os.environ
"""


@ALONE_AND_WITH_WORKERS
def test_neither_tests_nor_workers_nor_what_they_start_have_the_token(platform: Platform, workers: list[str]) -> None:
    platform.deploy(SECOND)
    platform.team.write("verify/test_canary.py", CANARY.format(value=HOST["token"], name=TOKEN))
    ended = judge(platform.team, "verify", "-rA", *workers)
    assert ended.code == 0, ended.output
    assert "looked at" in ended.output
    assert HOST["token"] not in ended.output
    kept = [path for path in ended.run.rglob("*") if path.is_file()]
    assert kept
    assert [path for path in kept if HOST["token"].encode() in path.read_bytes()] == []


def test_listing_the_tests_hides_the_token_from_them_too(platform: Platform) -> None:
    platform.team.write(
        "verify/test_canary.py", f"import os\nassert '{TOKEN}' not in os.environ\ndef test_x(target): ...\n"
    )
    ended = judge(platform.team, "verify", "--collect-only", "-q")
    assert ended.code == 0, ended.output
    assert "test_canary.py" in ended.output


def test_a_verification_that_is_bound_asks_no_host(platform: Platform) -> None:
    bound = bind(platform, platform.current, FIRST)
    platform.ask("DELETE", "/log")
    ended = judge(platform.team, "--stage=post-rollback", f"--bound-to={bound}", environment={})
    verdict = ended.verdict("prod")
    assert (ended.code, verdict["deployment"]["id"]) == (0, platform.current), ended.output
    assert [each["stamps"] for each in verdict["served"]["after"]] == [[FIRST], [FIRST]]
    assert platform.ask("GET", "/log") == []


@pytest.mark.long
def test_a_verification_that_is_bound_to_what_is_not_served_is_inconclusive(platform: Platform) -> None:
    other = platform.deploy(SECOND)
    ended = judge(platform.team, "--stage=post-promote", f"--bound-to={bind(platform, other, SECOND)}", environment={})
    assert (ended.code, ended.verdict("prod")["deployment"]) == (10, None), ended.output
    assert f"what is judged is not {other}" in ended.verdict("prod")["reasons"][0]


@pytest.mark.long
def test_a_bound_verification_sees_production_change_meanwhile(platform: Platform) -> None:
    bound, staged = bind(platform, platform.current, FIRST), platform.deploy(SECOND)
    platform.team.write("verify/test_switch.py", SWITCH.format(kind="promote", deployment=staged))
    ended = judge(platform.team, "verify", "--stage=post-promote", f"--bound-to={bound}", environment={})
    assert ended.code == 10, ended.output
    assert "production changed during the run" in ended.verdict("prod")["reasons"][0]


def test_a_binding_that_is_unreadable_ends_with_exit_4(team: Team) -> None:
    ended = team.pytest("--target=kiosk", f"--bound-to={team.write('bound.json', '{}')}")
    assert ended.code == 4, ended.output
    assert "holds no deployment with its domains" in ended.output


def bind(platform: Platform, deployment: str, commit: str) -> Path:
    told = Deployment(
        id=deployment,
        host=platform.host(deployment),
        name="kiosk",
        project=HOST["project"],
        created=datetime.now(UTC),
        state=DeploymentState.READY,
        environment="production",
        commit=commit,
    )
    content = {"deployment": to_plain(told), "domains": ["kiosk.test", "www.kiosk.test"]}
    return platform.team.write("bound.json", json.dumps(content))
