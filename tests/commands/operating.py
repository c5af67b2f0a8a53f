"""An operator at work: a team's repository with prodworthy installed, its app up, and commands beside it."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import termios
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema

from prodworthy.commands import published
from tests.runs.team import ENTRY, ICON, MISSING, MORE, PAGE, ROOT, STYLE, Team

PATIENCE = 60.0  # seconds after which a test gives up waiting for what should have come
GOOD = "0123456789abcdef0123456789abcdef01234567"
BAD = "9a1e2f0c9a1e2f0c9a1e2f0c9a1e2f0c9a1e2f0c"
TARGETS = """\
[targets.kiosk]
domains = ["https://kiosk.test", "https://www.kiosk.test"]
pages = [{ path = "/", text = "And another." }]
identity = { path = "/version.json" }
environment = ["E2E_USER"]

[targets.kiosk.embedded]
app = "."

[targets.kiosk.not_applicable]
supabase = "the kiosk has no back end"
functions = "the kiosk has no functions"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A command that is over."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """What a script gets, which is all that is on stdout and fits the published schema."""
        loaded: dict[str, Any] = json.loads(self.out)
        schema = published.schema(loaded["command"])
        jsonschema.validate(loaded, schema, format_checker=jsonschema.FormatChecker())
        assert loaded["exit_code"] == self.code
        return loaded

    @property
    def words(self) -> str:
        """What a person was told, wherever its lines were broken."""
        return " ".join(f"{self.out} {self.err}".split())


@dataclass(slots=True, kw_only=True)
class Kiosk:
    """The app that is up, its platform's control port, and commands that are started beside it."""

    folder: Path
    environment: Mapping[str, str]
    control: str = ""
    first: str = ""  # id of the deployment that it came up with
    bad: str = ""  # id of the one that went live after it
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Of the control port."""
        request = urllib.request.Request(
            self.control + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"x-prodworthy-control": "1"},
        )
        with urllib.request.urlopen(request) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def deploy(self, commit: str = BAD, **told: Any) -> str:
        """One more deployment, whose build differs from the first in its stamp; its id."""
        change = {"version.json": json.dumps({"commit": commit})}
        deployed: str = self.ask("POST", "/deploy", {"change": change, "commit": commit, **told})["id"]
        return deployed

    def faults(self, **faults: Any) -> None:
        self.ask("PUT", "/faults", faults)

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.ask("GET", "/state")
        return state

    @property
    def posts(self) -> list[str]:
        """Paths of the requests that would move production."""
        return [each["path"] for each in self.ask("GET", "/log") if each["method"] == "POST"]

    def start(self, *words: str, environment: Mapping[str, str] | None = None, **streams: Any) -> Any:
        command = [sys.executable, "-P", "-m", "prodworthy.cli", *words]
        process = subprocess.Popen(command, cwd=self.folder, env={**self.environment, **(environment or {})}, **streams)
        self.started.append(process)
        return process

    def run(self, *words: str, environment: Mapping[str, str] | None = None) -> Ended:
        """Without a terminal."""
        process = self.start(
            *words,
            environment=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        out, err = process.communicate(timeout=PATIENCE)
        return Ended(code=process.returncode, out=out.decode(), err=err.decode())

    def waiting(self, *words: str) -> Waiting:
        """Without a terminal, while it runs."""
        return Waiting(
            self.start(
                *words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        )

    @contextmanager
    def terminal(self, *words: str, environment: Mapping[str, str] | None = None) -> Iterator[Terminal]:
        """On a terminal of its own; what goes to stdout too unless the words say --json."""
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (50, 110))
        stdout = subprocess.PIPE if "--json" in words else theirs
        process = self.start(
            *words,
            environment={"TERM": "xterm-256color", **(environment or {})},
            stdin=theirs,
            stdout=stdout,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=_take_terminal,  # so that Ctrl-C on it is one
        )
        os.close(theirs)
        try:
            yield Terminal(process=process, terminal=ours)
        finally:
            os.close(ours)
            _end(process)


class Waiting:
    """A command that runs; what it says on stderr is read as it comes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.err = ""

    def until(self, words: str) -> Waiting:
        assert self.process.stderr is not None
        self.err += _until(self.process.stderr.fileno(), words, self.err)
        return self

    def signal(self, number: int) -> Waiting:
        self.process.send_signal(number)
        return self

    def ended(self) -> Ended:
        out, err = self.process.communicate(timeout=PATIENCE)
        return Ended(code=self.process.returncode, out=out.decode(), err=self.err + err.decode())


