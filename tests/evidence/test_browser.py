"""Finding, installing and addressing the browser."""

from __future__ import annotations

import json
import os
import ssl
import stat
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from prodworthy.evidence import browser as finding
from prodworthy.evidence import smoke as looking
from prodworthy.evidence.browser import NoBrowser, launch_options
from prodworthy.local.authority import Authority
from prodworthy.model import Addresses, Browsing, Cause, Page, Target


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without any browser; returns the only folder on its PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    monkeypatch.setattr(sys, "platform", "linux")
    return folder


def program(path: Path, text: str = "#!/bin/sh\nexit 0\n") -> Path:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def playwrights_own(registry: Path) -> None:
    listed = json.loads((finding._driver() / "browsers.json").read_text("utf-8"))["browsers"]
    revision = next(each["revision"] for each in listed if each["name"] == "chromium-headless-shell")
    marker = registry / f"chromium_headless_shell-{revision}" / "INSTALLATION_COMPLETE"
    marker.parent.mkdir(parents=True)
    marker.touch()


def embedded(name: str, port: int, spki: str = "c3BraQ==") -> Target:
    addresses = Addresses(hosts={f"{name}:443": f"127.0.0.1:{port}"}, ca_pem="", spki=spki)
    return Target(name=name, url=f"https://{name}", addresses=addresses)


def test_a_machine_without_a_browser_has_none(bare: Path) -> None:
    assert finding.find() is None
    assert finding.executable() is None


@pytest.mark.parametrize("name", finding.ON_PATH)
def test_a_browser_on_the_path_is_found(bare: Path, name: str) -> None:
    program(bare / name)
    assert finding.executable() == bare / name


def test_chromium_is_preferred_to_edge(bare: Path) -> None:
    for name in ("msedge", "google-chrome", "chromium"):
        program(bare / name)
    assert finding.executable() == bare / "chromium"


def test_playwrights_own_comes_first(bare: Path, tmp_path: Path) -> None:
    program(bare / "chromium")
    playwrights_own(tmp_path / "playwright")
    assert finding.executable() is None
    assert finding.find() == "Playwright's own Chromium"
    assert "executable_path" not in launch_options([])


def test_playwrights_own_of_another_version_does_not_count(bare: Path, tmp_path: Path) -> None:
    other = tmp_path / "playwright" / "chromium_headless_shell-1" / "INSTALLATION_COMPLETE"
    other.parent.mkdir(parents=True)
    other.touch()
    assert finding.find() is None


def test_playwrights_own_is_looked_for_in_the_users_cache(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLAYWRIGHT_BROWSERS_PATH")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    playwrights_own(tmp_path / "cache" / "ms-playwright")
    assert finding.playwrights_own()


def test_a_script_that_only_tells_to_install_a_snap_is_no_browser(bare: Path) -> None:
    program(
        bare / "chromium-browser", "#!/bin/sh\necho 'Command requires the snap: snap install chromium' >&2\nexit 1\n"
    )
    program(bare / "google-chrome")
    assert finding.executable() == bare / "google-chrome"


def test_installing_where_there_is_one_asks_nobody(bare: Path) -> None:
    program(bare / "chromium")
    said: list[str] = []
    assert finding.install(said.append) == str(bare / "chromium")
    assert said == []


def test_apt_get_is_asked_when_playwright_could_not(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "_debian_as_root", lambda: True)
    monkeypatch.setattr(sys, "executable", str(program(bare / "python", "#!/bin/sh\necho no route\nexit 1\n")))
    program(
        bare / "apt-get",
        f"#!/bin/sh\necho apt-get $1\n[ $1 = update ] && exit\necho > {bare}/chromium\n/bin/chmod +x {bare}/chromium\n",
    )
    said: list[str] = []
    assert finding.install(said.append) == str(bare / "chromium")
    assert [line for line in said if line.startswith("apt-get")] == ["apt-get update", "apt-get install"]


def test_when_all_fails_one_sentence_says_what_to_install(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "_debian_as_root", lambda: False)
    monkeypatch.setattr(
        sys,
        "executable",
        str(program(bare / "python", "#!/bin/sh\necho Error: no route to host\necho at a.js\nexit 1\n")),
    )
    said: list[str] = []
    with pytest.raises(NoBrowser, match=r"no route to host.*install Chromium or Google Chrome") as caught:
        finding.install(said.append)
    assert "\n" not in str(caught.value)
    assert said[1:] == ["Error: no route to host", "at a.js"]


def test_an_installation_that_takes_too_long_is_ended(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "_debian_as_root", lambda: False)
    monkeypatch.setattr(finding, "DOWNLOAD", 0.2)
    monkeypatch.setattr(sys, "executable", str(program(bare / "python", "#!/bin/sh\nexec /bin/sleep 60\n")))
    with pytest.raises(NoBrowser, match="not done after 0 s"):
        finding.install(lambda _: None)


def test_names_lead_to_the_addresses_of_their_deployment() -> None:
    args = launch_options([embedded("shop.test", 41001, "a="), embedded("docs.test", 41002, "b=")])["args"]
    assert "--host-resolver-rules=MAP shop.test:443 127.0.0.1:41001, MAP docs.test:443 127.0.0.1:41002" in args
    assert "--ignore-certificate-errors-spki-list=a=,b=" in args
    assert "--no-proxy-server" in args


def test_an_ordinary_target_keeps_its_own_addresses_and_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    options = launch_options([Target(name="prod", url="https://shop.example.com")])
    assert not [arg for arg in options["args"] if arg.startswith(("--host-resolver", "--ignore-cert", "--no-proxy"))]
    assert options["env"]["HTTPS_PROXY"] == "http://proxy.test:3128"


def test_no_proxy_is_asked_for_a_name_that_only_we_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "intern.test")
    options = launch_options([embedded("shop.test", 1), Target(name="prod", url="https://shop.example.com")])
    assert options["env"]["no_proxy"] == "intern.test,shop.test"


