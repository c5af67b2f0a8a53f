"""Where the token is found, and that nothing started later finds it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from prodworthy.hosting import credentials
from prodworthy.hosting.errors import Refused
from prodworthy.model.codes import Code
from prodworthy.model.hosting import Token

NAME = "VERCEL_TOKEN"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("VERCEL_TOKEN=vcp_file\n", "vcp_file", id="plain"),
        pytest.param('export VERCEL_TOKEN="vcp_file"\n', "vcp_file", id="exported-and-quoted"),
        pytest.param("  VERCEL_TOKEN = 'vcp_file' \r\n", "vcp_file", id="blanks-and-carriage-return"),
        pytest.param("A=1\nVERCEL_TOKEN=a\nVERCEL_TOKEN=vcp_file", "vcp_file", id="the-last-counts"),
        pytest.param("# VERCEL_TOKEN=vcp_file\n", None, id="a-comment"),
        pytest.param("VERCEL_TOKEN=\n", None, id="empty"),
        pytest.param("VERCEL_TOKEN\n", None, id="no-value"),
        pytest.param("MY_VERCEL_TOKEN=vcp_file\n", None, id="another-name"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_a_dotenv_file_is_read_where_the_variable_is_not_set(text: str, found: str | None, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(text, encoding="utf-8")
    assert credentials.value(Token(name=NAME, file=str(file)), {}) == found


@pytest.mark.parametrize(
    ("held", "found"),
    [
        pytest.param("vcp_1", "vcp_1", id="as-it-is"),
        pytest.param("vcp_1\n", "vcp_1", id="pasted-with-a-newline"),
        pytest.param("  ", "vcp_file", id="blank-is-not-set"),
        pytest.param("", "vcp_file", id="empty-is-not-set"),
    ],
)
def test_the_variable_goes_before_the_file(held: str, found: str, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("VERCEL_TOKEN=vcp_file\n", encoding="utf-8")
    assert credentials.value(Token(name=NAME, file=str(file)), {NAME: held}) == found


def test_what_is_made_up_is_found_nowhere_else() -> None:
    token = Token(name=NAME, made_up="vcp_embedded")
    assert credentials.value(token, {NAME: "vcp_real"}) == "vcp_embedded"
    environment = {NAME: "vcp_real"}
    assert credentials.take([token], environment) == {}
    assert environment == {NAME: "vcp_real"}


def test_a_file_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert credentials.value(Token(name=NAME, file=str(tmp_path / "none")), {}) is None


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read") as caught:
        credentials.value(Token(name=NAME, file=str(tmp_path)), {})
    assert caught.value.code is Code.TOKEN_MISSING


def test_what_is_no_text_in_a_file_harms_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"# caf\xe9\nVERCEL_TOKEN=vcp_file\n")
    assert credentials.value(Token(name=NAME, file=str(file)), {}) == "vcp_file"


def test_a_token_that_was_taken_is_in_no_environment_of_later_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "vcp_1")
    monkeypatch.setenv("OTHER_TOKEN", "vcp_2")
    monkeypatch.delenv("THIRD_TOKEN", raising=False)
    tokens = [Token(name=NAME), Token(name="OTHER_TOKEN"), Token(name="THIRD_TOKEN"), Token(name=NAME)]
    taken = credentials.take(tokens, os.environ)
    assert taken == {NAME: "vcp_1", "OTHER_TOKEN": "vcp_2"}
    assert NAME not in os.environ
    assert "OTHER_TOKEN" not in os.environ
    assert credentials.value(tokens[0], taken) == "vcp_1"
    assert credentials.take(tokens, os.environ) == {}
