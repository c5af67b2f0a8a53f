"""A verification after a move: what it may know of our environment, and when what it says holds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from prodworthy.commands.verification import (
    FAILED,
    INCONCLUSIVE,
    INTERRUPTED,
    VERIFIED,
    Ended,
    allowed,
    arguments,
    judged,
    left_behind,
    unsettled,
)
from prodworthy.model import Stage, Target
from prodworthy.model.hosting import Domain, Hosting, JobKind, Served, Token
from prodworthy.targets.errors import TargetsError
from tests.commands.moves import DOMAINS, move, moved

TARGETS = """\
[targets.prod]
url = { env = "SHOP_URL" }
pages = ["/"]
environment = ["E2E_USER", "VERCEL_TOKEN"]

[targets.prod.vercel]
project = "prj_1"
token = { env = "VERCEL_TOKEN" }
protection_bypass = { env = "BYPASS" }

[targets.prod.supabase]
url = "https://ref.supabase.co"
key = { env = "PUBLISHABLE" }

[[targets.prod.supabase.tables]]
name = "orders"

[targets.other]
url = "https://other.example.com"

[targets.other.supabase]
url = "https://ref.supabase.co"
key = { env = "OTHER_KEY" }
"""
ENVIRONMENT = {
    "PATH": "/usr/bin",
    "HOME": "/home/op",
    "LC_TIME": "de",
    "XDG_RUNTIME_DIR": "/run/user/1",
    "PLAYWRIGHT_BROWSERS_PATH": "/browsers",
    "SSL_CERT_FILE": "/ca.pem",
    "HTTPS_PROXY": "http://proxy",
    "SHOP_URL": "https://shop.example.com",
    "E2E_USER": "visitor",
    "PUBLISHABLE": "sb_publishable_x",
    "BYPASS": "bypass",
    "VERCEL_TOKEN": "the token",
    "GITHUB_TOKEN": "another",
    "AWS_SECRET_ACCESS_KEY": "a third",
    "OTHER_KEY": "of another target",
    "PYTEST_ADDOPTS": "-k nothing",
    "LD_PRELOAD": "/lib/x.so",
}
SERVED = (Served(domain="shop.example.com", deployment="dpl_good", stamps=("4f0c1a2",), proved=True),)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "targets.toml"
    path.write_text(TARGETS)
    return str(path)


def prod() -> Target:
    token = Token(name="VERCEL_TOKEN")
    target = Target(name="prod", url="https://shop.example.com", hosting=Hosting(project="prj_1", token=token))
    return replace(target, environment=("E2E_USER", "VERCEL_TOKEN"))


def verdict(tmp_path: Path, code: int) -> dict[str, str]:
    path = tmp_path / "verdict.json"
    path.write_text(json.dumps({"exit_code": code}))
    return {"verdict": str(path)}


def ended(code: int, *, interrupted: bool = False) -> Ended:
    return Ended(code=code, last_words="", interrupted=interrupted)


def test_the_run_knows_what_it_needs_and_nothing_else(file: str) -> None:
    known = allowed(prod(), file, ENVIRONMENT)
    withheld = {"VERCEL_TOKEN", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "OTHER_KEY", "PYTEST_ADDOPTS", "LD_PRELOAD"}
    assert set(known) == set(ENVIRONMENT) - withheld | {"PYTHONPATH"}


def test_the_token_is_withheld_also_where_the_deployment_is_embedded_and_needs_none(file: str) -> None:
    hosting = Hosting(project="prj_1", token=Token(name="embedded", made_up="vcp_embedded"))
    assert "VERCEL_TOKEN" not in allowed(replace(prod(), hosting=hosting), file, ENVIRONMENT)


def test_the_run_finds_this_package_before_any_other(file: str) -> None:
    plugins = str(Path(__file__).parents[2] / "plugins")
    assert allowed(prod(), file, {})["PYTHONPATH"] == plugins
    assert allowed(prod(), file, {"PYTHONPATH": f"/mine:{plugins}"})["PYTHONPATH"] == f"{plugins}:/mine"


def test_a_targets_file_that_is_gone_is_said_before_anything_moves(tmp_path: Path) -> None:
    with pytest.raises(TargetsError):
        allowed(prod(), str(tmp_path / "none.toml"), ENVIRONMENT)


@pytest.mark.parametrize("own", [True, False], ids=["with-checks-of-its-own", "without"])
def test_the_run_never_rolls_back_by_itself_and_reads_no_tests_of_another_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    if own:
        (tmp_path / "verify").mkdir()
    command = arguments("prod", Stage.POST_ROLLBACK, targets_file="t.toml", binding=Path("/b.json"))
    assert command[1:5] == ["-m", "pytest", "-p", "prodworthy.plugin"]
    assert command[5:] == [
        *(["verify"] if own else []),
        "--target=prod",
        "--targets-file=t.toml",
        "--stage=post-rollback",
        "--rollback=off",
        "--bound-to=/b.json",
    ]


@pytest.mark.parametrize("code", [VERIFIED, FAILED, INCONCLUSIVE])
def test_a_run_over_a_production_that_stood_still_says_what_it_says(tmp_path: Path, code: int) -> None:
    assert judged(ended(code), moved(), SERVED, SERVED, verdict(tmp_path, code))[0] == code


@pytest.mark.parametrize("code", [2, 3, 4, 5, 20, 23, -9])
def test_a_run_that_did_not_come_to_a_verdict_is_inconclusive(tmp_path: Path, code: int) -> None:
    said = judged(ended(code), moved(), SERVED, SERVED, verdict(tmp_path, code))
    assert said == (
        INCONCLUSIVE,
        f"the verification (post-rollback) could not be carried out: pytest ended with {code}",
    )


@pytest.mark.parametrize("code", [VERIFIED, FAILED])
def test_an_exit_code_without_its_verdict_is_believed_by_nobody(tmp_path: Path, code: int) -> None:
    assert judged(ended(code), moved(), SERVED, SERVED, {})[0] == INCONCLUSIVE
    assert judged(ended(code), moved(), SERVED, SERVED, verdict(tmp_path, 1 - code))[0] == INCONCLUSIVE


@pytest.mark.parametrize(
    ("then", "why"),
    [
        pytest.param({"deployment": "dpl_bad", "proved": False}, "led to dpl_bad after it", id="somebody-moved-it"),
        pytest.param({"stamps": ("9a1e2f0",), "proved": False}, "said 9a1e2f0 after it", id="the-edge-went-back"),
        pytest.param({"stamps": ("4f0c1a2f",)}, "served something else after it", id="another-stamp"),
        pytest.param({"trouble": "it did not answer", "proved": False}, "could not be looked at after it", id="blind"),
        pytest.param({"deployment": None, "proved": False}, "led to nothing after it", id="led-nowhere"),
        pytest.param({"domain": "eu.example.com"}, "served something else after it", id="a-domain-more"),
    ],
)
@pytest.mark.parametrize("code", [VERIFIED, FAILED])
def test_a_change_around_the_run_makes_it_inconclusive(
    tmp_path: Path, code: int, then: dict[str, object], why: str
) -> None:
    after = (replace(SERVED[0], **then),)  # type: ignore[arg-type]
    was, said = judged(ended(code), moved(), SERVED, after, verdict(tmp_path, code))
    assert was == INCONCLUSIVE
    assert why in said


def test_a_run_before_which_production_was_elsewhere_already_proves_nothing(tmp_path: Path) -> None:
    before = (replace(SERVED[0], deployment="dpl_bad", proved=False),)
    was, said = judged(ended(VERIFIED), moved(), before, SERVED, verdict(tmp_path, VERIFIED))
    assert (was, "led to dpl_bad before it" in said) == (INCONCLUSIVE, True)


def test_of_no_domain_nothing_is_proved(tmp_path: Path) -> None:
    assert judged(ended(VERIFIED), moved(), (), (), verdict(tmp_path, VERIFIED))[0] == INCONCLUSIVE


def test_an_interrupted_run_is_called_so_whatever_it_returned() -> None:
    said = judged(ended(0, interrupted=True), moved(JobKind.PROMOTE), SERVED, (), {})
    assert said == (INTERRUPTED, "the verification (post-promote) was interrupted")


def test_what_the_run_left_is_taken_from_its_last_words_and_only_if_it_is_there(tmp_path: Path) -> None:
    real, old = tmp_path / "a b" / "verdict.json", tmp_path / "old.json"
    real.parent.mkdir()
    for path in (real, old):
        path.write_text("{}")
    told = f"verdict  {old}\nverdict passed\n\nreport   {tmp_path}/gone.html\nverdict  {real}\nexit     0\n"
    assert left_behind(told) == {"verdict": str(real)}


OWN = Domain(name="shop.vercel.app", declared=False)
SHUT = Served(domain=OWN.name, deployment="dpl_good", walled=True, trouble="deployment protection answered")


def test_an_address_of_the_hosts_own_that_is_closed_counts_by_the_hosts_word() -> None:
    concerned = replace(moved(), move=move(domains=(*DOMAINS, OWN)))
    assert unsettled(concerned, (*SERVED, SHUT), (*SERVED, SHUT)) is None
    elsewhere = replace(SHUT, deployment="dpl_bad")
    assert "led to dpl_bad after it" in str(unsettled(concerned, (*SERVED, SHUT), (*SERVED, elsewhere)))
    assert unsettled(concerned, (SHUT,), (SHUT,)) == "no production domain could be looked at"


def test_a_declared_domain_that_is_closed_could_not_be_looked_at() -> None:
    concerned = replace(moved(), move=move(domains=(*DOMAINS, replace(OWN, declared=True))))
    assert "could not be looked at before it" in str(unsettled(concerned, (*SERVED, SHUT), (*SERVED, SHUT)))
