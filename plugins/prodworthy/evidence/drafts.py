"""Drafts: the distinct documents that a target served, before the checker has spoken of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from prodworthy.evidence.facts import Described
from prodworthy.evidence.validator import Validation
from prodworthy.model import HTML, Exchange
from prodworthy.model.documents import Document
from prodworthy.model.pages import ServedPage
from prodworthy.model.target import Page

SUFFIXES = {"application/xhtml+xml": ".xhtml"}  # which choose the checker's parser; else ".html"


@dataclass(slots=True, kw_only=True)
class Draft:
    """One distinct document."""

    name: str  # of its file, for the checker
    served: list[ServedPage]
    body: bytes = field(repr=False)
    markup: Described | None  # None: it is not HTML, or empty
    unknown: bool = False

    @property
    def url(self) -> str:
        """Of the first page that was answered with it."""
        return self.served[0].url

    def document(self, validation: Validation | None) -> Document:
        """The evidence that becomes of it."""
        page = self.served[0]
        answer = page.exchange.answered
        assert answer is not None
        return Document(
            urls=tuple(each.url for each in self.served),
            paths=() if self.unknown else tuple(each.page.path for each in self.served),
            status=answer.status,
            declared_status=page.page.status,
            media_type=answer.media_type,
            size=len(self.body),
            facts=self.markup.facts if self.markup else None,
            messages=validation.messages.get(self.name) if validation else None,
            unsaid=validation.unsaid.get(self.name, 0) if validation else 0,
            unknown=self.unknown,
        )


def distinct(served: Iterable[ServedPage]) -> list[Draft]:
    """Documents by their bytes: a single-page app answers every path with one."""
    found: dict[tuple[object, ...], Draft] = {}
    for page in served:
        answer = page.exchange.answered
        if answer is None:
            continue
        key = (answer.body, answer.media_type, answer.status, page.page.status)
        if key in found:
            found[key].served.append(page)
        else:
            found[key] = _draft(f"{len(found):04}", page, answer.body, answer.media_type)
    return list(found.values())


def unknown_draft(exchange: Exchange, status: int, known: Sequence[Draft]) -> list[Draft]:
    """The document for a path that does not exist, when it is one of the app's own and none of the known."""
    answer = exchange.answered
    if answer is None or answer.media_type not in HTML or answer.header("x-vercel-error"):
        return []  # what the platform itself says is not the app's to correct
    if not answer.body.strip() or answer.body in {each.body for each in known}:
        return []
    page = ServedPage(page=Page(path="", status=status), exchange=exchange)
    found = _draft(f"{len(known):04}", page, answer.body, answer.media_type)
    found.unknown = True
    return [found]


def _draft(name: str, page: ServedPage, body: bytes, media_type: str) -> Draft:
    markup = None
    if media_type in HTML and body.strip() and page.exchange.answer:
        markup = Described(page.url, body, page.exchange.answer.header("content-type") or "")
    return Draft(name=f"{name}{SUFFIXES.get(media_type, '.html')}", served=[page], body=body, markup=markup)
