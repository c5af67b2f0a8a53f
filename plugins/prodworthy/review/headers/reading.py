"""How header rules pick the answers they are about, and how they word what they saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from prodworthy.model import HTML, Answer, Shortfall
from prodworthy.model.surface import Kind, Served, Surface
from prodworthy.model.text import clean
from prodworthy.review import csp, document
from prodworthy.review.document import Document

ASVS = "OWASP ASVS 5.0, "
OSHP = "OWASP Secure Headers Project, "
MDN = "MDN, HTTP reference, "

_MOST = 10  # words in a list, and findings of one rule for one answer


def contents(surface: Surface) -> Iterator[Served]:
    """Answers with a body that is used. Redirects are not: nothing of them is rendered, and hosts such as Vercel
    send them before any header of the app is added.
    """
    return (served for served in surface.served if served.kind is not Kind.REDIRECT)


def documents(surface: Surface) -> Iterator[Served]:
    """Answers that browsers render as a document."""
    return (served for served in contents(surface) if _is_document(served))


def _is_document(served: Served) -> bool:
    kind = served.answer.media_type
    return kind in HTML or (not kind and served.kind in {Kind.PAGE, Kind.UNKNOWN_PAGE})


def markup(served: Served) -> Document:
    """The document of an answer, parsed once however many rules ask."""
    return document.read(served.answer.body, served.url)


def from_header(answer: Answer) -> tuple[csp.Policy, ...]:
    """The policies of the Content-Security-Policy field lines, also those that enforce nothing."""
    return tuple(policy for line in answer.lines("content-security-policy") for policy in csp.parse(line))


def policies(served: Served) -> tuple[csp.Policy, ...]:
    """Every policy that browsers enforce for an answer."""
    return tuple(policy for policy in written(served) if not policy.void)


def written(served: Served) -> tuple[csp.Policy, ...]:
    """Every policy for an answer: of the header, and of the document's meta elements; some may enforce nothing."""
    return (*from_header(served.answer), *map(csp.parse_meta, markup(served).policies))


def has_policy_text(served: Served) -> bool:
    """Whether anybody wrote a policy, even one that enforces nothing."""
    in_document = map(csp.parse_meta, markup(served).policies)
    return bool(served.answer.lines("content-security-policy")) or any(
        not policy.void or not policy.ignored for policy in in_document
    )


def scheme(served: Served) -> str:
    """The scheme of an answer's address."""
    return urlsplit(served.url).scheme


def items(lines: Iterable[str]) -> list[str]:
    """The items of a comma list over all its field lines."""
    return [item.strip(" \t") for line in lines for item in line.split(",")]


def quoted(lines: Iterable[str]) -> str:
    """Field lines as shown in a finding: bounded, one after the other."""
    return clean(" | ".join(lines)) or "an empty value"


def listed(words: Iterable[str]) -> str:
    """A list for a finding: the first few, and how many more."""
    found = list(dict.fromkeys(words))
    more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return clean(", ".join(found[:_MOST])) + more


def capped(shortfalls: Iterable[Shortfall]) -> Iterator[Shortfall]:
    """The first few at each address of what may be thousands, then one that says how many are left out."""
    seen: Counter[str] = Counter()
    for shortfall in shortfalls:
        seen[shortfall.where] += 1
        if seen[shortfall.where] <= _MOST:
            yield shortfall
    for where, count in seen.items():
        if count > _MOST:
            yield Shortfall(where, "none of the same kind", f"{count - _MOST} more of the same kind")


def in_vercel_json(key: str, value: str) -> str:
    """The line to write for an app on Vercel."""
    return f'in vercel.json, in "headers" for the source "/(.*)": {{ "key": "{key}", "value": "{value}" }}'
