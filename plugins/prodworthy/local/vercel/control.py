"""The control port: sets faults, adds deployments, plays somebody else, and tells what the platform was asked.

It can do anything to the emulated platform, so no web page may reach it: a request must carry a header that no page can
add to a foreign request unasked, name this machine as its host, and come from no origin.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from prodworthy.local.backend.messages import Request, Response, json_response, read, write
from prodworthy.local.errors import LocalError
from prodworthy.local.server import Receive, Scope, Send
from prodworthy.local.vercel.bodies import body, is_one_of
from prodworthy.local.vercel.changes import BadChange, change_deployment, change_project
from prodworthy.local.vercel.faults import BadFaults, Faults, read_faults
from prodworthy.local.vercel.orders import BadOrder, Orders
from prodworthy.local.vercel.refusals import Refusal

if TYPE_CHECKING:
    from prodworthy.local.vercel.platform import Platform
    from prodworthy.local.vercel.state import Deployed

HEADER = "x-prodworthy-control"
KINDS = ("rollback", "promote")
MACHINE = {"127.0.0.1", "localhost", "::1"}

Handler = Callable[[Any], Awaitable[Response]]

_DONE = Response(status=204)


class Control:
    """The port as an ASGI app; `app` and `dist` are where builds are taken from when an order names no other."""

    def __init__(self, platform: Platform, *, app: Path, dist: str) -> None:
        self._platform = platform
        self._orders = Orders(platform, app=app, dist=dist)
        self._routes: dict[tuple[str, str], Handler] = {
            ("GET", "/state"): self._state,
            ("GET", "/log"): self._log,
            ("DELETE", "/log"): self._forget_log,
            ("GET", "/faults"): self._faults,
            ("PUT", "/faults"): self._set_faults,
            ("DELETE", "/faults"): self._clear_faults,
            ("POST", "/deploy"): self._deploy,
            ("POST", "/reset"): self._reset,
            ("POST", "/actor"): self._act,
            ("POST", "/rollout"): self._rollout,
            ("PATCH", "/project"): self._change_project,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, as ASGI wants it."""
        if scope["type"] != "http":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
            return
        request = await read(scope, receive)
        await write(await self._answer(request), send, bodiless=request.method == "HEAD")

    async def _answer(self, request: Request) -> Response:
        if stranger := _stranger(request):
            return json_response(403, {"error": stranger})
        handler = self._handler(request)
        if handler is None:
            known = ", ".join(" ".join(route) for route in self._routes)
            return json_response(404, {"error": f"there is only {known}, PATCH /deployments/<id>"})
        try:
            return await handler(body(request))
        except (BadFaults, BadOrder, BadChange, LocalError) as error:
            return json_response(400, {"error": str(error)})
        except ValueError:
            return json_response(400, {"error": "the body is not JSON that can be told again"})
        except Refusal as refusal:
            return json_response(refusal.status, {"error": refusal.message})

    def _handler(self, request: Request) -> Handler | None:
        path = request.path.rstrip("/")
        if request.method == "PATCH" and path.startswith("/deployments/"):
            return lambda value: self._change_deployment(path.removeprefix("/deployments/"), value)
        return self._routes.get((request.method, path))

    async def _state(self, _: Any) -> Response:
        return json_response(200, told(self._platform))

    async def _log(self, _: Any) -> Response:
        return json_response(200, [asdict(each) for each in self._platform.log])

    async def _forget_log(self, _: Any) -> Response:
        self._platform.log.clear()
        return _DONE

    async def _faults(self, _: Any) -> Response:
        return json_response(200, asdict(self._platform.faults))

    async def _set_faults(self, value: Any) -> Response:
        faults, state = read_faults(value), self._platform.state
        if faults.foreign_job is not None and faults.foreign_job not in state.deployments:
            raise BadFaults(f"`foreign_job` names {faults.foreign_job}, which is no deployment")
        if unknown := set(faults.partial) - set(state.domains):
            raise BadFaults(f"`partial` names {', '.join(sorted(unknown))}; there are: {', '.join(state.domains)}")
        self._platform.faults = faults
        return await self._faults(None)

    async def _clear_faults(self, _: Any) -> Response:
        self._platform.faults = Faults()
        return _DONE

    async def _deploy(self, value: Any) -> Response:
        deployed = await self._orders.deploy(_mapping(value))
        return json_response(201, {"id": deployed.id, "host": deployed.host})

    async def _reset(self, _: Any) -> Response:
        self._platform.reset()
        return _DONE

    async def _act(self, value: Any) -> Response:
        given = _mapping(value)
        kind, deployment = given.get("kind"), given.get("deployment")
        if not is_one_of(kind, KINDS) or set(given) - {"kind", "deployment"}:
            raise BadOrder("an actor has a `kind`, rollback or promote, and a `deployment`")
        self._platform.known(str(deployment))
        self._platform.jobs.by_somebody_else(kind, str(deployment))
        return json_response(202, {})

    async def _rollout(self, value: Any) -> Response:
        given, rollouts = _mapping(value), self._platform.rollouts
        canary = given.get("canary") or (rollouts.active.canary if rollouts.active else "")
        if given.get("complete") is True:
            rollouts.complete(canary)
        elif isinstance(given.get("approve"), int):
            rollouts.approve(given["approve"], canary)
        else:
            raise BadOrder("a rollout is told `approve`, with the number of the next stage, or `complete`: true")
        return _DONE

    async def _change_project(self, value: Any) -> Response:
        change_project(self._platform.state, _mapping(value))
        if "plan" in value:
            self._platform.choose_candidates()
        return json_response(200, told(self._platform))

    async def _change_deployment(self, id: str, value: Any) -> Response:  # noqa: A002 - the platform's own word
        deployed = self._platform.state.deployments.get(id)
        if deployed is None:
            return json_response(404, {"error": f"there is no deployment {id}"})
        change_deployment(deployed, _mapping(value))
        return json_response(200, _plain(deployed))


def told(platform: Platform) -> dict[str, Any]:
    """The whole state as JSON, and what the edge shows on every domain; the bypass secret is not told."""
    state = platform.state
    plain = {each.name: getattr(state, each.name) for each in fields(state) if each.name != "bypass"}
    return plain | {
        "deployments": {each.id: _plain(each) for each in state.deployments.values()},
        **{
            name: {key: asdict(each) for key, each in getattr(state, name).items()}
            for name in ("domains", "checks", "check_runs")
        },
        "last_job": asdict(state.last_job) if state.last_job else None,
        "rollout": asdict(state.rollout) if state.rollout else None,
        "edge": {name: platform.edge.current(name) for name in state.domains},
    }


def _plain(deployed: Deployed) -> dict[str, Any]:
    return {each.name: getattr(deployed, each.name) for each in fields(deployed) if each.name != "build"}


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise BadOrder("the body must be one JSON object")
    return value


def _stranger(request: Request) -> str | None:
    """Why this request may come from a web page; None: it does not."""
    if request.headers.get(HEADER) != "1":
        return f"the header {HEADER}: 1 is missing"
    if "origin" in request.headers:
        return "no web page may do this"
    if urlsplit(f"//{request.headers.get('host', '')}").hostname not in MACHINE:
        return "this is asked by the address of this machine only"
    return None
