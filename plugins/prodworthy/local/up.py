"""`prodworthy up`: an embedded deployment that stays, for looking at it by hand."""

from __future__ import annotations

import shlex
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prodworthy.local.deployment import Deployment
from prodworthy.local.errors import DeploymentFailed
from prodworthy.model import Addresses, Embedded

Echo = Callable[[str], None]


def run(embedded: Embedded, echo: Echo) -> int:
    """Starts it, says how to reach it, and keeps it until Ctrl-C or SIGTERM.

    Returns 0 after such an end, 1 when it could not be started or ended by itself.
    """
    with _interruptible(), Deployment.start(embedded, progress=echo) as deployment:
        try:
            _stay(embedded, deployment, echo)
            echo(f"error: the embedded deployment ended by itself\n{deployment.last_words}")
        except DeploymentFailed as error:
            echo("\n".join(filter(None, [f"error: {error}", error.detail])))
        except KeyboardInterrupt:
            echo("ending")
            return 0
        return 1


def instructions(embedded: Embedded, addresses: Addresses, folder: Path) -> Iterator[str]:
    """How to reach it by browser and by curl; writes the certificate authority into `folder`."""
    authority = folder / "ca.pem"
    authority.write_text(addresses.ca_pem, encoding="ascii")
    url = f"https://{embedded.domain}/"
    rules = ", ".join(f"MAP {name} {address}" for name, address in addresses.hosts.items())
    browser = [
        "chromium",
        f"--user-data-dir={folder / 'browser'}",
        f"--host-resolver-rules={rules}",
        f"--ignore-certificate-errors-spki-list={addresses.spki}",
        url,
    ]
    yield f"{embedded.app} is up:"
    yield from (f"  {name:<40} at {address}" for name, address in addresses.hosts.items())
    if addresses.database_url:
        yield f"  database at {addresses.database_url}"
    yield "in a browser:"
    yield f"  {shlex.join(browser)}"
    yield "with curl:"
    for origin in filter(None, (url, embedded.backend)):
        yield f"  {shlex.join(_curl(origin, addresses, authority))}"
    yield "Ctrl-C ends it"


def _curl(url: str, addresses: Addresses, authority: Path) -> list[str]:
    host = url.removeprefix("https://").partition("/")[0]
    name = host if ":" in host else f"{host}:443"
    return ["curl", "--cacert", str(authority), "--connect-to", f"{name}:{addresses.hosts[name]}", url]


def _stay(embedded: Embedded, deployment: Deployment, echo: Echo) -> None:
    addresses = deployment.ready()
    with tempfile.TemporaryDirectory(prefix="prodworthy-up-") as folder:
        for line in instructions(embedded, addresses, Path(folder)):
            echo(line)
        deployment.wait()


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM is as good as Ctrl-C here."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
