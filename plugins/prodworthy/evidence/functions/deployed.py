"""What the platform says is deployed: its list of functions, and their source files where those are compared."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from email.message import Message
from email.parser import BytesParser

from prodworthy.evidence.backend.management import Management, management_of
from prodworthy.evidence.errors import Unobserved
from prodworthy.evidence.pieces import Look
from prodworthy.model import Exchange, Gap
from prodworthy.model.functions import DeployedSources
from prodworthy.model.sources import Sources, digest

FOLDER = "functions/"  # what a deployed file's path is known by, wherever it was deployed from


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """The platform's side."""

    listed: Exchange | None = None  # None: not asked
    unlisted: Gap | None = None  # why not, when it should have been
    sources: tuple[DeployedSources, ...] = ()


async def deployed(look: Look) -> Deployed:
    """Nothing without a management token."""
    try:
        api = management_of(look)
    except Unobserved as unobserved:
        return Deployed(unlisted=unobserved.gap)
    if api is None:
        return Deployed()
    compared = [each.name for each in look.target.functions] if api.declared.sources is not None else []
    listed, sources = await asyncio.gather(
        api.ask("/functions", purpose="which functions are deployed"),
        asyncio.gather(*(_sources(api, name) for name in compared)),
    )
    return Deployed(listed=listed, sources=tuple(sources))


async def _sources(api: Management, name: str) -> DeployedSources:
    exchange = await api.ask(f"/functions/{name}/body", purpose=f"the sources of {name}", accept="multipart/form-data")
    answer = exchange.answered
    if answer is None or answer.status >= 400:
        return DeployedSources(name=name, exchange=exchange)
    files = _files(answer.header("content-type") or "", answer.body)
    return DeployedSources(name=name, exchange=replace(exchange, answer=replace(answer, body=b"")), files=files)


def _files(kind: str, body: bytes) -> Sources:
    """The files of a multipart answer that stand below a folder of functions."""
    message = BytesParser().parsebytes(f"content-type: {kind}\r\n\r\n".encode() + body)
    parts: Iterable[Message] = (part for part in message.walk() if not part.is_multipart())
    named = ((part.get("supabase-path") or part.get_filename() or "", part.get_payload(decode=True)) for part in parts)
    return {
        path.rpartition(FOLDER)[2]: digest(content)
        for path, content in named
        if FOLDER in path and isinstance(content, bytes)
    }
