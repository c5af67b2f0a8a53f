"""Documents judged by this project's own way: the validator's messages, then the rules, one document at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from prodworthy.evidence.facts import Described
from prodworthy.evidence.validator import Validation, validate
from prodworthy.model import Finding, Markup, Severity
from prodworthy.model.documents import Document, Documents
from prodworthy.review import html as review
from prodworthy.review.html import head
from prodworthy.review.rules import together

GATE = Severity.MEDIUM
# everything that stands for a message of the checker; what pages need beyond that is no question of its corpus
asked = together(review.valid, head.title_missing)


def findings(bodies: Mapping[str, bytes]) -> dict[str, list[Finding]]:
    """What fails each document; names end in ".html" or ".xhtml". In one run of the checker."""
    validation = asyncio.run(validate(bodies))
    assert validation.failed == {}, validation.failed
    return {name: judged(name, body, validation) for name, body in bodies.items()}


def judged(name: str, body: bytes, validation: Validation) -> list[Finding]:
    """The findings of one document that reach the gate."""
    document = Document(
        urls=(f"https://corpus.test/{name}",),
        status=200,
        declared_status=200,
        media_type="text/html",
        size=len(body),
        facts=Described(f"https://corpus.test/{name}", body, "text/html").facts,
        messages=validation.messages[name],
    )
    found = asked(Documents(markup=Markup(), engine=validation.engine, documents=(document,)))
    return [finding for finding in found if finding.severity.reaches(GATE)]
