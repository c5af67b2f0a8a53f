"""Can everybody use the declared pages? As far as axe-core can tell, by its own impact.

Such findings stop a release; none of them is worth taking one back from everybody else.
"""

from __future__ import annotations

from collections.abc import Iterator

from prodworthy.model import Cure, Severity, Shortfall
from prodworthy.model.smoke import Barrier, Smoke
from prodworthy.review.rules import rule
from prodworthy.review.smoke.sights import rendered

REMEDY = (
    "Open the page of axe-core that the finding names; the axe extension of the browser's developer tools shows the "
    "elements. The level is `accessibility` in [targets.x.smoke]: A, AA, AAA or false."
)
REFERENCES = ["WCAG 2.2, the criterion that axe-core's page names", "axe-core: Rule Descriptions"]


@rule(
    "smoke.accessibility-critical",
    title="No declared page keeps people with disabilities out",
    severity=Severity.HIGH,
    reason="A picture without words, a button without a name: some people cannot use the page at all.",
    remedy=REMEDY,
    references=REFERENCES,
    cure=Cure.NONE,
)
def accessibility_critical(smoke: Smoke) -> Iterator[Shortfall]:
    """What axe-core calls critical."""
    return _barriers(smoke, "critical")


@rule(
    "smoke.accessibility-serious",
    title="No declared page has serious barriers for people with disabilities",
    severity=Severity.MEDIUM,
    reason="Words that cannot be told from their ground, content that a keyboard does not reach: some people give up.",
    remedy=REMEDY,
    references=REFERENCES,
    cure=Cure.NONE,
)
def accessibility_serious(smoke: Smoke) -> Iterator[Shortfall]:
    """What axe-core calls serious."""
    return _barriers(smoke, "serious")


@rule(
    "smoke.accessibility-moderate",
    title="No declared page makes it hard for people with disabilities",
    severity=Severity.LOW,
    reason="It costs some people time and patience.",
    remedy=REMEDY,
    references=REFERENCES,
    cure=Cure.NONE,
)
def accessibility_moderate(smoke: Smoke) -> Iterator[Shortfall]:
    """What axe-core calls moderate."""
    return _barriers(smoke, "moderate")


@rule(
    "smoke.accessibility-minor",
    title="No declared page annoys people with disabilities",
    severity=Severity.INFO,
    reason="It is a nuisance for some people.",
    remedy=REMEDY,
    references=REFERENCES,
    cure=Cure.NONE,
)
def accessibility_minor(smoke: Smoke) -> Iterator[Shortfall]:
    """What axe-core calls minor."""
    return _barriers(smoke, "minor")


def _barriers(smoke: Smoke, impact: str) -> Iterator[Shortfall]:
    """One shortfall for each page and rule of axe-core; the words are those of the viewport that shows most of it."""
    found: dict[tuple[str, str], dict[str, tuple[Barrier, str]]] = {}
    for view in rendered(smoke):
        for barrier in view.accessibility.barriers if view.accessibility else ():
            if barrier.impact == impact:
                about = (barrier, view.accessibility.level if view.accessibility else "")
                found.setdefault((view.url, barrier.rule), {})[view.viewport] = about
    for (url, _), seen in found.items():
        barrier, level = max(seen.values(), key=lambda each: each[0].count)
        selector = f" {barrier.selectors[0]}" if barrier.selectors else ""
        yield Shortfall(
            where=f"{url} ({', '.join(seen)}){selector}",
            wanted=f"{barrier.help} ({barrier.rule}, WCAG level {level})",
            got=_got(barrier),
            remedy=f"See {barrier.address} for what to write.",
        )


def _got(barrier: Barrier) -> str:
    others = ", ".join(barrier.selectors[1:])
    count = f"{barrier.count} elements (others: {others})" if others else "1 element"
    return f"{count}: {barrier.detail}" if barrier.detail else count
