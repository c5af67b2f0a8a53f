"""The data API (`/rest/v1`): PostgREST's behaviour over the project's own database."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from prodworthy.local.backend.database import Identity, Pool, PoolExhausted, acting, rows
from prodworthy.local.backend.keys import BadToken, Caller, Keyring
from prodworthy.local.backend.messages import JSON, Request, Response, json_response
from prodworthy.local.backend.rest import openapi
from prodworthy.local.backend.rest.catalog import Catalog, Table, load
from prodworthy.local.backend.rest.problem import Problem, database_problem
from prodworthy.local.backend.rest.query import Selection, is_filter, names, selection
from prodworthy.local.backend.rest.statement import Shape, Statement, Write

_SINGLE = "application/vnd.pgrst.object+json"
_PRODUCED = (
    "application/json",
    _SINGLE,
    "application/vnd.pgrst.array+json",
    "application/openapi+json",
    "*/*",
    "application/*",
)
_READING = frozenset({"GET", "HEAD"})
_INSISTENCE = 0.2  # seconds until a task that lives on is cancelled again
_DEBOUNCE = 0.1  # seconds that a reload of the schema cache waits for more changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """The `Prefer` header."""

    returning: str = "minimal"
    count: str | None = None
    resolution: str | None = None
    missing: str | None = None
    handling: str | None = None
    max_affected: int | None = None

    @classmethod
    def of(cls, header: str) -> Preferences:
        """The preferences that are known; others are ignored, `tx` among them, as the platform is configured."""
        said = dict(part.strip().partition("=")[::2] for part in header.split(",") if "=" in part)
        limit = said.get("max-affected", "")
        return cls(
            returning=said.get("return", "minimal"),
            count=said.get("count"),
            resolution=said.get("resolution"),
            missing=said.get("missing"),
            handling=said.get("handling"),
            max_affected=int(limit) if limit.isdecimal() else None,
        )

    def applied(self, *relevant: str) -> dict[str, str]:
        """The header that confirms what was acted on."""
        values = {"return": self.returning, "count": self.count, "resolution": self.resolution, "missing": self.missing}
        said = [f"{name}={values[name]}" for name in relevant if values.get(name)]
        return {"preference-applied": ", ".join(said)} if said else {}


class Rest:
    """Answers the data API's requests; keeps the schema cache."""

    def __init__(
        self,
        *,
        pool: Pool,
        catalogue: Pool,
        listening: str,
        keyring: Keyring,
        schemas: Sequence[str],
        search_path: Sequence[str],
        max_rows: int,
        host: str,
    ) -> None:
        self._pool = pool
        self._catalogue = catalogue  # with full rights: the schema cache sees what no caller may
        self._listening = listening  # conninfo
        self._keyring = keyring
        self._schemas = tuple(schemas)
        self._search_path = tuple(search_path)
        self._max_rows = max_rows
        self._host = host
        self._catalog: Catalog | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Load the schema cache, and keep it up to date from here on."""
        await self.reload()
        self._task = asyncio.create_task(self._follow(), name="schema cache")

    async def stop(self) -> None:
        """Stop following; what is waited for below may take one cancellation for itself, so that one is not enough."""
        while self._task and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=_INSISTENCE)

    async def reload(self) -> None:
        """Read the schema cache anew."""
        self._catalog = await load(self._catalogue, self._schemas)

    def role_settings(self, role: str) -> Mapping[str, str]:
        """What `alter role ... set` says of a role."""
        return self._catalog.role_settings.get(role, {}) if self._catalog else {}

    async def answer(self, request: Request, caller: Caller, token: str | None) -> Response:
        """Answer one request; `token` is a user's, to be checked here as PostgREST checks it."""
        role = caller.role
        try:
            if token is not None:
                caller = self._signed_in(caller, token)
                role = caller.role
            return await self._route(request, caller)
        except Problem as problem:
            return problem.response()
        except PoolExhausted:
            message = "Timed out acquiring connection from connection pool."
            return Problem(504, "PGRST003", message).response()
        except psycopg.Error as error:
            return database_problem(error, role).response()

    def _signed_in(self, caller: Caller, token: str) -> Caller:
        try:
            claims = self._keyring.claims(token)
        except BadToken as error:
            if error.expired:
                raise Problem(401, "PGRST303", "JWT expired") from error
            raise Problem(401, "PGRST301", "No suitable key or wrong key type", details=str(error)) from error
        return Caller(role=str(claims.get("role", "anon")), claims=claims, kind=caller.kind)

    async def _route(self, request: Request, caller: Caller) -> Response:
        if self._catalog is None:
            raise Problem(503, "PGRST002", "Could not query the database for the schema cache. Retrying.")
        if request.method not in {"GET", "HEAD", "POST", "PATCH", "DELETE"}:
            raise Problem(405, "PGRST117", f"Unsupported HTTP method: {request.method}")
        _check_accept(request)
        schema = self._schema(request)
        place = [part for part in request.path.split("/") if part]
        if not place:
            document = openapi.describe(self._catalog, schema, self._host)
            return json_response(200, document, {"content-type": "application/openapi+json; charset=utf-8"})
        call = _Call(request=request, caller=caller, catalog=self._catalog, schema=schema, max_rows=self._max_rows)
        if len(place) == 1:
            plan = call.table_plan(place[0])
        elif len(place) == 2 and place[0] == "rpc":
            plan = call.function_plan(place[1])
        else:
            raise Problem(404, "PGRST125", "Invalid path specified in request URL")
        return await self._carry_out(plan, call)

    def _schema(self, request: Request) -> str:
        header = "accept-profile" if request.method in _READING else "content-profile"
        schema = request.headers.get(header, self._schemas[0])
        if schema not in self._schemas:
            hint = f"Only the following schemas are exposed: {', '.join(self._schemas)}"
            raise Problem(406, "PGRST106", f"Invalid schema: {schema}", hint=hint)
        return schema

    async def _carry_out(self, plan: _Plan, call: _Call) -> Response:
        async with acting(self._pool, self._identity(plan, call)) as connection:
            found = (await rows(connection, plan.sql, plan.parameters))[0]
            return call.response(plan, found)

    def _identity(self, plan: _Plan, call: _Call) -> Identity:
        request, caller = call.request, call.caller
        path = ", ".join(f'"{name}"' for name in dict.fromkeys((call.schema, *self._search_path)))
        return Identity(
            role=caller.role,
            claims=caller.claims,
            read_only=plan.read_only,
            settings={
                **self.role_settings(caller.role),
                "search_path": path,
                "request.method": request.method,
                "request.path": request.path,
                "request.headers": json.dumps(dict(request.headers)),
                "request.cookies": "{}",
            },
        )

    async def _follow(self) -> None:
        """Reload the schema cache whenever somebody says so; reconnect when the database was away."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._listening, autocommit=True) as connection:
                    await connection.execute(b"listen pgrst")
                    await self.reload()
                    async for notice in connection.notifies():
                        if notice.payload in {"", "reload schema", "reload config"}:
                            await asyncio.sleep(_DEBOUNCE)
                            await self.reload()
            except psycopg.Error:
                await asyncio.sleep(0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """One statement and how its answer is to be told."""

    sql: str
    parameters: list[object]
    shape: Shape
    selection: Selection
    read_only: bool
    status: int = 200
    bodiless: bool = False
    ranged: bool = False
    applied: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """A request with all that it takes to plan its statement."""

    request: Request
    caller: Caller
    catalog: Catalog
    schema: str
    max_rows: int

    @property
    def prefer(self) -> Preferences:
        return Preferences.of(self.request.headers.get("prefer", ""))

    def table_plan(self, name: str) -> _Plan:
        """The plan for `/<table>`."""
        table = self.catalog.table(self.schema, name)
        return self._reading(table) if self.request.method in _READING else self._writing(table)

    def function_plan(self, name: str) -> _Plan:
        """The plan for `/rpc/<function>`."""
        request, reading = self.request, self.request.method in _READING
        if not reading and request.method != "POST":
            raise Problem(405, "PGRST101", "Only GET, POST, and HEAD methods are allowed for RPC")
        given: Any = self._get_arguments(name) if reading else _parsed(request, {})
        whole = not isinstance(given, dict)
        function = self.catalog.function(self.schema, name, frozenset() if whole else frozenset(given))
        wanted = self._selection(own=frozenset(given) if reading else frozenset())
        statement = Statement(catalog=self.catalog)
        body = json.dumps(given) if reading else request.body.decode() or "{}"
        shape = self._shape(bodiless=request.method == "HEAD")
        return _Plan(
            sql=statement.call(function, {} if whole else given, body, wanted, shape),
            parameters=statement.parameters,
            shape=shape,
            selection=wanted,
            read_only=reading or function.volatility in {"i", "s"},
            status=204 if function.nothing else 200,
            bodiless=function.nothing or request.method == "HEAD",
            ranged=True,
            applied=self.prefer.applied("count"),
        )

    def _reading(self, table: Table) -> _Plan:
        wanted, shape = self._selection(), self._shape(bodiless=self.request.method == "HEAD")
        statement = Statement(catalog=self.catalog)
        return _Plan(
            sql=statement.read(table, wanted, shape), parameters=statement.parameters, shape=shape, selection=wanted,
            read_only=True, bodiless=self.request.method == "HEAD", ranged=True, applied=self.prefer.applied("count"),
        )  # fmt: skip

    def _writing(self, table: Table) -> _Plan:
        prefer, wanted = self.prefer, self._selection()
        shown = prefer.returning == "representation"
        verb = {"POST": "insert", "PATCH": "update", "DELETE": "delete"}[self.request.method]
        body = None if verb == "delete" else _parsed(self.request)
        columns = () if verb == "delete" else self._columns(table, body, one=verb == "update")
        write = Write(
            verb=verb, columns=columns, missing_default=prefer.missing == "default", resolution=prefer.resolution,
            on_conflict=tuple(names(self.request.asked("on_conflict"))), returning=shown,
        )  # fmt: skip
        shape = self._shape(bodiless=not shown)
        text = self.request.body.decode()
        if verb == "insert" and not isinstance(body, list):
            text = f"[{text}]"
        statement = Statement(catalog=self.catalog)
        return _Plan(
            sql=statement.write(table, write, wanted, text, shape), parameters=statement.parameters, shape=shape,
            selection=wanted, read_only=False, status=201 if verb == "insert" else 200 if shown else 204,
            bodiless=not shown, applied=prefer.applied("return", "count", "resolution", "missing"),
        )  # fmt: skip

    def _columns(self, table: Table, body: object, *, one: bool) -> tuple[str, ...]:
        """The columns that a body sets."""
        rows = body if isinstance(body, list) and not one else [body]
        if not all(isinstance(row, dict) for row in rows):
            raise Problem(400, "PGRST102", "Empty or invalid json")
        keys = [tuple(row) for row in rows if isinstance(row, dict)]
        if chosen := names(self.request.asked("columns")):
            columns = tuple(chosen)
        elif any(set(row) != set(keys[0]) for row in keys):
            raise Problem(400, "PGRST102", "All object keys must match")
        else:
            columns = keys[0] if keys else ()
        for column in columns:
            table.type_of(column)
        return columns

    def _get_arguments(self, name: str) -> dict[str, str]:
        """Parameters of an address that are arguments of the function, as against filters of its rows."""
        known = {
            argument.name
            for function in self.catalog.functions
            if (function.schema, function.name) == (self.schema, name)
            for argument in function.arguments
        }
        looks_like_filter = re.compile(r"(not\.)?[a-z]+(\([^)]*\))?\..*", re.DOTALL)
        return {
            key: value
            for key, value in self.request.query
            if is_filter(key) and (key in known or not looks_like_filter.fullmatch(value))
        }

    def _selection(self, own: frozenset[str] = frozenset()) -> Selection:
        wanted = selection([pair for pair in self.request.query if pair[0] not in own])
        if self.request.method in _READING or "/rpc/" in self.request.path:
            self._limit(wanted)
        return wanted

    def _limit(self, wanted: Selection) -> None:
        match = re.fullmatch(r"(?:items=)?(\d+)-(\d*)", self.request.headers.get("range", ""))
        if match and self.request.method == "GET":
            first = int(match[1])
            if match[2] and int(match[2]) < first:
                raise _unsatisfiable(
                    "The lower boundary must be lower than or equal to the upper boundary in the Range header."
                )
            wanted.offset += first
            if match[2]:
                wanted.limit = min(wanted.limit or self.max_rows, int(match[2]) - first + 1)
        wanted.limit = self.max_rows if wanted.limit is None else min(wanted.limit, self.max_rows)

    def _shape(self, *, bodiless: bool) -> Shape:
        accept = self.request.headers.get("accept", "*/*")
        return Shape(
            single=_SINGLE in accept,
            strip_nulls="nulls=stripped" in accept,
            counted=self.prefer.count is not None and self.request.method not in {"PATCH", "DELETE"},
            bodiless=bodiless,
        )

    def response(self, plan: _Plan, found: Mapping[str, Any]) -> Response:
        """The answer for what the statement returned; raised problems roll its transaction back."""
        page, total = found["page"], found["total"]
        if plan.shape.single and page != 1:
            raise Problem(
                406,
                "PGRST116",
                "Cannot coerce the result to a single JSON object",
                details=f"The result contains {page} rows",
            )
        self._check_affected(total)
        headers = {"content-type": f"{_SINGLE}; charset=utf-8" if plan.shape.single else JSON, **plan.applied}
        headers["content-profile"] = self.schema
        status = plan.status
        if plan.ranged:
            status = self._ranged(status, headers, plan, page, total)
        elif self.prefer.count:
            headers["content-range"] = f"*/{total}" if self.request.method == "POST" else _range(0, total, total)
        else:
            headers["content-range"] = "*/*" if self.request.method != "PATCH" else _range(0, total, None)
        headers.update(_set_by_the_database(found["response_headers"]))
        status = int(found["response_status"] or status)
        if plan.bodiless and self.request.method != "HEAD":
            headers.pop("content-type", None)
            return Response(status=status, headers=headers)
        return Response(status=status, headers=headers, body=b"" if plan.bodiless else str(found["body"]).encode())

    def _ranged(self, status: int, headers: dict[str, str], plan: _Plan, page: int, total: int | None) -> int:
        offset = plan.selection.offset
        if total is not None and offset > total:
            raise _unsatisfiable(f"An offset of {offset} was requested, but there are only {total} rows.")
        headers["content-range"] = _range(offset, page, total)
        return 206 if status == 200 and total is not None and page < total else status

    def _check_affected(self, total: int | None) -> None:
        strict = self.prefer.handling == "strict" and self.request.method in {"PATCH", "DELETE"}
        limit = self.prefer.max_affected if strict else None
        if limit is not None and total is not None and total > limit:
            message = "Query result exceeds max-affected preference constraint"
            raise Problem(400, "PGRST124", message, details=f"The query affects {total} rows")


def _check_accept(request: Request) -> None:
    accepted = [part.split(";")[0].strip() for part in request.headers.get("accept", "*/*").split(",")]
    if not any(kind in _PRODUCED for kind in accepted):
        raise Problem(406, "PGRST107", f"None of these media types are available: {', '.join(accepted)}")


def _parsed(request: Request, empty: object = None) -> Any:
    """The JSON of a body."""
    kind = request.headers.get("content-type", "application/json").split(";")[0].strip()
    if request.body and kind not in {"application/json", "application/vnd.pgrst.object+json"}:
        raise Problem(415, "PGRST102", f"Content-Type not acceptable: {kind}")
    if not request.body and empty is not None:
        return empty
    try:
        return json.loads(request.body)
    except ValueError:
        raise Problem(400, "PGRST102", "Empty or invalid json") from None


def _range(offset: int, page: int, total: int | None) -> str:
    rows = f"{offset}-{offset + page - 1}" if page else "*"
    return f"{rows}/{'*' if total is None else total}"


def _unsatisfiable(details: str) -> Problem:
    return Problem(416, "PGRST103", "Requested range not satisfiable", details=details)


def _set_by_the_database(text: str | None) -> Iterator[tuple[str, str]]:
    """Headers that SQL set for the answer: `response.headers`, a JSON array of objects."""
    for entry in json.loads(text) if text else []:
        for name, value in entry.items():
            yield name.lower(), str(value)
