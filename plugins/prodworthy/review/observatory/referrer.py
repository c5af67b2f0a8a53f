"""Referrer-Policy."""

from __future__ import annotations

from prodworthy.review.observatory.visit import Visit, joined

NAME = "referrer-policy"

_PRIVATE = frozenset({"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"})
_UNSAFE = frozenset({"origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"})


def result(visit: Visit) -> str:
    """The last value that is known counts, the document's after the header's."""
    value = joined(visit.fields, NAME)
    texts = [*([] if value is None else [value]), *visit.referrers[-1:]]
    if not texts:
        return "referrer-policy-not-implemented"
    known = [word for word in map(str.strip, ", ".join(texts).lower().split(",")) if word in _PRIVATE | _UNSAFE]
    if not known:
        return "referrer-policy-header-invalid"
    return "referrer-policy-private" if known[-1] in _PRIVATE else "referrer-policy-unsafe"
