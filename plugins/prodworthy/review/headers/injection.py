"""Rules about what injected markup could do besides running scripts: plug-ins, base address, forms, styles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prodworthy.model import Severity, Shortfall
from prodworthy.model.surface import Surface
from prodworthy.review import csp
from prodworthy.review.csp import Sources
from prodworthy.review.headers.enforced import STYLES, permitted, restricted
from prodworthy.review.headers.reading import (
    ASVS,
    OSHP,
    listed,
)
from prodworthy.review.rules import rule


@rule(
    "headers.csp-object-src-open",
    title="Plug-in content is closed off",
    severity=Severity.HIGH,
    reason="object and embed elements can run code in the page's name; nothing needs them any more.",
    remedy="Add `object-src 'none'` to the policy.",
    references=[ASVS + "3.4.3", "CSP Level 3, section 6.1.8"],
)
def csp_object_src_open(surface: Surface) -> Iterator[Shortfall]:
    """object-src (or default-src in its place) is unset, or admits any host."""
    for served, enforced in restricted(surface):
        governing = csp.restricting(enforced, csp.OBJECTS)
        if not governing:
            yield Shortfall(served.where, "object-src 'none'", "neither object-src nor default-src")
        elif directive := csp.unanimous(governing, lambda sources: bool(sources.broad)):
            yield Shortfall(served.where, "object-src 'none'", f"{directive.name} {listed(directive.sources.broad)}")


def _base_is_open(enforced: tuple[csp.Policy, ...]) -> bool:
    governing = csp.restricting(enforced, ("base-uri",))
    return not governing or csp.unanimous(governing, lambda sources: bool(sources.broad)) is not None


def _base_decides(enforced: Iterable[csp.Policy]) -> bool:
    """Whether trusted scripts with relative addresses would follow an injected base element."""
    return any(
        directive.sources.nonces or (directive.sources.hashes and directive.sources.strict)
        for directive in csp.restricting(enforced, csp.SCRIPT_ELEMENTS)
    )


@rule(
    "headers.csp-base-uri-nonce",
    title="A policy that trusts by nonce or hash fixes the base address",
    severity=Severity.MEDIUM,
    reason="An injected base element redirects every trusted script with a relative address to the attacker's host.",
    remedy="Add `base-uri 'none'` to the policy (or 'self').",
    references=[ASVS + "3.4.3", "CSP Level 3, section 6.3.1"],
)
def csp_base_uri_nonce(surface: Surface) -> Iterator[Shortfall]:
    """base-uri is missing or open, beside nonces or hashes with 'strict-dynamic'."""
    for served, enforced in restricted(surface):
        if _base_is_open(enforced) and _base_decides(enforced):
            yield Shortfall(served.where, "base-uri 'none' or 'self'", "an open base-uri beside a nonce or hash")


@rule(
    "headers.csp-base-uri",
    title="The policy fixes the base address",
    severity=Severity.LOW,
    reason="An injected base element changes where every relative address of the page leads; default-src does not "
    "cover it.",
    remedy="Add `base-uri 'none'` to the policy (or 'self').",
    references=[ASVS + "3.4.3", OSHP + "Content-Security-Policy"],
)
def csp_base_uri(surface: Surface) -> Iterator[Shortfall]:
    """base-uri is missing or open, without nonces."""
    for served, enforced in restricted(surface):
        if _base_is_open(enforced) and not _base_decides(enforced):
            yield Shortfall(served.where, "base-uri 'none' or 'self'", "no base-uri that restricts anything")


@rule(
    "headers.csp-form-action",
    title="The policy says where forms may be sent",
    severity=Severity.LOW,
    reason="An injected form can send what people type to another site; default-src does not cover it.",
    remedy="Write `form-action 'self'` in the policy (or 'none', or 'self' and the origins that forms are sent to).",
    references=[OSHP + "Content-Security-Policy", "CSP Level 3, section 6.4.1"],
)
def csp_form_action(surface: Surface) -> Iterator[Shortfall]:
    """form-action is missing, or admits any host."""
    wanted = "form-action 'self' or 'none'"
    for served, enforced in restricted(surface):
        governing = csp.restricting(enforced, ("form-action",))
        if not governing:
            yield Shortfall(served.where, wanted, "no form-action")
        elif directive := csp.unanimous(governing, lambda sources: bool(sources.broad)):
            yield Shortfall(served.where, wanted, f"form-action {listed(directive.sources.broad)}")


@rule(
    "headers.csp-style-unsafe-inline",
    title="Inline styles do not apply unless they are trusted one by one",
    severity=Severity.LOW,
    reason="Injected styles can cover the page and read parts of it.",
    remedy="Move styles into files, or allow them by hash: style-src 'self' 'sha256-…'.",
    references=[OSHP + "Content-Security-Policy", "MDN HTTP Observatory, content-security-policy"],
)
def csp_style_unsafe_inline(surface: Surface) -> Iterator[Shortfall]:
    """'unsafe-inline' is in effect for styles."""
    for served, enforced in restricted(surface):
        permits = permitted(enforced, STYLES, _inline_styles)
        if permits:
            yield Shortfall(served.where, "styles from named sources only", f"{permits.name} 'unsafe-inline'")


def _inline_styles(sources: Sources) -> bool:
    return "unsafe-inline" in sources.keywords and not sources.trusts
