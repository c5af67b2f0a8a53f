"""What a release amounts to: the part of its standing that each piece of evidence shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from prodworthy.model.bundle import Bundle
from prodworthy.model.documents import Documents
from prodworthy.model.health import Endpoints
from prodworthy.model.standing import Standing, merged
from prodworthy.model.surface import Surface
from prodworthy.review import bundle, headers, health, html

_PARTS: dict[type[Any], Callable[[Any], Standing]] = {
    Bundle: lambda seen: Standing(sizes=bundle.sizes(seen)),
    Surface: lambda seen: Standing(grade=headers.grade(seen)),
    Documents: lambda seen: Standing(errors=html.errors(seen)),
    Endpoints: lambda seen: Standing(medians=health.medians(seen)),
}


def standing(evidence: Iterable[Any]) -> Standing:
    """All that these pieces show; a piece with holes shows nothing that a later release could be held against."""
    whole = (each for each in evidence if not getattr(each, "gaps", ()))
    return merged(_PARTS[type(each)](each) for each in whole if type(each) in _PARTS)
