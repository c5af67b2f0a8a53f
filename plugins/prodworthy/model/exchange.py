"""One HTTP request with everything that was seen of its answer."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from prodworthy.model.wall import in_place_of_the_app

HTML = frozenset({"text/html", "application/xhtml+xml"})  # media types that browsers render as documents


class Cause(StrEnum):
    """Why something could not be observed."""

    NETWORK = "network"  # connect, DNS, reset, timeout: perhaps the runner's own
    CERTIFICATE = "certificate"  # presented, but not trusted: nothing more was sent
    WALL = "wall"  # somebody other than the app answered
    BOUND = "bound"  # too large, too slow, too many: stopped looking
    SECRET = "secret"  # noqa: S105  # a named environment variable is not set
    CONFIGURATION = "configuration"  # the targets file does not say what to expect
    ENGINE = "engine"  # a browser, validator or library of ours did not work
    BUG = "bug"  # an exception in a check


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that could not be observed, and why; never a finding."""

    what: str  # "GET https://shop.test/about", "check supabase"
    why: str  # one sentence, with the remedy where there is one
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Where the time of one exchange went; seconds, None where it did not happen (a reused connection)."""

    connect: float | None = None
    tls: float | None = None
    first_byte: float | None = None  # from sending to the first byte of the answer's head
    transfer: float | None = None  # from there to the last byte of the body
    total: float = 0.0  # all of it, and waiting for a connection that another request opens

    @property
    def answering(self) -> float:
        """From sending to the last byte, whatever opening a connection took."""
        if self.first_byte is None or self.transfer is None:
            return self.total - (self.connect or 0.0) - (self.tls or 0.0)
        return self.first_byte + self.transfer


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The leaf certificate that a server presented."""

    subject: str
    issuer: str
    names: tuple[str, ...]  # subject alternative names
    not_before: datetime  # UTC
    not_after: datetime  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """What was negotiated, and whether the chain is trusted for the name that was asked."""

    protocol: str  # "TLSv1.3"
    cipher: str
    certificate: Certificate | None
    problem: str | None = None  # why it is not trusted, in the library's words; None: trusted


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One response. Field lines stay apart and in order; the body is decoded and capped."""

    status: int
    http: str  # "HTTP/2", "HTTP/1.1"
    fields: tuple[tuple[str, str], ...]  # names in lower case, control characters removed
    body: bytes = field(default=b"", repr=False)
    transferred: int = 0  # bytes of the body as they crossed the wire, before decoding
    timings: Timings = Timings()
    tls: Tls | None = None
    received: datetime | None = None  # UTC

    def lines(self, name: str) -> tuple[str, ...]:
        """Every field line of that name (lower case), in order."""
        return tuple(value for key, value in self.fields if key == name)

    def header(self, name: str) -> str | None:
        """The first field line of that name (lower case)."""
        return next(iter(self.lines(name)), None)

    @property
    def media_type(self) -> str:
        """The content type without parameters, in lower case; empty when there is none."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as text; what is not UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON; raises ValueError when it is not."""
        try:
            return json.loads(self.body)
        except RecursionError:
            raise ValueError("nested too deeply") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why there is no complete answer."""

    cause: Cause
    text: str  # one line, no secrets
    redirect_loop: bool = False  # judged by the health check, not a gap
    late: bool = False  # the request went out whole; its answer did not come in time, or not to its end
    tls: Tls | None = None  # what was presented, when TLS is the reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One earlier try of the same request that failed."""

    text: str
    elapsed: float  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and what came of it."""

    method: str
    url: str
    purpose: str  # what it was asked for, in words
    sent: tuple[tuple[str, str], ...] = ()  # header fields of our own, secrets already masked
    answer: Answer | None = None  # the last answer; kept when a bound cut it short
    hops: tuple[Answer, ...] = ()  # same-origin redirects that were followed to it
    failure: Failure | None = None
    wall: str | None = None  # who answered instead of the app: "deployment protection", "project paused"
    attempts: tuple[Attempt, ...] = ()  # failed tries before this one

    @property
    def answered(self) -> Answer | None:
        """The app's own complete answer, if there is one: the only thing that rules may judge."""
        return self.answer if self.failure is None and self.wall is None else None

    @property
    def gap(self) -> Gap | None:
        """What is missing when this exchange cannot be judged."""
        what = f"{self.method} {self.url}"
        if self.wall:
            return Gap(what=what, why=in_place_of_the_app(self.wall), cause=Cause.WALL)
        if self.failure and not self.failure.redirect_loop:
            return Gap(what=what, why=self.failure.text, cause=self.failure.cause)
        return None


def gaps_in(exchanges: Iterable[Exchange | None]) -> tuple[Gap, ...]:
    """The gaps of several exchanges, each once."""
    return tuple(dict.fromkeys(gap for exchange in exchanges if exchange and (gap := exchange.gap)))


def unread_in(exchanges: Iterable[Exchange]) -> tuple[Gap, ...]:
    """The same for who needs what lies behind a redirect loop: the health check judges it, nobody sees past it."""
    return tuple(dict.fromkeys(gap for exchange in exchanges if (gap := exchange.gap or _loop(exchange))))


def _loop(exchange: Exchange) -> Gap | None:
    if exchange.failure is None or not exchange.failure.redirect_loop:
        return None
    return Gap(what=f"{exchange.method} {exchange.url}", why=exchange.failure.text, cause=exchange.failure.cause)
