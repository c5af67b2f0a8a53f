"""The command that deploys: to the embedded deployment that is up, as a push would to the host."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prodworthy.commands import options, project
from prodworthy.commands.invocation import where
from prodworthy.commands.looking import clock
from prodworthy.commands.told import telling
from prodworthy.hosting.errors import Refused
from prodworthy.model.codes import Code
from prodworthy.model.commit import same_commit
from prodworthy.model.text import clean

if TYPE_CHECKING:
    from prodworthy.model import Embedded, Target
    from prodworthy.model.hosting import Deployment, Project

CONTROL = {"x-prodworthy-control": "1"}  # without it the control port listens to nobody, lest a web page asks
PATIENCE = 60.0  # seconds for a large build to be read
HOSTS_OWN = (
    "deploy there as always: push to the branch that the host builds, or type vercel deploy --prod "
    "(with --skip-domain it is staged, for prodworthy promote)"
)
OF_A_COMMIT = ("branch", "message", "author")
BUILD = "build the app first (npm run build), or name the folder with the build: --dist=DIR"


@click.command(
    epilog="""\b
A release that goes live:          npm run build && prodworthy deploy --target=local
One that waits to be promoted:     prodworthy deploy --target=local --staged
A bad one, to rehearse with:       prodworthy deploy --target=local --dist=../broken/dist
"""
)
@options.target
@options.targets_file
@click.option(
    "--dist",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder with the build (default: the target's own).",
)
@click.option("--staged", is_flag=True, help="For production, but not live: it waits to be promoted.")
@click.option("--preview", is_flag=True, help="Not for production.")
@click.option("--commit", metavar="SHA", help="What it was built from (default: what its version.json says).")
@click.option("--branch", help="Where that commit is (default: main).")
@click.option("--message", metavar="TEXT", help="Of the commit (default: what git says of it).")
@click.option("--author", help="Of the commit (default: what git says of it).")
@options.as_json
def deploy(
    name: str | None,
    targets_file: str | None,
    dist: Path | None,
    staged: bool,
    preview: bool,
    as_json: bool,
    **told_of_it: str | None,
) -> None:
    """Deploy the present build to the embedded deployment that is up (see prodworthy up), as a push would."""
    with telling("deploy", as_json) as told:
        if staged and preview:
            raise Refused(Code.USAGE, "--staged and --preview exclude each other", "a preview is never live anyway")
        told.targets_file = targets_file
        target = project.chosen(name, targets_file)
        told.target = target.name
        if target.embedded is None:
            said = f"target {target.name} is no embedded deployment, and prodworthy deploys to nothing else"
            raise Refused(Code.USAGE, said, HOSTS_OWN)
        told.hosting = target.hosting
        host, addresses = project.opened(target)
        with closing(host):
            order = _order(target.embedded, dist, staged=staged, preview=preview, told=told_of_it)
            if (stamp := _stamp(Path(order["dist"]))) and not same_commit(stamp, order["commit"]):
                told.note(
                    f"note: the build says that it is {clean(stamp, 40)}: no domain will prove the commit that you gave"
                )
            made = _ordered(addresses.control if addresses else None, order)
            deployment, seen = host.deployment(made), host.project()
        live = seen.current == deployment.id
        following = (
            None if live or preview else f"prodworthy promote {deployment.id} {where(target.name, targets_file)}"
        )

        def show() -> None:
            for line in _said(target, deployment, seen, following):
                click.echo(line)

        from prodworthy.commands import shapes  # noqa: PLC0415  # each command imports what it needs

        shape = shapes.deployment(deployment, current=seen.current, now=clock())
        told.end({"deployment": shape, "live": live, "next": following}, show)


def _order(
    embedded: Embedded, dist: Path | None, *, staged: bool, preview: bool, told: Mapping[str, str | None]
) -> dict[str, Any]:
    """What the control port is asked for; raises Refused for a folder that holds no build."""
    app = Path(embedded.app)
    folder = (dist or app / embedded.dist).resolve()
    if not (folder / "index.html").is_file():
        raise Refused(Code.USAGE, f"{folder} has no index.html: it is no build", BUILD)
    order: dict[str, Any] = {"dist": str(folder)}
    if staged:
        order["staged"] = True
    if preview:
        order |= {"target": None, "branch": "preview"}
    commit = told["commit"] or _stamp(folder)
    known = _by_git(app, commit) if commit else {}
    if not commit and (lost := [f"--{key}" for key in OF_A_COMMIT if told[key]]):
        said = f"{' and '.join(lost)} would be lost: the host keeps them of a commit, and the build names none"
        raise Refused(Code.USAGE, said, "add --commit=SHA, or build with a version.json that names it")
    given = {key: value for key, value in told.items() if value}
    return {**order, **known, **({"commit": commit} if commit else {}), **given}


def _ordered(control: str | None, order: Mapping[str, Any]) -> str:
    """The id of the new deployment; raises Refused."""
    import httpx  # noqa: PLC0415

    if control is None:
        raise Refused(Code.NOT_UP, "what is up takes no deployments", "end it, and type prodworthy up again")
    try:
        with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
            answer = client.post(f"{control}/deploy", json=order, headers=CONTROL)
        told = answer.json()
        if answer.is_success:
            return str(told["id"])
        why = str(told["error"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        said = f"the control port of what is up does not answer as it should: {type(error).__name__}"
        raise Refused(Code.UNREACHABLE, said, "look at the terminal where prodworthy up runs") from None
    raise Refused(Code.USAGE, why, BUILD)


def _stamp(folder: Path) -> str | None:
    """The commit that a build names in its version.json, if it does."""
    try:
        said = json.loads((folder / "version.json").read_bytes())["commit"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return said if isinstance(said, str) else None


def _by_git(app: Path, commit: str) -> dict[str, str]:
    """Message and author of a commit, where the app's own repository has it."""
    if commit.startswith("-"):
        return {}
    command = ["git", "-C", str(app), "log", "-1", "--format=%an%x00%B", commit, "--"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, timeout=5)
    except (OSError, subprocess.SubprocessError):
        return {}
    author, found, message = done.stdout.partition("\0")
    return {"author": author, "message": message.strip()} if found and done.returncode == 0 else {}


def _said(target: Target, deployment: Deployment, seen: Project, following: str | None) -> Iterator[str]:
    from prodworthy.commands.phrases import named  # noqa: PLC0415

    yield f"deployed {named(deployment)}"
    yield f"  at {clean(deployment.url or '')}"
    if seen.current == deployment.id:
        yield f"  live: {', '.join(target.domains)} serve{'s' if len(target.domains) == 1 else ''} it"
    elif not deployment.production:
        yield "  a preview: production does not change"
    else:
        off = "production is rolled back, and " if seen.rolled_back else ""
        why = f"{off}new deployments do not go live by themselves" if seen.auto_assign is False else "it is staged"
        yield f"  not live: {why}"
        yield f"  to make it live: {following}"


COMMANDS = (deploy,)
