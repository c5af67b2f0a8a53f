"""Where a target's names lead: the addresses that clients use instead of asking the system's resolver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

HOSTING_HOST = "api.vercel.com"  # of the front end platform's API, for every project
MANAGEMENT_HOST = "api.supabase.com"  # of the back end platform's management API, for every project

# of `Embedded.host`; none of it is a secret: what it opens is on this machine and ends with the deployment
HOST = {
    "project": "prj_embedded",
    "team": "team_embedded",  # empty: a personal account
    "token": "vcp_embedded",  # only letters, digits and _: the vendor's command line takes no other
    "bypass": "embedded0bypass0embedded0bypass0",
    "plan": "pro",
    "switch": "0.4",  # seconds from an accepted request until the domains are switched
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """What an embedded deployment is made of; plain data, so that it can be handed to the process that runs it."""

    app: str  # folder with the built front end, vercel.json and supabase/
    dist: str = "dist"  # relative to `app`
    domain: str = "app.test"  # the production domain that the edge serves, without scheme
    aliases: tuple[str, ...] = ()  # further domains of the same deployment
    backend: str | None = None  # the Supabase URL that the build was made for; None: no backend is started
    keys: Mapping[str, str] = field(default_factory=dict)  # "publishable" and, if wanted, "secret" and "management"
    users: tuple[Mapping[str, str], ...] = ()  # each with "email" and "password"; made before the first request
    host: Mapping[str, str] = field(default_factory=dict)  # what the emulated platform is told: see `HOST` beside it
    delay: float = 0.0  # seconds added before every answer, to look like a distant host


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """How to reach a running embedded deployment under its real names."""

    hosts: Mapping[str, str]  # "shop.test:443" -> "127.0.0.1:41001"
    ca_pem: str  # the certificate authority that signed what is presented
    spki: str  # base64 of the SHA-256 of the leaf's public key, for Chromium
    database_url: str | None = None
    control: str | None = None  # "http://127.0.0.1:41002", where faults are set and deployments added
    hosting_url: str | None = None  # the platform's API over plain HTTP, for clients that know no other name for it

    def of(self, host: str, port: int) -> str | None:
        """Where `host`:`port` is reached; "*.vercel.app:443" stands for all hosts below, those of later deployments."""
        below = host.partition(".")[2]
        return self.hosts.get(f"{host}:{port}") or self.hosts.get(f"*.{below}:{port}")

    def knows(self, host: str) -> bool:
        """Whether this machine is reached under that name, at whatever port."""
        names = {name.rpartition(":")[0] for name in self.hosts}
        return host in names or f"*.{host.partition('.')[2]}" in names
