"""A platform that says what a test laid out for it, and remembers what it was asked; nothing here waits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from prodworthy.hosting.connection import connect
from prodworthy.hosting.host import Host
from prodworthy.hosting.patience import Patience
from prodworthy.model.hosting import Hosting, Token
from prodworthy.model.secret import Secret

TOKEN = "vcp_canary0token0canary0token"
BYPASS = "canary0bypass0canary0bypass0cana"
AT = 1767225600000  # 2026-01-01


@dataclass(frozen=True, slots=True)
class Said:
    """An answer, byte by byte as it is."""

    status: int = 200
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Said | Exception | Callable[[httpx.Request], Said]

PROJECT = {
    "id": "prj_1",
    "name": "shop",
    "accountId": "team_1",
    "autoAssignCustomDomains": True,
    "targets": {"production": {"id": "dpl_B"}},
    "lastAliasRequest": None,
    "protectionBypass": {BYPASS: {"scope": "automation-bypass"}},
}


def hosting(**more: Any) -> Hosting:
    token = Token(name="VERCEL_TOKEN", made_up=TOKEN)
    return Hosting(**{"project": "prj_1", "team": "team_1", "token": token, "bypass": bypass(), **more})


def bypass() -> Secret:
    return Secret(name="BYPASS", value=BYPASS)


def item(uid: str = "dpl_A", **more: Any) -> dict[str, Any]:
    """A deployment as lists have it."""
    return {
        "uid": uid,
        "name": "shop",
        "url": f"shop-{uid[4:].lower()}-acme.vercel.app",
        "projectId": "prj_1",
        "createdAt": AT,
        "readyState": "READY",
        "readySubstate": "PROMOTED",
        "target": "production",
        "isRollbackCandidate": True,
        **more,
    }


def page(*items: dict[str, Any], name: str = "deployments", following: Any = None) -> Said:
    return says({name: list(items), "pagination": {"count": len(items), "next": following, "prev": None}})


def says(body: Any, status: int = 200, **headers: str) -> Said:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return Said(status, json.dumps(body).encode(), fields)


def refuses(status: int, code: str = "", message: str = "", **more: Any) -> Said:
    return says({"error": {"code": code, "message": message, **more}}, status)


class _Bytes(httpx.SyncByteStream):
    """What httpx does not look into by itself."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        for at in range(0, len(self._content), 65536):
            yield self._content[at : at + 65536]


class Platform(httpx.BaseTransport):
    """Answers a path with what was laid out for it, in that order, and the last of it for ever."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self._laid: dict[str, list[Answer]] = {}
        self.lay("GET /v9/projects/prj_1", says(PROJECT))

    def lay(self, call: str, *answers: Answer) -> Platform:
        self._laid[call] = list(answers)
        return self

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        call = f"{request.method} {request.url.raw_path.decode().partition('?')[0]}"
        answers = self._laid.get(call)
        if not answers:
            pytest.fail(f"nothing was laid out for {call}")
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        said = answer(request) if callable(answer) else answer
        return httpx.Response(said.status, headers=said.headers, stream=_Bytes(said.content))

    @property
    def asked(self) -> list[str]:
        """Method and path of every request."""
        return [f"{each.method} {each.url.path}" for each in self.requests]

    def queries(self, path: str) -> list[dict[str, str]]:
        return [dict(each.url.params) for each in self.requests if each.url.path == path]


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.now += seconds

    def patience(self, **more: Any) -> Patience:
        return Patience(sleep=self.sleep, clock=lambda: self.now, chance=lambda: 0.0, **more)


def asking(platform: httpx.BaseTransport, time: Time | None = None, /, **more: Any) -> Host:
    patience = (time or Time()).patience()
    return connect(hosting(**more), transport=platform, patience=patience, environment={})
