"""Names: httpx transports that connect to where a deployment on this machine really listens."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any

import httpx

PORTS = {"https": 443, "http": 80}


def trusting(ca_pem: str) -> ssl.SSLContext:
    """What httpx trusts, and one certificate authority more."""
    context = httpx.create_ssl_context()
    context.load_verify_locations(cadata=ca_pem)
    return context


class Mapped(httpx.HTTPTransport):
    """One request after the other."""

    def __init__(self, hosts: Mapping[str, str], **options: Any) -> None:
        super().__init__(**options)
        self._hosts = hosts

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return super().handle_request(_located(request, self._hosts))


class AsyncMapped(httpx.AsyncHTTPTransport):
    """Many at once."""

    def __init__(self, hosts: Mapping[str, str], **options: Any) -> None:
        super().__init__(**options)
        self._hosts = hosts

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await super().handle_async_request(_located(request, self._hosts))


def _located(request: httpx.Request, hosts: Mapping[str, str]) -> httpx.Request:
    """The same request to the mapped address; the name stays in Host (or :authority) and in TLS's SNI."""
    name = request.url.host
    address, _, port = hosts[f"{name}:{request.url.port or PORTS[request.url.scheme]}"].rpartition(":")
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address, port=int(port)),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": name},
    )
