"""Deployment protection on the embedded edge: what is behind the wall, and what opens it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.local.vercel import BYPASS, DOMAINS, OWN, Vercel

STANDARD = "all_except_custom_domains"
DOCUMENT = {"accept": "text/html,*/*", "sec-fetch-dest": "document"}


@pytest.fixture
def hosts(vercel: Vercel) -> dict[str, str]:
    """Every kind of host that a project has."""
    preview = vercel.deploy("b" * 40, target=None)
    staged = vercel.deploy("c" * 40, staged=True)
    return {
        "custom": DOMAINS[0],
        "own": OWN,
        "current": vercel.host(vercel.current),
        "staged": vercel.host(staged),
        "preview": vercel.host(preview),
    }


@pytest.mark.parametrize(
    ("protection", "protected"),
    [
        (None, set()),
        ("preview", {"preview"}),
        ("prod_deployment_urls_and_all_previews", {"preview", "staged", "current"}),
        (STANDARD, {"preview", "staged", "current", "own"}),
        ("all", {"preview", "staged", "current", "own", "custom"}),
    ],
)
def test_the_kind_of_protection_decides_what_is_behind_the_wall(
    vercel: Vercel, hosts: dict[str, str], protection: str | None, protected: set[str]
) -> None:
    vercel.configure(protection=protection)
    statuses = {kind: vercel.ask(host).status_code for kind, host in hosts.items()}
    assert statuses == {kind: 401 if kind in protected else 200 for kind in hosts}


def test_the_wall_is_a_page_with_a_nonce_and_nothing_of_the_app(vercel: Vercel, hosts: dict[str, str]) -> None:
    vercel.configure(protection=STANDARD)
    answer = vercel.ask(hosts["staged"], "/version.json")
    assert answer.status_code == 401
    assert "Authentication Required" in answer.text
    assert answer.headers["set-cookie"].startswith("_vercel_sso_nonce=")
    assert "commit" not in answer.text
    assert "x-vercel-error" not in answer.headers


def test_a_document_is_sent_to_the_login(vercel: Vercel, hosts: dict[str, str]) -> None:
    vercel.configure(protection=STANDARD)
    answer = vercel.ask(hosts["staged"], "/about?x=1", **DOCUMENT)
    assert answer.status_code == 302
    there = urlsplit(answer.headers["location"])
    assert (there.scheme, there.netloc, there.path) == ("https", "vercel.com", "/sso-api")
    asked = parse_qs(there.query)
    assert asked["url"] == [f"https://{hosts['staged']}/about?x=1"]
    assert answer.headers["set-cookie"].startswith(f"_vercel_sso_nonce={asked['nonce'][0]};")
    login = vercel.ask("vercel.com", f"/sso-api?{there.query}")
    assert (login.status_code, "Log in" in login.text) == (200, True)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        pytest.param("/", {"x-vercel-protection-bypass": BYPASS}, id="header"),
        pytest.param(f"/?x-vercel-protection-bypass={BYPASS}", {}, id="query"),
    ],
)
def test_the_bypass_opens_every_host(vercel: Vercel, hosts: dict[str, str], path: str, headers: dict[str, str]) -> None:
    vercel.configure(protection="all")
    assert {vercel.ask(host, path, **headers).status_code for host in hosts.values()} == {200}


@pytest.mark.parametrize("given", ["", "wrong", BYPASS[:-1], BYPASS.upper()])
def test_another_secret_opens_nothing(vercel: Vercel, given: str) -> None:
    vercel.configure(protection="all")
    headers = {"x-vercel-protection-bypass": given}
    assert vercel.ask(DOMAINS[0], **headers).status_code == 401
    assert vercel.ask(DOMAINS[0], **headers, **DOCUMENT).status_code == 302


def test_without_a_secret_nothing_opens_it(vercel: Vercel) -> None:
    vercel.configure(protection="all", bypass=None)
    assert vercel.ask(DOMAINS[0], **{"x-vercel-protection-bypass": BYPASS}).status_code == 401
    assert vercel.ask(DOMAINS[0]).status_code == 401


@pytest.mark.parametrize(("wanted", "same_site"), [("true", "Lax"), ("samesitenone", "None")])
def test_a_cookie_is_given_for_the_asking_and_opens_that_host_only(vercel: Vercel, wanted: str, same_site: str) -> None:
    vercel.configure(protection="all")
    asking = {"x-vercel-protection-bypass": BYPASS, "x-vercel-set-bypass-cookie": wanted}
    given = vercel.ask(DOMAINS[0], "/version.json?a=b", **asking)
    assert (given.status_code, given.headers["location"]) == (307, "/version.json?a=b")
    name, *attributes = given.headers["set-cookie"].split("; ")
    assert name.startswith("_vercel_jwt=")
    assert set(attributes) == {"Path=/", "Secure", "HttpOnly", f"SameSite={same_site}"}
    assert BYPASS not in given.headers["set-cookie"]
    assert vercel.ask(DOMAINS[0], cookie=name).status_code == 200
    assert vercel.ask(DOMAINS[1], cookie=name).status_code == 401


def test_a_browser_that_always_asks_for_the_cookie_does_not_go_round_in_circles(vercel: Vercel) -> None:
    vercel.configure(protection="all")
    asking = {"x-vercel-protection-bypass": BYPASS, "x-vercel-set-bypass-cookie": "true"}
    cookie = vercel.ask(DOMAINS[0], **asking).headers["set-cookie"].partition(";")[0]
    assert vercel.ask(DOMAINS[0], **asking, cookie=cookie).status_code == 200


def test_a_revoked_secret_takes_its_cookies_with_it(vercel: Vercel) -> None:
    vercel.configure(protection="all")
    asking = {"x-vercel-protection-bypass": BYPASS, "x-vercel-set-bypass-cookie": "true"}
    cookie = vercel.ask(DOMAINS[0], **asking).headers["set-cookie"].partition(";")[0]
    vercel.configure(bypass="another0secret")
    assert vercel.ask(DOMAINS[0], cookie=cookie).status_code == 401


def test_the_query_can_ask_for_the_cookie_too(vercel: Vercel) -> None:
    vercel.configure(protection="all")
    query = f"/?x-vercel-protection-bypass={BYPASS}&x-vercel-set-bypass-cookie=true"
    answer = vercel.ask(DOMAINS[0], query)
    assert (answer.status_code, "_vercel_jwt=" in answer.headers["set-cookie"]) == (307, True)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"paused": True}, 503, "DEPLOYMENT_PAUSED"),
        ({"disabled": True}, 402, "DEPLOYMENT_DISABLED"),
    ],
)
def test_a_closed_project_answers_the_same_everywhere(
    vercel: Vercel, hosts: dict[str, str], changes: dict[str, bool], status: int, code: str
) -> None:
    vercel.configure(**changes)
    answers = [vercel.ask(host) for host in hosts.values()]
    assert {(answer.status_code, answer.headers["x-vercel-error"]) for answer in answers} == {(status, code)}
    assert all(code in answer.text for answer in answers)


@pytest.mark.parametrize(("mitigation", "status"), [("challenge", 429), ("deny", 403)])
def test_the_firewall_answers_everybody_but_automation_with_the_secret(
    vercel: Vercel, mitigation: str, status: int
) -> None:
    vercel.configure(mitigation=mitigation)
    answer = vercel.ask(DOMAINS[0])
    assert (answer.status_code, answer.headers["x-vercel-mitigated"]) == (status, mitigation)
    assert "Vercel Security Checkpoint" in answer.text
    assert vercel.ask(DOMAINS[0], **{"x-vercel-protection-bypass": BYPASS}).status_code == 200
    vercel.configure(mitigation=None)
    assert vercel.ask(DOMAINS[0]).status_code == 200


def error(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.headers.get("x-vercel-error")


def test_a_deleted_deployment_is_gone_from_its_host(vercel: Vercel, hosts: dict[str, str]) -> None:
    deleted = next(each for each in vercel.state["deployments"].values() if each["host"] == hosts["staged"])
    vercel.change(deleted["id"], deleted=True)
    assert error(vercel.ask(hosts["staged"])) == (410, "DEPLOYMENT_DELETED")
    assert error(vercel.ask(hosts["current"])) == (200, None)


def test_a_host_that_was_never_deployed_to_is_not_found(vercel: Vercel) -> None:
    assert error(vercel.ask("shop-nothing-embedded.vercel.app")) == (404, "DEPLOYMENT_NOT_FOUND")


def test_what_did_not_build_is_not_found(vercel: Vercel) -> None:
    failed = vercel.deploy(state="ERROR")
    assert error(vercel.ask(vercel.host(failed))) == (404, "DEPLOYMENT_NOT_FOUND")
