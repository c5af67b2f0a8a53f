"""Looking at health over real sockets: what the pieces ask, what they keep, and what the rules make of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from prodworthy.evidence.client import Client
from prodworthy.evidence.health import domains, endpoints, identity, unknown_page
from prodworthy.evidence.pieces import Piece
from prodworthy.local.authority import Authority
from prodworthy.local.server import serve
from prodworthy.model import Addresses, Cause, Endpoint, Identity, Page, Stage, Target
from prodworthy.review import health as review

SHOP = "https://shop.test"
WWW = "https://www.shop.test"
Said = tuple[int, dict[str, str], bytes]
App = Callable[[str, str], Said]  # (origin, path) -> answer


class Looking:
    """The client with pieces, as the gathering has them."""

    def __init__(self, client: Client) -> None:
        self.target = client.target
        self.ask = client.ask

    async def at(self, piece: Piece[Any]) -> Any:
        return await piece.gather(self)


@asynccontextmanager
async def shop(app: App, asked: list[tuple[str, str]], **leaf: datetime) -> AsyncIterator[Addresses]:
    """shop.test and www.shop.test over HTTPS and plain HTTP."""

    def answering(scheme: str) -> Callable[..., Awaitable[None]]:
        async def answer(scope: Any, receive: Any, send: Any) -> None:
            origin = f"{scheme}://{dict(scope['headers'])[b'host'].decode()}"
            asked.append((scope["method"], f"{origin}{scope['path']}"))
            status, fields, body = app(origin, scope["path"])
            headers = [(name.encode(), value.encode()) for name, value in fields.items()]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

        return answer

    authority = Authority()
    secure = await serve(answering("https"), tls=authority.issue(["shop.test", "www.shop.test"], **leaf))
    plain = await serve(answering("http"), tls=None)
    ports = {443: secure.port, 80: plain.port}
    names = ("shop.test", "www.shop.test")
    hosts = {f"{name}:{port}": f"127.0.0.1:{real}" for port, real in ports.items() for name in names}
    try:
        yield Addresses(hosts=hosts, ca_pem=authority.ca_pem, spki="")
    finally:
        await secure.close()
        await plain.close()


def look(piece: Piece[Any], app: App, *, leaf: Mapping[str, datetime] | None = None, **target: Any) -> tuple[Any, list]:
    """What `piece` finds at a shop, and what it asked there."""
    asked: list[tuple[str, str]] = []

    async def work() -> Any:
        async with shop(app, asked, **(leaf or {})) as addresses:
            described = Target(name="shop", url=SHOP, addresses=addresses, **target)
            async with Client(described) as client:
                return await piece.gather(Looking(client))

    return asyncio.run(work()), asked


def page(body: bytes = b"<!doctype html><p>hi", status: int = 200, **fields: str) -> Said:
    return status, {"content-type": "text/html", **fields}, body


def sound(origin: str, path: str) -> Said:
    """A shop without fault: plain HTTP and www lead to the bare name over TLS."""
    if origin != SHOP:
        return 308, {"location": f"{WWW if origin == 'http://www.shop.test' else SHOP}{path}"}, b""
    answers = {
        "/": page(),
        "/about": page(),
        "/version.json": (200, {"content-type": "application/json"}, b'{"commit": "0123456789"}'),
        "/api": (200, {"content-type": "application/json"}, b'{"ok": true}'),
    }
    return answers.get(path, page(status=404))


def found(judged: Any) -> list[str]:
    return [finding.rule for finding in judged]


DECLARED: dict[str, Any] = {
    "domains": (SHOP, WWW),
    "pages": (Page(path="/"), Page(path="/about")),
    "endpoints": (Endpoint(path="/api", schema={"type": "object", "required": ["ok"]}),),
    "identity": Identity(expect="0123456"),
}


@pytest.mark.parametrize(
    ("piece", "judge"),
    [
        (endpoints, review.every_endpoint),
        (domains, review.every_domain),
        (unknown_page, review.every_path),
        (identity, review.every_identity),
    ],
    ids=["endpoints", "domains", "unknown_page", "identity"],
)
def test_a_sound_shop_has_no_finding_and_no_gap(piece: Piece[Any], judge: Callable[[Any], Any]) -> None:
    seen, _ = look(piece, sound, **DECLARED)
    assert judge(seen) == []
    assert seen.gaps == ()


def test_a_repeatable_endpoint_is_asked_as_often_as_its_samples_say_and_another_once() -> None:
    declared = (Endpoint(path="/api", samples=4), Endpoint(path="/api", method="POST", json={}, repeatable=False))
    seen, asked = look(endpoints, sound, endpoints=declared, pages=())
    assert [len(each.exchanges) for each in seen.seen] == [4, 1]
    assert asked.count(("GET", f"{SHOP}/api")) == 4
    assert asked.count(("POST", f"{SHOP}/api")) == 1


def test_an_endpoint_gets_its_declared_body_and_fields() -> None:
    declared = Endpoint(path="/api", method="POST", json={"a": 1}, headers={"x-own": "b"})
    seen, _ = look(endpoints, sound, endpoints=(declared,), pages=())
    sent = dict(seen.seen[0].exchanges[0].sent)
    assert (sent["content-type"], sent["x-own"]) == ("application/json", "b")


def test_a_page_that_is_declared_as_an_endpoint_too_is_judged_once() -> None:
    seen, _ = look(endpoints, sound, endpoints=(Endpoint(path="/about"),), pages=(Page(path="/about"),))
    assert [each.page for each in seen.seen] == [False]


def test_a_schema_that_is_none_leaves_a_gap_and_nothing_is_asked() -> None:
    seen, asked = look(endpoints, sound, endpoints=(Endpoint(path="/api", schema={"type": "strng"}),), pages=())
    assert [gap.cause for gap in seen.gaps] == [Cause.CONFIGURATION]
    assert asked == []


def test_two_hundred_with_nothing_in_it_is_a_blank_page() -> None:
    seen, _ = look(endpoints, lambda *_: page(b""))
    assert found(review.every_endpoint(seen)) == ["health.endpoint-empty"]


def test_pages_that_redirect_in_a_loop_are_a_finding() -> None:
    seen, _ = look(endpoints, lambda _, path: page(b"", 307, location="/b" if path == "/" else "/"))
    assert found(review.every_endpoint(seen)) == ["health.redirect-loop"]
    assert seen.gaps == ()


def test_an_expired_certificate_is_judged_and_nothing_else() -> None:
    now = datetime.now(UTC)
    seen, _ = look(domains, sound, leaf={"not_before": now - timedelta(9), "not_after": now - timedelta(2)})
    (finding,) = review.every_domain(seen)
    assert finding.rule == "health.certificate-untrusted"
    assert finding.got.startswith("it has expired on ")
    assert [gap.cause for gap in seen.gaps] == [Cause.CERTIFICATE]


def test_a_certificate_that_ends_soon_is_judged_by_the_time_of_the_answer() -> None:
    seen, _ = look(domains, sound, leaf={"not_after": datetime.now(UTC) + timedelta(days=3, hours=1)})
    assert [finding.got[:16] for finding in review.every_domain(seen)] == ["it ends in 3 day"]


def test_a_domain_is_asked_on_a_connection_of_its_own() -> None:
    seen, _ = look(domains, sound)
    assert seen.seen[0].secure.answer.timings.tls is not None


def test_plain_http_that_serves_the_app_is_a_finding() -> None:
    seen, _ = look(domains, lambda origin, path: page() if origin.startswith("http:") else sound(origin, path))
    assert found(review.every_domain(seen)) == ["health.http-not-redirected"]


def test_two_domains_that_send_visitors_to_each_other_are_a_loop() -> None:
    def app(origin: str, path: str) -> Said:
        return page(b"", 308, location=f"{WWW if origin == SHOP else SHOP}/")

    seen, _ = look(domains, app, domains=(SHOP, WWW))
    assert found(review.every_domain(seen)).count("health.domain-loop") == 2


def test_a_domain_that_leads_elsewhere_is_not_followed_there() -> None:
    def app(origin: str, path: str) -> Said:
        return page(b"", 302, location="https://parking.invalid/lander") if origin == WWW else sound(origin, path)

    seen, _ = look(domains, app, domains=(SHOP, WWW))
    (finding,) = review.every_domain(seen)
    assert (finding.rule, finding.got) == ("health.domain-astray", "https://parking.invalid")
    assert seen.gaps == ()


def test_the_unknown_path_is_the_same_in_every_run() -> None:
    (first, _), (second, _) = look(unknown_page, sound), look(unknown_page, sound)
    assert first.exchange.url == second.exchange.url


def test_a_fallback_for_everything_is_a_finding_unless_it_is_declared() -> None:
    def app(_: str, path: str) -> Said:
        return page(status=404) if path.startswith("/assets/") else page()

    strict, asked = look(unknown_page, app)
    declared, asked_more = look(unknown_page, app, unknown_path="fallback")
    assert found(review.every_path(strict)) == ["health.unknown-path"]
    assert found(review.every_path(declared)) == []
    assert (len(asked), len(asked_more)) == (1, 2)


def test_a_fallback_for_scripts_too_is_a_finding() -> None:
    seen, _ = look(unknown_page, lambda *_: page(), unknown_path="fallback")
    assert found(review.every_path(seen)) == ["health.fallback-for-scripts"]


def test_robots_are_read_where_a_domain_serves_the_app_and_not_where_it_only_leads_to_it() -> None:
    def app(origin: str, path: str) -> Said:
        return (200, {}, b"User-agent: *\nDisallow: /") if path == "/robots.txt" else sound(origin, path)

    seen, asked = look(domains, app, domains=(SHOP, WWW))
    assert [url for _, url in asked if url.endswith("robots.txt")] == [f"{SHOP}/robots.txt"]
    assert found(review.every_domain(seen)) == ["health.robots-blocked"]


@pytest.mark.parametrize(
    ("stage", "named", "production"),
    [
        (Stage.PRE_PROMOTE, (), False),
        (Stage.PRE_PROMOTE, ("https://shop.test",), False),
        (Stage.PRE_PROMOTE, ("https://shop.test", "https://www.shop.test"), True),
        (Stage.LIVE, (), True),
    ],
    ids=["an-address", "the-same-as-its-domain", "domains", "live"],
)
def test_an_address_may_be_a_preview_unless_it_is_known_to_be_production(
    stage: Stage, named: tuple[str, ...], production: bool
) -> None:
    seen, _ = look(domains, sound, domains=named, stage=stage)
    assert seen.declared is production


def test_every_address_is_asked_for_its_build_on_three_connections_in_a_row() -> None:
    seen, asked = look(identity, sound, identity=Identity(), domains=(SHOP,))
    exchanges = seen.stamps[0].exchanges
    assert asked.count(("GET", f"{SHOP}/version.json")) == len(exchanges) == 3
    assert all(each.answer.timings.tls is not None for each in exchanges)
    moments = [each.answer.received for each in exchanges]
    assert moments == sorted(set(moments))


def test_an_address_that_serves_now_this_build_and_now_that_is_named() -> None:
    builds = iter((b"0123456789", b"9876543210", b"0123456789"))

    def app(origin: str, path: str) -> Said:
        if path != "/version.json":
            return sound(origin, path)
        return 200, {"content-type": "application/json"}, b'{"commit": "%s"}' % next(builds)

    seen, _ = look(identity, app, identity=Identity(), domains=(SHOP,))
    (finding,) = review.every_identity(seen)
    assert (finding.rule, finding.got) == ("health.identity-flaps", "0123456789, 9876543210, 0123456789")


def test_a_page_of_another_build_contradicts_the_stamp() -> None:
    def app(origin: str, path: str) -> Said:
        return page(b'<!doctype html><meta name="Commit" content="9876543210">') if path == "/" else sound(origin, path)

    seen, _ = look(identity, app, identity=Identity(), domains=(SHOP,), pages=(Page(path="/about"),))
    (finding,) = review.every_identity(seen)
    assert (finding.rule, finding.where) == ("health.identity-contradicted", f"{SHOP}/")


def test_the_time_until_an_answer_begins_is_told_from_its_transfer() -> None:
    seen, _ = look(endpoints, sound, endpoints=(Endpoint(path="/api"),), pages=())
    first, _ = [each.answer.timings for each in seen.seen[0].exchanges][:2]
    assert 0 < first.first_byte <= first.answering < first.total
    assert [each.what for each in seen.measured] == [
        "GET /api, median of 3",
        "GET /api, worst of 3",
        "GET /api, to the first byte",
        "GET /api, from first byte to last",
    ]


def test_without_a_declared_identity_nothing_is_asked_for_it() -> None:
    seen, asked = look(identity, sound)
    assert (seen.stamps, asked) == ((), [])


def test_domains_may_serve_something_else_before_a_promotion_and_not_after_it() -> None:
    def app(origin: str, path: str) -> Said:
        return 200, {}, b'{"commit": "%s"}' % (b"0123456789" if origin == SHOP else b"9876543210")

    options: dict[str, Any] = {"domains": (WWW,), "identity": Identity(expect="0123456")}
    before, _ = look(identity, app, **options)
    after, _ = look(identity, app, **options, stage=Stage.POST_PROMOTE)
    assert found(review.every_identity(before)) == []
    assert found(review.every_identity(after)) == ["health.identity-unexpected", "health.identity-disagrees"]


def test_a_target_that_cannot_be_reached_leaves_gaps_and_no_findings() -> None:
    async def work() -> list[Any]:
        described = Target(name="none", url="http://127.0.0.1:1", **{**DECLARED, "domains": ()})
        async with Client(described) as client:
            pieces = (endpoints, domains, unknown_page, identity)
            return [await piece.gather(Looking(client)) for piece in pieces]

    seen = asyncio.run(work())
    rules = (review.every_endpoint, review.every_domain, review.every_path, review.every_identity)
    judged = zip(rules, seen, strict=True)
    assert [found(judge(each)) for judge, each in judged] == [[], [], [], []]
    assert all(each.gaps for each in seen)


def test_evidence_survives_being_saved_and_loaded() -> None:
    from prodworthy.plain import from_plain, to_plain

    for piece in (endpoints, domains, unknown_page, identity):
        seen, _ = look(piece, sound, **DECLARED)
        assert from_plain(type(seen), to_plain(seen)) == seen
