"""Targets that mean no good, judged as a user judges them: each ends, is named, and keeps what was seen of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from playwright.sync_api import sync_playwright
from selectolax.lexbor import LexborHTMLParser

from prodworthy.evidence.browser import launch_options
from prodworthy.model.text import CONTROL
from prodworthy.reporting import files
from tests.runs import hostile
from tests.runs.hostile import Authority, nobody, serving
from tests.runs.team import Ended, Team


@dataclass(frozen=True, slots=True)
class Case:
    """What a target is to come out as."""

    verdict: str
    why: str  # part of a reason why something could not be observed; empty: everything was
    rules: frozenset[str] = frozenset()  # that must have found something
    browser: bool = True


def fails(*rules: str, why: str = "", browser: bool = True) -> Case:
    """The target really answered, or presented, something that is wrong."""
    return Case("fail", why, frozenset(rules), browser)


def unobserved(why: str, *, browser: bool = True) -> Case:
    return Case("inconclusive", why, browser=browser)


CASES = {
    "closed": unobserved("nothing listens at 127.0.0.1:"),
    "unresolvable": unobserved("the name no-such-host.invalid does not resolve"),
    "silent": unobserved("no answer within 20 s"),
    "reset": unobserved("the connection was reset"),
    "drip": unobserved("the answer was not complete after 20 s", browser=False),
    "gzip-bomb": unobserved("the body decodes to more than 25 MB; stopped reading after "),
    "brotli-bomb": unobserved("the body decodes to more than 25 MB; stopped reading after ", browser=False),
    "huge-headers": unobserved("the header has 181 lines in ", browser=False),
    "thousands-of-cookies": unobserved("not intelligible as HTTP: Receive buffer too long", browser=False),
    "deep-html": fails("headers.csp-missing", "html.invalid", browser=False),
    "endless-modules": fails("headers.csp-missing", why="more than 2,000 files", browser=False),
    "protection": unobserved("deployment protection answered instead of the app"),
    "challenge": unobserved("the firewall's challenge answered instead of the app"),
    "flood": fails("smoke.blank-page", why="the body is larger than 20 MB; stopped reading"),
    "garbage": fails("smoke.page-status", why="not intelligible as HTTP: illegal status line"),
    "expired": fails("health.certificate-untrusted", why="not trusted: certificate has expired", browser=False),
    "another-name": fails("health.certificate-untrusted", why="not trusted: IP address mismatch", browser=False),
    "self-signed": fails("health.certificate-untrusted", why="not trusted: self-signed certificate"),
    "empty": fails("health.endpoint-empty", "html.not-html", "bundle.empty", "smoke.blank-page", "headers.csp-missing"),
    "errors": fails("health.endpoint-status", "html.not-html", "bundle.empty", "smoke.page-status"),
    "loop": fails("health.redirect-loop", "smoke.navigation-loop", why="redirects in a loop: back to http://"),
    "two-loop": fails("health.domain-loop", "smoke.navigation-loop"),
    "invalid-utf8": fails("html.invalid", "headers.csp-missing", browser=False),
}

TARGET = """\
[targets.{name}]
url = "{url}"
domains = {domains}
identity = {{ path = "/version.json" }}
smoke = {{ viewports = ["desktop"], timeout = "5 s" }}

