"""The browser: found on this machine or installed, and told where a target's names lead."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import playwright

from prodworthy.evidence.errors import Unobserved
from prodworthy.model import Cause, Target

ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
IN_APPLICATIONS = (
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Chromium.app/Contents/MacOS/Chromium",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
CACHES = {"darwin": "~/Library/Caches", "win32": "~/AppData/Local"}  # elsewhere XDG_CACHE_HOME

# it talks to the target only: https://github.com/GoogleChrome/chrome-launcher/blob/main/docs/chrome-flags-for-tools.md
QUIETLY = (
    "--disable-background-networking",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
)
# all that the browser may know of our environment: tokens stay here
ALLOWED = re.compile(
    r"(DBUS_SESSION_BUS_ADDRESS|DISPLAY|FONTCONFIG_\w+|HOME|LANG|LANGUAGE|LC_\w+|LD_LIBRARY_PATH|LOGNAME|PATH"
    r"|PLAYWRIGHT_\w+|TMPDIR|TMP|TEMP|TZ|USER|WAYLAND_DISPLAY|XAUTHORITY|XDG_\w+|(?i:https?_proxy|all_proxy|no_proxy)"
    r"|SYSTEMROOT|USERPROFILE|LOCALAPPDATA|APPDATA|PROGRAMFILES.*)"
)
DOWNLOAD = 240.0  # seconds for Playwright's own
PACKAGES = 600.0  # seconds for the system's
COMPLAINT = re.compile(r"\w*Error: |E: ")  # Node's and apt's
INSTALL = "install Chromium or Google Chrome, or run: python -m playwright install --with-deps chromium"

Progress = Callable[[str], None]


class NoBrowser(Exception):
    """There is no browser, and none could be installed; one sentence that says what to install."""


def find() -> str | None:
    """How the browser that would be used is called, for people; None: there is none."""
    if playwrights_own():
        return "Playwright's own Chromium"
    found = _on_this_machine()
    return str(found) if found else None


def executable() -> Path | None:
    """The browser to start; None: Playwright's own, whether it is there or not."""
    return None if playwrights_own() else _on_this_machine()


def playwrights_own() -> bool:
    """Whether Playwright has installed the Chromium that this version of it starts without a window."""
    folder = f"chromium_headless_shell-{_revision('chromium-headless-shell')}"
    return (_registry() / folder / "INSTALLATION_COMPLETE").exists()


def video_encoder() -> bool:
    """Whether Playwright can record videos: with its own ffmpeg only, which `playwright install ffmpeg` brings."""
    return (_registry() / f"ffmpeg-{_revision('ffmpeg')}" / "INSTALLATION_COMPLETE").exists()


def install(progress: Progress) -> str:
    """Make sure that there is a browser; returns how it is called. Raises NoBrowser."""
    if found := find():
        return found
    progress("no browser found: asking Playwright for its own Chromium")
    said = _run([sys.executable, "-m", "playwright", "install", "chromium"], progress, DOWNLOAD)
    if said is None and _debian_as_root():
        _run([sys.executable, "-m", "playwright", "install-deps", "chromium"], progress, PACKAGES)
    elif said is not None and _debian_as_root():
        progress("Playwright could not: asking apt-get for chromium")
        _run(["apt-get", "update"], progress, PACKAGES)
        said = _run(["apt-get", "install", "-y", "--no-install-recommends", "chromium"], progress, PACKAGES)
    if found := find():
        return found
    raise NoBrowser(f"there is no browser, and it could not be installed ({said or 'nothing came of it'}): {INSTALL}")


def launch_options(targets: Iterable[Target]) -> dict[str, Any]:
    """What `BrowserType.launch` is given so that every name of `targets` leads where it should.

    Raises ValueError when two targets lead one name to different addresses: they need a browser each.
    """
    asked = list(targets)
    hosts = _hosts(asked)
    chosen = executable()
    sandbox = _sandbox()
    options: dict[str, Any] = {
        "args": [*QUIETLY, *(() if sandbox else ("--no-sandbox",)), *_addressing(asked, hosts)],
        "chromium_sandbox": sandbox,
        "env": _environment(os.environ, hosts),
    }
    return {**options, "executable_path": str(chosen)} if chosen else options


