"""An embedded deployment with a backend: one start for both, one end for all that they started."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from prodworthy.local import deployment as module
from prodworthy.local.deployment import Deployment
from prodworthy.local.errors import DeploymentFailed
from prodworthy.model import Addresses, Embedded

BACKEND = "abcdefghijklmnopqrst.supabase.co"
KEY = "sb_publishable_for_the_tests"
MIGRATION = """
create table public.articles (id int primary key, name text not null);
insert into public.articles values (1, 'hat');
alter table public.articles enable row level security;
create policy "everybody reads" on public.articles for select using (true);
grant select on public.articles to anon;
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    (folder / "dist").mkdir(parents=True)
    (folder / "dist" / "index.html").write_text("<!doctype html><title>shop</title>")
    (folder / "supabase" / "migrations").mkdir(parents=True)
    (folder / "supabase" / "migrations" / "20260101000000_articles.sql").write_text(MIGRATION)
    (folder / "supabase" / "config.toml").write_text("[functions.hello]\nverify_jwt = false\n")
    (folder / "supabase" / "functions" / "hello").mkdir(parents=True)
    (folder / "supabase" / "functions" / "hello" / "index.ts").write_text('Deno.serve(() => new Response("hello"));\n')
    return folder


def embedded(app: Path, **more: float) -> Embedded:
    return Embedded(app=str(app), domain="shop.test", backend=f"https://{BACKEND}", keys={"publishable": KEY}, **more)


def get(addresses: Addresses, host: str, path: str) -> httpx.Response:
    context = ssl.create_default_context(cadata=addresses.ca_pem)
    with httpx.Client(http2=True, verify=context) as client:
        headers = {"host": host, "apikey": KEY}
        request = client.build_request("GET", f"https://{addresses.hosts[f'{host}:443']}{path}", headers=headers)
        request.extensions["sni_hostname"] = host
        return client.send(request)


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process of this machine; two are the same only if they also began at the same time."""

    pid: int
    began: str

    @property
    def alive(self) -> bool:
        return _stat(self.pid)[:1] not in ([], ["Z"]) and _stat(self.pid)[19:20] == [self.began]

    @property
    def program(self) -> str:
        return Path(f"/proc/{self.pid}/comm").read_text().strip()

    @property
    def folder(self) -> Path:
        return Path(f"/proc/{self.pid}/cwd").readlink()


def _stat(pid: int) -> list[str]:
    """From the state on; see proc_pid_stat(5)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def family(pid: int) -> list[Process]:
    """The process and all that it started, directly or not."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = [Process(pid=pid, began=_stat(pid)[19])]
    for child in children:
        found += family(int(child))
    return found


def vanish(processes: list[Process]) -> bool:
    deadline = time.monotonic() + 30
    while any(process.alive for process in processes) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(process.alive for process in processes)


def test_front_and_back_end_answer_under_their_real_names(app: Path) -> None:
    with Deployment.start(embedded(app)) as deployment:
        addresses = deployment.ready()
        assert get(addresses, "shop.test", "/").status_code == 200
        assert get(addresses, BACKEND, "/rest/v1/articles?select=name").json() == [{"name": "hat"}]
        assert get(addresses, BACKEND, "/functions/v1/hello").text == "hello"
        assert addresses.database_url is not None
        assert addresses.database_url.startswith("postgresql://")


def test_a_rewrite_reaches_the_backend_and_both_are_as_far_away_as_asked(app: Path) -> None:
    entry = {"source": "/data/:path*", "destination": f"https://{BACKEND}/rest/v1/:path*"}
    (app / "vercel.json").write_text(json.dumps({"rewrites": [entry]}))
    with Deployment.start(embedded(app, delay=0.2)) as deployment:
        addresses = deployment.ready()
        through = get(addresses, "shop.test", "/data/articles?select=name")
        straight = get(addresses, BACKEND, "/rest/v1/articles?select=name")
    assert through.json() == straight.json() == [{"name": "hat"}]
    assert min(through.elapsed, straight.elapsed).total_seconds() >= 0.2


def test_a_migration_that_fails_is_said_with_its_statement(app: Path) -> None:
    (app / "supabase" / "migrations" / "20260102000000_broken.sql").write_text("create table public.b (id nonsense);")
    with Deployment.start(embedded(app)) as deployment, pytest.raises(DeploymentFailed) as failure:
        deployment.ready()
    told = f"{failure.value}\n{failure.value.detail}"
    assert "20260102000000_broken.sql" in told
    assert "create table public.b" in told


def test_a_front_end_that_cannot_be_served_ends_the_backend_too(app: Path) -> None:
    (app / "vercel.json").write_text("{")
    with (
        Deployment.start(embedded(app)) as deployment,
        pytest.raises(DeploymentFailed, match=r"vercel\.json is not JSON"),
    ):
        deployment.ready()
    assert deployment.wait() == 1


def test_a_relative_app_folder_will_do(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(app.parent)
    with Deployment.start(embedded(Path(app.name))) as deployment:
        assert get(deployment.ready(), BACKEND, "/functions/v1/hello").text == "hello"


def test_nothing_stays_when_it_is_stopped(app: Path) -> None:
    with Deployment.start(embedded(app)) as deployment:
        deployment.ready()
        processes = family(deployment.pid)
        folders = {process.folder for process in processes[1:]} - {Path.cwd()}
        assert {"deno", "postgres"} <= {process.program for process in processes}
    assert vanish(processes)  # init reaps orphans when it gets round to it
    assert not [folder for folder in folders if folder.exists()]


def test_nothing_stays_when_the_parent_is_killed(app: Path) -> None:
    program = (
        "import sys, time\n"
        "from prodworthy.local.deployment import Deployment\n"
        "from prodworthy.model import Embedded\n"
        f"deployment = Deployment.start({embedded(app)!r})\n"
        "deployment.ready()\n"
        "print(deployment.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    environment = module._environment()
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment
    ) as parent:
        assert parent.stdout is not None
        processes = family(int(parent.stdout.readline()))
        folders = {process.folder for process in processes[1:]} - {Path.cwd()}
        assert {"deno", "postgres"} <= {process.program for process in processes}
        parent.kill()
    assert vanish(processes)
    assert not [folder for folder in folders if folder.exists()]


def test_no_process_stays_when_even_the_child_is_killed(app: Path) -> None:
    with Deployment.start(embedded(app)) as deployment:
        deployment.ready()
        processes = family(deployment.pid)
        assert {"deno", "postgres"} <= {process.program for process in processes}
        os.kill(deployment.pid, signal.SIGKILL)
        assert vanish(processes)
