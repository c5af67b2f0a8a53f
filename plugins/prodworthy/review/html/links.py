"""Rules about where documents lead."""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import HTML, Severity, Shortfall
from prodworthy.model.documents import Documents, Link
from prodworthy.review.html.wording import GOOGLE, STANDARD, named
from prodworthy.review.rules import rule

GONE = frozenset({404, 410})
SHOWN = frozenset({"img", "source", "video", "audio", "track"})  # elements whose address is a file, not a page


@rule(
    "html.dead-link",
    title="Every link and image of the app's own leads somewhere",
    severity=Severity.MEDIUM,
    reason="People who follow it get an error page, or see a broken image.",
    remedy="correct the address, or put the page or file back; after a move, redirect the old address in vercel.json",
    references=[f"{GOOGLE}crawling-indexing/http-network-errors#http-status-codes"],
)
def dead_link(documents: Documents) -> Iterator[Shortfall]:
    for link in documents.links:
        if (got := _dead(link)) is not None:
            yield Shortfall(
                where=link.url,
                wanted="an address that answers",
                got=f"{got}; <{link.element}>, named by {named(link.pages)}",
            )


@rule(
    "html.link-moved",
    title="Links name the address where their page really is",
    severity=Severity.INFO,
    reason="Everybody who follows it waits for one more round trip.",
    remedy="write the new address into the link",
    references=[f"{GOOGLE}crawling-indexing/301-redirects"],
)
def link_moved(documents: Documents) -> Iterator[Shortfall]:
    for link in documents.links:
        if link.moved and _dead(link) is None:
            got = f"moved for good to {link.moved}; named by {named(link.pages)}"
            yield Shortfall(where=link.url, wanted="the address itself", got=got)


@rule(
    "html.lost-fragment",
    title="Every link to a place inside a page finds it",
    severity=Severity.LOW,  # the place may come into being when the page's scripts run
    reason="The link leads to the top of the page instead.",
    remedy='put the id on the element that is meant: <section id="...">',
    references=[f"{STANDARD}browsing-the-web.html#scroll-to-fragid"],
)
def lost_fragment(documents: Documents) -> Iterator[Shortfall]:
    for lost in documents.lost_fragments:
        where = f"{lost.url}#{lost.fragment[:200]}"
        yield Shortfall(
            where=where, wanted="an element with that id", got=f"none in the served page; named by {lost.page}"
        )


@rule(
    "html.link-insecure",
    title="Links to the app's own pages stay on TLS",
    severity=Severity.LOW,
    reason="The first request goes out in plain text, and who sits on the way can answer it.",
    remedy="write the link without scheme and host (/products), or with https://",
    references=["https://developer.mozilla.org/docs/Web/Security/Practical_implementation_guides/TLS#http_redirection"],
)
def link_insecure(documents: Documents) -> Iterator[Shortfall]:
    for downgrade in documents.downgrades:
        yield Shortfall(where=downgrade.url, wanted="https://", got=f"http://; named by {downgrade.page}")


def _dead(link: Link) -> str | None:
    if link.loop:
        return "redirects without end"
    if link.status is None:
        return None
    if link.status in GONE or link.status >= 500:
        return f"status {link.status}"
    if link.element in SHOWN and link.status == 200 and link.media_type in HTML:
        return "a page in its place"
    return None
