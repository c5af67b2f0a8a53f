"""Every rule of the smoke check has something that it catches and something that it lets pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from prodworthy.model import Budgets, Cause, Cure, Failure, Finding, Ignored, Page, Severity
from prodworthy.model.smoke import (
    Accessibility,
    Barrier,
    Crossing,
    FailedRequest,
    Message,
    Recording,
    Smoke,
    View,
    Violation,
    Vitals,
    Walk,
)
from prodworthy.review.rules import CATALOGUE
from prodworthy.review.smoke import content

URL = "https://shop.test/"
WORDS = "Harbour & Pine"


def view(**seen: Any) -> View:
    sound: dict[str, Any] = {
        "page": Page(path="/"),
        "viewport": "desktop",
        "url": URL,
        "address": URL,
        "status": 200,
        "loaded": True,
        "responsive": True,
        "title": "Shop",
        "text": WORDS,
        "text_length": len(WORDS),
    }
    return View(**{**sound, **seen})


def smoke(*views: View, **more: Any) -> Smoke:
    budgets = Budgets(lcp=2.5, cls=0.1, inp=0.2)
    return Smoke(hosts=("shop.test", "abc.supabase.co"), views=views, budgets=budgets, **more)


def walk(**seen: Any) -> Walk:
    return Walk(**{"name": "buy", "viewport": "desktop", "url": URL, "steps": ("click “Hats”", "click “Buy”"), **seen})


def found(impact: Any, **more: Any) -> Accessibility:
    usual: dict[str, Any] = {"rule": "image-alt", "help": "Images must have alternative text", "count": 2}
    words: dict[str, Any] = {"address": "https://axe.test/image-alt", "selectors": (".hero", ".logo"), "detail": "none"}
    return Accessibility(level="AA", barriers=(Barrier(impact=impact, **{**usual, **words, **more}),))


def request(**what: Any) -> FailedRequest:
    usual: dict[str, Any] = {"method": "GET", "url": f"{URL}app.js", "kind": "script", "own": True}
    return FailedRequest(**{**usual, **what})


def judged(evidence: Smoke) -> list[Finding]:
    rules = [rule for name, rule in CATALOGUE.items() if name.startswith("smoke.")]
    return [finding for rule in rules for finding in rule(evidence)]


ERROR = Message(level="error", text="no price", source="https://shop.test/app.js:1")
VIOLATION = Violation(directive="script-src-elem", blocked="inline", source="https://shop.test/:3")


UNREACHED = "TypeError: Failed to fetch (https://shop.test/app.js:1:9)"
IMPORT = "TypeError: Failed to fetch dynamically imported module:"
STATISTICS = request(
    own=False, kind="fetch", url="https://stats.test/x", error="net::ERR_NAME_NOT_RESOLVED", cause=Cause.NETWORK
)


def test_a_view_without_status_and_reason_is_a_gap() -> None:
    nothing = View(page=Page(path="/"), viewport="desktop", url=URL)
    assert [gap.cause for gap in smoke(nothing).gaps] == [Cause.ENGINE]
    assert smoke(nothing).seen == ()


def test_what_was_too_much_to_be_kept_is_a_gap_and_the_rest_is_judged() -> None:
    evidence = smoke(view(messages=(ERROR,), dropped=(("errors in the console", 3),)))
    assert [gap.cause for gap in evidence.gaps] == [Cause.BOUND]
    assert [finding.rule for finding in judged(evidence)] == ["smoke.console-error"]


FAULTS = [
    pytest.param({"status": 500}, ["smoke.page-status"], id="server-error"),
    pytest.param({"status": 302}, ["smoke.page-status"], id="a-redirect-to-nowhere"),
    pytest.param({"status": 404, "blank": True}, ["smoke.page-status"], id="not-found-and-nothing-said-twice"),
    pytest.param({"status": 200, "page": Page(path="/", status=404)}, ["smoke.page-status"], id="found-but-should-not"),
    pytest.param({"refused": "a download", "address": ""}, ["smoke.page-status"], id="download"),
    pytest.param({"refused": "net::ERR_INVALID_RESPONSE", "status": None}, ["smoke.page-status"], id="no-http"),
    pytest.param({"looping": True, "documents": 11}, ["smoke.navigation-loop"], id="reload-loop"),
    pytest.param(
        {"looping": True, "refused": "net::ERR_TOO_MANY_REDIRECTS", "status": None},
        ["smoke.navigation-loop"],
        id="redirect-loop",
    ),
    pytest.param({"address": "https://casino.example/"}, ["smoke.page-elsewhere"], id="sent-elsewhere"),
    pytest.param({"responsive": False}, ["smoke.page-frozen"], id="frozen"),
    pytest.param({"blank": True, "text": "", "text_seen": False, "title": ""}, ["smoke.blank-page"], id="blank"),
    pytest.param({"page": Page(path="/", text="Hats"), "text_seen": False}, ["smoke.text-missing"], id="no-text"),
    pytest.param({"page": Page(path="/", role="table"), "role_seen": False}, ["smoke.role-missing"], id="no-role"),
    pytest.param({"page": Page(path="/", title="Hats")}, ["smoke.title-unexpected"], id="another-title"),
    pytest.param({"page": Page(path="/", title="Hats"), "title": ""}, ["smoke.title-unexpected"], id="declared-title"),
    pytest.param({"title": ""}, ["smoke.title-missing"], id="no-title"),
    pytest.param({"exceptions": ("TypeError: x",)}, ["smoke.uncaught-exception"], id="exception"),
    pytest.param({"messages": (ERROR,)}, ["smoke.console-error"], id="console-error"),
    pytest.param({"messages": (replace(ERROR, by_browser=True),)}, ["smoke.console-error"], id="browsers-complaint"),
    pytest.param({"failed": (request(status=404),)}, ["smoke.request-failed"], id="missing-script"),
    pytest.param(
        {"failed": (request(status=500, kind="fetch", url="https://abc.supabase.co/rest/v1/products"),)},
        ["smoke.request-failed"],
        id="failing-back-end",
    ),
    pytest.param({"failed": (request(error="net::ERR_FAILED", kind="fetch"),)}, ["smoke.request-failed"], id="cors"),
    pytest.param({"failed": (request(status=404, kind="image"),)}, ["smoke.asset-failed"], id="missing-picture"),
    pytest.param({"failed": (request(status=404, own=False),)}, ["smoke.third-party-failed"], id="third-party-404"),
    pytest.param(
        {"failed": (request(error="net::ERR_NAME_NOT_RESOLVED", own=False, cause=Cause.NETWORK),)},
        ["smoke.third-party-failed"],
        id="third-party-unreachable",
    ),
    *(
        pytest.param(
            {"failed": (request(status=status, kind=kind, url=f"{URL}api/me"),)},
            ["smoke.request-refused"],
            id=f"{kind}-{status}",
        )
        for status, kind in ((401, "fetch"), (403, "xhr"))
    ),
    pytest.param({"failed": (request(status=403),)}, ["smoke.request-failed"], id="a-script-that-is-forbidden"),
    pytest.param(
        {"exceptions": (UNREACHED,), "failed": (STATISTICS,)},
        ["smoke.third-party-uncaught", "smoke.third-party-failed"],
        id="a-strangers-failure-that-nobody-catches",
    ),
    pytest.param(
        {"exceptions": (UNREACHED,), "failed": (STATISTICS, request(status=401, kind="fetch"))},
        ["smoke.third-party-uncaught", "smoke.request-refused", "smoke.third-party-failed"],
        id="the-same-to-somebody-signed-out",
    ),
    pytest.param(
        {"exceptions": (UNREACHED,), "failed": (STATISTICS, request(error="net::ERR_FAILED", kind="fetch"))},
        ["smoke.uncaught-exception", "smoke.request-failed", "smoke.third-party-failed"],
        id="own-data-that-failed-too",
    ),
    pytest.param({"exceptions": (UNREACHED,)}, ["smoke.uncaught-exception"], id="no-request-failed-that-we-know-of"),
    pytest.param(
        {"exceptions": (UNREACHED,), "failed": (replace(STATISTICS, kind="image"),)},
        ["smoke.uncaught-exception", "smoke.third-party-failed"],
        id="a-picture-makes-no-fetch-fail",
    ),
    pytest.param(
        {
            "exceptions": (UNREACHED,),
            "failed": (STATISTICS,),
            "violations": (replace(VIOLATION, directive="connect-src", blocked=f"{URL}api"),),
        },
        ["smoke.uncaught-exception", "smoke.third-party-failed", "smoke.csp-violation"],
        id="own-data-that-the-policy-forbids",
    ),
    pytest.param(
        {"exceptions": ("TypeError: Cannot read properties of null",), "failed": (STATISTICS,)},
        ["smoke.uncaught-exception", "smoke.third-party-failed"],
        id="an-exception-of-its-own-beside-a-strangers-failure",
    ),
    pytest.param(
        {"exceptions": (f"{IMPORT} https://cdn.test/chat.js",)},
        ["smoke.third-party-uncaught"],
        id="a-strangers-module",
    ),
    pytest.param(
        {"exceptions": (f"{IMPORT} https://shop.test/cart.js",), "failed": (STATISTICS,)},
        ["smoke.uncaught-exception", "smoke.third-party-failed"],
        id="a-module-of-its-own",
    ),
    pytest.param({"violations": (VIOLATION,)}, ["smoke.csp-violation"], id="csp"),
    pytest.param({"dialogs": ("alert: hello",)}, ["smoke.dialog"], id="dialog"),
    pytest.param({"loaded": False}, ["smoke.load-unfinished"], id="never-loaded"),
    pytest.param({"viewport": "desktop dark", "dark": False}, ["smoke.dark-missing"], id="bright-in-the-dark"),
    *(
        pytest.param({"accessibility": found(impact)}, [f"smoke.accessibility-{impact}"], id=f"axe-{impact}")
        for impact in ("critical", "serious", "moderate", "minor")
    ),
    pytest.param({"alone": True, "vitals": Vitals(largest_paint=2.6)}, ["smoke.lcp-over-budget"], id="slow"),
    pytest.param({"alone": True, "vitals": Vitals(layout_shift=0.11)}, ["smoke.cls-over-budget"], id="unsteady"),
]
WALKS = [
    pytest.param({"broken": 2, "wanted": "click “Buy”", "got": "nothing"}, ["smoke.path-broken"], id="broken"),
    pytest.param({"broken": 0, "exceptions": ("Error: x",)}, ["smoke.path-broken"], id="broken-from-the-start"),
    pytest.param({"vitals": Vitals(interaction=0.3)}, ["smoke.inp-over-budget"], id="sluggish"),
    pytest.param({"exceptions": ("Error: x",)}, ["smoke.uncaught-exception"], id="throws-after-a-click"),
    pytest.param({"failed": (request(status=404, kind="fetch"),)}, ["smoke.request-failed"], id="asks-in-vain"),
    pytest.param({"failure": Failure(cause=Cause.NETWORK, text="no answer"), "broken": 1}, [], id="not-reached"),
    pytest.param({}, [], id="sound"),
]
CROSSINGS = [
    pytest.param({}, [], id="the-same"),
    pytest.param({"main": "Harbour & Pine at 12:31"}, [], id="the-same-but-for-a-clock"),
    pytest.param({"address": "https://shop.test/hats/"}, [], id="a-slash-more"),
    pytest.param({"main": "Nothing here"}, ["smoke.route-disagrees"], id="other-words"),
    pytest.param({"main": ""}, ["smoke.route-disagrees"], id="no-words"),
    pytest.param({"title": "Home"}, ["smoke.route-disagrees"], id="another-title"),
    pytest.param({"address": "https://shop.test/"}, ["smoke.route-disagrees"], id="another-address"),
    pytest.param({"clicked": False, "main": ""}, [], id="no-link-leads-there"),
    pytest.param({"failure": Failure(cause=Cause.ENGINE, text="crashed"), "main": ""}, [], id="could-not-look"),
]

SOUND = [
    pytest.param({}, id="sound"),
    pytest.param({"status": 404, "page": Page(path="/nothing", status=404)}, id="declared-404"),
    pytest.param({"page": Page(path="/", text="pine"), "text_seen": True}, id="text-seen"),
    pytest.param({"page": Page(path="/", role="main"), "role_seen": True}, id="role-seen"),
    pytest.param({"page": Page(path="/", title=" The  Shop "), "title": "The Shop"}, id="title-but-for-white-space"),
    pytest.param({"address": "https://shop.test/en", "documents": 2}, id="refreshed-within-the-site"),
    pytest.param({"messages": (replace(ERROR, level="warning"),)}, id="warning"),
    pytest.param({"violations": (replace(VIOLATION, enforced=False),)}, id="report-only"),
    pytest.param({"dark": False}, id="bright-by-day"),
    pytest.param({"viewport": "desktop dark", "dark": None}, id="dark-that-cannot-be-told"),
    pytest.param({"vitals": Vitals(largest_paint=9.0, layout_shift=0.9)}, id="slow-among-other-tabs"),
    pytest.param(
        {"alone": True, "vitals": Vitals(largest_paint=9.0), "again": (Vitals(largest_paint=2.4),)},
        id="slow-only-once",
    ),
]

GAPS = [
    pytest.param({"wall": "deployment protection", "status": 401}, id="wall"),
    pytest.param({"failure": Failure(cause=Cause.NETWORK, text="no answer"), "status": None}, id="not-reached"),
    pytest.param({"failure": Failure(cause=Cause.ENGINE, text="crashed"), "blank": True}, id="crashed"),
    pytest.param(
        {"failed": (request(error="net::ERR_CONNECTION_RESET", cause=Cause.NETWORK),), "blank": True},
        id="own-script-not-reached-so-the-blank-page-proves-nothing",
    ),
    pytest.param({"failed": (request(status=403, wall="the firewall's challenge"),)}, id="own-script-behind-a-wall"),
]


@pytest.mark.parametrize(("seen", "rules"), FAULTS)
def test_each_fault_is_reported_by_its_rule_and_no_other(seen: dict[str, Any], rules: list[str]) -> None:
    assert [finding.rule for finding in judged(smoke(view(**seen)))] == rules


@pytest.mark.parametrize("seen", SOUND)
def test_a_sound_page_gives_no_finding(seen: dict[str, Any]) -> None:
    evidence = smoke(view(**seen))
    assert judged(evidence) == []
    assert evidence.gaps == ()


@pytest.mark.parametrize("seen", GAPS)
def test_what_could_not_be_looked_at_is_a_gap_and_no_finding(seen: dict[str, Any]) -> None:
    evidence = smoke(view(**seen))
    assert judged(evidence) == []
    assert len(evidence.gaps) == 1


def test_every_rule_of_the_check_has_a_fault() -> None:
    caught = {rule for case in (*FAULTS, *WALKS, *CROSSINGS) for rule in case.values[1]}  # type: ignore[attr-defined]
    assert caught == {name for name in CATALOGUE if name.startswith("smoke.")}


def test_the_same_finding_in_two_viewports_is_told_once() -> None:
    desktop = view(exceptions=("TypeError: x",))
    (finding,) = judged(smoke(desktop, replace(desktop, viewport="mobile")))
    assert finding.where == "https://shop.test/ (desktop, mobile)"


def test_a_gap_of_one_view_leaves_the_others_to_be_judged() -> None:
    walled = view(wall="the firewall's challenge")
    (finding,) = judged(smoke(walled, view(viewport="mobile", blank=True)))
    assert (finding.rule, finding.where) == ("smoke.blank-page", "https://shop.test/ (mobile)")


@pytest.mark.parametrize(
    "pattern", ["no price", r"app\.js:1", "^no"], ids=["by-text", "by-source", "by-regular-expression"]
)
def test_an_accepted_console_error_is_no_finding(pattern: str) -> None:
    accepted = Ignored(pattern=pattern, reason="known, issue 12")
    assert judged(smoke(view(messages=(ERROR,)), ignore_console=(accepted,))) == []


def test_an_accepted_exception_is_no_finding() -> None:
    accepted = Ignored(pattern="ResizeObserver", reason="harmless")
    evidence = view(exceptions=("ResizeObserver loop completed with undelivered notifications.", "TypeError: x"))
    (finding,) = judged(smoke(evidence, ignore_console=(accepted,)))
    assert finding.got == "TypeError: x"


def test_an_accepted_request_is_no_finding() -> None:
    accepted = Ignored(pattern=r"/auth/v1/user$", reason="401 tells that nobody is signed in")
    failed = request(status=401, kind="fetch", url="https://abc.supabase.co/auth/v1/user")
    assert judged(smoke(view(failed=(failed,)), ignore_requests=(accepted,))) == []


def test_a_refused_request_is_no_reason_to_record_the_page() -> None:
    assert not view(failed=(request(status=401, kind="fetch"),)).troubled
    assert view(failed=(request(status=500, kind="fetch"),)).troubled


@pytest.mark.parametrize(
    "text",
    [
        "TypeError: Failed to fetch",
        "TypeError: Failed to fetch (stats.test) (https://shop.test/app.js:1:9)",
        "TypeError: NetworkError when attempting to fetch resource.",
        "TypeError: Load failed (https://shop.test/app.js:1:9)",
    ],
)
def test_a_strangers_failure_is_told_with_the_address_that_failed(text: str) -> None:
    found = judged(smoke(view(exceptions=(text,), failed=(STATISTICS,))))[0]
    assert (found.rule, found.severity, found.cure) == ("smoke.third-party-uncaught", Severity.LOW, Cure.NONE)
    assert found.got == (
        f"{text}; only requests to other hosts failed on this page: https://stats.test/x (net::ERR_NAME_NOT_RESOLVED)"
    )


def test_no_more_than_three_addresses_are_named() -> None:
    failed = tuple(replace(STATISTICS, url=f"https://stats.test/{number}") for number in range(5))
    assert judged(smoke(view(exceptions=(UNREACHED,), failed=failed)))[0].got.endswith("and 2 more")


def test_an_accepted_exception_of_a_strangers_is_no_finding() -> None:
    accepted = Ignored(pattern="Failed to fetch", reason="the chat is known to")
    evidence = smoke(view(exceptions=(UNREACHED,), failed=(STATISTICS,)), ignore_console=(accepted,))
    assert [finding.rule for finding in judged(evidence)] == ["smoke.third-party-failed"]


def test_a_blank_page_names_what_it_threw() -> None:
    found = content.blank_page(smoke(view(blank=True, exceptions=("TypeError: x (https://shop.test/app.js:1:2)",))))
    assert found[0].got == "nothing; TypeError: x (https://shop.test/app.js:1:2)"


def test_what_people_see_broken_can_drive_a_rollback() -> None:
    driving = {
        name
        for name, rule in CATALOGUE.items()
        if name.startswith("smoke.") and rule.severity is Severity.CRITICAL and rule.cure is Cure.ROLLBACK
    }
    assert driving == {
        "smoke.page-status",
        "smoke.navigation-loop",
        "smoke.page-frozen",
        "smoke.blank-page",
        "smoke.text-missing",
        "smoke.role-missing",
        "smoke.path-broken",
    }


@pytest.mark.parametrize(("seen", "rules"), WALKS)
def test_a_path_is_judged_by_its_steps_and_by_what_it_says(seen: dict[str, Any], rules: list[str]) -> None:
    assert [finding.rule for finding in judged(smoke(walks=(walk(**seen),)))] == rules


def test_a_broken_path_is_named_with_its_step() -> None:
    (finding,) = judged(smoke(walks=(walk(broken=2, wanted="click “Buy”", got="nothing of that kind is visible"),)))
    assert finding.where == "https://shop.test/, path “buy” (desktop), step 2"
    assert (finding.wanted, finding.got) == ("click “Buy”", "nothing of that kind is visible")


def test_a_broken_path_names_the_file_that_shows_it() -> None:
    kept = (Recording(name="browser/prod/smoke-path-buy-desktop.trace.zip", size=9),)
    evidence = smoke(walks=(walk(broken=1, wanted="click “Hats”", got="nothing", recordings=kept),))
    assert "playwright show-trace browser/prod/smoke-path-buy-desktop.trace.zip" in judged(evidence)[0].remedy
    assert [each.what for each in evidence.measured] == ["kept browser/prod/smoke-path-buy-desktop.trace.zip"]


@pytest.mark.parametrize(("seen", "rules"), CROSSINGS)
def test_a_click_is_compared_with_the_address(seen: dict[str, Any], rules: list[str]) -> None:
    page = Page(path="/hats")
    url = f"{URL}hats"
    asked = view(page=page, url=url, address=url, title="Hats", main=f"{WORDS} at 12:30")
    same: dict[str, Any] = {"clicked": True, "address": url, "title": "Hats", "main": f"{WORDS} at 12:30"}
    crossing = Crossing(page=page, viewport="desktop", url=url, **{**same, **seen})
    assert [finding.rule for finding in judged(smoke(asked, crossings=(crossing,)))] == rules


def test_no_click_is_compared_with_a_page_that_is_broken_itself() -> None:
    page = Page(path="/hats")
    crossing = Crossing(page=page, viewport="desktop", url=f"{URL}hats", clicked=True, main="Hats")
    broken = view(page=page, url=f"{URL}hats", status=500)
    assert [finding.rule for finding in judged(smoke(broken, crossings=(crossing,)))] == ["smoke.page-status"]


def test_a_barrier_of_both_viewports_is_one_finding_in_the_words_of_the_worse() -> None:
    small = view(viewport="mobile", accessibility=found("serious", count=3, selectors=("a", "b", "c")))
    (finding,) = judged(smoke(view(accessibility=found("serious")), small))
    assert finding.where == "https://shop.test/ (desktop, mobile) a"
    assert finding.wanted == "Images must have alternative text (image-alt, WCAG level AA)"
    assert finding.got == "3 elements (others: b, c): none"
    assert "https://axe.test/image-alt" in finding.remedy


def test_a_page_that_axe_could_not_look_at_is_a_gap_and_the_rest_is_judged() -> None:
    failed = Accessibility(level="A", failure=Failure(cause=Cause.BOUND, text="axe-core was not done"))
    evidence = smoke(view(accessibility=failed, exceptions=("TypeError: x",)))
    assert [gap.cause for gap in evidence.gaps] == [Cause.BOUND]
    assert [finding.rule for finding in judged(evidence)] == ["smoke.uncaught-exception"]


def test_without_a_budget_vitals_are_shown_and_not_judged() -> None:
    slow = view(alone=True, vitals=Vitals(largest_paint=9.0, layout_shift=0.9))
    evidence = replace(smoke(slow), budgets=Budgets())
    assert judged(evidence) == []
    assert [(each.what, each.value) for each in evidence.measured] == [
        ("/ desktop alone, largest paint", 9.0),
        ("/ desktop alone, layout shift", 0.9),
    ]


def test_an_exception_of_a_path_is_told_apart_from_one_of_its_page() -> None:
    evidence = smoke(view(exceptions=("Error: x",)), walks=(walk(exceptions=("Error: x",)),))
    assert [finding.where for finding in judged(evidence)] == [
        "https://shop.test/ (desktop)",
        "https://shop.test/, path “buy” (desktop)",
    ]
