"""From a checked table to a Target: defaults, units, the environment, files that it names."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from prodworthy.model import Severity, Stage, Target
from prodworthy.model.standing import Baseline, Medians, Sizes, Standing
from prodworthy.plain import from_plain, to_plain
from prodworthy.targets import file
from prodworthy.targets.build import Builder, Order
from prodworthy.targets.choice import choose
from prodworthy.targets.errors import TargetsError

FULL = """\
[targets.prod]
url = "https://shop.example.com/"
domains = ["https://shop.example.com", "https://www.shop.example.com"]
pages = ["/", { path = "/about", text = "About us" }]
gate = "high"
identity = { pointer = "/sha" }
endpoints = [{ path = "/api", method = "POST", latency = { median = "300 ms", worst = "1.5 s" } }]

[targets.prod.supabase]
url = { env = "SUPABASE_URL" }
key = { env = "SUPABASE_KEY", file = ".env" }
tables = [{ name = "orders" }, { name = "products", anon = ["select"], min_rows = 1 }]
realtime = false

[targets.prod.functions.quote]
schema = "quote.json"

[targets.prod.budgets]
initial = "250 kB"
total = "1.5 MiB"
"""


def build(folder: Path, text: str, environment: dict[str, str] | None = None, **order: Any) -> Target:
    path = folder / "targets.toml"
    path.write_text(text)
    found = file.read(path)
    (name,) = found.targets
    return Builder(found, Order(**order), environment or {}).build(name)


@pytest.fixture
def full(tmp_path: Path) -> Target:
    (tmp_path / "quote.json").write_text('{"type": "object"}')
    (tmp_path / ".env").write_text("# a comment\nSUPABASE_KEY='sb_publishable_x'\n")
    return build(tmp_path, FULL, {"SUPABASE_URL": "https://abcdefghijklmnopqrst.supabase.co"})


def test_everything_declared_arrives(full: Target) -> None:
    assert (full.url, full.gate, full.stage) == ("https://shop.example.com", Severity.HIGH, Stage.PRE_PROMOTE)
    assert [page.path for page in full.pages] == ["/", "/about"]
    assert full.budgets.initial == 250_000
    assert full.budgets.total == 1_572_864
    assert full.endpoints[0].latency.median == pytest.approx(0.3)
    assert full.functions[0].schema == {"type": "object"}


def test_a_request_that_is_not_a_read_is_not_repeated_by_default(full: Target) -> None:
    assert not full.endpoints[0].repeatable
    assert not full.functions[0].repeatable


def test_values_come_from_the_environment_and_from_a_dotenv_file(full: Target) -> None:
    assert full.supabase is not None
    assert full.supabase.url == "https://abcdefghijklmnopqrst.supabase.co"
    assert full.supabase.key.value == "sb_publishable_x"
    assert full.supabase.realtime is None


def test_a_secret_is_never_shown(full: Target) -> None:
    assert "sb_publishable_x" not in repr(full)


def test_a_target_travels_as_plain_data(full: Target) -> None:
    assert from_plain(Target, json.loads(json.dumps(to_plain(full)))) == full


def test_an_unset_secret_is_kept_as_a_name(tmp_path: Path) -> None:
    text = FULL.replace('schema = "quote.json"', "")
    built = build(tmp_path, text, {"SUPABASE_URL": "https://abcdefghijklmnopqrst.supabase.co"})
    assert built.supabase is not None
    assert (built.supabase.key.name, built.supabase.key.value) == ("SUPABASE_KEY", None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            '[targets.a]\nurl = { env = "ODD" }\n', ":2: targets.a.url: what it holds is not", id="not-an-address"
        ),
        pytest.param(
            "[targets.a]\nurl = 'https://[x'\n", "targets.a.url: 'https://[x' is not an address", id="bad-host"
        ),
        pytest.param(
            "[targets.a]\nurl = { env = 'A', file = 'latin.env' }\n", "latin.env: cannot be read", id="dotenv"
        ),
        pytest.param(
            "[targets.a]\nurl = 'https://a.example'\nendpoints = [{ path = '/', schema = 'no.json' }]\n",
            "No such file or directory",
            id="missing-schema",
        ),
        pytest.param(
            "[targets.a]\nurl = 'https://a.example'\nendpoints = [{ path = '/', schema = 'targets.toml' }]\n",
            "is not JSON",
            id="schema-that-is-not-json",
        ),
        pytest.param(
            "[targets.a]\nembedded = { app = '.' }\n[targets.a.supabase]\nurl = 'https://b.example'\n"
            "key = { env = 'K' }\nuser = { email = 'a@b' }\n",
            "lacks 'password'",
            id="user-without-password",
        ),
    ],
)
def test_what_cannot_be_built_is_said(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "latin.env").write_bytes(b"A=\xe9")
    with pytest.raises(TargetsError, match=said.replace("[", "\\[")):
        build(tmp_path, text, {"ODD": "shop"})


def test_an_address_whose_variable_is_not_set_makes_the_target_unusable(tmp_path: Path) -> None:
    built = build(tmp_path, '[targets.a]\nurl = { env = "NOPE" }\n')
    assert built.unusable == "NOPE, which must hold an address, is not set"


def test_an_embedded_target_needs_no_address(tmp_path: Path) -> None:
    (tmp_path / "My_App").mkdir()
    built = build(tmp_path, "[targets.a]\nembedded = { app = 'My_App' }\n")
    assert built.url == "https://my-app.test"
    assert built.embedded is not None
    assert built.embedded.domain == "my-app.test"


def test_a_part_of_a_json_file_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "canary.json").write_text('{"arguments": {"n": 1}}')
    text = (
        "[targets.a]\nurl = 'https://a.example'\n[targets.a.supabase]\nurl = 'https://b.example'\nkey = { env = 'K' }\n"
        "searches = [{ rpc = 'match', args = 'canary.json#/arguments', expect = 1 }]\n"
    )
    built = build(tmp_path, text)
    assert built.supabase is not None
    assert built.supabase.searches[0].args == {"n": 1}


def test_the_command_line_can_name_the_deployment_and_the_commit(tmp_path: Path) -> None:
    text = "[targets.a]\nurl = 'https://a.example'\ndomains = ['https://a.example', 'https://b.example']\n"
    built = build(tmp_path, text, deployment="https://a-123.vercel.app", expect_commit="0123456789")
    assert (built.url, built.domains) == ("https://a-123.vercel.app", ("https://a-123.vercel.app",))
    assert built.identity is not None
    assert built.identity.expect == "0123456789"


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        pytest.param(["prod"], ["prod"], id="name"),
        pytest.param(["p*"], ["prod", "preview"], id="glob"),
        pytest.param(["all"], ["prod", "preview", "local"], id="all"),
        pytest.param(["local", "all"], ["local", "prod", "preview"], id="each-once-in-the-order-wanted"),
    ],
)
def test_targets_are_chosen_by_name_glob_or_all(wanted: list[str], chosen: list[str]) -> None:
    assert choose(wanted, ["prod", "preview", "local"]) == chosen


def test_an_unknown_target_suggests_the_nearest() -> None:
    with pytest.raises(TargetsError, match='did you mean "preview"'):
        choose(["preveiw"], ["prod", "preview"])


POLICY = """\
[targets.prod]
url = "https://shop.example.com"
[targets.prod.rules]
"headers.csp-missing" = { severity = "low", reason = "not yet" }
"smoke.dialog" = { off = true, reason = "a game" }
[[targets.prod.waivers]]
rule = "headers.hsts-short"
reason = "the proxy is replaced in January"
owner = "platform"
expires = 2027-01-31T01:00:00+01:00
"""


def test_a_policy_arrives_with_its_instants_and_survives_the_way_to_a_worker(tmp_path: Path) -> None:
    target = build(tmp_path, POLICY)
    (waiver,) = target.policy.waivers
    assert (waiver.where, waiver.expires) == ("*", datetime(2027, 1, 31, tzinfo=UTC))
    assert target.policy.off == {"smoke.dialog": "a game"}
    assert [each.severity for each in target.policy.settings] == [Severity.LOW, None]
    assert from_plain(Target, to_plain(target)) == target


def test_an_instant_that_no_calendar_knows_is_told(tmp_path: Path) -> None:
    text = POLICY.replace("2027-01-31T01:00:00+01:00", "'2027-13-31T01:00:00Z'")
    with pytest.raises(TargetsError, match="expires: '2027-13-31T01:00:00Z' is no instant"):
        build(tmp_path, text)


BASE = '[targets.prod]\nurl = "https://shop.example.com"\nbaseline = "{}"\n'


def test_live_is_what_the_url_serves_whatever_is_judged(tmp_path: Path) -> None:
    target = build(tmp_path, BASE.format("live"), deployment="https://shop-abc.vercel.app")
    assert target.baseline == Baseline(source="live", url="https://shop.example.com")
    assert target.url == "https://shop-abc.vercel.app"


def test_a_saved_verdict_is_a_baseline(tmp_path: Path) -> None:
    standing = Standing(sizes=Sizes(total=10, largest=5, pages={"/": 7}), medians=Medians(endpoints={"GET /": 0.1}))
    (tmp_path / "verdict.json").write_text(json.dumps({"standing": to_plain(standing)}))
    target = build(tmp_path, BASE.format("verdict.json"))
    assert target.baseline == Baseline(source="verdict.json", standing=standing)
    assert from_plain(Target, to_plain(target)) == target


@pytest.mark.parametrize(
    ("written", "said"),
    [
        pytest.param(None, "No such file", id="missing"),
        pytest.param("{}", "has nothing at /standing", id="of-another-kind"),
        pytest.param('{"standing": {"sizes": 3}}', "holds no standing that this version can read", id="unreadable"),
    ],
)
def test_a_baseline_that_cannot_be_read_is_told(tmp_path: Path, written: str | None, said: str) -> None:
    if written is not None:
        (tmp_path / "verdict.json").write_text(written)
    with pytest.raises(TargetsError, match=said):
        build(tmp_path, BASE.format("verdict.json"))


def test_live_needs_an_address(tmp_path: Path) -> None:
    with pytest.raises(TargetsError, match="the target has no url"):
        build(tmp_path, '[targets.local]\nbaseline = "live"\n[targets.local.embedded]\napp = "."\n')
