"""What the health check's rules catch, and what they let pass."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from prodworthy.model import (
    Answer,
    Cause,
    Certificate,
    Endpoint,
    Exchange,
    Failure,
    Identity,
    Judged,
    Latency,
    Timings,
    Tls,
)
from prodworthy.model.health import Domains, DomainSeen, Endpoints, EndpointSeen, Identities, Mark, Stamp, UnknownPage
from prodworthy.model.standing import Before, Medians, Standing
from prodworthy.review import health
from prodworthy.review.health.identity import same_commit
from prodworthy.review.rules import CATALOGUE

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SHOP = "https://shop.test"
SCHEMA = {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}}}
COMMIT = "0123456789abcdef0123456789abcdef01234567"
OTHER = "fedcba9876543210fedcba9876543210fedcba98"


def answer(status: int = 200, body: bytes = b"<p>hi", kind: str = "text/html", **more: Any) -> Answer:
    fields = tuple((name.replace("_", "-"), value) for name, value in more.pop("fields", {}).items())
    fields = (("content-type", kind), *fields) if kind else fields
    return Answer(status=status, http="HTTP/2", fields=fields, body=body, received=NOW, **more)


def exchange(given: Answer | None = None, url: str = f"{SHOP}/", **more: Any) -> Exchange:
    return Exchange(method="GET", url=url, purpose="test", answer=given, **more)


def failed(text: str = "reset", cause: Cause = Cause.NETWORK, **more: Any) -> Exchange:
    return exchange(failure=Failure(cause=cause, text=text, **more))


def moved(to: str, url: str = f"{SHOP}/", status: int = 308) -> Exchange:
    return exchange(answer(status, b"", "", fields={"location": to}), url)


def rules(judged: Judged) -> list[str]:
    return [finding.rule for finding in judged]


# Endpoints


def endpoint(*answers: Answer | Exchange, page: bool = False, **declared: Any) -> Judged:
    exchanges = tuple(each if isinstance(each, Exchange) else exchange(each) for each in answers)
    seen = EndpointSeen(declared=Endpoint(path="/api", **declared), url=f"{SHOP}/api", page=page, exchanges=exchanges)
    return health.every_endpoint(Endpoints(seen=(seen,)))


def timed(*seconds: float, connect: float = 0.0) -> list[Answer]:
    return [answer(timings=Timings(total=each + connect, connect=connect)) for each in seconds]


JSON = "application/json"


@pytest.mark.parametrize(
    "judged",
    [
        pytest.param(lambda: endpoint(answer()), id="the-declared-status"),
        pytest.param(lambda: endpoint(answer(404), status=404), id="a-declared-404"),
        pytest.param(lambda: endpoint(answer(body=b"")), id="an-empty-body-where-none-was-promised"),
        pytest.param(lambda: endpoint(answer(204, b"", ""), status=204, schema=SCHEMA), id="no-content"),
        pytest.param(lambda: endpoint(answer(body=b"", kind=JSON), method="HEAD", schema=SCHEMA), id="head"),
        pytest.param(lambda: endpoint(answer(body=b'{"ok": true}', kind=JSON), schema=SCHEMA), id="a-body-that-fits"),
        pytest.param(
            lambda: endpoint(answer(body=b'{"ok": true}', kind="application/problem+json"), schema=SCHEMA),
            id="a-kind-of-json",
        ),
        pytest.param(lambda: endpoint(*timed(0.1, 0.2, 0.9), latency=Latency(median=0.2, worst=1)), id="in-budget"),
        pytest.param(lambda: endpoint(*timed(9, 9, 9)), id="slow-without-a-budget"),
        pytest.param(
            lambda: endpoint(*timed(0.1, connect=5), latency=Latency(worst=0.5)), id="a-slow-connection-not-counted"
        ),
        pytest.param(lambda: endpoint(failed()), id="not-observed-is-no-finding"),
        pytest.param(lambda: endpoint(exchange(answer(503), wall="a paused project")), id="a-wall-is-no-finding"),
        pytest.param(lambda: endpoint(moved("/b"), status=308), id="a-declared-redirect"),
        pytest.param(lambda: endpoint(answer(), page=True), id="a-page"),
        pytest.param(lambda: endpoint(answer(kind="application/xhtml+xml"), page=True), id="an-xhtml-page"),
    ],
)
def test_a_sound_endpoint_has_no_finding(judged: Callable[[], Judged]) -> None:
    assert judged() == []


@pytest.mark.parametrize(
    ("rule", "got", "judged"),
    [
        pytest.param("status", "status 500", lambda: endpoint(answer(500)), id="an-error"),
        pytest.param(
            "status", "status 500, in 1 of 3 tries",
            lambda: endpoint(answer(), answer(500), answer()), id="now-and-then",
        ),
        pytest.param(
            "status",
            "status 404 (x-vercel-error: NOT_FOUND)",
            lambda: endpoint(answer(404, fields={"x-vercel-error": "NOT_FOUND"}), page=True),
            id="a-missing-route",
        ),
        pytest.param(
            "status", "status 302, to https://login.test/", lambda: endpoint(moved("https://login.test/", status=302)),
            id="a-redirect-elsewhere",
        ),
        pytest.param("empty", "status 200 and 0 bytes", lambda: endpoint(answer(body=b""), page=True), id="blank-page"),
        pytest.param(
            "empty", "status 200 and 0 bytes", lambda: endpoint(answer(body=b" \n", kind=JSON), schema=SCHEMA),
            id="empty-json",
        ),
        pytest.param("media-type", "no content-type", lambda: endpoint(answer(kind=""), page=True), id="no-type"),
        pytest.param(
            "media-type", "text/html", lambda: endpoint(answer(), media_type="text/css"), id="another-type"
        ),
        pytest.param(
            "body", "/ok: 'yes' is not of type 'boolean'",
            lambda: endpoint(answer(body=b'{"ok": "yes"}', kind=JSON), schema=SCHEMA), id="wrong-type",
        ),
        pytest.param(
            "body", "the whole body: 'ok' is a required property",
            lambda: endpoint(answer(body=b"{}", kind=JSON), schema=SCHEMA), id="missing-key",
        ),
        pytest.param(
            "body", "the schema refers to https://elsewhere.test/x.json, which is not in it",
            lambda: endpoint(answer(body=b"{}", kind=JSON), schema={"$ref": "https://elsewhere.test/x.json"}),
            id="a-reference-is-not-fetched",
        ),
        pytest.param(
            "slow", "300 ms (ms of all: 100, 300, 900)",
            lambda: endpoint(*timed(0.1, 0.3, 0.9), latency=Latency(median=0.2)), id="slow-median",
        ),
        pytest.param(
            "slow", "900 ms (ms of all: 100, 100, 900)",
            lambda: endpoint(*timed(0.1, 0.1, 0.9), latency=Latency(worst=0.5)), id="slow-worst",
        ),
    ],
)  # fmt: skip
def test_an_endpoint_falls_short(rule: str, got: str, judged: Callable[[], Judged]) -> None:
    (finding,) = judged()
    assert (finding.rule, finding.got) == (f"health.endpoint-{rule}", got)


def test_a_page_in_place_of_json_is_both_the_wrong_type_and_the_wrong_body() -> None:
    found = endpoint(answer(body=b"<!doctype html>"), schema=SCHEMA)
    assert rules(found) == ["health.endpoint-media-type", "health.endpoint-body"]
    assert found[1].got.startswith("not JSON")


def test_a_redirect_loop_is_a_finding() -> None:
    found = endpoint(failed("redirects in a loop: back to /api", redirect_loop=True), page=True)
    assert rules(found) == ["health.redirect-loop"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"ok": "' + b"x" * 1_000_000 + b'"}', id="huge-value"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b'{"\\ud800\\u0000\\u001b[2J": 1}', id="control-characters"),
        pytest.param(b"\xff\xfe\x00<script>", id="no-text-at-all"),
    ],
)
def test_what_a_finding_tells_of_a_body_is_one_short_printable_line(body: bytes) -> None:
    schema = {**SCHEMA, "additionalProperties": False}
    for finding in endpoint(answer(body=body, kind=JSON), schema=schema):
        assert len(finding.got) < 300
        assert finding.got.isprintable()
        assert finding.got.encode()


def test_a_slow_answer_is_split_into_waiting_and_transfer() -> None:
    slow = answer(timings=Timings(first_byte=0.35, transfer=0.15, total=2))
    (finding,) = endpoint(slow, latency=Latency(worst=0.4))
    assert finding.got == "500 ms (ms of all: 500; to the first byte: 350)"


def endpoints(*seconds: float, path: str = "/api") -> Endpoints:
    exchanges = tuple(map(exchange, timed(*seconds)))
    return Endpoints(seen=(EndpointSeen(declared=Endpoint(path=path), url=f"{SHOP}{path}", exchanges=exchanges),))


def before(*seconds: float, **more: Any) -> Before[Endpoints]:
    return Before(source="live", evidence=endpoints(*seconds, **more))


def test_medians_are_of_enough_samples() -> None:
    assert health.medians(endpoints(0.3, 0.1, 0.2)).endpoints == {"GET /api": 0.2}
    assert health.medians(endpoints(0.3, 0.1)).endpoints == {}


@pytest.mark.parametrize(
    ("now", "earlier"),
    [
        pytest.param(endpoints(0.2, 0.3, 0.4), before(0.1, 0.2, 0.3), id="half-as-long-again-but-hardly-noticed"),
        pytest.param(endpoints(1.4, 1.4, 1.4), before(1, 1, 1), id="noticeable-but-not-half-as-long-again"),
        pytest.param(endpoints(0.1, 0.1, 9.0), before(0.1, 0.1, 0.1), id="one-slow-answer"),
        pytest.param(endpoints(9, 9), before(0.1, 0.1, 0.1), id="too-few-samples"),
        pytest.param(endpoints(9, 9, 9), before(0.1, 0.1, 0.1, path="/other"), id="an-endpoint-that-is-new"),
        pytest.param(endpoints(9, 9, 9), Before(source="file", saved=Standing()), id="nothing-saved-of-it"),
    ],
)
def test_no_slower_than_before(now: Endpoints, earlier: Before[Endpoints]) -> None:
    assert health.slower((now, earlier)) == []


@pytest.mark.parametrize(
    "earlier",
    [
        pytest.param(before(0.1, 0.1, 0.1), id="against-what-is-live"),
        pytest.param(
            Before(source="live", saved=Standing(medians=Medians(endpoints={"GET /api": 0.1}))), id="against-a-file"
        ),
    ],
)
def test_slower_than_before(earlier: Before[Endpoints]) -> None:
    (finding,) = health.slower((endpoints(0.4, 0.5, 0.6), earlier))
    assert (finding.rule, finding.severity, finding.where) == ("health.slower", "low", f"GET {SHOP}/api")
    assert (finding.wanted, finding.got) == (
        "a median of about 100 ms, as in live", "500 ms (ms of all: 400, 500, 600)",
    )  # fmt: skip


def test_latency_is_shown_whether_or_not_it_is_judged() -> None:
    timings = [Timings(first_byte=first, transfer=0.1, total=9) for first in (0.1, 0.3, 0.2)]
    seen = EndpointSeen(
        declared=Endpoint(path="/api"),
        url=f"{SHOP}/api",
        exchanges=tuple(exchange(answer(timings=each)) for each in timings),
    )
    assert [f"{each.what} {each}" for each in Endpoints(seen=(seen,)).measured] == [
        "GET /api, median of 3 300 ms",
        "GET /api, worst of 3 400 ms",
        "GET /api, to the first byte 200 ms",
        "GET /api, from first byte to last 100 ms",
    ]


# Domains


def certificate(**more: Any) -> Certificate:
    dates = {"not_before": NOW - timedelta(days=30), "not_after": NOW + timedelta(days=60), **more}
    return Certificate(subject="commonName=shop.test", issuer="commonName=Authority", names=("shop.test",), **dates)


def tls(problem: str | None = None, protocol: str = "TLSv1.3", **dates: datetime) -> Tls:
    return Tls(protocol=protocol, cipher="AES", certificate=certificate(**dates), problem=problem)


def domain(
    *journey: Exchange,
    plain: Exchange | None = None,
    robots: Exchange | None = None,
    origin: str = SHOP,
    url: str = SHOP,
    **more: Any,
) -> Judged:
    seen = DomainSeen(origin=origin, journey=journey or (exchange(answer(tls=tls())),), plain=plain, robots=robots)
    options = {"declared": True, "local": False, "certificate_days": 14, **more}
    return health.every_domain(Domains(url=url, seen=(seen,), **options))


def distrusted(problem: str, **dates: datetime) -> Exchange:
    return failed("not trusted", Cause.CERTIFICATE, tls=tls(problem, **dates))


def robots(text: str, status: int = 200) -> Exchange:
    return exchange(answer(status, text.encode(), "text/plain"), f"{SHOP}/robots.txt")


WWW = "https://www.shop.test"
HTTP = "http://shop.test/"


@pytest.mark.parametrize(
    "judged",
    [
        pytest.param(domain, id="a-trusted-certificate"),
        pytest.param(lambda: domain(plain=moved(f"{SHOP}/", HTTP)), id="http-to-https"),
        pytest.param(lambda: domain(plain=failed("nothing listens at shop.test:80")), id="no-plain-http"),
        pytest.param(lambda: domain(plain=exchange(answer(403), HTTP)), id="plain-http-refused"),
        pytest.param(
            lambda: domain(moved(f"{SHOP}/", f"{WWW}/"), exchange(answer()), origin=WWW), id="www-to-the-bare-name"
        ),
        pytest.param(
            lambda: domain(moved("/en", f"{SHOP}/"), exchange(answer(), f"{SHOP}/en")), id="a-step-within-the-domain"
        ),
        pytest.param(
            lambda: domain(
                exchange(
                    answer(
                        body=b"<!-- <meta name=robots content=noindex> --><script>'<meta name=robots"
                        b" content=noindex>'</script><meta name=robots content=index><meta name=other content=noindex>"
                    )
                )
            ),
            id="noindex-in-a-comment-a-script-or-for-others",
        ),
        pytest.param(
            lambda: domain(exchange(answer(body=b"<meta name=robots " * 60_000))), id="meta-elements-without-end"
        ),
        pytest.param(lambda: domain(failed()), id="not-observed-is-no-finding"),
        pytest.param(lambda: domain(failed("no TLS", tls=tls("x", "TLSv1.3"))), id="a-handshake-that-failed"),
        pytest.param(
            lambda: domain(exchange(answer(fields={"x-robots-tag": "otherbot: noindex"}))), id="one-robot-only"
        ),
        pytest.param(
            lambda: domain(exchange(answer(fields={"x-robots-tag": "otherbot: nofollow, noindex"}))),
            id="one-robot-only-twice",
        ),
        pytest.param(
            lambda: domain(exchange(answer(fields={"x-robots-tag": "max-snippet: 20, max-image-preview: none"}))),
            id="short-snippets",
        ),
        pytest.param(lambda: domain(robots=robots("<!doctype html>: /", 404)), id="no-robots-file"),
        pytest.param(lambda: domain(robots=robots("<!doctype html><p>disallow: /</p>")), id="a-page-as-robots-file"),
        pytest.param(lambda: domain(robots=robots("User-agent: *\nDisallow:\n")), id="robots-allowed"),
        pytest.param(lambda: domain(robots=robots("User-agent: *\nDisallow: /api/\nDisallow: /cart$")), id="in-part"),
        pytest.param(lambda: domain(robots=robots("User-agent: *\nDisallow: /\nAllow: /$")), id="all-but-the-root"),
        pytest.param(lambda: domain(robots=robots("User-agent: *\nDisallow: /\nAllow: /")), id="both-said"),
        pytest.param(
            lambda: domain(robots=robots("User-agent: gptbot\nDisallow: /\n\nUser-agent: *\nAllow: /")),
            id="a-robot-that-is-not-wanted",
        ),
        pytest.param(
            lambda: domain(robots=robots("User-agent: *\nDisallow: " + "*" * 400_000 + "x")), id="endless-stars"
        ),
        pytest.param(
            lambda: domain(robots=robots("User-agent: *\nDisallow:\nUser-agent: otherbot\nDisallow: /")),
            id="a-rule-of-nothing-ends-a-group",
        ),
        pytest.param(
            lambda: domain(
                robots=robots("User-agent: *\nDisallow: /"),
                origin="https://shop-git-x.vercel.app",
                url="https://shop-git-x.vercel.app",
                declared=False,
            ),
            id="a-preview-without-robots",
        ),
        pytest.param(
            lambda: domain(
                exchange(answer(fields={"x-robots-tag": "noindex"})),
                origin="https://shop-git-x.vercel.app",
                url="https://shop-git-x.vercel.app",
                declared=False,
            ),
            id="a-preview",
        ),
        pytest.param(
            lambda: domain(exchange(answer(), "http://localhost:3000/"), origin="http://localhost:3000", local=True),
            id="this-machine-without-tls",
        ),
        pytest.param(lambda: domain(moved("/", f"{SHOP}/")), id="a-loop-of-its-own-is-left-to-redirect-loop"),
        pytest.param(lambda: domain(exchange(answer(500))), id="the-own-address-is-left-to-endpoint-status"),
        pytest.param(
            lambda: domain(exchange(answer(body=b'<meta name="description" content="noindex">'))), id="another-meta"
        ),
    ],
)
def test_a_sound_domain_has_no_finding(judged: Callable[[], Judged]) -> None:
    assert judged() == []


@pytest.mark.parametrize(
    ("rule", "got", "judged"),
    [
        pytest.param(
            "certificate-untrusted", "it has expired on 2026-05-31 00:00 UTC",
            lambda: domain(distrusted("certificate has expired", not_after=NOW - timedelta(days=1))), id="expired",
        ),
        pytest.param(
            "certificate-untrusted", "it is not valid yet",
            lambda: domain(distrusted("certificate is not yet valid")), id="not-yet-valid",
        ),
        pytest.param(
            "certificate-untrusted", "it is self-signed (commonName=Authority)",
            lambda: domain(distrusted("self-signed certificate")), id="self-signed",
        ),
        pytest.param(
            "certificate-untrusted", "it is for shop.test",
            lambda: domain(distrusted("Hostname mismatch, certificate is not valid for 'www.shop.test'.")),
            id="another-name",
        ),
        pytest.param(
            "certificate-untrusted",
            "it is signed by somebody who is not trusted (commonName=Authority), or its chain is incomplete",
            lambda: domain(distrusted("unable to get local issuer certificate")), id="unknown-authority",
        ),
        pytest.param(
            "certificate-untrusted", "path length constraint exceeded",
            lambda: domain(distrusted("path length constraint exceeded")), id="any-other-reason",
        ),
        pytest.param(
            "certificate-expiring", "it ends in 5 days, on 2026-06-06 12:00 UTC",
            lambda: domain(exchange(answer(tls=tls(not_after=NOW + timedelta(days=5.5))))), id="ends-soon",
        ),
        pytest.param(
            "tls-old", "TLSv1.1",
            lambda: domain(failed("no TLS", tls=tls("unsupported protocol", "TLSv1.1"))), id="only-old-tls",
        ),
        pytest.param("tls-old", "TLSv1", lambda: domain(exchange(answer(tls=tls(None, "TLSv1")))), id="old-tls"),
        pytest.param(
            "https-missing", "http://",
            lambda: domain(exchange(answer(), HTTP), origin="http://shop.test", url="http://shop.test"), id="no-https",
        ),
        pytest.param(
            "http-not-redirected", "status 200", lambda: domain(plain=exchange(answer(), HTTP)), id="plain-http-serves"
        ),
        pytest.param(
            "http-not-redirected", "status 308, to app://shop", lambda: domain(plain=moved("app://shop", HTTP)),
            id="plain-http-to-no-address-of-the-web",
        ),
        pytest.param(
            "http-stays-plain", "status 308, to http://www.shop.test/",
            lambda: domain(plain=moved("http://www.shop.test/", HTTP)), id="plain-http-to-plain-http",
        ),
        pytest.param(
            "http-stays-plain", "status 302, to /home",
            lambda: domain(plain=moved("/home", HTTP, 302)), id="plain-http-to-itself",
        ),
        pytest.param(
            "http-elsewhere-first", "status 301, to https://www.shop.test/",
            lambda: domain(plain=moved("https://www.shop.test/", HTTP, 301)), id="another-host-first",
        ),
        pytest.param(
            "http-temporary", "status 307, to https://shop.test/",
            lambda: domain(plain=moved(f"{SHOP}/", HTTP, 307)), id="for-the-time-being",
        ),
        pytest.param(
            "http-version", "HTTP/1.1", lambda: domain(exchange(replace(answer(), http="HTTP/1.1"))), id="http-1",
        ),
        pytest.param(
            "certificate-untrusted", "it is signed by somebody who is not trusted (commonName=Authority)",
            lambda: domain(distrusted("self-signed certificate in certificate chain")), id="an-authority-of-their-own",
        ),
        pytest.param(
            "robots-blocked", "User-agent: *, Disallow: /",
            lambda: domain(robots=robots("User-agent: *\nDisallow: /")), id="robots-kept-out",
        ),
        pytest.param(
            "robots-blocked", "User-agent: googlebot, Disallow: /*",
            lambda: domain(robots=robots("user-agent: GoogleBot # only it\nuser-agent: x\ndisallow: /*\n\n"
                                         "user-agent: *\nallow: /")), id="the-largest-robot-kept-out",
        ),
        pytest.param(
            "robots-blocked", "User-agent: bingbot, Disallow: /",
            lambda: domain(robots=robots("User-agent: *\nAllow: /\n\nUser-agent: bingbot\nDisallow: /")),
            id="another-robot-kept-out",
        ),
        pytest.param(
            "robots-blocked", "status 503, which crawlers take for a ban of everything",
            lambda: domain(robots=robots("down", 503)), id="robots-file-in-trouble",
        ),
        pytest.param(
            "noindex", "x-robots-tag: googlebot: nofollow, noindex",
            lambda: domain(exchange(answer(fields={"x-robots-tag": "googlebot: nofollow, noindex"}))),
            id="noindex-for-the-largest",
        ),
        pytest.param(
            "domain-loop", "https://www.shop.test → https://shop.test → https://www.shop.test/",
            lambda: domain(moved(f"{SHOP}/", f"{WWW}/"), moved(f"{WWW}/", f"{SHOP}/"), origin=WWW), id="loop",
        ),
        pytest.param(
            "domain-loop", "https://www.shop.test → https://www.shop.test/",
            lambda: domain(moved("/", f"{WWW}/"), origin=WWW), id="to-itself",
        ),
        pytest.param(
            "domain-astray", "https://parking.test", lambda: domain(moved("https://parking.test/lander")), id="astray"
        ),
        pytest.param(
            "domain-downgrade", "http://shop.test/home",
            lambda: domain(moved("http://shop.test/home"), exchange(answer(), "http://shop.test/home")), id="downgrade",
        ),
        pytest.param(
            "domain-status", "status 502 (x-vercel-error: DNS_HOSTNAME_NOT_FOUND)",
            lambda: domain(
                exchange(answer(502, fields={"x-vercel-error": "DNS_HOSTNAME_NOT_FOUND"}), f"{WWW}/"), origin=WWW
            ),
            id="one-domain-is-down",
        ),
        pytest.param(
            "noindex", "x-robots-tag: noindex, nofollow",
            lambda: domain(exchange(answer(fields={"x-robots-tag": "noindex, nofollow"}))), id="noindex-in-the-header",
        ),
        pytest.param(
            "noindex", '<meta name="robots" content="noindex, nofollow">',
            lambda: domain(exchange(answer(body=b"<head><meta name=robots content='noindex, nofollow'>"))),
            id="noindex-in-the-page",
        ),
        pytest.param(
            "noindex", '<meta name="robots" content="None">',
            lambda: domain(exchange(answer(body=b'<META content="None" name="googlebot">'))),
            id="noindex-in-the-page-the-other-way-round",
        ),
    ],
)  # fmt: skip
def test_a_domain_falls_short(rule: str, got: str, judged: Callable[[], Judged]) -> None:
    (finding,) = judged()
    assert (finding.rule, finding.got) == (f"health.{rule}", got)


def test_what_is_not_trusted_is_missing_evidence_too() -> None:
    seen = DomainSeen(origin=SHOP, journey=(distrusted("certificate has expired"),))
    domains = Domains(url=SHOP, declared=True, local=False, certificate_days=14, seen=(seen,))
    assert [gap.cause for gap in domains.gaps] == [Cause.CERTIFICATE]


def test_a_closed_port_80_is_no_gap() -> None:
    seen = DomainSeen(origin=SHOP, journey=(exchange(answer()),), plain=failed())
    assert Domains(url=SHOP, declared=True, local=False, certificate_days=14, seen=(seen,)).gaps == ()


# A path that does not exist


def path(given: Exchange, expected: str = "404") -> list[str]:
    return rules(health.every_path(UnknownPage(expected=expected, exchange=given)))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(exchange(answer(404)), "404", id="not-found"),
        pytest.param(exchange(answer(410)), "404", id="gone"),
        pytest.param(exchange(answer(200)), "fallback", id="the-declared-fallback"),
        pytest.param(failed(), "404", id="not-observed"),
        pytest.param(failed(), "fallback", id="fallback-not-observed"),
    ],
)
def test_a_path_that_does_not_exist_answers_as_declared(given: Exchange, expected: str) -> None:
    assert path(given, expected) == []


@pytest.mark.parametrize(
    ("given", "expected", "rule"),
    [
        pytest.param(exchange(answer(200)), "404", "health.unknown-path", id="everything-is-200"),
        pytest.param(exchange(answer(500)), "404", "health.unknown-path", id="an-error"),
        pytest.param(moved("https://elsewhere.test/"), "404", "health.unknown-path", id="led-elsewhere"),
        pytest.param(failed(redirect_loop=True), "404", "health.unknown-path", id="a-loop"),
        pytest.param(exchange(answer(404)), "fallback", "health.fallback-missing", id="no-fallback"),
        pytest.param(exchange(answer(kind=JSON)), "fallback", "health.fallback-missing", id="no-page"),
        pytest.param(failed(redirect_loop=True), "fallback", "health.fallback-missing", id="a-loop-as-fallback"),
    ],
)
def test_a_path_that_does_not_exist_falls_short(given: Exchange, expected: str, rule: str) -> None:
    assert path(given, expected) == [rule]


@pytest.mark.parametrize(
    "given",
    [answer(404, kind="text/plain"), answer(404, fields={"x-vercel-error": "NOT_FOUND"})],
    ids=["text", "a-page-of-the-platform"],
)
def test_a_404_without_a_page_of_the_app_is_told_and_fails_nobody(given: Answer) -> None:
    (finding,) = health.every_path(UnknownPage(expected="404", exchange=exchange(given)))
    assert (finding.rule, finding.severity) == ("health.not-found-bare", "info")


@pytest.mark.parametrize(
    ("script", "found"),
    [
        (answer(), ["health.fallback-for-scripts"]),
        (answer(404), []),
        (answer(200, b"export {}", "text/javascript"), []),
    ],
    ids=["a-page", "not-found", "a-script"],
)
def test_a_fallback_is_for_pages_only(script: Answer, found: list[str]) -> None:
    asked = UnknownPage(expected="fallback", exchange=exchange(answer()), asset=exchange(script, f"{SHOP}/assets/x.js"))
    assert rules(health.every_path(asked)) == found


# Identity


def stamped(commit: str, origin: str = SHOP, status: int = 200) -> Stamp:
    body = f'{{"commit": "{commit}"}}'.encode()
    return Stamp(origin=origin, exchanges=(exchange(answer(status, body, JSON), f"{origin}/version.json"),))


def saying(body: bytes, status: int = 200) -> Stamp:
    return Stamp(origin=SHOP, exchanges=(exchange(answer(status, body, JSON), f"{SHOP}/version.json"),))


def identity(
    *stamps: Stamp,
    expect: str | None = None,
    candidate: bool = False,
    pointer: str = "/commit",
    marks: tuple[Mark, ...] = (),
) -> list[str]:
    seen = Identities(
        url=SHOP,
        declared=Identity(pointer=pointer, expect=expect),
        candidate=candidate,
        stamps=stamps,
        marks=marks,
    )
    return rules(health.every_identity(seen))


def mark(content: str, name: str = "commit", url: str = f"{SHOP}/") -> tuple[Mark, ...]:
    return (Mark(url=url, name=name, content=content),)


LOST = Stamp(origin=WWW, exchanges=(moved(f"{SHOP}/", f"{WWW}/version.json"),))
REDIRECTED = Stamp(origin=WWW, exchanges=(moved(f"{SHOP}/version.json", f"{WWW}/version.json"),))


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(lambda: identity(stamped(COMMIT)), id="any-commit-where-none-is-expected"),
        pytest.param(lambda: identity(stamped(COMMIT), expect=COMMIT), id="the-expected-commit"),
        pytest.param(lambda: identity(stamped(COMMIT[:7]), expect=COMMIT), id="an-abbreviation"),
        pytest.param(lambda: identity(stamped(COMMIT), expect=COMMIT[:7].upper()), id="an-abbreviation-expected"),
        pytest.param(lambda: identity(stamped(COMMIT), stamped(COMMIT, WWW)), id="one-build-everywhere"),
        pytest.param(lambda: identity(stamped(COMMIT), REDIRECTED), id="a-domain-that-leads-to-another"),
        pytest.param(
            lambda: identity(
                Stamp(origin="http://shop.test", exchanges=(moved(f"{SHOP}/version.json", f"{HTTP}version.json"),))
            ),
            id="a-domain-that-leads-to-its-own-https",
        ),
        pytest.param(
            lambda: identity(stamped(COMMIT), stamped(OTHER, WWW), expect=COMMIT, candidate=True), id="a-candidate"
        ),
        pytest.param(lambda: identity(saying(b'{"a/b": [{"~": 7}]}'), pointer="/a~1b/0/~0"), id="a-pointer"),
        pytest.param(
            lambda: identity(Stamp(origin=SHOP, exchanges=(failed(),)), expect=COMMIT), id="not-observed"
        ),
        pytest.param(lambda: identity(stamped("dpl_AbC"), expect="dpl_AbC"), id="the-expected-deployment"),
        pytest.param(lambda: identity(stamped(COMMIT), marks=mark(COMMIT[:12])), id="a-page-that-agrees"),
        pytest.param(lambda: identity(stamped(COMMIT), marks=mark("1.4.2")), id="a-page-with-a-version"),
        pytest.param(lambda: identity(stamped("1.4.2"), marks=mark(COMMIT)), id="a-stamp-with-a-version"),
        pytest.param(lambda: identity(stamped(COMMIT), marks=mark("20260301", "build")), id="a-page-with-a-date"),
        pytest.param(lambda: identity(stamped(COMMIT), marks=mark(OTHER, url=f"{WWW}/")), id="a-page-elsewhere"),
        pytest.param(
            lambda: identity(Stamp(origin=SHOP, exchanges=(failed(),)), marks=mark(OTHER)), id="no-stamp-to-compare"
        ),
    ],
)  # fmt: skip
def test_an_identity_is_as_it_should_be(found: Callable[[], list[str]]) -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        pytest.param("missing", lambda: identity(saying(b"<p>fallback")), id="a-page-instead"),
        pytest.param("missing", lambda: identity(saying(b"{}", 404)), id="no-file"),
        pytest.param("missing", lambda: identity(saying(b'{"commit": ""}')), id="an-empty-text"),
        pytest.param("missing", lambda: identity(saying(b'{"commit": null}')), id="nothing"),
        pytest.param("missing", lambda: identity(saying(b'["commit"]')), id="a-list"),
        pytest.param("missing", lambda: identity(saying(b'"commit"')), id="a-text"),
        pytest.param(
            "missing", lambda: identity(Stamp(origin=SHOP, exchanges=(failed(redirect_loop=True),))), id="a-loop"
        ),
        pytest.param("unexpected", lambda: identity(stamped(OTHER), expect=COMMIT), id="another-commit"),
        pytest.param(
            "unexpected", lambda: identity(stamped("dpl_AbCdEfG"), expect="dpl_AbCdEfGh"), id="another-deployment"
        ),
        pytest.param("contradicted", lambda: identity(stamped(COMMIT), marks=mark(OTHER)), id="another-page"),
        pytest.param(
            "contradicted", lambda: identity(stamped(COMMIT), marks=mark(OTHER, "build")), id="a-page-of-another-build"
        ),
        pytest.param("unexpected", lambda: identity(stamped(COMMIT[:6]), expect=COMMIT), id="too-short-to-tell"),
        pytest.param("disagrees", lambda: identity(stamped(COMMIT), stamped(OTHER, WWW)), id="two-domains"),
        pytest.param(
            "flaps",
            lambda: identity(
                Stamp(origin=SHOP, exchanges=stamped(COMMIT).exchanges + stamped(OTHER).exchanges), stamped(COMMIT, WWW)
            ),
            id="one-domain-now-this-now-that",
        ),
        pytest.param(
            "disagrees",
            lambda: identity(
                stamped(COMMIT), stamped(COMMIT, WWW), stamped(OTHER, "https://shop.example"), candidate=True
            ),
            id="two-domains-before-a-promotion",
        ),
    ],
)  # fmt: skip
def test_an_identity_falls_short(rule: str, found: Callable[[], list[str]]) -> None:
    assert found() == [f"health.identity-{rule}"]


def test_no_declared_identity_is_told_and_fails_nobody() -> None:
    (finding,) = health.every_identity(Identities(url=SHOP, declared=None))
    assert (finding.rule, finding.severity) == ("health.identity-undeclared", "info")


def test_a_domain_that_leads_to_the_start_page_of_another_loses_the_path() -> None:
    assert identity(stamped(COMMIT), LOST) == ["health.domain-path-lost"]


def test_pages_that_contradict_the_stamp_are_one_finding_for_each_build() -> None:
    marks = (*mark(OTHER), *mark(OTHER, url=f"{SHOP}/about"), *mark(OTHER[::-1], url=f"{SHOP}/cart"))
    declared = Identity(pointer="/commit")
    judged = health.every_identity(Identities(url=SHOP, declared=declared, stamps=(stamped(COMMIT),), marks=marks))
    assert [(finding.where, finding.wanted) for finding in judged] == [(f"{SHOP}/", COMMIT), (f"{SHOP}/cart", COMMIT)]
    assert judged[0].got == f'<meta name="commit" content="{OTHER}">, also on 1 more'


def test_a_stamp_that_is_missing_now_and_then_is_told_so() -> None:
    seen = Stamp(origin=SHOP, exchanges=stamped(COMMIT).exchanges * 2 + saying(b"{}", 404).exchanges)
    (finding,) = health.every_identity(Identities(url=SHOP, declared=Identity(), stamps=(seen,)))
    assert finding.got == "status 404, application/json, 1 of 3 times"


@pytest.mark.parametrize(("one", "other", "same"), [("", "", True), ("", COMMIT, False), (COMMIT, COMMIT[1:], False)])
def test_commits_are_compared_from_their_beginning(one: str, other: str, same: bool) -> None:
    assert same_commit(one, other) is same


# All of them


def test_every_rule_can_be_acted_upon() -> None:
    for rule in (rule for name, rule in CATALOGUE.items() if name.startswith("health.")):
        assert rule.remedy
        assert rule.reason.endswith(".")
        assert all(re.fullmatch(r"https://\S+|OWASP ASVS 5\.0 \d+\.\d+\.\d+", each) for each in rule.references)
