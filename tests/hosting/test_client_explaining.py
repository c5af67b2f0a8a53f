"""Each refusal of the platform is a sentence of its own, with a remedy and a code of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from prodworthy.hosting.errors import HostingError, NotSent, OutcomeUnknown, Throttled, Unavailable, Unintelligible
from prodworthy.hosting.explaining import already_current, refusal
from prodworthy.model.codes import Code
from prodworthy.model.hosting import Token
from tests.hosting.answering import Answer, Platform, Said, asking, hosting, refuses

PROJECT = "GET /v9/projects/prj_1"
DEPLOYMENT = "GET /v13/deployments/dpl_A"
ROLLBACK = "POST /v1/projects/prj_1/rollback/dpl_A"
PROMOTE = "POST /v10/projects/prj_1/promote/dpl_A"

WRONG_TEAM = 'Not authorized: Trying to access resource under scope "x". You must re-authenticate'
ALREADY = "The provided deploymentId (dpl_A) is already the current production deployment"
HOBBY = "To roll back further than the previous production deployment, upgrade to pro"
BUSY = "Another promotion or rollback is in progress for this project."


def met(call: str, answer: Answer) -> HostingError:
    platform = Platform().lay(call, answer)
    host = asking(platform)
    asked = {
        PROJECT: host.project,
        DEPLOYMENT: lambda: host.deployment("dpl_A"),
        ROLLBACK: lambda: host.rollback("dpl_A", reason="x"),
        PROMOTE: lambda: host.promote("dpl_A"),
    }
    with pytest.raises(HostingError) as caught:
        asked[call]()
    return caught.value


REFUSALS = [
    pytest.param(PROJECT, refuses(403, "forbidden", "Not authorized", invalidToken=True), Code.TOKEN_REFUSED,
                 ["VERCEL_TOKEN", "expired or revoked"], "account/settings/tokens", id="403-invalid-token"),
    pytest.param(PROJECT, refuses(401), Code.TOKEN_REFUSED,
                 ["VERCEL_TOKEN", "expired or revoked"], "account/settings/tokens", id="401"),
    pytest.param(PROJECT, refuses(403, "forbidden", "x", missingToken=True), Code.TOKEN_REFUSED,
                 ["saw no token"], "proxy", id="403-missing-token"),
    pytest.param(PROJECT, refuses(403, "forbidden", WRONG_TEAM), Code.SCOPE_REFUSED,
                 ["VERCEL_TOKEN", "team_1"], "`team`", id="403-wrong-team-by-its-text"),
    pytest.param(PROJECT, refuses(403, "team_unauthorized", "x"), Code.SCOPE_REFUSED,
                 ["VERCEL_TOKEN", "team_1"], "`team`", id="403-team-unauthorized"),
    pytest.param(PROJECT, refuses(403, "forbidden", "x", saml=True), Code.SCOPE_REFUSED,
                 ["identity provider"], "sign in", id="403-saml"),
    pytest.param(PROJECT, refuses(403, "forbidden", "Not authorized"), Code.TOKEN_REFUSED,
                 ["which it is", "expired or revoked", "not allowed", "prj_1", "team_1"], "`team`",
                 id="403-that-can-be-either"),
    pytest.param(PROJECT, Said(403, b"<h1>Forbidden"), Code.TOKEN_REFUSED, ["which it is"], "`team`", id="403-html"),
    pytest.param(PROJECT, refuses(404, "not_found", "Project not found."), Code.PROJECT_UNKNOWN,
                 ["prj_1", "team_1"], "`project` and `team`", id="404-project"),
    pytest.param(DEPLOYMENT, refuses(404, "not_found", "Deployment not found"), Code.DEPLOYMENT_UNKNOWN,
                 ["dpl_A"], "prodworthy list", id="404-deployment"),
    pytest.param(DEPLOYMENT, refuses(404), Code.DEPLOYMENT_UNKNOWN, ["dpl_A"], "prodworthy list", id="404-wordless"),
    pytest.param(ROLLBACK, refuses(404, "not_found", "Project not found."), Code.PROJECT_UNKNOWN,
                 ["prj_1"], "`project`", id="404-project-in-a-rollback"),
    pytest.param(ROLLBACK, refuses(404, "not_found", "Deployment not found"), Code.DEPLOYMENT_UNKNOWN,
                 ["dpl_A"], "prodworthy list", id="404-deployment-in-a-rollback"),
    pytest.param(DEPLOYMENT, refuses(410, "gone"), Code.DEPLOYMENT_DELETED,
                 ["dpl_A", "deleted"], "prodworthy candidates", id="410"),
    pytest.param(ROLLBACK, refuses(402, "payment_required", HOBBY), Code.PLAN_LIMIT,
                 ["plan", HOBBY], "--previous", id="402"),
    pytest.param(ROLLBACK, refuses(402), Code.PLAN_LIMIT, ["plan"], "--previous", id="402-wordless"),
    pytest.param(PROMOTE, refuses(409, "conflict", ALREADY), Code.ALREADY_CURRENT,
                 ["already"], "nothing has to be done", id="409-already-current"),
    pytest.param(ROLLBACK, refuses(422, "x", ALREADY), Code.ALREADY_CURRENT,
                 ["already"], "nothing has to be done", id="422-already-current"),
    pytest.param(ROLLBACK, refuses(409, "conflict", BUSY), Code.JOB_ACTIVE,
                 [BUSY], "wait", id="409-busy"),
    pytest.param(PROMOTE, refuses(409, "conflict", "A rolling release is active."), Code.ROLLING_RELEASE_ACTIVE,
                 ["rolling release is active"], "complete or abort", id="409-rolling-release"),
    pytest.param(ROLLBACK, refuses(422, "x", "The deployment is not a candidate."), Code.REJECTED,
                 ["422", "not a candidate"], "prodworthy status", id="422-other"),
    pytest.param(ROLLBACK, refuses(400, "bad_request", "Invalid."), Code.REJECTED,
                 ["400", "bad_request", "Invalid."], "prodworthy status", id="400"),
    pytest.param(PROJECT, Said(429, b"", {"retry-after": "90"}), Code.THROTTLED, ["no more"], "90 s", id="429"),
    pytest.param(ROLLBACK, Said(429), Code.THROTTLED, ["no more"], "a minute", id="429-without-a-time"),
    pytest.param(PROJECT, Said(503), Code.UNAVAILABLE, ["503"], "vercel-status", id="503"),
    pytest.param(ROLLBACK, Said(503), Code.OUTCOME_UNKNOWN, ["503", "not known"], "prodworthy status", id="503-post"),
    pytest.param(PROJECT, Said(200, b"<html>"), Code.UNINTELLIGIBLE, ["not JSON"], "try again", id="html"),
    pytest.param(ROLLBACK, Said(302), Code.OUTCOME_UNKNOWN, ["302"], "prodworthy status", id="redirected-post"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "answer", "code", "sentences", "remedy"), REFUSALS)
def test_a_refusal_says_what_it_is_and_what_to_do(
    call: str, answer: Said, code: Code, sentences: list[str], remedy: str
) -> None:
    told = refusal(met(call, answer), replace(hosting(), token=Token(name="VERCEL_TOKEN")))
    assert told.code is code
    for sentence in sentences:
        assert sentence in told.sentence
    assert remedy in told.remedy
    assert f"{told.sentence}{told.remedy}".isprintable()


def test_the_cases_that_differ_are_told_apart() -> None:
    told = {str(case.id): refusal(met(*case.values[:2]), hosting()).sentence for case in REFUSALS}  # type: ignore[arg-type]
    same = {"403-invalid-token", "401", "403-html", "403-that-can-be-either", "404-wordless", "422-already-current"}
    same |= {"404-project-in-a-rollback", "404-deployment-in-a-rollback", "403-team-unauthorized"}
    different = [sentence for name, sentence in told.items() if name not in same]
    assert len(different) == len(set(different))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotSent("GET /x: refused", call="GET /x"), Code.UNREACHABLE),
        (NotSent("POST /x: refused", call="POST /x"), Code.UNREACHABLE),
        (OutcomeUnknown("GET /x: reset", call="GET /x"), Code.UNREACHABLE),
        (OutcomeUnknown("POST /x: reset", call="POST /x"), Code.OUTCOME_UNKNOWN),
        (Unavailable("POST /x: 500", call="POST /x", status=500), Code.OUTCOME_UNKNOWN),
        (Unintelligible("POST /x: 302", call="POST /x"), Code.OUTCOME_UNKNOWN),
        (Unintelligible("GET /x: html", call="GET /x"), Code.UNINTELLIGIBLE),
        (Throttled("GET /x: 429", call="GET /x"), Code.THROTTLED),
    ],
)
def test_what_was_asked_and_not_answered_is_not_what_was_never_asked(error: HostingError, code: Code) -> None:
    assert refusal(error, hosting()).code is code


def test_a_personal_account_is_told_about_teams() -> None:
    forbidden = met(PROJECT, refuses(403, "forbidden", "Not authorized"))
    assert "name the `team`" in refusal(forbidden, hosting(team=None)).remedy
    unknown = met(PROJECT, refuses(404, "not_found", "Project not found."))
    assert "no `team` is declared" in refusal(unknown, hosting(team=None)).sentence


def test_what_cannot_be_a_deployment_is_a_deployment_that_does_not_exist() -> None:
    with pytest.raises(HostingError) as caught:
        asking(Platform()).deployment("../shop")
    assert refusal(caught.value, hosting()).code is Code.DEPLOYMENT_UNKNOWN


def test_an_error_is_explained_also_where_no_target_is_known() -> None:
    assert refusal(met(PROJECT, refuses(404)), None).code is Code.PROJECT_UNKNOWN


def test_what_a_person_typed_is_shown_fit_for_a_terminal() -> None:
    told = refusal(met(DEPLOYMENT, refuses(404)), hosting(), "a\x1b]0;x\x07b")
    assert told.code is Code.DEPLOYMENT_UNKNOWN
    assert told.sentence.isprintable()


@pytest.mark.parametrize(
    ("call", "answer", "current"),
    [
        (PROMOTE, refuses(409, "", ALREADY), True),
        (ROLLBACK, refuses(422, "", ALREADY), True),
        (PROMOTE, refuses(409, "", BUSY), False),
        (PROMOTE, refuses(409, "", "A rollback of the current deployment is in progress already"), False),
        (PROMOTE, refuses(409, "", "A rollback is already running on current domains"), False),
        (PROMOTE, refuses(409, "", "This is not the current production deployment"), False),
        (PROMOTE, refuses(400, "", ALREADY), False),
        (PROMOTE, refuses(409), False),
        (PROMOTE, Said(503), False),
    ],
)
def test_already_current_is_known_by_its_text(call: str, answer: Said, current: bool) -> None:
    assert already_current(met(call, answer)) is current


def test_what_cannot_be_reached_is_named() -> None:
    for error in (NotSent("GET /v9/projects/prj_1: refused"), OutcomeUnknown("GET /v9/projects/prj_1: cut")):
        assert "the host, api.vercel.com, " in refusal(error, None).sentence


def test_a_made_up_token_is_made_good_where_it_was_made_bad() -> None:
    made_up = replace(hosting(), token=Token(name="the embedded platform's token", made_up="vcp_embedded"))
    error = met(PROJECT, refuses(403, "forbidden", "Not authorized", invalidToken=True))
    told = refusal(error, made_up)
    assert told.code is Code.TOKEN_REFUSED
    assert "DELETE /faults" in told.remedy
    assert "account/settings/tokens" not in told.remedy
