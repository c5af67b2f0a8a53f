"""Looking at a target's health."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from prodworthy.evidence.pages import DOCUMENT, pages
from prodworthy.evidence.pieces import Look, piece
from prodworthy.model import Cause, Endpoint, Exchange, Gap, Stage
from prodworthy.model.health import (
    Domains,
    DomainSeen,
    Endpoints,
    EndpointSeen,
    Identities,
    Stamp,
    UnknownPage,
    destination,
    origin_of,
)
from prodworthy.model.pages import ServedPage

LEGS = 10  # redirects from one declared domain to the next that are followed
TIMES = 3  # that every address is asked for its identity


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
    """Every domain's root on a fresh connection, where it leads, and its plain HTTP side."""
    target = look.target
    origins = _origins(target.domains or (target.url,))
    return Domains(
        url=origin_of(target.url),
        declared=bool(target.domains),
        local=target.loopback,
        certificate_days=target.certificate_days,
        seen=tuple(await asyncio.gather(*(_domain(look, origin) for origin in origins))),
    )


@piece("health")
async def unknown_page(look: Look) -> UnknownPage:
    """A path that no app has, the same in every run."""
    mark = hashlib.sha256(look.target.url.encode()).hexdigest()[:12]
    exchange = await look.ask(f"/prodworthy-{mark}", purpose="a path that does not exist", headers=DOCUMENT)
    return UnknownPage(expected=look.target.unknown_path, exchange=exchange)


@piece("health")
async def identity(look: Look) -> Identities:
    """What every address says about its build, several times."""
    target = look.target
    url, domains = origin_of(target.url), _origins(target.domains)
    candidate = target.stage is Stage.PRE_PROMOTE and bool(domains) and url not in domains
    found = Identities(url=url, declared=target.identity, candidate=candidate)
    if target.identity is None:
        return found
    asked = (_stamp(look, origin, target.identity.path) for origin in dict.fromkeys((url, *domains)))
    return replace(found, stamps=tuple(await asyncio.gather(*asked)))


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
    parts = urlsplit(origin)
    if parts.scheme != "https" or parts.port is not None:  # which port plain HTTP would have is not known
        return DomainSeen(origin=origin, journey=await _journey(look, origin))
    plain = look.ask(f"http://{parts.hostname}/", purpose=f"plain HTTP of {origin}", headers=DOCUMENT, follow=False)
    journey, answered = await asyncio.gather(_journey(look, origin), plain)
    return DomainSeen(origin=origin, journey=journey, plain=answered)


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
    address = f"{origin}/{path.lstrip('/')}"
    headers = {"accept": "application/json", "cache-control": "no-cache"}
    asked = (look.ask(address, purpose="which build this is", headers=headers) for _ in range(TIMES))
    return Stamp(origin=origin, exchanges=tuple(await asyncio.gather(*asked)))


def _origins(urls: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(map(origin_of, urls)))
