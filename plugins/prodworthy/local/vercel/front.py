"""What the platform puts before every deployment on the edge: closed projects, walls, rollouts, what is not indexed."""

from __future__ import annotations

import hashlib
import itertools
import random
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING

from prodworthy.local.edge.app import NOT_INDEXED
from prodworthy.local.edge.front import Answered, Closed, Shown
from prodworthy.local.edge.request import Request
from prodworthy.local.vercel.protection import Wall

if TYPE_CHECKING:
    from prodworthy.local.vercel.faults import Faults
    from prodworthy.local.vercel.platform import Platform
    from prodworthy.local.vercel.state import Deployed, Rollout

LOGIN_HOST = "vercel.com"
CANARY, STABLE = "vcrrForceCanary", "vcrrForceStable"

_NOWHERE = Closed(code="DEPLOYMENT_NOT_FOUND", status=HTTPStatus.NOT_FOUND)
_LOGIN_PAGE = b'<!doctype html><html lang="en"><title>Login - Vercel</title><h1>Log in to Vercel</h1></html>\n'


class PlatformFront:
    """Answers by the platform's state, and by where the edge's own domains point, which may be behind it."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._wall = Wall()
        self._flapping: dict[str, tuple[float, Iterator[str]]] = {}  # by domain: until when, and what it shows in turns

    def flap(self, domain: str, before: str, after: str, faults: Faults) -> None:
        """For as long as the faults say `domain` shows now the one deployment, now the other."""
        shown: Iterator[str] = itertools.cycle((after, before))
        if faults.flapping_share is not None:
            shown = _drawn(before, after, faults.flapping_share)
        self._flapping[domain] = (time.monotonic() + faults.flapping, shown)

    def settle(self) -> None:
        """No domain changes between two deployments any more."""
        self._flapping.clear()

    def __call__(self, request: Request) -> Shown | Closed | Answered:
        """What becomes of a request."""
        if request.host == LOGIN_HOST:
            return Answered(status=200, headers={"content-type": "text/html; charset=utf-8"}, body=_LOGIN_PAGE)
        state = self._platform.state
        if mitigated := self._wall.mitigate(state, request):
            return mitigated
        if redirect := self._redirected(request):
            return redirect
        domain = request.host in state.domains
        deployed, headers = self._led(request) if domain else (self._platform.resolve(request.host), {})
        if deployed is None:
            return _NOWHERE
        if closed := self._closed(deployed):
            return closed
        if stopped := self._wall.stop(state, request, deployed, domain=domain):
            return stopped
        indexed = domain or (deployed.id == state.current and deployed.host == request.host)
        return Shown(id=deployed.id, headers=headers if indexed else {**headers, **NOT_INDEXED})

    def _redirected(self, request: Request) -> Answered | None:
        domain = self._platform.state.domains.get(request.host)
        if domain is None or domain.redirect is None:
            return None
        location = f"https://{domain.redirect}{request.path}{request.suffix}"
        return Answered(status=HTTPStatus.PERMANENT_REDIRECT, headers={"location": location}, body=b"Redirecting...\n")

    def _closed(self, deployed: Deployed) -> Closed | None:
        state = self._platform.state
        if state.disabled:
            return Closed(code="DEPLOYMENT_DISABLED", status=HTTPStatus.PAYMENT_REQUIRED)
        if state.paused:
            return Closed(code="DEPLOYMENT_PAUSED", status=HTTPStatus.SERVICE_UNAVAILABLE)
        if deployed.deleted or deployed.state == "DELETED":
            return Closed(code="DEPLOYMENT_DELETED", status=HTTPStatus.GONE)
        return None if deployed.build else _NOWHERE

    def _led(self, request: Request) -> tuple[Deployed | None, dict[str, str]]:
        """What a production domain shows to this client, and the cookie that keeps it there during a rollout."""
        state = self._platform.state
        rollout = self._platform.rollouts.active
        if rollout:
            canary, cookie = self._side(request, rollout)
            return state.deployments.get(rollout.canary if canary else rollout.base), cookie
        until, shown = self._flapping.get(request.host, (0.0, None))
        id = next(shown) if shown and time.monotonic() < until else self._platform.edge.current(request.host)  # noqa: A001
        return state.deployments.get(id or ""), {}

    def _side(self, request: Request, rollout: Rollout) -> tuple[bool, dict[str, str]]:
        """Whether this client gets the canary: forced by the query, kept by its cookie, or drawn by its address."""
        name = f"_vcrr_{hashlib.sha256(self._platform.state.id.encode()).hexdigest()[:8]}"
        asked, kept = request.queries(), request.cookies().get(name, "").split("|")
        for parameter, bucket in ((CANARY, 0), (STABLE, 99)):
            if asked.get(parameter) == "true":
                return bucket == 0, {"set-cookie": _cookie(name, rollout.canary, f"{bucket}|forced")}
        if kept[0] == rollout.canary and kept[-1] == "forced":
            return kept[1] == "0", {}
        if kept[0] == rollout.canary and len(kept) > 1 and kept[1].isdecimal():
            return int(kept[1]) < self._platform.rollouts.percentage(), {}
        bucket = int(hashlib.sha256(f"{rollout.canary} {request.client}".encode()).hexdigest(), 16) % 100
        cookie = {"set-cookie": _cookie(name, rollout.canary, str(bucket))}
        return bucket < self._platform.rollouts.percentage(), cookie


def _drawn(before: str, after: str, share: float) -> Iterator[str]:
    """For ever; the same deployments are drawn in the same order, so that what is seen once can be seen again."""
    lots = random.Random(f"{before} {after}")  # noqa: S311 - a game of chance, no secret
    while True:
        yield before if lots.random() < share else after


def _cookie(name: str, canary: str, rest: str) -> str:
    return f"{name}={canary}|{rest}; Path=/; Secure; HttpOnly; SameSite=Lax"
