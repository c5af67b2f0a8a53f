"""`prodworthy up`: an embedded deployment that stays, for looking at it by hand."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from prodworthy.local import handout, running
from prodworthy.local.deployment import Deployment
from prodworthy.local.errors import AlreadyUp, DeploymentFailed, LocalError
from prodworthy.model import Addresses, Embedded
from prodworthy.model.codes import Code
from prodworthy.model.network import HOST

Echo = Callable[[str], None]
UNUSABLE = 4


def run(embedded: Embedded, echo: Echo, *, target: str | None = None) -> int:
    """Starts it, says how to reach it, and keeps it until Ctrl-C or a signal; `target` is its name in the targets file.

    Returns 0 after such an end, 4 when it is up already, 1 when it could not be started or ended by itself.
    """
    try:
        with _interruptible(), running.claim(embedded) as claim:
            return _keep(embedded, claim, echo, target)
    except AlreadyUp as error:
        echo(f"error: {embedded.app}: {error}\n       ({Code.ALREADY_UP.value})")
        return UNUSABLE
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
    """How to reach it by browser, by curl, and by the control port; `folder` holds what is too long for a line."""
    url = f"https://{embedded.domain}/"
    handout.write(folder, addresses, url)
    yield f"{embedded.app} is up:"
    yield from (f"  {name:<40} at {address}" for name, address in addresses.hosts.items())
    if addresses.database_url:
        yield f"  {'the database':<40} at {_without_password(addresses.database_url)}"
    if addresses.hosting_url:
        yield f"  {'the host (its API)':<40} at {addresses.hosting_url}"
    if addresses.control:
        yield f"  {'its control port':<40} at {addresses.control}"
    kept = shlex.quote(str(folder))
    yield "in a browser:"
    yield f"  sh {kept}/browser"
    yield "with curl:"
    for origin in filter(None, (url, embedded.backend)):
        yield f"  curl --config {kept}/curl {shlex.quote(origin)}"
    if addresses.database_url:
        yield "with psql:"
        yield f'  psql "$(cat {kept}/database)"'
    if addresses.control:
        yield "to let the host fail, for a rehearsal (docs/embedded.md lists the faults):"
        yield f"  curl -K {kept}/faults -d '{{\"job_skipped\": true}}'"
    if addresses.hosting_url:
        yield "with the vendor's own command:"
        yield f"  vercel {shlex.join(_vendor(embedded, addresses.hosting_url))}"
    yield from _next(target)
    yield "Ctrl-C ends it"


def _next(target: str | None) -> Iterator[str]:
    """What to type in another terminal; nothing for what no targets file names, which no command could find."""
    if target is None:
        return
    named = shlex.quote(target)
    yield "in another terminal:"
    for command, why in (
        (f"prodworthy list --target={named}", "what is deployed and current"),
        (f"prodworthy deploy --target={named}", "deploy as a push would"),
        (f"prodworthy rollback --previous --target={named}", "serve the deployment before"),
        (f"pytest verify --target={named} --stage=live", "judge what is served now"),
    ):
        yield f"  {command:<47} {why}"


def _vendor(embedded: Embedded, api: str) -> list[str]:
    """The options with which `vercel` asks the emulated platform; the token opens what is on this machine alone."""
    told = {**HOST, **embedded.host}
    team = told["team"].removeprefix("team_")
    return ["--api", api, "--token", told["token"], *(["--scope", team] if team else [])]


def _without_password(url: str) -> str:
    """What is on a screen is on a photograph of it too."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}{parts.path}"


def _stay(embedded: Embedded, addresses: Addresses, deployment: Deployment, echo: Echo, target: str | None) -> None:
    with handout.folder() as folder:
        for line in instructions(embedded, addresses, folder, target):
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
