"""One request as the edge sees it, before anything decides what to answer."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Host without port, in lower case; path and query as they were sent, still percent-encoded."""

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]  # names in lower case; repeated ones joined with ", "
    client: str = ""  # address

    @property
    def suffix(self) -> str:
        """The query with its question mark, or nothing."""
        return f"?{self.query}" if self.query else ""

    def cookies(self) -> dict[str, str]:
        """By name; a cookie header that cannot be read counts as none."""
        try:
            return {name: morsel.value for name, morsel in SimpleCookie(self.headers.get("cookie", "")).items()}
        except CookieError:
            return {}

    def queries(self) -> dict[str, str]:
        """By name, decoded, the last of repeated ones."""
        return {name: values[-1] for name, values in parse_qs(self.query, keep_blank_values=True).items()}


def request_from(scope: MutableMapping[str, Any]) -> Request:
    """What an ASGI server handed over."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        separator = "; " if key == "cookie" else ", "  # HTTP/2 clients may split cookies (RFC 9113, 8.2.3)
        headers[key] = f"{headers[key]}{separator}{text}" if key in headers else text
    return Request(
        method=scope["method"],
        host=headers.get("host", "").rsplit(":", 1)[0].lower(),
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        client=(scope.get("client") or ("",))[0] or "",
    )
