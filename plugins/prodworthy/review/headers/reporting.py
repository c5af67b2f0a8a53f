"""Rules about where browsers are to report violations. Having no reports at all is no finding."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from prodworthy.model import Answer, Severity, Shortfall
from prodworthy.model.surface import Served, Surface
from prodworthy.review import csp, structured
from prodworthy.review.headers.reading import ASVS, MDN, documents, from_header, listed, scheme
from prodworthy.review.rules import rule

ENDPOINTS = "reporting-endpoints"
OLD_ENDPOINTS = "report-to"
REPORT_ONLY = "content-security-policy-report-only"

_ITEMS = (
    "cross-origin-opener-policy",
    "cross-origin-opener-policy-report-only",
    "cross-origin-embedder-policy",
    "cross-origin-embedder-policy-report-only",
)


def _endpoints(answer: Answer) -> dict[str, Any]:
    """Groups and addresses of Reporting-Endpoints; raises Void."""
    return {
        name: values[0] if values else None for name, values in structured.dictionary(answer.lines(ENDPOINTS)).items()
    }


def _old_groups(answer: Answer) -> set[str]:
    """Groups of Report-To, which came before; what does not parse names none."""
    try:
        groups = json.loads(f"[{','.join(answer.lines(OLD_ENDPOINTS))}]")
    except (ValueError, RecursionError):
        return set()
    return {str(each.get("group", "default")) for each in groups if isinstance(each, dict)}


def _policies(answer: Answer) -> tuple[csp.Policy, ...]:
    trial = (policy for line in answer.lines(REPORT_ONLY) for policy in csp.parse(line))
    return (*from_header(answer), *trial)


def _wanted(answer: Answer) -> Iterator[str]:
    """The groups that reports are to go to."""
    for policy in _policies(answer):
        if "report-to" in policy.directives:
            yield from policy.directives["report-to"].values[:1]
    for name in _ITEMS:
        yield from structured.parameter(answer.lines(name), "report-to")


@rule(
    "headers.report-group-undeclared",
    title="Reports go to a group that is declared",
    severity=Severity.LOW,
    reason="Browsers drop reports to a group that no header of the same answer names: violations go unseen.",
    remedy='Send `Reporting-Endpoints: <group>="https://…"` with the same answer.',
    references=[ASVS + "3.4.7", "Reporting API, section 3.2", MDN + "Reporting-Endpoints"],
)
def report_group_undeclared(surface: Surface) -> Iterator[Shortfall]:
    """report-to names a group that neither Reporting-Endpoints nor Report-To has."""
    for served in documents(surface):
        try:
            declared = _old_groups(served.answer) | set(_endpoints(served.answer))
        except structured.Void:  # judged below
            continue
        if missing := [group for group in _wanted(served.answer) if group not in declared]:
            yield Shortfall(served.where, "a declared group", listed(missing))


@rule(
    "headers.report-endpoint-void",
    title="Browsers can send reports to the addresses that are named",
    severity=Severity.LOW,
    reason="A header that does not parse, and an address without HTTPS, get no reports: violations go unseen.",
    remedy='Write `Reporting-Endpoints: default="https://…"`: names in lower case, addresses in double quotes.',
    references=[ASVS + "3.4.7", "Reporting API, section 3.2"],
)
def report_endpoint_void(surface: Surface) -> Iterator[Shortfall]:
    """Reporting-Endpoints that is dropped, or an address that is not over HTTPS."""
    for served in documents(surface):
        if problems := list(_problems(served)):
            yield Shortfall(served.where, "addresses over HTTPS", listed(problems))


def _problems(served: Served) -> Iterator[str]:
    try:
        for name, address in _endpoints(served.answer).items():
            if not structured.is_string(address) or not _is_secure(served, address):
                yield f"{name}={address}"
    except structured.Void as problem:
        yield f"Reporting-Endpoints: {problem}"
    for policy in _policies(served.answer):
        if "report-uri" in policy.directives:
            addresses = policy.directives["report-uri"].values
            yield from (f"report-uri {each}" for each in addresses if not _is_secure(served, each))


def _is_secure(served: Served, address: str) -> bool:
    try:
        return scheme(served) != "https" or urlsplit(urljoin(served.url, address)).scheme == "https"
    except ValueError:
        return False
