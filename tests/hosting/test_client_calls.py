"""What the client asks: the team in every call, whole lists, the names people type, and what counts as an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from prodworthy.hosting.errors import HostingError, OutcomeUnknown, Refused, Rejected, Unavailable, Unintelligible
from prodworthy.hosting.host import Filter, Host
from prodworthy.model.codes import Code
from prodworthy.model.hosting import DeploymentState, Domain, JobKind, JobState, MovedAlias, Token
from tests.hosting.answering import AT, PROJECT, TOKEN, Platform, Said, asking, hosting, item, page, refuses, says

P = "/v9/projects/prj_1"
CURRENT = item("dpl_B", id="dpl_B", plan="Hobby")


def answering_everything() -> Platform:
    platform = Platform()
    platform.lay("GET /v7/deployments", page(item("dpl_A"), item("dpl_B")))
    platform.lay("GET /v13/deployments/dpl_B", says(CURRENT))
    platform.lay("GET /v13/deployments/shop.test", says(CURRENT))
    platform.lay(f"GET {P}/domains", page({"name": "shop.test"}, name="domains"))
    platform.lay(f"GET {P}/rollback/aliases", page(name="aliases"))
    platform.lay("GET /v1/projects/prj_1/promote/aliases", page(name="aliases"))
    platform.lay("GET /v1/projects/prj_1/rolling-release", says({"rollingRelease": None}))
    platform.lay("POST /v1/projects/prj_1/rollback/dpl_A", Said(201))
    platform.lay("POST /v10/projects/prj_1/promote/dpl_A", Said(201))
    return platform


EVERYTHING: dict[str, Callable[[Host], object]] = {
    "project": lambda host: host.project(),
    "current": lambda host: host.current(),
    "deployments": lambda host: host.deployments(),
    "deployment": lambda host: host.deployment("dpl_B"),
    "candidates": lambda host: host.candidates(),
    "domains": lambda host: host.domains(),
    "serving": lambda host: host.serving("shop.test"),
    "job": lambda host: host.job(),
    "moved after a rollback": lambda host: host.moved(JobKind.ROLLBACK),
    "moved after a promotion": lambda host: host.moved(JobKind.PROMOTE),
    "rolling release": lambda host: host.rolling_release(),
    "plan": lambda host: host.plan(),
    "rollback": lambda host: host.rollback("dpl_A", reason="smoke failed"),
    "promote": lambda host: host.promote("dpl_A"),
}


@pytest.mark.parametrize("call", EVERYTHING.values(), ids=EVERYTHING)
@pytest.mark.parametrize(
    ("team", "scope"),
    [
        pytest.param("team_1", {"teamId": "team_1"}, id="a-team's-id"),
        pytest.param("acme", {"slug": "acme"}, id="a-team's-slug"),
        pytest.param(None, {}, id="a-personal-account"),
        pytest.param("", {}, id="a-personal-account-of-an-embedded-deployment"),
    ],
)
def test_every_call_names_its_team(call: Callable[[Host], object], team: str | None, scope: dict[str, str]) -> None:
    platform = answering_everything()
    with asking(platform, team=team) as host:
        call(host)
    assert platform.requests
    for request in platform.requests:
        sent = dict(request.url.params)
        assert {name: sent[name] for name in ("teamId", "slug") if name in sent} == scope
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert request.headers["user-agent"].startswith("prodworthy/")
        assert request.url.host == "api.vercel.com"


def test_nothing_is_asked_that_a_token_of_one_project_may_not_see() -> None:
    platform = answering_everything()
    with asking(platform) as host:
        for call in EVERYTHING.values():
            call(host)
    assert not [path for path in platform.asked if "/user" in path or "/teams" in path]


def test_the_last_job_is_asked_for() -> None:
    platform = Platform()
    asking(platform).project()
    assert platform.queries(P)[0]["rollbackInfo"] == "true"


def test_a_project_declared_by_its_name_is_listed_by_its_id() -> None:
    platform = Platform().lay("GET /v9/projects/my%20shop", says(PROJECT)).lay("GET /v7/deployments", page(item()))
    host = asking(platform, project="my shop")
    host.deployments()
    host.deployments()
    assert [query["projectId"] for query in platform.queries("/v7/deployments")] == ["prj_1", "prj_1"]
    assert len(platform.queries("/v9/projects/my shop")) == 1


# lists


def pages_of(count: int, size: int) -> Callable[[httpx.Request], Said]:
    """So many deployments, the newest first, told page by page like the platform does."""
    items = [item(f"dpl_{number}", createdAt=AT - number) for number in range(count)]

    def answer(request: httpx.Request) -> Said:
        until = int(request.url.params.get("until", AT + 1))
        rest = [each for each in items if each["createdAt"] < until]
        shown = rest[:size]
        return page(*shown, following=shown[-1]["createdAt"] if len(rest) > size else None)

    return answer


def test_a_list_goes_over_as_many_pages_as_it_takes() -> None:
    platform = Platform().lay("GET /v7/deployments", pages_of(250, 100))
    found = asking(platform).deployments(limit=230)
    assert [each.id for each in found] == [f"dpl_{number}" for number in range(230)]
    assert [query.get("until") for query in platform.queries("/v7/deployments")] == [None, str(AT - 99), str(AT - 199)]


def test_no_page_is_asked_for_that_is_not_needed() -> None:
    platform = Platform().lay("GET /v7/deployments", pages_of(250, 20))
    assert len(asking(platform).deployments(limit=20)) == 20
    assert len(platform.asked) == 1
    assert platform.queries("/v7/deployments")[0]["limit"] == "20"


def test_an_item_that_stands_on_two_pages_is_listed_once() -> None:
    platform = Platform().lay(
        "GET /v7/deployments", page(item("dpl_B"), item("dpl_A"), following=AT), page(item("dpl_A"), item("dpl_0"))
    )
    assert sorted(each.id for each in asking(platform).deployments()) == ["dpl_0", "dpl_A", "dpl_B"]


@pytest.mark.parametrize(
    ("following", "asked"),
    [
        pytest.param(lambda number: AT, 2, id="the-same-page-again"),
        pytest.param(lambda number: AT + number, 2, id="newer-pages"),
        pytest.param(lambda number: AT - number, 20, id="no-end"),
        pytest.param(lambda number: "soon", 1, id="no-number"),
        pytest.param(lambda number: True, 1, id="a-truth"),
        pytest.param(lambda number: 10**30, 1, id="beyond-all-time"),
    ],
)
def test_pages_that_do_not_end_are_an_error_not_a_shorter_list(following: Callable[[int], Any], asked: int) -> None:
    seen = iter(range(1000))
    platform = Platform().lay(
        f"GET {P}/domains", lambda request: page({"name": "shop.test"}, name="domains", following=following(next(seen)))
    )
    with pytest.raises(Unintelligible):
        asking(platform).domains()
    assert len(platform.asked) == asked


def test_of_more_deployments_than_are_read_the_newest_are_told_and_none_is_never_said() -> None:
    platform = Platform().lay("GET /v7/deployments", pages_of(5000, 1))
    assert len(asking(platform).deployments(limit=100)) == 20
    with pytest.raises(Unintelligible, match="more than 20 pages"):
        asking(platform).deployments(Filter(branch="next"))


def test_what_was_asked_for_is_looked_for_in_every_item() -> None:
    """Should the platform ignore a parameter, nothing else slips in."""
    stranger = item("dpl_X", projectId="prj_2")
    preview = item("dpl_P", target=None)
    building = item("dpl_Q", readyState="BUILDING")
    never = item("dpl_N", isRollbackCandidate=False)
    platform = Platform().lay("GET /v7/deployments", page(stranger, preview, building, never, item("dpl_A")))
    asked = Filter(production=True, state=DeploymentState.READY, candidates=True)
    assert [each.id for each in asking(platform).deployments(asked)] == ["dpl_A"]
    sent = platform.queries("/v7/deployments")[0]
    assert (sent["target"], sent["state"], sent["rollbackCandidate"]) == ("production", "READY", "true")


def test_a_commit_and_a_branch_are_asked_for_and_looked_for() -> None:
    sha = "4f0c" * 10
    meta = {"githubCommitSha": sha, "githubCommitRef": "main"}
    others = item("dpl_C", meta={**meta, "githubCommitRef": "next"}), item("dpl_D", meta={"githubCommitRef": "main"})
    platform = Platform().lay("GET /v7/deployments", page(item(meta=meta), *others))
    found = asking(platform).deployments(Filter(commit=sha, branch="main"))
    assert [each.id for each in found] == ["dpl_A"]
    assert (
        platform.queries("/v7/deployments")[0] | {"sha": sha, "branch": "main"}
        == platform.queries("/v7/deployments")[0]
    )


def test_candidates_are_never_what_is_current_and_come_newest_first() -> None:
    older = item("dpl_A", createdAt=AT - 5)
    newer = item("dpl_C", createdAt=AT + 5)
    unsaid = item("dpl_D", createdAt=AT - 9, isRollbackCandidate=None)
    staged = item("dpl_E", isRollbackCandidate=None, readySubstate="STAGED")
    deleted = item("dpl_F", softDeletedByRetention=True)
    platform = Platform().lay("GET /v7/deployments", page(older, item("dpl_B"), newer, unsaid, staged, deleted))
    assert [each.id for each in asking(platform).candidates()] == ["dpl_C", "dpl_A", "dpl_D"]


def test_an_older_version_is_asked_only_where_the_route_itself_is_unknown() -> None:
    platform = Platform().lay("GET /v7/deployments", Said(404, b"<h1>404</h1>"), page(item()))
    platform.lay("GET /v6/deployments", page(item("dpl_6")))
    assert [each.id for each in asking(platform).deployments()] == ["dpl_6"]


def test_a_404_of_an_object_stays_one() -> None:
    platform = Platform().lay("GET /v7/deployments", refuses(404, "not_found", "Project not found."))
    with pytest.raises(Rejected):
        asking(platform).deployments()
    assert platform.asked == ["GET /v7/deployments"]


@pytest.mark.parametrize("call", ["rollback", "promote"])
def test_a_post_has_no_second_route(call: str) -> None:
    platform = Platform()
    for path in ("/v1/projects/prj_1/rollback/dpl_A", "/v10/projects/prj_1/promote/dpl_A"):
        platform.lay(f"POST {path}", Said(404))
    host = asking(platform)
    with pytest.raises(OutcomeUnknown):
        host.rollback("dpl_A", reason="x") if call == "rollback" else host.promote("dpl_A")
    assert len(platform.asked) == 1


# one deployment


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        pytest.param("dpl_A1", "dpl_A1", id="id"),
        pytest.param(" dpl_A1\n", "dpl_A1", id="id-with-blanks"),
        pytest.param("shop-abc-acme.vercel.app", "shop-abc-acme.vercel.app", id="host"),
        pytest.param("https://shop-abc-acme.vercel.app", "shop-abc-acme.vercel.app", id="url"),
        pytest.param("https://Shop-ABC-acme.vercel.app:443/a?b#c", "shop-abc-acme.vercel.app", id="url-of-a-page"),
        pytest.param("https://user:password@shop.test/", "shop.test", id="url-with-credentials"),
        pytest.param("https://bücher.test/", "xn--bcher-kva.test", id="letters-of-all-the-world"),
        pytest.param("shop.test.", "shop.test", id="host-with-a-final-dot"),
        pytest.param("https://vercel.com/acme/shop/8nFcZ9kLmQw2", "dpl_8nFcZ9kLmQw2", id="page-of-the-dashboard"),
        pytest.param("https://vercel.com/acme/shop/8nFcZ9kLmQw2/source?a=b", "dpl_8nFcZ9kLmQw2", id="dashboard-source"),
    ],
)
def test_a_deployment_is_found_by_what_people_paste(typed: str, asked: str) -> None:
    platform = Platform().lay(f"GET /v13/deployments/{asked}", says(CURRENT))
    assert asking(platform).deployment(typed).id == "dpl_B"
    assert platform.asked == [f"GET /v13/deployments/{asked}"]


NO_DEPLOYMENTS = ["", " ", ".", "..", "../../v2/user", "dpl_../x", "dpl_A?teamId=x", "dpl_", "a b.test", "shop"]
NO_DEPLOYMENTS += ["https://", "\u2028.test", "ü", "x" * 300 + ".test", "a..b", "-", "\x00", "a.b\x1b[31m", "dpl_Ä"]


@pytest.mark.parametrize("typed", NO_DEPLOYMENTS)
def test_what_cannot_be_a_deployment_is_not_asked_for(typed: str) -> None:
    platform = Platform()
    with pytest.raises(Rejected) as caught:
        asking(platform).deployment(typed)
    assert caught.value.status == 404
    assert platform.asked == []


def test_a_foreign_deployment_is_shown_for_the_caller_to_refuse() -> None:
    platform = Platform().lay("GET /v13/deployments/dpl_X", says(item("dpl_X", projectId="prj_2")))
    assert asking(platform).deployment("dpl_X").project == "prj_2"


def test_a_deployment_that_only_outsiders_are_told_about_is_none_that_the_token_sees() -> None:
    reduced = {"id": "dpl_X", "readyState": "READY", "target": "production", "alias": [], "aliasAssigned": True}
    with pytest.raises(Rejected) as caught:
        asking(Platform().lay("GET /v13/deployments/dpl_X", says(reduced))).deployment("dpl_X")
    assert caught.value.status == 404
    with pytest.raises(Unintelligible):
        asking(Platform().lay("GET /v13/deployments/dpl_X", says({"readyState": "READY"}))).deployment("dpl_X")


def test_a_project_that_never_went_live_has_no_current_deployment_and_no_plan() -> None:
    host = asking(Platform().lay(f"GET {P}", says({**PROJECT, "targets": {}})))
    assert host.current() is None
    assert host.plan() is None


def test_the_plan_is_what_the_current_deployment_says_of_its_account() -> None:
    assert asking(answering_everything()).plan() == "hobby"


# domains


def test_production_domains_are_those_of_no_branch_and_no_environment() -> None:
    listed = [
        {"name": "shop.test", "redirect": None, "verified": True},
        {"name": "www.shop.test", "redirect": "shop.test", "verified": False},
        {"name": "old.shop.test", "redirect": "https://shop.test/"},
        {"name": "next.shop.test", "gitBranch": "next"},
        {"name": "qa.shop.test", "customEnvironmentId": "env_1"},
        {"name": "Shop.test"},
        {"name": "*.shop.test"},
        {"name": "bücher.test"},
    ]
    platform = Platform().lay(f"GET {P}/domains", page(*listed, name="domains"))
    assert asking(platform).domains() == [
        Domain(name="shop.test"),
        Domain(name="www.shop.test", redirect="shop.test", verified=False),
        Domain(name="old.shop.test", redirect="shop.test"),
        Domain(name="*.shop.test"),
        Domain(name="xn--bcher-kva.test"),
    ]
    assert platform.queries(f"{P}/domains")[0]["production"] == "true"


@pytest.mark.parametrize(
    ("deployment", "alias", "served"),
    [
        pytest.param(says({"id": "dpl_A"}), None, "dpl_A", id="deployment"),
        pytest.param(says({"uid": "dpl_A", "readyState": "READY"}), None, "dpl_A", id="what-outsiders-see"),
        pytest.param(refuses(404), says({"deploymentId": "dpl_A"}), "dpl_A", id="alias"),
        pytest.param(refuses(404), says({"deployment": {"id": "dpl_A"}}), "dpl_A", id="alias-with-an-object"),
        pytest.param(refuses(404), says({"alias": "shop.test", "redirect": "x.test"}), None, id="alias-to-nothing"),
        pytest.param(refuses(404), refuses(404), None, id="nothing"),
        pytest.param(refuses(410), refuses(404), None, id="deleted"),
    ],
)  # fmt: skip
def test_a_domain_leads_to_a_deployment(deployment: Said, alias: Said | None, served: str | None) -> None:
    platform = Platform().lay("GET /v13/deployments/shop.test", deployment)
    if alias:
        platform.lay("GET /v4/aliases/shop.test", alias)
    assert asking(platform).serving("shop.test") == served


@pytest.mark.parametrize("answer", [refuses(403, "forbidden"), refuses(503), says({})])
def test_a_domain_that_cannot_be_asked_about_is_not_one_that_leads_nowhere(answer: Said) -> None:
    with pytest.raises(HostingError):
        asking(Platform().lay("GET /v13/deployments/shop.test", answer)).serving("shop.test")


def test_what_a_job_did_to_each_domain_is_an_object_or_the_name() -> None:
    items = [
        {"alias": {"alias": "shop.test", "deploymentId": "dpl_A"}, "id": "1", "status": "completed"},
        {"alias": "www.shop.test", "id": "2", "status": "failed"},
        {"alias": "new.shop.test", "id": "3", "status": "sideways"},
        {"alias": "late.shop.test", "id": "4", "status": "in-progress"},
    ]
    platform = Platform().lay(f"GET {P}/rollback/aliases", page(*items, name="aliases"))
    assert asking(platform).moved(JobKind.ROLLBACK) == [
        MovedAlias(domain="shop.test", state=JobState.SUCCEEDED, deployment="dpl_A"),
        MovedAlias(domain="www.shop.test", state=JobState.FAILED),
        MovedAlias(domain="new.shop.test", state=JobState.UNKNOWN),
        MovedAlias(domain="late.shop.test", state=JobState.IN_PROGRESS),
    ]


def test_of_a_job_of_a_kind_that_is_not_known_nothing_is_asked() -> None:
    platform = Platform()
    assert asking(platform).moved(JobKind.UNKNOWN) == []
    assert platform.asked == []


# rolling releases

RELEASE = "GET /v1/projects/prj_1/rolling-release"


@pytest.mark.parametrize("status", [402, 403, 404])
def test_a_plan_or_a_role_without_rolling_releases_has_none(status: int) -> None:
    assert asking(Platform().lay(RELEASE, refuses(status))).rolling_release() is None


@pytest.mark.parametrize("status", [402, 403, 404])
def test_a_refusal_is_no_absence_where_the_project_says_otherwise(status: int) -> None:
    platform = Platform().lay(RELEASE, refuses(status)).lay(f"GET {P}", says({**PROJECT, "rollingRelease": {}}))
    with pytest.raises(Rejected):
        asking(platform).rolling_release()


@pytest.mark.parametrize("answer", [refuses(401), refuses(400)])
def test_another_refusal_is_never_read_as_none(answer: Said) -> None:
    with pytest.raises(Rejected):
        asking(Platform().lay(RELEASE, answer)).rolling_release()


def test_a_token_that_may_not_look_at_all_is_not_read_as_none() -> None:
    platform = Platform().lay(RELEASE, refuses(403)).lay(f"GET {P}", refuses(403, "forbidden", "Not authorized"))
    with pytest.raises(Rejected, match="Not authorized"):
        asking(platform).rolling_release()


def test_an_outage_is_never_read_as_none() -> None:
    with pytest.raises(Unavailable):
        asking(Platform().lay(RELEASE, refuses(500))).rolling_release()


# the two that change something


def test_a_rollback_carries_its_reason_and_no_more_of_it_than_is_kept() -> None:
    platform = Platform().lay("POST /v1/projects/prj_1/rollback/dpl_A", Said(201))
    asking(platform).rollback("dpl_A", reason="r" * 300)
    assert platform.queries("/v1/projects/prj_1/rollback/dpl_A") == [{"description": "r" * 250, "teamId": "team_1"}]
    assert platform.requests[0].content == b"{}"
    assert platform.requests[0].headers["content-type"] == "application/json"


def test_a_strange_id_stays_one_part_of_the_path() -> None:
    platform = Platform().lay("POST /v10/projects/prj_1/promote/..%2F..%2Fx%3Fa", Said(201))
    asking(platform).promote("../../x?a")
    assert platform.requests[0].url.raw_path == b"/v10/projects/prj_1/promote/..%2F..%2Fx%3Fa?teamId=team_1"


# before anything is asked


@pytest.mark.parametrize(
    ("more", "code"),
    [
        pytest.param({"token": None}, Code.TOKEN_MISSING, id="no-token-is-named"),
        pytest.param({"token": Token(name="NOT_SET")}, Code.TOKEN_MISSING, id="the-variable-is-not-set"),
        pytest.param({"token": Token(name="X", made_up="two words")}, Code.TOKEN_REFUSED, id="a-blank-in-it"),
        pytest.param({"token": Token(name="X", made_up="a\r\nx-evil: 1")}, Code.TOKEN_REFUSED, id="a-line-break-in-it"),
        pytest.param({"token": Token(name="X", made_up="tökén")}, Code.TOKEN_REFUSED, id="letters-that-none-has"),
        pytest.param({"api": "http://api.vercel.com"}, Code.HOST_UNDECLARED, id="a-token-in-the-clear"),
    ],
)
def test_without_a_usable_token_nothing_is_asked(more: dict[str, Any], code: Code) -> None:
    platform = Platform()
    with pytest.raises(Refused) as caught:
        asking(platform, **more)
    assert caught.value.code is code
    assert caught.value.remedy
    assert platform.asked == []
    for secret in ("two words", "x-evil", "tökén", TOKEN):
        assert secret not in str(caught.value) + caught.value.remedy


def test_the_api_of_an_embedded_deployment_may_be_asked_in_the_clear() -> None:
    platform = Platform()
    asking(platform, api="http://127.0.0.1:4000/").project()
    assert str(platform.requests[0].url).startswith("http://127.0.0.1:4000/v9/projects/prj_1?")
    assert hosting().api == "https://api.vercel.com"
