"""Rules about what carries a domain's requests: certificates, TLS, and the version of HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from prodworthy.model import Cause, Certificate, Cure, Exchange, Severity, Shortfall, Subject, Tls
from prodworthy.model.health import Domains
from prodworthy.model.text import clean
from prodworthy.review.health.wording import ASVS
from prodworthy.review.rules import rule, together

OUTDATED = frozenset({"SSLv2", "SSLv3", "TLSv1", "TLSv1.1"})
MULTIPLEXED = frozenset({"HTTP/2", "HTTP/3"})
PUBLIC = "replace it by one of a public authority: the host issues one for every domain of a project"


@rule(
    "health.certificate-untrusted",
    title="Every domain presents a certificate that browsers trust",
    severity=Severity.CRITICAL,
    reason="Browsers show a full-page warning instead of the app, and API clients refuse to connect.",
    remedy="look at the domain in the host's dashboard and have its certificate issued again",
    references=["https://vercel.com/docs/domains/working-with-ssl", f"{ASVS} 12.2.2"],
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
    references=["https://vercel.com/docs/domains/troubleshooting#common-ssl-certificate-issues"],
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
    references=["https://www.rfc-editor.org/rfc/rfc8996#section-4", f"{ASVS} 12.1.1"],
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
    references=["https://developer.mozilla.org/docs/Web/Security/Secure_Contexts", f"{ASVS} 12.2.1"],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def https_missing(domains: Domains) -> Iterator[Shortfall]:
    for domain in domains.seen:
        if domain.origin.startswith("http://") and not domains.local and any(leg.answered for leg in domain.journey):
            yield Shortfall(domain.origin, "https://", "http://")


@rule(
    "health.http-version",
    title="Every domain speaks HTTP/2 or newer",
    severity=Severity.LOW,
    reason="Over HTTP/1.1 a browser fetches six files at a time; a page of many modules loads several times slower.",
    remedy="switch on HTTP/2 at the proxy that ends TLS before the host (nginx: http2 on); the host speaks it already",
    references=[
        "https://www.rfc-editor.org/rfc/rfc9113#section-5",
        "https://developer.mozilla.org/docs/Glossary/HTTP_2",
    ],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def http_version(domains: Domains) -> Iterator[Shortfall]:
    for domain in domains.seen:
        answer = domain.secure.answered if domain.secure else None
        if answer and answer.http not in MULTIPLEXED:
            yield Shortfall(domain.origin, "HTTP/2", clean(answer.http, 20))


every_connection = together(certificate_untrusted, certificate_expiring, tls_old, https_missing, http_version)


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
        if "chain" in problem:
            return f"it is signed by somebody who is not trusted{_by(certificate)}", PUBLIC
        return f"it is self-signed{_by(certificate)}", PUBLIC
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
