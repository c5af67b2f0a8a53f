"""How answers are told in findings, and the pages that findings refer to."""

from __future__ import annotations

from prodworthy.model import Answer
from prodworthy.model.text import clean

ASVS = "OWASP ASVS 5.0"
VERCEL_ERRORS = "https://vercel.com/docs/errors"
VERCEL_CONFIG = "https://vercel.com/docs/project-configuration/vercel-json"


def status(answer: Answer) -> str:
    """The status, with the platform's own code and the destination where there is one."""
    code = answer.header("x-vercel-error")
    told = f"status {answer.status} (x-vercel-error: {clean(code, 60)})" if code else f"status {answer.status}"
    location = answer.header("location")
    return f"{told}, to {clean(location, 120)}" if location and 300 <= answer.status < 400 else told


def kind(answer: Answer) -> str:
    """Status and media type."""
    return f"{status(answer)}, {clean(answer.media_type, 60) or 'no content-type'}"
