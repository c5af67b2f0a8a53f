"""Set-Cookie, read as browsers read it, and why they would reject it (RFC 6265bis, sections 5.6 and 5.7)."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote

from prodworthy.review import sites

LARGEST = 4096  # bytes of name and value together
LONGEST = 400  # days, to which browsers shorten a lifetime

_KNOWN = frozenset(
    {"expires", "max-age", "domain", "path", "secure", "httponly", "samesite", "partitioned", "priority", "version"}
)

# "sid" only at the end of a word: sidebar_state and presidency are no sessions, nor is an assessment, nor visid, which
# counts visitors; "author" and "authority" are no authentication, "authorization" is one; bloginfo is no login
_SESSION = re.compile(
    r"(?<!as)(?<!pos)(?<!ob)sess|(?<!vi)sid(?![a-z])|auth(?!or(?!i[sz]))|token|jwt"
    r"|(?<!^b)(?<![^a-z]b)(?<!cata)(?<!dia)login",
    re.IGNORECASE,
)
# What a name ends with that tells something about sessions and stands for none: login_hint, session_count, auth_mode.
_ABOUT_ONE = """
    attempts banner budget color count counter counts date duration exp expiration expire expires expiry flow hint kind
    lang language left length limit locale method methods mode number page popup pref preference prefs prompt provider
    quota redirect remaining screen size source started status step style tab theme time timeout total ttl type uri url
    usage used version view views visits
