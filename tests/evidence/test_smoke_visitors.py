"""A real browser does what visitors do: it follows links, walks paths, wants it dark, and needs words for pictures."""

from __future__ import annotations

import base64
import json
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from prodworthy.evidence import smoke as looking
from prodworthy.evidence.browser import launch_options, video_encoder
from prodworthy.evidence.smoke import walks
from prodworthy.model import Browsing, Budgets, Cause, Markup, Page, Secret, Target
from prodworthy.model.path import Action, ClickPath, Element, Step
from prodworthy.model.smoke import Crossing, Smoke, View, Walk
from prodworthy.plain import from_plain, to_plain

SECRET = "correct horse & battery"
TRICKY = "it's(pa\"ss)\\word & ~co!"
HEAD = "<!doctype html><html lang=en><meta name=viewport content='width=device-width'><title>Shop</title>"
WORDS = f"{HEAD}<main><h1>Harbour and Pine</h1><p>Open all night for cold mornings</p></main>"
ROUTER = """
<nav><a href=/app>Home</a> <a href=/hats>Hats</a> <a href=/mugs>Mugs</a> <a href=/lamps>Lamps</a>
<a href=/away target=_blank>Away</a></nav><main></main><script>
const words = { '/app': 'Welcome to the harbour shop', '/hats': 'Wool hats and linen caps for storms',
  '/mugs': 'Stone mugs and enamel cups for tea', '/lamps': 'Storm lamps and brass lanterns for night' }
const bugs = { '/mugs': true, '/lamps': true }
const show = (clicked) => {
  const path = location.pathname
  document.title = clicked && path === '/lamps' ? 'Shop' : path
  document.querySelector('main').textContent = clicked && path === '/mugs' ? words['/app'] : words[path]
}
document.querySelector('nav').addEventListener('click', (event) => {
  if (event.target.target) return
  event.preventDefault()
  history.pushState(null, '', event.target.href)
  setTimeout(() => show(true), 50)
})
show(false)
</script>"""
FORM = f"""{HEAD}<main><h1>Sign in</h1><form>
<p><label>E-mail <input name=mail type=email></label> <label>Password <input name=word type=password></label>
<input placeholder='Your town' aria-label=Town>
<label>Language <select><option>English<option>Deutsch</select></label>
<label><input type=checkbox> Stay signed in</label></p>
<button>Sign in with a friend</button> <button id=own>Sign in</button></form><p id=said></p>
<p id=busy>Loading</p></main><script>
setTimeout(() => busy.remove(), 300)
const told = () => [...document.querySelectorAll('input, select')].map((each) => each.checked ? 'on' : each.value)
own.addEventListener('click', (event) => {{
  event.preventDefault()
  said.textContent = 'You said ' + told().join(', ')
  history.pushState(null, '', '/form/done?as=' + encodeURIComponent(document.forms[0].word.value))
}})
document.addEventListener('keydown', (event) => {{ if (event.key === 'Escape') said.textContent = 'escaped' }})
document.forms[0].addEventListener('submit', (event) => event.preventDefault())
</script>"""
BODIES = {
    "/": f"{WORDS}<a href=/form>To the form</a>",
    "/hats": "", "/mugs": "", "/lamps": "", "/app": "", "/away": "",
    "/form": FORM,
    "/pictures": f"{WORDS}<img src=/dot.png width=20 height=20><p style='color:#999;background:#fff'>pale words</p>",
    "/fades": f"{WORDS}<style>main {{ animation: come 0.9s }} @keyframes come {{ from {{ opacity: 0.05 }} }}</style>",
    "/own-axe": f"{WORDS}<script>window.axe = 'mine'; define = Object.assign(() => {{ throw 1 }}, {{ amd: 1 }});"
    "setInterval(() => { if (axe !== 'mine') console.error('lost my axe') }, 20)</script>",
    "/breaks-axe": f"{WORDS}<script>Element.prototype.matches = () => {{ throw new Error('not today') }};"
    "Object.defineProperty(document, 'getAnimations', {value: () => { throw new Error('no animations') }})</script>",
    "/dark": f"{WORDS}<style>:root {{ color-scheme: light dark }}</style>",
    "/bright": f"{WORDS}<style>body {{ background: #fff; color: #111 }}</style>",
    "/dark-by-hand": f"{WORDS}<style>@media (prefers-color-scheme: dark) {{ html {{ background: rgb(16 20 24) }}"
    "body { color: #eee }}</style>",
    "/pictured": f"{HEAD}<body style='background:url(/dot.png);min-height:100vh'><main>words on a picture</main>",
    "/shifts": f"{WORDS}<script>setTimeout(() => {{ const room = document.createElement('div');"
    "room.style.height = '300px'; document.body.prepend(room) }, 100)</script>",
    "/worker": f"{WORDS}<script>navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready)"
    ".then(() => fetch('/slow'))</script>",
    "/throws": f"{WORDS}<script>null.price</script>",
    "/busy": f"{WORDS}<button onclick=\"for (let end = performance.now() + 300; performance.now() < end;);"
    "document.title = 'done'\">Work</button>",
    "/freezes": f"{WORDS}<button onclick='while (true);'>Work</button>",
    "/covered": f"{WORDS}<button>Buy</button><div style='position:fixed;inset:0'></div>",
    "/logs": f"{WORDS}<label>Word <input></label><button onclick=\"const word = document.querySelector('input').value;"
    "console.error('no ' + word); fetch('/gone/' + encodeURIComponent(word)); throw new Error(word)\">Send</button>",
    "/spells": f"{WORDS}<form action=/gone target=hidden><label>Word <input name=word></label>"
    "<button>Send</button></form><iframe name=hidden></iframe><p id=said></p><p id=sent></p><script>"
    "document.forms[0].onsubmit = () => {"
    "const word = document.forms[0].word.value; said.textContent = 'You said ' + word;"
    "sent.textContent = 'You sent ' + encodeURIComponent(word);"
    "console.error(JSON.stringify({word})); console.error(new Option(word).outerHTML); console.error({word});"
    "console.error('x'.repeat(490) + word); console.error({word: word + 'x'.repeat(200)});"
    "fetch('/gone/' + 'x'.repeat(270) + '?' + encodeURIComponent(word)); fetch('/gone?' + new URLSearchParams({word}));"
    "alert(word); history.pushState(null, '', '/spells?' + encodeURIComponent(word));"
    "setTimeout(() => { throw new Error('x'.repeat(480) + word) }) }</script>",
    "/tampers": f"{WORDS}<a href=/hats>Hats</a><script>JSON.stringify = () => 'no'</script>",
    "/slow": "slow",
}  # fmt: skip
BODIES |= dict.fromkeys(("/app", "/hats", "/mugs", "/lamps", "/away"), f"{HEAD}{ROUTER}")


