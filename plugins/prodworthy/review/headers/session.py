"""Rules about cookies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from prodworthy.model import Severity, Shortfall
from prodworthy.model.surface import Served, Surface
from prodworthy.model.text import clean
from prodworthy.review import cookies
from prodworthy.review.cookies import Cookie
from prodworthy.review.headers.reading import ASVS, MDN, OSHP, capped, listed, scheme
from prodworthy.review.rules import rule

_REMEDY = "Set it as `__Host-…; Path=/; Secure; HttpOnly; SameSite=Lax`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """One cookie that an answer sets."""

    served: Served
    cookie: Cookie

    @property
    def rejections(self) -> Iterator[str]:
        """Why browsers refuse to store it."""
        return cookies.rejections(self.cookie, urlsplit(self.served.url).hostname or "")

    def falls_short(self, wanted: str, got: str | None = None) -> Shortfall:
        """What a rule says of it; the value never shows."""
        return Shortfall(self.served.where, wanted, clean(got or str(self.cookie)))


def _set(surface: Surface) -> Iterator[Set]:
    """Every cookie that is set, redirects included; what is only deleted needs no protection."""
    for served in surface.served:
        lines = dict.fromkeys(served.answer.lines("set-cookie"))
        for line in lines:
            cookie = cookies.parse(line, served.answer.received)
            if not cookie.expired:
                yield Set(served=served, cookie=cookie)


def _kept(surface: Surface) -> Iterator[Set]:
    """Cookies that browsers store: those they reject are reported as rejected, not for what they lack."""
    return (each for each in _set(surface) if not any(each.rejections))


@rule(
    "headers.cookie-rejected",
    title="Browsers store the cookies that are set",
    severity=Severity.MEDIUM,
    reason="A cookie that breaks the rules of its prefix or attributes is thrown away: what depends on it does not "
    "work.",
    remedy="Give the cookie what its prefix and attributes demand: Secure, Path=/, no Domain.",
    references=["RFC 6265bis, section 5.7", "MDN, Set-Cookie, cookie prefixes"],
)
def cookie_rejected(surface: Surface) -> Iterator[Shortfall]:
    """A broken prefix, SameSite=None or Partitioned without Secure, somebody else's Domain, or too large."""
    yield from capped(
        each.falls_short("a cookie that browsers store", f"{'; '.join(reasons)}: {each.cookie}")
        for each in _set(surface)
        if (reasons := list(each.rejections))
    )


@rule(
    "headers.cookie-session-insecure",
    title="Session cookies are sent over HTTPS only",
    severity=Severity.HIGH,
    reason="A session cookie without Secure travels in the clear with the first plain HTTP request.",
    remedy=_REMEDY,
    references=[ASVS + "3.3.1", OSHP + "Set-Cookie"],
)
def cookie_session_insecure(surface: Surface) -> Iterator[Shortfall]:
    """A session cookie without Secure, over HTTPS."""
    yield from capped(
        each.falls_short("Secure")
        for each in _kept(surface)
        if each.cookie.is_session and not each.cookie.secure and scheme(each.served) == "https"
    )


@rule(
    "headers.cookie-insecure",
    title="Cookies are sent over HTTPS only",
    severity=Severity.MEDIUM,
    reason="A cookie without Secure can be read and replaced by anybody on the way.",
    remedy="Add `Secure`.",
    references=[ASVS + "3.3.1", OSHP + "Set-Cookie"],
)
def cookie_insecure(surface: Surface) -> Iterator[Shortfall]:
    """Another cookie without Secure, over HTTPS."""
    yield from capped(
        each.falls_short("Secure")
        for each in _kept(surface)
        if not each.cookie.is_session and not each.cookie.secure and scheme(each.served) == "https"
    )


@rule(
    "headers.cookie-session-readable",
    title="Scripts cannot read session cookies",
    severity=Severity.HIGH,
    reason="A session cookie without HttpOnly can be taken away by any script that gets into a page.",
    remedy=_REMEDY,
    references=[ASVS + "3.3.4", OSHP + "Set-Cookie"],
)
def cookie_session_readable(surface: Surface) -> Iterator[Shortfall]:
    """A session cookie without HttpOnly; cookies against forged requests are read by scripts on purpose."""
    yield from capped(each.falls_short("HttpOnly") for each in _readable(surface) if not each.cookie.is_of_supabase)