"""
_ABOUT = frozenset(_ABOUT_ONE.split())
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ANTI_FORGERY = re.compile(r"csrf|xsrf|antiforgery|requestverification", re.IGNORECASE)
_SUPABASE = re.compile(r"sb-[a-z0-9-]+-auth-token(?:-code-verifier)?(?:\.[0-9]+)?")
_SIGNED = re.compile(r"(?:Bearer )?([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_PREFIXES = ("__host-", "__secure-", "__http-")
_FOR_SERVERS = ("__http-", "__host-http-")
_SAME_SITE = frozenset({"strict", "lax", "none"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """One Set-Cookie field line; the value is left out on purpose, for it may be a secret."""

    name: str
    size: int  # bytes of name and value together
    attributes: Mapping[str, str]  # names in lower case; the last of a repeated name, as in browsers
    bears_token: bool = False  # whether the value is a signed token (JWT)
    expired: bool = False  # set in order to be deleted
    days: float | None = None  # that it is meant to be kept; None: as long as the browser is open, or not known

    @property
    def secure(self) -> bool:
        """Whether it is sent over HTTPS only."""
        return "secure" in self.attributes

    @property
    def http_only(self) -> bool:
        """Whether scripts cannot read it."""
        return "httponly" in self.attributes

    @property
    def same_site(self) -> str | None:
        """strict, lax or none; None when it is unset or a word that browsers do not know."""
        value = self.attributes.get("samesite", "").lower()
        return value if value in _SAME_SITE else None

    @property
    def is_session(self) -> bool:
        """Whether its name or its value says that it stands for a signed-in person."""
        return (self.bears_token or _names_session(self.name)) and not _ANTI_FORGERY.search(self.name)

    @property
    def is_of_supabase(self) -> bool:
        """Whether it is the session of @supabase/ssr, which its client in the browser has to read."""
        return _SUPABASE.fullmatch(self.name) is not None

    @property
    def domain(self) -> str:
        """The domain that it is for, in lower case and without a leading dot; empty: the host that set it."""
        return self.attributes.get("domain", "").lower().removeprefix(".")

    @property
    def unknown(self) -> tuple[str, ...]:
        """Attributes that browsers do not know, and so ignore."""
        return tuple(name for name in self.attributes if name not in _KNOWN)

    @property
    def prefix(self) -> str | None:
        """The prefix that makes browsers demand more of it, in lower case."""
        name = self.name.lower()
        return next((prefix for prefix in _PREFIXES if name.startswith(prefix)), None)

    def __str__(self) -> str:
        shown = [f"{key}={value}" if value else key for key, value in self.attributes.items()]
        return "; ".join([f"{self.name}=…", *shown])


def parse(line: str, received: datetime | None = None) -> Cookie:
    """One field line; `received` (UTC) tells whether it expired then."""
    pair, *rest = line.split(";")
    name, equals, value = pair.partition("=")
    if not equals:  # browsers take it for a value without a name
        name, value = "", pair
    name, value = name.strip(), value.strip()
    attributes = {key.strip().lower(): text.strip() for key, _, text in (part.partition("=") for part in rest)}
    attributes.pop("", None)
    return Cookie(
        name=name,
        size=len(name.encode()) + len(value.encode()),
        attributes=attributes,
        bears_token=_is_signed(value) or _is_refresh(name, value),
        expired=_expired(attributes, received),
        days=_days(attributes, received),
    )


def rejections(cookie: Cookie, host: str) -> Iterator[str]:
    """Why browsers refuse to store a cookie that came over HTTPS from `host`."""
    if cookie.domain and cookie.domain != host and not host.endswith(f".{cookie.domain}"):
        yield f"Domain={cookie.domain} does not cover {host}"
    elif cookie.domain and cookie.domain != host and sites.is_public(cookie.domain):
        yield f"Domain={cookie.domain} is a public suffix"
    if cookie.size > LARGEST:
        yield f"name and value are {cookie.size} bytes, more than {LARGEST}"
    if cookie.size == 0:
        yield "it has neither a name nor a value"
    if cookie.prefix and not cookie.secure:
        yield f"the prefix {cookie.prefix} demands Secure"
    if cookie.prefix == "__host-" and cookie.attributes.get("path") != "/":
        yield "the prefix __Host- demands Path=/"
    if cookie.prefix == "__host-" and cookie.attributes.get("domain"):
        yield "the prefix __Host- forbids Domain"
    if cookie.name.lower().startswith(_FOR_SERVERS) and not cookie.http_only:
        yield "the prefix __Http- demands HttpOnly"
    if cookie.same_site == "none" and not cookie.secure:
        yield "SameSite=None demands Secure"
    if "partitioned" in cookie.attributes and not cookie.secure:
        yield "Partitioned demands Secure"


def _names_session(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    if words[-1:] == ["at"]:  # login_at, expires_at
        words.pop()
    last = words[-1] if words else ""
    remembered = last == "login" and "last" in words
    return bool(_SESSION.search(name)) and last not in _ABOUT and not remembered


def _is_signed(value: str) -> bool:
    """Whether it is a JSON Web Token: three parts in base64, and the first is an object that names an algorithm."""
    found = _SIGNED.fullmatch(unquote(value[:LARGEST]).strip('" '))
    if not found:
        return False
    try:
        header = json.loads(base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4)))
    except (ValueError, RecursionError):
        return False
    return isinstance(header, dict) and "alg" in header


def _is_refresh(name: str, value: str) -> bool:
    """Whether it is called refresh, and its value is an object in base64 and no number of seconds."""
    return name.lower().removeprefix("__host-").removeprefix("__secure-") == "refresh" and value.startswith("eyJ")


def _expired(attributes: Mapping[str, str], received: datetime | None) -> bool:
    if "max-age" in attributes:  # outranks Expires
        return re.fullmatch(r"0+|-[0-9]+", attributes["max-age"]) is not None
    expires = _expiry(attributes)
    return expires is not None and expires < (received or datetime(2000, 1, 1, tzinfo=UTC))


def _days(attributes: Mapping[str, str], received: datetime | None) -> float | None:
    if re.fullmatch(r"[0-9]+", attributes.get("max-age", "")):
        return int(attributes["max-age"][:15]) / 86_400
    expires = _expiry(attributes)
    return (expires - received).total_seconds() / 86_400 if expires and received else None


def _expiry(attributes: Mapping[str, str]) -> datetime | None:
    try:
        expires = parsedate_to_datetime(attributes["expires"])
    except (KeyError, ValueError, TypeError, OverflowError, IndexError):
        return None
    return expires if expires.tzinfo else expires.replace(tzinfo=UTC)
