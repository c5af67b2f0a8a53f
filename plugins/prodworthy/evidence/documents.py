"""The declared pages as documents: validated in one go, and their own links asked for once each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from prodworthy.evidence.drafts import Draft, distinct, unknown_draft
from prodworthy.evidence.errors import NotConfigured, Unobserved
from prodworthy.evidence.health import unknown_page
from prodworthy.evidence.links import downgrades, follow, lost_fragments
from prodworthy.evidence.pages import pages
from prodworthy.evidence.pieces import Look, piece
from prodworthy.evidence.validator import PAGE, Validation, validate
from prodworthy.model import Cause, Gap
from prodworthy.model.documents import Documents
from prodworthy.model.exchange import gaps_in
from prodworthy.model.measurement import retries_in

MISSING = {"404": 404, "fallback": 200}  # what a path that does not exist must answer


@piece("html")
async def documents(look: Look) -> Documents:
    """Every declared page and the 404 page: the checker's messages, what they say of themselves, where they lead."""
    if not look.target.pages:
        raise NotConfigured("html", 'pages = ["/"]')
    served, unknown = await asyncio.gather(look.at(pages), look.at(unknown_page))
    drafts = await asyncio.to_thread(distinct, served.served)  # megabytes of markup take seconds
    drafts += await asyncio.to_thread(unknown_draft, unknown.exchange, MISSING[unknown.expected], drafts)
    (validation, gaps), followed = await asyncio.gather(
        _validated(drafts, look.target.markup.jar), follow(look, drafts)
    )
    return Documents(
        markup=look.target.markup,
        hosts=look.target.hosts,
        engine=validation.engine if validation else None,
        documents=tuple(each.document(validation) for each in drafts),
        links=followed.links,
        lost_fragments=await asyncio.to_thread(lost_fragments, drafts),
        downgrades=await asyncio.to_thread(downgrades, drafts, look.target.hosts),
        gaps=(*served.gaps, *gaps_in([unknown.exchange]), *gaps, *followed.gaps),
        retried=retries_in((*(page.exchange for page in served.served), unknown.exchange, *followed.asked)),
    )


async def _validated(drafts: Iterable[Draft], jar: str | None) -> tuple[Validation | None, list[Gap]]:
    markup = [draft for draft in drafts if draft.markup]
    bodies, urls = {draft.name: draft.body for draft in markup}, {draft.name: draft.url for draft in markup}
    return await validated(bodies, urls, jar)


async def validated(
    bodies: Mapping[str, bytes], urls: Mapping[str, str], jar: str | None
) -> tuple[Validation | None, list[Gap]]:
    """What the checker says of all that are not too large, by name, and what could not be validated."""
    small = {name: body for name, body in bodies.items() if len(body) <= PAGE}
    gaps = [
        Gap(what=f"HTML of {urls[name]}", why=f"larger than {PAGE // 1_000_000} MB; not validated", cause=Cause.BOUND)
        for name in bodies
        if name not in small
    ]
    if not small:
        return None, gaps
    try:
        validation = await validate(small, jar=jar)
    except Unobserved as error:
        return None, [*gaps, error.gap]
    for name, why in validation.failed.items():
        gaps.append(Gap(what=f"HTML of {urls[name]}", why=f"the checker failed: {why}", cause=Cause.ENGINE))
    return validation, gaps
