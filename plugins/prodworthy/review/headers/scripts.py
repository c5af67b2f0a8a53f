"""Rules about which scripts the Content-Security-Policy lets run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from prodworthy.model import Severity, Shortfall
from prodworthy.model.surface import Kind, Surface
from prodworthy.model.text import clean
from prodworthy.review import csp, open_hosts, sites
from prodworthy.review.csp import Host, Sources
from prodworthy.review.headers.enforced import SCRIPTS, everywhere, permitted, restricted
from prodworthy.review.headers.reading import (
    ASVS,
    OSHP,
    listed,
)
from prodworthy.review.rules import rule

_STRICT = "Move inline code into files, or allow it by nonce or hash: script-src 'self' 'sha256-…'."


@rule(
    "headers.csp-scripts-unrestricted",
    title="The Content-Security-Policy restricts scripts",
    severity=Severity.HIGH,
    reason="A policy without script-src and default-src lets every script run.",
    remedy="Add `default-src 'self'` or `script-src 'self'` to the policy.",
    references=[ASVS + "3.4.3", "CSP Level 3, section 6.1.10"],
)
def csp_scripts_unrestricted(surface: Surface) -> Iterator[Shortfall]:
    """No policy governs script elements, or none governs inline handlers."""
    for served, enforced in restricted(surface):
        if not all(csp.restricting(enforced, chain) for chain in SCRIPTS):
            yield Shortfall(served.where, "script-src or default-src", "neither of them")


@rule(
    "headers.csp-unsafe-inline",
    title="Inline scripts do not run unless they are trusted one by one",
    severity=Severity.HIGH,
    reason="With 'unsafe-inline' any script that gets into the page runs: the policy does not stop cross-site "
    "scripting.",
    remedy=_STRICT,
    references=[ASVS + "3.4.3", OSHP + "Content-Security-Policy", "CSP Level 3, section 6.7.3.2"],
)
def csp_unsafe_inline(surface: Surface) -> Iterator[Shortfall]:
    """'unsafe-inline' is in effect: no nonce, hash or 'strict-dynamic' makes browsers ignore it."""
    for served, enforced in restricted(surface):
        if directive := permitted(enforced, SCRIPTS, lambda sources: sources.inline):
            yield Shortfall(served.where, "scripts from named sources only", f"{directive.name} 'unsafe-inline'")


@rule(
    "headers.csp-broad-script-source",
    title="Scripts come from named hosts only",
    severity=Severity.HIGH,
    reason="*, a scheme, or a wildcard that reaches below a public suffix, such as *.vercel.app and *.amazonaws.com, "
    "admits scripts from hosts that anybody can have.",
    remedy="Name the hosts that scripts come from, or use `'strict-dynamic'` with a nonce or hash.",
    references=[ASVS + "3.4.3", "CSP Level 3, section 6.7.2"],
)
def csp_broad_script_source(surface: Surface) -> Iterator[Shortfall]:
    """A script source that matches any host, or any host below a public suffix or a store of everybody's files."""
    for served, enforced in restricted(surface):
        if directive := permitted(enforced, [csp.SCRIPT_ELEMENTS], lambda sources: bool(_broad(sources))):
            yield Shortfall(served.where, "named hosts", f"{directive.name} {listed(_broad(directive.sources))}")


def _broad(sources: Sources) -> tuple[str, ...]:
    if sources.strict:
        return ()
    return sources.broad + tuple(host.text for host in sources.hosts if _is_anybodys(host))


def _is_anybodys(host: Host) -> bool:
    if not host.host.startswith("*."):
        return False
    below = host.host[2:]
    given_away = sites.is_public(below) and not open_hosts.covers_one(host.host, host.path)
    return given_away or sites.is_registry(below) or sites.is_above_public(below) or open_hosts.is_store(below)


@rule(
    "headers.csp-unsafe-eval",
    title="Text is not turned into code",
    severity=Severity.MEDIUM,
    reason="'unsafe-eval' lets injected text become code through eval, Function and timers.",
    remedy="Remove 'unsafe-eval' and what needs it; for WebAssembly 'wasm-unsafe-eval' is enough.",
    references=[ASVS + "3.4.3", "CSP Level 3, section 4.4"],
)
def csp_unsafe_eval(surface: Surface) -> Iterator[Shortfall]:
    """'unsafe-eval' in what governs scripts."""
    for served, enforced in restricted(surface):
        if directive := permitted(enforced, [csp.EVALUATION], lambda sources: "unsafe-eval" in sources.keywords):
            yield Shortfall(served.where, "no 'unsafe-eval'", f"{directive.name} 'unsafe-eval'")


