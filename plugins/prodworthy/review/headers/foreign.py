"""Rules about what a served document loads from elsewhere, and how."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from prodworthy.model import Severity, Shortfall
from prodworthy.model.surface import Served, Surface
from prodworthy.model.text import clean
from prodworthy.review import sites, structured
from prodworthy.review.document import Resource
from prodworthy.review.headers import evergreen
from prodworthy.review.headers.reading import (
    ASVS,
    MDN,
    OSHP,
    capped,
    documents,
    markup,
    policies,
    quoted,
    scheme,
)
from prodworthy.review.rules import rule

_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}
_METADATA = re.compile(r"(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+={0,2})(?:\?.*)?", re.IGNORECASE)


def _reported(served: Served, found: Iterable[Resource], wanted: str, got: str) -> Iterator[Shortfall]:
    """One shortfall for each resource, the first few of them."""
    what = dict.fromkeys(f"{resource.element} {clean(resource.url)}: {got}" for resource in found)
    return capped(Shortfall(served.where, wanted, each) for each in what)


def _secure_documents(surface: Surface) -> Iterator[Served]:
    return (served for served in documents(surface) if scheme(served) == "https")


def _upgrades(served: Served) -> bool:
    """Whether browsers turn http addresses of the document into https ones."""
    return any("upgrade-insecure-requests" in policy.directives for policy in policies(served))


def _plain(resources: Iterable[Resource]) -> Iterator[Resource]:
    return (resource for resource in resources if resource.url.lower().startswith("http:"))


@rule(
    "headers.mixed-content-active",
    title="HTTPS pages load code and frames, and send forms, over HTTPS only",
    severity=Severity.HIGH,
    reason="Browsers block scripts, styles and frames over plain HTTP, so the page breaks; what they let through can "
    "be changed or read by anybody on the way.",
    remedy="Write https:// in its place, or add `upgrade-insecure-requests` to the Content-Security-Policy.",
    references=["Mixed Content, section 3", ASVS + "12.2.1"],
)
def mixed_content_active(surface: Surface) -> Iterator[Shortfall]:
    """A script, style, frame, plug-in or form with an http address."""
    for served in _secure_documents(surface):
        if not _upgrades(served):
            yield from _reported(served, _plain(markup(served).active), "https", "plain HTTP")


@rule(
    "headers.mixed-content-passive",
    title="HTTPS pages load images, sound and film over HTTPS",
    severity=Severity.LOW,
    reason="Browsers ask for them over HTTPS by themselves, and show nothing where that fails.",
    remedy="Write https:// in its place.",
    references=["Mixed Content, section 4"],
)
def mixed_content_passive(surface: Surface) -> Iterator[Shortfall]:
    """An image, sound or film with an http address."""
    for served in _secure_documents(surface):
        if not _upgrades(served):
            yield from _reported(served, _plain(markup(served).passive), "https", "plain HTTP")


def _foreign_code(served: Served) -> Iterator[Resource]:
    """Scripts and styles from other sites."""
    own = urlsplit(served.url).hostname or ""
    for resource in markup(served).code:
        host = _host(resource.url)
        if host and not sites.same_site(own, host):
            yield resource


def _host(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.hostname if parts.scheme in {"http", "https"} else None


@rule(
    "headers.sri-missing",
    title="Scripts and styles from other sites are pinned to their content",
    severity=Severity.MEDIUM,
    reason="Whoever controls the other site, or breaks into it, controls every page that loads its code.",
    remedy='Serve the file yourself, or pin it: integrity="sha384-…" crossorigin="anonymous".',
    references=[ASVS + "3.6.1", "Subresource Integrity, section 3", OSHP + "Subresource Integrity"],
)
def sri_missing(surface: Surface) -> Iterator[Shortfall]:
    """No integrity attribute on a script or stylesheet from another site that could be pinned."""
    for served in documents(surface):
        bare = (resource for resource in _unpinned(served) if _host(resource.url) not in evergreen.HOSTS)
        yield from _reported(served, bare, "an integrity attribute", "none")


@rule(
    "headers.sri-evergreen",
    title="Services that change their scripts at will are chosen with care",
    severity=Severity.LOW,
    reason="Such a script cannot be pinned to its content: whoever controls the service, or breaks into it, controls "
    "every page that loads it.",
    remedy="Serve the file yourself where the service allows it (fonts do); keep such scripts off pages that take "
    "passwords and payments of your own.",
    references=[ASVS + "3.6.1", OSHP + "Subresource Integrity"],
)
def sri_evergreen(surface: Surface) -> Iterator[Shortfall]:
    """The same from a service that is known to change what it serves at one address."""
    for served in documents(surface):
        bare = (resource for resource in _unpinned(served) if _host(resource.url) in evergreen.HOSTS)
        yield from _reported(served, bare, "a file of your own", "cannot be pinned")


def _unpinned(served: Served) -> Iterator[Resource]:
    return (resource for resource in _foreign_code(served) if not (resource.integrity or "").strip())


@rule(
    "headers.sri-void",
    title="Integrity attributes pin something",
    severity=Severity.MEDIUM,
    reason="An integrity attribute without a whole digest is ignored; one on another site's file without crossorigin "
    "makes browsers refuse the file.",
    remedy='Write integrity="sha384-…" with the base64 of the whole digest, and crossorigin="anonymous".',
    references=["Subresource Integrity, section 3.3", ASVS + "3.6.1"],
)
def sri_void(surface: Surface) -> Iterator[Shortfall]:
    """No usable digest, or a file from another origin without crossorigin."""
    for served in documents(surface):
        pinned = [resource for resource in markup(served).code if (resource.integrity or "").strip()]
        without = (each for each in pinned if not _has_digest(each.integrity or ""))
        yield from _reported(served, without, "a whole sha256, sha384 or sha512 digest", "no usable digest")
        opaque = (each for each in pinned if not each.crossorigin and _origin(each.url) != _origin(served.url))
        yield from _reported(served, opaque, "crossorigin beside integrity", "no crossorigin attribute")


@rule(
    "headers.integrity-policy-void",
    title="Integrity-Policy is written so that browsers understand it",
    severity=Severity.LOW,
    reason="A policy that does not parse, or names nothing that browsers know, demands integrity of nothing.",
    remedy="Send `Integrity-Policy: blocked-destinations=(script)`.",
    references=["Subresource Integrity, section 3.8", MDN + "Integrity-Policy"],
)
def integrity_policy_void(surface: Surface) -> Iterator[Shortfall]:
    """No dictionary with blocked-destinations of script or style."""
    for served in documents(surface):
        lines = served.answer.lines("integrity-policy")
        if lines and (problem := _void_policy(lines)):
            yield Shortfall(served.where, "blocked-destinations=(script)", f"{quoted(lines)}: {problem}")


def _void_policy(lines: tuple[str, ...]) -> str | None:
    try:
        policy = structured.dictionary(lines)
    except structured.Void as problem:
        return str(problem)
    if not structured.is_list(lines, "blocked-destinations"):
        return "no list of blocked-destinations"
    if not _tokens(policy["blocked-destinations"]) & {"script", "style"}:
        return "no destination that browsers know"
    if "sources" in policy and "inline" not in _tokens(policy["sources"]):
        return "no source that browsers know"
    return None


def _tokens(values: Iterable[Any]) -> set[str]:
    return {str(value) for value in values if structured.is_token(value)}


def _has_digest(integrity: str) -> bool:
    found = (_METADATA.fullmatch(word) for word in integrity.split())
    return any(_is_whole(match) for match in found if match)


def _is_whole(metadata: re.Match[str]) -> bool:
    plain = metadata[2].replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return len(base64.b64decode(plain + "=" * (-len(plain) % 4))) == _BYTES[metadata[1].lower()]
    except binascii.Error:
        return False


def _origin(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.scheme, parts.netloc.lower()
