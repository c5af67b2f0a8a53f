"""Rules about domains: certificates, plain HTTP, where they lead, and whether they may be found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from prodworthy.model import Answer, Cause, Certificate, Cure, Exchange, Severity, Shortfall, Subject, Tls
from prodworthy.model.health import Domains, DomainSeen, destination, origin_of
from prodworthy.model.text import clean
from prodworthy.review import document
from prodworthy.review.health.wording import VERCEL_ERRORS, status
from prodworthy.review.rules import rule, together

OUTDATED = frozenset({"SSLv2", "SSLv3", "TLSv1", "TLSv1.1"})


@rule(
    "health.certificate-untrusted",
    title="Every domain presents a certificate that browsers trust",
    severity=Severity.CRITICAL,
    reason="Browsers show a full-page warning instead of the app, and API clients refuse to connect.",
    remedy="look at the domain in the host's dashboard and have its certificate issued again",
    references=["https://vercel.com/docs/domains/working-with-ssl", "https://www.rfc-editor.org/rfc/rfc5280"],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def certificate_untrusted(domains: Domains) -> Iterator[Shortfall]:
    for domain in domains.seen:
        failure = domain.secure.failure if domain.secure else None
        if failure and failure.cause is Cause.CERTIFICATE:
            got, remedy = _distrust(domain.origin, failure.tls)
            yield Shortfall(domain.origin, "a trusted certificate for this name", got or failure.text, remedy)


@rule(
    "health.certificate-expiring",
    title="Every domain's certificate lasts as long as the target wants",
    severity=Severity.HIGH,
    reason="Certificates are renewed by themselves weeks before their end; one that is not has a reason that stays.",
    remedy="look why the renewal fails: often a CAA record, or DNS that no longer points to the host",
    references=["https://vercel.com/docs/domains/working-with-ssl"],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def certificate_expiring(domains: Domains) -> Iterator[Shortfall]:
    for domain in domains.seen:
        answer = domain.secure.answer if domain.secure else None
        certificate = answer.tls.certificate if answer and answer.tls else None
        if not answer or not certificate or not answer.received:
            continue
        left = certificate.not_after - answer.received
        if left < timedelta(days=domains.certificate_days):
            days = max(0, left // timedelta(days=1))
            got = f"it ends in {days} days, on {certificate.not_after:%Y-%m-%d %H:%M} UTC"
            yield Shortfall(domain.origin, f"at least {domains.certificate_days} more days", got)


@rule(
    "health.tls-old",
    title="Every domain speaks TLS 1.2 or newer",
    severity=Severity.HIGH,
    reason="Browsers no longer connect with older protocols, and these can be broken.",
    remedy="switch on TLS 1.2 and 1.3 at whatever ends TLS for this domain; the host itself does so already",
    references=["https://www.rfc-editor.org/rfc/rfc8996"],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def tls_old(domains: Domains) -> Iterator[Shortfall]:
    for domain in domains.seen:
        tls = _tls(domain.secure)
        if tls and tls.protocol in OUTDATED:
            yield Shortfall(domain.origin, "TLSv1.2 or newer", tls.protocol)


@rule(
    "health.https-missing",
    title="Every domain is served over HTTPS",
    severity=Severity.HIGH,
    reason="Without TLS anybody on the way can read and change what people see and send.",
    remedy='declare the domain with https://, and serve it so: url = "https://..."',
    references=["https://developer.mozilla.org/docs/Web/Security/Secure_Contexts"],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def https_missing(domains: Domains) -> Iterator[Shortfall]:
    for domain in domains.seen:
        if domain.origin.startswith("http://") and not domains.local and any(leg.answered for leg in domain.journey):
            yield Shortfall(domain.origin, "https://", "http://")


@rule(
    "health.http-not-redirected",
    title="Plain HTTP leads to HTTPS",
    severity=Severity.MEDIUM,
    reason="Who types the bare name, or follows an old link, gets pages that anybody on the way can change.",
    remedy="redirect all of port 80 to https:// with status 308; the host does so unless a proxy is before it",
    references=["https://developer.mozilla.org/docs/Web/HTTP/Guides/Redirections"],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def http_not_redirected(domains: Domains) -> Iterator[Shortfall]:
    for domain in domains.seen:
        answer = domain.plain.answered if domain.plain else None
        if domain.plain is None or answer is None or answer.status >= 400:
            continue
        onward = destination(domain.plain)
        if onward is None or not onward.startswith("https://"):
            yield Shortfall(domain.plain.url, "a redirect to https://", status(answer))


@rule(
    "health.domain-loop",
    title="No domain redirects in a loop",
    severity=Severity.CRITICAL,
    reason="Browsers give up on a redirect loop: nothing at this address can be opened.",
    remedy="look at the domain's redirect in the host's dashboard and at a proxy before it (SSL mode \"flexible\")",
    references=["https://vercel.com/docs/domains/working-with-domains"],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def domain_loop(domains: Domains) -> Iterator[Shortfall]:
    """A loop within the target's own address is left to health.redirect-loop."""
    for domain in domains.seen:
        if {origin_of(leg.url) for leg in domain.journey} == {domains.url}:
            continue
        visited = [leg.url.rstrip("/") for leg in domain.journey]
        onward = destination(domain.journey[-1]) if domain.journey else None
        if onward and onward.rstrip("/") in visited:
            got = clean(" → ".join([*visited, onward]))
            yield Shortfall(domain.origin, "redirects that end", got)


