"""Cookies: what stays in the jar, and what the page's own Set-Cookie lines say."""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.review.observatory import transport
from prodworthy.review.observatory.visit import Kept, Visit, worse

NAME = "cookies"

_ORDER = (
    "cookies-without-secure-flag-but-protected-by-hsts",
    "cookies-without-secure-flag",
    "cookies-session-without-secure-flag-but-protected-by-hsts",
    "cookies-samesite-flag-invalid",
    "cookies-anticsrf-without-samesite-flag",
    "cookies-session-without-httponly-flag",
    "cookies-session-without-secure-flag",
)
_OVERLOOKED = frozenset({"heroku-session-affinity"})  # set by the host, not by the app
_SAME_SITE = frozenset({"lax", "strict", "none"})


def result(visit: Visit) -> str:
    """The worst of all cookies; of the good results the one that SameSite decides."""
    cookies = [cookie for cookie in visit.cookies if cookie.name and cookie.name not in _OVERLOOKED]
    if not cookies:
        return "cookies-not-found"
    found: str | None = None
    lines = (value for name, value in visit.fields if name == "set-cookie")
    if any(map(_misnames_same_site, lines)):
        found = "cookies-samesite-flag-invalid"
    protected = transport.result(visit) in transport.PROTECTS
    for cookie in cookies:
        for problem in _problems(cookie, protected=protected):
            found = worse(found, problem, _ORDER)
    everywhere = all(cookie.same_site for cookie in cookies)
    return found or "cookies-secure-with-httponly-sessions" + ("-and-samesite" if everywhere else "")


def _problems(cookie: Kept, *, protected: bool) -> Iterator[str]:
    session = any(word in cookie.name.lower() for word in ("login", "sess"))
    hsts = "-but-protected-by-hsts" if protected else ""
    if not cookie.secure and cookie.same_site == "none":
        yield "cookies-samesite-flag-invalid"
    if not cookie.secure:
        yield f"cookies-without-secure-flag{hsts}"
    if "csrf" in cookie.name.lower() and not cookie.same_site:
        yield "cookies-anticsrf-without-samesite-flag"
    if session and not cookie.secure:
        yield f"cookies-session-without-secure-flag{hsts}"
    if session and not cookie.http_only:
        yield "cookies-session-without-httponly-flag"


def _misnames_same_site(line: str) -> bool:
    """Whether a SameSite has no value, or one that does not exist."""
    for part in line.split(";"):
        name, _, value = part.partition("=")
        if name.strip().lower() == "samesite" and value.partition("=")[0].strip().lower() not in _SAME_SITE:
            return True
    return False
