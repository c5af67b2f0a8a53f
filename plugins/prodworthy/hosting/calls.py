"""One call to the platform's API and what became of it; reads are repeated where that can help, nothing else is."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx

from prodworthy import __version__
from prodworthy.hosting import manners
from prodworthy.hosting.errors import (
    HostingError,
    NotSent,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unavailable,
    Unintelligible,
)
from prodworthy.hosting.mask import Mask
from prodworthy.hosting.patience import Patience
from prodworthy.hosting.reading import Problem, problem
from prodworthy.hosting.transport import CONNECT, WHOLE, within
from prodworthy.model.text import clean

MOST = 16 * 2**20  # bytes of a body
# of those who stand between: when they gave up waiting, or want it again, it may have been carried out
BETWEEN = frozenset({408, 425, 499})
NO_HINT = 1.0  # seconds to wait at least after a 429 that does not say how long

# nothing of the request has left; errors in opening a tunnel or in TLS are among them
BEFORE_SENDING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)

Got = TypeVar("Got")


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True, kw_only=True)
class Calls:
    """Sends requests with the token and the team's scope; belongs to one project at one host."""

    api: str
    token: str = field(repr=False)
    scope: Mapping[str, str]  # query parameters of every call: the team
    mask: Mask  # for what must never be repeated, also where the platform does
    reads: httpx.BaseTransport
    writes: httpx.BaseTransport
    patience: Patience
    waiting: Callable[[str, float], None] | None = None  # told why before each wait of so many seconds
    _earliest: dict[str, float] = field(default_factory=dict)  # of the next read of a kind, by patience.clock

    def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The JSON object that is answered; raises HostingError when patience is at its end."""
        call = self.hidden(f"GET {path}")
        return self._persist(lambda: self._object(call, self._read(call, path, query or {})))

    def post(self, path: str, query: Mapping[str, str] | None = None) -> int:
        """The status of an accepted request; one POST with an empty JSON object, whatever comes of it."""
        call = self.hidden(f"POST {path}")
        raw = self._send(call, path, query or {}, self.writes, b"{}")
        self._refuse(call, raw)
        return raw.status

    def close(self) -> None:
        """End every connection."""
        self.reads.close()
        self.writes.close()

    def _persist(self, attempt: Callable[[], Got]) -> Got:
        began = self.patience.clock()
        waits = self.patience.waits()
        while True:
            try:
                return attempt()
            except Rejected:
                raise
            except HostingError as error:
                wait = _wait(error, next(waits, None))
                late = self.patience.clock() - began + (wait or 0.0) > self.patience.total
                if wait is None or late or (_asked(error) or 0.0) > self.patience.asked:
                    raise
                why, wait = _reason(error), self.patience.varied(wait)
            self._wait(why, wait)

    def _wait(self, why: str, seconds: float) -> None:
        if self.waiting:
            self.waiting(why, seconds)
        self.patience.sleep(seconds)

    def _read(self, call: str, path: str, query: Mapping[str, str]) -> Raw:
        """Slowed down where the platform says that few requests are left."""
        kind = _kind(path)
        early = self._earliest.get(kind, 0.0) - self.patience.clock()
        if early > 0:
            self._wait("the host leaves few requests", early)
        raw = self._send(call, path, query, self.reads, None)
        self._earliest[kind] = self.patience.clock() + manners.pause(raw.headers, datetime.now(UTC))
        self._refuse(call, raw)
        return raw

    def _send(
        self, call: str, path: str, query: Mapping[str, str], way: httpx.BaseTransport, content: bytes | None
    ) -> Raw:
        request = self._request(call.partition(" ")[0], path, query, content)
        try:
            with within(WHOLE):
                return _exchanged(way, request)
        except BEFORE_SENDING as error:
            ended: HostingError = NotSent(self._said(call, "not reached", _told(error)), call=call)
        except _Unfit as error:
            ended = Unintelligible(self._said(call, str(error)), call=call)
        except Exception as error:  # noqa: BLE001  # hostile bytes make the libraries below raise nearly anything
            ended = OutcomeUnknown(self._said(call, "the connection ended too early", _told(error)), call=call)
        raise ended  # not within the handlers: what the libraries say may hold what was sent

    def _request(self, method: str, path: str, query: Mapping[str, str], content: bytes | None) -> httpx.Request:
        headers = {
            "accept": "application/json",
            "accept-encoding": "gzip",
            "authorization": f"Bearer {self.token}",
            "user-agent": f"prodworthy/{__version__} (+deployment verification)",
        }
        if content is not None:
            headers["content-type"] = "application/json"
        timeout = httpx.Timeout(WHOLE, connect=CONNECT).as_dict()
        return httpx.Request(
            method,
            f"{self.api}{path}",
            params={**query, **self.scope},
            headers=headers,
            content=content,
            extensions={"timeout": timeout},
        )

    def _refuse(self, call: str, raw: Raw) -> None:
        """Raises for every answer but 2xx."""
        if 200 <= raw.status < 300:
            return
        found = problem(self._lenient(raw.body))
        said = self._masked(found)
        text = self._said(call, str(raw.status), " ".join(filter(None, [said.code, said.message])))
        wait = manners.retry_after(raw.headers, found.details, datetime.now(UTC))
        if raw.status == 429:
            raise Throttled(text, call=call, retry_after=wait)
        if raw.status >= 500:
            raise Unavailable(text, call=call, status=raw.status, retry_after=wait)
        if raw.status in BETWEEN or (call.startswith("POST ") and 400 <= raw.status < 500 and not found.own):
            raise OutcomeUnknown(f"{text}: not the API's own refusal", call=call)
        if raw.status < 400:
            raise Unintelligible(self._said(call, f"{raw.status}, which is not followed with the token"), call=call)
        raise Rejected(
            text, call=call, status=raw.status, platform_code=said.code, message=said.message, flags=said.flags
        )

    def _object(self, call: str, raw: Raw) -> dict[str, Any]:
        found = self._lenient(raw.body)
        if isinstance(found, dict):
            return found
        what = "JSON, but no object"
        if found is None:
            what = "an answer that is not JSON" if raw.body.strip() else "an empty answer"
        raise Unintelligible(self._said(call, what), call=call)

    def _masked(self, found: Problem) -> Problem:
        return replace(found, code=self.hidden(found.code), message=self.hidden(found.message))

    def _said(self, call: str, *parts: str) -> str:
        return self.hidden(": ".join(part for part in (call, *parts) if part))

    def hidden(self, text: str) -> str:
        """The text without our secrets, fit for a terminal; masked before it is cut, so that no part of one is left."""
        return clean(self.mask.text(text), 400)

    def _lenient(self, body: bytes) -> Any:
        """None for what is not JSON; not an error, which would keep the body and the secrets in it."""
        try:
            return self.mask.data(json.loads(body))
        except (ValueError, RecursionError):
            return None


class _Unfit(Exception):
    """A body that is not taken; the text says why."""


def _exchanged(way: httpx.BaseTransport, request: httpx.Request) -> Raw:
    """Raises _Unfit, and whatever the libraries raise."""
    response = way.handle_request(request)
    try:
        body = _bounded(response.stream, MOST)  # type: ignore[arg-type]  # of a BaseTransport always a SyncByteStream
    finally:
        response.close()
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    return Raw(status=response.status_code, headers=response.headers, body=_decoded(body, encoding))


def _bounded(chunks: Iterable[bytes], most: int) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > most:
            raise _Unfit(f"an answer of more than {most // 2**20} MB")
    return bytes(body)


def _decoded(body: bytes, encoding: str) -> bytes:
    if encoding in {"", "identity"} or not body:
        return body
    if encoding not in {"gzip", "x-gzip"}:
        raise _Unfit("an answer in an encoding that was not asked for")
    decoder = zlib.decompressobj(wbits=31)
    try:
        plain = decoder.decompress(body, MOST)
    except zlib.error:
        raise _Unfit("an answer whose compression is broken") from None
    if decoder.unconsumed_tail:
        raise _Unfit(f"an answer of more than {MOST // 2**20} MB")
    return plain


def _told(error: Exception) -> str:
    """What a library says, or its class where it says nothing."""
    return clean(str(error)) or type(error).__name__


def _kind(path: str) -> str:
    """Calls that share a limit, roughly: "/v13/deployments"."""
    return "/".join(path.split("/")[:3])


def _reason(error: HostingError) -> str:
    """Why we wait, in few words."""
    match error:
        case Throttled():
            return "the host throttles"
        case Unavailable():
            return "the host fails on its own side"
        case Unintelligible():
            return "the host's answer cannot be understood"
    return "the host cannot be reached" if isinstance(error, NotSent) else "the host did not answer"


def _asked(error: HostingError) -> float | None:
    return error.retry_after if isinstance(error, Throttled | Unavailable) else None


def _wait(error: HostingError, own: float | None) -> float | None:
    """Ours, or what the platform asks for if that is longer; None: no further attempt."""
    if own is None:
        return None
    asked = _asked(error)
    if asked is None:
        asked = NO_HINT if isinstance(error, Throttled) else 0.0
    return max(own, asked)
