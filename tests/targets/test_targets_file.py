"""The targets file: every mistake names its place and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from prodworthy.targets import file
from prodworthy.targets.errors import TargetsError
from prodworthy.targets.lines import line_of

SOUND = """\
[targets.prod]
url = "https://shop.example.com"
"""


def problem(folder: Path, text: str) -> str:
    path = folder / "targets.toml"
    path.write_text(text)
    with pytest.raises(TargetsError) as caught:
        file.read(path)
    return str(caught.value)


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(file.schema())


def test_a_minimal_file_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "targets.toml"
    path.write_text(SOUND)
    assert list(file.read(path).targets) == ["prod"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            SOUND + 'pagse = ["/"]\n', ':3: targets.prod.pagse: unknown key; did you mean "pages"?', id="misspelt-key"
        ),
        pytest.param(SOUND + "gate = 'hihg'\n", ':3: targets.prod.gate: found "hihg"; did you mean "high"?', id="enum"),
        pytest.param("[targets.prod]\n", ":1: targets.prod: lacks 'url' or 'embedded'", id="no-address"),
        pytest.param("[targets.prod]\nurl = 'shop'\n", ':2: targets.prod.url: found "shop"; allowed:', id="no-scheme"),
        pytest.param(
            SOUND + "[targets.prod.budgets]\n\ninitial = '250'\n",
            ':5: targets.prod.budgets.initial: found "250"; allowed: A size with its unit',
            id="size-without-unit",
        ),
        pytest.param(
            SOUND + "[targets.prod.supabase]\nurl = 'https://x.supabase.co'\nkey = 'sb_secret_verysecret'\n",
            ":5: targets.prod.supabase.key: found a value of type str; secrets are not written here",
            id="secret-in-the-file",
        ),
        pytest.param(
            SOUND + "[[targets.prod.endpoints]]\npath = '/a'\n[[targets.prod.endpoints]]\nstatus = 200\n",
            ":5: targets.prod.endpoints.1: lacks 'path'",
            id="second-of-an-array",
        ),
        pytest.param(SOUND + "pages = [{ path = 'x' }]\n", ":3: targets.prod.pages.0", id="inline-table"),
        pytest.param(
            SOUND + "[targets.prod.not_applicable]\nsupabas = 'none'\n",
            ':4: targets.prod.not_applicable.supabas: unknown key; did you mean "supabase"?',
            id="unknown-check",
        ),
        pytest.param(
            SOUND + "[targets.prod.smoke]\nignore_console = [{ pattern = '(', reason = 'noise' }]\n",
            ':4: targets.prod.smoke.ignore_console.0.pattern: found "("; not a regex: missing )',
            id="bad-expression",
        ),
        pytest.param(
            SOUND + "[targets.prod.rules]\n'headers.csp-missing' = { severity = 'low' }\n",
            ":4: targets.prod.rules.headers.csp-missing: lacks 'reason'",
            id="changed-without-a-reason",
        ),
        pytest.param(
            SOUND + "[targets.prod.rules]\n'headers.csp-missing' = { reason = 'we say so' }\n",
            ":4: targets.prod.rules.headers.csp-missing: lacks 'severity' or 'off'",
            id="neither-changed-nor-off",
        ),
        pytest.param(
            SOUND + "[[targets.prod.waivers]]\nrule = 'a.b'\nreason = 'we know'\nowner = 'us'\nexpires = 2027-01-31\n",
            ':7: targets.prod.waivers.0.expires: found "2027-01-31"; allowed: an instant with its offset',
            id="a-day-is-no-instant",
        ),
        pytest.param(
            SOUND + "[[targets.prod.waivers]]\nrule = 'a.b'\nreason = 'we know'\nexpires = 2027-01-31T00:00:00Z\n",
            ":3: targets.prod.waivers.0: lacks 'owner'",
            id="a-waiver-that-nobody-answers-for",
        ),
        pytest.param("[targets.all]\nurl = 'https://a.example'\n", "targets", id="reserved-name"),
        pytest.param("", "the file: lacks 'targets'", id="empty"),
        pytest.param("[targets.prod\n", "not valid TOML: ", id="not-toml"),
    ],
)
def test_a_mistake_names_its_place_and_what_is_allowed(tmp_path: Path, text: str, said: str) -> None:
    assert said in problem(tmp_path, text)


def test_a_secret_that_was_pasted_is_not_repeated(tmp_path: Path) -> None:
    text = SOUND + "[targets.prod.supabase]\nurl = 'https://x.supabase.co'\nkey = 'sb_secret_verysecret'\n"
    assert "verysecret" not in problem(tmp_path, text)


def test_several_mistakes_are_told_at_once(tmp_path: Path) -> None:
    assert problem(tmp_path, SOUND + "a = 1\nb = 2\n").count("unknown key") == 2


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "targets.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(TargetsError, match="cannot be read"):
        file.read(path)


def test_a_missing_file_says_where_it_was_sought(tmp_path: Path) -> None:
    with pytest.raises(TargetsError, match="prodworthy init"):
        file.find(None, [tmp_path])


@pytest.mark.parametrize(
    ("path", "line"),
    [
        pytest.param(("a", "b"), 2, id="key"),
        pytest.param(("a", "c d"), 3, id="quoted-key"),
        pytest.param(("a", "x", "y"), 4, id="dotted-key"),
        pytest.param(("e", 1, "f"), 8, id="array-of-tables"),
        pytest.param(("a", "b", "deep", "er"), 2, id="nearest-parent"),
        pytest.param(("nowhere",), 1, id="unknown"),
    ],
)
def test_lines_are_found(path: tuple[str | int, ...], line: int) -> None:
    text = "[a]\nb = 1\n'c d' = 2\nx.y = 3\n[[e]]\nf = 1\n[[e]]\nf = 2\n"
    assert line_of(text, path) == line
