"""The protection bypass: the secret that opens a protected deployment, shown to the origins under verification alone.

https://vercel.com/docs/deployment-protection/methods-to-bypass-deployment-protection/protection-bypass-automation
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import httpx

from prodworthy.evidence.sending import BYPASS, MASK
from prodworthy.model import Answer, Target

COOKIE = "_vercel_jwt"  # what the platform calls its cookie; no rule judges it: it is not the app's

LEAST = 8  # characters of a secret that is looked for in answers
UNHEARD = b"\0prodworthy\0"


class Bypass:
    """Knows who is shown the secret, and takes what it brings out of what comes back."""

    def __init__(self, target: Target) -> None:
        declared = target.hosting.bypass if target.hosting else None
        self._secret = declared.value if declared else None
        # nobody's secret is a word that an app may say for reasons of its own
        self._told = self._secret.encode() if self._secret and len(self._secret) >= LEAST else UNHEARD
        self._origins = frozenset(origins(target)) if self._secret else frozenset()

    def opens(self, url: str) -> bool:
        """Whether requests to this address carry it, or what a browser got in its place."""
        try:
            return bool(self._origins) and url.startswith("https://") and origin_of(url) in self._origins
        except httpx.InvalidURL:  # browsers take more than RFC 3986 does
            return False

    def fields(self, url: str) -> Mapping[str, str]:
        """The header field for a request to this address, if it gets one."""
        return {BYPASS: self._secret} if self._secret and self.opens(url) else {}

    def without(self, answer: Answer, *, cookie: bool = False) -> Answer:
        """The answer as the app gave it: no cookie of the platform's, unless it is wanted, nor the secret said back."""
        kept = tuple(each for each in answer.fields if cookie or not is_pass(*each))
        hidden = tuple((name, self._hidden(value)) for name, value in kept)
        return replace(answer, fields=hidden, body=answer.body.replace(self._told, MASK.encode()))

    def _hidden(self, text: str) -> str:
        return text.replace(self._told.decode(), MASK)


def origins(target: Target) -> tuple[str, ...]:
    """Scheme, host and port of everything that is under verification and asked over TLS."""
    urls = [httpx.URL(each) for each in (target.url, *target.domains)]
    return tuple(dict.fromkeys(origin_of(url) for url in urls if url.scheme == "https"))


def origin_of(url: httpx.URL | str) -> str:
    """As it is compared: in lower case, without a port that goes without saying."""
    parts = httpx.URL(url)
    return f"{parts.scheme}://{parts.netloc.decode('ascii')}"


def is_pass(name: str, value: str) -> bool:
    """Whether a header line sets the platform's cookie."""
    return name == "set-cookie" and value.partition("=")[0].strip() == COOKIE
