"""Rules about which build an address serves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from prodworthy.model import Answer, Cure, Severity, Shortfall, Subject
from prodworthy.model.commit import COMMIT, same_commit
from prodworthy.model.health import Identities, Mark, Stamp, destination, origin_of
from prodworthy.model.text import clean
from prodworthy.review.health.wording import VERCEL_CONFIG, kind
from prodworthy.review.rules import rule, together

WHOLE = 40  # characters of a commit


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
            count = len(silent) + len(loops)
            often = "" if count == len(stamp.exchanges) else f", {count} of {len(stamp.exchanges)} times"
            yield Shortfall(stamp.exchanges[0].url, wanted, (silent + loops)[0] + often)


@rule(
    "health.identity-unexpected",
    title="Every address serves the expected build",
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
    "health.identity-flaps",
    title="Every address serves one build, whoever asks",
    severity=Severity.HIGH,
    reason="Visitors get one build or another by chance: scripts of one with pages of the other break.",
    remedy="look whether a rolling release is under way, or whether two projects or DNS records share this domain; "
    "just after a promotion, wait a minute and run again",
    references=["https://vercel.com/docs/rolling-releases"],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def identity_flaps(identities: Identities) -> Iterator[Shortfall]:
    for stamp in identities.stamps:
        builds = [build for answer in _own(identities, stamp) if (build := _build(identities, answer))]
        if not _alike(builds):
            yield Shortfall(stamp.exchanges[0].url, "one build, however often it is asked", clean(", ".join(builds)))


@rule(
    "health.identity-disagrees",
    title="All addresses serve one build",
    severity=Severity.HIGH,
    reason="What visitors get depends on the address that they came by, and a release has reached some of them only.",
    remedy="look at the domains' assignments in the host's dashboard: one may still point to another deployment",
    references=["https://vercel.com/docs/domains/working-with-domains/deploying-and-redirecting"],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def identity_disagrees(identities: Identities) -> Iterator[Shortfall]:
    """An address that says now this and now that is left to health.identity-flaps."""
    told = {stamp.origin: _builds(identities, stamp) for stamp in identities.alike}
    found = {origin: builds[0] for origin, builds in told.items() if builds and _alike(builds)}
    if not _alike(found.values()):
        got = "; ".join(f"{origin}: {build}" for origin, build in found.items())
        yield Shortfall(", ".join(found), "one build everywhere", clean(got))


@rule(
    "health.identity-contradicted",
    title="What pages say of their build agrees with the stamp",
    severity=Severity.MEDIUM,
    reason="Either pages of one build are served with the stamp of another, or the stamp is not written by the build: "
    "then nothing that is judged by it is true.",
    remedy="write both in one step of the build, from VERCEL_GIT_COMMIT_SHA; if they are, purge the cache that still "
    "holds the older of the two",
    references=["https://vercel.com/docs/environment-variables/system-environment-variables#VERCEL_GIT_COMMIT_SHA"],
    cure=Cure.NONE,
)
def identity_contradicted(identities: Identities) -> Iterator[Shortfall]:
    for stamp in identities.stamps:
        builds = _builds(identities, stamp)
        others = [mark for mark in identities.marks if origin_of(mark.url) == stamp.origin and _denies(mark, builds)]
        for content in dict.fromkeys(mark.content for mark in others):
            mark, *more = [mark for mark in others if mark.content == content]
            tag = f'<meta name="{mark.name}" content="{content}">'
            yield Shortfall(mark.url, ", ".join(builds), f"{tag}, also on {len(more)} more" if more else tag)


@rule(
    "health.domain-path-lost",
    title="A domain that leads to another keeps the path",
    severity=Severity.LOW,
    reason="Every link, bookmark and search result under this domain ends on the start page, or nowhere.",
    remedy='let the redirect carry the path: "source": "/:path*", "destination": "https://the-other-domain/:path*"',
    references=["https://vercel.com/docs/domains/working-with-domains/deploying-and-redirecting", VERCEL_CONFIG],
    subject=Subject.DOMAIN,
    cure=Cure.NONE,
)
def domain_path_lost(identities: Identities) -> Iterator[Shortfall]:
    """Seen where the stamp is asked, the one path below the root that every domain is asked for."""
    for stamp in identities.stamps:
        first = stamp.exchanges[0]
        onward = destination(first) if not first.hops else None
        if onward and _leads_on(identities, stamp, onward) and urlsplit(onward).path != urlsplit(first.url).path:
            yield Shortfall(first.url, f"a redirect to {urlsplit(first.url).path}", clean(onward))


every_identity = together(
    identity_undeclared,
    identity_missing,
    identity_unexpected,
    identity_flaps,
    identity_disagrees,
    identity_contradicted,
    domain_path_lost,
)


def _alike(builds: Iterable[str]) -> bool:
    several = list(builds)
    return all(same_commit(build, several[0]) for build in several)


def _denies(mark: Mark, builds: list[str]) -> bool:
    """Whether a document names another commit; what may be something else, a hash or a number, proves nothing."""
    least = WHOLE if mark.name == "build" else 0
    comparable = all(COMMIT.fullmatch(each) and len(each) >= least for each in (mark.content, *builds))
    return bool(builds) and comparable and not any(same_commit(mark.content, build) for build in builds)


def _own(identities: Identities, stamp: Stamp) -> Iterator[Answer]:
    """Answers that are not a redirect to another address of the target, which is asked itself."""
    for exchange in stamp.exchanges:
        onward = destination(exchange)
        if exchange.answered and not (onward and _leads_on(identities, stamp, onward)):
            yield exchange.answered


def _leads_on(identities: Identities, stamp: Stamp, onward: str) -> bool:
    known = {urlsplit(each.origin).hostname for each in identities.stamps}
    return origin_of(onward) != stamp.origin and urlsplit(onward).hostname in known


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