@rule(
    "headers.csp-jsonp-host",
    title="No script source is a host from which anybody can take a script that does as they please",
    severity=Severity.MEDIUM,
    reason="Hosts with JSONP answers, old frameworks, everybody's packages or everybody's buckets let an attacker run "
    "code in spite of the policy.",
    remedy="Serve the script yourself, trust it by hash or nonce with 'strict-dynamic', or add the path down to your "
    "own bucket: https://s3.amazonaws.com/your-bucket/.",
    references=["Google CSP Evaluator, allowlist bypasses", ASVS + "3.4.3"],
)
def csp_jsonp_host(surface: Surface) -> Iterator[Shortfall]:
    """A script source covers a host on the list, without a path that narrows it."""
    for served, enforced in restricted(surface):
        if directive := permitted(enforced, [csp.SCRIPT_ELEMENTS], lambda sources: bool(_bypasses(sources))):
            got = f"{directive.name} {listed(_bypasses(directive.sources))}"
            yield Shortfall(served.where, "hosts that serve only your own scripts", got)


def _bypasses(sources: Sources) -> tuple[str, ...]:
    if sources.strict:
        return ()
    return tuple(host.text for host in sources.hosts if _is_open(host) and not _is_anybodys(host))


def _is_open(host: Host) -> bool:
    return open_hosts.covers_one(host.host, host.path) or open_hosts.covers_every_bucket(host.host, host.path)


@rule(
    "headers.csp-strict-dynamic-alone",
    title="'strict-dynamic' is used together with a nonce or a hash",
    severity=Severity.MEDIUM,
    reason="'strict-dynamic' alone blocks every script, also the app's own.",
    remedy="Add a nonce or hash for the first script, or remove 'strict-dynamic'.",
    references=["CSP Level 3, section 8.2"],
)
def csp_strict_dynamic_alone(surface: Surface) -> Iterator[Shortfall]:
    """'strict-dynamic' without anything that it could start from."""
    for served, enforced in restricted(surface):
        for directive in csp.restricting(enforced, csp.SCRIPT_ELEMENTS):
            if directive.sources.strict and not directive.sources.trusts:
                yield Shortfall(served.where, "a nonce or hash beside 'strict-dynamic'", clean(str(directive)))


@rule(
    "headers.csp-nonce-weak",
    title="Nonces are long enough not to be guessed",
    severity=Severity.MEDIUM,
    reason="A nonce that can be guessed trusts the attacker's script as well.",
    remedy="Use at least 128 random bits, made anew for every answer.",
    references=["CSP Level 3, section 7.1", ASVS + "3.4.3"],
)
def csp_nonce_weak(surface: Surface) -> Iterator[Shortfall]:
    """A nonce of fewer than 8 characters."""
    for served, enforced in restricted(surface):
        if weak := [nonce for nonce in _nonces(enforced) if len(nonce) < 8]:
            yield Shortfall(served.where, "22 characters or more of base64", f"nonce {listed(weak)}")


@rule(
    "headers.csp-nonce-reused",
    title="Every answer has a nonce of its own",
    severity=Severity.MEDIUM,
    reason="A nonce that is the same in two answers can be read from one and used in the other: it protects nothing.",
    remedy="Make the nonce anew for every answer, and do not cache the document; for static pages use hashes.",
    references=["CSP Level 3, section 7.1", ASVS + "3.4.3"],
)
def csp_nonce_reused(surface: Surface) -> Iterator[Shortfall]:
    """The same nonce in an earlier answer, be it of the same page to somebody else."""
    seen: dict[str, str] = {}
    told: set[str] = set()
    for served, enforced in restricted(_asked_again(surface)):
        nonces = frozenset(_nonces(enforced))
        if (again := sorted(nonces & seen.keys())) and served.where not in told:
            told.add(served.where)
            yield Shortfall(served.where, "a nonce of its own", f"the nonce of an earlier answer of {seen[again[0]]}")
        for nonce in nonces:
            seen.setdefault(nonce, served.where)


def _asked_again(surface: Surface) -> Surface:
    """With what strangers got of the same addresses."""
    further = (probe.served for probe in surface.probes if probe.served.kind is Kind.PAGE and not probe.preflight)
    return replace(surface, served=(*surface.served, *further))


def _nonces(enforced: Iterable[csp.Policy]) -> Iterator[str]:
    return (nonce for _, sources in everywhere(enforced) for nonce in sources.nonces)


@rule(
    "headers.csp-unsafe-hashes",
    title="Inline event handlers are not trusted by hash",
    severity=Severity.LOW,
    reason="With 'unsafe-hashes' injected markup can attach a trusted handler to an element of its own.",
    remedy="Attach handlers in a script with addEventListener, and remove 'unsafe-hashes'.",
    references=["CSP Level 3, section 8.3"],
)
def csp_unsafe_hashes(surface: Surface) -> Iterator[Shortfall]:
    """'unsafe-hashes' in what governs scripts."""
    for served, enforced in restricted(surface):
        permits = permitted(enforced, [csp.SCRIPT_ATTRIBUTES], lambda sources: "unsafe-hashes" in sources.keywords)
        if permits:
            yield Shortfall(served.where, "no 'unsafe-hashes'", f"{permits.name} 'unsafe-hashes'")
