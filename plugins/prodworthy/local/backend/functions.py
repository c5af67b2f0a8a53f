"""Edge functions (`/functions/v1`): the app's own code in Deno, behind the platform's checks and with its errors.

Each function is a process of its own, started in the background; the first call waits for it, for a while.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import secrets
import signal
import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import jwt
from deno import find_deno_bin

from prodworthy.local.backend.imports import import_map
from prodworthy.local.backend.keys import BadToken, Keyring
from prodworthy.local.backend.messages import Request, Response, json_response
from prodworthy.local.backend.project import FunctionSource, Project
from prodworthy.local.cache import cache
from prodworthy.local.lifeline import dies_with_parent

_HOST = Path(__file__).with_name("host.ts")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BOOT_PATIENCE = 30.0  # seconds that a call waits for its function to listen
_IDLE_PATIENCE = 150.0  # seconds to the first byte, as on the platform
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "proxy-connection"}
)
_REGION = "local"


class PlatformError(Exception):
    """An answer that the platform gives for a function."""

    def __init__(self, status: int, code: str, message: str, *, ran: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.ran = ran  # whether the function's code had its turn

    def response(self) -> Response:
        """The answer, with the code in the header as well."""
        body = {"code": self.code, "message": str(self)}
        return json_response(self.status, body, {"sb-error-code": self.code})


@dataclass(slots=True, kw_only=True)
class Worker:
    """The process of one function; `port` is known once it listens."""

    source: FunctionSource
    process: asyncio.subprocess.Process
    nonce: str
    port: asyncio.Future[int]
    listening: asyncio.Task[None] | None = None
    said: deque[str] = field(default_factory=lambda: deque(maxlen=40))

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return self.process.returncode is not None


class Functions:
    """Runs an app's functions and answers for them."""

    def __init__(
        self,
        *,
        project: Project,
        keyring: Keyring,
        folder: Path,
        environment: Mapping[str, str],
        log: Callable[[str], None],
    ) -> None:
        self._project = project
        self._keyring = keyring
        self._folder = folder  # private to this run
        self._environment = dict(environment)
        self._log = log
        self._workers: dict[str, asyncio.Task[Worker]] = {}
        self._client = httpx.AsyncClient(timeout=httpx.Timeout(_IDLE_PATIENCE, connect=5.0), trust_env=False)

    def launch(self) -> None:
        """Start every function's process; does not wait for any."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for slug in self._project.functions:
            self._boot(slug)

    async def stop(self) -> None:
        """End every process."""
        await self._client.aclose()
        for task in self._workers.values():
            if not task.done():
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError, ValueError):
                await _end(await task)
        self._workers.clear()

    async def answer(self, request: Request) -> Response:
        """Answer one request below `/functions/v1`."""
        execution = {"x-deno-execution-id": str(uuid.uuid4())}
        served = {"x-served-by": "supabase-edge-runtime", "x-sb-edge-region": _region(request)}
        try:
            source = self._find(request)
            if source.verify_jwt and request.method != "OPTIONS":
                self._check_token(request)
            response = await self._invoke(source, request)
        except PlatformError as error:
            return error.response().with_headers(served | (execution if error.ran else {}))
        return response.with_headers(served | execution)

    # before the function ---------------------------------------------------------------------------------------------

    def _find(self, request: Request) -> FunctionSource:
        if request.method not in _METHODS:
            raise PlatformError(405, "METHOD_NOT_ALLOWED", f"Method {request.method} is not allowed")
        slug = request.path.strip("/").partition("/")[0]
        if slug not in self._project.functions:
            raise PlatformError(404, "NOT_FOUND", "Requested function was not found")
        return self._project.functions[slug]

    def _check_token(self, request: Request) -> None:
        """`verify_jwt`: some token of this project, not necessarily a user's."""
        if "authorization" not in request.headers:
            raise PlatformError(401, "UNAUTHORIZED_NO_AUTH_HEADER", "Missing authorization header")
        try:
            algorithm = jwt.get_unverified_header(request.bearer or "").get("alg")
        except jwt.InvalidTokenError:
            raise PlatformError(401, "UNAUTHORIZED_INVALID_JWT_FORMAT", "Invalid JWT") from None
        kinds = {"HS256": "LEGACY_JWT", "ES256": "ASYMMETRIC_JWT", "RS256": "ASYMMETRIC_JWT"}
        if algorithm not in kinds:
            raise PlatformError(401, "UNAUTHORIZED_UNSUPPORTED_TOKEN_ALGORITHM", "Unsupported JWT algorithm")
        try:
            self._keyring.claims(request.bearer or "")
        except BadToken:
            raise PlatformError(401, f"UNAUTHORIZED_{kinds[algorithm]}", "Invalid JWT") from None

    # the function ----------------------------------------------------------------------------------------------------

    async def _invoke(self, source: FunctionSource, request: Request) -> Response:
        worker = await self._worker(source)
        query = f"?{request.query_string}" if request.query_string else ""
        headers = [(name, value) for name, value in request.headers.items() if name not in _HOP_BY_HOP]
        forwarded = self._client.build_request(
            request.method, f"http://127.0.0.1:{worker.port.result()}{request.raw_path}{query}",
            headers=headers, content=request.body,
        )  # fmt: skip
        try:
            response = await self._client.send(forwarded, stream=True)
        except httpx.ReadTimeout:
            raise PlatformError(504, "IDLE_TIMEOUT", "Function timed out", ran=True) from None
        except httpx.TransportError:
            self._log(f"function {source.slug}: its process ended in the middle of a request")
            self._workers.pop(source.slug, None)
            await _end(worker)
            message = "Function exited due to an error (please check logs)"
            raise PlatformError(500, "WORKER_ERROR", message, ran=True) from None
        if f"x-{worker.nonce}" in response.headers:
            await response.aclose()
            message = "Function threw an error (please check logs)"
            raise PlatformError(500, "EDGE_FUNCTION_ERROR", message, ran=True)
        return await _passed_on(response, request)

    async def _worker(self, source: FunctionSource) -> Worker:
        """The function's process, listening; a new one if the last one died after it had been up."""
        for _ in range(2):
            try:
                worker = await asyncio.shield(self._workers.get(source.slug) or self._boot(source.slug))
                await asyncio.wait_for(asyncio.shield(worker.port), _BOOT_PATIENCE)
            except (TimeoutError, OSError, ValueError, ChildProcessError):
                break
            if not worker.ended:
                return worker
            del self._workers[source.slug]
        raise PlatformError(503, "BOOT_ERROR", "Function failed to start (please check logs)")

    def _boot(self, slug: str) -> asyncio.Task[Worker]:
        task = asyncio.create_task(self._spawn(self._project.functions[slug]), name=f"function {slug}")
        task.add_done_callback(lambda done: self._report(slug, done))
        self._workers[slug] = task
        return task

    def _report(self, slug: str, done: asyncio.Task[Worker]) -> None:
        if not done.cancelled() and (error := done.exception()):
            self._log(f"function {slug} does not boot: {error}")

    async def _spawn(self, source: FunctionSource) -> Worker:
        nonce = f"listening-{secrets.token_hex(8)}"
        process = await asyncio.create_subprocess_exec(
            *self._command(source), nonce, source.entrypoint.as_uri(), cwd=self._folder, env=self._child_environment(),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            limit=1 << 20, preexec_fn=dies_with_parent(signal.SIGKILL),
        )  # fmt: skip
        port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        worker = Worker(source=source, process=process, nonce=nonce, port=port)
        worker.listening = asyncio.create_task(self._listen(worker), name=f"output of {source.slug}")
        return worker

    def _command(self, source: FunctionSource) -> list[str]:
        root = self._project.folder / "functions"
        packages = _packages(self._project.folder)
        mapped = import_map(_sources(root, source), source.import_map, packages)
        map_file = self._folder / f"{source.slug}.json"
        map_file.write_text(json.dumps(mapped), encoding="utf-8")
        readable = [root, source.entrypoint.parent, self._folder, *([packages, packages.resolve()] if packages else [])]
        return [
            _deno(), "run", "--quiet", "--no-prompt", "--no-config", "--no-lock", "--cached-only",
            "--node-modules-dir=manual", f"--import-map={map_file}", "--allow-net", "--deny-net=0.0.0.0", "--allow-env",
            "--allow-sys", f"--allow-read={','.join(str(path) for path in readable)}", str(_HOST),
        ]  # fmt: skip

    def _child_environment(self) -> dict[str, str]:
        fixed = {
            "DENO_DIR": str(cache() / "deno"),
            "DENO_NO_UPDATE_CHECK": "1",
            "NO_COLOR": "1",
            "PATH": os.defpath,
            "SB_REGION": _REGION,
        }
        return {**self._environment, **self._project.function_environment, **fixed}

    async def _listen(self, worker: Worker) -> None:
        """Follow what a process prints: its port, then its log; at the end, whether it ever came up."""
        assert worker.process.stdout is not None
        async for raw in worker.process.stdout:
            line = raw.decode(errors="replace").rstrip()
            if line.startswith(f"{worker.nonce} ") and not worker.port.done():
                worker.port.set_result(int(line.split()[1]))
            elif line:
                worker.said.append(line)
                self._log(f"function {worker.source.slug}: {line}")
        await worker.process.wait()
        if not worker.port.done():
            telling = (line for line in worker.said if re.match(r"error\b|.*Error:", line))
            reason = next(telling, worker.said[-1] if worker.said else "it ended at once")
            worker.port.set_exception(ChildProcessError(reason))
            worker.port.exception()  # looked at, or the event loop complains when no call ever waits for it
            self._log(f"function {worker.source.slug} does not boot: {reason}")


