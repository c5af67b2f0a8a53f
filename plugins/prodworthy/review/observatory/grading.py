"""From a visit to results, and from results to a score and a letter."""

from __future__ import annotations

from collections.abc import Mapping

from prodworthy.model.standing import Grade
from prodworthy.review.observatory import (
    cookies,
    framing,
    integrity,
    isolation,
    policy,
    redirection,
    referrer,
    sharing,
    sniffing,
    transport,
)
from prodworthy.review.observatory.visit import Visit

CURRENT = 5  # the version of the current release, 1.6.3 of 2026-07-16
ISOLATION = 6  # the version from which on the opener and the embedder policy count

BASE = 100
WORTHY_OF_BONUS = 90  # points that must be left before any are added
LETTERS = {
    100: "A+", 95: "A", 90: "A", 85: "A-", 80: "B+", 75: "B", 70: "B", 65: "B-", 60: "C+", 55: "C", 50: "C", 45: "C-",
    40: "D+", 35: "D", 30: "D", 25: "D-",
}  # fmt: skip
WORST = "F"
RANKS = (*dict.fromkeys(LETTERS.values()), WORST)  # from best to worst

GRADED = (*range(200, 400), 401, 403)  # statuses

# result -> points, and whether the test is passed
_SCORES: Mapping[str, tuple[int, bool]] = {
    "csp-implemented-with-no-unsafe-default-src-none": (10, True),
    "csp-implemented-with-no-unsafe": (5, True),
    "csp-implemented-with-unsafe-inline-in-style-src-only": (0, True),
    "csp-implemented-but-duplicate-directives": (0, True),
    "csp-implemented-with-insecure-scheme-in-passive-content-only": (-10, True),
    "csp-implemented-with-unsafe-eval": (-10, False),
    "csp-implemented-with-unsafe-inline": (-20, False),
    "csp-implemented-with-insecure-scheme": (-20, False),
    "csp-header-invalid": (-25, False),
    "csp-not-implemented": (-25, False),
    "csp-not-implemented-but-reporting-enabled": (-25, False),
    "cookies-secure-with-httponly-sessions-and-samesite": (5, True),
    "cookies-secure-with-httponly-sessions": (0, True),
    "cookies-not-found": (0, True),
    "cookies-without-secure-flag-but-protected-by-hsts": (-5, False),
    "cookies-session-without-secure-flag-but-protected-by-hsts": (-10, False),
    "cookies-without-secure-flag": (-20, False),
    "cookies-samesite-flag-invalid": (-20, False),
    "cookies-anticsrf-without-samesite-flag": (-20, False),
    "cookies-session-without-httponly-flag": (-30, False),
    "cookies-session-without-secure-flag": (-40, False),
    "cross-origin-resource-sharing-not-implemented": (0, True),
    "cross-origin-resource-sharing-implemented-with-public-access": (0, True),
    "cross-origin-resource-sharing-implemented-with-restricted-access": (0, True),
    "cross-origin-resource-sharing-implemented-with-universal-access": (-50, False),
    "redirection-all-redirects-preloaded": (0, True),
    "redirection-to-https": (0, True),
    "redirection-not-needed-no-http": (0, True),
    "redirection-off-host-from-http": (-5, False),
    "redirection-not-to-https-on-initial-redirection": (-10, False),
    "redirection-not-to-https": (-20, False),
    "redirection-missing": (-20, False),
    "redirection-invalid-cert": (-20, False),
    "referrer-policy-private": (5, True),
    "referrer-policy-not-implemented": (0, True),
    "referrer-policy-unsafe": (-5, False),
    "referrer-policy-header-invalid": (-5, False),
    "hsts-preloaded": (5, True),
    "hsts-implemented-max-age-at-least-six-months": (0, True),
    "hsts-implemented-max-age-less-than-six-months": (-10, False),
    "hsts-not-implemented": (-20, False),
    "hsts-header-invalid": (-20, False),
    "hsts-not-implemented-no-https": (-20, False),
    "hsts-invalid-cert": (-20, False),
    "sri-implemented-and-all-scripts-loaded-securely": (5, True),
    "sri-implemented-and-external-scripts-loaded-securely": (5, True),
    "sri-not-implemented-response-not-html": (0, True),
    "sri-not-implemented-but-no-scripts-loaded": (0, True),
    "sri-not-implemented-but-all-scripts-loaded-from-secure-origin": (0, True),
    "sri-not-implemented-but-external-scripts-loaded-securely": (-5, False),
    "sri-implemented-but-external-scripts-not-loaded-securely": (-20, False),
    "sri-not-implemented-and-external-scripts-not-loaded-securely": (-50, False),
    "html-not-parseable": (-20, False),  # no document is to us
    "x-content-type-options-nosniff": (0, True),
    "x-content-type-options-not-implemented": (-5, False),
    "x-content-type-options-header-invalid": (-5, False),
    "x-frame-options-implemented-via-csp": (5, True),
    "x-frame-options-sameorigin-or-deny": (5, True),
    "x-frame-options-allow-from-origin": (0, True),
    "x-frame-options-not-implemented": (-20, False),
    "x-frame-options-header-invalid": (-20, False),
    "corp-implemented-with-same-origin": (10, True),
    "corp-implemented-with-same-site": (10, True),
    "corp-implemented-with-cross-origin": (0, True),
    "corp-not-implemented": (0, True),
    "corp-header-invalid": (-5, False),
    "coop-implemented-with-same-origin": (10, True),
    "coop-implemented-with-same-origin-allow-popups": (10, True),
    "coop-implemented-with-noopener-allow-popups": (10, True),
    "coop-implemented-with-unsafe-none": (0, True),
    "coop-not-implemented": (0, True),
    "coop-header-invalid": (-5, False),
    "coep-implemented-with-require-corp": (10, True),
    "coep-implemented-with-credentialless": (10, True),
    "coep-implemented-with-unsafe-none": (0, True),
    "coep-not-implemented": (0, True),
    "coep-header-invalid": (-5, False),
}
# where an earlier version gave other points
_EARLIER: Mapping[int, Mapping[str, int]] = {4: {"x-frame-options-sameorigin-or-deny": 0}}


