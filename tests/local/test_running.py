"""What is up is found by others as long as it runs, and never after."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import prodworthy
from prodworthy.local import running
from prodworthy.local.errors import AlreadyUp, LocalError
from prodworthy.model import Addresses, Embedded

ADDRESSES = Addresses(
    hosts={"shop.test:443": "127.0.0.1:41001"},
    ca_pem="-----BEGIN CERTIFICATE-----\n",
    spki="c3BraQ==",
    control="http://127.0.0.1:41002",
    hosting_url="http://127.0.0.1:41003",
)
HOLDER = """
import sys
from prodworthy.local import running
from prodworthy.model import Addresses, Embedded
embedded = Embedded(app=sys.argv[1], domain="shop.test")
with running.announce(embedded, Addresses(hosts={}, ca_pem="", spki="")):
    print("up", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def embedded(tmp_path: Path) -> Embedded:
    return Embedded(app=str(tmp_path / "app"), domain="shop.test", keys={"publishable": "sb_publishable_shown_nowhere"})


@contextmanager
def elsewhere(embedded: Embedded, runtime: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that is up."""
    environment = {"PYTHONPATH": str(Path(prodworthy.__file__).parents[1]), "XDG_RUNTIME_DIR": str(runtime)}
    command = [sys.executable, "-c", HOLDER, embedded.app]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        try:
            yield process
        finally:
            process.kill()


def files(runtime: Path) -> list[Path]:
    return [path for path in runtime.rglob("*.json") if path.is_file()]


def test_what_is_up_is_found_as_long_as_it_is(embedded: Embedded) -> None:
    assert running.find(embedded) is None
    with running.announce(embedded, ADDRESSES):
        assert running.find(embedded) == ADDRESSES
        found = running.found(embedded)
        assert found is not None
        assert found.process == os.getpid()
    assert running.find(embedded) is None


def test_nothing_is_left_behind(embedded: Embedded, runtime: Path) -> None:
    with running.announce(embedded, ADDRESSES):
        assert len(files(runtime)) == 1
    assert files(runtime) == []


def test_what_is_not_ready_yet_is_not_found(embedded: Embedded) -> None:
    with running.claim(embedded) as claim:
        assert running.find(embedded) is None
        claim.announce(ADDRESSES)
        assert running.find(embedded) == ADDRESSES


def test_it_belongs_to_one_app_and_one_domain(embedded: Embedded, tmp_path: Path) -> None:
    with running.announce(embedded, ADDRESSES):
        assert running.find(replace(embedded, domain="other.test")) is None
        assert running.find(replace(embedded, app=str(tmp_path / "other"))) is None
        assert running.find(replace(embedded, domain="SHOP.test")) == ADDRESSES


def test_an_app_is_the_same_by_whatever_way_one_comes_to_it(embedded: Embedded, tmp_path: Path) -> None:
    Path(embedded.app).mkdir()
    (tmp_path / "link").symlink_to(embedded.app)
    with running.announce(embedded, ADDRESSES):
        assert running.find(replace(embedded, app=str(tmp_path / "link"))) == ADDRESSES


def test_other_settings_are_told_from_the_same(embedded: Embedded) -> None:
    with running.announce(embedded, ADDRESSES):
        up = running.found(embedded)
        assert up is not None
        assert up.started_from(replace(embedded, aliases=()))
        assert not up.started_from(replace(embedded, users=({"email": "a@shop.test", "password": "x"},)))


def test_the_file_is_its_owners_alone_and_holds_no_key(embedded: Embedded, runtime: Path) -> None:
    with running.announce(embedded, ADDRESSES):
        [path] = files(runtime)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert "sb_publishable_shown_nowhere" not in path.read_text()


def test_the_second_of_one_app_is_refused_and_the_first_stays(embedded: Embedded) -> None:
    with running.announce(embedded, ADDRESSES):
        with (
            pytest.raises(
                AlreadyUp, match=f"^it is up already, in process {os.getpid()}: end that one first, or use it$"
            ),
            running.announce(embedded, ADDRESSES),
        ):
            pass
        assert running.find(embedded) == ADDRESSES


def test_another_process_is_found_and_refuses_too(embedded: Embedded, runtime: Path) -> None:
    with elsewhere(embedded, runtime) as process:
        up = running.found(embedded)
        assert up is not None
        assert up.process == process.pid
        with pytest.raises(AlreadyUp, match=str(process.pid)), running.claim(embedded):
            pass


def test_one_that_was_killed_is_not_found_and_its_place_is_free(embedded: Embedded, runtime: Path) -> None:
    with elsewhere(embedded, runtime) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert len(files(runtime)) == 1, "it could not clean up"
        assert running.find(embedded) is None
        with running.announce(embedded, ADDRESSES):
            assert running.find(embedded) == ADDRESSES


def test_what_a_killed_one_announced_is_not_found_while_the_next_one_starts(embedded: Embedded, runtime: Path) -> None:
    with elsewhere(embedded, runtime) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    with running.claim(embedded):
        assert running.find(embedded) is None


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="empty"),
        pytest.param('{"format": 1, "proc', id="torn"),
        pytest.param("[]", id="of-another-kind"),
        pytest.param(json.dumps({"format": 2}), id="of-another-version"),
        pytest.param(json.dumps({"format": 1, "addresses": {"hosts": {}}}), id="incomplete"),
    ],
)
def test_a_file_that_says_nothing_is_nothing_that_is_up(embedded: Embedded, runtime: Path, content: str) -> None:
    with running.announce(embedded, ADDRESSES):
        [path] = files(runtime)
        path.write_text(content)
        assert running.find(embedded) is None


def test_nobody_else_can_say_what_is_up(embedded: Embedded, runtime: Path) -> None:
    with running.announce(embedded, ADDRESSES):
        folder = files(runtime)[0].parent
        folder.chmod(0o777)
        assert running.find(embedded) is None
        with pytest.raises(LocalError, match="must be a folder that is yours alone"), running.claim(embedded):
            pass
        folder.chmod(0o700)


def test_a_folder_that_is_somewhere_else_in_truth_is_not_believed(embedded: Embedded, runtime: Path) -> None:
    with running.announce(embedded, ADDRESSES):
        folder = files(runtime)[0].parent
    folder.rename(runtime / "real")
    folder.symlink_to(runtime / "real")
    with pytest.raises(LocalError, match="yours alone"), running.claim(embedded):
        pass


def test_a_place_where_nothing_can_be_noted_is_one_sentence(
    embedded: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/dev/null")
    assert running.find(embedded) is None
    with pytest.raises(LocalError, match="cannot be made"), running.claim(embedded):
        pass
