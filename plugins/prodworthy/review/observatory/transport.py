"""Strict-Transport-Security."""

from __future__ import annotations

import re

from prodworthy.review.observatory.preload import is_preloaded
from prodworthy.review.observatory.visit import Visit, joined

NAME = "strict-transport-security"
SIX_MONTHS = 15_552_000  # seconds; somewhat less than half a year, as many sites have it
PROTECTS = frozenset({"hsts-preloaded", "hsts-implemented-max-age-at-least-six-months"})

_NUMBER = re.compile(r"\s*([+-]?[0-9]+)")


def result(visit: Visit) -> str:
    """The preload list outranks whatever the field says."""
    if not visit.https:
        return "hsts-not-implemented-no-https"
    if is_preloaded(visit.host):
        return "hsts-preloaded"
    if not visit.trusted:
        return "hsts-invalid-cert"
    value = joined(visit.fields, NAME)
    return "hsts-not-implemented" if value is None else _read(value[:1024])


def _read(value: str) -> str:
    ages = [part for part in map(str.strip, value.lower().split(";")) if part.startswith("max-age=")]
    if "," in value or not ages:
        return "hsts-header-invalid"
    number = _NUMBER.match(ages[-1][8:128])
    # what is no number, a quoted one for example, is no less than six months to the method
    short = number is not None and int(number[1]) < SIX_MONTHS
    return "hsts-implemented-max-age-less-than-six-months" if short else "hsts-implemented-max-age-at-least-six-months"
