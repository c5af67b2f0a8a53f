"""The emulated platform as tests meet it: over its real sockets, with its control port at hand."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable
from typing import Any

import httpx

from prodworthy.model import Addresses
from prodworthy.model.network import HOST

DOMAINS = ("shop.test", "www.shop.test")
OWN = "shop.vercel.app"  # which the platform gives to the project besides
PROJECT, TEAM, TOKEN, BYPASS = HOST["project"], HOST["team"], HOST["token"], HOST["bypass"]
LONGEST = 30.0  # seconds that a condition is waited for

Json = dict[str, Any]


class Vercel:
    """One running platform."""

    def __init__(self, addresses: Addresses) -> None:
        self.addresses = addresses
        self.control = httpx.Client(base_url=str(addresses.control), headers={"x-prodworthy-control": "1"})
        self.api = httpx.Client(
            base_url=str(addresses.hosting_url),
            headers={"authorization": f"Bearer {TOKEN}"},
            params={"teamId": TEAM},
        )
        self._trusting = ssl.create_default_context(cadata=addresses.ca_pem)

    def close(self) -> None:
        self.control.close()
        self.api.close()

    # what the control port does

    def told(self, method: str, path: str, value: Any = None) -> Any:
        """A call that must succeed."""
        answer = self.control.request(method, path, json=value)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    @property
    def state(self) -> Json:
        state: Json = self.told("GET", "/state")
        return state

    @property
    def current(self) -> str:
        return str(self.state["current"])

    @property
    def log(self) -> list[Json]:
        log: list[Json] = self.told("GET", "/log")
        return log

    def break_(self, **faults: Any) -> None:
        self.told("PUT", "/faults", faults)

    def deploy(self, commit: str = "b" * 40, **more: Any) -> str:
        """The same app again, as another commit; its id."""
        stamp = {"change": {"version.json": json.dumps({"commit": commit})}}
        return str(self.told("POST", "/deploy", stamp | more)["id"])

    def change(self, which: str, **changes: Any) -> Json:
        changed: Json = self.told("PATCH", f"/deployments/{which}", changes)
        return changed

    def configure(self, **changes: Any) -> None:
        self.told("PATCH", "/project", changes)

    def deployment(self, which: str) -> Json:
        deployment: Json = self.state["deployments"][which]
        return deployment

    @property
    def candidates(self) -> set[str]:
        return {name for name, each in self.state["deployments"].items() if each["candidate"]}

    # what the API does

    def rollback(self, which: str, reason: str = "", **more: Any) -> httpx.Response:
        params = {"teamId": TEAM, "description": reason}
        return self.api.post(f"/v1/projects/{PROJECT}/rollback/{which}", params=params, **more)

    def promote(self, which: str) -> httpx.Response:
        return self.api.post(f"/v10/projects/{PROJECT}/promote/{which}")

    def project(self) -> httpx.Response:
        return self.api.get(f"/v9/projects/{PROJECT}", params={"teamId": TEAM, "rollbackInfo": "true"})

    @property
    def job(self) -> Json | None:
        job: Json | None = self.project().json()["lastAliasRequest"]
        return job

    def done(self) -> Json:
        """The last job, when it has ended."""
        return eventually(lambda: self.job, lambda job: job is not None and job["jobStatus"] not in ACTIVE) or {}

    # what the edge does

    def ask(self, host: str, path: str = "/", **headers: str) -> httpx.Response:
        """On a connection of its own, in HTTP/2 as browsers do."""
        address = str(self.addresses.of(host, 443))
        with httpx.Client(http2=True, verify=self._trusting) as client:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            request = client.build_request("GET", f"https://{address}{path}", headers={"host": host, **names})
            request.extensions["sni_hostname"] = host
            return client.send(request)

    def commit(self, host: str = DOMAINS[0], path: str = "/version.json", **headers: str) -> str:
        """Which build a host serves, by the build itself."""
        return str(self.ask(host, path, **headers).json()["commit"])

    def host(self, which: str) -> str:
        return str(self.deployment(which)["host"])


ACTIVE = {"pending", "in-progress"}


def eventually(look: Callable[[], Any], good: Callable[[Any], bool] = bool) -> Any:
    """What is seen as soon as it is good."""
    deadline = time.monotonic() + LONGEST
    while not good(seen := look()):
        assert time.monotonic() < deadline, f"still {seen!r}"
        time.sleep(0.01)
    return seen


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Status and message of a refusal."""
    return answer.status_code, answer.json()["error"]["message"]
