"""One Supabase project for the length of one run: its database, and the services in front of it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from prodworthy.local import migrations
from prodworthy.local.backend import project as projects
from prodworthy.local.backend.auth import Auth
from prodworthy.local.backend.database import Pool
from prodworthy.local.backend.functions import Functions
from prodworthy.local.backend.gateway import Gateway
from prodworthy.local.backend.keys import Keyring
from prodworthy.local.backend.management import Deployed, Management
from prodworthy.local.backend.messages import Receive, Scope, Send
from prodworthy.local.backend.project import Project
from prodworthy.local.backend.realtime import Realtime
from prodworthy.local.backend.rest import Rest
from prodworthy.local.backend.storage import Storage
from prodworthy.local.postgres import Postgres
from prodworthy.model.network import MANAGEMENT_HOST

_EXPOSE = """
alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;
alter default privileges in schema public grant all on routines to anon, authenticated, service_role;
"""  # what projects from before 2026-05-30 had; `[api] auto_expose_new_tables = true` asks for it


class Backend:
    """A project made from an app's `supabase/` folder. `start` it, serve `asgi`, `stop` it."""

    def __init__(
        self,
        *,
        app: Path,
        keys: Mapping[str, str],
        users: Sequence[Mapping[str, str]] = (),
        backend_url: str,
        progress: Callable[[str], None],
    ) -> None:
        self._project: Project = projects.read(app)
        self._users = tuple(users)
        self._progress = progress
        self._keyring = Keyring.of(backend_url, keys)
        self._url = backend_url
        self._postgres: Postgres | None = None
        self._pools: list[Pool] = []
        self._rest: Rest | None = None
        self._functions: Functions | None = None
        self._gateway: Gateway | None = None
        self._management: Management | None = None
        self._name = app.name

    @property
    def database_url(self) -> str:
        """Address of the database with full rights; valid between start and stop."""
        assert self._postgres is not None, "not started"
        return self._postgres.url

    @property
    def management(self) -> Management:
        """The platform's management API; valid between start and stop."""
        assert self._management is not None, "not started"
        return self._management

    @property
    def service_key(self) -> str:
        """The secret key; made up if none was given."""
        return self._keyring.secret

    async def start(self, *, plain_url: str) -> None:
        """Bring up the database, apply migrations and seeds, and answer requests.

        `plain_url` is where the functions' own code reaches the gateway. Raises PostgresFailed, MigrationFailed.
        """
        try:
            await self._start(plain_url)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End everything and remove the data."""
        if self._functions:
            await self._functions.stop()
        if self._rest:
            await self._rest.stop()
        for pool in self._pools:
            await pool.close()
        if self._postgres:
            await self._postgres.stop()
        self._functions, self._rest, self._pools, self._postgres = None, None, [], None

    async def asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The project's address as an ASGI app; http and websocket. Under the management API's name, that one."""
        assert self._gateway is not None, "not started"
        await (self.management if _host(scope) == MANAGEMENT_HOST else self._gateway)(scope, receive, send)

    async def _start(self, plain_url: str) -> None:
        project = self._project
        self._progress("starting Postgres")
        self._postgres = postgres = await Postgres.start()
        self._functions = Functions(
            project=project,
            keyring=self._keyring,
            folder=postgres.folder / "functions",
            environment=self._function_environment(plain_url, postgres.url),
            log=logging.getLogger(__name__).warning,
        )
        self._functions.launch()
        full = Pool(postgres.socket("supabase_admin"), limit=4)
        callers = Pool(postgres.socket("authenticator"))
        reader = Pool(postgres.socket("supabase_read_only_user"), limit=4)
        self._pools = [full, callers, reader]
        if project.auto_expose_new_tables:
            owner = Pool(postgres.socket("postgres"))
            self._pools.append(owner)
            await owner.rows(_EXPOSE)
        self._progress("applying migrations")
        await migrations.apply(
            postgres.socket("postgres"), project.migrations, seeds=project.seeds, progress=self._progress
        )
        auth = Auth(pool=full, keyring=self._keyring, project=project)
        for user in self._users:
            await auth.create_user(user["email"], user["password"])
        self._rest = Rest(
            pool=callers,
            catalogue=full,
            listening=postgres.socket("authenticator"),
            keyring=self._keyring,
            schemas=project.schemas,
            search_path=project.extra_search_path,
            max_rows=project.max_rows,
            host=self._url.split("://")[-1],
        )
        await self._rest.start()
        self._gateway = Gateway(
            keyring=self._keyring,
            auth=auth,
            rest=self._rest,
            storage=Storage(
                pool=callers, full=full, keyring=self._keyring, rest=self._rest, folder=postgres.folder / "objects"
            ),
            realtime=Realtime(pool=full, keyring=self._keyring),
            functions=self._functions,
        )

        self._management = Management(
            keyring=self._keyring,
            deployed=Deployed(ref=self._keyring.ref, folder=project.folder, functions=project.functions),
            reader=reader,
            full=full,
            schemas=project.schemas,
            name=self._name,
        )

    def _function_environment(self, plain_url: str, database_url: str) -> dict[str, str]:
        """What the platform puts into every function's environment."""
        keyring = self._keyring
        return {
            "SUPABASE_URL": plain_url,
            "SUPABASE_ANON_KEY": keyring.legacy("anon"),
            "SUPABASE_SERVICE_ROLE_KEY": keyring.legacy("service_role"),
            "SUPABASE_PUBLISHABLE_KEYS": json.dumps({"default": keyring.publishable}),
            "SUPABASE_SECRET_KEYS": json.dumps({"default": keyring.secret}),
            "SUPABASE_JWKS": json.dumps(keyring.jwks()),
            "SUPABASE_DB_URL": database_url,
        }


def _host(scope: Scope) -> str:
    """Which name a client asks for, without a port."""
    named = next((value for name, value in scope.get("headers", ()) if name in {b"host", b":authority"}), b"")
    return str(named.decode("latin-1").partition(":")[0].lower())
