"""Requests: what is sent, what of it is shown, and what follows a redirect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import httpcore
import httpx

from prodworthy.evidence.decoding import ACCEPTED
from prodworthy.model import Answer, Target
from prodworthy.model.text import clean

BYPASS = "x-vercel-protection-bypass"
BYPASS_COOKIE = "x-vercel-set-bypass-cookie"
SECRETS = frozenset({"authorization", "apikey", "cookie", BYPASS})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MASK = "***"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A request, ready to go."""

    method: str
    url: httpx.URL
    fields: tuple[tuple[str, str], ...]  # names in lower case
    content: bytes | None

    @classmethod
    def of(cls, method: str, address: str, headers: Mapping[str, str], content: bytes | None) -> Sending:
        """Raises ValueError, whose text holds no value of a field."""
        fields = {"user-agent": user_agent(), "accept": "*/*", "accept-encoding": ACCEPTED}
        return cls(method=method, url=_url(address), fields=tuple(fields.items()), content=content).carrying(headers)

    def carrying(self, headers: Mapping[str, str]) -> Sending:
        """The same with these header fields; raises ValueError, whose text holds no value of a field."""
        fields = dict(self.fields) | {name.lower(): value for name, value in headers.items()}
        for name, value in fields.items():
            if any(ord(character) < 32 or ord(character) == 127 for character in value):
                raise ValueError(f"the value for the header field {name} holds a line break or control character")
        return replace(self, fields=tuple(fields.items()))

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.url.scheme}://{self.url.netloc.decode('ascii')}"

    def carries(self, name: str) -> bool:
        """Whether it has a header field of that name (lower case)."""
        return any(name == own for own, _ in self.fields)

    @property
    def shown(self) -> tuple[tuple[str, str], ...]:
        """The header fields without their secrets."""
        return tuple((name, MASK if name in SECRETS else value) for name, value in self.fields)

    def plain(self, extensions: dict[str, Any]) -> httpcore.Request:
        """The same in httpcore's words."""
        headers = [(b"host", self.url.netloc)]
        headers += [(name.encode("ascii", "replace"), value.encode()) for name, value in self.fields]
        if self.content is not None or self.method in {"POST", "PUT", "PATCH"}:
            headers.append((b"content-length", str(len(self.content or b"")).encode()))
        url = self.url
        return httpcore.Request(
            self.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=headers,
            content=self.content,
            extensions=extensions,
        )

    def redirected(self, answer: Answer) -> Sending | None:
        """The request that follows a redirect within the origin; None for any other answer."""
        location = answer.header("location")
        if answer.status not in REDIRECTS or not location:
            return None
        try:
            url = _url(str(self.url.join(location)))
        except (ValueError, httpx.InvalidURL):
            return None
        following = replace(self, url=url)
        if following.origin != self.origin:
            return None
        if answer.status == 303 or (answer.status in {301, 302} and self.method == "POST"):
            method = self.method if self.method == "HEAD" else "GET"  # as RFC 9110, section 15.4, lets clients do
            return replace(following, method=method, content=None)
        return following


def absolute(target: Target, url: str) -> str:
    """`url` itself, or the path of the target that it is."""
    return url if "://" in url.partition("?")[0] else f"{target.url.rstrip('/')}/{url.lstrip('/')}"


def _url(address: str) -> httpx.URL:
    """Raises ValueError."""
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ValueError(clean(f"not an address: {error}")) from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("not an address that can be asked: it needs http:// or https:// and a host")
    return url


def shown(address: str) -> str:
    """An address without the secrets that its query may hold."""
    head, mark, query = address.partition("?")
    parts = [
        f"{part.partition('=')[0]}={MASK}" if part.partition("=")[0] in SECRETS else part for part in query.split("&")
    ]
    return clean(head, 2000) + mark + clean("&".join(parts), 2000)


@lru_cache(maxsize=1)
def user_agent() -> str:
    """Who asks: stable and honest, so that a firewall can let it through by name."""
    try:
        return f"prodworthy/{version('prodworthy')} (+deployment verification)"
    except PackageNotFoundError:  # a checkout that is not installed
        return "prodworthy/0 (+deployment verification)"
