"""The embedded deployment as the host's client meets it: its releases, its faults, and what it really serves."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from prodworthy.hosting.connection import connect
from prodworthy.hosting.host import Host
from prodworthy.hosting.patience import Patience
from prodworthy.hosting.proof import Prober
from prodworthy.local.deployment import Deployment
from prodworthy.model import Embedded, Identity, Secret
from prodworthy.model.hosting import Hosting, JobKind, Served, Token
from prodworthy.model.network import HOST
from tests.local.vercel import OWN, Vercel, eventually

DOMAINS = ("shop.test", "www.shop.test", "eu.shop.test")
ALL = (*DOMAINS, OWN)  # the last one is the platform's own
SWITCH = 0.15  # seconds

# the releases, from the oldest to one that is not live yet, by the commit that each tells
COMMITS = {"ancient": "a" * 40, "good": "b" * 40, "bad": "c" * 40, "next": "d" * 40}

Json = dict[str, Any]


def files(commit: str, name: str) -> dict[str, str]:
    """A tiny app as a bundler leaves it."""
    script = f"assets/index-{name.title()}x{commit[:6]}.js"
    page = f'<!doctype html><title>shop</title><script type="module" src="/{script}"></script>'
    return {"index.html": page, "version.json": json.dumps({"commit": commit}), script: f'console.log("{name}")'}


class Emulated:
    """The running platform, with releases by name."""

    def __init__(self, vercel: Vercel) -> None:
        self.vercel = vercel
        self.ids: dict[str, str] = {}

    def begin(self) -> None:
        """As new: `ancient` and `good` were live, `bad` is by a promotion that ended, `next` is staged."""
        self.vercel.told("POST", "/reset")
        self.ids = {"ancient": self.vercel.current}
        self.deploy("good")
        self.deploy("bad", staged=True)
        self.vercel.break_(switch=0.0)
        self.vercel.promote(self.ids["bad"])
        assert self.vercel.done()["jobStatus"] == "succeeded"
        self.deploy("next", staged=True)
        self.vercel.told("DELETE", "/faults")
        self.vercel.told("DELETE", "/log")

    def deploy(self, name: str, commit: str | None = None, **more: Any) -> str:
        """One more release; its id."""
        built = more.pop("files", None) or files(commit or COMMITS[name], name)
        self.ids[name] = str(self.vercel.told("POST", "/deploy", {"files": built} | more)["id"])
        return self.ids[name]

    def break_(self, **faults: Any) -> None:
        """From now on this goes wrong, and nothing else."""
        self.vercel.break_(**faults)

    def configure(self, **changes: Any) -> None:
        """Changes the project."""
        self.vercel.configure(**changes)

    def somebody(self, kind: JobKind, name: str) -> None:
        """Somebody else asks for it, by no rule."""
        self.vercel.told("POST", "/actor", {"kind": kind.value, "deployment": self.ids[name]})

    def quiet(self) -> None:
        """Waits until nothing is under way."""
        self.vercel.told("DELETE", "/faults")
        eventually(lambda: not self.active)

    @property
    def active(self) -> bool:
        job = self.vercel.state["last_job"]
        return bool(job) and job["status"] in {"pending", "in-progress"}

    @property
    def posts(self) -> list[Json]:
        """What was asked for that moves production, with how it was answered."""
        return [each for each in self.vercel.log if each["method"] == "POST"]

    @property
    def truth(self) -> dict[str, tuple[str, str]]:
        """Of every domain: where the control plane leads it, and whose answer the edge gives."""
        state = self.vercel.state
        return {name: (state["domains"][name]["deployment"], state["edge"][name]) for name in state["domains"]}

    def name(self, id: str | None) -> str:  # noqa: A002 - the platform's own word
        """Of a release, for what a failing test shows."""
        return next((name for name, known in self.ids.items() if known == id), f"no release: {id}")

    def seen(self, served: tuple[Served, ...]) -> dict[str, tuple[str, str]]:
        """The same as `truth`, as a report says it of every domain that nobody closed."""
        known = {commit: self.ids[name] for name, commit in COMMITS.items() if name in self.ids}
        return {each.domain: (each.deployment or "", known[each.stamps[-1]]) for each in served if not each.walled}

    def host(self, patience: Patience | None = None) -> Host:
        """A client that repeats reads without long waits."""
        hosting = Hosting(
            project=HOST["project"], team=HOST["team"], token=Token(name="embedded", made_up=HOST["token"])
        )
        quick = patience or Patience(first=0.02, longest=0.05, jitter=0.0)
        return connect(hosting, addresses=self.vercel.addresses, environment={}, patience=quick)

    def prober(self, identity: Identity | None = Identity(), *, bypass: bool = True) -> Prober:  # noqa: B008
        """By the stamp, unless told otherwise, and through the wall."""
        secret = Secret(name="BYPASS", value=HOST["bypass"]) if bypass else None
        return Prober(identity, bypass=secret, addresses=self.vercel.addresses)


@contextmanager
def started(app: Path | None = None) -> Iterator[Emulated]:
    """A platform on its own, for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as own:
        place = app or Path(own)
        (place / "dist").mkdir()
        for name, text in files(COMMITS["ancient"], "ancient").items():
            path = place / "dist" / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        embedded = Embedded(app=str(place), domain=DOMAINS[0], aliases=DOMAINS[1:], host={"switch": str(SWITCH)})
        with Deployment.start(embedded) as deployment:
            vercel = Vercel(deployment.ready())
            try:
                yield Emulated(vercel)
            finally:
                with suppress(Exception):
                    vercel.close()
