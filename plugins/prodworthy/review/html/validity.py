"""Rules about what the reference checker says of documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from prodworthy.model import HTML, Severity, Shortfall
from prodworthy.model.documents import Document, Documents, Level, Message
from prodworthy.model.standing import Before, Errors
from prodworthy.review.html.wording import NU, STANDARD, page, told_once
from prodworthy.review.rules import rule

Said = Iterator[tuple[Document, Message]]

UNKNOWN = "(a path that does not exist)"  # among the declared paths of `Errors`

# what the checker says of things that rules of their own judge, more to the point
_ELSEWHERE = re.compile(
    r"^Duplicate ID |^The first occurrence of ID |^Element “title” must not be empty"
    r"|^Element “head” is missing a required instance of child element “title”"
    r"|^Consider adding a “lang” attribute|^Bad value “.*” for attribute “lang” on element “html”"
    r"|^An “img” element must have an “alt” attribute"
    r"|^Consider avoiding viewport values that prevent users from resizing"
    r"|^This document has heading elements but none of them has a computed heading level of 1",
    re.DOTALL,
)
_OBSOLETE = re.compile(r"\bobsolete\b")


@rule(
    "html.not-html",
    title="Every declared page is an HTML document",
    severity=Severity.CRITICAL,
    reason="What is not a document, or an error page, or empty, shows people no page at all.",
    remedy="look at the deployment's log and at what the build wrote for this path; a rewrite in vercel.json must lead "
    "to an .html file that is in the output directory",
    references=[f"{STANDARD}iana.html#text/html"],
)
def not_html(documents: Documents) -> Iterator[Shortfall]:
    for document in documents.documents:
        if (got := _no_document(document)) is not None:
            wanted = f"status {document.declared_status} and an HTML document"
            yield Shortfall(where=page(document), wanted=wanted, got=got)


@rule(
    "html.invalid",
    title="Every declared page, and the one for paths that do not exist, is valid by the HTML standard",
    severity=Severity.MEDIUM,
    reason="Browsers repair invalid markup, each in its own way: what people, search engines and screen readers get "
    "is a guess.",
    remedy="change the markup at this place as the message says; if it is meant, say so: "
    'in [targets.<name>.html] ignore = [{ pattern = "...", reason = "..." }]',
    references=[f"{STANDARD}introduction.html#conformance-requirements-for-authors", NU],
)
def invalid(documents: Documents) -> Iterator[Shortfall]:
    return _untolerated(documents, rendered=False)


@rule(
    "html.rendered-invalid",
    title="What the browser made of every declared page is valid by the HTML standard",
    severity=Severity.MEDIUM,  # asked for by a setting: whoever sets it wants to be stopped
    reason="What scripts build is what people and screen readers get; this target asks for it: html.rendered = true.",
    remedy="change the component that writes this markup as the message says; if a library writes it, say so: "
    'in [targets.<name>.html] ignore = [{ pattern = "...", reason = "..." }]',
    references=[f"{STANDARD}introduction.html#conformance-requirements-for-authors", NU],
)
def rendered_invalid(documents: Documents) -> Iterator[Shortfall]:
    return _untolerated(documents, rendered=True)


@rule(
    "html.warning",
    title="The checker has no warning for any declared page",
    severity=Severity.MEDIUM,  # asked for by a setting: whoever sets it wants to be stopped
    reason="Warnings are likely mistakes in valid markup; this target asks for them: html.warnings = true.",
    remedy="change the markup at this place as the message says, or set html.warnings = false",
    references=[NU],
)
def warning(documents: Documents) -> Iterator[Shortfall]:
    if documents.markup.warnings:
        said = ((each, what) for each, what in _said(documents, Level.WARNING) if not _OBSOLETE.search(what.text))
        yield from told_once(said, "no warning")


@rule(
    "html.obsolete",
    title="No declared page uses an obsolete feature",
    severity=Severity.MEDIUM,  # asked for by a setting: whoever sets it wants to be stopped
    reason="Obsolete attributes still work, and belong into CSS; this target asks for them: html.obsolete = true, or "
    "html.warnings = true.",
    remedy="say it in CSS instead, as the message says, or set html.obsolete = false",
    references=[f"{STANDARD}obsolete.html#non-conforming-features"],
)
def obsolete(documents: Documents) -> Iterator[Shortfall]:
    if documents.markup.obsolete or documents.markup.warnings:
        said = ((each, what) for each, what in _said(documents, Level.WARNING) if _OBSOLETE.search(what.text))
        yield from told_once(said, "no obsolete feature")


@rule(
    "html.new-errors",
    title="No declared page has an error that the release before did not have",
    severity=Severity.MEDIUM,
    reason="Errors that are tolerated must not become more, and this release brings this one.",
    remedy="change the markup at this place as the message says: the release before did without",
    references=[NU],
)
def new_errors(compared: tuple[Documents, Before[Documents]]) -> Iterator[Shortfall]:
    now, before = compared
    known = _known(before)
    if known is None:
        return
    messages = {text for said in known.pages.values() for text in said}
    for document in now.documents:
        new = [what for what in _errors(now, document) if what.text not in messages]
        if before.gaps and not known.pages.keys() & set(_paths(document)):
            continue  # how the page was could not be seen
        yield from told_once(((document, what) for what in new), f"no error that {before.source} does not have")


def errors(documents: Documents) -> Errors | None:
    """The checker's different errors on every served page that it judged, as a later release is held against them.

    None when it judged none: then nothing can be called new.
    """
    judged = [document for document in documents.documents if document.messages is not None and not document.rendered]
    if not judged:
        return None
    told = {id(each): tuple(dict.fromkeys(what.text for what in _errors(documents, each))) for each in judged}
    return Errors(pages={path: told[id(document)] for document in judged for path in _paths(document)})


def sound(documents: Documents) -> list[Document]:
    """The documents that are what they should be, so that their markup is worth a word."""
    return [each for each in documents.documents if each.facts and _no_document(each) is None]


def _untolerated(documents: Documents, *, rendered: bool) -> Iterator[Shortfall]:
    said = [(each, what) for each, what in _said(documents, Level.ERROR) if each.rendered is rendered]
    if len({what.text for _, what in said}) > documents.markup.tolerance:
        yield from told_once(said, "no error")


def _said(documents: Documents, level: Level) -> Said:
    for document in sound(documents):
        for message in document.messages or ():
            if message.level is level and not _ELSEWHERE.search(message.text) and not _ignored(documents, message):
                yield document, message


def _ignored(documents: Documents, message: Message) -> bool:
    return any(re.search(ignored.pattern, message.text) for ignored in documents.markup.ignore)


def _errors(documents: Documents, document: Document) -> list[Message]:
    """Those of rules of their own included."""
    said = (message for message in document.messages or () if message.level is Level.ERROR)
    return [message for message in said if not _ignored(documents, message)]


def _known(before: Before[Documents]) -> Errors | None:
    if before.saved:
        return before.saved.errors
    return errors(before.evidence) if before.evidence else None


def _paths(document: Document) -> Iterable[str]:
    return (UNKNOWN,) if document.unknown else document.paths


def _no_document(document: Document) -> str | None:
    """What is there instead of a document; None when there is one."""
    if document.unknown:
        return None  # of any status: the health check judges that
    if document.status != document.declared_status:
        return f"status {document.status}, {document.media_type[:60] or 'no content-type'}"
    if document.media_type not in HTML:
        return document.media_type[:100] or "no content-type"
    return "an empty body" if document.facts is None else None
