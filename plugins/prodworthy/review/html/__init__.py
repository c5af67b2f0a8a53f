"""The questions of the HTML check, each a handful of rules about documents, served or rendered."""

from __future__ import annotations

from prodworthy.review.html import body, head, links, validity
from prodworthy.review.html.validity import errors
from prodworthy.review.rules import together

__all__ = ["complete", "connected", "described", "errors", "no_worse", "real", "rendered", "valid"]

real = together(validity.not_html)
valid = together(
    validity.invalid,
    validity.warning,
    validity.obsolete,
    body.duplicate_id,
    body.alt_missing,
    head.language_invalid,
)
complete = together(
    head.title_missing,
    head.language_missing,
    head.encoding_missing,
    head.viewport_missing,
    head.zoom_blocked,
    head.refresh,
    head.base_elsewhere,
)
described = together(
    head.title_repeated,
    head.description_missing,
    head.canonical_relative,
    head.canonical_several,
    head.canonical_elsewhere,
    body.h1_missing,
    body.h1_several,
)
connected = together(links.dead_link, links.link_moved, links.lost_fragment, links.link_insecure)
rendered = together(
    validity.rendered_invalid,
    validity.warning,
    validity.obsolete,
    body.duplicate_id,
    body.alt_missing,
    head.title_repeated,
    body.h1_missing,
    body.h1_several,
)
no_worse = together(validity.new_errors)
