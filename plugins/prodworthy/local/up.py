"""`prodworthy up`: an embedded deployment that stays, for looking at it by hand."""

from __future__ import annotations

import shlex
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prodworthy.local import running
from prodworthy.local.deployment import Deployment
from prodworthy.local.errors import DeploymentFailed, LocalError
from prodworthy.model import Addresses, Embedded

Echo = Callable[[str], None]


def run(embedded: Embedded, echo: Echo, *, target: str | None = None) -> int:
    """Starts it, says how to reach it, and keeps it until Ctrl-C or a signal; `target` is its name in the targets file.

    Returns 0 after such an end, 1 when it could not be started, is up already, or ended by itself.
    """
    try:
        with _interruptible(), running.claim(embedded) as claim:
            return _keep(embedded, claim, echo, target)
    except LocalError as error:
        echo(f"error: {embedded.app}: {error}")
    except KeyboardInterrupt:
        echo("ending")
        return 0
    return 1


def _keep(embedded: Embedded, claim: running.Claim, echo: Echo, target: str | None) -> int:
    with Deployment.start(embedded, progress=echo) as deployment:
        try:
            addresses = deployment.ready()
            claim.announce(addresses)
            _stay(embedded, addresses, deployment, echo, target)
            echo(f"error: the embedded deployment ended by itself\n{deployment.last_words}")
        except DeploymentFailed as error:
            echo("\n".join(filter(None, [f"error: {error}", error.detail])))
        except KeyboardInterrupt:
            echo("ending")
            return 0
        return 1


def instructions(embedded: Embedded, addresses: Addresses, folder: Path, target: str | None = None) -> Iterator[str]:
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
    yield from _next(target)
    yield "Ctrl-C ends it"


def _next(target: str | None) -> Iterator[str]:
    """What to type in another terminal; nothing for what no targets file names, which no command could find."""
    if target is None:
        return
    named = shlex.quote(target)
    yield "in another terminal:"
    for command, why in (
        (f"prodworthy list --target={named}", "what is deployed, and what is current"),
        (f"prodworthy deploy --target={named}", "deploy the present build as a push would"),
        (f"prodworthy rollback --previous --target={named}", "serve the deployment before"),
        (f"pytest verify --target={named} --stage=live", "judge what is served now"),
    ):
        yield f"  {command:<50} {why}"


def _curl(url: str, addresses: Addresses, authority: Path) -> list[str]:
    host = url.removeprefix("https://").partition("/")[0]
    name = host if ":" in host else f"{host}:443"
    return ["curl", "--cacert", str(authority), "--connect-to", f"{name}:{addresses.hosts[name]}", url]


def _stay(embedded: Embedded, addresses: Addresses, deployment: Deployment, echo: Echo, target: str | None) -> None:
    with tempfile.TemporaryDirectory(prefix="prodworthy-up-") as folder:
        for line in instructions(embedded, addresses, Path(folder), target):
            echo(line)
        deployment.wait()


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM is as good as Ctrl-C here, and so is a terminal that is closed."""
    numbers = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
