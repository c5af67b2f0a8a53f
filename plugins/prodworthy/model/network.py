"""Where a target's names lead: the addresses that clients use instead of asking the system's resolver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MANAGEMENT_HOST = "api.supabase.com"  # of the back end platform's management API, for every project


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
    delay: float = 0.0  # seconds added before every answer, to look like a distant host


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """How to reach a running embedded deployment under its real names."""

    hosts: Mapping[str, str]  # "shop.test:443" -> "127.0.0.1:41001"
    ca_pem: str  # the certificate authority that signed what is presented
    spki: str  # base64 of the SHA-256 of the leaf's public key, for Chromium
    database_url: str | None = None
