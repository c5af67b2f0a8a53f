"""The host of a targets file, and the deployment that a command line names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from prodworthy.model import Embedded, Secret
from prodworthy.model.hosting import Hosting, Token
from prodworthy.model.network import HOST
from prodworthy.targets.errors import TargetsError
from prodworthy.targets.surroundings import Surroundings

Raw = Mapping[str, Any]

ID = re.compile(r"dpl_[A-Za-z0-9]+")
DASHBOARD = "https://vercel.com/"  # whose pages show a deployment, and are none
SENDABLE = re.compile(r"[\x21-\x7e]+")  # what a header field carries without being read as something else
NAME = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:\d+)?")


def hosting(at: Surroundings, name: str, raw: Raw) -> Hosting:
    """The project at the host, as the table [targets.x.vercel] names it."""
    return Hosting(
        project=raw["project"],
        team=raw.get("team"),
        token=_token(at, raw["token"]) if "token" in raw else None,
        bypass=_bypass(at, name, raw["protection_bypass"]) if "protection_bypass" in raw else None,
    )


def played(embedded: Embedded) -> Hosting:
    """The project that an embedded deployment plays; its token and its secret protect nothing."""
    told = HOST | dict(embedded.host)
    return Hosting(
        project=told["project"],
        team=told["team"] or None,
        token=Token(name="the embedded platform's token", made_up=told["token"]),
        bypass=Secret(name="the embedded platform's bypass", value=told["bypass"], made_up=True),
    )


def settings(raw: Raw) -> dict[str, str]:
    """What a table [targets.x.vercel] beside an embedded app changes in the platform that is played."""
    return {"project": raw["project"], "team": raw.get("team", "")} if raw else {}


def address(given: str | None) -> str | None:
    """Of what --deployment names: an address; None for what the host knows. Raises TargetsError for what is neither."""
    if given is None or ID.fullmatch(given) or given.startswith(DASHBOARD):
        return None
    if given.startswith(("https://", "http://")):
        return given
    if NAME.fullmatch(given):
        return f"https://{given}"
    raise TargetsError(
        f"--deployment: {given!r} is no deployment; give its id (dpl_...), or its address, which starts with https://"
    )


def played_here(embedded: Embedded, url: str) -> bool:
    """Whether an address is one of those that the embedded platform gives to single deployments."""
    slug = (HOST | dict(embedded.host))["team"].removeprefix("team_")
    label = embedded.domain.partition(".")[0]
    made = rf"{re.escape(label)}-[a-z0-9]+-{re.escape(slug)}\.vercel\.app"
    return bool(slug and re.fullmatch(made, urlsplit(url).hostname or ""))


def _bypass(at: Surroundings, name: str, raw: Raw) -> Secret:
    """White space around it is dropped, as of a token; raises TargetsError for what no header field can carry."""
    found = at.secret(raw)
    value = (found.value or "").strip()
    if value and not SENDABLE.fullmatch(value):
        said = f"what {found.name} holds is no such secret: there are blanks or other characters in it that none has"
        raise at.error(f"targets.{name}.vercel.protection_bypass", said)
    return replace(found, value=value or None)


def _token(at: Surroundings, raw: Raw) -> Token:
    """Where it is found; its value is read by whoever asks the host, and by nobody else."""
    return Token(name=raw["env"], file=str(at.place(raw["file"]).resolve()) if "file" in raw else None)
