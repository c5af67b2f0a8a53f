"""Rules about search engines: whether production may be found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from prodworthy.model import Answer, Severity, Shortfall, Subject
from prodworthy.model.health import Domains, DomainSeen
from prodworthy.model.text import clean
from prodworthy.review import document
from prodworthy.review.health.wording import status
from prodworthy.review.rules import rule, together

ON_PURPOSE = "for a target that nobody shall find, switch the rule off under its rules, with the reason"
LARGEST = ("googlebot", "bingbot")
HIDDEN = frozenset({"noindex", "none"})
LONGEST = 500_000  # bytes of a robots.txt that are read; RFC 9309, section 2.5
NAMED = re.compile(r"\s*([A-Za-z][A-Za-z0-9_-]*)\s*:\s*")  # "googlebot: noindex", which holds to the end of the line
ROOT = re.compile(r"(?=[/*])\**+/?+\**+\$?+")  # patterns that "/" fits: "*" is any text, "$" the end
VALUED = frozenset({"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"})


@rule(
    "health.noindex",
    title="Search engines may list the production pages",
    severity=Severity.MEDIUM,
    reason="A noindex that was meant for previews takes the site out of the search engines within days.",
    remedy="remove noindex for production: the host itself adds it to previews and to outdated deployments only; "
    f"{ON_PURPOSE}",
    references=[
        "https://developers.google.com/search/docs/crawling-indexing/block-indexing",
        "https://vercel.com/docs/headers/response-headers#x-robots-tag",
    ],
    subject=Subject.DOMAIN,
)
def noindex(domains: Domains) -> Iterator[Shortfall]:
    for domain in _production(domains):
        last = domain.journey[-1]
        if last.answered and last.answered.status < 300 and (found := _noindex(last.url, last.answered)):
            yield Shortfall(last.url, "no noindex", *found)


@rule(
    "health.robots-blocked",
    title="Search engines may read the production pages",
    severity=Severity.MEDIUM,
    reason="A robots.txt that was meant for previews keeps search engines out: the site is listed without its content.",
    remedy='let public/robots.txt say "User-agent: *" and, on the next line, "Allow: /"; previews need no robots.txt, '
    "because the host marks them noindex by itself; "
    f"{ON_PURPOSE}",
    references=[
        "https://www.rfc-editor.org/rfc/rfc9309#section-2.2.2",
        "https://developers.google.com/search/docs/crawling-indexing/robots/robots_txt",
    ],
    subject=Subject.DOMAIN,
)
def robots_blocked(domains: Domains) -> Iterator[Shortfall]:
    for domain in _production(domains):
        answer = domain.robots.answered if domain.robots else None
        if domain.robots is None or answer is None:
            continue
        if answer.status >= 500:  # RFC 9309, section 2.3.1.4
            got = f"{status(answer)}, which crawlers take for a ban of everything"
            yield Shortfall(domain.robots.url, "a robots.txt, or status 404", got, "look at the log for /robots.txt")
        elif answer.status < 300 and (line := _ban(answer.body[:LONGEST].decode("utf-8", "replace"))):
            yield Shortfall(domain.robots.url, "/ allowed", clean(line))


every_robot = together(noindex, robots_blocked)


def _production(domains: Domains) -> Iterator[DomainSeen]:
    """What is known to be production: an address of the host's own may be a preview, which asks not to be listed."""
    for domain in domains.seen:
        own = (urlsplit(domain.origin).hostname or "").endswith(".vercel.app")
        if domain.journey and (domains.declared or not own):
            yield domain


def _noindex(url: str, answer: Answer) -> tuple[str, str] | None:
    """What hides a page, and the remedy for exactly that; directives for robots of less weight are left alone."""
    for line in answer.lines("x-robots-tag"):
        if _hides(line):
            remedy = 'remove the header "x-robots-tag" from vercel.json; sent by the host, the domain serves a preview'
            return clean(f"x-robots-tag: {line}"), f"{remedy}; {ON_PURPOSE}"
    for content in document.read(answer.body, url).robots:
        if _hides(content):
            tag = f'<meta name="robots" content="{content}">'
            return clean(tag), f"remove {clean(tag)} from index.html, or write it for previews only; {ON_PURPOSE}"
    return None


def _hides(line: str) -> bool:
    meant = True
    for directive in line.split(","):
        named = NAMED.match(directive)
        if named and named[1].lower() not in VALUED:
            meant = named[1].lower() in LARGEST
            directive = directive[named.end() :]  # noqa: PLW2901
        if meant and directive.strip().lower() in HIDDEN:
            return True
    return False


def _ban(text: str) -> str | None:
    """The line of a robots.txt that keeps one of the largest search engines from the root; None: all may read it."""
    groups = list(_groups(text))
    for robot in LARGEST:
        own = [group for group in groups if robot in group.robots] or [g for g in groups if "*" in g.robots]
        lines = [line for group in own for line in group.lines if ROOT.fullmatch(line.path)]
        # the longest counts, and of two as long the one that allows
        strongest = max(lines, key=lambda line: (len(line.path), line.allows), default=None)
        if strongest and not strongest.allows:
            return f"User-agent: {robot if robot in own[0].robots else '*'}, Disallow: {strongest.path}"
    return None


@dataclass(frozen=True, slots=True)
class _Line:
    allows: bool
    path: str


@dataclass(frozen=True, slots=True)
class _Group:
    robots: set[str] = field(default_factory=set)
    lines: list[_Line] = field(default_factory=list)


def _groups(text: str) -> Iterator[_Group]:
    """Lines of one or more user agents, then the rules for them; RFC 9309, section 2.2."""
    group = _Group()
    for line in text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}").splitlines():
        key, _, value = (part.strip() for part in line.partition("#")[0].partition(":"))
        if key.lower() == "user-agent":
            if group.lines:
                yield group
                group = _Group()
            group.robots.add(value.lower().partition("/")[0])
        elif key.lower() in {"allow", "disallow"}:
            group.lines.append(_Line(key.lower() == "allow", value))
    yield group
