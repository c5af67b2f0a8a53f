"""From what was observed of a target's root to the visit that the Observatory's tests judge."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from prodworthy.model import Answer, Cause, Exchange
from prodworthy.model.arrival import Arrival
from prodworthy.model.elements import Element, elements
from prodworthy.model.health import destination
from prodworthy.model.pages import addresses
from prodworthy.review import cookies, sites
from prodworthy.review.cookies import Cookie
from prodworthy.review.observatory import integrity
from prodworthy.review.observatory.visit import Kept, Lines, Script, Visit

_NOSCRIPT = re.compile(rb"<noscript\b.*?</noscript\s*>", re.IGNORECASE | re.DOTALL)
_TEMPLATE = re.compile(rb"</?template\b[^>]*>", re.IGNORECASE)
_ABSOLUTE = ("http://", "https://")


def visit(arrival: Arrival, page: Answer, version: int) -> Visit:
    """`page`: the answer at the end of the way."""
    first = arrival.way[0].url
    found, metas = _read(page.body, version) if integrity.is_html(page.fields, version) else ((), ())
    return Visit(
        host=arrival.host,
        url=first,
        fields=page.fields,
        https=first.startswith("https:"),
        base=next((href for each in _tagged(found, "base") if (href := each.get("href")).startswith(_ABSOLUTE)), ""),
        policies=tuple(_policies(metas)),
        referrers=tuple(_referrers(metas)),
        scripts=tuple(
            Script(src=each.get("src"), integrity=each.get("integrity")) for each in _tagged(found, "script")
        ),
        cookies=jar(_set(arrival.way)),
        preflight=_preflight(arrival.preflight),
        origin=dict(arrival.preflight.sent).get("origin", "") if arrival.preflight else "",
        route=_route(arrival),
        route_trusted=not any(leg.failure and leg.failure.cause is Cause.CERTIFICATE for leg in arrival.plain),
    )


def _read(body: bytes, version: int) -> tuple[tuple[Element, ...], tuple[Element, ...]]:
    """The elements of a document, and those among which the method looks for meta elements.

    Version 4 parses as browsers do, for meta elements with scripts on; later ones look for tags and nothing else.
    """
    if version < integrity.AS_WRITTEN:
        return elements(body), elements(_NOSCRIPT.sub(b"", body))
    found = elements(_TEMPLATE.sub(b"", body))
    return found, found


def _tagged(found: Iterable[Element], tag: str) -> Iterator[Element]:
    return (each for each in found if each.tag == tag)


def _is_policy(meta: Element) -> bool:
    return "http-equiv" in meta.attributes and "content" in meta.attributes


def _policies(found: Iterable[Element]) -> Iterator[str]:
    """Wherever they stand, also where browsers do not look."""
    for meta in _tagged(found, "meta"):
        if (
            _is_policy(meta)
            and meta.get("http-equiv").strip().lower() == "content-security-policy"
            and meta.get("content")
        ):
            yield meta.get("content")


def _referrers(found: Iterable[Element]) -> Iterator[str]:
    for meta in _tagged(found, "meta"):
        if not _is_policy(meta) and meta.get("name").strip().lower() == "referrer" and meta.get("content"):
            yield meta.get("content")


def _set(way: Iterable[Exchange]) -> Iterator[tuple[str, str]]:
    """Every Set-Cookie line on the way, with the address that sent it."""
    for leg in way:
        if leg.answered:
            for url, answer in zip(addresses(leg), (*leg.hops, leg.answered), strict=True):
                yield from ((url, line) for line in answer.lines("set-cookie"))


def jar(lines: Iterable[tuple[str, str]]) -> tuple[Kept, ...]:
    """What a client keeps of (address, Set-Cookie line); it looks at no lifetime, so deleted cookies stay."""
    kept: dict[tuple[str, str, str], Kept] = {}
    for url, line in lines:
        host = urlsplit(url).hostname or ""
        cookie = cookies.parse(line)
        domain = cookie.attributes.get("domain", "").removeprefix(".").lower()
        if cookie.name and _is_let_in(cookie, host, domain):
            path = cookie.attributes.get("path", "")
            path = path if path.startswith("/") else _folder(url)
            if not (cookie.name.startswith("__Host-") and (domain or path != "/")):
                kept[domain or host, path, cookie.name] = Kept(
                    name=cookie.name, secure=cookie.secure, http_only=cookie.http_only, same_site=cookie.same_site
                )
    return tuple(kept.values())


def _is_let_in(cookie: Cookie, host: str, domain: str) -> bool:
    if cookie.name.startswith(("__Secure-", "__Host-")) and not cookie.secure:
        return False
    if not domain:
        return True
    return not sites.is_public(domain) and (host == domain or host.endswith(f".{domain}"))


def _folder(url: str) -> str:
    """The path of a cookie that names none: RFC 6265, section 5.1.4."""
    return urlsplit(url).path.rpartition("/")[0] or "/"


def _preflight(exchange: Exchange | None) -> Lines | None:
    answer = exchange.answered if exchange else None
    return answer.fields if answer and 200 <= answer.status < 300 else None


def leads_away(last: Exchange) -> str | None:
    """Where the end of the way redirects to that is not ours to follow."""
    onward = destination(last)
    return onward if onward and onward not in addresses(last) else None


def _route(arrival: Arrival) -> tuple[str, ...] | None:
    """Every address from plain HTTP on, the one that was not followed included."""
    legs = arrival.plain or (arrival.way if arrival.way[0].url.startswith("http:") else ())
    if not legs or any(leg.answered is None and not _distrusted(leg) for leg in legs):
        return None
    onward = destination(legs[-1])
    seen = [url for leg in legs for url in addresses(leg)]
    return (*seen, *([onward] if onward and onward not in seen else []))


def _distrusted(leg: Exchange) -> bool:
    return leg.failure is not None and leg.failure.cause is Cause.CERTIFICATE
