"""What an error of the host means for a person: its code, one sentence, and what to do about it.

The platform answers 403 for a bad token, for a team that the token does not reach and for a sign-in that has run out;
its flags and texts tell some of them apart, and where they do not, the sentence names what it can be.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from prodworthy.hosting.errors import (
    HostingError,
    NotSent,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unavailable,
    Unintelligible,
)
from prodworthy.model.codes import Code
from prodworthy.model.hosting import Hosting
from prodworthy.model.text import clean

TOKENS = "https://vercel.com/account/settings/tokens"
HEALTH = "https://www.vercel-status.com"
UNNAMED = Hosting(project="that was asked for")  # where it is not known of which target the error is
STUCK = "for one that does not end look at the project in the host's dashboard, and ask its support"
LIST = "take an id or a URL from `prodworthy list`"

_CURRENT = re.compile(r"\balready\s+(\w+\s+){0,2}current\b", re.IGNORECASE)
_SCOPE = re.compile(r"\bunder scope\b|\bdifferent team\b", re.IGNORECASE)
_ROLLING = re.compile(r"\brolling[ -]release\b", re.IGNORECASE)
_BUSY = re.compile(r"\b(in progress|already running|another (rollback|promotion))\b", re.IGNORECASE)
_PROJECT = re.compile(r"\bproject\b", re.IGNORECASE)
_DEPLOYMENT = re.compile(r"/v13/deployments(?:/([^/]+))?$|/(?:rollback|promote)/(dpl_[^/]+)$")  # what a call is about


class Explained(NamedTuple):
    """How it ends, why, and what to do."""

    code: Code
    sentence: str
    remedy: str


def already_current(error: HostingError) -> bool:
    """Whether the platform refused to move production because it is there already; no published code says it."""
    if not isinstance(error, Rejected) or error.status not in {409, 422}:
        return False
    return bool(_CURRENT.search(error.message)) and not _BUSY.search(error.message)


def refusal(error: HostingError, hosting: Hosting | None, about: str = "") -> Explained:
    """Of anything that the platform, or the way to it, did not give.

    `about` is the deployment that was asked for, as a person named it; without it the call says it.
    """
    match error:
        case Rejected():
            return _rejected(error, hosting or UNNAMED, clean(about or _asked_about(error), 100))
        case Throttled():
            return _throttled(error)
        case NotSent():
            sentence = f"the host, {_place(hosting)}, could not be reached, and nothing was asked of it: {_why(error)}"
            return Explained(Code.UNREACHABLE, sentence, "check this machine's network, proxy and certificates")
        case OutcomeUnknown() | Unavailable() | Unintelligible() if error.changing:
            sentence = f"the host was asked, and whether it acts is not known: {_why(error)}"
            return Explained(Code.OUTCOME_UNKNOWN, sentence, "look before asking again: `prodworthy status`")
        case OutcomeUnknown():
            sentence = f"the host, {_place(hosting)}, did not answer: {_why(error)}"
            return Explained(Code.UNREACHABLE, sentence, f"try again; check this machine's network and {HEALTH}")
        case Unavailable():
            sentence = f"the host fails on its own side: {_why(error)}"
            return Explained(Code.UNAVAILABLE, sentence, f"try again in a while; look at {HEALTH}")
    sentence = f"the host's answer cannot be understood: {_why(error)}"
    remedy = (
        "try again; if it stays so, something between here and the host may answer in its place, or its API changed"
    )
    return Explained(Code.UNINTELLIGIBLE, sentence, remedy)


def _rejected(error: Rejected, hosting: Hosting, about: str) -> Explained:
    match error.status:
        case 401 | 403:
            return _forbidden(error, hosting)
        case 402:
            said = _quoted(error) or "this needs another plan"
            remedy = "roll back to the previous production deployment: `prodworthy rollback --previous`"
            return Explained(Code.PLAN_LIMIT, f"the account's plan does not allow it: {said}", remedy)
        case 404 if about and not _PROJECT.search(error.message):
            sentence = f"there is no deployment {about} that this token can see"
            return Explained(Code.DEPLOYMENT_UNKNOWN, sentence, f"{LIST}; another team's are not seen with this token")
        case 404:
            return _project_unknown(hosting)
        case 410:
            sentence = f"{about or 'the deployment'} has been deleted"
            return Explained(Code.DEPLOYMENT_DELETED, sentence, "take another one from `prodworthy candidates`")
        case 409 | 422:
            return _conflict(error)
    sentence = f"the host refuses: {_why(error)}"
    return Explained(Code.REJECTED, sentence, "look at `prodworthy status`, and at what the host says above")


def _asked_about(error: HostingError) -> str:
    found = _DEPLOYMENT.search(error.call)
    return (found[1] or found[2] or "of that name") if found else ""


def _forbidden(error: Rejected, hosting: Hosting) -> Explained:
    token = hosting.token.name if hosting.token else "its variable"
    place = f"the team {clean(hosting.team, 60)}" if hosting.team else "a personal account"
    renew = f"make a token at {TOKENS} and put it in {token}"
    invalid = error.status == 401 or "invalidToken" in error.flags
    if invalid and hosting.token and hosting.token.made_up:
        sentence = "the embedded platform refuses every token, as it was told to"
        return Explained(Code.TOKEN_REFUSED, sentence, "take the fault back: DELETE /faults at its control port")
    if "saml" in error.flags:
        sentence = f"{place} wants its members to sign in through its own identity provider, and {token} has not"
        return Explained(Code.SCOPE_REFUSED, sentence, f"sign in to the team in the browser, then {renew}")
    if "missingToken" in error.flags:
        sentence = f"the host saw no token, though the one of {token} was sent: something in between removes it"
        return Explained(Code.TOKEN_REFUSED, sentence, "check the proxy of this machine")
    if invalid:
        return Explained(Code.TOKEN_REFUSED, f"the host refuses the token of {token}: wrong, expired or revoked", renew)
    if error.platform_code == "team_unauthorized" or _SCOPE.search(error.message):
        sentence = f"the token of {token} is not allowed to see {place}"
        return Explained(Code.SCOPE_REFUSED, sentence, f"{_other_team(hosting)}, or {renew}, with that scope")
    sentence = (
        f"the host refuses the token of {token} for the project {clean(hosting.project, 60)} of {place}, and does not"
        f" say which it is: the token is wrong, expired or revoked, or it is not allowed to do this there"
    )
    return Explained(Code.TOKEN_REFUSED, sentence, f"{renew}, with that scope; {_other_team(hosting)}")


def _other_team(hosting: Hosting) -> str:
    return "check `team` in the targets file" if hosting.team else "name the `team` in the targets file"


def _project_unknown(hosting: Hosting) -> Explained:
    place = f"the team {clean(hosting.team, 60)}" if hosting.team else "the personal account; no `team` is declared"
    sentence = f"there is no project {clean(hosting.project, 60)} that this token can see in {place}"
    return Explained(Code.PROJECT_UNKNOWN, sentence, "check `project` and `team` in the targets file")


def _conflict(error: Rejected) -> Explained:
    if already_current(error):
        sentence = "the deployment is what production is on already"
        return Explained(Code.ALREADY_CURRENT, sentence, "nothing has to be done; look at `prodworthy status`")
    if _ROLLING.search(error.message):
        sentence = f"the host refuses because of a rolling release: {_why(error)}"
        return Explained(Code.ROLLING_RELEASE_ACTIVE, sentence, "complete or abort the rolling release first")
    if _BUSY.search(error.message):
        sentence = f"the host is moving production already: {_why(error)}"
        return Explained(
            Code.JOB_ACTIVE, sentence, f"wait until it has ended: `prodworthy status`, then decide anew; {STUCK}"
        )
    sentence = f"the host refuses to do this now: {_why(error)}"
    return Explained(Code.REJECTED, sentence, "look at `prodworthy status`, then decide anew")


def _throttled(error: Throttled) -> Explained:
    wait = "a minute" if error.retry_after is None else f"{max(round(error.retry_after), 1)} s"
    sentence = f"the host takes no more requests for now: {_why(error)}"
    return Explained(Code.THROTTLED, sentence, f"wait {wait}, then try again; others who use this account count too")


def _place(hosting: Hosting | None) -> str:
    return clean(urlsplit((hosting or UNNAMED).api).netloc, 80)


def _why(error: HostingError) -> str:
    return clean(str(error), 400)


def _quoted(error: Rejected) -> str:
    return clean(error.message, 300)
