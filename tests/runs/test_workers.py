"""With workers or without: the same verdict from the same requests, and a deployment that is started once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.runs.team import TARGETS, Team


class Site:
    """Serves a folder over plain HTTP and remembers what our client, not the browser, asked for."""

    def __init__(self, folder: Path) -> None:
        self.asked: Counter[tuple[str, str]] = Counter()
        site = self

        class Handler(SimpleHTTPRequestHandler):
            def __init__(self, *args: Any) -> None:
                super().__init__(*args, directory=str(folder))

            def send_response(self, code: int, message: str | None = None) -> None:
                if self.headers.get("User-Agent", "").startswith("prodworthy/"):
                    site.asked[self.command, self.path] += 1
                super().send_response(code, message)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


@pytest.fixture
def site_of(team: Team) -> Iterator[Site]:
    site = Site(team.folder / "dist")
    yield site
    site.close()


def test_workers_ask_the_same_and_judge_the_same(team: Team, site_of: Site) -> None:
    targets = TARGETS.replace('[targets.kiosk.embedded]\napp = "."', "")
    targets = targets.replace("pages =", f'url = "{site_of.url}"\npages =')
    team.write("targets.toml", targets)
    seen = []
    for workers in ([], ["-n2"]):
        ended = team.pytest("--target=kiosk", *workers)
        seen.append((ended.code, ended.rules(), ended.results(), dict(site_of.asked)))
        site_of.asked.clear()
    assert seen[0][3], "nothing was asked"
    assert seen[0] == seen[1]


def test_an_embedded_deployment_is_started_once_for_all_workers(team: Team) -> None:
    team.write(
        "verify/test_where.py", "def test_where(target):\n    print('hosts', sorted(target.addresses.hosts.items()))\n"
    )
    team.write(
        "verify/test_there.py", "def test_there(target):\n    print('hosts', sorted(target.addresses.hosts.items()))\n"
    )
    ended = team.pytest("verify", "--target=kiosk", "-n2", "-rA")
    told = {line for line in ended.output.splitlines() if line.startswith("hosts ")}
    assert ended.code == 0, ended.output
    assert len(told) == 1
