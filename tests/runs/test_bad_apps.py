"""Apps and targets files that cannot be used as they are: one sentence that says where, and the rest goes on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.runs.team import ENTRY, ICON, MISSING, MORE, PAGE, ROOT, STYLE, TARGETS, Ended, Team

STOREFRONT = ROOT / "examples" / "storefront"

MIGRATION = """\
create table public.hats (id bigint primary key, name text not null);

alter table public.hats enable row level security;

-- the third statement of this file, on its seventh line
create index on public.hats (colour);
"""
BACKEND = """
[targets.{name}.supabase]
url = "https://abcdefghijklmnopqrst.supabase.co"
key = {{ env = "KIOSK_KEY" }}
realtime = false
"""
BROKEN = {
    "undist": "dist",
    "unmigrated": "supabase/migrations/20260102000000_index.sql",
    "unconfigured": "vercel.json",
    "misconfigured": "vercel.json",
    "absent": "absent",
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory, site: Path) -> Ended:
    """Apps that cannot be served, side by side with a sound one, in one run."""
    team = Team(folder=tmp_path_factory.mktemp("apps"), site=site)
    for name in ("sound", *BROKEN):
        _write(Team(folder=team.folder / name, site=site))
    shutil.rmtree(team.folder / "undist/dist")
    shutil.rmtree(team.folder / "absent")
    team.write("unmigrated/supabase/migrations/20260101000000_first.sql", "create schema warehouse;\n")
    team.write("unmigrated/supabase/migrations/20260102000000_index.sql", MIGRATION)
    team.write("unconfigured/vercel.json", '{"cleanUrls": true,\n  "headers": [}\n')
    team.write("misconfigured/vercel.json", '{"headers": [{"source": "/((", "headers": []}]}')
    team.write("targets.toml", "\n".join(_target(name) for name in ("sound", *BROKEN)))
    return team.pytest("--target=all", environment={"KIOSK_KEY": "sb_publishable_made_up_for_this_test"})


def _write(app: Team) -> None:
    app.write("dist/index.html", PAGE)
    app.write("dist/404.html", MISSING)
    app.write("dist/assets/index-Dk3s9aQx.js", ENTRY)
    app.write("dist/assets/more-B1x2y3Z4.js", MORE)
    app.write("dist/assets/index-Ck0a1b2C.css", STYLE)
    app.write("dist/icon.svg", ICON)
    app.write("dist/version.json", '{"commit": "0123456789abcdef0123456789abcdef01234567"}')
    app.headers()


def _target(name: str) -> str:
    written = TARGETS.replace("targets.kiosk", f"targets.{name}").replace('app = "."', f'app = "{name}"')
    if name != "unmigrated":
        return written
    without = written.replace('supabase = "the kiosk has no back end"\n', "")
    return without + BACKEND.format(name=name)


def test_apps_that_cannot_be_served_are_inconclusive_and_the_sound_one_passes(judged: Ended) -> None:
    assert judged.code == 10, judged.output
    verdicts = {name: judged.verdict(name)["verdict"] for name in ("sound", *BROKEN)}
    assert verdicts == {"sound": "pass"} | dict.fromkeys(BROKEN, "inconclusive"), judged.output


@pytest.mark.parametrize("name", BROKEN)
def test_the_file_at_fault_is_named_in_one_sentence_and_nothing_is_said_against_the_app(
    judged: Ended, name: str
) -> None:
    (why,) = {gap["why"] for gap in judged.verdict(name)["gaps"]}
    assert BROKEN[name] in why
    assert any(why.partition("\n")[0][:100] in reason for reason in judged.verdict(name)["reasons"])
    assert judged.rules(name) == set()


def test_a_missing_build_says_what_to_run(judged: Ended) -> None:
    assert "npm run build" in _why(judged, "undist")


def test_a_failing_migration_names_its_statement_line_and_error(judged: Ended) -> None:
    why = _why(judged, "unmigrated")
    for part in ("20260102000000_index.sql", "statement 3", "line 6", 'column "colour" does not exist'):
        assert part in why, why


def test_a_broken_configuration_names_the_place(judged: Ended) -> None:
    assert "line 2" in _why(judged, "unconfigured")
    assert "/((" in _why(judged, "misconfigured")


def test_no_traceback_is_shown(judged: Ended) -> None:
    assert "Traceback" not in judged.output, judged.output
    assert "a fault of the test or of prodworthy" not in judged.output


def _why(judged: Ended, name: str) -> str:
    why: str = judged.verdict(name)["gaps"][0]["why"]
    return why


# a function that does not start, in an app that is sound otherwise


@pytest.fixture(scope="module")
def unbooted(tmp_path_factory: pytest.TempPathFactory, site: Path) -> Ended:
    team = Team(folder=tmp_path_factory.mktemp("unbooted"), site=site)
    app = team.folder / "examples/storefront"
    shutil.copytree(STOREFRONT, app, ignore=shutil.ignore_patterns("node_modules"))
    index = app / "supabase/functions/quote/index.ts"
    index.write_text(f'import {{ gone }} from "../_shared/gone.ts"\ngone()\n{index.read_text()}')
    team.write("targets.toml", (ROOT / "targets.toml").read_text())
    return team.pytest("--target=local")


def test_a_function_that_does_not_start_is_a_finding_of_its_own_check_only(unbooted: Ended) -> None:
    assert unbooted.code == 1, unbooted.output
    results = unbooted.results("local")
    assert results.pop("functions") == "fail"
    assert set(results.values()) == {"pass"}, unbooted.output


def test_it_is_named_with_what_the_platform_says_of_it(unbooted: Ended) -> None:
    (functions,) = [check for check in unbooted.verdict("local")["checks"] if check["check"] == "functions"]
    failing = [each for each in functions["findings"] if each["severity"] in {"critical", "high", "medium"}]
    assert failing
    assert all(each["where"].startswith("function quote: ") for each in failing)
    assert any("BOOT_ERROR" in each["got"] for each in failing)
    assert "Traceback" not in unbooted.output


# targets files


def _bad(text: str) -> str:
    return TARGETS + text


@pytest.mark.parametrize(
    ("written", "said"),
    [
        pytest.param(b"[targets.kiosk\n", ["targets.toml: not valid TOML", "at line 1"], id="not-toml"),
        pytest.param(b"# caf\xe9\n" + TARGETS.encode(), ["targets.toml: cannot be read", "not UTF-8"], id="not-utf-8"),
        pytest.param(b"", ["targets.toml:1: ", "lacks 'targets'"], id="empty"),
        pytest.param(None, ["no targets file: looked for "], id="a-folder"),
        pytest.param(
            _bad('\n[[targets.kiosk.endpoints]]\npath = "/a"\nschema = "gone.json"\n').encode(),
            ["targets.kiosk.endpoints: ", "gone.json: No such file"],
            id="schema-missing",
        ),
        pytest.param(
            _bad('\n[[targets.kiosk.endpoints]]\npath = "/a"\nschema = "broken.json"\n').encode(),
            ["targets.kiosk.endpoints: ", "broken.json is not JSON"],
            id="schema-not-json",
        ),
        pytest.param(
            TARGETS.replace("supabase =", "supabse =").encode(),
            ["targets.toml:9", "supabse", 'did you mean "supabase"?'],
            id="check-mistyped",
        ),
    ],
)
def test_a_targets_file_that_cannot_be_used_ends_with_exit_4_and_its_place(
    team: Team, written: bytes | None, said: list[str]
) -> None:
    path = team.folder / "targets.toml"
    path.unlink()
    team.write("broken.json", "{")
    path.mkdir() if written is None else path.write_bytes(written)
    ended = team.pytest("--target=kiosk")
    assert ended.code == 4, ended.output
    for part in said:
        assert part in ended.output
    assert "Traceback" not in ended.output
    assert not (team.folder / "reports").exists()


def test_a_schema_that_is_no_json_schema_spares_everything_else(team: Team) -> None:
    team.write("odd.json", '{"type": "no such type"}')
    team.write("targets.toml", _bad('\n[[targets.kiosk.endpoints]]\npath = "/version.json"\nschema = "odd.json"\n'))
    ended = team.pytest("--target=kiosk")
    assert ended.code == 10, ended.output
    assert [gap["what"] for gap in ended.verdict()["gaps"]] == ["endpoint GET /version.json"]
    assert "not a JSON Schema" in ended.verdict()["gaps"][0]["why"]
    results = ended.results()
    assert results.pop("health") == "inconclusive"
    assert set(results.values()) == {"pass", "not applicable"}
