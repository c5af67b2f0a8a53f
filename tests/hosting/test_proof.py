"""What every domain serves is asked of the platform and of the app, and neither is taken for the other."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from prodworthy.hosting.errors import Rejected, Unavailable
from prodworthy.hosting.prober import BYPASS, LEGS
from prodworthy.hosting.proof import Prober, known_domains, mark, names, serving
from prodworthy.hosting.stamps import declared_stamp, signature
from prodworthy.hosting.stamps import names as named_by
from prodworthy.model import Addresses, Identity, Secret
from prodworthy.model.hosting import Domain, Served
from tests.hosting.world import Apps, Host, World, deployment

GOOD, BAD = deployment("Good", 5), deployment("Bad", 1)
SHA = "4f0c" * 10
SECRET = Secret(name="BYPASS", value="bypass-secret-value")
PAGE = """<!doctype html><link rel="stylesheet" href="/assets/app-Dk3jF9aQ.css">
<script src="/assets/index-BxY12abZ.js"></script>"""

Handler = Callable[[httpx.Request], httpx.Response]


class Web:
    """Answers by handler, and remembers what it was asked."""

    def __init__(self, answer: Handler) -> None:
        self.asked: list[httpx.Request] = []
        self._answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self._answer(request)

    def prober(self, identity: Identity | None = Identity(), bypass: Secret | None = SECRET) -> Prober:  # noqa: B008
        return Prober(identity, bypass=bypass, transport=httpx.MockTransport(self))


def stamped(value: Any = SHA, **headers: str) -> Handler:
    return lambda _: httpx.Response(200, json={"commit": value}, headers=headers)


def redirecting(to: dict[str, str], then: Handler) -> Handler:
    def answer(request: httpx.Request) -> httpx.Response:
        location = to.get(request.url.host)
        return httpx.Response(308, headers={"location": location}) if location else then(request)

    return answer


# asking once


def test_a_visitor_who_comes_anew_asks_for_what_is_declared() -> None:
    web = Web(stamped())
    assert web.prober(Identity(path="meta/build.json?x=1", pointer="/commit")).stamp("shop.test").stamp == SHA
    (request,) = web.asked
    assert str(request.url) == "https://shop.test/meta/build.json?x=1"
    assert (request.headers["cache-control"], request.headers["connection"]) == ("no-cache", "close")
    assert not {"cookie", "authorization", "x-deployment-id"} & set(request.headers)
    assert request.headers["user-agent"].startswith("prodworthy/")


def test_no_cookie_of_one_answer_goes_into_the_next_request() -> None:
    web = Web(stamped(**{"set-cookie": "__vdpl=dpl_old; Path=/"}))
    prober = web.prober()
    prober.stamp("shop.test")
    prober.stamp("shop.test")
    assert all("cookie" not in request.headers for request in web.asked)


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        pytest.param(httpx.Response(500), "/version.json answers 500", id="broken"),
        pytest.param(httpx.Response(429), "429", id="too-many-requests"),
        pytest.param(
            httpx.Response(401, headers={"set-cookie": "_vercel_sso_nonce=x"}), "deployment protection", id="protected"
        ),
        pytest.param(
            httpx.Response(302, headers={"location": "https://vercel.com/sso-api?url=x"}),
            "deployment protection",
            id="sent-to-sign-in",
        ),
        pytest.param(
            httpx.Response(403, headers={"x-vercel-mitigated": "challenge"}),
            "the firewall's challenge",
            id="challenged",
        ),
        pytest.param(httpx.Response(403, headers={"x-vercel-mitigated": "deny"}), "refusal", id="denied"),
        pytest.param(
            httpx.Response(503, headers={"x-vercel-error": "DEPLOYMENT_PAUSED"}), "DEPLOYMENT_PAUSED", id="paused"
        ),
        pytest.param(httpx.Response(302, headers={"location": "http://shop.test/"}), "not https", id="sent-to-http"),
        pytest.param(httpx.Response(302, headers={"location": "https://a:b/"}), "no address", id="sent-to-nonsense"),
        pytest.param(httpx.Response(302, headers={"location": "/"}), "more than", id="sent-in-circles"),
        pytest.param(
            httpx.Response(200, headers={"content-encoding": "br"}, content=b""), "not asked for", id="other-coding"
        ),
    ],
)
def test_who_answers_in_place_of_the_app_says_nothing_of_its_build(answer: httpx.Response, trouble: str) -> None:
    said = Web(lambda _: httpx.Response(answer.status_code, headers=answer.headers)).prober().stamp("shop.test")
    assert said.stamp is None
    assert said.trouble
    assert trouble in said.trouble


@pytest.mark.parametrize("error", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), ValueError("\x1b[2Jodd")])
def test_no_answer_is_a_trouble_and_never_raised(error: Exception) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    said = Web(fail).prober().stamp("shop.test")
    assert said.stamp is None
    assert said.trouble
    assert said.trouble.isprintable()


def test_a_platforms_own_404_is_the_apps_missing_stamp_and_not_a_wall() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/":
            return httpx.Response(200, text=PAGE)
        return httpx.Response(404, headers={"x-vercel-error": "NOT_FOUND"})

    said = Web(answer).prober().stamp("shop.test")
    assert said.stamp == signature(PAGE.encode(), "shop.test")


def test_a_small_answer_that_unpacks_to_a_huge_one_is_cut() -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    web = Web(lambda _: httpx.Response(200, content=bomb, headers={"content-encoding": "gzip"}))
    assert web.prober().stamp("shop.test").stamp is None


def test_a_packed_stamp_is_unpacked() -> None:
    packed = gzip.compress(json.dumps({"commit": SHA}).encode())
    web = Web(lambda _: httpx.Response(200, content=packed, headers={"content-encoding": "gzip"}))
    assert web.prober().stamp("shop.test").stamp == SHA


def test_names_of_an_embedded_deployment_are_on_this_machine_and_others_are_not_asked() -> None:
    prober = Prober(Identity(), addresses=Addresses(hosts={"*.vercel.app:443": "127.0.0.1:1"}, ca_pem="", spki=""))
    said = prober.stamp("example.com")
    assert said.trouble == "nothing listens at example.com"


# redirects, and the secret


def test_a_redirect_to_another_own_domain_counts_as_that_one() -> None:
    web = Web(redirecting({"www.shop.test": "https://shop.test/version.json"}, stamped()))
    said = web.prober().stamp("www.shop.test", own={"shop.test", "www.shop.test"})
    assert (said.stamp, said.leads_to, said.trouble) == (SHA, "shop.test", None)


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.test/version.json",
        "//evil.test/",
        "https://shop.test.evil.test/",
        "https://shop.test@evil.test/",
        "https://evil.test:443/",
    ],
)
def test_a_redirect_to_a_stranger_is_told_and_not_followed(location: str) -> None:
    web = Web(redirecting({"www.shop.test": location}, stamped()))
    said = web.prober().stamp("www.shop.test", own={"shop.test", "www.shop.test"})
    assert (said.stamp, said.leads_to) == (None, httpx.URL("https://x").join(location).host)
    assert [request.url.host for request in web.asked] == ["www.shop.test"]


def test_another_port_of_an_own_host_is_a_stranger() -> None:
    web = Web(redirecting({"www.shop.test": "https://shop.test:8443/"}, stamped()))
    assert web.prober().stamp("www.shop.test", own={"shop.test"}).stamp is None
    assert len(web.asked) == 1


def test_the_bypass_goes_to_own_hosts_over_https_and_nowhere_else() -> None:
    hops = {"a.shop.test": "https://b.shop.test/", "b.shop.test": "https://evil.test/"}
    web = Web(redirecting(hops, stamped()))
    said = web.prober().stamp("a.shop.test", own={"a.shop.test", "b.shop.test"})
    assert [request.headers.get(BYPASS) for request in web.asked] == [SECRET.value] * 2
    assert {request.url.scheme for request in web.asked} == {"https"}
    assert SECRET.value not in repr(said)


def test_without_a_bypass_no_such_header_is_sent() -> None:
    web = Web(stamped())
    web.prober(bypass=None).stamp("shop.test")
    assert BYPASS not in web.asked[0].headers


def test_redirects_come_to_an_end() -> None:
    web = Web(lambda request: httpx.Response(302, headers={"location": f"{request.url.path}x"}))
    assert "redirects more than" in str(web.prober().stamp("shop.test").trouble)
    assert len(web.asked) == LEGS + 1


# what an answer says


@pytest.mark.parametrize(
    ("body", "stamp"),
    [
        (f'{{"commit": "{SHA}"}}', SHA),
        ('{"commit": " 4f0c4f0 "}', "4f0c4f0"),
        ('{"commit": 1234}', "1234"),
        ('{"commit": true}', None),
        ('{"commit": null}', None),
        ('{"commit": ""}', None),
        ('{"commit": ["x"]}', None),
        ("{}", None),
        ("[]", None),
        ("", None),
        ("<!doctype html>", None),
        ("[" * 100_000, None),
        ('{"commit": "\\u001b[2Jx"}', "[2Jx"),
    ],
)
def test_a_stamp_is_a_text_where_it_is_declared_to_be(body: str, stamp: str | None) -> None:
    assert declared_stamp(body.encode(), Identity()) == stamp


def test_the_same_build_has_one_signature_under_all_its_names() -> None:
    whole = PAGE.replace('src="/', 'src="https://shop-abc.vercel.app/')
    assert signature(PAGE.encode(), "shop.test") == signature(whole.encode(), "shop-abc.vercel.app")


@pytest.mark.parametrize(
    "document",
    [
        PAGE.replace("BxY12abZ", "BxY12abY"),
        PAGE.replace("Dk3jF9aQ", "Dk3jF9aR"),
        PAGE + "<script src=/assets/more-1a2b3c4d.js>",
        PAGE.replace("index-BxY12abZ.js", "index-BxY12abZ.js?dpl=dpl_2"),
        PAGE.replace('src="/', 'src="https://cdn.test/'),
    ],
)
def test_another_build_has_another_signature(document: str) -> None:
    assert signature(document.encode(), "shop.test") != signature(PAGE.encode(), "shop.test")


@pytest.mark.parametrize(
    "document",
    [
        "",
        "<!doctype html><script src=/main.js></script>",
        "<script src=/javascript-bundle.js></script>",
        "<script>const build = 'index-BxY12abZ.js'</script>",
        "<!-- <script src=/assets/index-BxY12abZ.js></script> -->",
        '<link rel="icon" href="/icon-BxY12abZ.css">',
        '<script src="https://["></script>',
    ],
)
def test_a_page_that_names_no_file_by_its_content_has_no_signature(document: str) -> None:
    assert signature(document.encode(), "shop.test") is None


def test_a_stamp_names_a_deployment_by_commit_id_host_or_url() -> None:
    built = deployment("Good", commit=SHA)
    for stamp in (SHA, SHA[:7], SHA.upper(), built.id, built.host, built.url):
        assert named_by(str(stamp), built)
    for stamp in ("", "dpl_Bad", SHA[:6], "shop", "files-abc"):
        assert not named_by(stamp, built)


# a deployment's mark


def test_a_build_is_known_by_what_its_own_address_says() -> None:
    world = a_world()
    known = mark(Apps(world), GOOD, BAD, ["shop.test"])  # type: ignore[arg-type]
    assert (known.stamp, known.shared, known.trouble) == (GOOD.commit, False, None)


def test_to_the_letter_and_not_by_its_beginning() -> None:
    apps = Apps(a_world(), stamps={GOOD.id: "2026112", BAD.id: "20261122"})
    known = mark(apps, GOOD, BAD, ["shop.test"])  # type: ignore[arg-type]
    assert known.on("2026112")
    assert not known.on("20261122")


def test_a_build_behind_a_wall_is_known_by_its_commit() -> None:
    known = mark(Apps(a_world(), closed=[str(GOOD.host)]), GOOD, BAD, ["shop.test"])  # type: ignore[arg-type]
    assert known.stamp is None
    assert "deployment protection" in str(known.trouble)
    assert known.on(str(GOOD.commit)[:12])
    assert not known.on(str(BAD.commit))


def test_a_build_whose_own_address_leads_to_a_domain_is_not_known_by_what_the_domain_says() -> None:
    hops = {str(GOOD.host): "https://shop.test/version.json"}
    web = Web(redirecting(hops, stamped(BAD.commit)))
    known = mark(web.prober(), GOOD, BAD, ["shop.test"])
    assert known.stamp is None
    assert "leads to shop.test" in str(known.trouble)


# all domains


def a_world() -> World:
    return World.of(GOOD, BAD, current=BAD.id)


def served(world: World, apps: Apps | None, **more: Any) -> tuple[Served, ...]:
    host: Any = Host(world)
    prober: Any = apps
    return serving(host, [each.name for each in world.domains], prober, **more)


def test_every_domain_is_told_by_the_platform_and_by_the_app() -> None:
    world = a_world()
    world.led["shop.test"], world.edge["www.shop.test"] = GOOD.id, GOOD.id
    assert [(each.deployment, each.stamps, each.proved) for each in served(world, Apps(world))] == [
        (GOOD.id, (BAD.commit,), None),
        (BAD.id, (GOOD.commit,), None),
    ]


def test_the_platform_alone_can_be_asked() -> None:
    assert [(each.deployment, each.stamps) for each in served(a_world(), None)] == [(BAD.id, ())] * 2


def test_no_domain_is_no_answer() -> None:
    world = a_world()
    world.domains = ()
    assert served(world, Apps(world)) == ()


@pytest.mark.parametrize("error", [Unavailable("GET: 500", status=500), Rejected("GET: 403", status=403)])
def test_what_the_platform_does_not_say_of_one_domain_is_that_domains_trouble(error: Exception) -> None:
    world = a_world()
    world.faults["serving shop.test"] = [error]  # type: ignore[list-item]
    first, second = served(world, Apps(world))
    assert first.deployment is None
    assert "the host did not say" in str(first.trouble)
    assert first.stamps == (BAD.commit,)
    assert (second.deployment, second.trouble) == (BAD.id, None)


def test_a_domain_that_the_platform_does_not_know_leads_nowhere() -> None:
    world = a_world()
    world.faults["serving shop.test"] = [Rejected("GET: 404", status=404)]
    first = served(world, Apps(world))[0]
    assert (first.deployment, first.stamps, first.trouble) == (None, (BAD.commit,), None)


@pytest.mark.parametrize("times", [1, 3])
def test_a_domain_is_proved_by_so_many_answers_in_a_row(times: int) -> None:
    world = a_world()
    known = mark(Apps(world), BAD, None)  # type: ignore[arg-type]
    found = served(world, Apps(world), times=times, expected=known)
    assert [(len(each.stamps), each.proved) for each in found] == [(times, True)] * 2


def test_a_wrong_answer_is_enough_to_ask_no_further() -> None:
    world = a_world()
    world._turns = {"shop.test": (2, GOOD.id, BAD.id)}
    known = mark(Apps(world), BAD, None)  # type: ignore[arg-type]
    found = served(world, Apps(world), times=3, expected=known)
    assert [(each.stamps, each.proved) for each in found] == [
        ((BAD.commit, GOOD.commit), False),
        ((BAD.commit,) * 3, True),
    ]


@pytest.mark.parametrize("elsewhere", ["led", "edge"])
def test_neither_the_platform_alone_nor_the_app_alone_proves_anything(elsewhere: str) -> None:
    world = a_world()
    getattr(world, elsewhere)["shop.test"] = GOOD.id
    known = mark(Apps(world), BAD, None)  # type: ignore[arg-type]
    assert [each.proved for each in served(world, Apps(world), times=3, expected=known)] == [False, True]


def test_names_are_those_of_the_platform_and_of_the_target_each_once() -> None:
    world = a_world()
    world.domains = (Domain(name="Shop.test"), Domain(name="*.shop.test"), Domain(name="x.test", verified=False))
    host: Any = Host(world)
    assert names(host, ["SHOP.test", "own.test"]) == ("shop.test", "own.test")
    assert names(host, ["x.test"]) == ("x.test", "shop.test"), "declared by the team itself"
    assert [each.name for each in known_domains(host, [])] == ["shop.test"]


@pytest.mark.parametrize("wrong", [0, 1, 2])
def test_one_wrong_answer_among_three_disproves_wherever_it_comes(wrong: int) -> None:
    said = [BAD.commit] * 3
    said[wrong] = GOOD.commit
    answers = iter(said)
    web = Web(lambda _: httpx.Response(200, json={"commit": next(answers)}))
    world = World.of(GOOD, BAD, current=BAD.id)
    world.domains = (Domain(name="shop.test"),)
    known = mark(Apps(world), BAD, None)  # type: ignore[arg-type]
    host: Any = Host(world)
    (found,) = serving(host, ["shop.test"], web.prober(), times=3, expected=known)
    assert (found.stamps[-1], found.proved, len(found.stamps)) == (GOOD.commit, False, wrong + 1)
