"""The process that is the embedded deployment: edge and backend composed, served, and taken down again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from prodworthy.local.authority import Authority, Leaf
from prodworthy.local.edge import Edge, read_build, to_https
from prodworthy.local.errors import DeploymentFailed
from prodworthy.local.server import App, Receive, Send, Server, by_host, serve
from prodworthy.local.vercel.control import Control
from prodworthy.local.vercel.front import LOGIN_HOST
from prodworthy.local.vercel.line import Line
from prodworthy.local.vercel.orders import stamped
from prodworthy.local.vercel.platform import Platform
from prodworthy.local.vercel.service import Service
from prodworthy.model import Addresses, Embedded
from prodworthy.model.network import HOSTING_HOST, MANAGEMENT_HOST

if TYPE_CHECKING:
    from prodworthy.local.backend.backend import Backend

Progress = Callable[[str], None]

log = logging.getLogger(__name__)


@asynccontextmanager
async def running(
    embedded: Embedded, *, progress: Progress, composed: Composed | None = None
) -> AsyncIterator[Addresses]:
    """Everything that `embedded` asks for, for as long as the block lasts. Raises DeploymentFailed when it cannot."""
    async with AsyncExitStack() as stack:
        try:
            async with asyncio.TaskGroup() as group:
                composition = (composed or Composition)(embedded, stack, progress)
                group.create_task(composition.start_backend())
                group.create_task(composition.start_edge())
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        yield composition.addresses()


class Composition:
    """One embedded deployment while it comes up; what is started is put on the stack that takes it down."""

    def __init__(self, embedded: Embedded, stack: AsyncExitStack, progress: Progress) -> None:
        self.embedded = embedded
        self.stack = stack
        self.progress = progress
        self.domains = [embedded.domain, *embedded.aliases]
        self.edge = Edge()
        self.platform = Platform(self.edge, settings=embedded.host, domains=self.domains)
        self.authority = Authority()
        self.backend_host, self.backend_port = _host_and_port(embedded.backend)
        self.leaf = self._leaf()
        self.hosts: dict[str, str] = {}
        self.database_url: str | None = None
        self.hosting_url: str | None = None
        self.control: str | None = None

    async def start_edge(self) -> None:
        """Serves the app's build on its domains and a host of its own, and the platform's API beside them."""
        state, app = self.platform.state, Path(self.embedded.app)
        build = await asyncio.to_thread(read_build, app, self.embedded.dist, project=state.name, team=state.team_slug)
        if (app / "api").is_dir():
            log.warning("%s holds Vercel functions, which the embedded edge does not run", app / "api")
        self.progress(f"serving {len(build.files)} files of {self.embedded.dist}/")
        self.platform.begin(build, commit=stamped(build))
        self.stack.callback(self.platform.close)
        api = Line(Service(self.platform), self.platform)
        secure = await self.serve(by_host({HOSTING_HOST: api}, self.edge), self.leaf)
        plain = await self.serve(to_https, None)
        for host in [*self.domains, build.host, LOGIN_HOST, "*.vercel.app"]:
            self.map(host, 443, secure.port)
            self.map(host, 80, plain.port)
        self.map(HOSTING_HOST, 443, secure.port)
        self.hosting_url = f"http://127.0.0.1:{(await self.serve(api, None)).port}"
        control = Control(self.platform, app=app, dist=self.embedded.dist)
        self.control = f"http://127.0.0.1:{(await self.serve(control, None, delay=0.0)).port}"

    async def start_backend(self) -> None:
        """Serves it twice: over TLS under its real names, and plainly for the functions behind it."""
        if self.backend_host is None:
            return
        backend = self._backend()
        self.stack.push_async_callback(backend.stop)
        for_functions = await self.serve(backend.asgi, None, delay=0.0)
        secure = await self.serve(backend.asgi, self.leaf)
        self.edge.join(self.backend_host, backend.asgi)
        await backend.start(plain_url=f"http://127.0.0.1:{for_functions.port}")
        self.database_url = backend.database_url
        self.map(self.backend_host, self.backend_port, secure.port)
        self.map(MANAGEMENT_HOST, 443, secure.port)

    def addresses(self) -> Addresses:
        """Where all of it is reached."""
        return Addresses(
            hosts=self.hosts,
            ca_pem=self.authority.ca_pem,
            spki=self.leaf.spki,
            database_url=self.database_url,
            control=self.control,
            hosting_url=self.hosting_url,
        )

    def _backend(self) -> Backend:
        from prodworthy.local.backend.backend import Backend  # noqa: PLC0415 - a front end alone starts faster

        return Backend(
            app=Path(self.embedded.app).resolve(),
            keys=dict(self.embedded.keys),
            users=tuple(self.embedded.users),
            backend_url=str(self.embedded.backend),
            progress=self.progress,
        )

    def _leaf(self) -> Leaf:
        names = [*self.domains, self.backend_host, MANAGEMENT_HOST] if self.backend_host else self.domains
        try:
            return self.authority.issue([*names, HOSTING_HOST, LOGIN_HOST, "*.vercel.app"])
        except ValueError as error:
            raise DeploymentFailed(f"not all of {', '.join(names)} are host names: {error}") from None

    async def serve(self, app: App, tls: Leaf | None, delay: float | None = None) -> Server:
        """One more server, taken down with the rest."""
        server = await serve(_delayed(app, self.embedded.delay if delay is None else delay), tls=tls)
        self.stack.push_async_callback(server.close)
        return server

    def map(self, host: str, port: int, to: int) -> None:
        """Clients find `host`:`port` at the loopback port `to`."""
        self.hosts[f"{host}:{port}"] = f"127.0.0.1:{to}"


Composed = Callable[[Embedded, AsyncExitStack, Progress], Composition]


def _host_and_port(url: str | None) -> tuple[str | None, int]:
    parts = urlsplit(url or "")
    if url and (parts.scheme != "https" or not parts.hostname):
        raise DeploymentFailed(f"the backend must be given as https://<host>, not {url!r}")
    return parts.hostname, parts.port or 443


def _delayed(app: App, seconds: float) -> App:
    """`app` as if it were `seconds` away (one round trip per request)."""
    if seconds <= 0:
        return app

    async def delayed(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        await asyncio.sleep(seconds)
        await app(scope, receive, send)

    return delayed
