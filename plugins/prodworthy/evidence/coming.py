"""Answers on their way in, within bounds, and why one did not come."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import h2.events
import httpcore

from prodworthy.evidence.decoding import Decoding, Overfull, Undecodable
from prodworthy.evidence.text import field_text
from prodworthy.evidence.transport import Unreachable, Wire
from prodworthy.model import Answer, Cause, Failure, Timings
from prodworthy.model.text import clean

PERHAPS_OUR_OWN = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a target cannot exceed; beyond it, looking stops."""

    decoded: int = 25_000_000  # bytes of a body
    transferred: int = 20_000_000  # bytes of a body as they cross the wire
    lines: int = 200  # of a header
    head: int = 60_000  # bytes of a header
    seconds: float = 20.0  # for one exchange, from its first byte sent to its last byte received
    connect: float = 10.0  # seconds for a connection and its TLS
    redirects: int = 10
    requests: int = 5000  # in a run
    run: float = 600.0  # seconds from the first request to the last


class Exceeded(Exception):
    """A bound was reached."""


class Coming:
    """An answer on its way in; what was there when a bound cut it short can still be told."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._moments: dict[str, float] = {}
        self._stream: int | None = None
        self._wire: Wire | None = None
        self._http = ""
        self._status = 0
        self._fields: tuple[tuple[str, str], ...] = ()
        self._decoding: Decoding | None = None
        self._transferred = 0

    @property
    def multiplexed(self) -> bool:
        """Whether the request went over HTTP/2, beside others."""
        return self._stream is not None

    @property
    def begun(self) -> bool:
        """Whether the answer's head is there."""
        return self._decoding is not None

    @property
    def asked(self) -> bool:
        """Whether the request went out whole, so that it was the other side's turn."""
        return "send_request_body.complete" in self._moments

    async def trace(self, name: str, info: dict[str, Any]) -> None:
        """Called by httpcore at every step."""
        step = name.partition(".")[2]
        self._moments[step] = time.perf_counter()
        if step == "send_request_headers.started":
            self._stream = info.get("stream_id")

    def begin(self, response: httpcore.Response) -> None:
        """The head is there. Raises Exceeded, Undecodable."""
        self._http = response.extensions.get("http_version", b"").decode("ascii", "replace")
        self._wire = response.extensions.get("network_stream")
        self._status = response.status
        size = sum(len(name) + len(value) for name, value in response.headers)
        if len(response.headers) > self._bounds.lines or size > self._bounds.head:
            most = f"{self._bounds.lines} lines in {self._bounds.head} bytes"
            raise Exceeded(f"the header has {len(response.headers)} lines in {size} bytes; at most {most} are read")
        self._fields = tuple((field_text(name).lower(), field_text(value)) for name, value in response.headers)
        codings = ",".join(value for name, value in self._fields if name == "content-encoding")
        self._decoding = Decoding(codings, self._bounds.decoded)

    def take(self, chunk: bytes) -> None:
        """Some of the body. Raises Exceeded, Undecodable."""
        assert self._decoding is not None
        self._transferred += len(chunk)
        if self._transferred > self._bounds.transferred:
            raise Exceeded(f"the body is larger than {_megabytes(self._bounds.transferred)}; stopped reading")
        try:
            self._decoding.take(chunk)
        except Overfull:
            raise Exceeded(
                f"the body decodes to more than {_megabytes(self._bounds.decoded)}; stopped reading after "
                f"{self._transferred} bytes"
            ) from None

    def finish(self) -> None:
        """That was all of it. Raises Undecodable."""
        assert self._decoding is not None
        self._decoding.finish()

    def keep(self, failure: Failure | None) -> bool:
        """Whether what there is of the answer is worth telling."""
        return self.begun and (failure is None or failure.cause is Cause.BOUND)

    def answer(self, total: float) -> Answer:
        """What there is; `total` in seconds."""
        return Answer(
            status=self._status,
            http=self._http,
            fields=self._fields,
            body=bytes(self._decoding.body) if self._decoding else b"",
            transferred=self._transferred,
            timings=Timings(
                connect=self._between("connect_tcp.started", "connect_tcp.complete"),
                tls=self._between("start_tls.started", "start_tls.complete"),
                first_byte=self._between("send_request_headers.started", "receive_response_headers.complete"),
                transfer=self._between("receive_response_headers.complete", "receive_response_body.complete"),
                total=total,
            ),
            tls=self._wire.tls if self._wire else None,
            received=datetime.now(UTC),
        )

    def breaks(self, error: Exception) -> bool:
        """Whether an HTTP/2 connection is of no use to anybody after `error`."""
        if not self.multiplexed or isinstance(error, TimeoutError | Exceeded | Undecodable):
            return False
        return not (error.args and isinstance(error.args[0], h2.events.StreamReset))

    async def abandon(self) -> None:
        """Tell the server that no more is wanted of this answer."""
        if self._wire and self._stream is not None:
            with contextlib.suppress(httpcore.NetworkError):
                await self._wire.reset(self._stream)

    def _between(self, start: str, end: str) -> float | None:
        if start not in self._moments or end not in self._moments:
            return None
        return self._moments[end] - self._moments[start]


def failure_of(error: Exception, coming: Coming, seconds: float) -> tuple[Failure, bool]:
    """Why there is no complete answer, and whether another try may help."""
    match error:
        case Unreachable():
            return Failure(cause=error.cause, text=clean(str(error)), tls=error.tls), not error.final
        case Exceeded():
            return Failure(cause=Cause.BOUND, text=str(error)), False
        case Undecodable():
            return Failure(cause=Cause.NETWORK, text=clean(str(error))), True
        case TimeoutError() if coming.begun:
            text = f"the answer was not complete after {seconds:.0f} s"
            return Failure(cause=Cause.BOUND, text=text, late=coming.asked), False
        case TimeoutError():
            return Failure(cause=Cause.NETWORK, text=f"no answer within {seconds:.0f} s", late=coming.asked), False
        case httpcore.LocalProtocolError():
            return Failure(
                cause=Cause.NETWORK, text="the request cannot be said in HTTP, or the connection ended"
            ), True
        case _:
            return Failure(cause=Cause.NETWORK, text=_broken(error)), isinstance(error, PERHAPS_OUR_OWN)


def _broken(error: Exception) -> str:
    detail = error.args[0] if error.args else error
    if isinstance(detail, h2.events.StreamReset):
        return f"the server gave the request up (HTTP/2 stream reset, error {detail.error_code})"
    if isinstance(detail, h2.events.ConnectionTerminated):
        return f"the server ended the connection (HTTP/2 GOAWAY, error {detail.error_code})"
    if isinstance(error, httpcore.NetworkError):
        return clean(str(error))
    said = str(error).partition(": bytearray(")[0]  # h11 quotes what it does not understand, in Python's words
    return clean(f"not intelligible as HTTP: {said or type(error).__name__}")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"
