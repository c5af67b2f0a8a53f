"""X-Content-Type-Options."""

from __future__ import annotations

from prodworthy.review.observatory.visit import Visit, joined

NAME = "x-content-type-options"


def result(visit: Visit) -> str:
    """Only the one word counts: a list of it does not."""
    value = joined(visit.fields, NAME)
    if not value:
        return "x-content-type-options-not-implemented"
    right = value[:256].strip().lower() == "nosniff"
    return "x-content-type-options-nosniff" if right else "x-content-type-options-header-invalid"
