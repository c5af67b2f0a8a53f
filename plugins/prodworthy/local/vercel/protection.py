"""Deployment protection: who is let in, who gets the wall, and the ways around it that automation is given.

Source: https://vercel.com/docs/deployment-protection
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from prodworthy.local.edge.front import Answered
from prodworthy.local.edge.request import Request

if TYPE_CHECKING:
    from prodworthy.local.vercel.state import Deployed, ProjectState

BYPASS = "x-vercel-protection-bypass"  # header or query parameter
SET_COOKIE = "x-vercel-set-bypass-cookie"  # likewise; "true" or "samesitenone"
COOKIE = "_vercel_jwt"
NONCE = "_vercel_sso_nonce"
LOGIN = "https://vercel.com/sso-api"
KINDS = ("preview", "prod_deployment_urls_and_all_previews", "all_except_custom_domains", "all")
MITIGATIONS = {"challenge": 429, "deny": 403}  # what the firewall does -> status

_CHECKPOINT = (
    b'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Vercel Security Checkpoint</title></head>'
    b"<body><h1>Vercel Security Checkpoint</h1><p>We are verifying your browser.</p></body></html>\n"
)
_PAGE = (
    b'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Authentication Required</title></head>'
    b"<body><h1>Authentication Required</h1><p>This page requires authentication.</p></body></html>\n"
)


class Wall:
    """Stands before what the project protects."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)  # signs the cookies of those who were let in

    def mitigate(self, state: ProjectState, request: Request) -> Answered | None:
        """What the firewall answers instead of anything else; None: let through, as automation with the secret is."""
        if state.mitigation is None or self._bypasses(state, request):
            return None
        headers = {"cache-control": "private, no-store, max-age=0", "content-type": "text/html; charset=utf-8"}
        status = MITIGATIONS[state.mitigation]
        return Answered(status=status, headers={**headers, "x-vercel-mitigated": state.mitigation}, body=_CHECKPOINT)

    def stop(self, state: ProjectState, request: Request, deployed: Deployed, *, domain: bool) -> Answered | None:
        """What answers instead of the deployment; None: let in. `domain` tells that it was asked by one of ours."""
        if not _protected(state, request.host, deployed, domain=domain):
            return None
        if not state.bypass or not self._bypasses(state, request):
            return _wall(request)
        wanted = _said(request, SET_COOKIE)
        if wanted in {"true", "samesitenone"} and not self._has_cookie(request, state.bypass):
            return self._cookie(request, state.bypass, wanted)
        return None

    def _bypasses(self, state: ProjectState, request: Request) -> bool:
        if not state.bypass:
            return False
        return self._has_cookie(request, state.bypass) or _said(request, BYPASS) == state.bypass

    def _has_cookie(self, request: Request, bypass: str) -> bool:
        given = request.cookies().get(COOKIE, "")
        return hmac.compare_digest(given.encode(), self._signed(request.host, bypass).encode())

    def _cookie(self, request: Request, bypass: str, wanted: str) -> Answered:
        same_site = "None" if wanted == "samesitenone" else "Lax"
        cookie = f"{COOKIE}={self._signed(request.host, bypass)}; Path=/; Secure; HttpOnly; SameSite={same_site}"
        headers = {"cache-control": "no-store", "location": request.path + request.suffix, "set-cookie": cookie}
        return Answered(status=307, headers=headers, body=b"Redirecting...\n")

    def _signed(self, host: str, bypass: str) -> str:
        """A token that opens this host and no other, until the bypass is revoked."""
        head, claims = _encoded(b'{"alg":"HS256","typ":"JWT"}'), _encoded(json.dumps({"aud": host}).encode())
        signed = f"{head}.{claims}"
        return f"{signed}.{_encoded(hmac.digest(self._key, f'{signed} {bypass}'.encode(), hashlib.sha256))}"


def _protected(state: ProjectState, host: str, deployed: Deployed, *, domain: bool) -> bool:
    preview = deployed.target != "production"
    match state.protection:
        case "preview":
            return preview
        case "prod_deployment_urls_and_all_previews":
            return preview or not domain
        case "all_except_custom_domains":
            return preview or not domain or host.endswith(".vercel.app")
        case "all":
            return True
        case _:
            return False


def _said(request: Request, name: str) -> str | None:
    return request.headers.get(name) or request.queries().get(name)


def _wall(request: Request) -> Answered:
    """A document is sent to the login, everything else is refused."""
    nonce = secrets.token_urlsafe(18)
    cookie = f"{NONCE}={nonce}; Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=Lax"
    headers = {"cache-control": "no-store, max-age=0", "set-cookie": cookie, "x-robots-tag": "noindex"}
    if _is_document(request):
        asked = urlencode({"url": f"https://{request.host}{request.path}{request.suffix}", "nonce": nonce})
        return Answered(status=302, headers={**headers, "location": f"{LOGIN}?{asked}"}, body=b"Redirecting...\n")
    return Answered(status=401, headers={**headers, "content-type": "text/html; charset=utf-8"}, body=_PAGE)


def _is_document(request: Request) -> bool:
    wanted = request.headers.get("sec-fetch-dest")
    if wanted is not None:
        return wanted in {"document", "iframe"}
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode("ascii").rstrip("=")
