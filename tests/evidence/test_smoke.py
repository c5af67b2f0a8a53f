"""A real browser looks at small pages that go wrong in one way each."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from prodworthy.evidence import smoke as looking
from prodworthy.evidence.browser import launch_options
from prodworthy.evidence.errors import Unobserved
from prodworthy.evidence.smoke import looking as asking
from prodworthy.evidence.smoke.hearing import RELOADS
from prodworthy.local.authority import Authority
from prodworthy.model import Browsing, Cause, Page, Target
from prodworthy.model.smoke import Smoke, View
from prodworthy.plain import from_plain, to_plain
from prodworthy.review.smoke import faults

SHOP = "<!doctype html><html lang=en><title>Shop</title><main><h1>Harbour &amp; Pine</h1><p>Open all night</p></main>"
STRICT = {"content-security-policy": "default-src 'none'; style-src 'self'"}


class Site(BaseHTTPRequestHandler):
    """Pages by path; `BODIES` are sent as they are, `ANSWERS` do what they like with the connection."""

    protocol_version = "HTTP/1.1"
    timeout = 20

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if answer := ANSWERS.get(path):
            answer(self)
        elif path in BODIES:
            self.give(BODIES[path])
        else:
            self.give("not here", status=404)

    def give(
        self, body: str | bytes, *, status: int = 200, kind: str = "text/html; charset=utf-8", **fields: str
    ) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in {"content-type": kind, **fields}.items():
            self.send_header(name.replace("_", "-"), value)
        if status != 204:
            self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def wait_for_ever(self) -> None:
        """Nothing is answered until the browser has had enough."""
        self.rfile.read(1)
        self.close_connection = True

    def late(self) -> None:
        time.sleep(0.7)
        self.give(SHOP)


BODIES: dict[str, str | bytes] = {
    "/sound": f"{SHOP}<script>console.log('fine'); console.info('fine too')</script>",
    "/blank": "<!doctype html><title>Shop</title><div id=root></div><script>let unused</script>",
    "/hidden": "<!doctype html><title>Shop</title><div style='opacity:0'>all faded out</div>",
    "/shadow": "<!doctype html><title>Shop</title><x-app></x-app><script>"
    "document.querySelector('x-app').attachShadow({mode:'open'}).innerHTML='<p>in the shadow</p>'</script>",
    "/contents": "<!doctype html><title>Shop</title><div style='display:contents'>only words</div>",
    "/picture": "<!doctype html><title>Shop</title><svg width=20 height=20><circle r=9 cx=9 cy=9 /></svg>",
    "/slow-start": "<!doctype html><title>Shop</title><div id=root></div>"
    "<script>setTimeout(() => root.textContent = 'here at last', 1500)</script>",
    "/throws": f"{SHOP}<script>null.price</script>",
    "/rejects": f"{SHOP}<script>Promise.reject(new TypeError('no stock'))</script>",
    "/throws-words": f"{SHOP}<script>throw 'just words'</script>",
    "/console": f"{SHOP}<script>console.error('broken', {{sku: 1}}); console.warn('old'); "
    "console.assert(false, 'untrue')</script>",
    "/chatty": f"{SHOP}<script>for (let i = 0; i < 80; i++) console.error('line ' + i)</script>",
    "/warns": f"{SHOP}<script>for (let i = 0; i < 80; i++) console.warn('old ' + i); console.error('broken')</script>",
    "/asks-strangers": f"{SHOP}<script>for (let i = 0; i < 60; i++) fetch('http://127.0.0.2:9/' + i).catch(() => 0);"
    "setTimeout(() => fetch('/gone.json'), 500)</script>",
    "/missing-chunk": f"{SHOP}<script type=module>import('/gone.js').catch(() => 0)</script><img src=/gone.png>",
    "/third-party": f"{SHOP}<script src='http://nowhere.invalid/stats.js'></script>",
    "/strangers-refuse": f"{SHOP}<script>const stranger = '//localhost:' + location.port;"
    "fetch(stranger + '/json').catch(() => 0); import(stranger + '/json').catch(() => 0);"
    "const script = document.createElement('script'); script.src = stranger + '/script'; document.head.append(script);"
    "new WebSocket('ws:' + stranger + '/json')</script>",
    "/strangers-uncaught": f"{SHOP}<script>fetch('//localhost:' + location.port + '/json')</script>",
    "/own-socket": f"{SHOP}<script>new WebSocket('ws://' + location.host + '/json')</script>",
    "/reset-chunk": f"{SHOP}<script src=/reset></script>",
    "/gives-up": f"{SHOP}<script>const c = new AbortController(); "
    "fetch('/hangs', {signal: c.signal}).catch(() => 0); setTimeout(() => c.abort(), 50)</script>",
    "/never-idle": f"{SHOP}<script>fetch('/hangs').catch(() => 0)</script>",
    "/never-loads": f"{SHOP}<img src=/hangs>",
    "/dialogs": f"{SHOP}<script>alert('hello'); confirm('sure?')</script>",
    "/dialogs-for-ever": f"{SHOP}<script>setTimeout(() => {{ while (true) alert('again') }})</script>",
    "/refresh": "<!doctype html><title>Moved</title><meta http-equiv=refresh content='0;url=/sound'>moved",
    "/refresh-away": "<!doctype html><title>Moved</title><meta http-equiv=refresh content='0;url=http://127.0.0.1:2049/'>",
    "/reloads": f"{SHOP}<script>location.reload()</script>",
    "/freezes": f"{SHOP}<script>setTimeout(() => {{ while (true); }}, 100)</script>",
    "/closes": f"{SHOP}<script>setTimeout(() => window.close(), 50)</script>",
    "/popups": f"{SHOP}<script>open('/sound'); open('/sound', '_blank', 'noopener')</script>",
    "/markup": "<!doctype html><title>&lt;script>alert(1)&lt;/script></title><p>&lt;b>x&lt;/b></p><script>"
    "console.error('<img src=x onerror=alert(1)>\\u001b[31mred\\u0000\\ud800\\u202e' + 'x'.repeat(5000));"
    "document.title += '\\ud800'; throw new Error('<i>\\u001b]0;x\\u0007</i>')</script>",
    "/not-utf-8": b"<!doctype html><title>Shop \xff\xfe</title><p>caf\xe9 \x80\x81</p>",
    "/tampers": f"{SHOP}<script>JSON.stringify = () => 'no'; document.createRange = null</script>",
    "/deep": "<!doctype html><title>Shop</title>" + "<div>" * 5000 + "deep down",
    "/frame": f"{SHOP}<iframe src=/throws></iframe>",
}
ANSWERS: dict[str, Callable[[Site], None]] = {
    "/late": Site.late,
    "/hangs": Site.wait_for_ever,
    "/reset": Site.reset,
    "/500": lambda site: site.give(SHOP, status=500),
    "/500-empty": lambda site: site.give("", status=500),
    "/204": lambda site: site.give("", status=204),
    "/redirects": lambda site: site.give("", status=302, location="/sound"),
    "/redirects-for-ever": lambda site: site.give("", status=302, location="/redirects-for-ever"),
    "/download": lambda site: site.give("PK", kind="application/zip", content_disposition="attachment"),
    "/csp": lambda site: site.give(f"{SHOP}<script>1</script><img src=/x.png>", **STRICT),
    "/csp-report-only": lambda site: site.give(
        f"{SHOP}<script>1</script>", content_security_policy_report_only="script-src 'none'"
    ),
    "/protected": lambda site: site.give("sign in", status=401, set_cookie="_vercel_sso_nonce=abc; Path=/"),
    "/challenged": lambda site: site.give("robot?", status=403, x_vercel_mitigated="challenge"),
    "/bad-gzip": lambda site: site.give("no gzip at all", content_encoding="gzip"),
    "/nowhere": lambda site: site.give(SHOP, status=302),
    "/csp-of-both-kinds": lambda site: site.give(
        f"{SHOP}{'<i onclick=1></i>' * 60}<img src=/x.png>",
        content_security_policy="img-src 'none'",
        content_security_policy_report_only="script-src 'none'",
    ),
    "/csp-without-end": lambda site: site.give(f"{SHOP}{'<i onclick=1></i>' * 60}", **STRICT),
    "/json": lambda site: site.give('{"ok": true}', kind="application/json"),
    "/script": lambda site: site.give("1", kind="text/plain", x_content_type_options="nosniff"),
}
PAGES = (
    Page(path="/sound", text="open all NIGHT", role="main"),
    Page(path="/late", text="Open"),
    Page(path="/redirects", text="Open"),
    Page(path="/throws", text="Closed", role="table"),
    *(Page(path=path) for path in [*BODIES, *ANSWERS] if path not in {"/sound", "/late", "/redirects", "/throws"}),
)


def _serve(context: ssl.SSLContext | None = None) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options([]))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    server = _serve()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def expired() -> Iterator[str]:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    leaf = Authority().issue(["127.0.0.1"], not_before=yesterday - timedelta(days=1), not_after=yesterday)
    server = _serve(leaf.context)
    yield f"https://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def refusing() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


@pytest.fixture(scope="module")
def views(browser: Browser, origin: str, expired: str, refusing: str) -> dict[str, View]:
    """Every page at once, in one look, with less patience than a user's run has."""
    pages = (*PAGES, Page(path=expired), Page(path=refusing), Page(path="http://nowhere.invalid/"))
    target = Target(name="small", url=origin, pages=pages, browsing=Browsing(viewports=("desktop",), timeout=8.0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "AFTERWARDS", 3.0)
        patch.setattr(asking, "ANSWER", 5.0)
        patch.setattr(asking, "QUIET", 2.0)
        smoke = looking.gather(browser, target)
    assert [view.page for view in smoke.views] == list(pages)
    return {view.page.path: view for view in smoke.views}


def test_a_sound_page_is_seen_as_it_is(views: dict[str, View], origin: str) -> None:
    view = views["/sound"]
    assert (view.status, view.address, view.title) == (200, f"{origin}/sound", "Shop")
    assert view.text_seen is True
    assert view.role_seen is True
    assert "Open all night" in view.text
    assert not view.blank
    assert [*view.messages, *view.exceptions, *view.failed, *view.violations, *view.dialogs, *view.gaps] == []


def test_a_screenshot_is_taken_of_what_is_shown(views: dict[str, View]) -> None:
    assert views["/sound"].screenshot.startswith(b"\xff\xd8\xff")


def test_the_times_of_a_load_are_measured(views: dict[str, View]) -> None:
    vitals = views["/late"].vitals
    assert vitals.first_byte is not None
    assert vitals.first_byte >= 0.7
    assert vitals.first_paint is not None
    assert vitals.first_paint >= vitals.first_byte


@pytest.mark.parametrize("path", ["/blank", "/hidden"])
def test_a_page_that_shows_nothing_is_blank(views: dict[str, View], path: str) -> None:
    assert views[path].blank


@pytest.mark.parametrize("path", ["/shadow", "/contents", "/picture", "/slow-start", "/json", "/deep", "/not-utf-8"])
def test_a_page_that_shows_anything_is_not_blank(views: dict[str, View], path: str) -> None:
    assert not views[path].blank
    assert not views[path].gaps


def test_a_text_or_role_that_is_not_there_is_not_seen(views: dict[str, View]) -> None:
    assert views["/throws"].text_seen is False
    assert views["/throws"].role_seen is False


@pytest.mark.parametrize(
    ("path", "words"),
    [
        pytest.param("/throws", "TypeError: Cannot read properties of null", id="exception"),
        pytest.param("/rejects", "TypeError: no stock", id="unhandled-rejection"),
        pytest.param("/throws-words", "just words", id="thrown-string"),
        pytest.param("/frame", "TypeError: Cannot read properties of null", id="in-a-frame"),
    ],
)
def test_what_is_thrown_and_not_caught_is_kept(views: dict[str, View], path: str, words: str) -> None:
    assert len(views[path].exceptions) == 1
    assert words in views[path].exceptions[0]


def test_errors_and_warnings_of_the_console_are_kept_and_the_rest_is_not(views: dict[str, View]) -> None:
    levels = [(message.level, message.text.split()[0]) for message in views["/console"].messages]
    assert levels == [("error", "broken"), ("warning", "old"), ("error", "untrue")]


def test_a_page_that_never_stops_talking_is_cut_short(views: dict[str, View]) -> None:
    view = views["/chatty"]
    assert (len(view.messages), view.dropped) == (50, (("errors in the console", 30),))
    assert [gap.cause for gap in view.gaps] == [Cause.BOUND]
    assert view in Smoke(views=(view,)).seen


def test_warnings_take_no_errors_place(views: dict[str, View]) -> None:
    view = views["/warns"]
    assert [message.text for message in view.messages if message.level == "error"] == ["broken"]
    assert (len(view.messages), view.gaps) == (51, ())


def test_requests_to_strangers_take_no_place_of_the_apps_own(views: dict[str, View]) -> None:
    view = views["/asks-strangers"]
    assert [request.status for request in view.failed if request.own] == [404]
    assert (len(view.failed), view.gaps) == (51, ())


def test_what_a_policy_only_reports_takes_no_place_of_what_one_forbids(views: dict[str, View]) -> None:
    view = views["/csp-of-both-kinds"]
    assert [violation.directive for violation in view.violations if violation.enforced] == ["img-src"]
    assert (len(view.violations), view.gaps) == (51, ())


def test_more_violations_than_are_kept_are_a_gap(views: dict[str, View]) -> None:
    view = views["/csp-without-end"]
    assert len(view.violations) == 50
    assert view.dropped == (("violations of the Content-Security-Policy", 10),)
    assert [gap.cause for gap in view.gaps] == [Cause.BOUND]


def test_a_redirect_to_nowhere_is_the_page_that_it_is(views: dict[str, View]) -> None:
    view = views["/nowhere"]
    assert (view.status, view.gaps) == (302, ())


def test_a_chunk_that_is_missing_is_a_failed_request_with_its_status(views: dict[str, View]) -> None:
    failed = {(request.kind, request.status, request.own) for request in views["/missing-chunk"].failed}
    assert failed == {("script", 404, True), ("image", 404, True)}
    assert not views["/missing-chunk"].gaps


def test_a_third_party_that_cannot_be_reached_leaves_no_gap(views: dict[str, View]) -> None:
    (request,) = views["/third-party"].failed
    assert (request.own, request.cause, request.error) == (False, Cause.NETWORK, "net::ERR_NAME_NOT_RESOLVED")
    assert not views["/third-party"].gaps


def test_what_the_browser_says_of_strangers_is_told_as_their_failure_only(views: dict[str, View]) -> None:
    view = views["/strangers-refuse"]
    assert view.messages == ()
    assert view.exceptions == ()
    assert {(request.kind, request.own) for request in view.failed} == {
        ("fetch", False),
        ("script", False),
        ("websocket", False),
    }
    (socket,) = (request for request in view.failed if request.kind == "websocket")
    assert socket.url.startswith("ws://localhost:")
    assert (socket.error or "").endswith("Unexpected response code: 200")
    assert not (socket.error or "").startswith("failed")


def test_what_a_fetch_from_strangers_throws_comes_with_their_failure(views: dict[str, View]) -> None:
    view = views["/strangers-uncaught"]
    assert (len(view.exceptions), view.messages) == (1, ())
    assert [(request.own, request.error) for request in view.failed] == [(False, "net::ERR_FAILED")]
    assert [finding.rule for finding in faults.third_party_uncaught(Smoke(hosts=("127.0.0.1",), views=(view,)))] == [
        "smoke.third-party-uncaught"
    ]


def test_a_socket_of_the_app_that_does_not_open_is_said_in_the_console(views: dict[str, View]) -> None:
    (message,) = views["/own-socket"].messages
    assert message.text.startswith("WebSocket connection to 'ws://127.0.0.1:")
    assert views["/own-socket"].failed == ()


def test_a_back_end_of_the_app_that_refuses_its_origin_is_said_in_the_console(browser: Browser, origin: str) -> None:
    page = Page(path="/strangers-uncaught")
    target = Target(
        name="small", url=origin, domains=(origin.replace("127.0.0.1", "localhost"),), pages=(page,),
        browsing=Browsing(viewports=("desktop",)),
    )  # fmt: skip
    (view,) = looking.gather(browser, target).views
    assert [message.text.split(" at ")[0] for message in view.messages] == ["Access to fetch"]
    assert [(request.own, request.error) for request in view.failed] == [(True, "net::ERR_FAILED")]
    assert len(view.exceptions) == 1


def test_a_part_of_the_app_that_cannot_be_reached_is_a_gap(views: dict[str, View]) -> None:
    (gap,) = views["/reset-chunk"].gaps
    assert gap.cause is Cause.NETWORK
    assert gap.what.endswith("/reset")


def test_a_request_that_the_page_gives_up_itself_is_nothing(views: dict[str, View]) -> None:
    assert views["/gives-up"].failed == ()


@pytest.mark.parametrize("path", ["/sound", "/never-idle"])
def test_the_browsers_own_search_for_an_icon_is_nothing(views: dict[str, View], path: str) -> None:
    assert (views[path].failed, views[path].messages) == ((), ())


def test_a_page_that_never_falls_silent_is_looked_at_all_the_same(views: dict[str, View]) -> None:
    view = views["/never-idle"]
    assert view.loaded
    assert "Open all night" in view.text


def test_a_page_whose_load_event_never_comes_is_looked_at_all_the_same(views: dict[str, View]) -> None:
    view = views["/never-loads"]
    assert not view.loaded
    assert "Open all night" in view.text


def test_dialogs_are_dismissed_and_kept(views: dict[str, View]) -> None:
    assert views["/dialogs"].dialogs == ("alert: hello", "confirm: sure?")
    assert views["/dialogs"].responsive


@pytest.mark.parametrize("path", ["/freezes", "/dialogs-for-ever"])
def test_a_page_that_never_lets_go_is_not_responsive(views: dict[str, View], path: str) -> None:
    assert not views[path].responsive
    assert not views[path].gaps


def test_a_refresh_is_followed_to_the_page_behind_it(views: dict[str, View], origin: str) -> None:
    view = views["/refresh"]
    assert (view.address, view.documents, view.title) == (f"{origin}/sound", 2, "Shop")


def test_a_redirect_is_followed_to_the_page_behind_it(views: dict[str, View], origin: str) -> None:
    view = views["/redirects"]
    assert (view.address, view.status, view.text_seen) == (f"{origin}/sound", 200, True)


def test_a_redirect_loop_is_a_loop_and_no_gap(views: dict[str, View]) -> None:
    view = views["/redirects-for-ever"]
    assert (view.looping, view.refused, view.gaps) == (True, "net::ERR_TOO_MANY_REDIRECTS", ())


def test_a_page_that_reloads_itself_without_end_is_stopped(views: dict[str, View]) -> None:
    view = views["/reloads"]
    assert view.looping
    assert RELOADS < view.documents < 5 * RELOADS
    assert not view.gaps


@pytest.mark.parametrize("path", ["/closes", "/popups"])
def test_windows_that_a_page_opens_or_closes_change_nothing(views: dict[str, View], path: str) -> None:
    assert "Open all night" in views[path].text
    assert not views[path].gaps


def test_what_a_policy_forbids_is_a_violation_and_told_once(views: dict[str, View], origin: str) -> None:
    view = views["/csp"]
    told = {(violation.directive, violation.blocked, violation.enforced) for violation in view.violations}
    assert told == {("script-src-elem", "inline", True), ("img-src", f"{origin}/x.png", True)}
    assert (view.messages, view.failed) == ((), ())


def test_a_report_only_policy_is_told_apart(views: dict[str, View]) -> None:
    (violation,) = views["/csp-report-only"].violations
    assert not violation.enforced
    assert views["/csp-report-only"].messages == ()


@pytest.mark.parametrize(
    ("path", "status"), [("/500", 500), ("/500-empty", 500), ("/204", 204)], ids=["500", "500-empty", "204"]
)
def test_an_error_page_is_judged_by_its_status(views: dict[str, View], path: str, status: int) -> None:
    assert (views[path].status, views[path].gaps) == (status, ())


@pytest.mark.parametrize(
    ("path", "words"),
    [
        pytest.param("/download", "a download", id="download"),
        pytest.param("/204", "net::ERR_ABORTED", id="nothing-to-show"),
        pytest.param("/bad-gzip", "net::ERR_CONTENT_DECODING_FAILED", id="wrong-coding"),
    ],
)
def test_an_answer_that_is_no_page_is_refused(views: dict[str, View], path: str, words: str) -> None:
    assert (views[path].refused, views[path].gaps) == (words, ())


@pytest.mark.parametrize(
    ("path", "who"),
    [("/protected", "deployment protection"), ("/challenged", "the firewall's challenge")],
    ids=["protection", "challenge"],
)
def test_a_wall_is_a_gap(views: dict[str, View], path: str, who: str) -> None:
    (gap,) = views[path].gaps
    assert gap.cause is Cause.WALL
    assert who in gap.why


@pytest.mark.parametrize("path", ["/reset", "/hangs", "/refresh-away", "http://nowhere.invalid/"])
def test_a_page_that_cannot_be_reached_is_a_gap(views: dict[str, View], path: str) -> None:
    (gap,) = views[path].gaps
    assert gap.cause is Cause.NETWORK


def test_a_port_where_nobody_listens_is_a_gap(views: dict[str, View], refusing: str) -> None:
    (gap,) = views[refusing].gaps
    assert (gap.cause, gap.why) == (Cause.NETWORK, "the browser got no answer: net::ERR_CONNECTION_REFUSED")


def test_a_certificate_that_has_expired_is_a_gap(views: dict[str, View], expired: str) -> None:
    (gap,) = views[expired].gaps
    assert gap.cause is Cause.CERTIFICATE


def test_what_a_page_says_is_printable_on_one_line_and_short(views: dict[str, View]) -> None:
    view = views["/markup"]
    texts = [view.title, view.text, *view.exceptions, *(message.text for message in view.messages)]
    assert len(texts) == 4
    assert all(text.isprintable() and len(text) <= 800 for text in texts)
    assert view.title == "<script>alert(1)</script>"
    "".join(texts).encode("utf-8")


def test_a_page_that_breaks_what_we_look_with_is_a_gap(views: dict[str, View]) -> None:
    (gap,) = views["/tampers"].gaps
    assert gap.cause is Cause.ENGINE


def test_a_phone_is_a_phone(browser: Browser, origin: str) -> None:
    target = Target(name="small", url=origin, pages=(Page(path="/sound"),))
    desktop, mobile = looking.gather(browser, target).views
    assert (desktop.viewport, mobile.viewport) == ("desktop", "mobile")
    assert desktop.screenshot != mobile.screenshot


def test_evidence_survives_being_saved(browser: Browser, origin: str) -> None:
    target = Target(name="small", url=origin, pages=(Page(path="/console"),), browsing=Browsing(viewports=("mobile",)))
    smoke = looking.gather(browser, target)
    assert from_plain(Smoke, to_plain(smoke)) == smoke


def test_a_browser_that_has_ended_is_no_finding(browser: Browser, origin: str) -> None:
    gone: Any = browser.browser_type.launch(**launch_options([]))
    gone.close()
    with pytest.raises(Unobserved, match="browser did not do its work") as caught:
        looking.gather(gone, Target(name="small", url=origin))
    assert caught.value.gap.cause is Cause.ENGINE


def test_no_page_means_no_view(browser: Browser, origin: str) -> None:
    assert looking.gather(browser, Target(name="small", url=origin, pages=())).views == ()
