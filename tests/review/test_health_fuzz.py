"""Whatever a target answers to the health check, judging it ends in findings of one short line, never in an error."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from prodworthy.model import Answer, Endpoint, Exchange, Finding, Identity
from prodworthy.model.health import Domains, DomainSeen, Endpoints, EndpointSeen, Identities, Mark, Stamp, UnknownPage
from prodworthy.model.text import CONTROL
from prodworthy.review import health

SHOP = "https://shop.test"
MARKS = ("*", "/", "$", ":", ",", "#", "\n", "//", "[", "]", "%", "{", "}", '"', "~1", "0", " ", "\x1b[2J", "\u202e")
NAMES = ("user-agent", "disallow", "allow", "googlebot", "noindex", "none", "commit", "https", "http", "shop.test")
WORDS = st.sampled_from((*MARKS, *NAMES))
TEXT = st.lists(WORDS | st.text(max_size=3), max_size=25).map("".join)
FIELDS = st.lists(st.tuples(st.sampled_from(["location", "x-robots-tag", "content-type", "x-vercel-error"]), TEXT))
ANSWERS = st.builds(
    Answer,
    status=st.sampled_from([200, 204, 301, 302, 308, 404, 410, 500, 503]),
    http=st.sampled_from(["HTTP/1.1", "HTTP/2", ""]),
    fields=FIELDS.map(tuple),
    body=TEXT.map(lambda text: text.encode("utf-8", "replace")) | st.binary(max_size=30),
)
SECURE = st.builds(Exchange, method=st.just("GET"), url=st.just(f"{SHOP}/"), purpose=st.just(""), answer=ANSWERS)
PLAIN = st.builds(
    Exchange, method=st.just("GET"), url=st.just("http://shop.test/"), purpose=st.just(""), answer=ANSWERS
)


def fit_to_print(findings: list[Finding]) -> None:
    for finding in findings:
        assert not CONTROL.search(finding.where + finding.wanted + finding.got + finding.remedy)
        assert len(finding.got) < 500


@settings(deadline=None, max_examples=60)
@given(journey=st.lists(SECURE, max_size=3), plain=PLAIN, robots=SECURE)
def test_domains(journey: list[Exchange], plain: Exchange, robots: Exchange) -> None:
    seen = DomainSeen(origin=SHOP, journey=tuple(journey), plain=plain, robots=robots)
    fit_to_print(health.every_domain(Domains(url=SHOP, declared=True, local=False, certificate_days=14, seen=(seen,))))


@settings(deadline=None, max_examples=60)
@given(exchanges=st.lists(SECURE, min_size=1, max_size=3), page=st.booleans())
def test_endpoints(exchanges: list[Exchange], page: bool) -> None:
    declared = Endpoint(path="/", schema=None if page else {"type": "object", "required": ["commit"]})
    seen = EndpointSeen(declared=declared, url=f"{SHOP}/", page=page, exchanges=tuple(exchanges))
    fit_to_print(health.every_endpoint(Endpoints(seen=(seen,))))


@settings(deadline=None, max_examples=60)
@given(exchanges=st.lists(SECURE, min_size=1, max_size=3), pointer=TEXT, expect=TEXT | st.none(), content=TEXT)
def test_identities(exchanges: list[Exchange], pointer: str, expect: str | None, content: str) -> None:
    stamp = Stamp(origin=SHOP, exchanges=tuple(exchanges))
    identities = Identities(
        url=SHOP,
        declared=Identity(pointer=f"/{pointer}", expect=expect),
        stamps=(stamp, Stamp(origin="https://www.shop.test", exchanges=tuple(exchanges))),
        marks=(Mark(url=f"{SHOP}/", name="commit", content=content),),
    )
    fit_to_print(health.every_identity(identities))


@settings(deadline=None, max_examples=60)
@given(exchange=SECURE, asset=SECURE, expected=st.sampled_from(["404", "fallback"]))
def test_paths(exchange: Exchange, asset: Exchange, expected: str) -> None:
    fit_to_print(health.every_path(UnknownPage(expected=expected, exchange=exchange, asset=asset)))
