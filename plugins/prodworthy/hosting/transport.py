"""Where bytes go: names to addresses, whom we trust, and no exchange that lasts for ever."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from functools import lru_cache
from ssl import SSLContext
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from prodworthy.model.network import Addresses

CONNECT = 5.0  # seconds
WHOLE = 30.0  # seconds for one exchange, however slowly its bytes come
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")  # where httpx looks for what the machine trusts

_until: ContextVar[float | None] = ContextVar("_until", default=None)  # by time.monotonic, of the present exchange


def opened(url: str, addresses: Addresses | None, *, keep: bool = True) -> httpx.HTTPTransport:
    """A way to the origin of `url`: to loopback for an embedded deployment, else as the machine's settings say.

    Without `keep` every exchange has a connection of its own, so that none is lost to one that the other side has just
    given up.
    """
    return Line(url, addresses, keep=keep)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let all that is read and written in the body take so long at most; raises httpx.TimeoutException."""
    token = _until.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _until.reset(token)


class Line(httpx.HTTPTransport):
    """httpx's own way, over connections that know the addresses and the time that is left."""

    def __init__(self, url: str, addresses: Addresses | None, *, keep: bool) -> None:
        # all that httpx's own __init__ does is to make a pool, which could not be told where to connect
        trusted = _trusted(addresses.ca_pem if addresses else None, *map(os.environ.get, CERTIFICATES))
        self._pool = _pool(trusted, _Network(addresses), None if addresses else _proxy(url), 4 if keep else 0)


@lru_cache(maxsize=8)
def _trusted(ca_pem: str | None, *_: str | None) -> SSLContext:
    """What the machine trusts, and an embedded deployment's own authority; reading it all takes a while."""
    context = httpx.create_ssl_context()
    if ca_pem:
        context.load_verify_locations(cadata=ca_pem)
    return context


def _pool(
    context: SSLContext, network: httpcore.NetworkBackend, proxy: str | None, kept: int
) -> httpcore.ConnectionPool:
    if proxy is None:
        return httpcore.ConnectionPool(ssl_context=context, network_backend=network, max_keepalive_connections=kept)
    through = httpx.Proxy(proxy)
    return httpcore.HTTPProxy(
        proxy_url=str(through.url),
        proxy_auth=through.raw_auth,
        ssl_context=context,
        network_backend=network,
        max_keepalive_connections=kept,
    )


def _proxy(url: str) -> str | None:
    """What the machine's settings send it through (HTTPS_PROXY, NO_PROXY); of SOCKS nothing is known here."""
    parts = urlsplit(url)
    found = getproxies()
    proxy = found.get(parts.scheme) or found.get("all")
    if not proxy or proxy_bypass(parts.netloc):
        return None
    address = proxy if "://" in proxy else f"http://{proxy}"
    return address if address.startswith(("http://", "https://")) else None


class _Network(httpcore.NetworkBackend):
    """Opens connections, to loopback for the names that are mapped."""

    def __init__(self, addresses: Addresses | None) -> None:
        self._addresses = addresses
        self._real = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """To the first of the name's addresses that accepts; the resolver's own time is not bounded."""
        host, port = self._place(host, port)
        stream = self._real.connect_tcp(
            host, port, _left(timeout, httpcore.ConnectTimeout), local_address, socket_options
        )
        return _Stream(stream)

    def _place(self, host: str, port: int) -> tuple[str, int]:
        """Of an embedded deployment nothing is ever asked anywhere else; raises httpcore.ConnectError."""
        if self._addresses is None or host in LOOPBACK:
            return host, port
        place, _, number = (self._addresses.of(host, port) or "").rpartition(":")
        if not place:
            raise httpcore.ConnectError(f"nothing of the embedded deployment listens at {host}:{port}")
        return place, int(number)

    def sleep(self, seconds: float) -> None:
        """Part of httpcore's interface."""
        time.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    """A connection whose reads and writes end when the exchange's time is up."""

    def __init__(self, real: httpcore.NetworkStream) -> None:
        self._real = real

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._real.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._real.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._real.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._real.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._real.get_extra_info(info)


def _left(timeout: float | None, over: type[httpcore.TimeoutException]) -> float | None:
    """Seconds that may be waited now; raises `over` when the exchange's time is up."""
    until = _until.get()
    if until is None:
        return timeout
    left = until - time.monotonic()
    if left <= 0:
        raise over("the time for one exchange is up")
    return left if timeout is None else min(left, timeout)