@rule(
    "headers.cookie-supabase-readable",
    title="Scripts cannot read the session of Supabase",
    severity=Severity.LOW,  # as its makers document it: an app that follows them is not to fail
    reason="@supabase/ssr leaves HttpOnly out so that its client in the browser can read the tokens: any script that "
    "gets into a page can take them away, refresh token included, and stay signed in elsewhere.",
    remedy="If only the server talks to Supabase, drop createBrowserClient and give createServerClient "
    "`cookieOptions: { httpOnly: true, secure: true, sameSite: 'lax' }`. With a client in the browser HttpOnly is not "
    "possible: keep the script-src of the policy strict, limit how long sessions last, and waive this rule with that "
    "as the reason.",
    references=[ASVS + "3.3.4", "Supabase documentation, Creating a Supabase client for SSR"],
)
def cookie_supabase_readable(surface: Surface) -> Iterator[Shortfall]:
    """A cookie sb-…-auth-token (or a piece of it) without HttpOnly."""
    yield from capped(each.falls_short("HttpOnly") for each in _readable(surface) if each.cookie.is_of_supabase)


def _readable(surface: Surface) -> Iterator[Set]:
    return (each for each in _kept(surface) if each.cookie.is_session and not each.cookie.http_only)


@rule(
    "headers.cookie-session-cross-site",
    title="Session cookies stay within the site",
    severity=Severity.MEDIUM,
    reason="With SameSite=None other sites can send requests in the visitor's name.",
    remedy=_REMEDY,
    references=[ASVS + "3.3.2", OSHP + "Set-Cookie"],
)
def cookie_session_cross_site(surface: Surface) -> Iterator[Shortfall]:
    """A session cookie with SameSite=None."""
    yield from capped(
        each.falls_short("SameSite=Lax or Strict")
        for each in _kept(surface)
        if each.cookie.is_session and each.cookie.same_site == "none"
    )


@rule(
    "headers.cookie-samesite",
    title="Cookies say whether they go along with requests from other sites",
    severity=Severity.LOW,
    reason="Without a SameSite value that browsers know, each browser follows a default of its own.",
    remedy="Add `SameSite=Lax`, or Strict.",
    references=[ASVS + "3.3.2", "RFC 6265bis, section 5.6.7"],
)
def cookie_samesite(surface: Surface) -> Iterator[Shortfall]:
    """SameSite is unset, or a word that browsers do not know."""
    yield from capped(
        each.falls_short("SameSite=Lax or Strict") for each in _kept(surface) if each.cookie.same_site is None
    )


@rule(
    "headers.cookie-session-prefix",
    title="Session cookies are bound to their host by name",
    severity=Severity.LOW,
    reason="Only the prefixes __Host- and __Secure- keep a subdomain, or a plain HTTP answer, from replacing the "
    "cookie.",
    remedy="Name it `__Host-…`, with Path=/, Secure and no Domain.",
    references=[ASVS + "3.3.1", "RFC 6265bis, section 4.1.3"],
)
def cookie_session_prefix(surface: Surface) -> Iterator[Shortfall]:
    """A session cookie without a prefix."""
    yield from capped(
        each.falls_short("the prefix __Host-")
        for each in _kept(surface)
        if each.cookie.is_session and each.cookie.prefix is None
    )


@rule(
    "headers.cookie-attribute-unknown",
    title="Cookies have attributes that browsers know",
    severity=Severity.LOW,
    reason="Browsers ignore an attribute that they do not know: the protection that it was meant to switch on is off.",
    remedy="Write Secure, HttpOnly, SameSite=…, Path=…, Max-Age=…, separated by semicolons.",
    references=["RFC 6265bis, section 5.6", ASVS + "3.3.1"],
)
def cookie_attribute_unknown(surface: Surface) -> Iterator[Shortfall]:
    """An attribute such as http-only or secured."""
    yield from capped(
        each.falls_short("known attributes", f"{listed(each.cookie.unknown)}: {each.cookie}")
        for each in _kept(surface)
        if each.cookie.unknown
    )


@rule(
    "headers.cookie-lifetime",
    title="Cookies last no longer than browsers keep them",
    severity=Severity.INFO,
    reason="Browsers forget every cookie after 400 days: people are signed out, or asked again, earlier than was "
    "meant.",
    remedy="Set Max-Age to 34560000 or less, and renew the cookie while it is used.",
    references=["RFC 6265bis, section 5.5", MDN + "Set-Cookie"],
)
def cookie_lifetime(surface: Surface) -> Iterator[Shortfall]:
    """Max-Age or Expires beyond 400 days."""
    yield from capped(
        each.falls_short(f"{cookies.LONGEST} days or less")
        for each in _kept(surface)
        if (each.cookie.days or 0) > cookies.LONGEST + 1  # a day for clocks that differ
    )
