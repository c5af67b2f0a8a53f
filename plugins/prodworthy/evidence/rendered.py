"""Rendered documents: what the browser made of the declared pages, validated like what was served."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from prodworthy.evidence.documents import validated
from prodworthy.evidence.facts import Described
from prodworthy.evidence.validator import Validation
from prodworthy.model import Cause, Gap, Target
from prodworthy.model.documents import Document, Documents
from prodworthy.model.smoke import Smoke, View

UTF_8 = "text/html; charset=utf-8"


def gather(target: Target, smoke: Smoke) -> Documents:
    """The DOM of every declared page in the first viewport. In a thread: Playwright keeps a loop in the main one."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(lambda: asyncio.run(_rendered(target, smoke))).result()


async def _rendered(target: Target, smoke: Smoke) -> Documents:
    looked = [view for view in smoke.views if view.viewport == target.browsing.viewports[0]]
    views = {f"{number:04}.html": view for number, view in enumerate(looked) if view.rendered}
    bodies = {name: (view.rendered or "").encode("utf-8", "replace") for name, view in views.items()}
    validation, gaps = await validated(
        bodies, {name: f"{view.url} (rendered)" for name, view in views.items()}, target.markup.jar
    )
    return Documents(
        markup=target.markup,
        hosts=target.hosts,
        engine=validation.engine if validation else None,
        documents=tuple(_document(name, view, bodies[name], validation) for name, view in views.items()),
        gaps=(*_missing(looked), *gaps),
    )


def _missing(views: Iterable[View]) -> list[Gap]:
    gaps = [gap for view in views for gap in view.hindrances]
    untold = (view for view in views if not view.rendered and not view.hindrances)
    why = "the browser did not tell what it made of it"
    return [*gaps, *(Gap(what=f"HTML of {view.url} (rendered)", why=why, cause=Cause.ENGINE) for view in untold)]


def _document(name: str, view: View, body: bytes, validation: Validation | None) -> Document:
    return Document(
        urls=(view.address or view.url,),
        paths=(view.page.path,),
        status=view.page.status,
        declared_status=view.page.status,
        media_type="text/html",
        size=len(body),
        facts=Described(view.address or view.url, body, UTF_8).facts,
        messages=validation.messages.get(name) if validation else None,
        unsaid=validation.unsaid.get(name, 0) if validation else 0,
        rendered=True,
    )
