"""What a deployment answers to a path, decided without any I/O, in the platform's order.

Clean URLs, trailing slashes, `redirects`, `headers`, the file system, `rewrites`, and at last 404.
Source of the order: https://vercel.com/docs/project-configuration and getTransformedRoutes in
https://github.com/vercel/vercel/tree/main/packages/routing-utils
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit, urlunsplit

from prodworthy.local.edge.build import Build
from prodworthy.local.edge.files import File
from prodworthy.local.edge.patterns import expand
from prodworthy.local.edge.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The client is sent elsewhere."""

    location: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A file answers; `headers` are the app's own, names in lower case."""

    file: File
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxied:
    """A rewrite names another origin, which answers in place of the deployment."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Nothing answers; the app's own 404 page does if it has one, else the platform's."""

    page: File | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Outcome = Moved | Served | Proxied | Missing


def route(build: Build, request: Request) -> Outcome:
    """The platform's decision for one request to one deployment."""
    moved = _normalised(build, request) or _redirected(build, request)
    if moved:
        return moved
    headers = _headers(build, request)
    if file := build.find(request.path):
        return Served(file=file, headers=headers)
    return _rewritten(build, request, headers) or Missing(page=build.files.get("404.html"), headers=headers)


def _normalised(build: Build, request: Request) -> Moved | None:
    for expression, replacement in _normal_forms(build):
        if found := expression.fullmatch(request.path):
            path = re.sub("^//+", "/", found.expand(replacement))  # "/index.html" in a site with trailing slashes
            return Moved(location=path + request.suffix, status=308)
    return None


def _normal_forms(build: Build) -> Iterator[tuple[re.Pattern[str], str]]:
    slash = build.config.trailing_slash
    if build.config.clean_urls:
        replacement = r"/\1/" if slash else r"/\1"
        yield re.compile(r"/(?:(.+)/)?index(?:\.html)?/?"), replacement
        yield re.compile(r"/(.*)\.html/?"), replacement
    if slash:
        yield re.compile(r"/(?!\.well-known/)((?:[^/]+/)*[^/.]+)"), r"/\1/"
        yield re.compile(r"/(?!\.well-known/)((?:[^/]+/)*[^/]+\.\w+)/"), r"/\1"
    elif slash is False:
        yield re.compile(r"/(.*)/"), r"/\1"


def _redirected(build: Build, request: Request) -> Moved | None:
    for rule in build.config.redirects:
        values = rule.match(request, request.path)
        if values is not None:
            return Moved(location=_with_query(expand(rule.destination, values), request), status=rule.status)
    return None


def _with_query(location: str, request: Request) -> str:
    """The request's parameters travel along, but for those that the destination sets itself."""
    parts = urlsplit(location)
    own = {piece.partition("=")[0] for piece in parts.query.split("&")}
    more = [piece for piece in request.query.split("&") if piece and piece.partition("=")[0] not in own]
    query = "&".join([parts.query, *more] if parts.query else more)
    return urlunsplit(parts._replace(query=query))


def _headers(build: Build, request: Request) -> dict[str, str]:
    headers: dict[str, str] = {}
    for rule in build.config.headers:
        values = rule.match(request, request.path)
        if values is not None:
            headers |= {expand(name, values).lower(): _value(text, values) for name, text in rule.headers}
    return headers


def _value(text: str, values: Mapping[str, str]) -> str:
    """Placeholders are looked for only where the source has named ones: a CSP may say `data:` and `$` freely."""
    return expand(text, values) if any(not name.isdigit() for name in values) else text


def _rewritten(build: Build, request: Request, headers: Mapping[str, str]) -> Served | Proxied | None:
    path = request.path
    for rule in build.config.rewrites:
        values = rule.match(request, path)
        if values is None:
            continue
        destination = expand(rule.destination, values)
        if re.match("https?://", destination):
            return Proxied(url=_with_parameters(destination, rule.destination, values, request), headers=headers)
        path = "/" + urlsplit(destination).path.removeprefix("/")
        if file := build.find(path):
            return Served(file=file, status=rule.status or 200, headers=headers)
    return None  # as the platform does, a rewrite that led nowhere has changed the path for those after it


def _with_parameters(url: str, template: str, values: Mapping[str, str], request: Request) -> str:
    """Named parameters that the destination does not use are handed to the other origin as its query."""
    named = {name: value for name, value in values.items() if not name.isdigit()}
    unused = not any(f":{name}" in template or f"${name}" in template for name in named)
    extra = Request(
        method=request.method,
        host=request.host,
        path=request.path,
        query="&".join(filter(None, [request.query, urlencode(named) if unused else ""])),
        headers={},
    )
    return _with_query(url, extra)
