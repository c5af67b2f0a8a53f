"""The embedded deployment as a process: how it starts, what it may see, and that it always ends."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import ssl
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from prodworthy.local import __main__ as child_program
from prodworthy.local import deployment as module
from prodworthy.local.deployment import Deployment
from prodworthy.local.errors import DeploymentFailed
from prodworthy.model import Addresses, Embedded

PLUGINS = Path(module.__file__).parents[2]


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    (folder / "dist").mkdir(parents=True)
    (folder / "dist" / "index.html").write_text("<!doctype html><title>shop</title>")
    return folder


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Replaces the child's program by a few lines of another one."""

    def replace(program: str) -> None:
        package = tmp_path / "fake" / "prodworthy" / "local"
        package.mkdir(parents=True)
        (package.parent / "__init__.py").touch()
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text(textwrap.dedent(program))
        monkeypatch.setattr(module, "_environment", lambda: {"PYTHONPATH": str(tmp_path / "fake")})

    return replace


def get(addresses: Addresses, url: str, **more: Any) -> httpx.Response:
    parts = httpx.URL(url)
    port = {"https": 443, "http": 80}[parts.scheme]
    real = parts.copy_with(host="127.0.0.1", port=int(addresses.hosts[f"{parts.host}:{port}"].rpartition(":")[2]))
    context = ssl.create_default_context(cadata=addresses.ca_pem)
    with httpx.Client(http2=True, verify=context) as client:
        request = client.build_request("GET", real, headers={"host": parts.host})
        request.extensions["sni_hostname"] = parts.host
        return client.send(request, **more)