def test_one_name_cannot_lead_to_two_addresses() -> None:
    with pytest.raises(ValueError, match="one browser cannot do both"):
        launch_options([embedded("shop.test", 1), embedded("shop.test", 2)])


def test_the_browser_knows_no_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERCEL_TOKEN", "canary")
    assert "canary" not in launch_options([])["env"].values()


@pytest.mark.parametrize(("root", "without"), [(True, True), (False, False)], ids=["root", "somebody"])
def test_only_root_goes_without_a_sandbox(monkeypatch: pytest.MonkeyPatch, root: bool, without: bool) -> None:
    monkeypatch.setattr(finding, "_root", lambda: root)
    monkeypatch.setattr(sys, "platform", "darwin")
    options = launch_options([])
    assert ("--no-sandbox" in options["args"]) is without
    assert options["chromium_sandbox"] is not without


def test_a_browser_that_does_not_start_is_a_gap_in_one_line(bare: Path) -> None:
    program(bare / "chromium", "#!/bin/sh\nexit 3\n")
    error = RuntimeError("╔════╗\n║ Looks broken ║\n\x1b[2mlog\x1b[22m\n╚════╝")
    gap = finding.did_not_start(error).gap
    assert (gap.cause, "\n" in gap.why) == (Cause.ENGINE, False)
    assert "could not be started: Looks broken log" in gap.why


def test_no_browser_at_all_is_a_gap_that_says_what_to_install(bare: Path) -> None:
    assert "install Chromium or Google Chrome" in finding.did_not_start(RuntimeError("no executable")).gap.why


class Hello(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        body = f"<!doctype html><title>Hello</title>{self.headers['host']}".encode()
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def deployments() -> Iterator[tuple[Target, Target]]:
    """Two TLS servers on loopback: the first one's key is told to the browser, the second one's is not."""
    authority = Authority()
    leaf, stranger = authority.issue(["shop.test"]), authority.issue(["stranger.test"])
    servers = [_serve(leaf.context), _serve(stranger.context)]
    yield (
        embedded("shop.test", servers[0].server_port, leaf.spki),
        embedded("stranger.test", servers[1].server_port, leaf.spki),
    )
    for server in servers:
        server.shutdown()
        server.server_close()


def _serve(context: ssl.SSLContext) -> ThreadingHTTPServer:
    context.set_alpn_protocols(["http/1.1"])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hello)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def test_a_real_browser_reaches_an_embedded_deployment_under_its_real_name(deployments: tuple[Target, Target]) -> None:
    desktop = Browsing(viewports=("desktop",))
    shop, stranger = deployments
    target = Target(
        name="both",
        url=shop.url,
        pages=(Page(path="/"), Page(path=f"{stranger.url}/")),
        browsing=desktop,
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options(deployments))
        trusted, untrusted = looking.gather(browser, target).views
        browser.close()
    assert (trusted.address, trusted.text, trusted.gaps) == ("https://shop.test/", "shop.test", ())
    assert untrusted.failure is not None
    assert untrusted.failure.cause is Cause.CERTIFICATE


def test_the_environment_is_left_as_it_was() -> None:
    before = dict(os.environ)
    launch_options([embedded("shop.test", 1)])
    assert dict(os.environ) == before
