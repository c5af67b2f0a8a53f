"""Looking at a target's health."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from prodworthy.evidence.pages import DOCUMENT, pages
from prodworthy.evidence.pieces import Look, piece
from prodworthy.model import HTML, Cause, Endpoint, Exchange, Gap, Stage
from prodworthy.model.elements import elements
from prodworthy.model.health import (
    Domains,
    DomainSeen,
    Endpoints,
    EndpointSeen,
    Identities,
    Mark,
    Stamp,
    UnknownPage,
    destination,
    origin_of,
)
from prodworthy.model.pages import ServedPage, addresses
from prodworthy.model.text import clean

LEGS = 10  # redirects from one declared domain to the next that are followed
TIMES = 3  # that every address is asked for its identity
MARKS = frozenset({"build", "commit", "revision", "git-commit", "git-revision", "git-sha", "commit-sha", "commit-hash"})


@piece("health")
async def endpoints(look: Look) -> Endpoints:
    """Every declared endpoint, as often as its samples say, and every declared page."""
    declared = [(endpoint, _misfit(endpoint)) for endpoint in look.target.endpoints]
    asked = [_endpoint(look, endpoint) for endpoint, misfit in declared if misfit is None]
    served, *seen = await asyncio.gather(look.at(pages), *asked)
    own = {endpoint.path for endpoint in look.target.endpoints if endpoint.method == "GET"}
    seen += [_as_endpoint(page) for page in served.served if page.page.path not in own]
    return Endpoints(seen=tuple(seen), unusable=tuple(misfit for _, misfit in declared if misfit))


@piece("health")
async def domains(look: Look) -> Domains:
    """Every domain's root on a fresh connection, where it leads, its robots.txt, and its plain HTTP side."""
    target = look.target
    origins = _origins(target.domains or (target.url,))
    url = origin_of(target.url)
    return Domains(
        url=url,
        declared=target.stage is not Stage.PRE_PROMOTE or origins != [url],
        local=target.loopback and target.addresses is None,
        certificate_days=target.certificate_days,
        seen=tuple(await asyncio.gather(*(_domain(look, origin) for origin in origins))),
    )


@piece("health")
async def unknown_page(look: Look) -> UnknownPage:
    """A path that no app has, the same in every run; a script too where every path is said to be the app."""
    expected = look.target.unknown_path
    mark = f"prodworthy-{hashlib.sha256(look.target.url.encode()).hexdigest()[:12]}"
    page = look.ask(f"/{mark}", purpose="a path that does not exist", headers=DOCUMENT)
    if expected == "404":
        return UnknownPage(expected=expected, exchange=await page)
    script = look.ask(f"/assets/{mark}.js", purpose="a script that does not exist")
    exchange, asset = await asyncio.gather(page, script)
    return UnknownPage(expected=expected, exchange=exchange, asset=asset)


@piece("health")
async def identity(look: Look) -> Identities:
    """What every address says about its build, several times, and what its documents say."""
    target = look.target
    url, named = origin_of(target.url), _origins(target.domains)
    candidate = target.stage is Stage.PRE_PROMOTE and bool(named) and url not in named
    found = Identities(url=url, declared=target.identity, candidate=candidate)
    if target.identity is None:
        return found
    asked = (_stamp(look, origin, target.identity.path) for origin in dict.fromkeys((url, *named)))
    stamps, served, roots = await asyncio.gather(asyncio.gather(*asked), look.at(pages), look.at(domains))
    documents = [*(page.exchange for page in served.served), *(leg for each in roots.seen for leg in each.journey)]
    marks = dict.fromkeys(mark for document in documents for mark in _marks(document))
    return replace(found, stamps=tuple(stamps), marks=tuple(marks))


async def _endpoint(look: Look, endpoint: Endpoint) -> EndpointSeen:
    """The samples one after the other, so that they do not slow each other down."""
    times = max(1, endpoint.samples) if endpoint.repeatable else 1
    exchanges = [await _ask(look, endpoint) for _ in range(times)]
    return EndpointSeen(declared=endpoint, url=exchanges[0].url, exchanges=tuple(exchanges))


