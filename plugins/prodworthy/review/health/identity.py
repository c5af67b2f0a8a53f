"""Rules about which build an address serves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from prodworthy.model import Answer, Cure, Severity, Shortfall, Subject
from prodworthy.model.health import Identities, Stamp, destination, origin_of
from prodworthy.model.text import clean
from prodworthy.review.health.wording import kind
from prodworthy.review.rules import rule, together

SHORTEST = 7  # characters of a commit that still name it, as git abbreviates


@rule(
    "health.identity-undeclared",
    title="The target says where a deployment names its build",
    severity=Severity.INFO,
    reason="Without it nobody can tell which build an address serves: a check may judge the wrong one.",
    remedy='let the build write its commit, and declare: identity = { path = "/version.json", pointer = "/commit" }',
    references=["https://vercel.com/docs/environment-variables/system-environment-variables"],
    cure=Cure.NONE,
)
def identity_undeclared(identities: Identities) -> Iterator[Shortfall]:
    if identities.declared is None:
        yield Shortfall(identities.url, "identity = { path = ..., pointer = ... }", "nothing declared")


@rule(
    "health.identity-missing",
    title="Every address says which build it serves",
    severity=Severity.HIGH,
    reason="The declared stamp is how a release, a rollback and everybody who debugs it know what is live.",
    remedy='write it in the build: {"commit": process.env.VERCEL_GIT_COMMIT_SHA} as public/version.json',
    references=["https://vercel.com/docs/environment-variables/system-environment-variables"],
)
def identity_missing(identities: Identities) -> Iterator[Shortfall]:
    for stamp in identities.judged:
        silent = [_unsaid(answer) for answer in _own(identities, stamp) if not _build(identities, answer)]
        loops = [each.failure.text for each in stamp.exchanges if each.failure and each.failure.redirect_loop]
        if silent or loops:
            wanted = f"status 200 and JSON with a text at {_pointer(identities)}"
            yield Shortfall(stamp.exchanges[0].url, wanted, (silent + loops)[0])


@rule(
    "health.identity-unexpected",
    title="Every address serves the expected commit",
    severity=Severity.HIGH,
    reason="What is judged is not what was meant to be released.",
    remedy="wait until the deployment is done, or look whether the domain still points to another one",
    references=["https://vercel.com/docs/deployments/promoting-a-deployment"],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def identity_unexpected(identities: Identities) -> Iterator[Shortfall]:
    expected = identities.declared.expect if identities.declared else None
    if expected is None:
        return
    for stamp in identities.judged:
        others = [build for build in _builds(identities, stamp) if not same_commit(build, expected)]
        if others:
            yield Shortfall(stamp.exchanges[0].url, clean(expected, 60), clean(", ".join(others), 120))


@rule(
    "health.identity-disagrees",
    title="All addresses serve one build",
    severity=Severity.HIGH,
    reason="Visitors get one build or another by chance: scripts of one with pages of the other break.",
    remedy="look at the domains' assignments in the host's dashboard, and whether a rolling release is under way",
    references=["https://vercel.com/docs/rolling-releases"],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def identity_disagrees(identities: Identities) -> Iterator[Shortfall]:
    found = {stamp.origin: _builds(identities, stamp) for stamp in identities.alike}
    if len({build for builds in found.values() for build in builds}) > 1:
        told = "; ".join(f"{origin}: {', '.join(builds)}" for origin, builds in found.items() if builds)
        yield Shortfall(", ".join(found), "one build everywhere", clean(told))


every_identity = together(identity_undeclared, identity_missing, identity_unexpected, identity_disagrees)


def same_commit(one: str, other: str) -> bool:
    """Whether two commits are the same, either of them perhaps abbreviated to seven characters or more."""
    one, other = one.lower(), other.lower()
    if one == other:
        return True
    return min(len(one), len(other)) >= SHORTEST and (one.startswith(other) or other.startswith(one))


def _own(identities: Identities, stamp: Stamp) -> Iterator[Answer]:
    """Answers that are not a redirect to another address of the target, which is asked itself."""
    known = {each.origin for each in identities.stamps}
    for exchange in stamp.exchanges:
        onward = destination(exchange)
        if exchange.answered and not (onward and origin_of(onward) in known - {stamp.origin}):
            yield exchange.answered


def _builds(identities: Identities, stamp: Stamp) -> list[str]:
    named = (_build(identities, answer) for answer in _own(identities, stamp))
    return list(dict.fromkeys(build for build in named if build))


def _build(identities: Identities, answer: Answer) -> str | None:
    """What an answer says of its build; None when it does not say it where it should."""
    if answer.status != 200:
        return None
    try:
        value = _pointed(answer.json(), _pointer(identities))
    except (ValueError, LookupError):
        return None
    return str(value).strip() or None if isinstance(value, str | int) else None


def _unsaid(answer: Answer) -> str:
    body = clean(answer.text, 80) or "an empty body"
    return f"{kind(answer)}: {body}" if answer.status == 200 else kind(answer)


def _pointer(identities: Identities) -> str:
    return identities.declared.pointer if identities.declared else ""


def _pointed(value: Any, pointer: str) -> Any:
    """What a JSON pointer (RFC 6901) points at; raises LookupError or ValueError."""
    for step in _steps(pointer):
        if isinstance(value, list):
            value = value[int(step)]
        elif isinstance(value, dict):
            value = value[step]
        else:
            raise LookupError(step)
    return value


def _steps(pointer: str) -> Iterable[str]:
    return (step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])