[targets.{name}.not_applicable]
supabase = "it has no back end"
functions = "it has no functions"
{more}
"""
NO_BROWSER = 'smoke = "the browser adds nothing here"\n'


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory, site: Path) -> Iterator[Ended]:
    """All of them in one run, side by side."""
    folder = tmp_path_factory.mktemp("hostile")
    authority = Authority()
    team = Team(folder=folder, site=site)
    with ExitStack() as servers:
        urls = _addresses(servers, authority)
        written = [_target(name, *urls[name]) for name in CASES]
        team.write("targets.toml", "".join(written))
        # with workers, so that what the targets said crosses processes too
        yield team.pytest("--target=all", "-n2", environment={"SSL_CERT_FILE": str(authority.trusted(folder))})


def _addresses(servers: ExitStack, authority: Authority) -> dict[str, list[str]]:
    speaking = {
        "silent": hostile.silent,
        "reset": hostile.reset,
        "drip": hostile.drip,
        "gzip-bomb": hostile.gzip_bomb(),
        "brotli-bomb": hostile.brotli_bomb(),
        "huge-headers": hostile.huge_headers,
        "thousands-of-cookies": hostile.thousands_of_cookies,
        "deep-html": hostile.deep_html,
        "endless-modules": hostile.endless_modules,
        "protection": hostile.protection,
        "challenge": hostile.challenge,
        "flood": hostile.flood,
        "garbage": hostile.garbage,
        "empty": hostile.empty,
        "errors": hostile.errors,
        "loop": hostile.loop,
        "invalid-utf8": hostile.invalid_utf8,
    }
    presenting = {
        "expired": authority.expired(),
        "another-name": authority.for_another_name(),
        "self-signed": authority.self_signed(),
    }
    urls = {name: [servers.enter_context(serving(speak))] for name, speak in speaking.items()}
    urls |= {name: [servers.enter_context(serving(hostile.errors, tls=tls))] for name, tls in presenting.items()}
    urls["closed"] = [servers.enter_context(nobody())]
    urls["unresolvable"] = ["https://no-such-host.invalid"]
    urls["two-loop"] = servers.enter_context(hostile.sending_each_other())
    return urls


def _target(name: str, *urls: str) -> str:
    more = "" if CASES[name].browser else NO_BROWSER
    return TARGET.format(name=name, url=urls[0], domains=json.dumps(urls), more=more)


def test_the_worst_of_them_decides_how_the_run_ends(judged: Ended) -> None:
    assert judged.code == 1, judged.output


def test_no_traceback_is_shown_and_no_check_is_at_fault(judged: Ended) -> None:
    for words in ("Traceback", "a fault of the test or of prodworthy", "INTERNALERROR", "crashed"):
        assert words not in judged.output, judged.output


@pytest.mark.parametrize("name", CASES)
def test_each_gets_the_verdict_that_it_earned(judged: Ended, name: str) -> None:
    verdict = judged.verdict(name)
    assert verdict["verdict"] == CASES[name].verdict, verdict["reasons"]
    Draft202012Validator(files.schema()).validate(verdict)


@pytest.mark.parametrize("name", CASES)
def test_findings_are_of_what_really_came(judged: Ended, name: str) -> None:
    found = {each["rule"] for each in _failing(judged.verdict(name))}
    assert found >= CASES[name].rules
    assert bool(found) == bool(CASES[name].rules), found


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.why])
def test_why_not_everything_was_seen_is_one_sentence_with_the_verdict(judged: Ended, name: str) -> None:
    verdict = judged.verdict(name)
    assert any(CASES[name].why in reason for reason in verdict["reasons"]), verdict["reasons"]
    whys = [gap["why"] for gap in verdict["gaps"]]
    assert any(CASES[name].why in why for why in whys)
    assert all("\n" not in why and len(why) <= 300 for why in whys)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.why])
def test_who_answers_everything_leaves_nothing_unobserved(judged: Ended, name: str) -> None:
    assert judged.verdict(name)["gaps"] == []


@pytest.mark.parametrize("name", CASES)
def test_every_check_says_how_it_came_out_and_what_it_asked(judged: Ended, name: str) -> None:
    for check in judged.verdict(name)["checks"]:
        assert check["tests"]
        assert check["result"] == "not applicable" or check["rules"] or check["gaps"], check


@pytest.mark.parametrize("name", ["expired", "another-name", "self-signed"])
def test_what_a_distrusted_certificate_says_is_told(judged: Ended, name: str) -> None:
    (finding,) = [each for each in _failing(judged.verdict(name)) if each["rule"] == "health.certificate-untrusted"]
    told = {"expired": "it has expired on 2024-05-06", "another-name": "it is for another.example"}
    assert finding["got"].startswith(told.get(name, "it is self-signed (organizationName=Own <img"))


def test_a_wall_is_never_a_finding(judged: Ended) -> None:
    for name in ("protection", "challenge"):
        assert {gap["cause"] for gap in judged.verdict(name)["gaps"]} == {"wall"}
        assert judged.rules(name) <= {"health.identity-undeclared"}


def test_the_overview_tells_them_apart(judged: Ended) -> None:
    overview = judged.output[judged.output.rindex("= targets =") :].splitlines()[1 : len(CASES) + 1]
    marks = {"fail": "✗", "inconclusive": "?"}
    assert [line.split()[:2] for line in overview] == [[marks[case.verdict], name] for name, case in CASES.items()]


def test_nothing_that_was_said_is_more_than_text(judged: Ended) -> None:
    assert _controls(judged.output) == set()
    for name in CASES:
        assert _controls(_strings(judged.verdict(name))) == set()


# what targets say, in the report and in the terminal

INJECTING = """\
[targets.injecting]
url = "{url}"
pages = ["/", {{ path = "/moved", text = "<b id=pwned>" }}, "/loop"]
identity = {{ path = "/version.json", expect = "0123456789abcdef" }}
smoke = {{ viewports = ["desktop"], timeout = "5 s" }}

[[targets.injecting.endpoints]]
path = "/api/said.json"
status = 500
schema = "schema.json"