async def _ask(look: Look, endpoint: Endpoint) -> Exchange:
    headers = dict(endpoint.headers)
    content = None
    if endpoint.json is not None:
        content = json.dumps(endpoint.json).encode()
        headers.setdefault("content-type", "application/json")
    return await look.ask(
        endpoint.path,
        purpose=f"endpoint {endpoint.method} {endpoint.path}",
        method=endpoint.method,
        headers=headers,
        content=content,
        follow=not 300 <= endpoint.status < 400,
        repeatable=endpoint.repeatable,
    )


def _as_endpoint(served: ServedPage) -> EndpointSeen:
    declared = Endpoint(path=served.page.path, status=served.page.status, samples=1)
    return EndpointSeen(declared=declared, url=served.exchange.url, page=True, exchanges=(served.exchange,))


def _misfit(endpoint: Endpoint) -> Gap | None:
    """Why nothing can be judged by an endpoint's declaration."""
    try:
        if endpoint.schema is not None:
            Draft202012Validator.check_schema(endpoint.schema)
    except SchemaError as error:
        what = f"endpoint {endpoint.method} {endpoint.path}"
        why = f"its schema is not a JSON Schema (draft 2020-12): {error.message[:200]}"
        return Gap(what=what, why=why, cause=Cause.CONFIGURATION)
    return None


async def _domain(look: Look, origin: str) -> DomainSeen:
    journey, plain = await asyncio.gather(_journey(look, origin), _plain(look, origin))
    last = journey[-1]
    robots = None
    if last.answered and destination(last) is None and origin_of(last.url) == origin:
        robots = await look.ask(f"{origin}/robots.txt", purpose=f"what {origin} lets robots see")
    return DomainSeen(origin=origin, journey=journey, plain=plain, robots=robots)


async def _plain(look: Look, origin: str) -> Exchange | None:
    parts = urlsplit(origin)
    if parts.scheme != "https" or parts.port is not None:  # which port plain HTTP would have is not known
        return None
    address = f"http://{parts.hostname}/"
    return await look.ask(address, purpose=f"plain HTTP of {origin}", headers=DOCUMENT, follow=False)


async def _journey(look: Look, origin: str) -> tuple[Exchange, ...]:
    """From a domain's root along its redirects, as long as they lead to hosts that are the target's own."""
    known = look.target.hosts
    address = f"{origin}/"
    exchanges: list[Exchange] = []
    while len(exchanges) <= LEGS:
        purpose = f"root of {origin}" if not exchanges else f"where {origin} leads"
        exchange = await look.ask(address, purpose=purpose, headers=DOCUMENT, follow=False, fresh=not exchanges)
        exchanges.append(exchange)
        onward = destination(exchange)
        if onward is None or urlsplit(onward).hostname not in known or onward in {seen.url for seen in exchanges}:
            break
        address = onward
    return tuple(exchanges)


async def _stamp(look: Look, origin: str, path: str) -> Stamp:
    """Several times in a row, each time as a visitor who comes anew: who answers may differ from one to the next."""
    address = f"{origin}/{path.lstrip('/')}"
    headers = {"accept": "application/json", "cache-control": "no-cache"}
    asked = [await look.ask(address, purpose="which build this is", headers=headers, fresh=True) for _ in range(TIMES)]
    return Stamp(origin=origin, exchanges=tuple(asked))


def _marks(document: Exchange) -> Iterator[Mark]:
    answer = document.answered
    if answer is None or answer.status >= 300 or answer.media_type not in HTML:
        return
    for element in elements(answer.body):
        name = element.get("name").strip().lower()
        if element.tag == "meta" and element.head and name in MARKS:
            yield Mark(url=addresses(document)[-1], name=name, content=clean(element.get("content"), 100))


def _origins(urls: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(map(origin_of, urls)))
