"""Whatever a target writes into its header fields and documents, judging it ends in findings and never in an error."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from prodworthy.model import Answer
from prodworthy.model.surface import Kind, Served, Surface
from prodworthy.review import csp, headers

FIELDS = [
    "access-control-allow-credentials",
    "access-control-allow-origin",
    "cache-control",
    "clear-site-data",
    "content-security-policy",
    "content-security-policy-report-only",
    "content-type",
    "cross-origin-embedder-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "integrity-policy",
    "permissions-policy",
    "referrer-policy",
    "report-to",
    "reporting-endpoints",
    "server",
    "set-cookie",
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
    "x-permitted-cross-domain-policies",
    "x-xss-protection",
]
TEXT = """
    default-src script-src object-src base-uri frame-ancestors 'self' 'none' 'nonce-x' 'sha256-abcd' 'unsafe-inline'
    'strict-dynamic' * https: http://a *.com self max-age= max-age=1 includeSubDomains preload camera= () (self *)
    same-origin "same-origin" nosniff DENY SAMEORIGIN __Host-sid=1 Secure HttpOnly SameSite=None Path=/ Expires=0
    report-to csp report-uri "cookies" blocked-destinations=(script) csp="https://a" {"group":"a"} [ { ] } null true
    ; , = ( ) " ' \\ : /
"""
WORDS = st.sampled_from(TEXT.split())
VALUES = st.lists(WORDS | st.text(max_size=8), max_size=12).map(" ".join)
MARKUP = st.lists(
    st.sampled_from(
        [
            "<base href='",
            "<script src='",
            "<meta http-equiv=Content-Security-Policy content='",
            "'>",
            "https://[",
            "//a",
        ]
    )
    | st.text(max_size=8),
    max_size=12,
).map("".join)


@settings(max_examples=100, deadline=None)
@given(fields=st.lists(st.tuples(st.sampled_from(FIELDS), VALUES), max_size=8), body=MARKUP)
def test_any_fields_and_any_document_can_be_judged(fields: list[tuple[str, str]], body: str) -> None:
    answer = Answer(
        status=200,
        http="HTTP/2",
        fields=(("content-type", "text/html"), *fields),
        body=body.encode("utf-8", "surrogatepass"),
    )
    surface = Surface(served=(Served(url="https://shop.test/", kind=Kind.PAGE, answer=answer),))
    judged = headers.everything(surface)
    assert all(finding.where == "https://shop.test/" and len(finding.got) < 800 for finding in judged)
    assert headers.everything(surface) == judged


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_a_policy_read_again_from_its_directives_is_the_same(text: str) -> None:
    for policy in csp.parse(text):
        again = csp.parse("; ".join(map(str, policy.directives.values())))
        assert [each.directives for each in again] == [policy.directives] * bool(policy.directives)