def alive(pid: int) -> bool:
    """Whether it still runs; a zombie that nobody has collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def vanishes(pid: int) -> bool:
    deadline = time.monotonic() + 30
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not alive(pid)


def test_an_app_is_served_under_its_real_names(app: Path) -> None:
    embedded = Embedded(app=str(app), domain="shop.test", aliases=("www.shop.test",))
    with Deployment.start(embedded) as deployment:
        addresses = deployment.ready()
        own = next(name for name in addresses.hosts if name.endswith(".vercel.app:443")).removesuffix(":443")
        names = ("shop.test", "www.shop.test", own, "vercel.com", "*.vercel.app")
        hosts = {f"{name}:{port}" for name in names for port in (80, 443)}
        assert set(addresses.hosts) == hosts | {"api.vercel.com:443"}
        for name in ("shop.test", "www.shop.test", own):
            answer = get(addresses, f"https://{name}/")
            assert (answer.status_code, answer.http_version) == (200, "HTTP/2")
        assert get(addresses, "http://shop.test/x").headers["location"] == "https://shop.test/x"
        assert addresses.database_url is None


def test_the_key_pin_is_the_one_of_the_certificate_presented(app: Path) -> None:
    with Deployment.start(Embedded(app=str(app), domain="shop.test")) as deployment:
        addresses = deployment.ready()
        port = int(addresses.hosts["shop.test:443"].rpartition(":")[2])
        pem = ssl.get_server_certificate(("127.0.0.1", port))
    pipeline = "openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64"
    shown = subprocess.run(["/bin/sh", "-c", pipeline], input=pem, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == addresses.spki


def test_start_returns_before_it_is_ready_and_says_what_is_being_done(app: Path) -> None:
    said: list[str] = []
    with Deployment.start(Embedded(app=str(app)), progress=said.append) as deployment:
        assert said == []
        deployment.ready()
        assert said == ["serving 1 files of dist/"]


def test_two_run_side_by_side(app: Path) -> None:
    with Deployment.start(Embedded(app=str(app))) as one, Deployment.start(Embedded(app=str(app))) as two:
        ports = [set(deployment.ready().hosts.values()) for deployment in (one, two)]
        assert ports[0].isdisjoint(ports[1])
        assert [get(deployment.ready(), "https://app.test/").status_code for deployment in (one, two)] == [200, 200]


def test_ready_may_be_asked_from_many_threads(app: Path) -> None:
    answers: list[Addresses] = []
    with Deployment.start(Embedded(app=str(app))) as deployment:
        threads = [threading.Thread(target=lambda: answers.append(deployment.ready())) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(answers) == 4
    assert len({answer.spki for answer in answers}) == 1


def test_the_delay_is_added_to_every_answer(app: Path) -> None:
    with Deployment.start(Embedded(app=str(app), delay=0.3)) as deployment:
        addresses = deployment.ready()
        for url in ("https://app.test/", "http://app.test/", "https://app.test/missing"):
            assert get(addresses, url).elapsed.total_seconds() >= 0.3


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param({"app": "/nowhere"}, "/nowhere is not a folder", id="no-app"),
        pytest.param({"dist": "build"}, "has no build/: run `npm run build` there first", id="no-dist"),
        pytest.param({"domain": "not a name"}, "not all of not a name are host names", id="domain"),
        pytest.param({"backend": "http://ref.supabase.co"}, "must be given as https://<host>", id="backend"),
    ],
)
def test_what_cannot_be_served_is_said_in_one_sentence(app: Path, change: dict[str, Any], sentence: str) -> None:
    with Deployment.start(Embedded(**({"app": str(app)} | change))) as deployment:
        with pytest.raises(DeploymentFailed) as failure:
            deployment.ready()
        assert sentence in str(failure.value)
        assert "\n" not in str(failure.value)


def test_a_broken_vercel_json_is_said_at_the_start(app: Path) -> None:
    (app / "vercel.json").write_text('{"header": []}')
    with (
        Deployment.start(Embedded(app=str(app))) as deployment,
        pytest.raises(DeploymentFailed, match=r"vercel.json: There is the unknown key `header`; did you mean"),
    ):
        deployment.ready()


def test_what_its_parts_complain_about_can_be_read(app: Path) -> None:
    (app / "vercel.json").write_text('{"rewrites": [{"source": "/api", "destination": "https://elsewhere.test/"}]}')
    (app / "api").mkdir()
    with Deployment.start(Embedded(app=str(app))) as deployment:
        assert get(deployment.ready(), "https://app.test/api").status_code == 502
    assert deployment.logs == [
        f"{app / 'api'} holds Vercel functions, which the embedded edge does not run",
        "a rewrite leads to elsewhere.test, which the embedded edge does not ask",
    ]


def test_a_child_that_dies_at_once_is_told_by_its_last_words(child: Callable[[str], None]) -> None:
    child("import sys; print('x' * 100_000, file=sys.stderr); sys.exit('no such luck')")
    with (
        Deployment.start(Embedded(app="shop")) as deployment,
        pytest.raises(DeploymentFailed, match=r"shop ended before it was ready \(exit code 1\)") as failure,
    ):
        deployment.ready()
    assert failure.value.detail.endswith("no such luck")
    assert len(failure.value.detail) <= module.LAST_WORDS


def test_a_child_that_is_not_ready_in_time_is_an_error_and_can_still_be_stopped(child: Callable[[str], None]) -> None:
    child("import sys; sys.stdin.read()")
    with (
        Deployment.start(Embedded(app="shop")) as deployment,
        pytest.raises(DeploymentFailed, match=r"not ready after 0\.1 s"),
    ):
        deployment.ready(timeout=0.1)


def test_a_child_that_talks_nonsense_is_an_error(child: Callable[[str], None]) -> None:
    child("import sys; print('hello', flush=True); sys.stdin.read()")
    with (
        Deployment.start(Embedded(app="shop")) as deployment,
        pytest.raises(DeploymentFailed, match="cannot be followed: JSONDecodeError"),
    ):
        deployment.ready()


def test_progress_that_fails_does_not_keep_anybody_waiting(app: Path) -> None:
    def fail(text: str) -> None:
        raise RuntimeError("no terminal")

    with (
        Deployment.start(Embedded(app=str(app)), progress=fail) as deployment,
        pytest.raises(DeploymentFailed, match="no terminal"),
    ):
        deployment.ready()


def test_stopping_before_it_is_ready_ends_the_wait(child: Callable[[str], None]) -> None:
    child("import sys; sys.stdin.read()")
    deployment = Deployment.start(Embedded(app="shop"))
    threading.Timer(0.2, deployment.stop).start()
    with pytest.raises(DeploymentFailed, match="stopped before it was ready"):
        deployment.ready()
    deployment.stop()


def test_a_child_that_does_not_want_to_end_is_made_to(
    child: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    child(
        f"""
        import pathlib, signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        pathlib.Path({str(tmp_path / "pid")!r}).write_text(str(other.pid))
        print("{{}}", flush=True) or time.sleep(600)
        """
    )
    with Deployment.start(Embedded(app="shop")) as deployment, pytest.raises(DeploymentFailed):
        deployment.ready()
    assert not alive(deployment.pid)
    assert vanishes(int((tmp_path / "pid").read_text()))


def test_stopping_ends_the_process_and_may_be_repeated(app: Path) -> None:
    deployment = Deployment.start(Embedded(app=str(app)))
    deployment.ready()
    deployment.stop()
    deployment.stop()
    assert not alive(deployment.pid)
    assert deployment.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_an_orderly_way(app: Path, number: signal.Signals) -> None:
    with Deployment.start(Embedded(app=str(app))) as deployment:
        deployment.ready()
        os.kill(deployment.pid, number)
        assert deployment.wait() == 0


def test_a_child_that_takes_too_long_to_end_can_say_what_it_waits_for(capsys: pytest.CaptureFixture[str]) -> None:
    async def outer() -> None:
        await inner()

    async def inner() -> None:
        await asyncio.get_running_loop().create_future()

    async def run() -> None:
        task = asyncio.create_task(outer())
        await asyncio.sleep(0)
        child_program.explain()
        task.cancel()

    asyncio.run(run())
    assert re.search(r"outer > \S+inner > ", capsys.readouterr().err)


def test_ctrl_c_in_the_terminal_does_not_reach_it(app: Path) -> None:
    with Deployment.start(Embedded(app=str(app))) as deployment:
        assert os.getsid(deployment.pid) == deployment.pid != os.getsid(0)
        deployment.ready()


def test_it_sees_only_the_environment_that_it_needs(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERCEL_TOKEN", "canary-of-the-host")
    monkeypatch.setenv("SUPABASE_ACCESS_TOKEN", "canary-of-the-backend")
    with Deployment.start(Embedded(app=str(app))) as deployment:
        deployment.ready()
        seen = Path(f"/proc/{deployment.pid}/environ").read_text()
    names = {entry.partition("=")[0] for entry in seen.split("\0") if entry}
    assert "canary" not in seen
    assert names <= {*module.ALLOWED, "PYTHONPATH", "PYTHONUNBUFFERED"}
    assert "PATH" in names


def test_what_is_printed_by_chance_does_not_disturb_the_events(app: Path, tmp_path: Path) -> None:
    startup = tmp_path / "site"
    startup.mkdir()
    (startup / "noise.py").write_text("import os; os.write(1, b'a library says hello\\n')")
    program = "import prodworthy.local.__main__ as m; t = m.Teller(); import noise; t.progress('on'); print('off')"
    path = os.pathsep.join([str(PLUGINS), str(startup)])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env={"PYTHONPATH": path}, check=True)
    assert done.stdout == b'{"event": "progress", "text": "on"}\n'
    assert done.stderr.splitlines() == [b"a library says hello", b"off"]


PARENT = """
import os, sys, time
from prodworthy.local.deployment import Deployment
from prodworthy.model import Embedded
deployment = Deployment.start(Embedded(app=sys.argv[1]))
{between}
deployment.ready()
print(deployment.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize(
    "between",
    [
        pytest.param("", id="alone"),
        pytest.param(
            "fork = os.fork()\nif not fork: time.sleep(600)\nprint(fork, flush=True)", id="a-fork-of-it-lives-on"
        ),
    ],
)
def test_it_ends_when_its_parent_is_killed(app: Path, between: str) -> None:
    program = PARENT.format(between=between)
    command = [sys.executable, "-c", program, str(app)]
    forks: list[int] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(PLUGINS)}) as parent:
        try:
            assert parent.stdout is not None
            if between:
                forks.append(int(parent.stdout.readline()))
            child = int(parent.stdout.readline())
            assert alive(child)
            parent.kill()
            assert vanishes(child)
        finally:
            parent.kill()
            for fork in forks:
                os.kill(fork, signal.SIGKILL)