class Site(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/sw.js":
            self.give("addEventListener('fetch', () => {})", kind="text/javascript")
        elif path == "/closed":
            self.give("<!doctype html><title>Maintenance</title><h1>Down for maintenance</h1>", status=503)
        elif path == "/overloaded":
            self.give("<!doctype html><title>Shop</title><h1>Too many visitors</h1>", status=503)
        elif path == "/dot.png":
            self.give("", kind="image/png")
        else:
            self.give(BODIES.get(path, "not here"), status=200 if path in BODIES else 404)

    def give(self, body: str, *, status: int = 200, kind: str = "text/html; charset=utf-8") -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(**launch_options([]))
        yield launched
        launched.close()


@pytest.fixture
def look(browser: Browser, origin: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(walks, "STEP", 2.0)

    def gather(*paths: str, walked: tuple[ClickPath, ...] = (), **more: Any) -> Smoke:
        browsing = {"viewports": ("desktop",), "timeout": 10.0, "accessibility": None}
        own = {name: more.pop(name) for name in ("viewports", "accessibility", "dark") if name in more}
        pages = tuple(Page(path=path) for path in paths)
        target = Target(
            name="small", url=origin, pages=pages, paths=walked, browsing=Browsing(**{**browsing, **own}), **more
        )
        return looking.gather(browser, target, tmp_path / "kept")

    return gather


def only(smoke: Smoke) -> View:
    (view,) = smoke.views
    return view


def step(action: str, words: str | None = None, **more: Any) -> Step:
    element = {key: more.pop(key) for key in ("role", "name", "label", "placeholder") if key in more}
    named = Element(words=words, **element) if words or element else None
    return Step(action=Action(action), element=named, **more)


def walk(look: Any, *steps: Step, start: str = "/form", **more: Any) -> Walk:
    (walked,) = look(walked=(ClickPath(name="sign in", start=start, steps=steps),), **more).walks
    return walked


def rules(view: View) -> set[str]:
    assert view.accessibility is not None
    return {barrier.rule for barrier in view.accessibility.barriers}


def test_axe_looks_up_to_the_declared_level(look: Any) -> None:
    assert rules(only(look("/pictures", accessibility="A"))) == {"image-alt"}
    view = only(look("/pictures", accessibility="AA"))
    assert view.accessibility is not None
    told = {barrier.rule: (barrier.impact, barrier.selectors, barrier.count) for barrier in view.accessibility.barriers}
    assert told == {"image-alt": ("critical", ("img",), 1), "color-contrast": ("serious", ("body > p",), 1)}
    assert all(each.address.startswith("https://") and each.help for each in view.accessibility.barriers)


def test_axe_is_not_asked_when_it_is_switched_off(look: Any) -> None:
    assert only(look("/pictures", accessibility=None)).accessibility is None


def test_words_that_fade_in_are_looked_at_when_they_are_there(look: Any) -> None:
    assert rules(only(look("/fades", accessibility="AA"))) == set()


def test_a_page_keeps_its_own_axe_and_its_module_loader_is_not_asked(look: Any) -> None:
    view = only(look("/own-axe", accessibility="A"))
    assert (rules(view), view.messages, view.exceptions) == (set(), (), ())


def test_a_page_that_breaks_axe_is_a_gap_and_judged_by_the_rest(look: Any) -> None:
    smoke = look("/breaks-axe", accessibility="A")
    assert [gap.cause for gap in smoke.gaps] == [Cause.ENGINE]
    assert smoke.seen == smoke.views


@pytest.mark.parametrize(
    ("path", "dark"),
    [("/dark", True), ("/dark-by-hand", True), ("/bright", False), ("/pictured", None)],
    ids=["by-color-scheme", "by-hand", "bright", "on-a-picture"],
)
def test_a_dark_mode_is_told_by_what_lies_behind_the_page(look: Any, path: str, dark: bool | None) -> None:
    day, night = look(path, dark=True).views
    assert (day.viewport, night.viewport) == ("desktop", "desktop dark")
    assert night.dark is dark
    assert not day.dark


def test_a_shift_is_measured_alone_and_not_kept_budgets_are_tried_again(look: Any) -> None:
    view = only(look("/shifts", budgets=Budgets(cls=0.01, lcp=60.0)))
    assert view.alone
    assert len(view.again) == 2
    assert (view.felt.layout_shift or 0) > 0.05
    assert (view.felt.largest_paint or 0) > 0


def test_a_budget_that_is_kept_is_tried_once(look: Any) -> None:
    smoke = look("/", "/bright", budgets=Budgets(lcp=60.0), viewports=("desktop", "mobile"))
    assert [(view.alone, view.again) for view in smoke.views] == [(True, ())] * 4


def test_without_budgets_only_the_first_page_is_alone(look: Any) -> None:
    smoke = look("/", "/bright")
    assert [view.alone for view in smoke.views] == [True, False]
    assert {each.what for each in smoke.measured} >= {"/ desktop alone, largest paint"}


def test_a_service_worker_is_told(look: Any, origin: str) -> None:
    smoke = look("/worker")
    assert only(smoke).workers == (f"{origin}/sw.js",)
    assert f"service worker {origin}/sw.js" in {each.what for each in smoke.measured}


def test_the_document_as_the_browser_made_it_is_kept_only_when_asked(look: Any) -> None:
    assert only(look("/app")).rendered is None
    made = only(look("/app", markup=Markup(rendered=True))).rendered
    assert made is not None
    assert made.startswith("<!doctype html><html")
    assert "<main>Welcome to the harbour shop</main>" in made


def test_a_maintenance_page_is_a_wall_and_an_overloaded_app_is_not(look: Any) -> None:
    closed, overloaded = look("/closed", "/overloaded").views
    assert "maintenance" in (closed.wall or "")
    assert (overloaded.wall, overloaded.status) == (None, 503)


@pytest.fixture
def crossings(look: Any) -> dict[str, Crossing]:
    found = look("/app", "/hats", "/mugs", "/lamps", "/away", "/bright").crossings
    return {crossing.page.path: crossing for crossing in found}


def test_clicks_are_compared_with_addresses_by_title_and_words(crossings: dict[str, Crossing]) -> None:
    told = {path: (each.title, each.main.split()[0]) for path, each in crossings.items() if each.clicked}
    assert told == {"/hats": ("/hats", "Wool"), "/mugs": ("/mugs", "Welcome"), "/lamps": ("Shop", "Storm")}


def test_pages_that_no_link_in_this_tab_leads_to_are_told(look: Any, crossings: dict[str, Crossing]) -> None:
    assert [path for path, each in crossings.items() if not each.clicked] == ["/away", "/bright"]
    assert look("/app", "/bright").not_asked == ("by click: no visible link leads to /bright",)


def test_every_kind_of_step_is_walked(look: Any, origin: str) -> None:
    walked = walk(
        look,
        step("click", "to the FORM"),
        step("expect_url", value="/form"),
        step("fill", label="E-mail", value="a@b.test"),
        step("fill", placeholder="Your town", value="Kiel"),
        step("select", label="Language", value="Deutsch"),
        step("check", "Stay signed in"),
        step("expect_gone", "Loading"),
        step("click", "sign in"),
        step("expect", "You said a@b.test"),
        step("expect", "Kiel, Deutsch, on"),
        step("press", value="Escape"),
        step("expect", "escaped"),
        step("wait", seconds=0.01),
        step("expect", role="button", name="Sign in"),
        start="/",
    )
    assert (walked.broken, walked.got, walked.gaps) == (None, "", ())
    assert walked.address == f"{origin}/form/done?as="
    assert walked.screenshot
    assert (walked.vitals.interaction or 0) > 0


BROKEN = {
    "click": (step("click", "Buy"), "nothing of that kind is visible"),
    "click another role": (step("click", role="link", name="Sign in"), "nothing of that kind"),
    "fill": (step("fill", label="Street", value="x"), "nothing of that kind"),
    "fill a button": (step("fill", role="button", name="Sign in", value="x"), "not an <input>"),
    "select": (step("select", label="Language", value="Dansk"), "no such option"),
    "check a button": (step("check", "Sign in"), "Not a checkbox"),
    "press": (step("press", value="Entr"), "Unknown key"),
    "expect": (step("expect", "You said"), "nothing of that kind"),
    "expect_gone": (step("expect_gone", "Sign in"), "it is still there"),
    "expect_url": (step("expect_url", value="/form/done"), "not so within"),
}


def test_a_step_that_does_not_work_ends_the_path(look: Any, origin: str) -> None:
    there, never = step("expect", "Stay signed in"), step("expect", "never tried")
    declared = tuple(
        ClickPath(name=name, start="/form", steps=(there, broken, never)) for name, (broken, _) in BROKEN.items()
    )
    for walked in look(walked=declared).walks:
        broken, got = BROKEN[walked.name]
        assert (walked.broken, walked.wanted, walked.gaps) == (2, str(broken), ()), walked.name
        assert got in walked.got
        assert f"{origin}/form shows “Sign in" in walked.got


def test_a_control_under_something_else_names_what_covers_it(look: Any) -> None:
    assert "<div></div> intercepts pointer events" in walk(look, step("click", "Buy"), start="/covered").got


def test_a_path_that_freezes_the_page_ends(look: Any) -> None:
    walked = walk(look, step("click", "Work"), step("expect", "never"), start="/freezes")
    assert walked.broken in {1, 2}
    assert not walked.gaps


def test_a_page_that_breaks_what_we_look_with_ends_no_path(look: Any, origin: str) -> None:
    walked = walk(look, step("expect", "Open all night"), step("click", "Nothing"), start="/tampers")
    assert (walked.broken, walked.vitals.interaction, walked.gaps) == (2, None, ())
    assert walked.got.endswith(f"at {origin}/tampers")


def test_the_slowest_answer_to_a_click_is_measured(look: Any) -> None:
    walked = walk(look, step("click", "Work"), step("wait", seconds=2), start="/busy", budgets=Budgets(inp=0.2))
    assert (walked.vitals.interaction or 0) >= 0.3


@pytest.mark.parametrize(
    ("start", "broken"), [("/gone", 0), ("http://127.0.0.1:9/", None)], ids=["an-error", "nobody-there"]
)
def test_a_path_whose_start_is_not_there_is_broken_only_if_somebody_says_so(
    look: Any, start: str, broken: int | None
) -> None:
    walked = walk(look, step("expect", "x"), start=start)
    assert walked.broken == broken
    assert bool(walked.gaps) == (broken is None)


def test_a_secret_that_is_not_set_is_a_gap(look: Any) -> None:
    walked = walk(look, step("fill", label="Password", secret=Secret(name="WORD")))
    assert [(gap.cause, gap.why) for gap in walked.gaps] == [(Cause.SECRET, "WORD is not set")]


def test_a_secret_is_filled_in_and_stays_here(look: Any, tmp_path: Path) -> None:
    secret = Secret(name="WORD", value=SECRET)
    sent = (step("fill", label="Word", secret=secret), step("click", "Send"), step("expect", "never"))
    smoke = look(walked=(ClickPath(name="send", start="/logs", steps=sent),))
    said = json.dumps(to_plain(smoke))
    assert "battery" not in said
    (walked,) = smoke.walks
    assert walked.exceptions[0].startswith("Error: WORD")
    assert [request.url.rpartition("/")[2] for request in walked.failed] == ["WORD"]
    assert not (tmp_path / "kept").exists()


def test_a_secret_can_be_read_in_no_other_spelling_and_not_where_a_text_was_cut(look: Any) -> None:
    secret = Secret(name="WORD", value=TRICKY)
    walked = walk(
        look,
        step("fill", label="Word", secret=secret),
        step("click", "Send"),
        step("expect", "never"),
        start="/spells",
    )
    said = json.dumps(to_plain(replace(walked, screenshot=b"")), ensure_ascii=False)
    assert len(walked.messages) == 5
    assert walked.messages[3].text.endswith("xWORD")  # masked before it was cut
    assert len(walked.failed) == 3
    assert (len(walked.exceptions), walked.dialogs) == (1, ("alert: WORD",))
    assert "WORD" in walked.address
    assert [part for part in ("it's", "it%27", "&#39;s", "ss)", "%29", "s%28", "co!", "%7Eco") if part in said] == []


def test_a_secret_that_a_page_shows_is_covered_in_the_screenshot(look: Any, browser: Browser) -> None:
    def covered(*steps: Step) -> int:
        return pink(browser, walk(look, *steps, start="/spells").screenshot)

    fill = step("fill", label="Word", secret=Secret(name="WORD", value=TRICKY))
    assert covered(step("fill", label="Word", value=TRICKY), step("click", "Send")) == 0
    field = covered(fill)
    assert field > 0
    assert covered(fill, step("click", "Send"), step("expect", "You sent")) > 3 * field


def pink(browser: Browser, picture: bytes) -> int:
    """How many points of a picture have the colour that Playwright covers things with."""
    tab = browser.new_page()
    counted = tab.evaluate(
        """async (picture) => {
          const image = await createImageBitmap(await (await fetch('data:image/jpeg;base64,' + picture)).blob())
          const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d')
          canvas.drawImage(image, 0, 0)
          const shown = canvas.getImageData(0, 0, image.width, image.height).data
          let count = 0
          for (let i = 0; i < shown.length; i += 4) count += shown[i] > 200 && shown[i + 1] < 60 && shown[i + 2] > 200
          return count
        }""",
        base64.b64encode(picture).decode(),
    )
    tab.close()
    return int(counted)


def test_a_broken_path_leaves_a_trace_and_a_sound_one_does_not(look: Any, tmp_path: Path) -> None:
    works = ClickPath(name="sound", start="/form", steps=(step("expect", "Sign in"),))
    does_not = ClickPath(name="No such thing!", start="/form", steps=(step("expect", "nothing like it"),))
    smoke = look(walked=(works, does_not))
    films = ["smoke-path-no-such-thing-desktop.webm"] if video_encoder() else []
    names = ["smoke-path-no-such-thing-desktop.trace.zip", *films]
    sound, broken = (walked.recordings for walked in smoke.walks)
    assert sound == ()
    assert [each.name.rpartition("/kept/")[2] for each in broken] == names
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == sorted(names)
    with zipfile.ZipFile(tmp_path / "kept" / names[0]) as trace:
        assert any(name.endswith(".network") for name in trace.namelist())


def test_a_page_that_throws_is_recorded_once_and_holds_nothing_of_ours(
    look: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERCEL_TOKEN", "vcp_secret_of_ours")
    smoke = look("/throws", "/", viewports=("desktop", "mobile"))
    (recording, *_) = smoke.replays
    assert recording.name.endswith("/kept/smoke-page-throws-desktop.trace.zip")
    assert f"kept {recording.name}" in {each.what for each in smoke.measured}
    with zipfile.ZipFile(tmp_path / "kept" / "smoke-page-throws-desktop.trace.zip") as trace:
        content = b"".join(trace.read(name) for name in trace.namelist())
    assert b"/throws" in content
    assert b"vcp_secret_of_ours" not in content
    assert b"authorization" not in content.lower()


def test_sound_pages_leave_no_file(look: Any, tmp_path: Path) -> None:
    assert look("/", "/bright").replays == ()
    assert not (tmp_path / "kept").exists()


def test_evidence_of_paths_and_links_survives_being_saved(look: Any) -> None:
    path = ClickPath(name="in", start="/form", steps=(step("expect", "Sign in"),))
    smoke = look("/app", "/hats", "/pictures", walked=(path,), accessibility="AA")
    assert from_plain(Smoke, to_plain(smoke)) == smoke
