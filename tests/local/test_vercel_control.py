"""The control port: what it takes, what it refuses, and that no web page can reach it."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from tests.local.vercel import BYPASS, DOMAINS, PROJECT, TOKEN, Vercel, refused

OLD, NEW = "a" * 40, "b" * 40


def asked(vercel: Vercel, **headers: str) -> int:
    """The status of a deletion of the log with these headers only."""
    with httpx.Client() as client:
        return client.delete(f"{vercel.addresses.control}/log", headers=headers).status_code


def test_only_what_no_web_page_can_send_is_obeyed(vercel: Vercel) -> None:
    control = {"x-prodworthy-control": "1"}
    port = str(vercel.addresses.control).rpartition(":")[2]
    assert asked(vercel, **control) == 204
    assert asked(vercel, **control, host=f"localhost:{port}") == 204
    assert asked(vercel) == 403
    assert asked(vercel, **{"x-prodworthy-control": "yes"}) == 403
    assert asked(vercel, **control, origin="https://evil.example") == 403
    assert asked(vercel, **control, origin="null") == 403
    assert asked(vercel, **control, host=f"rebound.example:{port}") == 403
    assert asked(vercel, **control, host="") == 403


def test_a_browser_that_asks_first_is_refused(vercel: Vercel) -> None:
    headers = {"origin": "https://evil.example", "access-control-request-headers": "x-prodworthy-control"}
    answer = httpx.options(f"{vercel.addresses.control}/faults", headers=headers)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_what_a_stranger_asks_changes_nothing(vercel: Vercel) -> None:
    before = vercel.state
    httpx.post(f"{vercel.addresses.control}/deploy", json={})
    httpx.put(f"{vercel.addresses.control}/faults", json={"stuck": True})
    assert (vercel.state, vercel.told("GET", "/faults")["stuck"]) == (before, False)


def test_the_log_tells_every_request_and_no_token(vercel: Vercel) -> None:
    vercel.project()
    vercel.api.patch(f"/v9/projects/{PROJECT}", json={"skewProtectionMaxAge": 60})
    read, changed = vercel.log
    assert (read["method"], read["path"], read["query"]["rollbackInfo"]) == ("GET", f"/v9/projects/{PROJECT}", "true")
    assert (changed["method"], json.loads(changed["body"])) == ("PATCH", {"skewProtectionMaxAge": 60})
    assert (read["status"], read["at"] <= changed["at"]) == (200, True)
    assert TOKEN not in json.dumps(vercel.log)
    vercel.told("DELETE", "/log")
    assert vercel.log == []


def test_the_log_holds_what_came_over_the_edge_too(vercel: Vercel) -> None:
    vercel.ask("api.vercel.com", "/v2/user")
    assert [(each["path"], each["status"]) for each in vercel.log] == [("/v2/user", 403)]


def test_the_state_tells_no_secret(vercel: Vercel) -> None:
    assert BYPASS not in json.dumps(vercel.state)
    assert TOKEN not in json.dumps(vercel.state)


def test_faults_are_set_shown_and_taken_back(vercel: Vercel) -> None:
    vercel.break_(switch=2, cut_after={"path": "/v9"})
    faults = vercel.told("GET", "/faults")
    assert (faults["switch"], faults["cut_after"]["path"], faults["stuck"]) == (2, "/v9", False)
    vercel.break_(stuck=True)
    assert vercel.told("GET", "/faults")["cut_after"] is None, "set as a whole"
    vercel.told("DELETE", "/faults")
    assert vercel.told("GET", "/faults")["stuck"] is False


@pytest.mark.parametrize(
    ("method", "path", "value", "sentence"),
    [
        ("PUT", "/faults", {"nonsense": 1}, "there is no fault `nonsense`"),
        ("PUT", "/faults", [], "faults are one JSON object"),
        ("PUT", "/faults", {"foreign_job": "dpl_no"}, "`foreign_job` names dpl_no, which is no deployment"),
        ("PUT", "/faults", {"partial": ["a.test"]}, "`partial` names a.test; there are: shop.test, www.shop.test"),
        ("POST", "/deploy", {"nonsense": 1}, "a deployment has no `nonsense`"),
        ("POST", "/deploy", {"staged": "yes"}, "`staged` of a deployment cannot be 'yes'"),
        ("POST", "/deploy", {"files": {"index.html": 1}}, "`files` holds one text for each path"),
        ("POST", "/deploy", {"dist": "nowhere"}, "has no nowhere/"),
        ("POST", "/deploy", [], "the body must be one JSON object"),
        ("POST", "/actor", {"kind": "delete"}, "an actor has a `kind`, rollback or promote"),
        ("POST", "/rollout", {}, "a rollout is told `approve`"),
        ("PATCH", "/project", {"nonsense": 1}, "there is no `nonsense` to change"),
        ("PATCH", "/project", {"plan": "free"}, "`plan` must be hobby, pro or enterprise"),
        ("PATCH", "/project", {"protection": "none"}, "`protection` must be null, preview"),
        ("PATCH", "/project", {"mitigation": ["deny"]}, "`mitigation` must be null, challenge, deny"),
        ("PATCH", "/project", {"plan": {}}, "`plan` must be hobby"),
        ("PATCH", "/project", {"stages": [50, 10, 100]}, "`stages` must be a list of growing percentages"),
        ("PATCH", "/project", {"stages": [50]}, "`stages` must be a list of growing percentages, the last one 100"),
        ("PATCH", "/project", {"domains": {"other.test": {}}}, "there is no domain other.test"),
        ("PATCH", "/project", {"domains": {"shop.test": {"name": "x"}}}, "there is no `name` to change"),
        ("PATCH", "/project", {"domains": []}, "`domains` must be an object"),
        (
            "PATCH",
            "/project",
            {"domains": {"shop.test": {"redirect": "a\r\nx: y"}}},
            "`redirect` must be a host or null",
        ),
        ("POST", "/actor", {"kind": [], "deployment": "x"}, "an actor has a `kind`, rollback or promote"),
    ],
)
def test_what_cannot_be_done_is_said_and_not_done(
    vercel: Vercel, method: str, path: str, value: object, sentence: str
) -> None:
    before = vercel.state
    answer = vercel.control.request(method, path, json=value)
    assert (answer.status_code, sentence in answer.json()["error"]) == (400, True), answer.text
    assert vercel.state == before


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"[" * 100_000, id="too-deep"),
        pytest.param(b'{"switch": 1e400, "at": 1e400}', id="a-number-without-end"),
        pytest.param(b'{"switch": NaN}', id="no-number"),
        *(
            pytest.param(b'{"%s": "\\ud800"}' % name, id=f"half-a-character-{name.decode()}")
            for name in (b"commit", b"message", b"domain", b"branch", b"author")
        ),
        pytest.param(b'{"domains": {"shop.test": {"redirect": "\\ud800"}}}', id="half-a-character-redirect"),
        pytest.param(b'{"malformed": {"body": "\\ud800"}}', id="half-a-character-fault"),
        pytest.param(b'{"files": {"\\udfff": "x"}}', id="half-a-character-path"),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/faults"),
        ("POST", "/deploy"),
        ("POST", "/actor"),
        ("POST", "/rollout"),
        ("PATCH", "/project"),
        ("PATCH", "/deployments/{current}"),
    ],
)
def test_what_could_not_be_told_again_is_not_taken(vercel: Vercel, method: str, path: str, content: bytes) -> None:
    before, faults = vercel.state, vercel.told("GET", "/faults")
    answer = vercel.control.request(method, path.format(current=before["current"]), content=content)
    assert (answer.status_code, answer.json()["error"]) == (400, "the body is not JSON that can be told again")
    assert (vercel.state, vercel.told("GET", "/faults")) == (before, faults)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"state": []}, "`state` must be QUEUED, INITIALIZING"),
        ({"substate": "LIVE"}, "`substate` must be null, STAGED, ROLLING or PROMOTED"),
        ({"candidate": 1}, "`candidate` must be true or false"),
        ({"created": True}, "`created` must be milliseconds"),
        ({"source": None}, "`source` must be a text"),
        ({"id": "dpl_x"}, "there is no `id` to change"),
    ],
)
def test_a_deployment_is_changed_in_what_it_has_to_what_can_be(
    vercel: Vercel, changes: dict[str, object], sentence: str
) -> None:
    before = vercel.state
    answer = vercel.control.patch(f"/deployments/{vercel.current}", json=changes)
    assert (answer.status_code, sentence in answer.json()["error"]) == (400, True), answer.text
    assert vercel.state == before


def test_what_is_not_json_is_refused(vercel: Vercel) -> None:
    answer = vercel.control.put("/faults", content=b"{")
    assert (answer.status_code, answer.json()) == (400, {"error": "the body is not JSON that can be told again"})


def test_unknown_paths_name_the_known_ones(vercel: Vercel) -> None:
    answer = vercel.control.get("/fault")
    assert (answer.status_code, "PUT /faults" in answer.json()["error"]) == (404, True)
    assert vercel.control.patch("/deployments/dpl_nothing", json={}).status_code == 404


def test_a_deployment_of_the_same_app_needs_no_words(vercel: Vercel) -> None:
    first = vercel.current
    second = vercel.told("POST", "/deploy", {})
    deployed = vercel.deployment(second["id"])
    assert (vercel.current, deployed["host"], deployed["commit"]) == (second["id"], second["host"], OLD)
    assert first != second["id"]
    assert vercel.ask(second["host"]).text == vercel.ask(DOMAINS[0]).text


def test_a_deployment_is_told_who_made_it(vercel: Vercel) -> None:
    told = {"commit": NEW, "branch": "fix", "message": "fix cart", "author": "alice", "source": "cli", "at": 1_000_000}
    deployed = vercel.deployment(vercel.deploy(staged=True, **told))
    assert {name: deployed[name] for name in told if name != "at"} == {k: v for k, v in told.items() if k != "at"}
    assert deployed["created"] == 1_000_000
    assert next(iter(vercel.state["deployments"])) == deployed["id"], "the oldest first"


def test_a_deployment_can_be_made_of_texts_or_of_another_folder(vercel: Vercel, tmp_path: Path) -> None:
    texts = vercel.told("POST", "/deploy", {"files": {"index.html": "<title>texts</title>", "a/b.js": "1"}})
    assert vercel.ask(texts["host"]).text == "<title>texts</title>"
    assert vercel.ask(texts["host"], "/a/b.js").headers["content-type"].startswith("application/javascript")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "index.html").write_text("<title>folder</title>")
    (tmp_path / "vercel.json").write_text(
        json.dumps({"headers": [{"source": "/", "headers": [{"key": "x-a", "value": "1"}]}]})
    )
    folder = vercel.told("POST", "/deploy", {"app": str(tmp_path), "dist": "out"})
    answer = vercel.ask(folder["host"])
    assert (answer.text, answer.headers["x-a"]) == ("<title>folder</title>", "1")
    assert vercel.ask(DOMAINS[0]).text == "<title>folder</title>"


def test_a_deployment_may_have_one_more_host(vercel: Vercel) -> None:
    staged = vercel.deploy(NEW, staged=True, domain="shop-git-main-embedded.vercel.app")
    assert vercel.commit("shop-git-main-embedded.vercel.app") == NEW
    assert vercel.state["aliases"] == {"shop-git-main-embedded.vercel.app": staged}


def test_two_deployments_never_have_the_same_time(vercel: Vercel) -> None:
    for _ in range(3):
        vercel.deploy(staged=True, at=5_000)
    assert sorted(each["created"] for each in vercel.state["deployments"].values())[:3] == [5_000, 5_001, 5_002]


def test_a_reset_leaves_the_first_deployment_as_it_was(vercel: Vercel) -> None:
    first, host = vercel.current, vercel.host(vercel.current)
    vercel.deploy(NEW)
    vercel.configure(plan="hobby", paused=True)
    vercel.break_(stuck=True, switch=0.0)
    assert vercel.rollback(first).status_code == 201
    vercel.told("POST", "/reset")
    state = vercel.state
    assert (state["current"], list(state["deployments"]), state["last_job"]) == (first, [first], None)
    assert (state["plan"], state["auto_assign"], state["paused"]) == ("pro", True, False)
    assert (vercel.log, vercel.told("GET", "/faults")["stuck"]) == ([], False)
    assert {vercel.commit(name) for name in (*DOMAINS, host)} == {OLD}
    assert refused(vercel.promote(first))[0] == 409, "and no job is left in the way"