def results(visit: Visit, version: int = CURRENT) -> dict[str, str]:
    """Every test of that version with its result code."""
    csp = policy.judged(visit, version)
    found = {
        policy.NAME: csp.result,
        cookies.NAME: cookies.result(visit),
        sharing.NAME: sharing.result(visit),
        redirection.NAME: redirection.result(visit),
        referrer.NAME: referrer.result(visit),
        transport.NAME: transport.result(visit),
        integrity.NAME: integrity.result(visit, version),
        sniffing.NAME: sniffing.result(visit),
        framing.NAME: framing.result(visit, ancestors=csp.ancestors),
        isolation.RESOURCE: isolation.resource(visit),
    }
    if version >= ISOLATION:
        found |= {isolation.OPENER: isolation.opener(visit), isolation.EMBEDDER: isolation.embedder(visit)}
    return found


def graded(results: Mapping[str, str], version: int = CURRENT) -> Grade:
    """Points are added only where what is subtracted leaves enough of them."""
    points = [modifier(result, version) for result in results.values()]
    strict = BASE + sum(each for each in points if each < 0)
    score = max(0, BASE + sum(points) if strict >= WORTHY_OF_BONUS else strict)
    return Grade(score=score, letter=letter(score), results=results)


def letter(score: int) -> str:
    """By the score rounded down to a multiple of five."""
    return LETTERS.get(min(score - score % 5, 100), WORST)


def modifier(result: str, version: int = CURRENT) -> int:
    """The points of a result, below zero for a fault."""
    return _EARLIER.get(version, {}).get(result, _SCORES[result][0])


def is_known(result: str) -> bool:
    """Whether it is a result that we give; a saved one may be of another release of ours."""
    return result in _SCORES


def passed(result: str) -> bool:
    """Whether the test with this result counts as passed."""
    return _SCORES[result][1]


def is_worse(one: str, other: str) -> bool:
    """Whether a letter is worse than another one."""
    return RANKS.index(one) > RANKS.index(other)
