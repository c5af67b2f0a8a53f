"""The release before: the same evidence of what it serves now, or its standing as an earlier run saved it."""

from __future__ import annotations

from typing import TypeVar

from prodworthy.evidence.bundle import bundle
from prodworthy.evidence.documents import documents
from prodworthy.evidence.errors import NotAsked
from prodworthy.evidence.health import endpoints
from prodworthy.evidence.pieces import Look, Piece, piece
from prodworthy.evidence.surface import surface
from prodworthy.model.bundle import Bundle
from prodworthy.model.documents import Documents
from prodworthy.model.health import Endpoints
from prodworthy.model.standing import Before
from prodworthy.model.surface import Surface

Evidence = TypeVar("Evidence")

UNNAMED = 'whether it is worse than the release before: name one, baseline = "live" or a saved verdict.json'
ITSELF = "whether it is worse than the release before: what is judged is what production serves now"

UNSAVED = "whether it is worse than the release before: there are no {} in {}, which was not wholly looked at"


@piece("bundle")
async def bundle_before(look: Look) -> Before[Bundle]:
    """The bundle of the release before."""
    return await _before(look, bundle, "sizes")


@piece("headers")
async def surface_before(look: Look) -> Before[Surface]:
    """What the release before answers."""
    return await _before(look, surface, "grade")


@piece("html")
async def documents_before(look: Look) -> Before[Documents]:
    """The documents of the release before."""
    return await _before(look, documents, "errors")


@piece("health")
async def endpoints_before(look: Look) -> Before[Endpoints]:
    """The endpoints of the release before."""
    return await _before(look, endpoints, "medians")


async def _before(look: Look, found: Piece[Evidence], part: str) -> Before[Evidence]:
    """`part` of a saved standing, or the evidence that it would be made of."""
    target, baseline = look.target, look.target.baseline
    if baseline is None:
        raise NotAsked(UNNAMED)
    if baseline.url is None:
        if getattr(baseline.standing, part) is None:
            raise NotAsked(UNSAVED.format(part, baseline.source))
        return Before(source=baseline.source, saved=baseline.standing)
    if baseline.url == target.url and target.embedded is None:
        raise NotAsked(ITSELF)
    seen = await look.beside(baseline.url).at(found)
    return Before(source=baseline.source, evidence=seen)
