"""The parent's handle on one embedded deployment: a child process that lives no longer than its parent."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import prodworthy
from prodworthy.local.errors import DeploymentFailed
from prodworthy.model import Addresses, Embedded

LAST_WORDS = 8_000  # bytes of the child's stderr that are kept
LAST_LOGS = 200  # lines
CHILD = "prodworthy.local"  # the module that is the child process
PATIENCE = 20.0  # seconds for an orderly end, before it is made to end

# all that the child and what it starts may know of our environment: tokens of the host stay here
ALLOWED = (
    "HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER",
    "XDG_CACHE_HOME", "XDG_RUNTIME_DIR",
    # edge functions may fetch their imports
    "DENO_CERT", "DENO_DIR", "DENO_TLS_CA_STORE", "HTTP_PROXY", "HTTPS_PROXY", "JSR_URL", "NO_PROXY",
    "NPM_CONFIG_REGISTRY", "SSL_CERT_DIR", "SSL_CERT_FILE", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip


class Deployment:
    """One running embedded deployment; usable from any thread, and as a context manager that stops it."""

    def __init__(self, embedded: Embedded, progress: Callable[[str], None] | None) -> None:
        self._app = embedded.app
        self._progress = progress or (lambda _: None)
        self._addresses: Future[Addresses] = Future()
        self._logs: deque[str] = deque(maxlen=LAST_LOGS)
        self._words = bytearray()
        self._stopping = threading.Lock()
        self._process = _spawn()
        self._readers = [
            threading.Thread(target=target, name=f"embedded deployment: {name}", daemon=True)
            for name, target in (("events", self._follow_events), ("last words", self._follow_words))
        ]
        for reader in self._readers:
            reader.start()
        self._order(embedded)

    @classmethod
    def start(cls, embedded: Embedded, *, progress: Callable[[str], None] | None = None) -> Deployment:
        """Returns at once; `progress` is called from another thread with what is being done."""
        return cls(embedded, progress)

    def ready(self, timeout: float = 120.0) -> Addresses:
        """Waits, at most `timeout` seconds. Raises DeploymentFailed when it cannot start, died or is not ready yet."""
        try:
            return self._addresses.result(timeout)
        except TimeoutError:
            sentence = f"the embedded deployment of {self._app} is not ready after {timeout:g} s"
            raise DeploymentFailed(sentence, detail=self.last_words) from None

    def wait(self) -> int:
        """Waits for its end, which only `stop` or an accident brings; returns the child's exit code."""
        return self._process.wait()

    def stop(self) -> None:
        """Ends it with all it started, and returns when it is gone; harmless the second time."""
        with self._stopping:
            self._fail(f"the embedded deployment of {self._app} was stopped before it was ready")
            with contextlib.suppress(OSError):
                self._pipe(self._process.stdin).close()
            if not self._ends_within(PATIENCE):
                self._process.terminate()
            if not self._ends_within(PATIENCE):
                os.killpg(self._process.pid, signal.SIGKILL)  # it leads a group of its own
                self._process.wait()
            for reader in self._readers:
                reader.join(PATIENCE)
            for pipe in (self._process.stdout, self._process.stderr):
                self._pipe(pipe).close()

    @property
    def pid(self) -> int:
        """Of the child process, which is also its process group."""
        return self._process.pid

    @property
    def logs(self) -> list[str]:
        """What its parts complained about, oldest first."""
        return list(self._logs)

    @property
    def last_words(self) -> str:
        """The end of what it wrote to its stderr, and of its log."""
        return "\n".join([*self._logs, bytes(self._words).decode("utf-8", "replace")]).strip()[-LAST_WORDS:]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _order(self, embedded: Embedded) -> None:
        data = {field.name: getattr(embedded, field.name) for field in fields(embedded)}
        line = json.dumps(data, default=dict) + "\n"
        with contextlib.suppress(OSError):  # if it died already, its last words say why
            stdin = self._pipe(self._process.stdin)
            stdin.write(line.encode())
            stdin.flush()

    def _follow_events(self) -> None:
        try:
            for line in self._pipe(self._process.stdout):
                self._hear(json.loads(line))
        except Exception as error:  # noqa: BLE001 - `progress` is the caller's; whoever waits for `ready` must hear of it
            self._fail(f"the embedded deployment of {self._app} cannot be followed: {error!r}")
        code = self._process.wait()
        self._readers[1].join(PATIENCE)
        self._fail(f"the embedded deployment of {self._app} ended before it was ready (exit code {code})")

    def _follow_words(self) -> None:
        stderr = self._pipe(self._process.stderr)
        while piece := os.read(stderr.fileno(), 4096):
            self._words += piece
            del self._words[:-LAST_WORDS]

    def _hear(self, event: dict[str, Any]) -> None:
        match event.pop("event"):
            case "progress":
                self._progress(event["text"])
            case "log":
                self._logs.append(event["text"])
            case "ready":
                self._addresses.set_result(Addresses(**event))
            case "failed":
                self._addresses.set_exception(DeploymentFailed(event["error"], detail=event["detail"]))

    def _fail(self, sentence: str) -> None:
        with contextlib.suppress(InvalidStateError):  # what was said first holds
            self._addresses.set_exception(DeploymentFailed(sentence, detail=self.last_words))

    def _ends_within(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        if pipe is None:
            raise RuntimeError("the child was started without pipes")
        return pipe


def _spawn() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(),
        start_new_session=True,  # Ctrl-C in a terminal is for us; we end the child when we are done with it
    )


def _environment() -> dict[str, str]:
    allowed = {name: os.environ[name] for name in ALLOWED if name in os.environ}
    ours = str(Path(prodworthy.__file__).parents[1])  # a checkout may not be installed
    paths = [ours, *filter(None, [os.environ.get("PYTHONPATH")])]
    return allowed | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"}
