"""Cross-Origin-Resource-Policy; and, from version 6 on, the opener and the embedder policy."""

from __future__ import annotations

from prodworthy.review import structured
from prodworthy.review.observatory.visit import Visit, joined

RESOURCE = "cross-origin-resource-policy"
OPENER = "cross-origin-opener-policy"
EMBEDDER = "cross-origin-embedder-policy"

_RESOURCE = frozenset({"same-origin", "same-site", "cross-origin"})
_OPENER = frozenset({"same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none"})
_EMBEDDER = frozenset({"require-corp", "credentialless", "unsafe-none"})


def resource(visit: Visit) -> str:
    """Read without regard to case, which browsers do not."""
    value = joined(visit.fields, RESOURCE)
    if not value:
        return "corp-not-implemented"
    word = value[:256].strip().lower()
    return f"corp-implemented-with-{word}" if word in _RESOURCE else "corp-header-invalid"


def opener(visit: Visit) -> str:
    """A structured field: one token, perhaps with parameters."""
    return _of_token("coop", joined(visit.fields, OPENER), _OPENER)


def embedder(visit: Visit) -> str:
    """The same."""
    return _of_token("coep", joined(visit.fields, EMBEDDER), _EMBEDDER)


def _of_token(prefix: str, value: str | None, known: frozenset[str]) -> str:
    if not value:
        return f"{prefix}-not-implemented"
    try:
        word = structured.token([value[:1024].strip()])
    except structured.Void:
        word = ""
    return f"{prefix}-implemented-with-{word}" if word in known else f"{prefix}-header-invalid"
