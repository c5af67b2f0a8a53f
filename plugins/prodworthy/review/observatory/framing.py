"""X-Frame-Options, and frame-ancestors in its place."""

from __future__ import annotations

from prodworthy.review.observatory.visit import Visit, joined

NAME = "x-frame-options"


def result(visit: Visit, *, ancestors: bool) -> str:
    """`ancestors`: whether a policy names frame-ancestors, whatever they are."""
    if ancestors:
        return "x-frame-options-implemented-via-csp"
    value = joined(visit.fields, NAME)
    if not value:
        return "x-frame-options-not-implemented"
    word = value[:1024].strip().lower()
    if word in {"deny", "sameorigin"}:
        return "x-frame-options-sameorigin-or-deny"
    return "x-frame-options-allow-from-origin" if word.startswith("allow-from") else "x-frame-options-header-invalid"
