"""Rules about what a page tells other sites, and what it lets them use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prodworthy.model import Severity, Shortfall
from prodworthy.model.surface import Served, Surface
from prodworthy.review import structured
from prodworthy.review.headers.reading import (
    ASVS,
    OSHP,
    documents,
    in_vercel_json,
    items,
    listed,
    markup,
    quoted,
)
from prodworthy.review.permissions import KNOWN, SENSITIVE
from prodworthy.review.rules import rule

REFERRER = "referrer-policy"
PERMISSIONS = "permissions-policy"
_REFERRER_REMEDY = f"Send it {in_vercel_json('Referrer-Policy', 'strict-origin-when-cross-origin')}."
_PERMISSIONS_WANTED = "camera=(), geolocation=(), microphone=()"
_PERMISSIONS_REMEDY = (
    f"Switch off what the app does not use: {in_vercel_json('Permissions-Policy', _PERMISSIONS_WANTED)}."
)

_WHOLE_ADDRESS = frozenset({"unsafe-url", "no-referrer-when-downgrade"})
_ORIGIN = frozenset({"origin", "origin-when-cross-origin"})
_GOOD = frozenset({"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"})
_REFERRER_POLICIES = _WHOLE_ADDRESS | _ORIGIN | _GOOD
# what old documents write in a meta element (HTML Standard, section 4.2.5.1)
_LEGACY = {
    "never": "no-referrer",
    "default": "strict-origin-when-cross-origin",
    "always": "unsafe-url",
    "origin-when-crossorigin": "origin-when-cross-origin",
}


def referrer_policy(served: Served) -> str | None:
    """What browsers follow: the last value they know, of the document if it has one, else of the header."""
    contents = [text.strip().lower() for text in markup(served).referrers]
    of_document = [_LEGACY.get(text, text) for text in contents]
    of_header = [item.lower() for item in items(served.answer.lines(REFERRER))]
    for values in (of_document, of_header):
        if known := [value for value in values if value in _REFERRER_POLICIES]:
            return known[-1]
    return None


@rule(
    "headers.referrer-policy-missing",
    title="Pages say how much of their address other sites get to see",
    severity=Severity.LOW,
    reason="The browsers' default is good today; saying it keeps it so in all of them.",
    remedy=_REFERRER_REMEDY,
    references=[ASVS + "3.4.5", OSHP + "Referrer-Policy"],
)
def referrer_policy_missing(surface: Surface) -> Iterator[Shortfall]:
    """Neither a header nor a meta element."""
    for served in documents(surface):
        if not served.answer.lines(REFERRER) and referrer_policy(served) is None:
            yield Shortfall(served.where, "Referrer-Policy: strict-origin-when-cross-origin", "no such header")


@rule(
    "headers.referrer-policy-unknown",
    title="Referrer-Policy has a value that browsers know",
    severity=Severity.LOW,
    reason="Unknown values are skipped, and the default applies.",
    remedy=_REFERRER_REMEDY,
    references=["Referrer Policy, section 8.1", ASVS + "3.4.5"],
)
def referrer_policy_unknown(surface: Surface) -> Iterator[Shortfall]:
    """A header without any known value."""
    for served in documents(surface):
        lines = served.answer.lines(REFERRER)
        if lines and referrer_policy(served) is None:
            yield Shortfall(served.where, "strict-origin-when-cross-origin or stricter", quoted(lines))


@rule(
    "headers.referrer-policy-unsafe",
    title="Whole addresses are not sent to other sites",
    severity=Severity.MEDIUM,
    reason="Addresses hold search words, names and tokens; this policy hands them to every site that is linked or "
    "loaded from.",
    remedy=_REFERRER_REMEDY,
    references=[ASVS + "3.4.5", OSHP + "Referrer-Policy"],
)
def referrer_policy_unsafe(surface: Surface) -> Iterator[Shortfall]:
    """unsafe-url or no-referrer-when-downgrade is in effect."""
    for served in documents(surface):
        if (policy := referrer_policy(served)) in _WHOLE_ADDRESS:
            yield Shortfall(served.where, "strict-origin-when-cross-origin or stricter", str(policy))


@rule(
    "headers.referrer-policy-origin",
    title="The origin is not sent over plain HTTP",
    severity=Severity.LOW,
    reason="origin and origin-when-cross-origin tell plain HTTP sites, and everybody on the way, where people come "
    "from.",
    remedy=_REFERRER_REMEDY,
    references=[ASVS + "3.4.5", "Referrer Policy, section 3"],
)
def referrer_policy_origin(surface: Surface) -> Iterator[Shortfall]:
    """origin or origin-when-cross-origin is in effect."""
    for served in documents(surface):
        if (policy := referrer_policy(served)) in _ORIGIN:
            yield Shortfall(served.where, "strict-origin-when-cross-origin or stricter", str(policy))


@rule(
    "headers.referrer-policy-attribute",
    title="No element gives away the whole address on its own account",
    severity=Severity.LOW,
    reason="A referrerpolicy attribute overrides the page's policy: that site gets the whole address, search words "
    "and tokens included.",
    remedy='Remove referrerpolicy="unsafe-url" (or no-referrer-when-downgrade) from the element.',
    references=[ASVS + "3.4.5", "Referrer Policy, section 4.3"],
)
def referrer_policy_attribute(surface: Surface) -> Iterator[Shortfall]:
    """An element with a policy that sends whole addresses."""
    for served in documents(surface):
        if wide := [f"{tag} {value}" for tag, value in markup(served).leaks if value in _WHOLE_ADDRESS]:
            yield Shortfall(served.where, "strict-origin-when-cross-origin or stricter", listed(wide))


def _permissions(served: Served) -> Mapping[str, tuple[Any, ...]]:
    """What the field says; empty when it is absent or dropped."""
    try:
        return structured.dictionary(served.answer.lines(PERMISSIONS))
    except structured.Void:
        return {}


@rule(
    "headers.permissions-policy-missing",
    title="Pages say which powerful features they use",
    severity=Severity.LOW,
    reason="A script that was smuggled in can ask for camera, microphone or position in the page's name.",
    remedy=_PERMISSIONS_REMEDY,
    references=[OSHP + "Permissions-Policy"],
)
def permissions_policy_missing(surface: Surface) -> Iterator[Shortfall]:
    """No field line, or only empty ones."""
    for served in documents(surface):
        if not any(line.strip() for line in served.answer.lines(PERMISSIONS)):
            yield Shortfall(served.where, f"Permissions-Policy: {_PERMISSIONS_WANTED}", "no such header")


@rule(
    "headers.permissions-policy-void",
    title="Permissions-Policy is written so that browsers understand it",
    severity=Severity.MEDIUM,
    reason="One mistake drops the whole header, while its owners believe the features to be off.",
    remedy=_PERMISSIONS_REMEDY + " Names are in lower case, `self` stands without quotes, origins in double quotes.",
    references=["RFC 9651, section 4.2", OSHP + "Permissions-Policy"],
)
def permissions_policy_void(surface: Surface) -> Iterator[Shortfall]:
    """The field lines together are no structured dictionary."""
    for served in documents(surface):
        lines = served.answer.lines(PERMISSIONS)
        try:
            structured.dictionary(lines)
        except structured.Void as problem:
            yield Shortfall(served.where, _PERMISSIONS_WANTED, f"{quoted(lines)}: {problem}")


@rule(
    "headers.permissions-policy-wildcard",
    title="Sensitive features are not given to every frame",
    severity=Severity.MEDIUM,
    reason="* lets every embedded site ask for the feature in the page's name.",
    remedy="Write `()` for nobody, `(self)`, or the origins that need it in double quotes.",
    references=[OSHP + "Permissions-Policy", "Permissions Policy, section 9.2"],
)
def permissions_policy_wildcard(surface: Surface) -> Iterator[Shortfall]:
    """A sensitive feature is allowed for *."""
    for served in documents(surface):
        wide = [name for name, values in _permissions(served).items() if name in SENSITIVE and "*" in values]
        if wide:
            yield Shortfall(served.where, "() or (self)", listed(f"{name}=*" for name in wide))


@rule(
    "headers.permissions-policy-ignored",
    title="Every allowance in Permissions-Policy is one that browsers know",
    severity=Severity.LOW,
    reason="An origin without quotes, `self` in quotes, or another word is skipped: the feature is off where it was "
    "meant to be on.",
    remedy='Write `self` without quotes and origins in double quotes: geolocation=(self "https://maps.example.com").',
    references=["Permissions Policy, section 9.2"],
)
def permissions_policy_ignored(surface: Surface) -> Iterator[Shortfall]:
    """A value that is neither *, self, src nor a quoted origin."""
    for served in documents(surface):
        skipped = [
            f"{name}={value}" for name, values in _permissions(served).items() for value in values if _skipped(value)
        ]
        if skipped:
            yield Shortfall(served.where, "*, self or a quoted origin", listed(skipped))


def _skipped(value: Any) -> bool:
    if structured.is_token(value):
        return str(value) not in {"*", "self", "src"}
    return not (isinstance(value, str) and "://" in value)


@rule(
    "headers.permissions-policy-unknown",
    title="Permissions-Policy names features that browsers know",
    severity=Severity.INFO,
    reason="Unknown names are ignored: a slip of the pen leaves the feature as it was.",
    remedy="Compare the name with the list on MDN.",
    references=["MDN, HTTP reference, Permissions-Policy"],
)
def permissions_policy_unknown(surface: Surface) -> Iterator[Shortfall]:
    """A feature that no browser has."""
    for served in documents(surface):
        strange = [name for name in _permissions(served) if name not in KNOWN]
        if strange:
            yield Shortfall(served.where, "names of features", listed(strange))