[targets.injecting.supabase]
url = "{url}"
key = {{ env = "INJECTING_KEY" }}
user = {{ email = "one@example.com", password = {{ env = "INJECTING_KEY" }} }}
tables = [{{ name = "products", anon = ["select"], min_rows = 1 }}]
buckets = [{{ name = "images", public = true }}]
searches = [{{ rpc = "match", args = {{}}, expect = "hat" }}]

[targets.injecting.functions.quote]
request = {{ method = "POST", json = {{}} }}
schema = "schema.json"
verify_jwt = false
repeatable = true

[targets.plain]
url = "{nobody}"
[targets.plain.not_applicable]
supabase = "<b id=pwned>"
functions = "<b id=pwned>"
smoke = "<b id=pwned>"
"""
OWN = r"""
def test_own_expectation(target, page):
    page.goto(target.url, wait_until="commit")
    print(target.url, "\x1b[2J<b id=pwned>", page.content())
    assert page.content() == "<b id=pwned>\x1b[2J"

def test_own_mistake(target):
    raise KeyError("<b id=pwned>\x1b[2J\x9b\ud800")
"""


@pytest.fixture(scope="module", params=[[], ["-n2"]], ids=["alone", "with-workers"])
def injected(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, site: Path) -> Iterator[Ended]:
    team = Team(folder=tmp_path_factory.mktemp("injecting"), site=site)
    team.write("schema.json", '{"type": "object", "required": ["price"]}')
    team.write("verify/test_own.py", OWN)
    with serving(hostile.injecting) as url, nobody() as closed:
        team.write("targets.toml", INJECTING.format(url=url, nobody=closed))
        key = {"INJECTING_KEY": "sb_publishable_made_up_for_this_test"}
        yield team.pytest("verify", "--target=all", *request.param, environment=key)


def test_the_findings_quote_what_was_said(injected: Ended) -> None:
    """Without this the tests below could pass because nothing was quoted at all."""
    checks = injected.verdict("injecting")["checks"]
    findings = [each for check in checks for each in check["findings"]]
    quoting = {each["rule"] for each in findings if "<img src=x" in each["got"]}
    assert injected.code == 1, injected.output
    assert quoting >= {
        "bundle.chunk-missing",
        "functions.status-unexpected",
        "headers.permissions-policy-void",
        "health.endpoint-status",
        "health.identity-unexpected",
        "html.invalid",
        "smoke.console-error",
        "smoke.dialog",
        "smoke.uncaught-exception",
        "supabase.rest-down",
    }
    assert [own["state"] for own in injected.verdict("injecting")["own"]] == ["broken", "unobserved"]


def test_the_terminal_gets_text_only(injected: Ended) -> None:
    assert "<b id=pwned>" in injected.output
    assert _controls(injected.output) == set()


def test_verdict_json_holds_text_only(injected: Ended) -> None:
    verdict = injected.verdict("injecting")
    Draft202012Validator(files.schema()).validate(verdict)
    assert _controls(_strings(verdict)) == set()


def test_the_report_holds_no_element_that_a_target_made_up(injected: Ended) -> None:
    text = (injected.run / "report.html").read_text("utf-8")
    report = LexborHTMLParser(text)
    assert "&lt;b id=pwned&gt;" in text
    assert report.css("#pwned, [onerror], img:not([src^='data:'])") == []
    assert len(report.css("script")) == 1  # pytest-html's own


def test_a_browser_shows_the_report_and_runs_nothing_of_what_was_said(injected: Ended) -> None:
    asked: list[str] = []
    with sync_playwright() as playwright, playwright.chromium.launch(**launch_options([])) as browser:
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto((injected.run / "report.html").resolve().as_uri())
        page.locator("#show_all_details").click()  # every row, with what its test had to say
        shown = page.inner_text("body")
        pwned = page.evaluate("document.documentElement.dataset.pwned ?? null")
        made_up = page.locator("#pwned, [onerror], img[src=x]").count()
    assert "<b id=pwned>" in shown
    assert (pwned, made_up) == (None, 0)
    assert {url.partition(":")[0] for url in asked} <= {"file", "data"}


def _failing(verdict: dict[str, Any]) -> list[dict[str, Any]]:
    found = [each for check in verdict["checks"] for each in check["findings"]]
    return [each for each in found if each["severity"] in {"critical", "high", "medium"}]


def _controls(text: str) -> set[str]:
    return {f"U+{ord(character):04X}" for character in CONTROL.findall(text)} - {"U+0009", "U+000A"}


def _strings(plain: Any) -> str:
    """All text of a JSON value, as it is once it has been read."""
    if isinstance(plain, dict):
        return "\n".join(_strings(each) for item in plain.items() for each in item)
    return "\n".join(map(_strings, plain)) if isinstance(plain, list) else str(plain)
