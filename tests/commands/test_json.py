"""What scripts can rely on: schemas, codes, exit codes, and stdout for data alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click
import jsonschema
import pytest
from click.testing import CliRunner

from prodworthy.cli import main
from prodworthy.commands import project, published, told
from prodworthy.hosting.errors import (
    HostingError,
    NotSent,
    OutcomeUnknown,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Unintelligible,
)
from prodworthy.model.codes import Code
from prodworthy.model.hosting import JobKind
from tests.commands.shop import Shop, validated

TOKEN = "vcp_0123456789abcdefghijklmn"
LOOKING = ("list", "current", "candidates", "status")


def test_every_code_has_an_exit_code_and_a_meaning() -> None:
    assert set(told.ENDINGS) == set(Code)
    assert all(ending.means for ending in told.ENDINGS.values())
    assert {ending.exit_code for ending in told.ENDINGS.values()} == {0, 2, 4, 10, 22, 23}


@pytest.mark.parametrize("code", Code)
def test_a_code_is_a_word_for_scripts(code: Code) -> None:
    jsonschema.validate(code.value, published.schema("error")["$defs"]["code"])


@pytest.mark.parametrize(
    ("code", "kind", "verification", "exit_code"),
    [
        (Code.DONE, JobKind.ROLLBACK, None, 0),
        (Code.DONE, JobKind.ROLLBACK, 0, 0),
        (Code.ALREADY_CURRENT, JobKind.PROMOTE, 0, 0),
        (Code.DONE, JobKind.PROMOTE, 1, 1),
        (Code.DONE, JobKind.PROMOTE, 10, 10),
        (Code.DONE, JobKind.PROMOTE, 2, 10),
        (Code.DONE, JobKind.ROLLBACK, 1, 21),
        (Code.DONE, JobKind.ROLLBACK, 10, 23),
        (Code.DONE, JobKind.ROLLBACK, 4, 23),
        (Code.ALREADY_CURRENT, JobKind.ROLLBACK, -9, 23),
        (Code.NOT_PROVED, JobKind.ROLLBACK, 0, 23),
        (Code.NOT_PROVED, JobKind.ROLLBACK, 1, 23),
        (Code.NOT_PROVED, JobKind.PROMOTE, 1, 23),
        (Code.PLANNED, JobKind.ROLLBACK, None, 0),
        (Code.DECLINED, JobKind.ROLLBACK, None, 2),
    ],
)
def test_the_exit_code_of_a_move(code: Code, kind: JobKind, verification: int | None, exit_code: int) -> None:
    assert told.exit_code(code, kind, verification) == exit_code


# schemas


@pytest.mark.parametrize("of", published.COMMANDS)
def test_every_schema_is_one_and_complete_in_itself(of: str) -> None:
    printed = json.loads(CliRunner().invoke(main, ["schema", f"--of={of}"]).stdout)
    jsonschema.Draft202012Validator.check_schema(printed)
    assert "parts.json" not in json.dumps(printed)
    for reference in _references(printed):
        assert reference.removeprefix("#/$defs/") in printed["$defs"]


@pytest.mark.parametrize("of", published.COMMANDS)
def test_every_object_of_a_schema_says_all_that_it_may_hold(of: str) -> None:
    objects = [part for part in _parts(published.schema(of)) if part.get("type") == "object"]
    assert objects
    assert all(part["additionalProperties"] is False for part in objects)


@pytest.mark.parametrize("of", [name for name in published.COMMANDS if name != "error"])
def test_an_answer_is_no_error_and_an_error_no_answer(of: str) -> None:
    envelope = {"format": 1, "prodworthy": "1", "command": of, "target": "prod", "exit_code": 4}
    error = {"code": "usage", "message": "m", "remedy": "r", "changed": False, "deployments": []}
    validator = jsonschema.Draft202012Validator(published.schema(of))
    assert validator.is_valid({**envelope, "error": error})
    assert not validator.is_valid(envelope)
    data = next(iter(set(published.schema(of)["properties"]) - {*envelope, "error"}))
    assert not validator.is_valid({**envelope, "error": error, data: []})
    assert not validator.is_valid({**envelope, "error": {**error, "changed": True}})


def test_every_command_that_prints_an_envelope_has_a_schema() -> None:
    older = {"targets", "rules", "explain", "doctor"}  # these print a list or a table of their own
    with_json = {name for name, each in main.commands.items() if any(known.name == "as_json" for known in each.params)}
    assert with_json >= {"list", "current", "candidates", "status", "rollback", "promote"}
    assert {*(with_json - older), "error"} == set(published.COMMANDS)


# errors


ERRORS = [
    pytest.param(NotSent("GET /v9/projects/shop: connection refused"), "unreachable", 10, id="not-sent"),
    pytest.param(OutcomeUnknown("GET /v9/projects/shop: cut"), "unreachable", 10, id="no-answer"),
    pytest.param(Throttled("GET /v9/projects/shop: 429", retry_after=3), "throttled", 10, id="429"),
    pytest.param(Unavailable("GET /v9/projects/shop: 503", status=503), "unavailable", 10, id="5xx"),
    pytest.param(Unintelligible("GET /v9/projects/shop: no JSON"), "unintelligible", 10, id="not-json"),
    pytest.param(Rejected("GET /v9/projects/shop: 403", status=403), "token-refused", 4, id="403"),
    pytest.param(Rejected("GET /v9/projects/shop: 404", status=404), "project-unknown", 4, id="404"),
]


@pytest.mark.parametrize("command", LOOKING)
@pytest.mark.parametrize(("error", "code", "exit_code"), ERRORS)
def test_what_the_host_does_not_give_ends_a_command_in_one_sentence(
    shop: Shop, command: str, error: HostingError, code: str, exit_code: int
) -> None:
    shop.host.errors["project"] = error
    ended = shop.run(command, "--json")
    answer = validated(command, ended)
    assert answer["error"]["code"] == code
    assert answer["error"]["changed"] is False
    assert answer["error"]["message"]
    assert answer["target"] == "prod"
    assert answer["exit_code"] == exit_code
    jsonschema.validate(answer, published.schema("error"))
    assert f"({code})" in ended.stderr
    assert "nothing was changed" not in ended.stderr  # nobody who looks asks that
    assert shop.run(command).stdout == ""


def test_a_refusal_keeps_its_code_and_its_remedy(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: object, **__: object) -> Any:
        raise Refused(Code.TOKEN_MISSING, "VERCEL_TOKEN is not set", "export it")

    monkeypatch.setattr(project, "opened", refused)
    answer = shop.json("list")
    assert answer["error"] == {
        "code": "token-missing",
        "message": "VERCEL_TOKEN is not set",
        "remedy": "export it",
        "changed": False,
        "deployments": [],
    }
    assert answer["exit_code"] == 4


def test_an_unusable_targets_file_is_an_error_for_scripts_too(written: Callable[[str], object]) -> None:
    written("[targets.prod]\nurl = 7\n")
    answer = validated("status", CliRunner().invoke(main, ["status", "--json"]))
    assert (answer["error"]["code"], answer["exit_code"], answer["target"]) == ("targets-unusable", 4, None)
    assert "targets.prod.url" in answer["error"]["message"]


@pytest.mark.parametrize(
    "words",
    [
        ["list", "--limit=0"],
        ["list", "--state=sleeping"],
        ["status", "--nonsense"],
        ["current", "an-argument"],
    ],
)
def test_misuse_ends_with_4_and_not_with_clicks_own_2(shop: Shop, words: list[str]) -> None:
    ended = shop.run(*words)
    assert (ended.exit_code, ended.stdout) == (4, "")
    assert "Usage: " in ended.stderr
    assert ended.stderr.endswith("(usage)\n")
    answer = validated(words[0], shop.run(*words, "--json"))
    assert answer["error"]["code"] == "usage"


def test_ctrl_c_ends_with_2_and_says_that_nothing_was_changed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(shop.host), "project", interrupted)
    answer = shop.json("status")
    assert (answer["exit_code"], answer["error"]["code"]) == (2, "interrupted")
    assert answer["error"]["remedy"]


def test_a_fault_of_ours_never_ends_with_1_which_means_that_a_verification_failed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> Any:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(type(shop.host), "project", broken)
    ended = shop.run("status", "--json")
    answer = validated("status", ended)
    assert (answer["exit_code"], answer["error"]["code"]) == (10, "fault")
    assert "Traceback" in ended.stderr
    assert "secret detail" not in ended.stdout


def test_the_traceback_of_a_fault_holds_no_secret_and_nothing_that_acts(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> Any:
        raise ValueError(f"illegal header b'Bearer {TOKEN}' \x1b[2J")

    monkeypatch.setenv("VERCEL_TOKEN", f" {TOKEN}\n")
    monkeypatch.setattr(type(shop.host), "project", broken)
    ended = shop.run("status", "--json")
    assert "Bearer [secret]" in ended.stderr
    assert TOKEN not in ended.output
    assert "\x1b" not in ended.output


def ends(raised: BaseException, *, requested: bool) -> tuple[int, dict[str, Any]]:
    """How a command ends in which this is raised, after or before it asked production to move."""

    @click.command()
    def command() -> None:
        with told.telling("rollback", as_json=True) as telling:
            telling.requested = requested
            raise raised

    ended = CliRunner().invoke(command)
    answer = validated("rollback", ended)
    return ended.exit_code, answer["error"]


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (KeyboardInterrupt(), "interrupted-after-request"),
        (RuntimeError("ours"), "fault"),
        (Throttled("GET /v9/projects/shop: 429"), "throttled"),
    ],
)
def test_after_the_request_nobody_says_that_nothing_was_changed(raised: BaseException, code: str) -> None:
    exit_code, error = ends(raised, requested=True)
    assert (exit_code, error["code"], error["changed"]) == (23, code, None)
    exit_code, error = ends(raised, requested=False)
    assert exit_code != 23
    assert error["changed"] is False


@pytest.mark.parametrize("requested", [True, False])
@pytest.mark.parametrize("as_json", [True, False])
def test_an_answer_that_is_there_is_not_taken_back_by_a_signal(
    requested: bool, as_json: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was done is done; that printing it was interrupted does not make it "nothing was changed"."""

    def interrupted(*_: object, **__: object) -> Any:
        raise KeyboardInterrupt

    @click.command()
    def command() -> None:
        with told.telling("rollback", as_json=as_json) as telling:
            telling.requested = requested
            with monkeypatch.context() as patched:
                patched.setattr(told.json, "dumps", interrupted)
                if as_json:
                    telling.end({}, interrupted, exit_code=23)
                    telling.print()
                telling.end({}, interrupted, exit_code=23)

    ended = CliRunner().invoke(command)
    assert ended.exit_code == 23
    assert "nothing was changed" not in ended.output
    assert "interrupted while the answer was printed" in ended.stderr


