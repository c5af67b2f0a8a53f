"""Faults of the smoke check: pages that do not arrive, do not show, complain, keep people out, or lead astray."""

from __future__ import annotations

from typing import Any

from tests.faults.breaks import Break, answer, append, config, expects, header, plain, replace, write
from tests.faults.catalogue import Catalogue, Fault

SHOP = r"^https://storefront\.test"
ABOUT = rf"{SHOP}/about \(desktop\)"
CART = rf"{SHOP}/cart \(desktop\)"
PATH = rf"{SHOP}/about, path “buy” \(desktop\)"

INDEX = "dist/index.html"
STYLES = "dist/assets/styles-*.css"
FAULT = "dist/assets/fault.js"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https://pictures.invalid; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
CHATTY = POLICY.replace("connect-src 'self'", "connect-src 'self' https://chat.invalid wss://chat.invalid")
TITLE = "About · Harbour & Pine"
DARK = expects(smoke={"dark": True})
BOTH = expects(smoke={"viewports": ["desktop", "mobile"]})
LINKED = expects(pages=["/about", "/cart"])

BASE: dict[str, Any] = {
    "pages": [{"path": "/about", "text": "About Harbour & Pine"}],
    "smoke": {"viewports": ["desktop"], "accessibility": "AA", "timeout": "6 s"},
    "identity": None,
    "endpoints": None,
    "embedded": {"users": None},
    "supabase": None,
    "functions": None,
    "budgets": None,
    "not_applicable": {"supabase": "not of smoke", "functions": "not of smoke"},
}


def script(code: str) -> Break:
    """A script of the app's own, before its others."""

    def inflict(copy: Any) -> None:
        write(FAULT, code)(copy)
        head('<script src="/assets/fault.js"></script>')(copy)

    return inflict


def later(code: str) -> Break:
    """The same once the page is there."""
    return script(f"addEventListener('load', () => setTimeout(() => {{ {code} }}, 150))")


def head(markup: str) -> Break:
    return replace(INDEX, '<meta charset="utf-8">', f'<meta charset="utf-8">{markup}')


def body(markup: str) -> Break:
    return replace(INDEX, "</footer>", f"</footer>{markup}")


def style(rules: str) -> Break:
    return append(STYLES, rules)


def about(**page: Any) -> Break:
    return expects(pages=[{"path": "/about", **page}])


def path(*steps: dict[str, Any], start: str = "/about", **more: Any) -> Break:
    return expects(paths=[{"name": "buy", "start": start, "steps": list(steps)}], **more)


BUY = path({"click": "Cart"}, {"expect": "Your cart"}, {"expect_url": "/cart"})