async def _passed_on(response: httpx.Response, request: Request) -> Response:
    """A function's answer as the platform passes it on; its body as it comes, the first part at once with the head."""
    headers: dict[str, str] = {}
    for name, value in response.headers.multi_items():
        if name not in _HOP_BY_HOP:
            headers[name] = f"{headers[name]}\n{value}" if name == "set-cookie" and name in headers else value
    if request.method == "GET" and headers.get("content-type", "").startswith("text/html"):
        headers["content-type"] = "text/plain"  # no web pages on the platform's own domain
    if response.status_code >= 500:
        headers.setdefault("sb-error-code", "EDGE_FUNCTION_ERROR")
    if "content-length" in headers or request.method == "HEAD":
        body = b"".join([part async for part in response.aiter_raw()])
        await response.aclose()
        return Response(status=response.status_code, headers=headers, body=body)
    return Response(status=response.status_code, headers=headers, body=_streamed(response))


async def _streamed(response: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for part in response.aiter_raw():
            yield part
    finally:
        await response.aclose()


async def _end(worker: Worker) -> None:
    with contextlib.suppress(ProcessLookupError):
        worker.process.kill()
    if worker.listening:
        await worker.listening


def _deno() -> str:
    try:
        return str(find_deno_bin())
    except FileNotFoundError:
        raise ChildProcessError("Deno is not installed: pip install deno (it is part of prodworthy[local])") from None


def _sources(root: Path, source: FunctionSource) -> Iterator[Path]:
    """The files that a function may be made of: its own and the shared ones."""
    folders = [source.entrypoint.parent, *(path for path in root.glob("_*") if path.is_dir())]
    for folder in folders:
        yield from (path for path in folder.rglob("*") if path.suffix in {".ts", ".tsx", ".js", ".mjs", ".jsx"})


def _packages(folder: Path) -> Path | None:
    """The app's `node_modules`: beside supabase/ or further up."""
    return next((path for parent in folder.resolve().parents if (path := parent / "node_modules").is_dir()), None)


def _region(request: Request) -> str:
    return request.headers.get("x-region") or request.asked("forceFunctionRegion") or _REGION