def test_who_acts_is_told_that_nothing_was_changed(capsys: pytest.CaptureFixture[str]) -> None:
    told.Telling("rollback", as_json=False, target="prod").fail(Code.NO_CANDIDATE, "nothing to go to", "fix forward")
    assert "(no-candidate; nothing was changed)" in capsys.readouterr().err


def test_a_command_to_type_names_the_target_and_its_file(capsys: pytest.CaptureFixture[str]) -> None:
    telling = told.Telling("list", as_json=False, target="local", targets_file="my targets.toml")
    remedy = "look at `prodworthy status`, or `prodworthy rollback dpl_1`, or `prodworthy promote dpl_2 --target=prod`"
    telling.fail(Code.SEVERAL_CANDIDATES, "several", remedy)
    shown = capsys.readouterr().err
    assert "`prodworthy status --target=local --targets-file 'my targets.toml'`" in shown
    assert "`prodworthy promote dpl_2 --target=prod`" in shown
    assert telling.data is not None
    assert telling.data["error"]["deployments"] == ["dpl_1", "dpl_2"]


def test_two_errors_in_a_targets_file_have_a_line_each(written: Callable[[str], object]) -> None:
    written("[targets.prod]\nurl = 7\nnonsense = 1\n")
    ended = CliRunner().invoke(main, ["status", "--targets-file=targets.toml"])
    lines = [line for line in ended.stderr.splitlines() if "targets.toml:" in line]
    assert len(lines) == 2
    assert "`prodworthy targets --targets-file targets.toml`" in ended.stderr
    assert ended.exit_code == 4


def _parts(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [part for each in schema for part in _parts(each)]
    if not isinstance(schema, dict):
        return []
    return [schema, *(part for each in schema.values() for part in _parts(each))]


def _references(schema: Any) -> list[str]:
    return [part["$ref"] for part in _parts(schema) if "$ref" in part]