ARRIVALS = (
    Fault(
        name="a-route-that-the-host-does-not-know",
        rule="smoke.page-status",
        where=ABOUT,
        got="status 404",
        breaks=(replace("vercel.json", "|cart|about", "|cart"),),
    ),
    Fault(
        name="a-server-error",
        rule="smoke.page-status",
        where=ABOUT,
        got="status 500",
        breaks=(answer(path="/about", status=500, body="<!doctype html><title>Oh</title><p>Oh no"),),
    ),
    Fault(
        name="a-page-that-is-a-download",
        rule="smoke.page-status",
        where=ABOUT,
        got="a download",
        breaks=(
            answer(path="/about", without=["content-disposition"], fields=[("content-disposition", "attachment")]),
        ),
    ),
    Fault(
        name="an-answer-without-a-page",
        rule="smoke.page-status",
        where=ABOUT,
        got="net::ERR_ABORTED",
        breaks=(answer(path="/about", status=204, body=""),),
    ),
    Fault(
        name="a-page-in-a-coding-that-it-is-not-in",
        rule="smoke.page-status",
        where=ABOUT,
        got="CONTENT_DECODING",
        breaks=(answer(path="/about", without=["content-encoding"], fields=[("content-encoding", "gzip")], body="x"),),
    ),
    Fault(
        name="redirects-that-undo-each-other",
        rule="smoke.navigation-loop",
        where=ABOUT,
        got="TOO_MANY_REDIRECTS",
        breaks=(
            config(
                redirects=[
                    {"source": "/about", "destination": "/cart", "permanent": False},
                    {"source": "/cart", "destination": "/about", "permanent": False},
                ]
            ),
        ),
    ),
    Fault(
        name="a-page-that-reloads-itself",
        rule="smoke.navigation-loop",
        where=ABOUT,
        got="documents",
        breaks=(script("location.reload()"),),
    ),
    Fault(
        name="a-script-that-sends-people-elsewhere",
        rule="smoke.page-elsewhere",
        where=ABOUT,
        got=r"http://stranger\.test/",
        breaks=(
            plain("stranger.test", serves=True),
            answer(
                host=r"stranger\.test",
                status=200,
                body="<!doctype html><html lang=en><title>Casino</title><p>Welcome",
                without=["x-vercel-error"],
            ),
            script("location.href = 'http://stranger.test/'"),
        ),
    ),
    Fault(
        name="a-loop-without-end",
        rule="smoke.page-frozen",
        where=ABOUT,
        breaks=(about(), later("while (true);")),
    ),
    Fault(
        name="a-picture-that-never-comes",
        rule="smoke.load-unfinished",
        where=ABOUT,
        breaks=(
            expects(smoke={"timeout": "2 s"}),
            body('<img src="/favicon.svg?slow" alt="" width="9" height="9">'),
            answer(path=r"/favicon\.svg\?slow", after=25.0),
        ),
    ),
)
CONTENTS = (
    Fault(
        name="everything-hidden-by-a-style",
        rule="smoke.blank-page",
        where=ABOUT,
        got="nothing",
        breaks=(about(), style("body{display:none}")),
    ),
    Fault(
        name="a-shell-that-stays-empty",
        rule="smoke.blank-page",
        where=ABOUT,
        got="nothing; Error: no root",
        breaks=(
            about(),
            write(INDEX, '<!doctype html><html lang="en"><title>Shop</title><script src="/assets/fault.js"></script>'),
            write(FAULT, "throw new Error('no root')"),
        ),
        may=frozenset({"smoke.uncaught-exception"}),
    ),
    Fault(
        name="blank-in-the-dark-only",
        rule="smoke.blank-page",
        where=rf"{SHOP}/about \(desktop dark\)",
        breaks=(about(), DARK, style("@media (prefers-color-scheme:dark){body{visibility:hidden}}")),
    ),
    Fault(
        name="other-words-than-declared",
        rule="smoke.text-missing",
        where=ABOUT,
        got="About us",
        breaks=(replace("dist/assets/about-*.js", "About Harbour & Pine", "About us"),),
    ),
    Fault(
        name="words-that-are-there-and-hidden",
        rule="smoke.text-missing",
        where=ABOUT,
        breaks=(style("main{visibility:hidden}"),),
    ),
    Fault(
        name="a-chunk-of-the-route-that-is-missing",
        rule="smoke.text-missing",
        where=ABOUT,
        got="could not be opened",
        breaks=(answer(path=r"/assets/about-.*", status=404),),
        may=frozenset({"smoke.request-failed", "smoke.console-error"}),
    ),
    Fault(
        name="a-main-part-that-is-none",
        rule="smoke.role-missing",
        where=ABOUT,
        breaks=(about(role="main"), later("document.querySelector('main').setAttribute('role', 'region')")),
    ),
    Fault(
        name="a-role-that-is-hidden",
        rule="smoke.role-missing",
        where=ABOUT,
        breaks=(about(role="navigation"), style(".masthead nav{display:none}")),
    ),
    Fault(
        name="a-title-of-another-page",
        rule="smoke.title-unexpected",
        where=ABOUT,
        got="Home",
        breaks=(about(title=TITLE), later("document.title = 'Home'")),
    ),
    Fault(
        name="a-declared-title-that-is-gone",
        rule="smoke.title-unexpected",
        where=ABOUT,
        got="no title",
        breaks=(about(title=TITLE), later("document.title = ''")),
        may=frozenset({"smoke.accessibility-serious"}),
    ),
    Fault(
        name="no-title",
        rule="smoke.title-missing",
        where=ABOUT,
        breaks=(later("document.title = ''"),),
        may=frozenset({"smoke.accessibility-serious"}),
    ),
    Fault(
        name="a-dark-mode-that-is-gone",
        rule="smoke.dark-missing",
        where=rf"{SHOP}/about \(desktop dark\)",
        breaks=(
            DARK,
            replace(STYLES, "prefers-color-scheme:dark", "prefers-color-scheme:none"),
            replace(STYLES, "color-scheme:light dark", "color-scheme:light"),
        ),
    ),
)
FAULTS_HEARD = (
    Fault(
        name="a-null-that-is-asked-for-a-price",
        rule="smoke.uncaught-exception",
        where=ABOUT,
        got="TypeError.*fault.js",
        breaks=(script("null.price"),),
    ),
    Fault(
        name="a-promise-that-nobody-catches",
        rule="smoke.uncaught-exception",
        where=ABOUT,
        got="no stock",
        breaks=(script("Promise.reject(new RangeError('no stock'))"),),
    ),
    Fault(
        name="an-exception-on-phones-only",
        rule="smoke.uncaught-exception",
        where=rf"{SHOP}/about \(mobile\)",
        breaks=(BOTH, script("if (screen.width < 500) throw new Error('too small')")),
    ),
    Fault(
        name="an-exception-after-a-click",
        rule="smoke.uncaught-exception",
        where=PATH,
        breaks=(BUY, script("addEventListener('click', () => { throw new Error('no cart') }, true)")),
    ),
    Fault(
        name="an-error-in-the-console",
        rule="smoke.console-error",
        where=ABOUT,
        got="out of stock",
        breaks=(script("console.error('out of stock')"),),
    ),
    Fault(
        name="an-assertion-that-fails",
        rule="smoke.console-error",
        where=ABOUT,
        got="must be open",
        breaks=(script("console.assert(false, 'must be open')"),),
    ),
    Fault(
        name="a-script-that-the-browser-refuses",
        rule="smoke.console-error",
        where=ABOUT,
        got="MIME type",
        breaks=(
            script("1"),
            answer(path="/assets/fault.js", without=["content-type"], fields=[("content-type", "text/plain")]),
        ),
    ),
    Fault(
        name="a-script-that-is-not-there",
        rule="smoke.request-failed",
        where=ABOUT,
        got=r"status 404 for GET https://storefront\.test/assets/gone\.js \(script\)",
        breaks=(head('<script src="/assets/gone.js"></script>'),),
        may=frozenset({"smoke.console-error"}),
    ),
    Fault(
        name="data-that-fails",
        rule="smoke.request-failed",
        where=ABOUT,
        got=r"status 500 .*version\.json \(fetch\)",
        breaks=(script("fetch('/version.json')"), answer(path="/version.json", status=500)),
    ),
    Fault(
        name="data-that-fails-after-a-click",
        rule="smoke.request-failed",
        where=PATH,
        got=r"status 404 .*gone\.json \(fetch\)",
        breaks=(BUY, script("addEventListener('click', () => fetch('/gone.json'), true)")),
    ),
    Fault(
        name="data-for-those-who-are-signed-in",
        rule="smoke.request-refused",
        where=ABOUT,
        got=r"status 401 .*version\.json \(fetch\)",
        breaks=(script("fetch('/version.json')"), answer(path="/version.json", status=401)),
    ),
    Fault(
        name="data-that-is-forbidden-after-a-click",
        rule="smoke.request-refused",
        where=PATH,
        got=r"status 403 .*version\.json \(xhr\)",
        breaks=(
            BUY,
            script(
                "addEventListener('click', () => { const asked = new XMLHttpRequest(); "
                "asked.open('GET', '/version.json'); asked.send() }, true)"
            ),
            answer(path="/version.json", status=403),
        ),
    ),
    Fault(
        name="a-picture-that-is-not-there",
        rule="smoke.asset-failed",
        where=ABOUT,
        got=r"status 404 .*gone\.png \(image\)",
        breaks=(body('<img src="/assets/gone.png" alt="" width="9" height="9">'),),
    ),
    Fault(
        name="a-third-party-that-cannot-be-reached",
        rule="smoke.third-party-failed",
        where=ABOUT,
        got=r"ERR_NAME_NOT_RESOLVED for GET https://pictures\.invalid/",
        breaks=(
            header("content-security-policy", POLICY),
            body('<img src="https://pictures.invalid/x.png" alt="" width="9" height="9">'),
        ),
    ),
    Fault(
        name="a-strangers-socket-that-does-not-open",
        rule="smoke.third-party-failed",
        where=ABOUT,
        got=r"ERR_NAME_NOT_RESOLVED for GET wss://chat\.invalid/",
        breaks=(header("content-security-policy", CHATTY), script("new WebSocket('wss://chat.invalid/')")),
    ),
    Fault(
        name="a-stranger-whose-failure-nobody-catches",
        rule="smoke.third-party-uncaught",
        where=ABOUT,
        got=r"TypeError: Failed to fetch.*https://chat\.invalid/ \(net::ERR_NAME_NOT_RESOLVED\)",
        breaks=(header("content-security-policy", CHATTY), script("fetch('https://chat.invalid/')")),
        may=frozenset({"smoke.third-party-failed"}),
    ),
    Fault(
        name="a-strangers-failure-beside-one-of-its-own",
        rule="smoke.uncaught-exception",
        where=ABOUT,
        got="TypeError: Failed to fetch",
        breaks=(
            header("content-security-policy", CHATTY),
            script("fetch('https://chat.invalid/'); fetch('/version.json')"),
            answer(path="/version.json", status=500),
        ),
        may=frozenset({"smoke.third-party-failed", "smoke.request-failed"}),
    ),
    Fault(
        name="an-inline-script",
        rule="smoke.csp-violation",
        where=ABOUT,
        got="inline",
        breaks=(body("<script>1</script>"),),
    ),
    Fault(
        name="an-inline-style",
        rule="smoke.csp-violation",
        where=ABOUT,
        got="inline",
        breaks=(body('<p style="color:red"></p>'),),
    ),
    Fault(
        name="a-script-that-evaluates-text",
        rule="smoke.csp-violation",
        where=ABOUT,
        got="eval",
        breaks=(script("try { eval('1') } catch {}"),),
    ),
    Fault(
        name="data-from-a-host-that-the-policy-does-not-name",
        rule="smoke.csp-violation",
        where=ABOUT,
        got=r"https://api\.invalid/",
        breaks=(script("fetch('https://api.invalid/prices').catch(() => 0)"),),
    ),
    Fault(
        name="a-policy-that-forgets-the-apps-own-pictures",
        rule="smoke.csp-violation",
        where=ABOUT,
        got=r"favicon\.svg",
        breaks=(
            header("content-security-policy", POLICY.replace("img-src 'self' ", "img-src ")),
            body('<img src="/favicon.svg" alt="" width="9" height="9">'),
        ),
    ),
    Fault(
        name="an-alert-from-debugging",
        rule="smoke.dialog",
        where=ABOUT,
        got="alert: here",
        breaks=(script("alert('here')"),),
    ),
)
BARRIERS = (
    Fault(
        name="a-picture-without-words",
        rule="smoke.accessibility-critical",
        where=rf"{ABOUT} img",
        breaks=(expects(smoke={"accessibility": "A"}), body('<img src="/favicon.svg" width="9" height="9">')),
    ),
    Fault(
        name="a-button-without-a-name",
        rule="smoke.accessibility-critical",
        where=rf"{ABOUT} button",
        breaks=(body('<button type="button"></button>'),),
    ),
    Fault(
        name="pale-words",
        rule="smoke.accessibility-serious",
        where=ABOUT,
        got="insufficient color contrast",
        breaks=(style(".colophon{color:#bbb}"),),
    ),
    Fault(
        name="pale-words-on-phones-only",
        rule="smoke.accessibility-serious",
        where=rf"{SHOP}/about \(mobile\)",
        breaks=(BOTH, style("@media (max-width:500px){.colophon{color:#bbb}}")),
    ),
    Fault(
        name="dark-words-in-the-dark",
        rule="smoke.accessibility-serious",
        where=rf"{SHOP}/about \(desktop dark\)",
        breaks=(DARK, style("@media (prefers-color-scheme:dark){.colophon{color:#333}}")),
    ),
    Fault(
        name="a-document-without-a-language",
        rule="smoke.accessibility-serious",
        where=rf"{ABOUT} html",
        breaks=(replace(INDEX, '<html lang="en">', "<html>"),),
    ),
    Fault(
        name="a-link-without-words",
        rule="smoke.accessibility-serious",
        where=ABOUT,
        breaks=(body('<p><a href="/cart"></a></p>'),),
    ),
    Fault(
        name="zooming-forbidden",
        rule="smoke.accessibility-moderate",
        where=rf"{ABOUT} meta",
        breaks=(replace(INDEX, "initial-scale=1", "initial-scale=1, user-scalable=no"),),
    ),
    Fault(
        name="a-role-of-the-past",
        rule="smoke.accessibility-minor",
        where=ABOUT,
        breaks=(body('<div role="directory">By name</div>'),),
    ),
)
SPEED = (
    Fault(
        name="a-stylesheet-that-holds-up-the-paint",
        rule="smoke.lcp-over-budget",
        where=ABOUT,
        got="at best of 3",
        breaks=(expects(budgets={"lcp": "1.5 s"}), answer(path=r"/assets/styles-.*", after=2.0)),
    ),
    Fault(
        name="a-banner-that-pushes-all-down",
        rule="smoke.cls-over-budget",
        where=ABOUT,
        breaks=(
            expects(budgets={"cls": 0.05}),
            later(
                "const banner = document.createElement('p'); banner.textContent = 'Sale'; "
                "banner.style.height = '300px'; document.body.prepend(banner)"
            ),
        ),
    ),
    Fault(
        name="a-click-that-works-before-it-paints",
        rule="smoke.inp-over-budget",
        where=PATH,
        breaks=(
            path({"click": "Cart"}, {"expect": "Your cart"}, {"wait": "500 ms"}, budgets={"inp": "500 ms"}),
            script("addEventListener('click', () => { for (let end = Date.now() + 900; Date.now() < end;); }, true)"),
        ),
    ),
)
WAYS = (
    Fault(
        name="a-link-that-is-gone",
        rule="smoke.path-broken",
        where=rf"{PATH}, step 1",
        got="nothing of that kind is visible",
        breaks=(BUY, replace(INDEX, '<a href="/cart">Cart <span id="cart-count" class="count">0</span></a>', "")),
        may=frozenset({"smoke.uncaught-exception"}),
    ),
    Fault(
        name="a-link-under-a-veil",
        rule="smoke.path-broken",
        where=rf"{PATH}, step 1",
        got="intercepts pointer events",
        breaks=(BUY, body('<div class="veil"></div>'), style(".veil{position:fixed;inset:0}")),
    ),
    Fault(
        name="a-page-without-the-expected-words",
        rule="smoke.path-broken",
        where=rf"{PATH}, step 2",
        got=r"/cart shows “.*Your basket",
        breaks=(BUY, replace("dist/assets/cart-*.js", "Your cart", "Your basket")),
    ),
    Fault(
        name="a-link-to-somewhere-else",
        rule="smoke.path-broken",
        where=rf"{PATH}, step 2",
        got=r"/about\?cart shows",
        breaks=(
            path({"click": "Cart"}, {"expect_url": "/cart"}),
            replace(INDEX, 'href="/cart"', 'href="/about?cart"'),
        ),
    ),
    Fault(
        name="a-veil-that-never-lifts",
        rule="smoke.path-broken",
        where=rf"{PATH}, step 1",
        got="it is still there",
        breaks=(path({"expect_gone": "Please wait"}), body("<p>Please wait</p>")),
    ),
    Fault(
        name="a-field-without-its-label",
        rule="smoke.path-broken",
        where=rf"{PATH}, step 1",
        breaks=(
            path({"select": {"label": "Dates, prices and countries in", "option": "Dansk"}}),
            replace(INDEX, '<label for="language">Dates, prices and countries in</label>', "Language"),
        ),
        may=frozenset({"smoke.accessibility-critical", "smoke.accessibility-serious"}),
    ),
    Fault(
        name="an-option-that-is-gone",
        rule="smoke.path-broken",
        where=rf"{PATH}, step 1",
        got="no such option",
        breaks=(path({"select": {"label": "Dates, prices and countries in", "option": "Latina"}}),),
    ),
    Fault(
        name="a-key-that-does-nothing",
        rule="smoke.path-broken",
        where=rf"{PATH}, step 3",
        breaks=(
            path({"press": "Tab"}, {"press": "Tab"}, {"expect_url": "/cart"}),
            replace(INDEX, 'class="brand"', 'class="brand" tabindex="-1"'),
        ),
    ),
    Fault(
        name="a-path-that-cannot-begin",
        rule="smoke.path-broken",
        where=rf"{SHOP}/signin, path “buy” \(desktop\), start",
        got="status 404",
        breaks=(path({"click": "Cart"}, start="/signin"),),
    ),
    Fault(
        name="a-click-that-changes-only-the-address",
        rule="smoke.route-disagrees",
        where=CART,
        got="About Harbour & Pine",
        breaks=(
            LINKED,
            script(
                "addEventListener('click', (event) => { event.preventDefault(); event.stopImmediatePropagation(); "
                "history.pushState(null, '', event.target.closest('a').href); document.title = 'Cart · Harbour & Pine' "
                "}, true)"
            ),
        ),
    ),
    Fault(
        name="a-title-that-a-click-does-not-change",
        rule="smoke.route-disagrees",
        where=CART,
        got="About · Harbour & Pine",
        breaks=(
            LINKED,
            script(
                "addEventListener('click', () => setInterval(() => "
                f"document.title === '{TITLE}' || (document.title = '{TITLE}'), 20), true)"
            ),
        ),
    ),
    Fault(
        name="a-deep-link-that-is-swallowed",
        rule="smoke.route-disagrees",
        where=CART,
        got="Your cart",
        breaks=(LINKED, script("if (location.pathname === '/cart') history.replaceState(null, '', '/about')")),
    ),
)
FAULTS = (*ARRIVALS, *CONTENTS, *FAULTS_HEARD, *BARRIERS, *SPEED, *WAYS)
SMOKE = Catalogue(check="smoke", file="test_smoke.py", base=BASE, faults=FAULTS)
