"""From what a target says about its host to a host that can be asked."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import httpx

from prodworthy.hosting import credentials
from prodworthy.hosting.calls import Calls
from prodworthy.hosting.errors import Refused
from prodworthy.hosting.explaining import TOKENS
from prodworthy.hosting.host import Host
from prodworthy.hosting.mask import Mask
from prodworthy.hosting.patience import Patience
from prodworthy.hosting.transport import LOOPBACK, opened
from prodworthy.hosting.vercel import Vercel
from prodworthy.model.codes import Code
from prodworthy.model.hosting import Hosting
from prodworthy.model.network import Addresses

_TOKEN = re.compile(r"[\x21-\x7e]+")  # what a header field can carry without being read as something else


def connect(
    hosting: Hosting,
    *,
    addresses: Addresses | None = None,
    environment: Mapping[str, str] | None = None,
    patience: Patience | None = None,
    transport: httpx.BaseTransport | None = None,
    waiting: Callable[[str, float], None] | None = None,
) -> Host:
    """The project at its host; nothing is asked yet. `addresses` are those of an embedded deployment.

    `environment` is where the token is found, by default the process's own; `transport` is for tests. `waiting` is
    told why, and for how many seconds, before the host is waited for. Raises Refused without a usable token.
    """
    token = _token(hosting, os.environ if environment is None else environment)
    _fit(hosting.api)
    bypass = hosting.bypass.value if hosting.bypass else None
    calls = Calls(
        api=hosting.api.rstrip("/"),
        token=token,
        scope=_scope(hosting.team),
        mask=Mask((token, bypass)),
        reads=transport or opened(hosting.api, addresses),
        writes=transport or opened(hosting.api, addresses, keep=False),
        patience=patience or Patience(),
        waiting=waiting,
    )
    return Vercel(calls, hosting.project)


def _token(hosting: Hosting, environment: Mapping[str, str]) -> str:
    if hosting.token is None:
        said = "the target names no token for its host"
        raise Refused(Code.TOKEN_MISSING, said, 'write token = { env = "VERCEL_TOKEN" } in its vercel table')
    name = hosting.token.name
    found = credentials.value(hosting.token, environment)
    if found is None:
        said = f"{name}, which must hold the host's token, is not set"
        place = f", or write it to {hosting.token.file}" if hosting.token.file else ""
        raise Refused(Code.TOKEN_MISSING, said, f"make a token at {TOKENS} and export it as {name}{place}")
    if not _TOKEN.fullmatch(found):
        said = f"what {name} holds is no token: there are blanks or other characters in it that none has"
        raise Refused(
            Code.TOKEN_REFUSED, said, "copy the token again: it is one word of letters, digits and underscores"
        )
    return found


def _scope(team: str | None) -> dict[str, str]:
    """Of every call; a personal account has none."""
    if not team:
        return {}
    return {"teamId" if team.startswith("team_") else "slug": team}


def _fit(api: str) -> None:
    parts = urlsplit(api)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        said = "the address of the host's API is not https, and a token is not sent in the clear"
        raise Refused(Code.HOST_UNDECLARED, said, "give an address that begins with https://")
