"""A running Supabase project for tests: made of files, served on a loopback port, with an event loop of its own."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from prodworthy.local.backend.backend import Backend
from prodworthy.local.deployment import Deployment
from prodworthy.local.server import serve
from prodworthy.model import Embedded
from tests.local.vercel import DOMAINS, Vercel

PUBLISHABLE = "sb_publishable_for_tests"
SECRET = "sb_secret_for_tests"


@dataclass(slots=True, kw_only=True)
class Project:
    """Where a running project is reached, and what it said so far."""

    url: str
    backend: Backend
    loop: asyncio.AbstractEventLoop
    log: list[str] = field(default_factory=list)
    publishable: str = PUBLISHABLE
    secret: str = SECRET

    def do(self, coroutine: Any) -> Any:
        """Run something on the project's own event loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()


@pytest.fixture(scope="module")
def serve_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Project]]:
    """Starts projects from files below `supabase/`; all of them end with the module."""
    with ExitStack() as stack:

        def start(
            files: Mapping[str, str], *, users: Sequence[Mapping[str, str]] = (), packages: Path | None = None
        ) -> Project:
            app = tmp_path_factory.mktemp("app")
            for name, text in files.items():
                path = app / "supabase" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            if packages:
                (app / "node_modules").symlink_to(packages)
            project, stop = _start(app, users)
            stack.callback(stop)
            return project

        yield start


@pytest.fixture(scope="session")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vercel]:
    """An app that tells its commit, embedded with the platform before it."""
    app = tmp_path_factory.mktemp("app")
    (app / "dist").mkdir()
    (app / "dist" / "index.html").write_text("<!doctype html><title>shop</title>")
    (app / "dist" / "version.json").write_text(json.dumps({"commit": "a" * 40}))
    embedded = Embedded(app=str(app), domain=DOMAINS[0], aliases=DOMAINS[1:], host={"switch": "0.2"})
    with Deployment.start(embedded) as deployment:
        vercel = Vercel(deployment.ready())
        yield vercel
        vercel.close()


@pytest.fixture
def vercel(emulated: Vercel) -> Vercel:
    """The same platform as if it had just been started: one deployment, which is live."""
    emulated.told("POST", "/reset")
    return emulated


class _Lines(logging.Handler):
    """Keeps what a deployment's parts log."""

    def __init__(self, kept: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._kept = kept

    def emit(self, record: logging.LogRecord) -> None:
        self._kept.append(record.getMessage())


def _start(app: Path, users: Sequence[Mapping[str, str]]) -> tuple[Project, Callable[[], None]]:
    started: Future[Project] = Future()
    ended = threading.Event()
    stopping: list[asyncio.Event] = []

    async def live() -> None:
        log: list[str] = []
        reader = _Lines(log)
        logging.getLogger("prodworthy.local").addHandler(reader)
        backend = Backend(
            app=app,
            keys={"publishable": PUBLISHABLE, "secret": SECRET},
            users=users,
            backend_url="https://abcdefghijklmnopqrst.supabase.co",
            progress=log.append,
        )
        server = await serve(backend.asgi, tls=None)
        url = f"http://127.0.0.1:{server.port}"
        stopping.append(asyncio.Event())
        try:
            await backend.start(plain_url=url)
            started.set_result(Project(url=url, backend=backend, loop=asyncio.get_running_loop(), log=log))
            await stopping[0].wait()
        finally:
            await backend.stop()
            await server.close()
            logging.getLogger("prodworthy.local").removeHandler(reader)

    def run() -> None:
        try:
            asyncio.run(live())
        except BaseException as error:  # noqa: BLE001 - handed to the test that waits
            if not started.done():
                started.set_exception(error)
        finally:
            ended.set()

    threading.Thread(target=run, name=f"project in {app}", daemon=True).start()
    project = started.result()

    def stop() -> None:
        project.loop.call_soon_threadsafe(stopping[0].set)
        ended.wait()

    return project, stop
