"""Cross-origin resource sharing, asked for by a preflight."""

from __future__ import annotations

from prodworthy.review.observatory.visit import Visit, joined

NAME = "cross-origin-resource-sharing"


def result(visit: Visit) -> str:
    """What the answer to the preflight allows."""
    allowed = joined(visit.preflight or (), "access-control-allow-origin")
    if not allowed:
        return f"{NAME}-not-implemented"
    if allowed[:256].strip() == "*":
        return f"{NAME}-implemented-with-public-access"
    credentials = joined(visit.preflight or (), "access-control-allow-credentials") or ""
    everybody = allowed == visit.origin and credentials.strip().lower() == "true"
    return f"{NAME}-implemented-with-{'universal' if everybody else 'restricted'}-access"