@rule(
    "health.domain-astray",
    title="Every domain leads to the target",
    severity=Severity.HIGH,
    reason="Visitors of this domain land somewhere that the target does not know.",
    remedy="point the domain to the project, or declare where it leads under `domains`",
    references=["https://vercel.com/docs/domains/working-with-domains"],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def domain_astray(domains: Domains) -> Iterator[Shortfall]:
    known = {urlsplit(origin).hostname for origin in (domains.url, *(domain.origin for domain in domains.seen))}
    for domain in domains.seen:
        onward = destination(domain.journey[-1]) if domain.journey else None
        if onward and urlsplit(onward).hostname not in known:
            yield Shortfall(domain.origin, "the target itself, or one of its domains", clean(origin_of(onward)))


@rule(
    "health.domain-downgrade",
    title="No domain leads from HTTPS back to HTTP",
    severity=Severity.HIGH,
    reason="One step without TLS is enough to be led elsewhere.",
    remedy="write the redirect's destination with https://",
    references=["https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Strict-Transport-Security"],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def domain_downgrade(domains: Domains) -> Iterator[Shortfall]:
    for domain in domains.seen:
        for leg in domain.journey:
            onward = destination(leg)
            if leg.url.startswith("https://") and onward and onward.startswith("http://"):
                yield Shortfall(leg.url, "a redirect that stays with https://", clean(onward))


@rule(
    "health.domain-status",
    title="Every domain answers with the app",
    severity=Severity.CRITICAL,
    reason="Visitors of this domain get an error, whatever the other domains do.",
    remedy="look at the domain in the host's dashboard: is it assigned to this project, and is its DNS as told there?",
    references=["https://vercel.com/docs/domains/working-with-domains", VERCEL_ERRORS],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def domain_status(domains: Domains) -> Iterator[Shortfall]:
    """The target's own address is left to health.endpoint-status."""
    for domain in domains.seen:
        answer = domain.journey[-1].answered if domain.journey else None
        if answer and answer.status >= 400 and origin_of(domain.journey[-1].url) != domains.url:
            yield Shortfall(domain.journey[-1].url, "a status below 400", status(answer))


@rule(
    "health.noindex",
    title="Search engines may list the production pages",
    severity=Severity.MEDIUM,
    reason="A noindex that was meant for previews takes the site out of the search engines within days.",
    remedy="remove noindex for production; the host itself adds it to previews and to outdated deployments only",
    references=[
        "https://developers.google.com/search/docs/crawling-indexing/block-indexing",
        "https://vercel.com/docs/headers/response-headers",
    ],
    subject=Subject.DOMAIN,
)
def noindex(domains: Domains) -> Iterator[Shortfall]:
    for domain in domains.seen:
        answer = domain.journey[-1].answered if domain.journey else None
        if (
            answer
            and answer.status < 300
            and _is_production(domains, domain)
            and (found := _noindex(domain.journey[-1].url, answer))
        ):
            yield Shortfall(domain.journey[-1].url, "no noindex", clean(found))


every_domain = together(
    certificate_untrusted,
    certificate_expiring,
    tls_old,
    https_missing,
    http_not_redirected,
    domain_loop,
    domain_astray,
    domain_downgrade,
    domain_status,
    noindex,
)


def _tls(exchange: Exchange | None) -> Tls | None:
    if exchange and exchange.failure and exchange.failure.tls:
        return exchange.failure.tls
    return exchange.answer.tls if exchange and exchange.answer else None


def _distrust(origin: str, tls: Tls | None) -> tuple[str | None, str | None]:
    """What is wrong with a certificate, and the remedy for exactly that."""
    if tls is None or tls.problem is None:
        return None, None
    problem = tls.problem.lower()
    certificate = tls.certificate
    if "expired" in problem:
        return f"it has expired{_on(certificate)}", "renew the certificate; look why it was not renewed by itself"
    if "not yet valid" in problem:
        return "it is not valid yet", "look at its dates, and at the clock of the machine that runs this"
    if "mismatch" in problem or "not valid for" in problem:
        name = urlsplit(origin).hostname
        return f"it is for {_names(certificate)}", f"add {name} to the project, so that a certificate for it is issued"
    if "self-signed" in problem or "self signed" in problem:
        return f"it is self-signed{_by(certificate)}", "replace it by one of a public authority; the host issues one"
    if "issuer" in problem:
        return (
            f"it is signed by somebody who is not trusted{_by(certificate)}, or its chain is incomplete",
            "send the intermediate certificates too; for an authority of your own name it in SSL_CERT_FILE",
        )
    return clean(tls.problem), None


def _on(certificate: Certificate | None) -> str:
    return f" on {certificate.not_after:%Y-%m-%d %H:%M} UTC" if certificate else ""


def _by(certificate: Certificate | None) -> str:
    return f" ({clean(certificate.issuer, 120)})" if certificate else ""


def _names(certificate: Certificate | None) -> str:
    return clean(", ".join(certificate.names) or certificate.subject, 120) if certificate else "another name"


def _is_production(domains: Domains, domain: DomainSeen) -> bool:
    """An address of the host's own that nobody declared as a domain may well be a preview."""
    return domains.declared or not (urlsplit(domain.origin).hostname or "").endswith(".vercel.app")


def _noindex(url: str, answer: Answer) -> str | None:
    """Directives for one named robot only ("unavailablebot: noindex") are left alone."""
    for line in answer.lines("x-robots-tag"):
        if _directives(line) & {"noindex", "none", "googlebot: noindex", "googlebot: none"}:
            return f"x-robots-tag: {line}"
    for content in document.read(answer.body, url).robots:
        if _directives(content) & {"noindex", "none"}:
            return f'<meta name="robots" content="{content}">'
    return None


def _directives(line: str) -> set[str]:
    return {directive.strip().lower() for directive in line.split(",")}
