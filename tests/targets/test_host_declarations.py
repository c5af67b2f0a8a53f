"""The host of a targets file: what is read, what is refused, and what a command line may name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from prodworthy.model import Secret, Target
from prodworthy.model.hosting import Hosting, Token
from prodworthy.model.network import HOST
from prodworthy.plain import from_plain, to_plain
from prodworthy.targets import file
from prodworthy.targets.build import Builder, Order
from prodworthy.targets.errors import TargetsError

ADDRESS = '[targets.prod]\nurl = "https://shop.example.com"\n'
HOSTED = ADDRESS + (
    'environment = ["E2E_USER", "E2E_PASSWORD"]\n[targets.prod.vercel]\nproject = "prj_123"\nteam = "team_456"\n'
    'token = { env = "VERCEL_TOKEN", file = ".env" }\nprotection_bypass = { env = "BYPASS" }\n'
)
EMBEDDED = '[targets.local.embedded]\napp = "shop"\n'


def build(folder: Path, text: str, environment: dict[str, str] | None = None, **order: Any) -> Target:
    path = folder / "targets.toml"
    path.write_text(text)
    found = file.read(path)
    (name,) = found.targets
    return Builder(found, Order(**order), environment or {}).build(name)


def test_the_project_and_where_its_secrets_are_found_arrive(tmp_path: Path) -> None:
    target = build(tmp_path, HOSTED, {"VERCEL_TOKEN": "tok0canary", "BYPASS": "byp0canary"})
    assert target.hosting == Hosting(
        project="prj_123",
        team="team_456",
        token=Token(name="VERCEL_TOKEN", file=str(tmp_path / ".env")),
        bypass=Secret(name="BYPASS", value="byp0canary"),
    )
    assert target.environment == ("E2E_USER", "E2E_PASSWORD")


def test_the_value_of_the_token_is_no_part_of_a_target_and_the_bypass_is_one_of_its_secrets(tmp_path: Path) -> None:
    target = build(tmp_path, HOSTED, {"VERCEL_TOKEN": "tok0canary", "BYPASS": "byp0canary"})
    assert "tok0canary" not in json.dumps(to_plain(target))
    assert "byp0canary" not in repr(target)
    assert [secret.name for secret in target.secrets] == ["BYPASS"]
    assert from_plain(Target, json.loads(json.dumps(to_plain(target)))) == target


@pytest.mark.parametrize("pasted", ["byp0canary\n", " byp0canary \r\n", "\tbyp0canary"])
def test_white_space_around_a_bypass_that_was_pasted_is_dropped(tmp_path: Path, pasted: str) -> None:
    target = build(tmp_path, HOSTED, {"BYPASS": pasted})
    assert target.hosting
    assert target.hosting.bypass == Secret(name="BYPASS", value="byp0canary")


@pytest.mark.parametrize("pasted", ["byp0\ncanary", "byp0 canary", "byp0canar\u00fd", "byp0canary\x00"])
def test_a_bypass_that_no_header_field_can_carry_is_refused_by_its_name_alone(tmp_path: Path, pasted: str) -> None:
    with pytest.raises(TargetsError, match=r"targets\.prod\.vercel\.protection_bypass: what BYPASS holds") as caught:
        build(tmp_path, HOSTED, {"BYPASS": pasted})
    assert "byp0" not in str(caught.value)
    assert "canar" not in str(caught.value)


@pytest.mark.parametrize("pasted", ["", " \n"])
def test_a_bypass_of_nothing_is_not_set(tmp_path: Path, pasted: str) -> None:
    target = build(tmp_path, HOSTED, {"BYPASS": pasted})
    assert target.hosting
    assert target.hosting.bypass == Secret(name="BYPASS", value=None)


def test_without_the_table_there_is_no_host(tmp_path: Path) -> None:
    assert build(tmp_path, ADDRESS).hosting is None


def test_the_token_may_be_left_out(tmp_path: Path) -> None:
    target = build(tmp_path, ADDRESS + '[targets.prod.vercel]\nproject = "shop"\n')
    assert target.hosting == Hosting(project="shop")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param(
            'project = "p"\ntoken = "vcp_verysecret"',
            ":5: targets.prod.vercel.token: found a value of type str; secrets are not written here",
            id="token-in-the-file",
        ),
        pytest.param(
            'project = "p"\nprotection_bypass = "verysecret"',
            ":5: targets.prod.vercel.protection_bypass: found a value of type str",
            id="bypass-in-the-file",
        ),
        pytest.param(
            'project = "p"\ntoken = { env = "vcp-verysecret" }',
            ":5: targets.prod.vercel.token.env: not the name of an environment variable, such as VERCEL_TOKEN",
            id="token-in-place-of-its-name",
        ),
        pytest.param('team = "t"', ":3: targets.prod.vercel: lacks 'project'", id="no-project"),
        pytest.param(
            'projekt = "p"', ':4: targets.prod.vercel.projekt: unknown key; did you mean "project"?', id="key"
        ),
        pytest.param('project = ""', ":4: targets.prod.vercel.project: found", id="empty"),
    ],
)
def test_a_mistake_in_the_table_is_named_with_its_line_and_no_secret(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(TargetsError) as caught:
        build(tmp_path, f"{ADDRESS}[targets.prod.vercel]\n{line}\n")
    assert said in str(caught.value)
    assert "verysecret" not in str(caught.value)


def test_a_value_among_the_names_of_variables_is_refused_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(TargetsError) as caught:
        build(tmp_path, ADDRESS + 'environment = ["E2E_PASSWORD=verysecret"]\n')
    assert ":3: targets.prod.environment.0: not the name of an environment variable" in str(caught.value)
    assert "verysecret" not in str(caught.value)


def test_an_embedded_target_has_a_host_that_is_made_up(tmp_path: Path) -> None:
    target = build(tmp_path, EMBEDDED)
    assert target.hosting is not None
    assert target.hosting.token is not None
    assert target.hosting.bypass is not None
    assert (target.hosting.project, target.hosting.team) == (HOST["project"], HOST["team"])
    assert (target.hosting.token.made_up, target.hosting.bypass.value) == (HOST["token"], HOST["bypass"])
    assert target.secrets == ()


@pytest.mark.parametrize(
    ("table", "project", "team"),
    [
        pytest.param('project = "prj_9"\nteam = "team_acme"', "prj_9", "team_acme", id="of-a-team"),
        pytest.param('project = "prj_9"', "prj_9", None, id="of-a-person"),
    ],
)
def test_an_embedded_app_can_play_the_project_that_the_table_names(
    tmp_path: Path, table: str, project: str, team: str | None
) -> None:
    target = build(
        tmp_path, f'{EMBEDDED}[targets.local.vercel]\n{table}\ntoken = {{ env = "T" }}\n', {"T": "tok0canary"}
    )
    assert target.embedded is not None
    assert target.hosting is not None
    assert target.embedded.host == {"project": project, "team": team or ""}
    assert (target.hosting.project, target.hosting.team) == (project, team)
    assert target.hosting.token is not None
    assert target.hosting.token.made_up == HOST["token"]


@pytest.mark.parametrize(
    ("given", "url"),
    [
        pytest.param("https://shop-abc-acme.vercel.app/", "https://shop-abc-acme.vercel.app", id="address"),
        pytest.param("shop-abc-acme.vercel.app", "https://shop-abc-acme.vercel.app", id="host"),
        pytest.param("dpl_AAA", "https://shop.example.com", id="id-not-yet-looked-up"),
    ],
)
def test_a_deployment_is_named_by_address_host_or_id(tmp_path: Path, given: str, url: str) -> None:
    target = build(tmp_path, HOSTED, deployment=given)
    assert (target.url, target.domains) == (url, (url,))
    assert target.hosting is not None


def test_an_id_keeps_the_domains_until_it_is_looked_up(tmp_path: Path) -> None:
    text = HOSTED.replace("environment =", 'domains = ["https://shop.example.com", "https://b.example"]\nenvironment =')
    assert build(tmp_path, text, deployment="dpl_AAA").domains == ("https://shop.example.com", "https://b.example")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(ADDRESS, ":1: targets.prod: --deployment=dpl_AAA is known to the host only", id="no-host"),
        pytest.param(
            ADDRESS + '[targets.prod.vercel]\nproject = "p"\n',
            ":3: targets.prod.vercel: --deployment=dpl_AAA is known to the host only; give its address, or add token = "
            '{ env = "VERCEL_TOKEN" }',
            id="no-token",
        ),
    ],
)
def test_an_id_needs_a_host_that_knows_it(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(TargetsError) as caught:
        build(tmp_path, text, deployment="dpl_AAA")
    assert said in str(caught.value)


@pytest.mark.parametrize("given", ["shop", "ftp://shop.example.com", "dpl_", "a b.example", ""])
def test_what_names_no_deployment_is_refused(tmp_path: Path, given: str) -> None:
    with pytest.raises(TargetsError, match="is no deployment; give its id"):
        build(tmp_path, HOSTED, deployment=given)


@pytest.mark.parametrize(
    ("given", "embedded"),
    [
        pytest.param("dpl_AAA", True, id="id"),
        pytest.param("https://shop-3f9x0q2ab-embedded.vercel.app", True, id="of-the-platform-that-is-played"),
        pytest.param("https://shop-3f9x0q2ab-acme.vercel.app", False, id="of-another-team"),
        pytest.param("https://preview.example.com", False, id="anywhere-else"),
    ],
)
def test_an_address_elsewhere_is_judged_there_and_not_embedded(tmp_path: Path, given: str, embedded: bool) -> None:
    target = build(tmp_path, EMBEDDED, deployment=given)
    assert (target.embedded is not None) is embedded
    assert (target.hosting is not None) is embedded


def test_what_a_target_is_compared_with_knows_neither_host_nor_bypass(tmp_path: Path) -> None:
    there = build(tmp_path, HOSTED, {"BYPASS": "byp0canary"}).looked_at_elsewhere("https://old.example.com")
    assert (there.hosting, there.deployment, there.secrets) == (None, None, ())