@dataclass(slots=True, kw_only=True)
class Terminal:
    """The other end of the terminal that a command runs on."""

    process: subprocess.Popen[bytes]
    terminal: int
    shown: str = ""

    def until(self, words: str) -> Terminal:
        self.shown += _until(self.terminal, words, self.shown)
        return self

    def type(self, text: str) -> Terminal:
        os.write(self.terminal, text.encode())
        return self

    def ended(self) -> Ended:
        """When it has ended, with all that was shown, without colours and cursor movements."""
        out = b""
        while select.select([self.terminal], [], [], PATIENCE)[0] and (piece := _read(self.terminal)):
            self.shown += piece.decode("utf-8", "replace")
        if self.process.stdout:
            out = self.process.stdout.read()
        code = self.process.wait(PATIENCE)
        return Ended(code=code, out=out.decode(), err=plain(self.shown))


def plain(shown: str) -> str:
    """What a person reads."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).replace("\r\n", "\n")


def install(site: Path) -> Path:
    """The package as the wheel has it, without building one."""
    left_out = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(ROOT / "plugins" / "prodworthy", site / "prodworthy", ignore=left_out)
    shutil.copytree(ROOT / "verify", site / "prodworthy" / "verify", ignore=left_out)
    return site


def repository(folder: Path, site: Path, targets: str) -> Team:
    """A small sound app with two production domains."""
    team = Team(folder=folder, site=site)
    team.write("dist/index.html", PAGE)
    team.write("dist/404.html", MISSING)
    team.write("dist/assets/index-Dk3s9aQx.js", ENTRY)
    team.write("dist/assets/more-B1x2y3Z4.js", MORE)
    team.write("dist/assets/index-Ck0a1b2C.css", STYLE)
    team.write("dist/icon.svg", ICON)
    team.write("dist/version.json", json.dumps({"commit": GOOD}))
    team.write("targets.toml", targets)
    team.headers()
    return team


@contextmanager
def up(folder: Path, site: Path, noted: Path, *, name: str = "kiosk", targets: str = TARGETS) -> Iterator[Kiosk]:
    """The app is up for as long as the block lasts; `noted` is where that is noted for commands to find."""
    repository(folder, site, targets)
    noted.mkdir(mode=0o700, exist_ok=True)
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "XDG_", "COLUMNS"))
    }
    environment = inherited | {"PYTHONPATH": str(site), "XDG_RUNTIME_DIR": str(noted)}
    kiosk = Kiosk(folder=folder, environment=environment)
    process = kiosk.start("up", f"--target={name}", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        assert process.stdout is not None
        _until(process.stdout.fileno(), "Ctrl-C ends it", "")
        (note,) = noted.glob("prodworthy-*/*.json")
        kiosk.control = json.loads(note.read_text())["addresses"]["control"]
        kiosk.first = kiosk.state["current"]
        yield kiosk
    finally:
        for each in reversed(kiosk.started):
            _end(each)


def wait_for(true: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.05)


def _until(descriptor: int, words: str, before: str) -> str:
    """What is read until `words` stand in it; a command that ends before has failed the test."""
    read, until = "", time.monotonic() + PATIENCE
    while words not in plain(before + read):
        ready, _, _ = select.select([descriptor], [], [], max(0.0, until - time.monotonic()))
        piece = _read(descriptor) if ready else b""
        assert piece, f"{words!r} never came:\n{plain(before + read)}"
        read += piece.decode("utf-8", "replace")
    return read


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # Linux says so when the other end of a terminal is closed
        return b""


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for stream in (process.stdout, process.stderr):
        if stream and not stream.closed:
            stream.close()
