"""Rules about Content-Security-Policy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prodworthy.model import Severity, Shortfall
from prodworthy.model.surface import Served, Surface
from prodworthy.model.text import clean
from prodworthy.review import csp, open_hosts, sites
from prodworthy.review.csp import Directive, Host, Sources
from prodworthy.review.headers.reading import (
    ASVS,
    OSHP,
    capped,
    documents,
    has_policy_text,
    in_vercel_json,
    listed,
    policies,
    quoted,
    scheme,
)
from prodworthy.review.rules import rule

FIELD = "content-security-policy"
REPORT_ONLY = "content-security-policy-report-only"
WANTED = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "upgrade-insecure-requests"
)
_REMEDY = f"Start with {in_vercel_json('Content-Security-Policy', WANTED)} and add the hosts that the app talks to."
_STRICT = "Move inline code into files, or allow it by nonce or hash: script-src 'self' 'sha256-…'."
_SCRIPT_CHAINS = (csp.SCRIPT_ELEMENTS, csp.SCRIPT_ATTRIBUTES)
_STYLE_CHAINS = (csp.STYLE_ELEMENTS, csp.STYLE_ATTRIBUTES)


def _restricted(surface: Surface) -> Iterator[tuple[Served, tuple[csp.Policy, ...]]]:
    """Documents with at least one policy that is enforced, and those policies."""
    for served in documents(surface):
        if enforced := policies(served):
            yield served, enforced


def _permitted(
    enforced: tuple[csp.Policy, ...], chains: Iterable[tuple[str, ...]], permits: Callable[[Sources], bool]
) -> Directive | None:
    """What lets something through along one of the chains, although several policies may restrict it."""
    asked = (csp.unanimous(csp.restricting(enforced, chain), permits) for chain in chains)
    return next((directive for directive in asked if directive), None)


def _everywhere(enforced: Iterable[csp.Policy]) -> Iterator[tuple[Directive, Sources]]:
    """Every source list of every policy."""
    for policy in enforced:
        for directive in policy.directives.values():
            if directive.name in csp.SOURCE_LISTS:
                yield directive, directive.sources


# --- whether there is a policy at all ---


@rule(
    "headers.csp-missing",
    title="Pages carry a Content-Security-Policy",
    severity=Severity.MEDIUM,
    reason="Without a policy a single injected script has the whole page, session and data included.",
    remedy=_REMEDY,
    references=[ASVS + "3.4.3", OSHP + "Content-Security-Policy", "CSP Level 3"],
)
def csp_missing(surface: Surface) -> Iterator[Shortfall]:
    """Neither a header nor a meta element, and nothing that reports either."""
    for served in documents(surface):
        if not has_policy_text(served) and not served.answer.lines(REPORT_ONLY):
            yield Shortfall(served.where, f"Content-Security-Policy: {WANTED}", "no such header")


@rule(
    "headers.csp-report-only",
    title="The Content-Security-Policy is enforced",
    severity=Severity.MEDIUM,
    reason="A report-only policy blocks nothing: it only tells what would have been blocked.",
    remedy="Send the policy as Content-Security-Policy once its reports are quiet.",
    references=["CSP Level 3, section 3.2", ASVS + "3.4.3"],
)
def csp_report_only(surface: Surface) -> Iterator[Shortfall]:
    """Only a report-only policy."""
    for served in documents(surface):
        reporting = served.answer.lines(REPORT_ONLY)
        if reporting and not has_policy_text(served):
            yield Shortfall(served.where, "Content-Security-Policy", f"Report-Only: {quoted(reporting)}")


@rule(
    "headers.csp-void",
    title="The Content-Security-Policy contains a directive that browsers know",
    severity=Severity.HIGH,
    reason="An empty or unreadable policy enforces nothing, while its owners believe otherwise.",
    remedy=_REMEDY,
    references=["CSP Level 3, section 2.2", ASVS + "3.4.3"],
)
def csp_void(surface: Surface) -> Iterator[Shortfall]:
    """A policy is there, and no directive of it is known."""
    for served in documents(surface):
        if has_policy_text(served) and not policies(served):
            yield Shortfall(served.where, WANTED, quoted(served.answer.lines(FIELD)))


# --- scripts ---


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
    for served, enforced in _restricted(surface):
        if not all(csp.restricting(enforced, chain) for chain in _SCRIPT_CHAINS):
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
    for served, enforced in _restricted(surface):
        if directive := _permitted(enforced, _SCRIPT_CHAINS, lambda sources: sources.inline):
            yield Shortfall(served.where, "scripts from named sources only", f"{directive.name} 'unsafe-inline'")


@rule(
    "headers.csp-broad-script-source",
    title="Scripts come from named hosts only",
    severity=Severity.HIGH,
    reason="*, a scheme, or a wildcard below a public suffix admits scripts from hosts that anybody can have.",
    remedy="Name the hosts that scripts come from, or use `'strict-dynamic'` with a nonce or hash.",
    references=[ASVS + "3.4.3", "CSP Level 3, section 6.7.2"],
)
def csp_broad_script_source(surface: Surface) -> Iterator[Shortfall]:
    """A script source that matches any host, or any host below a public suffix."""
    for served, enforced in _restricted(surface):
        if directive := _permitted(enforced, [csp.SCRIPT_ELEMENTS], lambda sources: bool(_broad(sources))):
            yield Shortfall(served.where, "named hosts", f"{directive.name} {listed(_broad(directive.sources))}")


def _broad(sources: Sources) -> tuple[str, ...]:
    if sources.strict:
        return ()
    return sources.broad + tuple(host.text for host in sources.hosts if _is_anybodys(host))


def _is_anybodys(host: Host) -> bool:
    if not host.host.startswith("*.") or open_hosts.covers_one(host.host, host.path):
        return False
    return sites.is_public(host.host[2:])


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
    for served, enforced in _restricted(surface):
        if directive := _permitted(enforced, [csp.EVALUATION], lambda sources: "unsafe-eval" in sources.keywords):
            yield Shortfall(served.where, "no 'unsafe-eval'", f"{directive.name} 'unsafe-eval'")


@rule(
    "headers.csp-jsonp-host",
    title="No script source is a host from which anybody can take a script that does as they please",
    severity=Severity.MEDIUM,
    reason="Hosts with JSONP answers, old frameworks or everybody's packages let an attacker run code in spite of "
    "the policy.",
    remedy="Serve the script yourself, or trust it by hash or nonce with 'strict-dynamic'.",
    references=["Google CSP Evaluator, allowlist bypasses", ASVS + "3.4.3"],
)
def csp_jsonp_host(surface: Surface) -> Iterator[Shortfall]:
    """A script source covers a host on the list, without a path that narrows it."""
    for served, enforced in _restricted(surface):
        if directive := _permitted(enforced, [csp.SCRIPT_ELEMENTS], lambda sources: bool(_bypasses(sources))):
            got = f"{directive.name} {listed(_bypasses(directive.sources))}"
            yield Shortfall(served.where, "hosts that serve only your own scripts", got)


def _bypasses(sources: Sources) -> tuple[str, ...]:
    if sources.strict:
        return ()
    return tuple(host.text for host in sources.hosts if open_hosts.covers_one(host.host, host.path))


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
    for served, enforced in _restricted(surface):
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
    for served, enforced in _restricted(surface):
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
    """The same nonce in an earlier answer."""
    seen: dict[str, str] = {}
    for served, enforced in _restricted(surface):
        nonces = frozenset(_nonces(enforced))
        if again := sorted(nonces & seen.keys()):
            yield Shortfall(served.where, "a nonce of its own", f"the nonce of {seen[again[0]]}")
        for nonce in nonces:
            seen.setdefault(nonce, served.where)


def _nonces(enforced: Iterable[csp.Policy]) -> Iterator[str]:
    return (nonce for _, sources in _everywhere(enforced) for nonce in sources.nonces)


# --- what injected markup could do besides scripts ---


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
    for served, enforced in _restricted(surface):
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
    for served, enforced in _restricted(surface):
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
    for served, enforced in _restricted(surface):
        if _base_is_open(enforced) and not _base_decides(enforced):
            yield Shortfall(served.where, "base-uri 'none' or 'self'", "no base-uri that restricts anything")


@rule(
    "headers.csp-form-action",
    title="The policy says where forms may be sent",
    severity=Severity.LOW,
    reason="An injected form can send what people type to another site; default-src does not cover it.",
    remedy="Add `form-action 'self'` to the policy (or 'none').",
    references=[OSHP + "Content-Security-Policy", "CSP Level 3, section 6.4.1"],
)
def csp_form_action(surface: Surface) -> Iterator[Shortfall]:
    """form-action is missing."""
    for served, enforced in _restricted(surface):
        if not csp.restricting(enforced, ("form-action",)):
            yield Shortfall(served.where, "form-action 'self' or 'none'", "no form-action")


# --- lesser weaknesses ---


@rule(
    "headers.csp-http-source",
    title="The policy of an HTTPS page names no plain HTTP source",
    severity=Severity.MEDIUM,
    reason="What comes over plain HTTP can be changed by anybody on the way.",
    remedy="Write https:// in its place, and add `upgrade-insecure-requests`.",
    references=["CSP Level 3, section 6.7.2.6", ASVS + "12.2.1"],
)
def csp_http_source(surface: Surface) -> Iterator[Shortfall]:
    """A source over http; the bare scheme for scripts and objects is judged by rules of its own."""
    for served, enforced in _restricted(surface):
        plain = [host.text for _, sources in _everywhere(enforced) for host in sources.hosts if host.scheme == "http"]
        for directive, sources in _everywhere(enforced):
            if "http" in sources.schemes and directive.name not in {*csp.SCRIPT_ELEMENTS, "object-src"}:
                plain.append(f"{directive.name} http:")
        if plain and scheme(served) == "https":
            yield Shortfall(served.where, "https sources only", listed(plain))


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
    for served, enforced in _restricted(surface):
        permits = _permitted(enforced, _STYLE_CHAINS, _inline_styles)
        if permits:
            yield Shortfall(served.where, "styles from named sources only", f"{permits.name} 'unsafe-inline'")


def _inline_styles(sources: Sources) -> bool:
    return "unsafe-inline" in sources.keywords and not sources.trusts


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
    for served, enforced in _restricted(surface):
        permits = _permitted(enforced, [csp.SCRIPT_ATTRIBUTES], lambda sources: "unsafe-hashes" in sources.keywords)
        if permits:
            yield Shortfall(served.where, "no 'unsafe-hashes'", f"{permits.name} 'unsafe-hashes'")


@rule(
    "headers.csp-ip-source",
    title="The policy names hosts, not IP addresses",
    severity=Severity.LOW,
    reason="Browsers match no IP address but 127.0.0.1, and an address says nothing about who is behind it.",
    remedy="Name the host, or remove the source.",
    references=["CSP Level 3, section 6.7.2.9"],
)
def csp_ip_source(surface: Surface) -> Iterator[Shortfall]:
    """A source that is an IP address."""
    for served, enforced in _restricted(surface):
        addresses = [h.text for _, sources in _everywhere(enforced) for h in sources.hosts if h.is_address]
        if addresses:
            yield Shortfall(served.where, "host names", listed(addresses))


@rule(
    "headers.csp-deprecated",
    title="The policy uses directives that browsers still follow",
    severity=Severity.LOW,
    reason="Browsers have dropped these directives: what they were meant to do is not done.",
    remedy="Remove them; `upgrade-insecure-requests` takes the place of block-all-mixed-content.",
    references=["CSP Level 3, section 6", "MDN, Content-Security-Policy, deprecated directives"],
)
def csp_deprecated(surface: Surface) -> Iterator[Shortfall]:
    """A directive that has been dropped."""
    for served, enforced in _restricted(surface):
        dropped = [name for policy in enforced for name in policy.directives if name in csp.DEPRECATED]
        if dropped:
            yield Shortfall(served.where, "current directives", listed(dropped))


@rule(
    "headers.csp-syntax",
    title="Everything in the policy means what it seems to mean",
    severity=Severity.MEDIUM,
    reason="Browsers skip what they do not understand without a word to visitors, so a slip of the pen opens a hole "
    "or blocks the app.",
    remedy="Correct the policy: directives are separated by semicolons, keywords stand in single quotes, every "
    "directive stands once.",
    references=["CSP Level 3, section 2"],
)
def csp_syntax(surface: Surface) -> Iterator[Shortfall]:
    """Something in an enforced policy that browsers ignore or misread."""
    wanted = "directives and sources that browsers know"
    yield from capped(
        Shortfall(served.where, wanted, f"{clean(words)}: {problem}")
        for served, enforced in _restricted(surface)
        for policy in enforced
        for words, problem in csp.problems(policy)
    )