def did_not_start(error: Exception) -> Unobserved:
    """What it means for the evidence that the browser could not be started."""
    if find() is None:
        why = f"there is no browser: {INSTALL}"
    else:
        words = re.sub(r"\x1b\[[0-9;]*m|[╔╗╚╝║═]", "", str(error)).split("\n")
        telling = [line.strip() for line in words if line.strip()]
        why = f"{find()} could not be started: {' '.join(telling[:3])[:400]}"
    return Unobserved.because("pages in the browser", why, Cause.ENGINE)


def _addressing(targets: Sequence[Target], hosts: Mapping[str, str]) -> Iterator[str]:
    if not hosts:
        return
    rules = ", ".join(f"MAP {name} {address}" for name, address in hosts.items())
    keys = dict.fromkeys(target.addresses.spki for target in targets if target.addresses)
    yield f"--host-resolver-rules={rules}"
    yield f"--ignore-certificate-errors-spki-list={','.join(keys)}"
    if all(target.addresses for target in targets):
        yield "--no-proxy-server"  # a proxy would be asked for names that only we know


def _hosts(targets: Iterable[Target]) -> dict[str, str]:
    hosts: dict[str, str] = {}
    for target in targets:
        for name, address in target.addresses.hosts.items() if target.addresses else ():
            if hosts.setdefault(name, address) != address:
                raise ValueError(f"{name} leads to {hosts[name]} and to {address}: one browser cannot do both")
    return hosts


def _environment(own: Mapping[str, str], hosts: Iterable[str]) -> dict[str, str]:
    allowed = {name: value for name, value in own.items() if ALLOWED.fullmatch(name)}
    past_the_proxy = [allowed.pop("NO_PROXY", ""), allowed.get("no_proxy", ""), *(host.split(":")[0] for host in hosts)]
    return {**allowed, "no_proxy": ",".join(dict.fromkeys(filter(None, past_the_proxy)))}


def _sandbox() -> bool:
    """Whether Chromium can have its sandbox here: never as root, and on Linux only with user namespaces."""
    if _root():
        return False
    if not sys.platform.startswith("linux"):
        return True
    try:
        return subprocess.run(["unshare", "-r", "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _debian_as_root() -> bool:
    return _root() and Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


def _on_this_machine() -> Path | None:
    places = [found for name in ON_PATH if (found := shutil.which(name))]
    if sys.platform == "darwin":
        places += [str(root / app) for root in (Path("/Applications"), Path("~/Applications").expanduser())
                   for app in IN_APPLICATIONS]  # fmt: skip
    return next((path for path in map(Path, places) if _starts_something(path)), None)


def _starts_something(path: Path) -> bool:
    """Not so Ubuntu's /usr/bin/chromium-browser: a script that tells to install a snap, unless the snap is there."""
    if not os.access(path, os.X_OK):
        return False
    with path.open("rb") as file:
        head = file.read(4096)
    return not (head.startswith(b"#!") and b"snap install" in head and not Path("/snap/bin/chromium").exists())


def _driver() -> Path:
    return Path(playwright.__file__).parent / "driver" / "package"


def _revision(name: str) -> str:
    """Of a part that this version of Playwright comes with."""
    listed = json.loads((_driver() / "browsers.json").read_text("utf-8"))["browsers"]
    return str(next(each["revision"] for each in listed if each["name"] == name))


def _registry() -> Path:
    """Where Playwright keeps browsers: https://playwright.dev/python/docs/browsers#managing-browser-binaries."""
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    if named == "0":
        return _driver() / ".local-browsers"
    if named:
        return Path(named)
    caches = CACHES.get(sys.platform) or os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(caches).expanduser() / "ms-playwright"


def _run(command: Sequence[str], progress: Progress, patience: float) -> str | None:
    """Run `command`, passing on what it says line by line; returns why it failed, None when it did not."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        process = subprocess.Popen(
            command, env=environment, text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except OSError as error:
        return f"{command[0]}: {error.strerror}"
    overdue = threading.Timer(patience, process.kill)
    overdue.start()
    last = ""
    with process:
        for line in process.stdout or ():
            if words := line.strip():
                progress(words)
                last = words if COMPLAINT.match(words) or not COMPLAINT.match(last) else last
    over = not overdue.is_alive()
    overdue.cancel()
    if process.returncode == 0:
        return None
    return f"not done after {patience:.0f} s" if over else last[:300] or f"{command[0]} ended with {process.returncode}"
